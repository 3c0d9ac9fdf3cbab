//! What the services share, and the steps that many of them take.

use super::files::Files;
use super::read_of::Of;
use crate::convert::body::Bodies;
use crate::convert::enums;
use crate::errors::{self, Failure, Reason};
use crate::pages::{self, Cursor, Pages, Question};
use crate::push::Pipeline;
use crate::push::book::LedgerBook;
use crate::{door, names, times};
use access::providers::ProviderEntry;
use access::{Gate, Scope, Tenant};
use chrono::NaiveDate;
use domain::calendar::paris_day;
use domain::enrolment::{Command, Establishment};
use domain::ids::{ContractId, RequestId, Source, StreamKey};
use domain::text::Text;
use ledger::notary::Notary;
use ledger::signatures::{External, Providers};
use ledger::{Executed, Ledger, LedgerError, Receipt, RequestMeta};
use projections::reach::{Reach, Sites};
use projections::reference::ReferenceLibrary;
use projections::time::{Basis, TimeQuery, parse_as_of, parse_known_at};
use projections::views::{PageQuery, QueryError, Views};
use prost::Message;
use proto::v1 as wire;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::watch;
use uuid::Uuid;

/// The source of what people declare through the API, beside their pseudonym.
pub(crate) const PEOPLE: &str = "people";

/// What every service stands on.
#[derive(Debug)]
pub struct House {
    pub(crate) ledger: Arc<Ledger>,
    /// For whoever came through the door: see [`House::views`].
    views: Views,
    pub(super) notary: Arc<Notary>,
    gate: Arc<Gate>,
    /// What is made for somebody and streamed to them.
    pub(super) files: Files,
    /// What verifies the signatures of contracts without anybody outside: see [`House::providers`].
    built_in: Providers,
    pub(crate) references: ReferenceLibrary,
    pub(crate) pipeline: Pipeline<LedgerBook>,
    pub(crate) pages: Pages,
    pub(crate) bodies: Bodies,
    /// Whether the server stops: answers without an end of their own end then.
    stopping: watch::Sender<bool>,
}

/// A list that is read in pages.
pub(super) struct Listing {
    pub(super) question: Question,
    pub(super) time: TimeQuery,
    pub(super) page: PageQuery,
}

impl House {
    /// Opens the push pipeline over a ledger.
    ///
    /// # Errors
    /// When the descriptions of the messages are damaged.
    pub fn open(
        ledger: Arc<Ledger>,
        views: Views,
        references: ReferenceLibrary,
        notary: Arc<Notary>,
        gate: Arc<Gate>,
        built_in: Providers,
    ) -> Result<Self, Failure> {
        let pipeline = Pipeline::new(Arc::new(LedgerBook(Arc::clone(&ledger))));
        let bodies = Bodies::new().map_err(|error| Failure::internal(&error))?;
        let half = |name: &[u8]| ledger.names().request_digest(name);
        let mut key = [0; 32];
        key[..16].copy_from_slice(&half(b"registre/page tokens/1/a"));
        key[16..].copy_from_slice(&half(b"registre/page tokens/1/b"));
        let (pages, stopping) = (Pages::new(key), watch::Sender::new(false));
        let files = Files::default();
        Ok(Self {
            pages,
            ledger,
            views,
            notary,
            gate,
            files,
            built_in,
            references,
            pipeline,
            bodies,
            stopping,
        })
    }

    /// Tells the answers without an end that the server stops.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Turns true when the server stops.
    pub(super) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// The views, as a tenant may see them. That it reads of somebody is recorded first.
    pub(super) fn views(&self, tenant: &Tenant, of: &Of) -> Result<Views, Failure> {
        self.record(tenant, of)?;
        Ok(self.within(tenant))
    }

    /// The same, of what is recorded as read already.
    pub(super) fn within(&self, tenant: &Tenant) -> Views {
        let reach = Reach { contracts: self.ties_of(tenant), ..reach(tenant, self.today()) };
        self.views.within(reach)
    }

    /// The départements of a territory, for whoever controls it.
    pub(super) fn departements_of(
        &self,
        territory: &Sites,
    ) -> Result<BTreeSet<String>, QueryError> {
        self.views.departements_of(territory)
    }

    /// Who may call, and who read of whom.
    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// What verifies signatures now: what is built in, and the providers that are registered.
    pub(super) fn providers(&self) -> Providers {
        let registered = self.gate.providers(door::now());
        let names: BTreeSet<&str> = registered.iter().map(|one| one.name.as_str()).collect();
        let externals = names.into_iter().filter_map(|name| as_provider(&registered, name));
        self.built_in.clone().and(externals)
    }

    /// Records that a tenant reads of somebody, when its call is such a read.
    pub(super) fn record(&self, tenant: &Tenant, of: &Of) -> Result<(), Failure> {
        let recorded = self.gate.record(tenant, &of.to_string(), door::now());
        recorded.map_err(|error| errors::not_recorded(&error))
    }

    /// Refuses a tenant whose credential was revoked or expired since it was admitted.
    pub(super) fn stands(&self, tenant: &Tenant) -> Result<(), Failure> {
        self.gate.stands(tenant, door::now()).map_err(|why| errors::refused(&why))
    }

    /// Counts the rows that a tenant pushes.
    pub(super) fn charge_rows(&self, tenant: &Tenant, rows: usize) -> Result<(), Failure> {
        self.gate.charge_rows(tenant, rows, door::now()).map_err(|why| errors::refused(&why))
    }

    /// Refuses an act on a dossier that the tenant may not see as one on a dossier that does not
    /// exist. The views are asked, once they reflect what was acknowledged.
    pub(super) async fn may_act_on(
        &self,
        tenant: &Tenant,
        enrolment: StreamKey,
    ) -> Result<(), Failure> {
        let views = self.views(tenant, &Of::Enrolment(enrolment))?;
        views.reaches(enrolment, &self.acknowledged()?).await.map_err(errors::query)
    }

    /// The same of a contract.
    pub(super) async fn may_act_on_contract(
        &self,
        tenant: &Tenant,
        contract: ContractId,
    ) -> Result<(), Failure> {
        let views = self.views(tenant, &Of::Contract(contract))?;
        views.reaches_contract(contract, &self.acknowledged()?).await.map_err(errors::query)
    }

    /// A question about all that was acknowledged.
    pub(super) fn acknowledged(&self) -> Result<TimeQuery, Failure> {
        Ok(TimeQuery { min_position: self.ledger.head().position, ..self.time(None)? })
    }

    /// The two times of a question.
    pub(super) fn time(&self, time: Option<wire::TimeQuery>) -> Result<TimeQuery, Failure> {
        let said = time.unwrap_or_default();
        let today = paris_day(self.ledger.clock().now());
        let refused = |error| errors::query(QueryError::from(error));
        Ok(TimeQuery {
            as_of: parse_as_of(&said.as_of, today).map_err(refused)?,
            known_at: parse_known_at(&said.known_at).map_err(refused)?,
            min_position: domain::ids::Position(said.min_position),
        })
    }

    /// A page of a list. The pages after the first reflect what the first did.
    /// `cleared` is the request without its `page_size` and `page_token`.
    pub(super) fn listing(
        &self,
        tenant: &Tenant,
        method: &str,
        cleared: &impl Message,
        token: &str,
        size: i32,
        time: TimeQuery,
    ) -> Result<Listing, Failure> {
        let question = Question::new(tenant, method, cleared);
        let size = pages::size(size)?;
        let Some(cursor) = self.pages.open(question, token)? else {
            return Ok(Listing { question, time, page: PageQuery { size, after: None } });
        };
        let time =
            TimeQuery { as_of: cursor.as_of.unwrap_or(time.as_of), ..time.at(cursor.position) };
        let after = String::from_utf8(cursor.last).ok();
        Ok(Listing { question, time, page: PageQuery { size, after } })
    }

    /// The token of the page after one that answered so.
    pub(super) fn next(&self, question: Question, basis: &Basis, next: Option<String>) -> String {
        let Some(next) = next else { return String::new() };
        let cursor = Cursor {
            position: basis.position,
            as_of: Some(basis.as_of),
            rules: basis.rule_set,
            reference_set: basis.reference_set.as_ref().map(hex).unwrap_or_default(),
            last: next.into_bytes(),
        };
        self.pages.seal(question, &cursor)
    }

    /// Who acts, and which request it is. The digest is of the whole request. Request ids are a
    /// tenant's: that of one is another request than the same of another.
    pub(super) fn act(
        &self,
        tenant: &Tenant,
        request_id: &str,
        actor: &str,
        method: &str,
        request: &impl Message,
    ) -> Result<RequestMeta, Failure> {
        let sent: RequestId = names::request_id(request_id)?;
        let said = [tenant.principal().as_bytes(), &sent.0].concat();
        let request_id = RequestId::from(Uuid::new_v5(&Uuid::NAMESPACE_OID, &said));
        let actor = tenant.actor(names::actor(actor)?);
        self.meta(request_id, &actor, method, request)
    }

    /// A request that no person signs.
    pub(super) fn meta(
        &self,
        request_id: RequestId,
        actor: &str,
        method: &str,
        request: &impl Message,
    ) -> Result<RequestMeta, Failure> {
        let mut said = method.as_bytes().to_vec();
        said.push(0);
        said.extend(request.encode_to_vec());
        Ok(RequestMeta {
            source: Source::parse(PEOPLE).map_err(|error| Failure::internal(&error))?,
            actor: actor.to_owned(),
            request_id,
            digest: self.ledger.names().request_digest(&said),
        })
    }

    /// Carries out a person's command on a dossier that exists, called so by the request. Whoever trains its learner
    /// when it is written must be whom the tenant may write for: else there is no such dossier for them.
    pub(super) async fn execute(
        &self,
        (tenant, name): (&Tenant, &str),
        meta: RequestMeta,
        stream: StreamKey,
        command: Command,
    ) -> Result<wire::ActReceipt, Failure> {
        let speaks_for = |trainer: &Establishment| speaks_for(tenant, trainer);
        match self.ledger.execute_for(&speaks_for, meta, stream, command).await {
            Err(LedgerError::Elsewhere) => Err(Failure::not_found(name)),
            done => receipt(done?),
        }
    }

    /// Refuses a tenant who may not write for whoever trains the learner of a dossier.
    pub(super) fn may_write_of(
        &self,
        tenant: &Tenant,
        stream: StreamKey,
        name: &str,
    ) -> Result<(), Failure> {
        match self.ledger.trainer(stream)? {
            Some(trainer) if !speaks_for(tenant, &trainer) => Err(Failure::not_found(name)),
            _ => Ok(()),
        }
    }

    /// The answer to a request that wrote before, if this is one.
    pub(super) fn repeated(&self, meta: &RequestMeta) -> Result<Option<wire::ActReceipt>, Failure> {
        let before = self.ledger.repeated(meta)?;
        before.map(receipt).transpose()
    }
}

/// The provider of a name that is registered.
pub(crate) fn external(gate: &Gate, name: &str) -> Option<External> {
    as_provider(&gate.providers(door::now()), name)
}

/// By all its keys of the level that it has.
fn as_provider(registered: &[ProviderEntry], name: &str) -> Option<External> {
    let level = registered.iter().find(|one| one.name == name)?.level;
    let entries = registered.iter().filter(|one| one.name == name && one.level == level);
    let keys: Vec<[u8; 32]> = entries.map(|one| one.key.0).collect();
    External::new(name, &keys, level.into())
        .inspect_err(|error| tracing::error!(%error, name, "a provider's key is none"))
        .ok()
}

fn speaks_for(tenant: &Tenant, trainer: &Establishment) -> bool {
    tenant.may_write_for(trainer.uai, trainer.siret)
}

/// What of the dossiers a tenant may see.
fn reach(tenant: &Tenant, today: NaiveDate) -> Reach {
    let sites = match tenant.scope() {
        Scope::Everything => Sites::All,
        // Who employs and who deposits have contracts, and no learners.
        Scope::Nothing | Scope::Employer(_) | Scope::Opco(_) => Sites::Of(Arc::default()),
        Scope::Establishments(named) => {
            Sites::Of(Arc::new(named.iter().map(|one| one.uai).collect()))
        }
        Scope::Region(code) => Sites::Region(code.clone()),
        Scope::Departement(code) => Sites::Departement(code.clone()),
        Scope::Academie(code) => Sites::Academie(code.clone()),
    };
    let without_contract = tenant.sees_only_without_contract().then_some(today);
    Reach { sites, without_contract, ..Reach::default() }
}

/// The receipt of an act; an act that says nothing new has none.
fn receipt(done: Executed) -> Result<wire::ActReceipt, Failure> {
    let receipt = done.receipt.ok_or_else(|| {
        Failure::new(
            Reason::AlreadySo,
            Text::new(
                "the ledger already says so: nothing was written",
                "Le registre le dit déjà : rien n'a été enregistré.",
            ),
        )
    })?;
    Ok(act_receipt(&receipt))
}

/// A receipt on the wire: the first event of the request.
pub(super) fn act_receipt(receipt: &Receipt) -> wire::ActReceipt {
    receipt.lines.first().map_or_else(wire::ActReceipt::default, |line| wire::ActReceipt {
        event_id: line.event_id.to_string(),
        position: line.position.0,
        version: receipt.last_version().0,
        leaf_hash: line.leaf.to_vec(),
    })
}

/// What an answer reflects, on the wire.
pub(super) fn basis(basis: &Basis) -> wire::Basis {
    wire::Basis {
        as_of: basis.as_of.to_string(),
        position: basis.position.0,
        recorded_at: basis.recorded_at.map(times::of_instant).unwrap_or_default(),
        rule_set: basis.rule_set.map_or(wire::RuleSet::Unspecified, enums::of_rules) as i32,
        reference_set: basis.reference_set.as_ref().map(hex).unwrap_or_default(),
        lag: basis.lag,
    }
}

/// Hexadecimal.
pub(super) fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
