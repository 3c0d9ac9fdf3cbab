//! From the headers of a call to a tenant, or a refusal.

use super::{REASON_HEADER, percent};
use crate::errors::{Failure, refused};
use access::gate::Known;
use access::{Call, Gate, Refused, Tenant};
use domain::ids::Instant;
use futures::future::{BoxFuture, Either};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::task::{Context, Poll};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tonic::transport::server::TcpConnectInfo;
use tower::Layer;

/// Every method of this service is open to everybody.
const HEALTH: &str = "/grpc.health.v1.Health/";

/// The door, as a layer before all services.
#[derive(Debug, Clone)]
pub(crate) struct DoorLayer {
    pub(crate) gate: Arc<Gate>,
    /// Whether the schema is shown to everybody: in a demo or a sandbox.
    pub(crate) open_reflection: bool,
}

impl<S> Layer<S> for DoorLayer {
    type Service = Door<S>;

    fn layer(&self, inner: S) -> Door<S> {
        Door { at: self.clone(), inner }
    }
}

/// A service behind the door.
#[derive(Debug, Clone)]
pub(crate) struct Door<S> {
    at: DoorLayer,
    inner: S,
}

type Refusing<E> = BoxFuture<'static, Result<Response<Body>, E>>;

impl<S, B> Service<Request<B>> for Door<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, Refusing<S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if self.at.is_open(request.uri().path()) {
            return Either::Left(self.inner.call(request));
        }
        match self.at.admit(&request) {
            Ok(tenant) => {
                request.extensions_mut().insert(tenant);
                Either::Left(self.inner.call(request))
            }
            Err(status) => Either::Right(Box::pin(async move { Ok(status.into_http()) })),
        }
    }
}

impl DoorLayer {
    fn is_open(&self, path: &str) -> bool {
        let reflects =
            matches!(Call::of_path(path), Some(Call::Reflection | Call::ReflectionAlpha));
        path.starts_with(HEALTH) || reflects && self.open_reflection
    }

    fn admit<B>(&self, request: &Request<B>) -> Result<Tenant, Status> {
        let now = now();
        let from =
            request.extensions().get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr);
        let from = from.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.ip());
        let known: Known = self
            .gate
            .recognise(bearer(request.headers()), from, now)
            .map_err(|why| Status::from(refused(&why)))?;
        let call = Call::of_path(request.uri().path())
            .ok_or_else(|| Status::unimplemented("there is no such method"))?;
        let reason = reason(request.headers()).map_err(|why| Status::from(refused(&why)))?;
        let admitted = self.gate.admit(known, call, reason.as_deref(), now);
        admitted.map_err(|why| Failure::into(refused(&why)))
    }
}

/// The credential of `authorization: Bearer …`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, text) = headers.get("authorization")?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| text.trim())
}

fn reason(headers: &HeaderMap) -> Result<Option<String>, Refused> {
    let Some(header) = headers.get(REASON_HEADER) else { return Ok(None) };
    percent::decode(header.as_bytes()).map(Some).ok_or(Refused::BadReason)
}

/// Now, by the clock of the system: keys live and rates run by it, whatever the ledger's says.
pub(crate) fn now() -> Instant {
    use std::time::{SystemTime, UNIX_EPOCH};
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
