//! Rows of dossiers from files: a JSON array, or CSV as spreadsheets write it.
//!
//! Reading is tolerant of form (numbers as text, French headers' separators,
//! old encodings) and silent about nothing: what was dropped comes back as a
//! warning. Whether a value is true is not judged here.

mod csv;
mod json;
#[cfg(test)]
mod tests;
mod value;

use domain::dossier::RawDossier;
use std::io::Read;
use std::path::Path;

/// The largest file that is read, in bytes: 100,000 rows of the v3 push.
pub const MAX_FILE_BYTES: u64 = 512 << 20;

/// Rows, and what was dropped while reading them.
#[derive(Debug, Default)]
pub struct Rows {
    /// The rows, in the file's order.
    pub rows: Vec<RawDossier>,
    /// One sentence for each thing dropped, without personal data.
    pub warnings: Vec<String>,
}

/// Why a file gave no rows.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be opened or read.
    #[error(transparent)]
    Read(#[from] std::io::Error),
    /// It is larger than [`MAX_FILE_BYTES`].
    #[error("the file is larger than {} MB: split it", MAX_FILE_BYTES >> 20)]
    TooLarge,
    /// It begins like JSON and is not an array of objects.
    #[error(
        "not a JSON array of dossiers ({0}): expected [{{\"nom_apprenant\": …}}, …] with the \
         field names of the v3 push"
    )]
    Json(String),
    /// It is CSV that cannot be read.
    #[error("the CSV cannot be read: {0}")]
    Csv(String),
    /// No column has a name of the v3 push.
    #[error(
        "the first line names no field of the v3 push: expected columns such as nom_apprenant, \
         prenom_apprenant, date_de_naissance_apprenant, separated by ; or ,"
    )]
    NoKnownColumn,
}

/// Reads a file, or standard input for `-`.
///
/// # Errors
/// See [`FileError`].
pub fn read(path: &Path) -> Result<Rows, FileError> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    } else {
        fs_err::File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(FileError::TooLarge);
    }
    parse(&bytes)
}

/// Reads rows from the bytes of a file; JSON when it begins with a bracket.
///
/// # Errors
/// See [`FileError`].
pub fn parse(bytes: &[u8]) -> Result<Rows, FileError> {
    let text = decode(bytes);
    match text.trim_start().chars().next() {
        Some('[' | '{') => json::parse(&text),
        _ => csv::parse(&text),
    }
}

/// Rows as a JSON array of v3 dossiers.
#[must_use]
pub fn to_json(rows: &[RawDossier]) -> Vec<u8> {
    json::write(rows)
}

/// UTF-8, with or without its mark; what is not UTF-8 is Windows-1252.
fn decode(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}
