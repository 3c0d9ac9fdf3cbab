//! Discovery, the provider's keys, their cache and rotation.

use super::token::TokenError;
use crate::limits;
use domain::ids::Instant;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
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
pub(super) struct ProviderKeys {
    issuer: String,
    agent: Agent,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    keys: HashMap<String, VerifyingKey>,
    /// When they were fetched; when fetching was tried last.
    fetched_at: Option<Instant>,
    tried_at: Option<Instant>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("keys", &self.keys.len()).finish_non_exhaustive()
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
        let (issuer, kept) = (provider.issuer.clone(), Mutex::default());
        Ok(Self { issuer, agent: config.into(), kept })
    }

    /// The key of an id. An id that is not known may be a new one: then the keys are fetched again,
    /// unless that was just done. Keys that are old are fetched again too, and when that fails stay.
    pub(super) fn find(&self, id: &str, now: Instant) -> Result<VerifyingKey, TokenError> {
        // Held while the keys are fetched: those who wait for the same keys need not ask too.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.keys.get(id).cloned();
        let is_within = |since: Option<Instant>, limit: Duration| {
            since.is_some_and(|since| {
                let passed = now.0.saturating_sub(since.0).unsigned_abs();
                u128::from(passed) < limit.as_micros()
            })
        };
        if known.is_some() && is_within(kept.fetched_at, limits::PROVIDER_KEYS_AGE)
            || is_within(kept.tried_at, limits::PROVIDER_AGAIN)
        {
            return known.ok_or(TokenError::UnknownKey);
        }
        kept.tried_at = Some(now);
        match self.fetch() {
            Ok(keys) => {
                (kept.keys, kept.fetched_at) = (keys, Some(now));
                kept.keys.get(id).cloned().ok_or(TokenError::UnknownKey)
            }
            Err(error) => {
                tracing::error!(%error, "the keys of the identity provider cannot be fetched");
                known.ok_or(TokenError::Provider)
            }
        }
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
