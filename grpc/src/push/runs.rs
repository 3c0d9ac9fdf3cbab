//! Closed runs: as the log tells them, and what a registry keeps of them.

use domain::event::Event;
use domain::ids::{Instant, Position};
use domain::runs::{
    HeldChange, HoldDecision, HoldReason, RunCounts, RunDeclaration, RunEvent, Seen, Within,
};
use projections::source::Recorded;

/// A closed run.
#[derive(Debug, Clone)]
pub struct ClosedRun {
    /// What the sender said.
    pub declaration: RunDeclaration,
    /// What came of it.
    pub counts: RunCounts,
    /// Digest of its rows.
    pub digest: [u8; 32],
    /// What it holds, or held.
    pub held: Vec<HeldChange>,
    /// Why.
    pub hold: Option<HoldReason>,
    /// For whose dossiers it speaks.
    pub within: Within,
    /// What was decided of it.
    pub decision: Option<HoldDecision>,
    /// Whether a newer full run of its source was closed.
    pub superseded: bool,
    /// The position of its closing event.
    pub position: Position,
    /// When it was closed.
    pub recorded_at: Instant,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStanding {
    /// Nothing is held.
    Closed,
    /// What vanished waits for the CFA's word.
    Held,
    /// What was held was applied.
    Confirmed,
    /// What was held is forgotten.
    Rejected,
    /// What was held does not matter any more: a newer full run tells it anew.
    Superseded,
}

impl ClosedRun {
    /// The run that the events of its stream tell; `None` when it has none.
    pub(super) fn of(events: Vec<Recorded>) -> Option<Self> {
        let mut run: Option<Self> = None;
        for Recorded { position, recorded_at, event, .. } in events {
            match event {
                Event::Run(RunEvent::Closed(closed)) => {
                    run = Some(Self {
                        declaration: closed.declaration,
                        counts: closed.counts,
                        digest: closed.digest,
                        held: closed.held,
                        hold: closed.hold,
                        within: closed.within,
                        decision: None,
                        superseded: false,
                        position,
                        recorded_at,
                    });
                }
                Event::Run(RunEvent::HoldDecided { decision }) => {
                    if let Some(run) = &mut run {
                        run.decision = Some(decision);
                    }
                }
                _ => {}
            }
        }
        run
    }

    /// Where it stands.
    #[must_use]
    pub const fn standing(&self) -> RunStanding {
        match (self.hold, self.decision) {
            (None, _) => RunStanding::Closed,
            (Some(_), Some(HoldDecision::Confirmed)) => RunStanding::Confirmed,
            (Some(_), Some(HoldDecision::Rejected)) => RunStanding::Rejected,
            (Some(_), None) if self.superseded => RunStanding::Superseded,
            (Some(_), None) => RunStanding::Held,
        }
    }
}

/// A run whose disappearances wait for a decision.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) run: RunDeclaration,
    /// What it saw without writing.
    pub(super) seen: Vec<Seen>,
    /// What it no longer had.
    pub(super) changes: Vec<HeldChange>,
    /// For whose dossiers it speaks.
    pub(super) within: Within,
}

/// A held run that was confirmed: its disappearances are applied, or are about to be.
#[derive(Debug, Clone)]
pub(super) struct Confirmed {
    pub(super) run: RunDeclaration,
    pub(super) changes: Vec<HeldChange>,
    pub(super) within: Within,
}
