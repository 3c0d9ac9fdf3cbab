//! Where providers of signatures say what became of one: `POST /signatures/{provider}` (Standard Webhooks; docs/access.md).
//!
//! A message is its provider's by its signature, and nothing in it is read before that. It becomes an act on the contract
//! that it names, once: the request id of the act is made of the provider and of `webhook-id`, so that a message that
//! comes again, at once or after years, is answered the same and writes nothing. What it may do is what the contract
//! lets it: a provider speaks of the signers who were named as its own, under their accounts.
//!
//! From an address that sent too many messages of nobody, as a proxy does that others stand behind too, a provider is
//! still heard: what comes from there is read in places of its own and verified one at a time, so it keeps one core busy
//! at most, and only what is no provider's is told to wait.
//!
//! It is a router: whoever serves it says who calls, by an extension (`SocketAddr`).

mod problem;

use crate::door;
use crate::errors::{self, Failure, Reason};
use crate::limits;
use crate::services::{PEOPLE, external, said};
use access::Gate;
use access::rates::{Rate, Rates, subscriber};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Extension, FromRequest, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use domain::ids::{Position, RequestId, Source};
use domain::text::Text;
use ledger::signatures::external::{Delivery, HEADERS, Notice, Unsigned, What};
use ledger::signatures::{SignatureError, SignatureProvider};
use ledger::{Acted, Ledger, LedgerError, RequestMeta};
use problem::Problem;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use uuid::Uuid;

/// What an act is recorded as done by, before a `/` and the provider's name. No key or person is called so.
const PRINCIPAL: &str = "provider";

/// What messages meet.
#[derive(Debug)]
struct Webhooks {
    ledger: Arc<Ledger>,
    gate: Arc<Gate>,
    at_once: Semaphore,
    /// Places of what comes from where too much was refused.
    doubted: Semaphore,
    /// Whose turn it is, of that, to be verified.
    turn: Mutex<()>,
    /// Of each address, what was not a provider's.
    refused: Rates<IpAddr>,
    /// Of each provider, what was.
    taken: Rates<String>,
}

/// `POST /signatures/{provider}`.
pub fn router(ledger: Arc<Ledger>, gate: Arc<Gate>) -> Router {
    let at_once = Semaphore::new(limits::WEBHOOKS_AT_ONCE);
    let doubted = Semaphore::new(limits::WEBHOOKS_DOUBTED_AT_ONCE);
    let (turn, refused, taken) = (Mutex::default(), Rates::default(), Rates::default());
    let webhooks = Webhooks { ledger, gate, at_once, doubted, turn, refused, taken };
    Router::new()
        .route("/signatures/{provider}", post(receive))
        .layer(DefaultBodyLimit::max(limits::WEBHOOK_BYTES))
        .with_state(Arc::new(webhooks))
}

async fn receive(
    State(webhooks): State<Arc<Webhooks>>,
    Path(provider): Path<String>,
    Extension(peer): Extension<SocketAddr>,
    request: Request,
) -> Response {
    let received = webhooks.receive(&provider, peer.ip(), request);
    let done = match tokio::time::timeout(limits::REQUEST_TIMEOUT, received).await {
        Ok(done) => done,
        Err(_) => Err(Problem::from(busy())),
    };
    match done {
        Ok(position) => Json(serde_json::json!({ "position": position.0 })).into_response(),
        Err(problem) => problem.into_response(),
    }
}

impl Webhooks {
    async fn receive(
        &self,
        name: &str,
        from: IpAddr,
        request: Request,
    ) -> Result<Position, Problem> {
        let rate = Rate::per_minute(limits::WEBHOOKS_REFUSED_PER_MINUTE);
        let is_doubted = self.refused.wait(&subscriber(from), rate, door::now()).is_some();
        let Some(provider) = external(&self.gate, name) else {
            return Err(self.stranger(from, Problem::from(unknown())));
        };
        // Before anything is read, so that what waits in memory has a bound.
        let _place = self.place(is_doubted).await?;
        let headers = request.headers().clone();
        let body = match body(request).await {
            Ok(body) => body,
            Err(problem) => return Err(self.stranger(from, problem)),
        };
        let turn = if is_doubted { Some(self.turn.lock().await) } else { None };
        let delivery = delivery(&headers, &body);
        let evidence = delivery.and_then(|delivery| {
            Ok((delivery.id, provider.evidence(&delivery, self.ledger.clock().now())?))
        });
        drop(turn);
        let (id, evidence) = match evidence {
            Ok(read) => read,
            Err(why) => return Err(self.stranger(from, Problem::from(unsigned(why)))),
        };
        let rate = Rate::per_minute(limits::WEBHOOKS_PER_MINUTE);
        let taken = self.taken.take(&provider.name().to_owned(), 1, rate, door::now());
        taken.map_err(|wait| too_many().after(wait))?;
        let notice = notice(&body)?;
        let meta = self.meta(provider.name(), id, &body)?;
        let acted = self.ledger.act_on_notice(meta, &provider, &notice, &evidence).await;
        let Acted { receipt, .. } = acted.map_err(|error| refused(&error))?;
        tracing::info!(provider = provider.name(), what = ?notice.what, "a provider was heard");
        // The first one, whenever it was written: a message is answered the same for ever.
        let line = receipt.as_ref().and_then(|receipt| receipt.lines.first());
        Ok(line.map_or(Position(0), |line| line.position))
    }

    /// A place to read a message in. For one that is doubted it waits, as long as a request may last: the others are of
    /// the same address, and a place is free again when the body in it has come, or should have.
    async fn place(&self, is_doubted: bool) -> Result<SemaphorePermit<'_>, Failure> {
        let place = if is_doubted {
            self.doubted.acquire().await.ok()
        } else {
            self.at_once.try_acquire().ok()
        };
        place.ok_or_else(busy)
    }

    /// What somebody is told whose message is no provider's: that, or to wait when there were too many from there.
    fn stranger(&self, from: IpAddr, problem: Problem) -> Problem {
        let rate = Rate::per_minute(limits::WEBHOOKS_REFUSED_PER_MINUTE);
        match self.refused.take(&subscriber(from), 1, rate, door::now()) {
            Ok(()) => problem,
            Err(wait) => too_many().after(wait).into(),
        }
    }

    /// Which request a message is: the same whenever it comes, and another when it says something else.
    fn meta(&self, provider: &str, id: &str, body: &[u8]) -> Result<RequestMeta, Failure> {
        let actor = format!("{PRINCIPAL}/{provider}");
        let name = format!("{actor}\n{id}");
        Ok(RequestMeta {
            source: Source::parse(PEOPLE).map_err(|error| Failure::internal(&error))?,
            actor,
            request_id: RequestId::from(Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())),
            digest: self.ledger.names().request_digest(&[b"webhook\0", body].concat()),
        })
    }
}

/// The bytes of a request.
async fn body(request: Request) -> Result<Bytes, Problem> {
    let reading = Bytes::from_request(request, &());
    match tokio::time::timeout(limits::WEBHOOK_BODY_TIMEOUT, reading).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(rejected)) if rejected.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let most = limits::WEBHOOK_BYTES;
            let failure = Failure::field(
                "body",
                Text::new(
                    format!("a message has at most {most} bytes"),
                    format!("Un message compte {most} octets au plus."),
                ),
            );
            Err(Problem::of(StatusCode::PAYLOAD_TOO_LARGE, failure))
        }
        Ok(Err(_)) => Err(malformed("the body ended before its end").into()),
        Err(_) => {
            let text = Text::new(
                "the body did not come in time",
                "Le corps du message n'est pas arrivé à temps.",
            );
            Err(Problem::of(StatusCode::REQUEST_TIMEOUT, Failure::new(Reason::TooLate, text)))
        }
    }
}

/// A message by its headers, each of which comes once.
fn delivery<'a>(headers: &'a HeaderMap, body: &'a [u8]) -> Result<Delivery<'a>, Unsigned> {
    let header = |name: &'static str| {
        let mut values = headers.get_all(name).iter();
        let value = values.next().and_then(|value| value.to_str().ok());
        value.filter(|_| values.next().is_none()).ok_or(Unsigned::Header(name))
    };
    let [id, timestamp, signatures] = HEADERS;
    Ok(Delivery {
        id: header(id)?,
        timestamp: header(timestamp)?,
        signatures: header(signatures)?,
        body,
    })
}

/// What a message says.
fn notice(body: &[u8]) -> Result<Notice, Failure> {
    let notice = Notice::parse(body).map_err(|error| match error {
        SignatureError::Form(_, said) => malformed(&said),
        error => errors::ledger(&error.into()),
    })?;
    // Somebody wrote them, as those that come with an act.
    if let What::Refused(reason) = &notice.what {
        said("reason", reason)?;
    }
    Ok(notice)
}

/// What the ledger refuses. That there is no such contract is told as what it is: its id was the provider's to know.
fn refused(error: &LedgerError) -> Problem {
    errors::ledger(error).into()
}

fn malformed(said: &str) -> Failure {
    Failure::field(
        "body",
        Text::new(
            format!("the body is not the JSON of a signature: {said}"),
            format!("Le corps n'est pas le JSON attendu d'une signature : {said}."),
        ),
    )
}

fn unknown() -> Failure {
    Failure::new(
        Reason::NotFound,
        Text::new(
            "no provider of that name is trusted here: `registre provider add` registers one",
            "Aucun prestataire de ce nom n'est admis ici : « registre provider add » en enregistre un.",
        ),
    )
}

fn unsigned(why: Unsigned) -> Failure {
    let fr = match why {
        Unsigned::Header(header) => {
            format!("L'en-tête {header} manque, ou n'a pas la forme de Standard Webhooks.")
        }
        Unsigned::Time => "L'heure du message est trop loin de celle du registre.".to_owned(),
        Unsigned::Signature => "Aucune signature du message n'est celle du prestataire.".to_owned(),
    };
    let failure = Failure::new(Reason::Unauthenticated, Text::new(why.to_string(), fr));
    match why {
        Unsigned::Header(header) => failure.with("field", header),
        Unsigned::Time => failure.with("field", HEADERS[1]),
        Unsigned::Signature => failure.with("field", HEADERS[2]),
    }
}

fn too_many() -> Failure {
    Failure::new(
        Reason::TooManyCalls,
        Text::new("too many messages: wait", "Trop de messages : patientez."),
    )
}

fn busy() -> Failure {
    Failure::new(
        Reason::Unavailable,
        Text::new(
            "the ledger is busy: send it again",
            "Le registre est occupé : renvoyez le message.",
        ),
    )
}
