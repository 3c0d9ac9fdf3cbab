//! Pushes and reads over gRPC.

use super::heard;
use super::random::Random;
use proto::v1::dashboard_service_client::DashboardServiceClient;
use proto::v1::history_service_client::HistoryServiceClient;
use proto::v1::ingestion_service_client::IngestionServiceClient;
use proto::v1::{
    BatchPushDossiersRequest, BatchPushDossiersResponse, Dossier, DossierRow, Event,
    GetHeadRequest, Head, RowAnswer, RowOutcome, RunDeclaration, RunExtent, StreamEventsRequest,
};
use std::path::Path;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::{Code, Request, Status};

/// A connection that shows a key with each call.
pub type Channel = InterceptedService<tonic::transport::Channel, Key>;

/// What is shown at the door.
#[derive(Debug, Clone)]
pub struct Key(MetadataValue<Ascii>);

impl Key {
    /// The key that a server makes for whoever may read its data folder.
    pub fn local(data: &Path) -> Self {
        Self::new(&std::fs::read_to_string(data.join("access/local.key")).unwrap())
    }

    /// Any key, as text.
    pub fn new(text: &str) -> Self {
        Self(format!("Bearer {}", text.trim()).parse().unwrap())
    }

    /// As it stands in a header.
    pub fn bearer(&self) -> String {
        self.0.to_str().unwrap().to_owned()
    }

    /// A connection that shows it.
    pub fn on(self, channel: tonic::transport::Channel) -> Channel {
        InterceptedService::new(channel, self)
    }
}

impl Interceptor for Key {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// Bytes of the largest answer that the tests read.
const MAX_ANSWER: usize = 64 << 20;

/// A run whole: what a sender declares, and its rows, each with its request id.
/// Sent again it is the same retry, byte for byte.
#[derive(Debug, Clone)]
pub struct Run {
    /// The declaration.
    pub declaration: RunDeclaration,
    /// The rows.
    pub rows: Vec<DossierRow>,
}

impl Run {
    /// A run with fresh ids.
    pub fn new(
        random: &mut Random,
        source: &str,
        extent: RunExtent,
        extracted_at: &str,
        dossiers: impl IntoIterator<Item = Dossier>,
    ) -> Self {
        let dossiers: Vec<Dossier> = dossiers.into_iter().collect();
        heard::sent(&dossiers);
        let rows: Vec<DossierRow> = dossiers.iter().map(DossierRow::of).collect();
        let declaration = RunDeclaration {
            run_id: random.uuid(),
            source: source.to_owned(),
            software: "registre tests".to_owned(),
            extracted_at: extracted_at.to_owned(),
            extent: extent.into(),
            row_count: Some(rows.len() as u32),
            proofs: false,
        };
        Self { declaration, rows }
    }

    /// The run as unary requests of at most so many rows.
    pub fn parts(&self, rows: usize) -> Vec<BatchPushDossiersRequest> {
        let count = self.rows.len().div_ceil(rows);
        let part = |(rank, chunk): (usize, &[DossierRow])| BatchPushDossiersRequest {
            run: Some(self.declaration.clone()),
            rows: chunk.to_vec(),
            first_row: (rank * rows) as u32,
            more_parts_follow: rank + 1 < count,
        };
        self.rows.chunks(rows).enumerate().map(part).collect()
    }
}

/// Sends one part.
///
/// # Errors
/// What the server or the connection says.
pub async fn push_part(
    channel: &Channel,
    part: BatchPushDossiersRequest,
) -> Result<BatchPushDossiersResponse, Status> {
    let mut client =
        IngestionServiceClient::new(channel.clone()).max_decoding_message_size(MAX_ANSWER);
    client.batch_push_dossiers(part).await.map(tonic::Response::into_inner)
}

/// Sends a run in parts; all must be answered.
pub async fn push(channel: &Channel, run: &Run, part_rows: usize) -> Vec<RowAnswer> {
    let mut answers = Vec::new();
    for part in run.parts(part_rows) {
        answers.extend(push_part(channel, part).await.unwrap().answers);
    }
    answers
}

/// The head of the log.
pub async fn head(channel: &Channel) -> Head {
    let mut client = HistoryServiceClient::new(channel.clone());
    client.get_head(GetHeadRequest {}).await.unwrap().into_inner()
}

/// The events after a position, in the order that the server gives.
pub async fn events_after(channel: &Channel, after_position: u64) -> Vec<Event> {
    let mut client =
        HistoryServiceClient::new(channel.clone()).max_decoding_message_size(MAX_ANSWER);
    let request = StreamEventsRequest { after_position, follow: false };
    let mut stream = client.stream_events(request).await.unwrap().into_inner();
    let mut events = Vec::new();
    while let Some(message) = stream.message().await.unwrap() {
        events.push(message.event.expect("a message without event"));
    }
    events
}

/// The dashboard.
pub fn dashboard(channel: &Channel) -> DashboardServiceClient<Channel> {
    DashboardServiceClient::new(channel.clone())
}

/// How many answers have an outcome.
pub fn count(answers: &[RowAnswer], outcome: RowOutcome) -> usize {
    answers.iter().filter(|answer| answer.outcome() == outcome).count()
}

/// Whether a call failed because the server was killed under it.
pub fn is_cut(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Internal)
}
