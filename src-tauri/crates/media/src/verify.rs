//! Checking an output against what was planned, without the code that wrote it: GStreamer's own
//! demuxer reads the file, and libav decodes it.
//!
//! - Every picture is counted, and shown when the plan says, on the container's clock.
//! - Copied spans hold, byte for byte, the access units of their sources.
//! - Every joint is decoded: the GOPs on both sides give exactly their frames. Where the file begins or
//!   ends with a copy there is no other side, and the bytes of its source tell all.
//! - Encoded frames show what their sources showed (coarse prints).
//! - The sound starts with the picture and is as long.

mod joints;
mod pass;

use crate::MediaError;
use crate::report::{AudioReport, Report};
use conform::{Container, SpanKind};
use mediatime::Timestamp;
use pass::Found;
use serde::{Deserialize, Serialize};
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// What checking an output found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Everything fits.
    pub ok: bool,
    /// Pictures in the file.
    pub frames: u64,
    /// Checks of the file as a whole.
    pub checks: Vec<Check>,
    /// The borders of the plan's spans, the start and the end of the output included.
    pub joints: Vec<Joint>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// It fits.
    pub ok: bool,
    /// What was found.
    pub detail: String,
}

/// A border between spans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joint {
    /// First frame behind it.
    pub frame: u64,
    /// Where it lies on the output's timeline.
    pub at: Timestamp,
    /// The kinds on both sides: `copy|encode`.
    pub kinds: String,
    /// Everything fits.
    pub ok: bool,
    /// What was found.
    pub detail: String,
}

impl Verification {
    /// What does not fit, in words.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let checks = self.checks.iter().filter(|check| !check.ok);
        let checks = checks.map(|check| format!("{}: {}", check.name, check.detail));
        let joints = self.joints.iter().filter(|joint| !joint.ok);
        let joints =
            joints.map(|joint| format!("joint at frame {}: {}", joint.frame, joint.detail));
        checks.chain(joints).collect()
    }

    /// The first thing that does not fit, in words.
    #[must_use]
    pub fn first_fault(&self) -> Option<String> {
        self.faults().into_iter().next()
    }
}

/// Checks a file against the report of the compile that made it.
///
/// # Errors
/// The file can't be read at all. What does not fit is no error but part of the answer.
pub fn verify(
    path: &Path,
    report: &Report,
    cancel: &CancellationToken,
) -> Result<Verification, MediaError> {
    let mut checks = Vec::new();
    if !report.sha256.is_empty() {
        let sha256 = crate::execute::sha256(path, cancel)?;
        checks.push(check("bytes", sha256 == report.sha256, || {
            format!("SHA-256 {sha256}, recorded {}", report.sha256)
        }));
    }
    let verification = verify_written(path, report, cancel)?;
    checks.extend(verification.checks);
    Ok(Verification {
        ok: checks.iter().all(|check| check.ok) && verification.joints.iter().all(|joint| joint.ok),
        checks,
        ..verification
    })
}

/// The same for a file that was only just written and hashed.
pub(crate) fn verify_written(
    path: &Path,
    report: &Report,
    cancel: &CancellationToken,
) -> Result<Verification, MediaError> {
    let found = match pass::run(path, report, cancel) {
        Ok(found) => found,
        Err(error @ MediaError::Pipeline { .. }) => return Ok(unreadable(&error)),
        Err(error) => return Err(error),
    };
    let mut checks = Vec::new();
    checks.push(check("frames", found.frames == report.frames, || {
        format!("{} in the file, {} planned", found.frames, report.frames)
    }));
    checks.push(times(&found, report));
    checks.extend(copies(&found, report));
    checks.extend(sound(&found, report, path, cancel));
    let joints = joints::judge(&found.decoded, report);
    Ok(Verification {
        ok: checks.iter().all(|check| check.ok) && joints.iter().all(|joint| joint.ok),
        frames: found.frames,
        checks,
        joints,
    })
}

fn unreadable(error: &MediaError) -> Verification {
    Verification {
        ok: false,
        frames: 0,
        checks: vec![check("file", false, || error.to_string())],
        joints: Vec::new(),
    }
}

fn check(name: &str, ok: bool, detail: impl FnOnce() -> String) -> Check {
    Check {
        name: name.to_owned(),
        ok,
        detail: detail(),
    }
}

/// Every frame is shown when the plan says, to the tick of the file's own clock.
fn times(found: &Found, report: &Report) -> Check {
    let scale = i128::from(report.time_scale.max(1));
    let wrong = found.shown.iter().zip(0_u64..).find(|(shown, frame)| {
        let Some(ticks) = report.presentation.start(*frame) else {
            return true;
        };
        let planned = i128::from(ticks) * 1_000_000_000;
        (planned - i128::from(**shown) * scale).abs() > rounding(report.container) * scale
    });
    check("times", wrong.is_none(), || match wrong {
        None => "every frame is shown when planned".to_owned(),
        Some((shown, frame)) => format!("frame {frame} is shown at {shown} ns"),
    })
}

/// How far off a time may be, in nanoseconds. GStreamer gives whole ones, from its own sums of rounded
/// terms. Matroska is written in ticks of 0.1 ms, a transport stream has a clock of 90 kHz for the
/// picture and for the first one, from which it is counted.
fn rounding(container: Container) -> i128 {
    match container {
        Container::Mp4 | Container::Mov => 2,
        Container::Matroska => 50_002,
        Container::MpegTs => 11_114,
    }
}

/// Copied spans hold the access units of their sources. Spans follow one another in decode order
/// too, as each begins with an IDR picture.
fn copies(found: &Found, report: &Report) -> Vec<Check> {
    let spans = report.spans.iter().enumerate();
    spans
        .filter(|(_, span)| span.kind == SpanKind::Copy)
        .map(|(number, span)| {
            let hash = found.span_hashes.get(number);
            let expected = pass::expected(span);
            let last = (span.first_frame + span.frames).saturating_sub(1);
            let name = format!("copy of frames {}–{last}", span.first_frame);
            let same = hash.is_some() && hash == expected;
            check(&name, same, || match hash {
                Some(_) if same => "byte for byte that of its source".to_owned(),
                Some(_) if expected.is_none() => {
                    "its report has no hash that this program knows".to_owned()
                }
                Some(_) => "its bytes differ from those of its source".to_owned(),
                None => "it is not in the file".to_owned(),
            })
        })
        .collect()
}

fn sound(found: &Found, report: &Report, path: &Path, cancel: &CancellationToken) -> Vec<Check> {
    let Some(audio) = &report.audio else {
        return vec![check("sound", found.sound.is_none(), || {
            "none planned".to_owned()
        })];
    };
    // GStreamer's demuxer leaves out the last coded frames of a file whose edit list trims them, so
    // the end is read from the index of our own reader, which shares nothing with the writer.
    let length = coverage(path, cancel);
    let planned = i128::from(audio.samples);
    // A transport stream can't say what of its coded frames does not play: those that stand in front,
    // and the rest of the last one.
    let most = match report.container {
        Container::MpegTs => planned + i128::from(audio.skip) + 1023,
        _ => planned,
    };
    vec![
        starts(found, report.container, audio),
        check(
            "sound ends",
            length
                .as_ref()
                .is_ok_and(|found| (planned..=most).contains(found)),
            || match &length {
                Ok(found) => format!("{found} samples play, {planned} planned"),
                Err(error) => error.to_string(),
            },
        ),
    ]
}

/// The sound begins with the picture. Of a track of a few coded frames GStreamer's demuxer hands out
/// nothing when the edit list takes most of it; then its length alone is checked.
fn starts(found: &Found, container: Container, audio: &AudioReport) -> Check {
    const A_FEW_FRAMES: u64 = 8 * 1024;
    let samples = audio.samples;
    // GStreamer's Matroska demuxer does not know that a codec's delay is to be taken off for AAC (RFC
    // 9559 §5.1.4.1.11); ours does, and so does libav.
    let delay = match container {
        Container::Matroska => {
            i64::try_from(audio.skip * 1_000_000_000 / u64::from(audio.sample_rate.max(1)))
                .unwrap_or(0)
        }
        _ => 0,
    };
    match found.sound.map(|(start, end)| (start - delay, end)) {
        Some((start, _)) => check("sound starts", start <= 1_000_000, || {
            if start <= 0 {
                // What lies in front of the picture is not played: the edit list says so.
                return "with the picture".to_owned();
            }
            let micros = start / 1000;
            format!(
                "{}.{:03} ms after the picture",
                micros / 1000,
                micros % 1000
            )
        }),
        None => check("sound starts", samples < A_FEW_FRAMES, || {
            "the demuxer hands out no sound".to_owned()
        }),
    }
}

/// Samples of sound that play and are there.
fn coverage(path: &Path, cancel: &CancellationToken) -> Result<i128, MediaError> {
    let index = crate::index_file(path, cancel, &mut |_, _| {})?;
    let Some(track) = index.audio else {
        return Ok(0);
    };
    let stored = track
        .frames
        .last()
        .map_or(0, |last| last.pts + i64::from(last.duration));
    let plays = track.presented.end.min(stored) - track.presented.start;
    Ok(i128::from(plays) * i128::from(track.sample_rate) / i128::from(track.time_scale.max(1)))
}
