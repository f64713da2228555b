//! Media indexes made up for planning: no bytes, only structure and exact times.

use std::ops::Range;
use std::sync::Arc;

use conform::{
    AccessUnit, AudioFrame, AudioTrack, Clip, Container, CutPlan, Edit, Location, Mark, MediaIndex,
    SequenceFacts, Source, SourceObject, UnitKind, VideoConfig, VideoTrack, constant_rate,
};
use mediatime::{FrameRate, RationalTime, Timestamp};

/// Samples in an AAC frame.
const AAC: u32 = 1024;

/// Pictures from one key frame to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GopSpec {
    pub(crate) frames: usize,
    /// B-frames between two others.
    pub(crate) bframes: usize,
    /// Begins with a recovery point whose leading pictures need the GOP before.
    pub(crate) open: bool,
}

/// The sound beside the pictures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SoundSpec {
    pub(crate) rate: u32,
    pub(crate) channels: u16,
    /// Where the first coded frame begins, in samples from the first shown picture.
    pub(crate) starts: i64,
}

/// One medium.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    /// Of HEVC, GOPs begin at recovery points too.
    pub(crate) codec: &'static str,
    pub(crate) rate: (u32, u32),
    /// Ticks per second of frame times.
    pub(crate) scale: u32,
    pub(crate) gops: Vec<GopSpec>,
    /// Pictures at the head that an edit list hides.
    pub(crate) hidden: usize,
    /// Tells parameter sets apart.
    pub(crate) config: u8,
    pub(crate) size: (u32, u32),
    pub(crate) sound: Option<SoundSpec>,
}

impl Spec {
    /// 25 fps with sound at 48 kHz, one GOP for each length, no B-frames.
    pub(crate) fn plain(gops: &[usize]) -> Self {
        Self {
            codec: "h264",
            rate: (25, 1),
            scale: 12_800,
            gops: gops
                .iter()
                .map(|&frames| GopSpec {
                    frames,
                    bframes: 0,
                    open: false,
                })
                .collect(),
            hidden: 0,
            config: 1,
            size: (640, 360),
            sound: Some(SoundSpec {
                rate: 48_000,
                channels: 2,
                starts: 0,
            }),
        }
    }

    pub(crate) fn frame_rate(&self) -> FrameRate {
        FrameRate::new(self.rate.0, self.rate.1).unwrap()
    }

    /// Frames that are shown.
    pub(crate) fn shown(&self) -> usize {
        self.gops.iter().map(|gop| gop.frames).sum::<usize>() - self.hidden
    }

    /// When the `k`-th shown frame is shown, in ticks; negative `k` are hidden ones.
    pub(crate) fn ticks(&self, k: i64) -> i64 {
        let (num, den) = (i64::from(self.rate.0), i64::from(self.rate.1));
        (2 * k * den * i64::from(self.scale) + num).div_euclid(2 * num)
    }

    /// The whole medium as one object.
    pub(crate) fn index(&self) -> MediaIndex {
        self.part(0..self.gops.len(), 0)
    }

    /// The GOPs in `range` as an object, its times `shift` seconds later than those of the medium.
    pub(crate) fn part(&self, range: Range<usize>, shift: i64) -> MediaIndex {
        let hidden = i64::try_from(self.hidden).unwrap();
        let mut first = -hidden;
        let mut decoded = -hidden;
        let mut units = Vec::new();
        for (number, gop) in self.gops.iter().enumerate() {
            let frames = i64::try_from(gop.frames).unwrap();
            for (place, position) in decode_order(gop).into_iter().enumerate() {
                let k = first + i64::try_from(position).unwrap();
                let kind = match (place, gop.open) {
                    (0, false) => UnitKind::Idr,
                    (0, true) => UnitKind::Recovery,
                    _ => UnitKind::Delta,
                };
                if range.contains(&number) {
                    units.push(AccessUnit {
                        pts: self.ticks(k) + shift * i64::from(self.scale),
                        dts: self.ticks(decoded - 4) + shift * i64::from(self.scale),
                        duration: u32::try_from(self.ticks(k + 1) - self.ticks(k)).unwrap(),
                        location: Location {
                            offset: 1000 * units.len() as u64,
                            len: 1000,
                            skip: 0,
                        },
                        sample_size: 1000,
                        kind,
                        config: 0,
                        presented: k >= 0,
                    });
                }
                decoded += 1;
            }
            first += frames;
        }
        let mut shown: Vec<i64> = units
            .iter()
            .filter(|unit| unit.presented)
            .map(|unit| unit.pts)
            .collect();
        shown.sort_unstable();
        let time = |pts| RationalTime::from_ticks(pts, self.scale).unwrap();
        let covers = shown.first().map(|first| {
            let last = units
                .iter()
                .filter(|unit| unit.presented)
                .max_by_key(|unit| unit.pts);
            let last = last.unwrap();
            (time(*first), time(last.pts + i64::from(last.duration)))
        });
        MediaIndex {
            container: Container::Mp4,
            size: 1000 * units.len() as u64,
            video: Some(VideoTrack {
                track_id: 1,
                codec: self.codec.to_owned(),
                time_scale: self.scale,
                configs: vec![config(self.config, self.size)],
                rotation: 0,
                pixel_aspect: None,
                frame_rate: constant_rate(&shown, self.scale),
                units,
            }),
            audio: self
                .sound
                .zip(covers)
                .map(|(sound, covers)| sound_track(sound, covers, shift)),
            unused_tracks: Vec::new(),
            timecode: None,
        }
    }

    /// The medium as a plain file.
    pub(crate) fn file(&self, name: &str) -> Arc<Source> {
        Arc::new(Source::file(name.to_owned(), Arc::new(self.index())))
    }

    /// The medium as stored segments of `gops` GOPs each, their own clocks `shift` seconds late.
    pub(crate) fn segments(&self, gops: usize, shift: i64) -> Vec<SourceObject> {
        let mut first = 0;
        let mut objects = Vec::new();
        let starts: Vec<usize> = (0..self.gops.len()).step_by(gops.max(1)).collect();
        for (number, &from) in starts.iter().enumerate() {
            let to = (from + gops.max(1)).min(self.gops.len());
            let frames: usize = self.gops[from..to].iter().map(|gop| gop.frames).sum();
            let at = |k: usize| {
                let ticks = self.ticks(i64::try_from(k).unwrap());
                RationalTime::from_ticks(ticks, self.scale)
                    .unwrap()
                    .to_timestamp()
                    .to_rational()
            };
            objects.push(SourceObject {
                object_id: format!("object-{number}"),
                flow_id: Some("flow-1".to_owned()),
                index: Arc::new(self.part(from..to, shift)),
                offset: RationalTime::from_ticks(-shift, 1).unwrap(),
                range: Some((at(first), at(first + frames))),
            });
            first += frames;
        }
        objects
    }
}

/// Positions within the GOP in the order in which they are decoded.
fn decode_order(gop: &GopSpec) -> Vec<usize> {
    let step = gop.bframes + 1;
    let mut anchor = if gop.open {
        gop.bframes.min(gop.frames - 1)
    } else {
        0
    };
    let mut order = vec![anchor];
    order.extend(0..anchor);
    while anchor + 1 < gop.frames {
        let next = (anchor + step).min(gop.frames - 1);
        order.push(next);
        order.extend(anchor + 1..next);
        anchor = next;
    }
    order
}

fn config(mark: u8, (width, height): (u32, u32)) -> VideoConfig {
    VideoConfig {
        vps: Vec::new(),
        record: Vec::new(),
        sps: vec![vec![0x67, mark]],
        pps: vec![vec![0x68, mark]],
        nal_length_size: Some(4),
        facts: SequenceFacts {
            profile_idc: 100,
            constraint_flags: 0,
            level_idc: 31,
            width,
            height,
            chroma_format_idc: 1,
            bit_depth: 8,
            interlaced: false,
            num_ref_frames: 4,
            num_reorder_frames: Some(2),
            max_dec_frame_buffering: Some(4),
            pixel_aspect: (1, 1),
            colour: (2, 2, 2),
            full_range: false,
            timing: None,
        },
    }
}

/// Coded frames that begin within `covers`, on one running clock, the first at `sound.starts`.
fn sound_track(
    sound: SoundSpec,
    (start, end): (RationalTime, RationalTime),
    shift: i64,
) -> AudioTrack {
    let samples = |time: RationalTime| time.round_ticks(sound.rate) - shift * i64::from(sound.rate);
    let step = i64::from(AAC);
    let number = |sample: i64| (sample - sound.starts).div_euclid(step);
    // The head of the medium keeps what begins before its first picture.
    let first = if samples(start) == 0 {
        0
    } else {
        number(samples(start) - 1) + 1
    };
    let last = number(samples(end) - 1);
    let late = shift * i64::from(sound.rate);
    let frames: Vec<AudioFrame> = (first..=last)
        .map(|k| AudioFrame {
            pts: sound.starts + k * step + late,
            duration: AAC,
            location: Location {
                offset: 0,
                len: 300,
                skip: 0,
            },
        })
        .collect();
    let presented = match (frames.first(), frames.last()) {
        (Some(first), Some(last)) => first.pts.max(late)..last.pts + step,
        _ => 0..0,
    };
    AudioTrack {
        track_id: 2,
        codec: "aac".to_owned(),
        time_scale: sound.rate,
        sample_rate: sound.rate,
        channels: sound.channels,
        config: vec![0x11, 0x90],
        samples_per_frame: AAC,
        frames,
        presented,
        language: None,
    }
}

/// A clip by frame numbers.
pub(crate) fn clip(label: &str, source: &Arc<Source>, frames: Range<usize>) -> Clip {
    let mark = |frame: usize| Some(Mark::Frame(i64::try_from(frame).unwrap()));
    Clip {
        label: label.to_owned(),
        source: Arc::clone(source),
        mark_in: mark(frames.start),
        mark_out: mark(frames.end),
    }
}

pub(crate) fn edit(clips: impl IntoIterator<Item = Clip>) -> Edit {
    Edit::of(clips)
}

/// Nanoseconds as a time.
pub(crate) fn nanos(nanos: i128) -> Timestamp {
    Timestamp::from_nanos(nanos).unwrap()
}

/// A picture of an object: the object's id and the picture's time in ticks.
pub(crate) type Picture = (String, i64);

/// The access units of an object that lie in `[from, to)` and are shown, by their place in decode
/// order.
pub(crate) fn units_in(track: &VideoTrack, from: Timestamp, to: Timestamp) -> Vec<usize> {
    let scale = i128::from(track.time_scale);
    let inside = |pts: i64| {
        let time = i128::from(pts) * 1_000_000_000;
        from.nanos() * scale <= time && time < to.nanos() * scale
    };
    (0..track.units.len())
        .filter(|&unit| track.units[unit].presented && inside(track.units[unit].pts))
        .collect()
}

/// The pictures that a plan takes, span by span in the order in which they are shown.
pub(crate) fn taken(plan: &CutPlan, sources: &[Arc<Source>]) -> Vec<Picture> {
    let mut pictures = Vec::new();
    for piece in plan.video.iter().flat_map(|span| &span.sources) {
        let track = track_of(&piece.object_id, sources);
        let units = units_in(track, piece.mark_in, piece.mark_out);
        let mut times: Vec<i64> = units
            .into_iter()
            .map(|unit| track.units[unit].pts)
            .collect();
        times.sort_unstable();
        pictures.extend(times.into_iter().map(|pts| (piece.object_id.clone(), pts)));
    }
    pictures
}

/// The video track of the object with this id.
pub(crate) fn track_of<'a>(object_id: &str, sources: &'a [Arc<Source>]) -> &'a VideoTrack {
    sources
        .iter()
        .flat_map(|source| source.objects())
        .find(|object| object.object_id == object_id)
        .and_then(|object| object.index.video.as_ref())
        .unwrap_or_else(|| panic!("the plan names object {object_id}, which no source has"))
}

/// Every shown picture of a source in the order in which it is shown, found from the indexes alone.
pub(crate) fn shown(source: &Source) -> Vec<Picture> {
    let mut pictures: Vec<(RationalTime, Picture)> = Vec::new();
    for object in source.objects() {
        let track = object.index.video.as_ref().unwrap();
        for unit in track.units.iter().filter(|unit| unit.presented) {
            let time =
                RationalTime::from_ticks(unit.pts, track.time_scale).unwrap() + object.offset;
            pictures.push((time, (object.object_id.clone(), unit.pts)));
        }
    }
    pictures.sort();
    pictures.into_iter().map(|(_, picture)| picture).collect()
}
