//! Times of units whose PES packet gave none, because it held several.

use conform::UnitKind;

use super::pictures::TimedUnit;
use super::{TICKS, Trouble};

/// Completes the times of all units, in decode order. `timing` is `(num_units_in_tick,
/// time_scale)` of the parameter sets.
///
/// The result are `(pts, dts)` of each unit.
pub(super) fn complete(
    units: &[TimedUnit],
    timing: Option<(u32, u32)>,
) -> Result<Vec<(i64, i64)>, Trouble> {
    let dts = decode_times(units, timing)?;
    let reordered = units.iter().any(|unit| unit.pts != unit.dts);
    let mut times = Vec::with_capacity(units.len());
    let mut anchor: Option<(i64, i64)> = None;
    let mut idr_delay = 0;
    let ticks_per_order = ticks_per_order(units, &dts);
    for (unit, dts) in units.iter().zip(&dts) {
        let pts = match (unit.pts, unit.order, anchor) {
            (Some(pts), ..) => pts,
            // Order starts over here, so nothing before it helps.
            _ if unit.kind == UnitKind::Idr => dts.saturating_add(idr_delay),
            (None, Some(order), Some((at, pts))) if reordered => {
                let ticks = i128::from(order - at) * ticks_per_order.0 / ticks_per_order.1.max(1);
                pts.saturating_add(i64::try_from(ticks).unwrap_or(0))
            }
            _ => *dts,
        };
        if unit.kind == UnitKind::Idr {
            idr_delay = pts.saturating_sub(*dts);
        }
        if let Some(order) = unit.order {
            anchor = Some((order, pts));
        }
        times.push((pts, *dts));
    }
    Ok(times)
}

/// Ticks for one step of picture order, as a fraction: the whole span of the longest stretch of
/// ascending order by its order.
fn ticks_per_order(units: &[TimedUnit], dts: &[i64]) -> (i128, i128) {
    let steps = units.windows(2).filter_map(|pair| {
        let [a, b] = pair else {
            return None;
        };
        let order = b.order? - a.order?;
        Some(order.unsigned_abs()).filter(|order| *order > 0)
    });
    // Neighbours in output order differ by 2 (frames count both fields), or by 1.
    let step = steps.fold(0, gcd).clamp(1, 2);
    let (Some(first), Some(last)) = (dts.first(), dts.last()) else {
        return (0, 1);
    };
    let intervals = dts.len().saturating_sub(1).max(1);
    (
        i128::from(last - first),
        intervals as i128 * i128::from(step),
    )
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn decode_times(units: &[TimedUnit], timing: Option<(u32, u32)>) -> Result<Vec<i64>, Trouble> {
    let known: Vec<(usize, i64)> = units
        .iter()
        .enumerate()
        .filter_map(|(i, unit)| Some((i, unit.dts?)))
        .collect();
    let (Some(&(first, first_dts)), Some(&(last, last_dts))) = (known.first(), known.last()) else {
        return Err(Trouble::Damaged {
            at: None,
            why: "its pictures have no time stamps".to_owned(),
        });
    };
    // Ticks of a frame as a fraction: from what is known, else from the parameter sets.
    let (span, frames) = match (timing, last > first) {
        (_, true) => (i128::from(last_dts - first_dts), (last - first) as i128),
        (Some((units_in_tick, scale)), false) => (
            2 * i128::from(units_in_tick) * i128::from(TICKS),
            i128::from(scale),
        ),
        (None, false) if units.len() == 1 => (0, 1),
        (None, false) => {
            return Err(Trouble::Damaged {
                at: Some(first_dts),
                why: "only one of its pictures has a time stamp".to_owned(),
            });
        }
    };
    let step = |count: i128| i64::try_from(count * span / frames.max(1)).unwrap_or(0);
    let mut times = Vec::with_capacity(units.len());
    let mut before = 0;
    for i in 0..units.len() {
        while known.get(before + 1).is_some_and(|(at, _)| *at <= i) {
            before += 1;
        }
        let (at, dts) = known.get(before).copied().unwrap_or((first, first_dts));
        let offset = i as i128 - at as i128;
        let time = match known.get(before + 1) {
            // Between two known times the frames share what lies between.
            Some((next, next_dts)) if offset > 0 => {
                let share = i128::from(next_dts - dts) * offset / (*next - at) as i128;
                dts.saturating_add(i64::try_from(share).unwrap_or(0))
            }
            _ => dts.saturating_add(step(offset)),
        };
        times.push(time);
    }
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;
    use conform::Location;

    fn unit(time: Option<(i64, i64)>, order: i64) -> TimedUnit {
        TimedUnit {
            pts: time.map(|t| t.0),
            dts: time.map(|t| t.1),
            location: Location {
                offset: 0,
                len: 1,
                skip: 0,
            },
            sample_size: 1,
            end: 0,
            kind: UnitKind::Delta,
            config: Some(0),
            order: Some(order),
        }
    }

    #[test]
    fn known_times_stay() {
        let units = [unit(Some((7200, 0)), 0), unit(Some((18_000, 3600)), 6)];
        assert_eq!(complete(&units, None).unwrap(), [(7200, 0), (18_000, 3600)]);
    }

    #[test]
    fn several_pictures_in_one_packet_share_its_time() {
        // I P B B P: two packets, of three and two pictures.
        let units = [
            unit(Some((7200, 0)), 0),
            unit(None, 6),
            unit(None, 2),
            unit(Some((14_400, 10_800)), 4),
            unit(None, 8),
        ];
        let times = complete(&units, None).unwrap();
        let dts: Vec<i64> = times.iter().map(|t| t.1).collect();
        assert_eq!(dts, [0, 3600, 7200, 10_800, 14_400]);
        let pts: Vec<i64> = times.iter().map(|t| t.0).collect();
        assert_eq!(pts, [7200, 18_000, 10_800, 14_400, 21_600]);
    }

    #[test]
    fn order_starts_over_at_an_idr_picture() {
        let idr = |unit| TimedUnit {
            kind: UnitKind::Idr,
            ..unit
        };
        let units = [
            idr(unit(Some((7200, 0)), 0)),
            unit(None, 4),
            unit(None, 2),
            idr(unit(None, 0)),
            unit(None, 4),
            unit(Some((21_600, 18_000)), 2),
        ];
        let times = complete(&units, None).unwrap();
        let pts: Vec<i64> = times.iter().map(|t| t.0).collect();
        assert_eq!(pts, [7200, 14_400, 10_800, 18_000, 25_200, 21_600]);
    }

    #[test]
    fn without_reordering_presentation_is_decoding() {
        let units = [unit(Some((100, 100)), 0), unit(None, 2), unit(None, 4)];
        let times = complete(&units, Some((1, 50))).unwrap();
        assert_eq!(times, [(100, 100), (3700, 3700), (7300, 7300)]);
        assert!(complete(&units, None).is_err());
        assert_eq!(complete(&units[..1], None).unwrap(), [(100, 100)]);
        assert!(complete(&[unit(None, 0)], None).is_err());
    }
}
