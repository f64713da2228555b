//! What a span takes of its sources, and what that costs.

use super::gops::{Stretch, gops_in};
use crate::place::ClipFrames;
use crate::plan::Seconds;
use crate::{Pace, SequenceFormat, Source, SourcePiece, SpanKind};
use std::ops::Range;

/// The cost model: what a usual machine copies, decodes and encodes in a second, and what it takes to begin
/// with an encoder and to try it. [`Pace`] corrects it by what runs took here.
const COPY_BYTES_PER_SECOND: u64 = 400_000_000;
const DECODE_PIXELS_PER_SECOND: u64 = 160_000_000;
const ENCODE_PIXELS_PER_SECOND: u64 = 60_000_000;
const BEGIN_MILLIS: u64 = 100;

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

/// Bytes of the source, and seconds of work.
pub(super) fn costs(
    source: &Source,
    stretch: &Stretch,
    frames: u64,
    format: &SequenceFormat,
    pace: Pace,
) -> (u64, Seconds) {
    let bytes: u64 = stretch
        .frames
        .clone()
        .filter_map(|i| source.frames().get(i))
        .filter_map(|frame| source.unit(frame.object, frame.unit))
        .map(|unit| u64::from(unit.location.len))
        .sum();
    if stretch.kind == SpanKind::Copy {
        let millis = bytes.saturating_mul(1000) / COPY_BYTES_PER_SECOND;
        return (bytes, at_pace(millis, pace.copy));
    }
    // Decoding begins with a key frame.
    let key = gops_in(source, &stretch.frames).first();
    let begins = key.map_or(stretch.frames.start, |gop| gop.frames.start);
    let decoded = stretch.frames.end.saturating_sub(begins) as u64;
    (bytes, encode_seconds((decoded, frames), format, pace))
}

/// Seconds to decode so many frames and to encode others.
pub(super) fn encode_seconds(
    (decoded, encoded): (u64, u64),
    format: &SequenceFormat,
    pace: Pace,
) -> Seconds {
    let pixels = u64::from(format.width) * u64::from(format.height);
    let millis = |frames: u64, per_second: u64| frames.saturating_mul(pixels) / (per_second / 1000);
    let decoding = millis(decoded, DECODE_PIXELS_PER_SECOND);
    let encoding = millis(encoded, ENCODE_PIXELS_PER_SECOND);
    at_pace(BEGIN_MILLIS + decoding + encoding, pace.encode)
}

fn at_pace(millis: u64, pace: u32) -> Seconds {
    Seconds {
        millis: millis.saturating_mul(u64::from(pace)) / 1000,
    }
}
