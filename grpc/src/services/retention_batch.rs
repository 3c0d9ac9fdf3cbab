//! Which of those who fall due are erased together: no more persons than one erasure takes.

use domain::ids::{StreamKey, SubjectId};
use projections::views::Due;
use std::collections::BTreeSet;

/// Those who are erased together, of some who fall due.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Together {
    /// Their dossiers.
    pub(super) batch: Vec<StreamKey>,
    /// Who is not erased, whatever else is.
    pub(super) passed_over: Vec<TooMany>,
    /// After which place to go on, when there was no room for all.
    pub(super) end: Option<i64>,
}

/// Somebody whose dossiers name more persons than one erasure takes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMany {
    /// All dossiers of that person.
    pub(super) enrolments: Vec<StreamKey>,
    /// How many persons they name.
    pub(super) persons: usize,
}

/// The first of those who fall due, in the order of their places, who name `most` persons at most between them. Who names more alone
/// is passed over: else retention would come to them again at every call, and never to those behind.
pub(super) fn together<E>(
    due: Vec<Due>,
    most: usize,
    persons: impl Fn(StreamKey) -> Result<Vec<SubjectId>, E>,
) -> Result<Together, E> {
    let (mut together, mut named) = (Together::default(), BTreeSet::new());
    let mut last = None;
    for Due { enrolments, place, .. } in due {
        let mut theirs = BTreeSet::new();
        for dossier in &enrolments {
            theirs.extend(persons(*dossier)?);
        }
        if theirs.len() > most {
            together.passed_over.push(TooMany { enrolments, persons: theirs.len() });
        } else if theirs.union(&named).count() > most {
            together.end = last;
            break;
        } else {
            named.extend(theirs);
            together.batch.extend(enrolments);
        }
        last = Some(place);
    }
    Ok(together)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use ledger::LedgerError;

    const fn dossier(n: u8) -> StreamKey {
        StreamKey([n; 16])
    }

    fn due(place: i64, dossiers: &[u8]) -> Due {
        let enrolments = dossiers.iter().map(|n| dossier(*n)).collect();
        Due { due_on: NaiveDate::default(), enrolments, place }
    }

    /// A dossier names as many persons as its number, each twice; the first of all of them is one.
    fn persons(of: StreamKey) -> Result<Vec<SubjectId>, LedgerError> {
        let n = of.0[0];
        let person = |rank: u8| {
            SubjectId([if rank == 0 { 0 } else { n }, rank].repeat(8).try_into().unwrap())
        };
        Ok((0..n).chain(0..n).map(person).collect())
    }

    fn of(due: Vec<Due>, most: usize) -> Together {
        together(due, most, persons).unwrap()
    }

    #[test]
    fn whoever_names_too_many_is_passed_over_and_those_behind_are_erased() {
        let all = || vec![due(10, &[2]), due(20, &[4, 5]), due(30, &[3])];
        // Two persons, eight, three; of which one is the same.
        let taken = of(all(), 7);
        assert_eq!(taken.batch, [dossier(2), dossier(3)]);
        let enrolments = vec![dossier(4), dossier(5)];
        assert_eq!(taken.passed_over, [TooMany { enrolments, persons: 8 }]);
        assert_eq!(taken.end, None);
        let all_of_them = of(all(), 11);
        assert_eq!((all_of_them.batch.len(), all_of_them.passed_over.len()), (4, 0));
        assert_eq!(of(Vec::new(), 7), Together::default());
    }

    #[test]
    fn where_there_is_no_more_room_the_next_call_goes_on() {
        let all = || vec![due(10, &[9]), due(20, &[4]), due(-7, &[3]), due(-9, &[2])];
        let first = of(all(), 5);
        assert_eq!((first.batch, first.end), (vec![dossier(4)], Some(20)));
        assert_eq!(first.passed_over.len(), 1);
        let second = of(all().split_off(2), 5);
        assert_eq!((second.batch, second.end), (vec![dossier(3), dossier(2)], None));
        let exact = of(all(), 6);
        assert_eq!((exact.batch, exact.end), (vec![dossier(4), dossier(3)], Some(-7)));
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        let broken = together(vec![due(1, &[1])], 5, |_| Err(LedgerError::Invalid("x")));
        assert!(broken.is_err());
    }
}
