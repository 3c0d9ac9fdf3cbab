//! Which contracts are written here, and of which enrolment: also after a restart, from tables.

use crate::contracts::Writing;
use crate::erasure::{apolline, told};
use crate::support::ledger;
use domain::contract::Command;
use domain::ids::{Position, StreamKey};
use ledger::{Drafted, Ledger};

async fn draft(ledger: &Ledger, number: u64, enrolment: Option<StreamKey>) -> Drafted {
    let mut writing = Writing::new(ledger, number);
    let acted = writing.act(Command::Draft { enrolment }).await.unwrap();
    let position = acted.receipt.unwrap().last_position();
    // What comes after it is no contract that begins.
    writing.act(Command::Withdraw("non".to_owned())).await.unwrap();
    Drafted { position, contract: writing.contract, enrolment }
}

#[tokio::test]
async fn the_contracts_of_an_enrolment_and_all_of_them_are_found_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let first = ledger(folder.path());
    let hers = told(&first, 2, apolline()).await;
    let other = StreamKey([9; 16]);
    assert_eq!(first.drafted_of(hers).unwrap(), []);
    let mut all = Vec::new();
    for (number, enrolment) in [(100, Some(hers)), (200, None), (300, Some(hers)), (400, None)] {
        all.push(draft(&first, number, enrolment).await);
    }
    let of_hers = [all[0], all[2]];
    let must_be_told = |ledger: &Ledger| {
        assert_eq!(ledger.drafted_of(hers).unwrap(), of_hers);
        assert_eq!(ledger.drafted_of(other).unwrap(), []);
        assert_eq!(ledger.drafted_after(Position(0), 10).unwrap(), all);
        assert_eq!(ledger.drafted_after(all[0].position, 2).unwrap(), all[1..3]);
        assert_eq!(ledger.drafted_after(all[3].position, 10).unwrap(), []);
    };
    must_be_told(&first);
    drop(first);
    must_be_told(&ledger(folder.path()));
    // Tables may be lost.
    std::fs::remove_dir_all(folder.path().join("log/lookups")).unwrap();
    must_be_told(&ledger(folder.path()));
}
