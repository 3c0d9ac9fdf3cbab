//! Which learners, and split by what.

use clap::ValueEnum;
use proto::v1;

/// Which learners. All conditions hold together.
#[derive(Debug, clap::Args)]
pub struct Filter {
    /// Only this région (INSEE code, such as 11)
    #[arg(long, value_name = "CODE")]
    region: Option<String>,
    /// Only this département (such as 75 or 2A)
    #[arg(long, value_name = "CODE")]
    departement: Option<String>,
    /// Only this académie (code)
    #[arg(long, value_name = "CODE")]
    academie: Option<String>,
    /// Territories are those of the learner's home, not of the CFA
    #[arg(long)]
    home: bool,
    /// Only this CFA
    #[arg(long, value_name = "UAI")]
    cfa: Option<String>,
    /// Only this certification
    #[arg(long)]
    rncp: Option<String>,
    /// Only this certification
    #[arg(long)]
    cfd: Option<String>,
    /// Only this European level
    #[arg(long, value_parser = clap::value_parser!(u32).range(3..=8))]
    level: Option<u32>,
    /// Only this age band
    #[arg(long, value_enum)]
    age: Option<Age>,
}

/// Age bands of the national dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Age {
    /// Under 18.
    #[value(name = "under-18")]
    Under18,
    /// 18 to 20.
    #[value(name = "18-20")]
    From18To20,
    /// 21 to 25.
    #[value(name = "21-25")]
    From21To25,
    /// 26 and over.
    #[value(name = "26-and-over")]
    From26,
    /// The birth month is not known.
    Unknown,
}

impl Filter {
    /// As the services take it.
    #[must_use]
    pub fn message(&self) -> v1::HeadcountFilter {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let territory = if self.home { v1::TerritoryOf::Home } else { v1::TerritoryOf::Cfa };
        v1::HeadcountFilter {
            territory_of: territory.into(),
            region: text(&self.region),
            departement: text(&self.departement),
            academie: text(&self.academie),
            trainer_uai: text(&self.cfa),
            rncp: text(&self.rncp),
            cfd: text(&self.cfd),
            level: self.level.unwrap_or(0),
            age_band: self.age.map_or(v1::AgeBand::Unspecified, Age::code).into(),
        }
    }

    /// The CFA, or nothing.
    #[must_use]
    pub fn cfa(&self) -> String {
        self.cfa.clone().unwrap_or_default()
    }
}

impl Age {
    fn code(self) -> v1::AgeBand {
        match self {
            Self::Under18 => v1::AgeBand::Under18,
            Self::From18To20 => v1::AgeBand::AgeBand18To20,
            Self::From21To25 => v1::AgeBand::AgeBand21To25,
            Self::From26 => v1::AgeBand::AgeBand26AndOver,
            Self::Unknown => v1::AgeBand::Unknown,
        }
    }
}

/// One dimension to split by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Split {
    /// By région.
    Region,
    /// By département.
    Departement,
    /// By académie.
    Academie,
    /// By CFA.
    Cfa,
    /// By certification.
    Certification,
    /// By level.
    Level,
    /// By age band.
    Age,
}

impl Split {
    /// As the services take it.
    #[must_use]
    pub fn code(split: Option<Self>) -> i32 {
        match split {
            None => v1::GroupBy::Unspecified,
            Some(Self::Region) => v1::GroupBy::Region,
            Some(Self::Departement) => v1::GroupBy::Departement,
            Some(Self::Academie) => v1::GroupBy::Academie,
            Some(Self::Cfa) => v1::GroupBy::Trainer,
            Some(Self::Certification) => v1::GroupBy::Certification,
            Some(Self::Level) => v1::GroupBy::Level,
            Some(Self::Age) => v1::GroupBy::AgeBand,
        }
        .into()
    }
}
