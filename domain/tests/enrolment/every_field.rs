//! No field of the v3 push is forgotten: each one that changes is written.

use super::common::*;
use domain::dossier::{ContractColumn, Declaration, Field};
use domain::enrolment::{Sex, Stated};
use domain::identifiers::{Cfd, InseeCommune, Postcode, Rncp};
use std::collections::BTreeSet;

type Change = (Field, fn(&mut Declaration));

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

fn postcode() -> Option<Postcode> {
    Postcode::parse("75011").ok()
}

fn commune() -> Option<InseeCommune> {
    InseeCommune::parse("75111").ok()
}

/// One change a field, contracts aside.
fn changes() -> Vec<Change> {
    vec![
        (Field::NomApprenant, |r| r.identity.last_name = "LE GALL".to_owned()),
        (Field::PrenomApprenant, |r| r.identity.first_name = "Maël".to_owned()),
        (Field::DateDeNaissanceApprenant, |r| r.identity.born_on = day("2007-03-15")),
        (Field::AnneeScolaire, |r| r.training.school_year = school_year("2025-2026")),
        (Field::IdErpApprenant, |r| r.identity.id_erp = "A-18".to_owned()),
        (Field::DateInscriptionFormation, |r| r.training.enrolled_on = day("2024-06-16")),
        (Field::DateEntreeFormation, |r| r.training.entry_on = day("2024-09-03")),
        (Field::DateFinFormation, |r| r.training.end_on = day("2026-07-01")),
        (Field::EtablissementResponsableUai, |r| r.training.responsible.uai = lyon().uai),
        (Field::EtablissementResponsableSiret, |r| r.training.responsible.siret = lyon().siret),
        (Field::EtablissementFormateurUai, |r| r.training.trainer.uai = lyon().uai),
        (Field::EtablissementFormateurSiret, |r| r.training.trainer.siret = lyon().siret),
        (Field::EtablissementLieuDeFormationUai, |r| r.training.place.uai = Some(lyon().uai)),
        (Field::EtablissementLieuDeFormationSiret, |r| r.training.place.siret = Some(lyon().siret)),
        (Field::EtablissementLieuDeFormationAdresse, |r| r.training.place.address = text("RUE")),
        (Field::EtablissementLieuDeFormationCodePostal, |r| r.training.place.postcode = postcode()),
        (Field::StatutApprenant, |r| r.facets.declared_status = Some(3)),
        (Field::DateMetierMiseAJourStatut, |r| {
            r.facets.declared_status_on = Some(day("2024-10-01"));
        }),
        (Field::IneApprenant, |r| r.identity.ine = Some(claimed("120890177FA"))),
        (Field::NirApprenant, |r| r.facets.has_nir = true),
        (Field::EmailContact, |r| r.contact.email = text("m@example.org")),
        (Field::TelApprenant, |r| r.contact.phone = Some(claimed("0612345678"))),
        (Field::AdresseApprenant, |r| r.contact.address = text("1 RUE DU FOUR")),
        (Field::CodePostalApprenant, |r| r.contact.postcode = postcode()),
        (Field::CodePostalDeNaissanceApprenant, |r| r.identity.birth_postcode = postcode()),
        (Field::CodeCommuneInseeApprenant, |r| r.contact.commune = commune()),
        (Field::CodeCommuneInseeDeNaissanceApprenant, |r| r.identity.birth_commune = commune()),
        (Field::SexeApprenant, |r| r.facets.sex = Some(Sex::Female)),
        (Field::RqthApprenant, |r| r.disability.rqth = Some(false)),
        (Field::DateRqthApprenant, |r| r.disability.rqth_on = Some(day("2024-01-05"))),
        (Field::ResponsableApprenantMail1, |r| r.guardians.email_1 = text("a@example.org")),
        (Field::ResponsableApprenantMail2, |r| r.guardians.email_2 = text("b@example.org")),
        (Field::FormationCfd, |r| r.training.certification.cfd = Cfd::parse("50022137").ok()),
        (Field::FormationRncp, |r| r.training.certification.rncp = Rncp::parse("RNCP37537").ok()),
        (Field::LibelleCourtFormation, |r| r.training.title = text("CAP PATISSIER")),
        (Field::AnneeFormation, |r| r.training.year_of_training = Some(2)),
        (Field::DureeTheoriqueFormation, |r| r.training.theoretical_years = Some(2)),
        (Field::DureeTheoriqueFormationMois, |r| r.training.theoretical_months = Some(24)),
        (Field::FormationPresentielle, |r| r.training.in_person = Some(false)),
        (Field::ObtentionDiplomeFormation, |r| r.diploma = Some(true)),
        (Field::DateObtentionDiplomeFormation, |r| {
            r.diploma = Some(true);
            r.diploma_on = Some(day("2026-07-05"));
        }),
        (Field::DateExclusionFormation, |r| r.excluded_on = Some(day("2025-02-03"))),
        (Field::CauseExclusionFormation, |r| {
            r.excluded_on = Some(day("2025-02-03"));
            r.exclusion_cause = text("absences");
        }),
        (Field::NomReferentHandicapFormation, |r| r.referent.last_name = text("ROUX")),
        (Field::PrenomReferentHandicapFormation, |r| r.referent.first_name = text("Anne")),
        (Field::EmailReferentHandicapFormation, |r| r.referent.email = text("r@example.org")),
        (Field::CustomStatutApprenant, |r| r.background.custom_status = text("EN COURS")),
        (Field::DerniereSituation, |r| r.background.last_situation = Some(1003)),
        (Field::DernierOrganismeUai, |r| r.background.last_organisation = text("075")),
        (Field::TypeCfa, |r| r.training.cfa_type = Some(3)),
    ]
}

fn contract_fields() -> BTreeSet<Field> {
    use ContractColumn as C;
    let columns = [C::Start, C::End, C::Rupture, C::Cause, C::Employer];
    (1..=4).flat_map(|slot| columns.map(|column| Field::of_contract(slot, column))).collect()
}

#[test]
fn the_changes_cover_the_dictionary() {
    let mut covered = contract_fields();
    covered.extend(changes().into_iter().map(|(field, _)| field));
    assert_eq!(covered, Field::ALL.iter().copied().collect());
}

#[test]
fn each_field_that_changes_is_one_event_once_and_stays_when_an_older_row_comes() {
    for (field, change) in changes() {
        let changed = row().with(change);
        let mut stream = Stream::default();
        stream.partial(1, row());
        assert_eq!(stream.partial(3, changed.clone()).events.len(), 1, "{field:?} is written");
        let again = stream.partial(4, changed.clone());
        assert!(again.events.is_empty(), "{field:?} is written once");
        assert_eq!(again.stated, Stated::Everything, "{field:?} is known to be stated");
        let events = stream.state.events.len();
        assert!(stream.partial(2, row()).events.is_empty(), "{field:?} stays");
        assert_eq!(stream.state.events.len(), events);
    }
}

#[test]
fn a_row_that_misses_one_known_field_has_not_stated_everything() {
    // The plain row always tells its title and year, as it does what is required.
    let told = [Field::LibelleCourtFormation, Field::AnneeFormation];
    for (field, change) in changes() {
        if field.required() || told.contains(&field) {
            continue;
        }
        let mut stream = Stream::default();
        stream.partial(1, row().with(change));
        let decision = stream.partial(2, row());
        assert!(matches!(decision.stated, Stated::Only(_)), "{field:?} was not stated");
    }
}
