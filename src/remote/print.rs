//! Answers on the terminal.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use proto::v1;
use serde::Serialize;

/// An answer that prints as a table and as JSON.
pub trait Printable: Serialize {
    /// For people.
    fn table(&self) -> String;
}

/// What an answer reflects.
#[derive(Debug, Serialize)]
pub struct Basis {
    as_of: String,
    position: u64,
    recorded_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_set: Option<&'static str>,
    reference_set: String,
    lag: u64,
}

impl Basis {
    /// From the answer.
    #[must_use]
    pub fn of(basis: Option<v1::Basis>) -> Self {
        let basis = basis.unwrap_or_default();
        Self {
            rule_set: rule_set_name(basis.rule_set()),
            as_of: basis.as_of,
            position: basis.position,
            recorded_at: basis.recorded_at,
            reference_set: basis.reference_set,
            lag: basis.lag,
        }
    }

    /// The day in the world, YYYY-MM-DD; empty when there is none.
    #[must_use]
    pub fn as_of(&self) -> &str {
        &self.as_of
    }

    /// One line under an answer that is in French.
    #[must_use]
    pub fn line_in_french(&self) -> String {
        let lag = match self.lag {
            1 => "1 événement pas encore compté".to_owned(),
            lag => format!("{lag} événements pas encore comptés"),
        };
        let position = format!("position {} du journal", self.position);
        self.joined(["au", "enregistrée le", "règles", "référentiel"], position, lag)
    }

    /// One line under a table.
    #[must_use]
    pub fn line(&self) -> String {
        let lag = format!("{} events not counted yet", self.lag);
        let position = format!("log position {}", self.position);
        self.joined(["as of", "recorded", "rules", "references"], position, lag)
    }

    /// What is said of it, each after its word; what is not said is left out.
    fn joined(&self, words: [&str; 4], position: String, lag: String) -> String {
        let [as_of, recorded, rules, references] = words;
        let said = |word: &str, what: &str| (!what.is_empty()).then(|| format!("{word} {what}"));
        let reference_set: String = self.reference_set.chars().take(12).collect();
        let parts = [
            said(as_of, &self.as_of),
            Some(position),
            said(recorded, &self.recorded_at),
            said(rules, self.rule_set.unwrap_or_default()),
            said(references, &reference_set),
            Some(lag).filter(|_| self.lag > 0),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// The name of a rule set, when there is one.
#[must_use]
pub fn rule_set_name(rules: v1::RuleSet) -> Option<&'static str> {
    match rules {
        v1::RuleSet::Unspecified => None,
        v1::RuleSet::R1 => Some("R1"),
        v1::RuleSet::R2 => Some("R2"),
        v1::RuleSet::R3 => Some("R3"),
    }
}

/// The name of a status; a dash when there is none.
#[must_use]
pub fn status_name(status: v1::Status) -> &'static str {
    match status {
        v1::Status::Unspecified => "-",
        v1::Status::Inscrit => "INSCRIT",
        v1::Status::Apprenti => "APPRENTI",
        v1::Status::Rupturant => "RUPTURANT",
        v1::Status::Abandon => "ABANDON",
        v1::Status::FinDeFormation => "FIN_DE_FORMATION",
    }
}

/// A number with thin groups of three digits.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (rank, digit) in digits.chars().enumerate() {
        if rank > 0 && (digits.len() - rank).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A share as a percentage with one decimal; a dash when nothing can be said.
#[must_use]
pub fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

/// One line under the header, no other: tables are read by people and by `grep`.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table; the columns from `numbers` on are aligned to the right.
#[must_use]
pub fn table(header: &[&str], rows: Vec<Vec<String>>, numbers: usize) -> String {
    let mut table = Table::new();
    table.load_style(STYLE).set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(numbers) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_shares_have_one_decimal() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(percent(Some(0.2149)), "21.5 %");
        assert_eq!(percent(None), "-");
    }
}
