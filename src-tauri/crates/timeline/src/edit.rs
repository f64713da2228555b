//! The edits of a track.
//!
//! In the drawings a letter is a clip, `.` is a gap, and each character is one frame.

use crate::flow::timerange;
use crate::{Clip, EditError, Gap, Item, MAX_FRAMES, Part, Ports, Track};
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

/// A place on a track: so many frames into an item, or the end of the track.
#[derive(Clone, Copy)]
struct Place {
    /// Of the item; the number of items at the end.
    item: usize,
    /// Frames of the item in front of the place; 0 on an edge.
    inside: u64,
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
        let place = self.place(at)?;
        let clip = new_clip(part, ports)?;
        fits(self.length() + clip.frames)?;
        let id = clip.id;
        let head = self.head(place, ports)?;
        let new_id = head.is_some().then(|| (ports.new_id)());
        let tail = self.tail(place, new_id, ports)?;
        let replaced = place.item..place.item + usize::from(head.is_some());
        let items = head.into_iter().chain([clip.into()]).chain(tail);
        self.items.splice(replaced, items);
        Ok(id)
    }

    /// Puts a part at a frame over what is there, and over the end if it is longer than that. What
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
        let from = self.place(at)?;
        let clip = new_clip(part, ports)?;
        let (id, behind) = (clip.id, at + clip.frames);
        fits(behind)?;
        let to = self.place(behind.min(self.length()))?;
        let head = self.head(from, ports)?;
        // Of a clip that is left on both sides the second part is a new one.
        let new_id = (head.is_some() && from.item == to.item).then(|| (ports.new_id)());
        let tail = self.tail(to, new_id, ports)?;
        let replaced = from.item..to.item + usize::from(to.inside > 0);
        let items = head.into_iter().chain([clip.into()]).chain(tail);
        self.items.splice(replaced, items);
        Ok(id)
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
        self.items
            .retain(|item| item.clip().is_none_or(|clip| !gone.contains(&clip.id)));
        self.join_gaps();
        Ok(())
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
        for item in &mut self.items {
            let frames = item.frames();
            if item.clip().is_some_and(|clip| gone.contains(&clip.id)) {
                *item = Item::Gap(Gap { frames });
            }
        }
        self.join_gaps();
        Ok(())
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
        let moved = self.items.remove(from);
        self.items
            .insert(target - usize::from(target > from), moved);
        self.join_gaps();
        Ok(())
    }

    /// Changes where a clip begins and ends in its flow; what follows moves with its end.
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
        fits(self.length() - clip.frames + frames)?;
        self.items.splice(item..=item, [trimmed.into()]);
        Ok(())
    }

    /// Cuts a clip in two. Answers the id of the second part, which begins at `at`.
    ///
    /// ```text
    /// before  AAABBBB
    /// split   at 5
    /// after   AAABBbb
    /// ```
    ///
    /// # Errors
    /// [`EditError::NothingToSplit`] unless a clip has frames on both sides of the place;
    /// [`EditError::UnknownFlow`].
    pub fn split(&mut self, at: u64, ports: &mut Ports<'_>) -> Result<Uuid, EditError> {
        if self.clip_at(at).is_none_or(|placed| placed.at == at) {
            return Err(EditError::NothingToSplit { at });
        }
        let place = self.place(at)?;
        let new_id = (ports.new_id)();
        let head = self.head(place, ports)?;
        let tail = self.tail(place, Some(new_id), ports)?;
        self.items
            .splice(place.item..=place.item, head.into_iter().chain(tail));
        Ok(new_id)
    }

    /// Where a frame lies; the end of the track is a place, too.
    fn place(&self, at: u64) -> Result<Place, EditError> {
        let mut begins = 0;
        for (item, frames) in self.items.iter().map(Item::frames).enumerate() {
            if at < begins + frames {
                let inside = at - begins;
                return Ok(Place { item, inside });
            }
            begins += frames;
        }
        if at > begins {
            return Err(EditError::BehindEnd { at, length: begins });
        }
        Ok(Place {
            item: self.items.len(),
            inside: 0,
        })
    }

    /// What the item at a place has in front of it; `None` on an edge.
    fn head(&self, place: Place, ports: &Ports<'_>) -> Result<Option<Item>, EditError> {
        let Some(item) = self.items.get(place.item).filter(|_| place.inside > 0) else {
            return Ok(None);
        };
        let Item::Clip(clip) = item else {
            let frames = place.inside;
            return Ok(Some(Item::Gap(Gap { frames })));
        };
        part_of(clip, clip.first, place.inside, clip.id, ports).map(|clip| Some(clip.into()))
    }

    /// What the item at a place has behind it, under a new id or its own; `None` on an edge.
    fn tail(
        &self,
        place: Place,
        id: Option<Uuid>,
        ports: &Ports<'_>,
    ) -> Result<Option<Item>, EditError> {
        let Some(item) = self.items.get(place.item).filter(|_| place.inside > 0) else {
            return Ok(None);
        };
        let frames = item.frames() - place.inside;
        let Item::Clip(clip) = item else {
            return Ok(Some(Item::Gap(Gap { frames })));
        };
        let (first, id) = (clip.first + place.inside, id.unwrap_or(clip.id));
        part_of(clip, first, frames, id, ports).map(|clip| Some(clip.into()))
    }

    fn item_of(&self, id: Uuid) -> Result<usize, EditError> {
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

fn new_clip(part: Part, ports: &mut Ports<'_>) -> Result<Clip, EditError> {
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
    })
}

/// Other frames of a clip's flow, otherwise like the clip.
fn part_of(
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

fn fits(frames: u64) -> Result<(), EditError> {
    if frames > MAX_FRAMES {
        return Err(EditError::TooLong);
    }
    Ok(())
}
