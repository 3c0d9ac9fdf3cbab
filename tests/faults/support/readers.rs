//! The log read as a stream that may break off, and is taken up again after the
//! last event that arrived.

use crate::common::client::{Channel, Key};
use crate::common::history::{Entry, History};
use crate::common::server::Server;
use proto::v1::history_service_client::HistoryServiceClient;
use proto::v1::{StreamEventsRequest, StreamEventsResponse};
use std::time::{Duration, Instant};
use tonic::transport::Endpoint;
use tonic::{Status, Streaming};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(1);

/// A server that is reached now and then.
#[derive(Debug, Clone)]
pub struct Far {
    url: String,
    key: Key,
}

impl Far {
    /// A server.
    pub fn new(server: &Server) -> Self {
        Self { url: server.url(), key: server.key() }
    }

    /// A new connection, on which a call waits so long for its answer.
    ///
    /// # Errors
    /// When there is no way to it.
    pub async fn channel(&self, patience: Duration) -> Result<Channel, tonic::transport::Error> {
        let endpoint = Endpoint::from_shared(self.url.clone())?.connect_timeout(CONNECT);
        Ok(self.key.clone().on(endpoint.timeout(patience).connect().await?))
    }

    /// A new connection, once there is a way again: a neighbour that did not answer is
    /// not asked for a moment.
    pub async fn reached(&self) -> Channel {
        let patience = Duration::from_secs(30);
        let begin = Instant::now();
        loop {
            match self.channel(patience).await {
                Ok(channel) => return channel,
                Err(error) => assert!(begin.elapsed() < patience, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn stream(
        &self,
        after: u64,
        follow: bool,
    ) -> Result<Streaming<StreamEventsResponse>, Status> {
        let endpoint = Endpoint::from_shared(self.url.clone()).unwrap().connect_timeout(CONNECT);
        let unreachable = |error: tonic::transport::Error| Status::unavailable(error.to_string());
        let channel = self.key.clone().on(endpoint.connect().await.map_err(unreachable)?);
        let request = StreamEventsRequest { after_position: after, follow };
        Ok(HistoryServiceClient::new(channel).stream_events(request).await?.into_inner())
    }
}

/// A reader, and what it has of the log.
#[derive(Debug, Default)]
pub struct Reader {
    history: History,
    /// How often a stream broke off before its end.
    pub breaks: u64,
    stream: Option<Streaming<StreamEventsResponse>>,
}

impl Reader {
    /// How many events it has.
    pub fn len(&self) -> u64 {
        self.history.len()
    }

    /// What it has.
    pub fn entries(&self) -> &[Entry] {
        self.history.entries()
    }

    /// Waits for one more event, for so long; takes the stream up again when it
    /// breaks off, or when nothing comes. Gives whether one came.
    pub async fn next(&mut self, from: &Far, patience: Duration) -> bool {
        let Some(stream) = &mut self.stream else {
            let opening = from.stream(self.history.len(), true);
            self.stream = match tokio::time::timeout(patience, opening).await {
                Ok(Ok(stream)) => Some(stream),
                Ok(Err(_)) | Err(_) => None,
            };
            self.breaks += u64::from(self.stream.is_none());
            return false;
        };
        // Else the server ended it, or the connection did; or nothing is to be told.
        if let Ok(Ok(Some(message))) = tokio::time::timeout(patience, stream.message()).await {
            self.history.add(&message.event.unwrap());
            return true;
        }
        self.breaks += 1;
        self.stream = None;
        false
    }
}
