//! `ProofService`: checkpoints, proofs and bundles.

use super::files::{File, sent};
use super::house::House;
use super::read_of::Of;
use super::told::Told;
use crate::door::tenant;
use crate::errors::{Failure, notary};
use crate::{names, times};
use access::Tenant;
use domain::ids::{Category, Position, StreamId, StreamKey};
use domain::text::Text;
use ledger::codec::SectionKind;
use ledger::notary::{BundleRequest, Notary, NotaryError, Signed};
use ledger::record::StoredRecord;
use proto::v1 as wire;
use proto::v1::proof_service_server::ProofService;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The software that a bundle names.
const SOFTWARE: &str = concat!("registre ", env!("CARGO_PKG_VERSION"));

/// The service.
#[derive(Debug, Clone)]
pub struct Proofs(pub Arc<House>);

#[tonic::async_trait]
impl ProofService for Proofs {
    type ExportBundleStream = Told<wire::ExportBundleResponse>;
    type ExportOpenedBundleStream = Told<wire::ExportOpenedBundleResponse>;

    async fn get_checkpoint(
        &self,
        request: Request<wire::GetCheckpointRequest>,
    ) -> Result<Response<wire::GetCheckpointResponse>, Status> {
        tenant(&request)?;
        let notary = &self.0.notary;
        Ok(Response::new(wire::GetCheckpointResponse {
            checkpoint: notary.newest().text.to_string(),
            log_key: notary.log().to_string(),
            cosigned: notary.cosigned().map(|signed| signed.text.to_string()).unwrap_or_default(),
        }))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<wire::GetInclusionProofRequest>,
    ) -> Result<Response<wire::GetInclusionProofResponse>, Status> {
        tenant(&request)?;
        let position = Position(request.into_inner().position);
        let head = self.0.ledger.head().position;
        if position == Position(0) || position > head {
            return Err(outside("position", head).into());
        }
        let (proof, signed) = self.0.ask_notary(move |notary| notary.prove(position)).await?;
        let (proof, witnesses) = (proof.to_string(), signed.witnesses());
        Ok(Response::new(wire::GetInclusionProofResponse { proof, witnesses }))
    }

    async fn get_consistency_proof(
        &self,
        request: Request<wire::GetConsistencyProofRequest>,
    ) -> Result<Response<wire::GetConsistencyProofResponse>, Status> {
        tenant(&request)?;
        let wire::GetConsistencyProofRequest { old_size, new_size } = request.into_inner();
        let head = self.0.ledger.head().position;
        if new_size > head.0 {
            return Err(outside("new_size", head).into());
        }
        if old_size > new_size {
            return Err(outside("old_size", Position(new_size)).into());
        }
        let prove = move |notary: &Notary| {
            // The tree is known as far as it is signed.
            notary.covering(Position(new_size))?;
            Ok(notary.consistency(old_size, new_size)?)
        };
        let hashes = self.0.ask_notary(prove).await?;
        let hashes = hashes.into_iter().map(|hash| hash.to_vec()).collect();
        Ok(Response::new(wire::GetConsistencyProofResponse { hashes }))
    }

    async fn export_bundle(
        &self,
        request: Request<wire::ExportBundleRequest>,
    ) -> Result<Response<Self::ExportBundleStream>, Status> {
        let tenant = tenant(&request)?;
        let bundle = self.0.bundle(&tenant, request.into_inner().name, false).await?;
        let part = |data| wire::ExportBundleResponse { data };
        Ok(Response::new(sent(&self.0, tenant, bundle, part)))
    }

    async fn export_opened_bundle(
        &self,
        request: Request<wire::ExportOpenedBundleRequest>,
    ) -> Result<Response<Self::ExportOpenedBundleStream>, Status> {
        let tenant = tenant(&request)?;
        let bundle = self.0.bundle(&tenant, request.into_inner().name, true).await?;
        let part = |data| wire::ExportOpenedBundleResponse { data };
        Ok(Response::new(sent(&self.0, tenant, bundle, part)))
    }

    async fn draw_sample(
        &self,
        request: Request<wire::DrawSampleRequest>,
    ) -> Result<Response<wire::DrawSampleResponse>, Status> {
        let tenant = tenant(&request)?;
        Ok(Response::new(self.0.draw_sample(&tenant, request.into_inner()).await?))
    }
}

/// What a form says of a disability: by itself, or by what departs from the rules for it.
const DISABILITY: [&str; 3] = ["apprentice.disability", "terms.derogation", "terms.kind"];

/// Takes it out of the fields of a form.
fn without_disability(fields: &mut serde_json::Value) {
    let fields = fields.get_mut("fields").and_then(serde_json::Value::as_array_mut);
    for field in fields.into_iter().flatten() {
        let path = field.get("path").and_then(serde_json::Value::as_str).unwrap_or_default();
        if DISABILITY.contains(&path) {
            *field = serde_json::json!({ "path": path, "value": "non communiqué" });
        }
    }
}

fn outside(field: &str, most: Position) -> Failure {
    Failure::field(
        field,
        Text::new(
            format!("{field} is outside the log: it ends at {most}"),
            format!("{field} est hors du registre, qui finit à {most}."),
        ),
    )
}

impl House {
    /// Asks the notary, which reads and writes files.
    async fn ask_notary<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Notary) -> Result<T, NotaryError> + Send + 'static,
    ) -> Result<T, Failure> {
        let asked = Arc::clone(&self.notary);
        tokio::task::spawn_blocking(move || ask(&asked)).await?.map_err(|error| notary(&error))
    }

    /// The checkpoint of the receipts of a push: one for all of them. `None` when nothing was written.
    pub(super) async fn seen_with(
        &self,
        answers: &[wire::RowAnswer],
    ) -> Result<Option<Signed>, Failure> {
        let events = answers.iter().flat_map(|answer| &answer.events);
        let Some(last) = events.map(|event| event.position).max() else { return Ok(None) };
        self.ask_notary(move |notary| notary.seen(Position(last)).map(Some)).await
    }

    /// Puts the receipt of each event into the answer to a row, and gives how many bytes are left of so many: after the
    /// first receipt that they do not hold, none.
    pub(super) async fn prove(
        &self,
        signed: &Signed,
        row: wire::RowAnswer,
        left: usize,
    ) -> Result<(wire::RowAnswer, usize), Failure> {
        let signed = signed.clone();
        self.ask_notary(move |notary| {
            let (mut row, mut left) = (row, left);
            for event in &mut row.events {
                let receipt = notary.receipt(&signed, Position(event.position))?.to_string();
                let Some(rest) = left.checked_sub(receipt.len()) else { return Ok((row, 0)) };
                (event.proof, left) = (receipt, rest);
            }
            Ok((row, left))
        })
        .await
    }

    /// The stream of a contract or an enrolment that the tenant may see.
    async fn stream_within(&self, tenant: &Tenant, name: &str) -> Result<StreamId, Failure> {
        let key: StreamKey = if name.starts_with(Category::Contract.collection()) {
            let contract = names::contract("name", name)?;
            if self.drafted_within(tenant, contract).await?.is_some() {
                self.record(tenant, &Of::Contract(contract))?;
                return Ok(StreamId { category: Category::Contract, key: StreamKey(contract.0) });
            }
            // Of one that may not be seen the answer is that of one that was never declared.
            self.may_act_on_contract(tenant, contract).await?;
            self.ledger.find_contract(contract)?.ok_or_else(|| Failure::not_found(name))?
        } else {
            let enrolment = names::enrolment("name", name)?;
            self.may_act_on(tenant, enrolment).await?;
            enrolment
        };
        Ok(StreamId { category: Category::Enrolment, key })
    }

    async fn bundle(
        self: &Arc<Self>,
        tenant: &Tenant,
        name: String,
        open: bool,
    ) -> Result<File, Failure> {
        let stream = self.stream_within(tenant, &name).await?;
        let time = times::of_instant(self.ledger.clock().now());
        let house = Arc::clone(self);
        let make = move || {
            let mut failed = None;
            let failed_to = std::cell::RefCell::new(&mut failed);
            let clear = |record: &StoredRecord| {
                let opened = if open { house.opened(record) } else { Ok(None) };
                opened.unwrap_or_else(|failure| {
                    failed_to.borrow_mut().get_or_insert(failure);
                    None
                })
            };
            let request = BundleRequest {
                about: name.clone(),
                time,
                software: SOFTWARE.to_owned(),
                streams: vec![stream],
                clear: &clear,
            };
            let bundle = house.notary.bundle(&request);
            match (failed, bundle) {
                (Some(failure), _) => Err(failure),
                (None, Err(NotaryError::NoHistory)) => Err(Failure::not_found(&name)),
                (None, bundle) => bundle.map_err(|error| notary(&error)),
            }
        };
        self.files.make(tenant.principal(), make).await
    }

    /// What is known of the persons of an event, as JSON; `None` when it has no sealed section.
    fn opened(&self, record: &StoredRecord) -> Result<Option<String>, Failure> {
        let mut told = serde_json::Map::new();
        for (kind, message) in self.ledger.open_sections(record)? {
            let value = match message {
                // Whether somebody is disabled is nobody's to copy into a file.
                Some(_) if kind == SectionKind::Disability => serde_json::json!("non communiqué"),
                // They are in parts, and read by themselves.
                Some(_) if matches!(kind, SectionKind::Document | SectionKind::Evidence) => {
                    serde_json::json!("à lire à part")
                }
                None => serde_json::json!("effacé"),
                Some(message) => {
                    let json = self.bodies.json(&format!("Sealed{}", kind.name()), &message);
                    let json = json.map_err(|error| Failure::internal(&error))?;
                    let mut value =
                        serde_json::from_str(&json).map_err(|error| Failure::internal(&error))?;
                    if kind == SectionKind::Apprentice {
                        without_disability(&mut value);
                    }
                    value
                }
            };
            told.insert(kind.name().to_lowercase(), value);
        }
        let text = serde_json::to_string_pretty(&told);
        let text = text.map_err(|error| Failure::internal(&error))?;
        Ok((!told.is_empty()).then_some(text))
    }
}
