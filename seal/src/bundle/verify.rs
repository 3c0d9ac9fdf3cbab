//! The checks of a bundle. Once its two signed texts are believed, everything else is checked whatever was found
//! before, so that a report tells all.

use super::statement::{FileLine, Statement, uuid};
use super::{BUNDLE_BYTES_MAX, CHECKPOINT, Finding, READ_ME, STATEMENT, StreamHead, archive, path};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::envelope::Envelope;
use crate::hash::{Hash, leaf_hash};
use crate::note::Note;
use crate::policy::{Cosigned, Policy};
use crate::proof::verify_inclusion;
use crate::tlog_proof::{TlogProof, TlogProofError};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// What a bundle that holds proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report<'a> {
    /// What was asked for when it was made.
    pub about: String,
    /// When it was made.
    pub time: String,
    /// With which software.
    pub software: String,
    /// The tree that its events are in.
    pub checkpoint: Checkpoint,
    /// Who saw that tree.
    pub cosigned: Cosigned,
    /// The histories.
    pub streams: Vec<Stream<'a>>,
}

/// One history, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream<'a> {
    /// Code of its category.
    pub category: u8,
    /// Its key.
    pub key: [u8; 16],
    /// From version 1.
    pub events: Vec<Event<'a>>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// Index of its leaf: its position minus 1.
    pub index: u64,
    /// The bytes of its header.
    pub header: &'a [u8],
    /// Its public body.
    pub body: &'a [u8],
    /// What was opened of it, JSON; only the log's signature vouches for it.
    pub clear: Option<&'a [u8]>,
}

type Files<'a> = BTreeMap<&'a str, &'a [u8]>;

/// Checks the bytes of a bundle against a policy.
///
/// # Errors
/// All that is wrong with it, the most telling first.
pub fn verify<'a>(bytes: &'a [u8], policy: &Policy) -> Result<Report<'a>, Vec<Finding>> {
    if bytes.len() > BUNDLE_BYTES_MAX {
        return Err(vec![Finding::TooLarge(BUNDLE_BYTES_MAX)]);
    }
    let listed = archive::read(bytes).map_err(|at| vec![Finding::Archive(at)])?;
    let mut findings = Vec::new();
    let mut files = Files::new();
    let mut order = Vec::new();
    for (path, content) in listed {
        if files.insert(path, content).is_some() {
            findings.push(Finding::Unexpected(path.to_owned()));
        } else {
            order.push(path);
        }
    }
    let found = (signed_checkpoint(&files, policy), statement_note(&files));
    let (signed, note) = match found {
        (Ok(signed), Ok(note)) => (signed, note),
        (signed, note) => {
            findings.extend(signed.err().into_iter().chain(note.err()));
            return Err(findings);
        }
    };
    let Signed { checkpoint, cosigned, .. } = &signed;
    // What nobody signed is not worth the work, nor the memory.
    let statement = match believed_statement(&note, &checkpoint.origin, policy) {
        Ok(statement) => statement,
        Err(finding) => {
            findings.push(finding);
            return Err(findings);
        }
    };
    if (&statement.log, statement.size) != (&checkpoint.origin, checkpoint.size) {
        findings.push(Finding::StatementTree);
    }
    findings.extend(other_history(&statement));
    let mut rest = files.clone();
    rest.remove(STATEMENT);
    let mut streams = Vec::new();
    for head in &statement.streams {
        streams.push(stream(head, &mut rest, &signed, &mut findings));
    }
    findings.extend(signed_files(&statement.files, &files));
    for known in [CHECKPOINT, READ_ME] {
        rest.remove(known);
    }
    findings.extend(rest.keys().map(|path| Finding::Unexpected((*path).to_owned())));
    findings.extend(out_of_place(&statement.files, order, &files));
    if !findings.is_empty() {
        return Err(findings);
    }
    Ok(Report {
        about: statement.about,
        time: statement.time,
        software: statement.software,
        checkpoint: checkpoint.clone(),
        cosigned: cosigned.clone(),
        streams,
    })
}

/// Whether the histories are those that were asked for. Which one a contract is of, its events say.
fn other_history(statement: &Statement) -> Option<Finding> {
    if statement.streams.is_empty() {
        return Some(Finding::NoHistory);
    }
    let asked = statement.about.strip_prefix("enrolments/")?;
    let is_there = statement.streams.iter().any(|stream| uuid(&stream.key) == asked);
    (!is_there).then(|| Finding::OtherHistory(statement.about.clone()))
}

/// The bundle's checkpoint, believed.
struct Signed<'a> {
    bytes: &'a [u8],
    checkpoint: Checkpoint,
    cosigned: Cosigned,
}

fn signed_checkpoint<'a>(files: &Files<'a>, policy: &Policy) -> Result<Signed<'a>, Finding> {
    let bytes = *files.get(CHECKPOINT).ok_or_else(|| Finding::Missing(CHECKPOINT.to_owned()))?;
    let (checkpoint, note) = believed(bytes, policy)?;
    let cosigned = policy.cosigned(&note).map_err(Finding::Quorum)?;
    Ok(Signed { bytes, checkpoint, cosigned })
}

/// A checkpoint that a log of the policy signed.
pub(crate) fn believed(bytes: &[u8], policy: &Policy) -> Result<(Checkpoint, Note), Finding> {
    Checkpoint::open_by(bytes, policy.logs()).map_err(|error| match error {
        CheckpointError::Origin { found, .. } => Finding::UnknownLog(found),
        error => Finding::Checkpoint(error),
    })
}

fn statement_note(files: &Files<'_>) -> Result<Note, Finding> {
    let bytes = files.get(STATEMENT).ok_or_else(|| Finding::Missing(STATEMENT.to_owned()))?;
    Note::parse_up_to(bytes, BUNDLE_BYTES_MAX).map_err(Finding::Statement)
}

/// The statement that a log of the policy signed.
fn believed_statement(note: &Note, log: &str, policy: &Policy) -> Result<Statement, Finding> {
    note.verify_any(log, policy.logs()).map_err(Finding::Statement)?;
    // Nobody but the log signs it, and no file names its bytes: one line, or it could be another file.
    let statement = Statement::parse(&note.text).filter(|_| note.signatures.len() == 1);
    statement.ok_or(Finding::StatementForm)
}

/// Checks a stream, from its first event to the one that the statement names, taking its files.
fn stream<'a>(
    head: &StreamHead,
    rest: &mut Files<'a>,
    signed: &Signed<'_>,
    findings: &mut Vec<Finding>,
) -> Stream<'a> {
    let folder = head.folder();
    let mut events = Vec::new();
    let mut before = Before::default();
    // A statement that lies of millions of events costs no more than the files that are there.
    let most = u64::try_from(rest.len()).unwrap_or(u64::MAX).saturating_add(1);
    for version in 1..=head.version.min(most) {
        let mut take = |what| {
            let path = path(&folder, version, what);
            let content = rest.remove(path.as_str());
            (path, content)
        };
        let (header_path, header) = take("header");
        let (body_path, body) = take("body");
        let (proof_path, proof) = take("proof");
        let (_, clear) = take("json");
        let ends = header.is_none();
        let parts = [(&header_path, header), (&body_path, body), (&proof_path, proof)];
        let missing = parts.iter().filter(|(_, content)| content.is_none());
        findings.extend(missing.map(|(path, _)| Finding::Missing((*path).clone())));
        if let Some(header) = header {
            let leaf = leaf_hash(header);
            match Envelope::parse(header) {
                Ok(envelope) => {
                    let path = header_path.clone();
                    findings.extend(in_its_place(head, version, &envelope, &before, path));
                    let digest: Hash = Sha256::digest(body.unwrap_or_default()).into();
                    if body.is_some() && digest != envelope.body_hash {
                        findings.push(Finding::Body { path: body_path });
                    }
                    before.recorded_at = envelope.recorded_at;
                }
                Err(error) => findings.push(Finding::Header { path: header_path.clone(), error }),
            }
            before.leaf = leaf;
            if let Some(proof) = proof {
                match proven(proof, &leaf, signed, &proof_path) {
                    Ok(index) if before.index.is_some_and(|before| before >= index) => {
                        findings.push(Finding::Order { path: header_path });
                    }
                    Ok(index) => {
                        before.index = Some(index);
                        let body = body.unwrap_or_default();
                        events.push(Event { index, header, body, clear });
                    }
                    Err(finding) => findings.push(finding),
                }
            }
        }
        // What follows a hole is told by the names of its files.
        if ends {
            break;
        }
    }
    if before.leaf != head.leaf || head.version == 0 {
        findings.push(Finding::Head { stream: folder });
    }
    Stream { category: head.category, key: head.key, events }
}

/// The event before one.
#[derive(Default)]
struct Before {
    leaf: Hash,
    recorded_at: i64,
    index: Option<u64>,
}

/// Whether a header is that of the event which is due.
fn in_its_place(
    head: &StreamHead,
    version: u64,
    envelope: &Envelope<'_>,
    before: &Before,
    path: String,
) -> Option<Finding> {
    if (envelope.category, envelope.key) != (head.category, head.key) {
        return Some(Finding::Stream { path });
    }
    if envelope.version != version {
        return Some(Finding::Version { path, expected: version, found: envelope.version });
    }
    if envelope.previous != before.leaf {
        return Some(Finding::Chain { path });
    }
    (envelope.recorded_at < before.recorded_at).then_some(Finding::Order { path })
}

/// The index at which a leaf is in the bundle's tree.
fn proven(proof: &[u8], leaf: &Hash, signed: &Signed<'_>, path: &str) -> Result<u64, Finding> {
    let path = path.to_owned();
    let proof = match TlogProof::parse(proof) {
        Ok(proof) => proof,
        Err(error) => return Err(Finding::Proof { path, error }),
    };
    // Its signatures are those that were checked once for all.
    if proof.checkpoint.as_bytes() != signed.bytes {
        return Err(Finding::OtherCheckpoint { path });
    }
    let Checkpoint { size, root, .. } = &signed.checkpoint;
    let proven = verify_inclusion(leaf, proof.index, *size, &proof.hashes, root);
    proven.map_err(|error| Finding::Proof { path, error: TlogProofError::Proof(error) })?;
    Ok(proof.index)
}

/// Whether the files come as the statement names them, itself after the first. Those that are missing, or that it does
/// not name, are found elsewhere.
fn out_of_place(lines: &[FileLine], mut order: Vec<&str>, files: &Files<'_>) -> Option<Finding> {
    let mut due: Vec<&str> = lines.iter().map(|line| line.path.as_str()).collect();
    due.insert(due.len().min(1), STATEMENT);
    let named: BTreeSet<&str> = due.iter().copied().collect();
    due.retain(|path| files.contains_key(path));
    order.retain(|path| named.contains(path));
    let path = (*order.iter().zip(&due).find(|(found, due)| found != due)?.0).to_owned();
    Some(Finding::Place { path })
}

/// Whether the files are those that the statement names, all but the statement itself.
fn signed_files(lines: &[FileLine], files: &Files<'_>) -> Vec<Finding> {
    let mut unsigned: BTreeSet<&str> = files.keys().copied().collect();
    unsigned.remove(STATEMENT);
    let mut findings = Vec::new();
    for FileLine { digest, bytes, path } in lines {
        unsigned.remove(path.as_str());
        match files.get(path.as_str()) {
            None => findings.push(Finding::Missing(path.clone())),
            Some(content) => {
                let found: Hash = Sha256::digest(content).into();
                if found != *digest || content.len() as u64 != *bytes {
                    findings.push(Finding::File { path: path.clone() });
                }
            }
        }
    }
    findings.extend(unsigned.into_iter().map(|path| Finding::Unexpected(path.to_owned())));
    findings
}
