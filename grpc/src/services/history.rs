//! `HistoryService`: what was written, event by event.

use super::house::{House, Listing};
use super::read_of::Of;
use super::told::{Told, messages_of, told};
use crate::door::tenant;
use crate::errors::{Failure, query, whole_log};
use crate::{names, times};
use access::Tenant;
use domain::enrolment::Fact;
use domain::event::Event;
use domain::ids::{Category, ContractId, Position, StreamId};
use ledger::LedgerError;
use ledger::codec::{SectionKind, TypeCode};
use ledger::record::StoredRecord;
use projections::histories::HistoryEvent;
use projections::time::TimeQuery;
use proto::v1 as wire;
use proto::v1::history_service_server::HistoryService;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The service.
#[derive(Debug, Clone)]
pub struct History(pub Arc<House>);

#[tonic::async_trait]
impl HistoryService for History {
    type StreamEventsStream = Told<wire::StreamEventsResponse>;
    type StreamRecordsStream = Told<wire::StreamRecordsResponse>;

    async fn list_events(
        &self,
        request: Request<wire::ListEventsRequest>,
    ) -> Result<Response<wire::ListEventsResponse>, Status> {
        let tenant = tenant(&request)?;
        let mut request = request.into_inner();
        let token = std::mem::take(&mut request.page_token);
        let size = std::mem::take(&mut request.page_size);
        let asked = wire::TimeQuery { known_at: request.known_at.clone(), ..Default::default() };
        // What the ledger acknowledged is in the history at once.
        let head = self.0.ledger.head().position;
        let time = TimeQuery { min_position: head, ..self.0.time(Some(asked))? };
        let Listing { question, time, page } =
            self.0.listing(&tenant, "ListEvents", &request, &token, size, time)?;
        let answer = if request.parent.starts_with(Category::Contract.collection()) {
            let contract = names::contract("parent", &request.parent)?;
            let views = self.0.views(&tenant, &Of::Contract(contract))?;
            // Of one that may not be seen the answer is that of one that was never declared.
            match self.0.drafted_within(&tenant, contract).await? {
                Some(_) => views.drafted_history(contract, time).await,
                None => views.contract_history(contract, time).await,
            }
        } else {
            let enrolment = names::enrolment("parent", &request.parent)?;
            let views = self.0.views(&tenant, &Of::Enrolment(enrolment))?;
            views.enrolment_history(enrolment, time).await
        };
        let answer = answer.map_err(query)?;
        let drafted = self.0.drafted_for(&tenant, &request.parent, answer.basis.position).await?;
        let after = page.after.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0_u64);
        let entries = page.entries();
        let mut rest = answer.value.into_iter().filter(|event| event.recorded.position.0 > after);
        let shown: Vec<HistoryEvent> = rest.by_ref().take(entries).collect();
        let last = shown.last().map(|event| event.recorded.position.to_string());
        let next = rest.next().and(last);
        let events: Result<Vec<wire::Event>, Failure> =
            shown.into_iter().map(|event| self.0.shown(event)).collect();
        Ok(Response::new(wire::ListEventsResponse {
            events: events?,
            next_page_token: self.0.next(question, &answer.basis, next),
            position: answer.basis.position.0,
            drafted,
        }))
    }

    async fn stream_events(
        &self,
        request: Request<wire::StreamEventsRequest>,
    ) -> Result<Response<Self::StreamEventsStream>, Status> {
        let tenant = tenant(&request)?;
        whole_log(&tenant)?;
        let wire::StreamEventsRequest { after_position, follow } = request.into_inner();
        let after = Position(after_position);
        self.0.record(&tenant, &Of::After("the log", after))?;
        let house = Arc::clone(&self.0);
        let tell = move |records: Vec<StoredRecord>| {
            let events = records.iter().map(|record| {
                let decoded = house.ledger.decode(record).map_err(Failure::from)?;
                let event = Some(house.event(record, &decoded)?);
                Ok(wire::StreamEventsResponse { event })
            });
            events.collect()
        };
        Ok(Response::new(told(&self.0, tenant, after, follow, tell)))
    }

    async fn stream_records(
        &self,
        request: Request<wire::StreamRecordsRequest>,
    ) -> Result<Response<Self::StreamRecordsStream>, Status> {
        let tenant = tenant(&request)?;
        whole_log(&tenant)?;
        let wire::StreamRecordsRequest { after_position, follow, include_sections } =
            request.into_inner();
        let after = Position(after_position);
        self.0.record(&tenant, &Of::After("the records", after))?;
        let tell = move |records: Vec<StoredRecord>| Ok(messages_of(records, include_sections));
        Ok(Response::new(told(&self.0, tenant, after, follow, tell)))
    }

    async fn get_head(
        &self,
        request: Request<wire::GetHeadRequest>,
    ) -> Result<Response<wire::Head>, Status> {
        tenant(&request)?;
        let head = self.0.ledger.head();
        let empty = head.position == Position(0);
        Ok(Response::new(wire::Head {
            position: head.position.0,
            recorded_at: if empty { String::new() } else { times::of_instant(head.recorded_at) },
            root_hash: head.root.to_vec(),
        }))
    }
}

impl House {
    /// The contracts that were begun here for an enrolment by a position, as far as the tenant may see them; none of
    /// anything else.
    async fn drafted_for(
        &self,
        tenant: &Tenant,
        parent: &str,
        position: Position,
    ) -> Result<Vec<String>, Failure> {
        let Ok(enrolment) = names::enrolment("parent", parent) else { return Ok(Vec::new()) };
        let mut named = Vec::new();
        for drafted in self.ledger.drafted_of(enrolment)? {
            let contract = ContractId(drafted.contract.0);
            if drafted.position <= position
                && self.drafted_within(tenant, contract).await?.is_some()
            {
                named.push(names::of_contract(contract));
            }
        }
        Ok(named)
    }

    /// An event of a history, with what became of it.
    fn shown(&self, event: HistoryEvent) -> Result<wire::Event, Failure> {
        let before = Position(event.recorded.position.0.saturating_sub(1));
        let read = self.ledger.journal().read_after(before, 1);
        let record = read.map_err(|error| Failure::from(LedgerError::from(error)))?.pop();
        let record =
            record.ok_or_else(|| Failure::internal(&"an event of a view is not in the log"))?;
        let id = |id: domain::ids::EventId| id.to_string();
        Ok(wire::Event {
            superseded_by: event.superseded_by.map(id).unwrap_or_default(),
            contract: event.contract.map(names::of_contract).unwrap_or_default(),
            sentence_fr: event.sentence_fr,
            ..self.event(&record, &event.recorded.event)?
        })
    }

    /// A record with its body as JSON; sealed sections are named, not opened.
    pub(super) fn event(
        &self,
        record: &StoredRecord,
        event: &Event,
    ) -> Result<wire::Event, Failure> {
        let header = &record.header;
        let message = TypeCode::from_code(header.type_code)
            .map(message_of)
            .ok_or_else(|| Failure::internal(&"an event of an unknown type was decoded"))?;
        let body = self.bodies.json(message, &record.body);
        let sealed = header.sections.iter().filter_map(|s| SectionKind::from_code(s.kind));
        Ok(wire::Event {
            event_id: header.event_id.to_string(),
            position: record.position.0,
            stream: header.stream.to_string(),
            version: header.version.0,
            r#type: message.to_owned(),
            schema_version: header.schema_version.into(),
            effective_on: header.effective_on.to_string(),
            recorded_at: times::of_instant(header.recorded_at),
            source: header.source.to_string(),
            actor: header.actor.clone(),
            request_id: header.request_id.to_string(),
            corrects: header.corrects.map(|id| id.to_string()).unwrap_or_default(),
            superseded_by: String::new(),
            contract: contract_of(header.stream, event).unwrap_or_default(),
            body_json: body.map_err(|error| Failure::internal(&error))?,
            sealed: sealed.map(|kind| kind.name().to_lowercase()).collect(),
            leaf_hash: record.leaf().to_vec(),
            sentence_fr: String::new(),
        })
    }
}

/// The message of `events.proto` that a type's body is.
const fn message_of(code: TypeCode) -> &'static str {
    match code {
        TypeCode::Retracted => "EventRetracted",
        other => other.name(),
    }
}

fn contract_of(stream: StreamId, event: &Event) -> Option<String> {
    if stream.category == Category::Contract {
        return Some(names::of_contract(ContractId(stream.key.0)));
    }
    let Event::Enrolment(event) = event else { return None };
    Fact::contract(&event.fact).map(names::of_contract)
}
