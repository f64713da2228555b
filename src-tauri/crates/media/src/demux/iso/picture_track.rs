//! Video tracks: edit lists applied, and what decoding may start from.

use conform::{AccessUnit, UnitKind, VideoCodec, VideoTrack};

use super::boxes::FourCc;
use super::description::{self, VideoDescription};
use super::edits::Placing;
use super::movie::{Problem, Track};
use super::tables::Sample;
use super::track::{append, encrypted, location};
use crate::demux::described::starts_clean;
use crate::demux::finish::{decode_before_presenting, set_durations};
use crate::demux::input::Input;
use crate::demux::pictures::Pictures;
use crate::error::{Malformed, MediaError};

/// A video track before its pictures are looked at.
pub(super) struct PictureTrack {
    id: u32,
    pub(super) scale: u32,
    rotation: u16,
    pub(super) codec: String,
    descriptions: Vec<VideoDescription>,
    pub(super) samples: Vec<Sample>,
    placing: Placing,
    /// A table or flags say which samples are random access points.
    marked: bool,
}

impl PictureTrack {
    /// Reads a track with its descriptions and tables; samples of fragments come last.
    pub(super) fn read(
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
        append(&mut samples, fragment_samples)?;
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
    pub(super) fn is_still(&self) -> bool {
        matches!(self.codec.as_str(), "jpeg" | "png")
    }

    /// Presentation time of a sample, in ticks.
    pub(super) fn pts(&self, sample: &Sample) -> i64 {
        sample
            .dts
            .saturating_add(i64::from(sample.composition))
            .saturating_add(self.placing.shift)
    }

    /// Looks into the pictures and makes the track.
    pub(super) fn build(mut self, input: &mut Input<'_>) -> Result<VideoTrack, MediaError> {
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
        let mut pictures = Pictures::new(configs, length_size.unwrap_or(4), &self.codec)
            .map_err(|error| malformed(input, &error))?;
        let samples = std::mem::take(&mut self.samples);
        let mut units = Vec::with_capacity(samples.len());
        let mut description = 0;
        for (i, sample) in samples.iter().enumerate() {
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
                sample_size: location(sample).len,
                kind,
                config: pictures.current(),
                presented: self.placing.presents(pts),
            });
        }
        if pictures.configs.is_empty() {
            let error = Malformed::new("there are no parameter sets, so nothing can be decoded");
            return Err(malformed(input, &error));
        }
        // Room for what is worked out of all units.
        drop(samples);
        decode_before_presenting(&mut units);
        let frame_rate = set_durations(&mut units, self.scale, 0);
        let declared = self.descriptions.first().and_then(|d| d.pixel_aspect);
        let coded = VideoCodec::of(&self.codec)
            .is_some()
            .then(|| pictures.configs.first());
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
            ("h264", _) | ("hevc", Some(_)) => {
                pictures.examine(input, sample.offset, sample.size, self.marked)
            }
            (codec, _) if starts_clean(codec) => Ok(UnitKind::Idr),
            _ => Ok(UnitKind::Recovery),
        }
    }
}
