//! Lists of contracts whose workflow runs here, and what is funded of one.

use super::dashboard::uai;
use super::house::{House, Listing, basis};
use super::read_of::Of;
use super::workflow_told::{decide_by, due_of, funding_of};
use crate::convert::enums;
use crate::errors::{Failure, query};
use crate::{names, times};
use access::Tenant;
use chrono::NaiveDate;
use domain::contract::funding::{effective_end, funding};
use domain::contract::{behind, body};
use domain::event::Event;
use domain::ids::{Category, StreamId, StreamKey};
use ledger::{LedgerError, Recorded};
use projections::views::{WorkflowView, WorkflowsQuery};
use proto::v1 as wire;
use std::collections::BTreeSet;
use std::sync::Arc;

impl House {
    /// A page of contracts, as the tenant may see them.
    pub(super) async fn list_workflows(
        &self,
        tenant: &Tenant,
        mut request: wire::ListContractWorkflowsRequest,
    ) -> Result<wire::ListContractWorkflowsResponse, Failure> {
        let token = std::mem::take(&mut request.page_token);
        let size = std::mem::take(&mut request.page_size);
        let time = self.time(request.time.clone())?;
        let Listing { question, time, page } =
            self.listing(tenant, "ListContractWorkflows", &request, &token, size, time)?;
        let phase = |number: &i32| enums::phase("phases", *number);
        // Each once: there are few, however often one is said.
        let phases = request.phases.iter().map(phase).collect::<Result<BTreeSet<_>, _>>()?;
        let life = enums::life("life", request.life)?.map(str::to_owned);
        let code = |code| names::departement("departement", code);
        let departement = told(request.departement).map(code).transpose()?;
        let trainer = uai("trainer_uai", &request.trainer_uai)?;
        let asked = WorkflowsQuery {
            time,
            phases: phases.into_iter().collect(),
            life,
            departement,
            // An OPCO is known by its name in any writing.
            body: told(request.deposit_body)
                .map(|named| body::opco(&named).map_or(named, str::to_owned)),
            trainer,
            late_only: request.late_only,
            page,
        };
        let views = self.views(tenant, &Of::Trainer("contract workflows", trainer))?;
        let answer = views.list_workflows(asked).await.map_err(query)?;
        let on = answer.basis.as_of;
        let contracts = answer.value.entries.iter().map(|view| summary(view, on)).collect();
        Ok(wire::ListContractWorkflowsResponse {
            contracts,
            next_page_token: self.next(question, &answer.basis, answer.value.next),
            basis: Some(basis(&answer.basis)),
        })
    }

    /// What is funded of a contract and what was invoiced, and by which events.
    pub(super) async fn contract_funding(
        &self,
        tenant: &Tenant,
        request: wire::GetContractFundingRequest,
    ) -> Result<wire::GetContractFundingResponse, Failure> {
        let name = request.name;
        let time = self.time(request.time)?;
        let key = StreamKey(names::contract("name", &name)?.0);
        self.workflow_within(tenant, &name).await?;
        let known = self.within(tenant).basis_of(&time).await.map_err(query)?.position;
        let ledger = Arc::clone(&self.ledger);
        let read = move || -> Result<_, LedgerError> {
            let stream = StreamId { category: Category::Contract, key };
            let events = ledger.read_stream(stream, Some(known), false)?;
            Ok((ledger.load_contract(key, Some(known), true)?, events))
        };
        let (loaded, events) = tokio::task::spawn_blocking(read).await??;
        let loaded = loaded.ok_or_else(|| Failure::not_found(&name))?;
        let of_contract = events.iter().filter_map(|recorded| match &recorded.event {
            Event::Contract(event, on) => Some((recorded, event, *on)),
            _ => None,
        });
        let behind = behind(of_contract, time.as_of);
        let all = |events: &[&Recorded]| events.iter().copied().map(event).collect();
        let state = &loaded.state;
        Ok(wire::GetContractFundingResponse {
            funding: funding(state, time.as_of).ok().map(|of| funding_of(state, &of, time.as_of)),
            effective_end: times::of_day(effective_end(state, time.as_of).ok()),
            days_by: all(&behind.days),
            ceiling_by: behind.ceiling.map(event).into_iter().collect(),
            invoices_by: all(&behind.invoices),
            position: known.0,
            name,
        })
    }
}

fn event(recorded: &Recorded) -> wire::FundingEvent {
    let on = match &recorded.event {
        Event::Contract(_, on) => Some(*on),
        _ => None,
    };
    wire::FundingEvent {
        event_id: recorded.header.event_id.to_string(),
        position: recorded.position.0,
        r#type: recorded.event.type_name().to_owned(),
        effective_on: times::of_day(on),
    }
}

fn summary(view: &WorkflowView, on: NaiveDate) -> wire::ContractWorkflowSummary {
    let decision = view.deposit.decision(on);
    let next = view.next.as_ref();
    wire::ContractWorkflowSummary {
        name: names::of_contract(view.contract),
        etag: view.version.to_string(),
        enrolment: view.enrolment.map(names::of_enrolment).unwrap_or_default(),
        round: view.round.into(),
        phase: enums::of_phase(view.phase).into(),
        life: enums::of_life(&view.life).into(),
        public_law: view.public_law,
        deposit_body: view.body.clone().unwrap_or_default(),
        departement: view.departement.clone().unwrap_or_default(),
        trainer_uai: view.trainer_uai.clone().unwrap_or_default(),
        trainer_siret: view.trainer_siret.clone().unwrap_or_default(),
        start_on: times::of_day(view.start_on),
        end_on: times::of_day(view.end_on),
        signed_on: times::of_day(view.signed_on),
        submitted_on: times::of_day(view.submitted_on),
        decision: enums::of_decision(decision).into(),
        decide_by: decide_by(decision),
        asked_on: times::of_day(view.asked_on),
        decided_on: times::of_day(view.deposit.decided_on),
        broken_on: times::of_day(view.broken_on),
        ended_on: times::of_day(view.ended_on),
        next_due: next.map(|(kind, _)| kind.id.to_owned()).unwrap_or_default(),
        next_due_on: times::of_day(next.map(|(_, on)| *on)),
        late: next.is_some_and(|(kind, by)| kind.is_ever_late() && *by < on),
        due: view.dues.iter().map(due_of).collect(),
    }
}

fn told(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}
