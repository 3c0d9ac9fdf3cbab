//! From the headers of a call to a tenant, or a refusal.

use super::received::Received;
use super::{REASON_HEADER, percent};
use crate::errors::{Failure, refused};
use crate::limits;
use crate::room::Room;
use access::gate::Known;
use access::rates::subscriber;
use access::{Call, Gate, Refused, Tenant};
use domain::ids::Instant;
use futures::future::{BoxFuture, Either};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::task::{Context, Poll};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::codegen::http::{HeaderMap, HeaderValue, Request, Response};
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
    received: Arc<Room>,
}

impl DoorLayer {
    pub(crate) fn new(gate: Arc<Gate>, open_reflection: bool) -> Self {
        let received = Room::of(limits::RECEIVED_BYTES, limits::RECEIVED_OF_CALLER_BYTES);
        Self { gate, open_reflection, received }
    }
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

/// A refusal, or a call whose token is verified first.
type Slow<E> = BoxFuture<'static, Result<Response<Body>, E>>;

impl<S> Service<Request<Body>> for Door<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, Slow<S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if self.at.is_open(request.uri().path()) {
            let address = subscriber(from(&request)).to_string();
            return Either::Left(self.inner.call(self.at.counted(request, &address)));
        }
        if self.at.gate.is_slow(bearer(request.headers())) {
            // The one that is ready goes with this call.
            let fresh = self.inner.clone();
            let mut inner = std::mem::replace(&mut self.inner, fresh);
            let at = self.at.clone();
            let admitting = at.clone().admit_slowly(&Asked::of(&request));
            return Either::Right(Box::pin(async move {
                match admitting.await {
                    Ok(tenant) => inner.call(at.admitted(request, tenant)).await,
                    Err(status) => Ok(status.into_http()),
                }
            }));
        }
        match self.at.admit(&request) {
            Ok(tenant) => Either::Left(self.inner.call(self.at.admitted(request, tenant))),
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

    /// A request with its tenant.
    fn admitted(&self, request: Request<Body>, tenant: Tenant) -> Request<Body> {
        let mut request = self.counted(request, tenant.principal());
        request.extensions_mut().insert(tenant);
        request
    }

    /// A request whose bytes are counted until they are read.
    fn counted(&self, request: Request<Body>, caller: &str) -> Request<Body> {
        let share = self.received.share(caller);
        request.map(|body| Body::new(Received::new(body, share)))
    }

    fn admit<B>(&self, request: &Request<B>) -> Result<Tenant, Status> {
        let Asked { credential, from, path, reason } = Asked::of(request);
        let known = self.gate.recognise(credential, from, now()).map_err(|why| status(&why))?;
        self.admit_known(known, path, reason)
    }

    /// The same with a token, away from the threads that answer calls.
    fn admit_slowly(
        self,
        asked: &Asked<'_>,
    ) -> impl Future<Output = Result<Tenant, Status>> + Send + use<> {
        let (from, credential) = (asked.from, asked.credential.map(str::to_owned));
        let (path, reason) = (asked.path.to_owned(), asked.reason.map(<[u8]>::to_vec));
        async move {
            let gate = Arc::clone(&self.gate);
            let recognise = move || gate.recognise(credential.as_deref(), from, now());
            let known = tokio::task::spawn_blocking(recognise).await.map_err(Failure::from)?;
            self.admit_known(known.map_err(|why| status(&why))?, &path, reason.as_deref())
        }
    }

    fn admit_known(
        &self,
        known: Known,
        path: &str,
        reason: Option<&[u8]>,
    ) -> Result<Tenant, Status> {
        let call =
            Call::of_path(path).ok_or_else(|| Status::unimplemented("there is no such method"))?;
        let reason = reason.map(|text| percent::decode(text).ok_or(Refused::BadReason));
        let reason = reason.transpose().map_err(|why| status(&why))?;
        self.gate.admit(known, call, reason.as_deref(), now()).map_err(|why| status(&why))
    }
}

fn status(why: &Refused) -> Status {
    refused(why).into()
}

/// What a call shows before anything of it is read.
struct Asked<'a> {
    credential: Option<&'a str>,
    from: IpAddr,
    path: &'a str,
    reason: Option<&'a [u8]>,
}

impl<'a> Asked<'a> {
    fn of<B>(request: &'a Request<B>) -> Self {
        Self {
            credential: bearer(request.headers()),
            from: from(request),
            path: request.uri().path(),
            reason: request.headers().get(REASON_HEADER).map(HeaderValue::as_bytes),
        }
    }
}

/// From where a request comes.
fn from<B>(request: &Request<B>) -> IpAddr {
    let from = request.extensions().get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr);
    from.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.ip())
}

/// The credential of `authorization: Bearer …`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, text) = headers.get("authorization")?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| text.trim())
}

/// Now, by the clock of the system: keys live and rates run by it, whatever the ledger's says.
pub(crate) fn now() -> Instant {
    use std::time::{SystemTime, UNIX_EPOCH};
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
