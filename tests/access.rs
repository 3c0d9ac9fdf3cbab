//! Keys, grants, TLS and the log of reads, as people use them: the command and a server, both
//! processes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use access::keyring::{Keyring, NewKey};
use access::log::AccessLog;
use access::{Call, Gate, Role, Scope, Sources};
use common::heard;
use common::server::{Server, run, run_well};
use domain::ids::Instant;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, UNIX_EPOCH};
use tempfile::TempDir;

const NORTH: (&str, &str) = ("0010826T", "35600000000048");
const SOUTH: (&str, &str) = ("0751234J", "13002526500013");

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A file with one learner of a CFA.
fn file(folder: &Path, (uai, siret): (&str, &str), name: &str) -> PathBuf {
    let fields = [
        ("nom_apprenant", "D'ARC"),
        ("prenom_apprenant", "Zoé"),
        ("date_de_naissance_apprenant", "2007-02-03"),
        ("annee_scolaire", "2025-2026"),
        ("id_erp_apprenant", name),
        ("date_inscription_formation", "2025-08-20"),
        ("date_entree_formation", "2025-09-01"),
        ("date_fin_formation", "2026-07-31"),
        ("etablissement_formateur_uai", uai),
        ("etablissement_formateur_siret", siret),
        ("etablissement_responsable_uai", uai),
        ("etablissement_responsable_siret", siret),
        ("formation_rncp", "RNCP37537"),
        ("contrat_date_debut", "2025-09-01"),
        ("contrat_date_fin", "2026-07-31"),
    ];
    let fields: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name:?}:{value:?}")).collect();
    let file = folder.join(format!("{name}.json"));
    std::fs::write(&file, format!("[{{{}}}]", fields.join(","))).unwrap();
    file
}

/// Makes a key, and puts it in a file.
fn key(folder: &Path, data: &Path, name: &str, options: &[&str]) -> PathBuf {
    let made = ["key", "create", "--data", path(data), "--name", name];
    let text = run_well(&[&made, options].concat());
    let file = folder.join(format!("{name}.key"));
    std::fs::write(&file, text).unwrap();
    // The server looks at the file a few times a second.
    std::thread::sleep(Duration::from_millis(500));
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cfa_pushes_with_its_key_until_it_is_revoked_and_every_read_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data).await;
    let url = server.url();
    let bound = format!("{}/{}", NORTH.0, NORTH.1);
    let options = ["--role", "cfa.depot", "--cfa", &bound, "--source", "nord"];
    let key_file = key(folder.path(), &data, "nord", &options);
    let push = |file: &Path, source: &str| {
        run(&["push", path(file), "--source", source, "--to", &url, "--key-file", path(&key_file)])
    };
    let own = file(folder.path(), NORTH, "own");
    assert!(push(&own, "nord").status.success());
    let foreign = push(&file(folder.path(), SOUTH, "foreign"), "nord");
    let told = String::from_utf8(foreign.stdout).unwrap();
    assert_eq!(foreign.status.code(), Some(3), "{told}");
    assert!(told.contains("clé") || told.contains("ESTABLISHMENT_NOT_BOUND"), "{told}");
    let other = String::from_utf8(push(&own, "sud").stderr).unwrap();
    assert!(other.contains("SOURCE_NOT_BOUND"), "{other}");

    let asked = ["alerts", "--to", &url];
    run_well(&[&asked[..], &["--key-file", path(&key_file)]].concat());
    let auditor = key(folder.path(), &data, "audit", &["--role", "auditeur"]);
    let silent = run(&[&asked[..], &["--key-file", path(&auditor)]].concat());
    assert!(String::from_utf8(silent.stderr).unwrap().contains("REASON_NEEDED"));
    let why = ["--key-file", path(&auditor), "--reason", "contrôle, été 2026"];
    run_well(&[&asked[..], &why].concat());
    let log = run_well(&["access-log", "--data", path(&data)]);
    assert!(log.contains("contrôle, été 2026") && log.contains("auditeur"), "{log}");
    assert!(log.contains("each follows the one before"), "{log}");

    let listed = run_well(&["key", "list", "--data", path(&data)]);
    let row = listed.lines().find(|line| line.contains("nord")).unwrap();
    let id = row.split_whitespace().next().unwrap();
    let next = run_well(&["key", "rotate", "--data", path(&data), id]);
    run_well(&["key", "revoke", "--data", path(&data), id]);
    std::thread::sleep(Duration::from_millis(500));
    let revoked = String::from_utf8(push(&own, "nord").stderr).unwrap();
    assert!(revoked.contains("CREDENTIAL_EXPIRED"), "{revoked}");
    std::fs::write(&key_file, next).unwrap();
    assert!(push(&own, "nord").status.success());
    let kept = std::fs::read_to_string(data.join("access/keys")).unwrap();
    let text = std::fs::read_to_string(&key_file).unwrap();
    assert!(!kept.contains(&text.trim()[25..60]), "keys are not kept");
    assert!(server.stop().success());

    let file = std::fs::read_dir(data.join("access/log")).unwrap().next().unwrap().unwrap().path();
    let lines = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, lines.replacen("cfa.depot", "cfa.lecture", 1)).unwrap();
    let broken = run(&["access-log", "--data", path(&data)]);
    assert_eq!(broken.status.code(), Some(1));
    let told = String::from_utf8(broken.stdout).unwrap();
    assert!(
        told.contains("does not follow") && told.contains("auditeur"),
        "read to its end: {told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_of_somebody_else_finds_no_key_and_is_told_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data")).await;
    let stranger = heard::output(
        heard::command()
            .args(["headcount", "--to", &server.url()])
            .env("XDG_STATE_HOME", folder.path()),
    );
    let told = String::from_utf8(stranger.stderr).unwrap();
    assert!(!stranger.status.success() && told.contains("--key-file"), "{told}");
    let given = heard::output(
        heard::command()
            .args(["headcount", "--to", &server.url()])
            .env("XDG_STATE_HOME", folder.path())
            .env("REGISTRE_KEY", server.key().bearer().trim_start_matches("Bearer ")),
    );
    assert!(given.status.success());
    assert!(server.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_goes_in_clear_to_another_machine_only_if_somebody_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data).await;
    let key = data.join("access/local.key");
    // It leads here, and is no address of this machine that one can tell by its look.
    let url = server.url().replace("127.0.0.1", "0.0.0.0");
    let ask = |options: &[&str]| {
        run(&[&["headcount", "--to", &url, "--key-file", path(&key)], options].concat())
    };
    let refused = ask(&[]);
    assert_eq!(refused.status.code(), Some(1));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("in clear") && told.contains("en clair"), "{told}");
    assert!(told.contains("--insecure") && !told.contains("start a server"), "{told}");
    assert!(ask(&["--insecure"]).status.success());
    assert!(server.stop().success());
}

#[test]
fn nothing_is_served_in_clear_to_a_network_unless_somebody_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let refused = run(&["serve", "--data", path(folder.path()), "--listen", "0.0.0.0:0"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("--tls-cert"));
}

#[test]
fn grants_are_given_listed_and_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("log")).unwrap();
    let data = ["--data", path(folder.path())];
    let give = ["grant", "give", "--issuer", "https://idp.example.fr", "--sub", "3f2c", "--name"];
    let role = ["DREETS", "--role", "dreets", "--region", "84", "--siret", SOUTH.1];
    let given = run_well(&[&give, &role[..], &data].concat());
    let principal = given.trim().rsplit(' ').next().unwrap();
    let listed = run_well(&[&["grant", "list"], &data[..]].concat());
    assert!(listed.contains(principal) && listed.contains("région 84"), "{listed}");
    run_well(&[&["grant", "revoke", principal], &data[..]].concat());
    assert!(run_well(&[&["grant", "list"], &data[..]].concat()).contains("revoked"));
    let wide = ["x", "--role", "dreets"];
    assert!(!run(&[&give, &wide[..], &data].concat()).status.success());
}

/// Certificates of an authority of the test: PEM files.
struct Certificates {
    folder: TempDir,
}

impl Certificates {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "registre tests");
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
        for (name, of) in [("server", "localhost"), ("client", "cfa-nord")] {
            let pair = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec![of.to_owned()]).unwrap();
            let certificate = params.signed_by(&pair, &authority).unwrap();
            std::fs::write(folder.path().join(format!("{name}.pem")), certificate.pem()).unwrap();
            std::fs::write(folder.path().join(format!("{name}.key")), pair.serialize_pem())
                .unwrap();
        }
        Self { folder }
    }

    fn file(&self, name: &str) -> String {
        path(&self.folder.path().join(name)).to_owned()
    }
}

/// A server over TLS; dropped, it is killed.
struct Secure {
    child: Child,
    url: String,
    key: String,
    /// It says more, to somebody who must be there.
    _out: BufReader<ChildStdout>,
    _folder: TempDir,
}

impl Secure {
    fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let mut child = heard::command()
            .args(["serve", "--data", path(&data), "--listen", "127.0.0.1:0"])
            .args(options)
            .stdout(Stdio::piped())
            .stderr(heard::to_file())
            .spawn()
            .unwrap();
        let (mut said, mut out) = (String::new(), BufReader::new(child.stdout.take().unwrap()));
        out.read_line(&mut said).unwrap();
        let port = said.trim().rsplit(':').next().unwrap().to_owned();
        assert!(said.contains("https://"), "{said}");
        let key = path(&data.join("access/local.key")).to_owned();
        let url = format!("https://localhost:{port}");
        Self { child, url, key, _out: out, _folder: folder }
    }

    fn ask(&self, options: &[&str]) -> std::process::Output {
        run(&[&["headcount", "--to", &self.url, "--key-file", &self.key], options].concat())
    }
}

impl Drop for Secure {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn over_tls_a_client_that_trusts_the_authority_is_served_and_no_other() {
    let files = Certificates::make();
    let (ca, certificate, key) =
        (files.file("ca.pem"), files.file("server.pem"), files.file("server.key"));
    let server = Secure::start(&["--tls-cert", &certificate, "--tls-key", &key]);
    let served = server.ask(&["--ca", &ca]);
    assert!(served.status.success(), "{}", String::from_utf8_lossy(&served.stderr));
    assert!(!server.ask(&[]).status.success(), "browsers do not know that authority");
    let clear = server.url.replace("https", "http");
    let clear = run(&["headcount", "--to", &clear, "--key-file", &server.key]);
    assert!(!clear.status.success());
    let data = files.file("data");
    let wrong = run(&["serve", "--data", &data, "--tls-cert", &ca, "--tls-key", &key]);
    assert!(!wrong.status.success(), "the key is another's");
    assert!(!Path::new(&data).exists(), "nothing is made for a server that cannot serve");
}

#[test]
fn with_mutual_tls_a_certificate_of_the_authority_comes_before_the_key() {
    let files = Certificates::make();
    let [ca, certificate, key] = ["ca.pem", "server.pem", "server.key"].map(|n| files.file(n));
    let [own, own_key] = ["client.pem", "client.key"].map(|name| files.file(name));
    let tls = ["--tls-cert", &certificate, "--tls-key", &key, "--client-ca", &ca];
    let server = Secure::start(&tls);
    let shown = ["--ca", &ca, "--client-cert", &own, "--client-key", &own_key];
    let served = server.ask(&shown);
    assert!(served.status.success(), "{}", String::from_utf8_lossy(&served.stderr));
    assert!(!server.ask(&["--ca", &ca]).status.success(), "no certificate");
    let stranger = Certificates::make();
    let [other, other_key] = ["client.pem", "client.key"].map(|name| stranger.file(name));
    let shown = ["--ca", &ca, "--client-cert", &other, "--client-key", &other_key];
    assert!(!server.ask(&shown).status.success(), "of another authority");
}

#[tokio::test]
async fn tls_1_2_is_refused_unless_it_is_allowed() {
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
    use tokio_rustls::rustls::version::{TLS12, TLS13};
    use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
    let files = Certificates::make();
    let [certificate, key] = ["server.pem", "server.key"].map(|name| files.file(name));
    let options = ["--tls-cert", &certificate, "--tls-key", &key];
    let (strict, tolerant) =
        (Secure::start(&options), Secure::start(&[&options[..], &["--tls-1-2"]].concat()));
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(files.file("ca.pem")).unwrap()).unwrap();
    for (server, version, expected) in
        [(&strict, &TLS13, true), (&strict, &TLS12, false), (&tolerant, &TLS12, true)]
    {
        let provider = crypto::aws_lc_rs::default_provider();
        let mut config = ClientConfig::builder_with_provider(provider.into())
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let address = server.url.replace("https://localhost", "127.0.0.1");
        let socket = tokio::net::TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
        let made = connector.connect(name, socket).await;
        assert_eq!(made.is_ok(), expected, "{version:?}");
    }
}

/// Reads of an auditor, written as a server of then wrote them.
fn reads(data: &Path, at: &[Instant]) {
    let elsewhere = tempfile::tempdir().unwrap();
    let auditor = NewKey {
        name: "audit".into(),
        environment: "test".into(),
        role: Role::Auditor,
        scope: Scope::Everything,
        sources: Sources::default(),
        days: 30,
        calls_per_minute: None,
    };
    let key = Keyring::of(elsewhere.path()).create(auditor, at[0]).unwrap();
    let gate = Gate::open(elsewhere.path()).unwrap();
    let known = gate.recognise(Some(key.text()), [127, 0, 0, 1].into(), at[0]).unwrap();
    let tenant = gate.admit(known, Call::GetContract, Some("contrôle"), at[0]).unwrap();
    let log = AccessLog::open(data, at[0]).unwrap();
    for (n, at) in at.iter().enumerate() {
        log.record(&tenant, &format!("contracts/{n}"), *at).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_deletes_reads_of_more_than_a_year_ago_and_the_rest_is_still_a_whole_chain() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let now = UNIX_EPOCH.elapsed().unwrap().as_micros() as i64;
    let days = |days: i64| Instant(now - days * 86_400_000_000);
    reads(&data, &[days(800), days(700), days(1)]);
    let server = Server::start(&data).await;
    let log = loop {
        let log = run_well(&["access-log", "--data", path(&data)]);
        if log.contains("were deleted: they had been kept a year") {
            break log;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(log.contains("contracts/2") && !log.contains("contracts/1"), "{log}");
    assert!(log.contains("2 lines, each follows the one before"), "{log}");
    assert!(server.stop().success());
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_under(&path) } else { vec![path] }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_has_no_key_and_no_read_and_brings_none_back() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let (data, backup, again) = (place("data"), place("backup"), place("again"));
    let server = Server::start(&data).await;
    let key = key(folder.path(), &data, "audit", &["--role", "auditeur"]);
    std::thread::sleep(2 * access::limits::LOOK_EVERY);
    let ask =
        |url: &str| run(&["alerts", "--to", url, "--key-file", path(&key), "--reason", "contrôle"]);
    assert!(ask(&server.url()).status.success());
    let id = run_well(&["key", "list", "--data", path(&data)]);
    let id = id.lines().find(|line| line.contains("audit")).unwrap();
    let id = id.split_whitespace().next().unwrap().to_owned();
    run_well(&["backup", "--data", path(&data), "--to", path(&backup)]);
    // Lost after the backup was taken: a copy that had it would bring it back.
    run_well(&["key", "revoke", "--data", path(&data), &id]);
    assert!(server.stop().success());
    for file in files_under(&backup) {
        let bytes = std::fs::read(&file).unwrap();
        for what in [id.as_bytes(), b"auditeur", b"local.key"] {
            let found = bytes.windows(what.len()).any(|window| window == what);
            assert!(!found, "{} in {}", String::from_utf8_lossy(what), file.display());
        }
    }
    let kek = data.join("keys/kek");
    run_well(&["restore", path(&backup), "--to", path(&again), "--kek", path(&kek), "--verify"]);
    assert!(!again.join("access").exists());
    let server = Server::start_with(&again, &["--new-log-key"]).await;
    let refused = String::from_utf8(ask(&server.url()).stderr).unwrap();
    assert!(refused.contains("UNAUTHENTICATED"), "{refused}");
    assert!(server.stop().success());
}
