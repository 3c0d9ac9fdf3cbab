//! What the fixed-length identifiers have in common: a few ASCII characters in
//! an array, so that a million of them cost no allocation.

/// Takes the `N` ASCII characters of a text, upper-cased, without those that
/// `ignored` names; `None` when there are not exactly `N` or one is not ASCII.
pub(super) fn compact<const N: usize>(text: &str, ignored: fn(char) -> bool) -> Option<[u8; N]> {
    let mut out = [0; N];
    let mut length = 0;
    for c in text.chars().filter(|c| !ignored(*c)) {
        let byte = u8::try_from(c).ok().filter(u8::is_ascii)?;
        *out.get_mut(length)? = byte.to_ascii_uppercase();
        length += 1;
    }
    (length == N).then_some(out)
}

/// Whether every byte is an ASCII digit.
pub(super) fn all_digits(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

/// The number that ASCII digits write; callers have checked that they are digits.
pub(super) fn number(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |n, d| n * 10 + u64::from(d - b'0'))
}

/// The text of bytes that are ASCII by construction, up to the first padding zero.
pub(super) fn text(bytes: &[u8]) -> &str {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    std::str::from_utf8(bytes.get(..end).unwrap_or_default()).unwrap_or_default()
}

/// Gives an identifier what all of them offer, from its `parse` and `as_str`:
/// display, parsing, and a serialised form that is its text, checked again on
/// the way in. `shown` or `hidden` says whether `Debug` may print the value.
macro_rules! identifier {
    ($name:ident, shown) => {
        $crate::identifiers::code::identifier!(@common $name);

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.as_str())
            }
        }
    };
    ($name:ident, hidden) => {
        $crate::identifiers::code::identifier!(@common $name);

        /// Shows no value: it is personal data, and `Debug` ends in logs.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
    (@common $name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::identifiers::IdentifierError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::identifiers::IdentifierError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.as_str().to_owned()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }
    };
}
pub(super) use identifier;
