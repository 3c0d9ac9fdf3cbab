//! Contracts that are judged by the rules of another day: what is said of them changes where the dates of a rule say
//! so, and nowhere else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test may stop"
)]

use chrono::{Days, NaiveDate};
use domain::cerfa::Form;
use domain::contract::DepositBody;
use domain::contract::rupture::{Completion, Initiator, Mode, Rupture};
use domain::law::table::{FIRST_DAY, judge_by_rules_of, rules};
use domain::law::{Acts, Case, Outcome, Previous, Severity, smic};
use std::collections::{BTreeMap, BTreeSet};

/// How many variations of the example.
const VARIATIONS: usize = 600;

/// Values of which some are a field's: codes, dates, times, rates, amounts.
const VALUES: &[&str] = &[
    "true",
    "false",
    "prive",
    "public",
    "diplome",
    "titre",
    "SMIC",
    "SMC",
    "35:00",
    "36:00",
    "40:00",
    "41:00",
    "25",
    "27",
    "37",
    "39",
    "41",
    "43",
    "49",
    "51",
    "53",
    "55",
    "61",
    "63",
    "65",
    "67",
    "73",
    "78",
    "98",
    "100",
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
    "11",
    "12",
    "21",
    "22",
    "23",
    "28",
    "30",
    "31",
    "33",
    "34",
    "35",
    "36",
    "37",
    "40",
    "50",
    "54",
    "60",
    "74",
    "80",
    "99",
    "100",
    "300",
    "400",
    "600",
    "800",
    "1350",
    "1801.80",
    "1823.03",
    "35000",
    "57000",
    "75011",
    "97400",
    "97600",
    "98800",
    "1975-01-01",
    "1989-09-02",
    "1994-09-02",
    "1998-04-17",
    "2004-04-17",
    "2006-09-02",
    "2007-02-28",
    "2008-12-31",
    "2009-09-02",
    "2018-09-01",
    "2018-12-31",
    "2019-01-01",
    "2020-04-27",
    "2024-05-01",
    "2024-06-01",
    "2024-09-01",
    "2024-09-02",
    "2024-09-03",
    "2024-11-01",
    "2024-12-03",
    "2025-06-30",
    "2025-09-01",
    "2026-06-30",
    "2026-08-31",
    "2026-10-31",
    "2027-08-31",
    "2028-08-31",
    "2030-01-01",
];

/// The fields of which rules depend on dates: they are changed more often than the others.
const OFTEN: &[&str] = &[
    "apprentice.born_on",
    "terms.concluded_on",
    "terms.start_on",
    "terms.end_on",
    "terms.practice_on",
    "terms.kind",
    "terms.dangerous_work",
    "terms.weekly_time",
    "training.start_on",
    "training.exams_end_on",
    "training.hours",
    "training.diploma",
    "employer.kind",
    "employer.sector",
    "employer.address.postcode",
    "pay.years.1.first.rate",
    "pay.years.1.second.rate",
    "pay.gross_monthly",
];

/// Numbers without an order (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    fn yes(&mut self) -> bool {
        self.below(2) == 0
    }

    fn day(&mut self) -> NaiveDate {
        let day: NaiveDate = self
            .one(&["2018-12-31", "2024-08-26", "2024-10-20", "2025-03-01", "2026-08-31"])
            .parse()
            .unwrap();
        day + Days::new(self.below(40) as u64)
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.yes().then(|| make(self))
    }
}

fn example() -> Form {
    Form::from_json(include_str!("../../docs/examples/contrat.json")).unwrap().form
}

/// A form and what is beside it.
struct Variation {
    form: Form,
    previous: Option<Previous>,
    amended: Option<Form>,
    agreements: (bool, bool),
    signed_on: Option<NaiveDate>,
    submitted_on: Option<NaiveDate>,
    body: Option<DepositBody>,
    rupture: Option<(NaiveDate, Rupture)>,
    completion: Option<(NaiveDate, Completion)>,
}

impl Variation {
    fn case(&self) -> Case<'_> {
        Case {
            form: &self.form,
            previous: self.previous.as_ref(),
            amended: self.amended.as_ref(),
            training_agreement: self.agreements.0,
            duration_agreement: self.agreements.1,
            acts: Acts {
                signed_on: self.signed_on,
                number: self.amended.as_ref().map(|_| "035202409AB0001"),
                submitted_on: self.submitted_on,
                body: self.body.as_ref(),
                rupture: self.rupture.as_ref().map(|(on, rupture)| (*on, rupture)),
                completion: self.completion.as_ref().map(|(on, completion)| (*on, completion)),
            },
            ..Case::of(&self.form)
        }
    }

    /// The example with a few fields changed, each to a value that it can have.
    fn any(random: &mut Random, values: &BTreeMap<String, Vec<&'static str>>) -> Self {
        let mut form = example();
        let paths: Vec<&String> = values.keys().collect();
        for _ in 0..random.below(15) {
            let often = random.below(4) > 0;
            let path = if often { random.one(OFTEN) } else { random.one(&paths).as_str() };
            let value = random.one(&values[path]);
            form.set(path, Some(value).filter(|_| random.below(10) > 0)).unwrap();
        }
        let amended = random.maybe(|_| example());
        let previous = random.maybe(|random| Previous {
            ended_on: Some(random.day()),
            broken_by_others: random.yes(),
            level: random.maybe(|random| random.one(&[3, 4, 5, 6, 7])),
        });
        Self {
            form,
            previous,
            amended,
            agreements: (random.yes(), random.yes()),
            signed_on: random.maybe(Random::day),
            submitted_on: random.maybe(Random::day),
            body: random.maybe(|random| {
                random.one(&[
                    DepositBody::State("DDETS 35".to_owned()),
                    DepositBody::State("DIRECCTE 35".to_owned()),
                    DepositBody::Opco("OPCO".to_owned()),
                ])
            }),
            rupture: random.maybe(|random| (random.day(), rupture(random))),
            completion: random.maybe(|random| {
                let diploma = random.maybe(Random::yes);
                let (early, notified_on) = (random.yes(), random.maybe(Random::day));
                (random.day(), Completion { early, diploma, notified_on })
            }),
        }
    }
}

fn rupture(random: &mut Random) -> Rupture {
    let mode = random.one(&Mode::ALL);
    let initiator = if random.yes() { random.one(mode.initiators()) } else { Initiator::Unknown };
    Rupture {
        mode,
        initiator,
        notified_on: random.maybe(Random::day),
        mediator_on: random.maybe(Random::day),
        informed_on: random.maybe(Random::day),
        cosigned: random.yes(),
        practice_days: None,
        dsn: None,
    }
}

/// The values of each field that has any of them.
fn values() -> BTreeMap<String, Vec<&'static str>> {
    let mut form = Form::default();
    let mut of = |path: &str| -> Vec<&'static str> {
        // Who is born in this century's twenties has no contract, and none is older than this century.
        let born = path.ends_with("born_on");
        let fits = |value: &str| value.len() < 10 || born == (value < "2012");
        let valid = |value: &&str| fits(value) && form.set(path, Some(value)).is_ok();
        VALUES.iter().copied().filter(valid).collect()
    };
    let paths = example().fields().into_iter().map(|met| met.path);
    paths
        .map(|path| (of(&path), path))
        .filter(|(values, _)| !values.is_empty())
        .map(|(v, p)| (p, v))
        .collect()
}

fn variations() -> Vec<Variation> {
    let (mut random, values) = (Random(8), values());
    for path in OFTEN {
        assert!(values.contains_key(*path), "{path} has no value");
    }
    (0..VARIATIONS).map(|_| Variation::any(&mut random, &values)).collect()
}

/// What the rules of a day say of a case, by the name of the rule.
fn said(case: &Case<'_>, on: NaiveDate) -> BTreeMap<&'static str, (Severity, Outcome)> {
    let verdicts = judge_by_rules_of(case, on).into_iter();
    verdicts.map(|one| (one.rule.id, (one.rule.severity, one.outcome))).collect()
}

/// The days on which rows begin, or are the first without them, each with the names of their rules.
fn boundaries() -> BTreeMap<NaiveDate, BTreeSet<&'static str>> {
    let mut at: BTreeMap<NaiveDate, BTreeSet<&'static str>> = BTreeMap::new();
    for rule in rules() {
        let first = Some(rule.from).filter(|from| *from != FIRST_DAY);
        let after = rule.until.and_then(|until| until.succ_opt());
        for day in first.into_iter().chain(after) {
            at.entry(day).or_default().insert(rule.id);
        }
    }
    at
}

#[test]
fn a_verdict_changes_at_the_dates_of_its_rule_and_at_each_of_them() {
    let mut boundaries = boundaries();
    // Where the SMIC changes no rule does: its amount is that of the contract's first day.
    for day in smic::changes() {
        boundaries.entry(day).or_default();
    }
    let variations = variations();
    let mut changed: BTreeSet<(NaiveDate, &str)> = BTreeSet::new();
    let days: Vec<NaiveDate> =
        boundaries.keys().flat_map(|day| [*day - Days::new(1), *day]).collect();
    for variation in &variations {
        let case = variation.case();
        let by_day: Vec<_> = days.iter().map(|day| said(&case, *day)).collect();
        for (pair, told) in days.windows(2).zip(by_day.windows(2)) {
            let may_change: BTreeSet<&str> = boundaries
                .range(..=pair[1])
                .filter(|(day, _)| **day > pair[0])
                .flat_map(|(_, ids)| ids.iter().copied())
                .collect();
            let ids: BTreeSet<&str> = told[0].keys().chain(told[1].keys()).copied().collect();
            for id in ids.into_iter().filter(|id| told[0].get(id) != told[1].get(id)) {
                assert!(
                    may_change.contains(id),
                    "{id} says {:?} by the rules of {} and {:?} by those of {}",
                    told[0].get(id),
                    pair[0],
                    told[1].get(id),
                    pair[1],
                );
                changed.insert((pair[1], id));
            }
        }
    }
    for (day, ids) in &boundaries {
        for id in ids {
            assert!(changed.contains(&(*day, *id)), "nothing that {id} says changes on {day}");
        }
    }
}

#[test]
fn the_day_of_the_conclusion_chooses_the_rules_and_says_nothing_to_those_of_the_pay() {
    let judged: Vec<NaiveDate> =
        boundaries().into_keys().flat_map(|day| [day - Days::new(1), day]).collect();
    let mut told = BTreeSet::new();
    for mut variation in variations() {
        let pay = |variation: &Variation, on| {
            let said = said(&variation.case(), on).into_iter();
            said.filter(|(id, _)| id.starts_with("PAY_")).collect::<BTreeMap<_, _>>()
        };
        let before: Vec<_> = judged.iter().map(|on| pay(&variation, *on)).collect();
        for concluded_on in ["2018-12-31", "2019-01-01", "2020-04-27", "2024-08-26", "2030-01-01"] {
            variation.form.set("terms.concluded_on", Some(concluded_on)).unwrap();
            for (on, before) in judged.iter().zip(&before) {
                let now = pay(&variation, *on);
                for (id, was) in before {
                    assert_eq!(
                        now.get(id),
                        Some(was),
                        "{id} by the rules of {on}, concluded on {concluded_on}"
                    );
                    told.insert((
                        *id,
                        matches!(was.1, Outcome::Holds),
                        matches!(was.1, Outcome::Broken(_)),
                    ));
                }
            }
        }
    }
    // They say something of these contracts.
    for id in ["PAY_RATE", "PAY_PUBLIC_POINTS", "PAY_GROSS_RATE"] {
        assert!(
            told.contains(&(id, true, false)) && told.contains(&(id, false, true)),
            "{id}: {told:?}"
        );
    }
}
