//! The dossiers, and the contracts written here, of somebody who is searched by what only they state.

use super::{QueryError, View, Views};
use crate::persons::SearchKey;
use crate::time::TimeQuery;
use domain::ids::{ContractId, Position, StreamKey};
use std::sync::Arc;

/// By what somebody is searched: a keyed pseudonym in dossiers, and another one in the contracts written here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Searched {
    /// `None` of who is in no dossier by that: a legal representative.
    pub in_dossiers: Option<SearchKey>,
    /// `None` of what no form of a contract says.
    pub in_contracts: Option<[u8; 16]>,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPersons {
    /// The dossiers that may be seen, ascending.
    pub enrolments: Vec<StreamKey>,
    /// The contracts written here that may be seen and belong to none of those, in the order in which they began.
    pub contracts: Vec<ContractId>,
    /// Whether there are, or may be, others: these are those that the ledger heard of first.
    pub more: bool,
    /// The position that was reflected.
    pub position: Position,
}

impl Views {
    /// The dossiers that state a value, or stated it before and did not correct it, and the contracts written here whose
    /// form says it of the apprentice or the legal representative, or once did; `most` of each. Of who was erased there is none.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn find_persons(
        &self,
        by: Searched,
        time: TimeQuery,
        most: usize,
    ) -> Result<FoundPersons, QueryError> {
        self.works(View::Persons)?;
        self.works(View::Detail)?;
        let position = self.position_of(&time).await?;
        let (mut enrolments, mut more) = (Vec::new(), false);
        if let Some(by) = by.in_dossiers {
            let (persons, source) = (Arc::clone(&self.folded.persons), Arc::clone(&self.source));
            let find = move || persons.find(by, position, most, source.as_ref());
            let found = tokio::task::spawn_blocking(find).await??;
            more = found.more;
            for enrolment in found.enrolments {
                if self.is_reached(enrolment, position).await? {
                    enrolments.push(enrolment);
                }
            }
        }
        let mut contracts = Vec::new();
        if let Some(person) = by.in_contracts {
            let (detail, reach) = (&self.folded.detail, &self.reach.contracts);
            contracts = detail.workflows_of(person, position, reach, &enrolments, most + 1).await?;
            more |= contracts.len() > most;
            contracts.truncate(most);
        }
        Ok(FoundPersons { enrolments, contracts, more, position })
    }
}
