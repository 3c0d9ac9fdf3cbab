//! Random histories of contracts, as a ledger writes them: commands that the aggregate accepts, their events closed.

use crate::views_support::{CFA, OTHER_CFA, World, keys, training};
use chrono::{Days, NaiveDate};
use domain::cerfa::codes::ContractType;
use domain::cerfa::{Form, Visibility, example_form};
use domain::contract::rupture::{Completion, Initiator, Mode, Rupture};
use domain::contract::signing::{Evidence, Level, Party, Signer};
use domain::contract::{
    Attachment, AttachmentKind, Change, Changed, Command, Contract, ContractEvent, DepositBody,
    Given, decide,
};
use domain::enrolment::Opened;
use domain::erasure::{ErasureEvent, LegalBasis};
use domain::event::Event;
use domain::ids::{Category, EventId, Instant, Position, Source, StreamId, StreamKey, SubjectId};
use projections::source::{Aside, EmployerSaid, PersonSaid};

/// A source of numbers (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    pub(crate) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

/// An act that was accepted.
pub(crate) struct Told {
    /// The position of its last event.
    pub(crate) at: Position,
    pub(crate) events: usize,
    pub(crate) on: NaiveDate,
    /// When it was recorded.
    pub(crate) today: NaiveDate,
    pub(crate) command: Command,
}

/// A contract and what was done with it.
pub(crate) struct History {
    pub(crate) key: StreamKey,
    pub(crate) drafter: &'static str,
    /// With the CFA that trains in it.
    pub(crate) enrolment: Option<(StreamKey, &'static str)>,
    pub(crate) subject: SubjectId,
    pub(crate) apprentice: SubjectId,
    pub(crate) erased: bool,
    pub(crate) acts: Vec<Told>,
    state: Contract,
}

/// Contracts, and the ledger where they are.
pub(crate) struct Histories {
    pub(crate) world: World,
    pub(crate) contracts: Vec<History>,
    pub(crate) today: NaiveDate,
    count: u8,
}

pub(crate) const POSTCODES: [&str; 4] = ["35000", "67000", "97400", "44000"];
pub(crate) const DRAFTERS: [&str; 3] = ["k-cfa", "k-other", "local"];
pub(crate) const SIRET: &str = "12345678200010";
pub(crate) const OPCO: &str = "AKTO";

impl Histories {
    pub(crate) fn new() -> Self {
        let today = "2024-07-20".parse().unwrap();
        Self { world: World::new(), contracts: Vec::new(), today, count: 0 }
    }

    /// Some contracts, and so many acts.
    pub(crate) fn play(&mut self, random: &mut Random, acts: usize) {
        for _ in 0..acts {
            if self.contracts.len() < 6 && random.below(8) == 0 || self.contracts.is_empty() {
                self.draft(random);
            } else {
                let which = random.below(self.contracts.len());
                self.act(random, which);
            }
            let days = random.one(&[0, 0, 0, 1, 1, 2, 3, 5, 9, 21]);
            self.today = self.today + Days::new(days);
        }
    }

    /// Erases the employer and the apprentice of a contract.
    pub(crate) fn erase(&mut self, which: usize) {
        let History { subject, apprentice, .. } = self.contracts[which];
        self.contracts[which].erased = true;
        self.world.ledger.forget_employer(subject);
        self.world.ledger.forget_person(apprentice);
        let stream = StreamId { category: Category::Erasure, key: StreamKey([9; 16]) };
        let event = ErasureEvent::Erased {
            subjects: vec![subject, apprentice],
            enrolments: Vec::new(),
            decision: EventId([8; 16]),
            basis: LegalBasis::Objection,
            tombstones: Vec::new(),
        };
        let people = Source::parse("people").unwrap();
        self.world.ledger.append(self.now(), stream, &people, Event::Erasure(event), None);
    }

    fn now(&self) -> Instant {
        Instant(self.today.and_hms_opt(12, 0, 0).unwrap().and_utc().timestamp_micros())
    }

    fn draft(&mut self, random: &mut Random) {
        let enrolment = (random.below(2) == 0).then(|| {
            let cfa = random.one(&[CFA, OTHER_CFA]);
            self.world.on(&self.today.to_string());
            let training = training(cfa, "2024-09-02", "2026-08-31");
            (self.world.enrol_in(training, keys(0, 0)), cfa)
        });
        self.count += 1;
        let mut key = [self.count; 16];
        // In another order than that of their drafts.
        key[0] = random.below(256) as u8;
        self.contracts.push(History {
            key: StreamKey(key),
            drafter: random.one(&DRAFTERS),
            enrolment,
            subject: SubjectId([self.count; 16]),
            apprentice: SubjectId([100 + self.count; 16]),
            erased: false,
            acts: Vec::new(),
            state: Contract::default(),
        });
        let enrolment = enrolment.map(|(stream, _)| stream);
        self.tell(self.contracts.len() - 1, Command::Draft { enrolment }, self.today);
    }

    /// Tries commands until one is accepted.
    fn act(&mut self, random: &mut Random, which: usize) {
        for _ in 0..12 {
            let state = &self.contracts[which].state;
            let command = command(random, state);
            let of_life = matches!(command, Command::Break { .. } | Command::Complete(_));
            let ahead = if of_life { random.one(&[0, 0, 4, 30]) } else { 0 };
            let of_deposit = matches!(
                command,
                Command::Submit(_) | Command::MakeComplete { .. } | Command::AskFor(_)
            );
            let ago = if of_deposit { random.one(&[0, 0, 0, 2, 9]) } else { 0 };
            if self.tell(which, command, self.today + Days::new(ahead) - Days::new(ago)) {
                return;
            }
        }
    }

    /// Begins a contract with an employer of industrial and commercial kind; its rank.
    pub(crate) fn draft_private(&mut self, random: &mut Random) -> usize {
        self.draft(random);
        self.contracts.len() - 1
    }

    /// Writes what a command says, as one request; false when it is refused, or says nothing.
    pub(crate) fn tell(&mut self, which: usize, command: Command, on: NaiveDate) -> bool {
        let (now, today) = (self.now(), self.today);
        let history = &mut self.contracts[which];
        let given = Given { on, today, previous: None };
        let Ok(events) = decide(&history.state, &command, &given) else { return false };
        if events.is_empty() {
            return false;
        }
        let people = Source::parse("people").unwrap();
        let stream = StreamId { category: Category::Contract, key: history.key };
        let ledger = &self.world.ledger;
        let mut at = Position(0);
        for (rank, event) in events.iter().enumerate() {
            history.state = std::mem::take(&mut history.state).evolve(event, on);
            let closed = Event::Contract(closed(event.clone()), on);
            at = if rank == 0 {
                ledger.append(now, stream, &people, closed, None)
            } else {
                ledger.append_together(now, stream, &people, closed, None)
            };
            let first = history.acts.is_empty() && rank == 0;
            ledger.beside(Aside {
                drafter: first.then(|| history.drafter.to_owned()),
                employer: said(event, history.subject),
                persons: [person_said(event, history.apprentice), None],
            });
            if history.erased {
                // No key seals anything of them any more.
                ledger.forget_employer(history.subject);
                ledger.forget_person(history.apprentice);
            }
        }
        history.acts.push(Told { at, events: events.len(), on, today, command });
        true
    }
}

/// A pseudonym, of a test.
pub(crate) fn pseudonym(siret: &str) -> [u8; 16] {
    let mut key = [1; 16];
    key[..14].copy_from_slice(&siret.as_bytes()[..14]);
    key
}

/// What is told beside an event of an employer's section.
fn said(event: &ContractEvent, subject: SubjectId) -> Option<EmployerSaid> {
    let ContractEvent::Contributed { changes } = event else { return None };
    let value = |path: &str| {
        let change = changes.iter().rfind(|change| change.path == path)?;
        change.value.clear().cloned()
    };
    let sealed = changes
        .iter()
        .any(|change| change.path.starts_with("employer.") && !is_public(&change.path));
    sealed.then(|| EmployerSaid {
        subject,
        postcode: value("employer.address.postcode")
            .map(|text| text.map(|text| text.parse().unwrap())),
        siret: value("employer.siret").map(|text| text.map(|text| pseudonym(&text))),
    })
}

/// The same of the apprentice's.
fn person_said(event: &ContractEvent, subject: SubjectId) -> Option<PersonSaid> {
    let ContractEvent::Contributed { changes } = event else { return None };
    let fields = ["birth_name", "usage_name", "first_name", "born_on", "email"];
    let parts = fields.map(|field| {
        let path = format!("apprentice.{field}");
        let change = changes.iter().rfind(|change| change.path == path)?;
        let value = change.value.clear().cloned()?;
        Some(value.map(|text| std::array::from_fn(|at| *text.as_bytes().get(at).unwrap_or(&0))))
    });
    parts.iter().any(Option::is_some).then_some(PersonSaid { subject, parts })
}

fn is_public(path: &str) -> bool {
    let fields = Form::default().fields();
    fields.iter().any(|met| met.path == path && met.visibility == Visibility::Public)
}

/// As a view reads it.
fn closed(event: ContractEvent) -> ContractEvent {
    use ContractEvent as E;
    match event {
        E::Contributed { changes } => {
            let close = |change: Changed| {
                if is_public(&change.path) {
                    change
                } else {
                    Changed { path: String::new(), value: Opened::Hidden }
                }
            };
            E::Contributed { changes: changes.into_iter().map(close).collect() }
        }
        E::Reopened { .. } => E::Reopened { reason: Opened::Hidden },
        E::Withdrawn { .. } => E::Withdrawn { reason: Opened::Hidden },
        E::FoundIncomplete { .. } => E::FoundIncomplete { missing: Opened::Hidden },
        E::Deposited { round, .. } => E::Deposited { number: Opened::Hidden, round },
        E::DepositRefused { .. } => E::DepositRefused { motive: Opened::Hidden },
        E::Suspended { .. } => E::Suspended { reason: Opened::Hidden },
        E::Cancelled { .. } => E::Cancelled { reason: Opened::Hidden },
        E::SignatureRefused { party, .. } => E::SignatureRefused { party, reason: Opened::Hidden },
        E::SignedOnPaper { scan, .. } => E::SignedOnPaper { scan, attestation: Opened::Hidden },
        E::Broken { rupture, .. } => E::Broken { rupture, words: Some(Opened::Hidden) },
        other => other,
    }
}

pub(crate) fn change(path: &str, value: Option<&str>) -> Change {
    Change { path: path.to_owned(), value: value.map(str::to_owned) }
}

/// The whole example with an employer somewhere and a CFA; or an amendment's part of it; or a field or two.
fn filling(random: &mut Random, state: &Contract) -> Command {
    let start = random.one(&["2024-09-02", "2024-09-09", "2025-03-01"]);
    let some = [
        change("terms.start_on", Some(start)),
        change("terms.weekly_time", Some(random.one(&["34:00", "36:00"]))),
        change("employer.address.postcode", random.one(&[None, Some("35000"), Some("97400")])),
        change("training.responsible.uai", random.one(&[None, Some(CFA), Some(OTHER_CFA)])),
        change("employer.phone", Some("0212345678")),
    ];
    if state.round().is_some_and(|round| round.number > 0) {
        return Command::Contribute(vec![
            change("terms.previous_number", Some("035202409AB0001")),
            change("terms.concluded_on", Some("2024-11-25")),
            change("terms.amendment_on", Some(random.one(&["2024-12-01", "2025-01-01"]))),
            some[random.below(some.len())].clone(),
        ]);
    }
    if random.below(4) == 0 {
        return Command::Contribute(vec![some[random.below(some.len())].clone()]);
    }
    let met = example_form().fields().into_iter().filter(|met| met.value.is_some());
    let mut all: Vec<Change> = met.map(|met| Change { path: met.path, value: met.value }).collect();
    all.extend([
        change("employer.address.postcode", Some(random.one(&POSTCODES))),
        change("employer.kind", Some(random.one(&["22", "22", "30"]))),
        change("training.responsible.uai", random.one(&[None, Some(CFA)])),
        change("training.responsible.siret", Some(SIRET)),
    ]);
    Command::Contribute(all)
}

fn command(random: &mut Random, state: &Contract) -> Command {
    let said = || "un motif".to_owned();
    let round = state.round();
    let has_signed =
        |party: Party| round.is_some_and(|round| round.signed.iter().any(|one| one.party == party));
    let party = [Party::Employer, Party::Apprentice, Party::Cfa]
        .into_iter()
        .find(|party| !has_signed(*party))
        .unwrap_or(Party::Cfa);
    let public = round.and_then(|round| round.form.is_public_law()) == Some(true);
    match random.below(36) {
        0..=4 => filling(random, state),
        5..=7 => {
            let kind = AttachmentKind::TrainingAgreement;
            let digest = [random.below(256) as u8; 32];
            Command::Attach(Attachment { kind, digest, bytes: 10 })
        }
        8..=11 => Command::Publish,
        12..=13 => Command::RequestSignatures {
            document: [7; 32],
            signers: [Party::Employer, Party::Apprentice, Party::Cfa]
                .map(|party| Signer {
                    party,
                    provider: "ed25519".to_owned(),
                    identity: [party as u8; 32],
                })
                .to_vec(),
        },
        14..=17 => Command::Sign {
            party,
            evidence: Evidence {
                provider: "ed25519".to_owned(),
                identity: [party as u8; 32],
                document: round.and_then(|round| round.document).unwrap_or([9; 32]),
                digest: [state.evidence.len() as u8; 32],
                level: Level::Demonstration,
            },
        },
        18 => Command::RefuseSignature { party, reason: said() },
        19..=20 => Command::SignOnPaper { scan: [8; 32], bytes: 9, attestation: said() },
        21 => Command::Reopen(said()),
        22 if random.below(3) == 0 => Command::Withdraw(said()),
        22..=24 => Command::Submit(if public {
            DepositBody::State("DDETS".to_owned())
        } else {
            DepositBody::Opco(OPCO.to_owned())
        }),
        25 => Command::AskFor(said()),
        26 => Command::MakeComplete { by_body: random.below(3) > 0 },
        27 => {
            let waiting: Vec<u16> = state.waiting().map(|round| round.number).collect();
            let named = (waiting.len() > 1).then(|| random.one(&waiting));
            Command::Deposit("035202409AB0001".to_owned(), named)
        }
        28 => Command::RefuseDeposit(said()),
        29 => Command::Amend(ContractType::OtherChange),
        30 => Command::Suspend(said()),
        31 => Command::Resume,
        32 => Command::Break {
            rupture: random.one(&[
                Rupture::of(Mode::MutualAgreement, Initiator::Both),
                Rupture::of(Mode::CfaExclusion, Initiator::Employer),
            ]),
            words: Some(said()),
        },
        33 => Command::Complete(Completion { early: true, diploma: Some(true), notified_on: None }),
        // Of what has not begun, which few contracts are by then.
        _ => Command::Cancel(said()),
    }
}
