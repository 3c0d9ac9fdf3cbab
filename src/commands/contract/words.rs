//! Phases, lives and decisions as the terminal takes them and as its JSON says them: the names of the wire's values in
//! small letters, without their enumeration's.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use proto::v1::{ContractLife, ContractPhase, DepositDecision};
use serde::Serializer;

const PHASE: &str = "CONTRACT_PHASE_";
const LIFE: &str = "CONTRACT_LIFE_";
const DECISION: &str = "DEPOSIT_DECISION_";

pub(super) fn phase<S: Serializer>(phase: &ContractPhase, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&word(phase.as_str_name(), PHASE))
}

pub(super) fn life<S: Serializer>(life: &ContractLife, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&word(life.as_str_name(), LIFE))
}

pub(super) fn decision<S: Serializer>(of: &DepositDecision, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&word(of.as_str_name(), DECISION))
}

/// Every phase but the one that is not told.
pub(super) fn phases() -> impl TypedValueParser<Value = ContractPhase> {
    let read = |word: String| ContractPhase::from_str_name(&name(&word, PHASE));
    PossibleValuesParser::new(domain::contract::Phase::ALL.map(domain::contract::Phase::word))
        .try_map(move |word| read(word).ok_or("not a phase"))
}

/// Every life but the one that is not told.
pub(super) fn lives() -> impl TypedValueParser<Value = ContractLife> {
    let read = |word: String| ContractLife::from_str_name(&name(&word, LIFE));
    PossibleValuesParser::new(domain::contract::Life::WORDS)
        .try_map(move |word| read(word).ok_or("not a life"))
}

fn word(name: &str, of: &str) -> String {
    name.trim_start_matches(of).to_ascii_lowercase()
}

fn name(word: &str, of: &str) -> String {
    format!("{of}{}", word.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::contract::{Life, Phase};

    #[test]
    fn the_words_of_the_ledger_are_those_of_the_wire() {
        for of in Phase::ALL {
            assert!(ContractPhase::from_str_name(&name(of.word(), PHASE)).is_some(), "{of:?}");
        }
        for of in Life::WORDS {
            assert!(ContractLife::from_str_name(&name(of, LIFE)).is_some(), "{of}");
        }
        // And it has no other.
        assert!(ContractPhase::try_from(Phase::ALL.len() as i32 + 1).is_err());
        assert!(ContractLife::try_from(Life::WORDS.len() as i32 + 1).is_err());
        assert_eq!(word("CONTRACT_PHASE_SIGNATURE_REFUSED", PHASE), "signature_refused");
    }
}
