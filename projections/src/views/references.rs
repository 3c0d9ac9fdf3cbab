//! Reference sets in memory: they are large, and few.

use super::QueryError;
use crate::headcount::HeadcountView;
use crate::reference::{LibraryError, ReferenceHash, ReferenceLibrary, ReferenceSet};
use domain::ids::Position;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A set and its hash.
type Named = (ReferenceHash, Arc<ReferenceSet>);

/// The sets that answers needed so far, by hash; `None` is the built-in one.
#[derive(Debug)]
pub(super) struct References {
    library: ReferenceLibrary,
    loaded: Mutex<BTreeMap<Option<ReferenceHash>, Named>>,
}

impl References {
    pub(super) fn new(library: ReferenceLibrary) -> Self {
        Self { library, loaded: Mutex::default() }
    }

    /// The set in force at a position.
    pub(super) fn at(
        &self,
        view: &HeadcountView,
        position: Position,
    ) -> Result<Arc<ReferenceSet>, QueryError> {
        self.load(view.reference_at(position)).map(|(_, set)| set)
    }

    /// The hash of the set in force at a position.
    pub(super) fn hash_at(
        &self,
        view: &HeadcountView,
        position: Position,
    ) -> Result<[u8; 32], QueryError> {
        match view.reference_at(position) {
            Some(hash) => Ok(hash.0),
            None => self.load(None).map(|(hash, _)| hash.0),
        }
    }

    fn load(&self, wanted: Option<ReferenceHash>) -> Result<Named, QueryError> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((hash, set)) = loaded.get(&wanted) {
            return Ok((*hash, Arc::clone(set)));
        }
        let failed = |error: LibraryError| QueryError::Store(error.to_string());
        let set = self.library.load(wanted).map_err(failed)?;
        let hash = match wanted {
            Some(hash) => hash,
            None => set.hash().map_err(|error| failed(error.into()))?,
        };
        let set = Arc::new(set);
        loaded.insert(wanted, (hash, Arc::clone(&set)));
        Ok((hash, set))
    }
}
