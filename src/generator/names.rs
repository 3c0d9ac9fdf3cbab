//! Invented names. Surnames are put together from two halves, so that none of
//! them is a word that appears elsewhere and a search for them means something.

use super::dice::Dice;

const HEADS: [&str; 36] = [
    "Kervad",
    "Beaumar",
    "Lautrem",
    "Quiberz",
    "Roussign",
    "Trevelm",
    "Hautecomb",
    "Pélissand",
    "Vauquel",
    "Guérinch",
    "Brazouill",
    "Chastagn",
    "Delmouz",
    "Escarbel",
    "Fontrab",
    "Garrigoul",
    "Hurtebiz",
    "Jaubertr",
    "Lespinard",
    "Maurepoz",
    "Noirclair",
    "Oustalez",
    "Péchavr",
    "Ravigneul",
    "Sarrazoul",
    "Taillefum",
    "Urrutibeh",
    "Vergnaudr",
    "Wambrech",
    "Ythierg",
    "Zahourek",
    "Crèvecœurt",
    "Dubosquel",
    "Floreanc",
    "Malbrouk",
    "Boisjolib",
];

const TAILS: [&str; 32] = [
    "olec", "andais", "ouard", "ignac", "elier", "ointreau", "abel", "esque", "ennec", "iveau",
    "ottin", "ulard", "azeau", "ébert", "incourt", "orain", "uzet", "aillon", "éras", "ombier",
    "onnier", "ussac", "iquet", "ardeau", "eyrac", "ichaud", "oudin", "assin", "ergue", "ivert",
    "ellec", "oncel",
];

/// Particles and double names, in the share of a register of births.
const PARTICLES: [&str; 6] = ["de ", "d'", "du ", "Le ", "de La ", "El "];

const WOMEN: [&str; 40] = [
    "Clémentine",
    "Maëlys",
    "Anne-Sophie",
    "Océane",
    "Héloïse",
    "Zoélie",
    "Marguerite",
    "Eugénie",
    "Capucine",
    "Apolline",
    "Fatoumata",
    "Aminatou",
    "Khadidja",
    "Yasmina",
    "Ludivine",
    "Bérengère",
    "Coralie",
    "Séverine",
    "Philippine",
    "Rosalinde",
    "Guénaëlle",
    "Typhaine",
    "Solweig",
    "Mathurine",
    "Ombeline",
    "Sidonie",
    "Victorine",
    "Marie-Lou",
    "Jeannette",
    "Noémie",
    "Perrine",
    "Éléonore",
    "Oriane",
    "Cassandre",
    "Bertille",
    "Faustine",
    "Gwendoline",
    "Isaline",
    "Lisandra",
    "Mélisande",
];

const MEN: [&str; 40] = [
    "Maximilien",
    "Jean-Baptiste",
    "Anatole",
    "Barthélémy",
    "Théophile",
    "Gaëtan",
    "Sébastien",
    "Alphonse",
    "Mamadou",
    "Abdoulaye",
    "Souleymane",
    "Ibrahima",
    "Yannick",
    "Corentin",
    "Aurélien",
    "Ferdinand",
    "Grégoire",
    "Léopold",
    "Malo-Yann",
    "Octavian",
    "Pierre-Yves",
    "Raphaël",
    "Stanislas",
    "Thibault",
    "Ulysse",
    "Valentin",
    "Wandrille",
    "Xavier-Marie",
    "Zacharie",
    "Célestin",
    "Désiré",
    "Évariste",
    "François-Régis",
    "Gonzague",
    "Hippolyte",
    "Jérémie",
    "Kylliann",
    "Loïck",
    "Matthieu",
    "Noël-Marie",
];

/// Only names of people who have one name only.
const SINGLE: [&str; 8] = [
    "Thandiwekazi",
    "Rakotonirina",
    "Gulnigor",
    "Sukhbaatar",
    "Nangialai",
    "Ramanantsoa",
    "Tenzindolma",
    "Bolormaajin",
];

const FOREIGN: [&str; 16] = [
    "Nguyễn Thanh",
    "Oyelaranwo",
    "Diallobé",
    "Szczepaniakow",
    "Haddadjian",
    "Mukendikalala",
    "Al-Khouriyeh",
    "Fernandesco",
    "Rahimzadeh",
    "Ouedraogobila",
    "Kowalczewska",
    "Traorémba",
    "Yıldızhan",
    "Ndiayefall",
    "Papadimitrou",
    "Wolderufael",
];

/// A name as it is on the identity document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// Surname, or the only name.
    pub(super) last: String,
    /// First name; what systems write when there is none.
    pub(super) first: String,
}

/// A name. One person in 400 has one name only.
pub(super) fn name(dice: &mut Dice, woman: bool, foreign: bool) -> Name {
    let first = *dice.pick(if woman { &WOMEN } else { &MEN });
    if foreign {
        if dice.chance(0.04) {
            return Name { last: (*dice.pick(&SINGLE)).to_owned(), first: "-".to_owned() };
        }
        return Name { last: (*dice.pick(&FOREIGN)).to_owned(), first: first.to_owned() };
    }
    Name { last: surname(dice), first: first.to_owned() }
}

fn surname(dice: &mut Dice) -> String {
    let simple = format!("{}{}", dice.pick(&HEADS), dice.pick(&TAILS));
    match dice.below(100) {
        0..=3 => format!("{}{simple}", dice.pick(&PARTICLES)),
        4..=6 => format!("{simple}-{}{}", dice.pick(&HEADS), dice.pick(&TAILS)),
        _ => simple,
    }
}

/// The name in an address: lower case, without accents.
pub(super) fn plain(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .filter_map(|c| match c {
            'a'..='z' => Some(c),
            'à' | 'â' | 'ä' => Some('a'),
            'é' | 'è' | 'ê' | 'ë' | 'ễ' => Some('e'),
            'î' | 'ï' | 'ı' => Some('i'),
            'ô' | 'ö' | 'œ' => Some('o'),
            'û' | 'ù' | 'ü' => Some('u'),
            'ç' => Some('c'),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generator::dice::Purpose;
    use std::collections::HashSet;

    #[test]
    fn names_are_many_and_some_have_accents_particles_or_one_part() {
        let names: Vec<Name> = (0..5_000)
            .map(|i| name(&mut Dice::new(1, Purpose::Identity, i), i % 2 == 0, i % 12 == 0))
            .collect();
        let different: HashSet<String> =
            names.iter().map(|n| format!("{} {}", n.last, n.first)).collect();
        assert!(different.len() > 4_000, "{}", different.len());
        assert!(names.iter().any(|n| n.first == "-"));
        assert!(names.iter().any(|n| n.last.starts_with("d'")));
        assert!(names.iter().any(|n| !n.last.is_ascii()));
    }

    #[test]
    fn an_address_is_made_of_plain_letters() {
        assert_eq!(plain("Éléonore d'Œuvre-Noël"), "eleonoredouvrenoel");
    }
}
