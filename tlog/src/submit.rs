//! Has witnesses cosign what the log signs (C2SP tlog-witness, the log's side).

use crate::limits::{ADD_CHECKPOINT_BYTES, SUBMIT_TIMEOUT};
use ledger::notary::{Cosigner, Prove, Signed};
use seal::witness::AddCheckpoint;
use seal::{Note, VerifierKey};
use std::io;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
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

/// Asks witnesses, one after the other.
#[derive(Debug)]
pub struct Witnesses {
    agent: Agent,
    /// With the size of the tree that each signed last.
    all: Vec<(Remote, AtomicU64)>,
}

/// What a witness said.
enum Said {
    Lines(String),
    /// It knows a tree of this size.
    OtherSize(u64),
}

impl Witnesses {
    /// Asks these; one key is asked at one place.
    #[must_use]
    pub fn new(all: Vec<Remote>) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(SUBMIT_TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0);
        let mut known: Vec<(Remote, AtomicU64)> = Vec::with_capacity(all.len());
        for remote in all {
            if known.iter().all(|(other, _)| other.key != remote.key) {
                known.push((remote, AtomicU64::new(0)));
            }
        }
        Self { agent: config.build().into(), all: known }
    }

    /// The cosignature of one, checked.
    fn ask(
        &self,
        (remote, known): &(Remote, AtomicU64),
        signed: &Signed,
        prove: Prove<'_>,
    ) -> io::Result<String> {
        let size = signed.checkpoint.size;
        for _ in 0..2 {
            let old = known.load(Ordering::Acquire).min(size);
            let proof = prove(old).map_err(io::Error::other)?;
            let checkpoint = signed.text.to_string();
            let request = AddCheckpoint { old, proof, checkpoint };
            match self.post(&remote.url, &request)? {
                Said::OtherSize(found) if found > size => {
                    // It signed a tree of this log that this server does not have.
                    tracing::error!(
                        witness = remote.key.name(),
                        size,
                        found,
                        "ALARM: a witness knows a larger tree of this log than the log has"
                    );
                    return Err(io::Error::other("the witness knows a larger tree"));
                }
                Said::OtherSize(found) => known.store(found, Ordering::Release),
                Said::Lines(lines) => {
                    let note = Note::parse(format!("{}{lines}", signed.text).as_bytes());
                    let note = note.map_err(io::Error::other)?;
                    note.verify(&remote.key).map_err(io::Error::other)?;
                    known.store(size, Ordering::Release);
                    // Its own line and no other's.
                    let (name, id) = (remote.key.name(), remote.key.id());
                    let own =
                        note.signatures.iter().find(|line| line.name == name && line.id == id);
                    return Ok(own.map(ToString::to_string).unwrap_or_default());
                }
            }
        }
        Err(io::Error::other("the witness knows another size each time"))
    }

    fn post(&self, url: &str, request: &AddCheckpoint) -> io::Result<Said> {
        let answer = self.agent.post(format!("{url}/add-checkpoint")).send(request.to_string());
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

impl Cosigner for Witnesses {
    fn cosign(&self, signed: &Signed, prove: Prove<'_>) -> Vec<String> {
        let asked = self.all.iter().filter_map(|one| match self.ask(one, signed, prove) {
            Ok(lines) => Some(lines),
            Err(error) => {
                tracing::warn!(witness = one.0.key.name(), %error, "a witness did not sign");
                None
            }
        });
        asked.collect()
    }
}
