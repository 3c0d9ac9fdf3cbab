//! The CERFA 10103 form, "contrat d'apprentissage", as data.
//!
//! A form is filled in parts, by several people, in any order: every field may be absent. A field has a path
//! (`employer.siret`, `pay.1.first.rate`), a type with its own check, and says where its value lives and when it is
//! asked for. What the law says of the values together is in [`crate::law`].
//!
//! The NIR has no field: the employer adds it to the paper or to the file that leaves the ledger.
//!
//! Source: CERFA 10103, versions 10 to 12, and its notice 51649.
//!
//! | module | holds |
//! |---|---|
//! | [`Form`] and `form` | the form and its blocks |
//! | [`codes`] | its code lists, each code with its label |
//! | [`value`] | the types of its values: text, money, rates, working time, names |
//! | `block` | what every block can: be read and set by path, be walked |
//! | [`JsonError`] | the form as a JSON file |
//! | [`Completeness`] | how much of it is filled, and what is missing |

mod block;
pub mod codes;
mod completeness;
#[cfg(any(test, feature = "testing"))]
mod example;
mod form;
pub mod json;
pub mod value;

pub use block::{Field, Refused, Visibility, Whose};
pub use completeness::{Completeness, Missing};
#[cfg(any(test, feature = "testing"))]
pub use example::example_form;
pub use form::{
    Address, Apprentice, Deposit, Employer, Form, FormVersion, Guardian, Master, Met, Pay,
    PayPeriod, PayYear, Signing, Terms, Training, TrainingPlace, turns,
};
pub use json::{DepositFrame, Imported, JsonError};

#[cfg(test)]
mod tests;
