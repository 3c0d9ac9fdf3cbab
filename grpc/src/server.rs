//! All services on one listener, with their limits.

use crate::connections::{Tls, accepted};
use crate::door::DoorLayer;
use crate::errors::Failure;
use crate::limits;
use crate::services::{
    Alerts, Contracts, Dashboard, Enrolments, History, House, Ingestion, Limits, OutcomesOf,
    Privacy, Proofs, References, Workflow,
};
use access::Gate;
use access::limits::Limit;
use futures::TryStreamExt;
use ledger::Ledger;
use ledger::notary::Notary;
use ledger::signatures::Providers;
use projections::reference::ReferenceLibrary;
use projections::views::Views;
use proto::gathered::Gathered;
use proto::v1::alert_service_server::AlertServiceServer;
use proto::v1::contract_service_server::ContractServiceServer;
use proto::v1::contract_workflow_service_server::ContractWorkflowServiceServer;
use proto::v1::dashboard_service_server::DashboardServiceServer;
use proto::v1::enrolment_service_server::EnrolmentServiceServer;
use proto::v1::history_service_server::HistoryServiceServer;
use proto::v1::ingestion_service_server::IngestionServiceServer;
use proto::v1::limits_service_server::LimitsServiceServer;
use proto::v1::outcome_service_server::OutcomeServiceServer;
use proto::v1::privacy_service_server::PrivacyServiceServer;
use proto::v1::proof_service_server::ProofServiceServer;
use proto::v1::reference_service_server::ReferenceServiceServer;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::server::NamedService;
use tonic::service::RoutesBuilder;
use tonic::transport::Server;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// What the services stand on.
#[derive(Debug, Clone)]
pub struct Services {
    /// The ledger.
    pub ledger: Arc<Ledger>,
    /// Its views; somebody else feeds them (`Views::run`).
    pub views: Views,
    /// Where reference sets are kept.
    pub references: ReferenceLibrary,
    /// What the log signs; somebody else signs what is new.
    pub notary: Arc<Notary>,
    /// Who may call.
    pub gate: Arc<Gate>,
    /// What verifies signatures of contracts beside the providers that are registered.
    pub signatures: Providers,
    /// Whether the schema is shown without a credential: in a demo or a sandbox.
    pub open_reflection: bool,
    /// How connections are encrypted; `None` for not at all.
    pub tls: Option<Tls>,
    /// The limits of the other doors of this server, which `GetLimits` tells too; of other names than
    /// [`limits`]'s.
    pub other_limits: Vec<Limit>,
}

/// Why the server did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The log cannot be folded, or the schema cannot be read.
    #[error(transparent)]
    House(#[from] Failure),
    /// The network failed.
    #[error("the gRPC server stopped: {0}")]
    Transport(#[from] tonic::transport::Error),
    /// The schema that is compiled in cannot be shown.
    #[error("the schema for reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

macro_rules! with_limits {
    ($server:ident, $service:expr) => {
        with_limits!($server, $service, limits::QUESTION_BYTES)
    };
    ($server:ident, $service:expr, $decode:expr) => {
        $server::new($service)
            .max_decoding_message_size($decode)
            .max_encoding_message_size(limits::ENCODE_BYTES)
    };
}

/// Serves until `shutdown` ends, then lets running calls finish, for [`limits::DRAIN`] at most.
/// Streams that follow the log end at once: their readers ask again elsewhere or later.
///
/// Health (overall and by service) is open to everybody; all else is behind the door, reflection
/// (v1 and v1alpha) too.
///
/// # Errors
/// See [`ServeError`].
pub async fn serve(
    listener: TcpListener,
    services: Services,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    let Services { ledger, views, references, notary, gate, signatures, .. } = services;
    let (open_reflection, tls, other_limits) =
        (services.open_reflection, services.tls, services.other_limits);
    let door = DoorLayer::new(Arc::clone(&gate), open_reflection);
    let opening = tokio::task::spawn_blocking(move || {
        House::open(ledger, views, references, notary, gate, signatures)
    });
    let house = Arc::new(opening.await.map_err(Failure::from)??);
    house.pipeline.resume().await?;
    let (health, health_service) = tonic_health::server::health_reporter();
    let mut routes = RoutesBuilder::default();
    routes.add_service(health_service.max_decoding_message_size(limits::QUESTION_BYTES));
    add_reflection(&mut routes)?;
    add_services(&mut routes, &house, other_limits);
    report(&health, ServingStatus::Serving).await;
    let (asked, was_asked) = oneshot::channel();
    let stopping = health.clone();
    let shutdown = async {
        shutdown.await;
        report(&stopping, ServingStatus::NotServing).await;
        house.stop();
        let _ = asked.send(());
    };
    let incoming = accepted(listener, tls).map_ok(Gathered::new);
    let server = limited().layer(door).add_routes(routes.routes());
    tokio::select! {
        served = server.serve_with_incoming_shutdown(incoming, shutdown) => Ok(served?),
        () = drained(was_asked) => {
            tracing::warn!("calls that have not ended end with the process: the server stops");
            Ok(())
        }
    }
}

/// Ends when running calls had long enough to end, after the server was asked to stop.
async fn drained(was_asked: oneshot::Receiver<()>) {
    // A server that ends by itself drops the sender: it is the one to say so.
    if was_asked.await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(limits::DRAIN).await;
}

/// A server with every limit set.
fn limited() -> Server {
    Server::builder()
        .timeout(limits::REQUEST_TIMEOUT)
        .concurrency_limit_per_connection(limits::CALLS_PER_CONNECTION)
        .max_concurrent_streams(limits::STREAMS_PER_CONNECTION)
        .http2_max_header_list_size(limits::HEADER_LIST_BYTES)
        .http2_max_pending_accept_reset_streams(Some(limits::PENDING_RESETS))
        .http2_max_local_error_reset_streams(Some(limits::ERROR_RESETS))
        .max_connection_age(limits::CONNECTION_AGE)
        .max_connection_age_grace(limits::CONNECTION_GRACE)
        .http2_keepalive_interval(Some(limits::KEEP_ALIVE_EVERY))
        .http2_keepalive_timeout(Some(limits::KEEP_ALIVE_TIMEOUT))
        .initial_stream_window_size(limits::STREAM_WINDOW_BYTES)
        .initial_connection_window_size(limits::CONNECTION_WINDOW_BYTES)
}

fn add_services(routes: &mut RoutesBuilder, house: &Arc<House>, other_limits: Vec<Limit>) {
    let house = || Arc::clone(house);
    routes
        .add_service(with_limits!(
            IngestionServiceServer,
            Ingestion::new(house()),
            limits::DECODE_BYTES
        ))
        .add_service(with_limits!(EnrolmentServiceServer, Enrolments(house())))
        .add_service(with_limits!(ContractServiceServer, Contracts(house())))
        .add_service(with_limits!(
            ContractWorkflowServiceServer,
            Workflow(house()),
            limits::DECODE_BYTES
        ))
        .add_service(with_limits!(HistoryServiceServer, History(house())))
        .add_service(with_limits!(DashboardServiceServer, Dashboard(house())))
        .add_service(with_limits!(AlertServiceServer, Alerts(house())))
        .add_service(with_limits!(OutcomeServiceServer, OutcomesOf(house())))
        .add_service(with_limits!(ProofServiceServer, Proofs(house())))
        .add_service(with_limits!(
            ReferenceServiceServer,
            References(house()),
            limits::DECODE_BYTES
        ))
        .add_service(with_limits!(LimitsServiceServer, Limits(other_limits)))
        .add_service(with_limits!(PrivacyServiceServer, Privacy(house())));
}

fn add_reflection(routes: &mut RoutesBuilder) -> Result<(), ServeError> {
    let configured = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::v1::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let most = limits::QUESTION_BYTES;
    routes.add_service(configured().build_v1()?.max_decoding_message_size(most));
    routes.add_service(configured().build_v1alpha()?.max_decoding_message_size(most));
    Ok(())
}

async fn report(health: &HealthReporter, status: ServingStatus) {
    let names = [
        "",
        IngestionServiceServer::<Ingestion>::NAME,
        EnrolmentServiceServer::<Enrolments>::NAME,
        ContractServiceServer::<Contracts>::NAME,
        ContractWorkflowServiceServer::<Workflow>::NAME,
        HistoryServiceServer::<History>::NAME,
        DashboardServiceServer::<Dashboard>::NAME,
        AlertServiceServer::<Alerts>::NAME,
        OutcomeServiceServer::<OutcomesOf>::NAME,
        ProofServiceServer::<Proofs>::NAME,
        ReferenceServiceServer::<References>::NAME,
        LimitsServiceServer::<Limits>::NAME,
        PrivacyServiceServer::<Privacy>::NAME,
    ];
    for name in names {
        health.set_service_status(name, status).await;
    }
}
