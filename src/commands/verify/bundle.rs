//! The report of a bundle.

use super::Judged;
use super::signatures::{Following, Trusted};
use super::told::{Told, instant, of_event, of_tree};
use domain::event::Event;
use projections::histories::history;
use projections::source::Recorded;
use seal::Policy;
use seal::bundle::{Finding, Report, Stream, verify};
use std::fmt::Write as _;

pub(super) fn judge(bytes: &[u8], policy: &Policy, trusted: &Trusted) -> Judged {
    match verify(bytes, policy) {
        Ok(report) => match text(&report, trusted) {
            Ok(text) => Judged::Holds(text),
            Err(finding) => Judged::Wrong(vec![finding]),
        },
        Err(findings) => Judged::Wrong(findings),
    }
}

/// How many events a bundle proves of a contract or an enrolment, if it holds and is about that one. Signatures that need
/// the word of an authority or of a provider are left to `registre verify`, which is given it.
pub(in crate::commands) fn events(
    bytes: &[u8],
    policy: &Policy,
    trusted: &Trusted,
    about: &str,
) -> Result<usize, Vec<Finding>> {
    let report = verify(bytes, policy)?;
    text(&report, trusted).map_err(|finding| vec![finding])?;
    if report.about != about {
        return Err(vec![Finding::OtherHistory(about.to_owned())]);
    }
    Ok(report.streams.iter().map(|stream| stream.events.len()).sum())
}

/// What a bundle proves, unless it is of a contract that none of its events names, or a party's signature in it shows
/// something else.
fn text(report: &Report<'_>, trusted: &Trusted) -> Result<String, Finding> {
    let Report { about, time, software, checkpoint, cosigned, streams } = report;
    let mut text =
        format!("VALIDE : dossier de preuve de {about}\n\nétabli le {time} par {software}\n");
    of_tree(checkpoint, cosigned, &mut text);
    let contract = about.strip_prefix("contracts/");
    let mut is_named = contract.is_none();
    for stream in streams {
        is_named |= describe(stream, contract.unwrap_or_default(), trusted, &mut text)?;
    }
    text.push_str(
        "\nAucun événement n'a été modifié et il n'en manque aucun du premier au dernier. Le registre \
         atteste par sa signature qu'aucun ne suivait le dernier à la date du point de contrôle.",
    );
    if is_named { Ok(text) } else { Err(Finding::OtherHistory(about.clone())) }
}

/// Each event in words. One that this version cannot read is proven all the same, and says so in its place. Gives
/// whether one of them is about a contract, or may be.
fn describe(
    stream: &Stream<'_>,
    contract: &str,
    trusted: &Trusted,
    text: &mut String,
) -> Result<bool, Finding> {
    let mut known = Vec::new();
    let count = stream.events.len();
    let mut told = Vec::with_capacity(count);
    for event in &stream.events {
        let Told { stream, version, recorded_at, said, .. } =
            of_event(event.index, event.header, Some(event.body));
        if told.is_empty() {
            let _ = writeln!(text, "\nflux {stream} : {count} événements");
        }
        told.push((version, recorded_at, said.map(|event| known.push(event))));
    }
    let names = |event: &Recorded| match &event.event {
        Event::Enrolment(said) => said.fact.contract().is_some_and(|id| id.to_string() == contract),
        Event::Contract(..) => event.stream.key.to_string() == contract,
        _ => false,
    };
    let is_named = known.iter().any(names) || known.len() < count;
    let mut sentences = history(&known).into_iter().map(|event| event.sentence_fr);
    let (mut read, mut signatures) = (known.iter(), Some(Following::new(trusted)));
    for ((version, recorded_at, said), event) in told.into_iter().zip(&stream.events) {
        let sentence = match said {
            Ok(()) => {
                let sentence = sentences.next().unwrap_or_default();
                let follow = read.next().zip(signatures.as_mut());
                match follow.and_then(|(known, following)| following.next(known, event.body)) {
                    None => sentence,
                    Some(checked) => match checked.told() {
                        Some(told) => format!("{sentence} {told}"),
                        None => return Err(Finding::PartySignature(version)),
                    },
                }
            }
            Err(reason) => {
                // After what cannot be read, what was asked for is not known.
                signatures = None;
                format!("prouvé, mais {reason}")
            }
        };
        let opened = if event.clear.is_some() { " [données personnelles jointes]" } else { "" };
        let _ = writeln!(
            text,
            "  {version:>4}  position {:<9} enregistré le {} : {sentence}{opened}",
            event.index + 1,
            instant(recorded_at),
        );
    }
    Ok(is_named)
}
