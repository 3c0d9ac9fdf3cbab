//! `registre verify`: a bundle or a receipt, checked with no network and no database.
//!
//! | file | holds |
//! |---|---|
//! | `bundle.rs` | the report of a bundle |
//! | `receipt.rs` | the report of a receipt |
//! | `signatures.rs` | the signatures of a contract, checked again |
//! | `told.rs` | what both tell: the tree, its witnesses, an event |

pub(super) mod bundle;
mod receipt;
mod signatures;
mod told;

use super::Outcome;
use super::authorities::Authorities;
use crate::console;
use access::providers::ProviderKey;
use anyhow::Context;
use seal::bundle::{BUNDLE_BYTES_MAX, Finding};
use seal::{Hash, Policy};
pub(super) use signatures::Trusted;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Check a bundle, or receipts, against a policy, with no network and no database
///
/// Of a bundle it shows that no event of the history was changed, that none is missing from the first to the
/// last, that none came after it when the checkpoint was signed. Of a receipt (registre push --receipts, or the
/// answer of a push over gRPC) that the event is in the log, at its position, as it was hashed. Of both that the
/// checkpoint is signed and cosigned as the policy asks. The report is in French.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").args(["file", "receipts"]).required(true)))]
#[command(after_help = "\
Exit code 0 when it holds, 1 when it does not, 2 when it cannot be judged (a file that cannot be read, a
policy that is none, a proof that does not say of which event, an event in a format of a later version); of
several receipts, the highest.

A policy is a text file:
    log KEY                       the key of the ledger, as `registre serve` prints it; one line for
                                  each key of a ledger that changed it
    witness NAME KEY              the key of a witness, as `registre witness` prints it
    group NAME K NAME NAME …      so many of these (or any, or all); a witness in two groups holds in both
    quorum NAME                   whose signatures are asked for; none for no witness

Examples:
  registre verify contrat.tar --policy politique
  registre verify --receipt recus/*.receipt --policy politique")]
pub(crate) struct Args {
    /// The bundle
    file: Option<PathBuf>,
    /// Receipts instead
    #[arg(long = "receipt", value_name = "FILE", num_args = 1..)]
    receipts: Vec<PathBuf>,
    /// The leaf hash of the event, 64 hexadecimal digits: for a proof that does not have its header
    #[arg(long, value_name = "HEX", value_parser = leaf, conflicts_with = "file")]
    leaf: Option<Hash>,
    #[command(flatten)]
    trust: Trust,
    /// Whose signatures are asked for
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
}

/// By what the signatures of a contract are checked again.
#[derive(Debug, clap::Args)]
pub(super) struct Trust {
    /// The public key of a provider outside whose signatures of a contract are checked again, or a file that has it;
    /// again for each other key that the provider had
    #[arg(long = "provider", value_name = "NAME=whpk_…", value_parser = provider)]
    providers: Vec<(String, ProviderKey)>,
    #[command(flatten)]
    authorities: Authorities,
    /// The evidence of a signature that is sealed in the bundle, as `registre contract download` writes it
    #[arg(long, value_name = "FILE")]
    evidence: Vec<PathBuf>,
}

impl Trust {
    /// Reads the files.
    pub(super) fn read(&self) -> anyhow::Result<Trusted> {
        let evidence = self.evidence.iter().map(|file| read(file));
        let evidence: Vec<Vec<u8>> = evidence.collect::<anyhow::Result<_>>()?;
        Ok(Trusted::new(self.authorities.read()?, self.providers.clone(), evidence))
    }
}

/// What came of a file.
enum Judged {
    Holds(String),
    Wrong(Vec<Finding>),
}

pub(super) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let policy = match policy_of(&args.policy) {
        Ok(policy) => policy,
        Err(error) => {
            console::note(&format!("rien ne peut être jugé : {error:#}"));
            return Ok(Outcome::Unjudged);
        }
    };
    if let Some(file) = &args.file {
        let trusted = args.trust.read()?;
        return Ok(told(file, read(file).map(|bytes| bundle::judge(&bytes, &policy, &trusted))));
    }
    let many = args.receipts.len() > 1;
    let judge = |file: &PathBuf| {
        told(file, read(file).map(|bytes| receipt::judge(&bytes, args.leaf, &policy, many)))
    };
    let outcomes: Vec<Outcome> = args.receipts.iter().map(judge).collect();
    let worst = |outcome: &Outcome| match outcome {
        Outcome::Unjudged => 2,
        Outcome::Failed => 1,
        _ => 0,
    };
    Ok(outcomes.into_iter().max_by_key(worst).unwrap_or(Outcome::Unjudged))
}

/// Reads a policy.
pub(super) fn policy_of(file: &Path) -> anyhow::Result<Policy> {
    let text = fs_err::read_to_string(file)?;
    text.parse::<Policy>().with_context(|| file.display().to_string())
}

/// Prints what came of a file.
fn told(file: &Path, judged: anyhow::Result<Judged>) -> Outcome {
    let file = file.display();
    let (told, outcome) = match judged {
        Ok(Judged::Holds(text)) => (text, Outcome::Done),
        Ok(Judged::Wrong(findings)) if findings.iter().all(Finding::is_unjudged) => {
            let reasons = reasons(&findings);
            console::note(&plain(&format!("{file} ne peut pas être jugé :\n{reasons}")));
            return Outcome::Unjudged;
        }
        Ok(Judged::Wrong(findings)) => {
            let reasons = reasons(&findings);
            (
                format!("REFUSÉ : {file} n'est pas ce que le registre a signé.\n{reasons}"),
                Outcome::Failed,
            )
        }
        Err(error) => {
            console::note(&format!("{file} ne peut pas être jugé : {error:#}"));
            return Outcome::Unjudged;
        }
    };
    // Whoever reads may be gone already: what was found stays so.
    let _ = console::line(&plain(&told));
    outcome
}

/// A text in which nothing moves the cursor or turns the writing round: some of it was written by whoever made the
/// file, and is not believed.
fn plain(text: &str) -> String {
    let turns = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_plain = |c: char| c == '\n' || !(c.is_control() || turns(c));
    text.chars().map(|c| if is_plain(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

fn reasons(findings: &[Finding]) -> String {
    findings.iter().fold(String::new(), |mut text, finding| {
        let _ = write!(text, "\n  - {}", finding.fr());
        text
    })
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    // One byte more than is judged tells that there are too many.
    let most = BUNDLE_BYTES_MAX as u64 + 1;
    let file = fs_err::File::open(file)?;
    let length = file.metadata()?.len().min(most);
    let mut bytes = Vec::with_capacity(usize::try_from(length)?.saturating_add(1));
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn provider(text: &str) -> Result<(String, ProviderKey), String> {
    let (name, key) = text.split_once('=').ok_or("write NAME=whpk_…, or NAME=FILE")?;
    let key = if key.starts_with("whpk_") {
        key.to_owned()
    } else {
        fs_err::read_to_string(key).map_err(|error| error.to_string())?
    };
    Ok((name.to_owned(), key.trim().parse().map_err(|error| format!("{error}"))?))
}

fn leaf(text: &str) -> Result<Hash, String> {
    seal::from_hex(text).ok_or_else(|| "a leaf hash has 64 digits, 0 to 9 and a to f".to_owned())
}

#[cfg(test)]
mod tests;
