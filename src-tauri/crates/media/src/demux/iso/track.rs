//! From samples to tracks: edit lists applied, kinds told, everything checked against the file.

use conform::{AccessUnit, AudioFrame, AudioTrack, Location, UnitKind, VideoTrack};
use mediatime::RationalTime;

use super::boxes::FourCc;
use super::description::{self, AudioDescription, Packing, VideoDescription};
use super::edits::Placing;
use super::fragments::Fragments;
use super::movie::{Movie, Problem, Track};
use super::tables::{Chunks, Sample};
use crate::demux::described::starts_clean;
use crate::demux::finish::{decode_before_presenting, set_durations};
use crate::demux::input::Input;
use crate::demux::pictures::{Pictures, hevc_kind};
use crate::error::{Malformed, MediaError};

/// Samples per channel of a piece of uncompressed sound.
const PCM_PIECE: u32 = 1024;

type Tracks = (Option<VideoTrack>, Option<AudioTrack>, Vec<String>);

/// Builds the index's tracks: the first of each kind that has samples.
pub(super) fn assemble(
    input: &mut Input<'_>,
    movie: &Movie<'_>,
    mut fragments: Fragments,
) -> Result<Tracks, MediaError> {
    let mut chosen = Chosen::default();
    for track in &movie.tracks {
        let fragment_samples = fragments.take(track.id);
        chosen
            .consider(track, fragment_samples, input.size())
            .map_err(|problem| problem.into_error(input))?;
    }
    chosen.check_complete(input)?;
    let video = match chosen.video {
        Some(video) => Some(video.build(input)?),
        None => None,
    };
    let audio = chosen.audio.map(SoundTrack::build);
    Ok((video, audio, chosen.unused))
}

#[derive(Default)]
struct Chosen {
    video: Option<PictureTrack>,
    audio: Option<SoundTrack>,
    unused: Vec<String>,
}

impl Chosen {
    fn consider(
        &mut self,
        track: &Track<'_>,
        fragment_samples: Vec<Sample>,
        object_size: u64,
    ) -> Result<(), Problem> {
        let (stsd_version, entries) = match description::entries(track.descriptions) {
            Ok(entries) => entries,
            Err(_) if !matches!(&track.handler.0, b"vide" | b"soun") => (0, Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let kind = entries.first().map(|(kind, _)| *kind);
        let empty = fragment_samples.is_empty() && track.tables.count()? == 0;
        let unused = match (&track.handler.0, kind) {
            (b"vide", Some(kind)) => {
                let codec = description::video_codec(kind);
                if empty {
                    format!("empty video {codec}")
                } else if self.video.as_ref().is_some_and(|video| !video.is_still()) {
                    format!("second video {codec}")
                } else {
                    let next = PictureTrack::read(track, &entries, fragment_samples, object_size)?;
                    match self.video.replace(next) {
                        Some(still) => format!("second video {}", still.codec),
                        None => return Ok(()),
                    }
                }
            }
            (b"soun", Some(kind)) => {
                let codec = description::audio_codec(kind);
                if empty {
                    format!("empty audio {codec}")
                } else if self.audio.is_some() {
                    format!("second audio {codec}")
                } else {
                    self.audio = Some(SoundTrack::read(
                        track,
                        (stsd_version, &entries),
                        fragment_samples,
                        object_size,
                    )?);
                    return Ok(());
                }
            }
            _ => other_kind(track.handler, kind),
        };
        self.unused.push(unused);
        Ok(())
    }

    /// Finds the first sample that lies outside of the object.
    fn check_complete(&self, input: &Input<'_>) -> Result<(), MediaError> {
        let video = self.video.as_ref().and_then(|video| {
            first_missing(&video.samples, input.size()).map(|missing| {
                let pts = video.pts(missing.sample);
                (
                    RationalTime::from_ticks(pts, video.scale),
                    missing,
                    "frames",
                )
            })
        });
        let audio = self.audio.as_ref().and_then(|audio| {
            first_missing(&audio.samples, input.size()).map(|missing| {
                let pts = missing.sample.dts.saturating_add(audio.placing.shift);
                (
                    RationalTime::from_ticks(pts, audio.scale),
                    missing,
                    "audio frames",
                )
            })
        });
        let Some((at, missing, unit)) = [video, audio].into_iter().flatten().min_by_key(|m| m.0)
        else {
            return Ok(());
        };
        Err(input.damaged(
            at,
            format!(
                "the media from here on lies outside of the object (byte {} of {}): it is cut \
                 off; {} of {} {unit} are left",
                missing.sample.offset,
                input.size(),
                missing.left,
                missing.of
            ),
        ))
    }
}

struct Missing<'a> {
    sample: &'a Sample,
    left: usize,
    of: usize,
}

fn first_missing(samples: &[Sample], size: u64) -> Option<Missing<'_>> {
    let inside = |sample: &Sample| {
        sample
            .offset
            .checked_add(u64::from(sample.size))
            .is_some_and(|end| end <= size)
    };
    let sample = samples.iter().find(|sample| !inside(sample))?;
    Some(Missing {
        sample,
        left: samples.iter().filter(|sample| inside(sample)).count(),
        of: samples.len(),
    })
}

fn other_kind(handler: FourCc, kind: Option<FourCc>) -> String {
    let word = match &handler.0 {
        b"sbtl" | b"subt" | b"text" | b"clcp" => "subtitle",
        b"tmcd" => "timecode",
        b"hint" => "hint",
        b"meta" | b"data" => "data",
        _ => {
            return format!(
                "{handler} {}",
                kind.map(|k| k.to_string()).unwrap_or_default()
            );
        }
    };
    match kind {
        Some(kind) => format!("{word} {kind}"),
        None => word.to_owned(),
    }
}

struct PictureTrack {
    id: u32,
    scale: u32,
    rotation: u16,
    codec: String,
    descriptions: Vec<VideoDescription>,
    samples: Vec<Sample>,
    placing: Placing,
    /// A table or flags say which samples are random access points.
    marked: bool,
}

impl PictureTrack {
    fn read(
        track: &Track<'_>,
        entries: &[(FourCc, &[u8])],
        fragment_samples: Vec<Sample>,
        object_size: u64,
    ) -> Result<Self, Problem> {
        if entries.iter().any(|(kind, _)| &kind.0 == b"encv") {
            return Err(encrypted());
        }
        let descriptions = entries
            .iter()
            .map(|(kind, entry)| description::video(*kind, entry))
            .collect::<Result<Vec<_>, _>>()?;
        let codec = descriptions
            .first()
            .map(|first| first.codec.clone())
            .unwrap_or_default();
        let length = descriptions.first().and_then(|first| first.nal_length_size);
        if descriptions
            .iter()
            .any(|d| d.codec != codec || d.nal_length_size != length)
        {
            return Err(Problem::Unsupported {
                what: "a video track that changes its codec".to_owned(),
                hint: "export the parts as files of their own",
            });
        }
        let mut placing = track.placing()?;
        let fragmented = !fragment_samples.is_empty();
        if fragmented {
            // What the edit list hides is decided by the first fragment's writer before the
            // media is known, so it only shifts.
            placing = Placing {
                from: None,
                ..placing.open_ended()
            };
        }
        let mut samples = track.tables.samples(object_size)?;
        samples.extend(fragment_samples);
        Ok(Self {
            id: track.id,
            scale: track.scale,
            rotation: track.rotation,
            codec,
            descriptions,
            samples,
            placing,
            marked: fragmented || track.tables.marks_random_access(),
        })
    }

    /// A cover picture or chapter picture rather than a film.
    fn is_still(&self) -> bool {
        matches!(self.codec.as_str(), "jpeg" | "png")
    }

    fn pts(&self, sample: &Sample) -> i64 {
        sample
            .dts
            .saturating_add(i64::from(sample.composition))
            .saturating_add(self.placing.shift)
    }

    fn build(self, input: &mut Input<'_>) -> Result<VideoTrack, MediaError> {
        let malformed = |input: &Input<'_>, error: &Malformed| {
            let why = format!("video track {}: {error}", self.id);
            input.damaged(None, why)
        };
        let length_size = self.descriptions.first().and_then(|d| d.nal_length_size);
        let mut configs = Vec::new();
        // Index into `configs` of each description's own, if it has one.
        let own: Vec<Option<usize>> = self
            .descriptions
            .iter()
            .map(|description| {
                description.config.clone().map(|config| {
                    configs.push(config);
                    configs.len() - 1
                })
            })
            .collect();
        let mut pictures = Pictures::new(configs, length_size.unwrap_or(4), self.codec == "h264")
            .map_err(|error| malformed(input, &error))?;
        let mut units = Vec::with_capacity(self.samples.len());
        let mut description = 0;
        for (i, sample) in self.samples.iter().enumerate() {
            if i % 4096 == 0 {
                input.check_cancelled()?;
            }
            if sample.description != description {
                description = sample.description;
                let config = own.get(description as usize).copied().flatten();
                pictures
                    .switch_to(config.unwrap_or(usize::MAX))
                    .map_err(|error| malformed(input, &error))?;
            }
            let kind = self.kind(input, &mut pictures, sample, length_size)?;
            let pts = self.pts(sample);
            units.push(AccessUnit {
                pts,
                dts: sample.dts.saturating_add(self.placing.shift),
                duration: sample.duration,
                location: location(sample),
                kind,
                config: pictures.current(),
                presented: self.placing.presents(pts),
            });
        }
        if pictures.configs.is_empty() {
            let error = Malformed::new("there are no parameter sets, so nothing can be decoded");
            return Err(malformed(input, &error));
        }
        decode_before_presenting(&mut units);
        let frame_rate = set_durations(&mut units, self.scale, 0);
        let declared = self.descriptions.first().and_then(|d| d.pixel_aspect);
        let coded = (self.codec == "h264").then(|| pictures.configs.first());
        Ok(VideoTrack {
            track_id: self.id,
            time_scale: self.scale,
            rotation: self.rotation,
            pixel_aspect: declared.or(coded.flatten().map(|config| config.facts.pixel_aspect)),
            frame_rate,
            units,
            codec: self.codec,
            configs: pictures.configs,
        })
    }

    fn kind(
        &self,
        input: &mut Input<'_>,
        pictures: &mut Pictures,
        sample: &Sample,
        length_size: Option<u8>,
    ) -> Result<UnitKind, MediaError> {
        if !sample.random_access {
            return Ok(UnitKind::Delta);
        }
        match (self.codec.as_str(), length_size) {
            ("h264", _) => pictures.examine(input, sample.offset, sample.size, self.marked),
            ("hevc", Some(size)) => hevc_kind(input, sample.offset, sample.size, size),
            (codec, _) if starts_clean(codec) => Ok(UnitKind::Idr),
            _ => Ok(UnitKind::Recovery),
        }
    }
}

fn encrypted() -> Problem {
    Problem::Unsupported {
        what: "encrypted media".to_owned(),
        hint: "use the original recording",
    }
}

fn location(sample: &Sample) -> Location {
    Location {
        offset: sample.offset,
        len: sample.size,
        skip: 0,
    }
}

struct SoundTrack {
    id: u32,
    scale: u32,
    description: AudioDescription,
    samples: Vec<Sample>,
    placing: Placing,
}

impl SoundTrack {
    fn read(
        track: &Track<'_>,
        (stsd_version, entries): (u8, &[(FourCc, &[u8])]),
        fragment_samples: Vec<Sample>,
        object_size: u64,
    ) -> Result<Self, Problem> {
        let mut described = Vec::new();
        for (kind, entry) in entries {
            if &kind.0 == b"enca" {
                return Err(encrypted());
            }
            described.push(description::audio(*kind, entry, stsd_version, track.scale)?);
        }
        let same = |d: &AudioDescription| {
            described
                .first()
                .is_some_and(|first| first.codec == d.codec && first.config == d.config)
        };
        if !described.iter().all(same) {
            return Err(Problem::Unsupported {
                what: "an audio track that changes its codec".to_owned(),
                hint: "export the parts as files of their own",
            });
        }
        let Some(description) = described.into_iter().next() else {
            return Err(Malformed::new("an audio track without description").into());
        };
        let mut placing = track.placing()?;
        if !fragment_samples.is_empty() {
            placing = placing.open_ended();
        }
        let mut samples = match description.packing {
            Some(packing) => packed_samples(track, packing, object_size)?,
            None => track.tables.samples(object_size)?,
        };
        match description.packing {
            Some(_) => join_pieces(&mut samples, fragment_samples),
            None => samples.extend(fragment_samples),
        }
        Ok(Self {
            id: track.id,
            scale: track.scale,
            description,
            samples,
            placing,
        })
    }

    fn build(self) -> AudioTrack {
        let shift = self.placing.shift;
        let frames: Vec<AudioFrame> = self
            .samples
            .iter()
            .map(|sample| AudioFrame {
                pts: sample
                    .dts
                    .saturating_add(i64::from(sample.composition))
                    .saturating_add(shift),
                duration: sample.duration,
                location: location(sample),
            })
            .collect();
        let first = frames.first().map_or(0, |frame| frame.pts);
        let end = frames.last().map_or(0, |frame| {
            frame.pts.saturating_add(i64::from(frame.duration))
        });
        let presented = match self.placing.from {
            Some(from) => from..self.placing.to.map_or(end, |to| to.min(end)).max(from),
            None => first..end,
        };
        let description = self.description;
        let samples_per_frame = match (description.packing, description.samples_per_frame) {
            (Some(_), _) => PCM_PIECE,
            (None, Some(samples)) => samples,
            (None, None) => {
                let ticks = self.samples.first().map_or(0, |sample| sample.duration);
                let samples = u64::from(ticks) * u64::from(description.sample_rate);
                u32::try_from(samples / u64::from(self.scale.max(1))).unwrap_or(0)
            }
        };
        AudioTrack {
            track_id: self.id,
            codec: description.codec,
            time_scale: self.scale,
            sample_rate: description.sample_rate,
            channels: description.channels,
            config: description.config,
            samples_per_frame,
            frames,
            presented,
        }
    }
}

/// Uncompressed sound has a table entry for each single sample; taken together in pieces of a
/// chunk they stay few.
fn packed_samples(
    track: &Track<'_>,
    packing: Packing,
    object_size: u64,
) -> Result<Vec<Sample>, Malformed> {
    let count = track.tables.count()?;
    let mut pieces = Vec::new();
    if count == 0 {
        return Ok(pieces);
    }
    let step = track.tables.first_duration()?;
    let packets_per_piece = (PCM_PIECE / packing.samples).max(1);
    let mut dts = 0i64;
    let mut total = 0u64;
    for chunk in Chunks::of(track.tables.0, count)? {
        let chunk = chunk?;
        let mut offset = chunk.offset;
        let mut packets = chunk.samples / packing.samples;
        total = total.saturating_add(u64::from(packets) * u64::from(packing.bytes));
        // Checked before pieces are made of it, so that a huge count costs nothing.
        let fits = offset.saturating_add(u64::from(packets) * u64::from(packing.bytes));
        if total > object_size || fits > object_size {
            packets = packets.min(packets_per_piece);
        }
        while packets > 0 {
            let taken = packets.min(packets_per_piece);
            let size = taken
                .checked_mul(packing.bytes)
                .ok_or_else(|| Malformed::new("a piece of sound is larger than 4 GiB"))?;
            let duration = (taken * packing.samples).saturating_mul(step);
            pieces.push(Sample {
                offset,
                size,
                dts,
                composition: 0,
                duration,
                description: chunk.description,
                random_access: true,
            });
            dts = dts.saturating_add(i64::from(duration));
            offset = offset.saturating_add(u64::from(size));
            packets -= taken;
        }
    }
    Ok(pieces)
}

/// Fragments count single samples too.
fn join_pieces(pieces: &mut Vec<Sample>, samples: Vec<Sample>) {
    for sample in samples {
        if let Some(last) = pieces.last_mut()
            && last.offset + u64::from(last.size) == sample.offset
            && last.dts + i64::from(last.duration) == sample.dts
            && last.duration < PCM_PIECE
        {
            last.size = last.size.saturating_add(sample.size);
            last.duration = last.duration.saturating_add(sample.duration);
            continue;
        }
        pieces.push(sample);
    }
}
