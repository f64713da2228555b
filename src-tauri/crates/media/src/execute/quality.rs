//! How well encoded parts are encoded: near enough to the source not to be seen beside it, and not much
//! bigger.
//!
//! The quantiser alone tells neither. Of two sources coded with 33 and 35, one needs 23 to come within 40 dB
//! of it, at 1.4 times its bytes; the other gets there with 27, at as many. So a few frames are encoded, and
//! the quantiser is the one that gives about as many bytes as are allowed.

use super::encode::{encoded_sizes, lock};
use super::preparation::Prepared;
use super::selection::{PieceUnits, is_mixed};
use super::video::config_of;
use crate::MediaError;
use crate::codec::{EncoderChoice, EncoderTask};
use crate::demux::TrackKind;
use crate::nal_units::NalUnits;
use crate::{h264, hevc};
use conform::{CutPlan, SpanKind, UnitKind, VideoCodec, VideoConfig, VideoSpan};
use std::collections::HashMap;
use std::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// The quantiser of what has no coded source of its own kind: dissolves, scaled pictures, black.
pub(super) const COMPOSED: u8 = 20;

/// A source that was quantised so finely is encoded as finely; no part is encoded more finely than this.
const FINEST: u8 = 22;

/// The coarsest quantiser; with most material it costs 40 dB of PSNR.
const COARSEST: u8 = 27;

/// What frames are encoded with to see how many bytes they take, and what is used where too few can be.
const TRIED: u8 = 25;

/// That of openh264, which needs half as many bytes again for the same picture: only the picture counts.
const OPENH264: u8 = 22;

/// Frames that are encoded to see how many bytes they take.
const FRAMES: usize = 12;

/// Bytes as multiples of the source's.
#[derive(Clone, Copy, Debug)]
struct Allowed {
    /// Of predicted pictures. A key frame in front of them brings the whole to at most 1.5.
    predicted: f64,
    /// Of all pictures.
    all: f64,
}

impl Allowed {
    /// HEVC is quantised more finely where it takes as few bytes, so that it needs more of them to be as
    /// near.
    fn of(codec: VideoCodec) -> Self {
        match codec {
            VideoCodec::H264 => Self {
                predicted: 1.25,
                all: 1.4,
            },
            VideoCodec::Hevc => Self {
                predicted: 1.4,
                all: 1.45,
            },
        }
    }
}

/// Quantiser steps that halve the bytes.
const HALVED: f64 = 6.2;

/// Source pictures whose quantisers are looked at, evenly spread.
const SAMPLES: usize = 24;

/// The quantisers of an output's sources. Each is found once, in the span that tells most of it, whichever
/// span asks first.
#[derive(Debug)]
pub(super) struct Quality {
    sources: HashMap<String, Trial>,
}

/// Where the quantiser of a source is found, and what it is once it is known.
#[derive(Debug)]
struct Trial {
    /// The first span that is long enough, else the first.
    span: usize,
    frames: u64,
    found: Mutex<Option<u8>>,
}

impl Quality {
    /// Of the spans that stand between copies of their codec.
    pub(super) fn of(plan: &CutPlan) -> Self {
        let mut sources: HashMap<String, Trial> = HashMap::new();
        for (number, span) in plan.video.iter().enumerate() {
            let Some(source) = Self::source(span) else {
                continue;
            };
            let trial = Trial {
                span: number,
                frames: span.frames,
                found: Mutex::default(),
            };
            let known = sources.get(source);
            if known.is_none_or(|known| known.is_short() && !trial.is_short()) {
                sources.insert(source.to_owned(), trial);
            }
        }
        Self { sources }
    }

    /// What tells the source of a span that follows the quality of its own: its flow or file.
    pub(super) fn source(span: &VideoSpan) -> Option<&str> {
        let first = span.sources.first()?;
        let follows = span.kind == SpanKind::Encode && !is_mixed(span);
        follows.then(|| first.flow_id.as_deref().unwrap_or(&first.object_id))
    }

    /// The quantiser for the spans of a source; `prepare` gives what is needed to try one.
    pub(super) fn quantiser<'a>(
        &self,
        source: &str,
        prepare: impl Fn(usize) -> Result<(&'a VideoSpan, Prepared), MediaError>,
        stop: &CancellationToken,
    ) -> Result<u8, MediaError> {
        let Some(trial) = self.sources.get(source) else {
            return Ok(TRIED);
        };
        let mut known = lock(&trial.found);
        if let Some(known) = *known {
            return Ok(known);
        }
        let (span, Prepared { pieces, task }) = prepare(trial.span)?;
        let found = match mean_quantiser(&pieces, task.choice.codec())? {
            Some(mean) if mean <= FINEST => mean,
            _ if task.choice == EncoderChoice::OpenH264 => OPENH264,
            Some(_) if !trial.is_short() => {
                let tried = EncoderTask {
                    quantiser: TRIED,
                    ..task
                };
                let ours = encoded_sizes(span, &pieces, &tried, FRAMES, stop)?;
                let allowed = Allowed::of(tried.choice.codec());
                nearest(&ours, &first_pictures(&pieces), allowed)
            }
            _ => TRIED,
        };
        *known = Some(found);
        Ok(found)
    }
}

impl Trial {
    /// Too short to tell anything by trying.
    fn is_short(&self) -> bool {
        self.frames < FRAMES as u64
    }
}

/// The quantiser that gives as many bytes of predicted pictures as are allowed, or of all, whichever is finer,
/// when [`TRIED`] gave so many for what took so many in the source: pictures that hardly change take next to
/// nothing when they are predicted, and then the key frames tell.
fn nearest(ours: &[usize], source: &[Picture], allowed: Allowed) -> u8 {
    let (mut predicted, mut all) = ((0, 0), (0, 0));
    for (number, (size, picture)) in ours.iter().zip(source).enumerate() {
        all = (all.0 + size, all.1 + picture.bytes);
        // The first of ours is a key frame.
        if number > 0 && !picture.key {
            predicted = (predicted.0 + size, predicted.1 + picture.bytes);
        }
    }
    let steps = |(ours, source): (usize, usize), allowed: f64| {
        let ratio = ours as f64 / source.max(1) as f64;
        HALVED * (ratio / allowed).max(f64::MIN_POSITIVE).log2()
    };
    let steps = steps(predicted, allowed.predicted).min(steps(all, allowed.all));
    let found = f64::from(TRIED) + steps.round();
    found.clamp(f64::from(FINEST), f64::from(COARSEST)) as u8
}

/// A picture of the source.
#[derive(Clone, Copy, Debug)]
struct Picture {
    bytes: usize,
    key: bool,
}

/// The first shown pictures of pieces.
fn first_pictures(pieces: &[PieceUnits]) -> Vec<Picture> {
    let of_piece = |piece: &PieceUnits| {
        let Ok(track) = piece.track() else {
            return Vec::new();
        };
        let units = piece.shown.iter().filter_map(|unit| track.units.get(*unit));
        units
            .map(|unit| Picture {
                bytes: unit.location.len as usize,
                key: unit.kind != UnitKind::Delta,
            })
            .collect()
    };
    pieces.iter().flat_map(of_piece).take(FRAMES).collect()
}

/// The mean of the quantisers that the slices of pieces of this codec begin with. `None` when they can't be
/// read.
fn mean_quantiser(pieces: &[PieceUnits], codec: VideoCodec) -> Result<Option<u8>, MediaError> {
    let shown: usize = pieces.iter().map(|piece| piece.shown.len()).sum();
    let every = shown.div_ceil(SAMPLES).max(1);
    let (mut sum, mut count, mut bytes) = (0_i64, 0_i64, Vec::new());
    for piece in pieces {
        let track = piece.track()?;
        if track.codec != codec.name() {
            continue;
        }
        let mut reader = piece.object.reader()?;
        for unit in piece.shown.iter().step_by(every) {
            let Some(picture) = track.units.get(*unit) else {
                continue;
            };
            reader.read(TrackKind::Video, &picture.location, &mut bytes)?;
            if let Some(quantiser) = first_quantiser(codec, &bytes, &config_of(piece, *unit)?) {
                sum += i64::from(quantiser);
                count += 1;
            }
        }
    }
    let mean = (count > 0).then(|| (sum + count / 2) / count.max(1));
    Ok(mean.map(|mean| u8::try_from(mean.clamp(1, 51)).unwrap_or(TRIED)))
}

/// The quantiser of an access unit's first slice.
fn first_quantiser(codec: VideoCodec, unit: &[u8], config: &VideoConfig) -> Option<i32> {
    let sps = config.sps.first()?;
    let mut slices = NalUnits::new(unit, config.nal_length_size).filter_map(Result::ok);
    match codec {
        VideoCodec::H264 => {
            let sps = h264::SpsLayout::read(sps)?;
            let sets = config
                .pps
                .iter()
                .filter_map(|set| h264::PpsLayout::read(set));
            let sets: Vec<h264::PpsLayout> = sets.collect();
            slices.find_map(|slice| {
                let named = h264::SliceLayout::pps_of(slice)?;
                let pps = sets.iter().find(|set| set.id == named)?;
                Some(h264::SliceLayout::read(slice, &sps, pps)?.quantiser)
            })
        }
        VideoCodec::Hevc => {
            let sps = hevc::Sps::read(sps)?;
            let sets = config.pps.iter().filter_map(|set| hevc::Pps::read(set));
            let sets: Vec<hevc::Pps> = sets.collect();
            slices.find_map(|slice| {
                let named = hevc::pps_id_of(slice)?;
                let pps = sets.iter().find(|set| set.id() == named)?;
                Some(hevc::SliceLayout::read(slice, &sps, pps)?.quantiser)
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_decide_between_the_finest_and_the_coarsest() {
        let picture = |bytes: usize, key: bool| Picture { bytes, key };
        let source = [
            picture(9000, true),
            picture(100, false),
            picture(100, false),
        ];
        let nearest = |ours: &[usize], source: &[Picture]| {
            super::nearest(ours, source, Allowed::of(VideoCodec::H264))
        };
        let of = |size: usize| nearest(&[12_000, size, size], &source);
        assert_eq!(of(125), 25, "a key frame does not count");
        assert_eq!(of(100), 23);
        assert_eq!(of(1), FINEST);
        assert_eq!(of(1000), 26, "all of it is little more than allowed");
        let moving = [picture(100, false); 3];
        assert_eq!(nearest(&[500, 300, 300], &moving), COARSEST);
        // Pictures that stand still: what little is predicted says nothing.
        let still = [picture(9000, true), picture(2, false), picture(2, false)];
        assert_eq!(nearest(&[4000, 8, 8], &still), FINEST);
        // A key frame of the source's is not compared with a predicted picture.
        let late = [
            picture(100, false),
            picture(9000, true),
            picture(100, false),
        ];
        assert_eq!(nearest(&[20_000, 125, 125], &late), 25);
        assert_eq!(nearest(&[], &[]), FINEST);
    }
}
