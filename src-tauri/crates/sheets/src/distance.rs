//! How large a code must be for the distance that it is read from.

use crate::code::QUIET_ZONE;

/// A phone's preview (1080 lines, 66° across) shows this many modules of a code at a distance of
/// as many modules' widths, four pixels each: the least that reads in ordinary light.
const MODULES_IN_SIGHT: f64 = 369.0;
/// For hands that shake and light that is poor.
const RESERVE: f64 = 1.25;
/// What people expect of a code: a tenth of the distance.
const USUAL: f64 = 0.1;
/// Further than any print is read from, in metres.
const MAX_DISTANCE_M: f64 = 1_000.0;

/// The side in millimetres, without quiet zone, that a code of `modules` modules needs to be read
/// from `distance_m` metres: a tenth of the distance, and more when the code is dense.
///
/// A distance that is none (zero, negative, no number) needs nothing.
#[must_use]
pub fn side_for_distance(distance_m: f64, modules: usize) -> f64 {
    if !distance_m.is_finite() || distance_m <= 0.0 {
        return 0.0;
    }
    let distance_mm = distance_m.min(MAX_DISTANCE_M) * 1_000.0;
    distance_mm * USUAL.max(RESERVE * modules as f64 / MODULES_IN_SIGHT)
}

/// The furthest distance in metres that a code of this size (side without quiet zone, in
/// millimetres) can be read from.
#[must_use]
pub fn distance_for_side(side_mm: f64, modules: usize) -> f64 {
    let per_metre = side_for_distance(1.0, modules.max(2 * QUIET_ZONE));
    (side_mm / per_metre).clamp(0.0, MAX_DISTANCE_M)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_of_the_distance_and_more_for_dense_codes() {
        assert_eq!(side_for_distance(1.2, 29), 120.0);
        assert!((side_for_distance(3.0, 29) - 300.0).abs() < 1e-9);
        assert!((side_for_distance(1.0, 61) - 206.6).abs() < 0.1);
        for modules in [21, 29, 37, 61] {
            let there = side_for_distance(2.5, modules);
            assert!((distance_for_side(there, modules) - 2.5).abs() < 1e-9);
        }
        for none in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(side_for_distance(none, 29), 0.0);
        }
    }
}
