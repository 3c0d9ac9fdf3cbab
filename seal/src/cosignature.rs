//! What a witness signs (C2SP tlog-cosignature): that at some time it had seen a checkpoint, and that
//! the tree had only grown until then.

use crate::key::{SignerKey, VerifierKey};
use crate::note::Note;

/// Bytes of the time before the signature.
const TIME: usize = 8;

/// Adds a witness's cosignature to a checkpoint. `time` is in seconds since 1970.
pub fn cosign(checkpoint: &mut Note, key: &SignerKey, time: u64) {
    let signature = key.sign(message(&checkpoint.text, time).as_bytes());
    let bytes = [&time.to_be_bytes()[..], &signature].concat();
    checkpoint.add(key.public(), bytes);
}

/// The time of a cosignature, when it is right.
pub(crate) fn verify(key: &VerifierKey, text: &str, bytes: &[u8]) -> Option<u64> {
    let (time, signature) = bytes.split_first_chunk::<TIME>()?;
    let time = u64::from_be_bytes(*time);
    let signature = signature.try_into().ok()?;
    key.verifies(message(text, time).as_bytes(), signature).then_some(time)
}

fn message(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}
