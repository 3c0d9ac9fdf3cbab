//! Head-counts at national scale: time and space by number of dossiers.
//!
//! `cargo run --release -p projections --example headcount_scale -- 1000000 10000000`
//!
//! Makes that many dossiers over ten years (CFAs grow with them: 500 dossiers a
//! CFA a year), each with its events, through the same code as a rebuild,
//! straight into a view in a temporary folder. Then asks 1,000 questions of each
//! kind, on random days, half of them at random past positions, in rounds that
//! go from one size to the next, so that noise falls on all of them alike.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints and may stop")]

use chrono::{Days, NaiveDate};
use domain::enrolment::{
    Certification, ContractTerms, EmployerFacets, Enrolment, EnrolmentDeclared, EnrolmentEvent,
    Establishment, Facets, Fact, Initiator, Opened, Place, Rupture, RuptureMode, Sex, Training,
};
use domain::identifiers::{SchoolYear, Siret, Uai};
use domain::ids::{ContractId, EventId, Position, StreamKey};
use domain::rules::RuleSet;
use projections::headcount::{
    Filter, GroupBy, GroupHistory, HeadcountBuilder, HeadcountView, MERGE_EVERY, Population, Query,
    StreamHistory, rows_of_group,
};
use projections::reference::ReferenceSet;
use std::sync::Arc;
use std::time::Instant;

const FIRST_YEAR: i32 = 2015;
const YEARS: i32 = 10;
const DOSSIERS_PER_CFA_AND_YEAR: u64 = 500;
const QUESTIONS: usize = 1_000;
const ROUNDS: usize = 5;

/// splitmix64
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }

    fn percent(&mut self, share: u64) -> bool {
        self.below(100) < share
    }
}

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap()
}

/// CFAs spread over the départements, as many as the dossiers need.
fn cfas(count: u64, reference: &ReferenceSet) -> Vec<(Uai, String)> {
    let codes: Vec<&String> =
        reference.departements.keys().filter(|code| code.parse::<u32>().is_ok()).collect();
    let all = (0..count).map(|at| {
        let code = codes[(at * 37) as usize % codes.len()];
        let digits = format!("{code:0>3}{:04}", 1 + at);
        let uai = ('A'..='Z').find_map(|key| Uai::parse(&format!("{digits}{key}")).ok()).unwrap();
        (uai, code.clone())
    });
    all.collect()
}

struct Maker {
    chance: Chance,
    position: u64,
    siret: Siret,
    certifications: Vec<Certification>,
    homes: Vec<String>,
}

impl Maker {
    /// The events of one dossier of a CFA in a year.
    fn dossier(&mut self, cfa: &(Uai, String), year: i32) -> StreamHistory {
        let chance = &mut self.chance;
        let entry = after(date(year, 9, 1), chance.below(45));
        let end = date(year + 1 + chance.below(2) as i32, 7, 5);
        let establishment = Establishment { uai: cfa.0, siret: self.siret };
        let certification = (cfa.0.as_str().as_bytes()[6] as u64 + chance.below(8)) as usize;
        let training = Training {
            school_year: SchoolYear::parse(&format!("{year}-{}", year + 1)).unwrap(),
            enrolled_on: entry,
            entry_on: entry,
            end_on: end,
            responsible: establishment.clone(),
            trainer: establishment,
            place: Place::default(),
            certification: self.certifications[certification % self.certifications.len()].clone(),
            title: None,
            year_of_training: None,
            theoretical_years: None,
            theoretical_months: None,
            in_person: None,
            cfa_type: None,
        };
        let home = match chance.percent(75) {
            true => cfa.1.clone(),
            false => self.homes[chance.below(self.homes.len() as u64) as usize].clone(),
        };
        let facets = Facets {
            birth_month: Some(date(
                year - 15 - chance.below(12) as i32,
                1 + chance.below(12) as u32,
                1,
            )),
            sex: Some(if chance.percent(58) { Sex::Male } else { Sex::Female }),
            home_departement: Some(home),
            ..Facets::default()
        };
        let declared = EnrolmentDeclared {
            lookup: [0; 16],
            training,
            facets,
            identity: Opened::Hidden,
            contact: None,
            disability: None,
            guardians: None,
            referent: None,
            background: None,
        };
        let mut facts = vec![Fact::EnrolmentDeclared(declared)];
        if chance.percent(94) {
            let start = after(entry, chance.below(60));
            facts.push(contract(0, start, end));
            if chance.percent(22) {
                let broken_on = after(start, 10 + chance.below(330));
                facts.push(Fact::ContractBroken(rupture(broken_on)));
                if chance.percent(45) {
                    facts.push(contract(1, after(broken_on, 5 + chance.below(200)), end));
                }
            }
        }
        // Each in a request of its own.
        let mut state = Enrolment::default();
        let states = facts.into_iter().map(|fact| {
            self.position += 1;
            let (id, effective_on) = (EventId::default(), entry);
            let event = EnrolmentEvent { id, corrects: None, effective_on, provenance: None, fact };
            state = std::mem::take(&mut state).evolve(event);
            (Position(self.position), state.current.clone().map(Arc::new))
        });
        StreamHistory { key: StreamKey::default(), before: None, states: states.collect() }
    }
}

fn contract_id(ordinal: u16) -> ContractId {
    ContractId([ordinal as u8; 16])
}

fn contract(ordinal: u16, start_on: NaiveDate, end_on: NaiveDate) -> Fact {
    let employer = EmployerFacets::default();
    Fact::ContractDeclared {
        contract: contract_id(ordinal),
        ordinal,
        terms: ContractTerms { slot: 0, start_on, end_on: Some(end_on), employer },
        employer: Opened::Hidden,
    }
}

fn rupture(effective_on: NaiveDate) -> Rupture {
    Rupture {
        contract: contract_id(0),
        effective_on,
        notified_on: None,
        mode: RuptureMode::Unknown,
        initiator: Initiator::Unknown,
        verbatim: None,
    }
}

/// p50 and p99 in microseconds, by kind of question.
/// A view of so many dossiers, and what its questions are drawn from.
struct Scale {
    dossiers: u64,
    cfas: Vec<(Uai, String)>,
    head: u64,
    view: HeadcountView,
    _folder: tempfile::TempDir,
}

impl Scale {
    fn make(dossiers: u64, reference: &ReferenceSet) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cfas = cfas((dossiers / YEARS as u64 / DOSSIERS_PER_CFA_AND_YEAR).max(1), reference);
        let certifications = (0..60).map(|at| Certification {
            cfd: None,
            rncp: format!("RNCP{}", 38_000 + at).parse().ok(),
        });
        let mut maker = Maker {
            chance: Chance(1),
            position: 0,
            siret: Siret::parse("73282932000074").unwrap(),
            certifications: certifications.collect(),
            homes: reference.departements.keys().cloned().collect(),
        };
        let started = Instant::now();
        let mut builder = HeadcountBuilder::new(folder.path()).unwrap();
        for at in 0..dossiers {
            let year = FIRST_YEAR + (at * YEARS as u64 / dossiers) as i32;
            let cfa = &cfas[(at % cfas.len() as u64) as usize];
            let streams = vec![maker.dossier(cfa, year)];
            for row in rows_of_group(&GroupHistory { streams, ..GroupHistory::default() }).unwrap()
            {
                builder.push(&row).unwrap();
            }
        }
        let made = started.elapsed();
        let rows = builder.finish(Position(maker.position), MERGE_EVERY).unwrap();
        let files = std::fs::read_dir(folder.path()).unwrap();
        let bytes: u64 = files.map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
        println!(
            "{dossiers} dossiers, {} CFAs, {} events, {rows} rows: {:.0} s to make, {:.0} s to \
             sort and write, {:.2} GB, {:.0} bytes a dossier",
            cfas.len(),
            maker.position,
            made.as_secs_f64(),
            (started.elapsed() - made).as_secs_f64(),
            bytes as f64 / 1e9,
            bytes as f64 / dossiers as f64,
        );
        let view = HeadcountView::open(folder.path()).unwrap();
        Self { dossiers, cfas, head: maker.position, view, _folder: folder }
    }

    fn question(&self, kind: &str, chance: &mut Chance, reference: &ReferenceSet) -> Query {
        let regions = reference.regions.keys().filter(|code| code.len() == 2);
        let regions: Vec<&String> = regions.collect();
        let region = Some(regions[chance.below(regions.len() as u64) as usize].clone());
        let trainer = Some(self.cfas[chance.below(self.cfas.len() as u64) as usize].0);
        let mut filter = Filter::default();
        let mut group_by = GroupBy::Nothing;
        match kind {
            "one région" => filter.region = region,
            "one CFA" => filter.trainer = trainer,
            "région, by CFA" => (filter.region, group_by) = (region, GroupBy::Trainer),
            "national, by age band" => group_by = GroupBy::AgeBand,
            _ => {}
        }
        let past = chance.percent(50);
        Query {
            as_of: after(date(FIRST_YEAR, 9, 1), chance.below(365 * YEARS as u64)),
            known_at: Position(if past { chance.below(self.head + 1) } else { self.head }),
            rules: RuleSet::ALL[chance.below(3) as usize],
            population: Population::Persons,
            filter,
            group_by,
        }
    }

    /// Asks [`QUESTIONS`] questions; p50 and p99 in µs.
    fn ask(&self, kind: &str, chance: &mut Chance, reference: &ReferenceSet) -> (f64, f64) {
        let mut times = Vec::with_capacity(QUESTIONS);
        for _ in 0..QUESTIONS {
            let query = self.question(kind, chance, reference);
            let started = Instant::now();
            std::hint::black_box(self.view.query(&query, reference).unwrap());
            times.push(started.elapsed().as_secs_f64() * 1e6);
        }
        times.sort_by(f64::total_cmp);
        (times[QUESTIONS / 2], times[QUESTIONS * 99 / 100])
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let reference = ReferenceSet::built_in().unwrap();
    let sizes: Vec<u64> = std::env::args().skip(1).filter_map(|size| size.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![100_000, 1_000_000] } else { sizes };
    let scales: Vec<Scale> = sizes.iter().map(|size| Scale::make(*size, &reference)).collect();
    let kinds = ["national", "one région", "one CFA", "région, by CFA", "national, by age band"];
    println!("p50 / p99 in µs, medians of {ROUNDS} interleaved rounds of {QUESTIONS} questions:");
    for kind in kinds {
        let mut chance = Chance(2);
        let mut rounds = vec![Vec::new(); scales.len()];
        // The first round brings pages into memory and checks them; it is not measured.
        for round in 0..=ROUNDS {
            for (scale, rounds) in scales.iter().zip(&mut rounds) {
                let asked = scale.ask(kind, &mut chance, &reference);
                if round > 0 {
                    rounds.push(asked);
                }
            }
        }
        for (scale, rounds) in scales.iter().zip(&rounds) {
            let of = |pick: fn(&(f64, f64)) -> f64| median(rounds.iter().map(pick).collect());
            println!("  {kind}, {}: {:.0} / {:.0}", scale.dossiers, of(|r| r.0), of(|r| r.1));
        }
        for (small, large) in rounds.iter().zip(rounds.iter().skip(1)) {
            let ratios = |pick: fn(&(f64, f64)) -> f64| {
                let ratio = |(small, large)| pick(large) / pick(small);
                let mut ratios: Vec<f64> = small.iter().zip(large).map(ratio).collect();
                ratios.sort_by(f64::total_cmp);
                ratios
            };
            let (p50, p99) = (ratios(|r| r.0), ratios(|r| r.1));
            println!(
                "  {kind}: p50 ratio {:.2}, p99 ratio {:.2} ({:.2} to {:.2})",
                p50[ROUNDS / 2],
                p99[ROUNDS / 2],
                p99[0],
                p99[ROUNDS - 1],
            );
        }
    }
}
