//! Values of the wire in French, as `show`, `list` and what is printed after an act say them.

use chrono::NaiveDate;
use proto::v1;
use v1::{ContractLife, ContractPhase, Initiator, Party, RuptureMode, SignatureLevel};

/// So many days; French has one of none.
pub(super) fn days(count: u32) -> String {
    format!("{count} {}", if count < 2 { "jour" } else { "jours" })
}

/// So many days that were invoiced.
pub(super) fn days_invoiced(count: u32) -> String {
    format!("{} {}", days(count), if count < 2 { "facturé" } else { "facturés" })
}

/// What became of a contract, as it stands on a day: an end or a suspension that is still to come says its day.
pub(super) fn life_on(life: ContractLife, from: &str, as_of: NaiveDate) -> String {
    let is_to_come = from.parse::<NaiveDate>().is_ok_and(|from| from > as_of);
    match life {
        ContractLife::Broken if is_to_come => format!("en cours, rompu à compter du {from}"),
        ContractLife::Suspended if is_to_come => format!("en cours, suspendu à compter du {from}"),
        ContractLife::Completed if is_to_come => format!("en cours, dernier jour le {from}"),
        other => self::life(other).to_owned(),
    }
}

const fn life(life: ContractLife) -> &'static str {
    use ContractLife as L;
    match life {
        L::Unspecified => "?",
        L::Pending => "pas encore signé par tous",
        L::Running => "en cours",
        L::Suspended => "suspendu",
        L::Broken => "rompu",
        L::Completed => "achevé",
        L::Cancelled => "annulé",
    }
}

pub(super) const fn phase(phase: ContractPhase) -> &'static str {
    use ContractPhase as P;
    match phase {
        P::Unspecified => "?",
        P::Draft => "en cours de rédaction",
        P::Published => "publié, en attente de signatures",
        P::Signing => "signatures en cours",
        P::SignatureRefused => "signature refusée",
        P::Signed => "signé par toutes les parties",
        P::Submitted => "en cours d'instruction",
        P::Incomplete => "une pièce est demandée",
        P::Deposited => "déposé",
        P::DepositRefused => "dépôt refusé",
        P::Withdrawn => "abandonné",
    }
}

pub(super) const fn party(party: Party) -> &'static str {
    match party {
        Party::Unspecified => "?",
        Party::Employer => "l'employeur",
        Party::Apprentice => "l'apprenti",
        Party::Guardian => "le représentant légal",
        Party::Cfa => "le CFA",
    }
}

pub(super) const fn level(level: SignatureLevel) -> &'static str {
    match level {
        SignatureLevel::Unspecified => "?",
        SignatureLevel::Demonstration => "démonstration",
        SignatureLevel::Simple => "simple",
        SignatureLevel::Advanced => "avancée",
        SignatureLevel::Qualified => "qualifiée",
    }
}

/// How a contract was broken, after "rompu"; empty when not known.
pub(super) const fn mode(mode: RuptureMode) -> &'static str {
    use RuptureMode as M;
    match mode {
        M::Unspecified => "",
        M::FreePeriod => ", sans motif, au titre des 45 premiers jours de formation pratique",
        M::MutualAgreement => ", d'un commun accord",
        M::ForceMajeure => ", pour force majeure",
        M::SeriousFault => ", pour faute grave",
        M::Unfitness => ", pour inaptitude",
        M::EmployerDeath => ", à la suite du décès de l'employeur",
        M::CfaExclusion => ", à la suite de l'exclusion définitive du CFA",
        M::ApprenticeInitiative => ", par démission de l'apprenti",
        M::Diploma => ", après l'obtention du diplôme",
        M::Liquidation => ", à la suite de la liquidation judiciaire de l'employeur",
        M::Administrative => ", par décision de l'administration",
        M::Judicial => ", par décision de justice",
    }
}

/// By whom; empty when not known.
pub(super) const fn initiator(initiator: Initiator) -> &'static str {
    match initiator {
        Initiator::Unspecified => "",
        Initiator::Employer => ", à l'initiative de l'employeur",
        Initiator::Apprentice => ", à l'initiative de l'apprenti",
        Initiator::Both => ", à l'initiative des deux parties",
        Initiator::Liquidator => ", à l'initiative du liquidateur",
        Initiator::Administration => ", à l'initiative de l'administration",
        Initiator::Court => ", à l'initiative du juge",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_still_to_come_says_its_day() {
        let told = |life, as_of: &str| life_on(life, "2027-06-30", as_of.parse().unwrap());
        for (life, before, since) in [
            (ContractLife::Broken, "en cours, rompu à compter du 2027-06-30", "rompu"),
            (ContractLife::Suspended, "en cours, suspendu à compter du 2027-06-30", "suspendu"),
            (ContractLife::Completed, "en cours, dernier jour le 2027-06-30", "achevé"),
            (ContractLife::Running, "en cours", "en cours"),
        ] {
            assert_eq!(told(life, "2027-06-29"), before);
            assert_eq!(told(life, "2027-06-30"), since);
        }
    }
}
