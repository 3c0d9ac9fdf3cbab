//! The API keys of a data folder: `access/keys`.
//!
//! The command line writes the file, whole, while the server runs; the server looks at it a few
//! times a second. What a key is is never in it: only its digest. On which day a key was used last
//! is in `access/used`, which the server alone writes.

use crate::file;
use crate::limits;
use crate::list::{self, List};
use crate::role::Role;
use crate::scope::{Scope, Sources};
use crate::secret::{ApiKey, KeyDigest, KeyId, hex, is_environment};
use domain::calendar::paris_day;
use domain::contract::body::OPCOS;
use domain::ids::{Instant, Source};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// What is kept of a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyEntry {
    /// What it is known by.
    pub id: KeyId,
    /// SHA-256 of its text.
    pub digest: KeyDigest,
    /// Under which pseudonym its holder acts; a rotation keeps it.
    pub principal: String,
    /// What people call its holder: a CFA and its software.
    pub name: String,
    /// Part of its text.
    pub environment: String,
    /// The role.
    pub role: Role,
    /// Of whom its holder may speak.
    pub scope: Scope,
    /// Under which names its holder may push.
    #[serde(default)]
    pub sources: Sources,
    /// When it was made.
    pub created_at: Instant,
    /// From when it is refused.
    pub expires_at: Instant,
    /// Since when it is revoked, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Instant>,
    /// Calls in a minute; `None` for no limit.
    pub calls_per_minute: Option<u32>,
}

impl KeyEntry {
    /// Whether it opens the door at an instant.
    #[must_use]
    pub fn is_alive(&self, now: Instant) -> bool {
        list::is_alive(self.expires_at, self.revoked_at, now)
    }

    /// Whether it is of the same holder: an establishment and its software.
    fn is_of(&self, new: &NewKey) -> bool {
        (&self.name, self.role, &self.scope, &self.sources)
            == (&new.name, new.role, &new.scope, &new.sources)
    }
}

/// What a new key is for.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What people call it.
    pub name: String,
    /// Part of its text: `prod`, `test`, `local`.
    pub environment: String,
    /// The role.
    pub role: Role,
    /// Of whom its holder may speak.
    pub scope: Scope,
    /// Under which names its holder may push.
    pub sources: Sources,
    /// Days that it lives.
    pub days: u32,
    /// Calls in a minute; `None` for no limit.
    pub calls_per_minute: Option<u32>,
}

/// Why a key was not made, rotated or revoked.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The folder cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The system has no chance to give.
    #[error("the system gives no random bytes: {0}")]
    Chance(#[from] getrandom::Error),
    /// The scope is not one of the role.
    #[error("{0} has another kind of scope: see `registre key create --help`")]
    Scope(Role),
    /// A key without establishments, or with too many.
    #[error("a key is bound to 1 to {most} establishments", most = limits::ESTABLISHMENTS)]
    Establishments,
    /// No skills operator of that name.
    #[error("{0:?} is no OPCO: one of {names}", names = OPCOS.join(", "))]
    Opco(String),
    /// A sender without a source.
    #[error("a sender is bound to the sources under which it pushes: name them with --source")]
    NoSource,
    /// A source that is somebody else's.
    #[error("source {0} is bound to other establishments by key {1}: a source has one holder")]
    SourceTaken(Source, KeyId),
    /// A source that no sender may have.
    #[error("source {0} is the ledger's own")]
    SourceReserved(Source),
    /// An environment that does not fit in a key.
    #[error("an environment is 1 to 8 of a-z and 0-9")]
    Environment,
    /// No such key.
    #[error("there is no key {0}: `registre key list` shows them")]
    Unknown(KeyId),
    /// It does not open the door any more.
    #[error("key {0} is revoked or has expired: make a new one")]
    Dead(KeyId),
    /// Too many alive.
    #[error("this holder has {most} keys alive: revoke one first", most = limits::KEYS_ALIVE)]
    TooMany,
}

/// Characters that are shown of a name that is no OPCO's.
const OPCO_SHOWN: usize = 40;

/// Names under which the ledger itself declares.
const RESERVED: [&str; 2] = ["people", "registre"];

/// The keys of a data folder.
#[derive(Debug, Clone)]
pub struct Keyring(List<KeyEntry>);

impl Keyring {
    /// Those of that data folder.
    #[must_use]
    pub fn of(data: &Path) -> Self {
        Self(List::of(data, "keys"))
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.0.path()
    }

    /// Every key, oldest first, dead ones too.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn list(&self) -> Result<Vec<KeyEntry>, KeyringError> {
        Ok(Self::read(&self.path())?)
    }

    /// On which day (Paris, YYYY-MM-DD) each key was used last.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn last_uses(&self) -> Result<BTreeMap<KeyId, String>, KeyringError> {
        Ok(file::read(&self.0.folder().join("used"))?)
    }

    /// Makes a key. Its text is in what this gives, and nowhere else. A holder who has one alive
    /// acts under the same pseudonym with both.
    ///
    /// # Errors
    /// See [`KeyringError`].
    pub fn create(&self, new: NewKey, now: Instant) -> Result<ApiKey, KeyringError> {
        check(&new)?;
        self.0.change(|keys| add(keys, new, now))
    }

    /// Makes the key that takes the place of another, which lives on until it is revoked or
    /// expires: the same holder, role, scope and sources.
    ///
    /// # Errors
    /// See [`KeyringError`].
    pub fn rotate(&self, id: KeyId, days: u32, now: Instant) -> Result<ApiKey, KeyringError> {
        self.0.change(|keys| {
            let old = keys.iter().find(|key| key.id == id);
            let old = old.ok_or(KeyringError::Unknown(id))?.clone();
            if !old.is_alive(now) {
                return Err(KeyringError::Dead(id));
            }
            let KeyEntry { name, environment, role, scope, sources, calls_per_minute, .. } = old;
            let new = NewKey { name, environment, role, scope, sources, days, calls_per_minute };
            add(keys, new, now)
        })
    }

    /// Closes the door to a key. Saying it again changes nothing.
    ///
    /// # Errors
    /// See [`KeyringError`].
    pub fn revoke(&self, id: KeyId, now: Instant) -> Result<(), KeyringError> {
        self.0.change(|keys| {
            let key = keys.iter_mut().find(|key| key.id == id);
            key.ok_or(KeyringError::Unknown(id))?.revoked_at.get_or_insert(now);
            Ok(())
        })
    }

    /// The key of whoever may read the data folder, in `access/local.key` (0600): made when there
    /// never was one. `None` when it was made before; it may have been revoked since.
    ///
    /// # Errors
    /// See [`KeyringError`].
    pub fn local(&self, now: Instant) -> Result<Option<PathBuf>, KeyringError> {
        if self.list()?.iter().any(|key| key.role == Role::Local) {
            return Ok(None);
        }
        let key = self.create(
            NewKey {
                name: "whoever may read the data folder".to_owned(),
                environment: "local".to_owned(),
                role: Role::Local,
                scope: Scope::Everything,
                sources: Sources::Any,
                days: 100 * limits::KEY_DAYS,
                calls_per_minute: None,
            },
            now,
        )?;
        let path = self.0.folder().join("local.key");
        file::write_private(&path, format!("{}\n", key.text()).as_bytes())?;
        Ok(Some(path))
    }

    /// Writes down the days on which keys were used last.
    pub(crate) fn write_uses(&self, uses: &BTreeMap<KeyId, String>) -> io::Result<()> {
        file::write(&self.0.folder().join("used"), uses)
    }

    /// Every key of a file.
    pub(crate) fn read(path: &Path) -> io::Result<Vec<KeyEntry>> {
        List::read(path)
    }
}

/// The Paris day of an instant, as it is written in `used`.
pub(crate) fn day_of(now: Instant) -> String {
    paris_day(now).to_string()
}

/// Refuses a scope that is not one of the role.
pub(crate) fn must_fit(role: Role, scope: &Scope) -> Result<(), KeyringError> {
    if !role.scopes().contains(&scope.kind()) {
        return Err(KeyringError::Scope(role));
    }
    match scope {
        Scope::Establishments(named) if !holds_some(named.len()) => {
            Err(KeyringError::Establishments)
        }
        Scope::Employer(named) if !holds_some(named.len()) => Err(KeyringError::Establishments),
        Scope::Opco(name) if !OPCOS.contains(&name.as_str()) => {
            Err(KeyringError::Opco(name.chars().take(OPCO_SHOWN).collect()))
        }
        _ => Ok(()),
    }
}

fn holds_some(establishments: usize) -> bool {
    (1..=limits::ESTABLISHMENTS).contains(&establishments)
}

fn check(new: &NewKey) -> Result<(), KeyringError> {
    if !is_environment(&new.environment) {
        return Err(KeyringError::Environment);
    }
    must_fit(new.role, &new.scope)?;
    let Sources::Only(names) = &new.sources else { return Ok(()) };
    if new.role == Role::CfaDeposit && names.is_empty() {
        return Err(KeyringError::NoSource);
    }
    match names.iter().find(|name| RESERVED.contains(&name.as_str())) {
        Some(reserved) => Err(KeyringError::SourceReserved(reserved.clone())),
        None => Ok(()),
    }
}

/// Runs, absences and request ids are a source's: one that two senders shared would let each speak
/// of the other's learners. So it stays whose it was, also when the key is dead; an organisation may
/// have keys for more or fewer of its establishments.
fn free_sources(keys: &[KeyEntry], new: &NewKey) -> Result<(), KeyringError> {
    let Sources::Only(wanted) = &new.sources else { return Ok(()) };
    let is_sender = |role| role == Role::CfaDeposit;
    let others = keys.iter().filter(|key| is_sender(key.role) && is_sender(new.role));
    for key in others.filter(|key| !are_nested(&key.scope, &new.scope)) {
        let Sources::Only(taken) = &key.sources else { continue };
        if let Some(source) = wanted.intersection(taken).next() {
            return Err(KeyringError::SourceTaken(source.clone(), key.id));
        }
    }
    Ok(())
}

/// Whether all establishments of one are among those of the other.
fn are_nested(one: &Scope, other: &Scope) -> bool {
    match (one, other) {
        (Scope::Establishments(one), Scope::Establishments(other)) => {
            one.is_subset(other) || other.is_subset(one)
        }
        _ => one == other,
    }
}

fn add(keys: &mut Vec<KeyEntry>, new: NewKey, now: Instant) -> Result<ApiKey, KeyringError> {
    free_sources(keys, &new)?;
    let alive: Vec<&KeyEntry> =
        keys.iter().filter(|key| key.is_of(&new) && key.is_alive(now)).collect();
    if alive.len() >= limits::KEYS_ALIVE {
        return Err(KeyringError::TooMany);
    }
    let principal = match alive.first() {
        Some(other) => other.principal.clone(),
        None => pseudonym('k')?,
    };
    let key = ApiKey::make(&new.environment)?;
    keys.push(KeyEntry {
        id: key.id(),
        digest: key.digest(),
        principal,
        name: new.name,
        environment: new.environment,
        role: new.role,
        scope: new.scope,
        sources: new.sources,
        created_at: now,
        expires_at: list::in_days(now, new.days),
        revoked_at: None,
        calls_per_minute: new.calls_per_minute,
    });
    Ok(key)
}

/// A pseudonym that says nothing.
pub(crate) fn pseudonym(kind: char) -> Result<String, getrandom::Error> {
    let mut random = [0; 6];
    getrandom::fill(&mut random)?;
    Ok(format!("{kind}-{}", hex(&random)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Establishment;
    use domain::identifiers::{Siret, Uai};

    const NOW: Instant = Instant(1_800_000_000_000_000);

    fn sender(uai: &str, source: &str) -> NewKey {
        let siret = Siret::parse("35600000000048").unwrap();
        let one = Establishment { uai: Uai::parse(uai).unwrap(), siret };
        NewKey {
            name: format!("{uai} / ERP"),
            environment: "test".into(),
            role: Role::CfaDeposit,
            scope: Scope::Establishments([one].into()),
            sources: Sources::Only([Source::parse(source).unwrap()].into()),
            days: 30,
            calls_per_minute: Some(5),
        }
    }

    #[test]
    fn a_holder_has_two_keys_alive_and_one_pseudonym() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keyring::of(folder.path());
        let first = keys.create(sender("0010826T", "nord"), NOW).unwrap();
        let second = keys.rotate(first.id(), 30, NOW).unwrap();
        assert!(matches!(keys.rotate(second.id(), 30, NOW), Err(KeyringError::TooMany)));
        assert!(matches!(keys.create(sender("0010826T", "nord"), NOW), Err(KeyringError::TooMany)));
        keys.revoke(first.id(), NOW).unwrap();
        assert!(matches!(keys.rotate(first.id(), 30, NOW), Err(KeyringError::Dead(_))));
        keys.rotate(second.id(), 30, NOW).unwrap();
        let all = keys.list().unwrap();
        assert_eq!(all.len(), 3);
        assert!(all.iter().all(|key| key.principal == all[0].principal));
        let kept = fs_err::read_to_string(keys.path()).unwrap();
        assert!(!kept.contains(&first.text()[20..60]), "only digests are kept");
        let later = list::in_days(NOW, 30);
        assert!(all[1].is_alive(Instant(later.0 - 1)) && !all[1].is_alive(later));
    }

    #[test]
    fn a_source_has_one_holder_and_a_sender_has_a_source_and_an_establishment() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keyring::of(folder.path());
        let first = keys.create(sender("0010826T", "nord"), NOW).unwrap();
        let other = sender("9830002K", "nord");
        let taken = keys.create(other.clone(), NOW);
        assert!(matches!(taken, Err(KeyringError::SourceTaken(_, id)) if id == first.id()));
        keys.revoke(first.id(), NOW).unwrap();
        assert!(keys.create(other.clone(), NOW).is_err(), "it stays whose it was");
        let Scope::Establishments(mut both) = sender("0010826T", "nord").scope else { panic!() };
        let Scope::Establishments(more) = other.scope.clone() else { panic!() };
        both.extend(more);
        let grown = NewKey { scope: Scope::Establishments(both), ..other.clone() };
        keys.create(grown, NOW).unwrap();
        let refused = |new| keys.create(new, NOW).unwrap_err();
        let none = Scope::Establishments([].into());
        assert!(matches!(
            refused(NewKey { scope: none, ..other.clone() }),
            KeyringError::Establishments
        ));
        let nothing = NewKey { sources: Sources::default(), ..other.clone() };
        assert!(matches!(refused(nothing), KeyringError::NoSource));
        let people = sender("9830002K", "people");
        assert!(matches!(refused(people), KeyringError::SourceReserved(_)));
        let region = NewKey { scope: Scope::Region("84".into()), ..other };
        assert!(matches!(refused(region), KeyringError::Scope(Role::CfaDeposit)));
    }

    #[test]
    fn the_local_key_is_made_once_for_its_owner_alone() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let keys = Keyring::of(folder.path());
        let path = keys.local(NOW).unwrap().unwrap();
        assert_eq!(fs_err::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs_err::metadata(keys.path()).unwrap().mode() & 0o777, 0o600);
        let text = fs_err::read_to_string(path).unwrap();
        assert!(crate::secret::id_of(text.trim()).is_some());
        keys.revoke(keys.list().unwrap()[0].id, NOW).unwrap();
        assert_eq!(keys.local(NOW).unwrap(), None, "one that was revoked is not made again");
    }
}
