//! Edits of the edges of clips, and of what a clip shows.
//!
//! Moves are in frames; above 0 they go towards the end, below 0 towards the beginning.
//!
//! | edit | unit | what it keeps exactly |
//! |---|---|---|
//! | ripple | frames of the clip's flow | the other edge in the flow |
//! | slip | frames of the clip's flow | all places |
//! | roll | frames of the track | all places but that of the cut |
//! | slide | frames of the track | all places but those of the clip, and what it shows |
//!
//! So a clip of another rate than the track's is rolled to a place, not by a number of its own frames:
//! it takes as many as make exactly the length it then has. A clip of a lower rate can't have every
//! length; where it can't, the edit is refused with [`EditError::NoSuchLength`] rather than that
//! something else moves. Of a clip of a higher rate several numbers of frames have the same length; it
//! takes the one nearest to the time of the move. The opposite move then leads back to the same places,
//! and to the same frames where the rates are the same, or one is a multiple of the other and the clip
//! did not reach an end of its flow; otherwise to edges less than a frame of the track away.
//!
//! OpenTimelineIO goes as far as it can when a move is too long. Here it is refused, and
//! [`EditError::TooFar`] names the clip that goes no further and says how far all can go.

use crate::edit::part_of;
use crate::stretch::{Stretch, first_where, signed};
use crate::{Clip, EditError, FlowFrames, Gap, Item, MAX_FRAMES, Ports, Track};
use mediatime::FrameRate;
use std::sync::Arc;
use uuid::Uuid;

/// An edge of a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edge {
    /// Where it begins.
    In,
    /// Where it ends.
    Out,
}

impl Edge {
    pub(crate) fn side(self) -> &'static str {
        match self {
            Self::In => "in front of",
            Self::Out => "behind",
        }
    }
}

impl Track {
    /// Moves an edge of a clip by frames of its flow; what follows moves with its end. The clip stays
    /// where it begins on the track, at either edge.
    ///
    /// ```text
    /// before  AAABBBCC  B shows frames 10, 11, 12
    /// ripple  B in by 1
    /// after   AAABBCC   B shows frames 11, 12
    ///
    /// before  AAABBBCC
    /// ripple  B out by 1
    /// after   AAABBBBCC B shows frames 10 to 13
    /// ```
    ///
    /// # Errors
    /// [`EditError::ClipNotFound`], [`EditError::UnknownFlow`]; [`EditError::TooFar`] when the flow has
    /// no such frames, or none would be left.
    pub fn ripple(
        &mut self,
        id: Uuid,
        edge: Edge,
        frames: i64,
        ports: &Ports<'_>,
    ) -> Result<(), EditError> {
        let (_, clip) = self.found(id)?;
        let stretch = Stretch::of_clip(&clip, edge, self.frame_rate(), ports.flows)?;
        let (more, less) = (
            signed(stretch.most() - clip.frames),
            signed(clip.frames) - 1,
        );
        let (room, change) = match edge {
            Edge::In => ((-more, less), frames.checked_neg()),
            Edge::Out => ((-less, more), Some(frames)),
        };
        allowed(&clip.title, frames, room)?;
        let frames = clip.frames.saturating_add_signed(change.unwrap_or(0));
        let (first, frames) = stretch.part(frames);
        self.trim(id, first, frames, ports)
    }

    /// Moves the cut at an edge of a clip by frames of the track: the items on its two sides give and
    /// take, and nothing else moves.
    ///
    /// ```text
    /// before  AAABBB    B shows frames 10, 11, 12
    /// roll    A out by 1, or B in by 1
    /// after   AAAABB    B shows frames 11, 12
    ///
    /// before  AAA...BB
    /// roll    A out by 2
    /// after   AAAAA.BB
    /// ```
    ///
    /// Of a clip at least one frame of its flow is left; a gap can close wholly, and then the cut is one
    /// of two clips.
    ///
    /// # Errors
    /// [`EditError::ClipNotFound`]; [`EditError::NoNeighbour`] at the beginning and the end of the track;
    /// [`EditError::TooFar`] when one of the two has no such frames, or none would be left;
    /// [`EditError::NoSuchLength`]; [`EditError::UnknownFlow`] of either.
    pub fn roll(
        &mut self,
        id: Uuid,
        edge: Edge,
        frames: i64,
        ports: &Ports<'_>,
    ) -> Result<(), EditError> {
        let (item, clip) = self.found(id)?;
        let before = match edge {
            Edge::In => item.checked_sub(1),
            Edge::Out => Some(item).filter(|item| item + 1 < self.items.len()),
        };
        let before = before.ok_or_else(|| no_neighbour(&clip, edge))?;
        self.give_and_take(before, before + 1, frames, ports)
    }

    /// Shows other frames of a clip's flow in the same place: those that lie so many frames of the flow
    /// behind.
    ///
    /// ```text
    /// before  AAABBBCC  B shows frames 10, 11, 12
    /// slip    B by 2
    /// after   AAABBBCC  B shows frames 12, 13, 14
    /// ```
    ///
    /// The clip keeps its number of frames. Only where the flow's are shown unequally long, and so could
    /// have another length on the track, it takes as many as have the same.
    ///
    /// # Errors
    /// [`EditError::ClipNotFound`], [`EditError::UnknownFlow`]; [`EditError::TooFar`] when the flow has
    /// no such frames; [`EditError::NoSuchLength`].
    pub fn slip(&mut self, id: Uuid, frames: i64, ports: &Ports<'_>) -> Result<(), EditError> {
        let (_, clip) = self.found(id)?;
        let stretch = Stretch::of_clip(&clip, Edge::Out, self.frame_rate(), ports.flows)?;
        let length = stretch.length_now();
        let last = if stretch.is_uneven() {
            let behind = clip.first + stretch.most();
            let too_short = |first| {
                let rest = stretch.from(first);
                Ok(first == behind || rest.length(rest.most())? < length)
            };
            let too_short = first_where(clip.first + 1, behind, too_short)?;
            too_short.unwrap_or(behind) - 1
        } else {
            clip.first + stretch.most() - clip.frames
        };
        let room = (-signed(clip.first), signed(last - clip.first));
        allowed(&clip.title, frames, room)?;
        let first = clip.first.saturating_add_signed(frames);
        let frames = if stretch.is_uneven() && frames != 0 {
            stretch.from(first).of_length(length)?
        } else {
            clip.frames
        };
        self.trim(id, first, frames, ports)
    }

    /// Moves a clip by frames of the track, with what it shows: the item in front of it takes or gives
    /// as many at its end, the one behind it at its beginning, and nothing else moves.
    ///
    /// ```text
    /// before  AAABBCCC  C shows frames 20, 21, 22
    /// slide   B by 1
    /// after   AAAABBCC  C shows frames 21, 22
    ///
    /// before  AAA..BBC
    /// slide   B by -1
    /// after   AAA.BBCC
    /// ```
    ///
    /// Of a clip at least one frame of its flow is left; a gap can close wholly. Behind the last item
    /// there is room without end: there the end of the track moves. (OpenTimelineIO changes only the
    /// item in front, and so moves all that follows.)
    ///
    /// # Errors
    /// [`EditError::ClipNotFound`]; [`EditError::NoNeighbour`] of the first item;
    /// [`EditError::TooFar`] when a neighbour has no such frames, or none would be left of it;
    /// [`EditError::NoSuchLength`] and [`EditError::UnknownFlow`] of a neighbour.
    pub fn slide(&mut self, id: Uuid, frames: i64, ports: &Ports<'_>) -> Result<(), EditError> {
        let (item, clip) = self.found(id)?;
        let before = item.checked_sub(1);
        let before = before.ok_or_else(|| no_neighbour(&clip, Edge::In))?;
        self.give_and_take(before, item + 1, frames, ports)
    }

    /// Makes one item longer at its end and another, if there is one, as much shorter at its beginning.
    fn give_and_take(
        &mut self,
        before: usize,
        behind: usize,
        frames: i64,
        ports: &Ports<'_>,
    ) -> Result<(), EditError> {
        let rate = self.frame_rate();
        let ends = [(before, Edge::Out), (behind, Edge::In)];
        let ends = ends.iter().filter_map(|&(place, moving)| {
            let item = self.items.get(place)?;
            Some(End::new(place, item, moving, rate, ports.flows))
        });
        let ends = ends.collect::<Result<Vec<_>, _>>()?;
        let least = ends.iter().map(|end| end.room.0).max().unwrap_or(0);
        let most = ends.iter().map(|end| end.room.1).min().unwrap_or(0);
        let tightest = |end: &&End<'_>| match frames < 0 {
            true => end.room.0 == least,
            false => end.room.1 == most,
        };
        let title = ends.iter().find(tightest).map_or("gap", End::title);
        allowed(title, frames, (least, most))?;
        if frames == 0 {
            return Ok(());
        }
        let moved = ends
            .iter()
            .map(|end| Ok((end.place, end.moved(frames, ports)?)));
        let moved = moved.collect::<Result<Vec<_>, _>>()?;
        self.attempt(|track| {
            // The last first: the places in front of it stay what they are.
            for (place, item) in moved.into_iter().rev() {
                track.items.splice(place..=place, item);
            }
            Ok(())
        })
    }

    fn found(&self, id: Uuid) -> Result<(usize, Arc<Clip>), EditError> {
        let place = self.item_of(id)?;
        let clip = self.items.get(place).and_then(Item::clip);
        let clip = clip.ok_or(EditError::ClipNotFound { clip: id })?;
        Ok((place, Arc::clone(clip)))
    }
}

/// One of the two items that give and take.
struct End<'a> {
    place: usize,
    moving: Edge,
    /// Frames of the track now.
    length: u64,
    /// How far its moving edge can go, in frames of the track.
    room: (i64, i64),
    /// `None` of a gap.
    clip: Option<(&'a Clip, Stretch<'a>)>,
}

impl<'a> End<'a> {
    fn new(
        place: usize,
        item: &'a Item,
        moving: Edge,
        rate: Option<FrameRate>,
        flows: &'a dyn FlowFrames,
    ) -> Result<Self, EditError> {
        let length = item.length(rate);
        let (lengths, clip) = match item {
            Item::Gap(_) => ((0, MAX_FRAMES), None),
            Item::Clip(clip) => {
                let stretch = Stretch::of_clip(clip, moving, rate, flows)?;
                let lengths = (stretch.length(1)?, stretch.length(stretch.most())?);
                (lengths, Some((clip.as_ref(), stretch)))
            }
        };
        let less = signed(length) - signed(lengths.0);
        let more = signed(lengths.1) - signed(length);
        let room = match moving {
            Edge::In => (-more, less),
            Edge::Out => (-less, more),
        };
        Ok(Self {
            place,
            moving,
            length,
            room,
            clip,
        })
    }

    fn title(&self) -> &str {
        self.clip.map_or("gap", |(clip, _)| &clip.title)
    }

    /// The item with its edge moved as far as there is room; `None` of a gap that has closed.
    fn moved(&self, frames: i64, ports: &Ports<'_>) -> Result<Option<Item>, EditError> {
        let length = match self.moving {
            Edge::In => self.length.saturating_add_signed(-frames),
            Edge::Out => self.length.saturating_add_signed(frames),
        };
        let Some((clip, stretch)) = self.clip else {
            let gap = Gap { frames: length };
            return Ok((length > 0).then_some(Item::Gap(gap)));
        };
        let (first, frames) = stretch.part(stretch.of_length(length)?);
        let clip = part_of(clip, first, frames, clip.id, ports)?;
        Ok(Some(clip.into()))
    }
}

fn no_neighbour(clip: &Clip, edge: Edge) -> EditError {
    EditError::NoNeighbour {
        title: clip.title.clone(),
        edge,
    }
}

fn allowed(title: &str, frames: i64, (least, most): (i64, i64)) -> Result<(), EditError> {
    if frames < least || frames > most {
        return Err(EditError::TooFar {
            title: title.to_owned(),
            frames,
            least,
            most,
        });
    }
    Ok(())
}
