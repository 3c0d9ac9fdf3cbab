//! Who is around a dossier, and who of them is one person at which position.

use super::PersonsError;
use super::log::{self, SourceTag};
use super::matching::{Decision, Member, classes};
use super::state::{Bearer, MOST_BEARERS, State};
use super::tail::{Key, Proof};
use crate::headcount::{Partition, PersonGroup};
use crate::source::PersonKeys;
use domain::ids::{Position, StreamKey};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// The enrolments of the person of an enrolment, itself included, sorted.
pub(super) fn group(
    state: &State,
    stream: StreamKey,
    at: Position,
) -> Result<Vec<StreamKey>, PersonsError> {
    let alone = vec![stream];
    if !state.in_company(stream)? {
        return Ok(alone);
    }
    let classes = Around::of(state, stream, at)?.partition(at);
    Ok(classes.into_iter().find(|class| class.contains(&stream)).unwrap_or(alone))
}

/// Everyone ever joined to an enrolment, and who was one person from when.
pub(super) fn history(
    state: &State,
    stream: StreamKey,
    up_to: Position,
) -> Result<PersonGroup, PersonsError> {
    let alone = PersonGroup { members: vec![stream], history: Vec::new() };
    if !state.in_company(stream)? {
        return Ok(alone);
    }
    let around = Around::of(state, stream, up_to)?;
    if around.dossiers.len() == 1 {
        return Ok(alone);
    }
    let mut history: Vec<Partition> = Vec::new();
    for from in around.changes() {
        let classes = around.partition(from);
        if history.last().map_or(!classes.is_empty(), |last| last.classes != classes) {
            history.push(Partition { from, classes });
        }
    }
    Ok(PersonGroup { members: around.dossiers.into_keys().collect(), history })
}

/// What was said of an enrolment up to a position, in its order.
#[derive(Debug, Default)]
struct Dossier {
    /// The source of its first statement.
    source: SourceTag,
    statements: Vec<(Position, PersonKeys)>,
    decisions: Vec<Decision>,
}

impl Dossier {
    fn of(state: &State, stream: StreamKey, up_to: Position) -> Result<Self, PersonsError> {
        let mut dossier = Self::default();
        for entry in state.entries_of(stream)? {
            match entry {
                log::Entry::Stated { position, source, keys, .. } if position <= up_to => {
                    if dossier.statements.is_empty() {
                        dossier.source = source;
                    }
                    dossier.statements.push((position, keys));
                }
                log::Entry::Decided { position, pair: [one, other], linked }
                    if position <= up_to =>
                {
                    let with = if one == stream { other } else { one };
                    dossier.decisions.push(Decision { position, with, linked });
                }
                log::Entry::Stated { .. }
                | log::Entry::Decided { .. }
                | log::Entry::Reached { .. } => {}
            }
        }
        Ok(dossier)
    }

    /// What it proved somebody by.
    fn proofs(&self) -> impl Iterator<Item = (Proof, Key)> {
        self.statements.iter().flat_map(|(_, keys)| {
            Proof::ALL.into_iter().filter_map(|proof| Some((proof, proof.of(keys)?)))
        })
    }

    fn keys_at(&self, at: Position) -> PersonKeys {
        let before = self.statements.iter().rev().find(|(position, _)| *position <= at);
        before.map(|(_, keys)| *keys).unwrap_or_default()
    }
}

/// Everyone ever joined to an enrolment by a key or a decision, directly or not, as
/// known at a position.
struct Around {
    dossiers: BTreeMap<StreamKey, Dossier>,
    /// Those who bore their keys while these still proved something, and the one who
    /// made it worthless: who reads that dossier has the others to part.
    bearers: BTreeMap<(Proof, Key), Vec<Bearer>>,
}

impl Around {
    fn of(state: &State, stream: StreamKey, up_to: Position) -> Result<Self, PersonsError> {
        let mut around = Self { dossiers: BTreeMap::new(), bearers: BTreeMap::new() };
        let mut waiting = vec![stream];
        while let Some(stream) = waiting.pop() {
            if around.dossiers.contains_key(&stream) {
                continue;
            }
            let dossier = Dossier::of(state, stream, up_to)?;
            for (proof, key) in dossier.proofs() {
                let bearers = match around.bearers.entry((proof, key)) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(unknown) => {
                        let mut bearers = state.bearers(proof, key)?;
                        bearers.retain(|(_, position)| *position <= up_to);
                        unknown.insert(bearers)
                    }
                };
                if bearers.iter().any(|(bearer, _)| *bearer == stream) {
                    waiting.extend(bearers.iter().map(|(bearer, _)| *bearer));
                }
            }
            waiting.extend(dossier.decisions.iter().map(|decision| decision.with));
            around.dossiers.insert(stream, dossier);
        }
        Ok(around)
    }

    /// When a key became worthless, if it did.
    fn worthless_from(&self, proof: Proof, key: Key) -> Option<Position> {
        self.bearers.get(&(proof, key))?.get(MOST_BEARERS).map(|(_, position)| *position)
    }

    /// Every position at which the persons may change.
    fn changes(&self) -> BTreeSet<Position> {
        let mut changes = BTreeSet::new();
        for dossier in self.dossiers.values() {
            changes.extend(dossier.statements.iter().map(|(position, _)| *position));
            changes.extend(dossier.proofs().filter_map(|(p, key)| self.worthless_from(p, key)));
            changes.extend(dossier.decisions.iter().map(|decision| decision.position));
        }
        changes
    }

    /// The persons at a position: classes of two or more, sorted.
    fn partition(&self, at: Position) -> Vec<Vec<StreamKey>> {
        let members = self.dossiers.iter().map(|(stream, dossier)| {
            let keys = dossier.keys_at(at);
            let worth = |proof: Proof| {
                let is_worth =
                    |key: &Key| self.worthless_from(proof, *key).is_none_or(|from| at < from);
                proof.of(&keys).filter(is_worth)
            };
            let decided = dossier.decisions.iter().filter(|decision| decision.position <= at);
            Member {
                stream: *stream,
                source: dossier.source,
                stated_names: keys.names_and_birth,
                ine: worth(Proof::Ine),
                verified_ine: keys.ine,
                names: worth(Proof::Names),
                decisions: decided.copied().collect(),
            }
        });
        classes(members.collect())
    }
}
