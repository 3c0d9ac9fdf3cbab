//! The naive answer: leave out the request that is not whole yet, read every event, fold every stream, look at every person
//! on the one day, filter, count. It shares no code with the view but the
//! domain's fold and rules.

use super::Story;
use chrono::{Datelike, NaiveDate};
use domain::enrolment::{Current, Enrolment, Training};
use domain::event::Event;
use domain::identifiers::SchoolYear;
use domain::ids::{Category, Position, StreamKey};
use domain::rules::{RuleSet, Status};
use projections::headcount::{AgeBand, Filter, GroupBy, Population, Query, TerritoryOf};
use projections::reference::ReferenceSet;
use projections::source::Recorded;
use std::collections::BTreeMap;

/// Counts by key, each by status; the key is empty without split.
pub type Table = BTreeMap<String, [u64; 5]>;

pub struct Enrolled {
    pub key: StreamKey,
    pub current: Current,
}

/// Where the last request ends that is whole at a position.
pub fn settled(events: &[Recorded], known_at: Position) -> Position {
    let whole = |at: u64| {
        let next = events.get(at as usize);
        next.is_none_or(|next| next.request_index == 0)
    };
    Position((0..=known_at.0.min(events.len() as u64)).rev().find(|at| whole(*at)).unwrap())
}

/// Every enrolment as known at a position.
pub fn enrolments(events: &[Recorded], known_at: u64) -> Vec<Enrolled> {
    let mut states: BTreeMap<StreamKey, Enrolment> = BTreeMap::new();
    for recorded in events.iter().filter(|recorded| recorded.position.0 <= known_at) {
        if recorded.stream.category != Category::Enrolment {
            continue;
        }
        let Event::Enrolment(event) = &recorded.event else { panic!("{recorded:?}") };
        let state = states.entry(recorded.stream.key).or_default();
        *state = std::mem::take(state).evolve(event.clone());
    }
    let current =
        |(key, state): (StreamKey, Enrolment)| Some(Enrolled { key, current: state.current? });
    states.into_iter().filter_map(current).collect()
}

/// Whether a session and its school year are both over.
fn over(end_on: NaiveDate, year: SchoolYear, day: NaiveDate) -> bool {
    let year_end = if year.start() == year.end() {
        NaiveDate::from_ymd_opt(i32::from(year.end()), 12, 31)
    } else {
        NaiveDate::from_ymd_opt(i32::from(year.end()), 7, 31)
    };
    day > end_on && day > year_end.unwrap()
}

fn status_on(current: &Current, day: NaiveDate, rules: RuleSet) -> Option<Status> {
    if over(current.training.end_on, current.training.school_year, day) {
        return None;
    }
    let between = (0..current.sessions.len()).any(|rank| {
        let former = current.sessions[rank];
        let next = current.sessions.get(rank + 1).map(|next| next.session.entry_on);
        over(former.session.end_on, former.school_year, day)
            && day < next.unwrap_or(current.training.entry_on)
    });
    let status = current.trajectory(rules).at(day);
    status.filter(|s| !between || matches!(s, Status::Apprenti | Status::Rupturant))
}

fn training_on(current: &Current, day: NaiveDate) -> &Training {
    let mut former = current.transfers.iter();
    former.find(|(_, on)| day < *on).map_or(&current.training, |(training, _)| training)
}

fn band(current: &Current, day: NaiveDate) -> AgeBand {
    let Some(born) = current.facets.birth_month else { return AgeBand::Unknown };
    let age = day.year() - born.year() - i32::from(day.month() < born.month());
    match age {
        ..18 => AgeBand::Under18,
        18..=20 => AgeBand::From18To20,
        21..=25 => AgeBand::From21To25,
        _ => AgeBand::From26,
    }
}

/// The answer to a question.
pub fn answer(story: &Story, events: &[Recorded], query: &Query) -> Table {
    let known_at = settled(events, query.known_at);
    let known = enrolments(events, known_at.0);
    let classes = story.partitions.iter().rev().find(|(from, _)| *from <= known_at);
    let person_of = |key: StreamKey| -> StreamKey {
        if query.population == Population::Dossiers {
            return key;
        }
        let class = classes.and_then(|(_, all)| all.iter().find(|class| class.contains(&key)));
        class.map_or(key, |class| *class.iter().min().unwrap())
    };
    let mut persons: BTreeMap<StreamKey, Vec<(&Enrolled, Status)>> = BTreeMap::new();
    for one in &known {
        if let Some(status) = status_on(&one.current, query.as_of, query.rules) {
            persons.entry(person_of(one.key)).or_default().push((one, status));
        }
    }
    let mut table = Table::new();
    for mut candidates in persons.into_values() {
        candidates.sort_by_key(|(one, status)| {
            let order = match status {
                Status::Apprenti => 1,
                Status::Rupturant | Status::Inscrit => 2,
                Status::FinDeFormation => 3,
                Status::Abandon => 4,
            };
            let entry = one.current.training.entry_on;
            let training = training_on(&one.current, query.as_of);
            let what = (training.certification.cfd, training.certification.rncp);
            let never_under_contract = *status == Status::Inscrit;
            let who = (training.trainer.uai, what, one.key);
            (order, std::cmp::Reverse(entry), never_under_contract, who)
        });
        let (one, status) = candidates[0];
        if let Some(key) = group(&one.current, query, &story.reference) {
            table.entry(key).or_default()[status as usize] += 1;
        }
    }
    table
}

/// The key of somebody in the split, `None` when the filter leaves them out.
fn group(current: &Current, query: &Query, reference: &ReferenceSet) -> Option<String> {
    let Filter {
        territory_of,
        region,
        departement,
        academie,
        trainer,
        rncp,
        cfd,
        level,
        age_band,
        ..
    } = &query.filter;
    let training = training_on(current, query.as_of);
    let code = match territory_of {
        TerritoryOf::Cfa => training.trainer.uai.departement(),
        TerritoryOf::Home => current.facets.home_departement.clone(),
    };
    let place = code.as_ref().and_then(|code| reference.departements.get(code));
    let certification = &training.certification;
    let its_level = reference.level(certification.cfd, certification.rncp);
    let its_band = band(current, query.as_of);
    let fits =
        |wanted: &Option<String>, is: Option<&String>| wanted.is_none() || wanted.as_ref() == is;
    let counted = fits(region, place.map(|p| &p.region))
        && fits(academie, place.map(|p| &p.academie))
        && fits(departement, code.as_ref())
        && trainer.is_none_or(|wanted| wanted == training.trainer.uai)
        && (rncp.is_none() || *rncp == certification.rncp)
        && (cfd.is_none() || *cfd == certification.cfd)
        && (level.is_none() || *level == its_level)
        && age_band.is_none_or(|wanted| wanted == its_band);
    if !counted {
        return None;
    }
    let unknown = || "?".to_owned();
    Some(match query.group_by {
        GroupBy::Nothing => String::new(),
        GroupBy::Region => place.map_or_else(unknown, |p| p.region.clone()),
        GroupBy::Academie => place.map_or_else(unknown, |p| p.academie.clone()),
        GroupBy::Departement => place.map_or_else(unknown, |_| code.clone().unwrap()),
        GroupBy::Trainer => training.trainer.uai.to_string(),
        GroupBy::Level => its_level.map_or_else(unknown, |level| level.to_string()),
        GroupBy::AgeBand => its_band.name().to_owned(),
        GroupBy::Certification => match (certification.rncp, certification.cfd) {
            (None, None) => unknown(),
            (Some(rncp), None) => rncp.to_string(),
            (None, Some(cfd)) => cfd.to_string(),
            (Some(rncp), Some(cfd)) => format!("{rncp}/{cfd}"),
        },
    })
}
