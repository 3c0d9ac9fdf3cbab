//! Canonical JSON in and out, and every refusal.
//!
//! Canonical: UTF-8, no space or line break outside strings, members of every
//! object in the byte order of their names, the certifications in the order of
//! (CFD, level, RNCP, title), absent codes left out. Any JSON of the right
//! shape is read; the hash is that of the canonical bytes.

use super::set::{ReferenceHash, ReferenceSet};
use domain::text::Text;
use sha2::{Digest, Sha256};

/// The largest file that is read, in bytes: all communes of France take 3 MB.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Why a reference set was refused.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// Larger than the limit.
    #[error("a reference set has at most {MAX_BYTES} bytes, not {0}")]
    TooLarge(usize),
    /// Not JSON of this shape; the message says where.
    #[error("the reference set is not the JSON of docs/formats/reference-set.md: {0}")]
    Shape(#[from] serde_json::Error),
    /// An entry names another that is not in the set.
    #[error("{table} {entry:?} names {names} {missing:?}, which the set does not hold")]
    Missing {
        /// The table of the entry.
        table: &'static str,
        /// The entry.
        entry: String,
        /// The table that it points into.
        names: &'static str,
        /// What is not there.
        missing: String,
    },
    /// A level outside 3 to 8.
    #[error("certification {title:?} has level {level}; levels go from 3 to 8")]
    Level {
        /// Which one.
        title: String,
        /// Its level.
        level: u8,
    },
    /// A certification without any code.
    #[error("certification {title:?} has neither a CFD nor an RNCP")]
    NoCode {
        /// Which one.
        title: String,
    },
    /// Two certifications with the same codes.
    #[error("certification {title:?} has the same codes as the one before it")]
    Twice {
        /// The second.
        title: String,
    },
}

impl ReferenceError {
    /// The message in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        let fr = match self {
            Self::TooLarge(bytes) => {
                format!("Le jeu de référence dépasse {MAX_BYTES} octets ({bytes}).")
            }
            Self::Shape(error) => format!(
                "Le fichier n'est pas un jeu de référence (voir docs/formats/reference-set.md) : \
                 {error}."
            ),
            Self::Missing { table, entry, names, missing } => format!(
                "L'entrée « {entry} » de {table} renvoie à « {missing} », absent de {names}."
            ),
            Self::Level { title, level } => {
                format!("Le niveau de « {title} » est {level} : il doit aller de 3 à 8.")
            }
            Self::NoCode { title } => format!("« {title} » n'a ni code CFD ni code RNCP."),
            Self::Twice { title } => {
                format!("« {title} » a les mêmes codes qu'une autre certification.")
            }
        };
        Text::new(self.to_string(), fr)
    }
}

impl ReferenceSet {
    /// The set that is in force before any is loaded: every région, académie
    /// and département, and a few certifications and made-up CFAs for the demo.
    ///
    /// # Errors
    /// Never in practice: a test reads it.
    pub fn built_in() -> Result<Self, ReferenceError> {
        Self::parse(include_bytes!("built_in.json"))
    }

    /// Reads a set and checks that its tables agree.
    ///
    /// # Errors
    /// See [`ReferenceError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ReferenceError> {
        if bytes.len() > MAX_BYTES {
            return Err(ReferenceError::TooLarge(bytes.len()));
        }
        let mut set: Self = serde_json::from_slice(bytes)?;
        set.certifications.sort();
        set.check_certifications()?;
        set.check_places()?;
        Ok(set)
    }

    /// The bytes that the hash is of.
    ///
    /// # Errors
    /// Never in practice: every table has text keys.
    pub fn canonical_bytes(&self) -> Result<Vec<u8>, ReferenceError> {
        Ok(serde_json::to_vec(self)?)
    }

    /// The name of the set.
    ///
    /// # Errors
    /// As [`Self::canonical_bytes`].
    pub fn hash(&self) -> Result<ReferenceHash, ReferenceError> {
        Ok(ReferenceHash(Sha256::digest(self.canonical_bytes()?).into()))
    }

    fn check_certifications(&self) -> Result<(), ReferenceError> {
        for entry in &self.certifications {
            let title = entry.title.clone();
            if !(3..=8).contains(&entry.level) {
                return Err(ReferenceError::Level { title, level: entry.level });
            }
            if entry.cfd.is_none() && entry.rncp.is_none() {
                return Err(ReferenceError::NoCode { title });
            }
        }
        let codes = |at: usize| self.certifications.get(at).map(|e| (e.cfd, e.rncp));
        let mut seen = std::collections::BTreeSet::new();
        for (at, entry) in self.certifications.iter().enumerate() {
            if !seen.insert(codes(at)) {
                return Err(ReferenceError::Twice { title: entry.title.clone() });
            }
        }
        Ok(())
    }

    fn check_places(&self) -> Result<(), ReferenceError> {
        for (code, departement) in &self.departements {
            let (region, academie) = (&departement.region, &departement.academie);
            let held = self.regions.contains_key(region);
            require(held, "departements", code, "regions", region)?;
            let held = self.academies.contains_key(academie);
            require(held, "departements", code, "academies", academie)?;
        }
        for (code, commune) in &self.communes {
            let held = self.departements.contains_key(&commune.departement);
            require(held, "communes", code, "departements", &commune.departement)?;
            if let Some(id) = &commune.mission_locale {
                let held = self.missions_locales.contains_key(id);
                require(held, "communes", code, "missions_locales", id)?;
            }
        }
        for uai in self.cfas.keys() {
            let code = uai.departement().unwrap_or_default();
            let held = self.departements.contains_key(&code);
            require(held, "cfas", uai.as_str(), "departements", &code)?;
        }
        Ok(())
    }
}

fn require(
    held: bool,
    table: &'static str,
    entry: &str,
    names: &'static str,
    missing: &str,
) -> Result<(), ReferenceError> {
    if held {
        return Ok(());
    }
    let (entry, missing) = (entry.to_owned(), missing.to_owned());
    Err(ReferenceError::Missing { table, entry, names, missing })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(from: &str, to: &str) -> Result<ReferenceSet, ReferenceError> {
        let text = include_str!("built_in.json");
        assert!(text.contains(from), "{from}");
        ReferenceSet::parse(text.replacen(from, to, 1).as_bytes())
    }

    #[test]
    fn the_built_in_set_covers_france_and_is_canonical() {
        let set = ReferenceSet::built_in().unwrap();
        let whole = set.departements.values().filter(|d| d.region.len() == 2).count();
        assert_eq!(whole, 101);
        assert_eq!(set.regions.keys().filter(|code| code.len() == 2).count(), 18);
        assert_eq!(set.cfas().count(), 40);
        let file: &[u8] = include_bytes!("built_in.json");
        assert_eq!(set.canonical_bytes().unwrap(), file);
        let paris = set.departement("75").unwrap();
        assert_eq!((paris.region.as_str(), paris.academie.as_str()), ("11", "01"));
    }

    #[test]
    fn spaces_and_order_do_not_change_the_hash() {
        let set = ReferenceSet::built_in().unwrap();
        let mut shuffled = set.clone();
        shuffled.certifications.reverse();
        let pretty = serde_json::to_vec_pretty(&shuffled).unwrap();
        let again = ReferenceSet::parse(&pretty).unwrap();
        assert_eq!(again.hash().unwrap(), set.hash().unwrap());
        assert_ne!(change("Ain", "Aine").unwrap().hash().unwrap(), set.hash().unwrap());
    }

    #[test]
    fn what_does_not_agree_is_refused() {
        let region = change("\"region\":\"84\"", "\"region\":\"85\"").unwrap_err();
        assert!(matches!(region, ReferenceError::Missing { names: "regions", .. }), "{region}");
        let level = change("\"level\":3", "\"level\":9").unwrap_err();
        assert!(matches!(level, ReferenceError::Level { level: 9, .. }), "{level}");
        let shape = change("\"regions\":", "\"regionz\":").unwrap_err();
        assert!(matches!(shape, ReferenceError::Shape(_)), "{shape}");
        assert!(shape.text().fr.contains("reference-set.md"));
    }

    #[test]
    fn an_unknown_certification_has_the_level_of_its_cfd() {
        let set = ReferenceSet::built_in().unwrap();
        let level = |cfd: &str| set.level(Some(cfd.parse().unwrap()), None);
        let levels = ["50099999", "40099999", "32099999", "25099999", "13599999", "01099999"];
        assert_eq!(levels.map(level), [Some(3), Some(4), Some(5), Some(6), Some(7), None]);
        assert_eq!(set.level(None, None), None);
        let known = set.certifications.iter().find(|e| e.rncp.is_some()).unwrap();
        assert_eq!(set.level(Some("01099999".parse().unwrap()), known.rncp), Some(known.level));
    }
}
