//! The training: its hours, its aim, its agreement, its place.

use super::case::Case;
use super::rule::{Answer, BEFORE_2019, Checked, REFORM_2019, REFUSES, Rule, Unknown, WARNS, day};
use chrono::Months;

/// Hours of work in a year of full time (L3121-41).
const HOURS_A_YEAR: u64 = 1607;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "HOURS_RANGE",
        article: "notice 51649",
        en: "the training has from 1 to 9,999 hours",
        fr: "La formation compte de 1 à 9 999 heures.",
        check: |case| Ok(Answer::must((1..=9_999).contains(&case.hours()?))),
        ..REFUSES
    },
    Rule {
        id: "HOURS_SHARE",
        article: "L6233-8 (avant la loi 2018-771)",
        until: Some(BEFORE_2019),
        en: "the training has four hundred hours a year at least, on average",
        fr: "La formation compte au moins quatre cents heures par an en moyenne.",
        check: |case| hours_a_year(case, 400),
        ..REFUSES
    },
    Rule {
        id: "HOURS_SHARE",
        article: "L6211-2",
        from: REFORM_2019,
        en: "the training is a quarter of the contract's time at least: 25 % of 1,607 hours a year",
        fr: "La formation représente au moins le quart de la durée du contrat : 25 % de 1 607 heures par an.",
        check: quarter_of_the_time,
        ..REFUSES
    },
    Rule {
        id: "HOURS_REMOTE",
        article: "L6231-2, 17°; notice 51649",
        en: "the hours at a distance are part of the hours of training",
        fr: "Les heures à distance font partie des heures de formation.",
        check: |case| match case.form.training.remote_hours {
            Some(remote) => Ok(Answer::must(remote <= case.hours()?)),
            None => Ok(Answer::NotConcerned),
        },
        ..REFUSES
    },
    Rule {
        id: "HOURS_REMOTE_FUNDING",
        article: "D6332-78 et suivants (décret 2025-585)",
        from: day(2025, 7, 1),
        en: "a training of which four fifths or more are at a distance is funded 20 % less",
        fr: "Une formation dont au moins 80 % se déroule à distance est prise en charge 20 % de moins.",
        check: |case| match case.form.training.remote_hours {
            Some(remote) => {
                let (remote, all) = (u64::from(remote), u64::from(case.hours()?));
                Ok(Answer::must(remote * 5 < all * 4))
            }
            None => Ok(Answer::NotConcerned),
        },
        ..WARNS
    },
    Rule {
        id: "TRAINING_DURATION",
        article: "notice 51649",
        en: "a training lasts from six to forty-eight months",
        fr: "La formation dure de six à quarante-huit mois.",
        check: |case| {
            let (start, end) = (case.training_on()?, case.exams_end_on()?);
            let after = |months| start.checked_add_months(Months::new(months));
            let long_enough = after(6).is_some_and(|reached| reached <= end);
            Ok(Answer::must(long_enough && after(48).is_some_and(|limit| end <= limit)))
        },
        ..WARNS
    },
    Rule {
        id: "TRAINING_AIM",
        article: "L6211-1",
        en: "the training aims at a diploma or title that is registered in the RNCP, of level 3 or higher",
        fr: "La formation vise un diplôme ou un titre enregistré au RNCP, de niveau 3 au moins.",
        check: |case| Ok(Answer::must(case.aim()?.level() >= 3)),
        ..REFUSES
    },
    Rule {
        id: "TRAINING_AGREEMENT",
        article: "D6224-1, 1°; L6353-1",
        en: "the training agreement is attached to what is sent to the OPCO",
        fr: "La convention de formation est jointe à l'envoi à l'OPCO.",
        check: |case| agreement(case, false),
        ..REFUSES
    },
    Rule {
        id: "TRAINING_AGREEMENT_PUBLIC",
        article: "D6275-1; L6353-1",
        en: "the training agreement is attached to what is deposited with the DDETS",
        fr: "La convention de formation est jointe au dépôt auprès de la DDETS.",
        check: |case| agreement(case, true),
        ..REFUSES
    },
    Rule {
        id: "MAIN_PLACE_DIFFERS",
        article: "notice 51649",
        en: "a main place of training of its own is another establishment than the responsible CFA",
        fr: "Un lieu principal de formation distinct est un autre établissement que le CFA responsable.",
        check: |case| {
            if case.same_place()? {
                return Ok(Answer::NotConcerned);
            }
            let main = case.form.main_place.siret.ok_or(Unknown::Missing("main_place.siret"))?;
            let responsible = case.form.training.responsible.siret;
            let responsible = responsible.ok_or(Unknown::Missing("training.responsible.siret"))?;
            Ok(Answer::must(main != responsible))
        },
        ..WARNS
    },
    Rule {
        id: "DOCUMENTS_HELD",
        article: "D6224-1; D6275-1; notice 51649",
        en: "the employer attests to hold what the deposit asks for",
        fr: "L'employeur atteste disposer des pièces justificatives nécessaires au dépôt.",
        check: |case| Ok(Answer::must(case.documents_held()?)),
        ..REFUSES
    },
];

/// Days from the first to the last, both included.
fn days(case: &Case<'_>) -> Result<u64, Unknown> {
    let days = (case.end_on()? - case.start_on()?).num_days();
    Ok(u64::try_from(days).unwrap_or_default() + 1)
}

fn hours_a_year(case: &Case<'_>, least: u64) -> Checked {
    Ok(Answer::must(u64::from(case.hours()?) * 365 >= least * days(case)?))
}

fn quarter_of_the_time(case: &Case<'_>) -> Checked {
    Ok(Answer::must(u64::from(case.hours()?) * 4 * 365 >= HOURS_A_YEAR * days(case)?))
}

fn agreement(case: &Case<'_>, public: bool) -> Checked {
    if case.is_public_law()? != public || !case.kind()?.needs_training_agreement() {
        return Ok(Answer::NotConcerned);
    }
    Ok(Answer::must(case.training_agreement))
}
