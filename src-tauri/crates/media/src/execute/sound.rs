//! The sound of an output: decoded and encoded again to the sample, or taken as it is.

use super::coded_sound::Run;
use super::mixing::{is_mixed, mix};
use super::objects::ObjectSource;
use super::rehearsal::Taking;
use crate::MediaError;
use crate::codec::{AudioEncoder, CodedFormat, PcmFormat, PcmInput, Stopper, decode_audio};
use conform::{AudioSpan, CutPlan, SourcePiece, SpanKind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;
use tokio_util::sync::CancellationToken;

/// Coded frames between the sound thread and the writer.
const QUEUE: usize = 256;

/// A coded frame for the writer.
#[derive(Debug)]
pub(crate) struct CodedFrame {
    pub(crate) data: Vec<u8>,
    /// Samples it decodes to.
    pub(crate) samples: u32,
    /// AudioSpecificConfig.
    pub(crate) config: Arc<Vec<u8>>,
}

/// What is known of the sound before and while it is made.
#[derive(Debug)]
pub(crate) struct SoundTrack {
    pub(crate) sample_rate: u32,
    pub(crate) channels: u16,
    /// Samples in front of the first that plays.
    pub(crate) skip: u64,
    /// Samples that play.
    pub(crate) play: u64,
    /// AudioSpecificConfig, once a frame came.
    pub(crate) config: Vec<u8>,
    /// ISO 639-2 or BCP 47.
    pub(crate) language: Option<String>,
    bytes: u64,
    samples: u64,
}

impl SoundTrack {
    pub(crate) fn learn(&mut self, frame: &CodedFrame) {
        if self.config.is_empty() {
            self.config.clone_from(&frame.config);
        }
        self.bytes += frame.data.len() as u64;
        self.samples += u64::from(frame.samples);
    }

    /// Average bits per second.
    pub(crate) fn bit_rate(&self) -> u32 {
        let bits = self.bytes * 8 * u64::from(self.sample_rate);
        u32::try_from(bits / self.samples.max(1)).unwrap_or(u32::MAX)
    }
}

type Sound = (SoundTrack, Receiver<Result<CodedFrame, MediaError>>);

/// Starts making the sound of a plan in threads of `scope`; `None` when the plan has none.
pub(crate) fn start<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    plan: &'env CutPlan,
    objects: &'env dyn ObjectSource,
    taking: Taking,
    stop: &CancellationToken,
) -> Result<Option<Sound>, MediaError> {
    let Some(format) = plan.format.audio else {
        return Ok(None);
    };
    if plan.audio.is_empty() {
        return Ok(None);
    }
    let mut track = SoundTrack {
        sample_rate: format.sample_rate,
        channels: format.channels,
        skip: AudioEncoder::PRIMING,
        play: plan.audio.iter().map(|span| span.samples).sum(),
        config: Vec::new(),
        language: plan.format.language.clone(),
        bytes: 0,
        samples: 0,
    };
    let (sender, receiver) = sync_channel(QUEUE);
    let stop = stop.clone();
    if let [span] = plan.audio.as_slice()
        && span.kind == SpanKind::Copy
    {
        let run = Run::open(&span.sources, objects)?;
        track.skip = run.offset(format.sample_rate);
        scope.spawn(move || {
            if let Err(error) = copy(run, taking, &sender, &stop) {
                // A closed channel means that the writer already failed for a reason of its own.
                let _ = sender.send(Err(error));
            }
        });
    } else {
        let pcm = PcmFormat {
            sample_rate: format.sample_rate,
            channels: format.channels,
        };
        scope.spawn(move || {
            if let Err(error) = encode(&plan.audio, objects, pcm, &sender, &stop) {
                let _ = sender.send(Err(error));
            }
        });
    }
    Ok(Some((track, receiver)))
}

fn copy(
    mut run: Run,
    taking: Taking,
    sender: &SyncSender<Result<CodedFrame, MediaError>>,
    stop: &CancellationToken,
) -> Result<(), MediaError> {
    let config = Arc::new(run.track()?.config.clone());
    let samples = run.track()?.samples_per_frame;
    while let Some(data) = run.next(taking)? {
        if stop.is_cancelled() {
            return Err(MediaError::Cancelled);
        }
        let frame = CodedFrame {
            data,
            samples,
            config: Arc::clone(&config),
        };
        if sender.send(Ok(frame)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn encode(
    spans: &[AudioSpan],
    objects: &dyn ObjectSource,
    format: PcmFormat,
    sender: &SyncSender<Result<CodedFrame, MediaError>>,
    stop: &CancellationToken,
) -> Result<(), MediaError> {
    let encoder = AudioEncoder::start(format)?;
    let input = encoder.input();
    let stopper = Stopper::default();
    let half = stop.child_token();
    std::thread::scope(|scope| {
        let producer = scope.spawn(|| {
            let mut input = input;
            let result = produce(spans, objects, format, &mut input, &stopper, &half);
            input.end();
            result
        });
        let pulled = pull(&encoder, sender, stop);
        // The producer may wait in a push into the encoder or into its decoder.
        half.cancel();
        encoder.stop();
        stopper.stop();
        let produced = producer.join().unwrap_or_else(|_| {
            Err(MediaError::Mismatch(
                "the sound thread broke off".to_owned(),
            ))
        });
        match produced {
            // It was stopped because the other half ended; that is the one to report.
            Err(MediaError::Cancelled) if !stop.is_cancelled() => pulled,
            produced => produced.and(pulled),
        }
    })
}

fn pull(
    encoder: &AudioEncoder,
    sender: &SyncSender<Result<CodedFrame, MediaError>>,
    stop: &CancellationToken,
) -> Result<(), MediaError> {
    let mut config = Arc::new(Vec::new());
    while let Some(coded) = encoder.next(stop)? {
        if config.as_slice() != coded.config.as_slice() {
            config = Arc::new(coded.config);
        }
        let frame = CodedFrame {
            data: coded.data,
            samples: AudioEncoder::FRAME,
            config: Arc::clone(&config),
        };
        if sender.send(Ok(frame)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// Decodes spans and pushes exactly their samples into `input`, silence where there is no sound.
pub(crate) fn produce(
    spans: &[AudioSpan],
    objects: &dyn ObjectSource,
    format: PcmFormat,
    input: &mut PcmInput,
    stopper: &Stopper,
    stop: &CancellationToken,
) -> Result<(), MediaError> {
    if is_mixed(spans) {
        return mix(spans, objects, format, input, stopper, stop);
    }
    let parts = spans.iter().map(|span| SoundOf {
        pieces: &span.sources,
        samples: span.samples,
    });
    let target = Samples::Pipeline(input.clone());
    decode_parts(parts, objects, format, target, stopper, stop)
}

/// So many samples of consecutive pieces; silence without any.
pub(super) struct SoundOf<'a> {
    pub(super) pieces: &'a [SourcePiece],
    pub(super) samples: u64,
}

/// Decodes parts one behind the other into `target`, to the sample. Ends early, without an error, when
/// nobody takes the samples any more.
pub(super) fn decode_parts<'a>(
    parts: impl Iterator<Item = SoundOf<'a>>,
    objects: &dyn ObjectSource,
    format: PcmFormat,
    target: Samples,
    stopper: &Stopper,
    stop: &CancellationToken,
) -> Result<(), MediaError> {
    let mut sink = SpanSink {
        target,
        format,
        first: 0,
        samples: 0,
        passed: 0,
    };
    for part in parts {
        if stop.is_cancelled() {
            return Err(MediaError::Cancelled);
        }
        sink.samples = part.samples;
        sink.passed = 0;
        if !part.pieces.is_empty() {
            let run = Run::open(part.pieces, objects)?;
            sink.first = run.offset(format.sample_rate);
            sink = decode_span(run, sink, format, stopper, stop)?;
        }
        // Silence where there is no sound, and where a decoder gave a little less than it should.
        if sink.fill().is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// Where decoded samples go.
#[derive(Clone, Debug)]
pub(super) enum Samples {
    /// Into a pipeline.
    Pipeline(PcmInput),
    /// To whoever sums them, some thousand at a time.
    Mixer(SyncSender<Vec<u8>>),
}

impl Samples {
    fn push(&mut self, data: Vec<u8>) -> Result<(), gst::FlowError> {
        match self {
            Self::Pipeline(input) => input.push(data),
            Self::Mixer(sender) => sender.send(data).map_err(|_| gst::FlowError::Flushing),
        }
    }
}

fn decode_span(
    mut run: Run,
    sink: SpanSink,
    format: PcmFormat,
    stopper: &Stopper,
    stop: &CancellationToken,
) -> Result<SpanSink, MediaError> {
    let track = run.track()?;
    let coded = CodedFormat {
        codec: track.codec.clone(),
        sample_rate: track.sample_rate,
        channels: track.channels,
        config: track.config.clone(),
        samples_per_frame: track.samples_per_frame,
    };
    let shared = Arc::new(Mutex::new(sink));
    let writer = Arc::clone(&shared);
    decode_audio(
        &coded,
        format,
        stopper,
        stop,
        || run.next(Taking::Bytes),
        move |at, data| {
            let mut sink = writer.lock().unwrap_or_else(PoisonError::into_inner);
            sink.take(at, data)
        },
    )?;
    let sink = shared.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(sink.clone())
}

/// Lets exactly the samples of one span through.
#[derive(Clone, Debug)]
struct SpanSink {
    target: Samples,
    format: PcmFormat,
    /// First decoded sample that belongs to the span.
    first: u64,
    /// Samples of the span.
    samples: u64,
    /// Samples passed on.
    passed: u64,
}

impl SpanSink {
    fn take(&mut self, at: u64, data: &[u8]) -> Result<(), gst::FlowError> {
        let bytes = self.format.frame_bytes().max(1);
        let end = at + (data.len() / bytes) as u64;
        let wanted = self.first + self.passed;
        if at > wanted {
            // The decoder swallowed what was in front: keep everything behind in its place.
            self.silence((at - wanted).min(self.samples - self.passed))?;
        }
        let from = self.first + self.passed;
        let to = end.min(self.first + self.samples);
        if from < at || to <= from {
            return Ok(());
        }
        let range = ((from - at) as usize * bytes)..((to - at) as usize * bytes);
        let samples = data.get(range).ok_or(gst::FlowError::Error)?.to_vec();
        self.passed += to - from;
        self.target.push(samples)
    }

    fn fill(&mut self) -> Result<(), gst::FlowError> {
        self.silence(self.samples - self.passed)
    }

    fn silence(&mut self, mut samples: u64) -> Result<(), gst::FlowError> {
        while samples > 0 {
            let count = samples.min(4096);
            self.target
                .push(vec![0; count as usize * self.format.frame_bytes()])?;
            self.passed += count;
            samples -= count;
        }
        Ok(())
    }
}
