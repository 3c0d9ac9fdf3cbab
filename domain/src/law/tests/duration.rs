use super::{Beside, Broken, Example, Holds, NotConcerned, Undetermined, amends, example};

fn agreed(beside: &mut Beside) {
    beside.duration_agreement = true;
}

/// The contract that is amended was extended to four years.
fn extended(beside: &mut Beside) {
    amends(beside);
    beside.amended.as_mut().unwrap().set("terms.end_on", Some("2028-08-31")).unwrap();
}

const EARLY: [(&str, &str); 2] =
    [("training.start_on", "2024-07-02"), ("apprentice.prior_situation", "7")];

/// From this day on the reform applies; the last day before it.
const NEW: (&str, &str) = ("terms.concluded_on", "2019-01-01");
const OLD: (&str, &str) = ("terms.concluded_on", "2018-12-31");

// From 2 September 2024 to 31 August 2026; the exams end on 10 July 2026.
pub(super) const EXAMPLES: &[Example] = &[
    example("END_AFTER_START", &[], Holds),
    example("END_AFTER_START", &[("terms.end_on", "2024-09-03")], Holds),
    example("END_AFTER_START", &[("terms.end_on", "2024-09-02")], Broken),
    example("END_AFTER_START", &[("terms.end_on", "")], Undetermined),
    example(
        "DURATION_MIN",
        &[OLD, ("terms.start_on", "2019-01-02"), ("terms.end_on", "2020-01-01")],
        Holds,
    ),
    example(
        "DURATION_MIN",
        &[OLD, ("terms.start_on", "2019-01-02"), ("terms.end_on", "2019-12-31")],
        Broken,
    ),
    example(
        "DURATION_MIN",
        &[
            OLD,
            ("terms.start_on", "2019-01-02"),
            ("terms.end_on", "2019-07-01"),
            ("terms.derogation", "21"),
        ],
        Holds,
    ),
    example(
        "DURATION_MIN",
        &[NEW, ("terms.start_on", "2019-01-02"), ("terms.end_on", "2019-07-01")],
        Holds,
    ),
    example(
        "DURATION_MIN",
        &[NEW, ("terms.start_on", "2019-01-02"), ("terms.end_on", "2019-06-30")],
        Broken,
    ),
    example(
        "DURATION_MIN",
        &[("terms.start_on", "2024-08-31"), ("terms.end_on", "2025-02-27")],
        Holds,
    ),
    example(
        "DURATION_MIN",
        &[("terms.start_on", "2024-08-31"), ("terms.end_on", "2025-02-26")],
        Broken,
    ),
    example("DURATION_MIN", &[("terms.end_on", "2024-10-01"), ("terms.kind", "23")], NotConcerned),
    example("DURATION_MIN", &[("terms.end_on", "2024-10-01"), ("terms.kind", "36")], NotConcerned),
    example("DURATION_MAX", &[("terms.end_on", "2027-09-01")], Holds),
    example("DURATION_MAX", &[("terms.end_on", "2027-09-02")], Broken),
    example(
        "DURATION_MAX",
        &[("terms.end_on", "2028-09-01"), ("apprentice.disability", "oui")],
        Holds,
    ),
    example(
        "DURATION_MAX",
        &[("terms.end_on", "2028-09-01"), ("apprentice.athlete", "oui")],
        Holds,
    ),
    example("DURATION_MAX", &[("terms.end_on", "2028-09-01"), ("terms.kind", "33")], Holds),
    example("DURATION_MAX", &[("terms.end_on", "2028-09-02"), ("terms.kind", "33")], Broken),
    example(
        "DURATION_MAX",
        &[("terms.end_on", "2028-09-02"), ("apprentice.disability", "oui")],
        Broken,
    ),
    example(
        "DURATION_MAX",
        &[("terms.end_on", "2028-09-01"), ("apprentice.disability", "")],
        Undetermined,
    ),
    // What was extended to four years stays so long when its maître changes, and gets no longer.
    example("DURATION_MAX", &[("terms.end_on", "2028-08-31"), ("terms.kind", "36")], Holds)
        .beside(extended),
    example("DURATION_MAX", &[("terms.end_on", "2028-09-01"), ("terms.kind", "36")], Broken)
        .beside(extended),
    example("DURATION_MAX", &[("terms.end_on", "2028-08-31"), ("terms.kind", "36")], Undetermined),
    example("DURATION_MAX", &[("terms.end_on", "2028-08-31"), ("terms.kind", "36")], Broken)
        .beside(amends),
    // Two months at the CFA, from 2 July 2024, before the contract of 2 September.
    example("DURATION_EARLY", &[NEW, EARLY[0], EARLY[1], ("terms.end_on", "2027-07-01")], Holds),
    example("DURATION_EARLY", &[EARLY[0], EARLY[1], ("terms.end_on", "2027-07-02")], Broken),
    example(
        "DURATION_EARLY",
        &[EARLY[0], EARLY[1], ("terms.end_on", "2028-07-01"), ("apprentice.disability", "oui")],
        Holds,
    ),
    example(
        "DURATION_EARLY",
        &[EARLY[0], EARLY[1], ("terms.end_on", "2028-07-02"), ("apprentice.athlete", "oui")],
        Broken,
    ),
    example("DURATION_EARLY", &[("terms.end_on", "2027-09-01")], NotConcerned),
    example("DURATION_EARLY", &[EARLY[0], ("apprentice.prior_situation", "")], Undetermined),
    example("DURATION_FORM", &[("terms.end_on", "2029-03-01")], Holds),
    example("DURATION_FORM", &[("terms.end_on", "2029-03-02")], Broken),
    example("DURATION_AGREEMENT", &[NEW, ("terms.derogation", "21")], Broken),
    example("DURATION_AGREEMENT", &[("terms.derogation", "22")], Broken),
    example("DURATION_AGREEMENT", &[("terms.derogation", "22")], Holds).beside(agreed),
    example("DURATION_AGREEMENT", &[], NotConcerned),
    example("EXAMS_WITHIN", &[("training.exams_end_on", "2026-08-31")], Holds),
    example("EXAMS_WITHIN", &[("training.exams_end_on", "2026-09-01")], Broken),
    example("EXAMS_WITHIN", &[("training.exams_end_on", "2024-09-02")], Holds),
    example("EXAMS_WITHIN", &[("training.exams_end_on", "2024-09-01")], Broken),
    example("EXAMS_THEN_END", &[("terms.end_on", "2026-10-10")], Holds),
    example("EXAMS_THEN_END", &[("terms.end_on", "2026-10-11")], Broken),
    example("EXAMS_THEN_END_SOON", &[("terms.end_on", "2026-09-10")], Holds),
    example("EXAMS_THEN_END_SOON", &[("terms.end_on", "2026-09-11")], Broken),
    example(
        "EXTENSION_AFTER_FAILURE",
        &[("terms.kind", "33"), ("terms.end_on", "2027-08-31")],
        Holds,
    )
    .beside(amends),
    example(
        "EXTENSION_AFTER_FAILURE",
        &[("terms.kind", "33"), ("terms.end_on", "2027-09-01")],
        Broken,
    )
    .beside(amends),
    example(
        "EXTENSION_AFTER_FAILURE",
        &[("terms.kind", "33"), ("terms.end_on", "2026-08-30")],
        Broken,
    )
    .beside(amends),
    example("EXTENSION_AFTER_FAILURE", &[("terms.kind", "33")], Broken).beside(amends),
    example(
        "EXTENSION_AFTER_FAILURE",
        &[("terms.kind", "33"), ("terms.end_on", "2026-09-01")],
        Holds,
    )
    .beside(amends),
    example("EXTENSION_AFTER_FAILURE", &[("terms.kind", "33")], Undetermined),
    example(
        "EXTENSION_AFTER_EXAMS",
        &[("terms.kind", "33"), ("terms.concluded_on", "2026-07-10")],
        Holds,
    )
    .beside(amends),
    example(
        "EXTENSION_AFTER_EXAMS",
        &[("terms.kind", "33"), ("terms.concluded_on", "2026-07-09")],
        Broken,
    )
    .beside(amends),
    example("EXTENSION_AFTER_EXAMS", &[("terms.kind", "33")], Undetermined),
    example("EXTENSION_AFTER_EXAMS", &[("terms.kind", "34")], NotConcerned),
    example("EXTENSION_AFTER_EXAMS", &[], NotConcerned),
    example("EXTENSION_AFTER_FAILURE", &[], NotConcerned),
    example(
        "EXTENSION_DISABILITY",
        &[("terms.kind", "34"), ("apprentice.disability", "oui"), ("terms.end_on", "2027-08-31")],
        Holds,
    )
    .beside(amends),
    example(
        "EXTENSION_DISABILITY",
        &[("terms.kind", "34"), ("apprentice.disability", "oui"), ("terms.end_on", "2027-09-01")],
        Broken,
    )
    .beside(amends),
    example(
        "EXTENSION_DISABILITY",
        &[("terms.kind", "34"), ("terms.end_on", "2027-08-31")],
        Broken,
    )
    .beside(amends),
];
