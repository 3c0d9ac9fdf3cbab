//! Contracts whose workflow runs here: pages of them, those of which something is due soonest first.
//!
//! As known at a position a contract is where its last act left it; the day asked says what is due, what is late, and
//! whether the silence of the deposit body has decided.

use super::dossiers::bad_page;
use super::population::no_departement;
use super::{Answer, Page, QueryError, View, Views, WorkflowView, WorkflowsQuery};
use crate::detail::{After, WorkflowsAsked};
use crate::time::KnownAt;

impl Views {
    /// Contracts whose workflow runs here, by filter: those of which something is due soonest first, then by name.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn list_workflows(
        &self,
        query: WorkflowsQuery,
    ) -> Result<Answer<Page<WorkflowView>>, QueryError> {
        self.works(View::Detail)?;
        let position = self.position_of(&query.time).await?;
        if let Some(departement) = &query.departement {
            let reference = self.references.at(&self.folded.headcount, position)?;
            if reference.departement(departement).is_none() {
                return Err(no_departement());
            }
        }
        let (on, wanted) = (query.time.as_of, query.page.entries());
        let asked = WorkflowsAsked {
            phases: query.phases,
            life: query.life,
            departement: query.departement,
            body: query.body,
            trainer: query.trainer,
            on,
            late_only: query.late_only,
            is_past: query.time.known_at != KnownAt::Now,
            after: query.page.after.as_deref().map(read_after).transpose()?,
        };
        let detail = &self.folded.detail;
        let found = detail.workflows(position, &self.reach.contracts, &asked, wanted + 1).await?;
        let more = found.len() > wanted;
        let mut entries: Vec<WorkflowView> = found.into_iter().map(|(_, view)| view).collect();
        entries.truncate(wanted);
        for view in &mut entries {
            view.dues.retain(|due| due.is_shown(on));
        }
        let next = entries.last().filter(|_| more).map(|last| write_after(last.after()));
        let basis = self.basis(&query.time, position, None)?;
        Ok(Answer { value: Page { entries, next }, basis })
    }
}

/// Behind which contract the next page begins: its day, a space, its id.
fn write_after(After { day, id }: After) -> String {
    format!("{day} {:032x}", u128::from_be_bytes(id))
}

fn read_after(text: &str) -> Result<After, QueryError> {
    let parts = text.split_once(' ').filter(|(_, id)| id.len() == 32);
    let read = parts.and_then(|(day, id)| {
        Some(After { day: day.parse().ok()?, id: u128::from_str_radix(id, 16).ok()?.to_be_bytes() })
    });
    read.ok_or_else(bad_page)
}
