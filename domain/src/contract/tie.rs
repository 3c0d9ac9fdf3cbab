//! To whom a contract is shown: one rule, for whoever asks for one of them and for whoever lists them.
//!
//! A contract has ties, and somebody's scope has ties; they see the contract when the two have one in common. What the
//! contract does not say itself is added by who knows it: who drafted it, who trains in its enrolment, and the pseudonym of
//! its employer, whose SIRET is sealed.

use super::body;
use super::event::DepositBody;
use super::state::{Contract, Phase, Round};
use crate::identifiers::{Siret, Uai};
use chrono::NaiveDate;
use std::collections::BTreeSet;
use std::fmt;

/// What ties a contract to somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tie {
    /// It was sent to the service of the State of a département.
    Service(String),
    /// It was sent to a skills operator.
    Opco(String),
    /// All have signed it, and its place of work is in a département, or will be again if silence refuses its amendment.
    Place(String),
    /// A form that counts ([`naming`]) names the CFA, by its SIRET alone or by both its numbers.
    Cfa(Siret, Option<Uai>),
    /// An establishment trains in the enrolment that it belongs to.
    Trainer(Siret, Uai),
    /// A principal drafted it.
    Drafter(String),
    /// A form that counts names the employer, by the keyed pseudonym of the SIRET.
    Employer([u8; 16]),
}

/// As a table of ties holds it: a word, then what it is.
impl fmt::Display for Tie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(departement) => write!(f, "service {departement}"),
            Self::Opco(name) => write!(f, "opco {name}"),
            Self::Place(departement) => write!(f, "place {departement}"),
            Self::Cfa(siret, None) => write!(f, "cfa {}", siret.as_str()),
            Self::Cfa(siret, Some(uai)) => write!(f, "cfa {} {uai}", siret.as_str()),
            Self::Trainer(siret, uai) => write!(f, "trainer {} {uai}", siret.as_str()),
            Self::Drafter(principal) => write!(f, "drafter {principal}"),
            Self::Employer(key) => write!(f, "employer {:032x}", u128::from_be_bytes(*key)),
        }
    }
}

/// The rounds that count for who is named, employer and CFA: the one in force, and the one under way unless it is an
/// amendment that was given up or refused. Of what they replaced for good nobody is any more; what the silence of a
/// deposit body would put in force again ([`Contract::may_be_in_force`]) counts until it has decided, so that nobody's
/// sight depends on the day.
pub fn naming(contract: &Contract) -> impl Iterator<Item = &Round> {
    let under_way = contract.round().filter(|round| {
        round.number == 0 || !matches!(round.phase, Phase::Withdrawn | Phase::DepositRefused)
    });
    let in_force = contract.may_be_in_force();
    let named: BTreeSet<u16> = under_way.into_iter().chain(in_force).map(|it| it.number).collect();
    contract.rounds.iter().filter(move |round| named.contains(&round.number))
}

/// The département of the place of work, as the form that is in force on a day says it: where a contract that all have
/// signed is carried out, whoever its employer is and whatever amendment is under way.
#[must_use]
pub fn place(contract: &Contract, on: NaiveDate) -> Option<String> {
    contract.in_force(on).and_then(|form| body::departement(form).ok())
}

/// Whether any round was ever sent to a skills operator.
#[must_use]
pub fn was_sent_to_opco(contract: &Contract, name: &str) -> bool {
    contract.sent.iter().any(|sent| matches!(&sent.body, DepositBody::Opco(of) if of == name))
}

/// The ties that a contract says itself.
#[must_use]
pub fn ties(contract: &Contract) -> BTreeSet<Tie> {
    let sent = contract.sent.iter().filter_map(|sent| match &sent.body {
        DepositBody::State(_) => sent.departement.clone().map(Tie::Service),
        DepositBody::Opco(name) => Some(Tie::Opco(name.clone())),
    });
    let cfas = naming(contract).map(|round| &round.form.training.responsible);
    let named = cfas.filter_map(|cfa| Some(Tie::Cfa(cfa.siret?, cfa.uai)));
    let places = contract.may_be_in_force().filter_map(|round| body::departement(&round.form).ok());
    sent.chain(named).chain(places.map(Tie::Place)).collect()
}

/// The ties of an establishment: contracts whose form names it, and those of the enrolments in which it trains.
#[must_use]
pub fn of_establishment(siret: Siret, uai: Uai) -> [Tie; 3] {
    [Tie::Cfa(siret, None), Tie::Cfa(siret, Some(uai)), Tie::Trainer(siret, uai)]
}
