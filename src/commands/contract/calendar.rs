//! The calendar of the alternation.

use super::acts::{On, act};
use crate::commands::day;
use anyhow::bail;
use chrono::NaiveDate;
use clap::ValueEnum;
use proto::v1;
use std::path::PathBuf;

/// A weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Weekday {
    Mon = 1,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

#[derive(Debug, clap::Args)]
pub(super) struct Give {
    #[command(flatten)]
    on: On,
    /// The first day of which it speaks
    #[arg(long, value_name = "DAY", value_parser = day::parse)]
    first: NaiveDate,
    /// The last one
    #[arg(long, value_name = "DAY", value_parser = day::parse)]
    last: NaiveDate,
    /// The weekdays on which the apprentice works in the company
    #[arg(long, value_enum, value_delimiter = ',', default_value = "mon,tue,wed,thu,fri")]
    weekdays: Vec<Weekday>,
    /// Public holidays are worked
    #[arg(long)]
    holidays: bool,
    /// The days at the CFA or away: a file with a line for each stretch, its first day and its last, as "2026-09-07 2026-09-11"
    #[arg(long, value_name = "FILE")]
    away: Option<PathBuf>,
}

impl Give {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let away = match &self.away {
            Some(file) => stretches(&fs_err::read_to_string(file)?)?,
            None => Vec::new(),
        };
        let calendar = v1::AlternationCalendar {
            from: self.first.to_string(),
            to: self.last.to_string(),
            weekdays: self.weekdays.iter().map(|day| *day as u32).collect(),
            holidays: self.holidays,
            away,
        };
        act!(self.on, give_calendar, GiveCalendarRequest { calendar: Some(calendar) })
    }
}

/// Reads a line a stretch; empty ones are passed over. A day alone is a stretch.
fn stretches(text: &str) -> anyhow::Result<Vec<v1::DayRange>> {
    let mut all = Vec::new();
    for (line, rank) in text.lines().zip(1..) {
        let days: Result<Vec<NaiveDate>, _> = line.split_whitespace().map(day::parse).collect();
        match days.as_deref() {
            Ok([]) => {}
            Ok([first]) => all.push(range(*first, *first)),
            Ok([first, last]) => all.push(range(*first, *last)),
            _ => bail!(
                "ligne {rank} du calendrier : écrivez deux jours, comme 2026-09-07 2026-09-11"
            ),
        }
    }
    Ok(all)
}

fn range(first: NaiveDate, last: NaiveDate) -> v1::DayRange {
    v1::DayRange { first_on: first.to_string(), last_on: last.to_string() }
}
