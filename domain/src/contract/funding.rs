//! What is taken charge of of a contract, what was invoiced, and of which days.
//!
//! Whoever funds a private contract takes charge of a yearly amount, by the day (décrets 2025-585 and 2025-586). A
//! public employer pays the CFA itself: of it there is no ceiling, but days may be invoiced too.

use super::conclude::is_refused_by_silence;
use super::state::{Contract, Life, Phase, Round};
use crate::cerfa::Form;
use crate::cerfa::value::Cents;
use crate::enrolment::Opened;
use crate::law::Unknown;
use chrono::NaiveDate;

/// Days of the year of which a day is paid its share.
const DAYS_OF_YEAR: u64 = 365;

/// An invoice, as it is declared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Declared {
    /// Its number.
    pub number: String,
    /// The first day that it invoices,
    pub first_on: NaiveDate,
    /// and the last, this one included.
    pub last_on: NaiveDate,
    /// How much it asks.
    pub amount: Cents,
}

/// An invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// Its number; hidden from who may not see it.
    pub number: Opened<String>,
    /// The first day that it invoices,
    pub first_on: NaiveDate,
    /// and the last, this one included.
    pub last_on: NaiveDate,
    /// How much it asks.
    pub amount: Cents,
}

/// What is funded of a contract, and what was invoiced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Funding {
    /// Days to the effective end: see [`funded_days`].
    pub funded_days: u32,
    /// Most that is taken charge of for them: the yearly amount, a 365th a day, to the lower cent. `None` when none was
    /// declared, and of a public employer.
    pub ceiling: Option<u64>,
    /// Days that were invoiced; a day on two invoices counts once.
    pub invoiced_days: u32,
    /// Those of them that are after the effective end.
    pub days_after_end: u32,
    /// What was invoiced, in cents.
    pub invoiced: u64,
}

/// What is funded of a contract, and what was invoiced, as it stands on a day: of the form that is in force then.
///
/// # Errors
/// When the form does not say enough.
pub fn funding(contract: &Contract, as_of: NaiveDate) -> Result<Funding, Unknown> {
    let (funded_days, end) = (funded_days(contract, as_of)?, effective_end(contract, as_of)?);
    let public = contract.in_force(as_of).and_then(Form::is_public_law) == Some(true);
    let share = |yearly: Cents| u64::from(yearly.0) * u64::from(funded_days) / DAYS_OF_YEAR;
    let invoices = &contract.invoices;
    Ok(Funding {
        funded_days,
        ceiling: contract.funding.filter(|_| !public).map(share),
        invoiced_days: days_of(invoices.iter().map(|one| (one.first_on, one.last_on))),
        days_after_end: match end.succ_opt() {
            Some(after) => {
                days_of(invoices.iter().map(|one| (one.first_on.max(after), one.last_on)))
            }
            None => 0,
        },
        invoiced: invoices.iter().fold(0, |all, one| all + u64::from(one.amount.0)),
    })
}

/// The funded days of a contract: from its first day to its effective end, both included (décret 2025-585: funding is
/// by the day); none of one whose deposit was refused, by a decision or by silence.
///
/// # Errors
/// When the form does not say enough.
pub fn funded_days(contract: &Contract, as_of: NaiveDate) -> Result<u32, Unknown> {
    if is_deposit_refused(contract, as_of) {
        return Ok(0);
    }
    Ok(days_between(start(contract, as_of)?, effective_end(contract, as_of)?))
}

/// The last day of a contract: its term; or the day before its rupture, which takes effect on the first day without
/// contract; or the day on which it ended well. Of one that was cancelled, and of one that was broken before it began,
/// the day before its first.
///
/// # Errors
/// When the form does not say enough.
pub fn effective_end(contract: &Contract, as_of: NaiveDate) -> Result<NaiveDate, Unknown> {
    let start = start(contract, as_of)?;
    let form = contract.in_force(as_of).ok_or(Unknown::Missing("terms.end_on"))?;
    let term = form.terms.end_on.ok_or(Unknown::Missing("terms.end_on"))?;
    let before = |day: NaiveDate| day.pred_opt().unwrap_or(day);
    Ok(match &contract.life {
        Life::Broken(on, _) => term.min(before((*on).max(start))),
        Life::Completed(on, _) => term.min(*on),
        Life::Cancelled => before(start),
        Life::Pending | Life::Running | Life::Suspended => term,
    })
}

/// Whether the deposit of a contract itself is refused: by a decision, whatever the day that is asked for, as how the
/// contract ended counts whatever that day is; or by silence, from the day after the last one on which it is decided.
#[must_use]
pub fn is_deposit_refused(contract: &Contract, as_of: NaiveDate) -> bool {
    contract.rounds.first().is_some_and(|first| is_refused(first, as_of))
}

fn is_refused(round: &Round, as_of: NaiveDate) -> bool {
    round.phase == Phase::DepositRefused || is_refused_by_silence(round, as_of)
}

fn start(contract: &Contract, as_of: NaiveDate) -> Result<NaiveDate, Unknown> {
    let form = contract.in_force(as_of).ok_or(Unknown::Missing("terms.start_on"))?;
    form.terms.start_on.ok_or(Unknown::Missing("terms.start_on"))
}

/// Days from one to another, both included; none when the last is before the first.
fn days_between(first: NaiveDate, last: NaiveDate) -> u32 {
    u32::try_from((last - first).num_days() + 1).unwrap_or(0)
}

/// Days that are within one period at least, both ends included.
fn days_of(periods: impl Iterator<Item = (NaiveDate, NaiveDate)>) -> u32 {
    let mut periods: Vec<_> = periods.filter(|(first, last)| first <= last).collect();
    periods.sort_unstable();
    let mut counted_to = None;
    let mut days = 0;
    for (first, last) in periods {
        let from =
            counted_to.map_or(Some(first), |day: NaiveDate| Some(day.succ_opt()?.max(first)));
        let Some(from) = from.filter(|from| *from <= last) else { continue };
        days += days_between(from, last);
        counted_to = Some(last);
    }
    days
}
