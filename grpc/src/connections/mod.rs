//! What comes to the listener, before HTTP/2 sees it.
//!
//! | file | does |
//! |---|---|
//! | `accept.rs` | takes connections, so many in all and of one address |
//! | `link.rs` | one connection: TLS or plain, and how long its opening may take |
//! | `tls.rs` | certificates, TLS 1.3, and client certificates where they are wanted |

mod accept;
mod link;
mod tls;

pub(crate) use accept::accepted;
pub use tls::{Tls, TlsError};
