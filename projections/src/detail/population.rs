//! All contracts of a département: those from which a sample is drawn.

use super::lists::{days, key};
use super::rows::number;
use super::store::Detail;
use super::workflows::{shown_to, standing};
use crate::reach::{Judged, Ties};
use chrono::NaiveDate;
use domain::ids::{ContractId, Position, StreamKey};
use sqlx::{QueryBuilder, Row, Sqlite};
use std::collections::BTreeSet;

/// A contract, and by what it is known again when it is both declared and written here: its enrolment, and a first day
/// that was once said of it. One of the two may be corrected or amended before the other is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Concluded {
    pub(crate) contract: ContractId,
    pub(crate) begins: BTreeSet<(StreamKey, NaiveDate)>,
}

impl Detail {
    /// The declared contracts known at a position, of the CFAs that are of all these sites.
    pub(crate) async fn declared_at(
        &self,
        at: Position,
        sites: [&Judged; 2],
    ) -> Result<Vec<Concluded>, sqlx::Error> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT n.id, i.stream, (SELECT group_concat(DISTINCT v.start_on) FROM contracts v \
             WHERE v.contract = c.contract AND v.known_from <= ",
        );
        query.push_bind(number(at)).push(
            ") FROM contracts c JOIN contract_ids n ON n.contract = c.contract \
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
            "SELECT i.id, w.enrolment, (SELECT group_concat(DISTINCT v.start_on) FROM workflows v \
             WHERE v.contract = w.contract AND v.life <> 'pending' AND v.known_from <= ",
        );
        query.push_bind(number(at)).push(
            ") FROM workflows w JOIN workflow_ids i ON i.contract = w.contract \
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
            let days = days(row, 2)?.into_iter();
            let begins = days.filter_map(|day| Some((enrolment?, day))).collect();
            Ok(Concluded { contract: ContractId(key(row, 0)?), begins })
        };
        rows.iter().map(one).collect()
    }
}
