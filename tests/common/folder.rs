//! Copies of folders, and ledgers opened from inside the test.

use ledger::journal::OpenError;
use ledger::{Ledger, LedgerError, Options};
use std::path::Path;
use std::time::Duration;

/// Copies a folder to a place where nothing is.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Copies a folder in the place of another.
pub fn copy_over(from: &Path, to: &Path) {
    std::fs::remove_dir_all(to).unwrap();
    copy(from, to);
}

/// Opens the ledger of a folder.
pub fn open(data: &Path) -> Ledger {
    once_unlocked(|| match Ledger::open(data, &Options::default()) {
        Err(LedgerError::Open(OpenError::Locked(_))) => None,
        opened => Some(opened.unwrap()),
    })
}

/// Tries until the lock of a folder is free. Threads of a process that was killed hold
/// it for a moment; so does a child that another test starts, between its fork and its exec.
pub fn once_unlocked<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    for _ in 0..1_000 {
        if let Some(done) = attempt() {
            return done;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the folder stays locked")
}
