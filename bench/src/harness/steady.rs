//! When a run is refused: ratios to F mean nothing when F itself changes.

/// F's largest rate over its smallest, at most.
pub const LARGEST_RATIO: f64 = 2.0;

/// The disk changed too much while the run lasted.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error(
    "the run is refused: F, the rate of 4 KiB writes with a sync, went from {slowest:.0} to \
     {fastest:.0} a second, more than {LARGEST_RATIO} times; measure on a quiet machine, or say \
     --allow-unsteady to see a table that proves nothing"
)]
pub struct Unsteady {
    /// The smallest rate of a probe, a second.
    pub slowest: f64,
    /// The largest.
    pub fastest: f64,
}

/// Compares all probes of a run.
///
/// # Errors
/// [`Unsteady`] when the fastest is more than [`LARGEST_RATIO`] times the slowest.
pub fn check(rates: impl IntoIterator<Item = f64>) -> Result<(), Unsteady> {
    let (mut slowest, mut fastest) = (f64::INFINITY, 0.0_f64);
    for rate in rates {
        slowest = slowest.min(rate);
        fastest = fastest.max(rate);
    }
    if fastest > LARGEST_RATIO * slowest { Err(Unsteady { slowest, fastest }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_as_fast_passes_and_more_is_refused_with_both_figures() {
        assert_eq!(check([]), Ok(()));
        assert_eq!(check([5_000.0]), Ok(()));
        assert_eq!(check([5_000.0, 10_000.0, 7_000.0]), Ok(()));
        let refused = check([10_001.0, 7_000.0, 5_000.0]).unwrap_err();
        assert_eq!(refused, Unsteady { slowest: 5_000.0, fastest: 10_001.0 });
        let said = refused.to_string();
        assert!(said.contains("5000") && said.contains("10001"), "{said}");
    }

    #[test]
    fn a_disk_that_stood_still_is_refused() {
        assert!(check([0.0, 1.0]).is_err());
    }
}
