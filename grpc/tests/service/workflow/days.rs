//! Acts that are recorded on another day than that on which they happened, and what the silence of the deposit body leaves.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn acts_have_the_day_on_which_they_happened_and_none_is_to_come_or_before_what_it_follows() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let name = published(&client, "", Vec::new()).await;
    let refused = on_paper(&client, &name, "2025-11-02").await.unwrap_err();
    assert_eq!(reason(&refused), "INVALID_FIELD", "it is tomorrow: {refused:?}");
    on_paper(&client, &name, "2025-10-01").await.unwrap();
    let submit = async |on: &str| {
        let on = on.to_owned();
        act!(client, submit_contract, SubmitContractRequest { on: on }, name, "")
    };
    for on in ["2025-09-30", "2025-11-02", "hier"] {
        let refused = submit(on).await.unwrap_err();
        assert_eq!(reason(&refused), "INVALID_FIELD", "{on}: {refused:?}");
    }
    submit("2025-10-03").await.unwrap();
    let round = workflow(&client, &name).await.rounds.remove(0);
    assert_eq!((&*round.submitted_on, &*round.counted_from), ("2025-10-03", "2025-11-01"));
    assert_eq!(round.decide_by, "2025-11-21", "from the day on which it is recorded");

    let ask = async |on: &str| {
        let (missing, on) = ("une pièce".to_owned(), on.to_owned());
        act!(
            client,
            request_document,
            RequestDocumentRequest { missing: missing, on: on },
            name,
            ""
        )
    };
    ask("2025-10-10").await.unwrap();
    let (kind, content) = (wire::DocumentKind::Other as i32, b"what is asked for".to_vec());
    act!(client, attach_document, AttachDocumentRequest { kind: kind, content: content }, name, "")
        .unwrap();
    let on = "2025-10-12".to_owned();
    act!(client, complete_file, CompleteFileRequest { on: on }, name, "").unwrap();
    let round = workflow(&client, &name).await.rounds.remove(0);
    assert_eq!(round.complete_on, "2025-10-12", "as it is said");
    assert_eq!(round.decide_by, "2025-11-21", "twenty days from when it is said");
    // Silence has decided since: whatever day is said, nothing is asked for; a number is still recorded.
    server.clock.set(grpc::times::instant("now", "2025-11-22T12:00:00Z").unwrap());
    for on in ["", "2025-10-13"] {
        let refused = ask(on).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_ALLOWED", "{on}");
        assert!(refused.message().contains("until 2025-11-21"), "{refused:?}");
    }
    let (number, on) = ("035202510AB0001".to_owned(), "2025-10-20".to_owned());
    act!(client, deposit_contract, DepositContractRequest { number: number, on: on }, name, "")
        .unwrap();
    let round = workflow(&client, &name).await.rounds.remove(0);
    assert_eq!(round.decided_on, "2025-10-20");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_silence_of_an_opco_refused_is_opened_again_and_sent_anew() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let name = published(&client, "", industrial()).await;
    on_paper(&client, &name, "2025-10-01").await.unwrap();
    // A service of the State, or an OPCO that is none: the OPCOs are told.
    let service = "DDETS 35".to_owned();
    let wrong = act!(client, submit_contract, SubmitContractRequest { service: service }, name, "");
    let opco = "Mme Dupont".to_owned();
    let none = act!(client, submit_contract, SubmitContractRequest { opco: opco }, name, "");
    for refused in [wrong, none].map(Result::unwrap_err) {
        let told = french(&refused);
        assert!(told.contains("OPCO Mobilités") && !told.contains("Dupont"), "{refused:?}");
    }
    let submit = async |on: &str| {
        let (opco, on) = ("AKTO".to_owned(), on.to_owned());
        act!(client, submit_contract, SubmitContractRequest { opco: opco, on: on }, name, "")
    };
    let sent = submit("2025-10-03").await.unwrap();
    // It is found by its OPCO in any writing.
    let time = wire::TimeQuery { min_position: sent.position, ..Default::default() };
    let (time, deposit_body) = (Some(time), "akto".to_owned());
    let request = wire::ListContractWorkflowsRequest { time, deposit_body, ..Default::default() };
    let found = client.clone().list_contract_workflows(request).await.unwrap().into_inner();
    assert_eq!(found.contracts[0].name, name);
    let funded = async || {
        let of = workflow(&client, &name).await.funding.unwrap();
        (of.funded_days > 0, of.deposit_refused)
    };
    assert_eq!(funded().await, (true, false));
    server.clock.set(grpc::times::instant("now", "2025-11-22T12:00:00Z").unwrap());
    assert_eq!(funded().await, (false, true), "silence has refused it");
    let reason = "l'OPCO n'a pas répondu".to_owned();
    act!(client, reopen_contract, ReopenContractRequest { reason: reason }, name, "").unwrap();
    act!(client, publish_contract, PublishContractRequest {}, name, "").unwrap();
    on_paper(&client, &name, "").await.unwrap();
    submit("").await.unwrap();
    let round = workflow(&client, &name).await.rounds.remove(0);
    assert_eq!(round.decide_by, "2025-12-12");
    server.stop().await;
}
