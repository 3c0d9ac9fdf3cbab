//! What persons may do: `access/grants`, by the provider that knows them and whom it says they are.

use crate::keyring::{KeyringError, pseudonym};
use crate::limits;
use crate::list::{self, List};
use crate::oidc::Subject;
use crate::role::Role;
use crate::scope::{Scope, Sources};
use domain::identifiers::Siret;
use domain::ids::Instant;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// What one person may do.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Under which pseudonym they act; it names the grant.
    pub principal: String,
    /// The provider.
    pub issuer: String,
    /// Who, at the provider.
    pub sub: String,
    /// For which establishment the provider must say that they work; `None` for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub siret: Option<Siret>,
    /// What the administrator calls it: a service, a post; no person's name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// Of whom they may speak.
    pub scope: Scope,
    /// The runs of which sources they may read, for a CFA or a network.
    #[serde(default)]
    pub sources: Sources,
    /// When it was given.
    pub created_at: Instant,
    /// Until when it holds.
    pub expires_at: Instant,
    /// Since when it is revoked, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Instant>,
}

impl Grant {
    /// Whether it holds at an instant.
    #[must_use]
    pub fn is_alive(&self, now: Instant) -> bool {
        list::is_alive(self.expires_at, self.revoked_at, now)
    }

    /// Whether it is of whom a provider says that somebody is.
    pub(crate) fn is_of(&self, subject: &Subject) -> bool {
        let works = |siret: &Siret| subject.siret.as_deref() == Some(siret.as_str());
        (&self.issuer, &self.sub) == (&subject.issuer, &subject.sub)
            && self.siret.as_ref().is_none_or(works)
    }
}

/// What a new grant gives.
#[derive(Debug, Clone)]
pub struct NewGrant {
    /// The provider.
    pub issuer: String,
    /// Who, at the provider.
    pub sub: String,
    /// For which establishment the provider must say that they work.
    pub siret: Option<Siret>,
    /// What the administrator calls it.
    pub name: String,
    /// The role.
    pub role: Role,
    /// Of whom they may speak.
    pub scope: Scope,
    /// The runs of which sources they may read.
    pub sources: Sources,
    /// Days that it holds.
    pub days: u32,
}

/// Why a grant was not given or revoked.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// What holds for keys too.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A role of programs, or of whoever has the folder.
    #[error("role {0} is no person's: a program shows an API key (registre key create)")]
    NotAPerson(Role),
    /// There is one.
    #[error("that person has grant {0}: revoke it first")]
    Granted(String),
    /// There is none.
    #[error("there is no grant {0}: `registre grant list` shows them")]
    Unknown(String),
}

impl From<io::Error> for GrantError {
    fn from(error: io::Error) -> Self {
        Self::Keyring(error.into())
    }
}

/// The grants of a data folder.
#[derive(Debug, Clone)]
pub struct Grants(List<Grant>);

impl Grants {
    /// Those of that data folder.
    #[must_use]
    pub fn of(data: &Path) -> Self {
        Self(List::of(data, "grants"))
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.0.path()
    }

    /// Every grant, oldest first, dead ones too.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn list(&self) -> Result<Vec<Grant>, GrantError> {
        Ok(Self::read(&self.path())?)
    }

    /// Gives a person a role; answers the pseudonym.
    ///
    /// # Errors
    /// See [`GrantError`].
    pub fn give(&self, new: NewGrant, now: Instant) -> Result<String, GrantError> {
        if matches!(new.role, Role::CfaDeposit | Role::Local) {
            return Err(GrantError::NotAPerson(new.role));
        }
        crate::keyring::must_fit(new.role, &new.scope)?;
        self.0.change(|grants| {
            let holds = |one: &&Grant| {
                (&one.issuer, &one.sub) == (&new.issuer, &new.sub) && one.is_alive(now)
            };
            if let Some(held) = grants.iter().find(holds) {
                return Err(GrantError::Granted(held.principal.clone()));
            }
            let principal = pseudonym('p').map_err(KeyringError::from)?;
            grants.push(Grant {
                principal: principal.clone(),
                issuer: new.issuer,
                sub: new.sub,
                siret: new.siret,
                name: new.name,
                role: new.role,
                scope: new.scope,
                sources: new.sources,
                created_at: now,
                expires_at: list::in_days(now, new.days),
                revoked_at: None,
            });
            Ok(principal)
        })
    }

    /// Takes a grant back. Saying it again changes nothing.
    ///
    /// # Errors
    /// See [`GrantError`].
    pub fn revoke(&self, principal: &str, now: Instant) -> Result<(), GrantError> {
        self.0.change(|grants| {
            let found = grants.iter_mut().find(|one| one.principal == principal);
            let found = found.ok_or_else(|| {
                GrantError::Unknown(principal.chars().take(limits::PRINCIPAL_BYTES).collect())
            })?;
            found.revoked_at.get_or_insert(now);
            Ok(())
        })
    }

    /// Every grant of a file.
    pub(crate) fn read(path: &Path) -> io::Result<Vec<Grant>> {
        List::read(path)
    }
}
