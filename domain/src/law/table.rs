//! All rows, and those in force on a day.

use super::case::Case;
use super::rule::{ALWAYS, Rule, Unknown, Verdict};
use super::{age, deposit, duration, kind, pay_rules, people, rupture, start, training, work};
use chrono::NaiveDate;

/// The day from which a row is in force when nothing older is asked.
pub const FIRST_DAY: NaiveDate = ALWAYS;

/// The rows by subject, in the order of the document that is made of them.
const SUBJECTS: &[(&str, &[Rule])] = &[
    ("Âge", age::RULES),
    ("Durée", duration::RULES),
    ("Début", start::RULES),
    ("Travail", work::RULES),
    ("Personnes", people::RULES),
    ("Types de contrats et d'employeurs", kind::RULES),
    ("Formation", training::RULES),
    ("Rémunération", pay_rules::RULES),
    ("Dépôt", deposit::RULES),
    ("Rupture", rupture::RULES),
];

/// The subjects, each with its rows.
pub fn subjects() -> impl Iterator<Item = (&'static str, &'static [Rule])> {
    SUBJECTS.iter().copied()
}

/// All rows.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    SUBJECTS.iter().flat_map(|(_, rules)| *rules)
}

/// The verdicts of the rules that are in force on a day, in the order of the table.
#[must_use]
pub fn judge_by_rules_of(case: &Case<'_>, day: NaiveDate) -> Vec<Verdict> {
    rules().filter(|rule| rule.is_in_force(day)).map(|rule| rule.verdict(case)).collect()
}

/// The verdicts of the rules of the contract's own day, all at once.
///
/// # Errors
/// When the form says no day.
pub fn judge(case: &Case<'_>) -> Result<Vec<Verdict>, Unknown> {
    Ok(judge_by_rules_of(case, case.judged_on()?))
}
