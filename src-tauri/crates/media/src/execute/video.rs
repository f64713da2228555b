//! The pictures of an output, span by span.

use super::ahead::Ahead;
use super::clock::{FrameClock, decode_order, decode_slots, reordering};
use super::dissolve::mix_span;
use super::encode::{Target, fill_span, write_encoded};
use super::objects::ObjectSource;
use super::output::{Output, merged_sets};
use super::preparation::{Preparation, Prepared};
use super::rehearsal::Taking;
use super::selection::{PieceUnits, count_mismatch, select};
use super::writer::PictureTime;
use crate::MediaError;
use crate::codec::EncoderChoice;
use crate::coding;
use crate::demux::TrackKind;
use crate::mux::{VideoCoding, VideoFormat};
use crate::report::{Presentation, SpanReport};
use conform::{CutPlan, Seconds, SpanKind, VideoCodec, VideoConfig};
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// What became of the pictures.
#[derive(Debug)]
pub(crate) struct VideoResult {
    pub(crate) format: VideoFormat,
    /// In ticks of `time_scale`.
    pub(crate) duration: i64,
    pub(crate) time_scale: u32,
    pub(crate) presentation: Presentation,
    pub(crate) copied_bytes: u64,
    pub(crate) encoded_frames: u64,
    pub(crate) spans: Vec<SpanReport>,
}

/// Writes the pictures of a plan.
pub(crate) fn run(
    plan: &CutPlan,
    objects: &dyn ObjectSource,
    encoder: Option<EncoderChoice>,
    output: &mut Output<'_>,
    taking: Taking,
    stop: &CancellationToken,
) -> Result<VideoResult, MediaError> {
    let mut clock = FrameClock::new(plan, output.time_scale());
    let preparation = Preparation::new(plan, objects, encoder)?;
    let mut sets: Vec<VideoConfig> = preparation.base().cloned().into_iter().collect();
    if output.needs_delay() {
        output.set_delay(reordering(plan, objects, output.time_scale())?);
    }
    let codec = plan.format.codec;
    let mut spans = Vec::with_capacity(plan.video.len());
    let (mut copied_bytes, mut encoded_frames) = (0, 0);
    std::thread::scope(|scope| {
        let mut ahead = Ahead::start(scope, &preparation, stop);
        for (number, span) in plan.video.iter().enumerate() {
            let begun = Instant::now();
            let mut report = SpanReport {
                kind: span.kind,
                first_frame: preparation.first_frame(number),
                frames: span.frames,
                bytes: 0,
                seconds: Seconds::default(),
                blake3: None,
                sha256: None,
                signatures: Vec::new(),
                quantiser: None,
            };
            let pieces = select(span, objects)?;
            let starts = clock.span(span, &pieces)?;
            if span.kind == SpanKind::Copy {
                let times = (starts.as_slice(), taking);
                copy_span(codec, &pieces, times, output, &mut report, stop)?;
                copied_bytes += report.bytes;
            } else {
                let mut target = Target {
                    starts: &starts,
                    output,
                    report: &mut report,
                };
                let config = match ahead.take(number) {
                    Some(coming) => write_encoded(&coming, &mut target, stop)?,
                    None => {
                        let config = compose_span(&preparation, number, &mut target, stop)?;
                        ahead.begun();
                        config
                    }
                };
                encoded_frames += span.frames;
                check_ids(codec, &sets, &config)?;
                if !sets
                    .iter()
                    .any(|set| set.sps == config.sps && set.pps == config.pps)
                {
                    sets.push(config);
                }
            }
            let millis = begun.elapsed().as_millis();
            report.seconds.millis = u64::try_from(millis).unwrap_or(u64::MAX);
            spans.push(report);
        }
        Ok::<_, MediaError>(())
    })?;
    let facts = sets
        .first()
        .map(|config| config.facts.clone())
        .ok_or_else(|| MediaError::Mismatch("no picture was written".to_owned()))?;
    Ok(VideoResult {
        format: VideoFormat {
            width: plan.format.width,
            height: plan.format.height,
            pixel_aspect: plan.format.pixel_aspect,
            rotation: plan.format.rotation,
            time_scale: output.time_scale(),
            coding: VideoCoding::of(codec, merged_sets(codec, &sets, "output")?),
            colour: facts.colour,
            full_range: facts.full_range,
        },
        duration: clock.end(plan),
        time_scale: output.time_scale(),
        presentation: clock.presentation(plan),
        copied_bytes,
        encoded_frames,
        spans,
    })
}

/// Encodes what is made of two sources, or of none.
fn compose_span(
    preparation: &Preparation<'_>,
    number: usize,
    target: &mut Target<'_, '_>,
    stop: &CancellationToken,
) -> Result<VideoConfig, MediaError> {
    let (span, _, Prepared { pieces, task }) = preparation.span(number, stop)?;
    let black = preparation.black(&task)?;
    target.report.quantiser = task.quantiser_told();
    if span.sources.is_empty() {
        return fill_span(&black, &task, target, stop);
    }
    let rotation = preparation.plan.format.rotation;
    mix_span((span, pieces), rotation, &black, &task, target, stop)
}

/// Different parameter sets need different ids: players would take the last one for both.
fn check_ids(
    codec: VideoCodec,
    written: &[VideoConfig],
    config: &VideoConfig,
) -> Result<(), MediaError> {
    let ids = coding::sps_ids(codec, config);
    let differ = |other: &VideoConfig| other.sps != config.sps || other.pps != config.pps;
    let clash = written.iter().any(|other| {
        differ(other)
            && coding::sps_ids(codec, other)
                .iter()
                .any(|id| ids.contains(id))
    });
    if clash {
        return Err(MediaError::Mismatch(
            "the encoder made different parameter sets of one id".to_owned(),
        ));
    }
    Ok(())
}

pub(super) fn config_of(piece: &PieceUnits, unit: usize) -> Result<VideoConfig, MediaError> {
    let track = piece.track()?;
    track
        .units
        .get(unit)
        .and_then(|unit| track.configs.get(usize::from(unit.config)))
        .cloned()
        .ok_or_else(|| MediaError::Damaged {
            object: piece.object_id.clone(),
            at: None,
            why: "a picture has no parameter sets".to_owned(),
        })
}

fn copy_span(
    codec: VideoCodec,
    pieces: &[PieceUnits],
    (starts, taking): (&[i64], Taking),
    output: &mut Output<'_>,
    report: &mut SpanReport,
    stop: &CancellationToken,
) -> Result<(), MediaError> {
    let slots = output
        .delay()
        .map(|delay| {
            Ok::<_, MediaError>(decode_slots(&decode_order(pieces, starts)?, starts, delay))
        })
        .transpose()?;
    let slots = slots.as_deref().unwrap_or(starts);
    let mut hash = blake3::Hasher::new();
    let (mut bytes, mut unit_data) = (Vec::new(), Vec::new());
    let (mut before, mut written) = (0, 0);
    for piece in pieces {
        let track = piece.track()?;
        let mut rank = vec![None; piece.decode.len()];
        for (order, unit) in piece.shown.iter().enumerate() {
            if let Some(slot) = unit
                .checked_sub(piece.decode.start)
                .and_then(|i| rank.get_mut(i))
            {
                *slot = Some(order);
            }
        }
        let mut reader = match taking {
            Taking::Bytes => Some(piece.object.reader()?),
            Taking::Lengths => None,
        };
        for (unit, rank) in piece.decode.clone().zip(rank) {
            let Some(rank) = rank else {
                continue;
            };
            if stop.is_cancelled() {
                return Err(MediaError::Cancelled);
            }
            let picture = &track.units[unit];
            let at = || Some(track.time(picture.pts));
            let config = track
                .configs
                .get(usize::from(picture.config))
                .ok_or_else(|| MediaError::Damaged {
                    object: piece.object_id.clone(),
                    at: at(),
                    why: "a picture has no parameter sets".to_owned(),
                })?;
            match &mut reader {
                Some(reader) => {
                    reader.read(TrackKind::Video, &picture.location, &mut bytes)?;
                    coding::to_length_prefixed(codec, &bytes, config, &mut unit_data)
                        .map_err(|error| MediaError::damaged(&piece.object_id, at(), &error))?;
                }
                None if picture.sample_size == 0
                    || config.nal_length_size.is_some_and(|size| size != 4) =>
                {
                    return Err(MediaError::Mismatch("its length is not known".to_owned()));
                }
                None => unit_data.resize(picture.sample_size as usize, 0),
            }
            if output.is_byte_stream() && track.begins_gop(picture) {
                coding::add_messages(codec, config, &mut unit_data);
            }
            report.bytes += unit_data.len() as u64;
            let time = starts.get(before + rank).zip(slots.get(written));
            let (pts, slot) = time.ok_or_else(|| count_mismatch(starts.len()))?;
            let time = PictureTime {
                pts: *pts,
                slot: *slot,
            };
            if written == 0 && report.first_frame > 0 {
                coding::begin_anew(codec, &mut unit_data, false);
            }
            output.picture(&unit_data, time, track.begins_gop(picture), config)?;
            written += 1;
            if taking == Taking::Bytes {
                coding::as_in_source(codec, &mut unit_data);
                hash.update(&unit_data);
            }
        }
        before += piece.shown.len();
    }
    if before != starts.len() {
        return Err(count_mismatch(starts.len()));
    }
    report.blake3 = Some(hash.finalize().to_hex().to_string());
    Ok(())
}

/// Clockwise degrees from a piece's pictures to those of an output.
pub(super) fn turn_of(piece: &PieceUnits, rotation: u16) -> Result<u16, MediaError> {
    Ok((360 + piece.track()?.rotation - rotation) % 360)
}
