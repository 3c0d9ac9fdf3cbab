//! How a contract ends before its term, or at it.

use chrono::NaiveDate;

/// How a contract is broken. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// In the first 45 days of practical training in the company, consecutive or not (L6222-18).
    Free45Days,
    /// By both, in writing (L6222-18).
    Mutual,
    /// Dismissal for force majeure (L6222-18).
    ForceMajeure,
    /// Dismissal for serious fault (L6222-18).
    SeriousFault,
    /// Dismissal for unfitness, found by the occupational physician (L6222-18, L4624-4).
    Unfitness,
    /// Death of the employer who was the maître, in a single-person firm (L6222-18).
    EmployerDeath,
    /// Definitive exclusion from the CFA (L6222-18-1).
    CfaExclusion,
    /// By the apprentice, after a mediator was asked (L6222-18, D6222-21-1).
    ApprenticeInitiative,
    /// By the apprentice, once the diploma is obtained (L6222-19).
    Diploma,
    /// By the liquidator (L6222-18).
    Liquidation,
    /// By the labour administration (L6225-3 to -5).
    Administration,
    /// By a court (contracts before 2019).
    Court,
    /// It is not said.
    Unknown,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 13] = [
        Self::Free45Days,
        Self::Mutual,
        Self::ForceMajeure,
        Self::SeriousFault,
        Self::Unfitness,
        Self::EmployerDeath,
        Self::CfaExclusion,
        Self::ApprenticeInitiative,
        Self::Diploma,
        Self::Liquidation,
        Self::Administration,
        Self::Court,
        Self::Unknown,
    ];

    /// Who may break a contract so.
    #[must_use]
    pub const fn initiators(self) -> &'static [Initiator] {
        match self {
            Self::Free45Days => &[Initiator::Employer, Initiator::Apprentice],
            Self::Mutual => &[Initiator::Both],
            Self::ForceMajeure | Self::SeriousFault | Self::Unfitness | Self::CfaExclusion => {
                &[Initiator::Employer]
            }
            Self::EmployerDeath => &[Initiator::Employer],
            Self::ApprenticeInitiative | Self::Diploma => &[Initiator::Apprentice],
            Self::Liquidation => &[Initiator::Liquidator],
            Self::Administration => &[Initiator::Administration],
            Self::Court => &[Initiator::Court],
            Self::Unknown => &[
                Initiator::Employer,
                Initiator::Apprentice,
                Initiator::Both,
                Initiator::Liquidator,
                Initiator::Administration,
                Initiator::Court,
                Initiator::Unknown,
            ],
        }
    }
}

/// Who broke the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Initiator {
    /// The employer, or who stands for a dead one.
    Employer,
    /// The apprentice.
    Apprentice,
    /// Both.
    Both,
    /// The liquidator.
    Liquidator,
    /// The labour administration.
    Administration,
    /// A court.
    Court,
    /// It is not said.
    Unknown,
}

/// A number that may be known within bounds only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bounds {
    /// At least.
    pub least: u32,
    /// At most.
    pub most: u32,
}

/// A rupture. The day on which it takes effect is the event's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rupture {
    /// How.
    pub mode: Mode,
    /// Who.
    pub initiator: Initiator,
    /// When the other party was told in writing.
    pub notified_on: Option<NaiveDate>,
    /// When the mediator was asked.
    pub mediator_on: Option<NaiveDate>,
    /// When the employer was told that the apprentice leaves.
    pub informed_on: Option<NaiveDate>,
    /// Whether a minor's representative signed too.
    pub cosigned: bool,
    /// Days of practical training in the company until then, from the calendar when it is given.
    pub practice_days: Option<Bounds>,
    /// The code of the payroll return (DSN S21.G00.62.002), three digits, as a cross-reference.
    pub dsn: Option<u16>,
    /// What was written, word for word; sealed.
    pub words: Option<String>,
}

/// How a contract ends well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Completion {
    /// At its term, or before, once the diploma is obtained and a month's notice given (L6222-19).
    pub early: bool,
    /// Whether the diploma was obtained; `None` when the result is not known yet.
    pub diploma: Option<bool>,
    /// When the apprentice told the employer in writing that they leave early.
    pub notified_on: Option<NaiveDate>,
}
