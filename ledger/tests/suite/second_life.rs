//! What an opening makes durable, seen from outside: a process that opens what
//! another left runs under strace, as in the root `tests/sync_before_answer.rs`.

use crate::recovery::{groups, last_segment, open, written};
use crate::support::{append, ledger, stream};
use ledger::journal::Journal;
use ledger::record::Expected;
use std::path::Path;
use std::process::Command;

/// Names the folder that the traced process opens.
const FOLDER: &str = "LEDGER_SECOND_LIFE";
/// What the traced process says once it shows events.
const OPENED: &str = "the second life shows its events";

/// Not a test of its own: what [`traced`] runs, in a process of its own.
#[test]
fn the_journal_opens_in_a_second_life() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let journal = open(Path::new(&folder)).expect("it opens");
    eprintln!("{OPENED}");
    drop(journal);
}

/// As above, of a whole data folder.
#[test]
fn the_ledger_opens_in_its_first_life() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    drop(ledger(Path::new(&folder)));
    eprintln!("{OPENED}");
}

/// Runs one of the above under strace and gives the lines of its trace.
fn traced(test: &str, folder: &Path, more: &[&str]) -> Vec<String> {
    let trace = tempfile::NamedTempFile::new().unwrap();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-s", "64", "-e", "trace=fsync,fdatasync,pwrite64,write"]);
    strace.args(more).arg("-o").arg(trace.path()).arg(std::env::current_exe().unwrap());
    strace.args(["--exact", "--nocapture"]).arg(format!("second_life::{test}"));
    let run = strace.env(FOLDER, folder).output();
    run.expect("strace is missing: install the package `strace`");
    let text = std::fs::read_to_string(&trace).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// The first line after another that has all of some words.
fn line(trace: &[String], after: usize, words: &[&str]) -> usize {
    let has = |line: &String| words.iter().all(|word| line.contains(word));
    let found = trace.iter().skip(after).position(has);
    after + found.unwrap_or_else(|| panic!("no line after {after} has {words:?}: {trace:#?}"))
}

/// A folder that strace shows by the name that it is opened by.
fn folder() -> (tempfile::TempDir, std::path::PathBuf) {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().canonicalize().unwrap().join("data");
    (outer, path)
}

#[test]
fn what_an_opening_shows_was_written_again_and_synced_before() {
    let (_outer, folder) = folder();
    written(&folder, 3);
    let path = last_segment(&folder);
    let [.., start, end] = groups(&std::fs::read(&path).unwrap())[..] else { panic!() };
    let trace = traced("the_journal_opens_in_a_second_life", &folder, &[]);
    let segment = format!("<{}>", path.display());
    // A sync alone would lie after one that failed: the pages are marked clean by then.
    let group = format!(", {}, {start}", end - start);
    let rewritten = line(&trace, 0, &["pwrite64(", &segment, &group]);
    let synced = line(&trace, rewritten, &["fsync(", &segment]);
    let log = format!("<{}>", folder.join("log").display());
    let named = line(&trace, 0, &["fsync(", &log]);
    let opened = line(&trace, 0, &["write(2", OPENED]);
    assert!(synced < opened && named < opened, "{trace:#?}");
}

#[test]
fn an_opening_whose_sync_fails_shows_nothing_and_the_next_one_everything() {
    let (_outer, folder) = folder();
    let heads = written(&folder, 3);
    let fails = ["-e", "inject=fsync:error=EIO"];
    let trace = traced("the_journal_opens_in_a_second_life", &folder, &fails);
    assert!(trace.iter().any(|line| line.contains("(INJECTED)")), "{trace:#?}");
    assert!(!trace.iter().any(|line| line.contains(OPENED)), "{trace:#?}");
    let journal = open(&folder).unwrap();
    assert_eq!(Some(journal.head()), heads.last().copied());
    let next = append(stream(9), Expected::NoStream, 50, 1);
    crate::recovery::rt().block_on(journal.append(next)).unwrap();
}

#[test]
fn the_names_in_a_new_data_folder_are_durable_before_it_is_used() {
    let (outer, parent) = folder();
    let folder = parent.join("new");
    let trace = traced("the_ledger_opens_in_its_first_life", &folder, &[]);
    let opened = line(&trace, 0, &["write(2", OPENED]);
    let outer = outer.path().canonicalize().unwrap();
    for made_in in [&outer, &parent, &folder] {
        let synced = line(&trace, 0, &["fsync(", &format!("<{}>", made_in.display())]);
        assert!(synced < opened, "{} {trace:#?}", made_in.display());
    }
}
