//! Edits of a sequence that are aimed at tracks.
//!
//! A part goes on the video track and on the audio track that are its targets, as two clips that are
//! linked, or as one when there is one target. Places are frames of the sequence; a target that ends in
//! front of the place gets a gap up to it.
//!
//! Where clips of another rate are cut, the place may lie in front of the frame asked for, and their
//! parts may be a frame longer or shorter together. Then the place on the first target counts for all
//! tracks, pictures and sound of a part begin at the same frame, and what follows on all tracks stays at
//! the same frames; gaps as short as possible see to it.
//!
//! In the drawings the first line is V1, the second A1, and so on; all tracks have sync lock.

use crate::edit::new_clip;
use crate::ripple::Seam;
use crate::stretch::signed;
use crate::{Clip, EditError, Gap, Item, Part, Ports, Sequence, Track, TrackKind};
use std::collections::HashSet;
use std::ops::Range;
use uuid::Uuid;

/// The tracks that an edit of a sequence is aimed at, by their places in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Targets {
    /// Where pictures go.
    pub video: Option<usize>,
    /// Where sound goes.
    pub audio: Option<usize>,
}

/// A part that is to be put on its targets.
struct Prepared {
    /// The frame where they can be cut.
    at: u64,
    ids: Vec<Uuid>,
    /// With their tracks.
    clips: Vec<(usize, Clip)>,
}

impl Sequence {
    /// Puts a part on its targets at a frame and pushes what follows, on these tracks and on all others
    /// with sync lock; items that lie there are split. The end of the sequence is a place, too. Answers
    /// the new clips' ids, that of the pictures first.
    ///
    /// ```text
    /// part    PP at 1, on V1 and A1
    ///
    /// before  AAABB    after  APPAABB
    ///         aaabb           appaabb
    ///         MMMMM           M..MMMM
    /// ```
    ///
    /// # Errors
    /// [`EditError::NoTarget`], [`EditError::NoSuchTrack`], [`EditError::OtherKind`] and
    /// [`EditError::TrackLocked`] of the targets; [`EditError::BehindEnd`]; as [`Track::insert`] of any
    /// track.
    pub fn insert_at(
        &mut self,
        at: u64,
        part: Part,
        targets: Targets,
        ports: &mut Ports<'_>,
    ) -> Result<Vec<Uuid>, EditError> {
        self.attempt_cuts(ports, |sequence, ports| {
            let Prepared { at, ids, clips } = sequence.prepared(at, part, targets, ports)?;
            let mut length = 0;
            let mut pushed = false;
            let mut seams = Vec::new();
            for (index, clip) in clips {
                let track = sequence.track_mut(index)?;
                length = clip.length(track.frame_rate());
                let behind = at < track.length();
                let (item, moved) = track.open(at..at, ports)?;
                let gap = track.gap_to(at, item);
                track.items.insert(item, clip.into());
                if let Some(Gap { frames }) = gap {
                    track.items.insert(item, Item::Gap(Gap { frames }));
                }
                if behind {
                    pushed = true;
                    let moved = moved + signed(length + gap.map_or(0, |gap| gap.frames));
                    let behind = item + 1 + usize::from(gap.is_some());
                    seams.push(Seam::new(index, behind, moved));
                }
            }
            let aimed = [targets.video, targets.audio];
            for (index, track) in sequence.tracks.iter_mut().enumerate() {
                if !aimed.contains(&Some(index)) && track.follows() && at < track.length() {
                    let (item, moved) = track.open(at..at, ports)?;
                    seams.push(Seam::with_gap(index, item, moved));
                }
            }
            let least = if pushed { i64::MIN } else { signed(length) };
            sequence.align(&seams, least);
            Ok(ids)
        })
    }

    /// Puts a part on its targets at a frame, over as many as it has, and over the end if it is longer.
    /// Nothing else moves or changes. Answers the new clips' ids, that of the pictures first.
    ///
    /// ```text
    /// part    PP at 2, on V1 and A1
    ///
    /// before  AAABB    after  AAPPB
    ///         aaabb           aappb
    ///         MMMMM           MMMMM
    /// ```
    ///
    /// # Errors
    /// As [`insert_at`](Self::insert_at).
    pub fn overwrite_at(
        &mut self,
        at: u64,
        part: Part,
        targets: Targets,
        ports: &mut Ports<'_>,
    ) -> Result<Vec<Uuid>, EditError> {
        self.attempt_cuts(ports, |sequence, ports| {
            let Prepared { at, ids, clips } = sequence.prepared(at, part, targets, ports)?;
            for (index, clip) in clips {
                sequence.track_mut(index)?.cover(at, clip, ports)?;
            }
            Ok(ids)
        })
    }

    /// Takes a range out of the targets and leaves gaps; nothing else moves or changes.
    ///
    /// ```text
    /// range   2 to 4, of V1
    ///
    /// before  AAABB    after  AA..B
    ///         aaabb           aaabb
    /// ```
    ///
    /// # Errors
    /// Those of the targets as [`insert_at`](Self::insert_at); [`EditError::BehindEnd`] of the sequence;
    /// [`EditError::NothingInRange`] when no target has anything to take; as [`Track::lift_range`].
    pub fn lift_range(
        &mut self,
        range: Range<u64>,
        targets: Targets,
        ports: &mut Ports<'_>,
    ) -> Result<(), EditError> {
        self.attempt_cuts(ports, |sequence, ports| {
            let aimed = sequence.aimed(targets)?;
            sequence.expect_range(&range)?;
            let mut lifted = false;
            for index in aimed {
                let track = sequence.track_mut(index)?;
                let there = range.start..range.end.min(track.length());
                if there.is_empty() {
                    continue;
                }
                match track.lift_range(there, ports) {
                    Err(EditError::NothingInRange { .. }) => {}
                    done => {
                        done?;
                        lifted = true;
                    }
                }
            }
            if lifted { Ok(()) } else { Err(nothing(&range)) }
        })
    }

    /// Cuts the clips of the targets in two at a frame, and those there that are linked to them. Answers
    /// the ids of the second parts, from the lowest track on.
    ///
    /// ```text
    /// split   at 2, V1
    ///
    /// before  AAABB    after  AAABB   A and its second part
    ///         aaabb           aaabb   a, which is linked to A, too
    /// ```
    ///
    /// # Errors
    /// Those of the targets as [`insert_at`](Self::insert_at); [`EditError::NothingToSplit`] when no
    /// target has a clip there that can be; [`EditError::TrackLocked`] of what is linked.
    pub fn split_at(
        &mut self,
        at: u64,
        targets: Targets,
        ports: &mut Ports<'_>,
    ) -> Result<Vec<Uuid>, EditError> {
        self.attempt_cuts(ports, |sequence, ports| {
            let mut named = HashSet::new();
            for index in sequence.aimed(targets)? {
                let clip = sequence.track(index)?.clip_at(at);
                named.extend(clip.map(|placed| placed.clip.id));
            }
            let all = sequence.with_linked(&named);
            let mut parts = Vec::new();
            for track in &mut sequence.tracks {
                if track.clip_at(at).is_none_or(|p| !all.contains(&p.clip.id)) {
                    continue;
                }
                match track.split(at, ports) {
                    Err(EditError::NothingToSplit { .. }) => {}
                    part => parts.push(part?),
                }
            }
            if parts.is_empty() {
                return Err(EditError::NothingToSplit { at });
            }
            Ok(parts)
        })
    }

    /// The targets, when they are there, of their kinds and not locked.
    fn aimed(&self, targets: Targets) -> Result<Vec<usize>, EditError> {
        let kinds = [
            (targets.video, TrackKind::Video),
            (targets.audio, TrackKind::Audio),
        ];
        let mut aimed = Vec::new();
        for (index, wanted) in kinds {
            let Some(index) = index else { continue };
            let track = self.track(index)?;
            if track.kind() != wanted {
                let track = track.name.clone();
                return Err(EditError::OtherKind { track, wanted });
            }
            track.expect_unlocked()?;
            aimed.push(index);
        }
        if aimed.is_empty() {
            return Err(EditError::NoTarget);
        }
        Ok(aimed)
    }

    /// Makes the targets reach a place, and clips of a part. All tracks count its frames when it is to be
    /// the first of the sequence.
    fn prepared(
        &mut self,
        at: u64,
        part: Part,
        targets: Targets,
        ports: &mut Ports<'_>,
    ) -> Result<Prepared, EditError> {
        let aimed = self.aimed(targets)?;
        if targets
            .video
            .is_some_and(|track| self.is_in_front(track, at))
        {
            self.count_at(part.rate);
        }
        let length = self.length();
        if at > length {
            return Err(EditError::BehindEnd { at, length });
        }
        for index in &aimed {
            self.track_mut(*index)?.reach(at);
        }
        let first = aimed.first().copied().unwrap_or(0);
        let at = self.track(first)?.cut_near(at, ports)?;
        let link = (aimed.len() > 1).then(|| (ports.new_id)());
        let clips = aimed.into_iter().map(|index| {
            let clip = new_clip(part.clone(), ports)?;
            Ok((index, Clip { link, ..clip }))
        });
        let clips = clips.collect::<Result<Vec<_>, EditError>>()?;
        let ids = clips.iter().map(|(_, clip)| clip.id).collect();
        Ok(Prepared { at, ids, clips })
    }
}

impl Track {
    /// Makes the track reach a frame, with a gap at its end.
    fn reach(&mut self, at: u64) {
        let frames = at.saturating_sub(self.length());
        if frames > 0 {
            self.items.push(Item::Gap(Gap { frames }));
            self.join_gaps();
        }
    }

    /// Where the track can be cut for a frame: there, or where the source frame begins that is shown there.
    fn cut_near(&self, at: u64, ports: &Ports<'_>) -> Result<u64, EditError> {
        let place = self.place(at, ports.flows)?;
        let head = self.head(place, ports)?;
        let rate = self.frame_rate();
        let items = self.items.iter().take(place.item).chain(&head);
        Ok(items.map(|item| item.length(rate)).sum())
    }

    /// What is missing between the items in front of a place and the frame it is to lie at.
    fn gap_to(&self, at: u64, place: usize) -> Option<Gap> {
        let rate = self.frame_rate();
        let items = self.items.iter().take(place);
        let behind: u64 = items.map(|item| item.length(rate)).sum();
        let frames = at.saturating_sub(behind);
        (frames > 0).then_some(Gap { frames })
    }

    /// Puts a clip over what lies at a place, which is on the track or its end. What follows stays.
    fn cover(&mut self, at: u64, clip: Clip, ports: &mut Ports<'_>) -> Result<(), EditError> {
        let length = self.length();
        let covered = clip.length(self.frame_rate());
        let gap = at.saturating_sub(self.cut_near(at, ports)?);
        let in_front = (gap > 0).then_some(Item::Gap(Gap { frames: gap }));
        let mut end = at.saturating_add(covered);
        loop {
            let remains = self.outside(at..end.min(length), ports)?;
            let over = self.moved(&remains) + signed(covered + gap);
            if over > 0 && end < length {
                // A clip of another rate is cut in front of the place: further on it is not.
                end = end.saturating_add(over.unsigned_abs());
                continue;
            }
            let gap = Gap {
                frames: over.unsigned_abs(),
            };
            let gap = (over < 0 && end < length).then_some(Item::Gap(gap));
            let items = remains.head.into_iter().chain(in_front);
            let items = items.chain([clip.into()]).chain(gap).chain(remains.tail);
            self.items.splice(remains.touched, items);
            return Ok(());
        }
    }
}

pub(crate) fn nothing(range: &Range<u64>) -> EditError {
    EditError::NothingInRange {
        from: range.start,
        to: range.end,
    }
}
