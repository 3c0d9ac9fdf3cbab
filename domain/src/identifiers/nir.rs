//! The NIR (social security number): recognised, never kept.
//!
//! It has no type here on purpose. It is made of sex (1 digit), year (2), month
//! (2), département (2 digits, `2A` or `2B`), commune (3), order (3) and, often,
//! a key of 2 digits. Without the key its form is weak, so that some numbers of
//! 13 digits are taken for one: refusing a value that a CFA can write otherwise
//! costs less than storing a NIR. Of an id that software gives, a CFA cannot:
//! there the form alone is no sign.

/// Length without the key.
const BODY: usize = 13;
/// Length with the key.
const WHOLE: usize = 15;
/// The first digit: 1 and 2, 3 and 4 while it is being given, 7 and 8 provisional.
const SEXES: [char; 6] = ['1', '2', '3', '4', '7', '8'];
/// Where people cut a NIR when they write it in groups.
const CUTS: [usize; 7] = [1, 3, 5, 7, 10, BODY, WHOLE];
/// The groups of a NIR without its key, as people write it.
const GROUPS: usize = 6;
/// Labels that are found stuck to the number.
const LABELS: [&str; 3] = ["NIR", "NSS", "SS"];

/// Whether a text holds a NIR, alone or among other words.
///
/// A NIR is a whole word, or a group of words of 13 or 15 characters in all
/// between spaces, full stops and hyphens: a SIRET (14 digits), a telephone
/// number (10) and an INE (11 characters) are none.
#[must_use]
pub fn found_in(text: &str) -> bool {
    found(text, 1)
}

/// Whether an id that software gave holds a NIR.
///
/// Software counts, and counts milliseconds: 13 digits in a row are no sign
/// here (three timestamps in four look like a NIR). A NIR with its key is one,
/// and so is one in its customary groups or after its name.
#[must_use]
pub fn found_in_id(text: &str) -> bool {
    let begins =
        |label: &str| text.get(..label.len()).is_some_and(|t| t.eq_ignore_ascii_case(label));
    let named = LABELS.iter().any(|label| begins(label));
    found(text, if named { 1 } else { GROUPS })
}

/// The NIR that a text is, alone, without its key.
#[must_use]
pub fn body_of(text: &str) -> Option<String> {
    let mut code: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    if code.len() != BODY && code.len() != WHOLE {
        return None;
    }
    code.truncate(BODY);
    code.make_ascii_uppercase();
    (code.starts_with(SEXES) && body_is_plausible(code.as_bytes())).then_some(code)
}

/// Whether the key of a NIR is right; also of one that is written without.
#[must_use]
pub fn has_right_key(text: &str) -> bool {
    let code: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let whole = <[u8; WHOLE]>::try_from(code.to_ascii_uppercase().as_bytes());
    whole.map_or(code.len() == BODY, |whole| key_is_right(&whole))
}

/// Whether a NIR is there; without its key, in at least so many groups.
fn found(text: &str, groups: usize) -> bool {
    // The common case, decided without looking at words.
    text.bytes().filter(u8::is_ascii_digit).count() >= BODY - 1
        && text
            .char_indices()
            .any(|(at, _)| starts_nir(&text[at..], groups) && starts_word(text, at))
}

/// Whether a word starts here, or a number just after a label.
fn starts_word(text: &str, at: usize) -> bool {
    let before = &text[..at];
    let word_start = before
        .rfind(|c: char| !c.is_alphanumeric())
        .map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8));
    let stuck = &before[word_start..];
    stuck.is_empty() || LABELS.iter().any(|label| stuck.eq_ignore_ascii_case(label))
}

/// Whether the text starts with a NIR that ends with a word; without its key,
/// in at least so many groups.
fn starts_nir(text: &str, groups: usize) -> bool {
    if !text.starts_with(SEXES) {
        return false;
    }
    let mut code = [0; WHOLE];
    let (mut length, mut words) = (0, 0);
    let mut usual_cuts = true;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if let Some(place) = u8::try_from(c).ok().filter(u8::is_ascii_alphanumeric) {
            let Some(free) = code.get_mut(length) else { return false };
            *free = place.to_ascii_uppercase();
            length += 1;
        } else if !(c.is_whitespace() || c == '.' || c == '-') {
            return false;
        }
        let word_ends = chars.peek().is_none_or(|next| !next.is_alphanumeric());
        if word_ends && length > 0 {
            usual_cuts &= CUTS.contains(&length);
            words += usize::from(c.is_alphanumeric());
            let written_so = usual_cuts && words >= groups;
            if length == BODY && written_so && body_is_plausible(&code[..BODY])
                || length == WHOLE && body_is_plausible(&code[..BODY]) && key_is_right(&code)
            {
                return true;
            }
        }
    }
    false
}

fn body_is_plausible(body: &[u8]) -> bool {
    let pair = |at: usize| match (body.get(at), body.get(at + 1)) {
        (Some(a @ b'0'..=b'9'), Some(b @ b'0'..=b'9')) => Some((a - b'0') * 10 + (b - b'0')),
        _ => None,
    };
    let digits = |range: std::ops::Range<usize>| {
        body.get(range).filter(|part| part.iter().all(u8::is_ascii_digit))
    };
    let not_zero = |part: &[u8]| part.iter().any(|d| *d != b'0');
    let corsica = matches!(body.get(5..7), Some(b"2A" | b"2B"));
    pair(1).is_some()
        && matches!(pair(3), Some(1..=12 | 20..=42 | 50..=99))
        && (corsica || pair(5).is_some_and(|departement| departement > 0))
        && digits(7..10).is_some_and(not_zero)
        && digits(10..13).is_some_and(not_zero)
}

/// 97 minus the number modulo 97; `2A` counts as 19 and `2B` as 18.
fn key_is_right(code: &[u8; WHOLE]) -> bool {
    let mut digits = *code;
    match &code[5..7] {
        b"2A" => digits[5..7].copy_from_slice(b"19"),
        b"2B" => digits[5..7].copy_from_slice(b"18"),
        _ => {}
    }
    if !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let value = |part: &[u8]| part.iter().fold(0_u64, |n, d| n * 10 + u64::from(d - b'0'));
    97 - value(&digits[..BODY]) % 97 == value(&digits[BODY..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_nir_is_found_alone_or_among_words() {
        for text in [
            "1850578006084",
            "185057800608491",
            "1 85 05 78 006 084",
            "1 85 05 78 006 084 91",
            "1.85.05.78.006.084.91",
            "1850578006084 91",
            "NIR 1850578006084",
            "nir:1850578006084",
            "NIR1850578006084",
            "rupture, sécu 1 85 05 78 006 084 !",
            "12 rue X 1850578006084 75001",
            "2 99 12 2A 004 123",
            "299122B004123",
            "7\u{a0}85\u{a0}05\u{a0}99\u{a0}006\u{a0}084",
        ] {
            assert!(found_in(text), "{text}");
        }
    }

    #[test]
    fn the_key_is_checked_when_it_is_there() {
        assert!(found_in("185057800608491"));
        assert!(!found_in("185057800608492"));
        // Corsica: 2A counts as 19, 2B as 18.
        let keyed = |text: &str, number: u64| format!("{text}{:02}", 97 - number % 97);
        assert!(found_in(&keyed("299122A004123", 2_991_219_004_123)));
        assert!(found_in(&keyed("299122B004123", 2_991_218_004_123)));
        assert!(!found_in(&keyed("299122A004123", 2_991_218_004_123)));
    }

    #[test]
    fn in_an_id_thirteen_digits_in_a_row_are_no_nir() {
        for id in ["1712345678901", "1850578006084", "171-2345-678901", "A-1850578006084", "17"] {
            assert!(!found_in_id(id), "{id}");
        }
        for id in [
            "185057800608491",
            "1850578006084 91",
            "1 85 05 78 006 084",
            "1-85-05-78-006-084",
            "NIR1850578006084",
            "nir 1850578006084",
            "DURAND 185057800608491",
        ] {
            assert!(found_in_id(id), "{id}");
        }
    }

    #[test]
    fn a_key_is_right_or_absent() {
        for text in ["1850578006084", "1 85 05 78 006 084 91", "299122a00412314"] {
            assert!(has_right_key(text), "{text}");
        }
        for text in ["185057800608492", "18505780060849A", "18505780060849", ""] {
            assert!(!has_right_key(text), "{text}");
        }
    }

    #[test]
    fn a_nir_is_the_same_with_and_without_its_key() {
        let body = Some("1850578006084".to_owned());
        for text in ["1850578006084", "185057800608491", "1 85 05 78 006 084 91"] {
            assert_eq!(body_of(text), body);
        }
        for text in ["0000000000000", "18505780060849", "oui", ""] {
            assert_eq!(body_of(text), None, "{text}");
        }
    }

    #[test]
    fn other_numbers_are_not_a_nir() {
        for text in [
            "13002526500013",
            "130 025 265 00013",
            "0612345678",
            "+33 1 42 34 56 78 06 12 34 56 78",
            "0033612345678",
            "123456789AB",
            "1234567890K",
            "1850578006084X",
            "X1850578006084",
            "18505780060841",
            "5850578006084",
            "1851578006084",
            "1850500006084",
            "1850578000084",
            "1732390000000",
            "00000000-0000-4000-8000-1850578006084abc",
            "",
        ] {
            assert!(!found_in(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_looked_at_without_harm(text in "\\PC{0,60}") {
            let _ = found_in(&text);
        }

        #[test]
        fn no_siret_is_taken_for_a_nir(digits in "[0-9]{14}") {
            prop_assert!(!found_in(&digits));
        }

        #[test]
        fn every_keyed_nir_is_found(body in "[12][0-9]{2}(0[1-9]|1[0-2])[1-8][1-9][1-9]{6}") {
            let key = 97 - body.parse::<u64>().unwrap() % 97;
            let found = found_in(&format!("n° {body}{key:02}."));
            prop_assert!(found);
        }
    }
}
