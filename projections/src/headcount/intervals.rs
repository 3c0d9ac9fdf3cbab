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
use crate::runner::state_of;
use crate::source::EventSource;
use domain::enrolment::Current;
use domain::ids::{Category, Position, StreamId, StreamKey};
use domain::rules::{RuleSet, Status};
use std::sync::Arc;

/// What one enrolment came to, request after request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamHistory {
    /// Which enrolment.
    pub key: StreamKey,
    /// What it was before; nothing, when it is told from its beginning.
    pub before: Option<Arc<Current>>,
    /// What it was after each request, with the position from which that is
    /// known: that of the request's last event.
    pub states: Vec<(Position, Option<Arc<Current>>)>,
}

impl StreamHistory {
    /// What an enrolment was at a position, and nothing after.
    pub(super) fn at(
        key: StreamKey,
        position: Position,
        source: &dyn EventSource,
    ) -> Result<Self, HeadcountError> {
        let stream = StreamId { category: Category::Enrolment, key };
        let before = state_of(&source.read_stream(stream, position)?).current.map(Arc::new);
        Ok(Self { key, before, states: Vec::new() })
    }
}

/// Everything that the rows of one person group depend on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupHistory {
    /// Its enrolments, by key.
    pub streams: Vec<StreamHistory>,
    /// Who was one person before, as [`Partition::classes`]; nobody at the beginning.
    pub before: Vec<Vec<StreamKey>>,
    /// Who was one person, from when, by position.
    pub links: Vec<Partition>,
}

impl GroupHistory {
    /// What a group was at a position, which ends a request, and nothing after.
    ///
    /// # Errors
    /// When a stream cannot be read.
    pub fn at(
        group: PersonGroup,
        position: Position,
        source: &dyn EventSource,
    ) -> Result<Self, HeadcountError> {
        let streams = group.members.into_iter();
        let streams = streams.map(|key| StreamHistory::at(key, position, source));
        let before = classes_at(group.history, position);
        Ok(Self { streams: streams.collect::<Result<_, _>>()?, before, links: Vec::new() })
    }
}

/// The last classes of a history up to a position.
pub(super) fn classes_at(history: Vec<Partition>, position: Position) -> Vec<Vec<StreamKey>> {
    let last = history.into_iter().rfind(|link| link.from <= position);
    last.map(|last| last.classes).unwrap_or_default()
}

/// Days of a quarter with one status in one cell.
type Atom = (Quarter, Status, Cell, u8, u8);

/// Atoms and for whom they hold, sorted, each atom once.
type Atoms = Vec<(Atom, u8)>;

/// One enrolment while its history is walked.
#[derive(Debug)]
pub(super) struct Walked {
    pub(super) key: StreamKey,
    pub(super) dossier: Option<Dossier>,
    /// Its own days under each rule set.
    pub(super) alone: [Vec<Segment>; 3],
    /// What its rows so far amount to.
    atoms: Atoms,
}

impl Walked {
    /// An enrolment before what its history tells.
    pub(super) fn before(history: &StreamHistory) -> Self {
        let (key, alone) = (history.key, Default::default());
        let mut walked = Self { key, dossier: None, alone, atoms: Vec::new() };
        walked.turn(history.before.as_deref());
        walked
    }

    /// Takes another state; false when no counted day can have changed.
    fn turn(&mut self, current: Option<&Current>) -> bool {
        let dossier = current.map(Dossier::of);
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
pub fn rows_of_group(history: &GroupHistory) -> Result<Vec<Row>, HeadcountError> {
    let GroupHistory { streams, before, links } = history;
    let mut walked: Vec<Walked> = streams.iter().map(Walked::before).collect();
    let mut classes = classes_of(&walked, before);
    let mut rows = Vec::new();
    if walked.iter().any(|stream| stream.dossier.is_some()) {
        for class in &classes {
            count_again(&mut walked, class, 0, &mut rows);
        }
        // What was before has its rows already.
        rows.clear();
    }
    let told = streams.iter().flat_map(|stream| stream.states.iter().map(|(known, _)| *known));
    let mut positions: Vec<Position> = told.chain(links.iter().map(|link| link.from)).collect();
    positions.sort_unstable();
    positions.dedup();
    for position in positions {
        let known =
            u32::try_from(position.0).map_err(|_| HeadcountError::TooManyEvents(position))?;
        let mut changed = vec![false; walked.len()];
        if let Some(link) = links.iter().rfind(|link| link.from == position) {
            classes = classes_of(&walked, &link.classes);
            changed.fill(true);
        }
        for ((stream, told), changed) in walked.iter_mut().zip(streams).zip(&mut changed) {
            if let Ok(at) = told.states.binary_search_by_key(&position, |(known, _)| *known) {
                *changed |= stream.turn(told.states[at].1.as_deref());
            }
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
pub(super) fn classes_of(walked: &[Walked], classes: &[Vec<StreamKey>]) -> Vec<Vec<usize>> {
    let rank = |key: &StreamKey| walked.iter().position(|stream| stream.key == *key);
    let mut classes: Vec<Vec<usize>> =
        classes.iter().map(|class| class.iter().filter_map(rank).collect()).collect();
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
    let mut fresh: Vec<Atoms> = vec![Vec::new(); class.len()];
    for (rank, rules) in RuleSet::ALL.into_iter().enumerate() {
        let [persons, dossiers] =
            [Population::Persons, Population::Dossiers].map(|of| Mask::of(of, rules).0);
        let alone = |at: &usize| walked.get(*at).and_then(|stream| stream.alone.get(rank));
        if let ([atoms], [at]) = (fresh.as_mut_slice(), class) {
            // Who is alone stands for themselves.
            add(atoms, alone(at).map_or(&[], Vec::as_slice), persons | dossiers);
            continue;
        }
        let chosen = choose(&candidates(walked, class, rank));
        for ((atoms, at), chosen) in fresh.iter_mut().zip(class).zip(chosen) {
            add(atoms, alone(at).map_or(&[], Vec::as_slice), dossiers);
            add(atoms, &chosen, persons);
        }
    }
    for (mut atoms, at) in fresh.into_iter().zip(class) {
        merge(&mut atoms);
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

/// Adds days for some couples of population and rule set.
fn add(atoms: &mut Atoms, segments: &[Segment], mask: u8) {
    for segment in segments {
        split(segment.from, segment.until, |quarter, from, to| {
            atoms.push(((quarter, segment.status, segment.cell, from, to), mask));
        });
    }
}

/// Sorts atoms and makes one of equal ones.
fn merge(atoms: &mut Atoms) {
    atoms.sort_unstable();
    atoms.dedup_by(|(next, mask), (atom, all)| {
        let same = next == atom;
        if same {
            *all |= *mask;
        }
        same
    });
}

/// What has to be taken back and what has to be added, as rows.
fn difference(old: &Atoms, new: &Atoms, known: u32, rows: &mut Vec<Row>) {
    let mut beyond = |these: &Atoms, those: &Atoms, sign: i8| {
        let mut those = those.iter().peekable();
        for (atom, mask) in these {
            while those.next_if(|(other, _)| other < atom).is_some() {}
            let other =
                those.peek().filter(|(other, _)| other == atom).map_or(0, |(_, mask)| *mask);
            let (quarter, status, cell, from, to) = *atom;
            let mask = Mask(mask & !other);
            if mask.0 != 0 {
                rows.push(Row { quarter, status, cell, known, from, to, sign, mask });
            }
        }
    };
    beyond(old, new, -1);
    beyond(new, old, 1);
}
