//! `registre verify`: a bundle, checked with no network and no database.

use super::Outcome;
use crate::console;
use anyhow::Context;
use domain::ids::{Instant, Position};
use ledger::codec::{self, Closed};
use ledger::record::{Content, Header, StoredRecord};
use projections::histories::history;
use projections::source::Recorded;
use seal::bundle::{BUNDLE_BYTES_MAX, Event, Finding, Report, Stream, verify};
use seal::{Policy, hex};
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::PathBuf;

/// Check a bundle against a policy, with no network and no database
///
/// Shows that no event of the history was changed, that none is missing from the first to the last, that
/// none came after it when the checkpoint was signed, and that the checkpoint is signed and cosigned as the
/// policy asks. The report is in French.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit code 0 when the bundle holds, 1 when it does not, 2 when it cannot be judged (a file that cannot be
read, a policy that is none).

A policy is a text file:
    log KEY                       the key of the ledger, as `registre serve` prints it
    witness NAME KEY              the key of a witness, as `registre witness` prints it
    group NAME K NAME NAME …      so many of these (or any, or all)
    quorum NAME                   whose signatures are asked for; none for no witness")]
pub(crate) struct Args {
    /// The bundle
    file: PathBuf,
    /// Whose signatures are asked for
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let judged = read(args).and_then(|(bytes, policy)| match verify(&bytes, &policy) {
        Ok(report) => Ok((text(&report)?, Outcome::Done)),
        Err(findings) => Ok((refusal(&findings), Outcome::Failed)),
    });
    match judged {
        Ok((told, outcome)) => {
            // Whoever reads may be gone already: what was found stays so.
            let _ = console::line(&told);
            Ok(outcome)
        }
        Err(error) => {
            console::note(&format!("ce dossier ne peut pas être jugé : {error:#}"));
            Ok(Outcome::Unjudged)
        }
    }
}

fn read(args: &Args) -> anyhow::Result<(Vec<u8>, Policy)> {
    let policy = fs_err::read_to_string(&args.policy)?;
    let policy = policy.parse().with_context(|| args.policy.display().to_string())?;
    // One byte more than is judged tells that there are too many.
    let mut bytes = Vec::new();
    let most = BUNDLE_BYTES_MAX as u64 + 1;
    fs_err::File::open(&args.file)?.take(most).read_to_end(&mut bytes)?;
    Ok((bytes, policy))
}

/// What is wrong with a bundle.
fn refusal(findings: &[Finding]) -> String {
    let mut text = "REFUSÉ : ce dossier n'est pas celui que le registre a signé.\n".to_owned();
    for finding in findings {
        let _ = write!(text, "\n  - {}", finding.fr());
    }
    text
}

/// What a bundle proves.
fn text(report: &Report<'_>) -> anyhow::Result<String> {
    let Report { about, time, software, checkpoint, cosigned, streams } = report;
    let mut text = format!(
        "VALIDE : dossier de preuve de {about}\n\nétabli le {time} par {software}\nregistre {}\n\
         point de contrôle de {} événements, racine {}\n",
        checkpoint.origin,
        checkpoint.size,
        hex(&checkpoint.root)
    );
    if cosigned.witnesses.is_empty() {
        text.push_str("signé par le registre ; la politique ne demande aucun témoin\n");
    }
    for (witness, seconds) in &cosigned.witnesses {
        let at = instant(i64::try_from(*seconds).unwrap_or_default().saturating_mul(1_000_000));
        let _ = writeln!(text, "contresigné par {witness} le {at}");
    }
    for stream in streams {
        describe(stream, &mut text)?;
    }
    text.push_str(
        "\nAucun événement n'a été modifié et il n'en manque aucun du premier au dernier. Le registre \
         atteste par sa signature qu'aucun ne suivait le dernier à la date du point de contrôle.",
    );
    Ok(text)
}

fn describe(stream: &Stream<'_>, text: &mut String) -> anyhow::Result<()> {
    let events = stream.events.iter().map(recorded).collect::<anyhow::Result<Vec<_>>>()?;
    let Some(first) = events.first() else { return Ok(()) };
    let _ = writeln!(text, "\nflux {} : {} événements", first.stream, events.len());
    for (told, event) in history(&events).iter().zip(&stream.events) {
        let Recorded { version, position, recorded_at, .. } = &told.recorded;
        let opened = if event.clear.is_some() { " [données personnelles jointes]" } else { "" };
        let _ = writeln!(
            text,
            "  {version:>4}  position {position:<9} enregistré le {} : {}{opened}",
            instant(recorded_at.0),
            told.sentence_fr,
        );
    }
    Ok(())
}

/// An event as the views read it, its sealed sections closed.
fn recorded(event: &Event<'_>) -> anyhow::Result<Recorded> {
    let header = Header::decode(event.header)?;
    let record = StoredRecord {
        position: Position(event.index + 1),
        sections: vec![Content::Erased; header.sections.len()],
        header_bytes: event.header.to_vec().into(),
        body: event.body.to_vec().into(),
        header,
    };
    let said = codec::decode(&record, &Closed)?;
    let Header { recorded_at, stream, version, request_index, source, .. } = record.header;
    let position = record.position;
    Ok(Recorded {
        position,
        recorded_at,
        stream,
        version,
        request_index,
        source,
        event: said,
        keys: None,
    })
}

fn instant(micros: i64) -> String {
    grpc::times::of_instant(Instant(micros))
}
