//! The row of a contract: everything that outcomes need of it, 96 bytes.
//!
//! Little-endian; days count from 1970-01-01, [`NO_DAY`] is none.
//!
//! | bytes | holds |
//! |---|---|
//! | 0–7 | the position from which it is known |
//! | 8–23, 24–25 | its enrolment and its ordinal there |
//! | 26 | 1: withdrawn, or now in the file of another month; 2: result known; 4: diploma |
//! | 27–29 | département of the home |
//! | 30–31 | birth month, as year × 12 + month − 1; 0 is not told |
//! | 32–47 | first day, last day, first day broken, first day of another contract since |
//! | 48–63 | the first session's first day, the newest one's last, first day out, day of the result |
//! | 64–71, 72–79, 80–88 | UAI of the trainer on the first day, CFD, RNCP; zeros when not told |
//! | 89–90 | days from the first day to that of the sessions resumed since, and 1; 0 is none |
//! | 92–95 | check over the 92 before |

use crate::detail::{has_days, last_stretch, runs_on};
use crate::files::{KeyMap, check_of};
use crate::headcount::Home;
use crate::time::{day_number, day_of};
use chrono::{Datelike, Days, NaiveDate};
use domain::enrolment::{Contract, Current, Training};
use domain::identifiers::{Cfd, Rncp, Uai};
use domain::ids::{Position, StreamKey};
use std::collections::BTreeMap;

/// Bytes of a row.
pub(super) const ROW: usize = 96;
const NO_DAY: i32 = i32::MAX;
const GONE: u8 = 1;
const RESULT: u8 = 2;
const DIPLOMA: u8 = 4;

/// What is believed of a contract from a position on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutcomeRow {
    pub(crate) stream: StreamKey,
    pub(crate) ordinal: u16,
    pub(crate) start_on: NaiveDate,
    /// The earlier of the term and the declared end.
    pub(crate) end_on: Option<NaiveDate>,
    /// First day without contract, when it is broken before its end.
    pub(crate) broken_on: Option<NaiveDate>,
    /// First day, from the rupture on, of another contract of the same dossier.
    pub(crate) back_on: Option<NaiveDate>,
    /// The first day of the first session.
    pub(crate) entry_on: NaiveDate,
    pub(crate) session_end_on: NaiveDate,
    /// The first day of the newest sessions, when there were others before.
    pub(crate) resumed_on: Option<NaiveDate>,
    /// First day out, by exclusion or withdrawal.
    pub(crate) out_on: Option<NaiveDate>,
    /// Day of the result and whether the diploma was obtained.
    pub(crate) result: Option<(NaiveDate, bool)>,
    pub(crate) trainer: Uai,
    pub(crate) cfd: Option<Cfd>,
    pub(crate) rncp: Option<Rncp>,
    pub(crate) home: Home,
    pub(crate) birth_month: Option<NaiveDate>,
}

/// The rows of a dossier, by ordinal.
pub(super) fn rows_of(stream: StreamKey, current: &Current) -> BTreeMap<u16, OutcomeRow> {
    let training = &current.training;
    let exclusion = current.exclusion.as_ref().map(|exclusion| exclusion.on);
    let withdrawal = current.withdrawal.as_ref().map(|(_, on)| *on);
    let outs = || exclusion.into_iter().chain(withdrawal);
    let first = current.sessions.first().map(|former| former.session.entry_on);
    let resumed_on = first.map(|_| last_stretch(current).0);
    let since = |out: &NaiveDate| resumed_on.is_some_and(|resumed| resumed <= *out);
    let row = |contract: &Contract| {
        let span = contract.span();
        let place = training_on(current, span.start_on);
        let ends_before = |broken: NaiveDate| span.end_on.is_some_and(|end| end < broken);
        let broken_on = span.broken_on.filter(|broken| !ends_before(*broken));
        OutcomeRow {
            stream,
            ordinal: contract.ordinal,
            start_on: span.start_on,
            end_on: span.end_on,
            broken_on,
            back_on: broken_on.and_then(|broken| back_on(current, contract.ordinal, broken)),
            entry_on: first.unwrap_or(training.entry_on),
            session_end_on: training.end_on,
            resumed_on,
            out_on: outs().filter(since).min().or(outs().min()),
            result: current
                .completion
                .as_ref()
                .map(|c| (c.on.unwrap_or(training.end_on), c.diploma)),
            trainer: place.trainer.uai,
            cfd: place.certification.cfd,
            rncp: place.certification.rncp,
            home: Home::of(current.facets.home_departement.as_deref()),
            birth_month: current.facets.birth_month,
        }
    };
    current.contracts.iter().map(|contract| (contract.ordinal, row(contract))).collect()
}

/// Where the learner trained on a day, and for what: before the first day in the
/// next CFA it was in the one that was left.
fn training_on(current: &Current, day: NaiveDate) -> &Training {
    let former = current.transfers.iter().find(|(_, on)| day < *on);
    former.map_or(&current.training, |(training, _)| training)
}

fn back_on(current: &Current, ordinal: u16, broken: NaiveDate) -> Option<NaiveDate> {
    let others = current.contracts.iter().filter(|other| other.ordinal != ordinal);
    others.filter_map(|other| first_day_from(&other.span(), broken)).min()
}

/// The first day, from a given one on, that is a day of the contract.
pub(super) fn first_day_from(
    span: &domain::rules::ContractSpan,
    day: NaiveDate,
) -> Option<NaiveDate> {
    if runs_on(span, day) {
        return Some(day);
    }
    (day <= span.start_on && has_days(span)).then_some(span.start_on)
}

/// The bytes of a row; `gone` takes the contract out of its file.
pub(super) fn encode(row: &OutcomeRow, known: Position, gone: bool) -> [u8; ROW] {
    let mut bytes = [0; ROW];
    bytes[..8].copy_from_slice(&known.0.to_le_bytes());
    bytes[8..24].copy_from_slice(&row.stream.0);
    bytes[24..26].copy_from_slice(&row.ordinal.to_le_bytes());
    bytes[26] = if gone { GONE } else { 0 }
        | match row.result {
            None => 0,
            Some((_, false)) => RESULT,
            Some((_, true)) => RESULT | DIPLOMA,
        };
    let home = row.home.code().unwrap_or_default().as_bytes();
    bytes[27..27 + home.len()].copy_from_slice(home);
    let months = row.birth_month.map_or(0, |m| m.year() * 12 + m.month0() as i32);
    bytes[30..32].copy_from_slice(&u16::try_from(months).unwrap_or(0).to_le_bytes());
    let days = [
        Some(row.start_on),
        row.end_on,
        row.broken_on,
        row.back_on,
        Some(row.entry_on),
        Some(row.session_end_on),
        row.out_on,
        row.result.map(|(on, _)| on),
    ];
    for (place, day) in bytes[32..64].chunks_exact_mut(4).zip(days) {
        let number = day.and_then(|day| i32::try_from(day_number(day)).ok()).unwrap_or(NO_DAY);
        place.copy_from_slice(&number.to_le_bytes());
    }
    bytes[64..72].copy_from_slice(row.trainer.as_str().as_bytes());
    put(&mut bytes[72..80], row.cfd.as_ref().map(Cfd::as_str));
    put(&mut bytes[80..89], row.rncp.as_ref().map(Rncp::as_str));
    let resumed = row.resumed_on.map_or(0, |on| (on - row.entry_on).num_days() + 1);
    bytes[89..91].copy_from_slice(&u16::try_from(resumed).unwrap_or(0).to_le_bytes());
    let check = check_of(&bytes[..92]);
    bytes[92..].copy_from_slice(&check.to_le_bytes());
    bytes
}

fn put(place: &mut [u8], text: Option<&str>) {
    for (place, byte) in place.iter_mut().zip(text.unwrap_or_default().bytes()) {
        *place = byte;
    }
}

/// Whether bytes are a row as it was written.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    let check = bytes.get(92..96).and_then(|check| check.try_into().ok()).map(u32::from_le_bytes);
    check.is_some() && check == bytes.get(..92).map(check_of)
}

/// The parts of a row that say which contract it is about, and from when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) known: u64,
    pub(super) contract: (StreamKey, u16),
    pub(super) gone: bool,
    pub(super) start_on: i32,
}

pub(super) fn head(bytes: &[u8]) -> Option<Head> {
    Some(Head {
        known: u64::from_le_bytes(bytes.get(..8)?.try_into().ok()?),
        contract: (
            StreamKey(bytes.get(8..24)?.try_into().ok()?),
            u16::from_le_bytes(bytes.get(24..26)?.try_into().ok()?),
        ),
        gone: bytes.get(26)? & GONE != 0,
        start_on: number(bytes, 32)?,
    })
}

/// Texts read so far, by their bytes: rows repeat a few of them.
pub(super) type Texts = KeyMap<[u8; 28], Named>;

/// The texts of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    trainer: Uai,
    cfd: Option<Cfd>,
    rncp: Option<Rncp>,
    home: Home,
}

fn named(bytes: &[u8], texts: &mut Texts) -> Option<Named> {
    let mut key = [0; 28];
    key[..25].copy_from_slice(bytes.get(64..89)?);
    key[25..].copy_from_slice(bytes.get(27..30)?);
    if let Some(named) = texts.get(&key) {
        return Some(*named);
    }
    let named = Named {
        trainer: Uai::parse(text(bytes, 64, 72)?).ok()?,
        cfd: text(bytes, 72, 80).and_then(|text| Cfd::parse(text).ok()),
        rncp: text(bytes, 80, 89).and_then(|text| Rncp::parse(text).ok()),
        home: Home::of(text(bytes, 27, 30)),
    };
    texts.insert(key, named);
    Some(named)
}

/// A row from its bytes; `None` when they are no row.
pub(super) fn decode(bytes: &[u8], texts: &mut Texts) -> Option<OutcomeRow> {
    let Named { trainer, cfd, rncp, home } = named(bytes, texts)?;
    let Head { contract: (stream, ordinal), .. } = head(bytes)?;
    let flags = *bytes.get(26)?;
    let months = i32::from(u16::from_le_bytes(bytes.get(30..32)?.try_into().ok()?));
    let birth_month = (months > 0)
        .then(|| NaiveDate::from_ymd_opt(months / 12, (months % 12) as u32 + 1, 1))
        .flatten();
    let entry_on = day(bytes, 48)?;
    let resumed = u16::from_le_bytes(bytes.get(89..91)?.try_into().ok()?).checked_sub(1);
    Some(OutcomeRow {
        stream,
        ordinal,
        start_on: day(bytes, 32)?,
        end_on: day(bytes, 36),
        broken_on: day(bytes, 40),
        back_on: day(bytes, 44),
        entry_on,
        session_end_on: day(bytes, 52)?,
        resumed_on: resumed.and_then(|days| entry_on.checked_add_days(Days::new(days.into()))),
        out_on: day(bytes, 56),
        result: day(bytes, 60).filter(|_| flags & RESULT != 0).map(|on| (on, flags & DIPLOMA != 0)),
        trainer,
        cfd,
        rncp,
        home,
        birth_month,
    })
}

fn number(bytes: &[u8], at: usize) -> Option<i32> {
    Some(i32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn day(bytes: &[u8], at: usize) -> Option<NaiveDate> {
    number(bytes, at).filter(|n| *n != NO_DAY).map(|n| day_of(i64::from(n)))
}

fn text(bytes: &[u8], from: usize, to: usize) -> Option<&str> {
    let bytes = bytes.get(from..to)?;
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    std::str::from_utf8(bytes.get(..end)?).ok().filter(|text| !text.is_empty())
}
