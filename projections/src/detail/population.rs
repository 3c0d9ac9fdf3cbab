//! All contracts of a département: those from which a sample is drawn.

use super::lists::key;
use super::rows::number;
use super::store::Detail;
use super::workflows::shown_to;
use crate::reach::{Judged, Ties};
use domain::ids::{ContractId, Position};
use sqlx::{QueryBuilder, Sqlite};

impl Detail {
    /// The declared contracts known at a position, of the CFAs that are of all these sites.
    pub(crate) async fn declared_at(
        &self,
        at: Position,
        sites: [&Judged; 2],
    ) -> Result<Vec<ContractId>, sqlx::Error> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT n.id FROM contracts c JOIN contract_ids n ON n.contract = c.contract \
             JOIN enrolments e ON e.dossier = c.dossier WHERE c.known_from <= ",
        );
        query.push_bind(number(at)).push(" AND c.known_to > ").push_bind(number(at));
        query.push(" AND e.known_from <= ").push_bind(number(at));
        query.push(" AND e.known_to > ").push_bind(number(at));
        sites.into_iter().for_each(|sites| sites.restrict(&mut query));
        self.ids(query).await
    }

    /// The contracts whose workflow runs here and whose place of work is in a département, of those with these ties.
    pub(crate) async fn drafted_at(
        &self,
        at: Position,
        departement: &str,
        ties: &Ties,
    ) -> Result<Vec<ContractId>, sqlx::Error> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT i.id FROM workflows w JOIN workflow_ids i ON i.contract = w.contract \
             WHERE w.known_from <= ",
        );
        query.push_bind(number(at)).push(" AND w.known_to > ").push_bind(number(at));
        query.push(" AND w.departement = ").push_bind(departement.to_owned());
        shown_to(&mut query, at, ties);
        self.ids(query).await
    }

    async fn ids(&self, mut query: QueryBuilder<Sqlite>) -> Result<Vec<ContractId>, sqlx::Error> {
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok(ContractId(key(row, 0)?))).collect()
    }
}
