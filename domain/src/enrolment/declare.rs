//! A row of a push: what it adds to what the ledger knows.

use super::blocks::{Opened, Training};
use super::command::{CommandError, Decision, Unchanged};
use super::dated::{Known, Outcome, Said, compare};
use super::declare_contracts::{declare_contract, declare_contracts, rupture_denied};
use super::draft::{Draft, Names};
use super::events::{EnrolmentAmended, EnrolmentDeclared, Fact, LookupKey, Provenance, Stated};
use super::gate::{Gate, Value};
use super::state::{Current, Enrolment};
use super::values::{Block, exclusion_mask};
use super::withdrawal;
use crate::calendar::paris_day;
use crate::dossier::{Declaration, Field, FieldSet};
use crate::ids::{EventId, Instant, Version};
use crate::runs::{Settlement, bit_of_field};
use chrono::NaiveDate;

/// A row and what is known around it.
pub(super) struct Row<'a> {
    pub(super) declaration: &'a Declaration,
    pub(super) lookup: LookupKey,
    pub(super) provenance: &'a Provenance,
    pub(super) settled: &'a [Settlement],
    pub(super) held: &'a [Instant],
    pub(super) unseen_since: Option<Instant>,
}

impl Row<'_> {
    /// The civil day of the extraction.
    pub(super) fn day(&self) -> NaiveDate {
        paris_day(self.provenance.extracted_at)
    }
}

/// Decides on a row.
///
/// # Errors
/// `Hidden` when a sealed value must be compared and is not open.
pub(super) fn declare(
    state: &Enrolment,
    row: &Row<'_>,
    names: Names<'_>,
) -> Result<Decision, CommandError> {
    match &state.current {
        None => Ok(declare_first(row, names)),
        Some(current) => declare_again(state, current, row, names),
    }
}

fn declare_first(row: &Row<'_>, names: Names<'_>) -> Decision {
    let day = row.day();
    let Row { declaration, lookup, provenance, unseen_since, .. } = *row;
    let Provenance { extracted_at, full, .. } = *provenance;
    let mut draft = Draft::new(names, Some(provenance.clone()));
    let Training { entry_on, end_on, .. } = declaration.training;
    let withdrawal = withdrawal::declared(declaration);
    draft.say(
        entry_on,
        Fact::EnrolmentDeclared(EnrolmentDeclared {
            lookup,
            training: declaration.training.clone(),
            facets: declaration.facets.clone(),
            identity: Opened::Clear(declaration.identity.clone()),
            contact: sealed(&declaration.contact),
            disability: sealed(&declaration.disability),
            guardians: sealed(&declaration.guardians),
            referent: sealed(&declaration.referent),
            background: sealed(&declaration.background),
        }),
    );
    let mut denied = exclusion_denied(declaration.dropped);
    for (ordinal, contract) in (0..).zip(&declaration.contracts) {
        declare_contract(&mut draft, ordinal, contract);
        denied |= rupture_denied(declaration.dropped, ordinal, contract.slot);
    }
    if let Some(on) = declaration.excluded_on {
        let cause = declaration.exclusion_cause.clone().map(Opened::Clear);
        draft.say(on, Fact::LearnerExcluded { on, cause });
    }
    if let Some(on) = withdrawal {
        draft.say(on, Fact::WithdrawalDeclared { on });
    }
    if let Some(diploma) = declaration.diploma.filter(|yes| *yes || end_on <= day) {
        let on = declaration.diploma_on;
        draft.say(on.unwrap_or(end_on), Fact::TrainingCompleted { on, diploma });
    }
    if let Some(as_of) = unseen_since.filter(|seen| *seen > extracted_at) {
        draft.say(paris_day(as_of), Fact::TransmissionStopped { as_of });
    }
    let stated = if full && denied != 0 { draft.states_but(denied) } else { Stated::Everything };
    draft.finish(stated)
}

fn declare_again(
    state: &Enrolment,
    current: &Current,
    row: &Row<'_>,
    names: Names<'_>,
) -> Result<Decision, CommandError> {
    let day = row.day();
    let declaration = row.declaration;
    let mut gate = Gate::new(current, row.settled, row.held, row.provenance);
    let mut draft = Draft::new(names, Some(row.provenance.clone()));
    let extracted_at = row.provenance.extracted_at;
    let gone_since = row.unseen_since.is_some_and(|unseen| unseen > extracted_at);
    if !gone_since && current.stopped.is_some_and(|stopped| stopped < extracted_at) {
        draft.say(day, Fact::TransmissionResumed);
    }
    let said = said_by_source(state);
    let said = said.as_ref();
    let training =
        current.training.overlay(said.map(|s| &s.training), &declaration.training, &mut gate);
    let end_on = training.as_ref().unwrap_or(&current.training).end_on;
    let training =
        training.and_then(|new| say_step(&mut draft, current, &declaration.training, new, day));
    let facets = current.facets.overlay(said.map(|s| &s.facets), &declaration.facets, &mut gate);
    let mut amended = EnrolmentAmended { training, ..EnrolmentAmended::default() };
    amended.facets.clone_from(&facets);
    amend_sealed(&mut amended, current, said, declaration, &mut gate)?;
    if amended != EnrolmentAmended::default() {
        draft.say(day, Fact::EnrolmentAmended(amended));
    }
    let contracts = declare_contracts(state, current, said, row, &mut gate, &mut draft)?;
    let mut vanished = contracts.vanished;
    vanished.extend(say_exclusion(state, (current, said), row, &mut gate, &mut draft)?);
    withdrawal::say(state, current, declaration, facets.as_ref(), day, &mut draft);
    say_completion((current, said), declaration, (end_on, day), &mut gate, &mut draft);
    let mut known = current.known();
    if row.provenance.full {
        known |= current.absent_dates() | contracts.absent_dates;
    }
    let stale = draft.is_empty() && vanished.is_empty() && gate.skipped;
    let stated = gate.summary(known);
    let changes_nothing = draft.is_empty() && vanished.is_empty() && !gate.is_late();
    let holds = changes_nothing && stated == Stated::Everything && current.stopped.is_none();
    let unchanged = holds.then(|| unchanged(state, current, declaration, (end_on, day))).flatten();
    Ok(Decision { vanished, stale, unchanged, ..draft.finish(stated) })
}

/// How long a row that changes nothing does so. Warnings may depend on the day; and "no
/// diploma" begins to speak at the end of the training.
fn unchanged(
    state: &Enrolment,
    current: &Current,
    declaration: &Declaration,
    (end_on, day): (NaiveDate, NaiveDate),
) -> Option<Unchanged> {
    let silent = declaration.diploma == Some(false) && current.completion.is_none() && end_on > day;
    let until = if silent { end_on } else { NaiveDate::MAX };
    let version = Version(state.events.len() as u64);
    declaration.warnings.is_empty().then_some(Unchanged { version, until })
}

/// A block as an event states it: absent when nothing was told.
fn sealed<B: Default + PartialEq + Clone>(block: &B) -> Option<Opened<B>> {
    (*block != B::default()).then(|| Opened::Clear(block.clone()))
}

/// What the source alone has said, when people have acted on the dossier too.
fn said_by_source(state: &Enrolment) -> Option<Current> {
    let pushed = || state.events.iter().filter(|event| event.provenance.is_some());
    if pushed().count() == state.events.len() {
        return None;
    }
    pushed().cloned().fold(Enrolment::default(), Enrolment::evolve).current
}

fn amend_sealed(
    amended: &mut EnrolmentAmended,
    now: &Current,
    said: Option<&Current>,
    row: &Declaration,
    gate: &mut Gate<'_>,
) -> Result<(), CommandError> {
    amended.identity = overlay(&now.identity, said.map(|s| &s.identity), &row.identity, gate)?;
    macro_rules! block {
        ($($block:ident)*) => { $(
            let before = said.and_then(|s| s.$block.as_ref());
            amended.$block = overlay_optional(now.$block.as_ref(), before, &row.$block, gate)?;
        )* };
    }
    block!(contact disability guardians referent background);
    Ok(())
}

/// Lays a row's block over a sealed one, which must be open when the row tells
/// anything of it.
fn overlay<B: Block>(
    now: &Opened<B>,
    said: Option<&Opened<B>>,
    row: &B,
    gate: &mut Gate<'_>,
) -> Result<Option<Opened<B>>, CommandError> {
    if row.told() == 0 {
        return Ok(None);
    }
    let now = now.clear().ok_or(CommandError::Hidden)?;
    Ok(now.overlay(said.and_then(Opened::clear), row, gate).map(Opened::Clear))
}

/// [`overlay`] of a block that may not have been told yet.
fn overlay_optional<B: Block + Default>(
    now: Option<&Opened<B>>,
    said: Option<&Opened<B>>,
    row: &B,
    gate: &mut Gate<'_>,
) -> Result<Option<Opened<B>>, CommandError> {
    match now {
        Some(now) => overlay(now, said, row, gate),
        None => overlay(&Opened::Clear(B::default()), said, row, gate),
    }
}

/// A change of CFA or of school year is an event of its own, which carries the
/// whole training; any other change is handed back to be amended.
fn say_step(
    draft: &mut Draft<'_>,
    current: &Current,
    row: &Training,
    new: Training,
    day: NaiveDate,
) -> Option<Training> {
    let old = &current.training;
    let entered = (new.entry_on > old.entry_on).then_some(new.entry_on);
    // The UAI names the school; a SIRET alone changes when its company moves.
    if new.trainer.uai != old.trainer.uai {
        // An enrolment that was declared before the transfer is that in the CFA left.
        let enrolled = Some(new.enrolled_on)
            .filter(|enrolled| *enrolled > old.entry_on && *enrolled != old.enrolled_on);
        let on = enrolled.or(entered).unwrap_or(day);
        draft.say(on, Fact::TransferDeclared { from: old.trainer.clone(), training: new, on });
        None
    } else if new.school_year > old.school_year {
        // A year of training that the row does not tell repeats nothing.
        let repeated = matches!(
            (old.year_of_training, row.year_of_training),
            (Some(before), Some(now)) if now <= before
        );
        draft.say(entered.unwrap_or(day), Fact::SchoolYearDeclared { training: new, repeated });
        None
    } else {
        Some(new)
    }
}

/// The bits of which a full row says nothing although they are empty: their
/// value was there and could not be used.
fn exclusion_denied(dropped: FieldSet) -> u128 {
    if dropped.contains(Field::DateExclusionFormation) { exclusion_mask() } else { 0 }
}

/// An exclusion: stated, corrected, or vanished from a full row.
fn say_exclusion(
    state: &Enrolment,
    (current, said): (&Current, Option<&Current>),
    row: &Row<'_>,
    gate: &mut Gate<'_>,
    draft: &mut Draft<'_>,
) -> Result<Option<EventId>, CommandError> {
    let values = (
        Value::field(bit_of_field(Field::DateExclusionFormation)),
        Value::field(bit_of_field(Field::CauseExclusionFormation)),
    );
    let stated = Said {
        on: row.declaration.excluded_on,
        words: row.declaration.exclusion_cause.as_ref(),
        absence_speaks: row.provenance.full && exclusion_denied(row.declaration.dropped) == 0,
    };
    let (known, before) = (known_exclusion(current), said.map(known_exclusion));
    match compare(state, gate, values, known, before, stated)? {
        Outcome::Nothing => Ok(None),
        Outcome::Vanished(event) => Ok(Some(event)),
        Outcome::Says { corrects, on, words: cause } => {
            draft.correct(corrects, on, Fact::LearnerExcluded { on, cause });
            Ok(None)
        }
    }
}

fn known_exclusion(current: &Current) -> Option<Known<'_>> {
    current.exclusion.as_ref().map(|e| Known { event: e.event, on: e.on, words: e.cause.as_ref() })
}

/// The result. "No diploma" before the end of the training is the default of
/// many systems: it says nothing while no result is known.
fn say_completion(
    (current, said): (&Current, Option<&Current>),
    declaration: &Declaration,
    (end_on, day): (NaiveDate, NaiveDate),
    gate: &mut Gate<'_>,
    draft: &mut Draft<'_>,
) {
    let known = current.completion.as_ref();
    let told = declaration.diploma.filter(|yes| *yes || known.is_some() || end_on <= day);
    let Some(diploma) = told else { return };
    let (now, now_on) = result_of(current);
    let before = said.map(result_of);
    let takes = gate.takes(
        Value::field(bit_of_field(Field::ObtentionDiplomeFormation)),
        &now,
        before.as_ref().map(|(diploma, _)| diploma),
        &Some(diploma),
    );
    let takes_on = gate.takes(
        Value::field(bit_of_field(Field::DateObtentionDiplomeFormation)),
        &now_on,
        before.as_ref().map(|(_, on)| on),
        &declaration.diploma_on,
    );
    if takes || (takes_on && known.is_some()) {
        let diploma = if takes { diploma } else { now.unwrap_or(diploma) };
        let on = if takes_on { declaration.diploma_on } else { now_on };
        let fact = Fact::TrainingCompleted { on, diploma };
        draft.correct(known.map(|c| c.event), on.unwrap_or(end_on), fact);
    }
}

fn result_of(current: &Current) -> (Option<bool>, Option<NaiveDate>) {
    let result = current.completion.as_ref();
    (result.map(|c| c.diploma), result.and_then(|c| c.on))
}
