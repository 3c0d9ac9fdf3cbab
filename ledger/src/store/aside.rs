//! What is told beside an event of a contract written here: of its sealed sections, what views need.

use super::Ledger;
use super::read::Recorded;
use crate::codec::{CodecError, SectionKind, decode_fields};
use crate::error::LedgerError;
use crate::vault::PersonPart;
use domain::identifiers::{Postcode, Siret};
use domain::ids::SubjectId;

/// What a section of a contract's employer says that views need.
#[derive(Clone, PartialEq, Eq)]
pub struct EmployerSaid {
    /// Whose key it is under.
    pub subject: SubjectId,
    /// The postcode of the place of work, when the event sets it or takes it away.
    pub postcode: Option<Option<Postcode>>,
    /// The pseudonym of the SIRET, likewise.
    pub siret: Option<Option<[u8; 16]>>,
}

/// Shows whose it is, never what it says.
impl std::fmt::Debug for EmployerSaid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EmployerSaid({})", self.subject)
    }
}

/// What a section of the apprentice or of the legal representative of a contract says of what they are searched by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonSaid {
    /// Whose key it is under.
    pub subject: SubjectId,
    /// The pseudonyms ([`crate::vault::Names::person_part`]) of the name, the name in use, the first name, the birth
    /// date and the e-mail address; each when the event sets it, or takes it away.
    pub parts: [Option<Option<[u8; 16]>>; 5],
}

/// The fields of those parts, of the apprentice and of the legal representative. A form says no name in use of the latter, nor a
/// birth date.
const PERSON_FIELDS: [(SectionKind, [&str; 5]); 2] = [
    (
        SectionKind::Apprentice,
        [
            "apprentice.birth_name",
            "apprentice.usage_name",
            "apprentice.first_name",
            "apprentice.born_on",
            "apprentice.email",
        ],
    ),
    (SectionKind::Guardian, ["guardian.name", "", "guardian.first_name", "", "guardian.email"]),
];

/// What each of them is.
const PERSON_PARTS: [PersonPart; 5] = [
    PersonPart::LastName,
    PersonPart::LastName,
    PersonPart::FirstName,
    PersonPart::BornOn,
    PersonPart::Email,
];

impl Ledger {
    /// What an event of a contract says of its employer that views need. The section is opened, used and wiped; of an
    /// employer who was erased only whose it was is told.
    ///
    /// # Errors
    /// When the section is damaged.
    pub fn employer_said(&self, recorded: &Recorded) -> Result<Option<EmployerSaid>, LedgerError> {
        let Some((named, clear)) = self.section(recorded, SectionKind::ContractEmployer)? else {
            return Ok(None);
        };
        let mut said = EmployerSaid { subject: named.subject, postcode: None, siret: None };
        if let Some(clear) = clear {
            let position = recorded.position;
            let paths = ["employer.address.postcode", "employer.siret"];
            let [postcode, siret] = decode_fields(&clear, paths)
                .map_err(|what| CodecError::Malformed { position, what })?;
            // What a later version of the form would not take is as if it were not there.
            said.postcode = postcode.map(|text| text.and_then(|text| text.parse().ok()));
            said.siret = siret.map(|text| {
                let siret = Siret::parse(&text?).ok()?;
                Some(self.names().employer(siret))
            });
        }
        Ok(Some(said))
    }

    /// What an event of a contract says of what the apprentice and the legal representative, in that order, are searched
    /// by. The sections are opened, used and wiped; of who was erased nothing is told.
    ///
    /// # Errors
    /// When a section is damaged.
    pub fn persons_said(
        &self,
        recorded: &Recorded,
    ) -> Result<[Option<PersonSaid>; 2], LedgerError> {
        let mut all = [None, None];
        for (said, (kind, paths)) in all.iter_mut().zip(PERSON_FIELDS) {
            let Some((named, Some(clear))) = self.section(recorded, kind)? else { continue };
            let position = recorded.position;
            let fields = decode_fields(&clear, paths)
                .map_err(|what| CodecError::Malformed { position, what })?;
            let mut parts = [None; 5];
            for ((part, field), what) in parts.iter_mut().zip(fields).zip(PERSON_PARTS) {
                *part = field.map(|text| self.names().person_part(what, &text?));
            }
            *said = Some(PersonSaid { subject: named.subject, parts });
        }
        Ok(all)
    }
}
