//! Edits of a stretch of the track, whatever lies on it: ranges taken out, gaps put in and taken out.
//!
//! A range is frames of the track from its start to before its end, and the track has them all. Clips
//! on its ends are cut as everywhere: see the module of the edits.

use crate::edit::{Place, fits};
use crate::{EditError, Gap, Item, Ports, Track};
use std::ops::Range;

/// What is left of the items that a range touches.
pub(crate) struct Remains {
    /// The items, by their places.
    pub(crate) touched: Range<usize>,
    pub(crate) head: Option<Item>,
    pub(crate) tail: Option<Item>,
}

impl Track {
    /// Takes a range out and leaves a gap. What sticks out on either side stays.
    ///
    /// ```text
    /// before  AAABBCC
    /// range   2 to 4
    /// after   AA..BCC
    /// ```
    ///
    /// What follows stays where it is. Of a clip of another rate whole source frames are taken, so the
    /// gap is as long as what they leave, not always as long as the range. Where the two parts of one
    /// clip leave nothing, as parts may together be longer than the clip, the gap has one frame and what
    /// follows moves by one frame or two.
    ///
    /// # Errors
    /// [`EditError::BehindEnd`]; [`EditError::NothingInRange`] when the range is empty, or shorter than
    /// one source frame of the clip around it; [`EditError::UnknownFlow`] of a clip that is cut.
    pub fn lift_range(
        &mut self,
        range: Range<u64>,
        ports: &mut Ports<'_>,
    ) -> Result<(), EditError> {
        self.attempt(|track| {
            let rate = track.frame_rate();
            let Remains {
                touched,
                head,
                tail,
            } = track.without(range, ports)?;
            let before = track.items.iter().take(touched.end).skip(touched.start);
            let before: u64 = before.map(|item| item.length(rate)).sum();
            let left: u64 = head.iter().chain(&tail).map(|item| item.length(rate)).sum();
            let frames = before.saturating_sub(left).max(1);
            let gap = Item::Gap(Gap { frames });
            let items = head.into_iter().chain([gap]).chain(tail);
            track.items.splice(touched, items);
            track.join_gaps();
            Ok(())
        })
    }

    /// Takes a range out, and what follows closes up. What sticks out on either side stays.
    ///
    /// ```text
    /// before  AAABBCC
    /// range   2 to 4
    /// after   AABCC
    /// ```
    ///
    /// # Errors
    /// As [`lift_range`](Self::lift_range).
    pub fn extract_range(
        &mut self,
        range: Range<u64>,
        ports: &mut Ports<'_>,
    ) -> Result<(), EditError> {
        self.attempt(|track| {
            let Remains {
                touched,
                head,
                tail,
            } = track.without(range, ports)?;
            track.items.splice(touched, head.into_iter().chain(tail));
            track.join_gaps();
            Ok(())
        })
    }

    /// Puts a gap at a frame and pushes what follows; a clip that lies there is split, a gap becomes
    /// longer. The end of the track is a place, too.
    ///
    /// ```text
    /// before  AAABB
    /// gap     2 frames at 1
    /// after   A..AABB
    /// ```
    ///
    /// # Errors
    /// [`EditError::BehindEnd`]; [`EditError::NothingInRange`] of a gap without a frame;
    /// [`EditError::UnknownFlow`] of a clip that is split.
    pub fn insert_gap(
        &mut self,
        at: u64,
        frames: u64,
        ports: &mut Ports<'_>,
    ) -> Result<(), EditError> {
        if frames == 0 {
            return Err(EditError::NothingInRange { from: at, to: at });
        }
        fits(frames)?;
        self.attempt(|track| {
            let place = track.place(at, ports.flows)?;
            track.put(place, Item::Gap(Gap { frames }), ports)?;
            track.join_gaps();
            Ok(())
        })
    }

    /// Takes the gap out that a frame lies in, and what follows closes up.
    ///
    /// ```text
    /// before  AAA...BB
    /// gap     at 4
    /// after   AAABB
    /// ```
    ///
    /// # Errors
    /// [`EditError::NoGap`] in a clip and behind the end.
    pub fn delete_gap(&mut self, at: u64) -> Result<(), EditError> {
        let rate = self.frame_rate();
        let mut behind = 0;
        let found = self.items.iter().position(|item| {
            behind += item.length(rate);
            at < behind
        });
        let found = found.filter(|item| self.items.get(*item).is_some_and(|i| i.clip().is_none()));
        let gap = found.ok_or(EditError::NoGap { at })?;
        self.attempt(|track| {
            // Both neighbours of a gap are clips, so nothing is to be joined.
            track.items.remove(gap);
            Ok(())
        })
    }

    /// What is left of the items that a range touches. The part behind the range has a new id when
    /// there is one in front of it, too.
    fn without(&self, range: Range<u64>, ports: &mut Ports<'_>) -> Result<Remains, EditError> {
        let nothing = EditError::NothingInRange {
            from: range.start,
            to: range.end,
        };
        if range.is_empty() {
            return Err(nothing);
        }
        let from = self.place(range.start, ports.flows)?;
        let to = self.place(range.end, ports.flows)?;
        if from == to {
            return Err(nothing);
        }
        self.between(from, to, ports)
    }

    /// What is left in front of a range and behind it, which may be empty: then as of a cut.
    pub(crate) fn outside(
        &self,
        range: Range<u64>,
        ports: &mut Ports<'_>,
    ) -> Result<Remains, EditError> {
        let from = self.place(range.start, ports.flows)?;
        let to = self.place(range.end, ports.flows)?;
        self.between(from, to, ports)
    }

    fn between(&self, from: Place, to: Place, ports: &mut Ports<'_>) -> Result<Remains, EditError> {
        let head = self.head(from, ports)?;
        let split = self.items.get(from.item).and_then(Item::clip).is_some()
            && head.is_some()
            && from.item == to.item;
        let new_id = split.then(|| (ports.new_id)());
        let tail = self.tail(to, new_id, ports)?;
        Ok(Remains {
            touched: from.item..to.item + usize::from(to.inside > 0),
            head,
            tail,
        })
    }
}
