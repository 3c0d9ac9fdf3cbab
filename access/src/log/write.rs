//! Appends to the log, and deletes what is older than a year.

use super::read::{Part, read_files};
use super::{BEGINNING, Dropped, Line, day_of, digest, files, folder_of, opened};
use crate::limits;
use crate::tenant::Tenant;
use chrono::{DateTime, Months, SecondsFormat};
use domain::calendar::paris_day;
use domain::ids::Instant;
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt;
use rustix::fs::{FallocateFlags, fallocate};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The log of a data folder, open for writing.
#[derive(Debug)]
pub struct AccessLog {
    folder: PathBuf,
    end: Mutex<End>,
    /// Held by who reads it.
    reading: Mutex<()>,
}

#[derive(Debug)]
struct End {
    /// SHA-256 of the last line, in hex.
    last: String,
    /// The newest day that has a file: none is opened before it.
    newest: String,
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
        let (mut last, mut newest) = (BEGINNING.to_owned(), paris_day(now).to_string());
        // An empty file has no last line: then it is that of the day before.
        for path in files(&folder)?.iter().rev() {
            newest = newest.max(day_of(path));
            if let Some(line) = whole_end(path)? {
                last = digest(&line);
                break;
            }
        }
        // That of today is there before a disk may be full.
        let day = Day::open(&folder, newest.clone()).ok();
        let end = Mutex::new(End { last, newest, day });
        Ok(Self { folder, end, reading: Mutex::default() })
    }

    /// Records a read.
    ///
    /// # Errors
    /// When it cannot be written: then the read must be refused.
    pub fn record(&self, tenant: &Tenant, of: &str, now: Instant) -> io::Result<()> {
        let mut end = self.end();
        let line = Line {
            at: rfc3339(now),
            principal: tenant.principal().to_owned(),
            role: tenant.role().name().to_owned(),
            call: tenant.call().name().1.to_owned(),
            of: cut(of, limits::READ_OF_BYTES).to_owned(),
            reason: tenant.reason().unwrap_or_default().to_owned(),
            dropped: None,
            before: end.last.clone(),
        };
        end.append(&self.folder, &line, now)
    }

    /// Deletes the lines that were kept for long enough, after a line that says so. A stop between the
    /// two is made good by the next time.
    ///
    /// # Errors
    /// When the log cannot be read, written or synced: then nothing is deleted.
    pub fn purge(&self, now: Instant) -> io::Result<Option<Dropped>> {
        let today = paris_day(now);
        let kept = Months::new(limits::LOG_KEPT_MONTHS);
        let until = today.checked_sub_months(kept).unwrap_or_default().to_string();
        // Once a newer file is open, nobody writes to those before it.
        let current = {
            let mut end = self.end();
            end.open(&self.folder, now)?;
            end.day.as_ref().map(|day| day.name.clone()).unwrap_or_default()
        };
        let mut old = files(&self.folder)?;
        old.retain(|path| day_of(path) < until && day_of(path) < current);
        let mut part = Part::default();
        for path in &old {
            part.read(path, fs::File::open(path)?, &mut |_| {})?;
        }
        let (lines, broken) = (part.lines, part.broken.len());
        let ends = part.first.zip(part.last);
        let dropped = ends.map(|((after, _), last)| Dropped { until, lines, after, last, broken });
        if let Some(dropped) = &dropped {
            let mut end = self.end();
            let line = Line {
                at: rfc3339(now),
                principal: "registre".to_owned(),
                role: String::new(),
                call: "Purge".to_owned(),
                of: format!("{} lines before {}", dropped.lines, dropped.until),
                reason: String::new(),
                dropped: Some(dropped.clone()),
                before: end.last.clone(),
            };
            end.append(&self.folder, &line, now)?;
            end.sync()?;
        }
        old.iter().try_for_each(fs::remove_file)?;
        Ok(dropped)
    }

    /// The reads of some resources, oldest first; and whether every line that is kept follows the one
    /// before it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn reads_of(&self, of: &[String]) -> io::Result<(Vec<Line>, bool)> {
        // A year has some hundred files, open while they are read: one reader after the other.
        let _turn = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let files = opened(&self.folder)?;
        // Of that which is written on, the lines of now: half a line is none. The others do not change,
        // and nobody waits who records a read.
        let now = self.end().day.as_ref().map(|day| (day.name.clone(), day.length));
        let length = |path: &Path| match &now {
            Some((name, length)) if *name == day_of(path) => *length,
            _ => u64::MAX,
        };
        let files = files.into_iter().map(|(path, file)| {
            let length = length(&path);
            (path, file, length)
        });
        let mut found = Vec::new();
        let checked = read_files(files, |line| {
            if line.dropped.is_none() && of.contains(&line.of) {
                found.push(line.clone());
            }
        })?;
        Ok((found, checked.broken.is_empty()))
    }

    fn end(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl End {
    /// Has the file of a day open: of today, or of the newest day if the clock is before it.
    fn open(&mut self, folder: &Path, now: Instant) -> io::Result<()> {
        if self.day.as_ref().is_some_and(Day::is_gone) {
            self.day = None;
        }
        let name = paris_day(now).to_string().max(self.newest.clone());
        if self.day.as_ref().is_none_or(|day| day.name != name) {
            match (Day::open(folder, name.clone()), &self.day) {
                (Ok(day), _) => (self.day, self.newest) = (Some(day), name),
                (Err(error), None) => return Err(error),
                // Where there is no room for a new file, the one of the day before has some.
                (Err(_), Some(_)) => {}
            }
        }
        Ok(())
    }

    fn append(&mut self, folder: &Path, line: &Line, now: Instant) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        let last = digest(&bytes);
        bytes.push(b'\n');
        self.open(folder, now)?;
        if let Some(day) = &mut self.day {
            day.append(&bytes)?;
        }
        self.last = last;
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.day.as_ref().map_or(Ok(()), |day| day.file.sync_all())
    }
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

fn rfc3339(at: Instant) -> String {
    let at = DateTime::from_timestamp_micros(at.0).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or_default()
}
