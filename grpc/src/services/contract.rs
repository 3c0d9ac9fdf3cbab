//! `ContractService`: the contracts that sources declare.

use super::dashboard::uai;
use super::house::{House, Listing, basis};
use super::read_of::Of;
use super::workflow_told::rule_verdict;
use crate::convert::enums;
use crate::door::tenant;
use crate::errors::{self, Failure, query};
use crate::{limits, names, times};
use access::Tenant;
use domain::enrolment::{Command, Opened, Rupture};
use domain::ids::{ContractId, StreamKey};
use domain::law::declared::{self, Remark, Says};
use domain::text::Text;
use projections::views::{ContractView, ContractsQuery};
use proto::v1 as wire;
use proto::v1::contract_service_server::ContractService;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The service.
#[derive(Debug, Clone)]
pub struct Contracts(pub Arc<House>);

impl Contracts {
    async fn enrolment_of(
        &self,
        tenant: &Tenant,
        name: &str,
    ) -> Result<(StreamKey, ContractId), Failure> {
        let contract = names::contract("name", name)?;
        self.0.may_act_on_contract(tenant, contract).await?;
        let stream = self.0.ledger.find_contract(contract);
        Ok((stream?.ok_or_else(|| Failure::not_found(name))?, contract))
    }
}

#[tonic::async_trait]
impl ContractService for Contracts {
    async fn get_contract(
        &self,
        request: Request<wire::GetContractRequest>,
    ) -> Result<Response<wire::GetContractResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let id = names::contract("name", &request.name)?;
        let time = self.0.time(request.time)?;
        let views = self.0.views(&tenant, &Of::Contract(id))?;
        let answer = views.get_contract(id, time).await.map_err(query)?;
        Ok(Response::new(wire::GetContractResponse {
            contract: Some(contract(&answer.value)),
            basis: Some(basis(&answer.basis)),
            verdicts: declared::judge(&answer.value.declared()).iter().map(remark).collect(),
        }))
    }

    async fn list_contracts(
        &self,
        request: Request<wire::ListContractsRequest>,
    ) -> Result<Response<wire::ListContractsResponse>, Status> {
        let tenant = tenant(&request)?;
        let mut request = request.into_inner();
        let token = std::mem::take(&mut request.page_token);
        let size = std::mem::take(&mut request.page_size);
        let time = self.0.time(request.time.clone())?;
        let Listing { question, time, page } =
            self.0.listing(&tenant, "ListContracts", &request, &token, size, time)?;
        let trainer = uai("trainer_uai", &request.trainer_uai)?;
        let broken_only = request.broken_only;
        let asked = ContractsQuery { time, trainer, broken_only, page };
        let views = self.0.views(&tenant, &Of::Trainer("contracts", trainer))?;
        let answer = views.list_contracts(asked).await.map_err(query)?;
        Ok(Response::new(wire::ListContractsResponse {
            contracts: answer.value.entries.iter().map(contract).collect(),
            next_page_token: self.0.next(question, &answer.basis, answer.value.next),
            basis: Some(basis(&answer.basis)),
        }))
    }

    async fn break_contract(
        &self,
        request: Request<wire::BreakContractRequest>,
    ) -> Result<Response<wire::BreakContractResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let meta =
            self.0.act(&tenant, &request.request_id, &request.actor, "BreakContract", &request)?;
        let (stream, contract) = self.enrolment_of(&tenant, &request.name).await?;
        let said = wire::RuptureValue {
            effective_on: request.effective_on,
            notified_on: request.notified_on,
            mode: request.mode,
            initiator: request.initiator,
            verbatim: request.verbatim,
        };
        let command = Command::BreakContract(rupture("", contract, said)?);
        let receipt = self.0.execute((&tenant, &request.name), meta, stream, command).await?;
        let (event_id, position) = (receipt.event_id, receipt.position);
        Ok(Response::new(wire::BreakContractResponse { event_id, position }))
    }

    async fn end_contract(
        &self,
        request: Request<wire::EndContractRequest>,
    ) -> Result<Response<wire::EndContractResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let meta =
            self.0.act(&tenant, &request.request_id, &request.actor, "EndContract", &request)?;
        let (stream, contract) = self.enrolment_of(&tenant, &request.name).await?;
        let on = times::day("on", &request.on)?;
        let command = Command::EndContract { contract, on };
        let receipt = self.0.execute((&tenant, &request.name), meta, stream, command).await?;
        let (event_id, position) = (receipt.event_id, receipt.position);
        Ok(Response::new(wire::EndContractResponse { event_id, position }))
    }
}

/// A rupture as a person declares it; `within` is the path of its fields.
pub(super) fn rupture(
    within: &str,
    contract: ContractId,
    said: wire::RuptureValue,
) -> Result<Rupture, Failure> {
    let field = |name: &str| format!("{within}{name}");
    let verbatim = verbatim(&field("verbatim"), said.verbatim)?;
    Ok(Rupture {
        contract,
        effective_on: times::day(&field("effective_on"), &said.effective_on)?,
        notified_on: times::optional_day(&field("notified_on"), &said.notified_on)?,
        mode: enums::rupture_mode(&field("mode"), said.mode)?,
        initiator: enums::initiator(&field("initiator"), said.initiator)?,
        verbatim: verbatim.map(Opened::Clear),
    })
}

/// What a person wrote word for word; blank says nothing.
pub(super) fn verbatim(field: &str, text: String) -> Result<Option<String>, Failure> {
    let most = limits::VERBATIM_BYTES;
    if text.len() > most {
        return Err(Failure::field(
            field,
            Text::new(
                format!("{field} is longer than {most} bytes"),
                format!("Le champ {field} dépasse {most} octets."),
            ),
        ));
    }
    errors::without_nir(field, &text)?;
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

/// What a rule says of a declared contract, on the wire.
fn remark(remark: &Remark) -> wire::RuleVerdict {
    let (outcome, more) = match &remark.says {
        Says::Holds => (wire::RuleOutcome::Holds, None),
        Says::Warns(more) => (wire::RuleOutcome::Warned, more.clone()),
        Says::Undetermined(unknown) => (wire::RuleOutcome::Undetermined, Some(unknown.text())),
    };
    rule_verdict(remark.rule, outcome, more)
}

/// A contract on the wire.
pub(super) fn contract(view: &ContractView) -> wire::Contract {
    let mut contract = wire::Contract {
        name: names::of_contract(view.id),
        enrolment: names::of_enrolment(view.enrolment),
        ordinal: view.ordinal.into(),
        start_on: view.start_on.to_string(),
        end_on: times::of_day(view.end_on),
        ended_on: times::of_day(view.ended_on),
        ..wire::Contract::default()
    };
    if let Some(rupture) = &view.rupture {
        contract.broken_on = rupture.on.to_string();
        contract.notified_on = times::of_day(rupture.notified_on);
        contract.mode = enums::of_rupture_mode(rupture.mode) as i32;
        contract.initiator = enums::of_initiator(rupture.initiator) as i32;
        contract.rupture_event = rupture.event.to_string();
    }
    contract
}
