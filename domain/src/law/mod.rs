//! The law of apprenticeship, as one table of dated rules.
//!
//! A rule has an id that never changes, the article that it comes from, the days on which it is in force, a severity,
//! a message in two languages and a check, which is a pure function of a [`Case`]. A contract is judged by the rules
//! of its own day; a rule changes by another row with other dates. Past the last day for which a table is confirmed a
//! verdict is undetermined, never a pass.
//!
//! The numbers of articles come mostly from secondary sources; they stand in this table alone, so that a lawyer
//! corrects them in one place.
//!
//! | module | holds |
//! |---|---|
//! | [`Rule`], [`Verdict`] | a row of the table, and what it says of a contract |
//! | [`Case`] | what a rule sees: the form, what is attached, what came before |
//! | [`table`] | all rows, in order, and those in force on a day |
//! | `age` | ages and derogations |
//! | `duration` | how long a contract lasts, extensions |
//! | `start` | what comes before what at the beginning |
//! | `work` | working time, dangerous work, permits |
//! | `people` | maîtres d'apprentissage, legal representatives, addresses |
//! | `kind` | types of contracts and employers, what follows what, amendments |
//! | `training` | hours, aim, agreement and place of the training |
//! | `pay_rules` | periods and rates of pay, the first salary, deductions |
//! | `deposit` | when and where a contract is sent |
//! | `rupture` | how a contract ends before its term |
//! | [`declared`] | what the rules say of a contract of which a source declares some days |
//! | [`practice`] | days of practical training in the company, within bounds |
//! | [`days`] | public holidays, *jours ouvrables*, and delays |
//! | [`smic`] | the SMIC by day |
//! | [`pay`] | the minimum pay by age and year of the contract |

mod age;
mod case;
pub mod days;
pub mod declared;
mod deposit;
mod duration;
mod kind;
pub mod pay;
mod pay_rules;
mod people;
pub mod practice;
mod rule;
mod rupture;
pub mod smic;
mod start;
pub mod table;
mod training;
mod work;

pub use case::{Acts, Case, Previous};
pub use deposit::{DEPOSIT_BODY, DEPOSIT_DAYS};
pub use people::GUARDIAN_NEEDED;
pub use rule::{Answer, Outcome, Rule, Severity, Unknown, Verdict};
pub use table::judge;

#[cfg(test)]
mod tests;
