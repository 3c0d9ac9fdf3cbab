//! The language spoken with the outside, and the schema of record of events.
//!
//! The `.proto` files in `registre/v1` are the source. The Rust code in
//! `src/generated` is checked in, so that neither protoc nor a build script is
//! needed to build; `tests/fresh.rs` fails when it is stale, and rewrites it
//! with `REGENERATE=1 cargo test -p proto`.

pub mod bounded;
pub mod gathered;
mod row;

/// Package `registre.v1`.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    clippy::restriction,
    reason = "generated code"
)]
pub mod v1 {
    include!("generated/registre.v1.rs");

    pub use crate::row::DossierRow;

    /// The encoded `FileDescriptorSet` of the package, for server reflection.
    pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("generated/registre.v1.bin");
}
