//! Contracts, ruptures and returns: one hazard curve, scaled.

use super::country::siret;
use super::dice::Dice;
use super::life::TrueContract;
use super::tables::{
    BACK_LATER, BACK_WITHIN_2_MONTHS, BACK_WITHIN_6_MONTHS, BROKEN_WITHIN_9_MONTHS, EMPLOYER_SIZES,
    HAZARD, HAZARD_9_MONTHS, RISK_BY_SIZE,
};
use chrono::{NaiveDate, TimeDelta};

/// The format of the push has four contract slots.
const MOST_CONTRACTS: usize = 4;

/// What was agreed first, and how risky it is.
#[derive(Debug)]
pub(super) struct Terms {
    /// First day of the first contract.
    pub(super) start: NaiveDate,
    /// Its last day.
    pub(super) end: NaiveDate,
    /// Last day of the session: nobody signs in its last month.
    pub(super) session_end: NaiveDate,
    /// Rank of the level.
    pub(super) level: usize,
    /// Relative risk of a rupture, without the employer's part.
    pub(super) risk: f64,
    /// No rupture up to this day, when given.
    pub(super) unbroken_until: Option<NaiveDate>,
}

/// The contracts of one training, by start.
pub(super) fn contracts(dice: &mut Dice, terms: &Terms) -> Vec<TrueContract> {
    let mut contracts = Vec::new();
    let mut start = terms.start;
    while contracts.len() < MOST_CONTRACTS {
        let size = dice.weighted(&EMPLOYER_SIZES);
        let scale = scale(terms.level) * terms.risk * RISK_BY_SIZE[size];
        let broken = loop {
            let broken = rupture(dice, start, terms.end, scale);
            if broken.is_none_or(|day| terms.unbroken_until.is_none_or(|until| day > until)) {
                break broken;
            }
        };
        contracts.push(TrueContract { start, end: terms.end, broken, employer: siret(dice, "55") });
        let Some(next) = broken.and_then(|day| next_start(dice, day, terms)) else { break };
        start = next;
    }
    contracts
}

/// How much the curve is multiplied for a level, to meet its nine-month share.
fn scale(level: usize) -> f64 {
    -(1.0 - BROKEN_WITHIN_9_MONTHS[level]).ln() / HAZARD_9_MONTHS
}

/// The day of a rupture, when the contract does not reach its end.
fn rupture(dice: &mut Dice, start: NaiveDate, end: NaiveDate, scale: f64) -> Option<NaiveDate> {
    let mut month = 0_u32;
    loop {
        let first = start + TimeDelta::days(i64::from(month) * 761 / 25);
        if first >= end {
            return None;
        }
        month += 1;
        let hazard = HAZARD.iter().find(|(last, _)| month <= *last).map_or(0.0, |(_, h)| *h);
        if dice.chance(1.0 - (-hazard * scale).exp()) {
            let day = first + TimeDelta::days(dice.between(1, 30));
            return (day <= end).then_some(day);
        }
    }
}

/// The first day of the contract after a rupture, when there is one.
fn next_start(dice: &mut Dice, broken: NaiveDate, terms: &Terms) -> Option<NaiveDate> {
    let never = 1.0 - BACK_WITHIN_2_MONTHS - BACK_WITHIN_6_MONTHS - BACK_LATER;
    let wait = match dice.weighted(&[BACK_WITHIN_2_MONTHS, BACK_WITHIN_6_MONTHS, BACK_LATER, never])
    {
        0 => dice.between(2, 59),
        1 => dice.between(62, 180),
        2 => dice.between(185, 300),
        _ => return None,
    };
    let start = broken + TimeDelta::days(wait);
    (start + TimeDelta::days(30) < terms.session_end && start < terms.end).then_some(start)
}
