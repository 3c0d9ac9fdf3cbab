//! The v3 row: message to raw row and back, by the data dictionary.

use domain::dossier::{Field, RawDossier, RawValue, without_nir};
use prost::Message;
use proto::v1::Dossier;

/// A value that the wire cannot carry in that field, such as a word in a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value of {} is not of the kind that the field carries", .0.name())]
pub struct WrongKind(pub Field);

macro_rules! conversions {
    ($($variant:ident $name:ident $kind:ident $required:literal $visibility:ident;)*) => {
        /// The raw row of a message; an empty text says nothing.
        #[must_use]
        pub fn to_raw(dossier: Dossier) -> RawDossier {
            let mut raw = RawDossier::default();
            $(raw.set(Field::$variant, dossier.$name.map(RawValue::$kind));)*
            raw
        }

        /// The message of a raw row. Numbers become text and text becomes
        /// numbers where the field asks for it.
        ///
        /// # Errors
        /// [`WrongKind`] for the first value that the wire cannot carry.
        pub fn to_message(raw: &RawDossier) -> Result<Dossier, WrongKind> {
            Ok(Dossier {
                $($name: raw
                    .get(Field::$variant)
                    .map(|value| as_kind::$kind(value).ok_or(WrongKind(Field::$variant)))
                    .transpose()?,)*
            })
        }

        /// Takes out the texts of white space only: they say nothing.
        fn take_out_blanks(dossier: &mut Dossier) {
            $(dossier.$name.take_if(|value| is_blank::$kind(value));)*
        }
    };
}
domain::v3_fields!(conversions);

/// The raw row of a message, and its [`canonical_bytes`], without a copy of its texts.
#[must_use]
pub fn to_raw_with_bytes(mut dossier: Box<Dossier>) -> (RawDossier, Vec<u8>) {
    take_out_blanks(&mut dossier);
    let bytes = dossier.encode_to_vec();
    (to_raw(*dossier), bytes)
}

/// The canonical bytes of a row, from which its digests are made: equal rows,
/// and only they, have equal bytes.
#[must_use]
pub fn canonical_bytes(raw: &RawDossier) -> Vec<u8> {
    to_message(raw).map(|message| message.encode_to_vec()).unwrap_or_default()
}

/// The canonical bytes of the same row without any NIR: what may be kept of it.
/// Bytes that are no row leave nothing.
#[must_use]
pub fn bytes_without_nir(canonical: &[u8]) -> Vec<u8> {
    let row = Dossier::decode(canonical).unwrap_or_default();
    canonical_bytes(&without_nir(&to_raw(row)))
}

/// One function a [`domain::dossier::Kind`], of the same name.
#[allow(non_snake_case, reason = "named after the kinds of the dictionary")]
mod is_blank {
    pub(super) fn Text(text: &str) -> bool {
        text.chars().all(char::is_whitespace)
    }

    pub(super) const fn Int(_: &i64) -> bool {
        false
    }

    pub(super) const fn Bool(_: &bool) -> bool {
        false
    }
}

/// One function a [`domain::dossier::Kind`], of the same name.
#[allow(non_snake_case, reason = "named after the kinds of the dictionary")]
mod as_kind {
    use domain::dossier::RawValue;

    pub(super) fn Text(value: &RawValue) -> Option<String> {
        Some(match value {
            RawValue::Text(text) => text.clone(),
            RawValue::Int(number) => number.to_string(),
            RawValue::Bool(yes) => yes.to_string(),
        })
    }

    pub(super) fn Int(value: &RawValue) -> Option<i64> {
        match value {
            RawValue::Text(text) => text.trim().parse().ok(),
            RawValue::Int(number) => Some(*number),
            RawValue::Bool(_) => None,
        }
    }

    pub(super) fn Bool(value: &RawValue) -> Option<bool> {
        match value {
            RawValue::Text(text) => match text.trim() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            RawValue::Int(number @ 0..=1) => Some(*number == 1),
            RawValue::Int(_) => None,
            RawValue::Bool(yes) => Some(*yes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::dossier::Kind;

    fn full_row() -> RawDossier {
        let mut raw = RawDossier::default();
        for field in Field::ALL {
            let value = match field.kind() {
                Kind::Text => RawValue::Text(format!("v{}", *field as u8)),
                Kind::Int => RawValue::Int(i64::from(*field as u8)),
                Kind::Bool => RawValue::Bool(true),
            };
            raw.set(*field, Some(value));
        }
        raw
    }

    #[test]
    fn every_field_of_the_dictionary_crosses_the_wire() {
        let raw = full_row();
        assert_eq!(to_raw(to_message(&raw).unwrap()), raw);
    }

    #[test]
    fn each_field_has_a_place_of_its_own_in_the_message() {
        let full = full_row();
        for field in Field::ALL {
            let mut one = RawDossier::default();
            one.set(*field, full.get(*field).cloned());
            let back = to_raw(to_message(&one).unwrap());
            assert_eq!(back.present().map(|(f, _)| f).collect::<Vec<_>>(), vec![*field]);
        }
    }

    #[test]
    fn the_bytes_of_a_message_are_those_of_its_row() {
        let blank = Some(" \t".to_owned());
        let full = to_message(&full_row()).unwrap();
        let some_blank = Dossier { email_contact: blank.clone(), formation_cfd: blank, ..full };
        for sent in
            [full_row().with(Field::EmailContact, "a@b.fr"), full_row(), RawDossier::default()]
                .map(|raw| to_message(&raw).unwrap())
                .into_iter()
                .chain([some_blank])
        {
            let (raw, bytes) = to_raw_with_bytes(Box::new(sent.clone()));
            assert_eq!((&raw, bytes), (&to_raw(sent), canonical_bytes(&raw)));
        }
    }

    #[test]
    fn an_empty_text_says_nothing() {
        let dossier = Dossier { email_contact: Some("  ".into()), ..Default::default() };
        assert_eq!(to_raw(dossier), RawDossier::default());
    }

    #[test]
    fn text_becomes_a_number_where_the_field_asks_for_it_and_a_word_does_not() {
        let raw = RawDossier::default().with(Field::AnneeFormation, " 2 ");
        assert_eq!(to_message(&raw).unwrap().annee_formation, Some(2));
        let raw = RawDossier::default().with(Field::AnneeFormation, "deux");
        assert_eq!(to_message(&raw), Err(WrongKind(Field::AnneeFormation)));
    }
}
