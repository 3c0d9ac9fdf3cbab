//! What anybody may fetch of the log over HTTP, in the formats of C2SP; and the witness of logs.
//!
//! | module | holds |
//! |---|---|
//! | [`tiles`] | `/checkpoint` and `/tile/…` (tlog-tiles) |
//! | [`witness`] | `POST /add-checkpoint` (tlog-witness), and what a witness keeps |
//! | `evidence` | what a witness keeps of trees that it refused |
//! | [`submit`] | has witnesses cosign |
//! | [`door`] | an HTTP server with all its limits |
//! | [`limits`] | every limit, named once |

pub mod door;
mod evidence;
pub mod limits;
pub mod submit;
pub mod tiles;
pub mod witness;
