//! What the law says of a contract as it stands: its form, what is attached, what came before, and what happened since.
//!
//! A rupture or a deposit that the law does not want happened all the same: it is written, and this says what is wrong
//! with it.

use super::event::AttachmentKind;
use super::state::{Contract, Life, Round};
use crate::law::{Acts, Case, Previous, Unknown, Verdict, judge};
use chrono::NaiveDate;

/// What the rules of its day say of a round, as the contract stands on a day.
///
/// # Errors
/// When its form says no day.
pub fn judged(
    contract: &Contract,
    round: &Round,
    previous: Option<&Previous>,
    as_of: NaiveDate,
) -> Result<Vec<Verdict>, Unknown> {
    judge(&case_of(contract, round, previous, as_of))
}

/// The number under which the contract itself was deposited.
fn number_of(contract: &Contract) -> Option<&str> {
    contract.rounds.first()?.number_of_deposit.as_ref()?.clear().map(String::as_str)
}

/// What a rule sees of a round. How the contract ended is judged by the form that is in force on a day.
#[must_use]
pub fn case_of<'a>(
    contract: &'a Contract,
    round: &'a Round,
    previous: Option<&'a Previous>,
    as_of: NaiveDate,
) -> Case<'a> {
    let in_force = contract.round_in_force(as_of).map(|round| round.number);
    let is_in_force = in_force == Some(round.number);
    let (rupture, completion) = match &contract.life {
        Life::Broken(on, rupture) if is_in_force => (Some((*on, rupture)), None),
        Life::Completed(on, completion) if is_in_force => (None, Some((*on, completion))),
        _ => (None, None),
    };
    let attached = |kind| round.attachments.iter().any(|one| one.kind == kind);
    Case {
        previous,
        amended: contract.round_in_force_before(round.number, as_of).map(|round| &round.form),
        contract: contract.rounds.first().map(|round| &round.form),
        training_agreement: attached(AttachmentKind::TrainingAgreement),
        duration_agreement: attached(AttachmentKind::DurationAgreement),
        calendar: contract.calendar.as_ref(),
        suspensions: &contract.suspensions,
        acts: Acts {
            signed_on: round.signed_on,
            number: number_of(contract),
            submitted_on: round.submitted_on,
            body: round.body.as_ref(),
            rupture,
            completion,
        },
        ..Case::of(&round.form)
    }
}
