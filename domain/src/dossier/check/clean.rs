//! Text as people mean it.

use std::borrow::Cow;

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
    fn names_have_single_spaces() {
        assert_eq!(single_spaced("de  La\u{a0}Tour "), "de La Tour");
    }
}
