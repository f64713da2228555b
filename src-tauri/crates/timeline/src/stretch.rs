//! How many frames of a flow are how long on a track.

use crate::flow::timerange;
use crate::{Clip, Edge, EditError, FlowFrames, MAX_FRAMES, Part};
use mediatime::{FrameRate, Retime, TimeRange};

/// Frames of a flow; one edge of them is held while the other moves.
#[derive(Clone, Copy)]
pub(crate) struct Stretch<'a> {
    title: &'a str,
    flow_id: &'a str,
    /// Of the flow.
    rate: Option<FrameRate>,
    track: Option<FrameRate>,
    moving: Edge,
    /// The frame of the flow at the edge that does not move.
    held: u64,
    /// Frames now, at least 1.
    now: u64,
    /// Frames of the track that they are long now.
    length: u64,
    /// The most frames there can be.
    most: u64,
    flows: &'a dyn FlowFrames,
}

impl<'a> Stretch<'a> {
    /// The frames of a clip on a track of a rate; the flow limits how many they can become. The flow
    /// must still have those of now.
    pub(crate) fn of_clip(
        clip: &'a Clip,
        moving: Edge,
        track: Option<FrameRate>,
        flows: &'a dyn FlowFrames,
    ) -> Result<Self, EditError> {
        let (first, now) = (clip.first, clip.frames);
        let shown = timerange(flows, &clip.title, &clip.flow_id, (first, now))?;
        let behind = first + now;
        let (held, most) = match moving {
            Edge::In => (behind, behind),
            Edge::Out => {
                let available = flows.frames(&clip.flow_id).unwrap_or(behind);
                let available = available.min(MAX_FRAMES).max(behind);
                (first, available - first)
            }
        };
        Ok(Self {
            title: &clip.title,
            flow_id: &clip.flow_id,
            rate: clip.rate,
            track,
            moving,
            held,
            now,
            length: Retime::new(clip.rate, track).frames(now, shown),
            most,
            flows,
        })
    }

    /// The frames of a part, which can be less but no more.
    pub(crate) fn of_part(
        part: &'a Part,
        track: Option<FrameRate>,
        flows: &'a dyn FlowFrames,
    ) -> Result<Self, EditError> {
        let frames = (part.first, part.frames);
        let shown = timerange(flows, &part.title, &part.flow_id, frames)?;
        Ok(Self {
            title: &part.title,
            flow_id: &part.flow_id,
            rate: part.rate,
            track,
            moving: Edge::Out,
            held: part.first,
            now: part.frames,
            length: Retime::new(part.rate, track).frames(part.frames, shown),
            most: part.frames,
            flows,
        })
    }

    /// Frames from another first one on, compared with the number and length of those of now; the end
    /// moves.
    pub(crate) fn from(self, first: u64) -> Self {
        let behind = self.held + self.most;
        Self {
            held: first,
            most: behind.saturating_sub(first),
            ..self
        }
    }

    /// Frames there can be at most.
    pub(crate) fn most(&self) -> u64 {
        self.most
    }

    /// Equal numbers of frames may have unequal lengths: those of the flow are shown unequally long.
    pub(crate) fn is_uneven(&self) -> bool {
        self.rate.is_none() && self.track.is_some()
    }

    /// First frame and frames of so many.
    pub(crate) fn part(&self, frames: u64) -> (u64, u64) {
        match self.moving {
            Edge::In => (self.held.saturating_sub(frames), frames),
            Edge::Out => (self.held, frames),
        }
    }

    /// Frames of the track that so many are long.
    pub(crate) fn length(&self, frames: u64) -> Result<u64, EditError> {
        let shown = if self.is_uneven() {
            timerange(self.flows, self.title, self.flow_id, self.part(frames))?
        } else {
            TimeRange::NEVER
        };
        Ok(Retime::new(self.rate, self.track).frames(frames, shown))
    }

    /// Frames of the track that those of now are long.
    pub(crate) fn length_now(&self) -> u64 {
        self.length
    }

    /// The most frames that are no longer than so many of the track. 0 when one is longer.
    pub(crate) fn within(&self, length: u64) -> Result<u64, EditError> {
        let longer = |frames| Ok(self.length(frames)? > length);
        let longer = first_where(1, self.most, longer)?;
        Ok(longer.map_or(self.most, |frames| frames - 1))
    }

    /// Frames that are exactly so many of the track long. Of several numbers it is the one nearest to
    /// the frames of now and those that pass in the time of the difference, so that the way back leads
    /// to the frames of now wherever one rate is a multiple of the other.
    pub(crate) fn of_length(&self, length: u64) -> Result<u64, EditError> {
        let most = self.within(length)?;
        if most == 0 || self.length(most)? != length {
            return Err(self.no_such(length, most)?);
        }
        let least = 1 + self.within(length.saturating_sub(1))?;
        let change = signed(length) - signed(self.length);
        let passed = match (self.rate, self.track) {
            (Some(rate), Some(track)) => rate.nearest_frame(track.frame_start(change)),
            _ => change,
        };
        let near = self.now.saturating_add_signed(passed);
        Ok(near.clamp(least, most))
    }

    /// The error of a length that no number of frames has, of which `below` are the most that are
    /// shorter.
    pub(crate) fn no_such(&self, length: u64, below: u64) -> Result<EditError, EditError> {
        let mut nearest = self.length(below.max(1))?;
        if below < self.most {
            let longer = self.length(below + 1)?;
            if longer.abs_diff(length) < nearest.abs_diff(length) {
                nearest = longer;
            }
        }
        Ok(EditError::NoSuchLength {
            title: self.title.to_owned(),
            length,
            nearest,
        })
    }
}

/// The first of the numbers from `low` to `high` for which something holds, when it holds for all
/// behind it.
pub(crate) fn first_where(
    mut low: u64,
    mut high: u64,
    holds: impl Fn(u64) -> Result<bool, EditError>,
) -> Result<Option<u64>, EditError> {
    if low > high || !holds(high)? {
        return Ok(None);
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle)? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(Some(low))
}

/// Frames as a move; as far as numbers go.
pub(crate) fn signed(frames: u64) -> i64 {
    i64::try_from(frames).unwrap_or(i64::MAX)
}
