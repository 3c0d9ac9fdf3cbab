//! Push runs: what a source sent, what that settles, and what is held.
//!
//! Runs of one source are ordered by their extraction time, not by arrival. A
//! row states values; a value stated by a newer run is settled, and an older
//! run that arrives late no longer changes it. In a full run an absent rupture
//! or exclusion is a statement too. So replayed, doubled and late runs give the
//! same dossier as runs in order.

use crate::dossier::{ContractColumn, Field};
use crate::enrolment::{Establishment, Stated};
use crate::ids::{EventId, Instant, RunId, Source, StreamKey};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Rows in one run at most; a larger source sends several runs.
pub const MAX_ROWS: usize = 20_000;
/// Rows above which a full run's disappearances are held, whatever the share.
pub const HELD_ABOVE_ROWS: usize = 20;
/// Share (in percent) of the source's known dossiers above which they are held.
pub const HELD_ABOVE_PERCENT: usize = 2;
/// Held changes in one run's event at most, the first in the order of streams. The rest is not
/// lost: the next full run finds it again.
pub const HELD_CHANGES_MAX: usize = 40_000;
/// Known dossiers that a full run may leave behind at once, their training over, without being
/// held: its event names each of them.
pub const LEFT_BEHIND_MAX: usize = 40_000;
/// A column of at least this many declared values that comes back wholly empty is held.
pub const HELD_EMPTIED_COLUMN: usize = 3;

/// The bit of a field outside the contract slots in [`Stated::Only`].
#[must_use]
pub const fn bit_of_field(field: Field) -> u32 {
    field as u32
}

/// The bit of a contract's column in [`Stated::Only`], by the contract's
/// ordinal; `None` from the twelfth contract on, which counts as stated.
#[must_use]
pub const fn bit_of_contract(ordinal: u16, column: ContractColumn) -> Option<u32> {
    let first = Field::ALL.len() as u32;
    let bit = first + ordinal as u32 * 5 + column as u32;
    if ordinal < 11 { Some(bit) } else { None }
}

/// The bit of the home's département, which a row states when it can be read
/// in its commune or postcode.
pub const BIT_OF_HOME_DEPARTEMENT: u32 = 126;

/// Set in the [`Stated::Only`] of an event whose row came late: a newer run had
/// spoken of the dossier, so what the event changes was not restated by it.
pub const BIT_WRITTEN_LATE: u32 = 127;

const _: () = assert!(Field::ALL.len() + 11 * 5 <= BIT_OF_HOME_DEPARTEMENT as usize);

/// Whether a run is everything that the source has, or a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Extent {
    /// Everything: what is not in it is gone.
    Full,
    /// A part: what is not in it is not spoken of.
    Partial,
}

/// What a source says of a run when it opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunDeclaration {
    /// The run.
    pub id: RunId,
    /// The sender.
    pub source: Source,
    /// Name and version of the sender's software; free, at most 128 bytes.
    pub software: String,
    /// When the rows were extracted: it orders the runs of one source.
    pub extracted_at: Instant,
    /// Full or partial.
    pub extent: Extent,
    /// How many rows the sender says that it sends; checked at the close of a full run.
    pub rows: Option<u32>,
}

/// For whose dossiers a full run speaks, of those that its source has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Within {
    /// For all of them: its sender writes for every establishment that trains one.
    #[default]
    Source,
    /// For those that these establishments train: the source has others, which its sender may not
    /// write for.
    Trainers(BTreeSet<Establishment>),
}

impl Within {
    /// Whether the dossiers of a trainer are among them.
    #[must_use]
    pub fn has(&self, trainer: &Establishment) -> bool {
        match self {
            Self::Source => true,
            Self::Trainers(trainers) => trainers.contains(trainer),
        }
    }

    /// Whether a run that speaks for these speaks for all for which another one does.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Source, _) => true,
            (Self::Trainers(_), Self::Source) => false,
            (Self::Trainers(own), Self::Trainers(others)) => others.is_subset(own),
        }
    }
}

/// Something that vanished in a full run and waits for the CFA's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldChange {
    /// Which dossier.
    pub stream: StreamKey,
    /// The rupture or exclusion event that vanished, or `None` for an unseen learner.
    pub vanished: Option<EventId>,
}

/// A dossier that a run saw without changing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The first 8 bytes of the stream's key.
    pub stream: [u8; 8],
    /// What the row stated.
    pub stated: Stated,
}

/// Why a run was closed without applying what vanished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HoldReason {
    /// More than max(20 rows, 2 % of the known dossiers) are touched.
    TooMany,
    /// Every declared rupture, or every exclusion, vanished at once.
    ColumnEmptied,
    /// Fewer rows came than were announced, or some were refused that have no id.
    Incomplete,
}

/// Counts of a run's answers, one row each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCounts {
    /// Rows received.
    pub received: u32,
    /// Rows that wrote events.
    pub written: u32,
    /// Rows that changed nothing.
    pub unchanged: u32,
    /// Rows whose values a newer run had settled.
    pub stale: u32,
    /// Rows held because another row of the push has the same id.
    pub held: u32,
    /// Rows refused.
    pub refused: u32,
    /// Learners that the run did not see and that are now not transmitted.
    pub unseen: u32,
    /// Ruptures and exclusions retracted because they vanished.
    pub vanished: u32,
}

/// The rows that one establishment had in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EstablishmentRows {
    /// The trainer.
    pub establishment: Establishment,
    /// Its rows.
    pub rows: u32,
}

/// The one event of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushRunClosed {
    /// What the source said.
    pub declaration: RunDeclaration,
    /// What came of it.
    pub counts: RunCounts,
    /// SHA-256 over the keyed digests of the rows, in the order received.
    pub digest: [u8; 32],
    /// Rows by trainer, sorted by UAI.
    pub establishments: Vec<EstablishmentRows>,
    /// Dossiers seen without a change. A full run that is not held lists only those that did
    /// not restate everything: the others are seen by definition.
    pub seen: Vec<Seen>,
    /// What is held, sorted, at most [`HELD_CHANGES_MAX`]; empty when nothing is.
    pub held: Vec<HeldChange>,
    /// Why, when something is held or the disappearances could not be judged.
    pub hold: Option<HoldReason>,
    /// For whose dossiers it speaks.
    pub within: Within,
}

/// What was decided of a held run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HoldDecision {
    /// The disappearances are real: apply them.
    Confirmed,
    /// The export was broken: forget them.
    Rejected,
}

/// An event of a run's stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "the large one is nearly the only one")]
pub enum RunEvent {
    /// The run is over.
    Closed(PushRunClosed),
    /// Somebody decided what is held.
    HoldDecided {
        /// What was decided.
        decision: HoldDecision,
    },
}

impl RunEvent {
    /// The stable name of the event type.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Closed(_) => "PushRunClosed",
            Self::HoldDecided { .. } => "PushRunHoldDecided",
        }
    }
}

/// What one run settled of one dossier: an input of `decide`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// When the run was extracted.
    pub at: Instant,
    /// Whether it was full.
    pub full: bool,
    /// What it stated.
    pub stated: Stated,
}

/// What a full run no longer has, counted for the judgement of its close.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Disappearances {
    /// Whether every announced row came, and every refused row is of a known dossier.
    pub complete: bool,
    /// Dossiers that the source had before the run and that are still in training.
    pub known_dossiers: usize,
    /// Dossiers seen without a rupture or an exclusion that they had.
    pub vanished_dossiers: usize,
    /// Known dossiers that the run did not see.
    pub unseen: usize,
    /// Dossiers whose training is over and that the run is the first not to have.
    pub left_behind: usize,
    /// Ruptures known of the contracts that the run saw.
    pub ruptures_known: usize,
    /// Those among them that the run no longer has.
    pub ruptures_vanished: usize,
    /// Exclusions known of the dossiers that the run saw.
    pub exclusions_known: usize,
    /// Those among them that the run no longer has.
    pub exclusions_vanished: usize,
}

/// Why the disappearances of a full run are held until the CFA confirms them,
/// or `None` when they are applied: one broken export must not rewrite a school.
///
/// They are held when the run is incomplete, when a column of at least
/// [`HELD_EMPTIED_COLUMN`] values came back wholly empty, when more than
/// max([`HELD_ABOVE_ROWS`], [`HELD_ABOVE_PERCENT`] % of the known dossiers)
/// dossiers are touched, or when more than [`LEFT_BEHIND_MAX`] left.
#[must_use]
pub const fn judge_disappearances(counts: &Disappearances) -> Option<HoldReason> {
    let touched = counts.vanished_dossiers.saturating_add(counts.unseen);
    if !counts.complete {
        Some(HoldReason::Incomplete)
    } else if emptied(counts.ruptures_known, counts.ruptures_vanished)
        || emptied(counts.exclusions_known, counts.exclusions_vanished)
    {
        Some(HoldReason::ColumnEmptied)
    } else if counts.left_behind > LEFT_BEHIND_MAX
        || touched > HELD_ABOVE_ROWS
            && touched.saturating_mul(100)
                > counts.known_dossiers.saturating_mul(HELD_ABOVE_PERCENT)
    {
        Some(HoldReason::TooMany)
    } else {
        None
    }
}

const fn emptied(known: usize, vanished: usize) -> bool {
    known >= HELD_EMPTIED_COLUMN && vanished >= known
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(known_dossiers: usize) -> Disappearances {
        Disappearances { complete: true, known_dossiers, ..Disappearances::default() }
    }

    #[test]
    fn a_complete_run_that_misses_nothing_is_applied() {
        assert_eq!(judge_disappearances(&complete(1_000)), None);
    }

    #[test]
    fn twenty_touched_dossiers_pass_in_a_small_school_and_twenty_one_are_held() {
        let twenty = Disappearances { unseen: 12, vanished_dossiers: 8, ..complete(100) };
        assert_eq!(judge_disappearances(&twenty), None);
        let more = Disappearances { unseen: 13, ..twenty };
        assert_eq!(judge_disappearances(&more), Some(HoldReason::TooMany));
    }

    #[test]
    fn two_percent_pass_in_a_large_source_and_one_more_is_held() {
        let share = Disappearances { unseen: 200, ..complete(10_000) };
        assert_eq!(judge_disappearances(&share), None);
        let more = Disappearances { unseen: 201, ..complete(10_000) };
        assert_eq!(judge_disappearances(&more), Some(HoldReason::TooMany));
        let leavers = Disappearances { left_behind: LEFT_BEHIND_MAX, ..complete(50_000) };
        assert_eq!(judge_disappearances(&leavers), None);
        let more = Disappearances { left_behind: LEFT_BEHIND_MAX + 1, ..leavers };
        assert_eq!(judge_disappearances(&more), Some(HoldReason::TooMany));
    }

    #[test]
    fn a_column_that_comes_back_empty_is_held_from_three_values_on() {
        let two = Disappearances {
            vanished_dossiers: 2,
            ruptures_known: 2,
            ruptures_vanished: 2,
            ..complete(50)
        };
        assert_eq!(judge_disappearances(&two), None);
        let three = Disappearances {
            vanished_dossiers: 3,
            ruptures_known: 3,
            ruptures_vanished: 3,
            ..complete(50)
        };
        assert_eq!(judge_disappearances(&three), Some(HoldReason::ColumnEmptied));
        let one_stays = Disappearances { ruptures_known: 4, ..three };
        assert_eq!(judge_disappearances(&one_stays), None);
        let exclusions =
            Disappearances { exclusions_known: 3, exclusions_vanished: 3, ..complete(50) };
        assert_eq!(judge_disappearances(&exclusions), Some(HoldReason::ColumnEmptied));
    }

    #[test]
    fn an_incomplete_run_is_held_whatever_it_misses() {
        let cut = Disappearances { complete: false, ..complete(1_000) };
        assert_eq!(judge_disappearances(&cut), Some(HoldReason::Incomplete));
    }
}
