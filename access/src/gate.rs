//! From a credential to a tenant.

use crate::call::Call;
use crate::file::{self, Stamp};
use crate::keyring::{KeyEntry, Keyring, KeyringError, day_of};
use crate::limits;
use crate::log::AccessLog;
use crate::matrix::{Permission, permission};
use crate::rates::{Rate, Rates, subscriber};
use crate::role::Role;
use crate::secret::{self, KeyDigest, KeyId};
use crate::tenant::{Tenant, Who};
use domain::ids::Instant;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

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
    /// The reason is no text of the right length.
    #[error("the reason is no text of 1 to {most} bytes", most = limits::REASON_BYTES)]
    BadReason,
}

/// Somebody who was recognised.
#[derive(Debug, Clone)]
pub struct Known(Arc<Who>);

/// The door of one data folder.
#[derive(Debug)]
pub struct Gate {
    keyring: Keyring,
    keys: RwLock<Arc<Keys>>,
    /// When the file was looked at last, in microseconds.
    looked_at: AtomicI64,
    failures: Rates<IpAddr>,
    calls: Rates<String>,
    rows: Rates<String>,
    uses: Mutex<Uses>,
    log: AccessLog,
}

#[derive(Debug, Default)]
struct Keys {
    stamp: Stamp,
    by_id: HashMap<KeyId, Held>,
}

/// A key as the gate has it.
#[derive(Debug)]
struct Held {
    entry: KeyEntry,
    who: Arc<Who>,
    /// The day of its last use that is noted, from 1970.
    used: AtomicI64,
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
        let log = AccessLog::open(data)?;
        let uses = Uses { days: keyring.last_uses()?, ..Uses::default() };
        let keys = RwLock::new(Arc::new(Keys::read(&keyring)?));
        Ok(Self {
            keyring,
            keys,
            looked_at: AtomicI64::new(i64::MIN),
            failures: Rates::default(),
            calls: Rates::default(),
            rows: Rates::default(),
            uses: Mutex::new(uses),
            log,
        })
    }

    /// Recognises somebody by a credential, from an address.
    ///
    /// # Errors
    /// See [`Refused`]; what is refused counts against the address.
    pub fn recognise(
        &self,
        credential: Option<&str>,
        from: IpAddr,
        now: Instant,
    ) -> Result<Known, Refused> {
        let found = match credential {
            None => Err(Refused::NoCredential),
            Some(text) if text.len() > limits::CREDENTIAL_BYTES => Err(Refused::BadCredential),
            Some(text) => self.key(text, now),
        };
        found.map_err(|refused| self.failed(refused, from, now))
    }

    /// Admits somebody who was recognised to one call.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn admit(
        &self,
        Known(who): Known,
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
        if reason.is_some_and(|reason| reason.len() > limits::REASON_BYTES) {
            return Err(Refused::BadReason);
        }
        if reason.is_none() && call.reads_persons() && who.role.gives_reasons() {
            return Err(Refused::NoReason);
        }
        Ok(Tenant { who, call, permission, reason: reason.map(Arc::from) })
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

    fn key(&self, text: &str, now: Instant) -> Result<Known, Refused> {
        let id = secret::id_of(text).ok_or(Refused::BadCredential)?;
        let keys = self.keys(now);
        let held = keys.by_id.get(&id).ok_or(Refused::BadCredential)?;
        if !held.entry.digest.is(&KeyDigest::of(text)) {
            return Err(Refused::BadCredential);
        }
        if !held.entry.is_alive(now) {
            return Err(Refused::Expired);
        }
        self.used(held, now);
        Ok(Known(Arc::clone(&held.who)))
    }

    /// The keys, read anew when their file has changed.
    fn keys(&self, now: Instant) -> Arc<Keys> {
        let held = || Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner));
        let looked_at = self.looked_at.load(Ordering::Relaxed);
        let passed = now.0.saturating_sub(looked_at).unsigned_abs();
        if u128::from(passed) < limits::LOOK_EVERY.as_micros() {
            return held();
        }
        self.looked_at.store(now.0, Ordering::Relaxed);
        self.write_uses_in_time(now);
        let keys = held();
        if file::stamp(&self.keyring.path()) == keys.stamp {
            return keys;
        }
        match Keys::read(&self.keyring) {
            Ok(fresh) => {
                let fresh = Arc::new(fresh);
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&fresh);
                fresh
            }
            Err(error) => {
                tracing::error!(%error, "the keys cannot be read: those known before stay");
                keys
            }
        }
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

impl Keys {
    fn read(keyring: &Keyring) -> Result<Self, KeyringError> {
        // Before the content: what changes in between is read again.
        let stamp = file::stamp(&keyring.path());
        let held = |entry: KeyEntry| {
            let who = Who::new(
                entry.principal.clone(),
                entry.role,
                entry.scope.clone(),
                entry.sources.clone(),
                false,
                entry.calls_per_minute,
            );
            (entry.id, Held { who: Arc::new(who), used: AtomicI64::new(i64::MIN), entry })
        };
        Ok(Self { stamp, by_id: keyring.list()?.into_iter().map(held).collect() })
    }
}
