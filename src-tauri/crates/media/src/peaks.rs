//! How loud an object's sound is over time, for the wave form on a time line.

use crate::codec::{CodedFormat, PcmFormat, Stopper, decode_audio};
use crate::execute::{read_coded_frame, sound_track};
use crate::{MediaError, MediaObject};
use mediatime::RationalTime;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Bins a second.
const BINS_PER_SECOND: u32 = 100;

/// The peaks of an object's whole sound, in bins of about 10 ms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peaks {
    /// When the first bin begins, on the object's own timeline.
    pub start: RationalTime,
    /// Samples per second.
    pub sample_rate: u32,
    /// Samples of a bin; a bin lasts `samples_per_bin / sample_rate` seconds.
    pub samples_per_bin: u32,
    /// For each channel one value per bin: the largest amplitude, linear, 255 is full scale.
    pub channels: Vec<Vec<u8>>,
}

/// Decodes an object's whole sound and keeps its peaks. `name` is what errors call the object.
///
/// # Errors
/// There is no sound, or it is of a kind that can't be decoded ([`MediaError::Unsupported`]); the
/// object can't be read; the caller cancels.
pub fn peaks(
    object: &MediaObject,
    name: &str,
    cancel: &CancellationToken,
) -> Result<Peaks, MediaError> {
    let track = sound_track(object, name)?;
    let format = PcmFormat {
        sample_rate: track.sample_rate.max(1),
        channels: track.channels.max(1),
    };
    let coded = CodedFormat {
        codec: track.codec.clone(),
        sample_rate: track.sample_rate,
        channels: track.channels,
        config: track.config.clone(),
        samples_per_frame: track.samples_per_frame,
    };
    let bins = Arc::new(Mutex::new(Bins::new(format)));
    let mut reader = object.reader()?;
    let mut frames = track.frames.iter();
    let writer = Arc::clone(&bins);
    decode_audio(
        &coded,
        format,
        &Stopper::default(),
        cancel,
        || {
            let Some(frame) = frames.next() else {
                return Ok(None);
            };
            read_coded_frame(&mut reader, &object.index, frame).map(Some)
        },
        move |at, data| {
            let mut bins = writer.lock().unwrap_or_else(PoisonError::into_inner);
            bins.take(at, data);
            Ok(())
        },
    )?;
    let bins = bins.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Peaks {
        start: track
            .frames
            .first()
            .map_or(RationalTime::ZERO, |frame| track.time(frame.pts)),
        sample_rate: format.sample_rate,
        samples_per_bin: bins.samples_per_bin,
        channels: bins.channels.clone(),
    })
}

#[derive(Debug)]
struct Bins {
    samples_per_bin: u32,
    channels: Vec<Vec<u8>>,
}

impl Bins {
    fn new(format: PcmFormat) -> Self {
        Self {
            samples_per_bin: (format.sample_rate / BINS_PER_SECOND).max(1),
            channels: vec![Vec::new(); usize::from(format.channels)],
        }
    }

    /// Takes interleaved samples, the first of which is the `at`-th of the object.
    fn take(&mut self, at: u64, data: &[u8]) {
        let frame_bytes = self.channels.len() * size_of::<f32>();
        for (index, frame) in (at..).zip(data.chunks_exact(frame_bytes.max(1))) {
            let bin = usize::try_from(index / u64::from(self.samples_per_bin));
            let Ok(bin) = bin else {
                return;
            };
            for (channel, sample) in self.channels.iter_mut().zip(frame.chunks_exact(4)) {
                let mut bytes = [0; 4];
                bytes.copy_from_slice(sample);
                let amplitude = f32::from_ne_bytes(bytes).abs().min(1.0);
                if channel.len() <= bin {
                    channel.resize(bin + 1, 0);
                }
                if let Some(peak) = channel.get_mut(bin) {
                    // Saturates by definition of `as`; a NaN becomes 0.
                    *peak = (*peak).max((amplitude * 255.0).round() as u8);
                }
            }
        }
    }
}
