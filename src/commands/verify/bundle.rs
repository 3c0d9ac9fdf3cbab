//! The report of a bundle.

use super::Judged;
use super::told::{Told, instant, of_event, of_tree};
use projections::histories::history;
use projections::source::Recorded;
use seal::Policy;
use seal::bundle::{Report, Stream, verify};
use std::fmt::Write as _;

pub(super) fn judge(bytes: &[u8], policy: &Policy) -> Judged {
    match verify(bytes, policy) {
        Ok(report) => Judged::Holds(text(&report)),
        Err(findings) => Judged::Wrong(findings),
    }
}

/// What a bundle proves.
fn text(report: &Report<'_>) -> String {
    let Report { about, time, software, checkpoint, cosigned, streams } = report;
    let mut text =
        format!("VALIDE : dossier de preuve de {about}\n\nétabli le {time} par {software}\n");
    of_tree(checkpoint, cosigned, &mut text);
    for stream in streams {
        describe(stream, &mut text);
    }
    text.push_str(
        "\nAucun événement n'a été modifié et il n'en manque aucun du premier au dernier. Le registre \
         atteste par sa signature qu'aucun ne suivait le dernier à la date du point de contrôle.",
    );
    text
}

/// Each event in words. One that this version cannot read is proven all the same, and says so in its place.
fn describe(stream: &Stream<'_>, text: &mut String) {
    let all: Vec<Told> = stream
        .events
        .iter()
        .map(|event| of_event(event.index, event.header, Some(event.body)))
        .collect();
    let Some(first) = all.first() else { return };
    let _ = writeln!(text, "\nflux {} : {} événements", first.stream, all.len());
    let known: Vec<Recorded> = all.iter().filter_map(|told| told.said.clone().ok()).collect();
    let mut sentences = history(&known).into_iter().map(|event| event.sentence_fr);
    for (told, event) in all.iter().zip(&stream.events) {
        let sentence = match &told.said {
            Ok(_) => sentences.next().unwrap_or_default(),
            Err(reason) => format!("prouvé, mais {reason}"),
        };
        let opened = if event.clear.is_some() { " [données personnelles jointes]" } else { "" };
        let _ = writeln!(
            text,
            "  {:>4}  position {:<9} enregistré le {} : {sentence}{opened}",
            told.version,
            event.index + 1,
            instant(told.recorded_at),
        );
    }
}
