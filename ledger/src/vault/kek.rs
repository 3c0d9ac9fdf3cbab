//! Where the key-encryption key comes from.

use super::VaultError;
use super::crypto::{KEY, Key};
use crate::disk::{Disk, SystemDisk};
use crate::random::Random;
use std::io;
use std::path::{Path, PathBuf};

/// The file of the key-encryption key, in the folder of the keys.
pub(super) const KEK: &str = "kek";

/// The systemd credential that holds the key-encryption key, when there is one.
pub const CREDENTIAL: &str = "registre-kek";

/// Gives the key-encryption key: a file, or a system credential; a hardware
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

    /// The file in which it may be replaced; `None` when it is kept elsewhere.
    fn file(&self) -> Option<&Path> {
        None
    }
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
        Ok(write_whole(&SystemDisk, path, kek.0.bytes())?)
    }
}

impl KeyProvider for FileKek {
    fn key(&self) -> Result<Option<Kek>, VaultError> {
        read(&self.0, "the file of the key-encryption key has not 32 bytes")
    }

    fn make(&self, random: &dyn Random) -> Result<Kek, VaultError> {
        let mut bytes = [0; KEY];
        random.fill(&mut bytes)?;
        write_whole(&SystemDisk, &self.0, &bytes)?;
        Ok(Kek::new(bytes))
    }

    fn file(&self) -> Option<&Path> {
        Some(&self.0)
    }
}

/// A systemd credential of 32 bytes: a file that the service manager lays into the folder
/// `$CREDENTIALS_DIRECTORY`, read only (`LoadCredential=` or `LoadCredentialEncrypted=`).
#[derive(Debug, Clone)]
pub struct CredentialKek {
    path: PathBuf,
}

impl CredentialKek {
    /// The credential of a name in a folder of credentials.
    #[must_use]
    pub fn new(folder: &Path, name: &str) -> Self {
        Self { path: folder.join(name) }
    }

    /// The credential [`CREDENTIAL`] of this process, when the service manager gave it one.
    #[must_use]
    pub fn of_process() -> Option<Self> {
        let folder = PathBuf::from(std::env::var_os("CREDENTIALS_DIRECTORY")?);
        let credential = Self::new(&folder, CREDENTIAL);
        credential.path.exists().then_some(credential)
    }
}

impl KeyProvider for CredentialKek {
    fn key(&self) -> Result<Option<Kek>, VaultError> {
        read(&self.path, "the credential of the key-encryption key has not 32 bytes")
    }

    fn make(&self, _: &dyn Random) -> Result<Kek, VaultError> {
        Err(VaultError::ReadOnlyKek)
    }
}

/// Where the key of a key store is: the credential of this process, else its file.
///
/// # Errors
/// When there are both: which one counts is not to be guessed.
pub fn provider(keys: &Path) -> Result<Box<dyn KeyProvider + Send + Sync>, VaultError> {
    let own = FileKek(keys.join(KEK));
    match CredentialKek::of_process() {
        None => Ok(Box::new(own)),
        Some(_) if own.0.try_exists()? => Err(VaultError::Damaged(
            "there are two key-encryption keys, keys/kek and the credential registre-kek: take one \
             away",
        )),
        Some(credential) => Ok(Box::new(credential)),
    }
}

/// The key of a file; `None` when there is none.
fn read(path: &Path, length: &'static str) -> Result<Option<Kek>, VaultError> {
    match fs_err::read(path) {
        Ok(bytes) => {
            let bytes = zeroize::Zeroizing::new(bytes);
            let key = <[u8; KEY]>::try_from(bytes.as_slice());
            key.map(|key| Some(Kek::new(key))).map_err(|_| VaultError::Damaged(length))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Writes a file that only its owner may read, durable when this returns: under
/// another name first, so that a crash leaves the whole file or none.
///
/// # Errors
/// The file system's; then the file is as it was.
pub fn write_whole(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".draft");
    let draft = PathBuf::from(draft);
    let file = disk.create_private(&draft)?;
    file.write_all_at(bytes, 0)?;
    file.sync_all()?;
    disk.rename(&draft, path)?;
    path.parent().map_or(Ok(()), |folder| disk.sync_folder(folder))
}
