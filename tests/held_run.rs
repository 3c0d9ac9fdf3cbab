//! An export whose rupture column came back empty, seen by the person who pushes
//! files: it is held, an alert says so, and one command says which it was.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use common::server::{Server, run, run_well};
use std::path::Path;

/// Six learners with a contract, broken or not, as CSV.
fn export(broken: bool) -> String {
    let mut csv = "nom_apprenant;prenom_apprenant;date_de_naissance_apprenant;id_erp_apprenant;\
                   annee_scolaire;date_inscription_formation;date_entree_formation;\
                   date_fin_formation;etablissement_responsable_uai;etablissement_responsable_siret;\
                   etablissement_formateur_uai;etablissement_formateur_siret;formation_rncp;\
                   contrat_date_debut;contrat_date_fin;contrat_date_rupture\n"
        .to_owned();
    let uai = common::rows::uai(10826);
    let siret = common::rows::siret(1_300_252_650_001);
    for n in 0..6 {
        let rupture = if broken { "14/11/2025" } else { "" };
        csv += &format!(
            "QUAXBRÉL;Zoé;{:02}/03/2006;E-{n};2025-2026;15/06/2025;01/09/2025;31/07/2027;{uai};\
             {siret};{uai};{siret};RNCP37537;02/09/2025;31/07/2027;{rupture}\n",
            n + 2
        );
    }
    csv
}

/// Pushes an export in full, as extracted on that day, and gives what was printed.
fn push(url: &str, folder: &Path, day: &str, broken: bool, exit: i32) -> String {
    let file = folder.join(format!("{day}.csv"));
    std::fs::write(&file, export(broken)).unwrap();
    let at = format!("{day}T02:00:00Z");
    let file = file.to_str().unwrap();
    let done = run(&["push", "--full", "--extracted-at", &at, "--to", url, file]);
    let printed = String::from_utf8_lossy(&done.stdout).into_owned();
    let failed = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(exit), "{printed}{failed}");
    printed
}

/// Waits until so many runs are shown as held; the views follow a moment later.
async fn must_show_held(url: &str, count: usize) {
    for _ in 0..100 {
        let alerts = run_well(&["alerts", "--as-of", "2026-02-01", "--to", url]);
        let held = alerts.lines().filter(|line| line.contains("run-held ")).count();
        if held == count {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{}", run_well(&["alerts", "--as-of", "2026-02-01", "--to", url]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_column_waits_until_one_command_says_which_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data")).await;
    let url = server.url();
    push(&url, folder.path(), "2025-12-01", true, 0);
    for (day, word) in [("2025-12-02", "reject"), ("2025-12-04", "confirm")] {
        let printed = push(&url, folder.path(), day, false, 3);
        assert!(printed.contains("6 disappearances are held"), "{printed}");
        let name = printed.split_whitespace().find(|word| word.starts_with("pushRuns/")).unwrap();
        let name = name.trim_end_matches(',');
        must_show_held(&url, 1).await;
        for _ in 0..2 {
            let said = run_well(&[word, name, "--actor", "agent-7", "--to", &url]);
            assert!(said.contains(&format!("{word}ed")), "{said}");
        }
        let contrary = if word == "reject" { "confirm" } else { "reject" };
        let refused = run(&[contrary, name, "--actor", "agent-7", "--to", &url]);
        assert_eq!(refused.status.code(), Some(1));
        must_show_held(&url, 0).await;
        if word == "reject" {
            push(&url, folder.path(), "2025-12-03", true, 0);
        }
    }
    let printed = push(&url, folder.path(), "2025-12-05", false, 0);
    assert!(printed.contains("0 written, 6 unchanged"), "{printed}");
    assert!(server.stop().success());
}
