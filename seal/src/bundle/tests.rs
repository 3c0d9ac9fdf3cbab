//! No bit and no field of a bundle can be changed.
//!
//! `BUNDLES=1000 cargo test --release -p seal --lib bundle -- --nocapture` tries as many, some 170 million bits;
//! `BUNDLES=200..400` a part of them, for whom hours are too long at once.

use super::*;
use crate::cosignature::cosign;
use crate::frontier::Frontier;
use crate::hash::leaf_hash;
use crate::key::Kind;
use crate::policy::Policy;
use std::collections::BTreeMap;
use std::ops::Range;

/// Bundles that are tried when nothing is said.
const BUNDLES: Range<u64> = 0..3;

/// A small generator of numbers, of a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    fn bytes(&mut self, count: u64) -> Vec<u8> {
        (0..count).map(|_| self.below(256) as u8).collect()
    }
}

/// A bundle, its parts, and whose signatures it has.
struct Made {
    bytes: Vec<u8>,
    log: SignerKey,
    policy: Policy,
    streams: usize,
}

/// The header of an event, as `docs/formats/event.md` has it.
fn header(
    chance: &mut Chance,
    key: u8,
    version: u64,
    previous: &Hash,
    body: &[u8],
    at: i64,
) -> Vec<u8> {
    let sections = chance.below(3);
    let mut out = vec![1, sections as u8, 1, 0, 1, 0];
    out.extend(chance.bytes(16));
    out.push(1);
    out.extend([key; 16]);
    out.extend(version.to_le_bytes());
    out.extend(20_000_i32.to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend(chance.bytes(16));
    out.extend(0_u32.to_le_bytes());
    out.extend(chance.bytes(16));
    out.extend([0; 16]);
    out.extend(previous);
    out.extend(Sha256::digest(body));
    out.extend(b"\x07erp-one");
    out.extend(b"\x00");
    out.extend(chance.bytes(sections * 49));
    out
}

/// The siblings of a leaf, by the definition.
fn path_of(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (inside, at, beside) =
        if index < left.len() { (left, index, right) } else { (right, index - left.len(), left) };
    let mut path = path_of(at, inside);
    path.push(root_of(beside));
    path
}

fn root_of(leaves: &[Hash]) -> Hash {
    let mut edge = Frontier::new();
    leaves.iter().for_each(|leaf| edge.append(*leaf));
    edge.root()
}

/// Index of its leaf, header, body.
type Placed = (usize, Vec<u8>, Vec<u8>);

fn made(seed: u64) -> Made {
    let mut chance = Chance(seed);
    let log = SignerKey::new("registre/test", Kind::Ed25519, &[3; 32]).unwrap();
    let witness = SignerKey::new("temoin.example", Kind::Cosignature, &[4; 32]).unwrap();
    let streams = 1 + chance.below(2);
    let mut tips: BTreeMap<u8, (u64, Hash)> = BTreeMap::new();
    let mut events: BTreeMap<u8, Vec<Placed>> = BTreeMap::new();
    let mut leaves: Vec<Hash> = Vec::new();
    while leaves.len() < 4 || chance.below(4) > 0 && leaves.len() < 12 {
        // One stream more than the bundle has.
        let key = chance.below(streams + 1) as u8;
        let count = chance.below(60);
        let body = chance.bytes(count);
        let (version, previous) = tips.get(&key).copied().unwrap_or((0, [0; 32]));
        let at = 1_000 + leaves.len() as i64;
        let bytes = header(&mut chance, key, version + 1, &previous, &body, at);
        tips.insert(key, (version + 1, leaf_hash(&bytes)));
        events.entry(key).or_default().push((leaves.len(), bytes.clone(), body));
        leaves.push(leaf_hash(&bytes));
    }
    let (size, root) = (leaves.len() as u64, root_of(&leaves));
    let checkpoint = Checkpoint { origin: "registre/test".to_owned(), size, root };
    let mut note = Note::new(checkpoint.to_string());
    note.sign(&log);
    cosign(&mut note, &witness, 1_700_000_000);
    let draft = |(key, events): (&u8, &Vec<Placed>)| DraftStream {
        head: StreamHead { category: 1, key: [*key; 16], version: tips[key].0, leaf: tips[key].1 },
        events: events
            .iter()
            .map(|(index, header, body)| DraftEvent {
                index: *index as u64,
                proof: path_of(*index, &leaves),
                header: header.clone(),
                body: body.clone(),
                clear: (index % 2 == 0).then(|| "{\"nom\":\"NOM\"}".to_owned()),
            })
            .collect(),
    };
    let streams: Vec<DraftStream> = events.iter().take(streams as usize).map(draft).collect();
    let count = streams.len();
    let bytes = write(
        &Draft {
            about: "contracts/x".to_owned(),
            time: "2026-10-01T12:00:00Z".to_owned(),
            software: "a test".to_owned(),
            log: "registre/test".to_owned(),
            size,
            checkpoint: note.to_string(),
            streams,
        },
        &log,
    )
    .unwrap();
    let policy = format!("log {}\nwitness w {}\nquorum w\n", log.public(), witness.public());
    Made { bytes, log, policy: policy.parse().unwrap(), streams: count }
}

fn bundles() -> Range<u64> {
    let Ok(asked) = std::env::var("BUNDLES") else { return BUNDLES };
    let (from, to) = asked.split_once("..").unwrap_or(("0", &asked));
    from.parse().unwrap()..to.parse().unwrap()
}

/// What is found wrong; nothing in a bundle that holds.
fn wrong(bytes: &[u8], policy: &Policy) -> Vec<Finding> {
    verify(bytes, policy).err().unwrap_or_default()
}

/// What a finding is called, without its file.
fn kind(finding: &Finding) -> String {
    let text = format!("{finding:?}");
    text.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

#[test]
fn a_bundle_holds_as_it_was_made() {
    for seed in 0..200 {
        let made = made(seed);
        let report = verify(&made.bytes, &made.policy).unwrap();
        assert_eq!(report.streams.len(), made.streams);
        assert_eq!(report.cosigned.witnesses, [("w".to_owned(), 1_700_000_000)]);
    }
}

/// A bundle of one stream of so many events.
fn long(events: usize) -> (Vec<u8>, Policy) {
    let mut chance = Chance(events as u64);
    let log = SignerKey::new("registre/test", Kind::Ed25519, &[3; 32]).unwrap();
    let (mut leaf, mut bodies, mut headers) = ([0; 32], Vec::new(), Vec::new());
    for n in 0..events {
        let body = chance.bytes(100);
        let bytes = header(&mut chance, 1, n as u64 + 1, &leaf, &body, n as i64);
        leaf = leaf_hash(&bytes);
        bodies.push(body);
        headers.push(bytes);
    }
    let leaves: Vec<Hash> = headers.iter().map(|header| leaf_hash(header)).collect();
    let (size, root) = (events as u64, root_of(&leaves));
    let checkpoint = Checkpoint { origin: "registre/test".to_owned(), size, root };
    let mut note = Note::new(checkpoint.to_string());
    note.sign(&log);
    let drafts = headers.into_iter().zip(bodies).enumerate().map(|(n, (header, body))| {
        let (index, proof) = (n as u64, path_of(n, &leaves));
        DraftEvent { index, proof, header, body, clear: None }
    });
    let head = StreamHead { category: 1, key: [1; 16], version: size, leaf };
    let draft = Draft {
        about: "contracts/x".to_owned(),
        time: "2026-10-01T12:00:00Z".to_owned(),
        software: "a test".to_owned(),
        log: "registre/test".to_owned(),
        size,
        checkpoint: note.to_string(),
        streams: vec![DraftStream { head, events: drafts.collect() }],
    };
    (write(&draft, &log).unwrap(), Policy::of_log(log.public().clone()))
}

#[test]
fn a_long_history_holds() {
    // The statement of the second is longer than any other note may be.
    for events in [500, 3_000] {
        let (bytes, policy) = long(events);
        let begin = std::time::Instant::now();
        let report = verify(&bytes, &policy).unwrap();
        println!("{events} events, {} bytes, verified in {:?}", bytes.len(), begin.elapsed());
        assert_eq!(report.streams[0].events.len(), events);
    }
}

#[test]
fn no_bit_of_a_bundle_can_be_flipped() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (mut flips, mut reasons) = (0, BTreeMap::<String, u64>::new());
    let parts: Vec<_> = std::thread::scope(|scope| {
        let part = |core: usize| {
            move || {
                let mut reasons = BTreeMap::<String, u64>::new();
                for seed in bundles().skip(core).step_by(cores) {
                    let made = made(seed);
                    let mut bytes = made.bytes.clone();
                    for bit in 0..bytes.len() * 8 {
                        bytes[bit / 8] ^= 1 << (bit % 8);
                        let found = wrong(&bytes, &made.policy);
                        bytes[bit / 8] ^= 1 << (bit % 8);
                        let first = found.first();
                        let first =
                            first.unwrap_or_else(|| panic!("seed {seed}, bit {bit}: holds"));
                        *reasons.entry(kind(first)).or_default() += 1;
                        assert!(!first.fr().is_empty() && !first.to_string().is_empty());
                    }
                }
                reasons
            }
        };
        let threads: Vec<_> = (0..cores).map(|core| scope.spawn(part(core))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (reason, count) in parts.into_iter().flatten() {
        flips += count;
        *reasons.entry(reason).or_default() += count;
    }
    println!("bundles {:?}, {flips} bits flipped, all refused: {reasons:?}", bundles());
    for reason in ["Archive", "Body", "Chain", "Checkpoint", "File", "Header", "Proof", "Statement"]
    {
        assert!(reasons.contains_key(reason), "{reason} was never the reason: {reasons:?}");
    }
}

#[test]
fn a_bundle_that_nobody_would_read_is_not_made() {
    let made = made(1);
    let lengths = unpacked(&made.bytes).into_iter().map(|(_, content)| content.len());
    assert_eq!(archive::bytes_of(lengths), made.bytes.len());
    let event = |body| DraftEvent {
        index: 0,
        proof: Vec::new(),
        header: Vec::new(),
        // Zeros that nobody reads take no memory.
        body: vec![0; body],
        clear: None,
    };
    let head = StreamHead { category: 1, key: [1; 16], version: 1, leaf: [0; 32] };
    let draft = |bodies: &[usize]| Draft {
        about: String::new(),
        time: String::new(),
        software: String::new(),
        log: String::new(),
        size: 1,
        checkpoint: String::new(),
        streams: vec![DraftStream {
            head: head.clone(),
            events: bodies.iter().copied().map(event).collect(),
        }],
    };
    let half = BUNDLE_BYTES_MAX / 2;
    let length = |bodies: &[usize]| write(&draft(bodies), &made.log).map(|bytes| bytes.len());
    assert_eq!(length(&[half, half]), Err(TooLarge));
    assert!(length(&[100, 100]).is_ok());
    let read = vec![0; BUNDLE_BYTES_MAX + 1];
    assert_eq!(wrong(&read, &made.policy), [Finding::TooLarge(BUNDLE_BYTES_MAX)]);
}

#[test]
fn a_statement_that_nobody_signed_is_not_read() {
    let made = made(1);
    let mut files = unpacked(&made.bytes);
    let stranger = SignerKey::new("registre/test", Kind::Ed25519, &[9; 32]).unwrap();
    for (key, reason) in [(&stranger, "Statement"), (&made.log, "StatementForm")] {
        let mut note = Note::new("no statement\n".to_owned());
        note.sign(key);
        files[1].1 = note.to_string().into_bytes();
        let found = wrong(&packed(&files), &made.policy);
        assert_eq!(found.iter().map(kind).collect::<Vec<_>>(), [reason]);
    }
}

type Files = Vec<(String, Vec<u8>)>;

fn unpacked(bytes: &[u8]) -> Files {
    let files = archive::read(bytes).unwrap();
    files.into_iter().map(|(path, content)| (path.to_owned(), content.to_vec())).collect()
}

fn packed(files: &Files) -> Vec<u8> {
    let mut bytes = Vec::new();
    files.iter().for_each(|(path, content)| archive::add(&mut bytes, path, content));
    archive::end(&mut bytes);
    bytes
}

/// The fields of a header and where they are; its texts and sections come after.
const FIELDS: [(&str, usize, usize); 15] = [
    ("format", 0, 1),
    ("sections", 1, 1),
    ("type", 2, 2),
    ("schema", 4, 2),
    ("event", 6, 16),
    ("category", 22, 1),
    ("stream", 23, 16),
    ("version", 39, 8),
    ("effective_on", 47, 4),
    ("recorded_at", 51, 8),
    ("request", 59, 16),
    ("index", 75, 4),
    ("digest", 79, 16),
    ("previous", 111, 32),
    ("body", 143, 32),
];

#[test]
fn no_field_of_a_bundle_can_be_changed() {
    let mut changes = 0;
    for seed in bundles() {
        let made = made(seed);
        let files = unpacked(&made.bytes);
        assert_eq!(packed(&files), made.bytes);
        let mut chance = Chance(seed ^ 0xf1e1d);
        let mut refused = |what: &str, files: &Files| {
            let found = wrong(&packed(files), &made.policy);
            assert!(!found.is_empty(), "seed {seed}: {what} holds");
            changes += 1;
            found.iter().map(kind).collect::<Vec<_>>()
        };
        for at in 0..files.len() {
            let path = files[at].0.clone();
            let mut without = files.clone();
            without.remove(at);
            let reasons = refused(&format!("without {path}"), &without);
            assert!(reasons.contains(&"Missing".to_owned()), "without {path}: {reasons:?}");
            let mut longer = files.clone();
            longer[at].1.push(b'\n');
            refused(&format!("a longer {path}"), &longer);
            let mut twice = files.clone();
            twice.push(files[at].clone());
            assert_eq!(refused(&format!("twice {path}"), &twice)[0], "Unexpected");
            let mut renamed = files.clone();
            renamed[at].0.push('x');
            refused(&format!("renamed {path}"), &renamed);
            for other in at + 1..files.len() {
                if files[other].1 != files[at].1 {
                    let mut swapped = files.clone();
                    let content = swapped[at].1.clone();
                    swapped[at].1 = std::mem::replace(&mut swapped[other].1, content);
                    refused(&format!("{path} and {} swapped", files[other].0), &swapped);
                }
            }
            if path.ends_with(".header") {
                for (name, from, length) in FIELDS {
                    let mut changed = files.clone();
                    let field = &mut changed[at].1[from..from + length];
                    let before = field.to_vec();
                    while field == before {
                        field.copy_from_slice(&chance.bytes(length as u64));
                    }
                    refused(&format!("{name} of {path}"), &changed);
                }
            }
            // Lines of texts, dropped and doubled; numbers, raised.
            if let Ok(text) = std::str::from_utf8(&files[at].1) {
                let lines: Vec<&str> = text.split_inclusive('\n').collect();
                for line in 0..lines.len() {
                    let mut fewer = lines.clone();
                    fewer.remove(line);
                    let mut more = lines.clone();
                    more.insert(line, lines[line]);
                    for (what, lines) in [("fewer", fewer), ("more", more)] {
                        let mut changed = files.clone();
                        changed[at].1 = lines.concat().into_bytes();
                        refused(&format!("{what} lines of {path}, at {line}"), &changed);
                    }
                }
                for (start, digit) in text.bytes().enumerate().filter(|(_, b)| b.is_ascii_digit()) {
                    let mut changed = files.clone();
                    changed[at].1[start] = b'0' + (digit - b'0' + 1) % 10;
                    refused(&format!("digit {start} of {path}"), &changed);
                }
            }
        }
        let mut added = files.clone();
        added.push(("more.txt".to_owned(), b"more".to_vec()));
        assert_eq!(refused("one more file", &added)[0], "Unexpected");
    }
    println!("bundles {:?}, {changes} fields changed, all refused", bundles());
    assert!(changes > 300 * bundles().count());
}

#[test]
fn no_two_files_of_a_bundle_can_change_places() {
    for seed in bundles() {
        let made = made(seed);
        let files = unpacked(&made.bytes);
        for one in 0..files.len() {
            for other in one + 1..files.len() {
                let mut exchanged = files.clone();
                exchanged.swap(one, other);
                // The first of the two places has the file of the second.
                let path = files[other].0.clone();
                let found = wrong(&packed(&exchanged), &made.policy);
                assert_eq!(found, [Finding::Place { path }], "seed {seed}: {one} and {other}");
                assert!(found[0].fr().contains(&files[other].0));
            }
            // One that is moved to the end, all others staying in their order.
            let mut moved = files.clone();
            let file = moved.remove(one);
            moved.push(file);
            let found = wrong(&packed(&moved), &made.policy);
            let kinds: Vec<String> = found.iter().map(kind).collect();
            assert_eq!(kinds, vec!["Place"; usize::from(one + 1 < files.len())]);
        }
    }
}

#[test]
fn each_forgery_has_its_own_reason() {
    let made = (0..).map(made).find(|made| {
        made.streams == 1
            && unpacked(&made.bytes).iter().any(|(path, _)| path.ends_with("3.header"))
    });
    let Made { bytes, policy, log, .. } = made.unwrap();
    let files = unpacked(&bytes);
    let find = |what: &str| files.iter().position(|(path, _)| path.ends_with(what)).unwrap();
    let first = |files: &Files| kind(&wrong(&packed(files), &policy)[0]);
    let change = |what: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut files = files.clone();
        change(&mut files[find(what)].1);
        first(&files)
    };
    let other_stream = change("1.header", &|header| header[30] ^= 1);
    let moved = change("2.header", &|header| header[39] = 9);
    let chain = change("2.header", &|header| header[111] ^= 1);
    let body = change("2.body", &|body| body.push(0));
    let time = change("1.header", &|header| header[58] = 0x40);
    let proof = change("2.proof", &|proof| {
        let text = String::from_utf8(proof.clone()).unwrap();
        *proof = text.replacen("index ", "index 1", 1).into_bytes();
    });
    let other = change("2.proof", &|proof| {
        let end = proof.len() - 1;
        proof.truncate(end);
    });
    let found = [&other_stream, &moved, &chain, &body, &proof, &other];
    assert_eq!(found, ["Stream", "Version", "Chain", "Body", "Proof", "OtherCheckpoint"]);
    assert!(["Proof", "Order"].contains(&time.as_str()), "{time}");
    // The log itself signs a statement that says less than its tree: only the end is cut.
    let draft = |statement: &str| {
        let mut note = Note::new(statement.to_owned());
        note.sign(&log);
        let mut files = files.clone();
        files[1].1 = note.to_string().into_bytes();
        files
    };
    let text = String::from_utf8(files[1].1.clone()).unwrap();
    let statement = text.split_once("\n\n").unwrap().0.to_owned() + "\n";
    let stream = statement.lines().find(|line| line.starts_with("stream")).unwrap();
    let words: Vec<&str> = stream.split(' ').collect();
    let cut = format!("stream {} {} 2 {}", words[1], words[2], words[4]);
    assert_eq!(first(&draft(&statement.replace(stream, &cut))), "Head");
    assert_eq!(first(&draft(&statement.replace("\nsize ", "\nsize 1"))), "StatementTree");
    assert_eq!(first(&draft(&statement.replace("time", "date"))), "StatementForm");
    // Nor a bundle of nothing, or of another history than it says.
    assert_eq!(first(&draft(&statement.replace(&format!("{stream}\n"), ""))), "NoHistory");
    let other = statement.replace("about contracts/x", "about enrolments/x");
    assert_eq!(first(&draft(&other)), "OtherHistory");
    let own = format!("about enrolments/{}", words[2]);
    assert_eq!(wrong(&packed(&draft(&statement.replace("about contracts/x", &own))), &policy), []);
    let forger = SignerKey::new("registre/test", Kind::Ed25519, &[9; 32]).unwrap();
    let mut note = Note::new(statement);
    note.sign(&forger);
    let mut forged = files.clone();
    forged[1].1 = note.to_string().into_bytes();
    assert_eq!(first(&forged), "Statement");
    let alone = Policy::of_log(forger.public().clone());
    assert_eq!(kind(&wrong(&bytes, &alone)[0]), "Checkpoint");
    let stranger = SignerKey::new("registre/other", Kind::Ed25519, &[3; 32]).unwrap();
    assert_eq!(kind(&wrong(&bytes, &Policy::of_log(stranger.public().clone()))[0]), "UnknownLog");
    let witness = SignerKey::new("w2.example", Kind::Cosignature, &[5; 32]).unwrap();
    let more = format!("log {}\nwitness w {}\nquorum w\n", log.public(), witness.public());
    assert_eq!(kind(&wrong(&bytes, &more.parse().unwrap())[0]), "Quorum");
    assert_eq!(kind(&wrong(&[0; 100], &policy)[0]), "Archive");
}
