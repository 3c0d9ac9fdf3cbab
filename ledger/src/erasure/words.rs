//! What names a person, in clear, for as long as the quarantine is searched.

use crate::codec::SectionKind;
use crate::vault::folded;
use domain::dossier::legible;
use domain::enrolment::Identity;
use domain::identifiers::{Email, Phone};
use domain::ids::Source;
use prost::Message;
use proto::v1;
use zeroize::Zeroizing;

/// The words of persons who are erased together. They are wiped when dropped.
#[derive(Default)]
pub(crate) struct Words {
    /// Found alone they name the person: INE, e-mails, telephones; as they were said, in lower case.
    alone: Vec<Zeroizing<String>>,
    /// The same as they are compared.
    compared: Vec<Zeroizing<String>>,
    /// Last and first name, which name the person together.
    names: Vec<[Zeroizing<String>; 2]>,
    /// Ids of the learner in the software of a source.
    ids: Vec<(Source, Zeroizing<String>)>,
}

/// Shorter than that a value is in too many rows to say whom a row is about.
const SHORTEST: usize = 4;

impl Words {
    /// Whether there is nothing to look for.
    pub(crate) const fn is_empty(&self) -> bool {
        self.alone.is_empty() && self.names.is_empty() && self.ids.is_empty()
    }

    pub(super) fn identity(&mut self, source: &Source, identity: &Identity) {
        self.add(identity.ine.as_ref().map(|ine| ine.text.as_str()));
        let names = [&identity.last_name, &identity.first_name];
        let names = names.map(|name| Zeroizing::new(folded(&legible(name))));
        if names.iter().all(|name| !name.is_empty()) && !self.names.contains(&names) {
            self.names.push(names);
        }
        let id = (source.clone(), Zeroizing::new(legible(&identity.id_erp).into_owned()));
        if !self.ids.contains(&id) {
            self.ids.push(id);
        }
    }

    /// Notes what the message of a section says of how to reach a person.
    pub(super) fn section(&mut self, kind: SectionKind, clear: &[u8]) {
        match kind {
            SectionKind::Contact => {
                let Ok(contact) = v1::SealedContact::decode(clear) else { return };
                self.add(contact.email.as_deref());
                self.add(contact.phone.as_ref().map(|phone| phone.text.as_str()));
            }
            SectionKind::Guardians => {
                let Ok(guardians) = v1::SealedGuardians::decode(clear) else { return };
                self.add(guardians.email_1.as_deref());
                self.add(guardians.email_2.as_deref());
            }
            _ => {}
        }
    }

    fn add(&mut self, word: Option<&str>) {
        if let Some(word) = word.filter(|word| word.len() >= SHORTEST) {
            let compared = comparable(word);
            if !self.compared.contains(&compared) {
                self.compared.push(compared);
            }
            let word = Zeroizing::new(word.to_lowercase());
            if !self.alone.contains(&word) {
                self.alone.push(word);
            }
        }
    }

    /// Whether a refused row holds them: one word that names a person alone, both names, or the
    /// learner's id in the software of the same source. A row of the push is read, and its values
    /// compared as the domain compares them; whatever is no such row is searched by its bytes. A row
    /// of somebody else that holds them by chance is taken too: it is sent again.
    pub(crate) fn are_in(&self, source: &Source, row: &[u8]) -> bool {
        v1::Dossier::decode(row).is_ok_and(|row| self.are_in_row(source, row))
            || self.are_in_bytes(source, row)
    }

    fn are_in_row(&self, source: &Source, row: v1::Dossier) -> bool {
        let id = Zeroizing::new(row.id_erp_apprenant.clone().unwrap_or_default());
        let texts = texts_of(row);
        let alone = |text: &Zeroizing<String>| self.compared.contains(&comparable(text));
        if texts.iter().any(alone) {
            return true;
        }
        let id = legible(&id);
        if self.ids.iter().any(|(of, known)| of == source && known.as_str() == id) {
            return true;
        }
        let legible = texts.iter().map(|text| legible(text));
        let all = Zeroizing::new(folded(&Zeroizing::new(legible.collect::<Vec<_>>().join(" "))));
        self.are_named_in(&all)
    }

    /// Whether both names of one of them are in folded text.
    fn are_named_in(&self, folded: &str) -> bool {
        let has = |name: &Zeroizing<String>| folded.contains(name.as_str());
        self.names.iter().any(|names| names.iter().all(has))
    }

    fn are_in_bytes(&self, source: &Source, row: &[u8]) -> bool {
        let text = Zeroizing::new(String::from_utf8_lossy(row).into_owned());
        let low = Zeroizing::new(text.to_lowercase());
        if self.alone.iter().any(|word| low.contains(word.as_str())) {
            return true;
        }
        let ids = self.ids.iter().filter(|(of, _)| of == source);
        if ids.map(|(_, id)| id).any(|id| is_value(row, id.as_bytes())) {
            return true;
        }
        self.are_named_in(&Zeroizing::new(folded(&text)))
    }
}

/// A telephone number, an e-mail address or an INE as it is compared, however it was written.
fn comparable(text: &str) -> Zeroizing<String> {
    let text = legible(text);
    let known = Phone::parse(&text).map(|phone| phone.to_string());
    let known = known.or_else(|_| Email::parse(&text).map(|email| email.to_string()));
    Zeroizing::new(known.unwrap_or_else(|_| {
        text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect()
    }))
}

macro_rules! texts {
    ($($variant:ident $name:ident $kind:ident $required:literal $visibility:ident;)*) => {
        /// Every text of a row.
        fn texts_of(row: v1::Dossier) -> Vec<Zeroizing<String>> {
            let mut texts = Vec::new();
            $(texts.extend(text::$kind(row.$name));)*
            texts
        }
    };
}
domain::v3_fields!(texts);

/// One function a [`domain::dossier::Kind`], of the same name.
#[allow(non_snake_case, reason = "named after the kinds of the dictionary")]
mod text {
    use zeroize::Zeroizing;

    pub(super) fn Text(text: Option<String>) -> Option<Zeroizing<String>> {
        text.map(Zeroizing::new)
    }

    pub(super) const fn Int(_: Option<i64>) -> Option<Zeroizing<String>> {
        None
    }

    pub(super) const fn Bool(_: Option<bool>) -> Option<Zeroizing<String>> {
        None
    }
}

/// Whether bytes hold a value that no letter or digit continues on either side.
fn is_value(row: &[u8], value: &[u8]) -> bool {
    if value.is_empty() || value.len() > row.len() {
        return false;
    }
    let continues = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    row.windows(value.len()).enumerate().any(|(at, part)| {
        let before = at.checked_sub(1).and_then(|at| row.get(at));
        part == value && !continues(before) && !continues(row.get(at + value.len()))
    })
}
