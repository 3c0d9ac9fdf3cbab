//! Discovery, the provider's keys, their cache and rotation.

use super::token::TokenError;
use crate::limits;
use domain::ids::Instant;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use ureq::Agent;
use ureq::tls::TlsConfig;

/// A provider that is trusted, and as whom the ledger is known to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its issuer, exactly as its tokens say it: discovery is at this, plus
    /// `/.well-known/openid-configuration`.
    pub issuer: String,
    /// The client id under which the ledger is registered: the audience of tokens.
    pub audience: String,
}

/// Why the keys of a provider are not known.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It does not answer, or not so.
    #[error("{url}: {cause}")]
    Answer {
        /// What was asked.
        url: String,
        /// What came.
        cause: String,
    },
    /// It calls itself something else.
    #[error("the provider at {asked} says that it is {said}: name it as it does")]
    OtherIssuer {
        /// As it was named.
        asked: String,
        /// As it names itself.
        said: String,
    },
    /// Keys would come in clear over a network.
    #[error("{0} is no https address, nor one of this machine")]
    Clear(String),
}

/// A key that may verify, with the one algorithm that it may verify with.
pub(super) type VerifyingKey = (Algorithm, Arc<DecodingKey>);

/// The keys of a provider.
#[derive(Debug)]
pub(super) struct ProviderKeys(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    issuer: String,
    agent: Agent,
    kept: Mutex<Kept>,
    /// Told when the provider has answered, or has not.
    asked: Condvar,
}

#[derive(Default)]
struct Kept {
    keys: HashMap<String, VerifyingKey>,
    /// When they were fetched; when fetching was tried last.
    fetched_at: Option<Instant>,
    tried_at: Option<Instant>,
    /// Whether the provider is being asked, and whether its last answer was none.
    asking: bool,
    failed: bool,
    /// Who waits for its answer.
    waiting: usize,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

impl Kept {
    /// Whether the keys were fetched, and are not too old.
    fn may_serve(&self, now: Instant) -> bool {
        is_within(self.fetched_at, limits::PROVIDER_KEYS_AGE_MAX, now)
    }
}

#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    jwks_uri: String,
}

impl ProviderKeys {
    pub(super) fn of(provider: &Provider) -> Result<Self, ProviderError> {
        must_be_private(&provider.issuer)?;
        let crypto = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = TlsConfig::builder().unversioned_rustls_crypto_provider(crypto).build();
        let config = Agent::config_builder()
            .timeout_global(Some(limits::PROVIDER_TIMEOUT))
            .max_redirects(0)
            .tls_config(tls)
            .build();
        Ok(Self(Arc::new(Shared {
            issuer: provider.issuer.clone(),
            agent: config.into(),
            kept: Mutex::default(),
            asked: Condvar::new(),
        })))
    }

    /// The key of an id. An id that is not known may be a new one: then the keys are fetched again,
    /// unless that was just done. Keys that are old are fetched again too, and serve meanwhile; those that are
    /// too old do not serve before they were fetched, since the provider may have withdrawn them.
    ///
    /// One fetches at a time, in a thread of its own: a provider that is slow holds up those alone who
    /// come with a key that is not known, or while all are too old, few of them, and not for long.
    pub(super) fn find(&self, id: &str, now: Instant) -> Result<VerifyingKey, TokenError> {
        let mut kept = self.0.kept();
        let known = kept.keys.get(id).cloned();
        let is_fresh =
            known.is_some() && is_within(kept.fetched_at, limits::PROVIDER_KEYS_AGE, now);
        if !is_fresh && !kept.asking && !is_within(kept.tried_at, limits::PROVIDER_AGAIN, now) {
            kept.tried_at = Some(now);
            kept.asking = self.ask(now);
            kept.failed = !kept.asking;
        }
        if let Some(known) = known
            && kept.may_serve(now)
        {
            return Ok(known);
        }
        if kept.asking {
            kept = self.0.wait(kept)?;
        }
        if !kept.may_serve(now) {
            return Err(TokenError::Provider);
        }
        match kept.keys.get(id) {
            Some(key) => Ok(key.clone()),
            None if kept.failed => Err(TokenError::Provider),
            None => Err(TokenError::UnknownKey),
        }
    }

    /// Asks the provider, in a thread; whether there is one.
    fn ask(&self, now: Instant) -> bool {
        let shared = Arc::clone(&self.0);
        let asking = std::thread::Builder::new().name("oidc".to_owned()).spawn(move || {
            let fetched = shared.fetch();
            let mut kept = shared.kept();
            kept.asking = false;
            kept.failed = fetched.is_err();
            match fetched {
                Ok(keys) => (kept.keys, kept.fetched_at) = (keys, Some(now)),
                Err(error) => {
                    tracing::error!(%error, "the keys of the identity provider cannot be fetched");
                }
            }
            shared.asked.notify_all();
        });
        asking.is_ok()
    }
}

/// Whether something was so short a time ago.
fn is_within(since: Option<Instant>, limit: Duration, now: Instant) -> bool {
    since.is_some_and(|since| {
        let passed = now.0.saturating_sub(since.0).unsigned_abs();
        u128::from(passed) < limit.as_micros()
    })
}

impl Shared {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the provider has answered, or has not.
    fn wait<'a>(
        &'a self,
        mut kept: MutexGuard<'a, Kept>,
    ) -> Result<MutexGuard<'a, Kept>, TokenError> {
        if kept.waiting >= limits::PROVIDER_WAITERS {
            return Err(TokenError::Provider);
        }
        kept.waiting += 1;
        let waited = self.asked.wait_timeout_while(kept, limits::PROVIDER_WAIT, |kept| kept.asking);
        let (mut kept, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        kept.waiting -= 1;
        if waited.timed_out() { Err(TokenError::Provider) } else { Ok(kept) }
    }

    fn fetch(&self) -> Result<HashMap<String, VerifyingKey>, ProviderError> {
        let base = self.issuer.trim_end_matches('/');
        let found: Discovered = self.get(&format!("{base}/.well-known/openid-configuration"))?;
        if found.issuer != self.issuer {
            let (asked, said) = (self.issuer.clone(), found.issuer);
            return Err(ProviderError::OtherIssuer { asked, said });
        }
        must_be_private(&found.jwks_uri)?;
        let set: JwkSet = self.get(&found.jwks_uri)?;
        Ok(set.keys.iter().filter_map(verifying).collect())
    }

    fn get<T: DeserializeOwned>(&self, url: &str) -> Result<T, ProviderError> {
        let failed = |cause: String| ProviderError::Answer { url: url.to_owned(), cause };
        let mut answer = self.agent.get(url).call().map_err(|error| failed(error.to_string()))?;
        let body = answer.body_mut().with_config().limit(limits::PROVIDER_BYTES as u64);
        let bytes = body.read_to_vec().map_err(|error| failed(error.to_string()))?;
        serde_json::from_slice(&bytes).map_err(|error| failed(error.to_string()))
    }
}

/// A key of the set, when it signs as tokens here must be signed; others are left.
fn verifying(jwk: &Jwk) -> Option<(String, VerifyingKey)> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        _ => return None,
    };
    let key = DecodingKey::from_jwk(jwk).ok()?;
    Some((jwk.common.key_id.clone()?, (algorithm, Arc::new(key))))
}

/// Refuses an address from which keys would come in clear over a network.
fn must_be_private(url: &str) -> Result<(), ProviderError> {
    let of_this_machine = ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"];
    let is_private =
        url.starts_with("https://") || of_this_machine.iter().any(|start| url.starts_with(start));
    if is_private { Ok(()) } else { Err(ProviderError::Clear(url.to_owned())) }
}
