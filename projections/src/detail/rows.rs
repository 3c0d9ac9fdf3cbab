//! The rows of a dossier in the detail views.

use super::findings::{Finding, findings};
use super::versions::Changes;
use crate::runner::StreamSteps;
use crate::source::Recorded;
use crate::time::day_number;
use chrono::NaiveDate;
use domain::calendar::paris_day;
use domain::enrolment::{Contract, Current, Fact, FormerSession};
use domain::event::Event;
use domain::ids::Position;
use domain::rules::{RuleSet, Session, stretches};
use std::collections::BTreeMap;

/// The names of a dossier, and its first load.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EnrolmentName {
    pub(super) dossier: i64,
    pub(super) stream: [u8; 16],
    pub(super) source: String,
    pub(super) loaded_on: i64,
    pub(super) loaded_to: i64,
}

/// The public values of a dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EnrolmentRow {
    pub(super) school_year: String,
    pub(super) entry_on: i64,
    pub(super) end_on: i64,
    pub(super) trainer_uai: String,
    pub(super) trainer_siret: String,
    pub(super) cfd: Option<String>,
    pub(super) rncp: Option<String>,
    pub(super) title: Option<String>,
    pub(super) year_of_training: Option<i64>,
    pub(super) excluded_on: Option<i64>,
    pub(super) withdrawn_on: Option<i64>,
    pub(super) completed_on: Option<i64>,
    pub(super) diploma: Option<i64>,
    pub(super) stopped_on: Option<i64>,
    pub(super) first_contract_on: Option<i64>,
    pub(super) birth_month: Option<i64>,
    pub(super) waits_from: i64,
    pub(super) sessions: Option<String>,
}

/// The public values of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ContractRow {
    pub(super) dossier: i64,
    pub(super) ordinal: i64,
    pub(super) start_on: i64,
    pub(super) end_on: Option<i64>,
    pub(super) ended_on: Option<i64>,
    pub(super) broken_on: Option<i64>,
    pub(super) notified_on: Option<i64>,
    pub(super) mode: Option<String>,
    pub(super) initiator: Option<String>,
    pub(super) rupture_event: Option<[u8; 16]>,
}

/// A finding: dossier, rule, contract (0 for the dossier itself).
pub(super) type FindingKey = (i64, &'static str, i64);

/// Everything that a batch does to the rows of dossiers.
#[derive(Debug, Default)]
pub(super) struct BatchRows {
    pub(super) enrolment_ids: Vec<EnrolmentName>,
    /// Dossiers of earlier batches whose first load went on: dossier and `loaded_to`.
    pub(super) loaded: Vec<(i64, i64)>,
    pub(super) contract_ids: Vec<(i64, [u8; 16], i64)>,
    pub(super) enrolments: Changes<i64, EnrolmentRow>,
    pub(super) contracts: Changes<i64, ContractRow>,
    pub(super) findings: Changes<FindingKey, i64>,
}

impl BatchRows {
    /// Adds what the batch does to one dossier.
    pub(super) fn see(&mut self, steps: &StreamSteps<'_>) {
        let dossier = number(steps.dossier);
        let number_of = |c: &Contract| steps.contracts.get(&c.ordinal).map_or(0, |p| number(*p));
        self.see_names(steps, dossier);

        let row = |state: Option<&Current>| {
            state.map(|current| (dossier, enrolment_row(current))).into_iter().collect()
        };
        let states = steps.steps.iter().map(|s| (number(s.recorded.position), s.after.as_deref()));
        let before = steps.before.as_deref();
        self.enrolments.follow(row(before), states.clone().map(|(p, state)| (p, row(state))));

        let rows = |state: Option<&Current>| {
            let contracts = state.map_or(&[][..], |current| &current.contracts);
            contracts.iter().map(|c| (number_of(c), contract_row(dossier, c))).collect()
        };
        self.contracts.follow(rows(before), states.map(|(p, state)| (p, rows(state))));
        self.see_findings(steps, dossier, &number_of);
    }

    /// Adds the rows of other dossiers.
    pub(super) fn join(&mut self, other: Self) {
        self.enrolment_ids.extend(other.enrolment_ids);
        self.loaded.extend(other.loaded);
        self.contract_ids.extend(other.contract_ids);
        self.enrolments.join(other.enrolments);
        self.contracts.join(other.contracts);
        self.findings.join(other.findings);
    }

    fn see_names(&mut self, steps: &StreamSteps<'_>, dossier: i64) {
        let loaded_to = number(steps.loaded_to);
        match steps.events.first() {
            Some(first) if steps.is_new => self.enrolment_ids.push(EnrolmentName {
                dossier,
                stream: steps.stream.0,
                source: steps.source.as_str().to_owned(),
                loaded_on: day_number(told_on(first)),
                loaded_to,
            }),
            Some(first) if first.position <= steps.loaded_to => {
                self.loaded.push((dossier, loaded_to));
            }
            _ => {}
        }
        for recorded in steps.events {
            let Event::Enrolment(event) = &recorded.event else { continue };
            let Fact::ContractDeclared { contract, ordinal, .. } = &event.fact else { continue };
            if steps.contracts.get(ordinal) == Some(&recorded.position) {
                let position = number(recorded.position);
                self.contract_ids.push((position, contract.0, dossier));
            }
        }
    }

    /// A finding counts from the day on which the source first said it, so that
    /// day is kept while the finding lasts.
    fn see_findings(
        &mut self,
        steps: &StreamSteps<'_>,
        dossier: i64,
        number_of: &dyn Fn(&Contract) -> i64,
    ) {
        let found = |state: Option<&Current>| -> Vec<FindingKey> {
            let key = |f: Finding<'_>| (dossier, f.rule, f.contract.map_or(0, number_of));
            state.map(|c| findings(c).into_iter().map(key).collect()).unwrap_or_default()
        };
        // What is stored already is compared by its key alone: its day stays.
        const STORED: i64 = 0;
        let before: BTreeMap<FindingKey, i64> =
            found(steps.before.as_deref()).into_iter().map(|key| (key, STORED)).collect();
        let mut last = before.clone();
        let mut states = Vec::with_capacity(steps.steps.len());
        for step in &steps.steps {
            let on = day_number(told_on(step.recorded));
            let found = found(step.after.as_deref());
            last = found.into_iter().map(|k| (k, last.get(&k).copied().unwrap_or(on))).collect();
            states.push((number(step.recorded.position), last.clone()));
        }
        self.findings.follow(before, states.into_iter());
    }
}

/// The day on which a source said it: its extraction, else the ledger's record.
fn told_on(recorded: &Recorded) -> NaiveDate {
    let extracted = match &recorded.event {
        Event::Enrolment(event) => event.provenance.as_ref().map(|p| p.extracted_at),
        Event::Contract(..)
        | Event::Run(_)
        | Event::PersonLink(_)
        | Event::ReferenceSetLoaded(_)
        | Event::Erasure(_) => None,
    };
    paris_day(extracted.unwrap_or(recorded.recorded_at))
}

/// A position as SQL holds it; positions stay far below 2^63.
pub(super) fn number(position: Position) -> i64 {
    i64::try_from(position.0).unwrap_or(i64::MAX)
}

fn enrolment_row(current: &Current) -> EnrolmentRow {
    let training = &current.training;
    let completed = current.completion.as_ref();
    let (waits_from, first_contract_on) = last_stretch(current);
    EnrolmentRow {
        school_year: training.school_year.as_str().to_owned(),
        entry_on: day_number(training.entry_on),
        end_on: day_number(training.end_on),
        trainer_uai: training.trainer.uai.as_str().to_owned(),
        trainer_siret: training.trainer.siret.as_str().to_owned(),
        cfd: training.certification.cfd.map(|cfd| cfd.as_str().to_owned()),
        rncp: training.certification.rncp.map(|rncp| rncp.as_str().to_owned()),
        title: training.title.clone(),
        year_of_training: training.year_of_training.map(i64::from),
        excluded_on: current.exclusion.as_ref().map(|e| day_number(e.on)),
        withdrawn_on: current.withdrawal.as_ref().map(|(_, on)| day_number(*on)),
        completed_on: completed.map(|c| day_number(c.on.unwrap_or(training.end_on))),
        diploma: completed.map(|c| i64::from(c.diploma)),
        stopped_on: current.stopped.map(|at| day_number(paris_day(at))),
        first_contract_on: first_contract_on.map(day_number),
        birth_month: current.facets.birth_month.map(day_number),
        waits_from: day_number(waits_from),
        sessions: sessions(current),
    }
}

/// The last stretch of sessions that R3 reads together: its first day, and that of its first
/// contract.
pub(crate) fn last_stretch(current: &Current) -> (NaiveDate, Option<NaiveDate>) {
    let former: Vec<Session> = current.sessions.iter().map(|former| former.session).collect();
    let last = stretches(&former, current.status_facts(), RuleSet::R3).pop();
    last.map_or((current.training.entry_on, None), |stretch| {
        (stretch.entry_on, stretch.contracts.iter().map(|contract| contract.start_on).min())
    })
}

/// The first and last days of the former sessions, oldest first: `first/last first/last`.
fn sessions(current: &Current) -> Option<String> {
    let session = |former: &FormerSession| {
        let Session { entry_on, end_on } = former.session;
        format!("{}/{}", day_number(entry_on), day_number(end_on))
    };
    let sessions: Vec<String> = current.sessions.iter().map(session).collect();
    (!sessions.is_empty()).then(|| sessions.join(" "))
}

fn contract_row(dossier: i64, contract: &Contract) -> ContractRow {
    let rupture = contract.rupture.as_ref();
    ContractRow {
        dossier,
        ordinal: i64::from(contract.ordinal),
        start_on: day_number(contract.terms.start_on),
        end_on: contract.terms.end_on.map(day_number),
        ended_on: contract.ended_on.map(day_number),
        broken_on: rupture.map(|(_, r)| day_number(r.effective_on)),
        notified_on: rupture.and_then(|(_, r)| r.notified_on).map(day_number),
        mode: rupture.map(|(_, r)| format!("{:?}", r.mode)),
        initiator: rupture.map(|(_, r)| format!("{:?}", r.initiator)),
        rupture_event: rupture.map(|(event, _)| event.0),
    }
}
