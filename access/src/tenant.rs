//! Who asks, admitted to one call.

use crate::call::Call;
use crate::matrix::Permission;
use crate::role::Role;
use crate::scope::{Scope, Sources};
use crate::secret::KeyId;
use domain::identifiers::{Siret, Uai};
use domain::ids::{Instant, Source};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// By what somebody was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credential {
    /// A key: a program, which acts for persons that it knows.
    Key(KeyId),
    /// A token of a person, to whom the grant of that principal was given.
    Grant,
}

/// What authentication knows of somebody.
#[derive(Debug)]
pub(crate) struct Who {
    pub(crate) principal: String,
    pub(crate) role: Role,
    pub(crate) scope: Scope,
    pub(crate) sources: Sources,
    pub(crate) credential: Credential,
    /// Calls in a minute at most; `None` for no limit.
    pub(crate) calls_per_minute: Option<u32>,
    /// Tells pages of one tenant from those of another.
    pub(crate) fingerprint: [u8; 32],
}

impl Who {
    pub(crate) fn new(
        principal: String,
        role: Role,
        scope: Scope,
        sources: Sources,
        credential: Credential,
        calls_per_minute: Option<u32>,
    ) -> Self {
        let said = format!("{principal}\n{role}\n{scope}");
        let fingerprint = Sha256::digest(said.as_bytes()).into();
        Self { principal, role, scope, sources, credential, calls_per_minute, fingerprint }
    }

    /// Whether both may do the same, as the same.
    pub(crate) fn is_as(&self, other: &Self) -> bool {
        (&self.principal, self.role, &self.scope, &self.sources)
            == (&other.principal, other.role, &other.scope, &other.sources)
    }
}

/// Who asks, and that they may: made by [`crate::Gate::admit`] alone, so that whatever takes one
/// cannot be reached by somebody who was not let in.
#[derive(Debug, Clone)]
pub struct Tenant {
    pub(crate) who: Arc<Who>,
    pub(crate) call: Call,
    /// Never [`Permission::Denied`].
    pub(crate) permission: Permission,
    /// Until when what they showed holds, when it says so itself.
    pub(crate) until: Option<Instant>,
    /// Why, when they said so.
    pub(crate) reason: Option<Arc<str>>,
}

impl Tenant {
    /// The call that was admitted.
    #[must_use]
    pub const fn call(&self) -> Call {
        self.call
    }

    /// The role.
    #[must_use]
    pub fn role(&self) -> Role {
        self.who.role
    }

    /// Under which pseudonym they are known: it stays the same when a key is rotated.
    #[must_use]
    pub fn principal(&self) -> &str {
        &self.who.principal
    }

    /// Of whom they may speak in this call.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        match self.permission {
            Permission::Everywhere => &Scope::Everything,
            Permission::WithinScope => &self.who.scope,
            Permission::Denied => &Scope::Nothing,
        }
    }

    /// Whether they may name that source: as the sender of a push, or to read of its runs.
    #[must_use]
    pub fn may_name(&self, source: &Source) -> bool {
        self.permission == Permission::Everywhere || self.who.sources.has(source)
    }

    /// The sources that they may name.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        if self.permission == Permission::Everywhere { &Sources::Any } else { &self.who.sources }
    }

    /// Whether they may write for an establishment.
    #[must_use]
    pub fn may_write_for(&self, uai: Uai, siret: Siret) -> bool {
        self.scope().names(uai, siret)
    }

    /// Whether they see only learners without a contract.
    #[must_use]
    pub fn sees_only_without_contract(&self) -> bool {
        self.permission == Permission::WithinScope && self.who.role.sees_only_without_contract()
    }

    /// Who acts, as it is written for ever: the principal, and after a `/` the pseudonym by which a
    /// program knows its user. A person is whom the token says, and nobody else.
    #[must_use]
    pub fn actor(&self, said: &str) -> String {
        let principal = &self.who.principal;
        if said.is_empty() || self.who.credential == Credential::Grant {
            principal.clone()
        } else {
            format!("{principal}/{said}")
        }
    }

    /// Tells pages and requests of one tenant from those of another.
    #[must_use]
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.who.fingerprint
    }

    /// Why they read, in their words.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}
