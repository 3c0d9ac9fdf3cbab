//! `docs/rules.md` is made of the table.
//!
//! `REGENERATE=1 cargo test -p domain --test law_document` writes it anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use domain::law::{Rule, Severity, table};
use std::fmt::Write as _;
use std::path::Path;

/// What stands before the rules.
const HEAD: &str = "\
# Rules of the apprenticeship contract

Made from the table in `domain/src/law` by `REGENERATE=1 cargo test -p domain --test law_document`. A contract is judged by
the rules of its own day, that of its conclusion, and so are its amendments: what changed the law says of which contracts it is
by their conclusion. An amendment has days of its own for what is done then: who signs, and when it is sent. *Refus*: a form that
breaks it is not published, nor a contract sent where it does not go; a rupture or an end that breaks it happened all the same: it is recorded, and whoever
reads the contract is told. *À vérifier*: whoever decides is told. A rule whose fields are not all filled, or that needs a table which is not confirmed so far, is *undetermined*:
never a pass. Dates are inclusive. The numbers of articles come mostly from secondary sources: correct them in the table.
";

fn dates(rule: &Rule) -> String {
    let from =
        (rule.from > table::FIRST_DAY).then(|| format!("du {}", rule.from.format("%d/%m/%Y")));
    let until = rule.until.map(|until| format!("au {}", until.format("%d/%m/%Y")));
    match (from, until) {
        (None, None) => "toujours".to_owned(),
        (None, Some(until)) => format!("jusqu'{until}"),
        (Some(from), None) => format!("à partir {from}"),
        (Some(from), Some(until)) => format!("{from} {until}"),
    }
}

#[test]
fn the_document_says_what_the_table_says() {
    let mut text = HEAD.to_owned();
    for (subject, rules) in table::subjects() {
        let _ = write!(
            text,
            "\n## {subject}\n\n| règle | article | en vigueur | | ce qu'elle demande |\n|---|---|---|---|---|\n"
        );
        for rule in rules {
            let severity = match rule.severity {
                Severity::Refuse => "refus",
                Severity::Warn => "à vérifier",
            };
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {severity} | {} |",
                rule.id,
                rule.article,
                dates(rule),
                rule.fr
            );
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rules.md");
    if std::env::var_os("REGENERATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == text, "docs/rules.md is not what the table says: write it anew");
}
