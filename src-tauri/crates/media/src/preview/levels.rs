//! How loud the sound of a monitor is: peaks for the bars, and loudness.

use super::frame::Loudness;
use crate::codec::PcmFormat;
use ebur128::{EbuR128, Mode};
use mediatime::Timestamp;
use std::collections::VecDeque;

/// Peaks are measured over stretches of this many parts of a second…
const PEAKS_PER_SECOND: u32 = 100;
/// …and loudness is read so often.
const READINGS_PER_SECOND: u32 = 10;
/// Seconds that are kept: more than the pipeline and the device hold.
const KEPT: usize = 4;
/// What is shown for silence, in tenths of dBFS.
const QUIETEST: i16 = -1000;

/// The levels of what was given to the device, which plays it a little later.
#[derive(Debug)]
pub(super) struct Levels {
    format: PcmFormat,
    samples_per_peak: u64,
    samples_per_reading: u64,
    /// Samples taken.
    taken: u64,
    /// Number of the first stretch that is kept.
    first: u64,
    peaks: VecDeque<[f32; 2]>,
    /// `None` where no loudness is defined: more channels or other rates than the standard knows.
    meter: Option<EbuR128>,
    /// Behind how many samples, and what it was then.
    readings: VecDeque<(u64, Loudness)>,
    samples: Vec<f32>,
}

impl Levels {
    pub(super) fn new(format: PcmFormat) -> Self {
        // By histogram: what the integrated loudness costs does not grow with time.
        let mode = Mode::M | Mode::S | Mode::I | Mode::TRUE_PEAK | Mode::HISTOGRAM;
        let per = |parts: u32| u64::from((format.sample_rate / parts).max(1));
        Self {
            format,
            samples_per_peak: per(PEAKS_PER_SECOND),
            samples_per_reading: per(READINGS_PER_SECOND),
            taken: 0,
            first: 0,
            peaks: VecDeque::new(),
            meter: EbuR128::new(format.channels.into(), format.sample_rate, mode).ok(),
            readings: VecDeque::new(),
            samples: Vec::new(),
        }
    }

    /// Takes interleaved 32 bit floats in the machine's byte order.
    pub(super) fn take(&mut self, data: &[u8]) {
        let mut samples = std::mem::take(&mut self.samples);
        let (words, _) = data.as_chunks::<4>();
        samples.clear();
        samples.extend(words.iter().map(|bytes| f32::from_ne_bytes(*bytes)));
        let channels = usize::from(self.format.channels.max(1));
        let mut left = samples.as_slice();
        while left.len() >= channels {
            // Readings are taken at fixed samples, however the sound is chopped.
            let until = self.samples_per_reading - self.taken % self.samples_per_reading;
            let until = usize::try_from(until).unwrap_or(usize::MAX);
            let frames = (left.len() / channels).min(until);
            let (now, later) = left.split_at(frames * channels);
            self.take_peaks(now, channels);
            self.measure(now);
            left = later;
        }
        self.samples = samples;
    }

    fn take_peaks(&mut self, samples: &[f32], channels: usize) {
        for frame in samples.chunks_exact(channels) {
            let number = self.taken / self.samples_per_peak;
            self.taken += 1;
            if number >= self.first + self.peaks.len() as u64 {
                self.peaks.push_back([0.0; 2]);
                if self.peaks.len() > KEPT * PEAKS_PER_SECOND as usize {
                    self.peaks.pop_front();
                    self.first += 1;
                }
            }
            let sample = |channel: usize| frame.get(channel).map_or(0.0, |sample| sample.abs());
            let (left, right) = (sample(0), sample(usize::from(channels > 1)));
            if let Some([peak_left, peak_right]) = self.peaks.back_mut() {
                *peak_left = peak_left.max(left);
                *peak_right = peak_right.max(right);
            }
        }
    }

    fn measure(&mut self, samples: &[f32]) {
        let Some(meter) = &mut self.meter else {
            return;
        };
        if meter.add_frames_f32(samples).is_err() {
            // Only after a change of channels, which a format never makes.
            self.meter = None;
            return;
        }
        if !self.taken.is_multiple_of(self.samples_per_reading) {
            return;
        }
        let rate = u64::from(self.format.sample_rate);
        let over = |millis: u64| self.taken * 1000 >= rate * millis;
        let read = |value: Result<f64, ebur128::Error>| value.ok().and_then(tenths);
        let peaks = (0..meter.channels()).filter_map(|channel| meter.true_peak(channel).ok());
        let highest = peaks.fold(0.0, f64::max);
        let loudness = Loudness {
            momentary: over(400)
                .then(|| read(meter.loudness_momentary()))
                .flatten(),
            short_term: over(3000)
                .then(|| read(meter.loudness_shortterm()))
                .flatten(),
            integrated: read(meter.loudness_global()),
            true_peak: tenths(20.0 * highest.log10()),
        };
        self.readings.push_back((self.taken, loudness));
        if self.readings.len() > KEPT * READINGS_PER_SECOND as usize {
            self.readings.pop_front();
        }
    }

    /// The peaks of the first two channels between two times from the first sample, in tenths of dBFS.
    pub(super) fn between(&self, from: Timestamp, to: Timestamp) -> Option<[i16; 2]> {
        let number = |time: Timestamp| self.samples_until(time) / self.samples_per_peak;
        let skip = usize::try_from(number(from).checked_sub(self.first)?).ok()?;
        let count = usize::try_from(number(to).saturating_sub(number(from))).ok()?;
        let mut peaks = self.peaks.iter().skip(skip).take(count.max(1)).peekable();
        peaks.peek()?;
        let loudest = peaks.fold([0.0_f32; 2], |[left, right], peak| {
            [left.max(peak[0]), right.max(peak[1])]
        });
        Some(loudest.map(|peak| tenths(20.0 * f64::from(peak).log10()).unwrap_or(QUIETEST)))
    }

    /// The last reading at a time from the first sample.
    pub(super) fn loudness(&self, at: Timestamp) -> Option<Loudness> {
        let taken = self.samples_until(at);
        let mut readings = self.readings.iter().rev();
        let (_, loudness) = readings.find(|(behind, _)| *behind <= taken)?;
        Some(*loudness)
    }

    fn samples_until(&self, time: Timestamp) -> u64 {
        let samples = time.to_rational().floor_ticks(self.format.sample_rate);
        u64::try_from(samples).unwrap_or(0)
    }
}

/// Tenths of decibels or LUFS; `None` where nothing can be heard.
fn tenths(value: f64) -> Option<i16> {
    // The logarithm of 0 is minus infinity; what is left lies far inside of an `i16`.
    (value > f64::from(QUIETEST) / 10.0).then(|| (value * 10.0).round() as i16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(value: i128) -> Timestamp {
        Timestamp::from_nanos(value * 1_000_000).unwrap()
    }

    fn bytes(samples: impl Iterator<Item = f32>) -> Vec<u8> {
        samples.flat_map(f32::to_ne_bytes).collect()
    }

    #[test]
    fn levels_are_the_peaks_of_the_time_asked_for() {
        let mut levels = Levels::new(PcmFormat {
            sample_rate: 1000,
            channels: 2,
        });
        levels.take(&bytes([0.5, -1.0].into_iter().cycle().take(200)));
        levels.take(&vec![0; 100 * 8]);
        assert_eq!(levels.between(millis(0), millis(40)), Some([-60, 0]));
        assert_eq!(
            levels.between(millis(120), millis(160)),
            Some([QUIETEST, QUIETEST])
        );
        assert_eq!(levels.between(millis(900), millis(940)), None);
    }

    /// EBU Tech 3341, tests 1 and 2: a stereo tone of 1 kHz at −23 dBFS has −23 LUFS, at −33 dBFS −33.
    #[test]
    fn a_tone_is_as_loud_as_the_standard_says() {
        for decibels in [-23_i16, -33] {
            let mut levels = Levels::new(PcmFormat {
                sample_rate: 48_000,
                channels: 2,
            });
            let amplitude = 10_f64.powf(f64::from(decibels) / 20.0);
            let tone = (0..48_000 * 4).flat_map(|k| {
                let phase = f64::from(k) * std::f64::consts::TAU / 48.0;
                [(amplitude * phase.sin()) as f32; 2]
            });
            // Chopped otherwise than readings are taken.
            for part in bytes(tone).chunks(8 * 1031) {
                levels.take(part);
            }
            assert_eq!(levels.loudness(millis(99)), None);
            let early = levels.loudness(millis(300)).unwrap();
            assert_eq!((early.momentary, early.short_term), (None, None));
            let late = levels.loudness(millis(3900)).unwrap();
            for value in [late.momentary, late.short_term, late.integrated] {
                let value = value.unwrap();
                assert!((value - decibels * 10).abs() <= 1, "{value}");
            }
            assert!((late.true_peak.unwrap() - decibels * 10).abs() <= 2);
        }
    }

    /// A tone of a quarter of the rate whose samples miss its crests by 45°: 3 dB below them.
    #[test]
    fn peaks_between_samples_are_found() {
        let mut levels = Levels::new(PcmFormat {
            sample_rate: 48_000,
            channels: 1,
        });
        let tone = (0..48_000).map(|k| {
            let phase = f64::from(k).mul_add(0.5, 0.25) * std::f64::consts::PI;
            (0.5 * phase.sin()) as f32
        });
        levels.take(&bytes(tone));
        assert_eq!(levels.between(millis(500), millis(540)), Some([-90, -90]));
        let loudness = levels.loudness(millis(900)).unwrap();
        assert!(
            (loudness.true_peak.unwrap() + 60).abs() <= 4,
            "{loudness:?}"
        );
    }
}
