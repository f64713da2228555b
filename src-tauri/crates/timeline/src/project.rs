//! Projects and their sequences.

use crate::{Clip, Item, Marker, Track, TrackKind, marker};
use mediatime::{FrameRate, Timecode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// What a user works on. A clone shares everything with its original until one of them is changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Its own.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// In the order in which they were made.
    pub sequences: Vec<Arc<Sequence>>,
}

/// Tracks that play together: what becomes one compilation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// Its own.
    pub id: Uuid,
    /// What people call it.
    pub title: String,
    /// Hours of the timecode of frame 0, 0 to 23. The frames of them follow from the rate, which is
    /// known with the first clip.
    pub start_hour: u8,
    /// The lowest first.
    pub tracks: Vec<Track>,
    /// Sorted by where they are. They are shared between the snapshots of a history.
    #[serde(default, deserialize_with = "marker::read")]
    pub markers: Vec<Arc<Marker>>,
}

impl Sequence {
    /// A sequence with one empty video track, `V1`.
    #[must_use]
    pub fn new(id: Uuid, title: impl Into<String>, start_hour: u8) -> Self {
        Self {
            id,
            title: title.into(),
            start_hour,
            tracks: vec![Track::new(TrackKind::Video, "V1")],
            markers: Vec::new(),
        }
    }

    /// The lowest video track.
    #[must_use]
    pub fn video(&self) -> Option<&Track> {
        self.tracks
            .iter()
            .find(|track| track.kind() == TrackKind::Video)
    }

    /// The lowest video track, to be changed. The other tracks of the sequence count its frames: where
    /// there are others, [`edit_track`](Self::edit_track) lets them follow.
    pub fn video_mut(&mut self) -> Option<&mut Track> {
        self.tracks
            .iter_mut()
            .find(|track| track.kind() == TrackKind::Video)
    }

    /// Frames of its longest track.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.tracks.iter().map(Track::length).max().unwrap_or(0)
    }

    /// Frames per second of the first clip of the lowest video track that has one; `None` when none has
    /// or its own vary.
    #[must_use]
    pub fn frame_rate(&self) -> Option<FrameRate> {
        self.first_picture()?.1.rate
    }

    /// The first clip of the lowest video track that has one, and the place of that track.
    pub(crate) fn first_picture(&self) -> Option<(usize, &Arc<Clip>)> {
        let tracks = self.tracks.iter().enumerate();
        let mut video = tracks.filter(|(_, track)| track.kind() == TrackKind::Video);
        video.find_map(|(index, track)| Some((index, track.items().iter().find_map(Item::clip)?)))
    }

    /// Timecode of frame 0 in frames: drop-frame where the rate has such a counting, and at 25 frames
    /// per second while no rate is known.
    #[must_use]
    pub fn start_frame(&self) -> u64 {
        let rate = self.frame_rate().unwrap_or(FrameRate::FPS_25);
        let hours = |drop_frame| {
            Timecode::new(self.start_hour, 0, 0, 0, drop_frame, rate)
                .and_then(|label| label.to_frame(rate))
        };
        let counted = hours(true).or_else(|_| hours(false)).ok();
        counted
            .and_then(|frame| u64::try_from(frame).ok())
            .unwrap_or(u64::from(self.start_hour) * 3600 * u64::from(rate.nominal()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FlowFrames, Part, Ports};
    use mediatime::{TimeRange, Timestamp};
    use serde_json::{Value, json};

    struct Endless;

    impl FlowFrames for Endless {
        fn frames(&self, _: &str) -> Option<u64> {
            Some(u64::MAX)
        }

        fn timerange(&self, _: &str, first: u64, frames: u64) -> Option<TimeRange> {
            let at = |frame: u64| Timestamp::from_secs(i64::try_from(frame).ok()?);
            Some(TimeRange::new(at(first)?, at(first + frames)?))
        }
    }

    fn starting_with(rate: Option<FrameRate>) -> Sequence {
        let mut sequence = Sequence::new(Uuid::from_u128(1), "Promo", 10);
        let part = Part {
            title: "A".to_owned(),
            flow_id: "f".to_owned(),
            source_id: "s".to_owned(),
            first: 0,
            frames: 1,
            rate,
            sound: false,
        };
        let mut ports = Ports {
            flows: &Endless,
            new_id: &mut || Uuid::from_u128(2),
        };
        let video = sequence.video_mut().unwrap();
        video.append(part, &mut ports).unwrap();
        sequence
    }

    #[test]
    fn timecode_begins_on_the_hour_at_every_rate() {
        let empty = Sequence::new(Uuid::from_u128(1), "Promo", 10);
        assert_eq!(empty.start_frame(), 900_000);
        for (rate, frame) in [
            (None, 900_000),
            (Some(FrameRate::FPS_25), 900_000),
            (Some(FrameRate::FPS_60), 2_160_000),
            (Some(FrameRate::FPS_29_97), 1_078_920),
            (Some(FrameRate::FPS_59_94), 2_157_840),
            (Some(FrameRate::FPS_23_976), 864_000),
            (FrameRate::new(25, 2), 468_000),
        ] {
            let sequence = starting_with(rate);
            assert_eq!(sequence.frame_rate(), rate);
            assert_eq!(sequence.start_frame(), frame, "{rate:?}");
        }
    }

    #[test]
    fn a_track_that_breaks_a_rule_is_not_read_and_named() {
        let read = |change: &dyn Fn(&mut Value)| {
            let mut json = serde_json::to_value(starting_with(None)).unwrap();
            change(&mut json["tracks"][0]);
            let read = serde_json::from_value::<Sequence>(json);
            read.map_err(|error| error.to_string())
        };
        assert_eq!(read(&|_| {}), Ok(starting_with(None)));
        let second = |item: Value| {
            move |track: &mut Value| {
                let items = track["items"].as_array_mut().unwrap();
                items.push(item.clone());
            }
        };
        let clip = |field: &'static str, value: Value| {
            move |track: &mut Value| track["items"][0][field] = value.clone()
        };
        let gap = |frames: u64| json!({"kind": "gap", "frames": frames});
        let refused = [
            (read(&clip("frames", json!(0))), "V1, A: it has no frames"),
            (read(&clip("first", json!(u64::MAX))), "V1, A: it reaches"),
            (
                read(&clip("timerange", json!("()"))),
                "V1, A: its timerange",
            ),
            (read(&second(gap(0))), "V1, gap: it has no frames"),
            (read(&second(gap(u64::MAX))), "longer than"),
            (
                read(&|track| track["items"] = json!([gap(1), gap(2)])),
                "V1, gap: it follows",
            ),
            (
                read(&|track| second(track["items"][0].clone())(track)),
                "two clips",
            ),
        ];
        for (refused, named) in refused {
            let text = refused.unwrap_err();
            assert!(text.contains(named), "{text}");
        }
    }
}
