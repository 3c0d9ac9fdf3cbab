//! CSV whose first line has the names of the v3 push, in any order.

use super::value::fit;
use super::{FileError, Rows};
use domain::dossier::{Field, RawDossier, RawValue};

pub(super) fn parse(text: &str) -> Result<Rows, FileError> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let csv_error = |error: csv::Error| FileError::Csv(error.to_string());
    let mut read = Rows::default();
    let columns = columns(reader.headers().map_err(csv_error)?, &mut read.warnings)?;
    for (rank, record) in reader.records().enumerate() {
        let record = record.map_err(csv_error)?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().all(str::is_empty) {
            continue;
        }
        if record.len() > columns.len() {
            return Err(FileError::Csv(format!(
                "line {line} has {} columns and the first line {}; is a separator missing quotes?",
                record.len(),
                columns.len()
            )));
        }
        read.rows.push(row(&record, &columns, rank + 1, &mut read.warnings));
    }
    Ok(read)
}

fn row(
    record: &csv::StringRecord,
    columns: &[Option<Field>],
    rank: usize,
    warnings: &mut Vec<String>,
) -> RawDossier {
    let mut row = RawDossier::default();
    for (column, text) in columns.iter().zip(record).filter(|(_, text)| !text.is_empty()) {
        let Some(field) = *column else { continue };
        match fit(field, RawValue::Text(text.to_owned())) {
            Ok(value) => row.set(field, Some(value)),
            Err(expected) => warnings
                .push(format!("row {rank}: {} dropped, it should be {expected}", field.name())),
        }
    }
    row
}

/// The field of each column; an unknown column is told once.
fn columns(
    header: &csv::StringRecord,
    warnings: &mut Vec<String>,
) -> Result<Vec<Option<Field>>, FileError> {
    let columns: Vec<Option<Field>> =
        header.iter().map(|name| Field::from_name(&name.to_lowercase())).collect();
    if columns.iter().all(Option::is_none) {
        return Err(FileError::NoKnownColumn);
    }
    let unknown: Vec<&str> =
        header.iter().zip(&columns).filter(|(_, c)| c.is_none()).map(|(name, _)| name).collect();
    if !unknown.is_empty() {
        warnings.push(format!("columns not of the v3 push, dropped: {}", unknown.join(", ")));
    }
    Ok(columns)
}

/// The separator that the first line has most of.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |byte: u8| first.bytes().filter(|b| *b == byte).count();
    [b';', b',', b'\t'].into_iter().max_by_key(|b| (count(*b), *b == b';')).unwrap_or(b';')
}
