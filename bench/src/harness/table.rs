//! What is printed.

use super::cell::Unit;
use super::promise::{Bound, Promise};
use super::rounds::{Options, Plan, Results, Row};
use super::statistics::median;
use super::steady::check;
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use std::time::Duration;

/// One line under the header, no other: tables are read by people and by `grep`.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// The table, the promises, and what to think of them.
#[must_use]
pub fn report(plan: &Plan, options: &Options, results: &Results) -> String {
    let warning = check(results.probes.iter().map(|probed| probed.rate)).err().map(|unsteady| {
        format!(
            "UNSTEADY: F went from {} to {} a second within this run. What follows PROVES NOTHING.",
            grouped(unsteady.slowest),
            grouped(unsteady.fastest)
        )
    });
    let method = format!(
        "medians of {} rounds of {:?} a cell; a second unless said otherwise; x F is over the \
         probes beside the cell",
        options.rounds, options.length
    );
    let parts = [
        warning.clone(),
        Some(method),
        Some(rates(results)),
        Some(promises(&plan.promises, results)),
        warning,
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

fn rates(results: &Results) -> String {
    let header = ["cell", "median", "min .. max", "p50 / p99 ms", "x F"];
    let rows = std::iter::once(of_probes(results)).chain(results.rows.iter().map(of_cell));
    table(&header, rows)
}

fn of_probes(results: &Results) -> [String; 5] {
    let all = |f: fn(&super::Probed) -> f64| results.probes.iter().map(f).collect::<Vec<_>>();
    let rates = all(|probed| probed.rate);
    let (p50, p99) = (all(|probed| millis(probed.p50)), all(|probed| millis(probed.p99)));
    [
        format!("F: 4 KiB written and synced ({} probes)", rates.len()),
        or_dash(median(&rates), grouped),
        spread(&rates, grouped),
        latency(median(&p50).zip(median(&p99))),
        String::new(),
    ]
}

fn of_cell(row: &Row) -> [String; 5] {
    let of = |f: fn(&super::Reading) -> f64| row.readings.iter().map(f).collect::<Vec<_>>();
    let rates = of(|reading| reading.rate);
    let latencies = |f: fn((Duration, Duration)) -> Duration| {
        let found = row.readings.iter().filter_map(|reading| reading.latency);
        median(&found.map(|pair| millis(f(pair))).collect::<Vec<_>>())
    };
    let shown = shown(row.unit);
    let over_f = (row.unit == Unit::PerSecond).then(|| median(&of(|reading| reading.over_f)));
    [
        row.name.clone(),
        or_dash(median(&rates), shown),
        spread(&rates, shown),
        latency(latencies(|pair| pair.0).zip(latencies(|pair| pair.1))),
        over_f.flatten().map_or_else(String::new, |ratio| format!("{ratio:.2}")),
    ]
}

fn promises(promises: &[Promise], results: &Results) -> String {
    let rows = promises.iter().map(|promise| {
        let ratio = promise.ratio(results);
        let bound = match promise.bound {
            Bound::AtLeast(floor) => format!("at least {floor}"),
            Bound::AtMost(ceiling) => format!("at most {ceiling}"),
        };
        let met = match ratio {
            None => "not measured",
            Some(ratio) if promise.bound.is_met(ratio) => "met",
            Some(_) => "NOT MET",
        };
        [promise.what.clone(), or_dash(ratio, two_decimals), bound, met.to_owned()]
    });
    table(&["promise", "ratio", "bound", ""], rows)
}

/// Rows under a header, numbers to the right.
#[must_use]
pub fn table<const N: usize>(
    header: &[&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_style(STYLE).set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

fn shown(unit: Unit) -> fn(f64) -> String {
    match unit {
        Unit::PerSecond => grouped,
        Unit::Megabytes => |rate| format!("{} MB", grouped(rate)),
        Unit::Times => |ratio| format!("{ratio:.3} x"),
    }
}

fn or_dash(value: Option<f64>, show: fn(f64) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), show)
}

fn two_decimals(ratio: f64) -> String {
    format!("{ratio:.2}")
}

fn spread(values: &[f64], show: fn(f64) -> String) -> String {
    let smallest = values.iter().copied().reduce(f64::min);
    let largest = values.iter().copied().reduce(f64::max);
    smallest.zip(largest).map_or_else(String::new, |(smallest, largest)| {
        format!("{} .. {}", show(smallest), show(largest))
    })
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn latency(pair: Option<(f64, f64)>) -> String {
    pair.map_or_else(String::new, |(p50, p99)| format!("{p50:.2} / {p99:.2}"))
}

/// A whole number with commas between groups of three digits.
fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (rank, digit) in digits.chars().enumerate() {
        if rank > 0 && (digits.len() - rank).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::{Probed, Reading};
    use super::*;

    fn results(fastest: f64) -> Results {
        let ms = Duration::from_millis;
        let probed = |rate| Probed { rate, p50: ms(1), p99: ms(2) };
        let reading = |rate| Reading { rate, over_f: rate / 8.0, latency: Some((ms(3), ms(4))) };
        Results {
            rows: vec![Row {
                name: "a cell".to_owned(),
                unit: Unit::PerSecond,
                readings: vec![reading(12_345.0), reading(8.0), reading(20_000.0)],
            }],
            probes: vec![probed(1_000.0), probed(fastest)],
        }
    }

    fn said(results: &Results) -> String {
        let promises = vec![
            Promise::over("kept", "a cell", "a cell", 1.0),
            Promise::over("broken", "a cell", "a cell", 1.01),
            Promise::over("unknown", "a cell", "another", 1.0),
        ];
        let plan = Plan { cells: Vec::new(), promises };
        let length = Duration::from_secs(1);
        report(&plan, &Options { rounds: 3, length, allow_unsteady: true }, results)
    }

    fn line<'a>(said: &'a str, name: &str) -> Vec<&'a str> {
        let found = said.lines().find(|line| line.trim().starts_with(name));
        found.unwrap_or_else(|| panic!("no {name} in\n{said}")).split_whitespace().collect()
    }

    #[test]
    fn a_row_has_its_median_its_spread_its_latencies_and_its_ratio_to_f() {
        let said = said(&results(1_500.0));
        let cell = ["a", "cell", "12,345", "8", "..", "20,000", "3.00", "/", "4.00", "1543.12"];
        assert_eq!(line(&said, "a cell"), cell);
        assert!(line(&said, "F:").contains(&"1,250"), "{said}");
        assert!(!said.contains("UNSTEADY"), "{said}");
    }

    #[test]
    fn a_promise_is_met_or_not_or_not_measured() {
        let said = said(&results(1_500.0));
        assert_eq!(line(&said, "kept"), ["kept", "1.00", "at", "least", "1", "met"]);
        assert!(line(&said, "broken").ends_with(&["NOT", "MET"]));
        assert!(line(&said, "unknown").ends_with(&["not", "measured"]));
    }

    #[test]
    fn an_unsteady_table_says_so_at_its_top_and_at_its_end() {
        let said = said(&results(2_001.0));
        let loud = |line: Option<&str>| {
            line.is_some_and(|line| line.starts_with("UNSTEADY: F went from 1,000 to 2,001"))
        };
        assert!(loud(said.lines().next()) && loud(said.lines().last()), "{said}");
    }
}
