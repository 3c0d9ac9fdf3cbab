//! The dossiers of somebody who is searched by what only they state.

use super::{QueryError, View, Views};
use crate::persons::SearchKey;
use crate::time::TimeQuery;
use domain::ids::{Position, StreamKey};
use std::sync::Arc;

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPersons {
    /// The dossiers that may be seen, ascending.
    pub enrolments: Vec<StreamKey>,
    /// Whether there are, or may be, others: these are those that the ledger heard of first.
    pub more: bool,
    /// The position that was reflected.
    pub position: Position,
}

impl Views {
    /// The dossiers that state a value, or stated it before and did not correct it; `most` of them.
    /// Of a learner who was erased there is none.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn find_persons(
        &self,
        by: SearchKey,
        time: TimeQuery,
        most: usize,
    ) -> Result<FoundPersons, QueryError> {
        self.works(View::Persons)?;
        let position = self.position_of(&time).await?;
        let (persons, source) = (Arc::clone(&self.folded.persons), Arc::clone(&self.source));
        let find = move || persons.find(by, position, most, source.as_ref());
        let found = tokio::task::spawn_blocking(find).await??;
        let mut enrolments = Vec::with_capacity(found.enrolments.len());
        for enrolment in found.enrolments {
            if self.is_reached(enrolment, position).await? {
                enrolments.push(enrolment);
            }
        }
        Ok(FoundPersons { enrolments, more: found.more, position })
    }
}
