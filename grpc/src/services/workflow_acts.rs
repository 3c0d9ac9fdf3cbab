//! Acts on contracts whose workflow runs here: who may, on which version, and what is told.

use super::contract::verbatim;
use super::files::File;
use super::house::House;
use super::read_of::Of;
use super::workflow_reach::may_act;
use crate::convert::enums;
use crate::errors::{Failure, Reason};
use crate::{limits, names, times};
use access::{Scope, Tenant};
use chrono::NaiveDate;
use domain::calendar::paris_day;
use domain::cerfa::Form;
use domain::contract::{Command, ContractError, DepositBody, Sha256, body};
use domain::event::Event;
use domain::ids::{Category, ContractId, StreamId, StreamKey, Version};
use domain::law::Unknown;
use domain::text::Text;
use ledger::{
    ActOnContract, Acted, Beside, Executed, LedgerError, LoadedContract, Recorded, RequestMeta,
    Signing,
};
use projections::histories::{french_day, said_of_contract};
use prost::Message;
use proto::v1 as wire;
use std::borrow::Cow;
use std::sync::Arc;

/// Acts that are told to whoever acts on an older version, the oldest of them, to programs;
const TOLD_SINCE: usize = 20;
/// and the newest of them, in words.
const TOLD_IN_WORDS: usize = 5;

/// What every act on a contract says beside the act.
pub(super) trait Asked: Message {
    /// The method.
    const METHOD: &'static str;

    /// Contract, version, request id and who acts.
    fn of(&self) -> [&str; 4];

    /// Which round it names.
    fn round(&self) -> Option<u32> {
        None
    }

    /// Whether it may have effect on a day to come.
    const AHEAD: bool = false;

    /// The day on which it has effect; empty: today.
    fn on(&self) -> &str {
        ""
    }
}

macro_rules! asked {
    ($($request:ident = $method:literal $(on $on:ident)? $(past $past:ident)? $(of $round:ident)?;)*) => { $(
        impl Asked for wire::$request {
            const METHOD: &'static str = $method;

            fn of(&self) -> [&str; 4] {
                [&self.name, &self.etag, &self.request_id, &self.actor]
            }

            $(const AHEAD: bool = true;

            fn on(&self) -> &str {
                &self.$on
            })?

            $(fn on(&self) -> &str {
                &self.$past
            })?

            $(fn round(&self) -> Option<u32> {
                self.$round
            })?
        }
    )* };
}

asked! {
    FillContractRequest = "FillContract";
    AttachDocumentRequest = "AttachDocument";
    PublishContractRequest = "PublishContract";
    ReopenContractRequest = "ReopenContract";
    RequestSignaturesRequest = "RequestSignatures";
    SignContractRequest = "SignContract";
    RefuseSignatureRequest = "RefuseSignature";
    SignContractOnPaperRequest = "SignContractOnPaper" past on;
    WithdrawContractRequest = "WithdrawContract";
    SubmitContractRequest = "SubmitContract" past on;
    RequestDocumentRequest = "RequestDocument" past on;
    CompleteFileRequest = "CompleteFile" past on;
    DepositContractRequest = "DepositContract" past on of round;
    RefuseDepositRequest = "RefuseDeposit" past on;
    AmendContractRequest = "AmendContract";
    SuspendContractRequest = "SuspendContract" on on;
    ResumeContractRequest = "ResumeContract" on on;
    RuptureContractRequest = "RuptureContract" on on;
    CompleteContractRequest = "CompleteContract" past on;
    CancelContractRequest = "CancelContract";
    DeclareFundingRequest = "DeclareFunding";
    DeclareInvoiceRequest = "DeclareInvoice";
    GiveCalendarRequest = "GiveCalendar";
}

/// A contract that is acted on, by a request of its own.
struct Acting {
    key: StreamKey,
    loaded: LoadedContract,
    expected: Option<Version>,
    meta: RequestMeta,
}

/// Whether a request wrote before.
enum Asking {
    /// It did: its first answer.
    Before(wire::ContractReceipt),
    /// It is to be decided.
    Now(Box<Acting>),
}

impl House {
    /// Begins to write a contract.
    pub(super) async fn draft_contract(
        &self,
        tenant: &Tenant,
        request: wire::DraftContractRequest,
    ) -> Result<wire::ContractReceipt, Failure> {
        let meta =
            self.act(tenant, &request.request_id, &request.actor, "DraftContract", &request)?;
        let enrolment = match request.enrolment.as_str() {
            "" => None,
            name => {
                let key = self.declared(tenant, "enrolment", name).await?;
                self.may_write_of(tenant, key, name)?;
                Some(key)
            }
        };
        let key = self.ledger.names().drafted(&meta.source, meta.request_id).key;
        let command = Command::Draft { enrolment };
        let act = ActOnContract {
            contract: key,
            expected: None,
            on: self.today(),
            previous: None,
            command: &command,
            beside: Beside::Nothing,
        };
        let acted = self.ledger.act_on_contract(meta, act).await?;
        self.told_of_contract(key, &acted)
    }

    /// An act, with the document that comes with it.
    pub(super) async fn act_on_contract<R: Asked>(
        &self,
        tenant: &Tenant,
        request: &R,
        command: &Command,
        document: Option<&[u8]>,
    ) -> Result<wire::ContractReceipt, Failure> {
        let on = self.day_of_act(request)?;
        let beside = document.map_or(Beside::Nothing, Beside::Document);
        self.act_as_seen(tenant, request, on, |_| Ok(Cow::Borrowed(command)), beside).await
    }

    /// An act on the very state on which its rights are judged and its command is made: when somebody acted in between,
    /// both are done again, unless whoever asks named a version.
    async fn act_as_seen<'a, R: Asked>(
        &self,
        tenant: &Tenant,
        request: &R,
        on: NaiveDate,
        command: impl Fn(&LoadedContract) -> Result<Cow<'a, Command>, Failure>,
        beside: Beside<'_>,
    ) -> Result<wire::ContractReceipt, Failure> {
        for _ in 0..limits::CONTRACT_ATTEMPTS {
            let acting = match self.acting(tenant, request).await? {
                Asking::Before(receipt) => return Ok(receipt),
                Asking::Now(acting) => acting,
            };
            let Acting { key, loaded, expected, meta } = *acting;
            let command = command(&loaded)?;
            let act = ActOnContract {
                contract: key,
                expected: expected.or(Some(loaded.version)),
                on,
                previous: None,
                command: &command,
                beside,
            };
            match self.ledger.act_on_contract(meta, act).await {
                Err(LedgerError::ContractChanged { .. }) if expected.is_none() => {}
                acted => return self.told_of_contract(key, &self.or_since(key, acted).await?),
            }
        }
        Err(LedgerError::Contended(limits::CONTRACT_ATTEMPTS).into())
    }

    /// A signature, which is verified.
    pub(super) async fn sign_contract(
        &self,
        tenant: &Tenant,
        request: &wire::SignContractRequest,
    ) -> Result<wire::ContractReceipt, Failure> {
        let party = enums::party("party", request.party)?;
        let acting = match self.acting(tenant, request).await? {
            Asking::Before(receipt) => return Ok(receipt),
            Asking::Now(acting) => acting,
        };
        let Acting { key, expected, meta, .. } = *acting;
        let (provider, evidence) = (request.provider.as_str(), request.evidence.as_slice());
        let signing = Signing { contract: key, expected, party, provider, evidence };
        let acted = self.ledger.sign_contract(meta, signing, &self.providers()).await;
        self.told_of_contract(key, &self.or_since(key, acted).await?)
    }

    /// Sends it where the law says: an OPCO that is named, or the service of the State of its place of work.
    pub(super) async fn submit_contract(
        &self,
        tenant: &Tenant,
        request: &wire::SubmitContractRequest,
    ) -> Result<wire::ContractReceipt, Failure> {
        let on = self.day_of_act(request)?;
        let command = |loaded: &LoadedContract| {
            let form = loaded.state.round().map(|round| &round.form);
            Ok(Cow::Owned(Command::Submit(self::body_of(request, form, on)?)))
        };
        self.act_as_seen(tenant, request, on, command, Beside::Nothing).await
    }

    /// Of a contract whose workflow runs here, the enrolment that it belongs to, else itself: for whoever sees all of
    /// them. `None` when the name is no contract's.
    pub(super) async fn drafted(
        &self,
        tenant: &Tenant,
        name: &str,
    ) -> Result<Option<StreamKey>, Failure> {
        if !name.starts_with(Category::Contract.collection()) {
            return Ok(None);
        }
        let contract = names::contract("name", name)?;
        self.record(tenant, &Of::Contract(contract))?;
        let key = StreamKey(contract.0);
        let ledger = Arc::clone(&self.ledger);
        let read = move || ledger.load_contract(key, None, false);
        let loaded = tokio::task::spawn_blocking(read).await??;
        match loaded.filter(|_| matches!(tenant.scope(), Scope::Everything)) {
            Some(loaded) => Ok(Some(loaded.state.enrolment.unwrap_or(key))),
            None => Err(Failure::not_found(name)),
        }
    }

    /// A document of such a contract.
    pub(super) async fn document_of_contract(
        self: &Arc<Self>,
        tenant: &Tenant,
        request: wire::DownloadDocumentRequest,
    ) -> Result<File, Failure> {
        let wire::DownloadDocumentRequest { name, digest: of } = request;
        let digest = digest("digest", &of)?;
        let contract = names::contract("name", &name)?;
        self.workflow_within(tenant, &name).await?;
        let house = Arc::clone(self);
        let read = move || {
            let found = house.ledger.enclosed_in_contract(StreamKey(contract.0), &digest)?;
            Ok(found.ok_or_else(|| Failure::not_found(&name))?.to_vec())
        };
        self.files.make(tenant.principal(), read).await
    }

    async fn acting<R: Asked>(&self, tenant: &Tenant, request: &R) -> Result<Asking, Failure> {
        let [name, etag, request_id, actor] = request.of();
        let meta = self.act(tenant, request_id, actor, R::METHOD, request)?;
        let key = StreamKey(names::contract("name", name)?.0);
        // Request ids are a tenant's: whoever wrote gets the first answer, whatever became of the contract.
        if let Some(Executed { receipt: Some(receipt), .. }) = self.ledger.repeated(&meta)? {
            let acted = Acted { events: Vec::new(), receipt: Some(receipt) };
            return Ok(Asking::Before(self.told_of_contract(key, &acted)?));
        }
        let loaded = self.workflow_within(tenant, name).await?;
        if !may_act(tenant, &loaded, request.round(), self.today()) {
            return Err(Failure::not_found(name));
        }
        let expected = match etag {
            "" => None,
            etag => Some(Version(etag.parse().map_err(|_| enums::unknown("etag"))?)),
        };
        if expected.is_some_and(|expected| expected > loaded.version) {
            return Err(no_version(loaded.version));
        }
        Ok(Asking::Now(Box::new(Acting { key, loaded, expected, meta })))
    }

    /// The day on which an act has effect. What is over is said on its day, up to a year ahead; what was signed, sent or
    /// decided, once it was.
    fn day_of_act<R: Asked>(&self, request: &R) -> Result<NaiveDate, Failure> {
        let today = self.today();
        let on = times::optional_day("on", request.on())?.unwrap_or(today);
        let ahead = chrono::Months::new(if R::AHEAD { 12 } else { 0 });
        if on <= today.checked_add_months(ahead).unwrap_or(today) {
            return Ok(on);
        }
        let text = if R::AHEAD {
            Text::new(
                "on is more than a year from now",
                "La date d'effet est à plus d'un an d'ici.",
            )
        } else {
            return Err(times::to_come("on"));
        };
        Err(Failure::field("on", text))
    }

    /// What an act came to. That it was decided on an older version is told with who did what since; that the contract
    /// is not where the act needs it, with who acted last.
    async fn or_since(
        &self,
        contract: StreamKey,
        acted: Result<Acted, LedgerError>,
    ) -> Result<Acted, Failure> {
        let error = match acted {
            Ok(acted) => return Ok(acted),
            Err(error) => error,
        };
        let expected = match &error {
            LedgerError::ContractChanged { expected, .. } => Some(*expected),
            LedgerError::Contract(ContractError::Phase { .. } | ContractError::Life { .. }) => None,
            _ => return Err(error.into()),
        };
        let stream = StreamId { category: Category::Contract, key: contract };
        let ledger = Arc::clone(&self.ledger);
        let read = move || ledger.read_stream(stream, None, false);
        let events = tokio::task::spawn_blocking(read).await??;
        let failure = Failure::from(error);
        Err(match expected {
            Some(expected) => {
                let after = events.partition_point(|event| event.header.version <= expected);
                let since = events.get(after..).unwrap_or_default();
                let told: Vec<String> = since.iter().take(TOLD_SINCE).map(act_in_short).collect();
                let newest = since.get(since.len().saturating_sub(TOLD_IN_WORDS)..);
                failure.with("since", told.join("; ")).telling(&in_words(
                    "since then",
                    "Depuis",
                    newest.unwrap_or_default(),
                ))
            }
            None => {
                let last = events.last().map(std::slice::from_ref).unwrap_or_default();
                failure
                    .with("last", last.iter().map(act_in_short).collect::<String>())
                    .telling(&in_words("the last act", "Dernier acte", last))
            }
        })
    }

    fn told_of_contract(
        &self,
        contract: StreamKey,
        acted: &Acted,
    ) -> Result<wire::ContractReceipt, Failure> {
        let stream = StreamId { category: Category::Contract, key: contract };
        let lines = acted.receipt.iter().flat_map(|receipt| &receipt.lines);
        let mut events: Vec<String> =
            acted.events.iter().map(|event| event.type_name().to_owned()).collect();
        if events.is_empty() {
            // Of a request that wrote before.
            for line in lines.clone() {
                let event = self.ledger.read_at(line.position, false)?;
                events.extend(event.map(|event| event.event.type_name().to_owned()));
            }
        }
        let written = acted.receipt.as_ref().map(ledger::Receipt::last_version);
        let version = match written {
            Some(version) => version,
            None => self.ledger.stream_version(stream)?,
        };
        let first = lines.clone().next();
        Ok(wire::ContractReceipt {
            name: names::of_contract(ContractId(contract.0)),
            etag: version.to_string(),
            events,
            event_id: first.map(|line| line.event_id.to_string()).unwrap_or_default(),
            position: first.map(|line| line.position.0).unwrap_or_default(),
        })
    }
}

/// The version that an act names is not there yet.
fn no_version(current: Version) -> Failure {
    Failure::field(
        "etag",
        Text::new(
            format!("the contract has no such version yet: it is at version {current}"),
            format!(
                "Cette version (etag) n'existe pas encore : le contrat en est à la version {current}."
            ),
        ),
    )
    .with("version", current.to_string())
}

/// An act for programs: version, event, who, when.
fn act_in_short(event: &Recorded) -> String {
    let (header, what) = (&event.header, event.event.type_name());
    format!("{} {what} {} {}", header.version, header.actor, times::of_instant(header.recorded_at))
}

/// Acts in words, nothing that is sealed among them: which version each made, who acted, when, what it was.
fn in_words(en: &str, fr: &str, events: &[Recorded]) -> Text {
    let said = |event: &Recorded| match &event.event {
        Event::Contract(event, on) => said_of_contract(event, *on),
        other => other.type_name().to_owned(),
    };
    let french = |event: &Recorded| {
        let (version, actor) = (event.header.version, &event.header.actor);
        let on = french_day(paris_day(event.header.recorded_at));
        format!("version {version}, par {actor}, le {on} : {}", said(event))
    };
    Text::new(
        format!("{en}: {}", events.iter().map(act_in_short).collect::<Vec<_>>().join("; ")),
        format!("{fr} : {}.", events.iter().map(french).collect::<Vec<_>>().join(" ; ")),
    )
}

/// Where a request sends a contract: an OPCO that is named, or the service of the State of its place of work.
fn body_of(
    request: &wire::SubmitContractRequest,
    form: Option<&Form>,
    on: NaiveDate,
) -> Result<DepositBody, Failure> {
    match (request.opco.trim(), request.service.trim()) {
        ("", "") => match form.map(|form| body::of(form, on)) {
            Some(Ok(body @ DepositBody::State(_))) => Ok(body),
            Some(Err(unknown)) => Err(nowhere(unknown)),
            _ => Err(no_opco()),
        },
        ("", _) if form.and_then(Form::is_public_law) == Some(false) => Err(no_opco()),
        ("", service) => {
            // Where the table is not confirmed, it is a name that it has, of that place.
            let is_one = form.is_some_and(|form| match body::is_service_of(service, form, on) {
                Ok(is_one) => is_one,
                Err(_) => body::may_be_service_of(service, form),
            });
            if is_one {
                Ok(DepositBody::State(service.to_owned()))
            } else {
                Err(other_service(form, on))
            }
        }
        (opco, "") => match body::opco(opco) {
            Some(name) => Ok(DepositBody::Opco(name.to_owned())),
            None if form.and_then(Form::is_public_law) == Some(true) => {
                Err(other_service(form, on))
            }
            None => Err(no_opco()),
        },
        _ => Err(Failure::field(
            "service",
            Text::new(
                "a contract goes to one body: name an OPCO or a service of the State",
                "Un contrat va à un seul organisme de dépôt : indiquez un OPCO (opco) ou un service de l'État (service).",
            ),
        )),
    }
}

/// No OPCO is named, or none of that name exists.
fn no_opco() -> Failure {
    let names = body::OPCOS.join(", ");
    Failure::field(
        "opco",
        Text::new(
            format!("opco is one of {names}"),
            format!("Indiquez l'OPCO de l'employeur (opco), parmi : {names}."),
        ),
    )
}

/// The service is not the one of the place of work.
fn other_service(form: Option<&Form>, on: NaiveDate) -> Failure {
    let expected = match form.map(|form| body::services_of(form, on)) {
        Some(Ok(services)) if !services.is_empty() => services,
        Some(Err(unknown)) => return nowhere(unknown),
        _ => return enums::unknown("service"),
    };
    Failure::field(
        "service",
        Text::new(
            format!("service is that of the place of work: {}", expected.join(" or ")),
            format!(
                "Le service (service) est celui du lieu de travail : {}.",
                expected.join(" ou ")
            ),
        ),
    )
}

/// A text that somebody writes, at most so long and without a NIR; empty when it says nothing.
pub(crate) fn said(field: &str, text: &str) -> Result<String, Failure> {
    Ok(verbatim(field, text.to_owned())?.unwrap_or_default())
}

/// A SHA-256 in hexadecimal.
pub(super) fn digest(field: &str, text: &str) -> Result<Sha256, Failure> {
    let byte = |at: usize| text.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    // A sign is no digit, which a number may have.
    let digits = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let bytes: Option<Vec<u8>> = (0..32).map(|at| byte(2 * at)).collect();
    let read = bytes.filter(|_| digits).and_then(|bytes| bytes.try_into().ok());
    read.ok_or_else(|| {
        Failure::field(
            field,
            Text::new(
                format!("{field} is not a SHA-256 of 64 hexadecimal digits"),
                format!(
                    "Le champ {field} doit être une empreinte SHA-256 de 64 chiffres hexadécimaux."
                ),
            ),
        )
    })
}

/// Where a contract goes cannot be said.
fn nowhere(unknown: Unknown) -> Failure {
    let (en, fr) = match unknown {
        Unknown::Missing(path) => (
            format!("where it goes is not known: {path} is missing"),
            format!("L'organisme de dépôt n'est pas connu : il manque {path}."),
        ),
        _ => (
            "where it goes is not known: the table of the services of the State is not confirmed for that place \
             and day; name it in `service`"
                .to_owned(),
            "L'organisme de dépôt n'est pas connu : la table des services de l'État n'est pas confirmée pour ce lieu \
             et ce jour ; indiquez-le (service)."
                .to_owned(),
        ),
    };
    Failure::new(Reason::NotAllowed, Text::new(en, fr))
}
