//! Has witnesses cosign what the log signs (C2SP tlog-witness, the log's side).

use crate::limits::ADD_CHECKPOINT_BYTES;
use ledger::notary::{Cosigner, Prove, Signed};
use seal::note::NoteSignature;
use seal::witness::AddCheckpoint;
use seal::{KeyError, Kind, Note, NoteError, VerifierKey};
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
pub enum RemoteError {
    /// Not of the form `KEY=URL`.
    #[error(
        "a witness is written KEY=URL: the key that `registre witness` prints, and an http:// or https:// address"
    )]
    Form,
    /// The key cannot be read.
    #[error("{0}: copy the key that `registre witness` prints, whole")]
    Key(KeyError),
    /// A key that signs something else: as a log's.
    #[error(
        "the key of {0} is no witness's: it is of kind {1:02x}, and witnesses sign with keys of kind 04; copy the key \
         that `registre witness` prints, not that of a log"
    )]
    Kind(String, u8),
}

impl FromStr for Remote {
    type Err = RemoteError;

    fn from_str(text: &str) -> Result<Self, RemoteError> {
        // A name may have this sign too.
        let at =
            text.find("=http://").or_else(|| text.find("=https://")).ok_or(RemoteError::Form)?;
        let (key, url) = (&text[..at], text[at + 1..].trim_end_matches('/').to_owned());
        let key: VerifierKey = key.parse().map_err(RemoteError::Key)?;
        match key.kind() {
            Kind::Cosignature => Ok(Self { key, url }),
            kind @ Kind::Ed25519 => Err(RemoteError::Kind(key.name().to_owned(), kind as u8)),
        }
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

/// How much of an answer that is no signature is told.
const SAID_CHARS: usize = 200;

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
                let said: String = body.trim_end().chars().take(SAID_CHARS).collect();
                Err(io::Error::other(format!("the witness answered {status}: {said}")))
            }
        }
    }

    fn ask(&self, signed: &Signed, prove: Prove<'_>, within: Duration) -> io::Result<String> {
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
                    let own = own_line(&signed.text, &lines, key)?;
                    self.known.store(size, Ordering::Release);
                    return Ok(own);
                }
            }
        }
        Err(io::Error::other("the witness knows another size each time"))
    }
}

impl Cosigner for Witness {
    fn key(&self) -> &VerifierKey {
        &self.remote.key
    }

    fn cosign(&self, signed: &Signed, prove: Prove<'_>, within: Duration) -> io::Result<String> {
        let asked = self.ask(signed, prove, within);
        asked.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", self.remote.url)))
    }
}

/// The signature line of a key among those that a witness answered, checked; no other's.
fn own_line(checkpoint: &str, lines: &str, key: &VerifierKey) -> io::Result<String> {
    let answered = Note::parse(format!("{checkpoint}{lines}").as_bytes());
    let note = answered.map_err(io::Error::other)?;
    note.verify(key).map_err(|error| match error {
        NoteError::Unsigned(_) => io::Error::other("the witness signs with another key"),
        error => io::Error::other(error),
    })?;
    let is_own = |line: &&NoteSignature| (line.name.as_str(), line.id) == (key.name(), key.id());
    Ok(note.signatures.iter().find(is_own).map(ToString::to_string).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:50080";

    fn key(name: &str, kind: Kind) -> String {
        let key = seal::SignerKey::new(name, kind, &[7; 32]).map(|key| key.public().to_string());
        key.unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn a_witness_is_named_by_a_key_of_its_kind_and_an_address() {
        let (right, named) = (key("temoin", Kind::Cosignature), key("a=b", Kind::Cosignature));
        for key in [&right, &named] {
            let remote: Remote =
                format!("{key}={URL}/").parse().unwrap_or_else(|_| panic!("{key}"));
            assert_eq!((remote.key.to_string(), remote.url.as_str()), (key.clone(), URL));
        }
        let refused = |text: String| text.parse::<Remote>().map_err(|error| error.to_string());
        for form in [right.clone(), format!("{right}=ftp://x"), format!("{right} {URL}")] {
            assert_eq!(refused(form), Err(RemoteError::Form.to_string()));
        }
        let log = refused(format!("{}={URL}", key("registre/1", Kind::Ed25519))).unwrap_err();
        assert!(log.contains("registre/1") && log.contains("kind 04"), "{log}");
        let cut = refused(format!("{}={URL}", &right[..right.len() - 4])).unwrap_err();
        assert!(cut.contains("registre witness"), "{cut}");
        let other = right.replace("temoin", "temoim");
        assert_eq!(
            refused(format!("{other}={URL}")),
            Err(RemoteError::Key(KeyError::Id).to_string())
        );
    }
}
