//! The contract slots of a row.

use super::blocks::{
    ContractTerms, Employer, EmployerFacets, Initiator, Opened, Rupture, RuptureMode,
};
use super::command::CommandError;
use super::dated::{Known, Outcome, Said, compare};
use super::declare::Row;
use super::draft::Draft;
use super::events::Fact;
use super::gate::{Gate, Value};
use super::pairing::pair;
use super::state::{Contract, Current, Enrolment};
use super::values::{rupture_date, rupture_mask};
use crate::dossier::{ContractColumn, DeclaredContract, Field, FieldSet};
use crate::ids::EventId;
use std::borrow::Cow;

/// What the slots came to, beside the events.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// Ruptures that a full row no longer has.
    pub(super) vanished: Vec<EventId>,
    /// The rupture columns of the contracts that the row adds: a full row that
    /// does not state one of them has not stated everything.
    pub(super) absent_dates: u128,
}

/// Declares, amends and breaks the contracts of a row.
///
/// # Errors
/// `Hidden` when a sealed value must be compared and is not open.
pub(super) fn declare_contracts(
    state: &Enrolment,
    current: &Current,
    said: Option<&Current>,
    row: &Row<'_>,
    gate: &mut Gate<'_>,
    draft: &mut Draft<'_>,
) -> Result<Slots, CommandError> {
    let slots = &row.declaration.contracts;
    let mut out = Slots::default();
    let known = with_withdrawn(current, said);
    let pairs = pair(&known, &state.events, slots, current.training.end_on);
    let mut added = 0;
    for (slot, paired) in slots.iter().zip(pairs) {
        if let Some(contract) = paired.and_then(|rank| known.get(rank)) {
            if current.contract(contract.id).is_some() {
                let said = said.and_then(|current| current.contract(contract.id));
                amend(contract, said, slot, gate, draft)?;
                let vanished = say_rupture(state, (contract, said), slot, row, gate, draft)?;
                out.vanished.extend(vanished);
            }
        } else {
            // A late row's contract too: a newer row that does not show a
            // contract (it has four slots) has said nothing of it.
            let ordinal = next_ordinal(state).saturating_add(added);
            added += 1;
            declare_contract(draft, ordinal, slot);
            state_new(ordinal, slot, row, gate, &mut out);
        }
    }
    Ok(out)
}

/// The contracts that a slot may speak of: also those that the source declared
/// and a person withdrew, which a row that repeats them does not bring back.
fn with_withdrawn<'a>(current: &'a Current, said: Option<&Current>) -> Cow<'a, [Contract]> {
    let mut all = Cow::Borrowed(current.contracts.as_slice());
    for contract in said.iter().flat_map(|said| &said.contracts) {
        if current.contract(contract.id).is_none() {
            all.to_mut().push(contract.clone());
        }
    }
    all
}

/// The events of a contract that the ledger does not know.
pub(super) fn declare_contract(draft: &mut Draft<'_>, ordinal: u16, slot: &DeclaredContract) {
    let contract = draft.contract_id(ordinal);
    let terms = ContractTerms {
        slot: slot.slot,
        start_on: slot.start_on,
        end_on: slot.end_on,
        employer: EmployerFacets::default(),
    };
    let employer = Opened::Clear(Employer {
        siret: slot.siret.clone(),
        deposit_number: slot.deposit_number.clone(),
    });
    draft.say(slot.start_on, Fact::ContractDeclared { contract, ordinal, terms, employer });
    if let Some(effective_on) = slot.rupture_on {
        let rupture = Rupture {
            contract,
            effective_on,
            notified_on: None,
            mode: RuptureMode::Unknown,
            initiator: Initiator::Unknown,
            verbatim: slot.cause.clone().map(Opened::Clear),
        };
        draft.say(effective_on, Fact::ContractBroken(rupture));
    }
}

/// The rupture bits of a slot whose rupture was there and could not be used.
pub(super) fn rupture_denied(dropped: FieldSet, ordinal: u16, slot: u8) -> u128 {
    let field = Field::of_contract(slot, ContractColumn::Rupture);
    if dropped.contains(field) { rupture_mask(ordinal) } else { 0 }
}

fn amend(
    contract: &Contract,
    said: Option<&Contract>,
    slot: &DeclaredContract,
    gate: &mut Gate<'_>,
    draft: &mut Draft<'_>,
) -> Result<(), CommandError> {
    let of = |column| Value::column(contract.ordinal, column);
    let now = &contract.terms;
    let start = gate.takes(
        of(ContractColumn::Start),
        &now.start_on,
        said.map(|c| &c.terms.start_on),
        &slot.start_on,
    );
    let end = gate.takes(
        of(ContractColumn::End),
        &now.end_on,
        said.map(|c| &c.terms.end_on),
        &slot.end_on,
    );
    let terms = (start || end).then(|| ContractTerms {
        start_on: if start { slot.start_on } else { now.start_on },
        end_on: if end { slot.end_on } else { now.end_on },
        ..now.clone()
    });
    let said_employer = said.and_then(|c| c.employer.clear());
    let employer = amend_employer(contract, said_employer, slot, gate)?;
    if terms.is_some() || employer.is_some() {
        let effective_on = terms.as_ref().map_or(now.start_on, |terms| terms.start_on);
        let contract = contract.id;
        draft.say(effective_on, Fact::ContractAmended { contract, terms, employer });
    }
    Ok(())
}

fn amend_employer(
    contract: &Contract,
    said: Option<&Employer>,
    slot: &DeclaredContract,
    gate: &mut Gate<'_>,
) -> Result<Option<Opened<Employer>>, CommandError> {
    if slot.siret.is_none() && slot.deposit_number.is_none() {
        return Ok(None);
    }
    let now = contract.employer.clear().ok_or(CommandError::Hidden)?;
    let value = Value::column(contract.ordinal, ContractColumn::Employer);
    let siret = gate.takes(value, &now.siret, said.map(|e| &e.siret), &slot.siret);
    let deposit = gate.takes(
        value,
        &now.deposit_number,
        said.map(|e| &e.deposit_number),
        &slot.deposit_number,
    );
    let new = |takes: bool| takes.then(|| now.clone());
    Ok(new(siret || deposit).map(|mut new| {
        if siret {
            new.siret.clone_from(&slot.siret);
        }
        if deposit {
            new.deposit_number.clone_from(&slot.deposit_number);
        }
        Opened::Clear(new)
    }))
}

fn say_rupture(
    state: &Enrolment,
    (contract, said): (&Contract, Option<&Contract>),
    slot: &DeclaredContract,
    row: &Row<'_>,
    gate: &mut Gate<'_>,
    draft: &mut Draft<'_>,
) -> Result<Option<EventId>, CommandError> {
    let of = |column| Value::column(contract.ordinal, column);
    let known = known_rupture(contract);
    let before = said.map(known_rupture);
    let denied = rupture_denied(row.declaration.dropped, contract.ordinal, slot.slot);
    let stated = Said {
        on: slot.rupture_on,
        words: slot.cause.as_ref(),
        absence_speaks: row.provenance.full && denied == 0,
    };
    let values = (of(ContractColumn::Rupture), of(ContractColumn::Cause));
    match compare(state, gate, values, known, before, stated)? {
        Outcome::Nothing => Ok(None),
        Outcome::Vanished(event) => Ok(Some(event)),
        Outcome::Says { corrects, on, words } => {
            let old = contract.rupture.as_ref().map(|(_, rupture)| rupture);
            let rupture = Rupture {
                contract: contract.id,
                effective_on: on,
                notified_on: old.and_then(|r| r.notified_on),
                mode: old.map_or(RuptureMode::Unknown, |r| r.mode),
                initiator: old.map_or(Initiator::Unknown, |r| r.initiator),
                verbatim: words,
            };
            draft.correct(corrects, on, Fact::ContractBroken(rupture));
            Ok(None)
        }
    }
}

fn known_rupture(contract: &Contract) -> Option<Known<'_>> {
    contract.rupture.as_ref().map(|(event, rupture)| Known {
        event: *event,
        on: rupture.effective_on,
        words: rupture.verbatim.as_ref(),
    })
}

/// Notes what a row states of a contract that it adds.
fn state_new(
    ordinal: u16,
    slot: &DeclaredContract,
    row: &Row<'_>,
    gate: &mut Gate<'_>,
    out: &mut Slots,
) {
    let columns = [
        (ContractColumn::Start, true),
        (ContractColumn::End, slot.end_on.is_some()),
        (ContractColumn::Employer, slot.siret.is_some()),
        (ContractColumn::Rupture, slot.rupture_on.is_some()),
        (ContractColumn::Cause, slot.rupture_on.is_some() && slot.cause.is_some()),
    ];
    for (column, _) in columns.into_iter().filter(|(_, told)| *told) {
        gate.states(Value::column(ordinal, column));
    }
    if row.provenance.full {
        out.absent_dates |= rupture_date(ordinal);
        if rupture_denied(row.declaration.dropped, ordinal, slot.slot) == 0 {
            gate.stated |= rupture_mask(ordinal);
        }
    }
}

/// One above every ordinal that the stream ever gave, so that a contract that
/// was withdrawn keeps its id to itself.
fn next_ordinal(state: &Enrolment) -> u16 {
    let given = state.events.iter().filter_map(|event| match event.fact {
        Fact::ContractDeclared { ordinal, .. } => Some(ordinal),
        _ => None,
    });
    given.max().map_or(0, |last| last.saturating_add(1))
}
