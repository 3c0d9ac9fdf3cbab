use super::{Broken, Example, Holds, NotConcerned, day, example};

const AMENDS: (&str, &str) = ("terms.kind", "36");

// Concluded on 26 August 2024; contract and practice from 2 September, training from the 9th; exams until 10 July 2026.
pub(super) const EXAMPLES: &[Example] = &[
    example("SIGNED_BEFORE_START", &[("terms.concluded_on", "2024-09-02")], Holds),
    example("SIGNED_BEFORE_START", &[("terms.concluded_on", "2024-09-03")], Broken),
    example("SIGNED_BEFORE_PRACTICE", &[("terms.concluded_on", "2024-09-02")], Holds),
    example("SIGNED_BEFORE_PRACTICE", &[("terms.concluded_on", "2024-09-03")], Broken),
    example("SIGNED_BEFORE_EXAMS", &[("terms.concluded_on", "2026-07-10")], Holds),
    example("SIGNED_BEFORE_EXAMS", &[("terms.concluded_on", "2026-07-11")], Broken),
    // An amendment is concluded when the contract runs already.
    example("SIGNED_BEFORE_START", &[AMENDS, ("terms.concluded_on", "2026-07-11")], NotConcerned),
    example(
        "SIGNED_BEFORE_PRACTICE",
        &[AMENDS, ("terms.concluded_on", "2026-07-11")],
        NotConcerned,
    ),
    example("SIGNED_BEFORE_EXAMS", &[AMENDS, ("terms.concluded_on", "2026-07-11")], NotConcerned),
    // Whatever day the form says, all had signed on the first day, or on the next one.
    example("SIGNED_IN_TIME", &[], Holds)
        .beside(|beside| beside.signed_on = Some(day("2024-09-02"))),
    example("SIGNED_IN_TIME", &[], Broken)
        .beside(|beside| beside.signed_on = Some(day("2024-09-03"))),
    example("SIGNED_IN_TIME", &[AMENDS], NotConcerned)
        .beside(|beside| beside.signed_on = Some(day("2024-09-03"))),
    example("SIGNED_IN_TIME", &[], NotConcerned),
    example("PRACTICE_WITHIN", &[("terms.practice_on", "2024-12-02")], Holds),
    example("PRACTICE_WITHIN", &[("terms.practice_on", "2024-12-03")], Broken),
    example("PRACTICE_WITHIN", &[("terms.practice_on", "2024-09-01")], Broken),
    example(
        "PRACTICE_WITHIN",
        &[("terms.start_on", "2024-11-30"), ("terms.practice_on", "2025-02-28")],
        Holds,
    ),
    example(
        "PRACTICE_WITHIN",
        &[("terms.start_on", "2024-11-30"), ("terms.practice_on", "2025-03-01")],
        Broken,
    ),
    example("PRACTICE_BEFORE_END", &[("terms.practice_on", "2026-08-30")], Holds),
    example("PRACTICE_BEFORE_END", &[("terms.practice_on", "2026-08-31")], Broken),
    example("TRAINING_WITHIN", &[("training.start_on", "2024-12-02")], Holds),
    example("TRAINING_WITHIN", &[("training.start_on", "2024-12-03")], Broken),
    example("TRAINING_WITHIN", &[("training.start_on", "2024-06-02")], Holds),
    example(
        "TRAINING_EARLY",
        &[
            ("terms.concluded_on", "2019-01-01"),
            ("training.start_on", "2024-06-02"),
            ("apprentice.prior_situation", "7"),
        ],
        Holds,
    ),
    example(
        "TRAINING_EARLY",
        &[("training.start_on", "2024-06-01"), ("apprentice.prior_situation", "7")],
        Broken,
    ),
    example(
        "TRAINING_EARLY",
        &[("training.start_on", "2024-09-01"), ("apprentice.prior_situation", "1")],
        Broken,
    ),
    example(
        "TRAINING_EARLY",
        &[("training.start_on", "2024-04-01"), ("apprentice.prior_situation", "8")],
        Holds,
    ),
    example("TRAINING_EARLY", &[("training.start_on", "2024-09-02")], NotConcerned),
    example(
        "TRAINING_EARLY",
        &[("training.start_on", "2023-09-02"), ("terms.kind", "23")],
        NotConcerned,
    ),
    example("TRAINING_BEFORE_PRACTICE", &[("training.start_on", "2024-06-02")], Holds),
    example("TRAINING_BEFORE_PRACTICE", &[("training.start_on", "2024-06-01")], Broken),
    example(
        "TRAINING_BEFORE_PRACTICE",
        &[("training.start_on", "2023-06-01"), ("terms.kind", "22")],
        NotConcerned,
    ),
];
