//! The figures that the population is calibrated on.
//!
//! They restate what the Dares and the DEPP publish (Dares yearly reviews of
//! apprenticeship 2022 to 2024, Dares Analyses 43 and 63 of 2024, DEPP/Dares
//! InserJeunes), as collected for this project. The tests of this module's
//! parent draw 20,000 persons and compare.

/// Level prepared (European level, share of entrants): CAP 22, bac 15, bac+2
/// 22, bac+3/4 18, bac+5 21 % in 2023, the rest spread.
pub(super) const LEVELS: [(u8, f64); 5] = [(3, 22.4), (4, 15.3), (5, 22.4), (6, 18.4), (7, 21.5)];

/// Share broken within 9 months by level, in the order of [`LEVELS`] (2022
/// starts: CAP 29.3, bac pro 22.5, bac+2 26.2 %, higher 18 % in all, which
/// leaves 13.4 % above bac+2; together 21 %).
pub(super) const BROKEN_WITHIN_9_MONTHS: [f64; 5] = [0.293, 0.225, 0.262, 0.134, 0.134];

/// Monthly hazard of a rupture over a contract's months, before scaling: 3.7 %
/// in months 1 to 3, 2.0 % to month 9, 1.9 % to month 12, then 1.2 %.
pub(super) const HAZARD: [(u32, f64); 4] = [(3, 0.037), (9, 0.020), (12, 0.019), (48, 0.012)];

/// The cumulated hazard of nine months of [`HAZARD`].
pub(super) const HAZARD_9_MONTHS: f64 = 3.0 * 0.037 + 6.0 * 0.020;

/// Share of contracts by start month, July to June. September is 57 % of the
/// starts of January to October, as in 2025.
pub(super) const START_MONTHS: [f64; 12] =
    [6.0, 9.0, 53.0, 11.0, 5.0, 2.0, 3.5, 2.5, 2.5, 2.0, 1.5, 2.0];

/// Ages at the start as (low, high), in the order of [`AGES_BY_LEVEL`].
pub(super) const AGE_BANDS: [(i64, i64); 4] = [(15, 17), (18, 19), (20, 21), (22, 29)];

/// Share of each age band by level. Together: 15–17 19 to 20 %, 18–19 23 %,
/// 20–21 26 %, 22 and more 32 % (2022).
pub(super) const AGES_BY_LEVEL: [[f64; 4]; 5] = [
    [65.0, 20.0, 7.0, 8.0],
    [28.0, 45.0, 13.0, 14.0],
    [3.0, 42.0, 31.0, 24.0],
    [0.0, 12.0, 53.0, 35.0],
    [0.0, 2.0, 28.0, 70.0],
];

/// Women, and the relative risk of a rupture of women and men (23 and 19.5 %).
pub(super) const WOMEN: f64 = 0.45;
/// Relative risk of women.
pub(super) const RISK_WOMEN: f64 = 1.09;
/// Relative risk of men.
pub(super) const RISK_MEN: f64 = 0.93;

/// Employer sizes: 0–4, 5–9, 10–49, 50–249, 250 and more (share of contracts).
pub(super) const EMPLOYER_SIZES: [f64; 5] = [30.0, 14.5, 21.5, 11.3, 22.7];
/// Relative risk of a rupture by employer size (28 % under 5 employees).
pub(super) const RISK_BY_SIZE: [f64; 5] = [1.27, 1.0, 0.95, 0.85, 0.77];

/// Contracts of under 18 months; the others last two years.
pub(super) const SHORT_CONTRACTS: f64 = 0.47;

/// Of broken contracts: followed by another within 2 months (6 of 20 points),
/// then within 6 months (2 of 20), then later.
pub(super) const BACK_WITHIN_2_MONTHS: f64 = 0.30;
/// See [`BACK_WITHIN_2_MONTHS`].
pub(super) const BACK_WITHIN_6_MONTHS: f64 = 0.10;
/// See [`BACK_WITHIN_2_MONTHS`].
pub(super) const BACK_LATER: f64 = 0.06;

/// Obtain the diploma, of those who end their training.
pub(super) const DIPLOMA: f64 = 0.78;
/// Recognised as disabled workers.
pub(super) const DISABLED: f64 = 0.02;
/// Home in the département of the CFA; most others live next door.
pub(super) const HOME_NEAR: f64 = 0.80;

/// Enrolled without ever finding a contract, or not in the 90 days.
pub(super) const NEVER_A_CONTRACT: f64 = 0.06;
/// Excluded, or gone, while the session runs.
pub(super) const EXCLUDED: f64 = 0.025;
/// Second-year learners in the dossiers of a school year.
pub(super) const SECOND_YEAR: f64 = 0.35;
