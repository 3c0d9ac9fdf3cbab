//! A fact as a system tells it: late, and sometimes wrong at first.

use super::calendar::Night;

/// A value that is told from a night on, and told otherwise from a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told<T> {
    /// What is told first.
    pub(super) first: T,
    /// From which night.
    pub(super) since: Night,
    /// What is told later instead, and from which night.
    pub(super) then: Option<(T, Night)>,
}

impl<T> Told<T> {
    /// A fact told once for all.
    pub(super) fn once(value: T, since: Night) -> Self {
        Self { first: value, since, then: None }
    }

    /// A fact told wrongly for so many nights.
    pub(super) fn corrected(wrong: T, since: Night, right: T, after: Night) -> Self {
        Self { first: wrong, since, then: Some((right, since.saturating_add(after))) }
    }

    /// What is told in a night, if anything.
    pub(super) fn at(&self, night: Night) -> Option<&T> {
        match &self.then {
            Some((value, from)) if *from <= night => Some(value),
            _ => (self.since <= night).then_some(&self.first),
        }
    }

    /// The nights in which what is told changes.
    pub(super) fn nights(&self) -> impl Iterator<Item = Night> + use<T> {
        [Some(self.since), self.then.as_ref().map(|(_, night)| *night)].into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_replaces_what_was_told_from_its_night_on() {
        let told = Told::corrected("wrong", 3, "right", 4);
        assert_eq!(told.at(2), None);
        assert_eq!(told.at(3), Some(&"wrong"));
        assert_eq!(told.at(6), Some(&"wrong"));
        assert_eq!(told.at(7), Some(&"right"));
        assert_eq!(told.nights().collect::<Vec<_>>(), [3, 7]);
    }
}
