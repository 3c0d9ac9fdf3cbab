//! The provider outside: a trust service that says, by messages that it signs, what became of a signature.
//!
//! Messages are those of Standard Webhooks with its asymmetric scheme: `webhook-id`, `webhook-timestamp` and
//! `webhook-signature: v1a,BASE64`, Ed25519 over `id.timestamp.body`. Evidence is the message as it came, with the one
//! signature that is right: three lines, an empty one, the body. So who has the provider's public key checks it, and the
//! ledger keeps no secret of anybody. What a message says is in `notice`; it names accounts and nobody, and so its
//! evidence is open: everybody who sees the contract's history can check it.
//!
//! Source: Standard Webhooks 1.0, "Webhook metadata" and "Signature scheme".

mod notice;

pub use notice::{Notice, What, account_identity};

use super::{Asked, SignatureError, SignatureProvider};
use base64ct::{Base64, Encoding};
use domain::contract::signing::{Evidence, Level};
use domain::ids::Instant;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256 as Hasher};
use std::time::Duration;

/// How far the time of a message may be from the clock (Standard Webhooks leaves it to who receives).
pub const TIMESTAMP_TOLERANCE: Duration = Duration::from_secs(5 * 60);
/// Bytes of the id of a message.
pub const MESSAGE_ID_BYTES_MAX: usize = 128;
/// Signatures in one header: those of keys that are being replaced.
pub const SIGNATURES_MAX: usize = 8;

/// How errors name it.
const NAME: &str = "an external provider";
/// What each line of evidence, and each header, is called.
pub const HEADERS: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];
/// What a signature of the asymmetric scheme begins with.
const SCHEME: &str = "v1a,";

/// A message as it comes.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// Of which message: the same in a retry.
    pub id: &'a str,
    /// When this attempt was sent, in seconds of Unix.
    pub timestamp: &'a str,
    /// Signatures, with a space between them.
    pub signatures: &'a str,
    /// What it says.
    pub body: &'a [u8],
}

/// Why a message is not taken for the provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    /// A header of another form.
    #[error("{0} is not of the form that Standard Webhooks says")]
    Header(&'static str),
    /// Its time is too far from the clock.
    #[error("webhook-timestamp is more than {} minutes from now", TIMESTAMP_TOLERANCE.as_secs() / 60)]
    Time,
    /// No signature of it is the provider's.
    #[error("no signature of it is right")]
    Signature,
}

/// A provider whose public keys are registered: one, or two while it changes its key.
#[derive(Debug, Clone)]
pub struct External {
    name: String,
    keys: Vec<VerifyingKey>,
    level: Level,
}

impl External {
    /// The provider of a name, by its public keys; `level` is what its signatures are worth, by whichever.
    ///
    /// # Errors
    /// [`SignatureError::Form`] when there is no key, or the bytes of one are none, or one for which anybody can sign.
    pub fn new(name: &str, keys: &[[u8; 32]], level: Level) -> Result<Self, SignatureError> {
        let wrong = |what: &str| SignatureError::Form(NAME, what.to_owned());
        if keys.is_empty() {
            return Err(wrong("it has no key"));
        }
        let key = |bytes| VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak());
        let keys: Option<Vec<VerifyingKey>> = keys.iter().map(key).collect();
        let keys = keys.ok_or_else(|| wrong("its key is no Ed25519 key"))?;
        Ok(Self { name: name.to_owned(), keys, level })
    }

    /// The evidence in a message that came at an instant, when it is this provider's and of now. Nothing in it was read
    /// before its signature was found right.
    ///
    /// # Errors
    /// See [`Unsigned`].
    pub fn evidence(&self, delivery: &Delivery<'_>, now: Instant) -> Result<Vec<u8>, Unsigned> {
        let Delivery { id, timestamp, signatures, body } = *delivery;
        if !is_id(id) {
            return Err(Unsigned::Header(HEADERS[0]));
        }
        let sent = seconds(timestamp).ok_or(Unsigned::Header(HEADERS[1]))?;
        let apart = now.0.div_euclid(1_000_000).abs_diff(sent);
        if apart > TIMESTAMP_TOLERANCE.as_secs() {
            return Err(Unsigned::Time);
        }
        let mut signatures = signatures.split(' ').take(SIGNATURES_MAX);
        let right = signatures.find(|signature| self.has_signed(id, timestamp, signature, body));
        let signature = right.ok_or(Unsigned::Signature)?;
        let [of_id, of_time, of_signature] = HEADERS;
        let head =
            format!("{of_id}: {id}\n{of_time}: {timestamp}\n{of_signature}: {signature}\n\n");
        Ok([head.as_bytes(), body].concat())
    }

    /// Whether a signature, as its header writes it, is this provider's, by one of its keys. Base64 is read in one way only, and of Ed25519
    /// what another verifier could judge otherwise is refused: the same signature cannot come as other evidence.
    fn has_signed(&self, id: &str, timestamp: &str, signature: &str, body: &[u8]) -> bool {
        let mut bytes = [0; 64];
        let read = signature.strip_prefix(SCHEME).map(|text| Base64::decode(text, &mut bytes));
        if !matches!(read, Some(Ok(read)) if read.len() == 64) {
            return false;
        }
        let said = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
        let signature = Signature::from_bytes(&bytes);
        self.keys.iter().any(|key| key.verify_strict(&said, &signature).is_ok())
    }
}

/// A point would be one between id and time too.
fn is_id(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=MESSAGE_ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(fits)
}

/// Seconds of Unix, written in the one way that there is.
fn seconds(text: &str) -> Option<i64> {
    let seconds: i64 = text.parse().ok()?;
    (seconds >= 0 && seconds.to_string() == text).then_some(seconds)
}

/// Evidence, taken apart.
fn read(evidence: &[u8]) -> Option<Delivery<'_>> {
    let end = evidence.windows(2).position(|two| two == b"\n\n")?;
    let (head, body) = (std::str::from_utf8(&evidence[..end]).ok()?, &evidence[end + 2..]);
    let mut lines = head.split('\n');
    let mut value = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(": ");
    let [of_id, of_time, of_signature] = HEADERS;
    let delivery = Delivery {
        id: value(of_id)?,
        timestamp: value(of_time)?,
        signatures: value(of_signature)?,
        body,
    };
    lines.next().is_none().then_some(delivery)
}

impl SignatureProvider for External {
    fn name(&self) -> &str {
        &self.name
    }

    fn says_who(&self) -> bool {
        false
    }

    /// Whoever hands it on, and however late: it was sent for one request of one contract. But not before it was sent.
    fn examine(
        &self,
        asked: &Asked,
        evidence: &[u8],
        at: Instant,
    ) -> Result<Evidence, SignatureError> {
        let form = |what: &str| SignatureError::Form(NAME, what.to_owned());
        let head = "it is three lines of headers, an empty line and a body";
        let delivery = read(evidence).ok_or_else(|| form(head))?;
        let sent = seconds(delivery.timestamp).filter(|_| is_id(delivery.id));
        let sent = sent.ok_or_else(|| form(head))?;
        if !self.has_signed(delivery.id, delivery.timestamp, delivery.signatures, delivery.body) {
            return Err(SignatureError::Wrong);
        }
        let tolerance = TIMESTAMP_TOLERANCE.as_secs();
        if sent.saturating_sub_unsigned(tolerance) > at.0.div_euclid(1_000_000) {
            return Err(form("it is of a time to come"));
        }
        let notice = Notice::parse(delivery.body)?;
        if notice.what != What::Completed {
            return Err(form("it says that a signature was refused"));
        }
        notice.must_be_of(asked)?;
        Ok(Evidence {
            provider: self.name.clone(),
            identity: notice.identity(),
            document: asked.document,
            digest: Hasher::digest(evidence).into(),
            level: self.level,
        })
    }
}

#[cfg(test)]
mod tests;
