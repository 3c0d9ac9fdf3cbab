//! What an auditor and a person see of a contract that is written here.

use crate::house::{Server, server};
use crate::workflow::{PARTIES, evidence, signed, to_be_signed};
use proto::v1 as wire;

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
