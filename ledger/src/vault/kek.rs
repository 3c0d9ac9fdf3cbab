//! Where the key-encryption key comes from.

use super::VaultError;
use super::crypto::{KEY, Key};
use crate::disk::{Disk, SystemDisk};
use crate::random::Random;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Gives the key-encryption key. A file now; a system credential or a hardware
/// module later.
pub trait KeyProvider {
    /// The key; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read, or has another length.
    fn key(&self) -> Result<Option<Kek>, VaultError>;

    /// Makes the key of a new store. It is never asked of a store that holds
    /// anything: a new key opens nothing that an old one wrapped.
    ///
    /// # Errors
    /// When the provider makes none.
    fn make(&self, random: &dyn Random) -> Result<Kek, VaultError>;
}

/// A key-encryption key: wiped when dropped, never shown.
pub struct Kek(pub(super) Key);

impl std::fmt::Debug for Kek {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Kek(…)")
    }
}

impl Kek {
    /// A key of 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; KEY]) -> Self {
        Self(Key::new(bytes))
    }
}

/// A key in a file of 32 bytes that only its owner may read.
#[derive(Debug, Clone)]
pub struct FileKek(pub PathBuf);

impl FileKek {
    /// Puts the key into another file too.
    pub(crate) fn copy_to(&self, path: &Path) -> Result<(), VaultError> {
        let kek = self.key()?.ok_or(VaultError::NoKek)?;
        Ok(write_private(path, kek.0.bytes())?)
    }
}

impl KeyProvider for FileKek {
    fn key(&self) -> Result<Option<Kek>, VaultError> {
        match fs_err::read(&self.0) {
            Ok(bytes) => {
                let bytes = zeroize::Zeroizing::new(bytes);
                let key = <[u8; KEY]>::try_from(bytes.as_slice());
                let what = "the file of the key-encryption key has not 32 bytes";
                key.map(|key| Some(Kek::new(key))).map_err(|_| VaultError::Damaged(what))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn make(&self, random: &dyn Random) -> Result<Kek, VaultError> {
        let mut bytes = [0; KEY];
        random.fill(&mut bytes)?;
        write_private(&self.0, &bytes)?;
        Ok(Kek::new(bytes))
    }
}

/// Writes a file that only its owner may read, durable when this returns: under
/// another name first, so that a crash leaves the whole file or none.
///
/// # Errors
/// The file system's; then the file is as it was.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("draft");
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs_err::rename(&draft, path)?;
    path.parent().map_or(Ok(()), |folder| SystemDisk.sync_folder(folder))
}
