//! What an entry says, sealed: the head apart from the content, so that a
//! listing opens no content.

use super::{KeptContent, RefusedRow};
use crate::error::LedgerError;
use crate::random::Random;
use crate::vault::{NONCE, Vault, open, seal};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Names a row that was refused: keyed, of its source, run, rank and content.
pub(super) type RowDigest = [u8; 16];

/// All of an entry but the row's content.
#[derive(Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) refused: RefusedRow,
    pub(super) digest: RowDigest,
    pub(super) content: KeptContent,
    /// Bytes of the content as it was sent, without any NIR.
    pub(super) bytes: u64,
}

/// What a sealed head is tied to: its day's file.
fn head_bound_to(day: NaiveDate) -> Vec<u8> {
    format!("registre/quarantine/1/{day}").into_bytes()
}

/// What sealed content is tied to: its head.
fn content_bound_to(day: NaiveDate, digest: &RowDigest) -> Vec<u8> {
    [format!("registre/quarantine/1/{day}/content/").as_bytes(), digest].concat()
}

/// Names a row: the same row sent again has the same name.
pub(super) fn digest(vault: &Vault, refused: &RefusedRow, content: &[u8]) -> RowDigest {
    let (source, row) = (refused.source.as_str().as_bytes(), refused.row.to_le_bytes());
    vault.quarantined_row(&[source, refused.run.as_bytes(), &row, content])
}

/// Seals a head.
pub(super) fn seal_head(
    vault: &Vault,
    random: &dyn Random,
    day: NaiveDate,
    head: &Head,
) -> Result<Vec<u8>, LedgerError> {
    let json = Zeroizing::new(serde_json::to_vec(head).map_err(std::io::Error::from)?);
    let mut nonce = [0; NONCE];
    random.fill(&mut nonce)?;
    Ok(seal(vault.quarantine_key(), &nonce, &head_bound_to(day), &json)?)
}

/// Opens a head; `None` when it does not open or says nothing of this version.
pub(super) fn open_head(vault: &Vault, day: NaiveDate, sealed: &[u8]) -> Option<Head> {
    let clear = open(vault.quarantine_key(), &head_bound_to(day), sealed).ok()?;
    // The text of a decoding error could quote the row.
    serde_json::from_slice(&clear).ok()
}

/// Seals content.
pub(super) fn seal_content(
    vault: &Vault,
    random: &dyn Random,
    day: NaiveDate,
    digest: &RowDigest,
    content: &[u8],
) -> Result<Vec<u8>, LedgerError> {
    let mut nonce = [0; NONCE];
    random.fill(&mut nonce)?;
    Ok(seal(vault.quarantine_key(), &nonce, &content_bound_to(day, digest), content)?)
}

/// Opens content.
pub(super) fn open_content(
    vault: &Vault,
    day: NaiveDate,
    digest: &RowDigest,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, LedgerError> {
    Ok(open(vault.quarantine_key(), &content_bound_to(day, digest), sealed)?)
}
