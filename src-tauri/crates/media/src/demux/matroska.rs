//! Matroska and WebM (RFC 9559).
//!
//! Time stamps are rounded to the segment's tick, usually a millisecond, and there are no decode
//! times; [`times`] works out both exactly where the stream allows it.

mod blocks;
mod ebml;
mod times;
mod tracks;

use conform::{
    AccessUnit, AudioFrame, AudioTrack, Container, Location, MediaIndex, UnitKind, VideoTrack,
};
use mediatime::RationalTime;

use super::described::starts_clean;
use super::finish::{reconstruct_dts, set_durations};
use super::input::Input;
use super::pictures::{Pictures, hevc_kind};
use crate::error::{Malformed, MediaError};
use blocks::{Frame, read_block};
use ebml::{Element, Elements, id, read_element, uint};
use tracks::{Track, TrackKind, opus_samples};

/// No header element is larger than this.
const LARGEST_HEADER: u64 = 64 << 20;

/// Whether the first bytes are an EBML header.
pub(super) fn recognises(head: &[u8]) -> bool {
    head.starts_with(&[0x1a, 0x45, 0xdf, 0xa3])
}

/// Indexes the file.
pub(super) fn index(input: &mut Input<'_>) -> Result<MediaIndex, MediaError> {
    input.set_read_ahead(256 << 10);
    let segment = find_segment(input)?;
    let mut walk = Walk::new();
    walk.segment(input, segment)?;
    let Walk {
        time, mut chosen, ..
    } = walk;
    let video = match chosen.video.take() {
        Some((track, frames)) if !frames.is_empty() => {
            Some(video_track(input, track, frames, time)?)
        }
        Some((track, _)) => {
            chosen.unused.push(format!("empty video {}", track.codec));
            None
        }
        None => None,
    };
    let audio = match chosen.audio.take() {
        Some((track, frames)) if !frames.is_empty() => {
            Some(audio_track(input, track, frames, time)?)
        }
        Some((track, _)) => {
            chosen.unused.push(format!("empty audio {}", track.codec));
            None
        }
        None => None,
    };
    Ok(MediaIndex {
        container: Container::Matroska,
        size: input.size(),
        video,
        audio,
        unused_tracks: chosen.unused,
    })
}

/// Checks the EBML header and finds the segment behind it.
fn find_segment(input: &mut Input<'_>) -> Result<Element, MediaError> {
    let mut at = 0;
    while let Some(element) = read_element(input, at)? {
        let end = element.end.unwrap_or(input.size());
        match element.id {
            id::SEGMENT => return Ok(element),
            id::EBML => {
                let header = header(input, element, "the EBML header")?;
                let kind = Elements(&header).find(id::DOC_TYPE).unwrap_or_default();
                if !matches!(kind, b"matroska" | b"webm") {
                    let kind = String::from_utf8_lossy(kind).into_owned();
                    return Err(input.not_media(format!("it is EBML of type {kind:?}")));
                }
            }
            _ => {}
        }
        at = end;
    }
    Err(input.damaged(None, "it ends before its segment begins; nothing is left"))
}

fn header(input: &mut Input<'_>, element: Element, what: &str) -> Result<Vec<u8>, MediaError> {
    let Some(end) = element.end else {
        return Err(input.damaged(None, format!("{what} has no size")));
    };
    let len = end - element.body;
    if len > LARGEST_HEADER {
        return Err(input.damaged(None, format!("{what} claims to have {len} bytes")));
    }
    Ok(input.exactly(element.body, len as usize, what)?.to_vec())
}

/// Ticks of a segment as ticks of a whole number per second.
#[derive(Clone, Copy, Debug)]
struct Ticks {
    per_second: u32,
    /// How many of them one tick of the segment is.
    factor: i64,
}

impl Ticks {
    fn of(nanoseconds: u64) -> Result<Self, Malformed> {
        let second = 1_000_000_000;
        match nanoseconds {
            0 => Err(Malformed::new("the time stamp scale is 0")),
            n if n > second => Err(Malformed::new("the time stamp scale is above a second")),
            n if second % n == 0 => Ok(Self {
                per_second: (second / n) as u32,
                factor: 1,
            }),
            n => Ok(Self {
                per_second: second as u32,
                factor: n as i64,
            }),
        }
    }

    fn from_nanoseconds(self, nanoseconds: i64) -> i64 {
        times::rescale(nanoseconds, 1_000_000_000, self.per_second)
    }
}

#[derive(Default)]
struct Chosen {
    video: Option<(Track, Vec<Frame>)>,
    audio: Option<(Track, Vec<Frame>)>,
    unused: Vec<String>,
}

struct Walk {
    time: Ticks,
    chosen: Chosen,
    has_tracks: bool,
}

impl Walk {
    fn new() -> Self {
        Self {
            time: Ticks {
                per_second: 1000,
                factor: 1,
            },
            chosen: Chosen::default(),
            has_tracks: false,
        }
    }

    fn segment(&mut self, input: &mut Input<'_>, segment: Element) -> Result<(), MediaError> {
        let end = segment.end.unwrap_or(input.size());
        let mut at = segment.body;
        while at < end.min(input.size()) {
            let Some(element) = read_element(input, at)? else {
                return self.stop(input, at, segment.end.is_none());
            };
            at = match element.id {
                id::CLUSTER => self.cluster(input, element, end)?,
                id::INFO => {
                    let info = header(input, element, "the segment information")?;
                    let scale = Elements(&info).find(id::TIMESTAMP_SCALE).map(uint);
                    self.time = Ticks::of(scale.unwrap_or(1_000_000))
                        .map_err(|error| input.malformed(&error))?;
                    element.end.unwrap_or(at)
                }
                id::TRACKS if !self.has_tracks => {
                    let bytes = header(input, element, "the track list")?;
                    self.choose_tracks(input, &bytes)?;
                    element.end.unwrap_or(at)
                }
                id::EBML => {
                    return Err(input.unsupported(
                        "a file made of several recordings",
                        "use the files it was strung together from",
                    ));
                }
                _ => match element.end {
                    Some(end) => end,
                    None => return self.stop(input, at, false),
                },
            };
        }
        if at < end && segment.end.is_some() {
            return self.stop(input, at, false);
        }
        let follows = read_element(input, at)?.is_some_and(|next| next.id == id::EBML);
        if follows && at < input.size() {
            return Err(input.unsupported(
                "a file made of several recordings",
                "use the files it was strung together from",
            ));
        }
        Ok(())
    }

    /// The walk can't go on at `at`. A recording that was never finished may end anywhere, and
    /// only its last frame is lost.
    fn stop(&self, input: &Input<'_>, at: u64, unfinished: bool) -> Result<(), MediaError> {
        if unfinished {
            tracing::warn!(
                object = input.name(),
                at,
                "the recording was not finished; its last incomplete frame is left out"
            );
            return Ok(());
        }
        let left = |chosen: &Option<(Track, Vec<Frame>)>| chosen.as_ref().map_or(0, |c| c.1.len());
        Err(input.damaged(
            self.last_time(),
            format!(
                "it can't be read on at byte {at} of {}: it is cut off or overwritten there; {} \
                 frames and {} audio frames are left",
                input.size(),
                left(&self.chosen.video),
                left(&self.chosen.audio)
            ),
        ))
    }

    fn last_time(&self) -> Option<RationalTime> {
        [&self.chosen.video, &self.chosen.audio]
            .into_iter()
            .flatten()
            .filter_map(|(_, frames)| frames.last())
            .map(|frame| frame.ticks)
            .max()
            .and_then(|ticks| RationalTime::from_ticks(ticks, self.time.per_second))
    }

    fn choose_tracks(&mut self, input: &Input<'_>, bytes: &[u8]) -> Result<(), MediaError> {
        self.has_tracks = true;
        for entry in Elements(bytes) {
            let (kind, entry) = entry.map_err(|error| input.malformed(&error))?;
            if kind != id::TRACK_ENTRY {
                continue;
            }
            let track = Track::parse(entry).map_err(|error| input.malformed(&error))?;
            let slot = match track.kind {
                TrackKind::Video => &mut self.chosen.video,
                TrackKind::Audio => &mut self.chosen.audio,
                TrackKind::Other(kind) => {
                    self.chosen.unused.push(format!("{kind} {}", track.codec));
                    continue;
                }
            };
            if slot.is_some() {
                let kind = if matches!(track.kind, TrackKind::Video) {
                    "video"
                } else {
                    "audio"
                };
                self.chosen
                    .unused
                    .push(format!("second {kind} {}", track.codec));
                continue;
            }
            if let Some(what) = &track.unsupported {
                return Err(input.unsupported(
                    what.clone(),
                    "remux the file without it, for example with mkvmerge --compression -1:none",
                ));
            }
            *slot = Some((track, Vec::new()));
        }
        Ok(())
    }

    /// Walks a cluster; the result is where it ends.
    fn cluster(
        &mut self,
        input: &mut Input<'_>,
        cluster: Element,
        segment_end: u64,
    ) -> Result<u64, MediaError> {
        let sized = cluster.end.is_some();
        let end = cluster.end.unwrap_or(segment_end);
        let mut base = None;
        let mut at = cluster.body;
        while at < end {
            let Some(element) = read_element(input, at)?.filter(|e| sized || !e.is_top_level())
            else {
                break;
            };
            let Some(element_end) = element.end.filter(|e| *e <= end.min(input.size())) else {
                self.stop(input, at, !sized)?;
                return Ok(input.size());
            };
            match element.id {
                id::TIMESTAMP => {
                    let value =
                        input.peek(element.body, (element_end - element.body).min(8) as usize)?;
                    base = i64::try_from(uint(value)).ok();
                }
                id::SIMPLE_BLOCK | id::BLOCK_GROUP => {
                    let base = base.ok_or_else(|| {
                        input.damaged(None, format!("the cluster at byte {at} has no time"))
                    })?;
                    self.block(input, element, element_end, base)?;
                }
                _ => {}
            }
            at = element_end;
        }
        if sized && at < end {
            self.stop(input, at, false)?;
        }
        Ok(at)
    }

    fn block(
        &mut self,
        input: &mut Input<'_>,
        element: Element,
        end: u64,
        base: i64,
    ) -> Result<(), MediaError> {
        let block = read_block(input, element, end).map_err(|problem| match problem {
            blocks::Problem::Malformed(error) => input.damaged(
                self.last_time(),
                format!("the block at byte {}: {error}", element.start),
            ),
            blocks::Problem::Media(error) => error,
        })?;
        let Some(block) = block else {
            return Ok(());
        };
        let slots = [&mut self.chosen.video, &mut self.chosen.audio];
        let Some((_, frames)) = slots
            .into_iter()
            .flatten()
            .find(|(track, _)| track.number == block.track)
        else {
            return Ok(());
        };
        let ticks = base
            .checked_add(i64::from(block.time))
            .and_then(|ticks| ticks.checked_mul(self.time.factor));
        let Some(ticks) = ticks else {
            return Err(input.damaged(None, "a cluster's time is outside of time"));
        };
        for (lace, (offset, len)) in block.frames.iter().enumerate() {
            frames.push(Frame {
                ticks,
                lace: lace as u32,
                location: Location {
                    offset: *offset,
                    len: *len,
                    skip: 0,
                },
                key: block.key,
                duration: block.duration.map(|d| {
                    i64::try_from(d)
                        .unwrap_or(i64::MAX)
                        .saturating_mul(self.time.factor)
                }),
                discard: block.discard,
            });
        }
        Ok(())
    }
}

fn video_track(
    input: &mut Input<'_>,
    track: Track,
    frames: Vec<Frame>,
    time: Ticks,
) -> Result<VideoTrack, MediaError> {
    input.set_read_ahead(16 << 10);
    let malformed = |input: &Input<'_>, error: &Malformed| {
        input.damaged(None, format!("video track {}: {error}", track.number))
    };
    let (config, length_size) = track
        .video_config()
        .map_err(|error| malformed(input, &error))?;
    let declared = track.pixel_aspect();
    let raw: Vec<i64> = frames.iter().map(|frame| frame.ticks).collect();
    let snapped = times::snap_video(&raw, time.per_second, track.default_duration);
    let is_h264 = track.codec == "h264";
    let mut pictures = Pictures::new(
        config.into_iter().collect(),
        length_size.unwrap_or(4),
        is_h264,
    )
    .map_err(|error| malformed(input, &error))?;
    let mut units = Vec::with_capacity(frames.len());
    for (frame, pts) in frames.iter().zip(&snapped.pts) {
        let location = frame.location;
        let kind = match (frame.key, track.codec.as_str(), length_size) {
            (false, ..) => UnitKind::Delta,
            (true, "h264", _) => pictures.examine(input, location.offset, location.len, true)?,
            (true, "hevc", Some(size)) => hevc_kind(input, location.offset, location.len, size)?,
            (true, codec, _) if starts_clean(codec) => UnitKind::Idr,
            _ => UnitKind::Recovery,
        };
        let duration = frame
            .duration
            .map(|ticks| times::rescale(ticks, time.per_second, snapped.time_scale))
            .or(snapped.frame_ticks)
            .unwrap_or(0);
        units.push(AccessUnit {
            pts: *pts,
            dts: *pts,
            duration: u32::try_from(duration).unwrap_or(0),
            location,
            kind,
            config: pictures.current(),
            presented: true,
        });
    }
    let Some(first) = pictures.configs.first() else {
        let error = Malformed::new("there are no parameter sets, so nothing can be decoded");
        return Err(malformed(input, &error));
    };
    let coded = is_h264.then_some(first.facts.pixel_aspect);
    reconstruct_dts(&mut units);
    let frame_rate = set_durations(&mut units, snapped.time_scale, 0);
    Ok(VideoTrack {
        track_id: track.number,
        time_scale: snapped.time_scale,
        configs: pictures.configs,
        rotation: 0,
        pixel_aspect: declared.or(coded),
        frame_rate,
        units,
        codec: track.codec,
    })
}

fn audio_track(
    input: &mut Input<'_>,
    track: Track,
    frames: Vec<Frame>,
    time: Ticks,
) -> Result<AudioTrack, MediaError> {
    let sound = track.sound();
    let per_frame = match (sound.samples_per_frame, frames.first()) {
        (Some(samples), _) => samples,
        (None, Some(first)) if track.codec == "opus" => {
            opus_samples(input.peek(first.location.offset, 2)?).unwrap_or(0)
        }
        _ => 0,
    };
    let samples: Vec<u32> = frames
        .iter()
        .map(|frame| match sound.bytes_per_sample {
            Some(bytes) => frame.location.len / bytes,
            None => per_frame,
        })
        .collect();
    let laced: Vec<(i64, u32)> = frames
        .iter()
        .map(|frame| (frame.ticks, frame.lace))
        .collect();
    let snapped = times::snap_audio(&laced, time.per_second, sound.sample_rate, &samples)
        .unwrap_or_else(|| {
            let step = track
                .default_duration
                .and_then(|ns| i64::try_from(ns).ok())
                .map_or_else(
                    || times::rescale(i64::from(per_frame), sound.sample_rate, time.per_second),
                    |ns| time.from_nanoseconds(ns),
                );
            times::unsnapped_audio(&laced, time.per_second, step)
        });
    // RFC 9559 §5.1.4.1.25: the delay is taken off every time stamp.
    let delay = times::rescale(
        i64::try_from(track.codec_delay).unwrap_or(0),
        1_000_000_000,
        snapped.time_scale,
    );
    let mut audio_frames: Vec<AudioFrame> = frames
        .iter()
        .zip(&snapped.pts)
        .map(|(frame, pts)| AudioFrame {
            pts: pts.saturating_sub(delay),
            duration: 0,
            location: frame.location,
        })
        .collect();
    let discard = frames.last().map_or(0, |frame| {
        times::rescale(frame.discard, 1_000_000_000, snapped.time_scale).max(0)
    });
    let counted = samples
        .last()
        .filter(|_| snapped.time_scale == sound.sample_rate);
    let last_duration = match counted {
        Some(samples) if *samples > 0 => Some(i64::from(*samples)),
        _ => frames.last().and_then(|frame| frame.duration).map(|ticks| {
            times::rescale(ticks, time.per_second, snapped.time_scale).saturating_add(discard)
        }),
    };
    audio_frames.sort_by_key(|frame| frame.pts);
    set_audio_durations(&mut audio_frames, snapped.frame_ticks, last_duration);
    let first = audio_frames.first().map_or(0, |frame| frame.pts);
    let end = audio_frames.last().map_or(0, |frame| {
        frame.pts.saturating_add(i64::from(frame.duration))
    });
    let start = first.saturating_add(delay);
    let samples_per_frame = if per_frame > 0 {
        per_frame
    } else {
        let ticks = audio_frames
            .first()
            .map_or(0, |frame| i64::from(frame.duration));
        let samples = times::rescale(ticks, snapped.time_scale, sound.sample_rate);
        u32::try_from(samples).unwrap_or(0)
    };
    Ok(AudioTrack {
        track_id: track.number,
        codec: track.codec,
        time_scale: snapped.time_scale,
        sample_rate: sound.sample_rate,
        channels: sound.channels,
        config: sound.config,
        samples_per_frame,
        frames: audio_frames,
        presented: start..end.saturating_sub(discard).max(start),
    })
}

/// `fixed` is what every frame lasts, when the codec says so; else a frame lasts until the next, and
/// the last one as long as its block or the one before.
fn set_audio_durations(frames: &mut [AudioFrame], fixed: Option<i64>, last: Option<i64>) {
    let starts: Vec<i64> = frames.iter().skip(1).map(|frame| frame.pts).collect();
    let mut step = 0;
    for (i, frame) in frames.iter_mut().enumerate() {
        let next = starts.get(i).map(|next| next.saturating_sub(frame.pts));
        step = fixed.or(next).or(last).unwrap_or(step);
        frame.duration = u32::try_from(step).unwrap_or(0);
    }
}
