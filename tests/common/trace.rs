//! What strace saw, and the rule it must obey where requests come one at a time: an
//! answer leaves only when every byte that was written to the journal before it is synced.
//! With more of them a large group may be on its way while the one before is answered.
//!
//! A tracer stops a thread when it enters and when it leaves a call, so the
//! order of lines is an order of happenings: a line that comes after the end of
//! a sync comes after it in truth. Times are not needed.

use super::http2::Frames;
use std::collections::HashMap;
use std::fmt;

/// What strace must be asked for, the output file to be added.
pub const STRACE: &[&str] = &[
    "strace",
    "-D",
    "-f",
    "--seccomp-bpf",
    "-ttt",
    "-yy",
    "-xx",
    "-s",
    "32768",
    "-e",
    "trace=fdatasync,fsync,pwrite64,pwritev,pwritev2,write,writev,sendto,sendmsg",
    "-o",
];

/// What a call does, as far as the rule cares.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Act {
    /// Bytes go to a file.
    Write { path: String },
    /// A file is synced.
    Sync { path: String },
    /// Bytes go to a client.
    Send { connection: String, bytes: Vec<u8> },
}

/// A call, with the lines on which it began and ended.
#[derive(Debug, Clone)]
struct Call {
    began: usize,
    ended: usize,
    act: Act,
}

/// What the check counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Answers that came after journal writes.
    pub acknowledgements: usize,
    /// Journal writes.
    pub journal_writes: usize,
    /// Writes to the vault.
    pub vault_writes: usize,
    /// Syncs of the journal and of the vault.
    pub syncs: usize,
}

/// A promise broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The line of the trace on which the early call began, from 0.
    pub line: usize,
    /// The file that was not synced.
    pub path: String,
    /// What came too early.
    pub early: &'static str,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, path, early } = self;
        write!(
            f,
            "{early} before the sync of what was written to {path} (line {line} of the trace)"
        )
    }
}

/// Checks a trace. `log` and `keys` are the folders of the journal and the vault.
///
/// # Errors
/// The first answer that left while bytes of either were not synced, or the
/// first journal write made while a key was not.
pub fn check(trace: &str, log: &str, keys: &str) -> Result<Checked, Broken> {
    let calls = calls(trace);
    let mut checked = Checked::default();
    let mut answers = Vec::new();
    let mut connections: HashMap<&str, Frames> = HashMap::new();
    for call in &calls {
        if let Act::Send { connection, bytes } = &call.act {
            answers.extend(connections.entry(connection).or_default().take(call.began, bytes));
        }
    }
    let journal = writes_to(&calls, log);
    let vault = writes_to(&calls, keys);
    let is_ours = |path: &str| path.starts_with(log) || path.starts_with(keys);
    checked.journal_writes = journal.len();
    checked.vault_writes = vault.len();
    checked.syncs =
        calls.iter().filter(|c| matches!(&c.act, Act::Sync { path } if is_ours(path))).count();
    for write in &journal {
        must_be_synced(&calls, &vault, write.began, "a record went to the journal")?;
    }
    let mut previous = 0;
    for answer in answers {
        must_be_synced(&calls, &vault, answer, "an answer left")?;
        must_be_synced(&calls, &journal, answer, "an answer left")?;
        if journal.iter().any(|write| (previous..answer).contains(&write.began)) {
            checked.acknowledgements += 1;
        }
        previous = answer;
    }
    Ok(checked)
}

/// The writes to files of a folder. A segment that is being filled with zeros
/// for later holds no record, and has another name until it is synced.
fn writes_to<'a>(calls: &'a [Call], folder: &str) -> Vec<&'a Call> {
    let is_one = |call: &&Call| match &call.act {
        Act::Write { path } => path.starts_with(folder) && !path.ends_with(".prepared"),
        Act::Sync { .. } | Act::Send { .. } => false,
    };
    calls.iter().filter(is_one).collect()
}

/// Each write that began before a line must have been followed by a whole sync
/// of its file before that line.
fn must_be_synced(
    calls: &[Call],
    writes: &[&Call],
    line: usize,
    early: &'static str,
) -> Result<(), Broken> {
    // Of each file the last write is enough: a sync covers all that came before it.
    let mut last: HashMap<&str, usize> = HashMap::new();
    for write in writes.iter().filter(|write| write.began < line) {
        if let Act::Write { path } = &write.act {
            let ended = last.entry(path).or_default();
            *ended = write.ended.max(*ended);
        }
    }
    for (path, written) in last {
        let covers = |call: &Call| {
            matches!(&call.act, Act::Sync { path: synced } if synced == path)
                && call.began > written
                && call.ended < line
        };
        if !calls.iter().any(covers) {
            return Err(Broken { line, path: path.to_owned(), early });
        }
    }
    Ok(())
}

/// The calls of a trace in the order of their beginnings; unfinished ones last for ever.
fn calls(trace: &str) -> Vec<Call> {
    let mut begun: HashMap<&str, (usize, &str)> = HashMap::new();
    let mut calls = Vec::new();
    for (line, text) in trace.lines().enumerate() {
        let Some((thread, rest)) = text.trim_start().split_once(' ') else { continue };
        let Some((_time, what)) = rest.trim_start().split_once(' ') else { continue };
        if let Some(start) = what.strip_suffix(" <unfinished ...>") {
            begun.insert(thread, (line, start));
        } else if what.starts_with("<... ") {
            let Some((began, start)) = begun.remove(thread) else { continue };
            let end = what.split_once(" resumed>").map_or("", |(_, end)| end);
            calls.extend(read(&format!("{start}{end}"), began, line));
        } else {
            calls.extend(read(what, line, line));
        }
    }
    let unfinished = begun.into_values();
    calls.extend(unfinished.filter_map(|(began, start)| read(start, began, usize::MAX)));
    calls.sort_by_key(|call| call.began);
    calls
}

/// Reads `name(fd<target>, arguments) = result`.
fn read(text: &str, began: usize, ended: usize) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    let (_fd, rest) = rest.split_once('<')?;
    if name == "fdatasync" || name == "fsync" {
        // A failed sync covers nothing.
        let (path, result) = rest.split_once('>')?;
        let act = Act::Sync { path: plain(path) };
        return result.trim_end().ends_with("= 0").then_some(Call { began, ended, act });
    }
    let act = if let Some(socket) = rest.strip_prefix("TCP:[") {
        let (connection, arguments) = socket.split_once("]>")?;
        let bytes = sent(arguments)?;
        Act::Send { connection: connection.to_owned(), bytes }
    } else {
        Act::Write { path: plain(rest.split_once('>')?.0) }
    };
    Some(Call { began, ended, act })
}

/// The bytes in the strings of a sending call, cut to what it says it sent.
fn sent(arguments: &str) -> Option<Vec<u8>> {
    let result = arguments.rsplit_once("= ").map_or("", |(_, result)| result);
    let count = match result.split_whitespace().next() {
        Some(number) => number.parse::<usize>().ok()?,
        None => usize::MAX,
    };
    let strings = arguments.split('"').skip(1).step_by(2);
    let mut bytes: Vec<u8> = strings.flat_map(unescape).collect();
    bytes.truncate(count);
    Some(bytes)
}

/// The bytes of `\x2f\x74…`; a character that is not escaped is itself.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4);
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = rest.strip_prefix(b"\\x").and_then(|digits| digits.get(..2));
        let byte = hex.and_then(|h| u8::from_str_radix(std::str::from_utf8(h).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &rest[4..] } else { tail };
    }
    bytes
}

fn plain(path: &str) -> String {
    String::from_utf8_lossy(&unescape(path)).into_owned()
}
