//! The tables of a reference set.

use domain::identifiers::{Cfd, Rncp, Uai};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// SHA-256 of the canonical bytes of a set: its name for ever. Shown in hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReferenceHash(pub [u8; 32]);

impl fmt::Display for ReferenceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl From<ReferenceHash> for String {
    fn from(hash: ReferenceHash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for ReferenceHash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl std::str::FromStr for ReferenceHash {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refusal = "the hash of a reference set is 64 hexadecimal digits";
        let digits = text.as_bytes();
        let mut hash = [0; 32];
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(refusal);
        }
        for (byte, pair) in hash.iter_mut().zip(digits.chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| refusal)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| refusal)?;
        }
        Ok(Self(hash))
    }
}

impl fmt::Debug for ReferenceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReferenceHash({self})")
    }
}

/// One département or overseas collectivity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Departement {
    /// Code of its académie.
    pub academie: String,
    /// Its name.
    pub name: String,
    /// INSEE code of its région; a collectivity without région has its own code here.
    pub region: String,
}

/// One commune.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commune {
    /// Code of its département.
    pub departement: String,
    /// The mission locale that serves it, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mission_locale: Option<String>,
}

/// One certification; at least one of its two codes is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificationEntry {
    /// Code formation diplôme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cfd: Option<Cfd>,
    /// European level, 3 to 8.
    pub level: u8,
    /// Number in the national register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rncp: Option<Rncp>,
    /// Its title, in French.
    pub title: String,
}

/// A whole reference set. Build one with [`ReferenceSet::parse`] or
/// [`ReferenceSet::built_in`]: both check that the tables agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceSet {
    /// Académies: code to name.
    pub academies: BTreeMap<String, String>,
    /// Certifications, sorted.
    pub certifications: Vec<CertificationEntry>,
    /// Known CFAs: UAI to name. The denominator of coverage.
    pub cfas: BTreeMap<Uai, String>,
    /// Communes by INSEE code.
    pub communes: BTreeMap<String, Commune>,
    /// Départements by code.
    pub departements: BTreeMap<String, Departement>,
    /// Missions locales: id to name.
    pub missions_locales: BTreeMap<String, String>,
    /// What the set is called.
    pub name: String,
    /// Régions: INSEE code to name.
    pub regions: BTreeMap<String, String>,
}

impl ReferenceSet {
    /// The département of a code.
    #[must_use]
    pub fn departement(&self, code: &str) -> Option<&Departement> {
        self.departements.get(code)
    }

    /// The code of a CFA's département, from its UAI's first three digits, and its entry.
    #[must_use]
    pub fn departement_of(&self, cfa: Uai) -> Option<(&str, &Departement)> {
        let code = cfa.departement()?;
        self.departements.get_key_value(&code).map(|(code, entry)| (code.as_str(), entry))
    }

    /// The mission locale of a commune, where known: its id and name.
    #[must_use]
    pub fn mission_locale_of(&self, commune: &str) -> Option<(&str, &str)> {
        let id = self.communes.get(commune)?.mission_locale.as_deref()?;
        self.missions_locales.get(id).map(|name| (id, name.as_str()))
    }

    /// The entry of a certification: the one with both codes when both are
    /// told and known together, else the one of the RNCP, else of the CFD.
    #[must_use]
    pub fn certification(
        &self,
        cfd: Option<Cfd>,
        rncp: Option<Rncp>,
    ) -> Option<&CertificationEntry> {
        let find = |wanted: &dyn Fn(&CertificationEntry) -> bool| {
            self.certifications.iter().find(|entry| wanted(entry))
        };
        find(&|entry| cfd.is_some() && rncp.is_some() && (entry.cfd, entry.rncp) == (cfd, rncp))
            .or_else(|| find(&|entry| rncp.is_some() && entry.rncp == rncp))
            .or_else(|| find(&|entry| cfd.is_some() && entry.cfd == cfd))
    }

    /// The European level of a certification: as the table says, else from the
    /// first digit of the CFD, which is the level of the former nomenclature
    /// (5 is today's 3, 4 is 4, 3 is 5, 2 is 6, 1 is 7), else unknown.
    #[must_use]
    pub fn level(&self, cfd: Option<Cfd>, rncp: Option<Rncp>) -> Option<u8> {
        if let Some(entry) = self.certification(cfd, rncp) {
            return Some(entry.level);
        }
        match cfd?.as_str().as_bytes().first()? {
            b'5' => Some(3),
            b'4' => Some(4),
            b'3' => Some(5),
            b'2' => Some(6),
            b'1' => Some(7),
            _ => None,
        }
    }

    /// The known CFAs, by UAI.
    pub fn cfas(&self) -> impl Iterator<Item = (Uai, &str)> {
        self.cfas.iter().map(|(uai, name)| (*uai, name.as_str()))
    }

    /// Entries by table, for people: `13 régions, 96 départements, …`.
    #[must_use]
    pub fn summary(&self) -> String {
        format!(
            "{} régions, {} académies, {} départements, {} communes, {} CFA, {} certifications, \
             {} missions locales",
            self.regions.len(),
            self.academies.len(),
            self.departements.len(),
            self.communes.len(),
            self.cfas.len(),
            self.certifications.len(),
            self.missions_locales.len(),
        )
    }
}
