//! How long a dossier names its learner: dated rules, every number a setting.
//!
//! The defaults are proposals, to be confirmed by the data protection officer. The CERFA notice 51649 has
//! contracts of the European programme (concluded from July 2020 to December 2023) kept until 31 December
//! 2031, and others five years from their conclusion; décret 2022-377 sets the periods of the State's service.
//! The ledger knows no day of signature: a contract counts from its first day.

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// Contracts that are kept until a day of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cohort {
    /// The first day on which they were concluded.
    pub concluded_from: NaiveDate,
    /// The last one.
    pub concluded_to: NaiveDate,
    /// The last day on which they are kept.
    pub kept_until: NaiveDate,
}

/// The rules from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The first day on which they apply.
    pub in_force_from: NaiveDate,
    /// Years from the conclusion of a contract.
    pub years_after_conclusion: u32,
    /// Months from the end of the training, and of each contract: not before, whatever the others say.
    pub months_after_end: u32,
    /// Years from the end of a training in which there was no contract.
    pub years_without_contract: u32,
    /// Contracts that are kept until a day of their own, instead of years.
    pub cohorts: Vec<Cohort>,
}

/// Rules, each from a day on, and how long before a report tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Days ahead that a report looks.
    pub notice_days: u32,
    /// The rules, in any order.
    pub rules: Vec<Rules>,
}

/// A contract, as far as retention asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its first day.
    pub start_on: NaiveDate,
    /// Its last day, when there is one.
    pub end_on: Option<NaiveDate>,
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

impl Default for Settings {
    fn default() -> Self {
        let european = Cohort {
            concluded_from: day(2020, 7, 1),
            concluded_to: day(2023, 12, 31),
            kept_until: day(2031, 12, 31),
        };
        let rules = Rules {
            in_force_from: day(2020, 1, 1),
            years_after_conclusion: 5,
            months_after_end: 12,
            years_without_contract: 2,
            cohorts: vec![european],
        };
        Self { notice_days: 30, rules: vec![rules] }
    }
}

impl Settings {
    /// The rules in force on a day.
    #[must_use]
    pub fn in_force(&self, on: NaiveDate) -> Option<&Rules> {
        let begun = self.rules.iter().filter(|rules| rules.in_force_from <= on);
        begun.max_by_key(|rules| rules.in_force_from)
    }
}

impl Rules {
    /// The first day on which a dossier must not name its learner any more.
    #[must_use]
    pub fn due_on(&self, training_ends_on: NaiveDate, contracts: &[Span]) -> NaiveDate {
        let after_end = |end| later(end, self.months_after_end);
        if contracts.is_empty() {
            let years = later(training_ends_on, 12 * self.years_without_contract);
            return years.max(after_end(training_ends_on));
        }
        let of_contract = |contract: &Span| {
            let ended = contract.end_on.map_or(NaiveDate::MIN, after_end);
            self.kept_from(contract.start_on).max(ended)
        };
        let contracts = contracts.iter().map(of_contract).max();
        contracts.unwrap_or(NaiveDate::MIN).max(after_end(training_ends_on))
    }

    /// The first day on which a contract of that day need not be kept.
    fn kept_from(&self, concluded_on: NaiveDate) -> NaiveDate {
        let within = |cohort: &&Cohort| {
            (cohort.concluded_from..=cohort.concluded_to).contains(&concluded_on)
        };
        let until = self.cohorts.iter().filter(within).map(|cohort| cohort.kept_until).max();
        until.map_or_else(
            || later(concluded_on, 12 * self.years_after_conclusion),
            |until| until.succ_opt().unwrap_or(NaiveDate::MAX),
        )
    }
}

/// So many months later; the end of time where the calendar has no such day.
fn later(day: NaiveDate, months: u32) -> NaiveDate {
    day.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: NaiveDate, end: Option<NaiveDate>) -> Span {
        Span { start_on: start, end_on: end }
    }

    #[test]
    fn a_contract_is_kept_five_years_or_until_the_day_of_its_cohort() {
        let settings = Settings::default();
        let rules = settings.in_force(day(2026, 1, 1)).unwrap();
        let ends = day(2021, 7, 31);
        let european = [span(day(2020, 7, 1), None)];
        assert_eq!(rules.due_on(ends, &european), day(2032, 1, 1));
        let before = [span(day(2020, 6, 30), None)];
        assert_eq!(rules.due_on(ends, &before), day(2025, 6, 30));
        let last = [span(day(2023, 12, 31), None), span(day(2020, 6, 30), None)];
        assert_eq!(rules.due_on(ends, &last), day(2032, 1, 1), "the longest counts");
        let after = [span(day(2024, 1, 1), None)];
        assert_eq!(rules.due_on(ends, &after), day(2029, 1, 1));
    }

    #[test]
    fn never_before_a_year_after_the_end() {
        let settings = Settings::default();
        let rules = settings.in_force(day(2026, 1, 1)).unwrap();
        let long = [span(day(2024, 9, 1), Some(day(2030, 8, 31)))];
        assert_eq!(rules.due_on(day(2026, 7, 31), &long), day(2031, 8, 31));
        let short = [span(day(2024, 9, 1), Some(day(2024, 10, 1)))];
        assert_eq!(rules.due_on(day(2030, 7, 31), &short), day(2031, 7, 31));
        assert_eq!(rules.due_on(day(2026, 7, 31), &[]), day(2028, 7, 31), "without a contract");
    }

    #[test]
    fn of_dated_rules_the_newest_that_began_is_in_force() {
        let mut settings = Settings::default();
        let stricter = Rules {
            in_force_from: day(2027, 1, 1),
            years_after_conclusion: 3,
            ..settings.rules[0].clone()
        };
        settings.rules.insert(0, stricter);
        let years = |on| settings.in_force(on).map(|rules| rules.years_after_conclusion);
        assert_eq!(years(day(2026, 12, 31)), Some(5));
        assert_eq!(years(day(2027, 1, 1)), Some(3));
        assert_eq!(years(day(2019, 1, 1)), None);
    }
}
