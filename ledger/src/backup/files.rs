//! Files copied and hashed, durable.

use fs_err::os::unix::fs::OpenOptionsExt;
use fs_err::{File, OpenOptions};
use seal::Hash;
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};
use std::path::Path;

/// Bytes read at once.
const CHUNK: usize = 1024 * 1024;

/// The first bytes of a file, hashed.
///
/// # Errors
/// When it has fewer, or cannot be read.
pub(super) fn digest(path: &Path, bytes: u64) -> io::Result<Hash> {
    pour(path, bytes, &mut |_| Ok(()))
}

/// The first bytes of a file as another file that only its owner may read, durable when this
/// returns but for its name; gives their SHA-256.
///
/// # Errors
/// When there are fewer, or a file cannot be read or written.
pub(super) fn copy(from: &Path, to: &Path, bytes: u64) -> io::Result<Hash> {
    let mut file = private(to)?;
    let hash = pour(from, bytes, &mut |chunk| file.write_all(chunk))?;
    file.sync_all()?;
    Ok(hash)
}

/// A new, empty file that only its owner may read.
pub(super) fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).open(path)
}

fn pour(
    path: &Path,
    bytes: u64,
    each: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<Hash> {
    let mut file = File::open(path)?;
    let (mut hasher, mut buffer, mut left) = (Sha256::new(), vec![0; CHUNK], bytes);
    while left > 0 {
        let now = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        file.read_exact(&mut buffer[..now])?;
        hasher.update(&buffer[..now]);
        each(&buffer[..now])?;
        left -= now as u64;
    }
    Ok(hasher.finalize().into())
}
