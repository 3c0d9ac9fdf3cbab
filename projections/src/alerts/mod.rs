//! What somebody should act on: rules with names and dated thresholds, asked at
//! any day and any known position. Nothing is stored: an alert is a conclusion.
//!
//! | file | holds |
//! |---|---|
//! | `kinds.rs` | kinds, thresholds, who acts |
//! | `candidates.rs` | what the detail rows hold that may be an alert; `contracts.rs`, of the contracts whose workflow runs here |
//! | `rules.rs` | from candidates to alerts |
//! | `contracts.rs` | the same of contracts whose workflow runs here |
//! | `texts.rs` | what to tell, in both languages |
//!
//! # Interpretations
//!
//! - A learner has at most one rupture alert, also when linked enrolments (two
//!   sources, a change of CFA) tell the rupture: that of the last one, in the
//!   enrolment that began last; and at most one in a CFA for want of a contract.
//! - A rupture is closed by a contract of the learner, in any linked enrolment,
//!   that still ran on the day of the rupture, or that began then or later. A
//!   contract declared for a later day closes it on that day. What closed it keeps
//!   it closed: a contract that came to its term is no rupture.
//! - A contract whose workflow runs here counts as one of its dossier once all have signed it: its rupture raises the
//!   same alerts, and it closes what a declared one would. One of the same dossier that is declared by the CFA, and was
//!   once said to begin on the same day, is the same contract, whichever of the two is corrected or amended first. Of no
//!   dossier, its rupture is told while its training lasts, and nothing closes it.
//! - What is due of such a contract is told [`CONTRACT_DUE_DAYS`] days before, and as late from the day after its day
//!   on, until somebody acts. The silence of a deposit body is told so too: it decided, and somebody has to take note.
//!   The days of a free rupture (45 days of practice) raise nothing; those after a rupture are calendar days.
//! - Nothing is raised once the training is over, by its last day, an exclusion,
//!   a withdrawal or a result.
//! - Who should act goes by the age on `as_of`, in whole years from the birth month.
//! - A learner whom a linked enrolment still transmits is not missing.
//! - `first_load` is true when the alert's condition held on the extraction day of
//!   the run that declared its dossier, with what that run said at first: a source
//!   may begin with a trial, or split its load, and none of it is news.

mod candidates;
mod contracts;
mod kinds;
mod rules;
mod texts;

pub use kinds::{
    ActsNext, Alert, AlertCount, AlertKind, CONTRACT_DUE_DAYS, FRANCE_TRAVAIL_AGE,
    LONG_SILENT_DAYS, LONGEST_YEARS, MISSION_LOCALE_AGES, NO_CONTRACT_LIMIT_DAYS,
    NO_CONTRACT_WARNING_DAYS, OLDEST_AT_ENTRY, RUPTURE_HALF_TIME_DAYS, RUPTURE_OVER_DAYS,
    RUPTURE_TO_MISSION_LOCALE_DAYS, SILENT_DAYS, Subject, YOUNGEST_AT_ENTRY,
};
pub(crate) use rules::{Open, open_alerts};
