use super::{Beside, Broken, Calendar, Example, Holds, NotConcerned, Undetermined, day, example};
use crate::contract::rupture::{Bounds, Completion, Initiator, Mode, Rupture};

const OLD: (&str, &str) = ("terms.concluded_on", "2018-12-31");
const NEW: (&str, &str) = ("terms.concluded_on", "2019-01-01");
/// Eighteen on 1 October 2024, and the day after.
const ADULT: (&str, &str) = ("apprentice.born_on", "2006-10-01");
const MINOR: (&str, &str) = ("apprentice.born_on", "2006-10-02");

fn broken(beside: &mut Beside, mode: Mode, on: &str, more: fn(&mut Rupture)) {
    let mut rupture = Rupture {
        notified_on: Some(day("2024-09-20")),
        mediator_on: Some(day("2024-09-19")),
        informed_on: Some(day("2024-09-24")),
        ..Rupture::of(mode, Initiator::Apprentice)
    };
    more(&mut rupture);
    beside.rupture = Some((day(on), rupture));
}

fn days(least: u32, most: u32) -> Option<Bounds> {
    Some(Bounds { least, most })
}

fn by_both(beside: &mut Beside) {
    broken(beside, Mode::MutualAgreement, "2024-10-01", |_| {});
}
fn by_both_cosigned(beside: &mut Beside) {
    broken(beside, Mode::MutualAgreement, "2024-10-01", |rupture| rupture.cosigned = true);
}
fn at_the_end(beside: &mut Beside) {
    broken(beside, Mode::MutualAgreement, "2026-08-31", |_| {});
}
fn after_the_end(beside: &mut Beside) {
    broken(beside, Mode::MutualAgreement, "2026-09-01", |_| {});
}
fn told_late(beside: &mut Beside) {
    broken(beside, Mode::MutualAgreement, "2024-09-19", |_| {});
}
fn not_told(beside: &mut Beside) {
    broken(beside, Mode::MutualAgreement, "2024-09-20", |rupture| rupture.notified_on = None);
}
fn somehow(beside: &mut Beside) {
    broken(beside, Mode::Unknown, "2024-10-01", |_| {});
}
fn in_court(beside: &mut Beside) {
    broken(beside, Mode::Judicial, "2024-10-01", |_| {});
}
fn dismissed(beside: &mut Beside) {
    broken(beside, Mode::SeriousFault, "2024-10-01", |_| {});
}
fn free_45(beside: &mut Beside) {
    broken(beside, Mode::FreePeriod, "2025-01-10", |rupture| rupture.practice_days = days(45, 45));
}
fn free_46(beside: &mut Beside) {
    broken(beside, Mode::FreePeriod, "2025-01-10", |rupture| rupture.practice_days = days(46, 46));
}
// The calendar has forty-six; a day of absence is not in it.
fn free_by_an_absence(beside: &mut Beside) {
    two_days_a_week(beside, "2025-02-05");
    counted(beside, 45);
}
// It has forty-five: there cannot be more.
fn free_of_more_than_the_calendar_has(beside: &mut Beside) {
    two_days_a_week(beside, "2025-02-04");
    counted(beside, 46);
}
// From 2 September to 9 January there are 108 working days.
fn free_of_all_those_days(beside: &mut Beside) {
    free_46(beside);
    counted(beside, 108);
}
fn free_of_a_day_more_than_there_are(beside: &mut Beside) {
    free_46(beside);
    counted(beside, 109);
}
fn counted(beside: &mut Beside, n: u32) {
    if let Some((_, rupture)) = &mut beside.rupture {
        rupture.practice_days = days(n, n);
    }
}
fn free_between(beside: &mut Beside) {
    broken(beside, Mode::FreePeriod, "2025-01-10", |rupture| rupture.practice_days = days(40, 50));
}
// Forty-five working days from 2 September 2024: 2 September to 23 October; the 24th is the first day without contract.
fn free_by_the_calendar(beside: &mut Beside) {
    broken(beside, Mode::FreePeriod, "2024-10-24", |_| {});
}
fn free_a_day_more(beside: &mut Beside) {
    broken(beside, Mode::FreePeriod, "2024-10-25", |_| {});
}
// 1,350 hours are 225 days at the CFA; with the 46th weekday after them it is too late whatever the calendar.
fn free_long_after(beside: &mut Beside) {
    broken(beside, Mode::FreePeriod, "2025-12-31", |_| {});
}
// Mondays and Tuesdays, holidays worked: the forty-fifth is Monday 3 February 2025.
fn two_days_a_week(beside: &mut Beside, on: &str) {
    broken(beside, Mode::FreePeriod, on, |_| {});
    let (from, to) = (day("2024-09-02"), day("2026-08-31"));
    let weekdays = [true, true, false, false, false, false, false];
    beside.calendar = Calendar::new((from, to), weekdays, true, Vec::new()).ok();
}
fn free_as_the_alternation_says(beside: &mut Beside) {
    two_days_a_week(beside, "2025-02-04");
}
fn free_a_day_after_the_alternation(beside: &mut Beside) {
    two_days_a_week(beside, "2025-02-05");
}
fn initiative(beside: &mut Beside) {
    broken(beside, Mode::ApprenticeInitiative, "2024-10-01", |_| {});
}
fn initiative_cosigned(beside: &mut Beside) {
    broken(beside, Mode::ApprenticeInitiative, "2024-10-01", |rupture| rupture.cosigned = true);
}
fn told_too_soon(beside: &mut Beside) {
    broken(beside, Mode::ApprenticeInitiative, "2024-10-01", |rupture| {
        rupture.informed_on = Some(day("2024-09-23"));
    });
}
fn left_too_soon(beside: &mut Beside) {
    broken(beside, Mode::ApprenticeInitiative, "2024-09-30", |_| {});
}
fn without_mediator(beside: &mut Beside) {
    broken(beside, Mode::ApprenticeInitiative, "2024-10-01", |rupture| rupture.mediator_on = None);
}
fn diploma_in_a_month(beside: &mut Beside) {
    broken(beside, Mode::Diploma, "2024-10-20", |_| {});
}
fn diploma_a_day_too_soon(beside: &mut Beside) {
    broken(beside, Mode::Diploma, "2024-10-19", |_| {});
}
fn diploma_in_two_months(beside: &mut Beside) {
    broken(beside, Mode::Diploma, "2024-11-20", |_| {});
}
fn completed_in_a_month(beside: &mut Beside) {
    let notified_on = Some(day("2026-06-30"));
    let completion = Completion { early: true, diploma: Some(true), notified_on };
    beside.completion = Some((day("2026-07-30"), completion));
}
fn completed_too_soon(beside: &mut Beside) {
    completed_in_a_month(beside);
    if let Some((on, _)) = &mut beside.completion {
        *on = day("2026-07-29");
    }
}
fn completed_at_its_term(beside: &mut Beside) {
    let completion = Completion { early: false, diploma: None, notified_on: None };
    beside.completion = Some((day("2026-08-31"), completion));
}

pub(super) const EXAMPLES: &[Example] = &[
    example("RUPTURE_WITHIN", &[], Holds).beside(at_the_end),
    example("RUPTURE_WITHIN", &[], Broken).beside(after_the_end),
    example("RUPTURE_WITHIN", &[], NotConcerned),
    example("RUPTURE_FREE", &[], Holds).beside(free_45),
    example("RUPTURE_FREE", &[], Broken).beside(free_46),
    example("RUPTURE_FREE", &[], Undetermined).beside(free_between),
    example("RUPTURE_FREE", &[], Holds).beside(free_by_the_calendar),
    example("RUPTURE_FREE", &[], Undetermined).beside(free_a_day_more),
    example("RUPTURE_FREE", &[], Broken).beside(free_long_after),
    example("RUPTURE_FREE", &[], Holds).beside(free_as_the_alternation_says),
    example("RUPTURE_FREE", &[], Broken).beside(free_a_day_after_the_alternation),
    example("RUPTURE_FREE", &[], Holds).beside(free_by_an_absence),
    example("RUPTURE_FREE", &[], Undetermined).beside(free_of_more_than_the_calendar_has),
    example("RUPTURE_FREE", &[], Broken).beside(free_of_all_those_days),
    example("RUPTURE_FREE", &[], Undetermined).beside(free_of_a_day_more_than_there_are),
    example("RUPTURE_FREE", &[], NotConcerned).beside(by_both),
    example("RUPTURE_NOTIFIED", &[], Holds).beside(by_both),
    example("RUPTURE_NOTIFIED", &[], Broken).beside(told_late),
    example("RUPTURE_NOTIFIED", &[], Broken).beside(not_told),
    example("RUPTURE_MINOR", &[MINOR], Broken).beside(by_both),
    example("RUPTURE_MINOR", &[MINOR], Holds).beside(by_both_cosigned),
    example("RUPTURE_MINOR", &[MINOR], Broken).beside(initiative),
    example("RUPTURE_MINOR", &[MINOR], Holds).beside(initiative_cosigned),
    example("RUPTURE_MINOR", &[ADULT], NotConcerned).beside(by_both),
    example("RUPTURE_MINOR", &[MINOR, ("apprentice.emancipated", "oui")], NotConcerned)
        .beside(by_both),
    example("RUPTURE_MINOR", &[MINOR], NotConcerned).beside(dismissed),
    example("RUPTURE_MEDIATOR", &[NEW], Holds).beside(initiative),
    example("RUPTURE_MEDIATOR", &[], Broken).beside(told_too_soon),
    example("RUPTURE_MEDIATOR", &[], Broken).beside(without_mediator),
    example("RUPTURE_NOTICE", &[NEW], Holds).beside(initiative),
    example("RUPTURE_NOTICE", &[], Broken).beside(left_too_soon),
    example("RUPTURE_NOTICE", &[], NotConcerned).beside(by_both),
    example("RUPTURE_OF_ITS_TIME", &[NEW], Undetermined).beside(somehow),
    example("RUPTURE_OF_ITS_TIME", &[OLD], Undetermined).beside(somehow),
    example("RUPTURE_OF_ITS_TIME", &[OLD], Holds).beside(in_court),
    example("RUPTURE_OF_ITS_TIME", &[OLD], Broken).beside(dismissed),
    example("RUPTURE_OF_ITS_TIME", &[NEW], Broken).beside(in_court),
    example("RUPTURE_OF_ITS_TIME", &[NEW], Holds).beside(dismissed),
    example("RUPTURE_DIPLOMA_NOTICE", &[OLD], Holds).beside(diploma_in_two_months),
    example("RUPTURE_DIPLOMA_NOTICE", &[OLD], Broken).beside(diploma_in_a_month),
    example("RUPTURE_DIPLOMA_NOTICE", &[NEW], Holds).beside(diploma_in_a_month),
    example("RUPTURE_DIPLOMA_NOTICE", &[], Broken).beside(diploma_a_day_too_soon),
    example("RUPTURE_DIPLOMA_NOTICE", &[], Holds).beside(completed_in_a_month),
    example("RUPTURE_DIPLOMA_NOTICE", &[], Broken).beside(completed_too_soon),
    example("RUPTURE_DIPLOMA_NOTICE", &[], NotConcerned).beside(completed_at_its_term),
    example("RUPTURE_DIPLOMA_NOTICE", &[], NotConcerned).beside(by_both),
];
