//! To whom a contract is shown, round after round.

use super::*;

const REFUSED: &str = "pièce fausse";

/// An amendment that names another CFA, so far.
fn amended(contract: &Contract, siret: &str) -> Contract {
    let kind = ContractType::OtherChange;
    let mut next = contract.clone().evolve(
        &ContractEvent::AmendmentDrafted { kind: Opened::Clear(kind), own_conclusion: true },
        day(BEFORE),
    );
    let form = &mut next.rounds.last_mut().unwrap().form;
    form.set("training.responsible.siret", Some(siret)).unwrap();
    next
}

fn then(contract: &Contract, events: &[ContractEvent]) -> Contract {
    events.iter().fold(contract.clone(), |state, event| state.evolve(event, day(BEFORE)))
}

/// The words of its ties, without the UAI of the CFAs.
fn words(contract: &Contract) -> Vec<String> {
    let two = |tie: Tie| tie.to_string().split(' ').take(2).collect::<Vec<_>>().join(" ");
    ties(contract).into_iter().map(two).collect()
}

#[test]
fn an_amendment_counts_while_it_is_under_way_and_from_its_signatures_on_alone() {
    let signed = signed();
    let before = words(&signed);
    let named = before.iter().find(|tie| tie.starts_with("cfa")).unwrap().clone();
    let other = "cfa 13002526500013".to_owned();
    assert_ne!(named, other);
    let amended = amended(&signed, "13002526500013");
    let has = |contract: &Contract| {
        let words = words(contract);
        (words.contains(&named), words.contains(&other))
    };
    assert_eq!(has(&amended), (true, true));
    let reason = || Opened::Clear("un motif".to_owned());
    let given_up = then(&amended, &[ContractEvent::Withdrawn { reason: reason() }]);
    assert_eq!(words(&given_up), before, "it ties the other CFA to nothing");
    let signed_by_all = then(&amended, &[ContractEvent::FullySigned]);
    assert_eq!(has(&signed_by_all), (false, true));
    let refused = then(
        &signed_by_all,
        &[
            ContractEvent::Submitted {
                body: DepositBody::Opco("AKTO".to_owned()),
                recorded_on: None,
            },
            ContractEvent::DepositRefused { motive: Opened::Clear(REFUSED.to_owned()) },
        ],
    );
    assert_eq!(has(&refused), (true, false), "what it amends is in force again");
    let draft = after(&[DRAFT, filling]);
    let dropped = then(&draft, &[ContractEvent::Withdrawn { reason: reason() }]);
    assert_eq!(has(&dropped), (true, false), "the contract itself stays to whom it names");
}

#[test]
fn whoever_was_sent_it_once_keeps_it_also_when_it_is_opened_again_and_sent_elsewhere() {
    let service = DepositBody::State("DDETS 35".to_owned());
    let sent = then(&signed(), &[ContractEvent::Submitted { body: service, recorded_on: None }]);
    assert!(words(&sent).contains(&"service 35".to_owned()), "{:?}", words(&sent));
    let reason = Opened::Clear(REFUSED.to_owned());
    assert!(words(&sent).contains(&"place 35".to_owned()), "all have signed it");
    let mut opened = then(
        &sent,
        &[
            ContractEvent::DepositRefused { motive: reason.clone() },
            ContractEvent::Reopened { reason },
        ],
    );
    assert!(words(&opened).contains(&"service 35".to_owned()));
    assert!(!words(&opened).contains(&"place 35".to_owned()), "nobody has signed it any more");
    let form = &mut opened.rounds[0].form;
    form.set("employer.address.postcode", Some("75011")).unwrap();
    let opco =
        ContractEvent::Submitted { body: DepositBody::Opco("AKTO".to_owned()), recorded_on: None };
    let again = then(&opened, &[ContractEvent::FullySigned, opco.clone(), opco]);
    let words = words(&again);
    assert!(words.contains(&"service 35".to_owned()), "the département of then: {words:?}");
    assert!(words.contains(&"opco AKTO".to_owned()) && words.contains(&"place 75".to_owned()));
    assert!(!words.contains(&"place 35".to_owned()));
    assert_eq!(again.sent.len(), 2, "each once");
}
