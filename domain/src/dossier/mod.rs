//! The dossier of the v3 push: dictionary, raw row, checked declaration.

mod check;
mod declaration;
#[cfg(any(test, feature = "testing"))]
mod example;
mod fields;
mod issue;
mod raw;

pub use check::{check, holds_nir, id_holds_nir, legible, rules, without_nir};
pub use declaration::{Declaration, DeclaredContract, FieldSet};
#[cfg(any(test, feature = "testing"))]
pub use example::{complete_row, example_row};
pub use fields::{ContractColumn, Field, Kind, Visibility};
pub use issue::{Issue, Severity};
pub use raw::{MAX_TEXT_BYTES, RawDossier, RawValue};
