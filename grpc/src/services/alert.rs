//! `AlertService`: what somebody should act on.

use super::dashboard::uai;
use super::house::{House, Listing, basis};
use super::read_of::Of;
use crate::convert::{answers, enums};
use crate::door::tenant;
use crate::errors::{Failure, query};
use crate::names;
use projections::alerts::{ActsNext, Alert, AlertKind, Subject};
use projections::views::AlertsQuery;
use proto::v1 as wire;
use proto::v1::alert_service_server::AlertService;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The service.
#[derive(Debug, Clone)]
pub struct Alerts(pub Arc<House>);

#[tonic::async_trait]
impl AlertService for Alerts {
    async fn list_alerts(
        &self,
        request: Request<wire::ListAlertsRequest>,
    ) -> Result<Response<wire::ListAlertsResponse>, Status> {
        let tenant = tenant(&request)?;
        let mut request = request.into_inner();
        let token = std::mem::take(&mut request.page_token);
        let size = std::mem::take(&mut request.page_size);
        let time = self.0.time(request.time.clone())?;
        let Listing { question, time, page } =
            self.0.listing(&tenant, "ListAlerts", &request, &token, size, time)?;
        let asked = AlertsQuery {
            time,
            kind: kind(request.kind)?,
            trainer: uai("trainer_uai", &request.trainer_uai)?,
            departement: told(request.departement),
            page,
        };
        let views = self.0.views(&tenant, &Of::Trainer("alerts", asked.trainer))?;
        let answer = views.list_alerts(asked).await.map_err(query)?;
        Ok(Response::new(wire::ListAlertsResponse {
            next_page_token: self.0.next(question, &answer.basis, answer.value.next),
            alerts: answer.value.entries.into_iter().map(alert).collect(),
            basis: Some(basis(&answer.basis)),
        }))
    }

    async fn summarize_alerts(
        &self,
        request: Request<wire::SummarizeAlertsRequest>,
    ) -> Result<Response<wire::SummarizeAlertsResponse>, Status> {
        let views = self.0.views(&tenant(&request)?, &Of::All("alerts"))?;
        let request = request.into_inner();
        let time = self.0.time(request.time)?;
        let trainer = uai("trainer_uai", &request.trainer_uai)?;
        let departement = told(request.departement);
        let answer = views.summarize_alerts(time, trainer, departement).await.map_err(query)?;
        let counts = answer.value.into_iter().map(|count| wire::AlertCount {
            kind: of_kind(count.kind) as i32,
            count: count.count,
            first_load: count.first_load,
        });
        Ok(Response::new(wire::SummarizeAlertsResponse {
            counts: counts.collect(),
            basis: Some(basis(&answer.basis)),
        }))
    }
}

fn told(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn kind(number: i32) -> Result<Option<AlertKind>, Failure> {
    let wanted = enums::known::<wire::AlertKind>("kind", number)?;
    Ok(AlertKind::ALL.into_iter().find(|kind| of_kind(*kind) == wanted))
}

const fn of_kind(kind: AlertKind) -> wire::AlertKind {
    match kind {
        AlertKind::RuptureRecent => wire::AlertKind::RuptureRecent,
        AlertKind::Rupture45Days => wire::AlertKind::Rupture45Days,
        AlertKind::Rupture90Days => wire::AlertKind::Rupture90Days,
        AlertKind::Rupture180Days => wire::AlertKind::Rupture180Days,
        AlertKind::NoContract => wire::AlertKind::NoContract,
        AlertKind::CfaSilent => wire::AlertKind::CfaSilent,
        AlertKind::NotTransmitted => wire::AlertKind::NotTransmitted,
        AlertKind::DoubtfulData => wire::AlertKind::DoubtfulData,
        AlertKind::RunHeld => wire::AlertKind::RunHeld,
        AlertKind::ContractDue => wire::AlertKind::ContractDue,
        AlertKind::ContractLate => wire::AlertKind::ContractLate,
    }
}

fn alert(alert: Alert) -> wire::Alert {
    wire::Alert {
        kind: of_kind(alert.kind) as i32,
        subject: match alert.subject {
            Subject::Enrolment(key) => names::of_enrolment(key),
            Subject::Contract(id) => names::of_contract(id),
            Subject::Run(source, run) => names::of_push_run(&source, run),
            Subject::Cfa(_) => String::new(),
        },
        enrolment: alert.enrolment.map(names::of_enrolment).unwrap_or_default(),
        trainer_uai: alert.trainer.map(|uai| uai.to_string()).unwrap_or_default(),
        since: alert.since.to_string(),
        days: alert.days,
        acts_next: match alert.acts_next {
            ActsNext::Cfa => wire::ActsNext::Cfa,
            ActsNext::MissionLocale => wire::ActsNext::MissionLocale,
            ActsNext::FranceTravail => wire::ActsNext::FranceTravail,
            ActsNext::Support => wire::ActsNext::Support,
            ActsNext::Employer => wire::ActsNext::Employer,
            ActsNext::DepositBody => wire::ActsNext::DepositBody,
        } as i32,
        text: Some(answers::text(alert.text)),
        first_load: alert.first_load,
        rule: alert.rule.to_owned(),
    }
}
