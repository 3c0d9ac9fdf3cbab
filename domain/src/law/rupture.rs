//! How a contract ends before its term: who may, when, and with what notice.

use super::case::Case;
use super::practice::{FREE_DAYS, bounds};
use super::rule::{Answer, BEFORE_2019, Checked, REFORM_2019, REFUSES, Rule, Unknown, WARNS};
use crate::contract::rupture::{Bounds, Mode, Rupture};
use chrono::{Days, Months, NaiveDate};

/// Calendar days between the mediator and the employer's being told, and from there to the end (D6222-21-1).
const AFTER_MEDIATOR: Days = Days::new(5);
const NOTICE: Days = Days::new(7);

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "RUPTURE_WITHIN",
        article: "L6222-18",
        en: "a rupture takes effect before the last day of the contract",
        fr: "La rupture prend effet avant le dernier jour du contrat.",
        check: |case| of(case, |case, on, _| Ok(Answer::must(on <= case.end_on()?))),
        ..REFUSES
    },
    Rule {
        id: "RUPTURE_FREE",
        article: "L6222-18, al. 1",
        en: "without a motive a contract is broken in the first forty-five days of practical training in the company",
        fr: "Sans motif, le contrat est rompu dans les quarante-cinq premiers jours de formation pratique en entreprise.",
        check: |case| {
            of_mode(case, &[Mode::FreePeriod], |case, on, rupture| {
                // The last day of practice is the one before.
                let until = on.pred_opt().unwrap_or(on);
                let days = practised(case, until, rupture.practice_days)?;
                if days.most <= FREE_DAYS {
                    Ok(Answer::Holds)
                } else if days.least > FREE_DAYS {
                    Ok(Answer::Broken)
                } else {
                    Err(Unknown::Calendar)
                }
            })
        },
        ..REFUSES
    },
    Rule {
        id: "RUPTURE_NOTIFIED",
        article: "L6222-18; R6222-21",
        en: "a rupture is notified in writing, on the day on which it takes effect at the latest",
        fr: "La rupture est notifiée par écrit, au plus tard le jour où elle prend effet.",
        check: |case| {
            of(case, |_, on, rupture| match rupture.notified_on {
                Some(notified) => Ok(Answer::must(notified <= on)),
                None => Ok(Answer::Broken),
            })
        },
        ..WARNS
    },
    Rule {
        id: "RUPTURE_MINOR",
        article: "L6222-18; D6222-21-1",
        en: "of a minor, the representative signs the agreement or the rupture too",
        fr: "Pour un mineur, le représentant légal signe aussi l'accord ou l'acte de rupture.",
        check: |case| {
            of_mode(
                case,
                &[Mode::MutualAgreement, Mode::ApprenticeInitiative],
                |case, on, rupture| {
                    let emancipated = case.form.apprentice.emancipated == Some(true);
                    if emancipated || case.is_aged(18, on)? {
                        return Ok(Answer::NotConcerned);
                    }
                    Ok(Answer::must(rupture.cosigned))
                },
            )
        },
        ..REFUSES
    },
    Rule {
        id: "RUPTURE_MEDIATOR",
        article: "L6222-18, al. 7; L6222-39; D6222-21-1",
        from: REFORM_2019,
        en: "the apprentice asks the mediator first, and tells the employer five calendar days later at the earliest",
        fr: "L'apprenti sollicite d'abord le médiateur, et informe l'employeur au plus tôt cinq jours calendaires après.",
        check: |case| {
            of_mode(case, &[Mode::ApprenticeInitiative], |_, _, rupture| {
                let told = rupture.mediator_on.zip(rupture.informed_on);
                Ok(Answer::must(
                    told.is_some_and(|(asked, told)| after(asked, AFTER_MEDIATOR, told)),
                ))
            })
        },
        ..REFUSES
    },
    Rule {
        id: "RUPTURE_NOTICE",
        article: "L6222-18, al. 7; D6222-21-1",
        from: REFORM_2019,
        en: "an apprentice leaves seven calendar days at the earliest after the employer was told",
        fr: "L'apprenti quitte l'entreprise au plus tôt sept jours calendaires après en avoir informé l'employeur.",
        check: |case| {
            of_mode(case, &[Mode::ApprenticeInitiative], |_, on, rupture| {
                let told = rupture.informed_on;
                Ok(Answer::must(told.is_some_and(|told| after(told, NOTICE, on))))
            })
        },
        ..REFUSES
    },
    Rule {
        id: "RUPTURE_OF_ITS_TIME",
        article: "L6222-18 (avant la loi 2018-771)",
        until: Some(BEFORE_2019),
        en: "a contract concluded before 2019 is broken by agreement, by a court or in the first days; neither by dismissal \
             nor by the apprentice alone",
        fr: "Un contrat conclu avant 2019 est rompu d'un commun accord, par un juge ou dans les premiers jours ; ni par \
             licenciement, ni par l'apprenti seul.",
        check: |case| {
            of(case, |_, _, rupture| {
                let later = [
                    Mode::ForceMajeure,
                    Mode::SeriousFault,
                    Mode::Unfitness,
                    Mode::EmployerDeath,
                    Mode::CfaExclusion,
                    Mode::ApprenticeInitiative,
                ];
                known(rupture)?;
                Ok(Answer::must(!later.contains(&rupture.mode)))
            })
        },
        ..WARNS
    },
    Rule {
        id: "RUPTURE_OF_ITS_TIME",
        article: "L6222-18 (loi 2018-771, art. 16)",
        from: REFORM_2019,
        en: "a contract concluded since 2019 is not broken by a court but by agreement, by dismissal or by the apprentice",
        fr: "Un contrat conclu depuis 2019 n'est plus rompu par un juge : il l'est d'un commun accord, par licenciement ou \
             par l'apprenti.",
        check: |case| {
            of(case, |_, _, rupture| {
                known(rupture)?;
                Ok(Answer::must(rupture.mode != Mode::Judicial))
            })
        },
        ..WARNS
    },
    Rule {
        id: "RUPTURE_DIPLOMA_NOTICE",
        article: "L6222-19; R6222-23 (avant la loi 2018-771)",
        until: Some(BEFORE_2019),
        en: "an apprentice who has the diploma leaves two months at the earliest after telling the employer in writing",
        fr: "L'apprenti diplômé quitte l'entreprise au plus tôt deux mois après en avoir informé l'employeur par écrit.",
        check: |case| diploma_notice(case, 2),
        ..REFUSES
    },
    Rule {
        id: "RUPTURE_DIPLOMA_NOTICE",
        article: "L6222-19; R6222-23",
        from: REFORM_2019,
        en: "an apprentice who has the diploma leaves one month at the earliest after telling the employer in writing",
        fr: "L'apprenti diplômé quitte l'entreprise au plus tôt un mois après en avoir informé l'employeur par écrit.",
        check: |case| diploma_notice(case, 1),
        ..REFUSES
    },
];

/// The days of practice until one: those that were counted, unless there cannot be so many. There may be fewer than the
/// calendar has: it knows nothing of days on which the apprentice was absent.
fn practised(case: &Case<'_>, until: NaiveDate, said: Option<Bounds>) -> Result<Bounds, Unknown> {
    let Some(said) = said else { return bounds(case, until) };
    match bounds(case, until) {
        Ok(may) if may.most < said.least => Err(Unknown::PracticeDays),
        _ => Ok(said),
    }
}

/// A mode that is not known is not taken for a lawful one.
fn known(rupture: &Rupture) -> Result<(), Unknown> {
    if rupture.mode == Mode::Unknown { Err(Unknown::Mode) } else { Ok(()) }
}

/// Of a contract that was broken.
fn of(case: &Case<'_>, check: fn(&Case<'_>, NaiveDate, &Rupture) -> Checked) -> Checked {
    match case.acts.rupture {
        Some((on, rupture)) => check(case, on, rupture),
        None => Ok(Answer::NotConcerned),
    }
}

/// Of one that was broken in one of some ways.
fn of_mode(
    case: &Case<'_>,
    modes: &[Mode],
    check: fn(&Case<'_>, NaiveDate, &Rupture) -> Checked,
) -> Checked {
    let is_so = case.acts.rupture.is_some_and(|(_, rupture)| modes.contains(&rupture.mode));
    if is_so { of(case, check) } else { Ok(Answer::NotConcerned) }
}

fn after(from: NaiveDate, days: Days, then: NaiveDate) -> bool {
    from.checked_add_days(days).is_some_and(|earliest| earliest <= then)
}

/// From the written notice to the end, of a contract that ends early because the diploma is obtained: as a rupture, or
/// as a completion.
fn diploma_notice(case: &Case<'_>, months: u32) -> Checked {
    let rupture = case.acts.rupture.filter(|(_, rupture)| rupture.mode == Mode::Diploma);
    let completion = case.acts.completion.filter(|(_, completion)| completion.early);
    let ends = rupture.map(|(on, rupture)| (on, rupture.notified_on));
    let ends = ends.or_else(|| completion.map(|(on, completion)| (on, completion.notified_on)));
    let Some((on, notified)) = ends else { return Ok(Answer::NotConcerned) };
    let earliest = notified.and_then(|day| day.checked_add_months(Months::new(months)));
    Ok(Answer::must(earliest.is_some_and(|earliest| earliest <= on)))
}
