//! Whether whoever asks may see a dossier, an alert, a CFA.
//!
//! It is asked before anything of a dossier is read, and what may not be seen is told as what does
//! not exist is: the same words after the same work.

use super::{QueryError, Views};
use crate::alerts::{AlertKind, Open};
use crate::headcount::Filter;
use crate::reach::{Sites, Ties};
use crate::time::TimeQuery;
use chrono::NaiveDate;
use domain::ids::{ContractId, Position, StreamKey};
use domain::rules::RuleSet;
use std::collections::BTreeSet;

impl Views {
    /// Whether an enrolment may be seen; `Ok` for one that does not exist if all may be.
    ///
    /// # Errors
    /// [`QueryError::NotFound`] when it may not, or does not exist.
    pub async fn reaches(&self, enrolment: StreamKey, time: &TimeQuery) -> Result<(), QueryError> {
        if self.reach.sites == Sites::All {
            return Ok(());
        }
        let position = self.position_of(time).await?;
        self.must_reach(enrolment, position, time.as_of, &format!("enrolments/{enrolment}")).await
    }

    /// The same of the enrolment of a contract.
    ///
    /// # Errors
    /// [`QueryError::NotFound`] when it may not be seen, or does not exist.
    pub async fn reaches_contract(
        &self,
        contract: ContractId,
        time: &TimeQuery,
    ) -> Result<(), QueryError> {
        if self.reach.sites == Sites::All {
            return Ok(());
        }
        let position = self.position_of(time).await?;
        let enrolment = self.enrolment_of(contract, position).await?;
        self.must_reach(enrolment, position, time.as_of, &format!("contracts/{contract}")).await
    }

    /// Refuses what may not be seen as what does not exist, under the name that was asked.
    pub(super) async fn must_reach(
        &self,
        enrolment: StreamKey,
        position: Position,
        as_of: NaiveDate,
        asked: &str,
    ) -> Result<(), QueryError> {
        if self.is_reached(enrolment, position).await? {
            let Some(today) = self.reach.without_contract else { return Ok(()) };
            let (current, _) = self.dossier(enrolment, position).await?;
            let trajectory = current.trajectory(RuleSet::R3);
            // A day of the past must not open what has a contract by now.
            if [as_of, today].into_iter().all(|day| self.reach.shows(trajectory.current(day))) {
                return Ok(());
            }
        }
        Err(QueryError::NotFound { what: asked.to_owned(), position })
    }

    /// Whether an enrolment is of a CFA that may be seen.
    pub(super) async fn is_reached(
        &self,
        enrolment: StreamKey,
        position: Position,
    ) -> Result<bool, QueryError> {
        if self.reach.sites == Sites::All {
            return Ok(true);
        }
        let site = self.folded.detail.site_of(enrolment, position).await?;
        let reference = self.references.at(&self.folded.headcount, position)?;
        Ok(site.is_some_and(|site| self.reach.sites.has(site, &reference)))
    }

    /// A filter, narrowed to what may be seen.
    pub(super) fn reached(&self, filter: &Filter) -> Filter {
        Filter { sites: self.reach.sites.clone(), ..filter.clone() }
    }

    /// The départements of a territory, as the reference set that was loaded last places them.
    ///
    /// # Errors
    /// When that set cannot be read.
    pub fn departements_of(&self, territory: &Sites) -> Result<BTreeSet<String>, QueryError> {
        let reference = self.references.at(&self.folded.headcount, Position(u64::MAX))?;
        Ok(territory.departements(&reference))
    }

    /// Which alerts may be seen. One about a run speaks of all its CFAs at once; one about a contract whose workflow runs
    /// here is of whoever may see that, then and, of the past, now as well, and its rupture of whoever may see the dossier too.
    pub(super) async fn alerts_reached(
        &self,
        position: Position,
        is_past: bool,
    ) -> Result<impl Fn(&Open) -> bool + use<>, QueryError> {
        let reference = self.references.at(&self.folded.headcount, position)?;
        let (sites, open) =
            (self.reach.sites.judged(&reference), self.reach.without_contract.is_some());
        let all = self.reach.sites == Sites::All;
        let ties = &self.reach.contracts;
        let shown = match ties {
            Ties::All => BTreeSet::new(),
            Ties::Of(_) => self.folded.detail.workflows_shown(position, ties, is_past).await?,
        };
        Ok(move |alert: &Open| {
            let kind = alert.alert.kind;
            let of_cfa = matches!(
                kind,
                AlertKind::NotTransmitted | AlertKind::DoubtfulData | AlertKind::RunHeld
            );
            if alert.here.is_some_and(|contract| shown.contains(&contract)) {
                return true;
            }
            let due = matches!(kind, AlertKind::ContractDue | AlertKind::ContractLate);
            if alert.here.is_some() && (due || alert.alert.enrolment.is_none()) {
                return all;
            }
            let inside = !alert.trainers.is_empty() && alert.trainers.iter().all(|u| sites.has(*u));
            (all || inside) && !(open && of_cfa)
        })
    }
}
