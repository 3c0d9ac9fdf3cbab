//! Closed lists to their codes and back. A code of a later version is an error.

use super::Bad;
use domain::enrolment::{Initiator, RetractionReason, RuptureMode};
use domain::erasure::{LegalBasis, Requester};
use domain::persons::LinkBasis;
use domain::runs::HoldReason;
use proto::v1;

const UNKNOWN: Bad = "a code of a closed list is not known to this version";

pub(super) const fn mode(mode: RuptureMode) -> v1::RuptureMode {
    use v1::RuptureMode as P;
    match mode {
        RuptureMode::Unknown => P::Unspecified,
        RuptureMode::FreePeriod => P::FreePeriod,
        RuptureMode::MutualAgreement => P::MutualAgreement,
        RuptureMode::ForceMajeure => P::ForceMajeure,
        RuptureMode::SeriousFault => P::SeriousFault,
        RuptureMode::Unfitness => P::Unfitness,
        RuptureMode::EmployerDeath => P::EmployerDeath,
        RuptureMode::CfaExclusion => P::CfaExclusion,
        RuptureMode::ApprenticeInitiative => P::ApprenticeInitiative,
        RuptureMode::Diploma => P::Diploma,
        RuptureMode::Liquidation => P::Liquidation,
        RuptureMode::Administrative => P::Administrative,
        RuptureMode::Judicial => P::Judicial,
    }
}

pub(super) fn mode_of(code: i32) -> Result<RuptureMode, Bad> {
    use v1::RuptureMode as P;
    Ok(match P::try_from(code).map_err(|_| UNKNOWN)? {
        P::Unspecified => RuptureMode::Unknown,
        P::FreePeriod => RuptureMode::FreePeriod,
        P::MutualAgreement => RuptureMode::MutualAgreement,
        P::ForceMajeure => RuptureMode::ForceMajeure,
        P::SeriousFault => RuptureMode::SeriousFault,
        P::Unfitness => RuptureMode::Unfitness,
        P::EmployerDeath => RuptureMode::EmployerDeath,
        P::CfaExclusion => RuptureMode::CfaExclusion,
        P::ApprenticeInitiative => RuptureMode::ApprenticeInitiative,
        P::Diploma => RuptureMode::Diploma,
        P::Liquidation => RuptureMode::Liquidation,
        P::Administrative => RuptureMode::Administrative,
        P::Judicial => RuptureMode::Judicial,
    })
}

pub(super) const fn initiator(initiator: Initiator) -> v1::Initiator {
    use v1::Initiator as P;
    match initiator {
        Initiator::Unknown => P::Unspecified,
        Initiator::Employer => P::Employer,
        Initiator::Apprentice => P::Apprentice,
        Initiator::Both => P::Both,
        Initiator::Liquidator => P::Liquidator,
        Initiator::Administration => P::Administration,
        Initiator::Court => P::Court,
    }
}

pub(super) fn initiator_of(code: i32) -> Result<Initiator, Bad> {
    use v1::Initiator as P;
    Ok(match P::try_from(code).map_err(|_| UNKNOWN)? {
        P::Unspecified => Initiator::Unknown,
        P::Employer => Initiator::Employer,
        P::Apprentice => Initiator::Apprentice,
        P::Both => Initiator::Both,
        P::Liquidator => Initiator::Liquidator,
        P::Administration => Initiator::Administration,
        P::Court => Initiator::Court,
    })
}

pub(super) const fn reason(reason: RetractionReason) -> v1::RetractionReason {
    use v1::RetractionReason as P;
    match reason {
        RetractionReason::VanishedFromFullPush => P::VanishedFromFullPush,
        RetractionReason::SentByMistake => P::SentByMistake,
        RetractionReason::WrongPerson => P::WrongPerson,
        RetractionReason::Duplicate => P::Duplicate,
        RetractionReason::OtherStatusDeclared => P::OtherStatusDeclared,
    }
}

pub(super) fn reason_of(code: i32) -> Result<RetractionReason, Bad> {
    use v1::RetractionReason as P;
    match P::try_from(code).map_err(|_| UNKNOWN)? {
        P::Unspecified => Err(UNKNOWN),
        P::VanishedFromFullPush => Ok(RetractionReason::VanishedFromFullPush),
        P::SentByMistake => Ok(RetractionReason::SentByMistake),
        P::WrongPerson => Ok(RetractionReason::WrongPerson),
        P::Duplicate => Ok(RetractionReason::Duplicate),
        P::OtherStatusDeclared => Ok(RetractionReason::OtherStatusDeclared),
    }
}

pub(super) const fn basis(basis: LinkBasis) -> v1::LinkBasis {
    use v1::LinkBasis as P;
    match basis {
        LinkBasis::Ine => P::Ine,
        LinkBasis::NamesAndBirthDate => P::NamesAndBirthDate,
        LinkBasis::IdentityDocument => P::IdentityDocument,
        LinkBasis::Confirmation => P::Confirmation,
    }
}

pub(super) fn basis_of(code: i32) -> Result<LinkBasis, Bad> {
    use v1::LinkBasis as P;
    match P::try_from(code).map_err(|_| UNKNOWN)? {
        P::Unspecified => Err(UNKNOWN),
        P::Ine => Ok(LinkBasis::Ine),
        P::NamesAndBirthDate => Ok(LinkBasis::NamesAndBirthDate),
        P::IdentityDocument => Ok(LinkBasis::IdentityDocument),
        P::Confirmation => Ok(LinkBasis::Confirmation),
    }
}

pub(super) const fn hold(reason: Option<HoldReason>) -> u32 {
    match reason {
        None => 0,
        Some(HoldReason::TooMany) => 1,
        Some(HoldReason::ColumnEmptied) => 2,
        Some(HoldReason::Incomplete) => 3,
    }
}

pub(super) fn hold_of(code: u32) -> Result<Option<HoldReason>, Bad> {
    match code {
        0 => Ok(None),
        1 => Ok(Some(HoldReason::TooMany)),
        2 => Ok(Some(HoldReason::ColumnEmptied)),
        3 => Ok(Some(HoldReason::Incomplete)),
        _ => Err(UNKNOWN),
    }
}

pub(super) const fn requester(requester: Requester) -> v1::ErasureRequester {
    use v1::ErasureRequester as P;
    match requester {
        Requester::Person => P::Person,
        Requester::Guardian => P::Guardian,
        Requester::Cfa => P::Cfa,
        Requester::Dpo => P::Dpo,
        Requester::Authority => P::Authority,
        Requester::Retention => P::Retention,
    }
}

pub(super) fn requester_of(code: i32) -> Result<Requester, Bad> {
    use v1::ErasureRequester as P;
    match P::try_from(code).map_err(|_| UNKNOWN)? {
        P::Unspecified => Err(UNKNOWN),
        P::Person => Ok(Requester::Person),
        P::Guardian => Ok(Requester::Guardian),
        P::Cfa => Ok(Requester::Cfa),
        P::Dpo => Ok(Requester::Dpo),
        P::Authority => Ok(Requester::Authority),
        P::Retention => Ok(Requester::Retention),
    }
}

pub(super) const fn legal_basis(legal_basis: LegalBasis) -> v1::LegalBasis {
    use v1::LegalBasis as P;
    match legal_basis {
        LegalBasis::NoLongerNecessary => P::NoLongerNecessary,
        LegalBasis::ConsentWithdrawn => P::ConsentWithdrawn,
        LegalBasis::Objection => P::Objection,
        LegalBasis::UnlawfulProcessing => P::UnlawfulProcessing,
        LegalBasis::ErasureRequiredByLaw => P::ErasureRequiredByLaw,
        LegalBasis::RetentionExpired => P::RetentionExpired,
        LegalBasis::FreedomOfExpression => P::FreedomOfExpression,
        LegalBasis::PublicTask => P::PublicTask,
        LegalBasis::PublicHealth => P::PublicHealth,
        LegalBasis::Archiving => P::Archiving,
        LegalBasis::LegalClaims => P::LegalClaims,
        LegalBasis::ManifestlyUnfounded => P::ManifestlyUnfounded,
        LegalBasis::IdentityNotEstablished => P::IdentityNotEstablished,
    }
}

pub(super) fn legal_basis_of(code: i32) -> Result<LegalBasis, Bad> {
    use v1::LegalBasis as P;
    match P::try_from(code).map_err(|_| UNKNOWN)? {
        P::Unspecified => Err(UNKNOWN),
        P::NoLongerNecessary => Ok(LegalBasis::NoLongerNecessary),
        P::ConsentWithdrawn => Ok(LegalBasis::ConsentWithdrawn),
        P::Objection => Ok(LegalBasis::Objection),
        P::UnlawfulProcessing => Ok(LegalBasis::UnlawfulProcessing),
        P::ErasureRequiredByLaw => Ok(LegalBasis::ErasureRequiredByLaw),
        P::RetentionExpired => Ok(LegalBasis::RetentionExpired),
        P::FreedomOfExpression => Ok(LegalBasis::FreedomOfExpression),
        P::PublicTask => Ok(LegalBasis::PublicTask),
        P::PublicHealth => Ok(LegalBasis::PublicHealth),
        P::Archiving => Ok(LegalBasis::Archiving),
        P::LegalClaims => Ok(LegalBasis::LegalClaims),
        P::ManifestlyUnfounded => Ok(LegalBasis::ManifestlyUnfounded),
        P::IdentityNotEstablished => Ok(LegalBasis::IdentityNotEstablished),
    }
}
