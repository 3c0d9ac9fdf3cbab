//! All contracts of a département: those from which a sample is drawn.

use super::lists::key;
use super::rows::number;
use super::store::Detail;
use super::workflows::{shown_to, standing};
use crate::reach::{Judged, Ties};
use chrono::NaiveDate;
use domain::ids::{ContractId, Position, StreamKey};
use sqlx::{QueryBuilder, Row, Sqlite};

/// A contract, and by what it is known again when it is both declared and written here: its enrolment and first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Concluded {
    pub(crate) contract: ContractId,
    pub(crate) begins: Option<(StreamKey, i64)>,
}

impl Detail {
    /// The declared contracts known at a position, of the CFAs that are of all these sites.
    pub(crate) async fn declared_at(
        &self,
        at: Position,
        sites: [&Judged; 2],
    ) -> Result<Vec<Concluded>, sqlx::Error> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT n.id, i.stream, c.start_on FROM contracts c \
             JOIN contract_ids n ON n.contract = c.contract \
             JOIN enrolment_ids i ON i.dossier = c.dossier \
             JOIN enrolments e ON e.dossier = c.dossier WHERE c.known_from <= ",
        );
        query.push_bind(number(at)).push(" AND c.known_to > ").push_bind(number(at));
        query.push(" AND e.known_from <= ").push_bind(number(at));
        query.push(" AND e.known_to > ").push_bind(number(at));
        sites.into_iter().for_each(|sites| sites.restrict(&mut query));
        self.concluded(query).await
    }

    /// The contracts whose workflow runs here, that all have signed and whose place of work is on a day in a département, of those
    /// with these ties. One that was cancelled, or reopened to be signed anew, is none.
    pub(crate) async fn signed_at(
        &self,
        at: Position,
        on: NaiveDate,
        departement: &str,
        ties: &Ties,
    ) -> Result<Vec<Concluded>, sqlx::Error> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT i.id, w.enrolment, w.start_on FROM workflows w \
             JOIN workflow_ids i ON i.contract = w.contract \
             WHERE w.life NOT IN ('pending', 'cancelled') AND w.known_from <= ",
        );
        query.push_bind(number(at)).push(" AND w.known_to > ").push_bind(number(at));
        standing(&mut query, on);
        query.push(" AND w.departement = ").push_bind(departement.to_owned());
        shown_to(&mut query, at, ties);
        self.concluded(query).await
    }

    async fn concluded(
        &self,
        mut query: QueryBuilder<Sqlite>,
    ) -> Result<Vec<Concluded>, sqlx::Error> {
        let rows = query.build().fetch_all(&self.readers).await?;
        let one = |row| {
            let enrolled: Option<Vec<u8>> = Row::try_get(row, 1)?;
            let enrolment = enrolled.map(|_| key(row, 1)).transpose()?.map(StreamKey);
            let begins = enrolment.zip(row.try_get(2)?);
            Ok(Concluded { contract: ContractId(key(row, 0)?), begins })
        };
        rows.iter().map(one).collect()
    }
}
