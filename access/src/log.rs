//! Who read whose data, and why: `access/log/YYYY-MM-DD.jsonl`.
//!
//! One line a read, written before it is answered; each has the SHA-256 of the line before, so that
//! a line that is changed, dropped or inserted shows. It is synced by nobody: a page is not worth a
//! sync, and what a power cut takes are the last moments. Principals are pseudonyms.
//!
//! A read that cannot be recorded is refused, and reading must go on when the disk is full: so there
//! is always room reserved for the next few thousand lines.

use crate::limits;
use crate::secret::hex;
use crate::tenant::Tenant;
use chrono::{DateTime, SecondsFormat};
use domain::calendar::paris_day;
use domain::ids::Instant;
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt;
use rustix::fs::{FallocateFlags, fallocate};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What stands before the first line of all.
const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// When, RFC 3339, UTC.
    pub at: String,
    /// Who: a pseudonym.
    pub principal: String,
    /// In which role.
    pub role: String,
    /// Which call.
    pub call: String,
    /// Of whom: a resource name or a filter.
    pub of: String,
    /// Why, in the reader's words; empty for one who need not say.
    pub reason: String,
    /// SHA-256 of the line before, in hex.
    pub before: String,
}

/// The log of a data folder, open for writing.
#[derive(Debug)]
pub struct AccessLog {
    folder: PathBuf,
    end: Mutex<End>,
}

#[derive(Debug)]
struct End {
    /// SHA-256 of the last line, in hex.
    last: String,
    day: Option<Day>,
}

/// The file of a day.
#[derive(Debug)]
struct Day {
    name: String,
    file: fs::File,
    length: u64,
    /// Up to where the file system keeps room for it.
    reserved: u64,
}

impl Day {
    fn open(folder: &Path, name: String) -> io::Result<Self> {
        let mut options = fs::OpenOptions::new();
        options.append(true).create(true).mode(0o600);
        let file = options.open(folder.join(format!("{name}.jsonl")))?;
        let length = file.metadata()?.len();
        let mut day = Self { name, file, length, reserved: length };
        day.reserve();
        Ok(day)
    }

    /// Keeps room for what comes next, if there is any: writing says what is so.
    fn reserve(&mut self) {
        let room = limits::LOG_RESERVED_BYTES as u64;
        if self.reserved.saturating_sub(self.length) < room / 2
            && fallocate(&self.file, FallocateFlags::KEEP_SIZE, self.length, room).is_ok()
        {
            self.reserved = self.length + room;
        }
    }

    /// Whether somebody removed the file: lines would go nowhere.
    fn is_gone(&self) -> bool {
        self.file.metadata().is_ok_and(|metadata| metadata.nlink() == 0)
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(line) {
            // What a full disk took of the line is taken back: the next one must stand alone.
            self.file.set_len(self.length)?;
            self.reserved = self.length;
            return Err(error);
        }
        self.length += line.len() as u64;
        self.reserve();
        Ok(())
    }
}

impl AccessLog {
    /// Opens the log of a data folder. The end of a line that was not written whole is cut: its
    /// read was not answered.
    ///
    /// # Errors
    /// When it cannot be read or made.
    pub fn open(data: &Path, now: Instant) -> io::Result<Self> {
        let folder = folder_of(data);
        fs::create_dir_all(&folder)?;
        let mut last = BEGINNING.to_owned();
        // An empty file has no last line: then it is that of the day before.
        for path in files(&folder)?.iter().rev() {
            if let Some(line) = whole_end(path)? {
                last = digest(&line);
                break;
            }
        }
        // That of today is there before a disk may be full.
        let day = Day::open(&folder, paris_day(now).to_string()).ok();
        Ok(Self { folder, end: Mutex::new(End { last, day }) })
    }

    /// Records a read.
    ///
    /// # Errors
    /// When it cannot be written: then the read must be refused.
    pub fn record(&self, tenant: &Tenant, of: &str, now: Instant) -> io::Result<()> {
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        let line = Line {
            at: rfc3339(now),
            principal: tenant.principal().to_owned(),
            role: tenant.role().name().to_owned(),
            call: tenant.call().name().1.to_owned(),
            of: cut(of, limits::READ_OF_BYTES).to_owned(),
            reason: tenant.reason().unwrap_or_default().to_owned(),
            before: end.last.clone(),
        };
        let mut bytes = serde_json::to_vec(&line)?;
        let last = digest(&bytes);
        bytes.push(b'\n');
        if end.day.as_ref().is_some_and(Day::is_gone) {
            end.day = None;
        }
        let name = paris_day(now).to_string();
        if end.day.as_ref().is_none_or(|day| day.name != name) {
            match (Day::open(&self.folder, name), &end.day) {
                (Ok(day), _) => end.day = Some(day),
                (Err(error), None) => return Err(error),
                // Where there is no room for a new file, the one of the day before has some.
                (Err(_), Some(_)) => {}
            }
        }
        if let Some(day) = &mut end.day {
            day.append(&bytes)?;
        }
        end.last = last;
        Ok(())
    }
}

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

/// Reads a whole log, oldest line first, and checks its chain.
///
/// # Errors
/// When it cannot be read. A broken chain is no such error: it is told after the lines before it, as
/// the hash of the last line is when all is well.
pub fn read(data: &Path, mut each: impl FnMut(&Line)) -> io::Result<Result<String, Broken>> {
    let mut before = BEGINNING.to_owned();
    let folder = folder_of(data);
    if !folder.is_dir() {
        return Ok(Ok(before));
    }
    for path in files(&folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let broken = |line, what| Ok(Err(Broken { file: name.clone(), line, what }));
        let reader = BufReader::new(fs::File::open(&path)?);
        for (number, bytes) in (1..).zip(reader.split(b'\n')) {
            let bytes = bytes?;
            let Ok(line) = serde_json::from_slice::<Line>(&bytes) else {
                return broken(number, "it is no line of this log");
            };
            if line.before != before {
                return broken(number, "it does not follow the line before it");
            }
            before = digest(&bytes);
            each(&line);
        }
    }
    Ok(Ok(before))
}

fn folder_of(data: &Path) -> PathBuf {
    data.join("access").join("log")
}

/// The files, oldest first.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = paths.collect::<io::Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    paths.sort();
    Ok(paths)
}

/// The last line of a file that is whole; what comes after it is cut.
fn whole_end(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let bytes = fs::read(path)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    if whole < bytes.len() {
        tracing::warn!(path = %path.display(), "the end of a line that was not whole is cut");
        fs::OpenOptions::new().write(true).open(path)?.set_len(whole as u64)?;
    }
    let lines = bytes.get(..whole.saturating_sub(1)).unwrap_or_default();
    Ok(lines.rsplit(|byte| *byte == b'\n').next().filter(|l| !l.is_empty()).map(<[u8]>::to_vec))
}

fn digest(line: &[u8]) -> String {
    hex(&Sha256::digest(line))
}

fn rfc3339(at: Instant) -> String {
    let at = DateTime::from_timestamp_micros(at.0).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or_default()
}
