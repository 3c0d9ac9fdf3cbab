//! Messages to and from the words of the domain.

pub mod answers;
pub mod body;
pub(crate) mod calendars;
pub mod dossier;
pub mod enums;
