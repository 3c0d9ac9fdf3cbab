//! The rows of contracts whose workflow runs here, and how they are written.
//!
//! When an apprentice or a legal representative is erased, so are the rows by which they are searched. When an employer is, what was told of their sections goes from every row, as a rebuild would have it: the
//! département, what is due by the calendar of the place, and the ties that are made of it.

use super::rows::number;
use super::versions::{ALWAYS, Changes, FOREVER, Version};
use super::write::{insert, sort};
use crate::runner::{ContractSteps, Workflow};
use crate::source::Recorded;
use crate::time::day_number;
use chrono::NaiveDate;
use domain::contract::deadlines::{By, all_due, is_looked_after};
use domain::contract::{DepositBody, Life, Phase, body};
use domain::erasure::ErasureEvent;
use domain::event::Event;
use domain::ids::SubjectId;
use sqlx::SqliteConnection;
use std::collections::BTreeMap;

/// What is public of a contract, from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct WorkflowRow {
    /// The first day on which it is not so any more.
    to_on: i64,
    version: i64,
    enrolment: Option<[u8; 16]>,
    round: i64,
    phase: &'static str,
    life: &'static str,
    public_law: Option<bool>,
    body: Option<String>,
    departement: Option<String>,
    cfa_siret: Option<String>,
    cfa_uai: Option<String>,
    start_on: Option<i64>,
    end_on: Option<i64>,
    exams_end_on: Option<i64>,
    signed_on: Option<i64>,
    submitted_on: Option<i64>,
    complete_on: Option<i64>,
    asked_on: Option<i64>,
    decided_on: Option<i64>,
    runs_from: Option<i64>,
    broken_on: Option<i64>,
    looked_after: Option<bool>,
    ended_on: Option<i64>,
    next_due: Option<&'static str>,
    next_on: Option<i64>,
    employer: Option<[u8; 16]>,
}

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
struct DueRow {
    earliest: Option<i64>,
    latest: Option<i64>,
    article: &'static str,
    until: Option<i64>,
    since: Option<i64>,
}

/// Everything that a batch does to these rows.
#[derive(Debug, Default)]
pub(super) struct WorkflowRows {
    ids: Vec<(i64, [u8; 16])>,
    /// By the contract and the first day of which a row speaks; as what is due.
    workflows: Changes<(i64, i64), WorkflowRow>,
    dues: Changes<(i64, &'static str, i64), DueRow>,
    ties: Changes<(i64, String), ()>,
    persons: Changes<(i64, [u8; 16], SubjectId), ()>,
    erased: Vec<SubjectId>,
}

impl WorkflowRows {
    /// Begins with who is erased by a batch.
    pub(super) fn of(batch: &[Recorded]) -> Self {
        let erased = batch.iter().filter_map(|recorded| match &recorded.event {
            Event::Erasure(ErasureEvent::Erased { subjects, .. }) => Some(subjects),
            _ => None,
        });
        Self { erased: erased.flatten().copied().collect(), ..Self::default() }
    }

    /// Adds what the batch does to one contract.
    pub(super) fn see(&mut self, steps: &ContractSteps) {
        let contract = number(steps.number);
        if steps.before.is_none() {
            self.ids.push((contract, steps.contract.0));
        }
        let (before, states) = each(steps, |state| rows(contract, state));
        self.workflows.follow(before, states);
        let (before, states) = each(steps, |state| dues(contract, state));
        self.dues.follow(before, states);
        let (before, states) = each(steps, |state| {
            state.ties().into_iter().map(|tie| ((contract, tie.to_string()), ())).collect()
        });
        self.ties.follow(before, states);
        let (before, states) = each(steps, |state| {
            state.stated.iter().map(|(key, subject)| ((contract, *key, *subject), ())).collect()
        });
        self.persons.follow(before, states);
    }

    /// Writes them.
    pub(super) async fn write(
        mut self,
        connection: &mut SqliteConnection,
    ) -> Result<(), sqlx::Error> {
        self.ids.sort_unstable();
        sort(&mut self.workflows);
        sort(&mut self.dues);
        sort(&mut self.ties);
        sort(&mut self.persons);
        insert(connection, "workflow_ids", &self.ids, |tuple, (contract, id)| {
            tuple.push_bind(*contract).push_bind(id.to_vec());
        })
        .await?;
        self.close(connection).await?;
        insert_workflows(connection, &self.workflows.opened).await?;
        insert(connection, "workflow_dues", &self.dues.opened, |tuple, version| {
            let ((contract, due, from_on), row) = (version.key, &version.row);
            tuple.push_bind(contract).push_bind(due);
            tuple.push_bind(version.known_from).push_bind(from_on).push_bind(version.known_to);
            tuple.push_bind(row.earliest).push_bind(row.latest).push_bind(row.article);
            tuple.push_bind(row.until).push_bind(row.since);
        })
        .await?;
        insert(connection, "workflow_ties", &self.ties.opened, |tuple, version| {
            let (contract, tie) = &version.key;
            tuple.push_bind(*contract).push_bind(tie.clone());
            tuple.push_bind(version.known_from).push_bind(version.known_to);
        })
        .await?;
        // What was stated once stays so: none of these ends.
        insert(connection, "workflow_persons", &self.persons.opened, |tuple, version| {
            let (contract, key, subject) = version.key;
            tuple.push_bind(contract).push_bind(key.to_vec()).push_bind(subject.0.to_vec());
            tuple.push_bind(version.known_from);
        })
        .await?;
        forget(connection, &self.erased).await
    }

    async fn close(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        const WORKFLOW: &str =
            "UPDATE workflows SET known_to = ? WHERE contract = ? AND from_on = ? AND known_to = ?";
        const DUE: &str = "UPDATE workflow_dues SET known_to = ? \
             WHERE contract = ? AND due = ? AND from_on = ? AND known_to = ?";
        const TIE: &str =
            "UPDATE workflow_ties SET known_to = ? WHERE contract = ? AND tie = ? AND known_to = ?";
        for ((contract, from_on), at) in &self.workflows.closed {
            let query = sqlx::query(WORKFLOW).bind(at).bind(contract).bind(from_on).bind(FOREVER);
            query.execute(&mut *connection).await?;
        }
        for ((contract, due, from_on), at) in &self.dues.closed {
            let query = sqlx::query(DUE).bind(at).bind(contract).bind(*due).bind(from_on);
            let query = query.bind(FOREVER);
            query.execute(&mut *connection).await?;
        }
        for ((contract, tie), at) in &self.ties.closed {
            let query = sqlx::query(TIE).bind(at).bind(contract).bind(tie).bind(FOREVER);
            query.execute(&mut *connection).await?;
        }
        Ok(())
    }
}

async fn insert_workflows(
    connection: &mut SqliteConnection,
    opened: &[Version<(i64, i64), WorkflowRow>],
) -> Result<(), sqlx::Error> {
    insert(connection, "workflows", opened, |tuple, version| {
        let ((contract, from_on), row) = (version.key, &version.row);
        tuple.push_bind(contract).push_bind(version.known_from);
        tuple.push_bind(from_on).push_bind(row.to_on).push_bind(version.known_to);
        tuple.push_bind(row.version).push_bind(row.enrolment.map(|key| key.to_vec()));
        tuple.push_bind(row.round).push_bind(row.phase).push_bind(row.life);
        tuple.push_bind(row.public_law).push_bind(row.body.clone());
        tuple.push_bind(row.departement.clone());
        tuple.push_bind(row.cfa_siret.clone()).push_bind(row.cfa_uai.clone());
        tuple.push_bind(row.start_on).push_bind(row.end_on).push_bind(row.exams_end_on);
        tuple.push_bind(row.signed_on).push_bind(row.submitted_on).push_bind(row.complete_on);
        tuple.push_bind(row.asked_on).push_bind(row.decided_on).push_bind(row.runs_from);
        tuple.push_bind(row.broken_on).push_bind(row.looked_after).push_bind(row.ended_on);
        tuple.push_bind(row.next_due).push_bind(row.next_on);
        tuple.push_bind(row.employer.map(|subject| subject.to_vec()));
    })
    .await
}

/// Takes away what was told of persons and employers who are erased.
async fn forget(
    connection: &mut SqliteConnection,
    erased: &[SubjectId],
) -> Result<(), sqlx::Error> {
    const STEPS: [&str; 5] = [
        "DELETE FROM workflow_persons WHERE subject = ?",
        "DELETE FROM workflow_ties WHERE (tie LIKE 'service %' OR tie LIKE 'place %' \
         OR tie LIKE 'employer %') AND contract IN (SELECT contract FROM workflows WHERE employer = ?)",
        "DELETE FROM workflow_dues WHERE due IN ('SUBMIT', 'FREE_RUPTURE_ENDS') AND \
         contract IN (SELECT contract FROM workflows WHERE employer = ?)",
        "UPDATE workflows SET next_due = NULL, next_on = NULL WHERE next_due = 'SUBMIT' AND \
         contract IN (SELECT contract FROM workflows WHERE employer = ?)",
        "UPDATE workflows SET departement = NULL WHERE \
         contract IN (SELECT contract FROM workflows WHERE employer = ?)",
    ];
    for subject in erased {
        for step in STEPS {
            sqlx::query(step).bind(subject.0.to_vec()).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// The rows of a contract before a batch, and after each of its requests.
fn each<'a, K: Ord, R>(
    steps: &'a ContractSteps,
    rows: impl Fn(&Workflow) -> BTreeMap<K, R> + 'a,
) -> (BTreeMap<K, R>, impl Iterator<Item = (i64, BTreeMap<K, R>)>) {
    let before = steps.before.as_ref().map(&rows).unwrap_or_default();
    (before, steps.steps.iter().map(move |(at, state)| (number(*at), rows(state))))
}

/// The row of a contract; of one whose amendment silence will refuse, one until then and one from then on.
fn rows(contract: i64, of: &Workflow) -> BTreeMap<(i64, i64), WorkflowRow> {
    let begins = row(of, NaiveDate::MIN);
    let Some(turn) = of.state.lapses_on() else {
        return BTreeMap::from([((contract, ALWAYS), begins)]);
    };
    let until = WorkflowRow { to_on: day_number(turn), ..begins };
    BTreeMap::from([((contract, ALWAYS), until), ((contract, day_number(turn)), row(of, turn))])
}

fn row(of: &Workflow, on: NaiveDate) -> WorkflowRow {
    let state = &of.state;
    let days = |day: Option<NaiveDate>| day.map(day_number);
    let round = state.round();
    let form = state.in_force(on).or(round.map(|round| &round.form));
    let cfa = round.map(|round| &round.form.training.responsible);
    let (mut broken_on, mut looked_after, mut ended_on) = (None, None, None);
    match &state.life {
        Life::Broken(on, rupture) => {
            broken_on = Some(day_number(*on));
            looked_after = Some(is_looked_after(rupture));
        }
        Life::Completed(on, _) => ended_on = Some(day_number(*on)),
        Life::Pending | Life::Running | Life::Suspended | Life::Cancelled => {}
    }
    let next = all_due(state).into_iter().find(|due| due.kind.obliges);
    WorkflowRow {
        to_on: FOREVER,
        version: i64::try_from(of.version.0).unwrap_or(i64::MAX),
        enrolment: state.enrolment.map(|key| key.0),
        round: round.map_or(0, |round| i64::from(round.number)),
        phase: round.map_or("", |round| round.phase.word()),
        life: state.life.word(),
        public_law: round.and_then(|round| round.form.is_public_law()),
        body: round.and_then(|round| round.body.as_ref()).map(|body| match body {
            DepositBody::State(name) | DepositBody::Opco(name) => name.clone(),
        }),
        departement: form.and_then(|form| body::departement(form).ok()),
        cfa_siret: cfa.and_then(|cfa| cfa.siret).map(|siret| siret.as_str().to_owned()),
        cfa_uai: cfa.and_then(|cfa| cfa.uai).map(|uai| uai.as_str().to_owned()),
        start_on: days(form.and_then(|form| form.terms.start_on)),
        end_on: days(form.and_then(|form| form.terms.end_on)),
        exams_end_on: days(form.and_then(|form| form.training.exams_end_on)),
        signed_on: days(round.and_then(|round| round.signed_on)),
        submitted_on: days(round.and_then(|round| round.submitted_on)),
        complete_on: days(round.and_then(|round| round.complete_on)),
        // Since when the clock stands still.
        asked_on: days(
            round
                .filter(|round| round.phase == Phase::Incomplete)
                .and_then(|round| Some(round.asked.as_ref()?.on)),
        ),
        decided_on: days(round.and_then(|round| round.decided_on)),
        runs_from: days(state.rounds.first().and_then(|first| first.signed_on)),
        broken_on,
        looked_after,
        ended_on,
        next_on: next.as_ref().map(|due| day_number(due.sorts_on())),
        next_due: next.map(|due| due.kind.id),
        employer: of.employer.map(|subject| subject.0),
    }
}

fn dues(contract: i64, of: &Workflow) -> BTreeMap<(i64, &'static str, i64), DueRow> {
    let row = |due: domain::contract::deadlines::Due| {
        let (earliest, latest) = match due.by {
            By::Day(day) => (None, Some(day)),
            By::Between(earliest, latest) => (Some(earliest), Some(latest)),
            By::AtOnce => (None, None),
        };
        let row = DueRow {
            earliest: earliest.map(day_number),
            latest: latest.map(day_number),
            article: due.article,
            until: due.until.map(day_number),
            since: due.since.map(day_number),
        };
        ((contract, due.kind.id, due.from.map_or(ALWAYS, day_number)), row)
    };
    all_due(&of.state).into_iter().map(row).collect()
}
