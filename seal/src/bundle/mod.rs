//! The history of a contract or of an enrolment in one file, which anybody checks with no network and no
//! database. `docs/formats/bundle.md` has its layout.
//!
//! | module | holds |
//! |---|---|
//! | `archive` | the container |
//! | `statement` | what the log signs of it |
//! | [`mod@verify`] | its checks |
//! | `finding` | what may be wrong |

mod archive;
mod finding;
mod statement;
pub mod verify;

pub use finding::Finding;
pub use statement::StreamHead;
pub use verify::{Event, Report, Stream, verify};

pub(crate) use verify::believed;

use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::key::SignerKey;
use crate::note::Note;
use crate::tlog_proof::TlogProof;
use sha2::{Digest, Sha256};
use statement::{FileLine, Statement};
use std::borrow::Cow;

/// The largest bundle that is made and read, in bytes.
pub const BUNDLE_BYTES_MAX: usize = 256 * 1024 * 1024;

pub(super) const READ_ME: &str = "LISEZMOI.txt";
pub(super) const STATEMENT: &str = "attestation";
pub(super) const CHECKPOINT: &str = "checkpoint";
const READ_ME_TEXT: &str = include_str!("LISEZMOI.txt");

/// What goes into a bundle.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The resource that was asked for, as `contracts/…`; one line.
    pub about: String,
    /// When it is made, as in RFC 3339.
    pub time: String,
    /// Which software makes it; one line.
    pub software: String,
    /// Name of the log.
    pub log: String,
    /// Leaves of the tree of the checkpoint.
    pub size: u64,
    /// The signed checkpoint.
    pub checkpoint: String,
    /// Each from its first event to its last one in that tree.
    pub streams: Vec<DraftStream>,
}

/// One stream of a bundle.
#[derive(Debug, Clone)]
pub struct DraftStream {
    /// As far as it went.
    pub head: StreamHead,
    /// From version 1.
    pub events: Vec<DraftEvent>,
}

/// One event of a bundle.
#[derive(Debug, Clone)]
pub struct DraftEvent {
    /// Index of its leaf.
    pub index: u64,
    /// From the leaf up.
    pub proof: Vec<Hash>,
    /// The bytes that the leaf hashes.
    pub header: Vec<u8>,
    /// The public body.
    pub body: Vec<u8>,
    /// What was opened of it, as JSON, if the reader may see it.
    pub clear: Option<String>,
}

/// A history that fits in no bundle that anybody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the history is larger than a bundle may be: {BUNDLE_BYTES_MAX} bytes")]
pub struct TooLarge;

/// The bytes of a bundle, signed with the key of the log.
///
/// # Errors
/// When they would be more than [`BUNDLE_BYTES_MAX`].
pub fn write(draft: &Draft, key: &SignerKey) -> Result<Vec<u8>, TooLarge> {
    let mut files: Vec<(String, Cow<'_, [u8]>)> = vec![
        (READ_ME.to_owned(), READ_ME_TEXT.as_bytes().into()),
        (CHECKPOINT.to_owned(), draft.checkpoint.as_bytes().into()),
    ];
    for DraftStream { head, events } in &draft.streams {
        for (version, event) in (1_u64..).zip(events) {
            let (index, hashes) = (event.index, event.proof.clone());
            let checkpoint = draft.checkpoint.clone();
            let proof = TlogProof { extra: None, index, hashes, checkpoint };
            let mut add =
                |what, content| files.push((path(&head.folder(), version, what), content));
            add("header", event.header.as_slice().into());
            add("body", event.body.as_slice().into());
            add("proof", proof.to_string().into_bytes().into());
            if let Some(clear) = &event.clear {
                add("json", clear.as_bytes().into());
            }
        }
    }
    must_fit(&files)?;
    let lines = files.iter().map(|(path, content)| FileLine {
        digest: Sha256::digest(content).into(),
        bytes: content.len() as u64,
        path: path.clone(),
    });
    let statement = Statement {
        log: draft.log.clone(),
        size: draft.size,
        time: draft.time.clone(),
        software: draft.software.clone(),
        about: draft.about.clone(),
        streams: draft.streams.iter().map(|stream| stream.head.clone()).collect(),
        files: lines.collect(),
    };
    let mut note = Note::new(statement.to_string());
    note.sign(key);
    files.insert(1, (STATEMENT.to_owned(), note.to_string().into_bytes().into()));
    let mut archive = Vec::with_capacity(must_fit(&files)?);
    files.iter().for_each(|(path, content)| archive::add(&mut archive, path, content));
    archive::end(&mut archive);
    Ok(archive)
}

/// The bytes of an archive of some files.
fn must_fit(files: &[(String, Cow<'_, [u8]>)]) -> Result<usize, TooLarge> {
    let bytes = archive::bytes_of(files.iter().map(|(_, content)| content.len()));
    if bytes > BUNDLE_BYTES_MAX { Err(TooLarge) } else { Ok(bytes) }
}

/// The checkpoint in a bundle, in a proof file, or alone in a file, and the note of it; nothing of it is believed yet.
#[must_use]
pub fn checkpoint_in(bytes: &[u8]) -> Option<(Checkpoint, Note)> {
    let of_note = |bytes: &[u8]| {
        let note = Note::parse(bytes).ok()?;
        Some((Checkpoint::parse(&note.text).ok()?, note))
    };
    let of_proof = || of_note(TlogProof::parse(bytes).ok()?.checkpoint.as_bytes());
    let of_bundle = || {
        let files = archive::read(bytes).ok()?;
        files.into_iter().find(|(path, _)| *path == CHECKPOINT).and_then(|(_, file)| of_note(file))
    };
    of_proof().or_else(|| of_note(bytes)).or_else(of_bundle)
}

/// Where a file of an event is.
fn path(folder: &str, version: u64, what: &str) -> String {
    format!("{folder}/{version:08}.{what}")
}

#[cfg(test)]
mod tests;
