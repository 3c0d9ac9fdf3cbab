//! What really happens to a person: one true timeline, whatever is told of it.

use super::calendar::day_of;
use super::country::{Country, siret};
use super::dice::{Dice, Purpose};
use super::tables::{
    AGE_BANDS, AGES_BY_LEVEL, EXCLUDED, LEVELS, NEVER_A_CONTRACT, RISK_MEN, RISK_WOMEN,
    SECOND_YEAR, SHORT_CONTRACTS, START_MONTHS, WOMEN,
};
use super::{career, tables};
use chrono::{Datelike, Months, NaiveDate, TimeDelta};

/// A contract as it really was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TrueContract {
    /// First day.
    pub(super) start: NaiveDate,
    /// Last day agreed.
    pub(super) end: NaiveDate,
    /// First day without contract, when broken.
    pub(super) broken: Option<NaiveDate>,
    /// The employer's SIRET.
    pub(super) employer: String,
}

/// A life, as far as the ledger is concerned.
#[derive(Debug)]
pub(super) struct Life {
    /// Rank of the level in the tables.
    pub(super) level: usize,
    /// Rank of the certification.
    pub(super) certification: usize,
    /// Rank of the CFA.
    pub(super) cfa: usize,
    /// A woman.
    pub(super) woman: bool,
    /// Birth date.
    pub(super) born: NaiveDate,
    /// First day of the session.
    pub(super) entry: NaiveDate,
    /// Last day of the session.
    pub(super) end: NaiveDate,
    /// Year of training, 1 or 2.
    pub(super) year: u8,
    /// Contracts, by start.
    pub(super) contracts: Vec<TrueContract>,
    /// First day of exclusion.
    pub(super) excluded: Option<NaiveDate>,
    /// The result and its day, when the training ends in the simulated year.
    pub(super) result: Option<(bool, NaiveDate)>,
}

/// The session and first contract agreed.
struct Plan {
    year: u8,
    entry: NaiveDate,
    end: NaiveDate,
    contract: (NaiveDate, NaiveDate),
}

impl Life {
    /// The life of the person of this rank.
    pub(super) fn of(seed: u64, country: &Country, person: u32) -> Self {
        let mut dice = Dice::new(seed, Purpose::Life, person);
        let level = dice.weighted(&LEVELS.map(|(_, share)| share));
        let level_number = LEVELS[level].0;
        let cfa = country.pick_cfa(&mut dice, level_number, None);
        let certification = country.pick_certification(&mut dice, cfa, level_number);
        let woman = dice.chance(WOMEN);
        let plan =
            if dice.chance(SECOND_YEAR) { second_year(&mut dice) } else { first_year(&mut dice) };
        let born = birth(&mut dice, level, plan.entry);
        let sex_risk = if woman { RISK_WOMEN } else { RISK_MEN };
        let risk = country.cfas[cfa].risk * sex_risk;
        let mut life = Self {
            level,
            certification,
            cfa,
            woman,
            born,
            entry: plan.entry,
            end: plan.end,
            year: plan.year,
            contracts: Vec::new(),
            excluded: None,
            result: None,
        };
        if plan.year == 2 || !dice.chance(NEVER_A_CONTRACT) {
            life.contracts = career::contracts(&mut dice, &plan.terms(level, risk));
        }
        life.maybe_two_employers(&mut dice);
        life.maybe_excluded(&mut dice);
        life.maybe_result(&mut dice);
        life
    }

    /// The age in full years on the first day of the session.
    pub(super) fn age_at_entry(&self) -> i64 {
        i64::from(self.entry.years_since(self.born).unwrap_or(0))
    }

    /// One in a hundred has two employers at once, which the law allows.
    fn maybe_two_employers(&mut self, dice: &mut Dice) {
        if self.contracts.len() == 1 && dice.chance(0.01) {
            let mut other = self.contracts[0].clone();
            other.start += TimeDelta::days(dice.between(5, 60));
            other.broken = None;
            other.employer = siret(dice, "77");
            if other.start < other.end {
                self.contracts.push(other);
            }
        }
    }

    fn maybe_excluded(&mut self, dice: &mut Dice) {
        let session = (self.end - self.entry).num_days();
        if !dice.chance(EXCLUDED) || session < 120 {
            return;
        }
        let low = if self.year == 2 { 380 } else { 30 };
        let day = self.entry + TimeDelta::days(dice.between(low, session.max(low + 1) - 1));
        self.excluded = Some(day);
        for contract in &mut self.contracts {
            if contract.start < day && day < contract.end && contract.broken.is_none() {
                contract.broken = Some(day);
            }
        }
        self.contracts.retain(|contract| contract.start < day);
    }

    /// A result is known for those who are still in training when it ends.
    fn maybe_result(&mut self, dice: &mut Dice) {
        let kept = self.contracts.last().is_some_and(|c| c.broken.is_none());
        if kept && self.excluded.is_none() && self.end < day_of(2026, 8, 10) {
            let on = self.end + TimeDelta::days(dice.between(3, 18));
            self.result = Some((dice.chance(tables::DIPLOMA), on));
        }
    }
}

impl Plan {
    fn terms(&self, level: usize, risk: f64) -> career::Terms {
        career::Terms {
            start: self.contract.0,
            end: self.contract.1,
            session_end: self.end,
            level,
            risk,
            // A second-year learner is one who is still there in August.
            unbroken_until: (self.year == 2).then(|| day_of(2025, 8, 31)),
        }
    }
}

/// The birth date of somebody who enters at this level; 1 in 80 is registered
/// as born on a 1 January.
fn birth(dice: &mut Dice, level: usize, entry: NaiveDate) -> NaiveDate {
    let (low, high) = AGE_BANDS[dice.weighted(&AGES_BY_LEVEL[level])];
    let age = u32::try_from(dice.between(low, high)).unwrap_or(18);
    let latest = entry.checked_sub_months(Months::new(12 * age)).unwrap_or(entry);
    let born = latest - TimeDelta::days(dice.between(1, 364));
    if dice.chance(0.0125) { born.with_ordinal(1).unwrap_or(born) } else { born }
}

/// Somebody who began a two-year training in autumn 2024.
fn second_year(dice: &mut Dice) -> Plan {
    let entry = day_of(2024, 9, 2) + TimeDelta::days(dice.between(0, 12));
    let end = day_of(2026, 6, 26) + TimeDelta::days(dice.between(0, 14));
    let start = day_of(2024, 8, 26) + TimeDelta::days(dice.between(0, 50));
    Plan { year: 2, entry, end, contract: (start, contract_end(dice, end)) }
}

/// Somebody who begins in the school year 2025-2026 (or in July before).
fn first_year(dice: &mut Dice) -> Plan {
    let month = dice.weighted(&START_MONTHS);
    let months = Months::new(u32::try_from(month).unwrap_or(0));
    // Half of a month's contracts start in its first week.
    let within = if dice.chance(0.5) { dice.between(0, 7) } else { dice.between(0, 27) };
    let start = day_of(2025, 7, 1) + months + TimeDelta::days(within);
    let long = !dice.chance(SHORT_CONTRACTS);
    let autumn = start <= day_of(2025, 10, 31);
    let entry = if autumn {
        day_of(2025, 9, 1) + TimeDelta::days(dice.between(0, 12))
    } else {
        start - TimeDelta::days(dice.between(0, 75))
    };
    let end = if autumn {
        day_of(if long { 2027 } else { 2026 }, 6, 26) + TimeDelta::days(dice.between(0, 14))
    } else {
        entry + Months::new(if long { 24 } else { 12 }) - TimeDelta::days(dice.between(1, 20))
    };
    Plan { year: 1, entry, end, contract: (start, contract_end(dice, end)) }
}

/// Contracts mostly end with the summer after the session; one in 12 ends
/// naturally before the session does.
fn contract_end(dice: &mut Dice, session_end: NaiveDate) -> NaiveDate {
    match dice.below(12) {
        0 => session_end - TimeDelta::days(dice.between(1, 90)),
        1..=3 => session_end,
        _ => session_end + TimeDelta::days(dice.between(1, 60)),
    }
}
