//! Sounds that play at the same time, summed: the two sides of a cross-fade, and tracks.
//!
//! Each layer is decoded in a thread of its own, a little ahead, as if it were alone; pieces that go
//! on from one span to the next are decoded in one go. Sample by sample their sum is taken.

use super::ObjectSource;
use super::sound::{Samples, SoundOf, decode_parts};
use crate::MediaError;
use crate::codec::{PcmFormat, PcmInput, Stopper};
use conform::{AudioSpan, Fade, FadeWay, SourcePiece};
use std::collections::BTreeMap;
use std::f64::consts::FRAC_PI_2;
use std::sync::mpsc::{Receiver, sync_channel};
use tokio_util::sync::CancellationToken;

/// Blocks of samples of a layer that wait to be summed.
const AHEAD: usize = 8;
/// Samples that are summed at once.
const BLOCK: u64 = 1024;

/// Whether spans hold more than one sound at a time, or one whose loudness changes.
pub(super) fn is_mixed(spans: &[AudioSpan]) -> bool {
    let mut pieces = spans.iter().flat_map(|span| &span.sources);
    pieces.any(|piece| piece.layer > 0 || piece.fade.is_some() || piece.gain != 0)
}

/// Pushes exactly the samples of spans into `input`.
pub(super) fn mix(
    spans: &[AudioSpan],
    objects: &dyn ObjectSource,
    format: PcmFormat,
    input: &mut PcmInput,
    stopper: &Stopper,
    stop: &CancellationToken,
) -> Result<(), MediaError> {
    let layers = layers(spans);
    // The layers end when the sum does, for whatever reason.
    let ending = stop.child_token();
    let summed = std::thread::scope(|scope| {
        let mut running = Vec::new();
        let mut coming = BTreeMap::new();
        for (layer, parts) in &layers {
            let (sender, receiver) = sync_channel(AHEAD);
            coming.insert(*layer, Layer::new(receiver, format));
            let ending = &ending;
            running.push(scope.spawn(move || {
                let parts = parts.iter().map(|(pieces, samples)| SoundOf {
                    pieces,
                    samples: *samples,
                });
                let target = Samples::Mixer(sender);
                decode_parts(parts, objects, format, target, stopper, ending)
            }));
        }
        let whole = sum(spans, &mut coming, format, input, stop);
        drop(coming);
        if !matches!(whole, Ok(true)) {
            ending.cancel();
        }
        let mut fault = None;
        for layer in running {
            let ended = layer.join().unwrap_or_else(|_| {
                Err(MediaError::Mismatch("a sound thread broke off".to_owned()))
            });
            match ended {
                Ok(()) | Err(MediaError::Cancelled) => {}
                Err(error) => {
                    fault.get_or_insert(error);
                }
            }
        }
        match (whole, fault) {
            // A layer that failed has no more samples: that is why the sum ended.
            (Ok(false), Some(fault)) => Err(fault),
            (whole, _) => whole.map(|_| ()),
        }
    });
    match stop.is_cancelled() {
        true => Err(MediaError::Cancelled),
        false => summed,
    }
}

/// What each layer plays, only where it plays.
fn layers(spans: &[AudioSpan]) -> BTreeMap<u8, Vec<(Vec<SourcePiece>, u64)>> {
    let mut layers: BTreeMap<u8, Vec<(Vec<SourcePiece>, u64)>> = BTreeMap::new();
    let mut last: BTreeMap<u8, usize> = BTreeMap::new();
    for (number, span) in spans.iter().enumerate() {
        let mut of_span: BTreeMap<u8, Vec<SourcePiece>> = BTreeMap::new();
        for piece in &span.sources {
            of_span.entry(piece.layer).or_default().push(piece.clone());
        }
        for (layer, pieces) in of_span {
            let parts = layers.entry(layer).or_default();
            let directly_behind = last.insert(layer, number) == number.checked_sub(1);
            let going_on = parts.last_mut().filter(|(before, _)| {
                let begins = pieces.iter().find(|piece| !piece.preroll);
                directly_behind
                    && number > 0
                    && before.last().zip(begins).is_some_and(|(end, begin)| {
                        end.object_id == begin.object_id && end.mark_out == begin.mark_in
                    })
            });
            match going_on {
                Some((before, samples)) => {
                    before.extend(pieces.into_iter().filter(|piece| !piece.preroll));
                    *samples += span.samples;
                }
                None => parts.push((pieces, span.samples)),
            }
        }
    }
    layers
}

/// `false` when a layer ended before its time, or nobody takes the sum.
fn sum(
    spans: &[AudioSpan],
    coming: &mut BTreeMap<u8, Layer>,
    format: PcmFormat,
    input: &mut PcmInput,
    stop: &CancellationToken,
) -> Result<bool, MediaError> {
    let channels = usize::from(format.channels.max(1));
    let mut block: Vec<f32> = Vec::new();
    for span in spans {
        let playing: BTreeMap<u8, &SourcePiece> = span
            .sources
            .iter()
            .map(|piece| (piece.layer, piece))
            .collect();
        let mut at = 0;
        while at < span.samples {
            if stop.is_cancelled() {
                return Err(MediaError::Cancelled);
            }
            let count = (span.samples - at).min(BLOCK);
            block.clear();
            block.resize(usize::try_from(count).unwrap_or(0) * channels, 0.0);
            for (number, piece) in &playing {
                let Some(layer) = coming.get_mut(number) else {
                    continue;
                };
                let Some(samples) = layer.next(block.len()) else {
                    return Ok(false);
                };
                let gain = 10_f64.powf(f64::from(piece.gain) / 20_000.0);
                let frames = block.chunks_mut(channels).zip(samples.chunks(channels));
                for (offset, (sums, samples)) in (at..).zip(frames) {
                    let gain = (gain * piece.fade.map_or(1.0, |fade| share(fade, offset))) as f32;
                    for (sum, sample) in sums.iter_mut().zip(samples) {
                        *sum += sample * gain;
                    }
                }
            }
            at += count;
            let bytes = block.iter().flat_map(|sample| sample.to_le_bytes());
            if input.push(bytes.collect()).is_err() {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// How loud a layer is at a sample of a span: of constant power, so that two different sounds together
/// are as loud as each alone.
fn share(fade: Fade, sample: u64) -> f64 {
    let way = (fade.from.saturating_add(sample) as f64 + 0.5) / fade.of.max(1) as f64;
    let angle = way.clamp(0.0, 1.0) * FRAC_PI_2;
    match fade.way {
        FadeWay::In => angle.sin(),
        FadeWay::Out => angle.cos(),
    }
}

/// The samples of a layer as they come.
struct Layer {
    coming: Receiver<Vec<u8>>,
    waiting: Vec<f32>,
    taken: usize,
    /// What was asked for last.
    given: Vec<f32>,
}

impl Layer {
    fn new(coming: Receiver<Vec<u8>>, format: PcmFormat) -> Self {
        Self {
            coming,
            waiting: Vec::with_capacity(format.frame_bytes() * 1024),
            taken: 0,
            given: Vec::new(),
        }
    }

    /// The next so many samples of all channels together; `None` when there are no more.
    fn next(&mut self, count: usize) -> Option<&[f32]> {
        self.given.clear();
        while self.given.len() < count {
            if self.taken == self.waiting.len() {
                let block = self.coming.recv().ok()?;
                let samples = block.chunks_exact(4).map(|bytes| {
                    let bytes = bytes.try_into().unwrap_or_default();
                    f32::from_le_bytes(bytes)
                });
                self.waiting.clear();
                self.waiting.extend(samples);
                self.taken = 0;
            }
            let wanted = count - self.given.len();
            let end = self.waiting.len().min(self.taken + wanted);
            self.given
                .extend_from_slice(self.waiting.get(self.taken..end)?);
            self.taken = end;
        }
        Some(&self.given)
    }
}
