//! What one source says of one dossier, told by eight clients in any order.
//!
//! The newest extraction wins, so the dossier ends as if all had come in order;
//! each answer says what became of its row. Of several people who correct one
//! event at once one does, and the others are told.

use crate::common::client::Channel;
use crate::common::client::{self, Run};
use crate::common::history::{self, Entry, History};
use crate::common::random::Random;
use crate::common::rows;
use crate::common::server::{self, Server};
use crate::counts;
use crate::support::fault::Fault;
use proto::v1::enrolment_service_client::EnrolmentServiceClient;
use proto::v1::{
    CorrectEventRequest, Dossier, Enrolment, GetEnrolmentRequest, GetTrajectoryRequest, RowAnswer,
    RowOutcome, RuleSet, RunExtent, RuptureValue, TimeQuery, TrajectoryStep,
    correct_event_request::Value,
};
use tokio::task::JoinSet;
use tonic::Code;

/// Dossiers of one life, on one server.
const DOSSIERS: u64 = 20;
/// Clients that push at once.
const CLIENTS: usize = 8;
/// Extractions of a dossier.
const VERSIONS: u64 = 12;

#[tokio::test(flavor = "multi_thread")]
async fn interleaved() {
    let mut fault = Fault::new(counts::INTERLEAVED, "rows that came too late, and others told");
    for seed in fault.lives(DOSSIERS) {
        one_life(&mut fault, seed).await;
    }
    fault.end();
}

async fn one_life(fault: &mut Fault, seed: u64) {
    let mut random = fault.random(seed);
    let outer = tempfile::tempdir().unwrap();
    let data = outer.path().join("data");
    let server = Server::start(&data).await;
    let mut channels = Vec::new();
    for _ in 0..CLIENTS {
        channels.push(server.channel().await);
    }
    let mut told = Vec::new();
    for dossier in 0..DOSSIERS {
        let versions = versions(&mut random, usize::try_from(dossier).unwrap());
        // As two sources say it, so that they are two dossiers.
        let in_order = runs(&mut random, &format!("ordered-{dossier}"), &versions);
        let mut shuffled = runs(&mut random, &format!("shuffled-{dossier}"), &versions);
        shuffle(&mut random, &mut shuffled);
        let mut expected = None;
        for run in &in_order {
            let answer = client::push(&channels[0], run, 1).await.remove(0);
            told.extend(history::acknowledged(std::slice::from_ref(&answer)));
            expected = Some(answer.enrolment);
        }
        let answers = at_once(&channels, shuffled).await;
        told.extend(history::acknowledged(&answers));
        fault.hit(late(&answers));
        let expected = State::of(&channels[0], &expected.unwrap()).await;
        let found = State::of(&channels[0], &answers[0].enrolment).await;
        if expected != found {
            println!("dossier {dossier}: in order {expected:?}, at once {found:?}");
            fault.served_wrong(1);
        }
        let (corrected, refused) = correct_at_once(&mut random, &channels, &found).await;
        told.extend(corrected);
        fault.hit(refused);
        fault.ran();
    }
    let log = History::read(&channels[0]).await;
    log.must_be_the_head(&channels[0]).await;
    // An act tells neither type nor leaf: its position and id must be those of the log.
    let (acts, rows): (Vec<Entry>, Vec<Entry>) =
        told.into_iter().partition(|entry| entry.kind.is_empty());
    for act in &acts {
        let same = log.entries()[act.position as usize - 1].event_id == act.event_id;
        fault.lost(usize::from(!same));
    }
    fault.compare(&log, &rows);
    fault.acknowledged(acts.len() + rows.len());
    assert!(server.stop().success());
    server::run_well(&["fsck", "--data", data.to_str().unwrap()]);
}

/// What a source says of a learner from extraction to extraction: each row states everything.
fn versions(random: &mut Random, number: usize) -> Vec<Dossier> {
    let learner = rows::learner(random, number);
    let version = |random: &mut Random| Dossier {
        tel_apprenant: Some(rows::phone(random)),
        date_fin_formation: Some(format!("2027-07-{:02}", 1 + random.below(31))),
        contrat_date_fin: Some(format!("2027-06-{:02}", 1 + random.below(30))),
        contrat_date_rupture: Some(format!("2025-10-{:02}", 1 + random.below(31))),
        libelle_court_formation: Some(random.one_of(&["CAP Cuisine", "CAP cuisine"]).to_owned()),
        ..learner.clone()
    };
    (0..VERSIONS).map(|_| version(random)).collect()
}

fn runs(random: &mut Random, source: &str, versions: &[Dossier]) -> Vec<Run> {
    let day = chrono::NaiveDate::from_ymd_opt(2025, 11, 2).unwrap();
    let run = |(rank, dossier): (u64, &Dossier)| {
        let at = format!("{}T03:00:00Z", day + chrono::Days::new(rank));
        Run::new(random, source, RunExtent::Partial, &at, [dossier.clone()])
    };
    (0..).zip(versions).map(run).collect()
}

fn shuffle(random: &mut Random, runs: &mut [Run]) {
    for rank in (1..runs.len()).rev() {
        runs.swap(rank, random.below(rank as u64 + 1) as usize);
    }
}

/// Each client sends its share, one after the other, all clients at once.
async fn at_once(channels: &[Channel], runs: Vec<Run>) -> Vec<RowAnswer> {
    let mut clients = JoinSet::new();
    for (rank, channel) in channels.iter().enumerate() {
        let (channel, share) = (channel.clone(), runs.iter().skip(rank).step_by(CLIENTS));
        let share: Vec<Run> = share.cloned().collect();
        clients.spawn(async move {
            let mut answers = Vec::new();
            for run in share {
                answers.extend(client::push(&channel, &run, 1).await);
            }
            answers
        });
    }
    clients.join_all().await.into_iter().flatten().collect()
}

/// Rows that a newer one had settled; every row has one of three answers.
fn late(answers: &[RowAnswer]) -> u64 {
    assert_eq!(answers.len() as u64, VERSIONS);
    let known = [RowOutcome::Written, RowOutcome::Unchanged, RowOutcome::Stale];
    let answered = |answer: &RowAnswer| known.contains(&answer.outcome());
    assert!(answers.iter().all(answered), "{answers:?}");
    client::count(answers, RowOutcome::Stale) as u64
}

/// What anybody can see of a dossier, without its names.
#[derive(Debug, PartialEq)]
struct State {
    enrolment: Enrolment,
    trajectories: Vec<Vec<TrajectoryStep>>,
    /// The live event that says the rupture; it is not compared.
    rupture: Rupture,
}

/// An event id that equals every other.
#[derive(Debug)]
struct Rupture {
    enrolment: String,
    event: String,
}

impl PartialEq for Rupture {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl State {
    async fn of(channel: &Channel, name: &str) -> Self {
        let min_position = client::head(channel).await.position;
        let time =
            Some(TimeQuery { as_of: "2026-03-01".into(), min_position, ..Default::default() });
        let mut service = EnrolmentServiceClient::new(channel.clone());
        let request =
            GetEnrolmentRequest { name: name.to_owned(), time: time.clone(), ..Default::default() };
        let answer = service.get_enrolment(request).await.unwrap().into_inner();
        let mut enrolment = answer.enrolment.unwrap();
        let mut trajectories = Vec::new();
        for rules in [RuleSet::R1, RuleSet::R2, RuleSet::R3] {
            let request = GetTrajectoryRequest {
                name: name.to_owned(),
                time: time.clone(),
                rule_set: rules.into(),
            };
            let answer = service.get_trajectory(request).await.unwrap().into_inner();
            trajectories.push(answer.trajectory);
        }
        // Names and versions are of the one dossier and of its history.
        (enrolment.name, enrolment.source, enrolment.version) = Default::default();
        enrolment.same_person.clear();
        let mut rupture = Rupture { enrolment: name.to_owned(), event: String::new() };
        for contract in &mut enrolment.contracts {
            (contract.name, contract.enrolment) = Default::default();
            rupture.event = std::mem::take(&mut contract.rupture_event);
        }
        Self { enrolment, trajectories, rupture }
    }
}

/// Every client corrects the rupture to another day; gives what the one who did was
/// told, and how many were refused.
async fn correct_at_once(
    random: &mut Random,
    channels: &[Channel],
    state: &State,
) -> (Option<Entry>, u64) {
    let Rupture { enrolment, event } = &state.rupture;
    let mut clients = JoinSet::new();
    for (day, channel) in (1..).zip(channels) {
        let effective_on = format!("2025-12-{day:02}");
        let request = CorrectEventRequest {
            enrolment: enrolment.clone(),
            event_id: event.clone(),
            request_id: random.uuid(),
            actor: "agent-7".to_owned(),
            value: Some(Value::Rupture(RuptureValue { effective_on, ..Default::default() })),
        };
        let mut service = EnrolmentServiceClient::new(channel.clone());
        clients.spawn(async move { service.correct_event(request).await });
    }
    let (mut corrected, mut refused) = (None, 0);
    for answer in clients.join_all().await {
        match answer {
            Ok(answer) => {
                assert!(corrected.is_none(), "two people corrected one event");
                let receipt = answer.into_inner().receipt.unwrap();
                let (position, event_id) = (receipt.position, receipt.event_id);
                corrected = Some(Entry { position, event_id, kind: String::new(), leaf: [0; 32] });
            }
            Err(status) => {
                assert_eq!(status.code(), Code::Aborted, "{status:?}");
                refused += 1;
            }
        }
    }
    assert!(corrected.is_some(), "nobody could correct it");
    (corrected, refused)
}
