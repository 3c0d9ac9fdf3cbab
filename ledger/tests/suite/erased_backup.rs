//! A backup that is taken while a person is erased, step against step.

use crate::erasure::{Begun, again, apolline, begun_with, erase, hits, opens, other, told};
use crate::gate::Gate;
use crate::support::ledger_options;
use ledger::Ledger;
use ledger::backup::{Step, backup, restore};
use std::path::Path;
use std::sync::Arc;

/// Whether the erasure goes on at a step of a backup: before the log is read, before the second of
/// its segments is copied, before the keys are, before it is declared whole.
const AT: [fn(Step) -> bool; 4] = [
    |step| step == Step::Log,
    |step| matches!(step, Step::Files(1, _)),
    |step| step == Step::Keys,
    |step| step == Step::Last,
];

/// Takes a backup on top of an older one, while an erasure that was stopped before one of its steps
/// goes on by some at one of the backup's. Gives whether the erasure had more steps than that.
fn interleaved(begun: &Begun, older: &Path, first: u64, at: usize, by: u64) -> bool {
    let what = format!("after {first} steps, {by} more at {at}");
    let (folder, to) = (again(begun.folder.path()), again(older));
    let gate = Gate::default();
    let mut options = ledger_options(9);
    options.disk = Arc::new(gate.clone());
    let opened = Ledger::open(folder.path(), &options).unwrap();
    gate.close();
    let (erasure, done) = (begun.erasure, gate.clone());
    let erasing = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let erased = runtime.block_on(erase(&opened, erasure));
        drop(opened);
        done.end();
        erased.map(drop)
    });
    let more = gate.advance(first) == first;
    let mut told = 0;
    let taken = backup(folder.path(), to.path(), &mut |step| {
        if AT[at](step) {
            told += 1;
            // Who begins anew again and again is met by the end of it.
            gate.advance(if told == 1 { by } else { 1000 });
        }
    });
    taken.unwrap_or_else(|error| panic!("{what}: {error}"));
    let fences = std::fs::read(folder.path().join("keys/fences")).unwrap_or_default();
    let fenced = fences.len() >= 32 + 2 * 96 && fences[32..].chunks(96).all(|line| line[0] != 0);
    gate.open();
    erasing.join().unwrap().unwrap();

    let target = tempfile::tempdir().unwrap();
    let (restored, kek) = (target.path().join("data"), folder.path().join("keys/kek"));
    let back = restore(to.path(), &restored, Some(&kek), true, &mut |_| {});
    back.unwrap_or_else(|error| panic!("{what}: {error}"));
    let ledger = Ledger::open(&restored, &ledger_options(10)).unwrap();
    let opens = opens(&ledger, begun.hers);
    drop(ledger);
    assert!(!(opens && fenced), "{what}: fenced before the backup ended, and readable in it");
    let left = begun.sealed.iter().filter(|sealed| hits(&restored, sealed) > 0).count();
    assert_eq!(left > 0, opens, "{what}");
    more
}

#[tokio::test]
async fn a_backup_beside_an_erasure_is_whole_and_has_it_once_it_is_fenced() {
    let small = ledger::Options { segment_bytes: 16 * 1024, ..ledger_options(1) };
    let begun = begun_with(&small).await;
    let opened = Ledger::open(begun.folder.path(), &small).unwrap();
    // She is in the second segment too.
    for n in 10..16 {
        told(&opened, n, other(n)).await;
    }
    let mut amended = apolline();
    amended.contact.address = Some("5 rue des Lilas".to_owned());
    told(&opened, 17, amended).await;
    drop(opened);
    let older = tempfile::tempdir().unwrap();
    backup(begun.folder.path(), older.path(), &mut |_| {}).unwrap();
    let mut tried = 0;
    for at in 0..AT.len() {
        for by in [4, 1000] {
            for first in (0..).step_by(6) {
                let more = interleaved(&begun, older.path(), first, at, by);
                tried += 1;
                if !more {
                    break;
                }
            }
        }
    }
    println!("{tried} backups were taken beside an erasure");
    assert!(tried > 50, "{tried}");
}
