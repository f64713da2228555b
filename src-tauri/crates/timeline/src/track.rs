//! A track, and what can be asked of it.

use crate::edit::fits;
use crate::{Clip, EditError, Gap, Item, TrackSettings};
use mediatime::FrameRate;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;
use uuid::Uuid;

/// Frames of the longest track, 2³² − 1: over two years at 60 frames per second.
pub const MAX_FRAMES: u64 = 0xffff_ffff;

/// What a track carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrackKind {
    /// Pictures, with the sound that is linked to them.
    Video,
    /// Sound alone.
    Audio,
}

impl TrackKind {
    pub(crate) fn content(self) -> &'static str {
        match self {
            Self::Video => "pictures",
            Self::Audio => "sound",
        }
    }
}

/// Items one behind the other, the first one at frame 0. Its frames are those of its first clip's
/// rate, unless its sequence gives it another; with another rate, all lengths follow. One that is read
/// must keep the rules of this crate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Track {
    kind: TrackKind,
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) settings: TrackSettings,
    #[serde(default, skip_serializing_if = "Counting::is_own")]
    pub(crate) counting: Counting,
    pub(crate) items: Vec<Item>,
}

/// A track as it was read.
#[derive(Deserialize)]
pub(crate) struct Unchecked {
    pub(crate) kind: TrackKind,
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) settings: TrackSettings,
    #[serde(default)]
    pub(crate) counting: Counting,
    pub(crate) items: Vec<Item>,
}

/// Whose rate a track counts its frames at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Counting {
    /// Its own first clip's.
    #[default]
    Own,
    /// That of another track of its sequence; `None` when it varies.
    Given(Option<FrameRate>),
}

impl Counting {
    /// As is left out where it is saved.
    pub(crate) fn is_own(&self) -> bool {
        *self == Self::Own
    }
}

/// A clip and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed<'a> {
    /// The clip.
    pub clip: &'a Arc<Clip>,
    /// Its place among the clips of the track, from 0; gaps don't count.
    pub index: usize,
    /// The frame of the track at which it begins.
    pub at: u64,
    /// Its length in frames of the track.
    pub length: u64,
}

impl Placed<'_> {
    /// Frames of the track it lies on.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.at..self.at + self.length
    }
}

impl Track {
    /// An empty track.
    #[must_use]
    pub fn new(kind: TrackKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            settings: TrackSettings::default(),
            counting: Counting::Own,
            items: Vec::new(),
        }
    }

    /// What it carries.
    #[must_use]
    pub fn kind(&self) -> TrackKind {
        self.kind
    }

    /// What people call it: `V1`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What lies on it, in order.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Frames per second that it counts: those of its first clip, or those that its sequence gives it.
    /// `None` when there is no clip or its own vary.
    #[must_use]
    pub fn frame_rate(&self) -> Option<FrameRate> {
        match self.counting {
            Counting::Own => self.items.iter().find_map(Item::clip)?.rate,
            Counting::Given(rate) => rate,
        }
    }

    /// Frames from its beginning to the end of its last item.
    #[must_use]
    pub fn length(&self) -> u64 {
        let rate = self.frame_rate();
        let lengths = self.items.iter().map(|item| item.length(rate));
        lengths.fold(0, u64::saturating_add)
    }

    /// Its clips in order, each with where it lies.
    pub fn clips(&self) -> impl Iterator<Item = Placed<'_>> {
        let rate = self.frame_rate();
        let mut behind = 0;
        let placed = self.items.iter().filter_map(move |item| {
            let (at, length) = (behind, item.length(rate));
            behind += length;
            item.clip().map(|clip| (clip, at, length))
        });
        let placed = placed.enumerate();
        placed.map(|(index, (clip, at, length))| Placed {
            clip,
            index,
            at,
            length,
        })
    }

    /// The clip a frame of the track belongs to; `None` in a gap and behind the end.
    #[must_use]
    pub fn clip_at(&self, frame: u64) -> Option<Placed<'_>> {
        self.clips().find(|placed| placed.range().contains(&frame))
    }

    /// The clip with an id.
    #[must_use]
    pub fn clip(&self, id: Uuid) -> Option<Placed<'_>> {
        self.clips().find(|placed| placed.clip.id == id)
    }

    /// Frames of the track that the clip with an id lies on.
    #[must_use]
    pub fn range_of(&self, id: Uuid) -> Option<Range<u64>> {
        self.clip(id).map(|placed| placed.range())
    }

    /// Makes neighbouring gaps one.
    pub(crate) fn join_gaps(&mut self) {
        self.items.dedup_by(|item, before| match (item, before) {
            (Item::Gap(Gap { frames }), Item::Gap(before)) => {
                before.frames += *frames;
                true
            }
            _ => false,
        });
    }
}

impl TryFrom<Unchecked> for Track {
    type Error = EditError;

    fn try_from(read: Unchecked) -> Result<Self, EditError> {
        let track = Self {
            kind: read.kind,
            name: read.name,
            settings: read.settings,
            counting: read.counting,
            items: read.items,
        };
        let malformed = |what: &str, reason| EditError::Malformed {
            place: format!("track {}, {what}", track.name),
            reason,
        };
        let mut ids = HashSet::with_capacity(track.items.len());
        let mut behind_gap = false;
        for item in &track.items {
            if let Some((what, reason)) = broken_rule(item, behind_gap) {
                return Err(malformed(what, reason));
            }
            behind_gap = item.clip().is_none();
            if let Some(clip) = item.clip().filter(|clip| !ids.insert(clip.id)) {
                return Err(EditError::SameId { clip: clip.id });
            }
        }
        fits(track.length())?;
        if let Some(clip) = track.with_unfit_transition() {
            return Err(malformed(&clip.title, "a transition of it does not fit"));
        }
        if !track.settings.gain_is_possible() {
            return Err(malformed("gain", "there is no such gain"));
        }
        Ok(track)
    }
}

/// What is wrong with an item, and where.
fn broken_rule(item: &Item, behind_gap: bool) -> Option<(&str, &'static str)> {
    let (what, reason) = match item {
        Item::Gap(_) if behind_gap => ("gap", "it follows another gap"),
        Item::Gap(gap) => ("gap", (gap.frames == 0).then_some("it has no frames")?),
        Item::Clip(clip) if clip.frames == 0 => (clip.title.as_str(), "it has no frames"),
        Item::Clip(clip) if clip.timerange.is_empty() => {
            (clip.title.as_str(), "its timerange is empty")
        }
        Item::Clip(clip) => {
            let far = clip.first.saturating_add(clip.frames) > MAX_FRAMES;
            let reason = "it reaches behind the last frame there can be";
            (clip.title.as_str(), far.then_some(reason)?)
        }
    };
    Some((what, reason))
}
