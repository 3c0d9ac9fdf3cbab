//! What people wrote of a contract, and how it ended, on the wire: sealed values, opened for whoever reads the form.

use crate::convert::{answers, enums};
use crate::times;
use chrono::NaiveDate;
use domain::contract::rights::rights;
use domain::contract::{Contract, Life};
use domain::enrolment::Opened;
use domain::law::Case;
use domain::law::practice::bounds;
use proto::v1 as wire;

/// What people wrote, the oldest first; the words of a rupture are told by [`end`].
pub(super) fn said(state: &Contract) -> Vec<wire::ContractSaid> {
    let said = state.said.iter().filter(|one| !one.is_of_rupture());
    let said = said.map(|one| wire::ContractSaid {
        round: one.round.into(),
        r#type: one.event.to_owned(),
        on: one.on.to_string(),
        party: one.party.map(enums::of_party).unwrap_or_default().into(),
        text: words(&one.text),
        erased: one.text == Opened::Hidden,
    });
    said.collect()
}

/// How a contract ended, as it stands on a day.
pub(super) fn end(state: &Contract, as_of: NaiveDate) -> Option<wire::ContractEnd> {
    match &state.life {
        Life::Broken(on, rupture) => {
            let counted = || {
                let (calendar, suspensions) = (state.calendar.as_ref(), &*state.suspensions);
                let case = Case { calendar, suspensions, ..Case::of(state.in_force(as_of)?) };
                bounds(&case, on.pred_opt()?).ok()
            };
            let days = rupture.practice_days.or_else(counted);
            let said = state.said.iter().rfind(|one| one.is_of_rupture());
            Some(wire::ContractEnd {
                on: on.to_string(),
                mode: enums::of_rupture_mode(rupture.mode).into(),
                initiator: enums::of_initiator(rupture.initiator).into(),
                notified_on: times::of_day(rupture.notified_on),
                practice_days_least: days.map(|days| days.least),
                practice_days_most: days.map(|days| days.most),
                dsn: rupture.dsn.unwrap_or_default().into(),
                mediator_on: times::of_day(rupture.mediator_on),
                informed_on: times::of_day(rupture.informed_on),
                cosigned: rupture.cosigned,
                words: said.map(|said| words(&said.text)).unwrap_or_default(),
                words_erased: said.is_some_and(|said| said.text == Opened::Hidden),
                rights: rights(state)
                    .iter()
                    .map(|right| wire::ContractRight {
                        id: right.id.to_owned(),
                        until: times::of_day(right.until),
                        article: right.article.to_owned(),
                        text: Some(answers::text(right.text())),
                    })
                    .collect(),
                ..Default::default()
            })
        }
        Life::Completed(on, completion) => Some(wire::ContractEnd {
            on: on.to_string(),
            notified_on: times::of_day(completion.notified_on),
            early: completion.early,
            diploma: completion.diploma,
            ..Default::default()
        }),
        Life::Pending | Life::Running | Life::Suspended | Life::Cancelled => None,
    }
}

fn words(text: &Opened<String>) -> String {
    text.clear().cloned().unwrap_or_default()
}
