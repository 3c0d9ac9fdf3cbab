//! Prints the minimum pay of contracts that meet every rate, every year and every amount of the SMIC, of apprentices
//! born on any kind of day, for a judge in another language:
//! `cargo run -p domain --example pay | python3 tests/oracle/pay.py`

#![allow(clippy::print_stdout, reason = "it prints")]
#![allow(clippy::unwrap_used, reason = "the calendar does not end here")]

use chrono::{Datelike, Days, Months, NaiveDate};
use domain::cerfa::codes::Diploma;
use domain::law::days::Place;
use domain::law::pay::{Contract, Grid, public_points};
use domain::law::smic;

/// The ages on the first day: the last one before each bracket, and others.
const AGES: [u32; 10] = [14, 15, 17, 18, 20, 21, 22, 25, 26, 30];

/// What a public employer's apprentice prepares; none with a private employer.
const PREPARED: [Option<Diploma>; 4] =
    [None, Some(Diploma::BacPro), Some(Diploma::Bts), Some(Diploma::Master)];

fn main() {
    for (turn, (concluded_on, start_on)) in beginnings().enumerate() {
        for age in AGES {
            for (which, born_on) in births(start_on, age).into_iter().enumerate() {
                for place in [Place::Metropolitan, Place::Mayotte] {
                    let prepared = PREPARED[(turn + which) % PREPARED.len()];
                    show(concluded_on, start_on, born_on, place, prepared);
                }
            }
        }
    }
}

/// Days of conclusion and first days: years one to four of a contract begin with each amount of the SMIC, and each
/// change of the law has both sides.
fn beginnings() -> impl Iterator<Item = (NaiveDate, NaiveDate)> {
    let year = |years: u32| Months::new(12 * years);
    let with_smic = smic::TABLE
        .iter()
        .flat_map(move |row| (0..4).map(move |years| row.from - year(years)))
        .map(|start_on| (start_on, start_on));
    let others = [
        ("2018-12-31", "2019-01-02"),
        ("2019-01-01", "2019-01-02"),
        ("2020-04-26", "2020-05-04"),
        ("2020-04-27", "2020-05-04"),
        ("2020-02-28", "2020-02-29"),
        ("2024-02-28", "2024-02-29"),
        ("2022-08-30", "2022-08-31"),
        ("2023-09-11", "2023-09-18"),
    ];
    with_smic.chain(others.map(|(one, two)| (one.parse().unwrap(), two.parse().unwrap())))
}

/// Births of who is so old on a day, or nearly so: on that day of the year, the day before and after, on the first and
/// on the last day of a month, and on 29 February.
fn births(on: NaiveDate, age: u32) -> [NaiveDate; 6] {
    let same = on - Months::new(12 * age);
    let first = (same + Months::new(5)).with_day(1).unwrap();
    let leap = (same.year() / 4) * 4;
    [
        same,
        same - Days::new(1),
        same + Days::new(1),
        first,
        first + Months::new(1) - Days::new(1),
        NaiveDate::from_ymd_opt(leap, 2, 29).unwrap(),
    ]
}

fn show(
    concluded_on: NaiveDate,
    start_on: NaiveDate,
    born_on: NaiveDate,
    place: Place,
    prepared: Option<Diploma>,
) {
    let end_on = start_on + Months::new(48) - Days::new(1);
    let points = prepared.map_or(0, |diploma| public_points(concluded_on, diploma));
    let level = prepared.map_or(0, Diploma::level);
    println!("contract {concluded_on} {start_on} {end_on} {born_on} {level} {place:?}");
    let contract =
        Contract { grid: Grid::of(concluded_on), points, years_done: 0, start_on, end_on, born_on };
    for minimum in contract.minimums(place) {
        let step = minimum.step;
        let monthly =
            minimum.monthly.map_or_else(|_| "unknown".to_owned(), |cents| cents.to_string());
        println!("{} {} {} {} {} {monthly}", step.from, step.to, step.year, step.aged, step.rate);
    }
}
