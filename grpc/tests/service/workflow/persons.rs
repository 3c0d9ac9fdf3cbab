//! Whose a contract that belongs to no dossier is: found by what its form says, told what is known, erased.

use super::*;
use proto::v1::find_persons_request::By;

fn asked(name: &str) -> wire::RequestErasureRequest {
    wire::RequestErasureRequest {
        request_id: id(),
        actor: "dpo-1".to_owned(),
        enrolments: vec![name.to_owned()],
        with_linked: true,
        requester: wire::ErasureRequester::Person as i32,
        received_on: "2025-10-15".to_owned(),
    }
}

/// Asks for an erasure, decides it and carries it out.
pub(super) async fn erased(server: &Server, name: &str) -> wire::Erasure {
    let mut privacy = server.client.privacy();
    let asked = privacy.request_erasure(asked(name)).await.unwrap().into_inner();
    let erasure = asked.erasure.unwrap();
    let decided = wire::DecideErasureRequest {
        request_id: id(),
        actor: "dpo-1".to_owned(),
        name: erasure.name.clone(),
        granted: true,
        basis: wire::LegalBasis::Objection as i32,
        reference: "R-1".to_owned(),
    };
    privacy.decide_erasure(decided).await.unwrap();
    let execute = wire::ExecuteErasureRequest {
        request_id: id(),
        actor: "dpo-1".to_owned(),
        name: erasure.name,
    };
    privacy.execute_erasure(execute).await.unwrap().into_inner().erasure.unwrap()
}

async fn found(server: &Server, by: By) -> Vec<String> {
    let request = wire::FindPersonsRequest { by: Some(by) };
    let found = server.client.privacy().find_persons(request).await.unwrap().into_inner();
    assert_eq!((found.enrolments, found.more), (vec![], false));
    found.contracts
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_a_contract_without_an_enrolment_is_of_is_erased_by_its_name() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let (name, other) =
        (to_be_signed(&client, PARTIES).await, to_be_signed(&client, PARTIES).await);
    let nobody = format!("contracts/{}", id());
    let nobody = server.client.privacy().request_erasure(asked(&nobody)).await.unwrap_err();
    assert_eq!(reason(&nobody), "NOT_FOUND");
    let done = erased(&server, &name).await;
    assert_eq!(done.enrolments, std::slice::from_ref(&name));
    assert!(done.certificate.unwrap().sections > 1);
    let form = |now: wire::ContractWorkflow| {
        domain::cerfa::Form::from_json(&now.rounds[0].form).unwrap().form
    };
    let gone = form(workflow(&client, &name).await);
    assert!(gone.apprentice.birth_name.is_none() && gone.employer.email.is_some());
    assert!(form(workflow(&client, &other).await).apprentice.birth_name.is_some());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_apprentice_and_the_legal_representative_are_found_told_what_is_known_and_erased() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let name = to_be_signed(&client, OF_A_MINOR).await;
    let other = to_be_signed(&client, PARTIES).await;
    let apprentice = example_form().apprentice;
    let email = apprentice.email.unwrap().to_string();
    let born = |born_on: &str, last_name: &str| {
        By::Names(wire::PersonNames {
            last_name: last_name.to_owned(),
            first_name: apprentice.first_name.as_ref().unwrap().to_string().to_uppercase(),
            born_on: born_on.to_owned(),
        })
    };
    let alone = |last_name: &str, first_name: &str| {
        let (last_name, first_name) = (last_name.to_owned(), first_name.to_owned());
        By::NamesAlone(wire::NamesAlone { last_name, first_name })
    };
    let of_apprentice = || born("2008-04-17", "d alencon");
    let of_guardian = || alone("KERBIRIOU", "nolwenn");
    let by_her_address = || By::Email("Nolwenn.Kerbiriou@exemple.fr".to_owned());
    for by in [of_apprentice(), of_guardian(), by_her_address()] {
        assert_eq!(found(&server, by.clone()).await, std::slice::from_ref(&name), "{by:?}");
    }
    // Both have the address of the example.
    assert_eq!(found(&server, By::Email(email.clone())).await, [name.clone(), other.clone()]);
    for by in [
        born("2008-04-18", "d alencon"),
        born("2008-04-17", "Kerbiriou"),
        alone("d alencon", "nolwenn"),
    ] {
        assert_eq!(found(&server, by.clone()).await, [] as [String; 0], "{by:?}");
    }
    let export = wire::ExportPersonRequest { name: name.clone() };
    let mut parts = server.client.privacy().export_person(export).await.unwrap().into_inner();
    let mut document = Vec::new();
    while let Some(part) = parts.message().await.unwrap() {
        document.extend(part.data);
    }
    let document = String::from_utf8(document).unwrap();
    assert!(document.contains("D'Alençon") && document.contains("Kerbiriou"));
    assert!(erased(&server, &name).await.certificate.unwrap().sections > 1);
    for by in [of_apprentice(), of_guardian(), by_her_address()] {
        assert_eq!(found(&server, by.clone()).await, [] as [String; 0], "{by:?}");
    }
    assert_eq!(found(&server, By::Email(email)).await, [other]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_alone_are_refused_by_their_field_when_they_are_none() {
    let (_folder, server) = server().await;
    let long = "x".repeat(domain::dossier::MAX_TEXT_BYTES + 1);
    for (last_name, first_name, field) in [
        (" - ", "", "names_alone.last_name"),
        ("Durand", &*long, "names_alone.first_name"),
        ("Durand", "", "names_alone.first_name"),
        ("", "Zoé", "names_alone.last_name"),
    ] {
        let (last_name, first_name) = (last_name.to_owned(), first_name.to_owned());
        let by = Some(By::NamesAlone(wire::NamesAlone { last_name, first_name }));
        let refused = server.client.privacy().find_persons(wire::FindPersonsRequest { by }).await;
        let refused = refused.unwrap_err();
        assert_eq!(reason(&refused), "INVALID_FIELD");
        assert_eq!(told(&refused, "field"), field);
    }
    server.stop().await;
}
