//! The sound of a file: decoded by ffmpeg, laid out on its own timestamps, and compared with what the
//! clips sound like.

use std::f64::consts::TAU;
use std::path::Path;

use super::probe::{complaints, field};
use super::video::{FrameSeen, Run};
use super::{Code, Options};
use crate::media::tone::{self, BED_HZ, BEEP, BEEP_HZ};
use crate::tool;

/// What was heard.
#[derive(Clone, Debug)]
pub struct AudioSeen {
    /// Samples a second.
    pub rate: u32,
    /// When the first sample is played, in seconds.
    pub starts: f64,
    /// From the first sample to the last, in seconds.
    pub seconds: f64,
    /// The samples of one channel, -1 to 1, silence where the timestamps leave a hole.
    pub samples: Vec<f32>,
    /// When the beeps begin, in seconds, to about a millisecond.
    pub beeps: Vec<f64>,
    /// Where the bed stops or changes its phase, in seconds.
    pub breaks: Vec<f64>,
    /// Where one packet of sound doesn't begin where the one before ends.
    pub holes: Vec<Hole>,
}

/// A place where timestamps leave the sound out, or let it overlap.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Hole {
    /// Where, in seconds.
    pub at: f64,
    /// How much is left out; negative is an overlap.
    pub ms: f64,
}

/// Where the sound lies against the pictures at one place.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Offset {
    /// The place in the file, in seconds.
    pub at: f64,
    /// The frame shown there.
    pub code: Code,
    /// How much later the sound of that frame is heard, in milliseconds.
    pub ms: f64,
    /// How loud the clip's own noise is there: about 1 as generated, near 0 when it isn't there.
    pub strength: f64,
    /// The same at the next best, wrong place.
    pub runner_up: f64,
}

impl Offset {
    /// Whether the sound is that clip's beyond doubt.
    pub fn belongs(&self) -> bool {
        self.strength > 0.4 && self.strength > 1.4 * self.runner_up
    }
}

/// At both ends of a stream a codec fades, by its delay and its padding. That much, in seconds, isn't
/// searched for breaks.
const EDGE: f64 = 0.045;

/// A difference of timestamps that rounding explains, in seconds.
const ROUNDING: f64 = 0.0005;

/// Decodes an audio stream of `path` and listens.
pub(super) fn read(path: &Path, options: &Options, errors: &mut Vec<String>) -> AudioSeen {
    let (stream, channel) = (options.audio_stream, options.audio_channel);
    let mut command = tool::tool("ffmpeg", ["-hide_banner", "-nostdin", "-nostats"]);
    command
        .args(["-loglevel", "level+info", "-copyts", "-i"])
        .arg(path);
    command.args(["-map", &format!("0:a:{stream}")]);
    command.args([
        "-af",
        &format!("pan=mono|c0=c{channel},ashowinfo"),
        "-f",
        "f32le",
        "-",
    ]);
    let output = tool::output(&mut command);
    let log = String::from_utf8_lossy(&output.stderr);
    errors.extend(complaints(&log));
    let decoded: Vec<f32> = output
        .stdout
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect();

    let mut rate = 48_000;
    let mut first = None;
    let mut samples: Vec<f32> = Vec::new();
    let mut holes = Vec::new();
    let mut rest = &decoded[..];
    for line in log.lines().filter(|line| line.contains("ashowinfo")) {
        let number = |key: &str| field(line, key).and_then(|text| text.parse::<i64>().ok());
        let (Some(pts), Some(count)) = (number("pts:"), number("nb_samples:")) else {
            continue;
        };
        rate = number("rate:").expect("ashowinfo tells the rate");
        let start = *first.get_or_insert(pts);
        let (head, tail) = rest.split_at((count as usize).min(rest.len()));
        rest = tail;
        let due = samples.len() as i64;
        let place = (pts - start).max(0);
        if (place - due).abs() as f64 > ROUNDING * rate as f64 {
            holes.push(Hole {
                at: (start + due) as f64 / rate as f64,
                ms: (place - due) as f64 * 1000.0 / rate as f64,
            });
            samples.resize(place as usize, 0.0);
        }
        samples.extend_from_slice(head);
    }
    let starts = first.unwrap_or(0) as f64 / rate as f64;
    let beeps = beeps(&samples, rate, starts);
    let breaks = breaks(&samples, rate, starts);
    AudioSeen {
        rate: u32::try_from(rate).expect("a sample rate"),
        starts,
        seconds: samples.len() as f64 / rate as f64,
        samples,
        beeps,
        breaks,
        holes,
    }
}

/// Sums of the signal turned back by a frequency, so that the strength and phase of that frequency in
/// any window are one subtraction.
struct Tone {
    sums: Vec<(f64, f64)>,
}

impl Tone {
    fn of(samples: &[f32], hertz: i64, rate: i64) -> Self {
        let (mut re, mut im) = (0.0, 0.0);
        let mut sums = Vec::with_capacity(samples.len() + 1);
        sums.push((re, im));
        // One period of both the tone and the sample clock: the phase is looked up, not summed up.
        let period: Vec<(f64, f64)> = (0..rate)
            .map(|index| {
                let angle = TAU * (hertz * index % rate) as f64 / rate as f64;
                (angle.cos(), -angle.sin())
            })
            .collect();
        for (index, &sample) in samples.iter().enumerate() {
            let (cos, sin) = period[index % period.len()];
            re += f64::from(sample) * cos;
            im += f64::from(sample) * sin;
            sums.push((re, im));
        }
        Self { sums }
    }

    /// Amplitude and phase in `length` samples around `middle`.
    fn at(&self, middle: usize, length: usize) -> (f64, f64) {
        let from = middle.saturating_sub(length / 2);
        let to = (middle + length / 2).min(self.sums.len() - 1);
        let (a, b) = (self.sums[from], self.sums[to]);
        let (re, im) = (b.0 - a.0, b.1 - a.1);
        (2.0 * re.hypot(im) / length as f64, im.atan2(re))
    }
}

/// Where 1 kHz sets in: the middle of a short window that it half fills. Before the first sample there
/// is silence.
fn beeps(samples: &[f32], rate: i64, starts: f64) -> Vec<f64> {
    let window = (rate / 200) as usize;
    let tone = Tone::of(samples, BEEP_HZ, rate);
    let mut beeps = Vec::new();
    let mut last = None;
    let mut before = 0.0;
    for middle in (0..samples.len().saturating_sub(window / 2)).step_by(rate as usize / 8000) {
        let (level, _) = tone.at(middle, window);
        let rested = last.is_none_or(|at: usize| middle - at > rate as usize / 5);
        if level > BEEP / 2.0 && before <= BEEP / 2.0 && rested {
            beeps.push(starts + middle as f64 / rate as f64);
            last = Some(middle);
        }
        before = level;
    }
    beeps
}

/// Where the bed is gone, or its phase is another than 10 ms before.
fn breaks(samples: &[f32], rate: i64, starts: f64) -> Vec<f64> {
    // In 25 ms there are whole numbers of periods of the bed, of the beep and of their difference, so
    // the beep doesn't disturb.
    let window = (rate / 40) as usize;
    let (step, back) = (rate as usize / 500, rate as usize / 100);
    let tone = Tone::of(samples, BED_HZ, rate);
    let mut flagged: Vec<usize> = Vec::new();
    let edge = (EDGE * rate as f64) as usize;
    let inside = edge..samples.len().saturating_sub(edge);
    for middle in inside.step_by(step) {
        let (level, phase) = tone.at(middle, window);
        let (_, earlier) = tone.at(middle - back, window);
        let turned = (phase - earlier + TAU / 2.0).rem_euclid(TAU) - TAU / 2.0;
        if level < 0.09 || turned.abs() > 0.6 {
            flagged.push(middle - back / 2);
        }
    }
    let mut breaks = Vec::new();
    let mut from = 0;
    for (index, &at) in flagged.iter().enumerate() {
        let next = flagged.get(index + 1);
        if next.is_none_or(|next| next - at > rate as usize * 3 / 100) {
            let middle = usize::midpoint(flagged[from], at);
            breaks.push(starts + middle as f64 / rate as f64);
            from = index + 1;
        }
    }
    breaks
}

/// Length of sound that is compared at each place, at most and at least, and the lags tried, in
/// seconds.
const WINDOW: f64 = 0.2;
const SHORTEST: f64 = 0.08;
const LAG: f64 = 0.15;
/// The comparison uses every n-th sample, at about this rate.
const COARSE_HZ: i64 = 8000;

impl AudioSeen {
    /// Offsets at the head and tail of each run and twice a second between. `source_time` tells when
    /// a frame was shown in its source, in seconds.
    pub(super) fn offsets(
        &self,
        frames: &[FrameSeen],
        runs: &[Run],
        source_time: &dyn Fn(Code) -> f64,
    ) -> Vec<Offset> {
        let mut offsets = Vec::new();
        for run in runs {
            let frames = &frames[run.start..run.start + run.frames];
            let end = frames.last().map_or(run.at, |frame| frame.at) + last_duration(frames);
            let length = (end - run.at).min(WINDOW);
            if length < SHORTEST {
                continue;
            }
            let mut places = vec![run.at];
            while places
                .last()
                .is_some_and(|at| at + 0.5 + length < end - length)
            {
                places.push(places.last().copied().unwrap_or(run.at) + 0.5);
            }
            if end - length > run.at {
                places.push(end - length);
            }
            for at in places {
                let index = frames
                    .partition_point(|frame| frame.at <= at + 1e-9)
                    .saturating_sub(1);
                let frame = frames[index];
                let code = frame.code.expect("every frame of a run has a code");
                let source = source_time(code) + (at - frame.at);
                offsets.extend(self.offset(at, length, code, source));
            }
        }
        offsets
    }

    /// Finds the sound that the clip of `code` has `length` seconds from `source` on, around `at`.
    fn offset(&self, at: f64, length: f64, code: Code, source: f64) -> Option<Offset> {
        let rate = i64::from(self.rate);
        let stride = (rate / COARSE_HZ).max(1);
        let hertz = rate as f64 / stride as f64;
        let count = (length * hertz) as i64;
        let first = (source * rate as f64).round() as i64;
        let noise = (0..count)
            .map(|k| tone::noise(code.clip, first + k * stride, rate))
            .collect();
        let wanted = without_tones(noise, stride, rate);
        let energy = dot(&wanted, &wanted, 1);

        let lags = (LAG * hertz) as i64;
        let start = ((at - self.starts) * rate as f64).round() as i64;
        let heard: Vec<f64> = (-lags..count + lags)
            .map(|k| {
                let index = usize::try_from(start + k * stride).ok();
                index
                    .and_then(|i| self.samples.get(i))
                    .map_or(0.0, |&sample| f64::from(sample))
            })
            .collect();
        let gain = |lag: usize, every: usize| dot(&heard[lag..], &wanted, every) / energy;
        // First every other lag and sample, which miss nothing of a noise below 2 kHz; then all
        // around the best.
        let rough: Vec<f64> = (0..=2 * lags as usize)
            .step_by(2)
            .map(|lag| 2.0 * gain(lag, 2))
            .collect();
        let near = 2 * (0..rough.len()).max_by(|&a, &b| rough[a].total_cmp(&rough[b]))?;
        let best = (near.saturating_sub(2)..=(near + 2).min(2 * lags as usize))
            .max_by(|&a, &b| gain(a, 1).total_cmp(&gain(b, 1)))?;
        let beside = (hertz / 1000.0) as usize;
        let runner_up = rough
            .iter()
            .enumerate()
            .filter(|(index, _)| (2 * index).abs_diff(best) > beside)
            .map(|(_, gain)| gain.abs())
            .fold(0.0, f64::max);
        Some(Offset {
            at,
            code,
            ms: (best as i64 - lags) as f64 * 1000.0 / hertz,
            strength: gain(best, 1),
            runner_up,
        })
    }
}

/// How long the last of `frames` is shown, taken from the one before.
fn last_duration(frames: &[FrameSeen]) -> f64 {
    match frames {
        [.., before, last] => last.at - before.at,
        _ => 0.0,
    }
}

/// The sum of the products of every `step`th value, over the shorter length. Nearly all of a check's
/// own time is spent here, and tests are built unoptimised: a plain loop is five times an iterator.
fn dot(a: &[f64], b: &[f64], step: usize) -> f64 {
    let length = a.len().min(b.len());
    let (a, b) = (&a[..length], &b[..length]);
    let (mut sum, mut index) = (0.0, 0);
    while index < length {
        sum += a[index] * b[index];
        index += step;
    }
    sum
}

/// `signal` less what it has of the bed and the beep, so that those, far louder, don't count when it
/// is compared. They are taken out of each 25 ms by itself, whole numbers of their periods: beside a
/// joint only a part of what is compared with it has them.
fn without_tones(mut signal: Vec<f64>, stride: i64, rate: i64) -> Vec<f64> {
    let block = (rate / stride / 40).max(1) as usize;
    for part in signal.chunks_mut(block) {
        for hertz in [BED_HZ, BEEP_HZ] {
            for quarter in [0, rate / 4] {
                let wave: Vec<f64> = (0..part.len() as i64)
                    .map(|k| {
                        let turns = (hertz * k * stride) % rate + quarter;
                        (TAU * turns as f64 / rate as f64).sin()
                    })
                    .collect();
                let energy = dot(&wave, &wave, 1);
                if energy < 1e-6 {
                    continue;
                }
                let share = dot(part, &wave, 1) / energy;
                for (value, wave) in part.iter_mut().zip(&wave) {
                    *value -= share * wave;
                }
            }
        }
    }
    signal
}
