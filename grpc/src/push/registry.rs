//! What the runs of one source settled: a pure fold of its part of the log.
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
//! What a run holds is kept until it is decided or superseded.

use super::dossiers::{Declared, Known, Short, short};
use super::runs::{Confirmed, Held};
use domain::dossier::Field;
use domain::enrolment::{EnrolmentEvent, Fact, Stated};
use domain::event::Event;
use domain::ids::{Category, EventId, Instant, Position, RunId, Source, StreamKey, Version};
use domain::runs::{
    Extent, HeldChange, HoldDecision, PushRunClosed, RunDeclaration, RunEvent, Seen, Settlement,
    bit_of_field,
};
use projections::source::Recorded;
use std::collections::{HashMap, HashSet};

/// Listed of a known dossier that a newest full run did not see.
pub const NOT_SEEN: Stated = Stated::Only(0);
/// Listed of a known dossier whose row was held or refused.
pub const NAMED_ONLY: Stated = Stated::Only(1 << bit_of_field(Field::IdErpApprenant));

/// The fold.
#[derive(Debug)]
pub struct Registry {
    source: Source,
    position: Position,
    dossiers: HashMap<Short, Known>,
    /// The newest full run that is not held, nor was rejected.
    newest_full: Option<Instant>,
    /// The newest full run, whatever became of it.
    newest_closed: Option<(Instant, RunId)>,
    /// The full runs whose absences are held or were rejected.
    disbelieved: Vec<Instant>,
    /// Runs that were confirmed and are perhaps not applied whole yet.
    confirmed: Vec<Confirmed>,
    /// What waits for a decision, by the run's stream.
    held: HashMap<StreamKey, Held>,
}

impl Registry {
    /// Of a source, before its first event.
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self {
            source,
            position: Position(0),
            dossiers: HashMap::new(),
            newest_full: None,
            newest_closed: None,
            disbelieved: Vec::new(),
            confirmed: Vec::new(),
            held: HashMap::new(),
        }
    }

    /// The position of the last event that it has folded.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// How many dossiers it knows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dossiers.len()
    }

    /// Whether it knows no dossier.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.dossiers.is_empty()
    }

    /// One more event of the log, in its order. Events at or before the position
    /// are skipped, and those of the dossiers and runs of another source.
    pub fn apply(&mut self, recorded: &Recorded) {
        if recorded.position <= self.position {
            return;
        }
        self.position = recorded.position;
        let own = recorded.source == self.source;
        match &recorded.event {
            Event::Enrolment(event) if recorded.stream.category == Category::Enrolment => {
                self.apply_enrolment(recorded.stream.key, own, event);
            }
            Event::Run(RunEvent::Closed(closed)) if own => {
                self.apply_closed(recorded.stream.key, closed);
            }
            Event::Run(RunEvent::HoldDecided { decision }) if own => {
                self.apply_decision(recorded.stream.key, *decision);
            }
            _ => {}
        }
    }

    /// Whether a newer full run was closed. Of two with one extraction time the
    /// later arrival is the newer.
    #[must_use]
    pub fn is_superseded(&self, run: &RunDeclaration) -> bool {
        self.newest_closed.is_some_and(|(newest, id)| {
            newest > run.extracted_at || newest == run.extracted_at && id != run.id
        })
    }

    /// The runs that were confirmed and are perhaps not applied whole.
    pub(super) fn confirmed(&self) -> &[Confirmed] {
        &self.confirmed
    }

    /// A confirmed run is applied whole.
    pub(super) fn finish(&mut self, run: RunId) {
        self.confirmed.retain(|confirmed| confirmed.run.id != run);
    }

    /// What runs that wrote nothing there settled of a dossier.
    #[must_use]
    pub fn settled(&self, stream: StreamKey) -> Vec<Settlement> {
        self.known(stream).map(|known| known.settled().to_vec()).unwrap_or_default()
    }

    /// The newest full run that is not held.
    #[must_use]
    pub const fn newest_full(&self) -> Option<Instant> {
        self.newest_full
    }

    /// The full runs newer than an instant whose absences are held or were rejected.
    #[must_use]
    pub fn disbelieved(&self, after: Instant) -> Vec<Instant> {
        self.disbelieved.iter().filter(|at| **at > after).copied().collect()
    }

    /// Whether the newest full run did not see the dossier.
    #[must_use]
    pub fn is_absent(&self, stream: StreamKey) -> bool {
        self.known(stream).is_some_and(|known| known.absent)
    }

    /// Whether a dossier is at that version.
    pub(super) fn is_at(&self, stream: StreamKey, version: Version) -> bool {
        self.known(stream).is_some_and(|known| known.key == stream && known.version == version)
    }

    /// Whether a dossier is at that version and no run newer than that instant named it.
    pub(super) fn stands(&self, stream: StreamKey, version: Version, at: Instant) -> bool {
        self.is_at(stream, version) && !self.is_seen_after(stream, at)
    }

    /// Whether a run newer than an instant named the dossier.
    #[must_use]
    pub fn is_seen_after(&self, stream: StreamKey, at: Instant) -> bool {
        self.known(stream).is_some_and(|known| known.seen_at > at)
    }

    /// The dossiers.
    pub(super) fn dossiers(&self) -> impl Iterator<Item = &Known> {
        self.dossiers.values()
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
        self.dossiers.get(&short(stream))
    }

    fn apply_enrolment(&mut self, key: StreamKey, own: bool, event: &EnrolmentEvent) {
        let short = short(key);
        if own && matches!(event.fact, Fact::EnrolmentDeclared(_)) {
            self.dossiers.entry(short).or_insert_with(|| Known::new(key));
        }
        if let Some(known) = self.dossiers.get_mut(&short) {
            known.apply(event, self.newest_full);
        }
    }

    fn apply_closed(&mut self, stream: StreamKey, closed: &PushRunClosed) {
        let run = &closed.declaration;
        let at = run.extracted_at;
        let full = run.extent == Extent::Full;
        let applied = full && closed.hold.is_none();
        if applied && self.newest_full.is_none_or(|newest| at > newest) {
            self.newest_full = Some(at);
            self.see_the_rest(closed);
        }
        self.see_listed(&closed.seen, at, applied);
        if full && self.newest_closed.is_none_or(|(newest, _)| at >= newest) {
            self.newest_closed = Some((at, run.id));
            self.confirmed.retain(|confirmed| confirmed.run.extracted_at >= at);
            self.held.clear();
        }
        if closed.hold.is_some() {
            self.disbelieved.push(at);
            if self.newest_closed == Some((at, run.id)) {
                let (seen, changes) = (closed.seen.clone(), closed.held.clone());
                self.held.insert(stream, Held { run: run.clone(), seen, changes });
            }
        }
    }

    fn apply_decision(&mut self, stream: StreamKey, decision: HoldDecision) {
        let Some(Held { run, seen, changes }) = self.held.remove(&stream) else { return };
        if decision == HoldDecision::Rejected {
            return;
        }
        let at = run.extracted_at;
        self.disbelieved.retain(|disbelieved| *disbelieved != at);
        if self.newest_full.is_none_or(|newest| at > newest) {
            self.newest_full = Some(at);
            for known in self.dossiers.values_mut().filter(|known| known.seen_at < at) {
                known.absent = true;
            }
        }
        self.see_listed(&seen, at, true);
        self.confirmed.push(Confirmed { run, changes });
    }

    /// Every known dossier that the newest full run neither lists nor wrote to,
    /// and that was there before, was seen whole.
    fn see_the_rest(&mut self, closed: &PushRunClosed) {
        let listed: HashSet<Short> = closed.seen.iter().map(|seen| seen.stream).collect();
        let at = closed.declaration.extracted_at;
        let rest = self.dossiers.iter_mut().filter(|(short, known)| {
            !listed.contains(*short)
                && !known.absent
                && known.written_by != Some(closed.declaration.id)
        });
        for (_, known) in rest {
            known.settle(Settlement { at, full: true, stated: Stated::Everything }, Some(at));
        }
    }

    fn see_listed(&mut self, seen: &[Seen], at: Instant, full: bool) {
        for one in seen {
            let Some(known) = self.dossiers.get_mut(&one.stream) else { continue };
            match one.stated {
                NOT_SEEN => known.absent = true,
                NAMED_ONLY => known.see(at, self.newest_full),
                stated => known.settle(Settlement { at, full, stated }, self.newest_full),
            }
        }
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
