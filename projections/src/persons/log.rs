//! The file of the view of persons: records of 64 bytes, in position order,
//! and beside it a checkpoint that says how many of them count.
//!
//! A record is: kind (1 a statement, 2 a decision, 3 an e-mail address), flags (1: has an INE, 2: has
//! names and birth date, 4: born on a 1 January, 8: linked), two bytes of the source
//! (zeros but in a statement), the position (8 bytes, little-endian), the stream, two fields of 16 bytes (INE and names; or the
//! other stream and zeros; or the address and zeros), and 4 bytes of check over the 60 before.

use super::PersonsError;
use crate::files::{append_after, check_of, write_whole};
use crate::source::PersonKeys;
use domain::ids::{Position, Source, StreamKey};
use fs_err as fs;
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

const RECORD: usize = 64;
const FORMAT: u32 = 3;

/// Half of a check of a source's name: tells sources apart where a rare confusion
/// of two does little harm.
pub(super) type SourceTag = u16;

/// The tag of a source.
pub(super) fn tag_of(source: &Source) -> SourceTag {
    check_of(source.as_str().as_bytes()) as SourceTag
}

/// One thing that the view knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    /// A dossier states its learner.
    Stated { position: Position, stream: StreamKey, source: SourceTag, keys: PersonKeys },
    /// A human links or parts two dossiers.
    Decided { position: Position, pair: [StreamKey; 2], linked: bool },
    /// A dossier states an e-mail address, for the first time.
    Reached { position: Position, stream: StreamKey, email: [u8; 16] },
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Checkpoint {
    format: u32,
    rule: String,
    position: u64,
    records: u64,
}

/// The files, to be added to.
#[derive(Debug)]
pub(super) struct Log {
    folder: PathBuf,
    checkpoint: Checkpoint,
}

impl Log {
    /// Opens the folder. What is not of this version, or shorter than it says, is emptied,
    /// and the position is 0; whether records are damaged is seen when they are read.
    pub(super) fn open(folder: &Path) -> std::io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut log = Self { folder: folder.to_owned(), checkpoint: Checkpoint::default() };
        if let Some(checkpoint) = log.read() {
            log.checkpoint = checkpoint;
            let file = fs::OpenOptions::new().write(true).open(log.path())?;
            file.set_len(log.checkpoint.records * RECORD as u64)?;
            return Ok(log);
        }
        if log.path().exists() {
            tracing::warn!(folder = %folder.display(), "the view of persons is damaged or older: it is rebuilt");
        }
        log.clear()?;
        Ok(log)
    }

    pub(super) fn position(&self) -> Position {
        Position(self.checkpoint.position)
    }

    pub(super) fn clear(&mut self) -> std::io::Result<()> {
        fs::write(self.path(), [])?;
        let rule = super::MATCHING_RULE.to_owned();
        self.save(Checkpoint { format: FORMAT, rule, ..Checkpoint::default() })
    }

    /// Appends, then says how far it counts: all of it, or nothing. With `durable`, the
    /// records are on the disk before they count.
    pub(super) fn append(
        &mut self,
        entries: &[Entry],
        position: Position,
        durable: bool,
    ) -> std::io::Result<()> {
        let mut next = self.checkpoint.clone();
        if !entries.is_empty() {
            let bytes: Vec<u8> = entries.iter().flat_map(encode).collect();
            append_after(&self.path(), next.records * RECORD as u64, &bytes)?;
        }
        if durable {
            fs::File::open(self.path())?.sync_data()?;
        }
        next.records += entries.len() as u64;
        next.position = position.0;
        self.save(next)
    }

    /// Writes every record anew as it is given back; none where none is. It is the view of now, or
    /// after a crash in between there is none, and it is rebuilt.
    pub(super) fn rewrite(
        &mut self,
        with: &dyn Fn(Entry) -> Option<Entry>,
    ) -> Result<(), PersonsError> {
        let (records, mut kept) = (self.records()?, 0);
        let next = self.path().with_extension("next");
        let mut file = std::io::BufWriter::new(fs::File::create(&next)?);
        for number in 1..=records.count() {
            if let Some(entry) = with(records.read(number)?) {
                file.write_all(&encode(&entry))?;
                kept += 1;
            }
        }
        file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        fs::remove_file(self.checkpoint_path())?;
        fs::rename(&next, self.path())?;
        self.save(Checkpoint { records: kept, ..self.checkpoint.clone() })?;
        Ok(())
    }

    /// The records that count, to be read.
    pub(super) fn records(&self) -> std::io::Result<Records> {
        let too_many = |_| std::io::Error::other("the view of persons has too many records");
        Ok(Records {
            file: fs::File::open(self.path())?,
            checkpoint: self.checkpoint_path(),
            count: u32::try_from(self.checkpoint.records).map_err(too_many)?,
            damaged: AtomicU32::new(0),
        })
    }

    fn path(&self) -> PathBuf {
        self.folder.join("persons.records")
    }

    fn checkpoint_path(&self) -> PathBuf {
        self.folder.join("persons.checkpoint")
    }

    fn save(&mut self, checkpoint: Checkpoint) -> std::io::Result<()> {
        let text = serde_json::to_vec(&checkpoint)?;
        write_whole(&self.checkpoint_path(), &text)?;
        self.checkpoint = checkpoint;
        Ok(())
    }

    fn read(&self) -> Option<Checkpoint> {
        let text = fs::read(self.checkpoint_path()).ok()?;
        let checkpoint: Checkpoint = serde_json::from_slice(&text).ok()?;
        let of_now = checkpoint.format == FORMAT && checkpoint.rule == super::MATCHING_RULE;
        let length = fs::metadata(self.path()).ok()?.len();
        (of_now && length / RECORD as u64 >= checkpoint.records).then_some(checkpoint)
    }
}

/// The file of records, read one at a time. They are numbered from 1.
#[derive(Debug)]
pub(super) struct Records {
    file: fs::File,
    /// How many there were when it was opened.
    count: u32,
    checkpoint: PathBuf,
    /// One that was found damaged; 0 for none.
    damaged: AtomicU32,
}

impl Records {
    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    /// Reads a record. One that is damaged takes the checkpoint with it, so that the next
    /// opening rebuilds the view.
    pub(super) fn read(&self, number: u32) -> Result<Entry, PersonsError> {
        decode(&self.bytes(number)?).ok_or_else(|| {
            self.damaged.store(number, Ordering::Release);
            let _ = fs::remove_file(&self.checkpoint);
            PersonsError::Damaged(number)
        })
    }

    /// Makes what is written durable.
    pub(super) fn sync(&self) -> std::io::Result<()> {
        self.file.sync_data()
    }

    /// Whether a record has these bytes.
    pub(super) fn is(&self, number: u32, bytes: &[u8]) -> bool {
        self.bytes(number).is_ok_and(|record| record == bytes)
    }

    /// The bytes of a record; zeros, which are none, where the file ends before.
    fn bytes(&self, number: u32) -> std::io::Result<[u8; RECORD]> {
        let mut record = [0; RECORD];
        let offset = u64::from(number).saturating_sub(1) * RECORD as u64;
        match self.file.file().read_exact_at(&mut record, offset) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok([0; RECORD]),
            read => read.map(|()| record),
        }
    }

    /// An error once a damaged record was met: the checkpoint must not come back.
    pub(super) fn are_whole(&self) -> Result<(), PersonsError> {
        match self.damaged.load(Ordering::Acquire) {
            0 => Ok(()),
            number => {
                // An append may have written it meanwhile.
                let _ = fs::remove_file(&self.checkpoint);
                Err(PersonsError::Damaged(number))
            }
        }
    }
}

pub(super) fn encode(entry: &Entry) -> [u8; RECORD] {
    let mut record = [0; RECORD];
    let (kind, flags, source, position, stream, first, second) = match entry {
        Entry::Stated { position, stream, source, keys } => {
            let flags = u8::from(keys.ine.is_some())
                | u8::from(keys.names_and_birth.is_some()) << 1
                | u8::from(keys.first_of_january) << 2;
            let (ine, names) =
                (keys.ine.unwrap_or_default(), keys.names_and_birth.unwrap_or_default());
            (1, flags, *source, position, stream, ine, names)
        }
        Entry::Decided { position, pair: [one, other], linked } => {
            (2, u8::from(*linked) << 3, 0, position, one, other.0, [0; 16])
        }
        Entry::Reached { position, stream, email } => (3, 0, 0, position, stream, *email, [0; 16]),
    };
    record[0] = kind;
    record[1] = flags;
    record[2..4].copy_from_slice(&source.to_le_bytes());
    record[4..12].copy_from_slice(&position.0.to_le_bytes());
    record[12..28].copy_from_slice(&stream.0);
    record[28..44].copy_from_slice(&first);
    record[44..60].copy_from_slice(&second);
    let check = check_of(&record[..60]);
    record[60..].copy_from_slice(&check.to_le_bytes());
    record
}

fn decode(record: &[u8]) -> Option<Entry> {
    let field = |from: usize| -> Option<[u8; 16]> { record.get(from..from + 16)?.try_into().ok() };
    let check = u32::from_le_bytes(record.get(60..64)?.try_into().ok()?);
    if check != check_of(record.get(..60)?) {
        return None;
    }
    let position = Position(u64::from_le_bytes(record.get(4..12)?.try_into().ok()?));
    let flags = *record.get(1)?;
    let source = SourceTag::from_le_bytes(record.get(2..4)?.try_into().ok()?);
    let (stream, first, second) = (StreamKey(field(12)?), field(28)?, field(44)?);
    match record.first()? {
        1 => {
            let keys = PersonKeys {
                ine: (flags & 1 != 0).then_some(first),
                names_and_birth: (flags & 2 != 0).then_some(second),
                first_of_january: flags & 4 != 0,
            };
            Some(Entry::Stated { position, stream, source, keys })
        }
        2 => {
            let pair = [stream, StreamKey(first)];
            Some(Entry::Decided { position, pair, linked: flags & 8 != 0 })
        }
        3 => Some(Entry::Reached { position, stream, email: first }),
        _ => None,
    }
}
