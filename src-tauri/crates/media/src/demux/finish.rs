//! What every container leaves to be worked out from the times of all units.

use conform::{AccessUnit, MediaIndex, constant_rate};
use mediatime::{FrameRate, RationalTime};

/// Sets every presented unit's duration to the distance to the next one and returns the rate on
/// whose grid they lie.
///
/// Units come with the duration their container gives, which the last presented one keeps; when
/// that is 0 it gets the frame duration, or `usual` when there is no rate.
pub(crate) fn set_durations(
    units: &mut [AccessUnit],
    time_scale: u32,
    usual: u32,
) -> Option<FrameRate> {
    let mut order: Vec<(i64, usize)> = units
        .iter()
        .enumerate()
        .filter(|(_, unit)| unit.presented)
        .map(|(i, unit)| (unit.pts, i))
        .collect();
    order.sort_unstable();
    let pts: Vec<i64> = order.iter().map(|(pts, _)| *pts).collect();
    let rate = constant_rate(&pts, time_scale);
    let mut last_step = usual;
    for pair in order.windows(2) {
        let [(pts, i), (next, _)] = pair else {
            continue;
        };
        let step = u32::try_from(next.saturating_sub(*pts)).unwrap_or(u32::MAX);
        if let Some(unit) = units.get_mut(*i) {
            unit.duration = step;
        }
        last_step = step;
    }
    if let Some(unit) = order.last().and_then(|(_, i)| units.get_mut(*i))
        && unit.duration == 0
    {
        unit.duration = rate
            .map(|rate| rate.frame_duration().round_ticks(time_scale))
            .and_then(|ticks| u32::try_from(ticks).ok())
            .unwrap_or(last_step);
    }
    rate
}

/// Decode times for units that only have presentation times: the k-th unit in decode order gets
/// the k-th smallest presentation time, moved back just so far that no unit is presented before
/// it is decoded.
pub(crate) fn reconstruct_dts(units: &mut [AccessUnit]) {
    let mut sorted: Vec<i64> = units.iter().map(|unit| unit.pts).collect();
    sorted.sort_unstable();
    let delay = units
        .iter()
        .zip(&sorted)
        .map(|(unit, dts)| dts.saturating_sub(unit.pts))
        .max()
        .unwrap_or_default();
    for (unit, dts) in units.iter_mut().zip(sorted) {
        unit.dts = dts.saturating_sub(delay);
    }
}

/// Moves decode times back, all by the same, so far that no unit is presented before it is decoded:
/// signed composition offsets (ISO/IEC 14496-12 §8.6.1.4) count from a decoder without delay.
pub(crate) fn decode_before_presenting(units: &mut [AccessUnit]) {
    let late = units.iter().map(|unit| unit.dts.saturating_sub(unit.pts));
    let delay = late.max().unwrap_or_default().max(0);
    for unit in units {
        unit.dts = unit.dts.saturating_sub(delay);
    }
}

/// Whether times can be counted with: all of them are told as seconds, and the distance of any two
/// fits. In nanoseconds since 1970 that is up to the year 2043.
pub(crate) fn is_within_time(index: &MediaIndex) -> bool {
    const FAR: u64 = 1 << 61;
    let told = |ticks: i64, scale: u32| {
        ticks.unsigned_abs() <= FAR && RationalTime::from_ticks(ticks, scale).is_some()
    };
    let pictures = index.video.iter().all(|track| {
        let mut times = track.units.iter().flat_map(|unit| [unit.pts, unit.dts]);
        times.all(|ticks| told(ticks, track.time_scale))
    });
    let sound = index.audio.iter().all(|track| {
        let presented = [track.presented.start, track.presented.end];
        let mut times = track.frames.iter().map(|frame| frame.pts).chain(presented);
        times.all(|ticks| told(ticks, track.time_scale))
    });
    pictures && sound
}

#[cfg(test)]
mod tests {
    use super::*;
    use conform::{Location, UnitKind};

    fn units(pts: &[i64], duration: u32) -> Vec<AccessUnit> {
        pts.iter()
            .map(|pts| AccessUnit {
                pts: *pts,
                dts: 0,
                duration,
                location: Location {
                    offset: 0,
                    len: 1,
                    skip: 0,
                },
                sample_size: 1,
                kind: UnitKind::Delta,
                config: 0,
                presented: *pts >= 0,
            })
            .collect()
    }

    #[test]
    fn durations_follow_presentation_order() {
        let mut some = units(&[0, 3600, 1800, 5400], 0);
        let rate = set_durations(&mut some, 90_000, 7);
        assert_eq!(rate, FrameRate::new(50, 1));
        assert!(some.iter().all(|unit| unit.duration == 1800), "{some:?}");

        let mut uneven = units(&[-10, 0, 10, 50], 3);
        assert_eq!(set_durations(&mut uneven, 1000, 7), None);
        let durations: Vec<u32> = uneven.iter().map(|unit| unit.duration).collect();
        assert_eq!(durations, [3, 10, 40, 3]);

        let mut single = units(&[5], 0);
        set_durations(&mut single, 1000, 7);
        assert_eq!(single[0].duration, 7);
    }

    #[test]
    fn decode_times_never_come_after_presentation() {
        let mut some = units(&[0, 120, 60, 30, 90], 0);
        reconstruct_dts(&mut some);
        let dts: Vec<i64> = some.iter().map(|unit| unit.dts).collect();
        assert_eq!(dts, [-60, -30, 0, 30, 60]);
        for (unit, dts) in some.iter_mut().zip([0, 30, 60, 90, 120]) {
            unit.dts = dts;
        }
        decode_before_presenting(&mut some);
        let dts: Vec<i64> = some.iter().map(|unit| unit.dts).collect();
        assert_eq!(dts, [-60, -30, 0, 30, 60]);
        decode_before_presenting(&mut some);
        assert_eq!(some[0].dts, -60, "once is enough");
        let mut plain = units(&[3, 4, 6], 0);
        reconstruct_dts(&mut plain);
        assert!(plain.iter().all(|unit| unit.dts == unit.pts));
    }

    #[test]
    fn times_that_can_not_be_counted_with_are_told() {
        let index = |pts: i64, time_scale| MediaIndex {
            container: conform::Container::Mp4,
            size: 9,
            video: None,
            audio: Some(conform::AudioTrack {
                track_id: 1,
                codec: "aac".to_owned(),
                time_scale,
                sample_rate: 48_000,
                channels: 2,
                config: Vec::new(),
                samples_per_frame: 1024,
                frames: Vec::new(),
                presented: 0..pts,
                language: None,
            }),
            unused_tracks: Vec::new(),
            timecode: None,
        };
        assert!(is_within_time(&index(1 << 60, 1_000_000_000)));
        assert!(!is_within_time(&index(i64::MAX, 1_000_000_000)));
        assert!(!is_within_time(&index(1 << 60, 1)));
    }
}
