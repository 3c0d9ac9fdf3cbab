//! Every rule on examples: a form that is as the law wants, changed here and there.

mod age;
mod declared;
mod deposit;
mod duration;
mod kind;
mod pay_rules;
mod people;
mod rupture;
mod start;
mod training;
mod work;

use super::practice::Calendar;
use super::rule::ALWAYS;
use super::table::{judge_by_rules_of, rules, subjects};
use super::{Acts, Case, Outcome, Previous, Rule, Unknown, judge};
use crate::cerfa::{Form, FormVersion, example_form};
use crate::contract::DepositBody;
use crate::contract::rupture::{Completion, Rupture};
use chrono::{Days, NaiveDate};
use std::collections::BTreeSet;

/// What is beside the form.
#[derive(Debug, Clone)]
struct Beside {
    previous: Option<Previous>,
    amended: Option<Form>,
    training_agreement: bool,
    duration_agreement: bool,
    signed_on: Option<NaiveDate>,
    number: Option<&'static str>,
    submitted_on: Option<NaiveDate>,
    body: Option<DepositBody>,
    rupture: Option<(NaiveDate, Rupture)>,
    completion: Option<(NaiveDate, Completion)>,
    calendar: Option<Calendar>,
    version: FormVersion,
}

/// The example form is what is amended.
fn amends(beside: &mut Beside) {
    beside.amended = Some(example_form());
}

/// What a rule is expected to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Holds,
    Broken,
    NotConcerned,
    Undetermined,
}
use Expected::{Broken, Holds, NotConcerned, Undetermined};

/// The example form with some fields set, or taken away with "", and what a rule says of it. What is beside the form
/// is changed by a function.
struct Example {
    rule: &'static str,
    fields: &'static [(&'static str, &'static str)],
    beside: fn(&mut Beside),
    expected: Expected,
}

const fn example(
    rule: &'static str,
    fields: &'static [(&'static str, &'static str)],
    expected: Expected,
) -> Example {
    Example { rule, fields, beside: |_| {}, expected }
}

impl Example {
    const fn beside(self, beside: fn(&mut Beside)) -> Self {
        Self { beside, ..self }
    }

    fn form(&self) -> Form {
        let mut form = example_form();
        for (path, text) in self.fields {
            form.set(path, Some(*text).filter(|text| !text.is_empty())).unwrap();
        }
        form
    }

    /// What the rule says of it, with the row that was in force.
    fn judged(&self) -> (&'static Rule, Expected, NaiveDate) {
        let mut form = self.form();
        let mut beside = Beside {
            previous: None,
            amended: None,
            training_agreement: true,
            duration_agreement: false,
            signed_on: None,
            number: None,
            submitted_on: None,
            body: None,
            rupture: None,
            completion: None,
            calendar: None,
            version: FormVersion::default(),
        };
        (self.beside)(&mut beside);
        form.version = beside.version;
        let case = Case {
            form: &form,
            previous: beside.previous.as_ref(),
            amended: beside.amended.as_ref(),
            contract: beside.amended.as_ref(),
            training_agreement: beside.training_agreement,
            duration_agreement: beside.duration_agreement,
            calendar: beside.calendar.as_ref(),
            suspensions: &[],
            acts: Acts {
                signed_on: beside.signed_on,
                number: beside.number,
                submitted_on: beside.submitted_on,
                body: beside.body.as_ref(),
                rupture: beside.rupture.as_ref().map(|(on, rupture)| (*on, rupture)),
                completion: beside.completion.as_ref().map(|(on, completion)| (*on, completion)),
            },
        };
        let verdicts = judge(&case).unwrap();
        let found = verdicts.iter().find(|verdict| verdict.rule.id == self.rule);
        let verdict = found.unwrap_or_else(|| panic!("{} is not in force", self.rule));
        let said = match verdict.outcome {
            Outcome::Holds => Holds,
            Outcome::Broken(_) => Broken,
            Outcome::NotConcerned => NotConcerned,
            Outcome::Undetermined(_) => Undetermined,
        };
        (verdict.rule, said, case.judged_on().unwrap())
    }
}

fn examples() -> impl Iterator<Item = &'static Example> {
    let subjects = [
        age::EXAMPLES,
        duration::EXAMPLES,
        start::EXAMPLES,
        work::EXAMPLES,
        people::EXAMPLES,
        kind::EXAMPLES,
        training::EXAMPLES,
        deposit::EXAMPLES,
        rupture::EXAMPLES,
        pay_rules::EXAMPLES,
    ];
    subjects.into_iter().flatten()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn every_rule_says_of_each_example_what_it_should() {
    let wrong = |example: &&Example| example.judged().1 != example.expected;
    let all = examples().filter(wrong).map(|example| {
        let (_, said, _) = example.judged();
        format!("{} of {:?}: {said:?}, not {:?}", example.rule, example.fields, example.expected)
    });
    assert_eq!(all.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn every_row_has_an_example_that_holds_and_one_that_is_broken() {
    let of: Vec<_> = examples().map(Example::judged).collect();
    for rule in rules() {
        for expected in [Holds, Broken] {
            let has = of.iter().any(|(row, said, _)| std::ptr::eq(*row, rule) && *said == expected);
            assert!(has, "{} from {} has no example: {expected:?}", rule.id, rule.from);
        }
    }
}

#[test]
fn every_boundary_date_has_an_example_on_both_sides() {
    let at: BTreeSet<(&str, NaiveDate)> =
        examples().map(|example| (example.rule, example.judged().2)).collect();
    for rule in rules() {
        let first = Some(rule.from).filter(|from| *from != ALWAYS);
        let next = rule.until.and_then(|until| until.checked_add_days(Days::new(1)));
        for boundary in first.into_iter().chain(next) {
            let before = boundary - Days::new(1);
            let is_there = |on| rules().any(|row| row.id == rule.id && row.is_in_force(on));
            for on in [before, boundary].into_iter().filter(|on| is_there(*on)) {
                assert!(at.contains(&(rule.id, on)), "{} has no example on {on}", rule.id);
            }
        }
    }
}

#[test]
fn the_rows_of_a_rule_follow_each_other_and_every_row_can_be_read() {
    let mut subjects = subjects().map(|(subject, _)| subject);
    assert!(subjects.all(|subject| !subject.is_empty()));
    for rule in rules() {
        assert!(rule.id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'));
        assert!(
            rule.from >= ALWAYS && rule.until.is_none_or(|until| rule.from <= until),
            "{}",
            rule.id
        );
        assert!(
            !rule.article.is_empty() && !rule.en.ends_with('.') && rule.fr.ends_with('.'),
            "{}",
            rule.id
        );
        let same = rules().filter(|other| other.id == rule.id && !std::ptr::eq(*other, rule));
        for other in same {
            let apart = |one: &Rule, two: &Rule| one.until.is_some_and(|until| until < two.from);
            assert!(apart(rule, other) || apart(other, rule), "{} overlaps", rule.id);
        }
    }
}

#[test]
fn the_example_breaks_no_rule_and_every_rule_knows_what_it_needs() {
    let form = example_form();
    let case = Case { training_agreement: true, ..Case::of(&form) };
    for verdict in judge(&case).unwrap() {
        let fine = matches!(verdict.outcome, Outcome::Holds | Outcome::NotConcerned);
        assert!(fine, "{}: {:?}", verdict.rule.id, verdict.outcome);
    }
}

#[test]
fn a_field_that_a_rule_needs_and_is_absent_is_named_by_its_path() {
    let empty = Form::default();
    let case = Case::of(&empty);
    assert_eq!(judge(&case).unwrap_err(), Unknown::Missing("terms.concluded_on"));
    let paths: BTreeSet<String> = empty.fields().into_iter().map(|met| met.path).collect();
    for on in ["2018-06-01", "2024-09-01"] {
        for verdict in judge_by_rules_of(&case, day(on)) {
            assert_ne!(verdict.outcome, Outcome::Holds, "{} of an empty form", verdict.rule.id);
            if let Outcome::Undetermined(Unknown::Missing(path)) = verdict.outcome {
                assert!(paths.contains(path), "{}: no field {path}", verdict.rule.id);
            }
        }
    }
}

#[test]
fn an_amendment_is_judged_by_the_rules_of_its_contract() {
    let dated = |kind: &str, concluded: &str| {
        let mut form = example_form();
        for (path, text) in [
            ("terms.kind", kind),
            ("terms.concluded_on", concluded),
            ("terms.start_on", "2019-01-07"),
        ] {
            form.set(path, Some(text)).unwrap();
        }
        form
    };
    let contract = dated("11", "2018-12-31");
    let first = dated("36", "2019-06-03");
    let second = dated("37", "2020-03-02");
    let judged = |contract, amended| Case { contract, amended, ..Case::of(&second) }.judged_on();
    assert_eq!(judged(Some(&contract), Some(&first)), Ok(day("2018-12-31")));
    assert_eq!(judged(None, Some(&contract)), Ok(day("2018-12-31")));
    // What is amended is an amendment: of the contract the first day is known, no more.
    assert_eq!(judged(None, Some(&first)), Ok(day("2019-01-07")));
    assert_eq!(judged(None, None), Ok(day("2019-01-07")));
    assert_eq!(Case::of(&contract).judged_on(), Ok(day("2018-12-31")));
    // So its rates are still those of the contracts before 2019.
    let case = Case { contract: Some(&contract), amended: Some(&first), ..Case::of(&second) };
    let rates = judge(&case).unwrap().into_iter().find(|one| one.rule.id == "PAY_RATE").unwrap();
    assert!(rates.rule.until.is_some());
    let new = judge_by_rules_of(&case, day("2019-01-07"));
    let new = new.into_iter().find(|one| one.rule.id == "PAY_RATE").unwrap();
    assert_eq!(new.outcome, Outcome::NotConcerned, "the later grid is not asked of it");
}
