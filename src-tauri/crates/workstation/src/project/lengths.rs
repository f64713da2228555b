//! The timeline counts as many frames as the planner, whatever the rates.

use conform::{
    AccessUnit, Clip, Container, Edit, Location, Mark, MediaIndex, Options, SequenceFacts, Source,
    SourceObject, UnitKind, VideoConfig, VideoTrack, conform, constant_rate,
};
use mediatime::{FrameRate, RationalTime, TimeRange, Timestamp};
use proptest::prelude::*;
use std::sync::Arc;
use timeline::{FlowFrames, Part, Ports, Track, TrackKind};
use uuid::Uuid;

/// Frames of each flow.
const FRAMES: u16 = 120;

/// How a flow's frames lie in time.
#[derive(Clone, Debug)]
enum Times {
    /// On the grid of a rate, rounded to ticks.
    Even((u32, u32)),
    /// So many milliseconds each, repeated.
    Uneven(Vec<u16>),
}

#[derive(Clone, Debug)]
struct FlowSpec {
    times: Times,
    /// Ticks a second.
    scale: u32,
    /// Where its first frame lies on its timeline.
    begins: i64,
}

fn flow_specs() -> impl Strategy<Value = FlowSpec> {
    let rates = [
        (25, 2),
        (24_000, 1001),
        (24, 1),
        (25, 1),
        (30_000, 1001),
        (30, 1),
        (50, 1),
        (60_000, 1001),
        (60, 1),
        (17, 1),
    ];
    let even = prop::sample::select(rates.to_vec()).prop_map(Times::Even);
    let uneven = prop::collection::vec(1..200_u16, 2..6).prop_map(Times::Uneven);
    let scale = prop::sample::select(vec![600, 1000, 12_800, 16_000, 30_000, 90_000]);
    (
        prop_oneof![3 => even, 1 => uneven],
        scale,
        0..4_000_000_000_i64,
    )
        .prop_map(|(times, scale, begins)| FlowSpec {
            times,
            scale,
            begins,
        })
}

fn flow(number: usize, spec: &FlowSpec) -> Arc<Source> {
    let scale = i64::from(spec.scale);
    let mut ticks = vec![0_i64];
    for k in 0..i64::from(FRAMES) {
        let next = match &spec.times {
            Times::Even((num, den)) => {
                let (num, den) = (i64::from(*num), i64::from(*den));
                (2 * (k + 1) * den * scale + num).div_euclid(2 * num)
            }
            Times::Uneven(millis) => {
                let length = millis[usize::try_from(k).unwrap() % millis.len()];
                ticks.last().unwrap() + i64::from(length) * scale / 1000 + 1
            }
        };
        ticks.push(next);
    }
    let units: Vec<AccessUnit> = ticks
        .windows(2)
        .map(|pair| AccessUnit {
            pts: pair[0],
            dts: pair[0],
            duration: u32::try_from(pair[1] - pair[0]).unwrap(),
            location: Location {
                offset: 0,
                len: 1000,
                skip: 0,
            },
            sample_size: 1000,
            kind: UnitKind::Idr,
            config: 0,
            presented: true,
        })
        .collect();
    let track = VideoTrack {
        track_id: 1,
        codec: "h264".to_owned(),
        time_scale: spec.scale,
        configs: vec![config()],
        rotation: 0,
        pixel_aspect: None,
        frame_rate: constant_rate(&ticks[..ticks.len() - 1], spec.scale),
        units,
    };
    let begins = RationalTime::from(Timestamp::from_nanos(i128::from(spec.begins)).unwrap());
    let end = RationalTime::from_ticks(*ticks.last().unwrap(), spec.scale).unwrap();
    let object = SourceObject {
        object_id: format!("object of {number}"),
        flow_id: Some(number.to_string()),
        index: Arc::new(MediaIndex {
            container: Container::Mp4,
            size: 1,
            video: Some(track),
            audio: None,
            unused_tracks: Vec::new(),
            timecode: None,
        }),
        offset: begins,
        range: Some((begins, begins + end)),
    };
    Arc::new(Source::flow(vec![object], begins.to_timestamp()))
}

fn config() -> VideoConfig {
    VideoConfig {
        vps: Vec::new(),
        record: Vec::new(),
        sps: vec![vec![0x67]],
        pps: vec![vec![0x68]],
        nal_length_size: Some(4),
        facts: SequenceFacts {
            profile_idc: 100,
            constraint_flags: 0,
            level_idc: 31,
            width: 640,
            height: 360,
            chroma_format_idc: 1,
            bit_depth: 8,
            interlaced: false,
            num_ref_frames: 1,
            num_reorder_frames: Some(0),
            max_dec_frame_buffering: Some(1),
            pixel_aspect: (1, 1),
            colour: (2, 2, 2),
            full_range: false,
            timing: None,
        },
    }
}

/// Flows by number.
struct Flows(Vec<Arc<Source>>);

impl Flows {
    fn get(&self, flow_id: &str) -> &Arc<Source> {
        &self.0[flow_id.parse::<usize>().unwrap()]
    }
}

impl FlowFrames for Flows {
    fn frames(&self, flow_id: &str) -> Option<u64> {
        Some(self.get(flow_id).frames().len() as u64)
    }

    fn timerange(&self, flow_id: &str, first: u64, frames: u64) -> Option<TimeRange> {
        let first = usize::try_from(first).ok()?;
        let end = first + usize::try_from(frames).ok()?;
        self.get(flow_id).timerange(first..end)
    }
}

/// Frames in the plan of a track's first clips.
fn planned(track: &Track, flows: &Flows, clips: usize) -> (u64, Option<FrameRate>) {
    let mut cut = Vec::new();
    for placed in track.clips().take(clips) {
        let clip = placed.clip;
        let at = |frame: u64| Some(Mark::Frame(i64::try_from(frame).unwrap()));
        cut.push(Clip {
            label: clip.title.clone(),
            source: Arc::clone(flows.get(&clip.flow_id)),
            mark_in: at(clip.first),
            mark_out: at(clip.first + clip.frames),
        });
    }
    let (plan, _) = conform(&Edit::of(cut), &Options::default()).unwrap();
    let spans: u64 = plan.video.iter().map(|span| span.frames).sum();
    assert_eq!(plan.frames, spans);
    (plan.frames, plan.frame_rate)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_timeline_is_as_long_as_the_plan(
        specs in prop::collection::vec(flow_specs(), 1..4),
        parts in prop::collection::vec((0..3_usize, 0..100_u64, 1..=20_u64), 1..8),
        split in 0..1000_u64,
        moved in 0..8_usize,
    ) {
        let sources = specs.iter().enumerate();
        let flows = Flows(sources.map(|(number, spec)| flow(number, spec)).collect());
        let mut track = Track::new(TrackKind::Video, "V1");
        let mut ids = 0;
        let mut ports = Ports {
            flows: &flows,
            new_id: &mut || {
                ids += 1;
                Uuid::from_u128(ids)
            },
        };
        for (flow, first, frames) in &parts {
            let flow_id = (flow % specs.len()).to_string();
            let part = Part {
                title: flow_id.clone(),
                source_id: String::new(),
                first: *first,
                frames: *frames,
                rate: flows.get(&flow_id).frame_rate(),
                sound: false,
                flow_id,
            };
            track.append(part, &mut ports).unwrap();
        }
        // Where nothing can be split the track stays as it is.
        let at = track.length() * split / 1000;
        let _ = track.split(at, &mut ports);
        let id = track.clips().nth(moved % parts.len()).map(|placed| placed.clip.id);
        track.move_clip(id.unwrap(), 0).unwrap();
        let ends: Vec<u64> = track.clips().map(|placed| placed.range().end).collect();
        for (clips, end) in (1..).zip(&ends) {
            let (frames, rate) = planned(&track, &flows, clips);
            prop_assert_eq!(frames, *end, "{} clips", clips);
            prop_assert_eq!(rate, track.frame_rate());
        }
        prop_assert_eq!(ends.last(), Some(&track.length()));
    }
}
