//! What was known at a past moment stays what it was.
//!
//! The server runs inside the test, so that its clock can be set: a rupture is
//! declared in February 2026 and its date corrected in March; a table published
//! in March is asked again after a year of later pushes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use common::client::{self, Run};
use common::inside::Node;
use common::random::Random;
use common::rows;
use common::server;
use proto::v1::enrolment_service_client::EnrolmentServiceClient;
use proto::v1::{
    ComputeEvolutionRequest, ComputeEvolutionResponse, ComputeHeadcountRequest, Dossier,
    GetTrajectoryRequest, RowOutcome, RunExtent, Status, TimeQuery,
};

/// Learners of the CFA.
const LEARNERS: usize = 60;

/// One CFA, its rows, and a ledger whose clock follows its pushes.
struct School {
    node: Node,
    random: Random,
    dossiers: Vec<Dossier>,
}

impl School {
    async fn open(test: &str) -> Self {
        let mut random = Random::announced(test);
        let dossiers = rows::learners(&mut random, LEARNERS);
        Self { node: Node::start().await, random, dossiers }
    }

    /// Sets the clock to three in the morning of a day, pushes everything, and
    /// gives the name of the first learner's enrolment.
    async fn push_on(&mut self, day: &str) -> String {
        let at = format!("{day}T03:00:00Z");
        self.node.set_clock(&at);
        let run =
            Run::new(&mut self.random, "known-at", RunExtent::Full, &at, self.dossiers.clone());
        let answers = client::push(&self.node.channel, &run, 2_000).await;
        assert_eq!(client::count(&answers, RowOutcome::Refused), 0, "{day}");
        answers[0].enrolment.clone()
    }

    async fn head(&self) -> u64 {
        client::head(&self.node.channel).await.position
    }

    async fn time(&self, as_of: &str, known_at: &str) -> Option<TimeQuery> {
        let (as_of, known_at) = (as_of.to_owned(), known_at.to_owned());
        Some(TimeQuery { as_of, known_at, min_position: self.head().await })
    }

    /// Apprentices and rupturants of a day, as known at a moment.
    async fn headcount(&self, as_of: &str, known_at: &str) -> (u64, u64) {
        let time = self.time(as_of, known_at).await;
        let request = ComputeHeadcountRequest { time, ..Default::default() };
        let answer = client::dashboard(&self.node.channel).compute_headcount(request).await;
        let total = answer.unwrap().into_inner().total.unwrap();
        (total.apprentis, total.rupturants)
    }

    /// The day from which the learner is in rupture, as known at a moment.
    async fn rupture_in_trajectory(&self, name: &str, known_at: &str) -> Option<String> {
        let (name, time) = (name.to_owned(), self.time("2026-06-01", known_at).await);
        let request = GetTrajectoryRequest { name, time, ..Default::default() };
        let mut client = EnrolmentServiceClient::new(self.node.channel.clone());
        let answer = client.get_trajectory(request).await.unwrap().into_inner();
        let step = answer.trajectory.iter().find(|step| step.status() == Status::Rupturant);
        step.map(|step| step.from.clone())
    }

    /// The table of the school year's first months.
    async fn table(&self, known_at: &str) -> ComputeEvolutionResponse {
        let request = ComputeEvolutionRequest {
            from_month: "2025-09".to_owned(),
            to_month: "2026-03".to_owned(),
            known_at: known_at.to_owned(),
            min_position: self.head().await,
            ..Default::default()
        };
        let answer = client::dashboard(&self.node.channel).compute_evolution(request).await;
        answer.unwrap().into_inner()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_in_march_leaves_what_february_knew() {
    let mut school = School::open("known_at").await;
    school.push_on("2025-11-03").await;
    school.dossiers[0].contrat_date_rupture = Some("2026-01-20".to_owned());
    let name = school.push_on("2026-02-02").await;
    assert_eq!(school.headcount("2026-01-10", "").await, (60, 0), "before the correction");

    school.dossiers[0].contrat_date_rupture = Some("2026-01-05".to_owned());
    assert_eq!(school.push_on("2026-03-09").await, name);

    let february = "2026-02-28";
    assert_eq!(school.headcount("2026-01-10", february).await, (60, 0));
    assert_eq!(school.headcount("2026-01-25", february).await, (59, 1));
    assert_eq!(school.headcount("2026-01-10", "").await, (59, 1));
    assert_eq!(school.headcount("2026-01-10", "2026-03-09").await, (59, 1));
    assert_eq!(school.headcount("2026-01-25", "2025-12-31").await, (60, 0), "not yet heard of");
    let from = |day: &str| Some(day.to_owned());
    assert_eq!(school.rupture_in_trajectory(&name, february).await, from("2026-01-20"));
    assert_eq!(school.rupture_in_trajectory(&name, "").await, from("2026-01-05"));
    assert_eq!(school.rupture_in_trajectory(&name, "2025-12-31").await, None);

    // The end of the day in Paris: 23:00 UTC in winter. The push came at 03:00.
    assert_eq!(school.headcount("2026-01-10", "2026-03-09T02:59:59Z").await, (60, 0));
    assert_eq!(school.headcount("2026-01-10", "2026-03-08").await, (60, 0));
    assert_eq!(on_the_command_line(&school, february).await, (60, 0));
    assert_eq!(on_the_command_line(&school, "2026-03-31").await, (59, 1));
}

/// `registre headcount` of 10 January 2026, as known at a moment.
async fn on_the_command_line(school: &School, known_at: &str) -> (u64, u64) {
    let url = school.node.url.clone();
    let known_at = known_at.to_owned();
    let printed = tokio::task::spawn_blocking(move || {
        let words = ["headcount", "--to", &url, "--as-of", "2026-01-10", "--known-at", &known_at];
        server::run_well(&[&words[..], &["--format", "json"]].concat())
    });
    let answer: serde_json::Value = serde_json::from_str(&printed.await.unwrap()).unwrap();
    let figure = |name: &str| answer["total"][name].as_u64().expect("a whole number");
    (figure("apprentis"), figure("rupturants"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_table_is_found_again_after_a_year_of_pushes() {
    let mut school = School::open("published_table").await;
    for (month, day) in ["2025-10-06", "2025-12-08", "2026-02-09", "2026-03-02"].iter().enumerate()
    {
        for learner in 0..3 {
            let rupture = Some(format!("{}-{:02}", &day[..7], 1 + learner));
            school.dossiers[10 * month + learner].contrat_date_rupture = rupture;
        }
        school.push_on(day).await;
    }
    let published = school.table("").await;
    let position = published.basis.as_ref().unwrap().position;
    let as_published_monthly = school.table("each").await;
    assert!(published.months.iter().any(|m| m.headcount.as_ref().unwrap().rupturants > 0));

    a_year_of_pushes(&mut school).await;

    let now = school.table("").await;
    assert_ne!(now.months, published.months, "the year changed nothing: what does this show?");
    let again = school.table(&format!("@{position}")).await;
    assert_eq!(again.months, published.months);
    assert_eq!(again.basis.as_ref().unwrap().position, position);
    let by_day = school.table("2026-03-31").await;
    assert_eq!(by_day.months, published.months);
    let each = school.table("each").await;
    let closed = |table: &ComputeEvolutionResponse| table.months[..6].to_vec();
    assert_eq!(closed(&each), closed(&as_published_monthly), "months that were over");
}

/// Late news of the past, corrected dates, learners who leave, month after month.
async fn a_year_of_pushes(school: &mut School) {
    for month in 4..=15 {
        let day = format!("{}-{:02}-06", 2026 + (month - 1) / 12, (month - 1) % 12 + 1);
        let late = (4 * month) % LEARNERS;
        school.dossiers[late].contrat_date_rupture = Some(format!("2025-11-{month:02}"));
        school.dossiers[month].contrat_date_debut = Some("2025-09-15".to_owned());
        let phone = rows::phone(&mut school.random);
        school.dossiers[(7 * month) % LEARNERS].tel_apprenant = Some(phone);
        if month == 9 {
            school.dossiers.truncate(LEARNERS - 1);
        }
        school.push_on(&day).await;
    }
}
