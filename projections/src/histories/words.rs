//! French words for dates, ruptures and reasons.

use chrono::{Datelike, NaiveDate};
use domain::enrolment::{EnrolmentAmended, Initiator, RetractionReason, RuptureMode};

const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// A day in French: `1er mars 2026`, `28 février 2026`.
#[must_use]
pub fn french_day(day: NaiveDate) -> String {
    let month = MONTHS.get(day.month0() as usize).copied().unwrap_or_default();
    let ordinal = if day.day() == 1 { "er" } else { "" };
    format!("{}{ordinal} {month} {}", day.day(), day.year())
}

/// How a contract was broken, after "est rompu au …"; empty when not told. The free period is what was invoked: whether it
/// was over, the rules say.
#[must_use]
pub const fn mode(mode: RuptureMode) -> &'static str {
    match mode {
        RuptureMode::Unknown => "",
        RuptureMode::FreePeriod => {
            ", sans motif, au titre des 45 premiers jours de formation pratique"
        }
        RuptureMode::MutualAgreement => ", d'un commun accord",
        RuptureMode::ForceMajeure => ", pour force majeure",
        RuptureMode::SeriousFault => ", pour faute grave",
        RuptureMode::Unfitness => ", pour inaptitude",
        RuptureMode::EmployerDeath => ", à la suite du décès de l'employeur",
        RuptureMode::CfaExclusion => ", à la suite de l'exclusion définitive du CFA",
        RuptureMode::ApprenticeInitiative => ", par démission de l'apprenti",
        RuptureMode::Diploma => ", après l'obtention du diplôme",
        RuptureMode::Liquidation => ", à la suite de la liquidation judiciaire de l'employeur",
        RuptureMode::Administrative => ", par décision de l'administration",
        RuptureMode::Judicial => ", par décision de justice",
    }
}

/// Who broke a contract; empty when not told.
#[must_use]
pub const fn initiator(initiator: Initiator) -> &'static str {
    match initiator {
        Initiator::Unknown => "",
        Initiator::Employer => ", à l'initiative de l'employeur",
        Initiator::Apprentice => ", à l'initiative de l'apprenti",
        Initiator::Both => ", à l'initiative des deux parties",
        Initiator::Liquidator => ", à l'initiative du liquidateur",
        Initiator::Administration => ", à l'initiative de l'administration",
        Initiator::Court => ", à l'initiative du juge",
    }
}

/// Why an event is withdrawn.
pub(super) const fn reason(reason: RetractionReason) -> &'static str {
    match reason {
        RetractionReason::VanishedFromFullPush => "elle ne figure plus dans un envoi complet",
        RetractionReason::SentByMistake => "elle avait été envoyée par erreur",
        RetractionReason::WrongPerson => "elle concernait une autre personne",
        RetractionReason::Duplicate => "elle faisait double emploi",
        RetractionReason::OtherStatusDeclared => "le logiciel déclare désormais un autre statut",
    }
}

/// The parts of a dossier that an amendment changes.
pub(super) fn blocks(amended: &EnrolmentAmended) -> String {
    let parts = [
        (amended.training.is_some(), "formation"),
        (amended.facets.is_some(), "données statistiques"),
        (amended.identity.is_some(), "identité"),
        (amended.contact.is_some(), "coordonnées"),
        (amended.disability.is_some(), "reconnaissance de handicap"),
        (amended.guardians.is_some(), "représentants légaux"),
        (amended.referent.is_some(), "référent handicap"),
        (amended.background.is_some(), "parcours antérieur"),
    ];
    let told: Vec<&str> = parts.iter().filter(|(told, _)| *told).map(|(_, name)| *name).collect();
    told.join(", ")
}
