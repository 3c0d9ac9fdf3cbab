//! Of whom somebody may speak, and under which names, as options.

use access::{Establishment, Role, Scope, Sources};
use anyhow::bail;
use domain::contract::body;
use domain::identifiers::{Siret, Uai};
use domain::ids::Source;

/// The options of `key create` and `grant give`.
#[derive(Debug, clap::Args)]
pub(super) struct ScopeOptions {
    /// What they do: cfa.depot (pushes, acts), cfa.lecture (reads), reseau, employeur (its contracts), opco
    /// (deposits), dreets, ddets, academie, auditeur, statistique, dpo, exploitation
    #[arg(long)]
    pub(super) role: Role,
    /// An establishment, UAI/SIRET; several times for several (cfa.*, reseau, auditeur)
    #[arg(long, value_name = "UAI/SIRET", value_parser = establishment)]
    cfa: Vec<Establishment>,
    /// An establishment of an employer, its SIRET; several times for several (employeur)
    #[arg(long, value_name = "SIRET", value_parser = siret)]
    employer: Vec<Siret>,
    /// The name of an OPCO, as in "OPCO 2i" (opco)
    #[arg(long, value_name = "NAME", value_parser = opco)]
    opco: Option<String>,
    /// INSEE code of a région (dreets, auditeur)
    #[arg(long, value_name = "CODE")]
    region: Option<String>,
    /// Code of a département (ddets, auditeur)
    #[arg(long, value_name = "CODE")]
    departement: Option<String>,
    /// Code of an académie (academie, auditeur)
    #[arg(long, value_name = "CODE")]
    academie: Option<String>,
    /// A source under which they push, or whose runs they read; several times for several
    #[arg(long, value_name = "NAME", value_parser = Source::parse)]
    source: Vec<Source>,
    /// How many days it holds
    #[arg(long, default_value_t = access::limits::KEY_DAYS, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(super) days: u32,
}

fn establishment(text: &str) -> Result<Establishment, String> {
    let (uai, siret) =
        text.split_once('/').ok_or("write UAI/SIRET, both: 0751234J/13002526500013")?;
    let said = |error: domain::identifiers::IdentifierError| error.text.en;
    Ok(Establishment {
        uai: Uai::parse(uai).map_err(said)?,
        siret: Siret::parse(siret).map_err(said)?,
    })
}

pub(super) fn siret(text: &str) -> Result<Siret, String> {
    Siret::parse(text).map_err(|error| error.text.en)
}

fn opco(text: &str) -> Result<String, String> {
    let known = body::opco(text).map(str::to_owned);
    known.ok_or_else(|| format!("one of {}", body::OPCOS.join(", ")))
}

impl ScopeOptions {
    /// The scope that is told; that of a role that needs none to be told otherwise.
    pub(super) fn scope(&self) -> anyhow::Result<Scope> {
        let cfas = (!self.cfa.is_empty())
            .then(|| Scope::Establishments(self.cfa.iter().copied().collect()));
        let employer = (!self.employer.is_empty())
            .then(|| Scope::Employer(self.employer.iter().copied().collect()));
        let told = [
            cfas,
            employer,
            self.opco.clone().map(Scope::Opco),
            self.region.clone().map(Scope::Region),
            self.departement.clone().map(Scope::Departement),
            self.academie.clone().map(Scope::Academie),
        ];
        let mut told = told.into_iter().flatten();
        match (told.next(), told.next(), self.role) {
            (Some(scope), None, _) => Ok(scope),
            (Some(_), Some(_), _) => {
                bail!("tell one kind of scope: CFAs, an employer, an OPCO or one territory")
            }
            (None, _, Role::Operator) => Ok(Scope::Nothing),
            (None, _, Role::Auditor | Role::Statistics | Role::Dpo | Role::Local) => {
                Ok(Scope::Everything)
            }
            (None, _, role) => {
                bail!(
                    "{role} needs a scope: --cfa, --employer, --opco, --region, --departement or --academie"
                )
            }
        }
    }

    /// The sources that are told.
    pub(super) fn sources(&self) -> Sources {
        Sources::Only(self.source.iter().cloned().collect())
    }
}
