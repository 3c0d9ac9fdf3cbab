//! One token: signature, issuer, audience, times, nonce.

use super::provider::{Provider, ProviderError, ProviderKeys};
use crate::limits;
use domain::ids::Instant;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;
use std::time::Duration;

/// Whom a provider says that somebody is. Rights are bound to the issuer and the subject, never to an
/// e-mail, which changes hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The provider.
    pub issuer: String,
    /// Who, at the provider.
    pub sub: String,
    /// For which establishment they work, when the provider says so.
    pub siret: Option<String>,
    /// Until when the token holds.
    pub until: Instant,
}

/// Why a token was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is no token, or its claims are not those that are needed.
    #[error("it is no token of this provider for this ledger")]
    Form,
    /// It is signed in a way that is not accepted, or by nobody.
    #[error("ES256 and RS256 alone are accepted")]
    Algorithm,
    /// The provider has no such key.
    #[error("the provider has no key of that id")]
    UnknownKey,
    /// The signature is not the provider's.
    #[error("the signature is wrong")]
    Signature,
    /// Another provider's.
    #[error("it is of another provider")]
    Issuer,
    /// For somebody else.
    #[error("it is for another audience")]
    Audience,
    /// Too old.
    #[error("it has expired")]
    Expired,
    /// Not valid yet.
    #[error("it is not valid yet")]
    Early,
    /// It answers another sign-in.
    #[error("its nonce is not the one that was sent")]
    Nonce,
    /// The provider's keys cannot be had.
    #[error("the keys of the provider cannot be fetched")]
    Provider,
}

/// Verifies the tokens of one provider.
#[derive(Debug)]
pub struct Verifier {
    provider: Provider,
    keys: ProviderKeys,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    aud: Audience,
    /// For which of several audiences it was made.
    azp: Option<String>,
    /// Seconds from 1970, perhaps with a fraction (RFC 7519).
    exp: f64,
    siret: Option<String>,
    nonce: Option<String>,
}

/// For whom a token is: one, or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Claims {
    /// Whether it was made for an audience, which is one of its own (OpenID Connect Core 3.1.3.7): a token for
    /// others too says whose it is, and one that says so is of no other.
    fn is_made_for(&self, audience: &str) -> bool {
        let is_for_others = match &self.aud {
            Audience::One(one) => one != audience,
            Audience::Several(all) => all.iter().any(|one| one != audience),
        };
        match &self.azp {
            Some(azp) => azp == audience,
            None => !is_for_others,
        }
    }
}

impl Verifier {
    /// Of that provider; its keys are fetched with the first token.
    ///
    /// # Errors
    /// When they would come in clear over a network.
    pub fn of(provider: Provider) -> Result<Self, ProviderError> {
        let keys = ProviderKeys::of(&provider)?;
        Ok(Self { provider, keys })
    }

    /// Whom a token is of. May ask the provider for its keys, and then takes as long as it does:
    /// call it where that may block. `nonce` is what was sent to the provider, in a sign-in by
    /// browser; a call with a bearer token has none.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub fn verify(
        &self,
        token: &str,
        nonce: Option<&str>,
        now: Instant,
    ) -> Result<Subject, TokenError> {
        let header = decode_header(token).map_err(|error| match error.kind() {
            // `none`, and whatever else the standard does not have.
            ErrorKind::Json(_) | ErrorKind::InvalidAlgorithmName => TokenError::Algorithm,
            _ => TokenError::Form,
        })?;
        if !matches!(header.alg, Algorithm::ES256 | Algorithm::RS256) {
            return Err(TokenError::Algorithm);
        }
        let id = header.kid.ok_or(TokenError::Form)?;
        let (algorithm, key) = self.keys.find(&id, now)?;
        let mut rules = Validation::new(algorithm);
        rules.leeway = limits::TOKEN_LEEWAY.as_secs();
        rules.validate_nbf = true;
        rules.set_audience(&[&self.provider.audience]);
        rules.set_issuer(&[&self.provider.issuer]);
        rules.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        let token = decode::<Claims>(token, &key, &rules).map_err(|error| match error.kind() {
            ErrorKind::InvalidAlgorithm => TokenError::Algorithm,
            ErrorKind::InvalidSignature => TokenError::Signature,
            ErrorKind::InvalidIssuer => TokenError::Issuer,
            ErrorKind::InvalidAudience => TokenError::Audience,
            ErrorKind::ExpiredSignature => TokenError::Expired,
            ErrorKind::ImmatureSignature => TokenError::Early,
            _ => TokenError::Form,
        })?;
        if !token.claims.is_made_for(&self.provider.audience) {
            return Err(TokenError::Audience);
        }
        let Claims { sub, exp, siret, nonce: said, .. } = token.claims;
        if nonce.is_some() && nonce != said.as_deref() {
            return Err(TokenError::Nonce);
        }
        let until = Duration::try_from_secs_f64(exp).map_err(|_| TokenError::Form)?;
        let until = (until + limits::TOKEN_LEEWAY).as_micros();
        let until = Instant(i64::try_from(until).unwrap_or(i64::MAX));
        Ok(Subject { issuer: self.provider.issuer.clone(), sub, siret, until })
    }
}
