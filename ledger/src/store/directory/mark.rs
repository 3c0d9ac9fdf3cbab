//! What a table of the directory goes with: the log and the keys that it was
//! made beside. With others of either it is not believed.

use crate::error::LedgerError;
use crate::journal::Journal;
use crate::vault::{Unsettled, Vault};
use domain::ids::Position;
use seal::Hash;

/// Bytes of a mark.
const MARK: usize = 32 + 4 + 16;

/// The state after the last position of a table.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::store) struct Mark {
    /// Leaf of the record there. Its time is in it, so that another history has another.
    leaf: Hash,
    /// Slots of the key store: each person of the log up to there has a key in one of them.
    slots: u32,
    /// What the last of those slots holds.
    newest: [u8; 16],
}

impl Mark {
    /// After the record of a leaf.
    pub(super) fn of(leaf: Hash, vault: &Vault) -> Result<Self, LedgerError> {
        let slots = vault.slots();
        let newest = vault.fingerprint(slots)?.unwrap_or_default();
        Ok(Self { leaf, slots, newest })
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        [self.leaf.as_slice(), &self.slots.to_le_bytes(), &self.newest].concat()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; MARK] = bytes.try_into().ok()?;
        let (leaf, rest) = bytes.split_first_chunk()?;
        let (slots, newest) = rest.split_first_chunk()?;
        let slots = u32::from_le_bytes(*slots);
        Some(Self { leaf: *leaf, slots, newest: newest.try_into().ok()? })
    }

    /// Whether a log and a key store have what was there.
    pub(super) fn holds(&self, last: u32, journal: &dyn Journal, keys: &Unsettled) -> bool {
        let before = Position(u64::from(last).saturating_sub(1));
        let record = journal.read_after(before, 1).ok().and_then(|mut read| read.pop());
        record.is_some_and(|record| record.leaf() == self.leaf)
            && keys.slots() >= self.slots
            && (self.slots == 0
                || matches!(keys.fingerprint(self.slots), Ok(Some(newest)) if newest == self.newest))
    }
}
