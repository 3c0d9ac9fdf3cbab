//! An erasure that the log has and that was not ended: whatever becomes of its retries, nothing is
//! written of the person.

use crate::erasure::{again, apolline, begun, erase, opens, other, told};
use crate::stops::stoppable;
use crate::support::{declare, meta};
use ledger::journal::embedded::segment_files;
use ledger::vault::VaultError;
use ledger::{Ledger, LedgerError};

/// Somebody declares another address of hers.
async fn write_of_her(ledger: &Ledger, n: u8) -> Result<(), LedgerError> {
    let mut row = apolline();
    row.contact.address = Some(format!("{n} rue des Lilas"));
    let (key, command) = declare(ledger, row, n);
    ledger.execute(meta(u64::from(n)), key, command).await.map(drop)
}

fn is_closed(refused: Result<(), LedgerError>) {
    let refused = refused.unwrap_err();
    assert!(matches!(refused, LedgerError::Vault(VaultError::Erased(_))), "{refused}");
}

#[tokio::test]
async fn who_is_recorded_as_erased_stays_closed_when_a_retry_fails_before_its_first_step() {
    let begun = begun().await;
    let mut tried = false;
    for step in 0.. {
        let folder = again(begun.folder.path());
        let (disk, ledger) = stoppable(folder.path());
        disk.stop_after(step);
        assert!(erase(&ledger, begun.erasure).await.is_err(), "no step came after the event");
        let state = ledger.erasure(begun.erasure).unwrap().unwrap().state;
        if state.erased.is_none() {
            continue;
        }
        // The log has it, and no fence is there yet: she is closed in memory alone.
        disk.stop_after(u64::MAX);
        assert!(opens(&ledger, begun.hers), "{step}");
        is_closed(write_of_her(&ledger, 60).await);
        // The retry cannot read what there is of her.
        let segment = segment_files(&folder.path().join("log")).unwrap().remove(0);
        let whole = std::fs::read(&segment).unwrap();
        let sealed = begun.sealed[0].as_slice();
        let at = whole.windows(sealed.len()).position(|part| part == sealed).unwrap();
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(&segment, damaged).unwrap();
        assert!(erase(&ledger, begun.erasure).await.is_err());
        std::fs::write(&segment, whole).unwrap();
        is_closed(write_of_her(&ledger, 61).await);
        told(&ledger, 62, other(62)).await;
        erase(&ledger, begun.erasure).await.unwrap();
        assert!(!opens(&ledger, begun.hers));
        assert!(write_of_her(&ledger, 63).await.is_err());
        tried = true;
        break;
    }
    assert!(tried);
}
