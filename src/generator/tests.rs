//! The population against the published figures, and the reports against the lives.

use super::calendar::{NIGHTS, day_of, night_of};
use super::country::Country;
use super::life::Life;
use super::simulation::{Settings, Simulation};
use super::tables::LEVELS;
use chrono::{Datelike, Months};
use domain::dossier::{ContractColumn, Field, RawDossier, RawValue};
use domain::runs::Extent;
use std::collections::{HashMap, HashSet};

const PERSONS: u32 = 20_000;

fn lives() -> Vec<Life> {
    let country = Country::new(1, PERSONS);
    (0..PERSONS).map(|person| Life::of(1, &country, person)).collect()
}

/// First contracts of those who began in the school year.
fn entrants(lives: &[Life]) -> Vec<&Life> {
    lives.iter().filter(|life| life.year == 1 && !life.contracts.is_empty()).collect()
}

fn share<T>(of: &[T], yes: impl Fn(&T) -> bool) -> f64 {
    of.iter().filter(|x| yes(x)).count() as f64 / of.len() as f64
}

fn broken_within(life: &Life, months: u32) -> bool {
    let contract = &life.contracts[0];
    contract.broken.is_some_and(|day| day < contract.start + Months::new(months))
}

fn close(what: &str, found: f64, published: f64, tolerance: f64) {
    println!("{what}: {found:.3} (published {published:.3})");
    assert!((found - published).abs() <= tolerance, "{what}: {found:.3}, not {published:.3}");
}

fn text(row: &RawDossier, field: Field) -> Option<&str> {
    match row.get(field) {
        Some(RawValue::Text(text)) => Some(text),
        _ => None,
    }
}

#[test]
fn the_population_meets_the_published_figures() {
    let lives = lives();
    let entrants = entrants(&lives);
    close("broken within 9 months", share(&entrants, |l| broken_within(l, 9)), 0.21, 0.012);
    close("broken within 3 months", share(&entrants, |l| broken_within(l, 3)), 0.106, 0.012);
    for (rank, (level, published)) in [(3, 0.293), (4, 0.225), (5, 0.262)].iter().enumerate() {
        let of_level: Vec<_> = entrants.iter().filter(|l| l.level == rank).collect();
        let found = share(&of_level, |l| broken_within(l, 9));
        close(&format!("broken within 9 months, level {level}"), found, *published, 0.025);
    }
    for (rank, (level, published)) in LEVELS.iter().enumerate() {
        let found = share(&lives, |l| l.level == rank);
        close(&format!("level {level}"), found, published / 100.0, 0.012);
    }
    let until_october: Vec<_> =
        entrants.iter().filter(|l| (1..=10).contains(&l.contracts[0].start.month())).collect();
    let september = share(&until_october, |l| l.contracts[0].start.month() == 9);
    close("September, of January to October", september, 0.57, 0.02);
    close("women", share(&lives, |l| l.woman), 0.45, 0.012);
    for (low, high, published) in [(15, 17, 0.195), (18, 19, 0.23), (20, 21, 0.26), (22, 99, 0.32)]
    {
        let found = share(&entrants, |l| (low..=high).contains(&l.age_at_entry()));
        close(&format!("age {low} to {high}"), found, published, 0.03);
    }
}

#[test]
fn returns_to_a_contract_and_diplomas_meet_the_published_figures() {
    let lives = lives();
    let broken: Vec<&Life> = entrants(&lives)
        .into_iter()
        .filter(|l| broken_within(l, 9) && l.excluded.is_none())
        .collect();
    let back = |low: i64, high: i64| {
        share(&broken, |l| {
            let Some(next) = l.contracts.get(1) else { return false };
            let wait = l.contracts[0].broken.map_or(0, |day| (next.start - day).num_days());
            (low..=high).contains(&wait)
        })
    };
    close("back within 2 months", back(0, 60), 0.30, 0.035);
    close("back in 2 to 6 months", back(61, 182), 0.10, 0.03);
    let results: Vec<bool> = lives.iter().filter_map(|l| l.result.map(|(yes, _)| yes)).collect();
    close("diploma", share(&results, |yes| *yes), 0.78, 0.02);
}

#[test]
fn a_seed_gives_the_same_rows_and_another_seed_does_not() {
    let rows = |seed| {
        let simulation = Simulation::new(Settings { apprentices: 60, seed });
        let night = night_of(day_of(2025, 11, 2)).unsigned_abs();
        simulation.pushes(night).flat_map(|push| push.rows).collect::<Vec<_>>()
    };
    assert!(rows(1) == rows(1));
    assert!(rows(1) != rows(2));
}

#[test]
fn partial_pushes_add_up_to_the_full_push_of_sunday() {
    let simulation = Simulation::new(Settings { apprentices: 400, seed: 3 });
    let key = |row: &RawDossier| text(row, Field::IdErpApprenant).map(str::to_owned);
    let mut known: HashMap<(String, Option<String>), RawDossier> = HashMap::new();
    let broken = night_of(day_of(2026, 3, 15)).unsigned_abs();
    let mut compared = 0;
    for night in 0..simulation.nights() {
        for push in simulation.pushes(night) {
            let rank = simulation.sources().iter().position(|s| *s == push.source).unwrap();
            // Two systems fall silent and miss nights; the first Sunday starts them all.
            let ordinary =
                rank != 3 && rank != 5 && night > 6 && !(broken..=broken + 7).contains(&night);
            if push.extent == Extent::Full && ordinary {
                for row in simulation.changed(i16::try_from(night).unwrap(), rank) {
                    known.insert((push.source.clone(), key(&row)), row);
                }
                for row in &push.rows {
                    let place = (push.source.clone(), key(row));
                    assert!(known.get(&place) == Some(row), "night {night} {place:?}");
                    compared += 1;
                }
            }
            for row in push.rows {
                known.insert((push.source.clone(), key(&row)), row);
            }
        }
    }
    assert!(compared > 10_000, "{compared}");
}

#[test]
fn the_broken_export_has_no_rupture_and_is_rejected_two_nights_later() {
    let simulation = Simulation::new(Settings { apprentices: 2_000, seed: 1 });
    let broken = night_of(day_of(2026, 3, 15)).unsigned_abs();
    let (source, run) = simulation.rejected(broken + 2).unwrap();
    let ruptures = |night: u16| {
        let push = simulation.pushes(night).find(|push| push.source == source).unwrap();
        let column = Field::of_contract(1, ContractColumn::Rupture);
        (push.run_id, push.rows.iter().filter(|row| row.get(column).is_some()).count())
    };
    assert!(ruptures(broken - 7).1 > 3);
    assert_eq!(ruptures(broken), (run, 0));
    assert!(ruptures(broken + 7).1 > 3);
    assert_eq!((0..NIGHTS.unsigned_abs()).filter(|n| simulation.rejected(*n).is_some()).count(), 1);
}

#[test]
fn a_year_holds_every_kind_of_story_and_a_few_rows_without_a_person() {
    let simulation = Simulation::new(Settings { apprentices: 2_000, seed: 1 });
    let mut ids_by_ine: HashMap<String, HashSet<(String, String)>> = HashMap::new();
    let mut nameless = HashSet::new();
    for night in (6..simulation.nights()).step_by(28) {
        for push in simulation.pushes(night) {
            for row in &push.rows {
                let id = text(row, Field::IdErpApprenant).unwrap().to_owned();
                if text(row, Field::NomApprenant).is_none() {
                    nameless.insert(id.clone());
                }
                if let Some(ine) = text(row, Field::IneApprenant) {
                    ids_by_ine.entry(ine.to_owned()).or_default().insert((push.source.clone(), id));
                }
            }
        }
    }
    assert!((1..=10).contains(&nameless.len()), "{}", nameless.len());
    let sources_of = |ids: &HashSet<(String, String)>| {
        ids.iter().map(|(source, _)| source.clone()).collect::<HashSet<_>>().len()
    };
    let two_sources = ids_by_ine.values().filter(|ids| sources_of(ids) == 2).count();
    assert!(two_sources >= 20, "{two_sources}");
    let remapped = ids_by_ine.values().filter(|ids| ids.len() == 2 && sources_of(ids) == 1).count();
    assert!(remapped >= 5, "{remapped}");
}

#[test]
fn the_ledger_accepts_nearly_every_row_and_doubts_a_few_values() {
    let simulation = Simulation::new(Settings { apprentices: 2_000, seed: 1 });
    let night = night_of(day_of(2025, 9, 14)).unsigned_abs();
    let (mut rows, mut refused) = (0, 0);
    let mut doubts: HashMap<(Field, &str), usize> = HashMap::new();
    for push in simulation.pushes(night) {
        for row in &push.rows {
            rows += 1;
            match domain::dossier::check(row, simulation.day(night)) {
                Ok(declaration) => {
                    for issue in declaration.warnings {
                        *doubts.entry((issue.field, issue.rule)).or_default() += 1;
                    }
                }
                Err(_) => refused += 1,
            }
        }
    }
    println!("{rows} rows, {refused} refused, {doubts:#?}");
    assert!(rows > 1_500 && (3..=8).contains(&refused), "{refused} of {rows}");
    let doubts_of = |field| doubts.iter().filter(|((f, _), _)| *f == field).map(|(_, n)| n).sum();
    let counts: [usize; 3] =
        [Field::IneApprenant, Field::TelApprenant, Field::SiretEmployeur].map(doubts_of);
    for count in counts {
        assert!((5..80).contains(&count), "{count}");
    }
}
