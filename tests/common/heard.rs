//! What the programs say, kept to be searched.
//!
//! When `REGISTRE_HEARD` names a folder, every process of the program that a test starts logs at
//! trace, and all that it says goes to files there, beside the personal values that were sent to
//! any of them. `tests/heard.rs` searches the ones for the others.

use super::server::binary;
use domain::dossier::{Field, RawValue, Visibility};
use grpc::convert::dossier::to_raw;
use proto::v1::Dossier;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where it is kept, if it is.
const FOLDER: &str = "REGISTRE_HEARD";
/// Where the values are that were sent.
const SENT: &str = "sent";

fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
}

/// A path that no other has.
fn fresh(folder: &Path, kind: &str) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    std::fs::create_dir_all(folder).unwrap();
    let rank = COUNT.fetch_add(1, Ordering::Relaxed);
    folder.join(format!("{}-{rank}.{kind}", std::process::id()))
}

/// The program, to be started by a test; see [`output`] and [`to_file`] for what it says.
pub fn command() -> Command {
    let mut command = Command::new(binary());
    listen(&mut command);
    command
}

/// Makes a command, be it of a program that starts the one under test, say all that it can.
pub fn listen(command: &mut Command) {
    if folder().is_some() {
        command.env("RUST_LOG", "trace");
    }
}

/// Where a process may say what its test does not read.
pub fn to_file() -> Stdio {
    folder().map_or_else(Stdio::null, |folder| {
        Stdio::from(File::create(fresh(&folder, "out")).unwrap())
    })
}

/// A file where a server says what its test reads too: `at` is that file, or leads to it.
pub fn to_file_at(at: &Path) -> Stdio {
    if let Some(folder) = folder().filter(|_| !at.exists()) {
        let kept = fresh(&folder, "out");
        File::create(&kept).unwrap();
        let _ = std::fs::remove_file(at);
        std::os::unix::fs::symlink(kept, at).unwrap();
    }
    File::options().create(true).append(true).open(at).unwrap().into()
}

/// Runs a command to its end. What it logs only because it is listened to is kept and taken out.
pub fn output(command: &mut Command) -> Output {
    for file in command.get_args().map(Path::new).filter(|argument| argument.is_file()) {
        sent_in_file(file);
    }
    // Of a file of one's own it answers by the ids that are in it, on one's own console.
    let answers = command.get_args().next().is_some_and(|first| first == "trajectory");
    let output = command.output().unwrap();
    if answers {
        let quiet = heard(Output { stdout: Vec::new(), ..output.clone() });
        return Output { stdout: output.stdout, ..quiet };
    }
    heard(output)
}

/// The same of a command that has ended.
pub fn heard(mut output: Output) -> Output {
    if let Some(folder) = folder() {
        let said = [&output.stdout[..], &output.stderr].concat();
        std::fs::write(fresh(&folder, "out"), said).unwrap();
        output.stderr = without_traces(&String::from_utf8_lossy(&output.stderr)).into_bytes();
    }
    output
}

/// A text without the lines that are logged at trace, debug and info.
pub fn without_traces(said: &str) -> String {
    let is_trace = |line: &&str| {
        let level = line.split_whitespace().nth(1).unwrap_or_default();
        line.starts_with("20") && ["TRACE", "DEBUG", "INFO"].contains(&level)
    };
    said.split_inclusive('\n').filter(|line| !is_trace(line)).collect()
}

/// Notes the personal values of a row that is sent.
pub fn sent<'a>(dossiers: impl IntoIterator<Item = &'a Dossier>) {
    if let Some(folder) = folder() {
        keep(&folder, dossiers.into_iter().flat_map(personal));
    }
}

/// Notes the personal values of a file of rows, JSON or CSV.
fn sent_in_file(file: &Path) {
    let Some(folder) = folder() else { return };
    let Ok(text) = std::fs::read_to_string(file) else { return };
    keep(&folder, in_text(&text));
}

fn keep(folder: &Path, values: impl IntoIterator<Item = String>) {
    let values: BTreeSet<String> = values.into_iter().collect();
    if !values.is_empty() {
        let text = serde_json::to_string(&values).unwrap();
        std::fs::write(fresh(&folder.join(SENT), "json"), text).unwrap();
    }
}

/// All values that were kept in a folder.
pub fn all_sent(folder: &Path) -> BTreeSet<String> {
    let Ok(files) = std::fs::read_dir(folder.join(SENT)) else { return BTreeSet::new() };
    let read = |path: PathBuf| -> Vec<String> {
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    };
    files.flat_map(|file| read(file.unwrap().path())).collect()
}

/// The fields of v3 whose values are personal. A former CFA is sealed too, but as the id of a CFA it is public.
fn personal_fields() -> impl Iterator<Item = Field> {
    let all = Field::ALL.iter().copied();
    all.filter(|field| field.visibility() != Visibility::Public)
        .filter(|field| *field != Field::DernierOrganismeUai)
}

/// The personal values of the rows of a text, JSON or CSV.
pub fn in_text(text: &str) -> Vec<String> {
    let rows: Vec<Value> = match serde_json::from_str(text) {
        Ok(Value::Array(rows)) => rows,
        _ => return in_csv(text),
    };
    let of = |row: &Value| -> Vec<String> {
        let values = personal_fields().filter_map(|field| row.get(field.name())?.as_str());
        values.flat_map(|value| ways(value.to_owned())).collect()
    };
    rows.iter().flat_map(of).collect()
}

fn in_csv(text: &str) -> Vec<String> {
    let mut lines = text.lines();
    let Some(head) = lines.next().filter(|head| head.contains("nom_apprenant")) else {
        return Vec::new();
    };
    let mark = [';', '\t', ','].into_iter().find(|mark| head.contains(*mark)).unwrap_or(';');
    let columns: Vec<&str> = head.split(mark).collect();
    let names: Vec<&str> = personal_fields().map(Field::name).collect();
    let of = |line: &str| -> Vec<String> {
        let cells = columns.iter().zip(line.split(mark));
        let personal = cells.filter(|(name, _)| names.contains(&name.trim_matches('"')));
        personal.flat_map(|(_, value)| ways(value.trim_matches('"').to_owned())).collect()
    };
    lines.flat_map(of).collect()
}

/// The personal values of a row, as sent and in the forms that programs like.
pub fn personal(dossier: &Dossier) -> Vec<String> {
    as_sent(dossier).into_iter().flat_map(ways).collect()
}

/// The personal values of a row.
pub fn as_sent(dossier: &Dossier) -> Vec<String> {
    let row = to_raw(dossier.clone());
    let text = |field| match row.get(field) {
        Some(RawValue::Text(text)) => Some(text.clone()),
        _ => None,
    };
    personal_fields().filter_map(text).collect()
}

/// A value as it is; a telephone number and a date in other ways too.
fn ways(value: String) -> Vec<String> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    if digits && value.len() == 10 && value.starts_with('0') {
        let pairs: Vec<&str> = (0..5).map(|pair| &value[2 * pair..2 * pair + 2]).collect();
        return vec![format!("+33{}", &value[1..]), pairs.join(" "), value];
    }
    let parts: Vec<&str> = value.split('-').collect();
    match parts[..] {
        // Eight digits in a row also come by chance, in a hash written as text.
        [year, month, day] if digits_only(year, 4) && digits_only(month, 2) => {
            vec![format!("{day}/{month}/{year}"), value]
        }
        _ => vec![value],
    }
}

fn digits_only(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
}
