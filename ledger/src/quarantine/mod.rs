//! Refused rows, sealed under a key of their own, one file a source and day, for 30 days.
//!
//! What a row says may be personal: only its run, its rank and the rules that
//! it broke can be listed. Entries are not synced: a torn one is cut before the
//! next is added, one that does not open is skipped. An entry never moves in its
//! file, so that its file and offset are a [`Place`] from which a listing can go on.
//!
//! It is bounded, whoever sends what: a row that is too long, or comes when its
//! source has filled its share of the day, is kept without its content; of the
//! refusals each source has a share of its own, beyond which none is kept, and of
//! the faults of a row the first are; a row sent again is kept once.
//!
//! | module | holds |
//! |---|---|
//! | `place` | where a row is |
//! | `file` | a day's file, byte by byte |
//! | `sealed` | what an entry says, sealed |
//! | `today` | what the day holds already |

mod file;
mod place;
mod sealed;
mod today;

pub use place::Place;

use crate::disk::Disk;
use crate::erasure::Words;
use crate::error::LedgerError;
use crate::limits::{QUARANTINE_DAYS, QUARANTINE_FAULTS_MAX};
use crate::random::Random;
use crate::vault::Vault;
use chrono::{Days, NaiveDate};
use domain::calendar::paris_day;
use domain::ids::{Instant, RunId, Source};
use domain::text::Text;
use file::{Entry, cut_torn_tail, encode, entries};
use place::SourceDay;
use sealed::Head;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use today::{OfSource, Today};
use zeroize::Zeroizing;

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
    /// Why: as it is kept, the first [`QUARANTINE_FAULTS_MAX`] of what is wrong.
    pub errors: Vec<Fault>,
}

/// What became of the content of a refused row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeptContent {
    /// It is kept as it was sent, without any NIR.
    Whole,
    /// It is longer than a row may be, and not kept.
    TooLong,
    /// Its source had filled its share of the day, or all had, and it is not kept.
    NoRoom,
}

/// What [`Quarantine::keep`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// The refusal is kept, and that of the content.
    Kept(KeptContent),
    /// The same row is kept already, of the same day or the day before.
    Already,
    /// The refusals of its source have filled their share of the day: nothing is kept.
    Full,
}

/// A refused row as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Where it is kept.
    pub place: Place,
    /// Which row, and why.
    pub row: RefusedRow,
    /// Whether its content is kept too.
    pub content: KeptContent,
}

/// The quarantine of one ledger.
pub struct Quarantine {
    folder: PathBuf,
    vault: Arc<Vault>,
    random: Arc<dyn Random>,
    /// Entries are appended one after the other.
    writing: Mutex<Option<Today>>,
}

impl fmt::Debug for Quarantine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quarantine").field("folder", &self.folder).finish_non_exhaustive()
    }
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

    /// Keeps a refused row, and its content as far as the limits allow, and with
    /// the first of a day deletes what is too old. It is not synced: losing it in
    /// a crash loses nothing that was acknowledged as kept.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&self, mut refused: RefusedRow, content: &[u8]) -> Result<Keeping, LedgerError> {
        refused.errors.truncate(QUARANTINE_FAULTS_MAX);
        let day = paris_day(refused.refused_at);
        let digest = sealed::digest(&self.vault, &refused, content);
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let today = match writing.take().filter(|today| today.day == day) {
            Some(today) => today,
            None => {
                self.purge(refused.refused_at)?;
                self.read_day(day)?
            }
        };
        let today = writing.insert(today);
        let source = refused.source.clone();
        if !today.knows(&source) {
            today.begin(source.clone(), self.begin(day, &source)?);
        }
        if today.has(&source, &digest) {
            return Ok(Keeping::Already);
        }
        let kept = today.room_for(&source, content);
        let head = Head { refused, digest, content: kept, bytes: content.len() as u64 };
        let (vault, random) = (self.vault.as_ref(), self.random.as_ref());
        let sealed_content = match kept {
            KeptContent::Whole => sealed::seal_content(vault, random, day, &digest, content)?,
            KeptContent::TooLong | KeptContent::NoRoom => Vec::new(),
        };
        let entry = encode(&sealed::seal_head(vault, random, day, &head)?, &sealed_content)
            .ok_or(LedgerError::Invalid("a refused row is too long to be kept"))?;
        let beside = (entry.len() - sealed_content.len()) as u64;
        if !today.takes(&source, beside) {
            return Ok(Keeping::Full);
        }
        let mut options = fs_err::OpenOptions::new();
        let file = SourceDay { day, source: Some(source) };
        let mut file = options.create(true).append(true).open(file.path_in(&self.folder))?;
        if let Err(error) = file.write_all(&entry) {
            // A full disk may have taken a part of it: what the file holds is read again. The others stay as they are
            // known, and count.
            today.forget(&head.refused.source);
            return Err(error.into());
        }
        today.wrote(&head, beside);
        Ok(Keeping::Kept(kept))
    }

    /// Reads what today's files hold, which the first refused row of each source would else wait for.
    pub(crate) fn read_today(&self, now: Instant) -> Result<(), LedgerError> {
        let today = self.read_day(paris_day(now))?;
        *self.writing.lock().unwrap_or_else(PoisonError::into_inner) = Some(today);
        Ok(())
    }

    /// What a day holds already, of all sources. A day that begins has no file; one that comes back, as rows of two
    /// days do around midnight, has.
    fn read_day(&self, day: NaiveDate) -> Result<Today, LedgerError> {
        let mut today = Today::new(day);
        let files = self.files()?.into_iter().filter(|file| file.day == day);
        for source in files.filter_map(|file| file.source) {
            let of = self.begin(day, &source)?;
            today.begin(source, of);
        }
        Ok(today)
    }

    /// What a day holds of a source already.
    fn begin(&self, day: NaiveDate, source: &Source) -> Result<OfSource, LedgerError> {
        let of = |day| SourceDay { day, source: Some(source.clone()) };
        cut_torn_tail(&of(day).path_in(&self.folder))?;
        let mut known = OfSource::default();
        if let Some(before) = day.pred_opt() {
            self.heads(&of(before), &mut |head, _| known.note_before(head))?;
        }
        self.heads(&of(day), &mut |head, entry| known.note(head, entry.beside_content()))?;
        Ok(known)
    }

    /// Shows the heads of a file.
    fn heads(
        &self,
        of: &SourceDay,
        visit: &mut dyn FnMut(&Head, Entry),
    ) -> Result<(), LedgerError> {
        let Some(file) = self.open_file(of)? else { return Ok(()) };
        for entry in entries(&file, u64::MAX)? {
            if let Some(head) = self.head(of.day, &file, entry)? {
                visit(&head, entry);
            }
        }
        Ok(())
    }

    /// The refused rows of a source (of all, when `None`), the greatest place first: of each source the
    /// newest; at most `limit` of those kept before a place. Only the files needed are opened, and no
    /// content.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn list(
        &self,
        source: Option<&Source>,
        before: Option<&Place>,
        limit: usize,
    ) -> Result<Vec<Listed>, LedgerError> {
        let mut rows = Vec::new();
        for of in self.files()?.into_iter().rev() {
            let end = match before {
                Some(place) if place.file < of => continue,
                Some(place) if place.file == of => place.offset,
                _ => u64::MAX,
            };
            // A file of all sources may have rows of this one.
            if source.is_some() && of.source.is_some() && of.source.as_ref() != source {
                continue;
            }
            let Some(file) = self.open_file(&of)? else { continue };
            for entry in entries(&file, end)?.into_iter().rev() {
                if rows.len() == limit {
                    return Ok(rows);
                }
                let Some(head) = self.head(of.day, &file, entry)? else { continue };
                if source.is_none_or(|source| head.refused.source == *source) {
                    let place = Place { file: of.clone(), offset: entry.offset };
                    rows.push(Listed { place, row: head.refused, content: head.content });
                }
            }
        }
        Ok(rows)
    }

    /// The content of a refused row, as it was sent, without any NIR; `None` when it is not kept,
    /// or not any more.
    ///
    /// # Errors
    /// When the file cannot be read, or the content does not open.
    pub fn content(&self, place: &Place) -> Result<Option<Zeroizing<Vec<u8>>>, LedgerError> {
        let day = place.file.day;
        let Some(file) = self.open_file(&place.file)? else { return Ok(None) };
        let Some(entry) = Entry::at(&file, place.offset)? else { return Ok(None) };
        let Some(head) = self.head(day, &file, entry)? else { return Ok(None) };
        if head.content != KeptContent::Whole {
            return Ok(None);
        }
        let sealed = entry.content(&file)?;
        if sealed.iter().all(|byte| *byte == 0) {
            // The person whom it named was erased.
            return Ok(None);
        }
        sealed::open_content(&self.vault, day, &head.digest, &sealed).map(Some)
    }

    /// Overwrites the content of every row that holds words of persons who are erased, durably.
    /// That the row was refused, and why, stays: it says no value. Gives how many rows.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub(crate) fn erase(&self, words: &Words, disk: &dyn Disk) -> Result<usize, LedgerError> {
        let mut erased = 0;
        if words.is_empty() {
            return Ok(erased);
        }
        for of in self.files()? {
            let day = of.day;
            let Some(file) = self.open_file(&of)? else { continue };
            let mut places = Vec::new();
            for entry in entries(&file, u64::MAX)? {
                let Some(head) = self.head(day, &file, entry)? else { continue };
                if head.content != KeptContent::Whole {
                    continue;
                }
                let sealed = entry.content(&file)?;
                // One that does not open is half overwritten, or damaged: nobody will read it.
                let clear = sealed::open_content(&self.vault, day, &head.digest, &sealed).ok();
                let source = &head.refused.source;
                if clear.is_none_or(|clear| words.are_in(source, &clear)) {
                    places.push((entry.content_at(), sealed.len()));
                }
            }
            if places.is_empty() {
                continue;
            }
            let file = disk.open(&of.path_in(&self.folder))?;
            for (offset, length) in &places {
                file.write_all_at(&vec![0; *length], *offset)?;
            }
            file.sync_data()?;
            erased += places.len();
        }
        Ok(erased)
    }

    /// Deletes what is older than 30 days at an instant; gives the number of files deleted.
    ///
    /// # Errors
    /// When a file cannot be deleted.
    pub fn purge(&self, now: Instant) -> Result<usize, LedgerError> {
        let keep = Days::new(QUARANTINE_DAYS.unsigned_abs());
        let Some(oldest) = paris_day(now).checked_sub_days(keep) else { return Ok(0) };
        let old: Vec<SourceDay> =
            self.files()?.into_iter().filter(|file| file.day < oldest).collect();
        for file in &old {
            fs_err::remove_file(file.path_in(&self.folder))?;
        }
        Ok(old.len())
    }

    /// The files, in the order of their places.
    fn files(&self) -> Result<Vec<SourceDay>, LedgerError> {
        let mut files = Vec::new();
        for entry in fs_err::read_dir(&self.folder)? {
            files.extend(entry?.file_name().to_str().and_then(SourceDay::of));
        }
        files.sort_unstable();
        Ok(files)
    }

    /// A file, unless there is none, or none any more.
    fn open_file(&self, of: &SourceDay) -> Result<Option<fs_err::File>, LedgerError> {
        match fs_err::File::open(of.path_in(&self.folder)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            opened => Ok(Some(opened?)),
        }
    }

    /// The head of an entry, unless it does not open.
    fn head(
        &self,
        day: NaiveDate,
        file: &fs_err::File,
        entry: Entry,
    ) -> Result<Option<Head>, LedgerError> {
        let head = sealed::open_head(&self.vault, day, &entry.head(file)?);
        if head.is_none() {
            tracing::warn!(%day, "a refused row in quarantine cannot be read; skipped");
        }
        Ok(head)
    }
}
