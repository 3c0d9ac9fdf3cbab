//! What an auditor and a person see of a contract that is written here.

use crate::house::{Server, full, learner, learners, server};
use crate::workflow::{OF_A_MINOR, PARTIES, evidence, id, signed, to_be_signed, to_be_signed_for};
use base64ct::Encoding;
use domain::contract::signing::Party;
use domain::dossier::Field;
use proto::v1 as wire;
use serde_json::Value;

/// All pages of a history, two events a page.
async fn history(server: &Server, parent: &str, known_at: &str) -> Vec<wire::Event> {
    let mut client = server.client.history();
    let (mut events, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = wire::ListEventsRequest {
            parent: parent.to_owned(),
            known_at: known_at.to_owned(),
            page_size: 2,
            page_token,
        };
        let page = client.list_events(request).await.unwrap().into_inner();
        assert!(page.events.len() <= 2);
        events.extend(page.events);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return events;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_a_contract_tells_every_event_in_words_and_nothing_sealed() {
    let (folder, server) = server().await;
    let client = server.client.contract_workflow();
    let name = to_be_signed(&client, PARTIES).await;
    for (party, code) in PARTIES {
        signed(&client, &name, *code, evidence(&name, *party)).await.unwrap();
    }
    let events = history(&server, &name, "").await;
    let types: Vec<&str> = events.iter().map(|event| event.r#type.as_str()).collect();
    let expected = [
        "ContractDrafted",
        "FormContributed",
        "DocumentAttached",
        "FormPublished",
        "SignaturesRequested",
        "PartySigned",
        "PartySigned",
        "PartySigned",
        "FullySigned",
    ];
    assert_eq!(types, expected);
    let said: Vec<&str> = events.iter().map(|event| event.sentence_fr.as_str()).collect();
    assert_eq!(said[0], "La rédaction du contrat commence (enregistré le 1er novembre 2025).");
    assert_eq!(said[8], "Toutes les parties ont signé (enregistré le 1er novembre 2025).");
    for event in &events {
        assert_eq!((&event.contract, &event.stream), (&name, &name));
        assert!(!event.sentence_fr.is_empty() && !event.body_json.is_empty(), "{event:?}");
        for sealed in ["D'Alençon", "the training agreement"] {
            assert!(!format!("{event:?}").contains(sealed), "{event:?}");
        }
    }
    assert!(events[1].sealed.contains(&"apprentice".to_owned()), "{:?}", events[1].sealed);
    // As it was known when its parties were asked.
    let then = history(&server, &name, &format!("@{}", events[4].position)).await;
    assert_eq!(then, events[..5]);
    let before = wire::ListEventsRequest {
        parent: name.clone(),
        known_at: format!("@{}", events[0].position - 1),
        ..Default::default()
    };
    let before = server.client.history().list_events(before).await.unwrap_err();
    assert_eq!(before.code(), tonic::Code::NotFound, "it was not there yet");
    let mut read = 0;
    access::log::read(folder.path(), |line| {
        read += u32::from(line.call == "ListEvents" && line.of == name);
    })
    .unwrap();
    assert!(read >= 9, "each page is a read: {read}");
    server.stop().await;
}

/// The document about a person.
async fn export(server: &Server, name: &str) -> Value {
    let request = wire::ExportPersonRequest { name: name.to_owned() };
    let mut parts = server.client.privacy().export_person(request).await.unwrap().into_inner();
    let mut document = Vec::new();
    while let Some(part) = parts.message().await.unwrap() {
        document.extend(part.data);
    }
    serde_json::from_slice(&document).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_given_the_contracts_that_are_written_here_with_their_documents() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let pushed = server.push(&full(1, 2), &learners(2)).await;
    let [hers, other] = [0, 1].map(|n: usize| pushed.answers[n].enrolment.clone());
    let name = to_be_signed_for(&client, OF_A_MINOR, &hers).await;
    let apprentice = evidence(&name, Party::Apprentice);
    signed(&client, &name, wire::Party::Apprentice, apprentice.clone()).await.unwrap();
    let alone = to_be_signed(&client, PARTIES).await;

    let of_hers = export(&server, &hers).await;
    assert_eq!(of_hers["enrolments"].as_array().unwrap().len(), 1);
    let contracts = of_hers["contracts"].as_array().unwrap();
    assert_eq!((contracts.len(), &contracts[0]["name"]), (1, &Value::from(name.as_str())));
    let round = &contracts[0]["workflow"]["rounds"][0];
    assert_eq!(contracts[0]["workflow"]["enrolment"], hers.as_str());
    assert_eq!(round["form"]["apprentice"]["birth_name"], "D'Alençon");
    assert_eq!(round["form"]["guardian"]["name"], "Kerbiriou", "for the officer to look at");
    assert_eq!(round["phase"], "CONTRACT_PHASE_SIGNING");
    let documents = contracts[0]["documents"].as_array().unwrap();
    let content = |what: &str| {
        let found = documents.iter().find(|document| document["what"] == what).unwrap();
        let content = found["content"].as_str().unwrap().as_bytes();
        let clear = base64ct::Base64::decode_vec(std::str::from_utf8(content).unwrap()).unwrap();
        assert_eq!(found["bytes"], clear.len());
        clear
    };
    assert_eq!(content("attachment"), b"the training agreement");
    assert_eq!(content("evidence"), apprentice);
    let events = contracts[0]["events"].as_array().unwrap();
    let types: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!((types[0], types[types.len() - 1]), ("ContractDrafted", "PartySigned"));
    let filled = serde_json::to_string(&events[1]["sections"]).unwrap();
    assert!(filled.contains("zoe.dalencon@exemple.fr"), "{filled}");
    let reads = of_hers["reads"].as_array().unwrap();
    let is_own = |read: &&Value| read["of"] == name.as_str() && read["call"] == "ExportPerson";
    assert_eq!(reads.iter().filter(is_own).count(), 1, "that it is read here is in it");

    // By the contract's name it is the same person; one without an enrolment is by itself.
    let by_contract = export(&server, &name).await;
    assert_eq!(by_contract["enrolments"], of_hers["enrolments"]);
    assert_eq!(by_contract["contracts"], of_hers["contracts"]);
    assert_eq!(export(&server, &other).await["contracts"], Value::Array(Vec::new()));
    let by_itself = export(&server, &alone).await;
    assert_eq!(by_itself["enrolments"], Value::Array(Vec::new()));
    assert_eq!(by_itself["contracts"][0]["name"], alone.as_str());

    // The history of the enrolment names it, as soon as it was begun.
    let request = wire::ListEventsRequest { parent: hers.clone(), ..Default::default() };
    let told = server.client.history().list_events(request).await.unwrap().into_inner();
    assert_eq!(told.drafted, std::slice::from_ref(&name));
    let known_at = format!("@{}", told.events.last().unwrap().position);
    let request = wire::ListEventsRequest { parent: hers.clone(), known_at, ..Default::default() };
    let before = server.client.history().list_events(request).await.unwrap().into_inner();
    assert!(before.drafted.is_empty(), "{:?}", before.drafted);

    erase(&server, &hers).await;
    let gone = export(&server, &name).await;
    assert_eq!(
        gone["contracts"][0]["erased"]["article"],
        gone["enrolments"][0]["erased"]["article"]
    );
    assert!(gone["contracts"][0].get("events").is_none(), "{gone}");
    assert!(!gone.to_string().contains("D'Alençon") && !gone.to_string().contains("Kerbiriou"));
    server.stop().await;
}

/// Erases whoever a dossier or a contract is of.
async fn erase(server: &Server, of: &str) {
    let mut privacy = server.client.privacy();
    let actor = || "dpo-1".to_owned();
    let asked = wire::RequestErasureRequest {
        request_id: id(),
        actor: actor(),
        enrolments: vec![of.to_owned()],
        with_linked: true,
        requester: wire::ErasureRequester::Person as i32,
        received_on: "2025-10-15".to_owned(),
    };
    let erasure = privacy.request_erasure(asked).await.unwrap().into_inner().erasure.unwrap();
    let decided = wire::DecideErasureRequest {
        request_id: id(),
        actor: actor(),
        name: erasure.name.clone(),
        granted: true,
        basis: wire::LegalBasis::Objection as i32,
        reference: "R-1".to_owned(),
    };
    privacy.decide_erasure(decided).await.unwrap();
    let name = erasure.name;
    let execute = wire::ExecuteErasureRequest { request_id: id(), actor: actor(), name };
    privacy.execute_erasure(execute).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declared_contract_is_judged_by_the_same_rules_as_warnings() {
    let (_folder, server) = server().await;
    let spans = [("2024-09-02", "2026-08-31"), ("2024-09-02", "2028-09-02")];
    let rows = [0, 1].map(|n: usize| {
        learner(n)
            .with(Field::ContratDateDebut, spans[n].0)
            .with(Field::ContratDateFin, spans[n].1)
            .with(Field::ContratDateRupture, "")
    });
    let pushed = server.push(&full(1, 2), &rows).await;
    let mut said = Vec::new();
    for answer in &pushed.answers {
        let events = history(&server, &answer.enrolment, "").await;
        let name = events.iter().find(|event| !event.contract.is_empty()).unwrap().contract.clone();
        let request = wire::GetContractRequest { name, ..Default::default() };
        let found = server.client.contracts().get_contract(request).await.unwrap().into_inner();
        said.push(found.verdicts);
    }
    let of = |n: usize, wanted: wire::RuleOutcome| -> Vec<&str> {
        let are = said[n].iter().filter(|verdict| verdict.outcome() == wanted);
        are.map(|verdict| verdict.rule.as_str()).collect()
    };
    assert!(of(0, wire::RuleOutcome::Warned).is_empty(), "{said:?}");
    assert!(of(0, wire::RuleOutcome::Holds).contains(&"DURATION_MAX"), "{said:?}");
    assert_eq!(of(1, wire::RuleOutcome::Warned), ["DURATION_MAX"], "forty-eight months and a day");
    assert!(
        of(0, wire::RuleOutcome::Refused).is_empty()
            && of(1, wire::RuleOutcome::Refused).is_empty()
    );
    let text = said[1].iter().find(|verdict| verdict.rule == "DURATION_MAX").unwrap();
    assert_eq!(text.article, "L6222-7-1; L6222-11; R6222-47");
    assert!(text.text.as_ref().unwrap().fr.starts_with("Le contrat dure trois ans au plus"));
    server.stop().await;
}
