//! A server over loopback, its folder, and rows to push.

use crate::source::LedgerSource;
use access::Gate;
use access::keyring::Keyring;
use domain::dossier::{Field, RawDossier, example_row};
use domain::ids::Instant;
use grpc::client::{Client, ClientError, Credential, Refusal};
use ledger::notary::{self, Notary};
use ledger::signatures::Providers;
use ledger::{Ledger, LedgerError, ManualClock, Options};
use projections::reference::ReferenceLibrary;
use projections::views::Views;
use proto::v1::{RowAnswer, RowOutcome, RunDeclaration, RunExtent};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// The ledger's clock: after every run of the tests.
pub(crate) const NOW: &str = "2025-11-01T00:00:00Z";

pub(crate) struct Server {
    pub(crate) client: Client,
    pub(crate) address: String,
    /// Of whoever may read the folder.
    pub(crate) credential: Credential,
    #[allow(dead_code, reason = "the tenancy tests share this file, and make keys")]
    pub(crate) keys: Keyring,
    /// What day it is for the ledger, at first [`NOW`].
    #[allow(dead_code, reason = "the tenancy tests share this file, and let time pass")]
    pub(crate) clock: Arc<ManualClock>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
    feeding: JoinHandle<()>,
    views: Views,
}

impl Server {
    pub(crate) async fn start(folder: &Path) -> Self {
        let clock = Arc::new(ManualClock::default());
        clock.set(grpc::times::instant("now", NOW).unwrap());
        let options = Options { clock: clock.clone(), ..Options::default() };
        let ledger = Arc::new(open(folder, &options).await);
        let references = ReferenceLibrary::new(&folder.join("references"));
        let source = Arc::new(LedgerSource::new(Arc::clone(&ledger)));
        let views = Views::open(&folder.join("views"), source, references.clone()).await.unwrap();
        let feeding = tokio::spawn(views.clone().run());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let keys = Keyring::of(folder);
        let local = folder.join("access/local.key");
        keys.local(now()).unwrap();
        let gate = Arc::new(Gate::open(folder).unwrap());
        let apart = notary::Options::new(folder, &folder.join("apart"));
        let notary = Arc::new(Notary::open(Arc::clone(ledger.journal()), &apart).unwrap());
        let services = grpc::Services {
            ledger,
            views: views.clone(),
            references,
            notary,
            gate,
            signatures: Providers::built_in(Vec::new()),
            open_reflection: false,
            tls: None,
            other_limits: Vec::new(),
        };
        let serving = tokio::spawn(async move {
            let shutdown = async {
                let _ = stopped.await;
            };
            grpc::serve(listener, services, shutdown).await.unwrap();
        });
        let credential = Credential::new(&std::fs::read_to_string(local).unwrap()).unwrap();
        let client = Client::connect(&address, credential.clone()).await.unwrap();
        let stop = Some(stop);
        Self { client, credential, keys, clock, address, stop, serving, feeding, views }
    }

    /// Stops, and gives the folder back to whoever opens it next.
    pub(crate) async fn stop(mut self) {
        drop(self.client);
        let _ = self.stop.take().unwrap().send(());
        self.serving.await.unwrap();
        self.feeding.abort();
        let _ = self.feeding.await;
        self.views.close().await;
    }

    pub(crate) async fn head(&self) -> u64 {
        let request = proto::v1::GetHeadRequest {};
        self.client.history().get_head(request).await.unwrap().into_inner().position
    }

    pub(crate) async fn push(
        &self,
        run: &RunDeclaration,
        rows: &[RawDossier],
    ) -> grpc::client::PushReceipt {
        self.client.push(run, rows, |_| {}).await.unwrap()
    }
}

/// Now, as keys have it.
pub(crate) fn now() -> Instant {
    Instant(std::time::UNIX_EPOCH.elapsed().unwrap().as_micros() as i64)
}

/// Opens the folder; connections of a server that just stopped may keep it a moment.
async fn open(folder: &Path, options: &Options) -> Ledger {
    for _ in 0..100 {
        match Ledger::open(folder, options) {
            Err(LedgerError::Open(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            opened => return opened.unwrap(),
        }
    }
    panic!("the folder is still in use two seconds after its server stopped");
}

pub(crate) async fn server() -> (TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    (folder, server)
}

pub(crate) fn run(day: u32, extent: RunExtent, rows: usize) -> RunDeclaration {
    RunDeclaration {
        run_id: Uuid::from_u128(u128::from(day) << 64 | rows as u128).to_string(),
        source: "cfa.nord".into(),
        software: "test 1".into(),
        extracted_at: format!("2025-10-{day:02}T02:00:00Z"),
        extent: extent as i32,
        row_count: Some(rows as u32),
        proofs: false,
    }
}

pub(crate) fn full(day: u32, rows: usize) -> RunDeclaration {
    run(day, RunExtent::Full, rows)
}

pub(crate) fn learner(n: usize) -> RawDossier {
    example_row()
        .with(Field::IdErpApprenant, &format!("L{n}"))
        .with(Field::NomApprenant, &format!("NOM{n}"))
        .with(Field::IneApprenant, "")
}

pub(crate) fn learners(n: usize) -> Vec<RawDossier> {
    (0..n).map(learner).collect()
}

pub(crate) fn count(answers: &[RowAnswer], outcome: RowOutcome) -> usize {
    answers.iter().filter(|answer| answer.outcome() == outcome).count()
}

pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, impl Into<ClientError>>) -> Refusal {
    match result.unwrap_err().into() {
        ClientError::Refused(refusal) => *refusal,
        other => panic!("not a refusal: {other}"),
    }
}
