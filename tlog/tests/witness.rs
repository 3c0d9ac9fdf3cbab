//! A witness signs what only grows, whatever is asked of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use common::{Log, fact, folder, with_lines, witness};
use ledger::notary::Notary;
use seal::note::{NoteSignature, SIGNATURES_MAX};
use seal::witness::{AddCheckpoint, Refusal};
use seal::{Checkpoint, Kind, Note, SignerKey};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tlog::limits::{DOUBTS_FIRST, DOUBTS_MAX, OTHER_ROOTS_MAX};
use tlog::witness::{Witness, WitnessError};

struct Scene {
    folder: tempfile::TempDir,
    log: Log,
    notary: Notary,
}

impl Scene {
    async fn of(events: u64) -> Self {
        let folder = folder();
        let log = Log::open(&folder.path().join("data")).unwrap();
        let notary = log.notary(&folder.path().join("apart")).unwrap();
        let scene = Self { folder, log, notary };
        scene.grow(0, events).await;
        scene
    }

    async fn grow(&self, from: u64, to: u64) {
        for n in from..to {
            self.log.write(&fact(n)).await;
        }
        self.notary.sign().unwrap();
    }

    fn request(&self, old: u64) -> AddCheckpoint {
        let signed = self.notary.newest();
        let proof = self.notary.consistency(old, signed.checkpoint.size).unwrap();
        AddCheckpoint { old, proof, checkpoint: signed.text.to_string() }
    }

    fn witness_folder(&self) -> std::path::PathBuf {
        self.folder.path().join("witness")
    }
}

fn ask(witness: &Witness, request: &AddCheckpoint) -> Result<String, Refusal> {
    witness.add_checkpoint(request.to_string().as_bytes()).unwrap()
}

fn evidence(folder: &Path) -> usize {
    let names = std::fs::read_dir(folder).unwrap();
    names
        .filter(|name| name.as_ref().unwrap().file_name().to_string_lossy().contains("refused"))
        .count()
}

#[tokio::test]
async fn a_log_that_grows_is_signed_each_time_and_after_a_restart() {
    let scene = Scene::of(10).await;
    let one = witness(&scene.witness_folder(), scene.notary.log());
    let key = one.key().clone();
    let lines = ask(&one, &scene.request(0)).unwrap();
    let note = with_lines(&scene.notary.newest().text, &lines);
    assert_eq!(note.verify(&key), Ok(Some(1_790_000_000)));
    scene.grow(10, 25).await;
    ask(&one, &scene.request(10)).unwrap();
    // The same again, as after an answer that was lost.
    ask(&one, &scene.request(25)).unwrap();
    drop(one);
    scene.grow(25, 26).await;
    let again = witness(&scene.witness_folder(), scene.notary.log());
    assert_eq!(ask(&again, &scene.request(10)), Err(Refusal::OtherSize { size: 25 }));
    ask(&again, &scene.request(25)).unwrap();
    assert_eq!(evidence(&scene.witness_folder()), 0);
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused_and_changes_nothing() {
    let scene = Scene::of(10).await;
    let one = witness(&scene.witness_folder(), scene.notary.log());
    let right = scene.request(0);
    let refused = |request: &AddCheckpoint| ask(&one, request).unwrap_err();
    let stranger = SignerKey::new("registre/else", Kind::Ed25519, &[1; 32]).unwrap();
    let forger = SignerKey::new(scene.notary.log().name(), Kind::Ed25519, &[1; 32]).unwrap();
    let signed_by = |key: &SignerKey| {
        let mut note = Note::parse(right.checkpoint.as_bytes()).unwrap();
        let checkpoint = Checkpoint::parse(&note.text).unwrap();
        let origin = key.public().name().to_owned();
        note = Note::new(Checkpoint { origin, ..checkpoint }.to_string());
        note.sign(key);
        AddCheckpoint { checkpoint: note.to_string(), ..right.clone() }
    };
    assert_eq!(refused(&signed_by(&stranger)), Refusal::UnknownLog("registre/else".into()));
    assert!(matches!(refused(&signed_by(&forger)), Refusal::Unsigned(_)));
    let above = AddCheckpoint { old: 11, ..right.clone() };
    assert_eq!(refused(&above), Refusal::Shrunk { old: 11, new: 10 });
    let other = AddCheckpoint { old: 3, ..right.clone() };
    assert_eq!(refused(&other), Refusal::OtherSize { size: 0 });
    for malformed in ["", "old 0\n", "old 00\n\nx", "old 0\nzz\n\n", "new 0\n\n"] {
        assert_eq!(one.add_checkpoint(malformed.as_bytes()).unwrap(), Err(Refusal::Malformed));
    }
    ask(&one, &right).unwrap();
    scene.grow(10, 30).await;
    let mut wrong = scene.request(10);
    wrong.proof[0][0] ^= 1;
    assert_eq!(refused(&wrong), Refusal::Inconsistent { old: 10, new: 30 });
    assert_eq!(refused(&wrong).status(), 422);
    let more = AddCheckpoint { proof: vec![[0; 32]; 64], ..scene.request(10) };
    assert_eq!(refused(&more), Refusal::Malformed);
    ask(&one, &scene.request(10)).unwrap();
}

#[tokio::test]
async fn two_histories_of_one_log_are_refused_and_kept_as_evidence() {
    let scene = Scene::of(10).await;
    let one = witness(&scene.witness_folder(), scene.notary.log());
    ask(&one, &scene.request(0)).unwrap();
    // Another tree of the same size, signed with the log's own key.
    let secret = std::fs::read_to_string(scene.folder.path().join("apart/key")).unwrap();
    let key: SignerKey = secret.trim_end().parse().unwrap();
    let sign = |size, root| {
        let origin = key.public().name().to_owned();
        let mut note = Note::new(Checkpoint { origin, size, root }.to_string());
        note.sign(&key);
        note.to_string()
    };
    let split = AddCheckpoint { old: 10, proof: Vec::new(), checkpoint: sign(10, [5; 32]) };
    assert_eq!(ask(&one, &split), Err(Refusal::OtherRoot { size: 10 }));
    let rewritten =
        AddCheckpoint { old: 10, proof: vec![[1; 32]; 4], checkpoint: sign(12, [6; 32]) };
    assert_eq!(ask(&one, &rewritten), Err(Refusal::Inconsistent { old: 10, new: 12 }));
    assert_eq!(evidence(&scene.witness_folder()), 2);
    assert!(ask(&one, &rewritten).is_err());
    assert_eq!(evidence(&scene.witness_folder()), 2, "one file for each text that was signed");
    ask(&one, &scene.request(10)).unwrap();
}

#[tokio::test]
async fn a_witness_never_begins_anew() {
    let scene = Scene::of(3).await;
    let log = scene.notary.log().clone();
    let one = witness(&scene.witness_folder(), &log);
    ask(&one, &scene.request(0)).unwrap();
    let open = || {
        let logs = std::slice::from_ref(&log);
        Witness::open(&scene.witness_folder(), logs, Arc::new(|| 0))
    };
    assert!(matches!(open(), Err(WitnessError::Locked(_))));
    drop(one);
    let names = std::fs::read_dir(scene.witness_folder()).unwrap();
    let path =
        names.map(|name| name.unwrap().path()).find(|path| path.extension().is_some()).unwrap();
    let right = std::fs::read(&path).unwrap();
    std::fs::write(&path, &right[..right.len() / 2]).unwrap();
    assert!(matches!(open(), Err(WitnessError::Damaged(_))));
    std::fs::write(&path, right).unwrap();
    open().unwrap();
    std::fs::write(scene.witness_folder().join("key"), "nothing\n").unwrap();
    assert!(matches!(open(), Err(WitnessError::Key { .. })));
}

#[tokio::test]
async fn a_witness_has_no_key_of_a_log_and_a_log_none_of_a_witness() {
    let scene = Scene::of(1).await;
    let (folder, log) = (scene.witness_folder(), scene.notary.log().clone());
    let own = witness(&folder, &log).key().clone();
    let open = |log| Witness::open(&folder, &[log], Arc::new(|| 0)).map(drop);
    assert!(matches!(open(own.clone()), Err(WitnessError::Kind(key)) if key == own.to_string()));
    open(log.clone()).unwrap();
    std::fs::copy(scene.folder.path().join("apart/key"), folder.join("key")).unwrap();
    assert!(matches!(open(log.clone()), Err(WitnessError::Kind(key)) if key == log.to_string()));
}

/// A log in memory, that signs with some keys.
fn signed(size: u64, more: &str, keys: &[&SignerKey]) -> String {
    let mut tree = seal::Frontier::new();
    (0..size).for_each(|n| tree.append(seal::leaf_hash(&n.to_le_bytes())));
    let checkpoint = Checkpoint { origin: "else.example/log".to_owned(), size, root: tree.root() };
    let mut note = Note::new(format!("{checkpoint}{more}"));
    keys.iter().for_each(|key| note.sign(key));
    note.to_string()
}

fn watching(folder: &Path, logs: &[&SignerKey]) -> Witness {
    std::fs::create_dir_all(folder).unwrap();
    let key = SignerKey::new("temoin.example", Kind::Cosignature, &[9; 32]).unwrap();
    std::fs::write(folder.join("key"), format!("{}\n", key.to_secret().as_str())).unwrap();
    let logs: Vec<_> = logs.iter().map(|key| key.public().clone()).collect();
    Witness::open(folder, &logs, Arc::new(|| 1_790_000_000)).unwrap()
}

#[test]
fn a_log_may_change_its_key_and_stays_the_same_log() {
    let folder = folder();
    let key = |seed| SignerKey::new("else.example/log", Kind::Ed25519, &[seed; 32]).unwrap();
    let (old, new) = (key(1), key(2));
    let first = |checkpoint| AddCheckpoint { old: 0, proof: Vec::new(), checkpoint };
    let again = |checkpoint| AddCheckpoint { old: 8, proof: Vec::new(), checkpoint };
    let one = watching(folder.path(), &[&old]);
    let unsigned = ask(&one, &first(signed(8, "", &[&new])));
    assert!(matches!(unsigned, Err(Refusal::Unsigned(_))), "{unsigned:?}");
    ask(&one, &first(signed(8, "", &[&old]))).unwrap();
    drop(one);
    let one = watching(folder.path(), &[&old, &new]);
    for keys in [&[&old][..], &[&new], &[&new, &old]] {
        ask(&one, &again(signed(8, "", keys))).unwrap();
    }
    let wrong = signed(8, "", &[&new, &old]);
    let at = wrong.rfind(' ').unwrap() + 20;
    let letter = if &wrong[at..=at] == "A" { "B" } else { "A" };
    let wrong = format!("{}{letter}{}", &wrong[..at], &wrong[at + 1..]);
    assert!(matches!(ask(&one, &again(wrong)), Err(Refusal::Unsigned(_))));
    drop(one);
    // The old key is gone: what was signed here of it still counts.
    let one = watching(folder.path(), &[&new]);
    assert!(matches!(ask(&one, &again(signed(8, "", &[&old]))), Err(Refusal::Unsigned(_))));
    let other = ask(&one, &first(signed(9, "", &[&new])));
    assert_eq!(other, Err(Refusal::OtherSize { size: 8 }));
    ask(&one, &again(signed(8, "", &[&new]))).unwrap();
}

#[test]
fn a_checkpoint_with_extension_lines_is_signed_as_it_is() {
    let folder = folder();
    let log = SignerKey::new("else.example/log", Kind::Ed25519, &[1; 32]).unwrap();
    let one = watching(folder.path(), &[&log]);
    let checkpoint = signed(8, "an extension\nanother\n", &[&log]);
    let asked = AddCheckpoint { old: 0, proof: Vec::new(), checkpoint: checkpoint.clone() };
    let lines = ask(&one, &asked).unwrap();
    let note = with_lines(&checkpoint, &lines);
    assert_eq!(note.verify(one.key()), Ok(Some(1_790_000_000)));
    assert!(note.text.ends_with("another\n"));
    let without = with_lines(&signed(8, "", &[&log]), &lines);
    assert!(without.verify(one.key()).is_err(), "it signed something else");
    drop(one);
    watching(folder.path(), &[&log]);
    let empty = signed(8, "an extension\n\n", &[&log]);
    let one = watching(folder.path(), &[&log]);
    let asked = AddCheckpoint { old: 8, proof: Vec::new(), checkpoint: empty };
    assert_eq!(ask(&one, &asked), Err(Refusal::Malformed));
}

#[test]
fn what_is_sent_under_the_name_of_a_log_does_not_keep_its_witness_from_starting() {
    let log = SignerKey::new("else.example/log", Kind::Ed25519, &[1; 32]).unwrap();
    let right = Note::parse(signed(8, "", &[&log]).as_bytes()).unwrap();
    let own = right.signatures[0].clone();
    let junk = |n| NoteSignature { id: [n, 1, 2, 3], bytes: vec![n; 64], ..own.clone() };
    let repeated = vec![own.clone(); SIGNATURES_MAX];
    let more = std::iter::once(own.clone()).chain((1..SIGNATURES_MAX as u8).map(junk));
    for signatures in [repeated, more.collect()] {
        let folder = folder();
        let one = watching(folder.path(), &[&log]);
        let checkpoint = Note { signatures, ..right.clone() }.to_string();
        assert!(Note::parse(checkpoint.as_bytes()).is_ok(), "it is as long as notes may be");
        let asked = AddCheckpoint { old: 0, proof: Vec::new(), checkpoint };
        let lines = ask(&one, &asked).unwrap();
        let key = one.key().clone();
        assert!(with_lines(&right.to_string(), &lines).verify(&key).is_ok());
        drop(one);
        let one = watching(folder.path(), &[&log]);
        let again = AddCheckpoint { old: 0, proof: Vec::new(), checkpoint: right.to_string() };
        assert_eq!(ask(&one, &again), Err(Refusal::OtherSize { size: 8 }));
        let mut names = std::fs::read_dir(folder.path()).unwrap().map(|name| name.unwrap().path());
        let kept = names.find(|path| path.extension().is_some()).unwrap();
        let kept = Note::parse(&std::fs::read(kept).unwrap()).unwrap();
        assert_eq!(kept.signatures.len(), 2, "the log's line and the witness's");
        assert_eq!(kept.signatures[0], own);
    }
}

#[test]
fn a_log_of_very_many_keys_is_signed_and_its_witness_starts() {
    let folder = folder();
    let key = |seed| SignerKey::new("else.example/log", Kind::Ed25519, &[seed; 32]).unwrap();
    let keys: Vec<_> = (0..SIGNATURES_MAX as u8).map(key).collect();
    let keys: Vec<_> = keys.iter().collect();
    let one = watching(folder.path(), &keys);
    let checkpoint = signed(8, "", &keys);
    ask(&one, &AddCheckpoint { old: 0, proof: Vec::new(), checkpoint }).unwrap();
    drop(one);
    watching(folder.path(), &keys);
}

#[test]
fn strangers_neither_fill_the_disk_of_a_witness_nor_make_it_write() {
    let folder = folder();
    let log = SignerKey::new("else.example/log", Kind::Ed25519, &[1; 32]).unwrap();
    let one = watching(folder.path(), &[&log]);
    let asked = AddCheckpoint { old: 0, proof: Vec::new(), checkpoint: signed(8, "", &[&log]) };
    ask(&one, &asked).unwrap();
    let names = || std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let state =
        names().find(|path| path.extension().is_some_and(|end| end == "checkpoint")).unwrap();
    let inode = || std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(&state).unwrap());
    let before = inode();
    ask(&one, &AddCheckpoint { old: 8, ..asked }).unwrap();
    assert_eq!(inode(), before, "the same tree was written down again");
    let doubt = |one: &Witness, size| {
        let checkpoint = signed(size, "", &[&log]);
        let wrong = AddCheckpoint { old: 8, proof: vec![[1; 32]; 4], checkpoint };
        assert_eq!(ask(one, &wrong), Err(Refusal::Inconsistent { old: 8, new: size }));
    };
    let most = DOUBTS_MAX as u64;
    (9..9 + most).for_each(|size| doubt(&one, size));
    assert_eq!(refused_sizes(folder.path()), (9..9 + most).collect::<Vec<_>>());
    // What comes later is kept too, across a restart: the first ones stay, and the newest.
    doubt(&one, 1_000);
    drop(one);
    let one = watching(folder.path(), &[&log]);
    (1_001..1_000 + 2 * most).for_each(|size| doubt(&one, size));
    let first = 9..9 + DOUBTS_FIRST as u64;
    let newest = 1_000 + 2 * most - (most - DOUBTS_FIRST as u64)..1_000 + 2 * most;
    let kept: Vec<_> = first.chain(newest).collect();
    assert_eq!(refused_sizes(folder.path()), kept);
    // The same again is neither kept again nor takes the place of another.
    (9..20).chain([1_000 + 2 * most - 1]).for_each(|size| doubt(&one, size));
    assert_eq!(refused_sizes(folder.path()), kept);
    // Two trees of one size are the log's own words, and kept beside them.
    ask(&one, &split(8, 5, &log)).unwrap_err();
    assert_eq!(evidence(folder.path()), DOUBTS_MAX + 1);
}

/// Another tree of so many leaves, signed by its log.
fn split(size: u64, root: u8, log: &SignerKey) -> AddCheckpoint {
    let origin = log.public().name().to_owned();
    let mut note = Note::new(Checkpoint { origin, size, root: [root; 32] }.to_string());
    note.sign(log);
    AddCheckpoint { old: size, proof: Vec::new(), checkpoint: note.to_string() }
}

/// The sizes of the refused trees that are kept, ascending.
fn refused_sizes(folder: &Path) -> Vec<u64> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let refused = names.filter(|path| path.to_string_lossy().contains("refused-"));
    let mut sizes: Vec<u64> = refused
        .map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            let (_, refused) = text.split_once("\nrefused:\n\n").unwrap();
            let request = AddCheckpoint::parse(refused.as_bytes()).unwrap();
            let note = Note::parse(request.checkpoint.as_bytes()).unwrap();
            Checkpoint::parse(&note.text).unwrap().size
        })
        .collect();
    sizes.sort_unstable();
    sizes
}

/// Hears alarms.
#[derive(Clone, Default)]
struct Alarms(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Alarms {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::ERROR
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = String::new();
        event.record(&mut |_: &tracing::field::Field, value: &dyn std::fmt::Debug| {
            text.push_str(&format!("{value:?} "));
        });
        self.0.lock().unwrap().push(text);
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_log_that_signs_ever_more_trees_of_one_size_does_not_fill_the_disk_of_its_witness() {
    let folder = folder();
    let log = SignerKey::new("else.example/log", Kind::Ed25519, &[1; 32]).unwrap();
    let one = watching(folder.path(), &[&log]);
    let asked = AddCheckpoint { old: 0, proof: Vec::new(), checkpoint: signed(8, "", &[&log]) };
    ask(&one, &asked).unwrap();
    let heard = Alarms::default();
    tracing::subscriber::with_default(heard.clone(), || {
        for root in 1..=2 * OTHER_ROOTS_MAX as u8 {
            let refused = ask(&one, &split(8, root, &log));
            assert_eq!(refused, Err(Refusal::OtherRoot { size: 8 }));
        }
        ask(&one, &split(8, 1, &log)).unwrap_err();
    });
    assert_eq!(refused_sizes(folder.path()), [8; OTHER_ROOTS_MAX]);
    let heard = heard.0.lock().unwrap();
    assert!(heard.iter().all(|text| text.contains("ALARM")), "{heard:?}");
    let more: Vec<bool> = heard.iter().map(|text| text.contains("more came")).collect();
    let told = [[false; OTHER_ROOTS_MAX], [true; OTHER_ROOTS_MAX]].concat();
    assert_eq!(more, [told, vec![false]].concat(), "each is told, and the first are kept");
}
