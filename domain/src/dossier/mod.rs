//! The dossier of the v3 push: dictionary, raw row, checked declaration.

mod check;
mod declaration;
mod fields;
mod issue;
mod raw;

pub use check::check;
pub use declaration::{Declaration, DeclaredContract, FieldSet};
pub use fields::{ContractColumn, Field, Kind, Visibility};
pub use issue::{Issue, Severity};
pub use raw::{MAX_TEXT_BYTES, RawDossier, RawValue};
