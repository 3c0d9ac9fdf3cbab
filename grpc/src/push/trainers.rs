//! Who trains: of a dossier, as its events tell; of a source, now and when its runs were closed; and
//! up to when the newest full run of each went.

use domain::enrolment::{EnrolmentEvent, Establishment, Fact};
use domain::ids::{EventId, Instant, Position};
use domain::runs::Within;
use std::collections::{BTreeMap, BTreeSet};

/// Who trains the learner of a dossier.
#[derive(Debug, Clone)]
pub(super) struct Trainer {
    /// As declared first.
    first: Establishment,
    /// Where the learner went since, in the order in which it counts.
    moves: Vec<Move>,
}

/// An event that named another trainer.
#[derive(Debug, Clone)]
struct Move {
    event: EventId,
    to: Establishment,
    /// Its retraction, the retraction of that, and so on.
    retractions: Vec<EventId>,
}

impl Move {
    fn stands(&self) -> bool {
        self.retractions.len().is_multiple_of(2)
    }
}

impl Trainer {
    /// The one of a first declaration.
    pub(super) const fn new(first: Establishment) -> Self {
        Self { first, moves: Vec::new() }
    }

    /// Who trains now.
    pub(super) fn now(&self) -> &Establishment {
        self.moves.iter().rfind(|one| one.stands()).map_or(&self.first, |one| &one.to)
    }

    /// One more event of the dossier.
    pub(super) fn note(&mut self, event: &EnrolmentEvent) {
        let training = match &event.fact {
            Fact::Retracted { .. } => return self.retract(event),
            Fact::EnrolmentDeclared(declared) => &declared.training,
            Fact::EnrolmentAmended(amended) => match &amended.training {
                Some(training) => training,
                None => return,
            },
            Fact::SchoolYearDeclared { training, .. } | Fact::TransferDeclared { training, .. } => {
                training
            }
            _ => return,
        };
        let corrected = self.moves.iter().position(|one| Some(one.event) == event.corrects);
        if corrected.is_some() || training.trainer != *self.now() {
            let one =
                Move { event: event.id, to: training.trainer.clone(), retractions: Vec::new() };
            self.moves.insert(corrected.map_or(self.moves.len(), |at| at + 1), one);
        }
    }

    fn retract(&mut self, event: &EnrolmentEvent) {
        let Some(target) = event.corrects else { return };
        let is_last = |one: &&mut Move| *one.retractions.last().unwrap_or(&one.event) == target;
        if let Some(one) = self.moves.iter_mut().find(is_last) {
            one.retractions.push(event.id);
        }
    }
}

/// Who trains the learners of a source.
#[derive(Debug, Default)]
pub(super) struct Trainers {
    /// How many dossiers each has now.
    now: BTreeMap<Establishment, usize>,
    /// Who they were when a run of all of them was closed; those who were the same when the next one
    /// was are not told twice.
    at_closes: Vec<(Position, BTreeSet<Establishment>)>,
}

impl Trainers {
    /// All of now.
    pub(super) fn now(&self) -> impl ExactSizeIterator<Item = &Establishment> {
        self.now.keys()
    }

    /// A dossier is another one's than before; of none when it is new.
    pub(super) fn note(&mut self, before: Option<&Establishment>, now: &Establishment) {
        if before == Some(now) {
            return;
        }
        *self.now.entry(now.clone()).or_default() += 1;
        let Some(before) = before else { return };
        if let Some(dossiers) = self.now.get_mut(before) {
            *dossiers -= 1;
            if *dossiers == 0 {
                self.now.remove(before);
            }
        }
    }

    /// A run that speaks for all of them was closed.
    pub(super) fn note_close(&mut self, at: Position) {
        let before = self.at_closes.last().map(|(_, trainers)| trainers);
        if !before.is_some_and(|before| before.iter().eq(self.now.keys())) {
            self.at_closes.push((at, self.now.keys().cloned().collect()));
        }
    }

    /// For whom a run spoke that was closed then and spoke for all of them.
    pub(super) fn at_close(&self, at: Position) -> Option<&BTreeSet<Establishment>> {
        let after = self.at_closes.partition_point(|(position, _)| *position <= at);
        self.at_closes[..after].last().map(|(_, trainers)| trainers)
    }
}

/// When the newest full runs of a source that count were extracted.
#[derive(Debug, Default)]
pub(super) struct Fulls {
    /// Of those that spoke for all its dossiers.
    whole: Option<Instant>,
    /// Of those that spoke for a trainer's.
    within: BTreeMap<Establishment, Instant>,
}

impl Fulls {
    /// Of those that spoke for the dossiers of a trainer.
    pub(super) fn of(&self, trainer: &Establishment) -> Option<Instant> {
        self.whole.max(self.within.get(trainer).copied())
    }

    /// Of all of them.
    pub(super) fn newest(&self) -> Option<Instant> {
        self.whole.max(self.within.values().max().copied())
    }

    /// Whether a run of that time is the newest that speaks for a trainer's dossiers.
    pub(super) fn is_newest(&self, trainer: &Establishment, within: &Within, at: Instant) -> bool {
        within.has(trainer) && self.of(trainer).is_none_or(|newest| at > newest)
    }

    /// One more.
    pub(super) fn note(&mut self, within: &Within, at: Instant) {
        match within {
            Within::Source => self.whole = self.whole.max(Some(at)),
            Within::Trainers(trainers) => {
                for trainer in trainers {
                    let newest = self.within.entry(trainer.clone()).or_insert(at);
                    *newest = at.max(*newest);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use domain::calendar::paris_day;
    use domain::dossier::{check, example_row};
    use domain::enrolment::{RetractionReason, Training};
    use domain::identifiers::Uai;

    fn establishment(uai: &str) -> Establishment {
        Establishment { uai: Uai::parse(uai).unwrap(), ..training().trainer }
    }

    fn training() -> Training {
        check(&example_row(), paris_day(Instant(1_760_000_000_000_000))).unwrap().training
    }

    fn event(id: u8, corrects: Option<u8>, fact: Fact) -> EnrolmentEvent {
        let of = |n| EventId([n; 16]);
        let (effective_on, corrects) = (NaiveDate::default(), corrects.map(of));
        EnrolmentEvent { id: of(id), corrects, effective_on, provenance: None, fact }
    }

    fn transfer(id: u8, corrects: Option<u8>, to: &str) -> EnrolmentEvent {
        let training = Training { trainer: establishment(to), ..training() };
        let (from, on) = (establishment("0751234J"), NaiveDate::default());
        event(id, corrects, Fact::TransferDeclared { from, training, on })
    }

    #[test]
    fn who_trains_follows_transfers_corrections_and_what_is_withdrawn_of_them() {
        let mut trainer = Trainer::new(establishment("0751234J"));
        let retract = |id, target| {
            event(id, Some(target), Fact::Retracted { reason: RetractionReason::SentByMistake })
        };
        let steps = [
            (transfer(1, None, "0010826T"), "0010826T"),
            (transfer(2, None, "9830002K"), "9830002K"),
            // The first step is corrected: the second still comes after it.
            (transfer(3, Some(1), "0751234J"), "9830002K"),
            (retract(4, 2), "0751234J"),
            (retract(5, 3), "0010826T"),
            (retract(6, 5), "0751234J"),
            (retract(7, 4), "9830002K"),
        ];
        for (step, (event, now)) in steps.iter().enumerate() {
            trainer.note(event);
            assert_eq!(*trainer.now(), establishment(now), "step {step}");
        }
    }
}
