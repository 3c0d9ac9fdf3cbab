//! An e-mail address.

use super::code::identifier;
use super::{IdentifierError, rules};
use serde::{Deserialize, Serialize};

/// The longest address that can be written in a mail's envelope (RFC 5321).
const MAX_ADDRESS: usize = 254;
/// The longest part before the `@` (RFC 5321).
const MAX_LOCAL: usize = 64;
/// The longest label of a domain (RFC 1035).
const MAX_LABEL: usize = 63;

/// An e-mail address, lower case. Quoted local parts and bare hosts are
/// refused: no learner has one, and they are typing errors. Accents are allowed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(Box<str>);
identifier!(Email, hidden);

impl Email {
    /// Reads an address; case and outer spaces do not matter.
    ///
    /// # Errors
    /// `EMAIL_FORM` when nothing could be sent to it.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let text = text.trim();
        let sound = text.len() <= MAX_ADDRESS
            && text
                .split_once('@')
                .is_some_and(|(local, domain)| local_is_sound(local) && domain_is_sound(domain));
        if sound { Ok(Self(text.to_lowercase().into())) } else { Err(rules::EMAIL_FORM.into()) }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn local_is_sound(local: &str) -> bool {
    let allowed = |c: char| !c.is_whitespace() && !c.is_control() && !r#"()<>[]:;,\"@"#.contains(c);
    (1..=MAX_LOCAL).contains(&local.len())
        && local.chars().all(allowed)
        && local.split('.').all(|atom| !atom.is_empty())
}

/// At least two labels, the last one not a number.
fn domain_is_sound(domain: &str) -> bool {
    let Some((_, top)) = domain.rsplit_once('.') else { return false };
    top.chars().count() >= 2
        && top.chars().any(char::is_alphabetic)
        && domain.split('.').all(label_is_sound)
}

fn label_is_sound(label: &str) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_trimmed_and_lower_cased() {
        let email = Email::parse(" Zoé.D'Alençon+cfa@Mail.Exemple.FR ").unwrap();
        assert_eq!(email.as_str(), "zoé.d'alençon+cfa@mail.exemple.fr");
    }

    #[test]
    fn what_cannot_receive_is_refused() {
        let long = format!("{}@exemple.fr", "a".repeat(65));
        let refused = [
            "",
            "@",
            "a@",
            "@exemple.fr",
            "a@b",
            "a b@exemple.fr",
            "a@@exemple.fr",
            "a@b@exemple.fr",
            ".a@exemple.fr",
            "a.@exemple.fr",
            "a..b@exemple.fr",
            "a@exemple..fr",
            "a@-exemple.fr",
            "a@exemple.f",
            "a@1.2.3.44",
            "a@exemple.fr;b@exemple.fr",
            "a@exemple.fr.",
            &long,
        ];
        for text in refused {
            assert_eq!(Email::parse(text).unwrap_err().rule, "EMAIL_FORM", "{text}");
        }
    }
}
