//! The deposit agent's queue, and what the views tell of contracts beside what the ledger tells of one.

use super::funding::running;
use super::*;
use wire::{ContractPhase as Phase, DepositDecision as Decision};

/// A page of the queue, as of a day, with all that was acknowledged.
async fn listed(
    server: &Server,
    request: wire::ListContractWorkflowsRequest,
) -> Result<wire::ListContractWorkflowsResponse, Status> {
    let listed = server.client.contract_workflow().list_contract_workflows(request).await;
    listed.map(tonic::Response::into_inner)
}

fn as_of(day: &str, position: u64) -> Option<wire::TimeQuery> {
    Some(wire::TimeQuery { as_of: day.to_owned(), min_position: position, ..Default::default() })
}

fn names(listed: &wire::ListContractWorkflowsResponse) -> Vec<&str> {
    listed.contracts.iter().map(|one| one.name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_has_what_to_decide_by_which_day_what_was_asked_and_since_when() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let draft = drafted(&client, "").await;
    let signed = running(&client, false).await;
    let (sent, asked) = (running(&client, false).await, running(&client, false).await);
    for name in [&sent, &asked] {
        act!(client, submit_contract, SubmitContractRequest {}, name, "").unwrap();
    }
    let missing = "la convention, signée".to_owned();
    let last =
        act!(client, request_document, RequestDocumentRequest { missing: missing }, asked, "");
    let head = last.unwrap().position;

    // Nothing has to be signed yet of a draft without a first day: it comes last.
    let today = "2025-11-01";
    let all = wire::ListContractWorkflowsRequest { time: as_of(today, head), ..Default::default() };
    let page = listed(&server, all.clone()).await.unwrap();
    assert_eq!(names(&page), [&*signed, &*asked, &*sent, &*draft]);
    for one in &page.contracts {
        let told = workflow(&client, &one.name).await;
        assert_eq!((&one.due, &one.etag, &one.life), (&told.due, &told.etag, &told.life));
        let round = told.rounds.last().unwrap();
        assert_eq!(&one.phase, &round.phase);
        assert_eq!(
            (&one.submitted_on, &one.asked_on, &one.deposit_body),
            (&round.submitted_on, &round.asked_on, &round.deposit_body)
        );
    }
    let submitted = wire::ListContractWorkflowsRequest {
        phases: vec![Phase::Submitted.into(), Phase::Incomplete.into()],
        departement: "35".to_owned(),
        ..all.clone()
    };
    let page = listed(&server, submitted.clone()).await.unwrap();
    let [waits, next] = page.contracts.as_slice() else { panic!("{page:?}") };
    assert_eq!((waits.name.as_str(), next.name.as_str()), (&*asked, &*sent));
    assert_eq!(waits.decision(), Decision::Stopped);
    let told = workflow(&client, &waits.name).await;
    assert_eq!(told.rounds[0].asked_for, "la convention, signée", "it is sealed: in no list");
    assert_eq!((waits.asked_on.as_str(), waits.decide_by.as_str()), (today, ""));
    assert_eq!((next.decision(), next.decide_by.as_str()), (Decision::Due, "2025-11-21"));
    assert_eq!((next.deposit_body.as_str(), next.departement.as_str()), ("DDETS(PP) 35", "35"));
    assert_eq!((next.next_due.as_str(), next.late), ("DECIDE", false));

    // Silence is late from the day after on; what was to be sent in 2024 was late all along.
    let late = |day: &str| wire::ListContractWorkflowsRequest {
        late_only: true,
        ..wire::ListContractWorkflowsRequest { time: as_of(day, head), ..Default::default() }
    };
    assert_eq!(names(&listed(&server, late("2025-11-21")).await.unwrap()), [&*signed]);
    let page = listed(&server, late("2025-11-22")).await.unwrap();
    assert_eq!(names(&page), [&*signed, &*sent]);
    assert_eq!(page.contracts[1].decision(), Decision::SilentAcceptance);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_go_on_as_the_first_began_and_filters_that_are_none_are_refused() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let (one, other) = (running(&client, false).await, running(&client, false).await);
    let at = workflow(&client, &other).await.position;
    let mut request = wire::ListContractWorkflowsRequest {
        time: as_of("", at),
        page_size: 1,
        ..Default::default()
    };
    let first = listed(&server, request.clone()).await.unwrap();
    // What happens between two pages is in none of them.
    act!(client, submit_contract, SubmitContractRequest {}, one, "").unwrap();
    let moved = act!(client, submit_contract, SubmitContractRequest {}, other, "").unwrap();
    request.page_token.clone_from(&first.next_page_token);
    let second = listed(&server, request.clone()).await.unwrap();
    let mut both = [names(&first), names(&second)].concat();
    both.sort_unstable();
    let mut expected = [&*one, &*other];
    expected.sort_unstable();
    assert_eq!(both, expected);
    assert_eq!((second.contracts[0].phase(), second.next_page_token.as_str()), (Phase::Signed, ""));
    // The past stays: as known before, both are signed.
    let known = |position: u64, phase: Phase| wire::ListContractWorkflowsRequest {
        time: Some(wire::TimeQuery {
            known_at: format!("@{position}"),
            min_position: moved.position,
            ..Default::default()
        }),
        phases: vec![phase.into()],
        ..Default::default()
    };
    for (position, phase, count) in
        [(at, Phase::Signed, 2), (at, Phase::Submitted, 0), (moved.position, Phase::Submitted, 2)]
    {
        let listed = listed(&server, known(position, phase)).await.unwrap();
        assert_eq!(listed.contracts.len(), count, "{phase:?} at {position}");
    }
    let refused = [
        wire::ListContractWorkflowsRequest { phases: vec![0], ..Default::default() },
        wire::ListContractWorkflowsRequest { phases: vec![11], ..Default::default() },
        wire::ListContractWorkflowsRequest { life: 7, ..Default::default() },
        wire::ListContractWorkflowsRequest { departement: "Ille".into(), ..Default::default() },
        wire::ListContractWorkflowsRequest { trainer_uai: "x".into(), ..Default::default() },
    ];
    for request in refused {
        assert_eq!(reason(&listed(&server, request).await.unwrap_err()), "INVALID_FIELD");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_late_or_broken_is_an_alert_with_its_article() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let (sent, broken) = (running(&client, false).await, running(&client, false).await);
    act!(client, submit_contract, SubmitContractRequest {}, sent, "").unwrap();
    let (mode, initiator) =
        (wire::RuptureMode::MutualAgreement as i32, wire::Initiator::Both as i32);
    let (verbatim, on) = ("d'un commun accord".to_owned(), "2025-10-20".to_owned());
    let at = act!(
        client,
        rupture_contract,
        RuptureContractRequest { mode: mode, initiator: initiator, verbatim: verbatim, on: on },
        broken,
        ""
    );
    let at = at.unwrap().position;
    let open = async |day: &str| {
        let request = wire::ListAlertsRequest { time: as_of(day, at), ..Default::default() };
        let alerts = server.client.alerts().list_alerts(request).await.unwrap().into_inner().alerts;
        alerts
            .into_iter()
            .map(|alert| {
                let who = alert.acts_next();
                (alert.subject, alert.rule, alert.since, alert.days, who, alert.text.unwrap().fr)
            })
            .collect::<Vec<_>>()
    };
    // Of the other contract what was to be sent is late, and its rupture is told: nobody knows of another contract.
    let alerts = open("2025-11-14").await;
    let [due, late, rupture] = alerts.as_slice() else { panic!("{alerts:?}") };
    assert_eq!((&due.0, due.1.as_str(), due.2.as_str(), due.3), (&sent, "DECIDE", "2025-11-14", 0));
    assert_eq!(due.4, wire::ActsNext::DepositBody);
    assert!(due.5.contains("21 novembre 2025") && due.5.contains("D6275-3"), "{}", due.5);
    assert_eq!((&late.0, late.1.as_str(), late.4), (&broken, "SUBMIT", wire::ActsNext::Employer));
    assert!(
        late.5.starts_with("En retard depuis le 8 septembre 2024 (article D6275-1)"),
        "{}",
        late.5
    );
    assert_eq!(
        (&rupture.0, rupture.1.as_str(), rupture.2.as_str(), rupture.3),
        (&broken, "RUPTURE_WITHOUT_CONTRACT", "2025-10-20", 25)
    );
    // Forty-five calendar days after the rupture; and the deposit body was silent.
    let alerts = open("2025-12-04").await;
    let rules: Vec<&str> = alerts.iter().map(|alert| alert.1.as_str()).collect();
    assert_eq!(rules, ["SUBMIT", "DECIDE", "RUPTURE_WITHOUT_CONTRACT_45_DAYS"]);
    assert!(alerts[1].5.contains("acceptation") && alerts[1].3 == 13, "{:?}", alerts[1]);
    assert_eq!(open("2025-11-13").await.len(), 2, "a week before, not earlier");
    // Who works in Rennes at a CFA of Bourg-en-Bresse: what is due is of the place of work, a rupture of the CFA.
    for (departement, kinds) in [
        ("35", vec![wire::AlertKind::ContractLate, wire::AlertKind::ContractDue]),
        ("01", vec![wire::AlertKind::RuptureRecent]),
    ] {
        let request = wire::ListAlertsRequest {
            time: as_of("2025-11-14", at),
            departement: departement.to_owned(),
            ..Default::default()
        };
        let listed = server.client.alerts().list_alerts(request).await.unwrap().into_inner().alerts;
        let mut listed: Vec<wire::AlertKind> = listed.iter().map(wire::Alert::kind).collect();
        let request = wire::SummarizeAlertsRequest {
            time: as_of("2025-11-14", at),
            departement: departement.to_owned(),
            ..Default::default()
        };
        let counts = server.client.alerts().summarize_alerts(request).await.unwrap().into_inner();
        let counted = counts.counts.iter().filter(|count| count.count == 1);
        let mut counted: Vec<wire::AlertKind> = counted.map(wire::AlertCount::kind).collect();
        let mut kinds = kinds;
        for all in [&mut listed, &mut counted, &mut kinds] {
            all.sort_unstable();
        }
        assert_eq!((&listed, &counted), (&kinds, &kinds), "{departement}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_of_the_funding_name_the_events_behind_them_as_known_then() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let name = running(&client, true).await;
    act!(client, declare_funding, DeclareFundingRequest { yearly_cents: 500_000 }, name, "")
        .unwrap();
    let again =
        act!(client, declare_funding, DeclareFundingRequest { yearly_cents: 730_000 }, name, "");
    let ceiling = again.unwrap();
    let (number, first, last) =
        ("F-1".to_owned(), "2024-09-02".to_owned(), "2024-12-31".to_owned());
    let invoice = act!(
        client,
        declare_invoice,
        DeclareInvoiceRequest { number: number, first_on: first, last_on: last, cents: 200_000 },
        name,
        ""
    );
    let invoice = invoice.unwrap();
    let funding = async |known_at: String| {
        let time = Some(wire::TimeQuery {
            known_at,
            min_position: invoice.position,
            ..Default::default()
        });
        let request = wire::GetContractFundingRequest { name: name.clone(), time };
        client.clone().get_contract_funding(request).await.unwrap().into_inner()
    };
    let now = funding(String::new()).await;
    assert_eq!(
        Some(now.funding.as_ref().unwrap()),
        workflow(&client, &name).await.funding.as_ref()
    );
    let events = |events: &[wire::FundingEvent]| -> Vec<(String, u64)> {
        events.iter().map(|event| (event.r#type.clone(), event.position)).collect()
    };
    assert_eq!(events(&now.ceiling_by), [("FundingDeclared".to_owned(), ceiling.position)]);
    assert_eq!(events(&now.invoices_by), [("InvoiceDeclared".to_owned(), invoice.position)]);
    assert_eq!(now.invoices_by[0].event_id, invoice.event_id);
    let [signed] = now.days_by.as_slice() else { panic!("{now:?}") };
    assert_eq!((signed.r#type.as_str(), now.effective_end.as_str()), ("FullySigned", "2026-08-31"));
    let before = funding(format!("@{}", ceiling.position)).await;
    assert_eq!((before.invoices_by.len(), before.funding.unwrap().invoiced_days), (0, 0));
    server.stop().await;
}
