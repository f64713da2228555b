//! The sound side of the plan.
//!
//! Sound is taken by *time* from whichever object holds it: in MPEG-TS segments it trails and
//! leads the picture by tens of milliseconds, so an object's own frames are not the clip's frames.
//! Each clip's share of the output is counted in samples from the start of the output, so nothing
//! drifts over any number of cuts.

use crate::conform::{ClipFrames, Issue, Mode, Options, continues, shown};
use crate::plan::EstimatedSeconds;
use crate::{AudioFormat, AudioSpan, Source, SourcePiece, SpanKind};
use mediatime::RationalTime;

/// Samples decoded per second of work: a starting value for the estimate.
const SAMPLES_PER_SECOND_OF_WORK: u64 = 5_000_000;

/// A hole between two audio frames shorter than this is rounding, not a hole.
const TOLERANCE_MS: i128 = 2;

/// How far in front of a clip its sound is looked at.
const MARGIN_MS: i128 = 300;

/// Sound of one object that sounds without a hole, on the source's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stretch {
    object: usize,
    start: RationalTime,
    end: RationalTime,
    /// Where the frame in front of `start` begins, in this object or the one before: decoding
    /// begins there, as an AAC frame overlaps the one before it.
    preroll: Option<(usize, RationalTime)>,
    bytes: u64,
}

pub(crate) fn plan_audio(
    clips: &[ClipFrames<'_>],
    format: AudioFormat,
    options: &Options,
    issues: &mut Vec<Issue>,
) -> Vec<AudioSpan> {
    let mut spans = Vec::new();
    let copy = can_copy(clips, format, options);
    for clip in clips {
        if clip.gap > 0 {
            let sample = |time: RationalTime| time.round_ticks(format.sample_rate);
            let mut gap = silence(sample(clip.gap_at), sample(clip.at), format);
            "a gap: silence".clone_into(&mut gap.reason);
            spans.push(gap);
        }
        plan_clip(clip, format, copy, &mut spans, issues);
    }
    merge(spans)
}

/// Sound is copied when the whole output is one run of one source: there is no joint in it, and an
/// edit list takes the cut to the sample. At a joint, decoders need frames that overlap.
fn can_copy(clips: &[ClipFrames<'_>], format: AudioFormat, options: &Options) -> bool {
    if matches!(options.mode, Mode::Render) {
        return false;
    }
    let one_after_the_other = clips.windows(2).all(|pair| continues(&pair[0], &pair[1]));
    let Some(first) = clips.first().filter(|first| first.gap == 0) else {
        return false;
    };
    let retimed = clips.iter().any(|clip| clip.retimed);
    let Some(last) = clips.last() else {
        return false;
    };
    let source = &first.source;
    let start = first.start();
    let end = last.start() + last.duration;
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
    one_after_the_other && !retimed && one_run && alike
}

fn contiguous(stretches: &[Stretch]) -> bool {
    stretches
        .windows(2)
        .all(|pair| (pair[1].start - pair[0].end) <= tolerance())
}

fn tolerance() -> RationalTime {
    RationalTime::new(TOLERANCE_MS, 1000).unwrap_or(RationalTime::ZERO)
}

fn plan_clip(
    clip: &ClipFrames<'_>,
    format: AudioFormat,
    copy: bool,
    spans: &mut Vec<AudioSpan>,
    issues: &mut Vec<Issue>,
) {
    let source = &clip.source;
    let start = clip.start();
    let end = start + clip.duration;
    let stretches = stretches(source, start, end);
    // Output sample positions are counted from the output's start.
    let sample_at = |time: RationalTime| (clip.at + (time - start)).round_ticks(format.sample_rate);
    let clip_end = (clip.at + clip.duration).round_ticks(format.sample_rate);
    let mut position = clip.at.round_ticks(format.sample_rate);
    let mut run: Vec<&Stretch> = Vec::new();
    let mut silent = 0;
    let mut index = 0;
    while index < stretches.len() {
        // One run: stretches that continue one another.
        run.clear();
        let first = &stretches[index];
        run.push(first);
        index += 1;
        while let Some(next) = stretches.get(index)
            && run
                .last()
                .is_some_and(|last| next.start - last.end <= tolerance())
        {
            run.push(next);
            index += 1;
        }
        let run_start = sample_at(first.start.max(start));
        let run_end = run
            .last()
            .map_or(run_start, |last| sample_at(last.end.min(end)))
            .min(clip_end);
        if run_start > position {
            silent += run_start - position;
            spans.push(silence(position, run_start, format));
            position = run_start;
        }
        if run_end > position {
            spans.push(sound(
                source,
                &run,
                (start, end),
                (position, run_end),
                format,
                copy,
            ));
            position = run_end;
        }
    }
    if clip_end > position {
        silent += clip_end - position;
        spans.push(silence(position, clip_end, format));
    }
    if silent > 0 {
        let ms = silent * 1000 / i64::from(format.sample_rate.max(1));
        issues.push(Issue {
            clip: clip.clip.label.clone(),
            what: if stretches.is_empty() {
                "it has no sound: silence is put in".to_owned()
            } else {
                format!("{ms} ms of its sound are missing: silence is put in")
            },
        });
    }
}

fn silence(from: i64, to: i64, format: AudioFormat) -> AudioSpan {
    AudioSpan {
        kind: SpanKind::Fill,
        at: shown(RationalTime::from_ticks(from, format.sample_rate).unwrap_or(RationalTime::ZERO)),
        samples: u64::try_from(to - from).unwrap_or(0),
        sources: Vec::new(),
        reason: "there is no sound here".to_owned(),
        bytes: 0,
        seconds: EstimatedSeconds::default(),
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
    let differs = source
        .audio()
        .any(|(_, _, t)| (t.sample_rate, t.channels) != (format.sample_rate, format.channels));
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
        seconds: EstimatedSeconds {
            millis: if copy {
                0
            } else {
                samples * 1000 / SAMPLES_PER_SECOND_OF_WORK
            },
        },
    }
}

/// Where the source sounds between `start` and `end`, object by object, holes left out.
fn stretches(source: &Source, start: RationalTime, end: RationalTime) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    let mut before: Option<(usize, RationalTime, RationalTime)> = None;
    // A little in front: what is stored twice, and the frame that decoding begins with.
    let margin = RationalTime::new(MARGIN_MS, 1000).unwrap_or(RationalTime::ZERO);
    for (number, object, track, frames) in source.sound_between(start - margin, end) {
        let presented = (
            track.time(track.presented.start) + object.offset,
            track.time(track.presented.end) + object.offset,
        );
        for frame in track.frames.get(frames).unwrap_or_default() {
            let from = object.audio_time(track, frame);
            let to = from + track.time(i64::from(frame.duration));
            // The same frame may be stored at the end of one object and the start of the next.
            if before.is_some_and(|(_, _, end)| tolerance() < end - from) {
                continue;
            }
            let preroll = before
                .filter(|(_, _, end)| from - *end <= tolerance())
                .map(|(object, start, _)| (object, start));
            before = Some((number, from, to));
            let (from, to) = (from.max(presented.0), to.min(presented.1));
            if to <= start || end <= from || to <= from {
                continue;
            }
            match found.last_mut() {
                Some(last) if last.object == number && from - last.end <= tolerance() => {
                    last.end = to;
                    last.bytes += u64::from(frame.location.len);
                }
                _ => found.push(Stretch {
                    object: number,
                    start: from,
                    end: to,
                    preroll,
                    bytes: u64::from(frame.location.len),
                }),
            }
        }
    }
    found
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
