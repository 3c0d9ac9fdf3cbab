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
//!
//! Of a closed run memory keeps its name and its place; the log has the rest.
//! What a run holds is kept until it is decided or superseded.

use super::dossiers::{Declared, Known, Short, short};
use super::runs::{Close, Confirmed, Held};
use domain::dossier::Field;
use domain::enrolment::{EnrolmentEvent, Fact, Stated};
use domain::event::Event;
use domain::ids::{Category, EventId, Instant, Position, RunId, Source, StreamKey};
use domain::runs::{
    Extent, HeldChange, HoldDecision, PushRunClosed, RunDeclaration, RunEvent, Seen, Settlement,
    bit_of_field,
};
use projections::source::Recorded;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Listed of a known dossier that a newest full run did not see.
pub const NOT_SEEN: Stated = Stated::Only(0);
/// Listed of a known dossier whose row was held or refused.
pub const NAMED_ONLY: Stated = Stated::Only(1 << bit_of_field(Field::IdErpApprenant));

#[derive(Debug, Default)]
struct OfSource {
    /// Its name, shared by its closed runs.
    name: Option<Arc<Source>>,
    dossiers: HashMap<Short, Known>,
    /// The newest full run that is not held, nor was rejected.
    newest_full: Option<Instant>,
    /// The newest full run, whatever became of it.
    newest_closed: Option<(Instant, RunId)>,
    /// The full runs whose absences are held or were rejected.
    disbelieved: Vec<Instant>,
    /// Runs that were confirmed and are perhaps not applied whole yet.
    confirmed: Vec<Confirmed>,
}

/// The fold.
#[derive(Debug, Default)]
pub struct Registry {
    position: Position,
    sources: HashMap<Source, OfSource>,
    owners: HashMap<Short, Source>,
    /// Every closed run, oldest first.
    closes: Vec<Close>,
    /// What waits for a decision, by the run's stream.
    held: HashMap<StreamKey, Held>,
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

    /// The names of closed runs before a position, newest first; `source` limits them.
    pub(super) fn runs_before<'a>(
        &'a self,
        before: Position,
        source: Option<&'a Source>,
    ) -> impl Iterator<Item = (&'a Source, RunId)> {
        let end = self.closes.partition_point(|close| close.position < before);
        let named = self.closes.iter().take(end).rev();
        named
            .filter(move |close| source.is_none_or(|wanted| *wanted == *close.source))
            .map(|close| (&*close.source, close.run))
    }

    /// Whether a newer full run of the source was closed. Of two with one
    /// extraction time the later arrival is the newer.
    #[must_use]
    pub fn is_superseded(&self, run: &RunDeclaration) -> bool {
        let newest = self.sources.get(&run.source).and_then(|of| of.newest_closed);
        newest.is_some_and(|(newest, id)| {
            newest > run.extracted_at || newest == run.extracted_at && id != run.id
        })
    }

    /// The runs of a source that were confirmed and are perhaps not applied whole.
    pub(super) fn confirmed(&self, source: &Source) -> &[Confirmed] {
        self.sources.get(source).map_or(&[], |of| &of.confirmed)
    }

    /// The sources that have such runs.
    pub(super) fn unfinished(&self) -> Vec<Source> {
        let unfinished = self.sources.iter().filter(|(_, of)| !of.confirmed.is_empty());
        unfinished.map(|(source, _)| source.clone()).collect()
    }

    /// A confirmed run is applied whole.
    pub(super) fn finish(&mut self, source: &Source, run: RunId) {
        if let Some(of) = self.sources.get_mut(source) {
            of.confirmed.retain(|confirmed| confirmed.run.id != run);
        }
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

    /// The full runs of a source, newer than an instant, whose absences are
    /// held or were rejected.
    #[must_use]
    pub fn disbelieved(&self, source: &Source, after: Instant) -> Vec<Instant> {
        let all = self.sources.get(source).map_or(&[][..], |of| &of.disbelieved);
        all.iter().filter(|at| **at > after).copied().collect()
    }

    /// Whether the newest full run did not see the dossier.
    #[must_use]
    pub fn is_absent(&self, stream: StreamKey) -> bool {
        self.known(stream).is_some_and(|known| known.absent)
    }

    /// Whether a run newer than an instant named the dossier.
    #[must_use]
    pub fn is_seen_after(&self, stream: StreamKey, at: Instant) -> bool {
        self.known(stream).is_some_and(|known| known.seen_at > at)
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
        let run = &closed.declaration;
        let at = run.extracted_at;
        let of = self.sources.entry(run.source.clone()).or_default();
        let full = run.extent == Extent::Full;
        let applied = full && closed.hold.is_none();
        if applied && of.newest_full.is_none_or(|newest| at > newest) {
            of.newest_full = Some(at);
            see_the_rest(of, closed);
        }
        see_listed(of, &closed.seen, at, applied);
        if full && of.newest_closed.is_none_or(|(newest, _)| at >= newest) {
            of.newest_closed = Some((at, run.id));
            of.confirmed.retain(|confirmed| confirmed.run.extracted_at >= at);
            self.held.retain(|_, held| held.run.source != run.source);
        }
        if closed.hold.is_some() {
            of.disbelieved.push(at);
            if of.newest_closed == Some((at, run.id)) {
                let (seen, changes) = (closed.seen.clone(), closed.held.clone());
                self.held.insert(recorded.stream.key, Held { run: run.clone(), seen, changes });
            }
        }
        let source = of.name.get_or_insert_with(|| Arc::new(run.source.clone())).clone();
        self.closes.push(Close { position: recorded.position, source, run: run.id });
    }

    fn apply_decision(&mut self, recorded: &Recorded, decision: HoldDecision) {
        let Some(Held { run, seen, changes }) = self.held.remove(&recorded.stream.key) else {
            return;
        };
        let Some(of) = self.sources.get_mut(&run.source) else { return };
        if decision == HoldDecision::Rejected {
            return;
        }
        let at = run.extracted_at;
        of.disbelieved.retain(|disbelieved| *disbelieved != at);
        if of.newest_full.is_none_or(|newest| at > newest) {
            of.newest_full = Some(at);
            for known in of.dossiers.values_mut().filter(|known| known.seen_at < at) {
                known.absent = true;
            }
        }
        see_listed(of, &seen, at, true);
        of.confirmed.push(Confirmed { run, changes });
    }
}

impl Confirmed {
    /// What is still to be applied: a learner whom a newer run named, be it in
    /// a row that was refused, is not gone.
    pub(super) fn to_apply(&self, registry: &Registry) -> Vec<HeldChange> {
        let stands = |change: &&HeldChange| {
            change.vanished.is_some()
                || !registry.is_seen_after(change.stream, self.run.extracted_at)
        };
        self.changes.iter().filter(stands).cloned().collect()
    }
}

/// Every known dossier that the newest full run neither lists nor wrote to,
/// and that was there before, was seen whole.
fn see_the_rest(of: &mut OfSource, closed: &PushRunClosed) {
    let listed: HashSet<Short> = closed.seen.iter().map(|seen| seen.stream).collect();
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
