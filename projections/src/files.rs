//! Small things that every view's files need.

use fs_err as fs;
use std::io::Write;
use std::path::Path;

/// Replaces a file's content as a whole: a reader sees the old or the new.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // A full disk: give back what was taken.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Adds bytes after the first `length` bytes of a file, in the place of what a try that
/// failed, or a process that died, left there.
pub(crate) fn append_after(path: &Path, length: u64, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path)?;
    if file.metadata()?.len() != length {
        file.set_len(length)?;
    }
    let written = file.write_all(bytes);
    if written.is_err() {
        // A full disk: give back what was taken.
        let _ = file.set_len(length);
    }
    written
}

/// A check of a few bytes against damage: views are derived, so it only has to
/// notice, never to prove.
pub(crate) fn check_of(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes)
}

/// A hasher for keys that are random already (keyed pseudonyms) and for small
/// packed ones: a multiplication a word. Not for what a stranger may choose.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct KeyHasher(u64);

/// A map by such keys.
pub(crate) type KeyMap<K, V> =
    std::collections::HashMap<K, V, std::hash::BuildHasherDefault<KeyHasher>>;
/// A set of such keys.
pub(crate) type KeySet<K> = std::collections::HashSet<K, std::hash::BuildHasherDefault<KeyHasher>>;

impl std::hash::Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        for word in bytes.chunks(8) {
            let mut padded = [0; 8];
            padded[..word.len()].copy_from_slice(word);
            self.write_u64(u64::from_le_bytes(padded));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_u8(&mut self, word: u8) {
        self.write_u64(u64::from(word));
    }

    fn write_u16(&mut self, word: u16) {
        self.write_u64(u64::from(word));
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        // A product is well mixed in its high bits only, and maps use the low ones.
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 29)
    }
}
