//! The text formats, against published examples and against what must be refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use base64ct::{Base64, Encoding as _};
use common::Tree;
use seal::cosignature::cosign;
use seal::tile::{TilePathError, inclusion_proof, root};
use seal::{
    Checkpoint, CheckpointError, KeyError, Kind, Note, NoteError, Policy, PolicyError, SignerKey,
    Tile, TlogProof, TlogProofError, VerifierKey,
};

/// The example in the documentation of Go's `sumdb/note`.
const NEUMANN: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const NEUMANN_PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const NEUMANN_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn log() -> SignerKey {
    SignerKey::new("registre.example/1", Kind::Ed25519, &[7; 32]).unwrap()
}

fn witness(name: &str, seed: u8) -> SignerKey {
    SignerKey::new(name, Kind::Cosignature, &[seed; 32]).unwrap()
}

fn checkpoint(size: u64) -> (Checkpoint, Note) {
    let tree = Tree::of(300);
    let root = root(&tree, size).unwrap();
    let checkpoint = Checkpoint { origin: log().public().name().to_owned(), size, root };
    let mut note = Note::new(checkpoint.to_string());
    note.sign(&log());
    (checkpoint, note)
}

#[test]
fn the_published_note_is_made_and_believed() {
    let signer: SignerKey = NEUMANN.parse().unwrap();
    assert_eq!(signer.public().to_string(), NEUMANN_PUBLIC);
    assert_eq!(signer.to_secret().as_str(), NEUMANN);
    let read = Note::parse(NEUMANN_NOTE.as_bytes()).unwrap();
    read.verify(&NEUMANN_PUBLIC.parse().unwrap()).unwrap();
    let mut made = Note::new(read.text.clone());
    made.sign(&signer);
    assert_eq!((made.to_string().as_str(), &made), (NEUMANN_NOTE, &read));
}

#[test]
fn no_bit_of_a_note_can_be_changed() {
    let key: VerifierKey = NEUMANN_PUBLIC.parse().unwrap();
    let bytes = NEUMANN_NOTE.as_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        let believed = Note::parse(&changed).and_then(|note| note.verify(&key));
        assert!(believed.is_err(), "bit {bit}: {:?}", String::from_utf8_lossy(&changed));
    }
}

#[test]
fn malformed_notes_are_refused() {
    let refused = |text: &str| Note::parse(text.as_bytes()).unwrap_err();
    let line = NEUMANN_NOTE.rsplit("\n\n").next().unwrap();
    assert_eq!(refused(""), NoteError::Form);
    assert_eq!(refused("text\n"), NoteError::Form);
    assert_eq!(refused("text\n\n"), NoteError::Form);
    assert_eq!(refused(&format!("text\n\n{}", line.trim_end())), NoteError::Form);
    assert_eq!(refused(&format!("te\rxt\n\n{line}")), NoteError::Text);
    assert_eq!(refused(&format!("text\n\n{line}-- PeterNeumann AAAAAAA=\n")), NoteError::Line(2));
    assert_eq!(refused("text\n\n— a+b AAAAAAA=\n"), NoteError::Line(1));
    assert_eq!(refused("text\n\n— a AAAA\n"), NoteError::Line(1));
    let many: String = (0..65).map(|n| format!("— n{n} AAAAAAA=\n")).collect();
    assert_eq!(refused(&format!("text\n\n{many}")), NoteError::Many);
    assert_eq!(Note::parse(&[b'a'; 1_000_001]), Err(NoteError::TooLong));
    assert_eq!(Note::parse(b"text \xff\n\n"), Err(NoteError::Text));
}

#[test]
fn a_signature_of_an_unknown_key_is_passed_over() {
    let (_, mut note) = checkpoint(9);
    note.sign(&NEUMANN.parse().unwrap());
    let (checkpoint, read) = Checkpoint::open(note.to_string().as_bytes(), log().public()).unwrap();
    assert_eq!((checkpoint.size, read.signatures.len()), (9, 2));
}

#[test]
fn keys_are_read_as_they_are_written_and_no_other_way() {
    let key = log().public().to_string();
    let refused = |text: &str| text.parse::<VerifierKey>().unwrap_err();
    assert_eq!(key.parse::<VerifierKey>().unwrap().to_string(), key);
    assert_eq!(refused("registre.example/1"), KeyError::Form);
    assert_eq!(refused(&key.replace("example/1", "example/2")), KeyError::Id);
    assert_eq!(refused(&key.replace("registre.example", "registre example")), KeyError::Name);
    assert_eq!(refused(&key[..key.len() - 4]), KeyError::Key);
    let of = |kind: u8, byte: u8| {
        let bytes = [&[kind][..], &[byte; 32]].concat();
        format!("a+00000000+{}", Base64::encode_string(&bytes))
    };
    assert_eq!(refused(&of(6, 1)), KeyError::Kind(6));
    // A point of small order: it would verify more than one message.
    assert_eq!(refused(&of(1, 0)), KeyError::Key);
    assert!(matches!(SignerKey::new("a b", Kind::Ed25519, &[1; 32]), Err(KeyError::Name)));
    assert_eq!(format!("{:?}", log()), "SignerKey(registre.example/1, …)");
}

#[test]
fn checkpoints_are_read_as_they_are_written_and_no_other_way() {
    let (checkpoint, _) = checkpoint(300);
    let text = checkpoint.to_string();
    assert_eq!(Checkpoint::parse(&text), Ok(checkpoint));
    for wrong in [
        text.replace("300", "0300"),
        text.replace("300", "+300"),
        text.replace("300", "-1"),
        text.replace("300", "18446744073709551616"),
        text.replace("registre.example/1", ""),
        format!("{text}\n"),
        format!("{text}\nextension\n"),
        format!("{text}extension"),
        format!("{text}extension\n\n"),
        text.trim_end().to_owned(),
        text.replace("=\n", "\n"),
    ] {
        assert_eq!(Checkpoint::parse(&wrong), Err(CheckpointError::Form), "{wrong}");
    }
}

#[test]
fn extension_lines_are_signed_with_a_checkpoint_and_passed_over() {
    let (plain, _) = checkpoint(300);
    let mut note = Note::new(format!("{plain}an extension\nand another = 1\n"));
    note.sign(&log());
    let (read, opened) = Checkpoint::open(note.to_string().as_bytes(), log().public()).unwrap();
    assert_eq!((read, &opened), (plain, &note));
    let changed = note.to_string().replace("another = 1", "another = 2");
    let error = Checkpoint::open(changed.as_bytes(), log().public()).unwrap_err();
    assert_eq!(error, NoteError::Signature("registre.example/1".into()).into());
    // A witness signs all of the text.
    let key = witness("temoin.example", 9);
    cosign(&mut note, &key, 1_770_000_000);
    let read = Note::parse(note.to_string().as_bytes()).unwrap();
    assert_eq!(read.verify(key.public()), Ok(Some(1_770_000_000)));
}

#[test]
fn lines_of_unknown_keys_are_passed_over_whatever_they_are() {
    let (_, note) = checkpoint(9);
    let long = "n".repeat(3_000);
    let unknown = format!(
        "— else/1 AAAAAAA=\n— else/1 AAAAAAA=\n— else/1 AAAAAQQ=\n— {long} AAAAAAA=\n— \u{7f}\u{80} AAAAAAA=\n"
    );
    let text = format!("{note}{unknown}");
    let (checkpoint, read) = Checkpoint::open(text.as_bytes(), log().public()).unwrap();
    assert_eq!((checkpoint.size, read.signatures.len()), (9, 6));
    // The same name under a key that is not asked for, too.
    let other = SignerKey::new(log().public().name(), Kind::Ed25519, &[8; 32]).unwrap();
    let mut two = note.clone();
    two.sign(&other);
    two.signatures[1].bytes[3] ^= 1;
    Checkpoint::open(two.to_string().as_bytes(), log().public()).unwrap();
}

#[test]
fn a_key_that_is_asked_for_signs_rightly_in_each_of_its_lines() {
    let (_, mut note) = checkpoint(9);
    let key = witness("temoin.example", 9);
    let line = note.signatures[0].clone();
    note.signatures.push(line.clone());
    let mut later = note.clone();
    cosign(&mut note, &key, 20);
    cosign(&mut later, &key, 10);
    note.signatures.extend(later.signatures.pop());
    let read = Note::parse(note.to_string().as_bytes()).unwrap();
    assert_eq!((read.verify(log().public()), read.verify(key.public())), (Ok(None), Ok(Some(10))));
    for rank in 0..4 {
        let mut wrong = note.clone();
        *wrong.signatures[rank].bytes.last_mut().unwrap() ^= 1;
        let read = Note::parse(wrong.to_string().as_bytes()).unwrap();
        let (whose, other) =
            if rank < 2 { (log(), &key) } else { (witness("temoin.example", 9), &log()) };
        let name = whose.public().name().to_owned();
        assert_eq!(read.verify(whose.public()), Err(NoteError::Signature(name)));
        assert!(read.verify(other.public()).is_ok());
    }
}

#[test]
fn a_log_that_changes_its_key_is_believed_by_either() {
    let (old, new) =
        (log(), SignerKey::new("registre.example/1", Kind::Ed25519, &[8; 32]).unwrap());
    let both = [old.public().clone(), new.public().clone()];
    let (plain, signed) = checkpoint(9);
    let note = |keys: &[&SignerKey]| {
        let mut note = Note::new(plain.to_string());
        keys.iter().for_each(|key| note.sign(key));
        note
    };
    assert_eq!(note(&[&old]), signed);
    let opened = |note: &Note| Checkpoint::open_by(note.to_string().as_bytes(), &both).map(drop);
    for keys in [&[&old][..], &[&new], &[&old, &new]] {
        opened(&note(keys)).unwrap();
    }
    let mut wrong = note(&[&old, &new]);
    wrong.signatures[1].bytes[0] ^= 1;
    let name = "registre.example/1".to_owned();
    assert_eq!(opened(&wrong), Err(NoteError::Signature(name.clone()).into()));
    assert_eq!(opened(&note(&[&NEUMANN.parse().unwrap()])), Err(NoteError::Unsigned(name).into()));
    let policy: Policy =
        format!("log {}\nlog {}\nquorum none\n", both[0], both[1]).parse().unwrap();
    assert_eq!(policy.logs(), both);
    assert_eq!(policy.to_string().parse::<Policy>(), Ok(policy));
}

#[test]
fn a_checkpoint_is_of_the_log_that_signed_it() {
    let (_, note) = checkpoint(3);
    let other = SignerKey::new("registre.example/2", Kind::Ed25519, &[7; 32]).unwrap();
    let error = Checkpoint::open(note.to_string().as_bytes(), other.public()).unwrap_err();
    assert!(matches!(error, CheckpointError::Origin { .. }), "{error}");
    let forger = SignerKey::new("registre.example/1", Kind::Ed25519, &[8; 32]).unwrap();
    let error = Checkpoint::open(note.to_string().as_bytes(), forger.public()).unwrap_err();
    assert_eq!(error, NoteError::Unsigned("registre.example/1".into()).into());
}

#[test]
fn witnesses_sign_a_time_and_a_tree() {
    let (_, mut note) = checkpoint(5);
    let key = witness("temoin.example", 9);
    cosign(&mut note, &key, 1_770_000_000);
    assert_eq!(note.verify(key.public()), Ok(Some(1_770_000_000)));
    let mut later = note.clone();
    cosign(&mut later, &key, 1_770_000_060);
    assert_eq!((later.signatures.len(), later.verify(key.public())), (2, Ok(Some(1_770_000_060))));
    let mut other = note.clone();
    other.text = other.text.replace("\n5\n", "\n6\n");
    assert_eq!(other.verify(key.public()), Err(NoteError::Signature("temoin.example".into())));
    note.signatures[1].bytes[7] ^= 1;
    assert_eq!(note.verify(key.public()), Err(NoteError::Signature("temoin.example".into())));
}

#[test]
fn a_policy_asks_for_what_it_says() {
    let (a, b, c) = (witness("a.example", 1), witness("b.example", 2), witness("c.example", 3));
    let text = format!(
        "# who is asked\nlog {}\nwitness a {}\nwitness b {} # of a region\nwitness c {}\n\
         group deux 2 a b c\ngroup tous all deux c\nquorum tous\n",
        log().public(),
        a.public(),
        b.public(),
        c.public()
    );
    let policy: Policy = text.parse().unwrap();
    assert_eq!(policy.to_string().parse::<Policy>().as_ref(), Ok(&policy));
    let (_, mut note) = checkpoint(5);
    cosign(&mut note, &a, 10);
    cosign(&mut note, &b, 11);
    let short = policy.cosigned(&note).unwrap_err().to_string();
    assert_eq!(
        short,
        "the checkpoint lacks cosignatures: the policy asks for tous, and a, b signed"
    );
    cosign(&mut note, &c, 12);
    let names: Vec<_> = policy.cosigned(&note).unwrap().witnesses;
    assert_eq!(names, [("a".to_owned(), 10), ("b".to_owned(), 11), ("c".to_owned(), 12)]);
    note.signatures[1].bytes[20] ^= 1;
    assert!(policy.cosigned(&note).is_err());
}

#[test]
fn a_witness_in_two_groups_holds_in_both_and_in_each_once() {
    let (a, b) = (witness("a.example", 1), witness("b.example", 2));
    let policy = |last: &str| -> Policy {
        let (log, a, b) = (log(), a.public(), b.public());
        let names = format!("log {}\nwitness a {a}\nwitness b {b}\n", log.public());
        let groups = "group one any a b\ngroup two any a b\n";
        format!("{names}{groups}{last}").parse().unwrap()
    };
    let (_, mut note) = checkpoint(5);
    cosign(&mut note, &a, 10);
    let both = policy("group both all one two\nquorum both\n").cosigned(&note).unwrap();
    assert_eq!(both.witnesses, [("a".to_owned(), 10)], "who signed is told once");
    assert!(policy("group all 2 a b\nquorum all\n").cosigned(&note).is_err());
    assert!(policy("group two-of 2 one b\nquorum two-of\n").cosigned(&note).is_err());
}

#[test]
fn policies_that_say_something_else_are_refused() {
    let (log, a) = (log().public().to_string(), witness("a.example", 1).public().to_string());
    let refused = |text: String| text.parse::<Policy>().unwrap_err();
    assert_eq!(refused(String::new()), PolicyError::Missing);
    assert_eq!(refused(format!("log {log}\n")), PolicyError::Missing);
    assert_eq!(refused("quorum none\n".into()), PolicyError::Missing);
    assert_eq!(refused(format!("log {a}\nquorum none\n")), PolicyError::Kind { line: 1 });
    assert_eq!(refused(format!("log {log}\nwitness w {log}\n")), PolicyError::Kind { line: 2 });
    assert_eq!(refused(format!("log {log} x\n")), PolicyError::Line { line: 1 });
    let name = |line| PolicyError::Name { line, name: "w".into() };
    assert_eq!(refused(format!("log {log}\nquorum w\n")), name(2));
    let b = witness("b.example", 2).public().to_string();
    assert_eq!(refused(format!("witness w {a}\nwitness w {b}\n")), name(2));
    assert_eq!(refused(format!("witness w {a}\ngroup g 2 w\n")), PolicyError::Count { line: 2 });
    assert_eq!(refused(format!("witness w {a}\ngroup g 0 w\n")), PolicyError::Count { line: 2 });
    assert_eq!(refused("quorum none\nquorum none\n".into()), PolicyError::Line { line: 2 });
    let twice = |line| PolicyError::Twice { line };
    assert_eq!(refused(format!("witness w {a}\nwitness v {a}\n")), twice(2));
    assert_eq!(refused(format!("witness w {a}\ngroup g 2 w w\n")), twice(2));
    // Whoever signs under one name has the signature of the other.
    let renamed = witness("c.example", 1).public().to_string();
    assert_eq!(refused(format!("witness w {a}\nwitness v {renamed}\n")), twice(2));
}

#[test]
fn a_proof_file_proves_one_leaf_and_no_other() {
    let tree = Tree::of(300);
    let (_, note) = checkpoint(300);
    let hashes = inclusion_proof(&tree, 123, 300).unwrap();
    let proof = TlogProof { extra: None, index: 123, hashes, checkpoint: note.to_string() };
    let text = proof.to_string();
    assert_eq!(TlogProof::parse(text.as_bytes()).as_ref(), Ok(&proof));
    let (checkpoint, _) = proof.verify(&tree.leaves()[123], log().public()).unwrap();
    assert_eq!(checkpoint.size, 300);
    assert!(proof.verify(&tree.leaves()[124], log().public()).is_err());
    for bit in 0..text.len() * 8 {
        let mut changed = text.clone().into_bytes();
        changed[bit / 8] ^= 1 << (bit % 8);
        let read = TlogProof::parse(&changed);
        let believed = read.and_then(|proof| proof.verify(&tree.leaves()[123], log().public()));
        assert!(believed.is_err(), "bit {bit}");
    }
    let extra = TlogProof { extra: Some(b"more".to_vec()), ..proof };
    assert_eq!(TlogProof::parse(extra.to_string().as_bytes()), Ok(extra));
    assert_eq!(TlogProof::parse(b"c2sp.org/tlog-proof@v2\n"), Err(TlogProofError::Head));
    assert_eq!(
        TlogProof::parse(text.replace("index 123", "index 0123").as_bytes()),
        Err(TlogProofError::Form)
    );
}

#[test]
fn tiles_have_one_path_each() {
    let path = |level, index, width| Tile { level, index, width }.to_string();
    // The example of the specification.
    assert_eq!(path(0, 1_234_067, 256), "tile/0/x001/x234/067");
    assert_eq!(path(0, 1_234_067, 255), "tile/0/x001/x234/067.p/255");
    assert_eq!(path(7, 0, 1), "tile/7/000.p/1");
    assert_eq!(path(1, 1_000, 256), "tile/1/x001/000");
    for tile in [(0, 0, 256), (3, 999, 1), (2, 1_000, 255), (0, (1 << 56) - 1, 256)] {
        let tile = Tile { level: tile.0, index: tile.1, width: tile.2 };
        assert_eq!(Tile::parse(&tile.to_string()), Ok(tile));
    }
    for wrong in [
        "tile/8/000",
        "tile/0/0",
        "tile/0/x000/001",
        "tile/0/1000",
        "tile/00/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/+01",
        "tile/0/",
        "tile/0",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/x099/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert_eq!(Tile::parse(wrong), Err(TilePathError), "{wrong}");
    }
    assert_eq!(Tile::of_tree(0, 1, 300), Some(Tile { level: 0, index: 1, width: 44 }));
    assert_eq!(Tile::of_tree(1, 0, 300), Some(Tile { level: 1, index: 0, width: 1 }));
    assert_eq!((Tile::of_tree(1, 0, 255), Tile::of_tree(0, 2, 300)), (None, None));
    // The last tile of the largest tree, which has one leaf less than would fill it.
    let last = Tile::of_tree(0, (1 << 56) - 1, u64::MAX).unwrap();
    assert_eq!((last.width, last.range().end), (255, u64::MAX));
    assert_eq!(Tile { width: 256, ..last }.range().end, u64::MAX);
    assert_eq!(Tile { index: u64::MAX, ..last }.range().end, u64::MAX);
}
