//! The sound side of the plan.
//!
//! Sound is taken by *time* from whichever object holds it: in MPEG-TS segments it trails and
//! leads the picture by tens of milliseconds, so an object's own frames are not the clip's frames.
//! Each clip's share of the output is counted in samples from the start of the output, so nothing
//! drifts over any number of cuts.

mod joint;
mod stretch;

use crate::conform::{Issue, Mode, Options, shown};
use crate::mix::{Strip, mixed};
use crate::place::{ClipFrames, Part, signed};
use crate::plan::Seconds;
use crate::{AudioFormat, AudioSpan, Clip, Fade, FadeWay, Source, SourcePiece, SpanKind};
use mediatime::{FrameRate, RationalTime};
use std::ops::Range;
use std::sync::Arc;
use stretch::{Stretch, stretches};

/// Samples decoded per second of work: a starting value for the estimate.
const SAMPLES_PER_SECOND_OF_WORK: u64 = 5_000_000;

/// A hole between two audio frames shorter than this is rounding, not a hole.
const TOLERANCE_MS: i128 = 2;

const NO_SOUND: &str = "there is no sound here";

/// A part of a source that sounds.
#[derive(Clone, Debug)]
pub(crate) struct SoundPart<'a> {
    clip: &'a Clip,
    source: Arc<Source>,
    /// The frames that it belongs to; empty where it was cut by time.
    frames: Range<usize>,
    /// The source's time at its beginning.
    start: RationalTime,
    /// Where it begins on the output's timeline.
    at: RationalTime,
    duration: RationalTime,
    /// The pictures it belongs to are shown at another rate.
    retimed: bool,
    fade: Option<TimedFade>,
}

/// A fade on the output's timeline.
#[derive(Clone, Copy, Debug)]
struct TimedFade {
    way: FadeWay,
    /// Where the whole of it begins and ends.
    begins: RationalTime,
    ends: RationalTime,
    /// It is there so that the joint does not click.
    at_joint: bool,
}

/// A track that is heard.
#[derive(Debug, Default)]
pub(crate) struct HeardTrack<'a> {
    /// One behind the other; in a transition what goes.
    parts: Vec<SoundPart<'a>>,
    /// What comes in transitions.
    coming: Vec<SoundPart<'a>>,
    /// There is nothing in front of the first part, or between two.
    gaps: bool,
    gain: i32,
}

impl<'a> HeardTrack<'a> {
    /// The sound of a track's parts, whose rate is that of pictures or of samples.
    pub(crate) fn new(parts: &[Part<'a>], rate: Option<FrameRate>, gain: i32) -> Self {
        let mut heard = Self {
            gain,
            ..Self::default()
        };
        for part in parts {
            match (part, rate) {
                (Part::Clip(clip), _) => heard.parts.push(SoundPart::of(clip, None)),
                (Part::Gap(..), _) | (Part::Mix(_), None) => heard.gaps = true,
                (Part::Mix(mix), Some(rate)) => {
                    heard.gaps = true;
                    let fade = |way| TimedFade {
                        way,
                        begins: rate.frame_start(mix.place.first - signed(mix.part.0)),
                        ends: rate.frame_start(mix.place.first + signed(mix.part.1 - mix.part.0)),
                        at_joint: false,
                    };
                    if let Some(out) = &mix.out {
                        let section = out.section(rate).clip;
                        let part = SoundPart::of(&section, Some(fade(FadeWay::Out)));
                        heard.parts.push(part);
                    }
                    if let Some(into) = &mix.into {
                        let section = into.section(rate).clip;
                        let part = SoundPart::of(&section, Some(fade(FadeWay::In)));
                        heard.coming.push(part);
                    }
                }
            }
        }
        heard
    }

    /// There is anything on it.
    pub(crate) fn sounds(&self) -> bool {
        !self.parts.is_empty() || !self.coming.is_empty()
    }

    /// When its last part ends on the output's timeline.
    pub(crate) fn end(&self) -> RationalTime {
        let ends = |parts: &[SoundPart<'_>]| {
            let last = parts.last();
            last.map_or(RationalTime::ZERO, |last| last.at + last.duration)
        };
        ends(&self.parts).max(ends(&self.coming))
    }
}

impl<'a> SoundPart<'a> {
    fn of(clip: &ClipFrames<'a>, fade: Option<TimedFade>) -> Self {
        Self {
            clip: clip.clip,
            source: Arc::clone(&clip.source),
            frames: clip.frames.clone(),
            start: clip.start,
            at: clip.place.at,
            duration: clip.place.duration,
            retimed: clip.retimed,
            fade,
        }
    }

    fn continued_by(&self, next: &Self) -> bool {
        Arc::ptr_eq(&self.source, &next.source)
            && match self.frames.is_empty() {
                true => self.start + self.duration == next.start,
                false => self.frames.end == next.frames.start,
            }
    }
}

/// The sound of all tracks that are heard, as long as the output.
pub(crate) fn plan_audio(
    tracks: &[HeardTrack<'_>],
    length: RationalTime,
    format: AudioFormat,
    options: &Options,
    issues: &mut Vec<Issue>,
) -> Vec<AudioSpan> {
    let samples = length.round_ticks(format.sample_rate);
    let copy = can_copy(tracks, length, format, options);
    let mut strips = Vec::new();
    for track in tracks {
        let softened = match copy {
            true => [track.parts.clone(), track.coming.clone()],
            false => joint::soften(&track.parts, &track.coming),
        };
        for parts in softened {
            if parts.is_empty() {
                continue;
            }
            let mut strip = Strip::new(format);
            for part in &parts {
                plan_part(part, format, copy, &mut strip, issues);
            }
            strips.push((strip.until(samples), track.gain));
        }
    }
    merge(mixed(strips, format))
}

/// Sound is copied when the whole output is one run of one source: there is no joint in it, and an
/// edit list takes the cut to the sample. At a joint, decoders need frames that overlap.
fn can_copy(
    tracks: &[HeardTrack<'_>],
    length: RationalTime,
    format: AudioFormat,
    options: &Options,
) -> bool {
    let [track] = tracks else {
        return false;
    };
    if matches!(options.mode, Mode::Render) || track.gaps || track.gain != 0 {
        return false;
    }
    let parts = &track.parts;
    let one_after_the_other = parts.windows(2).all(|pair| pair[0].continued_by(&pair[1]));
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
        return false;
    };
    let source = &first.source;
    let start = first.start;
    let end = last.start + last.duration;
    let stretches = stretches(source, start, end);
    let one_run = match (stretches.first(), stretches.last()) {
        (Some(a), Some(b)) => a.start <= start && end <= b.end && contiguous(&stretches),
        _ => false,
    };
    let mut configs = source.audio().map(|(_, _, track)| {
        (
            &track.codec,
            track.sample_rate,
            track.channels,
            &track.config,
        )
    });
    let first_config = configs.next();
    let alike = first_config.is_some_and(|(codec, rate, channels, config)| {
        codec == "aac"
            && (rate, channels) == (format.sample_rate, format.channels)
            && configs.all(|other| other == (codec, rate, channels, config))
    });
    let whole = last.at + last.duration == length;
    let retimed = parts.iter().any(|part| part.retimed);
    one_after_the_other && one_run && alike && whole && !retimed
}

fn contiguous(stretches: &[Stretch]) -> bool {
    stretches.windows(2).all(|pair| {
        (pair[1].start - pair[0].end) <= tolerance() && goes_on(pair[0].object, &pair[1])
    })
}

fn tolerance() -> RationalTime {
    RationalTime::new(TOLERANCE_MS, 1000).unwrap_or(RationalTime::ZERO)
}

/// A stretch is decoded with what is in front of it when both are of one object, or its first frame goes
/// on where the last of the object before ends.
fn goes_on(before: usize, next: &Stretch) -> bool {
    let in_front = next.preroll.map(|(object, _)| object);
    before == next.object || in_front == Some(before)
}

fn plan_part(
    part: &SoundPart<'_>,
    format: AudioFormat,
    copy: bool,
    strip: &mut Strip,
    issues: &mut Vec<Issue>,
) {
    let source = &part.source;
    let start = part.start;
    let end = start + part.duration;
    let stretches = stretches(source, start, end);
    // Output sample positions are counted from the output's start.
    let sample_at = |time: RationalTime| (part.at + (time - start)).round_ticks(format.sample_rate);
    let part_end = (part.at + part.duration).round_ticks(format.sample_rate);
    strip.silence_until(part.at.round_ticks(format.sample_rate), "a gap: silence");
    let mut run: Vec<&Stretch> = Vec::new();
    let mut silent = 0;
    let mut index = 0;
    while index < stretches.len() {
        // One run: stretches that continue one another.
        run.clear();
        let first = &stretches[index];
        run.push(first);
        index += 1;
        // Holes that each are rounding must not add up to a shift.
        let mut expected = first.end;
        while let Some(next) = stretches.get(index)
            && next.start - expected <= tolerance()
            && goes_on(run.last().map_or(first.object, |last| last.object), next)
        {
            expected += next.end - next.start;
            run.push(next);
            index += 1;
        }
        let run_start = sample_at(first.start.max(start));
        let run_end = run
            .last()
            .map_or(run_start, |last| sample_at(last.end.min(end)))
            .min(part_end);
        silent += strip.silence_until(run_start, NO_SOUND);
        if run_end > strip.position {
            let range = (strip.position, run_end);
            let mut span = sound(source, &run, (start, end), range, format, copy);
            if let Some(fade) = part.fade {
                fade.apply(&mut span, range.0, format);
            }
            strip.push(span);
        }
    }
    silent += strip.silence_until(part_end, NO_SOUND);
    if silent > 0 {
        let ms = i128::from(silent) * 1000 / i128::from(format.sample_rate.max(1));
        issues.push(Issue {
            clip: part.clip.label.clone(),
            what: if stretches.is_empty() {
                "it has no sound: silence is put in".to_owned()
            } else {
                format!("{ms} ms of its sound are missing: silence is put in")
            },
        });
    }
}

impl TimedFade {
    /// Says of a span that begins at a sample how its pieces come or go.
    fn apply(self, span: &mut AudioSpan, at: i64, format: AudioFormat) {
        let sample = |time: RationalTime| time.round_ticks(format.sample_rate);
        let begins = sample(self.begins);
        let fade = Fade {
            way: self.way,
            from: u64::try_from(at - begins).unwrap_or(0),
            of: u64::try_from(sample(self.ends) - begins).unwrap_or(0),
            hold: 0,
        };
        for piece in &mut span.sources {
            piece.fade = Some(fade);
        }
        span.kind = SpanKind::Compose;
        let reason = match self.way {
            _ if self.at_joint => "a short cross-fade at the joint",
            FadeWay::In => "sound fades in",
            FadeWay::Out => "sound fades out",
        };
        reason.clone_into(&mut span.reason);
    }
}

fn sound(
    source: &Source,
    run: &[&Stretch],
    (start, end): (RationalTime, RationalTime),
    (from, to): (i64, i64),
    format: AudioFormat,
    copy: bool,
) -> AudioSpan {
    let piece = |object: usize, from: RationalTime, to: RationalTime, preroll| {
        let object = source.objects().get(object)?;
        Some(SourcePiece {
            object_id: object.object_id.clone(),
            flow_id: object.flow_id.clone(),
            mark_in: object.object_time(from),
            mark_out: object.object_time(to),
            gain: 0,
            preroll,
            layer: 0,
            fade: None,
        })
    };
    let mut sources = Vec::new();
    if let Some(first) = run.first()
        && let Some((object, time)) = first.preroll
    {
        sources.extend(piece(object, time, first.start.max(start), true));
    }
    for stretch in run {
        sources.extend(piece(
            stretch.object,
            stretch.start.max(start),
            stretch.end.min(end),
            false,
        ));
    }
    let differs = run.iter().any(|stretch| {
        let object = source.objects().get(stretch.object);
        let track = object.and_then(|object| object.index.audio.as_ref());
        track.is_some_and(|track| {
            (track.sample_rate, track.channels) != (format.sample_rate, format.channels)
        })
    });
    let samples = u64::try_from(to - from).unwrap_or(0);
    let (kind, reason) = if copy {
        (SpanKind::Copy, "one run of one source")
    } else if differs {
        (
            SpanKind::Compose,
            "its sample rate or channels differ from the sequence's",
        )
    } else {
        (SpanKind::Encode, "sound is joined to the sample at cuts")
    };
    AudioSpan {
        kind,
        at: shown(RationalTime::from_ticks(from, format.sample_rate).unwrap_or(RationalTime::ZERO)),
        samples,
        sources,
        reason: reason.to_owned(),
        bytes: run.iter().map(|stretch| stretch.bytes).sum(),
        seconds: Seconds {
            millis: if copy {
                0
            } else {
                samples.saturating_mul(1000) / SAMPLES_PER_SECOND_OF_WORK
            },
        },
    }
}

/// Clips that continue one another make one span.
fn merge(spans: Vec<AudioSpan>) -> Vec<AudioSpan> {
    let mut merged: Vec<AudioSpan> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if last.kind == SpanKind::Copy && span.kind == SpanKind::Copy => {
                last.samples += span.samples;
                last.bytes += span.bytes;
                last.sources
                    .extend(span.sources.into_iter().filter(|piece| !piece.preroll));
            }
            Some(last) if last.kind == SpanKind::Fill && span.kind == SpanKind::Fill => {
                last.samples += span.samples;
            }
            _ => merged.push(span),
        }
    }
    merged
}
