//! Who asks, and how that travels through cqrs-es, whose metadata is text.

use crate::error::LedgerError;
use crate::journal::{Receipt, ReceiptLine};
use crate::record::Origin;
use domain::ids::{RequestId, Source};
use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;
use uuid::Uuid;

/// Who asks for a change, and which request it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestMeta {
    /// Who declares.
    pub source: Source,
    /// Who acted for the source: pseudonymous, at most 128 bytes, may be empty.
    pub actor: String,
    /// Chosen by the sender; the same in a retry.
    pub request_id: RequestId,
    /// Keyed digest of the request's content, from [`crate::vault::Names::request_digest`].
    pub digest: [u8; 16],
}

const SOURCE: &str = "source";
const ACTOR: &str = "actor";
const REQUEST: &str = "request_id";
const DIGEST: &str = "request_digest";
const STREAM: &str = "stream";
const EVENT: &str = "event_id";
const POSITION: &str = "position";
const VERSION: &str = "version";
const RECORDED_AT: &str = "recorded_at";
const LEAF: [&str; 2] = ["leaf_hash_high", "leaf_hash_low"];

impl From<RequestMeta> for Origin {
    fn from(meta: RequestMeta) -> Self {
        let RequestMeta { source, actor, request_id, digest } = meta;
        Self { source, actor, request_id, digest }
    }
}

impl RequestMeta {
    /// As cqrs-es carries it.
    #[must_use]
    pub fn to_metadata(&self) -> HashMap<String, String> {
        let digest = Uuid::from_bytes(self.digest).to_string();
        HashMap::from([
            (SOURCE.to_owned(), self.source.to_string()),
            (ACTOR.to_owned(), self.actor.clone()),
            (REQUEST.to_owned(), self.request_id.to_string()),
            (DIGEST.to_owned(), digest),
        ])
    }

    /// Back from cqrs-es.
    pub(super) fn from_metadata(metadata: &HashMap<String, String>) -> Result<Self, LedgerError> {
        let source = metadata.get(SOURCE).and_then(|text| Source::parse(text).ok());
        Ok(Self {
            source: source.ok_or(LedgerError::Invalid("the metadata names no source"))?,
            actor: metadata.get(ACTOR).cloned().unwrap_or_default(),
            request_id: parsed(metadata, REQUEST)?,
            digest: parsed::<Uuid>(metadata, DIGEST)?.into_bytes(),
        })
    }
}

fn parsed<T: FromStr>(metadata: &HashMap<String, String>, key: &str) -> Result<T, LedgerError> {
    let value = metadata.get(key).and_then(|text| text.parse().ok());
    value.ok_or(LedgerError::Invalid("the metadata of the request is incomplete"))
}

/// What an envelope tells of where its event went.
pub(super) fn line_to_metadata(receipt: &Receipt, line: &ReceiptLine) -> HashMap<String, String> {
    let entry = |key: &str, value: &dyn Display| (key.to_owned(), value.to_string());
    let (high, low) = line.leaf.split_at(16);
    let half = |bytes: &[u8]| Uuid::from_slice(bytes).unwrap_or_default();
    HashMap::from([
        entry(STREAM, &receipt.stream.key),
        entry(EVENT, &line.event_id),
        entry(POSITION, &line.position),
        entry(VERSION, &line.version),
        entry(RECORDED_AT, &receipt.recorded_at.0),
        entry(LEAF[0], &half(high)),
        entry(LEAF[1], &half(low)),
    ])
}
