//! To whom a contract whose workflow runs here is shown: whoever drafted it, the CFA that it names or that trains in its
//! enrolment, the employer that it names, once it was sent there the OPCO, or the service of the State of its place
//! of work, and once all have signed it whoever controls that place.
//!
//! The rule is [`domain::contract::Tie`], for one contract here and for lists in the views: another kind of scope is another
//! row of [`House::ties_of`].

use super::house::House;
use super::read_of::Of;
use crate::errors::Failure;
use crate::names;
use access::{Call, Role, Scope, Tenant};
use domain::contract::{
    DepositBody, Tie, body, naming, of_establishment, place, ties, was_sent_to_opco,
};
use domain::ids::{Category, ContractId, Position, StreamId, StreamKey, Version};
use ledger::{LedgerError, LoadedContract};
use projections::reach::{Sites, Ties};
use std::collections::BTreeSet;
use std::sync::Arc;

impl House {
    /// The ties of a tenant. An employer's is the pseudonym of its SIRET ([`ledger::vault::Names::employer`]), a skills
    /// operator's its name, and whoever controls a territory has what is carried out there.
    pub(super) fn ties_of(&self, tenant: &Tenant) -> Ties {
        let drafter = || Tie::Drafter(tenant.principal().to_owned());
        let own: BTreeSet<Tie> = match tenant.scope() {
            Scope::Everything => return Ties::All,
            Scope::Establishments(own) => {
                let own = own.iter().flat_map(|one| of_establishment(one.siret, one.uai));
                own.chain([drafter()]).collect()
            }
            Scope::Employer(own) => {
                let names = self.ledger.names();
                let own = own.iter().map(|siret| Tie::Employer(names.employer(*siret)));
                own.chain([drafter()]).collect()
            }
            Scope::Opco(name) => [Tie::Opco(name.clone())].into(),
            Scope::Departement(code) => {
                [Tie::Service(code.clone()), Tie::Place(code.clone())].into()
            }
            // Other roles of such a territory read of learners without a contract alone.
            Scope::Region(code) if tenant.role() == Role::Auditor => {
                self.places_of(&Sites::Region(code.clone()))
            }
            Scope::Academie(code) if tenant.role() == Role::Auditor => {
                self.places_of(&Sites::Academie(code.clone()))
            }
            Scope::Nothing | Scope::Region(_) | Scope::Academie(_) => BTreeSet::new(),
        };
        Ties::Of(Arc::new(own))
    }

    fn places_of(&self, territory: &Sites) -> BTreeSet<Tie> {
        let codes = self.departements_of(territory).unwrap_or_else(|error| {
            tracing::error!(%error, "no contract of a territory is shown: its départements are not known");
            BTreeSet::new()
        });
        let of = |code: String| [Tie::Service(code.clone()), Tie::Place(code)];
        codes.into_iter().flat_map(of).collect()
    }

    /// A contract that the tenant may see, with what is sealed in it; the read is recorded.
    pub(super) fn workflow_within(
        &self,
        tenant: &Tenant,
        name: &str,
    ) -> Result<LoadedContract, Failure> {
        let contract = names::contract("name", name)?;
        self.record(tenant, &Of::Contract(contract))?;
        self.drafted_within(tenant, contract)?.ok_or_else(|| Failure::not_found(name))
    }

    /// The same of a name that may be a declared contract's: `None` of one that was not drafted here, or that the
    /// tenant may not see. The caller records the read.
    pub(super) fn drafted_within(
        &self,
        tenant: &Tenant,
        contract: ContractId,
    ) -> Result<Option<LoadedContract>, Failure> {
        let key = StreamKey(contract.0);
        match self.ledger.load_contract(key, None, true)? {
            Some(loaded) if self.is_within(tenant, key, &loaded)? => Ok(Some(loaded)),
            _ => Ok(None),
        }
    }

    /// Whether somebody acts on what is now: a deposit body on the round that was sent to it, an employer on a contract
    /// whose form in force or under way names it, or which it drafted. What they see of earlier rounds gives no such
    /// right. Acts of the contract's life hang on no round: the labour administration of the place of work suspends it,
    /// and an OPCO to which it was sent says what is funded, whatever amendment is under way.
    pub(super) fn may_act(
        &self,
        tenant: &Tenant,
        contract: StreamKey,
        loaded: &LoadedContract,
    ) -> Result<bool, Failure> {
        let state = &loaded.state;
        Ok(match (tenant.scope(), tenant.call()) {
            (Scope::Departement(code), Call::SuspendContract | Call::ResumeContract) => {
                place(state).as_ref() == Some(code)
            }
            (Scope::Opco(name), Call::DeclareFunding) => was_sent_to_opco(state, name),
            (Scope::Departement(code), _) => state.round().is_some_and(|round| {
                matches!(round.body, Some(DepositBody::State(_)))
                    && body::departement(&round.form).is_ok_and(|of| of == *code)
            }),
            (Scope::Opco(name), _) => state.round().is_some_and(
                |round| matches!(&round.body, Some(DepositBody::Opco(of)) if of == name),
            ),
            (Scope::Employer(own), _) => {
                let mut employers = naming(state).filter_map(|round| round.form.employer.siret);
                employers.any(|siret| own.contains(&siret))
                    || self.drafter(contract)?.as_deref() == Some(tenant.principal())
            }
            _ => true,
        })
    }

    fn is_within(
        &self,
        tenant: &Tenant,
        contract: StreamKey,
        loaded: &LoadedContract,
    ) -> Result<bool, Failure> {
        let own = self.ties_of(tenant);
        if own == Ties::All {
            return Ok(true);
        }
        let mut ties = ties(&loaded.state);
        ties.extend(self.drafter(contract)?.map(Tie::Drafter));
        if let Some(enrolment) = loaded.state.enrolment {
            let trainer = self.ledger.trainer(enrolment)?;
            ties.extend(trainer.map(|it| Tie::Trainer(it.siret, it.uai)));
        }
        let employers = naming(&loaded.state).filter_map(|round| round.form.employer.siret);
        ties.extend(employers.map(|siret| Tie::Employer(self.ledger.names().employer(siret))));
        Ok(own.have(&ties))
    }

    /// The principal who drafted a contract.
    fn drafter(&self, contract: StreamKey) -> Result<Option<String>, Failure> {
        let stream = StreamId { category: Category::Contract, key: contract };
        let first = self.ledger.journal().read_stream(stream, Version(0), Position(u64::MAX), 1);
        let first = first.map_err(|error| Failure::from(LedgerError::from(error)))?;
        let actor = first.first().map(|first| first.header.actor.as_str());
        Ok(actor.and_then(|actor| actor.split('/').next()).map(str::to_owned))
    }
}
