//! Signed notes (C2SP signed-note): text, an empty line, then a line for each signature.

use crate::cosignature;
use crate::key::{KeyId, Kind, SignerKey, VerifierKey, is_name};
use crate::text::{base64, from_base64};
use std::fmt;

/// The longest note that is read, in bytes.
pub const NOTE_BYTES_MAX: usize = 1_000_000;
/// The most signature lines that are read; the format asks for 16 at least.
pub const SIGNATURES_MAX: usize = 64;

const DASH: &str = "\u{2014} ";

/// A note, read and not believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The text that is signed, its last newline included.
    pub text: String,
    /// In the order of the lines.
    pub signatures: Vec<NoteSignature>,
}

/// A signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// Whose.
    pub name: String,
    /// Which key of that name.
    pub id: KeyId,
    /// What the key's kind makes of it.
    pub bytes: Vec<u8>,
}

/// Why bytes are no note, or one is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// More than [`NOTE_BYTES_MAX`].
    #[error("a note has at most {NOTE_BYTES_MAX} bytes")]
    TooLong,
    /// Not UTF-8, or with characters below U+0020 other than newlines.
    #[error("a note is text without control characters")]
    Text,
    /// No empty line before the signatures, or none of them.
    #[error("a note is text, an empty line, and signature lines")]
    Form,
    /// A line that is no signature line.
    #[error("line {0} after the text is no signature line")]
    Line(usize),
    /// More than [`SIGNATURES_MAX`].
    #[error("a note has at most {SIGNATURES_MAX} signatures")]
    Many,
    /// The signature of a key that is asked for is wrong.
    #[error("the signature of {0} is not right")]
    Signature(String),
    /// No signature of the key that is asked for.
    #[error("the signature of {0} is missing")]
    Unsigned(String),
}

impl Note {
    /// A note that nobody signed yet. The text ends with a newline.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self { text, signatures: Vec::new() }
    }

    /// Reads a note.
    ///
    /// # Errors
    /// See [`NoteError`]; signatures are not checked.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        Self::parse_up_to(bytes, NOTE_BYTES_MAX)
    }

    /// Reads a note of at most so many bytes.
    pub(crate) fn parse_up_to(bytes: &[u8], most: usize) -> Result<Self, NoteError> {
        if bytes.len() > most {
            return Err(NoteError::TooLong);
        }
        let all = std::str::from_utf8(bytes).map_err(|_| NoteError::Text)?;
        if all.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NoteError::Text);
        }
        // The last empty line: the text may have others.
        let at = all.rfind("\n\n").ok_or(NoteError::Form)?;
        let (text, lines) = (&all[..=at], &all[at + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Form)?;
        let mut signatures: Vec<NoteSignature> = Vec::new();
        for (rank, line) in lines.split('\n').enumerate() {
            if rank == SIGNATURES_MAX {
                return Err(NoteError::Many);
            }
            signatures.push(NoteSignature::parse(line).ok_or(NoteError::Line(rank + 1))?);
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// Adds a signature of an [`Kind::Ed25519`] key over the text.
    pub fn sign(&mut self, key: &SignerKey) {
        let bytes = key.sign(self.text.as_bytes()).to_vec();
        self.add(key.public(), bytes);
    }

    /// Adds the signature of a key, in place of an older one.
    pub(crate) fn add(&mut self, key: &VerifierKey, bytes: Vec<u8>) {
        self.signatures.retain(|other| !key.is(&other.name, other.id));
        let name = key.name().to_owned();
        self.signatures.push(NoteSignature { name, id: key.id(), bytes });
    }

    /// Checks that a key signed the text, wherever it says so; gives the time of its first cosignature, in seconds
    /// since 1970. Lines of other keys are passed over.
    ///
    /// # Errors
    /// When it did not sign, or a signature of it is wrong.
    pub fn verify(&self, key: &VerifierKey) -> Result<Option<u64>, NoteError> {
        let mut times = Vec::new();
        for line in self.signatures.iter().filter(|line| key.is(&line.name, line.id)) {
            times.push(self.verify_line(key, line)?);
        }
        times.into_iter().min().ok_or_else(|| NoteError::Unsigned(key.name().to_owned()))
    }

    /// Checks that one of a name's keys signed the text, and that none of them signed wrongly.
    ///
    /// # Errors
    /// When none signed, or a signature is wrong.
    pub fn verify_any<'a>(
        &self,
        name: &str,
        keys: impl IntoIterator<Item = &'a VerifierKey>,
    ) -> Result<(), NoteError> {
        let mut signed = false;
        for key in keys.into_iter().filter(|key| key.name() == name) {
            match self.verify(key) {
                Ok(_) => signed = true,
                Err(NoteError::Unsigned(_)) => {}
                Err(wrong) => return Err(wrong),
            }
        }
        if signed { Ok(()) } else { Err(NoteError::Unsigned(name.to_owned())) }
    }

    fn verify_line(
        &self,
        key: &VerifierKey,
        line: &NoteSignature,
    ) -> Result<Option<u64>, NoteError> {
        let wrong = || NoteError::Signature(key.name().to_owned());
        match key.kind() {
            Kind::Ed25519 => {
                let signature = line.bytes.as_slice().try_into().map_err(|_| wrong())?;
                let right = key.verifies(self.text.as_bytes(), signature);
                if right { Ok(None) } else { Err(wrong()) }
            }
            Kind::Cosignature => {
                cosignature::verify(key, &self.text, &line.bytes).map(Some).ok_or_else(wrong)
            }
        }
    }
}

impl NoteSignature {
    fn parse(line: &str) -> Option<Self> {
        let (name, signature) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = from_base64(signature)?;
        let (id, bytes) = bytes.split_first_chunk()?;
        let whole = is_name(name) && !bytes.is_empty();
        whole.then(|| Self { name: name.to_owned(), id: *id, bytes: bytes.to_vec() })
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.id[..], &self.bytes].concat();
        writeln!(f, "{DASH}{} {}", self.name, base64(&bytes))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| signature.fmt(f))
    }
}
