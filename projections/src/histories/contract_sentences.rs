//! One sentence in French for each event of a contract whose workflow runs here. Nothing sealed is in them.

use super::words::{french_day, initiator, mode};
use chrono::NaiveDate;
use domain::contract::signing::{Level, Party};
use domain::contract::{AttachmentKind, ContractEvent, DepositBody};

/// What the event says, without a final full stop.
#[must_use]
pub fn said(event: &ContractEvent, on: NaiveDate) -> String {
    match event {
        ContractEvent::Drafted { enrolment: Some(enrolment) } => {
            format!("La rédaction du contrat commence, pour le dossier {enrolment}")
        }
        ContractEvent::Drafted { enrolment: None } => "La rédaction du contrat commence".to_owned(),
        ContractEvent::Contributed { changes } => {
            format!("Le formulaire est rempli ({})", plural(changes.len()))
        }
        ContractEvent::Attached { attachment } => {
            format!("Une pièce est jointe : {}", piece(attachment.kind))
        }
        ContractEvent::DocumentPart { part, .. } => format!("Suite de la pièce, partie {part}"),
        ContractEvent::Published(publication) => {
            let of = |day| format!(" (règles du {})", french_day(day));
            let rules = publication.rules_of.map(of).unwrap_or_default();
            format!("Le formulaire est complet, et aucune règle ne le refuse{rules}")
        }
        ContractEvent::Reopened { .. } => {
            "Le formulaire est rouvert : les signatures recueillies sont caduques".to_owned()
        }
        ContractEvent::SignaturesRequested { signers, .. } => {
            let of: Vec<&str> = signers.iter().map(|signer| signer.party.fr()).collect();
            format!("Les signatures sont demandées : {}", of.join(", "))
        }
        ContractEvent::Signed { party, evidence } => {
            format!("{} a signé ({})", capital(*party), level(evidence.level))
        }
        ContractEvent::SignatureRefused { party, .. } => {
            format!("{} refuse de signer", capital(*party))
        }
        ContractEvent::SignedOnPaper { .. } => "Toutes les parties ont signé sur papier".to_owned(),
        ContractEvent::FullySigned => "Toutes les parties ont signé".to_owned(),
        ContractEvent::Withdrawn { .. } => "Le projet est abandonné".to_owned(),
        ContractEvent::Submitted { body, .. } => {
            let (DepositBody::Opco(name) | DepositBody::State(name)) = body;
            format!("Le dossier est transmis à l'organisme de dépôt ({name})")
        }
        ContractEvent::FoundIncomplete { .. } => {
            "L'organisme de dépôt demande une pièce : le délai est suspendu".to_owned()
        }
        ContractEvent::MadeComplete { recorded_on } => {
            let from = recorded_on.map(|day| format!(" le {}", french_day(day)));
            format!("Le dossier est complet : le délai repart{}", from.unwrap_or_default())
        }
        ContractEvent::Deposited { round: None, .. } => "Le dépôt est accepté".to_owned(),
        ContractEvent::Deposited { round: Some(0), .. } => {
            "Le dépôt du contrat est accepté".to_owned()
        }
        ContractEvent::Deposited { round: Some(n), .. } => {
            format!("Le dépôt de l'avenant {n} est accepté")
        }
        ContractEvent::DepositRefused { .. } => "Le dépôt est refusé".to_owned(),
        // Its type may say that the apprentice is disabled, and the first events had it in the open.
        ContractEvent::AmendmentDrafted { .. } => "La rédaction d'un avenant commence".to_owned(),
        ContractEvent::Suspended { .. } => {
            format!("Le contrat est suspendu à compter du {}", french_day(on))
        }
        ContractEvent::Resumed => format!("Le contrat reprend le {}", french_day(on)),
        ContractEvent::Broken { rupture, .. } => format!(
            "Le contrat est rompu à compter du {}{}{}",
            french_day(on),
            mode(rupture.mode),
            initiator(rupture.initiator)
        ),
        ContractEvent::Completed(completion) => {
            let early = if completion.early { ", avant son terme" } else { "" };
            let diploma = match completion.diploma {
                Some(true) => ", diplôme obtenu",
                Some(false) => ", diplôme non obtenu",
                None => "",
            };
            format!("Le contrat prend fin le {}{early}{diploma}", french_day(on))
        }
        ContractEvent::Cancelled { .. } => "Le contrat est annulé avant son début".to_owned(),
        ContractEvent::FundingDeclared { yearly } => {
            format!("Le contrat est pris en charge à hauteur de {} par an", yearly.fr())
        }
        ContractEvent::CalendarGiven { calendar } => {
            let (from, to) = calendar.span();
            let (from, to) = (french_day(from), french_day(to));
            format!("Le calendrier de l'alternance est donné, du {from} au {to}")
        }
        ContractEvent::InvoiceDeclared(invoice) => format!(
            "Une facture est déclarée, du {} au {} : {}",
            french_day(invoice.first_on),
            french_day(invoice.last_on),
            invoice.amount.fr()
        ),
    }
}

fn plural(fields: usize) -> String {
    if fields == 1 { "un champ".to_owned() } else { format!("{fields} champs") }
}

fn capital(party: Party) -> String {
    let mut chars = party.fr().chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Demonstration => "signature de démonstration, dont personne ne répond",
        Level::Simple => "signature électronique simple",
        Level::Advanced => "signature électronique avancée",
        Level::Qualified => "signature électronique qualifiée",
    }
}

/// What a document is, in French.
#[must_use]
pub const fn piece(kind: AttachmentKind) -> &'static str {
    match kind {
        AttachmentKind::TrainingAgreement => "convention de formation",
        AttachmentKind::DurationAgreement => "convention d'aménagement de la durée",
        AttachmentKind::MobilityAgreement => "convention de mobilité",
        AttachmentKind::Invoice => "facture",
        AttachmentKind::TrainingCertificate => "certificat de réalisation",
        AttachmentKind::Other => "autre pièce",
        AttachmentKind::SignedPaper => "numérisation du contrat signé sur papier",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::cerfa::codes::ContractType;
    use domain::enrolment::Opened;

    #[test]
    fn the_sentence_of_an_amendment_is_the_same_whatever_its_type() {
        let on = NaiveDate::default();
        let of = |kind| said(&ContractEvent::AmendmentDrafted { kind, own_conclusion: true }, on);
        for kind in ContractType::ALL {
            assert_eq!(of(Opened::Clear(*kind)), of(Opened::Hidden), "{kind:?}");
        }
    }
}
