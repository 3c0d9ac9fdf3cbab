//! Refused rows of a person who is erased, however they write what names her.

use crate::erasure::{apolline, refused, requested, told};
use crate::support::{ledger, meta};
use domain::enrolment::Claimed;
use domain::erasure::{LegalBasis, Reference};
use prost::Message;
use proto::v1::Dossier;

fn said(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Rows about her, each of which names her in one way only.
fn about_her() -> Vec<(&'static str, Dossier)> {
    // The tag of what follows an id is the digit 2: in the bytes the id seems to go on.
    let beside =
        || Dossier { date_inscription_formation: said("2025-09-01"), ..Dossier::default() };
    let with_id = |id: &str| Dossier { id_erp_apprenant: said(id), ..beside() };
    let with_phone = |tel: &str| Dossier { tel_apprenant: said(tel), ..beside() };
    let named = |last: &str, first: &str| Dossier {
        nom_apprenant: said(last),
        prenom_apprenant: said(first),
        ..beside()
    };
    vec![
        ("id alone", with_id("77")),
        ("id with spaces", with_id(" 77\u{200b} ")),
        ("phone with spaces", with_phone("06 98 76 54 32")),
        ("phone from abroad", with_phone("+33 (0)6.98.76.54.32")),
        ("phone without zero", with_phone("698765432")),
        ("names in capitals", named("NUNEZ-OLALLA", "ZOE")),
        ("names decomposed", named("Nu\u{301}n\u{303}ez  Olalla", "Zoe\u{308}")),
        ("names in one field", named("ZOË NÚÑEZ OLALLA", "")),
        ("INE spaced", Dossier { ine_apprenant: said("123 456 7890 k"), ..Dossier::default() }),
        ("e-mail", Dossier { email_contact: said(" Apolline@Exemple.FR"), ..Dossier::default() }),
        (
            "e-mail of another field",
            Dossier { responsable_apprenant_mail1: said("APOLLINE@exemple.fr"), ..beside() },
        ),
    ]
}

/// Rows about others.
fn about_others() -> Vec<Dossier> {
    vec![
        Dossier { id_erp_apprenant: said("770"), ..Dossier::default() },
        Dossier { tel_apprenant: said("06 98 76 54 33"), ..Dossier::default() },
        Dossier {
            nom_apprenant: said("Nunez"),
            prenom_apprenant: said("Zoé"),
            ..Dossier::default()
        },
    ]
}

#[tokio::test]
async fn rows_that_write_her_in_another_way_are_erased_too() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let mut row = apolline();
    row.identity.last_name = "Núñez-Olalla".to_owned();
    row.identity.first_name = "Zoë".to_owned();
    row.identity.id_erp = "77".to_owned();
    row.contact.phone = Some(Claimed { text: "0698765432".to_owned(), verified: true });
    let hers = told(&ledger, 1, row).await;
    let (about, others) = (about_her(), about_others());
    let rows = about.iter().map(|(_, row)| row).chain(&others);
    for (number, row) in (0..).zip(rows) {
        ledger.quarantine().keep(refused(number), &row.encode_to_vec()).unwrap();
    }
    // No row of the push, but bytes that hold her number as it was said.
    let bytes = [b"\xff\xff tel=".as_slice(), b"0698765432;"].concat();
    ledger.quarantine().keep(refused(90), &bytes).unwrap();
    let erasure = requested(&ledger, hers, 50).await;
    let reference = Reference::parse("DPO/2026-17").unwrap();
    let decided = ledger.decide_erasure(meta(51), erasure, true, LegalBasis::Objection, reference);
    decided.await.unwrap();
    ledger.execute_erasure(meta(52), erasure, &[]).await.unwrap();
    let mut listed = ledger.quarantine().list(None, None, 99).unwrap();
    listed.sort_by_key(|listed| listed.row.row);
    let kept: Vec<bool> = listed
        .iter()
        .map(|listed| ledger.quarantine().content(&listed.place).unwrap().is_some())
        .collect();
    for ((what, _), kept) in about.iter().zip(&kept) {
        assert!(!kept, "{what}");
    }
    assert_eq!(kept[about.len()..], [true, true, true, false], "others, and what is no row");
}
