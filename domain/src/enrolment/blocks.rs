//! The parts of a dossier that an event states whole.

use crate::identifiers::{Cfd, InseeCommune, Postcode, Rncp, SchoolYear, Siret, Uai};
use crate::ids::ContractId;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A value of a sealed section, as a reader got it.
///
/// `Hidden` means that the reader did not ask for it, may not see it, or that
/// its key is gone: it never means "absent".
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Opened<T> {
    /// The section was opened.
    Clear(T),
    /// The section exists and was not opened.
    Hidden,
}

/// Shows whether the section was opened, never what is in it.
impl<T> fmt::Debug for Opened<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.clear().is_some() { "Clear(…)" } else { "Hidden" })
    }
}

/// `Debug` of what is personal shows its name alone: a log line or the message of a panic must
/// not tell what the sections seal.
macro_rules! shown_by_name {
    ($($block:ident)*) => { $(
        impl fmt::Debug for $block {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($block), "(…)"))
            }
        }
    )* };
}
shown_by_name!(Claimed Identity Contact Disability Guardians Referent Background Employer);

impl<T> Opened<T> {
    /// The value, when the section was opened.
    pub const fn clear(&self) -> Option<&T> {
        match self {
            Self::Clear(value) => Some(value),
            Self::Hidden => None,
        }
    }
}

/// A doubtful value is kept as it was said; `verified` tells whether its own
/// check (INE form, SIRET key, phone plan) passed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimed {
    /// The normalised text.
    pub text: String,
    /// Whether its check passed.
    pub verified: bool,
}

/// One establishment, by its two identifiers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Establishment {
    /// Its UAI, check letter tested.
    pub uai: Uai,
    /// Its SIRET, key tested.
    pub siret: Siret,
}

/// Where the training takes place, as far as it is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its UAI.
    pub uai: Option<Uai>,
    /// Its SIRET.
    pub siret: Option<Siret>,
    /// Its street address.
    pub address: Option<String>,
    /// Its postcode.
    pub postcode: Option<Postcode>,
}

/// What is prepared: a couple (CFD, RNCP) of which either side may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Certification {
    /// Code formation diplôme.
    pub cfd: Option<Cfd>,
    /// Répertoire national des certifications professionnelles.
    pub rncp: Option<Rncp>,
}

/// The training: public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Training {
    /// The school year of the declaration: an attribute, not an identity.
    pub school_year: SchoolYear,
    /// `date_inscription_formation`
    pub enrolled_on: NaiveDate,
    /// `date_entree_formation`: first day of the session.
    pub entry_on: NaiveDate,
    /// `date_fin_formation`: last day of the session.
    pub end_on: NaiveDate,
    /// Who signs and holds the certification.
    pub responsible: Establishment,
    /// Who delivers the training; owns the dossier.
    pub trainer: Establishment,
    /// Where, when it is told.
    pub place: Place,
    /// What is prepared.
    pub certification: Certification,
    /// `libelle_court_formation`
    pub title: Option<String>,
    /// `annee_formation`, 0 to 5.
    pub year_of_training: Option<u8>,
    /// `duree_theorique_formation`, years 1 to 4.
    pub theoretical_years: Option<u8>,
    /// `duree_theorique_formation_mois`, months 1 to 48.
    pub theoretical_months: Option<u8>,
    /// `formation_presentielle`
    pub in_person: Option<bool>,
    /// `type_cfa`, 1 to 10.
    pub cfa_type: Option<u8>,
}

/// `sexe_apprenant`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Sex {
    /// M, H or 1
    Male,
    /// F or 2
    Female,
}

/// The public facets of a person: what statistics keep after an erasure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facets {
    /// First day of the month of birth.
    pub birth_month: Option<NaiveDate>,
    /// Sex, when told.
    pub sex: Option<Sex>,
    /// Code of the département of the home (`01`, `2A`, `974`), from the commune or the postcode.
    pub home_departement: Option<String>,
    /// Whether the row carried a NIR (which is never stored).
    pub has_nir: bool,
    /// `statut_apprenant`: 0 abandon, 2 inscrit, 3 apprenti; a hint, never the computed status.
    pub declared_status: Option<u8>,
    /// Civil day of `date_metier_mise_a_jour_statut`.
    pub declared_status_on: Option<NaiveDate>,
}

/// Sealed: who the learner is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `nom_apprenant`, trimmed, upper case; may be empty when the person has one name only.
    pub last_name: String,
    /// `prenom_apprenant`, trimmed; may be empty.
    pub first_name: String,
    /// `date_de_naissance_apprenant`
    pub born_on: NaiveDate,
    /// `id_erp_apprenant`, as the source writes it, trimmed.
    pub id_erp: String,
    /// `ine_apprenant`
    pub ine: Option<Claimed>,
    /// `code_postal_de_naissance_apprenant`
    pub birth_postcode: Option<Postcode>,
    /// `code_commune_insee_de_naissance_apprenant`
    pub birth_commune: Option<InseeCommune>,
}

/// Sealed: how to reach the learner.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// `email_contact`, lower case.
    pub email: Option<String>,
    /// `tel_apprenant`: `0XXXXXXXXX` for France, E.164 elsewhere when verified.
    pub phone: Option<Claimed>,
    /// `adresse_apprenant`
    pub address: Option<String>,
    /// `code_postal_apprenant`
    pub postcode: Option<Postcode>,
    /// `code_commune_insee_apprenant`
    pub commune: Option<InseeCommune>,
}

/// Sealed apart, as sensitive data: recognition as a disabled worker.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disability {
    /// `rqth_apprenant`
    pub rqth: Option<bool>,
    /// `date_rqth_apprenant`
    pub rqth_on: Option<NaiveDate>,
}

/// Sealed, of another person: the legal representatives.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guardians {
    /// `responsable_apprenant_mail1`
    pub email_1: Option<String>,
    /// `responsable_apprenant_mail2`
    pub email_2: Option<String>,
}

/// Sealed, of another person: the CFA's disability referent.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Referent {
    /// `nom_referent_handicap_formation`
    pub last_name: Option<String>,
    /// `prenom_referent_handicap_formation`
    pub first_name: Option<String>,
    /// `email_referent_handicap_formation`
    pub email: Option<String>,
}

/// Sealed: what the learner did before, and the source's own words.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Background {
    /// `derniere_situation`, SIFA code.
    pub last_situation: Option<u16>,
    /// `dernier_organisme_uai`: a UAI or a département.
    pub last_organisation: Option<String>,
    /// `custom_statut_apprenant`
    pub custom_status: Option<String>,
}

/// What is public of a contract: its dates and what its employer is like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractTerms {
    /// The slot (1 to 4) of the v3 row that declared it; 0 when no slot did.
    pub slot: u8,
    /// First day.
    pub start_on: NaiveDate,
    /// Last day agreed, when told.
    pub end_on: Option<NaiveDate>,
    /// What kind of employer.
    pub employer: EmployerFacets,
}

/// The public facets of an employer, who may be a sole trader.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmployerFacets {
    /// Two digits of the NAF.
    pub naf_division: Option<u8>,
    /// Size band, Dares grouping: 1 for 0–4, 2 for 5–9, 3 for 10–49, 4 for 50–249, 5 for 250+.
    pub size_band: Option<u8>,
    /// Whether the employer is public.
    pub public: Option<bool>,
    /// Département of the workplace.
    pub departement: Option<String>,
}

/// Sealed: what names the employer or the contract.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employer {
    /// `siret_employeur`
    pub siret: Option<Claimed>,
    /// Deposit number (DECA), when the source knows it; v3 rows do not.
    pub deposit_number: Option<String>,
}

/// How a contract was broken (facts: contract law, section 8; Code du travail
/// L6222-18 and following).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RuptureMode {
    /// Not told (every v3 push: free text only).
    Unknown,
    /// Within the first 45 days of practical training (L6222-18).
    FreePeriod,
    /// Agreement of both parties (L6222-18).
    MutualAgreement,
    /// Dismissal, force majeure (L6222-18).
    ForceMajeure,
    /// Dismissal, serious fault (L6222-18).
    SeriousFault,
    /// Dismissal, unfitness (L6222-18).
    Unfitness,
    /// Death of the employer who was the maître d'apprentissage (L6222-18).
    EmployerDeath,
    /// Definitive exclusion from the CFA (L6222-18-1).
    CfaExclusion,
    /// The apprentice's own initiative after the free period (L6222-18, D6222-21-1).
    ApprenticeInitiative,
    /// Diploma obtained (L6222-19).
    Diploma,
    /// Judicial liquidation (L6222-18).
    Liquidation,
    /// Opposition or suspension by the administration (L6225-3 to -5).
    Administrative,
    /// Court termination (contracts before 2019).
    Judicial,
}

/// Who broke a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Initiator {
    /// Not told.
    Unknown,
    /// The employer.
    Employer,
    /// The apprentice.
    Apprentice,
    /// Both parties.
    Both,
    /// The liquidator.
    Liquidator,
    /// The labour administration.
    Administration,
    /// A court.
    Court,
}

/// A rupture, as it was declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rupture {
    /// Which contract.
    pub contract: ContractId,
    /// The first day without contract.
    pub effective_on: NaiveDate,
    /// When the CFA or the deposit body was told (R6222-21), when known.
    pub notified_on: Option<NaiveDate>,
    /// How.
    pub mode: RuptureMode,
    /// By whom.
    pub initiator: Initiator,
    /// `cause_rupture_contrat`, word for word; sealed.
    pub verbatim: Option<Opened<String>>,
}
