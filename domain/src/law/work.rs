//! Working time, dangerous work, and who may work.

use super::case::Case;
use super::rule::{Answer, REFUSES, Rule, Unknown, WARNS};
use crate::cerfa::codes::Nationality;
use crate::cerfa::value::Minutes;

/// The legal weekly working time (L3121-27), which minors do not pass (L3162-1).
const LEGAL: Minutes = Minutes::hours(35);
/// The most that the form takes.
const MOST: Minutes = Minutes::hours(40);

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "TIME_MAX",
        article: "notice 51649",
        en: "the weekly working time is forty hours at most",
        fr: "La durée hebdomadaire du travail est de quarante heures au plus.",
        check: |case| Ok(Answer::must(case.weekly_time()? <= MOST)),
        ..REFUSES
    },
    Rule {
        id: "TIME_MINOR",
        article: "L3162-1; L6222-25; R3162-1 (décret 2018-1139)",
        en: "a minor works thirty-five hours a week at most, and up to forty only where the labour inspector allows it \
             or, since 2019, on building sites and in green spaces, with time off in return",
        fr: "Un mineur travaille trente-cinq heures par semaine au plus, et jusqu'à quarante seulement sur autorisation \
             de l'inspection du travail ou, depuis 2019, sur les chantiers de bâtiment, de travaux publics et d'espaces \
             verts, avec repos compensateur.",
        check: |case| minor_within(case, LEGAL),
        ..WARNS
    },
    Rule {
        id: "TIME_FULL",
        article: "L6222-24; L3121-27",
        en: "an apprentice works full time, the CFA included, unless an agreement or a disability says otherwise",
        fr: "L'apprenti travaille à temps plein, CFA compris, sauf accord ou handicap.",
        check: |case| {
            if case.weekly_time()? >= LEGAL {
                return Ok(Answer::Holds);
            }
            Ok(Answer::must(case.disability()?))
        },
        ..WARNS
    },
    Rule {
        id: "TIME_SOME",
        article: "L6221-1",
        en: "an apprentice works: the weekly working time is not zero",
        fr: "L'apprenti travaille : la durée hebdomadaire n'est pas nulle.",
        check: |case| Ok(Answer::must(case.weekly_time()? > Minutes(0))),
        ..REFUSES
    },
    Rule {
        id: "DANGEROUS_MINOR",
        article: "L4153-9; R4153-40, R4153-41; D4153-15 et suivants",
        en: "a minor does dangerous work only after the employer declared it to the labour inspector, for three years",
        fr: "Un mineur n'est affecté à des travaux dangereux qu'après une déclaration de dérogation à l'inspection du \
             travail, valable trois ans.",
        check: |case| {
            if is_minor(case)? {
                Ok(Answer::must(!case.dangerous_work()?))
            } else {
                Ok(Answer::NotConcerned)
            }
        },
        ..WARNS
    },
    Rule {
        id: "WORK_PERMIT",
        article: "L5221-5; R5221-1",
        en: "somebody from outside the European Union needs a permit to work, which an unaccompanied minor in care is \
             given by right",
        fr: "Une personne étrangère hors Union européenne doit avoir une autorisation de travail, accordée de droit au \
             mineur isolé pris en charge par l'aide sociale à l'enfance.",
        check: |case| Ok(Answer::must(case.nationality()? != Nationality::Other)),
        ..WARNS
    },
];

fn is_minor(case: &Case<'_>) -> Result<bool, Unknown> {
    Ok(!case.is_aged(18, case.effect_on()?)?)
}

fn minor_within(case: &Case<'_>, most: Minutes) -> super::rule::Checked {
    if is_minor(case)? {
        Ok(Answer::must(case.weekly_time()? <= most))
    } else {
        Ok(Answer::NotConcerned)
    }
}
