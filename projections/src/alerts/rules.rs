//! From candidates to alerts: the rules, by name.

use super::candidates::{self, Broken, Dated, Doubt, Held, Moment, Place};
use super::kinds::{
    ActsNext, Alert, AlertKind, LONG_SILENT_DAYS, NO_CONTRACT_LIMIT_DAYS, NO_CONTRACT_WARNING_DAYS,
    SILENT_DAYS, Subject,
};
use super::{contracts, texts};
use crate::detail::{Detail, FINDING_RULES, Here, Known, age_on, closes, runs_on};
use crate::persons::Persons;
use crate::views::QueryError;
use chrono::NaiveDate;
use domain::identifiers::Uai;
use domain::ids::{ContractId, Position, StreamKey};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An open alert and the CFAs that it concerns.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(crate) alert: Alert,
    pub(crate) trainers: Vec<Uai>,
    /// Of what is due of a contract, the département of the place of work, when its form names one: it is of there, and
    /// not of where the CFA is.
    pub(crate) works_in: Option<String>,
    /// The contract whose workflow runs here, when it is about one: to whom that is shown, so is the alert.
    pub(crate) here: Option<ContractId>,
}

/// Every alert open on a day, as known at a position, most urgent first.
pub(crate) async fn open_alerts(
    detail: &Detail,
    persons: &Arc<Persons>,
    as_of: NaiveDate,
    position: Position,
) -> Result<Vec<Open>, QueryError> {
    let at = Moment::new(as_of, position);
    let mut broken = candidates::broken(detail, at).await?;
    broken.extend(candidates::broken_here(detail, at).await?);
    let broken = last_of_each(broken);
    let without = candidates::without_contract(detail, at, NO_CONTRACT_WARNING_DAYS).await?;
    let stopped = candidates::stopped(detail, at).await?;
    let streams =
        broken.iter().map(|b| &b.place).chain(without.iter().chain(&stopped).map(|d| &d.place));
    let linked = Linked::of(detail, persons, streams, (as_of, position)).await?;
    let broken: Vec<Broken> =
        broken.into_iter().filter(|broken| !linked.closed_here(broken, as_of)).collect();

    let mut open = Vec::new();
    let standing =
        broken.iter().filter(|b| !linked.of_stream(&b.place).any(|k| k.closes(b.on, as_of)));
    // Of several enrolments that tell the same, the one that was told first: names, which differ
    // from one ledger to the next, settle nothing that is shown.
    let standing = one_of_each(
        standing,
        |b| linked.learner(&b.place),
        |b| (b.on, linked.entry_on(&b.place), Reverse((b.place.loaded_on, b.place.stream))),
    );
    open.extend(standing.map(|b| rupture(b, as_of)));
    let standing = without.iter().filter(|d| {
        let elsewhere = linked.of_stream(&d.place).any(|k| k.under_contract(as_of));
        !elsewhere && !linked.here(&d.place).any(|here| runs_on(&here.span, as_of))
    });
    let standing = one_of_each(
        standing,
        |d| (linked.learner(&d.place), d.place.trainer),
        |d| Reverse((d.since, d.place.loaded_on, d.place.stream)),
    );
    open.extend(standing.map(|d| no_contract(d, as_of)));
    let standing =
        stopped.iter().filter(|d| !linked.of_stream(&d.place).any(|k| k.transmitted(as_of)));
    open.extend(standing.map(|d| not_transmitted(d, as_of)));
    open.extend(candidates::doubtful(detail, at).await?.iter().filter_map(|d| doubtful(d, as_of)));
    open.extend(candidates::held(detail, at).await?.into_iter().map(|h| run_held(h, as_of)));
    let silent = candidates::silent(detail, at, SILENT_DAYS).await?;
    open.extend(silent.into_iter().map(|(uai, since)| cfa_silent(uai, since, as_of)));
    open.extend(contracts::open(detail, at, as_of).await?);
    open.sort_by_cached_key(|open| {
        let alert = &open.alert;
        (alert.kind.urgency(), Reverse(alert.days), alert.subject.clone(), alert.rule)
    });
    Ok(open)
}

/// What is known of the enrolments of the learners who have several.
struct Linked {
    /// All enrolments of the learner of each, itself included, sorted.
    groups: BTreeMap<StreamKey, Vec<StreamKey>>,
    known: BTreeMap<StreamKey, Known>,
    /// The contracts of dossiers whose workflow runs here.
    here: BTreeMap<StreamKey, Vec<Here>>,
}

impl Linked {
    async fn of(
        detail: &Detail,
        persons: &Arc<Persons>,
        places: impl Iterator<Item = &Place>,
        (as_of, position): (NaiveDate, Position),
    ) -> Result<Self, QueryError> {
        let persons = Arc::clone(persons);
        let streams: Vec<StreamKey> = places.map(|place| place.stream).collect();
        let mut all = streams.clone();
        // Files are read for each who has company, and there may be thousands.
        let found = move || persons.groups(streams.into_iter(), position);
        let groups = tokio::task::spawn_blocking(found).await??;
        let mut wanted: Vec<StreamKey> = groups.values().flatten().copied().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut known = detail.known(position, &wanted).await?;
        all.extend(&wanted);
        all.sort_unstable();
        all.dedup();
        let here = detail.workflow_spans(position, as_of, &all).await?;
        for (stream, known) in &mut known {
            let spans = here.get(stream).into_iter().flatten();
            known.contracts.extend(spans.map(|here| here.span));
        }
        Ok(Self { groups, known, here })
    }

    /// The contracts of a dossier whose workflow runs here.
    fn here(&self, place: &Place) -> impl Iterator<Item = &Here> {
        self.here.get(&place.stream).into_iter().flatten()
    }

    /// Whether a contract whose workflow runs here closes a rupture of its dossier; not one that was once said to begin
    /// on the same day, which is the broken one.
    fn closed_here(&self, broken: &Broken, as_of: NaiveDate) -> bool {
        let is_another = |here: &&Here| here.first_days.is_disjoint(&broken.first_days);
        let mut others = self.here(&broken.place).filter(is_another);
        others.any(|here| closes(&here.span, broken.on, as_of))
    }

    /// The other enrolments of the learner.
    fn of_stream(&self, place: &Place) -> impl Iterator<Item = &Known> {
        let group = self.groups.get(&place.stream).into_iter().flatten();
        let others = group.filter(|other| **other != place.stream);
        others.filter_map(|other| self.known.get(other))
    }

    /// One enrolment of the learner, always the same.
    fn learner(&self, place: &Place) -> StreamKey {
        let group = self.groups.get(&place.stream);
        group.and_then(|group| group.first().copied()).unwrap_or(place.stream)
    }

    /// The first day of a training, when its learner has several.
    fn entry_on(&self, place: &Place) -> Option<NaiveDate> {
        self.known.get(&place.stream).map(|known| known.entry_on)
    }
}

/// Of the candidates with one key, that of the highest rank.
fn one_of_each<'a, T: 'a, K: Ord, R: Ord>(
    candidates: impl Iterator<Item = &'a T>,
    key: impl Fn(&T) -> K,
    rank: impl Fn(&T) -> R,
) -> impl Iterator<Item = &'a T> {
    let mut kept: BTreeMap<K, &'a T> = BTreeMap::new();
    for candidate in candidates {
        let place = kept.entry(key(candidate)).or_insert(candidate);
        if rank(place) < rank(candidate) {
            *place = candidate;
        }
    }
    kept.into_values()
}

/// The last rupture of each dossier; of two on one day, the one that the CFA declared.
fn last_of_each(mut broken: Vec<Broken>) -> Vec<Broken> {
    broken.sort_by_key(|broken| (broken.place.stream, broken.on, !broken.here));
    let mut last: Vec<Broken> = Vec::new();
    for broken in broken {
        match last.last_mut() {
            Some(before) if before.place.stream == broken.place.stream => *before = broken,
            _ => last.push(broken),
        }
    }
    last
}

/// Whether the condition held when the dossier was first declared.
fn at_first_load(place: &Place, kind: AlertKind) -> bool {
    place.then.is_some_and(|then| days(then, place.loaded_on) >= kind.threshold_days())
}

fn days(since: NaiveDate, as_of: NaiveDate) -> i64 {
    as_of.signed_duration_since(since).num_days()
}

fn age(place: &Place, as_of: NaiveDate) -> Option<i32> {
    place.birth_month.map(|month| age_on(month, as_of))
}

fn of_dossier(place: &Place, alert: Alert) -> Open {
    Open { alert, trainers: place.trainer.into_iter().collect(), works_in: None, here: None }
}

pub(super) fn count(since: NaiveDate, as_of: NaiveDate) -> u32 {
    u32::try_from(days(since, as_of)).unwrap_or(0)
}

fn rupture(broken: &Broken, as_of: NaiveDate) -> Open {
    let (kind, rule, acts_next) = after_rupture(broken.on, age(&broken.place, as_of), as_of);
    let days = count(broken.on, as_of);
    let alert = of_dossier(
        &broken.place,
        Alert {
            kind,
            subject: Subject::Contract(broken.contract),
            enrolment: Some(broken.place.stream),
            trainer: broken.place.trainer,
            since: broken.on,
            days,
            acts_next,
            text: texts::rupture(kind, acts_next, broken.on, days),
            first_load: at_first_load(&broken.place, kind),
            rule,
        },
    );
    Open { here: broken.here.then_some(broken.contract), ..alert }
}

/// What a rupture of a day is on another, by which rule, and who acts: calendar days, whatever the age of the contract.
pub(super) fn after_rupture(
    on: NaiveDate,
    age: Option<i32>,
    as_of: NaiveDate,
) -> (AlertKind, &'static str, ActsNext) {
    let kind = AlertKind::of_rupture(days(on, as_of));
    let later = ActsNext::after_rupture(age);
    let (rule, acts_next) = match kind {
        AlertKind::Rupture45Days => ("RUPTURE_WITHOUT_CONTRACT_45_DAYS", later),
        AlertKind::Rupture90Days => ("RUPTURE_WITHOUT_CONTRACT_90_DAYS", later),
        AlertKind::Rupture180Days => ("RUPTURE_WITHOUT_CONTRACT_180_DAYS", later),
        _ => ("RUPTURE_WITHOUT_CONTRACT", ActsNext::Cfa),
    };
    (kind, rule, acts_next)
}

fn no_contract(dated: &Dated, as_of: NaiveDate) -> Open {
    let kind = AlertKind::NoContract;
    let over = days(dated.since, as_of) >= NO_CONTRACT_LIMIT_DAYS;
    let days = count(dated.since, as_of);
    let later = over.then(|| ActsNext::without_contract(age(&dated.place, as_of)));
    of_dossier(
        &dated.place,
        Alert {
            acts_next: later.unwrap_or(ActsNext::Cfa),
            text: texts::no_contract(dated.since, days, later),
            rule: if over { "NO_CONTRACT_90_DAYS" } else { "NO_CONTRACT_60_DAYS" },
            ..about_dossier(dated, kind, days)
        },
    )
}

fn not_transmitted(dated: &Dated, as_of: NaiveDate) -> Open {
    let days = count(dated.since, as_of);
    of_dossier(
        &dated.place,
        Alert {
            text: texts::not_transmitted(dated.since),
            rule: "LEARNER_NOT_TRANSMITTED",
            ..about_dossier(dated, AlertKind::NotTransmitted, days)
        },
    )
}

fn doubtful(doubt: &Doubt, as_of: NaiveDate) -> Option<Open> {
    let rule = FINDING_RULES.into_iter().find(|rule| *rule == doubt.rule)?;
    let dated = &doubt.dated;
    let days = count(dated.since, as_of);
    let about = about_dossier(dated, AlertKind::DoubtfulData, days);
    let subject = doubt.contract.map_or(about.subject.clone(), Subject::Contract);
    let alert = Alert { subject, text: texts::doubtful(rule), rule, ..about };
    Some(of_dossier(&dated.place, alert))
}

/// An alert about a dossier on which the CFA acts, its text and rule to be told.
fn about_dossier(dated: &Dated, kind: AlertKind, days: u32) -> Alert {
    Alert {
        kind,
        subject: Subject::Enrolment(dated.place.stream),
        enrolment: Some(dated.place.stream),
        trainer: dated.place.trainer,
        since: dated.since,
        days,
        acts_next: ActsNext::Cfa,
        text: domain::text::Text::new("", ""),
        first_load: at_first_load(&dated.place, kind),
        rule: "",
    }
}

fn run_held(held: Held, as_of: NaiveDate) -> Open {
    let only = match held.trainers.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    let alert = Alert {
        kind: AlertKind::RunHeld,
        subject: Subject::Run(held.source, held.run),
        enrolment: None,
        trainer: only,
        since: held.since,
        days: count(held.since, as_of),
        acts_next: ActsNext::Cfa,
        text: texts::run_held(held.since, held.held),
        first_load: held.first,
        rule: "PUSH_RUN_HELD",
    };
    Open { alert, trainers: held.trainers, works_in: None, here: None }
}

fn cfa_silent(uai: Uai, since: NaiveDate, as_of: NaiveDate) -> Open {
    let long = days(since, as_of) >= LONG_SILENT_DAYS;
    let days = count(since, as_of);
    let alert = Alert {
        kind: AlertKind::CfaSilent,
        subject: Subject::Cfa(uai),
        enrolment: None,
        trainer: Some(uai),
        since,
        days,
        acts_next: if long { ActsNext::Support } else { ActsNext::Cfa },
        text: texts::cfa_silent(uai, since, days),
        first_load: false,
        rule: if long { "CFA_SILENT_90_DAYS" } else { "CFA_SILENT_30_DAYS" },
    };
    Open { alert, trainers: vec![uai], works_in: None, here: None }
}
