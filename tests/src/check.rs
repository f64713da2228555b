//! The checker: what is really in an output file, found with ffmpeg and ffprobe.
//!
//! [`check`] decodes a file and reads the code strip of every picture and the time in its sound.
//! Times are presentation times with edit lists applied, as a player would show them. Each
//! `assert_…` of [`Checked`] has an `expect_…` that answers with the problem instead of panicking.

mod audio;
mod probe;
mod video;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::media::{MediaSpec, Rate};

pub use crate::media::Code;
pub use audio::{AudioSeen, Hole, Offset};
pub use probe::{FrameHash, Packet, StreamInfo, framemd5, packets, pixel_formats, psnr, streams};
pub use video::{FrameSeen, Run};

/// How to look at a file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The specifications of the clips in it. They tell when a frame of a clip was shown in its source,
    /// and so which sound belongs to it; without one, the file's own frame rate is taken.
    pub sources: Vec<MediaSpec>,
    /// A turn in degrees, clockwise, after which the code strip lies on top (for pictures that were
    /// rendered turned). What the file itself says about its rotation is not followed.
    pub turn: u16,
    /// `x, y, width, height` in pixels, after the turn, of the source's picture within the output
    /// (for letterboxes).
    pub window: Option<(u32, u32, u32, u32)>,
    /// Which of the audio streams to listen to, counted from 0.
    pub audio_stream: usize,
    /// Which of its channels, counted from 0.
    pub audio_channel: usize,
}

/// What was found in a file.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The file.
    pub path: PathBuf,
    /// Every stream, in the file's order.
    pub streams: Vec<StreamInfo>,
    /// The container's duration in seconds, if it says one.
    pub duration: Option<f64>,
    /// Every picture that is shown, in presentation order.
    pub frames: Vec<FrameSeen>,
    /// The length of one tick of [`FrameSeen::pts`], in seconds, as a fraction.
    pub time_base: (i64, i64),
    /// Stretches of one clip with rising frame numbers, without a gap.
    pub runs: Vec<Run>,
    /// What the decoders complained about, video and audio.
    pub decode_errors: Vec<String>,
    /// The sound, if there is an audio stream.
    pub audio: Option<AudioSeen>,
    /// Where the sound lies against the pictures: at the head and the tail of every run of at least
    /// 80 ms, and twice a second between.
    pub av_offsets: Vec<Offset>,
}

/// Checks the first video stream and the first audio stream of `path`.
///
/// # Panics
/// When the file can't be opened or ffmpeg is missing. Faults inside it are in the answer.
pub fn check(path: &Path) -> Checked {
    check_with(path, &Options::default())
}

/// Checks `path` as `options` say.
///
/// # Panics
/// As [`check`] does.
pub fn check_with(path: &Path, options: &Options) -> Checked {
    let probe = probe::probe(path);
    let picture = probe.streams.iter().any(|stream| stream.kind == "video");
    let sound = probe
        .streams
        .iter()
        .filter(|stream| stream.kind == "audio")
        .count()
        > options.audio_stream;
    let mut decode_errors = Vec::new();
    let mut seen = video::Seen::default();
    if picture {
        seen = video::read(path, options, &mut decode_errors);
    }
    let audio = sound.then(|| audio::read(path, options, &mut decode_errors));
    let runs = video::runs(&seen.frames);
    let rate = probe.streams.iter().find_map(|stream| stream.frame_rate);
    let av_offsets = match &audio {
        Some(audio) => audio.offsets(&seen.frames, &runs, &|code| {
            source_time(options, rate, code)
        }),
        None => Vec::new(),
    };
    Checked {
        path: path.to_path_buf(),
        streams: probe.streams,
        duration: probe.duration,
        frames: seen.frames,
        time_base: seen.time_base,
        runs,
        decode_errors,
        audio,
        av_offsets,
    }
}

/// When `code` was shown in its source, in seconds.
fn source_time(options: &Options, rate: Option<Rate>, code: Code) -> f64 {
    match options.sources.iter().find(|spec| spec.clip == code.clip) {
        Some(spec) => spec.time_of(code.number),
        None => f64::from(code.number) / rate.map_or(30.0, Rate::hertz),
    }
}

type Problem = Result<(), String>;

impl Checked {
    /// The file shows exactly these frames of these clips, in this order, each once.
    #[track_caller]
    pub fn assert_frames(&self, expected: &[(u8, RangeInclusive<u32>)]) {
        self.hold(self.expect_frames(expected));
    }

    /// As [`Self::assert_frames`], answering with the problem.
    ///
    /// # Errors
    /// What was found instead, what is missing, left over or repeated.
    pub fn expect_frames(&self, expected: &[(u8, RangeInclusive<u32>)]) -> Problem {
        let expected: Vec<Code> = expected
            .iter()
            .flat_map(|(clip, numbers)| {
                numbers.clone().map(|number| Code {
                    clip: *clip,
                    number,
                })
            })
            .collect();
        let found: Vec<Option<Code>> = self.frames.iter().map(|frame| frame.code).collect();
        if found.len() == expected.len() && found.iter().zip(&expected).all(|(a, b)| *a == Some(*b))
        {
            return Ok(());
        }
        let mut counts: BTreeMap<Code, i64> = BTreeMap::new();
        for code in &expected {
            *counts.entry(*code).or_default() -= 1;
        }
        for code in found.iter().flatten() {
            *counts.entry(*code).or_default() += 1;
        }
        let of = |sign: i64| {
            let codes = counts.iter().filter(|(_, count)| count.signum() == sign);
            spans(codes.map(|(code, _)| *code))
        };
        let unreadable = found.iter().filter(|code| code.is_none()).count();
        let first = found
            .iter()
            .zip(&expected)
            .position(|(a, b)| *a != Some(*b))
            .unwrap_or_else(|| found.len().min(expected.len()));
        let mut text = format!(
            "not the expected frames: {} found, {} expected, the first difference is frame {first} of \
             the file\n  found:    {}\n  expected: {}",
            found.len(),
            expected.len(),
            self.found(),
            spans(expected.iter().copied()),
        );
        for (what, codes) in [("missing", of(-1)), ("too many", of(1))] {
            if !codes.is_empty() {
                let _ = write!(text, "\n  {what}: {codes}");
            }
        }
        if unreadable > 0 {
            let _ = write!(text, "\n  unreadable: {unreadable}");
        }
        Err(text)
    }

    /// Frame `k` is shown `k / rate` after the first, to the tick.
    #[track_caller]
    pub fn assert_even_pts(&self, rate: Rate) {
        self.hold(self.expect_even_pts(rate));
    }

    /// As [`Self::assert_even_pts`], answering with the problem.
    ///
    /// # Errors
    /// The first frames that are off, with their times.
    pub fn expect_even_pts(&self, rate: Rate) -> Problem {
        let Some(first) = self.frames.first() else {
            return Err("no frames at all".to_owned());
        };
        let (tick_num, tick_den) = self.time_base;
        let mut off = Vec::new();
        for (k, frame) in self.frames.iter().enumerate() {
            // (pts - first) * tick == k * den / num, compared in integers.
            let unit = i128::from(tick_num) * i128::from(rate.num);
            let shown = i128::from(frame.pts - first.pts) * unit;
            let due = k as i128 * i128::from(rate.den) * i128::from(tick_den);
            if (shown - due).abs() >= unit {
                let late = (shown - due) as f64 / unit as f64;
                off.push(format!(
                    "frame {k} at tick {} is {late:+.2} ticks off",
                    frame.pts
                ));
            }
        }
        if off.is_empty() {
            return Ok(());
        }
        let Rate { num, den } = rate;
        let (count, shown) = (off.len(), off[..off.len().min(5)].join("; "));
        Err(format!(
            "{count} frames are not at {num}/{den} fps (ticks of {tick_num}/{tick_den} s): {shown}"
        ))
    }

    /// Wherever it can be told, the sound belongs to the clip that is shown, within `limit_ms`.
    #[track_caller]
    pub fn assert_av_sync(&self, limit_ms: f64) {
        self.hold(self.expect_av_sync(limit_ms));
    }

    /// As [`Self::assert_av_sync`], answering with the problem.
    ///
    /// # Errors
    /// The places that are off, or that there was nothing to measure.
    pub fn expect_av_sync(&self, limit_ms: f64) -> Problem {
        if self.av_offsets.is_empty() {
            return Err("nothing to measure: no sound, or no readable run of frames".to_owned());
        }
        let mut off = Vec::new();
        for offset in &self.av_offsets {
            let Offset { at, ms, code, .. } = offset;
            if !offset.belongs() {
                let (clip, strength) = (code.clip, offset.strength);
                off.push(format!(
                    "at {at:.3} s the sound is not of clip {clip} (match {strength:.2})"
                ));
            } else if ms.abs() > limit_ms {
                off.push(format!(
                    "at {at:.3} s the sound is {ms:+.2} ms against the pictures"
                ));
            }
        }
        if off.is_empty() {
            return Ok(());
        }
        let (count, all) = (off.len(), self.av_offsets.len());
        let shown = off[..count.min(6)].join("\n  ");
        Err(format!(
            "{count} of {all} places are not in sync within {limit_ms} ms:\n  {shown}"
        ))
    }

    /// The sound has neither a hole nor a skip anywhere. For material that is continuous.
    #[track_caller]
    pub fn assert_no_audio_breaks(&self) {
        self.hold(self.expect_no_audio_breaks());
    }

    /// As [`Self::assert_no_audio_breaks`], answering with the problem.
    ///
    /// # Errors
    /// Where the breaks are, in seconds.
    pub fn expect_no_audio_breaks(&self) -> Problem {
        self.expect_audio_breaks_only_at(&[], 0.0)
    }

    /// The sound breaks nowhere but within `tolerance` seconds of one of `places`, given in seconds.
    ///
    /// # Errors
    /// Where it breaks besides.
    pub fn expect_audio_breaks_only_at(&self, places: &[f64], tolerance: f64) -> Problem {
        let Some(audio) = &self.audio else {
            return Err("there is no sound".to_owned());
        };
        let elsewhere = |at: f64| places.iter().all(|place| (place - at).abs() > tolerance);
        let breaks: Vec<String> = audio
            .breaks
            .iter()
            .filter(|&&at| elsewhere(at))
            .map(|at| format!("{at:.3}"))
            .collect();
        let holes: Vec<String> = audio
            .holes
            .iter()
            .filter(|hole| elsewhere(hole.at))
            .map(|hole| format!("{:.3} ({:+.1} ms)", hole.at, hole.ms))
            .collect();
        if breaks.is_empty() && holes.is_empty() {
            return Ok(());
        }
        Err(format!(
            "the sound breaks at [{}] s, holes in its times at [{}] s",
            breaks.join(", "),
            holes.join(", ")
        ))
    }

    /// The sound breaks nowhere but where one run of frames follows another.
    #[track_caller]
    pub fn assert_audio_breaks_only_at_joints(&self) {
        let joints: Vec<f64> = self.runs.iter().skip(1).map(|run| run.at).collect();
        self.hold(self.expect_audio_breaks_only_at(&joints, 0.03));
    }

    /// No decoder complained.
    #[track_caller]
    pub fn assert_decodes_cleanly(&self) {
        self.hold(self.expect_clean_decode());
    }

    /// As [`Self::assert_decodes_cleanly`], answering with the problem.
    ///
    /// # Errors
    /// The decoders' first complaints.
    pub fn expect_clean_decode(&self) -> Problem {
        if self.decode_errors.is_empty() {
            return Ok(());
        }
        let count = self.decode_errors.len();
        let shown = self.decode_errors[..count.min(5)].join("\n  ");
        Err(format!("{count} decode errors:\n  {shown}"))
    }

    /// The first stream of a kind, `video` or `audio`.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn stream(&self, kind: &str) -> &StreamInfo {
        let found = self.streams.iter().find(|stream| stream.kind == kind);
        found.unwrap_or_else(|| panic!("{}: no {kind} stream", self.path.display()))
    }

    /// What was found, in short: each run with its time, and stretches without a readable code.
    pub fn found(&self) -> String {
        let mut text = String::new();
        let mut at = 0;
        while let Some(frame) = self.frames.get(at) {
            if at > 0 {
                text.push_str(", ");
            }
            // Writing to a string cannot fail.
            if let Some(run) = self.runs.iter().find(|run| run.start == at) {
                let Run { first, last, .. } = run;
                let _ = write!(
                    text,
                    "{}:{}-{last} @{:.3}",
                    first.clip, first.number, run.at
                );
                at += run.frames;
                continue;
            }
            let rest = self.frames[at..].iter();
            let count = rest
                .clone()
                .take_while(|frame| frame.code.is_none())
                .count();
            let black = rest.take(count).all(|frame| frame.luma < 24);
            let what = if black { "black" } else { "unreadable" };
            let _ = write!(text, "{count} {what} @{:.3}", frame.at);
            at += count;
        }
        text
    }

    #[track_caller]
    fn hold(&self, problem: Problem) {
        if let Err(text) = problem {
            panic!("{}: {text}", self.path.display());
        }
    }
}

/// `1:0-59, 2:7` for codes in order.
fn spans(codes: impl Iterator<Item = Code>) -> String {
    let mut spans: Vec<(Code, u32)> = Vec::new();
    for code in codes {
        match spans.last_mut() {
            Some((first, last)) if first.clip == code.clip && *last + 1 == code.number => {
                *last += 1
            }
            _ => spans.push((code, code.number)),
        }
    }
    let text = |(first, last): &(Code, u32)| {
        if first.number == *last {
            format!("{}:{last}", first.clip)
        } else {
            format!("{}:{}-{last}", first.clip, first.number)
        }
    };
    spans.iter().map(text).collect::<Vec<_>>().join(", ")
}
