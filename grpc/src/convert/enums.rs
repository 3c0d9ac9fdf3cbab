//! Enumerations of the wire: an unknown number is refused, never guessed.

use crate::errors::Failure;
use domain::contract::conclude::{Decision, Silence};
use domain::contract::deadlines::From as DueFrom;
use domain::contract::signing::{Level, Party};
use domain::contract::{AttachmentKind, Phase};
use domain::enrolment::{Initiator, RetractionReason, RuptureMode};
use domain::erasure::{LegalBasis, Requester};
use domain::persons::LinkBasis;
use domain::rules::{RuleSet, Status};
use domain::text::Text;
use proto::v1 as wire;

/// A value that the enumeration does not have, or that the request must tell.
#[must_use]
pub fn unknown(field: &str) -> Failure {
    Failure::field(
        field,
        Text::new(
            format!("{field} is not told, or is a value that this version does not know"),
            format!("Le champ {field} n'est pas renseigné ou a une valeur inconnue."),
        ),
    )
}

/// Any enumeration of the wire.
///
/// # Errors
/// A field failure that names `field`, for a number that it does not have.
pub fn known<E: TryFrom<i32>>(field: &str, number: i32) -> Result<E, Failure> {
    E::try_from(number).map_err(|_| unknown(field))
}

/// Which rules; unspecified is the default.
///
/// # Errors
/// A field failure that names `field`.
pub fn rules(field: &str, number: i32) -> Result<RuleSet, Failure> {
    Ok(match known::<wire::RuleSet>(field, number)? {
        wire::RuleSet::Unspecified => RuleSet::default(),
        wire::RuleSet::R1 => RuleSet::R1,
        wire::RuleSet::R2 => RuleSet::R2,
        wire::RuleSet::R3 => RuleSet::R3,
    })
}

/// The rule set on the wire.
#[must_use]
pub const fn of_rules(rules: RuleSet) -> wire::RuleSet {
    match rules {
        RuleSet::R1 => wire::RuleSet::R1,
        RuleSet::R2 => wire::RuleSet::R2,
        RuleSet::R3 => wire::RuleSet::R3,
    }
}

/// Which status; unspecified is none.
///
/// # Errors
/// A field failure that names `field`.
pub fn status(field: &str, number: i32) -> Result<Option<Status>, Failure> {
    Ok(match known::<wire::Status>(field, number)? {
        wire::Status::Unspecified => None,
        wire::Status::Inscrit => Some(Status::Inscrit),
        wire::Status::Apprenti => Some(Status::Apprenti),
        wire::Status::Rupturant => Some(Status::Rupturant),
        wire::Status::Abandon => Some(Status::Abandon),
        wire::Status::FinDeFormation => Some(Status::FinDeFormation),
    })
}

/// The status on the wire.
#[must_use]
pub const fn of_status(status: Option<Status>) -> wire::Status {
    match status {
        None => wire::Status::Unspecified,
        Some(Status::Inscrit) => wire::Status::Inscrit,
        Some(Status::Apprenti) => wire::Status::Apprenti,
        Some(Status::Rupturant) => wire::Status::Rupturant,
        Some(Status::Abandon) => wire::Status::Abandon,
        Some(Status::FinDeFormation) => wire::Status::FinDeFormation,
    }
}

/// How a contract was broken.
///
/// # Errors
/// A field failure that names `field`.
pub fn rupture_mode(field: &str, number: i32) -> Result<RuptureMode, Failure> {
    use wire::RuptureMode as W;
    Ok(match known::<W>(field, number)? {
        W::Unspecified => RuptureMode::Unknown,
        W::FreePeriod => RuptureMode::FreePeriod,
        W::MutualAgreement => RuptureMode::MutualAgreement,
        W::ForceMajeure => RuptureMode::ForceMajeure,
        W::SeriousFault => RuptureMode::SeriousFault,
        W::Unfitness => RuptureMode::Unfitness,
        W::EmployerDeath => RuptureMode::EmployerDeath,
        W::CfaExclusion => RuptureMode::CfaExclusion,
        W::ApprenticeInitiative => RuptureMode::ApprenticeInitiative,
        W::Diploma => RuptureMode::Diploma,
        W::Liquidation => RuptureMode::Liquidation,
        W::Administrative => RuptureMode::Administrative,
        W::Judicial => RuptureMode::Judicial,
    })
}

/// How, on the wire.
#[must_use]
pub const fn of_rupture_mode(mode: RuptureMode) -> wire::RuptureMode {
    use wire::RuptureMode as W;
    match mode {
        RuptureMode::Unknown => W::Unspecified,
        RuptureMode::FreePeriod => W::FreePeriod,
        RuptureMode::MutualAgreement => W::MutualAgreement,
        RuptureMode::ForceMajeure => W::ForceMajeure,
        RuptureMode::SeriousFault => W::SeriousFault,
        RuptureMode::Unfitness => W::Unfitness,
        RuptureMode::EmployerDeath => W::EmployerDeath,
        RuptureMode::CfaExclusion => W::CfaExclusion,
        RuptureMode::ApprenticeInitiative => W::ApprenticeInitiative,
        RuptureMode::Diploma => W::Diploma,
        RuptureMode::Liquidation => W::Liquidation,
        RuptureMode::Administrative => W::Administrative,
        RuptureMode::Judicial => W::Judicial,
    }
}

/// Who broke a contract.
///
/// # Errors
/// A field failure that names `field`.
pub fn initiator(field: &str, number: i32) -> Result<Initiator, Failure> {
    use wire::Initiator as W;
    Ok(match known::<W>(field, number)? {
        W::Unspecified => Initiator::Unknown,
        W::Employer => Initiator::Employer,
        W::Apprentice => Initiator::Apprentice,
        W::Both => Initiator::Both,
        W::Liquidator => Initiator::Liquidator,
        W::Administration => Initiator::Administration,
        W::Court => Initiator::Court,
    })
}

/// By whom, on the wire.
#[must_use]
pub const fn of_initiator(initiator: Initiator) -> wire::Initiator {
    use wire::Initiator as W;
    match initiator {
        Initiator::Unknown => W::Unspecified,
        Initiator::Employer => W::Employer,
        Initiator::Apprentice => W::Apprentice,
        Initiator::Both => W::Both,
        Initiator::Liquidator => W::Liquidator,
        Initiator::Administration => W::Administration,
        Initiator::Court => W::Court,
    }
}

/// Why an event is withdrawn by a person; that it vanished, or that another
/// status was declared, is what a push says.
///
/// # Errors
/// A field failure that names `field`.
pub fn retraction_reason(field: &str, number: i32) -> Result<RetractionReason, Failure> {
    use wire::RetractionReason as W;
    match known::<W>(field, number)? {
        W::Unspecified | W::VanishedFromFullPush | W::OtherStatusDeclared => Err(unknown(field)),
        W::SentByMistake => Ok(RetractionReason::SentByMistake),
        W::WrongPerson => Ok(RetractionReason::WrongPerson),
        W::Duplicate => Ok(RetractionReason::Duplicate),
    }
}

/// Why two dossiers are linked or parted.
///
/// # Errors
/// A field failure that names `field`.
pub fn link_basis(field: &str, number: i32) -> Result<LinkBasis, Failure> {
    use wire::LinkBasis as W;
    match known::<W>(field, number)? {
        W::Unspecified => Err(unknown(field)),
        W::Ine => Ok(LinkBasis::Ine),
        W::NamesAndBirthDate => Ok(LinkBasis::NamesAndBirthDate),
        W::IdentityDocument => Ok(LinkBasis::IdentityDocument),
        W::Confirmation => Ok(LinkBasis::Confirmation),
    }
}

/// Who asks for an erasure.
///
/// # Errors
/// A field failure that names `field`, also when it is not told.
pub fn requester(field: &str, number: i32) -> Result<Requester, Failure> {
    use wire::ErasureRequester as W;
    Ok(match known::<W>(field, number)? {
        W::Unspecified => return Err(unknown(field)),
        W::Person => Requester::Person,
        W::Guardian => Requester::Guardian,
        W::Cfa => Requester::Cfa,
        W::Dpo => Requester::Dpo,
        W::Authority => Requester::Authority,
        W::Retention => Requester::Retention,
    })
}

/// Who asks, on the wire.
#[must_use]
pub const fn of_requester(requester: Requester) -> wire::ErasureRequester {
    use wire::ErasureRequester as W;
    match requester {
        Requester::Person => W::Person,
        Requester::Guardian => W::Guardian,
        Requester::Cfa => W::Cfa,
        Requester::Dpo => W::Dpo,
        Requester::Authority => W::Authority,
        Requester::Retention => W::Retention,
    }
}

/// Why an erasure is granted, or refused.
///
/// # Errors
/// A field failure that names `field`, also when it is not told.
pub fn legal_basis(field: &str, number: i32) -> Result<LegalBasis, Failure> {
    use wire::LegalBasis as W;
    Ok(match known::<W>(field, number)? {
        W::Unspecified => return Err(unknown(field)),
        W::NoLongerNecessary => LegalBasis::NoLongerNecessary,
        W::ConsentWithdrawn => LegalBasis::ConsentWithdrawn,
        W::Objection => LegalBasis::Objection,
        W::UnlawfulProcessing => LegalBasis::UnlawfulProcessing,
        W::ErasureRequiredByLaw => LegalBasis::ErasureRequiredByLaw,
        W::RetentionExpired => LegalBasis::RetentionExpired,
        W::FreedomOfExpression => LegalBasis::FreedomOfExpression,
        W::PublicTask => LegalBasis::PublicTask,
        W::PublicHealth => LegalBasis::PublicHealth,
        W::Archiving => LegalBasis::Archiving,
        W::LegalClaims => LegalBasis::LegalClaims,
        W::ManifestlyUnfounded => LegalBasis::ManifestlyUnfounded,
        W::IdentityNotEstablished => LegalBasis::IdentityNotEstablished,
    })
}

/// The basis on the wire.
#[must_use]
pub const fn of_legal_basis(legal_basis: LegalBasis) -> wire::LegalBasis {
    use wire::LegalBasis as W;
    match legal_basis {
        LegalBasis::NoLongerNecessary => W::NoLongerNecessary,
        LegalBasis::ConsentWithdrawn => W::ConsentWithdrawn,
        LegalBasis::Objection => W::Objection,
        LegalBasis::UnlawfulProcessing => W::UnlawfulProcessing,
        LegalBasis::ErasureRequiredByLaw => W::ErasureRequiredByLaw,
        LegalBasis::RetentionExpired => W::RetentionExpired,
        LegalBasis::FreedomOfExpression => W::FreedomOfExpression,
        LegalBasis::PublicTask => W::PublicTask,
        LegalBasis::PublicHealth => W::PublicHealth,
        LegalBasis::Archiving => W::Archiving,
        LegalBasis::LegalClaims => W::LegalClaims,
        LegalBasis::ManifestlyUnfounded => W::ManifestlyUnfounded,
        LegalBasis::IdentityNotEstablished => W::IdentityNotEstablished,
    }
}

/// A party of a contract.
///
/// # Errors
/// A field failure that names `field`.
pub fn party(field: &str, number: i32) -> Result<Party, Failure> {
    match known::<wire::Party>(field, number)? {
        wire::Party::Unspecified => Err(unknown(field)),
        wire::Party::Employer => Ok(Party::Employer),
        wire::Party::Apprentice => Ok(Party::Apprentice),
        wire::Party::Guardian => Ok(Party::Guardian),
        wire::Party::Cfa => Ok(Party::Cfa),
    }
}

/// What a document is.
///
/// # Errors
/// A field failure that names `field`.
pub fn document_kind(field: &str, number: i32) -> Result<AttachmentKind, Failure> {
    match known::<wire::DocumentKind>(field, number)? {
        wire::DocumentKind::Unspecified => Err(unknown(field)),
        wire::DocumentKind::TrainingAgreement => Ok(AttachmentKind::TrainingAgreement),
        wire::DocumentKind::DurationAgreement => Ok(AttachmentKind::DurationAgreement),
        wire::DocumentKind::MobilityAgreement => Ok(AttachmentKind::MobilityAgreement),
        wire::DocumentKind::Invoice => Ok(AttachmentKind::Invoice),
        wire::DocumentKind::TrainingCertificate => Ok(AttachmentKind::TrainingCertificate),
        wire::DocumentKind::Other => Ok(AttachmentKind::Other),
        wire::DocumentKind::SignedPaper => Ok(AttachmentKind::SignedPaper),
    }
}

/// The party on the wire.
#[must_use]
pub const fn of_party(party: Party) -> wire::Party {
    match party {
        Party::Employer => wire::Party::Employer,
        Party::Apprentice => wire::Party::Apprentice,
        Party::Guardian => wire::Party::Guardian,
        Party::Cfa => wire::Party::Cfa,
    }
}

/// The level of a signature on the wire.
#[must_use]
pub const fn of_level(level: Level) -> wire::SignatureLevel {
    match level {
        Level::Demonstration => wire::SignatureLevel::Demonstration,
        Level::Simple => wire::SignatureLevel::Simple,
        Level::Advanced => wire::SignatureLevel::Advanced,
        Level::Qualified => wire::SignatureLevel::Qualified,
    }
}

/// What a document is, on the wire.
#[must_use]
pub const fn of_document_kind(kind: AttachmentKind) -> wire::DocumentKind {
    match kind {
        AttachmentKind::TrainingAgreement => wire::DocumentKind::TrainingAgreement,
        AttachmentKind::DurationAgreement => wire::DocumentKind::DurationAgreement,
        AttachmentKind::MobilityAgreement => wire::DocumentKind::MobilityAgreement,
        AttachmentKind::Invoice => wire::DocumentKind::Invoice,
        AttachmentKind::TrainingCertificate => wire::DocumentKind::TrainingCertificate,
        AttachmentKind::Other => wire::DocumentKind::Other,
        AttachmentKind::SignedPaper => wire::DocumentKind::SignedPaper,
    }
}

/// Where a round is.
///
/// # Errors
/// A field failure that names `field`, also when it is not told.
pub fn phase(field: &str, number: i32) -> Result<Phase, Failure> {
    use wire::ContractPhase as W;
    Ok(match known::<W>(field, number)? {
        W::Unspecified => return Err(unknown(field)),
        W::Draft => Phase::Draft,
        W::Published => Phase::Published,
        W::Signing => Phase::Signing,
        W::SignatureRefused => Phase::SignatureRefused,
        W::Signed => Phase::Signed,
        W::Submitted => Phase::Submitted,
        W::Incomplete => Phase::Incomplete,
        W::Deposited => Phase::Deposited,
        W::DepositRefused => Phase::DepositRefused,
        W::Withdrawn => Phase::Withdrawn,
    })
}

/// The phase on the wire.
#[must_use]
pub const fn of_phase(phase: Phase) -> wire::ContractPhase {
    use wire::ContractPhase as W;
    match phase {
        Phase::Draft => W::Draft,
        Phase::Published => W::Published,
        Phase::Signing => W::Signing,
        Phase::SignatureRefused => W::SignatureRefused,
        Phase::Signed => W::Signed,
        Phase::Submitted => W::Submitted,
        Phase::Incomplete => W::Incomplete,
        Phase::Deposited => W::Deposited,
        Phase::DepositRefused => W::DepositRefused,
        Phase::Withdrawn => W::Withdrawn,
    }
}

/// What became of a contract, as one of [`domain::contract::Life::WORDS`]; unspecified is none.
///
/// # Errors
/// A field failure that names `field`.
pub fn life(field: &str, number: i32) -> Result<Option<&'static str>, Failure> {
    use wire::ContractLife as W;
    Ok(match known::<W>(field, number)? {
        W::Unspecified => None,
        W::Pending => Some("pending"),
        W::Running => Some("running"),
        W::Suspended => Some("suspended"),
        W::Broken => Some("broken"),
        W::Completed => Some("completed"),
        W::Cancelled => Some("cancelled"),
    })
}

/// The life on the wire, by its word.
#[must_use]
pub fn of_life(word: &str) -> wire::ContractLife {
    use wire::ContractLife as W;
    match word {
        "pending" => W::Pending,
        "running" => W::Running,
        "suspended" => W::Suspended,
        "broken" => W::Broken,
        "completed" => W::Completed,
        "cancelled" => W::Cancelled,
        _ => W::Unspecified,
    }
}

/// Where the decision on a deposit is, on the wire.
#[must_use]
pub const fn of_decision(decision: Decision) -> wire::DepositDecision {
    use wire::DepositDecision as W;
    match decision {
        Decision::NotAsked => W::NotAsked,
        Decision::Stopped => W::Stopped,
        Decision::Due(_) => W::Due,
        Decision::Silent(_, Silence::Acceptance) => W::SilentAcceptance,
        Decision::Silent(_, Silence::Refusal) => W::SilentRefusal,
        Decision::Taken(_) => W::Taken,
    }
}

/// From whom something is due, on the wire.
#[must_use]
pub const fn of_due_from(from: DueFrom) -> wire::DueFrom {
    match from {
        DueFrom::Parties => wire::DueFrom::Parties,
        DueFrom::Employer => wire::DueFrom::Employer,
        DueFrom::Cfa => wire::DueFrom::Cfa,
        DueFrom::DepositBody => wire::DueFrom::DepositBody,
        DueFrom::MissionLocale => wire::DueFrom::MissionLocale,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::contract::Life;

    #[test]
    fn an_unknown_number_is_refused_with_its_field() {
        assert_eq!(rules("rule_set", 99).unwrap_err().at(), Some("rule_set"));
        assert!(status("status", -1).is_err());
        assert!(rupture_mode("mode", 13).is_err());
        assert!(initiator("initiator", 7).is_err());
        assert!(link_basis("basis", 0).is_err());
        assert!(retraction_reason("reason", 1).is_err());
        assert_eq!(phase("phases", 11).unwrap_err().at(), Some("phases"));
        assert!(phase("phases", 0).is_err());
        assert_eq!(life("life", 7).unwrap_err().at(), Some("life"));
    }

    #[test]
    fn every_value_crosses_the_wire_and_comes_back() {
        for set in RuleSet::ALL {
            assert_eq!(rules("r", of_rules(set) as i32), Ok(set));
        }
        for one in Status::ALL {
            assert_eq!(status("s", of_status(Some(one)) as i32), Ok(Some(one)));
        }
        for number in 0..13 {
            let mode = rupture_mode("m", number).unwrap();
            assert_eq!(of_rupture_mode(mode) as i32, number);
        }
        for number in 0..7 {
            assert_eq!(of_initiator(initiator("i", number).unwrap()) as i32, number);
        }
        for one in Phase::ALL {
            assert_eq!(phase("p", of_phase(one) as i32), Ok(one));
        }
        for word in Life::WORDS {
            assert_eq!(life("l", of_life(word) as i32), Ok(Some(word)));
        }
        assert_eq!(life("l", 0), Ok(None));
    }
}
