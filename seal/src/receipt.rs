//! The receipt of an event: a proof file (C2SP tlog-proof) whose `extra` line is the header of the event, so that it
//! says itself of which event it is. `docs/formats/seal.md`.

use crate::bundle::{Finding, believed};
use crate::checkpoint::Checkpoint;
use crate::hash::{Hash, leaf_hash};
use crate::policy::{Cosigned, Policy};
use crate::proof::verify_inclusion;
use crate::tlog_proof::{TlogProof, TlogProofError};

/// What a receipt that holds proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// Index of the leaf: the event's position minus 1.
    pub index: u64,
    /// The leaf.
    pub leaf: Hash,
    /// The header of the event, which the leaf hashes, in whatever format; `None` in a proof that does not have it.
    pub header: Option<Vec<u8>>,
    /// The tree that it is in.
    pub checkpoint: Checkpoint,
    /// Who saw that tree.
    pub cosigned: Cosigned,
}

/// What a file that proves nothing is called in what is found wrong with it.
const RECEIPT: &str = "reçu";

/// Checks a receipt against a policy. `leaf` is that of the event, for who knows it; a proof without a header is of
/// no event else.
///
/// # Errors
/// What is wrong with it; [`Finding::NoEvent`] when it does not say of which event it is.
pub fn verify(bytes: &[u8], leaf: Option<Hash>, policy: &Policy) -> Result<Proven, Finding> {
    let wrong = |error: TlogProofError| Finding::Proof { path: RECEIPT.to_owned(), error };
    let TlogProof { extra, index, hashes, checkpoint } = TlogProof::parse(bytes).map_err(wrong)?;
    let (checkpoint, note) = believed(checkpoint.as_bytes(), policy)?;
    let cosigned = policy.cosigned(&note).map_err(Finding::Quorum)?;
    let own = extra.as_deref().map(leaf_hash);
    let leaf = match (own, leaf) {
        (Some(own), Some(asked)) if own != asked => return Err(Finding::OtherEvent),
        (own, asked) => own.or(asked).ok_or(Finding::NoEvent)?,
    };
    verify_inclusion(&leaf, index, checkpoint.size, &hashes, &checkpoint.root)
        .map_err(|error| wrong(error.into()))?;
    Ok(Proven { index, leaf, header: extra, checkpoint, cosigned })
}
