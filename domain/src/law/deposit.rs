//! When a contract is sent to who deposits it.

use super::case::Case;
use super::days::deadline;
use super::rule::{Answer, Checked, REFUSES, Rule, Unknown, WARNS};
use crate::contract::{DepositBody, body};
use crate::text::Text;

/// The rule that says to whom a contract is sent, which is also what [`crate::contract::decide`] refuses by.
pub const DEPOSIT_BODY: &str = "DEPOSIT_BODY";

/// Working days in which a contract is sent after its first day, and an amendment after all have signed it (D6224-1,
/// D6275-1).
pub const DEPOSIT_DAYS: u16 = 5;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "DEPOSIT_IN_TIME",
        article: "L6224-1; D6224-1",
        en: "the employer sends the contract to the OPCO within five working days of its first day, and an amendment \
             within five of its signature",
        fr: "L'employeur transmet le contrat à l'OPCO dans les cinq jours ouvrables qui suivent son premier jour, et un \
             avenant dans les cinq jours ouvrables qui suivent sa signature.",
        check: |case| in_time(case, false),
        ..WARNS
    },
    Rule {
        id: "DEPOSIT_IN_TIME_PUBLIC",
        article: "L6227-11; D6275-1",
        en: "the public employer sends the contract to the service of the State within five working days of its first day, \
             and an amendment within five of its signature",
        fr: "L'employeur public transmet le contrat au service de l'État dans les cinq jours ouvrables qui suivent son \
             premier jour, et un avenant dans les cinq jours ouvrables qui suivent sa signature.",
        check: |case| in_time(case, true),
        ..WARNS
    },
    Rule {
        id: DEPOSIT_BODY,
        article: "L6224-1; L6227-11; D6275-1",
        en: "a contract of the public sector that is neither industrial nor commercial goes to a service of the State, any \
             other to an OPCO",
        fr: "Le contrat du secteur public non industriel et commercial est transmis à un service de l'État, les autres à \
             un OPCO.",
        check: |case| match case.acts.body {
            None => Ok(Answer::NotConcerned),
            Some(body) => {
                let public = matches!(body, DepositBody::State(_));
                Ok(Answer::must(public == case.is_public_law()?))
            }
        },
        ..REFUSES
    },
    Rule {
        id: "DEPOSIT_SERVICE",
        article: "L6227-11; D6275-1; R8122-2; D3411-2",
        en: "the contract is sent to the service of the State of the place of work, as it was on the day of the transmission",
        fr: "Le contrat est transmis au service de l'État du lieu de travail : DIRECCTE jusqu'au 31 mars 2021, puis DDETS, \
             DDETSPP ou DRIEETS, DEETS outre-mer.",
        check: in_service,
        ..WARNS
    },
];

/// The service is that of the day on which the contract was sent, whatever the day whose rules judge it.
fn in_service(case: &Case<'_>) -> Checked {
    let (Some(DepositBody::State(named)), Some(on)) = (case.acts.body, case.acts.submitted_on)
    else {
        return Ok(Answer::NotConcerned);
    };
    let DepositBody::State(due) = body::of(case.form, on)? else {
        return Ok(Answer::NotConcerned);
    };
    if body::is_service_of(named, case.form, on)? {
        return Ok(Answer::Holds);
    }
    Ok(Answer::BrokenBy(Text::new(
        format!("the service of the place of work was {due} on {on}"),
        format!("Au {}, le service du lieu de travail était : {due}.", on.format("%d/%m/%Y")),
    )))
}

/// A contract is sent after its first day, an amendment once all have signed it.
fn in_time(case: &Case<'_>, public: bool) -> Checked {
    let Some(submitted) = case.acts.submitted_on else { return Ok(Answer::NotConcerned) };
    if case.is_public_law()? != public {
        return Ok(Answer::NotConcerned);
    }
    let from = if case.kind()?.is_amendment() {
        case.acts.signed_on.map_or_else(|| case.concluded_on(), Ok)?
    } else {
        case.start_on()?
    };
    let last = deadline(from, DEPOSIT_DAYS, case.place()?).ok_or(Unknown::Unconfirmed("places"))?;
    Ok(Answer::must(submitted <= last))
}
