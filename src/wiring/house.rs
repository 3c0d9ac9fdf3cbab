//! One data folder, open: the ledger, its views, and the task that feeds them.

use super::local_key::LocalKey;
use super::reading::LedgerSource;
use super::upkeep::{cosign_from_time_to_time, purge_from_time_to_time, sign_from_time_to_time};
use access::Gate;
use access::keyring::Keyring;
use access::oidc::{Provider, Verifier};
use anyhow::{Context, anyhow, bail};
use grpc::connections::Tls;
use grpc::server::{ServeError, Services, serve};
use ledger::notary::{Notary, Options};
use ledger::signatures::{Authority, Providers};
use ledger::time::SystemClock;
use ledger::{Clock, Ledger};
use projections::reference::ReferenceLibrary;
use projections::source::EventSource;
use projections::views::Views;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};

/// A data folder, open.
pub struct House {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    ledger: Arc<Ledger>,
    notary: Arc<Notary>,
    views: Views,
    references: ReferenceLibrary,
}

impl std::fmt::Debug for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("House").field("head", &self.ledger.head()).finish_non_exhaustive()
    }
}

/// Where a server listens, and to whom.
#[derive(Debug)]
pub struct Front {
    /// Where.
    pub listen: SocketAddr,
    /// Who sees the schema.
    pub schema: Schema,
    /// How connections are encrypted.
    pub tls: Option<Tls>,
    /// Whether they may go unencrypted over a network.
    pub insecure: bool,
    /// Who tells persons apart.
    pub provider: Option<Provider>,
    /// Whose certificates sign contracts.
    pub authorities: Vec<Authority>,
    /// Where providers of signatures say what became of one, over HTTP; nowhere without it.
    pub webhooks: Option<SocketAddr>,
}

impl Front {
    /// An address of this machine, for programs with a key.
    #[must_use]
    pub const fn local(listen: SocketAddr) -> Self {
        Self {
            listen,
            schema: Schema::Closed,
            tls: None,
            insecure: false,
            provider: None,
            authorities: Vec::new(),
            webhooks: None,
        }
    }
}

/// Whether the schema is shown without a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// To everybody: in a demo or a sandbox.
    Open,
    /// To whoever has a key.
    Closed,
}

/// A server that runs.
#[derive(Debug)]
pub struct Served {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where providers of signatures are heard.
    pub webhooks: Option<SocketAddr>,
    /// The file of the local key, when it was made just now.
    pub new_key: Option<PathBuf>,
    _local_key: Option<LocalKey>,
    stop: watch::Sender<bool>,
    hearing: Option<JoinHandle<()>>,
    server: JoinHandle<Result<(), ServeError>>,
    feeding: JoinHandle<()>,
    purging: JoinHandle<()>,
    signing: JoinHandle<()>,
    cosigning: JoinHandle<()>,
}

/// Refuses a folder where no ledger is.
///
/// # Errors
/// When the folder has no log.
pub fn must_exist(folder: &Path) -> anyhow::Result<()> {
    if !folder.join("log").is_dir() {
        bail!(
            "{} holds no ledger: name its folder with --data DIR (the one given to serve or demo)",
            folder.display()
        );
    }
    Ok(())
}

/// Where the key and the newest checkpoint of a data folder are when nothing is said: in `DATA.seal` beside it.
///
/// # Errors
/// When the folder has no name, as the root of the file system.
pub fn seal_folder(data: &Path) -> anyhow::Result<PathBuf> {
    let path = std::path::absolute(data)?;
    let named = path
        .components()
        .next_back()
        .and_then(|last| path.file_name().filter(|name| last.as_os_str() == *name));
    let Some(name) = named else {
        bail!("{}: say with --seal-dir where its newest checkpoint is kept", data.display());
    };
    let mut name = name.to_owned();
    name.push(".seal");
    Ok(path.with_file_name(name))
}

impl House {
    /// Opens a folder, or makes one, with its [seal folder](seal_folder) beside it.
    ///
    /// # Errors
    /// As for [`Self::open_sealed`].
    pub async fn open(folder: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        Self::open_sealed(folder, Options::new(folder, &seal_folder(folder)?), clock).await
    }

    /// Opens a folder, or makes one; `seal` says where the folder apart is, which has what the log signed.
    ///
    /// # Errors
    /// When another process has it, a file of it is damaged, or the log is not the one that was signed.
    pub async fn open_sealed(
        folder: &Path,
        seal: Options,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let options = ledger::Options { clock: Arc::clone(&clock), ..ledger::Options::default() };
        let data = folder.to_owned();
        let opened =
            tokio::task::spawn_blocking(move || Ledger::open_sealed(&data, &options, &seal));
        let opened = opened.await.map_err(|error| died("opening the ledger", &error))?;
        let (ledger, notary) =
            opened.with_context(|| format!("cannot open {}", folder.display()))?;
        let ledger = Arc::new(ledger);
        let source: Arc<dyn EventSource> = Arc::new(LedgerSource::new(Arc::clone(&ledger)));
        let references = ReferenceLibrary::new(&folder.join("references"));
        let views = Views::open(&folder.join("views"), source, references.clone()).await?;
        Ok(Self { folder: folder.to_owned(), clock, ledger, notary, views, references })
    }

    /// The views.
    #[must_use]
    pub const fn views(&self) -> &Views {
        &self.views
    }

    /// What the log signs.
    #[must_use]
    pub const fn notary(&self) -> &Arc<Notary> {
        &self.notary
    }

    /// The ledger.
    #[must_use]
    pub const fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// Serves on an address until the answer's [`Served::stop`], while a task feeds the views. Whoever
    /// may read the folder has a key in it, which commands on this machine find by the address.
    ///
    /// # Errors
    /// When nobody may listen there, or the keys cannot be read; or everybody on a network could
    /// listen in, and nobody said that they may.
    pub async fn serve(&self, front: Front) -> anyhow::Result<Served> {
        let Front { listen, schema, tls, insecure, provider, authorities, webhooks } = front;
        if let Some(listen) = webhooks.filter(|listen| !insecure && !listen.ip().is_loopback()) {
            bail!(
                "{listen} is no address of this machine alone, and nothing is encrypted there: listen for webhooks on \
                 127.0.0.1, behind something that encrypts, or say --insecure where something before it does"
            );
        }
        if tls.is_none() && !insecure && !listen.ip().is_loopback() {
            bail!(
                "{listen} is no address of this machine alone, and nothing is encrypted: give a \
                 certificate with --tls-cert and --tls-key, or say --insecure where something \
                 before the server encrypts"
            );
        }
        let new_key = Keyring::of(&self.folder).local(SystemClock.now())?;
        let gate = Gate::open(&self.folder).context("the keys of the folder cannot be read")?;
        let gate = match provider {
            Some(provider) => gate.with_provider(Verifier::of(provider)?),
            None => gate,
        };
        let listener = TcpListener::bind(listen).await.with_context(|| {
            format!("cannot listen on {listen}: is another server there? name one with --listen")
        })?;
        let address = listener.local_addr()?;
        let gate = Arc::new(gate);
        let webhooks = match webhooks {
            Some(listen) => {
                let listener = TcpListener::bind(listen).await;
                Some(listener.with_context(|| format!("cannot listen on {listen}"))?)
            }
            None => None,
        };
        let services = Services {
            ledger: Arc::clone(&self.ledger),
            views: self.views.clone(),
            references: self.references.clone(),
            notary: Arc::clone(&self.notary),
            gate: Arc::clone(&gate),
            signatures: Providers::built_in(authorities),
            open_reflection: schema == Schema::Open,
            tls,
            other_limits: tlog::limits::all(),
        };
        let local_key = LocalKey::publish(&self.folder, address);
        let (stop, _) = watch::channel(false);
        let asked = |mut asked: watch::Receiver<bool>| async move {
            // A dropped sender stops the server too.
            let _ = asked.wait_for(|stop| *stop).await;
        };
        let server = serve(listener, services, asked(stop.subscribe()));
        let heard_at = webhooks.as_ref().map(TcpListener::local_addr).transpose()?;
        let hearing = webhooks.map(|listener| {
            let router = grpc::webhook::router(Arc::clone(&self.ledger), Arc::clone(&gate));
            tokio::spawn(tlog::door::serve(listener, router, asked(stop.subscribe())))
        });
        Ok(Served {
            address,
            webhooks: heard_at,
            new_key,
            _local_key: local_key,
            stop,
            hearing,
            server: tokio::spawn(server),
            feeding: tokio::spawn(self.views.clone().run()),
            purging: tokio::spawn(purge_from_time_to_time(
                Arc::clone(&self.ledger),
                Arc::clone(&self.clock),
                gate,
            )),
            signing: tokio::spawn(sign_from_time_to_time(
                Arc::clone(&self.notary),
                self.ledger.watch(),
            )),
            cosigning: tokio::spawn(cosign_from_time_to_time(Arc::clone(&self.notary))),
        })
    }

    /// Writes down what the views hold in memory, signs what is not signed yet, and has witnesses sign it who answer.
    pub async fn close(&self) {
        let (notary, head) = (Arc::clone(&self.notary), self.ledger.head().position);
        match tokio::task::spawn_blocking(move || notary.seen(head)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::error!(%error, "no checkpoint was signed"),
            Err(_) => tracing::error!("the signing of a checkpoint died"),
        }
        self.views.close().await;
    }
}

impl Served {
    /// Serves until some work is done, then stops as [`Served::stop`] does.
    ///
    /// # Errors
    /// When the work fails; or the server ends before, which it does by itself
    /// only when it fails: then why.
    pub async fn until<T>(
        mut self,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let done = tokio::select! {
            ended = &mut self.server => {
                ended.map_err(|error| died("the server", &error))??;
                bail!("the server stopped before it was asked to");
            }
            done = work => done,
        };
        // Work whose server failed fails too, and knows less of why.
        self.stop().await?;
        done
    }

    /// Leaves the views where they are; what is asked of the ledger itself is answered as before.
    pub fn leave_views(&self) {
        self.feeding.abort();
    }

    /// Lets running calls finish, then stops.
    ///
    /// # Errors
    /// When the server had failed.
    pub async fn stop(self) -> anyhow::Result<()> {
        // When nobody receives, the server has ended already and says why below.
        let _ = self.stop.send(true);
        if let Some(hearing) = self.hearing {
            // It ends by being asked to; what it was told is written by the ledger, which goes on.
            let _ = hearing.await;
        }
        let ended = self.server.await.map_err(|error| died("the server", &error))?;
        self.feeding.abort();
        self.purging.abort();
        self.signing.abort();
        self.cosigning.abort();
        Ok(ended?)
    }
}

/// How a task died. What its panic said may quote a row, and stays unsaid.
fn died(what: &str, error: &JoinError) -> anyhow::Error {
    if error.is_panic() {
        anyhow!("{what} panicked; the log says where")
    } else {
        anyhow!("{what} was cancelled")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grpc::errors::Failure;
    use std::future::{pending, ready};

    /// A server that does this; it is told when it should stop.
    fn served<F>(server: impl FnOnce(watch::Receiver<bool>) -> F) -> Served
    where
        F: Future<Output = Result<(), ServeError>> + Send + 'static,
    {
        let (stop, stopped) = watch::channel(false);
        Served {
            webhooks: None,
            hearing: None,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            new_key: None,
            _local_key: None,
            stop,
            server: tokio::spawn(server(stopped)),
            feeding: tokio::spawn(pending()),
            purging: tokio::spawn(pending()),
            signing: tokio::spawn(pending()),
            cosigning: tokio::spawn(pending()),
        }
    }

    async fn when_asked(mut stopped: watch::Receiver<bool>) -> Result<(), ServeError> {
        stopped.wait_for(|stop| *stop).await.unwrap();
        Ok(())
    }

    fn failed() -> ServeError {
        Failure::not_found("the log").into()
    }

    async fn error_of(served: Served, work: impl Future<Output = anyhow::Result<()>>) -> String {
        format!("{:#}", served.until(work).await.unwrap_err())
    }

    #[tokio::test]
    async fn work_without_end_ends_when_its_server_does_and_says_why() {
        let said = error_of(served(|_| ready(Err(failed()))), pending()).await;
        assert!(said.contains("NOT_FOUND"), "{said}");
        let said = error_of(served(|_| async { panic!("out of order") }), pending()).await;
        assert_eq!(said, "the server panicked; the log says where");
        let said = error_of(served(|_| ready(Ok(()))), pending()).await;
        assert!(said.contains("before it was asked to"), "{said}");
    }

    #[tokio::test]
    async fn work_that_fails_leaves_the_word_to_a_server_that_failed() {
        let dying = served(|stopped| async { when_asked(stopped).await.and(Err(failed())) });
        let said = error_of(dying, ready(Err(anyhow!("cut off")))).await;
        assert!(said.contains("NOT_FOUND"), "{said}");
        let said = error_of(served(when_asked), ready(Err(anyhow!("no such night")))).await;
        assert_eq!(said, "no such night");
    }

    #[tokio::test]
    async fn a_server_stops_when_the_work_is_done() {
        assert_eq!(served(when_asked).until(ready(Ok(3))).await.unwrap(), 3);
    }
}
