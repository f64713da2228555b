//! The pictures of an output, span by span.

use super::clock::{FrameClock, decode_order, decode_slots, reordering};
use super::digest::Digester;
use super::hex;
use super::objects::ObjectSource;
use super::output::{Output, merged_sets};
use super::selection::{PieceUnits, count_mismatch, select, shown_in_output};
use super::signature::{Signature, luma_signature};
use super::writer::PictureTime;
use crate::MediaError;
use crate::codec::{
    DecodedFrame, EncoderChoice, EncoderTask, FrameInput, Stopper, VideoDecoder, VideoEncoder,
    black_frame, colorimetry, decoder_unit,
};
use crate::demux::TrackKind;
use crate::h264::{self, NalUnits, nal};
use crate::mux::{VideoCoding, VideoFormat};
use crate::report::{Presentation, SpanReport};
use conform::{CutPlan, SequenceFacts, SpanKind, UnitKind, VideoConfig, VideoSpan};
use mediatime::FrameRate;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio_util::sync::CancellationToken;

/// Source frames of an encoded span whose print is kept, evenly spread.
const SIGNATURES: u64 = 32;

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
    stop: &CancellationToken,
) -> Result<VideoResult, MediaError> {
    let mut clock = FrameClock::new(plan, output.time_scale());
    let base = copied_config(plan, objects)?;
    let mut sets: Vec<VideoConfig> = base.iter().cloned().collect();
    let colours = colours(plan, objects, base.as_ref())?;
    let output_colours: Arc<OnceLock<String>> = Arc::default();
    if let Some(common) = common_colorimetry(&colours, plan) {
        output_colours.get_or_init(|| common);
    }
    if output.needs_delay() {
        output.set_delay(reordering(plan, objects, output.time_scale())?);
    }
    let mut spans = Vec::with_capacity(plan.video.len());
    let (mut copied_bytes, mut encoded_frames, mut first_frame) = (0, 0, 0);
    for span in &plan.video {
        let pieces = select(&span.sources, objects)?;
        let starts = clock.span(span, &pieces)?;
        let mut report = SpanReport {
            kind: span.kind,
            first_frame,
            frames: span.frames,
            bytes: 0,
            sha256: None,
            signatures: Vec::new(),
        };
        if span.kind == SpanKind::Copy {
            copy_span(&pieces, &starts, output, &mut report, stop)?;
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
            let config = if pieces.is_empty() {
                let black = black_picture(&task, &colours)?;
                fill_span(&black, &starts, &task, output, &mut report, stop)?
            } else {
                encode_span(span, &pieces, &starts, &task, output, &mut report, stop)?
            };
            encoded_frames += span.frames;
            check_ids(&sets, &config)?;
            if !sets
                .iter()
                .any(|set| set.sps == config.sps && set.pps == config.pps)
            {
                sets.push(config);
            }
        }
        first_frame += span.frames;
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
            coding: VideoCoding::avc(merged_sets(&sets, "output")?),
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
fn check_ids(written: &[VideoConfig], config: &VideoConfig) -> Result<(), MediaError> {
    let ids = h264::sps_ids_of(config);
    let clash = written.iter().any(|other| {
        other.sps != config.sps && h264::sps_ids_of(other).iter().any(|id| ids.contains(id))
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
    let pieces = select(span.sources.get(..1).unwrap_or_default(), objects)?;
    let Some(piece) = pieces.first() else {
        return Ok(None);
    };
    config_of(piece, piece.decode.start).map(Some)
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
        let pieces = select(span.sources.get(..1).unwrap_or_default(), objects)?;
        for piece in &pieces {
            note(&config_of(piece, piece.decode.start)?.facts);
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
    let first = plan.video.iter().find_map(|span| span.sources.first());
    select(first.map_or(&[], std::slice::from_ref), objects)
}

fn black_picture(task: &EncoderTask, colours: &[Colour]) -> Result<gst::Sample, MediaError> {
    let (colour, full_range) = colours.first().copied().unwrap_or(((2, 2, 2), false));
    let own = || colorimetry(colour, full_range, task.height);
    let text = task.colours.get().cloned().unwrap_or_else(own);
    black_frame(task, &text, full_range)
}

fn config_of(piece: &PieceUnits, unit: usize) -> Result<VideoConfig, MediaError> {
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
    pieces: &[PieceUnits],
    starts: &[i64],
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
    let digester = Digester::start();
    let mut bytes = Vec::new();
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
        let mut reader = piece.object.reader()?;
        for (unit, rank) in piece.decode.clone().zip(rank) {
            let Some(rank) = rank else {
                continue;
            };
            if stop.is_cancelled() {
                return Err(MediaError::Cancelled);
            }
            let picture = &track.units[unit];
            let at = || Some(track.time(picture.pts));
            reader.read(TrackKind::Video, &picture.location, &mut bytes)?;
            let config = track
                .configs
                .get(usize::from(picture.config))
                .ok_or_else(|| MediaError::Damaged {
                    object: piece.object_id.clone(),
                    at: at(),
                    why: "a picture has no parameter sets".to_owned(),
                })?;
            let mut unit_data = Vec::with_capacity(bytes.len() + 16);
            h264::to_length_prefixed(&bytes, config, &mut unit_data)
                .map_err(|error| MediaError::damaged(&piece.object_id, at(), &error))?;
            report.bytes += unit_data.len() as u64;
            let time = starts.get(before + rank).zip(slots.get(written));
            let (pts, slot) = time.ok_or_else(|| count_mismatch(starts.len()))?;
            let time = PictureTime {
                pts: *pts,
                slot: *slot,
            };
            output.picture(&unit_data, time, picture.kind == UnitKind::Idr, config)?;
            digester.update(unit_data.into());
            written += 1;
        }
        before += piece.shown.len();
    }
    if before != starts.len() {
        return Err(count_mismatch(starts.len()));
    }
    report.sha256 = Some(digester.finish());
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
    let rotation = first.track()?.rotation;
    let turn = if span.kind == SpanKind::Compose {
        (360 + rotation - plan.format.rotation) % 360
    } else {
        0
    };
    let two_seconds = plan.frame_rate.map_or(50, |rate| 2 * rate.nominal());
    Ok(EncoderTask {
        choice,
        width: plan.format.width,
        height: plan.format.height,
        pixel_aspect: plan.format.pixel_aspect,
        frame_rate: plan.frame_rate,
        // Every encoded part of one output is made alike, so that they share parameter sets.
        profile_idc: if base.is_some() {
            facts.profile_idc
        } else {
            100
        },
        parameter_set_id: base.map_or(0, free_id),
        references: base.map_or(3, |config| config.facts.num_ref_frames),
        level_idc: base.map(|config| config.facts.level_idc),
        turn,
        key_interval: two_seconds.max(2),
        colours: Arc::default(),
        full_range: own.facts.full_range,
    })
}

/// The smallest id that no parameter set of the copies has.
fn free_id(config: &VideoConfig) -> u8 {
    let sps = h264::sps_ids_of(config);
    let pps = h264::pps_ids_of(config);
    (0..32)
        .find(|id| {
            !sps.contains(&u32::from(*id)) && !pps.iter().any(|ids| ids.pps == u32::from(*id))
        })
        .unwrap_or(31)
}

/// A source frame that is encoded: its rank among the decoded ones, how many output frames show
/// it, and the first of them.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    rank: u64,
    times: u32,
    output_frame: u64,
}

fn encode_span(
    span: &VideoSpan,
    pieces: &[PieceUnits],
    starts: &[i64],
    task: &EncoderTask,
    output: &mut Output<'_>,
    report: &mut SpanReport,
    stop: &CancellationToken,
) -> Result<VideoConfig, MediaError> {
    let wanted = wanted_frames(span, pieces, task.frame_rate, report.first_frame)?;
    let encoder = VideoEncoder::start(task)?;
    let chosen = Arc::new(Mutex::new(Chosen {
        wanted,
        next: 0,
        every: (span.frames / SIGNATURES).max(1),
        keep_signatures: span.kind == SpanKind::Encode,
        signatures: Vec::new(),
        input: encoder.input(),
        first_frame: report.first_frame,
    }));
    let mut written = Written::default();
    let stopper = Stopper::default();
    let half = stop.child_token();
    std::thread::scope(|scope| {
        let feeder = scope.spawn({
            let chosen = Arc::clone(&chosen);
            let (stopper, half) = (stopper.clone(), half.clone());
            move || {
                let result = decode_span(pieces, &chosen, &stopper, &half);
                lock(&chosen).input.end();
                result
            }
        });
        let pulled = pull(&encoder, starts, output, &mut written, report, stop);
        // The feeder may wait in a push into the decoder, and that one in a push into the encoder.
        if pulled.is_err() {
            half.cancel();
        }
        encoder.stop();
        if pulled.is_err() {
            stopper.stop();
        }
        let decoded = feeder.join().unwrap_or_else(|_| {
            Err(MediaError::Mismatch(
                "the decoding thread broke off".to_owned(),
            ))
        });
        match decoded {
            // It was stopped because the other half failed; that is the failure to report.
            Err(MediaError::Cancelled) if pulled.is_err() => pulled,
            decoded => decoded.and(pulled),
        }
    })?;
    report.signatures = std::mem::take(&mut lock(&chosen).signatures);
    written.whole(span.frames)
}

/// Encodes one picture for all frames of a span.
fn fill_span(
    picture: &gst::Sample,
    starts: &[i64],
    task: &EncoderTask,
    output: &mut Output<'_>,
    report: &mut SpanReport,
    stop: &CancellationToken,
) -> Result<VideoConfig, MediaError> {
    let encoder = VideoEncoder::start(task)?;
    let mut written = Written::default();
    let frames = report.frames;
    std::thread::scope(|scope| {
        let mut input = encoder.input();
        scope.spawn(move || {
            for _ in 0..frames {
                // Refused only when the encoder was stopped; whoever pulls tells why.
                if input.push(picture, 1).is_err() {
                    break;
                }
            }
            input.end();
        });
        let pulled = pull(&encoder, starts, output, &mut written, report, stop);
        encoder.stop();
        pulled
    })?;
    written.whole(frames)
}

fn lock(chosen: &Mutex<Chosen>) -> std::sync::MutexGuard<'_, Chosen> {
    chosen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Which source frames the output frames of a span show.
fn wanted_frames(
    span: &VideoSpan,
    pieces: &[PieceUnits],
    rate: Option<FrameRate>,
    first_frame: u64,
) -> Result<Vec<Wanted>, MediaError> {
    let mut ranks = Vec::new();
    let mut base = 0_u64;
    for piece in pieces {
        let track = piece.track()?;
        let mut order: Vec<usize> = piece.decode.clone().collect();
        order.sort_by_key(|i| track.units[*i].pts);
        let shown: std::collections::HashSet<usize> = piece.shown.iter().copied().collect();
        ranks.extend(
            (base..)
                .zip(&order)
                .filter(|(_, unit)| shown.contains(unit))
                .map(|(rank, _)| rank),
        );
        base += order.len() as u64;
    }
    let mut wanted: Vec<Wanted> = Vec::new();
    for (output_frame, index) in (first_frame..).zip(shown_in_output(span, pieces, rate)?) {
        let Some(rank) = ranks.get(index).copied() else {
            continue;
        };
        match wanted.last_mut() {
            Some(last) if last.rank == rank => last.times += 1,
            _ => wanted.push(Wanted {
                rank,
                times: 1,
                output_frame,
            }),
        }
    }
    Ok(wanted)
}

/// Picks the wanted frames out of the decoded ones and hands them to the encoder.
struct Chosen {
    wanted: Vec<Wanted>,
    next: usize,
    every: u64,
    keep_signatures: bool,
    signatures: Vec<Signature>,
    input: FrameInput,
    first_frame: u64,
}

impl Chosen {
    fn take(&mut self, frame: &DecodedFrame) -> Result<(), gst::FlowError> {
        let Some(wanted) = self.wanted.get(self.next).copied() else {
            return Ok(());
        };
        if frame.rank != wanted.rank {
            // Frames in front of the in point are only decoded; a missing one is noticed by count.
            return Ok(());
        }
        self.next += 1;
        let due = (wanted.output_frame - self.first_frame).is_multiple_of(self.every);
        let last = self.next == self.wanted.len();
        if self.keep_signatures
            && (due || last)
            && let Some(luma) = luma_signature(&frame.sample)
        {
            self.signatures.push(Signature {
                frame: wanted.output_frame,
                luma: hex(&luma),
            });
        }
        self.input.push(&frame.sample, wanted.times)
    }

    fn complete(&self) -> bool {
        self.next == self.wanted.len()
    }
}

/// Feeds the decoder from the key frame before the in point until every wanted frame came.
fn decode_span(
    pieces: &[PieceUnits],
    chosen: &Arc<Mutex<Chosen>>,
    stopper: &Stopper,
    stop: &CancellationToken,
) -> Result<(), MediaError> {
    let mut decoder: Option<(VideoDecoder, VideoConfig)> = None;
    let (mut bytes, mut base) = (Vec::new(), 0_u64);
    'pieces: for piece in pieces {
        let track = piece.track()?;
        let mut ranks = vec![0_u64; piece.decode.len()];
        let mut order: Vec<usize> = piece.decode.clone().collect();
        order.sort_by_key(|i| track.units[*i].pts);
        for (rank, unit) in (base..).zip(&order) {
            if let Some(slot) = ranks.get_mut(unit - piece.decode.start) {
                *slot = rank;
            }
        }
        base += order.len() as u64;
        let mut reader = piece.object.reader()?;
        for (unit, rank) in piece.decode.clone().zip(ranks) {
            if stop.is_cancelled() {
                return Err(MediaError::Cancelled);
            }
            if lock(chosen).complete() {
                break 'pieces;
            }
            let picture = &track.units[unit];
            let config = config_of(piece, unit)?;
            if decoder
                .as_ref()
                .is_none_or(|(_, current)| *current != config)
            {
                let running = match decoder.take() {
                    Some((running, _)) if running.codec() == track.codec => {
                        running.set_config(&config)?;
                        running
                    }
                    other => {
                        if let Some((ended, _)) = other {
                            ended.finish(stop)?;
                        }
                        start_decoder(&track.codec, &config, chosen)?.watched_by(stopper)
                    }
                };
                decoder = Some((running, config.clone()));
            }
            reader.read(TrackKind::Video, &picture.location, &mut bytes)?;
            let mut data = Vec::with_capacity(bytes.len() + 16);
            decoder_unit(&track.codec, &bytes, &config, &mut data).map_err(|error| {
                MediaError::damaged(&piece.object_id, Some(track.time(picture.pts)), &error)
            })?;
            if let Some((running, _)) = &mut decoder
                && !running.push(data, rank, picture.kind != UnitKind::Delta)
            {
                break 'pieces;
            }
        }
    }
    if let Some((running, _)) = decoder {
        running.finish(stop)?;
    }
    let chosen = lock(chosen);
    if chosen.complete() {
        return Ok(());
    }
    let piece = pieces.first().map_or("", |piece| piece.object_id.as_str());
    Err(MediaError::Damaged {
        object: piece.to_owned(),
        at: None,
        why: format!(
            "{} of {} frames could be decoded",
            chosen.next,
            chosen.wanted.len()
        ),
    })
}

fn start_decoder(
    codec: &str,
    config: &VideoConfig,
    chosen: &Arc<Mutex<Chosen>>,
) -> Result<VideoDecoder, MediaError> {
    let chosen = Arc::clone(chosen);
    VideoDecoder::start(codec, config, move |frame| lock(&chosen).take(&frame))
}

#[derive(Debug, Default)]
struct Written {
    frames: u64,
    config: Option<VideoConfig>,
}

impl Written {
    /// The parameter sets, when so many frames came out.
    fn whole(self, frames: u64) -> Result<VideoConfig, MediaError> {
        if self.frames != frames {
            return Err(MediaError::Mismatch(format!(
                "the encoder gave {} of {frames} frames",
                self.frames
            )));
        }
        self.config
            .ok_or_else(|| MediaError::Mismatch("the encoder gave no parameter sets".to_owned()))
    }
}

fn pull(
    encoder: &VideoEncoder,
    starts: &[i64],
    output: &mut Output<'_>,
    written: &mut Written,
    report: &mut SpanReport,
    stop: &CancellationToken,
) -> Result<(), MediaError> {
    let mut unit_data = Vec::new();
    let broken = |why: String| MediaError::Pipeline {
        what: "encoding pictures".to_owned(),
        why,
    };
    while let Some((unit, _)) = encoder.next(stop)? {
        if written.config.is_none() {
            written.config = Some(sets_of(&unit).map_err(broken)?);
        }
        let config = written
            .config
            .as_ref()
            .ok_or_else(|| broken("no parameter sets".to_owned()))?;
        h264::to_length_prefixed(&unit, config, &mut unit_data)
            .map_err(|error| broken(error.to_string()))?;
        let key = NalUnits::new(&unit, None)
            .any(|unit| unit.is_ok_and(|unit| h264::nal_type(unit) == Some(nal::IDR)));
        let index = usize::try_from(written.frames).unwrap_or(usize::MAX);
        let pts = starts
            .get(index)
            .copied()
            .ok_or_else(|| broken("more frames came out than went in".to_owned()))?;
        output.picture(&unit_data, PictureTime { pts, slot: pts }, key, config)?;
        report.bytes += unit_data.len() as u64;
        written.frames += 1;
    }
    Ok(())
}

/// The parameter sets in front of an encoder's first picture.
fn sets_of(unit: &[u8]) -> Result<VideoConfig, String> {
    let (mut sps, mut pps) = (Vec::new(), Vec::new());
    for found in NalUnits::new(unit, None) {
        let found = found.map_err(|error| error.to_string())?;
        match h264::nal_type(found) {
            Some(nal::SPS) => sps.push(found.to_vec()),
            Some(nal::PPS) => pps.push(found.to_vec()),
            _ => {}
        }
    }
    let first = sps
        .first()
        .ok_or("the first picture has no parameter sets")?;
    let facts = h264::sequence_facts(first).map_err(|error| error.to_string())?;
    Ok(VideoConfig {
        record: Vec::new(),
        sps,
        pps,
        nal_length_size: None,
        facts,
    })
}
