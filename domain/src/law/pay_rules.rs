//! Pay: rates by period, the salary at the beginning, deductions.
//!
//! A rate is compared as a rate: one of the conventional minimum (SMC) is at least that of the SMIC.

use super::case::Case;
use super::pay::{self, BEFORE_2019 as OLD, Grid, PUBLIC_2020, SINCE_2019 as NEW, Step, amount};
use super::rule::{
    ALWAYS, Answer, BEFORE_2019, Checked, REFORM_2019, REFUSES, Rule, Unknown, WARNS, day,
};
use super::smic;
use crate::cerfa::codes::{ContractType, Derogation, Diploma, PayBasis};
use crate::cerfa::value::{Cents, Rate};
use crate::text::Text;
use chrono::NaiveDate;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "PAY_PERIODS",
        article: "notice 51649",
        en: "the periods of pay follow each other from the first day of the contract to its last one, without a gap",
        fr: "Les périodes de rémunération se suivent du premier au dernier jour du contrat, sans interruption ni \
             recouvrement.",
        check: periods_follow,
        ..REFUSES
    },
    Rule {
        id: "PAY_YEAR",
        article: "D6222-26; notice 51649",
        en: "a period of pay is within one year of the contract, which begins on its anniversary",
        fr: "Une période de rémunération reste dans une année d'exécution du contrat, qui commence à sa date \
             anniversaire.",
        check: |case| {
            let steps = contract(case, &NEW)?.steps();
            all(case, |told| {
                let within = over(&steps, told).map(|step| step.year);
                within.clone().min() == within.max()
            })
        },
        ..WARNS
    },
    Rule {
        id: "PAY_BRACKET",
        article: "D6222-34",
        en: "a second period of a year begins on the first of the month after the birthday that changes the rate",
        fr: "La seconde période d'une année commence le premier jour du mois qui suit l'anniversaire à partir duquel \
             le taux change.",
        check: |case| {
            let contract = contract(case, Grid::of(case.judged_on()?))?;
            let steps = contract.steps();
            let mut seconds = told(case)?.into_iter().filter(|told| told.second).peekable();
            if seconds.peek().is_none() {
                return Ok(Answer::NotConcerned);
            }
            let changes = |told: Told| {
                let pairs = steps.iter().zip(steps.iter().skip(1));
                pairs.into_iter().any(|(one, next)| next.from == told.from && one.aged < next.aged)
            };
            Ok(Answer::must(seconds.all(changes)))
        },
        ..WARNS
    },
    Rule {
        id: "PAY_RATE",
        article: "D6222-26 (avant le décret 2018-1347)",
        until: Some(BEFORE_2019),
        en: "in each period the rate is at least 25, 37, 53 % under 18, 41, 49, 65 % from 18, 53, 61, 78 % from 21, by \
             year of the contract",
        fr: "À chaque période, le taux est au moins de 25, 37, 53 % avant 18 ans, 41, 49, 65 % à partir de 18 ans, 53, \
             61, 78 % à partir de 21 ans, selon l'année d'exécution.",
        check: |case| at_least(case, contract(case, &OLD)?),
        ..REFUSES
    },
    Rule {
        id: "PAY_RATE",
        article: "D6222-26 (décret 2018-1347)",
        from: REFORM_2019,
        en: "in each period the rate is at least 27, 39, 55 % under 18, 43, 51, 67 % from 18, 53, 61, 78 % from 21, by \
             year of the contract, and 100 % from 26",
        fr: "À chaque période, le taux est au moins de 27, 39, 55 % avant 18 ans, 43, 51, 67 % à partir de 18 ans, 53, \
             61, 78 % à partir de 21 ans, selon l'année d'exécution, et de 100 % à partir de 26 ans.",
        check: |case| at_least(case, contract(case, &NEW)?),
        ..REFUSES
    },
    Rule {
        id: "PAY_PUBLIC_POINTS",
        article: "D6272-2 (avant le décret 2020-478)",
        until: Some(BEFORE_2019),
        en: "a public employer pays 10 points more at level 4, 20 at level 5",
        fr: "L'employeur public majore le taux de 10 points au niveau 4 (alors IV), de 20 points au niveau 5 (alors III).",
        check: |case| with_public_points(case, &OLD),
        ..REFUSES
    },
    Rule {
        id: "PAY_PUBLIC_POINTS",
        article: "D6272-2 (avant le décret 2020-478)",
        from: REFORM_2019,
        until: Some(BEFORE_PUBLIC_2020),
        en: "a public employer pays 10 points more at level 4, 20 at level 5",
        fr: "L'employeur public majore le taux de 10 points au niveau 4 (alors IV), de 20 points au niveau 5 (alors III).",
        check: |case| with_public_points(case, &NEW),
        ..REFUSES
    },
    Rule {
        id: "PAY_PUBLIC_OPTIONAL",
        article: "D6272-2 (décret 2020-478)",
        from: PUBLIC_2020,
        en: "a public employer pays the rate of the law, or 10 or 20 points more",
        fr: "L'employeur public verse le taux légal, ou ce taux majoré de 10 ou de 20 points.",
        check: optional_points,
        ..WARNS
    },
    Rule {
        id: "PAY_PUBLIC_BASIS",
        article: "D6272-1",
        en: "a public employer pays a rate of the SMIC: no collective agreement binds it",
        fr: "L'employeur public verse un taux du SMIC : il n'applique pas de convention collective.",
        check: |case| {
            if !case.is_public_law()? {
                return Ok(Answer::NotConcerned);
            }
            all(case, |told| told.basis == PayBasis::Smic)
        },
        ..WARNS
    },
    Rule {
        id: "PAY_CONVENTIONAL",
        article: "D6222-26",
        en: "from 21 the rate is of the minimum of the collective agreement (SMC) when that is higher than the SMIC: \
             check it",
        fr: "À partir de 21 ans, le taux s'applique au salaire minimum conventionnel (SMC) s'il est plus favorable que \
             le SMIC : vérifiez-le.",
        check: conventional,
        ..WARNS
    },
    Rule {
        id: "PAY_GROSS",
        article: "D6222-26 (avant le décret 2018-1347)",
        until: Some(BEFORE_2019),
        en: "the gross monthly salary is at least the minimum of the first day, for the working time up to 35 hours",
        fr: "Le salaire brut mensuel à l'embauche atteint au moins le minimum du premier jour, pour la durée du travail \
             dans la limite de 35 heures.",
        check: |case| gross_at_least(case, first(case, &OLD)?.rate),
        ..REFUSES
    },
    Rule {
        id: "PAY_GROSS",
        article: "D6222-26 (décret 2018-1347)",
        from: REFORM_2019,
        en: "the gross monthly salary is at least the minimum of the first day, for the working time up to 35 hours",
        fr: "Le salaire brut mensuel à l'embauche atteint au moins le minimum du premier jour, pour la durée du travail \
             dans la limite de 35 heures.",
        check: |case| gross_at_least(case, first(case, &NEW)?.rate),
        ..REFUSES
    },
    Rule {
        id: "PAY_GROSS_RATE",
        article: "notice 51649",
        en: "the gross monthly salary is at least what the rate of the first period gives of the SMIC",
        fr: "Le salaire brut mensuel à l'embauche atteint au moins le taux du SMIC de la première période.",
        check: |case| {
            let first = told(case)?.into_iter().next();
            match first.filter(|told| told.basis == PayBasis::Smic) {
                Some(told) => gross_at_least(case, told.rate),
                None => Ok(Answer::NotConcerned),
            }
        },
        ..WARNS
    },
    Rule {
        id: "PAY_RELATED_DIPLOMA",
        article: "D6222-30",
        from: REFORM_2019,
        en: "a contract of one year at most for a diploma of the level of the one that was obtained, and in direct \
             relation with it, is paid 15 points more",
        fr: "Un contrat d'un an au plus, pour un diplôme de même niveau que celui déjà obtenu et en rapport direct avec \
             lui, est rémunéré 15 points de plus.",
        check: |case| {
            if is_amendment(case)? || !is_related(case)? {
                return Ok(Answer::NotConcerned);
            }
            at_least(case, pay::Contract { points: RELATED, ..contract(case, &NEW)? })
        },
        ..WARNS
    },
    Rule {
        id: "PAY_SHORTENED",
        article: "D6222-28-1",
        from: REFORM_2019,
        en: "when the duration is shortened, what was taken off counts as done: after a year less, the rate is that \
             of the next year",
        fr: "Quand la durée est réduite, la durée retranchée est réputée accomplie : pour un an de moins, le taux est \
             celui de l'année suivante.",
        check: |case| {
            if !case.derogates(Derogation::Shortened) {
                return Ok(Answer::NotConcerned);
            }
            at_least(case, pay::Contract { years_done: 1, ..contract(case, &NEW)? })
        },
        ..WARNS
    },
    Rule {
        id: "PAY_LICENCE",
        article: "D6222-32",
        from: REFORM_2019,
        en: "a licence professionnelle in one year is paid at least as a second year",
        fr: "Une licence professionnelle préparée en un an est rémunérée au moins comme une deuxième année.",
        check: |case| {
            if is_amendment(case)? || case.aim()? != Diploma::LicencePro || !lasts_a_year(case)? {
                return Ok(Answer::NotConcerned);
            }
            at_least(case, pay::Contract { years_done: 1, ..contract(case, &NEW)? })
        },
        ..WARNS
    },
    Rule {
        id: "PAY_MEAL",
        article: "D6222-33; arrêté du 10 décembre 2002",
        en: "at most 75 % of the flat value of a meal is deducted for it",
        fr: "La déduction pour un repas ne dépasse pas 75 % de son évaluation forfaitaire.",
        check: |case| {
            let Some(meal) = case.form.pay.meal else { return Ok(Answer::NotConcerned) };
            let whole = flat_meal(case.start_on()?)?;
            Ok(Answer::must(u64::from(meal.0) * 4 <= u64::from(whole.0) * 3))
        },
        ..WARNS
    },
    Rule {
        id: "PAY_DEDUCTION",
        article: "D6222-33",
        en: "deductions take at most three quarters of the salary: that for housing is not more",
        fr: "Les déductions ne dépassent pas les trois quarts du salaire : celle du logement est inférieure ou égale.",
        check: |case| {
            // How many meals are deducted beside it is not known.
            let Some(housing) = case.form.pay.housing else { return Ok(Answer::NotConcerned) };
            Ok(Answer::must(u64::from(housing.0) * 4 <= u64::from(case.gross_monthly()?.0) * 3))
        },
        ..WARNS
    },
];

/// The last day of the points of public contracts.
const BEFORE_PUBLIC_2020: NaiveDate = day(2020, 4, 26);

/// Points for a diploma in relation with the one before.
const RELATED: u16 = 15;

/// The flat value of a meal from the first day of a year (arrêté du 10 décembre 2002, revalued each year).
const MEALS: &[(NaiveDate, Cents)] = &[
    (day(2018, 1, 1), Cents(480)),
    (day(2019, 1, 1), Cents(485)),
    (day(2020, 1, 1), Cents(490)),
    (day(2021, 1, 1), Cents(495)),
    (day(2022, 1, 1), Cents(500)),
    (day(2023, 1, 1), Cents(520)),
    (day(2024, 1, 1), Cents(535)),
    (day(2025, 1, 1), Cents(545)),
    (day(2026, 1, 1), Cents(550)),
];

/// The last day for which these values are confirmed.
const MEALS_UNTIL: NaiveDate = day(2026, 12, 31);

fn flat_meal(on: NaiveDate) -> Result<Cents, Unknown> {
    let value = MEALS.iter().rev().find(|(from, _)| *from <= on).filter(|_| on <= MEALS_UNTIL);
    value.map(|(_, value)| *value).ok_or(Unknown::Unconfirmed("meals"))
}

/// A period of pay that the form has.
#[derive(Clone, Copy)]
struct Told {
    from: NaiveDate,
    to: NaiveDate,
    rate: Rate,
    basis: PayBasis,
    /// Whether it is the second one of its year.
    second: bool,
}

/// The paths of a period's first day, last day, rate and basis.
type Paths = [&'static str; 4];

macro_rules! paths {
    ($($year:literal)*) => { [$(paths!(@ $year "first"), paths!(@ $year "second")),*] };
    (@ $year:literal $which:literal) => { [
        concat!("pay.years.", $year, ".", $which, ".from"),
        concat!("pay.years.", $year, ".", $which, ".to"),
        concat!("pay.years.", $year, ".", $which, ".rate"),
        concat!("pay.years.", $year, ".", $which, ".basis"),
    ] };
}
const PATHS: [Paths; 8] = paths!(1 2 3 4);

/// The periods of the form, in its order: of each that is begun all is needed, and one at least.
fn told(case: &Case<'_>) -> Result<Vec<Told>, Unknown> {
    let years = case.form.pay.years.iter();
    let periods = years.flat_map(|year| [(&year.first, false), (&year.second, true)]);
    let begun = periods.zip(PATHS).filter(|((period, _), _)| **period != Default::default());
    let read = begun.map(|((period, second), [from, to, rate, basis])| {
        Ok(Told {
            from: period.from.ok_or(Unknown::Missing(from))?,
            to: period.to.ok_or(Unknown::Missing(to))?,
            rate: period.rate.ok_or(Unknown::Missing(rate))?,
            basis: period.basis.ok_or(Unknown::Missing(basis))?,
            second,
        })
    });
    let told = read.collect::<Result<Vec<_>, _>>()?;
    if told.is_empty() { Err(Unknown::Missing(PATHS[0][0])) } else { Ok(told) }
}

/// Whether all periods of the form are so.
fn all(case: &Case<'_>, is_so: impl Fn(Told) -> bool) -> Checked {
    Ok(Answer::must(told(case)?.into_iter().all(is_so)))
}

/// The steps of the law that a period is over.
fn over(steps: &[Step], told: Told) -> impl Iterator<Item = &Step> + Clone {
    steps.iter().filter(move |step| step.from <= told.to && told.from <= step.to)
}

fn is_amendment(case: &Case<'_>) -> Result<bool, Unknown> {
    Ok(case.kind()?.is_amendment())
}

/// The contract under the rates of a grid.
fn contract(case: &Case<'_>, grid: &'static Grid) -> Result<pay::Contract, Unknown> {
    Ok(pay::Contract {
        grid,
        points: 0,
        years_done: 0,
        start_on: case.start_on()?,
        end_on: case.end_on()?,
        born_on: case.born_on()?,
    })
}

/// What the law has on the first day.
fn first(case: &Case<'_>, grid: &'static Grid) -> Result<Step, Unknown> {
    let steps = contract(case, grid)?.steps();
    steps.first().copied().ok_or(Unknown::Missing("terms.end_on"))
}

fn periods_follow(case: &Case<'_>) -> Checked {
    // An amendment may tell the periods alone that it changes.
    if is_amendment(case)? {
        return Ok(Answer::NotConcerned);
    }
    let mut expected = Some(case.start_on()?);
    for told in told(case)? {
        if Some(told.from) != expected || told.to < told.from {
            return Ok(Answer::Broken);
        }
        expected = told.to.succ_opt();
    }
    Ok(Answer::must(expected == case.end_on()?.succ_opt()))
}

/// Whether each period has at least the rate of the law. An amendment keeps the rates of its contract: those of a
/// later grid are not asked of it.
fn at_least(case: &Case<'_>, contract: pay::Contract) -> Checked {
    if is_amendment(case)? {
        case.amended()?;
        if case.judged_on()?.min(case.start_on()?) < contract.grid.from {
            return Ok(Answer::NotConcerned);
        }
    }
    let steps = contract.steps();
    for told in told(case)? {
        let least = over(&steps, told).map(|step| step.rate).max();
        if let Some(least) = least.filter(|least| told.rate < *least) {
            let Told { from, rate, .. } = told;
            return Ok(Answer::BrokenBy(Text::new(
                format!("the period from {from} has {rate} %, and the least is {least} %"),
                format!(
                    "La période du {} a un taux de {rate} %, le minimum est de {least} %.",
                    from.format("%d/%m/%Y")
                ),
            )));
        }
    }
    Ok(Answer::Holds)
}

fn with_public_points(case: &Case<'_>, grid: &'static Grid) -> Checked {
    if !case.is_public_law()? {
        return Ok(Answer::NotConcerned);
    }
    match pay::public_points(ALWAYS, case.aim()?) {
        0 => Ok(Answer::NotConcerned),
        points => at_least(case, pay::Contract { points, ..contract(case, grid)? }),
    }
}

/// The rates of who had a contract before, or does less time, begin higher.
fn optional_points(case: &Case<'_>) -> Checked {
    let begins = case.kind()? == ContractType::First && !case.derogates(Derogation::Shortened);
    if !begins || case.aim()? == Diploma::LicencePro || !case.is_public_law()? {
        return Ok(Answer::NotConcerned);
    }
    let related = if is_related(case)? { RELATED } else { 0 };
    let allowed = [0, 10, 20].into_iter().flat_map(|points| [points, points + related]);
    let allowed: Vec<_> = allowed.map(Rate::percent).collect();
    let steps = contract(case, &NEW)?.steps();
    all(case, |told| {
        let least = over(&steps, told).map(|step| step.rate).max();
        // Too little is told by another rule.
        let more = least.and_then(|least| told.rate.0.checked_sub(least.0));
        more.is_none_or(|more| allowed.contains(&Rate(more)))
    })
}

/// Whether the contract is of one year at most.
fn lasts_a_year(case: &Case<'_>) -> Result<bool, Unknown> {
    Ok(contract(case, &NEW)?.steps().iter().all(|step| step.year == 1))
}

/// Whether the diploma may be in relation with the one before: the same level, in one year at most.
fn is_related(case: &Case<'_>) -> Result<bool, Unknown> {
    let level = case.aim()?.level();
    Ok(level > 0 && level == case.highest_diploma()?.level() && lasts_a_year(case)?)
}

/// Codes of the form for no agreement, and for one that is being negotiated.
const NO_AGREEMENT: [&str; 2] = ["9999", "9998"];

fn conventional(case: &Case<'_>) -> Checked {
    let idcc = case.form.employer.idcc.as_ref();
    if case.is_public_law()? || idcc.is_none_or(|idcc| NO_AGREEMENT.contains(&idcc.as_str())) {
        return Ok(Answer::NotConcerned);
    }
    let steps = contract(case, &NEW)?.steps();
    if steps.iter().all(|step| step.aged < 21) {
        return Ok(Answer::NotConcerned);
    }
    all(case, |told| told.basis == PayBasis::Smc || over(&steps, told).all(|step| step.aged < 21))
}

/// Whether the salary on the first day is at least a rate of the SMIC of that day.
fn gross_at_least(case: &Case<'_>, rate: Rate) -> Checked {
    if is_amendment(case)? {
        return Ok(Answer::NotConcerned);
    }
    let gross = case.gross_monthly()?;
    let smic = smic::monthly(case.start_on()?, case.place()?)?;
    let least = amount(smic, rate, case.weekly_time()?);
    if gross >= least {
        return Ok(Answer::Holds);
    }
    Ok(Answer::BrokenBy(Text::new(
        format!("{gross} € a month, and the least is {least} €"),
        format!(
            "Le salaire indiqué est de {} par mois, le minimum est de {}.",
            gross.fr(),
            least.fr()
        ),
    )))
}
