use super::{
    Beside, Broken, Case, Example, Holds, NotConcerned, Outcome, Undetermined, Unknown, amends,
    day, example, example_form, judge,
};

/// The contract that is amended was concluded the day before the law changed, and began the day after.
fn amends_an_old_contract(beside: &mut Beside) {
    let mut form = example_form();
    form.terms.concluded_on = Some(day("2018-12-31"));
    beside.amended = Some(form);
}

/// The example in one period, then other fields: conclusion, first and last day, birth, rate, salary.
macro_rules! period {
    ($concluded:literal, $from:literal to $to:literal, born $born:literal, $rate:literal % $gross:literal
     $(, $path:literal = $text:literal)*) => { &[
        ("terms.concluded_on", $concluded),
        ("terms.start_on", $from),
        ("terms.end_on", $to),
        ("apprentice.born_on", $born),
        ("pay.gross_monthly", $gross),
        ("pay.years.1.first.from", $from),
        ("pay.years.1.first.to", $to),
        ("pay.years.1.first.rate", $rate),
        ("pay.years.1.second.from", ""),
        ("pay.years.1.second.to", ""),
        ("pay.years.1.second.rate", ""),
        ("pay.years.1.second.basis", ""),
        ("pay.years.2.first.from", ""),
        ("pay.years.2.first.to", ""),
        ("pay.years.2.first.rate", ""),
        ("pay.years.2.first.basis", ""),
        $(($path, $text)),*
    ] };
}

/// The same with a private employer.
macro_rules! private {
    ($($period:tt)*) => {
        period!($($period)*, "employer.sector" = "prive", "employer.kind" = "12", "employer.idcc" = "1979")
    };
}

// The first day of the example is 2 September 2024; its apprentice is twenty and turns twenty-one on 17 April 2025:
// 43 %, 53 % from 1 May, 61 % in the second year.
pub(super) const EXAMPLES: &[Example] = &[
    example("PAY_PERIODS", &[], Holds),
    example("PAY_PERIODS", &[("pay.years.1.first.from", "2024-09-03")], Broken),
    example("PAY_PERIODS", &[("pay.years.1.first.from", "2024-09-01")], Broken),
    example("PAY_PERIODS", &[("pay.years.1.first.to", "2025-04-29")], Broken),
    example("PAY_PERIODS", &[("pay.years.1.first.to", "2025-05-01")], Broken),
    example("PAY_PERIODS", &[("pay.years.2.first.to", "2026-08-30")], Broken),
    example("PAY_PERIODS", &[("pay.years.2.first.to", "2026-09-01")], Broken),
    example("PAY_PERIODS", &[("pay.years.2.first.to", "2025-08-01")], Broken),
    example(
        "PAY_PERIODS",
        &[("pay.years.1.first.to", "2024-09-01"), ("pay.years.1.second.from", "2024-09-02")],
        Broken,
    ),
    example("PAY_PERIODS", &[("terms.kind", "36")], NotConcerned).beside(amends),
    example("PAY_PERIODS", &[("pay.years.1.first.to", "")], Undetermined),
    example("PAY_PERIODS", &[("pay.years.2.first.basis", "")], Undetermined),
    example("PAY_YEAR", &[], Holds),
    example("PAY_YEAR", &[("pay.years.1.second.to", "2025-09-02")], Broken),
    example("PAY_YEAR", &[("pay.years.2.first.from", "2025-09-01")], Broken),
    example(
        "PAY_YEAR",
        period!("2024-08-26", "2024-09-02" to "2025-09-01", born "2004-04-17", "53" % "954.96"),
        Holds,
    ),
    example(
        "PAY_YEAR",
        period!("2024-08-26", "2024-09-02" to "2025-09-02", born "2004-04-17", "61" % "954.96"),
        Broken,
    ),
    example("PAY_BRACKET", &[], Holds),
    example("PAY_BRACKET", &[("pay.years.1.second.from", "2025-04-17")], Broken),
    example("PAY_BRACKET", &[("pay.years.1.second.from", "2025-06-01")], Broken),
    example("PAY_BRACKET", &[("pay.years.1.second.from", "2025-09-02")], Broken),
    // A birthday on the first of a month counts from the next, and one on its last day from the day after.
    example("PAY_BRACKET", &[("apprentice.born_on", "2004-04-01")], Holds),
    example("PAY_BRACKET", &[("apprentice.born_on", "2004-04-30")], Holds),
    example("PAY_BRACKET", &[("apprentice.born_on", "2004-05-01")], Broken),
    example("PAY_BRACKET", &[("apprentice.born_on", "2004-03-31")], Broken),
    example(
        "PAY_BRACKET",
        period!("2024-08-26", "2024-09-02" to "2025-09-01", born "2004-04-17", "53" % "954.96"),
        NotConcerned,
    ),
    // Each age and year that a period is in; two sides of the law of 2018.
    example(
        "PAY_RATE",
        period!("2018-12-31", "2018-12-31" to "2019-12-30", born "2003-01-15", "25" % "374.62"),
        Holds,
    ),
    example(
        "PAY_RATE",
        period!("2018-12-31", "2018-12-31" to "2019-12-30", born "2003-01-15", "24.99" % "374.62"),
        Broken,
    ),
    example(
        "PAY_RATE",
        period!("2018-12-31", "2018-12-31" to "2019-12-30", born "1992-01-15", "53" % "794.19"),
        Holds,
    ),
    example(
        "PAY_RATE",
        period!("2019-01-01", "2019-01-01" to "2019-12-31", born "2003-01-15", "27" % "410.73"),
        Holds,
    ),
    example(
        "PAY_RATE",
        period!("2019-01-01", "2019-01-01" to "2019-12-31", born "2003-01-15", "26.99" % "410.73"),
        Broken,
    ),
    example(
        "PAY_RATE",
        period!("2019-01-01", "2019-01-01" to "2019-12-31", born "1992-01-15", "99" % "1521.22"),
        Broken,
    ),
    example("PAY_RATE", &[], Holds),
    example("PAY_RATE", &[("pay.years.1.first.rate", "42.99")], Broken),
    example("PAY_RATE", &[("pay.years.1.second.rate", "52.99")], Broken),
    example("PAY_RATE", &[("pay.years.2.first.rate", "60.99")], Broken),
    example("PAY_RATE", &[("pay.years.1.first.to", "2025-05-01")], Broken),
    example("PAY_RATE", &[("apprentice.born_on", "2004-05-01")], Holds),
    example("PAY_RATE", &[("apprentice.born_on", "2004-03-31")], Broken),
    example("PAY_RATE", &[("apprentice.born_on", "1998-09-02")], Broken),
    example("PAY_RATE", &[("pay.years.1.first.rate", "")], Undetermined),
    // An amendment keeps the rates of its contract.
    example("PAY_RATE", &[("terms.kind", "36"), ("pay.years.1.first.rate", "41")], Broken)
        .beside(amends),
    example("PAY_RATE", &[("terms.kind", "36"), ("pay.years.1.first.rate", "41")], Holds)
        .beside(amends_an_old_contract),
    example("PAY_RATE", &[("terms.kind", "36"), ("pay.years.1.first.rate", "40.99")], Broken)
        .beside(amends_an_old_contract),
    example("PAY_RATE", &[("terms.kind", "36")], Undetermined),
    example(
        "PAY_PUBLIC_POINTS",
        period!("2018-12-31", "2018-12-31" to "2019-12-30", born "2003-01-15", "45" % "674.32"),
        Holds,
    ),
    example(
        "PAY_PUBLIC_POINTS",
        period!("2018-12-31", "2018-12-31" to "2019-12-30", born "2003-01-15", "44" % "674.32"),
        Broken,
    ),
    example(
        "PAY_PUBLIC_POINTS",
        period!("2019-01-01", "2019-01-01" to "2019-12-31", born "2003-01-15", "47" % "714.98"),
        Holds,
    ),
    example(
        "PAY_PUBLIC_POINTS",
        period!("2020-04-26", "2020-05-04" to "2021-05-03", born "2003-06-15", "46" % "723.53"),
        Broken,
    ),
    example(
        "PAY_PUBLIC_POINTS",
        period!("2020-04-26", "2020-05-04" to "2020-12-31", born "2003-06-15", "37" % "723.53",
            "training.diploma" = "41", "apprentice.highest_diploma" = "33"),
        Holds,
    ),
    example(
        "PAY_PUBLIC_POINTS",
        period!("2020-04-26", "2020-05-04" to "2020-12-31", born "2003-06-15", "27" % "723.53",
            "training.diploma" = "33"),
        NotConcerned,
    ),
    example(
        "PAY_PUBLIC_POINTS",
        private!("2020-04-26", "2020-05-04" to "2020-12-31", born "2003-06-15", "27" % "723.53"),
        NotConcerned,
    ),
    example("PAY_PUBLIC_OPTIONAL", &[], Holds),
    example("PAY_PUBLIC_OPTIONAL", &[("pay.years.1.first.rate", "53")], Holds),
    example("PAY_PUBLIC_OPTIONAL", &[("pay.years.2.first.rate", "81")], Holds),
    example("PAY_PUBLIC_OPTIONAL", &[("pay.years.2.first.rate", "80")], Broken),
    example("PAY_PUBLIC_OPTIONAL", &[("pay.years.1.first.rate", "58")], Broken),
    example("PAY_PUBLIC_OPTIONAL", &[("terms.kind", "21")], NotConcerned),
    example("PAY_PUBLIC_OPTIONAL", &[("terms.derogation", "21")], NotConcerned),
    example(
        "PAY_PUBLIC_OPTIONAL",
        period!("2020-04-27", "2020-05-04" to "2020-12-31", born "2003-06-15", "42" % "700.00",
            "apprentice.highest_diploma" = "54"),
        Holds,
    ),
    example("PAY_PUBLIC_BASIS", &[], Holds),
    example("PAY_PUBLIC_BASIS", &[("pay.years.2.first.basis", "SMC")], Broken),
    example(
        "PAY_PUBLIC_BASIS",
        private!("2024-08-26", "2024-09-02" to "2025-09-01", born "2004-04-17", "53" % "954.96"),
        NotConcerned,
    ),
    example("PAY_CONVENTIONAL", &[("employer.idcc", "1979")], NotConcerned),
    example(
        "PAY_CONVENTIONAL",
        private!("2024-08-26", "2024-09-02" to "2025-09-01", born "2004-04-17", "53" % "954.96"),
        Broken,
    ),
    example(
        "PAY_CONVENTIONAL",
        private!("2024-08-26", "2024-09-02" to "2025-09-01", born "2004-04-17", "53" % "954.96",
            "pay.years.1.first.basis" = "SMC"),
        Holds,
    ),
    example(
        "PAY_CONVENTIONAL",
        private!("2024-08-26", "2024-09-02" to "2025-09-01", born "2004-09-03", "43" % "954.96"),
        NotConcerned,
    ),
    // The rate of the second period alone is that of twenty-one.
    example(
        "PAY_CONVENTIONAL",
        &[
            ("employer.sector", "prive"),
            ("employer.kind", "12"),
            ("employer.idcc", "1979"),
            ("pay.years.1.second.basis", "SMC"),
            ("pay.years.2.first.basis", "SMC"),
        ],
        Holds,
    ),
    example(
        "PAY_CONVENTIONAL",
        period!("2024-08-26", "2024-09-02" to "2025-09-01", born "2004-04-17", "53" % "954.96",
            "employer.sector" = "prive", "employer.kind" = "12", "employer.idcc" = "9999"),
        NotConcerned,
    ),
    example(
        "PAY_GROSS",
        period!("2018-12-31", "2018-12-31" to "2019-12-30", born "2003-01-15", "25" % "374.62"),
        Holds,
    ),
    example(
        "PAY_GROSS",
        period!("2018-12-31", "2018-12-31" to "2019-12-30", born "2003-01-15", "25" % "374.61"),
        Broken,
    ),
    example(
        "PAY_GROSS",
        period!("2019-01-01", "2019-01-01" to "2019-12-31", born "2003-01-15", "27" % "410.73"),
        Holds,
    ),
    example(
        "PAY_GROSS",
        period!("2019-01-01", "2019-01-01" to "2019-12-31", born "2003-01-15", "27" % "410.72"),
        Broken,
    ),
    example("PAY_GROSS", &[("pay.gross_monthly", "759.78")], Holds),
    example("PAY_GROSS", &[("pay.gross_monthly", "759.77")], Broken),
    // Mayotte: 43 % of 1,334.67. No working time above 35 hours asks for less.
    example(
        "PAY_GROSS",
        &[("pay.gross_monthly", "573.91"), ("employer.address.postcode", "97600")],
        Holds,
    ),
    example(
        "PAY_GROSS",
        &[("pay.gross_monthly", "573.90"), ("employer.address.postcode", "97600")],
        Broken,
    ),
    example(
        "PAY_GROSS",
        &[("pay.gross_monthly", "759.77"), ("terms.weekly_time", "39:00")],
        Broken,
    ),
    example("PAY_GROSS", &[("pay.gross_monthly", "759.77"), ("terms.weekly_time", "34:59")], Holds),
    example("PAY_GROSS", &[("employer.address.postcode", "98800")], Undetermined),
    example("PAY_GROSS", &[("employer.address.postcode", "")], Undetermined),
    example("PAY_GROSS", &[("terms.start_on", "2017-12-31")], Undetermined),
    // The two last amounts of the SMIC, and the day after the last that is confirmed: 43 %.
    example(
        "PAY_GROSS",
        &[
            ("apprentice.born_on", "2007-01-15"),
            ("terms.start_on", "2026-05-31"),
            ("pay.gross_monthly", "783.91"),
        ],
        Holds,
    ),
    example(
        "PAY_GROSS",
        &[
            ("apprentice.born_on", "2007-01-15"),
            ("terms.start_on", "2026-06-01"),
            ("pay.gross_monthly", "783.91"),
        ],
        Broken,
    ),
    example(
        "PAY_GROSS",
        &[
            ("terms.start_on", "2026-11-01"),
            ("terms.end_on", "2027-08-31"),
            ("pay.gross_monthly", "3000"),
        ],
        Undetermined,
    ),
    example("PAY_GROSS", &[("terms.kind", "36")], NotConcerned).beside(amends),
    example("PAY_GROSS_RATE", &[("pay.gross_monthly", "759.78")], Holds),
    example("PAY_GROSS_RATE", &[("pay.gross_monthly", "759.77")], Broken),
    example("PAY_GROSS_RATE", &[("pay.years.1.first.rate", "54.04")], Holds),
    example("PAY_GROSS_RATE", &[("pay.years.1.first.rate", "54.05")], Broken),
    example("PAY_GROSS_RATE", &[("pay.years.1.first.basis", "SMC")], NotConcerned),
    example("PAY_RELATED_DIPLOMA", &[], NotConcerned),
    example("PAY_RELATED_DIPLOMA", &[("apprentice.highest_diploma", "54")], NotConcerned),
    example(
        "PAY_RELATED_DIPLOMA",
        period!("2024-08-26", "2024-09-02" to "2025-09-01", born "2004-10-17", "58" % "1100.00",
            "apprentice.highest_diploma" = "54"),
        Holds,
    ),
    example(
        "PAY_RELATED_DIPLOMA",
        period!("2024-08-26", "2024-09-02" to "2025-09-01", born "2004-10-17", "57" % "1100.00",
            "apprentice.highest_diploma" = "54"),
        Broken,
    ),
    example(
        "PAY_RELATED_DIPLOMA",
        period!("2024-08-26", "2024-09-02" to "2025-09-02", born "2004-10-17", "57" % "1100.00",
            "apprentice.highest_diploma" = "54"),
        NotConcerned,
    ),
    example(
        "PAY_RELATED_DIPLOMA",
        period!("2019-01-01", "2019-01-01" to "2019-12-31", born "2003-01-15", "27" % "700.00",
            "apprentice.highest_diploma" = "13", "training.diploma" = "13"),
        NotConcerned,
    ),
    example("PAY_SHORTENED", &[], NotConcerned),
    example(
        "PAY_SHORTENED",
        period!("2024-08-26", "2024-09-02" to "2025-09-01", born "2004-10-17", "51" % "954.96",
            "terms.derogation" = "21"),
        Holds,
    ),
    example(
        "PAY_SHORTENED",
        period!("2024-08-26", "2024-09-02" to "2025-09-01", born "2004-10-17", "50" % "954.96",
            "terms.derogation" = "21"),
        Broken,
    ),
    example(
        "PAY_LICENCE",
        period!("2024-08-26", "2024-09-02" to "2025-09-01", born "2004-10-17", "51" % "954.96",
            "training.diploma" = "62"),
        Holds,
    ),
    example(
        "PAY_LICENCE",
        period!("2024-08-26", "2024-09-02" to "2025-09-01", born "2004-10-17", "43" % "954.96",
            "training.diploma" = "62"),
        Broken,
    ),
    example(
        "PAY_SHORTENED",
        period!("2019-01-01", "2019-01-01" to "2019-12-31", born "2003-01-15", "39" % "700.00",
            "terms.derogation" = "21"),
        Holds,
    ),
    example(
        "PAY_LICENCE",
        period!("2019-01-01", "2019-01-01" to "2019-12-31", born "2000-01-15", "51" % "800.00",
            "training.diploma" = "62"),
        Holds,
    ),
    example("PAY_LICENCE", &[("training.diploma", "62")], NotConcerned),
    example("PAY_LICENCE", &[], NotConcerned),
    // Three quarters of 5.35 is 4.0125.
    example("PAY_MEAL", &[], NotConcerned),
    example("PAY_MEAL", &[("pay.meal", "4.01")], Holds),
    example("PAY_MEAL", &[("pay.meal", "4.02")], Broken),
    example("PAY_MEAL", &[("pay.meal", "4.02"), ("terms.start_on", "2025-01-01")], Holds),
    example("PAY_MEAL", &[("pay.meal", "1"), ("terms.start_on", "2027-01-01")], Undetermined),
    example("PAY_MEAL", &[("pay.meal", "1"), ("terms.start_on", "2017-12-31")], Undetermined),
    example("PAY_DEDUCTION", &[], NotConcerned),
    example("PAY_DEDUCTION", &[("pay.housing", "716.22")], Holds),
    example("PAY_DEDUCTION", &[("pay.housing", "716.23")], Broken),
];

#[test]
fn what_a_period_lacks_is_named_by_its_own_path() {
    let fields = [("from", "2024-09-02"), ("to", "2025-09-01"), ("rate", "43"), ("basis", "SMIC")];
    for year in 1..=4 {
        for which in ["first", "second"] {
            for (lacking, _) in fields {
                let mut form = example_form();
                form.pay.years = Default::default();
                let path = |field| format!("pay.years.{year}.{which}.{field}");
                for (field, text) in fields.into_iter().filter(|(field, _)| *field != lacking) {
                    form.set(&path(field), Some(text)).unwrap();
                }
                let verdicts = judge(&Case::of(&form)).unwrap();
                let periods = verdicts.iter().find(|verdict| verdict.rule.id == "PAY_PERIODS");
                let Outcome::Undetermined(Unknown::Missing(missing)) = periods.unwrap().outcome
                else {
                    panic!("nothing is missing without {}", path(lacking));
                };
                assert_eq!(missing, path(lacking));
            }
        }
    }
}
