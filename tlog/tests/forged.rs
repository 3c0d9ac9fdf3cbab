//! Forged histories: who sees which.
//!
//! A ledger gave a bundle to an auditor (after 30 events), a witness signed its tree (after 50), and its newest checkpoint
//! is of 60. Then somebody changes the past, in three ways: the bytes of the files alone; a whole new
//! log, all checksums, chains and roots right, without the key that signs; the same with the key and the folder
//! apart, as the operator could. `docs/threats.md` has the table of what came of it, and this compares the two.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test")]

mod common;
mod declared;

use common::{Fact, Log, copy, folder, witness};
use declared::{declare, options};
use domain::ids::{EventId, Position, RequestId};
use ledger::disk::SystemDisk;
use ledger::fsck::{Known, fsck_against};
use ledger::journal::embedded::segment_files;
use ledger::notary::{BundleRequest, Notary, Options, newest_signed};
use ledger::tree::Tree;
use ledger::{Ledger, LedgerError};
use seal::bundle::checkpoint_in;
use seal::witness::AddCheckpoint;
use seal::{Checkpoint, Kind, Note, SignerKey, VerifierKey, leaf_hash};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
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

/// What `registre serve` does first with a folder.
fn start(data: &Path, apart: &Path) -> Result<(Ledger, Arc<Notary>), LedgerError> {
    Ledger::open_sealed(data, &options(), &Options::new(data, apart))
}

impl World {
    async fn new() -> Self {
        let folder = folder();
        let data = folder.path().join("data");
        let (ledger, notary) = start(&data, &folder.path().join("apart")).unwrap();
        let witness = witness(&folder.path().join("witness"), notary.log());
        let mut bundle = None;
        for n in 0..NEWEST_AT {
            declare(&ledger, n).await;
            assert_eq!(ledger.head().position.0, n + 1, "one event each");
            if n + 1 == BUNDLE_AT {
                let stream = ledger.journal().read_after(Position(0), 1).unwrap()[0].header.stream;
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
        let key = notary.log().clone();
        drop((ledger, notary));
        let facts = Log::open(&data).unwrap().facts();
        let world = Self { folder, log: key, bundle: bundle.unwrap(), facts };
        assert!(segment_files(&world.path("data/log")).unwrap().len() > 2);
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

    /// An event that never was, like one that was.
    fn invented(&self, like: usize, number: u64) -> Fact {
        let mut fact = self.facts[like % self.facts.len()].clone();
        let mut id = [9; 16];
        id[8..].copy_from_slice(&number.to_be_bytes());
        (fact.record.event_id, fact.request) = (EventId(id), RequestId(id));
        fact.at = self.facts[self.facts.len() - 1].at;
        fact
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
type Act = (&'static str, fn(&World, &mut Vec<Fact>, usize));

const ACTS: [Act; 6] = [
    ("changed", |_, facts, at| facts[at].record.effective_on = "2020-01-01".parse().unwrap()),
    ("dropped", |_, facts, at| drop(facts.remove(at))),
    ("swapped", |_, facts, at| {
        let times = (facts[at].at, facts[at + 1].at);
        facts.swap(at, at + 1);
        (facts[at].at, facts[at + 1].at) = times;
    }),
    ("inserted", |world, facts, at| {
        let more = Fact { at: facts[at].at, ..world.invented(at, 1_000) };
        facts.insert(at, more);
    }),
    ("replaced, as many as before", |world, facts, at| {
        facts[at] = Fact { at: facts[at].at, ..world.invented(at, 1_001) };
    }),
    (CUT, |_, facts, at| facts.truncate(at)),
];

const CUT: &str = "tail cut";

/// Who sees a forged log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    start: bool,
    fsck: bool,
    bundle: bool,
    witness: bool,
}

/// What was forged, under the row of the table where it is told.
struct Table(Vec<(&'static str, String, Seen)>);

impl Table {
    async fn add(&mut self, row: &'static str, what: String, world: &World, at: &Path) {
        self.0.push((row, what, look(world, at).await));
    }

    /// As it is in `docs/threats.md`. All that is told in one row is seen by the same.
    fn told(&self) -> String {
        let mut table =
            "| forged | start | fsck | old bundle | witness |\n|---|---|---|---|---|\n".to_owned();
        let mut rows: Vec<&str> = Vec::new();
        for (row, _, seen) in &self.0 {
            let of_row = || self.0.iter().filter(|(other, ..)| other == row);
            let others: Vec<_> = of_row().filter(|(.., other)| other != seen).collect();
            assert!(
                others.is_empty(),
                "{row}: {seen:?}, {:?}",
                of_row().map(|(_, what, seen)| (what, seen)).collect::<Vec<_>>()
            );
            if !rows.contains(row) {
                rows.push(row);
                let cell = |seen| if seen { "yes" } else { "–" };
                let Seen { start, fsck, bundle, witness } = *seen;
                let cells = [start, fsck, bundle, witness].map(cell).join(" | ");
                writeln!(table, "| {row} | {cells} |").unwrap();
            }
        }
        table
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
    let bundle = !against_bundle.forged.is_empty() || against_bundle.problem.is_some();
    let fsck = signed.is_err() || report.problem.is_some() || !report.forged.is_empty();
    // What the forger shows the witness: what the server signs; or, if it does not start, what there is to show.
    let started = start(&data, &apart);
    if let Err(error) = &started {
        assert!(matches!(error, LedgerError::Notary(_) | LedgerError::Open(_)), "{error}");
    }
    let shown = match &started {
        Ok((_, notary)) => {
            let signed = notary.sign().unwrap();
            let proof = notary.consistency(WITNESS_AT, signed.checkpoint.size).unwrap_or_default();
            let checkpoint = signed.text.to_string();
            vec![AddCheckpoint { old: WITNESS_AT, proof, checkpoint }]
        }
        Err(_) => without_a_server(world, at).await,
    };
    let one = witness(&at.join("witness"), &world.log);
    let signs =
        |shown: &AddCheckpoint| one.add_checkpoint(shown.to_string().as_bytes()).unwrap().is_ok();
    Seen { start: started.is_err(), fsck, bundle, witness: !shown.iter().any(signs) }
}

/// The tree of a log that no server signs, with the best proof: signed with a key of the forger's own, under the name of the log,
/// and, when it is the tree that was signed, as it was signed.
async fn without_a_server(world: &World, at: &Path) -> Vec<AddCheckpoint> {
    let data = at.join("data");
    // Bytes changed inside of events leave the tree as it was, whether or not the log can be read.
    let honest = || Log::open(&world.path("data")).unwrap();
    let log = Log::open(&data).ok().filter(|log| tree(log).is_some()).unwrap_or_else(honest);
    let (head, tree) = (log.journal.head(), tree(&log).unwrap());
    let proof = tree.consistency(WITNESS_AT, head.position.0).unwrap_or_default();
    let show =
        |checkpoint: String| AddCheckpoint { old: WITNESS_AT, proof: proof.clone(), checkpoint };
    let own = SignerKey::new(world.log.name(), Kind::Ed25519, &[66; 32]).unwrap();
    let mut shown = vec![show(signed(&own, &head))];
    let newest = std::fs::read_to_string(at.join("apart/checkpoint")).unwrap_or_default();
    if Checkpoint::open(newest.as_bytes(), &world.log)
        .is_ok_and(|(newest, _)| newest.root == head.root)
    {
        shown.push(show(newest));
    }
    shown
}

/// The hashes of a log, when its events can be read.
fn tree(log: &Log) -> Option<Tree> {
    let folder = folder();
    let tree = Tree::open(Arc::new(SystemDisk), folder.path(), 1_000).unwrap();
    tree.follow(log.journal.as_ref()).is_ok().then_some(tree)
}

/// A head, signed.
fn signed(key: &SignerKey, head: &ledger::Head) -> String {
    let (origin, size) = (key.public().name().to_owned(), head.position.0);
    let mut note = Note::new(Checkpoint { origin, size, root: head.root }.to_string());
    note.sign(key);
    note.to_string()
}

/// Where the body of an event is in its file.
fn body_of(data: &Path, fact: &Fact) -> (PathBuf, Vec<u8>, usize) {
    let find =
        |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).position(|window| window == part);
    for path in segment_files(&data.join("log")).unwrap() {
        let bytes = std::fs::read(&path).unwrap();
        if let Some(at) = find(&bytes, &fact.record.event_id.0) {
            let body = at + find(&bytes[at..], &fact.record.body).unwrap();
            return (path, bytes, body);
        }
    }
    panic!("the event is in no segment")
}

/// Changes a byte of a body, and repairs the checksum of its frame and of its group of one.
fn change_bytes(data: &Path, fact: &Fact, repair: bool) {
    let (path, mut bytes, body_at) = body_of(data, fact);
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

/// The rows of the table.
mod row {
    pub(super) const NOTHING: &str = "nothing; or the same facts, written anew";
    pub(super) const BYTES: &str = "bytes of an event changed in a file";
    pub(super) const FULL: &str = "the same in a full segment, its checksums repaired";
    pub(super) const LAST: &str = "the same in the last segment, its checksums repaired";
    pub(super) const EARLY: &str = "an event changed, dropped, swapped, inserted or replaced, or the tail cut, before 30, everything recomputed";
    pub(super) const LATE: &str =
        "the same between 30 and 60, or an old copy put back, with or without new events";
    pub(super) const EARLY_SIGNED: &str = "any of these before 30, signed with the stolen key";
    pub(super) const LATE_SIGNED: &str =
        "any of these between 30 and 50, signed with the stolen key";
    pub(super) const LAST_SIGNED: &str = "any of these after 50, signed with the stolen key";
    pub(super) const EARLY_EMPTIED: &str = "any of these before 30, the folder apart emptied";
    pub(super) const LATE_EMPTIED: &str =
        "any of these between 30 and 60, the folder apart emptied";
    pub(super) const EARLY_OTHER: &str =
        "any of these before 30, beside another log's folder apart";
    pub(super) const LATE_OTHER: &str =
        "any of these between 30 and 60, beside another log's folder apart";
    pub(super) const EARLY_NAMED: &str = "any of these before 30, signed as another log: the data name it, or the server was started with `--new-log-key`";
    pub(super) const LATE_NAMED: &str = "any of these between 30 and 60, signed as another log";
}

#[tokio::test]
async fn who_sees_which_forged_history_is_what_the_threat_model_says() {
    let world = World::new().await;
    let mut all = Table(Vec::new());
    let early = |at: usize| at < BUNDLE_AT as usize;

    let honest = world.copied();
    all.add(row::NOTHING, "nothing".to_owned(), &world, honest.path()).await;
    // Written anew from the same facts: what is seen below is no difference that no forger makes.
    let honest = world.copied();
    rewrite(&honest.path().join("data"), &world.facts).await;
    all.add(row::NOTHING, "the same facts".to_owned(), &world, honest.path()).await;

    for (repair, at, row) in [
        (false, 10, row::BYTES),
        (false, 58, row::BYTES),
        (true, 10, row::FULL),
        (true, 58, row::LAST),
    ] {
        let forged = world.copied();
        change_bytes(&forged.path().join("data"), &world.facts[at], repair);
        all.add(row, format!("event {at}"), &world, forged.path()).await;
    }
    for (name, act) in ACTS {
        for at in [10, 40, 55] {
            let mut facts = world.facts.clone();
            act(&world, &mut facts, at);
            let forged = world.copied();
            rewrite(&forged.path().join("data"), &facts).await;
            let row = if early(at) { row::EARLY } else { row::LATE };
            all.add(row, format!("{name} at {at}"), &world, forged.path()).await;
        }
    }
    // An old copy of the data put back, and one that has gone on differently since.
    for more in [0, 40] {
        let mut facts = world.facts[..45].to_vec();
        facts.extend((0..more).map(|n| world.invented(n, 2_000 + n as u64)));
        let forged = world.copied();
        rewrite(&forged.path().join("data"), &facts).await;
        let what = format!("an old copy of 45, {more} events more");
        all.add(row::LATE, what, &world, forged.path()).await;
    }
    // The hashes of the tree are the forger's too: an honest past under a forged one.
    let forged = world.copied();
    let data = forged.path().join("data");
    let mut facts = world.facts.clone();
    ACTS[0].1(&world, &mut facts, 10);
    facts.extend((0..240).map(|n| world.invented(n, 4_000 + n as u64)));
    let honest = leaves(&world.path("data"));
    rewrite(&data, &facts).await;
    graft(&data, &honest);
    all.add(row::EARLY, "changed at 10, a grafted tree".to_owned(), &world, forged.path()).await;

    // Whoever has the key and the folder apart signs the new history too. What came after the last checkpoint that a
    // witness signed is seen by nobody.
    for (name, act) in ACTS {
        for at in [10, 40, 55] {
            let mut facts = world.facts.clone();
            act(&world, &mut facts, at);
            if facts.len() < NEWEST_AT as usize {
                facts.extend((0..20).map(|n| world.invented(n, 3_000 + n as u64)));
            }
            let forged = world.copied();
            let data = forged.path().join("data");
            rewrite(&data, &facts).await;
            sign_anew(&forged, &data).await;
            let row = match at {
                10 => row::EARLY_SIGNED,
                40 => row::LATE_SIGNED,
                _ => row::LAST_SIGNED,
            };
            all.add(row, format!("{name} at {at}"), &world, forged.path()).await;
        }
    }
    // Whoever has no key of the log brings one, or none.
    for (name, act) in ACTS {
        for (early, late, whose) in [
            (row::EARLY_EMPTIED, row::LATE_EMPTIED, Whose::Nobodys { named: true }),
            (row::EARLY_EMPTIED, row::LATE_EMPTIED, Whose::Nobodys { named: false }),
            (row::EARLY_OTHER, row::LATE_OTHER, Whose::Anothers { named: false }),
            (row::EARLY_NAMED, row::LATE_NAMED, Whose::Anothers { named: true }),
            (row::EARLY_NAMED, row::LATE_NAMED, Whose::New),
        ] {
            for (row, at) in [(early, 10), (late, 40)] {
                let mut facts = world.facts.clone();
                act(&world, &mut facts, at);
                let forged = world.copied();
                rewrite(&forged.path().join("data"), &facts).await;
                whose.put(forged.path());
                all.add(row, format!("{name} at {at}, {whose:?}"), &world, forged.path()).await;
            }
        }
    }
    let told = all.told();
    println!("{told}");
    let threats = include_str!("../../docs/threats.md");
    assert!(threats.contains(&told), "docs/threats.md has another table than\n{told}");
}

/// The leaf hashes of a log.
fn leaves(data: &Path) -> Vec<seal::Hash> {
    let log = Log::open(data).unwrap();
    let mut leaves = Vec::new();
    while let page @ [_, ..] =
        &*log.journal.read_after(Position(leaves.len() as u64), 1_000).unwrap()
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

/// Whose folder apart is put in the place of the log's, beside data that were written anew.
#[derive(Debug, Clone, Copy)]
enum Whose {
    /// An emptied one; the data have the name of the log, or none.
    Nobodys { named: bool },
    /// One that signed the new history; the data have its name, or that of the log.
    Anothers { named: bool },
    /// A new one, as `--new-log-key` makes it.
    New,
}

impl Whose {
    fn put(self, at: &Path) {
        let (data, apart) = (at.join("data"), at.join("apart"));
        let name = data.join("log/name");
        let right = std::fs::read(&name).unwrap();
        std::fs::remove_dir_all(&apart).unwrap();
        if matches!(self, Self::Nobodys { named: false } | Self::Anothers { .. }) {
            std::fs::remove_file(&name).unwrap();
        }
        if matches!(self, Self::Anothers { .. } | Self::New) {
            let random = Arc::new(ledger::random::SeededRandom::new(77));
            let seal = Options { new_key: true, random, ..Options::new(&data, &apart) };
            drop(Ledger::open_sealed(&data, &options(), &seal).unwrap());
        }
        if matches!(self, Self::Anothers { named: false }) {
            std::fs::write(&name, right).unwrap();
        }
    }
}

/// Signs a forged log with the log's own key, and puts that in the place of the newest checkpoint.
async fn sign_anew(forged: &TempDir, data: &Path) {
    let apart = forged.path().join("apart");
    let secret = std::fs::read_to_string(apart.join("key")).unwrap();
    let key: SignerKey = secret.trim_end().parse().unwrap();
    let head = Log::open(data).unwrap().journal.head();
    std::fs::write(apart.join("checkpoint"), signed(&key, &head)).unwrap();
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
    let first = |log: &Log| log.journal.read_after(Position(0), 1).unwrap().remove(0);
    assert_eq!(leaf_hash(&first(&old).header_bytes), first(&new).leaf());
}
