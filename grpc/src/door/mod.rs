//! The door: whoever calls is recognised and admitted here, before anything of the call is read.
//!
//! | file | does |
//! |---|---|
//! | `layer.rs` | stands before all services: from the headers of a call to a tenant, or a refusal |
//! | `percent.rs` | texts in headers, which are ASCII |
//! | `received.rs` | bounds what was sent and not read yet, of a caller and of all |
//!
//! Health is open to everybody. A call that the matrix does not know is not implemented, whatever
//! the services say.

mod layer;
mod percent;
mod received;

pub(crate) use layer::{DoorLayer, now};
pub(crate) use percent::encode;

use crate::errors::Failure;
use access::Tenant;
use tonic::Request;

/// Where a caller says why it reads of somebody: UTF-8, percent-encoded.
pub const REASON_HEADER: &str = "registre-reason";

/// Who asks. The door put it there.
///
/// # Errors
/// An internal failure when the call did not come through the door: nobody is served then.
pub(crate) fn tenant<T>(request: &Request<T>) -> Result<Tenant, Failure> {
    let tenant = request.extensions().get::<Tenant>().cloned();
    tenant.ok_or_else(|| Failure::internal(&"a call did not come through the door"))
}
