//! Persons declared between the request of an erasure and its execution: erased with the others.

use crate::erasure::{again, apolline, hits, opens, other, requested, told};
use crate::stops::Stops;
use crate::support::{ledger, ledger_options, meta};
use domain::dossier::Declaration;
use domain::enrolment::Guardians;
use domain::erasure::{LegalBasis, Reference};
use domain::ids::{Category, StreamId, StreamKey, SubjectId};
use ledger::Ledger;
use ledger::erasure::Certificate;
use ledger::fsck::fsck;
use ledger::record::Content;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Apolline before anybody speaks of her parents.
fn alone() -> Declaration {
    Declaration { guardians: Guardians::default(), ..apolline() }
}

/// The same with another training.
fn in_another_training(mut row: Declaration) -> Declaration {
    row.training.certification.rncp = None;
    row
}

struct Begun {
    folder: tempfile::TempDir,
    /// Her dossiers: the one of the request, one of the same id and one that a person linked.
    hers: [StreamKey; 3],
    other: StreamKey,
    erasure: StreamKey,
}

/// Granted; then her parents, another training, and another id of hers are declared.
async fn begun() -> Begun {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let other = told(&ledger, 1, other(2)).await;
    let first = told(&ledger, 2, alone()).await;
    let erasure = requested(&ledger, first, 50).await;
    let reference = Reference::parse("DPO/2026-17").unwrap();
    let decided = ledger.decide_erasure(meta(51), erasure, true, LegalBasis::Objection, reference);
    decided.await.unwrap();
    let second = told(&ledger, 4, in_another_training(alone())).await;
    told(&ledger, 5, in_another_training(apolline())).await;
    let mut renamed = apolline();
    renamed.identity.id_erp = "A-78".to_owned();
    let third = told(&ledger, 6, renamed).await;
    let hers = [first, second, third];
    Begun { folder, hers, other, erasure }
}

/// The learner and the parents of dossiers.
fn persons(ledger: &Ledger, streams: &[StreamKey]) -> BTreeSet<SubjectId> {
    let mut found = BTreeSet::new();
    for key in streams {
        let stream = StreamId { category: Category::Enrolment, key: *key };
        for event in ledger.read_stream(stream, None, false).unwrap() {
            let theirs = event.header.sections.iter().filter(|named| ![5, 6].contains(&named.kind));
            found.extend(theirs.map(|named| named.subject));
        }
    }
    found
}

async fn erase(ledger: &Ledger, begun: &Begun) -> Result<Certificate, ledger::LedgerError> {
    ledger.execute_erasure(meta(52), begun.erasure, &begun.hers[2..]).await
}

fn is_gone(begun: &Begun, folder: &std::path::Path) {
    let ledger = Ledger::open(folder, &ledger_options(9)).unwrap();
    assert!(opens(&ledger, begun.other));
    let all = persons(&ledger, &begun.hers);
    assert_eq!(all.len(), 4, "two ids of hers, and the parents of each");
    for key in begun.hers {
        let stream = StreamId { category: Category::Enrolment, key };
        for event in ledger.read_stream(stream, None, true).unwrap() {
            for (named, content) in event.header.sections.iter().zip(&event.sections) {
                assert_eq!(*content == Content::Erased, named.kind != 5, "kind {}", named.kind);
            }
        }
    }
    let found = ledger.erasure(begun.erasure).unwrap().unwrap();
    let certificate = found.certificate.unwrap();
    assert_eq!(certificate.subjects.iter().copied().collect::<BTreeSet<_>>(), all);
    assert_eq!(certificate.since_request.len(), 3, "all but the learner of the request");
    assert_eq!(certificate.enrolments.len(), 3);
    let text = certificate.text();
    assert!(text.contains("entre la demande et l'exécution"), "{text}");
    assert!(certificate.subjects.iter().all(|subject| text.contains(&subject.to_string())));
    drop(ledger);
    assert_eq!(hits(folder, b"Quesnelle"), 0);
    let report = fsck(folder).unwrap();
    assert!(report.is_right() && report.keys.erased == 4, "{report:?}");
}

#[tokio::test]
async fn parents_and_dossiers_declared_since_the_request_go_too() {
    let begun = begun().await;
    let opened = ledger(begun.folder.path());
    let certificate = erase(&opened, &begun).await.unwrap();
    assert_eq!(erase(&opened, &begun).await.unwrap(), certificate, "asked again, the same");
    drop(opened);
    is_gone(&begun, begun.folder.path());
}

#[tokio::test]
async fn killed_at_every_step_they_go_too_or_nobody_does() {
    let begun = begun().await;
    let mut stopped = 0;
    for step in 0.. {
        let folder = again(begun.folder.path());
        let disk = Stops::after(u64::MAX, true);
        let mut options = ledger_options(9);
        options.disk = Arc::new(disk.clone());
        let ledger = Ledger::open(folder.path(), &options).unwrap();
        disk.stop_after(step);
        let ended = erase(&ledger, &begun).await.is_ok();
        drop(ledger);
        let ledger = Ledger::open(folder.path(), &ledger_options(10)).unwrap();
        if ledger.erasure(begun.erasure).unwrap().unwrap().state.erased.is_none() {
            assert!(begun.hers.iter().all(|key| opens(&ledger, *key)), "{step}: nothing happened");
            erase(&ledger, &begun).await.unwrap();
        }
        drop(ledger);
        is_gone(&begun, folder.path());
        if ended {
            break;
        }
        stopped += 1;
    }
    assert!(stopped > 15, "{stopped}");
}
