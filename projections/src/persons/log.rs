//! The file of the view of persons: records of 64 bytes, in position order,
//! and beside it a checkpoint that says how many of them count.
//!
//! A record is: kind (1 a statement, 2 a decision), flags (1: has an INE, 2: has
//! names and birth date, 4: born on a 1 January, 8: linked), two bytes of the source
//! (zeros in a decision), the position (8 bytes, little-endian), the stream, two fields of 16 bytes (INE and names; or the
//! other stream and zeros), and 4 bytes of check over the 60 before.

use crate::files::{append_after, check_of, write_whole};
use crate::source::PersonKeys;
use domain::ids::{Position, Source, StreamKey};
use fs_err as fs;
use serde::{Deserialize, Serialize};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

const RECORD: usize = 64;
const FORMAT: u32 = 2;

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
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Checkpoint {
    format: u32,
    rule: String,
    position: u64,
    records: u64,
}

/// The open file.
#[derive(Debug)]
pub(super) struct Log {
    folder: PathBuf,
    checkpoint: Checkpoint,
}

impl Log {
    /// Opens the folder and tells each entry that counts; anything wrong empties it,
    /// and the position is 0.
    pub(super) fn open(folder: &Path, each: impl FnMut(Entry)) -> std::io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut log = Self { folder: folder.to_owned(), checkpoint: Checkpoint::default() };
        if let Some(checkpoint) = log.read(each) {
            log.checkpoint = checkpoint;
            let file = fs::OpenOptions::new().write(true).open(log.records())?;
            file.set_len(log.checkpoint.records * RECORD as u64)?;
            return Ok(log);
        }
        if log.records().exists() {
            tracing::warn!(folder = %folder.display(), "the view of persons is damaged or older: it is rebuilt");
        }
        log.clear()?;
        Ok(log)
    }

    pub(super) fn position(&self) -> Position {
        Position(self.checkpoint.position)
    }

    pub(super) fn clear(&mut self) -> std::io::Result<()> {
        fs::write(self.records(), [])?;
        let rule = super::MATCHING_RULE.to_owned();
        self.save(Checkpoint { format: FORMAT, rule, ..Checkpoint::default() })
    }

    /// Appends, then says how far it counts: all of it, or nothing.
    pub(super) fn append(&mut self, entries: &[Entry], position: Position) -> std::io::Result<()> {
        let mut next = self.checkpoint.clone();
        if !entries.is_empty() {
            let bytes: Vec<u8> = entries.iter().flat_map(encode).collect();
            append_after(&self.records(), next.records * RECORD as u64, &bytes)?;
        }
        next.records += entries.len() as u64;
        next.position = position.0;
        self.save(next)
    }

    fn records(&self) -> PathBuf {
        self.folder.join("persons.records")
    }

    fn save(&mut self, checkpoint: Checkpoint) -> std::io::Result<()> {
        let text = serde_json::to_vec(&checkpoint)?;
        write_whole(&self.folder.join("persons.checkpoint"), &text)?;
        self.checkpoint = checkpoint;
        Ok(())
    }

    fn read(&self, mut each: impl FnMut(Entry)) -> Option<Checkpoint> {
        let text = fs::read(self.folder.join("persons.checkpoint")).ok()?;
        let checkpoint: Checkpoint = serde_json::from_slice(&text).ok()?;
        if checkpoint.format != FORMAT || checkpoint.rule != super::MATCHING_RULE {
            return None;
        }
        let mut file = BufReader::new(fs::File::open(self.records()).ok()?);
        let mut record = [0; RECORD];
        for _ in 0..checkpoint.records {
            file.read_exact(&mut record).ok()?;
            each(decode(&record)?);
        }
        Some(checkpoint)
    }
}

fn encode(entry: &Entry) -> [u8; RECORD] {
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
        _ => None,
    }
}
