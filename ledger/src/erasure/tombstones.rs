//! Pseudonyms of those who have none any more: what stays of an identity is which statements
//! were equal, so that head-counts stay what they were.

use super::register::entry_at;
use crate::codec::SectionKind;
use crate::error::LedgerError;
use crate::record::SectionDigest;
use crate::store::{Ledger, Recorded};
use crate::vault::PersonKeys;
use domain::erasure::Tombstone;
use domain::ids::{EventId, Position};
use std::sync::{Arc, Mutex, PoisonError};

/// The tombstones of one erasure, and its event.
type OfErasure = (EventId, Arc<[Tombstone]>);

/// The tombstones of the erasure that was asked for last: a view reads dossier after dossier.
#[derive(Default)]
pub(crate) struct Last(Mutex<Option<(Position, OfErasure)>>);

impl Ledger {
    /// What stands for the pseudonyms of a learner who was erased; `None` of one who was not, or of
    /// an erasure that this log does not have.
    pub(crate) fn tombstone(
        &self,
        recorded: &Recorded,
        named: &SectionDigest,
    ) -> Result<Option<PersonKeys>, LedgerError> {
        debug_assert_eq!(named.kind, SectionKind::Identity.code());
        let Some(at) = self.vault().erased_by(named.subject) else { return Ok(None) };
        let Some((event, all)) = self.tombstones_at(at)? else { return Ok(None) };
        let found = all.binary_search_by_key(&recorded.position, |tomb| tomb.position);
        let Some(found) = found.ok().and_then(|at| all.get(at)) else { return Ok(None) };
        let name = |kind: &[u8], number: u32| {
            (number > 0).then(|| self.names().tombstone(event, kind, number))
        };
        Ok(Some(PersonKeys {
            ine: name(b"ine", found.ine),
            names_and_birth: name(b"names", found.names),
            first_of_january: false,
        }))
    }

    fn tombstones_at(&self, position: Position) -> Result<Option<OfErasure>, LedgerError> {
        let mut last = self.tombstones.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, known)) = last.as_ref()
            && *at == position
        {
            return Ok(Some(known.clone()));
        }
        let Some(entry) = entry_at(self.journal().as_ref(), position)? else { return Ok(None) };
        let known: OfErasure = (entry.event, entry.tombstones.into());
        *last = Some((position, known.clone()));
        Ok(Some(known))
    }
}
