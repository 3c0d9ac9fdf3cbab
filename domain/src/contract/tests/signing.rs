//! Who signs for whom, and what counts as a signature.

use super::*;

#[test]
fn a_signature_counts_for_its_party_its_signer_and_its_document_once() {
    let contract = after(&[DRAFT, filling, agreement, PUBLISH, REQUEST]);
    let right = evidence(&contract, Party::Employer);
    let sign = |contract: &Contract, party, evidence: &Evidence| {
        act(contract, &Command::Sign { party, evidence: evidence.clone() }, BEFORE)
    };
    assert_eq!(
        sign(&contract, Party::Guardian, &right),
        Err(ContractError::NotAParty(Party::Guardian))
    );
    assert_eq!(
        sign(&contract, Party::Apprentice, &right),
        Err(ContractError::OtherSigner(Party::Apprentice))
    );
    let provider = Evidence { provider: "x509".to_owned(), ..right.clone() };
    assert_eq!(
        sign(&contract, Party::Employer, &provider),
        Err(ContractError::OtherSigner(Party::Employer))
    );
    let document = Evidence { document: [6; 32], ..right.clone() };
    assert_eq!(sign(&contract, Party::Employer, &document), Err(ContractError::OtherDocument));
    let one = sign(&contract, Party::Employer, &right).unwrap();
    assert_eq!(sign(&one, Party::Employer, &right), Err(ContractError::Replayed));
    let other = Evidence { digest: [200; 32], ..right.clone() };
    assert_eq!(
        sign(&one, Party::Employer, &other),
        Err(ContractError::SignedAlready(Party::Employer))
    );
    // After a refusal and another request, the old evidence is worth nothing, and all sign again.
    let refused =
        Command::RefuseSignature { party: Party::Cfa, reason: "le calendrier".to_owned() };
    let again =
        act(&act(&one, &refused, BEFORE).unwrap(), &Command::Reopen("corrigé".to_owned()), BEFORE)
            .unwrap();
    assert_eq!(again.round().unwrap().signed, []);
    let again =
        act(&act(&again, &Command::Publish, BEFORE).unwrap(), &REQUEST(&again), BEFORE).unwrap();
    assert_eq!(sign(&again, Party::Employer, &right), Err(ContractError::Replayed));
    assert!(sign(&again, Party::Employer, &evidence(&again, Party::Employer)).is_ok());
}

#[test]
fn who_signs_is_named_for_each_party_and_for_no_other() {
    let contract = after(&[DRAFT, filling, agreement, PUBLISH]);
    let ask = |signers: &[Signer]| {
        act(
            &contract,
            &Command::RequestSignatures { document: [7; 32], signers: signers.to_vec() },
            BEFORE,
        )
    };
    let parties = vec![Party::Employer, Party::Apprentice, Party::Cfa];
    let all = signers();
    let with = |party| Signer { party, ..all[0].clone() };
    for wrong in [
        all[..2].to_vec(),
        [all.clone(), vec![with(Party::Guardian)]].concat(),
        [all[..2].to_vec(), vec![with(Party::Employer)]].concat(),
        Vec::new(),
    ] {
        assert_eq!(ask(&wrong), Err(ContractError::Signers(parties.clone())));
    }
    let mut backwards = all.clone();
    backwards.reverse();
    assert!(ask(&backwards).is_ok(), "there is no order");
    // A minor's representative signs too.
    let minor = Command::Contribute(changes(&[
        ("apprentice.born_on", Some("2007-01-01")),
        ("apprentice.emancipated", Some("non")),
        ("guardian.name", Some("D'Alençon")),
        ("guardian.first_name", Some("Ada")),
        ("guardian.email", Some("ada@exemple.fr")),
        ("guardian.same_address", Some("oui")),
    ]));
    let draft = act(&after(&[DRAFT, filling, agreement]), &minor, BEFORE).unwrap();
    assert!(draft.round().unwrap().form.needs_guardian());
}

#[test]
fn a_contract_is_fully_signed_with_its_last_signature_in_any_order() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let mut contract = after(&[DRAFT, filling, agreement, PUBLISH, REQUEST]);
        let parties = [Party::Employer, Party::Apprentice, Party::Cfa];
        for (count, which) in order.into_iter().enumerate() {
            let party = parties[which];
            let command = Command::Sign { party, evidence: evidence(&contract, party) };
            let events = decide(&contract, &command, &given(BEFORE)).unwrap();
            assert_eq!(events.contains(&ContractEvent::FullySigned), count == 2);
            contract = act(&contract, &command, BEFORE).unwrap();
        }
        assert_eq!(
            (contract.round().unwrap().phase, &contract.life),
            (Phase::Signed, &Life::Running)
        );
        assert_eq!(contract.in_force(day(BEFORE)).unwrap().terms.start_on, Some(day("2024-09-02")));
    }
}

#[test]
fn the_scan_of_what_was_signed_on_paper_is_attached_once() {
    let published = after(&[DRAFT, filling, agreement, PUBLISH]);
    let (attestation, bytes) = ("vu l'original".to_owned(), 12);
    let paper = Command::SignOnPaper { scan: [8; 32], bytes, attestation };
    let events = decide(&published, &paper, &given(BEFORE)).unwrap();
    let scan = Attachment { kind: AttachmentKind::SignedPaper, digest: [8; 32], bytes };
    assert_eq!(events[0], ContractEvent::Attached { attachment: scan });
    assert_eq!((events.len(), &events[2]), (3, &ContractEvent::FullySigned));
    let signed = act(&published, &paper, BEFORE).unwrap();
    let round = signed.round().unwrap();
    assert_eq!((round.scan, round.attachments.last()), (Some([8; 32]), Some(&scan)));
    // Refused and opened again, the same paper is not attached twice.
    let again = [
        SUBMIT,
        |_: &Contract| Command::RefuseDeposit("illisible".to_owned()),
        |_: &Contract| Command::Reopen("la même page".to_owned()),
        PUBLISH,
    ];
    let again = again
        .iter()
        .fold(signed, |contract, make| act(&contract, &make(&contract), BEFORE).unwrap());
    assert_eq!(decide(&again, &paper, &given(BEFORE)).unwrap().len(), 2);
}

#[test]
fn the_text_that_is_signed_names_contract_round_document_and_party() {
    let contract = ContractId([0xab; 16]);
    let text = statement(contract, (2, 3), &[1; 32], Party::Cfa);
    let document = "01".repeat(32);
    assert_eq!(
        text,
        format!(
            "registre/signature/v1\ncontract {contract}\nround 2\nrequest 3\ndocument sha256:{document}\nparty cfa\n"
        )
    );
    let mut all: Vec<String> =
        Party::ALL.iter().map(|party| statement(contract, (2, 3), &[1; 32], *party)).collect();
    all.push(statement(ContractId([0; 16]), (2, 3), &[1; 32], Party::Cfa));
    all.push(statement(contract, (1, 3), &[1; 32], Party::Cfa));
    all.push(statement(contract, (2, 4), &[1; 32], Party::Cfa));
    all.push(statement(contract, (2, 3), &[2; 32], Party::Cfa));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 8);
}

#[test]
fn nobody_signs_for_two() {
    let published = after(&[DRAFT, filling, agreement, |_| Command::Publish]);
    let mut signers = signers();
    signers[2].identity = signers[0].identity;
    let ask = |signers| Command::RequestSignatures { document: [7; 32], signers };
    let refused = act(&published, &ask(signers.clone()), BEFORE).unwrap_err();
    assert_eq!(refused, ContractError::SameSigner(Party::Employer, Party::Cfa));
    // The same bytes at another provider are another's.
    signers[2].provider = "x509".to_owned();
    assert!(act(&published, &ask(signers), BEFORE).is_ok());
}
