//! A bundle's container: a ustar archive (POSIX.1-1988) of plain files, written one way only.
//!
//! Any tar program opens it. The reader takes nothing else: what differs from what the writer would
//! have written was changed.

/// The longest path of a file in it, in bytes.
pub(super) const PATH_BYTES_MAX: usize = 100;
const BLOCK: usize = 512;
const CHECKSUM: std::ops::Range<usize> = 148..156;

/// Adds a file. The path fits, and the content has fewer than 8 GiB.
pub(super) fn add(archive: &mut Vec<u8>, path: &str, content: &[u8]) {
    archive.extend_from_slice(&header(path, content.len()));
    archive.extend_from_slice(content);
    archive.resize(archive.len().next_multiple_of(BLOCK), 0);
}

/// The bytes of an archive of files of such lengths.
pub(super) fn bytes_of(lengths: impl Iterator<Item = usize>) -> usize {
    let file = |length: usize| BLOCK.saturating_add(length).div_ceil(BLOCK).saturating_mul(BLOCK);
    lengths.map(file).fold(2 * BLOCK, usize::saturating_add)
}

/// Ends it: two empty blocks.
pub(super) fn end(archive: &mut Vec<u8>) {
    archive.resize(archive.len() + 2 * BLOCK, 0);
}

/// The files, in order; else the byte from which on it is no such archive.
pub(super) fn read(archive: &[u8]) -> Result<Vec<(&str, &[u8])>, usize> {
    let mut files = Vec::new();
    let mut at = 0;
    loop {
        let block = archive.get(at..at + BLOCK).ok_or(at)?;
        if block[0] == 0 {
            let end = &archive[at..];
            let whole = end.len() == 2 * BLOCK && end.iter().all(|byte| *byte == 0);
            return if whole { Ok(files) } else { Err(at) };
        }
        let (path, length) = name_and_length(block).ok_or(at)?;
        if header(path, length) != *block {
            return Err(at);
        }
        let start = at + BLOCK;
        let end = start.checked_add(length).ok_or(at)?;
        let content = archive.get(start..end).ok_or(start)?;
        at = end.checked_next_multiple_of(BLOCK).ok_or(end)?;
        let padding = archive.get(end..at).ok_or(end)?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(end);
        }
        files.push((path, content));
    }
}

fn name_and_length(block: &[u8]) -> Option<(&str, usize)> {
    let name = block.get(..PATH_BYTES_MAX)?;
    let name = name.split(|byte| *byte == 0).next()?;
    // Reports quote it on a terminal.
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._/-".contains(byte);
    if !name.iter().all(plain) {
        return None;
    }
    let length = std::str::from_utf8(block.get(124..135)?).ok()?;
    Some((std::str::from_utf8(name).ok()?, usize::from_str_radix(length, 8).ok()?))
}

fn header(path: &str, length: usize) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, text: &str| {
        block[at..at + text.len()].copy_from_slice(text.as_bytes());
    };
    put(0, path.get(..path.len().min(PATH_BYTES_MAX)).unwrap_or_default());
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    put(124, &format!("{length:011o}"));
    put(136, "00000000000");
    put(CHECKSUM.start, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}
