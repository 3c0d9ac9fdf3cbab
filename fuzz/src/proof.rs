//! Proof files, and the arithmetic of proofs with any sizes.

use crate::note::{key, unused};
use seal::{
    Checkpoint, Hash, Note, Policy, Tile, TlogProof, receipt, verify_consistency, verify_inclusion,
};

/// A proof file is read as it is written and no other way; whatever it claims, a proof that leads nowhere proves nothing.
pub fn run(bytes: &[u8]) {
    if let Ok(path) = std::str::from_utf8(bytes)
        && let Ok(tile) = Tile::parse(path)
    {
        assert_eq!(tile.to_string(), path);
    }
    if let Ok(proof) = TlogProof::parse(bytes) {
        assert_eq!(proof.to_string().as_bytes(), bytes);
        assert!(proof.verify(&[1; 32], unused().public()).is_err());
        resigned(proof);
    }
    numbers(bytes);
}

/// The same file with a signature that is right: its index and hashes are judged.
fn resigned(mut proof: TlogProof) {
    let Ok(note) = Note::parse(proof.checkpoint.as_bytes()) else { return };
    let Ok(checkpoint) = Checkpoint::parse(&note.text) else { return };
    let mut note = Note::new(
        Checkpoint { origin: key().public().name().to_owned(), ..checkpoint }.to_string(),
    );
    note.sign(&key());
    proof.checkpoint = note.to_string();
    let _ = proof.verify(&[1; 32], key().public());
    // As a receipt it is believed only if it names its event.
    let policy = Policy::of_log(key().public().clone());
    let proven = receipt::verify(proof.to_string().as_bytes(), None, &policy);
    assert!(proof.extra.is_some() || proven.is_err());
}

/// Two sizes and hashes, as in a proof.
fn numbers(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first_chunk::<8>() else { return };
    let Some((second, rest)) = rest.split_first_chunk::<8>() else { return };
    let (first, second) = (u64::from_le_bytes(*first), u64::from_le_bytes(*second));
    let hashes: Vec<Hash> = rest.as_chunks::<32>().0.to_vec();
    let (old, new) = ([1; 32], [2; 32]);
    let included = verify_inclusion(&old, first, second, &hashes, &new);
    let follows = verify_consistency((first, &old), (second, &new), &hashes);
    // No hash leads to these roots: only from the empty tree does any follow, and its root is known.
    assert!(included.is_err());
    assert!(follows.is_err());
}
