//! Candidates among the contracts whose workflow runs here.

use super::{Broken, Moment, broken_of, fetch};
use crate::detail::{Detail, bytes, day};
use crate::time::day_of;
use chrono::NaiveDate;
use domain::contract::deadlines::Kind;
use domain::identifiers::Uai;
use domain::ids::{ContractId, StreamKey};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// A contract for which somebody must do something.
#[derive(Debug, Clone)]
pub(in crate::alerts) struct Obliged {
    pub(in crate::alerts) contract: ContractId,
    pub(in crate::alerts) enrolment: Option<StreamKey>,
    pub(in crate::alerts) trainer: Option<Uai>,
    /// The département of the place of work, when the form names one.
    pub(in crate::alerts) works_in: Option<String>,
    pub(in crate::alerts) kind: &'static Kind,
    pub(in crate::alerts) article: String,
    /// Its day; for what is due at once, the day since when it is.
    pub(in crate::alerts) on: NaiveDate,
    pub(in crate::alerts) public_law: bool,
}

/// A broken contract that belongs to no dossier.
#[derive(Debug, Clone)]
pub(in crate::alerts) struct Alone {
    pub(in crate::alerts) contract: ContractId,
    pub(in crate::alerts) trainer: Option<Uai>,
    pub(in crate::alerts) on: NaiveDate,
}

pub(super) const OBLIGED: &str = "SELECT i.id, w.enrolment, coalesce(e.trainer_uai, w.cfa_uai), w.next_due, w.next_on, d.article, \
     coalesce(w.public_law, 0), w.departement FROM workflows w INDEXED BY workflows_next \
     CROSS JOIN workflow_ids i ON i.contract = w.contract \
     CROSS JOIN workflow_dues d ON d.contract = w.contract AND d.due = w.next_due \
     AND d.known_from <= ?1 AND d.known_to > ?1 \
     LEFT JOIN enrolment_ids n ON n.stream = w.enrolment \
     LEFT JOIN enrolments e ON e.dossier = n.dossier AND e.known_from <= ?1 AND e.known_to > ?1 \
     WHERE w.next_on <= ?2 + ?3 AND w.known_from <= ?1 AND w.known_to > ?1 \
     AND w.from_on <= ?2 AND w.to_on > ?2 ORDER BY w.contract";

/// As for declared contracts; one that was once said to begin on the same day is the same contract, and closes nothing.
pub(super) const BROKEN_HERE: &str = concat!(
    dossiers!(
        "NULL, n.id, w.broken_on, (SELECT group_concat(DISTINCT v.start_on) FROM workflows v \
         WHERE v.contract = w.contract AND v.life <> 'pending' AND v.known_from <= ?1)",
        "workflows w INDEXED BY workflows_broken \
         CROSS JOIN enrolment_ids m ON m.stream = w.enrolment \
         CROSS JOIN enrolments e ON e.dossier = m.dossier",
        "CROSS JOIN workflow_ids n ON n.contract = w.contract",
        "AND w.known_from <= ?1 AND w.known_to > ?1 AND w.from_on <= ?2 AND w.to_on > ?2 AND w.broken_on <= ?2 AND w.looked_after \
         AND (e.sessions IS NULL OR w.broken_on >= e.waits_from) \
         AND (w.end_on IS NULL OR w.broken_on <= w.end_on) "
    ),
    in_training!(),
    "AND NOT EXISTS (SELECT 1 FROM contracts d WHERE d.dossier = e.dossier \
     AND NOT EXISTS (SELECT 1 FROM contracts dv CROSS JOIN workflows wv \
     WHERE dv.contract = d.contract AND dv.known_from <= ?1 AND wv.contract = w.contract \
     AND wv.known_from <= ?1 AND wv.life <> 'pending' AND wv.start_on = dv.start_on) \
     AND d.known_from <= ?1 AND d.known_to > ?1 AND d.start_on <= ?2 \
     AND (d.broken_on IS NULL OR d.broken_on > d.start_on) \
     AND (d.end_on IS NULL OR d.end_on >= d.start_on) \
     AND (d.ended_on IS NULL OR d.ended_on >= d.start_on) \
     AND (d.start_on >= w.broken_on OR ((d.broken_on IS NULL OR d.broken_on > w.broken_on) \
     AND (d.end_on IS NULL OR d.end_on >= w.broken_on) \
     AND (d.ended_on IS NULL OR d.ended_on >= w.broken_on)))) \
     ORDER BY e.dossier, w.broken_on, w.contract"
);

/// While its training lasts, as the form says it.
pub(super) const BROKEN_ALONE: &str = "SELECT i.id, w.cfa_uai, w.broken_on FROM workflows w INDEXED BY workflows_broken \
     CROSS JOIN workflow_ids i ON i.contract = w.contract \
     WHERE w.broken_on <= ?2 AND w.enrolment IS NULL AND w.looked_after \
     AND w.known_from <= ?1 AND w.known_to > ?1 AND w.from_on <= ?2 AND w.to_on > ?2 \
     AND (w.end_on IS NULL OR w.broken_on <= w.end_on) \
     AND coalesce(w.exams_end_on, w.end_on, ?2) >= ?2 ORDER BY w.contract";

/// Contracts for which somebody must do something, by so many days from now or before.
pub(in crate::alerts) async fn obliged(
    detail: &Detail,
    at: Moment,
    days: i64,
) -> Result<Vec<Obliged>, sqlx::Error> {
    let obliged = |row: &SqliteRow| {
        let id: String = row.try_get(3)?;
        let kind = Kind::named(&id);
        let enrolment: Option<Vec<u8>> = row.try_get(1)?;
        Ok(Obliged {
            contract: ContractId(bytes(row, 0)?),
            enrolment: enrolment.and_then(|key| key.try_into().ok()).map(StreamKey),
            trainer: uai(row, 2)?,
            kind: kind.ok_or_else(|| sqlx::Error::Protocol(format!("{id:?} is due of none")))?,
            on: day_of(row.try_get(4)?),
            article: row.try_get(5)?,
            public_law: row.try_get(6)?,
            works_in: row.try_get(7)?,
        })
    };
    fetch(detail, OBLIGED, at, Some(days)).await?.iter().map(obliged).collect()
}

/// Ruptures of contracts that belong to a dossier, which had no other then or since that the CFA declared.
pub(in crate::alerts) async fn broken_here(
    detail: &Detail,
    at: Moment,
) -> Result<Vec<Broken>, sqlx::Error> {
    fetch(detail, BROKEN_HERE, at, None).await?.iter().map(|row| broken_of(row, true)).collect()
}

/// Ruptures of contracts that belong to none.
pub(in crate::alerts) async fn broken_alone(
    detail: &Detail,
    at: Moment,
) -> Result<Vec<Alone>, sqlx::Error> {
    let alone = |row: &SqliteRow| {
        Ok(Alone {
            contract: ContractId(bytes(row, 0)?),
            trainer: uai(row, 1)?,
            on: day(row, 2)?.unwrap_or_default(),
        })
    };
    fetch(detail, BROKEN_ALONE, at, None).await?.iter().map(alone).collect()
}

fn uai(row: &SqliteRow, column: usize) -> Result<Option<Uai>, sqlx::Error> {
    let text: Option<String> = row.try_get(column)?;
    Ok(text.and_then(|text| Uai::parse(&text).ok()))
}
