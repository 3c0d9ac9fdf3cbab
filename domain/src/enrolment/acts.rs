//! What a human declares, corrects or withdraws, and what the close of a full
//! run makes of what it no longer has.

use super::blocks::{Identity, Opened, Rupture};
use super::command::{Command, CommandError, Decision};
use super::corrections::{Chains, links};
use super::dated::pushed;
use super::draft::{Draft, Names};
use super::events::{EnrolmentEvent, Fact, LookupKey, Provenance, RetractionReason, Stated};
use super::gate::{Gate, Value};
use super::state::{Contract, Current, Enrolment};
use super::values::{exclusion_mask, rupture_mask};
use crate::calendar::paris_day;
use crate::dossier::{ContractColumn, Field};
use crate::ids::{ContractId, EventId};
use crate::runs::{BIT_WRITTEN_LATE, Settlement, bit_of_field};
use crate::text::Text;
use chrono::{Datelike, NaiveDate};

/// First and last year of a date that a human declares.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;
/// A human states no run's values.
const NOTHING: Stated = Stated::Only(0);

/// Decides every command but a row.
///
/// # Errors
/// See [`CommandError`].
pub(super) fn decide(
    state: &Enrolment,
    current: &Current,
    command: &Command,
    names: Names<'_>,
) -> Result<Decision, CommandError> {
    let mut human = Draft::new(names, None);
    match command {
        Command::StopTransmission { provenance, settled } => {
            return Ok(stop(current, provenance, settled, names));
        }
        Command::RetractVanished { event, provenance, settled } => {
            return Ok(retract_vanished(state, current, *event, provenance, settled, names));
        }
        Command::BreakContract(rupture) => break_contract(current, rupture, &mut human)?,
        Command::EndContract { contract, on } => {
            end_contract(current, *contract, *on, &mut human)?;
        }
        Command::Exclude { on, cause } => exclude(current, *on, cause.as_ref(), &mut human)?,
        &Command::DeclareWithdrawal { on } => {
            check_year(on)?;
            if current.withdrawal.is_none_or(|(_, before)| before != on) {
                human.say(on, Fact::WithdrawalDeclared { on });
            }
        }
        Command::Complete { on, diploma } => complete(current, *on, *diploma, &mut human)?,
        Command::RemapLearnerId { lookup, identity } => {
            remap(current, *lookup, identity, &mut human)?;
        }
        Command::Correct { event, fact, effective_on } => {
            check_year(*effective_on)?;
            check_correction(state, *event, fact)?;
            if let Fact::ContractEnded { contract, on } = fact {
                check_end(find(current, *contract)?, *on)?;
            }
            human.correct(Some(*event), *effective_on, fact.clone());
        }
        &Command::Retract { event, reason, on } => {
            check_year(on)?;
            let live = Chains::of(&state.events).live(event)?;
            if live.corrects.is_none() && matches!(live.fact, Fact::EnrolmentDeclared(_)) {
                return Err(CommandError::FirstEvent);
            }
            human.correct(Some(event), on, Fact::Retracted { reason });
        }
        // `decide` of the parent module takes it.
        Command::Declare { .. } => {}
    }
    Ok(human.finish(NOTHING))
}

/// A full run closed without the learner. Nothing happens when the training is
/// over, or when a run at least as new saw the learner.
fn stop(
    current: &Current,
    provenance: &Provenance,
    settled: &[Settlement],
    names: Names<'_>,
) -> Decision {
    let as_of = provenance.extracted_at;
    let day = paris_day(as_of);
    let seen = current.settled.iter().chain(settled).any(|s| s.at >= as_of);
    let mut draft = Draft::new(names, Some(provenance.clone()));
    if current.stopped.is_none() && current.training.end_on >= day && !seen {
        draft.say(day, Fact::TransmissionStopped { as_of });
    }
    Decision { stale: seen, ..draft.finish(NOTHING) }
}

/// A rupture or an exclusion that a full run no longer has is withdrawn, unless
/// a newer run spoke of it or a person did.
fn retract_vanished(
    state: &Enrolment,
    current: &Current,
    event: EventId,
    provenance: &Provenance,
    settled: &[Settlement],
    names: Names<'_>,
) -> Decision {
    let day = paris_day(provenance.extracted_at);
    let gate = Gate::new(current, settled, &[], provenance);
    let late = if gate.is_late() { 1 << BIT_WRITTEN_LATE } else { 0 };
    // A late older run may have corrected it since the row was read: what
    // stands in its place has vanished too.
    let standing = Chains::of(&state.events).successor(event);
    let found = standing.and_then(|live| Some((live, vanishing(current, live)?)));
    let mut draft = Draft::new(names, Some(provenance.clone()));
    let Some((live, (_, mask))) =
        found.filter(|(live, (value, _))| pushed(state, live.id) && gate.admits(*value, true))
    else {
        return Decision { stale: true, ..draft.finish(NOTHING) };
    };
    let reason = RetractionReason::VanishedFromFullPush;
    // Retracting a correction revives what it corrected, which has vanished
    // too: the whole chain goes, from its tip to its root.
    for event in links(&state.events, live.id) {
        draft.correct(Some(event.id), day, Fact::Retracted { reason });
    }
    draft.finish(Stated::Only(mask | late))
}

/// The value that a live rupture or exclusion gives, and the bits of its absence.
fn vanishing(current: &Current, live: &EnrolmentEvent) -> Option<(Value, u128)> {
    match &live.fact {
        Fact::ContractBroken(rupture) => {
            let contract = current.contract(rupture.contract)?;
            contract.rupture.as_ref().filter(|(event, _)| *event == live.id)?;
            let value = Value::column(contract.ordinal, ContractColumn::Rupture);
            Some((value, rupture_mask(contract.ordinal)))
        }
        Fact::LearnerExcluded { .. } => {
            current.exclusion.as_ref().filter(|e| e.event == live.id)?;
            let value = Value::field(bit_of_field(Field::DateExclusionFormation));
            Some((value, exclusion_mask()))
        }
        _ => None,
    }
}

fn break_contract(
    current: &Current,
    rupture: &Rupture,
    draft: &mut Draft<'_>,
) -> Result<(), CommandError> {
    check_year(rupture.effective_on)?;
    rupture.notified_on.map_or(Ok(()), check_year)?;
    let contract = find(current, rupture.contract)?;
    if let Some((event, _)) = &contract.rupture {
        return Err(CommandError::AlreadyBroken(*event));
    }
    draft.say(rupture.effective_on, Fact::ContractBroken(rupture.clone()));
    Ok(())
}

fn exclude(
    current: &Current,
    on: NaiveDate,
    cause: Option<&String>,
    draft: &mut Draft<'_>,
) -> Result<(), CommandError> {
    check_year(on)?;
    if let Some(known) = &current.exclusion {
        return Err(CommandError::AlreadyExcluded(known.event));
    }
    draft.say(on, Fact::LearnerExcluded { on, cause: cause.cloned().map(Opened::Clear) });
    Ok(())
}

fn end_contract(
    current: &Current,
    contract: ContractId,
    on: NaiveDate,
    draft: &mut Draft<'_>,
) -> Result<(), CommandError> {
    check_year(on)?;
    let found = find(current, contract)?;
    if let Some((event, _)) = &found.rupture {
        return Err(CommandError::AlreadyBroken(*event));
    }
    check_end(found, on)?;
    if found.ended_on != Some(on) {
        draft.say(on, Fact::ContractEnded { contract, on });
    }
    Ok(())
}

/// A contract ends between its start and its term.
fn check_end(contract: &Contract, on: NaiveDate) -> Result<(), CommandError> {
    if on < contract.terms.start_on {
        return Err(CommandError::Date(Text::new(
            "a contract cannot end before it starts",
            "Un contrat ne peut pas finir avant d'avoir commencé : vérifiez la date de fin.",
        )));
    }
    match contract.terms.end_on {
        Some(term) if term < on => Err(CommandError::EndAfterTerm(term)),
        _ => Ok(()),
    }
}

fn complete(
    current: &Current,
    on: Option<NaiveDate>,
    diploma: bool,
    draft: &mut Draft<'_>,
) -> Result<(), CommandError> {
    on.map_or(Ok(()), check_year)?;
    let known = current.completion.as_ref();
    if known.is_none_or(|c| (c.on, c.diploma) != (on, diploma)) {
        let effective_on = on.unwrap_or(current.training.end_on);
        let fact = Fact::TrainingCompleted { on, diploma };
        draft.correct(known.map(|c| c.event), effective_on, fact);
    }
    Ok(())
}

fn remap(
    current: &Current,
    lookup: LookupKey,
    identity: &Identity,
    draft: &mut Draft<'_>,
) -> Result<(), CommandError> {
    let now = current.identity.clear().ok_or(CommandError::Hidden)?;
    if current.lookup != lookup || now != identity {
        // The command tells no day: it holds since the source last spoke.
        let spoke = current.settled.last().map(|s| paris_day(s.at));
        let identity = Opened::Clear(identity.clone());
        let fact = Fact::LearnerIdRemapped { lookup, identity };
        draft.say(spoke.unwrap_or(current.training.entry_on), fact);
    }
    Ok(())
}

/// A correction names a live event and speaks of the same thing.
fn check_correction(state: &Enrolment, event: EventId, fact: &Fact) -> Result<(), CommandError> {
    let live = Chains::of(&state.events).live(event)?;
    let (expected, found) = (live.fact.type_name(), fact.type_name());
    if expected != found || matches!(fact, Fact::Retracted { .. }) {
        return Err(CommandError::OtherType { expected, found });
    }
    match fact.contract() {
        Some(contract) if live.fact.contract() != Some(contract) => {
            Err(CommandError::NoSuchContract(contract))
        }
        _ => Ok(()),
    }
}

fn find(current: &Current, contract: ContractId) -> Result<&Contract, CommandError> {
    current.contract(contract).ok_or(CommandError::NoSuchContract(contract))
}

fn check_year(day: NaiveDate) -> Result<(), CommandError> {
    if YEARS.contains(&day.year()) {
        return Ok(());
    }
    Err(CommandError::Date(Text::new(
        format!("{day} is not between 1900 and 2100"),
        format!(
            "La date {} n'est pas comprise entre 1900 et 2100 : corrigez l'année.",
            day.format("%d/%m/%Y")
        ),
    )))
}
