//! Small things that every view's files need.

use fs_err as fs;
use std::path::Path;

/// Replaces a file's content as a whole: a reader sees the old or the new.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    fs::write(&beside, bytes)?;
    fs::rename(&beside, path)
}

/// A check of a few bytes against damage (FNV-1a, folded to 32 bits): views are
/// derived, so it only has to notice, never to prove.
pub(crate) fn check_of(bytes: &[u8]) -> u32 {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (hash ^ (hash >> 32)) as u32
}
