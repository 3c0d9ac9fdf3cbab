//! The same aggregate, driven by cqrs-es.

use super::common::*;
use cqrs_es::DomainEvent;
use cqrs_es::test::TestFramework;
use domain::enrolment::{Command, CommandError, Enrolment, EnrolmentEvent, EnrolmentServices};
use domain::ids::{ContractId, EventId};
use std::sync::Arc;

struct Names;

impl EnrolmentServices for Names {
    fn event_id(&self, index: u32) -> EventId {
        EventId(u128::from(index).to_be_bytes())
    }

    fn contract_id(&self, ordinal: u16) -> ContractId {
        ContractId(u128::from(ordinal).to_be_bytes())
    }
}

fn cqrs() -> TestFramework<Enrolment> {
    let names: Arc<dyn EnrolmentServices> = Arc::new(Names);
    TestFramework::with(names)
}

fn push(n: i64) -> Command {
    Command::Declare {
        declaration: broken_row("2024-11-30"),
        lookup: [7; 16],
        provenance: provenance(night(n), true),
        settled: Vec::new(),
        held: Vec::new(),
        unseen_since: None,
    }
}

fn pushed() -> Vec<EnrolmentEvent> {
    cqrs().given_no_previous_events().when(push(1)).inspect_result().expect("accepted")
}

#[test]
fn a_row_is_handled_and_its_events_are_named_by_the_services() {
    let events = pushed();
    let types: Vec<_> = events.iter().map(DomainEvent::event_type).collect();
    assert_eq!(types, ["EnrolmentDeclared", "ContractDeclared", "ContractBroken"]);
    assert_eq!(events[2].id, Names.event_id(2));
    assert!(events.iter().all(|event| event.event_version() == "1"));
}

#[test]
fn past_events_are_applied_before_a_row_is_handled() {
    cqrs().given(pushed()).when(push(2)).then_expect_events(Vec::new());
}

#[test]
fn a_refusal_is_the_error_of_the_domain() {
    let on = day("2025-02-03");
    let refused = cqrs().given_no_previous_events().when(Command::DeclareWithdrawal { on });
    assert_eq!(refused.inspect_result().err(), Some(CommandError::NotFound));
}
