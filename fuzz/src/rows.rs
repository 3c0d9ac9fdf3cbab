//! Rows of dossiers: files of CSV and JSON, and the row of a push.

use chrono::NaiveDate;
use domain::dossier::{Field, RawDossier, RawValue, check, without_nir};
use grpc::convert::dossier::{canonical_bytes, to_message};
use registre::files::{FileError, parse, to_json};

/// A file that does not begin like JSON.
pub fn csv(bytes: &[u8]) {
    let text = [b"nom_apprenant;", bytes].concat();
    match parse(&text) {
        Ok(read) => read.rows.iter().for_each(row_of),
        Err(error) => assert!(!matches!(error, FileError::Json(_) | FileError::Read(_))),
    }
}

/// A file that does. Rows that were read are read again from what is written of them.
pub fn json(bytes: &[u8]) {
    let text = [b"[", bytes].concat();
    match parse(&text) {
        Ok(read) => {
            read.rows.iter().for_each(row_of);
            let again = parse(&to_json(&read.rows)).map(|again| again.rows);
            assert_eq!(again.ok().as_ref(), Some(&read.rows));
        }
        Err(error) => assert!(matches!(error, FileError::Json(_))),
    }
}

/// The fields of one row, each after its rank in the dictionary and before a byte that is in no text.
pub fn row(bytes: &[u8]) {
    let mut row = RawDossier::default();
    for part in bytes.split(|byte| *byte == 0xff) {
        let Some((rank, text)) = part.split_first() else { continue };
        let Some(field) = Field::ALL.get(usize::from(*rank)) else { continue };
        row.set(*field, Some(RawValue::Text(String::from_utf8_lossy(text).into_owned())));
    }
    row_of(&row);
}

/// What becomes of a row that was pushed: its message, what may be kept of it, its checks.
fn row_of(row: &RawDossier) {
    let today = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap_or_default();
    if to_message(row).is_ok() {
        let kept = without_nir(row);
        assert_eq!(without_nir(&kept), kept, "no number is left behind another");
        let _ = canonical_bytes(&kept);
    }
    if let Err(issues) = check(row, today) {
        assert!(!issues.is_empty(), "a row is refused for a reason");
    }
}
