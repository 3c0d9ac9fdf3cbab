//! Which enrolments are one person, as the head-counts need to know it.

use crate::source::SourceError;
use domain::ids::{Position, StreamKey};

/// A partition of a group's enrolments into persons, in force from a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// The event that made it so; the partition holds from this position
    /// included until the next partition of the history.
    pub from: Position,
    /// One class a person; an enrolment of the group that no class names stands alone.
    pub classes: Vec<Vec<StreamKey>>,
}

/// Enrolments that were ever linked, directly or through others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonGroup {
    /// The enrolments, by key.
    pub members: Vec<StreamKey>,
    /// Who was one person, from when, by growing position; before the first
    /// entry every enrolment stands alone.
    pub history: Vec<Partition>,
}

/// Says which enrolments are one person. The view of persons implements it.
///
/// The answer up to a position must never change afterwards: it depends on the
/// events up to that position only.
pub trait PersonGroups: Send + Sync {
    /// The last event that the groups reflect: beyond it they may not be asked.
    fn position(&self) -> Position;

    /// The group of an enrolment, as the events up to a position included make
    /// it: every enrolment ever linked to it by then, also when parted since.
    ///
    /// # Errors
    /// When the links cannot be read.
    fn group_of(&self, stream: StreamKey, up_to: Position) -> Result<PersonGroup, SourceError>;
}

/// Every enrolment is a person of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unlinked;

impl PersonGroups for Unlinked {
    fn position(&self) -> Position {
        Position(u64::MAX)
    }

    fn group_of(&self, stream: StreamKey, _: Position) -> Result<PersonGroup, SourceError> {
        Ok(PersonGroup { members: vec![stream], history: Vec::new() })
    }
}
