//! The CFA's word on a held run: written first, then applied. A stop between
//! the two is made good by the next push, the next word or the next start.

use super::apply::apply;
use super::pipeline::{Pipeline, settled};
use super::port::{Book, Origin};
use super::registries::Shared;
use super::runs::{ClosedRun, Confirmed, RunStanding};
use crate::errors::{Failure, Reason};
use access::Tenant;
use domain::ids::{RequestId, RunId, Source};
use domain::runs::{HoldDecision, RunEvent};
use domain::text::Text;
use std::sync::Arc;

/// Who decides of a held run, and what.
#[derive(Debug, Clone)]
pub struct Word {
    /// The source of the run.
    pub source: Source,
    /// The run.
    pub run: RunId,
    /// The same in a retry.
    pub request: RequestId,
    /// Who decides: a pseudonym.
    pub actor: String,
    /// What is decided.
    pub decision: HoldDecision,
}

impl<B: Book> Pipeline<B> {
    /// Confirms or rejects what a run holds. Saying it again changes nothing.
    ///
    /// # Errors
    /// `NOT_FOUND`, also when the run speaks for dossiers of establishments that the tenant does not
    /// write for; `NOT_ALLOWED` when nothing is held, the contrary was said
    /// or a newer full run was closed; `RUN_BUSY` while the source pushes.
    pub async fn decide_hold(&self, tenant: &Tenant, word: Word) -> Result<ClosedRun, Failure> {
        let Word { source, run, request, actor, decision } = word;
        let _turn = self.take_turn(&source).await?;
        let registry = self.finish_confirmed(&source).await?;
        let found = self.found(&source, run).await?;
        if !registry.read().within(tenant).covers(&found.within) {
            // Whose learners those are, it is for their CFA to say.
            return Err(Failure::not_found(&crate::names::of_push_run(&source, run)));
        }
        match (found.standing(), decision) {
            (RunStanding::Held, _) => {}
            (RunStanding::Confirmed, HoldDecision::Confirmed)
            | (RunStanding::Rejected, HoldDecision::Rejected) => return Ok(found),
            (RunStanding::Superseded, _) => return Err(superseded()),
            _ => return Err(not_held()),
        }
        let said = [run.0.as_slice(), &[u8::from(decision == HoldDecision::Confirmed)]].concat();
        let digest = self.book().digest(&said);
        let origin = Origin { source: source.clone(), actor, request, digest };
        self.append(origin, run, RunEvent::HoldDecided { decision }).await?;
        self.finish_confirmed(&source).await?;
        self.found(&source, run).await
    }

    /// Applies what was confirmed before a stop, of every source.
    ///
    /// # Errors
    /// When the ledger cannot read or write.
    pub async fn resume(&self) -> Result<(), Failure> {
        for source in self.perhaps_unfinished().await? {
            let _turn = self.take_turn(&source).await?;
            self.finish_confirmed(&source).await?;
        }
        Ok(())
    }

    /// Applies the confirmed runs of a source whose turn is held. What was
    /// applied before is not written twice. Gives the registry, up to the head of the log.
    pub(super) async fn finish_confirmed(&self, source: &Source) -> Result<Arc<Shared>, Failure> {
        let registry = self.registry(source).await?;
        let confirmed: Vec<Confirmed> = registry.read().confirmed().to_vec();
        if confirmed.is_empty() {
            return Ok(registry);
        }
        for one in confirmed {
            let changes = one.to_apply(&registry.read());
            let settled = settled(&registry, changes.iter().map(|change| change.stream));
            apply(self.book(), &settled, &one.run, &changes).await?;
            registry.write().finish(one.run.id);
        }
        self.registry(source).await
    }
}

fn not_held() -> Failure {
    Failure::new(
        Reason::NotAllowed,
        Text::new(
            "nothing is held in this run, or the contrary was decided of it",
            "Rien n'attend de confirmation dans cet envoi, ou une décision contraire a été prise.",
        ),
    )
}

fn superseded() -> Failure {
    Failure::new(
        Reason::NotAllowed,
        Text::new(
            "a newer full run of this source was closed: what this one held does not matter any \
             more",
            "Un envoi complet plus récent a été reçu : celui-ci n'attend plus de décision, voyez \
             le plus récent.",
        ),
    )
}
