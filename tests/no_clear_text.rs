//! No personal data in clear on the disk.
//!
//! Learners with values that nothing else has are pushed through the real
//! server, bad rows included; then every byte of the data folder, every file
//! name and all that the server printed are searched for those values, in every
//! way in which they might be written.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use common::client::{self, Run};
use common::heard;
use common::random::Random;
use common::rows;
use common::server::{self, Server};
use proto::v1::{Dossier, RowOutcome, RunExtent};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Learners pushed.
const LEARNERS: usize = 300;
/// Learners of whom one row is refused: they go to the quarantine.
const REFUSED: usize = 10;
/// Bytes by which forms are found; no form is shorter.
const HEAD: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_holds_no_personal_data_in_clear() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut random = Random::announced("no_clear_text");
    let dossiers = pushed(&mut random);
    let server = Server::start(&data).await;
    push_twice(&server, &mut random, dossiers.clone()).await;
    assert!(server.stop().success());

    let heap = Heap::read(&data);
    println!("{} files, {} bytes", heap.files.len(), heap.bytes());
    let public = ["0010826T", "RNCP37537", "clear-text"];
    let found = heap.search(&Needles::of(public.iter().map(|value| (*value).to_owned())));
    for value in public {
        assert!(found.contains_key(value), "{value} is public: does the search work?");
    }
    let secrets: Vec<String> = dossiers.iter().flat_map(secrets).collect();
    assert!(secrets.len() > 10 * LEARNERS, "{} secrets", secrets.len());
    let found = heap.search(&Needles::of(secrets));
    assert!(found.is_empty(), "{} personal values in clear: {found:#?}", found.len());
}

/// Learners with every personal field filled; the rows of some are refused.
fn pushed(random: &mut Random) -> Vec<Dossier> {
    let mut dossiers = rows::complete(random, LEARNERS);
    for dossier in &mut dossiers[..REFUSED] {
        dossier.date_entree_formation = None;
    }
    dossiers
}

/// The second push changes what is sealed, so that amendments are searched too.
async fn push_twice(server: &Server, random: &mut Random, mut dossiers: Vec<Dossier>) {
    let channel = server.channel().await;
    for night in 1..=2 {
        let at = format!("2025-10-{night:02}T03:00:00Z");
        let run = Run::new(random, "clear-text", RunExtent::Full, &at, dossiers.iter().cloned());
        let answers = client::push(&channel, &run, LEARNERS).await;
        assert_eq!(client::count(&answers, RowOutcome::Written), LEARNERS - REFUSED);
        assert_eq!(client::count(&answers, RowOutcome::Refused), REFUSED);
        for dossier in &mut dossiers {
            std::mem::swap(
                &mut dossier.responsable_apprenant_mail1,
                &mut dossier.responsable_apprenant_mail2,
            );
        }
    }
    // The views must have folded all of it before the folder is read.
    let head = client::head(&channel).await.position;
    let time = proto::v1::TimeQuery { min_position: head, ..Default::default() };
    let request = proto::v1::ComputeHeadcountRequest { time: Some(time), ..Default::default() };
    client::dashboard(&channel).compute_headcount(request).await.unwrap();
}

/// The personal values of a row that are long enough to be found.
fn secrets(dossier: &Dossier) -> impl Iterator<Item = String> {
    heard::personal(dossier).into_iter().filter(|value| value.len() >= HEAD)
}

/// Values, each in its forms, found by their first bytes.
struct Needles {
    by_head: HashMap<[u8; HEAD], Vec<(Vec<u8>, String)>>,
}

impl Needles {
    fn of(values: impl IntoIterator<Item = String>) -> Self {
        let mut by_head: HashMap<_, Vec<_>> = HashMap::new();
        for value in values {
            for form in forms(&value) {
                let head = form[..HEAD].try_into().unwrap();
                by_head.entry(head).or_default().push((form, value.clone()));
            }
        }
        Self { by_head }
    }

    fn in_bytes<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = &'a str> {
        let starts = 0..(bytes.len() + 1).saturating_sub(HEAD);
        starts.flat_map(move |start| {
            let rest = &bytes[start..];
            let head: [u8; HEAD] = rest[..HEAD].try_into().unwrap();
            let candidates = self.by_head.get(&head).map_or(&[][..], Vec::as_slice);
            candidates.iter().filter(|(form, _)| rest.starts_with(form)).map(|(_, v)| v.as_str())
        })
    }
}

/// A value as it is, in upper and lower case, without accents, each as UTF-8,
/// UTF-16 of both ends, and hexadecimal of both cases; and backwards.
fn forms(value: &str) -> Vec<Vec<u8>> {
    let mut texts = vec![
        value.to_owned(),
        value.to_uppercase(),
        value.to_lowercase(),
        value.chars().rev().collect(),
    ];
    texts.extend([without_accents(value).to_uppercase(), without_accents(value).to_lowercase()]);
    texts.sort();
    texts.dedup();
    let mut forms = Vec::new();
    for text in texts {
        let bytes = text.as_bytes().to_vec();
        forms.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        forms.push(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
        forms.push(bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect());
        forms.push(bytes.iter().flat_map(|byte| format!("{byte:02X}").into_bytes()).collect());
        forms.push(bytes);
    }
    forms
}

fn without_accents(text: &str) -> String {
    let plain = |letter| match letter {
        'é' | 'É' => 'e',
        'î' | 'Î' => 'i',
        'ñ' | 'Ñ' => 'n',
        'ç' | 'Ç' => 'c',
        'ö' | 'Ö' => 'o',
        other => other,
    };
    text.chars().map(plain).collect()
}

/// All files of a folder, with their names, and what the server printed.
struct Heap {
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Heap {
    fn read(data: &Path) -> Self {
        let printed = server::stderr_of(data);
        let bytes = std::fs::read(&printed).unwrap();
        let mut files = vec![(printed, bytes)];
        read_all(data, &mut files);
        Self { files }
    }

    fn bytes(&self) -> usize {
        self.files.iter().map(|(_, bytes)| bytes.len()).sum()
    }

    /// Each value that was found, with the first file that has it.
    fn search(&self, needles: &Needles) -> HashMap<String, &Path> {
        let mut found = HashMap::new();
        for (path, bytes) in &self.files {
            let name = path.to_str().unwrap().as_bytes();
            for value in needles.in_bytes(bytes).chain(needles.in_bytes(name)) {
                found.entry(value.to_owned()).or_insert(path.as_path());
            }
        }
        found
    }
}

fn read_all(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, files);
        } else {
            let bytes = used(std::fs::read(&path).unwrap());
            files.push((path, bytes));
        }
    }
}

/// A file without the zeros that fill its end: a segment is made of 64 MiB of them.
fn used(mut bytes: Vec<u8>) -> Vec<u8> {
    const BLOCK: [u8; 4096] = [0; 4096];
    while bytes.ends_with(&BLOCK) {
        bytes.truncate(bytes.len() - BLOCK.len());
    }
    bytes
}

#[test]
fn a_value_is_found_in_every_form() {
    let needles = Needles::of(["Brélzimb".to_owned()]);
    let found = |bytes: &[u8]| needles.in_bytes(bytes).count();
    let utf16: Vec<u8> = "..Brélzimb".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for text in ["Brélzimb", "xx BRÉLZIMB", "brelzimb\0", "4272c3a96c7a696d62", "bmizlérB"] {
        assert_eq!(found(text.as_bytes()), 1, "{text}");
    }
    assert!(found(&utf16) >= 1);
    assert_eq!(found("Brélzim".as_bytes()), 0);
    assert_eq!(found(b"Br"), 0);
}
