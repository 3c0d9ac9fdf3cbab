//! The provider of certificates: a detached signature over the statement, by the key of a certificate that an
//! authority issued whom the operator trusts.
//!
//! Evidence is text: `signature BASE64` on a line, then the certificate and those between it and the authority, as
//! PEM. `openssl dgst -sha256 -sign KEY` over the statement makes the signature. It is worth what the operator says of
//! the authority; whether the certificate was revoked is asked of nobody.
//!
//! Source: RFC 5280 (path validation), RFC 7468 (PEM), RFC 9336 (certificates for signing documents).

use super::{Asked, SignatureError, SignatureProvider, der};
use base64ct::{Base64, Encoding};
use domain::contract::Sha256;
use domain::contract::signing::{Evidence, Level};
use domain::ids::Instant;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use sha2::{Digest, Sha256 as Hasher};
use std::time::Duration;
use webpki::{
    EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeId, KeyPurposeIdIter, KeyUsage,
    RequiredEkuNotFoundContext,
};

/// How contracts name it.
pub const NAME: &str = "x509";
/// What the first line begins with.
const SIGNATURE: &str = "signature ";
/// Certificates in a piece of evidence: the signer's and those between it and the authority.
const CERTIFICATES_MAX: usize = 8;

/// id-kp-documentSigning (RFC 9336), as DER has it.
const DOCUMENT_SIGNING: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 36];
/// What a certificate may be for that signs contracts, beside id-kp-emailProtection and anyExtendedKeyUsage (RFC 5280,
/// 4.2.1.12). One that says nothing is for anything; one that authenticates a client only is not for signing.
const PURPOSES: [KeyPurposeId<'static>; 3] = [
    KeyPurposeId::new(DOCUMENT_SIGNING),
    KeyPurposeId::new(&[0x2B, 6, 1, 5, 5, 7, 3, 4]),
    KeyPurposeId::new(&[0x55, 0x1D, 0x25, 0]),
];

/// Whose certificates are trusted, and what their signatures are worth.
#[derive(Debug, Clone)]
pub struct Authority {
    /// Its certificate.
    anchor: TrustAnchor<'static>,
    level: Level,
}

impl Authority {
    /// The authority of a certificate in PEM.
    ///
    /// # Errors
    /// [`SignatureError::Certificate`] when it is none.
    pub fn from_pem(pem: &[u8], level: Level) -> Result<Self, SignatureError> {
        let certificate = CertificateDer::from_pem_slice(pem);
        Self::of(&certificate.map_err(refused)?, level)
    }

    /// The authorities of the certificates in a PEM file: one at least.
    ///
    /// # Errors
    /// [`SignatureError::Certificate`] when it holds none, or one that is damaged.
    pub fn all_from_pem(pem: &[u8], level: Level) -> Result<Vec<Self>, SignatureError> {
        let all = CertificateDer::pem_slice_iter(pem);
        let all: Vec<Self> =
            all.map(|one| Self::of(&one.map_err(refused)?, level)).collect::<Result<_, _>>()?;
        if all.is_empty() { Err(refused("no certificate is in the file")) } else { Ok(all) }
    }

    fn of(certificate: &CertificateDer<'_>, level: Level) -> Result<Self, SignatureError> {
        let anchor = webpki::anchor_from_trusted_cert(certificate).map_err(refused)?;
        Ok(Self { anchor: anchor.to_owned(), level })
    }
}

/// Verifies signatures by certificates of these authorities.
#[derive(Debug, Clone, Default)]
pub struct X509 {
    authorities: Vec<Authority>,
}

impl X509 {
    /// Those that are trusted; none makes a provider that trusts nobody.
    #[must_use]
    pub const fn new(authorities: Vec<Authority>) -> Self {
        Self { authorities }
    }

    /// What the signatures of a certificate are worth: the most of the authorities that issued it.
    fn level(
        &self,
        certificate: &EndEntityCert<'_>,
        between: &[CertificateDer<'_>],
        at: UnixTime,
    ) -> Result<Level, SignatureError> {
        let mut refused = "no authority is trusted here".to_owned();
        let mut level = None;
        for authority in &self.authorities {
            let path = certificate.verify_for_usage(
                webpki::ALL_VERIFICATION_ALGS,
                std::slice::from_ref(&authority.anchor),
                between,
                at,
                Signing,
                None,
                None,
            );
            match path {
                Ok(_) => level = level.max(Some(authority.level)),
                Err(error) => refused = error.to_string(),
            }
        }
        level.ok_or(SignatureError::Certificate(refused))
    }
}

fn refused(why: impl std::fmt::Display) -> SignatureError {
    SignatureError::Certificate(why.to_string())
}

/// The purposes of a certificate that signs contracts.
struct Signing;

impl ExtendedKeyUsageValidator for Signing {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let mut present = Vec::new();
        for purpose in purposes {
            let purpose = purpose?;
            if PURPOSES.contains(&purpose) {
                return Ok(());
            }
            present.push(purpose.to_decoded_oid());
        }
        if present.is_empty() {
            return Ok(());
        }
        let required = KeyUsage::required(DOCUMENT_SIGNING);
        Err(Error::RequiredEkuNotFoundContext(RequiredEkuNotFoundContext { required, present }))
    }
}

/// A piece of evidence, read.
struct Read<'a> {
    signature: Vec<u8>,
    signer: CertificateDer<'a>,
    between: Vec<CertificateDer<'a>>,
}

fn read(evidence: &[u8]) -> Result<Read<'_>, SignatureError> {
    let form = |what: &str| SignatureError::Form(NAME, what.to_owned());
    let text = std::str::from_utf8(evidence).map_err(|_| form("it is no text"))?;
    let line =
        text.split_once('\n').and_then(|(line, rest)| Some((line.strip_prefix(SIGNATURE)?, rest)));
    let (signature, rest) =
        line.ok_or_else(|| form("its first line is \"signature\" and base64"))?;
    let signature =
        Base64::decode_vec(signature).map_err(|_| form("its signature is not base64"))?;
    let mut certificates = CertificateDer::pem_slice_iter(rest.as_bytes())
        .take(CERTIFICATES_MAX + 1)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| form("a certificate is not PEM"))?;
    if certificates.is_empty() || certificates.len() > CERTIFICATES_MAX {
        return Err(form("it has one certificate at least, and eight at most"));
    }
    let between = certificates.split_off(1);
    let signer = certificates.remove(0);
    Ok(Read { signature, signer, between })
}

/// Whether a signature over a text is by the key of a certificate. Which of the algorithms of that key it is, it does
/// not say: each is tried.
fn is_signed(certificate: &EndEntityCert<'_>, text: &str, signature: &[u8]) -> bool {
    let by = |algorithm: &&dyn SignatureVerificationAlgorithm| {
        certificate.verify_signature(*algorithm, text.as_bytes(), signature).is_ok()
    };
    webpki::ALL_VERIFICATION_ALGS.iter().any(by)
}

/// What the provider knows the holder of a certificate by: the hash of all of it. It has a key, a serial number and a
/// signature, which nobody guesses: who reads the hash finds no name by trying those that are likely.
fn identity(certificate: &CertificateDer<'_>) -> Sha256 {
    Hasher::digest(certificate).into()
}

impl SignatureProvider for X509 {
    fn name(&self) -> &str {
        NAME
    }

    fn examine(
        &self,
        asked: &Asked,
        evidence: &[u8],
        at: Instant,
    ) -> Result<Evidence, SignatureError> {
        let Read { signature, signer, between } = read(evidence)?;
        let certificate = EndEntityCert::try_from(&signer).map_err(refused)?;
        if !der::may_sign(&signer) {
            return Err(refused("its key usage is neither digitalSignature nor contentCommitment"));
        }
        // First, so that a false signature is told as such whoever is trusted.
        if !is_signed(&certificate, &asked.text(), &signature) {
            return Err(SignatureError::Wrong);
        }
        let seconds = u64::try_from(at.0 / 1_000_000).unwrap_or_default();
        let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let level = self.level(&certificate, &between, at)?;
        Ok(Evidence {
            provider: NAME.to_owned(),
            identity: identity(&signer),
            document: asked.document,
            digest: Hasher::digest(evidence).into(),
            level,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signatures::EVIDENCE_BYTES_MAX;
    use domain::contract::signing::Party;
    use domain::ids::ContractId;
    use rcgen::{
        BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa,
        KeyPair, KeyUsagePurpose, SigningKey, date_time_ymd,
    };

    /// 1 October 2026, noon UTC.
    const NOW: Instant = Instant(1_790_856_000_000_000);

    fn asked() -> Asked {
        let contract = ContractId([7; 16]);
        Asked { contract, round: 0, request: 1, document: [3; 32], party: Party::Employer }
    }

    fn authority() -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    /// A certificate for some purposes, valid in 2026, and its key.
    fn signer(
        by: &CertifiedIssuer<'_, KeyPair>,
        purposes: &[ExtendedKeyUsagePurpose],
    ) -> (String, KeyPair) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.extended_key_usages = purposes.to_vec();
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2026, 12, 31);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, by).unwrap().pem(), key)
    }

    /// The same, for some usages of its key.
    fn used_for(
        by: &CertifiedIssuer<'_, KeyPair>,
        usages: &[KeyUsagePurpose],
    ) -> (String, KeyPair) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.key_usages = usages.to_vec();
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2026, 12, 31);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, by).unwrap().pem(), key)
    }

    fn evidence(text: &str, pem: &str, key: &KeyPair) -> Vec<u8> {
        let signature = Base64::encode_string(&key.sign(text.as_bytes()).unwrap());
        format!("signature {signature}\n{pem}").into_bytes()
    }

    fn provider(of: &CertifiedIssuer<'_, KeyPair>, level: Level) -> X509 {
        X509::new(vec![Authority::from_pem(of.pem().as_bytes(), level).unwrap()])
    }

    #[test]
    fn a_signature_by_a_trusted_certificate_is_worth_what_its_authority_is() {
        let authority = authority();
        let provider = provider(&authority, Level::Advanced);
        let documents = ExtendedKeyUsagePurpose::Other(vec![1, 3, 6, 1, 5, 5, 7, 3, 36]);
        for purposes in [vec![], vec![documents], vec![ExtendedKeyUsagePurpose::EmailProtection]] {
            let (pem, key) = signer(&authority, &purposes);
            let sent = evidence(&asked().text(), &pem, &key);
            let shown = provider.verify(&asked(), &sent, NOW).unwrap();
            assert_eq!((shown.provider.as_str(), shown.level), ("x509", Level::Advanced));
            assert_eq!(shown.document, [3; 32]);
            let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
            assert_eq!(shown.identity, <Sha256>::from(Hasher::digest(&der)));
        }
        assert!(provider.says_who(), "a certificate names its holder");
    }

    #[test]
    fn a_certificate_whose_key_is_not_for_signing_signs_nothing() {
        let authority = authority();
        let provider = provider(&authority, Level::Advanced);
        use KeyUsagePurpose::{
            ContentCommitment, CrlSign, DataEncipherment, DigitalSignature, KeyAgreement,
            KeyCertSign, KeyEncipherment,
        };
        for (usages, signs) in [
            (&[][..], true),
            (&[DigitalSignature], true),
            (&[ContentCommitment], true),
            (&[KeyEncipherment, DigitalSignature], true),
            (&[KeyEncipherment], false),
            (&[KeyAgreement, DataEncipherment], false),
            (&[KeyCertSign, CrlSign], false),
        ] {
            let (pem, key) = used_for(&authority, usages);
            let sent = evidence(&asked().text(), &pem, &key);
            let verified = provider.verify(&asked(), &sent, NOW);
            assert_eq!(verified.is_ok(), signs, "{usages:?}: {verified:?}");
            if !signs {
                assert!(verified.unwrap_err().to_string().contains("key usage"), "{usages:?}");
            }
        }
        assert!(!der::may_sign(b"no certificate"));
        let (pem, _) = used_for(&authority, &[DigitalSignature]);
        let whole = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        // However it is cut, it is read without going past its end.
        (0..whole.len()).for_each(|end| {
            let _ = der::may_sign(&whole[..end]);
        });
    }

    #[test]
    fn a_file_of_authorities_has_one_at_least_and_each_of_them_counts() {
        let (one, other) = (authority(), authority());
        let file = format!("{}{}", one.pem(), other.pem());
        let both = X509::new(Authority::all_from_pem(file.as_bytes(), Level::Simple).unwrap());
        for by in [&one, &other] {
            let (pem, key) = signer(by, &[]);
            assert!(both.verify(&asked(), &evidence(&asked().text(), &pem, &key), NOW).is_ok());
        }
        assert!(Authority::all_from_pem(b"", Level::Simple).is_err());
    }

    #[test]
    fn a_certificate_that_is_not_trusted_signs_nothing() {
        let (authority, other) = (authority(), authority());
        let trusted = provider(&authority, Level::Qualified);
        let refused = |sent: &[u8], at| trusted.verify(&asked(), sent, at).unwrap_err();
        let is_of_certificate = |error| matches!(error, SignatureError::Certificate(_));
        let (pem, key) = signer(&other, &[]);
        assert!(is_of_certificate(refused(&evidence(&asked().text(), &pem, &key), NOW)));
        let (pem, key) = signer(&authority, &[ExtendedKeyUsagePurpose::ClientAuth]);
        let for_logins = evidence(&asked().text(), &pem, &key);
        assert!(is_of_certificate(refused(&for_logins, NOW)), "it is for logging in");
        let (pem, key) = signer(&authority, &[]);
        let sent = evidence(&asked().text(), &pem, &key);
        let year = 365 * 86_400 * 1_000_000;
        for at in [Instant(NOW.0 - year), Instant(NOW.0 + year)] {
            assert!(is_of_certificate(refused(&sent, at)), "it is not valid then");
        }
        assert!(trusted.verify(&asked(), &sent, NOW).is_ok());
        let nobody = X509::default().verify(&asked(), &sent, NOW).unwrap_err();
        assert!(is_of_certificate(nobody));
        assert!(Authority::from_pem(b"no certificate", Level::Simple).is_err());
    }

    #[test]
    fn a_signature_is_worth_nothing_for_another_text_or_by_another_key() {
        let authority = authority();
        let provider = provider(&authority, Level::Simple);
        let (pem, key) = signer(&authority, &[]);
        let sent = evidence(&asked().text(), &pem, &key);
        for other in [
            Asked { contract: ContractId([8; 16]), ..asked() },
            Asked { round: 1, ..asked() },
            Asked { request: 2, ..asked() },
            Asked { document: [4; 32], ..asked() },
            Asked { party: Party::Apprentice, ..asked() },
        ] {
            assert_eq!(provider.verify(&other, &sent, NOW), Err(SignatureError::Wrong));
        }
        let (other_pem, _) = signer(&authority, &[]);
        let swapped = evidence(&asked().text(), &other_pem, &key);
        assert_eq!(provider.verify(&asked(), &swapped, NOW), Err(SignatureError::Wrong));
    }

    #[test]
    fn evidence_of_another_form_is_refused_and_no_bit_of_the_signature_can_be_flipped() {
        let authority = authority();
        let provider = provider(&authority, Level::Simple);
        let (pem, key) = signer(&authority, &[]);
        let right = String::from_utf8(evidence(&asked().text(), &pem, &key)).unwrap();
        let (line, rest) = right.split_once('\n').unwrap();
        let nine = rest.repeat(CERTIFICATES_MAX + 1);
        for wrong in [
            String::new(),
            rest.to_owned(),
            format!("{line}\n"),
            format!("{line}="),
            format!("{line}\n{nine}"),
            format!("{line}\n{}", rest.replace("BEGIN CERTIFICATE", "BEGIN CERTIFICAT")),
            "x".repeat(EVIDENCE_BYTES_MAX + 1),
        ] {
            assert!(provider.verify(&asked(), wrong.as_bytes(), NOW).is_err(), "{wrong:.60}");
        }
        let signature = key.sign(asked().text().as_bytes()).unwrap();
        for bit in 0..signature.len() * 8 {
            let mut changed = signature.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let sent = format!("signature {}\n{pem}", Base64::encode_string(&changed));
            let refused = provider.verify(&asked(), sent.as_bytes(), NOW);
            assert_eq!(refused, Err(SignatureError::Wrong), "bit {bit}");
        }
    }
}
