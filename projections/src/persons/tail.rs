//! The newest records, in memory, and what each is found by.

use super::log::{Entry, encode};
use crate::source::PersonKeys;
use domain::ids::StreamKey;
use std::collections::BTreeSet;

pub(super) type Key = [u8; 16];

/// What tables name: by kind, then 16 bytes.
const STREAM: u8 = 1;
const INE: u8 = 2;
const NAMES: u8 = 3;
const COMPANY: u8 = 4;
const EMAIL: u8 = 5;
const BEYOND: u8 = 6;

/// Every record of a stream.
pub(super) fn stream_hash(stream: StreamKey) -> u64 {
    tables::hash(STREAM, stream.0)
}

/// The record since which a stream shares a key or a decision with another one.
pub(super) fn company_hash(stream: StreamKey) -> u64 {
    tables::hash(COMPANY, stream.0)
}

/// Every dossier that states an e-mail address.
pub(super) fn email_hash(key: Key) -> u64 {
    tables::hash(EMAIL, key)
}

/// The statements of a key that prove nothing: of those who bear it beyond the first ones, or were
/// born on a 1 January. They are found by it all the same.
pub(super) fn beyond_hash(key: Key) -> u64 {
    tables::hash(BEYOND, key)
}

/// A kind of key that may prove who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Proof {
    /// The verified INE.
    Ine,
    /// Names and birth date: never on a 1 January.
    Names,
}

impl Proof {
    pub(super) const ALL: [Self; 2] = [Self::Ine, Self::Names];

    /// The key of that kind that a statement proves somebody by.
    pub(super) fn of(self, keys: &PersonKeys) -> Option<Key> {
        match self {
            Self::Ine => keys.ine,
            Self::Names => keys.names_and_birth.filter(|_| !keys.first_of_january),
        }
    }

    /// The first statement of each of those who bear a key, as far as they matter.
    pub(super) fn hash(self, key: Key) -> u64 {
        match self {
            Self::Ine => tables::hash(INE, key),
            Self::Names => tables::hash(NAMES, key),
        }
    }
}

/// Records that follow one another, not in a table yet.
#[derive(Debug)]
pub(super) struct Tail {
    first: u32,
    entries: Vec<Entry>,
    /// Hashes, and the numbers of the records that they lead to.
    named: BTreeSet<(u64, u32)>,
}

impl Tail {
    /// What follows a record, by its number; empty.
    pub(super) const fn after(last: u32) -> Self {
        Self { first: last.saturating_add(1), entries: Vec::new(), named: BTreeSet::new() }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Its last record; the one before it when it is empty.
    pub(super) fn last(&self) -> u32 {
        // No more than the file was opened or written with.
        self.first.saturating_sub(1).saturating_add(self.entries.len() as u32)
    }

    /// Adds a record that each of the hashes leads to.
    pub(super) fn push(&mut self, entry: Entry, hashes: &BTreeSet<u64>) {
        self.entries.push(entry);
        let number = self.last();
        self.named.extend(hashes.iter().map(|hash| (*hash, number)));
    }

    /// Adds the records that follow.
    pub(super) fn append(&mut self, next: Self) {
        self.entries.extend(next.entries);
        // Not `append`, which would make the whole set anew for a few.
        self.named.extend(next.named);
    }

    /// The records that a hash leads to, added to `found`, ascending.
    pub(super) fn find(&self, hash: u64, found: &mut Vec<u32>) {
        found.extend(self.named.range((hash, 0)..=(hash, u32::MAX)).map(|(_, number)| *number));
    }

    pub(super) fn entry(&self, number: u32) -> Option<Entry> {
        self.entries.get(number.checked_sub(self.first)? as usize).copied()
    }
}

impl tables::Tail for Tail {
    fn first(&self) -> u32 {
        self.first
    }

    fn next(&self) -> u32 {
        self.last().saturating_add(1)
    }

    fn pairs(&self) -> (Vec<(u64, u32)>, u64) {
        (self.named.iter().copied().collect(), self.named.len() as u64)
    }

    fn values(&self) -> Option<&[u32]> {
        None
    }

    fn mark(&self) -> Vec<u8> {
        self.entries.last().map_or_else(Vec::new, |last| encode(last).to_vec())
    }
}
