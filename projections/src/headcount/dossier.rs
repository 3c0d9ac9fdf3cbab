//! What counts of one enrolment, as one position believes it.
//!
//! # Which days count
//!
//! A dossier counts from the first day of its trajectory until the later of its
//! session's last day and its declared school year's last day, both included.
//! School year S–E (consecutive) ends on 31 July E, and S–S on 31 December S.
//! After the session the last step of the trajectory goes on (a training that
//! ended on 30 June is FIN_DE_FORMATION in July), and then the dossier counts
//! no more: the national dashboard keeps, at any date, only the dossiers of the
//! school years that hold the date. A session longer than its declared school
//! year counts by its session. An empty trajectory counts on no day.
//!
//! When a session follows another, the days after the former one (counted in
//! the same way) and before the next count only as APPRENTI or RUPTURANT: a
//! contract and what follows its rupture do not stop for the summer, and nobody
//! else is there.
//!
//! # Where
//!
//! Days before the first day in the next CFA (a transfer) belong to the CFA
//! that was left and to what was prepared there.

use super::cell::{AgeBand, Cell, Home};
use chrono::{Datelike, NaiveDate};
use domain::enrolment::{Current, FormerSession, Sex, Training};
use domain::identifiers::{Cfd, Rncp, SchoolYear, Uai};
use domain::rules::{RuleSet, Session, Status, StatusFacts, trajectory_through};

/// The part of an enrolment's state on which its counted days depend, and
/// nothing else: equal dossiers have equal days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dossier {
    facts: StatusFacts,
    /// Former sessions, oldest first.
    former: Vec<Session>,
    /// Days `[from, until)` between a session and the next.
    holes: Vec<(i32, i32)>,
    year_end: i32,
    here: Place,
    /// Former places, oldest first, with the first day elsewhere.
    before: Vec<(Place, i32)>,
    birth_month: Option<NaiveDate>,
    sex: Option<Sex>,
    home: Home,
}

/// Where and what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    site: Uai,
    cfd: Option<Cfd>,
    rncp: Option<Rncp>,
}

/// Days `[from, until)` (from the common era) with one status in one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) from: i32,
    pub(super) until: i32,
    pub(super) status: Status,
    pub(super) cell: Cell,
}

impl Place {
    fn of(training: &Training) -> Self {
        let certification = &training.certification;
        Self { site: training.trainer.uai, cfd: certification.cfd, rncp: certification.rncp }
    }
}

/// The last day of a school year, from the common era.
fn last_day(year: SchoolYear) -> i32 {
    let (start, end) = (year.start(), i32::from(year.end()));
    let (month, day) = if i32::from(start) == end { (12, 31) } else { (7, 31) };
    NaiveDate::from_ymd_opt(end, month, day).map_or(i32::MIN, |day| day.num_days_from_ce())
}

/// The days between the end of each former session, or of its school year if that
/// is later, and the next one.
fn holes(current: &Current) -> Vec<(i32, i32)> {
    let entries = current.sessions.iter().skip(1).map(|next| next.session.entry_on);
    let entries = entries.chain([current.training.entry_on]);
    let hole = |(former, next): (&FormerSession, NaiveDate)| {
        let over = former.session.end_on.num_days_from_ce().max(last_day(former.school_year));
        let hole = (over.saturating_add(1), next.num_days_from_ce());
        (hole.0 < hole.1).then_some(hole)
    };
    current.sessions.iter().zip(entries).filter_map(hole).collect()
}

impl Dossier {
    pub(super) fn of(current: &Current) -> Self {
        let transfers = current.transfers.iter();
        Self {
            facts: current.status_facts(),
            former: current.sessions.iter().map(|former| former.session).collect(),
            holes: holes(current),
            year_end: last_day(current.training.school_year),
            here: Place::of(&current.training),
            before: transfers.map(|(from, on)| (Place::of(from), on.num_days_from_ce())).collect(),
            birth_month: current.facets.birth_month,
            sex: current.facets.sex,
            home: Home::of(current.facets.home_departement.as_deref()),
        }
    }

    /// First day of the newest session.
    pub(super) fn entry_on(&self) -> NaiveDate {
        self.facts.entry_on
    }

    /// The counted days under a rule set, from left to right.
    pub(super) fn segments(&self, rules: RuleSet) -> Vec<Segment> {
        let trajectory = trajectory_through(&self.former, self.facts.clone(), rules);
        let end = self.facts.end_on.num_days_from_ce().max(self.year_end).saturating_add(1);
        let birthdays = self.birth_month.map(AgeBand::birthdays);
        let mut cuts: Vec<i32> = self.before.iter().map(|(_, on)| *on).collect();
        cuts.extend(birthdays.iter().flatten());
        cuts.extend(self.holes.iter().flat_map(|(from, until)| [*from, *until]));
        cuts.sort_unstable();
        let mut segments = Vec::new();
        for (rank, step) in trajectory.0.iter().enumerate() {
            let next = trajectory.0.get(rank + 1).map_or(end, |s| s.from.num_days_from_ce());
            let mut from = step.from.num_days_from_ce();
            let inside = cuts.iter().copied().filter(|cut| (from + 1..next).contains(cut));
            for until in inside.chain([next]).collect::<Vec<_>>() {
                if from < until && !self.in_hole(from, step.status) {
                    let cell = self.cell(from, birthdays.as_ref());
                    segments.push(Segment { from, until, status: step.status, cell });
                }
                from = from.max(until);
            }
        }
        segments
    }

    /// Whether a day of that status lies between two sessions and does not count.
    fn in_hole(&self, day: i32, status: Status) -> bool {
        !matches!(status, Status::Apprenti | Status::Rupturant)
            && self.holes.iter().any(|(from, until)| (*from..*until).contains(&day))
    }

    fn cell(&self, day: i32, birthdays: Option<&[i32; 3]>) -> Cell {
        let former = self.before.iter().find(|(_, on)| day < *on);
        let Place { site, cfd, rncp } = former.map_or(self.here, |(place, _)| *place);
        let age_band = birthdays.map_or(AgeBand::Unknown, |days| AgeBand::on(day, days));
        Cell { site, cfd, rncp, age_band, sex: self.sex, home: self.home }
    }
}
