//! Runs replayed, doubled and delivered out of order give the same dossier.
//!
//! What the generator leaves out, because rows alone cannot tell it:
//! - two runs of one source with the same extraction time (the later arrival
//!   wins, so the order of arrival is the answer);
//! - a contract whose start date and employer change at once and without a
//!   day in common (it is another contract in one order and the same in none);
//! - a disappearance that is held (the CFA's word, not the run, decides);
//! - a status without its date (v3 only uses the two together).
//!
//! What is not compared: the CFA and the session that were left. A run that is
//! late by a whole step (it tells of the former CFA only after a newer run told
//! of the next) is stale, and the step was never seen.
//!
//! Contracts are compared by employer: an ordinal is the order of first
//! appearance in the stream, which is the order of arrival by definition.

use super::common::*;
use domain::dossier::{Declaration, DeclaredContract};
use domain::enrolment::{Contact, Facets, Identity, Sex, Training};
use domain::identifiers::Postcode;
use domain::rules::ContractSpan;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::collections::BTreeMap;

const EMPLOYERS: [&str; 3] = [BAKER, GARAGE, "81234567600017"];
const STARTS: [[&str; 3]; 3] = [
    ["2024-09-02", "2024-09-09", "2024-09-16"],
    ["2024-12-02", "2024-12-05", "2024-12-09"],
    ["2025-03-03", "2025-03-04", "2025-03-10"],
];
const RUPTURES: [&str; 3] = ["2025-04-01", "2025-05-12", "2025-06-30"];

/// One contract of a row: start, end, rupture, and whether its SIRET is told.
type Slot = (usize, Option<bool>, Option<usize>, bool);

#[derive(Debug, Clone)]
struct Night {
    full: bool,
    row: Declaration,
}

fn slots() -> impl Strategy<Value = Vec<DeclaredContract>> {
    let slot =
        (0..3_usize, option::of(any::<bool>()), option::weighted(0.4, 0..3_usize), any::<bool>());
    let contracts = [
        option::weighted(0.7, slot.clone()),
        option::weighted(0.5, slot.clone()),
        option::weighted(0.3, slot),
    ];
    (contracts, Just(vec![1_u8, 2, 3, 4]).prop_shuffle()).prop_map(|(contracts, order)| {
        let mut slots: Vec<_> = contracts
            .into_iter()
            .enumerate()
            .filter_map(|(which, slot)| slot.map(|slot| declared(which, order[which], slot)))
            .collect();
        slots.sort_by_key(|c| c.slot);
        slots
    })
}

fn declared(which: usize, slot: u8, (start, end, rupture, worded): Slot) -> DeclaredContract {
    DeclaredContract {
        end_on: end.map(|late| day(if late { "2026-08-31" } else { "2026-07-31" })),
        rupture_on: rupture.map(|r| day(RUPTURES[r])),
        cause: (worded && rupture.is_some()).then(|| "accord".to_owned()),
        ..contract(slot, STARTS[which][start], EMPLOYERS[which])
    }
}

fn training() -> impl Strategy<Value = Training> {
    (
        any::<bool>(),
        any::<bool>(),
        0..3_usize,
        option::of(0..3_u8),
        option::of("[A-B]"),
        any::<bool>(),
    )
        .prop_map(|(later, moved, entry, year, title, earlier_end)| Training {
            school_year: school_year(if later { "2025-2026" } else { "2024-2025" }),
            trainer: if moved { lyon() } else { paris() },
            entry_on: day(["2024-09-02", "2024-09-09", "2024-10-01"][entry]),
            end_on: day(if earlier_end { "2026-06-30" } else { "2026-07-03" }),
            year_of_training: year,
            title,
            ..row().training
        })
}

fn person() -> impl Strategy<Value = (Facets, Identity, Contact)> {
    let postcode = option::of(prop_oneof![Just("75011"), Just("69003")]);
    let status = option::of((0..3_u8, 1..4_u32));
    (
        any::<bool>(),
        any::<bool>(),
        option::of("[A-B]{3}"),
        option::of(any::<bool>()),
        postcode,
        option::of("[a-b]@x"),
        status,
    )
        .prop_map(|(march, nir, ine, male, postcode, email, status)| {
            let base = row();
            let born_on = day(if march { "2007-03-14" } else { "2007-04-14" });
            let facets = Facets {
                birth_month: Some(day(if march { "2007-03-01" } else { "2007-04-01" })),
                sex: male.map(|male| if male { Sex::Male } else { Sex::Female }),
                home_departement: postcode.map(|p| p[..2].to_owned()),
                has_nir: nir,
                declared_status: status.map(|(status, _)| status),
                declared_status_on: status.map(|(_, n)| day(&format!("2025-01-0{n}"))),
            };
            let identity = Identity { born_on, ine: ine.map(|i| claimed(&i)), ..base.identity };
            let postcode = postcode.map(|p| Postcode::parse(p).expect("a postcode"));
            let contact = Contact { email, postcode, ..Contact::default() };
            (facets, identity, contact)
        })
}

fn rows() -> impl Strategy<Value = Declaration> {
    let excluded = option::weighted(0.3, (0..3_usize, any::<bool>()));
    (training(), person(), slots(), excluded).prop_map(
        |(training, (facets, identity, contact), contracts, excluded)| {
            let excluded_on = excluded.map(|(which, _)| day(RUPTURES[which]));
            let exclusion_cause =
                excluded.filter(|(_, worded)| *worded).map(|_| "absences".to_owned());
            Declaration {
                training,
                facets,
                identity,
                contact,
                contracts,
                excluded_on,
                exclusion_cause,
                ..row()
            }
        },
    )
}

/// Nights that often repeat a row, as real ones do: most exports change nothing.
fn nights() -> impl Strategy<Value = Vec<Night>> {
    (vec(rows(), 1..5), vec((any::<prop::sample::Index>(), any::<bool>()), 2..8)).prop_map(
        |(rows, nights)| {
            nights
                .into_iter()
                .map(|(which, full)| Night { full, row: which.get(&rows).clone() })
                .collect()
        },
    )
}

/// Nights and an order of delivery in which some come twice.
fn deliveries() -> impl Strategy<Value = (Vec<Night>, Vec<usize>)> {
    nights().prop_flat_map(|nights| {
        let count = nights.len();
        let order = vec(0..count, 0..4)
            .prop_map(move |twice| (0..count).chain(twice).collect::<Vec<_>>())
            .prop_shuffle();
        (Just(nights), order)
    })
}

#[derive(Debug, PartialEq)]
struct Dossier {
    training: Training,
    facets: Facets,
    identity: Identity,
    contact: Contact,
    excluded_on: Option<chrono::NaiveDate>,
    withdrawn_on: Option<chrono::NaiveDate>,
    contracts: BTreeMap<String, ContractSpan>,
}

fn dossier(stream: &Stream) -> Dossier {
    let current = stream.current();
    let facts = current.status_facts();
    assert_eq!(facts.entry_on, current.training.entry_on);
    let employer = |c: &domain::enrolment::Contract| {
        c.employer.clear().and_then(|e| e.siret.clone()).expect("an employer").text
    };
    let contracts: BTreeMap<_, _> =
        current.contracts.iter().map(employer).zip(facts.contracts.iter().copied()).collect();
    assert_eq!(contracts.len(), current.contracts.len(), "one contract an employer");
    Dossier {
        training: current.training.clone(),
        facets: current.facets.clone(),
        identity: current.identity.clear().expect("open").clone(),
        contact: current.contact.as_ref().and_then(|c| c.clear()).cloned().unwrap_or_default(),
        excluded_on: facts.excluded_on,
        withdrawn_on: current.withdrawal.map(|(_, on)| on),
        contracts,
    }
}

fn deliver(nights: &[Night], order: impl IntoIterator<Item = usize>) -> Stream {
    let mut stream = Stream::default();
    for n in order {
        let Night { full, row } = &nights[n];
        let at = i64::try_from(n).expect("few nights");
        if *full {
            stream.close(at, row.clone());
        } else {
            stream.partial(at, row.clone());
        }
    }
    stream
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn runs_in_any_order_and_doubled_give_the_same_dossier((nights, order) in deliveries()) {
        let in_order = deliver(&nights, 0..nights.len());
        let shuffled = deliver(&nights, order.iter().copied());
        prop_assert_eq!(dossier(&in_order), dossier(&shuffled), "delivered as {:?}", order);
    }

    #[test]
    fn a_row_delivered_again_at_once_writes_nothing(nights in nights()) {
        let mut stream = Stream::default();
        for (n, Night { full, row }) in (0..).zip(&nights) {
            if *full {
                stream.close(n, row.clone());
            } else {
                stream.partial(n, row.clone());
            }
            let again = stream.push(night(n), *full, row.clone());
            prop_assert!(again.events.is_empty(), "{:?}", types(&again));
            prop_assert!(again.vanished.is_empty());
        }
    }

    #[test]
    fn the_state_is_a_function_of_the_events((nights, order) in deliveries()) {
        let stream = deliver(&nights, order);
        let replayed = stream
            .state
            .events
            .iter()
            .cloned()
            .fold(domain::enrolment::Enrolment::default(), domain::enrolment::Enrolment::evolve);
        prop_assert_eq!(replayed, stream.state);
    }
}
