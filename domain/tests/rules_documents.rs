//! The table of interpretations is written twice, for readers of the code and
//! of the documents: both say the same, and each line has its test.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::path::Path;

/// A file of the project.
fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    std::fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines of a table that begin with a number.
fn numbered(text: &str) -> Vec<&str> {
    let lines = text.lines().map(|line| line.trim_start_matches("//! "));
    lines
        .filter(|l| l.strip_prefix("| ").is_some_and(|l| l.starts_with(char::is_numeric)))
        .collect()
}

#[test]
fn the_table_of_interpretations_is_the_same_in_the_code_and_in_the_documents() {
    let (code, document) = (read("domain/src/rules/mod.rs"), read("docs/rules-of-status.md"));
    assert_eq!(numbered(&code), numbered(&document));
}

#[test]
fn each_interpretation_but_the_last_three_has_a_test_of_its_number() {
    let tests = read("domain/tests/rules_interpretations.rs");
    let lines = numbered(&read("domain/src/rules/mod.rs")).len();
    assert_eq!(lines, 22, "the document names the last three, 20, 21 and 22");
    for number in 1..=lines - 3 {
        assert!(tests.contains(&format!("fn i{number:02}_")), "interpretation {number}");
    }
}
