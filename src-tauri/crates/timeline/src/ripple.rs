//! Edits of a sequence that close up, and what keeps its tracks in step.
//!
//! All tracks with sync lock that are not locked move together: what was at the same frame behind an
//! edit is so afterwards.

use crate::ranges::Remains;
use crate::stretch::signed;
use crate::targets::nothing;
use crate::{EditError, Gap, Item, Ports, Sequence, Track};
use std::ops::Range;
use uuid::Uuid;

/// A place of a track where something was put in or taken out.
pub(crate) struct Seam {
    track: usize,
    /// The first item behind it.
    item: usize,
    /// Frames by which what follows has moved.
    moved: i64,
    /// Frames of the gap that is to be there at least.
    gap: i64,
}

impl Seam {
    pub(crate) fn new(track: usize, item: usize, moved: i64) -> Self {
        Self {
            track,
            item,
            moved,
            gap: 0,
        }
    }

    /// One that opens by a gap.
    pub(crate) fn with_gap(track: usize, item: usize, moved: i64) -> Self {
        Self {
            gap: 1,
            ..Self::new(track, item, moved)
        }
    }
}

impl Sequence {
    /// Takes a range out of all tracks with sync lock, and what follows closes up. What sticks out on
    /// either side stays.
    ///
    /// ```text
    /// range   2 to 4
    ///
    /// before  AAABBCC    after  AABCC
    ///         ..aaaab           ..aab
    ///         MMM               MM
    /// ```
    ///
    /// # Errors
    /// [`EditError::NoTarget`] when all tracks are locked or without sync lock;
    /// [`EditError::BehindEnd`] of the sequence; [`EditError::NothingInRange`] when the range is empty,
    /// or no track has a whole source frame in it; [`EditError::UnknownFlow`] of a clip that is cut.
    pub fn extract_range(
        &mut self,
        range: Range<u64>,
        ports: &mut Ports<'_>,
    ) -> Result<(), EditError> {
        self.attempt_cuts(ports, |sequence, ports| {
            sequence.expect_range(&range)?;
            if !sequence.tracks.iter().any(Track::follows) {
                return Err(EditError::NoTarget);
            }
            let mut taken = false;
            let mut seams = Vec::new();
            for (index, track) in sequence.tracks.iter_mut().enumerate() {
                let length = track.length();
                if !track.follows() || range.start >= length {
                    continue;
                }
                let there = range.start..range.end.min(length);
                let ends = [there.start, there.end].map(|at| track.place(at, ports.flows));
                taken |= ends[0] != ends[1];
                let (item, moved) = track.open(there, ports)?;
                if range.end < length {
                    seams.push(Seam::new(index, item, moved));
                }
            }
            if !taken {
                return Err(nothing(&range));
            }
            sequence.align(&seams, i64::MIN);
            Ok(())
        })
    }

    /// Takes clips out with those that are linked to them, and what follows closes up as far as all
    /// tracks with sync lock let it: none loses anything else, and none gets out of step.
    ///
    /// ```text
    /// clips   B, to which b is linked
    ///
    /// before  AAABBBCC    after  AAACC
    ///         aaabbbcc           aaacc
    ///         MM.....N           MM..N
    ///
    /// before  AAABBBCC    after  AAA.CC
    ///         aaabbbcc           aaa.cc
    ///         MMMM...N           MMMM.N
    /// ```
    ///
    /// A track without sync lock closes up for itself.
    ///
    /// # Errors
    /// [`EditError::ClipNotFound`] for the first id that no clip has; [`EditError::TrackLocked`] when any
    /// of the clips lies on such a track.
    pub fn remove_linked(&mut self, clips: &[Uuid]) -> Result<(), EditError> {
        let gone = self.with_linked(&self.expect_clips(clips)?);
        self.attempt(|sequence| {
            let rate = sequence.counted();
            let mut opened = Vec::new();
            for track in &mut sequence.tracks {
                let ranges = track.clips();
                let ranges = ranges.filter(|placed| gone.contains(&placed.clip.id));
                let ranges: Vec<_> = ranges.map(|placed| placed.range()).collect();
                if ranges.is_empty() {
                    continue;
                }
                track.expect_unlocked()?;
                if !track.sync_lock() {
                    track.remove_all(&gone);
                    continue;
                }
                for item in &mut track.items {
                    if item.clip().is_some_and(|clip| gone.contains(&clip.id)) {
                        let frames = item.length(rate);
                        *item = Item::Gap(Gap { frames });
                    }
                }
                track.join_gaps();
                opened.extend(ranges);
            }
            let mut free = united(opened);
            for track in sequence.tracks.iter().filter(|track| track.follows()) {
                free = track.uncovered(free, rate);
            }
            for track in sequence.tracks.iter_mut().filter(|track| track.follows()) {
                track.close(&free, rate);
            }
            Ok(())
        })
    }

    /// Moves what follows all seams by the same number of frames, with gaps as short as possible, but by
    /// no less than `least`.
    pub(crate) fn align(&mut self, seams: &[Seam], least: i64) {
        let furthest = seams.iter().map(|seam| seam.moved + seam.gap).max();
        let furthest = furthest.unwrap_or(least).max(least);
        for seam in seams {
            let frames = furthest.saturating_sub(seam.moved).unsigned_abs();
            if let Some(track) = self.tracks.get_mut(seam.track)
                && frames > 0
            {
                track.items.insert(seam.item, Item::Gap(Gap { frames }));
            }
        }
    }

    pub(crate) fn expect_range(&self, range: &Range<u64>) -> Result<(), EditError> {
        let length = self.length();
        if range.is_empty() {
            return Err(nothing(range));
        }
        if range.end > length {
            return Err(EditError::BehindEnd {
                at: range.end,
                length,
            });
        }
        Ok(())
    }
}

impl Track {
    /// Takes a range out, or cuts at a place when it is empty. Answers the item behind the cut, and by
    /// how many frames what follows has moved.
    pub(crate) fn open(
        &mut self,
        range: Range<u64>,
        ports: &mut Ports<'_>,
    ) -> Result<(usize, i64), EditError> {
        let remains = self.outside(range, ports)?;
        let moved = self.moved(&remains);
        let behind = remains.touched.start + usize::from(remains.head.is_some());
        let items = remains.head.into_iter().chain(remains.tail);
        self.items.splice(remains.touched, items);
        Ok((behind, moved))
    }

    /// By how many frames what follows would move if no more than this was left.
    pub(crate) fn moved(&self, remains: &Remains) -> i64 {
        let rate = self.frame_rate();
        let Range { start, end } = remains.touched;
        let touched = self.items.iter().take(end).skip(start);
        let before: u64 = touched.map(|item| item.length(rate)).sum();
        let left = remains.head.iter().chain(&remains.tail);
        let left: u64 = left.map(|item| item.length(rate)).sum();
        signed(left) - signed(before)
    }

    /// What no clip lies on of sorted ranges.
    fn uncovered(&self, ranges: Vec<Range<u64>>, rate: Rate) -> Vec<Range<u64>> {
        let mut free = Vec::with_capacity(ranges.len());
        let mut ranges = ranges.into_iter().peekable();
        let mut behind = 0;
        for item in &self.items {
            let at = behind;
            behind += item.length(rate);
            if item.clip().is_none() {
                continue;
            }
            while let Some(range) = ranges.peek_mut().filter(|range| range.start < behind) {
                if range.start < at {
                    free.push(range.start..range.end.min(at));
                }
                if range.end > behind {
                    range.start = behind;
                    break;
                }
                ranges.next();
            }
        }
        free.extend(ranges);
        free
    }

    /// Takes sorted ranges out that lie in gaps or behind the end.
    fn close(&mut self, ranges: &[Range<u64>], rate: Rate) {
        let mut ranges = ranges.iter().peekable();
        let mut behind = 0;
        for item in &mut self.items {
            let at = behind;
            behind += item.length(rate);
            let Item::Gap(gap) = item else { continue };
            while let Some(range) = ranges.next_if(|range| range.start < behind) {
                let there = range.start.max(at)..range.end.min(behind);
                gap.frames -= there.end.saturating_sub(there.start).min(gap.frames);
            }
        }
        let is_left = |item: &Item| !matches!(item, Item::Gap(Gap { frames: 0 }));
        self.items.retain(is_left);
    }
}

type Rate = Option<mediatime::FrameRate>;

/// Ranges in order, those that touch as one.
fn united(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.sort_unstable_by_key(|range| range.start);
    ranges.dedup_by(|range, before| {
        let touches = range.start <= before.end;
        if touches {
            before.end = before.end.max(range.end);
        }
        touches
    });
    ranges
}
