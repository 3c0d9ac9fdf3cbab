//! A public contract in the terminal: drafted, signed by four parties with keys of their own, deposited, amended, broken,
//! bundled, and verified with no server.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use common::server::{run, run_well};
use common::terminal::{FORM, Terminal};
use sha2::{Digest, Sha256};
use std::process::Output;

/// The example, of a minor: its representative signs too.
const OF_A_MINOR: [&str; 6] = [
    "apprentice.born_on=2008-04-17",
    "apprentice.emancipated=false",
    "guardian.name=Kerbiriou",
    "guardian.first_name=Nolwenn",
    "guardian.email=nolwenn.kerbiriou@exemple.fr",
    "guardian.same_address=true",
];
const PARTIES: [&str; 4] = ["employer", "apprentice", "guardian", "cfa"];

/// What a command that is refused says.
fn refused(refused: Output) -> String {
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    String::from_utf8(refused.stderr).unwrap()
}

fn sha256(path: &str) -> String {
    let digest = Sha256::digest(std::fs::read(path).unwrap());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_contract_from_its_draft_to_its_bundle() {
    let (terminal, server) = Terminal::start().await;
    let (path, at) = (|name: &str| terminal.path(name), terminal.at());
    let act = |act: &str, rest: &[&str]| terminal.act(act, rest);
    let (agreement, contract, signed) =
        (path("convention.pdf"), path("contrat.pdf"), path("avenant.pdf"));
    let paper = path("avenant-signe.pdf");
    std::fs::write(&paper, "l'avenant signé").unwrap();
    std::fs::write(&agreement, "la convention de formation").unwrap();
    std::fs::write(&contract, "le contrat à signer").unwrap();
    std::fs::write(&signed, "l'avenant").unwrap();

    let name = terminal.draft(&[]);
    assert!(name.starts_with("contracts/"), "{name}");
    let name = name.as_str();
    act("fill", &[name, FORM]);
    let minor: Vec<&str> = OF_A_MINOR.iter().flat_map(|field| ["--set", field]).collect();
    act("fill", &[&[name], &*minor].concat());
    act("attach", &[name, &agreement, "--kind", "training-agreement"]);
    act("publish", &[name]);
    let keys = PARTIES.map(|party| path(&format!("{party}.key")));
    let mut asked = vec![name.to_owned(), "--document".to_owned(), contract.clone()];
    for (party, key) in PARTIES.iter().zip(&keys) {
        run_well(&["contract", "new-key", party, "-o", key]);
        asked.extend(["--signer".to_owned(), format!("{party}={key}")]);
    }
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let early = ["contract", "statement", name, "--party", "employer"];
    let early = refused(run(&[early.as_slice(), at.as_slice()].concat()));
    assert!(early.contains("publié, en attente de signatures"), "{early}");
    let (empty, signer) = (path("vide.pdf"), format!("employer={}", keys[0]));
    std::fs::write(&empty, "").unwrap();
    let nothing = ["--document", &empty, "--signer", &signer];
    let nothing = refused(terminal.try_act("ask", &[&[name], nothing.as_slice()].concat()));
    assert!(nothing.contains("est vide"), "{nothing}");
    act("ask", &asked);
    let shown = || run_well(&[&["contract", "show", name], at.as_slice()].concat());
    assert!(shown().contains("l'employeur n'a pas encore signé"), "{}", shown());
    // Another's key signs for nobody.
    let wrong = refused(terminal.try_act("sign", &[name, "--party", "cfa", "--key", &keys[0]]));
    assert!(wrong.contains("Cette clé n'est pas celle de la partie"), "{wrong}");
    for (party, key) in PARTIES.iter().zip(&keys) {
        act("sign", &[name, "--party", party, "--key", key]);
    }
    assert!(shown().contains("signé par toutes les parties"), "{}", shown());
    act("submit", &[name, "--service", "DDETS 35"]);
    act("ask-for", &[name, "--missing", "la convention signée"]);
    let early = terminal.try_act("complete-file", &[name]);
    assert_eq!(early.status.code(), Some(1), "nothing was attached: {early:?}");
    act("attach", &[name, &contract, "--kind", "other"]);
    act("complete-file", &[name]);
    act("deposit", &[name, "--number", "035202408AB0001"]);
    act("amend", &[name, "--type", "36"]);
    act(
        "fill",
        &[
            name,
            "--set",
            "terms.previous_number=035202408AB0001",
            "--set",
            "terms.concluded_on=2024-12-02",
            "--set",
            "terms.amendment_on=2025-01-01",
            "--set",
            "terms.weekly_time=36:00",
        ],
    );
    act("attach", &[name, &signed, "--kind", "training-agreement"]);
    act("publish", &[name]);
    act("paper", &[name, "--scan", &paper, "--attestation", "vu l'original"]);
    let rupture = ["--mode", "mutual-agreement", "--by", "both", "--words", "pour un déménagement"];
    let letter = [&rupture[..4], &["--words", "une lettre illisible"]].concat();
    act("rupture", &[&[name], letter.as_slice()].concat());
    // Told again, it is corrected.
    let broken = terminal.try_act("rupture", &[&[name], rupture.as_slice()].concat());
    assert!(broken.status.success(), "{broken:?}");
    let told = String::from_utf8(broken.stderr).unwrap();
    for said in
        ["à vérifier : ", "(RUPTURE_NOTIFIED, ", "contraire à la règle : ", "(RUPTURE_WITHIN, "]
    {
        assert!(told.contains(said), "whoever acts reads what the law says of it: {said}: {told}");
    }
    assert!(!told.contains("DEPOSIT_IN_TIME"), "and of that alone: {told}");
    let invoice = ["--first", "2024-09-02", "--last", "2024-09-30", "--amount", "1250.50"];
    act("invoice", &[&[name, "--number", "F7"], invoice.as_slice()].concat());
    let refused = terminal.try_act("funding", &[name, "--yearly", "7000"]);
    assert_eq!(refused.status.code(), Some(1), "a public employer has no ceiling: {refused:?}");
    let told = shown();
    let scan = sha256(&paper);
    for said in [
        scan.as_str(),
        "facture F7 du 2024-09-02 au 2024-09-30 : 1250,50 €",
        " : rompu (version ",
        "(premier jour sans contrat), d'un commun accord, à l'initiative des deux parties",
        "règle qui ne peut pas être vérifiée : ",
        "avenant 1",
        "DDETS 35",
        "035202408AB0001",
        " (démonstration), preuve ",
        "jours de pratique en entreprise",
        "  convention de formation, 26 octets, ",
        // It is long after the first day of the example.
        "DEPOSIT_IN_TIME_PUBLIC",
        "RUPTURE_NOTIFIED",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert!(!told.contains("délai suspendu"), "it was deposited: {told}");
    assert!(!told.contains("une lettre illisible"), "the words of what was corrected: {told}");
    assert_eq!(told.matches("pièce demandée le ").count(), 1, "{told}");
    let (nir, exported) = (path("nir"), path("exported.json"));
    let export = |nir_is: &str| {
        std::fs::write(&nir, nir_is).unwrap();
        let asked = ["contract", "export", name, "-o", &exported, "--nir", &nir];
        run(&[asked.as_slice(), at.as_slice()].concat())
    };
    // Of another month of birth: refused, and never quoted.
    let wrong = export("2080535238001");
    assert_eq!(wrong.status.code(), Some(1), "{wrong:?}");
    assert!(!String::from_utf8_lossy(&wrong.stderr).contains("2080535238001"), "{wrong:?}");
    assert!(export("2 08 04 35 238 001\n").status.success());
    let form = std::fs::read_to_string(&exported).unwrap();
    assert!(form.contains("2080435238001") && form.contains("D'Alençon"), "{form}");
    let plain = ["contract", "export", name, "--round", "0", "-o", &exported];
    run_well(&[plain.as_slice(), at.as_slice()].concat());
    let form = std::fs::read_to_string(&exported).unwrap();
    assert!(form.contains("\"35:00\"") && !form.contains("\"nir\""), "{form}");
    for said in [
        "\"body\": \"DDETS 35\"",
        "\"number\": \"035202408AB0001\"",
        "\"complete_on\"",
        "\"decided_on\"",
    ] {
        assert!(form.contains(said), "{said}: {form}");
    }
    assert!(!form.contains("\"amendment\""), "it is the contract: {form}");
    let history = run_well(&[&["history", name], at.as_slice()].concat());
    for said in [
        "enregistré (UTC)",
        " du journal",
        "La rédaction du contrat commence",
        "Le dépôt du contrat est accepté",
        "Le contrat est rompu",
        "Correction : le contrat est rompu",
    ] {
        assert!(history.contains(said), "{said}: {history}");
    }
    assert!(!history.contains("D'Alençon") && !history.contains("trajectory"), "{history}");
    let digest = told.split("octets, ").nth(1).unwrap()[..64].to_owned();
    let back = path("back.pdf");
    run_well(&[&["contract", "download", name, &digest, "-o", &back], at.as_slice()].concat());
    assert_eq!(std::fs::read(&back).unwrap(), std::fs::read(&agreement).unwrap());
    run_well(&[&["contract", "download", name, &scan, "-o", &back], at.as_slice()].concat());
    assert_eq!(std::fs::read(&back).unwrap(), std::fs::read(&paper).unwrap());

    let (bundle, policy) = (path("contrat.tar"), path("policy"));
    let id = name.trim_start_matches("contracts/");
    run_well(&[&["bundle", "contract", id, "-o", &bundle], at.as_slice()].concat());
    let channel = server.channel().await;
    let mut proofs = proto::v1::proof_service_client::ProofServiceClient::new(channel);
    let key = proofs.get_checkpoint(proto::v1::GetCheckpointRequest {}).await.unwrap();
    std::fs::write(&policy, format!("log {}\nquorum none\n", key.into_inner().log_key)).unwrap();
    assert!(server.stop().success());
    let report = run_well(&["verify", &bundle, "--policy", &policy]);
    assert!(report.starts_with("VALIDE"), "{report}");
    assert_eq!(report.matches("Signature vérifiée").count(), 4, "{report}");
    for sealed in ["D'Alençon", "Kerbiriou", "déménagement", "035202408AB0001"] {
        assert!(!report.contains(sealed), "{sealed}: {report}");
    }
    // A key is not replaced, nor a bundle that was changed taken.
    assert_eq!(run(&["contract", "new-key", "cfa", "-o", &keys[3]]).status.code(), Some(1));
    let mut bytes = std::fs::read(&bundle).unwrap();
    let at = bytes.windows(7).position(|text| text == b"ed25519").unwrap();
    bytes[at] ^= 1;
    std::fs::write(&bundle, bytes).unwrap();
    assert_eq!(run(&["verify", &bundle, "--policy", &policy]).status.code(), Some(1));
}

/// Asks again until it is told: views follow the log a tenth of a second behind.
fn told_soon(args: &[&str], said: &str) -> String {
    for _ in 0..100 {
        let told = run_well(args);
        if told.contains(said) {
            return told;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("{said} is not in {}", run_well(args));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_acts_on_what_changed_reads_who_did_what_and_everybody_reads_why() {
    let (terminal, server) = Terminal::start().await;
    let (path, at) = (|name: &str| terminal.path(name), terminal.at());
    let act = |act: &str, rest: &[&str]| terminal.act(act, rest);
    let refused = |act: &str, actor: &str, rest: &[&str]| {
        refused(terminal.run(&[&["contract", act], rest, &["--actor", actor]].concat()))
    };
    let agreement = path("convention.pdf");
    std::fs::write(&agreement, "la convention de formation").unwrap();
    let name = terminal.draft(&[]);
    let name = name.as_str();
    act("fill", &[name, FORM]);
    act("attach", &[name, &agreement, "--kind", "training-agreement"]);
    // Two clients read version 3. One acts, the other is told so.
    act("publish", &[name, "--etag", "3"]);
    let told = refused("reopen", "maire-1", &[name, "--etag", "3", "--why", "trop tôt"]);
    for said in
        ["VERSION_CONFLICT", "version 4, par ", "/agent-7, le ", "Le formulaire est complet"]
    {
        assert!(told.contains(said), "{said}: {told}");
    }
    let told = refused("deposit", "maire-1", &[name, "--number", "N1"]);
    for said in ["NOT_ALLOWED", "Dernier acte : version 4, par ", "/agent-7, le ", "complet"] {
        assert!(told.contains(said), "{said}: {told}");
    }

    act("reopen", &[name, "--why", "le salaire est faux"]);
    act("publish", &[name]);
    act("paper", &[name, "--scan", &agreement, "--attestation", "vu l'original"]);
    act("submit", &[name, "--service", "DDETS 35"]);
    let as_of = |day: &str| {
        run_well(&[&["contract", "show", name, "--as-of", day], at.as_slice()].concat())
    };
    assert!(as_of("2026-01-01").contains("décision au plus tard le "), "{}", as_of("2026-01-01"));
    assert!(as_of("2090-01-01").contains(" : accepté"), "{}", as_of("2090-01-01"));
    assert!(!as_of("2026-01-01").contains(" : accepté"));
    act("refuse-deposit", &[name, "--why", "la durée est trop courte"]);
    act("suspend", &[name, "--why", "danger sur le chantier"]);
    let told = as_of("2026-01-01");
    assert!(told.contains(" : en cours, suspendu à compter du "), "{told}");
    let rupture = [
        "--mode",
        "apprentice-initiative",
        "--by",
        "apprentice",
        "--mediator",
        "2024-10-01",
        "--informed",
        "2024-10-08",
        "--cosigned",
        "--words",
        "je change de métier",
    ];
    act("rupture", &[&[name], rupture.as_slice()].concat());
    let told = as_of("2026-01-01");
    for said in [
        "formulaire rouvert le ",
        "« le salaire est faux »",
        "attestation le ",
        "« vu l'original »",
        "« la durée est trop courte »",
        "« danger sur le chantier »",
        "financement : 0 jour, le dépôt est refusé",
        "« je change de métier »",
        "médiateur saisi le 2024-10-01",
        "employeur informé du départ le 2024-10-08",
        "signé aussi par le représentant légal",
        "(L6222-18-2)",
        "(R6222-23-1)",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert_eq!(told.matches("je change de métier").count(), 1, "{told}");
    assert!(told.contains(" : en cours, rompu à compter du "), "it was still to come: {told}");
    let list = [["contract", "list", "--as-of", "2026-01-01"].as_slice(), &at].concat();
    told_soon(&list, "en cours, rompu à compter du ");
    let list = [["contract", "list", "--format", "json"].as_slice(), &at].concat();
    let list = told_soon(&list, "\"broken\"");
    for sealed in ["je change de métier", "trop courte", "danger", "l'original"] {
        assert!(!list.contains(sealed), "{sealed}: {list}");
    }
    assert!(server.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_ends_at_its_term_and_the_result_of_the_exam_comes_later() {
    let (terminal, server) = Terminal::start().await;
    let (path, at) = (|name: &str| terminal.path(name), terminal.at());
    let act = |act: &str, rest: &[&str]| terminal.act(act, rest);
    let document = path("convention.pdf");
    std::fs::write(&document, "la convention de formation").unwrap();
    let name = terminal.draft(&[]);
    let name = name.as_str();
    act("fill", &[name, FORM]);
    act("attach", &[name, &document, "--kind", "training-agreement"]);
    act("publish", &[name]);
    act("paper", &[name, "--scan", &document, "--attestation", "vu l'original"]);
    let ahead = refused(terminal.try_act("complete", &[name, "--last", "2099-08-31"]));
    assert!(ahead.contains("cette date est à venir"), "{ahead}");
    act("complete", &[name, "--last", "2026-08-31"]);
    let history = || run_well(&[["history", name].as_slice(), &at].concat());
    act("result", &[name, "--diploma", "false"]);
    assert!(!history().contains("Correction"), "it was not told before: {}", history());
    act("result", &[name, "--diploma", "true"]);
    let told = history();
    let corrected = "Correction : le contrat prend fin le 31 août 2026, diplôme obtenu";
    assert!(told.contains(corrected) && told.matches("Correction").count() == 1, "{told}");
    let shown = run_well(&[["contract", "show", name].as_slice(), &at].concat());
    assert!(shown.contains("2026-08-31") && shown.contains("diplôme obtenu"), "{shown}");
    assert!(server.stop().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_of_who_examines_contracts_and_what_is_late() {
    let (terminal, server) = Terminal::start().await;
    let (path, at) = (|name: &str| terminal.path(name), terminal.at());
    let act = |act: &str, rest: &[&str]| terminal.act(act, rest);
    let document = path("convention.pdf");
    std::fs::write(&document, "la convention de formation").unwrap();
    let name = terminal.draft(&[]);
    let name = name.as_str();
    act("fill", &[name, FORM]);
    let late = [["contract", "list", "--late", "--departement", "35"].as_slice(), &at].concat();
    let told = told_soon(&late, "EN RETARD, à signer au plus tard le 2024-09-02");
    assert!(told.contains(name) && told.contains("en cours de rédaction"), "{told}");
    assert!(told.contains(" du journal"), "{told}");
    act("fill", &[name, "--set", "terms.end_on=2024-10-01"]);
    let short = refused(terminal.try_act("publish", &[name]));
    for said in ["(DURATION_MIN, ", "Le contrat dure six mois au moins", "LAW_REFUSES"] {
        assert!(short.contains(said), "each rule is told with its text: {said}: {short}");
    }
    act("fill", &[name, FORM]);
    act("attach", &[name, &document, "--kind", "training-agreement"]);
    act("publish", &[name]);
    act("paper", &[name, "--scan", &document, "--attestation", "vu l'original"]);
    told_soon(&late, "EN RETARD, à transmettre au plus tard le 2024-09-07");
    let alerts = [["alerts", "--kind", "contract-late"].as_slice(), &at].concat();
    let told = told_soon(&alerts, "En retard depuis le 8 septembre 2024 (article D6275-1)");
    assert!(told.contains("employer"), "{told}");
    let opco = refused(terminal.try_act("submit", &[name, "--opco", "OPCOMMERCE"]));
    assert!(
        opco.contains("transmis à un service de l'État") && opco.contains("(DEPOSIT_BODY, "),
        "{opco}"
    );
    act("submit", &[name, "--service", "DDETS 35"]);
    act("ask-for", &[name, "--missing", "la convention signée"]);
    let queue = ["contract", "list", "--phase", "submitted", "--phase", "incomplete"];
    let told = told_soon(&[queue.as_slice(), &at].concat(), "délai suspendu depuis le ");
    assert!(!told.contains("la convention signée") && told.contains("DDETS 35"), "{told}");
    let json = run_well(&[queue.as_slice(), &["--format", "json"], &at].concat());
    assert!(json.contains("\"asked_on\": \"") && !json.contains("la convention signée"), "{json}");
    for word in ["\"phase\": \"incomplete\"", "\"life\": \"running\"", "\"decision\": \"stopped\""]
    {
        assert!(json.contains(word), "{word}: {json}");
    }
    let broken = [["contract", "list", "--life", "broken", "--format", "json"].as_slice(), &at];
    assert!(run_well(&broken.concat()).contains("\"contracts\": []"));
    let shown = run_well(&[["contract", "show", name].as_slice(), &at].concat());
    assert!(shown.contains("la convention signée"), "what is sealed one contract tells: {shown}");
    let asked_for = path("signée.pdf");
    std::fs::write(&asked_for, "la convention, signée").unwrap();
    act("attach", &[name, &asked_for, "--kind", "other"]);
    act("complete-file", &[name]);
    told_soon(&[queue.as_slice(), &at].concat(), "décision au plus tard le ");
    let invoice = ["--first", "2024-09-02", "--last", "2024-09-30", "--amount", "1250.50"];
    act("invoice", &[&[name, "--number", "F7"], invoice.as_slice()].concat());
    let funding = [["contract", "funding-of", name].as_slice(), &at].concat();
    let told = told_soon(&funding, "factures : InvoiceDeclared");
    assert!(told.contains("29 jours facturés") && told.contains("jours : FullySigned"), "{told}");
    let foot = told.lines().last().unwrap();
    assert!(foot.starts_with("au ") && foot.ends_with(" du journal"), "{told}");
    let nowhere = [["contract", "list", "--departement", "999"].as_slice(), &at].concat();
    assert!(refused(run(&nowhere)).contains("Ce département n'existe pas"));
    let unknown = run(&[["contract", "list", "--cfa", "123"].as_slice(), &at].concat());
    assert_eq!(unknown.status.code(), Some(2), "{unknown:?}");
    let unknown = run(&[["contract", "list", "--phase", "sent"].as_slice(), &at].concat());
    assert_eq!(unknown.status.code(), Some(2), "{unknown:?}");
    assert!(
        String::from_utf8_lossy(&unknown.stderr).contains("submitted, incomplete"),
        "{unknown:?}"
    );
    assert!(server.stop().success());
}
