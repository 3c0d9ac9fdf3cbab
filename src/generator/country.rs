//! The CFAs, where they are, what they teach, who pushes for them.

use super::dice::{Dice, Purpose};
use super::places::{CERTIFICATIONS, COMMUNES, Certification};
use domain::identifiers::{Siret, Uai};
use projections::reference::ReferenceSet;

/// CFAs of the network whose head office pushes for all of them.
const NETWORK_CFAS: usize = 3;
/// From this population on, there are more CFAs than the smallest country has.
const APPRENTICES_PER_CFA: u32 = 250;

/// A training centre.
#[derive(Debug, Clone)]
pub(super) struct Cfa {
    /// Its UAI, with its key letter.
    pub(super) uai: String,
    /// Its SIRET, with its key digit.
    pub(super) siret: String,
    /// The code of its département.
    pub(super) departement: String,
    /// A postcode of its département.
    pub(super) postcode: String,
    /// What it teaches: ranks in [`CERTIFICATIONS`].
    pub(super) certifications: Vec<usize>,
    /// Its share of learners.
    pub(super) weight: f64,
    /// Its lasting effect on ruptures; the mean is 1.
    pub(super) risk: f64,
    /// The rank of the source that pushes for it.
    pub(super) source: usize,
}

/// The country.
#[derive(Debug)]
pub(super) struct Country {
    /// Every CFA.
    pub(super) cfas: Vec<Cfa>,
    /// The names of the sources; one of them is a network.
    pub(super) sources: Vec<String>,
    /// The rank of the network's source.
    pub(super) network: usize,
}

/// What the CFA of this rank teaches: secondary, higher, or both.
fn levels_of(rank: usize) -> &'static [u8] {
    match rank % 5 {
        0 | 2 => &[3, 4, 5],
        1 | 3 => &[5, 6, 7],
        _ => &[3, 4, 5, 6, 7],
    }
}

impl Country {
    /// The country of a seed; from 40 CFAs for 2,000 apprentices to one for 250.
    pub(super) fn new(seed: u64, apprentices: u32) -> Self {
        let count = (apprentices / 50).clamp(5, 40).max(apprentices / APPRENTICES_PER_CFA);
        let mut sources = vec!["reseau-batir".to_owned()];
        let known = known_cfas();
        let mut cfas = Vec::new();
        for rank in 0..count as usize {
            let mut dice = Dice::new(seed, Purpose::Country, u32::try_from(rank).unwrap_or(0));
            let mut cfa = draw(&mut dice, rank, &known);
            if rank >= NETWORK_CFAS {
                cfa.source = sources.len();
                sources.push(format!("cfa-{}", cfa.uai.to_lowercase()));
            }
            cfas.push(cfa);
        }
        Self { cfas, sources, network: 0 }
    }

    /// A CFA that teaches a level, by weight; never `except`.
    pub(super) fn pick_cfa(&self, dice: &mut Dice, level: u8, except: Option<usize>) -> usize {
        let weights: Vec<f64> = self
            .cfas
            .iter()
            .enumerate()
            .map(|(rank, cfa)| {
                let teaches = cfa.certifications.iter().any(|c| CERTIFICATIONS[*c].level == level);
                if teaches && Some(rank) != except { cfa.weight } else { 0.0 }
            })
            .collect();
        dice.weighted(&weights)
    }

    /// One of the certifications of a level that a CFA teaches.
    pub(super) fn pick_certification(&self, dice: &mut Dice, cfa: usize, level: u8) -> usize {
        let taught: Vec<usize> = self.cfas[cfa]
            .certifications
            .iter()
            .copied()
            .filter(|c| CERTIFICATIONS[*c].level == level)
            .collect();
        if taught.is_empty() { 0 } else { *dice.pick(&taught) }
    }

    /// Whether the source of this rank stops pushing in this night: two
    /// systems fall silent, one in winter and one from May on.
    pub(super) fn is_silent(&self, source: usize, night: i16) -> bool {
        match source {
            3 => (120..190).contains(&night),
            5 => night >= 255,
            _ => false,
        }
    }
}

fn draw(dice: &mut Dice, rank: usize, known: &[Uai]) -> Cfa {
    let uai = known.get(rank).map_or_else(|| new_uai(dice, rank), |uai| uai.as_str().to_owned());
    let departement =
        Uai::parse(&uai).ok().and_then(|uai| uai.departement()).unwrap_or_else(|| "75".to_owned());
    let levels = levels_of(rank);
    let certifications = (0..CERTIFICATIONS.len())
        .filter(|c| levels.contains(&CERTIFICATIONS[*c].level))
        .filter(|c| c % 3 != rank % 3 || CERTIFICATIONS[*c].level > 5)
        .collect();
    Cfa {
        uai,
        siret: siret(dice, "88"),
        postcode: postcode(&departement),
        departement,
        certifications,
        weight: 0.3 + 2.0 * dice.unit() * dice.unit(),
        risk: 0.7 + 0.6 * dice.unit(),
        source: 0,
    }
}

/// The CFAs of the built-in reference set, in an order that mixes the régions.
fn known_cfas() -> Vec<Uai> {
    let Ok(set) = ReferenceSet::built_in() else { return Vec::new() };
    let all: Vec<Uai> = set.cfas.keys().copied().collect();
    // 7 and 40 have no common divisor: each is met once.
    (0..all.len()).filter_map(|rank| all.get((rank * 7 + 29) % all.len()).copied()).collect()
}

/// The UAI of a CFA that the built-in set does not know: `{département}9` and the rank.
fn new_uai(dice: &mut Dice, rank: usize) -> String {
    let departement = match dice.pick(COMMUNES).departement {
        "2A" => "620",
        other => other,
    };
    let number = format!("{departement:0>3}{:04}", 9_000 + rank % 900);
    ('A'..='Z')
        .map(|letter| format!("{number}{letter}"))
        .find(|candidate| Uai::parse(candidate).is_ok())
        .unwrap_or(number)
}

/// The postcode of a département's chef-lieu, as a rule of thumb.
pub(super) fn postcode(departement: &str) -> String {
    match departement {
        "2A" | "2B" => "20000".to_owned(),
        "75" => "75001".to_owned(),
        code => format!("{code:0<5}"),
    }
}

/// A SIRET with a valid key.
pub(super) fn siret(dice: &mut Dice, head: &str) -> String {
    let number = format!("{head}{}", dice.digits(11));
    ('0'..='9')
        .map(|key| format!("{number}{key}"))
        .find(|candidate| Siret::parse(candidate).is_ok())
        .unwrap_or(number)
}

/// The certification of a rank.
pub(super) fn certification(rank: usize) -> &'static Certification {
    &CERTIFICATIONS[rank]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_cfa_has_valid_and_different_identifiers() {
        let country = Country::new(1, 100_000);
        assert_eq!(country.cfas.len(), 400);
        let uais: HashSet<&str> = country.cfas.iter().map(|c| c.uai.as_str()).collect();
        assert_eq!(uais.len(), 400);
        for cfa in &country.cfas {
            assert!(Uai::parse(&cfa.uai).is_ok(), "{}", cfa.uai);
            assert!(Siret::parse(&cfa.siret).is_ok(), "{}", cfa.siret);
            assert!(!cfa.certifications.is_empty());
        }
    }

    #[test]
    fn the_demonstration_has_the_cfas_of_the_built_in_reference_set() {
        let set = ReferenceSet::built_in().unwrap();
        let country = Country::new(1, 2_000);
        assert_eq!(country.cfas.len(), 40);
        for cfa in &country.cfas {
            assert!(set.cfas.contains_key(&Uai::parse(&cfa.uai).unwrap()), "{}", cfa.uai);
        }
    }

    #[test]
    fn a_small_country_teaches_every_level() {
        let country = Country::new(1, 100);
        for level in 3..=7 {
            let taught = country
                .cfas
                .iter()
                .any(|c| c.certifications.iter().any(|x| CERTIFICATIONS[*x].level == level));
            assert!(taught, "{level}");
        }
    }
}
