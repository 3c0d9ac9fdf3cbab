//! What a journal's files begin with, read before anything of them is written.

use super::scan::{End, Scanned, scan};
use super::survey::open_to_read;
use crate::journal::OpenError;
use crate::journal::sequence::Edge;
use domain::ids::Instant;
use seal::{Frontier, Hash};
use std::path::PathBuf;

/// A journal beside a tree that is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begins {
    /// Events of its whole groups.
    pub events: u64,
    /// Whether bytes of an unfinished group follow.
    pub torn: bool,
    /// Whether it begins with the known tree; so does every journal when none is known.
    pub known: bool,
}

/// Reads segment files, oldest first, from the last one that the known tree reaches into, and changes
/// nothing. `edge` may give the right edge of the tree of so many events, from files that are
/// derived: it is believed only when the segment that follows has its root.
///
/// # Errors
/// See [`OpenError`].
pub(crate) fn begins_with(
    files: &[PathBuf],
    known: Option<(u64, Hash)>,
    edge: &dyn Fn(u64) -> Option<Frontier>,
) -> Result<Begins, OpenError> {
    let segments = open_to_read(files)?;
    let up_to = known.map_or(u64::MAX, |(size, _)| size);
    let begin = segments.iter().enumerate().rev().find_map(|(rank, segment)| {
        let before = segment.header.first.0.checked_sub(1).filter(|before| *before <= up_to)?;
        let edge = edge(before)?;
        (edge.size() == before && edge.root() == segment.header.root).then_some((rank, edge))
    });
    let (from, mut tree) = begin.unwrap_or_default();
    let mut end = End::before(Edge { frontier: tree.clone(), recorded_at: Instant(0) });
    let is_known = |tree: &Frontier| known.is_none_or(|known| known == (tree.size(), tree.root()));
    let mut met = is_known(&tree);
    for rank in from..segments.len() {
        scan(&segments, rank, &mut end, &mut |Scanned { leaf, .. }| {
            tree.append(leaf);
            met |= tree.size() == up_to && is_known(&tree);
            Ok(())
        })?;
    }
    Ok(Begins { events: tree.size(), torn: end.torn, known: met })
}
