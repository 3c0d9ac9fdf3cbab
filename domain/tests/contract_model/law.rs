//! What the model needs to know of forms. What is complete and what the law refuses have tests of their own: here they
//! are asked of a form that is built anew from the model's own fields, and remembered.

use super::model::Filled;
use chrono::{Months, NaiveDate};
use domain::cerfa::codes::ContractType;
use domain::cerfa::{Form, Refused};
use domain::contract::Change;
use domain::contract::signing::Party;
use domain::law::{Case, Previous, judge};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// The form of some fields.
pub(super) fn form(filled: &Filled) -> Rc<Form> {
    thread_local! { static KNOWN: RefCell<HashMap<Filled, Rc<Form>>> = RefCell::default(); }
    KNOWN.with_borrow_mut(|known| {
        if let Some(form) = known.get(filled) {
            return Rc::clone(form);
        }
        let mut form = Form::default();
        for (path, value) in filled {
            form.set(path, Some(value)).unwrap();
        }
        let form = Rc::new(form);
        known.insert(filled.clone(), Rc::clone(&form));
        form
    })
}

/// Why some fields are refused.
pub(super) fn refuses(changes: &[Change]) -> Vec<Refused> {
    let mut form = Form::default();
    changes
        .iter()
        .filter_map(|change| form.set(&change.path, change.value.as_deref()).err())
        .collect()
}

/// A date of a form.
pub(super) fn date(filled: &Filled, path: &str) -> Option<NaiveDate> {
    filled.get(path).and_then(|text| text.parse().ok())
}

/// Whether the employer is of public law: listed with the public ones, and no establishment of industrial kind.
pub(super) fn is_public(filled: &Filled) -> bool {
    filled.get("employer.kind").is_some_and(|kind| ("21".."30").contains(&kind.as_str()))
}

/// Who signs, on a day: of whom is a minor then, or on the day that the form says, the representative too.
pub(super) fn parties(filled: &Filled, on: NaiveDate) -> Vec<Party> {
    let adult_on = date(filled, "apprentice.born_on").map(|born| born + Months::new(18 * 12));
    let amends = filled.get("terms.kind").is_some_and(|code| is_amendment(code));
    let effect = date(filled, "terms.amendment_on").filter(|_| amends);
    let concluded = date(filled, "terms.concluded_on");
    let signs_on = concluded.or(effect).or(date(filled, "terms.start_on"));
    let minor = adult_on.is_some_and(|adult| on < adult || signs_on.is_some_and(|day| day < adult));
    let emancipated = filled.get("apprentice.emancipated").is_some_and(|text| text == "true");
    if minor && !emancipated {
        vec![Party::Employer, Party::Apprentice, Party::Guardian, Party::Cfa]
    } else {
        vec![Party::Employer, Party::Apprentice, Party::Cfa]
    }
}

/// Whether the form says who represents the apprentice, and how to reach them.
pub(super) fn names_guardian(filled: &Filled) -> bool {
    ["guardian.name", "guardian.first_name", "guardian.email"]
        .iter()
        .all(|path| filled.contains_key(*path))
}

/// Whether a type is one of an amendment.
pub(super) fn is_amendment(code: &str) -> bool {
    code.starts_with('3')
}

/// The form of an amendment, from what is in force.
pub(super) fn amendment(mut signed: Filled, kind: ContractType) -> Filled {
    signed.insert("terms.kind".to_owned(), kind.code().to_owned());
    signed.remove("terms.concluded_on");
    signed.remove("terms.amendment_on");
    signed
}

/// What the law sees.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Seen {
    /// The form.
    pub(super) filled: Filled,
    /// What it amends.
    pub(super) amended: Option<Filled>,
    /// The contract's own form.
    pub(super) contract: Filled,
    /// Whether the training agreement is attached.
    pub(super) training_agreement: bool,
    /// Whether the agreement on another duration is attached.
    pub(super) duration_agreement: bool,
    /// Whether the apprentice's last contract was broken by others, and when it ended.
    pub(super) previous: Option<(Option<NaiveDate>, bool)>,
}

/// Why a form is not published: what is missing, and which rules refuse it.
pub(super) type Refusals = (Vec<String>, Vec<&'static str>);

impl Seen {
    /// What is missing, and which rules refuse it.
    pub(super) fn refusals(self) -> Refusals {
        thread_local! { static KNOWN: RefCell<HashMap<Seen, Refusals>> = RefCell::default(); }
        KNOWN.with_borrow_mut(|known| {
            if let Some(refusals) = known.get(&self) {
                return refusals.clone();
            }
            let refusals = self.asked();
            known.insert(self, refusals.clone());
            refusals
        })
    }

    fn asked(&self) -> Refusals {
        let of = form(&self.filled);
        let missing: Vec<_> = of.completeness().missing.into_iter().map(|one| one.path).collect();
        if !missing.is_empty() {
            return (missing, Vec::new());
        }
        let amended = self.amended.as_ref().map(form);
        let contract = form(&self.contract);
        let previous = self.previous.map(|(ended_on, broken_by_others)| Previous {
            ended_on,
            broken_by_others,
            level: None,
        });
        let case = Case {
            amended: amended.as_deref(),
            contract: Some(&contract),
            previous: previous.as_ref(),
            training_agreement: self.training_agreement,
            duration_agreement: self.duration_agreement,
            ..Case::of(&of)
        };
        let verdicts = judge(&case).unwrap();
        let refusing = verdicts.iter().filter(|one| one.refuses()).map(|one| one.rule.id);
        (missing, refusing.collect())
    }
}
