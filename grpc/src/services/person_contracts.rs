//! What the document about a person says of the contracts that are written here.

use super::house::House;
use super::person::{erased, value};
use crate::errors::Failure;
use crate::{limits, names};
use base64ct::{Base64, Encoding};
use domain::contract::Sha256;
use domain::ids::{Category, ContractId, StreamId, StreamKey};
use ledger::LoadedContract;
use prost::Message;
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl House {
    /// Contracts, opened, each with its documents.
    pub(super) fn contracts_of_person(
        &self,
        contracts: &[StreamKey],
    ) -> Result<Vec<Value>, Failure> {
        let mut left = limits::PERSON_DOCUMENT_BYTES;
        contracts.iter().map(|key| self.contract_of_person(*key, &mut left)).collect()
    }

    fn contract_of_person(&self, key: StreamKey, left: &mut usize) -> Result<Value, Failure> {
        let name = names::of_contract(ContractId(key.0));
        if self.ledger.is_erased(key)? {
            let erasure = self.ledger.erasure_of(key)?;
            return Ok(json!({ "name": name, "erased": erasure.as_ref().map(erased) }));
        }
        let loaded = self.ledger.load_contract(key, None, true)?;
        let loaded = loaded.ok_or_else(|| Failure::not_found(&name))?;
        let told = self.told_of_workflow(&name, &loaded, self.today())?.encode_to_vec();
        let told = self.bodies.json("ContractWorkflow", &told);
        let mut told = value(&told.map_err(|error| Failure::internal(&error))?)?;
        for round in told["rounds"].as_array_mut().into_iter().flatten() {
            let form = round["form"].as_str().map(value).transpose()?;
            round["form"] = form.unwrap_or_default();
        }
        let stream = StreamId { category: Category::Contract, key };
        Ok(json!({
            "name": name,
            "erased": null,
            "workflow": told,
            "documents": self.documents(key, &loaded, left)?,
            "events": self.events(stream)?,
        }))
    }

    /// What is attached to a contract, and the evidence of its signatures, each once.
    fn documents(
        &self,
        contract: StreamKey,
        loaded: &LoadedContract,
        left: &mut usize,
    ) -> Result<Vec<Value>, Failure> {
        let rounds = || loaded.state.rounds.iter();
        let attached = rounds().flat_map(|round| &round.attachments);
        let attached = attached.map(|one| (one.digest, "attachment"));
        // Also of those that were asked for again since.
        let evidence = loaded.state.evidence.iter().map(|digest| (*digest, "evidence"));
        let all: BTreeMap<Sha256, &str> = attached.chain(evidence).collect();
        let mut told = Vec::with_capacity(all.len());
        for (digest, what) in all {
            let bytes = self.ledger.enclosed_in_contract(contract, &digest)?;
            let size = bytes.as_ref().map(|bytes| bytes.len());
            // What there is no room for is named, and its bytes are asked for by its digest.
            let content = bytes.filter(|bytes| bytes.len() <= *left).map(|bytes| {
                *left -= bytes.len();
                Base64::encode_string(&bytes)
            });
            told.push(json!({
                "digest": super::house::hex(&digest),
                "what": what,
                "bytes": size,
                "content": content,
            }));
        }
        Ok(told)
    }
}
