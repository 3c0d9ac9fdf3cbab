//! Nothing personal is in what the programs say, at the most that they can say.
//!
//! Whatever is logged, printed or answered on the way of rows that the test knows is searched for
//! every personal value of theirs, in each way in which a program may write it. With
//! `REGISTRE_SEARCHED` it searches that folder too, where the other tests left what they heard (see
//! `common/heard.rs`): so the whole suite is searched, once it has run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use common::client::{self, Run};
use common::random::Random;
use common::server::{self, Server, run_well};
use common::{heard, rows};
use proto::v1::{RowOutcome, RunExtent};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Letters of the shortest value that is looked for: shorter ones are in any text.
const SHORTEST: usize = 5;
/// Digits of the shortest number that is looked for: traces count windows and bytes.
const SHORTEST_NUMBER: usize = 10;
/// Letters of the shortest encoding that is looked for; shorter ones come by chance.
const SHORTEST_ENCODED: usize = 10;

/// Values in every way in which they may be written.
struct Needles {
    search: AhoCorasick,
    /// The value of each pattern, and whether it must stand as a word.
    of: Vec<(String, bool)>,
}

impl Needles {
    fn of(values: &BTreeSet<String>) -> Self {
        let mut patterns: BTreeMap<Vec<u8>, (String, bool)> = BTreeMap::new();
        let is_telling = |value: &&String| {
            let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
            value.chars().count() >= if is_number { SHORTEST_NUMBER } else { SHORTEST }
        };
        for value in values.iter().filter(is_telling) {
            for (form, as_word) in forms(value) {
                patterns.entry(form).or_insert_with(|| (value.clone(), as_word));
            }
        }
        let (patterns, of): (Vec<_>, Vec<_>) = patterns.into_iter().unzip();
        let search = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(patterns)
            .unwrap();
        Self { search, of }
    }

    /// The values in some bytes, each with what stands around it.
    fn found<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = (&'a str, String)> {
        self.search.find_overlapping_iter(bytes).filter_map(move |found| {
            let (value, as_word) = &self.of[found.pattern()];
            let is_letter = |at: Option<usize>| {
                at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric)
            };
            let (start, end) = (found.start(), found.end());
            if *as_word && (is_letter(start.checked_sub(1)) || is_letter(Some(end))) {
                return None;
            }
            let around = &bytes[start.saturating_sub(120)..(end + 40).min(bytes.len())];
            Some((value.as_str(), String::from_utf8_lossy(around).into_owned()))
        })
    }
}

/// The ways in which a value may be written, and whether such a form is looked for as a word.
fn forms(value: &str) -> Vec<(Vec<u8>, bool)> {
    let texts = BTreeSet::from([
        value.to_owned(),
        value.to_uppercase(),
        value.to_lowercase(),
        plain(value),
    ]);
    let mut forms = Vec::new();
    for text in texts {
        let bytes = text.as_bytes();
        forms.push((bytes.to_vec(), true));
        if text != value && text != value.to_uppercase() {
            continue;
        }
        let each = |write: &dyn Fn(u8) -> String| {
            bytes.iter().map(|byte| write(*byte)).collect::<String>()
        };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let mut encoded = vec![
            each(&|byte| format!("{byte:02x}")),
            // As Rust writes bytes, as protobuf does, as URLs do.
            each(&|byte| std::ascii::escape_default(byte).to_string()),
            each(&|byte| {
                if byte.is_ascii() { char::from(byte).into() } else { format!("\\x{byte:02x}") }
            }),
            each(&|byte| {
                if byte.is_ascii() { char::from(byte).into() } else { format!("\\{byte:03o}") }
            }),
            each(&|byte| {
                if is_plain(byte) { char::from(byte).into() } else { format!("%{byte:02x}") }
            }),
            text.chars()
                .map(|c| if c.is_ascii() { c.into() } else { format!("\\u{:04x}", c as u32) })
                .collect(),
            // A list of numbers.
            bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", "),
        ];
        for before in 0..3 {
            let padded = [&vec![b' '; before][..], bytes].concat();
            for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                let whole = engine.encode(&padded);
                // What depends on its neighbours is left out.
                let from = (before * 8).div_ceil(6);
                let to = padded.len() * 8 / 6;
                encoded.push(whole[from..to].to_owned());
            }
        }
        let encoded = encoded
            .into_iter()
            .filter(|form| form.len() >= SHORTEST_ENCODED && form.as_bytes() != bytes);
        forms.extend(encoded.map(|form| (form.into_bytes(), false)));
    }
    forms
}

/// Without its accents.
fn plain(text: &str) -> String {
    let plain = |letter| match letter {
        'à' | 'â' | 'À' | 'Â' => 'a',
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' | 'Ê' | 'Ë' => 'e',
        'î' | 'ï' | 'Î' | 'Ï' => 'i',
        'ô' | 'ö' | 'Ô' | 'Ö' => 'o',
        'û' | 'ü' | 'ù' | 'Û' | 'Ü' => 'u',
        'ñ' | 'Ñ' => 'n',
        'ç' | 'Ç' => 'c',
        other => other,
    };
    text.chars().map(plain).collect()
}

/// Searches what was heard in a folder: how much there was, and what was found.
fn search(folder: &Path, values: &BTreeSet<String>) -> (u64, Vec<String>) {
    let needles = Needles::of(values);
    let (mut bytes, mut found) = (0, Vec::new());
    for path in files(folder) {
        let said = std::fs::read(&path).unwrap();
        bytes += said.len() as u64;
        let mut seen = BTreeSet::new();
        for (value, around) in needles.found(&said) {
            if seen.insert(value.to_owned()) {
                found.push(format!("{value} in {}: …{around}…", path.display()));
            }
        }
    }
    (bytes, found)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn must_be_silent(what: &str, folder: &Path, values: &BTreeSet<String>) {
    let begun = std::time::Instant::now();
    let (bytes, found) = search(folder, values);
    println!(
        "{what}: {} values, {} MB said, {:?}",
        values.len(),
        bytes / 1_000_000,
        begun.elapsed()
    );
    assert!(bytes > 0 && !values.is_empty(), "nothing was heard");
    let shown: Vec<&String> = found.iter().take(20).collect();
    assert!(found.is_empty(), "{} personal values were said: {shown:#?}", found.len());
}

#[test]
fn nothing_personal_is_in_what_the_whole_suite_said() {
    let Some(folder) = std::env::var_os("REGISTRE_SEARCHED") else {
        // It has not run yet: what follows searches a part of it.
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut values = heard::all_sent(&folder);
    let loud = |file: &&PathBuf| {
        let said = std::fs::read(file).unwrap();
        said.windows(5).any(|window| window == b"TRACE")
    };
    let loud = files(&folder).iter().filter(loud).take(20).count();
    assert!(loud == 20 && values.len() > 1_000, "{loud} of them loud, {} values", values.len());
    values.extend(of_a_demo(60));
    must_be_silent("the suite", &folder, &values);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_says_nothing_of_those_who_are_pushed_at_the_most_that_it_can_say() {
    let folder = tempfile::tempdir().unwrap();
    let said = folder.path().join("said");
    std::fs::create_dir(&said).unwrap();
    let data = folder.path().join("data");
    // Loud whether or not the others are listened to.
    let loud = ["env", "RUST_LOG=trace"];
    let server = Server::start_under(&loud, &data).await;
    let mut random = Random::announced("heard");
    let learners = rows::complete(&mut random, 100);
    let channel = server.channel().await;
    for night in 1..=2 {
        let at = format!("2025-10-{night:02}T03:00:00Z");
        let run = Run::new(&mut random, "heard", RunExtent::Full, &at, learners.iter().cloned());
        let answers = client::push(&channel, &run, 100).await;
        let outcome = if night == 1 { RowOutcome::Written } else { RowOutcome::Unchanged };
        assert_eq!(client::count(&answers, outcome), 100);
    }
    client::events_after(&channel, 0).await;
    assert!(server.stop().success());
    std::fs::copy(server::stderr_of(&data), said.join("server.out")).unwrap();
    let text = std::fs::read_to_string(said.join("server.out")).unwrap();
    for room in ["h2::", "tonic::", "TRACE"] {
        assert!(text.contains(room), "{room} says nothing: is it as loud as it can be?");
    }
    let values = learners.iter().flat_map(heard::personal).collect();
    must_be_silent("a server", &said, &values);
}

/// What a demo of so many apprentices pushes.
fn of_a_demo(apprentices: u32) -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("year");
    run_well(&[
        "generate",
        "--apprentices",
        &apprentices.to_string(),
        "--out",
        out.to_str().unwrap(),
    ]);
    let mut values = BTreeSet::new();
    for day in std::fs::read_dir(&out).unwrap().map(|day| day.unwrap().path()) {
        if day.is_dir() {
            for file in files(&day) {
                values.extend(heard::in_text(&std::fs::read_to_string(file).unwrap()));
            }
        }
    }
    assert!(values.len() > 5 * apprentices as usize, "{} values", values.len());
    values
}

#[test]
fn a_value_is_found_in_every_way_in_which_it_may_be_written() {
    let value = "Brélzimb d'Où";
    let needles = Needles::of(&BTreeSet::from([value.to_owned(), "2006-03-09".to_owned()]));
    let found = |text: &str| needles.found(text.as_bytes()).next().is_some();
    let bytes = value.as_bytes();
    let base64 = |before: &str| STANDARD_NO_PAD.encode([before.as_bytes(), bytes, b"zz"].concat());
    for text in [
        value.to_owned(),
        value.to_uppercase(),
        format!("{value:?}"),
        format!("{bytes:?}"),
        format!("{:?}", prost::bytes::Bytes::from_static("Brélzimb d'Où".as_bytes())),
        "Br%C3%A9lzimb%20d%27O%C3%B9".to_owned(),
        "Br\\303\\251lzimb d'O\\303\\271".to_owned(),
        serde_json::to_string(value).unwrap().replace('é', "\\u00e9").replace('ù', "\\u00f9"),
        base64(""),
        base64("x"),
        base64("xy"),
        bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
        "born=2006-03-09,".to_owned(),
    ] {
        assert!(found(&text), "{text}");
    }
    for other in ["Brélzimb", "brelzim d'ou", "12006-03-091"] {
        assert!(!found(other), "{other}");
    }
}
