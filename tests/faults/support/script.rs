//! A ledger used from inside the test, and what is written to it: the rows of a
//! synthetic school year, one request each, the same for a seed.

use crate::common::folder::once_unlocked;
use crate::common::history::Entry;
use domain::dossier::{Field, RawDossier, RawValue, check};
use domain::enrolment::{Command, Provenance, Stated};
use domain::ids::{Instant, Position, RequestId, RunId, Source, StreamKey};
use ledger::journal::{OpenError, Receipt};
use ledger::random::SeededRandom;
use ledger::{Ledger, LedgerError, ManualClock, Options, RequestMeta};
use registre::generator::{Settings, Simulation};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// Opens a ledger with small segments and a clock that stands still.
///
/// # Errors
/// What the ledger says.
pub fn open(folder: &Path, segment_bytes: u64) -> Result<Ledger, LedgerError> {
    // 1 August 2026: after everything that the script tells of.
    let clock = Arc::new(ManualClock::new(Instant(1_785_542_400_000_000)));
    let random = Arc::new(SeededRandom::new(std::process::id().into()));
    // So few that indexes have tables on disk.
    let indexed_in_memory = 64;
    let options = Options { clock, random, segment_bytes, indexed_in_memory, ..Options::default() };
    once_unlocked(|| match Ledger::open(folder, &options) {
        Err(LedgerError::Open(OpenError::Locked(_))) => None,
        opened => Some(opened),
    })
}

/// A runtime for the ledger's futures.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// One row, as a push brings it.
#[derive(Debug)]
struct Step {
    source: Source,
    run: RunId,
    extracted_at: Instant,
    row: RawDossier,
}

/// Rows in the order in which they are sent.
#[derive(Debug)]
pub struct Script {
    steps: Vec<Step>,
}

impl Script {
    /// The rows of a school year, each that says something new.
    pub fn whole(seed: u64, apprentices: u32) -> Self {
        let simulation = Simulation::new(Settings { apprentices, seed });
        let (mut steps, mut said) = (Vec::new(), HashSet::new());
        for push in (0..simulation.nights()).flat_map(|night| simulation.pushes(night)) {
            let source = Source::parse(&push.source).unwrap();
            for row in push.rows {
                if said.insert(words(&source, &row)) {
                    let (run, extracted_at) = (push.run_id, push.extracted_at);
                    steps.push(Step { source: source.clone(), run, extracted_at, row });
                }
            }
        }
        Self { steps }
    }

    /// The first rows of a school year.
    pub fn new(seed: u64, apprentices: u32, rows: usize) -> Self {
        let mut script = Self::whole(seed, apprentices);
        assert!(script.len() >= rows, "{apprentices} apprentices do not say enough");
        script.steps.truncate(rows);
        script
    }

    /// How many rows.
    pub const fn len(&self) -> usize {
        self.steps.len()
    }

    /// Sends a row; the same row is the same request. Gives where its events went,
    /// nothing when it was refused by the rules or said nothing.
    ///
    /// # Errors
    /// What the ledger says, except to a row that it must refuse.
    pub async fn send(&self, ledger: &Ledger, number: usize) -> Result<Vec<Entry>, LedgerError> {
        let Some((meta, key, command)) = self.request(ledger, number) else {
            return Ok(Vec::new());
        };
        let done = ledger.execute(meta, key, command).await?;
        Ok(done.receipt.as_ref().map(entries).unwrap_or_default())
    }

    fn request(&self, ledger: &Ledger, number: usize) -> Option<(RequestMeta, StreamKey, Command)> {
        let Step { source, run, extracted_at, row } = &self.steps[number];
        let day = chrono::DateTime::from_timestamp_micros(extracted_at.0).unwrap().date_naive();
        let declaration = check(row, day).ok()?;
        let (names, training) = (ledger.names(), &declaration.training);
        let id_erp = &declaration.identity.id_erp;
        let (uai, certification) = (&training.trainer.uai, &training.certification);
        let key = names.enrolment(source, uai, id_erp, certification, training.entry_on);
        let lookup = names.lookup(source, id_erp, certification);
        let (run, extracted_at) = (*run, *extracted_at);
        let provenance = Provenance { run, extracted_at, full: false, stated: Stated::Everything };
        let mut request = [0; 16];
        request[8..].copy_from_slice(&(number as u64).to_be_bytes());
        let meta = RequestMeta {
            source: source.clone(),
            actor: String::new(),
            request_id: RequestId(request),
            digest: names.request_digest(&request),
        };
        let (settled, held, unseen_since) = (Vec::new(), Vec::new(), None);
        let command =
            Command::Declare { declaration, lookup, provenance, settled, held, unseen_since };
        Some((meta, key, command))
    }
}

/// A row as a text of its own: its `Debug` shows no value.
fn words(source: &Source, row: &RawDossier) -> String {
    let word = |(field, value): (Field, &RawValue)| match value {
        RawValue::Text(text) => format!("{field:?}={text}|"),
        RawValue::Int(number) => format!("{field:?}={number}|"),
        RawValue::Bool(flag) => format!("{field:?}={flag}|"),
    };
    row.present().map(word).fold(source.to_string(), |text, word| text + &word)
}

fn entries(receipt: &Receipt) -> Vec<Entry> {
    let entry = |line: &ledger::ReceiptLine| Entry {
        position: line.position.0,
        event_id: line.event_id.to_string(),
        kind: String::new(),
        leaf: line.leaf,
    };
    receipt.lines.iter().map(entry).collect()
}

/// How many of some events are not in the ledger, and how many it shows
/// otherwise than they were acknowledged. What it refuses to show is not there.
pub fn judge(ledger: &Ledger, acknowledged: &[Entry]) -> (usize, usize) {
    let (mut lost, mut wrong) = (0, 0);
    for entry in acknowledged {
        match ledger.read_at(Position(entry.position), false) {
            Ok(Some(found)) => {
                let same =
                    found.leaf == entry.leaf && found.header.event_id.to_string() == entry.event_id;
                wrong += usize::from(!same);
            }
            Ok(None) | Err(_) => lost += 1,
        }
    }
    (lost, wrong)
}
