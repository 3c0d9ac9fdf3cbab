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
use chrono::NaiveDate;
use domain::contract::{
    Contract, DepositBody, Round, Tie, body, naming, of_establishment, place, ties,
    was_sent_to_opco,
};
use domain::ids::{ContractId, StreamKey};
use ledger::{Ledger, LoadedContract};
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
    pub(super) async fn workflow_within(
        &self,
        tenant: &Tenant,
        name: &str,
    ) -> Result<LoadedContract, Failure> {
        let contract = names::contract("name", name)?;
        self.record(tenant, &Of::Contract(contract))?;
        let loaded = self.drafted_within(tenant, contract).await?;
        loaded.ok_or_else(|| Failure::not_found(name))
    }

    /// The same of a name that may be a declared contract's: `None` of one that was not drafted here, or that the
    /// tenant may not see. The caller records the read.
    pub(super) async fn drafted_within(
        &self,
        tenant: &Tenant,
        contract: ContractId,
    ) -> Result<Option<LoadedContract>, Failure> {
        let own = self.ties_of(tenant);
        let ledger = Arc::clone(&self.ledger);
        // One that is not kept open is read with all that is attached to it.
        let read = move || match ledger.load_contract(StreamKey(contract.0), None, true)? {
            Some(loaded) if is_within(&own, &ledger, &loaded)? => Ok(Some(loaded)),
            _ => Ok::<_, Failure>(None),
        };
        tokio::task::spawn_blocking(read).await?
    }
}

/// Whether somebody acts on what is now: a deposit body on the round that was sent to it and waits for it, an employer on a contract
/// whose form in force or under way names it, or which it drafted. What they see of earlier rounds gives no such
/// right. Acts of the contract's life hang on no round: the labour administration of the place of work suspends it,
/// and an OPCO to which it was sent says what is funded, whatever amendment is under way.
pub(super) fn may_act(
    tenant: &Tenant,
    loaded: &LoadedContract,
    round: Option<u32>,
    today: NaiveDate,
) -> bool {
    let state = &loaded.state;
    let at_bodies = || with_a_body(state, tenant.call(), round);
    match (tenant.scope(), tenant.call()) {
        (Scope::Departement(code), Call::SuspendContract | Call::ResumeContract) => {
            place(state, today).as_ref() == Some(code)
        }
        (Scope::Opco(name), Call::DeclareFunding) => was_sent_to_opco(state, name),
        (Scope::Departement(code), _) => at_bodies().into_iter().any(|round| {
            matches!(round.body, Some(DepositBody::State(_)))
                && body::departement(&round.form).is_ok_and(|of| of == *code)
        }),
        (Scope::Opco(name), _) => at_bodies()
            .into_iter()
            .any(|round| matches!(&round.body, Some(DepositBody::Opco(of)) if of == name)),
        (Scope::Employer(own), _) => {
            let mut employers = naming(state).filter_map(|round| round.form.employer.siret);
            employers.any(|siret| own.contains(&siret)) || drafter(loaded) == tenant.principal()
        }
        _ => true,
    }
}

/// The rounds on which a deposit body acts: the last that waits for it, else the one under way. Its number is that of the
/// round that is named; where none is and several wait, the domain asks which.
fn with_a_body(state: &Contract, call: Call, named: Option<u32>) -> Vec<&Round> {
    let waiting: Vec<_> = state.waiting().collect();
    match (call, named) {
        (Call::DepositContract, Some(named)) => {
            state.rounds.iter().filter(|round| u32::from(round.number) == named).collect()
        }
        (Call::DepositContract, None) if waiting.len() > 1 => waiting,
        _ => waiting.last().copied().or_else(|| state.round()).into_iter().collect(),
    }
}

fn is_within(own: &Ties, ledger: &Ledger, loaded: &LoadedContract) -> Result<bool, Failure> {
    if *own == Ties::All {
        return Ok(true);
    }
    let mut ties = ties(&loaded.state);
    ties.insert(Tie::Drafter(drafter(loaded).to_owned()));
    if let Some(enrolment) = loaded.state.enrolment {
        let trainer = ledger.trainer(enrolment)?;
        ties.extend(trainer.map(|it| Tie::Trainer(it.siret, it.uai)));
    }
    let employers = naming(&loaded.state).filter_map(|round| round.form.employer.siret);
    ties.extend(employers.map(|siret| Tie::Employer(ledger.names().employer(siret))));
    Ok(own.have(&ties))
}

/// The principal who drafted a contract.
fn drafter(loaded: &LoadedContract) -> &str {
    loaded.actor.split_once('/').map_or(loaded.actor.as_str(), |(principal, _)| principal)
}
