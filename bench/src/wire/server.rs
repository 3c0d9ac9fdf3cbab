//! Any engine behind the service, on a runtime of its own.

use super::generated::bare_log_server::{BareLog, BareLogServer};
use super::{AppendReply, AppendRequest, CeilingMessage, CeilingRequest};
use crate::engines::Engine;
use crate::error::BenchError;
use bytes::Bytes;
use futures::Stream;
use futures::{TryStreamExt, stream};
use proto::gathered::Gathered;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

struct Service<E>(Arc<E>);

#[tonic::async_trait]
impl<E: Engine> BareLog for Service<E> {
    type CeilingStream = Pin<Box<dyn Stream<Item = Result<CeilingMessage, Status>> + Send>>;

    async fn append(
        &self,
        request: Request<AppendRequest>,
    ) -> Result<Response<AppendReply>, Status> {
        let reply = self.0.append(request.into_inner()).await;
        reply.map(Response::new).map_err(|error| Status::internal(error.to_string()))
    }

    async fn ceiling(
        &self,
        request: Request<CeilingRequest>,
    ) -> Result<Response<Self::CeilingStream>, Status> {
        let bytes = request.into_inner().bytes as usize;
        let message = CeilingMessage { payload: Bytes::from(vec![0xA5; bytes]) };
        Ok(Response::new(Box::pin(stream::repeat_with(move || Ok(message.clone())))))
    }
}

/// A server that stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// All that serves runs here, and ends with it.
    _runtime: Runtime,
}

/// A runtime for a server: apart from that of the clients, as in life, with as many threads.
///
/// # Errors
/// When the system gives no threads.
pub fn server_runtime() -> Result<Runtime, BenchError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(BenchError::io("no runtime for a server"))
}

impl Server {
    /// Serves an engine on a free port of this machine, with the windows and the writes of the real server.
    ///
    /// # Errors
    /// When it cannot listen.
    pub fn start<E: Engine>(engine: Arc<E>) -> Result<Self, BenchError> {
        let runtime = server_runtime()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = listener.map_err(BenchError::io("no port to listen on"))?;
        let address = listener.local_addr().map_err(BenchError::io("no port to listen on"))?;
        // A bare listener stream would ignore nodelay, and a small answer would wait 40 ms.
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let incoming = incoming.map_ok(Gathered::new);
        let server = tonic::transport::Server::builder()
            .initial_stream_window_size(1024 * 1024)
            .initial_connection_window_size(4 * 1024 * 1024)
            .add_service(BareLogServer::new(Service(engine)))
            .serve_with_incoming(incoming);
        runtime.spawn(server);
        Ok(Self { address, _runtime: runtime })
    }
}
