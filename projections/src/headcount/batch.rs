//! What a batch does to the head-counts: the rows of the persons that it touches.

use super::error::Result;
use super::groups::{PersonGroup, PersonGroups};
use super::intervals::{GroupHistory, StreamHistory, classes_at, rows_of_group};
use super::row::Row;
use crate::runner::StreamSteps;
use crate::source::{EventSource, Recorded};
use domain::event::Event;
use domain::ids::{Position, StreamKey};
use domain::persons::PersonLinkEvent;
use std::collections::{BTreeMap, BTreeSet};

/// What a batch of whole requests does, enrolment by enrolment.
pub(crate) struct HeadcountBatch<'a> {
    pub(super) events: &'a [Recorded],
    groups: &'a dyn PersonGroups,
    rows: Result<Vec<Row>>,
    /// Those that are or were linked to others: they count together.
    linked: BTreeMap<StreamKey, StreamHistory>,
}

impl<'a> HeadcountBatch<'a> {
    /// Begins. The groups must reflect the whole batch.
    pub(crate) const fn of(events: &'a [Recorded], groups: &'a dyn PersonGroups) -> Self {
        Self { events, groups, rows: Ok(Vec::new()), linked: BTreeMap::new() }
    }

    /// Its first and last positions; zeros when it is empty.
    pub(super) fn ends(&self) -> (Position, Position) {
        let position = |recorded: Option<&Recorded>| recorded.map_or(Position(0), |r| r.position);
        (position(self.events.first()), position(self.events.last()))
    }

    /// Adds what the batch does to one dossier.
    pub(crate) fn see(&mut self, steps: &StreamSteps<'_>) {
        let history = StreamHistory {
            key: steps.stream,
            before: steps.before.clone(),
            states: steps.steps.iter().map(|s| (s.recorded.position, s.after.clone())).collect(),
        };
        let group = match self.groups.group_of(history.key, self.ends().1) {
            Ok(group) => group,
            Err(error) => {
                self.rows = Err(error.into());
                return;
            }
        };
        if group.members.len() > 1 {
            self.linked.insert(history.key, history);
        } else {
            self.count(&GroupHistory { streams: vec![history], ..GroupHistory::default() });
        }
    }

    /// Adds what another part of the batch did to other dossiers.
    pub(crate) fn join(&mut self, other: Self) {
        self.linked.extend(other.linked);
        match (&mut self.rows, other.rows) {
            (Ok(rows), Ok(more)) => rows.extend(more),
            (rows, Err(error)) => *rows = Err(error),
            (Err(_), Ok(_)) => {}
        }
    }

    fn count(&mut self, history: &GroupHistory) {
        if let Ok(rows) = &mut self.rows {
            match rows_of_group(history) {
                Ok(more) => rows.extend(more),
                Err(error) => self.rows = Err(error),
            }
        }
    }

    /// All its rows, when every dossier was seen.
    pub(super) fn rows(mut self, source: &dyn EventSource) -> Result<Vec<Row>> {
        let end = self.ends().1;
        let mut touched: BTreeSet<StreamKey> = self.linked.keys().copied().collect();
        touched.extend(self.events.iter().filter_map(pair_of).flatten());
        while let Some(key) = touched.pop_first() {
            let group = self.groups.group_of(key, end)?;
            for member in &group.members {
                touched.remove(member);
            }
            let history = self.history(group, source)?;
            self.count(&history);
        }
        self.rows
    }

    /// What the batch did to the enrolments of a group, and what they were before.
    fn history(&mut self, group: PersonGroup, source: &dyn EventSource) -> Result<GroupHistory> {
        let before = Position(self.ends().0.0.saturating_sub(1));
        let mut streams = Vec::with_capacity(group.members.len());
        for key in group.members {
            let told = match self.linked.remove(&key) {
                Some(told) => told,
                None => StreamHistory::at(key, before, source)?,
            };
            streams.push(told);
        }
        let mut links = group.history.clone();
        links.retain(|link| link.from > before);
        for link in &mut links {
            link.from = self.known_from(link.from);
        }
        Ok(GroupHistory { streams, before: classes_at(group.history, before), links })
    }

    /// From where an event of the batch is known: the end of its request.
    fn known_from(&self, position: Position) -> Position {
        let at = self.events.partition_point(|recorded| recorded.position < position);
        let rest = self.events.get(at..).unwrap_or_default();
        let together =
            rest.iter().take_while(|r| Some(r.request()) == rest.first().map(Recorded::request));
        together.last().map_or(position, |last| last.position)
    }
}

/// The enrolments that an event links or parts.
fn pair_of(recorded: &Recorded) -> Option<[StreamKey; 2]> {
    match &recorded.event {
        Event::PersonLink(
            PersonLinkEvent::PersonsLinked { pair, .. }
            | PersonLinkEvent::PersonsUnlinked { pair, .. },
        ) => Some(*pair),
        Event::Enrolment(_)
        | Event::Contract(..)
        | Event::Run(_)
        | Event::ReferenceSetLoaded(_)
        | Event::Erasure(_) => None,
    }
}
