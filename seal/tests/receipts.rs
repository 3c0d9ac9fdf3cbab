//! A receipt proves one event, and says itself of which.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use seal::bundle::Finding;
use seal::cosignature::cosign;
use seal::receipt::verify;
use seal::{Checkpoint, Frontier, Hash, Kind, Note, Policy, SignerKey, TlogProof, leaf_hash};

fn log() -> SignerKey {
    SignerKey::new("registre/test", Kind::Ed25519, &[7; 32]).unwrap()
}

fn witness() -> SignerKey {
    SignerKey::new("temoin.example", Kind::Cosignature, &[9; 32]).unwrap()
}

/// A header of format 1 with one section, whose numbers are of no event.
fn header() -> Vec<u8> {
    let mut header = vec![0; 175];
    header[0] = 1;
    header[1] = 1;
    header[39] = 3;
    header.extend([3, b'e', b'r', b'p', 0]);
    header.extend([5; 16 + 1 + 32]);
    header
}

/// The proof of the header as the last of three leaves.
fn proof(extra: Option<Vec<u8>>) -> TlogProof {
    let mut tree = Frontier::new();
    let (first, second): (Hash, Hash) = ([1; 32], [2; 32]);
    let mut left = Frontier::new();
    [first, second].into_iter().for_each(|leaf| left.append(leaf));
    [first, second, leaf_hash(&header())].into_iter().for_each(|leaf| tree.append(leaf));
    let (origin, size, root) = (log().public().name().to_owned(), 3, tree.root());
    let mut note = Note::new(Checkpoint { origin, size, root }.to_string());
    note.sign(&log());
    cosign(&mut note, &witness(), 1_770_000_000);
    TlogProof { extra, index: 2, hashes: vec![left.root()], checkpoint: note.to_string() }
}

fn receipt() -> String {
    proof(Some(header())).to_string()
}

fn policy() -> Policy {
    let (log, witness) = (log(), witness());
    format!("log {}\nwitness w {}\nquorum w\n", log.public(), witness.public()).parse().unwrap()
}

#[test]
fn a_receipt_holds_for_its_event_and_no_other() {
    let proven = verify(receipt().as_bytes(), None, &policy()).unwrap();
    assert_eq!((proven.index, proven.header), (2, Some(header())));
    assert_eq!((proven.leaf, proven.checkpoint.size), (leaf_hash(&header()), 3));
    assert_eq!(proven.cosigned.witnesses, [("w".to_owned(), 1_770_000_000)]);
    let asked =
        |leaf| verify(receipt().as_bytes(), Some(leaf), &policy()).map(|proven| proven.leaf);
    assert_eq!(asked(leaf_hash(&header())), Ok(leaf_hash(&header())));
    assert_eq!(asked([1; 32]), Err(Finding::OtherEvent));
}

#[test]
fn a_proof_without_a_header_is_of_no_event_until_its_leaf_is_named() {
    let text = proof(None).to_string();
    let found = verify(text.as_bytes(), None, &policy()).unwrap_err();
    assert_eq!((found.is_unjudged(), &found), (true, &Finding::NoEvent));
    let proven = verify(text.as_bytes(), Some(leaf_hash(&header())), &policy()).unwrap();
    assert_eq!((proven.header, proven.index), (None, 2));
    let wrong = verify(text.as_bytes(), Some([1; 32]), &policy()).unwrap_err();
    assert!(matches!(wrong, Finding::Proof { .. }), "{wrong}");
    assert!(!wrong.is_unjudged());
}

#[test]
fn no_bit_of_a_receipt_can_be_flipped() {
    let (whole, policy) = (receipt().into_bytes(), policy());
    for bit in 0..whole.len() * 8 {
        let mut changed = whole.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let found = verify(&changed, None, &policy).unwrap_err();
        assert!(!found.fr().is_empty() && !found.to_string().is_empty(), "bit {bit}");
    }
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    for line in 0..lines.len() {
        let without: Vec<u8> = [&lines[..line], &lines[line + 1..]].concat().concat();
        assert!(verify(&without, None, &policy).is_err(), "without line {line}");
    }
}

#[test]
fn what_the_policy_does_not_know_or_asks_for_is_missing() {
    let other = SignerKey::new("registre/other", Kind::Ed25519, &[7; 32]).unwrap();
    let stranger = Policy::of_log(other.public().clone());
    let found = verify(receipt().as_bytes(), None, &stranger).unwrap_err();
    assert_eq!(found, Finding::UnknownLog("registre/test".to_owned()));
    let more = SignerKey::new("else.example", Kind::Cosignature, &[3; 32]).unwrap();
    let asks = format!("log {}\nwitness else {}\nquorum else\n", log().public(), more.public());
    let found = verify(receipt().as_bytes(), None, &asks.parse().unwrap()).unwrap_err();
    assert!(matches!(found, Finding::Quorum(_)), "{found}");
    // A header that was changed to a later format is none that is in the tree.
    let later = receipt().replace("extra AQ", "extra Ag");
    let found = verify(later.as_bytes(), None, &policy()).unwrap_err();
    assert!(matches!(found, Finding::Proof { .. }), "{found}");
}
