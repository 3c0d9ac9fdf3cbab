//! `EnrolmentService`: the dossiers, and what people decide of them.

use super::contract::{contract, verbatim};
use super::dashboard::uai;
use super::house::{House, Listing, basis};
use super::read_of::Of;
use crate::convert::enums;
use crate::door::tenant;
use crate::errors::query;
use crate::{names, times};
use domain::enrolment::Command;
use projections::views::{EnrolmentView, EnrolmentsQuery};
use proto::v1 as wire;
use proto::v1::enrolment_service_server::EnrolmentService;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The service.
#[derive(Debug, Clone)]
pub struct Enrolments(pub Arc<House>);

#[tonic::async_trait]
impl EnrolmentService for Enrolments {
    async fn get_enrolment(
        &self,
        request: Request<wire::GetEnrolmentRequest>,
    ) -> Result<Response<wire::GetEnrolmentResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let key = names::enrolment("name", &request.name)?;
        let rules = enums::rules("rule_set", request.rule_set)?;
        let time = self.0.time(request.time)?;
        let views = self.0.views(&tenant, &Of::Enrolment(key))?;
        let answer = views.get_enrolment(key, time, rules).await.map_err(query)?;
        Ok(Response::new(wire::GetEnrolmentResponse {
            enrolment: Some(enrolment(answer.value)),
            basis: Some(basis(&answer.basis)),
        }))
    }

    async fn list_enrolments(
        &self,
        request: Request<wire::ListEnrolmentsRequest>,
    ) -> Result<Response<wire::ListEnrolmentsResponse>, Status> {
        let tenant = tenant(&request)?;
        let mut request = request.into_inner();
        let token = std::mem::take(&mut request.page_token);
        let size = std::mem::take(&mut request.page_size);
        let time = self.0.time(request.time.clone())?;
        let Listing { question, time, page } =
            self.0.listing(&tenant, "ListEnrolments", &request, &token, size, time)?;
        let asked = EnrolmentsQuery {
            time,
            rules: enums::rules("rule_set", request.rule_set)?,
            trainer: uai("trainer_uai", &request.trainer_uai)?,
            status: enums::status("status", request.status)?,
            page,
        };
        let views = self.0.views(&tenant, &Of::Trainer("enrolments", asked.trainer))?;
        let answer = views.list_enrolments(asked).await.map_err(query)?;
        Ok(Response::new(wire::ListEnrolmentsResponse {
            enrolments: answer.value.entries.into_iter().map(enrolment).collect(),
            next_page_token: self.0.next(question, &answer.basis, answer.value.next),
            basis: Some(basis(&answer.basis)),
        }))
    }

    async fn get_trajectory(
        &self,
        request: Request<wire::GetTrajectoryRequest>,
    ) -> Result<Response<wire::GetTrajectoryResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let key = names::enrolment("name", &request.name)?;
        let rules = enums::rules("rule_set", request.rule_set)?;
        let time = self.0.time(request.time)?;
        let views = self.0.views(&tenant, &Of::Enrolment(key))?;
        let answer = views.trajectory(key, time, rules).await.map_err(query)?;
        let steps = answer.value.trajectory.0.iter().map(|step| wire::TrajectoryStep {
            from: step.from.to_string(),
            status: enums::of_status(Some(step.status)) as i32,
        });
        Ok(Response::new(wire::GetTrajectoryResponse {
            trajectory: steps.collect(),
            current: enums::of_status(answer.value.current) as i32,
            basis: Some(basis(&answer.basis)),
        }))
    }

    async fn correct_event(
        &self,
        request: Request<wire::CorrectEventRequest>,
    ) -> Result<Response<wire::CorrectEventResponse>, Status> {
        let tenant = tenant(&request)?;
        let receipt = Some(self.0.correct(&tenant, request.into_inner()).await?);
        Ok(Response::new(wire::CorrectEventResponse { receipt }))
    }

    async fn retract_event(
        &self,
        request: Request<wire::RetractEventRequest>,
    ) -> Result<Response<wire::RetractEventResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let meta =
            self.0.act(&tenant, &request.request_id, &request.actor, "RetractEvent", &request)?;
        let stream = self.0.declared(&tenant, "enrolment", &request.enrolment).await?;
        let command = Command::Retract {
            event: names::event_id("event_id", &request.event_id)?,
            reason: enums::retraction_reason("reason", request.reason)?,
            on: self.0.today(),
        };
        let receipt =
            Some(self.0.execute((&tenant, &request.enrolment), meta, stream, command).await?);
        Ok(Response::new(wire::RetractEventResponse { receipt }))
    }

    async fn exclude_learner(
        &self,
        request: Request<wire::ExcludeLearnerRequest>,
    ) -> Result<Response<wire::ExcludeLearnerResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let meta =
            self.0.act(&tenant, &request.request_id, &request.actor, "ExcludeLearner", &request)?;
        let stream = self.0.declared(&tenant, "enrolment", &request.enrolment).await?;
        let on = times::day("on", &request.on)?;
        let command = Command::Exclude { on, cause: verbatim("cause", request.cause)? };
        let receipt =
            Some(self.0.execute((&tenant, &request.enrolment), meta, stream, command).await?);
        Ok(Response::new(wire::ExcludeLearnerResponse { receipt }))
    }

    async fn declare_withdrawal(
        &self,
        request: Request<wire::DeclareWithdrawalRequest>,
    ) -> Result<Response<wire::DeclareWithdrawalResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let meta = self.0.act(
            &tenant,
            &request.request_id,
            &request.actor,
            "DeclareWithdrawal",
            &request,
        )?;
        let stream = self.0.declared(&tenant, "enrolment", &request.enrolment).await?;
        let command = Command::DeclareWithdrawal { on: times::day("on", &request.on)? };
        let receipt =
            Some(self.0.execute((&tenant, &request.enrolment), meta, stream, command).await?);
        Ok(Response::new(wire::DeclareWithdrawalResponse { receipt }))
    }

    async fn complete_training(
        &self,
        request: Request<wire::CompleteTrainingRequest>,
    ) -> Result<Response<wire::CompleteTrainingResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let meta = self.0.act(
            &tenant,
            &request.request_id,
            &request.actor,
            "CompleteTraining",
            &request,
        )?;
        let stream = self.0.declared(&tenant, "enrolment", &request.enrolment).await?;
        let result = request.result.ok_or_else(|| enums::unknown("result"))?;
        let command = Command::Complete {
            on: times::optional_day("result.on", &result.on)?,
            diploma: result.diploma,
        };
        let receipt =
            Some(self.0.execute((&tenant, &request.enrolment), meta, stream, command).await?);
        Ok(Response::new(wire::CompleteTrainingResponse { receipt }))
    }

    async fn remap_learner(
        &self,
        request: Request<wire::RemapLearnerRequest>,
    ) -> Result<Response<wire::RemapLearnerResponse>, Status> {
        let tenant = tenant(&request)?;
        let receipt = Some(self.0.remap(&tenant, request.into_inner()).await?);
        Ok(Response::new(wire::RemapLearnerResponse { receipt }))
    }

    async fn link_persons(
        &self,
        request: Request<wire::LinkPersonsRequest>,
    ) -> Result<Response<wire::LinkPersonsResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let meta =
            self.0.act(&tenant, &request.request_id, &request.actor, "LinkPersons", &request)?;
        let pair = [&*request.enrolment, &request.other_enrolment];
        let receipt = Some(self.0.link(&tenant, meta, pair, true, request.basis).await?);
        Ok(Response::new(wire::LinkPersonsResponse { receipt }))
    }

    async fn unlink_persons(
        &self,
        request: Request<wire::UnlinkPersonsRequest>,
    ) -> Result<Response<wire::UnlinkPersonsResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let meta =
            self.0.act(&tenant, &request.request_id, &request.actor, "UnlinkPersons", &request)?;
        let pair = [&*request.enrolment, &request.other_enrolment];
        let receipt = Some(self.0.link(&tenant, meta, pair, false, request.basis).await?);
        Ok(Response::new(wire::UnlinkPersonsResponse { receipt }))
    }
}

fn enrolment(view: EnrolmentView) -> wire::Enrolment {
    let code = |code: Option<String>| code.unwrap_or_default();
    wire::Enrolment {
        name: names::of_enrolment(view.enrolment),
        source: view.source.to_string(),
        school_year: view.school_year.to_string(),
        entry_on: view.entry_on.to_string(),
        end_on: view.end_on.to_string(),
        trainer_uai: view.trainer.uai.to_string(),
        trainer_siret: view.trainer.siret.to_string(),
        cfd: code(view.certification.cfd.map(|cfd| cfd.to_string())),
        rncp: code(view.certification.rncp.map(|rncp| rncp.to_string())),
        title: view.title.unwrap_or_default(),
        year_of_training: view.year_of_training.map(u32::from),
        status: enums::of_status(view.status) as i32,
        contracts: view.contracts.iter().map(contract).collect(),
        excluded_on: times::of_day(view.excluded_on),
        diploma: view.diploma,
        not_transmitted: view.stopped_at.is_some(),
        version: view.version.0,
        same_person: view.same_person.into_iter().map(names::of_enrolment).collect(),
    }
}
