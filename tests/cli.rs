//! The command from outside, where no server is needed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use clap::CommandFactory;
use common::server::run as registre;
use std::path::Path;
use std::process::Output;

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn no_command_has_two_options_of_one_name() {
    ::registre::commands::Cli::command().debug_assert();
}

#[test]
fn help_lists_every_command_and_each_has_its_own() {
    let help = out(&registre(&["--help"]));
    for command in [
        "demo",
        "serve",
        "push",
        "confirm",
        "reject",
        "headcount",
        "alerts",
        "outcomes",
        "history",
        "trajectory",
        "import",
        "key",
        "grant",
        "access-log",
        "generate",
        "rebuild",
        "fsck",
        "backup",
        "restore",
        "bench",
        "check",
        "contract",
        "find-person",
    ] {
        assert!(help.contains(&format!("\n  {command} ")), "{command} is not in:\n{help}");
        let own = registre(&[command, "--help"]);
        assert_eq!(own.status.code(), Some(0), "{command}");
        assert!(out(&own).lines().count() > 8, "{command} says little:\n{}", out(&own));
    }
}

#[test]
fn wrong_options_are_2_and_a_server_that_is_not_there_is_1_with_what_to_do() {
    let yesterday = registre(&["headcount", "--as-of", "yesterday"]);
    assert_eq!(yesterday.status.code(), Some(2));
    assert!(err(&yesterday).contains("YYYY-MM-DD, such as 2026-03-01"), "{}", err(&yesterday));
    assert_eq!(registre(&["trajectory", "--rules", "R9", "-"]).status.code(), Some(2));
    let nobody = registre(&["headcount", "--to", "http://127.0.0.1:1"]);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(err(&nobody).contains("registre serve --data DIR"), "{}", err(&nobody));
}

#[test]
fn a_contract_is_checked_against_the_law_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/contrat.json");
    let right = registre(&["check", path(&example), "--training-agreement"]);
    assert_eq!(right.status.code(), Some(0), "{}{}", out(&right), err(&right));
    assert!(
        out(&right).contains("rempli à 100 %") && !out(&right).contains("REFUS"),
        "{}",
        out(&right)
    );
    let readme = include_str!("../README.md");
    for line in out(&registre(&["check", path(&example)])).lines() {
        assert!(readme.contains(line), "README does not say: {line}");
    }
    // The agreement is not attached, the age of then was too high, and somebody signs too late.
    let text = std::fs::read_to_string(&example).unwrap();
    let wrong = folder.path().join("contrat.json");
    let changed = text.replace("2004-04-17", "1996-04-17").replace("2024-08-26", "2024-09-03");
    std::fs::write(&wrong, &changed).unwrap();
    let judged = registre(&["check", path(&wrong)]);
    assert_eq!(judged.status.code(), Some(1));
    for rule in ["SIGNED_BEFORE_START, L6222-4", "TRAINING_AGREEMENT_PUBLIC, D6275-1"] {
        assert!(out(&judged).contains(rule), "{rule} is not in:\n{}", out(&judged));
    }
    assert!(!out(&judged).contains("AGE_MAX"), "{}", out(&judged));
    let before = registre(&["check", path(&wrong), "--rules-of", "2018-12-31"]);
    assert!(out(&before).contains("AGE_MAX, L6222-1"), "{}", out(&before));
    // Thirty-four after a contract that others broke, and a code that the form's version does not have.
    let older = text.replace("2004-04-17", "1990-09-02").replace("10103*12", "10103*11");
    let older = older.replace("\"highest_diploma\": \"41\"", "\"highest_diploma\": \"54\"");
    let epic = older.replace("\"kind\": \"22\"", "\"kind\": \"30\"");
    std::fs::write(&wrong, epic).unwrap();
    let judged = registre(&["check", path(&wrong), "--previous-end", "2024-01-31"]);
    assert!(out(&judged).contains("(CODE_OF_VERSION, notice"), "{}", out(&judged));
    assert!(out(&judged).contains("(AGE_MAX, L6222-1"), "{}", out(&judged));
    let others = ["--previous-end", "2024-01-31", "--previous-broken-by-others"];
    let judged = registre(&[["check", path(&wrong)].as_slice(), others.as_slice()].concat());
    assert!(!out(&judged).contains("(AGE_MAX, L6222-1"), "{}", out(&judged));
    let level = registre(&["check", path(&wrong), "--previous-level", "4"]);
    assert_eq!(level.status.code(), Some(2), "of which contract is not said");
    // A field that is absent is missing, and what needs it is not judged.
    std::fs::write(&wrong, text.replace("\"end_on\": \"2026-08-31\",", "")).unwrap();
    let judged = registre(&["check", path(&wrong), "--training-agreement"]);
    assert_eq!(judged.status.code(), Some(1));
    for told in ["MANQUE      Date de fin du contrat", "Il manque terms.end_on", "INDÉTERMINÉ"] {
        assert!(out(&judged).contains(told), "{told} is not in:\n{}", out(&judged));
    }
    // What is no form is told field by field, without a value; a NIR is left out.
    std::fs::write(&wrong, text.replace("13002526500013", "13002526500014")).unwrap();
    let judged = registre(&["check", path(&wrong)]);
    assert_eq!(judged.status.code(), Some(2));
    assert!(err(&judged).contains("employer.siret") && !err(&judged).contains("13002526500014"));
    std::fs::write(
        &wrong,
        text.replace("\"sex\": \"F\"", "\"sex\": \"F\", \"nir\": \"2040435238001\""),
    )
    .unwrap();
    let judged = registre(&["check", path(&wrong), "--training-agreement"]);
    assert_eq!(judged.status.code(), Some(0), "{}", err(&judged));
    assert!(err(&judged).contains("NIR") && !err(&judged).contains("2040435238001"));
    std::fs::write(&wrong, "{").unwrap();
    assert_eq!(registre(&["check", path(&wrong)]).status.code(), Some(2));
    std::fs::write(&wrong, "{}").unwrap();
    assert_eq!(registre(&["check", path(&wrong)]).status.code(), Some(2));
    let absent = registre(&["check", path(&folder.path().join("absent.json"))]);
    assert_eq!(absent.status.code(), Some(2));
    assert!(err(&absent).contains("absent.json") && err(&absent).contains("ne peut pas être lu"));
    let yesterday = registre(&["check", path(&wrong), "--rules-of", "hier"]);
    assert!(err(&yesterday).contains("YYYY-MM-DD, such as 2026-03-01"), "{}", err(&yesterday));
}

#[test]
fn commands_on_a_folder_without_a_ledger_make_none() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["rebuild", "fsck"] {
        let refused = registre(&[command, "--data", path(folder.path())]);
        assert_eq!(refused.status.code(), Some(1), "{command}");
        assert!(err(&refused).contains("holds no ledger"), "{}", err(&refused));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_demo_leaves_a_folder_that_is_not_its_own_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "three years").unwrap();
    let refused = registre(&["demo", "--exit", "--data", path(folder.path())]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(err(&refused).contains("Name another folder"), "{}", err(&refused));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn generated_files_are_the_same_for_a_seed_and_their_trajectories_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let one_night = |name: &str, seed: &str| {
        let made = folder.path().join(name);
        let generated = registre(&[
            "generate",
            "--apprentices",
            "60",
            "--seed",
            seed,
            "--from",
            "2026-01-04",
            "--to",
            "2026-01-04",
            "--out",
            path(&made),
        ]);
        assert_eq!(generated.status.code(), Some(0), "{}", err(&generated));
        let day = made.join("2026-01-04");
        let mut files: Vec<_> =
            std::fs::read_dir(day).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    };
    let (first, again) = (one_night("a", "1"), one_night("b", "1"));
    let bytes = |files: &[std::path::PathBuf]| -> Vec<Vec<u8>> {
        files.iter().map(|file| std::fs::read(file).unwrap()).collect()
    };
    assert_eq!(bytes(&first), bytes(&again));
    assert_ne!(bytes(&first), bytes(&one_night("c", "2")));

    let lines = out(&registre(&["trajectory", "--as-of", "2026-01-04", path(&first[0])]));
    assert!(lines.lines().count() > 3);
    for line in lines.lines() {
        assert!(line.starts_with("{\"id_erp_apprenant\":\""), "{line}");
        assert!(line.contains("\"rules\":\"R3\",\"current\":"), "{line}");
    }
}

#[test]
fn a_row_without_a_session_is_told_and_the_others_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.csv");
    let rows = "id_erp_apprenant;date_entree_formation;date_fin_formation\n\
                A;01/09/2024;31/08/2025\nB;bientôt;31/08/2025\n";
    std::fs::write(&file, rows).unwrap();
    let some = registre(&["trajectory", "--as-of", "2024-11-29", path(&file)]);
    assert_eq!(some.status.code(), Some(3));
    assert_eq!(
        out(&some),
        "{\"id_erp_apprenant\":\"A\",\"rules\":\"R3\",\"current\":\"INSCRIT\",\"trajectory\":[\
         {\"from\":\"2024-09-01\",\"status\":\"INSCRIT\"},\
         {\"from\":\"2024-11-30\",\"status\":\"ABANDON\"}]}\n"
    );
    assert!(err(&some).contains("row 2: date_entree_formation"), "{}", err(&some));
    assert!(!err(&some).contains("bientôt"));
}

#[test]
fn a_trajectory_drops_a_contract_date_that_cannot_be_read_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("row.json");
    let row = r#"[{"id_erp_apprenant": 7, "date_entree_formation": "2024-09-01",
        "date_fin_formation": "2025-07-31", "contrat_date_debut": "2024-09-01",
        "contrat_date_rupture": "31/02/2025"}]"#;
    std::fs::write(&file, row).unwrap();
    let told = registre(&["trajectory", "--as-of", "2025-04-01", path(&file)]);
    assert_eq!(told.status.code(), Some(0), "{}", err(&told));
    assert!(out(&told).contains(r#""id_erp_apprenant":"7","rules":"R3","current":"APPRENTI""#));
    assert!(err(&told).contains("row 1: contrat_date_rupture is not a date"), "{}", err(&told));
}

#[test]
fn a_demo_prints_every_table_and_a_seed_gives_the_same_figures() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("ledger");
    let demo = || {
        let args = ["demo", "--apprentices", "60", "--exit", "--listen", "127.0.0.1:0", "--data"];
        let done = registre(&[&args[..], &[path(&data)]].concat());
        assert_eq!(done.status.code(), Some(0), "{}", err(&done));
        out(&done)
    };
    let text = demo();
    for part in [
        "A school year passed",
        "The dashboard month by month",
        "as each could be published",
        "Open alerts",
        "The most urgent ones",
        "Outcomes",
        "The history of one broken contract",
        "trajectory: ",
        "How to go on",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    // The months of both evolutions: names of events and contracts differ, figures do not.
    let months = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.starts_with(" 202")).take(24).map(str::to_owned).collect()
    };
    assert_eq!(months(&text).len(), 24, "{text}");
    assert_eq!(months(&text), months(&demo()), "the older demo was replaced by an equal one");

    let checked = registre(&["fsck", "--data", path(&data)]);
    assert!(out(&checked).contains("all is right"), "{}", out(&checked));
}
