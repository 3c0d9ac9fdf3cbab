//! `LimitsService`: what the server accepts.

use crate::door::tenant;
use access::limits::{Limit, Unit};
use proto::v1 as wire;
use proto::v1::limits_service_server::LimitsService;
use tonic::{Request, Response, Status};

/// The service, with the limits of the other doors of this server.
#[derive(Debug, Clone)]
pub struct Limits(pub Vec<Limit>);

#[tonic::async_trait]
impl LimitsService for Limits {
    async fn get_limits(
        &self,
        request: Request<wire::GetLimitsRequest>,
    ) -> Result<Response<wire::GetLimitsResponse>, Status> {
        tenant(&request)?;
        let all = crate::limits::all().into_iter().chain(access::limits::all());
        let all = all.chain(self.0.iter().copied());
        let mut limits: Vec<wire::Limit> = all.map(told).collect();
        limits.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Response::new(wire::GetLimitsResponse { limits }))
    }
}

fn told(limit: Limit) -> wire::Limit {
    wire::Limit {
        name: limit.name.to_owned(),
        value: limit.value,
        unit: match limit.unit {
            Unit::Count => wire::LimitUnit::Count,
            Unit::Bytes => wire::LimitUnit::Bytes,
            Unit::Milliseconds => wire::LimitUnit::Milliseconds,
        } as i32,
        description: limit.text.to_owned(),
    }
}
