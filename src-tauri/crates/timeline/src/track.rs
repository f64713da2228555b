//! A track, and what can be asked of it.

use crate::{Clip, EditError, Gap, Item};
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

/// Items one behind the other, the first one at frame 0. One that is read must keep the rules of this
/// crate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Track {
    kind: TrackKind,
    name: String,
    pub(crate) items: Vec<Item>,
}

/// A track as it was read.
#[derive(Deserialize)]
pub(crate) struct Unchecked {
    pub(crate) kind: TrackKind,
    pub(crate) name: String,
    pub(crate) items: Vec<Item>,
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
}

impl Placed<'_> {
    /// Frames of the track it lies on.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.at..self.at + self.clip.frames
    }
}

impl Track {
    /// An empty track.
    #[must_use]
    pub fn new(kind: TrackKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
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

    /// Frames from its beginning to the end of its last item.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.items.iter().map(Item::frames).sum()
    }

    /// Its clips in order, each with where it lies.
    pub fn clips(&self) -> impl Iterator<Item = Placed<'_>> {
        let mut at = 0;
        let placed = self.items.iter().filter_map(move |item| {
            let begins = at;
            at += item.frames();
            item.clip().map(|clip| (clip, begins))
        });
        placed
            .enumerate()
            .map(|(index, (clip, at))| Placed { clip, index, at })
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

    fn try_from(Unchecked { kind, name, items }: Unchecked) -> Result<Self, EditError> {
        let mut ids = HashSet::with_capacity(items.len());
        let mut length = 0_u64;
        let mut behind_gap = false;
        for item in &items {
            length = length.saturating_add(item.frames());
            if length > MAX_FRAMES {
                return Err(EditError::TooLong);
            }
            if let Some((what, reason)) = broken_rule(item, behind_gap) {
                let place = format!("track {name}, {what}");
                return Err(EditError::Malformed { place, reason });
            }
            behind_gap = item.clip().is_none();
            if let Some(clip) = item.clip().filter(|clip| !ids.insert(clip.id)) {
                return Err(EditError::SameId { clip: clip.id });
            }
        }
        Ok(Self { kind, name, items })
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
