//! Bundles: any bytes, and the same as the log would have signed them.

use crate::note::key;
use seal::bundle::{checkpoint_in, verify};
use seal::envelope::Envelope;
use seal::{Note, Policy, leaf_hash};
use std::collections::BTreeMap;
use std::ops::Range;

const BLOCK: usize = 512;

/// What is believed holds together, whoever signed it.
pub fn run(bytes: &[u8]) {
    let policy = Policy::of_log(key().public().clone());
    let _ = checkpoint_in(bytes);
    believed(bytes, &policy);
    let mut signed = bytes.to_vec();
    sign(&mut signed);
    believed(&signed, &policy);
}

fn believed(bytes: &[u8], policy: &Policy) {
    match verify(bytes, policy) {
        Ok(report) => {
            for stream in &report.streams {
                for (version, event) in (1..).zip(&stream.events) {
                    let header = Envelope::parse(event.header);
                    assert!(
                        header.is_ok_and(
                            |header| (header.version, header.key) == (version, stream.key)
                        )
                    );
                    assert!(event.index < report.checkpoint.size);
                }
                let chained = stream.events.windows(2).all(|pair| {
                    let after = Envelope::parse(pair[1].header);
                    after.is_ok_and(|after| after.previous == leaf_hash(pair[0].header))
                });
                assert!(chained, "each event names the one before it");
            }
        }
        Err(findings) => assert!(!findings.is_empty(), "a bundle is refused for a reason"),
    }
}

/// Writes every checksum, digest and signature of the container anew, where they stand.
pub fn sign(bytes: &mut [u8]) {
    let files = files(bytes);
    if let Some(place) = files.get("checkpoint") {
        sign_note(&mut bytes[place.clone()]);
    }
    if let Some(place) = files.get("attestation").cloned() {
        // The digest in each line is as long as any other.
        let text = String::from_utf8_lossy(&bytes[place.clone()]).into_owned();
        let mut at = place.start;
        for line in text.split_inclusive('\n') {
            if let Some(path) =
                line.trim_end().strip_prefix("file ").and_then(|rest| rest.splitn(3, ' ').nth(2))
                && let Some(file) = files.get(path)
                && line.len() > 69
                && at + line.len() <= place.end
            {
                let digest = seal::hex(&ledger::record::digest(&bytes[file.clone()]));
                bytes[at + 5..at + 69].copy_from_slice(digest.as_bytes());
            }
            at += line.len();
        }
        sign_note(&mut bytes[place]);
    }
}

/// Signs a note of one signature in its place, if it is still as long as that.
fn sign_note(bytes: &mut [u8]) {
    let Ok(note) = Note::parse(bytes) else { return };
    let mut signed = Note::new(note.text);
    signed.sign(&key());
    let signed = signed.to_string();
    if signed.len() == bytes.len() {
        bytes.copy_from_slice(signed.as_bytes());
    }
}

/// Where each file of a ustar archive is; the checksums of its headers are made right on the way.
fn files(bytes: &mut [u8]) -> BTreeMap<String, Range<usize>> {
    let mut files = BTreeMap::new();
    let mut at = 0;
    while let Some(header) = bytes.get_mut(at..at + BLOCK) {
        let name: Vec<u8> = header[..100].iter().copied().take_while(|byte| *byte != 0).collect();
        let digits = String::from_utf8_lossy(&header[124..135]).into_owned();
        let Ok(length) = usize::from_str_radix(&digits, 8) else { break };
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let start = at + BLOCK;
        if start + length > bytes.len() {
            break;
        }
        files.insert(String::from_utf8_lossy(&name).into_owned(), start..start + length);
        at = start + length.next_multiple_of(BLOCK);
    }
    files
}
