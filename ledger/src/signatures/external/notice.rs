//! What an external provider says of a signature: a JSON object of these fields and no others.
//!
//! | field | value |
//! |---|---|
//! | `type` | `signature.completed` or `signature.refused` |
//! | `contract` | the contract's id, as in `contracts/ID` |
//! | `round` | 0 for the contract, 1 for its first amendment… |
//! | `request` | which time the parties were asked, from 1 |
//! | `document` | SHA-256 of what was signed, 64 hexadecimal digits |
//! | `party` | `employer`, `apprentice`, `guardian` or `cfa` |
//! | `account` | by what the provider knows who signs: a UUID, or 32 to 64 hexadecimal digits |
//! | `reason` | why it was refused, in words; only then |
//!
//! An account is an id that says nothing and that nobody guesses: the SHA-256 of an e-mail would be found by trying those
//! that are likely, and it stands in the log for ever.

use crate::signatures::{Asked, SignatureError};
use domain::contract::Sha256;
use domain::contract::signing::Party;
use domain::ids::ContractId;
use seal::from_hex;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256 as Hasher};
use std::fmt;

/// Characters of what an error says of a body that is no such JSON.
const SAID_MAX: usize = 120;

/// A body, before its values are read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    r#type: Value,
    contract: Value,
    round: Value,
    request: Value,
    document: Value,
    party: Value,
    account: Value,
    #[serde(default)]
    reason: Option<Value>,
}

/// What became of a signature.
#[derive(Clone, PartialEq, Eq)]
pub enum What {
    /// It was made.
    Completed,
    /// It was refused, for a reason in words.
    Refused(String),
}

/// Shows which, never the words.
impl fmt::Debug for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Completed => "Completed",
            Self::Refused(_) => "Refused",
        })
    }
}

/// What a provider says of one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What was asked for, as the provider knows it.
    pub asked: Asked,
    /// By what the provider knows who signs.
    account: String,
    /// What became of it.
    pub what: What,
}

/// What an external provider knows a signer by, as a request for signatures names it.
///
/// # Errors
/// [`SignatureError::Field`] when it is not an id that says nothing.
pub fn account_identity(account: &str) -> Result<Sha256, SignatureError> {
    let is_opaque = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f' | b'-');
    if !(32..=64).contains(&account.len()) || !account.bytes().all(is_opaque) {
        let what = "a UUID, or 32 to 64 hexadecimal digits, in lower case";
        return Err(SignatureError::Field("account", what));
    }
    Ok(Hasher::digest(account).into())
}

impl Notice {
    /// Reads a body.
    ///
    /// # Errors
    /// [`SignatureError::Field`] with the field that is wrong; [`SignatureError::Form`] when it has others, or is no
    /// JSON.
    pub fn parse(body: &[u8]) -> Result<Self, SignatureError> {
        let read: Body = serde_json::from_slice(body).map_err(|error| {
            let said = error.to_string().chars().take(SAID_MAX).collect();
            SignatureError::Form("a notice", said)
        })?;
        let what = match (text("type", &read.r#type)?, &read.reason) {
            ("signature.completed", None) => What::Completed,
            ("signature.refused", Some(reason)) => match text("reason", reason)?.trim() {
                "" => return Err(SignatureError::Field("reason", "words")),
                words => What::Refused(words.to_owned()),
            },
            ("signature.completed", _) => {
                return Err(SignatureError::Field("reason", "told of a refusal alone"));
            }
            ("signature.refused", None) => return Err(SignatureError::Field("reason", "words")),
            _ => {
                let types = "signature.completed or signature.refused";
                return Err(SignatureError::Field("type", types));
            }
        };
        let contract = text("contract", &read.contract)?.parse();
        let party = text("party", &read.party)?;
        let party = Party::ALL.into_iter().find(|one| one.name() == party);
        let account = text("account", &read.account)?;
        account_identity(account)?;
        Ok(Self {
            asked: Asked {
                contract: contract.map_err(|_| SignatureError::Field("contract", "a UUID"))?,
                round: number("round", &read.round)?,
                request: number("request", &read.request)?,
                document: from_hex(text("document", &read.document)?)
                    .ok_or(SignatureError::Field("document", "64 digits, 0 to 9 and a to f"))?,
                party: party.ok_or(SignatureError::Field(
                    "party",
                    "employer, apprentice, guardian or cfa",
                ))?,
            },
            account: account.to_owned(),
            what,
        })
    }

    /// What the provider knows the signer by.
    #[must_use]
    pub fn identity(&self) -> Sha256 {
        Hasher::digest(&self.account).into()
    }

    /// Refuses what was said of something else than is asked for.
    ///
    /// # Errors
    /// [`SignatureError::Differs`] with the first field in which it does.
    pub fn must_be_of(&self, asked: &Asked) -> Result<(), SignatureError> {
        let Asked { contract, round, request, document, party } = &self.asked;
        let same = [
            ("contract", contract == &asked.contract),
            ("round", round == &asked.round),
            ("request", request == &asked.request),
            ("document", document == &asked.document),
            ("party", party == &asked.party),
        ];
        match same.into_iter().find(|(_, is_same)| !is_same) {
            Some((field, _)) => Err(SignatureError::Differs(field)),
            None => Ok(()),
        }
    }

    /// As a provider writes it; read again it is the same.
    #[must_use]
    pub fn to_json(&self) -> String {
        let Asked { contract, round, request, document, party } = &self.asked;
        let mut body = serde_json::json!({
            "type": "signature.completed",
            "contract": ContractId::to_string(contract),
            "round": round,
            "request": request,
            "document": seal::hex(document),
            "party": party.name(),
            "account": self.account,
        });
        if let What::Refused(reason) = &self.what {
            body["type"] = "signature.refused".into();
            body["reason"] = reason.as_str().into();
        }
        body.to_string()
    }
}

fn text<'a>(field: &'static str, value: &'a Value) -> Result<&'a str, SignatureError> {
    value.as_str().ok_or(SignatureError::Field(field, "a text"))
}

fn number(field: &'static str, value: &Value) -> Result<u16, SignatureError> {
    let number = value.as_u64().and_then(|number| number.try_into().ok());
    number.ok_or(SignatureError::Field(field, "a whole number from 0 to 65535"))
}
