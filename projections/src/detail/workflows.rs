//! Pages of contracts whose workflow runs here, and what is due of some.

use super::lists::{bytes, day, days, key};
use super::rows::number;
use super::store::Detail;
use super::versions::ALWAYS;
use crate::reach::Ties;
use crate::time::{day_number, day_of};
use crate::views::WorkflowView;
use chrono::NaiveDate;
use domain::contract::conclude::Deposit;
use domain::contract::deadlines::{By, Due, Kind};
use domain::contract::{Phase, Tie};
use domain::identifiers::Uai;
use domain::ids::{ContractId, Position, StreamKey, Version};
use domain::rules::ContractSpan;
use serde_json::json;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};
use std::collections::{BTreeMap, BTreeSet};

/// Which contracts are asked for, and from where on.
#[derive(Debug, Clone, Default)]
pub(crate) struct WorkflowsAsked {
    /// One of these phases; all when there is none.
    pub(crate) phases: Vec<Phase>,
    pub(crate) life: Option<String>,
    /// Of the place of work.
    pub(crate) departement: Option<String>,
    /// The deposit body, by its name.
    pub(crate) body: Option<String>,
    pub(crate) trainer: Option<Uai>,
    /// The day of which is asked: silence may have put another form in force.
    pub(crate) on: NaiveDate,
    /// Only those of which something was due before that day.
    pub(crate) late_only: bool,
    pub(crate) after: Option<After>,
    /// Whether they are asked for as known before: then whoever asks has to see them now, too.
    pub(crate) is_past: bool,
}

/// A signed contract whose workflow runs here.
#[derive(Debug, Clone)]
pub(crate) struct Here {
    pub(crate) span: ContractSpan,
    /// Every first day that its signed form ever said.
    pub(crate) first_days: BTreeSet<NaiveDate>,
}

/// Behind which contract a page begins: its day, the last ones without one, and its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct After {
    pub(crate) day: i64,
    pub(crate) id: [u8; 16],
}

/// The day of a contract of which nothing is due, in the order of the list.
const NEVER: i64 = i64::MAX;

/// Behind all that is known, and before [`super::versions::FOREVER`].
const NOW: Position = Position(i64::MAX as u64 - 1);

const COLUMNS: &str = "SELECT w.contract, i.id, w.version, w.enrolment, w.round, w.phase, w.life, \
     w.public_law, w.body, w.departement, w.cfa_siret, w.cfa_uai, w.start_on, w.end_on, w.signed_on, \
     w.submitted_on, w.complete_on, w.asked_on, w.decided_on, w.broken_on, w.ended_on, w.next_due, \
     w.next_on FROM workflows w CROSS JOIN workflow_ids i ON i.contract = w.contract WHERE w.known_from <= ";

impl Detail {
    /// Contracts known at a position, those of which something is due soonest first, then by name. Each with its number.
    pub(crate) async fn workflows(
        &self,
        at: Position,
        reach: &Ties,
        asked: &WorkflowsAsked,
        limit: usize,
    ) -> Result<Vec<(i64, WorkflowView)>, sqlx::Error> {
        let mut query = asked_of(at, reach, asked);
        query.push(" ORDER BY coalesce(w.next_on, ").push_bind(NEVER);
        query.push("), i.id LIMIT ").push_bind(limit as i64);
        let rows = query.build().fetch_all(&self.readers).await?;
        let mut views: Vec<(i64, WorkflowView)> =
            rows.iter().map(view).collect::<Result<_, _>>()?;
        let contracts: Vec<i64> = views.iter().map(|(contract, _)| *contract).collect();
        let mut dues = self.dues(at, &contracts).await?;
        for (contract, view) in &mut views {
            view.dues = dues.remove(contract).unwrap_or_default();
        }
        Ok(views)
    }

    /// What is due of some contracts, the earliest first.
    async fn dues(
        &self,
        at: Position,
        contracts: &[i64],
    ) -> Result<BTreeMap<i64, Vec<Due>>, sqlx::Error> {
        let mut dues: BTreeMap<i64, Vec<Due>> = BTreeMap::new();
        for contracts in contracts.chunks(1_000) {
            let mut query = QueryBuilder::<Sqlite>::new(
                "SELECT contract, due, earliest, latest, article, until, since, from_on FROM workflow_dues \
                 WHERE known_from <= ",
            );
            query.push_bind(number(at)).push(" AND known_to > ").push_bind(number(at));
            query.push(" AND contract IN ");
            query.push_tuples(contracts, |mut tuple, contract| {
                tuple.push_bind(*contract);
            });
            for row in query.build().fetch_all(&self.readers).await? {
                dues.entry(row.try_get(0)?).or_default().push(due(&row)?);
            }
        }
        for dues in dues.values_mut() {
            dues.sort_by_key(|due| match due.by {
                By::AtOnce => (NaiveDate::MIN, due.kind.id),
                By::Day(day) | By::Between(day, _) => (day, due.kind.id),
            });
        }
        Ok(dues)
    }

    /// The contracts that alerts may be about, as known at a position, that are shown to somebody; of the past, as in
    /// lists, those that are shown to them now too.
    pub(crate) async fn workflows_shown(
        &self,
        at: Position,
        reach: &Ties,
        is_past: bool,
    ) -> Result<BTreeSet<ContractId>, sqlx::Error> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT i.id FROM workflows w JOIN workflow_ids i ON i.contract = w.contract \
             WHERE (w.next_on IS NOT NULL OR w.broken_on IS NOT NULL) AND w.known_from <= ",
        );
        query.push_bind(number(at)).push(" AND w.known_to > ").push_bind(number(at));
        shown_to(&mut query, at, reach);
        if is_past {
            shown_to(&mut query, NOW, reach);
        }
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok(ContractId(key(row, 0)?))).collect()
    }

    /// The signed contracts of some dossiers, as known at a position and as they stand on a day, by dossier.
    pub(crate) async fn workflow_spans(
        &self,
        at: Position,
        on: NaiveDate,
        enrolments: &[StreamKey],
    ) -> Result<BTreeMap<StreamKey, Vec<Here>>, sqlx::Error> {
        let mut spans: BTreeMap<StreamKey, Vec<Here>> = BTreeMap::new();
        for enrolments in enrolments.chunks(1_000) {
            let mut query = QueryBuilder::<Sqlite>::new(
                "SELECT w.enrolment, w.start_on, w.end_on, w.ended_on, w.broken_on, \
                 (SELECT group_concat(DISTINCT v.start_on) FROM workflows v WHERE v.contract = w.contract \
                 AND v.life <> 'pending' AND v.known_from <= ",
            );
            query.push_bind(number(at)).push(
                ") FROM workflows w WHERE w.life NOT IN ('pending', 'cancelled') \
                 AND w.start_on IS NOT NULL AND w.known_from <= ",
            );
            query.push_bind(number(at)).push(" AND w.known_to > ").push_bind(number(at));
            standing(&mut query, on);
            query.push(" AND w.enrolment IN ");
            query.push_tuples(enrolments, |mut tuple, enrolment| {
                tuple.push_bind(enrolment.0.to_vec());
            });
            query.push(" ORDER BY w.contract");
            for row in query.build().fetch_all(&self.readers).await? {
                let ends = [day(&row, 2)?, day(&row, 3)?];
                let span = ContractSpan {
                    start_on: day_of(row.try_get(1)?),
                    end_on: ends.into_iter().flatten().min(),
                    broken_on: day(&row, 4)?,
                };
                let here = Here { span, first_days: days(&row, 5)? };
                spans.entry(StreamKey(key(&row, 0)?)).or_default().push(here);
            }
        }
        Ok(spans)
    }
}

fn asked_of(at: Position, reach: &Ties, asked: &WorkflowsAsked) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::<Sqlite>::new(COLUMNS);
    query.push_bind(number(at)).push(" AND w.known_to > ").push_bind(number(at));
    standing(&mut query, asked.on);
    if !asked.phases.is_empty() {
        query.push(" AND w.phase IN (");
        let mut phases = query.separated(", ");
        for phase in &asked.phases {
            phases.push_bind(phase.word());
        }
        query.push(")");
    }
    if let Some(life) = &asked.life {
        query.push(" AND w.life = ").push_bind(life.clone());
    }
    if let Some(departement) = &asked.departement {
        query.push(" AND w.departement = ").push_bind(departement.clone());
    }
    if let Some(body) = &asked.body {
        query.push(" AND w.body = ").push_bind(body.clone());
    }
    if let Some(trainer) = asked.trainer {
        let uai = trainer.as_str().to_owned();
        query.push(" AND (w.cfa_uai = ").push_bind(uai.clone());
        query.push(" OR w.enrolment IN (").push(trained_at("e.trainer_uai = "));
        query.push_bind(uai);
        during(&mut query, at);
        query.push("))");
    }
    if asked.late_only {
        query.push(" AND w.next_on < ").push_bind(day_number(asked.on));
        for never in Kind::NEVER_LATE {
            query.push(" AND w.next_due <> ").push_bind(never);
        }
    }
    if let Some(After { day, id }) = asked.after {
        query.push(" AND (coalesce(w.next_on, ").push_bind(NEVER).push("), i.id) > (");
        query.push_bind(day).push(", ").push_bind(id.to_vec()).push(")");
    }
    shown_to(&mut query, at, reach);
    if asked.is_past {
        // What became somebody's since shows them nothing of before, and what was somebody's once is not theirs now.
        shown_to(&mut query, NOW, reach);
    }
    query
}

/// Adds ` AND …` to a query whose `workflows` are called `w`: as they stand on a day.
pub(super) fn standing(query: &mut QueryBuilder<Sqlite>, on: NaiveDate) {
    query.push(" AND w.from_on <= ").push_bind(day_number(on));
    query.push(" AND w.to_on > ").push_bind(day_number(on));
}

/// The streams of enrolments on a condition.
fn trained_at(condition: &str) -> String {
    format!(
        "SELECT n.stream FROM enrolments e JOIN enrolment_ids n ON n.dossier = e.dossier WHERE {condition}"
    )
}

/// Those known at a position.
fn during(query: &mut QueryBuilder<Sqlite>, at: Position) {
    query.push(" AND e.known_from <= ").push_bind(number(at));
    query.push(" AND e.known_to > ").push_bind(number(at));
}

/// Adds ` AND …` to a query whose `workflows` are called `w`: those that have a tie of somebody's at a position. However
/// many ties that somebody has, they are one value of the question, and one condition.
pub(super) fn shown_to(query: &mut QueryBuilder<Sqlite>, at: Position, reach: &Ties) {
    let Ties::Of(ties) = reach else { return };
    let words: Vec<String> = ties.iter().map(ToString::to_string).collect();
    query
        .push(" AND (w.contract IN (SELECT t.contract FROM workflow_ties t WHERE t.known_from <= ");
    query.push_bind(number(at)).push(" AND t.known_to > ").push_bind(number(at));
    query.push(" AND t.tie IN (SELECT value FROM json_each(").push_bind(json!(words).to_string());
    query.push(")))");
    // Who trains in its enrolment, the dossier says.
    let trainers = ties.iter().filter_map(|tie| match tie {
        Tie::Trainer(siret, uai) => Some([uai.as_str().to_owned(), siret.as_str().to_owned()]),
        _ => None,
    });
    let trainers: Vec<[String; 2]> = trainers.collect();
    if !trainers.is_empty() {
        query.push(" OR w.enrolment IN (").push(trained_at(
            "(e.trainer_uai, e.trainer_siret) IN (SELECT value ->> 0, value ->> 1 FROM json_each(",
        ));
        query.push_bind(json!(trainers).to_string()).push("))");
        during(query, at);
        query.push(")");
    }
    query.push(")");
}

fn view(row: &SqliteRow) -> Result<(i64, WorkflowView), sqlx::Error> {
    let damaged =
        |what: &str| sqlx::Error::Protocol(format!("a contract's {what} reads otherwise"));
    let phase = Phase::of_word(row.try_get(5)?).ok_or_else(|| damaged("phase"))?;
    let life: String = row.try_get(6)?;
    let enrolment: Option<Vec<u8>> = row.try_get(3)?;
    let enrolment = enrolment.map(|key| key.try_into().map_err(|_| damaged("enrolment")));
    let public_law: Option<bool> = row.try_get(7)?;
    let next_due: Option<String> = row.try_get(21)?;
    let next = match next_due {
        Some(id) => Some(Kind::named(&id).ok_or_else(|| damaged("due"))?),
        None => None,
    };
    let (complete_on, decided_on) = (day(row, 16)?, day(row, 18)?);
    let view = WorkflowView {
        contract: ContractId(bytes(row, 1)?),
        version: Version(row.try_get::<i64, _>(2)?.unsigned_abs()),
        enrolment: enrolment.transpose()?.map(StreamKey),
        round: u16::try_from(row.try_get::<i64, _>(4)?).unwrap_or(u16::MAX),
        phase,
        life,
        public_law,
        body: row.try_get(8)?,
        departement: row.try_get(9)?,
        trainer_siret: row.try_get(10)?,
        trainer_uai: row.try_get(11)?,
        start_on: day(row, 12)?,
        end_on: day(row, 13)?,
        signed_on: day(row, 14)?,
        submitted_on: day(row, 15)?,
        asked_on: day(row, 17)?,
        broken_on: day(row, 19)?,
        ended_on: day(row, 20)?,
        deposit: Deposit { phase, complete_on, decided_on, public_law: public_law == Some(true) },
        next: next.zip(day(row, 22)?),
        dues: Vec::new(),
    };
    Ok((row.try_get(0)?, view))
}

fn due(row: &SqliteRow) -> Result<Due, sqlx::Error> {
    let id: String = row.try_get(1)?;
    let article: String = row.try_get(4)?;
    let damaged = || sqlx::Error::Protocol(format!("{id:?} is due of no contract"));
    let kind = Kind::named(&id).ok_or_else(damaged)?;
    Ok(Due {
        kind,
        by: match (day(row, 2)?, day(row, 3)?) {
            (Some(earliest), Some(latest)) => By::Between(earliest, latest),
            (None, Some(day)) => By::Day(day),
            _ => By::AtOnce,
        },
        article: kind.article(&article).ok_or_else(damaged)?,
        from: Some(row.try_get(7)?).filter(|day| *day != ALWAYS).map(day_of),
        until: day(row, 5)?,
        since: day(row, 6)?,
    })
}

impl WorkflowView {
    /// Behind it in the list.
    pub(crate) fn after(&self) -> After {
        let day = self.next.map_or(NEVER, |(_, on)| day_number(on));
        After { day, id: self.contract.0 }
    }
}

#[cfg(test)]
mod plans;
