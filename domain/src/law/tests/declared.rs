//! Contracts that sources declare: both sides of each rule, and that no form behind them is accused falsely.

use crate::cerfa::Form;
use crate::cerfa::codes::{ContractType, Derogation, LastClass};
use crate::contract::rupture::{Initiator, Mode, Rupture};
use crate::law::declared::{Declared, Says, judge};
use crate::law::table::rules;
use crate::law::{Case, Outcome};
use chrono::{Days, Months, NaiveDate};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn contract(start: &str, end: &str) -> Declared {
    Declared {
        start_on: day(start),
        end_on: Some(day(end)),
        rupture: None,
        follows_rupture: false,
        birth_month: Some(day("2004-04-01")),
    }
}

/// What a rule says: `warns`, `holds`, `?`, or nothing when it is about others.
fn says(declared: &Declared, rule: &str) -> &'static str {
    let remarks = judge(declared);
    let of: Vec<_> = remarks.iter().filter(|remark| remark.rule.id == rule).collect();
    assert!(of.len() <= 1, "a rule speaks once");
    match of.first().map(|remark| &remark.says) {
        Some(Says::Warns(_)) => "warns",
        Some(Says::Holds) => "holds",
        Some(Says::Undetermined(_)) => "?",
        None => "",
    }
}

#[test]
fn the_last_day_comes_after_the_first() {
    let end = |end| says(&contract("2024-09-02", end), "END_AFTER_START");
    assert_eq!((end("2024-09-02"), end("2024-09-03")), ("warns", "holds"));
    let open = Declared { end_on: None, ..contract("2024-09-02", "2024-09-02") };
    assert_eq!(says(&open, "END_AFTER_START"), "?", "what is not known is no pass");
}

#[test]
fn a_short_contract_may_follow_a_rupture_elsewhere_and_one_that_does_is_not_concerned() {
    let six = contract("2024-09-02", "2025-03-01");
    let short = contract("2024-09-02", "2025-02-28");
    assert_eq!((says(&six, "DURATION_MIN"), says(&short, "DURATION_MIN")), ("holds", "?"));
    let after = Declared { follows_rupture: true, ..short };
    assert_eq!(says(&after, "DURATION_MIN"), "");
    // Before 2019 a year, or six months by a derogation.
    let old = contract("2017-09-01", "2018-08-31");
    let shortened = contract("2017-09-01", "2018-08-30");
    assert_eq!((says(&old, "DURATION_MIN"), says(&shortened, "DURATION_MIN")), ("holds", "?"));
}

#[test]
fn a_long_contract_is_one_that_nobody_may_have() {
    let max = |end| says(&contract("2022-09-01", end), "DURATION_MAX");
    assert_eq!((max("2025-08-31"), max("2025-09-01")), ("holds", "?"));
    assert_eq!((max("2026-08-31"), max("2026-09-01")), ("?", "warns"));
    let form = |end| says(&contract("2022-09-01", end), "DURATION_FORM");
    assert_eq!((form("2027-02-28"), form("2027-03-01")), ("holds", "warns"));
}

#[test]
fn of_a_birth_the_month_alone_is_known() {
    let starts = |start, rule| says(&contract(start, "2035-08-31"), rule);
    // Born in April 2004: fifteen in the course of April 2019, thirty in that of April 2034.
    let fifteen = ["2019-03-31", "2019-04-01", "2019-04-29", "2019-04-30"];
    assert_eq!(fifteen.map(|start| starts(start, "AGE_FIFTEEN")), ["warns", "?", "?", "holds"]);
    let thirty = ["2034-03-31", "2034-04-01", "2034-05-01"];
    assert_eq!(
        thirty.map(|start| starts(start, "AGE_MAX")),
        ["holds", "?", "?"],
        "disabled, perhaps"
    );
    let unborn = Declared { birth_month: None, ..contract("2019-03-31", "2020-08-31") };
    assert_eq!((says(&unborn, "AGE_FIFTEEN"), says(&unborn, "AGE_MAX")), ("?", "?"));
}

#[test]
fn a_rupture_is_within_the_contract_and_of_its_time() {
    let broken = |on, mode| Declared {
        rupture: Some((day(on), mode)),
        ..contract("2024-09-02", "2026-08-31")
    };
    let within = |on| says(&broken(on, Mode::Unknown), "RUPTURE_WITHIN");
    // The day may be the first one without a contract.
    let days = ["2026-08-31", "2026-09-01", "2026-09-02"];
    assert_eq!(days.map(within), ["holds", "?", "warns"]);
    let judged = |mode| says(&broken("2025-03-01", mode), "RUPTURE_OF_ITS_TIME");
    assert_eq!((judged(Mode::Judicial), judged(Mode::MutualAgreement)), ("warns", "holds"));
    // One that begins in 2019 may have been signed before, when courts broke contracts.
    let early = |start| {
        let of = contract(start, "2021-08-31");
        says(
            &Declared { rupture: Some((day("2020-06-01"), Mode::Judicial)), ..of },
            "RUPTURE_OF_ITS_TIME",
        )
    };
    assert_eq!((early("2019-09-01"), early("2020-01-01")), ("?", "warns"));
    // Who was told when is not declared.
    for rule in
        ["RUPTURE_NOTIFIED", "RUPTURE_MINOR", "RUPTURE_MEDIATOR", "RUPTURE_NOTICE", "RUPTURE_FREE"]
    {
        assert_eq!(says(&broken("2025-03-01", Mode::ApprenticeInitiative), rule), "", "{rule}");
    }
}

/// Numbers that look random, from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }

    fn some<T>(&mut self, value: T) -> Option<T> {
        (self.below(4) > 0).then_some(value)
    }
}

/// A form, its rupture, and what a source may declare of it.
fn random(random: &mut Random) -> (Form, Option<(NaiveDate, Rupture)>, Declared) {
    let start = day("2015-01-01") + Days::new(random.below(4_500));
    let end = start + Days::new(random.below(1_900)) - Days::new(random.below(30));
    let born = start.checked_sub_months(Months::new(12 * (13 + random.below(25)) as u32)).unwrap();
    let born = born - Days::new(random.below(400));
    let mut form = Form::default();
    form.terms.concluded_on = Some(start - Days::new(random.below(360)));
    form.terms.start_on = Some(start);
    form.terms.end_on = Some(end);
    let follows_rupture = random.below(4) == 0;
    let kind =
        if follows_rupture { ContractType::AfterRupture } else { random.one_of(ContractType::ALL) };
    form.terms.kind = Some(kind);
    form.terms.derogation = Some(random.one_of(Derogation::ALL)).filter(|_| random.below(2) == 0);
    form.apprentice.born_on = Some(born);
    form.apprentice.last_class = Some(random.one_of(LastClass::ALL));
    form.apprentice.disability = Some(random.below(5) == 0);
    form.apprentice.athlete = Some(random.below(5) == 0);
    form.apprentice.business_project = Some(random.below(5) == 0);
    let broken = random.below(2) == 0;
    let on = start + Days::new(random.below(2_000));
    let mode =
        random.one_of(&[Mode::Unknown, Mode::Judicial, Mode::SeriousFault, Mode::MutualAgreement]);
    let rupture = broken.then(|| (on, Rupture::of(mode, Initiator::Unknown)));
    let declared = Declared {
        start_on: start,
        end_on: random.some(end),
        // Some say the last day of the contract, some the first one without it.
        rupture: broken.then(|| (on + Days::new(random.below(2)), mode)),
        follows_rupture,
        birth_month: random.some(born),
    };
    (form, rupture, declared)
}

#[test]
fn whatever_form_is_behind_it_a_declared_contract_is_neither_accused_nor_passed_falsely() {
    let mut numbers = Random(0x5EED_1234_5678_9ABC);
    let (mut warned, mut held) = (0, 0);
    for _ in 0..20_000 {
        let (form, rupture, declared) = random(&mut numbers);
        let mut case = Case::of(&form);
        case.acts.rupture = rupture.as_ref().map(|(on, rupture)| (*on, rupture));
        let judged_on = case.judged_on().unwrap();
        for remark in judge(&declared) {
            let id = remark.rule.id;
            let rule = rules().find(|rule| rule.id == id && rule.is_in_force(judged_on)).unwrap();
            let truth = rule.verdict(&case).outcome;
            match remark.says {
                Says::Warns(_) => {
                    assert!(matches!(truth, Outcome::Broken(_)), "{id} {truth:?} {declared:?}");
                    warned += 1;
                }
                Says::Holds => {
                    let kept = matches!(truth, Outcome::Holds | Outcome::NotConcerned);
                    assert!(kept, "{id} {truth:?} {declared:?}");
                    held += 1;
                }
                Says::Undetermined(_) => {}
            }
        }
    }
    assert!(warned > 1_000 && held > 10_000, "{warned} warned, {held} held");
}
