//! One data folder, open: the ledger, its views, and the task that feeds them.

use super::reading::LedgerSource;
use anyhow::{Context, bail};
use ledger::{Clock, Ledger, Options};
use projections::reference::ReferenceLibrary;
use projections::source::EventSource;
use projections::views::Views;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A data folder, open.
#[derive(Debug)]
pub struct House {
    folder: PathBuf,
    ledger: Arc<Ledger>,
    views: Views,
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

impl House {
    /// Opens a folder, or makes one.
    ///
    /// # Errors
    /// When another process has it, or a file of it is damaged.
    pub async fn open(folder: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let options = Options { clock, ..Options::default() };
        let data = folder.to_owned();
        let opened = tokio::task::spawn_blocking(move || Ledger::open(&data, &options)).await?;
        let ledger = opened.with_context(|| format!("cannot open {}", folder.display()))?;
        let ledger = Arc::new(ledger);
        let source: Arc<dyn EventSource> = Arc::new(LedgerSource::new(Arc::clone(&ledger)));
        let references = ReferenceLibrary::new(&folder.join("references"));
        let views = Views::open(&folder.join("views"), source, references).await?;
        Ok(Self { folder: folder.to_owned(), ledger, views })
    }

    /// The views.
    #[must_use]
    pub const fn views(&self) -> &Views {
        &self.views
    }

    /// The ledger.
    #[must_use]
    pub const fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// Writes down what the views hold in memory.
    pub async fn close(&self) {
        self.views.close().await;
    }
}
