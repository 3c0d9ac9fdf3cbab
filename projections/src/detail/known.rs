//! What is known of some dossiers: their training and their contracts.

use super::rows::number;
use super::store::Detail;
use crate::time::day_of;
use chrono::NaiveDate;
use domain::ids::{Position, StreamKey};
use domain::rules::ContractSpan;
use std::collections::BTreeMap;

/// A dossier, as alerts and outcomes need it of a learner's other enrolments.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) entry_on: NaiveDate,
    pub(crate) end_on: NaiveDate,
    /// The first days out, by exclusion, withdrawal and result.
    pub(crate) out_on: [Option<NaiveDate>; 3],
    /// The first day of the newest sessions, when there were others before.
    pub(crate) resumed_on: Option<NaiveDate>,
    pub(crate) stopped_on: Option<NaiveDate>,
    /// The day of the result and whether the diploma was obtained.
    pub(crate) result: Option<(NaiveDate, bool)>,
    pub(crate) contracts: Vec<ContractSpan>,
}

impl Known {
    /// Whether the training is under way on a day.
    pub(crate) fn in_training(&self, day: NaiveDate) -> bool {
        let out = |out: &NaiveDate| is_out(*out, self.resumed_on, day);
        self.entry_on <= day && day <= self.end_on && !self.out_on.iter().flatten().any(out)
    }

    /// Whether a source still transmits a training under way on a day.
    pub(crate) fn transmitted(&self, day: NaiveDate) -> bool {
        self.in_training(day) && self.stopped_on.is_none_or(|stopped| day < stopped)
    }

    /// Whether a contract runs on a day.
    pub(crate) fn under_contract(&self, day: NaiveDate) -> bool {
        self.contracts.iter().any(|span| runs_on(span, day))
    }

    /// Whether a contract closes a rupture of that day, as known on `as_of`: begun
    /// since, or running on that very day.
    pub(crate) fn closes(&self, rupture: NaiveDate, as_of: NaiveDate) -> bool {
        self.contracts.iter().any(|span| closes(span, rupture, as_of))
    }
}

/// Whether one contract closes a rupture of that day, as known on `as_of`.
pub(crate) fn closes(span: &ContractSpan, rupture: NaiveDate, as_of: NaiveDate) -> bool {
    let begun = rupture <= span.start_on && span.start_on <= as_of;
    (begun && has_days(span)) || runs_on(span, rupture)
}

/// Whether somebody who left on a day is out on another: not when the training
/// was resumed in between, in a later session.
pub(crate) fn is_out(out: NaiveDate, resumed_on: Option<NaiveDate>, day: NaiveDate) -> bool {
    out <= day && resumed_on.is_none_or(|resumed| resumed <= out || day < resumed)
}

/// Whether a contract has any day at all.
pub(crate) fn has_days(span: &ContractSpan) -> bool {
    span.broken_on.is_none_or(|broken| span.start_on < broken)
        && span.end_on.is_none_or(|end| span.start_on <= end)
}

/// Whether a day is a day of the contract.
pub(crate) fn runs_on(span: &ContractSpan, day: NaiveDate) -> bool {
    span.start_on <= day
        && span.broken_on.is_none_or(|broken| day < broken)
        && span.end_on.is_none_or(|end| day <= end)
}

/// One dossier a row of text, as SQLite writes it: a cohort needs thousands of
/// them at once, and a row costs far more to hand over than to compute. Parts
/// are separated by `,`, dossiers by `;`, contracts by ` `, their days by `/`.
/// The entry is that of the first session: `sessions` begins with its day.
const KNOWN: &str = "SELECT group_concat(hex(i.stream) || ',' \
     || CAST(coalesce(e.sessions, e.entry_on) AS INTEGER) || ',' || e.end_on \
     || ',' || coalesce(e.excluded_on, '') || ',' || coalesce(e.withdrawn_on, '') \
     || ',' || coalesce(e.completed_on, '') || ',' || coalesce(e.stopped_on, '') \
     || ',' || coalesce(e.diploma, '') || ',' || iif(e.sessions IS NULL, '', e.waits_from) || ',' || coalesce((SELECT group_concat(c.start_on \
     || '/' || coalesce(min(c.end_on, c.ended_on), c.end_on, c.ended_on, '') \
     || '/' || coalesce(c.broken_on, ''), ' ') FROM contracts c WHERE c.dossier = e.dossier \
     AND c.known_from <= ?1 AND c.known_to > ?1), ''), ';') \
     FROM json_each(?2) wanted JOIN enrolment_ids i ON i.stream = unhex(wanted.value) \
     JOIN enrolments e ON e.dossier = i.dossier AND e.known_from <= ?1 AND e.known_to > ?1";

impl Detail {
    /// What is known of some dossiers at a position, by stream.
    pub(crate) async fn known(
        &self,
        at: Position,
        streams: &[StreamKey],
    ) -> Result<BTreeMap<StreamKey, Known>, sqlx::Error> {
        let mut known = BTreeMap::new();
        for streams in streams.chunks(DOSSIERS_AT_ONCE) {
            let wanted: Vec<String> = streams.iter().map(hex).collect();
            let wanted = format!("[\"{}\"]", wanted.join("\",\""));
            let text: Option<String> = sqlx::query_scalar(KNOWN)
                .bind(number(at))
                .bind(wanted)
                .fetch_one(&self.readers)
                .await?;
            for dossier in text.as_deref().unwrap_or_default().split_terminator(';') {
                let read = read(dossier);
                let damaged = || sqlx::Error::Protocol(format!("a dossier reads {dossier:?}"));
                let (stream, dossier) = read.ok_or_else(damaged)?;
                known.insert(stream, dossier);
            }
        }
        Ok(known)
    }
}

/// Dossiers of one statement.
const DOSSIERS_AT_ONCE: usize = 20_000;

fn hex(stream: &StreamKey) -> String {
    format!("{:032x}", u128::from_be_bytes(stream.0))
}

/// Reads a dossier of [`KNOWN`].
fn read(text: &str) -> Option<(StreamKey, Known)> {
    let mut parts = text.split(',');
    let stream = u128::from_str_radix(parts.next()?, 16).ok()?.to_be_bytes();
    let mut day = || day_in(parts.next()?);
    let (entry_on, end_on) = (day()??, day()??);
    let (excluded, withdrawn, completed, stopped_on) = (day()?, day()?, day()?, day()?);
    let diploma = match parts.next()? {
        "" => None,
        told => Some(told == "1"),
    };
    let resumed_on = day_in(parts.next()?)?;
    let contracts = parts.next()?.split_terminator(' ').map(|span| {
        let mut days = span.split('/').map(day_in);
        Some(ContractSpan {
            start_on: days.next()???,
            end_on: days.next()??,
            broken_on: days.next()??,
        })
    });
    let dossier = Known {
        entry_on,
        end_on,
        out_on: [excluded, withdrawn, completed],
        resumed_on,
        stopped_on,
        result: completed.zip(diploma),
        contracts: contracts.collect::<Option<_>>()?,
    };
    Some((StreamKey(stream), dossier))
}

/// A day that may be absent; `None` when it is no number.
fn day_in(text: &str) -> Option<Option<NaiveDate>> {
    if text.is_empty() { Some(None) } else { text.parse().ok().map(|n| Some(day_of(n))) }
}
