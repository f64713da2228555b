//! What a span takes of its sources, and what that costs.

use super::gops::Stretch;
use crate::place::ClipFrames;
use crate::plan::EstimatedSeconds;
use crate::{SequenceFormat, Source, SourcePiece, SpanKind};
use std::ops::Range;

/// Bytes copied per second of work, and pixels encoded per second of work: starting values for the
/// estimate, which the report compares with the truth.
const COPY_BYTES_PER_SECOND: u64 = 400_000_000;
const ENCODE_PIXELS_PER_SECOND: u64 = 40_000_000;

/// Consecutive frames of one object become one piece. One of another rate may begin while its first frame
/// is shown.
pub(super) fn pieces(clip: &ClipFrames<'_>, range: &Range<usize>) -> Vec<SourcePiece> {
    let source = &clip.source;
    let frames = source.frames();
    let mut pieces = Vec::new();
    let mut start = range.start;
    while start < range.end {
        let Some(first) = frames.get(start) else {
            break;
        };
        let same = |i: &usize| frames.get(*i).is_some_and(|f| f.object == first.object);
        let end = (start..range.end).take_while(same).last().unwrap_or(start) + 1;
        if let Some(object) = source.objects().get(first.object) {
            let last = end - 1;
            let out = frames
                .get(last)
                .map_or(first.time, |frame| frame.time + source.frame_duration(last));
            let begins = match pieces.is_empty() && clip.retimed {
                true => clip.start.max(first.time),
                false => first.time,
            };
            pieces.push(SourcePiece {
                object_id: object.object_id.clone(),
                flow_id: object.flow_id.clone(),
                mark_in: object.object_time(begins),
                mark_out: object.object_time(out),
                gain: 0,
                preroll: false,
                layer: 0,
                fade: None,
            });
        }
        start = end;
    }
    pieces
}

pub(super) fn costs(
    source: &Source,
    stretch: &Stretch,
    frames: u64,
    format: &SequenceFormat,
) -> (u64, EstimatedSeconds) {
    let bytes: u64 = stretch
        .frames
        .clone()
        .filter_map(|i| source.frames().get(i))
        .filter_map(|frame| source.unit(frame.object, frame.unit))
        .map(|unit| u64::from(unit.location.len))
        .sum();
    let seconds = match stretch.kind {
        SpanKind::Copy => EstimatedSeconds {
            millis: bytes.saturating_mul(1000) / COPY_BYTES_PER_SECOND,
        },
        _ => encode_seconds(frames, format),
    };
    (bytes, seconds)
}

pub(super) fn encode_seconds(frames: u64, format: &SequenceFormat) -> EstimatedSeconds {
    let pixels = u64::from(format.width) * u64::from(format.height);
    EstimatedSeconds {
        millis: frames.saturating_mul(pixels) / (ENCODE_PIXELS_PER_SECOND / 1000),
    }
}
