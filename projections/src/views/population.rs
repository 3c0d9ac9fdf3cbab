//! The contracts of a département, from which an auditor's sample is drawn.

use super::{Answer, QueryError, View, Views};
use crate::detail::Concluded;
use crate::reach::Sites;
use crate::time::TimeQuery;
use domain::ids::ContractId;
use domain::text::Text;
use std::collections::BTreeSet;

impl Views {
    /// The contracts of a département that may be seen: those that are declared by a CFA there, and those that are written
    /// here for a place of work there and that all have signed. One that is both is in it once, by the name of the one that
    /// is written here. In no order.
    ///
    /// # Errors
    /// [`QueryError::Field`] when there is no such département; else see [`QueryError`].
    pub async fn contracts_of_departement(
        &self,
        departement: &str,
        time: TimeQuery,
    ) -> Result<Answer<Vec<ContractId>>, QueryError> {
        self.works(View::Detail)?;
        let position = self.position_of(&time).await?;
        let reference = self.references.at(&self.folded.headcount, position)?;
        if reference.departement(departement).is_none() {
            return Err(no_departement());
        }
        let there = Sites::Departement(departement.to_owned()).judged(&reference);
        let seen = self.reach.sites.judged(&reference);
        let detail = &self.folded.detail;
        let mut all =
            detail.signed_at(position, time.as_of, departement, &self.reach.contracts).await?;
        // Whoever sees only learners without a contract sees no list of contracts.
        if self.reach.without_contract.is_none() {
            let written: BTreeSet<_> = all.iter().flat_map(|one| one.begins.clone()).collect();
            let declared = detail.declared_at(position, [&there, &seen]).await?;
            let is_new = |one: &Concluded| one.begins.is_disjoint(&written);
            all.extend(declared.into_iter().filter(is_new));
        }
        let value = all.into_iter().map(|one| one.contract).collect();
        Ok(Answer { value, basis: self.basis(&time, position, None)? })
    }
}

/// The reference set has no such one.
pub(super) fn no_departement() -> QueryError {
    QueryError::Field {
        field: "departement",
        rule: "DEPARTEMENT",
        text: Text::new(
            "there is no such département in the reference set: 35, 2A, 974",
            "Ce département n'existe pas dans le référentiel : écrivez-le comme 35, 2A ou 974.",
        ),
    }
}
