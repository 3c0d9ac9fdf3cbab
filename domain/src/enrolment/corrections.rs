//! Which events stand: corrections, retractions, and what they revive.
//!
//! Each event that corrects nothing is the root of a chain of acts. A
//! correction replaces the value that stands; a retraction of a correction
//! revives what it corrected, and of a root withdraws it; the last act of a
//! chain, when it is a retraction, may itself be retracted.

use super::command::CommandError;
use super::events::{EnrolmentEvent, Fact};
use crate::ids::EventId;

/// One root and what came of it; numbers are ranks in the stream.
#[derive(Debug)]
struct Chain {
    /// The event whose value stands; `None` when it is withdrawn.
    standing: Option<usize>,
    /// The last act.
    last: usize,
}

/// What an event did to its chain.
#[derive(Debug, Clone, Copy)]
struct Act {
    /// The chain.
    chain: usize,
    /// What stood before it.
    before: Option<usize>,
}

/// The chains of a stream.
#[derive(Debug)]
pub(super) struct Chains<'a> {
    events: &'a [EnrolmentEvent],
    chains: Vec<Chain>,
    acts: Vec<Act>,
}

impl<'a> Chains<'a> {
    /// Reads the chains of a stream in one pass.
    pub(super) fn of(events: &'a [EnrolmentEvent]) -> Self {
        let mut this = Self { events, chains: Vec::new(), acts: Vec::with_capacity(events.len()) };
        for (rank, event) in events.iter().enumerate() {
            let target = event.corrects.and_then(|id| this.rank_before(rank, id));
            let act = match target {
                Some(target) => this.act_on(rank, target),
                None => this.begin(rank),
            };
            this.acts.push(act);
        }
        this
    }

    fn begin(&mut self, rank: usize) -> Act {
        self.chains.push(Chain { standing: Some(rank), last: rank });
        Act { chain: self.chains.len() - 1, before: None }
    }

    fn act_on(&mut self, rank: usize, target: usize) -> Act {
        let aim = self.acts[target];
        let chain = &mut self.chains[aim.chain];
        let act = Act { chain: aim.chain, before: chain.standing };
        // A retraction puts back what stood before the act that it names,
        // be that act a correction or another retraction.
        chain.standing = match self.events[rank].fact {
            Fact::Retracted { .. } => aim.before,
            _ => Some(rank),
        };
        chain.last = rank;
        act
    }

    fn rank_before(&self, rank: usize, id: EventId) -> Option<usize> {
        self.events[..rank].iter().rposition(|event| event.id == id)
    }

    /// The events whose values stand, each at the place of its root.
    pub(super) fn standing(&self) -> impl Iterator<Item = &'a EnrolmentEvent> {
        self.chains.iter().filter_map(|chain| chain.standing).map(|rank| &self.events[rank])
    }

    /// The event of that name, when it may be corrected or retracted.
    ///
    /// # Errors
    /// `NoSuchEvent`, or `Superseded` with the event that stands instead.
    pub(super) fn live(&self, id: EventId) -> Result<&'a EnrolmentEvent, CommandError> {
        let rank = self.rank_before(self.events.len(), id).ok_or(CommandError::NoSuchEvent(id))?;
        let chain = &self.chains[self.acts[rank].chain];
        let event = &self.events[rank];
        let last_retraction = chain.last == rank && matches!(event.fact, Fact::Retracted { .. });
        if chain.standing == Some(rank) || last_retraction {
            return Ok(event);
        }
        let by = self.events[chain.standing.unwrap_or(chain.last)].id;
        Err(CommandError::Superseded { event: id, by })
    }

    /// The event whose value stands in the chain of that event, if one does.
    pub(super) fn successor(&self, id: EventId) -> Option<&'a EnrolmentEvent> {
        let rank = self.rank_before(self.events.len(), id)?;
        self.chains[self.acts[rank].chain].standing.map(|standing| &self.events[standing])
    }
}

/// The event of that name, then the one that it corrects, and so on to the root.
pub(super) fn links(
    events: &[EnrolmentEvent],
    id: EventId,
) -> impl Iterator<Item = &EnrolmentEvent> {
    let mut rest = events;
    let mut next = Some(id);
    std::iter::from_fn(move || {
        // An event names an earlier one, so the walk ends.
        let rank = next.and_then(|id| rest.iter().rposition(|event| event.id == id))?;
        let event = &rest[rank];
        rest = &rest[..rank];
        next = event.corrects;
        Some(event)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrolment::RetractionReason;
    use chrono::NaiveDate;
    use proptest::prelude::*;

    fn id(number: u8) -> EventId {
        EventId([number; 16])
    }

    fn event(number: u8, corrects: Option<u8>, retracts: bool) -> EnrolmentEvent {
        let on = NaiveDate::default();
        let fact = if retracts {
            Fact::Retracted { reason: RetractionReason::Duplicate }
        } else {
            Fact::WithdrawalDeclared { on }
        };
        let corrects = corrects.map(id);
        EnrolmentEvent { id: id(number), corrects, effective_on: on, provenance: None, fact }
    }

    fn standing(events: &[EnrolmentEvent]) -> Vec<EventId> {
        Chains::of(events).standing().map(|event| event.id).collect()
    }

    #[test]
    fn a_value_stands_at_the_place_of_the_event_that_it_corrects() {
        let events = [
            event(1, None, false),
            event(2, None, false),
            event(3, Some(1), false),
            event(4, None, false),
        ];
        assert_eq!(standing(&events), [id(3), id(2), id(4)]);
    }

    #[test]
    fn an_event_that_corrects_an_unknown_one_stands_for_itself() {
        assert_eq!(standing(&[event(1, None, false), event(2, Some(9), false)]), [id(1), id(2)]);
    }

    proptest! {
        /// The oracle is a list of what stood before each act: to retract an act
        /// is to go back to what stood before it.
        #[test]
        fn what_stands_is_what_stood_before_the_act_that_was_retracted(
            choices in proptest::collection::vec((any::<bool>(), any::<bool>()), 0..12)
        ) {
            let mut events = vec![event(1, None, false)];
            let mut before: Vec<Option<u8>> = vec![None];
            let mut stands = Some(1_u8);
            for (number, (retract, last)) in (2_u8..).zip(choices) {
                let last_number = number - 1;
                let last_is_retraction =
                    matches!(events[usize::from(last_number) - 1].fact, Fact::Retracted { .. });
                let target = match stands {
                    Some(standing) if !(last && last_is_retraction) => standing,
                    _ => last_number,
                };
                let target_is_value = Some(target) == stands;
                let retract = retract || !target_is_value;
                prop_assert!(Chains::of(&events).live(id(target)).is_ok());
                events.push(event(number, Some(target), retract));
                before.push(stands);
                stands = if retract { before[usize::from(target) - 1] } else { Some(number) };
                prop_assert_eq!(standing(&events), stands.map(id).into_iter().collect::<Vec<_>>());
                let live = |n: u8| Chains::of(&events).live(id(n)).is_ok();
                for other in 1..=number {
                    let expected = Some(other) == stands || (other == number && retract);
                    prop_assert_eq!(live(other), expected, "event {}", other);
                }
            }
        }
    }
}
