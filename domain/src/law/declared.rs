//! A contract that a source declares, judged by the rules of the table as warnings.
//!
//! A declaration says some days and hardly anything else, and the form behind it is elsewhere. So it is judged under
//! every form that could stand behind it: what all of them break is a warning, what all of them keep holds, and
//! anything else is undetermined. Nobody is accused of what a missing field would explain, and nothing that is not known
//! passes. Only rules whose every answer depends on what is declared, or on what is tried here, are asked.

use super::case::Case;
use super::rule::{Outcome, Rule, Unknown};
use super::table;
use crate::cerfa::Form;
use crate::cerfa::codes::{ContractType, Derogation};
use crate::contract::rupture::{Initiator, Mode, Rupture};
use crate::text::Text;
use chrono::{Days, Months, NaiveDate};

/// The rules that days alone can answer. Of a rupture what must be told, by whom and when is not declared; nor are
/// practice, exams, working time, pay, people or documents.
const ASKED: [&str; 10] = [
    "AGE_FIFTEEN",
    "AGE_COLLEGE",
    "AGE_MAX",
    "AGE_THIRTY_FIVE",
    "END_AFTER_START",
    "DURATION_MIN",
    "DURATION_MAX",
    "DURATION_FORM",
    "RUPTURE_WITHIN",
    "RUPTURE_OF_ITS_TIME",
];

/// Contracts are signed so long before their first day at most: by whose rules of these days it is judged is not
/// declared.
const SIGNED_WITHIN: Months = Months::new(12);

/// What a source declares of a contract, as far as the law judges it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared {
    /// First day.
    pub start_on: NaiveDate,
    /// Last day agreed, when told.
    pub end_on: Option<NaiveDate>,
    /// The day of its rupture, and how.
    pub rupture: Option<(NaiveDate, Mode)>,
    /// Whether a contract of the same dossier was broken before it.
    pub follows_rupture: bool,
    /// A day of the month in which the apprentice was born, when told.
    pub birth_month: Option<NaiveDate>,
}

/// What a rule says of a declared contract: it refuses nothing.
#[derive(Debug, Clone)]
pub struct Remark {
    /// The rule.
    pub rule: &'static Rule,
    /// What it says.
    pub says: Says,
}

/// What it says, whatever form is behind the declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// The contract is as the rule wants.
    Holds,
    /// It is not; with what there is to say of this contract.
    Warns(Option<Text>),
    /// Nothing can be said.
    Undetermined(Unknown),
}

/// What the rules of a declared contract's day say of it, in the order of the table; those that are about other contracts
/// are left out, and so are those that no declaration could answer.
#[must_use]
pub fn judge(declared: &Declared) -> Vec<Remark> {
    let first = declared.start_on;
    let since = first.checked_sub_months(SIGNED_WITHIN).unwrap_or(first);
    let cases = forms(declared);
    let mut remarks = Vec::new();
    for rule in table::rules().filter(|rule| ASKED.contains(&rule.id) && rule.is_in_force(first)) {
        // The day of signature may be under another version, which must say the same.
        let versions = table::rules().filter(|other| {
            other.id == rule.id
                && other.from <= first
                && other.until.is_none_or(|until| since <= until)
        });
        let outcomes = versions.flat_map(|version| {
            cases.iter().map(move |(form, rupture)| {
                let mut case = Case::of(form);
                case.acts.rupture = rupture.as_ref().map(|(on, rupture)| (*on, rupture));
                version.verdict(&case).outcome
            })
        });
        remarks.extend(of_all(outcomes).map(|says| Remark { rule, says }));
    }
    remarks
}

/// What is said when every form says something; `None` when all are about other contracts.
fn of_all(outcomes: impl Iterator<Item = Outcome>) -> Option<Says> {
    let mut said: Option<Says> = None;
    let mut is_concerned = true;
    for outcome in outcomes {
        let now = match outcome {
            Outcome::NotConcerned => {
                is_concerned = false;
                continue;
            }
            Outcome::Holds => Says::Holds,
            Outcome::Broken(more) => Says::Warns(more),
            Outcome::Undetermined(unknown) => return Some(Says::Undetermined(unknown)),
        };
        let same = said.as_ref().is_none_or(|before| is_alike(before, &now));
        said = Some(if same { now } else { Says::Undetermined(Unknown::Undeclared) });
        if !same {
            return said;
        }
    }
    match said {
        // Of some of the forms the rule would not be about.
        Some(Says::Warns(_)) if !is_concerned => Some(Says::Undetermined(Unknown::Undeclared)),
        said => said,
    }
}

const fn is_alike(one: &Says, other: &Says) -> bool {
    matches!((one, other), (Says::Holds, Says::Holds) | (Says::Warns(_), Says::Warns(_)))
}

/// A form that could be behind a declaration, with the rupture of its contract.
type Behind = (Form, Option<(NaiveDate, Rupture)>);

/// The forms that could, as far as the rules that are asked tell them apart.
fn forms(declared: &Declared) -> Vec<Behind> {
    let kinds: &[ContractType] = if declared.follows_rupture {
        &[ContractType::AfterRupture]
    } else {
        &[ContractType::First, ContractType::AfterRupture, ContractType::ExtensionAfterFailure]
    };
    let births: Vec<Option<NaiveDate>> = match declared.birth_month.map(ends_of_month) {
        Some([first, last]) => vec![Some(first), Some(last)],
        None => vec![None],
    };
    // The day may be the last one of the contract, or the first one without it.
    let ruptures: Vec<Option<(NaiveDate, Rupture)>> = match declared.rupture {
        Some((on, mode)) => [Some(on), on.checked_sub_days(Days::new(1))]
            .into_iter()
            .flatten()
            .map(|on| Some((on, Rupture::of(mode, Initiator::Unknown))))
            .collect(),
        None => vec![None],
    };
    let mut all = Vec::new();
    for kind in kinds {
        for born_on in &births {
            for rupture in &ruptures {
                for disabled in [false, true] {
                    for derogation in [None, Some(Derogation::Shortened)] {
                        let mut form = Form::default();
                        form.terms.start_on = Some(declared.start_on);
                        form.terms.end_on = declared.end_on;
                        form.terms.kind = Some(*kind);
                        form.terms.derogation = derogation;
                        form.apprentice.born_on = *born_on;
                        // One of the three is as good as another where the law allows more.
                        form.apprentice.disability = Some(disabled);
                        form.apprentice.athlete = Some(false);
                        form.apprentice.business_project = Some(false);
                        all.push((form, rupture.clone()));
                    }
                }
            }
        }
    }
    all
}

/// The first and the last day of a month.
fn ends_of_month(day: NaiveDate) -> [NaiveDate; 2] {
    use chrono::Datelike;
    let first = day.with_day(1).unwrap_or(day);
    let next = first.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt());
    [first, next.unwrap_or(day)]
}
