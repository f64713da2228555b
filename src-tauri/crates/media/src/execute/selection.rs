//! Plan pieces → access units.

use super::{MediaObject, ObjectSource};
use crate::MediaError;
use conform::{Fade, SourcePiece, SpanKind, VideoSpan, VideoTrack};
use mediatime::{FrameRate, RationalTime};
use std::borrow::Borrow;

/// The access units of one piece.
#[derive(Debug)]
pub(crate) struct PieceUnits {
    pub(crate) object_id: String,
    pub(crate) object: MediaObject,
    /// Units in the piece, in presentation order (indexes into the track's units).
    pub(crate) shown: Vec<usize>,
    /// Units to decode, from the key frame before the first shown one; a half-open range in decode
    /// order that ends with the GOP of the last shown one.
    pub(crate) decode: std::ops::Range<usize>,
}

impl PieceUnits {
    pub(crate) fn track(&self) -> Result<&VideoTrack, MediaError> {
        self.object
            .index
            .video
            .as_ref()
            .ok_or_else(|| MediaError::Unsupported {
                object: self.object_id.clone(),
                what: "it has no video".to_owned(),
                hint: "plan again: the object has changed".to_owned(),
            })
    }
}

/// The access units of a span's pieces, in the order of the pieces.
///
/// # Errors
/// An object is missing or does not hold what the plan says.
pub(crate) fn select(
    span: &VideoSpan,
    objects: &dyn ObjectSource,
) -> Result<Vec<PieceUnits>, MediaError> {
    let pieces = span.sources.iter();
    pieces
        .map(|piece| select_piece(piece, span.kind, objects))
        .collect()
}

/// The access units of a span's first piece; none where it has no pieces.
///
/// # Errors
/// As [`select`].
pub(crate) fn select_first(
    span: &VideoSpan,
    objects: &dyn ObjectSource,
) -> Result<Option<PieceUnits>, MediaError> {
    let first = span.sources.first();
    first
        .map(|piece| select_piece(piece, span.kind, objects))
        .transpose()
}

/// A layer of a span on its own, without what is held of it.
pub(crate) fn layer_of(span: &VideoSpan, layer: u8) -> Option<(VideoSpan, Fade)> {
    let pieces = span.sources.iter().filter(|piece| piece.layer == layer);
    let sources: Vec<SourcePiece> = pieces.cloned().collect();
    let fade = sources.first()?.fade?;
    let own = VideoSpan {
        frames: span.frames.saturating_sub(fade.hold),
        sources,
        ..span.clone()
    };
    Some((own, fade))
}

/// Pictures of the span come or go.
pub(crate) fn is_mixed(span: &VideoSpan) -> bool {
    span.sources.iter().any(|piece| piece.fade.is_some())
}

/// The access units of one piece.
///
/// # Errors
/// As [`select`].
pub(crate) fn select_piece(
    piece: &SourcePiece,
    kind: SpanKind,
    objects: &dyn ObjectSource,
) -> Result<PieceUnits, MediaError> {
    let object = objects.object(&piece.object_id)?;
    let mut units = PieceUnits {
        object_id: piece.object_id.clone(),
        object,
        shown: Vec::new(),
        decode: 0..0,
    };
    let track = units.track()?;
    let (start, end) = (
        RationalTime::from(piece.mark_in),
        RationalTime::from(piece.mark_out),
    );
    let nanosecond = RationalTime::new(1, 1_000_000_000).unwrap_or(RationalTime::ZERO);
    // In ticks: an hour has two hundred thousand pictures, and an edit thousands of pieces.
    let ticks = |time: RationalTime| time.ceil_ticks(track.time_scale);
    let mut begins = ticks(start);
    if kind == SpanKind::Compose {
        // A filter of another rate may begin while a frame is shown.
        let latest = (start + nanosecond).floor_ticks(track.time_scale);
        let presented = track.units.iter().filter(|unit| unit.presented);
        let showing = presented.map(|unit| unit.pts).filter(|pts| *pts <= latest);
        begins = showing.max().map_or(begins, |showing| showing.min(begins));
    }
    let taken = begins..ticks(end);
    let numbered = track.units.iter().enumerate();
    let mut shown: Vec<usize> = numbered
        .filter(|(_, unit)| unit.presented && taken.contains(&unit.pts))
        .map(|(number, _)| number)
        .collect();
    let (Some(first), Some(last)) = (shown.first().copied(), shown.last().copied()) else {
        return Err(MediaError::Damaged {
            object: piece.object_id.clone(),
            at: Some(start),
            why: "the frames that the plan takes are not in it".to_owned(),
        });
    };
    let earliest = shown.iter().map(|i| track.units[*i].pts).min();
    let from = track.entry(first, earliest.unwrap_or(i64::MIN));
    let from = from.ok_or_else(|| MediaError::Damaged {
        object: piece.object_id.clone(),
        at: Some(start),
        why: "no key frame is in front of the pictures that the plan takes".to_owned(),
    })?;
    let to = track.gop_end(last);
    shown.sort_by_key(|i| track.units[*i].pts);
    units.shown = shown;
    units.decode = from..to;
    Ok(units)
}

/// What each output frame of a span shows, as indexes into the shown units of all its pieces.
///
/// # Errors
/// The pieces hold another number of frames, and there is no rate to choose them by.
pub(crate) fn shown_in_output(
    span: &VideoSpan,
    pieces: &[impl Borrow<PieceUnits>],
    rate: Option<FrameRate>,
) -> Result<Vec<usize>, MediaError> {
    let count: usize = pieces.iter().map(|piece| piece.borrow().shown.len()).sum();
    // A filter of another rate chooses by time even where the counts happen to agree.
    let by_count = span.kind != SpanKind::Compose || rate.is_none();
    if by_count && count as u64 == span.frames {
        return Ok((0..count).collect());
    }
    let rate = rate.ok_or_else(|| count_mismatch(count))?;
    let mut times = source_times(span, pieces)?;
    // It may begin while its first frame is shown.
    if let (Some(piece), Some(units)) = (span.sources.first(), pieces.first()) {
        let units = units.borrow();
        let track = units.track()?;
        let first = units.shown.first().map(|i| track.time(track.units[*i].pts));
        let lead = first.map_or(RationalTime::ZERO, |first| {
            first - piece.mark_in.to_rational()
        });
        for time in &mut times {
            *time += lead;
        }
    }
    // Containers round times up as well as down: a frame that begins up to a millisecond late is
    // the one that is meant.
    let tolerance = RationalTime::new(1, 1000).unwrap_or(RationalTime::ZERO);
    Ok((0..span.frames)
        .map(|k| {
            let at = rate.frame_start(i64::try_from(k).unwrap_or(i64::MAX)) + tolerance;
            times.partition_point(|time| *time <= at).saturating_sub(1)
        })
        .collect())
}

/// Times of a span's source frames in presentation order, from the span's start.
pub(crate) fn source_times(
    span: &VideoSpan,
    pieces: &[impl Borrow<PieceUnits>],
) -> Result<Vec<RationalTime>, MediaError> {
    let mut base = RationalTime::ZERO;
    let mut times = Vec::new();
    for (piece, units) in span.sources.iter().zip(pieces) {
        let units = units.borrow();
        let track = units.track()?;
        let first = units
            .shown
            .first()
            .map_or(RationalTime::ZERO, |i| track.time(track.units[*i].pts));
        times.extend(
            units
                .shown
                .iter()
                .map(|i| base + track.time(track.units[*i].pts) - first),
        );
        base += piece.mark_out.to_rational() - piece.mark_in.to_rational();
    }
    Ok(times)
}

/// The objects don't hold what was planned.
pub(crate) fn count_mismatch(planned: usize) -> MediaError {
    MediaError::Mismatch(format!(
        "a span of {planned} frames finds another number of them in its objects"
    ))
}
