//! The enrolments behind a figure, computed again from their streams.

use super::cell::Cell;
use super::choice::choose;
use super::dossier::Segment;
use super::error::Result;
use super::groups::PersonGroups;
use super::intervals::{GroupHistory, Walked, candidates, classes_of};
use super::plan::Scope;
use super::query::Query;
use super::row::Population;
use crate::reference::ReferenceSet;
use crate::source::EventSource;
use chrono::{Datelike, NaiveDate};
use domain::ids::StreamKey;
use domain::rules::{RuleSet, Status};
use std::collections::BTreeSet;

/// An enrolment that counts on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counted {
    /// Which one.
    pub stream: StreamKey,
    /// With which status.
    pub status: Status,
    /// In which cell.
    pub cell: Cell,
}

/// The enrolments of a group that count on a day, as known before what followed
/// ([`GroupHistory::at`]): for persons at most one for each person of the group.
#[must_use]
pub fn counted_on(
    history: &GroupHistory,
    day: NaiveDate,
    rules: RuleSet,
    population: Population,
) -> Vec<Counted> {
    let walked: Vec<Walked> = history.streams.iter().map(Walked::before).collect();
    let classes = match population {
        Population::Persons => classes_of(&walked, &history.before),
        Population::Dossiers => classes_of(&walked, &[]),
    };
    let rank = RuleSet::ALL.iter().position(|set| *set == rules).unwrap_or_default();
    let day = day.num_days_from_ce();
    let mut counted = Vec::new();
    for class in &classes {
        for (at, segments) in class.iter().zip(choose(&candidates(&walked, class, rank))) {
            let holds = |segment: &&Segment| (segment.from..segment.until).contains(&day);
            if let (Some(stream), Some(found)) = (walked.get(*at), segments.iter().find(holds)) {
                let (status, cell) = (found.status, found.cell);
                counted.push(Counted { stream: stream.key, status, cell });
            }
        }
    }
    counted
}

/// The enrolments that a figure counts, by key, among candidates: every
/// enrolment that was ever in the scope must be one. The split is ignored.
/// Within a request, it is what was known before the request.
///
/// # Errors
/// When the ledger cannot be read.
pub fn counted_enrolments(
    query: &Query,
    status: Status,
    candidates: &mut dyn Iterator<Item = StreamKey>,
    source: &dyn EventSource,
    groups: &dyn PersonGroups,
    reference: &ReferenceSet,
) -> Result<Vec<StreamKey>> {
    let Query { as_of, known_at, rules, population, filter, group_by } = query;
    if super::quarter::Quarter::of(*as_of).is_none() {
        return Ok(Vec::new());
    }
    let known_at = &source.settled(*known_at)?;
    let scope = Scope { filter, group_by: *group_by, reference };
    let (mut done, mut found) = (BTreeSet::new(), BTreeSet::new());
    for candidate in candidates {
        if done.contains(&candidate) {
            continue;
        }
        let group = groups.group_of(candidate, *known_at)?;
        done.extend(group.members.iter().copied());
        let history = GroupHistory::at(group, *known_at, source)?;
        for counted in counted_on(&history, *as_of, *rules, *population) {
            if counted.status == status && scope.key(&counted.cell).is_some() {
                found.insert(counted.stream);
            }
        }
    }
    Ok(found.into_iter().collect())
}
