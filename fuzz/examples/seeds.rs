//! Writes the corpus's first inputs: what the project itself writes, so that a target begins
//! where a parser takes something. `cargo run -p fuzz --example seeds`.

#![allow(clippy::unwrap_used, reason = "a tool for who works on the fuzzing")]

use domain::dossier::{Field, RawDossier, RawValue, example_row};
use domain::ids::{
    Category, EventId, Instant, Position, RequestId, Source, StreamId, StreamKey, SubjectId,
};
use domain::rules::RuleSet;
use fuzz::note::key;
use grpc::pages::Cursor;
use ledger::ManualClock;
use ledger::journal::Journal;
use ledger::journal::embedded::{EmbeddedJournal, Options, segment_files};
use ledger::random::SeededRandom;
use ledger::record::{AppendRequest, Expected, NewRecord, Origin, SealedSection, StoredRecord};
use registre::files::to_json;
use seal::bundle::{Draft, DraftEvent, DraftStream, StreamHead};
use seal::witness::AddCheckpoint;
use seal::{Checkpoint, Frontier, Hash, Kind, Note, SignerKey, TlogProof};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn main() {
    let records = segment();
    leaves(&records);
    texts(&records);
    rows();
    let cursor = Cursor {
        position: Position(812),
        as_of: "2026-03-01".parse().ok(),
        rules: Some(RuleSet::R2),
        reference_set: "6f5d".to_owned(),
        last: vec![1; 16],
    };
    let said = r#"{"type":"signature.completed","contract":"07070707-0707-0707-0707-070707070707","round":0,"request":1,"document":"d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0","party":"employer","account":"6f9619ff-8b86-d011-b42d-00cf4fc964ff"}"#;
    put("notice", "completed", said.as_bytes());
    let refused =
        said.replace("completed", "refused").replace('}', r#","reason":"une \u00e9rreur"}"#);
    put("notice", "refused", refused.as_bytes());
    put("notice", "other-account", said.replace("6f9619ff-", "").as_bytes());
    put("page_token", "first", &Cursor::default().to_bytes());
    put("page_token", "later", &cursor.to_bytes());
}

fn put(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), bytes).unwrap();
}

/// A segment of three groups, and its records.
fn segment() -> Vec<StoredRecord> {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Instant(1_790_856_000_000_000)));
    let options =
        Options { segment_bytes: 16 * 1024, ..Options::new(clock, Arc::new(SeededRandom::new(1))) };
    let journal = EmbeddedJournal::open(folder.path(), &options).unwrap();
    let stream = StreamId { category: Category::Enrolment, key: StreamKey([7; 16]) };
    for n in 0..3_u8 {
        let sections = (0..n).map(|kind| SealedSection {
            subject: SubjectId([5; 16]),
            kind: kind + 1,
            bytes: vec![0xab; 40],
        });
        let record = NewRecord {
            event_id: EventId([n + 1; 16]),
            type_code: 8,
            schema_version: 1,
            effective_on: "2026-03-01".parse().unwrap(),
            corrects: None,
            body: vec![n; 20],
            sections: sections.collect(),
        };
        let origin = Origin {
            source: Source::parse("erp-one").unwrap(),
            actor: String::new(),
            request_id: RequestId([n + 1; 16]),
            digest: [n; 16],
        };
        let request = AppendRequest::new(stream, Expected::Any, origin, &[record]).unwrap();
        futures::executor::block_on(journal.append(request)).unwrap();
    }
    let records = journal.read_after(Position(0), 10).unwrap();
    drop(journal);
    let bytes = fs::read(&segment_files(folder.path()).unwrap()[0]).unwrap();
    put("segment", "three-groups", &bytes);
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    put("segment", "short", &bytes[..used]);
    put("segment", "torn", &bytes[..used - 30]);
    records
}

/// One of each type of event, from the golden records.
fn leaves(records: &[StoredRecord]) {
    let seed = |header: &[u8], body: &[u8]| {
        [&u16::try_from(header.len()).unwrap().to_le_bytes()[..], header, body].concat()
    };
    put("leaf", "sections", &seed(&records[2].header_bytes, &records[2].body));
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ledger/tests/golden");
    for path in fs::read_dir(golden).unwrap().map(|entry| entry.unwrap().path()) {
        let text = fs::read_to_string(&path).unwrap();
        let part = |name: &str| {
            let lines = text.lines().skip_while(|line| *line != name).skip(1);
            let digits: String =
                lines.take_while(|line| line.starts_with(' ')).map(str::trim).collect();
            let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
            (0..digits.len()).step_by(2).map(byte).collect::<Vec<u8>>()
        };
        let name: PathBuf = path.file_stem().unwrap().into();
        if text.starts_with("header") {
            put("leaf", name.to_str().unwrap(), &seed(&part("header"), &part("body")));
        }
    }
}

/// What is signed: notes, checkpoints, proofs, a policy, a bundle.
fn texts(records: &[StoredRecord]) {
    let mut tree = Frontier::default();
    records.iter().for_each(|record| tree.append(record.leaf()));
    let leaves: Vec<Hash> = records.iter().map(StoredRecord::leaf).collect();
    let log = key().public().name().to_owned();
    let checkpoint = Checkpoint { origin: log.clone(), size: 3, root: tree.root() };
    put("checkpoint", "text", checkpoint.to_string().as_bytes());
    let mut note = Note::new(checkpoint.to_string());
    note.sign(&key());
    let witness = SignerKey::new("w.example", Kind::Cosignature, &[4; 32]).unwrap();
    let alone = note.to_string();
    seal::cosignature::cosign(&mut note, &witness, 1_790_856_000);
    put("checkpoint", "signed", alone.as_bytes());
    put("note", "cosigned", note.to_string().as_bytes());
    put("note", "key", key().public().to_string().as_bytes());
    put("note", "secret", key().to_secret().as_bytes());
    let request =
        AddCheckpoint { old: 1, proof: vec![leaves[1], leaves[2]], checkpoint: alone.clone() };
    put("checkpoint", "request", request.to_string().as_bytes());
    let proofs = [
        vec![leaves[1], leaves[2]],
        vec![leaves[0], leaves[2]],
        vec![seal::node_hash(&leaves[0], &leaves[1])],
    ];
    for (index, hashes) in (0..).zip(&proofs) {
        // The second one is a receipt.
        let extra = (index == 1).then(|| records[1].header_bytes.to_vec());
        let proof = TlogProof { extra, index, hashes: hashes.clone(), checkpoint: alone.clone() };
        put("proof", &format!("of-{index}"), proof.to_string().as_bytes());
    }
    put("proof", "tile", b"tile/1/x001/234.p/5");
    put("proof", "numbers", &[&3_u64.to_le_bytes()[..], &5_u64.to_le_bytes(), &[6; 96]].concat());
    let policy = format!(
        "log {}\nwitness one {}\ngroup both any one\nquorum both\n",
        key().public(),
        witness.public()
    );
    assert!(policy.parse::<seal::Policy>().is_ok(), "{policy}");
    put("policy", "group", policy.as_bytes());
    let events = records.iter().zip(proofs).zip(0..).map(|((record, proof), index)| DraftEvent {
        index,
        proof,
        header: record.header_bytes.to_vec(),
        body: record.body.to_vec(),
        clear: (index == 1).then(|| "{}".to_owned()),
    });
    let last = leaves[2];
    let draft = Draft {
        about: "contracts/x".to_owned(),
        time: "2026-10-01T12:00:00Z".to_owned(),
        software: "registre".to_owned(),
        log,
        size: 3,
        checkpoint: alone,
        streams: vec![DraftStream {
            head: StreamHead {
                category: records[0].header.stream.category as u8,
                key: [7; 16],
                version: 3,
                leaf: last,
            },
            events: events.collect(),
        }],
    };
    let bundle = seal::bundle::write(&draft, &key()).unwrap();
    let policy = seal::Policy::of_log(key().public().clone());
    assert_eq!(seal::bundle::verify(&bundle, &policy).err(), None);
    put("bundle", "three-events", &bundle);
}

/// The example row in each of its forms, without what a target writes before it.
fn rows() {
    let row = example_row();
    put("json", "example", &to_json(std::slice::from_ref(&row))[1..]);
    put(
        "json",
        "odd",
        br#"{"annee_formation": "2.0", "rqth_apprenant": "OUI", "x": [], "ine_apprenant": null}]"#,
    );
    let text = |value: &RawValue| match value {
        RawValue::Text(text) => text.clone(),
        RawValue::Int(number) => number.to_string(),
        RawValue::Bool(yes) => yes.to_string(),
    };
    let columns = |row: &RawDossier| {
        let rest = row.present().filter(|(field, _)| *field != Field::NomApprenant);
        let (names, values): (Vec<_>, Vec<_>) =
            rest.map(|(field, value)| (field.name(), text(value))).unzip();
        format!("{}\nNOM;{}\n", names.join(";"), values.join(";"))
    };
    put("csv", "example", columns(&row).as_bytes());
    put("csv", "quoted", b"prenom_apprenant\n\"a;\"\"b\"\"\";\xe9\n;\n");
    let lines: Vec<Vec<u8>> = row
        .present()
        .map(|(field, value)| [&[field as u8][..], text(value).as_bytes()].concat())
        .collect();
    put("row", "example", &lines.join(&0xff));
}
