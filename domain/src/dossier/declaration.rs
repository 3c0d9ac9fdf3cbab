//! What one row says, once checked.

use super::fields::Field;
use super::issue::Issue;
use crate::enrolment::{
    Background, Claimed, Contact, Disability, Facets, Guardians, Identity, Referent, Training,
};
use chrono::NaiveDate;
use std::fmt;

/// A set of fields; bit numbers are the fields' ranks in the dictionary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FieldSet(pub u128);

impl FieldSet {
    /// Adds a field.
    pub const fn insert(&mut self, field: Field) {
        self.0 |= 1 << field as u32;
    }

    /// Whether the field is in the set.
    #[must_use]
    pub const fn contains(self, field: Field) -> bool {
        self.0 & (1 << field as u32) != 0
    }
}

/// One contract slot that has a start date.
#[derive(Clone, PartialEq, Eq)]
pub struct DeclaredContract {
    /// 1 to 4 for a v3 row.
    pub slot: u8,
    /// First day.
    pub start_on: NaiveDate,
    /// Last day agreed.
    pub end_on: Option<NaiveDate>,
    /// First day without contract, when broken.
    pub rupture_on: Option<NaiveDate>,
    /// Free text of the cause; sealed.
    pub cause: Option<String>,
    /// The employer's SIRET, verified or not.
    pub siret: Option<Claimed>,
    /// Deposit number; v3 rows have none.
    pub deposit_number: Option<String>,
}

/// A row that is identified and dated, its values normalised.
///
/// An absent value is `None` in its block. `stated` tells which fields carried
/// a usable value; `dropped` which carried one that could not be used, and so
/// neither states nor empties anything.
#[derive(Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The training.
    pub training: Training,
    /// Public facets.
    pub facets: Facets,
    /// Who.
    pub identity: Identity,
    /// How to reach.
    pub contact: Contact,
    /// Disability.
    pub disability: Disability,
    /// Legal representatives.
    pub guardians: Guardians,
    /// Disability referent.
    pub referent: Referent,
    /// Background.
    pub background: Background,
    /// The contract slots that are used, by slot.
    pub contracts: Vec<DeclaredContract>,
    /// `date_exclusion_formation`
    pub excluded_on: Option<NaiveDate>,
    /// `cause_exclusion_formation`
    pub exclusion_cause: Option<String>,
    /// `obtention_diplome_formation`
    pub diploma: Option<bool>,
    /// `date_obtention_diplome_formation`
    pub diploma_on: Option<NaiveDate>,
    /// Fields with a usable value.
    pub stated: FieldSet,
    /// Fields with a value that could not be used.
    pub dropped: FieldSet,
    /// What is doubtful.
    pub warnings: Vec<Issue>,
}

/// Shows the dates alone: the cause is free text, the employer may be a person.
impl fmt::Debug for DeclaredContract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeclaredContract")
            .field("slot", &self.slot)
            .field("start_on", &self.start_on)
            .field("end_on", &self.end_on)
            .field("rupture_on", &self.rupture_on)
            .finish_non_exhaustive()
    }
}

/// Shows what is public.
impl fmt::Debug for Declaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Declaration")
            .field("training", &self.training)
            .field("facets", &self.facets)
            .field("contracts", &self.contracts)
            .field("excluded_on", &self.excluded_on)
            .field("diploma", &self.diploma)
            .field("diploma_on", &self.diploma_on)
            .field("dropped", &self.dropped)
            .field("warnings", &self.warnings.len())
            .finish_non_exhaustive()
    }
}
