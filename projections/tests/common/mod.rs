//! Shared by the tests of head-counts: a ledger written by hand, or by chance.

#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    missing_debug_implementations,
    reason = "each test file uses its part"
)]

pub mod chance;
pub mod oracle;

use chrono::NaiveDate;
use domain::enrolment::Initiator;
use domain::enrolment::{
    Certification, ContractTerms, Employer, EmployerFacets, EnrolmentDeclared, EnrolmentEvent,
    Establishment, Facets, Fact, Opened, Place, Rupture, RuptureMode, Training,
};
use domain::event::Event;
use domain::identifiers::{SchoolYear, Siret, Uai};
use domain::ids::{Category, ContractId, EventId, Instant, Position, Source, StreamId, StreamKey};
use domain::persons::{LinkBasis, PersonLinkEvent};
use projections::headcount::{Answer, Filter, GroupBy, HeadcountView, Population, Query};
use projections::reference::ReferenceSet;
use projections::testing::{MemoryGroups, MemorySource};

/// A CFA in Lyon and one in Paris, both of the built-in set.
pub const LYON: &str = "0699928";
pub const PARIS: &str = "0759930";

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A UAI from its seven digits.
pub fn uai(digits: &str) -> Uai {
    ('A'..='Z').find_map(|letter| Uai::parse(&format!("{digits}{letter}")).ok()).unwrap()
}

pub fn establishment(digits: &str) -> Establishment {
    Establishment { uai: uai(digits), siret: Siret::parse("73282932000074").unwrap() }
}

/// A session at a CFA, CAP Pâtissier.
pub fn training(cfa: &str, year: &str, entry: &str, end: &str) -> Training {
    Training {
        school_year: SchoolYear::parse(year).unwrap(),
        enrolled_on: day(entry),
        entry_on: day(entry),
        end_on: day(end),
        responsible: establishment(cfa),
        trainer: establishment(cfa),
        place: Place::default(),
        certification: Certification { cfd: None, rncp: "RNCP38765".parse().ok() },
        title: None,
        year_of_training: Some(1),
        theoretical_years: None,
        theoretical_months: None,
        in_person: None,
        cfa_type: None,
    }
}

/// A ledger under the pen of a test.
pub struct Story {
    pub source: MemorySource,
    pub groups: MemoryGroups,
    /// Each whole partition and its first position.
    pub partitions: Vec<(Position, Vec<Vec<StreamKey>>)>,
    pub reference: ReferenceSet,
    /// From now on, what is said of one enrolment in a row is one request.
    pub together: bool,
    events: u64,
}

impl Default for Story {
    fn default() -> Self {
        Self {
            source: MemorySource::new(),
            groups: MemoryGroups::default(),
            partitions: Vec::new(),
            reference: ReferenceSet::built_in().unwrap(),
            together: false,
            events: 0,
        }
    }
}

pub fn key(number: u8) -> StreamKey {
    StreamKey([number; 16])
}

impl Story {
    fn append(&mut self, category: Category, key: StreamKey, event: Event) -> Position {
        self.events += 1;
        let source = Source::parse("cfa-test").unwrap();
        let at = Instant(self.events as i64 * 1_000_000);
        let stream = StreamId { category, key };
        if self.together {
            self.source.append_together(at, stream, &source, event, None)
        } else {
            self.source.append(at, stream, &source, event, None)
        }
    }

    /// Writes a fact; gives its event's id.
    pub fn fact(&mut self, key: StreamKey, fact: Fact, corrects: Option<EventId>) -> EventId {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&(self.events + 1).to_be_bytes());
        let id = EventId(id);
        let effective_on = day("2025-01-01");
        let event = EnrolmentEvent { id, corrects, effective_on, provenance: None, fact };
        self.append(Category::Enrolment, key, Event::Enrolment(event));
        id
    }

    pub fn declare(&mut self, key: StreamKey, training: Training, facets: Facets) -> EventId {
        let declared = EnrolmentDeclared {
            lookup: key.0,
            training,
            facets,
            identity: Opened::Hidden,
            contact: None,
            disability: None,
            guardians: None,
            referent: None,
            background: None,
        };
        self.fact(key, Fact::EnrolmentDeclared(declared), None)
    }

    pub fn contract(&mut self, key: StreamKey, ordinal: u16, start: &str, end: &str) -> EventId {
        let contract = contract_id(key, ordinal);
        let fact = Fact::ContractDeclared {
            contract,
            ordinal,
            terms: terms(day(start), Some(day(end))),
            employer: Opened::Clear(Employer::default()),
        };
        self.fact(key, fact, None)
    }

    pub fn broken(&mut self, key: StreamKey, ordinal: u16, on: &str) -> EventId {
        self.fact(key, Fact::ContractBroken(rupture(key, ordinal, day(on))), None)
    }

    pub fn excluded(&mut self, key: StreamKey, on: &str) -> EventId {
        self.fact(key, Fact::LearnerExcluded { on: day(on), cause: None }, None)
    }

    /// Links or parts two enrolments, and states the partition that results.
    pub fn link(&mut self, a: StreamKey, b: StreamKey, linked: bool) {
        let pair = [a.min(b), a.max(b)];
        let basis = LinkBasis::Confirmation;
        let event = if linked {
            PersonLinkEvent::PersonsLinked { pair, basis }
        } else {
            PersonLinkEvent::PersonsUnlinked { pair, basis }
        };
        let position = self.append(Category::PersonLink, a, Event::PersonLink(event));
        let mut classes = self.partitions.last().map(|(_, c)| c.clone()).unwrap_or_default();
        if linked {
            let (with, mut rest): (Vec<_>, Vec<_>) =
                classes.into_iter().partition(|class| class.contains(&a) || class.contains(&b));
            let mut class: Vec<StreamKey> = with.concat();
            class.extend(pair);
            class.sort();
            class.dedup();
            rest.push(class);
            classes = rest;
        } else {
            for class in &mut classes {
                class.retain(|key| *key != b);
            }
        }
        self.groups.set(position, classes.clone());
        self.partitions.push((position, classes));
    }

    /// Any other event.
    pub fn other(&mut self, event: Event) -> Position {
        let category =
            if matches!(event, Event::Run(_)) { Category::Run } else { Category::Reference };
        let number = self.events.to_be_bytes();
        let mut key = [9; 16];
        key[..8].copy_from_slice(&number);
        self.append(category, StreamKey(key), event)
    }

    /// Folds what is new into a view, so many events at a time, requests whole.
    pub fn fold(&self, view: &HeadcountView, batch: usize) {
        use projections::source::EventSource;
        loop {
            let events = self.source.read_requests(view.checkpoint(), batch).unwrap();
            if events.is_empty() {
                return;
            }
            view.apply(&events, &self.source, &self.groups).unwrap();
        }
    }

    /// Makes a view again, so many events at a time.
    pub fn remake(&self, view: &HeadcountView, batch: usize) {
        use projections::source::EventSource;
        let mut made = view.remake().unwrap();
        while made.reached() < self.source.head() {
            let events = self.source.read_requests(made.reached(), batch).unwrap();
            made.apply(&events, &self.source, &self.groups).unwrap();
        }
        view.exchange_for(&mut made).unwrap();
    }

    /// What a fresh view answers.
    pub fn ask(&self, query: &Query) -> Answer {
        let dir = tempfile::tempdir().unwrap();
        let view = HeadcountView::open(dir.path()).unwrap();
        self.fold(&view, 1000);
        view.query(query, &self.reference).unwrap()
    }
}

/// All persons on a day, as known at the end of the log.
pub fn everyone(as_of: &str) -> Query {
    Query {
        as_of: day(as_of),
        known_at: Position(u64::MAX),
        rules: domain::rules::RuleSet::R3,
        population: Population::Persons,
        filter: Filter::default(),
        group_by: GroupBy::Nothing,
    }
}

pub fn contract_id(key: StreamKey, ordinal: u16) -> ContractId {
    let mut id = key.0;
    id[15] = ordinal as u8;
    ContractId(id)
}

pub fn terms(start_on: NaiveDate, end_on: Option<NaiveDate>) -> ContractTerms {
    ContractTerms { slot: 0, start_on, end_on, employer: EmployerFacets::default() }
}

pub fn rupture(key: StreamKey, ordinal: u16, on: NaiveDate) -> Rupture {
    Rupture {
        contract: contract_id(key, ordinal),
        effective_on: on,
        notified_on: None,
        mode: RuptureMode::Unknown,
        initiator: Initiator::Unknown,
        verbatim: None,
    }
}
