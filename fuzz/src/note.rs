//! Signed notes, and the keys that sign them.

use seal::{Note, SignerKey, VerifierKey};

/// A note is read as it is written and no other way, and nobody signed it by chance.
pub fn run(bytes: &[u8]) {
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(note.to_string().as_bytes(), bytes);
        assert!(note.verify(unused().public()).is_err());
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string().parse().as_ref(), Ok(&key));
    }
    let _ = text.parse::<SignerKey>();
}

/// The key of the log in these targets. Anybody can sign with it, here.
#[must_use]
pub fn key() -> SignerKey {
    of_seed(9)
}

/// A key of the same name, with which nothing was ever signed.
pub(crate) fn unused() -> SignerKey {
    of_seed(8)
}

fn of_seed(seed: u8) -> SignerKey {
    SignerKey::new("fuzz.example/log", seal::Kind::Ed25519, &[seed; 32])
        .unwrap_or_else(|error| unreachable!("{error}"))
}
