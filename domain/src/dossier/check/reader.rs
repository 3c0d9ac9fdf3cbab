//! Reads the values of one row, and keeps the account of what it could not use.

use super::clean::{clean, composed};
use super::nir::id_holds_nir;
use super::rules;
use crate::calendar::{DayError, parse_day};
use crate::dossier::{Field, FieldSet, Issue, MAX_TEXT_BYTES, RawDossier, RawValue, Severity};
use crate::enrolment::Claimed;
use crate::identifiers::{Email, IdentifierError, nir};
use crate::text::Rule;
use chrono::NaiveDate;
use std::borrow::Cow;

/// One row being read.
///
/// Every method that reads a field puts it in `stated` when its value can be
/// used. A value that cannot refuses the row when the field identifies or dates
/// the dossier ([`Field::required`]), and is dropped with a warning otherwise.
pub(super) struct Reader<'a> {
    row: &'a RawDossier,
    pub(super) extracted_on: NaiveDate,
    pub(super) stated: FieldSet,
    pub(super) dropped: FieldSet,
    pub(super) warnings: Vec<Issue>,
    pub(super) refusals: Vec<Issue>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(row: &'a RawDossier, extracted_on: NaiveDate) -> Self {
        Self {
            row,
            extracted_on,
            stated: FieldSet::default(),
            dropped: FieldSet::default(),
            warnings: Vec::new(),
            refusals: Vec::new(),
        }
    }

    /// The value as it came.
    pub(super) fn raw(&self, field: Field) -> Option<&'a RawValue> {
        self.row.get(field)
    }

    /// Says that a value is doubtful, and keeps it.
    pub(super) fn warn(&mut self, field: Field, rule: Rule) {
        self.say(field, rule.into(), Severity::Warning);
    }

    /// Says that a value cannot be used.
    pub(super) fn unusable(&mut self, field: Field, rule: Rule) {
        self.unusable_because(field, rule.into());
    }

    fn unusable_because(&mut self, field: Field, error: IdentifierError) {
        if field.required() {
            self.say(field, error, Severity::Refused);
        } else {
            self.dropped.insert(field);
            self.say(field, error, Severity::Warning);
        }
    }

    fn say(&mut self, field: Field, error: IdentifierError, severity: Severity) {
        let list = match severity {
            Severity::Refused => &mut self.refusals,
            Severity::Warning => &mut self.warnings,
        };
        list.push(Issue { field, rule: error.rule, severity, text: error.text });
    }

    /// Says that the value holds a NIR: it goes no further.
    fn holds_nir(&mut self, field: Field) {
        let required = field.required();
        let rule = if required { rules::NIR_IN_IDENTIFYING_FIELD } else { rules::NIR_FOUND };
        self.unusable(field, rule);
    }

    /// A value of a field that the dossier cannot do without: when there is
    /// none and nothing said why, it is missing.
    pub(super) fn must<T>(&mut self, field: Field, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.refusals.iter().any(|issue| issue.field == field) {
            self.unusable(field, rules::MISSING);
        }
        value
    }

    /// The trimmed text of a field in NFC, a whole number being its digits;
    /// nothing when only spaces are left. Does not state the field.
    pub(super) fn text(&mut self, field: Field) -> Option<Cow<'a, str>> {
        let text = match self.raw(field)? {
            RawValue::Text(text) if text.len() > MAX_TEXT_BYTES => {
                self.unusable(field, rules::TEXT_TOO_LONG);
                return None;
            }
            RawValue::Text(text) => clean(text),
            RawValue::Int(number) => return Some(Cow::Owned(number.to_string())),
            RawValue::Bool(_) => {
                self.unusable(field, rules::WRONG_KIND);
                return None;
            }
        };
        if matches!(text, Cow::Owned(_)) {
            self.warn(field, rules::CONTROL_CHARACTERS);
        }
        Some(composed(text)).filter(|text| !text.is_empty())
    }

    /// Text in a person's own words, which may hold a NIR. Does not state the field.
    pub(super) fn words(&mut self, field: Field) -> Option<Cow<'a, str>> {
        let text = self.text(field)?;
        if nir::found_in(&text) {
            self.holds_nir(field);
            return None;
        }
        Some(text)
    }

    /// The same, stated and kept as it is.
    pub(super) fn free_text(&mut self, field: Field) -> Option<String> {
        let text = self.words(field)?.into_owned();
        self.stated.insert(field);
        Some(text)
    }

    /// The id that the source's system gave the learner, stated and kept as it is.
    pub(super) fn id(&mut self, field: Field) -> Option<String> {
        let id = self.text(field)?;
        if id_holds_nir(&id, self.raw(Field::NirApprenant)) {
            self.holds_nir(field);
            return None;
        }
        self.stated.insert(field);
        Some(id.into_owned())
    }

    /// A value that is used only when its own check passes.
    pub(super) fn identifier<T>(
        &mut self,
        field: Field,
        parse: fn(&str) -> Result<T, IdentifierError>,
    ) -> Option<T> {
        let text = self.text(field)?;
        match parse(&text) {
            Ok(value) => {
                self.stated.insert(field);
                return Some(value);
            }
            Err(_) if nir::found_in(&text) => self.holds_nir(field),
            Err(error) => self.unusable_because(field, error),
        }
        None
    }

    /// A value that is kept even when its own check fails, marked unverified;
    /// `fallback` writes it then.
    pub(super) fn claimed<T: AsRef<str>>(
        &mut self,
        field: Field,
        parse: fn(&str) -> Result<T, IdentifierError>,
        fallback: fn(&str) -> String,
    ) -> Option<Claimed> {
        let text = self.text(field)?;
        let claimed = match parse(&text) {
            Ok(value) => Claimed { text: value.as_ref().to_owned(), verified: true },
            Err(_) if nir::found_in(&text) => {
                self.holds_nir(field);
                return None;
            }
            Err(error) => {
                let claimed = Claimed { text: fallback(&text), verified: false };
                if claimed.text.is_empty() {
                    self.unusable_because(field, error);
                    return None;
                }
                self.say(field, error, Severity::Warning);
                claimed
            }
        };
        self.stated.insert(field);
        Some(claimed)
    }

    /// An e-mail address, lower case.
    pub(super) fn email(&mut self, field: Field) -> Option<String> {
        let text = self.words(field)?;
        match Email::parse(&text) {
            Ok(email) => {
                self.stated.insert(field);
                Some(email.into())
            }
            Err(error) => {
                self.unusable_because(field, error);
                None
            }
        }
    }

    /// A civil day; an instant with a zone is read in Paris, with a warning.
    pub(super) fn day(&mut self, field: Field) -> Option<NaiveDate> {
        let (day, zoned) = self.day_or_instant(field)?;
        if zoned {
            self.warn(field, rules::DATE_WITH_ZONE);
        }
        Some(day)
    }

    /// The same, for a field of the v3 contract that is an instant: a zone is in order.
    pub(super) fn day_of_instant(&mut self, field: Field) -> Option<NaiveDate> {
        self.day_or_instant(field).map(|(day, _)| day)
    }

    fn day_or_instant(&mut self, field: Field) -> Option<(NaiveDate, bool)> {
        let text = self.text(field)?;
        match parse_day(&text) {
            Ok(parsed) => {
                self.stated.insert(field);
                return Some((parsed.day, parsed.zoned));
            }
            Err(_) if nir::found_in(&text) => self.holds_nir(field),
            Err(DayError::Malformed) => self.unusable(field, rules::DATE_FORM),
            Err(DayError::OutOfRange) => self.unusable(field, rules::DATE_RANGE),
        }
        None
    }

    /// Warns when something that has happened is dated after the extraction.
    pub(super) fn doubt_future(&mut self, field: Field, day: Option<NaiveDate>) {
        if day.is_some_and(|day| day > self.extracted_on) {
            self.warn(field, rules::DATE_IN_FUTURE);
        }
    }

    /// A whole number that `allowed` accepts; else the rule says why not.
    pub(super) fn number(
        &mut self,
        field: Field,
        allowed: fn(i64) -> bool,
        otherwise: Rule,
    ) -> Option<i64> {
        let number = match self.raw(field)? {
            RawValue::Int(number) => Some(*number),
            RawValue::Text(text) => text.trim().parse().ok(),
            RawValue::Bool(_) => None,
        };
        match number {
            Some(number) if allowed(number) => {
                self.stated.insert(field);
                return Some(number);
            }
            Some(_) => self.unusable(field, otherwise),
            None => self.unusable(field, rules::NOT_A_WHOLE_NUMBER),
        }
        None
    }

    /// A yes or no, in any of the ways that software writes it.
    pub(super) fn flag(&mut self, field: Field) -> Option<bool> {
        let is_one_of = |text: &str, words: &[&str]| {
            words.iter().any(|word| text.trim().eq_ignore_ascii_case(word))
        };
        let flag = match self.raw(field)? {
            RawValue::Bool(flag) => Some(*flag),
            RawValue::Int(0) => Some(false),
            RawValue::Int(1) => Some(true),
            RawValue::Text(text) if is_one_of(text, &["true", "oui", "vrai", "1"]) => Some(true),
            RawValue::Text(text) if is_one_of(text, &["false", "non", "faux", "0"]) => Some(false),
            RawValue::Int(_) | RawValue::Text(_) => None,
        };
        match flag {
            Some(_) => self.stated.insert(field),
            None => self.unusable(field, rules::NOT_YES_OR_NO),
        }
        flag
    }
}
