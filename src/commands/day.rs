//! Days on the command line.

use chrono::NaiveDate;
use domain::calendar::parse_day;

/// Reads a day: `2026-03-01`, or `01/03/2026`.
///
/// # Errors
/// When it is neither, or outside 1900 to 2100, with what to write instead.
pub(crate) fn parse(text: &str) -> Result<NaiveDate, String> {
    parse_day(text).map(|parsed| parsed.day).map_err(|_| {
        "write a day between 1900 and 2100 as YYYY-MM-DD, such as 2026-03-01".to_owned()
    })
}
