//! Who a person is: everything here is sealed by the ledger.

use super::country::{Country, postcode};
use super::dice::{Dice, Purpose};
use super::life::Life;
use super::names::{self, Name};
use super::places::{COMMUNES, Commune};
use super::tables::{DISABLED, HOME_NEAR};

/// An identity.
#[derive(Debug)]
pub(super) struct Identity {
    /// Names.
    pub(super) name: Name,
    /// INE: absent for most people who arrived lately, malformed for a few.
    pub(super) ine: Option<String>,
    /// Social security number, from the few systems that send it.
    pub(super) nir: Option<String>,
    /// E-mail.
    pub(super) email: Option<String>,
    /// Telephone, of the range kept for fiction; a few are no numbers.
    pub(super) phone: Option<String>,
    /// The other telephone, of those who change it.
    pub(super) next_phone: String,
    /// Street address.
    pub(super) address: String,
    /// Home.
    pub(super) home: Home,
    /// INSEE code of the birth place.
    pub(super) birth_commune: String,
    /// Disabled worker.
    pub(super) disabled: bool,
    /// A parent's address, of minors.
    pub(super) guardian: Option<String>,
}

/// Where somebody lives.
#[derive(Debug)]
pub(super) struct Home {
    /// INSEE code of the commune, when the system knows it.
    pub(super) insee: Option<&'static str>,
    /// Postcode.
    pub(super) postcode: String,
}

impl Home {
    fn in_commune(commune: &Commune) -> Self {
        Self { insee: Some(commune.insee), postcode: commune.postcode.to_owned() }
    }
}

impl Identity {
    /// The identity of the person of this rank.
    pub(super) fn of(seed: u64, country: &Country, person: u32, life: &Life) -> Self {
        let mut dice = Dice::new(seed, Purpose::Identity, person);
        let dice = &mut dice;
        let foreign = dice.chance(0.07);
        let name = names::name(dice, life.woman, foreign);
        let local = format!("{}.{}{person}", names::plain(&name.first), names::plain(&name.last));
        let local = local.trim_start_matches('.').to_owned();
        let home = home(dice, country, life.cfa);
        Self {
            ine: ine(dice, foreign, person),
            nir: dice.chance(0.02).then(|| nir(dice, life)),
            email: dice.chance(0.93).then(|| format!("{local}@courriel.example")),
            phone: dice.chance(0.95).then(|| phone(dice)),
            next_phone: format!("063998{}", dice.digits(4)),
            address: format!("{} rue des Quatre-Vents-Imaginaires", dice.between(1, 180)),
            birth_commune: birth_commune(dice, foreign),
            home,
            disabled: dice.chance(DISABLED),
            guardian: (life.age_at_entry() < 18)
                .then(|| format!("parent.{}{person}@famille.example", names::plain(&name.last))),
            name,
        }
    }
}

/// Home is mostly in the département of the CFA, else anywhere.
fn home(dice: &mut Dice, country: &Country, cfa: usize) -> Home {
    let departement = country.cfas[cfa].departement.as_str();
    let near: Vec<&Commune> = COMMUNES.iter().filter(|c| c.departement == departement).collect();
    match (dice.chance(HOME_NEAR), near.is_empty()) {
        (true, true) => Home { insee: None, postcode: postcode(departement) },
        (true, false) => Home::in_commune(dice.pick::<&Commune>(&near)),
        (false, _) => Home::in_commune(dice.pick(COMMUNES)),
    }
}

/// Unique by the person's rank; 2 in 100 are malformed, and stay so.
fn ine(dice: &mut Dice, foreign: bool, person: u32) -> Option<String> {
    if dice.chance(if foreign { 0.6 } else { 0.03 }) {
        return None;
    }
    let (a, b) = (dice.letter(), dice.letter());
    Some(match dice.below(100) {
        0..=1 => format!("{person:07}{a}"),
        2..=29 => format!("{:010}{a}", 3_141_592_653_u64 + u64::from(person)),
        30..=39 => format!("{:04}A{:05}{a}", 1_200 + person / 100_000, person % 100_000),
        _ => format!("{:09}{a}{b}", 271_828_182 + person),
    })
}

fn nir(dice: &mut Dice, life: &Life) -> String {
    use chrono::Datelike;
    let sex = if life.woman { 2 } else { 1 };
    let (year, month) = (life.born.year() % 100, life.born.month());
    format!("{sex}{year:02}{month:02}{}{}", 10 + dice.below(80), dice.digits(6))
}

fn phone(dice: &mut Dice) -> String {
    let digits = dice.digits(4);
    match dice.below(100) {
        0 => format!("06{digits}"),
        1..=9 => format!("+33 6 39 98 {} {}", &digits[..2], &digits[2..]),
        10..=11 => format!("+32 470 {digits}12"),
        _ => format!("063998{digits}"),
    }
}

fn birth_commune(dice: &mut Dice, foreign: bool) -> String {
    if foreign {
        return (*dice.pick(&["99352", "99350", "99326", "99243", "99333", "99205"])).to_owned();
    }
    dice.pick(COMMUNES).insee.to_owned()
}
