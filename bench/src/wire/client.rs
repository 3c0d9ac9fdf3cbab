//! Connections, and a connection as an engine.

use super::generated::bare_log_client::BareLogClient;
use super::{AppendReply, AppendRequest};
use crate::engines::Engine;
use crate::error::BenchError;
use std::net::SocketAddr;
use tonic::transport::{Channel, Endpoint};

/// So many connections, with the settings of the client that comes with the ledger.
///
/// # Errors
/// When nobody answers.
pub async fn connect(address: SocketAddr, connections: usize) -> Result<Vec<Channel>, BenchError> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))
        .map_err(BenchError::failed)?
        .tcp_nodelay(true)
        .initial_stream_window_size(1024 * 1024)
        .initial_connection_window_size(4 * 1024 * 1024);
    let connected = (0..connections).map(|_| endpoint.connect());
    futures::future::try_join_all(connected).await.map_err(BenchError::failed)
}

/// The engine at the other end of a connection.
#[derive(Debug)]
pub struct Remote(BareLogClient<Channel>);

impl Remote {
    /// Over a connection.
    #[must_use]
    pub fn over(channel: Channel) -> Self {
        Self(BareLogClient::new(channel))
    }
}

impl Engine for Remote {
    async fn append(&self, request: AppendRequest) -> Result<AppendReply, BenchError> {
        let reply = self.0.clone().append(request).await;
        reply.map(tonic::Response::into_inner).map_err(BenchError::failed)
    }
}
