//! Links between dossiers that are one person: only a human's word is an event.
//!
//! That two dossiers show the same INE, or the same names and birth date, is a
//! conclusion of the read side, by a versioned matching rule. A human may link
//! what the rule missed and part what it joined.

use crate::ids::StreamKey;
use crate::text::Text;
use serde::{Deserialize, Serialize};

/// What a human saw that makes the two dossiers one person, or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LinkBasis {
    /// The INE is the same (or differs).
    Ine,
    /// Names and birth date; never enough alone on a 1 January.
    NamesAndBirthDate,
    /// An identity document was seen.
    IdentityDocument,
    /// The CFA, the learner or the employer confirmed it.
    Confirmation,
}

/// An event of a pair's stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PersonLinkEvent {
    /// The two enrolments are one person.
    PersonsLinked {
        /// The enrolments, smaller key first.
        pair: [StreamKey; 2],
        /// Why.
        basis: LinkBasis,
    },
    /// The two enrolments are two persons, whatever the rule says.
    PersonsUnlinked {
        /// The enrolments, smaller key first.
        pair: [StreamKey; 2],
        /// Why.
        basis: LinkBasis,
    },
}

impl PersonLinkEvent {
    /// The stable name of the event type.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::PersonsLinked { .. } => "PersonsLinked",
            Self::PersonsUnlinked { .. } => "PersonsUnlinked",
        }
    }
}

/// Why a link was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The same enrolment twice.
    #[error("an enrolment cannot be linked to itself")]
    Same,
    /// Names and a birth date on 1 January, where many births are recorded by default.
    #[error("names and a birth date on 1 January are not enough to link two dossiers")]
    FirstOfJanuary,
    /// The pair already is in that state.
    #[error("the two dossiers are already in that state")]
    Already,
}

impl LinkError {
    /// The message in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        let fr = match self {
            Self::Same => "Un dossier ne peut pas être rattaché à lui-même.",
            Self::FirstOfJanuary => {
                "Un nom et une naissance au 1er janvier ne suffisent pas à rattacher deux dossiers : \
                 indiquez un INE, une pièce d'identité ou une confirmation."
            }
            Self::Already => "Ces deux dossiers sont déjà dans cet état.",
        };
        Text::new(self.to_string(), fr)
    }
}

/// Decides on linking (`linked` true) or parting two enrolments.
///
/// `currently` is the last human decision on the pair; `born_on_first_january`
/// is true when either learner's birth date is a 1 January.
///
/// # Errors
/// See [`LinkError`].
pub fn decide(
    a: StreamKey,
    b: StreamKey,
    linked: bool,
    basis: LinkBasis,
    currently: Option<bool>,
    born_on_first_january: bool,
) -> Result<PersonLinkEvent, LinkError> {
    if a == b {
        return Err(LinkError::Same);
    }
    if currently == Some(linked) {
        return Err(LinkError::Already);
    }
    if linked && basis == LinkBasis::NamesAndBirthDate && born_on_first_january {
        return Err(LinkError::FirstOfJanuary);
    }
    let pair = if a < b { [a, b] } else { [b, a] };
    Ok(if linked {
        PersonLinkEvent::PersonsLinked { pair, basis }
    } else {
        PersonLinkEvent::PersonsUnlinked { pair, basis }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: StreamKey = StreamKey([1; 16]);
    const B: StreamKey = StreamKey([2; 16]);

    #[test]
    fn a_pair_has_one_name_whichever_side_is_named_first() {
        let link = |a, b| decide(a, b, true, LinkBasis::Ine, None, false);
        assert_eq!(link(A, B), link(B, A));
        let pair = [A, B];
        assert_eq!(link(B, A), Ok(PersonLinkEvent::PersonsLinked { pair, basis: LinkBasis::Ine }));
    }

    #[test]
    fn names_and_a_first_of_january_never_link_but_an_ine_or_a_document_does() {
        let link = |basis| decide(A, B, true, basis, None, true);
        assert_eq!(link(LinkBasis::NamesAndBirthDate), Err(LinkError::FirstOfJanuary));
        for basis in [LinkBasis::Ine, LinkBasis::IdentityDocument, LinkBasis::Confirmation] {
            assert!(link(basis).is_ok(), "{basis:?}");
        }
        let other_day = decide(A, B, true, LinkBasis::NamesAndBirthDate, None, false);
        assert!(other_day.is_ok(), "on another day names and a birth date may be enough");
    }

    #[test]
    fn parting_needs_no_more_than_a_human_who_says_so() {
        let basis = LinkBasis::NamesAndBirthDate;
        let parted = decide(A, B, false, basis, Some(true), true);
        assert_eq!(parted, Ok(PersonLinkEvent::PersonsUnlinked { pair: [A, B], basis }));
    }

    #[test]
    fn a_decision_that_stands_is_not_taken_again_and_nobody_is_linked_to_himself() {
        for linked in [true, false] {
            let again = decide(A, B, linked, LinkBasis::Ine, Some(linked), false);
            assert_eq!(again, Err(LinkError::Already));
        }
        assert_eq!(decide(A, A, true, LinkBasis::Ine, None, false), Err(LinkError::Same));
    }
}
