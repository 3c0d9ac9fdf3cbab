//! Refused rows, sealed under a key of their own, one file a day, for 30 days.
//!
//! What a row says may be personal: only its run, its rank and the rules that
//! it broke can be listed. A file is a sequence of entries: length (u32 little
//! endian), then nonce and ciphertext of a JSON object. Entries are not synced:
//! a torn one is cut before the next is added, one that does not open is skipped.
//! An entry never moves in its file, so that its day and offset are a [`Place`]
//! from which a listing can go on.

use crate::error::LedgerError;
use crate::limits::QUARANTINE_DAYS;
use crate::random::Random;
use crate::vault::{NONCE, TAG, Vault, open, seal};
use chrono::{Days, NaiveDate};
use domain::calendar::paris_day;
use domain::dossier::Issue;
use domain::ids::{Instant, RunId, Source};
use domain::text::Text;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// One thing that was wrong with a row: never its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The v3 name of the field.
    pub field: String,
    /// The rule, `UPPER_SNAKE`.
    pub rule: String,
    /// What is wrong and what to do.
    pub text: Text,
}

impl From<&Issue> for Fault {
    fn from(issue: &Issue) -> Self {
        let (field, rule) = (issue.field.name().to_owned(), issue.rule.to_owned());
        Self { field, rule, text: issue.text.clone() }
    }
}

/// Why a row was refused, without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRow {
    /// Who sent it.
    pub source: Source,
    /// In which run.
    pub run: RunId,
    /// Rank in the run, from 0.
    pub row: u32,
    /// When.
    pub refused_at: Instant,
    /// Why.
    pub errors: Vec<Fault>,
}

/// Where a refused row is kept: it stays there, whatever comes and goes around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    day: NaiveDate,
    offset: u64,
}

impl Place {
    /// A place as [`Display`](fmt::Display) writes it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (day, offset) = text.split_once('/')?;
        Some(Self { day: day.parse().ok()?, offset: offset.parse().ok()? })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.day, self.offset)
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    refused: RefusedRow,
    /// The row as it was sent, without any NIR.
    content: Vec<u8>,
}

/// The quarantine of one ledger.
pub struct Quarantine {
    folder: PathBuf,
    vault: Arc<Vault>,
    random: Arc<dyn Random>,
    /// Entries are appended one after the other; holds the day whose file is known to end well.
    writing: Mutex<Option<NaiveDate>>,
}

impl fmt::Debug for Quarantine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quarantine").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// What a sealed entry is tied to: its day's file.
fn bound_to(day: NaiveDate) -> String {
    format!("registre/quarantine/1/{day}")
}

impl Quarantine {
    pub(crate) fn open(
        folder: &Path,
        vault: Arc<Vault>,
        random: Arc<dyn Random>,
    ) -> Result<Self, LedgerError> {
        fs_err::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned(), vault, random, writing: Mutex::new(None) })
    }

    /// Keeps a refused row, content included, and with the first of a day deletes
    /// what is too old. It is not synced: losing it in a crash loses nothing that
    /// was acknowledged as kept.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&self, refused: RefusedRow, content: Vec<u8>) -> Result<(), LedgerError> {
        let refused_at = refused.refused_at;
        let day = paris_day(refused_at);
        let json = serde_json::to_vec(&Kept { refused, content }).map_err(std::io::Error::from)?;
        let mut nonce = [0; NONCE];
        self.random.fill(&mut nonce)?;
        let sealed = seal(self.vault.quarantine_key(), &nonce, bound_to(day).as_bytes(), &json)?;
        let length = u32::try_from(sealed.len())
            .map_err(|_| LedgerError::Invalid("a refused row is too long to be kept"))?;
        let entry = [length.to_le_bytes().as_slice(), &sealed].concat();
        let mut ready = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if *ready != Some(day) {
            self.purge(refused_at)?;
            cut_torn_tail(&self.file_of(day))?;
            *ready = Some(day);
        }
        let mut options = fs_err::OpenOptions::new();
        let mut file = options.create(true).append(true).open(self.file_of(day))?;
        if let Err(error) = file.write_all(&entry) {
            // A full disk may have taken a part of it.
            *ready = None;
            return Err(error.into());
        }
        Ok(())
    }

    /// The refused rows of a source (of all, when `None`), newest first, at most
    /// `limit` of those kept before a place. Only the days needed are opened.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn list(
        &self,
        source: Option<&Source>,
        before: Option<Place>,
        limit: usize,
    ) -> Result<Vec<(Place, RefusedRow)>, LedgerError> {
        let mut rows = Vec::new();
        for day in self.days()?.into_iter().rev() {
            let end = match before {
                Some(place) if place.day < day => continue,
                Some(place) if place.day == day => place.offset,
                _ => u64::MAX,
            };
            let file = match fs_err::File::open(self.file_of(day)) {
                // Purged since the folder was read.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                opened => opened?,
            };
            for entry in entries(&file, end)?.into_iter().rev() {
                if rows.len() == limit {
                    return Ok(rows);
                }
                let Some(row) = self.read(day, &file, entry)? else { continue };
                if source.is_none_or(|source| row.source == *source) {
                    rows.push((Place { day, offset: entry.offset }, row));
                }
            }
        }
        Ok(rows)
    }

    /// Deletes what is older than 30 days at an instant; gives the number of days deleted.
    ///
    /// # Errors
    /// When a file cannot be deleted.
    pub fn purge(&self, now: Instant) -> Result<usize, LedgerError> {
        let keep = Days::new(QUARANTINE_DAYS.unsigned_abs());
        let Some(oldest) = paris_day(now).checked_sub_days(keep) else { return Ok(0) };
        let old: Vec<NaiveDate> = self.days()?.into_iter().filter(|day| *day < oldest).collect();
        for day in &old {
            fs_err::remove_file(self.file_of(*day))?;
        }
        Ok(old.len())
    }

    fn file_of(&self, day: NaiveDate) -> PathBuf {
        self.folder.join(format!("{day}.sealed"))
    }

    /// The days that have a file, oldest first.
    fn days(&self) -> Result<Vec<NaiveDate>, LedgerError> {
        let mut days = Vec::new();
        for entry in fs_err::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_stem().and_then(|name| name.to_str());
            days.extend(name.and_then(|name| name.parse::<NaiveDate>().ok()));
        }
        days.sort_unstable();
        Ok(days)
    }

    /// The row of an entry, unless it does not open.
    fn read(
        &self,
        day: NaiveDate,
        mut file: &fs_err::File,
        entry: Entry,
    ) -> io::Result<Option<RefusedRow>> {
        let mut sealed = vec![0; entry.length as usize];
        file.seek(SeekFrom::Start(entry.offset + LENGTH))?;
        file.read_exact(&mut sealed)?;
        let clear = open(self.vault.quarantine_key(), bound_to(day).as_bytes(), &sealed);
        // The text of a decoding error could quote the row.
        let kept: Option<Kept> = clear.ok().and_then(|clear| serde_json::from_slice(&clear).ok());
        if kept.is_none() {
            tracing::warn!(%day, "a refused row in quarantine cannot be read; skipped");
        }
        Ok(kept.map(|kept| kept.refused))
    }
}

/// Bytes of the length before an entry.
const LENGTH: u64 = 4;

/// A whole entry of a file.
#[derive(Clone, Copy)]
struct Entry {
    offset: u64,
    /// Of what is sealed.
    length: u32,
}

impl Entry {
    fn end(self) -> u64 {
        self.offset + LENGTH + u64::from(self.length)
    }
}

/// The whole entries at the front of a file just opened, up to an offset. Their
/// contents are passed over: a day may have more of them than fit in memory.
fn entries(file: &fs_err::File, end: u64) -> io::Result<Vec<Entry>> {
    let end = file.metadata()?.len().min(end);
    let mut reader = BufReader::new(file);
    let (mut found, mut offset) = (Vec::new(), 0);
    while offset + LENGTH <= end {
        let mut length = [0; LENGTH as usize];
        reader.read_exact(&mut length)?;
        let entry = Entry { offset, length: u32::from_le_bytes(length) };
        // Zeros that a crash left are no entry.
        if entry.length as usize <= NONCE + TAG || entry.end() > end {
            break;
        }
        reader.seek_relative(i64::from(entry.length))?;
        offset = entry.end();
        found.push(entry);
    }
    Ok(found)
}

/// Cuts what follows the last whole entry of a file, when there is a file.
fn cut_torn_tail(path: &Path) -> Result<(), LedgerError> {
    if !path.try_exists()? {
        return Ok(());
    }
    let file = fs_err::OpenOptions::new().read(true).write(true).open(path)?;
    let whole = entries(&file, u64::MAX)?.last().map_or(0, |last| last.end());
    if whole < file.metadata()?.len() {
        tracing::warn!(path = %path.display(), "the tail of a quarantine file was torn; cut");
        file.set_len(whole)?;
    }
    Ok(())
}
