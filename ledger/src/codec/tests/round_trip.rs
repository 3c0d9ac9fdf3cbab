//! Any event is the same after a way through the journal and the vault.

use super::{Bench, samples};
use chrono::NaiveDate;
use domain::contract::{ContractEvent, Publication, Remarks};
use domain::enrolment::{
    Background, Claimed, Contact, ContractTerms, Disability, Employer, EmployerFacets,
    EnrolmentEvent, Establishment, Facets, Fact, Guardians, Identity, Initiator, Opened,
    Provenance, Referent, Rupture, RuptureMode, Sex, Stated,
};
use domain::event::Event;
use domain::ids::{ContractId, EventId, Instant, RunId};
use domain::runs::{PushRunClosed, RunEvent, Within};
use proptest::option::of;
use proptest::prelude::*;

fn day() -> impl Strategy<Value = NaiveDate> {
    (-40_000_i32..60_000).prop_map(|days| {
        NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + chrono::Duration::days(i64::from(days))
    })
}

fn words() -> impl Strategy<Value = String> {
    "\\PC{0,40}"
}

fn claimed() -> impl Strategy<Value = Claimed> {
    (words(), any::<bool>()).prop_map(|(text, verified)| Claimed { text, verified })
}

fn open<T: std::fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Opened<T>> {
    of.prop_map(Opened::Clear)
}

fn identity() -> impl Strategy<Value = Identity> {
    (words(), words(), day(), words(), of(claimed())).prop_map(
        |(last_name, first_name, born_on, id_erp, ine)| Identity {
            last_name,
            first_name,
            born_on,
            id_erp,
            ine,
            ..samples::declaration().identity
        },
    )
}

fn contact() -> impl Strategy<Value = Contact> {
    (of(words()), of(claimed()), of(words())).prop_map(|(email, phone, address)| Contact {
        email,
        phone,
        address,
        ..Contact::default()
    })
}

fn facets() -> impl Strategy<Value = Facets> {
    let sex = of(prop_oneof![Just(Sex::Male), Just(Sex::Female)]);
    (of(day()), sex, of(words()), any::<bool>(), of(0_u8..4), of(day())).prop_map(
        |(birth_month, sex, home_departement, has_nir, declared_status, declared_status_on)| {
            Facets {
                birth_month,
                sex,
                home_departement,
                has_nir,
                declared_status,
                declared_status_on,
            }
        },
    )
}

fn amended() -> impl Strategy<Value = Fact> {
    let disability = (of(any::<bool>()), of(day()));
    let disability = disability.prop_map(|(rqth, rqth_on)| Disability { rqth, rqth_on });
    let guardians = (of(words()), of(words()));
    let guardians = guardians.prop_map(|(email_1, email_2)| Guardians { email_1, email_2 });
    let referent = (of(words()), of(words()), of(words()));
    let referent = referent.prop_map(|(last_name, first_name, email)| Referent {
        last_name,
        first_name,
        email,
    });
    let background = (of(any::<u16>()), of(words()), of(words()));
    let background = background.prop_map(|(last_situation, last_organisation, custom_status)| {
        Background { last_situation, last_organisation, custom_status }
    });
    (
        of(facets()),
        of(open(identity())),
        of(open(contact())),
        of(open(disability)),
        of(open(guardians)),
        of(open(referent)),
        of(open(background)),
    )
        .prop_map(
            |(facets, identity, contact, disability, guardians, referent, background)| {
                Fact::EnrolmentAmended(domain::enrolment::EnrolmentAmended {
                    training: None,
                    facets,
                    identity,
                    contact,
                    disability,
                    guardians,
                    referent,
                    background,
                })
            },
        )
}

fn terms() -> impl Strategy<Value = ContractTerms> {
    let employer = (of(any::<u8>()), of(any::<u8>()), of(any::<bool>()), of(words()));
    let employer = employer.prop_map(|(naf_division, size_band, public, departement)| {
        EmployerFacets { naf_division, size_band, public, departement }
    });
    (any::<u8>(), day(), of(day()), employer).prop_map(|(slot, start_on, end_on, employer)| {
        ContractTerms { slot, start_on, end_on, employer }
    })
}

fn employer() -> impl Strategy<Value = Opened<Employer>> {
    open(
        (of(claimed()), of(words()))
            .prop_map(|(siret, deposit_number)| Employer { siret, deposit_number }),
    )
}

fn contracts() -> impl Strategy<Value = Fact> {
    let contract = any::<[u8; 16]>().prop_map(ContractId);
    prop_oneof![
        (contract.clone(), any::<u16>(), terms(), employer()).prop_map(
            |(contract, ordinal, terms, employer)| Fact::ContractDeclared {
                contract,
                ordinal,
                terms,
                employer
            }
        ),
        (contract.clone(), of(terms()), of(employer())).prop_map(|(contract, terms, employer)| {
            Fact::ContractAmended { contract, terms, employer }
        }),
        (contract, day(), of(day()), of(open(words()))).prop_map(
            |(contract, effective_on, notified_on, verbatim)| Fact::ContractBroken(Rupture {
                contract,
                effective_on,
                notified_on,
                mode: RuptureMode::Unknown,
                initiator: Initiator::Unknown,
                verbatim,
            })
        ),
    ]
}

fn provenance() -> impl Strategy<Value = Provenance> {
    let stated = of(any::<u128>()).prop_map(|bits| bits.map_or(Stated::Everything, Stated::Only));
    (any::<[u8; 16]>(), any::<i64>(), any::<bool>(), stated).prop_map(|(run, at, full, stated)| {
        Provenance { run: RunId(run), extracted_at: Instant(at), full, stated }
    })
}

fn event() -> impl Strategy<Value = EnrolmentEvent> {
    let fact = prop_oneof![amended(), contracts(), proptest::sample::select(samples::facts())];
    let corrects = of((1_u8..).prop_map(|n| EventId([n; 16])));
    (any::<[u8; 16]>(), corrects, day(), of(provenance()), fact).prop_map(
        |(id, corrects, effective_on, provenance, fact)| EnrolmentEvent {
            id: EventId(id),
            corrects,
            effective_on,
            provenance,
            fact,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_event_is_the_same_after_the_journal_and_the_vault(
        events in proptest::collection::vec(event(), 1..12)
    ) {
        let bench = Bench::new();
        for (n, event) in (1..).zip(events) {
            let event = Event::Enrolment(event);
            let record = bench.store(n, &event);
            record.verify().unwrap();
            prop_assert_eq!(bench.read(&record).unwrap(), event);
        }
    }
}

#[test]
fn a_run_says_for_whose_dossiers_it_speaks() {
    let bench = Bench::new();
    let trainer = samples::declaration().training.trainer;
    let trainers = |some: &[Establishment]| Within::Trainers(some.iter().cloned().collect());
    for (n, within) in (1..).zip([Within::Source, trainers(&[]), trainers(&[trainer])]) {
        let closed = PushRunClosed { within, ..samples::closed() };
        let event = Event::Run(RunEvent::Closed(closed));
        assert_eq!(bench.read(&bench.store(n, &event)).unwrap(), event);
    }
}

#[test]
fn what_the_rules_did_not_confirm_is_sealed_with_a_publication() {
    let remarks = Remarks {
        undetermined: vec!["AGE_MAX".to_owned()],
        warned: vec!["FIRST_SITUATION".to_owned(), "FAMILY_MINOR".to_owned()],
    };
    let publication = Publication {
        rules_of: NaiveDate::from_ymd_opt(2026, 8, 26),
        remarks: Some(Opened::Clear(remarks)),
    };
    let on = NaiveDate::from_ymd_opt(2026, 10, 1).unwrap();
    let event = Event::Contract(ContractEvent::Published(publication), on);
    let bench = Bench::new();
    let record = bench.store(1, &event);
    assert_eq!(bench.read(&record).unwrap(), event);
    let clear = |part: &[u8]| record.body.windows(part.len()).any(|bytes| bytes == part);
    assert!(!clear(b"AGE_MAX") && !clear(b"FAMILY"), "they tell something of the apprentice");
}
