//! What the runs of each source settled: a pure fold of the log.
//!
//! Runs of one source are ordered by their extraction time. A dossier that a
//! run saw without changing leaves no event of its own: the run's one event
//! lists it, and this fold remembers it, so that an older run that comes late
//! changes nothing that a newer one said again.
//!
//! In the newest full run of a source, held back by nobody, a known dossier
//! that is not listed was seen whole. Two listings say otherwise, by bit sets
//! that no row can state: the empty one ([`NOT_SEEN`]: the dossier was not in
//! the run, though it had been before) and the learner's id alone
//! ([`NAMED_ONLY`]: a row of it was held or refused, so its values say
//! nothing). A dossier stays unseen until a run lists it again or writes to it.

use super::dossiers::{Declared, Known, Short, short};
use domain::dossier::Field;
use domain::enrolment::{EnrolmentEvent, Fact, Stated};
use domain::event::Event;
use domain::ids::{Category, EventId, Instant, Position, RunId, Source, StreamKey};
use domain::runs::{
    Extent, HeldChange, HoldDecision, HoldReason, PushRunClosed, RunCounts, RunDeclaration,
    RunEvent, Seen, Settlement, bit_of_field,
};
use projections::source::Recorded;
use std::collections::{BTreeMap, HashMap};

/// Listed of a known dossier that a newest full run did not see.
pub const NOT_SEEN: Stated = Stated::Only(0);
/// Listed of a known dossier whose row was held or refused.
pub const NAMED_ONLY: Stated = Stated::Only(1 << bit_of_field(Field::IdErpApprenant));

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
    /// What was decided of it.
    pub decision: Option<HoldDecision>,
    /// The position of its closing event.
    pub position: Position,
    /// When it was closed.
    pub recorded_at: Instant,
    /// What it saw, while its disappearances wait.
    seen: Vec<Seen>,
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
}

impl ClosedRun {
    /// Where it stands.
    #[must_use]
    pub const fn standing(&self) -> RunStanding {
        match (self.hold, self.decision) {
            (None, _) => RunStanding::Closed,
            (Some(_), None) => RunStanding::Held,
            (Some(_), Some(HoldDecision::Confirmed)) => RunStanding::Confirmed,
            (Some(_), Some(HoldDecision::Rejected)) => RunStanding::Rejected,
        }
    }
}

#[derive(Debug, Default)]
struct OfSource {
    dossiers: HashMap<Short, Known>,
    runs: HashMap<RunId, ClosedRun>,
    newest_full: Option<Instant>,
}

/// The fold.
#[derive(Debug, Default)]
pub struct Registry {
    position: Position,
    sources: HashMap<Source, OfSource>,
    owners: HashMap<Short, Source>,
    by_position: BTreeMap<Position, (Source, RunId)>,
    by_stream: HashMap<StreamKey, (Source, RunId)>,
}

impl Registry {
    /// The position up to which the log is folded.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// One more event of the log; events at or before the position are skipped.
    pub fn apply(&mut self, recorded: &Recorded) {
        if recorded.position <= self.position {
            return;
        }
        self.position = recorded.position;
        match &recorded.event {
            Event::Enrolment(event) if recorded.stream.category == Category::Enrolment => {
                self.apply_enrolment(recorded, event);
            }
            Event::Run(RunEvent::Closed(closed)) => self.apply_closed(recorded, closed),
            Event::Run(RunEvent::HoldDecided { decision }) => {
                self.apply_decision(recorded, *decision);
            }
            _ => {}
        }
    }

    /// A closed run of a source.
    #[must_use]
    pub fn run(&self, source: &Source, run: RunId) -> Option<&ClosedRun> {
        self.sources.get(source)?.runs.get(&run)
    }

    /// Closed runs before a position, newest first; `source` limits them.
    pub fn runs_before<'a>(
        &'a self,
        before: Position,
        source: Option<&'a Source>,
    ) -> impl Iterator<Item = &'a ClosedRun> {
        self.by_position
            .range(..before)
            .rev()
            .filter(move |(_, (of, _))| source.is_none_or(|wanted| wanted == of))
            .filter_map(|(_, (of, run))| self.run(of, *run))
    }

    /// What runs that wrote nothing there settled of a dossier.
    #[must_use]
    pub fn settled(&self, stream: StreamKey) -> Vec<Settlement> {
        self.known(stream).map(|known| known.settled().to_vec()).unwrap_or_default()
    }

    /// The newest full run of a source that is not held.
    #[must_use]
    pub fn newest_full(&self, source: &Source) -> Option<Instant> {
        self.sources.get(source)?.newest_full
    }

    /// Whether the newest full run did not see the dossier.
    #[must_use]
    pub fn is_absent(&self, stream: StreamKey) -> bool {
        self.known(stream).is_some_and(|known| known.absent)
    }

    /// The dossiers of a source.
    pub(super) fn dossiers(&self, source: &Source) -> impl Iterator<Item = &Known> {
        self.sources.get(source).into_iter().flat_map(|of| of.dossiers.values())
    }

    /// How many live ruptures, or exclusions, pushes declared of a dossier.
    pub(super) fn count(&self, stream: StreamKey, what: Declared) -> usize {
        self.known(stream).map_or(0, |known| known.count(what))
    }

    /// What a live event of a dossier declares.
    pub(super) fn declared(&self, stream: StreamKey, event: EventId) -> Option<Declared> {
        self.known(stream)?.declared(event)
    }

    fn known(&self, stream: StreamKey) -> Option<&Known> {
        let short = short(stream);
        self.sources.get(self.owners.get(&short)?)?.dossiers.get(&short)
    }

    fn apply_enrolment(&mut self, recorded: &Recorded, event: &EnrolmentEvent) {
        let key = recorded.stream.key;
        let short = short(key);
        if matches!(event.fact, Fact::EnrolmentDeclared(_)) {
            self.owners.entry(short).or_insert_with(|| recorded.source.clone());
        }
        let Some(owner) = self.owners.get(&short) else { return };
        let of = self.sources.entry(owner.clone()).or_default();
        of.dossiers.entry(short).or_insert_with(|| Known::new(key)).apply(event, of.newest_full);
    }

    fn apply_closed(&mut self, recorded: &Recorded, closed: &PushRunClosed) {
        let declaration = &closed.declaration;
        let of = self.sources.entry(declaration.source.clone()).or_default();
        let full = declaration.extent == Extent::Full;
        let applied = full && closed.hold.is_none();
        if applied && of.newest_full.is_none_or(|newest| declaration.extracted_at > newest) {
            of.newest_full = Some(declaration.extracted_at);
            see_the_rest(of, closed);
        }
        see_listed(of, &closed.seen, declaration.extracted_at, applied);
        let run = ClosedRun {
            declaration: declaration.clone(),
            counts: closed.counts,
            digest: closed.digest,
            held: closed.held.clone(),
            hold: closed.hold,
            decision: None,
            position: recorded.position,
            recorded_at: recorded.recorded_at,
            seen: if closed.hold.is_some() { closed.seen.clone() } else { Vec::new() },
        };
        of.runs.insert(declaration.id, run);
        let name = (declaration.source.clone(), declaration.id);
        self.by_stream.insert(recorded.stream.key, name.clone());
        self.by_position.insert(recorded.position, name);
    }

    fn apply_decision(&mut self, recorded: &Recorded, decision: HoldDecision) {
        let Some((source, id)) = self.by_stream.get(&recorded.stream.key) else { return };
        let Some(of) = self.sources.get_mut(source) else { return };
        let Some(run) = of.runs.get_mut(id) else { return };
        run.decision = Some(decision);
        let seen = std::mem::take(&mut run.seen);
        if decision == HoldDecision::Rejected {
            return;
        }
        let at = run.declaration.extracted_at;
        for short in seen.iter().map(|seen| seen.stream) {
            if let Some(known) = of.dossiers.get_mut(&short) {
                known.confirm(at);
            }
        }
        if of.newest_full.is_none_or(|newest| at > newest) {
            of.newest_full = Some(at);
            for known in of.dossiers.values_mut().filter(|known| known.seen_at < at) {
                known.absent = true;
            }
        }
    }
}

/// Every known dossier that the newest full run neither lists nor wrote to,
/// and that was there before, was seen whole.
fn see_the_rest(of: &mut OfSource, closed: &PushRunClosed) {
    let listed: std::collections::HashSet<Short> =
        closed.seen.iter().map(|seen| seen.stream).collect();
    let at = closed.declaration.extracted_at;
    let rest = of.dossiers.iter_mut().filter(|(short, known)| {
        !listed.contains(*short) && !known.absent && known.written_by != Some(closed.declaration.id)
    });
    for (_, known) in rest {
        known.settle(Settlement { at, full: true, stated: Stated::Everything }, Some(at));
    }
}

fn see_listed(of: &mut OfSource, seen: &[Seen], at: Instant, full: bool) {
    for one in seen {
        let Some(known) = of.dossiers.get_mut(&one.stream) else { continue };
        match one.stated {
            NOT_SEEN => known.absent = true,
            NAMED_ONLY => known.see(at, of.newest_full),
            stated => known.settle(Settlement { at, full, stated }, of.newest_full),
        }
    }
}
