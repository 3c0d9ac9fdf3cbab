//! What people decide of dossiers: corrections, new ids, links of persons.

use super::contract::rupture;
use super::house::{House, act_receipt};
use crate::convert::enums;
use crate::errors::{self, Failure, Reason};
use crate::{names, times};
use access::Tenant;
use chrono::{Datelike, NaiveDate};
use domain::calendar::paris_day;
use domain::dossier::legible;
use domain::enrolment::{Command, Enrolment, Fact, Opened, Rupture};
use domain::event::Event;
use domain::ids::{Category, ContractId, EventId, StreamId, StreamKey, Version};
use domain::persons::{PersonLinkEvent, decide};
use domain::text::Text;
use ledger::RequestMeta;
use proto::v1 as wire;
use proto::v1::correct_event_request::Value;

impl House {
    /// Today in Paris, by the ledger's clock.
    pub(super) fn today(&self) -> NaiveDate {
        paris_day(self.ledger.clock().now())
    }

    /// The key of an enrolment that was declared, and that the tenant may act on.
    pub(super) async fn declared(
        &self,
        tenant: &Tenant,
        field: &str,
        name: &str,
    ) -> Result<StreamKey, Failure> {
        let key = names::enrolment(field, name)?;
        self.may_act_on(tenant, key).await?;
        let stream = StreamId { category: Category::Enrolment, key };
        match self.ledger.stream_version(stream).map_err(Failure::from)? {
            Version(0) => Err(Failure::not_found(name)),
            Version(_) => Ok(key),
        }
    }

    fn loaded(&self, key: StreamKey, name: &str) -> Result<Enrolment, Failure> {
        let loaded = self.ledger.load_enrolment(key, None, true).map_err(Failure::from)?;
        Ok(loaded.ok_or_else(|| Failure::not_found(name))?.state)
    }

    /// Replaces the value of an event.
    pub(super) async fn correct(
        &self,
        tenant: &Tenant,
        request: wire::CorrectEventRequest,
    ) -> Result<wire::ActReceipt, Failure> {
        let meta =
            self.act(tenant, &request.request_id, &request.actor, "CorrectEvent", &request)?;
        let stream = self.declared(tenant, "enrolment", &request.enrolment).await?;
        self.may_write_of(tenant, stream, &request.enrolment)?;
        let state = self.loaded(stream, &request.enrolment)?;
        let event = names::event_id("event_id", &request.event_id)?;
        let value = request.value.ok_or_else(|| enums::unknown("value"))?;
        let (fact, effective_on) = self.replacement(&state, event, value)?;
        let command = Command::Correct { event, fact, effective_on };
        self.execute((tenant, &request.enrolment), meta, stream, command).await
    }

    /// The fact that stands in the place of an event's, and its day.
    fn replacement(
        &self,
        state: &Enrolment,
        event: EventId,
        value: Value,
    ) -> Result<(Fact, NaiveDate), Failure> {
        let corrected = state.events.iter().find(|one| one.id == event).map(|one| &one.fact);
        let corrected = corrected
            .ok_or_else(|| errors::command(&domain::enrolment::CommandError::NoSuchEvent(event)))?;
        match value {
            Value::Rupture(said) => {
                // Of another type, the contract does not matter: the domain refuses it.
                let contract = corrected.contract().unwrap_or_default();
                let rupture: Rupture = rupture("rupture.", contract, said)?;
                let day = rupture.effective_on;
                Ok((Fact::ContractBroken(rupture), day))
            }
            Value::Day(text) => {
                let on = times::day("day", &text)?;
                Ok((dated(corrected, on)?, on))
            }
            Value::Result(said) => {
                let on = times::optional_day("result.on", &said.on)?;
                let ends_on = state.current.as_ref().map(|now| now.training.end_on);
                let day = on.or(ends_on).unwrap_or_else(|| self.today());
                Ok((Fact::TrainingCompleted { on, diploma: said.diploma }, day))
            }
        }
    }

    /// The source gave the learner another id.
    pub(super) async fn remap(
        &self,
        tenant: &Tenant,
        request: wire::RemapLearnerRequest,
    ) -> Result<wire::ActReceipt, Failure> {
        let meta =
            self.act(tenant, &request.request_id, &request.actor, "RemapLearner", &request)?;
        let stream = self.declared(tenant, "enrolment", &request.enrolment).await?;
        if let Some(receipt) = self.repeated(&meta)? {
            return Ok(receipt);
        }
        self.may_write_of(tenant, stream, &request.enrolment)?;
        let state = self.loaded(stream, &request.enrolment)?;
        let new_id = legible(&request.id_erp_apprenant);
        let new_id = new_id.as_ref();
        if new_id.is_empty() || new_id.len() > domain::dossier::MAX_TEXT_BYTES {
            return Err(enums::unknown("id_erp_apprenant"));
        }
        errors::id_without_nir("id_erp_apprenant", new_id)?;
        let current = state.current.ok_or_else(|| Failure::not_found(&request.enrolment))?;
        let Opened::Clear(mut identity) = current.identity else {
            return Err(errors::command(&domain::enrolment::CommandError::Hidden));
        };
        let id = StreamId { category: Category::Enrolment, key: stream };
        let first = self.ledger.read_stream(id, None, false).map_err(Failure::from)?;
        let source = first.first().map(|event| event.header.source.clone());
        let source = source.ok_or_else(|| Failure::not_found(&request.enrolment))?;
        new_id.clone_into(&mut identity.id_erp);
        let certification = &current.training.certification;
        let lookup = self.ledger.names().lookup(&source, new_id, certification);
        if self.ledger.find_enrolment(&lookup)?.is_some_and(|other| other != stream) {
            return Err(id_taken());
        }
        let command = Command::RemapLearnerId { lookup, identity };
        self.execute((tenant, &request.enrolment), meta, stream, command).await
    }

    /// Links or parts the learners of two enrolments.
    pub(super) async fn link(
        &self,
        tenant: &Tenant,
        meta: RequestMeta,
        pair: [&str; 2],
        linked: bool,
        basis: i32,
    ) -> Result<wire::ActReceipt, Failure> {
        let a = self.declared(tenant, "enrolment", pair[0]).await?;
        let b = self.declared(tenant, "other_enrolment", pair[1]).await?;
        if let Some(receipt) = self.repeated(&meta)? {
            return Ok(receipt);
        }
        self.may_write_of(tenant, a, pair[0])?;
        self.may_write_of(tenant, b, pair[1])?;
        let basis = enums::link_basis("basis", basis)?;
        let (one, other) = (self.loaded(a, pair[0])?, self.loaded(b, pair[1])?);
        let born = born_on_first_january(&one)? || born_on_first_january(&other)?;
        let stream = self.ledger.names().link(a, b);
        let decisions = self.ledger.read_stream(stream, None, false).map_err(Failure::from)?;
        let version = decisions.last().map_or(Version(0), |last| last.header.version);
        let currently = decisions.last().and_then(|last| match &last.event {
            Event::PersonLink(PersonLinkEvent::PersonsLinked { .. }) => Some(true),
            Event::PersonLink(PersonLinkEvent::PersonsUnlinked { .. }) => Some(false),
            _ => None,
        });
        let event =
            decide(a, b, linked, basis, currently, born).map_err(|error| errors::link(&error))?;
        let receipt = self.ledger.append_person_link(meta, version, event).await;
        Ok(act_receipt(&receipt.map_err(Failure::from)?))
    }
}

/// The same fact on another day.
fn dated(corrected: &Fact, on: NaiveDate) -> Result<Fact, Failure> {
    match corrected {
        Fact::ContractEnded { contract, .. } => {
            let contract: ContractId = *contract;
            Ok(Fact::ContractEnded { contract, on })
        }
        Fact::LearnerExcluded { cause, .. } => {
            Ok(Fact::LearnerExcluded { on, cause: cause.clone() })
        }
        Fact::WithdrawalDeclared { .. } => Ok(Fact::WithdrawalDeclared { on }),
        other => Err(Failure::new(
            Reason::NotAllowed,
            Text::new(
                "this event is not corrected by a day",
                "Cet événement ne se corrige pas par une date.",
            ),
        )
        .with("type", other.type_name())),
    }
}

/// On a 1 January births are recorded by default, so names and birth prove nothing.
fn born_on_first_january(state: &Enrolment) -> Result<bool, Failure> {
    let identity = state.current.as_ref().and_then(|now| now.identity.clear());
    let identity =
        identity.ok_or_else(|| errors::command(&domain::enrolment::CommandError::Hidden))?;
    Ok(identity.born_on.ordinal() == 1)
}

fn id_taken() -> Failure {
    Failure::new(
        Reason::NotAllowed,
        Text::new(
            "another dossier of the source has that learner id and certification",
            "Un autre dossier de cette source porte déjà cet identifiant et cette formation.",
        ),
    )
}
