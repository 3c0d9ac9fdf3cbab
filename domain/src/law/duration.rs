//! How long a contract lasts, and how it covers the training.

use super::case::Case;
use super::rule::{Answer, BEFORE_2019, Checked, REFORM_2019, REFUSES, Rule, WARNS};
use crate::cerfa::codes::{ContractType, Derogation, PriorSituation};
use chrono::{Months, NaiveDate};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "END_AFTER_START",
        article: "L6222-7-1",
        en: "the last day of the contract is after its first day",
        fr: "Le dernier jour du contrat vient après le premier.",
        check: |case| Ok(Answer::must(case.start_on()? < case.end_on()?)),
        ..REFUSES
    },
    Rule {
        id: "DURATION_MIN",
        article: "L6222-7 (avant la loi 2018-771); R6222-15, R6222-16",
        until: Some(BEFORE_2019),
        en: "a contract lasts one year at least, unless its duration is shortened",
        fr: "Le contrat dure un an au moins, sauf réduction de durée.",
        check: |case| at_least(case, if case.derogates(Derogation::Shortened) { 6 } else { 12 }),
        ..REFUSES
    },
    Rule {
        id: "DURATION_MIN",
        article: "L6222-7-1; R6222-23-1",
        from: REFORM_2019,
        en: "a contract lasts six months at least, unless it follows a rupture",
        fr: "Le contrat dure six mois au moins, sauf s'il fait suite à une rupture.",
        check: |case| at_least(case, 6),
        ..REFUSES
    },
    Rule {
        id: "DURATION_MAX",
        article: "L6222-7-1; L6222-11; R6222-47",
        en: "a contract lasts three years at most; four for a disabled worker, an athlete, or after a failed exam",
        fr: "Le contrat dure trois ans au plus ; quatre pour un travailleur handicapé, un sportif de haut niveau ou \
             après un échec à l'examen.",
        check: |case| {
            let kind = case.kind()?;
            let extends = matches!(
                kind,
                ContractType::ExtensionAfterFailure | ContractType::ExtensionDisability
            );
            let (start, end) = (case.start_on()?, case.end_on()?);
            let within = |months| lasts_at_most(start, end, months);
            if within(36) {
                return Ok(Answer::Holds);
            }
            if !within(48) {
                return Ok(Answer::Broken);
            }
            if extends || case.disability()? || case.athlete()? {
                return Ok(Answer::Holds);
            }
            // Any other amendment leaves to a contract the duration that an extension gave it.
            Ok(Answer::must(kind.is_amendment() && end <= case.amended()?.end_on()?))
        },
        ..REFUSES
    },
    Rule {
        id: "DURATION_EARLY",
        article: "L6222-12-1",
        from: REFORM_2019,
        en: "a contract that follows months at the CFA without one is shortened by them: together they last three years at \
             most, or four for a disabled worker or an athlete",
        fr: "La durée d'un contrat précédé de mois de formation au CFA sans contrat est réduite d'autant : l'ensemble dure \
             trois ans au plus, quatre pour un travailleur handicapé ou un sportif de haut niveau.",
        check: |case| {
            let (training, start, end) = (case.training_on()?, case.start_on()?, case.end_on()?);
            let without = case.prior_situation()? == PriorSituation::CfaBeforeContract;
            if case.kind()?.follows() || !without || start <= training {
                return Ok(Answer::NotConcerned);
            }
            let within = |months| lasts_at_most(training, end, months);
            let longer = || Ok(case.disability()? || case.athlete()?);
            Ok(Answer::must(within(36) || longer()? && within(48)))
        },
        ..WARNS
    },
    Rule {
        id: "DURATION_FORM",
        article: "notice 51649",
        en: "the form takes contracts of at most fifty-four months",
        fr: "Le formulaire n'admet pas de contrat de plus de cinquante-quatre mois.",
        check: |case| Ok(Answer::must(lasts_at_most(case.start_on()?, case.end_on()?, 54))),
        ..REFUSES
    },
    Rule {
        id: "DURATION_AGREEMENT",
        article: "L6222-7-1; R6222-6",
        from: REFORM_2019,
        en: "the agreement on another duration than the training's is attached",
        fr: "La convention d'aménagement de la durée est jointe quand celle-ci n'est pas celle du cycle de formation.",
        check: |case| {
            if case.derogates(Derogation::Shortened) || case.derogates(Derogation::Lengthened) {
                Ok(Answer::must(case.duration_agreement))
            } else {
                Ok(Answer::NotConcerned)
            }
        },
        ..WARNS
    },
    Rule {
        id: "EXAMS_WITHIN",
        article: "L6222-7-1; notice 51649",
        en: "the exams end between the first and the last day of the contract",
        fr: "La fin des épreuves se situe entre le premier et le dernier jour du contrat.",
        check: |case| {
            let exams = case.exams_end_on()?;
            Ok(Answer::must(case.start_on()? <= exams && exams <= case.end_on()?))
        },
        ..REFUSES
    },
    Rule {
        id: "EXAMS_THEN_END",
        article: "notice 51649",
        en: "a contract ends three months after the exams at most",
        fr: "Le contrat se termine trois mois au plus après la fin des épreuves.",
        check: |case| ends_soon_after_exams(case, 3),
        ..REFUSES
    },
    Rule {
        id: "EXAMS_THEN_END_SOON",
        article: "doctrine de l'administration du travail",
        en: "administrations ask that a contract ends two months after the exams at most",
        fr: "L'administration demande que le contrat se termine deux mois au plus après la fin des épreuves.",
        check: |case| ends_soon_after_exams(case, 2),
        ..WARNS
    },
    Rule {
        id: "EXTENSION_AFTER_FAILURE",
        article: "L6222-11",
        en: "after a failed exam a contract is extended, by one year at most",
        fr: "Après un échec à l'examen, le contrat est prolongé, d'un an au plus.",
        check: |case| extended(case, ContractType::ExtensionAfterFailure),
        ..REFUSES
    },
    Rule {
        id: "EXTENSION_AFTER_EXAMS",
        article: "L6222-11",
        en: "an extension after a failed exam is concluded once the exams are over",
        fr: "La prolongation après un échec est conclue une fois les épreuves terminées.",
        check: |case| {
            if case.kind()? != ContractType::ExtensionAfterFailure {
                return Ok(Answer::NotConcerned);
            }
            Ok(Answer::must(case.amended()?.exams_end_on()? <= case.concluded_on()?))
        },
        ..WARNS
    },
    Rule {
        id: "EXTENSION_DISABILITY",
        article: "L6222-38; R6222-47, R6222-48",
        en: "a contract is extended for a disability by one year at most, and the apprentice is recognised as disabled",
        fr: "Le contrat est prolongé d'un an au plus en raison du handicap, et l'apprenti bénéficie de la \
             reconnaissance de travailleur handicapé.",
        check: |case| match extended(case, ContractType::ExtensionDisability)? {
            Answer::Holds => Ok(Answer::must(case.disability()?)),
            other => Ok(other),
        },
        ..REFUSES
    },
];

/// Whether from the first to the last day there are so many months, or more.
fn lasts_at_least(start: NaiveDate, end: NaiveDate, months: u32) -> bool {
    let first_after = end.succ_opt().unwrap_or(end);
    start.checked_add_months(Months::new(months)).is_some_and(|reached| reached <= first_after)
}

/// Whether there are so many months, or fewer.
fn lasts_at_most(start: NaiveDate, end: NaiveDate, months: u32) -> bool {
    start.checked_add_months(Months::new(months)).is_some_and(|limit| end < limit)
}

fn at_least(case: &Case<'_>, months: u32) -> Checked {
    let kind = case.kind()?;
    // The duration of what is amended was judged; after a rupture there is no minimum.
    if kind.is_amendment() || kind == ContractType::AfterRupture {
        return Ok(Answer::NotConcerned);
    }
    Ok(Answer::must(lasts_at_least(case.start_on()?, case.end_on()?, months)))
}

fn ends_soon_after_exams(case: &Case<'_>, months: u32) -> Checked {
    let limit = case.exams_end_on()?.checked_add_months(Months::new(months));
    let end = case.end_on()?;
    Ok(Answer::must(limit.is_some_and(|limit| end <= limit)))
}

/// Longer than the contract that is amended, by one year at most. Without that contract nothing can be said.
fn extended(case: &Case<'_>, kind: ContractType) -> Checked {
    if case.kind()? != kind {
        return Ok(Answer::NotConcerned);
    }
    let before = case.amended()?.end_on()?;
    let limit = before.checked_add_months(Months::new(12));
    let end = case.end_on()?;
    Ok(Answer::must(before < end && limit.is_some_and(|limit| end <= limit)))
}
