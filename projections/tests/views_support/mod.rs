//! A small ledger in memory, told in few words.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says no by a panic")]

pub(crate) mod random;

use chrono::NaiveDate;
use domain::enrolment::{
    Certification, ContractTerms, EmployerFacets, EnrolmentDeclared, EnrolmentEvent, Establishment,
    Facets, Fact, Initiator, Opened, Place, Provenance, RetractionReason, Rupture, RuptureMode,
    Stated, Training,
};
use domain::event::Event;
use domain::identifiers::{Rncp, SchoolYear, Siret, Uai};
use domain::ids::{
    Category, ContractId, EventId, Instant, Position, RunId, Source, StreamId, StreamKey,
};
use domain::runs::{
    EstablishmentRows, Extent, HeldChange, HoldReason, PushRunClosed, RunCounts, RunDeclaration,
    RunEvent, Within,
};
use projections::reference::ReferenceLibrary;
use projections::source::PersonKeys;
use projections::testing::MemorySource;
use projections::views::Views;
use std::sync::Arc;

pub(crate) const CFA: &str = "0010826T";
pub(crate) const OTHER_CFA: &str = "0751234J";

pub(crate) fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

/// Noon in UTC on a day.
pub(crate) fn noon(text: &str) -> Instant {
    Instant(day(text).and_hms_opt(12, 0, 0).unwrap().and_utc().timestamp_micros())
}

pub(crate) fn establishment(uai: &str) -> Establishment {
    Establishment { uai: Uai::parse(uai).unwrap(), siret: Siret::parse("13002526500013").unwrap() }
}

pub(crate) fn training(cfa: &str, entry: &str, end: &str) -> Training {
    Training {
        school_year: SchoolYear::parse("2025-2026").unwrap(),
        enrolled_on: day(entry),
        entry_on: day(entry),
        end_on: day(end),
        responsible: establishment(cfa),
        trainer: establishment(cfa),
        place: Place::default(),
        certification: Certification { cfd: None, rncp: Some(Rncp::parse("RNCP35316").unwrap()) },
        title: Some("CAP Cuisine".to_owned()),
        year_of_training: Some(1),
        theoretical_years: None,
        theoretical_months: None,
        in_person: None,
        cfa_type: None,
    }
}

/// Keys of a person whose verified INE and names have these numbers; 0 is none.
pub(crate) fn keys(ine: u8, names: u8) -> PersonKeys {
    let key = |n: u8| (n > 0).then_some([n; 16]);
    PersonKeys { ine: key(ine), names_and_birth: key(names), first_of_january: false }
}

/// A ledger and what is needed to write to it.
pub(crate) struct World {
    pub(crate) ledger: Arc<MemorySource>,
    source: Source,
    now: Instant,
    born: Option<NaiveDate>,
    together: bool,
    next: u64,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            ledger: Arc::new(MemorySource::new()),
            source: Source::parse("ymag.cfa-01").unwrap(),
            now: noon("2025-09-01"),
            born: Some(day("2007-03-01")),
            together: false,
            next: 0,
        }
    }

    /// From now on, learners are born in that month.
    pub(crate) fn born(&mut self, month: Option<&str>) -> &mut Self {
        self.born = month.map(day);
        self
    }

    /// From now on, everything is recorded (and extracted) on that day.
    pub(crate) fn on(&mut self, text: &str) -> &mut Self {
        self.now = noon(text);
        self
    }

    /// From now on, or no more, what is said of one enrolment in a row is one request.
    pub(crate) fn together(&mut self, together: bool) -> &mut Self {
        self.together = together;
        self
    }

    /// From now on, another source speaks.
    pub(crate) fn from(&mut self, source: &str) -> &mut Self {
        self.source = Source::parse(source).unwrap();
        self
    }

    pub(crate) fn head(&self) -> Position {
        use projections::source::EventSource;
        self.ledger.head()
    }

    /// Where the last request ends that is whole at a position.
    pub(crate) fn settled(&self, at: Position) -> Position {
        let all = self.ledger.all();
        let whole = |at: &u64| all.get(*at as usize).is_none_or(|next| next.request_index == 0);
        Position((0..=at.0).rev().find(whole).unwrap())
    }

    fn id(&mut self) -> [u8; 16] {
        self.next += 1;
        let mut id = [7; 16];
        id[8..].copy_from_slice(&self.next.to_be_bytes());
        id
    }

    fn say(
        &mut self,
        stream: StreamKey,
        corrects: Option<EventId>,
        fact: Fact,
        keys: Option<PersonKeys>,
    ) -> EventId {
        let id = EventId(self.id());
        // One run a day of each source.
        let (mut run, name) = ([0; 16], self.source.as_str().as_bytes());
        run[..8].copy_from_slice(&self.now.0.to_be_bytes());
        run.iter_mut().skip(8).zip(name).for_each(|(byte, letter)| *byte = *letter);
        let provenance = Provenance {
            run: RunId(run),
            extracted_at: self.now,
            full: false,
            stated: Stated::Only(0),
        };
        let event = EnrolmentEvent {
            id,
            corrects,
            effective_on: domain::calendar::paris_day(self.now),
            provenance: corrects.is_none().then_some(provenance),
            fact,
        };
        let stream = StreamId { category: Category::Enrolment, key: stream };
        let event = Event::Enrolment(event);
        if self.together {
            self.ledger.append_together(self.now, stream, &self.source, event, keys);
        } else {
            self.ledger.append(self.now, stream, &self.source, event, keys);
        }
        id
    }

    pub(crate) fn enrol_in(&mut self, training: Training, keys: PersonKeys) -> StreamKey {
        let stream = StreamKey(self.id());
        let declared = EnrolmentDeclared {
            lookup: stream.0,
            training,
            facets: Facets { birth_month: self.born, ..Facets::default() },
            identity: Opened::Hidden,
            contact: None,
            disability: None,
            guardians: None,
            referent: None,
            background: None,
        };
        self.say(stream, None, Fact::EnrolmentDeclared(declared), Some(keys));
        stream
    }

    /// A dossier in the usual CFA, from 1 September 2025 to 31 August 2027.
    pub(crate) fn enrol(&mut self) -> StreamKey {
        self.enrol_in(training(CFA, "2025-09-01", "2027-08-31"), PersonKeys::default())
    }

    pub(crate) fn contract(
        &mut self,
        stream: StreamKey,
        ordinal: u16,
        start: &str,
        end: &str,
    ) -> ContractId {
        let mut id = stream.0;
        id[0] = 100 + ordinal as u8;
        let contract = ContractId(id);
        let terms = terms(start, end);
        let employer = Opened::Hidden;
        self.say(stream, None, Fact::ContractDeclared { contract, ordinal, terms, employer }, None);
        contract
    }

    pub(crate) fn amend(
        &mut self,
        stream: StreamKey,
        contract: ContractId,
        start: &str,
        end: &str,
    ) {
        let terms = Some(terms(start, end));
        self.say(stream, None, Fact::ContractAmended { contract, terms, employer: None }, None);
    }

    pub(crate) fn rupture(&mut self, stream: StreamKey, contract: ContractId, on: &str) -> EventId {
        self.say(stream, None, broken(contract, on), None)
    }

    pub(crate) fn correct_rupture(
        &mut self,
        stream: StreamKey,
        event: EventId,
        contract: ContractId,
        on: &str,
    ) -> EventId {
        self.say(stream, Some(event), broken(contract, on), None)
    }

    pub(crate) fn retract(&mut self, stream: StreamKey, event: EventId) -> EventId {
        let reason = RetractionReason::SentByMistake;
        self.say(stream, Some(event), Fact::Retracted { reason }, None)
    }

    pub(crate) fn fact(&mut self, stream: StreamKey, fact: Fact) -> EventId {
        self.say(stream, None, fact, None)
    }

    /// A fact that states the learner anew.
    pub(crate) fn fact_with(&mut self, stream: StreamKey, fact: Fact, keys: PersonKeys) -> EventId {
        self.say(stream, None, fact, Some(keys))
    }

    /// Closes a run of the source that speaks; `held` dossiers wait.
    pub(crate) fn close_run(&mut self, cfa: &str, held: &[StreamKey]) -> StreamId {
        let run = self.id();
        let stream = StreamId { category: Category::Run, key: StreamKey(run) };
        let closed = PushRunClosed {
            declaration: RunDeclaration {
                id: RunId(run),
                source: self.source.clone(),
                software: "test 1".to_owned(),
                extracted_at: self.now,
                extent: Extent::Full,
                rows: Some(1),
            },
            counts: RunCounts { received: 1, written: 1, ..RunCounts::default() },
            digest: [0; 32],
            establishments: vec![EstablishmentRows { establishment: establishment(cfa), rows: 1 }],
            seen: Vec::new(),
            held: held.iter().map(|s| HeldChange { stream: *s, vanished: None }).collect(),
            hold: (!held.is_empty()).then_some(HoldReason::TooMany),
            within: Within::Source,
        };
        self.run_event(stream, RunEvent::Closed(closed));
        stream
    }

    pub(crate) fn run_event(&mut self, stream: StreamId, event: RunEvent) {
        self.ledger.append(self.now, stream, &self.source, Event::Run(event), None);
    }

    pub(crate) fn link(&mut self, event: domain::persons::PersonLinkEvent) {
        let stream = StreamId { category: Category::PersonLink, key: StreamKey(self.id()) };
        self.ledger.append(self.now, stream, &self.source, Event::PersonLink(event), None);
    }

    /// The views of this ledger in a folder, up to its head.
    pub(crate) async fn views(&self, folder: &std::path::Path) -> Views {
        let views =
            Views::open(folder, self.ledger.clone(), ReferenceLibrary::new(folder)).await.unwrap();
        views.catch_up().await;
        assert_eq!(views.position(), self.head(), "{:?}", views.state());
        views
    }
}

fn terms(start: &str, end: &str) -> ContractTerms {
    ContractTerms {
        slot: 1,
        start_on: day(start),
        end_on: Some(day(end)),
        employer: EmployerFacets::default(),
    }
}

fn broken(contract: ContractId, on: &str) -> Fact {
    Fact::ContractBroken(Rupture {
        contract,
        effective_on: day(on),
        notified_on: None,
        mode: RuptureMode::MutualAgreement,
        initiator: Initiator::Both,
        verbatim: None,
    })
}
