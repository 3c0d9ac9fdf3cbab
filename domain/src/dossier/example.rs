//! Rows for tests, here and in the other rooms (cargo feature `testing`).

use super::fields::Field;
use super::raw::{RawDossier, RawValue};

/// The row of an ordinary apprentice with one running contract, without a
/// warning when extracted from 2024-10-01 on. The persons and companies are made up.
#[must_use]
pub fn example_row() -> RawDossier {
    filled(
        RawDossier::default(),
        &[
            (Field::NomApprenant, "D'ALENÇON"),
            (Field::PrenomApprenant, "Zoé"),
            (Field::DateDeNaissanceApprenant, "2006-04-17"),
            (Field::AnneeScolaire, "2024-2025"),
            (Field::IdErpApprenant, "A-1001"),
            (Field::DateInscriptionFormation, "2024-06-15"),
            (Field::DateEntreeFormation, "2024-09-01"),
            (Field::DateFinFormation, "2026-08-31"),
            (Field::EtablissementResponsableUai, "0751234J"),
            (Field::EtablissementResponsableSiret, "13002526500013"),
            (Field::EtablissementFormateurUai, "0010826T"),
            (Field::EtablissementFormateurSiret, "12345678200010"),
            (Field::IneApprenant, "0123A45678C"),
            (Field::EmailContact, "zoe.dalencon@exemple.fr"),
            (Field::TelApprenant, "0612345678"),
            (Field::AdresseApprenant, "12 rue de l'Église"),
            (Field::CodePostalApprenant, "01000"),
            (Field::CodeCommuneInseeApprenant, "01053"),
            (Field::SexeApprenant, "F"),
            (Field::FormationCfd, "40025214"),
            (Field::FormationRncp, "RNCP35316"),
            (Field::LibelleCourtFormation, "CAP Cuisine"),
            (Field::ContratDateDebut, "2024-09-02"),
            (Field::ContratDateFin, "2026-08-31"),
            (Field::SiretEmployeur, "73282932000074"),
        ],
    )
}

/// A row with every field of the dictionary, without a warning when extracted
/// from 2026-10-01 on: four broken contracts, an exclusion
/// and a diploma all the same, and a NIR.
#[must_use]
pub fn complete_row() -> RawDossier {
    let mut row = filled(
        example_row(),
        &[
            (Field::EtablissementLieuDeFormationUai, "0010826T"),
            (Field::EtablissementLieuDeFormationSiret, "12345678200010"),
            (Field::EtablissementLieuDeFormationAdresse, "3 place du Marché"),
            (Field::EtablissementLieuDeFormationCodePostal, "01000"),
            (Field::DateMetierMiseAJourStatut, "2024-09-02T06:30:00.000Z"),
            (Field::NirApprenant, "206040105301234"),
            (Field::CodePostalDeNaissanceApprenant, "97400"),
            (Field::CodeCommuneInseeDeNaissanceApprenant, "97411"),
            (Field::DateRqthApprenant, "2023-01-15"),
            (Field::ResponsableApprenantMail1, "parent.un@exemple.fr"),
            (Field::ResponsableApprenantMail2, "parent.deux@exemple.fr"),
            (Field::DateObtentionDiplomeFormation, "2026-07-05"),
            (Field::DateExclusionFormation, "2026-07-06"),
            (Field::CauseExclusionFormation, "Absences injustifiées"),
            (Field::NomReferentHandicapFormation, "Martin"),
            (Field::PrenomReferentHandicapFormation, "Anne"),
            (Field::EmailReferentHandicapFormation, "anne.martin@cfa.exemple.fr"),
            (Field::ContratDateFin, "2026-08-31"),
            (Field::ContratDateRupture, "2024-12-01"),
            (Field::CauseRuptureContrat, "Accord des deux parties"),
            (Field::ContratDateDebut2, "2025-01-06"),
            (Field::ContratDateFin2, "2026-08-31"),
            (Field::ContratDateRupture2, "2025-05-12"),
            (Field::CauseRuptureContrat2, "Liquidation"),
            (Field::SiretEmployeur2, "35600000000048"),
            (Field::ContratDateDebut3, "2025-06-02"),
            (Field::ContratDateFin3, "2026-08-31"),
            (Field::ContratDateRupture3, "2025-11-03"),
            (Field::CauseRuptureContrat3, "À l'initiative de l'apprenti"),
            (Field::SiretEmployeur3, "13002526500013"),
            (Field::ContratDateDebut4, "2025-12-01"),
            (Field::ContratDateFin4, "2026-08-31"),
            (Field::ContratDateRupture4, "2026-07-06"),
            (Field::CauseRuptureContrat4, "Exclusion du CFA"),
            (Field::SiretEmployeur4, "12345678200010"),
            (Field::CustomStatutApprenant, "En entreprise"),
            (Field::DernierOrganismeUai, "0751234J"),
            (Field::TypeCfa, "01"),
        ],
    );
    for (field, number) in [
        (Field::StatutApprenant, 3),
        (Field::AnneeFormation, 1),
        (Field::DureeTheoriqueFormation, 2),
        (Field::DureeTheoriqueFormationMois, 24),
        (Field::DerniereSituation, 1003),
    ] {
        row.set(field, Some(RawValue::Int(number)));
    }
    for field in
        [Field::RqthApprenant, Field::FormationPresentielle, Field::ObtentionDiplomeFormation]
    {
        row.set(field, Some(RawValue::Bool(true)));
    }
    row
}

fn filled(row: RawDossier, values: &[(Field, &str)]) -> RawDossier {
    values.iter().fold(row, |row, (field, text)| row.with(*field, text))
}
