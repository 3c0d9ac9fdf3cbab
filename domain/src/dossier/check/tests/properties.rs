//! What holds for every row.

use super::*;
use proptest::prelude::*;

fn any_value() -> impl Strategy<Value = Option<RawValue>> {
    let text = prop_oneof![
        "\\PC{0,40}",
        "[0-9 .+/TZ:-]{0,30}",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}Z)?",
        "[0-9]{7}[A-Z]",
        "[0-9]{13,15}",
        any::<String>(),
        (0_usize..5000).prop_map(|n| "é1 ".repeat(n)),
    ];
    prop_oneof![
        2 => Just(None),
        5 => text.prop_map(|text| Some(RawValue::Text(text))),
        1 => any::<i64>().prop_map(|n| Some(RawValue::Int(n))),
        1 => (0_i64..5000).prop_map(|n| Some(RawValue::Int(n))),
        1 => any::<bool>().prop_map(|flag| Some(RawValue::Bool(flag))),
    ]
}

fn any_field() -> impl Strategy<Value = Field> {
    (0..Field::ALL.len()).prop_map(|index| Field::ALL[index])
}

/// A row of which any number of fields hold anything.
fn any_row() -> impl Strategy<Value = RawDossier> {
    let base = prop_oneof![Just(example_row()), Just(complete_row()), Just(RawDossier::default())];
    let changes = proptest::collection::vec((any_field(), any_value()), 0..20);
    (base, changes).prop_map(|(mut row, changes)| {
        for (field, value) in changes {
            row.set(field, value);
        }
        row
    })
}

/// A row in which every field that identifies or dates is sound.
fn any_identified_row() -> impl Strategy<Value = RawDossier> {
    any_row().prop_map(|mut row| {
        let sound = example_row();
        for field in Field::ALL.iter().copied().filter(|field| field.required()) {
            row.set(field, sound.get(field).cloned());
        }
        row
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_row_is_read_or_refused_with_a_reason(row in any_row()) {
        match check(&row, extraction()) {
            Ok(read) => {
                prop_assert!(read.warnings.iter().all(|i| i.severity == Severity::Warning));
                prop_assert_eq!(read.stated.0 & read.dropped.0, 0, "stated and dropped");
                for field in Field::ALL {
                    let heard = read.stated.contains(*field) || read.dropped.contains(*field);
                    prop_assert!(!heard || row.get(*field).is_some(), "{:?} from nowhere", field);
                }
            }
            Err(refusals) => {
                prop_assert!(!refusals.is_empty());
                prop_assert!(refusals.iter().all(|i| i.severity == Severity::Refused));
                prop_assert!(refusals.iter().all(|i| i.field.required()));
            }
        }
    }

    #[test]
    fn a_row_that_is_identified_and_dated_is_never_refused(row in any_identified_row()) {
        prop_assert!(check(&row, extraction()).is_ok());
    }

    #[test]
    fn every_dropped_field_has_a_warning(row in any_identified_row()) {
        let read = read(&row);
        if read.dropped.0 != 0 {
            prop_assert!(!read.warnings.is_empty());
        }
    }

    #[test]
    fn a_checked_row_checks_the_same_again(row in any_row()) {
        prop_assert_eq!(check(&row, extraction()), check(&row, extraction()));
    }
}
