//! What the length of a sealed section tells: the bucket, and nothing else.

use super::{Bench, samples};
use crate::codec::{CodecError, SectionKind, encode_enrolment};
use crate::record::{Content, StoredRecord, associated_data};
use chrono::NaiveDate;
use domain::enrolment::{
    Contact, Disability, Employer, EnrolmentAmended, EnrolmentEvent, Fact, Guardians, Identity,
    Opened,
};
use domain::event::Event;
use domain::ids::{ContractId, EventId};
use std::collections::BTreeSet;

fn event(fact: Fact) -> EnrolmentEvent {
    EnrolmentEvent {
        id: EventId([1; 16]),
        corrects: None,
        effective_on: "2026-10-01".parse().unwrap(),
        provenance: None,
        fact,
    }
}

/// The kinds and clear lengths of an amendment's sections.
fn lengths(amended: EnrolmentAmended) -> Vec<(SectionKind, usize)> {
    let encoded = encode_enrolment(&event(Fact::EnrolmentAmended(amended))).unwrap();
    encoded.sections.iter().map(|section| (section.kind, section.bytes.len())).collect()
}

fn length_of(amended: EnrolmentAmended) -> usize {
    let [(_, length)] = lengths(amended)[..] else { panic!("one section") };
    length
}

fn with_disability(rqth: Option<bool>, rqth_on: Option<NaiveDate>) -> EnrolmentAmended {
    let disability = Some(Opened::Clear(Disability { rqth, rqth_on }));
    EnrolmentAmended { disability, ..EnrolmentAmended::default() }
}

fn with_identity(identity: Identity) -> EnrolmentAmended {
    EnrolmentAmended { identity: Some(Opened::Clear(identity)), ..EnrolmentAmended::default() }
}

#[test]
fn the_length_of_a_disability_section_is_the_same_whatever_it_says() {
    let days = ["1969-12-31", "1970-01-01", "2024-09-02", "1900-01-01", "9999-12-31"];
    let days = days.map(|day| Some(day.parse().unwrap())).into_iter().chain([None]);
    let found: BTreeSet<usize> = days
        .flat_map(|day| [None, Some(false), Some(true)].map(|rqth| with_disability(rqth, day)))
        .map(length_of)
        .collect();
    assert_eq!(found, BTreeSet::from([64]));
}

#[test]
fn the_length_of_an_identity_tells_neither_the_name_nor_what_is_missing() {
    let whole = samples::declaration().identity;
    let mut found = BTreeSet::new();
    for length in 1..=40 {
        for letter in ["a", "é"] {
            let last_name = letter.repeat(length);
            let named = Identity { last_name, first_name: "Zoé".to_owned(), ..whole.clone() };
            let bare =
                Identity { ine: None, birth_postcode: None, birth_commune: None, ..named.clone() };
            found.extend([named, bare].map(|identity| length_of(with_identity(identity))));
        }
    }
    assert_eq!(found, BTreeSet::from([192]));
}

#[test]
fn the_length_of_a_section_does_not_tell_which_ordinary_values_are_there() {
    let whole = samples::declaration();
    let mut found = BTreeSet::new();
    for keep in 0_u8..32 {
        let there = |bit: u8| keep & (1 << bit) != 0;
        let contact = Contact {
            email: whole.contact.email.clone().filter(|_| there(0)),
            phone: whole.contact.phone.clone().filter(|_| there(1)),
            address: whole.contact.address.clone().filter(|_| there(2)),
            postcode: whole.contact.postcode.filter(|_| there(3)),
            commune: whole.contact.commune.filter(|_| there(4)),
        };
        let guardians = Guardians {
            email_1: whole.guardians.email_1.clone().filter(|_| there(0)),
            email_2: whole.guardians.email_2.clone().filter(|_| there(1)),
        };
        found.extend(lengths(EnrolmentAmended {
            contact: Some(Opened::Clear(contact)),
            guardians: Some(Opened::Clear(guardians)),
            ..EnrolmentAmended::default()
        }));
        let siret = whole.contracts[0].siret.clone().filter(|_| there(0));
        let deposit_number = Some("075202410000042".to_owned()).filter(|_| there(1));
        let employer = Some(Opened::Clear(Employer { siret, deposit_number }));
        let contract = ContractId([6; 16]);
        let fact = Fact::ContractAmended { contract, terms: None, employer };
        let encoded = encode_enrolment(&event(fact)).unwrap();
        found.extend(encoded.sections.iter().map(|section| (section.kind, section.bytes.len())));
    }
    let mut kinds: Vec<(u8, usize)> = found.into_iter().map(|(kind, n)| (kind.code(), n)).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [(2, 192), (4, 128), (6, 64)]);
}

/// The record with its disability section sealed anew over other clear bytes.
fn forged(bench: &Bench, record: &StoredRecord, clear: &[u8]) -> Result<Event, CodecError> {
    let mut record = record.clone();
    let kind = SectionKind::Disability.code();
    let at = record.header.sections.iter().position(|named| named.kind == kind).unwrap();
    let subject = record.header.sections[at].subject;
    let aad = associated_data(record.header.event_id, subject, kind);
    let sealed = bench.vault.seal(subject, &aad, clear).unwrap();
    record.sections[at] = Content::Sealed(sealed.into());
    bench.read(&record)
}

#[test]
fn a_padding_that_is_not_right_is_refused_not_guessed() {
    let bench = Bench::new();
    let no = Disability { rqth: Some(false), rqth_on: None };
    let amended = with_disability(no.rqth, no.rqth_on);
    let record = bench.store(1, &Event::Enrolment(event(Fact::EnrolmentAmended(amended))));
    let message = [0x08, 0x00];
    for right in [&[0x80_u8][..], &[0x80, 0, 0], &[&[0x80][..], &[0; 200]].concat()] {
        let clear = [&message[..], right].concat();
        assert_eq!(forged(&bench, &record, &clear), bench.read(&record), "any bucket is read");
    }
    for wrong in [&[][..], &[0; 62], &[0x80, 1], &[0x40, 0], &[0x80, 0, 0x81, 0]] {
        let clear = [&message[..], wrong].concat();
        let read = forged(&bench, &record, &clear);
        assert!(matches!(read, Err(CodecError::Malformed { .. })), "{wrong:?}: {read:?}");
    }
    assert!(matches!(forged(&bench, &record, &[]), Err(CodecError::Malformed { .. })));
}
