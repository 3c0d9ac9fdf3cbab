//! An id that a person gives a learner by hand, and takes back.

use crate::support::{declare, example, ledger, meta, source};
use domain::dossier::Declaration;
use domain::enrolment::{Command, LookupKey};
use domain::ids::{EventId, StreamKey, SubjectId};
use ledger::{Ledger, RequestMeta};

/// A human's request: its source is not the one that declared the dossier.
fn human(number: u64) -> RequestMeta {
    RequestMeta { source: source("people"), actor: "agent-7".to_owned(), ..meta(number) }
}

fn with_id(id_erp: &str) -> Declaration {
    let mut declaration = example();
    declaration.identity.id_erp = id_erp.to_owned();
    declaration
}

/// The same learner in another training.
fn with_other_training(id_erp: &str) -> Declaration {
    let mut declaration = with_id(id_erp);
    declaration.training.certification.rncp = None;
    declaration
}

fn lookup(ledger: &Ledger, id_erp: &str) -> LookupKey {
    ledger.names().lookup(&source("erp-one"), id_erp, &example().training.certification)
}

async fn push(ledger: &Ledger, number: u64, declaration: Declaration) -> StreamKey {
    let (key, command) = declare(ledger, declaration, number as u8);
    ledger.execute(meta(number), key, command).await.unwrap().stream
}

async fn act(ledger: &Ledger, number: u64, stream: StreamKey, command: Command) -> EventId {
    let done = ledger.execute(human(number), stream, command).await.unwrap();
    done.decision.unwrap().events[0].id
}

async fn remap(ledger: &Ledger, number: u64, stream: StreamKey, id_erp: &str) -> EventId {
    let mut identity = example().identity;
    identity.id_erp = id_erp.to_owned();
    let lookup = lookup(ledger, id_erp);
    act(ledger, number, stream, Command::RemapLearnerId { lookup, identity }).await
}

/// Under whose keys the sections of a stream are.
fn subjects(ledger: &Ledger, stream: StreamKey) -> Vec<SubjectId> {
    let id = domain::ids::StreamId { category: domain::ids::Category::Enrolment, key: stream };
    let events = ledger.read_stream(id, None, false).unwrap();
    events.iter().flat_map(|event| &event.header.sections).map(|s| s.subject).collect()
}

#[tokio::test]
async fn a_learner_whose_id_a_person_changed_keeps_the_key_in_the_next_dossier() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let a = push(&ledger, 1, with_id("A-1")).await;
    let keys = ledger.vault().len();
    remap(&ledger, 2, a, "A-9").await;
    let other = push(&ledger, 3, with_other_training("A-9")).await;
    assert_ne!(a, other);
    assert_eq!(subjects(&ledger, a)[0], subjects(&ledger, other)[0]);
    assert_eq!(ledger.vault().len(), keys, "nobody got a second key");
}
