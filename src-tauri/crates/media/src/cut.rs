//! Cutting a file into stored segments: at key frames, without touching a picture.
//!
//! Each segment is a self-contained fragmented MP4 of complete GOPs. Its media timeline is the
//! flow's plus a whole number of seconds, so that no time is negative and every offset is exact in
//! nanoseconds as well as in ticks.

use crate::aac::AdtsHeader;
use crate::codec::decoder_unit;
use crate::demux::{TrackKind, UnitReader};
use crate::mux::{
    AudioFormat, SegmentAudio, SegmentSample, SegmentVideo, VideoCoding, VideoFormat, write_segment,
};
use crate::{MediaError, MediaObject, coding};
use conform::{AudioTrack, Container, UnitKind, VideoCodec, VideoConfig, VideoTrack};
use mediatime::{RationalTime, Timestamp};
use std::io::{Seek, Write};
use std::ops::Range;

/// Coded audio frames kept in front of the first picture: what decoders need to begin clean.
const LEAD_FRAMES: i64 = 2;

/// One segment to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentCut {
    /// On the flow's timeline, where the first presented frame is at 0.
    pub start: RationalTime,
    /// On the flow's timeline; the next segment's start.
    pub end: RationalTime,
    /// Pictures shown.
    pub frames: u64,
    /// Key frames.
    pub key_frames: u64,
    /// How long the last frame is shown.
    pub last_duration: RationalTime,
    units: Range<usize>,
    audio: Range<usize>,
}

/// A file and where to cut it.
#[derive(Debug)]
pub struct Cutter {
    object: MediaObject,
    name: String,
    cuts: Vec<SegmentCut>,
    /// Whole seconds between the flow's timeline and that of the objects.
    shift: i64,
    /// Start of each audio frame on the objects' timeline, in samples.
    audio_starts: Vec<i64>,
}

impl Cutter {
    /// Plans the cuts: a segment ends at the first key frame that is at least `duration` behind its
    /// start, so a GOP that is longer is one segment.
    ///
    /// # Errors
    /// No video, or sound or pictures of a kind that segments can't hold yet.
    pub fn new(
        object: MediaObject,
        name: &str,
        duration: RationalTime,
    ) -> Result<Self, MediaError> {
        let unsupported = |what: String, hint: &str| MediaError::Unsupported {
            object: name.to_owned(),
            what,
            hint: hint.to_owned(),
        };
        let track = object.index.video.as_ref().ok_or_else(|| {
            unsupported(
                "a file without video".to_owned(),
                "ingest a file with video",
            )
        })?;
        let config = track.configs.first();
        if config.is_none_or(|config| coding_of(track, config).is_none()) {
            let what = format!("video in {}", track.codec);
            return Err(unsupported(
                what,
                "ingest H.264, HEVC, AV1, ProRes or DNxHD in MP4, MOV or Matroska",
            ));
        }
        if let Some(audio) = &object.index.audio
            && audio.codec != "aac"
        {
            let what = format!("sound in {}", audio.codec);
            return Err(unsupported(
                what,
                "ingest a file with AAC sound, or without sound",
            ));
        }
        let shown = track.presented();
        let (Some(first), Some(last)) = (shown.first(), shown.last()) else {
            return Err(unsupported(
                "a file that shows no frame".to_owned(),
                "check the file",
            ));
        };
        let origin = track.units[*first].pts;
        let last_unit = &track.units[*last];
        let end = last_unit.pts + i64::from(last_unit.duration);
        let mut cuts = cut_pictures(track, origin, end, duration);
        let audio = object.index.audio.as_ref();
        let shift = shift(track, origin, audio);
        let audio_starts = audio.map_or_else(Vec::new, |audio| {
            audio_starts(audio, track.time(origin), shift)
        });
        if let Some(audio) = audio {
            assign_sound(&mut cuts, audio, track.time(origin));
        }
        Ok(Self {
            object,
            name: name.to_owned(),
            cuts,
            shift,
            audio_starts,
        })
    }

    /// The segments in order.
    #[must_use]
    pub fn cuts(&self) -> &[SegmentCut] {
        &self.cuts
    }

    /// TAMS `ts_offset`: flow time = time on the object's own timeline + this.
    #[must_use]
    pub fn ts_offset(&self) -> Timestamp {
        Timestamp::from_secs(-self.shift).unwrap_or(Timestamp::ZERO)
    }

    /// Sound that lies behind the last picture and is not stored.
    #[must_use]
    pub fn dropped_sound(&self) -> RationalTime {
        let Some((audio, last)) = self.object.index.audio.as_ref().zip(self.cuts.last()) else {
            return RationalTime::ZERO;
        };
        // What an edit list trims off the last frame is padding, not sound.
        let end = |frame: &conform::AudioFrame| {
            let end = frame.pts + i64::from(frame.duration);
            audio.time(end.min(audio.presented.end))
        };
        let kept = audio.frames.get(last.audio.end.saturating_sub(1));
        match (kept, audio.frames.last()) {
            (Some(kept), Some(newest)) => end(newest) - end(kept),
            _ => RationalTime::ZERO,
        }
    }

    /// Writes one segment; returns its size.
    ///
    /// # Errors
    /// Reading or writing fails, or the file is damaged.
    pub fn write<W: Write + Seek>(&self, cut: &SegmentCut, out: &mut W) -> Result<u64, MediaError> {
        let track = self
            .object
            .index
            .video
            .as_ref()
            .ok_or_else(|| self.changed())?;
        let units = track
            .units
            .get(cut.units.clone())
            .ok_or_else(|| self.changed())?;
        let first = units.first().ok_or_else(|| self.changed())?;
        let config = track
            .configs
            .get(usize::from(first.config))
            .ok_or_else(|| self.changed())?;
        let mut stored = config.clone();
        stored.nal_length_size = Some(4);
        let format = VideoFormat {
            width: config.facts.width,
            height: config.facts.height,
            pixel_aspect: track.pixel_aspect.unwrap_or(config.facts.pixel_aspect),
            rotation: track.rotation,
            time_scale: track.time_scale,
            coding: coding_of(track, &stored).ok_or_else(|| self.changed())?,
            colour: config.facts.colour,
            full_range: config.facts.full_range,
        };
        let origin = self.origin(track);
        let shift = self.shift.saturating_mul(i64::from(track.time_scale));
        let place = |ticks: i64| (ticks - origin).saturating_add(shift);
        let video = SegmentVideo {
            format: &format,
            samples: units
                .iter()
                .map(|unit| SegmentSample {
                    dts: place(unit.dts),
                    pts: place(unit.pts),
                    duration: unit.duration,
                    sync: unit.kind != UnitKind::Delta,
                })
                .collect(),
        };
        let audio_format = self.object.index.audio.as_ref().map(|audio| AudioFormat {
            language: audio.language.clone(),
            sample_rate: audio.sample_rate,
            channels: audio.channels,
            config: audio.config.clone(),
            bit_rate: 0,
        });
        let audio = self.object.index.audio.as_ref().zip(audio_format.as_ref());
        let audio = audio.map(|(track, format)| SegmentAudio {
            format,
            samples: cut
                .audio
                .clone()
                .filter_map(|i| self.audio_starts.get(i))
                .map(|start| SegmentSample {
                    dts: *start,
                    pts: *start,
                    duration: track.samples_per_frame,
                    sync: true,
                })
                .collect(),
        });
        let mut pictures = self.object.reader()?;
        let mut sounds = self.object.reader()?;
        let mut bytes = Vec::new();
        write_segment(
            out,
            &video,
            audio.as_ref(),
            |number, out| {
                let unit = units.get(number).ok_or_else(|| self.changed())?;
                pictures.read(TrackKind::Video, &unit.location, &mut bytes)?;
                let at = Some(track.time(unit.pts));
                decoder_unit(&track.codec, &bytes, config, out)
                    .map_err(|error| MediaError::damaged(&self.name, at, &error))
            },
            |number, out| self.read_sound(&mut sounds, cut.audio.start + number, out),
        )
    }

    fn read_sound(
        &self,
        reader: &mut UnitReader,
        index: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), MediaError> {
        let track = self
            .object
            .index
            .audio
            .as_ref()
            .ok_or_else(|| self.changed())?;
        let frame = track.frames.get(index).ok_or_else(|| self.changed())?;
        reader.read(TrackKind::Audio, &frame.location, out)?;
        if self.object.index.container == Container::MpegTs
            && let Some(header) = AdtsHeader::parse(out)
        {
            out.drain(..usize::from(header.header_len).min(out.len()));
        }
        Ok(())
    }

    fn origin(&self, track: &VideoTrack) -> i64 {
        track.presented().first().map_or(0, |i| track.units[*i].pts)
    }

    fn changed(&self) -> MediaError {
        MediaError::Damaged {
            object: self.name.clone(),
            at: None,
            why: "its index does not fit".to_owned(),
        }
    }
}

/// How pictures of a track with these parameter sets are told; `None` where a segment can't.
fn coding_of(track: &VideoTrack, config: &VideoConfig) -> Option<VideoCoding> {
    match VideoCodec::of(&track.codec) {
        Some(codec) => {
            let record = coding::build_record(codec, config).ok()?;
            Some(VideoCoding::of(codec, record))
        }
        None => VideoCoding::other(&track.codec, &config.record),
    }
}

fn cut_pictures(
    track: &VideoTrack,
    origin: i64,
    end: i64,
    duration: RationalTime,
) -> Vec<SegmentCut> {
    let time = |ticks: i64| track.time(ticks - origin);
    // A key frame that is early by rounding still ends the segment.
    let half_frame = track.frame_rate.map_or(RationalTime::ZERO, |rate| {
        let frame = rate.frame_duration();
        RationalTime::new(frame.num(), frame.den().saturating_mul(2)).unwrap_or(RationalTime::ZERO)
    });
    let mut starts = vec![0];
    let mut segment_start = RationalTime::ZERO;
    for (i, unit) in track.units.iter().enumerate().skip(1) {
        let other_sets = track.units[i - 1].config != unit.config;
        let due = segment_start + duration <= time(unit.pts) + half_frame;
        // Hidden pictures in front of the first presented one belong to the first segment.
        if is_clean_start(track, i) && unit.pts > origin && (due || other_sets) {
            starts.push(i);
            segment_start = time(unit.pts);
        }
    }
    let mut cuts = Vec::with_capacity(starts.len());
    for (number, from) in starts.iter().enumerate() {
        let to = starts.get(number + 1).copied().unwrap_or(track.units.len());
        let units = track.units.get(*from..to).unwrap_or_default();
        let last = units
            .iter()
            .filter(|unit| unit.presented)
            .max_by_key(|unit| unit.pts);
        let start = if number == 0 {
            RationalTime::ZERO
        } else {
            time(track.units[*from].pts)
        };
        let end = track.units.get(to).map_or(time(end), |next| time(next.pts));
        cuts.push(SegmentCut {
            start,
            end,
            frames: units.iter().filter(|unit| unit.presented).count() as u64,
            key_frames: units
                .iter()
                .filter(|unit| unit.kind != UnitKind::Delta)
                .count() as u64,
            last_duration: last.map_or(RationalTime::ZERO, |last| end - time(last.pts)),
            units: *from..to,
            audio: 0..0,
        });
    }
    cuts
}

/// Whether a segment may begin at a unit: nothing in it refers to, or is shown before, what is in
/// front. A random access point with leading pictures is none.
fn is_clean_start(track: &VideoTrack, start: usize) -> bool {
    let Some(unit) = track.units.get(start).filter(|unit| track.begins_gop(unit)) else {
        return false;
    };
    let group = track.units.get(start..track.gop_end(start));
    unit.kind == UnitKind::Idr
        || group.is_some_and(|group| group.iter().all(|other| other.pts >= unit.pts))
}

/// Whole seconds that make every time of pictures and sound positive.
fn shift(track: &VideoTrack, origin: i64, audio: Option<&AudioTrack>) -> i64 {
    let pictures = track
        .units
        .iter()
        .map(|unit| unit.dts.min(unit.pts))
        .min()
        .unwrap_or(origin);
    let mut earliest = track.time(pictures - origin);
    if let Some(audio) = audio {
        let frame = audio
            .frames
            .first()
            .map_or(0, |frame| i64::from(frame.duration));
        let start = audio.frames.first().map_or(RationalTime::ZERO, |f| {
            audio.time(f.pts) - track.time(origin)
        });
        earliest = earliest.min(start.max(audio.time(-(LEAD_FRAMES + 1) * frame)));
    }
    (-earliest).ceil_ticks(1).max(0)
}

/// Starts of the audio frames on the objects' timeline, in samples: on one running clock where the
/// container only rounded, so that no hole of a sample is stored.
fn audio_starts(audio: &AudioTrack, origin: RationalTime, shift: i64) -> Vec<i64> {
    const ROUNDING: u64 = 2;
    let shift = RationalTime::from_ticks(shift, 1).unwrap_or(RationalTime::ZERO);
    let mut expected: Option<i64> = None;
    audio
        .frames
        .iter()
        .map(|frame| {
            let exact = (audio.time(frame.pts) - origin + shift).round_ticks(audio.sample_rate);
            let start = expected
                .filter(|e| e.abs_diff(exact) <= ROUNDING)
                .unwrap_or(exact);
            expected = Some(start.saturating_add(i64::from(audio.samples_per_frame)));
            start
        })
        .collect()
}

/// A frame belongs to the segment in which it begins; those just in front of the first picture to
/// the first segment.
fn assign_sound(cuts: &mut [SegmentCut], audio: &AudioTrack, origin: RationalTime) {
    let start = |frame: &conform::AudioFrame| audio.time(frame.pts) - origin;
    let lead = audio.frames.first().map_or(RationalTime::ZERO, |frame| {
        audio.time(-LEAD_FRAMES * i64::from(frame.duration))
    });
    for (number, cut) in cuts.iter_mut().enumerate() {
        let from = if number == 0 { lead } else { cut.start };
        let first = audio.frames.partition_point(|frame| start(frame) < from);
        let end = audio.frames.partition_point(|frame| start(frame) < cut.end);
        cut.audio = first..end.max(first);
    }
}
