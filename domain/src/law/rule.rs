//! A row of the table, and what it says of a contract.

use super::case::Case;
use crate::text::Text;
use chrono::NaiveDate;

/// What follows when a rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The contract cannot be published or deposited.
    Refuse,
    /// It can; whoever decides is told.
    Warn,
}

/// What a check finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The contract is as the rule wants.
    Holds,
    /// It is not.
    Broken,
    /// It is not, with what there is to say of this contract.
    BrokenBy(Text),
    /// The rule is about other contracts.
    NotConcerned,
}

impl Answer {
    /// From a condition that must be true.
    pub(super) const fn must(condition: bool) -> Self {
        if condition { Self::Holds } else { Self::Broken }
    }
}

/// Why nothing can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unknown {
    /// The form does not say it: the path of the field.
    Missing(&'static str),
    /// A table is not confirmed so far: its name.
    Unconfirmed(&'static str),
    /// The contract that is amended is not known here.
    Amended,
    /// The apprentice's contract before, or its end, is not known here.
    Previous,
    /// Only the calendar of the alternation between CFA and company would say.
    Calendar,
    /// The days of practice that were counted are more than there may be.
    PracticeDays,
    /// The contract is suspended: how long is not known.
    Suspended,
    /// How the contract was broken is not known.
    Mode,
    /// A declaration does not say it: it depends on the form behind it.
    Undeclared,
}

impl Unknown {
    /// Why, in words.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Missing(path) => {
                Text::new(format!("{path} is missing"), format!("Il manque {path}."))
            }
            Self::Unconfirmed(table) => Text::new(
                format!("the table {table} is not confirmed for that day"),
                format!("La table {table} n'est pas confirmée à cette date."),
            ),
            Self::Previous => Text::new(
                "the apprentice's contract before, or its end, is not known",
                "Le contrat précédent de l'apprenti, ou sa fin, n'est pas connu.",
            ),
            Self::Calendar => Text::new(
                "only the calendar of the alternation would say",
                "Seul le calendrier de l'alternance le dirait.",
            ),
            Self::PracticeDays => Text::new(
                "the days of practice that are said are more than there may be, by the calendar of the alternation or \
                 by the days since practice began",
                "Les jours de pratique indiqués sont plus nombreux qu'il ne peut y en avoir, d'après le calendrier de \
                 l'alternance ou les jours écoulés depuis le début de la formation pratique.",
            ),
            Self::Suspended => Text::new("the contract is suspended", "Le contrat est suspendu."),
            Self::Mode => Text::new(
                "how the contract was broken is not known",
                "Le mode de rupture n'est pas connu.",
            ),
            Self::Undeclared => Text::new(
                "what is declared does not say it: see the form of the contract",
                "Ce qui est déclaré ne le dit pas : voyez le formulaire du contrat.",
            ),
            Self::Amended => {
                Text::new("give the contract that it amends", "Donnez le contrat modifié.")
            }
        }
    }
}

/// What a check gives.
pub(super) type Checked = Result<Answer, Unknown>;

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// A stable name, `UPPER_SNAKE`; rows of one name follow each other in time.
    pub id: &'static str,
    /// Where it comes from.
    pub article: &'static str,
    /// The first day on which it is in force.
    pub from: NaiveDate,
    /// The last one; `None` while it is in force.
    pub until: Option<NaiveDate>,
    /// What follows when it is broken.
    pub severity: Severity,
    /// What it asks, in English, without a final full stop.
    pub en: &'static str,
    /// What it asks, in French, a sentence for who fills the form.
    pub fr: &'static str,
    pub(super) check: fn(&Case<'_>) -> Checked,
}

/// What a rule says of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The contract is as the rule wants.
    Holds,
    /// It is not; with what there is to say of this contract.
    Broken(Option<Text>),
    /// The rule is about other contracts.
    NotConcerned,
    /// Nothing can be said.
    Undetermined(Unknown),
}

/// What a rule says of a contract, with the rule.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The rule.
    pub rule: &'static Rule,
    /// What it says.
    pub outcome: Outcome,
}

impl Verdict {
    /// Whether the contract is refused for it.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.rule.severity == Severity::Refuse && matches!(self.outcome, Outcome::Broken(_))
    }
}

impl Rule {
    /// Whether it is in force on a day.
    #[must_use]
    pub fn is_in_force(&self, on: NaiveDate) -> bool {
        self.from <= on && self.until.is_none_or(|until| on <= until)
    }

    /// What it asks.
    #[must_use]
    pub fn text(&self) -> Text {
        Text::new(self.en, self.fr)
    }

    /// What it says of a contract, whatever the day.
    #[must_use]
    pub fn verdict(&'static self, case: &Case<'_>) -> Verdict {
        let outcome = match (self.check)(case) {
            Ok(Answer::Holds) => Outcome::Holds,
            Ok(Answer::Broken) => Outcome::Broken(None),
            Ok(Answer::BrokenBy(text)) => Outcome::Broken(Some(text)),
            Ok(Answer::NotConcerned) => Outcome::NotConcerned,
            Err(unknown) => Outcome::Undetermined(unknown),
        };
        Verdict { rule: self, outcome }
    }
}

/// A civil day of the table. A day that does not exist would be the first of all; a test finds it.
pub(super) const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(day) => day,
        None => NaiveDate::MIN,
    }
}

/// The day from which rules are given here that are older than every contract of the ledger.
pub(super) const ALWAYS: NaiveDate = day(2000, 1, 1);

/// The law "pour la liberté de choisir son avenir professionnel" (2018-771) applies to contracts concluded from here.
pub(super) const REFORM_2019: NaiveDate = day(2019, 1, 1);
/// The day before.
pub(super) const BEFORE_2019: NaiveDate = day(2018, 12, 31);

/// What most rows have in common: in force always, and a contract that breaks it is refused.
pub(super) const REFUSES: Rule = Rule {
    id: "",
    article: "",
    from: ALWAYS,
    until: None,
    severity: Severity::Refuse,
    en: "",
    fr: "",
    check: |_| Ok(Answer::NotConcerned),
};

/// The same of a row that warns.
pub(super) const WARNS: Rule = Rule { severity: Severity::Warn, ..REFUSES };
