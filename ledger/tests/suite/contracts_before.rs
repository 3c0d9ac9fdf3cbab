//! The contract before: from the enrolment on which a contract hangs.

use crate::contracts::{Writing, change, day, ledger, of_a_minor};
use crate::erasure::{apolline, told};
use domain::contract::{Command, ContractError};
use domain::ids::StreamKey;
use ledger::{Ledger, LedgerError};

/// Whether somebody of thirty-four who was an apprentice is too old, by the law.
async fn is_too_old(ledger: &Ledger, first: u64, enrolment: Option<StreamKey>) -> bool {
    let mut writing = Writing::new(ledger, first);
    writing.act(Command::Draft { enrolment }).await.unwrap();
    writing.act(Command::Contribute(of_a_minor())).await.unwrap();
    let older = [
        change("apprentice.born_on", "1990-03-01"),
        change("terms.kind", "22"),
        change("terms.previous_number", "NC"),
    ];
    writing.act(Command::Contribute(older.to_vec())).await.unwrap();
    match writing.act(Command::Publish).await {
        // Others say no: nothing is attached.
        Err(LedgerError::Contract(ContractError::Law(rules))) => rules.contains(&"AGE_MAX"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn whoever_was_an_apprentice_less_than_a_year_ago_may_be_older() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    // The contract of the example begins on 2 September 2024.
    for (n, (ended_on, too_old)) in
        (2..).zip([("2023-09-02", false), ("2023-09-01", true), ("2024-08-31", false)])
    {
        let mut row = apolline();
        row.identity.id_erp = format!("L-{n}");
        row.contracts.truncate(1);
        row.contracts[0].start_on = day("2022-09-01");
        row.contracts[0].end_on = Some(day(ended_on));
        row.contracts[0].rupture_on = None;
        let hers = told(&ledger, n, row).await;
        let first = 100 * u64::from(n);
        assert_eq!(is_too_old(&ledger, first, Some(hers)).await, too_old, "{ended_on}");
    }
    // Without an enrolment nobody knows: nothing is refused for it, nor confirmed.
    assert!(!is_too_old(&ledger, 900, None).await);
}
