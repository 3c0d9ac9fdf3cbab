//! Where each person's entry is, by label and by subject: of the newest entries
//! in memory, of those before in tables beside the file.
//!
//! The index only leads to entries: what one says is read from the file, so
//! that an erasure needs to change nothing here.

use super::entry::Entry;
use super::file::KeyFile;
use super::{Label, VaultError};
use domain::ids::SubjectId;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use tables::{IndexError, Layered, hash};

/// What tables name: subjects, and labels by role.
const SUBJECT: u8 = 0;

/// What the tables are an index of.
pub(super) const OWNER: [u8; 16] = *b"registre persons";

/// The folder of the tables, in that of the keys.
pub(super) const INDEX: &str = "index";

fn subject_hash(subject: SubjectId) -> u64 {
    hash(SUBJECT, subject.0)
}

fn label_hash(role: u8, label: Label) -> u64 {
    // Roles count from 1.
    hash(role, label)
}

/// Tables count from 1, slots from 0.
const fn ordinal(slot: u32) -> u32 {
    slot.saturating_add(1)
}

const fn slot(ordinal: u32) -> u32 {
    ordinal.saturating_sub(1)
}

impl From<IndexError> for VaultError {
    fn from(error: IndexError) -> Self {
        Self::Io(Arc::new(io::Error::other(error)))
    }
}

/// The entries of a range of slots.
#[derive(Debug)]
pub(super) struct Tail {
    first: u32,
    next: u32,
    /// The first slot of each label.
    labels: HashMap<(u8, Label), u32>,
    /// The first slot of each subject, and the others of the few that have several.
    subjects: HashMap<SubjectId, u32>,
    others: Vec<(SubjectId, u32)>,
    /// What the last slot holds; zeros before the range is full.
    mark: [u8; 16],
}

impl Tail {
    /// What follows that many slots.
    pub(super) fn after(slots: u32) -> Self {
        let first = ordinal(slots);
        Self {
            first,
            next: first,
            labels: HashMap::new(),
            subjects: HashMap::new(),
            others: Vec::new(),
            mark: [0; 16],
        }
    }

    /// Adds an entry. Slots that are left out hold none.
    pub(super) fn note(&mut self, entry: &Entry, at: u32) {
        let at = ordinal(at);
        self.labels.entry((entry.role, entry.label)).or_insert(at);
        if *self.subjects.entry(entry.subject).or_insert(at) != at {
            self.others.push((entry.subject, at));
        }
        self.next = at.saturating_add(1);
        self.mark = entry.subject.0;
    }

    fn of_subject(&self, subject: SubjectId, found: &mut Vec<u32>) {
        found.extend(self.subjects.get(&subject));
        let others = self.others.iter().filter(|(other, _)| *other == subject);
        found.extend(others.map(|(_, at)| *at));
    }
}

impl tables::Tail for Tail {
    fn first(&self) -> u32 {
        self.first
    }

    fn next(&self) -> u32 {
        self.next
    }

    fn pairs(&self) -> (Vec<(u64, u32)>, u64) {
        let labels = self.labels.iter().map(|((role, label), at)| (label_hash(*role, *label), *at));
        let subjects = self.subjects.iter().chain(self.others.iter().map(|(s, at)| (s, at)));
        let subjects = subjects.map(|(subject, at)| (subject_hash(*subject), *at));
        let mut pairs: Vec<_> = labels.chain(subjects).collect();
        pairs.sort_unstable();
        let hashes = pairs.len() as u64;
        (pairs, hashes)
    }

    fn values(&self) -> Option<&[u32]> {
        None
    }

    fn mark(&self) -> Vec<u8> {
        self.mark.to_vec()
    }
}

/// The index of the key file.
pub(super) type Roster = Layered<Tail>;

/// Ends the part in memory when it has so many slots. All of its entries are durable.
pub(super) fn end_large_part(roster: &Roster, slots: u32) -> Option<Arc<Tail>> {
    let mut layers = roster.write();
    let next = layers.live.next;
    let large = next - layers.live.first >= slots.max(1);
    large.then(|| layers.end_part(Tail::after(slot(next))))
}

/// The subject of a label, when it has an entry.
pub(super) fn subject_of(
    roster: &Roster,
    file: &KeyFile,
    role: u8,
    label: Label,
) -> Result<Option<SubjectId>, VaultError> {
    let found = roster.find(label_hash(role, label), |tail, found| {
        found.extend(tail.labels.get(&(role, label)));
    })?;
    for at in found {
        let entry = file.read(slot(at))?;
        if (entry.role, entry.label) == (role, label) {
            return Ok(Some(entry.subject));
        }
    }
    Ok(None)
}

/// The slots of a subject's entries, ascending.
pub(super) fn slots_of(
    roster: &Roster,
    file: &KeyFile,
    subject: SubjectId,
) -> Result<Vec<u32>, VaultError> {
    let found =
        roster.find(subject_hash(subject), |tail, found| tail.of_subject(subject, found))?;
    let mut slots: Vec<u32> = found.into_iter().map(slot).collect();
    slots.sort_unstable();
    slots.dedup();
    let mut of_subject = Vec::with_capacity(slots.len());
    for slot in slots {
        if file.read(slot)?.subject == subject {
            of_subject.push(slot);
        }
    }
    Ok(of_subject)
}

/// The first entry of a subject. Who has one that was erased is, whatever the
/// others say.
pub(super) fn entry_of(
    roster: &Roster,
    file: &KeyFile,
    subject: SubjectId,
) -> Result<Entry, VaultError> {
    let found =
        roster.find(subject_hash(subject), |tail, found| tail.of_subject(subject, found))?;
    let mut first = None;
    for at in found {
        let entry = file.read(slot(at))?;
        if entry.subject != subject {
            continue;
        }
        if entry.is_erased() {
            return Err(VaultError::Erased(subject));
        }
        first.get_or_insert(entry);
    }
    first.ok_or(VaultError::NoKey(subject))
}
