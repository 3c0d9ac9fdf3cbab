//! From an event to the next state. Infallible: what is in the log happened.

use super::blocks::{Opened, Training};
use super::corrections::Chains;
use super::events::{
    EnrolmentAmended, EnrolmentDeclared, EnrolmentEvent, Fact, Provenance, Stated,
};
use super::state::{Completion, Contract, Current, Enrolment, Exclusion, FormerSession};
use super::values::{
    Block, changed_exclusion, changed_in, changed_result, key_of_declaration, told_in, touch_bits,
};
use crate::ids::{ContractId, EventId};
use crate::rules::Session;
use crate::runs::{BIT_WRITTEN_LATE, Settlement};
use chrono::Datelike;
use std::collections::{BTreeMap, BTreeSet};

impl Enrolment {
    /// The state after one more event.
    ///
    /// An ordinary event is folded in; a correction or a retraction folds the
    /// values that stand anew, each at the place of the event that it corrects.
    /// An event that has no place (a first event missing, a contract unknown or
    /// withdrawn) is kept in `events` and changes nothing else.
    #[must_use]
    pub fn evolve(mut self, event: EnrolmentEvent) -> Self {
        let mut touched = Vec::new();
        if event.corrects.is_some() {
            self.events.push(event);
            self.refold(&mut touched);
        } else {
            apply(&mut self.current, event.id, &event.fact, &mut |key| touched.push(key));
            self.events.push(event);
        }
        if let (Some(current), Some(event)) = (&mut self.current, self.events.last()) {
            remember(current, event, &touched);
        }
        self
    }

    fn refold(&mut self, touched: &mut Vec<u32>) {
        let mut new = None;
        for event in Chains::of(&self.events).standing() {
            apply(&mut new, event.id, &event.fact, &mut |_| {});
        }
        if let (Some(old), Some(new)) = (self.current.take(), &mut new) {
            old.changed_keys(new, &mut |key| touched.push(key));
            new.settled = old.settled;
            new.stamps = old.stamps;
            new.late = old.late;
        }
        self.current = new;
    }
}

/// Writes down what the event's run changed and settled.
fn remember(current: &mut Current, event: &EnrolmentEvent, touched: &[u32]) {
    let Some(provenance) = &event.provenance else {
        // A human's value is no late run's value.
        for key in touched {
            current.late.remove(key);
        }
        return;
    };
    let late = matches!(provenance.stated, Stated::Only(mask) if mask & 1 << BIT_WRITTEN_LATE != 0);
    for key in touched {
        current.stamps.insert(*key, provenance.extracted_at);
        if late {
            current.late.insert(*key);
        } else {
            current.late.remove(key);
        }
    }
    // That a run did not see the learner states no value.
    if !matches!(event.fact, Fact::TransmissionStopped { .. }) {
        settle(current, provenance);
    }
}

/// Keeps one settlement per extraction time, with the values spelt out:
/// "everything" means what is known now, not what late runs will add.
fn settle(current: &mut Current, provenance: &Provenance) {
    let mask = match provenance.stated {
        Stated::Only(mask) => mask & !(1 << BIT_WRITTEN_LATE),
        Stated::Everything if provenance.full => current.known() | current.absences(),
        Stated::Everything => current.known(),
    };
    let at = provenance.extracted_at;
    match current.settled.binary_search_by_key(&at, |s| s.at) {
        Ok(found) => {
            let settlement = &mut current.settled[found];
            settlement.full |= provenance.full;
            if let Stated::Only(before) = settlement.stated {
                settlement.stated = Stated::Only(before | mask);
            }
        }
        Err(place) => {
            let stated = Stated::Only(mask);
            current.settled.insert(place, Settlement { at, full: provenance.full, stated });
        }
    }
}

/// Folds one fact; `id` is the live event that says it.
fn apply(state: &mut Option<Current>, id: EventId, fact: &Fact, touch: &mut dyn FnMut(u32)) {
    match (state.as_mut(), fact) {
        (None, Fact::EnrolmentDeclared(declared)) => {
            let current = declare(declared);
            touch_bits(current.known(), touch);
            *state = Some(current);
        }
        (Some(current), fact) => apply_to(current, id, fact, touch),
        (None, _) => {}
    }
}

fn declare(declared: &EnrolmentDeclared) -> Current {
    let declared = declared.clone();
    Current {
        lookup: declared.lookup,
        training: declared.training,
        transfers: Vec::new(),
        sessions: Vec::new(),
        facets: declared.facets,
        identity: declared.identity,
        contact: declared.contact,
        disability: declared.disability,
        guardians: declared.guardians,
        referent: declared.referent,
        background: declared.background,
        contracts: Vec::new(),
        exclusion: None,
        withdrawal: None,
        completion: None,
        stopped: None,
        settled: Vec::new(),
        stamps: BTreeMap::new(),
        late: BTreeSet::new(),
    }
}

fn apply_to(current: &mut Current, id: EventId, fact: &Fact, touch: &mut dyn FnMut(u32)) {
    match fact {
        Fact::EnrolmentAmended(amended) => amend(current, amended, touch),
        Fact::SchoolYearDeclared { training, .. } => {
            // An entry before the new year is a correction that came along with it.
            if training.entry_on.year() >= i32::from(training.school_year.start()) {
                keep_session(current, training);
            }
            put(&mut current.training, training, touch);
        }
        Fact::TransferDeclared { training, on, .. } => {
            keep_session(current, training);
            current.transfers.push((current.training.clone(), *on));
            put(&mut current.training, training, touch);
        }
        Fact::ContractDeclared { contract, ordinal, terms, employer } => {
            let new = Contract {
                id: *contract,
                ordinal: *ordinal,
                terms: terms.clone(),
                employer: employer.clone(),
                rupture: None,
                ended_on: None,
            };
            declare_contract(current, new, touch);
        }
        Fact::ContractAmended { contract, terms, employer } => {
            change_contract(current, *contract, touch, |found| {
                if let Some(terms) = terms {
                    found.terms = terms.clone();
                }
                if let Some(employer) = employer {
                    found.employer = employer.clone();
                }
            });
        }
        Fact::ContractBroken(rupture) => change_contract(current, rupture.contract, touch, |c| {
            c.rupture = Some((id, rupture.clone()));
        }),
        Fact::ContractEnded { contract, on } => {
            change_contract(current, *contract, touch, |c| c.ended_on = Some(*on));
        }
        Fact::LearnerExcluded { on, cause } => {
            let new = Some(Exclusion { event: id, on: *on, cause: cause.clone() });
            touch_bits(changed_exclusion(current.exclusion.as_ref(), new.as_ref()), touch);
            current.exclusion = new;
        }
        Fact::WithdrawalDeclared { on } => current.withdrawal = Some((id, *on)),
        Fact::TrainingCompleted { on, diploma } => {
            let new = Some(Completion { event: id, on: *on, diploma: *diploma });
            touch_bits(changed_result(current.completion.as_ref(), new.as_ref()), touch);
            current.completion = new;
        }
        Fact::TransmissionStopped { as_of } => current.stopped = Some(*as_of),
        Fact::TransmissionResumed => current.stopped = None,
        Fact::LearnerIdRemapped { lookup, identity } => {
            current.lookup = *lookup;
            put_sealed(&mut current.identity, identity, touch);
        }
        Fact::EnrolmentDeclared(_) | Fact::Retracted { .. } => {}
    }
}

/// A later entry begins another session: what was lived in the former one stays.
fn keep_session(current: &mut Current, next: &Training) {
    let Training { school_year, entry_on, end_on, .. } = current.training;
    if entry_on <= end_on && entry_on < next.entry_on {
        let session = Session { entry_on, end_on };
        current.sessions.push(FormerSession { school_year, session });
    }
}

fn amend(current: &mut Current, amended: &EnrolmentAmended, touch: &mut dyn FnMut(u32)) {
    if let Some(training) = &amended.training {
        put(&mut current.training, training, touch);
    }
    if let Some(facets) = &amended.facets {
        put(&mut current.facets, facets, touch);
    }
    if let Some(identity) = &amended.identity {
        put_sealed(&mut current.identity, identity, touch);
    }
    put_optional(&mut current.contact, amended.contact.as_ref(), touch);
    put_optional(&mut current.disability, amended.disability.as_ref(), touch);
    put_optional(&mut current.guardians, amended.guardians.as_ref(), touch);
    put_optional(&mut current.referent, amended.referent.as_ref(), touch);
    put_optional(&mut current.background, amended.background.as_ref(), touch);
}

fn put<B: Block>(place: &mut B, new: &B, touch: &mut dyn FnMut(u32)) {
    touch_bits(place.changed(new), touch);
    place.clone_from(new);
}

fn put_sealed<B: Block>(place: &mut Opened<B>, new: &Opened<B>, touch: &mut dyn FnMut(u32)) {
    touch_bits(changed_in(Some(place), Some(new)), touch);
    place.clone_from(new);
}

fn put_optional<B: Block>(
    place: &mut Option<Opened<B>>,
    new: Option<&Opened<B>>,
    touch: &mut dyn FnMut(u32),
) {
    let Some(new) = new else { return };
    match place {
        Some(place) => put_sealed(place, new, touch),
        None => {
            touch_bits(told_in(Some(new)), touch);
            *place = Some(new.clone());
        }
    }
}

fn declare_contract(current: &mut Current, new: Contract, touch: &mut dyn FnMut(u32)) {
    if current.contracts.iter().any(|c| c.id == new.id) {
        return;
    }
    touch(key_of_declaration(new.ordinal));
    new.told_keys().for_each(&mut *touch);
    let place = current.contracts.partition_point(|c| c.ordinal < new.ordinal);
    current.contracts.insert(place, new);
}

fn change_contract(
    current: &mut Current,
    id: ContractId,
    touch: &mut dyn FnMut(u32),
    change: impl FnOnce(&mut Contract),
) {
    if let Some(contract) = current.contracts.iter_mut().find(|c| c.id == id) {
        let old = contract.clone();
        change(contract);
        old.changed_keys(contract).for_each(touch);
    }
}
