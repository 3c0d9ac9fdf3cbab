//! The real server. Whoever wires the rooms makes one: this room stands below.

use crate::error::BenchError;
use futures::future::BoxFuture;
use proto::v1::Dossier;
use std::any::Any;
use std::net::SocketAddr;
use std::path::Path;

/// Whether a server's views follow the log while it is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Views {
    /// As `registre serve` does it: on the same cores, as fast as they can.
    Fed,
    /// Left where they are: the way of a command alone.
    Left,
}

/// A server that listens.
#[derive(Debug)]
pub struct Serving {
    /// Where.
    pub address: SocketAddr,
    /// A key that may do everything.
    pub key: String,
    /// Stops it when it is dropped.
    pub keep: Box<dyn Any + Send>,
}

/// Starts real servers, and knows what is pushed to them.
pub trait Premises: Send + Sync + 'static {
    /// Serves the ledger of a folder (made when there is none) on a free port of this machine.
    /// Awaited on the runtime where the server will run.
    ///
    /// # Errors
    /// When the folder cannot be opened.
    fn serve<'a>(
        &'a self,
        folder: &'a Path,
        views: Views,
    ) -> BoxFuture<'a, Result<Serving, BenchError>>;

    /// So many rows of different dossiers, none of which is refused. The same each time.
    ///
    /// # Errors
    /// When that many cannot be made.
    fn dossiers(&self, count: usize) -> Result<Vec<Dossier>, BenchError>;
}
