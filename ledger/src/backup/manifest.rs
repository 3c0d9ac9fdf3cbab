//! `backup.json`: what a backup holds. It is written last and replaced by a
//! rename, so a folder always holds one whole backup or says that it holds none.

use super::BackupError;
use super::files::private;
use crate::disk::{Disk, SystemDisk};
use crate::journal::Head;
use chrono::{DateTime, Utc};
use domain::ids::{Instant, Position};
use seal::Hash;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The format that this version writes; 1 had no `log/name`.
const FORMAT: u64 = 2;
/// The manifest's file.
const NAME: &str = "backup.json";
/// What is being written, under this suffix until it is whole.
pub(super) const PART: &str = "part";
/// Bytes of a file's hash that are in its name.
const MARK: usize = 8;

/// The folders of a data folder of which a backup has a copy: the keys after the log, and so the
/// reference tables, which are durable before the event that names them.
pub(super) const LOG: &str = "log";
/// The keys that the log signed with.
pub(super) const NAMES: &str = "log/name";
pub(super) const KEYS: &str = "keys";
pub(super) const REFERENCES: &str = "references";

/// What a backup holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    format: u64,
    /// Which version took it; nothing depends on it.
    software: String,
    #[serde(with = "hexadecimal")]
    pub(super) journal: [u8; 16],
    pub(super) position: u64,
    #[serde(with = "hexadecimal")]
    pub(super) root: Hash,
    recorded_at: DateTime<Utc>,
    /// Segments in log order, then keys, then reference tables.
    pub(super) files: Vec<Kept>,
}

/// A file in a backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    /// Its path in the data folder.
    pub(super) name: String,
    pub(super) bytes: u64,
    #[serde(with = "hexadecimal")]
    pub(super) sha256: Hash,
}

/// The manifest, and the hash of its compact JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<T> {
    manifest: T,
    #[serde(with = "hexadecimal")]
    sha256: Hash,
}

impl Manifest {
    pub(super) fn new(journal: [u8; 16], head: Head, files: Vec<Kept>) -> Self {
        Self {
            format: FORMAT,
            software: concat!("registre ", env!("CARGO_PKG_VERSION")).to_owned(),
            journal,
            position: head.position.0,
            root: head.root,
            recorded_at: DateTime::from_timestamp_micros(head.recorded_at.0).unwrap_or_default(),
            files,
        }
    }

    /// The head of the log in the backup.
    pub(super) fn head(&self) -> Head {
        Head {
            position: Position(self.position),
            recorded_at: Instant(self.recorded_at.timestamp_micros()),
            root: self.root,
        }
    }

    /// The manifest of a folder.
    ///
    /// # Errors
    /// When there is none, it is damaged, or a later version wrote it.
    pub(super) fn read(folder: &Path) -> Result<Self, BackupError> {
        Self::find(folder)?.ok_or_else(|| BackupError::Incomplete(folder.to_owned()))
    }

    /// The manifest of a folder, when it has one.
    pub(super) fn find(folder: &Path) -> Result<Option<Self>, BackupError> {
        let path = folder.join(NAME);
        let bytes = match fs_err::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        let damaged = |what: String| BackupError::Manifest { path: path.clone(), what };
        let parsed: Envelope<serde_json::Value> =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        match parsed.manifest.get("format").and_then(serde_json::Value::as_u64) {
            Some(1..=FORMAT) => {}
            Some(format) => return Err(BackupError::Version { path, format }),
            None => return Err(damaged("it tells no format".to_owned())),
        }
        let manifest: Self =
            serde_json::from_value(parsed.manifest).map_err(|error| damaged(error.to_string()))?;
        if manifest.digest().map_err(|error| damaged(error.to_string()))? != parsed.sha256 {
            return Err(damaged("its own SHA-256 is another one".to_owned()));
        }
        match manifest.files.iter().find(|file| !file.is_ours()) {
            Some(file) => Err(damaged(format!("{:?} is no file of a backup", file.name))),
            None => Ok(Some(manifest)),
        }
    }

    /// Makes this the backup of a folder, whose files are all durable.
    pub(super) fn publish(self, folder: &Path) -> io::Result<()> {
        let part = folder.join(format!("{NAME}.{PART}"));
        let envelope = Envelope { sha256: self.digest()?, manifest: self };
        let mut file = private(&part)?;
        serde_json::to_writer_pretty(&mut file, &envelope)?;
        writeln!(file)?;
        file.sync_all()?;
        fs_err::rename(&part, folder.join(NAME))?;
        SystemDisk.sync_folder(folder)
    }

    fn digest(&self) -> serde_json::Result<Hash> {
        Ok(Sha256::digest(serde_json::to_vec(self)?).into())
    }

    /// The segments, in log order.
    pub(super) fn segments(&self) -> impl Iterator<Item = &Kept> {
        self.files.iter().filter(|file| file.folder() == LOG && file.name != NAMES)
    }

    /// A file of the key store.
    pub(super) fn key_file(&self, name: &str) -> Option<&Kept> {
        self.files.iter().find(|file| file.folder() == KEYS && file.name.ends_with(name))
    }
}

impl Kept {
    /// Where it is in a backup. Its name tells its content, so a file is never replaced by another
    /// one: the old manifest stays true until the new one takes its place.
    pub(super) fn path(&self, backup: &Path) -> PathBuf {
        backup.join(format!("{}.{}", self.name, hex(&self.sha256[..MARK])))
    }

    fn folder(&self) -> &str {
        self.name.split_once('/').map_or("", |(folder, _)| folder)
    }

    /// Whether the name is of a file that backups keep, and leads nowhere else.
    fn is_ours(&self) -> bool {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '.';
        let Some((folder, file)) = self.name.split_once('/') else { return false };
        match folder {
            KEYS => matches!(file, "master" | "subjects" | "fences"),
            LOG | REFERENCES => {
                !file.is_empty() && !file.starts_with('.') && file.chars().all(plain)
            }
            _ => false,
        }
    }
}

/// Whether a file in a folder of a backup has a name that backups give.
pub(super) fn is_named_by_us(name: &str) -> bool {
    let suffix = name.rsplit_once('.').map_or("", |(_, suffix)| suffix);
    suffix == PART || (suffix.len() == 2 * MARK && suffix.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes as a JSON string of hexadecimal digits.
mod hexadecimal {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer, const N: usize>(
        bytes: &[u8; N],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::hex(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        from: D,
    ) -> Result<[u8; N], D::Error> {
        let text = String::deserialize(from)?;
        let refused = || D::Error::custom(format!("{} hexadecimal digits are expected", 2 * N));
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let mut bytes = [0; N];
        if pairs.len() != N || !rest.is_empty() {
            return Err(refused());
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            let digit = |c: u8| char::from(c).to_digit(16);
            let (high, low) = digit(*high).zip(digit(*low)).ok_or_else(refused)?;
            *byte = u8::try_from(16 * high + low).map_err(|_| refused())?;
        }
        Ok(bytes)
    }
}
