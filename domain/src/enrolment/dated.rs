//! A rupture or an exclusion: a date and its words, which a row states,
//! corrects, or (in a full run) no longer has.

use super::blocks::Opened;
use super::command::CommandError;
use super::corrections::links;
use super::gate::{Gate, Value};
use super::state::Enrolment;
use crate::ids::EventId;
use chrono::NaiveDate;

/// What the ledger knows of it, or what the source last said of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    /// The live event.
    pub(super) event: EventId,
    /// Its day.
    pub(super) on: NaiveDate,
    /// Its words.
    pub(super) words: Option<&'a Opened<String>>,
}

/// What the row says of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said<'a> {
    /// Its day.
    pub(super) on: Option<NaiveDate>,
    /// Its words; alone, without a day, they say nothing.
    pub(super) words: Option<&'a String>,
    /// Whether the run is full and the column truly empty: then absence speaks.
    pub(super) absence_speaks: bool,
}

/// What comes of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing.
    Nothing,
    /// An event; with `corrects` it replaces that event's value.
    Says {
        /// The live event that it corrects.
        corrects: Option<EventId>,
        /// The day.
        on: NaiveDate,
        /// The words.
        words: Option<Opened<String>>,
    },
    /// The event is no longer in a full row.
    Vanished(EventId),
}

/// Compares the row with what is known; the pair is the date's and the words' numbers.
///
/// `before` is what the source last said, when a person has changed the dossier
/// since (see [`Gate::takes`]).
///
/// # Errors
/// `Hidden` when the words must be compared and are not open.
pub(super) fn compare(
    state: &Enrolment,
    gate: &mut Gate<'_>,
    (date, cause): (Value, Value),
    known: Option<Known<'_>>,
    before: Option<Option<Known<'_>>>,
    said: Said<'_>,
) -> Result<Outcome, CommandError> {
    let Some(on) = said.on else {
        return Ok(absent(state, gate, (date, cause), known, said.absence_speaks));
    };
    let date_before = before.map(|b| b.map(|b| b.on));
    let words_before = before.map(|b| b.and_then(|b| b.words).and_then(Opened::clear));
    let words_before = words_before.as_ref();
    let Some(known) = known else {
        let takes_date = gate.takes(date, &None, date_before.as_ref(), &Some(on));
        let takes_words = gate.takes(cause, &None, None, &said.words);
        let words = said.words.filter(|_| takes_words).cloned().map(Opened::Clear);
        let says = Outcome::Says { corrects: None, on, words };
        return Ok(if takes_date { says } else { Outcome::Nothing });
    };
    let known_words = match known.words {
        Some(Opened::Hidden) if said.words.is_some() => return Err(CommandError::Hidden),
        words => words.and_then(Opened::clear),
    };
    let takes_date = gate.takes(date, &Some(known.on), date_before.as_ref(), &Some(on));
    // A person's own words stay: a push only adds words where there are none.
    let kept = known_words.is_some() && !pushed(state, known.event);
    let words = cause.beside_a_date();
    let takes_words = gate.takes(words, &known_words, words_before, &said.words) && !kept;
    if !takes_date && !takes_words {
        return Ok(Outcome::Nothing);
    }
    let words =
        if takes_words { said.words.cloned().map(Opened::Clear) } else { known.words.cloned() };
    let on = if takes_date { on } else { known.on };
    Ok(Outcome::Says { corrects: Some(known.event), on, words })
}

fn absent(
    state: &Enrolment,
    gate: &mut Gate<'_>,
    (date, cause): (Value, Value),
    known: Option<Known<'_>>,
    speaks: bool,
) -> Outcome {
    match known {
        _ if !speaks => Outcome::Nothing,
        None => {
            gate.states(date);
            gate.states(cause);
            Outcome::Nothing
        }
        // Not stated as absent yet: the close of the run may hold it.
        Some(known) if pushed(state, known.event) && gate.admits(date, true) => {
            Outcome::Vanished(known.event)
        }
        Some(_) => Outcome::Nothing,
    }
}

/// Whether pushes alone made that event: a person's word never vanishes
/// because an export does not have it.
pub(super) fn pushed(state: &Enrolment, id: EventId) -> bool {
    links(&state.events, id).all(|event| event.provenance.is_some())
}
