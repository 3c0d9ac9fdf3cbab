//! Every system call by which an append reaches the disk, one after the other:
//! killed there (row 2), failed there (row 3).
//!
//! A clean run under strace lists the calls of a script that fills a segment and
//! goes on in the next one. Then the same script runs once for each of them.

use crate::common::folder;
use crate::counts;
use crate::support::child::{self, APPRENTICES, Orders, ROWS, Told};
use crate::support::fault::Fault;
use crate::support::script::{self, Script};
use ledger::fsck::{Report, fsck};
use ledger::journal::OpenError;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};

/// Bytes of a segment: some ten rows fill one.
const SEGMENT: u64 = 16 * 1024;
/// Rows written before, and rows under the fault.
const BEFORE: usize = 20;
const UNDER: usize = 12;
/// The thread that fills the next segment with zeros: one a segment, for as long as it takes.
const FILLER: &str = "journal-prepare";
/// The calls that change what is on the disk.
const CALLS: &str = "openat,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,\
                     unlinkat,ftruncate,mkdir,mkdirat";

#[test]
fn killed_at_each_syscall() {
    let fault = Fault::new(counts::KILLED_AT_EACH, "kills that struck");
    let mut bench = Bench::new(fault);
    for call in bench.calls() {
        let (folder, data) = bench.copy();
        let (told, trace) = bench.strike(&data, &call, "signal=KILL");
        assert!(told.ended.is_none(), "{call}: it lived\n{trace}");
        assert!(trace.contains("+++ killed by SIGKILL +++"), "{call}: {trace}");
        bench.fault.hit(1);
        bench.must_recover(&data, &told, &call);
        drop(folder);
    }
    bench.fault.end();
}

#[test]
fn error_at_each_syscall() {
    let fault = Fault::new(counts::ERROR_AT_EACH, "errors told to the caller");
    let mut bench = Bench::new(fault);
    for call in bench.calls() {
        let (folder, data) = bench.copy();
        let (told, trace) = bench.strike(&data, &call, "error=EIO");
        assert!(trace.contains("(INJECTED)"), "{call}: it never failed\n{trace}");
        bench.must_have_said_so(&told, &call);
        bench.must_recover(&data, &told, &call);
        drop(folder);
    }
    bench.fault.end();
}

/// A call of the clean run.
#[derive(Debug, Clone)]
struct Call {
    name: String,
    path: PathBuf,
    /// The name of its thread.
    thread: String,
    /// Its number among the same calls on the same file in the same thread, from 1.
    number: usize,
    /// Whether another thread comes to that number before: strace counts for each
    /// thread alone, and would strike there.
    shadowed: bool,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, path, thread, number, .. } = self;
        write!(f, "{name} number {number} of {thread} on {}", path.display())
    }
}

/// What all the runs start from.
struct Bench {
    fault: Fault,
    seed: u64,
    script: Script,
    /// The folder before the fault, and where its copies go: always the same
    /// path, since calls are found by the files that they touch.
    outer: tempfile::TempDir,
    /// Events of a ledger that nothing happened to.
    whole: u64,
}

impl Bench {
    fn new(fault: Fault) -> Self {
        let seed = fault.seed();
        let script = Script::new(seed, APPRENTICES, ROWS);
        let outer = tempfile::tempdir().unwrap();
        let (before, whole) = (outer.path().join("before"), outer.path().join("whole"));
        write(&script, &before, 0..BEFORE);
        folder::copy(&before, &whole);
        let whole = write(&script, &whole, BEFORE..BEFORE + UNDER);
        Self { fault, seed, script, outer, whole }
    }

    /// A fresh copy of the folder.
    fn copy(&self) -> (Gone, PathBuf) {
        let data = self.outer.path().canonicalize().unwrap().join("data");
        folder::copy(&self.outer.path().join("before"), &data);
        (Gone(data.clone()), data)
    }

    fn orders<'a>(&self, data: &'a Path) -> Orders<'a> {
        Orders { folder: data, segment: SEGMENT, seed: self.seed, rows: BEFORE..BEFORE + UNDER }
    }

    /// Runs the script with a fault at one call; gives what was said, and the trace.
    fn strike(&self, data: &Path, call: &Call, how: &str) -> (Told, String) {
        let Call { name, path, thread, number, shadowed } = call;
        let inject = format!("inject={name}:{how}:when={number}");
        let path = path.to_str().unwrap();
        let options =
            ["-e", &format!("trace={name}"), "-P", path, "-e", &inject].map(str::to_owned);
        let (orders, trace) = (self.orders(data), self.outer.path().join("trace"));
        let told = if *shadowed {
            child::run_with(&orders, thread, &options, &trace)
        } else {
            child::run(&orders, &options, &trace)
        };
        (told, std::fs::read_to_string(trace).unwrap())
    }

    /// Each call of a clean run.
    fn calls(&self) -> Vec<Call> {
        let (folder, data) = self.copy();
        let trace = self.outer.path().join("trace");
        let options = ["-e".to_owned(), format!("trace={CALLS}")];
        let told = child::run(&self.orders(&data), &options, &trace);
        assert_eq!(told.ended, Some((0, 0)), "a clean run: {told:?}");
        assert_eq!(told.receipts.len(), UNDER);
        drop(folder);
        let mut counted: HashMap<(String, String, PathBuf), usize> = HashMap::new();
        let mut reached = HashSet::new();
        let mut calls = Vec::new();
        for line in std::fs::read_to_string(trace).unwrap().lines() {
            let Some((thread, name, path)) = read(line, &data) else { continue };
            let number = counted.entry((thread.clone(), name.clone(), path.clone())).or_default();
            *number += 1;
            let shadowed = !reached.insert((name.clone(), path.clone(), *number));
            // Opened to be read, a file does not change; it counts all the same.
            if name != "openat" || line.contains("O_CREAT") || line.contains("O_RDWR") {
                let (thread, number) = (thread_name(&thread), *number);
                calls.push(Call { name, path, thread, number, shadowed });
            }
        }
        let has = |name: &str, end: &str, shadowed: bool| {
            let is = |c: &Call| c.name == name && c.path.ends_with(end) && c.shadowed == shadowed;
            assert!(calls.iter().any(is), "no {name} of {end}: {calls:#?}");
        };
        has("rename", "log/next.prepared", false);
        has("fdatasync", "keys/subjects", false);
        // The writer's own, after that of the thread that fills the file.
        has("fsync", "log/next.prepared", true);
        has("fsync", "log", true);
        // A second thread that fills a segment does what the first did, which was struck.
        calls.retain(|call| !(call.shadowed && call.thread == FILLER));
        println!("{} calls", calls.len());
        calls
    }

    /// An error is told, or nothing is missing; and what was acknowledged was read.
    fn must_have_said_so(&mut self, told: &Told, what: &Call) {
        if told.closed.is_some() {
            assert!(told.receipts.is_empty());
            self.fault.hit(1);
            return;
        }
        let (lost, wrong) = told.ended.unwrap_or_else(|| panic!("{what}: it died: {told:?}"));
        self.fault.lost(lost);
        self.fault.served_wrong(wrong);
        assert_eq!(told.receipts.len() + told.refused.len(), UNDER, "{what}: unanswered");
        self.fault.hit(u64::from(!told.refused.is_empty()));
    }

    /// The next process finds what was acknowledged, and the rest can be sent again.
    fn must_recover(&mut self, data: &Path, told: &Told, what: &Call) {
        let report = checked(data);
        assert!(report.is_right(), "{what}: {report:?}");
        let acknowledged = told.entries();
        self.fault.acknowledged(acknowledged.len());
        let ledger = script::open(data, SEGMENT).unwrap_or_else(|error| panic!("{what}: {error}"));
        let (lost, wrong) = script::judge(&ledger, &acknowledged);
        self.fault.lost(lost);
        self.fault.served_wrong(wrong);
        let runtime = script::runtime();
        for row in BEFORE..BEFORE + UNDER {
            let again = runtime.block_on(self.script.send(&ledger, row)).unwrap();
            if let Some(first) = told.receipts.get(&row) {
                assert_eq!(&again, first, "{what}: another receipt for row {row}");
            }
        }
        assert_eq!(ledger.head().position.0, self.whole, "{what}: something is there twice");
        drop(ledger);
        let report = checked(data);
        assert!(report.is_right() && !report.torn, "{what}: {report:?}");
        self.fault.ran();
    }
}

fn checked(data: &Path) -> Report {
    folder::once_unlocked(|| match fsck(data) {
        Err(OpenError::Locked(_)) => None,
        report => Some(report.unwrap()),
    })
}

/// Appends rows in this process; gives the head.
fn write(script: &Script, folder: &Path, rows: std::ops::Range<usize>) -> u64 {
    let ledger = script::open(folder, SEGMENT).unwrap();
    let runtime = script::runtime();
    for row in rows {
        runtime.block_on(script.send(&ledger, row)).unwrap();
    }
    ledger.head().position.0
}

/// The thread (`id<name>`), call and file of a line of the trace, when it is of the folder.
fn read(line: &str, data: &Path) -> Option<(String, String, PathBuf)> {
    let (thread, rest) = line.split_once("> ")?;
    let (call, rest) = rest.trim_start().split_once('(')?;
    // `fd</path>` or `"/path"`, whichever comes first.
    let at = rest.find(data.to_str()?)?;
    let path = rest[at..].split(['>', '"']).next()?;
    Some((thread.to_owned(), call.to_owned(), path.into()))
}

fn thread_name(thread: &str) -> String {
    thread.split_once('<').map_or(thread, |(_, name)| name).to_owned()
}

/// Removes a folder.
struct Gone(PathBuf);

impl Drop for Gone {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}
