//! Tokens of persons, from any standard OpenID Connect provider.
//!
//! | file | does |
//! |---|---|
//! | `provider.rs` | discovery, the provider's keys, their cache and rotation |
//! | `token.rs` | one token: signature, issuer, audience, times, nonce |
//!
//! ES256 and RS256 alone are accepted, and a key signs with its own algorithm only: neither `none` nor
//! an HMAC whose secret is the public key has a way in. `docs/access.md` describes ProConnect.

mod provider;
mod token;

pub use provider::{Provider, ProviderError};
pub use token::{Subject, TokenError, Verifier};
