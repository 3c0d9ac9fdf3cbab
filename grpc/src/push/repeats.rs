//! Rows that say the same as the night before, which most rows do: known by the
//! digest of what they say, they are neither checked nor compared again.
//!
//! What is remembered of a row is that it says nothing new, at which version of its stream, and
//! how long that holds ([`Unchanged`]). The registry, which has folded the log up to its head, says
//! whether the stream is still there. Nothing here is more than a short cut: what is forgotten
//! is only compared again. It has no personal data: the digest is keyed.

use domain::calendar::paris_day;
use domain::enrolment::{Establishment, LookupKey, Unchanged};
use domain::ids::{Instant, StreamKey};
use domain::runs::{Extent, RunDeclaration};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A row that says nothing new: it changed nothing, or was written.
#[derive(Debug, Clone)]
pub(super) struct Repeat {
    /// The key under which its stream was found. Who owns a key changes only by an event of the
    /// owner's own stream, which moves its version.
    pub(super) lookup: LookupKey,
    /// Its stream.
    pub(super) stream: StreamKey,
    /// Who trains the learner.
    pub(super) trainer: Arc<Establishment>,
    /// How long it holds.
    pub(super) unchanged: Unchanged,
    /// The extraction that last had it.
    pub(super) since: Instant,
}

/// Rows by their keyed digest.
type Rows = HashMap<[u8; 16], Repeat>;

/// Those of one source, of full runs and of partial ones: a full run says more by what it does not
/// have than a partial one.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    full: Rows,
    partial: Rows,
    /// A source has few: each is in memory once.
    trainers: HashSet<Arc<Establishment>>,
}

impl Repeats {
    /// Whether no row was remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.full.is_empty() && self.partial.is_empty()
    }

    /// What was remembered of a row of that digest, if it holds for this run.
    pub(super) fn find(&self, run: &RunDeclaration, digest: &[u8; 16]) -> Option<Repeat> {
        let rows = if run.extent == Extent::Full { &self.full } else { &self.partial };
        let known = rows.get(digest)?;
        let holds =
            known.since <= run.extracted_at && paris_day(run.extracted_at) < known.unchanged.until;
        holds.then(|| known.clone())
    }

    /// Remembers a row of a run.
    pub(super) fn remember(&mut self, run: &RunDeclaration, digest: [u8; 16], mut row: Repeat) {
        match self.trainers.get(&row.trainer) {
            Some(known) => row.trainer = Arc::clone(known),
            None => drop(self.trainers.insert(Arc::clone(&row.trainer))),
        }
        let rows = if run.extent == Extent::Full { &mut self.full } else { &mut self.partial };
        rows.insert(digest, row);
    }

    /// Forgets those that do not hold any more once they are many beside the dossiers that there
    /// are, and all of them when that is not enough, as when one dossier is told in many ways that
    /// come to the same. Between two calls they grow by the rows of one push at most.
    pub(super) fn make_room(&mut self, dossiers: usize, holds: impl Fn(&Repeat) -> bool) {
        let most = dossiers + dossiers / 4;
        for rows in [&mut self.full, &mut self.partial] {
            if rows.len() > most {
                rows.retain(|_, row| holds(row));
            }
            if rows.len() > most {
                *rows = Rows::new();
            }
        }
        self.trainers.retain(|trainer| Arc::strong_count(trainer) > 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use domain::identifiers::{Siret, Uai};
    use domain::ids::{RunId, Source, Version};

    fn run(extent: Extent) -> RunDeclaration {
        RunDeclaration {
            id: RunId([0; 16]),
            source: Source::parse("cfa").unwrap(),
            software: String::new(),
            extracted_at: Instant(7),
            extent,
            rows: None,
        }
    }

    fn row(version: u64) -> Repeat {
        let uai = Uai::parse("0010826T").unwrap();
        let siret = Siret::parse("35600000000100").unwrap();
        Repeat {
            lookup: [1; 16],
            stream: StreamKey([1; 16]),
            trainer: Arc::new(Establishment { uai, siret }),
            unchanged: Unchanged { version: Version(version), until: NaiveDate::MAX },
            since: Instant(7),
        }
    }

    #[test]
    fn what_was_written_since_makes_room_and_ways_to_say_the_same_do_not_pile_up() {
        let mut repeats = Repeats::default();
        let (full, partial) = (run(Extent::Full), run(Extent::Partial));
        for version in 1..=5 {
            repeats.remember(&full, [version; 16], row(u64::from(version)));
        }
        repeats.remember(&partial, [9; 16], row(1));
        let newest = |row: &Repeat| row.unchanged.version == Version(5);
        repeats.make_room(4, newest);
        assert!(repeats.find(&full, &[1; 16]).is_some(), "four dossiers, five rows: there is room");
        repeats.make_room(1, newest);
        let known = |version| repeats.find(&full, &[version; 16]).is_some();
        assert_eq!([1, 2, 3, 4, 5].map(known), [false, false, false, false, true]);
        assert!(repeats.find(&partial, &[9; 16]).is_some(), "one row a dossier and extent");
        for way in 6..9 {
            repeats.remember(&full, [way; 16], row(5));
        }
        repeats.make_room(1, newest);
        assert!(repeats.find(&full, &[8; 16]).is_none());
        repeats.make_room(0, |_| false);
        assert!(repeats.is_empty() && repeats.trainers.is_empty());
    }
}
