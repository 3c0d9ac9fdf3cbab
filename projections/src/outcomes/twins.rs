//! One contract that several enrolments of one learner declare counts once.
//!
//! Two sources may send one training, and a learner who changes CFA in mid-year
//! brings the contract along. The employer is sealed, so contracts are told
//! apart by their first day and, on one day (two employers are lawful), by their
//! order in the dossier. The declaration of the enrolment that began first
//! stands: it says which CFA, until when. A rupture that any of them declares is
//! one, on the earliest day declared: who says nothing of it may not know yet.

use super::rows::OutcomeRow;
use crate::files::KeyMap;
use chrono::NaiveDate;
use domain::ids::StreamKey;
use std::collections::BTreeMap;

/// What the declarations of one contract say together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) broken_on: Option<NaiveDate>,
}

/// The declarations of contracts that have others beside them, by rank; `None`
/// when another one stands for the contract.
#[derive(Debug, Default)]
pub(super) struct Twins(KeyMap<usize, Option<Word>>);

impl Twins {
    /// Finds them among rows, given the enrolments of learners who have several.
    pub(super) fn of(rows: &[OutcomeRow], groups: &BTreeMap<StreamKey, Vec<StreamKey>>) -> Self {
        if groups.is_empty() {
            return Self::default();
        }
        let mut shared: Vec<(StreamKey, NaiveDate, StreamKey, u16, usize)> = Vec::new();
        for (rank, row) in rows.iter().enumerate() {
            if let Some(learner) = groups.get(&row.stream).and_then(|group| group.first()) {
                shared.push((*learner, row.start_on, row.stream, row.ordinal, rank));
            }
        }
        shared.sort_unstable();
        let mut twins = Self::default();
        for same_day in shared.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let mut contracts: Vec<Vec<usize>> = Vec::new();
            for dossier in same_day.chunk_by(|a, b| a.2 == b.2) {
                contracts.resize(contracts.len().max(dossier.len()), Vec::new());
                for (contract, (.., rank)) in contracts.iter_mut().zip(dossier) {
                    contract.push(*rank);
                }
            }
            for contract in contracts.iter().filter(|contract| contract.len() > 1) {
                twins.add(rows, contract);
            }
        }
        twins
    }

    fn add(&mut self, rows: &[OutcomeRow], contract: &[usize]) {
        let declared = || contract.iter().filter_map(|rank| Some((*rank, rows.get(*rank)?)));
        let first = declared().min_by_key(|(_, row)| (row.entry_on, row.stream));
        let word = Word { broken_on: declared().filter_map(|(_, row)| row.broken_on).min() };
        for (rank, _) in declared() {
            let stands = first.is_some_and(|(first, _)| first == rank);
            self.0.insert(rank, stands.then_some(word));
        }
    }

    /// What is said of the contract of a row; `None` when another row stands for it.
    pub(super) fn word(&self, rank: usize, row: &OutcomeRow) -> Option<Word> {
        let alone = Some(Word { broken_on: row.broken_on });
        self.0.get(&rank).copied().unwrap_or(alone)
    }
}
