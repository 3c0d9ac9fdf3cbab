//! What a batch does to the views of dossiers, computed by two threads.

use super::steps::{StreamSteps, of_streams, steps_of};
use super::{View, contracts};
use crate::detail::DetailBatch;
use crate::headcount::HeadcountBatch;
use crate::outcomes::OutcomeBatch;
use crate::persons::Persons;
use crate::source::{EventSource, Recorded, SourceError};
use domain::ids::Position;

/// Below this many dossiers a second thread costs more than it brings.
const FEW: usize = 64;

/// What was seen of a batch, for each view that was asked for.
pub(super) struct Dossiers<'a> {
    pub(super) headcount: Option<HeadcountBatch<'a>>,
    pub(super) detail: Option<DetailBatch>,
    /// With the last position of the batch.
    pub(super) outcomes: Option<(OutcomeBatch, Position)>,
}

impl<'a> Dossiers<'a> {
    pub(super) fn of(views: &[View], batch: &'a [Recorded], persons: &'a Persons) -> Self {
        let asked = |view| views.contains(&view);
        let last = batch.last().map_or(Position(0), |recorded| recorded.position);
        Self {
            headcount: asked(View::Headcount).then(|| HeadcountBatch::of(batch, persons)),
            detail: asked(View::Detail).then(|| DetailBatch::of(batch)),
            outcomes: asked(View::Outcomes).then(|| (OutcomeBatch::default(), last)),
        }
    }

    fn see(&mut self, steps: &StreamSteps<'_>) {
        if let Some(headcount) = &mut self.headcount {
            headcount.see(steps);
        }
        if let Some(detail) = &mut self.detail {
            detail.see(steps);
        }
        if let Some((outcomes, _)) = &mut self.outcomes {
            outcomes.see(steps);
        }
    }

    fn join(&mut self, other: Self) {
        if let (Some(headcount), Some(other)) = (&mut self.headcount, other.headcount) {
            headcount.join(other);
        }
        if let (Some(detail), Some(other)) = (&mut self.detail, other.detail) {
            detail.join(other);
        }
        if let (Some((outcomes, _)), Some((other, _))) = (&mut self.outcomes, other.outcomes) {
            outcomes.join(other);
        }
    }
}

/// Sees every dossier that a batch touches, and every contract whose workflow runs here.
pub(super) fn see_all<'a>(
    batch: &'a [Recorded],
    source: &dyn EventSource,
    begin: impl Fn() -> Dossiers<'a> + Sync,
) -> Result<Dossiers<'a>, SourceError> {
    let mut seen = see_dossiers(batch, source, begin)?;
    if let Some(detail) = &mut seen.detail {
        for events in contracts::of_streams(batch) {
            detail.see_contract(&contracts::steps_of(&events, source)?);
        }
    }
    Ok(seen)
}

fn see_dossiers<'a>(
    batch: &'a [Recorded],
    source: &dyn EventSource,
    begin: impl Fn() -> Dossiers<'a> + Sync,
) -> Result<Dossiers<'a>, SourceError> {
    let streams = of_streams(batch);
    let see = |streams: &[Vec<&Recorded>]| {
        let mut seen = begin();
        for events in streams {
            seen.see(&steps_of(events, source)?);
        }
        Ok(seen)
    };
    if streams.len() < FEW {
        return see(&streams);
    }
    let (one, other) = streams.split_at(streams.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| see(other));
        let one = see(one);
        let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let mut seen = one?;
        seen.join(other?);
        Ok(seen)
    })
}
