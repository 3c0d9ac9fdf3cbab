//! `--seal-dir`: where the newest checkpoint of a ledger is kept, apart from its data.

use crate::wiring::seal_folder;
use ledger::notary::Options;
use std::path::{Path, PathBuf};

/// The folder apart.
#[derive(Debug, clap::Args)]
pub(crate) struct SealDir {
    /// Where the key that signs and the newest checkpoint are kept; best on another disk or host. Without
    /// it, in DATA.seal beside the data
    #[arg(long, value_name = "DIR")]
    seal_dir: Option<PathBuf>,
}

impl SealDir {
    /// Where what some data signed is.
    pub(super) fn of(&self, data: &Path) -> anyhow::Result<Options> {
        let apart = self.seal_dir.clone().map_or_else(|| seal_folder(data), Ok)?;
        Ok(Options::new(data, &apart))
    }
}
