//! Alerts about contracts whose workflow runs here: what is due of them, and ruptures of those that belong to no dossier.

use super::candidates::{self, Alone, Moment, Obliged};
use super::kinds::{ActsNext, Alert, AlertKind, CONTRACT_DUE_DAYS, Subject};
use super::rules::{Open, after_rupture, count};
use super::texts;
use crate::detail::Detail;
use chrono::{NaiveDate, TimeDelta};
use domain::contract::conclude::Silence;
use domain::contract::deadlines::From;
use domain::identifiers::Uai;
use domain::ids::{ContractId, StreamKey};
use domain::text::Text;

/// Those that are open on a day, in the order of the contracts.
pub(super) async fn open(
    detail: &Detail,
    at: Moment,
    as_of: NaiveDate,
) -> Result<Vec<Open>, sqlx::Error> {
    let obliged = candidates::obliged(detail, at, CONTRACT_DUE_DAYS).await?;
    let alone = candidates::broken_alone(detail, at).await?;
    let due = obliged.iter().filter_map(|obliged| {
        let works_in = obliged.works_in.clone();
        due(obliged, as_of).map(|open| Open { works_in, ..open })
    });
    Ok(due.chain(alone.iter().map(|alone| broken(alone, as_of))).collect())
}

fn due(obliged: &Obliged, as_of: NaiveDate) -> Option<Open> {
    let Obliged { kind, on, article, .. } = obliged;
    let acts_next = match kind.from {
        From::Parties | From::Employer => ActsNext::Employer,
        From::Cfa => ActsNext::Cfa,
        From::DepositBody => ActsNext::DepositBody,
        From::MissionLocale => ActsNext::MissionLocale,
    };
    let about = About {
        contract: obliged.contract,
        enrolment: obliged.enrolment,
        trainer: obliged.trainer,
        rule: kind.id,
    };
    if kind.is_at_once() {
        // Nothing is asked for before it was.
        let text = texts::contract_due(kind, None, article);
        let open = || about.open(AlertKind::ContractDue, *on, as_of, acts_next, text);
        return (*on <= as_of).then(open);
    }
    if as_of <= *on {
        let since = *on - TimeDelta::days(CONTRACT_DUE_DAYS);
        let text = texts::contract_due(kind, Some(*on), article);
        return Some(about.open(AlertKind::ContractDue, since, as_of, acts_next, text));
    }
    if !kind.is_ever_late() {
        return None;
    }
    let silence = (kind.from == From::DepositBody).then_some(if obliged.public_law {
        Silence::Acceptance
    } else {
        Silence::Refusal
    });
    let acts_next = match silence {
        Some(Silence::Refusal) => ActsNext::Employer,
        _ => acts_next,
    };
    let text = texts::contract_late(kind, *on, article, silence);
    Some(about.open(AlertKind::ContractLate, *on, as_of, acts_next, text))
}

fn broken(alone: &Alone, as_of: NaiveDate) -> Open {
    // Of whom it is, is sealed: the age is not known.
    let (kind, rule, acts_next) = after_rupture(alone.on, None, as_of);
    let about = About { contract: alone.contract, enrolment: None, trainer: alone.trainer, rule };
    let text = texts::rupture(kind, acts_next, alone.on, count(alone.on, as_of));
    about.open(kind, alone.on, as_of, acts_next, text)
}

/// What an alert is about.
struct About {
    contract: ContractId,
    enrolment: Option<StreamKey>,
    trainer: Option<Uai>,
    rule: &'static str,
}

impl About {
    fn open(
        &self,
        kind: AlertKind,
        since: NaiveDate,
        as_of: NaiveDate,
        acts_next: ActsNext,
        text: Text,
    ) -> Open {
        let alert = Alert {
            kind,
            subject: Subject::Contract(self.contract),
            enrolment: self.enrolment,
            trainer: self.trainer,
            since,
            days: count(since, as_of),
            acts_next,
            text,
            first_load: false,
            rule: self.rule,
        };
        Open {
            alert,
            trainers: self.trainer.into_iter().collect(),
            works_in: None,
            here: Some(self.contract),
        }
    }
}
