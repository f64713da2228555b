//! Decoding both sides of every joint.

use super::Joint;
use crate::MediaError;
use crate::codec::{DecodedFrame, VideoDecoder};
use crate::execute::luma_signature;
use crate::report::{Report, SpanReport};
use conform::{SpanKind, VideoCodec, VideoConfig};
use mediatime::{RationalTime, Timestamp};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Mean difference of luma, in steps of 1/255, up to which an encoded frame shows what its source
/// showed. Coding noise stays below 2; another frame of a moving picture does not.
const SAME_PICTURE: u64 = 4;

/// What decoding the GOPs at joints gave.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    gops: Vec<Range<u64>>,
    /// How often each frame came out, up to 255 times. Frames are counted from 0, so this takes a byte of
    /// each one up to the last that was decoded.
    seen: Vec<u8>,
    /// Frames whose picture differs from its source's, with the mean difference.
    different: Vec<(u64, u64)>,
    /// What the decoder complained about.
    failure: Option<String>,
}

impl Decoded {
    /// The count of a frame that was given to the decoder.
    fn count(&mut self, frame: u64) -> Option<&mut u8> {
        self.seen.get_mut(usize::try_from(frame).ok()?)
    }
}

/// The frames in front of and behind each border of the report's spans.
fn borders(report: &Report) -> impl Iterator<Item = u64> {
    report
        .spans
        .iter()
        .map(|span| span.first_frame)
        .chain([report.frames])
}

/// What of a GOP must be decoded: all of it where two spans meet or anything was encoded, and the
/// first picture of a file that begins with a copy, which shows that the parameter sets fit (of HEVC its
/// first GOP).
pub(super) fn to_decode(report: &Report, frames: Range<u64>) -> Range<u64> {
    let meets = |border: u64| {
        0 < border
            && border < report.frames
            && (frames.contains(&border) || frames.contains(&(border - 1)))
    };
    let made = |span: &SpanReport| {
        let end = span.first_frame + span.frames;
        span.kind != SpanKind::Copy && frames.start < end && span.first_frame < frames.end
    };
    if borders(report).any(meets) || report.spans.iter().any(made) {
        return frames;
    }
    match (frames.start, report.plan.format.codec) {
        (0, VideoCodec::H264) => 0..1,
        // Leading pictures of the next may need all of it.
        (0, VideoCodec::Hevc) => frames,
        (start, _) => start..start,
    }
}

/// A decoder that counts, and compares prints.
pub(super) struct JointDecoder {
    decoder: VideoDecoder,
    shared: Arc<Mutex<Decoded>>,
}

impl JointDecoder {
    pub(super) fn start(config: &VideoConfig, report: &Report) -> Result<Self, MediaError> {
        let prints: HashMap<u64, Vec<u8>> = report
            .spans
            .iter()
            .flat_map(|span| &span.signatures)
            .map(|signature| (signature.frame, unhex(&signature.luma)))
            .collect();
        let shared = Arc::new(Mutex::new(Decoded::default()));
        let seen = Arc::clone(&shared);
        let full_range = config.facts.full_range;
        let codec = report.plan.format.codec.name();
        let decoder = VideoDecoder::start(codec, config, move |frame| {
            look(
                &frame,
                full_range,
                &prints,
                &mut seen.lock().unwrap_or_else(PoisonError::into_inner),
            );
            Ok(())
        })?;
        Ok(Self { decoder, shared })
    }

    /// Decodes pictures that others need, without looking at them; they begin anew.
    pub(super) fn lead(&mut self, units: impl Iterator<Item = (Vec<u8>, u64)>) {
        for (number, (unit, frame)) in units.enumerate() {
            if !self.decoder.push(unit, frame, number == 0) {
                return;
            }
        }
    }

    /// Decodes a GOP: access units in decode order with the output frame each one is.
    pub(super) fn decode(
        &mut self,
        frames: Range<u64>,
        units: impl Iterator<Item = (Vec<u8>, u64)>,
    ) {
        let mut decoded = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let reached = usize::try_from(frames.end).unwrap_or(usize::MAX);
        if decoded.seen.len() < reached {
            decoded.seen.resize(reached, 0);
        }
        decoded.gops.push(frames);
        drop(decoded);
        for (number, (unit, frame)) in units.enumerate() {
            if !self.decoder.push(unit, frame, number == 0) {
                return;
            }
        }
    }

    pub(super) fn finish(self, cancel: &CancellationToken) -> Result<Decoded, MediaError> {
        let result = self.decoder.finish(cancel);
        let mut decoded =
            std::mem::take(&mut *self.shared.lock().unwrap_or_else(PoisonError::into_inner));
        match result {
            Err(error @ MediaError::Cancelled) => return Err(error),
            Err(error) => decoded.failure = Some(error.to_string()),
            Ok(()) => {}
        }
        Ok(decoded)
    }
}

fn look(
    frame: &DecodedFrame,
    full_range: bool,
    prints: &HashMap<u64, Vec<u8>>,
    decoded: &mut Decoded,
) {
    if let Some(count) = decoded.count(frame.rank) {
        *count = count.saturating_add(1);
    }
    let Some(expected) = prints.get(&frame.rank) else {
        return;
    };
    let Some(found) = luma_signature(&frame.sample, full_range) else {
        return;
    };
    let sum: u64 = expected
        .iter()
        .zip(&found)
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    let mean = sum / (expected.len() as u64).max(1);
    if mean > SAME_PICTURE {
        decoded.different.push((frame.rank, mean));
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|c| c.to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

/// The verdict on each joint.
pub(super) fn judge(decoded: &Decoded, report: &Report) -> Vec<Joint> {
    let spans = &report.spans;
    let mut joints = Vec::with_capacity(spans.len() + 1);
    for (number, border) in borders(report).enumerate() {
        let before = number.checked_sub(1).and_then(|i| spans.get(i));
        let after = spans.get(number);
        let name = |kind: Option<SpanKind>| match kind {
            None => "end",
            Some(SpanKind::Copy) => "copy",
            Some(SpanKind::Encode) => "encode",
            Some(SpanKind::Compose) => "compose",
            Some(SpanKind::Fill) => "fill",
            Some(SpanKind::Reference) => "reference",
        };
        let kinds = format!(
            "{}|{}",
            name(before.map(|s| s.kind)),
            name(after.map(|s| s.kind))
        );
        // What has to be right around the joint: the GOPs it touches, and the encoded spans.
        let mut ranges: Vec<Range<u64>> = decoded
            .gops
            .iter()
            .filter(|gop| gop.contains(&border) || border > 0 && gop.contains(&(border - 1)))
            .cloned()
            .collect();
        for span in [before, after].into_iter().flatten() {
            if span.kind != SpanKind::Copy {
                ranges.push(span.first_frame..span.first_frame + span.frames);
            }
        }
        let ends_with_copy = after.is_none() && before.is_some_and(|s| s.kind == SpanKind::Copy);
        let whole = ranges.iter().any(|range| range.end - range.start > 1);
        let fault = match (&decoded.failure, ranges.is_empty() && ends_with_copy) {
            (None, true) => None,
            _ => fault(decoded, &ranges),
        };
        let ticks = report.presentation.start(border).unwrap_or(0);
        joints.push(Joint {
            frame: border,
            at: RationalTime::from_ticks(ticks, report.time_scale)
                .map_or(Timestamp::ZERO, RationalTime::to_timestamp),
            kinds,
            ok: fault.is_none(),
            detail: fault.unwrap_or_else(|| {
                let fits = if whole {
                    "every frame of the GOPs on both sides decodes, once and in order"
                } else {
                    "a copy of whole GOPs, with nothing beside it"
                };
                fits.to_owned()
            }),
        });
    }
    joints
}

fn fault(decoded: &Decoded, ranges: &[Range<u64>]) -> Option<String> {
    if let Some(failure) = &decoded.failure {
        return Some(failure.clone());
    }
    if ranges.is_empty() {
        return Some("no GOP was found there".to_owned());
    }
    for range in ranges {
        for frame in range.clone() {
            match usize::try_from(frame)
                .ok()
                .and_then(|frame| decoded.seen.get(frame))
            {
                Some(1) => {}
                None | Some(0) => return Some(format!("frame {frame} does not decode")),
                Some(times) => return Some(format!("frame {frame} comes out {times} times")),
            }
        }
        let different = decoded
            .different
            .iter()
            .find(|(frame, _)| range.contains(frame));
        if let Some((frame, mean)) = different {
            return Some(format!(
                "frame {frame} does not show what its source shows (mean luma difference {mean})"
            ));
        }
    }
    None
}
