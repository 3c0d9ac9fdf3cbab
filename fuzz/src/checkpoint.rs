//! Checkpoints, and the request that asks a witness to sign one.

use crate::note::{key, unused};
use seal::witness::AddCheckpoint;
use seal::{Checkpoint, Note};

/// A checkpoint is read as it is written and no other way, whoever signed it.
pub fn run(bytes: &[u8]) {
    let key = key();
    let log = std::slice::from_ref(key.public());
    assert!(Checkpoint::open(bytes, unused().public()).is_err());
    if let Ok(request) = AddCheckpoint::parse(bytes) {
        assert_eq!(request.to_string().as_bytes(), bytes);
        let _ = request.origin();
        let _ = request.judge(log, None);
        // The same, signed: what comes after the signature is read too.
        if let Ok(note) = Note::parse(request.checkpoint.as_bytes()) {
            let known =
                Checkpoint { origin: key.public().name().to_owned(), size: 3, root: [7; 32] };
            let request = AddCheckpoint { checkpoint: signed(note.text), ..request };
            for known in [None, Some(&known)] {
                let _ = request.judge(log, known);
            }
        }
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(checkpoint) = Checkpoint::parse(text) else { return };
    assert!(text.starts_with(&checkpoint.to_string()));
    let signed = signed(text.to_owned());
    // Extension lines may have what no note has, as control characters: nobody signs that.
    if checkpoint.origin == key.public().name() && Note::parse(signed.as_bytes()).is_ok() {
        let opened = Checkpoint::open(signed.as_bytes(), key.public());
        assert_eq!(opened.map(|(opened, _)| opened), Ok(checkpoint));
    }
}

fn signed(text: String) -> String {
    let mut note = Note::new(text);
    note.sign(&key());
    note.to_string()
}
