//! The calendar of the alternation: it counts the days of practice.

use super::funding::running;
use super::*;

fn calendar(weekdays: &[u32], away: &[(&str, &str)]) -> wire::AlternationCalendar {
    let range = |(first, last): &(&str, &str)| wire::DayRange {
        first_on: (*first).to_owned(),
        last_on: (*last).to_owned(),
    };
    wire::AlternationCalendar {
        from: "2024-09-02".to_owned(),
        to: "2026-08-31".to_owned(),
        weekdays: weekdays.to_vec(),
        holidays: false,
        away: away.iter().map(range).collect(),
    }
}

async fn give(
    client: &Client,
    name: &str,
    calendar: wire::AlternationCalendar,
) -> Result<wire::ContractReceipt, Status> {
    act!(client, give_calendar, GiveCalendarRequest { calendar: Some(calendar) }, name, "")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_free_days_are_those_of_the_calendar_and_a_rupture_is_judged_by_them() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let name = running(&client, false).await;
    let free = async || {
        let request =
            wire::GetContractWorkflowRequest { name: name.clone(), as_of: "2024-09-02".to_owned() };
        let now = client.clone().get_contract_workflow(request).await.unwrap().into_inner();
        let due = now.due.into_iter().find(|due| due.id == "FREE_RUPTURE_ENDS").unwrap();
        (due.earliest_on, due.by)
    };
    let (earliest, latest) = free().await;
    assert!(earliest < latest, "{earliest} {latest}");
    let weeks = [("2024-09-09", "2024-09-13"), ("2024-09-30", "2024-10-04")];
    let done = give(&client, &name, calendar(&[1, 2, 3, 4, 5], &weeks)).await.unwrap();
    assert_eq!(done.events, ["CalendarGiven"]);
    // Ten days at the CFA and two holidays: 45 of 57 weekdays from 2 September to 19 November.
    assert_eq!(free().await, (String::new(), "2024-11-19".to_owned()));
    let again = give(&client, &name, calendar(&[1, 2, 3, 4, 5], &weeks)).await.unwrap();
    assert_eq!(again.events.len(), 0, "it is so already");
    for (weekdays, away) in [
        (&[8][..], &weeks[..]),
        (&[0], &weeks),
        (&[], &weeks),
        (&[1], &[("2024-09-13", "2024-09-09")]),
        (&[1], &[("2024-09-01", "2024-09-02")]),
        (&[1], &[("", "2024-09-09")]),
    ] {
        let refused = give(&client, &name, calendar(weekdays, away)).await.unwrap_err();
        assert_eq!(reason(&refused), "INVALID_FIELD", "{weekdays:?} {away:?}");
    }
    broken(
        &client,
        &name,
        (wire::RuptureMode::FreePeriod, wire::Initiator::Employer),
        "2024-11-21",
    )
    .await;
    let verdict = async || {
        let now = workflow(&client, &name).await;
        let free = now.rounds[0].verdicts.iter().find(|one| one.rule == "RUPTURE_FREE");
        let end = now.end.unwrap();
        (free.unwrap().outcome(), end.practice_days_least, end.practice_days_most)
    };
    assert_eq!(verdict().await, (wire::RuleOutcome::Refused, Some(46), Some(46)));
    // A day at the CFA that was forgotten: said afterwards, it was in time.
    let weeks = [weeks[0], weeks[1], ("2024-11-18", "2024-11-18")];
    give(&client, &name, calendar(&[1, 2, 3, 4, 5], &weeks)).await.unwrap();
    assert_eq!(verdict().await, (wire::RuleOutcome::Holds, Some(45), Some(45)));
    // Nor is one of other years the calendar of this contract.
    let (from, to) = ("2016-09-02".to_owned(), "2018-08-31".to_owned());
    let elsewhere = wire::AlternationCalendar { from, to, ..calendar(&[1], &[]) };
    let refused = give(&client, &name, elsewhere).await.unwrap_err();
    assert_eq!(reason(&refused), "INVALID_FIELD");
    // Told wrong, a rupture is told again; what is to come is no fact of it.
    let again = async |mediator_on: &str, days: Option<u32>| {
        let rupture = wire::RuptureContractRequest {
            name: name.clone(),
            request_id: id(),
            actor: "agent-7".to_owned(),
            mode: wire::RuptureMode::FreePeriod as i32,
            initiator: wire::Initiator::Apprentice as i32,
            on: "2024-11-22".to_owned(),
            mediator_on: mediator_on.to_owned(),
            practice_days: days,
            ..Default::default()
        };
        client.clone().rupture_contract(rupture).await.map(tonic::Response::into_inner)
    };
    let refused = again("2999-01-01", None).await.unwrap_err();
    assert_eq!(reason(&refused), "INVALID_FIELD");
    assert!(refused.message().contains("mediator_on"), "{refused:?}");
    // The calendar has 46 days by then: there may be fewer, of who was absent, and not more.
    for (days, outcome) in [(47, wire::RuleOutcome::Undetermined), (45, wire::RuleOutcome::Holds)] {
        assert_eq!(again("", Some(days)).await.unwrap().events, ["ContractRuptured"]);
        assert_eq!(verdict().await, (outcome, Some(days), Some(days)));
    }
    assert_eq!(workflow(&client, &name).await.end.unwrap().on, "2024-11-22");
    assert_eq!(again("", Some(45)).await.unwrap().events.len(), 0, "it is so already");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn days_of_a_suspension_are_no_practice_wherever_they_are_told() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let name = running(&client, false).await;
    give(&client, &name, calendar(&[1, 2, 3, 4, 5], &[])).await.unwrap();
    let (on, reason) = ("2024-09-09".to_owned(), "un risque".to_owned());
    act!(client, suspend_contract, SuspendContractRequest { on: on, reason: reason }, name, "")
        .unwrap();
    let on = "2024-10-07".to_owned();
    act!(client, resume_contract, ResumeContractRequest { on: on }, name, "").unwrap();
    let free = (wire::RuptureMode::FreePeriod, wire::Initiator::Employer);
    broken(&client, &name, free, "2024-10-21").await;
    // Five days of September, ten of October.
    let end = workflow(&client, &name).await.end.unwrap();
    assert_eq!((end.practice_days_least, end.practice_days_most), (Some(15), Some(15)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_is_completed_once_it_has_ended() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let name = running(&client, false).await;
    let complete = async |on: &str| {
        let on = on.to_owned();
        act!(client, complete_contract, CompleteContractRequest { on: on }, name, "")
    };
    let ahead = complete("2026-08-31").await.unwrap_err();
    assert_eq!(reason(&ahead), "INVALID_FIELD", "its term is to come: {ahead:?}");
    server.clock.set(grpc::times::instant("now", "2026-08-31T12:00:00Z").unwrap());
    assert_eq!(complete("2026-08-31").await.unwrap().events, ["ContractCompleted"]);
    server.stop().await;
}
