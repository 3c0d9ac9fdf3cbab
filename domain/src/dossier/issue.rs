//! What is wrong or doubtful in a row.

use super::fields::Field;
use crate::text::Text;

/// Whether an issue refuses the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The row cannot be identified or dated: it is refused.
    Refused,
    /// The row is kept; the value was dropped, corrected or marked unverified.
    Warning,
}

/// One thing to say about one field of one row. It never quotes the value of a
/// sealed field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Which field.
    pub field: Field,
    /// A stable name of the rule, `UPPER_SNAKE`.
    pub rule: &'static str,
    /// Refused or kept.
    pub severity: Severity,
    /// What is wrong and what to do.
    pub text: Text,
}
