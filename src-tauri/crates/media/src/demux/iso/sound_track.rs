//! Audio tracks: what the edit list presents, and single samples taken together.

use conform::{AudioFrame, AudioTrack};

use super::boxes::FourCc;
use super::description::{self, AudioDescription, Packing};
use super::edits::Placing;
use super::movie::{Problem, Track};
use super::tables::{Chunks, Sample};
use super::track::{append, encrypted, location};
use crate::error::Malformed;

/// Samples per channel of a piece of uncompressed sound.
const PCM_PIECE: u32 = 1024;

/// An audio track before it is put together.
pub(super) struct SoundTrack {
    id: u32,
    pub(super) scale: u32,
    description: AudioDescription,
    pub(super) samples: Vec<Sample>,
    pub(super) placing: Placing,
    language: Option<String>,
}

impl SoundTrack {
    /// Reads a track with its descriptions and tables; samples of fragments come last.
    pub(super) fn read(
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
            None => append(&mut samples, fragment_samples)?,
        }
        Ok(Self {
            id: track.id,
            scale: track.scale,
            description,
            samples,
            placing,
            language: track.language.clone(),
        })
    }

    /// Makes the track.
    pub(super) fn build(self) -> AudioTrack {
        let shift = self.placing.shift;
        let first_duration = self.samples.first().map_or(0, |sample| sample.duration);
        // Collected in the place of the samples, of which hours of sound have many.
        let mut frames: Vec<AudioFrame> = self
            .samples
            .into_iter()
            .map(|sample| AudioFrame {
                pts: sample
                    .dts
                    .saturating_add(i64::from(sample.composition))
                    .saturating_add(shift),
                duration: sample.duration,
                location: location(&sample),
            })
            .collect();
        // Sound is heard as it is decoded; composition offsets that say otherwise make no other order.
        if !frames.is_sorted_by_key(|frame| frame.pts) {
            frames.sort_by_key(|frame| frame.pts);
        }
        let first = frames.first().map_or(0, |frame| frame.pts);
        let end = frames.last().map_or(0, |frame| {
            frame.pts.saturating_add(i64::from(frame.duration))
        });
        let presented = match self.placing.from {
            Some(from) => {
                let start = from.max(first);
                start..self.placing.to.map_or(end, |to| to.min(end)).max(start)
            }
            None => first..end,
        };
        let description = self.description;
        let samples_per_frame = match (description.packing, description.samples_per_frame) {
            (Some(_), _) => PCM_PIECE,
            (None, Some(samples)) => samples,
            (None, None) => {
                let samples = u64::from(first_duration) * u64::from(description.sample_rate);
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
            language: self.language,
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
            && last.offset.checked_add(u64::from(last.size)) == Some(sample.offset)
            && last.dts.checked_add(i64::from(last.duration)) == Some(sample.dts)
            && last.duration < PCM_PIECE
        {
            last.size = last.size.saturating_add(sample.size);
            last.duration = last.duration.saturating_add(sample.duration);
            continue;
        }
        pieces.push(sample);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(offset: u64, dts: i64, composition: i32) -> Sample {
        Sample {
            offset,
            size: 4,
            dts,
            composition,
            duration: 1,
            description: 0,
            random_access: true,
        }
    }

    #[test]
    fn single_samples_become_pieces_wherever_they_lie() {
        let mut pieces = vec![sample(100, 0, 0)];
        join_pieces(&mut pieces, vec![sample(104, 1, 0), sample(200, 2, 0)]);
        let found: Vec<(u64, u32)> = pieces.iter().map(|p| (p.offset, p.size)).collect();
        assert_eq!(found, [(100, 8), (200, 4)]);
        let mut far = vec![sample(u64::MAX, i64::MAX, 0)];
        join_pieces(&mut far, vec![sample(3, i64::MIN, 0)]);
        assert_eq!(far.len(), 2);
    }

    #[test]
    fn frames_are_in_time_order() {
        let track = SoundTrack {
            id: 1,
            scale: 48_000,
            description: AudioDescription {
                codec: "aac".to_owned(),
                sample_rate: 48_000,
                channels: 2,
                config: Vec::new(),
                samples_per_frame: None,
                packing: None,
            },
            samples: vec![sample(0, 0, 9), sample(4, 1, 0), sample(8, 2, 0)],
            placing: Placing::default(),
            language: None,
        };
        let track = track.build();
        let times: Vec<i64> = track.frames.iter().map(|frame| frame.pts).collect();
        assert_eq!(times, [1, 2, 9]);
        assert_eq!(track.presented, 1..10);
    }
}
