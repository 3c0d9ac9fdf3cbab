//! Who the contract is between: maîtres d'apprentissage, the legal representative, the parties' addresses.

use super::case::Case;
use super::rule::{Answer, Checked, REFUSES, Rule, Unknown, WARNS};
use crate::cerfa::{Guardian, Master, turns};

/// The rule that a minor is represented: of the day that the form says, and also asked when it is signed.
pub const GUARDIAN_NEEDED: &str = "GUARDIAN_NEEDED";

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "MASTER_OF_AGE",
        article: "L6223-8-1; R6223-22",
        en: "the first maître d'apprentissage is of age when the contract begins, or its amendment takes effect",
        fr: "Le maître d'apprentissage n° 1 est majeur le premier jour du contrat, ou à la date d'effet de l'avenant.",
        check: |case| {
            let born = case.form.masters[0].born_on;
            is_of_age(case, born.ok_or(Unknown::Missing("masters.1.born_on"))?)
        },
        ..REFUSES
    },
    Rule {
        id: "SECOND_MASTER_OF_AGE",
        article: "L6223-8-1; R6223-22",
        en: "the second maître d'apprentissage is of age when the contract begins, or its amendment takes effect",
        fr: "Le maître d'apprentissage n° 2 est majeur le premier jour du contrat, ou à la date d'effet de l'avenant.",
        check: |case| {
            let second = &case.form.masters[1];
            if *second == Master::default() {
                return Ok(Answer::NotConcerned);
            }
            is_of_age(case, second.born_on.ok_or(Unknown::Missing("masters.2.born_on"))?)
        },
        ..REFUSES
    },
    Rule {
        id: "MASTERS_DIFFER",
        article: "L6223-6; R6223-6",
        en: "two maîtres d'apprentissage are two persons",
        fr: "Les deux maîtres d'apprentissage sont deux personnes.",
        check: |case| {
            let [first, second] = &case.form.masters;
            if *second == Master::default() {
                return Ok(Answer::NotConcerned);
            }
            let same_address = first.email.is_some() && first.email == second.email;
            let same_person = (&first.name, &first.first_name, first.born_on)
                == (&second.name, &second.first_name, second.born_on);
            Ok(Answer::must(!same_address && !same_person))
        },
        ..REFUSES
    },
    Rule {
        id: "MASTER_ELIGIBLE",
        article: "L6223-8-1; R6223-22",
        en: "the employer attests that the maître has a related diploma and a year in the trade, or two years in it",
        fr: "L'employeur atteste que le maître d'apprentissage a un diplôme du domaine et un an d'exercice, ou deux ans \
             d'exercice.",
        check: |case| attested(case, false),
        ..REFUSES
    },
    Rule {
        id: "MASTER_ELIGIBLE_PUBLIC",
        article: "L6227-6; D6273-1",
        en: "the public employer attests that the maître has a related diploma and a year in the trade, or two years in it",
        fr: "L'employeur public atteste que le maître d'apprentissage a un diplôme du domaine et un an d'exercice, ou \
             deux ans d'exercice.",
        check: |case| attested(case, true),
        ..REFUSES
    },
    Rule {
        id: "MASTER_LEVEL",
        article: "R6223-22, 1°",
        en: "a maître whose diploma is of a lower level than the one aimed at has two years in the trade",
        fr: "Un maître d'apprentissage dont le diplôme est d'un niveau inférieur à celui visé justifie de deux ans \
             d'exercice.",
        check: |case| {
            let level = case.form.masters[0].level.ok_or(Unknown::Missing("masters.1.level"))?;
            let level = level.code().parse::<u8>().unwrap_or_default();
            Ok(Answer::must(level >= case.aim()?.level()))
        },
        ..WARNS
    },
    Rule {
        id: GUARDIAN_NEEDED,
        article: "C. civ. 388-1-1, 413-6; notice 51649",
        en: "a minor who is not emancipated is represented: fill the legal representative's block",
        fr: "Un mineur non émancipé est représenté : remplissez le cadre du représentant légal.",
        check: |case| {
            if !needs_guardian(case)? {
                return Ok(Answer::NotConcerned);
            }
            Ok(Answer::must(case.form.guardian.is_named()))
        },
        ..REFUSES
    },
    Rule {
        id: "GUARDIAN_NEEDLESS",
        article: "C. civ. 414",
        en: "somebody of age, or emancipated, represents themselves: leave the legal representative's block empty",
        fr: "Une personne majeure ou émancipée se représente elle-même : laissez vide le cadre du représentant légal.",
        check: |case| {
            if needs_guardian(case)? {
                return Ok(Answer::NotConcerned);
            }
            Ok(Answer::must(case.form.guardian == Guardian::default()))
        },
        ..WARNS
    },
    Rule {
        id: "ADDRESSES_DIFFER",
        article: "R6222-2; C. civ. 1367",
        en: "each party signs with an address of its own: no two e-mail addresses are the same",
        fr: "Chaque partie signe avec sa propre adresse : deux courriels ne sont jamais les mêmes.",
        check: |case| {
            let form = case.form;
            let mut emails: Vec<_> =
                [&form.employer.email, &form.apprentice.email, &form.guardian.email]
                    .into_iter()
                    .flatten()
                    .collect();
            if emails.len() < 2 {
                return Ok(Answer::NotConcerned);
            }
            let count = emails.len();
            emails.sort();
            emails.dedup();
            Ok(Answer::must(emails.len() == count))
        },
        ..REFUSES
    },
];

fn is_of_age(case: &Case<'_>, born_on: chrono::NaiveDate) -> Checked {
    let begins = case.effect_on()?;
    Ok(Answer::must(turns(born_on, 18).is_some_and(|adult| adult <= begins)))
}

fn attested(case: &Case<'_>, public: bool) -> Checked {
    if case.is_public_law()? != public {
        return Ok(Answer::NotConcerned);
    }
    Ok(Answer::must(case.masters_eligible()?))
}

/// A minor who is not emancipated when the contract, or its amendment, is signed.
fn needs_guardian(case: &Case<'_>) -> Result<bool, Unknown> {
    let signs = case.form.signed_on().ok_or(Unknown::Missing("terms.concluded_on"))?;
    Ok(!case.is_aged(18, signs)? && case.form.apprentice.emancipated != Some(true))
}
