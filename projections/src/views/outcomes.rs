//! Outcomes of the contracts of a period.

use super::{Answer, OutcomesQuery, QueryError, View, Views};
use crate::headcount::Scope;
use crate::outcomes::{Learners, OutcomesAnswer, compute};
use domain::ids::StreamKey;
use domain::text::Text;
use std::sync::Arc;

impl Views {
    /// What became of the contracts that started in a period.
    ///
    /// # Errors
    /// `PERIOD` when its last day is before its first; else see [`QueryError`].
    pub async fn outcomes(
        &self,
        query: OutcomesQuery,
    ) -> Result<Answer<OutcomesAnswer>, QueryError> {
        for view in [View::Outcomes, View::Detail, View::Persons] {
            self.works(view)?;
        }
        if query.started_to < query.started_from {
            return Err(QueryError::Field {
                field: "started_to",
                rule: "PERIOD",
                text: Text::new(
                    "the last day of the starts is before the first",
                    "Le dernier jour de la période précède le premier.",
                ),
            });
        }
        let position = self.position_of(&query.time).await?;
        let reference = self.references.at(&self.folded.headcount, position)?;
        let folded = Arc::clone(&self.folded);
        let (from, to) = (query.started_from, query.started_to);
        let read = tokio::task::spawn_blocking(move || {
            let rows = folded.outcomes.started(from, to, position)?;
            let groups = folded.persons.groups(rows.iter().map(|row| row.stream), position);
            Ok::<_, std::io::Error>((rows, groups))
        });
        let (rows, groups) = read.await.map_err(|error| QueryError::Store(error.to_string()))??;
        let mut others: Vec<StreamKey> = groups.values().flatten().copied().collect();
        others.sort_unstable();
        others.dedup();
        let known = self.folded.detail.known(position, &others).await?;
        let basis = self.basis(&query.time, position, None)?;
        let work = tokio::task::spawn_blocking(move || {
            let scope =
                Scope { filter: &query.filter, group_by: query.group_by, reference: &reference };
            compute(&rows, &Learners { groups, known }, query.time.as_of, &scope)
        });
        let value = work.await.map_err(|error| QueryError::Store(error.to_string()))?;
        Ok(Answer { value, basis })
    }
}
