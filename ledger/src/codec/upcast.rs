//! From stored bytes of an older schema to the present one.
//!
//! Fields are only ever added, so most changes need no upcaster: protobuf reads
//! old bytes with the new message. One is written when a meaning changes, and
//! its golden file stays for ever.

use super::types::TypeCode;
use std::borrow::Cow;

/// The body in the present schema of its type; `None` when the schema is of a
/// later version (or 0, which nothing writes).
pub(super) fn to_present(of: TypeCode, schema: u16, body: &[u8]) -> Option<Cow<'_, [u8]>> {
    match (of, schema) {
        (of, schema) if schema == of.schema() => Some(Cow::Borrowed(body)),
        // The type that it says in the open is what the present one seals: its message is the same.
        (TypeCode::AmendmentDrafted, 1) => Some(Cow::Borrowed(body)),
        _ => None,
    }
}
