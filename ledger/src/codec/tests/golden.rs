//! The bytes of one event of each type, for ever.
//!
//! The files are made by `REGENERATE=1 cargo test -p ledger golden`, once, when
//! a type or a schema version is added. A difference in a file that exists is a
//! change of format: it needs a new schema version and an upcaster, never a new
//! file.

use super::{Bench, samples};
use crate::codec::types::TypeCode;
use crate::codec::{Closed, CodecError, decode};
use crate::record::{Content, Header, StoredRecord};
use domain::cerfa::codes::ContractType;
use domain::contract::ContractEvent;
use domain::enrolment::Opened;
use domain::event::Event;
use domain::ids::Position;
use std::fmt::Write;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn hex(out: &mut String, title: &str, bytes: &[u8]) {
    writeln!(out, "{title}").unwrap();
    for line in bytes.chunks(32) {
        let line: String = line.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(out, "  {line}").unwrap();
    }
}

fn text_of(record: &StoredRecord) -> String {
    let mut out = String::new();
    hex(&mut out, "header", &record.header_bytes);
    hex(&mut out, "body", &record.body);
    for (named, content) in record.header.sections.iter().zip(&record.sections) {
        let Content::Sealed(bytes) = content else { panic!("nothing was erased") };
        hex(&mut out, &format!("section {}", named.kind), bytes);
    }
    hex(&mut out, "leaf", &record.leaf());
    out
}

#[test]
fn golden_bytes_of_every_type_do_not_change() {
    let regenerate = std::env::var_os("REGENERATE").is_some();
    for (n, (name, event)) in (1..).zip(samples::all()) {
        // A bench of its own, so that a new type changes no other file.
        let bench = Bench::new();
        let record = bench.store(n, &event);
        let text = text_of(&record);
        let version = record.header.schema_version;
        let path = folder().join(format!("{:02}-{name}-v{version}.txt", record.header.type_code));
        if regenerate {
            std::fs::write(&path, &text).unwrap();
        }
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text, stored, "{} changed", path.display());
        assert_eq!(bench.read(&record).unwrap(), event);
    }
}

#[test]
fn golden_files_cover_every_type_code() {
    let names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for of in TypeCode::ALL {
        for version in 1..=of.schema() {
            let name = format!("{:02}-{}-v{version}.txt", of.code(), of.name());
            assert!(names.contains(&name), "{name} is missing");
        }
    }
}

/// The record of a golden file without a section.
fn landed(name: &str) -> StoredRecord {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    let part = |title: &str| {
        let lines = text.lines().skip_while(|line| *line != title).skip(1);
        let digits: String =
            lines.take_while(|line| line.starts_with(' ')).map(str::trim).collect();
        let pairs = (0..digits.len()).step_by(2).map(|at| &digits[at..at + 2]);
        pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect::<Vec<u8>>()
    };
    let header_bytes = part("header");
    let record = StoredRecord {
        position: Position(1),
        header: Header::decode(&header_bytes).unwrap(),
        header_bytes: header_bytes.into(),
        body: part("body").into(),
        sections: Vec::new(),
    };
    record.verify().unwrap();
    assert_eq!(record.leaf().as_slice(), part("leaf"));
    record
}

#[test]
fn an_amendment_of_the_first_schema_says_its_type_in_the_open_and_is_read_for_ever() {
    let record = landed("113-AmendmentDrafted-v1.txt");
    let kind = Opened::Clear(ContractType::OtherChange);
    let event = ContractEvent::AmendmentDrafted { kind, own_conclusion: false };
    let on = "2026-10-01".parse().unwrap();
    assert_eq!(decode(&record, &Closed), Ok(Event::Contract(event, on)));
}

#[test]
fn an_amendment_whose_type_is_nowhere_or_twice_is_refused_not_guessed() {
    let mut record = landed("113-AmendmentDrafted-v1.txt");
    let body = std::mem::take(&mut record.body);
    assert!(matches!(decode(&record, &Closed), Err(CodecError::Malformed { .. })));
    let kind = Opened::Clear(ContractType::ExtensionDisability);
    let on = "2026-10-01".parse().unwrap();
    let bench = Bench::new();
    let event =
        Event::Contract(ContractEvent::AmendmentDrafted { kind, own_conclusion: false }, on);
    let record = StoredRecord { body, ..bench.store(1, &event) };
    assert!(matches!(bench.read(&record), Err(CodecError::Malformed { .. })));
}
