//! The policy of an auditor.

use crate::note::key;
use seal::{Note, Policy};

/// A policy asks for what it asks, and nobody's note satisfies a quorum.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(policy) = text.parse::<Policy>() else { return };
    assert!(!policy.logs().is_empty());
    let mut note =
        Note::new("fuzz.example/log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n".to_owned());
    note.sign(&key());
    if let Ok(cosigned) = policy.cosigned(&note) {
        assert!(cosigned.witnesses.is_empty(), "no witness signed");
    }
}
