//! `registre bench` from outside: a tiny run of every cell. No timing is looked at.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bench::cells::{Settings, plan};
use bench::harness::Cell;
use bench::premises::Premises;
use registre::wiring::Benched;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

/// A run of one short round; the disk of a machine that runs tests is never steady.
fn tiny(dir: &Path, more: &[&str]) -> Output {
    let args = ["bench", "--rounds", "1", "--seconds", "0.05", "--sequential-mib", "2"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_registre"));
    command.args(args).args(["--dir", dir.to_str().unwrap()]).args(more).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn every_cell_is_measured_and_every_promise_is_judged() {
    let dir = tempfile::tempdir().unwrap();
    let output = tiny(dir.path(), &["--allow-unsteady"]);
    let (out, err) = (out(&output), String::from_utf8_lossy(&output.stderr).into_owned());
    assert_eq!(output.status.code(), Some(0), "{err}");
    let line_of = |name: &str| {
        let found = out.lines().find(|line| line.trim_start().starts_with(name));
        found.unwrap_or_else(|| panic!("{name} is not in:\n{out}"))
    };
    let premises: Arc<dyn Premises> = Arc::new(Benched);
    let plan = plan(Settings { sequential_mib: 2 }, &premises).unwrap();
    assert!(plan.cells.len() > 20, "{} cells", plan.cells.len());
    for name in plan.cells.iter().flat_map(Cell::names) {
        let line = line_of(name);
        let measured = line.trim_start().strip_prefix(name).unwrap();
        let rate = measured.trim_start().split(' ').next().unwrap().replace(',', "");
        assert!(rate.parse::<f64>().unwrap() > 0.0, "{line}");
    }
    for promise in &plan.promises {
        let line = line_of(&promise.what);
        let judged = line.trim_end().ends_with("met") || line.trim_end().ends_with("NOT MET");
        assert!(judged, "{line}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "something is left behind");
}

#[test]
fn only_some_cells_can_be_run_and_the_others_are_said_to_be_missing() {
    let dir = tempfile::tempdir().unwrap();
    let output = tiny(dir.path(), &["--allow-unsteady", "--only", "raw LOG, 1 in"]);
    let out = out(&output);
    assert!(out.contains("raw log, 1 in flight") && !out.contains("journal, 1 in"), "{out}");
    assert!(out.contains("not measured"), "{out}");
    let wrong = tiny(dir.path(), &["--only", "no such thing"]);
    assert_eq!(wrong.status.code(), Some(1));
    let err = String::from_utf8(wrong.stderr).unwrap();
    assert!(err.contains("no cell is named like \"no such thing\""), "{err}");
}
