//! Forged histories: who sees which.
//!
//! A ledger gave a bundle to an auditor (after 30 events), a witness signed its tree (after 50), and its newest checkpoint
//! is of 60. Then somebody changes the past, in three ways: the bytes of the files alone; a whole new
//! log, all checksums, chains and roots right, without the key that signs; the same with the key and the folder
//! apart, as the operator could. `docs/threats.md` has the table that this prints.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test")]

mod common;

use common::{Fact, Log, copy, fact, folder, witness};
use ledger::fsck::{Known, fsck_against};
use ledger::journal::embedded::segment_files;
use ledger::notary::{BundleRequest, Notary, Options, newest_signed};
use seal::bundle::checkpoint_in;
use seal::witness::AddCheckpoint;
use seal::{Checkpoint, VerifierKey, leaf_hash};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const BUNDLE_AT: u64 = 30;
const WITNESS_AT: u64 = 50;
const NEWEST_AT: u64 = 60;

/// What stood before anything was forged.
struct World {
    folder: TempDir,
    log: VerifierKey,
    bundle: Checkpoint,
    facts: Vec<Fact>,
}

impl World {
    async fn new() -> Self {
        let folder = folder();
        let log = Log::open(&folder.path().join("data")).unwrap();
        let notary = log.notary(&folder.path().join("apart")).unwrap();
        let witness = witness(&folder.path().join("witness"), notary.log());
        let mut bundle = None;
        for n in 0..NEWEST_AT {
            log.write(&fact(n)).await;
            if n + 1 == BUNDLE_AT {
                let stream =
                    log.journal.read_after(domain::ids::Position(0), 1).unwrap()[0].header.stream;
                let asked = BundleRequest {
                    about: "contracts/x".to_owned(),
                    time: "2026-10-01T12:00:00Z".to_owned(),
                    software: "a test".to_owned(),
                    streams: vec![stream],
                    clear: &|_| None,
                };
                bundle = checkpoint_in(&notary.bundle(&asked).unwrap())
                    .map(|(checkpoint, _)| checkpoint);
            }
            if n + 1 == WITNESS_AT {
                let checkpoint = notary.sign().unwrap().text.to_string();
                let request = AddCheckpoint { old: 0, proof: Vec::new(), checkpoint };
                witness.add_checkpoint(request.to_string().as_bytes()).unwrap().unwrap();
            }
        }
        notary.sign().unwrap();
        let facts = log.facts();
        let key = notary.log().clone();
        let world = Self { folder, log: key, bundle: bundle.unwrap(), facts };
        assert!(segment_files(&world.path("data/log")).unwrap().len() > 1);
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A copy of everything, to be forged.
    fn copied(&self) -> TempDir {
        let to = folder();
        for name in ["data", "apart", "witness"] {
            copy(&self.path(name), &to.path().join(name));
        }
        to
    }
}

/// Writes a log anew from facts, in the place of another, whose name it keeps.
async fn rewrite(data: &Path, facts: &[Fact]) {
    let name = data.join("log/name");
    let kept = std::fs::read(&name).ok();
    std::fs::remove_dir_all(data.join("log")).unwrap();
    let log = Log::open(data).unwrap();
    for fact in facts {
        log.write(fact).await;
    }
    kept.into_iter().for_each(|kept| std::fs::write(&name, kept).unwrap());
}

/// What a forger does to the facts.
type Act = (&'static str, fn(&mut Vec<Fact>, usize));

const ACTS: [Act; 6] = [
    ("changed", |facts, at| facts[at].record.body[4] ^= 1),
    ("dropped", |facts, at| drop(facts.remove(at))),
    ("swapped", |facts, at| {
        let times = (facts[at].at, facts[at + 1].at);
        facts.swap(at, at + 1);
        (facts[at].at, facts[at + 1].at) = times;
    }),
    ("inserted", |facts, at| {
        let mut more = fact(1_000);
        more.at = facts[at].at;
        facts.insert(at, more);
    }),
    ("replaced, as many as before", |facts, at| {
        let at_then = facts[at].at;
        facts[at] = fact(1_001);
        facts[at].at = at_then;
    }),
    ("tail cut", |facts, at| facts.truncate(at)),
];

/// Who sees a forged log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    start: bool,
    fsck: bool,
    bundle: bool,
    witness: bool,
}

impl Seen {
    fn row(self) -> String {
        let cell = |seen| if seen { "yes" } else { "-" };
        let Self { start, fsck, bundle, witness } = self;
        format!("| {} | {} | {} | {} |", cell(start), cell(fsck), cell(bundle), cell(witness))
    }
}

/// Everybody looks at a folder that may be forged.
async fn look(world: &World, at: &Path) -> Seen {
    let (data, apart) = (at.join("data"), at.join("apart"));
    let signed = newest_signed(&Options::new(&data, &apart));
    let known = |from: &str, checkpoint: &Checkpoint| Known {
        from: from.to_owned(),
        size: checkpoint.size,
        root: checkpoint.root,
    };
    // As the command does: another log's folder is told, an emptied one compares nothing.
    let newest: Vec<Known> = signed.iter().flatten().map(|signed| known("apart", signed)).collect();
    let report = fsck_against(&data, &newest).unwrap();
    let against_bundle = fsck_against(&data, &[known("bundle", &world.bundle)]).unwrap();
    let opened = Log::open(&data);
    let notary = opened.as_ref().map(|log| log.notary(&apart));
    let start = !matches!(notary, Ok(Ok(_)));
    // The forger shows the witness the newest checkpoint that there is, and the best proof.
    let mut seen_by_witness = true;
    if let Ok(Ok(notary)) = &notary
        && let Ok(signed) = notary.sign()
    {
        let proof = notary.consistency(WITNESS_AT, signed.checkpoint.size).unwrap_or_default();
        let checkpoint = signed.text.to_string();
        let request = AddCheckpoint { old: WITNESS_AT, proof, checkpoint };
        let one = witness(&at.join("witness"), &world.log);
        seen_by_witness = one.add_checkpoint(request.to_string().as_bytes()).unwrap().is_err();
    }
    let bundle = !against_bundle.forged.is_empty() || against_bundle.problem.is_some();
    let fsck = signed.is_err() || report.problem.is_some() || !report.forged.is_empty();
    Seen { start, fsck, bundle, witness: seen_by_witness }
}

/// The frame of an event in its file: what its checksum covers.
fn frame_of(data: &Path, fact: &Fact) -> (PathBuf, Vec<u8>, usize) {
    for path in segment_files(&data.join("log")).unwrap() {
        let bytes = std::fs::read(&path).unwrap();
        let body = &fact.record.body;
        if let Some(at) = bytes.windows(body.len()).position(|window| window == body) {
            return (path, bytes, at);
        }
    }
    panic!("the event is in no segment")
}

/// Changes a byte of a body, and repairs the checksum of its frame and of its group of one.
fn change_bytes(data: &Path, fact: &Fact, repair: bool) {
    let (path, mut bytes, body_at) = frame_of(data, fact);
    bytes[body_at + 4] ^= 1;
    if repair {
        let end = body_at + fact.record.body.len();
        let group = bytes[..body_at].windows(4).rposition(|four| four == b"GRP1").unwrap();
        let frame = group + 28;
        let crc = crc32c::crc32c(&bytes[frame..end]);
        bytes[end..end + 4].copy_from_slice(&crc.to_le_bytes());
        let trailer = end + bytes[end..].windows(4).position(|four| four == b"END1").unwrap();
        let whole = crc32c::crc32c(&bytes[group..frame]);
        let whole = crc32c::crc32c_append(whole, &crc.to_le_bytes());
        let whole = crc32c::crc32c_append(whole, &bytes[trailer..trailer + 44]);
        bytes[trailer + 44..trailer + 48].copy_from_slice(&whole.to_le_bytes());
    }
    std::fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn every_forged_history_is_seen_by_somebody() {
    let world = World::new().await;
    let mut all: Vec<(String, Seen)> = Vec::new();

    // Nothing forged: nobody sees anything, also in a log that was written anew from the same facts.
    let honest = world.copied();
    let nothing = Seen { start: false, fsck: false, bundle: false, witness: false };
    assert_eq!(look(&world, honest.path()).await, nothing);
    let honest = world.copied();
    rewrite(&honest.path().join("data"), &world.facts).await;
    assert_eq!(look(&world, honest.path()).await, nothing);

    for repair in [false, true] {
        for at in [10, 58] {
            let forged = world.copied();
            change_bytes(&forged.path().join("data"), &world.facts[at], repair);
            let how = if repair { "checksums repaired" } else { "bytes alone" };
            all.push((
                format!("event {at} of 60 changed in its file, {how}"),
                look(&world, forged.path()).await,
            ));
        }
    }
    for (name, act) in ACTS {
        for at in [10, 40, 55] {
            let mut facts = world.facts.clone();
            act(&mut facts, at);
            let forged = world.copied();
            rewrite(&forged.path().join("data"), &facts).await;
            all.push((
                format!("{name} at {at}, a whole new log"),
                look(&world, forged.path()).await,
            ));
        }
    }
    // An old copy of the data put back, and one that has gone on differently since.
    for more in [0, 40] {
        let mut facts = world.facts[..45].to_vec();
        facts.extend((0..more).map(|n| fact(2_000 + n)));
        let forged = world.copied();
        rewrite(&forged.path().join("data"), &facts).await;
        all.push((
            format!("an old copy of 45 put back, {more} events more"),
            look(&world, forged.path()).await,
        ));
    }
    // The hashes of the tree are the forger's too: an honest past under a forged one.
    let forged = world.copied();
    let data = forged.path().join("data");
    let mut facts = world.facts.clone();
    facts[10].record.body[4] ^= 1;
    facts.extend((0..240).map(|n| fact(4_000 + n)));
    let honest = leaves(&world.path("data"));
    rewrite(&data, &facts).await;
    graft(&data, &honest);
    all.push((
        "changed at 10, a whole new log with a grafted tree".to_owned(),
        look(&world, forged.path()).await,
    ));
    for (what, seen) in &all {
        assert!(seen.start || seen.fsck || seen.bundle || seen.witness, "nobody sees {what}");
        assert!(seen.fsck, "fsck knows what was signed, and does not see {what}");
    }
    let start_blind = all.iter().filter(|(_, seen)| !seen.start).map(|(what, _)| what.as_str());
    // A start does not read what is full and indexed; it does compare the tree.
    assert!(
        start_blind.clone().all(|what| what.contains("in its file")),
        "{:?}",
        start_blind.collect::<Vec<_>>()
    );

    // Whoever has the key and the folder apart signs the new history too.
    for (name, act) in ACTS {
        for at in [10, 40] {
            let mut facts = world.facts.clone();
            act(&mut facts, at);
            if facts.len() < NEWEST_AT as usize {
                facts.extend((0..20).map(|n| fact(3_000 + n)));
            }
            let forged = world.copied();
            let data = forged.path().join("data");
            rewrite(&data, &facts).await;
            sign_anew(&forged, &data).await;
            let what = format!("{name} at {at}, a whole new log, signed with the stolen key");
            let seen = look(&world, forged.path()).await;
            assert_eq!(
                (seen.start, seen.fsck),
                (false, false),
                "{what}: nothing on the host can tell"
            );
            assert!(seen.witness, "the witness signs {what}");
            assert_eq!(seen.bundle, at < BUNDLE_AT as usize, "{what}");
            all.push((what, seen));
        }
    }
    // Whoever has no key of the log brings one, or none: the folder apart is emptied, or another log's, which signs the
    // new history; the name in the data is the log's, or that of the other one.
    for at in [10, 40] {
        for (how, other, named) in [
            ("an emptied folder apart", false, true),
            ("an emptied folder apart and no name", false, false),
            ("another log's folder apart", true, true),
            ("another log's folder apart, named in the data", true, false),
        ] {
            let mut facts = world.facts.clone();
            facts[at].record.body[4] ^= 1;
            let forged = world.copied();
            let data = forged.path().join("data");
            rewrite(&data, &facts).await;
            std::fs::remove_dir_all(forged.path().join("apart")).unwrap();
            let name = data.join("log/name");
            let right = std::fs::read(&name).unwrap();
            if !named || other {
                std::fs::remove_file(&name).unwrap();
            }
            if other {
                begin_anew(&data, &forged.path().join("apart"));
            }
            if named {
                std::fs::write(&name, right).unwrap();
            }
            let what = format!("changed at {at}, a whole new log, {how}");
            let seen = look(&world, forged.path()).await;
            assert_eq!(seen.start, named || !other, "{what}");
            assert_eq!(
                (seen.fsck, seen.bundle),
                (named && other, at < BUNDLE_AT as usize),
                "{what}"
            );
            assert!(seen.witness, "{what}");
            all.push((what, seen));
        }
    }
    // What nobody sees: what came after the last checkpoint that a witness signed.
    let mut facts = world.facts.clone();
    facts[55].record.body[4] ^= 1;
    let forged = world.copied();
    let data = forged.path().join("data");
    rewrite(&data, &facts).await;
    sign_anew(&forged, &data).await;
    assert_eq!(look(&world, forged.path()).await, nothing, "said in docs/threats.md");
    println!("| forged | start | fsck | old bundle | witness |");
    all.iter().for_each(|(what, seen)| println!("| {what} {}", seen.row()));
}

/// The leaf hashes of a log.
fn leaves(data: &Path) -> Vec<seal::Hash> {
    let log = Log::open(data).unwrap();
    let mut leaves = Vec::new();
    while let page @ [_, ..] =
        &*log.journal.read_after(domain::ids::Position(leaves.len() as u64), 1_000).unwrap()
    {
        leaves.extend(page.iter().map(ledger::record::StoredRecord::leaf));
    }
    leaves
}

/// Writes files of a tree whose first leaves are those of another log, and whose level above is its own.
fn graft(data: &Path, honest: &[seal::Hash]) {
    let own = leaves(data);
    let mut edge = seal::Frontier::new();
    own[..256].iter().for_each(|leaf| edge.append(*leaf));
    let level = [honest, &own[honest.len()..256]].concat();
    let mut size = b"RGSTTREE".to_vec();
    size.extend(edge.to_bytes());
    size.extend(crc32c::crc32c(&size).to_le_bytes());
    let folder = data.join("log/tree");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("level-0"), level.as_flattened()).unwrap();
    std::fs::write(folder.join("level-1"), edge.root()).unwrap();
    std::fs::write(folder.join("size"), size).unwrap();
}

/// Signs a log under another name and key, in a folder apart of its own.
fn begin_anew(data: &Path, apart: &Path) {
    let log = Log::open(data).unwrap();
    let random = std::sync::Arc::new(ledger::random::SeededRandom::new(77));
    let options = Options { new_key: true, random, ..Options::new(data, apart) };
    drop(Notary::open(std::sync::Arc::clone(&log.journal), &options).unwrap());
}

/// Signs a forged log with the log's own key, and puts that in the place of the newest checkpoint.
async fn sign_anew(forged: &TempDir, data: &Path) {
    let apart = forged.path().join("apart");
    let secret = std::fs::read_to_string(apart.join("key")).unwrap();
    let key: seal::SignerKey = secret.trim_end().parse().unwrap();
    let log = Log::open(data).unwrap();
    let head = log.journal.head();
    let (origin, size) = (key.public().name().to_owned(), head.position.0);
    let mut note = seal::Note::new(Checkpoint { origin, size, root: head.root }.to_string());
    note.sign(&key);
    std::fs::write(apart.join("checkpoint"), note.to_string()).unwrap();
}

#[tokio::test]
async fn a_forger_who_writes_the_same_facts_gets_the_same_tree() {
    // Else the test above would see differences that no forger makes.
    let world = World::new().await;
    let again = folder();
    std::fs::create_dir_all(again.path().join("log")).unwrap();
    rewrite(again.path(), &world.facts).await;
    let (old, new) = (Log::open(&world.path("data")).unwrap(), Log::open(again.path()).unwrap());
    assert_eq!(old.journal.head(), new.journal.head());
    let first = |log: &Log| log.journal.read_after(domain::ids::Position(0), 1).unwrap().remove(0);
    assert_eq!(leaf_hash(&first(&old).header_bytes), first(&new).leaf());
}
