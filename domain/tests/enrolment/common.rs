//! Given rows pushed, when another comes, then these events.

use chrono::NaiveDate;
use domain::dossier::{Declaration, DeclaredContract, Field, FieldSet};
use domain::enrolment::{
    Background, Certification, Claimed, Command, CommandError, Contact, Current, Decision,
    Disability, Enrolment, EnrolmentEvent, Establishment, Facets, Guardians, Identity, Place,
    Provenance, Referent, Stated, Training, decide,
};
use domain::identifiers::{SchoolYear, Siret, Uai};
use domain::ids::{ContractId, EventId, Instant, RunId};
use domain::runs::Settlement;

pub(crate) const BAKER: &str = "13001234700014";
pub(crate) const GARAGE: &str = "13005678100011";

/// A civil day.
pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date in a test")
}

/// Noon UTC of the n-th night of the school year (n = 0 is 1 September 2024).
pub(crate) fn night(n: i64) -> Instant {
    const SEPTEMBER: i64 = 1_725_192_000;
    Instant((SEPTEMBER + n * 86_400) * 1_000_000)
}

pub(crate) fn paris() -> Establishment {
    establishment("0751234J", "21750001600019")
}

pub(crate) fn lyon() -> Establishment {
    establishment("0691234S", "55210055400013")
}

fn establishment(uai: &str, siret: &str) -> Establishment {
    Establishment {
        uai: Uai::parse(uai).expect("a UAI in a test"),
        siret: Siret::parse(siret).expect("a SIRET in a test"),
    }
}

pub(crate) fn school_year(text: &str) -> SchoolYear {
    SchoolYear::parse(text).expect("a school year in a test")
}

/// A row of an apprentice of 2024-2026, without contract.
pub(crate) fn row() -> Declaration {
    Declaration {
        training: Training {
            school_year: school_year("2024-2025"),
            enrolled_on: day("2024-06-15"),
            entry_on: day("2024-09-02"),
            end_on: day("2026-06-30"),
            responsible: paris(),
            trainer: paris(),
            place: Place::default(),
            certification: Certification::default(),
            title: Some("CAP BOULANGER".to_owned()),
            year_of_training: Some(1),
            theoretical_years: None,
            theoretical_months: None,
            in_person: None,
            cfa_type: None,
        },
        facets: Facets { birth_month: Some(day("2007-03-01")), ..Facets::default() },
        identity: Identity {
            last_name: "LE GOFF".to_owned(),
            first_name: "Maëlle".to_owned(),
            born_on: day("2007-03-14"),
            id_erp: "A-17".to_owned(),
            ine: None,
            birth_postcode: None,
            birth_commune: None,
        },
        contact: Contact::default(),
        disability: Disability::default(),
        guardians: Guardians::default(),
        referent: Referent::default(),
        background: Background::default(),
        contracts: Vec::new(),
        excluded_on: None,
        exclusion_cause: None,
        diploma: None,
        diploma_on: None,
        stated: FieldSet::default(),
        dropped: FieldSet::default(),
        warnings: Vec::new(),
    }
}

/// A slot with an employer and two years.
pub(crate) fn contract(slot: u8, start: &str, siret: &str) -> DeclaredContract {
    DeclaredContract {
        slot,
        start_on: day(start),
        end_on: Some(day("2026-08-31")),
        rupture_on: None,
        cause: None,
        siret: Some(claimed(siret)),
        deposit_number: None,
    }
}

pub(crate) fn claimed(text: &str) -> Claimed {
    Claimed { text: text.to_owned(), verified: true }
}

pub(crate) trait Building: Sized {
    fn with(self, change: impl FnOnce(&mut Self)) -> Self;
}

impl<T> Building for T {
    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// The row with one contract from 2 September 2024.
pub(crate) fn row_with_contract() -> Declaration {
    row().with(|r| r.contracts = vec![contract(1, "2024-09-02", BAKER)])
}

/// The same, broken on that day.
pub(crate) fn broken_row(on: &str) -> Declaration {
    row_with_contract().with(|r| r.contracts[0].rupture_on = Some(day(on)))
}

/// Drops a field: it had a value that could not be used.
pub(crate) fn drop_field(row: &mut Declaration, field: Field) {
    row.dropped.insert(field);
}

/// One stream and what the runs that wrote nothing there left behind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stream {
    pub(crate) state: Enrolment,
    pub(crate) memory: Vec<Settlement>,
    pub(crate) held: Vec<Instant>,
    requests: u32,
}

impl Stream {
    pub(crate) fn current(&self) -> &Current {
        self.state.current.as_ref().expect("the enrolment was declared")
    }

    /// Runs a command and folds what it writes.
    #[allow(clippy::needless_pass_by_value, reason = "a command is made where it is run")]
    pub(crate) fn run(&mut self, command: Command) -> Result<Decision, CommandError> {
        let request = self.requests;
        self.requests += 1;
        let decision = decide(
            &self.state,
            &command,
            &|index| {
                EventId((u128::from(request) << 32 | u128::from(index) | 1 << 127).to_be_bytes())
            },
            &|ordinal| ContractId(u128::from(ordinal).to_be_bytes()),
        )?;
        for event in &decision.events {
            self.state = std::mem::take(&mut self.state).evolve(event.clone());
        }
        Ok(decision)
    }

    /// Pushes a row and remembers what it stated when it wrote nothing.
    pub(crate) fn push(&mut self, at: Instant, full: bool, declaration: Declaration) -> Decision {
        let decision = self
            .run(Command::Declare {
                declaration,
                lookup: [7; 16],
                provenance: provenance(at, full),
                settled: self.memory.clone(),
                held: self.held.clone(),
                unseen_since: None,
            })
            .expect("a row is never refused here");
        if decision.events.is_empty() {
            self.memory.push(Settlement { at, full, stated: decision.stated });
        }
        decision
    }

    pub(crate) fn full(&mut self, n: i64, declaration: Declaration) -> Decision {
        self.push(night(n), true, declaration)
    }

    pub(crate) fn partial(&mut self, n: i64, declaration: Declaration) -> Decision {
        self.push(night(n), false, declaration)
    }

    /// Pushes a row of a full run that is closed at once, nothing held.
    pub(crate) fn close(&mut self, n: i64, declaration: Declaration) -> Decision {
        let decision = self.full(n, declaration);
        for event in &decision.vanished {
            self.vanish(n, *event);
        }
        decision
    }

    pub(crate) fn vanish(&mut self, n: i64, event: EventId) -> Decision {
        let settled = self.memory.clone();
        let provenance = provenance(night(n), true);
        self.run(Command::RetractVanished { event, provenance, settled }).expect("a vanished event")
    }

    pub(crate) fn unseen(&mut self, n: i64) -> Decision {
        let settled = self.memory.clone();
        let provenance = provenance(night(n), true);
        self.run(Command::StopTransmission { provenance, settled }).expect("an unseen learner")
    }
}

pub(crate) fn provenance(at: Instant, full: bool) -> Provenance {
    Provenance { run: RunId([9; 16]), extracted_at: at, full, stated: Stated::Only(0) }
}

/// The types of the events, in order.
pub(crate) fn types(decision: &Decision) -> Vec<&'static str> {
    decision.events.iter().map(|event| event.fact.type_name()).collect()
}

/// The only event of the decision.
pub(crate) fn only(decision: &Decision) -> &EnrolmentEvent {
    assert_eq!(decision.events.len(), 1, "one event, not {:?}", types(decision));
    &decision.events[0]
}

/// The live rupture of the first contract.
pub(crate) fn rupture(stream: &Stream) -> Option<(EventId, NaiveDate)> {
    stream.current().contracts[0].rupture.as_ref().map(|(id, r)| (*id, r.effective_on))
}
