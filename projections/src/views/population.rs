//! The contracts of a département, from which an auditor's sample is drawn.

use super::{Answer, QueryError, View, Views};
use crate::reach::Sites;
use crate::time::TimeQuery;
use domain::ids::ContractId;
use domain::text::Text;

impl Views {
    /// The contracts of a département that may be seen: those that are declared by a CFA there, and those that are written
    /// here for a place of work there. In no order.
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
        let mut value = detail.drafted_at(position, departement, &self.reach.contracts).await?;
        // Whoever sees only learners without a contract sees no list of contracts.
        if self.reach.without_contract.is_none() {
            value.extend(detail.declared_at(position, [&there, &seen]).await?);
        }
        Ok(Answer { value, basis: self.basis(&time, position, None)? })
    }
}

fn no_departement() -> QueryError {
    QueryError::Field {
        field: "departement",
        rule: "DEPARTEMENT",
        text: Text::new(
            "there is no such département in the reference set: 35, 2A, 974",
            "Ce département n'existe pas dans le référentiel : 35, 2A, 974.",
        ),
    }
}
