//! Prints every public holiday of the years 2017 to 2032 in each place, and after each of their days the last day of
//! a delay of five *jours ouvrables*, for a judge in another language:
//! `cargo run -p domain --example working_days | python3 tests/oracle/working_days.py`

#![allow(clippy::print_stdout, reason = "it prints")]
#![allow(clippy::unwrap_used, reason = "the calendar does not end here")]

use chrono::{Datelike, NaiveDate};
use domain::law::days::{Place, deadline};

fn main() {
    let first = NaiveDate::from_ymd_opt(2017, 1, 1).unwrap();
    for place in Place::ALL {
        for day in first.iter_days().take_while(|day| day.year() <= 2032) {
            if place.is_holiday(day) {
                println!("holiday {place:?} {day}");
            }
            println!("deadline {place:?} {day} {}", deadline(day, 5, place).unwrap());
        }
    }
}
