//! Another key-encryption key, while nobody has the folder.

use super::{Ledger, Options, lock};
use crate::disk::SystemDisk;
use crate::error::LedgerError;
use crate::vault::rekey::{Rekeyed, rekey};
use crate::vault::{Kek, KeyProvider, kek};
use std::path::Path;

impl Ledger {
    /// Replaces the key-encryption key of a folder by a new one, or by one that is made. Every
    /// data key is wrapped anew; no event is touched. Done again after an interruption, it ends
    /// what was begun.
    ///
    /// # Errors
    /// When another process has the folder, it has no keys, the key in use does not open all of
    /// them, or the disk fails.
    pub fn rekey(
        folder: &Path,
        options: &Options,
        new: Option<Kek>,
    ) -> Result<Rekeyed, LedgerError> {
        let keys = folder.join("keys");
        if !keys.join("master").try_exists()? {
            return Err(LedgerError::Invalid("the folder has no keys/master: it holds no ledger"));
        }
        let _lock = lock(folder)?;
        let found;
        let provider: &dyn KeyProvider = match &options.key_provider {
            Some(provider) => provider.as_ref(),
            None => {
                found = kek::provider(&keys)?;
                found.as_ref()
            }
        };
        Ok(rekey(&keys, &SystemDisk, options.random.as_ref(), provider, new)?)
    }
}
