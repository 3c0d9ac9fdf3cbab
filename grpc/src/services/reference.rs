//! `ReferenceService`: the tables that place communes, CFAs and certifications.

use super::house::{House, hex};
use super::read_of::Of;
use crate::door::tenant;
use crate::errors::{Failure, query};
use crate::{limits, names};
use access::Tenant;
use domain::event::ReferenceSetLoaded;
use domain::text::Text;
use projections::reference::ReferenceSet;
use projections::time::TimeQuery;
use proto::v1 as wire;
use proto::v1::reference_service_server::ReferenceService;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The service.
#[derive(Debug, Clone)]
pub struct References(pub Arc<House>);

impl References {
    /// The set in force; the built-in one, at position 0, before the first is loaded.
    async fn in_force(
        &self,
        tenant: &Tenant,
        time: TimeQuery,
    ) -> Result<wire::ReferenceSet, Failure> {
        let answer = self
            .0
            .views(tenant, &Of::All("the reference set"))?
            .reference(time)
            .await
            .map_err(query)?;
        if let Some(set) = answer.value {
            return Ok(wire::ReferenceSet {
                hash: hex(&set.hash),
                title: set.name,
                summary: set.summary,
                position: set.position.0,
            });
        }
        let built_in = ReferenceSet::built_in().map_err(|error| Failure::internal(&error))?;
        let hash = built_in.hash().map_err(|error| Failure::internal(&error))?;
        Ok(wire::ReferenceSet {
            hash: hash.to_string(),
            summary: built_in.summary(),
            title: built_in.name,
            position: 0,
        })
    }
}

#[tonic::async_trait]
impl ReferenceService for References {
    async fn import_reference_set(
        &self,
        request: Request<wire::ImportReferenceSetRequest>,
    ) -> Result<Response<wire::ReferenceSet>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let request_id = names::request_id(&request.request_id)?;
        if request.json.len() > limits::REFERENCE_SET_BYTES {
            return Err(too_large().into());
        }
        let meta = self.0.meta(request_id, tenant.principal(), "ImportReferenceSet", &request)?;
        let set = ReferenceSet::parse(&request.json)
            .map_err(|error| Failure::field("json", error.text()))?;
        let library = self.0.references.clone();
        // The file is durable before the event that names it.
        let stored = tokio::task::spawn_blocking(move || {
            let hash = library.store(&set)?;
            Ok::<_, projections::reference::LibraryError>((set, hash))
        });
        let stored = stored.await.map_err(Failure::from)?;
        let (set, hash) = stored.map_err(|error| Failure::internal(&error))?;
        let before = self.in_force(&tenant, self.0.acknowledged()?).await?;
        if before.hash == hash.to_string() {
            return Ok(Response::new(before));
        }
        let loaded = ReferenceSetLoaded { hash: hash.0, summary: set.summary(), name: set.name };
        let written = self.0.ledger.append_reference_set(meta, loaded.clone()).await;
        Ok(Response::new(wire::ReferenceSet {
            hash: hash.to_string(),
            title: loaded.name,
            summary: loaded.summary,
            position: written.map_err(Failure::from)?.last_position().0,
        }))
    }

    async fn get_reference_set(
        &self,
        request: Request<wire::GetReferenceSetRequest>,
    ) -> Result<Response<wire::ReferenceSet>, Status> {
        let tenant = tenant(&request)?;
        let known_at = request.into_inner().known_at;
        let time = self.0.time(Some(wire::TimeQuery { known_at, ..Default::default() }))?;
        Ok(Response::new(self.in_force(&tenant, time).await?))
    }
}

fn too_large() -> Failure {
    let most = limits::REFERENCE_SET_BYTES;
    Failure::field(
        "json",
        Text::new(
            format!("a reference set has at most {most} bytes"),
            format!("Un jeu de référence compte au plus {most} octets."),
        ),
    )
}
