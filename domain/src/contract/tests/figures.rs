//! Which events are behind a figure, and to whom a contract is shown.

use super::*;
use crate::contract::{Tie, behind, of_establishment, ties};

/// The contract after commands, with its events by their rank from 1.
fn told(commands: &[(Command, &str)]) -> Vec<(usize, ContractEvent, NaiveDate)> {
    let (mut state, mut events) = (Contract::default(), Vec::new());
    for (command, on) in commands {
        for event in decide(&state, command, &given(on)).unwrap() {
            state = state.evolve(&event, day(on));
            events.push((events.len() + 1, event, day(on)));
        }
    }
    events
}

fn names(events: &[(usize, ContractEvent, NaiveDate)], of: &[usize]) -> Vec<&'static str> {
    of.iter().map(|rank| events[rank - 1].1.type_name()).collect()
}

#[test]
fn days_are_by_what_is_in_force_and_by_how_it_ended() {
    let mut commands = vec![(Command::Draft { enrolment: None }, BEFORE)];
    let state = after(&[DRAFT]);
    commands.push((filling(&state), BEFORE));
    commands.push((agreement(&after(&[DRAFT, filling])), BEFORE));
    commands.push((Command::Publish, BEFORE));
    let paper = Command::SignOnPaper { scan: [8; 32], bytes: 1_000, attestation: "vu".to_owned() };
    commands.push((paper.clone(), BEFORE));
    let events = told(&commands);
    let find = |events: &[(usize, ContractEvent, NaiveDate)]| {
        let of = behind(events.iter().map(|(rank, event, on)| (*rank, event, *on)), day(LATER));
        (names(events, &of.days), of)
    };
    assert_eq!(find(&events).0, ["FullySigned"]);
    // What was signed before it was opened again is behind nothing.
    let first = find(&events).1.days;
    commands.push((Command::Submit(DepositBody::State("DDETS 35".to_owned())), BEFORE));
    assert_eq!(find(&told(&commands)).0, ["FullySigned"]);
    commands.push((Command::RefuseDeposit("une erreur".to_owned()), BEFORE));
    assert_eq!(find(&told(&commands)).0, ["FullySigned", "DepositRefused"]);
    commands.push((Command::Reopen("une erreur".to_owned()), BEFORE));
    assert_eq!(find(&told(&commands)).0, [""; 0]);
    commands.push((Command::Publish, BEFORE));
    commands.push((paper, BEFORE));
    let again = find(&told(&commands));
    assert_eq!(again.0, ["FullySigned"]);
    assert_ne!(again.1.days, first);
    commands.push((broken(Mode::MutualAgreement, Initiator::Both), "2024-10-10"));
    let of = find(&told(&commands));
    assert_eq!(of.0, ["FullySigned", "ContractRuptured"]);
    assert_eq!((of.1.ceiling, of.1.invoices.len()), (None, 0));
}

#[test]
fn a_contract_is_tied_to_whom_it_was_sent_and_to_the_cfa_of_its_round() {
    let contract = signed();
    let siret = contract.round().unwrap().form.training.responsible.siret.unwrap();
    let uai = contract.round().unwrap().form.training.responsible.uai;
    let place = Tie::Place("35".to_owned());
    assert_eq!(ties(&contract), [place, Tie::Cfa(siret, uai)].into());
    let sent = act(&contract, &SUBMIT(&contract), "2024-09-04").unwrap();
    assert!(ties(&sent).contains(&Tie::Service("35".to_owned())));
    // Both numbers, or the SIRET alone when the form says no more.
    let own = of_establishment(siret, uai.unwrap());
    assert!(own.iter().any(|tie| ties(&contract).contains(tie)));
    let mut alone = contract.clone();
    alone.rounds[0].form.training.responsible.uai = None;
    assert!(own.iter().any(|tie| ties(&alone).contains(tie)));
    let other = crate::identifiers::Uai::parse("0751234J").unwrap();
    assert!(!of_establishment(siret, other).iter().any(|tie| ties(&contract).contains(tie)));
    // Told alike wherever it is told.
    assert_eq!(Tie::Service("35".to_owned()).to_string(), "service 35");
    assert_eq!(Tie::Employer([1; 16]).to_string(), format!("employer {}", "01".repeat(16)));
}
