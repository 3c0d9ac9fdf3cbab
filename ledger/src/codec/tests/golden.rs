//! The bytes of one event of each type, for ever.
//!
//! The files are made by `REGENERATE=1 cargo test -p ledger golden`, once, when
//! a type or a schema version is added. A difference in a file that exists is a
//! change of format: it needs a new schema version and an upcaster, never a new
//! file.

use super::{Bench, samples};
use crate::codec::types::TypeCode;
use crate::record::{Content, StoredRecord};
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
        let name = format!("{:02}-{}-v1.txt", of.code(), of.name());
        assert!(names.contains(&name), "{name} is missing");
    }
}
