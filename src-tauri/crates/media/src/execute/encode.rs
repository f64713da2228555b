//! Encoding the pictures of a span: decoded from the key frame in front of it, chosen, encoded.

use super::ahead::Coming;
use super::hex;
use super::output::Output;
use super::selection::{PieceUnits, shown_in_output};
use super::signature::{Signature, luma_signature};
use super::video::config_of;
use super::writer::PictureTime;
use crate::MediaError;
use crate::codec::{
    DecodedFrame, EncoderTask, FrameInput, Splice, Stopper, VideoDecoder, VideoEncoder,
    decoder_unit,
};
use crate::coding::{self, Graft, Part};
use crate::demux::TrackKind;
use crate::nal_units::NalUnits;
use crate::report::SpanReport;
use conform::{SpanKind, UnitKind, VideoCodec, VideoConfig, VideoSpan};
use mediatime::FrameRate;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Source frames of an encoded span whose print is kept, evenly spread.
const SIGNATURES: u64 = 32;

/// Where the pictures of a span go.
pub(super) struct Target<'a, 'o> {
    /// When each is shown, in ticks.
    pub(super) starts: &'a [i64],
    pub(super) output: &'a mut Output<'o>,
    pub(super) report: &'a mut SpanReport,
}

/// Encodes the pictures of one source, of which the first is shown as this output frame; `pull` takes what
/// comes out. The result are prints of source pictures.
pub(super) fn encode_pictures(
    (span, first_frame): (&VideoSpan, u64),
    pieces: &[PieceUnits],
    task: &EncoderTask,
    stop: &CancellationToken,
    pull: impl FnOnce(&VideoEncoder) -> Result<(), MediaError>,
) -> Result<Vec<Signature>, MediaError> {
    let wanted = wanted_frames(span, pieces, task.frame_rate)?;
    let prints = Prints::of((first_frame, span.frames), task.full_range);
    let prints = Arc::new(Mutex::new(prints));
    let kept = Arc::clone(&prints);
    // What is brought to other colours has other luma.
    let keep = span.kind == SpanKind::Encode && !task.recoloured;
    run_encoder(task, stop, pull, |mut input, stopper, half| {
        let chosen = Chosen::new(wanted, move |sample, wanted| {
            if keep {
                lock(&kept).look(sample, first_frame + wanted.place);
            }
            input.push(sample, wanted.times)
        });
        decode_span(pieces, &chosen, stopper, half)
    })?;
    let prints = std::mem::take(&mut *lock(&prints));
    Ok(prints.into_kept())
}

/// Writes what another thread encodes.
pub(super) fn write_encoded(
    coming: &Receiver<Coming>,
    target: &mut Target<'_, '_>,
    stop: &CancellationToken,
) -> Result<VideoConfig, MediaError> {
    let broke_off = || match stop.is_cancelled() {
        true => MediaError::Cancelled,
        false => MediaError::Mismatch("the encoding thread broke off".to_owned()),
    };
    let mut written = None;
    loop {
        match (coming.recv(), &mut written) {
            (Ok(Coming::Task(task)), None) => {
                target.report.quantiser = task.quantiser_told();
                written = Some(Written::of(*task));
            }
            (Ok(Coming::Unit(unit)), Some(written)) => {
                written.write(unit, target)?;
            }
            (Ok(Coming::End(prints)), Some(_)) => {
                target.report.signatures = prints;
                break;
            }
            (Ok(Coming::Failed(error)), _) => return Err(*error),
            _ => return Err(broke_off()),
        }
    }
    let frames = target.report.frames;
    written.ok_or_else(broke_off)?.whole(frames)
}

/// Encodes one picture for all frames of a span.
pub(super) fn fill_span(
    picture: &gst::Sample,
    task: &EncoderTask,
    target: &mut Target<'_, '_>,
    stop: &CancellationToken,
) -> Result<VideoConfig, MediaError> {
    let frames = target.report.frames;
    let (config, ()) = encoded(task, target, stop, |mut input, _, _| {
        for _ in 0..frames {
            // Refused only when the encoder was stopped; whoever pulls tells why.
            if input.push(picture, 1).is_err() {
                break;
            }
        }
        Ok(())
    })?;
    Ok(config)
}

/// Encodes the first `count` pictures of a span for nothing but their sizes in bytes, in order.
pub(super) fn encoded_sizes(
    span: &VideoSpan,
    pieces: &[PieceUnits],
    task: &EncoderTask,
    count: usize,
    stop: &CancellationToken,
) -> Result<Vec<usize>, MediaError> {
    let mut wanted = wanted_frames(span, pieces, task.frame_rate)?;
    wanted.truncate(count);
    let mut sizes = Vec::with_capacity(count);
    let pull = |encoder: &VideoEncoder| {
        while let Some((unit, _)) = encoder.next(stop)? {
            sizes.push(unit.len());
        }
        Ok(())
    };
    run_encoder(task, stop, pull, |mut input, stopper, half| {
        let chosen = Chosen::new(wanted, move |sample, _| input.push(sample, 1));
        decode_span(pieces, &chosen, stopper, half)
    })?;
    Ok(sizes)
}

/// Runs an encoder: `feed` pushes pictures into it from a thread of its own, and has to end when it is
/// cancelled. What comes out is written; the result is what the pictures were encoded with, and what
/// `feed` gave.
pub(super) fn encoded<T: Send>(
    task: &EncoderTask,
    target: &mut Target<'_, '_>,
    stop: &CancellationToken,
    feed: impl FnOnce(FrameInput, &Stopper, &CancellationToken) -> Result<T, MediaError> + Send,
) -> Result<(VideoConfig, T), MediaError> {
    let frames = target.report.frames;
    let mut written = Written::of(task.clone());
    let pull = |encoder: &VideoEncoder| {
        while let Some((unit, _)) = encoder.next(stop)? {
            written.write(unit, target)?;
        }
        Ok(())
    };
    let fed = run_encoder(task, stop, pull, feed)?;
    Ok((written.whole(frames)?, fed))
}

fn run_encoder<T: Send>(
    task: &EncoderTask,
    stop: &CancellationToken,
    pull: impl FnOnce(&VideoEncoder) -> Result<(), MediaError>,
    feed: impl FnOnce(FrameInput, &Stopper, &CancellationToken) -> Result<T, MediaError> + Send,
) -> Result<T, MediaError> {
    let encoder = VideoEncoder::start(task)?;
    let stopper = Stopper::default();
    let half = stop.child_token();
    std::thread::scope(|scope| {
        let input = encoder.input();
        let feeder = scope.spawn({
            let (stopper, half) = (stopper.clone(), half.clone());
            let end = input.clone();
            move || {
                let result = feed(input, &stopper, &half);
                end.end();
                result
            }
        });
        let pulled = pull(&encoder);
        // The feeder may wait in a push into its decoder, and that one in a push into the encoder.
        if pulled.is_err() {
            half.cancel();
        }
        encoder.stop();
        if pulled.is_err() {
            stopper.stop();
        }
        let fed = feeder.join().unwrap_or_else(|_| {
            Err(MediaError::Mismatch(
                "the decoding thread broke off".to_owned(),
            ))
        });
        match (fed, pulled) {
            // It was stopped because the other half failed; that is the failure to report.
            (Err(MediaError::Cancelled), Err(error)) => Err(error),
            (fed, pulled) => fed.and_then(|fed| pulled.map(|()| fed)),
        }
    })
}

/// Prints of pictures as they go into the encoder, evenly spread over a span.
#[derive(Debug, Default)]
pub(super) struct Prints {
    kept: Vec<Signature>,
    first: u64,
    end: u64,
    every: u64,
    /// The range of the pictures.
    full_range: bool,
}

impl Prints {
    /// Of so many output frames, from the first on.
    pub(super) fn of((first, frames): (u64, u64), full_range: bool) -> Self {
        Self {
            full_range,
            kept: Vec::new(),
            first,
            end: first + frames,
            every: (frames / SIGNATURES).max(1),
        }
    }

    /// Keeps the print of an output frame, when one is due.
    pub(super) fn look(&mut self, sample: &gst::Sample, frame: u64) {
        let due = frame
            .saturating_sub(self.first)
            .is_multiple_of(self.every.max(1));
        if (due || frame + 1 == self.end)
            && let Some(luma) = luma_signature(sample, self.full_range)
        {
            self.kept.push(Signature {
                frame,
                luma: hex(&luma),
            });
        }
    }

    pub(super) fn into_kept(self) -> Vec<Signature> {
        self.kept
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A source frame that is encoded: its rank among the decoded ones, how many output frames show
/// it, and the first of them, counted from the span's beginning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    rank: u64,
    pub(super) times: u32,
    place: u64,
}

/// Which source frames the output frames of a span show.
pub(super) fn wanted_frames(
    span: &VideoSpan,
    pieces: &[PieceUnits],
    rate: Option<FrameRate>,
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
    for (place, index) in (0..).zip(shown_in_output(span, pieces, rate)?) {
        let Some(rank) = ranks.get(index).copied() else {
            continue;
        };
        match wanted.last_mut() {
            Some(last) if last.rank == rank => last.times += 1,
            _ => wanted.push(Wanted {
                rank,
                times: 1,
                place,
            }),
        }
    }
    Ok(wanted)
}

type TakeFrame = Box<dyn FnMut(&gst::Sample, Wanted) -> Result<(), gst::FlowError> + Send>;

/// Picks the wanted frames out of the decoded ones and hands them on.
pub(super) struct Chosen {
    wanted: Vec<Wanted>,
    next: usize,
    /// Whoever takes the frames took no more.
    refused: bool,
    hand_on: TakeFrame,
}

impl Chosen {
    pub(super) fn new(
        wanted: Vec<Wanted>,
        hand_on: impl FnMut(&gst::Sample, Wanted) -> Result<(), gst::FlowError> + Send + 'static,
    ) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            wanted,
            next: 0,
            refused: false,
            hand_on: Box::new(hand_on),
        }))
    }

    fn take(&mut self, frame: &DecodedFrame) -> Result<(), gst::FlowError> {
        let Some(wanted) = self.wanted.get(self.next).copied() else {
            return Ok(());
        };
        if frame.rank != wanted.rank {
            // Frames in front of the in point are only decoded; a missing one is noticed by count.
            return Ok(());
        }
        self.next += 1;
        let handed = (self.hand_on)(&frame.sample, wanted);
        self.refused |= handed.is_err();
        handed
    }

    fn complete(&self) -> bool {
        self.next == self.wanted.len()
    }
}

/// Feeds the decoder from the key frame before the in point until every wanted frame came.
pub(super) fn decode_span(
    pieces: &[PieceUnits],
    chosen: &Arc<Mutex<Chosen>>,
    stopper: &Stopper,
    stop: &CancellationToken,
) -> Result<(), MediaError> {
    let mut decoder: Option<(VideoDecoder, VideoConfig)> = None;
    let (mut bytes, mut base, mut reached) = (Vec::new(), 0_u64, None);
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
            reached = Some(track.time(picture.pts));
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
    let ended = match decoder {
        Some((running, _)) => running.finish(stop),
        None => Ok(()),
    };
    let chosen = lock(chosen);
    if let Err(error) = ended {
        let piece = pieces.first().map_or("", |piece| piece.object_id.as_str());
        return Err(match error {
            MediaError::Pipeline { why, .. } if !chosen.refused => MediaError::Damaged {
                object: piece.to_owned(),
                at: reached,
                why: format!("its pictures can't be decoded ({why})"),
            },
            other => other,
        });
    }
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

/// What an encoder made, on its way into the output.
#[derive(Debug)]
struct Written {
    task: EncoderTask,
    frames: u64,
    graft: Option<Graft>,
    config: Option<VideoConfig>,
    grafted: Vec<u8>,
    unit_data: Vec<u8>,
}

impl Written {
    fn of(task: EncoderTask) -> Self {
        Self {
            task,
            frames: 0,
            graft: None,
            config: None,
            grafted: Vec::new(),
            unit_data: Vec::new(),
        }
    }

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

    /// Writes the next access unit as it stands between copies.
    fn write(&mut self, mut unit: Vec<u8>, target: &mut Target<'_, '_>) -> Result<(), MediaError> {
        let (codec, splice) = (self.task.choice.codec(), self.task.splice.as_ref());
        if let (None, Some(splice)) = (&self.graft, splice) {
            self.graft = Some(grafted_into(codec, splice, &unit).map_err(broken)?);
        }
        if let Some(graft) = &mut self.graft {
            self.grafted.clear();
            for part in NalUnits::new(&unit, None) {
                let part = part.and_then(|part| graft.take(part));
                if let Some(part) = part.map_err(|error| broken(error.to_string()))? {
                    self.grafted.extend_from_slice(&[0, 0, 1]);
                    self.grafted.extend(part);
                }
            }
            std::mem::swap(&mut unit, &mut self.grafted);
        }
        if self.config.is_none() {
            let mut config = sets_of(codec, &unit).map_err(broken)?;
            if let Some(splice) = splice {
                config.vps.clone_from(&splice.vps);
            }
            self.config = Some(config);
        }
        let config = self.config.as_ref();
        let config = config.ok_or_else(|| broken("no parameter sets".to_owned()))?;
        coding::to_length_prefixed(codec, &unit, config, &mut self.unit_data)
            .map_err(|error| broken(error.to_string()))?;
        let mut parts = NalUnits::new(&unit, None).filter_map(Result::ok);
        let key = parts.any(|unit| coding::part(codec, unit) == Part::Slice(UnitKind::Idr));
        let index = usize::try_from(self.frames).unwrap_or(usize::MAX);
        let pts = target.starts.get(index).copied();
        let pts = pts.ok_or_else(|| broken("more frames came out than went in".to_owned()))?;
        let time = PictureTime { pts, slot: pts };
        target.output.picture(&self.unit_data, time, key, config)?;
        target.report.bytes += self.unit_data.len() as u64;
        self.frames += 1;
        Ok(())
    }
}

fn broken(why: String) -> MediaError {
    MediaError::Pipeline {
        what: "encoding pictures".to_owned(),
        why,
    }
}

/// What an encoder whose first picture this is writes, made to stand between copies.
fn grafted_into(codec: VideoCodec, splice: &Splice, unit: &[u8]) -> Result<Graft, String> {
    let own = sets_of(codec, unit)?;
    let id = splice.id((own.sps, own.pps));
    let id = id.ok_or("no parameter-set id is left")?;
    Graft::new(codec, &splice.sps, id).map_err(|error| error.to_string())
}

/// The parameter sets in front of an encoder's first picture.
fn sets_of(codec: VideoCodec, unit: &[u8]) -> Result<VideoConfig, String> {
    let (mut vps, mut sps, mut pps) = (Vec::new(), Vec::new(), Vec::new());
    for found in NalUnits::new(unit, None) {
        let found = found.map_err(|error| error.to_string())?;
        let sets = match coding::part(codec, found) {
            Part::Vps => &mut vps,
            Part::Sps => &mut sps,
            Part::Pps => &mut pps,
            _ => continue,
        };
        if !sets.iter().any(|known: &Vec<u8>| known == found) {
            sets.push(found.to_vec());
        }
    }
    let first = sps
        .first()
        .ok_or("the first picture has no parameter sets")?;
    let facts = coding::sequence_facts(codec, first).map_err(|error| error.to_string())?;
    Ok(VideoConfig {
        vps,
        record: Vec::new(),
        sps,
        pps,
        nal_length_size: None,
        facts,
    })
}
