//! What appends.
//!
//! | module | holds |
//! |---|---|
//! | [`Engine`] | bare appends, whatever does them |
//! | `journal` | this ledger's journal |
//! | `raw_log` | the least that a log with group commit can be: the limit |
//! | `null` | answers and writes nothing: the transport's limit |

mod journal;
mod null;
mod raw_log;

pub use journal::{BareJournal, Closed, record_bytes};
pub use null::Null;
pub use raw_log::RawLog;

use crate::error::BenchError;
use crate::wire::{AppendReply, AppendRequest};

/// Bare appends.
pub trait Engine: Send + Sync + 'static {
    /// Appends, and answers once it is durable (where it is written at all).
    ///
    /// # Errors
    /// When it was not written, or may not have been.
    fn append(
        &self,
        request: AppendRequest,
    ) -> impl Future<Output = Result<AppendReply, BenchError>> + Send;
}
