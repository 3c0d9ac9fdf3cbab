//! What comes before what when a contract begins.

use super::case::Case;
use super::rule::{Answer, Checked, REFORM_2019, REFUSES, Rule, WARNS};
use crate::cerfa::codes::PriorSituation;
use crate::text::Text;
use chrono::{Months, NaiveDate};

/// Practice and training begin within these of the first day (L6222-12); a training may be begun as long before
/// (L6222-12-1).
const WITHIN: Months = Months::new(3);

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "SIGNED_BEFORE_START",
        article: "L6222-4; R6222-3",
        en: "a contract is signed by all before its first day, or on it",
        fr: "Le contrat est signé par toutes les parties avant son premier jour, ou ce jour-là.",
        check: |case| signed_by(case, case.start_on()?),
        ..REFUSES
    },
    Rule {
        id: "SIGNED_IN_TIME",
        article: "L6222-4; R6222-3",
        en: "the last party signed the contract before its first day, or on it, whatever day the form says",
        fr: "La dernière partie a signé le contrat avant son premier jour, ou ce jour-là, quelle que soit la date portée \
             sur le formulaire.",
        check: signed_in_time,
        ..WARNS
    },
    Rule {
        id: "SIGNED_BEFORE_PRACTICE",
        article: "L6222-4",
        en: "a contract is signed before the practical training begins",
        fr: "Le contrat est signé avant le début de la formation pratique.",
        check: |case| signed_by(case, case.practice_on()?),
        ..REFUSES
    },
    Rule {
        id: "SIGNED_BEFORE_EXAMS",
        article: "notice 51649",
        en: "a contract is signed before the exams end",
        fr: "Le contrat est signé avant la fin des épreuves.",
        check: |case| signed_by(case, case.exams_end_on()?),
        ..REFUSES
    },
    Rule {
        id: "PRACTICE_WITHIN",
        article: "L6222-12",
        en: "the practical training begins on the first day of the contract or in the three months after it",
        fr: "La formation pratique commence le premier jour du contrat ou dans les trois mois qui suivent.",
        check: |case| {
            let (start, practice) = (case.start_on()?, case.practice_on()?);
            let last = start.checked_add_months(WITHIN);
            Ok(Answer::must(start <= practice && last.is_some_and(|last| practice <= last)))
        },
        ..REFUSES
    },
    Rule {
        id: "PRACTICE_BEFORE_END",
        article: "notice 51649",
        en: "the practical training begins before the contract ends",
        fr: "La formation pratique commence avant la fin du contrat.",
        check: |case| Ok(Answer::must(case.practice_on()? < case.end_on()?)),
        ..REFUSES
    },
    Rule {
        id: "TRAINING_WITHIN",
        article: "L6222-12",
        en: "the training at the CFA begins in the three months after the first day of the contract, at the latest",
        fr: "La formation au CFA commence au plus tard dans les trois mois qui suivent le premier jour du contrat.",
        check: |case| {
            let last = case.start_on()?.checked_add_months(WITHIN);
            let training = case.training_on()?;
            Ok(Answer::must(last.is_some_and(|last| training <= last)))
        },
        ..REFUSES
    },
    Rule {
        id: "TRAINING_EARLY",
        article: "L6222-12-1; L6231-2, 5°",
        from: REFORM_2019,
        en: "a training that begins before the contract does so by three months at most, and the apprentice was in the \
             CFA without a contract: say so as the situation before",
        fr: "Une formation commencée avant le contrat l'a été trois mois avant au plus, l'apprenti étant au CFA sans \
             contrat : indiquez-le comme situation avant ce contrat.",
        check: |case| {
            let (start, training) = (case.start_on()?, case.training_on()?);
            if start <= training || case.kind()?.follows() {
                // Who had a contract before began the training under it.
                return Ok(Answer::NotConcerned);
            }
            let soon = training.checked_add_months(WITHIN).is_some_and(|last| start <= last);
            let before = case.prior_situation()?;
            Ok(Answer::must(match before {
                PriorSituation::CfaBeforeContract => soon,
                // Six months from the rupture, whose day the form does not say.
                PriorSituation::CfaAfterRupture => true,
                _ => false,
            }))
        },
        ..REFUSES
    },
    Rule {
        id: "TRAINING_BEFORE_PRACTICE",
        article: "notice 51649",
        en: "the training at the CFA begins three months at most before the practical training",
        fr: "La formation au CFA commence trois mois au plus avant la formation pratique.",
        check: |case| {
            let training = case.training_on()?;
            if case.kind()?.follows() {
                return Ok(Answer::NotConcerned);
            }
            let last = training.checked_add_months(WITHIN);
            let practice = case.practice_on()?;
            Ok(Answer::must(last.is_some_and(|last| practice <= last)))
        },
        ..WARNS
    },
];

/// Whether a contract is concluded on a day at the latest. An amendment is concluded later: the contract was judged.
fn signed_by(case: &Case<'_>, last: NaiveDate) -> Checked {
    let concluded = case.concluded_on()?;
    if case.kind()?.is_amendment() {
        return Ok(Answer::NotConcerned);
    }
    Ok(Answer::must(concluded <= last))
}

/// Whether the signatures were there in time. It is told and refuses nothing: the parties have signed.
fn signed_in_time(case: &Case<'_>) -> Checked {
    let Some(signed) = case.acts.signed_on else { return Ok(Answer::NotConcerned) };
    if case.kind()?.is_amendment() {
        return Ok(Answer::NotConcerned);
    }
    let start = case.start_on()?;
    if signed <= start {
        return Ok(Answer::Holds);
    }
    Ok(Answer::BrokenBy(Text::new(
        format!("it was signed on {signed}, and begins on {start}"),
        format!(
            "Il a été signé le {}, et commence le {}.",
            signed.format("%d/%m/%Y"),
            start.format("%d/%m/%Y")
        ),
    )))
}
