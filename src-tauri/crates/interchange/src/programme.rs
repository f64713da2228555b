//! What a file says is to be cut.

use crate::{Clip, Gap, Kept, Time, Transition};
use mediatime::FrameRate;
use serde_json::Value;

/// A rate above this is a clock, not that of pictures.
const FASTEST_PICTURES: u32 = 1_000;

/// What a file says is to be cut: OTIO's Timeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Programme {
    /// What people call it.
    pub title: String,
    /// The time shown at its first frame.
    pub start: Option<Time>,
    /// The TAMS source that was rendered from it (AppNote 0015).
    pub rendered_source: Option<String>,
    /// From the bottom up: a track hides those before it.
    pub tracks: Vec<Track>,
    /// Whatever else the file said of the timeline.
    pub kept: Kept,
    /// Whatever else the file said of the stack the tracks are in.
    pub kept_stack: Kept,
    /// What lies in the stack and is no track, with its place among the tracks and these.
    pub layers: Vec<(usize, Other)>,
}

impl Programme {
    /// A programme without tracks.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..Self::default()
        }
    }

    /// The rate it counts frames at, as its times tell: that of the first clip or gap on a picture
    /// track whose duration is in frames, else that of its start.
    pub fn rate(&self) -> Option<FrameRate> {
        self.tracks
            .iter()
            .filter(|track| track.kind == TrackKind::Video)
            .flat_map(|track| &track.items)
            .filter_map(|item| match item {
                Item::Clip(clip) => clip.range,
                Item::Gap(gap) => gap.range,
                Item::Transition(_) | Item::Other(_) => None,
            })
            .flat_map(|range| [range.duration.rate(), range.start.rate()])
            .chain(self.start.map(Time::rate))
            .find(|rate| counts_pictures(*rate))
    }
}

/// True for rates pictures come at; not for clocks such as nanoseconds, samples or whole seconds.
pub(crate) fn counts_pictures(rate: FrameRate) -> bool {
    1 < rate.nominal() && rate.nominal() <= FASTEST_PICTURES
}

/// Items one behind the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// What people call it, such as `V1`.
    pub name: String,
    /// What it carries.
    pub kind: TrackKind,
    /// In order.
    pub items: Vec<Item>,
    /// False when it is switched off.
    pub enabled: bool,
    /// Whatever else the file said.
    pub kept: Kept,
}

impl Track {
    /// A track of these items.
    pub fn new(name: impl Into<String>, kind: TrackKind, items: Vec<Item>) -> Self {
        Self {
            name: name.into(),
            kind,
            items,
            enabled: true,
            kept: Kept::default(),
        }
    }

    /// True when nothing on it is seen or heard.
    pub fn is_empty(&self) -> bool {
        self.items
            .iter()
            .all(|item| matches!(item, Item::Gap(_) | Item::Transition(_)))
    }
}

/// What a track carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrackKind {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
    /// Something else, by OTIO's name for it.
    Other(String),
}

impl TrackKind {
    /// OTIO's name for it.
    pub fn name(&self) -> &str {
        match self {
            Self::Video => "Video",
            Self::Audio => "Audio",
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for TrackKind {
    fn from(name: &str) -> Self {
        match name {
            "Video" | "" => Self::Video,
            "Audio" => Self::Audio,
            name => Self::Other(name.to_owned()),
        }
    }
}

/// What lies on a track.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A part of a medium.
    Clip(Box<Clip>),
    /// Nothing, for a while.
    Gap(Gap),
    /// How one clip becomes the next.
    Transition(Transition),
    /// What is kept but not understood.
    Other(Other),
}

impl From<Clip> for Item {
    fn from(clip: Clip) -> Self {
        Self::Clip(Box::new(clip))
    }
}

/// What is kept as it stood, as it is not understood: a nested composition, an unknown schema, or an
/// item whose times can't be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Other {
    /// Its schema, such as `Stack.1`.
    pub schema: String,
    /// Its name; mostly empty.
    pub name: String,
    /// Why it is not understood, as the end of a sentence that starts with its place.
    pub why: String,
    /// What stood in the file.
    pub value: Value,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Media, Range};

    #[test]
    fn the_rate_is_that_of_the_pictures() {
        let nanos = FrameRate::new(1_000_000_000, 1).unwrap();
        let clip = |range| Item::from(Clip::new("a", Media::File("a".to_owned()), Some(range)));
        let mut programme = Programme::new("p");
        assert_eq!(programme.rate(), None);
        programme.start = Some(Time::frames(0, FrameRate::FPS_30));
        let sound = clip(Range::frames(0, 9, FrameRate::FPS_48));
        programme.tracks = vec![
            Track::new("A1", TrackKind::Audio, vec![sound]),
            Track::new(
                "V1",
                TrackKind::Video,
                vec![clip(Range::frames(0, 9, nanos))],
            ),
        ];
        assert_eq!(programme.rate(), Some(FrameRate::FPS_30));
        let mixed = Range {
            start: Time::frames(0, nanos),
            duration: Time::frames(1, FrameRate::FPS_25),
        };
        programme.tracks[1].items.push(clip(mixed));
        assert_eq!(programme.rate(), Some(FrameRate::FPS_25));
    }
}
