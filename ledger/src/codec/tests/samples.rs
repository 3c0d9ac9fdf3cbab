//! One event of each type, every field filled.

use crate::codec::Enclosed;
use chrono::NaiveDate;
use domain::cerfa::codes::ContractType;
use domain::cerfa::value::Cents;
use domain::contract::funding::Invoice;
use domain::contract::rupture::{Bounds, Completion, Rupture as ContractRupture};
use domain::contract::signing::{Evidence, Level, Party, Signer};
use domain::contract::{
    Attachment, AttachmentKind, Changed, ContractEvent, DepositBody, Publication,
};
use domain::dossier::{Declaration, check, complete_row};
use domain::enrolment::{
    ContractTerms, Employer, EmployerFacets, EnrolmentAmended, EnrolmentDeclared, EnrolmentEvent,
    Fact, Initiator, Opened, Provenance, RetractionReason, Rupture, RuptureMode, Stated,
};
use domain::erasure::{ErasureEvent, LegalBasis, Reference, Requester, Tombstone};
use domain::event::{Event, ReferenceSetLoaded};
use domain::ids::{ContractId, EventId, Instant, Position, RunId, Source, StreamKey, SubjectId};
use domain::law::practice::Calendar;
use domain::persons::{LinkBasis, PersonLinkEvent};
use domain::runs::{
    EstablishmentRows, Extent, HeldChange, HoldDecision, HoldReason, PushRunClosed, RunCounts,
    RunDeclaration, RunEvent, Seen, Within,
};
use sha2::{Digest, Sha256};

/// 1 October 2026, noon UTC, in microseconds.
pub(super) const NOON: i64 = 1_790_856_000_000_000;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn declaration() -> Declaration {
    check(&complete_row(), day("2026-10-01")).unwrap()
}

pub(super) fn provenance() -> Provenance {
    Provenance {
        run: RunId([3; 16]),
        extracted_at: Instant(NOON - 1),
        full: true,
        stated: Stated::Only(1 << 100 | 5),
    }
}

const fn open<T>(value: T) -> Opened<T> {
    Opened::Clear(value)
}

fn employer() -> Employer {
    Employer {
        siret: declaration().contracts[0].siret.clone(),
        deposit_number: Some("075202410000042".to_owned()),
    }
}

fn terms() -> ContractTerms {
    ContractTerms {
        slot: 2,
        start_on: day("2024-09-02"),
        end_on: Some(day("2026-08-31")),
        employer: EmployerFacets {
            naf_division: Some(56),
            size_band: Some(3),
            public: Some(false),
            departement: Some("2A".to_owned()),
        },
    }
}

fn declared() -> EnrolmentDeclared {
    let d = declaration();
    EnrolmentDeclared {
        lookup: [4; 16],
        training: d.training,
        facets: d.facets,
        identity: open(d.identity),
        contact: Some(open(d.contact)),
        disability: Some(open(d.disability)),
        guardians: Some(open(d.guardians)),
        referent: Some(open(d.referent)),
        background: Some(open(d.background)),
    }
}

/// One fact of each type, in the order of the codes.
pub(super) fn facts() -> Vec<Fact> {
    let d = declaration();
    let contract = ContractId([6; 16]);
    let whole = declared();
    let amended = EnrolmentAmended {
        training: Some(whole.training.clone()),
        facets: Some(whole.facets.clone()),
        identity: Some(whole.identity.clone()),
        contact: whole.contact.clone(),
        disability: whole.disability.clone(),
        guardians: whole.guardians.clone(),
        referent: whole.referent.clone(),
        background: whole.background.clone(),
    };
    vec![
        Fact::EnrolmentDeclared(whole),
        Fact::EnrolmentAmended(amended),
        Fact::SchoolYearDeclared { training: d.training.clone(), repeated: true },
        Fact::TransferDeclared {
            from: d.training.responsible.clone(),
            training: d.training.clone(),
            on: day("2025-01-06"),
        },
        Fact::ContractDeclared {
            contract,
            ordinal: 11,
            terms: terms(),
            employer: open(employer()),
        },
        Fact::ContractAmended { contract, terms: Some(terms()), employer: Some(open(employer())) },
        Fact::ContractBroken(Rupture {
            contract,
            effective_on: day("2024-12-01"),
            notified_on: Some(day("2024-12-04")),
            mode: RuptureMode::MutualAgreement,
            initiator: Initiator::Both,
            verbatim: Some(open("Accord des deux parties".to_owned())),
        }),
        Fact::ContractEnded { contract, on: day("2026-08-31") },
        Fact::LearnerExcluded {
            on: day("2026-07-06"),
            cause: Some(open("Absences injustifiées".to_owned())),
        },
        Fact::WithdrawalDeclared { on: day("2025-02-03") },
        Fact::TrainingCompleted { on: Some(day("2026-07-05")), diploma: true },
        Fact::TransmissionStopped { as_of: Instant(NOON - 2) },
        Fact::TransmissionResumed,
        Fact::LearnerIdRemapped { lookup: [8; 16], identity: open(d.identity) },
        Fact::Retracted { reason: RetractionReason::SentByMistake },
    ]
}

pub(super) fn closed() -> PushRunClosed {
    let trainer = declaration().training.trainer;
    PushRunClosed {
        declaration: RunDeclaration {
            id: RunId([3; 16]),
            source: Source::parse("erp-one").unwrap(),
            software: "Gestion CFA 12.4".to_owned(),
            extracted_at: Instant(NOON - 1),
            extent: Extent::Full,
            rows: Some(2000),
        },
        counts: RunCounts {
            received: 2000,
            written: 30,
            unchanged: 1940,
            stale: 4,
            held: 6,
            refused: 20,
            unseen: 3,
            vanished: 2,
        },
        digest: [0xAB; 32],
        establishments: vec![EstablishmentRows { establishment: trainer, rows: 2000 }],
        seen: vec![
            Seen { stream: [1; 8], stated: Stated::Everything },
            Seen { stream: [2; 8], stated: Stated::Only(7) },
        ],
        held: vec![
            HeldChange { stream: StreamKey([1; 16]), vanished: Some(EventId([2; 16])) },
            HeldChange { stream: StreamKey([3; 16]), vanished: None },
        ],
        hold: Some(HoldReason::TooMany),
        within: Within::Source,
    }
}

/// One event of each type of a contract whose workflow runs here, in the order of the codes.
pub(super) fn of_contract() -> Vec<ContractEvent> {
    let said = |text: &str| open(text.to_owned());
    let changed = |path: &str, value: Option<&str>| Changed {
        path: path.to_owned(),
        value: open(value.map(str::to_owned)),
    };
    let signers = [Party::Employer, Party::Apprentice, Party::Guardian, Party::Cfa];
    let (document, digest) = ([0xD0; 32], Sha256::digest(DOCUMENT).into());
    let kind = AttachmentKind::TrainingAgreement;
    vec![
        ContractEvent::Drafted { enrolment: Some(StreamKey([7; 16])) },
        ContractEvent::Contributed {
            changes: vec![
                changed("employer.siret", Some("21350238800019")),
                changed("employer.email", Some("rh@exemple.fr")),
                changed("masters.1.name", Some("Le Goff")),
                changed("masters.2.name", None),
                changed("apprentice.birth_name", Some("Martin")),
                changed("apprentice.born_on", Some("2007-03-29")),
                changed("guardian.name", Some("Martin")),
                changed("terms.start_on", Some("2026-09-01")),
                changed("terms.end_on", None),
            ],
        },
        ContractEvent::Attached {
            attachment: Attachment { kind, digest, bytes: DOCUMENT.len() as u64 },
        },
        ContractEvent::DocumentPart { digest, part: 2 },
        // As the first ones were.
        ContractEvent::Published(Publication::default()),
        ContractEvent::Reopened { reason: said("le maître d'apprentissage change") },
        ContractEvent::SignaturesRequested {
            document,
            signers: signers
                .map(|party| Signer {
                    party,
                    provider: "ed25519".to_owned(),
                    identity: [party as u8; 32],
                })
                .to_vec(),
        },
        ContractEvent::Signed {
            party: Party::Apprentice,
            evidence: Evidence {
                provider: "ed25519".to_owned(),
                identity: [1; 32],
                document,
                digest,
                level: Level::Demonstration,
            },
        },
        ContractEvent::SignatureRefused { party: Party::Cfa, reason: said("une date est fausse") },
        ContractEvent::SignedOnPaper { scan: [0x5C; 32], attestation: said("vu l'original") },
        ContractEvent::FullySigned,
        ContractEvent::Withdrawn { reason: said("l'apprenti renonce") },
        ContractEvent::Submitted {
            body: DepositBody::State("DDETS 35".to_owned()),
            recorded_on: None,
        },
        ContractEvent::FoundIncomplete { missing: said("la convention de formation") },
        ContractEvent::MadeComplete { recorded_on: None },
        ContractEvent::Deposited { number: said("035202609AB0001"), round: None },
        ContractEvent::DepositRefused { motive: said("la durée n'est pas celle du diplôme") },
        // As the first ones were.
        ContractEvent::AmendmentDrafted {
            kind: open(ContractType::OtherChange),
            own_conclusion: false,
        },
        ContractEvent::Suspended { reason: said("un risque pour la santé") },
        ContractEvent::Resumed,
        ContractEvent::Broken {
            rupture: ContractRupture {
                notified_on: Some(day("2026-12-01")),
                mediator_on: Some(day("2026-11-20")),
                informed_on: Some(day("2026-11-25")),
                cosigned: true,
                practice_days: Some(Bounds { least: 40, most: 44 }),
                dsn: Some(34),
                ..ContractRupture::of(RuptureMode::ApprenticeInitiative, Initiator::Apprentice)
            },
            words: Some(said("je change de voie")),
        },
        ContractEvent::Completed(Completion {
            early: true,
            diploma: Some(true),
            notified_on: Some(day("2028-05-31")),
        }),
        ContractEvent::Cancelled { reason: said("l'apprenti ne viendra pas") },
        ContractEvent::FundingDeclared { yearly: Cents(712_550) },
        ContractEvent::InvoiceDeclared(Invoice {
            number: said("F2026-0412"),
            first_on: day("2026-09-01"),
            last_on: day("2026-12-31"),
            amount: Cents(238_162),
        }),
        ContractEvent::CalendarGiven {
            calendar: Calendar::new(
                (day("2026-09-01"), day("2027-08-31")),
                [true, true, true, true, false, true, false],
                true,
                vec![
                    (day("2026-09-07"), day("2026-09-11")),
                    (day("2026-10-05"), day("2026-10-16")),
                ],
            )
            .unwrap(),
        },
    ]
}

const DOCUMENT: &[u8] = b"%PDF-1.7 of a test";

/// What is enclosed in an event.
pub(super) const fn beside(event: &ContractEvent) -> Enclosed<'static> {
    match event {
        ContractEvent::Attached { .. }
        | ContractEvent::DocumentPart { .. }
        | ContractEvent::Signed { .. } => Enclosed::Sealed(DOCUMENT),
        _ => Enclosed::Nothing,
    }
}

/// Types that say more since their first golden file was made, and what.
fn later() -> Vec<(&'static str, ContractEvent)> {
    let recorded_on = Some(day("2026-11-28"));
    let body = DepositBody::State("DDETS 35".to_owned());
    let kind = open(ContractType::OtherChange);
    vec![
        ("own-conclusion", ContractEvent::AmendmentDrafted { kind, own_conclusion: true }),
        ("recorded", ContractEvent::Submitted { body, recorded_on }),
        ("recorded", ContractEvent::MadeComplete { recorded_on }),
        (
            "round",
            ContractEvent::Deposited { number: open("035202609AB0001".to_owned()), round: Some(1) },
        ),
    ]
}

/// One event of each type, with the name of its golden file; then those of which a field was added later.
pub(super) fn all() -> Vec<(String, Event)> {
    let mut events: Vec<Event> = Vec::new();
    for (n, fact) in (1..).zip(facts()) {
        let corrects = matches!(fact, Fact::Retracted { .. }).then_some(EventId([1; 16]));
        let provenance = (n % 2 == 1).then(provenance);
        let effective_on = day("2024-09-02");
        let id = EventId([n; 16]);
        events.push(Event::Enrolment(EnrolmentEvent {
            id,
            corrects,
            effective_on,
            provenance,
            fact,
        }));
    }
    let pair = [StreamKey([1; 16]), StreamKey([2; 16])];
    let basis = LinkBasis::IdentityDocument;
    events.extend([
        Event::Run(RunEvent::Closed(closed())),
        Event::Run(RunEvent::HoldDecided { decision: HoldDecision::Confirmed }),
        Event::PersonLink(PersonLinkEvent::PersonsLinked { pair, basis }),
        Event::PersonLink(PersonLinkEvent::PersonsUnlinked { pair, basis: LinkBasis::Ine }),
        Event::ReferenceSetLoaded(ReferenceSetLoaded {
            hash: [0xCD; 32],
            name: "COG 2026".to_owned(),
            summary: "communes 34955".to_owned(),
        }),
        Event::Erasure(ErasureEvent::Requested {
            subjects: vec![SubjectId([1; 16]), SubjectId([2; 16])],
            enrolments: vec![StreamKey([3; 16])],
            requester: Requester::Guardian,
            received_on: day("2026-09-28"),
            with_linked: false,
        }),
        Event::Erasure(ErasureEvent::Decided {
            granted: true,
            basis: LegalBasis::Objection,
            reference: Reference::parse("DPO/2026-17").unwrap(),
        }),
        Event::Erasure(ErasureEvent::Erased {
            subjects: vec![SubjectId([1; 16]), SubjectId([2; 16])],
            enrolments: vec![StreamKey([3; 16])],
            decision: EventId([4; 16]),
            basis: LegalBasis::Objection,
            tombstones: vec![
                Tombstone { position: Position(5), ine: 0, names: 1 },
                Tombstone { position: Position(9), ine: 1, names: 1 },
            ],
        }),
    ]);
    events.extend(of_contract().into_iter().map(|event| Event::Contract(event, day("2026-10-01"))));
    let named = events.into_iter().map(|event| (event.type_name().to_owned(), event));
    let more = later().into_iter().map(|(what, event)| {
        let event = Event::Contract(event, day("2026-10-01"));
        (format!("{}-{what}", event.type_name()), event)
    });
    named.chain(more).collect()
}
