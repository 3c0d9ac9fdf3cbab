//! What the log says of the dossiers of the sources: who is known, seen, stopped.

use super::trainers::Trainer;
use chrono::NaiveDate;
use domain::calendar::paris_day;
use domain::enrolment::{
    EnrolmentEvent, Establishment, Fact, Provenance, RetractionReason, Stated,
};
use domain::ids::{EventId, Instant, RunId, StreamKey, Version};
use domain::runs::Settlement;

/// The first 8 bytes of a stream's key, as runs list them.
pub(super) type Short = [u8; 8];

/// The short form of a key.
pub(super) fn short(key: StreamKey) -> Short {
    let mut short = [0; 8];
    short.copy_from_slice(&key.0[..8]);
    short
}

/// What a rupture or an exclusion event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declared {
    Rupture,
    Exclusion,
}

/// A live rupture or exclusion that a push declared, and what it corrected.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Live {
    event: EventId,
    what: Declared,
    before: Vec<EventId>,
}

/// One dossier of a source.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Its stream.
    pub(super) key: StreamKey,
    /// Who trains its learner.
    pub(super) trainer: Trainer,
    /// How many events its stream had.
    pub(super) version: Version,
    /// Last day of the training, as declared last.
    pub(super) ends_on: NaiveDate,
    /// The newest extraction that saw it.
    pub(super) seen_at: Instant,
    /// Whether the newest full run did not see it.
    pub(super) absent: bool,
    /// The run that found it gone, while it is.
    pub(super) stopped_by: Option<RunId>,
    /// The run whose row declared it.
    pub(super) declared_by: Option<RunId>,
    /// The run whose row wrote here last.
    pub(super) written_by: Option<RunId>,
    /// What runs that wrote nothing here settled, oldest first.
    settled: Vec<Settlement>,
    live: Vec<Live>,
}

impl Known {
    /// A dossier at its first event.
    pub(super) fn new(key: StreamKey, trainer: Establishment) -> Self {
        Self {
            key,
            trainer: Trainer::new(trainer),
            version: Version(0),
            ends_on: NaiveDate::default(),
            seen_at: Instant(i64::MIN),
            absent: false,
            stopped_by: None,
            declared_by: None,
            written_by: None,
            settled: Vec::new(),
            live: Vec::new(),
        }
    }

    /// What runs settled here, oldest first.
    pub(super) fn settled(&self) -> &[Settlement] {
        &self.settled
    }

    /// Whether the training goes on at that instant.
    pub(super) fn in_training_at(&self, at: Instant) -> bool {
        self.ends_on >= paris_day(at)
    }

    /// What a live event that a push declared says; `None` when it is none.
    pub(super) fn declared(&self, event: EventId) -> Option<Declared> {
        self.live.iter().find(|live| live.event == event).map(|live| live.what)
    }

    /// Live ruptures and exclusions that pushes declared.
    pub(super) fn count(&self, what: Declared) -> usize {
        self.live.iter().filter(|live| live.what == what).count()
    }

    /// One more event of its stream; `full` is the newest full run so far that spoke for it.
    pub(super) fn apply(&mut self, event: &EnrolmentEvent, full: Option<Instant>) {
        self.version.0 += 1;
        self.note_training(&event.fact);
        self.trainer.note(event);
        self.note_live(event);
        match (&event.fact, &event.provenance) {
            (Fact::TransmissionStopped { .. }, by) => {
                self.stopped_by = by.as_ref().map(|p| p.run);
                self.absent = true;
            }
            (Fact::Retracted { reason: RetractionReason::VanishedFromFullPush }, _) | (_, None) => {
            }
            (_, Some(provenance)) => self.note_row(provenance, full),
        }
    }

    /// A run that wrote nothing here stated this.
    pub(super) fn settle(&mut self, settlement: Settlement, full: Option<Instant>) {
        self.settled.retain(|before| !dominates(&settlement, before));
        self.settled.push(settlement);
        self.see(settlement.at, full);
    }

    /// A run named it. One older than the newest full run does not bring back
    /// what that one no longer had.
    pub(super) fn see(&mut self, at: Instant, full: Option<Instant>) {
        self.seen_at = self.seen_at.max(at);
        if full.is_none_or(|full| at >= full) {
            self.absent = false;
        }
    }

    fn note_row(&mut self, provenance: &Provenance, full: Option<Instant>) {
        self.declared_by = self.declared_by.or(Some(provenance.run));
        self.written_by = Some(provenance.run);
        self.see(provenance.extracted_at, full);
    }

    fn note_training(&mut self, fact: &Fact) {
        match fact {
            Fact::EnrolmentDeclared(declared) => self.ends_on = declared.training.end_on,
            Fact::EnrolmentAmended(amended) => {
                if let Some(training) = &amended.training {
                    self.ends_on = training.end_on;
                }
            }
            Fact::SchoolYearDeclared { training, .. } | Fact::TransferDeclared { training, .. } => {
                self.ends_on = training.end_on;
            }
            Fact::TransmissionResumed => self.stopped_by = None,
            _ => {}
        }
    }

    fn note_live(&mut self, event: &EnrolmentEvent) {
        let corrected = event
            .corrects
            .and_then(|corrected| self.live.iter().position(|live| live.event == corrected));
        match (&event.fact, corrected) {
            (Fact::Retracted { .. }, Some(at)) => match self.live[at].before.pop() {
                Some(before) => self.live[at].event = before,
                None => {
                    self.live.remove(at);
                }
            },
            (_, Some(at)) => {
                let before = std::mem::replace(&mut self.live[at].event, event.id);
                self.live[at].before.push(before);
            }
            (Fact::ContractBroken(_), None) => self.declare(event, Declared::Rupture),
            (Fact::LearnerExcluded { .. }, None) => self.declare(event, Declared::Exclusion),
            _ => {}
        }
    }

    fn declare(&mut self, event: &EnrolmentEvent, what: Declared) {
        if event.provenance.is_some() {
            self.live.push(Live { event: event.id, what, before: Vec::new() });
        }
    }
}

/// Whether whatever the older settlement forbids to rows before it, the newer
/// one, recorded after it, forbids too.
fn dominates(newer: &Settlement, older: &Settlement) -> bool {
    let covers = match (newer.stated, older.stated) {
        (Stated::Everything, _) => true,
        (Stated::Only(mask), Stated::Only(before)) => before & !mask == 0,
        (Stated::Only(_), Stated::Everything) => false,
    };
    covers && newer.at >= older.at && (newer.full || !older.full)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let day = paris_day(Instant(1_760_000_000_000_000));
        let declaration = domain::dossier::check(&domain::dossier::example_row(), day).unwrap();
        Known::new(StreamKey([1; 16]), declaration.training.trainer)
    }

    fn settlement(at: i64, full: bool, stated: Stated) -> Settlement {
        Settlement { at: Instant(at), full, stated }
    }

    #[test]
    fn nightly_pushes_do_not_pile_up_settlements() {
        let mut known = known();
        for night in 0..400 {
            known.settle(settlement(night, night % 7 == 0, Stated::Everything), None);
        }
        assert!(known.settled().len() <= 8, "{}", known.settled().len());
        assert_eq!(known.seen_at, Instant(399));
    }

    #[test]
    fn a_late_run_is_kept_beside_a_newer_one_and_a_partial_one_does_not_hide_a_full_one() {
        let mut known = known();
        known.settle(settlement(9, true, Stated::Everything), None);
        known.settle(settlement(5, false, Stated::Only(6)), None);
        known.settle(settlement(10, false, Stated::Everything), None);
        let at: Vec<i64> = known.settled().iter().map(|s| s.at.0).collect();
        assert_eq!(at, vec![9, 10]);
        assert!(!dominates(
            &settlement(10, true, Stated::Only(2)),
            &settlement(9, true, Stated::Only(6))
        ));
    }
}
