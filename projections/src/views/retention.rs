//! Dossiers that must not name their learner any more.

use super::{QueryError, View, Views};
use crate::detail::Kept;
use crate::time::TimeQuery;
use chrono::NaiveDate;
use domain::ids::{Position, StreamKey};
use domain::retention::Rules;
use std::collections::HashMap;

/// Dossiers looked at together.
const CHUNK: usize = 1_000;

/// The dossiers of one person, all of which fall due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The first day on which none of them must name the learner any more: of the last of them.
    pub due_on: NaiveDate,
    /// The dossiers, sorted.
    pub enrolments: Vec<StreamKey>,
    /// Where the person was found: who goes on after it is told of the persons that follow.
    pub place: i64,
}

/// Some dossiers looked at.
#[derive(Debug, Clone)]
pub struct LookedAt {
    /// The position that was reflected.
    pub position: Position,
    /// Persons all of whose dossiers fall due, in the order of their places.
    pub due: Vec<Due>,
    /// How many dossiers were looked at.
    pub dossiers: usize,
    /// After which place to go on; `None` when there are no more dossiers.
    pub next: Option<i64>,
}

impl Views {
    /// Looks at the next dossiers after a place, 0 for the first: whose persons fall due by a day, with
    /// all their dossiers. Those who were erased are among them: their dossiers stay.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn due(
        &self,
        rules: &Rules,
        until: NaiveDate,
        time: TimeQuery,
        after: i64,
    ) -> Result<LookedAt, QueryError> {
        let position = self.position_of(&time).await?;
        self.works(View::Detail)?;
        self.works(View::Persons)?;
        let kept = self.folded.detail.kept(position, after, CHUNK).await?;
        let due_on = |kept: &Kept| rules.due_on(kept.training_ends_on, &kept.contracts);
        let mut days: HashMap<StreamKey, NaiveDate> =
            kept.iter().map(|kept| (kept.stream, due_on(kept))).collect();
        let mut persons = Vec::new();
        for one in kept.iter().filter(|one| days.get(&one.stream).is_some_and(|on| *on <= until)) {
            let mut enrolments = self.folded.persons.group(one.stream, position)?;
            enrolments.sort_unstable();
            // Each person once.
            if enrolments.first() == Some(&one.stream) {
                persons.push((one.dossier, enrolments));
            }
        }
        let others = persons.iter().flat_map(|(_, enrolments)| enrolments);
        let others: Vec<StreamKey> =
            others.filter(|one| !days.contains_key(one)).copied().collect();
        let others = self.folded.detail.kept_of(position, &others).await?;
        days.extend(others.iter().map(|kept| (kept.stream, due_on(kept))));
        let mut due = Vec::new();
        for (place, enrolments) in persons {
            let all: Option<Vec<NaiveDate>> =
                enrolments.iter().map(|one| days.get(one).copied()).collect();
            // Not before the last dossier falls due.
            let last = all.and_then(|all| all.into_iter().max());
            if let Some(due_on) = last.filter(|due_on| *due_on <= until) {
                due.push(Due { due_on, enrolments, place });
            }
        }
        let next = kept.last().filter(|_| kept.len() == CHUNK).map(|last| last.dossier);
        Ok(LookedAt { position, due, dossiers: kept.len(), next })
    }
}
