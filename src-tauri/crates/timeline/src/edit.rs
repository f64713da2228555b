//! The edits of a track.
//!
//! In the drawings a letter is a clip, `.` is a gap, and each character is one frame.
//!
//! Places are frames of the track, and clips are cut between frames of their flows. Where a clip of
//! another rate is cut, the part behind begins with the source frame that was shown at the place; the
//! place is then where that frame begins. Of a clip of a higher rate that is the place itself; of a
//! lower rate, whose frames are shown several times, it may lie less than one source frame before.
//! Together the parts show the same source frames. See [`Retime::frames`] for their lengths.
//!
//! Ranges, edges and fills are edited in modules of their own, by the same rules.
//!
//! An edit that gives the track another first clip, and with it another rate, moves what follows. Any
//! edit that would make the track longer than [`MAX_FRAMES`] is refused with [`EditError::TooLong`], and
//! any of a locked track with [`EditError::TrackLocked`].
//!
//! Of a clip that is cut in two the first part keeps its `head` and the second its `tail`; both keep
//! their link. Transitions that no longer fit behind an edit become shorter, or go.

use crate::flow::timerange;
use crate::{Clip, EditError, FlowFrames, Gap, Item, MAX_FRAMES, Part, Ports, Track};
use mediatime::{FrameRate, Retime, Timestamp};
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

/// A place on a track: so many frames into an item, or the end of the track.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Of the item; the number of items at the end.
    pub(crate) item: usize,
    /// Frames of the item in front of the place, those of a clip in frames of its flow; 0 on an edge.
    pub(crate) inside: u64,
}

impl Track {
    /// Puts a part behind the last item. Answers the new clip's id.
    ///
    /// ```text
    /// before  AAABB
    /// part    PP
    /// after   AAABBPP
    /// ```
    ///
    /// # Errors
    /// The part is empty, of a flow that is not known, outside of it, or too long for the track.
    pub fn append(&mut self, part: Part, ports: &mut Ports<'_>) -> Result<Uuid, EditError> {
        self.insert(self.length(), part, ports)
    }

    /// Puts a part at a frame and pushes what follows; an item that lies there is split. The end of
    /// the track is a place, too.
    ///
    /// ```text
    /// before  AAABB
    /// part    PP at 1
    /// after   APPAABB
    /// ```
    ///
    /// # Errors
    /// As [`append`](Self::append), and [`EditError::BehindEnd`]. A clip is split at a place where
    /// its flow is not known.
    pub fn insert(
        &mut self,
        at: u64,
        part: Part,
        ports: &mut Ports<'_>,
    ) -> Result<Uuid, EditError> {
        self.attempt(|track| {
            let place = track.place(at, ports.flows)?;
            let clip = new_clip(part, ports)?;
            let id = clip.id;
            track.put(place, clip.into(), ports)?;
            Ok(id)
        })
    }

    /// Puts a part at a frame over as many as it has, and over the end if it is longer than that. What
    /// sticks out on either side stays.
    ///
    /// ```text
    /// before  AAABBCC
    /// part    PPP at 2
    /// after   AAPPPCC
    ///
    /// before  AAABB
    /// part    PPP at 4
    /// after   AAABPPP
    /// ```
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn overwrite(
        &mut self,
        at: u64,
        part: Part,
        ports: &mut Ports<'_>,
    ) -> Result<Uuid, EditError> {
        self.attempt(|track| {
            let from = track.place(at, ports.flows)?;
            let clip = new_clip(part, ports)?;
            let id = clip.id;
            let behind = at.saturating_add(clip.length(track.frame_rate()));
            let to = track.place(behind.min(track.length()), ports.flows)?;
            let head = track.head(from, ports)?;
            // Of a clip that is left on both sides the second part is a new one.
            let new_id = (head.is_some() && from.item == to.item).then(|| (ports.new_id)());
            let tail = track.tail(to, new_id, ports)?;
            let replaced = from.item..to.item + usize::from(to.inside > 0);
            let items = head.into_iter().chain([clip.into()]).chain(tail);
            track.items.splice(replaced, items);
            Ok(id)
        })
    }

    /// Takes clips out, and what follows closes up (also called extract or ripple delete).
    ///
    /// ```text
    /// before  AAABBCC
    /// clips   B
    /// after   AAACC
    /// ```
    ///
    /// # Errors
    /// [`EditError::ClipNotFound`] for the first id that no clip has.
    pub fn remove(&mut self, clips: &[Uuid]) -> Result<(), EditError> {
        let gone = self.expect_all(clips)?;
        self.attempt(|track| {
            track.remove_all(&gone);
            track.join_gaps();
            Ok(())
        })
    }

    /// Takes clips out and leaves gaps of their length.
    ///
    /// ```text
    /// before  AAABBCC
    /// clips   B
    /// after   AAA..CC
    /// ```
    ///
    /// # Errors
    /// [`EditError::ClipNotFound`] for the first id that no clip has.
    pub fn lift(&mut self, clips: &[Uuid]) -> Result<(), EditError> {
        let gone = self.expect_all(clips)?;
        self.attempt(|track| {
            let rate = track.frame_rate();
            for item in &mut track.items {
                let frames = item.length(rate);
                if item.clip().is_some_and(|clip| gone.contains(&clip.id)) {
                    *item = Item::Gap(Gap { frames });
                }
            }
            track.join_gaps();
            Ok(())
        })
    }

    /// Takes a clip out, closes up, and puts it directly in front of the clip whose place among the
    /// clips is `to` before the move; at the end of the track for the number of clips.
    ///
    /// ```text
    /// before  AAABBCC
    /// clip    C to 0
    /// after   CCAAABB
    ///
    /// before  AAABBCC
    /// clip    A to 2
    /// after   BBAAACC
    /// ```
    ///
    /// # Errors
    /// [`EditError::ClipNotFound`] and [`EditError::NoSuchPlace`].
    pub fn move_clip(&mut self, id: Uuid, to: usize) -> Result<(), EditError> {
        let from = self.item_of(id)?;
        let behind_last = (self.clips().count(), self.items.len());
        let clips = self.items.iter().enumerate();
        let target = clips
            .filter(|(_, item)| item.clip().is_some())
            .map(|(item, _)| item)
            .enumerate()
            .chain([behind_last])
            .find_map(|(index, item)| (index == to).then_some(item));
        let target = target.ok_or(EditError::NoSuchPlace {
            to,
            clips: behind_last.0,
        })?;
        self.attempt(|track| {
            let moved = track.items.remove(from);
            let to = target - usize::from(target > from);
            track.items.insert(to, moved);
            track.join_gaps();
            Ok(())
        })
    }

    /// Changes where a clip begins and ends in its flow, in frames of the flow; what follows moves with
    /// its end.
    ///
    /// ```text
    /// before  AAABBB    B shows frames 10, 11, 12
    /// trim    B to first 9, frames 5
    /// after   AAABBBBB  B shows frames 9 to 13
    /// ```
    ///
    /// # Errors
    /// [`EditError::ClipNotFound`], and as [`append`](Self::append) of the range asked for.
    pub fn trim(
        &mut self,
        id: Uuid,
        first: u64,
        frames: u64,
        ports: &Ports<'_>,
    ) -> Result<(), EditError> {
        let item = self.item_of(id)?;
        let Some(Item::Clip(clip)) = self.items.get(item) else {
            return Err(EditError::ClipNotFound { clip: id });
        };
        let trimmed = part_of(clip, first, frames, id, ports)?;
        self.attempt(|track| {
            track.items.splice(item..=item, [trimmed.into()]);
            Ok(())
        })
    }

    /// Cuts a clip from another flow of its source, at the same time; nothing moves.
    ///
    /// ```text
    /// before  AAABBB    B shows a small picture
    /// relink  B
    /// after   AAABBB    B shows a large one
    /// ```
    ///
    /// The clip keeps its id and its name.
    ///
    /// # Errors
    /// [`EditError::ClipNotFound`]; [`EditError::OtherFrames`] unless the part has as many frames as
    /// the clip, at the same rate; and as [`append`](Self::append) of the part.
    pub fn relink(&mut self, id: Uuid, part: Part, ports: &Ports<'_>) -> Result<(), EditError> {
        let item = self.item_of(id)?;
        let Some(Item::Clip(clip)) = self.items.get(item) else {
            return Err(EditError::ClipNotFound { clip: id });
        };
        if part.frames != clip.frames || part.rate != clip.rate {
            return Err(EditError::OtherFrames {
                title: clip.title.clone(),
                flow_id: part.flow_id,
                frames: clip.frames,
                found: part.frames,
            });
        }
        let like = Clip {
            flow_id: part.flow_id,
            source_id: part.source_id,
            sound: part.sound,
            ..(**clip).clone()
        };
        let linked = part_of(&like, part.first, part.frames, id, ports)?;
        self.attempt(|track| {
            track.items.splice(item..=item, [linked.into()]);
            Ok(())
        })
    }

    /// Cuts a clip in two. Answers the id of the second part, which begins with the source frame that
    /// is shown at `at`.
    ///
    /// ```text
    /// before  AAABBBB
    /// split   at 5
    /// after   AAABBbb
    /// ```
    ///
    /// # Errors
    /// [`EditError::NothingToSplit`] unless a clip has source frames on both sides of the place;
    /// [`EditError::UnknownFlow`].
    pub fn split(&mut self, at: u64, ports: &mut Ports<'_>) -> Result<Uuid, EditError> {
        if self.clip_at(at).is_none() {
            return Err(EditError::NothingToSplit { at });
        }
        let place = self.place(at, ports.flows)?;
        if place.inside == 0 {
            return Err(EditError::NothingToSplit { at });
        }
        self.attempt(|track| {
            let new_id = (ports.new_id)();
            let head = track.head(place, ports)?;
            let tail = track.tail(place, Some(new_id), ports)?;
            let parts = head.into_iter().chain(tail);
            track.items.splice(place.item..=place.item, parts);
            Ok(new_id)
        })
    }

    /// Does an edit; when it fails, or makes the track too long, nothing has happened. Transitions then
    /// fit again.
    pub(crate) fn attempt<T>(
        &mut self,
        edit: impl FnOnce(&mut Self) -> Result<T, EditError>,
    ) -> Result<T, EditError> {
        self.expect_unlocked()?;
        let before = self.items.clone();
        let done = edit(self).and_then(|done| fits(self.length()).map(|()| done));
        match done {
            Ok(_) => self.fit_transitions(),
            Err(_) => self.items = before,
        }
        done
    }

    /// Where a frame lies; the end of the track is a place, too.
    pub(crate) fn place(&self, at: u64, flows: &dyn FlowFrames) -> Result<Place, EditError> {
        let rate = self.frame_rate();
        let mut begins = 0;
        for (item, one) in self.items.iter().enumerate() {
            let length = one.length(rate);
            if at < begins + length {
                let frame = at - begins;
                let inside = match one {
                    Item::Gap(_) => frame,
                    Item::Clip(clip) => shown_at(clip, rate, frame, flows)?,
                };
                return Ok(Place { item, inside });
            }
            begins += length;
        }
        if at > begins {
            return Err(EditError::BehindEnd { at, length: begins });
        }
        Ok(Place {
            item: self.items.len(),
            inside: 0,
        })
    }

    /// Puts an item at a place and pushes what follows.
    pub(crate) fn put(
        &mut self,
        place: Place,
        item: Item,
        ports: &mut Ports<'_>,
    ) -> Result<(), EditError> {
        let head = self.head(place, ports)?;
        let new_id = head.is_some().then(|| (ports.new_id)());
        let tail = self.tail(place, new_id, ports)?;
        let replaced = place.item..place.item + usize::from(head.is_some());
        let items = head.into_iter().chain([item]).chain(tail);
        self.items.splice(replaced, items);
        Ok(())
    }

    /// What the item at a place has in front of it; `None` on an edge.
    pub(crate) fn head(&self, place: Place, ports: &Ports<'_>) -> Result<Option<Item>, EditError> {
        let Some(item) = self.items.get(place.item).filter(|_| place.inside > 0) else {
            return Ok(None);
        };
        let Item::Clip(clip) = item else {
            let frames = place.inside;
            return Ok(Some(Item::Gap(Gap { frames })));
        };
        let part = part_of(clip, clip.first, place.inside, clip.id, ports)?;
        Ok(Some(Clip { tail: None, ..part }.into()))
    }

    /// What the item at a place has behind it, under a new id or its own; `None` on an edge.
    pub(crate) fn tail(
        &self,
        place: Place,
        id: Option<Uuid>,
        ports: &Ports<'_>,
    ) -> Result<Option<Item>, EditError> {
        let Some(item) = self.items.get(place.item).filter(|_| place.inside > 0) else {
            return Ok(None);
        };
        let clip = match item {
            Item::Gap(gap) => {
                let frames = gap.frames - place.inside;
                return Ok(Some(Item::Gap(Gap { frames })));
            }
            Item::Clip(clip) => clip,
        };
        let (first, frames) = (clip.first + place.inside, clip.frames - place.inside);
        let part = part_of(clip, first, frames, id.unwrap_or(clip.id), ports)?;
        Ok(Some(Clip { head: None, ..part }.into()))
    }

    pub(crate) fn remove_all(&mut self, clips: &HashSet<Uuid>) {
        let is_left = |item: &Item| item.clip().is_none_or(|clip| !clips.contains(&clip.id));
        self.items.retain(is_left);
    }

    pub(crate) fn item_of(&self, id: Uuid) -> Result<usize, EditError> {
        self.items
            .iter()
            .position(|item| item.clip().is_some_and(|clip| clip.id == id))
            .ok_or(EditError::ClipNotFound { clip: id })
    }

    /// The ids as a set, when each is a clip's.
    fn expect_all(&self, clips: &[Uuid]) -> Result<HashSet<Uuid>, EditError> {
        let there: HashSet<Uuid> = self.clips().map(|placed| placed.clip.id).collect();
        match clips.iter().find(|id| !there.contains(id)) {
            Some(id) => Err(EditError::ClipNotFound { clip: *id }),
            None => Ok(clips.iter().copied().collect()),
        }
    }
}

impl From<Clip> for Item {
    fn from(clip: Clip) -> Self {
        Self::Clip(Arc::new(clip))
    }
}

/// Which of a clip's source frames, counted from its first, is shown at a frame of it on a track.
fn shown_at(
    clip: &Clip,
    rate: Option<FrameRate>,
    frame: u64,
    flows: &dyn FlowFrames,
) -> Result<u64, EditError> {
    let reached = Retime::new(clip.rate, rate).reached(frame);
    let Some(reached) = reached.filter(|_| frame > 0) else {
        return Ok(frame);
    };
    let (mut shown, mut last) = (0, clip.frames.saturating_sub(1));
    while shown < last {
        let middle = shown + (last - shown).div_ceil(2);
        let before = timerange(flows, &clip.title, &clip.flow_id, (clip.first, middle))?;
        let begins = before.length().unwrap_or(Timestamp::MAX);
        if begins.to_rational() <= reached {
            shown = middle;
        } else {
            last = middle - 1;
        }
    }
    Ok(shown)
}

pub(crate) fn new_clip(part: Part, ports: &mut Ports<'_>) -> Result<Clip, EditError> {
    let frames = (part.first, part.frames);
    let timerange = timerange(ports.flows, &part.title, &part.flow_id, frames)?;
    fits(part.first + part.frames)?;
    Ok(Clip {
        id: (ports.new_id)(),
        title: part.title,
        flow_id: part.flow_id,
        source_id: part.source_id,
        first: part.first,
        frames: part.frames,
        timerange,
        rate: part.rate,
        sound: part.sound,
        head: None,
        tail: None,
        link: None,
    })
}

/// Other frames of a clip's flow, otherwise like the clip.
pub(crate) fn part_of(
    clip: &Clip,
    first: u64,
    frames: u64,
    id: Uuid,
    ports: &Ports<'_>,
) -> Result<Clip, EditError> {
    let timerange = timerange(ports.flows, &clip.title, &clip.flow_id, (first, frames))?;
    fits(first + frames)?;
    Ok(Clip {
        id,
        first,
        frames,
        timerange,
        ..clip.clone()
    })
}

pub(crate) fn fits(frames: u64) -> Result<(), EditError> {
    if frames > MAX_FRAMES {
        return Err(EditError::TooLong);
    }
    Ok(())
}
