use super::{Beside, Broken, Example, Holds, NotConcerned, Undetermined, example};

const PRIVATE: [(&str, &str); 2] = [("employer.sector", "prive"), ("employer.kind", "12")];

fn without_agreement(beside: &mut Beside) {
    beside.training_agreement = false;
}

// 729 days.
pub(super) const EXAMPLES: &[Example] = &[
    example("HOURS_RANGE", &[("training.hours", "1")], Holds),
    example("HOURS_RANGE", &[("training.hours", "0")], Broken),
    example("HOURS_RANGE", &[("training.hours", "9999")], Holds),
    example("HOURS_RANGE", &[("training.hours", "10000")], Broken),
    // 400 x 729 / 365 = 798.9; 1607 / 4 x 729 / 365 = 802.4.
    example(
        "HOURS_SHARE",
        &[("terms.concluded_on", "2018-12-31"), ("training.hours", "799")],
        Holds,
    ),
    example(
        "HOURS_SHARE",
        &[("terms.concluded_on", "2018-12-31"), ("training.hours", "798")],
        Broken,
    ),
    example(
        "HOURS_SHARE",
        &[("terms.concluded_on", "2019-01-01"), ("training.hours", "802")],
        Broken,
    ),
    example("HOURS_SHARE", &[("training.hours", "803")], Holds),
    example("HOURS_SHARE", &[("training.hours", "802")], Broken),
    // A year, to the day.
    example("HOURS_SHARE", &[("terms.end_on", "2025-09-01"), ("training.hours", "402")], Holds),
    example("HOURS_SHARE", &[("terms.end_on", "2025-09-01"), ("training.hours", "401")], Broken),
    example("HOURS_REMOTE", &[("training.remote_hours", "1350")], Holds),
    example("HOURS_REMOTE", &[("training.remote_hours", "1351")], Broken),
    example("HOURS_REMOTE", &[], NotConcerned),
    example(
        "HOURS_REMOTE_FUNDING",
        &[("terms.concluded_on", "2025-07-01"), ("training.remote_hours", "1079")],
        Holds,
    ),
    example(
        "HOURS_REMOTE_FUNDING",
        &[("terms.concluded_on", "2025-07-01"), ("training.remote_hours", "1080")],
        Broken,
    ),
    example("HOURS_REMOTE_FUNDING", &[("terms.concluded_on", "2025-07-01")], NotConcerned),
    example("TRAINING_DURATION", &[("training.exams_end_on", "2025-03-09")], Holds),
    example("TRAINING_DURATION", &[("training.exams_end_on", "2025-03-08")], Broken),
    example("TRAINING_DURATION", &[("training.exams_end_on", "2028-09-09")], Holds),
    example("TRAINING_DURATION", &[("training.exams_end_on", "2028-09-10")], Broken),
    example("TRAINING_AIM", &[("training.diploma", "33")], Holds),
    example("TRAINING_AIM", &[("training.diploma", "25")], Broken),
    example("TRAINING_AGREEMENT", &[PRIVATE[0], PRIVATE[1]], Holds),
    example("TRAINING_AGREEMENT", &[PRIVATE[0], PRIVATE[1]], Broken).beside(without_agreement),
    example("TRAINING_AGREEMENT", &[PRIVATE[0], PRIVATE[1], ("terms.kind", "38")], NotConcerned)
        .beside(without_agreement),
    example("TRAINING_AGREEMENT", &[], NotConcerned),
    example("TRAINING_AGREEMENT_PUBLIC", &[], Holds),
    example("TRAINING_AGREEMENT_PUBLIC", &[], Broken).beside(without_agreement),
    example("TRAINING_AGREEMENT_PUBLIC", &[("terms.kind", "33")], NotConcerned)
        .beside(without_agreement),
    example(
        "MAIN_PLACE_DIFFERS",
        &[("training.same_place", "non"), ("main_place.siret", "73282932000074")],
        Holds,
    ),
    example(
        "MAIN_PLACE_DIFFERS",
        &[("training.same_place", "non"), ("main_place.siret", "12345678200010")],
        Broken,
    ),
    example("MAIN_PLACE_DIFFERS", &[("training.same_place", "non")], Undetermined),
    example("MAIN_PLACE_DIFFERS", &[], NotConcerned),
    example("DOCUMENTS_HELD", &[], Holds),
    example("DOCUMENTS_HELD", &[("signing.documents_held", "non")], Broken),
];
