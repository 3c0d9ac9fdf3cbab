//! `PrivacyService`: finding persons, and erasing them, by a decision.

use super::files::sent;
use super::house::House;
use super::read_of::Of;
use super::told::Told;
use crate::convert::enums;
use crate::door::tenant;
use crate::errors::{self, Failure};
use crate::pages::{self, Cursor, Question};
use crate::{limits, names, times};
use access::Tenant;
use domain::erasure::{Decision, Reference};
use domain::ids::{ContractId, Position, StreamKey};
use domain::rules::RuleSet;
use domain::text::Text;
use ledger::LedgerError;
use ledger::erasure::{About, Certificate, Recorded};
use proto::v1 as wire;
use proto::v1::privacy_service_server::PrivacyService;
use std::collections::BTreeSet;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The service.
#[derive(Debug, Clone)]
pub struct Privacy(pub Arc<House>);

impl Privacy {
    fn found(&self, id: StreamKey) -> Result<wire::Erasure, Failure> {
        let found = self.0.ledger.erasure(id)?;
        let found = found.ok_or_else(|| Failure::not_found(&names::of_erasure(id)))?;
        Ok(self.0.erasure(&found))
    }

    /// Dossiers by their names, and with `linked` every other one of the same persons.
    async fn enrolments(
        &self,
        tenant: &Tenant,
        named: &[String],
        linked: bool,
    ) -> Result<Vec<StreamKey>, Failure> {
        let mut all = BTreeSet::new();
        for name in named {
            let key = match self.0.drafted(tenant, name).await? {
                Some(key) => key,
                None => self.0.declared(tenant, "enrolments", name).await?,
            };
            all.insert(key);
            // Of a contract that belongs to no enrolment nobody else is known.
            if linked && !self.0.ledger.is_workflow(key)? {
                all.extend(self.0.same_person(tenant, key).await?);
            }
        }
        Ok(all.into_iter().collect())
    }

    /// The dossiers of the persons of a request that are linked to its own by now.
    async fn linked_since(
        &self,
        tenant: &Tenant,
        id: StreamKey,
    ) -> Result<Vec<StreamKey>, Failure> {
        let found = self.0.ledger.erasure(id)?;
        let asked = found.filter(|of| of.state.with_linked && of.state.erased.is_none());
        let mut all = Vec::new();
        for key in asked.iter().flat_map(|of| &of.state.enrolments) {
            if self.0.ledger.is_workflow(*key)? {
                continue;
            }
            all.extend(self.0.same_person(tenant, *key).await?);
        }
        Ok(all)
    }
}

#[tonic::async_trait]
impl PrivacyService for Privacy {
    type ExportPersonStream = Told<wire::ExportPersonResponse>;

    async fn request_erasure(
        &self,
        request: Request<wire::RequestErasureRequest>,
    ) -> Result<Response<wire::RequestErasureResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let meta =
            self.0.act(&tenant, &request.request_id, &request.actor, "RequestErasure", &request)?;
        let requester = enums::requester("requester", request.requester)?;
        let received_on = times::day("received_on", &request.received_on)?;
        if request.enrolments.is_empty() {
            return Err(enums::unknown("enrolments").into());
        }
        let enrolments = self.enrolments(&tenant, &request.enrolments, request.with_linked).await?;
        let with_linked = request.with_linked;
        let about = About { enrolments, with_linked, ..About::default() };
        let asked = self.0.ledger.request_erasure(meta, about, requester, received_on).await;
        let (id, _) = asked.map_err(Failure::from)?;
        let erasure = Some(self.found(id)?);
        Ok(Response::new(wire::RequestErasureResponse { erasure }))
    }

    async fn decide_erasure(
        &self,
        request: Request<wire::DecideErasureRequest>,
    ) -> Result<Response<wire::DecideErasureResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let meta =
            self.0.act(&tenant, &request.request_id, &request.actor, "DecideErasure", &request)?;
        let id = names::erasure("name", &request.name)?;
        self.0.record(&tenant, &Of::Erasure(id))?;
        let basis = enums::legal_basis("basis", request.basis)?;
        let reference = Reference::parse(&request.reference).map_err(|_| not_a_reference())?;
        let decided =
            self.0.ledger.decide_erasure(meta, id, request.granted, basis, reference).await;
        decided.map_err(Failure::from)?;
        let erasure = Some(self.found(id)?);
        Ok(Response::new(wire::DecideErasureResponse { erasure }))
    }

    async fn execute_erasure(
        &self,
        request: Request<wire::ExecuteErasureRequest>,
    ) -> Result<Response<wire::ExecuteErasureResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let meta =
            self.0.act(&tenant, &request.request_id, &request.actor, "ExecuteErasure", &request)?;
        let id = names::erasure("name", &request.name)?;
        self.0.record(&tenant, &Of::Erasure(id))?;
        // Once begun it is done, even if the caller leaves or has waited too long.
        let linked = self.linked_since(&tenant, id).await?;
        let house = Arc::clone(&self.0);
        let done = tokio::spawn(async move {
            let done = house.ledger.execute_erasure(meta, id, &linked).await;
            // A row that says the same as before is to be refused too.
            house.pipeline.forget_repeats();
            done
        });
        done.await.map_err(Failure::from)?.map_err(Failure::from)?;
        let erasure = Some(self.found(id)?);
        Ok(Response::new(wire::ExecuteErasureResponse { erasure }))
    }

    async fn get_erasure(
        &self,
        request: Request<wire::GetErasureRequest>,
    ) -> Result<Response<wire::GetErasureResponse>, Status> {
        let tenant = tenant(&request)?;
        let name = request.into_inner().name;
        let id = names::erasure("name", &name)?;
        self.0.record(&tenant, &Of::Erasure(id))?;
        let erasure = Some(self.found(id)?);
        Ok(Response::new(wire::GetErasureResponse { erasure }))
    }

    async fn list_erasures(
        &self,
        request: Request<wire::ListErasuresRequest>,
    ) -> Result<Response<wire::ListErasuresResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let question =
            Question::new(&tenant, "ListErasures", &wire::ListErasuresRequest::default());
        let before = match self.0.pages.open(question, &request.page_token)? {
            Some(cursor) => cursor.position,
            None => Position(u64::MAX),
        };
        let size = pages::size(request.page_size)?;
        self.0.record(&tenant, &Of::All("erasures"))?;
        let house = Arc::clone(&self.0);
        let read = move || {
            let older = |before| {
                let found = house.ledger.erasures_before(before, 1)?.pop();
                Ok::<_, LedgerError>(found.map(|(at, found)| (at, house.erasure(&found))))
            };
            pages::filled(before, size, limits::ERASURES_PAGE_BYTES, older)
        };
        let page = tokio::task::spawn_blocking(read).await.map_err(Failure::from)?;
        let (erasures, next) = page.map_err(Failure::from)?;
        let next = next
            .map(|position| self.0.pages.seal(question, &Cursor { position, ..Cursor::default() }));
        let next_page_token = next.unwrap_or_default();
        Ok(Response::new(wire::ListErasuresResponse { erasures, next_page_token }))
    }

    async fn list_due_erasures(
        &self,
        request: Request<wire::ListDueErasuresRequest>,
    ) -> Result<Response<wire::ListDueErasuresResponse>, Status> {
        let tenant = tenant(&request)?;
        Ok(Response::new(self.0.list_due(&tenant, request.into_inner()).await?))
    }

    async fn execute_retention(
        &self,
        request: Request<wire::ExecuteRetentionRequest>,
    ) -> Result<Response<wire::ExecuteRetentionResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let reference = Reference::parse(&request.reference).map_err(|_| not_a_reference())?;
        // As one erasure: once begun it is done.
        let house = Arc::clone(&self.0);
        let done = tokio::spawn(async move { house.retain(&tenant, &request, reference).await });
        Ok(Response::new(done.await.map_err(Failure::from)??))
    }

    async fn export_person(
        &self,
        request: Request<wire::ExportPersonRequest>,
    ) -> Result<Response<Self::ExportPersonStream>, Status> {
        let tenant = tenant(&request)?;
        let name = request.into_inner().name;
        let document = self.0.export_person(&tenant, &name).await?;
        let part = |data| wire::ExportPersonResponse { data };
        Ok(Response::new(sent(&self.0, tenant, document, part)))
    }

    async fn find_persons(
        &self,
        request: Request<wire::FindPersonsRequest>,
    ) -> Result<Response<wire::FindPersonsResponse>, Status> {
        let tenant = tenant(&request)?;
        Ok(Response::new(self.0.find_persons(&tenant, request.into_inner()).await?))
    }
}

impl House {
    /// The other dossiers of the person of one.
    pub(super) async fn same_person(
        &self,
        tenant: &Tenant,
        key: StreamKey,
    ) -> Result<Vec<StreamKey>, Failure> {
        let (now, views) = (self.acknowledged()?, self.within(tenant));
        let seen = views.get_enrolment(key, now, RuleSet::default()).await;
        Ok(seen.map_err(errors::query)?.value.same_person)
    }

    /// An erasure on the wire.
    pub(super) fn erasure(&self, found: &Recorded) -> wire::Erasure {
        let state = &found.state;
        let decision = state.decision.as_ref();
        let at = |rank: usize| found.recorded_at.get(rank).map(|at| times::of_instant(*at));
        let (requester, received_on) = match state.requested {
            Some((requester, on)) => (enums::of_requester(requester), Some(on)),
            None => (wire::ErasureRequester::Unspecified, None),
        };
        let basis = decision.map(|decision| decision.basis);
        wire::Erasure {
            name: names::of_erasure(found.id),
            state: stands(decision, state.erased.is_some()).into(),
            subjects: state.subjects.iter().map(ToString::to_string).collect(),
            enrolments: state.enrolments.iter().map(|key| self.name_of(*key)).collect(),
            with_linked: state.with_linked,
            requester: requester.into(),
            received_on: times::of_day(received_on),
            requested_at: at(0).unwrap_or_default(),
            basis: basis.map_or(wire::LegalBasis::Unspecified, enums::of_legal_basis).into(),
            article: basis.map_or("", |basis| basis.article()).to_owned(),
            reference: decision.map_or("", |decision| decision.reference.as_str()).to_owned(),
            decided_at: decision.and_then(|_| at(1)).unwrap_or_default(),
            certificate: found.certificate.as_ref().map(|of| self.certificate(of)),
        }
    }

    /// The name of a dossier, or of a contract whose workflow runs here.
    pub(super) fn name_of(&self, key: StreamKey) -> String {
        match self.ledger.is_workflow(key) {
            Ok(true) => names::of_contract(ContractId(key.0)),
            _ => names::of_enrolment(key),
        }
    }

    /// A certificate on the wire, signed with the key of the log.
    fn certificate(&self, of: &Certificate) -> wire::ErasureCertificate {
        wire::ErasureCertificate {
            position: of.position.0,
            event_id: of.event.to_string(),
            erased_at: times::of_instant(of.recorded_at),
            sections: of.sections,
            digest: of.digest.to_vec(),
            subjects: of.subjects.iter().map(ToString::to_string).collect(),
            enrolments: of.enrolments.iter().map(|key| names::of_enrolment(*key)).collect(),
            note: self.notary.vouch(&of.text()),
            text: of.text(),
        }
    }
}

fn stands(decision: Option<&Decision>, erased: bool) -> wire::ErasureState {
    match decision {
        None => wire::ErasureState::Requested,
        Some(_) if erased => wire::ErasureState::Done,
        Some(decision) if decision.granted => wire::ErasureState::Granted,
        Some(_) => wire::ErasureState::Refused,
    }
}

fn not_a_reference() -> Failure {
    Failure::field(
        "reference",
        Text::new(
            "a reference is 1 to 64 characters among A-Z a-z 0-9 . _ / -",
            "Une référence compte 1 à 64 caractères parmi A-Z a-z 0-9 . _ / -, sans espace ni nom.",
        ),
    )
}
