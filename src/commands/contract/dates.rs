//! Acts that have effect on a day.

use super::acts::{On, act};
use super::verdicts::told_of_the_end;
use crate::commands::day;
use crate::remote::answer;
use anyhow::Context;
use chrono::NaiveDate;
use clap::ValueEnum;
use domain::contract::dsn;
use proto::v1;

/// A day as the service takes it; empty is today, or not known.
fn told(day: Option<NaiveDate>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// The day of an act that is recorded once it happened.
#[derive(Debug, clap::Args)]
pub(super) struct Happened {
    /// On which day it happened; today when absent
    #[arg(long, value_name = "DAY", value_parser = day::parse)]
    day: Option<NaiveDate>,
}

impl Happened {
    /// As the service takes it.
    pub(super) fn on(&self) -> String {
        told(self.day)
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Suspend {
    #[command(flatten)]
    on: On,
    /// Why; it is sealed
    #[arg(long, value_name = "TEXT")]
    why: String,
    /// From which day; today when absent
    #[arg(long, value_name = "DAY", value_parser = day::parse)]
    from: Option<NaiveDate>,
}

impl Suspend {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let (reason, on) = (self.why.clone(), told(self.from));
        act!(self.on, suspend_contract, SuspendContractRequest { reason: reason, on: on })
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Resume {
    #[command(flatten)]
    on: On,
    /// From which day; today when absent
    #[arg(long, value_name = "DAY", value_parser = day::parse)]
    from: Option<NaiveDate>,
}

impl Resume {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        act!(self.on, resume_contract, ResumeContractRequest { on: told(self.from) })
    }
}

/// How a contract is broken.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    Unknown,
    FreePeriod,
    MutualAgreement,
    ForceMajeure,
    SeriousFault,
    Unfitness,
    EmployerDeath,
    CfaExclusion,
    ApprenticeInitiative,
    Diploma,
    Liquidation,
    Administrative,
    Judicial,
}

impl Mode {
    const fn code(self) -> v1::RuptureMode {
        match self {
            Self::Unknown => v1::RuptureMode::Unspecified,
            Self::FreePeriod => v1::RuptureMode::FreePeriod,
            Self::MutualAgreement => v1::RuptureMode::MutualAgreement,
            Self::ForceMajeure => v1::RuptureMode::ForceMajeure,
            Self::SeriousFault => v1::RuptureMode::SeriousFault,
            Self::Unfitness => v1::RuptureMode::Unfitness,
            Self::EmployerDeath => v1::RuptureMode::EmployerDeath,
            Self::CfaExclusion => v1::RuptureMode::CfaExclusion,
            Self::ApprenticeInitiative => v1::RuptureMode::ApprenticeInitiative,
            Self::Diploma => v1::RuptureMode::Diploma,
            Self::Liquidation => v1::RuptureMode::Liquidation,
            Self::Administrative => v1::RuptureMode::Administrative,
            Self::Judicial => v1::RuptureMode::Judicial,
        }
    }
}

/// By whom.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    Unknown,
    Employer,
    Apprentice,
    Both,
    Liquidator,
    Administration,
    Court,
}

impl By {
    const fn code(self) -> v1::Initiator {
        match self {
            Self::Unknown => v1::Initiator::Unspecified,
            Self::Employer => v1::Initiator::Employer,
            Self::Apprentice => v1::Initiator::Apprentice,
            Self::Both => v1::Initiator::Both,
            Self::Liquidator => v1::Initiator::Liquidator,
            Self::Administration => v1::Initiator::Administration,
            Self::Court => v1::Initiator::Court,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Rupture {
    #[command(flatten)]
    on: On,
    /// The first day without contract; today when absent
    #[arg(long, value_name = "DAY", value_parser = day::parse)]
    from: Option<NaiveDate>,
    /// How
    #[arg(long, value_enum)]
    mode: Mode,
    /// By whom
    #[arg(long, value_enum)]
    by: By,
    /// When the other party was told in writing
    #[arg(long, value_name = "DAY", value_parser = day::parse)]
    notified: Option<NaiveDate>,
    /// When the mediator was asked
    #[arg(long, value_name = "DAY", value_parser = day::parse)]
    mediator: Option<NaiveDate>,
    /// When the employer was told that the apprentice leaves
    #[arg(long, value_name = "DAY", value_parser = day::parse)]
    informed: Option<NaiveDate>,
    /// Days of practical training in the company until then, when you have counted them
    #[arg(long, value_name = "DAYS")]
    practice_days: Option<u32>,
    /// A minor's representative signed too
    #[arg(long)]
    cosigned: bool,
    /// The code of the payroll return, as a cross-reference: --help lists them
    #[arg(long, value_name = "CODE", default_value = "0", value_parser = dsn_code, long_help = dsn_help(), hide_default_value = true)]
    dsn: u32,
    /// What was written, word for word; it is sealed. Told again without, a rupture has none
    #[arg(long, value_name = "TEXT", default_value = "")]
    words: String,
}

/// A code that is in no list is refused before anything is sent.
fn dsn_code(text: &str) -> Result<u32, String> {
    let number: u32 = text.parse().map_err(|_| "a code has three digits, as 084".to_owned())?;
    dsn::read(number, None).map(|_| number).map_err(|text| text.fr)
}

fn dsn_help() -> String {
    let codes = dsn::list(None).iter().map(|(code, label)| format!("\n  {code:03}  {label}"));
    let head =
        "The code of the payroll return (DSN, S21.G00.62.002), as a cross-reference; 0 for none:";
    std::iter::once(head.to_owned()).chain(codes).collect()
}

impl Rupture {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        act!(
            self.on,
            rupture_contract,
            RuptureContractRequest {
                on: told(self.from),
                mode: self.mode.code().into(),
                initiator: self.by.code().into(),
                notified_on: told(self.notified),
                mediator_on: told(self.mediator),
                informed_on: told(self.informed),
                cosigned: self.cosigned,
                practice_days: self.practice_days,
                dsn: self.dsn,
                verbatim: self.words.clone(),
            }
        )?;
        told_of_the_end(&self.on).await;
        Ok(())
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Complete {
    #[command(flatten)]
    on: On,
    /// Its last day, today or before; today when absent
    #[arg(long, value_name = "DAY", value_parser = day::parse)]
    last: Option<NaiveDate>,
    /// Before its term, once the diploma was obtained
    #[arg(long)]
    early: bool,
    /// Whether the diploma was obtained; not known yet when absent
    #[arg(long, value_name = "TRUE|FALSE")]
    diploma: Option<bool>,
    /// When the apprentice told the employer that they leave early
    #[arg(long, value_name = "DAY", value_parser = day::parse)]
    notified: Option<NaiveDate>,
}

impl Complete {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        act!(
            self.on,
            complete_contract,
            CompleteContractRequest {
                on: told(self.last),
                early: self.early,
                diploma: self.diploma,
                notified_on: told(self.notified),
            }
        )?;
        told_of_the_end(&self.on).await;
        Ok(())
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct ExamResult {
    #[command(flatten)]
    on: On,
    /// Whether the diploma was obtained
    #[arg(long, value_name = "TRUE|FALSE", action = clap::ArgAction::Set)]
    diploma: bool,
}

impl ExamResult {
    /// The same end, told once more with the result.
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let request = v1::GetContractWorkflowRequest { name: self.on.name(), ..Default::default() };
        let now = answer(self.on.connect().await?.get_contract_workflow(request).await)?;
        let end = now.end.context("le contrat n'a pas pris fin : indiquez sa fin (complete)")?;
        act!(
            self.on,
            complete_contract,
            CompleteContractRequest {
                on: end.on.clone(),
                early: end.early,
                diploma: Some(self.diploma),
                notified_on: end.notified_on.clone(),
            }
        )
    }
}
