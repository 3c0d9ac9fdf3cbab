//! What is taken charge of, and what was invoiced.

use super::*;
use crate::contract::funding::{effective_end, funded_days, funding};

/// Signed by all, with a private employer.
fn private() -> Contract {
    let mut contract = signed();
    for (path, value) in [("employer.sector", "prive"), ("employer.kind", "12")] {
        contract.rounds[0].form.set(path, Some(value)).unwrap();
    }
    assert_eq!(contract.in_force(day(BEFORE)).unwrap().is_public_law(), Some(false));
    contract
}

fn invoiced(contract: &Contract, declared: Declared) -> Result<Contract, ContractError> {
    act(contract, &Command::DeclareInvoice(declared), "2025-03-01")
}

fn rupture() -> Command {
    broken(Mode::MutualAgreement, Initiator::Both)
}

#[test]
fn a_contract_is_funded_by_the_day_to_its_effective_end() {
    let contract = signed();
    assert_eq!(funded_days(&contract, day(LATER)), Ok(729));
    let broken_on = |on: &str| {
        let end = Life::Broken(day(on), Rupture::of(Mode::MutualAgreement, Initiator::Both));
        funded_days(&Contract { life: end, ..contract.clone() }, day(LATER))
    };
    // The day of a rupture is the first without contract.
    assert_eq!(broken_on("2024-09-11"), Ok(9));
    assert_eq!(broken_on("2024-09-03"), Ok(1));
    assert_eq!(broken_on("2024-09-02"), Ok(0));
    assert_eq!(broken_on("2024-08-30"), Ok(0), "before it began");
    assert_eq!(broken_on("2026-08-31"), Ok(728));
    assert_eq!(broken_on("2026-09-01"), Ok(729));
    assert_eq!(broken_on("2026-12-01"), Ok(729), "after its term");
    // That of its end is its last.
    let ended =
        Command::Complete(Completion { early: true, diploma: Some(true), notified_on: None });
    assert_eq!(funded_days(&act(&contract, &ended, "2024-09-11").unwrap(), day(LATER)), Ok(10));
    let cancelled = act(&contract, &Command::Cancel("avant".to_owned()), "2024-08-30").unwrap();
    assert_eq!(funded_days(&cancelled, day(LATER)), Ok(0));
    assert_eq!(effective_end(&cancelled, day(LATER)), Ok(day("2024-09-01")));
    assert!(funded_days(&after(&[DRAFT]), day(LATER)).is_err());
}

#[test]
fn nothing_is_funded_of_a_contract_whose_deposit_is_refused() {
    let opco = Command::Submit(DepositBody::Opco("OPCO".to_owned()));
    let refuse = Command::RefuseDeposit("non".to_owned());
    let sent = act(&private(), &opco, BEFORE).unwrap();
    let refused = act(&sent, &refuse, BEFORE).unwrap();
    assert_eq!(funding(&refused, day(LATER)).unwrap().funded_days, 0);
    // A decision counts whatever the day that is asked for; after silence too.
    let late = act(&sent, &refuse, "2024-10-01").unwrap();
    for on in ["2024-08-25", "2024-09-20", "2024-10-02"] {
        assert_eq!(funded_days(&late, day(on)), Ok(0), "{on}");
    }
    // By silence, from the day after the last one on which the body decides.
    assert_eq!(funded_days(&sent, day("2024-09-15")), Ok(729));
    assert_eq!(funded_days(&sent, day("2024-09-16")), Ok(0));
    let declared = act(&sent, &Command::DeclareFunding(Cents(700_000)), BEFORE).unwrap();
    assert_eq!(funding(&declared, day(LATER)).unwrap().ceiling, Some(0));
    // An amendment that is refused leaves the contract as it was.
    let deposited = act(&sent, &Command::Deposit("N".to_owned(), None), BEFORE).unwrap();
    let amend = Command::Amend(ContractType::OtherChange);
    let mut amended = act(&deposited, &amend, BEFORE).unwrap();
    amended.rounds[1].phase = Phase::DepositRefused;
    assert_eq!(funded_days(&amended, day(LATER)), Ok(729));
}

#[test]
fn a_ceiling_is_declared_anew_and_shared_by_the_day() {
    let contract = private();
    assert_eq!(funding(&contract, day(LATER)).unwrap().ceiling, None);
    let declare = |contract: &Contract, cents| {
        act(contract, &Command::DeclareFunding(Cents(cents)), "2024-10-01")
    };
    let one = declare(&contract, 700_000).unwrap();
    // 729 days of 365 of the year.
    assert_eq!(funding(&one, day(LATER)).unwrap().ceiling, Some(1_398_082));
    let again = decide(&one, &Command::DeclareFunding(Cents(700_000)), &given(BEFORE));
    assert_eq!(again, Ok(Vec::new()), "it is so already");
    let two = declare(&one, 365_000).unwrap();
    assert_eq!(funding(&two, day(LATER)).unwrap().ceiling, Some(729_000));
    let over = act(&two, &rupture(), "2024-09-12").unwrap();
    assert_eq!(funding(&over, day(LATER)).unwrap().ceiling, Some(10_000));
    assert!(declare(&over, 1).is_ok(), "after a rupture too");
    assert_eq!(declare(&contract, 0), Err(ContractError::Missing("an amount")));
    // The largest amounts there are fit.
    let most = declare(&contract, u32::MAX).unwrap();
    assert_eq!(funding(&most, day(LATER)).unwrap().ceiling, Some(u64::from(u32::MAX) * 729 / 365));
    // A public employer pays the CFA itself; an establishment of industrial kind has its OPCO.
    assert_eq!(declare(&signed(), 700_000), Err(ContractError::NoCeiling));
    let mut industrial = signed();
    industrial.rounds[0].form.set("employer.kind", Some("30")).unwrap();
    assert!(declare(&industrial, 700_000).is_ok());
    let mut public = one;
    public.rounds = signed().rounds;
    assert_eq!(funding(&public, day(LATER)).unwrap().ceiling, None, "whose employer became public");
}

#[test]
fn an_invoice_is_declared_once_and_of_days_of_the_contract() {
    let first = invoice("F1", "2024-09-02", "2024-12-31", 210_000);
    let one = invoiced(&signed(), first.clone()).unwrap();
    assert_eq!(one.invoices.len(), 1, "of a public employer too");
    let spaced = Declared { number: " F1 ".to_owned(), ..first.clone() };
    assert_eq!(invoiced(&one, spaced).unwrap(), one, "it is so already");
    for other in [
        Declared { amount: Cents(210_001), ..first.clone() },
        Declared { first_on: day("2024-09-03"), ..first.clone() },
        Declared { last_on: day("2025-01-01"), ..first.clone() },
    ] {
        assert_eq!(invoiced(&one, other), Err(ContractError::OtherInvoice));
    }
    let early = Declared { first_on: day("2024-09-01"), ..first.clone() };
    assert_eq!(invoiced(&one, early), Err(ContractError::InvoicedBefore(day("2024-09-02"))));
    let backwards = Declared { last_on: day("2024-09-01"), ..first.clone() };
    assert_eq!(invoiced(&one, backwards), Err(ContractError::InvoicedDays));
    let one_day = Declared { number: "F2".to_owned(), last_on: day("2024-09-02"), ..first.clone() };
    assert!(invoiced(&one, one_day).is_ok());
    let nameless = Declared { number: " ".to_owned(), ..first.clone() };
    assert_eq!(invoiced(&one, nameless), Err(ContractError::Missing("a number")));
    let free = Declared { amount: Cents(0), ..first.clone() };
    assert_eq!(invoiced(&one, free), Err(ContractError::Missing("an amount")));
    let draft = after(&[DRAFT, filling]);
    let pending = ContractError::Life { command: "DeclareInvoice", life: "not signed by all" };
    assert_eq!(invoiced(&draft, first.clone()), Err(pending));
    let cancelled = act(&signed(), &Command::Cancel("avant".to_owned()), BEFORE).unwrap();
    let refused = ContractError::Life { command: "DeclareInvoice", life: "cancelled" };
    assert_eq!(invoiced(&cancelled, first.clone()), Err(refused));
    let over = act(&one, &rupture(), "2024-10-01").unwrap();
    assert!(invoiced(&over, Declared { number: "F2".to_owned(), ..first }).is_ok());
}

#[test]
fn a_day_on_two_invoices_counts_once_and_those_after_the_end_are_told() {
    let mut contract = signed();
    // Within one another, overlapping, side by side, apart; not in order.
    for (number, first, last) in [
        ("F3", "2024-11-01", "2024-11-30"),
        ("F1", "2024-09-02", "2024-09-30"),
        ("F2", "2024-09-10", "2024-09-12"),
        ("F4", "2024-09-21", "2024-10-10"),
        ("F5", "2024-10-11", "2024-10-15"),
    ] {
        contract = invoiced(&contract, invoice(number, first, last, 1_000)).unwrap();
    }
    let of = funding(&contract, day(LATER)).unwrap();
    assert_eq!((of.invoiced_days, of.days_after_end, of.invoiced), (29 + 15 + 30, 0, 5_000));
    let after_end = |on: &str| {
        let over = act(&contract, &rupture(), on).unwrap();
        let of = funding(&over, day(LATER)).unwrap();
        assert_eq!(of.invoiced_days, 74);
        of.days_after_end
    };
    assert_eq!(after_end("2024-12-01"), 0, "30 November is the last day with a contract");
    assert_eq!(after_end("2024-11-30"), 1);
    assert_eq!(after_end("2024-10-20"), 30);
    assert_eq!(after_end("2024-10-10"), 6 + 30);
    assert_eq!(after_end("2024-09-25"), 6 + 15 + 30);
    assert_eq!(after_end("2024-09-02"), 74, "it never ran");
    // After its term as well.
    let late = invoice("F6", "2026-08-31", "2026-09-02", 1_000);
    assert_eq!(funding(&invoiced(&contract, late).unwrap(), day(LATER)).unwrap().days_after_end, 2);
}
