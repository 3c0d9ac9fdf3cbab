//! The figures and what each one means.
//!
//! A contract is *broken* when its rupture is dated on or before `as_of` and
//! not after its term. That is not the same as "rupturants", which counts
//! learners who have no contract on a day, natural ends included; the two are
//! never mixed here.

/// Months after the start at which the share of broken contracts is given.
pub const RUPTURE_MONTHS: [u32; 4] = [3, 6, 9, 12];
/// Months after a rupture within which a return to a contract is looked for.
pub const RETURN_MONTHS: [u32; 2] = [2, 6];

/// A share with what it stands on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Share {
    /// Between 0 and 1; `None` when nothing can be said. Yes over observed, but in a
    /// [`RuptureShare`], which also uses the censored ones for as long as they were seen.
    pub value: Option<f64>,
    /// Those for whom it is known to be so.
    pub yes: u64,
    /// Those for whom it is known whether it is so.
    pub observed: u64,
    /// The others: not observed long enough.
    pub censored: u64,
}

impl Share {
    /// Yes over observed.
    #[must_use]
    pub fn of(yes: u64, observed: u64, censored: u64) -> Self {
        let value = (observed > 0).then(|| yes as f64 / observed as f64);
        Self { value, yes, observed, censored }
    }
}

/// The share of contracts broken within a number of months of their start.
///
/// `share.value` is one minus the Kaplan-Meier survival: a contract that is
/// still running on `as_of`, or that reached its term, leaves the set at risk
/// on that day, after the ruptures of that day. `observed` counts the contracts
/// broken within the months or at risk during all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RuptureShare {
    /// One of [`RUPTURE_MONTHS`].
    pub months: u32,
    /// The share.
    pub share: Share,
}

/// Outcomes of one group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcomes {
    /// Contracts started in the period, on or before `as_of`; one that several
    /// enrolments of a learner declare counts once.
    pub contracts: u64,
    /// Of which broken by `as_of`.
    pub broken: u64,
    /// Of which came to their term, unbroken, before `as_of`.
    pub reached_term: u64,
    /// Broken within 3, 6, 9 and 12 months.
    pub broken_within: [RuptureShare; 4],
    /// Broken contracts whose learner was under another contract, or began one,
    /// within 2 and within 6 months of the rupture; observed when the months are
    /// over by `as_of`, or the learner is back.
    pub back_within: [Share; 2],
    /// Learners with a known result who obtained the diploma; those without a
    /// known result are censored.
    pub diploma: Share,
    /// Learners whose training, in any of their enrolments, is under way on `as_of`.
    pub still_in_training: Share,
}

/// Outcomes, whole and by group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OutcomesAnswer {
    /// The whole.
    pub total: Outcomes,
    /// The parts by key, sorted; empty without split.
    pub groups: Vec<(String, Outcomes)>,
}
