//! What people wrote when they acted, the day of each signature, silence, and what follows from a rupture: told of one
//! contract to whoever reads its form, and gone with the person.

use super::persons::erased;
use super::*;

async fn workflow_as_of(client: &Client, name: &str, day: &str) -> wire::ContractWorkflow {
    let (name, as_of) = (name.to_owned(), day.to_owned());
    let request = wire::GetContractWorkflowRequest { name, as_of };
    client.clone().get_contract_workflow(request).await.unwrap().into_inner()
}

fn told_of(now: &wire::ContractWorkflow) -> Vec<(&str, wire::Party, &str)> {
    now.said.iter().map(|one| (one.r#type.as_str(), one.party(), one.text.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_told_with_the_form_and_is_gone_with_the_person() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let name = to_be_signed(&client, PARTIES).await;
    let (party, why) = (wire::Party::Cfa as i32, "un mois manque".to_owned());
    act!(client, refuse_signature, RefuseSignatureRequest { party: party, reason: why }, name, "")
        .unwrap();
    let why = "un mois de plus".to_owned();
    act!(client, reopen_contract, ReopenContractRequest { reason: why }, name, "").unwrap();
    act!(client, publish_contract, PublishContractRequest {}, name, "").unwrap();
    on_paper(&client, &name, "").await.unwrap();
    act!(client, submit_contract, SubmitContractRequest {}, name, "").unwrap();
    let missing = "la convention".to_owned();
    act!(client, request_document, RequestDocumentRequest { missing: missing }, name, "").unwrap();
    let motive = "la durée est fausse".to_owned();
    act!(client, refuse_deposit, RefuseDepositRequest { motive: motive }, name, "").unwrap();
    let verbatim = "je change de métier".to_owned();
    act!(
        client,
        rupture_contract,
        RuptureContractRequest {
            mode: wire::RuptureMode::ApprenticeInitiative as i32,
            initiator: wire::Initiator::Apprentice as i32,
            on: "2024-10-31".to_owned(),
            mediator_on: "2024-10-01".to_owned(),
            informed_on: "2024-10-08".to_owned(),
            cosigned: true,
            verbatim: verbatim
        },
        name,
        ""
    )
    .unwrap();
    let none = wire::Party::Unspecified;
    let now = workflow(&client, &name).await;
    assert_eq!(
        told_of(&now),
        [
            ("SignatureRefused", wire::Party::Cfa, "un mois manque"),
            ("FormReopened", none, "un mois de plus"),
            ("SignedOnPaper", none, "vu l'original"),
            ("DepositFoundIncomplete", none, "la convention"),
            ("DepositRefused", none, "la durée est fausse"),
        ]
    );
    let round = &now.rounds[0];
    assert_eq!((&*round.asked_on, &*round.asked_for), ("", ""), "the clock stands still no more");
    let end = now.end.unwrap();
    assert_eq!((end.words.as_str(), end.cosigned), ("je change de métier", true));
    assert_eq!((end.mediator_on.as_str(), end.informed_on.as_str()), ("2024-10-01", "2024-10-08"));
    let rights: Vec<_> =
        end.rights.iter().map(|one| (one.article.as_str(), one.until.as_str())).collect();
    assert_eq!(rights, [("L6222-18-2", "2025-04-30"), ("R6222-23-1", "")]);
    erased(&server, &name).await;
    let gone = workflow(&client, &name).await;
    assert_eq!(gone.said.len(), 5);
    assert!(gone.said.iter().all(|one| one.erased && one.text.is_empty()), "{:?}", gone.said);
    let end = gone.end.unwrap();
    assert!(end.words_erased && end.words.is_empty(), "{end:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_have_their_days_and_silence_is_told_as_of_a_day() {
    use wire::DepositDecision as D;
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let name = to_be_signed(&client, PARTIES).await;
    for (party, code) in PARTIES {
        signed(&client, &name, *code, evidence(&name, *party)).await.unwrap();
    }
    act!(client, submit_contract, SubmitContractRequest {}, name, "").unwrap();
    let decision = async |day: &str| {
        let round = workflow_as_of(&client, &name, day).await.rounds.remove(0);
        (round.decision(), round.decide_by)
    };
    let now = workflow(&client, &name).await.rounds.remove(0);
    let days: Vec<_> = now.signatures.iter().map(|one| one.signed_on.as_str()).collect();
    assert_eq!(days, [now.signed_on.as_str(); 3]);
    assert_eq!((&now.signed_on, &now.complete_on), (&now.submitted_on, &now.submitted_on));
    let sent: chrono::NaiveDate = now.submitted_on.parse().unwrap();
    let last = sent + chrono::Days::new(20);
    let after = last + chrono::Days::new(1);
    assert_eq!(decision(&last.to_string()).await, (D::Due, last.to_string()));
    assert_eq!(decision(&after.to_string()).await, (D::SilentAcceptance, last.to_string()));
    act!(client, deposit_contract, DepositContractRequest { number: "N1".to_owned() }, name, "")
        .unwrap();
    assert_eq!(decision(&after.to_string()).await, (D::Taken, String::new()));
    // What the contract does not allow where it is: whoever is refused reads what came last, and of whom.
    let refused = act!(client, submit_contract, SubmitContractRequest {}, name, "").unwrap_err();
    assert_eq!(reason(&refused), "NOT_ALLOWED");
    assert!(told(&refused, "last").contains(" DepositAccepted "), "{refused:?}");
    let french = refused.get_error_details().localized_message().unwrap().message.clone();
    assert!(french.contains("Dernier acte : version ") && french.contains("/agent-7"), "{french}");
    assert!(french.contains("Le dépôt du contrat est accepté."), "{french}");
    server.stop().await;
}
