//! Messages to and from the words of the domain.

pub mod answers;
pub mod body;
pub mod dossier;
pub mod enums;
