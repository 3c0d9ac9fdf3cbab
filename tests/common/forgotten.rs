//! What is looked for once a person is erased.

use super::client::{self, Channel};
use super::{folder, heard};
use domain::enrolment::Identity;
use domain::ids::{Category, Position, StreamKey};
use proto::v1::{ComputeHeadcountRequest, ComputeHeadcountResponse, Dossier, TimeQuery};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tonic::Code;

/// Letters of the shortest value that is looked for: shorter ones are in any file by chance.
const SHORTEST: usize = 5;

/// Everything that a row says of its learner and of who is near, as sent and in the forms that programs like.
pub fn words(row: &Dossier) -> Vec<String> {
    let mut words = heard::personal(row);
    // The postcode and the commune of a home are those of a thousand others.
    words.retain(|word| word.len() >= SHORTEST && !is_of_many(row, word));
    words
}

fn is_of_many(row: &Dossier, word: &str) -> bool {
    let of_many = [&row.code_postal_apprenant, &row.code_commune_insee_apprenant];
    of_many.into_iter().flatten().any(|value| value == word)
}

/// The head-count of a day in October, once the views have followed the whole log.
pub async fn count(channel: &Channel, known_at: &str) -> ComputeHeadcountResponse {
    let min_position = client::head(channel).await.position;
    let (as_of, known_at) = ("2025-10-10".to_owned(), known_at.to_owned());
    let time = Some(TimeQuery { as_of, known_at, min_position });
    let request = ComputeHeadcountRequest { time, ..Default::default() };
    for _ in 0..60 {
        match client::dashboard(channel).compute_headcount(request.clone()).await {
            // A busy machine: the views are behind, and say so.
            Err(status) if status.code() == Code::DeadlineExceeded => {}
            answer => return answer.unwrap().into_inner(),
        }
    }
    panic!("the views do not follow the log")
}

/// The dossiers whose learner has one of some INEs, and the blind keys of their statements.
pub fn dossiers_of(data: &Path, ines: &[String]) -> (BTreeSet<StreamKey>, Vec<[u8; 16]>) {
    let ledger = folder::open(data);
    let (mut found, mut keys) = (BTreeSet::new(), Vec::new());
    for event in ledger.read_after(Position(0), 10_000).unwrap() {
        if event.header.stream.category != Category::Enrolment {
            continue;
        }
        let key = event.header.stream.key;
        let state = ledger.load_enrolment(key, None, true).unwrap().unwrap().state;
        let current = state.current.unwrap();
        let identity: &Identity = current.identity.clear().unwrap();
        if identity.ine.as_ref().is_some_and(|ine| ines.contains(&ine.text)) {
            found.insert(key);
            if let Some(of) = ledger.person_keys(&event).unwrap() {
                keys.extend(of.ine.into_iter().chain(of.names_and_birth));
            }
            keys.extend(ledger.email_key(&event).unwrap());
        }
    }
    (found, keys)
}

/// Every file of a folder and of those in it.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// The files of a folder that hold some bytes.
pub fn hits(folder: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let holds = |path: &PathBuf| {
        let file = std::fs::read(path).unwrap();
        without_zeros(&file).windows(bytes.len()).any(|part| part == bytes)
    };
    files(folder).into_iter().filter(holds).collect()
}

/// A file without the zeros at its end: segments are made at their full size.
fn without_zeros(file: &[u8]) -> &[u8] {
    const ZEROS: [u8; 4096] = [0; 4096];
    let zeros = file.rchunks(ZEROS.len()).take_while(|chunk| **chunk == ZEROS[..chunk.len()]);
    &file[..file.len() - zeros.map(<[u8]>::len).sum::<usize>()]
}
