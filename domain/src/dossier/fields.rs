//! The data dictionary of the v3 push: one line a field.

/// What kind of value a field carries on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text, dates included (the check tells them apart).
    Text,
    /// A whole number.
    Int,
    /// A yes or no.
    Bool,
}

/// Where a field's value lives in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// In the public body, readable for ever.
    Public,
    /// In a sealed section; only derived facets, if any, are public.
    Sealed,
    /// Never stored; only its presence is.
    PresenceOnly,
}

/// Calls a macro with the whole dictionary, in the order of the v3 push:
/// `variant name kind required visibility;` a field.
#[macro_export]
macro_rules! v3_fields {
    ($with:ident) => {
        $with! {
            NomApprenant nom_apprenant Text true Sealed;
            PrenomApprenant prenom_apprenant Text true Sealed;
            DateDeNaissanceApprenant date_de_naissance_apprenant Text true Sealed;
            AnneeScolaire annee_scolaire Text true Public;
            IdErpApprenant id_erp_apprenant Text true Sealed;
            DateInscriptionFormation date_inscription_formation Text true Public;
            DateEntreeFormation date_entree_formation Text true Public;
            DateFinFormation date_fin_formation Text true Public;
            EtablissementResponsableUai etablissement_responsable_uai Text true Public;
            EtablissementResponsableSiret etablissement_responsable_siret Text true Public;
            EtablissementFormateurUai etablissement_formateur_uai Text true Public;
            EtablissementFormateurSiret etablissement_formateur_siret Text true Public;
            EtablissementLieuDeFormationUai etablissement_lieu_de_formation_uai Text false Public;
            EtablissementLieuDeFormationSiret etablissement_lieu_de_formation_siret Text false Public;
            EtablissementLieuDeFormationAdresse etablissement_lieu_de_formation_adresse Text false Public;
            EtablissementLieuDeFormationCodePostal etablissement_lieu_de_formation_code_postal Text false Public;
            StatutApprenant statut_apprenant Int false Public;
            DateMetierMiseAJourStatut date_metier_mise_a_jour_statut Text false Public;
            IneApprenant ine_apprenant Text false Sealed;
            NirApprenant nir_apprenant Text false PresenceOnly;
            EmailContact email_contact Text false Sealed;
            TelApprenant tel_apprenant Text false Sealed;
            AdresseApprenant adresse_apprenant Text false Sealed;
            CodePostalApprenant code_postal_apprenant Text false Sealed;
            CodePostalDeNaissanceApprenant code_postal_de_naissance_apprenant Text false Sealed;
            CodeCommuneInseeApprenant code_commune_insee_apprenant Text false Sealed;
            CodeCommuneInseeDeNaissanceApprenant code_commune_insee_de_naissance_apprenant Text false Sealed;
            SexeApprenant sexe_apprenant Text false Public;
            RqthApprenant rqth_apprenant Bool false Sealed;
            DateRqthApprenant date_rqth_apprenant Text false Sealed;
            ResponsableApprenantMail1 responsable_apprenant_mail1 Text false Sealed;
            ResponsableApprenantMail2 responsable_apprenant_mail2 Text false Sealed;
            FormationCfd formation_cfd Text false Public;
            FormationRncp formation_rncp Text false Public;
            LibelleCourtFormation libelle_court_formation Text false Public;
            AnneeFormation annee_formation Int false Public;
            DureeTheoriqueFormation duree_theorique_formation Int false Public;
            DureeTheoriqueFormationMois duree_theorique_formation_mois Int false Public;
            FormationPresentielle formation_presentielle Bool false Public;
            ObtentionDiplomeFormation obtention_diplome_formation Bool false Public;
            DateObtentionDiplomeFormation date_obtention_diplome_formation Text false Public;
            DateExclusionFormation date_exclusion_formation Text false Public;
            CauseExclusionFormation cause_exclusion_formation Text false Sealed;
            NomReferentHandicapFormation nom_referent_handicap_formation Text false Sealed;
            PrenomReferentHandicapFormation prenom_referent_handicap_formation Text false Sealed;
            EmailReferentHandicapFormation email_referent_handicap_formation Text false Sealed;
            ContratDateDebut contrat_date_debut Text false Public;
            ContratDateFin contrat_date_fin Text false Public;
            ContratDateRupture contrat_date_rupture Text false Public;
            CauseRuptureContrat cause_rupture_contrat Text false Sealed;
            SiretEmployeur siret_employeur Text false Sealed;
            ContratDateDebut2 contrat_date_debut_2 Text false Public;
            ContratDateFin2 contrat_date_fin_2 Text false Public;
            ContratDateRupture2 contrat_date_rupture_2 Text false Public;
            CauseRuptureContrat2 cause_rupture_contrat_2 Text false Sealed;
            SiretEmployeur2 siret_employeur_2 Text false Sealed;
            ContratDateDebut3 contrat_date_debut_3 Text false Public;
            ContratDateFin3 contrat_date_fin_3 Text false Public;
            ContratDateRupture3 contrat_date_rupture_3 Text false Public;
            CauseRuptureContrat3 cause_rupture_contrat_3 Text false Sealed;
            SiretEmployeur3 siret_employeur_3 Text false Sealed;
            ContratDateDebut4 contrat_date_debut_4 Text false Public;
            ContratDateFin4 contrat_date_fin_4 Text false Public;
            ContratDateRupture4 contrat_date_rupture_4 Text false Public;
            CauseRuptureContrat4 cause_rupture_contrat_4 Text false Sealed;
            SiretEmployeur4 siret_employeur_4 Text false Sealed;
            CustomStatutApprenant custom_statut_apprenant Text false Sealed;
            DerniereSituation derniere_situation Int false Sealed;
            DernierOrganismeUai dernier_organisme_uai Text false Sealed;
            TypeCfa type_cfa Text false Public;
        }
    };
}

macro_rules! define {
    ($($variant:ident $name:ident $kind:ident $required:literal $visibility:ident;)*) => {
        /// One field of the v3 push.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Field {
            $(
                #[doc = concat!("`", stringify!($name), "`")]
                $variant,
            )*
        }

        impl Field {
            /// Every field, in the order of the push.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($name)),* }
            }

            /// What it carries on the wire.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind),* }
            }

            /// Whether the v3 contract requires it.
            #[must_use]
            pub const fn required(self) -> bool {
                match self { $(Self::$variant => $required),* }
            }

            /// Where its value lives in the record.
            #[must_use]
            pub const fn visibility(self) -> Visibility {
                match self { $(Self::$variant => Visibility::$visibility),* }
            }

            /// The field of a wire name; unknown names are `None` (v3 drops them).
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $(stringify!($name) => Some(Self::$variant),)* _ => None }
            }
        }
    };
}
v3_fields!(define);

/// One of the five columns of a contract slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContractColumn {
    /// `contrat_date_debut`
    Start,
    /// `contrat_date_fin`
    End,
    /// `contrat_date_rupture`
    Rupture,
    /// `cause_rupture_contrat`
    Cause,
    /// `siret_employeur`
    Employer,
}

impl Field {
    /// The number of contract slots in the format: its structural limit.
    pub const CONTRACT_SLOTS: u8 = 4;

    /// The column of contract slot `slot` (1 to 4).
    ///
    /// Slots outside 1 to 4 do not exist and give the column of slot 1.
    #[must_use]
    pub const fn of_contract(slot: u8, column: ContractColumn) -> Self {
        use ContractColumn as C;
        match (slot, column) {
            (2, C::Start) => Self::ContratDateDebut2,
            (2, C::End) => Self::ContratDateFin2,
            (2, C::Rupture) => Self::ContratDateRupture2,
            (2, C::Cause) => Self::CauseRuptureContrat2,
            (2, C::Employer) => Self::SiretEmployeur2,
            (3, C::Start) => Self::ContratDateDebut3,
            (3, C::End) => Self::ContratDateFin3,
            (3, C::Rupture) => Self::ContratDateRupture3,
            (3, C::Cause) => Self::CauseRuptureContrat3,
            (3, C::Employer) => Self::SiretEmployeur3,
            (4, C::Start) => Self::ContratDateDebut4,
            (4, C::End) => Self::ContratDateFin4,
            (4, C::Rupture) => Self::ContratDateRupture4,
            (4, C::Cause) => Self::CauseRuptureContrat4,
            (4, C::Employer) => Self::SiretEmployeur4,
            (_, C::Start) => Self::ContratDateDebut,
            (_, C::End) => Self::ContratDateFin,
            (_, C::Rupture) => Self::ContratDateRupture,
            (_, C::Cause) => Self::CauseRuptureContrat,
            (_, C::Employer) => Self::SiretEmployeur,
        }
    }
}
