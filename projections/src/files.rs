//! Small things that every view's files need.

use fs_err as fs;
use std::path::Path;

/// Replaces a file's content as a whole: a reader sees the old or the new.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    fs::write(&beside, bytes)?;
    fs::rename(&beside, path)
}

/// A check of a few bytes against damage: views are derived, so it only has to
/// notice, never to prove.
pub(crate) fn check_of(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes)
}
