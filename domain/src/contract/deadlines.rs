//! What is due of a contract, from whom, by when, under which article. Computed for a day, and never an event.
//!
//! Two things are never mixed: the forty-five days of *practice* in which a contract is freely broken, and the
//! forty-five *calendar* days after which a mission locale takes over.

use super::conclude::last_day_to_decide;
use super::rupture::{Mode, Rupture};
use super::state::{Contract, Life, Phase, Round};
use crate::law::days::{Place, after_days, deadline};
use crate::law::practice::free_days_end;
use crate::law::{Case, DEPOSIT_DAYS};
use crate::text::Text;
use chrono::{Months, NaiveDate};

/// Months in which the CFA keeps on training after a rupture.
const KEPT: Months = Months::new(6);
/// Calendar days after a rupture from which a mission locale takes over: never the forty-five days of practice.
const MISSION_LOCALE_AFTER: u16 = 45;

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

/// What may be due.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// A stable name, `UPPER_SNAKE`.
    pub id: &'static str,
    /// From whom.
    pub from: From,
    /// Whether somebody must do it, who is told once its day is near. The others are days that pass by themselves, or
    /// that alerts of ruptures tell.
    pub obliges: bool,
    /// Under which article; of a private contract, under which.
    articles: [&'static str; 2],
    en: &'static str,
    fr: &'static str,
}

impl Kind {
    /// What.
    #[must_use]
    pub fn text(&self) -> Text {
        Text::new(self.en, self.fr)
    }

    /// Whether it has no day: it is due at once.
    #[must_use]
    pub fn is_at_once(&self) -> bool {
        self.id == MAKE_COMPLETE.id
    }

    /// Whether somebody is late once its day is over.
    #[must_use]
    pub fn is_ever_late(&self) -> bool {
        !Self::NEVER_LATE.contains(&self.id)
    }

    /// The names of those of which nobody is late: one has no day, and after the other's there is nothing to do.
    pub const NEVER_LATE: [&str; 2] = ["MAKE_COMPLETE", "DECIDE_AFTER_THE_END"];

    /// One of its articles, by its text.
    #[must_use]
    pub fn article(&self, text: &str) -> Option<&'static str> {
        self.articles.into_iter().find(|article| *article == text)
    }

    /// The kind of a name.
    #[must_use]
    pub fn named(id: &str) -> Option<&'static Self> {
        KINDS.iter().copied().find(|kind| kind.id == id)
    }
}

macro_rules! kinds {
    ($($name:ident $from:ident $obliges:literal [$public:literal, $private:literal] $en:literal $fr:literal;)*) => {
        $(static $name: Kind = Kind {
            id: stringify!($name),
            from: From::$from,
            obliges: $obliges,
            articles: [$public, $private],
            en: $en,
            fr: $fr,
        };)*

        /// Everything that may be due. Of those that oblige, one contract has one at most at a time.
        pub static KINDS: [&Kind; 9] = [$(&$name),*];
    };
}

kinds! {
    SIGN Parties true ["L6222-4", "L6222-4"]
        "all parties sign before it takes effect"
        "Toutes les parties signent avant la prise d'effet.";
    SUBMIT Employer true ["D6275-1", "D6224-1"]
        "the employer sends it to the deposit body, with the training agreement"
        "L'employeur le transmet à l'organisme de dépôt, avec la convention de formation.";
    MAKE_COMPLETE Employer true ["D6275-1", "D6224-2"]
        "the employer sends what the deposit body asked for; its clock stands still until then"
        "L'employeur envoie ce que l'organisme de dépôt a demandé ; son délai est suspendu jusque-là.";
    DECIDE DepositBody true ["D6224-2; D6275-3", "D6224-2; D6275-3"]
        "the deposit body decides; then its silence does"
        "L'organisme de dépôt se prononce ; à défaut, son silence vaut décision.";
    DECIDE_AFTER_THE_END DepositBody true ["D6224-2", "D6224-2"]
        "the deposit body decides of a contract whose end is recorded; its silence refuses, and nothing is due from the parties then"
        "L'organisme de dépôt se prononce sur un contrat dont la fin est enregistrée ; son silence vaut refus, et rien n'est alors dû par les parties.";
    FREE_RUPTURE_ENDS Parties false ["L6222-18", "L6222-18"]
        "until then either party breaks the contract without a motive: 45 days of practice in the company"
        "Jusque-là, chaque partie peut rompre le contrat sans motif : 45 jours de formation pratique en entreprise.";
    COMPLETE Employer false ["L6222-7-1", "L6222-7-1"]
        "the contract comes to its term"
        "Le contrat arrive à son terme.";
    KEEP_TRAINING Cfa false ["L6222-18-2", "L6222-18-2"]
        "the CFA keeps training for six months, and helps to find an employer"
        "Le CFA poursuit la formation pendant six mois et aide à trouver un employeur.";
    MISSION_LOCALE MissionLocale false ["accord national CFA et missions locales", "accord national CFA et missions locales"]
        "45 calendar days after the rupture a mission locale takes over who has no new contract"
        "45 jours calendaires après la rupture, la mission locale prend le relais si aucun contrat n'a été conclu.";
}

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// What, and from whom.
    pub kind: &'static Kind,
    /// By when.
    pub by: By,
    /// Under which article.
    pub article: &'static str,
    /// The first day on which it is due; `None`: from when the state was so.
    pub from: Option<NaiveDate>,
    /// The last day on which it is due; `None` while nothing else happens to the contract.
    pub until: Option<NaiveDate>,
    /// The day from which what is due at once is due, when it is known.
    pub since: Option<NaiveDate>,
}

impl Due {
    const fn new(kind: &'static Kind, by: By) -> Self {
        let [article, _] = kind.articles;
        Self { kind, by, article, from: None, until: None, since: None }
    }

    /// Whether it is still due on a day.
    #[must_use]
    pub fn is_shown(&self, on: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= on) && self.until.is_none_or(|until| on <= until)
    }

    /// Whether it was due before a day.
    #[must_use]
    pub fn is_late(&self, on: NaiveDate) -> bool {
        match self.by {
            By::Day(day) | By::Between(_, day) => day < on,
            By::AtOnce => false,
        }
    }

    /// The day by which it is sorted: what is due at once, by the day since when it is.
    #[must_use]
    pub fn sorts_on(&self) -> NaiveDate {
        match self.by {
            By::AtOnce => self.since.unwrap_or(NaiveDate::MIN),
            By::Day(day) | By::Between(day, _) => day,
        }
    }
}

/// What is due of a contract on a day, the earliest first. What cannot be dated, since the form does not say enough, is
/// left out.
#[must_use]
pub fn due(contract: &Contract, on: NaiveDate) -> Vec<Due> {
    let mut all = all_due(contract);
    all.retain(|due| due.is_shown(on));
    all
}

/// What is due of a contract, whatever the day: each with the first and the last day on which it is, so that it is
/// computed once for a state. The earliest first.
#[must_use]
pub fn all_due(contract: &Contract) -> Vec<Due> {
    let mut all = Vec::new();
    if let Some(round) = contract.round() {
        all.extend(obliging(contract, round));
    }
    // From the day on which silence refuses an amendment, what is due is that of the form before it.
    match contract.lapses_on() {
        None => all.extend(of_life(contract, NaiveDate::MIN)),
        Some(turn) => {
            let (before, after) = (of_life(contract, NaiveDate::MIN), of_life(contract, turn));
            all.extend(turned(before, after, turn));
        }
    }
    all.sort_by_key(|due| match due.by {
        By::AtOnce => (NaiveDate::MIN, due.kind.id),
        By::Day(day) | By::Between(day, _) => (day, due.kind.id),
    });
    all
}

/// What is due before a day, and what is from it on; what is so before and after is due once.
fn turned(before: Vec<Due>, mut after: Vec<Due>, turn: NaiveDate) -> Vec<Due> {
    let last = turn.pred_opt();
    let mut all = Vec::new();
    for mut due in before {
        match after.iter().position(|other| *other == due) {
            Some(same) => drop(after.swap_remove(same)),
            None => due.until = due.until.map_or(last, |until| last.map(|last| last.min(until))),
        }
        all.push(due);
    }
    let later = after.into_iter().map(|due| Due { from: Some(turn), ..due });
    all.extend(later.filter(|due| due.until.is_none_or(|until| turn <= until)));
    all
}

/// What somebody must do for the round that is under way: one thing, or none.
fn obliging(contract: &Contract, round: &Round) -> Option<Due> {
    let terms = &round.form.terms;
    let first = round.number == 0;
    match round.phase {
        Phase::Draft | Phase::Published | Phase::Signing | Phase::SignatureRefused
            if !contract.life.is_over() =>
        {
            let effect = if first { terms.start_on } else { terms.amendment_on };
            Some(Due::new(&SIGN, By::Day(effect?)))
        }
        // What never began is not sent any more.
        Phase::Signed | Phase::Incomplete if contract.life == Life::Cancelled => None,
        // Nor is an amendment that would take effect after the end.
        Phase::Signed | Phase::Incomplete
            if !first && terms.amendment_on.is_some_and(|day| is_after(contract, day)) =>
        {
            None
        }
        Phase::Signed => {
            let from = if first { terms.start_on } else { round.signed_on };
            let last = deadline(from?, DEPOSIT_DAYS, place(round)?)?;
            Some(Due { article: article(&SUBMIT, round), ..Due::new(&SUBMIT, By::Day(last)) })
        }
        Phase::Incomplete => {
            let since = round.asked.as_ref().map(|asked| asked.on);
            let article = article(&MAKE_COMPLETE, round);
            Some(Due { article, since, ..Due::new(&MAKE_COMPLETE, By::AtOnce) })
        }
        Phase::Submitted => {
            let last = last_day_to_decide(round)?;
            // What silence refuses of a contract that is over is neither opened again nor amended: nobody is late then.
            let accepts = round.form.is_public_law() == Some(true);
            let kind =
                if contract.life.is_over() && !accepts { &DECIDE_AFTER_THE_END } else { &DECIDE };
            // From the next day on, silence says it.
            Some(Due { until: Some(last), ..Due::new(kind, By::Day(last)) })
        }
        _ => None,
    }
}

/// Whether a day is after the last one of a contract that is over.
fn is_after(contract: &Contract, day: NaiveDate) -> bool {
    match contract.life {
        // The first day without contract.
        Life::Broken(on, _) => on <= day,
        Life::Completed(on, _) => on < day,
        Life::Cancelled => true,
        Life::Pending | Life::Running | Life::Suspended => false,
    }
}

/// The article that is the round's: of the public sector, or of the others.
fn article(kind: &Kind, round: &Round) -> &'static str {
    let [public, private] = kind.articles;
    if round.form.is_public_law() == Some(true) { public } else { private }
}

fn of_life(contract: &Contract, on: NaiveDate) -> Vec<Due> {
    let mut all = Vec::new();
    let Some(form) = contract.in_force(on) else { return all };
    match &contract.life {
        Life::Running | Life::Suspended => {
            let (calendar, suspensions) = (contract.calendar.as_ref(), &*contract.suspensions);
            let case = Case { calendar, suspensions, ..Case::of(form) };
            if let Ok((earliest, latest)) = free_days_end(&case) {
                let by = if earliest == latest {
                    By::Day(latest)
                } else {
                    By::Between(earliest, latest)
                };
                all.push(Due { until: Some(latest), ..Due::new(&FREE_RUPTURE_ENDS, by) });
            }
            if let Some(end) = form.terms.end_on {
                all.push(Due::new(&COMPLETE, By::Day(end)));
            }
        }
        Life::Broken(broken_on, rupture) if is_looked_after(rupture) => {
            if let Some(last) = broken_on.checked_add_months(KEPT) {
                all.push(Due { until: Some(last), ..Due::new(&KEEP_TRAINING, By::Day(last)) });
            }
            if let Some(from) = after_days(*broken_on, MISSION_LOCALE_AFTER) {
                // As the alerts of ruptures do: while the training lasts, as the form says it.
                let until = form.training.exams_end_on.or(form.terms.end_on);
                all.push(Due { until, ..Due::new(&MISSION_LOCALE, By::Day(from)) });
            }
        }
        Life::Broken(..) | Life::Pending | Life::Completed(..) | Life::Cancelled => {}
    }
    all
}

/// Whether the CFA trains on whose contract was broken so, and a mission locale looks after them: not of who is
/// excluded, or leaves with the diploma.
#[must_use]
pub const fn is_looked_after(rupture: &Rupture) -> bool {
    !matches!(rupture.mode, Mode::CfaExclusion | Mode::Diploma)
}

fn place(round: &Round) -> Option<Place> {
    Place::of_postcode(round.form.employer.address.postcode.as_ref()?)
}
