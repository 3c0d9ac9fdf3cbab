//! Rule M2: who is one person, from what dossiers state and people decided.
//!
//! In this order, each step joining what the steps before left apart:
//!
//! 1. a human's last word on a pair: a link joins it, in the order of the links;
//! 2. the same verified INE, unless one source gives it at that time to more than
//!    two names and birth dates: a marriage or a slip explains two, more are people
//!    whose software fills the field with something;
//! 3. the same names and birth date, unless born on a 1 January, or the names
//!    and birth date are shared by two different verified INEs (then they prove
//!    nothing for anybody), or the two sides hold verified INEs, none in common.
//!
//! A pair that a human parted is never in one person, be it through a third
//! dossier: the join that would do it is not made.

use super::log::SourceTag;
use domain::ids::{Position, StreamKey};
use std::collections::{BTreeMap, BTreeSet};

/// The rule of this version; it changes when the same statements would give
/// other persons, and views built under another one are rebuilt.
pub const MATCHING_RULE: &str = "M2";

/// Names and birth dates that one source may state at a time with one INE.
const MOST_NAMES_OF_AN_INE: usize = 2;

/// A human's word on the pair of a stream and another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decision {
    pub(super) position: Position,
    pub(super) with: StreamKey,
    pub(super) linked: bool,
}

/// A dossier and what is known of its learner at the position asked.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) stream: StreamKey,
    pub(super) source: SourceTag,
    /// Names and birth date, also when they prove nothing.
    pub(super) stated_names: Option<[u8; 16]>,
    /// The verified INE, when it joins.
    pub(super) ine: Option<[u8; 16]>,
    /// The verified INE, also when too many dossiers bear it.
    pub(super) verified_ine: Option<[u8; 16]>,
    pub(super) names: Option<[u8; 16]>,
    pub(super) decisions: Vec<Decision>,
}

/// The persons: classes of two dossiers or more, sorted.
pub(super) fn classes(mut members: Vec<Member>) -> Vec<Vec<StreamKey>> {
    // Sorted by stream, so that the answer does not depend on the order of the log.
    members.sort_unstable_by_key(|m| m.stream);
    let mut joining = Joining::new(&members);
    joining.join_linked();
    let fillers = joining.filler_ines();
    joining.join_by(|m| m.ine.filter(|ine| !fillers.contains(ine)), false);
    let ambiguous = joining.ambiguous_names();
    joining.join_by(|m| m.names.filter(|names| !ambiguous.contains(names)), true);
    joining.classes()
}

struct Joining<'a> {
    /// In the order of their streams.
    members: &'a [Member],
    /// Class of each member: the index of one of them.
    class: Vec<usize>,
    /// The last word on each pair of indexes, smaller first, and when.
    words: BTreeMap<(usize, usize), (Position, bool)>,
}

impl<'a> Joining<'a> {
    fn new(members: &'a [Member]) -> Self {
        let mut words = BTreeMap::new();
        for (i, member) in members.iter().enumerate() {
            for decision in &member.decisions {
                let other = members.binary_search_by_key(&decision.with, |m| m.stream);
                let Ok(other) = other else { continue };
                let word = (decision.position, decision.linked);
                let last = words.entry((i.min(other), i.max(other))).or_insert(word);
                *last = (*last).max(word);
            }
        }
        Self { members, class: (0..members.len()).collect(), words }
    }

    fn join_linked(&mut self) {
        let mut links: Vec<(Position, usize, usize)> = self
            .words
            .iter()
            .filter(|(_, (_, linked))| *linked)
            .map(|((one, other), (position, _))| (*position, *one, *other))
            .collect();
        links.sort_unstable();
        for (_, one, other) in links {
            self.join(one, other, false);
        }
    }

    fn join_by(&mut self, key: impl Fn(&Member) -> Option<[u8; 16]>, ines_must_agree: bool) {
        let mut bearers: BTreeMap<[u8; 16], Vec<usize>> = BTreeMap::new();
        for (i, member) in self.members.iter().enumerate() {
            if let Some(key) = key(member) {
                bearers.entry(key).or_default().push(i);
            }
        }
        for bearers in bearers.values() {
            for (n, one) in bearers.iter().enumerate() {
                for other in &bearers[n + 1..] {
                    self.join(*one, *other, ines_must_agree);
                }
            }
        }
    }

    fn join(&mut self, one: usize, other: usize, ines_must_agree: bool) {
        let (one, other) = (self.class[one], self.class[other]);
        if one == other || self.parted(one, other) {
            return;
        }
        if ines_must_agree {
            let (ours, theirs) = (self.ines(one), self.ines(other));
            if !ours.is_empty() && !theirs.is_empty() && ours.is_disjoint(&theirs) {
                return;
            }
        }
        for class in &mut self.class {
            if *class == other {
                *class = one;
            }
        }
    }

    fn parted(&self, one: usize, other: usize) -> bool {
        self.words.iter().any(|((a, b), (_, linked))| {
            let classes = (self.class[*a], self.class[*b]);
            !linked && (classes == (one, other) || classes == (other, one))
        })
    }

    fn ines(&self, class: usize) -> BTreeSet<[u8; 16]> {
        let of_class = self.members.iter().zip(&self.class).filter(|(_, c)| **c == class);
        of_class.filter_map(|(m, _)| m.verified_ine).collect()
    }

    fn filler_ines(&self) -> BTreeSet<[u8; 16]> {
        let mut names: BTreeMap<([u8; 16], SourceTag), BTreeSet<[u8; 16]>> = BTreeMap::new();
        for member in self.members {
            if let (Some(ine), Some(stated)) = (member.ine, member.stated_names) {
                names.entry((ine, member.source)).or_default().insert(stated);
            }
        }
        let fillers = names.into_iter().filter(|(_, names)| names.len() > MOST_NAMES_OF_AN_INE);
        fillers.map(|((ine, _), _)| ine).collect()
    }

    fn ambiguous_names(&self) -> BTreeSet<[u8; 16]> {
        let mut ines: BTreeMap<[u8; 16], BTreeSet<[u8; 16]>> = BTreeMap::new();
        for member in self.members {
            if let (Some(names), Some(ine)) = (member.names, member.verified_ine) {
                ines.entry(names).or_default().insert(ine);
            }
        }
        ines.into_iter().filter(|(_, ines)| ines.len() > 1).map(|(names, _)| names).collect()
    }

    fn classes(self) -> Vec<Vec<StreamKey>> {
        let mut classes: BTreeMap<usize, Vec<StreamKey>> = BTreeMap::new();
        for (member, class) in self.members.iter().zip(self.class) {
            classes.entry(class).or_default().push(member.stream);
        }
        let mut classes: Vec<_> = classes.into_values().filter(|class| class.len() > 1).collect();
        classes.sort_unstable();
        classes
    }
}
