//! Where a clip starts and ends on its medium.

use super::Point;
use crate::issue::{Issues, short};
use crate::otio::flow_offset;
use crate::programme::counts_pictures;
use crate::{Clip, Range, Time};
use mediatime::{RationalTime, Timestamp};

/// Counts up to here are exact as floats.
const EXACT: u128 = 1 << 53;

/// The points of a clip.
pub(super) struct Marks {
    pub(super) mark_in: Option<Point>,
    pub(super) mark_out: Option<Point>,
    pub(super) slack: RationalTime,
}

impl Marks {
    /// Seconds between the points; `None` where the medium's own ends decide.
    pub(super) fn length(&self) -> Option<RationalTime> {
        let seconds = |point: Point| match point {
            Point::Offset(time) => time,
            Point::Absolute(time) => time.to_rational(),
        };
        Some(seconds(self.mark_out?) - seconds(self.mark_in?))
    }
}

/// The points of a clip; `None` when it takes no time.
pub(super) fn of(clip: &Clip, place: &str, issues: &mut Issues) -> Result<Option<Marks>, String> {
    let Some(range) = clip
        .range
        .or(clip.available.filter(|_| clip.media.is_tams()))
    else {
        return Ok(Some(Marks {
            mark_in: None,
            mark_out: None,
            slack: RationalTime::ZERO,
        }));
    };
    let range = Range {
        start: meant(range.start, "start", place, issues),
        duration: meant(range.duration, "duration", place, issues),
    };
    if range.duration.seconds() < RationalTime::ZERO {
        return Err("its duration is negative".to_owned());
    }
    if range.duration.seconds() == RationalTime::ZERO {
        return Ok(None);
    }
    match clip.media.is_tams() {
        true => on_flow(clip, range, place, issues).map(Some),
        false => from_start(clip, range).map(Some),
    }
}

/// A file's clock starts where its available range does.
fn from_start(clip: &Clip, range: Range) -> Result<Marks, String> {
    let zero = clip.available.map_or(RationalTime::ZERO, |available| {
        snapped(available.start).seconds()
    });
    let mark_in = range.start.seconds() - zero;
    if mark_in < RationalTime::ZERO {
        let before = super::said(Time::new(-mark_in, range.start.rate()));
        return Err(format!("it starts {before} before its medium does"));
    }
    Ok(Marks {
        mark_in: Some(Point::Offset(mark_in)),
        mark_out: Some(Point::Offset(range.end() - zero)),
        slack: RationalTime::ZERO,
    })
}

/// A flow's clock is TAMS': the exact timerange where the clip has one.
fn on_flow(clip: &Clip, range: Range, place: &str, issues: &mut Issues) -> Result<Marks, String> {
    let offset = match flow_offset(&clip.kept.0) {
        None => Timestamp::ZERO,
        Some(text) => Timestamp::parse_tolerant(text).map_err(|_| {
            format!(
                "its available_range_offset `{}` is no timestamp",
                short(text)
            )
        })?,
    };
    let exact = clip
        .exact_timerange()
        .and_then(|timerange| Some((timerange.start()?, timerange.end()?)));
    let (start, end) = exact.unwrap_or_else(|| {
        (
            range.start.seconds().to_timestamp(),
            range.end().to_timestamp(),
        )
    });
    let slack = match exact {
        Some(_) => RationalTime::ZERO,
        None => coarseness(range.start).max(coarseness(range.duration)),
    };
    if slack > RationalTime::ZERO {
        let nanos = slack.ceil_ticks(1_000_000_000);
        let what = format!(
            "its times may be off by {nanos} ns, as OTIO's floats are no finer there: the nearest frames are meant"
        );
        issues.add(place, what);
    }
    Ok(Marks {
        mark_in: Some(Point::Absolute(start.saturating_add(offset))),
        mark_out: Some(Point::Absolute(end.saturating_add(offset))),
        slack,
    })
}

/// How far apart floats are around a count, in seconds; 0 where they hold whole counts exactly.
fn coarseness(time: Time) -> RationalTime {
    let count = match time.count() {
        Some((count, den)) => count.unsigned_abs() / den.max(1),
        None => return RationalTime::ZERO,
    };
    if count <= EXACT {
        return RationalTime::ZERO;
    }
    let step = i64::try_from(count.next_power_of_two() / EXACT).unwrap_or(i64::MAX);
    time.rate().frame_start(step)
}

/// A time without what floating-point arithmetic has added; what is no whole frame even so is said.
fn meant(time: Time, name: &str, place: &str, issues: &mut Issues) -> Time {
    if time.whole_frames().is_some() || !counts_pictures(time.rate()) {
        return time;
    }
    let snapped = snapped(time);
    let what = match snapped == time {
        true => format!("its {name} is no whole number of frames at {}", time.rate()),
        false => format!("its {name} is taken for {}", super::said(snapped)),
    };
    issues.add(place, what);
    snapped
}

fn snapped(time: Time) -> Time {
    match time.meant_frame() {
        Some(frame) => Time::frames(frame, time.rate()),
        None => time,
    }
}
