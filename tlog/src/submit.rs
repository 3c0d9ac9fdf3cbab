//! Has witnesses cosign what the log signs (C2SP tlog-witness, the log's side).

use crate::limits::ADD_CHECKPOINT_BYTES;
use ledger::notary::{Cosigner, Prove, Signed};
use seal::note::NoteSignature;
use seal::witness::AddCheckpoint;
use seal::{Note, VerifierKey};
use std::io;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use ureq::Agent;

/// Where a witness is, and which key checks what it signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Its key.
    pub key: VerifierKey,
    /// What `add-checkpoint` comes after, without a slash at the end.
    pub url: String,
}

/// Why text names no witness.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a witness is written KEY=URL, with the key that `registre witness` prints")]
pub struct RemoteError;

impl FromStr for Remote {
    type Err = RemoteError;

    fn from_str(text: &str) -> Result<Self, RemoteError> {
        let (key, url) = text.split_once('=').ok_or(RemoteError)?;
        let key = key.parse().map_err(|_| RemoteError)?;
        let url = url.trim_end_matches('/').to_owned();
        let known = url.starts_with("http://") || url.starts_with("https://");
        if known { Ok(Self { key, url }) } else { Err(RemoteError) }
    }
}

/// A witness that is asked over HTTP.
#[derive(Debug)]
pub struct Witness {
    agent: Agent,
    remote: Remote,
    /// The size of the tree that it signed last.
    known: AtomicU64,
}

/// What a witness said.
enum Said {
    Lines(String),
    /// It knows a tree of this size.
    OtherSize(u64),
}

/// Witnesses to ask; one key is asked at one place.
#[must_use]
pub fn witnesses(all: &[Remote]) -> Vec<Arc<dyn Cosigner>> {
    let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
    let agent: Agent = config.build().into();
    let mut keys = Vec::with_capacity(all.len());
    let mut witnesses: Vec<Arc<dyn Cosigner>> = Vec::with_capacity(all.len());
    for remote in all {
        if !keys.contains(&&remote.key) {
            keys.push(&remote.key);
            let (agent, remote, known) = (agent.clone(), remote.clone(), AtomicU64::new(0));
            witnesses.push(Arc::new(Witness { agent, remote, known }));
        }
    }
    witnesses
}

impl Witness {
    fn post(&self, request: &AddCheckpoint, within: Duration) -> io::Result<Said> {
        let post = self.agent.post(format!("{}/add-checkpoint", self.remote.url));
        let post = post.config().timeout_global(Some(within)).build();
        let answer = post.send(request.to_string());
        let mut answer = answer.map_err(io::Error::other)?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(ADD_CHECKPOINT_BYTES as u64);
        let body = body.read_to_string().map_err(io::Error::other)?;
        match (status, body.trim_end().parse()) {
            (200, _) => Ok(Said::Lines(body)),
            (409, Ok(size)) => Ok(Said::OtherSize(size)),
            _ => {
                Err(io::Error::other(format!("the witness answered {status}: {}", body.trim_end())))
            }
        }
    }
}

impl Cosigner for Witness {
    fn key(&self) -> &VerifierKey {
        &self.remote.key
    }

    fn cosign(&self, signed: &Signed, prove: Prove<'_>, within: Duration) -> io::Result<String> {
        let (key, size) = (&self.remote.key, signed.checkpoint.size);
        let begin = Instant::now();
        for _ in 0..2 {
            let old = self.known.load(Ordering::Acquire).min(size);
            let proof = prove(old).map_err(io::Error::other)?;
            let checkpoint = signed.text.to_string();
            let request = AddCheckpoint { old, proof, checkpoint };
            let left = within.checked_sub(begin.elapsed()).filter(|left| !left.is_zero());
            match self.post(&request, left.ok_or(io::ErrorKind::TimedOut)?)? {
                Said::OtherSize(found) if found > size => {
                    // It signed a tree of this log that this server does not have.
                    tracing::error!(
                        witness = key.name(),
                        size,
                        found,
                        "ALARM: a witness knows a larger tree of this log than the log has"
                    );
                    return Err(io::Error::other("the witness knows a larger tree"));
                }
                Said::OtherSize(found) => self.known.store(found, Ordering::Release),
                Said::Lines(lines) => {
                    let note = Note::parse(format!("{}{lines}", signed.text).as_bytes());
                    let note = note.map_err(io::Error::other)?;
                    note.verify(key).map_err(io::Error::other)?;
                    self.known.store(size, Ordering::Release);
                    // Its own line and no other's.
                    let is_own = |line: &&NoteSignature| {
                        (line.name.as_str(), line.id) == (key.name(), key.id())
                    };
                    let own = note.signatures.iter().find(is_own);
                    return Ok(own.map(ToString::to_string).unwrap_or_default());
                }
            }
        }
        Err(io::Error::other("the witness knows another size each time"))
    }
}
