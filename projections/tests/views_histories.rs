//! Histories: what superseded what, and the sentences.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says no by a panic"
)]

mod views_support;

use domain::enrolment::Fact;
use domain::ids::EventId;
use projections::time::TimeQuery;
use views_support::{World, day, noon};

type Told = Vec<(EventId, Option<EventId>)>;

#[tokio::test]
async fn a_retracted_correction_revives_what_it_corrected() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let stream = world.enrol();
    let contract = world.contract(stream, 0, "2025-09-01", "2027-08-31");
    let rupture = world.rupture(stream, contract, "2026-02-28");
    let correction = world.correct_rupture(stream, rupture, contract, "2026-02-20");
    let corrected = world.head();
    let retraction = world.retract(stream, correction);
    let withdrawn = world.head();
    let gone = world.retract(stream, rupture);
    let views = world.views(folder.path()).await;
    let told = async |at| -> Told {
        let time = TimeQuery::on(day("2026-03-01")).at(at);
        let events = views.contract_history(contract, time).await.unwrap().value;
        let id = |e: &projections::histories::HistoryEvent| match &e.recorded.event {
            domain::event::Event::Enrolment(event) => event.id,
            other => panic!("{other:?}"),
        };
        events.iter().skip(1).map(|e| (id(e), e.superseded_by)).collect()
    };
    assert_eq!(told(corrected).await, [(rupture, Some(correction)), (correction, None)]);
    let revived = [(rupture, None), (correction, Some(retraction)), (retraction, None)];
    assert_eq!(told(withdrawn).await, revived);
    let now = told(world.head()).await;
    assert_eq!((now[0], now[3]), ((rupture, Some(gone)), (gone, None)));
}

#[tokio::test]
async fn each_event_has_its_sentence_in_french() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let stream = world.on("2025-09-02").enrol();
    let contract = world.contract(stream, 0, "2025-09-01", "2027-08-31");
    world.contract(stream, 1, "2026-04-01", "2027-08-31");
    let rupture = world.on("2026-03-03").rupture(stream, contract, "2026-02-28");
    let by = world.on("2026-03-04").correct_rupture(stream, rupture, contract, "2026-02-27");
    world.on("2026-03-05").retract(stream, by);
    world.fact(stream, Fact::LearnerExcluded { on: day("2026-05-01"), cause: None });
    world.fact(stream, Fact::WithdrawalDeclared { on: day("2026-05-02") });
    world.fact(stream, Fact::TrainingCompleted { on: Some(day("2027-07-01")), diploma: true });
    world.fact(stream, Fact::TransmissionStopped { as_of: noon("2026-04-10") });
    world.fact(stream, Fact::TransmissionResumed);
    let views = world.views(folder.path()).await;
    let time = TimeQuery::on(day("2026-06-01"));
    let history = views.enrolment_history(stream, time).await.unwrap().value;
    let sentences: Vec<&str> = history.iter().map(|e| e.sentence_fr.as_str()).collect();
    let expected = [
        "Le dossier est déclaré pour l'année scolaire 2025-2026, pour une formation du \
         1er septembre 2025 au 31 août 2027 (déclaré le 2 septembre 2025).",
        "Le contrat n° 1 est déclaré du 1er septembre 2025 au 31 août 2027 (déclaré le 2 septembre 2025).",
        "Le contrat n° 2 est déclaré du 1er avril 2026 au 31 août 2027 (déclaré le 2 septembre 2025).",
        "Le contrat n° 1 est rompu au 28 février 2026, d'un commun accord, à l'initiative des deux \
         parties (déclaré le 3 mars 2026).",
        "Correction : le contrat n° 1 est rompu au 27 février 2026, d'un commun accord, à l'initiative \
         des deux parties (déclaré le 4 mars 2026).",
        "La déclaration du 4 mars 2026 est retirée, car elle avait été envoyée par erreur (« le contrat \
         n° 1 est rompu au 27 février 2026, d'un commun accord, à l'initiative des deux parties ») \
         (déclaré le 5 mars 2026).",
        "Le CFA déclare une exclusion de la formation au 1er mai 2026 (déclaré le 5 mars 2026).",
        "L'abandon de la formation est déclaré au 2 mai 2026 (déclaré le 5 mars 2026).",
        "La formation est achevée le 1er juillet 2027, avec obtention du diplôme (déclaré le 5 mars 2026).",
        "Le dossier n'est plus transmis depuis l'extraction du 10 avril 2026 (déclaré le 5 mars 2026).",
        "Le dossier est de nouveau transmis (déclaré le 5 mars 2026).",
    ];
    assert_eq!(sentences, expected);
    assert_eq!(history.iter().filter(|e| e.contract == Some(contract)).count(), 4);
}
