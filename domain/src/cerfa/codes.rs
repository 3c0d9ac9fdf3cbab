//! The code lists of the form. A code is never given another meaning: one that is not in use any more stays readable.
//!
//! Source: CERFA 10103 and its notice 51649; the labels are the notice's, shortened.

use super::form::FormVersion;
use super::value::{CODE_UNKNOWN, Invalid, Value};
use crate::text::Text;
use std::fmt;

/// Declares a list: `Variant "code" "label";`, with the form's version that brought it when that is not the first.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $code:literal $label:literal $(since $since:ident)?;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = $label] $variant,)*
        }

        impl $name {
            /// Every code of the list, in its order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The code, as the form has it.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// What it means, in French.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),* }
            }

            /// The version of the form that has it first.
            #[must_use]
            pub const fn since(self) -> FormVersion {
                match self { $(Self::$variant => codes!(@since $($since)?)),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.code())
            }
        }

        impl Value for $name {
            fn read(text: &str) -> Result<Self, Invalid> {
                let same = |code: &str| {
                    code.eq_ignore_ascii_case(text.trim())
                        || code.strip_prefix('0').is_some_and(|short| !short.is_empty() && short == text.trim())
                };
                let found = Self::ALL.iter().copied().find(|one| same(one.code()));
                found.ok_or_else(|| unlisted(Self::ALL.iter().map(|one| one.code())))
            }

            fn since(&self) -> FormVersion {
                (*self).since()
            }
        }
    };
    (@since) => { FormVersion::V10 };
    (@since $since:ident) => { FormVersion::$since };
}

/// That a list has no such code, and which it has.
fn unlisted(codes: impl Iterator<Item = &'static str>) -> Invalid {
    let Invalid { rule, text } = CODE_UNKNOWN.into();
    let codes: Vec<&str> = codes.collect();
    let codes = codes.join(", ");
    let fr = format!("{} : {codes}.", text.fr.trim_end_matches('.'));
    Invalid { rule, text: Text::new(format!("{}: {codes}", text.en), fr) }
}

codes! {
    /// How the contract is concluded.
    ContractMode {
        FixedTerm "1" "à durée limitée";
        Permanent "2" "dans le cadre d'un CDI";
        TemporaryAgency "3" "entreprise de travail temporaire";
        Seasonal "4" "activités saisonnières à deux employeurs";
    }
}

codes! {
    /// The type of the contract, or of the amendment.
    ContractType {
        First "11" "premier contrat d'apprentissage de l'apprenti";
        SameEmployer "21" "nouveau contrat avec un apprenti qui a terminé son précédent contrat auprès du même employeur";
        OtherEmployer "22" "nouveau contrat avec un apprenti qui a terminé son précédent contrat auprès d'un autre employeur";
        AfterRupture "23" "nouveau contrat avec un apprenti dont le précédent contrat a été rompu";
        EmployerSituation "31" "modification de la situation juridique de l'employeur";
        EmployerChange "32" "changement d'employeur dans le cadre d'un contrat saisonnier";
        ExtensionAfterFailure "33" "prolongation du contrat suite à un échec à l'examen";
        ExtensionDisability "34" "prolongation du contrat suite à la reconnaissance de la qualité de travailleur handicapé";
        OtherDiploma "35" "diplôme supplémentaire ou différent préparé par l'apprenti";
        OtherChange "36" "autres changements : maître d'apprentissage, durée de travail, réduction de durée";
        Workplace "37" "modification du lieu d'exécution du contrat";
        TrainingPlace "38" "modification du lieu principal de réalisation de la formation";
    }
}

impl ContractType {
    /// Whether it amends a contract that runs.
    #[must_use]
    pub const fn is_amendment(self) -> bool {
        !matches!(self, Self::First | Self::SameEmployer | Self::OtherEmployer | Self::AfterRupture)
    }

    /// Whether an earlier contract is named.
    #[must_use]
    pub const fn follows(self) -> bool {
        !matches!(self, Self::First)
    }

    /// Whether the training agreement must be attached to what is deposited.
    #[must_use]
    pub const fn needs_training_agreement(self) -> bool {
        !matches!(
            self,
            Self::ExtensionAfterFailure | Self::ExtensionDisability | Self::TrainingPlace
        )
    }
}

codes! {
    /// What the contract departs from.
    Derogation {
        UnderSixteen "11" "âge de l'apprenti inférieur à 16 ans";
        OverTwentyNine "12" "âge supérieur à 29 ans : cas particuliers prévus par le code du travail";
        Shortened "21" "réduction de la durée du contrat ou de la période d'apprentissage";
        Lengthened "22" "allongement de la durée du contrat ou de la période d'apprentissage";
        Several "50" "cumul de dérogations";
        Other "60" "autre dérogation";
        None "99" "aucune dérogation";
    }
}

codes! {
    /// The law that the employer is under.
    Sector {
        Private "prive" "employeur privé";
        Public "public" "employeur public";
    }
}

codes! {
    /// What kind of employer.
    EmployerType {
        TradesRegister "11" "entreprise inscrite au répertoire des métiers ou au registre des entreprises d'Alsace-Moselle";
        CompanyRegister "12" "entreprise inscrite uniquement au registre du commerce et des sociétés";
        Agricultural "13" "entreprise dont les salariés relèvent de la mutualité sociale agricole";
        Liberal "14" "profession libérale";
        Association "15" "association";
        OtherPrivate "16" "autre employeur privé";
        StateService "21" "service de l'État : administrations centrales et leurs services déconcentrés";
        Commune "22" "commune";
        Departement "23" "département";
        Region "24" "région";
        Hospital "25" "établissement public hospitalier";
        LocalSchool "26" "établissement public local d'enseignement";
        StateEstablishment "27" "établissement public administratif de l'État";
        LocalEstablishment "28" "établissement public administratif local, dont coopération intercommunale";
        OtherPublic "29" "autre employeur public";
        Epic "30" "établissement public industriel et commercial" since V12;
    }
}

impl EmployerType {
    /// Whether its apprentices have contracts of the public sector that is neither industrial nor commercial
    /// (art. L. 6227-1): an establishment of industrial and commercial kind has private ones, and an OPCO.
    #[must_use]
    pub fn is_public_law(self) -> bool {
        self.is_public() && self != Self::Epic
    }

    /// Whether it is listed with the public employers.
    #[must_use]
    pub fn is_public(self) -> bool {
        self >= Self::StateService
    }
}

codes! {
    /// What is particular of the employer.
    EmployerSpecificity {
        TemporaryAgency "1" "entreprise de travail temporaire";
        EmployersGroup "2" "groupement d'employeurs";
        Seasonal "3" "employeur saisonnier";
        Family "4" "apprentissage familial : l'employeur est un ascendant de l'apprenti";
        Nothing "0" "aucun de ces cas";
    }
}

codes! {
    /// The apprentice's nationality.
    Nationality {
        French "1" "française";
        EuropeanUnion "2" "Union européenne";
        Other "3" "hors de l'Union européenne";
    }
}

codes! {
    /// The apprentice's sex, as the form asks for it.
    Sex {
        Female "F" "féminin";
        Male "M" "masculin";
    }
}

codes! {
    /// The apprentice's social scheme.
    SocialScheme {
        Msa "1" "MSA";
        Urssaf "2" "URSSAF";
    }
}

codes! {
    /// What the apprentice did before the contract.
    PriorSituation {
        School "1" "scolaire, hors contrat de formation en alternance";
        PreApprenticeship "2" "prépa-apprentissage";
        Student "3" "étudiant";
        Apprenticeship "4" "contrat d'apprentissage";
        Professionalisation "5" "contrat de professionnalisation";
        SubsidisedJob "6" "contrat aidé";
        CfaBeforeContract "7" "en formation au CFA sous statut de stagiaire avant signature du contrat (L. 6222-12-1)";
        CfaAfterRupture "8" "en formation au CFA sans contrat suite à une rupture (5° de L. 6231-2)";
        OtherTrainee "9" "stagiaire de la formation professionnelle";
        Employee "10" "salarié";
        JobSeeker "11" "personne à la recherche d'un emploi";
        Inactive "12" "inactif";
    }
}

codes! {
    /// The last class that the apprentice followed.
    LastClass {
        LastYearPassed "01" "dernière année du cycle de formation suivie, diplôme ou titre obtenu";
        FirstYearPassed "11" "première année du cycle validée";
        FirstYearNotPassed "12" "première année du cycle non validée";
        SecondYearPassed "21" "deuxième année du cycle validée";
        SecondYearNotPassed "22" "deuxième année du cycle non validée";
        ThirdYearPassed "31" "troisième année du cycle validée";
        ThirdYearNotPassed "32" "troisième année du cycle non validée";
        CollegeFinished "40" "premier cycle de l'enseignement secondaire achevé";
        StoppedIn3e "41" "études interrompues en classe de 3e";
        StoppedIn4e "42" "études interrompues en classe de 4e";
    }
}

codes! {
    /// A diploma or title.
    Diploma {
        None "13" "aucun diplôme ni titre professionnel";
        Brevet "25" "diplôme national du brevet";
        Cfg "26" "certificat de formation générale";
        Cap "33" "CAP";
        Bep "34" "BEP";
        MentionComplementaire "35" "mention complémentaire";
        OtherCapLevel "38" "autre diplôme ou titre de niveau CAP ou BEP";
        BacPro "41" "baccalauréat professionnel";
        BacGeneral "42" "baccalauréat général";
        BacTechno "43" "baccalauréat technologique";
        OtherBacLevel "49" "autre diplôme ou titre de niveau bac";
        Bts "54" "brevet de technicien supérieur";
        Dut "55" "diplôme universitaire de technologie";
        OtherBac2 "58" "autre diplôme ou titre de niveau bac+2";
        M1 "61" "première année de master";
        LicencePro "62" "licence professionnelle";
        Licence "63" "licence générale";
        OtherBac3 "69" "autre diplôme ou titre de niveau bac+3 ou 4";
        MasterPro "71" "master professionnel";
        MasterResearch "72" "master recherche";
        Master "73" "master";
        School "74" "diplôme d'ingénieur ou d'école de commerce";
        OtherBac5 "79" "autre diplôme ou titre de niveau bac+5 ou plus";
        Doctorate "80" "doctorat";
    }
}

/// The levels of the diplomas that an apprenticeship prepares.
pub const LEVELS: std::ops::RangeInclusive<u8> = 3..=8;

impl Diploma {
    /// The level of the national framework (décret 2019-14), from 3 to 8; 0 below.
    #[must_use]
    pub const fn level(self) -> u8 {
        match self {
            Self::None | Self::Brevet | Self::Cfg => 0,
            Self::Cap | Self::Bep | Self::MentionComplementaire | Self::OtherCapLevel => 3,
            Self::BacPro | Self::BacGeneral | Self::BacTechno | Self::OtherBacLevel => 4,
            Self::Bts | Self::Dut | Self::OtherBac2 => 5,
            Self::M1 | Self::LicencePro | Self::Licence | Self::OtherBac3 => 6,
            Self::MasterPro
            | Self::MasterResearch
            | Self::Master
            | Self::School
            | Self::OtherBac5 => 7,
            Self::Doctorate => 8,
        }
    }
}

codes! {
    /// The level of the maître d'apprentissage's highest diploma.
    MasterLevel {
        None "0" "aucun diplôme";
        L3 "3" "niveau 3 : CAP, BEP";
        L4 "4" "niveau 4 : baccalauréat";
        L5 "5" "niveau 5 : bac+2";
        L6 "6" "niveau 6 : licence, maîtrise";
        L7 "7" "niveau 7 : master, diplôme d'ingénieur";
        L8 "8" "niveau 8 : doctorat";
    }
}

codes! {
    /// What a rate of pay is taken of.
    PayBasis {
        Smic "SMIC" "salaire minimum de croissance";
        Smc "SMC" "salaire minimum conventionnel";
    }
}

codes! {
    /// How the diploma or title is prepared.
    TrainingKind {
        StateDiploma "diplome" "diplôme de l'Éducation nationale, de l'enseignement supérieur ou d'un autre ministère";
        Title "titre" "titre à finalité professionnelle enregistré au RNCP";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn is_a_list<T: Value + Copy + PartialEq + fmt::Debug>(
        all: &[T],
        label: fn(T) -> &'static str,
    ) {
        let codes: BTreeSet<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(codes.len(), all.len(), "a code comes twice");
        let labels: BTreeSet<&str> = all.iter().map(|one| label(*one)).collect();
        assert_eq!(labels.len(), all.len(), "a label comes twice");
        for one in all {
            assert_eq!(T::read(&format!(" {one} ")).unwrap(), *one);
        }
        for other in ["", "100", "x", "00"] {
            assert_eq!(T::read(other).unwrap_err().rule, "CODE_UNKNOWN", "{other}");
        }
    }

    #[test]
    fn every_code_is_read_as_it_is_written_and_means_one_thing() {
        is_a_list(ContractMode::ALL, ContractMode::label);
        is_a_list(ContractType::ALL, ContractType::label);
        is_a_list(Derogation::ALL, Derogation::label);
        is_a_list(Sector::ALL, Sector::label);
        is_a_list(EmployerType::ALL, EmployerType::label);
        is_a_list(EmployerSpecificity::ALL, EmployerSpecificity::label);
        is_a_list(Nationality::ALL, Nationality::label);
        is_a_list(Sex::ALL, Sex::label);
        is_a_list(SocialScheme::ALL, SocialScheme::label);
        is_a_list(PriorSituation::ALL, PriorSituation::label);
        is_a_list(LastClass::ALL, LastClass::label);
        is_a_list(Diploma::ALL, Diploma::label);
        is_a_list(MasterLevel::ALL, MasterLevel::label);
        is_a_list(PayBasis::ALL, PayBasis::label);
        is_a_list(TrainingKind::ALL, TrainingKind::label);
        assert_eq!(LastClass::read("1").unwrap(), LastClass::LastYearPassed);
    }

    #[test]
    fn an_establishment_of_industrial_kind_is_public_but_its_contracts_are_private() {
        let public: Vec<&str> = EmployerType::ALL
            .iter()
            .filter(|kind| kind.is_public())
            .map(|kind| kind.code())
            .collect();
        assert_eq!(public, ["21", "22", "23", "24", "25", "26", "27", "28", "29", "30"]);
        assert!(!EmployerType::Epic.is_public_law() && EmployerType::OtherPublic.is_public_law());
        assert_eq!(EmployerType::Epic.since(), FormVersion::V12);
    }

    #[test]
    fn the_training_agreement_is_asked_for_with_the_types_that_need_it() {
        let with: Vec<&str> = ContractType::ALL
            .iter()
            .filter(|kind| kind.needs_training_agreement())
            .map(|kind| kind.code())
            .collect();
        assert_eq!(with, ["11", "21", "22", "23", "31", "32", "35", "36", "37"]);
    }
}
