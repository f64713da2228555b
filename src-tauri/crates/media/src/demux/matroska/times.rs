//! Exact times from rounded ones.
//!
//! Matroska rounds every time stamp to its tick. Where all of them lie within a tick of a grid –
//! the frame rate, or the running count of samples – the grid is what was meant.

use conform::constant_rate;
use mediatime::FrameRate;

/// Times of all units of a track, in their order, on an own time scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Snapped {
    pub(super) time_scale: u32,
    pub(super) pts: Vec<i64>,
    /// Ticks of one frame, when they are all alike.
    pub(super) frame_ticks: Option<i64>,
}

/// `value` ticks of scale `from` as ticks of scale `to`, to the nearest.
pub(super) fn rescale(value: i64, from: u32, to: u32) -> i64 {
    let from = i128::from(from.max(1));
    let scaled = i128::from(value) * i128::from(to);
    let rounded = (2 * scaled + from).div_euclid(2 * from);
    i64::try_from(rounded).unwrap_or(if rounded < 0 { i64::MIN } else { i64::MAX })
}

/// Frame times on the grid of their rate; as they are when there is none.
pub(super) fn snap_video(ticks: &[i64], scale: u32, default_duration: Option<u64>) -> Snapped {
    let mut sorted = ticks.to_vec();
    sorted.sort_unstable();
    let declared = default_duration.and_then(rate_of);
    // What the frames say comes first: declared durations are often those of one field, or wrong.
    let snapped = constant_rate(&sorted, scale)
        .into_iter()
        .chain(declared)
        .find_map(|rate| on_grid(ticks, &sorted, scale, rate));
    snapped.unwrap_or_else(|| Snapped {
        time_scale: scale,
        pts: ticks.to_vec(),
        frame_ticks: default_duration
            .and_then(|ns| i64::try_from(ns).ok())
            .map(|ns| rescale(ns, 1_000_000_000, scale)),
    })
}

/// The rate that a frame duration in nanoseconds means.
fn rate_of(nanoseconds: u64) -> Option<FrameRate> {
    if nanoseconds == 0 || nanoseconds > 1_000_000_000 {
        return None;
    }
    let family = (1..=240u32).flat_map(|n| [(n * 1000, 1001), (n, 1), (2 * n - 1, 2)]);
    let close = |num: u32, den: u32| {
        let wanted = 1_000_000_000 * u64::from(den);
        (wanted.abs_diff(nanoseconds * u64::from(num))) <= u64::from(num)
    };
    family
        .filter(|(num, den)| close(*num, *den))
        .find_map(|(num, den)| FrameRate::new(num, den))
        .or_else(|| FrameRate::new(1_000_000_000, u32::try_from(nanoseconds).ok()?))
}

fn on_grid(ticks: &[i64], sorted: &[i64], scale: u32, rate: FrameRate) -> Option<Snapped> {
    let (num, den) = (i128::from(rate.numerator()), i128::from(rate.denominator()));
    let step = den * i128::from(scale);
    let first = i128::from(*sorted.first()?);
    // The k for which k·step is nearest to t·num, if it is within one tick.
    let nearest = |t: i128| {
        let k = (2 * t * num + step).div_euclid(2 * step);
        ((t * num - k * step).abs() <= num).then_some(k)
    };
    let mut last = None;
    for t in sorted {
        let k = nearest(i128::from(*t) - first)?;
        if last.is_some_and(|last| k <= last) {
            return None;
        }
        last = Some(k);
    }
    // The grid through 0 when the first frame lies on it: then the frames are exactly k·den.
    let through_zero = sorted.iter().all(|t| nearest(i128::from(*t)).is_some());
    let (time_scale, origin, unit) = if through_zero {
        (rate.numerator(), nearest(first)? * den, den)
    } else {
        let common = lcm(rate.numerator(), scale)?;
        let origin = first * i128::from(common / scale);
        (common, origin, den * i128::from(common / rate.numerator()))
    };
    let pts = ticks
        .iter()
        .map(|t| {
            let k = nearest(i128::from(*t) - first)?;
            i64::try_from(origin + k * unit).ok()
        })
        .collect::<Option<Vec<_>>>()?;
    Some(Snapped {
        time_scale,
        pts,
        frame_ticks: i64::try_from(unit).ok(),
    })
}

fn lcm(a: u32, b: u32) -> Option<u32> {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x.max(1)).checked_mul(b)
}

/// Audio frame times as a running count of samples, when all of them lie within a tick of it.
/// Frames are `(time of the block, place in the block)`; `samples` is what each of them holds.
pub(super) fn snap_audio(
    frames: &[(i64, u32)],
    scale: u32,
    sample_rate: u32,
    samples: &[u32],
) -> Option<Snapped> {
    if sample_rate == 0 || samples.contains(&0) {
        return None;
    }
    let (rate, scale) = (i128::from(sample_rate), i128::from(scale));
    let before: Vec<i128> = samples
        .iter()
        .scan(0, |sum, samples| {
            let before = *sum;
            *sum += i128::from(*samples);
            Some(before)
        })
        .collect();
    // Each time stamp says where sample 0 was, in samples · scale, give or take its rounding.
    let starts: Vec<i128> = frames
        .iter()
        .zip(&before)
        .filter(|((_, lace), _)| *lace == 0)
        .map(|((ticks, _), before)| i128::from(*ticks) * rate - before * scale)
        .collect();
    let (low, high) = (*starts.iter().min()?, *starts.iter().max()?);
    if high - low > 2 * rate {
        return None;
    }
    let first = *starts.first()?;
    // Nearest-tick rounding leaves it between these two, and there the first is best when it fits.
    let (low, high) = (high - rate / 2, low + rate / 2);
    let start = if first % scale == 0 && (low..=high).contains(&first) {
        first / scale
    } else {
        (low + high + scale).div_euclid(2 * scale)
    };
    let pts = before
        .iter()
        .map(|before| i64::try_from(start + before).ok())
        .collect::<Option<Vec<_>>>()?;
    let alike = samples.windows(2).all(|pair| match pair {
        [a, b] => a == b,
        _ => true,
    });
    Some(Snapped {
        time_scale: sample_rate,
        pts,
        frame_ticks: samples
            .first()
            .filter(|_| alike)
            .map(|samples| i64::from(*samples)),
    })
}

/// Audio frame times as they are; frames of one block follow each other by `step`.
pub(super) fn unsnapped_audio(frames: &[(i64, u32)], scale: u32, step: i64) -> Snapped {
    Snapped {
        time_scale: scale,
        pts: frames
            .iter()
            .map(|(ticks, lace)| ticks.saturating_add(step.saturating_mul(i64::from(*lace))))
            .collect(),
        frame_ticks: (step > 0).then_some(step),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(rate: (i64, i64), first: i64, frames: std::ops::Range<i64>) -> Vec<i64> {
        frames
            .map(|k| first + (k * rate.1 * 2000 + rate.0) / (2 * rate.0))
            .collect()
    }

    #[test]
    fn frames_snap_to_their_rate() {
        for rate in [(25, 1), (30_000, 1001), (24_000, 1001), (60, 1), (50, 1)] {
            let ticks = milliseconds(rate, 0, 0..500);
            let snapped = snap_video(&ticks, 1000, None);
            assert_eq!(i64::from(snapped.time_scale), rate.0);
            assert!(
                (0..500).all(|k| snapped.pts[k as usize] == k * rate.1),
                "{rate:?}"
            );
        }
    }

    #[test]
    fn a_grid_off_zero_keeps_its_offset() {
        let ticks = milliseconds((30_000, 1001), 21, 0..500);
        let snapped = snap_video(&ticks, 1000, None);
        assert_eq!(snapped.time_scale, 30_000);
        assert!((0..500).all(|k| snapped.pts[k as usize] == 630 + 1001 * i64::from(k)));
        let ticks = milliseconds((60, 1), 7, 0..500);
        let snapped = snap_video(&ticks, 1000, None);
        assert_eq!(snapped.time_scale, 3000);
        assert!((0..500).all(|k| snapped.pts[k as usize] == 21 + 50 * i64::from(k)));
    }

    #[test]
    fn holes_stay_on_the_grid_of_the_declared_duration() {
        let mut ticks = milliseconds((30_000, 1001), 0, 0..100);
        ticks.remove(50);
        let snapped = snap_video(&ticks, 1000, Some(33_366_667));
        assert_eq!(snapped.time_scale, 30_000);
        assert_eq!(snapped.pts[50], 51 * 1001);
        assert_eq!(snap_video(&ticks, 1000, None).time_scale, 1000);
    }

    #[test]
    fn uneven_frames_keep_their_ticks() {
        let ticks = [0, 40, 95, 100, 180];
        let snapped = snap_video(&ticks, 1000, Some(40_000_000));
        assert_eq!((snapped.time_scale, &snapped.pts[..]), (1000, &ticks[..]));
        assert_eq!(snapped.frame_ticks, Some(40));
    }

    #[test]
    fn durations_mean_rates() {
        for (ns, num, den) in [
            (33_366_667, 30_000, 1001),
            (33_366_666, 30_000, 1001),
            (41_708_333, 24_000, 1001),
            (16_683_333, 60_000, 1001),
            (40_000_000, 25, 1),
            (80_000_000, 25, 2),
            (20_000_000, 50, 1),
            (33_333_333, 30, 1),
        ] {
            assert_eq!(rate_of(ns), FrameRate::new(num, den), "{ns}");
        }
        assert_eq!(rate_of(0), None);
    }

    #[test]
    fn sound_snaps_to_the_running_count_of_samples() {
        for (rate, offset) in [(48_000, 0), (44_100, 0), (44_100, 1234), (48_000, 100)] {
            let frames: Vec<(i64, u32)> = (0..500i64)
                .map(|k| (rescale(offset + 1024 * k, rate, 1000), 0))
                .collect();
            let snapped = snap_audio(&frames, 1000, rate, &[1024; 500]).unwrap();
            assert_eq!(snapped.time_scale, rate);
            let first = snapped.pts[0];
            assert!((first - offset).abs() <= 24, "{first} for {offset}");
            assert!(offset != 0 || first == 0);
            assert!((0..500).all(|k| snapped.pts[k as usize] == first + 1024 * i64::from(k)));
        }
        let hole: Vec<(i64, u32)> = [0, 21, 43, 200].map(|t| (t, 0)).to_vec();
        assert_eq!(snap_audio(&hole, 1000, 48_000, &[1024; 4]), None);
        let laced: Vec<(i64, u32)> = (0..64)
            .map(|k| (rescale(1024 * (k - k % 8), 48_000, 1000), (k % 8) as u32))
            .collect();
        assert_eq!(
            snap_audio(&laced, 1000, 48_000, &[1024; 64]).unwrap().pts[63],
            63 * 1024
        );
    }

    #[test]
    fn sound_in_uneven_pieces_snaps_too() {
        let pieces = [1024, 1024, 500, 1024, 7];
        let frames = [0, 21, 43, 53, 74].map(|t| (t, 0));
        let snapped = snap_audio(&frames, 1000, 48_000, &pieces).unwrap();
        assert_eq!(snapped.pts, [0, 1024, 2048, 2548, 3572]);
        assert_eq!(snapped.frame_ticks, None);
    }

    #[test]
    fn rescaling_rounds_to_nearest() {
        assert_eq!(rescale(1, 2, 1), 1);
        assert_eq!(rescale(-1, 2, 1), 0);
        assert_eq!(rescale(-3, 2, 1), -1);
        assert_eq!(rescale(i64::MAX, 1, u32::MAX), i64::MAX);
        assert_eq!(rescale(7, 0, 2), 14);
    }
}
