//! What the system lets a process have.

use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, umask};

/// Lets this process have as many files open as whoever started it may allow it. The journal
/// keeps one for each of its segments, and the usual 1,024 are those of 64 GiB.
pub(crate) fn allow_many_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    if let Err(error) = raised {
        tracing::warn!(%error, "the limit of open files cannot be raised: a long log may meet it");
    }
}

/// What this process makes is its owner's alone: keys, sealed data and who read them are in folders
/// of every kind, and views and quarantine are made by more than one library.
pub(crate) fn keep_private() {
    umask(Mode::RWXG | Mode::RWXO);
}
