//! Dossiers that must not name their learner any more.

use super::{QueryError, View, Views};
use crate::time::TimeQuery;
use chrono::NaiveDate;
use domain::ids::StreamKey;
use domain::retention::Rules;
use std::collections::BTreeMap;

/// Dossiers looked at together.
const CHUNK: usize = 1_000;

/// The dossiers of one person, all of which fall due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The first day on which none of them must name the learner any more: of the last of them.
    pub due_on: NaiveDate,
    /// The dossiers, sorted.
    pub enrolments: Vec<StreamKey>,
}

impl Views {
    /// The persons all of whose dossiers fall due by a day, by that day then by their first dossier.
    /// Those who were erased are among them: their dossiers stay.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn due(
        &self,
        rules: &Rules,
        until: NaiveDate,
        time: TimeQuery,
    ) -> Result<Vec<Due>, QueryError> {
        let position = self.position_of(&time).await?;
        self.works(View::Detail)?;
        self.works(View::Persons)?;
        let (mut days, mut after) = (BTreeMap::new(), 0);
        loop {
            let kept = self.folded.detail.kept(position, after, CHUNK).await?;
            let Some(last) = kept.last() else { break };
            after = last.dossier;
            for kept in &kept {
                let due_on = rules.due_on(kept.training_ends_on, &kept.contracts);
                if due_on <= until {
                    days.insert(kept.stream, due_on);
                }
            }
        }
        let mut due = Vec::new();
        for stream in days.keys() {
            let mut enrolments = self.folded.persons.group(*stream, position)?;
            enrolments.sort_unstable();
            // Each person once; and not before the last dossier falls due.
            if enrolments.first() != Some(stream) {
                continue;
            }
            let all: Option<Vec<NaiveDate>> =
                enrolments.iter().map(|one| days.get(one).copied()).collect();
            if let Some(due_on) = all.and_then(|all| all.into_iter().max()) {
                due.push(Due { due_on, enrolments });
            }
        }
        due.sort_unstable_by(|one, other| {
            (one.due_on, &one.enrolments).cmp(&(other.due_on, &other.enrolments))
        });
        Ok(due)
    }
}
