//! An id that a person gives a learner by hand, and takes back.

use crate::support::{declare, example, ledger, meta, persons, source};
use domain::dossier::Declaration;
use domain::enrolment::{Command, Enrolment, Fact, LookupKey, Opened, RetractionReason};
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

fn state(ledger: &Ledger, stream: StreamKey) -> Enrolment {
    ledger.load_enrolment(stream, None, true).unwrap().unwrap().state
}

fn id_of(ledger: &Ledger, stream: StreamKey) -> String {
    state(ledger, stream).current.unwrap().identity.clear().unwrap().id_erp.clone()
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

async fn retract(ledger: &Ledger, number: u64, stream: StreamKey, event: EventId) -> EventId {
    let (reason, on) = (RetractionReason::SentByMistake, "2026-10-01".parse().unwrap());
    act(ledger, number, stream, Command::Retract { event, reason, on }).await
}

/// Under whose keys the sections of a stream are.
fn subjects(ledger: &Ledger, stream: StreamKey) -> Vec<SubjectId> {
    let id = domain::ids::StreamId { category: domain::ids::Category::Enrolment, key: stream };
    let events = ledger.read_stream(id, None, false).unwrap();
    events.iter().flat_map(|event| &event.header.sections).map(|s| s.subject).collect()
}

#[tokio::test]
async fn an_id_that_was_given_by_mistake_is_free_again_once_it_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = {
        let ledger = ledger(folder.path());
        let a = push(&ledger, 1, with_id("A-1")).await;
        let mistake = remap(&ledger, 2, a, "B-2").await;
        assert_eq!(ledger.find_enrolment(&lookup(&ledger, "B-2")).unwrap(), Some(a));
        retract(&ledger, 3, a, mistake).await;
        assert_eq!(ledger.find_enrolment(&lookup(&ledger, "B-2")).unwrap(), None);
        let before = state(&ledger, a);
        let b = push(&ledger, 4, with_id("B-2")).await;
        assert_ne!(a, b, "the real B-2 has a dossier of its own");
        assert_eq!(state(&ledger, a), before, "B's row says nothing of A");
        let other = push(&ledger, 5, with_other_training("B-2")).await;
        let of_a = subjects(&ledger, a);
        for stream in [b, other] {
            // The employer of both is one, with one key.
            let shared = subjects(&ledger, stream).into_iter().filter(|s| of_a.contains(s));
            let learner = of_a[0];
            assert!(shared.into_iter().all(|s| s != learner), "B is sealed under A's key");
        }
        (a, b)
    };
    let ledger = ledger(folder.path());
    assert_eq!(ledger.find_enrolment(&lookup(&ledger, "A-1")).unwrap(), Some(a));
    assert_eq!(ledger.find_enrolment(&lookup(&ledger, "B-2")).unwrap(), Some(b));
    // The same after a restart: a third training of B is under B's key.
    let mut third = with_other_training("B-2");
    third.training.certification.rncp = example().training.certification.rncp;
    third.training.certification.cfd = None;
    let third = push(&ledger, 6, third).await;
    assert_eq!(subjects(&ledger, third)[0], subjects(&ledger, b)[0]);
}

#[tokio::test]
async fn an_id_is_back_when_its_withdrawal_is_withdrawn_and_after_a_restart_too() {
    let folder = tempfile::tempdir().unwrap();
    let a = {
        let ledger = ledger(folder.path());
        let a = push(&ledger, 1, with_id("A-1")).await;
        let given = remap(&ledger, 2, a, "B-2").await;
        let taken = retract(&ledger, 3, a, given).await;
        retract(&ledger, 4, a, taken).await;
        assert_eq!(id_of(&ledger, a), "B-2");
        assert_eq!(ledger.find_enrolment(&lookup(&ledger, "B-2")).unwrap(), Some(a));
        a
    };
    let ledger = ledger(folder.path());
    assert_eq!(ledger.find_enrolment(&lookup(&ledger, "B-2")).unwrap(), Some(a));
    assert_eq!(
        ledger.find_enrolment(&lookup(&ledger, "A-1")).unwrap(),
        Some(a),
        "late rows find it"
    );
}

#[tokio::test]
async fn a_corrected_id_takes_the_place_of_the_one_that_was_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let a = {
        let ledger = ledger(folder.path());
        let a = push(&ledger, 1, with_id("A-1")).await;
        let event = remap(&ledger, 2, a, "B-2").await;
        let mut identity = example().identity;
        identity.id_erp = "C-3".to_owned();
        let lookup_of_c = lookup(&ledger, "C-3");
        let fact =
            Fact::LearnerIdRemapped { lookup: lookup_of_c, identity: Opened::Clear(identity) };
        let effective_on = "2026-10-01".parse().unwrap();
        let correction = act(&ledger, 3, a, Command::Correct { event, fact, effective_on }).await;
        assert_eq!(ledger.find_enrolment(&lookup_of_c).unwrap(), Some(a));
        assert_eq!(ledger.find_enrolment(&lookup(&ledger, "B-2")).unwrap(), None);
        retract(&ledger, 4, a, correction).await;
        assert_eq!(ledger.find_enrolment(&lookup_of_c).unwrap(), None);
        assert_eq!(ledger.find_enrolment(&lookup(&ledger, "B-2")).unwrap(), Some(a));
        a
    };
    let ledger = ledger(folder.path());
    assert_eq!(ledger.find_enrolment(&lookup(&ledger, "C-3")).unwrap(), None);
    assert_eq!(ledger.find_enrolment(&lookup(&ledger, "B-2")).unwrap(), Some(a));
}

#[tokio::test]
async fn a_learner_whose_id_a_person_changed_keeps_the_key_in_the_next_dossier() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let a = push(&ledger, 1, with_id("A-1")).await;
    let keys = persons(folder.path());
    remap(&ledger, 2, a, "A-9").await;
    let other = push(&ledger, 3, with_other_training("A-9")).await;
    assert_ne!(a, other);
    assert_eq!(subjects(&ledger, a)[0], subjects(&ledger, other)[0]);
    assert_eq!(persons(folder.path()), keys, "nobody got a second key");
}
