//! All that the ledger holds of one person, opened (GDPR, art. 15):
//! `docs/formats/person-export.md`.

use super::files::File;
use super::house::House;
use super::read_of::Of;
use crate::errors::Failure;
use crate::{names, times};
use access::Tenant;
use access::log::Line;
use chrono::NaiveDate;
use domain::ids::{Category, ContractId, Instant, Position, StreamId, StreamKey, Version};
use ledger::LedgerError;
use ledger::codec::SectionKind;
use ledger::erasure::Recorded;
use ledger::record::StoredRecord;
use serde_json::{Number, Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The form of the document.
const FORMAT: &str = "registre/person-export/1";

impl House {
    /// The document about the person of a dossier that a tenant may see, or of a contract that is written here, and of
    /// the others that are known to be of the same person.
    pub(super) async fn export_person(
        self: &Arc<Self>,
        tenant: &Tenant,
        name: &str,
    ) -> Result<File, Failure> {
        let drafted = self.drafted(tenant, name).await?;
        let (mut dossiers, mut contracts) = (BTreeSet::new(), Vec::new());
        match drafted {
            // A contract that hangs on no enrolment: nobody else is known.
            Some(key) if self.ledger.is_workflow(key)? => contracts.push(key),
            enrolment => {
                let asked = match enrolment {
                    Some(enrolment) => enrolment,
                    None => self.declared(tenant, "name", name).await?,
                };
                dossiers.insert(asked);
                dossiers.extend(self.same_person(tenant, asked).await?);
            }
        }
        for key in &dossiers {
            contracts.extend(self.ledger.drafted_of(*key)?.iter().map(|one| one.contract));
        }
        // Of each of them it is written down that it is read: the person will ask for that too.
        let enrolments = dossiers.iter().map(|key| Of::Enrolment(*key));
        let all = enrolments.chain(contracts.iter().map(|key| Of::Contract(ContractId(key.0))));
        for of in all.filter(|of| of.to_string() != name) {
            self.record(tenant, &of)?;
        }
        let (house, asked) = (Arc::clone(self), name.to_owned());
        let make = move || house.person(&asked, &dossiers, &contracts);
        self.files.make(tenant.principal(), make).await
    }

    fn person(
        &self,
        asked: &str,
        dossiers: &BTreeSet<StreamKey>,
        contracts: &[StreamKey],
    ) -> Result<Vec<u8>, Failure> {
        let told = dossiers.iter().map(|key| self.dossier(*key));
        let told = told.collect::<Result<Vec<_>, _>>()?;
        let mut names_of: Vec<String> = dossiers.iter().map(|k| names::of_enrolment(*k)).collect();
        names_of.extend(contracts.iter().map(|key| names::of_contract(ContractId(key.0))));
        for dossier in &told {
            let contracts = dossier["events"].as_array().into_iter().flatten();
            names_of.extend(contracts.filter_map(|event| {
                event["contract"].as_str().filter(|name| !name.is_empty()).map(str::to_owned)
            }));
        }
        names_of.sort_unstable();
        names_of.dedup();
        let (reads, whole) =
            self.gate().reads_of(&names_of).map_err(|error| Failure::internal(&error))?;
        let document = json!({
            "format": FORMAT,
            "exported_at": times::of_instant(self.ledger.clock().now()),
            "position": self.ledger.head().position.0,
            "asked_of": asked,
            "enrolments": told,
            "contracts": self.contracts_of_person(contracts)?,
            "links": self.links(dossiers)?,
            "reads": reads.iter().map(read).collect::<Vec<_>>(),
            "reads_are_whole": whole,
        });
        serde_json::to_vec_pretty(&document).map_err(|error| Failure::internal(&error))
    }

    /// One dossier: its events, or that its learner was erased.
    fn dossier(&self, key: StreamKey) -> Result<Value, Failure> {
        let name = names::of_enrolment(key);
        if self.ledger.is_erased(key)? {
            let erasure = self.ledger.erasure_of(key)?;
            return Ok(json!({ "name": name, "erased": erasure.as_ref().map(erased) }));
        }
        let stream = StreamId { category: Category::Enrolment, key };
        Ok(json!({ "name": name, "erased": null, "events": self.events(stream)? }))
    }

    /// What people said of any two of the dossiers: that they are one person, or two.
    fn links(&self, dossiers: &BTreeSet<StreamKey>) -> Result<Vec<Value>, Failure> {
        let mut told = Vec::new();
        for (rank, one) in dossiers.iter().enumerate() {
            for other in dossiers.iter().skip(rank + 1) {
                told.extend(self.events(self.ledger.names().link(*one, *other))?);
            }
        }
        Ok(told)
    }

    /// The events of a stream, each with its sealed sections opened.
    pub(super) fn events(&self, stream: StreamId) -> Result<Vec<Value>, Failure> {
        let (mut told, mut after) = (Vec::new(), Version(0));
        loop {
            let journal = self.ledger.journal();
            let page = journal.read_stream(stream, after, Position(u64::MAX), 1_000);
            let page = page.map_err(|error| Failure::from(LedgerError::from(error)))?;
            let Some(last) = page.last() else { return Ok(told) };
            after = last.header.version;
            for record in &page {
                told.push(self.opened_event(record)?);
            }
        }
    }

    fn opened_event(&self, record: &StoredRecord) -> Result<Value, Failure> {
        let event = self.event(record, &self.ledger.decode(record)?)?;
        let opened = self.ledger.open_sections(record)?;
        let mut sections = Vec::with_capacity(opened.len());
        for (named, (kind, message)) in record.header.sections.iter().zip(opened) {
            // What is in parts is whole in `documents`.
            let message = message.filter(|_| !is_in_parts(kind));
            let data = message.map(|message| {
                let json = self.bodies.json(&format!("Sealed{}", kind.name()), &message);
                json.map_err(|error| Failure::internal(&error))
                    .and_then(|json| value(&json))
                    .map(legible)
            });
            sections.push(json!({
                "kind": kind.name().to_lowercase(),
                "subject": named.subject.to_string(),
                "data": data.transpose()?,
            }));
        }
        Ok(json!({
            "position": event.position,
            "event_id": event.event_id,
            "version": event.version,
            "type": event.r#type,
            "recorded_at": event.recorded_at,
            "effective_on": event.effective_on,
            "source": event.source,
            "actor": event.actor,
            "request_id": event.request_id,
            "corrects": event.corrects,
            "contract": event.contract,
            "body": legible(value(&event.body_json)?),
            "sections": sections,
        }))
    }
}

/// Whether a section of that kind is a part of a document, or of the evidence of a signature.
const fn is_in_parts(kind: SectionKind) -> bool {
    matches!(kind, SectionKind::Document | SectionKind::Evidence)
}

/// What the certificate of an erasure says.
pub(super) fn erased(found: &Recorded) -> Value {
    let certificate = found.certificate.as_ref();
    json!({
        "erasure": names::of_erasure(found.id),
        "article": certificate.map(|of| of.basis.article()),
        "reference": certificate.map(|of| of.reference.clone()),
        "erased_at": certificate.map(|of| times::of_instant(of.recorded_at)),
        "position": certificate.map(|of| of.position.0),
        "event_id": certificate.map(|of| of.event.to_string()),
        "sections": certificate.map(|of| of.sections),
        "certificate": certificate.map(ledger::erasure::Certificate::text),
    })
}

fn read(line: &Line) -> Value {
    let Line { at, principal, role, call, of, reason, .. } = line;
    json!({
        "at": at, "principal": principal, "role": role, "call": call, "of": of, "reason": reason,
    })
}

/// Days and instants as people read them, in the place of the numbers that are stored.
fn legible(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let of = |(name, value): (String, Value)| {
                let value = match &value {
                    Value::Number(days) if name.ends_with("_day") => day(days),
                    Value::String(micros) if name.ends_with("_us") => instant(micros),
                    _ => None,
                }
                .unwrap_or_else(|| legible(value));
                (name, value)
            };
            fields.into_iter().map(of).collect()
        }
        Value::Array(items) => items.into_iter().map(legible).collect(),
        other => other,
    }
}

fn day(since_1970: &Number) -> Option<Value> {
    let days = i32::try_from(since_1970.as_i64()?).ok()?;
    let day = NaiveDate::from_epoch_days(days)?;
    Some(Value::String(times::of_day(Some(day))))
}

fn instant(micros: &str) -> Option<Value> {
    Some(Value::String(times::of_instant(Instant(micros.parse().ok()?))))
}

pub(super) fn value(json: &str) -> Result<Value, Failure> {
    serde_json::from_str(json).map_err(|error| Failure::internal(&error))
}
