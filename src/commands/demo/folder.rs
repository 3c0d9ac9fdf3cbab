//! A demo never mixes with a ledger that somebody needs.

use crate::generator::Settings;
use anyhow::{Context, bail};
use std::path::Path;

/// The file that says that a data folder is a demo's.
const MARKER: &str = "THIS-IS-A-DEMO";

/// Makes the folder and the one that is apart from it, empty but for their markers. An older demo in them is
/// removed.
///
/// # Errors
/// When one of them holds anything that no demo made.
pub(super) fn prepare(folder: &Path, apart: &Path, settings: Settings) -> anyhow::Result<()> {
    for folder in [folder, apart] {
        let marker = folder.join(MARKER);
        if folder.exists() {
            let empty = fs_err::read_dir(folder)?.next().is_none();
            if !empty && !marker.is_file() {
                bail!(
                    "{} holds something that is not a demo: it is left alone. Name another folder \
                     with --data DIR, or serve it with `registre serve --data {}`",
                    folder.display(),
                    folder.display()
                );
            }
        }
    }
    let Settings { apprentices, seed } = settings;
    let text = format!(
        "registre demo --apprentices {apprentices} --seed {seed}\n\
         Everybody in here is invented. The next demo removes this folder.\n"
    );
    for folder in [folder, apart] {
        if folder.exists() {
            fs_err::remove_dir_all(folder).context("the older demo cannot be removed")?;
        }
        fs_err::create_dir_all(folder)?;
        fs_err::write(folder.join(MARKER), &text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings = Settings { apprentices: 50, seed: 1 };

    #[test]
    fn a_folder_with_something_else_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let apart = folder.path().join("apart");
        let precious = folder.path().join("log");
        fs_err::write(&precious, "years of work").unwrap();
        let refused = prepare(folder.path(), &apart, SETTINGS).unwrap_err().to_string();
        assert!(refused.contains("--data"), "{refused}");
        assert_eq!(fs_err::read_to_string(precious).unwrap(), "years of work");
    }

    #[test]
    fn an_older_demo_is_replaced() {
        let parent = tempfile::tempdir().unwrap();
        let (folder, apart) = (parent.path().join("data"), parent.path().join("apart"));
        prepare(&folder, &apart, SETTINGS).unwrap();
        let old = folder.join("log");
        fs_err::write(&old, "an old demo").unwrap();
        prepare(&folder, &apart, SETTINGS).unwrap();
        assert!(!old.exists());
        assert!(folder.join(MARKER).exists());
    }
}
