//! Ages: from sixteen to twenty-nine, and who may be younger or older.

use super::case::{Case, Previous};
use super::rule::{Answer, BEFORE_2019, Checked, REFORM_2019, REFUSES, Rule, Unknown, WARNS};
use crate::cerfa::codes::{Derogation, LastClass};
use chrono::Months;

/// Between the contract before and this one, when the age is from thirty to thirty-four (D6222-1).
const GAP: Months = Months::new(12);

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "AGE_FIFTEEN",
        article: "L6222-1",
        en: "an apprentice is fifteen at least on the first day of the contract",
        fr: "L'apprenti a quinze ans au moins le premier jour du contrat.",
        check: |case| Ok(Answer::must(case.is_aged(15, case.start_on()?)?)),
        ..REFUSES
    },
    Rule {
        id: "AGE_COLLEGE",
        article: "L6222-1",
        en: "an apprentice under sixteen has finished the first cycle of secondary education: say so as the last class",
        fr: "Un apprenti de moins de seize ans a achevé le premier cycle de l'enseignement secondaire : indiquez-le \
             comme dernière classe suivie.",
        check: |case| {
            if case.is_aged(16, case.start_on()?)? {
                return Ok(Answer::NotConcerned);
            }
            let stopped = [LastClass::StoppedIn3e, LastClass::StoppedIn4e];
            Ok(Answer::must(!stopped.contains(&case.last_class()?)))
        },
        ..REFUSES
    },
    Rule {
        id: "AGE_UNDER_DEROGATION",
        article: "L6222-1; notice 51649",
        en: "derogation 11 is declared when the apprentice is under sixteen on the first day, and only then",
        fr: "La dérogation 11 est déclarée quand l'apprenti a moins de seize ans le premier jour du contrat, et \
             seulement alors.",
        check: |case| {
            let under = !case.is_aged(16, case.start_on()?)?;
            let several = case.form.terms.derogation == Some(Derogation::Several);
            Ok(Answer::must(several || under == case.derogates(Derogation::UnderSixteen)))
        },
        ..REFUSES
    },
    Rule {
        id: "AGE_MAX",
        article: "L6222-1",
        until: Some(BEFORE_2019),
        en: "an apprentice is twenty-five at most on the first day of the contract, unless the law allows more",
        fr: "L'apprenti a vingt-cinq ans au plus le premier jour du contrat, sauf exception prévue par la loi.",
        check: |case| not_over(case, 26),
        ..REFUSES
    },
    Rule {
        id: "AGE_MAX",
        article: "L6222-1 (loi 2018-771, art. 13)",
        from: REFORM_2019,
        en: "an apprentice is twenty-nine at most on the first day of the contract, unless the law allows more",
        fr: "L'apprenti a vingt-neuf ans au plus le premier jour du contrat, sauf exception prévue par la loi.",
        check: |case| not_over(case, 30),
        ..REFUSES
    },
    Rule {
        id: "AGE_THIRTY_FIVE",
        article: "L6222-2, 1° et 2°; D6222-1",
        en: "where the law allows thirty-five years, administrations read it as before the thirty-fifth birthday",
        fr: "Quand la loi admet trente-cinq ans, l'administration l'entend avant le trente-cinquième anniversaire.",
        check: |case| {
            if !case.is_aged(35, case.start_on()?)? {
                return Ok(Answer::NotConcerned);
            }
            Ok(Answer::must(case.has_no_age_limit()?))
        },
        ..WARNS
    },
    Rule {
        id: "AGE_OVER_DEROGATION",
        article: "L6222-2; notice 51649",
        from: REFORM_2019,
        en: "derogation 12 is declared when the apprentice is over twenty-nine on the first day, and only then",
        fr: "La dérogation 12 est déclarée quand l'apprenti a plus de vingt-neuf ans le premier jour du contrat, et \
             seulement alors.",
        check: |case| {
            let over = case.is_aged(30, case.start_on()?)?;
            let several = case.form.terms.derogation == Some(Derogation::Several);
            Ok(Answer::must(several || over == case.derogates(Derogation::OverTwentyNine)))
        },
        ..REFUSES
    },
];

/// Whether the apprentice is younger than the first age that is too high, or is one of whom the law allows more.
fn not_over(case: &Case<'_>, too_old: u32) -> Checked {
    let start = case.start_on()?;
    if !case.is_aged(too_old, start)? || case.has_no_age_limit()? {
        return Ok(Answer::Holds);
    }
    // Up to thirty-five, after a contract that ended less than a year before and led to a lower diploma, or was
    // broken for a reason that is not the apprentice's, temporary unfitness included (L6222-2, 1° and 2°; D6222-1).
    let within =
        |ended| chrono::NaiveDate::checked_add_months(ended, GAP).is_some_and(|last| start <= last);
    if case.is_aged(36, start)? {
        return Ok(Answer::must(false));
    }
    match case.previous.and_then(|previous| Some((previous, previous.ended_on?))) {
        Some((_, ended)) if !within(ended) => Ok(Answer::must(false)),
        Some((previous, _)) if previous.broken_by_others => Ok(Answer::Holds),
        Some((previous, _)) => leads_higher(case, previous),
        // It follows another, of which nobody knows when it ended.
        None if case.kind()?.follows() => Err(Unknown::Previous),
        None => Ok(Answer::must(false)),
    }
}

/// Whether the contract leads to a higher level than the one obtained at the end of the contract before (L6222-2, 1°).
/// Where none is known to be, it surely does when its level is higher than the highest that was ever obtained.
fn leads_higher(case: &Case<'_>, previous: &Previous) -> Checked {
    let aim = case.aim()?.level();
    match previous.level {
        Some(level) => Ok(Answer::must(level < aim)),
        None if case.highest_diploma().is_ok_and(|highest| highest.level() < aim) => {
            Ok(Answer::Holds)
        }
        None => Err(Unknown::Previous),
    }
}
