//! Resource names: `enrolments/{id}`, `contracts/{id}`, `pushRuns/{source}/{run}`.

use crate::errors::{self, Failure};
use crate::limits;
use domain::ids::{Category, ContractId, EventId, RequestId, RunId, Source, StreamKey};
use domain::text::Text;
use std::str::FromStr;

/// Reads `enrolments/{id}`.
///
/// # Errors
/// A field failure that names `field`.
pub fn enrolment(field: &str, name: &str) -> Result<StreamKey, Failure> {
    after(Category::Enrolment.collection(), name)
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| malformed(field, "enrolments/{id}"))
}

/// Reads `contracts/{id}`.
///
/// # Errors
/// A field failure that names `field`.
pub fn contract(field: &str, name: &str) -> Result<ContractId, Failure> {
    after(Category::Contract.collection(), name)
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| malformed(field, "contracts/{id}"))
}

/// Reads `pushRuns/{source}/{run}`.
///
/// # Errors
/// A field failure that names `field`.
pub fn push_run(field: &str, name: &str) -> Result<(Source, RunId), Failure> {
    after(Category::Run.collection(), name)
        .and_then(|rest| rest.split_once('/'))
        .and_then(|(source, run)| Some((Source::parse(source).ok()?, run.parse().ok()?)))
        .ok_or_else(|| malformed(field, "pushRuns/{source}/{run_id}"))
}

/// Reads `erasures/{id}`.
///
/// # Errors
/// A field failure that names `field`.
pub fn erasure(field: &str, name: &str) -> Result<StreamKey, Failure> {
    after(Category::Erasure.collection(), name)
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| malformed(field, "erasures/{id}"))
}

/// Writes `erasures/{id}`.
#[must_use]
pub fn of_erasure(id: StreamKey) -> String {
    format!("{}/{id}", Category::Erasure.collection())
}

/// Writes `enrolments/{id}`.
#[must_use]
pub fn of_enrolment(key: StreamKey) -> String {
    format!("{}/{key}", Category::Enrolment.collection())
}

/// Writes `contracts/{id}`.
#[must_use]
pub fn of_contract(id: ContractId) -> String {
    format!("{}/{id}", Category::Contract.collection())
}

/// Writes `pushRuns/{source}/{run}`.
#[must_use]
pub fn of_push_run(source: &Source, run: RunId) -> String {
    format!("{}/{source}/{run}", Category::Run.collection())
}

/// Reads a request id, which every act needs (AIP-155).
///
/// # Errors
/// A field failure on `request_id` when it is empty or no UUID.
pub fn request_id(text: &str) -> Result<RequestId, Failure> {
    uuid("request_id", text)
}

/// Reads an event id.
///
/// # Errors
/// A field failure that names `field`.
pub fn event_id(field: &str, text: &str) -> Result<EventId, Failure> {
    uuid(field, text)
}

/// Reads any id that is written as a UUID.
///
/// # Errors
/// A field failure that names `field`.
pub fn uuid<T: FromStr>(field: &str, text: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| malformed(field, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx (UUID)"))
}

fn after<'a>(collection: &str, name: &'a str) -> Option<&'a str> {
    name.strip_prefix(collection)?.strip_prefix('/')
}

fn malformed(field: &str, form: &str) -> Failure {
    Failure::field(
        field,
        Text::new(
            format!("{field} is not of the form {form}"),
            format!("Le champ {field} doit être de la forme {form}."),
        ),
    )
}

/// Who acts.
///
/// # Errors
/// A field failure on `actor` when it is empty, too long or holds a NIR.
pub fn actor(text: &str) -> Result<&str, Failure> {
    let most = limits::ACTOR_BYTES;
    if text.is_empty() || text.len() > most {
        return Err(Failure::field(
            "actor",
            Text::new(
                format!("actor is a pseudonym of 1 to {most} bytes"),
                format!("L'auteur est un pseudonyme de 1 à {most} octets."),
            ),
        ));
    }
    // Headers are in clear and are never erased.
    errors::id_without_nir("actor", text)?;
    Ok(text)
}

/// Reads the code of a département: 35, 2A, 974.
///
/// # Errors
/// When it has not its form; whether there is such a one is not asked.
pub fn departement(field: &str, code: String) -> Result<String, Failure> {
    let is_sign = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'A' | b'B');
    if (2..=3).contains(&code.len()) && code.bytes().all(is_sign) {
        return Ok(code);
    }
    Err(Failure::field(
        field,
        Text::new(
            "departement is a code of two or three signs: 35, 2A, 974",
            "Le département est un code de deux ou trois signes : 35, 2A, 974.",
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let key = StreamKey([7; 16]);
        assert_eq!(enrolment("name", &of_enrolment(key)), Ok(key));
        let contract_id = ContractId([8; 16]);
        assert_eq!(contract("name", &of_contract(contract_id)), Ok(contract_id));
        let source = Source::parse("cfa.nord").unwrap();
        let run = RunId([9; 16]);
        assert_eq!(push_run("name", &of_push_run(&source, run)), Ok((source, run)));
    }

    #[test]
    fn a_name_of_another_collection_is_refused() {
        let name = of_contract(ContractId([1; 16]));
        assert_eq!(enrolment("parent", &name).unwrap_err().at(), Some("parent"));
        assert!(push_run("name", "pushRuns/A B/1").is_err());
        assert!(enrolment("name", "enrolments/").is_err());
        assert!(enrolment("name", "").is_err());
    }
}
