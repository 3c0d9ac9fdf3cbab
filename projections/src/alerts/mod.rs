//! What somebody should act on: rules with names and dated thresholds, asked at
//! any day and any known position.
//!
//! | file | holds |
//! |---|---|
//! | `kinds.rs` | kinds, thresholds, who acts |

mod kinds;

pub use kinds::{
    ActsNext, Alert, AlertCount, AlertKind, LONG_SILENT_DAYS, LONGEST_YEARS,
    NO_CONTRACT_LIMIT_DAYS, NO_CONTRACT_WARNING_DAYS, OLDEST_AT_ENTRY, RUPTURE_HALF_TIME_DAYS,
    RUPTURE_OVER_DAYS, RUPTURE_TO_MISSION_LOCALE_DAYS, SILENT_DAYS, Subject, YOUNGEST_AT_ENTRY,
};
