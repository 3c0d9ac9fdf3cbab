//! What the detail rows hold that may be an alert, at a day and a position.

#[cfg(test)]
mod plans;

use crate::detail::{Detail, bytes, day, days};
use crate::time::day_of;
use chrono::NaiveDate;
use domain::identifiers::Uai;
use domain::ids::{ContractId, Position, RunId, Source, StreamKey};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::BTreeSet;

/// The day and the position asked, as SQL holds them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) day: i64,
    pub(super) position: i64,
}

pub(super) use contracts::{Alone, Obliged, broken_alone, broken_here, obliged};

/// Where a candidate is, and what the first load of its dossier said of it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) stream: StreamKey,
    pub(super) trainer: Option<Uai>,
    pub(super) birth_month: Option<NaiveDate>,
    /// Extraction day of the run that declared the dossier.
    pub(super) loaded_on: NaiveDate,
    /// The day from which the condition counted, as that run said it at first.
    pub(super) then: Option<NaiveDate>,
}

/// A broken contract whose dossier had no other then or since.
#[derive(Debug, Clone)]
pub(super) struct Broken {
    pub(super) place: Place,
    pub(super) contract: ContractId,
    pub(super) on: NaiveDate,
    /// Every first day that was said of it: in the same dossier, what was once said to begin on one of them is the same
    /// contract, declared by the CFA and run here. One of the two may be corrected or amended before the other is.
    pub(super) first_days: BTreeSet<NaiveDate>,
    /// Whether its workflow runs here.
    pub(super) here: bool,
}

/// A dossier and a day that matters.
#[derive(Debug, Clone)]
pub(super) struct Dated {
    pub(super) place: Place,
    pub(super) since: NaiveDate,
}

/// A doubtful value.
#[derive(Debug, Clone)]
pub(super) struct Doubt {
    pub(super) dated: Dated,
    pub(super) rule: String,
    pub(super) contract: Option<ContractId>,
}

/// A run that waits.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) source: Source,
    pub(super) run: RunId,
    pub(super) since: NaiveDate,
    pub(super) held: i64,
    pub(super) trainers: Vec<Uai>,
    pub(super) first: bool,
}

/// The version of a row that the first load of its dossier left, or that of `?1` while it lasts.
macro_rules! loaded {
    ($row:literal) => {
        concat!(
            $row,
            ".known_from <= min(i.loaded_to, ?1) AND ",
            $row,
            ".known_to > min(i.loaded_to, ?1)"
        )
    };
}

/// Dossiers known at `?1`, on the day `?2`.
///
/// The indexes and the order of joins are given, here and below: left to itself SQLite,
/// which has no statistics, may go through every version of every dossier.
macro_rules! dossiers {
    ($select:literal, $from:literal, $joins:expr, $conditions:literal) => {
        concat!(
            "SELECT i.stream, e.trainer_uai, i.loaded_on, e.birth_month, ",
            $select,
            " FROM ",
            $from,
            " CROSS JOIN enrolment_ids i ON i.dossier = e.dossier ",
            $joins,
            " WHERE e.known_from <= ?1 AND e.known_to > ?1 ",
            $conditions
        )
    };
}

/// The training is under way on `?2`. Who comes back in a later session is in it, whatever ended
/// the former one.
macro_rules! in_training {
    () => {
        " AND e.end_on >= ?2 AND ((e.excluded_on IS NULL OR e.excluded_on > ?2) \
         AND (e.withdrawn_on IS NULL OR e.withdrawn_on > ?2) \
         AND (e.completed_on IS NULL OR e.completed_on > ?2) \
         OR e.sessions IS NOT NULL AND e.waits_from <= ?2 \
         AND max(coalesce(e.excluded_on, 0), coalesce(e.withdrawn_on, 0), \
         coalesce(e.completed_on, 0)) < e.waits_from) "
    };
}

mod contracts;

const BROKEN: &str = concat!(
    dossiers!(
        "c0.broken_on, n.id, c.broken_on, (SELECT group_concat(DISTINCT v.start_on) FROM contracts v \
         WHERE v.contract = c.contract AND v.known_from <= ?1)",
        "contracts c INDEXED BY contracts_broken \
         CROSS JOIN enrolments e ON e.dossier = c.dossier",
        concat!(
            "CROSS JOIN contract_ids n ON n.contract = c.contract \
             LEFT JOIN contracts c0 ON c0.contract = c.contract AND ",
            loaded!("c0")
        ),
        "AND c.known_from <= ?1 AND c.known_to > ?1 \
         AND c.broken_on <= ?2 AND (e.sessions IS NULL OR c.broken_on >= e.waits_from) \
         AND (c.end_on IS NULL OR c.broken_on <= c.end_on) \
         AND (c.ended_on IS NULL OR c.broken_on <= c.ended_on) "
    ),
    in_training!(),
    "AND NOT EXISTS (SELECT 1 FROM contracts d WHERE d.dossier = e.dossier AND d.contract <> c.contract \
     AND d.known_from <= ?1 AND d.known_to > ?1 AND d.start_on <= ?2 \
     AND (d.broken_on IS NULL OR d.broken_on > d.start_on) \
     AND (d.end_on IS NULL OR d.end_on >= d.start_on) \
     AND (d.ended_on IS NULL OR d.ended_on >= d.start_on) \
     AND (d.start_on >= c.broken_on OR ((d.broken_on IS NULL OR d.broken_on > c.broken_on) \
     AND (d.end_on IS NULL OR d.end_on >= c.broken_on) \
     AND (d.ended_on IS NULL OR d.ended_on >= c.broken_on)))) \
     ORDER BY e.dossier, c.broken_on, c.ordinal"
);

const WITHOUT_CONTRACT: &str = concat!(
    dossiers!(
        "e0.waits_from, e.waits_from",
        "(SELECT dossier, known_from FROM enrolments INDEXED BY enrolments_by_end \
         WHERE end_on >= ?2 AND (first_contract_on IS NULL OR first_contract_on > ?2) \
         AND known_from <= ?1 AND known_to > ?1) k \
         CROSS JOIN enrolments e ON e.dossier = k.dossier AND e.known_from = k.known_from",
        concat!(
            "LEFT JOIN enrolments e0 ON e0.dossier = e.dossier AND ",
            loaded!("e0"),
            " AND (e0.first_contract_on IS NULL OR e0.first_contract_on > i.loaded_on)"
        ),
        "AND e.waits_from <= ?2 - ?3 "
    ),
    in_training!(),
    "ORDER BY e.dossier"
);

const STOPPED: &str = concat!(
    dossiers!(
        "e0.stopped_on, e.stopped_on",
        "enrolments e INDEXED BY enrolments_stopped",
        concat!("LEFT JOIN enrolments e0 ON e0.dossier = e.dossier AND ", loaded!("e0")),
        "AND e.stopped_on <= ?2 "
    ),
    in_training!(),
    "ORDER BY e.dossier"
);

const DOUBTFUL: &str = dossiers!(
    "g0.since, g.since, g.rule, n.id",
    "findings g CROSS JOIN enrolments e ON e.dossier = g.dossier",
    concat!(
        "LEFT JOIN contract_ids n ON n.contract = g.contract \
         LEFT JOIN findings g0 ON g0.dossier = g.dossier AND g0.rule = g.rule \
         AND g0.contract = g.contract AND ",
        loaded!("g0")
    ),
    "AND g.known_from <= ?1 AND g.known_to > ?1 AND g.since <= ?2 \
     ORDER BY g.dossier, g.rule, g.contract"
);

const HELD: &str = "SELECT r.source, r.view, r.extracted_on, r.held, \
     (SELECT group_concat(t.trainer_uai, ' ') FROM run_trainers t WHERE t.position = r.position), \
     NOT EXISTS (SELECT 1 FROM runs q WHERE q.source = r.source AND q.position < r.position) \
     FROM runs r WHERE r.position <= ?1 AND r.extracted_on <= ?2 AND r.held > 0 \
     AND (r.decided_at IS NULL OR r.decided_at > ?1) \
     AND NOT EXISTS (SELECT 1 FROM runs q WHERE q.source = r.source AND q.is_full \
     AND (q.extracted_at > r.extracted_at \
     OR (q.extracted_at = r.extracted_at AND q.position > r.position)) \
     AND q.extracted_on <= ?2 AND q.position <= ?1) \
     ORDER BY r.position";

/// From one CFA to the next in the index, and to the last run of each: there are few CFAs.
const LAST_RUNS: &str = "WITH RECURSIVE cfas(uai) AS ( \
     SELECT min(trainer_uai) FROM run_trainers WHERE rows > 0 UNION ALL \
     SELECT (SELECT min(trainer_uai) FROM run_trainers WHERE rows > 0 AND trainer_uai > uai) \
     FROM cfas WHERE uai IS NOT NULL), \
     last(uai, day) AS MATERIALIZED (SELECT uai, (SELECT extracted_on FROM run_trainers \
     WHERE rows > 0 AND trainer_uai = uai AND extracted_on <= ?2 AND position <= ?1 \
     ORDER BY extracted_on DESC LIMIT 1) FROM cfas) \
     SELECT uai, day FROM last WHERE day <= ?2 - ?3 ORDER BY uai";

/// Ruptures without another contract in the same dossier, by dossier and day.
pub(super) async fn broken(detail: &Detail, at: Moment) -> Result<Vec<Broken>, sqlx::Error> {
    fetch(detail, BROKEN, at, None).await?.iter().map(|row| broken_of(row, false)).collect()
}

fn broken_of(row: &SqliteRow, here: bool) -> Result<Broken, sqlx::Error> {
    Ok(Broken {
        place: place(row)?,
        contract: ContractId(bytes(row, 5)?),
        on: day_of(row.try_get(6)?),
        first_days: days(row, 7)?,
        here,
    })
}

/// Dossiers without any contract yet, since their entry, for some days or more.
pub(super) async fn without_contract(
    detail: &Detail,
    at: Moment,
    days: i64,
) -> Result<Vec<Dated>, sqlx::Error> {
    fetch(detail, WITHOUT_CONTRACT, at, Some(days)).await?.iter().map(dated).collect()
}

/// Dossiers that are no longer transmitted.
pub(super) async fn stopped(detail: &Detail, at: Moment) -> Result<Vec<Dated>, sqlx::Error> {
    fetch(detail, STOPPED, at, None).await?.iter().map(dated).collect()
}

/// Doubtful values.
pub(super) async fn doubtful(detail: &Detail, at: Moment) -> Result<Vec<Doubt>, sqlx::Error> {
    let doubt = |row: &SqliteRow| {
        let contract: Option<Vec<u8>> = row.try_get(7)?;
        let contract = contract.and_then(|id| id.try_into().ok()).map(ContractId);
        Ok(Doubt { dated: dated(row)?, rule: row.try_get(6)?, contract })
    };
    fetch(detail, DOUBTFUL, at, None).await?.iter().map(doubt).collect()
}

/// Runs whose disappearances wait for the CFA's word.
pub(super) async fn held(detail: &Detail, at: Moment) -> Result<Vec<Held>, sqlx::Error> {
    let held = |row: &SqliteRow| {
        let view: crate::views::RunView = serde_json::from_str(row.try_get(1)?)
            .map_err(|error| sqlx::Error::Decode(error.into()))?;
        let trainers: Option<String> = row.try_get(4)?;
        let trainers = trainers.unwrap_or_default();
        Ok(Held {
            source: view.source,
            run: view.id,
            since: day_of(row.try_get(2)?),
            held: row.try_get(3)?,
            trainers: trainers.split(' ').filter_map(|uai| Uai::parse(uai).ok()).collect(),
            first: row.try_get(5)?,
        })
    };
    fetch(detail, HELD, at, None).await?.iter().map(held).collect()
}

/// CFAs without a run for some days or more, and the day of their last one.
pub(super) async fn silent(
    detail: &Detail,
    at: Moment,
    days: i64,
) -> Result<Vec<(Uai, NaiveDate)>, sqlx::Error> {
    let rows = fetch(detail, LAST_RUNS, at, Some(days)).await?;
    let mut silent = Vec::with_capacity(rows.len());
    for row in rows {
        if let Ok(uai) = Uai::parse(row.try_get(0)?) {
            silent.push((uai, day_of(row.try_get(1)?)));
        }
    }
    Ok(silent)
}

async fn fetch(
    detail: &Detail,
    sql: &'static str,
    at: Moment,
    days: Option<i64>,
) -> Result<Vec<SqliteRow>, sqlx::Error> {
    let mut query = sqlx::query(sql).bind(at.position).bind(at.day);
    if let Some(days) = days {
        query = query.bind(days);
    }
    query.fetch_all(&detail.readers).await
}

fn place(row: &SqliteRow) -> Result<Place, sqlx::Error> {
    Ok(Place {
        stream: StreamKey(bytes(row, 0)?),
        trainer: Uai::parse(row.try_get(1)?).ok(),
        loaded_on: day_of(row.try_get(2)?),
        birth_month: day(row, 3)?,
        then: day(row, 4)?,
    })
}

fn dated(row: &SqliteRow) -> Result<Dated, sqlx::Error> {
    Ok(Dated { place: place(row)?, since: day_of(row.try_get(5)?) })
}

impl Moment {
    pub(super) fn new(as_of: NaiveDate, position: Position) -> Self {
        let position = i64::try_from(position.0).unwrap_or(i64::MAX);
        Self { day: crate::time::day_number(as_of), position }
    }
}
