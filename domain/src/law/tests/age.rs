use super::{Beside, Broken, Example, Holds, NotConcerned, Undetermined, day, example};
use crate::law::Previous;

/// The last contract ended a year before the first day of the example, to the day.
fn a_year_before(beside: &mut Beside) {
    beside.previous = Some(Previous { ended_on: Some(day("2023-09-02")), ..Previous::default() });
}

fn broken_by_others(beside: &mut Beside) {
    a_year_before(beside);
    beside.previous.as_mut().unwrap().broken_by_others = true;
}

fn of_level_4(beside: &mut Beside) {
    a_year_before(beside);
    beside.previous.as_mut().unwrap().level = Some(4);
}

fn of_level_5(beside: &mut Beside) {
    a_year_before(beside);
    beside.previous.as_mut().unwrap().level = Some(5);
}

const THIRTY_FOUR: (&str, &str) = ("apprentice.born_on", "1990-09-02");
/// It was obtained elsewhere: the form alone does not say that the contract leads higher.
const OBTAINED_BTS: (&str, &str) = ("apprentice.highest_diploma", "54");

fn a_day_more(beside: &mut Beside) {
    beside.previous = Some(Previous { ended_on: Some(day("2023-09-01")), ..Previous::default() });
}

// The first day of the example is 2 September 2024, and it is concluded on 26 August.
pub(super) const EXAMPLES: &[Example] = &[
    example("AGE_FIFTEEN", &[("apprentice.born_on", "2009-09-02")], Holds),
    example("AGE_FIFTEEN", &[("apprentice.born_on", "2009-09-03")], Broken),
    example("AGE_FIFTEEN", &[("apprentice.born_on", "")], Undetermined),
    example(
        "AGE_COLLEGE",
        &[("apprentice.born_on", "2008-09-02"), ("apprentice.last_class", "42")],
        NotConcerned,
    ),
    example(
        "AGE_COLLEGE",
        &[("apprentice.born_on", "2008-09-03"), ("apprentice.last_class", "42")],
        Broken,
    ),
    example(
        "AGE_COLLEGE",
        &[("apprentice.born_on", "2008-09-03"), ("apprentice.last_class", "41")],
        Broken,
    ),
    example(
        "AGE_COLLEGE",
        &[("apprentice.born_on", "2008-09-03"), ("apprentice.last_class", "40")],
        Holds,
    ),
    example("AGE_UNDER_DEROGATION", &[("apprentice.born_on", "2008-09-02")], Holds),
    example(
        "AGE_UNDER_DEROGATION",
        &[("apprentice.born_on", "2008-09-02"), ("terms.derogation", "11")],
        Broken,
    ),
    example("AGE_UNDER_DEROGATION", &[("apprentice.born_on", "2008-09-03")], Broken),
    example(
        "AGE_UNDER_DEROGATION",
        &[("apprentice.born_on", "2008-09-03"), ("terms.derogation", "11")],
        Holds,
    ),
    example(
        "AGE_UNDER_DEROGATION",
        &[("apprentice.born_on", "2008-09-03"), ("terms.derogation", "50")],
        Holds,
    ),
    // Twenty-five at most until 2018, twenty-nine since.
    example(
        "AGE_MAX",
        &[
            ("terms.concluded_on", "2018-12-31"),
            ("terms.start_on", "2018-12-31"),
            ("apprentice.born_on", "1993-01-01"),
        ],
        Holds,
    ),
    example(
        "AGE_MAX",
        &[
            ("terms.concluded_on", "2018-12-31"),
            ("terms.start_on", "2018-12-31"),
            ("apprentice.born_on", "1992-12-31"),
        ],
        Broken,
    ),
    example(
        "AGE_MAX",
        &[
            ("terms.concluded_on", "2019-01-01"),
            ("terms.start_on", "2019-01-01"),
            ("apprentice.born_on", "1992-12-31"),
        ],
        Holds,
    ),
    example(
        "AGE_MAX",
        &[
            ("terms.concluded_on", "2019-01-01"),
            ("terms.start_on", "2019-01-01"),
            ("apprentice.born_on", "1989-01-01"),
        ],
        Broken,
    ),
    example("AGE_MAX", &[("apprentice.born_on", "1994-09-03")], Holds),
    example("AGE_MAX", &[("apprentice.born_on", "1994-09-02")], Broken),
    example(
        "AGE_MAX",
        &[("apprentice.born_on", "1960-01-01"), ("apprentice.disability", "oui")],
        Holds,
    ),
    example(
        "AGE_MAX",
        &[("apprentice.born_on", "1960-01-01"), ("apprentice.athlete", "oui")],
        Holds,
    ),
    example(
        "AGE_MAX",
        &[("apprentice.born_on", "1960-01-01"), ("apprentice.business_project", "oui")],
        Holds,
    ),
    example(
        "AGE_MAX",
        &[("apprentice.born_on", "1960-01-01"), ("apprentice.business_project", "")],
        Undetermined,
    ),
    // Thirty-four, after another contract: it was broken by others, or led to less than this one, a BTS.
    example("AGE_MAX", &[THIRTY_FOUR, OBTAINED_BTS], Undetermined).beside(a_year_before),
    example("AGE_MAX", &[THIRTY_FOUR, OBTAINED_BTS], Holds).beside(broken_by_others),
    example("AGE_MAX", &[THIRTY_FOUR, OBTAINED_BTS], Holds).beside(of_level_4),
    example("AGE_MAX", &[THIRTY_FOUR, OBTAINED_BTS], Broken).beside(of_level_5),
    example("AGE_MAX", &[THIRTY_FOUR, ("apprentice.highest_diploma", "49")], Broken)
        .beside(of_level_5),
    example("AGE_MAX", &[THIRTY_FOUR, ("apprentice.highest_diploma", "49")], Holds)
        .beside(a_year_before),
    example("AGE_MAX", &[THIRTY_FOUR, ("apprentice.highest_diploma", "")], Undetermined)
        .beside(a_year_before),
    example("AGE_MAX", &[("apprentice.born_on", "1990-09-02")], Broken).beside(|beside| {
        a_day_more(beside);
        beside.previous.as_mut().unwrap().broken_by_others = true;
    }),
    // It follows a contract of which nobody knows when it ended.
    example("AGE_MAX", &[("apprentice.born_on", "1990-09-02"), ("terms.kind", "22")], Undetermined),
    example("AGE_MAX", &[("apprentice.born_on", "1990-09-02"), ("terms.kind", "22")], Broken)
        .beside(a_day_more),
    example("AGE_MAX", &[("apprentice.born_on", "1988-09-02"), ("terms.kind", "22")], Broken),
    example("AGE_MAX", &[("apprentice.born_on", "1990-09-02")], Broken).beside(a_day_more),
    example("AGE_MAX", &[("apprentice.born_on", "1988-09-02")], Broken).beside(a_year_before),
    example("AGE_MAX", &[("apprentice.born_on", "1988-09-03")], Holds).beside(broken_by_others),
    example("AGE_THIRTY_FIVE", &[("apprentice.born_on", "1989-09-03")], NotConcerned)
        .beside(a_year_before),
    example("AGE_THIRTY_FIVE", &[("apprentice.born_on", "1989-09-02")], Broken)
        .beside(a_year_before),
    example(
        "AGE_THIRTY_FIVE",
        &[("apprentice.born_on", "1989-09-02"), ("apprentice.disability", "oui")],
        Holds,
    ),
    example(
        "AGE_OVER_DEROGATION",
        &[
            ("terms.concluded_on", "2019-01-01"),
            ("terms.start_on", "2019-01-01"),
            ("apprentice.born_on", "1989-01-01"),
            ("terms.derogation", "12"),
        ],
        Holds,
    ),
    example("AGE_OVER_DEROGATION", &[("apprentice.born_on", "1994-09-02")], Broken),
    example("AGE_OVER_DEROGATION", &[("apprentice.born_on", "1994-09-03")], Holds),
    example(
        "AGE_OVER_DEROGATION",
        &[("apprentice.born_on", "1994-09-03"), ("terms.derogation", "12")],
        Broken,
    ),
    example(
        "AGE_OVER_DEROGATION",
        &[("apprentice.born_on", "1994-09-02"), ("terms.derogation", "50")],
        Holds,
    ),
];
