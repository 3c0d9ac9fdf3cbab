//! Dates and values of one dossier that cannot be, or hardly.
//!
//! Two contracts at once are no finding: two employers are lawful (seasonal
//! work), and the employer is sealed, so that the same one twice cannot be told
//! from here.

use crate::alerts::{LONGEST_YEARS, OLDEST_AT_ENTRY, YOUNGEST_AT_ENTRY};
use chrono::{Datelike, Months, NaiveDate};
use domain::enrolment::{Contract, Current};

/// A rupture dated before the first day of its contract.
pub const RUPTURE_BEFORE_START: &str = "RUPTURE_BEFORE_START";
/// A contract that ends before it begins.
pub const CONTRACT_ENDS_BEFORE_START: &str = "CONTRACT_ENDS_BEFORE_START";
/// A contract of more than four years (L6222-7-1, L6222-11).
pub const CONTRACT_OVER_FOUR_YEARS: &str = "CONTRACT_OVER_FOUR_YEARS";
/// A session of more than four years.
pub const SESSION_OVER_FOUR_YEARS: &str = "SESSION_OVER_FOUR_YEARS";
/// A session that ends before it begins.
pub const SESSION_ENDS_BEFORE_ENTRY: &str = "SESSION_ENDS_BEFORE_ENTRY";
/// A learner who would be under 14 or over 70 on the first day (L6222-1, L6222-2).
pub const AGE_AT_ENTRY_IMPLAUSIBLE: &str = "AGE_AT_ENTRY_IMPLAUSIBLE";

/// The rules, by the name that is stored.
pub const FINDING_RULES: [&str; 6] = [
    RUPTURE_BEFORE_START,
    CONTRACT_ENDS_BEFORE_START,
    CONTRACT_OVER_FOUR_YEARS,
    SESSION_OVER_FOUR_YEARS,
    SESSION_ENDS_BEFORE_ENTRY,
    AGE_AT_ENTRY_IMPLAUSIBLE,
];

/// One doubtful thing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finding<'a> {
    /// One of [`FINDING_RULES`].
    pub(super) rule: &'static str,
    /// The contract, when it is about one.
    pub(super) contract: Option<&'a Contract>,
}

/// What is doubtful in a dossier.
pub(super) fn findings(current: &Current) -> Vec<Finding<'_>> {
    let (entry, end) = (current.training.entry_on, current.training.end_on);
    let plausible = YOUNGEST_AT_ENTRY..=OLDEST_AT_ENTRY;
    let age = current.facets.birth_month.map(|month| age_on(month, entry));
    let of_dossier = [
        (end < entry, SESSION_ENDS_BEFORE_ENTRY),
        (too_long(entry, end), SESSION_OVER_FOUR_YEARS),
        (age.is_some_and(|age| !plausible.contains(&age)), AGE_AT_ENTRY_IMPLAUSIBLE),
    ];
    let mut found: Vec<Finding<'_>> = of_dossier
        .into_iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, rule)| Finding { rule, contract: None })
        .collect();
    for contract in &current.contracts {
        let (start, end) = (contract.terms.start_on, contract.terms.end_on);
        let broken = contract.rupture.as_ref().map(|(_, rupture)| rupture.effective_on);
        let of_contract = [
            (broken.is_some_and(|on| on < start), RUPTURE_BEFORE_START),
            (end.is_some_and(|end| end < start), CONTRACT_ENDS_BEFORE_START),
            (end.is_some_and(|end| too_long(start, end)), CONTRACT_OVER_FOUR_YEARS),
        ];
        let holding = of_contract.into_iter().filter(|(holds, _)| *holds);
        found.extend(holding.map(|(_, rule)| Finding { rule, contract: Some(contract) }));
    }
    found
}

/// Whether a span goes beyond the longest one allowed.
fn too_long(first: NaiveDate, last: NaiveDate) -> bool {
    first.checked_add_months(Months::new(12 * LONGEST_YEARS)).is_some_and(|limit| last >= limit)
}

/// Whole years from a birth month to a day; the day of birth is not public, so
/// the month counts as reached.
pub(crate) fn age_on(birth_month: NaiveDate, day: NaiveDate) -> i32 {
    day.year() - birth_month.year() - i32::from(day.month() < birth_month.month())
}
