//! The signatures of a contract in its bundle, checked again: offline, by what the events say.

use access::providers::ProviderKey;
use domain::contract::signing::{Evidence, Party, Signer};
use domain::contract::{Contract, ContractEvent, Sha256};
use domain::event::Event;
use domain::ids::{Category, ContractId, Instant, StreamId};
use ledger::signatures::{
    Asked, Authority, External, Providers, SignatureError, SignatureProvider, X509_NAME,
    evidence_in,
};
use projections::source::Recorded;
use sha2::{Digest, Sha256 as Hasher};
use std::collections::HashMap;

/// What is said of a signature beside its event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Checked {
    /// Its evidence shows it.
    Holds,
    /// It does, but those who judge give such a certificate another level than the event says.
    OtherLevel,
    /// Its evidence is sealed, and was not given beside the bundle.
    Sealed,
    /// Its evidence is there, and by what it is checked was not given: of that provider.
    Untold(String),
    /// Its evidence shows something else, or nothing.
    Wrong,
}

impl Checked {
    /// What the report says of it; `None` of one that is wrong.
    pub(super) fn told(&self) -> Option<String> {
        Some(match self {
            Self::Holds => "Signature vérifiée.".to_owned(),
            Self::OtherLevel => {
                "Signature vérifiée ; son niveau n'est pas celui que vous donnez à cette autorité \
                                 (--signature-authorities)."
                    .to_owned()
            }
            Self::Sealed => "Preuve de signature scellée : à vérifier avec --evidence.".to_owned(),
            Self::Untold(provider) if provider == X509_NAME => {
                "Signature non vérifiée : aucune autorité nommée (--signature-authorities) n'a émis ce certificat \
                                          pour signer ce jour-là."
                    .to_owned()
            }
            Self::Untold(provider) => format!(
                "Signature non vérifiée : donnez la clé publique du prestataire (--provider {provider}=whpk_…)."
            ),
            Self::Wrong => return None,
        })
    }
}

/// By what signatures are checked, as whoever judges says it: nothing of it is taken from the bundle.
#[derive(Debug)]
pub(in crate::commands) struct Trusted {
    built_in: Providers,
    /// Public keys of providers outside: of one that changed its key, several.
    keys: Vec<(String, ProviderKey)>,
    /// Evidence that is sealed in the bundle, by its digest.
    evidence: HashMap<Sha256, Vec<u8>>,
}

impl Trusted {
    pub(super) fn new(
        authorities: Vec<Authority>,
        keys: Vec<(String, ProviderKey)>,
        evidence: impl IntoIterator<Item = Vec<u8>>,
    ) -> Self {
        let named = |bytes: Vec<u8>| (Hasher::digest(&bytes).into(), bytes);
        let evidence = evidence.into_iter().map(named).collect();
        Self { built_in: Providers::built_in(authorities), keys, evidence }
    }

    /// What the evidence of a signature shows, when it can be checked.
    fn check(&self, asked: &Asked, said: &Evidence, stored: &[u8], at: Instant) -> Checked {
        if Sha256::from(Hasher::digest(stored)) != said.digest {
            return Checked::Wrong;
        }
        let Some(provider) = self.built_in.named(&said.provider) else {
            return self.check_outside(asked, said, stored, at);
        };
        match provider.verify(asked, stored, at) {
            Ok(shown) if shown == *said => Checked::Holds,
            // Its authority was not given, which proves nothing against it.
            Err(SignatureError::Certificate(_)) => Checked::Untold(said.provider.clone()),
            Ok(shown) if said.provider == X509_NAME => {
                let same = Evidence { level: said.level, ..shown } == *said;
                if same { Checked::OtherLevel } else { Checked::Wrong }
            }
            _ => Checked::Wrong,
        }
    }

    /// The same by the keys of a provider outside: one of them shows it.
    fn check_outside(&self, asked: &Asked, said: &Evidence, stored: &[u8], at: Instant) -> Checked {
        let mut keys = self.keys.iter().filter(|(name, _)| *name == said.provider).peekable();
        if keys.peek().is_none() {
            return Checked::Untold(said.provider.clone());
        }
        let holds = keys.any(|(name, key)| {
            // The level is the ledger's word: a provider does not sign it.
            let provider = External::new(name, &[key.0], said.level);
            provider.is_ok_and(|by| by.verify(asked, stored, at).as_ref() == Ok(said))
        });
        if holds { Checked::Holds } else { Checked::Wrong }
    }
}

/// What needs nobody's word.
impl Default for Trusted {
    fn default() -> Self {
        Self::new(Vec::new(), Vec::new(), [])
    }
}

/// Follows a contract, event by event.
pub(super) struct Following<'a> {
    state: Contract,
    trusted: &'a Trusted,
}

impl<'a> Following<'a> {
    /// From its first event.
    pub(super) fn new(trusted: &'a Trusted) -> Self {
        Self { state: Contract::default(), trusted }
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
        let stored = evidence_in(body);
        let beside = || self.trusted.evidence.get(&evidence.digest).map(Vec::as_slice);
        match stored.as_deref().or_else(beside) {
            Some(stored) => self.trusted.check(&asked, evidence, stored, event.recorded_at),
            // Of all providers only certificates say something of a person, and are sealed.
            None if evidence.provider == X509_NAME => Checked::Sealed,
            None => Checked::Wrong,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use domain::contract::Publication;
    use domain::contract::signing::Level;
    use domain::ids::{Instant, Position, Source, StreamKey, Version};
    use ed25519_dalek::{Signer as _, SigningKey};
    use ledger::signatures::external::{Delivery, account_identity};
    use ledger::signatures::{Ed25519, X509, identity, sign};
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
        let key = SignerKey::new("cfa", Kind::Ed25519, &[1; 32]).unwrap();
        let by = ("ed25519", identity(key.public()));
        said_to(&Trusted::new(Vec::new(), Vec::new(), []), by, asked_for, evidence, stored)
    }

    /// The same, to whoever trusts these, of who was asked to sign by a provider.
    fn said_to(
        trusted: &Trusted,
        (provider, identity): (&str, [u8; 32]),
        asked_for: [u8; 32],
        evidence: &Evidence,
        stored: &[u8],
    ) -> Option<Checked> {
        let mut following = Following::new(trusted);
        let signer = Signer { party: Party::Cfa, provider: provider.to_owned(), identity };
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
        let trusted = Trusted::default();
        let mut following = Following::new(&trusted);
        for event in [
            ContractEvent::Drafted { enrolment: None },
            ContractEvent::SignaturesRequested { document: DOCUMENT, signers },
        ] {
            assert!(following.next(&recorded(event), &[]).is_none());
        }
        let all = following.next(&recorded(ContractEvent::FullySigned), &[]);
        assert!(matches!(all, Some(Checked::Wrong)), "nobody has");
        let mut on_paper = Following::new(&trusted);
        let attestation = domain::enrolment::Opened::Hidden;
        for event in [
            ContractEvent::Drafted { enrolment: None },
            ContractEvent::SignedOnPaper { scan: [2; 32], attestation },
            ContractEvent::FullySigned,
        ] {
            assert!(on_paper.next(&recorded(event), &[]).is_none());
        }
    }

    #[test]
    fn a_signature_by_a_provider_outside_is_checked_with_the_key_that_is_given_and_no_other() {
        let account = "6f9619ff-8b86-d011-b42d-00cf4fc964ff";
        let by = ("signe-ici", account_identity(account).unwrap());
        let contract = ContractId([7; 16]);
        let asked = Asked { contract, round: 0, request: 1, document: DOCUMENT, party: Party::Cfa };
        let document = seal::hex(&DOCUMENT);
        let body = format!(
            r#"{{"type":"signature.completed","contract":"{contract}","round":0,"request":1,"document":"{document}","party":"cfa","account":"{account}"}}"#
        );
        let secret = SigningKey::from_bytes(&[4; 32]);
        let key = *secret.verifying_key().as_bytes();
        let signature = secret.sign(format!("msg_1.0.{body}").as_bytes()).to_bytes();
        let signatures = format!("v1a,{}", base64(&signature));
        let delivery = Delivery {
            id: "msg_1",
            timestamp: "0",
            signatures: &signatures,
            body: body.as_bytes(),
        };
        let provider = External::new(by.0, &[key], Level::Advanced).unwrap();
        let stored = provider.evidence(&delivery, Instant(0)).unwrap();
        let evidence = provider.verify(&asked, &stored, Instant(0)).unwrap();
        let knows =
            |key: [u8; 32]| Trusted::new(Vec::new(), vec![(by.0.to_owned(), ProviderKey(key))], []);
        let said = |trusted: &Trusted, asked_for, stored: &[u8]| {
            said_to(trusted, by, asked_for, &evidence, stored).unwrap()
        };
        assert_eq!(said(&knows(key), DOCUMENT, &stored), Checked::Holds);
        let other = SigningKey::from_bytes(&[5; 32]).verifying_key().to_bytes();
        assert_eq!(said(&knows(other), DOCUMENT, &stored), Checked::Wrong);
        let both = [other, key].map(|key| (by.0.to_owned(), ProviderKey(key))).to_vec();
        let changed = Trusted::new(Vec::new(), both, []);
        assert_eq!(said(&changed, DOCUMENT, &stored), Checked::Holds, "it changed its key");
        assert_eq!(said(&knows(key), [1; 32], &stored), Checked::Wrong);
        assert_eq!(said(&knows(key), DOCUMENT, &[]), Checked::Wrong, "it is never sealed");
        let untold = said(&Trusted::default(), DOCUMENT, &stored);
        assert_eq!(untold, Checked::Untold("signe-ici".to_owned()));
        assert!(untold.told().unwrap().contains("--provider signe-ici="));
        let mut forged = stored.clone();
        forged[90] ^= 1;
        assert_eq!(said(&Trusted::default(), DOCUMENT, &forged), Checked::Wrong);
    }

    fn base64(bytes: &[u8]) -> String {
        use ::base64::Engine as _;
        ::base64::engine::general_purpose::STANDARD.encode(bytes)
    }

    #[test]
    fn a_signature_by_a_certificate_is_checked_with_its_evidence_and_authorities_beside() {
        let authority = || {
            let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
            params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            let key = rcgen::KeyPair::generate().unwrap();
            rcgen::CertifiedIssuer::self_signed(params, key).unwrap()
        };
        let (authority, stranger) = (authority(), authority());
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.not_before = rcgen::date_time_ymd(1970, 1, 1);
        let pem = params.signed_by(&key, &authority).unwrap().pem();
        let contract = ContractId([7; 16]);
        let asked = Asked { contract, round: 0, request: 1, document: DOCUMENT, party: Party::Cfa };
        let sign = |text: &str| {
            let signature = rcgen::SigningKey::sign(&key, text.as_bytes()).unwrap();
            format!("signature {}\n{pem}", base64(&signature)).into_bytes()
        };
        let sent = sign(&asked.text());
        let of = |level| Authority::all_from_pem(authority.pem().as_bytes(), level).unwrap();
        let evidence = X509::new(of(Level::Advanced)).verify(&asked, &sent, Instant(0)).unwrap();
        let said = |trusted: Trusted| {
            let by = (X509_NAME, evidence.identity);
            said_to(&trusted, by, DOCUMENT, &evidence, &[]).unwrap()
        };
        let given = || [sent.clone()];
        assert_eq!(said(Trusted::new(of(Level::Advanced), Vec::new(), given())), Checked::Holds);
        assert_eq!(said(Trusted::new(of(Level::Simple), Vec::new(), given())), Checked::OtherLevel);
        assert_eq!(said(Trusted::new(of(Level::Advanced), Vec::new(), [])), Checked::Sealed);
        let untold = said(Trusted::new(Vec::new(), Vec::new(), given()));
        assert_eq!(untold, Checked::Untold(X509_NAME.to_owned()));
        assert!(untold.told().unwrap().contains("--signature-authorities"));
        // Another authority than that which issued it was given: nothing is said against it.
        let others = Authority::all_from_pem(stranger.pem().as_bytes(), Level::Advanced).unwrap();
        let others = |evidence: Vec<u8>| Trusted::new(others.clone(), Vec::new(), [evidence]);
        assert_eq!(said(others(sent.clone())), untold);
        let by = (X509_NAME, evidence.identity);
        let false_one = sign("another text");
        let digest = Hasher::digest(&false_one).into();
        let claimed = Evidence { digest, ..evidence.clone() };
        for trusted in [
            others(false_one.clone()),
            Trusted::new(of(Level::Advanced), Vec::new(), [false_one.clone()]),
        ] {
            let said = said_to(&trusted, by, DOCUMENT, &claimed, &[]);
            assert_eq!(said, Some(Checked::Wrong), "it is false by whomever it is");
        }
    }
}
