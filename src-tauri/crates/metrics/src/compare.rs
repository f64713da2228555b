//! A number beside that of the period before, and a series as a small picture.

use serde::Serialize;

/// How a number changed from one period to the next.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Change {
    /// By how much.
    pub by: f64,
    /// The same in percent of the number before, to a tenth; `None` when that was 0.
    pub percent: Option<f64>,
}

/// How `now` differs from `before`; `None` when either is unknown.
#[must_use]
pub fn change(now: Option<f64>, before: Option<f64>) -> Option<Change> {
    let (now, before) = now.zip(before)?;
    let by = now - before;
    let percent = (before != 0.0).then(|| (1000.0 * by / before.abs()).round() / 10.0);
    let known = by.is_finite() && percent.is_none_or(f64::is_finite);
    known.then_some(Change { by, percent })
}

/// `values` in at most `width` columns, each the sum of its share of them, scaled so that the largest
/// is 1. An unknown value makes its column unknown; without anything but zeros all columns are 0.
#[must_use]
pub fn sparkline(values: &[Option<u64>], width: usize) -> Vec<Option<f64>> {
    let columns = width.min(values.len());
    let sums: Vec<Option<u64>> = (0..columns)
        .map(|column| {
            let edge = |n: usize| n * values.len() / columns;
            let share = values.get(edge(column)..edge(column + 1)).unwrap_or(&[]);
            let sum = |sum: u64, value: &Option<u64>| Some(sum.saturating_add((*value)?));
            share.iter().try_fold(0, sum)
        })
        .collect();
    let largest = sums.iter().flatten().max().copied().unwrap_or(0).max(1);
    let scaled = |sum: u64| sum as f64 / largest as f64;
    sums.into_iter().map(|sum| sum.map(scaled)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn changes() {
        let of = |now, before| change(Some(now), Some(before)).map(|c| (c.by, c.percent));
        assert_eq!(of(30.0, 20.0), Some((10.0, Some(50.0))));
        assert_eq!(of(20.0, 30.0), Some((-10.0, Some(-33.3))));
        assert_eq!(of(3.0, 0.0), Some((3.0, None)));
        assert_eq!(of(0.0, 0.0), Some((0.0, None)));
        assert_eq!(change(None, Some(1.0)), None);
        assert_eq!(change(Some(1.0), None), None);
        assert_eq!(of(f64::MAX, -f64::MAX), None);
    }

    #[test]
    fn small_pictures() {
        let known = |values: &[u64], width| {
            let values: Vec<_> = values.iter().copied().map(Some).collect();
            sparkline(&values, width)
        };
        assert_eq!(known(&[1, 1, 4, 0], 2), [Some(0.5), Some(1.0)]);
        assert_eq!(known(&[0, 0], 9), [Some(0.0), Some(0.0)]);
        assert_eq!(known(&[], 9), []);
        assert_eq!(known(&[1], 0), []);
        assert_eq!(
            sparkline(&[Some(2), None, Some(1)], 3),
            [Some(1.0), None, Some(0.5)]
        );
    }

    proptest! {
        #[test]
        fn every_value_lands_in_one_column(values in proptest::collection::vec(0_u64..9, 1..50), width in 1_usize..60) {
            let given: Vec<_> = values.iter().copied().map(Some).collect();
            let columns = sparkline(&given, width);
            prop_assert_eq!(columns.len(), width.min(values.len()));
            prop_assert!(columns.iter().flatten().all(|column| (0.0..=1.0).contains(column)));
            if width >= values.len() {
                let largest = values.iter().max().copied().unwrap_or(0).max(1) as f64;
                let back: Vec<_> = columns.iter().flatten().map(|c| (c * largest).round() as u64).collect();
                prop_assert_eq!(back, values);
            }
        }
    }
}
