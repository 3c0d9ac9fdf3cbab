//! Files as people have them.

use super::*;
use domain::dossier::{Field, RawValue};

fn text(value: &str) -> Option<RawValue> {
    Some(RawValue::Text(value.to_owned()))
}

fn one(bytes: &[u8]) -> RawDossier {
    let read = parse(bytes).unwrap();
    assert_eq!(read.rows.len(), 1);
    read.rows.into_iter().next().unwrap()
}

#[test]
fn json_takes_numbers_texts_and_nulls_and_drops_unknown_names() {
    let row = one(br#"[{"id_erp_apprenant": 12, "annee_formation": "2", "rqth_apprenant": "OUI",
        "formation_presentielle": true, "ine_apprenant": null, "inconnu": [1]}]"#);
    assert_eq!(row.get(Field::IdErpApprenant).cloned(), text("12"));
    assert_eq!(row.get(Field::AnneeFormation), Some(&RawValue::Int(2)));
    assert_eq!(row.get(Field::RqthApprenant), Some(&RawValue::Bool(true)));
    assert_eq!(row.get(Field::FormationPresentielle), Some(&RawValue::Bool(true)));
    assert_eq!(row.present().count(), 4);
}

#[test]
fn a_value_of_a_wrong_kind_is_dropped_and_told_without_being_shown() {
    let read = parse(br#"[{"annee_formation": "secret", "nom_apprenant": ["x"]}]"#).unwrap();
    assert_eq!(read.rows[0].present().count(), 0);
    assert_eq!(read.warnings.len(), 2);
    assert!(read.warnings.iter().all(|w| w.starts_with("row 1: ") && !w.contains("secret")));
}

#[test]
fn csv_is_read_with_either_separator_and_in_both_encodings() {
    for separator in [";", ",", "\t"] {
        let header = ["nom_apprenant", "prenom_apprenant", "annee_formation"].join(separator);
        let line = ["D'ŒUVRE", "\"Zoé; la, grande\"", "1"].join(separator);
        let utf8 = format!("\u{feff}{header}\r\n{line}\r\n\r\n");
        let (windows, _, _) = encoding_rs::WINDOWS_1252.encode(utf8.trim_start_matches('\u{feff}'));
        for bytes in [utf8.as_bytes(), &windows] {
            let row = one(bytes);
            assert_eq!(row.get(Field::NomApprenant).cloned(), text("D'ŒUVRE"));
            assert_eq!(row.get(Field::PrenomApprenant).cloned(), text("Zoé; la, grande"));
            assert_eq!(row.get(Field::AnneeFormation), Some(&RawValue::Int(1)));
        }
    }
}

#[test]
fn columns_may_come_in_any_order_and_unknown_ones_are_told() {
    let read = parse(b"Remarque;PRENOM_APPRENANT;nom_apprenant\nx;Ana;Lopez\n").unwrap();
    assert_eq!(read.rows[0].get(Field::PrenomApprenant).cloned(), text("Ana"));
    assert_eq!(read.warnings, ["columns not of the v3 push, dropped: Remarque"]);
}

#[test]
fn what_is_no_file_of_dossiers_says_what_to_send() {
    for bytes in [&b"{\"nom_apprenant\": 1}"[..], b"[1, 2]", b"[{\"nom_apprenant\": "] {
        assert!(matches!(parse(bytes), Err(FileError::Json(_))));
    }
    assert!(matches!(parse(b"a;b\n1;2\n"), Err(FileError::NoKnownColumn)));
    assert!(matches!(parse(b""), Err(FileError::NoKnownColumn)));
    let long = parse(b"nom_apprenant;prenom_apprenant\nA;B;C\n");
    assert!(long.unwrap_err().to_string().contains("line 2"));
}

#[test]
fn an_empty_array_is_no_row_and_no_error() {
    assert!(parse(b"[]").unwrap().rows.is_empty());
}

#[test]
fn rows_written_as_json_are_read_back_the_same() {
    let mut row = RawDossier::default().with(Field::NomApprenant, "D'ŒUVRE \"x\"");
    row.set(Field::AnneeFormation, Some(RawValue::Int(2)));
    row.set(Field::RqthApprenant, Some(RawValue::Bool(false)));
    assert!(parse(&to_json(std::slice::from_ref(&row))).unwrap().rows == [row]);
}
