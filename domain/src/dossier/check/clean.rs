//! Text as people mean it.

use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The text without outer spaces and without characters that nobody sees:
/// control characters other than tabs and line ends, byte-order marks,
/// zero-width spaces and direction marks. Borrowed when nothing was taken out
/// but outer spaces.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().any(invisible) {
        let visible: String = text.chars().filter(|c| !invisible(*c)).collect();
        Cow::Owned(visible.trim().to_owned())
    } else {
        Cow::Borrowed(text.trim())
    }
}

/// A text as it is compared: without what cannot be seen, trimmed, composed.
/// Whoever looks a learner up by an id that was typed or sent must use it too.
#[must_use]
pub fn legible(text: &str) -> Cow<'_, str> {
    composed(clean(text))
}

/// The text in Unicode NFC: an accent is one with its letter. Two exports may
/// write one name in two ways that nobody can tell apart, and it must not seem
/// to have changed. Nothing is allocated for what is composed already.
pub(super) fn composed(text: Cow<'_, str>) -> Cow<'_, str> {
    if is_nfc(&text) { text } else { Cow::Owned(text.nfc().collect()) }
}

/// Zero-width joiners are not here: some scripts need them.
fn invisible(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2060}' | '\u{FEFF}' => true,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => true,
        c => c.is_control(),
    }
}

/// The words with one space between them.
pub(super) fn single_spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// The text in upper case without white space: a doubtful INE.
pub(super) fn upper_without_spaces(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect()
}

/// The text without white space, full stops and hyphens: a doubtful SIRET.
pub(super) fn without_punctuation(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_taken_out_and_line_ends_kept() {
        assert_eq!(clean("\u{feff}A\0B\u{202e}\n C\u{200b} "), "AB\n C");
        assert_eq!(clean("\0 \u{7}"), "");
    }

    #[test]
    fn visible_text_is_only_trimmed() {
        assert!(matches!(clean("\u{a0} D'Alençon \t"), Cow::Borrowed("D'Alençon")));
        assert!(matches!(clean("نیما\u{200c}ها"), Cow::Borrowed(_)));
    }

    #[test]
    fn an_accent_is_one_with_its_letter() {
        assert_eq!(composed("Zoe\u{301} Nguye\u{302}\u{303}n".into()), "Zoé Nguyễn");
        // No letter holds that accent: it is composed as it is.
        for text in ["Zoé", "ASCII", "q\u{303}", "李"] {
            assert!(matches!(composed(text.into()), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn names_have_single_spaces() {
        assert_eq!(single_spaced("de  La\u{a0}Tour "), "de La Tour");
    }
}
