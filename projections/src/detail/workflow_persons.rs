//! Contracts whose workflow runs here, by what their apprentice or legal representative is searched by.

use super::lists::key;
use super::rows::number;
use super::store::Detail;
use super::workflows::shown_to;
use crate::reach::Ties;
use domain::ids::{ContractId, Position, StreamKey};
use sqlx::{QueryBuilder, Sqlite};

impl Detail {
    /// Up to `limit` contracts that state a pseudonym at a position, or did before, those that began first; without those of
    /// some dossiers.
    pub(crate) async fn workflows_of(
        &self,
        person: [u8; 16],
        at: Position,
        reach: &Ties,
        but_of: &[StreamKey],
        limit: usize,
    ) -> Result<Vec<ContractId>, sqlx::Error> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT i.id FROM workflow_persons p CROSS JOIN workflow_ids i ON i.contract = p.contract \
             CROSS JOIN workflows w ON w.contract = p.contract WHERE p.key = ",
        );
        query.push_bind(person.to_vec()).push(" AND p.known_from <= ").push_bind(number(at));
        query.push(" AND w.known_from <= ").push_bind(number(at));
        query.push(" AND w.known_to > ").push_bind(number(at));
        shown_to(&mut query, at, reach);
        if !but_of.is_empty() {
            query.push(" AND (w.enrolment IS NULL OR w.enrolment NOT IN (");
            let mut dossiers = query.separated(", ");
            for dossier in but_of {
                dossiers.push_bind(dossier.0.to_vec());
            }
            query.push("))");
        }
        // One address may be that of both.
        query.push(" GROUP BY p.contract ORDER BY p.contract LIMIT ").push_bind(limit as i64);
        let rows = query.build().fetch_all(&self.readers).await?;
        rows.iter().map(|row| Ok(ContractId(key(row, 0)?))).collect()
    }
}
