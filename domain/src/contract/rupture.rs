//! How a contract ends before its term, or at it.

use crate::text::Text;
use chrono::NaiveDate;

pub use crate::enrolment::{Initiator, RuptureMode as Mode};

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 13] = [
        Self::Unknown,
        Self::FreePeriod,
        Self::MutualAgreement,
        Self::ForceMajeure,
        Self::SeriousFault,
        Self::Unfitness,
        Self::EmployerDeath,
        Self::CfaExclusion,
        Self::ApprenticeInitiative,
        Self::Diploma,
        Self::Liquidation,
        Self::Administrative,
        Self::Judicial,
    ];

    /// Who may break a contract so; of an unknown mode anybody.
    #[must_use]
    pub const fn initiators(self) -> &'static [Initiator] {
        match self {
            Self::Unknown => &[
                Initiator::Unknown,
                Initiator::Employer,
                Initiator::Apprentice,
                Initiator::Both,
                Initiator::Liquidator,
                Initiator::Administration,
                Initiator::Court,
            ],
            Self::FreePeriod => &[Initiator::Employer, Initiator::Apprentice],
            Self::MutualAgreement => &[Initiator::Both],
            Self::ForceMajeure
            | Self::SeriousFault
            | Self::Unfitness
            | Self::EmployerDeath
            | Self::CfaExclusion => &[Initiator::Employer],
            Self::ApprenticeInitiative | Self::Diploma => &[Initiator::Apprentice],
            Self::Liquidation => &[Initiator::Liquidator],
            Self::Administrative => &[Initiator::Administration],
            Self::Judicial => &[Initiator::Court],
        }
    }
}

impl Mode {
    /// Who may break a contract so, for messages, joined by a word.
    pub(super) fn by_whom(self, or: &str) -> Text {
        let (en, fr): (Vec<_>, Vec<_>) = self
            .initiators()
            .iter()
            .map(|initiator| match initiator {
                Initiator::Unknown => ("somebody who is not known", "une partie inconnue"),
                Initiator::Employer => ("the employer", "l'employeur"),
                Initiator::Apprentice => ("the apprentice", "l'apprenti"),
                Initiator::Both => ("both parties", "les deux parties ensemble"),
                Initiator::Liquidator => ("the liquidator", "le liquidateur"),
                Initiator::Administration => {
                    ("the labour administration", "l'administration du travail")
                }
                Initiator::Court => ("a court", "le juge"),
            })
            .unzip();
        Text::new(en.join(or), fr.join(or))
    }
}

/// A number that may be known within bounds only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bounds {
    /// At least.
    pub least: u32,
    /// At most.
    pub most: u32,
}

/// A rupture. The event's day is the first one without contract.
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
    /// Days of practical training in the company until then, when whoever declares it has counted them; else the calendar
    /// of the alternation says them ([`crate::law::practice`]).
    pub practice_days: Option<Bounds>,
    /// The code of the payroll return, as a cross-reference ([`super::dsn`]).
    pub dsn: Option<u16>,
}

impl Rupture {
    /// One of which nothing else is known.
    #[must_use]
    pub const fn of(mode: Mode, initiator: Initiator) -> Self {
        Self {
            mode,
            initiator,
            notified_on: None,
            mediator_on: None,
            informed_on: None,
            cosigned: false,
            practice_days: None,
            dsn: None,
        }
    }
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
