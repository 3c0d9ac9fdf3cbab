//! Whoever speaks for some trainers writes to nobody else's dossier, also when it becomes somebody
//! else's while it is written to.

use crate::support::{declare, example, ledger, meta};
use domain::dossier::Declaration;
use domain::enrolment::Establishment;
use domain::identifiers::Uai;
use ledger::LedgerError;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn at(uai: &str) -> Declaration {
    let mut row = example();
    row.training.trainer.uai = Uai::parse(uai).unwrap();
    row
}

#[tokio::test(flavor = "multi_thread")]
async fn who_trains_is_looked_at_on_the_very_state_that_is_written_on() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Arc::new(ledger(folder.path()));
    let north = |one: &Establishment| one.uai == Uai::parse("0010826T").unwrap();
    let (stream, first) = declare(&ledger, at("0010826T"), 1);
    ledger.execute_for(&north, meta(1), stream, first).await.unwrap();
    let asked = AtomicUsize::new(0);
    // It is the north's when it is looked at first; before that is written, somebody moves it.
    let moved_meanwhile = |one: &Establishment| {
        if asked.fetch_add(1, Ordering::SeqCst) == 0 {
            let (ledger, runtime) = (Arc::clone(&ledger), tokio::runtime::Handle::current());
            let moved = std::thread::spawn(move || {
                let (stream, command) = declare(&ledger, at("0751234J"), 2);
                runtime.block_on(ledger.execute(meta(2), stream, command)).unwrap()
            });
            assert!(moved.join().unwrap().receipt.is_some());
        }
        north(one)
    };
    let mut row = at("0010826T");
    row.contact.address = Some("3 rue des Lilas".to_owned());
    let (_, command) = declare(&ledger, row, 3);
    let refused = ledger.execute_for(&moved_meanwhile, meta(3), stream, command).await;
    assert!(matches!(refused, Err(LedgerError::Elsewhere)), "{refused:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 2, "asked again on the newer state");
    let trainer = ledger.trainer(stream).unwrap().unwrap();
    assert_eq!(trainer.uai.to_string(), "0751234J");
}
