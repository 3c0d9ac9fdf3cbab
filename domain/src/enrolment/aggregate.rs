//! The thin wrapper that lets cqrs-es run the enrolment.

use super::command::{Command, CommandError};
use super::decide::decide;
use super::events::EnrolmentEvent;
use super::state::Enrolment;
use crate::ids::{ContractId, EventId};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use std::sync::Arc;

/// The aggregate that cqrs-es drives.
pub type EnrolmentAggregate = Enrolment;

/// Names that the ledger gives to what a request creates.
pub trait EnrolmentServices: Send + Sync {
    /// The id of the i-th event of the request.
    fn event_id(&self, index: u32) -> EventId;
    /// The id of the contract of that ordinal in the stream.
    fn contract_id(&self, ordinal: u16) -> ContractId;
}

impl DomainEvent for EnrolmentEvent {
    fn event_type(&self) -> String {
        self.fact.type_name().to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Enrolment {
    const TYPE: &'static str = "enrolment";
    type Command = Command;
    type Event = EnrolmentEvent;
    type Error = CommandError;
    type Services = Arc<dyn EnrolmentServices>;

    async fn handle(
        &mut self,
        command: Self::Command,
        services: &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        let decision =
            decide(self, &command, &|i| services.event_id(i), &|o| services.contract_id(o))?;
        for event in decision.events {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        *self = std::mem::take(self).evolve(event);
    }
}
