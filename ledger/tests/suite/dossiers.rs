//! Dossiers through the whole ledger: decided, sealed, written, read back.

use crate::support::{NOON, complete, declare, example, ledger, meta, source};
use domain::enrolment::Fact;
use domain::event::Event;
use domain::ids::{Instant, Position};
use ledger::{AppendError, LedgerError};
use std::sync::Arc;

#[tokio::test]
async fn a_declared_dossier_is_read_back_open_and_hidden() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let (key, command) = declare(&ledger, complete(), 1);
    let executed = ledger.execute(meta(1), key, command).await.unwrap();
    let decided = executed.decision.unwrap().events;
    let receipt = executed.receipt.unwrap();
    assert_eq!(receipt.lines.len(), decided.len());
    let open = ledger.read_stream(receipt.stream, None, true).unwrap();
    let read: Vec<_> = open.iter().map(|recorded| recorded.event.clone()).collect();
    assert_eq!(read, decided.iter().cloned().map(Event::Enrolment).collect::<Vec<_>>());
    let leaves: Vec<_> = open.iter().map(|recorded| recorded.leaf).collect();
    assert_eq!(leaves, receipt.lines.iter().map(|line| line.leaf).collect::<Vec<_>>());
    let hidden = ledger.read_after(Position(0), 100).unwrap();
    let Event::Enrolment(first) = &hidden[0].event else { panic!() };
    let Fact::EnrolmentDeclared(declared) = &first.fact else { panic!() };
    assert!(declared.identity.clear().is_none());
    assert!(declared.guardians.is_some());
}

#[tokio::test]
async fn the_same_row_twice_writes_nothing_the_second_time() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let (key, command) = declare(&ledger, complete(), 1);
    ledger.execute(meta(1), key, command).await.unwrap();
    let head = ledger.head();
    let (key, command) = declare(&ledger, complete(), 2);
    let executed = ledger.execute(meta(2), key, command).await.unwrap();
    assert_eq!(executed.receipt, None);
    assert!(!executed.decision.unwrap().stale);
    assert_eq!(ledger.head(), head);
}

#[tokio::test]
async fn everything_is_found_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (receipt, state, key) = {
        let ledger = ledger(folder.path());
        let (key, command) = declare(&ledger, complete(), 1);
        let executed = ledger.execute(meta(1), key, command).await.unwrap();
        let state = ledger.load_enrolment(key, None, true).unwrap().unwrap();
        (executed.receipt.unwrap(), state, key)
    };
    let ledger = ledger(folder.path());
    assert_eq!(ledger.load_enrolment(key, None, true).unwrap().unwrap(), state);
    let (_, command) = declare(&ledger, complete(), 1);
    let again = ledger.execute(meta(1), key, command).await.unwrap();
    assert_eq!((again.receipt, again.decision), (Some(receipt), None));
    let current = state.state.current.unwrap();
    assert_eq!(ledger.find_enrolment(&current.lookup).unwrap(), Some(key));
    assert_eq!(ledger.find_contract(current.contracts[0].id).unwrap(), Some(key));
}

#[tokio::test]
async fn a_request_id_with_another_digest_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let (key, command) = declare(&ledger, example(), 1);
    ledger.execute(meta(1), key, command.clone()).await.unwrap();
    let mut other = meta(1);
    other.digest = [99; 16];
    let refused = ledger.execute(other, key, command).await;
    let refused = refused.map(|executed| executed.receipt);
    assert!(matches!(refused, Err(LedgerError::Append(AppendError::OtherContent { .. }))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_first_declarations_with_different_entry_dates_open_one_stream() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Arc::new(ledger(folder.path()));
    let mut tasks = Vec::new();
    for n in 0..16 {
        let mut declaration = example();
        let entry = declaration.training.entry_on;
        declaration.training.entry_on = entry + chrono::Days::new(n % 4);
        let (key, command) = declare(&ledger, declaration, n as u8);
        let ledger = Arc::clone(&ledger);
        tasks.push(tokio::spawn(
            async move { ledger.execute(meta(n), key, command).await.unwrap() },
        ));
    }
    let mut streams = Vec::new();
    for task in tasks {
        streams.push(task.await.unwrap().stream);
    }
    streams.dedup();
    assert_eq!(streams.len(), 1, "one dossier, whatever its entry date");
    let lookups = ledger.read_after(Position(0), 100).unwrap();
    let declared = lookups.iter().filter(|r| r.header.type_code == 1).count();
    assert_eq!(declared, 1);
}

#[tokio::test]
async fn a_past_position_shows_the_enrolment_as_it_stood() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let (key, command) = declare(&ledger, example(), 1);
    let first = ledger.execute(meta(1), key, command).await.unwrap().receipt.unwrap();
    let mut moved = example();
    moved.contact.email = Some("autre@exemple.fr".to_owned());
    let (_, command) = declare(&ledger, moved, 2);
    let second = ledger.execute(meta(2), key, command).await.unwrap().receipt.unwrap();
    assert!(second.last_position() > first.last_position());
    let email = |up_to| {
        let loaded = ledger.load_enrolment(key, up_to, true).unwrap().unwrap();
        loaded.state.current.unwrap().contact.unwrap().clear().unwrap().email.clone()
    };
    assert_eq!(email(Some(first.last_position())).as_deref(), Some("zoe.dalencon@exemple.fr"));
    assert_eq!(email(None).as_deref(), Some("autre@exemple.fr"));
    assert_eq!(ledger.position_at(Instant(NOON)).unwrap(), second.last_position());
}

#[tokio::test]
async fn person_keys_suggest_one_person_and_need_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let mut twin = example();
    twin.identity.id_erp = "B-2".to_owned();
    twin.identity.last_name = "d’alencon".to_owned();
    twin.identity.ine = None;
    let mut other = example();
    other.identity.id_erp = "C-3".to_owned();
    other.identity.first_name = "Zoe-Lou".to_owned();
    let mut keys = Vec::new();
    for (n, declaration) in [example(), twin, other].into_iter().enumerate() {
        let (key, command) = declare(&ledger, declaration, n as u8);
        let done = ledger.execute(meta(n as u64), key, command).await.unwrap();
        let first = done.receipt.unwrap().lines[0].position;
        let recorded = ledger.read_at(first, false).unwrap().unwrap();
        keys.push(ledger.person_keys(&recorded).unwrap().unwrap());
    }
    assert_eq!(keys[0].names_and_birth, keys[1].names_and_birth);
    assert_ne!(keys[0].names_and_birth, keys[2].names_and_birth);
    assert!(keys[0].ine.is_some() && keys[1].ine.is_none());
    assert_eq!(keys[0].ine, keys[2].ine);
    assert_eq!(source("erp-one").as_str(), "erp-one");
}

#[tokio::test]
async fn what_somebody_is_searched_by_has_the_key_of_what_a_dossier_states() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let (key, command) = declare(&ledger, example(), 1);
    ledger.execute(meta(1), key, command).await.unwrap();
    let mut moved = example();
    moved.contact.email = Some("autre@exemple.fr".to_owned());
    let (_, command) = declare(&ledger, moved, 2);
    ledger.execute(meta(2), key, command).await.unwrap();
    let events = ledger.read_after(Position(0), 100).unwrap();
    let emails = events.iter().map(|event| ledger.email_key(event).unwrap());
    let emails: Vec<[u8; 16]> = emails.flatten().collect();
    let names = ledger.names();
    let wanted = ["Zoe.Dalencon@Exemple.FR", "autre@exemple.fr"].map(|of| names.email(of));
    assert_eq!(emails, wanted, "each address once, where it is stated");
    let stated = events.iter().find_map(|event| ledger.person_keys(event).unwrap()).unwrap();
    let identity = example().identity;
    assert_eq!(stated.ine, identity.ine.map(|ine| names.ine(&ine.text)));
    let born = identity.born_on;
    assert_eq!(stated.names_and_birth, names.names_and_birth(" d’alencon ", "ZOÉ", born));
    assert_eq!(names.names_and_birth(" - ", "", born), None);
    assert_ne!(names.email("autre@exemple.fr"), names.ine("autre@exemple.fr"), "keys apart");
}

#[tokio::test]
async fn what_memory_keeps_is_what_the_log_says() {
    use cqrs_es::EventStore;
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let (key, command) = declare(&ledger, example(), 1);
    ledger.execute(meta(1), key, command).await.unwrap();
    for run in 2..6 {
        let mut row = if run % 2 == 0 { complete() } else { example() };
        row.contact.email = Some(format!("adresse{run}@exemple.fr"));
        let (_, command) = declare(&ledger, row, run);
        ledger.execute(meta(u64::from(run)), key, command).await.unwrap();
        let kept = ledger.enrolments().load_aggregate(&key.to_string()).await.unwrap();
        let read = ledger.load_enrolment(key, None, true).unwrap().unwrap();
        assert_eq!(*kept.state(), read.state, "after run {run}");
    }
}

#[tokio::test]
async fn the_framework_of_cqrs_es_runs_on_the_store() {
    use cqrs_es::{Aggregate, AggregateContext, EventStore, event_sink::EventSink};
    use domain::enrolment::EnrolmentServices;
    use domain::ids::{ContractId, EventId};
    struct Named;
    impl EnrolmentServices for Named {
        fn event_id(&self, index: u32) -> EventId {
            EventId([index as u8 + 1; 16])
        }
        fn contract_id(&self, ordinal: u16) -> ContractId {
            ContractId([ordinal as u8 + 1; 16])
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let (key, command) = declare(&ledger, complete(), 1);
    let store = ledger.enrolments();
    // What `CqrsFramework::execute_with_metadata` does: the aggregate has applied its events.
    let mut context = store.load_aggregate(&key.to_string()).await.unwrap();
    let sink = EventSink::default();
    let services: <domain::enrolment::Enrolment as Aggregate>::Services = Arc::new(Named);
    context.aggregate().handle(command, &services, &sink).await.unwrap();
    let events = sink.collect().await;
    let committed = store.commit(events.clone(), context, meta(1).to_metadata()).await.unwrap();
    assert_eq!(committed.len(), events.len());
    let loaded = store.load_events(&key.to_string()).await.unwrap();
    assert_eq!(loaded.into_iter().map(|e| e.payload).collect::<Vec<_>>(), events);
    let kept = store.load_aggregate(&key.to_string()).await.unwrap();
    let read = ledger.load_enrolment(key, None, true).unwrap().unwrap();
    assert_eq!(*kept.state(), read.state);
    let stale = store.load_aggregate(&key.to_string()).await.unwrap();
    let mut moved = complete();
    moved.contact.email = Some("autre@exemple.fr".to_owned());
    let (_, command) = declare(&ledger, moved, 2);
    ledger.execute(meta(2), key, command).await.unwrap().receipt.unwrap();
    let late = store.commit(events, stale, meta(3).to_metadata()).await;
    assert!(matches!(late, Err(cqrs_es::AggregateError::AggregateConflict)));
}

#[tokio::test]
async fn a_caller_who_leaves_before_the_answer_leaves_a_dossier_that_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let (key, command) = declare(&ledger, complete(), 1);
    let domain::enrolment::Command::Declare { lookup, .. } = &command else { panic!() };
    let lookup = *lookup;
    let mut head = ledger.watch();
    tokio::select! {
        biased;
        // The head moves before the answer leaves: the caller is always gone by then.
        changed = head.changed() => changed.unwrap(),
        _ = ledger.execute(meta(1), key, command) => panic!("it was answered first"),
    }
    for _ in 0..1_000 {
        if ledger.find_enrolment(&lookup).unwrap().is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let mut moved = complete();
    moved.training.entry_on = moved.training.entry_on + chrono::Days::new(1);
    let (other, command) = declare(&ledger, moved, 2);
    assert_ne!(other, key);
    assert_eq!(ledger.execute(meta(2), other, command).await.unwrap().stream, key);
}
