//! `registre fsck`: everything that was written, checked again.

use super::Outcome;
use super::seal_dir::SealDir;
use crate::console;
use crate::remote::count;
use anyhow::Context;
use ledger::erasure::Survivors;
use ledger::fsck::{Known, Report, fsck_against};
use ledger::notary::{Options, keys_of, newest_signed};
use seal::Checkpoint;
use seal::bundle::checkpoint_in;
use std::path::PathBuf;

/// Check everything that was written
///
/// Reads the log from its first byte: checksums, digests of bodies and sealed sections, the chain
/// of each stream, the Merkle tree; and the key store: whether every person of whom the log holds
/// personal data has an entry, and whether whoever was erased has a fence, no key and no section; and whether the log still begins with every tree that it signed: the newest
/// checkpoint, kept apart, and those in the files of --known. Changes nothing and needs no key. The
/// server must be stopped.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit code 0 when all is right, 1 otherwise: then keep the damaged folder, put the last backup back
in a new one (registre restore), and let the sources push again: nothing is doubled.")]
pub(crate) struct Args {
    /// Where the ledger is kept
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[command(flatten)]
    seal: SealDir,
    /// A checkpoint, a proof or a bundle that the log gave out: it must still begin with that tree
    #[arg(long, value_name = "FILE")]
    known: Vec<PathBuf>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Outcome> {
    crate::wiring::must_exist(&args.data)?;
    let seal = args.seal.of(&args.data)?;
    let mut trees = given(args, &seal)?;
    // A folder apart that cannot be read is told, and keeps nobody from checking the data.
    let newest = newest_signed(&seal);
    if let Ok(Some(newest)) = &newest {
        let from = seal.apart.display().to_string();
        trees.push(Known { from, size: newest.size, root: newest.root });
    }
    let report = fsck_against(&args.data, &trees)?;
    match &newest {
        Ok(Some(_)) => {}
        Ok(None) => console::line(
            "NOT COMPARED with the newest that the log signed: name its folder with --seal-dir",
        )?,
        Err(error) => console::line(&format!("DAMAGED: {error}\nof the data alone:"))?,
    }
    // Whoever reads may be gone already: what was found stays so.
    let _ = console::line(&text(&report));
    Ok(if report.is_right() && newest.is_ok() { Outcome::Done } else { Outcome::Failed })
}

/// The trees of the files that were given, believed: one of the log's own keys signed them.
fn given(args: &Args, seal: &Options) -> anyhow::Result<Vec<Known>> {
    let mut all = Vec::new();
    for path in &args.known {
        let found = checkpoint_in(&fs_err::read(path)?);
        let (Checkpoint { origin, size, root }, note) = found.with_context(|| {
            format!("{} has no checkpoint: it is no bundle, proof or checkpoint", path.display())
        })?;
        note.verify_any(&origin, &keys_of(seal)?).with_context(|| {
            format!(
                "{} says nothing of this log: none of the keys in log/name signed it",
                path.display()
            )
        })?;
        all.push(Known { from: path.display().to_string(), size, root });
    }
    Ok(all)
}

/// A report, for people.
pub(super) fn text(report: &Report) -> String {
    let mut lines = vec![format!(
        "{} events in {} streams, {} segment files, {} sealed sections, {} erased",
        count(report.events),
        count(report.streams as u64),
        report.segments,
        count(report.sections),
        count(report.erased)
    )];
    if let Some(head) = &report.head {
        let root = console::hex(&head.root);
        lines.push(format!("root {root} of {} events", count(head.position.0)));
    }
    if report.torn {
        let what = if report.forged.is_empty() {
            "an unfinished group follows the last whole one, never acknowledged: the next start cuts it"
        } else {
            "damage follows the last whole group: it is left as it is, since more was signed"
        };
        lines.push(what.to_owned());
    }
    lines.push(format!(
        "keys of {} persons, {} persons erased",
        count(report.keys.persons as u64),
        count(report.keys.erased as u64)
    ));
    if report.keys.damaged > 0 && report.keys.problem.is_none() {
        lines.push(
            "keys/subjects ends with bytes that no record needs: the next start puts them aside"
                .to_owned(),
        );
    }
    lines.extend(report.problem.iter().map(|problem| format!("DAMAGED: {problem}")));
    lines.extend(report.keys.problem.iter().map(|problem| format!("DAMAGED: {problem}")));
    lines.extend(survivors(&report.survivors));
    lines.extend(report.forged.iter().map(|Known { from, size, .. }| {
        format!("FORGED: the log does not begin with the tree of {} events of {from}", count(*size))
    }));
    if report.is_right() {
        lines.push("all is right".to_owned());
    }
    lines.join("\n")
}

/// What is left of persons who were erased, for who checks and for who answers for it.
fn survivors(of: &Survivors) -> Vec<String> {
    let Survivors { unfenced, living, sections, unfinished } = of;
    let mut lines = Vec::new();
    if !of.are_none() {
        lines.push(format!(
            "NOT ERASED: {unfenced} erased persons have no fence in keys/, {living} have a key, \
             {sections} of their sections are not zeros: start the server, which ends it before it \
             reads anything, and check again"
        ));
        lines.push(format!(
            "EFFACEMENT INCOMPLET : personnes effacées sans trace dans keys/fences : {unfenced} ; \
             dont une clé subsiste : {living} ; parties scellées encore lisibles : {sections}. \
             Redémarrez le serveur, qui achève l'effacement avant toute lecture, puis vérifiez de \
             nouveau."
        ));
    }
    if *unfinished > 0 {
        lines.push(format!("{unfinished} erasures were interrupted: the next start ends them"));
        lines.push(format!(
            "effacements interrompus, que le prochain démarrage achève : {unfinished}"
        ));
    }
    lines
}
