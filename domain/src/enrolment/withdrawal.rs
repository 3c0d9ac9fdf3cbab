//! A declared abandon: the legacy hint 0 with its date, said, moved and taken back.

use super::blocks::Facets;
use super::corrections::{Chains, links};
use super::dated::pushed;
use super::draft::Draft;
use super::events::{Fact, RetractionReason};
use super::state::{Current, Enrolment};
use crate::dossier::Declaration;
use chrono::NaiveDate;

/// `statut_apprenant` of an abandon.
const ABANDON: u8 = 0;

/// The day of the abandon that a row declares.
pub(super) fn declared(declaration: &Declaration) -> Option<NaiveDate> {
    let facets = &declaration.facets;
    facets.declared_status_on.filter(|_| facets.declared_status == Some(ABANDON))
}

/// What comes of the status that a row declares; `facets` are the new ones, if the gate
/// let any in.
///
/// A status that did not change says nothing: a source that repeats itself does not undo
/// what a person withdrew.
pub(super) fn say(
    state: &Enrolment,
    current: &Current,
    declaration: &Declaration,
    facets: Option<&Facets>,
    day: NaiveDate,
    draft: &mut Draft<'_>,
) {
    let status = |facets: &Facets| (facets.declared_status, facets.declared_status_on);
    let Some(new) = facets.map(status).filter(|new| *new != status(&current.facets)) else {
        return;
    };
    if new.0 != Some(ABANDON) {
        take_back(state, day, draft);
        return;
    }
    let Some(on) = declared(declaration).filter(|on| new.1 == Some(*on)) else { return };
    let live = current.withdrawal;
    if live.is_none_or(|(_, before)| before != on) {
        // A person's own word stays below the source's, and is there again when
        // the source takes its own back.
        let moved = live.map(|(event, _)| event).filter(|event| pushed(state, *event));
        draft.correct(moved, on, Fact::WithdrawalDeclared { on });
    }
}

/// The source declares another status: whatever abandon pushes alone declared
/// is withdrawn, from the last correction down to the first event, since
/// retracting a correction revives what it corrected.
fn take_back(state: &Enrolment, day: NaiveDate, draft: &mut Draft<'_>) {
    let reason = RetractionReason::OtherStatusDeclared;
    for live in Chains::of(&state.events).standing() {
        if matches!(live.fact, Fact::WithdrawalDeclared { .. }) && pushed(state, live.id) {
            for event in links(&state.events, live.id) {
                draft.correct(Some(event.id), day, Fact::Retracted { reason });
            }
        }
    }
}
