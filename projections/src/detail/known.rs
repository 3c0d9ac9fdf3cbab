//! What is known of some dossiers: their training and their contracts.

use super::lists::{day, key};
use super::rows::number;
use super::store::Detail;
use crate::time::day_of;
use chrono::NaiveDate;
use domain::ids::{Position, StreamKey};
use domain::rules::ContractSpan;
use sqlx::{QueryBuilder, Row, Sqlite};
use std::collections::BTreeMap;

/// A dossier, as alerts and outcomes need it of a learner's other enrolments.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) entry_on: NaiveDate,
    pub(crate) end_on: NaiveDate,
    /// The first day out, by exclusion, withdrawal or result.
    pub(crate) out_on: Option<NaiveDate>,
    pub(crate) stopped_on: Option<NaiveDate>,
    /// The day of the result and whether the diploma was obtained.
    pub(crate) result: Option<(NaiveDate, bool)>,
    pub(crate) contracts: Vec<ContractSpan>,
}

impl Known {
    /// Whether the training is under way on a day.
    pub(crate) fn in_training(&self, day: NaiveDate) -> bool {
        self.entry_on <= day && day <= self.end_on && self.out_on.is_none_or(|out| day < out)
    }

    /// Whether a source still transmits a training under way on a day.
    pub(crate) fn transmitted(&self, day: NaiveDate) -> bool {
        self.in_training(day) && self.stopped_on.is_none_or(|stopped| day < stopped)
    }

    /// Whether a contract runs on a day.
    pub(crate) fn under_contract(&self, day: NaiveDate) -> bool {
        self.contracts.iter().any(|span| runs_on(span, day))
    }

    /// Whether a contract closes a rupture of that day: begun since, or running on `as_of`.
    pub(crate) fn closes(&self, rupture: NaiveDate, as_of: NaiveDate) -> bool {
        self.contracts.iter().any(|span| {
            let begun = rupture <= span.start_on && span.start_on <= as_of;
            (begun && has_days(span)) || runs_on(span, as_of)
        })
    }
}

/// Whether a contract has any day at all.
pub(crate) fn has_days(span: &ContractSpan) -> bool {
    span.broken_on.is_none_or(|broken| span.start_on < broken)
}

/// Whether a day is a day of the contract.
pub(crate) fn runs_on(span: &ContractSpan, day: NaiveDate) -> bool {
    span.start_on <= day
        && span.broken_on.is_none_or(|broken| day < broken)
        && span.end_on.is_none_or(|end| day <= end)
}

impl Detail {
    /// What is known of some dossiers at a position, by stream.
    pub(crate) async fn known(
        &self,
        at: Position,
        streams: &[StreamKey],
    ) -> Result<BTreeMap<StreamKey, Known>, sqlx::Error> {
        let mut known = BTreeMap::new();
        for streams in streams.chunks(1_000) {
            let mut query = QueryBuilder::<Sqlite>::new(
                "SELECT e.dossier, i.stream, e.entry_on, e.end_on, e.excluded_on, e.withdrawn_on, \
                 e.completed_on, e.stopped_on, e.diploma FROM enrolment_ids i \
                 JOIN enrolments e ON e.dossier = i.dossier WHERE e.known_from <= ",
            );
            query.push_bind(number(at)).push(" AND e.known_to > ").push_bind(number(at));
            query.push(" AND i.stream IN ");
            query.push_tuples(streams, |mut tuple, stream| {
                tuple.push_bind(stream.0.to_vec());
            });
            let rows = query.build().fetch_all(&self.readers).await?;
            let mut dossiers: Vec<i64> = Vec::with_capacity(rows.len());
            for row in &rows {
                dossiers.push(row.try_get(0)?);
            }
            let mut spans = self.spans(at, &dossiers).await?;
            for row in &rows {
                let out = [day(row, 4)?, day(row, 5)?, day(row, 6)?];
                let dossier = Known {
                    entry_on: day_of(row.try_get(2)?),
                    end_on: day_of(row.try_get(3)?),
                    out_on: out.into_iter().flatten().min(),
                    stopped_on: day(row, 7)?,
                    result: day(row, 6)?.zip(row.try_get::<Option<bool>, _>(8)?),
                    contracts: spans.remove(&row.try_get(0)?).unwrap_or_default(),
                };
                known.insert(StreamKey(key(row, 1)?), dossier);
            }
        }
        Ok(known)
    }
}
