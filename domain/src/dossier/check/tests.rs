//! What a row becomes, seen from outside.

mod doubtful;
mod identifying;
mod properties;

use crate::dossier::{
    Declaration, Field, Issue, RawDossier, RawValue, Severity, check, complete_row, example_row,
};
use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// A day after everything that the example rows say.
fn extraction() -> NaiveDate {
    day(2026, 10, 1)
}

fn read(row: &RawDossier) -> Declaration {
    check(row, extraction()).unwrap()
}

fn rules_of(issues: &[Issue]) -> Vec<(Field, &'static str)> {
    issues.iter().map(|issue| (issue.field, issue.rule)).collect()
}

/// The refusals of the example row with one field changed.
fn refusals(field: Field, value: Option<RawValue>) -> Vec<(Field, &'static str)> {
    let mut row = example_row();
    row.set(field, value);
    let issues = check(&row, extraction()).unwrap_err();
    assert!(issues.iter().all(|issue| issue.severity == Severity::Refused));
    rules_of(&issues)
}

/// The declaration of the example row with one field changed.
fn changed(field: Field, text: &str) -> Declaration {
    read(&example_row().with(field, text))
}

fn text(text: &str) -> Option<RawValue> {
    Some(RawValue::Text(text.to_owned()))
}

#[test]
fn the_example_row_says_what_it_says_without_a_warning() {
    let read = check(&example_row(), day(2024, 10, 1)).unwrap();
    assert_eq!(read.warnings, []);
    assert_eq!(read.dropped.0, 0);
    assert_eq!(read.identity.last_name, "D'ALENÇON");
    assert_eq!(read.training.trainer.uai.as_str(), "0010826T");
    assert_eq!(read.facets.birth_month, Some(day(2006, 4, 1)));
    assert_eq!(read.facets.home_departement.as_deref(), Some("01"));
    assert_eq!(read.contracts.len(), 1);
    assert!(!read.facets.has_nir);
}

#[test]
fn a_complete_row_states_every_field() {
    let row = complete_row();
    assert_eq!(row.present().count(), Field::ALL.len());
    let read = read(&row);
    assert_eq!(rules_of(&read.warnings), []);
    for field in Field::ALL {
        assert!(read.stated.contains(*field), "{field:?}");
    }
    assert_eq!(read.contracts.iter().map(|c| c.slot).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(read.facets.declared_status_on, Some(day(2024, 9, 2)));
    assert_eq!(read.diploma, Some(true));
    assert_eq!(read.background.last_situation, Some(1003));
}

#[test]
fn accents_written_apart_from_their_letters_say_the_same() {
    let row = complete_row().with(Field::IdErpApprenant, "élève 1");
    let mut apart = row.clone();
    for (field, value) in row.present() {
        if let RawValue::Text(text) = value {
            apart.set(field, Some(RawValue::Text(text.nfd().collect())));
        }
    }
    assert_ne!(apart, row);
    assert_eq!(read(&apart), read(&row));
    assert_eq!(read(&apart).warnings, [], "nobody sees a difference: there is nothing to correct");
}

#[test]
fn absent_fields_are_neither_stated_nor_dropped() {
    let row = example_row();
    let read = read(&row);
    for field in Field::ALL {
        assert_eq!(read.stated.contains(*field), row.get(*field).is_some(), "{field:?}");
        assert!(!read.dropped.contains(*field), "{field:?}");
    }
}

#[test]
fn every_rule_has_a_stable_name_and_two_texts() {
    let mut names: Vec<_> = super::rules::ALL.iter().map(|rule| rule.name).collect();
    names.extend(crate::identifiers::rules::ALL.iter().map(|rule| rule.name));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "two rules of one name");
    for rule in super::rules::ALL {
        assert!(rule.name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'), "{rule:?}");
        assert!(!rule.en.is_empty() && !rule.en.ends_with('.'), "{rule:?}");
        assert!(rule.fr.ends_with('.'), "{rule:?}");
    }
}
