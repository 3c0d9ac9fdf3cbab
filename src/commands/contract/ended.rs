//! How a contract ended, or will, in French.

use super::french::days;
use chrono::NaiveDate;
use domain::contract::dsn;
use grpc::convert::enums;
use projections::histories::{broken_by, broken_how};
use proto::v1;
use std::fmt::Write as _;

/// Of a contract of that life, as it stands on a day.
pub(super) fn ended(
    text: &mut String,
    end: &v1::ContractEnd,
    life: v1::ContractLife,
    as_of: NaiveDate,
) {
    let on = &end.on;
    let _ = if life == v1::ContractLife::Broken {
        // What no program of this version knows is left out, as what is not known.
        let how = enums::rupture_mode("mode", end.mode).map_or("", broken_how);
        let by = enums::initiator("initiator", end.initiator).map_or("", broken_by);
        write!(text, "\n\nrompu à compter du {on} (premier jour sans contrat){how}{by}")
    } else {
        let is_to_come = on.parse::<NaiveDate>().is_ok_and(|on| on > as_of);
        let how = match (end.early, end.diploma, is_to_come) {
            (true, Some(true), _) => "fin anticipée, diplôme obtenu",
            (true, _, _) => "fin anticipée",
            (false, _, true) => "arrive à son terme",
            (false, _, false) => "arrivé à son terme",
        };
        write!(text, "\n\n{how} : dernier jour le {on}")
    };
    let _ = match (end.practice_days_least, end.practice_days_most) {
        (Some(least), Some(most)) if least == most => {
            write!(text, "\n  après {} de pratique en entreprise", days(least))
        }
        (Some(least), Some(most)) => {
            write!(text, "\n  après {least} à {} de pratique en entreprise", days(most))
        }
        _ => Ok(()),
    };
    if let Some(code) = u16::try_from(end.dsn).ok().filter(|code| *code > 0) {
        let label = dsn::label(code, None).map(|label| format!(", {label}")).unwrap_or_default();
        let _ = write!(text, "\n  motif de la DSN : {code:03}{label}");
    }
    match end.diploma {
        // Said above.
        Some(true) if end.early => {}
        Some(true) => text.push_str("\n  diplôme obtenu"),
        Some(false) => text.push_str("\n  diplôme non obtenu"),
        None if life == v1::ContractLife::Completed => {
            text.push_str("\n  résultat de l'examen pas encore connu");
        }
        None => {}
    }
    for (title, on) in [
        ("l'autre partie informée par écrit", &end.notified_on),
        ("médiateur saisi", &end.mediator_on),
        ("employeur informé du départ", &end.informed_on),
    ] {
        if !on.is_empty() {
            let _ = write!(text, "\n  {title} le {on}");
        }
    }
    if end.cosigned {
        text.push_str("\n  signé aussi par le représentant légal");
    }
    if end.words_erased || !end.words.is_empty() {
        let _ = write!(text, "\n  écrit : {}", or_erased(&end.words, end.words_erased));
    }
    for right in &end.rights {
        let said = right.text.as_ref().map(|text| text.fr.as_str()).unwrap_or_default();
        let until = match right.until.as_str() {
            "" => String::new(),
            until => format!("jusqu'au {until} : "),
        };
        let _ = write!(text, "\n  droit : {until}{said} ({})", right.article);
    }
}

/// What somebody wrote, which goes with the person.
pub(super) fn or_erased(text: &str, erased: bool) -> String {
    if erased { "(effacé)".to_owned() } else { format!("« {text} »") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use v1::{ContractEnd, ContractLife, Initiator, RuptureMode};

    fn told(end: &ContractEnd, life: ContractLife, as_of: &str) -> String {
        let mut text = String::new();
        ended(&mut text, end, life, as_of.parse().unwrap());
        text.trim_start().to_owned()
    }

    #[test]
    fn an_end_says_how_it_was_by_whom_and_whether_it_is_still_to_come() {
        let broken = ContractEnd {
            on: "2026-11-28".to_owned(),
            mode: RuptureMode::SeriousFault.into(),
            initiator: Initiator::Employer.into(),
            dsn: 84,
            practice_days_least: Some(0),
            practice_days_most: Some(1),
            ..Default::default()
        };
        let text = told(&broken, ContractLife::Broken, "2026-11-28");
        let (first, rest) = text.split_once('\n').unwrap();
        assert_eq!(
            first,
            "rompu à compter du 2026-11-28 (premier jour sans contrat), pour faute grave, à l'initiative de l'employeur"
        );
        assert!(rest.contains("après 0 à 1 jour de pratique"), "{text}");
        assert!(rest.contains("motif de la DSN : 084, "), "{text}");
        assert!(!rest.contains("examen"), "{text}");

        let over = ContractEnd { on: "2026-08-31".to_owned(), ..Default::default() };
        let early = ContractEnd { early: true, diploma: Some(true), ..over.clone() };
        for (end, as_of, said) in [
            (&over, "2026-09-01", "arrivé à son terme : dernier jour le 2026-08-31\n  résultat"),
            (&over, "2026-08-30", "arrive à son terme : dernier jour le 2026-08-31"),
            (&early, "2026-09-01", "fin anticipée, diplôme obtenu : dernier jour le 2026-08-31"),
        ] {
            let text = told(end, ContractLife::Completed, as_of);
            assert!(text.starts_with(said), "{said}: {text}");
        }
    }
}
