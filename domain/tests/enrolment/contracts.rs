//! Contracts: how slots pair, and what a change of a slot comes to.

use super::common::*;
use domain::enrolment::{Decision, Fact};

fn two_contracts() -> Vec<domain::dossier::DeclaredContract> {
    vec![
        contract(1, "2024-09-02", BAKER).with(|c| {
            c.end_on = Some(day("2024-12-31"));
            c.rupture_on = Some(day("2024-11-30"));
        }),
        contract(2, "2025-01-06", GARAGE),
    ]
}

fn declared(decision: &Decision) -> usize {
    types(decision).iter().filter(|t| **t == "ContractDeclared").count()
}

#[test]
fn permuted_slots_are_nothing() {
    let mut stream = Stream::default();
    stream.full(1, row().with(|r| r.contracts = two_contracts()));
    let mut permuted = two_contracts();
    permuted.reverse();
    for (slot, contract) in (1..).zip(&mut permuted) {
        contract.slot = slot;
    }
    let decision = stream.full(2, row().with(|r| r.contracts = permuted));
    assert!(decision.events.is_empty(), "{:?}", types(&decision));
    assert!(decision.vanished.is_empty());
}

#[test]
fn a_corrected_start_date_is_exactly_one_amendment() {
    let mut stream = Stream::default();
    stream.full(1, row_with_contract());
    let corrected = row().with(|r| r.contracts = vec![contract(1, "2024-09-16", BAKER)]);
    let decision = stream.full(2, corrected.clone());
    let event = only(&decision);
    let Fact::ContractAmended { terms: Some(terms), employer: None, .. } = &event.fact else {
        panic!("terms amended, not {:?}", event.fact);
    };
    assert_eq!(terms.start_on, day("2024-09-16"));
    assert_eq!(event.effective_on, day("2024-09-16"));
    assert!(stream.full(3, corrected).events.is_empty());
}

#[test]
fn a_corrected_start_date_pairs_by_slot_when_no_employer_is_known() {
    let nameless = |start: &str| {
        row().with(|r| r.contracts = vec![contract(1, start, BAKER).with(|c| c.siret = None)])
    };
    let mut stream = Stream::default();
    stream.full(1, nameless("2024-09-02"));
    assert_eq!(types(&stream.full(2, nameless("2024-09-16"))), ["ContractAmended"]);
}

#[test]
fn a_corrected_start_date_in_another_slot_pairs_by_employer() {
    let mut stream = Stream::default();
    stream.full(1, row().with(|r| r.contracts = two_contracts()));
    let shifted = vec![
        contract(1, "2025-01-08", GARAGE),
        contract(3, "2024-09-02", BAKER).with(|c| {
            c.end_on = Some(day("2024-12-31"));
            c.rupture_on = Some(day("2024-11-30"));
        }),
    ];
    let decision = stream.full(2, row().with(|r| r.contracts = shifted));
    assert_eq!(types(&decision), ["ContractAmended"]);
}

#[test]
fn a_corrected_employer_is_one_amendment() {
    let mut stream = Stream::default();
    stream.full(1, row_with_contract());
    let decision =
        stream.full(2, row().with(|r| r.contracts = vec![contract(1, "2024-09-02", GARAGE)]));
    let Fact::ContractAmended { terms: None, employer: Some(employer), .. } = &only(&decision).fact
    else {
        panic!("employer amended");
    };
    let siret = employer.clear().and_then(|e| e.siret.clone());
    assert_eq!(siret, Some(claimed(GARAGE)));
}

#[test]
fn a_new_contract_in_the_slot_of_a_finished_one_is_a_new_contract() {
    for next in [BAKER, GARAGE] {
        let mut stream = Stream::default();
        let first = contract(1, "2024-09-02", BAKER).with(|c| c.end_on = Some(day("2025-08-31")));
        stream.full(1, row().with(|r| r.contracts = vec![first]));
        let second = row().with(|r| r.contracts = vec![contract(1, "2025-09-01", next)]);
        assert_eq!(types(&stream.full(370, second)), ["ContractDeclared"], "with {next}");
        assert_eq!(stream.current().contracts.len(), 2, "the finished one stays");
    }
}

#[test]
fn a_new_contract_in_the_slot_of_a_broken_one_is_a_new_contract() {
    let mut stream = Stream::default();
    stream.full(1, broken_row("2024-11-30"));
    let next = contract(1, "2025-01-06", GARAGE);
    assert_eq!(
        types(&stream.full(130, row().with(|r| r.contracts = vec![next]))),
        ["ContractDeclared"]
    );
    let unknown = contract(1, "2025-02-03", GARAGE).with(|c| c.siret = None);
    let contracts = vec![unknown, contract(2, "2025-01-06", GARAGE)];
    assert_eq!(
        types(&stream.full(131, row().with(|r| r.contracts = contracts))),
        ["ContractDeclared"],
        "an employer that is not told is no reason to reuse a broken contract"
    );
}

#[test]
fn another_employer_on_other_days_in_one_slot_is_another_contract() {
    let mut stream = Stream::default();
    stream.full(1, row_with_contract());
    let next = row().with(|r| r.contracts = vec![contract(1, "2025-01-06", GARAGE)]);
    assert_eq!(types(&stream.full(130, next)), ["ContractDeclared"]);
}

#[test]
fn a_fifth_contract_that_pushes_the_oldest_out_of_the_slots_is_one_new_contract() {
    let starts = ["2024-09-02", "2024-10-07", "2024-11-04", "2024-12-02", "2025-01-06"];
    let all: Vec<_> = starts
        .iter()
        .map(|start| {
            contract(1, start, BAKER).with(|c| {
                c.siret = None;
                c.end_on = c.start_on.checked_add_days(chrono::Days::new(20));
            })
        })
        .collect();
    let slots = |contracts: &[domain::dossier::DeclaredContract]| {
        let mut contracts = contracts.to_vec();
        for (slot, contract) in (1..).zip(&mut contracts) {
            contract.slot = slot;
        }
        row().with(|r| r.contracts = contracts)
    };
    let mut stream = Stream::default();
    assert_eq!(declared(&stream.full(1, slots(&all[..4]))), 4);
    assert_eq!(types(&stream.full(130, slots(&all[1..]))), ["ContractDeclared"]);
    let ordinals: Vec<_> = stream.current().contracts.iter().map(|c| c.ordinal).collect();
    assert_eq!(ordinals, [0, 1, 2, 3, 4]);
}

#[test]
fn two_employers_from_the_same_day_are_two_contracts() {
    let mut stream = Stream::default();
    let both = vec![contract(1, "2024-09-02", BAKER), contract(2, "2024-09-02", GARAGE)];
    assert_eq!(declared(&stream.full(1, row().with(|r| r.contracts = both.clone()))), 2);
    let swapped = both.into_iter().rev().collect::<Vec<_>>();
    assert!(stream.full(2, row().with(|r| r.contracts = swapped)).events.is_empty());
}

#[test]
fn a_deposit_number_pairs_before_anything_else() {
    let numbered = |slot, start: &str, siret: &str| {
        contract(slot, start, siret).with(|c| c.deposit_number = Some("075202409000001".to_owned()))
    };
    let mut stream = Stream::default();
    stream.full(1, row().with(|r| r.contracts = vec![numbered(1, "2024-09-02", BAKER)]));
    let moved = vec![contract(1, "2024-09-02", BAKER), numbered(2, "2025-09-01", GARAGE)];
    let decision = stream.full(2, row().with(|r| r.contracts = moved));
    assert_eq!(types(&decision), ["ContractDeclared", "ContractAmended"]);
}

#[test]
fn a_rupture_without_its_contract_gone_from_the_row_stays() {
    let mut stream = Stream::default();
    stream.full(1, broken_row("2024-11-30"));
    let decision = stream.full(2, row());
    assert!(decision.events.is_empty() && decision.vanished.is_empty());
    assert_eq!(stream.current().contracts.len(), 1);
}

#[test]
fn a_corrected_rupture_date_is_one_correction_of_the_live_event() {
    let mut stream = Stream::default();
    stream.full(1, broken_row("2024-11-30"));
    let (first, _) = rupture(&stream).expect("broken");
    let decision = stream.full(2, broken_row("2024-12-15"));
    let event = only(&decision);
    assert_eq!(event.corrects, Some(first));
    assert_eq!(event.effective_on, day("2024-12-15"));
    assert_eq!(rupture(&stream), Some((event.id, day("2024-12-15"))));
    let again = stream.full(3, broken_row("2024-12-20"));
    assert_eq!(only(&again).corrects, Some(event.id), "the next correction names the last one");
    assert_eq!(rupture(&stream).map(|(_, on)| on), Some(day("2024-12-20")));
    let mut replayed = domain::enrolment::Enrolment::default();
    for event in &stream.state.events[..stream.state.events.len() - 1] {
        replayed = replayed.evolve(event.clone());
    }
    let before = replayed.current.expect("declared").status_facts();
    assert_eq!(before.contracts[0].broken_on, Some(day("2024-12-15")), "the past stays readable");
}

#[test]
fn a_cause_alone_corrects_the_words_and_a_cause_without_a_date_says_nothing() {
    let mut stream = Stream::default();
    let worded =
        broken_row("2024-11-30").with(|r| r.contracts[0].cause = Some("accord".to_owned()));
    stream.full(1, broken_row("2024-11-30"));
    assert_eq!(types(&stream.full(2, worded)), ["ContractBroken"]);
    let wordless = row_with_contract().with(|r| r.contracts[0].cause = Some("autre".to_owned()));
    assert!(stream.partial(3, wordless).events.is_empty());
}

#[test]
fn a_contract_broken_before_it_began_is_still_itself_when_its_start_is_corrected() {
    let early = |start: &str| {
        let broken = contract(1, start, BAKER).with(|c| c.rupture_on = Some(day("2024-08-20")));
        row().with(|r| r.contracts = vec![broken])
    };
    let mut stream = Stream::default();
    stream.full(1, early("2024-09-02"));
    assert_eq!(types(&stream.full(2, early("2024-09-09"))), ["ContractAmended"]);
}

#[test]
fn of_two_contracts_of_one_day_a_corrected_employer_goes_to_its_slot() {
    let mut stream = Stream::default();
    let both = vec![contract(1, "2024-09-02", BAKER), contract(2, "2024-09-02", GARAGE)];
    stream.full(1, row().with(|r| r.contracts = both));
    let second = vec![contract(2, "2024-09-02", "81234567600017")];
    stream.partial(2, row().with(|r| r.contracts = second));
    let sirets: Vec<_> = stream
        .current()
        .contracts
        .iter()
        .filter_map(|c| c.employer.clear()?.siret.clone())
        .map(|siret| siret.text)
        .collect();
    assert_eq!(sirets, [BAKER, "81234567600017"]);
}

#[test]
fn a_former_start_date_still_names_its_contract_in_another_slot() {
    let nameless = |slot, start: &str| {
        row().with(|r| r.contracts = vec![contract(slot, start, BAKER).with(|c| c.siret = None)])
    };
    let mut stream = Stream::default();
    stream.full(1, nameless(1, "2024-09-02"));
    stream.full(3, nameless(1, "2024-09-16"));
    let late = stream.full(2, nameless(3, "2024-09-02"));
    assert!(late.events.is_empty() && late.stale, "{:?}", types(&late));
}

#[test]
fn a_former_start_date_is_free_for_another_employer() {
    let mut stream = Stream::default();
    stream.full(1, row_with_contract());
    let corrected = contract(1, "2024-09-16", BAKER);
    stream.full(2, row().with(|r| r.contracts = vec![corrected.clone()]));
    let second = vec![contract(2, "2024-09-02", GARAGE)];
    let decision = stream.partial(3, row().with(|r| r.contracts = second));
    assert_eq!(types(&decision), ["ContractDeclared"]);
}
