//! A process that appends a script to a ledger and says what it was told, so
//! that it can be killed or given errors at any of its system calls.
//!
//! It is this test binary again: [`appends`] is what it runs.

use super::script::{self, Script};
use super::tools;
use crate::common::history::Entry;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::{BufRead, BufReader, Lines};
use std::ops::Range;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// Names what the child does: folder, bytes of a segment, seed, first row, row after the last,
/// and a file that it waits for once it has opened the folder.
const ORDERS: &str = "FAULTS_CHILD";
/// Begins each line that the child says.
const SAYS: &str = "CHILD ";
/// How often it looks whether it may go on.
const PAUSE: Duration = Duration::from_millis(2);
/// Apprentices of the script.
pub const APPRENTICES: u32 = 60;
/// Rows of the script.
pub const ROWS: usize = 60;

/// Not a test of its own: what [`run`] starts, in a process of its own.
#[test]
fn appends() {
    let Ok(orders) = std::env::var(ORDERS) else { return };
    let orders: Vec<&str> = orders.split('|').collect();
    let [folder, segment, seed, first, end, go] = orders[..] else { panic!("{orders:?}") };
    let number = |text: &str| text.parse::<u64>().unwrap();
    let script = Script::new(number(seed), APPRENTICES, ROWS);
    let rows = number(first) as usize..number(end) as usize;
    append(&script, Path::new(folder), number(segment), rows, Path::new(go));
}

fn append(script: &Script, folder: &Path, segment: u64, rows: Range<usize>, go: &Path) {
    let ledger = match script::open(folder, segment) {
        Ok(ledger) => ledger,
        Err(error) => return println!("{SAYS}CLOSED {error}"),
    };
    println!("{SAYS}READY -");
    while !go.as_os_str().is_empty() && !go.exists() {
        std::thread::sleep(PAUSE);
    }
    let mut told = Vec::new();
    for row in rows {
        match script::runtime().block_on(script.send(&ledger, row)) {
            Ok(entries) => {
                println!("{SAYS}YES {row}{}", text(&entries));
                told.extend(entries);
            }
            Err(error) => println!("{SAYS}NO {row} {error}"),
        }
    }
    // What was acknowledged is read whatever happened.
    let (lost, wrong) = script::judge(&ledger, &told);
    println!("{SAYS}END {lost} {wrong}");
}

fn text(entries: &[Entry]) -> String {
    entries.iter().fold(String::new(), |mut text, entry| {
        let leaf: String = entry.leaf.iter().map(|byte| format!("{byte:02x}")).collect();
        write!(text, " {}:{}:{leaf}", entry.position, entry.event_id).unwrap();
        text
    })
}

fn entry(text: &str) -> Entry {
    let [position, event_id, leaf] = text.split(':').collect::<Vec<_>>()[..] else {
        panic!("{text}")
    };
    let byte = |at: usize| u8::from_str_radix(&leaf[2 * at..2 * at + 2], 16).unwrap();
    Entry {
        position: position.parse().unwrap(),
        event_id: event_id.to_owned(),
        kind: String::new(),
        leaf: std::array::from_fn(byte),
    }
}

/// What the child said.
#[derive(Debug, Default)]
pub struct Told {
    /// Whether it opened the folder.
    pub ready: bool,
    /// By row, the events of its receipt.
    pub receipts: BTreeMap<usize, Vec<Entry>>,
    /// By row, the error.
    pub refused: BTreeMap<usize, String>,
    /// Why the ledger did not open.
    pub closed: Option<String>,
    /// Whether it lived to its end; then how many acknowledged events it could
    /// not read again, and how many it read otherwise.
    pub ended: Option<(usize, usize)>,
}

impl Told {
    /// Everything that was acknowledged.
    pub fn entries(&self) -> Vec<Entry> {
        self.receipts.values().flatten().cloned().collect()
    }
}

/// What a child appends to, and what.
#[derive(Debug, Clone)]
pub struct Orders<'a> {
    /// The data folder.
    pub folder: &'a Path,
    /// Bytes of a segment.
    pub segment: u64,
    /// Seed of the script.
    pub seed: u64,
    /// Rows of the script.
    pub rows: Range<usize>,
}

impl Orders<'_> {
    fn text(&self, go: &str) -> String {
        let Self { folder, segment, seed, rows } = self;
        format!("{}|{segment}|{seed}|{}|{}|{go}", folder.display(), rows.start, rows.end)
    }
}

/// Runs the child under strace with those options from its first instruction on.
pub fn run(orders: &Orders<'_>, options: &[String], trace: &Path) -> Told {
    tools::need("strace", &["-V"]);
    let mut command = strace(options, trace);
    command.arg("-f").arg(std::env::current_exe().unwrap()).args(ARGUMENTS);
    let mut child = Running::start(command.env(ORDERS, orders.text("")));
    child.listen_to_its_end()
}

/// Runs the child, and strace with those options on the one thread of that name,
/// from the moment on when the folder is open.
pub fn run_with(orders: &Orders<'_>, thread: &str, options: &[String], trace: &Path) -> Told {
    tools::need("strace", &["-V"]);
    let go = orders.folder.with_extension("go");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(ARGUMENTS).env(ORDERS, orders.text(go.to_str().unwrap()));
    let mut child = Running::start(&mut command);
    child.listen_until_ready();
    let thread = thread_of(child.process.id(), thread);
    let mut tracer = strace(options, trace);
    let mut tracer = tracer.args(["-p", &thread]).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(tracer.stderr.take().unwrap()).lines();
    let attached = said.find(|line| line.as_ref().unwrap().contains("attached"));
    assert!(attached.is_some(), "strace may not watch a running process here: is ptrace refused?");
    std::fs::write(&go, "").unwrap();
    let told = child.listen_to_its_end();
    tracer.wait().unwrap();
    std::fs::remove_file(&go).unwrap();
    told
}

/// What the test binary is asked to run.
const ARGUMENTS: [&str; 3] = ["--exact", "--nocapture", "support::child::appends"];

fn strace(options: &[String], trace: &Path) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-y", "-Y", "-s", "16", "-o"]).arg(trace).args(options);
    strace
}

/// The id of a thread of a process, by the name that it gives itself once it runs.
fn thread_of(process: u32, name: &str) -> String {
    for _ in 0..1_000 {
        for task in std::fs::read_dir(format!("/proc/{process}/task")).unwrap() {
            let task = task.unwrap();
            let found = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
            if found.trim_end() == name {
                return task.file_name().into_string().unwrap();
            }
        }
        std::thread::sleep(PAUSE);
    }
    panic!("no thread is called {name}");
}

/// A child, and what it said so far.
struct Running {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    told: Told,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines, told: Told::default() }
    }

    /// Hears one line; false at the end.
    fn hear(&mut self) -> bool {
        let Some(line) = self.lines.next() else { return false };
        let line = line.unwrap();
        // The name of the test stands before the first line.
        if let Some((_, said)) = line.split_once(SAYS) {
            self.told.hear(said);
        }
        true
    }

    fn listen_until_ready(&mut self) {
        while !self.told.ready {
            assert!(self.hear(), "the child ended before it was ready: {:?}", self.told);
        }
    }

    fn listen_to_its_end(&mut self) -> Told {
        while self.hear() {}
        self.process.wait().unwrap();
        std::mem::take(&mut self.told)
    }
}

impl Told {
    fn hear(&mut self, said: &str) {
        let (verb, rest) = said.split_once(' ').unwrap();
        let (row, more) = rest.split_once(' ').unwrap_or((rest, ""));
        match verb {
            "READY" => self.ready = true,
            "YES" => {
                let entries = more.split_whitespace().map(entry).collect();
                self.receipts.insert(row.parse().unwrap(), entries);
            }
            "NO" => drop(self.refused.insert(row.parse().unwrap(), more.to_owned())),
            "CLOSED" => self.closed = Some(rest.to_owned()),
            "END" => self.ended = Some((row.parse().unwrap(), more.parse().unwrap())),
            other => panic!("the child says {other}"),
        }
    }
}
