//! The dossiers of a person who is known by an INE, an e-mail address, or names and a birth date.
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
use ledger::vault::Names;
use projections::persons::SearchKey;
use proto::v1 as wire;
use proto::v1::find_persons_request::By;

impl House {
    /// The dossiers that a tenant may see of somebody who is known by one value.
    pub(super) async fn find_persons(
        &self,
        tenant: &Tenant,
        request: wire::FindPersonsRequest,
    ) -> Result<wire::FindPersonsResponse, Failure> {
        let by = request.by.ok_or_else(|| enums::unknown("by"))?;
        let kind = kind_of(&by);
        let key = search_key(self.ledger.names(), by)?;
        // Before it is made: who guesses is written down too.
        let views = self.views(tenant, &Of::Search(kind))?;
        let found = views.find_persons(key, self.acknowledged()?, limits::FOUND_PERSONS).await;
        let found = found.map_err(errors::query)?;
        // Of each of them it is written down that it is read: the person will ask for that too.
        for enrolment in &found.enrolments {
            self.record(tenant, &Of::Enrolment(*enrolment))?;
        }
        Ok(wire::FindPersonsResponse {
            enrolments: found.enrolments.into_iter().map(names::of_enrolment).collect(),
            more: found.more,
            position: found.position.0,
        })
    }
}

/// By what somebody is searched, as the log of reads says it.
const fn kind_of(by: &By) -> &'static str {
    match by {
        By::Ine(_) => "INE",
        By::Email(_) => "e-mail",
        By::Names(_) => "names and birth date",
    }
}

/// The keyed pseudonym of a value, checked as that of a dossier is.
fn search_key(names: &Names, by: By) -> Result<SearchKey, Failure> {
    Ok(match by {
        By::Ine(text) => {
            let ine = Ine::parse(&text).map_err(|error| wrong("ine", error))?;
            SearchKey::Ine(names.ine(ine.as_str()))
        }
        By::Email(text) => {
            let email = Email::parse(&text).map_err(|error| wrong("email", error))?;
            SearchKey::Email(names.email(email.as_str()))
        }
        By::Names(of) => {
            let fields = [("names.last_name", &of.last_name), ("names.first_name", &of.first_name)];
            for (field, name) in fields {
                if name.len() > MAX_TEXT_BYTES {
                    return Err(too_long(field));
                }
            }
            let born_on = times::day("names.born_on", &of.born_on)?;
            let key = names.names_and_birth(&of.last_name, &of.first_name, born_on);
            SearchKey::Names(key.ok_or_else(no_name)?)
        }
    })
}

fn wrong(field: &str, error: IdentifierError) -> Failure {
    Failure::field(field, error.text)
}

fn no_name() -> Failure {
    Failure::field(
        "names.last_name",
        Text::new(
            "a person has a last name or a first name: give one, or both",
            "Une personne a un nom ou un prénom : donnez l'un, ou les deux.",
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
