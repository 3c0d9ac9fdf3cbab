//! Statuses and rule sets are written and read back under their public names.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use domain::rules::{RuleSet, Status, UnknownName};

#[test]
fn statuses_have_one_name_in_text_and_json() {
    let names = Status::ALL.map(|status| status.to_string());
    assert_eq!(names, ["INSCRIT", "APPRENTI", "RUPTURANT", "ABANDON", "FIN_DE_FORMATION"]);
    for (status, name) in Status::ALL.into_iter().zip(names) {
        assert_eq!(name.parse(), Ok(status));
        assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{name}\""));
    }
}

#[test]
fn rule_sets_have_one_name_in_text_and_json_and_r3_is_the_default() {
    let names = RuleSet::ALL.map(|rules| rules.to_string());
    assert_eq!(names, ["R1", "R2", "R3"]);
    for (rules, name) in RuleSet::ALL.into_iter().zip(names) {
        assert_eq!(name.parse(), Ok(rules));
        assert_eq!(serde_json::to_string(&rules).unwrap(), format!("\"{name}\""));
    }
    assert_eq!(RuleSet::default(), RuleSet::R3);
}

#[test]
fn another_name_is_refused_in_english_and_in_french() {
    let refusal = "R4".parse::<RuleSet>().unwrap_err();
    assert_eq!(refusal, UnknownName::RuleSet { given: "R4".to_owned() });
    assert_eq!(refusal.text().en, "no rule set is called \"R4\"; expected R1, R2 or R3");
    assert!(refusal.text().fr.contains("« R4 »"));
    for wrong in ["", "PRE_INSCRIT", "inscrit", " INSCRIT", "FIN DE FORMATION"] {
        let refusal = wrong.parse::<Status>().unwrap_err();
        assert_eq!(refusal, UnknownName::Status { given: wrong.to_owned() });
    }
}

#[test]
fn a_refusal_never_repeats_a_long_text() {
    let refusal = "é".repeat(10_000_000).parse::<Status>().unwrap_err();
    assert!(refusal.to_string().len() < 300);
}
