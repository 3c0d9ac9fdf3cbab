//! Questions and answers.

use super::cell::AgeBand;
use super::row::Population;
use crate::reach::Sites;
use chrono::NaiveDate;
use domain::identifiers::{Cfd, Rncp, Uai};
use domain::ids::Position;
use domain::rules::{RuleSet, Status};
use std::collections::BTreeMap;

/// Whose territory a question speaks of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TerritoryOf {
    /// The CFA's.
    #[default]
    Cfa,
    /// The learner's home.
    Home,
}

/// Which learners; all conditions hold together, an absent one holds for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Whose territory the next three speak of, and a split by territory too.
    pub territory_of: TerritoryOf,
    /// INSEE code of the région.
    pub region: Option<String>,
    /// Code of the département.
    pub departement: Option<String>,
    /// Code of the académie.
    pub academie: Option<String>,
    /// The CFA that trains.
    pub trainer: Option<Uai>,
    /// Number in the national register.
    pub rncp: Option<Rncp>,
    /// Code formation diplôme.
    pub cfd: Option<Cfd>,
    /// European level.
    pub level: Option<u8>,
    /// Age band on the day.
    pub age_band: Option<AgeBand>,
    /// The CFAs whose learners the asker may see; `Views` sets it.
    pub sites: Sites,
}

/// How to split an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GroupBy {
    /// Not at all.
    #[default]
    Nothing,
    /// By région: INSEE code.
    Region,
    /// By département: code.
    Departement,
    /// By académie: code.
    Academie,
    /// By CFA: UAI.
    Trainer,
    /// By certification: `RNCP…/CFD`, or the one code that is told.
    Certification,
    /// By level: `3` to `8`.
    Level,
    /// By age band: [`AgeBand::name`].
    AgeBand,
}

/// The key of what is not known, in every split.
pub const UNKNOWN_KEY: &str = "?";

/// Which head-count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The day described.
    pub as_of: NaiveDate,
    /// Events 1 to this one; above the checkpoint it means the checkpoint.
    pub known_at: Position,
    /// Which rules.
    pub rules: RuleSet,
    /// Persons or raw dossiers.
    pub population: Population,
    /// Which learners.
    pub filter: Filter,
    /// Which split.
    pub group_by: GroupBy,
}

/// How many learners have each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// By status, in the order of [`Status::ALL`].
    pub by_status: [u64; 5],
}

impl Counts {
    /// Those of one status.
    #[must_use]
    pub fn of(&self, status: Status) -> u64 {
        self.by_status.get(status as usize).copied().unwrap_or_default()
    }

    /// Under contract, or training over: what the dashboard calls "apprentis".
    #[must_use]
    pub fn apprentis(&self) -> u64 {
        self.of(Status::Apprenti) + self.of(Status::FinDeFormation)
    }

    /// Apprentis, inscrits and rupturants; abandons excluded.
    #[must_use]
    pub fn apprenants(&self) -> u64 {
        self.apprentis() + self.of(Status::Inscrit) + self.of(Status::Rupturant)
    }

    /// Whether nobody is counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_status == [0; 5]
    }
}

/// A head-count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The whole.
    pub total: Counts,
    /// The parts by key, without those that count nobody; empty without split.
    pub groups: BTreeMap<String, Counts>,
    /// The position reflected.
    pub position: Position,
}

/// How many CFAs transmit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CoverageCounts {
    /// CFAs in scope that had transmitted on the day, as known at the position.
    pub transmitting: u64,
    /// CFAs in scope that are known.
    pub known: u64,
}

/// Coverage of a head-count's scope.
///
/// The scope is a place: the CFAs of the territory asked (also when the
/// question is about homes), or the one CFA asked. A split by territory or CFA
/// has a coverage by key; any other split has that of the whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CoverageAnswer {
    /// Of the whole scope.
    pub total: CoverageCounts,
    /// By key, for a split by territory or CFA.
    pub groups: BTreeMap<String, CoverageCounts>,
}
