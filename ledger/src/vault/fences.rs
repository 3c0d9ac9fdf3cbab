//! Who was erased, beside the keys: that a key is absent is never ambiguous.
//!
//! A fence says of a subject by which event it was erased, of which key, and that it gets no new
//! one. It is durable before the key is destroyed. The file only grows; what it lacks is made
//! again from the log, whose events say the same, and what an older log lacks is here. A line
//! is fixed, so that one that was torn costs no other. `docs/formats/journal.md` has the bytes.

use super::VaultError;
use super::crypto::Key;
use super::kek::write_whole;
use crate::disk::Disk;
use crate::journal::Witness;
use crc32c::crc32c;
use domain::ids::{EventId, Position, SubjectId};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

/// The file, in the folder of the keys.
pub(crate) const FENCES: &str = "fences";
const MAGIC: [u8; 8] = *b"RGSTFNCE";
const FORMAT: u8 = 1;
/// Bytes before the first line.
const HEADER: usize = 32;
/// Bytes of a line.
const LINE: usize = 96;
/// Offset of a line's checksum.
const AT_CRC: usize = 92;
const FENCE: u8 = 1;
const FINISHED: u8 = 2;
const WITNESS: u8 = 3;

/// First bytes of a hash of a destroyed key; zeros when there was none.
pub(crate) type Fingerprint = [u8; 16];

/// Names a key without telling it, so that it is known again in an old backup.
pub(super) fn fingerprint_of(key: &Key) -> Fingerprint {
    let hash = Sha256::digest(key.derive(b"fingerprint").bytes());
    let mut out = [0; 16];
    out.copy_from_slice(&hash[..16]);
    out
}

/// A subject that was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fence {
    pub(crate) subject: SubjectId,
    /// The position of the event that says it: up to there the log held the subject.
    pub(crate) position: Position,
    /// That event.
    pub(crate) event: EventId,
    /// Of the key that was destroyed.
    pub(crate) fingerprint: Fingerprint,
}

/// An erasure of which nothing is left to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Finished {
    /// The position of its event.
    pub(crate) position: Position,
    /// Its event.
    pub(crate) event: EventId,
    /// Sections that are zeros now.
    pub(crate) sections: u64,
    /// SHA-256 of which sections they were.
    pub(crate) digest: [u8; 32],
}

enum Line {
    Fence(Fence),
    Finished(Finished),
    Witness(Witness),
}

/// The fences of a key store.
#[derive(Debug, Default)]
pub(crate) struct Fences {
    path: PathBuf,
    /// Lines that are durable, or damaged.
    lines: u64,
    /// By subject, with the position of the event: 24 bytes a subject.
    subjects: Vec<(SubjectId, Position)>,
    finished: HashMap<EventId, Finished>,
    /// The newest of each file of the journal.
    witnesses: BTreeMap<u64, Witness>,
}

impl Fences {
    /// Reads the fences of a folder of keys; none when there is no file.
    pub(super) fn read(keys: &Path) -> Result<Self, VaultError> {
        Self::read_file(keys.join(FENCES))
    }

    /// Reads a file of fences, wherever it is.
    pub(crate) fn read_file(path: PathBuf) -> Result<Self, VaultError> {
        let mut fences = Self {
            path,
            lines: 0,
            subjects: Vec::new(),
            finished: HashMap::new(),
            witnesses: BTreeMap::new(),
        };
        let bytes = match fs_err::read(&fences.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(fences),
            read => read?,
        };
        let rest = bytes.strip_prefix(&header());
        let rest = rest.ok_or(VaultError::Damaged("keys/fences is no file of this version"))?;
        let mut damaged = 0;
        for (number, line) in (1..).zip(rest.as_chunks::<LINE>().0) {
            match decode(line)? {
                Some(line) => {
                    fences.note(&line);
                    fences.lines = number;
                }
                None => damaged += usize::from(line.iter().any(|byte| *byte != 0)),
            }
        }
        if damaged > 0 {
            tracing::warn!(damaged, "lines of keys/fences are torn; the log says what they said");
        }
        fences.subjects.sort_unstable();
        fences.subjects.dedup_by_key(|(subject, _)| *subject);
        Ok(fences)
    }

    fn note(&mut self, line: &Line) {
        match line {
            Line::Fence(fence) => self.subjects.push((fence.subject, fence.position)),
            Line::Finished(done) => drop(self.finished.insert(done.event, *done)),
            Line::Witness(witness) if *witness == Witness::none(witness.file) => {
                self.witnesses.remove(&witness.file);
            }
            Line::Witness(witness) => drop(self.witnesses.insert(witness.file, *witness)),
        }
    }

    /// The position of the event that erased a subject.
    pub(crate) fn erased_by(&self, subject: SubjectId) -> Option<Position> {
        let found = self.subjects.binary_search_by_key(&subject, |(known, _)| *known).ok()?;
        self.subjects.get(found).map(|(_, position)| *position)
    }

    /// Every subject that was erased, ascending.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = SubjectId> + '_ {
        self.subjects.iter().map(|(subject, _)| *subject)
    }

    /// The subjects that the newest events erased first, with those events' positions.
    pub(crate) fn newest_first(&self) -> Vec<(Position, SubjectId)> {
        let mut all: Vec<_> = self.subjects.iter().map(|(of, at)| (*at, *of)).collect();
        all.sort_unstable_by(|one, other| other.cmp(one));
        all
    }

    /// The end of an erasure, when it came to it.
    pub(crate) fn finished(&self, event: EventId) -> Option<Finished> {
        self.finished.get(&event).copied()
    }

    /// The newest witness of each file.
    pub(crate) fn witnesses(&self) -> impl Iterator<Item = Witness> + '_ {
        self.witnesses.values().copied()
    }

    /// Whether a fence stands of an erasure that is not known to be finished.
    pub(crate) fn is_one_under_way(&self) -> bool {
        let finished: HashSet<Position> =
            self.finished.values().map(|done| done.position).collect();
        self.subjects.iter().any(|(_, position)| !finished.contains(position))
    }

    /// Adds fences of subjects that have none; durable when this returns.
    pub(crate) fn add(&mut self, disk: &dyn Disk, new: &[Fence]) -> Result<(), VaultError> {
        let new = new.iter().filter(|fence| self.erased_by(fence.subject).is_none());
        let lines: Vec<Line> = new.map(|fence| Line::Fence(*fence)).collect();
        self.append(disk, &lines)?;
        self.subjects.sort_unstable();
        Ok(())
    }

    /// Adds the end of erasures, and a witness of each file that they changed; durable when this
    /// returns.
    pub(crate) fn finish(
        &mut self,
        disk: &dyn Disk,
        done: &[Finished],
        witnesses: &[Witness],
    ) -> Result<(), VaultError> {
        let done = done.iter().map(|done| Line::Finished(*done));
        let witnesses = witnesses.iter().map(|witness| Line::Witness(*witness));
        self.append(disk, &witnesses.chain(done).collect::<Vec<_>>())
    }

    fn append(&mut self, disk: &dyn Disk, lines: &[Line]) -> Result<(), VaultError> {
        if lines.is_empty() {
            return Ok(());
        }
        let file = match disk.open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                write_whole(disk, &self.path, &header())?;
                disk.open(&self.path)?
            }
            opened => opened?,
        };
        let bytes: Vec<u8> = lines.iter().flat_map(encode).collect();
        file.write_all_at(&bytes, HEADER as u64 + self.lines * LINE as u64)?;
        file.sync_data()?;
        self.lines += lines.len() as u64;
        lines.iter().for_each(|line| self.note(line));
        Ok(())
    }
}

fn header() -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(&MAGIC);
    header[8] = FORMAT;
    header
}

fn encode(line: &Line) -> [u8; LINE] {
    let mut out = [0; LINE];
    match line {
        Line::Fence(fence) => {
            out[0] = FENCE;
            out[8..16].copy_from_slice(&fence.position.0.to_le_bytes());
            out[16..32].copy_from_slice(fence.event.as_bytes());
            out[32..48].copy_from_slice(fence.subject.as_bytes());
            out[48..64].copy_from_slice(&fence.fingerprint);
        }
        Line::Finished(done) => {
            out[0] = FINISHED;
            out[8..16].copy_from_slice(&done.position.0.to_le_bytes());
            out[16..32].copy_from_slice(done.event.as_bytes());
            out[32..64].copy_from_slice(&done.digest);
            out[64..72].copy_from_slice(&done.sections.to_le_bytes());
        }
        Line::Witness(witness) => {
            out[0] = WITNESS;
            out[1] = witness.section;
            out[8..16].copy_from_slice(&witness.position.0.to_le_bytes());
            out[64..72].copy_from_slice(&witness.file.to_le_bytes());
        }
    }
    let crc = crc32c(&out[..AT_CRC]);
    out[AT_CRC..].copy_from_slice(&crc.to_le_bytes());
    out
}

/// `None` when the checksum is not right.
fn decode(line: &[u8; LINE]) -> Result<Option<Line>, VaultError> {
    if line[AT_CRC..] != crc32c(&line[..AT_CRC]).to_le_bytes() {
        return Ok(None);
    }
    let position = Position(u64::from_le_bytes(part(line, 8)));
    let event = EventId(part(line, 16));
    Ok(Some(match line[0] {
        // A fence that allows a new key is of a later version.
        FENCE if line[1] == 0 => {
            let (subject, fingerprint) = (SubjectId(part(line, 32)), part(line, 48));
            Line::Fence(Fence { subject, position, event, fingerprint })
        }
        FINISHED => {
            let (digest, sections) = (part(line, 32), u64::from_le_bytes(part(line, 64)));
            Line::Finished(Finished { position, event, sections, digest })
        }
        WITNESS => {
            let file = u64::from_le_bytes(part(line, 64));
            Line::Witness(Witness { file, position, section: line[1] })
        }
        _ => {
            return Err(VaultError::Damaged(
                "keys/fences has a line that this version does not know: upgrade",
            ));
        }
    }))
}

fn part<const N: usize>(line: &[u8; LINE], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&line[at..at + N]);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::disk::SystemDisk;

    fn fence(n: u8) -> Fence {
        let (subject, position) = (SubjectId([n; 16]), Position(u64::from(n)));
        Fence { subject, position, event: EventId([n; 16]), fingerprint: [n; 16] }
    }

    #[test]
    fn a_torn_line_costs_no_other_and_its_place_is_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut fences = Fences::read(folder.path()).unwrap();
        fences.add(&SystemDisk, &[fence(3), fence(1)]).unwrap();
        let done = Finished {
            position: Position(3),
            event: EventId([3; 16]),
            sections: 7,
            digest: [8; 32],
        };
        let witness = Witness { file: 1, position: Position(2), section: 4 };
        fences.finish(&SystemDisk, &[done], &[witness]).unwrap();
        let path = folder.path().join(FENCES);
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(whole.len(), HEADER + 4 * LINE);
        std::fs::write(&path, &whole[..whole.len() - 40]).unwrap();
        let mut torn = Fences::read(folder.path()).unwrap();
        assert_eq!(torn.finished(done.event), None);
        assert_eq!(torn.erased_by(SubjectId([1; 16])), Some(Position(1)));
        assert_eq!(torn.erased_by(SubjectId([2; 16])), None);
        assert_eq!(torn.witnesses().collect::<Vec<_>>(), [witness]);
        torn.finish(&SystemDisk, &[done], &[]).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), whole);
        // A subject has one fence.
        torn.add(&SystemDisk, &[fence(1)]).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), whole);
        let mut later = whole.clone();
        later[HEADER + 1] = 1;
        let crc = crc32c(&later[HEADER..HEADER + AT_CRC]).to_le_bytes();
        later[HEADER + AT_CRC..HEADER + LINE].copy_from_slice(&crc);
        std::fs::write(&path, later).unwrap();
        assert!(Fences::read(folder.path()).is_err(), "one that allows a new key");
    }
}
