//! Tests of the edit algebra, its properties, and what is kept of a project.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod aligned;
mod documents;
mod edits;
mod filling;
mod links;
mod markers;
mod mixed;
mod mixed_properties;
mod properties;
mod ranges;
mod rates;
mod sequence_properties;
mod sequences;
mod several_tracks;
mod transition_properties;
mod transitions;
mod trimming;
mod ways_back;

use mediatime::{FrameRate, TimeRange};
use timeline::{FlowFrames, Item, Part, Ports, Track, TrackKind};
use uuid::Uuid;

/// Flows `A` to `Z` of 25 frames per second, each 100 frames long and beginning at its own time.
struct Flows;

const FRAMES: u64 = 100;

impl FlowFrames for Flows {
    fn frames(&self, flow_id: &str) -> Option<u64> {
        let letter = flow_id.bytes().next()?;
        letter.is_ascii_uppercase().then_some(FRAMES)
    }

    fn timerange(&self, flow_id: &str, first: u64, frames: u64) -> Option<TimeRange> {
        let begins = u64::from(flow_id.bytes().next()?) * 1000;
        let at =
            |frame: u64| FrameRate::FPS_25.timestamp_of(i64::try_from(begins + frame).unwrap());
        (first + frames <= FRAMES).then(|| TimeRange::new(at(first), at(first + frames)))
    }
}

/// Ids 1, 2, 3, ….
#[derive(Debug, Default)]
struct Ids(u128);

impl Ids {
    fn next(&mut self) -> Uuid {
        self.0 += 1;
        Uuid::from_u128(self.0)
    }

    fn ports<T>(&mut self, use_them: impl FnOnce(&mut Ports<'_>) -> T) -> T {
        use_them(&mut Ports {
            flows: &Flows,
            new_id: &mut || self.next(),
        })
    }
}

fn part(flow: &str, first: u64, frames: u64) -> Part {
    Part {
        title: format!("title of {flow}"),
        flow_id: flow.to_owned(),
        source_id: format!("source of {flow}"),
        first,
        frames,
        rate: Some(FrameRate::FPS_25),
        sound: true,
    }
}

/// A track made of words: `A0+3` three frames of flow A from frame 0 on, `.2` a gap of two frames.
fn track(words: &str, ids: &mut Ids) -> Track {
    let mut track = Track::new(TrackKind::Video, "V1");
    for word in words.split_whitespace() {
        let (made, gap) = match word.strip_prefix('.') {
            Some(frames) => (part("Z", 0, frames.parse().unwrap()), true),
            None => {
                let (flow, frames) = word.split_at(1);
                let (first, frames) = frames.split_once('+').unwrap();
                let part = part(flow, first.parse().unwrap(), frames.parse().unwrap());
                (part, false)
            }
        };
        let id = ids.ports(|ports| track.append(made, ports)).unwrap();
        if gap {
            track.lift(&[id]).unwrap();
        }
    }
    track
}

/// The words of a track.
fn words(track: &Track) -> String {
    let words = track.items().iter().map(|item| match item {
        Item::Gap(gap) => format!(".{}", gap.frames),
        Item::Clip(clip) => format!("{}{}+{}", clip.flow_id, clip.first, clip.frames),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The id of the clip at a place among the clips.
fn id(track: &Track, index: usize) -> Uuid {
    track.clips().nth(index).unwrap().clip.id
}
