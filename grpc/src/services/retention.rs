//! The rules of retention, reported and carried out: a page or a batch a call.

use super::house::House;
use super::read_of::Of;
use super::retention_batch::{Together, TooMany, together};
use crate::convert::answers;
use crate::errors::{self, Failure};
use crate::pages::{self, Cursor, Question};
use crate::{limits, names, times};
use access::Tenant;
use chrono::{Days, NaiveDate};
use domain::calendar::paris_day;
use domain::erasure::{LegalBasis, Reference, Requester};
use domain::ids::{Position, RequestId, StreamKey};
use domain::retention::{Rules, Settings};
use domain::text::Text;
use ledger::erasure::About;
use projections::time::{KnownAt, TimeQuery};
use projections::views::Due;
use proto::v1 as wire;
use std::sync::Arc;
use uuid::Uuid;

/// Who wrote down what the rules say.
const METHOD: &str = "ExecuteRetention";

/// Rules of a request, and those in force.
struct InForce {
    settings: Settings,
    rules: Rules,
    today: NaiveDate,
}

/// Who falls due by a day, of the dossiers after a place.
struct Asked {
    rules: Rules,
    until: NaiveDate,
    time: TimeQuery,
    after: i64,
}

/// Some of those who fall due.
struct Page {
    due: Vec<Due>,
    /// The position that was reflected.
    position: Position,
    /// After which place to go on: of dossiers those above zero, then of the contracts that belong to none those below
    /// it, `-1 - position`.
    next: Option<i64>,
}

/// The place before the first contract that belongs to no dossier.
const CONTRACTS: i64 = -1;

impl House {
    fn in_force(&self, rules_json: &[u8]) -> Result<InForce, Failure> {
        let settings: Settings = if rules_json.is_empty() {
            Settings::default()
        } else {
            serde_json::from_slice(rules_json).map_err(|error| not_rules(&error.to_string()))?
        };
        let today = self.today();
        let rules = settings.in_force(today).cloned();
        let rules = rules.ok_or_else(|| not_rules("no rules are in force today"))?;
        Ok(InForce { settings, rules, today })
    }

    /// The persons who fall due by a day and are not erased, with `most` dossiers in all, if one has
    /// not more alone: those after a place, and after which to go on. Few calls look at all dossiers.
    async fn due(&self, tenant: &Tenant, asked: Asked, most: usize) -> Result<Page, Failure> {
        let (rules, until) = (asked.rules.clone(), asked.until);
        let mut page = if asked.after < 0 {
            self.record(tenant, &Of::All("what falls due"))?;
            let position = match asked.time.known_at {
                KnownAt::Position(position) => position,
                _ => asked.time.min_position,
            };
            Page { due: Vec::new(), position, next: Some(asked.after) }
        } else {
            let page = self.due_dossiers(tenant, asked, most).await?;
            Page { next: page.next.or(Some(CONTRACTS)), ..page }
        };
        let dossiers: usize = page.due.iter().map(|due| due.enrolments.len()).sum();
        if let Some(after) = page.next.filter(|after| *after < 0 && dossiers < most) {
            page.next =
                self.due_contracts((&rules, until), after, most - dossiers, &mut page.due).await?;
        }
        Ok(page)
    }

    /// Of contracts that are written here and belong to no dossier, at most so many more; and after which to go on.
    async fn due_contracts(
        &self,
        (rules, until): (&Rules, NaiveDate),
        after: i64,
        most: usize,
        due: &mut Vec<Due>,
    ) -> Result<Option<i64>, Failure> {
        let from = Position(u64::try_from(CONTRACTS - after).unwrap_or_default());
        let drafted = self.ledger.drafted_after(from, limits::DUE_CONTRACTS_LOOKED_AT)?;
        let full = due.len() + most;
        let (mut looked_at, is_last) = (after, drafted.len() < limits::DUE_CONTRACTS_LOOKED_AT);
        for one in drafted {
            if due.len() == full {
                return Ok(Some(looked_at));
            }
            looked_at = CONTRACTS - i64::try_from(one.position.0).unwrap_or(i64::MAX - 1);
            let contract = one.contract;
            if one.enrolment.is_some() || self.ledger.is_erased(contract)? {
                continue;
            }
            let due_on = self.written_due_on(rules, contract).await?.filter(|on| *on <= until);
            // A draft in which nothing is sealed names nobody.
            if let Some(due_on) = due_on
                && self.ledger.has_somebody(contract)?
            {
                due.push(Due { due_on, enrolments: vec![contract], place: looked_at });
            }
        }
        Ok(Some(looked_at).filter(|_| !is_last))
    }

    /// The first day on which a contract that is written here must not name its apprentice any more, as it is now.
    async fn written_due_on(
        &self,
        rules: &Rules,
        contract: StreamKey,
    ) -> Result<Option<NaiveDate>, Failure> {
        let ledger = Arc::clone(&self.ledger);
        let read = move || ledger.load_contract(contract, None, false);
        let loaded = tokio::task::spawn_blocking(read).await??;
        Ok(loaded
            .and_then(|loaded| rules.written_due_on(&loaded.state, paris_day(loaded.recorded_at))))
    }

    /// When a person falls due, once the contracts that are written here for their dossiers are counted; `None` while
    /// one of them has no end.
    async fn with_written(&self, rules: &Rules, due: &Due) -> Result<Option<NaiveDate>, Failure> {
        let mut due_on = due.due_on;
        for enrolment in &due.enrolments {
            for drafted in self.ledger.drafted_of(*enrolment)? {
                match self.written_due_on(rules, drafted.contract).await? {
                    Some(on) => due_on = due_on.max(on),
                    None => return Ok(None),
                }
            }
        }
        Ok(Some(due_on))
    }

    async fn due_dossiers(
        &self,
        tenant: &Tenant,
        Asked { rules, until, mut time, mut after }: Asked,
        most: usize,
    ) -> Result<Page, Failure> {
        let views = self.views(tenant, &Of::All("what falls due"))?;
        let (mut left, mut dossiers, mut looked_at) = (Vec::new(), 0, 0);
        loop {
            let seen = views.due(&rules, until, time, after).await.map_err(errors::query)?;
            let position = seen.position;
            time = time.at(position);
            for due in seen.due {
                let place = due.place;
                let erased = due.enrolments.iter().map(|key| self.ledger.is_erased(*key));
                if erased.collect::<Result<Vec<bool>, _>>()?.contains(&false)
                    && let Some(due_on) =
                        self.with_written(&rules, &due).await?.filter(|on| *on <= until)
                {
                    dossiers += due.enrolments.len();
                    if dossiers > most && !left.is_empty() {
                        return Ok(Page { due: left, position, next: Some(after) });
                    }
                    left.push(Due { due_on, ..due });
                }
                after = place;
            }
            looked_at += seen.dossiers;
            let is_over = dossiers >= most || looked_at >= limits::DUE_LOOKED_AT;
            match seen.next {
                Some(next) if !is_over => after = next,
                next => return Ok(Page { due: left, position, next }),
            }
        }
    }

    pub(super) async fn list_due(
        &self,
        tenant: &Tenant,
        request: wire::ListDueErasuresRequest,
    ) -> Result<wire::ListDueErasuresResponse, Failure> {
        let wire::ListDueErasuresRequest { until, rules_json, page_size, page_token } = request;
        let InForce { settings, rules, today } = self.in_force(&rules_json)?;
        let said = times::optional_day("until", &until)?;
        let size = pages::size(page_size)?;
        let cleared = wire::ListDueErasuresRequest { until, rules_json, ..Default::default() };
        let question = Question::new(tenant, "ListDueErasures", &cleared);
        let (mut time, mut after) = (self.acknowledged()?, 0);
        let notice = Days::new(u64::from(settings.notice_days));
        let mut until = said.or_else(|| today.checked_add_days(notice)).unwrap_or(today);
        if let Some(cursor) = self.pages.open(question, &page_token)? {
            (time, after) = (time.at(cursor.position), place(&cursor)?);
            until = cursor.as_of.unwrap_or(until);
        }
        let asked = Asked { rules: rules.clone(), until, time, after };
        let Page { due, position, next } = self.due(tenant, asked, size).await?;
        let due = due.into_iter().map(|due| wire::DueErasure {
            due_on: due.due_on.to_string(),
            enrolments: due.enrolments.into_iter().map(|key| self.name_of(key)).collect(),
        });
        let next = next.map(|place| {
            let last = place.to_string().into_bytes();
            let cursor = Cursor { position, as_of: Some(until), last, ..Cursor::default() };
            self.pages.seal(question, &cursor)
        });
        Ok(wire::ListDueErasuresResponse {
            due: due.collect(),
            until: until.to_string(),
            rules_in_force_from: rules.in_force_from.to_string(),
            next_page_token: next.unwrap_or_default(),
        })
    }

    /// Erases a batch of those who are due today.
    pub(super) async fn retain(
        self: &Arc<Self>,
        tenant: &Tenant,
        request: &wire::ExecuteRetentionRequest,
        reference: Reference,
    ) -> Result<wire::ExecuteRetentionResponse, Failure> {
        let InForce { rules, today: until, .. } = self.in_force(&request.rules_json)?;
        let actor = tenant.actor(names::actor(&request.actor)?);
        let cleared =
            wire::ExecuteRetentionRequest { page_token: String::new(), ..request.clone() };
        let question = Question::new(tenant, METHOD, &cleared);
        let cursor = self.pages.open(question, &request.page_token)?;
        let after = cursor.as_ref().map_or(Ok(0), place)?;
        let asked = Asked { rules, until, time: self.acknowledged()?, after };
        let Page { due, position, next } = self.due(tenant, asked, limits::RETENTION_BATCH).await?;
        let ledger = Arc::clone(&self.ledger);
        let taken = tokio::task::spawn_blocking(move || {
            together(due, limits::ERASED_TOGETHER, |dossier| ledger.persons_of(dossier))
        });
        let Together { batch, passed_over, end } = taken.await??;
        // Those behind are of the next call.
        let next = end.or(next);
        let erasures = if batch.is_empty() {
            Vec::new()
        } else {
            vec![self.erase_batch(batch, &actor, &reference).await?]
        };
        let next = next.map(|place| {
            let last = place.to_string().into_bytes();
            self.pages.seal(question, &Cursor { position, last, ..Cursor::default() })
        });
        let next_page_token = next.unwrap_or_default();
        let passed_over = passed_over.into_iter().map(|one| self.passed_over(one)).collect();
        Ok(wire::ExecuteRetentionResponse { erasures, next_page_token, passed_over })
    }

    fn passed_over(&self, TooMany { enrolments, persons }: TooMany) -> wire::PassedOver {
        let most = limits::ERASED_TOGETHER;
        let text = Text::new(
            format!(
                "these dossiers of one person name {persons} persons, each in one role, and one erasure is of {most} \
                 at most: ask for them in several requests, each of some dossiers only"
            ),
            format!(
                "Ces dossiers d'une même personne désignent {persons} personnes, et un effacement porte sur {most} au \
                 plus : faites plusieurs demandes, chacune limitée à certains dossiers."
            ),
        );
        wire::PassedOver {
            enrolments: enrolments.into_iter().map(|key| self.name_of(key)).collect(),
            persons: u32::try_from(persons).unwrap_or(u32::MAX),
            text: Some(answers::text(text)),
        }
    }

    /// One request, one decision, one execution: each is the same when the same dossiers are due
    /// after an interruption.
    async fn erase_batch(
        self: &Arc<Self>,
        enrolments: Vec<StreamKey>,
        actor: &str,
        reference: &Reference,
    ) -> Result<wire::Erasure, Failure> {
        let said: Vec<u8> = enrolments.iter().flat_map(|key| key.0).collect();
        let meta = |step: &str, request: wire::DecideErasureRequest| {
            let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, &[step.as_bytes(), &said].concat());
            self.meta(RequestId::from(id), actor, METHOD, &request)
        };
        let nothing = wire::DecideErasureRequest::default;
        // A decision bears its reference and who took it: the same under others is another one.
        let (of, by) = (reference.as_str().to_owned(), actor.to_owned());
        let decision = wire::DecideErasureRequest { reference: of, actor: by, ..nothing() };
        let requested = meta("request", nothing())?;
        let decided = meta("decide", decision)?;
        let executed = meta("execute", nothing())?;
        let about = About { enrolments, ..About::default() };
        let (today, ledger) = (self.today(), &self.ledger);
        let asked = ledger.request_erasure(requested, about, Requester::Retention, today).await;
        let (id, _) = asked?;
        let basis = LegalBasis::RetentionExpired;
        let decision = ledger.decide_erasure(decided, id, true, basis, reference.clone()).await;
        decision?;
        ledger.execute_erasure(executed, id, &[]).await?;
        self.pipeline.forget_repeats();
        let found = ledger.erasure(id)?;
        found.map(|found| self.erasure(&found)).ok_or_else(|| Failure::not_found("erasure"))
    }
}

/// Where the page before ended.
fn place(cursor: &Cursor) -> Result<i64, Failure> {
    let last = std::str::from_utf8(&cursor.last).ok().and_then(|last| last.parse().ok());
    last.ok_or_else(pages::invalid_token)
}

fn not_rules(what: &str) -> Failure {
    Failure::field(
        "rules_json",
        Text::new(
            format!("these are no rules of retention: {what}"),
            format!("Ces règles de conservation ne sont pas lisibles : {what}."),
        ),
    )
}
