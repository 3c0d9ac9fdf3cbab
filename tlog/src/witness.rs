//! A witness: signs the checkpoints of logs that it watches, as long as they only grow (C2SP tlog-witness).
//!
//! Its folder has `key`, and for each log the newest checkpoint that it signed. Another tree of that size is kept too,
//! with the log's own signature on it: that is the proof that the log has two histories. So is a larger one that was
//! not shown to follow, which proves nothing by itself: `evidence` says how many of each.

use crate::door;
use crate::evidence;
use crate::limits::ADD_CHECKPOINT_BYTES;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use ledger::disk::{Disk, SystemDisk};
use seal::cosignature::cosign;
use seal::note::{NoteSignature, SIGNATURES_MAX};
use seal::witness::{AddCheckpoint, Refusal};
use seal::{Checkpoint, KeyError, Kind, Note, SignerKey, VerifierKey, hex, leaf_hash};
use std::collections::{BTreeMap, HashMap};
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The clock of cosignatures: seconds since 1970.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Why a witness does not start.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The file system failed.
    #[error("{} failed: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// How.
        source: io::Error,
    },
    /// Another process has its folder.
    #[error("another process has {} open", .0.display())]
    Locked(PathBuf),
    /// Its key cannot be read.
    #[error("{}: {error}", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: KeyError,
    },
    /// A key that signs something else: its own is a log's, or that of a log is a witness's.
    #[error(
        "{0} is of the wrong kind: witnesses sign with keys of kind 04, logs with keys of kind 01"
    )]
    Kind(String),
    /// What it signed of a log cannot be read: it must not begin anew.
    #[error("{} is damaged: put a copy back; the log would be trusted anew", .0.display())]
    Damaged(PathBuf),
}

/// A witness.
pub struct Witness {
    folder: PathBuf,
    key: SignerKey,
    logs: HashMap<String, Watched>,
    clock: Clock,
    _lock: File,
}

/// A log that is watched.
struct Watched {
    /// Of one name, one at least: more while it changes its key.
    keys: Vec<VerifierKey>,
    file: PathBuf,
    /// The newest checkpoint that was signed. One request of a log at a time is judged and written down.
    newest: Mutex<Option<Checkpoint>>,
}

impl std::fmt::Debug for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Witness").field("key", self.key.public()).finish_non_exhaustive()
    }
}

impl Witness {
    /// Opens the folder of a witness, which has its key, to watch some logs. Several keys of one name are of one log.
    ///
    /// # Errors
    /// See [`WitnessError`].
    pub fn open(folder: &Path, logs: &[VerifierKey], clock: Clock) -> Result<Self, WitnessError> {
        let failed = |path: &Path, source| WitnessError::Io { path: path.to_owned(), source };
        SystemDisk.create_folder(folder).map_err(|error| failed(folder, error))?;
        let path = folder.join("LOCK");
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(|error| failed(&path, error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(WitnessError::Locked(folder.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed(&path, error)),
        }
        let path = folder.join("key");
        let key = std::fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
        let key: SignerKey =
            key.trim_end().parse().map_err(|error| WitnessError::Key { path, error })?;
        let is_other = |(key, kind): &(&VerifierKey, Kind)| key.kind() != *kind;
        let kinds = logs.iter().map(|log| (log, Kind::Ed25519));
        if let Some((other, _)) = kinds.chain([(key.public(), Kind::Cosignature)]).find(is_other) {
            return Err(WitnessError::Kind(other.to_string()));
        }
        let mut keys: BTreeMap<&str, Vec<VerifierKey>> = BTreeMap::new();
        for log in logs {
            keys.entry(log.name()).or_default().push(log.clone());
        }
        let mut watched = HashMap::new();
        for (name, keys) in keys {
            // Names of logs may hold what no file name does.
            let file =
                folder.join(format!("{}.checkpoint", hex(&leaf_hash(name.as_bytes())[..16])));
            let newest = Mutex::new(newest(&file, &keys, key.public())?);
            watched.insert(name.to_owned(), Watched { keys, file, newest });
        }
        Ok(Self { folder: folder.to_owned(), key, logs: watched, clock, _lock: lock })
    }

    /// The key that checks its cosignatures.
    #[must_use]
    pub const fn key(&self) -> &VerifierKey {
        self.key.public()
    }

    /// Judges a request, and gives the line of the cosignature, which is durable before anybody sees it.
    ///
    /// # Errors
    /// The outer one when nothing could be written down; the inner one when it does not sign.
    pub fn add_checkpoint(&self, body: &[u8]) -> io::Result<Result<String, Refusal>> {
        let judged = AddCheckpoint::parse(body).and_then(|request| {
            let origin = request.origin()?;
            let watched = self.logs.get(&origin).ok_or(Refusal::UnknownLog(origin))?;
            Ok((request, watched))
        });
        let (request, watched) = match judged {
            Ok(judged) => judged,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut newest = watched.newest.lock().unwrap_or_else(PoisonError::into_inner);
        match request.judge(&watched.keys, newest.as_ref()) {
            Ok((checkpoint, mut note)) => {
                note.signatures = lines_of(&watched.keys, &note);
                cosign(&mut note, &self.key, (self.clock)());
                // Asked again about the same tree, by whomever and how often, it has nothing to write.
                if newest.as_ref() != Some(&checkpoint) {
                    self.write(&watched.file, note.to_string().as_bytes())?;
                    *newest = Some(checkpoint);
                }
                Ok(Ok(note.signatures.last().map(ToString::to_string).unwrap_or_default()))
            }
            Err(refusal) => {
                if refusal.is_alarm() {
                    let name = watched.keys.first().map(VerifierKey::name).unwrap_or_default();
                    let log = (name, watched.file.as_path());
                    let write = |path: &Path, bytes: &[u8]| self.write(path, bytes);
                    evidence::keep(log, &request, &refusal, write)?;
                }
                Ok(Err(refusal))
            }
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let draft = path.with_extension("draft");
        let file = SystemDisk.create(&draft)?;
        file.write_all_at(bytes, 0)?;
        file.sync_all()?;
        SystemDisk.rename(&draft, path)?;
        SystemDisk.sync_folder(&self.folder)
    }
}

/// The lines of a note that are of a log's keys, one of each. It was judged, so they are right. What else was sent,
/// under the log's name or any other, is not kept: the note must leave room for the witness's own line.
fn lines_of(keys: &[VerifierKey], note: &Note) -> Vec<NoteSignature> {
    let mut lines: Vec<NoteSignature> = Vec::new();
    for line in &note.signatures {
        let is_of_log = keys.iter().any(|key| (key.name(), key.id()) == (&line.name, line.id));
        let is_first = lines.iter().all(|kept| kept.id != line.id);
        if is_of_log && is_first && lines.len() < SIGNATURES_MAX - 1 {
            lines.push(line.clone());
        }
    }
    lines
}

/// What was signed of a log: believed by the witness's own signature, since the log may have changed its key; by the
/// log's in the file of an older version.
fn newest(
    file: &Path,
    log: &[VerifierKey],
    own: &VerifierKey,
) -> Result<Option<Checkpoint>, WitnessError> {
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(WitnessError::Io { path: file.to_owned(), source }),
    };
    let read = || {
        let note = Note::parse(&bytes).ok()?;
        let checkpoint = Checkpoint::parse(&note.text).ok()?;
        let of_log = log.iter().any(|key| key.name() == checkpoint.origin);
        let signed = note.verify(own).is_ok() || note.verify_any(&checkpoint.origin, log).is_ok();
        (of_log && signed).then_some(checkpoint)
    };
    read().map(Some).ok_or_else(|| WitnessError::Damaged(file.to_owned()))
}

/// `POST /add-checkpoint`.
pub fn router(witness: Arc<Witness>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .layer(DefaultBodyLimit::max(ADD_CHECKPOINT_BYTES))
        .with_state(witness)
}

async fn add_checkpoint(State(witness): State<Arc<Witness>>, request: Request) -> Response {
    let body = match door::body(request).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    let judged = tokio::task::spawn_blocking(move || witness.add_checkpoint(&body)).await;
    match judged {
        Ok(Ok(Ok(lines))) => lines.into_response(),
        Ok(Ok(Err(refusal))) => {
            let status = StatusCode::from_u16(refusal.status());
            let status = status.unwrap_or(StatusCode::BAD_REQUEST);
            match refusal {
                Refusal::OtherSize { size } => {
                    let head = [(CONTENT_TYPE, "text/x.tlog.size")];
                    (status, head, format!("{size}\n")).into_response()
                }
                other => (status, format!("{other}\n")).into_response(),
            }
        }
        Ok(Err(error)) => {
            tracing::error!(%error, "a checkpoint could not be written down: it is not signed");
            (StatusCode::INTERNAL_SERVER_ERROR, "nothing could be written down\n").into_response()
        }
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "try again later\n").into_response(),
    }
}
