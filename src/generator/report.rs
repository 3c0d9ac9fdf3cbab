//! How one CFA's system tells one dossier, night after night.

use super::calendar::{Night, night_of};
use super::country::Country;
use super::dice::{Dice, Purpose};
use super::life::{Life, TrueContract};
use super::story::Story;
use super::told::Told;
use chrono::{Months, NaiveDate, TimeDelta};

/// Which of a person's dossiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// The only one, or the one in the first CFA.
    Main,
    /// The one in the second CFA, or of the second source.
    Second,
}

/// A contract as it is told.
#[derive(Debug, Clone)]
pub(super) struct ToldContract {
    /// First day.
    pub(super) start: Told<NaiveDate>,
    /// Last day agreed.
    pub(super) end: NaiveDate,
    /// First day without contract.
    pub(super) broken: Option<Told<NaiveDate>>,
    /// The employer's SIRET.
    pub(super) employer: String,
}

/// The session as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Session {
    /// `2025-2026`
    pub(super) school_year: &'static str,
    /// First day.
    pub(super) entry: NaiveDate,
    /// Last day.
    pub(super) end: NaiveDate,
    /// Year of training.
    pub(super) year: u8,
}

/// Everything that one system tells of one dossier.
#[derive(Debug)]
pub(super) struct Report {
    /// First night in the export.
    pub(super) appears: Night,
    /// First night out of it again.
    pub(super) gone: Option<Night>,
    /// Learner id.
    pub(super) id: Told<String>,
    /// Rank of the CFA that trains.
    pub(super) trainer: Told<usize>,
    /// Session.
    pub(super) session: Told<Session>,
    /// Contracts.
    pub(super) contracts: Vec<ToldContract>,
    /// Until this night the row cannot be identified or dated: one in 251.
    pub(super) spoiled_until: Option<Night>,
    /// From this night on the contract slots are permuted, which means nothing.
    pub(super) permuted: Option<Night>,
    /// First day of exclusion.
    pub(super) excluded: Option<Told<NaiveDate>>,
    /// Whether the exclusion is a change of CFA.
    pub(super) leaves_for_another: bool,
    /// Result and its day.
    pub(super) result: Option<Told<(bool, NaiveDate)>>,
    /// Whether the second telephone is told.
    pub(super) new_phone: Told<bool>,
}

/// The stories' dossiers: which systems tell of a person.
pub(super) fn parts(story: Story) -> &'static [Part] {
    match story {
        Story::ChangesCfa { .. } | Story::TwoSources => &[Part::Main, Part::Second],
        _ => &[Part::Main],
    }
}

/// The rank of the source that tells a part.
pub(super) fn source_of(country: &Country, life: &Life, story: Story, part: Part) -> usize {
    match (story, part) {
        (Story::ChangesCfa { to, .. }, Part::Second) => country.cfas[to].source,
        (Story::TwoSources, Part::Second) => country.network,
        _ => country.cfas[life.cfa].source,
    }
}

impl Report {
    /// How a part of a person's story is told.
    pub(super) fn of(seed: u64, person: u32, life: &Life, story: Story, part: Part) -> Self {
        let mut dice = Dice::new(seed, Purpose::Report, person * 2 + part as u32);
        let dice = &mut dice;
        let mut appears = night_of(life.entry + TimeDelta::days(dice.between(-25, 10))).max(0);
        let mut contracts = life.contracts.clone();
        let mut excluded = life.excluded;
        let mut leaves = false;
        let mut gone = None;
        let mut trainer = Told::once(life.cfa, appears);
        if let Story::ChangesCfa { on, to } = story {
            (contracts, excluded) = split(life, on, part);
            if part == Part::Second {
                appears = night_of(on + TimeDelta::days(dice.between(-5, 10))).max(0);
                trainer = Told::once(to, appears);
            } else if dice.chance(0.5) {
                (excluded, leaves) = (Some(on), true);
            } else {
                gone = Some(night_of(on + TimeDelta::days(dice.between(3, 12))));
            }
        }
        if let Story::Transfer { on, to } = story {
            trainer.then = Some((to, night_of(on).max(appears + 1)));
        }
        let seen = |day: NaiveDate| night_of(day).max(appears);
        Self {
            appears,
            gone,
            id: id(dice, person, story, part, appears),
            trainer,
            session: session(life, story, appears),
            spoiled_until: (person % 251 == 17).then(|| appears + night(dice, 10, 60)),
            permuted: (contracts.len() > 1 && dice.chance(0.2)).then_some(appears.max(200)),
            contracts: contracts
                .iter()
                .map(|contract| told(dice, contract, appears, story == Story::RepeatsYear))
                .collect(),
            excluded: excluded
                .map(|day| Told::once(day, seen(day + TimeDelta::days(dice.between(1, 20))))),
            leaves_for_another: leaves,
            result: life.result.filter(|_| gone.is_none() && !leaves).map(|(obtained, day)| {
                Told::once((obtained, day), seen(day + TimeDelta::days(dice.between(1, 12))))
            }),
            new_phone: match dice.chance(0.06) {
                true => Told::corrected(false, appears, true, night(dice, 20, 200)),
                false => Told::once(false, appears),
            },
        }
    }

    /// The nights in which the row changes, appearance included.
    pub(super) fn nights(&self) -> Vec<Night> {
        let mut nights = vec![self.appears];
        nights.extend(self.id.nights().chain(self.trainer.nights()).chain(self.session.nights()));
        nights.extend(self.new_phone.nights().chain(self.permuted).chain(self.spoiled_until));
        for contract in &self.contracts {
            nights.extend(contract.start.nights());
            nights.extend(contract.broken.iter().flat_map(Told::nights));
        }
        nights.extend(self.excluded.iter().flat_map(Told::nights));
        nights.extend(self.result.iter().flat_map(Told::nights));
        nights.retain(|night| self.is_in_export(*night));
        nights.sort_unstable();
        nights.dedup();
        nights
    }

    /// Whether the export of this night has the dossier.
    pub(super) fn is_in_export(&self, night: Night) -> bool {
        self.appears <= night && self.gone.is_none_or(|gone| night < gone)
    }
}

fn night(dice: &mut Dice, low: i64, high: i64) -> Night {
    Night::try_from(dice.between(low, high)).unwrap_or(0)
}

/// The contracts and the exclusion of each side of a change of CFA. The
/// contract that runs goes on with the same employer.
fn split(life: &Life, on: NaiveDate, part: Part) -> (Vec<TrueContract>, Option<NaiveDate>) {
    let excluded = life.excluded.filter(|day| (*day >= on) == (part == Part::Second));
    let mut contracts = life.contracts.clone();
    if part == Part::Main {
        contracts.retain(|c| c.start < on);
        for contract in &mut contracts {
            contract.broken = contract.broken.filter(|day| *day < on);
        }
    } else {
        contracts.retain(|c| c.broken.unwrap_or(c.end) > on);
    }
    (contracts, excluded)
}

fn id(dice: &mut Dice, person: u32, story: Story, part: Part, appears: Night) -> Told<String> {
    let id = match part {
        Part::Main => format!("{}", 4_100_000 + person),
        Part::Second => format!("APP-{:07}", 7_000_000 + person),
    };
    match story {
        Story::Remapped { on } => {
            let after = night_of(on).saturating_sub(appears).max(1) + night(dice, 0, 20);
            Told::corrected(id, appears, format!("MIG-{:07}", 1_000_000 + person), after)
        }
        _ => Told::once(id, appears),
    }
}

fn session(life: &Life, story: Story, appears: Night) -> Told<Session> {
    let now =
        Session { school_year: "2025-2026", entry: life.entry, end: life.end, year: life.year };
    if story != Story::RepeatsYear {
        return Told::once(now, appears);
    }
    let year = Months::new(12);
    let before =
        Session { school_year: "2024-2025", entry: now.entry - year, end: now.end - year, year: 1 };
    let again = Session { entry: before.entry, ..now };
    Told::corrected(before, 0, again, appears.max(0) + 20)
}

/// News of a contract comes some days before to some weeks after its start, of
/// a rupture 3 to 30 days after; 1 date in 16 is corrected later.
fn told(dice: &mut Dice, contract: &TrueContract, appears: Night, repeats: bool) -> ToldContract {
    let mut start = contract.start;
    if repeats {
        start = start - Months::new(12);
    }
    let since = night_of(start + TimeDelta::days(dice.between(-10, 25))).max(appears);
    let wrong = start - TimeDelta::days(dice.between(1, 14));
    let after = night(dice, 15, 90);
    let told_start = if dice.chance(0.02) {
        Told::corrected(wrong, since, start, after)
    } else {
        Told::once(start, since)
    };
    let broken = contract.broken.map(|day| {
        let heard = night_of(day + TimeDelta::days(dice.between(3, 30))).max(since);
        let shift = TimeDelta::days(dice.between(1, 3));
        let after = night(dice, 20, 120);
        if dice.chance(0.06) {
            Told::corrected(day + shift, heard, day, after)
        } else {
            Told::once(day, heard)
        }
    });
    ToldContract {
        start: told_start,
        end: contract.end,
        broken,
        employer: contract.employer.clone(),
    }
}
