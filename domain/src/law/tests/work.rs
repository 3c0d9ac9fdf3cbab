use super::{Broken, Example, Holds, NotConcerned, example};

/// Eighteen the day after the first day of the contract; and on it.
const MINOR: (&str, &str) = ("apprentice.born_on", "2006-09-03");
const ADULT: (&str, &str) = ("apprentice.born_on", "2006-09-02");

pub(super) const EXAMPLES: &[Example] = &[
    example("TIME_MAX", &[("terms.weekly_time", "40:00")], Holds),
    example("TIME_MAX", &[("terms.weekly_time", "40:01")], Broken),
    example("TIME_MINOR", &[MINOR, ("terms.weekly_time", "35:00")], Holds),
    example("TIME_MINOR", &[MINOR, ("terms.weekly_time", "35:01")], Broken),
    example("TIME_MINOR", &[ADULT, ("terms.weekly_time", "39:00")], NotConcerned),
    example(
        "TIME_MINOR",
        &[
            ("terms.concluded_on", "2018-12-31"),
            ("terms.start_on", "2018-12-31"),
            ("terms.weekly_time", "35:00"),
            ("apprentice.born_on", "2001-01-01"),
        ],
        Holds,
    ),
    example(
        "TIME_MINOR",
        &[
            ("terms.concluded_on", "2018-12-31"),
            ("terms.start_on", "2018-12-31"),
            ("terms.weekly_time", "39:00"),
            ("apprentice.born_on", "2001-01-01"),
        ],
        Broken,
    ),
    example(
        "TIME_MINOR",
        &[
            ("terms.concluded_on", "2019-01-01"),
            ("terms.start_on", "2019-01-01"),
            ("terms.weekly_time", "39:00"),
            ("apprentice.born_on", "2001-01-02"),
        ],
        Broken,
    ),
    example("TIME_FULL", &[("terms.weekly_time", "35:00")], Holds),
    example("TIME_FULL", &[("terms.weekly_time", "34:59")], Broken),
    example(
        "TIME_FULL",
        &[("terms.weekly_time", "20:00"), ("apprentice.disability", "oui")],
        Holds,
    ),
    example("TIME_SOME", &[("terms.weekly_time", "0:01")], Holds),
    example("TIME_SOME", &[("terms.weekly_time", "0:00")], Broken),
    example("DANGEROUS_MINOR", &[MINOR, ("terms.dangerous_work", "oui")], Broken),
    example("DANGEROUS_MINOR", &[MINOR, ("terms.dangerous_work", "non")], Holds),
    example("DANGEROUS_MINOR", &[ADULT, ("terms.dangerous_work", "oui")], NotConcerned),
    example("WORK_PERMIT", &[("apprentice.nationality", "2")], Holds),
    example("WORK_PERMIT", &[("apprentice.nationality", "3")], Broken),
];
