//! What is due of a contract, from whom, by when, under which article. Computed for a day, and never an event.
//!
//! Two things are never mixed: the forty-five days of *practice* in which a contract is freely broken, and the
//! forty-five *calendar* days after which a mission locale takes over.

use super::conclude::{Decision, decision};
use super::rupture::Mode;
use super::state::{Contract, Life, Phase, Round};
use crate::law::Case;
use crate::law::days::{Place, after_days, deadline};
use crate::law::practice::free_days_end;
use crate::text::Text;
use chrono::{Months, NaiveDate};

/// Working days from the first day to the deposit.
const DEPOSIT: u16 = 5;
/// Months in which the CFA keeps on training after a rupture.
const KEPT: Months = Months::new(6);
/// Calendar days after a rupture from which a mission locale takes over.
const MISSION_LOCALE: u16 = 45;

/// From whom something is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum From {
    /// All parties.
    Parties,
    /// The employer.
    Employer,
    /// The CFA.
    Cfa,
    /// The deposit body.
    DepositBody,
    /// The mission locale.
    MissionLocale,
}

/// By when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// A day, this one included.
    Day(NaiveDate),
    /// Within bounds, since the calendar of the alternation is not known.
    Between(NaiveDate, NaiveDate),
    /// As soon as possible: the law names no day.
    AtOnce,
}

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// A stable name, `UPPER_SNAKE`.
    pub id: &'static str,
    /// From whom.
    pub from: From,
    /// By when.
    pub by: By,
    /// Under which article.
    pub article: &'static str,
    /// What.
    pub text: Text,
}

impl Due {
    fn new(
        id: &'static str,
        from: From,
        by: By,
        article: &'static str,
        en: &str,
        fr: &str,
    ) -> Self {
        Self { id, from, by, article, text: Text::new(en, fr) }
    }

    /// Whether it was due before a day.
    #[must_use]
    pub fn is_late(&self, on: NaiveDate) -> bool {
        match self.by {
            By::Day(day) | By::Between(_, day) => day < on,
            By::AtOnce => false,
        }
    }
}

/// What is due of a contract on a day, the earliest first. What cannot be dated, since the form does not say enough, is
/// left out.
#[must_use]
pub fn due(contract: &Contract, on: NaiveDate) -> Vec<Due> {
    let mut all = Vec::new();
    if let Some(round) = contract.round() {
        of_round(contract, round, on, &mut all);
    }
    of_life(contract, on, &mut all);
    all.sort_by_key(|due| match due.by {
        By::AtOnce => (NaiveDate::MIN, due.id),
        By::Day(day) | By::Between(day, _) => (day, due.id),
    });
    all
}

fn of_round(contract: &Contract, round: &Round, on: NaiveDate, all: &mut Vec<Due>) {
    let terms = &round.form.terms;
    let over = contract.life.is_over();
    match round.phase {
        Phase::Draft | Phase::Published | Phase::Signing | Phase::SignatureRefused if !over => {
            let first = if round.number == 0 { terms.start_on } else { terms.amendment_on };
            if let Some(first) = first {
                all.push(Due::new(
                    "SIGN",
                    From::Parties,
                    By::Day(first),
                    "L6222-4",
                    "all parties sign before it takes effect",
                    "Toutes les parties signent avant la prise d'effet.",
                ));
            }
        }
        Phase::Signed => {
            let from = if round.number == 0 { terms.start_on } else { round.signed_on };
            let last = from.zip(place(round)).and_then(|(from, place)| deadline(from, DEPOSIT, place));
            let public = round.form.is_public_law() == Some(true);
            let article = if public { "D6275-1" } else { "D6224-1" };
            if let Some(last) = last {
                all.push(Due::new(
                    "SUBMIT",
                    From::Employer,
                    By::Day(last),
                    article,
                    "the employer sends it to the deposit body, with the training agreement",
                    "L'employeur le transmet à l'organisme de dépôt, avec la convention de formation.",
                ));
            }
        }
        Phase::Incomplete => all.push(Due::new(
            "MAKE_COMPLETE",
            From::Employer,
            By::AtOnce,
            "D6275-1",
            "the employer sends what the deposit body asked for; its clock stands still until then",
            "L'employeur envoie ce que l'organisme de dépôt a demandé ; son délai est suspendu jusque-là.",
        )),
        _ => {}
    }
    if let Decision::Due(last) = decision(round, on) {
        all.push(Due::new(
            "DECIDE",
            From::DepositBody,
            By::Day(last),
            "D6224-2; D6275-3",
            "the deposit body decides; then its silence does",
            "L'organisme de dépôt se prononce ; à défaut, son silence vaut décision.",
        ));
    }
}

fn of_life(contract: &Contract, on: NaiveDate, all: &mut Vec<Due>) {
    let Some(form) = contract.in_force() else { return };
    match &contract.life {
        Life::Running | Life::Suspended => {
            if let Ok((earliest, latest)) = free_days_end(&Case::of(form))
                && on <= latest
            {
                let by = if earliest == latest {
                    By::Day(latest)
                } else {
                    By::Between(earliest, latest)
                };
                all.push(Due::new(
                    "FREE_RUPTURE_ENDS",
                    From::Parties,
                    by,
                    "L6222-18",
                    "until then either party breaks the contract without a motive: 45 days of practice in the company",
                    "Jusque-là, chaque partie peut rompre le contrat sans motif : 45 jours de formation pratique en \
                     entreprise.",
                ));
            }
            if let Some(end) = form.terms.end_on {
                all.push(Due::new(
                    "COMPLETE",
                    From::Employer,
                    By::Day(end),
                    "L6222-7-1",
                    "the contract comes to its term",
                    "Le contrat arrive à son terme.",
                ));
            }
        }
        // Who is excluded, or leaves with the diploma, is not trained on, nor looked after.
        Life::Broken(_, rupture) if matches!(rupture.mode, Mode::CfaExclusion | Mode::Diploma) => {}
        Life::Broken(broken_on, _) => {
            if let Some(last) = broken_on.checked_add_months(KEPT)
                && on <= last
            {
                all.push(Due::new(
                    "KEEP_TRAINING",
                    From::Cfa,
                    By::Day(last),
                    "L6222-18-2",
                    "the CFA keeps training for six months, and helps to find an employer",
                    "Le CFA poursuit la formation pendant six mois et aide à trouver un employeur.",
                ));
            }
            if let Some(from) = after_days(*broken_on, MISSION_LOCALE) {
                all.push(Due::new(
                    "MISSION_LOCALE",
                    From::MissionLocale,
                    By::Day(from),
                    "accord national CFA et missions locales",
                    "45 calendar days after the rupture a mission locale takes over who has no new contract",
                    "45 jours calendaires après la rupture, la mission locale prend le relais si aucun contrat n'a été \
                     conclu.",
                ));
            }
        }
        Life::Pending | Life::Completed(..) | Life::Cancelled => {}
    }
}

fn place(round: &Round) -> Option<Place> {
    Place::of_postcode(round.form.employer.address.postcode.as_ref()?)
}
