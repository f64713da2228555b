//! The sound of a clip: a function of its clock, so every sample tells the time.
//!
//! Three parts: a 440 Hz bed that shows gaps and skips as breaks of phase; a 1 kHz beep in the first
//! 50 ms of every second; and a noise that is different in every clip and never repeats, by which a
//! checker finds to which instant of which clip a piece of sound belongs.

use std::f64::consts::TAU;
use std::io::{self, Write};

/// Frequency and level of the bed.
pub(crate) const BED_HZ: i64 = 440;
const BED: f64 = 0.2;
/// Frequency, level and length (a fraction of a second) of the beep.
pub(crate) const BEEP_HZ: i64 = 1000;
pub(crate) const BEEP: f64 = 0.4;
const BEEP_PART: i64 = 20;
/// Level of the noise, and how many values of it there are in a second.
const NOISE: f64 = 0.1;
const NOISE_HZ: i64 = 4000;

/// The sample at `index`, counted from the clip's time 0 at `rate` samples a second.
pub(crate) fn sample(clip: u8, index: i64, rate: i64) -> f64 {
    let mut value = BED * sine(BED_HZ, index, rate) + noise(clip, index, rate);
    if index.rem_euclid(rate) < rate / BEEP_PART {
        value += BEEP * sine(BEEP_HZ, index, rate);
    }
    value
}

/// The noise alone, its spectrum below 4 kHz so that every codec keeps it.
pub(crate) fn noise(clip: u8, index: i64, rate: i64) -> f64 {
    let position = index * NOISE_HZ;
    let point = position.div_euclid(rate);
    let within = position.rem_euclid(rate) as f64 / rate as f64;
    let (a, b) = (random(clip, point), random(clip, point + 1));
    NOISE * (a + (b - a) * within)
}

fn sine(hertz: i64, index: i64, rate: i64) -> f64 {
    // The phase is reduced in integers, so that it is as exact in an hour as at the start.
    let phase = (hertz * index).rem_euclid(rate) as f64 / rate as f64;
    (TAU * phase).sin()
}

/// A fixed random value of -1 to 1 for each point of each clip.
fn random(clip: u8, point: i64) -> f64 {
    let bits = mix((point as u64) ^ (u64::from(clip) << 56));
    (bits >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

/// Scatters the bits of a number (the finaliser of SplitMix64).
pub(crate) fn mix(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// Writes samples `first..last` as a 16-bit PCM WAV file, the same in every channel.
pub(crate) fn write_wav(
    out: &mut dyn Write,
    clip: u8,
    samples: std::ops::Range<i64>,
    rate: u32,
    channels: u16,
) -> io::Result<()> {
    let count = u32::try_from(samples.end - samples.start).expect("a few seconds of sound");
    let frame = channels * 2;
    let bytes = count * u32::from(frame);
    out.write_all(b"RIFF")?;
    out.write_all(&(36 + bytes).to_le_bytes())?;
    out.write_all(b"WAVEfmt ")?;
    out.write_all(&16u32.to_le_bytes())?;
    out.write_all(&1u16.to_le_bytes())?;
    out.write_all(&channels.to_le_bytes())?;
    out.write_all(&rate.to_le_bytes())?;
    out.write_all(&(rate * u32::from(frame)).to_le_bytes())?;
    out.write_all(&frame.to_le_bytes())?;
    out.write_all(&16u16.to_le_bytes())?;
    out.write_all(b"data")?;
    out.write_all(&bytes.to_le_bytes())?;
    for index in samples {
        let value = (sample(clip, index, i64::from(rate)) * 32_767.0).round() as i16;
        for _ in 0..channels {
            out.write_all(&value.to_le_bytes())?;
        }
    }
    out.flush()
}
