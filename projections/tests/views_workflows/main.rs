//! Contracts whose workflow runs here, listed at any day, as known at any position, to anybody: as a naive model says.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test says no by a panic"
)]

mod history;
mod model;
mod persons;
mod ruptures;
mod silence;
#[path = "../views_support/mod.rs"]
mod views_support;

use chrono::{Days, NaiveDate};
use domain::contract::deadlines::By;
use domain::contract::{Phase, Tie, of_establishment};
use domain::identifiers::{Siret, Uai};
use domain::ids::{Position, StreamKey};
use history::{DRAFTERS, Histories, OPCO, Random, SIRET, pseudonym};
use model::Seen;
use projections::alerts::{Alert, AlertKind, Subject};
use projections::reach::{Reach, Sites, Ties};
use projections::time::TimeQuery;
use projections::views::{AlertsQuery, PageQuery, Views, WorkflowView, WorkflowsQuery};
use std::collections::BTreeSet;
use std::sync::Arc;
use views_support::{CFA, OTHER_CFA};

/// Ledgers, and questions to each: 2,400 in all.
const WORLDS: u64 = 60;
const QUESTIONS: usize = 40;

/// Who asks, as the model understands it.
#[derive(Debug, Clone)]
enum Asker {
    Everybody,
    /// A principal of an establishment.
    Cfa(&'static str, &'static str),
    Service(&'static str),
    /// Whoever controls what is carried out in a département.
    Place(&'static str),
    Opco,
    Employer([u8; 16]),
    Nobody,
}

/// The SIRET of every establishment of the enrolments.
const TRAINER_SIRET: &str = "13002526500013";

impl Asker {
    fn any(random: &mut Random) -> Self {
        match random.below(8) {
            0 | 1 => Self::Everybody,
            2 => Self::Cfa(random.one(&DRAFTERS), random.one(&[CFA, OTHER_CFA])),
            3 | 4 => Self::Service(random.one(&["35", "67", "974"])),
            5 => Self::Place(random.one(&["35", "67", "974"])),
            6 => random.one(&[Self::Opco, Self::Nobody]),
            _ => Self::Employer(pseudonym(TRAINER_SIRET)),
        }
    }

    fn reach(&self) -> Reach {
        let ties = match self {
            Self::Everybody => return Reach::default(),
            Self::Cfa(principal, uai) => {
                let uai = Uai::parse(uai).unwrap();
                let sirets = [SIRET, TRAINER_SIRET].map(|siret| Siret::parse(siret).unwrap());
                let own = sirets.into_iter().flat_map(|siret| of_establishment(siret, uai));
                own.chain([Tie::Drafter((*principal).to_owned())]).collect()
            }
            Self::Service(code) => BTreeSet::from([Tie::Service((*code).to_owned())]),
            Self::Place(code) => [Tie::Place((*code).to_owned())].into(),
            Self::Opco => [Tie::Opco(OPCO.to_owned())].into(),
            Self::Employer(key) => [Tie::Employer(*key)].into(),
            Self::Nobody => BTreeSet::new(),
        };
        let sites = Sites::Of(Arc::default());
        Reach { sites, contracts: Ties::Of(Arc::new(ties)), ..Reach::default() }
    }

    fn sees(&self, seen: &Seen<'_>) -> bool {
        match self {
            Self::Everybody => true,
            Self::Cfa(principal, own) => {
                let mut cfas = seen.cfas().into_iter();
                let named =
                    cfas.any(|[siret, uai]| siret.is_some() && uai.is_none_or(|uai| uai == *own));
                named || seen.trainer() == Some(own) || seen.drafter() == *principal
            }
            Self::Service(code) => seen.was_sent_to(code),
            Self::Place(code) => seen.is_done_in(code),
            Self::Opco => seen.was_sent_to_opco(),
            Self::Employer(key) => seen.is_of_employer(*key),
            Self::Nobody => false,
        }
    }
}

fn line(view: &WorkflowView, on: NaiveDate) -> String {
    let dues: Vec<String> = view
        .dues
        .iter()
        .map(|due| {
            let (earliest, by) = match due.by {
                By::Day(day) => (None, Some(day)),
                By::Between(earliest, latest) => (Some(earliest), Some(latest)),
                By::AtOnce => (None, None),
            };
            format!("{} {earliest:?} {by:?}", due.kind.id)
        })
        .collect();
    format!(
        "{:?} v{} {:?} round {} {} {} {:?} {:?} {:?} {:?} {:?}-{:?} {:?} {:?} {:?} {:?} {:?} {:?} next {:?} {dues:?}",
        StreamKey(view.contract.0),
        view.version.0,
        view.enrolment,
        view.round,
        view.phase.word(),
        view.life,
        view.public_law,
        view.body,
        view.departement,
        [&view.trainer_siret, &view.trainer_uai],
        view.start_on,
        view.end_on,
        view.signed_on,
        view.submitted_on,
        view.asked_on,
        view.broken_on,
        view.ended_on,
        view.deposit.decision(on),
        view.next.map(|(kind, on)| (kind.id, on)),
    )
}

/// Every page of a list, two entries each.
async fn listed(views: &Views, query: &WorkflowsQuery) -> Vec<String> {
    let (mut lines, mut after) = (Vec::new(), None);
    loop {
        let page = PageQuery { size: 2, after };
        let asked = WorkflowsQuery { page, ..query.clone() };
        let page = views.list_workflows(asked).await.unwrap().value;
        lines.extend(page.entries.iter().map(|view| line(view, query.time.as_of)));
        after = page.next;
        if after.is_none() {
            return lines;
        }
    }
}

/// Every page of them, two entries each; as many as are counted.
async fn every_alert(views: &Views, time: TimeQuery, kind: AlertKind) -> Vec<Alert> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = PageQuery { size: 2, after };
        let query = AlertsQuery { time, kind: Some(kind), trainer: None, departement: None, page };
        let page = views.list_alerts(query).await.unwrap().value;
        all.extend(page.entries);
        after = page.next;
        if after.is_none() {
            let counts = views.summarize_alerts(time, None, None).await.unwrap().value;
            let count = counts.iter().find(|count| count.kind == kind).unwrap().count;
            assert_eq!(all.len() as u64, count, "{kind:?} {time:?}");
            return all;
        }
    }
}

async fn alerts(views: &Views, time: TimeQuery) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for kind in [AlertKind::ContractDue, AlertKind::ContractLate] {
        for alert in every_alert(views, time, kind).await {
            let Subject::Contract(contract) = alert.subject else { panic!("{alert:?}") };
            lines.insert(format!(
                "{:?} late {} {} since {} {}",
                StreamKey(contract.0),
                alert.kind == AlertKind::ContractLate,
                alert.rule,
                alert.since,
                alert.days
            ));
        }
    }
    lines
}

/// One question, to the views and to the model; how many contracts it found.
async fn ask(views: &Views, told: &Histories, random: &mut Random, seed: u64) -> usize {
    let asker = Asker::any(random);
    let at = Position(1 + random.below(told.world.head().0 as usize) as u64);
    let settled = told.world.settled(at);
    let mut seen: Vec<Seen<'_>> =
        told.contracts.iter().filter_map(|one| Seen::at(one, settled)).collect();
    // Any day, or one beside the day of what somebody must do: there the answers change.
    let from: NaiveDate = "2024-08-01".parse().unwrap();
    let days: Vec<NaiveDate> =
        seen.iter().map(|one| one.order().0).filter(|day| *day < NaiveDate::MAX).collect();
    let on = if days.is_empty() || random.below(2) == 0 {
        from + Days::new(random.below(700) as u64)
    } else {
        random.one(&days) - Days::new(8) + Days::new(random.one(&[0, 1, 7, 8, 9, 10]))
    };
    let rarely = |random: &mut Random| random.below(4) == 0;
    let query = WorkflowsQuery {
        time: TimeQuery::on(on).at(at),
        phases: if rarely(random) {
            vec![random.one(&Phase::ALL), Phase::Submitted]
        } else {
            Vec::new()
        },
        life: rarely(random).then(|| random.one(&["running", "pending", "broken"]).to_owned()),
        departement: rarely(random).then(|| random.one(&["35", "974"]).to_owned()),
        body: rarely(random).then(|| random.one(&["DDETS", OPCO]).to_owned()),
        trainer: rarely(random).then(|| Uai::parse(CFA).unwrap()),
        late_only: rarely(random),
        page: PageQuery::default(),
    };
    // A list of the past, and its alerts, have what they see now as well.
    seen.retain(|one| asker.sees(one) && asker.sees(&one.now(told.world.head())));
    let expected_alerts: BTreeSet<String> = seen.iter().filter_map(|one| one.alert(on)).collect();
    seen.retain(|one| {
        (query.phases.is_empty() || query.phases.iter().any(|phase| phase.word() == one.phase()))
            && query.life.as_deref().is_none_or(|life| life == one.life())
            && query.departement.as_ref().is_none_or(|code| one.works_in(on).as_ref() == Some(code))
            && query.body.as_deref().is_none_or(|body| one.body() == Some(body))
            && query.trainer.is_none_or(|_| {
                let [_, uai] = one.cfa();
                uai == Some(CFA) || one.trainer() == Some(CFA)
            })
            && (!query.late_only || one.is_late(on))
    });
    seen.sort_by_key(Seen::order);
    let expected: Vec<String> = seen.iter().map(|one| one.line(on)).collect();
    let views = views.within(asker.reach());
    let said = format!("seed {seed}, {asker:?} asks {query:?}");
    assert_eq!(listed(&views, &query).await, expected, "{said}");
    assert_eq!(alerts(&views, query.time).await, expected_alerts, "{said}");
    expected.len() + expected_alerts.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_alerts_at_any_moment_are_those_of_a_naive_model() {
    let (mut found, mut late_numbers, mut met) = (0, 0, BTreeSet::new());
    for seed in 0..WORLDS {
        let mut random = Random(seed);
        let mut told = Histories::new();
        told.play(&mut random, 120);
        let folder = tempfile::tempdir().unwrap();
        let views = told.world.views(folder.path()).await;
        for question in 0..QUESTIONS {
            // Later in the same ledger, an employer is erased: its rows follow, of every past day.
            if question == QUESTIONS * 3 / 4 {
                told.erase(random.below(told.contracts.len()));
                views.catch_up().await;
            }
            found += ask(&views, &told, &mut random, seed).await;
        }
        let head = told.world.head();
        let all: Vec<_> = told.contracts.iter().filter_map(|one| Seen::at(one, head)).collect();
        late_numbers += all.iter().map(|one| one.late_numbers).sum::<usize>();
        met.extend(all.iter().flat_map(|one| [one.phase(), one.life()]));
    }
    // The questions are about something, and contracts came everywhere: ten phases and six lives.
    assert_eq!(met.len(), 16, "{met:?}");
    assert!(found > WORLDS as usize * QUESTIONS, "{found}");
    assert!(late_numbers > 0, "no number came after silence, once an amendment was begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_the_same_event_by_event_and_at_once_also_of_an_employer_who_is_erased() {
    for seed in 0..6 {
        let mut random = Random(1_000 + seed);
        let mut told = Histories::new();
        let folder = tempfile::tempdir().unwrap();
        let views = told.world.views(folder.path()).await;
        for _ in 0..20 {
            told.play(&mut random, 5);
            views.catch_up().await;
        }
        let which = random.below(told.contracts.len());
        told.erase(which);
        views.catch_up().await;
        told.play(&mut random, 10);
        views.catch_up().await;
        assert_eq!(views.position(), told.world.head(), "{:?}", views.state());
        let again = tempfile::tempdir().unwrap();
        let at_once = told.world.views(again.path()).await.dump().await.unwrap();
        assert_eq!(views.dump().await.unwrap(), at_once, "seed {seed}");
        assert!(at_once.contains("\nworkflows|") && at_once.contains("workflow_dues|"));
        let rows = |what: &str| at_once.lines().filter(|row| row.starts_with(what)).count();
        assert!(rows("workflow_persons|") > 2, "{at_once}");
        let gone = told.contracts[which].apprentice.to_string().replace('-', "");
        assert!(!at_once.contains(&gone), "the apprentice who was erased is in no row");
        // What is sealed is in no row.
        for sealed in ["35000", "67000", "97400", "44000", "0212345678", "un motif"] {
            assert!(!at_once.contains(&format!("|{sealed}|")), "{sealed}");
        }
    }
}
