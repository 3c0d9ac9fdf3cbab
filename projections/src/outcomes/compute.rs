//! From contracts to figures.

use super::answers::{Outcomes, OutcomesAnswer, RETURN_MONTHS, Share};
use super::rows::{OutcomeRow, first_day_from};
use super::survival::Survival;
use super::twins::{Twins, Word};
use crate::detail::{Known, is_out};
use crate::files::{KeyMap, KeySet};
use crate::headcount::{AgeBand, Cell, GroupBy, Scope};
use chrono::{Months, NaiveDate};
use domain::ids::StreamKey;
use std::collections::BTreeMap;

/// What is known of the learners of a cohort beyond its contracts.
#[derive(Debug, Default)]
pub(crate) struct Learners {
    /// The enrolments of the person, sorted, of enrolments that are not alone.
    pub(crate) groups: BTreeMap<StreamKey, Vec<StreamKey>>,
    /// What is known of these enrolments.
    pub(crate) known: BTreeMap<StreamKey, Known>,
}

/// Outcomes of contracts as seen on a day, under way: a month of first days at
/// a time, so that memory holds no longer period, only who the learners are.
pub(crate) struct Computing<'a> {
    as_of: NaiveDate,
    scope: &'a Scope<'a>,
    keys: KeyMap<Cell, Option<String>>,
    total: Tally,
    groups: BTreeMap<String, Tally>,
}

impl<'a> Computing<'a> {
    /// Nothing yet.
    pub(crate) fn new(as_of: NaiveDate, scope: &'a Scope<'a>) -> Self {
        let (keys, total, groups) = Default::default();
        Self { as_of, scope, keys, total, groups }
    }

    /// Adds contracts, with all those that begin on the same days.
    pub(crate) fn add(&mut self, rows: &[OutcomeRow], learners: &Learners) {
        let (as_of, scope) = (self.as_of, self.scope);
        let twins = Twins::of(rows, &learners.groups);
        for (rank, row) in rows.iter().enumerate().filter(|(_, row)| row.start_on <= as_of) {
            let Some(word) = twins.word(rank, row) else { continue };
            let cell = cell(row);
            let key = self.keys.entry(cell).or_insert_with(|| scope.key(&cell));
            let Some(key) = key else { continue };
            let seen = Seen::of(row, word, learners, as_of);
            self.total.add(row, &seen, as_of);
            if scope.group_by != GroupBy::Nothing {
                if !self.groups.contains_key(key) {
                    self.groups.insert(key.clone(), Tally::default());
                }
                if let Some(tally) = self.groups.get_mut(key) {
                    tally.add(row, &seen, as_of);
                }
            }
        }
    }

    /// The figures of all that was added.
    pub(crate) fn answer(self) -> OutcomesAnswer {
        let groups = self.groups.into_iter().map(|(key, tally)| (key, tally.outcomes()));
        OutcomesAnswer { total: self.total.outcomes(), groups: groups.collect() }
    }
}

/// Where a contract counts: by the learner's age on its first day.
fn cell(row: &OutcomeRow) -> Cell {
    Cell {
        site: row.trainer,
        cfd: row.cfd,
        rncp: row.rncp,
        age_band: AgeBand::of(row.birth_month, row.start_on),
        sex: None,
        home: row.home,
    }
}

/// What a row and its learner come to on a day.
struct Seen {
    /// One enrolment of the learner, always the same.
    learner: StreamKey,
    broken: Option<NaiveDate>,
    back: Option<NaiveDate>,
    in_training: bool,
    diploma: Option<bool>,
}

impl Seen {
    fn of(row: &OutcomeRow, word: Word, learners: &Learners, as_of: NaiveDate) -> Self {
        let broken = word.broken_on.filter(|broken| *broken <= as_of);
        let result = row.result.filter(|(on, _)| *on <= as_of);
        let out = |out| is_out(out, row.resumed_on, as_of);
        let mut seen = Self {
            learner: row.stream,
            broken,
            // That of the dossier holds for the rupture of the dossier.
            back: row.back_on.filter(|_| broken == row.broken_on),
            in_training: row.entry_on <= as_of
                && as_of <= row.session_end_on
                && !row.out_on.into_iter().chain(result.map(|(on, _)| on)).any(out),
            diploma: result.map(|(_, diploma)| diploma),
        };
        let Some(group) = learners.groups.get(&row.stream) else { return seen };
        seen.learner = group.first().copied().unwrap_or(row.stream);
        for (stream, dossier) in group.iter().filter_map(|s| Some((s, learners.known.get(s)?))) {
            if let Some(broken) = broken {
                // What began on the same day may be this contract, declared elsewhere.
                let spans = dossier.contracts.iter().filter(|span| span.start_on != row.start_on);
                let first = spans.filter_map(|span| first_day_from(span, broken));
                seen.back = seen.back.into_iter().chain(first).min();
            }
            if *stream == row.stream {
                continue;
            }
            seen.in_training |= dossier.in_training(as_of);
            if let Some((_, diploma)) = dossier.result.filter(|(on, _)| *on <= as_of) {
                seen.diploma = Some(diploma || seen.diploma.unwrap_or(false));
            }
        }
        seen
    }
}

/// Figures under way.
#[derive(Default)]
struct Tally {
    contracts: u64,
    broken: u64,
    reached_term: u64,
    survival: Box<Survival>,
    /// Yes, observed, censored.
    back: [[u64; 3]; 2],
    learners: KeySet<StreamKey>,
    in_training: u64,
    results: u64,
    diplomas: u64,
}

impl Tally {
    fn add(&mut self, row: &OutcomeRow, seen: &Seen, as_of: NaiveDate) {
        self.contracts += 1;
        match seen.broken {
            Some(broken) => {
                self.broken += 1;
                self.survival.add(row.start_on, broken, true);
                self.add_return(broken, seen.back, as_of);
            }
            None => {
                self.reached_term += u64::from(row.end_on.is_some_and(|end| end < as_of));
                let last = row.end_on.map_or(as_of, |end| end.min(as_of));
                self.survival.add(row.start_on, last, false);
            }
        }
        if self.learners.insert(seen.learner) {
            self.in_training += u64::from(seen.in_training);
            self.results += u64::from(seen.diploma.is_some());
            self.diplomas += u64::from(seen.diploma == Some(true));
        }
    }

    fn add_return(&mut self, broken: NaiveDate, back: Option<NaiveDate>, as_of: NaiveDate) {
        for ([yes, observed, censored], months) in self.back.iter_mut().zip(RETURN_MONTHS) {
            let limit = broken.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX);
            if back.is_some_and(|back| back <= limit && back <= as_of) {
                *yes += 1;
                *observed += 1;
            } else if limit <= as_of {
                *observed += 1;
            } else {
                *censored += 1;
            }
        }
    }

    fn outcomes(&self) -> Outcomes {
        let learners = self.learners.len() as u64;
        Outcomes {
            contracts: self.contracts,
            broken: self.broken,
            reached_term: self.reached_term,
            broken_within: self.survival.shares(),
            back_within: self
                .back
                .map(|[yes, observed, censored]| Share::of(yes, observed, censored)),
            diploma: Share::of(self.diplomas, self.results, learners - self.results),
            still_in_training: Share::of(self.in_training, learners, 0),
        }
    }
}
