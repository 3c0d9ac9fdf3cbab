//! The signatures of a contract in its bundle, checked again: offline, by what the events say.

use domain::contract::signing::{Evidence, Party, Signer};
use domain::contract::{Contract, ContractEvent};
use domain::event::Event;
use domain::ids::{Category, ContractId, StreamId};
use ledger::signatures::{Asked, Providers, evidence_in};
use projections::source::Recorded;

/// What is said of a signature beside its event.
pub(super) enum Checked {
    /// Its evidence shows it.
    Holds,
    /// It is sealed, by a provider whom this machine does not know.
    Sealed,
    /// Its evidence shows something else, or nothing.
    Wrong,
}

/// Follows a contract, event by event.
#[derive(Default)]
pub(super) struct Following {
    state: Contract,
    providers: Providers,
}

impl Following {
    /// By the provider whose evidence is in the events.
    pub(super) fn new() -> Self {
        Self { state: Contract::default(), providers: Providers::built_in(Vec::new()) }
    }

    /// Takes the next event with its body; what there is to say of it when it is a signature.
    pub(super) fn next(&mut self, event: &Recorded, body: &[u8]) -> Option<Checked> {
        let StreamId { category: Category::Contract, key } = event.stream else { return None };
        let Event::Contract(said, on) = &event.event else { return None };
        let checked = match said {
            ContractEvent::Signed { party, evidence } => {
                Some(self.signature(event, ContractId(key.0), *party, evidence, body))
            }
            // All who were asked have signed, or it was on paper.
            ContractEvent::FullySigned => {
                let is_whole = self.state.round().is_some_and(|round| {
                    round.scan.is_some() || round.signed.len() == round.signers.len()
                });
                (!is_whole).then_some(Checked::Wrong)
            }
            _ => None,
        };
        self.state = std::mem::take(&mut self.state).evolve(said, *on);
        checked
    }

    fn signature(
        &self,
        event: &Recorded,
        contract: ContractId,
        party: Party,
        evidence: &Evidence,
        body: &[u8],
    ) -> Checked {
        let Some(round) = self.state.round() else { return Checked::Wrong };
        let named = |signer: &Signer| {
            (signer.party, &signer.provider, &signer.identity)
                == (party, &evidence.provider, &evidence.identity)
        };
        // Somebody else was asked to sign for the party, or nobody.
        let Some(document) = round.document.filter(|_| round.signers.iter().any(named)) else {
            return Checked::Wrong;
        };
        let (number, request) = (round.number, self.state.requests);
        let asked = Asked { contract, round: number, request, document, party };
        match (self.providers.named(&evidence.provider), evidence_in(body)) {
            (Some(provider), Some(stored)) => {
                match provider.verify(&asked, &stored, event.recorded_at) {
                    Ok(shown) if shown == *evidence => Checked::Holds,
                    _ => Checked::Wrong,
                }
            }
            // What says nothing of a person is never sealed.
            (Some(provider), None) if !provider.says_who() => Checked::Wrong,
            _ => Checked::Sealed,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use domain::contract::Publication;
    use domain::ids::{Instant, Position, Source, StreamKey, Version};
    use ledger::signatures::{Ed25519, SignatureProvider, identity, sign};
    use prost::Message;
    use seal::{Kind, SignerKey};

    const DOCUMENT: [u8; 32] = [0xD0; 32];

    fn recorded(event: ContractEvent) -> Recorded {
        Recorded {
            position: Position(1),
            recorded_at: Instant(0),
            stream: StreamId { category: Category::Contract, key: StreamKey([7; 16]) },
            version: Version(1),
            request_index: 0,
            source: Source::parse("people").unwrap(),
            event: Event::Contract(event, "2024-08-26".parse().unwrap()),
            keys: None,
            email: None,
            aside: None,
        }
    }

    /// What is said of a signature, after a request of another document perhaps.
    fn said(asked_for: [u8; 32], evidence: &Evidence, stored: &[u8]) -> Option<Checked> {
        let mut following = Following::new();
        let key = SignerKey::new("cfa", Kind::Ed25519, &[1; 32]).unwrap();
        let provider = "ed25519".to_owned();
        let signer = Signer { party: Party::Cfa, provider, identity: identity(key.public()) };
        for event in [
            ContractEvent::Drafted { enrolment: None },
            ContractEvent::Published(Publication::default()),
            ContractEvent::SignaturesRequested { document: asked_for, signers: vec![signer] },
        ] {
            assert!(following.next(&recorded(event), &[]).is_none());
        }
        let signed = ContractEvent::Signed { party: Party::Cfa, evidence: evidence.clone() };
        let body = proto::v1::PartySigned { evidence: stored.to_vec(), ..Default::default() };
        following.next(&recorded(signed), &body.encode_to_vec())
    }

    #[test]
    fn a_signature_holds_for_what_was_asked_for_and_nothing_else() {
        let key = SignerKey::new("cfa", Kind::Ed25519, &[1; 32]).unwrap();
        let contract = ContractId([7; 16]);
        let asked = Asked { contract, round: 0, request: 1, document: DOCUMENT, party: Party::Cfa };
        let stored = sign(&asked, &key);
        let evidence = Ed25519.verify(&asked, &stored, Instant(0)).unwrap();
        assert!(matches!(said(DOCUMENT, &evidence, &stored), Some(Checked::Holds)));
        assert!(matches!(said([1; 32], &evidence, &stored), Some(Checked::Wrong)));
        let other = Evidence { identity: [2; 32], ..evidence.clone() };
        assert!(matches!(said(DOCUMENT, &other, &stored), Some(Checked::Wrong)));
        let mut forged = stored.clone();
        forged[40] ^= 1;
        assert!(matches!(said(DOCUMENT, &evidence, &forged), Some(Checked::Wrong)));
        assert!(
            matches!(said(DOCUMENT, &evidence, &[]), Some(Checked::Wrong)),
            "it is never sealed"
        );
        let elsewhere = Evidence { provider: "yousign".to_owned(), ..evidence };
        assert!(matches!(said(DOCUMENT, &elsewhere, &stored), Some(Checked::Wrong)));
    }

    #[test]
    fn all_have_signed_once_all_who_were_asked_have() {
        let signer = |party| Signer { party, provider: "ed25519".to_owned(), identity: [1; 32] };
        let signers = vec![signer(Party::Cfa), signer(Party::Employer)];
        let mut following = Following::new();
        for event in [
            ContractEvent::Drafted { enrolment: None },
            ContractEvent::SignaturesRequested { document: DOCUMENT, signers },
        ] {
            assert!(following.next(&recorded(event), &[]).is_none());
        }
        let all = following.next(&recorded(ContractEvent::FullySigned), &[]);
        assert!(matches!(all, Some(Checked::Wrong)), "nobody has");
        let mut on_paper = Following::new();
        let attestation = domain::enrolment::Opened::Hidden;
        for event in [
            ContractEvent::Drafted { enrolment: None },
            ContractEvent::SignedOnPaper { scan: [2; 32], attestation },
            ContractEvent::FullySigned,
        ] {
            assert!(on_paper.next(&recorded(event), &[]).is_none());
        }
    }
}
