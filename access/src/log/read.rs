//! Reads the log whole, and checks its chain.

use super::{BEGINNING, Dropped, Line, digest, folder_of, opened};
use fs_err as fs;
use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Where a log is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: &'static str,
}

/// What a log comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// How many lines were read.
    pub lines: u64,
    /// SHA-256 of the last of them, in hex.
    pub last: String,
    /// What stood before the first of them, when it was deleted since.
    pub dropped: Option<Dropped>,
    /// Where it is broken, in order; empty when all is well.
    pub broken: Vec<Broken>,
}

/// Reads a whole log, oldest line first, and checks its chain. A line that does not follow the one
/// before is told, and reading goes on after it.
///
/// # Errors
/// When it cannot be read. A broken chain is no such error.
pub fn read(data: &Path, each: impl FnMut(&Line)) -> io::Result<Checked> {
    let folder = folder_of(data);
    let files = if folder.is_dir() { opened(&folder)? } else { Vec::new() };
    read_files(files.into_iter().map(|(path, file)| (path, file, u64::MAX)), each)
}

/// The same of files, each up to a length.
pub(super) fn read_files(
    files: impl IntoIterator<Item = (PathBuf, fs::File, u64)>,
    mut each: impl FnMut(&Line),
) -> io::Result<Checked> {
    let mut part = Part::default();
    let (mut dropped, mut ends) = (HashMap::new(), HashSet::new());
    for (path, file, length) in files {
        part.read(&path, file.take(length), &mut |line| {
            if let Some(of) = &line.dropped {
                dropped.insert(of.last.clone(), of.clone());
            }
            each(line);
        })?;
        ends.extend(part.last.clone());
    }
    let Part { first, last, lines, mut broken, .. } = part;
    let first = first.filter(|(before, _)| before != BEGINNING);
    // Files are deleted one by one, once a line says which: some of them may be there still.
    let under_way = dropped.keys().find(|last| ends.contains(*last)).cloned();
    let dropped = first
        .as_ref()
        .and_then(|(before, _)| dropped.remove(before).or_else(|| dropped.remove(&under_way?)));
    if let Some((_, file)) = first.filter(|_| dropped.is_none()) {
        let what = "lines before it are missing, and none says that they were deleted in time";
        broken.insert(0, Broken { file, line: 1, what });
    }
    let last = last.unwrap_or_else(|| BEGINNING.to_owned());
    Ok(Checked { lines, last, dropped, broken })
}

/// Some files of a log, one after the other.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// What the first line says that stood before it, and its file.
    pub(super) first: Option<(String, String)>,
    /// SHA-256 of the last line.
    pub(super) last: Option<String>,
    /// Lines that were read.
    pub(super) lines: u64,
    pub(super) broken: Vec<Broken>,
    /// The newest line that told what was deleted.
    dropped: Option<Dropped>,
}

impl Part {
    /// One more file.
    pub(super) fn read(
        &mut self,
        path: &Path,
        file: impl Read,
        each: &mut impl FnMut(&Line),
    ) -> io::Result<()> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for (number, bytes) in (1..).zip(BufReader::new(file).split(b'\n')) {
            let bytes = bytes?;
            let line = serde_json::from_slice::<Line>(&bytes);
            let what = match (&line, &self.last) {
                (Err(_), _) => Some("it is no line of this log"),
                (Ok(line), Some(last)) if line.before != *last => {
                    Some("it does not follow the line before it")
                }
                (Ok(line), _) => line.dropped.as_ref().and_then(|dropped| self.wrong(dropped)),
            };
            if let Some(what) = what {
                self.broken.push(Broken { file: name.clone(), line: number, what });
            }
            if let Ok(line) = &line {
                self.dropped = line.dropped.clone().or(self.dropped.take());
                self.last = Some(digest(&bytes));
                self.first.get_or_insert_with(|| (line.before.clone(), name.clone()));
                self.lines += 1;
                each(line);
            }
        }
        Ok(())
    }

    /// What is wrong with what a line says was deleted.
    fn wrong(&self, dropped: &Dropped) -> Option<&'static str> {
        // A deletion that stopped half way is told again by the next one, from where it began.
        let follows = |before: &Dropped| [&before.last, &before.after].contains(&&dropped.after);
        if dropped.broken > 0 {
            Some("the lines that it says were deleted were not a whole chain")
        } else if !self.dropped.as_ref().is_none_or(follows) {
            Some("lines are missing between those that it says were deleted and those before them")
        } else {
            None
        }
    }
}
