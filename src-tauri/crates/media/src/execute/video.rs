//! The pictures of an output, span by span.

use super::clock::{FrameClock, decode_order, decode_slots, reordering};
use super::dissolve::mix_span;
use super::encode::{Target, encode_span, fill_span};
use super::objects::ObjectSource;
use super::output::{Output, merged_sets};
use super::quality::{COMPOSED, Quality};
use super::rehearsal::Taking;
use super::selection::{PieceUnits, count_mismatch, is_mixed, select, select_first, select_piece};
use super::writer::PictureTime;
use crate::MediaError;
use crate::codec::{EncoderChoice, EncoderTask, Splice, black_frame, colorimetry};
use crate::coding;
use crate::demux::TrackKind;
use crate::mux::{VideoCoding, VideoFormat};
use crate::report::{Presentation, SpanReport};
use conform::{CutPlan, Seconds, SequenceFacts, SpanKind, VideoCodec, VideoConfig, VideoSpan};
use std::sync::{Arc, OnceLock};
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
    let base = copied_config(plan, objects)?;
    let mut sets: Vec<VideoConfig> = base.iter().cloned().collect();
    let colours = colours(plan, objects, base.as_ref())?;
    let (given, mut quality) = (Arc::default(), Quality::default());
    let output_colours: Arc<OnceLock<String>> = Arc::default();
    if let Some(common) = common_colorimetry(&colours, plan) {
        output_colours.get_or_init(|| common);
    }
    if output.needs_delay() {
        output.set_delay(reordering(plan, objects, output.time_scale())?);
    }
    let codec = plan.format.codec;
    let mut spans = Vec::with_capacity(plan.video.len());
    let (mut copied_bytes, mut encoded_frames, mut first_frame) = (0, 0, 0);
    for span in &plan.video {
        let begun = Instant::now();
        let pieces = select(span, objects)?;
        let starts = clock.span(span, &pieces)?;
        let mut report = SpanReport {
            kind: span.kind,
            first_frame,
            frames: span.frames,
            bytes: 0,
            seconds: Seconds::default(),
            blake3: None,
            sha256: None,
            signatures: Vec::new(),
            quantiser: None,
        };
        if span.kind == SpanKind::Copy {
            let times = (starts.as_slice(), taking);
            copy_span(codec, &pieces, times, output, &mut report, stop)?;
            copied_bytes += report.bytes;
        } else {
            let choice = encoder.ok_or_else(|| {
                MediaError::Mismatch("the plan encodes, but no encoder was chosen".to_owned())
            })?;
            let beside = if pieces.is_empty() {
                pictures_beside(plan, objects)?
            } else {
                Vec::new()
            };
            let like = if pieces.is_empty() { &beside } else { &pieces };
            let mut task = task(plan, span, like, base.as_ref(), choice)?;
            task.colours = Arc::clone(&output_colours);
            if let (Some((common, _)), Some(first)) = (colours.first(), pieces.first()) {
                let own = config_of(first, first.decode.start)?.facts.colour;
                task.recoloured = own != *common;
            }
            if let Some(splice) = &mut task.splice {
                splice.given = Arc::clone(&given);
                if span.kind == SpanKind::Encode && !pieces.is_empty() && !is_mixed(span) {
                    task.quantiser = quality.quantiser(span, &pieces, &task, stop)?;
                }
            }
            report.quantiser = task.splice.as_ref().map(|_| task.quantiser);
            let mut target = Target {
                starts: &starts,
                output,
                report: &mut report,
            };
            let config = if pieces.is_empty() {
                let black = black_picture(&task, &colours)?;
                fill_span(&black, &task, &mut target, stop)?
            } else if is_mixed(span) {
                let black = black_picture(&task, &colours)?;
                let rotation = plan.format.rotation;
                mix_span((span, pieces), rotation, &black, &task, &mut target, stop)?
            } else {
                encode_span(span, &pieces, &task, &mut target, stop)?
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
        first_frame += span.frames;
        let millis = begun.elapsed().as_millis();
        report.seconds.millis = u64::try_from(millis).unwrap_or(u64::MAX);
        spans.push(report);
    }
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

/// The parameter sets of the copied pictures; all copies of a plan share them.
fn copied_config(
    plan: &CutPlan,
    objects: &dyn ObjectSource,
) -> Result<Option<VideoConfig>, MediaError> {
    let Some(span) = plan.video.iter().find(|span| span.kind == SpanKind::Copy) else {
        return Ok(None);
    };
    let Some(piece) = select_first(span, objects)? else {
        return Ok(None);
    };
    config_of(&piece, piece.decode.start).map(Some)
}

/// Primaries, transfer and matrix, and whether the range is full.
type Colour = ((u8, u8, u8), bool);

/// The different colours of a plan's pictures; those of the copies come first.
fn colours(
    plan: &CutPlan,
    objects: &dyn ObjectSource,
    base: Option<&VideoConfig>,
) -> Result<Vec<Colour>, MediaError> {
    let mut found: Vec<Colour> = Vec::new();
    let mut note = |facts: &SequenceFacts| {
        let colour = (facts.colour, facts.full_range);
        if !found.contains(&colour) {
            found.push(colour);
        }
    };
    if let Some(base) = base {
        note(&base.facts);
    }
    for span in plan.video.iter().filter(|span| span.kind != SpanKind::Copy) {
        for layer in 0..2 {
            let mut first = span.sources.iter().filter(|piece| piece.layer == layer);
            if let Some(piece) = first.next() {
                let piece = select_piece(piece, span.kind, objects)?;
                note(&config_of(&piece, piece.decode.start)?.facts);
            }
        }
    }
    Ok(found)
}

/// The colorimetry to bring encoded pictures to when those of the plan differ; `None` when they are
/// all alike and pass unchanged.
fn common_colorimetry(colours: &[Colour], plan: &CutPlan) -> Option<String> {
    let [(colour, full_range), _, ..] = colours else {
        return None;
    };
    Some(colorimetry(*colour, *full_range, plan.format.height))
}

/// Pictures that stand beside the gaps of a plan: what fills them is made alike.
fn pictures_beside(
    plan: &CutPlan,
    objects: &dyn ObjectSource,
) -> Result<Vec<PieceUnits>, MediaError> {
    for span in &plan.video {
        if let Some(piece) = select_first(span, objects)? {
            return Ok(vec![piece]);
        }
    }
    Ok(Vec::new())
}

fn black_picture(task: &EncoderTask, colours: &[Colour]) -> Result<gst::Sample, MediaError> {
    let (colour, full_range) = colours.first().copied().unwrap_or(((2, 2, 2), false));
    let own = || colorimetry(colour, full_range, task.height);
    let text = task.colours.get().cloned().unwrap_or_else(own);
    black_frame(task, &text, full_range)
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

fn task(
    plan: &CutPlan,
    span: &VideoSpan,
    pieces: &[PieceUnits],
    base: Option<&VideoConfig>,
    choice: EncoderChoice,
) -> Result<EncoderTask, MediaError> {
    let first = pieces.first().ok_or_else(|| count_mismatch(0))?;
    let own = config_of(first, first.decode.start)?;
    let facts: &SequenceFacts = base.map_or(&own.facts, |config| &config.facts);
    let turn = if span.kind == SpanKind::Compose {
        turn_of(first, plan.format.rotation)?
    } else {
        0
    };
    let two_seconds = plan.frame_rate.map_or(50, |rate| 2 * rate.nominal());
    Ok(EncoderTask {
        choice,
        width: plan.format.width,
        height: plan.format.height,
        kind: (plan.format.bit_depth, plan.format.chroma_format_idc),
        pixel_aspect: plan.format.pixel_aspect,
        frame_rate: plan.frame_rate,
        // Every encoded part of one output is made alike, so that they share parameter sets.
        profile_idc: if base.is_some() {
            facts.profile_idc
        } else {
            100
        },
        splice: base.and_then(|config| {
            Some(Splice {
                vps: config.vps.clone(),
                sps: config.sps.first()?.clone(),
                free: coding::free_ids(choice.codec(), config),
                given: Arc::default(),
            })
        }),
        quantiser: COMPOSED,
        references: base.map_or(3, |config| config.facts.num_ref_frames),
        level_idc: base.map(|config| config.facts.level_idc),
        turn,
        // Copies that refer to nothing have a decoder that keeps nothing.
        key_interval: match base {
            Some(config) if config.facts.num_ref_frames == 0 => 1,
            _ => two_seconds.max(2),
        },
        colours: Arc::default(),
        full_range: own.facts.full_range,
        recoloured: false,
    })
}

/// Clockwise degrees from a piece's pictures to those of an output.
pub(super) fn turn_of(piece: &PieceUnits, rotation: u16) -> Result<u16, MediaError> {
    Ok((360 + piece.track()?.rotation - rotation) % 360)
}
