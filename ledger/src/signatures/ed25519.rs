//! The provider that is built in: a key's own signature over the statement.
//!
//! Evidence is text: the key (`NAME+HASH+KEY`, C2SP signed-note) on a line, then a signed note whose text is the
//! statement, with one signature line. So it is checked with any tool that reads signed notes. Nobody vouches for the
//! key: its level says "demonstration". The key is named as the party, and so the evidence says nothing of a person:
//! everybody who sees the contract's history can check it.

use super::{Asked, SignatureError, SignatureProvider};
use domain::contract::Sha256;
use domain::contract::signing::{Evidence, Level};
use domain::ids::Instant;
use seal::{Kind, Note, NoteError, SignerKey, VerifierKey};
use sha2::{Digest, Sha256 as Hasher};

const NAME: &str = "ed25519";

/// The built-in provider.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ed25519;

/// What the provider knows a signer by.
#[must_use]
pub fn identity(key: &VerifierKey) -> Sha256 {
    Hasher::digest(key.to_string()).into()
}

/// Signs what a party is asked to sign; gives the evidence.
#[must_use]
pub fn sign(asked: &Asked, key: &SignerKey) -> Vec<u8> {
    let mut note = Note::new(asked.text());
    note.sign(key);
    format!("{}\n{note}", key.public()).into_bytes()
}

impl SignatureProvider for Ed25519 {
    fn name(&self) -> &str {
        NAME
    }

    fn says_who(&self) -> bool {
        false
    }

    fn examine(
        &self,
        asked: &Asked,
        evidence: &[u8],
        _: Instant,
    ) -> Result<Evidence, SignatureError> {
        let form = |what: &str| SignatureError::Form(NAME, what.to_owned());
        let end = evidence.iter().position(|byte| *byte == b'\n');
        let (key, note) = evidence.split_at(end.ok_or_else(|| form("its first line is a key"))?);
        let key = std::str::from_utf8(key).map_err(|_| form("its first line is a key"))?;
        let key: VerifierKey = key.parse().map_err(|error| form(&format!("{error}")))?;
        if key.kind() != Kind::Ed25519 {
            return Err(form("its key is of another kind"));
        }
        let note = Note::parse(&note[1..]).map_err(|error| form(&format!("{error}")))?;
        // Written in another way, or with a line of somebody else, the same signature would be other evidence, and
        // could be sent again.
        if note.signatures.len() != 1 || format!("{key}\n{note}").as_bytes() != evidence {
            return Err(form("it is a key and its one signature, and nothing else"));
        }
        if note.text != asked.text() {
            return Err(SignatureError::OtherText);
        }
        note.verify(&key).map_err(|error| match error {
            NoteError::Unsigned(_) => form("its signature is of another key than its first line"),
            _ => SignatureError::Wrong,
        })?;
        // A right signature, but of a key that is not the party's.
        if key.name() != asked.party.name() {
            return Err(SignatureError::OtherParty(asked.party));
        }
        Ok(Evidence {
            provider: NAME.to_owned(),
            identity: identity(&key),
            document: asked.document,
            digest: Hasher::digest(evidence).into(),
            level: Level::Demonstration,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signatures::EVIDENCE_BYTES_MAX;
    use domain::contract::signing::Party;
    use domain::ids::ContractId;

    const NOW: Instant = Instant(0);

    fn asked() -> Asked {
        let contract = ContractId([7; 16]);
        Asked { contract, round: 0, request: 1, document: [3; 32], party: Party::Employer }
    }

    fn key(seed: u8) -> SignerKey {
        SignerKey::new("employer", Kind::Ed25519, &[seed; 32]).unwrap()
    }

    fn named(name: &str) -> SignerKey {
        SignerKey::new(name, Kind::Ed25519, &[1; 32]).unwrap()
    }

    /// The same evidence with another signature.
    fn forge(evidence: &str) -> String {
        let mut bytes = evidence.as_bytes().to_vec();
        let at = bytes.len() - 5;
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_signature_shows_who_signed_what_for_whom() {
        let evidence = sign(&asked(), &key(1));
        let shown = Ed25519.verify(&asked(), &evidence, NOW).unwrap();
        assert_eq!((shown.identity, shown.document), (identity(key(1).public()), [3; 32]));
        assert_eq!((shown.provider.as_str(), shown.level), ("ed25519", Level::Demonstration));
        assert_ne!(identity(key(1).public()), identity(key(2).public()));
    }

    #[test]
    fn a_signature_is_worth_nothing_for_another_contract_round_document_or_party() {
        let evidence = sign(&asked(), &key(1));
        for other in [
            Asked { contract: ContractId([8; 16]), ..asked() },
            Asked { round: 1, ..asked() },
            Asked { request: 2, ..asked() },
            Asked { document: [4; 32], ..asked() },
            Asked { party: Party::Apprentice, ..asked() },
        ] {
            assert_eq!(Ed25519.verify(&other, &evidence, NOW), Err(SignatureError::OtherText));
        }
    }

    #[test]
    fn no_bit_of_evidence_can_be_flipped_and_it_shows_the_same() {
        let evidence = sign(&asked(), &key(1));
        let shown = Ed25519.verify(&asked(), &evidence, NOW).unwrap();
        for bit in 0..evidence.len() * 8 {
            let mut changed = evidence.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            if let Ok(other) = Ed25519.verify(&asked(), &changed, NOW) {
                panic!("bit {bit}: {other:?} instead of {shown:?}");
            }
        }
    }

    #[test]
    fn evidence_is_one_key_and_its_one_signature() {
        let right = String::from_utf8(sign(&asked(), &key(1))).unwrap();
        let other = String::from_utf8(sign(&asked(), &key(2))).unwrap();
        let last = |text: &str| text.lines().last().unwrap().to_owned();
        let (first, rest) = right.split_once('\n').unwrap();
        let refused = |text: &str| Ed25519.verify(&asked(), text.as_bytes(), NOW).unwrap_err();
        for wrong in [
            String::new(),
            right.trim_end().to_owned(),
            rest.to_owned(),
            format!(" {right}"),
            right.replace(first, &format!("{first} ")),
            format!("{right}{}\n", last(&other)),
            format!("{right}{}\n", last(&right)),
            format!("{}\n{rest}", other.lines().next().unwrap()),
            format!("{first}\n{}", rest.replace("employer", "apprentice")),
            "x".repeat(EVIDENCE_BYTES_MAX + 1),
            String::from_utf8(sign(&asked(), &named("zoe-dalencon"))).unwrap(),
        ] {
            refused(&wrong);
        }
        // A right signature by the key of somebody else says so; a forged one that it is wrong, whoever it names.
        let another = String::from_utf8(sign(&asked(), &named("cfa"))).unwrap();
        assert_eq!(refused(&another), SignatureError::OtherParty(Party::Employer));
        let forged = forge(&another);
        assert_eq!(refused(&forged), SignatureError::Wrong);
        assert_eq!(refused(&forge(&right)), SignatureError::Wrong);
        let cosigner = SignerKey::new("employer", Kind::Cosignature, &[1; 32]).unwrap();
        let wrong = format!("{}\n{rest}", cosigner.public());
        assert!(matches!(refused(&wrong), SignatureError::Form(..)), "a key of another kind");
    }
}
