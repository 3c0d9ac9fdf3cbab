//! Rows that hold from one position to another, and what a batch does to them.

use std::collections::BTreeMap;

/// `known_to` of what is known until further notice.
pub(super) const FOREVER: i64 = i64::MAX;

/// The first day of what is so whatever the day.
pub(super) const ALWAYS: i64 = i64::MIN;

/// A row of a bitemporal table: from `known_from` to `known_to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version<K, R> {
    pub(super) key: K,
    pub(super) row: R,
    pub(super) known_from: i64,
    pub(super) known_to: i64,
}

/// What a batch does to one bitemporal table.
#[derive(Debug)]
pub(super) struct Changes<K, R> {
    /// Rows of earlier batches that end: key and `known_to`.
    pub(super) closed: Vec<(K, i64)>,
    /// Rows that begin.
    pub(super) opened: Vec<Version<K, R>>,
}

impl<K, R> Default for Changes<K, R> {
    fn default() -> Self {
        Self { closed: Vec::new(), opened: Vec::new() }
    }
}

impl<K: Ord + Clone, R: PartialEq> Changes<K, R> {
    /// Follows the rows of a dossier from state to state: `before` is already
    /// stored, each state holds from its position on.
    pub(super) fn follow(
        &mut self,
        before: BTreeMap<K, R>,
        states: impl Iterator<Item = (i64, BTreeMap<K, R>)>,
    ) {
        let mut open: BTreeMap<K, (Option<i64>, R)> =
            before.into_iter().map(|(key, row)| (key, (None, row))).collect();
        for (position, mut after) in states {
            for (key, (from, row)) in std::mem::take(&mut open) {
                match after.remove(&key) {
                    Some(same) if same == row => {
                        open.insert(key, (from, row));
                    }
                    changed => {
                        self.end(key.clone(), from, row, position);
                        if let Some(changed) = changed {
                            open.insert(key, (Some(position), changed));
                        }
                    }
                }
            }
            for (key, row) in after {
                open.insert(key, (Some(position), row));
            }
        }
        for (key, (from, row)) in open {
            if let Some(known_from) = from {
                self.opened.push(Version { key, row, known_from, known_to: FOREVER });
            }
        }
    }

    /// Adds what is of other dossiers.
    pub(super) fn join(&mut self, other: Self) {
        self.closed.extend(other.closed);
        self.opened.extend(other.opened);
    }

    fn end(&mut self, key: K, from: Option<i64>, row: R, at: i64) {
        match from {
            None => self.closed.push((key, at)),
            Some(known_from) => {
                self.opened.push(Version { key, row, known_from, known_to: at });
            }
        }
    }
}
