//! Chooses the tracks to index and checks their samples against the file.

use conform::{AudioTrack, Location, VideoTrack};
use mediatime::RationalTime;

use super::boxes::FourCc;
use super::description;
use super::fragments::Fragments;
use super::movie::{Movie, Problem, Track};
use super::picture_track::PictureTrack;
use super::sound_track::SoundTrack;
use super::tables::Sample;
use crate::demux::input::Input;
use crate::error::{Malformed, MediaError};

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
    // The sound first: its table becomes smaller by it, that of the pictures is read beside it.
    let audio = chosen.audio.map(SoundTrack::build);
    let video = match chosen.video {
        Some(video) => Some(video.build(input)?),
        None => None,
    };
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
                    let described = (stsd_version, entries.as_slice());
                    let next = SoundTrack::read(track, described, fragment_samples, object_size)?;
                    // Samples that fill no packet are no sound.
                    if !next.samples.is_empty() {
                        self.audio = Some(next);
                        return Ok(());
                    }
                    format!("empty audio {codec}")
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

/// Puts the samples of fragments behind those of the movie's tables.
pub(super) fn append(samples: &mut Vec<Sample>, fragments: Vec<Sample>) -> Result<(), Malformed> {
    if let (Some(last), Some(next)) = (samples.last(), fragments.first())
        && next.dts < last.dts
    {
        return Err(Malformed::new(
            "the fragments (moof) begin before what the sample tables tell",
        ));
    }
    samples.extend(fragments);
    Ok(())
}

/// Why an encrypted track is refused.
pub(super) fn encrypted() -> Problem {
    Problem::Unsupported {
        what: "encrypted media".to_owned(),
        hint: "use the original recording",
    }
}

/// Where a sample is.
pub(super) fn location(sample: &Sample) -> Location {
    Location {
        offset: sample.offset,
        len: sample.size,
        skip: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_follow_the_tables() {
        let sample = |dts| Sample {
            offset: 0,
            size: 1,
            dts,
            composition: 0,
            duration: 1,
            description: 0,
            random_access: true,
        };
        let mut samples = vec![sample(0), sample(10)];
        append(&mut samples, Vec::new()).unwrap();
        append(&mut samples, vec![sample(20), sample(30)]).unwrap();
        assert_eq!(samples.len(), 4);
        assert!(append(&mut samples, vec![sample(29)]).is_err());
    }
}
