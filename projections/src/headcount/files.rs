//! Files of the view: each written whole, synced, then renamed into place.

use super::error::{HeadcountError, Result};
use super::quarter::Quarter;
use super::tile::{Tile, TileBytes};
use fs_err as fs;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// Extension of a quarter's file.
pub(super) const TILE: &str = "tile";
/// Extension of the file of rows after the last merge.
const DELTA: &str = "delta";

/// Writes a file under the name that its content gives it, and returns that
/// name: `<stem>-<16 hex digits of SHA-256>.<extension>`. The folder is synced
/// by [`sync_folder`], once for several files.
pub(super) fn write_named(
    dir: &Path,
    stem: &str,
    extension: &str,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> std::io::Result<String> {
    let temporary = dir.join(format!("{stem}.{extension}.tmp"));
    or_give_back(&temporary, || {
        let mut out =
            Hashed { file: BufWriter::new(fs::File::create(&temporary)?), hash: Sha256::new() };
        write(&mut out)?;
        out.file.flush()?;
        out.file.get_ref().sync_all()?;
        let digest = out.hash.finalize();
        let hash: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let name = format!("{stem}-{hash}.{extension}");
        fs::rename(&temporary, dir.join(&name))?;
        Ok(name)
    })
}

/// Writes a file; when that fails, as on a full disk, removes what was written of it.
fn or_give_back<T>(
    temporary: &Path,
    write: impl FnOnce() -> std::io::Result<T>,
) -> std::io::Result<T> {
    let written = write();
    if written.is_err() {
        let _ = fs::remove_file(temporary);
    }
    written
}

/// A file whose content is hashed as it is written.
struct Hashed {
    file: BufWriter<fs::File>,
    hash: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Writes a file so that it is there whole or not at all. The folder is synced
/// by [`sync_folder`], once for several files.
pub(super) fn write_in_place(dir: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = dir.join(format!("{name}.tmp"));
    or_give_back(&temporary, || {
        let mut file = fs::File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, dir.join(name))
    })
}

/// Makes renames durable.
pub(super) fn sync_folder(dir: &Path) -> Result<()> {
    Ok(fs::File::open(dir)?.sync_all()?)
}

/// Opens one tile file.
pub(super) fn open_tile(dir: &Path, name: &str) -> Result<Arc<Tile>> {
    let path = dir.join(name);
    let (file, _) = fs::File::open(&path)?.into_parts();
    Ok(Arc::new(Tile::open(TileBytes::File(file), &path)?))
}

/// Writes the delta: for each quarter the length of its tile u64, then the tile.
pub(super) fn write_delta(
    dir: &Path,
    images: &BTreeMap<Quarter, Vec<u8>>,
) -> std::io::Result<String> {
    write_named(dir, "rows", DELTA, |out| {
        for image in images.values() {
            out.write_all(&(image.len() as u64).to_le_bytes())?;
            out.write_all(image)?;
        }
        Ok(())
    })
}

/// The tiles of a delta file.
pub(super) fn read_delta(dir: &Path, name: &str) -> Result<BTreeMap<Quarter, Vec<u8>>> {
    let path = dir.join(name);
    let bytes = fs::read(&path)?;
    let mut images = BTreeMap::new();
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        let part = rest.split_first_chunk::<8>().and_then(|(length, after)| {
            after.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)
        });
        let Some((image, after)) = part else {
            return Err(HeadcountError::Damaged { file: path, what: "it ends too soon" });
        };
        let tile = Tile::open(TileBytes::Memory(image.to_vec()), &path)?;
        images.insert(tile.quarter, image.to_vec());
        rest = after;
    }
    Ok(images)
}

/// Removes the files of the view that a manifest does not name: what a process
/// that died, or a merge, left behind.
pub(super) fn sweep(dir: &Path, named: &dyn Fn(&str) -> bool) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        if matches!(extension, TILE | DELTA | "tmp") && !named(name) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}
