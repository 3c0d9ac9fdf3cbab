//! An older run that comes late never changes what a newer run settled.

use super::common::*;
use domain::dossier::{ContractColumn, Field};
use domain::enrolment::{Stated, Training};
use domain::runs::{BIT_WRITTEN_LATE, Settlement, bit_of_contract, bit_of_field};

fn titled(title: &str) -> domain::dossier::Declaration {
    row().with(|r| r.training.title = Some(title.to_owned()))
}

fn title(stream: &Stream) -> Option<&str> {
    let Training { title, .. } = &stream.current().training;
    title.as_deref()
}

#[test]
fn a_value_that_a_newer_run_changed_stays() {
    let mut stream = Stream::default();
    stream.partial(1, titled("A"));
    stream.partial(3, titled("B"));
    let late = stream.partial(2, titled("C"));
    assert!(late.events.is_empty() && late.stale);
    assert_eq!(title(&stream), Some("B"));
}

#[test]
fn a_value_that_a_newer_run_said_again_stays_although_that_run_wrote_nothing() {
    let mut stream = Stream::default();
    stream.partial(1, titled("A"));
    assert!(stream.partial(3, titled("A")).events.is_empty());
    let late = stream.partial(2, titled("B"));
    assert!(late.events.is_empty() && late.stale);
    assert_eq!(title(&stream), Some("A"));
}

#[test]
fn the_same_late_row_twice_is_stale_twice() {
    let mut stream = Stream::default();
    stream.partial(1, titled("A"));
    stream.partial(3, titled("A"));
    for _ in 0..2 {
        assert!(stream.partial(2, titled("B")).stale);
    }
}

#[test]
fn a_late_row_that_agrees_is_unchanged_rather_than_stale() {
    let mut stream = Stream::default();
    stream.partial(3, titled("A"));
    let late = stream.partial(2, titled("A"));
    assert!(late.events.is_empty() && !late.stale);
}

#[test]
fn a_value_that_no_newer_run_spoke_of_is_still_taken_from_a_late_row() {
    let mut stream = Stream::default();
    stream.partial(3, row());
    let late = stream.partial(2, row().with(|r| r.identity.ine = Some(claimed("120890177FA"))));
    assert_eq!(types(&late), ["EnrolmentAmended"]);
    let Stated::Only(mask) = late.stated else { panic!("a late row never says everything") };
    assert_ne!(mask & 1 << BIT_WRITTEN_LATE, 0);
}

#[test]
fn a_value_written_late_was_not_said_again_by_the_newer_run_before_it() {
    let ine = |text: &str| {
        let ine = Some(claimed(text));
        row().with(|r| r.identity.ine = ine)
    };
    let mut stream = Stream::default();
    stream.partial(1, row());
    stream.partial(5, row());
    assert!(matches!(stream.memory[..], [Settlement { stated: Stated::Everything, .. }]));
    assert_eq!(types(&stream.partial(2, ine("120890177FA"))), ["EnrolmentAmended"]);
    assert_eq!(types(&stream.partial(3, ine("130890177FB"))), ["EnrolmentAmended"]);
    let identity = stream.current().identity.clear().expect("open");
    assert_eq!(identity.ine, Some(claimed("130890177FB")), "night 3 is newer than night 2");
}

#[test]
fn a_late_row_takes_the_open_values_and_leaves_the_settled_ones() {
    let mut stream = Stream::default();
    stream.partial(1, titled("A"));
    stream.partial(3, titled("B"));
    let late =
        stream.partial(2, titled("C").with(|r| r.contact.email = Some("m@example.org".to_owned())));
    assert_eq!(types(&late), ["EnrolmentAmended"]);
    assert!(!late.stale);
    assert_eq!(title(&stream), Some("B"));
}

#[test]
fn a_late_rupture_is_left_out_when_a_newer_full_run_had_none() {
    let mut stream = Stream::default();
    stream.full(1, row_with_contract());
    stream.full(3, row_with_contract());
    let late = stream.full(2, broken_row("2024-11-30"));
    assert!(late.events.is_empty() && late.stale);
    assert_eq!(rupture(&stream), None);
}

#[test]
fn a_late_rupture_is_taken_when_the_newer_run_was_partial() {
    let mut stream = Stream::default();
    stream.full(1, row_with_contract());
    stream.partial(3, row_with_contract());
    assert_eq!(types(&stream.full(2, broken_row("2024-11-30"))), ["ContractBroken"]);
}

#[test]
fn a_late_contract_is_declared_because_no_row_says_that_a_contract_is_not() {
    let mut stream = Stream::default();
    stream.full(1, row());
    stream.full(3, row().with(|r| r.contracts = vec![contract(1, "2025-01-06", GARAGE)]));
    assert_eq!(types(&stream.full(2, row_with_contract())), ["ContractDeclared"]);
}

#[test]
fn of_two_runs_extracted_at_once_the_later_arrival_wins() {
    let mut stream = Stream::default();
    stream.partial(1, titled("A"));
    assert_eq!(types(&stream.partial(1, titled("B"))), ["EnrolmentAmended"]);
    assert_eq!(title(&stream), Some("B"));
}

#[test]
fn a_value_written_late_and_said_again_since_is_settled() {
    let ine = |text: &str| {
        let ine = Some(claimed(text));
        row().with(|r| r.identity.ine = ine)
    };
    let mut stream = Stream::default();
    stream.partial(1, row());
    stream.partial(5, row());
    stream.partial(2, ine("120890177FA"));
    let again = stream.partial(6, ine("120890177FA"));
    assert!(again.events.is_empty());
    assert!(matches!(again.stated, Stated::Only(_)), "value by value, for want of certainty");
    assert!(stream.partial(3, ine("130890177FB")).stale);
}

#[test]
fn a_full_run_before_a_contract_was_known_said_nothing_of_its_rupture() {
    let mut late = Stream::default();
    late.full(1, row());
    late.full(5, row());
    late.partial(2, row_with_contract());
    let rupture = late.partial(3, broken_row("2024-11-30"));
    assert_eq!(types(&rupture), ["ContractBroken"], "the contract itself came late");

    let mut newer = Stream::default();
    newer.full(1, row());
    newer.full(5, row());
    newer.partial(6, row_with_contract());
    let rupture = newer.partial(3, broken_row("2024-11-30"));
    assert_eq!(types(&rupture), ["ContractBroken"], "the contract came in a newer run");
}

#[test]
fn a_full_row_whose_rupture_could_not_be_used_leaves_the_place_open() {
    let unreadable = || row_with_contract().with(|r| drop_field(r, Field::ContratDateRupture));
    let cases = [None, Some(row()), Some(row_with_contract())];
    for (case, before) in cases.into_iter().enumerate() {
        let begun = || {
            let mut stream = Stream::default();
            if let Some(row) = &before {
                stream.full(1, row.clone());
            }
            stream
        };
        let mut stream = begun();
        let decision = stream.full(3, unreadable());
        assert!(matches!(decision.stated, Stated::Only(_)), "case {case}");
        let late = stream.full(2, broken_row("2024-11-30"));
        assert_eq!(types(&late), ["ContractBroken"], "case {case}");
        let mut readable = begun();
        readable.full(3, row_with_contract());
        assert!(readable.full(2, broken_row("2024-11-30")).stale, "case {case}, readable");
    }
}

#[test]
fn the_words_of_a_late_row_are_kept_out_by_a_full_row_without_rupture_alone() {
    let worded =
        || broken_row("2024-11-30").with(|r| r.contracts[0].cause = Some("accord".to_owned()));
    let mut emptied = Stream::default();
    emptied.full(1, row_with_contract());
    emptied.full(3, row_with_contract().with(|r| r.training.title = None));
    emptied.full(4, broken_row("2024-12-15"));
    assert!(emptied.partial(2, worded()).stale, "night 3 said that nothing was broken");

    let mut wordless = Stream::default();
    wordless.full(1, broken_row("2024-11-30"));
    assert_eq!(wordless.full(3, broken_row("2024-11-30")).stated, Stated::Everything);
    let late = wordless.partial(2, worded());
    assert_eq!(types(&late), ["ContractBroken"], "a date without words says nothing of words");
}

#[test]
fn each_value_knows_the_run_that_changed_it_last() {
    let mut stream = Stream::default();
    stream.full(1, broken_row("2024-11-30"));
    stream.full(2, broken_row("2024-12-15"));
    let stamp = |stream: &Stream, column| {
        let bit = bit_of_contract(0, column).expect("the first contract has bits");
        stream.current().stamps.get(&bit).copied()
    };
    assert_eq!(stamp(&stream, ContractColumn::Start), Some(night(1)));
    assert_eq!(stamp(&stream, ContractColumn::Rupture), Some(night(2)));
    assert_eq!(stamp(&stream, ContractColumn::Cause), None);
}

#[test]
fn a_twelfth_contract_has_no_bits_and_counts_as_stated_by_every_newer_run() {
    let months = ["2024-09", "2024-10", "2024-11", "2024-12", "2025-01", "2025-02"];
    let short = |month: &str, from: u32, length: u64| {
        contract(1, &format!("{month}-{from:02}"), BAKER).with(|c| {
            c.siret = None;
            c.end_on = c.start_on.checked_add_days(chrono::Days::new(length));
        })
    };
    let alone = |c| row().with(|r| r.contracts = vec![c]);
    let mut stream = Stream::default();
    for (n, month) in (1..).zip(months) {
        stream.partial(2 * n, alone(short(month, 1, 9)));
        stream.partial(2 * n + 1, alone(short(month, 16, 9)));
    }
    assert_eq!(stream.current().contracts.len(), 12);
    let newer = stream.partial(30, alone(short("2025-02", 16, 10)));
    assert_eq!(types(&newer), ["ContractAmended"]);
    assert!(stream.partial(29, alone(short("2025-02", 16, 11))).stale);
    let name = bit_of_field(Field::NomApprenant);
    assert_eq!(stream.current().stamps.get(&name), Some(&night(2)), "no other value is touched");
}

/// A full run whose absences are held says nothing of a rupture that it does
/// not have, be its row written or unchanged.
#[test]
fn a_late_rupture_is_kept_when_the_newer_full_run_without_it_is_held() {
    let renamed = row_with_contract().with(|r| r.training.title = Some("CAP PATISSIER".to_owned()));
    for newer in [row_with_contract(), renamed] {
        for held in [true, false] {
            let mut stream = Stream::default();
            stream.full(1, row_with_contract());
            stream.full(3, newer.clone());
            if held {
                stream.held.push(night(3));
            }
            let late = stream.partial(2, broken_row("2024-11-30"));
            assert_eq!(types(&late).contains(&"ContractBroken"), held, "{:?}", types(&late));
        }
    }
}
