//! Open alerts, listed and counted.

use super::dossiers::after_number;
use super::{AlertsQuery, Answer, Page, QueryError, View, Views};
use crate::alerts::{Alert, AlertCount, AlertKind, Open, open_alerts};
use crate::time::{KnownAt, TimeQuery};
use chrono::NaiveDate;
use domain::identifiers::Uai;
use domain::ids::Position;
use std::sync::{Arc, Mutex, PoisonError};

/// Answers kept, so that the pages of a list and its summary are computed once.
const KEPT: usize = 4;
/// Alerts kept in all the answers beside the last one: about 100 MB.
const MOST_ALERTS: usize = 200_000;

/// A day, a position, and every alert open then.
type Kept = (NaiveDate, Position, Arc<Vec<Open>>);

/// The alerts of the last moments asked.
#[derive(Debug, Default)]
pub(super) struct AlertCache(Mutex<Vec<Kept>>);

impl AlertCache {
    fn get(&self, day: NaiveDate, position: Position) -> Option<Arc<Vec<Open>>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(d, p, _)| (*d, *p) == (day, position)).map(|(.., open)| Arc::clone(open))
    }

    fn put(&self, day: NaiveDate, position: Position, open: &Arc<Vec<Open>>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(d, p, _)| (*d, *p) != (day, position));
        let mut room = MOST_ALERTS.saturating_sub(open.len());
        let fitting = kept.iter().take(KEPT - 1).take_while(|(.., old)| {
            let fits = old.len() <= room;
            room = room.saturating_sub(old.len());
            fits
        });
        let fitting = fitting.count();
        kept.truncate(fitting);
        kept.insert(0, (day, position, Arc::clone(open)));
    }

    /// Forgets everything, when a view is folded anew.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Views {
    /// Open alerts, most urgent first.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn list_alerts(&self, query: AlertsQuery) -> Result<Answer<Page<Alert>>, QueryError> {
        let (open, position) = self.open_alerts(&query.time).await?;
        let reached = self.alerts_reached(position, false).await?;
        let seen_now = match query.time.known_at {
            KnownAt::Now => None,
            _ => Some(self.alerts_reached(position, true).await?),
        };
        let skipped =
            usize::try_from(after_number(query.page.after.as_deref())?).unwrap_or(usize::MAX);
        let wanted = query.page.entries();
        let mut entries: Vec<(usize, Alert)> = open
            .iter()
            .filter(|open| query.kind.is_none_or(|kind| open.alert.kind == kind))
            .filter(|open| reached(open))
            .filter(|open| concerns(open, query.trainer, query.departement.as_deref()))
            .enumerate()
            .skip(skipped)
            .filter(|(_, open)| seen_now.as_ref().is_none_or(|seen| seen(open)))
            .take(wanted + 1)
            .map(|(rank, open)| (rank, open.alert.clone()))
            .collect();
        let more = entries.len() > wanted;
        entries.truncate(wanted);
        // What somebody saw of one day at one position never changes, so a rank in it is a safe key; what of it they still
        // see may, from page to page.
        let next = entries.last().filter(|_| more).map(|(rank, _)| (rank + 1).to_string());
        let entries = entries.into_iter().map(|(_, alert)| alert).collect();
        let basis = self.basis(&query.time, position, None)?;
        Ok(Answer { value: Page { entries, next }, basis })
    }

    /// Open alerts counted by kind, in the order of [`AlertKind::ALL`].
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn summarize_alerts(
        &self,
        time: TimeQuery,
        trainer: Option<Uai>,
        departement: Option<String>,
    ) -> Result<Answer<Vec<AlertCount>>, QueryError> {
        let (open, position) = self.open_alerts(&time).await?;
        let reached = self.alerts_reached(position, time.known_at != KnownAt::Now).await?;
        let mut counts = AlertKind::ALL.map(|kind| AlertCount { kind, count: 0, first_load: 0 });
        let open = open.iter().filter(|open| reached(open));
        for open in open.filter(|o| concerns(o, trainer, departement.as_deref())) {
            if let Some(count) = counts.iter_mut().find(|count| count.kind == open.alert.kind) {
                count.count += 1;
                count.first_load += u64::from(open.alert.first_load);
            }
        }
        Ok(Answer { value: counts.to_vec(), basis: self.basis(&time, position, None)? })
    }

    async fn open_alerts(
        &self,
        time: &TimeQuery,
    ) -> Result<(Arc<Vec<Open>>, Position), QueryError> {
        self.works(View::Detail)?;
        self.works(View::Persons)?;
        let position = self.position_of(time).await?;
        if let Some(open) = self.alerts.get(time.as_of, position) {
            return Ok((open, position));
        }
        let (detail, persons) = (&self.folded.detail, &self.folded.persons);
        let open = Arc::new(open_alerts(detail, persons, time.as_of, position).await?);
        self.alerts.put(time.as_of, position, &open);
        Ok((open, position))
    }
}

fn concerns(open: &Open, trainer: Option<Uai>, departement: Option<&str>) -> bool {
    let of = |wanted: &dyn Fn(&Uai) -> bool| open.trainers.iter().any(wanted);
    let is_in = |code: &str| match &open.works_in {
        Some(there) => there == code,
        None => of(&|uai| uai.departement().as_deref() == Some(code)),
    };
    trainer.is_none_or(|trainer| of(&|uai| *uai == trainer)) && departement.is_none_or(is_in)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::{ActsNext, Subject};
    use domain::text::Text;

    #[test]
    fn large_answers_are_not_kept_beside_each_other() {
        let day = NaiveDate::default();
        let alert = Alert {
            kind: AlertKind::RunHeld,
            subject: Subject::Enrolment(domain::ids::StreamKey::default()),
            enrolment: None,
            trainer: None,
            since: day,
            days: 0,
            acts_next: ActsNext::Cfa,
            text: Text::new("", ""),
            first_load: false,
            rule: "",
        };
        let open = |count| {
            Arc::new(vec![
                Open {
                    alert: alert.clone(),
                    trainers: vec![],
                    works_in: None,
                    here: None
                };
                count
            ])
        };
        let cache = AlertCache::default();
        let kept = || (1..9).filter(|p| cache.get(day, Position(*p)).is_some()).collect::<Vec<_>>();
        (1..6).for_each(|p| cache.put(day, Position(p), &open(10)));
        assert_eq!(kept(), [2, 3, 4, 5]);
        cache.put(day, Position(6), &open(MOST_ALERTS - 15));
        assert_eq!(kept(), [5, 6]);
        cache.put(day, Position(7), &open(MOST_ALERTS + 1));
        assert_eq!(kept(), [7], "the last answer is always kept, its pages are asked next");
    }
}
