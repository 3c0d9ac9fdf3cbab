//! From a credential to a tenant.

use crate::call::Call;
use crate::file::Watched;
use crate::grants::{Grant, Grants};
use crate::keyring::{KeyEntry, Keyring, KeyringError, day_of};
use crate::limits;
use crate::log::{AccessLog, Dropped, Line};
use crate::matrix::{Permission, permission};
use crate::oidc::{TokenError, Verifier};
use crate::providers::{ProviderEntry, ProviderList};
use crate::rates::{Rate, Rates, subscriber};
use crate::role::Role;
use crate::secret::{self, KeyDigest, KeyId};
use crate::tenant::{Credential, Tenant, Who};
use domain::ids::Instant;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

/// Why somebody was not let in. Nothing here tells a key that never was from one that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No credential came.
    #[error("no credential came")]
    NoCredential,
    /// It opens nothing.
    #[error("the credential opens nothing")]
    BadCredential,
    /// It was right, and is revoked or too old.
    #[error("the credential is revoked or has expired")]
    Expired,
    /// Too many refused credentials came from there.
    #[error("too many refused credentials")]
    TooManyFailures(Duration),
    /// The caller calls too often.
    #[error("too many calls")]
    TooManyCalls(Duration),
    /// The role may not make that call.
    #[error("role {0} may not make that call")]
    Denied(Role),
    /// The role must say why it reads of somebody.
    #[error("a reason is needed")]
    NoReason,
    /// A provider knows the person, and nobody gave them a role here.
    #[error("nobody gave this person a role")]
    NoRights,
    /// The keys of the provider cannot be had.
    #[error("the identity provider does not answer")]
    Provider,
    /// The reason is no text of the right length on one line.
    #[error("the reason is no text of 1 to {most} bytes", most = limits::REASON_BYTES)]
    BadReason,
}

/// Somebody who was recognised.
#[derive(Debug, Clone)]
pub struct Known {
    who: Arc<Who>,
    /// Until when the token holds that was shown.
    until: Option<Instant>,
}

/// The door of one data folder.
#[derive(Debug)]
pub struct Gate {
    keyring: Keyring,
    keys: Watched<HashMap<KeyId, Held>>,
    grants: Watched<Vec<Granted>>,
    providers: Watched<Vec<ProviderEntry>>,
    verifier: Option<Verifier>,
    failures: Rates<IpAddr>,
    calls: Rates<String>,
    rows: Rates<String>,
    uses: Mutex<Uses>,
    log: AccessLog,
}

/// A key as the gate has it.
#[derive(Debug)]
struct Held {
    entry: KeyEntry,
    who: Arc<Who>,
    /// The day of its last use that is noted, from 1970.
    used: AtomicI64,
}

/// A grant as the gate has it.
#[derive(Debug)]
struct Granted {
    grant: Grant,
    who: Arc<Who>,
}

#[derive(Debug, Default)]
struct Uses {
    days: BTreeMap<KeyId, String>,
    written_at: Instant,
    changed: bool,
}

impl Gate {
    /// Opens the door of a data folder.
    ///
    /// # Errors
    /// When its files cannot be read.
    pub fn open(data: &Path) -> Result<Self, KeyringError> {
        let keyring = Keyring::of(data);
        let log = AccessLog::open(data, now())?;
        let uses = Uses { days: keyring.last_uses()?, ..Uses::default() };
        let keys = Watched::open(keyring.path(), read_keys)?;
        let grants = Watched::open(Grants::of(data).path(), read_grants)?;
        let providers = Watched::open(ProviderList::of(data).path(), ProviderList::read)?;
        Ok(Self {
            keyring,
            keys,
            grants,
            providers,
            verifier: None,
            failures: Rates::default(),
            calls: Rates::default(),
            rows: Rates::default(),
            uses: Mutex::new(uses),
            log,
        })
    }

    /// The same door, that also knows the persons whom a provider tells.
    #[must_use]
    pub fn with_provider(mut self, verifier: Verifier) -> Self {
        self.verifier = Some(verifier);
        self
    }

    /// Whether a credential is a token that has to be verified: that takes a while, and may ask its
    /// provider.
    #[must_use]
    pub fn is_slow(&self, credential: Option<&str>) -> bool {
        self.verifier.is_some() && credential.is_some_and(|text| !secret::is_key(text))
    }

    /// Recognises somebody by a credential, from an address. Where [`Gate::is_slow`] says so, call it
    /// where that may block.
    ///
    /// # Errors
    /// See [`Refused`]; what may be a guess counts against the address.
    pub fn recognise(
        &self,
        credential: Option<&str>,
        from: IpAddr,
        now: Instant,
    ) -> Result<Known, Refused> {
        let found = match (credential, &self.verifier) {
            (None, _) => Err(Refused::NoCredential),
            (Some(text), _) if text.len() > limits::CREDENTIAL_BYTES => Err(Refused::BadCredential),
            (Some(text), Some(verifier)) if !secret::is_key(text) => {
                // A signature costs far more to verify than a key: not for whoever guesses.
                let rate = Rate::per_minute(limits::FAILURES_PER_MINUTE);
                match self.failures.wait(&subscriber(from), rate, now) {
                    Some(wait) => return Err(Refused::TooManyFailures(wait)),
                    None => self.token(verifier, text, now),
                }
            }
            (Some(text), _) => self.key(text, now),
        };
        found.map_err(|refused| match refused {
            // A guess: others of the same address must wait too.
            Refused::BadCredential => self.failed(refused, from, now),
            // Whoever shows nothing guesses nothing, and what was right once was not guessed.
            refused => refused,
        })
    }

    /// Admits somebody who was recognised to one call.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn admit(
        &self,
        Known { who, until }: Known,
        call: Call,
        reason: Option<&str>,
        now: Instant,
    ) -> Result<Tenant, Refused> {
        if let Some(most) = who.calls_per_minute {
            let rate = Rate::per_minute(most);
            self.calls.take(&who.principal, 1, rate, now).map_err(Refused::TooManyCalls)?;
        }
        let permission = permission(who.role, call);
        if permission == Permission::Denied {
            return Err(Refused::Denied(who.role));
        }
        let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
        let is_no_text = |reason: &str| {
            reason.len() > limits::REASON_BYTES || reason.chars().any(char::is_control)
        };
        if reason.is_some_and(is_no_text) {
            return Err(Refused::BadReason);
        }
        if reason.is_none() && call.reads_persons() && who.role.gives_reasons() {
            return Err(Refused::NoReason);
        }
        Ok(Tenant { who, call, permission, until, reason: reason.map(Arc::from) })
    }

    /// Whether what a tenant showed still opens the door, to the same: a call that goes on for long
    /// asks from time to time.
    ///
    /// # Errors
    /// [`Refused::Expired`].
    pub fn stands(&self, tenant: &Tenant, now: Instant) -> Result<(), Refused> {
        let who = &tenant.who;
        let is_alive = match who.credential {
            Credential::Key(id) => {
                let keys = self.keys.at(now);
                keys.get(&id).is_some_and(|held| held.entry.is_alive(now) && held.who.is_as(who))
            }
            Credential::Grant => {
                let grants = self.grants.at(now);
                let is_one = |held: &Granted| held.grant.is_alive(now) && held.who.is_as(who);
                tenant.until.is_none_or(|until| now < until) && grants.iter().any(is_one)
            }
        };
        if is_alive { Ok(()) } else { Err(Refused::Expired) }
    }

    /// Who outside verifies signatures of contracts, at an instant.
    pub fn providers(&self, now: Instant) -> Arc<Vec<ProviderEntry>> {
        self.providers.at(now)
    }

    /// Counts the rows that a tenant pushes.
    ///
    /// # Errors
    /// [`Refused::TooManyCalls`] when they are too many in an hour.
    pub fn charge_rows(&self, tenant: &Tenant, rows: usize, now: Instant) -> Result<(), Refused> {
        if tenant.who.calls_per_minute.is_none() {
            return Ok(());
        }
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        let rate = Rate::per_hour(limits::KEY_ROWS_PER_HOUR);
        self.rows.take(&tenant.who.principal, rows, rate, now).map_err(Refused::TooManyCalls)
    }

    /// Records that a tenant reads of somebody, when the call is such a read.
    ///
    /// # Errors
    /// When it cannot be written: then the read must be refused.
    pub fn record(&self, tenant: &Tenant, of: &str, now: Instant) -> io::Result<()> {
        if tenant.call().reads_persons() { self.log.record(tenant, of, now) } else { Ok(()) }
    }

    /// Deletes the lines of the log of reads that were kept for long enough.
    ///
    /// # Errors
    /// When it cannot be read or written: then none is deleted.
    pub fn purge_log(&self, now: Instant) -> io::Result<Option<Dropped>> {
        self.log.purge(now)
    }

    /// Who read of some resources, oldest first; and whether the log of reads is whole.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn reads_of(&self, of: &[String]) -> io::Result<(Vec<Line>, bool)> {
        self.log.reads_of(of)
    }

    fn key(&self, text: &str, now: Instant) -> Result<Known, Refused> {
        let id = secret::id_of(text).ok_or(Refused::BadCredential)?;
        self.write_uses_in_time(now);
        let keys = self.keys.at(now);
        let held = keys.get(&id).ok_or(Refused::BadCredential)?;
        if !held.entry.digest.is(&KeyDigest::of(text)) {
            return Err(Refused::BadCredential);
        }
        if !held.entry.is_alive(now) {
            return Err(Refused::Expired);
        }
        self.used(held, now);
        Ok(Known { who: Arc::clone(&held.who), until: None })
    }

    fn token(&self, verifier: &Verifier, text: &str, now: Instant) -> Result<Known, Refused> {
        let subject = verifier.verify(text, None, now).map_err(|error| {
            tracing::info!(%error, "a token is refused");
            match error {
                TokenError::Expired => Refused::Expired,
                TokenError::Provider => Refused::Provider,
                _ => Refused::BadCredential,
            }
        })?;
        let grants = self.grants.at(now);
        let of_subject =
            grants.iter().find(|held| held.grant.is_of(&subject) && held.grant.is_alive(now));
        let known = |held: &Granted| {
            let who = Arc::clone(&held.who);
            Known { who, until: Some(subject.until) }
        };
        of_subject.map(known).ok_or(Refused::NoRights)
    }

    /// Counts a refusal against its address, and says so once they are too many.
    fn failed(&self, refused: Refused, from: IpAddr, now: Instant) -> Refused {
        let rate = Rate::per_minute(limits::FAILURES_PER_MINUTE);
        match self.failures.take(&subscriber(from), 1, rate, now) {
            Ok(()) => refused,
            Err(wait) => Refused::TooManyFailures(wait),
        }
    }

    /// Notes the day of a use.
    fn used(&self, held: &Held, now: Instant) {
        let day = now.0.div_euclid(86_400_000_000);
        if held.used.swap(day, Ordering::Relaxed) != day {
            let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
            uses.days.insert(held.entry.id, day_of(now));
            uses.changed = true;
        }
    }

    /// Writes the days of uses down, from time to time.
    fn write_uses_in_time(&self, now: Instant) {
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        let every = i64::try_from(limits::LAST_USE_EVERY.as_micros()).unwrap_or(i64::MAX);
        if uses.changed && now.0.saturating_sub(uses.written_at.0) >= every {
            uses.written_at = now;
            self.write_uses(&mut uses);
        }
    }

    fn write_uses(&self, uses: &mut Uses) {
        if std::mem::take(&mut uses.changed)
            && let Err(error) = self.keyring.write_uses(&uses.days)
        {
            tracing::warn!(%error, "the days on which keys were used are not written");
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let mut uses = std::mem::take(self.uses.get_mut().unwrap_or_else(PoisonError::into_inner));
        self.write_uses(&mut uses);
    }
}

/// Now, by the clock of the system.
fn now() -> Instant {
    let since = UNIX_EPOCH.elapsed().unwrap_or_default();
    Instant(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

fn read_keys(path: &Path) -> io::Result<HashMap<KeyId, Held>> {
    let held = |entry: KeyEntry| {
        let who = Who::new(
            entry.principal.clone(),
            entry.role,
            entry.scope.clone(),
            entry.sources.clone(),
            Credential::Key(entry.id),
            entry.calls_per_minute,
        );
        (entry.id, Held { who: Arc::new(who), used: AtomicI64::new(i64::MIN), entry })
    };
    Ok(Keyring::read(path)?.into_iter().map(held).collect())
}

fn read_grants(path: &Path) -> io::Result<Vec<Granted>> {
    let granted = |grant: Grant| {
        let who = Who::new(
            grant.principal.clone(),
            grant.role,
            grant.scope.clone(),
            grant.sources.clone(),
            Credential::Grant,
            Some(limits::PERSON_CALLS_PER_MINUTE),
        );
        Granted { who: Arc::new(who), grant }
    };
    Ok(Grants::read(path)?.into_iter().map(granted).collect())
}
