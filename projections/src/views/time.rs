//! From the two times of a question to a position, and to what an answer says.
//!
//! A question about a position within a request is answered as of the request
//! before: what came in one request became known together.

use super::{QueryError, Views};
use crate::time::{Basis, KnownAt, TimeQuery, instant_of};
use domain::ids::Position;
use domain::rules::RuleSet;
use domain::text::Text;
use std::sync::Arc;
use std::time::Duration;

/// How long a question waits for the views to reach the position that it needs.
const PATIENCE: Duration = Duration::from_secs(10);

impl Views {
    /// Waits until the views reflect a position.
    ///
    /// # Errors
    /// [`QueryError::Behind`] when they do not in time.
    pub async fn wait_for(&self, position: Position, limit: Duration) -> Result<(), QueryError> {
        let mut moved = self.moved.subscribe();
        let reached = async {
            while self.position() < position {
                self.asked.notify_one();
                if moved.changed().await.is_err() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(limit, reached).await;
        if self.position() >= position {
            Ok(())
        } else {
            Err(QueryError::Behind { reached: self.position(), wanted: position })
        }
    }

    /// The position that a question is about; the views have reached it.
    pub(super) async fn position_of(&self, time: &TimeQuery) -> Result<Position, QueryError> {
        if time.min_position > self.position() {
            self.wait_for(time.min_position, PATIENCE).await?;
        }
        let asked = match time.known_at {
            KnownAt::Now => return Ok(self.position()),
            KnownAt::Position(position) if position > self.source.head() => {
                return Err(beyond_head(self.source.head()));
            }
            KnownAt::Position(position) => self.settled(position).await?,
            known_at => instant_of(known_at)
                .map_or(self.position(), |instant| self.source.position_at(instant)),
        };
        if asked > self.position() {
            self.wait_for(asked, PATIENCE).await?;
        }
        Ok(asked)
    }

    async fn settled(&self, position: Position) -> Result<Position, QueryError> {
        let source = Arc::clone(&self.source);
        Ok(tokio::task::spawn_blocking(move || source.settled(position)).await??)
    }

    /// What the answer to a question reflects that the ledger itself answers, once the views could.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn basis_of(&self, time: &TimeQuery) -> Result<Basis, QueryError> {
        let position = self.position_of(time).await?;
        self.basis(time, position, None)
    }

    /// What an answer reflects.
    pub(super) fn basis(
        &self,
        time: &TimeQuery,
        position: Position,
        rule_set: Option<RuleSet>,
    ) -> Result<Basis, QueryError> {
        let reference_set = Some(self.references.hash_at(&self.folded.headcount, position)?);
        Ok(Basis {
            as_of: time.as_of,
            position,
            recorded_at: self.source.recorded_at(position),
            rule_set,
            reference_set,
            lag: self.lag(),
        })
    }
}

fn beyond_head(head: Position) -> QueryError {
    QueryError::Field {
        field: "known_at",
        rule: "KNOWN_AT_BEYOND_HEAD",
        text: Text::new(
            format!("the log ends at position {head}"),
            format!("Le registre s'arrête à la position {head}."),
        ),
    }
}
