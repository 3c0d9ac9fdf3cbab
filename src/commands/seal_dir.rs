//! `--seal-dir`: where the newest checkpoint of a ledger is kept, apart from its data.

use crate::wiring::seal_folder;
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
    /// The folder for some data.
    pub(super) fn of(&self, data: &Path) -> anyhow::Result<PathBuf> {
        self.seal_dir.clone().map_or_else(|| seal_folder(data), Ok)
    }
}
