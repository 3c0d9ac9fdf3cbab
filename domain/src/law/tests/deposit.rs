use super::{Beside, Broken, Example, Holds, NotConcerned, Undetermined, day, example};
use crate::contract::DepositBody;

const PRIVATE: [(&str, &str); 2] = [("employer.sector", "prive"), ("employer.kind", "12")];

// The first day is Monday 2 September 2024: the fifth working day after it is Saturday the 7th.
fn saturday(beside: &mut Beside) {
    beside.submitted_on = Some(day("2024-09-07"));
}

fn monday(beside: &mut Beside) {
    beside.submitted_on = Some(day("2024-09-09"));
}

fn saturday_signed(beside: &mut Beside) {
    saturday(beside);
    beside.signed_on = Some(day("2024-09-02"));
}

fn monday_signed(beside: &mut Beside) {
    monday(beside);
    beside.signed_on = Some(day("2024-09-02"));
}

/// From Thursday 19 December 2024: Friday the 20th is a holiday in La Réunion only.
fn the_26th(beside: &mut Beside) {
    beside.submitted_on = Some(day("2024-12-26"));
}

fn the_27th(beside: &mut Beside) {
    beside.submitted_on = Some(day("2024-12-27"));
}

fn state(beside: &mut Beside) {
    beside.body = Some(DepositBody::State("DDETS 35".to_owned()));
}

fn opco(beside: &mut Beside) {
    beside.body = Some(DepositBody::Opco("OPCO".to_owned()));
}

/// Sent on a day to a service of the State.
fn sent(beside: &mut Beside, on: &str, service: &str) {
    beside.submitted_on = Some(day(on));
    beside.body = Some(DepositBody::State(service.to_owned()));
}

const AMENDS: (&str, &str) = ("terms.kind", "36");
/// Nothing is counted from it.
const FAR: (&str, &str) = ("terms.concluded_on", "2024-01-02");
const DECEMBER: (&str, &str) = ("terms.start_on", "2024-12-19");
const REUNION: (&str, &str) = ("employer.address.postcode", "97400");
const MOSELLE: (&str, &str) = ("employer.address.postcode", "57000");

pub(super) const EXAMPLES: &[Example] = &[
    example("DEPOSIT_IN_TIME", &[PRIVATE[0], PRIVATE[1]], Holds).beside(saturday),
    example("DEPOSIT_IN_TIME", &[PRIVATE[0], PRIVATE[1]], Broken).beside(monday),
    example("DEPOSIT_IN_TIME", &[PRIVATE[0], PRIVATE[1]], NotConcerned),
    example("DEPOSIT_IN_TIME", &[], NotConcerned).beside(monday),
    example("DEPOSIT_IN_TIME_PUBLIC", &[], Holds).beside(saturday),
    example("DEPOSIT_IN_TIME_PUBLIC", &[], Broken).beside(monday),
    // An amendment that all signed on Monday 2 September 2024; as long as that is not known, it was concluded then.
    example("DEPOSIT_IN_TIME_PUBLIC", &[AMENDS, FAR], Holds).beside(saturday_signed),
    example("DEPOSIT_IN_TIME_PUBLIC", &[AMENDS, FAR], Broken).beside(monday_signed),
    example("DEPOSIT_IN_TIME_PUBLIC", &[AMENDS, ("terms.concluded_on", "2024-09-02")], Holds)
        .beside(saturday),
    example("DEPOSIT_IN_TIME_PUBLIC", &[AMENDS, ("terms.concluded_on", "2024-09-02")], Broken)
        .beside(monday),
    example("DEPOSIT_IN_TIME_PUBLIC", &[AMENDS, ("terms.concluded_on", "")], Undetermined)
        .beside(monday),
    example("DEPOSIT_IN_TIME_PUBLIC", &[("employer.address.postcode", "")], Undetermined)
        .beside(monday),
    // 20, 21, 23, 24, 26 in metropolitan France; 21, 23, 24, 26, 27 in La Réunion and in Moselle.
    example("DEPOSIT_IN_TIME_PUBLIC", &[DECEMBER], Holds).beside(the_26th),
    example("DEPOSIT_IN_TIME_PUBLIC", &[DECEMBER], Broken).beside(the_27th),
    example("DEPOSIT_IN_TIME_PUBLIC", &[DECEMBER, REUNION], Holds).beside(the_27th),
    example("DEPOSIT_IN_TIME_PUBLIC", &[DECEMBER, MOSELLE], Holds).beside(the_27th),
    example("DEPOSIT_BODY", &[], Holds).beside(state),
    example("DEPOSIT_BODY", &[], Broken).beside(opco),
    example("DEPOSIT_BODY", &[("employer.kind", "30")], Holds).beside(opco),
    example("DEPOSIT_BODY", &[("employer.kind", "30")], Broken).beside(state),
    example("DEPOSIT_BODY", &[], NotConcerned),
    // The day of the transmission counts, not that of the contract, which is of 2024.
    example("DEPOSIT_SERVICE", &[], Holds)
        .beside(|beside| sent(beside, "2021-03-31", "DIRECCTE 35")),
    example("DEPOSIT_SERVICE", &[], Broken)
        .beside(|beside| sent(beside, "2021-04-01", "DIRECCTE 35")),
    example("DEPOSIT_SERVICE", &[], Holds)
        .beside(|beside| sent(beside, "2021-04-01", "DDETSPP 35")),
    example("DEPOSIT_SERVICE", &[], Broken).beside(|beside| sent(beside, "2024-09-04", "DDETS 22")),
    example("DEPOSIT_SERVICE", &[REUNION], Holds)
        .beside(|beside| sent(beside, "2024-09-04", "DEETS 974")),
    example("DEPOSIT_SERVICE", &[REUNION], Broken)
        .beside(|beside| sent(beside, "2024-09-04", "DDETS 974")),
    example("DEPOSIT_SERVICE", &[], Undetermined)
        .beside(|beside| sent(beside, "2030-01-01", "DDETS 35")),
    example("DEPOSIT_SERVICE", &[("employer.kind", "30")], NotConcerned)
        .beside(|beside| sent(beside, "2024-09-04", "DDETS 35")),
    example("DEPOSIT_SERVICE", &[], NotConcerned).beside(opco),
];
