//! What identifies or dates a dossier, and so refuses it.

use super::*;
use crate::dossier::MAX_TEXT_BYTES;
use Field::{
    AnneeScolaire, DateDeNaissanceApprenant, DateEntreeFormation, DateFinFormation,
    EtablissementFormateurSiret, EtablissementFormateurUai, IdErpApprenant, NirApprenant,
    NomApprenant, PrenomApprenant,
};

#[test]
fn each_required_field_but_a_name_refuses_the_row_when_it_is_missing() {
    for field in Field::ALL.iter().copied().filter(|field| field.required()) {
        if matches!(field, NomApprenant | PrenomApprenant) {
            continue;
        }
        assert_eq!(refusals(field, None), [(field, "MISSING")]);
        assert_eq!(refusals(field, text("\0\u{200b}")), [(field, "MISSING")]);
    }
}

#[test]
fn no_other_field_refuses_the_row() {
    for field in Field::ALL.iter().copied().filter(|field| !field.required()) {
        for value in [RawValue::Text("\0?".into()), RawValue::Int(-7), RawValue::Bool(true)] {
            let mut row = complete_row();
            row.set(field, Some(value));
            assert!(check(&row, extraction()).is_ok(), "{field:?}");
        }
        let long = "1".repeat(MAX_TEXT_BYTES + 1);
        assert!(check(&complete_row().with(field, &long), extraction()).is_ok(), "{field:?}");
    }
}

#[test]
fn all_refusals_of_a_row_are_told_at_once() {
    let row = example_row()
        .with(EtablissementFormateurUai, "0010826A")
        .with(EtablissementFormateurSiret, "13002526500014")
        .with(DateDeNaissanceApprenant, "0000-00-00")
        .with(AnneeScolaire, "2024-2027");
    assert_eq!(
        rules_of(&check(&row, extraction()).unwrap_err()),
        [
            (DateDeNaissanceApprenant, "DATE_RANGE"),
            (AnneeScolaire, "SCHOOL_YEAR_SPAN"),
            (EtablissementFormateurUai, "UAI_KEY"),
            (EtablissementFormateurSiret, "SIRET_KEY"),
        ]
    );
    assert_eq!(refusals(DateEntreeFormation, text("demain")), [(DateEntreeFormation, "DATE_FORM")]);
}

#[test]
fn one_name_only_is_ordinary() {
    let mut row = example_row();
    row.set(PrenomApprenant, None);
    let read_row = read(&row);
    assert_eq!(rules_of(&read_row.warnings), [(PrenomApprenant, "ONE_NAME_ONLY")]);
    assert_eq!(read_row.identity.first_name, "");
    assert!(!read_row.stated.contains(PrenomApprenant));
    assert!(!read_row.dropped.contains(PrenomApprenant));

    row.set(NomApprenant, text(" \u{200b} "));
    assert_eq!(
        rules_of(&check(&row, extraction()).unwrap_err()),
        [(NomApprenant, "NAMES_MISSING")]
    );
}

#[test]
fn a_name_keeps_its_accents_and_particles_in_capitals() {
    let identity = changed(NomApprenant, "  de  la Tour-d'Auvergne né Œuvrard ").identity;
    assert_eq!(identity.last_name, "DE LA TOUR-D'AUVERGNE NÉ ŒUVRARD");
    assert_eq!(
        changed(PrenomApprenant, " Jean-François  Régis ").identity.first_name,
        "Jean-François Régis"
    );
    assert_eq!(changed(NomApprenant, "Nguyễn").identity.last_name, "NGUYỄN");
    assert_eq!(changed(NomApprenant, "李").identity.last_name, "李");
}

#[test]
fn a_capital_that_comes_apart_is_composed_again() {
    assert_eq!(changed(NomApprenant, "\u{390}").identity.last_name, "\u{3aa}\u{301}");
}

#[test]
fn a_number_is_an_id_but_not_a_name() {
    let mut row = example_row();
    row.set(IdErpApprenant, Some(RawValue::Int(1042)));
    assert_eq!(read(&row).identity.id_erp, "1042");
    assert_eq!(refusals(NomApprenant, Some(RawValue::Int(1042))), [(NomApprenant, "WRONG_KIND")]);
    assert_eq!(
        refusals(IdErpApprenant, Some(RawValue::Bool(true))),
        [(IdErpApprenant, "WRONG_KIND")]
    );
}

#[test]
fn a_social_security_number_identifies_nobody() {
    for (field, value) in [
        (IdErpApprenant, text("185057800608491")),
        (IdErpApprenant, text("1 85 05 78 006 084")),
        (IdErpApprenant, Some(RawValue::Int(185_057_800_608_491))),
        (NomApprenant, text("DURAND 1 85 05 78 006 084")),
        (EtablissementFormateurSiret, text("185057800608491")),
        (DateEntreeFormation, text("1850578006084")),
    ] {
        assert_eq!(refusals(field, value), [(field, "NIR_IN_IDENTIFYING_FIELD")]);
    }
}

#[test]
fn an_id_of_thirteen_digits_is_an_id_unless_it_is_the_learners_own_number() {
    for id in ["1712345678901", "1850578006084"] {
        assert_eq!(changed(IdErpApprenant, id).identity.id_erp, id);
        assert_eq!(changed(IdErpApprenant, id).warnings, []);
    }
    for own in ["1850578006084", "1 85 05 78 006 084 91", "185057800608491"] {
        let mut row = example_row().with(NirApprenant, own).with(IdErpApprenant, "1850578006084");
        let refused = check(&row, extraction()).unwrap_err();
        assert_eq!(
            (refused[0].field, refused[0].rule),
            (IdErpApprenant, "NIR_IN_IDENTIFYING_FIELD")
        );
        row.set(IdErpApprenant, text("1712345678901"));
        assert!(check(&row, extraction()).is_ok());
    }
}

#[test]
fn an_identifying_text_is_never_cut() {
    let long = text(&"A".repeat(MAX_TEXT_BYTES + 1));
    for field in [IdErpApprenant, NomApprenant, DateFinFormation] {
        assert_eq!(refusals(field, long.clone()), [(field, "TEXT_TOO_LONG")]);
    }
    assert_eq!(changed(IdErpApprenant, &"A".repeat(MAX_TEXT_BYTES)).warnings, []);
}

#[test]
fn a_training_ends_on_or_after_its_first_day() {
    assert_eq!(
        refusals(DateFinFormation, text("2024-08-31")),
        [(DateFinFormation, "TRAINING_END_BEFORE_ENTRY")]
    );
    assert_eq!(changed(DateFinFormation, "2024-09-01").warnings, []);
}

#[test]
fn french_dates_and_loose_school_years_are_read() {
    let training = changed(DateEntreeFormation, "01/09/2024").training;
    assert_eq!(training.entry_on, day(2024, 9, 1));
    assert_eq!(changed(AnneeScolaire, "2024 / 2025").training.school_year.as_str(), "2024-2025");
}

#[test]
fn a_zoned_date_is_read_in_paris_with_a_warning() {
    let read = changed(DateEntreeFormation, "2024-08-31T22:00:00.000Z");
    assert_eq!(read.training.entry_on, day(2024, 9, 1));
    assert_eq!(rules_of(&read.warnings), [(DateEntreeFormation, "DATE_WITH_ZONE")]);
}
