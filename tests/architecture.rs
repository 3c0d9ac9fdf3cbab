//! The rooms stand where docs/ARCHITECTURE.md says, and stay readable.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};

/// A room and all that it may import of ours.
const WAYS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("access", &["domain"]),
    ("seal", &[]),
    ("proto", &[]),
    ("tables", &[]),
    ("ledger", &["domain", "seal", "proto", "tables"]),
    ("tlog", &["access", "seal", "ledger"]),
    ("projections", &["domain", "tables"]),
    ("grpc", &["domain", "access", "seal", "proto", "ledger", "projections"]),
    ("bench", &["domain", "proto", "ledger"]),
    ("fuzz", &["domain", "seal", "ledger", "grpc"]),
];

/// What a pure room must not know: runtimes, disks, networks, clocks, chance.
const IMPURE: &[&str] = &["tokio", "tonic", "sqlx", "fs-err", "getrandom", "rand"];

/// The longest file, in lines.
const LONGEST_FILE: usize = 600;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names under `[dependencies]` of a room, without its dev-dependencies.
fn dependencies(room: &str) -> Vec<String> {
    let manifest = fs::read_to_string(root().join(room).join("Cargo.toml")).unwrap();
    manifest
        .lines()
        .skip_while(|line| line.trim() != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', '=', ' ']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && name != "generated" && !name.starts_with('.') {
            rust_files(&path, into);
        } else if name.ends_with(".rs") {
            into.push(path);
        }
    }
}

fn all_rust_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    rust_files(root(), &mut files);
    assert!(files.len() > 50, "the walk lost its way: {} files", files.len());
    files
}

#[test]
fn nothing_imports_upward() {
    let rooms: Vec<&str> = WAYS.iter().map(|(room, _)| *room).collect();
    for (room, allowed) in WAYS {
        let found = dependencies(room);
        assert!(!found.is_empty(), "{room} has no dependencies: is its manifest read?");
        for name in found.iter().filter(|name| rooms.contains(&name.as_str())) {
            assert!(allowed.contains(&name.as_str()), "{room} must not import {name}");
        }
    }
}

#[test]
fn pure_rooms_know_no_clock_disk_network_or_chance() {
    for room in ["domain", "seal"] {
        for name in dependencies(room) {
            assert!(!IMPURE.contains(&name.as_str()), "{room} is pure and imports {name}");
        }
    }
}

#[test]
fn no_file_is_longer_than_a_few_screens() {
    let long: Vec<String> = all_rust_files()
        .iter()
        .map(|path| (path, fs::read_to_string(path).unwrap().lines().count()))
        .filter(|(_, lines)| *lines > LONGEST_FILE)
        .map(|(path, lines)| format!("{} has {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "over {LONGEST_FILE} lines:\n{}", long.join("\n"));
}

#[test]
fn no_test_is_ignored() {
    let marker = concat!("#[", "ignore");
    let ignored: Vec<String> = all_rust_files()
        .iter()
        .filter(|path| fs::read_to_string(path).unwrap().contains(marker))
        .map(|path| path.display().to_string())
        .collect();
    assert!(ignored.is_empty(), "tests that nobody runs: {ignored:?}");
}

#[test]
fn every_room_says_what_it_is() {
    for (room, _) in WAYS {
        let text = fs::read_to_string(root().join(room).join("src/lib.rs")).unwrap();
        assert!(text.starts_with("//! "), "{room}/src/lib.rs has no map at its top");
    }
}
