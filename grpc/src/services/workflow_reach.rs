//! To whom a contract whose workflow runs here is shown: whoever drafted it, the CFA that it names or that trains in its
//! enrolment, the employer that it names, and once it was sent there the OPCO, or the service of the State of its place
//! of work.
//!
//! The rule is [`domain::contract::Tie`], for one contract here and for lists in the views: another kind of scope is another
//! row of [`ties_of`].

use super::house::House;
use super::read_of::Of;
use crate::errors::Failure;
use crate::names;
use access::{Scope, Tenant};
use domain::contract::{DepositBody, Round, Tie, body, of_establishment, ties};
use domain::ids::{ContractId, StreamKey};
use ledger::vault::Names;
use ledger::{Ledger, LoadedContract};
use projections::reach::Ties;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The ties of a tenant. An employer's is the pseudonym of its SIRET ([`ledger::vault::Names::employer`]), a skills
/// operator's its name.
pub(super) fn ties_of(tenant: &Tenant, names: &Names) -> Ties {
    let own: BTreeSet<Tie> = match tenant.scope() {
        Scope::Everything => return Ties::All,
        Scope::Establishments(own) => {
            let drafter = Tie::Drafter(tenant.principal().to_owned());
            let own = own.iter().flat_map(|one| of_establishment(one.siret, one.uai));
            own.chain([drafter]).collect()
        }
        Scope::Employer(own) => {
            let drafter = Tie::Drafter(tenant.principal().to_owned());
            let own = own.iter().map(|siret| Tie::Employer(names.employer(*siret)));
            own.chain([drafter]).collect()
        }
        Scope::Opco(name) => [Tie::Opco(name.clone())].into(),
        Scope::Departement(code) => [Tie::Service(code.clone())].into(),
        Scope::Nothing | Scope::Region(_) | Scope::Academie(_) => BTreeSet::new(),
    };
    Ties::Of(Arc::new(own))
}

impl House {
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
        let own = ties_of(tenant, self.ledger.names());
        let ledger = Arc::clone(&self.ledger);
        // One that is not kept open is read with all that is attached to it.
        let read = move || match ledger.load_contract(StreamKey(contract.0), None, true)? {
            Some(loaded) if is_within(&own, &ledger, &loaded)? => Ok(Some(loaded)),
            _ => Ok::<_, Failure>(None),
        };
        tokio::task::spawn_blocking(read).await?
    }
}

/// Whether somebody acts on what is now: a deposit body on the round that was sent to it, an employer on a contract
/// whose form in force or under way names it, or which it drafted. What they see of earlier rounds gives no such
/// right.
pub(super) fn may_act(tenant: &Tenant, loaded: &LoadedContract) -> bool {
    let state = &loaded.state;
    match tenant.scope() {
        Scope::Departement(code) => state.round().is_some_and(|round| {
            matches!(round.body, Some(DepositBody::State(_)))
                && body::departement(&round.form).is_ok_and(|of| of == *code)
        }),
        Scope::Opco(name) => state
            .round()
            .is_some_and(|round| matches!(&round.body, Some(DepositBody::Opco(of)) if of == name)),
        Scope::Employer(own) => {
            let names_it = |round: &Round| {
                round.counts_for_employers()
                    && round.form.employer.siret.is_some_and(|siret| own.contains(&siret))
            };
            state.round().is_some_and(names_it)
                || state.round_in_force().is_some_and(names_it)
                || drafter(loaded) == tenant.principal()
        }
        _ => true,
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
    let rounds = loaded.state.rounds.iter().filter(|round| round.counts_for_employers());
    let employers = rounds.filter_map(|round| round.form.employer.siret);
    ties.extend(employers.map(|siret| Tie::Employer(ledger.names().employer(siret))));
    Ok(own.have(&ties))
}

/// The principal who drafted a contract.
fn drafter(loaded: &LoadedContract) -> &str {
    loaded.actor.split_once('/').map_or(loaded.actor.as_str(), |(principal, _)| principal)
}
