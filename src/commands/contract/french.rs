//! Values of the wire in French, as `show`, `list` and what is printed after an act say them.

use chrono::NaiveDate;
use grpc::convert::enums;
use proto::v1;
use v1::{ContractLife, ContractPhase, SignatureLevel};

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

/// Of a party that no program of this version knows, a question mark.
pub(super) fn party(party: i32) -> &'static str {
    enums::party("party", party).map_or("?", domain::contract::signing::Party::fr)
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
