//! A server on a folder of its own.

use crate::error::BenchError;
use crate::premises::{Premises, Serving, Views};
use crate::wire::{connect, server_runtime};
use proto::v1::enrolment_service_client::EnrolmentServiceClient;
use proto::v1::history_service_client::HistoryServiceClient;
use proto::v1::{GetHeadRequest, ListEnrolmentsRequest, TimeQuery};
use std::path::Path;
use tokio::runtime::Runtime;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::{Request, Status};

/// A connection that shows a key with each call.
pub(super) type Channel = InterceptedService<tonic::transport::Channel, Key>;

/// What is shown.
#[derive(Debug, Clone)]
pub(super) struct Key(MetadataValue<Ascii>);

impl Interceptor for Key {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// Questions that wait for the views, ten seconds each.
const PATIENCE: usize = 30;

/// A real server; it stops when it is dropped.
#[derive(Debug)]
pub(super) struct House {
    serving: Option<Serving>,
    runtime: Runtime,
}

impl House {
    pub(super) fn start(
        premises: &dyn Premises,
        folder: &Path,
        views: Views,
    ) -> Result<Self, BenchError> {
        let runtime = server_runtime()?;
        let serving = runtime.block_on(premises.serve(folder, views))?;
        Ok(Self { serving: Some(serving), runtime })
    }

    /// So many connections of clients that show the server's key with each call.
    pub(super) fn connect(
        &self,
        clients: &Runtime,
        connections: usize,
    ) -> Result<Vec<Channel>, BenchError> {
        let serving = self.serving.as_ref().ok_or_else(|| BenchError::failed("it is closed"))?;
        let bearer: MetadataValue<Ascii> =
            format!("Bearer {}", serving.key).parse().map_err(BenchError::failed)?;
        let channels = clients.block_on(connect(serving.address, connections))?;
        let keyed = |channel| InterceptedService::new(channel, Key(bearer.clone()));
        Ok(channels.into_iter().map(keyed).collect())
    }

    /// Lets its views follow, when they are fed, so that nothing of this server runs on under what is
    /// measured next.
    pub(super) fn rest(
        &self,
        views: Views,
        clients: &Runtime,
        channel: &Channel,
    ) -> Result<(), BenchError> {
        match views {
            Views::Fed => clients.block_on(views_follow(channel)),
            Views::Left => Ok(()),
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _here = self.runtime.enter();
        drop(self.serving.take());
    }
}

/// Waits until the views of a server have folded all that its log has.
async fn views_follow(channel: &Channel) -> Result<(), BenchError> {
    let head = HistoryServiceClient::new(channel.clone()).get_head(GetHeadRequest {}).await;
    let min_position = head.map_err(BenchError::failed)?.into_inner().position;
    let time = TimeQuery { min_position, ..TimeQuery::default() };
    let question = ListEnrolmentsRequest { time: Some(time), page_size: 1, ..Default::default() };
    let mut enrolments = EnrolmentServiceClient::new(channel.clone());
    let mut said = String::new();
    for _ in 0..PATIENCE {
        match enrolments.list_enrolments(question.clone()).await {
            Ok(_) => return Ok(()),
            Err(status) => said = status.to_string(),
        }
    }
    Err(BenchError::Failed(format!("the views do not follow the log: {said}")))
}
