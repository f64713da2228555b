//! GOP by GOP: what of a clip can be copied, and what its marks break.

use crate::place::ClipFrames;
use crate::snap::{Snap, snap_in, snap_out};
use crate::{ConformError, Gop, Source, SpanKind, VideoConfig};
use std::ops::Range;

/// Consecutive frames of a clip that are treated alike.
pub(super) struct Stretch {
    pub(super) kind: SpanKind,
    pub(super) frames: Range<usize>,
    pub(super) reason: String,
}

const WHOLE: &str = "whole GOPs";
const BEGUN: &str = "GOPs, of the last what needs nothing behind the out point";
const BROKEN_BY_OUT: &str = "the out point breaks its GOP";
/// Why leading pictures are encoded; where those in front of them are, too, they are one with them.
const LOOKS_PAST: &str = "pictures in front of its key frame look past it";

/// What becomes of a clip whose output has these parameter sets.
pub(super) fn gop_stretches(clip: &ClipFrames<'_>, base: Option<&VideoConfig>) -> Vec<Stretch> {
    let source = &clip.source;
    // The copy in front goes on.
    let mut chained = false;
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut add = |kind, frames: Range<usize>, reason: &str| {
        if frames.is_empty() {
            return;
        }
        match stretches.last_mut() {
            Some(last) if last.kind == kind && (last.reason == reason || reason == LOOKS_PAST) => {
                last.frames.end = frames.end;
            }
            Some(last) if last.kind == kind && reason == BEGUN => {
                last.frames.end = frames.end;
                reason.clone_into(&mut last.reason);
            }
            _ => stretches.push(Stretch {
                kind,
                frames,
                reason: reason.to_owned(),
            }),
        }
    };
    for gop in gops_in(source, &clip.frames) {
        let start = gop.frames.start.max(clip.frames.start);
        let end = gop.frames.end.min(clip.frames.end);
        if start >= end {
            continue;
        }
        let same_sets = match (gop_config(source, gop), base) {
            (Some(config), Some(base)) => config.sps == base.sps && config.pps == base.pps,
            _ => false,
        };
        let copied = copyable(clip, gop);
        if same_sets && !copied.is_empty() {
            let from = copied_from(clip, gop, chained);
            add(SpanKind::Encode, start..from, LOOKS_PAST);
            let is_whole = copied.end == gop.frames.end;
            let reason = if is_whole { WHOLE } else { BEGUN };
            add(SpanKind::Copy, from..copied.end, reason);
            add(SpanKind::Encode, copied.end..end, BROKEN_BY_OUT);
            chained = is_whole;
            continue;
        }
        chained = false;
        let reason = if !same_sets {
            "its parameter sets differ from those of the sequence"
        } else if gop.frames.start < clip.frames.start && clip.frames.end < gop.frames.end {
            "both marks break its GOP"
        } else if gop.frames.start < clip.frames.start {
            "the in point breaks its GOP"
        } else if clip.frames.end < gop.frames.end {
            BROKEN_BY_OUT
        } else if !gop.whole {
            "its GOP has pictures that are not shown"
        } else {
            "its GOP can't be copied"
        };
        add(SpanKind::Encode, start..end, reason);
    }
    stretches
}

/// Where the copy of a GOP begins. Behind the copy of the one in front of it, or where its leading pictures
/// need nothing else, that is with them; else with its key frame.
fn copied_from(clip: &ClipFrames<'_>, gop: &Gop, chained: bool) -> usize {
    let with_leading =
        gop.whole_with_leading && (chained || !gop.open) && clip.frames.start <= gop.frames.start;
    match with_leading {
        true => gop.frames.start,
        false => gop.frames.start + gop.leading,
    }
}

/// What of a GOP can be copied, from its key frame on: all of it, or what was decoded when all that is kept of
/// it is shown. That is the same whatever was decoded later.
pub(super) fn copyable(clip: &ClipFrames<'_>, gop: &Gop) -> Range<usize> {
    let start = gop.frames.start + gop.leading;
    if !gop.whole || start < clip.frames.start {
        return start..start;
    }
    if gop.frames.end <= clip.frames.end {
        return start..gop.frames.end;
    }
    let ends = clip.source.closed_ends(gop);
    let inside = ends.partition_point(|end| *end <= clip.frames.end);
    let last = ends.get(..inside).and_then(<[usize]>::last);
    start..last.copied().unwrap_or(start)
}

/// The configuration of a GOP when all its pictures share one that is known.
pub(super) fn gop_config<'a>(source: &'a Source, gop: &Gop) -> Option<&'a VideoConfig> {
    let (object, unit) = *gop.units.first()?;
    let config = source.config(object, unit)?;
    if config.sps.is_empty() {
        return None;
    }
    gop.units
        .iter()
        .all(|(object, unit)| {
            source
                .config(*object, *unit)
                .is_some_and(|other| other.sps == config.sps && other.pps == config.pps)
        })
        .then_some(config)
}

pub(super) fn gops_in<'a>(source: &'a Source, frames: &Range<usize>) -> &'a [Gop] {
    let gops = source.gops();
    let first = gops.partition_point(|gop| gop.frames.end <= frames.start);
    let end = gops.partition_point(|gop| gop.frames.start < frames.end);
    gops.get(first..end.max(first)).unwrap_or_default()
}

pub(super) fn check_decodable(clip: &ClipFrames<'_>) -> Result<(), ConformError> {
    let source = &clip.source;
    for gop in gops_in(source, &clip.frames) {
        if gop.decodable || gop.frames.is_empty() {
            continue;
        }
        let Some(frame) = source.frames().get(gop.frames.start.max(clip.frames.start)) else {
            continue;
        };
        let Some(object) = source.objects().get(frame.object) else {
            continue;
        };
        return Err(ConformError::MissingKeyFrame {
            clip: clip.clip.label.clone(),
            object: object.object_id.clone(),
            at: object.object_time(frame.time),
        });
    }
    Ok(())
}

/// Decoding begins in the object of the first frame taken, so the key frame has to be there too.
pub(super) fn check_key_frame(
    clip: &ClipFrames<'_>,
    stretch: &Stretch,
) -> Result<(), ConformError> {
    if stretch.kind == SpanKind::Copy {
        return Ok(());
    }
    let source = &clip.source;
    let first = source.frames().get(stretch.frames.start);
    let gop = gops_in(source, &stretch.frames).first();
    let (Some(first), Some((object, _))) = (first, gop.and_then(|gop| gop.units.first())) else {
        return Ok(());
    };
    match source.objects().get(first.object) {
        Some(own) if first.object != *object => Err(ConformError::MissingKeyFrame {
            clip: clip.clip.label.clone(),
            object: own.object_id.clone(),
            at: own.object_time(first.time),
        }),
        _ => Ok(()),
    }
}

pub(super) fn nearest_cuts(clip: &ClipFrames<'_>) -> String {
    let near = |snap: Snap| match (snap.before, snap.after) {
        (Some(before), Some(after)) if before != after => format!("{before}f or {after}f"),
        (Some(place), _) | (None, Some(place)) => format!("{place}f"),
        (None, None) => "none".to_owned(),
    };
    format!(
        "the nearest cuts without loss are {} for in, {} for out",
        near(snap_in(&clip.source, clip.frames.start)),
        near(snap_out(&clip.source, clip.frames.end))
    )
}
