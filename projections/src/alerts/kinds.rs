//! The kinds of alerts, their thresholds, who should act.

use chrono::NaiveDate;
use domain::identifiers::Uai;
use domain::ids::{ContractId, RunId, Source, StreamKey};
use domain::text::Text;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// In force since 2026-11-23. Calendar days without contract after a rupture from which
/// the mission locale acts rather than the CFA (national dashboard, CFA ruptures list).
pub const RUPTURE_TO_MISSION_LOCALE_DAYS: i64 = 45;
/// In force since 2026-11-23. Whom a mission locale receives (national dashboard, its list).
pub const MISSION_LOCALE_AGES: RangeInclusive<i32> = 16..=25;
/// In force since 2026-11-23. Whom France Travail receives (national dashboard, its list).
pub const FRANCE_TRAVAIL_AGE: i32 = 18;
/// In force since 2026-11-23. Half of the six months of L6222-18-2 are over.
pub const RUPTURE_HALF_TIME_DAYS: i64 = 90;
/// In force since 2026-11-23. The six months of L6222-18-2 are over.
pub const RUPTURE_OVER_DAYS: i64 = 180;
/// In force since 2026-11-23. Days in a CFA without any contract from which it is told;
/// three months are allowed (L6222-12-1).
pub const NO_CONTRACT_WARNING_DAYS: i64 = 60;
/// In force since 2026-11-23. The three months of L6222-12-1, as the status rules count them.
pub const NO_CONTRACT_LIMIT_DAYS: i64 = 90;
/// In force since 2026-11-23. Days without a run after which a CFA is asked.
pub const SILENT_DAYS: i64 = 30;
/// In force since 2026-11-23. Days without a run after which the support helps
/// (national dashboard, organisme health: three months).
pub const LONG_SILENT_DAYS: i64 = 90;
/// In force since 2026-11-23. No contract and no session is longer than this: three years,
/// one more after a failure or for RQTH (L6222-7-1, L6222-11).
pub const LONGEST_YEARS: u32 = 4;
/// In force since 2026-11-23. Nobody enters younger (L6222-1: 15 after collège; a year of doubt).
pub const YOUNGEST_AT_ENTRY: i32 = 14;
/// In force since 2026-11-23. Older is lawful in some cases (L6222-2) and hardly ever true.
pub const OLDEST_AT_ENTRY: i32 = 70;

/// In force since 2026-11-27. Days before what somebody must do for a contract whose workflow runs here from which they
/// are told: the delay of a deposit is five working days (D6275-1, D6224-1), and a week has six.
pub const CONTRACT_DUE_DAYS: i64 = 7;

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AlertKind {
    /// A rupture without a new contract, under 45 days.
    RuptureRecent,
    /// 45 days or more.
    Rupture45Days,
    /// 90 days or more.
    Rupture90Days,
    /// 180 days or more.
    Rupture180Days,
    /// Enrolled without contract, 60 days or more.
    NoContract,
    /// A CFA has not transmitted for 30 days or more.
    CfaSilent,
    /// A learner is no longer transmitted.
    NotTransmitted,
    /// Dates or values that cannot be, or hardly.
    DoubtfulData,
    /// A full run waits for the CFA's word.
    RunHeld,
    /// Somebody must do something for a contract within 7 days, or at once.
    ContractDue,
    /// Its day is over: not signed, not sent, or the deposit body was silent.
    ContractLate,
}

impl AlertKind {
    /// Every kind, in the order of the API.
    pub const ALL: [Self; 11] = [
        Self::RuptureRecent,
        Self::Rupture45Days,
        Self::Rupture90Days,
        Self::Rupture180Days,
        Self::NoContract,
        Self::CfaSilent,
        Self::NotTransmitted,
        Self::DoubtfulData,
        Self::RunHeld,
        Self::ContractDue,
        Self::ContractLate,
    ];

    /// The rank in a list, most urgent first: what can still be saved, and soon.
    #[must_use]
    pub const fn urgency(self) -> u8 {
        match self {
            Self::RunHeld => 0,
            Self::ContractDue => 1,
            Self::ContractLate => 2,
            Self::Rupture45Days => 3,
            Self::RuptureRecent => 4,
            Self::NoContract => 5,
            Self::Rupture90Days => 6,
            Self::Rupture180Days => 7,
            Self::CfaSilent => 8,
            Self::NotTransmitted => 9,
            Self::DoubtfulData => 10,
        }
    }

    /// The kind of a rupture without a new contract since so many days.
    #[must_use]
    pub const fn of_rupture(days: i64) -> Self {
        if days >= RUPTURE_OVER_DAYS {
            Self::Rupture180Days
        } else if days >= RUPTURE_HALF_TIME_DAYS {
            Self::Rupture90Days
        } else if days >= RUPTURE_TO_MISSION_LOCALE_DAYS {
            Self::Rupture45Days
        } else {
            Self::RuptureRecent
        }
    }

    /// Days after `since` from which the kind holds.
    #[must_use]
    pub const fn threshold_days(self) -> i64 {
        match self {
            Self::Rupture45Days => RUPTURE_TO_MISSION_LOCALE_DAYS,
            Self::Rupture90Days => RUPTURE_HALF_TIME_DAYS,
            Self::Rupture180Days => RUPTURE_OVER_DAYS,
            Self::NoContract => NO_CONTRACT_WARNING_DAYS,
            Self::CfaSilent => SILENT_DAYS,
            Self::RuptureRecent
            | Self::NotTransmitted
            | Self::DoubtfulData
            | Self::RunHeld
            | Self::ContractDue
            | Self::ContractLate => 0,
        }
    }
}

/// Who should act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ActsNext {
    /// The CFA.
    Cfa,
    /// The mission locale.
    MissionLocale,
    /// France Travail.
    FranceTravail,
    /// The ledger's support.
    Support,
    /// The employer.
    Employer,
    /// The deposit body of a contract.
    DepositBody,
}

/// RQTH opens the list of the mission locale at any age, but it is sealed: here the
/// age decides alone, and where it is unknown the list of most learners.
impl ActsNext {
    /// After a rupture that is no longer recent.
    pub(super) fn after_rupture(age: Option<i32>) -> Self {
        match age {
            Some(age) if age > *MISSION_LOCALE_AGES.end() => Self::FranceTravail,
            Some(age) if age < *MISSION_LOCALE_AGES.start() => Self::Cfa,
            _ => Self::MissionLocale,
        }
    }

    /// When the months allowed without a contract are over.
    pub(super) fn without_contract(age: Option<i32>) -> Self {
        match age {
            Some(age) if age < FRANCE_TRAVAIL_AGE => Self::after_rupture(Some(age)),
            _ => Self::FranceTravail,
        }
    }
}

/// What an alert points at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// An enrolment.
    Enrolment(StreamKey),
    /// A contract of it.
    Contract(ContractId),
    /// A run of a source.
    Run(Source, RunId),
    /// A CFA.
    Cfa(Uai),
}

/// An open alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its kind.
    pub kind: AlertKind,
    /// What it points at.
    pub subject: Subject,
    /// The enrolment, when it is about one.
    pub enrolment: Option<StreamKey>,
    /// The CFA, when it is about one (a held run may be about several).
    pub trainer: Option<Uai>,
    /// The day from which it counts.
    pub since: NaiveDate,
    /// Days from then to `as_of`.
    pub days: u32,
    /// Who should act.
    pub acts_next: ActsNext,
    /// What to do; of a contract's deadline, by when and under which article.
    pub text: Text,
    /// Whether it already held when its dossier was first declared: shown, never notified.
    pub first_load: bool,
    /// The rule that raised it, `UPPER_SNAKE`; of a contract's deadline, what is due.
    pub rule: &'static str,
}

/// Open alerts of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertCount {
    /// The kind.
    pub kind: AlertKind,
    /// Open alerts.
    pub count: u64,
    /// Of which first-load ones.
    pub first_load: u64,
}
