//! The rules of retention, reported and carried out.

use super::house::House;
use super::read_of::Of;
use crate::errors::{self, Failure};
use crate::{names, times};
use access::Tenant;
use chrono::{Days, NaiveDate};
use domain::erasure::{LegalBasis, Reference, Requester};
use domain::ids::{RequestId, StreamKey};
use domain::retention::{Rules, Settings};
use domain::text::Text;
use ledger::erasure::About;
use projections::views::Due;
use proto::v1 as wire;
use std::sync::Arc;
use uuid::Uuid;

/// Dossiers whose persons are erased together.
const BATCH: usize = 1_000;

/// Who wrote down what the rules say.
const METHOD: &str = "ExecuteRetention";

/// Rules of a request, and those in force.
pub(super) struct Asked {
    settings: Settings,
    rules: Rules,
    today: NaiveDate,
}

impl House {
    pub(super) fn asked(&self, rules_json: &[u8]) -> Result<Asked, Failure> {
        let settings: Settings = if rules_json.is_empty() {
            Settings::default()
        } else {
            serde_json::from_slice(rules_json).map_err(|error| not_rules(&error.to_string()))?
        };
        let today = self.today();
        let rules = settings.in_force(today).cloned();
        let rules = rules.ok_or_else(|| not_rules("no rules are in force today"))?;
        Ok(Asked { settings, rules, today })
    }

    /// The persons who fall due by a day and are not erased.
    async fn due(
        &self,
        tenant: &Tenant,
        rules: &Rules,
        until: NaiveDate,
    ) -> Result<Vec<Due>, Failure> {
        let (time, views) = (self.acknowledged()?, self.views(tenant, &Of::All("what falls due"))?);
        let due = views.due(rules, until, time).await.map_err(errors::query)?;
        let mut left = Vec::new();
        for due in due {
            let erased = due.enrolments.iter().map(|key| self.ledger.is_erased(*key));
            let erased: Vec<bool> = erased.collect::<Result<_, _>>()?;
            if erased.contains(&false) {
                left.push(due);
            }
        }
        Ok(left)
    }

    pub(super) async fn list_due(
        &self,
        tenant: &Tenant,
        request: wire::ListDueErasuresRequest,
    ) -> Result<wire::ListDueErasuresResponse, Failure> {
        let Asked { settings, rules, today } = self.asked(&request.rules_json)?;
        let notice = Days::new(u64::from(settings.notice_days));
        let until = times::optional_day("until", &request.until)?;
        let until = until.or_else(|| today.checked_add_days(notice)).unwrap_or(today);
        let due = self.due(tenant, &rules, until).await?;
        let due = due.into_iter().map(|due| wire::DueErasure {
            due_on: due.due_on.to_string(),
            enrolments: due.enrolments.into_iter().map(names::of_enrolment).collect(),
        });
        Ok(wire::ListDueErasuresResponse {
            due: due.collect(),
            until: until.to_string(),
            rules_in_force_from: rules.in_force_from.to_string(),
        })
    }

    /// Erases whoever is due today, batch after batch.
    pub(super) async fn retain(
        self: &Arc<Self>,
        tenant: &Tenant,
        request: &wire::ExecuteRetentionRequest,
        reference: Reference,
    ) -> Result<wire::ExecuteRetentionResponse, Failure> {
        let Asked { rules, today, .. } = self.asked(&request.rules_json)?;
        let actor = tenant.actor(names::actor(&request.actor)?);
        let (mut erasures, mut batch) = (Vec::new(), Vec::new());
        for due in self.due(tenant, &rules, today).await? {
            if batch.len() + due.enrolments.len() > BATCH && !batch.is_empty() {
                let batch = std::mem::take(&mut batch);
                erasures.push(self.erase_batch(batch, &actor, &reference).await?);
            }
            batch.extend(due.enrolments);
        }
        if !batch.is_empty() {
            erasures.push(self.erase_batch(batch, &actor, &reference).await?);
        }
        Ok(wire::ExecuteRetentionResponse { erasures })
    }

    /// One request, one decision, one execution: each is the same when the same dossiers are due
    /// after an interruption.
    async fn erase_batch(
        self: &Arc<Self>,
        enrolments: Vec<StreamKey>,
        actor: &str,
        reference: &Reference,
    ) -> Result<wire::Erasure, Failure> {
        let said: Vec<u8> = enrolments.iter().flat_map(|key| key.0).collect();
        let meta = |step: &str, request: wire::DecideErasureRequest| {
            let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, &[step.as_bytes(), &said].concat());
            self.meta(RequestId::from(id), actor, METHOD, &request)
        };
        let nothing = wire::DecideErasureRequest::default;
        // A decision bears its reference and who took it: the same under others is another one.
        let (of, by) = (reference.as_str().to_owned(), actor.to_owned());
        let decision = wire::DecideErasureRequest { reference: of, actor: by, ..nothing() };
        let requested = meta("request", nothing())?;
        let decided = meta("decide", decision)?;
        let executed = meta("execute", nothing())?;
        let about = About { enrolments, ..About::default() };
        let (today, ledger) = (self.today(), &self.ledger);
        let asked = ledger.request_erasure(requested, about, Requester::Retention, today).await;
        let (id, _) = asked?;
        let basis = LegalBasis::RetentionExpired;
        let decision = ledger.decide_erasure(decided, id, true, basis, reference.clone()).await;
        decision?;
        ledger.execute_erasure(executed, id, &[]).await?;
        self.pipeline.forget_repeats();
        let found = ledger.erasure(id)?;
        found.map(|found| self.erasure(&found)).ok_or_else(|| Failure::not_found("erasure"))
    }
}

fn not_rules(what: &str) -> Failure {
    Failure::field(
        "rules_json",
        Text::new(
            format!("these are no rules of retention: {what}"),
            format!("Ces règles de conservation ne sont pas lisibles : {what}."),
        ),
    )
}
