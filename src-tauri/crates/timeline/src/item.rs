//! What lies on a track.

use crate::Transition;
use mediatime::{FrameRate, Retime, TimeRange};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// A part of a flow, on a track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clip {
    /// Its own, unique in the project. The first part of a clip that is split keeps it.
    pub id: Uuid,
    /// Name of its source when it was cut.
    pub title: String,
    /// TAMS id of the flow it is cut from.
    pub flow_id: String,
    /// TAMS id of that flow's source.
    pub source_id: String,
    /// Its first frame, counted from the flow's first presented frame.
    pub first: u64,
    /// Frames of the flow; at least 1. How many the clip has on a track is its
    /// [`length`](Self::length).
    pub frames: u64,
    /// Flow time of exactly these frames.
    pub timerange: TimeRange,
    /// Frames per second of the flow; `None` when they vary.
    pub rate: Option<FrameRate>,
    /// It carries sound, which is linked to its pictures.
    pub sound: bool,
    /// How it begins: out of the clip in front of it, or out of black.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Transition>,
    /// How it ends, where a gap or nothing follows. Where a clip follows, it is that one's `head`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail: Option<Transition>,
    /// Clips of a sequence with the same link belong together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Uuid>,
}

impl Clip {
    /// Frames of it on a track of a rate: its own number where the rates are the same or the track's
    /// varies, else as many as [`Retime::frames`] says.
    #[must_use]
    pub fn length(&self, rate: Option<FrameRate>) -> u64 {
        Retime::new(self.rate, rate).frames(self.frames, self.timerange)
    }
}

/// A stretch of a track with nothing on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Frames of its track; at least 1. They stay as many when the track's rate changes.
    pub frames: u64,
}

/// What lies on a track. Clips are shared between the snapshots of a history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Item {
    /// A part of a flow.
    Clip(Arc<Clip>),
    /// Nothing.
    Gap(Gap),
}

impl Item {
    /// Frames of it on a track of a rate.
    #[must_use]
    pub fn length(&self, rate: Option<FrameRate>) -> u64 {
        match self {
            Self::Clip(clip) => clip.length(rate),
            Self::Gap(gap) => gap.frames,
        }
    }

    /// The clip, when it is one.
    #[must_use]
    pub fn clip(&self) -> Option<&Arc<Clip>> {
        match self {
            Self::Clip(clip) => Some(clip),
            Self::Gap(_) => None,
        }
    }
}
