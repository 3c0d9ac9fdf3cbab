//! `registre check`: a contract's form against the law, with no server.

use super::{Outcome, day};
use crate::console;
use chrono::NaiveDate;
use domain::cerfa::json::{Imported, JsonError};
use domain::cerfa::{Completeness, Form};
use domain::law::{self, Case, Outcome as Said, Previous, Severity, Unknown, Verdict};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Check a CERFA 10103 form against the law, with no server
///
/// Every rule that is in force on the day of the contract says what it finds, all at once: what refuses the contract,
/// what whoever decides is told, what cannot be said and why. The rules are in docs/rules.md. The report is in French.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit code 0 when no rule refuses the contract and nothing is missing, 1 when one does or the form is not
complete, 2 when the file cannot be read or is no form.

Examples:
  registre check contrat.json --training-agreement
  registre check avenant.json --amends contrat.json --training-agreement
  registre check contrat.json --rules-of 2018-12-31")]
pub(crate) struct Args {
    /// The form, as JSON: an object for each block
    file: PathBuf,
    /// The training agreement is attached
    #[arg(long)]
    training_agreement: bool,
    /// The agreement on another duration than the training's is attached
    #[arg(long)]
    duration_agreement: bool,
    /// The last day of the apprentice's contract before this one
    #[arg(long, value_name = "DATE", value_parser = day::parse)]
    previous_end: Option<NaiveDate>,
    /// That contract was broken for a reason that is not the apprentice's
    #[arg(long, requires = "previous_end")]
    previous_broken_by_others: bool,
    /// The level of the diploma obtained at its end, from 3 to 8; absent when none was, or it is not known
    #[arg(long, value_name = "LEVEL", requires = "previous_end", value_parser = clap::value_parser!(u8).range(3..=8))]
    previous_level: Option<u8>,
    /// The contract that this one amends
    #[arg(long, value_name = "FILE")]
    amends: Option<PathBuf>,
    /// Judge by the rules of another day than the contract's
    #[arg(long, value_name = "DATE", value_parser = day::parse)]
    rules_of: Option<NaiveDate>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let Some(form) = read(&args.file) else { return Ok(Outcome::Unjudged) };
    let amended = match &args.amends {
        Some(file) => {
            let Some(form) = read(file) else { return Ok(Outcome::Unjudged) };
            Some(form)
        }
        None => None,
    };
    let previous = args.previous_end.map(|ended| Previous {
        ended_on: Some(ended),
        broken_by_others: args.previous_broken_by_others,
        level: args.previous_level,
    });
    let case = Case {
        previous: previous.as_ref(),
        amended: amended.as_ref(),
        training_agreement: args.training_agreement,
        duration_agreement: args.duration_agreement,
        ..Case::of(&form)
    };
    let Ok(day) = args.rules_of.map_or_else(|| case.judged_on(), Ok) else {
        console::note(
            "rien ne peut être jugé : le formulaire ne dit ni la date de conclusion (terms.concluded_on) ni celle de \
             début (terms.start_on)",
        );
        return Ok(Outcome::Unjudged);
    };
    let verdicts = law::table::judge_by_rules_of(&case, day);
    let completeness = form.completeness();
    console::line(&report(&verdicts, day, &completeness))?;
    let refused = verdicts.iter().any(Verdict::refuses);
    Ok(if refused || completeness.percent() < 100 { Outcome::Failed } else { Outcome::Done })
}

/// Reads a form; `None` when the file is none, and why was told.
fn read(file: &Path) -> Option<Form> {
    let reasons = match fs_err::read_to_string(file).map(|text| Form::from_json(&text)) {
        Ok(Ok(Imported { form, had_nir })) => {
            if had_nir {
                console::note(
                    "le NIR du fichier est laissé de côté : le registre ne l'enregistre jamais",
                );
            }
            return Some(form);
        }
        Ok(Err(JsonError::Fields(refused))) => refused.iter().map(|one| one.text().fr).collect(),
        Ok(Err(JsonError::Form(text))) => vec![text.fr],
        Ok(Err(JsonError::Syntax { line, column })) => {
            vec![format!("ce n'est pas du JSON, ligne {line}, colonne {column}")]
        }
        Err(error) => vec![format!("le fichier ne peut pas être lu ({error})")],
    };
    for reason in reasons {
        console::note(&format!("{} : {reason}", file.display()));
    }
    None
}

/// What is missing, then what each rule finds: first what refuses, then what warns, then what cannot be said.
fn report(verdicts: &[Verdict], day: NaiveDate, completeness: &Completeness) -> String {
    let mut text = format!(
        "formulaire rempli à {} % ; jugé selon les règles du {}\n",
        completeness.percent(),
        day.format("%d/%m/%Y")
    );
    for missing in &completeness.missing {
        let _ = writeln!(text, "  MANQUE      {} ({})", missing.label, missing.path);
    }
    let mut of = |kind: &str, fits: &dyn Fn(&Verdict) -> Option<String>| {
        for verdict in verdicts {
            let Some(found) = fits(verdict) else { continue };
            let _ = write!(
                text,
                "  {kind:<11} {} ({}, {})",
                found, verdict.rule.id, verdict.rule.article
            );
            text.push('\n');
        }
    };
    let broken = |severity: Severity| {
        move |verdict: &Verdict| match &verdict.outcome {
            Said::Broken(more) if verdict.rule.severity == severity => {
                let more = more.as_ref().map(|more| format!(" {}", more.fr)).unwrap_or_default();
                Some(format!("{}{more}", verdict.rule.fr))
            }
            _ => None,
        }
    };
    of("REFUS", &broken(Severity::Refuse));
    of("À VÉRIFIER", &broken(Severity::Warn));
    of("INDÉTERMINÉ", &|verdict| match verdict.outcome {
        Said::Undetermined(unknown) => Some(format!("{} {}", verdict.rule.fr, reason(unknown))),
        _ => None,
    });
    let holds = verdicts.iter().filter(|verdict| verdict.outcome == Said::Holds).count();
    let concerned = verdicts.iter().filter(|verdict| verdict.outcome != Said::NotConcerned).count();
    let _ = write!(
        text,
        "{holds} règles respectées sur les {concerned} qui concernent ce contrat ({} en vigueur)",
        verdicts.len()
    );
    text
}

/// Why nothing can be said, and what to do here.
fn reason(unknown: Unknown) -> String {
    match unknown {
        Unknown::Amended => "Donnez le contrat modifié (--amends).".to_owned(),
        other => other.text().fr,
    }
}
