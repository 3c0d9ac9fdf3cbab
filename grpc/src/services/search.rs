//! The dossiers, and the contracts written here, of a person who is known by an INE, an e-mail address, or names and a birth date.
//!
//! Values become keyed pseudonyms at once: none is kept, logged, or told back.

use super::house::House;
use super::read_of::Of;
use crate::convert::enums;
use crate::errors::{self, Failure};
use crate::{limits, names, times};
use access::Tenant;
use domain::dossier::MAX_TEXT_BYTES;
use domain::identifiers::{Email, IdentifierError, Ine};
use domain::text::Text;
use ledger::vault::{Names, PersonPart};
use projections::named::{Part, by_names};
use projections::persons::SearchKey;
use projections::views::Searched;
use proto::v1 as wire;
use proto::v1::find_persons_request::By;

impl House {
    /// The dossiers and contracts that a tenant may see of somebody who is known by one value.
    pub(super) async fn find_persons(
        &self,
        tenant: &Tenant,
        request: wire::FindPersonsRequest,
    ) -> Result<wire::FindPersonsResponse, Failure> {
        let by = request.by.ok_or_else(|| enums::unknown("by"))?;
        let kind = kind_of(&by);
        let by = searched(self.ledger.names(), by)?;
        // Before it is made: who guesses is written down too.
        let views = self.views(tenant, &Of::Search(kind))?;
        let found = views.find_persons(by, self.acknowledged()?, limits::FOUND_PERSONS).await;
        let found = found.map_err(errors::query)?;
        // Of each of them it is written down that it is read: the person will ask for that too.
        for enrolment in &found.enrolments {
            self.record(tenant, &Of::Enrolment(*enrolment))?;
        }
        for contract in &found.contracts {
            self.record(tenant, &Of::Contract(*contract))?;
        }
        Ok(wire::FindPersonsResponse {
            enrolments: found.enrolments.into_iter().map(names::of_enrolment).collect(),
            more: found.more,
            position: found.position.0,
            contracts: found.contracts.into_iter().map(names::of_contract).collect(),
        })
    }
}

/// By what somebody is searched, as the log of reads says it.
const fn kind_of(by: &By) -> &'static str {
    match by {
        By::Ine(_) => "INE",
        By::Email(_) => "e-mail",
        By::Names(_) => "names and birth date",
        By::NamesAlone(_) => "names alone",
    }
}

/// The keyed pseudonyms of a value, checked as that of a dossier is.
fn searched(names: &Names, by: By) -> Result<Searched, Failure> {
    Ok(match by {
        By::Ine(text) => {
            let ine = Ine::parse(&text).map_err(|error| wrong("ine", error))?;
            let key = SearchKey::Ine(names.ine(ine.as_str()));
            // No form asks for it.
            Searched { in_dossiers: Some(key), in_contracts: None }
        }
        By::Email(text) => {
            let email = Email::parse(&text).map_err(|error| wrong("email", error))?;
            let key = SearchKey::Email(names.email(email.as_str()));
            let in_contracts = names.person_part(PersonPart::Email, email.as_str());
            Searched { in_dossiers: Some(key), in_contracts }
        }
        By::Names(of) => {
            let (last, first) = (&of.last_name, &of.first_name);
            are_names(["names.last_name", "names.first_name"], [last, first])?;
            let born_on = times::day("names.born_on", &of.born_on)?;
            let key = names.names_and_birth(last, first, born_on);
            let key = SearchKey::Names(key.ok_or_else(|| no_name("names.last_name"))?);
            let born_on = names.person_part(PersonPart::BornOn, &of.born_on);
            let in_contracts = in_contracts(names, [last, first], born_on);
            Searched { in_dossiers: Some(key), in_contracts }
        }
        By::NamesAlone(of) => {
            let (last, first) = (&of.last_name, &of.first_name);
            let fields = ["names_alone.last_name", "names_alone.first_name"];
            are_names(fields, [last, first])?;
            let key = in_contracts(names, [last, first], None);
            let of_last = names.person_part(PersonPart::LastName, last);
            let key = key.ok_or_else(|| both_names(fields[usize::from(of_last.is_some())]))?;
            Searched { in_dossiers: None, in_contracts: Some(key) }
        }
    })
}

/// Who a form says has these names, and that birth date.
fn in_contracts(names: &Names, [last, first]: [&str; 2], born_on: Part) -> Part {
    let last = names.person_part(PersonPart::LastName, last);
    by_names(last, names.person_part(PersonPart::FirstName, first), born_on)
}

fn are_names(fields: [&str; 2], names: [&str; 2]) -> Result<(), Failure> {
    let mut names = fields.into_iter().zip(names);
    match names.find(|(_, name)| name.len() > MAX_TEXT_BYTES) {
        Some((field, _)) => Err(too_long(field)),
        None => Ok(()),
    }
}

fn wrong(field: &str, error: IdentifierError) -> Failure {
    Failure::field(field, error.text)
}

fn no_name(field: &str) -> Failure {
    Failure::field(
        field,
        Text::new(
            "a person has a last name or a first name: give one, or both",
            "Une personne a un nom ou un prénom : donnez l'un, ou les deux.",
        ),
    )
}

fn both_names(missing: &str) -> Failure {
    Failure::field(
        missing,
        Text::new(
            "without a birth date somebody is found by the last name and the first name: give both; who has one name only is found by the e-mail address",
            "Sans date de naissance, on cherche par le nom et le prénom : donnez les deux ; qui n'a qu'un nom se cherche par son courriel.",
        ),
    )
}

fn too_long(field: &str) -> Failure {
    Failure::field(
        field,
        Text::new(
            format!("{field} has more than {MAX_TEXT_BYTES} bytes"),
            format!("Le champ {field} dépasse {MAX_TEXT_BYTES} octets."),
        ),
    )
}
