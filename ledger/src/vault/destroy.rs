//! Keys of persons destroyed, in place.
//!
//! An entry is 116 bytes, which the power may tear in two: what is to be written is laid
//! down first, in a file of its own (`erasing`), and written again at the next opening when
//! that file is still there. So an entry that says erased takes the place of one that holds a
//! key whatever happens in between, and the other entries are not touched.

use super::entry::{ENTRY, Entry, Slot};
use super::file::{KeyFile, SUBJECTS, offset, torn_files};
use super::kek::write_whole;
use super::rekey::SUBJECTS_NEXT;
use super::roster::{Roster, slots_of};
use super::{Label, VaultError};
use crate::disk::{Disk, DiskFile};
use crc32c::crc32c;
use domain::ids::SubjectId;
use std::io;
use std::path::Path;

/// What is to be written in the place of entries.
const ERASING: &str = "erasing";
const MAGIC: [u8; 8] = *b"RGSTERAS";
/// Bytes of a slot's number, and of its entry.
const LINE: usize = 4 + ENTRY;

/// Where the keys are, and on which disk.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) keys: &'a Path,
    pub(super) disk: &'a dyn Disk,
}

/// Destroys every key of subjects: their entries say erased, durably when this returns. Files put
/// aside, which may hold keys of anybody, are deleted: no record needs them. Gives the subjects
/// that have no entry. The caller makes no key meanwhile.
pub(super) fn destroy(
    Place { keys, disk }: Place<'_>,
    (roster, file): (&Roster, &KeyFile),
    subjects: &[SubjectId],
) -> Result<Vec<SubjectId>, VaultError> {
    let (mut lines, mut unknown) = (Vec::new(), Vec::new());
    for subject in subjects {
        let slots = slots_of(roster, file, *subject)?;
        if slots.is_empty() {
            unknown.push(*subject);
        }
        for slot in slots {
            let (entry, batch) = file.read_in_batch(slot)?;
            lines.extend_from_slice(&slot.to_le_bytes());
            lines.extend_from_slice(&entry.erased().encode(batch));
        }
    }
    if !lines.is_empty() {
        let crc = crc32c(&lines).to_le_bytes();
        // An earlier one may have failed half-way: its redo is not to be lost.
        redo(Place { keys, disk })?;
        write_whole(disk, &keys.join(ERASING), &[&MAGIC, lines.as_slice(), &crc].concat())?;
        let _nobody_reads = file.overwriting();
        write(Place { keys, disk }, &lines)?;
    }
    let torn = torn_files(disk, keys)?;
    let draft = keys.join(SUBJECTS_NEXT);
    for path in torn.iter().chain(draft.try_exists()?.then_some(&draft)) {
        disk.remove(path)?;
    }
    disk.sync_folder(keys)?;
    Ok(unknown)
}

/// An entry of a subject of whom there was none: erased.
pub(super) fn entry_of_unknown(subject: SubjectId) -> Entry {
    let label: Label = [0; 16];
    Entry::of_erased(subject, 0, label)
}

/// Writes what a destruction that was interrupted had laid down. Before anything else is read.
pub(super) fn redo(place: Place<'_>) -> Result<(), VaultError> {
    let Place { keys, disk } = place;
    let bytes = match fs_err::read(keys.join(ERASING)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        read => read?,
    };
    let lines = bytes.strip_prefix(&MAGIC).and_then(|rest| {
        let (lines, crc) = rest.split_last_chunk::<4>()?;
        (crc32c(lines).to_le_bytes() == *crc).then_some(lines)
    });
    write(place, lines.ok_or(VaultError::Damaged("keys/erasing is damaged"))?)?;
    Ok(disk.sync_folder(keys)?)
}

/// Writes entries in their places, synced; then what they were laid down in goes.
fn write(Place { keys, disk }: Place<'_>, lines: &[u8]) -> Result<(), VaultError> {
    // Opened anew: a failed sync is told once to each open file, and the keeper is to hear of
    // that of its own.
    let file = disk.open(&keys.join(SUBJECTS))?;
    for line in lines.as_chunks::<LINE>().0 {
        let (slot, entry) = line.split_first_chunk::<4>().ok_or(VaultError::Unsealable)?;
        let at = offset(u32::from_le_bytes(*slot));
        if is_place_of(file.as_ref(), at, entry)? {
            file.write_all_at(entry, at)?;
        }
    }
    file.sync_data()?;
    disk.remove(&keys.join(ERASING))?;
    Ok(())
}

/// Whether a place holds an entry of the same subject, or what is left of one: an older copy of
/// the file, put back meanwhile, may have another there, or end before.
fn is_place_of(file: &dyn DiskFile, at: u64, entry: &[u8]) -> Result<bool, VaultError> {
    let mut there = [0; ENTRY];
    if file.read_up_to(&mut there, at)? < ENTRY {
        return Ok(false);
    }
    Ok(match Slot::decode(&there) {
        Ok(Slot::Entry(found, _)) => entry.get(4..20) == Some(found.subject.as_bytes()),
        Ok(Slot::Bad) => true,
        Ok(Slot::Void) | Err(_) => false,
    })
}
