//! A person erased, and the key-encryption key replaced, while the real program is killed at every
//! system call that changes the disk (row 7 of the proofs of erasure).
//!
//! A clean run under strace lists the calls; then the same is done once for each of them, killed
//! there, and begun again by the real program. Once the log says that she was erased, nobody reads
//! her any more; everybody else is read whatever happens.

use crate::common::client::{self, Run};
use crate::common::folder::open;
use crate::common::forgotten::{count, dossiers_of, hits, words};
use crate::common::rows;
use crate::common::server::{self, Server};
use crate::counts;
use crate::support::fault::Fault;
use crate::support::tools;
use domain::ids::{Category, Position, StreamKey};
use ledger::fsck::fsck;
use proto::v1::RunExtent;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// The calls that change what is on the disk.
const CALLS: &str = "openat,write,pwrite64,fsync,fdatasync,sync_file_range,rename,renameat,\
                     renameat2,unlink,unlinkat,ftruncate,mkdir,mkdirat";
const LEARNERS: usize = 6;

/// A ledger in which somebody is to be erased: all but the execution is done.
struct Base {
    outer: tempfile::TempDir,
    her_words: Vec<String>,
    /// Her sections as they are sealed.
    sealed: Vec<Vec<u8>>,
    hers: StreamKey,
    all: BTreeSet<StreamKey>,
    erasure: String,
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

impl Base {
    async fn new(fault: &Fault) -> Self {
        tools::need("strace", &["-V"]);
        let mut random = fault.random(fault.seed());
        let outer = tempfile::tempdir().unwrap();
        let data = outer.path().join("before");
        let rows = rows::complete(&mut random, LEARNERS);
        let her_words = words(&rows[0]);
        let server = Server::start(&data).await;
        let channel = server.channel().await;
        let at = "2025-10-01T03:00:00Z";
        let run = Run::new(&mut random, "erp-one", RunExtent::Full, at, rows.clone());
        client::push(&channel, &run, 20).await;
        // A row of hers that is refused waits in quarantine.
        let mut refused = rows[0].clone();
        refused.date_entree_formation = None;
        let at = "2025-10-02T03:00:00Z";
        let run = Run::new(&mut random, "erp-one", RunExtent::Partial, at, [refused]);
        client::push(&channel, &run, 20).await;
        assert!(server.stop().success());
        let hers = *dossiers_of(&data, rows[0].ine_apprenant.as_slice()).0.first().unwrap();
        let server = Server::start(&data).await;
        let erase = |words: &[&str]| {
            let key = data.join("access/local.key");
            let at = ["--to", &server.url(), "--key-file", text(&key)];
            server::run_well(&[&["erase"], words, &at].concat())
        };
        let dossier = format!("enrolments/{hers}");
        let said = erase(&[
            "request",
            &dossier,
            "--requester",
            "person",
            "--received",
            "2025-10-20",
            "--actor",
            "dpo-1",
        ]);
        let erasure = said.split_whitespace().find(|word| word.starts_with("erasures/")).unwrap();
        let erasure = erasure.trim_end_matches(':');
        erase(&[
            "decide",
            erasure,
            "--grant",
            "objection",
            "--reference",
            "DPO/1",
            "--actor",
            "dpo-1",
        ]);
        let erasure = erasure.to_owned();
        count(&server.channel().await, "").await;
        assert!(server.stop().success());
        let (all, sealed) = dossiers(&data, hers);
        assert_eq!(all.len(), LEARNERS);
        Self { outer, her_words, sealed, hers, all, erasure }
    }

    /// A fresh copy of a folder and of the one apart, always at the same path, since calls are found
    /// by the files that they touch.
    fn copy(&self, of: &str) -> PathBuf {
        let outer = self.outer.path().canonicalize().unwrap();
        for apart in ["", ".seal"] {
            let to = outer.join(format!("data{apart}"));
            copy(&outer.join(format!("{of}{apart}")), &to);
        }
        outer.join("data")
    }

    fn trace(&self) -> PathBuf {
        self.outer.path().join("trace")
    }

    /// `registre erase execute` on a server.
    fn execute(&self, server: &Server, data: &Path) -> Output {
        let key = data.join("access/local.key");
        let erasure = self.erasure.as_str();
        let words = ["erase", "execute", erasure, "--actor", "dpo-1", "--to", &server.url()];
        server::run(&[&words[..], &["--key-file", text(&key)]].concat())
    }

    /// Whether the log says that she was erased; and then, that she is not read. Everybody else is.
    fn judge(&self, data: &Path, what: &str) -> bool {
        let ledger = open(data);
        let id = self.erasure.rsplit('/').next().unwrap().parse().unwrap();
        let erased = ledger.erasure(id).unwrap().unwrap().state.erased.is_some();
        for key in &self.all {
            let state = ledger.load_enrolment(*key, None, true).unwrap().unwrap().state;
            let opens = state.current.unwrap().identity.clear().is_some();
            assert_eq!(opens, *key != self.hers || !erased, "{what}: {key}");
        }
        erased
    }

    /// That nothing of her is anywhere, and that everything else is right.
    fn must_be_gone(&self, data: &Path, what: &str) {
        assert!(self.judge(data, what), "{what}: not erased");
        for word in &self.her_words {
            assert_eq!(hits(data, word.as_bytes()), Vec::<PathBuf>::new(), "{what}: {word}");
        }
        for sealed in &self.sealed {
            assert_eq!(hits(data, sealed), Vec::<PathBuf>::new(), "{what}: sealed bytes");
        }
        server::run_well(&["fsck", "--data", text(data)]);
    }
}

/// Copies a folder in the place of another, without the zeros of its segments.
fn copy(from: &Path, to: &Path) {
    if to.exists() {
        std::fs::remove_dir_all(to).unwrap();
    }
    tools::need("cp", &["-r", "--sparse=always", text(from), text(to)]);
}

/// Every dossier, and the sealed sections of one, but that of a referent.
fn dossiers(data: &Path, of: StreamKey) -> (BTreeSet<StreamKey>, Vec<Vec<u8>>) {
    let ledger = open(data);
    let (mut all, mut sealed) = (BTreeSet::new(), Vec::new());
    for event in ledger.read_after(Position(0), 10_000).unwrap() {
        let stream = event.header.stream;
        if stream.category == Category::Enrolment {
            all.insert(stream.key);
        }
        for (named, content) in event.header.sections.iter().zip(&event.sections) {
            if let ledger::record::Content::Sealed(bytes) = content
                && stream.key == of
                && named.kind != 5
            {
                sealed.push(bytes.to_vec());
            }
        }
    }
    (all, sealed)
}

/// A call of the clean run.
#[derive(Debug, Clone)]
struct Call {
    name: String,
    path: PathBuf,
    thread: String,
    /// Its number among the same calls on the same file in the same thread, from 1.
    number: usize,
    /// Whether another thread comes to that number before: strace counts for each thread alone.
    shadowed: bool,
}

/// The calls on files of a trace, in their order.
fn calls(trace: &Path, data: &Path) -> Vec<Call> {
    let mut counted: HashMap<(String, String, PathBuf), usize> = HashMap::new();
    let (mut reached, mut calls) = (HashSet::new(), Vec::new());
    let trace = std::fs::read(trace).unwrap();
    for line in String::from_utf8_lossy(&trace).lines() {
        let Some((thread, rest)) = line.split_once("> ") else { continue };
        let Some((name, rest)) = rest.trim_start().split_once('(') else { continue };
        let Some(at) = rest.find(text(data)) else { continue };
        let path = PathBuf::from(rest[at..].split(['>', '"']).next().unwrap());
        let ours = [data.to_owned(), data.with_extension("seal")];
        if !ours.iter().any(|folder| path.starts_with(folder)) {
            continue;
        }
        let key = (thread.to_owned(), name.to_owned(), path.clone());
        let number = counted.entry(key).or_default();
        *number += 1;
        let shadowed = !reached.insert((name.to_owned(), path.clone(), *number));
        // Opened to be read, a file does not change; it counts all the same.
        if name != "openat" || line.contains("O_CREAT") || line.contains("O_RDWR") {
            let thread = thread.split_once('<').map_or(thread, |(_, name)| name).to_owned();
            calls.push(Call { name: name.to_owned(), path, thread, number: *number, shadowed });
        }
    }
    calls
}

/// strace on a running process, or on some of its threads.
struct Tracer(Child);

impl Tracer {
    fn on(target: &[String], options: &[String], trace: &Path) -> Self {
        let mut strace = Command::new("strace");
        strace.args(["-y", "-Y", "-s", "16", "-o"]).arg(trace).args(options);
        for id in target {
            strace.args(["-p", id]);
        }
        let mut tracer = strace.stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(tracer.stderr.take().unwrap()).lines();
        let attached = said.find(|line| line.as_ref().unwrap().contains("attached"));
        assert!(attached.is_some(), "strace may not watch a running process: is ptrace refused?");
        // What it says later must not fill the pipe.
        std::thread::spawn(move || said.for_each(drop));
        Self(tracer)
    }

    /// Lets go of the process.
    fn end(mut self) {
        let id = self.0.id().to_string();
        let _ = Command::new("kill").args(["-INT", &id]).status().unwrap();
        self.0.wait().unwrap();
    }
}

/// The ids of the threads of a process that have a name.
fn threads(process: u32, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    for task in std::fs::read_dir(format!("/proc/{process}/task")).unwrap() {
        let task = task.unwrap();
        let comm = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        if comm.trim_end() == name {
            found.push(task.file_name().into_string().unwrap());
        }
    }
    found
}

/// So many of a list, spread over it.
fn spread<T>(all: Vec<T>, wanted: u64) -> Vec<T> {
    let (length, wanted) = (all.len() as u64, wanted.min(all.len() as u64));
    let chosen: HashSet<u64> = (0..wanted).map(|n| n * length / wanted).collect();
    all.into_iter().zip(0..).filter(|(_, n)| chosen.contains(n)).map(|(one, _)| one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn erasure_killed_at_each_syscall() {
    let mut fault = Fault::new(counts::ERASURE_KILLED, "kills that struck");
    let base = Base::new(&fault).await;
    let data = base.copy("before");
    let server = Server::start(&data).await;
    let all = ["-f".to_owned(), "-e".to_owned(), format!("trace={CALLS}")];
    let tracer = Tracer::on(&[server.id().to_string()], &all, &base.trace());
    assert!(base.execute(&server, &data).status.success());
    tracer.end();
    count(&server.channel().await, "").await;
    assert!(server.stop().success());
    base.must_be_gone(&data, "a clean run");
    let listed = calls(&base.trace(), &data);
    let has = |name: &str, end: &str| {
        let is = |call: &&Call| call.name == name && text(&call.path).ends_with(end);
        assert!(listed.iter().any(|call| is(&call)), "no {name} of {end}: {listed:#?}");
    };
    has("pwrite64", ".segment");
    has("pwrite64", "keys/fences");
    has("pwrite64", "keys/subjects");
    has("pwrite64", ".sealed");
    has("unlink", "keys/erasing");
    has("fdatasync", ".segment");
    let (planned, total) = (fault.planned(), listed.len());
    let (mut begun, mut not) = (0, 0);
    for call in spread(listed, planned) {
        let what = format!("{call:?}");
        let data = base.copy("before");
        let server = Server::start(&data).await;
        let (name, number) = (&call.name, call.number);
        let options = [
            "-e".to_owned(),
            format!("trace={name}"),
            "-P".to_owned(),
            text(&call.path).to_owned(),
            "-e".to_owned(),
            format!("inject={name}:signal=KILL:when={number}"),
        ];
        let only = threads(server.id(), &call.thread);
        let tracer = if call.shadowed && only.len() == 1 {
            Tracer::on(&only, &options, &base.trace())
        } else {
            let options = [&["-f".to_owned()], &options[..]].concat();
            Tracer::on(&[server.id().to_string()], &options, &base.trace())
        };
        let ended = base.execute(&server, &data).status.success();
        // Some of what follows the answer is struck after it: views, and who read it.
        if ended {
            let _ = tokio::time::timeout(std::time::Duration::from_secs(1), struck(&base)).await;
        }
        let killed = std::fs::read_to_string(base.trace()).unwrap().contains("killed by SIGKILL");
        fault.hit(u64::from(killed));
        assert!(killed || ended, "{what}: it was refused");
        server.kill_nine();
        tracer.end();
        let after = base.outer.path().join("after");
        copy(&data, &after);
        *if base.judge(&after, &what) { &mut begun } else { &mut not } += 1;
        let again = Server::start(&data).await;
        let done = base.execute(&again, &data);
        assert!(done.status.success(), "{what}: {}", String::from_utf8_lossy(&done.stderr));
        count(&again.channel().await, "").await;
        assert!(again.stop().success());
        base.must_be_gone(&data, &what);
        fault.acknowledged(LEARNERS);
        fault.ran();
    }
    println!("{total} calls of an erasure; after the kill she was erased {begun} times, {not} not");
    fault.end();
}

/// Waits until a trace tells of a kill.
async fn struck(base: &Base) {
    while !std::fs::read_to_string(base.trace()).unwrap().contains("killed by SIGKILL") {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rekey_killed_at_each_syscall() {
    let mut fault = Fault::new(counts::REKEY_KILLED, "kills that struck");
    let base = Base::new(&fault).await;
    let data = base.copy("before");
    let server = Server::start(&data).await;
    assert!(base.execute(&server, &data).status.success());
    assert!(server.stop().success());
    base.must_be_gone(&data, "before");
    for apart in ["", ".seal"] {
        let from = base.outer.path().join(format!("data{apart}"));
        copy(&from, &base.outer.path().join(format!("erased{apart}")));
    }
    let rekey = |data: &Path, options: &[&str]| {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-o"]).arg(base.trace()).args(options).arg(server::binary());
        strace.args(["rekey", "--data", text(data)]).stdin(Stdio::null()).output().unwrap()
    };
    let data = base.copy("erased");
    let kek = std::fs::read(data.join("keys/kek")).unwrap();
    assert!(rekey(&data, &["-e", &format!("trace={CALLS}")]).status.success());
    assert_ne!(std::fs::read(data.join("keys/kek")).unwrap(), kek);
    let trace = std::fs::read_to_string(base.trace()).unwrap();
    let mut listed = Vec::new();
    for name in CALLS.split(',') {
        let calls = trace.lines().filter(|line| line.contains(&format!(" {name}(")));
        // Opened to be read, a file does not change; it counts all the same.
        let changes = |line: &str| name != "openat" || line.contains("O_CREAT");
        let numbered = (1..).zip(calls).filter(|(_, line)| changes(line));
        listed.extend(numbered.map(|(number, _)| (name, number)));
    }
    let (planned, total) = (fault.planned(), listed.len());
    assert!(total > 20, "{listed:?}");
    for (name, number) in spread(listed, planned) {
        let what = format!("{name} number {number}");
        let data = base.copy("erased");
        let inject = format!("inject={name}:signal=KILL:when={number}");
        rekey(&data, &["-e", &format!("trace={name}"), "-e", &inject]);
        let killed = std::fs::read_to_string(base.trace()).unwrap().contains("killed by SIGKILL");
        assert!(killed, "{what}: it lived");
        fault.hit(1);
        // A start ends what was begun, and so does the same command.
        let after = base.outer.path().join("after");
        copy(&data, &after);
        base.must_be_gone(&after, &what);
        server::run_well(&["rekey", "--data", text(&data)]);
        assert_ne!(std::fs::read(data.join("keys/kek")).unwrap(), kek, "{what}");
        base.must_be_gone(&data, &what);
        assert!(fsck(&data).unwrap().is_right());
        fault.acknowledged(LEARNERS);
        fault.ran();
    }
    println!("{total} calls of a rotation");
    fault.end();
}
