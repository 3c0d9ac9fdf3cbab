//! What a witness keeps of what a log signed and what does not go with what was signed here of it.
//!
//! Another tree of a size that was signed here: the log's own words, whoever sends them. The first few are kept: each
//! alone says all, and a log that signs ever more of them fills no disk. A tree that a proof did not show to follow:
//! anybody may send a wrong proof of a right tree. The first ones are kept, and in a ring the newest, so that whoever
//! sends such does not keep a later one from being kept.

use crate::limits::{DOUBTS_FIRST, DOUBTS_MAX, OTHER_ROOTS_MAX};
use ledger::disk::{Disk, SystemDisk};
use seal::witness::{AddCheckpoint, Refusal};
use seal::{Note, hex, leaf_hash};
use std::io;
use std::path::{Path, PathBuf};

/// How the extensions begin of files with another tree of one size.
const OTHER_ROOT: &str = "refused-root-";
/// How the extensions begin of files with a tree that was not shown to follow; a number follows, by which they came.
const DOUBT: &str = "refused-proof-";

/// Keeps what was refused of a log beside what was signed of it, which is in `file`, and says so. `write` makes a
/// file durable.
pub(crate) fn keep(
    (log, file): (&str, &Path),
    request: &AddCheckpoint,
    refusal: &Refusal,
    write: impl Fn(&Path, &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    // One file for each text that the log signed, whoever sends it and how often.
    let signed = Note::parse(request.checkpoint.as_bytes()).map(|note| note.text);
    let digest = hex(&leaf_hash(signed.unwrap_or_default().as_bytes())[..8]);
    let both = || {
        // What was signed here is replaced by the next tree.
        let known = std::fs::read_to_string(file).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => Ok(String::new()),
            _ => Err(error),
        })?;
        Ok::<_, io::Error>(format!("signed here:\n\n{known}\nrefused:\n\n{request}").into_bytes())
    };
    if matches!(refusal, Refusal::OtherRoot { .. }) {
        let path = file.with_extension(format!("{OTHER_ROOT}{digest}"));
        let (kept, evidence) = (kept(file, OTHER_ROOT)?, path.display());
        let is_kept = kept.contains(&path);
        if !is_kept && kept.len() >= OTHER_ROOTS_MAX {
            let kept = kept.len();
            tracing::error!(log, %refusal, kept, "ALARM: a log signed two trees of one size; so many were kept, and more came");
            return Ok(());
        }
        tracing::error!(log, %refusal, %evidence, "ALARM: a log signed two trees of one size");
        return if is_kept { Ok(()) } else { write(&path, &both()?) };
    }
    let mut kept = kept(file, DOUBT)?;
    kept.sort_by_key(|path| number(path));
    let is_same = |path: &&PathBuf| path.to_string_lossy().ends_with(&format!("-{digest}"));
    let path = kept.iter().find(is_same).cloned().unwrap_or_else(|| {
        let next = kept.last().map_or(0, |newest| number(newest).saturating_add(1));
        file.with_extension(format!("{DOUBT}{next:010}-{digest}"))
    });
    let evidence = path.display();
    // A log that cannot send a right proof is caught by its silence.
    tracing::warn!(log, %refusal, %evidence, "a log was not shown to have only grown");
    if kept.contains(&path) {
        return Ok(());
    }
    write(&path, &both()?)?;
    // The new one is there before an older one goes.
    let too_many = (kept.len() + 1).saturating_sub(DOUBTS_MAX);
    kept.iter().skip(DOUBTS_FIRST).take(too_many).try_for_each(|path| SystemDisk.remove(path))
}

/// What is kept of one kind beside a file.
fn kept(file: &Path, kind: &str) -> io::Result<Vec<PathBuf>> {
    let folder = file.parent().unwrap_or_else(|| Path::new("."));
    let mut kept = SystemDisk.list(folder)?;
    kept.retain(|path| {
        path.file_stem() == file.file_stem()
            && extension(path).is_some_and(|end| end.starts_with(kind))
    });
    Ok(kept)
}

/// By which number a doubt came.
fn number(path: &Path) -> u64 {
    let read = || extension(path)?.strip_prefix(DOUBT)?.split_once('-')?.0.parse().ok();
    read().unwrap_or_default()
}

fn extension(path: &Path) -> Option<&str> {
    path.extension()?.to_str()
}
