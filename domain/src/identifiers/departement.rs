//! The official geographic code of a département, from the first characters of
//! other codes: `01` to `95`, `2A`, `2B`, `971` to `978`, `984` to `989`.
//!
//! One code set for all, so that a head-count by home and one by CFA can be
//! put side by side.

/// The département of a metropolitan number; 20 was split into 2A and 2B, and
/// names no département since 1976.
pub(super) fn metropolitan(number: u64) -> Option<String> {
    (1..=95).contains(&number).then_some(number).filter(|n| *n != 20).map(|n| format!("{n:02}"))
}

/// The overseas département or collectivity of a three-digit number.
pub(super) fn overseas(number: u64) -> Option<String> {
    matches!(number, 971..=978 | 984 | 986..=989).then(|| number.to_string())
}
