//! Dossiers as the rules of retention see them.

use super::lists::{day, key};
use super::rows::number;
use super::store::Detail;
use crate::time::day_of;
use chrono::NaiveDate;
use domain::ids::{Position, StreamKey};
use domain::retention::Span;
use sqlx::{QueryBuilder, Row, Sqlite};
use std::collections::BTreeMap;

/// A dossier and how long it lasted.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// Its number: the key of the next page.
    pub(crate) dossier: i64,
    pub(crate) stream: StreamKey,
    pub(crate) training_ends_on: NaiveDate,
    pub(crate) contracts: Vec<Span>,
}

/// Dossiers named in one question.
const ASKED_TOGETHER: usize = 1_000;

/// The dossiers known at a position.
fn kept_at(at: Position) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(
        "SELECT e.dossier, i.stream, e.end_on \
         FROM enrolments e JOIN enrolment_ids i ON i.dossier = e.dossier WHERE e.known_from <= ",
    );
    query.push_bind(number(at)).push(" AND e.known_to > ").push_bind(number(at));
    query
}

impl Detail {
    /// Dossiers known at a position, after a dossier number, at most so many.
    pub(crate) async fn kept(
        &self,
        at: Position,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Kept>, sqlx::Error> {
        let mut query = kept_at(at);
        query.push(" AND e.dossier > ").push_bind(after);
        query.push(" ORDER BY e.dossier LIMIT ").push_bind(limit as i64);
        self.kept_by(at, query).await
    }

    /// Those of some dossiers that are known at a position.
    pub(crate) async fn kept_of(
        &self,
        at: Position,
        streams: &[StreamKey],
    ) -> Result<Vec<Kept>, sqlx::Error> {
        let mut kept = Vec::with_capacity(streams.len());
        for streams in streams.chunks(ASKED_TOGETHER) {
            let mut query = kept_at(at);
            query.push(" AND i.stream IN ");
            query.push_tuples(streams, |mut tuple, stream| {
                tuple.push_bind(stream.0.to_vec());
            });
            kept.extend(self.kept_by(at, query).await?);
        }
        Ok(kept)
    }

    async fn kept_by(
        &self,
        at: Position,
        mut query: QueryBuilder<Sqlite>,
    ) -> Result<Vec<Kept>, sqlx::Error> {
        let rows = query.build().fetch_all(&self.readers).await?;
        let mut kept = Vec::with_capacity(rows.len());
        for row in &rows {
            kept.push(Kept {
                dossier: row.try_get(0)?,
                stream: StreamKey(key(row, 1)?),
                training_ends_on: day_of(row.try_get(2)?),
                contracts: Vec::new(),
            });
        }
        let dossiers: Vec<i64> = kept.iter().map(|kept| kept.dossier).collect();
        let mut contracts = self.spans_of(at, &dossiers).await?;
        for kept in &mut kept {
            kept.contracts = contracts.remove(&kept.dossier).unwrap_or_default();
        }
        Ok(kept)
    }

    async fn spans_of(
        &self,
        at: Position,
        dossiers: &[i64],
    ) -> Result<BTreeMap<i64, Vec<Span>>, sqlx::Error> {
        let mut spans: BTreeMap<i64, Vec<Span>> = BTreeMap::new();
        if dossiers.is_empty() {
            return Ok(spans);
        }
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT dossier, start_on, end_on, ended_on, broken_on FROM contracts \
             WHERE known_from <= ",
        );
        query.push_bind(number(at)).push(" AND known_to > ").push_bind(number(at));
        query.push(" AND dossier IN ");
        query.push_tuples(dossiers, |mut tuple, dossier| {
            tuple.push_bind(*dossier);
        });
        for row in query.build().fetch_all(&self.readers).await? {
            // Broken, or ended; else as agreed.
            let end_on = day(&row, 4)?.or(day(&row, 3)?).or(day(&row, 2)?);
            let span = Span { start_on: day_of(row.try_get(1)?), end_on };
            spans.entry(row.try_get(0)?).or_default().push(span);
        }
        Ok(spans)
    }
}
