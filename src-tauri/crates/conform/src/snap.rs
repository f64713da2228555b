//! Lossless snap: the places nearest to a mark where a cut needs no encoder.
//!
//! ```text
//! shown     |0 1 2 3 4 5 6|7  8  9 10 11 12 13|14 …
//! decoded   |0 3 1 2 6 4 5|7 10  8  9 13 11 12|14 …
//! in at 9                before 7 ──^   after 14
//! out at 9               before 8 ──^   after 11
//! ```
//!
//! An in point needs a key frame; an open GOP is copied from its key frame on, behind its leading pictures. An
//! out point needs that all that was decoded is shown: 7 alone, or 7 to 10.

use crate::{Clip, ConformError, Gop, Source, VideoCodec};

/// Frames of a source, counted from its first: the nearest not behind a mark and the nearest not before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Snap {
    /// Where the mark lies.
    pub frame: usize,
    /// The nearest place at or in front of it.
    pub before: Option<usize>,
    /// The nearest place at or behind it.
    pub after: Option<usize>,
}

impl Snap {
    /// Nothing has to be encoded at the mark.
    #[must_use]
    pub fn is_lossless(&self) -> bool {
        self.before == Some(self.frame)
    }

    /// The nearer of both, and how many frames it is away; of equals the one in front.
    #[must_use]
    pub fn nearest(&self) -> Option<(usize, usize)> {
        let away = |place: usize| (place, place.abs_diff(self.frame));
        let both = self.before.map(away).into_iter();
        both.chain(self.after.map(away)).min_by_key(|(_, far)| *far)
    }

    fn among(places: impl Iterator<Item = usize>, frame: usize) -> Self {
        let mut snap = Self {
            frame,
            ..Self::default()
        };
        for place in places {
            if place <= frame {
                snap.before = snap.before.max(Some(place));
            }
            if place >= frame {
                snap.after = Some(snap.after.map_or(place, |after| after.min(place)));
            }
        }
        snap
    }
}

/// Where an in point may lie.
#[must_use]
pub fn snap_in(source: &Source, frame: usize) -> Snap {
    let begins = |gop: &Gop| gop.frames.start + gop.leading;
    let gops = source.gops();
    let (before, from) = gops.split_at(gops.partition_point(|gop| begins(gop) < frame));
    let can_be_copied = |gop: &&Gop| can_be_copied(source, gop);
    let before = before.iter().rev().find(can_be_copied);
    let nearest = before.into_iter().chain(from.iter().find(can_be_copied));
    Snap::among(nearest.map(begins), frame)
}

/// Where an out point, the frame behind the last one, may lie.
#[must_use]
pub fn snap_out(source: &Source, frame: usize) -> Snap {
    let gops = source.gops();
    let behind = gops.partition_point(|gop| gop.frames.end < frame);
    let (before, from) = gops.split_at(behind);
    let can_be_copied = |gop: &&Gop| can_be_copied(source, gop);
    let last = before.iter().rev().find(can_be_copied);
    let last = last.map(|gop| gop.frames.end);
    // The one the mark lies in, and should that have no place behind it, the next.
    let next = from.iter().filter(can_be_copied).take(2);
    let ends = next.flat_map(|gop| source.closed_ends(gop).into_owned());
    Snap::among(last.into_iter().chain(ends), frame)
}

/// Both marks of a clip.
///
/// # Errors
/// A mark lies outside the source, or its timecode has no such frame.
pub fn snap_clip(clip: &Clip) -> Result<(Snap, Snap), ConformError> {
    let frames = clip.frame_range()?;
    let source = &clip.source;
    Ok((snap_in(source, frames.start), snap_out(source, frames.end)))
}

fn can_be_copied(source: &Source, gop: &Gop) -> bool {
    let first = gop.units.first();
    let track = first.and_then(|(object, _)| source.video(*object));
    let in_outputs = track.is_some_and(|track| VideoCodec::of(&track.codec).is_some());
    in_outputs && gop.whole && !gop.frames.is_empty()
}
