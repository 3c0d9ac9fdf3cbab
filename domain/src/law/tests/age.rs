use super::{Beside, Broken, Example, Holds, NotConcerned, Undetermined, day, example};
use crate::law::Previous;

/// The last contract ended a year before the first day of the example, to the day.
fn a_year_before(beside: &mut Beside) {
    beside.previous = Some(Previous { ended_on: Some(day("2023-09-02")), ..Previous::default() });
}

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
    example("AGE_MAX", &[("apprentice.born_on", "1990-09-02")], Holds).beside(a_year_before),
    // It follows a contract of which nobody knows when it ended.
    example("AGE_MAX", &[("apprentice.born_on", "1990-09-02"), ("terms.kind", "22")], Undetermined),
    example("AGE_MAX", &[("apprentice.born_on", "1990-09-02"), ("terms.kind", "22")], Broken)
        .beside(a_day_more),
    example("AGE_MAX", &[("apprentice.born_on", "1988-09-02"), ("terms.kind", "22")], Broken),
    example("AGE_MAX", &[("apprentice.born_on", "1990-09-02")], Broken).beside(a_day_more),
    example("AGE_MAX", &[("apprentice.born_on", "1988-09-02")], Broken).beside(a_year_before),
    example("AGE_MAX", &[("apprentice.born_on", "1988-09-03")], Holds).beside(a_year_before),
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
