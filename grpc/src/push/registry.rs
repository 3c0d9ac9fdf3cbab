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
//! A sender that may not write for all the establishments of a source speaks for the others of them
//! only ([`Within`]): what its runs do not have says nothing of the rest.
//!
//! What a run holds is kept until it is decided or superseded.

use super::dossiers::{Declared, Known, Short, short};
use super::runs::{Confirmed, Held};
use super::trainers::{Fulls, Trainers};
use access::{Scope, Tenant};
use domain::dossier::Field;
use domain::enrolment::{EnrolmentEvent, Establishment, Fact, Stated};
use domain::event::Event;
use domain::ids::{Category, EventId, Instant, Position, RunId, Source, StreamKey, Version};
use domain::runs::{
    Extent, HeldChange, HoldDecision, PushRunClosed, RunDeclaration, RunEvent, Seen, Settlement,
    Within, bit_of_field,
};
use projections::source::Recorded;
use std::collections::{BTreeSet, HashMap, HashSet};

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
    trainers: Trainers,
    /// The newest full runs that are not held, nor were rejected.
    fulls: Fulls,
    /// The newest full runs, whatever became of them: one for each `Within` that there was.
    newest_closed: Vec<(Within, Instant, RunId)>,
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
            trainers: Trainers::default(),
            fulls: Fulls::default(),
            newest_closed: Vec::new(),
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
                self.apply_closed(recorded, closed);
            }
            Event::Run(RunEvent::HoldDecided { decision }) if own => {
                self.apply_decision(recorded.stream.key, *decision);
            }
            _ => {}
        }
    }

    /// Whether a newer full run was closed that speaks for all for which this one does. Of two with
    /// one extraction time the later arrival is the newer.
    #[must_use]
    pub fn is_superseded(&self, run: &RunDeclaration, within: &Within) -> bool {
        self.newest_closed.iter().any(|(of, newest, id)| {
            of.covers(within)
                && (*newest > run.extracted_at || *newest == run.extracted_at && *id != run.id)
        })
    }

    /// For whose dossiers a tenant speaks, of those that there are; of those that there may be, when
    /// there is none of theirs yet: whose the run is, is never left open.
    #[must_use]
    pub fn within(&self, tenant: &Tenant) -> Within {
        let own = self.trainers.now().filter(|one| tenant.may_write_for(one.uai, one.siret));
        let own: BTreeSet<Establishment> = own.cloned().collect();
        match tenant.scope() {
            Scope::Establishments(bound) if own.is_empty() => {
                let one =
                    |one: &access::Establishment| Establishment { uai: one.uai, siret: one.siret };
                Within::Trainers(bound.iter().map(one).collect())
            }
            _ if own.len() == self.trainers.now().len() => Within::Source,
            _ => Within::Trainers(own),
        }
    }

    /// For whom a run spoke that was closed at a position and spoke for all dossiers.
    pub(super) fn trained_at_close(&self, closed: Position) -> Option<&BTreeSet<Establishment>> {
        self.trainers.at_close(closed)
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
    pub fn newest_full(&self) -> Option<Instant> {
        self.fulls.newest()
    }

    /// Of those that spoke for the dossiers of a trainer.
    #[must_use]
    pub fn newest_full_of(&self, trainer: &Establishment) -> Option<Instant> {
        self.fulls.of(trainer)
    }

    /// Whether a full run of that time is the newest that speaks for a dossier, so that what it does
    /// not list it saw whole.
    pub(super) fn is_newest_for(&self, known: &Known, within: &Within, at: Instant) -> bool {
        self.fulls.is_newest(known.trainer.now(), within, at)
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

    /// A dossier.
    pub(super) fn known(&self, stream: StreamKey) -> Option<&Known> {
        self.dossiers.get(&short(stream))
    }

    fn apply_enrolment(&mut self, key: StreamKey, own: bool, event: &EnrolmentEvent) {
        let short = short(key);
        if own && let Fact::EnrolmentDeclared(declared) = &event.fact {
            let trainer = &declared.training.trainer;
            self.dossiers.entry(short).or_insert_with(|| {
                self.trainers.note(None, trainer);
                Known::new(key, trainer.clone())
            });
        }
        if let Some(known) = self.dossiers.get_mut(&short) {
            let before = known.trainer.now().clone();
            known.apply(event, self.fulls.of(&before));
            self.trainers.note(Some(&before), known.trainer.now());
        }
    }

    fn apply_closed(&mut self, recorded: &Recorded, closed: &PushRunClosed) {
        let stream = recorded.stream.key;
        let run = &closed.declaration;
        let at = run.extracted_at;
        let full = run.extent == Extent::Full;
        let applied = full && closed.hold.is_none();
        let within = &closed.within;
        if *within == Within::Source {
            self.trainers.note_close(recorded.position);
        }
        if applied {
            self.see_the_rest(closed);
            self.fulls.note(within, at);
        }
        self.see_listed(&closed.seen, at, applied);
        let is_newer =
            |(of, newest, _): &(Within, Instant, RunId)| of.covers(within) && *newest > at;
        if full && !self.newest_closed.iter().any(is_newer) {
            let is_over = |of: &Within, before: Instant| within.covers(of) && before <= at;
            self.newest_closed.retain(|(of, before, _)| !is_over(of, *before));
            self.newest_closed.push((within.clone(), at, run.id));
            self.confirmed.retain(|one| !within.covers(&one.within) || one.run.extracted_at >= at);
            self.held.retain(|_, held| !is_over(&held.within, held.run.extracted_at));
        }
        if closed.hold.is_some() {
            self.disbelieved.push(at);
            if !self.is_superseded(run, within) {
                let (seen, changes) = (closed.seen.clone(), closed.held.clone());
                let (run, within) = (run.clone(), within.clone());
                self.held.insert(stream, Held { run, seen, changes, within });
            }
        }
    }

    fn apply_decision(&mut self, stream: StreamKey, decision: HoldDecision) {
        let Some(Held { run, seen, changes, within }) = self.held.remove(&stream) else { return };
        if decision == HoldDecision::Rejected {
            return;
        }
        let at = run.extracted_at;
        self.disbelieved.retain(|disbelieved| *disbelieved != at);
        for known in self.dossiers.values_mut().filter(|known| known.seen_at < at) {
            known.absent |= self.fulls.is_newest(known.trainer.now(), &within, at);
        }
        self.fulls.note(&within, at);
        self.see_listed(&seen, at, true);
        self.confirmed.push(Confirmed { run, changes, within });
    }

    /// Every known dossier that the newest full run that speaks for it neither lists nor wrote to,
    /// and that was there before, was seen whole.
    fn see_the_rest(&mut self, closed: &PushRunClosed) {
        let listed: HashSet<Short> = closed.seen.iter().map(|seen| seen.stream).collect();
        let at = closed.declaration.extracted_at;
        let rest = self.dossiers.iter_mut().filter(|(short, known)| {
            !listed.contains(*short)
                && !known.absent
                && known.written_by != Some(closed.declaration.id)
                && self.fulls.is_newest(known.trainer.now(), &closed.within, at)
        });
        for (_, known) in rest {
            known.settle(Settlement { at, full: true, stated: Stated::Everything }, Some(at));
        }
    }

    fn see_listed(&mut self, seen: &[Seen], at: Instant, full: bool) {
        for one in seen {
            let Some(known) = self.dossiers.get_mut(&one.stream) else { continue };
            let newest = self.fulls.of(known.trainer.now());
            match one.stated {
                NOT_SEEN => known.absent = true,
                NAMED_ONLY => known.see(at, newest),
                stated => known.settle(Settlement { at, full, stated }, newest),
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
