use super::block::{Visibility, Whose};
use super::codes::Sector;
use super::*;
use std::collections::BTreeSet;

/// A form in which every field is asked for or may be: a minor's, of a private employer, with two maîtres.
fn full() -> Form {
    let mut form = example_form();
    for (path, text) in [
        ("employer.sector", "prive"),
        ("apprentice.born_on", "2008-02-29"),
        ("guardian.same_address", "false"),
        ("masters.2.name", "Martin"),
        ("training.same_place", "false"),
        ("terms.kind", "33"),
    ] {
        form.set(path, Some(text)).unwrap();
    }
    form
}

fn value(form: &Form, path: &str) -> Option<String> {
    form.fields().into_iter().find(|met| met.path == path).unwrap().value
}

#[test]
fn the_example_is_complete_and_says_what_is_missing_when_a_field_is_taken_away() {
    let form = example_form();
    let complete = form.completeness();
    assert_eq!((complete.percent(), complete.missing.as_slice()), (100, [].as_slice()));
    for met in form.fields().into_iter().filter(|met| met.asked) {
        let mut without = form.clone();
        without.set(&met.path, None).unwrap();
        let completeness = without.completeness();
        assert!(completeness.percent() < 100, "{}", met.path);
        assert!(
            completeness.missing.iter().any(|missing| missing.path == met.path),
            "{}",
            met.path
        );
    }
    assert_eq!(Form::default().completeness().percent(), 0);
}

/// `REGENERATE=1 cargo test -p domain --lib cerfa` writes it anew.
#[test]
fn the_example_is_a_file_that_people_can_begin_with() {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/contrat.json");
    let text = example_form().to_json();
    if std::env::var_os("REGENERATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap_or_default() == text,
        "it is not the example form"
    );
}

#[test]
fn every_field_is_set_by_its_path_and_read_back_as_it_was_written() {
    let form = full();
    let mut copy = Form::default();
    for met in form.fields() {
        copy.set(&met.path, met.value.as_deref()).unwrap();
    }
    assert_eq!(copy, form);
    for met in form.fields() {
        copy.set(&met.path, None).unwrap();
    }
    assert_eq!(copy, Form::default());
    let paths: BTreeSet<String> = form.fields().into_iter().map(|met| met.path).collect();
    assert_eq!(paths.len(), form.fields().len(), "a path comes twice");
    // Each field reads something: what it refuses, it refuses by a rule of its own.
    for path in &paths {
        match copy.set(path, Some("\u{1}")) {
            Err(Refused::Invalid { path: named, invalid }) => {
                assert_eq!(&named, path);
                assert!(!invalid.text.fr.is_empty());
            }
            other => panic!("{path}: {other:?}"),
        }
    }
    assert_eq!(copy, Form::default(), "what is refused changes nothing");
}

#[test]
fn a_path_that_leads_nowhere_is_refused() {
    let mut form = Form::default();
    for path in [
        "",
        ".",
        "employer",
        "employer.",
        "employer.nir",
        "apprentice.nir",
        "masters.0.name",
        "masters.3.name",
        "masters.name",
        "pay.years.5.first.rate",
        "pay.years.1.third.rate",
        "employer.address",
        "employer.siret.x",
        "version",
    ] {
        let refused = form.set(path, Some("1"));
        assert_eq!(refused, Err(Refused::NoSuchField(path.to_owned())), "{path}");
    }
}

#[test]
fn what_is_asked_for_depends_on_what_is_said() {
    let asked = |form: &Form| -> BTreeSet<String> {
        form.fields().into_iter().filter(|met| met.asked).map(|met| met.path).collect()
    };
    let example = asked(&example_form());
    let full = asked(&full());
    for path in [
        "guardian.name",
        "guardian.first_name",
        "guardian.email",
        "guardian.commune",
        "apprentice.emancipated",
        "apprentice.scheme",
        "masters.2.email",
        "main_place.siret",
        "employer.idcc",
        "terms.previous_number",
        "terms.amendment_on",
        "pay.pension_fund",
    ] {
        assert!(full.contains(path) && !example.contains(path), "{path}");
    }
    assert!(example.contains("employer.own_unemployment_scheme"));
    assert!(!full.contains("employer.own_unemployment_scheme"));
    // Emancipated, or of age on the day of the signature: nobody represents them.
    let mut form = example_form();
    form.set("apprentice.born_on", Some("2006-08-26")).unwrap();
    assert!(!asked(&form).contains("guardian.name"), "eighteen on that day");
    form.set("apprentice.born_on", Some("2006-08-27")).unwrap();
    assert!(asked(&form).contains("guardian.name"));
    form.set("apprentice.emancipated", Some("oui")).unwrap();
    assert!(!asked(&form).contains("guardian.name"));
    form.set("guardian.same_address", Some("oui")).unwrap();
    form.set("apprentice.emancipated", Some("non")).unwrap();
    assert!(!asked(&form).contains("guardian.street"));
}

#[test]
fn what_names_a_person_is_sealed_under_whose_it_is() {
    let fields = full().fields();
    let public: Vec<&str> = fields
        .iter()
        .filter(|met| met.visibility == Visibility::Public)
        .map(|met| met.path.as_str())
        .collect();
    let shown = |path: &&str| {
        ["terms.", "training.", "main_place.", "deposit."]
            .iter()
            .any(|block| path.starts_with(block))
            || [
                "employer.sector",
                "employer.kind",
                "employer.specificity",
                "employer.own_unemployment_scheme",
            ]
            .contains(path)
    };
    assert!(public.iter().all(shown), "{public:?}");
    let whose =
        |path: &str| fields.iter().find(|met| met.path == path).map(|met| met.visibility).unwrap();
    for (path, of) in [
        ("terms.kind", Whose::Apprentice),
        ("terms.derogation", Whose::Apprentice),
        ("terms.previous_number", Whose::Apprentice),
        ("pay.gross_monthly", Whose::Apprentice),
        ("employer.siret", Whose::Employer),
        ("employer.address.street", Whose::Employer),
        ("guardian.email", Whose::Guardian),
        ("masters.1.name", Whose::FirstMaster),
        ("masters.2.name", Whose::SecondMaster),
    ] {
        assert_eq!(whose(path), Visibility::Sealed(of), "{path}");
    }
}

#[test]
fn a_first_name_may_be_declared_absent_and_is_not_missing_then() {
    let mut form = example_form();
    form.set("apprentice.first_name", Some(" - ")).unwrap();
    assert_eq!(form.completeness().percent(), 100);
    assert_eq!(value(&form, "apprentice.first_name").as_deref(), Some("-"));
    form.set("apprentice.first_name", None).unwrap();
    assert_eq!(
        form.completeness().missing[0].label,
        "Premier prénom de l'apprenti selon l'état civil"
    );
}

#[test]
fn values_are_read_as_people_write_them_and_written_in_one_way() {
    let mut form = Form::default();
    for (path, written, read) in [
        ("pay.gross_monthly", "1 823,03 €", "1823.03"),
        ("pay.gross_monthly", "1823", "1823.00"),
        ("pay.years.1.first.rate", "53 %", "53"),
        ("pay.years.1.first.rate", "53,5", "53.5"),
        ("pay.years.1.first.rate", "0.25", "0.25"),
        ("terms.weekly_time", "35h", "35:00"),
        ("terms.weekly_time", "7:30", "7:30"),
        ("terms.start_on", "02/09/2024", "2024-09-02"),
        ("terms.previous_number", "035 2024 09 ab 0001", "035202409AB0001"),
        ("terms.previous_number", "nc", "NC"),
        ("employer.naf", "84.12z", "8412Z"),
        ("apprentice.birth_departement", "2a", "2A"),
        ("apprentice.birth_name", "  Le   Goff ", "Le Goff"),
        ("apprentice.disability", "OUI", "true"),
        ("employer.headcount", "0042", "42"),
    ] {
        form.set(path, Some(written)).unwrap();
        assert_eq!(value(&form, path).as_deref(), Some(read), "{written}");
    }
    for (path, wrong, rule) in [
        ("pay.gross_monthly", "1823,033", "MONEY_FORM"),
        ("pay.gross_monthly", "-1", "MONEY_FORM"),
        ("pay.gross_monthly", "99999999999", "MONEY_FORM"),
        ("pay.gross_monthly", "", "MONEY_FORM"),
        ("pay.years.1.first.rate", "200.01", "RATE_FORM"),
        ("terms.weekly_time", "35:60", "TIME_FORM"),
        ("terms.weekly_time", "169", "TIME_FORM"),
        ("terms.start_on", "2024-02-30", "DATE_FORM"),
        ("terms.start_on", "2024-09-02T00:00:00Z", "DATE_ZONED"),
        ("terms.previous_number", "035202413AB0001", "CONTRACT_NUMBER_FORM"),
        ("employer.naf", "84122", "NAF_FORM"),
        ("employer.idcc", "99", "IDCC_FORM"),
        ("apprentice.birth_departement", "96", "DEPARTEMENT_FORM"),
        ("apprentice.birth_departement", "00", "DEPARTEMENT_FORM"),
        ("apprentice.disability", "peut-être", "YES_NO"),
        ("apprentice.birth_name", "  ", "TEXT_EMPTY"),
        ("apprentice.birth_name", &"x".repeat(256), "TEXT_LONG"),
        ("apprentice.birth_name", "a\u{7}b", "TEXT_CONTROL"),
        ("apprentice.birth_name", "Dupont 2040435238001", "TEXT_NIR"),
        ("employer.headcount", "4294967296", "NUMBER_FORM"),
        ("employer.siret", "13002526500014", "SIRET_KEY"),
        ("employer.kind", "99", "CODE_UNKNOWN"),
    ] {
        let Err(Refused::Invalid { invalid, .. }) = form.set(path, Some(wrong)) else {
            panic!("{path}: {wrong:?} is read")
        };
        assert_eq!(invalid.rule, rule, "{path}: {wrong:?}");
        assert!(
            wrong.len() < 3 || !invalid.text.to_string().contains(wrong),
            "it quotes the value"
        );
    }
}

#[test]
fn whose_contract_is_of_public_law_is_said_by_the_kind_of_employer() {
    let mut form = Form::default();
    assert_eq!(form.is_public_law(), None);
    form.employer.sector = Some(Sector::Public);
    assert_eq!(form.is_public_law(), None, "it may be an EPIC");
    for (kind, public) in [("22", true), ("30", false), ("11", false)] {
        form.set("employer.kind", Some(kind)).unwrap();
        assert_eq!(form.is_public_law(), Some(public));
    }
}

#[test]
fn nothing_of_a_form_is_shown_by_debug() {
    let shown = format!("{:?} {:?} {:?}", full(), full().apprentice, full().apprentice.birth_name);
    assert!(!shown.contains("Alen"), "{shown}");
}

#[test]
fn somebody_born_on_the_twenty_ninth_of_february_is_of_age_on_the_last_day_of_february() {
    let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
    for (born, age, on) in [
        ("2008-02-29", 18, "2026-02-28"),
        ("2008-02-29", 20, "2028-02-29"),
        ("2008-03-01", 18, "2026-03-01"),
        ("2007-12-31", 18, "2025-12-31"),
    ] {
        assert_eq!(turns(day(born), age), Some(day(on)));
    }
    assert_eq!(turns(day("2008-02-29"), u32::MAX), None);
}
