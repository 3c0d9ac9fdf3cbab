//! Histories and questions by chance, from a seed.

use super::{Story, contract_id, rupture, terms, training, uai};
use chrono::{Days, NaiveDate};
use domain::enrolment::{
    Certification, EnrolmentAmended, Facets, Fact, RetractionReason, Sex, Training,
};
use domain::ids::{EventId, Position, StreamKey};
use domain::rules::RuleSet;
use projections::headcount::{AgeBand, Filter, GroupBy, Population, Query, TerritoryOf};

/// A small generator: splitmix64.
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// True once in `n` times.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize].clone()
    }

    pub fn day(&mut self, first: &str, days: u64) -> NaiveDate {
        super::day(first).checked_add_days(Days::new(self.below(days))).unwrap()
    }
}

/// CFAs in several régions, two in one département, one that no set knows,
/// one in Corse, one overseas, one whose number is no département.
pub const CFAS: [&str; 8] =
    ["0699928", "0690001", "0759930", "0750001", "6209909", "9749939", "0019900", "0209999"];
const HOMES: [Option<&str>; 6] =
    [None, Some("69"), Some("75"), Some("2A"), Some("974"), Some("ZZZ")];
const CODES: [(Option<&str>, Option<&str>); 5] = [
    (None, None),
    (None, Some("RNCP38765")),
    (Some("32031213"), Some("RNCP38362")),
    (Some("40099999"), None),
    (Some("01099999"), Some("RNCP999")),
];
const YEARS: [&str; 4] = ["2023-2024", "2024-2025", "2024-2024", "2025-2026"];

fn any_training(chance: &mut Chance) -> Training {
    let mut training =
        training(chance.pick(&CFAS), chance.pick(&YEARS), "2024-09-01", "2025-06-30");
    training.entry_on = chance.day("2023-08-20", 500);
    training.end_on = training.entry_on.checked_add_days(Days::new(chance.below(800))).unwrap();
    if chance.once_in(20) {
        training.end_on = chance.day("2022-01-01", 600);
    }
    let (cfd, rncp) = chance.pick(&CODES);
    training.certification = Certification {
        cfd: cfd.map(|code| code.parse().unwrap()),
        rncp: rncp.map(|code| code.parse().unwrap()),
    };
    training
}

fn any_facets(chance: &mut Chance) -> Facets {
    Facets {
        birth_month: (!chance.once_in(6)).then(|| {
            let months = chance.below(12 * 30) as u32;
            NaiveDate::from_ymd_opt(1990 + months as i32 / 12 - 6, months % 12 + 1, 1).unwrap()
        }),
        sex: chance.pick(&[None, Some(Sex::Male), Some(Sex::Female)]),
        home_departement: chance.pick(&HOMES).map(str::to_owned),
        ..Facets::default()
    }
}

/// A history of so many enrolments, their events mingled; half of what is said
/// of an enrolment comes with more in the same request.
pub fn story(seed: u64, enrolments: u8, events: usize) -> Story {
    let mut chance = Chance(seed);
    let mut story = Story::default();
    let mut live: Vec<(StreamKey, u16, Vec<EventId>)> = Vec::new();
    for _ in 0..events {
        if live.is_empty() || (live.len() < usize::from(enrolments) && chance.once_in(4)) {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&chance.next().to_be_bytes());
            let key = StreamKey(bytes);
            story.declare(key, any_training(&mut chance), any_facets(&mut chance));
            let mut said = (key, 0, Vec::new());
            more(&mut story, &mut chance, &mut said);
            live.push(said);
            continue;
        }
        let at = chance.below(live.len() as u64) as usize;
        let (a, b) = (live[at].0, chance.pick(&live).0);
        if a != b && chance.once_in(6) {
            let linked = !chance.once_in(3);
            story.link(a, b, linked);
            continue;
        }
        let (key, contracts, retractable) = &mut live[at];
        step(&mut story, &mut chance, *key, contracts, retractable);
        more(&mut story, &mut chance, &mut live[at]);
    }
    story
}

/// What else the request says, if anything.
fn more(
    story: &mut Story,
    chance: &mut Chance,
    (key, contracts, retractable): &mut (StreamKey, u16, Vec<EventId>),
) {
    story.together = true;
    while chance.once_in(2) {
        step(story, chance, *key, contracts, retractable);
    }
    story.together = false;
}

/// One more event of one enrolment.
fn step(
    story: &mut Story,
    chance: &mut Chance,
    key: StreamKey,
    contracts: &mut u16,
    retractable: &mut Vec<EventId>,
) {
    let on = chance.day("2023-09-01", 900);
    let ordinal = chance.below(u64::from((*contracts).max(1))) as u16;
    let fact = match chance.below(10) {
        0 | 1 => {
            let end = on.checked_add_days(Days::new(chance.below(700))).unwrap();
            let fact = Fact::ContractDeclared {
                contract: contract_id(key, *contracts),
                ordinal: *contracts,
                terms: terms(on, (!chance.once_in(4)).then_some(end)),
                employer: domain::enrolment::Opened::Hidden,
            };
            *contracts += 1;
            fact
        }
        2 => Fact::ContractBroken(rupture(key, ordinal, on)),
        3 => Fact::ContractEnded { contract: contract_id(key, ordinal), on },
        4 => Fact::LearnerExcluded { on, cause: None },
        5 => Fact::EnrolmentAmended(EnrolmentAmended {
            training: chance.once_in(2).then(|| any_training(chance)),
            facets: chance.once_in(2).then(|| any_facets(chance)),
            ..EnrolmentAmended::default()
        }),
        6 => Fact::SchoolYearDeclared { training: any_training(chance), repeated: true },
        7 => Fact::TransferDeclared {
            from: super::establishment(CFAS[0]),
            training: any_training(chance),
            on,
        },
        8 if !retractable.is_empty() => {
            let named = retractable.swap_remove(chance.below(retractable.len() as u64) as usize);
            let reason = RetractionReason::SentByMistake;
            story.fact(key, Fact::Retracted { reason }, Some(named));
            return;
        }
        _ => Fact::TrainingCompleted { on: None, diploma: true },
    };
    let id = story.fact(key, fact, None);
    retractable.push(id);
}

/// A question.
pub fn query(chance: &mut Chance, head: u64) -> Query {
    let mut filter = Filter::default();
    if chance.once_in(3) {
        filter.territory_of = TerritoryOf::Home;
    }
    match chance.below(9) {
        0 => filter.region = Some(chance.pick(&["84", "11", "94", "04", "99"]).to_owned()),
        1 => filter.departement = Some(chance.pick(&["69", "75", "2A", "974", "ZZZ"]).to_owned()),
        2 => filter.academie = Some(chance.pick(&["10", "01", "27", "28"]).to_owned()),
        3 => filter.trainer = Some(uai(chance.pick(&CFAS))),
        _ => {}
    }
    match chance.below(9) {
        0 => filter.rncp = chance.pick(&["RNCP38765", "RNCP38362", "RNCP77"]).parse().ok(),
        1 => filter.cfd = chance.pick(&["32031213", "40099999"]).parse().ok(),
        2 => filter.level = Some(chance.pick(&[3, 4, 5, 8])),
        3 => filter.age_band = Some(chance.pick(&AgeBand::ALL)),
        _ => {}
    }
    Query {
        as_of: chance.day("2023-08-01", 1100),
        known_at: Position(if chance.once_in(3) { head } else { chance.below(head + 1) }),
        rules: chance.pick(&RuleSet::ALL),
        population: chance.pick(&[Population::Persons, Population::Persons, Population::Dossiers]),
        filter,
        group_by: chance.pick(&[
            GroupBy::Nothing,
            GroupBy::Nothing,
            GroupBy::Region,
            GroupBy::Departement,
            GroupBy::Academie,
            GroupBy::Trainer,
            GroupBy::Certification,
            GroupBy::Level,
            GroupBy::AgeBand,
        ]),
    }
}
