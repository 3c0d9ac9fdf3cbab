//! What is learnt, where and when.

use super::reader::Reader;
use super::rules;
use crate::dossier::Field;
use crate::enrolment::{Certification, Establishment, Place, Training};
use crate::identifiers::{Cfd, Postcode, Rncp, SchoolYear, Siret, Uai};
use chrono::NaiveDate;

/// Reads the training; `None` when the reader holds a refusal.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Training> {
    let school_year = reader.identifier(Field::AnneeScolaire, SchoolYear::parse);
    let school_year = reader.must(Field::AnneeScolaire, school_year);
    let enrolled_on = required_day(reader, Field::DateInscriptionFormation);
    let entry_on = required_day(reader, Field::DateEntreeFormation);
    let end_on = required_day(reader, Field::DateFinFormation);
    if entry_on.zip(end_on).is_some_and(|(entry, end)| end < entry) {
        reader.unusable(Field::DateFinFormation, rules::TRAINING_END_BEFORE_ENTRY);
    }
    let responsible = establishment(
        reader,
        Field::EtablissementResponsableUai,
        Field::EtablissementResponsableSiret,
    );
    let trainer =
        establishment(reader, Field::EtablissementFormateurUai, Field::EtablissementFormateurSiret);
    let place = place(reader);
    let certification = Certification {
        cfd: reader.identifier(Field::FormationCfd, Cfd::parse),
        rncp: reader.identifier(Field::FormationRncp, Rncp::parse),
    };
    let title = title(reader);
    let year_of_training = small(reader, Field::AnneeFormation, |n| (0..=5).contains(&n));
    let theoretical_years = small(reader, Field::DureeTheoriqueFormation, |n| (1..=4).contains(&n));
    let theoretical_months =
        small(reader, Field::DureeTheoriqueFormationMois, |n| (1..=48).contains(&n));
    let in_person = reader.flag(Field::FormationPresentielle);
    let cfa_type = cfa_type(reader);
    Some(Training {
        school_year: school_year?,
        enrolled_on: enrolled_on?,
        entry_on: entry_on?,
        end_on: end_on?,
        responsible: responsible?,
        trainer: trainer?,
        place,
        certification,
        title,
        year_of_training,
        theoretical_years,
        theoretical_months,
        in_person,
        cfa_type,
    })
}

fn required_day(reader: &mut Reader<'_>, field: Field) -> Option<NaiveDate> {
    let day = reader.day(field);
    reader.must(field, day)
}

fn establishment(reader: &mut Reader<'_>, uai: Field, siret: Field) -> Option<Establishment> {
    let parsed_uai = reader.identifier(uai, Uai::parse);
    let parsed_uai = reader.must(uai, parsed_uai);
    let parsed_siret = reader.identifier(siret, Siret::parse);
    let parsed_siret = reader.must(siret, parsed_siret);
    Some(Establishment { uai: parsed_uai?, siret: parsed_siret? })
}

fn place(reader: &mut Reader<'_>) -> Place {
    Place {
        uai: reader.identifier(Field::EtablissementLieuDeFormationUai, Uai::parse),
        siret: reader.identifier(Field::EtablissementLieuDeFormationSiret, Siret::parse),
        address: reader.free_text(Field::EtablissementLieuDeFormationAdresse),
        postcode: reader.identifier(Field::EtablissementLieuDeFormationCodePostal, Postcode::parse),
    }
}

/// A title of one character is a placeholder.
fn title(reader: &mut Reader<'_>) -> Option<String> {
    let field = Field::LibelleCourtFormation;
    let title = reader.words(field)?;
    if title.chars().nth(1).is_none() {
        reader.unusable(field, rules::TITLE_TOO_SHORT);
        return None;
    }
    reader.stated.insert(field);
    Some(title.into_owned())
}

fn small(reader: &mut Reader<'_>, field: Field, allowed: fn(i64) -> bool) -> Option<u8> {
    reader.number(field, allowed, rules::OUT_OF_RANGE).and_then(|n| u8::try_from(n).ok())
}

/// `01` to `10`, with or without its zero.
fn cfa_type(reader: &mut Reader<'_>) -> Option<u8> {
    reader
        .number(Field::TypeCfa, |n| (1..=10).contains(&n), rules::UNKNOWN_CODE)
        .and_then(|n| u8::try_from(n).ok())
}
