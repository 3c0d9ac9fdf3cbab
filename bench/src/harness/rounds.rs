//! All cells in turn, round after round, each between two probes.

use super::cell::{Cell, Room, Unit};
use super::probe::{Probe, Probed};
use super::promise::Promise;
use super::steady::check;
use crate::error::BenchError;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a probe is, of the length of a cell.
const PROBE_SHARE: f64 = 0.35;
/// The longest probe.
const PROBE_LONGEST: Duration = Duration::from_millis(350);

/// What is measured, and what is promised of it.
#[derive(Debug, Default)]
pub struct Plan {
    /// In the order of a round: what is compared stands side by side.
    pub cells: Vec<Cell>,
    /// In the order of the report.
    pub promises: Vec<Promise>,
}

impl Plan {
    /// Puts cells right after the one of a name; at the end when there is none.
    pub fn insert_after(&mut self, name: &str, cells: impl IntoIterator<Item = Cell>) {
        let found = self.cells.iter().position(|one| one.name == name);
        let at = found.map_or(self.cells.len(), |rank| rank + 1);
        self.cells.splice(at..at, cells);
    }

    /// Keeps the cells whose names have one of these texts in them, upper or lower case.
    ///
    /// # Errors
    /// When one of the texts is in no name.
    pub fn keep(&mut self, only: &[String]) -> Result<(), BenchError> {
        let has = |cell: &Cell, text: &String| {
            cell.names().any(|name| name.to_lowercase().contains(&text.to_lowercase()))
        };
        for wanted in only {
            if !self.cells.iter().any(|cell| has(cell, wanted)) {
                let names: Vec<_> = self.cells.iter().flat_map(Cell::names).collect();
                let (wanted, names) = (wanted.clone(), names.join("\n"));
                return Err(BenchError::NoSuchCell { wanted, names });
            }
        }
        if !only.is_empty() {
            self.cells.retain(|cell| only.iter().any(|text| has(cell, text)));
        }
        Ok(())
    }
}

/// How a plan is run.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How often each cell is measured.
    pub rounds: usize,
    /// How long each time.
    pub length: Duration,
    /// Go on when the disk is not steady.
    pub allow_unsteady: bool,
}

/// One cell in one round.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// By the unit of its cell.
    pub rate: f64,
    /// The rate over the mean of the two probes beside it.
    pub over_f: f64,
    /// p50 and p99 of acknowledged requests.
    pub latency: Option<(Duration, Duration)>,
}

/// A cell in all rounds.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// What it counts.
    pub unit: Unit,
    /// One a round.
    pub readings: Vec<Reading>,
}

/// All that was measured.
#[derive(Debug, Clone, Default)]
pub struct Results {
    /// One a cell.
    pub rows: Vec<Row>,
    /// Two a cell and round.
    pub probes: Vec<Probed>,
}

impl Results {
    /// The row of a cell.
    #[must_use]
    pub fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }
}

/// Runs a plan in a folder; each cell has a folder of its own in it for a while. `tell` hears
/// which cell of which round is next.
///
/// # Errors
/// When a cell fails, or the disk is not steady: then at once.
pub fn run(
    plan: &Plan,
    options: &Options,
    folder: &Path,
    tell: &mut dyn FnMut(&str),
) -> Result<Results, BenchError> {
    let mut probe = Probe::open(folder, options.length.mul_f64(PROBE_SHARE).min(PROBE_LONGEST))?;
    run_between(&mut || probe.run(), plan, options, folder, tell)
}

/// Probes the disk once.
type Probing<'a> = &'a mut dyn FnMut() -> Result<Probed, BenchError>;

fn run_between(
    probe: Probing<'_>,
    plan: &Plan,
    options: &Options,
    folder: &Path,
    tell: &mut dyn FnMut(&str),
) -> Result<Results, BenchError> {
    let clients = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let clients = Arc::new(clients.map_err(BenchError::io("no runtime for clients"))?);
    let rows = plan.cells.iter().flat_map(|cell| {
        let row = |name: &str| Row { name: name.to_owned(), unit: cell.unit, readings: Vec::new() };
        cell.names().map(row)
    });
    let mut results = Results { rows: rows.collect(), probes: Vec::new() };
    for round in 1..=options.rounds {
        for cell in &plan.cells {
            tell(&format!("round {round} of {}: {}", options.rounds, cell.name));
            let here = tempfile::tempdir_in(folder);
            let here = here.map_err(BenchError::io("a folder for a cell cannot be made"))?;
            let room = Room {
                folder: here.path().to_owned(),
                length: options.length,
                clients: Arc::clone(&clients),
            };
            let measured = measure(cell, &room, probe).map_err(|source| BenchError::Cell {
                cell: cell.name.clone(),
                source: Box::new(source),
            });
            let (readings, probes) = measured?;
            for (name, reading) in cell.names().zip(readings.into_iter().flatten()) {
                let row = results.rows.iter_mut().find(|row| row.name == name);
                row.into_iter().for_each(|row| row.readings.push(reading));
            }
            results.probes.extend(probes);
            if !options.allow_unsteady {
                check(results.probes.iter().map(|probed| probed.rate))?;
            }
        }
    }
    Ok(results)
}

/// The readings of the cell's rows, and the two probes.
fn measure(
    cell: &Cell,
    room: &Room,
    probe: Probing<'_>,
) -> Result<([Option<Reading>; 2], [Probed; 2]), BenchError> {
    let mut ready = cell.prepare(room)?;
    let before = probe()?;
    let measured = ready.measure(room.length)?;
    let after = probe()?;
    let f = f64::midpoint(before.rate, after.rate);
    let latency = measured.percentiles();
    let reading = |rate| Reading { rate, over_f: rate / f, latency };
    let readings = [Some(measured.rate()), measured.beside()].map(|rate| rate.map(reading));
    Ok((readings, [before, after]))
}

#[cfg(test)]
mod tests {
    use super::super::Measured;
    use super::*;
    use std::cell::RefCell;
    use std::error::Error;
    use std::rc::Rc;

    fn plan(order: &Rc<RefCell<Vec<String>>>) -> Plan {
        let cell = |name: &'static str| {
            let order = Rc::clone(order);
            Cell::new(name, Unit::PerSecond, move |room: &Room| {
                assert_eq!(std::fs::read_dir(&room.folder).unwrap().count(), 0);
                std::fs::write(room.folder.join("left"), name).unwrap();
                let order = Rc::clone(&order);
                Ok(move |length: Duration| {
                    order.borrow_mut().push(name.to_owned());
                    let latencies = vec![Duration::from_millis(3)];
                    Ok(Measured::new(10.0, length, latencies).with_beside(20.0))
                })
            })
        };
        Plan {
            cells: vec![cell("One thing").with_beside("its other side"), cell("another")],
            promises: Vec::new(),
        }
    }

    const OPTIONS: Options =
        Options { rounds: 2, length: Duration::from_millis(10), allow_unsteady: true };

    #[test]
    fn cells_alternate_between_probes_in_folders_that_go_away() {
        let order = Rc::default();
        let folder = tempfile::tempdir().unwrap();
        let results = run(&plan(&order), &OPTIONS, folder.path(), &mut |_| {}).unwrap();
        assert_eq!(*order.borrow(), ["One thing", "another", "One thing", "another"]);
        assert_eq!(results.probes.len(), 8);
        assert!(results.probes.iter().all(|probed| probed.rate > 0.0));
        let rows = [("One thing", 1_000.0), ("its other side", 2_000.0), ("another", 1_000.0)];
        assert_eq!(results.rows.len(), rows.len());
        for (name, rate) in rows {
            let row = results.row(name).unwrap();
            assert_eq!(row.readings.len(), 2);
            assert!((row.readings[0].rate - rate).abs() < 1e-6);
            assert_eq!(row.readings[0].latency.unwrap().1, Duration::from_millis(3));
        }
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "only the probe's file: {left:?}");
    }

    #[test]
    fn a_disk_that_changes_stops_the_run_at_once_unless_that_is_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let measured = |allow_unsteady| {
            let order = Rc::default();
            let mut rates = [1_000.0, 1_500.0, 1_000.0, 2_001.0].into_iter().cycle();
            let mut probe = || {
                let (p50, p99) = (Duration::ZERO, Duration::ZERO);
                Ok(Probed { rate: rates.next().unwrap(), p50, p99 })
            };
            let options = Options { allow_unsteady, ..OPTIONS };
            let plan = plan(&order);
            let results = run_between(&mut probe, &plan, &options, folder.path(), &mut |_| {});
            (results, order.borrow().len())
        };
        let (refused, cells) = measured(false);
        assert_eq!(cells, 2, "nothing is measured after it");
        let said = refused.unwrap_err().to_string();
        assert!(said.contains("from 1000 to 2001"), "{said}");
        let (allowed, cells) = measured(true);
        assert_eq!((allowed.unwrap().probes.len(), cells), (8, 4));
    }

    #[test]
    fn a_failing_cell_names_itself() {
        let cell = Cell::new("broken", Unit::PerSecond, |_: &Room| {
            Ok(|_: Duration| Err::<Measured, _>(BenchError::failed("no answer")))
        });
        let plan = Plan { cells: vec![cell], promises: Vec::new() };
        let folder = tempfile::tempdir().unwrap();
        let failed = run(&plan, &OPTIONS, folder.path(), &mut |_| {}).unwrap_err();
        assert_eq!(failed.to_string(), "the cell \"broken\" failed");
        assert_eq!(failed.source().unwrap().to_string(), "no answer");
    }

    #[test]
    fn cells_are_inserted_beside_what_they_are_compared_with() {
        let order = Rc::default();
        let mut both = plan(&order);
        both.insert_after("One thing", plan(&order).cells);
        both.insert_after("no such thing", plan(&order).cells.into_iter().take(1));
        let names: Vec<&str> = both.cells.iter().map(|cell| cell.name.as_str()).collect();
        assert_eq!(names, ["One thing", "One thing", "another", "another", "One thing"]);
    }

    #[test]
    fn only_some_cells_can_be_kept() {
        let order = Rc::default();
        let mut some = plan(&order);
        some.keep(&["OTHER side".to_owned()]).unwrap();
        assert_eq!(some.cells.len(), 1);
        let mut all = plan(&order);
        all.keep(&[]).unwrap();
        assert_eq!(all.cells.len(), 2);
        let said = all.keep(&["none".to_owned()]).unwrap_err().to_string();
        assert!(said.ends_with("One thing\nits other side\nanother"), "{said}");
    }
}
