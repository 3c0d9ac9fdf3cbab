//! Enrolments, contracts, trajectories and histories.
//!
//! One dossier is always read from its stream: what is shown is what was
//! written. The detail rows only say which dossiers a list holds.

use super::{
    Answer, ContractView, ContractsQuery, EnrolmentView, EnrolmentsQuery, Page, QueryError,
    RuptureView, TrajectoryView, View, Views,
};
use crate::detail::Listed;
use crate::histories::{HistoryEvent, history, of_contract};
use crate::reach::Judged;
use crate::runner::state_of;
use crate::source::Recorded;
use crate::time::TimeQuery;
use domain::enrolment::{Contract, Current};
use domain::ids::{Category, ContractId, Position, StreamId, StreamKey, Version};
use domain::rules::RuleSet;
use domain::text::Text;

/// Dossiers read at once when a list filters on the status.
const CHUNK: usize = 1_000;

impl Views {
    /// One enrolment.
    ///
    /// # Errors
    /// [`QueryError::NotFound`] when nothing was declared of it; else see [`QueryError`].
    pub async fn get_enrolment(
        &self,
        enrolment: StreamKey,
        time: TimeQuery,
        rules: RuleSet,
    ) -> Result<Answer<EnrolmentView>, QueryError> {
        self.works(View::Persons)?;
        let position = self.position_of(&time).await?;
        self.must_reach(enrolment, position, time.as_of, &name_of(enrolment)).await?;
        let value = self.enrolment_view(enrolment, position, &time, rules).await?;
        Ok(Answer { value, basis: self.basis(&time, position, Some(rules))? })
    }

    /// Enrolments by filter, oldest declaration first.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn list_enrolments(
        &self,
        query: EnrolmentsQuery,
    ) -> Result<Answer<Page<EnrolmentView>>, QueryError> {
        self.works(View::Detail)?;
        self.works(View::Persons)?;
        let position = self.position_of(&query.time).await?;
        let sites = self.judged(position)?;
        let mut after = after_number(query.page.after.as_deref())?;
        let (wanted, mut entries, mut next) = (query.page.entries(), Vec::new(), None);
        'full: loop {
            let detail = &self.folded.detail;
            let chunk = detail.enrolments(position, query.trainer, &sites, after, CHUNK).await?;
            let last_chunk = chunk.len() < CHUNK;
            for listed in chunk {
                if !self.matches(&listed, &query) {
                    after = listed.dossier;
                    continue;
                }
                if entries.len() == wanted {
                    next = Some(after.to_string());
                    break 'full;
                }
                after = listed.dossier;
                let (time, rules) = (&query.time, query.rules);
                entries.push(self.enrolment_view(listed.stream, position, time, rules).await?);
            }
            if last_chunk {
                break;
            }
        }
        let basis = self.basis(&query.time, position, Some(query.rules))?;
        Ok(Answer { value: Page { entries, next }, basis })
    }

    /// The dated trajectory of one enrolment under a rule set.
    ///
    /// # Errors
    /// As [`Self::get_enrolment`].
    pub async fn trajectory(
        &self,
        enrolment: StreamKey,
        time: TimeQuery,
        rules: RuleSet,
    ) -> Result<Answer<TrajectoryView>, QueryError> {
        let position = self.position_of(&time).await?;
        self.must_reach(enrolment, position, time.as_of, &name_of(enrolment)).await?;
        let (current, _) = self.dossier(enrolment, position).await?;
        let trajectory = current.trajectory(rules);
        let current = trajectory.current(time.as_of);
        let value = TrajectoryView { trajectory, current };
        Ok(Answer { value, basis: self.basis(&time, position, Some(rules))? })
    }

    /// One contract.
    ///
    /// # Errors
    /// [`QueryError::NotFound`] when it was not declared, or was withdrawn.
    pub async fn get_contract(
        &self,
        contract: ContractId,
        time: TimeQuery,
    ) -> Result<Answer<ContractView>, QueryError> {
        let position = self.position_of(&time).await?;
        let enrolment = self.enrolment_of(contract, position).await?;
        let name = format!("contracts/{contract}");
        self.must_reach(enrolment, position, time.as_of, &name).await?;
        let value = self.contract_view(enrolment, contract, position).await?;
        Ok(Answer { value, basis: self.basis(&time, position, None)? })
    }

    /// Contracts by filter, oldest declaration first.
    ///
    /// # Errors
    /// See [`QueryError`].
    pub async fn list_contracts(
        &self,
        query: ContractsQuery,
    ) -> Result<Answer<Page<ContractView>>, QueryError> {
        self.works(View::Detail)?;
        let position = self.position_of(&query.time).await?;
        let sites = self.judged(position)?;
        let after = after_number(query.page.after.as_deref())?;
        let wanted = query.page.entries();
        let broken_by = query.broken_only.then_some(query.time.as_of);
        let mut found = self
            .folded
            .detail
            .contracts(position, (query.trainer, &sites), broken_by, after, wanted + 1)
            .await?;
        let more = found.len() > wanted;
        found.truncate(wanted);
        let next = found.last().filter(|_| more).map(|(number, ..)| number.to_string());
        let mut entries = Vec::with_capacity(found.len());
        for (_, contract, enrolment) in found {
            entries.push(self.contract_view(enrolment, contract, position).await?);
        }
        let basis = self.basis(&query.time, position, None)?;
        Ok(Answer { value: Page { entries, next }, basis })
    }

    /// The enrolment in whose stream a contract is declared.
    ///
    /// # Errors
    /// [`QueryError::NotFound`] when it was not declared by that position.
    pub async fn enrolment_of(
        &self,
        contract: ContractId,
        position: Position,
    ) -> Result<StreamKey, QueryError> {
        self.works(View::Detail)?;
        let found = self.folded.detail.enrolment_of(contract, position).await?;
        found
            .ok_or_else(|| QueryError::NotFound { what: format!("contracts/{contract}"), position })
    }

    /// The events of one enrolment, with what became of each.
    ///
    /// # Errors
    /// As [`Self::get_enrolment`].
    pub async fn enrolment_history(
        &self,
        enrolment: StreamKey,
        time: TimeQuery,
    ) -> Result<Answer<Vec<HistoryEvent>>, QueryError> {
        let position = self.position_of(&time).await?;
        self.must_reach(enrolment, position, time.as_of, &name_of(enrolment)).await?;
        let value = history(&self.stream(enrolment, position).await?);
        Ok(Answer { value, basis: self.basis(&time, position, None)? })
    }

    /// The events that are about one contract, corrections and retractions included.
    ///
    /// # Errors
    /// As [`Self::get_contract`], but a withdrawn contract keeps its history.
    pub async fn contract_history(
        &self,
        contract: ContractId,
        time: TimeQuery,
    ) -> Result<Answer<Vec<HistoryEvent>>, QueryError> {
        let position = self.position_of(&time).await?;
        let enrolment = self.enrolment_of(contract, position).await?;
        let name = format!("contracts/{contract}");
        self.must_reach(enrolment, position, time.as_of, &name).await?;
        let value = of_contract(history(&self.stream(enrolment, position).await?), contract);
        Ok(Answer { value, basis: self.basis(&time, position, None)? })
    }

    /// The events of a contract that is written and signed here. Views do not know who may see it: whoever calls
    /// has asked.
    ///
    /// # Errors
    /// [`QueryError::NotFound`] when it was not drafted by that position; else see [`QueryError`].
    pub async fn drafted_history(
        &self,
        contract: ContractId,
        time: TimeQuery,
    ) -> Result<Answer<Vec<HistoryEvent>>, QueryError> {
        let position = self.position_of(&time).await?;
        let stream = StreamId { category: Category::Contract, key: StreamKey(contract.0) };
        let value = history(&self.events_of(stream, position).await?);
        if value.is_empty() {
            return Err(QueryError::NotFound { what: format!("contracts/{contract}"), position });
        }
        Ok(Answer { value, basis: self.basis(&time, position, None)? })
    }

    async fn enrolment_view(
        &self,
        enrolment: StreamKey,
        position: Position,
        time: &TimeQuery,
        rules: RuleSet,
    ) -> Result<EnrolmentView, QueryError> {
        let stream = self.stream(enrolment, position).await?;
        let mut same_person = self.folded.persons.group(enrolment, position)?;
        same_person.retain(|other| *other != enrolment);
        let mut seen = Vec::with_capacity(same_person.len());
        for other in same_person {
            if self.is_reached(other, position).await? {
                seen.push(other);
            }
        }
        let (Some(first), Some(current)) = (stream.first(), state_of(&stream).current) else {
            return Err(not_found(enrolment, position));
        };
        let status = current.trajectory(rules).current(time.as_of);
        let training = &current.training;
        Ok(EnrolmentView {
            enrolment,
            source: first.source.clone(),
            school_year: training.school_year,
            entry_on: training.entry_on,
            end_on: training.end_on,
            trainer: training.trainer.clone(),
            certification: training.certification.clone(),
            title: training.title.clone(),
            year_of_training: training.year_of_training,
            status,
            contracts: current
                .contracts
                .iter()
                .map(|contract| contract_view(enrolment, &current, contract))
                .collect(),
            excluded_on: current.exclusion.as_ref().map(|exclusion| exclusion.on),
            withdrawn_on: current.withdrawal.as_ref().map(|(_, on)| *on),
            diploma: current.completion.as_ref().map(|completion| completion.diploma),
            stopped_at: current.stopped,
            version: stream.last().map_or(Version(0), |last| last.version),
            same_person: seen,
        })
    }

    async fn contract_view(
        &self,
        enrolment: StreamKey,
        contract: ContractId,
        position: Position,
    ) -> Result<ContractView, QueryError> {
        let (current, _) = self.dossier(enrolment, position).await?;
        let found = current.contract(contract);
        let found = found.map(|contract| contract_view(enrolment, &current, contract));
        found
            .ok_or_else(|| QueryError::NotFound { what: format!("contracts/{contract}"), position })
    }

    /// The CFAs that may be seen, for SQL.
    fn judged(&self, position: Position) -> Result<Judged, QueryError> {
        let reference = self.references.at(&self.folded.headcount, position)?;
        Ok(self.reach.sites.judged(&reference))
    }

    /// Whether a dossier has the status that is asked, and one that may be seen.
    fn matches(&self, listed: &Listed, query: &EnrolmentsQuery) -> bool {
        if query.status.is_none() && self.reach.without_contract.is_none() {
            return true;
        }
        let now = |today| self.reach.shows(listed.trajectory(RuleSet::R3).current(today));
        if !self.reach.without_contract.is_none_or(now) {
            return false;
        }
        let status = listed.trajectory(query.rules).current(query.time.as_of);
        query.status.is_none_or(|wanted| status == Some(wanted)) && self.reach.shows(status)
    }

    pub(super) async fn dossier(
        &self,
        enrolment: StreamKey,
        position: Position,
    ) -> Result<(Current, Version), QueryError> {
        let stream = self.stream(enrolment, position).await?;
        let version = stream.last().map_or(Version(0), |last| last.version);
        let current = state_of(&stream).current.ok_or_else(|| not_found(enrolment, position))?;
        Ok((current, version))
    }

    /// The events of an enrolment up to a position: at least one.
    async fn stream(
        &self,
        enrolment: StreamKey,
        position: Position,
    ) -> Result<Vec<Recorded>, QueryError> {
        let id = StreamId { category: Category::Enrolment, key: enrolment };
        let stream = self.events_of(id, position).await?;
        if stream.is_empty() { Err(not_found(enrolment, position)) } else { Ok(stream) }
    }

    async fn events_of(
        &self,
        stream: StreamId,
        position: Position,
    ) -> Result<Vec<Recorded>, QueryError> {
        let source = std::sync::Arc::clone(&self.source);
        Ok(tokio::task::spawn_blocking(move || source.read_stream(stream, position)).await??)
    }
}

fn contract_view(enrolment: StreamKey, current: &Current, contract: &Contract) -> ContractView {
    let broken_before = |other: &Contract| {
        let on = other.rupture.as_ref().map(|(_, rupture)| rupture.effective_on);
        other.id != contract.id && on.is_some_and(|on| on <= contract.terms.start_on)
    };
    ContractView {
        birth_month: current.facets.birth_month,
        follows_rupture: current.contracts.iter().any(broken_before),
        id: contract.id,
        enrolment,
        ordinal: contract.ordinal,
        start_on: contract.terms.start_on,
        end_on: contract.terms.end_on,
        rupture: contract.rupture.as_ref().map(|(event, rupture)| RuptureView {
            on: rupture.effective_on,
            notified_on: rupture.notified_on,
            mode: rupture.mode,
            initiator: rupture.initiator,
            event: *event,
        }),
        ended_on: contract.ended_on,
    }
}

fn not_found(enrolment: StreamKey, position: Position) -> QueryError {
    QueryError::NotFound { what: name_of(enrolment), position }
}

fn name_of(enrolment: StreamKey) -> String {
    format!("enrolments/{enrolment}")
}

/// The number after which a page begins.
pub(super) fn after_number(after: Option<&str>) -> Result<i64, QueryError> {
    let Some(text) = after else { return Ok(0) };
    text.parse().ok().filter(|number| *number >= 0).ok_or_else(bad_page)
}

/// A page key that no answer gave.
pub(super) fn bad_page() -> QueryError {
    QueryError::Field {
        field: "page_token",
        rule: "PAGE_TOKEN",
        text: Text::new(
            "the page token is not one that an answer gave",
            "Le jeton de page n'est pas celui d'une réponse précédente.",
        ),
    }
}
