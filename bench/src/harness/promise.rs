//! Ratios that the project promises.

use super::rounds::Results;
use super::statistics::median;

/// What a rate is divided by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Against {
    /// The mean of the two probes beside it.
    F,
    /// Another cell of the same round.
    Cell(String),
    /// Nothing: it is a ratio already.
    Nothing,
}

/// How large the ratio must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// A floor.
    AtLeast(f64),
    /// A ceiling.
    AtMost(f64),
}

impl Bound {
    /// Whether a ratio keeps it.
    #[must_use]
    pub fn is_met(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(floor) => ratio >= floor,
            Self::AtMost(ceiling) => ratio <= ceiling,
        }
    }
}

/// A ratio that the project promises.
#[derive(Debug, Clone, PartialEq)]
pub struct Promise {
    /// In words.
    pub what: String,
    /// The cell whose rate is divided.
    pub of: String,
    /// By what.
    pub against: Against,
    /// What the rate is multiplied with before, where the two count different things.
    pub scale: f64,
    /// How large it must be.
    pub bound: Bound,
}

impl Promise {
    /// A cell over another one of the same round.
    #[must_use]
    pub fn over(what: &str, of: &str, other: &str, floor: f64) -> Self {
        Self {
            what: what.to_owned(),
            of: of.to_owned(),
            against: Against::Cell(other.to_owned()),
            scale: 1.0,
            bound: Bound::AtLeast(floor),
        }
    }

    /// The median over the rounds of the ratio in each; `None` when it was not measured.
    #[must_use]
    pub fn ratio(&self, results: &Results) -> Option<f64> {
        let of = results.row(&self.of)?;
        let ratios: Vec<f64> = match &self.against {
            Against::F => of.readings.iter().map(|reading| reading.over_f).collect(),
            Against::Nothing => of.readings.iter().map(|reading| reading.rate).collect(),
            Against::Cell(name) => {
                let pairs = of.readings.iter().zip(&results.row(name)?.readings);
                pairs.map(|(of, other)| of.rate / other.rate).collect()
            }
        };
        median(&ratios).map(|ratio| ratio * self.scale)
    }
}

#[cfg(test)]
mod tests {
    use super::super::rounds::{Reading, Row};
    use super::super::{Unit, rounds};
    use super::*;

    fn results() -> rounds::Results {
        let row = |name: &str, rates: &[f64]| Row {
            name: name.to_owned(),
            unit: Unit::PerSecond,
            readings: rates
                .iter()
                .map(|rate| Reading { rate: *rate, over_f: rate / 10.0, latency: None })
                .collect(),
        };
        let rows = vec![row("ours", &[8.0, 6.0, 100.0]), row("theirs", &[10.0, 10.0, 200.0])];
        Results { rows, probes: Vec::new() }
    }

    #[test]
    fn a_ratio_is_taken_in_each_round_before_the_median() {
        let promise = Promise::over("", "ours", "theirs", 0.6);
        assert_eq!(promise.ratio(&results()), Some(0.6));
        assert!(promise.bound.is_met(0.6) && !promise.bound.is_met(0.59));
        let to_f = Promise { against: Against::F, scale: 2.0, ..promise.clone() };
        assert_eq!(to_f.ratio(&results()), Some(1.6));
        let alone = Promise { against: Against::Nothing, ..promise };
        assert_eq!(alone.ratio(&results()), Some(8.0));
    }

    #[test]
    fn what_was_not_measured_has_no_ratio() {
        let results = results();
        assert_eq!(Promise::over("", "ours", "nobody's", 1.0).ratio(&results), None);
        assert_eq!(Promise::over("", "nobody's", "ours", 1.0).ratio(&results), None);
    }

    #[test]
    fn a_ceiling_is_kept_from_below() {
        assert!(Bound::AtMost(1.15).is_met(1.15) && !Bound::AtMost(1.15).is_met(1.16));
    }
}
