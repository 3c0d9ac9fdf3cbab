//! Outcomes of the contracts of a period.

use super::{Answer, OutcomesQuery, QueryError, View, Views};
use crate::headcount::Scope;
use crate::outcomes::{Computing, Learners, OutcomesAnswer};
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
        let basis = self.basis(&query.time, position, None)?;
        let query = OutcomesQuery { filter: self.reached(&query.filter), ..query };
        let folded = Arc::clone(&self.folded);
        let runtime = tokio::runtime::Handle::current();
        let work = tokio::task::spawn_blocking(move || {
            let OutcomesQuery { time, started_from, started_to, filter, group_by } = query;
            let scope = Scope { filter: &filter, group_by, reference: &reference };
            let mut computing = Computing::new(time.as_of, &scope);
            for month in folded.outcomes.months(started_from, started_to) {
                let days = (started_from, started_to);
                let rows = folded.outcomes.started(&month, days, position)?;
                let groups = folded.persons.groups(rows.iter().map(|row| row.stream), position)?;
                let mut others: Vec<StreamKey> = groups.values().flatten().copied().collect();
                others.sort_unstable();
                others.dedup();
                let known = runtime.block_on(folded.detail.known(position, &others))?;
                computing.add(&rows, &Learners { groups, known });
            }
            Ok::<_, QueryError>(computing.answer())
        });
        let value = work.await??;
        Ok(Answer { value, basis })
    }
}
