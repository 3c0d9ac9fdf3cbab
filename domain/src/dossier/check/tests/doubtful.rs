//! What is doubtful: kept, kept unverified, or dropped, always with a warning.

use super::*;
use crate::dossier::MAX_TEXT_BYTES;
use crate::enrolment::{Claimed, Sex};

/// The field is dropped, alone, for this reason.
fn assert_dropped(read: &Declaration, field: Field, rule: &'static str) {
    assert_eq!(rules_of(&read.warnings), [(field, rule)]);
    assert!(read.dropped.contains(field), "{field:?}");
    assert!(!read.stated.contains(field), "{field:?}");
}

/// The field is kept, with this warning.
fn assert_kept(read: &Declaration, field: Field, rule: &'static str) {
    assert_eq!(rules_of(&read.warnings), [(field, rule)]);
    assert!(!read.dropped.contains(field), "{field:?}");
    assert!(read.stated.contains(field), "{field:?}");
}

fn unverified(text: &str) -> Option<Claimed> {
    Some(Claimed { text: text.to_owned(), verified: false })
}

#[test]
fn a_doubtful_ine_employer_or_phone_is_kept_unverified() {
    let ine = changed(Field::IneApprenant, " 12 34z ");
    assert_kept(&ine, Field::IneApprenant, "INE_FORM");
    assert_eq!(ine.identity.ine, unverified("1234Z"));
    let filler = changed(Field::IneApprenant, "0000000000a");
    assert_kept(&filler, Field::IneApprenant, "INE_FORM");
    assert_eq!(filler.identity.ine, unverified("0000000000A"));

    let employer = changed(Field::SiretEmployeur, "130 025 265 00014");
    assert_kept(&employer, Field::SiretEmployeur, "SIRET_KEY");
    assert_eq!(employer.contracts[0].siret, unverified("13002526500014"));

    let phone = changed(Field::TelApprenant, "0892123456");
    assert_kept(&phone, Field::TelApprenant, "PHONE_PREMIUM");
    assert_eq!(phone.contact.phone, unverified("0892123456"));

    let verified = changed(Field::TelApprenant, "+33 6 12 34 56 78");
    assert_eq!(verified.contact.phone, Some(Claimed { text: "0612345678".into(), verified: true }));
    assert_dropped(&changed(Field::SiretEmployeur, "-"), Field::SiretEmployeur, "SIRET_FORM");
}

#[test]
fn what_has_one_form_only_is_dropped_when_it_has_another() {
    for (field, value, rule) in [
        (Field::EmailContact, "zoe@", "EMAIL_FORM"),
        (Field::ResponsableApprenantMail1, "rien", "EMAIL_FORM"),
        (Field::EtablissementLieuDeFormationUai, "0010826A", "UAI_KEY"),
        (Field::EtablissementLieuDeFormationSiret, "123", "SIRET_FORM"),
        (Field::EtablissementLieuDeFormationCodePostal, "PARIS", "POSTCODE_FORM"),
        (Field::CodePostalApprenant, "1", "POSTCODE_FORM"),
        (Field::CodePostalDeNaissanceApprenant, "99", "POSTCODE_FORM"),
        (Field::CodeCommuneInseeApprenant, "2C004", "COMMUNE_FORM"),
        (Field::FormationCfd, "123", "CFD_FORM"),
        (Field::FormationRncp, "RS5436", "RNCP_FORM"),
        (Field::LibelleCourtFormation, "X", "TITLE_TOO_SHORT"),
        (Field::SexeApprenant, "X", "UNKNOWN_CODE"),
        (Field::TypeCfa, "11", "UNKNOWN_CODE"),
        (Field::TypeCfa, "CFA", "NOT_A_WHOLE_NUMBER"),
        (Field::StatutApprenant, "1", "UNKNOWN_CODE"),
        (Field::AnneeFormation, "6", "OUT_OF_RANGE"),
        (Field::DureeTheoriqueFormation, "0", "OUT_OF_RANGE"),
        (Field::DureeTheoriqueFormationMois, "49", "OUT_OF_RANGE"),
        (Field::DerniereSituation, "12", "UNKNOWN_CODE"),
        (Field::DernierOrganismeUai, "Lycée", "ORGANISATION_FORM"),
        (Field::RqthApprenant, "peut-être", "NOT_YES_OR_NO"),
        (Field::DateRqthApprenant, "2024-02-30", "DATE_FORM"),
        (Field::DateExclusionFormation, "9999-12-31", "DATE_RANGE"),
        (Field::DateMetierMiseAJourStatut, "2024-09-01", "STATUS_DATE_ALONE"),
        (Field::ContratDateFin, "2024", "DATE_FORM"),
    ] {
        assert_dropped(&changed(field, value), field, rule);
    }
}

#[test]
fn a_social_security_number_leaves_only_that_it_was_there() {
    let read = changed(Field::NirApprenant, "1 85 05 78 006 084 91");
    assert!(read.facets.has_nir);
    assert!(!format!("{read:?}").contains("78 006"));

    let nir = "sécu 1850578006084";
    for field in [
        Field::AdresseApprenant,
        Field::IneApprenant,
        Field::TelApprenant,
        Field::EmailContact,
        Field::SiretEmployeur,
        Field::CauseRuptureContrat,
        Field::CustomStatutApprenant,
        Field::LibelleCourtFormation,
        Field::FormationCfd,
        Field::NomReferentHandicapFormation,
        Field::DernierOrganismeUai,
    ] {
        let read = changed(field, nir);
        assert_dropped(&read, field, "NIR_FOUND");
        assert!(!format!("{read:?}").contains("1850578006084"), "{field:?}");
    }
    let email = changed(Field::EmailContact, "1850578006084@exemple.fr");
    assert_dropped(&email, Field::EmailContact, "NIR_FOUND");
}

#[test]
fn an_issue_never_quotes_a_sealed_value() {
    let marked = "zq7x";
    for field in Field::ALL {
        let issues = match check(&complete_row().with(*field, marked), extraction()) {
            Ok(read) => read.warnings,
            Err(refusals) => refusals,
        };
        for issue in issues {
            assert!(!issue.text.en.contains(marked) && !issue.text.fr.contains(marked));
        }
    }
}

#[test]
fn numbers_and_flags_are_read_however_software_writes_them() {
    let mut row = example_row();
    for (field, number) in [
        (Field::CodePostalApprenant, 1000),
        (Field::SexeApprenant, 1),
        (Field::RqthApprenant, 0),
        (Field::TypeCfa, 1),
        (Field::TelApprenant, 612_345_678),
        (Field::FormationRncp, 35316),
        (Field::DernierOrganismeUai, 1),
    ] {
        row.set(field, Some(RawValue::Int(number)));
    }
    row = row.with(Field::AnneeFormation, " 2 ").with(Field::FormationPresentielle, "Oui");
    let read = read(&row);
    assert_eq!(rules_of(&read.warnings), []);
    assert_eq!(read.contact.postcode.unwrap().as_str(), "01000");
    assert_eq!(read.facets.sex, Some(Sex::Male));
    assert_eq!(read.disability.rqth, Some(false));
    assert_eq!(read.training.cfa_type, Some(1));
    assert_eq!(read.training.year_of_training, Some(2));
    assert_eq!(read.training.in_person, Some(true));
    assert_eq!(read.training.certification.rncp.unwrap().as_str(), "RNCP35316");
    assert_eq!(read.contact.phone.unwrap().text, "0612345678");
    assert_eq!(read.background.last_organisation.as_deref(), Some("01"));
    for (text, flag) in
        [("true", true), ("1", true), ("FALSE", false), ("NON", false), ("0", false)]
    {
        assert_eq!(changed(Field::RqthApprenant, text).disability.rqth, Some(flag), "{text}");
    }
}

#[test]
fn the_last_organisation_is_a_uai_or_a_departement() {
    for (text, expected) in
        [("0751234j", "0751234J"), ("75", "75"), ("2a", "2A"), ("974", "974"), ("990", "990")]
    {
        let read = changed(Field::DernierOrganismeUai, text);
        assert_eq!(read.background.last_organisation.as_deref(), Some(expected));
    }
}

#[test]
fn a_situation_of_zero_says_nothing() {
    let read = changed(Field::DerniereSituation, "0");
    assert_eq!(read.warnings, []);
    assert!(!read.stated.contains(Field::DerniereSituation));
    assert!(!read.dropped.contains(Field::DerniereSituation));
}

#[test]
fn invisible_characters_are_taken_out_with_a_warning() {
    let read = changed(Field::AdresseApprenant, "\u{feff}12 rue\0 X\nBât. B");
    assert_kept(&read, Field::AdresseApprenant, "CONTROL_CHARACTERS");
    assert_eq!(read.contact.address.as_deref(), Some("12 rue X\nBât. B"));
}

#[test]
fn a_text_too_long_is_dropped_whole() {
    let long = "a".repeat(MAX_TEXT_BYTES + 1);
    let read = changed(Field::AdresseApprenant, &long);
    assert_dropped(&read, Field::AdresseApprenant, "TEXT_TOO_LONG");
}

#[test]
fn a_birth_that_can_hardly_be_is_kept_with_a_warning() {
    let field = Field::DateDeNaissanceApprenant;
    assert_kept(&changed(field, "2030-01-01"), field, "BIRTH_IN_FUTURE");
    for (born, expected) in [
        ("2011-09-01", None),
        ("2011-09-02", Some("AGE_UNUSUAL")),
        ("1943-09-02", None),
        ("1943-09-01", Some("AGE_UNUSUAL")),
        ("2025-01-01", Some("AGE_UNUSUAL")),
        ("2006-01-01", None),
    ] {
        let found = changed(field, born).warnings.first().map(|issue| issue.rule);
        assert_eq!(found, expected, "{born}");
    }
}

#[test]
fn what_has_happened_is_not_after_the_extraction() {
    for field in [Field::DateObtentionDiplomeFormation, Field::DateRqthApprenant] {
        assert_kept(&changed(field, "2026-10-02"), field, "DATE_IN_FUTURE");
        assert_eq!(changed(field, "2026-10-01").warnings, []);
    }
}

#[test]
fn the_home_is_where_the_commune_says() {
    let home = |commune: &str, postcode: &str| {
        let row = example_row()
            .with(Field::CodeCommuneInseeApprenant, commune)
            .with(Field::CodePostalApprenant, postcode);
        read(&row).facets.home_departement
    };
    assert_eq!(home("2A004", "13000").as_deref(), Some("2A"));
    assert_eq!(home("", "97410").as_deref(), Some("974"));
    assert_eq!(home("99109", "74100").as_deref(), Some("74"));
    assert_eq!(home("", ""), None);
}

#[test]
fn a_contract_without_a_start_is_dropped_whole() {
    let read = read(
        &example_row()
            .with(Field::ContratDateFin3, "2026-08-31")
            .with(Field::CauseRuptureContrat3, "?")
            .with(Field::SiretEmployeur3, "13002526500013"),
    );
    assert_eq!(rules_of(&read.warnings), [(Field::ContratDateDebut3, "CONTRACT_WITHOUT_START")]);
    assert_eq!(read.contracts.len(), 1);
    for field in [Field::ContratDateFin3, Field::CauseRuptureContrat3, Field::SiretEmployeur3] {
        assert!(read.dropped.contains(field) && !read.stated.contains(field));
    }
    let unreadable = changed(Field::ContratDateDebut, "bientôt");
    assert_eq!(
        rules_of(&unreadable.warnings),
        [
            (Field::ContratDateDebut, "DATE_FORM"),
            (Field::ContratDateDebut, "CONTRACT_WITHOUT_START")
        ]
    );
    assert!(unreadable.contracts.is_empty());
    assert!(unreadable.dropped.contains(Field::ContratDateFin));
}

#[test]
fn contract_dates_that_contradict_each_other_are_kept() {
    let end = changed(Field::ContratDateFin, "2024-09-01");
    assert_kept(&end, Field::ContratDateFin, "CONTRACT_END_BEFORE_START");
    let rupture = changed(Field::ContratDateRupture, "2024-09-01");
    assert_kept(&rupture, Field::ContratDateRupture, "RUPTURE_BEFORE_START");
    assert_eq!(rupture.contracts[0].rupture_on, Some(day(2024, 9, 1)));
    assert_eq!(changed(Field::ContratDateRupture, "2024-09-02").warnings, []);
    assert_eq!(changed(Field::ContratDateRupture, "2026-09-01").warnings, []);
    let late = changed(Field::ContratDateRupture, "2026-09-02");
    assert_kept(&late, Field::ContratDateRupture, "RUPTURE_AFTER_END");
}

#[test]
fn a_cause_without_its_date_is_kept() {
    let cause = changed(Field::CauseRuptureContrat, "Mésentente");
    assert_kept(&cause, Field::CauseRuptureContrat, "RUPTURE_CAUSE_ALONE");
    let cause = changed(Field::CauseExclusionFormation, "Absences");
    assert_kept(&cause, Field::CauseExclusionFormation, "EXCLUSION_CAUSE_ALONE");
    assert_eq!(cause.exclusion_cause.as_deref(), Some("Absences"));
}
