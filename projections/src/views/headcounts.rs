//! Head-counts, months, and the enrolments behind a figure.

use super::dossiers::after_number;
use super::{
    Answer, CountedQuery, EvolutionQuery, Figures, HeadcountAnswer, HeadcountQuery, MonthFigures,
    Page, QueryError, View, Views,
};
use crate::headcount::{GroupBy, HeadcountError, Query, counted_enrolments};
use crate::reference::ReferenceSet;
use crate::time::{KnownAt, TimeQuery};
use chrono::{Datelike, Months, NaiveDate};
use domain::calendar::end_of_paris_day;
use domain::ids::{Position, StreamKey};
use domain::rules::Status;
use domain::text::Text;
use std::sync::{Arc, Mutex, PoisonError};

/// Answers kept, so that the pages of a list are computed once.
const KEPT: usize = 4;

type Kept = (Query, Status, Arc<Vec<StreamKey>>);

/// The enrolments of the last figures opened.
#[derive(Debug, Default)]
pub(super) struct CountedCache(Mutex<Vec<Kept>>);

impl CountedCache {
    fn get(&self, query: &Query, status: Status) -> Option<Arc<Vec<StreamKey>>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|(q, s, _)| (q, *s) == (query, status))?;
        Some(Arc::clone(&found.2))
    }

    fn put(&self, query: Query, status: Status, found: &Arc<Vec<StreamKey>>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(0, (query, status, Arc::clone(found)));
        kept.truncate(KEPT);
    }

    /// Forgets everything, when a view is folded anew.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Views {
    /// The head-count of one day.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn headcount(
        &self,
        query: HeadcountQuery,
    ) -> Result<Answer<HeadcountAnswer>, QueryError> {
        self.works(View::Headcount)?;
        let position = self.position_of(&query.time).await?;
        let reference = self.references.at(&self.folded.headcount, position)?;
        let value = self.count(self.asked(&query, position), reference).await?;
        let basis = self.basis(&query.time, position, Some(query.rules))?;
        Ok(Answer { value, basis })
    }

    /// The head-counts of the first day of each month.
    ///
    /// # Errors
    /// `MONTHS` when there are none or too many; else see [`QueryError`].
    pub async fn evolution(
        &self,
        query: EvolutionQuery,
    ) -> Result<Answer<Vec<MonthFigures>>, QueryError> {
        self.works(View::Headcount)?;
        let days = months(query.from, query.to)?;
        let last = days.last().copied().unwrap_or(query.to);
        let now = TimeQuery {
            as_of: last,
            known_at: query.known_at.unwrap_or_default(),
            min_position: query.min_position,
        };
        let now_known = self.position_of(&now).await?;
        let mut reflected = now_known;
        let mut found = Vec::with_capacity(days.len());
        for day in days {
            let position = match query.known_at {
                Some(_) => now_known,
                None => self.known_in_month(day, now_known).await?,
            };
            reflected = reflected.max(position);
            let asked = Query {
                as_of: day,
                known_at: position,
                rules: query.rules,
                population: query.population,
                filter: self.reached(&query.filter),
                group_by: GroupBy::Nothing,
            };
            let reference = self.references.at(&self.folded.headcount, position)?;
            let figures = self.count(asked, reference).await?.total;
            found.push(MonthFigures { day, position, figures });
        }
        Ok(Answer { value: found, basis: self.basis(&now, reflected, Some(query.rules))? })
    }

    /// What was known at the end of a month, waiting for the views to reflect it.
    /// When nothing was heard since, as in the month under way: all that they reflect now.
    async fn known_in_month(
        &self,
        first: NaiveDate,
        now: Position,
    ) -> Result<Position, QueryError> {
        let last = last_of_month(first);
        if self.source.position_at(end_of_paris_day(last)) >= self.source.head() {
            return Ok(now);
        }
        self.position_of(&TimeQuery { known_at: KnownAt::Day(last), ..TimeQuery::on(first) }).await
    }

    /// The enrolments behind a figure, by key.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn counted_enrolments(
        &self,
        query: CountedQuery,
    ) -> Result<Answer<Page<StreamKey>>, QueryError> {
        self.works(View::Detail)?;
        self.works(View::Persons)?;
        let position = self.position_of(&query.headcount.time).await?;
        let asked = self.asked(&query.headcount, position);
        if !self.reach.shows(Some(query.status)) {
            let basis = self.basis(&query.headcount.time, position, Some(query.headcount.rules))?;
            return Ok(Answer { value: Page { entries: Vec::new(), next: None }, basis });
        }
        let found = match self.counted.get(&asked, query.status) {
            Some(found) => found,
            None => self.open_figure(asked, query.status).await?,
        };
        let wanted = query.page.entries();
        let skipped =
            usize::try_from(after_number(query.page.after.as_deref())?).unwrap_or(usize::MAX);
        let entries: Vec<StreamKey> = found.iter().skip(skipped).take(wanted).copied().collect();
        // The list of one figure at one position never changes, so a rank is a safe key.
        let end = skipped.saturating_add(entries.len());
        let next = (end < found.len()).then(|| end.to_string());
        let basis = self.basis(&query.headcount.time, position, Some(query.headcount.rules))?;
        Ok(Answer { value: Page { entries, next }, basis })
    }

    async fn open_figure(
        &self,
        asked: Query,
        status: Status,
    ) -> Result<Arc<Vec<StreamKey>>, QueryError> {
        let reference = self.references.at(&self.folded.headcount, asked.known_at)?;
        let sites = asked.filter.sites.judged(&reference);
        let (trainer, at) = (asked.filter.trainer, asked.known_at);
        let candidates = self.folded.detail.streams(at, trainer, &sites).await?;
        let (folded, source) = (Arc::clone(&self.folded), Arc::clone(&self.source));
        let question = asked.clone();
        let work = tokio::task::spawn_blocking(move || {
            let mut candidates = candidates.into_iter();
            let (ledger, persons) = (source.as_ref(), folded.persons.as_ref());
            counted_enrolments(&question, status, &mut candidates, ledger, persons, &reference)
        });
        let found = Arc::new(work.await??);
        self.counted.put(asked, status, &found);
        Ok(found)
    }

    fn asked(&self, query: &HeadcountQuery, position: Position) -> Query {
        Query {
            as_of: query.time.as_of,
            known_at: position,
            rules: query.rules,
            population: query.population,
            filter: self.reached(&query.filter),
            group_by: query.group_by,
        }
    }

    async fn count(
        &self,
        query: Query,
        reference: Arc<ReferenceSet>,
    ) -> Result<HeadcountAnswer, QueryError> {
        let folded = Arc::clone(&self.folded);
        let work = tokio::task::spawn_blocking(move || {
            let answer = folded.headcount.query(&query, &reference)?;
            Ok::<_, HeadcountError>((answer, folded.headcount.coverage(&query, &reference)))
        });
        let (answer, coverage) = work.await??;
        let whole = coverage.total;
        let mut groups: Vec<(String, Figures)> = Vec::with_capacity(answer.groups.len());
        for (key, counts) in answer.groups {
            let of_key = coverage.groups.get(&key).copied();
            let own = if coverage.groups.is_empty() { whole } else { of_key.unwrap_or_default() };
            groups.push((key, Figures { counts, coverage: own }));
        }
        Ok(HeadcountAnswer { total: Figures { counts: answer.total, coverage: whole }, groups })
    }
}

impl From<HeadcountError> for QueryError {
    fn from(error: HeadcountError) -> Self {
        match error {
            HeadcountError::Source(error) => Self::Ledger(error),
            other => Self::Store(other.to_string()),
        }
    }
}

/// The first days of the months of a question.
fn months(from: NaiveDate, to: NaiveDate) -> Result<Vec<NaiveDate>, QueryError> {
    let first = from.with_day(1).unwrap_or(from);
    let days = (0..).map_while(|n| first.checked_add_months(Months::new(n)));
    let days: Vec<NaiveDate> =
        days.take_while(|day| *day <= to).take(EvolutionQuery::MOST_MONTHS + 1).collect();
    if days.is_empty() || days.len() > EvolutionQuery::MOST_MONTHS {
        return Err(QueryError::Field {
            field: "to_month",
            rule: "MONTHS",
            text: Text::new(
                "the months go from the first to the last one, 120 at most",
                "Les mois vont du premier au dernier, 120 au plus.",
            ),
        });
    }
    Ok(days)
}

fn last_of_month(first: NaiveDate) -> NaiveDate {
    first.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(first)
}
