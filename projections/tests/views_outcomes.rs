//! Outcomes: a naive recomputation from the log, and worked cases.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says no by a panic"
)]

mod views_support;

use chrono::{Months, NaiveDate};
use domain::enrolment::{Contract, Current, Enrolment, Fact};
use domain::event::Event;
use domain::ids::{Category, Position, StreamId, StreamKey};
use projections::headcount::{Filter, GroupBy, PersonGroups};
use projections::outcomes::{Outcomes, OutcomesAnswer, Share};
use projections::persons::Persons;
use projections::source::EventSource;
use projections::time::TimeQuery;
use projections::views::{OutcomesQuery, Views};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use views_support::random::play;
use views_support::{CFA, OTHER_CFA, World, day, establishment, keys, training};

fn asked(as_of: &str, from: &str, to: &str) -> OutcomesQuery {
    OutcomesQuery {
        time: TimeQuery::on(day(as_of)),
        started_from: day(from),
        started_to: day(to),
        filter: Filter::default(),
        group_by: GroupBy::Nothing,
    }
}

async fn outcomes(views: &Views, query: OutcomesQuery) -> OutcomesAnswer {
    views.outcomes(query).await.unwrap().value
}

/// A contract, by the book.
struct Case {
    learner: StreamKey,
    start: NaiveDate,
    end: Option<NaiveDate>,
    broken: Option<NaiveDate>,
    back: Option<NaiveDate>,
}

fn runs(c: &domain::rules::ContractSpan, d: NaiveDate) -> bool {
    c.start_on <= d && c.end_on.is_none_or(|e| d <= e) && c.broken_on.is_none_or(|b| d < b)
}

/// Every contract of the log at a position, day by day and dossier by dossier.
fn naive(
    world: &World,
    persons: &Persons,
    at: Position,
    query: &OutcomesQuery,
    cfa: Option<&str>,
) -> Outcomes {
    let as_of = query.time.as_of;
    let mut dossiers: BTreeMap<StreamKey, Current> = BTreeMap::new();
    for recorded in world.ledger.all() {
        let StreamId { category, key } = recorded.stream;
        if category == Category::Enrolment
            && !dossiers.contains_key(&key)
            && recorded.position <= at
        {
            let events = world.ledger.read_stream(recorded.stream, at).unwrap();
            let state = events.into_iter().fold(Enrolment::default(), |state, r| match r.event {
                Event::Enrolment(event) => state.evolve(event),
                _ => state,
            });
            dossiers.insert(key, state.current.unwrap());
        }
    }
    let person = |key: &StreamKey| -> Vec<StreamKey> {
        let history = persons.group_of(*key, at).unwrap().history;
        let class =
            history.last().and_then(|p| p.classes.iter().find(|c| c.contains(key)).cloned());
        class.unwrap_or_else(|| vec![*key])
    };
    // The declarations of one contract: in each enrolment of the person, the contract of that
    // first day that has as many of the same day before it.
    let twins = |key: &StreamKey, contract: &Contract| -> Vec<(NaiveDate, StreamKey, Contract)> {
        let same_day = |key: &StreamKey| -> Vec<Contract> {
            let all = dossiers[key].contracts.iter();
            all.filter(|c| c.terms.start_on == contract.terms.start_on).cloned().collect()
        };
        let rank = same_day(key).iter().position(|c| c.ordinal == contract.ordinal).unwrap();
        let mut twins = Vec::new();
        for other in person(key) {
            if let Some(twin) = same_day(&other).get(rank) {
                twins.push((dossiers[&other].training.entry_on, other, twin.clone()));
            }
        }
        twins
    };
    let rupture = |span: &domain::rules::ContractSpan| {
        span.broken_on.filter(|b| span.end_on.is_none_or(|e| *b <= e))
    };
    let mut cases = Vec::new();
    for (key, dossier) in &dossiers {
        for contract in &dossier.contracts {
            let declared = twins(key, contract);
            if declared.iter().any(|(on, other, _)| (*on, other) < (dossier.training.entry_on, key))
            {
                continue;
            }
            let span = contract.span();
            let in_period =
                query.started_from <= span.start_on && span.start_on <= query.started_to;
            let before = dossier.transfers.iter().find(|(_, on)| span.start_on < *on);
            let there = before.map_or(&dossier.training, |(training, _)| training);
            let site = there.trainer.uai.to_string();
            if !in_period || span.start_on > as_of || cfa.is_some_and(|cfa| cfa != site) {
                continue;
            }
            let broken = declared.iter().filter_map(|(.., c)| rupture(&c.span())).min();
            let broken = broken.filter(|b| *b <= as_of);
            let mut back = None;
            if let Some(broken) = broken {
                let mut on = broken;
                while on <= as_of && back.is_none() {
                    let somewhere = person(key).iter().any(|other| {
                        dossiers[other].contracts.iter().any(|c| {
                            let own = *other == *key && rupture(&span) == Some(broken);
                            let other_day = c.terms.start_on != span.start_on;
                            let another = other_day || own && c.ordinal != contract.ordinal;
                            another && runs(&c.span(), on)
                        })
                    });
                    back = somewhere.then_some(on);
                    on += chrono::TimeDelta::days(1);
                }
            }
            let learner = person(key)[0];
            cases.push(Case { learner, start: span.start_on, end: span.end_on, broken, back });
        }
    }
    judge(&cases, &dossiers, &person, as_of)
}

fn judge(
    cases: &[Case],
    dossiers: &BTreeMap<StreamKey, Current>,
    person: &dyn Fn(&StreamKey) -> Vec<StreamKey>,
    as_of: NaiveDate,
) -> Outcomes {
    let mut found = Outcomes { contracts: cases.len() as u64, ..Outcomes::default() };
    found.broken = cases.iter().filter(|c| c.broken.is_some()).count() as u64;
    let term = |c: &&Case| c.broken.is_none() && c.end.is_some_and(|e| e < as_of);
    found.reached_term = cases.iter().filter(term).count() as u64;
    for (place, months) in found.broken_within.iter_mut().zip([3, 6, 9, 12]) {
        place.months = months;
        place.share = kaplan_meier(cases, as_of, months);
    }
    for (place, months) in found.back_within.iter_mut().zip([2, 6]) {
        let (mut yes, mut observed, mut censored) = (0, 0, 0);
        for case in cases {
            let Some(broken) = case.broken else { continue };
            let limit = broken + Months::new(months);
            let is_back = case.back.is_some_and(|back| back <= limit);
            yes += u64::from(is_back);
            if is_back || limit <= as_of { observed += 1 } else { censored += 1 }
        }
        *place = Share::of(yes, observed, censored);
    }
    let learners: BTreeSet<StreamKey> = cases.iter().map(|c| c.learner).collect();
    let (mut training, mut results, mut diplomas) = (0, 0, 0);
    for learner in &learners {
        let all: Vec<&Current> = person(learner).iter().map(|key| &dossiers[key]).collect();
        let result = |c: &&&Current| {
            let done = c.completion.as_ref();
            done.is_some_and(|d| d.on.unwrap_or(c.training.end_on) <= as_of)
        };
        let out = |c: &Current| {
            let days =
                c.exclusion.iter().map(|e| e.on).chain(c.withdrawal.iter().map(|(_, on)| *on));
            days.into_iter().any(|on| on <= as_of)
        };
        training += u64::from(all.iter().any(|c| {
            c.training.entry_on <= as_of && as_of <= c.training.end_on && !out(c) && !result(&c)
        }));
        results += u64::from(all.iter().any(|c| result(&c)));
        let diploma = |c: &&Current| result(&c) && c.completion.as_ref().unwrap().diploma;
        diplomas += u64::from(all.iter().any(diploma));
    }
    let count = learners.len() as u64;
    found.diploma = Share::of(diplomas, results, count - results);
    found.still_in_training = Share::of(training, count, 0);
    found
}

/// A time since the start that orders as the view's: whole months, then days.
fn time(start: NaiveDate, day: NaiveDate) -> (u32, i64) {
    if day <= start {
        return (0, 0);
    }
    let mut months = 0;
    while start + Months::new(months + 1) <= day {
        months += 1;
    }
    (months, (day - (start + Months::new(months))).num_days())
}

fn kaplan_meier(cases: &[Case], as_of: NaiveDate, months: u32) -> Share {
    let seen: Vec<((u32, i64), bool)> = cases
        .iter()
        .map(|c| match c.broken {
            Some(broken) => (time(c.start, broken), true),
            None => (time(c.start, c.end.map_or(as_of, |e| e.min(as_of))), false),
        })
        .collect();
    let times: BTreeSet<(u32, i64)> = seen.iter().filter(|(_, b)| *b).map(|(t, _)| *t).collect();
    let mut surviving = 1.0;
    for at in times.into_iter().filter(|(m, _)| *m < months) {
        let risk = seen.iter().filter(|(t, _)| *t >= at).count();
        let broken = seen.iter().filter(|(t, b)| *t == at && *b).count();
        surviving *= 1.0 - broken as f64 / risk as f64;
    }
    let within =
        |broken: bool| seen.iter().filter(|((m, _), b)| *m < months && *b == broken).count() as u64;
    let all = seen.len() as u64;
    Share {
        value: (all > 0).then_some(1.0 - surviving),
        yes: within(true),
        observed: all - within(false),
        censored: within(false),
    }
}

/// The view on a position and a day, whole and by CFA, to the last bit.
async fn assert_equals_naive(world: &World, at: Position, as_of: &str) {
    let folder = tempfile::tempdir().unwrap();
    let views = world.views(folder.path()).await;
    let persons = Persons::open(&folder.path().join("persons")).unwrap();
    let mut query = asked(as_of, "2025-08-10", "2027-06-20");
    query.time = query.time.at(at);
    query.group_by = GroupBy::Trainer;
    let found = outcomes(&views, query.clone()).await;
    let at = world.settled(at);
    assert_eq!(found.total, naive(world, &persons, at, &query, None));
    for (key, group) in &found.groups {
        assert_eq!(*group, naive(world, &persons, at, &query, Some(key)), "{key}");
    }
    let parts: u64 = found.groups.iter().map(|(_, group)| group.contracts).sum();
    assert_eq!(parts, found.total.contracts);
}

/// A cohort told by numbers: for each contract its first day, its length, when it is broken (or
/// not), and whether its learner is declared once, by two sources, or comes back under another.
fn cohort(told: &[(u16, u16, u16, u8)]) -> World {
    let mut world = World::new();
    let after = |on: NaiveDate, days: u16| on + chrono::TimeDelta::days(i64::from(days));
    for (n, (start, length, broken, kind)) in told.iter().enumerate() {
        let start = after(day("2025-08-01"), start % 330);
        let end = after(start, 20 + length % 700).to_string();
        let rupture = (broken % 3 > 0).then(|| after(start, broken % 420).to_string());
        let learner = keys(n as u8 + 1, 0);
        let declared = if kind % 4 == 0 { 2 } else { 1 };
        for source in 0..declared {
            let (cfa, entry) =
                if source == 0 { (CFA, "2025-08-01") } else { (OTHER_CFA, "2026-01-05") };
            let stream = world.enrol_in(training(cfa, entry, "2027-08-31"), learner);
            let contract = world.contract(stream, 0, &start.to_string(), &end);
            // The second source has not always heard of the rupture.
            if let Some(on) = rupture.as_ref().filter(|_| source == 0 || kind % 8 == 0) {
                world.rupture(stream, contract, on);
            }
            if kind % 4 == 1 {
                let again = after(start, broken % 420 + u16::from(*kind)).to_string();
                world.contract(stream, 1, &again, "2027-08-31");
            }
        }
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn outcomes_equal_a_naive_recomputation(
        acts in prop::collection::vec(any::<(u8, u8, u16, u16)>(), 1..60),
        cut in 0.0..1.0_f64,
        offset in 0_i64..900,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = play(&acts);
            let at = Position((world.head().0 as f64 * cut) as u64);
            let as_of = (day("2025-07-01") + chrono::TimeDelta::days(offset)).to_string();
            assert_equals_naive(&world, at, &as_of).await;
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn outcomes_of_a_cohort_with_censored_contracts_equal_a_naive_recomputation(
        told in prop::collection::vec(any::<(u16, u16, u16, u8)>(), 40..120),
        offset in 60_i64..500,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = cohort(&told);
            let as_of = (day("2025-08-01") + chrono::TimeDelta::days(offset)).to_string();
            assert_equals_naive(&world, world.head(), &as_of).await;
        });
    }
}

#[tokio::test]
async fn broken_contracts_are_not_rupturants() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    // One rupture, then back at once: a broken contract, and nobody without one.
    let stream = world.enrol();
    let first = world.contract(stream, 0, "2025-09-01", "2027-08-31");
    world.rupture(stream, first, "2025-12-01");
    world.contract(stream, 1, "2025-12-01", "2027-08-31");
    // A natural end long before the session's: a rupturant, and no broken contract.
    let other = world.enrol();
    world.contract(other, 0, "2025-09-01", "2025-12-31");
    let views = world.views(folder.path()).await;
    let found = outcomes(&views, asked("2026-02-01", "2025-09-01", "2025-09-30")).await.total;
    assert_eq!((found.contracts, found.broken, found.reached_term), (2, 1, 1));
    assert_eq!(found.back_within[0], Share::of(1, 1, 0));
}

#[tokio::test]
async fn a_return_in_another_cfa_is_a_return() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let left = world.enrol_in(training(CFA, "2025-09-01", "2027-08-31"), keys(1, 1));
    let contract = world.contract(left, 0, "2025-09-01", "2027-08-31");
    world.rupture(left, contract, "2025-12-01");
    let joined = world.enrol_in(training(OTHER_CFA, "2026-01-01", "2027-08-31"), keys(1, 1));
    world.contract(joined, 0, "2026-01-15", "2027-08-31");
    let views = world.views(folder.path()).await;
    let september = |as_of| asked(as_of, "2025-09-01", "2025-09-30");
    let found = outcomes(&views, september("2026-01-20")).await.total;
    assert_eq!(found.back_within[0], Share::of(1, 1, 0));
    assert_eq!(found.still_in_training, Share::of(1, 1, 0));
    // Not yet back, and not yet two months: nothing can be said.
    let found = outcomes(&views, september("2026-01-10")).await.total;
    assert_eq!(found.back_within[0], Share::of(0, 0, 1));
}

#[tokio::test]
async fn a_contract_that_two_sources_declare_counts_once() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let one = world.enrol_in(training(CFA, "2025-09-01", "2027-08-31"), keys(1, 1));
    let contract = world.contract(one, 0, "2025-09-01", "2027-08-31");
    world.from("aurion.cfa-02");
    let two = world.enrol_in(training(CFA, "2025-09-02", "2027-08-31"), keys(1, 1));
    world.contract(two, 0, "2025-09-01", "2027-08-31");
    let before = world.head();
    world.from("ymag.cfa-01").rupture(one, contract, "2025-12-01");
    let views = world.views(folder.path()).await;
    let mut query = asked("2026-03-01", "2025-09-01", "2025-09-30");
    // The second source has not heard of the rupture: that is no return to a contract.
    let found = outcomes(&views, query.clone()).await.total;
    assert_eq!((found.contracts, found.broken), (1, 1));
    assert_eq!(found.back_within[0], Share::of(0, 1, 0));
    query.time = query.time.at(before);
    let found = outcomes(&views, query).await.total;
    assert_eq!((found.contracts, found.broken), (1, 0));
}

#[tokio::test]
async fn a_contract_brought_along_to_another_cfa_counts_once_where_it_began() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let left = world.enrol_in(training(CFA, "2025-09-01", "2027-08-31"), keys(1, 1));
    world.contract(left, 0, "2025-09-01", "2027-08-31");
    let joined = world.enrol_in(training(OTHER_CFA, "2026-01-05", "2027-08-31"), keys(1, 1));
    let brought = world.contract(joined, 0, "2025-09-01", "2027-08-31");
    // Two employers from one day on are two contracts all the same.
    world.contract(joined, 1, "2025-09-01", "2027-08-31");
    world.rupture(joined, brought, "2026-02-01");
    let views = world.views(folder.path()).await;
    let mut query = asked("2026-03-01", "2025-09-01", "2025-09-30");
    query.group_by = GroupBy::Trainer;
    let found = outcomes(&views, query).await;
    assert_eq!((found.total.contracts, found.total.broken), (2, 1));
    let by_cfa: Vec<(&str, u64, u64)> =
        found.groups.iter().map(|(key, o)| (key.as_str(), o.contracts, o.broken)).collect();
    assert_eq!(by_cfa, [(CFA, 1, 1), (OTHER_CFA, 1, 0)]);
}

#[tokio::test]
async fn a_contract_counts_in_the_cfa_where_it_began_also_after_a_transfer() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let stream = world.enrol();
    world.contract(stream, 0, "2025-09-01", "2025-12-31");
    world.fact(
        stream,
        Fact::TransferDeclared {
            from: establishment(CFA),
            training: training(OTHER_CFA, "2025-09-01", "2027-08-31"),
            on: day("2026-01-05"),
        },
    );
    world.contract(stream, 1, "2026-01-05", "2027-08-31");
    let views = world.views(folder.path()).await;
    let mut query = asked("2026-03-01", "2025-09-01", "2026-01-31");
    query.group_by = GroupBy::Trainer;
    let found = outcomes(&views, query).await;
    let by_cfa: Vec<(&str, u64, u64)> =
        found.groups.iter().map(|(key, o)| (key.as_str(), o.contracts, o.reached_term)).collect();
    assert_eq!(by_cfa, [(CFA, 1, 1), (OTHER_CFA, 1, 0)]);
}

#[tokio::test]
async fn who_comes_back_after_an_exclusion_is_still_in_training() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let stream = world.enrol_in(training(CFA, "2024-09-02", "2025-07-31"), keys(1, 1));
    world.contract(stream, 0, "2024-09-02", "2025-07-31");
    world.fact(stream, Fact::LearnerExcluded { on: day("2025-05-05"), cause: None });
    let back = Fact::TransferDeclared {
        from: establishment(CFA),
        training: training(OTHER_CFA, "2026-02-02", "2026-12-31"),
        on: day("2026-02-02"),
    };
    world.on("2026-02-02").fact(stream, back);
    let views = world.views(folder.path()).await;
    for (as_of, still) in [("2025-05-04", 1), ("2025-06-01", 0), ("2026-03-01", 1)] {
        let found = outcomes(&views, asked(as_of, "2024-09-01", "2024-09-30")).await.total;
        assert_eq!(found.still_in_training, Share::of(still, 1, 0), "{as_of}");
    }
}

#[tokio::test]
async fn a_contract_that_ends_before_it_begins_is_no_return() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let stream = world.enrol();
    let contract = world.contract(stream, 0, "2025-09-01", "2027-08-31");
    world.rupture(stream, contract, "2025-12-01");
    world.contract(stream, 1, "2025-12-15", "2025-12-01");
    let views = world.views(folder.path()).await;
    let found = outcomes(&views, asked("2026-03-01", "2025-09-01", "2025-09-30")).await.total;
    assert_eq!(found.back_within[0], Share::of(0, 1, 0));
}
