//! One sentence in French for each event.

use super::contract_sentences;
use super::words::{blocks, french_day, initiator, mode, reason};
use crate::source::Recorded;
use domain::calendar::paris_day;
use domain::contract::ContractEvent;
use domain::enrolment::{ContractTerms, EnrolmentEvent, Fact, Rupture};
use domain::event::Event;
use domain::ids::{ContractId, EventId};

/// What the event says, and when the ledger heard of it.
pub(super) fn sentence(recorded: &Recorded, stream: &[Recorded]) -> String {
    let declared_on = french_day(paris_day(recorded.recorded_at));
    if let Event::Contract(event, on) = &recorded.event {
        let said = contract_sentences::said(event, *on);
        if is_told_again(recorded, stream) {
            let rest = lower_first(&said);
            return format!("Correction : {rest} (enregistré le {declared_on}).");
        }
        return format!("{said} (enregistré le {declared_on}).");
    }
    let Event::Enrolment(event) = &recorded.event else { return String::new() };
    let said = said(event, stream);
    if event.corrects.is_some() && !matches!(event.fact, Fact::Retracted { .. }) {
        let rest = lower_first(&said);
        format!("Correction : {rest} (déclaré le {declared_on}).")
    } else {
        format!("{said} (déclaré le {declared_on}).")
    }
}

/// Whether a contract's rupture, or the result of its exam, was told otherwise before: what is told last counts.
fn is_told_again(recorded: &Recorded, stream: &[Recorded]) -> bool {
    use ContractEvent::{Broken, Completed};
    let mut before = stream.iter().filter(|one| one.version < recorded.version);
    before.any(|one| match (&one.event, &recorded.event) {
        (Event::Contract(one, _), Event::Contract(this, _)) => match (one, this) {
            (Broken { .. }, Broken { .. }) => true,
            // A result, or a notice, that was not told yet corrects nothing.
            (Completed(one), Completed(this)) => {
                one.diploma.is_some() && one.diploma != this.diploma
            }
            _ => false,
        },
        _ => false,
    })
}

fn said(event: &EnrolmentEvent, stream: &[Recorded]) -> String {
    match &event.fact {
        Fact::EnrolmentDeclared(declared) => format!(
            "Le dossier est déclaré pour l'année scolaire {}, pour une formation du {} au {}",
            declared.training.school_year.as_str(),
            french_day(declared.training.entry_on),
            french_day(declared.training.end_on)
        ),
        Fact::EnrolmentAmended(amended) => format!("Le dossier est modifié : {}", blocks(amended)),
        Fact::SchoolYearDeclared { training, repeated } => format!(
            "Le dossier passe à l'année scolaire {}{}",
            training.school_year.as_str(),
            if *repeated { ", en redoublement" } else { "" }
        ),
        Fact::TransferDeclared { training, on, .. } => format!(
            "La formation se poursuit au CFA {} à compter du {}",
            training.trainer.uai.as_str(),
            french_day(*on)
        ),
        Fact::LearnerExcluded { on, .. } => {
            format!("Le CFA déclare une exclusion de la formation au {}", french_day(*on))
        }
        Fact::WithdrawalDeclared { on } => {
            format!("L'abandon de la formation est déclaré au {}", french_day(*on))
        }
        Fact::TrainingCompleted { on, diploma } => {
            let day = on.map(|on| format!(" le {}", french_day(on))).unwrap_or_default();
            let diploma = if *diploma { "avec" } else { "sans" };
            format!("La formation est achevée{day}, {diploma} obtention du diplôme")
        }
        Fact::TransmissionStopped { as_of } => format!(
            "Le dossier n'est plus transmis depuis l'extraction du {}",
            french_day(paris_day(*as_of))
        ),
        Fact::TransmissionResumed => "Le dossier est de nouveau transmis".to_owned(),
        Fact::LearnerIdRemapped { .. } => {
            "L'établissement a changé l'identifiant de l'apprenant".to_owned()
        }
        Fact::Retracted { reason: why } => retraction(event.corrects, reason(*why), stream),
        fact => of_contract(fact, stream),
    }
}

fn of_contract(fact: &Fact, stream: &[Recorded]) -> String {
    let name = fact.contract().map_or_else(String::new, |id| contract_name(id, stream));
    match fact {
        Fact::ContractDeclared { terms, .. } => format!("{name} est déclaré {}", span(terms)),
        Fact::ContractAmended { terms: Some(terms), employer, .. } => {
            let employer = if employer.is_some() { ", et son employeur change" } else { "" };
            format!("{name} est modifié : il court désormais {}{employer}", span(terms))
        }
        Fact::ContractAmended { .. } => format!("{name} est modifié : son employeur change"),
        Fact::ContractBroken(rupture) => broken(&name, rupture),
        Fact::ContractEnded { on, .. } => {
            format!("{name} est arrivé à son terme le {}", french_day(*on))
        }
        other => other.type_name().to_owned(),
    }
}

fn broken(name: &str, rupture: &Rupture) -> String {
    let notified = rupture
        .notified_on
        .map(|on| format!(", notification le {}", french_day(on)))
        .unwrap_or_default();
    format!(
        "{name} est rompu au {}{}{}{notified}",
        french_day(rupture.effective_on),
        mode(rupture.mode),
        initiator(rupture.initiator)
    )
}

fn span(terms: &ContractTerms) -> String {
    let start = french_day(terms.start_on);
    match terms.end_on {
        Some(end) => format!("du {start} au {}", french_day(end)),
        None => format!("à partir du {start}, sans date de fin"),
    }
}

fn contract_name(contract: ContractId, stream: &[Recorded]) -> String {
    let ordinal = stream.iter().find_map(|recorded| match &recorded.event {
        Event::Enrolment(EnrolmentEvent {
            fact: Fact::ContractDeclared { contract: id, ordinal, .. },
            ..
        }) if *id == contract => Some(*ordinal),
        _ => None,
    });
    match ordinal {
        Some(ordinal) => format!("Le contrat n° {}", u32::from(ordinal) + 1),
        None => "Un contrat".to_owned(),
    }
}

fn retraction(target: Option<EventId>, why: &str, stream: &[Recorded]) -> String {
    let found = stream.iter().find_map(|recorded| match &recorded.event {
        Event::Enrolment(event) if Some(event.id) == target => Some((recorded, event)),
        _ => None,
    });
    let Some((recorded, event)) = found else {
        return format!("Une déclaration est retirée : {why}");
    };
    let day = french_day(paris_day(recorded.recorded_at));
    let said = match &event.fact {
        // A retraction of a retraction is not told in full again.
        Fact::Retracted { .. } => "retrait d'une déclaration".to_owned(),
        _ => lower_first(&said(event, stream)),
    };
    format!("La déclaration du {day} est retirée, car {why} (« {said} »)")
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
