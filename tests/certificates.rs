//! A contract that its CFA signs with a certificate, in the terminal, and by what its bundle is judged afterwards.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::server::{run, run_well};
use common::terminal::{FORM, Terminal};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SigningKey};
use sha2::{Digest, Sha256};

/// An authority: its certificate is in a file.
fn authority(file: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    std::fs::write(file, authority.pem()).unwrap();
    authority
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_signs_and_is_judged_by_the_authorities_of_whoever_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (trusted, other) = (path("autorite.pem"), path("autre.pem"));
    let (issuer, stranger) = (authority(&trusted), authority(&other));
    let options = ["--signature-authorities", &format!("advanced={trusted}")];
    let (terminal, server) = Terminal::start_in(folder, &options).await;
    let (path, at) = (|name: &str| terminal.path(name), terminal.at());
    let act = |act: &str, rest: &[&str]| terminal.act(act, rest);

    let paper = terminal.file("contrat.pdf", "le contrat");
    let name = terminal.draft(&[]);
    let name = name.as_str();
    act("fill", &[name, FORM]);
    act("attach", &[name, &paper, "--kind", "training-agreement"]);
    act("publish", &[name]);
    let pair = KeyPair::generate().unwrap();
    let of = |issuer: &CertifiedIssuer<'_, KeyPair>| {
        CertificateParams::new(Vec::new()).unwrap().signed_by(&pair, issuer).unwrap()
    };
    let (certificate, forged) = (of(&issuer), of(&stranger));
    let identity = seal::hex(&Sha256::digest(certificate.der()));
    let mut asked = vec![name, "--document", &paper];
    let mut signers = vec![format!("cfa=x509:{identity}")];
    let keys = ["employer", "apprentice"].map(|party| (party, path(&format!("{party}.key"))));
    for (party, key) in &keys {
        run_well(&["contract", "new-key", party, "-o", key]);
        signers.push(format!("{party}={key}"));
    }
    asked.extend(signers.iter().flat_map(|signer| ["--signer", signer]));
    act("ask", &asked);

    // What is signed is what the ledger says, to the byte.
    let statement = [&["contract", "statement", name, "--party", "cfa"], at.as_slice()].concat();
    let statement = run_well(&statement);
    let signature = STANDARD.encode(pair.sign(statement.as_bytes()).unwrap());
    let evidence = path("preuve");
    let sign = |pem: &str| {
        std::fs::write(&evidence, format!("signature {signature}\n{pem}")).unwrap();
        let by = [name, "--party", "cfa", "--provider", "x509", "--evidence", &evidence];
        terminal.try_act("sign", &by)
    };
    let refused = sign(&forged.pem());
    assert_eq!(refused.status.code(), Some(1), "of an authority that nobody named: {refused:?}");
    let taken = sign(&certificate.pem());
    assert!(taken.status.success(), "{taken:?}");
    for (party, key) in &keys {
        act("sign", &[name, "--party", party, "--key", key]);
    }
    let shown = run_well(&[&["contract", "show", name], at.as_slice()].concat());
    let line = shown.lines().find(|line| line.contains("le CFA a signé le ")).unwrap();
    // It names somebody: the ledger seals it, and gives it back to whoever may read the contract.
    let said = line.split(" (avancée), preuve ").nth(1).unwrap();
    let back = path("rendue");
    let download = ["contract", "download", name, &said[..64], "-o", &back];
    run_well(&[download.as_slice(), &at].concat());
    assert_eq!(std::fs::read(&back).unwrap(), std::fs::read(&evidence).unwrap());
    let (bundle, policy) = (path("contrat.tar"), path("politique"));
    run_well(&[&["bundle", name, "-o", &bundle], at.as_slice()].concat());
    let channel = server.channel().await;
    let mut proofs = proto::v1::proof_service_client::ProofServiceClient::new(channel);
    let key = proofs.get_checkpoint(proto::v1::GetCheckpointRequest {}).await.unwrap();
    std::fs::write(&policy, format!("log {}\nquorum none\n", key.into_inner().log_key)).unwrap();
    assert!(server.stop().success());

    let verify = |more: &[&str]| {
        let report = run(&[&["verify", &bundle, "--policy", &policy], more].concat());
        (report.status.code(), String::from_utf8_lossy(&report.stdout).into_owned())
    };
    let beside = ["--evidence", back.as_str(), "--signature-authorities"];
    let simple = trusted.as_str();
    let advanced = format!("advanced={trusted}");
    for (more, verified, told) in [
        (&[][..], 2, "Preuve de signature scellée : à vérifier avec --evidence."),
        (&beside[..2], 2, "Signature non vérifiée : aucune autorité nommée"),
        (&[&beside[..], &[&other]].concat(), 2, "Signature non vérifiée : aucune autorité nommée"),
        (&[&beside[..], &[simple]].concat(), 3, "son niveau n'est pas celui que vous donnez"),
        (&[&beside[..], &[&advanced]].concat(), 3, "(signature électronique avancée)"),
    ] {
        let (code, report) = verify(more);
        assert_eq!(code, Some(0), "{more:?}: {report}");
        assert_eq!(report.matches("Signature vérifiée").count(), verified, "{more:?}: {report}");
        assert!(report.contains(told), "{more:?}: {report}");
    }
    // Evidence of something else shows nothing of this signature.
    let mut bytes = std::fs::read(&back).unwrap();
    bytes[12] ^= 1;
    std::fs::write(&back, bytes).unwrap();
    let (_, report) = verify(&[&beside[..], &[&advanced]].concat());
    assert!(report.contains("Preuve de signature scellée"), "{report}");
}
