//! The log of reads: its chain, its days, what is deleted of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use access::keyring::{Keyring, NewKey};
use access::log::{AccessLog, Line, read};
use access::{Call, Gate, Role, Scope, Sources, Tenant};
use domain::ids::Instant;
use std::path::Path;

/// Seconds after a moment of 28 May 2026.
fn at(seconds: i64) -> Instant {
    Instant(1_780_000_000_000_000 + seconds * 1_000_000)
}

fn auditor() -> NewKey {
    NewKey {
        name: "auditor".into(),
        environment: "test".into(),
        role: Role::Auditor,
        scope: Scope::Region("84".into()),
        sources: Sources::default(),
        days: 30,
        calls_per_minute: None,
    }
}

fn lines(data: &Path) -> Vec<Line> {
    let mut lines = Vec::new();
    let checked = read(data, |line| lines.push(line.clone())).unwrap();
    assert_eq!(checked.broken, []);
    lines
}

#[test]
fn a_log_that_was_changed_says_where_and_one_cut_in_a_line_goes_on() {
    let (folder, log, tenant) = reader();
    for n in 0..5 {
        log.record(&tenant, &format!("contracts/{n}"), at(n)).unwrap();
    }
    drop(log);
    let path = folder.path().join("access/log/2026-05-28.jsonl");
    let whole = fs_err::read_to_string(&path).unwrap();
    let rows: Vec<&str> = whole.lines().collect();
    let broken = |text: String| {
        fs_err::write(&path, text).unwrap();
        let checked = read(folder.path(), |_| {}).unwrap();
        checked.broken.iter().map(|broken| broken.line).collect::<Vec<_>>()
    };
    let join = |rows: &[&str]| rows.join("\n") + "\n";
    assert_eq!(broken(whole.replace("contracts/2", "contracts/9")), [4], "changed");
    assert_eq!(broken(join(&[&rows[..2], &rows[3..]].concat())), [3], "dropped");
    assert_eq!(broken(join(&[rows[1], rows[0], rows[2]])), [1, 2, 3], "swapped");
    assert_eq!(broken(join(&[rows[0], rows[0]])), [2], "doubled");
    assert_eq!(broken(format!("{}{{\"at\"", join(&rows[..3]))), [4], "cut in a line");
    let log = AccessLog::open(folder.path(), at(8)).unwrap();
    log.record(&tenant, "contracts/8", at(8)).unwrap();
    assert_eq!(lines(folder.path()).len(), 4);
}

/// A log that begins in May 2026, and an auditor who reads.
fn reader() -> (tempfile::TempDir, AccessLog, Tenant) {
    let folder = tempfile::tempdir().unwrap();
    let key = Keyring::of(folder.path()).create(auditor(), at(0)).unwrap();
    let gate = Gate::open(folder.path()).unwrap();
    let known = gate.recognise(Some(key.text()), [127, 0, 0, 1].into(), at(1)).unwrap();
    let tenant = gate.admit(known, Call::GetContract, Some("why"), at(1)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let log = AccessLog::open(folder.path(), at(0)).unwrap();
    (folder, log, tenant)
}

const DAY: i64 = 86_400;

#[test]
fn neither_midnight_nor_a_clock_that_goes_back_breaks_the_chain() {
    let (folder, log, tenant) = reader();
    // Two reads at midnight, of which the earlier is written last; then the clock is set back.
    for (n, second) in [(0, 10), (1, DAY), (2, DAY - 1), (3, -30 * DAY), (4, 2 * DAY)] {
        log.record(&tenant, &format!("contracts/{n}"), at(second)).unwrap();
    }
    drop(log);
    let log = AccessLog::open(folder.path(), at(DAY)).unwrap();
    log.record(&tenant, "contracts/5", at(DAY)).unwrap();
    let read: Vec<String> = lines(folder.path()).into_iter().map(|line| line.of).collect();
    assert_eq!(read, (0..6).map(|n| format!("contracts/{n}")).collect::<Vec<_>>());
}

#[test]
fn reading_goes_on_after_a_line_that_does_not_follow() {
    let (folder, log, tenant) = reader();
    for n in 0..4 {
        log.record(&tenant, &format!("contracts/{n}"), at(n * DAY)).unwrap();
    }
    fs_err::remove_file(folder.path().join("access/log/2026-05-29.jsonl")).unwrap();
    let mut told = Vec::new();
    let checked = read(folder.path(), |line| told.push(line.of.clone())).unwrap();
    assert_eq!(told, ["contracts/0", "contracts/2", "contracts/3"]);
    assert_eq!(checked.broken.len(), 1);
    assert_eq!((&*checked.broken[0].file, checked.broken[0].line), ("2026-05-30.jsonl", 1));
}

#[test]
fn lines_are_deleted_after_a_year_and_those_that_stay_are_still_a_whole_chain() {
    let (folder, log, tenant) = reader();
    let file = |name: &str| folder.path().join(format!("access/log/{name}.jsonl"));
    for n in 0..4 {
        log.record(&tenant, &format!("contracts/{n}"), at(n * DAY)).unwrap();
    }
    // Purged while no year is over.
    assert_eq!(log.purge(at(100 * DAY)).unwrap(), None);
    assert_eq!(lines(folder.path()).len(), 4);
    let first = fs_err::read(file("2026-05-28")).unwrap();
    let dropped = log.purge(at(367 * DAY)).unwrap().unwrap();
    assert_eq!((dropped.lines, &*dropped.until), (2, "2026-05-30"));
    log.record(&tenant, "contracts/4", at(367 * DAY)).unwrap();
    let told: Vec<String> = lines(folder.path()).into_iter().map(|line| line.of).collect();
    assert_eq!(told, ["contracts/2", "contracts/3", "2 lines before 2026-05-30", "contracts/4"]);
    let checked = read(folder.path(), |_| {}).unwrap();
    assert_eq!(checked.dropped, Some(dropped));
    // A server that stopped between the line and the deletion: the file is there again.
    fs_err::write(file("2026-05-28"), &first).unwrap();
    let without_the_second = read(folder.path(), |_| {}).unwrap();
    assert_eq!(without_the_second.broken.len(), 1, "this one never was: a day between is gone");
    fs_err::remove_file(file("2026-05-28")).unwrap();
    // Somebody deletes one day more.
    fs_err::remove_file(file("2026-05-30")).unwrap();
    let broken = read(folder.path(), |_| {}).unwrap().broken;
    assert_eq!((broken.len(), &*broken[0].file), (1, "2026-05-31.jsonl"));
    // The next deletion does not hide it: its line does not follow the one of the first.
    log.purge(at(400 * DAY)).unwrap().unwrap();
    let broken = read(folder.path(), |_| {}).unwrap().broken;
    assert_eq!(broken.len(), 1);
    assert!(broken[0].what.contains("missing between"), "{broken:?}");
}

#[test]
fn lines_about_deletions_are_deleted_in_their_turn() {
    let (folder, log, tenant) = reader();
    for day in [0, 400, 800, 1_200] {
        log.record(&tenant, "contracts/1", at(day * DAY)).unwrap();
        log.purge(at(day * DAY)).unwrap();
        assert_eq!(read(folder.path(), |_| {}).unwrap().broken, [], "day {day}");
    }
    assert_eq!(lines(folder.path()).len(), 2, "the newest read and the newest deletion");
}

#[test]
fn a_chain_that_was_broken_when_it_was_deleted_is_told_by_the_line_that_says_so() {
    let (folder, log, tenant) = reader();
    for n in 0..3 {
        log.record(&tenant, &format!("contracts/{n}"), at(n)).unwrap();
    }
    let path = folder.path().join("access/log/2026-05-28.jsonl");
    let text = fs_err::read_to_string(&path).unwrap();
    fs_err::write(&path, text.replace("contracts/1", "contracts/9")).unwrap();
    log.record(&tenant, "contracts/4", at(500 * DAY)).unwrap();
    assert_eq!(log.purge(at(500 * DAY)).unwrap().unwrap().broken, 1);
    let broken = read(folder.path(), |_| {}).unwrap().broken;
    assert!(broken.len() == 1 && broken[0].what.contains("were not a whole chain"), "{broken:?}");
}

#[test]
fn a_purge_that_stopped_after_its_line_is_made_good() {
    let (folder, log, tenant) = reader();
    log.record(&tenant, "contracts/0", at(0)).unwrap();
    log.record(&tenant, "contracts/1", at(500 * DAY)).unwrap();
    let path = folder.path().join("access/log/2026-05-28.jsonl");
    let old = fs_err::read(&path).unwrap();
    log.purge(at(500 * DAY)).unwrap().unwrap();
    fs_err::write(&path, old).unwrap();
    assert_eq!(lines(folder.path()).len(), 3, "whole, with what the line says is gone");
    log.purge(at(500 * DAY)).unwrap().unwrap();
    assert!(!path.exists());
    assert_eq!(lines(folder.path()).len(), 3);
}

#[test]
fn a_log_that_is_read_while_days_of_it_are_deleted_is_whole() {
    let (folder, log, tenant) = reader();
    for day in [0, 1, 2, 500] {
        log.record(&tenant, "contracts/1", at(day * DAY)).unwrap();
    }
    let file = |name: &str| folder.path().join(format!("access/log/{name}.jsonl"));
    let later = ["2026-05-29", "2026-05-30"].map(|name| (name, fs_err::read(file(name)).unwrap()));
    let dropped = log.purge(at(500 * DAY)).unwrap();
    // The first day is gone, the others are not yet.
    for (name, bytes) in &later {
        fs_err::write(file(name), bytes).unwrap();
    }
    let checked = read(folder.path(), |_| {}).unwrap();
    assert_eq!((checked.broken, checked.dropped), (Vec::new(), dropped));
    // Without the last day that the line names, somebody else deleted: the chain says so.
    fs_err::remove_file(file("2026-05-30")).unwrap();
    assert_eq!(read(folder.path(), |_| {}).unwrap().broken.len(), 2);
}

#[test]
fn who_records_a_read_does_not_wait_for_who_reads_the_log() {
    let (folder, log, tenant) = reader();
    log.record(&tenant, "contracts/1", at(1)).unwrap();
    // A day that is read as slowly as its writer likes.
    let slow = folder.path().join("access/log/2026-05-01.jsonl");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &slow, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let log = std::sync::Arc::new(log);
    let (done, recorded) = std::sync::mpsc::channel();
    let reading = {
        let log = std::sync::Arc::clone(&log);
        std::thread::spawn(move || log.reads_of(&["contracts/1".to_owned()]).unwrap())
    };
    // Opened once the reader has opened it too: from here on it reads, up to the end of that day.
    let end_of_day = fs_err::OpenOptions::new().write(true).open(&slow).unwrap();
    let recording = std::thread::spawn(move || {
        log.record(&tenant, "contracts/2", at(2)).unwrap();
        done.send(()).unwrap();
    });
    let recorded = recorded.recv_timeout(std::time::Duration::from_secs(60));
    drop(end_of_day);
    assert!(recorded.is_ok(), "a read is recorded only once the log is read");
    recording.join().unwrap();
    let (found, whole) = reading.join().unwrap();
    assert_eq!((found.len(), whole), (1, true));
}

#[test]
fn a_file_that_was_listed_and_is_gone_is_no_longer_there() {
    let (folder, log, tenant) = reader();
    log.record(&tenant, "contracts/1", at(1)).unwrap();
    // A link to nothing is listed and cannot be opened, as what is deleted in between.
    let gone = folder.path().join("access/log/2026-05-01.jsonl");
    std::os::unix::fs::symlink(folder.path().join("nowhere"), gone).unwrap();
    let (found, whole) = log.reads_of(&["contracts/1".to_owned()]).unwrap();
    assert_eq!((found.len(), whole), (1, true));
    assert_eq!(lines(folder.path()).len(), 1);
}
