//! What can be asked of the views, and what they answer: plain types.
//!
//! Lists are read in pages. A page's `next` is an opaque key: ask the same
//! question again with `after` set to it, the same `as_of`, and `known_at` set
//! to the first answer's position, and the list goes on without gap or double.

use crate::alerts::AlertKind;
use crate::headcount::{Counts, CoverageCounts, Filter, GroupBy, Population};
use crate::time::{Basis, KnownAt, TimeQuery};
use chrono::NaiveDate;
use domain::contract::Phase;
use domain::contract::conclude::Deposit;
use domain::contract::deadlines::{Due, Kind};
use domain::enrolment::{Certification, Establishment, Initiator, RuptureMode};
use domain::identifiers::{SchoolYear, Uai};
use domain::ids::Instant;
use domain::ids::{ContractId, EventId, Position, RunId, Source, StreamKey, Version};
use domain::law::declared::Declared;
use domain::rules::{RuleSet, Status, Trajectory};
use domain::runs::{Extent, HoldDecision, HoldReason, RunCounts};
use serde::{Deserialize, Serialize};

/// An answer and what it reflects.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<T> {
    /// The answer.
    pub value: T,
    /// What it reflects.
    pub basis: Basis,
}

/// Which part of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageQuery {
    /// How many entries at most, 1 to [`PageQuery::LARGEST`]; 0 means [`PageQuery::USUAL`].
    pub size: usize,
    /// `next` of the page before; `None` for the first page.
    pub after: Option<String>,
}

impl PageQuery {
    /// Entries of a page when the question does not say.
    pub const USUAL: usize = 100;
    /// Entries of a page at most.
    pub const LARGEST: usize = 1_000;

    /// The number of entries that is meant.
    #[must_use]
    pub const fn entries(&self) -> usize {
        match self.size {
            0 => Self::USUAL,
            size if size > Self::LARGEST => Self::LARGEST,
            size => size,
        }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries.
    pub entries: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<String>,
}

/// A contract, without what names a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractView {
    /// Its id.
    pub id: ContractId,
    /// Its enrolment.
    pub enrolment: StreamKey,
    /// Its order of first appearance, from 0.
    pub ordinal: u16,
    /// First day.
    pub start_on: NaiveDate,
    /// Last day agreed, when told.
    pub end_on: Option<NaiveDate>,
    /// Its rupture, when it is broken.
    pub rupture: Option<RuptureView>,
    /// Last day, when somebody said that it ended.
    pub ended_on: Option<NaiveDate>,
    /// The month in which its apprentice was born, when told.
    pub birth_month: Option<NaiveDate>,
    /// Whether a contract of the same enrolment was broken before it.
    pub follows_rupture: bool,
}

impl ContractView {
    /// What the source declares of it, as far as the law judges it.
    #[must_use]
    pub fn declared(&self) -> Declared {
        Declared {
            start_on: self.start_on,
            end_on: self.end_on,
            rupture: self.rupture.as_ref().map(|rupture| (rupture.on, rupture.mode)),
            follows_rupture: self.follows_rupture,
            birth_month: self.birth_month,
        }
    }
}

/// A contract whose workflow runs here, without what is sealed of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowView {
    /// Its id.
    pub contract: ContractId,
    /// The version of its stream.
    pub version: Version,
    /// The enrolment that it belongs to, when the ledger has one.
    pub enrolment: Option<StreamKey>,
    /// The round under way: 0 is the contract, then its amendments.
    pub round: u16,
    /// Where that round is.
    pub phase: Phase,
    /// What became of the contract, one of [`domain::contract::Life::WORDS`].
    pub life: String,
    /// Whether it is one of public law; `None` when the form does not say it.
    pub public_law: Option<bool>,
    /// The deposit body, once it was sent there.
    pub body: Option<String>,
    /// The département of the place of work, by its code.
    pub departement: Option<String>,
    /// The CFA that the form names, by its SIRET.
    pub trainer_siret: Option<String>,
    /// By its UAI.
    pub trainer_uai: Option<String>,
    /// First day, as the form in force says it, else that of the round under way.
    pub start_on: Option<NaiveDate>,
    /// Last day, likewise.
    pub end_on: Option<NaiveDate>,
    /// When all had signed the round under way.
    pub signed_on: Option<NaiveDate>,
    /// When it was first sent to the deposit body.
    pub submitted_on: Option<NaiveDate>,
    /// When the deposit body asked for something that it still waits for.
    pub asked_on: Option<NaiveDate>,
    /// When the contract was broken.
    pub broken_on: Option<NaiveDate>,
    /// When it ended well.
    pub ended_on: Option<NaiveDate>,
    /// What the decision of the deposit body depends on.
    pub deposit: Deposit,
    /// What somebody must do next, and its day; for what is due at once, the day since when it is.
    pub next: Option<(&'static Kind, NaiveDate)>,
    /// What is due on the day asked, the earliest first.
    pub dues: Vec<Due>,
}

/// Which contracts whose workflow runs here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowsQuery {
    /// When.
    pub time: TimeQuery,
    /// In one of these phases; in any when none is named.
    pub phases: Vec<Phase>,
    /// Of this life, one of [`domain::contract::Life::WORDS`].
    pub life: Option<String>,
    /// Of this département of the place of work.
    pub departement: Option<String>,
    /// Sent to this deposit body, by its name.
    pub body: Option<String>,
    /// Of this CFA: the form names it, or it trains in the enrolment.
    pub trainer: Option<Uai>,
    /// Only those with which somebody is late on the day asked.
    pub late_only: bool,
    /// Which page.
    pub page: PageQuery,
}

/// A rupture, without its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuptureView {
    /// First day without contract.
    pub on: NaiveDate,
    /// Day of notification, when told.
    pub notified_on: Option<NaiveDate>,
    /// How.
    pub mode: RuptureMode,
    /// By whom.
    pub initiator: Initiator,
    /// The live event that says so: the one to correct.
    pub event: EventId,
}

/// An enrolment, without what names a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentView {
    /// Its stream.
    pub enrolment: StreamKey,
    /// Who declares it.
    pub source: Source,
    /// School year.
    pub school_year: SchoolYear,
    /// First day of the session.
    pub entry_on: NaiveDate,
    /// Last day of the session.
    pub end_on: NaiveDate,
    /// The CFA that trains.
    pub trainer: Establishment,
    /// What is prepared.
    pub certification: Certification,
    /// Title of the training, when told.
    pub title: Option<String>,
    /// Year of training, when told.
    pub year_of_training: Option<u8>,
    /// Status on `as_of` under the rule set of the basis; `None` before the first day.
    pub status: Option<Status>,
    /// Its contracts, by first appearance.
    pub contracts: Vec<ContractView>,
    /// First day of exclusion, if any.
    pub excluded_on: Option<NaiveDate>,
    /// First day of a declared withdrawal, if any.
    pub withdrawn_on: Option<NaiveDate>,
    /// Whether the diploma was obtained, when told.
    pub diploma: Option<bool>,
    /// When the source stopped transmitting it, if it did.
    pub stopped_at: Option<Instant>,
    /// The version of its stream.
    pub version: Version,
    /// The other enrolments of the same person, sorted.
    pub same_person: Vec<StreamKey>,
}

/// Which enrolments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentsQuery {
    /// When.
    pub time: TimeQuery,
    /// Which rules for the status.
    pub rules: RuleSet,
    /// Only this CFA.
    pub trainer: Option<Uai>,
    /// Only this status on `as_of`.
    pub status: Option<Status>,
    /// Which part.
    pub page: PageQuery,
}

/// Which contracts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractsQuery {
    /// When.
    pub time: TimeQuery,
    /// Only this CFA.
    pub trainer: Option<Uai>,
    /// Only broken ones (a rupture is declared, on or before `as_of`).
    pub broken_only: bool,
    /// Which part.
    pub page: PageQuery,
}

/// The trajectory of one enrolment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrajectoryView {
    /// Its steps.
    pub trajectory: Trajectory,
    /// The status on `as_of`; `None` before the first step.
    pub current: Option<Status>,
}

/// A closed push run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunView {
    /// The position of its closing event.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// The run.
    pub id: RunId,
    /// The sender.
    pub source: Source,
    /// The sender's software.
    pub software: String,
    /// When the rows were extracted.
    pub extracted_at: Instant,
    /// Full or partial.
    pub extent: Extent,
    /// How many rows the sender announced.
    pub rows: Option<u32>,
    /// What came of it.
    pub counts: RunCounts,
    /// Disappearances that wait, or waited, for the CFA's word.
    pub held_disappearances: u32,
    /// Why they do.
    pub hold: Option<HoldReason>,
    /// What was decided of them.
    pub decision: Option<HoldDecision>,
}

/// A reference set in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceView {
    /// SHA-256 of its canonical bytes.
    pub hash: [u8; 32],
    /// Its name.
    pub name: String,
    /// Entries by table.
    pub summary: String,
    /// Position of the event that loaded it.
    pub position: Position,
}

/// Which alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertsQuery {
    /// When.
    pub time: TimeQuery,
    /// Only this kind.
    pub kind: Option<AlertKind>,
    /// Only this CFA.
    pub trainer: Option<Uai>,
    /// Only CFAs of this département.
    pub departement: Option<String>,
    /// Which part.
    pub page: PageQuery,
}

/// Which head-count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadcountQuery {
    /// When.
    pub time: TimeQuery,
    /// Which rules.
    pub rules: RuleSet,
    /// Persons or raw dossiers.
    pub population: Population,
    /// Which learners.
    pub filter: Filter,
    /// Which split.
    pub group_by: GroupBy,
}

/// The figures of one cell of a head-count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Learners by status.
    pub counts: Counts,
    /// CFAs in scope, and those that transmit; of the whole scope when the
    /// split is not by territory or CFA.
    pub coverage: CoverageCounts,
}

/// A head-count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeadcountAnswer {
    /// The whole.
    pub total: Figures,
    /// The parts by key, sorted; empty without split.
    pub groups: Vec<(String, Figures)>,
}

/// Which months.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvolutionQuery {
    /// A day of the first month.
    pub from: NaiveDate,
    /// A day of the last month, at most [`EvolutionQuery::MOST_MONTHS`] in all.
    pub to: NaiveDate,
    /// What the ledger knew; `None` is "each": at the end of each month, as it
    /// could be published then.
    pub known_at: Option<KnownAt>,
    /// Wait for this position.
    pub min_position: Position,
    /// Which rules.
    pub rules: RuleSet,
    /// Persons or raw dossiers.
    pub population: Population,
    /// Which learners.
    pub filter: Filter,
}

impl EvolutionQuery {
    /// Months of one question at most.
    pub const MOST_MONTHS: usize = 120;
}

/// The head-count of the first day of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthFigures {
    /// The day counted.
    pub day: NaiveDate,
    /// The log position reflected.
    pub position: Position,
    /// The figures.
    pub figures: Figures,
}

/// Which figure to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedQuery {
    /// The head-count; its split is ignored.
    pub headcount: HeadcountQuery,
    /// Which status of it.
    pub status: Status,
    /// Which part.
    pub page: PageQuery,
}

/// Which contracts, for their outcomes. Age bands are those of the first day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomesQuery {
    /// When. Contracts are observed until `as_of`.
    pub time: TimeQuery,
    /// First day of the starts.
    pub started_from: NaiveDate,
    /// Last day of the starts.
    pub started_to: NaiveDate,
    /// Which learners.
    pub filter: Filter,
    /// Which split.
    pub group_by: GroupBy,
}
