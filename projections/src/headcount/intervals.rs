//! From facts to rows: the whole history of one person group, every position.
//!
//! What one request wrote became known together, at the position of its last
//! event: requests are published whole, so nobody ever saw a state between. At
//! each such position that changes something, the days of every enrolment are
//! computed again (three rule sets, alone and among the person's enrolments),
//! and only the difference becomes rows. Rows belong to one enrolment and
//! depend, up to the end of a request, on events up to there: computing a longer
//! history later gives the same rows again, and more.

use super::choice::{Candidate, choose};
use super::dossier::{Dossier, Segment};
use super::groups::{Partition, PersonGroup};
use super::quarter::{Quarter, split};
use super::row::{Mask, Population, Row};
use super::{Cell, HeadcountError};
use crate::source::{EventSource, Recorded, requests};
use domain::enrolment::{Enrolment, EnrolmentEvent};
use domain::event::Event;
use domain::ids::{Category, Position, StreamId, StreamKey};
use domain::rules::{RuleSet, Status};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The events of one enrolment, in order, each with the position from which it
/// is known: that of the last event of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamHistory {
    /// Which enrolment.
    pub key: StreamKey,
    /// Its events.
    pub events: Vec<(Position, EnrolmentEvent)>,
}

/// Everything that the rows of one person group depend on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupHistory {
    /// Its enrolments, by key.
    pub streams: Vec<StreamHistory>,
    /// Who was one person, from when, by position.
    pub links: Vec<Partition>,
}

impl GroupHistory {
    /// Reads the enrolments of a group up to a position included, which ends a
    /// request.
    ///
    /// # Errors
    /// When a stream cannot be read.
    pub fn read(
        source: &dyn EventSource,
        group: PersonGroup,
        up_to: Position,
    ) -> Result<Self, HeadcountError> {
        let mut streams = Vec::with_capacity(group.members.len());
        let mut links: Vec<Partition> =
            group.history.into_iter().filter(|link| link.from <= up_to).collect();
        for key in group.members {
            let recorded =
                source.read_stream(StreamId { category: Category::Enrolment, key }, up_to)?;
            // A link that an event of a request made is known with the whole request.
            for request in requests(&recorded) {
                let positions = first_and_last(request);
                let made = links.iter_mut().filter(|link| positions.contains(&link.from));
                made.for_each(|link| link.from = *positions.end());
            }
            streams.push(StreamHistory { key, events: enrolment_events(recorded) });
        }
        Ok(Self { streams, links })
    }
}

fn first_and_last(request: &[Recorded]) -> RangeInclusive<Position> {
    let position = |recorded: Option<&Recorded>| recorded.map_or(Position(0), |r| r.position);
    position(request.first())..=position(request.last())
}

fn enrolment_events(recorded: Vec<Recorded>) -> Vec<(Position, EnrolmentEvent)> {
    let known: Vec<Position> = requests(&recorded)
        .flat_map(|request| request.iter().map(|_| *first_and_last(request).end()))
        .collect();
    let events =
        known.into_iter().zip(recorded).filter_map(|(known, recorded)| match recorded.event {
            Event::Enrolment(event) => Some((known, event)),
            _ => None,
        });
    events.collect()
}

/// Days of a quarter with one status in one cell.
type Atom = (Quarter, Status, Cell, u8, u8);

/// One enrolment while its history is walked.
#[derive(Debug)]
pub(super) struct Walked {
    pub(super) key: StreamKey,
    state: Enrolment,
    pub(super) dossier: Option<Dossier>,
    /// Its own days under each rule set.
    pub(super) alone: [Vec<Segment>; 3],
    /// What its rows so far amount to.
    atoms: BTreeMap<Atom, u8>,
}

impl Walked {
    pub(super) fn new(key: StreamKey) -> Self {
        let (state, alone) = (Enrolment::default(), Default::default());
        Self { key, state, dossier: None, alone, atoms: BTreeMap::new() }
    }

    /// Folds an event; its days stay as they were until [`Self::settle`].
    pub(super) fn fold(&mut self, event: EnrolmentEvent) {
        self.state = std::mem::take(&mut self.state).evolve(event);
    }

    /// Computes its days, after the last event that is known; false when no
    /// counted day can have changed.
    pub(super) fn settle(&mut self) -> bool {
        let dossier = self.state.current.as_ref().map(Dossier::of);
        if dossier == self.dossier {
            return false;
        }
        let segments = |rules| dossier.as_ref().map_or_else(Vec::new, |d| d.segments(rules));
        self.alone = RuleSet::ALL.map(segments);
        self.dossier = dossier;
        true
    }
}

/// The rows of a group, by position; within one position by enrolment and row.
///
/// # Errors
/// When a position does not fit a row.
pub fn rows_of_group(history: GroupHistory) -> Result<Vec<Row>, HeadcountError> {
    let mut walked: Vec<Walked> = history.streams.iter().map(|s| Walked::new(s.key)).collect();
    let mut events: Vec<(Position, usize, EnrolmentEvent)> = Vec::new();
    for (at, stream) in history.streams.into_iter().enumerate() {
        events.extend(stream.events.into_iter().map(|(position, event)| (position, at, event)));
    }
    events.sort_by_key(|(position, ..)| *position);
    let mut events = events.into_iter().peekable();
    let mut links = history.links.into_iter().peekable();
    let mut classes: Vec<Vec<usize>> = (0..walked.len()).map(|at| vec![at]).collect();
    let mut rows = Vec::new();
    loop {
        let next_event = events.peek().map(|(position, ..)| *position);
        let next_link = links.peek().map(|link| link.from);
        let Some(position) = next_event.into_iter().chain(next_link).min() else { break };
        let known =
            u32::try_from(position.0).map_err(|_| HeadcountError::TooManyEvents(position))?;
        let (mut told, mut changed) = (vec![false; walked.len()], vec![false; walked.len()]);
        while let Some(link) = links.next_if(|link| link.from == position) {
            classes = classes_of(&walked, &link);
            changed.fill(true);
        }
        while let Some((_, at, event)) = events.next_if(|(at, ..)| *at == position) {
            if let (Some(stream), Some(told)) = (walked.get_mut(at), told.get_mut(at)) {
                stream.fold(event);
                *told = true;
            }
        }
        for ((stream, told), changed) in walked.iter_mut().zip(told).zip(&mut changed) {
            *changed |= told && stream.settle();
        }
        for class in &classes {
            if class.iter().any(|at| changed.get(*at) == Some(&true)) {
                count_again(&mut walked, class, known, &mut rows);
            }
        }
    }
    Ok(rows)
}

/// The ranks of the enrolments of each person; those that no class names stand alone.
pub(super) fn classes_of(walked: &[Walked], partition: &Partition) -> Vec<Vec<usize>> {
    let rank = |key: &StreamKey| walked.iter().position(|stream| stream.key == *key);
    let mut classes: Vec<Vec<usize>> =
        partition.classes.iter().map(|class| class.iter().filter_map(rank).collect()).collect();
    for at in 0..walked.len() {
        if !classes.iter().any(|class| class.contains(&at)) {
            classes.push(vec![at]);
        }
    }
    for class in &mut classes {
        class.sort_unstable();
    }
    classes.sort();
    classes
}

/// Computes the days of one person again and adds what changed.
fn count_again(walked: &mut [Walked], class: &[usize], known: u32, rows: &mut Vec<Row>) {
    let mut fresh: Vec<BTreeMap<Atom, u8>> = vec![BTreeMap::new(); class.len()];
    for (rank, rules) in RuleSet::ALL.into_iter().enumerate() {
        let chosen = choose(&candidates(walked, class, rank));
        for ((atoms, at), chosen) in fresh.iter_mut().zip(class).zip(chosen) {
            let alone = walked.get(*at).and_then(|stream| stream.alone.get(rank));
            add(atoms, alone.map_or(&[], Vec::as_slice), Mask::of(Population::Dossiers, rules));
            add(atoms, &chosen, Mask::of(Population::Persons, rules));
        }
    }
    for (atoms, at) in fresh.into_iter().zip(class) {
        if let Some(stream) = walked.get_mut(*at) {
            difference(&stream.atoms, &atoms, known, rows);
            stream.atoms = atoms;
        }
    }
}

/// The enrolments of one person that have days, under the rule set of a rank;
/// one entry for each member of the class, in its order.
pub(super) fn candidates<'a>(
    walked: &'a [Walked],
    class: &[usize],
    rules: usize,
) -> Vec<Candidate<'a>> {
    class
        .iter()
        .filter_map(|at| walked.get(*at))
        .map(|stream| Candidate {
            key: stream.key,
            entry_on: stream.dossier.as_ref().map_or_else(Default::default, Dossier::entry_on),
            segments: stream.alone.get(rules).map_or(&[], Vec::as_slice),
        })
        .collect()
}

/// Adds days to a set for one couple of population and rule set.
fn add(atoms: &mut BTreeMap<Atom, u8>, segments: &[Segment], mask: Mask) {
    for segment in segments {
        split(segment.from, segment.until, |quarter, from, to| {
            *atoms.entry((quarter, segment.status, segment.cell, from, to)).or_default() |= mask.0;
        });
    }
}

/// What has to be taken back and what has to be added, as rows.
fn difference(old: &BTreeMap<Atom, u8>, new: &BTreeMap<Atom, u8>, known: u32, rows: &mut Vec<Row>) {
    let mut push = |atom: &Atom, sign: i8, mask: u8| {
        let &(quarter, status, cell, from, to) = atom;
        if mask != 0 {
            rows.push(Row { quarter, status, cell, known, from, to, sign, mask: Mask(mask) });
        }
    };
    for (atom, mask) in old {
        push(atom, -1, mask & !new.get(atom).copied().unwrap_or_default());
    }
    for (atom, mask) in new {
        push(atom, 1, mask & !old.get(atom).copied().unwrap_or_default());
    }
}
