//! Where frames begin and end, looked for by times of another clock.

use conform::Source;
use mediatime::{RationalTime, TimeRange};

/// The frames of a source that are shown in a range of another flow: the first, and how many.
///
/// Flows of one source keep time by clocks of their own, so a border between frames is the other's
/// when it is nearer to its time than half the frame behind it. `None` when there is none so near.
pub(crate) fn frames_in(source: &Source, range: TimeRange) -> Option<(u64, u64)> {
    let near = |time: RationalTime| {
        let border = nearest(source, time)?;
        (border.off.checked_mul(2)? < border.length).then_some(border.index)
    };
    let (start, end) = range.start().zip(range.end())?;
    let first = near(start.to_rational())?;
    let behind = near(end.to_rational())?;
    Some((first as u64, behind.checked_sub(first)? as u64))
}

/// A place where a frame begins, or the last one ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Border {
    /// The frame that begins there; the number of frames at the end.
    pub(crate) index: usize,
    /// How far it is from the time that was looked for.
    pub(crate) off: RationalTime,
    /// How long the frame behind it is shown; at the end the last one.
    pub(crate) length: RationalTime,
}

/// The border of a source that is nearest to a time on its timeline.
pub(crate) fn nearest(source: &Source, wanted: RationalTime) -> Option<Border> {
    let frames = source.frames();
    let last = frames.len().checked_sub(1)?;
    let end = frames.get(last)?.time + source.frame_duration(last);
    let at = |index: usize| frames.get(index).map_or(end, |frame| frame.time);
    nearest_of(&at, frames.len(), wanted)
}

/// The nearest of the borders 0 to `count`.
fn nearest_of(
    at: &dyn Fn(usize) -> RationalTime,
    count: usize,
    wanted: RationalTime,
) -> Option<Border> {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if at(middle) < wanted {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let off = |index: usize| {
        let border = at(index);
        if border < wanted {
            wanted - border
        } else {
            border - wanted
        }
    };
    let index = match low.checked_sub(1) {
        Some(before) if off(before) < off(low) => before,
        _ => low,
    };
    let frame = index.min(count.checked_sub(1)?);
    Some(Border {
        index,
        off: off(index),
        length: at(frame + 1) - at(frame),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_border_is_found() {
        // Three frames of 20 ms, one of 100 ms, one of 20 ms.
        let borders = [0, 20, 40, 60, 160, 180];
        let ms = |ms: i64| RationalTime::from_ticks(ms, 1000).unwrap();
        let at = |index: usize| ms(borders[index]);
        for (wanted, index, off, length) in [
            (0, 0, 0, 20),
            (9, 0, 9, 20),
            (11, 1, 9, 20),
            (20, 1, 0, 20),
            (51, 3, 9, 100),
            (109, 3, 49, 100),
            (151, 4, 9, 20),
            (180, 5, 0, 20),
            (200, 5, 20, 20),
            (-9, 0, 9, 20),
        ] {
            let found = nearest_of(&at, 5, ms(wanted)).unwrap();
            let expected = Border {
                index,
                off: ms(off),
                length: ms(length),
            };
            assert_eq!(found, expected, "{wanted} ms");
        }
        assert_eq!(nearest_of(&at, 0, ms(0)), None);
    }
}
