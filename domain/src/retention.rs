//! How long a dossier names its learner: dated rules, every number a setting.
//!
//! The defaults are proposals, to be confirmed by the data protection officer. The CERFA notice 51649 has
//! contracts of the European programme (concluded from July 2020 to December 2023) kept until 31 December
//! 2031, and others five years from their conclusion; décret 2022-377 sets the periods of the State's service.
//! The ledger knows no day of signature: a contract counts from its first day. A contract that is written and signed here
//! is kept ten years after its end, as CELIA keeps its data (facts 2, section 6.5).

use crate::contract::{Contract, Life};
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
    /// Years from the end of a contract that is written and signed here. Rules that do not say it have ten.
    #[serde(default = "ten")]
    pub years_after_end_of_written: u32,
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

const fn ten() -> u32 {
    10
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
            years_after_end_of_written: ten(),
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

    /// The first day on which a contract that is written here must not name its apprentice any more; `None` while it
    /// has no end. `last_act_on` is the day on which something was last done of it.
    ///
    /// Its end is the day of the rupture or of the completion, else the one that was agreed; of one that was cancelled
    /// before it began, or opened again, the last act, if that is later. What not all have ever signed is no contract: a draft that was withdrawn or abandoned is kept as a training without one.
    #[must_use]
    pub fn written_due_on(&self, contract: &Contract, last_act_on: NaiveDate) -> Option<NaiveDate> {
        let first = contract.rounds.first()?;
        if !contract.was_signed {
            return Some(later(last_act_on, 12 * self.years_without_contract));
        }
        // Whatever silence decides has been decided long before.
        let form = contract.in_force(NaiveDate::MAX).unwrap_or(&first.form);
        let ended_on = match contract.life {
            Life::Broken(on, _) | Life::Completed(on, _) => on,
            Life::Running | Life::Suspended => form.terms.end_on?,
            Life::Cancelled | Life::Pending => {
                form.terms.end_on.unwrap_or(last_act_on).max(last_act_on)
            }
        };
        let kept = later(ended_on, 12 * self.years_after_end_of_written);
        // The contract's, not its amendment's: cohorts are of contracts.
        let concluded_on = first.form.terms.concluded_on.or(first.form.terms.start_on);
        Some(concluded_on.map_or(kept, |on| kept.max(self.kept_from(on))))
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
    use crate::cerfa::example_form;
    use crate::contract::rupture::{Completion, Initiator, Mode, Rupture};
    use crate::contract::{Phase, Round};

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

    /// A contract of 2024-09-02 to 2026-08-31, as all have signed it.
    fn signed() -> Contract {
        let round = Round {
            form: example_form(),
            phase: Phase::Signed,
            signed_on: Some(day(2024, 8, 26)),
            ..Round::default()
        };
        Contract {
            rounds: vec![round],
            life: Life::Running,
            was_signed: true,
            ..Contract::default()
        }
    }

    #[test]
    fn a_contract_that_is_written_here_is_kept_ten_years_after_its_end() {
        let settings = Settings::default();
        let rules = settings.in_force(day(2026, 1, 1)).unwrap();
        let acted = day(2025, 3, 1);
        let due = |contract: &Contract| rules.written_due_on(contract, acted);
        assert_eq!(due(&signed()), Some(day(2036, 8, 31)), "as agreed");
        let broken = Rupture::of(Mode::MutualAgreement, Initiator::Both);
        let life = Life::Broken(day(2025, 2, 28), broken);
        assert_eq!(due(&Contract { life, ..signed() }), Some(day(2035, 2, 28)));
        let completed = Completion { early: true, diploma: Some(true), notified_on: None };
        let life = Life::Completed(day(2026, 7, 10), completed);
        assert_eq!(due(&Contract { life, ..signed() }), Some(day(2036, 7, 10)));
        let mut open = signed();
        open.rounds[0].form.terms.end_on = None;
        assert_eq!(due(&open), None, "it goes on");
        open.life = Life::Cancelled;
        assert_eq!(due(&open), Some(day(2035, 3, 1)));
        let mut refused = Contract { life: Life::Pending, ..signed() };
        refused.rounds[0].phase = Phase::DepositRefused;
        assert_eq!(due(&refused), Some(day(2036, 8, 31)));
        assert_eq!(rules.written_due_on(&refused, day(2027, 1, 1)), Some(day(2037, 1, 1)));
        // An amendment that is in force says another end.
        let mut longer = signed();
        longer.rounds.push(Round { number: 1, ..longer.rounds[0].clone() });
        longer.rounds[1].form.terms.end_on = Some(day(2027, 8, 31));
        assert_eq!(due(&longer), Some(day(2037, 8, 31)));
        longer.rounds[1].signed_on = None;
        assert_eq!(due(&longer), Some(day(2036, 8, 31)), "not while it is not signed");
        // Nor does it say when the contract was concluded: its cohort stays the same.
        longer.rounds[1].form.terms.concluded_on = Some(day(2027, 1, 4));
        longer.rounds[1].signed_on = longer.rounds[0].signed_on;
        longer.rounds[0].form.terms.concluded_on = Some(day(2021, 9, 1));
        longer.life =
            Life::Broken(day(2021, 10, 1), Rupture::of(Mode::MutualAgreement, Initiator::Both));
        assert_eq!(due(&longer), Some(day(2032, 1, 1)));
        let mut european = signed();
        european.rounds[0].form.terms.concluded_on = Some(day(2021, 9, 1));
        european.life =
            Life::Broken(day(2021, 10, 1), Rupture::of(Mode::MutualAgreement, Initiator::Both));
        assert_eq!(due(&european), Some(day(2032, 1, 1)), "its cohort is kept longer");
    }

    #[test]
    fn a_draft_that_became_no_contract_is_kept_two_years_after_its_last_act() {
        let settings = Settings::default();
        let rules = settings.in_force(day(2026, 1, 1)).unwrap();
        let acted = day(2025, 3, 1);
        assert_eq!(rules.written_due_on(&Contract::default(), acted), None, "there is nothing");
        for phase in [Phase::Draft, Phase::Signing, Phase::SignatureRefused, Phase::Withdrawn] {
            let mut draft = Contract { life: Life::Pending, was_signed: false, ..signed() };
            draft.rounds[0] = Round { phase, signed_on: None, ..draft.rounds[0].clone() };
            assert_eq!(rules.written_due_on(&draft, acted), Some(day(2027, 3, 1)), "{phase:?}");
            // What all have signed once was a contract, also when its form was opened again.
            draft.was_signed = true;
            assert_eq!(rules.written_due_on(&draft, acted), Some(day(2036, 8, 31)), "{phase:?}");
        }
    }

    #[test]
    fn rules_that_say_nothing_of_contracts_written_here_keep_them_ten_years() {
        let text = r#"{"in_force_from": "2026-01-01", "years_after_conclusion": 1,
            "months_after_end": 0, "years_without_contract": 1, "cohorts": []}"#;
        let rules: Rules = serde_json::from_str(text).unwrap();
        assert_eq!(rules.years_after_end_of_written, 10);
    }
}
