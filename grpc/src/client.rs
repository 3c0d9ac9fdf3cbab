//! Pushing and asking from Rust: the command line, the demo and tests.

use crate::convert::dossier::{WrongKind, to_message};
use crate::door::{self, REASON_HEADER};
use crate::limits;
use domain::dossier::RawDossier;
use proto::v1::alert_service_client::AlertServiceClient;
use proto::v1::contract_service_client::ContractServiceClient;
use proto::v1::contract_workflow_service_client::ContractWorkflowServiceClient;
use proto::v1::dashboard_service_client::DashboardServiceClient;
use proto::v1::enrolment_service_client::EnrolmentServiceClient;
use proto::v1::history_service_client::HistoryServiceClient;
use proto::v1::ingestion_service_client::IngestionServiceClient;
use proto::v1::limits_service_client::LimitsServiceClient;
use proto::v1::outcome_service_client::OutcomeServiceClient;
use proto::v1::privacy_service_client::PrivacyServiceClient;
use proto::v1::proof_service_client::ProofServiceClient;
use proto::v1::reference_service_client::ReferenceServiceClient;
use proto::v1::{
    BatchPushDossiersRequest, DossierRow, PushDossiersRequest, PushRun, RowAnswer, RunDeclaration,
    push_dossiers_request, push_dossiers_response,
};
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a batch is sent to a server that is busy.
const ATTEMPTS: u32 = 8;
/// Bytes of rows in one batch, below the server's limit with room for the rest.
const BATCH_BYTES: usize = limits::DECODE_BYTES - 64 * 1024;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address is no URL of a server.
    #[error("{0:?} is not an address such as http://127.0.0.1:50051")]
    Address(String),
    /// Whoever is on the way would read the credential.
    #[error(
        "the key would be sent in clear to {0}, which is not this machine (la clé partirait en clair \
         vers une autre machine)"
    )]
    Clear(String),
    /// The credential is no text of a header.
    #[error("the key holds characters that no key has: is the file whole?")]
    Credential,
    /// Nobody answers there.
    #[error("no server answers at {address}: {cause}")]
    Unreachable {
        /// The address.
        address: String,
        /// Why.
        cause: String,
    },
    /// A row cannot be sent: rank in the push, from 0.
    #[error("row {row}: {cause}")]
    Row {
        /// Which row.
        row: usize,
        /// Why.
        cause: WrongKind,
    },
    /// The server refused, or failed.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// The server's answers break the contract.
    #[error("the server did not answer as registre.v1 says: {0}")]
    Contract(&'static str),
}

/// What a status says, with its details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The gRPC code.
    pub code: Code,
    /// The reason, `UPPER_SNAKE`; empty when the server gave none.
    pub reason: String,
    /// The field at fault; empty when none is.
    pub field: String,
    /// The rules of the law that refuse, by their ids.
    pub rules: Vec<String>,
    /// English.
    pub message: String,
    /// French; empty when the server gave none.
    pub french: String,
    /// How long to wait before the same request again, when waiting helps.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if self.french.is_empty() { &self.message } else { &self.french };
        match self.reason.as_str() {
            "" => write!(f, "{text} ({:?})", self.code),
            reason => write!(f, "{text} ({reason})"),
        }
    }
}

impl From<Status> for ClientError {
    fn from(status: Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info();
        let told = |key: &str| info.and_then(|info| info.metadata.get(key).cloned());
        Self::Refused(Box::new(Refusal {
            code: status.code(),
            reason: info.map(|info| info.reason.clone()).unwrap_or_default(),
            field: told("field").unwrap_or_default(),
            rules: told("rules")
                .map(|rules| rules.split(',').map(str::to_owned).collect())
                .unwrap_or_default(),
            message: status.message().to_owned(),
            retry_after: details.retry_info().and_then(|info| info.retry_delay),
            french: details.localized_message().map(|m| m.message.clone()).unwrap_or_default(),
        }))
    }
}

/// What a push came to.
#[derive(Debug, Clone, PartialEq)]
pub struct PushReceipt {
    /// One a row, in order.
    pub answers: Vec<RowAnswer>,
    /// The run, closed.
    pub run: PushRun,
}

/// What a client shows at the door: an API key or a token, and why it reads of somebody.
#[derive(Clone)]
pub struct Credential {
    bearer: MetadataValue<Ascii>,
    reason: Option<MetadataValue<Ascii>>,
}

impl Credential {
    /// A key or a token, as text.
    ///
    /// # Errors
    /// When it cannot stand in a header.
    pub fn new(text: &str) -> Result<Self, ClientError> {
        let mut bearer: MetadataValue<Ascii> =
            format!("Bearer {}", text.trim()).parse().map_err(|_| ClientError::Credential)?;
        bearer.set_sensitive(true);
        Ok(Self { bearer, reason: None })
    }

    /// The same, with a reason for what is read; empty for none.
    #[must_use]
    pub fn because(self, reason: &str) -> Self {
        let reason = door::encode(reason).parse().ok().filter(|_| !reason.is_empty());
        Self { reason, ..self }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential")
    }
}

impl Interceptor for Credential {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let metadata = request.metadata_mut();
        metadata.insert("authorization", self.bearer.clone());
        if let Some(reason) = &self.reason {
            metadata.insert(REASON_HEADER, reason.clone());
        }
        Ok(request)
    }
}

/// Whom a client takes for the server, and what certificate it shows.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// PEM of the authority of the server's certificate; `None` for those that browsers trust.
    pub authority: Option<Vec<u8>>,
    /// PEM of the client's own certificate and of its key, for a server that wants one.
    pub identity: Option<(Vec<u8>, Vec<u8>)>,
    /// Whether the credential may be sent in clear to another machine: something else encrypts on the way.
    pub clear: bool,
}

impl Trust {
    fn config(&self) -> ClientTlsConfig {
        let config = match &self.authority {
            Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
            None => ClientTlsConfig::new().with_webpki_roots(),
        };
        match &self.identity {
            Some((certificate, key)) => config.identity(Identity::from_pem(certificate, key)),
            None => config,
        }
    }
}

/// A connection that shows a credential with each call.
pub type Keyed = InterceptedService<Channel, Credential>;

/// A connection to a server; cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    channel: Keyed,
}

macro_rules! services {
    ($($(#[$doc:meta])* $name:ident $client:ident;)*) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name(&self) -> $client<Keyed> {
            $client::new(self.channel.clone())
                .max_decoding_message_size(limits::ENCODE_BYTES)
                .max_encoding_message_size(limits::DECODE_BYTES)
        })*
    };
}

impl Client {
    /// Connects to `http://host:port` of this machine, or to `https://host:port` whose certificate is of an
    /// authority that browsers trust.
    ///
    /// # Errors
    /// When the address is none, or in clear and of another machine, or nobody answers. What the credential opens shows at the first
    /// call.
    pub async fn connect(address: &str, credential: Credential) -> Result<Self, ClientError> {
        Self::connect_with(address, credential, &Trust::default()).await
    }

    /// The same, trusting another authority, showing a certificate, or in clear to another machine.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub async fn connect_with(
        address: &str,
        credential: Credential,
        trust: &Trust,
    ) -> Result<Self, ClientError> {
        let endpoint = Endpoint::from_shared(address.to_owned())
            .map_err(|_| ClientError::Address(address.to_owned()))?
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(limits::KEEP_ALIVE_EVERY)
            .keep_alive_timeout(limits::KEEP_ALIVE_TIMEOUT)
            .initial_stream_window_size(1024 * 1024)
            .initial_connection_window_size(4 * 1024 * 1024);
        let is_tls = endpoint.uri().scheme_str() == Some("https");
        if !is_tls && !trust.clear && !is_of_this_machine(endpoint.uri().host()) {
            return Err(ClientError::Clear(address.to_owned()));
        }
        let unreachable = |error: tonic::transport::Error| ClientError::Unreachable {
            address: address.to_owned(),
            cause: innermost(&error),
        };
        let endpoint = if is_tls {
            endpoint.tls_config(trust.config()).map_err(unreachable)?
        } else {
            endpoint
        };
        let channel = endpoint.connect().await.map_err(unreachable)?;
        Ok(Self { channel: InterceptedService::new(channel, credential) })
    }

    services! {
        /// Pushes.
        ingestion IngestionServiceClient;
        /// Dossiers and what people decide of them.
        enrolments EnrolmentServiceClient;
        /// Contracts.
        contracts ContractServiceClient;
        /// What was written.
        history HistoryServiceClient;
        /// Contracts whose workflow runs here.
        contract_workflow ContractWorkflowServiceClient;
        /// Head-counts.
        dashboard DashboardServiceClient;
        /// Alerts.
        alerts AlertServiceClient;
        /// Outcomes.
        outcomes OutcomeServiceClient;
        /// Reference sets.
        references ReferenceServiceClient;
        /// What the server accepts.
        limits LimitsServiceClient;
        /// Checkpoints, proofs and bundles.
        proofs ProofServiceClient;
        /// Erasures.
        privacy PrivacyServiceClient;
    }

    /// Pushes a run in batches. `progress` is told how many rows are answered.
    /// A server that is busy is asked again, as long as it says to wait. The same
    /// run may be pushed again after any failure: nothing is doubled.
    ///
    /// # Errors
    /// When a row cannot be sent, or the server refuses the run.
    pub async fn push(
        &self,
        run: &RunDeclaration,
        rows: &[RawDossier],
        mut progress: impl FnMut(usize),
    ) -> Result<PushReceipt, ClientError> {
        // The receipts of a whole batch might be more than an answer holds.
        let most = if run.proofs { limits::BATCH_ROWS / 4 } else { limits::BATCH_ROWS };
        let mut parts = split(messages(rows)?, most).into_iter().peekable();
        let mut answers = Vec::with_capacity(rows.len());
        let mut ingestion = self.ingestion();
        while let Some(part) = parts.next() {
            let request = BatchPushDossiersRequest {
                run: Some(run.clone()),
                rows: part,
                first_row: u32::try_from(answers.len()).unwrap_or(u32::MAX),
                more_parts_follow: parts.peek().is_some(),
            };
            let response = patiently(async || {
                ingestion.batch_push_dossiers(request.clone()).await.map_err(ClientError::from)
            });
            let response = response.await?.into_inner();
            answers.extend(response.answers);
            progress(answers.len());
            if let Some(run) = response.run {
                return Ok(PushReceipt { answers, run });
            }
        }
        Err(ClientError::Contract("the run was not closed by its last part"))
    }

    /// Pushes a run as one stream.
    ///
    /// # Errors
    /// As [`Client::push`].
    pub async fn push_stream(
        &self,
        run: &RunDeclaration,
        rows: &[RawDossier],
    ) -> Result<PushReceipt, ClientError> {
        let declared = push_dossiers_request::Message::Run(run.clone());
        let rows = messages(rows)?;
        let sent: Vec<PushDossiersRequest> = std::iter::once(declared)
            .chain(rows.into_iter().map(push_dossiers_request::Message::Row))
            .map(|message| PushDossiersRequest { message: Some(message) })
            .collect();
        let stream = futures::stream::iter(sent);
        let mut responses = self.ingestion().push_dossiers(stream).await?.into_inner();
        let mut answers = Vec::new();
        while let Some(response) = responses.message().await? {
            match response.message {
                Some(push_dossiers_response::Message::Answer(answer)) => answers.push(answer),
                Some(push_dossiers_response::Message::Run(run)) => {
                    return Ok(PushReceipt { answers, run });
                }
                None => return Err(ClientError::Contract("an answer is empty")),
            }
        }
        Err(ClientError::Contract("the stream ended before the run was closed"))
    }
}

/// Asks again, a few times, when the server says how long to wait.
async fn patiently<T>(
    mut ask: impl AsyncFnMut() -> Result<T, ClientError>,
) -> Result<T, ClientError> {
    for attempt in 1..ATTEMPTS {
        match ask().await {
            Err(ClientError::Refused(refusal)) if refusal.retry_after.is_some() => {
                let wait = refusal.retry_after.unwrap_or_default();
                tokio::time::sleep(wait * attempt).await;
            }
            answer => return answer,
        }
    }
    ask().await
}

fn messages(rows: &[RawDossier]) -> Result<Vec<DossierRow>, ClientError> {
    rows.iter()
        .enumerate()
        .map(|(row, raw)| {
            to_message(raw)
                .map(|dossier| DossierRow::of(&dossier))
                .map_err(|cause| ClientError::Row { row, cause })
        })
        .collect()
}

/// Batches of so many rows at most, and within the limit of bytes; one empty batch for no row.
fn split(rows: Vec<DossierRow>, most: usize) -> Vec<Vec<DossierRow>> {
    let mut parts = vec![Vec::new()];
    let mut bytes = 0;
    for row in rows {
        let size = prost::Message::encoded_len(&row) + 8;
        let full = parts.last().is_some_and(|part| part.len() >= most);
        if full || bytes + size > BATCH_BYTES && bytes > 0 {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        if let Some(part) = parts.last_mut() {
            part.push(row);
        }
    }
    parts
}

/// Whether a host is this machine, so that nobody is on the way: by its address, or the one name that is kept for it.
fn is_of_this_machine(host: Option<&str>) -> bool {
    let host = host.unwrap_or_default().trim_matches(['[', ']']);
    let address: Option<IpAddr> = host.parse().ok();
    address.map_or_else(
        || host.eq_ignore_ascii_case("localhost"),
        |address| address.to_canonical().is_loopback(),
    )
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_busy_server_is_asked_again_and_another_refusal_is_told_at_once() {
        let refusal = |retry_after| {
            ClientError::Refused(Box::new(Refusal {
                code: Code::ResourceExhausted,
                reason: "OVERLOADED".into(),
                field: String::new(),
                rules: Vec::new(),
                message: String::new(),
                french: String::new(),
                retry_after,
            }))
        };
        let mut left = 3;
        let done = patiently(async || {
            left -= 1;
            if left > 0 { Err(refusal(Some(Duration::from_millis(1)))) } else { Ok(7) }
        });
        assert_eq!(done.await.unwrap(), 7);
        let mut asked = 0;
        let refused = patiently(async || {
            asked += 1;
            Err::<(), _>(refusal(None))
        });
        assert!(refused.await.is_err());
        assert_eq!(asked, 1);
        let mut asked = 0;
        let busy = patiently(async || {
            asked += 1;
            Err::<(), _>(refusal(Some(Duration::ZERO)))
        });
        assert!(busy.await.is_err());
        assert_eq!(asked, ATTEMPTS);
    }

    #[tokio::test]
    async fn a_credential_is_not_sent_in_clear_to_another_machine_unless_one_says_so() {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = nobody.local_addr().unwrap().port();
        let connect = async |to: &str, clear| {
            let (credential, address) =
                (Credential::new("key").unwrap(), to.replace("PORT", &port.to_string()));
            let trust = Trust { clear, ..Trust::default() };
            Client::connect_with(&address, credential, &trust).await.map(drop)
        };
        // Of them, 0.0.0.0 is answered by this machine: it is refused before anybody is asked.
        for to in [
            "0.0.0.0:PORT",
            "192.0.2.1:1",
            "[2001:db8::1]:1",
            "localhost.example.org",
            "127.0.0.1.example.org",
        ] {
            for scheme in ["http", "HTTP"] {
                let refused = connect(&format!("{scheme}://{to}"), false).await.unwrap_err();
                assert!(matches!(refused, ClientError::Clear(_)), "{to}: {refused}");
                assert!(refused.to_string().contains("la clé partirait en clair"));
            }
        }
        nobody.set_nonblocking(true).unwrap();
        assert!(nobody.accept().is_err(), "somebody was asked");
        connect("http://0.0.0.0:PORT", true).await.unwrap();
        for to in
            ["http://127.0.0.1:PORT", "http://LOCALHOST:PORT", "http://[::ffff:127.0.0.1]:PORT"]
        {
            connect(to, false).await.unwrap();
        }
        let secure = connect("https://0.0.0.0:1", false).await.unwrap_err();
        assert!(matches!(secure, ClientError::Unreachable { .. }), "{secure}");
    }

    #[test]
    fn batches_keep_the_limits_of_rows_and_bytes() {
        let lengths = |rows, most| split(rows, most).iter().map(Vec::len).collect::<Vec<_>>();
        let small = vec![DossierRow::default(); 4_001];
        assert_eq!(lengths(small, limits::BATCH_ROWS), vec![2_000, 2_000, 1]);
        let large = DossierRow { request_id: "x".repeat(4_000_000), ..DossierRow::default() };
        assert_eq!(lengths(vec![large; 5], limits::BATCH_ROWS), vec![2, 2, 1]);
        assert_eq!(lengths(Vec::new(), limits::BATCH_ROWS), vec![0]);
    }
}
