//! Edit → cut plan.

use crate::audio::plan_audio;
use crate::run::{Resolved, resolve};
use crate::video::{plan_video, unknown_codec};
use crate::{AudioFormat, ConformError, CutPlan, Edit, SequenceFormat, Source};
use mediatime::{FrameRate, RationalTime, Retime, TimeRange, Timestamp};
use std::sync::Arc;

/// Frames of an output at most: 46 hours at 60 a second. Its index is kept in memory.
const MOST_FRAMES: u64 = 10_000_000;

/// Seconds of a gap at most: a day. A longer one is a mistake of whoever wrote the edit.
const LONGEST_GAP: i128 = 24 * 60 * 60;

/// How the output may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// Copy whole GOPs, encode what the cuts break, compose what differs.
    #[default]
    Auto,
    /// Copy everything or refuse.
    Copy,
    /// As `Auto`; refuse instead of rendering a whole clip when its broken GOPs can't be spliced.
    Smart,
    /// Encode everything.
    Render,
}

/// What the planner has to know about the machine and the wishes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// How the output may be made.
    pub mode: Mode,
    /// Encoded parts can get parameter-set ids of their own, so that they can stand between copies
    /// in one track.
    pub can_splice: bool,
    /// At most one sequence parameter set in the output (`--compat single`).
    pub single_parameter_set: bool,
}

/// Something the user should know that does not stop the compile.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Issue {
    /// The clip it is about, as written.
    pub clip: String,
    /// What it is.
    pub what: String,
}

/// A clip with its marks resolved.
#[derive(Clone, Debug)]
pub(crate) struct ClipFrames<'a> {
    pub(crate) clip: &'a crate::Clip,
    /// What it is cut from: its own source, or a run that its source is part of.
    pub(crate) source: Arc<Source>,
    /// Half-open range of indexes into the source's frames.
    pub(crate) frames: std::ops::Range<usize>,
    /// The sequence has another frame rate than the source.
    pub(crate) retimed: bool,
    /// Where the clip begins on the output's timeline.
    pub(crate) at: RationalTime,
    /// Exact duration on the output's timeline.
    pub(crate) duration: RationalTime,
    /// Output frames.
    pub(crate) count: u64,
    /// Frames of black in front of it.
    pub(crate) gap: u64,
    /// Where that begins on the output's timeline.
    pub(crate) gap_at: RationalTime,
}

impl ClipFrames<'_> {
    /// Source time of the first frame.
    pub(crate) fn start(&self) -> RationalTime {
        self.source
            .frames()
            .get(self.frames.start)
            .map_or(RationalTime::ZERO, |frame| frame.time)
    }
}

/// One clip goes on where the other ends, in the same source.
pub(crate) fn continues(one: &ClipFrames<'_>, next: &ClipFrames<'_>) -> bool {
    next.gap == 0 && Arc::ptr_eq(&one.source, &next.source) && one.frames.end == next.frames.start
}

/// Resolves an edit into the one plan that preview, compile and verify follow.
///
/// # Errors
/// See [`ConformError`]; nothing is planned in part.
pub fn conform(edit: &Edit, options: &Options) -> Result<(CutPlan, Vec<Issue>), ConformError> {
    let first = edit.clips.first().ok_or(ConformError::Empty)?;
    let mut issues = Vec::new();
    let frame_rate = first.source.frame_rate();
    let clips = place_clips(edit, frame_rate)?;
    let format = sequence_format(edit, &clips, frame_rate)?;
    let frames: u64 = clips
        .iter()
        .map(|clip| clip.gap.saturating_add(clip.count))
        .sum();
    if frames > MOST_FRAMES {
        return Err(ConformError::CannotEncode {
            clip: first.label.clone(),
            what: format!(
                "the whole edit has {frames} frames, and no more than {MOST_FRAMES} can be written into one file"
            ),
        });
    }
    let duration = clips
        .last()
        .map_or(RationalTime::ZERO, |clip| clip.at + clip.duration);
    let video = plan_video(&clips, &format, frame_rate, options, &mut issues)?;
    let audio = match format.audio {
        Some(audio) => plan_audio(&clips, audio, options, &mut issues),
        None => Vec::new(),
    };
    let mut plan = CutPlan {
        hash: String::new(),
        frame_rate,
        frames,
        duration: duration.to_timestamp(),
        format,
        video,
        audio,
    };
    plan.hash = plan.compute_hash();
    Ok((plan, issues))
}

fn place_clips(edit: &Edit, rate: Option<FrameRate>) -> Result<Vec<ClipFrames<'_>>, ConformError> {
    let mut at = RationalTime::ZERO;
    let mut output_frames = 0_i64;
    let mut placed = Vec::with_capacity(edit.clips.len());
    let resolved = resolve(edit)?.into_iter().enumerate();
    for (place, resolved) in resolved {
        let Resolved {
            clip,
            source,
            frames,
        } = resolved;
        let gap_at = at;
        let gap = match edit.gaps.get(&place) {
            Some(length) => gap_frames(clip, *length, rate)?,
            None => 0,
        };
        if gap > 0 {
            output_frames = output_frames.saturating_add(gap);
            at = rate.map_or(at, |rate| rate.frame_start(output_frames));
        }
        if let Some((from, to)) = source.gap(frames.clone()) {
            return Err(ConformError::Gap {
                clip: clip.label.clone(),
                from: from.to_timestamp(),
                to: to.to_timestamp(),
            });
        }
        let retime = Retime::new(source.frame_rate(), rate);
        let shown = source.timerange(frames.clone()).unwrap_or(TimeRange::NEVER);
        let count = retime.frames(frames.len() as u64, shown);
        let end = output_frames.saturating_add(i64::try_from(count).unwrap_or(i64::MAX));
        let duration = match rate {
            // From frame indexes, never by adding rounded durations.
            Some(rate) => rate.frame_start(end) - rate.frame_start(output_frames),
            None => frames.clone().map(|i| source.frame_duration(i)).sum(),
        };
        placed.push(ClipFrames {
            clip,
            source,
            frames,
            retimed: !retime.is_identity(),
            at,
            duration,
            count,
            gap: u64::try_from(gap).unwrap_or(0),
            gap_at,
        });
        output_frames = end;
        at = rate.map_or(at + duration, |rate| rate.frame_start(output_frames));
    }
    Ok(placed)
}

/// A gap as frames of the sequence.
fn gap_frames(
    clip: &crate::Clip,
    length: RationalTime,
    rate: Option<FrameRate>,
) -> Result<i64, ConformError> {
    let rate = rate.ok_or_else(|| ConformError::CannotEncode {
        clip: clip.label.clone(),
        what: "a gap is in front of it, and the sequence has no constant frame rate to fill it with; put a clip with one first".to_owned(),
    })?;
    if RationalTime::new(LONGEST_GAP, 1).is_some_and(|longest| longest < length) {
        return Err(ConformError::CannotEncode {
            clip: clip.label.clone(),
            what: "the gap in front of it is longer than a day".to_owned(),
        });
    }
    Ok(rate.nearest_frame(length).max(0))
}

fn sequence_format(
    edit: &Edit,
    clips: &[ClipFrames<'_>],
    rate: Option<FrameRate>,
) -> Result<SequenceFormat, ConformError> {
    let first = edit.clips.first().ok_or(ConformError::Empty)?;
    let no_video = || ConformError::NoVideo {
        clip: first.label.clone(),
    };
    let source = &clips.first().ok_or_else(no_video)?.source;
    let frame = clips
        .first()
        .and_then(|clip| source.frames().get(clip.frames.start))
        .ok_or_else(no_video)?;
    let track = source.video(frame.object).ok_or_else(no_video)?;
    let config = source
        .config(frame.object, frame.unit)
        .ok_or_else(|| unknown_codec(first, &track.codec))?;
    let audio = edit.clips.iter().find_map(|clip| {
        clip.source.audio().next().map(|(_, _, track)| AudioFormat {
            sample_rate: aac_rate(track.sample_rate),
            channels: track.channels,
        })
    });
    Ok(SequenceFormat {
        width: config.facts.width,
        height: config.facts.height,
        pixel_aspect: track.pixel_aspect.unwrap_or(config.facts.pixel_aspect),
        rotation: track.rotation,
        time_scale: rate.map_or(track.time_scale, FrameRate::numerator),
        audio,
    })
}

/// The rate of the output's sound: that of the source, where AAC has it (ISO/IEC 14496-3 table 1.18).
fn aac_rate(rate: u32) -> u32 {
    const RATES: [u32; 12] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
        8_000,
    ];
    if RATES.contains(&rate) {
        return rate;
    }
    match rate {
        88_201.. if rate.is_multiple_of(11_025) => 88_200,
        88_201.. => 96_000,
        _ => 48_000,
    }
}

/// The end of a stretch that begins at `at` and lasts `duration`, floored like every time shown.
pub(crate) fn shown(time: RationalTime) -> Timestamp {
    time.to_timestamp()
}
