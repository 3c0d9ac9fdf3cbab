//! Push runs, and the reference set in force.

use super::dossiers::after_number;
use super::{Answer, Page, PageQuery, QueryError, ReferenceView, RunView, View, Views};
use crate::time::TimeQuery;
use domain::ids::Source;

impl Views {
    /// Closed runs, newest first.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn list_runs(
        &self,
        source: Option<Source>,
        time: TimeQuery,
        page: PageQuery,
    ) -> Result<Answer<Page<RunView>>, QueryError> {
        self.works(View::Detail)?;
        let position = self.position_of(&time).await?;
        let before = match page.after {
            None => i64::MAX,
            Some(_) => after_number(page.after.as_deref())?,
        };
        let wanted = page.entries();
        let mut entries =
            self.folded.detail.runs(position, source.as_ref(), before, wanted + 1).await?;
        let more = entries.len() > wanted;
        entries.truncate(wanted);
        let next = entries.last().filter(|_| more).map(|run| run.position.0.to_string());
        let basis = self.basis(&time, position, None)?;
        Ok(Answer { value: Page { entries, next }, basis })
    }

    /// The reference set in force; `None` before the first was loaded, when the
    /// built-in one is in force.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn reference(
        &self,
        time: TimeQuery,
    ) -> Result<Answer<Option<ReferenceView>>, QueryError> {
        self.works(View::Detail)?;
        let position = self.position_of(&time).await?;
        let value = self.folded.detail.reference(position).await?;
        Ok(Answer { value, basis: self.basis(&time, position, None)? })
    }
}
