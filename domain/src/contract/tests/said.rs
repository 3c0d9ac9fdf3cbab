//! What people wrote when they acted, and what follows from a rupture.

use super::*;
use crate::contract::rights::rights;
use crate::contract::said::SAID_MAX;

fn told(contract: &Contract) -> Vec<(u16, &str, Option<Party>, &str)> {
    let text = |said: &Opened<String>| said.clear().unwrap().clone().leak() as &str;
    contract.said.iter().map(|one| (one.round, one.event, one.party, text(&one.text))).collect()
}

#[test]
fn what_was_written_is_kept_when_the_form_is_opened_again() {
    let asked = after(&[DRAFT, filling, agreement, PUBLISH, REQUEST]);
    let refuse = Command::RefuseSignature { party: Party::Cfa, reason: "trop court".to_owned() };
    let refused = act(&asked, &refuse, "2024-08-27").unwrap();
    let open = act(&refused, &Command::Reopen("à corriger".to_owned()), "2024-08-28").unwrap();
    assert_eq!(
        told(&open),
        [
            (0, "SignatureRefused", Some(Party::Cfa), "trop court"),
            (0, "FormReopened", None, "à corriger"),
        ]
    );
    assert_eq!(open.said[1].on, day("2024-08-28"));
    let sent = act(&signed(), &SUBMIT(&Contract::default()), "2024-09-04").unwrap();
    let asked = act(&sent, &ASK(&sent), "2024-09-05").unwrap();
    let motive = Command::RefuseDeposit("hors délai".to_owned());
    let refused = act(&asked, &motive, "2024-09-06").unwrap();
    let expected = [
        (0, "DepositFoundIncomplete", None, "la convention"),
        (0, "DepositRefused", None, "hors délai"),
    ];
    assert_eq!(told(&refused), expected);
}

#[test]
fn the_newest_texts_are_kept() {
    let mut contract = after(&[DRAFT, filling, agreement, PUBLISH, REQUEST]);
    let refusal = Command::RefuseSignature { party: Party::Cfa, reason: "non".to_owned() };
    contract = act(&contract, &refusal, BEFORE).unwrap();
    for rank in 0..=SAID_MAX {
        contract = act(&contract, &Command::Reopen(format!("n° {rank}")), BEFORE).unwrap();
        contract = act(&contract, &Command::Publish, BEFORE).unwrap();
    }
    let told = told(&contract);
    assert_eq!((told.len(), told[0].3), (1 + SAID_MAX, "non"), "it is of another type");
    assert_eq!((told[1].3, told[SAID_MAX].3), ("n° 1", &*format!("n° {SAID_MAX}")));
}

#[test]
fn each_signature_has_its_day() {
    let mut contract = after(&[DRAFT, filling, agreement, PUBLISH, REQUEST]);
    for on in ["2024-08-27", "2024-08-28", "2024-08-29"] {
        contract = act(&contract, &SIGN(&contract), on).unwrap();
    }
    let days: Vec<_> = contract.round().unwrap().signed.iter().map(|one| one.on).collect();
    assert_eq!(days, ["2024-08-27", "2024-08-28", "2024-08-29"].map(day));
}

#[test]
fn a_rupture_gives_six_months_of_training_and_a_new_contract_of_any_duration() {
    let broken = |mode, initiator| {
        let rupture = Rupture::of(mode, initiator);
        let words = Some("je pars".to_owned());
        act(&signed(), &Command::Break { rupture, words }, "2024-10-31").unwrap()
    };
    assert_eq!(rights(&signed()), []);
    let contract = broken(Mode::MutualAgreement, Initiator::Both);
    let rights_of = rights(&contract);
    let told: Vec<_> = rights_of.iter().map(|one| (one.id, one.until, one.article)).collect();
    let six_months = day("2025-04-30");
    assert_eq!(
        told,
        [
            ("KEEP_TRAINING", Some(six_months), "L6222-18-2"),
            ("NEW_CONTRACT_ANY_DURATION", None, "R6222-23-1"),
        ]
    );
    assert!(rights_of.iter().all(|one| one.text().fr.contains("mois")));
    assert!(contract.said.last().unwrap().is_of_rupture());
    // Who leaves with the diploma, or is excluded, is not trained on.
    assert_eq!(rights(&broken(Mode::CfaExclusion, Initiator::Employer)), []);
    // What is due says the same day.
    let due = deadlines::due(&contract, day("2024-11-01"));
    let kept = due.iter().find(|one| one.kind.id == "KEEP_TRAINING").unwrap();
    assert_eq!((kept.by, kept.article), (deadlines::By::Day(six_months), "L6222-18-2"));
}
