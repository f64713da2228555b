//! The picture side of the plan.

use crate::conform::{Issue, Mode, Options, shown};
use crate::place::{ClipFrames, Mix, Part, Place, check_whole, continues};
use crate::plan::EstimatedSeconds;
use crate::{
    Clip, ConformError, Fade, FadeWay, Gop, SequenceFormat, Source, SourcePiece, SpanKind,
    VideoConfig, VideoSpan,
};
use mediatime::{FrameRate, Timestamp};
use std::collections::{HashMap, HashSet};

/// Bytes copied per second of work, and pixels encoded per second of work: starting values for the
/// estimate, which the report compares with the truth.
const COPY_BYTES_PER_SECOND: u64 = 400_000_000;
/// `profile_idc` of High 4:4:4 Predictive (ITU-T H.264 §A.2.7).
const LOSSLESS_PROFILE: u8 = 244;
const ENCODE_PIXELS_PER_SECOND: u64 = 40_000_000;

/// What one clip can be made of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Treatment {
    /// Another picture size, shape or rate than the sequence: every frame goes through a filter.
    Compose(String),
    /// GOP by GOP.
    Gops,
}

pub(crate) fn plan_video(
    parts: &[Part<'_>],
    format: &SequenceFormat,
    rate: Option<FrameRate>,
    options: &Options,
    issues: &mut Vec<Issue>,
) -> Result<Vec<VideoSpan>, ConformError> {
    let mut clips = Vec::with_capacity(parts.len());
    for part in parts {
        if let Part::Clip(clip) = part {
            clips.push((clip, treatment(clip, format)?));
        }
    }
    let base = base_config(&clips);
    let mut treatments = clips.iter().map(|(_, treatment)| treatment);
    let mut spans = Vec::new();
    for part in parts {
        match part {
            Part::Clip(clip) => {
                check_decodable(clip)?;
                if let Some(treatment) = treatments.next() {
                    plan_clip(clip, treatment, base, format, rate, options, &mut spans)?;
                }
            }
            Part::Gap(clip, place) => spans.push(black(clip, *place, format, options)?),
            Part::Mix(mix) => {
                let rate = rate.ok_or_else(|| no_rate(mix.clip))?;
                spans.push(dissolve(mix, format, rate, options, issues)?);
            }
        }
    }
    let mut spans = merge(parts, spans);
    let shown: Vec<ClipFrames<'_>> = parts.iter().flat_map(|part| part.shown(rate)).collect();
    settle_mixture(&shown, &mut spans, format, options, issues)?;
    Ok(spans)
}

fn no_rate(clip: &Clip) -> ConformError {
    ConformError::CannotEncode {
        clip: clip.label.clone(),
        what: "a transition is at it, and the sequence has no constant frame rate".to_owned(),
    }
}

/// A gap in front of a clip, or behind the last.
fn black(
    clip: &Clip,
    place: Place,
    format: &SequenceFormat,
    options: &Options,
) -> Result<VideoSpan, ConformError> {
    if options.mode == Mode::Copy {
        return Err(ConformError::CannotCopy {
            clip: clip.label.clone(),
            why: "a gap is in front of it, and black has to be encoded; close the gap".to_owned(),
        });
    }
    Ok(VideoSpan {
        kind: SpanKind::Fill,
        at: shown(place.at),
        frames: place.count,
        sources: Vec::new(),
        reason: "a gap: black".to_owned(),
        bytes: 0,
        seconds: encode_seconds(place.count, format),
    })
}

/// Pictures of two clips that turn into one another, or of one that comes out of black or goes into it.
fn dissolve(
    mix: &Mix<'_>,
    format: &SequenceFormat,
    rate: FrameRate,
    options: &Options,
    issues: &mut Vec<Issue>,
) -> Result<VideoSpan, ConformError> {
    let (from, of) = mix.part;
    let reason = match (&mix.out, &mix.into) {
        (Some(_), Some(_)) => format!("a dissolve of {of} frames"),
        (None, _) => format!("a fade in of {of} frames"),
        (_, None) => format!("a fade out of {of} frames"),
    };
    if options.mode == Mode::Copy {
        return Err(ConformError::CannotCopy {
            clip: mix.clip.label.clone(),
            why: format!("{reason} has to be encoded; take it out"),
        });
    }
    let (mut sources, mut bytes) = (Vec::new(), 0);
    let sides = [(FadeWay::Out, &mix.out), (FadeWay::In, &mix.into)];
    for (way, side) in sides {
        let Some(side) = side else {
            continue;
        };
        let section = side.section(rate);
        let clip = &section.clip;
        treatment(clip, format)?;
        check_decodable(clip)?;
        check_whole(clip.clip, &clip.source, &clip.frames)?;
        let hold = match way {
            FadeWay::In => section.before,
            FadeWay::Out => section.behind,
        };
        if hold > 0 {
            issues.push(Issue {
                clip: clip.clip.label.clone(),
                what: format!(
                    "its medium has {hold} frames too few for {reason}: its {} frame stands for so long",
                    if way == FadeWay::In { "first" } else { "last" }
                ),
            });
        }
        let stretch = Stretch {
            kind: SpanKind::Compose,
            frames: clip.frames.clone(),
            reason: String::new(),
        };
        check_key_frame(clip, &stretch)?;
        bytes = bytes.max(costs(&clip.source, &stretch, 0, format).0);
        let mut pieces = pieces(clip, &clip.frames);
        for piece in &mut pieces {
            piece.layer = u8::from(way == FadeWay::In && !sources.is_empty());
            piece.fade = Some(Fade {
                way,
                from,
                of,
                hold,
            });
        }
        sources.append(&mut pieces);
    }
    Ok(VideoSpan {
        kind: SpanKind::Compose,
        at: shown(mix.place.at),
        frames: mix.place.count,
        sources,
        reason,
        bytes,
        seconds: encode_seconds(mix.place.count, format),
    })
}

/// Copies of clips that continue one another are one copy: there is no joint between them.
fn merge(parts: &[Part<'_>], spans: Vec<VideoSpan>) -> Vec<VideoSpan> {
    let starts: HashSet<Timestamp> = parts
        .windows(2)
        .filter(|pair| continues(&pair[0], &pair[1]))
        .map(|pair| shown(pair[1].place().at))
        .collect();
    let mut merged: Vec<VideoSpan> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last)
                if last.kind == SpanKind::Copy
                    && span.kind == SpanKind::Copy
                    && starts.contains(&span.at) =>
            {
                last.frames += span.frames;
                last.bytes += span.bytes;
                last.seconds.millis += span.seconds.millis;
                for piece in span.sources {
                    match last.sources.last_mut() {
                        Some(before)
                            if before.object_id == piece.object_id
                                && before.mark_out == piece.mark_in =>
                        {
                            before.mark_out = piece.mark_out;
                        }
                        _ => last.sources.push(piece),
                    }
                }
            }
            _ => merged.push(span),
        }
    }
    merged
}

fn treatment(clip: &ClipFrames<'_>, format: &SequenceFormat) -> Result<Treatment, ConformError> {
    let source = &clip.source;
    for i in clip.frames.clone() {
        let Some(frame) = source.frames().get(i) else {
            continue;
        };
        let coded = source
            .video(frame.object)
            .zip(source.config(frame.object, frame.unit));
        let Some((track, config)) = coded else {
            continue;
        };
        let Some(codec) = codec_word(&track.codec) else {
            return Err(unknown_codec(clip.clip, &track.codec));
        };
        if track.codec != "h264" {
            return Ok(Treatment::Compose(format!(
                "its video is {codec}, the output's is H.264"
            )));
        }
        let facts = &config.facts;
        let aspect = track.pixel_aspect.unwrap_or(facts.pixel_aspect);
        if (facts.width, facts.height) != (format.width, format.height) {
            return Ok(Treatment::Compose(format!(
                "{}×{} is scaled to {}×{}",
                facts.width, facts.height, format.width, format.height
            )));
        }
        if aspect != format.pixel_aspect {
            return Ok(Treatment::Compose(format!(
                "pixel aspect {}:{} is converted to {}:{}",
                aspect.0, aspect.1, format.pixel_aspect.0, format.pixel_aspect.1
            )));
        }
        if track.rotation != format.rotation {
            return Ok(Treatment::Compose(format!(
                "it is turned by {}°, the sequence by {}°",
                track.rotation, format.rotation
            )));
        }
    }
    if clip.retimed {
        return Ok(Treatment::Compose(
            "its frame rate differs from the sequence's".to_owned(),
        ));
    }
    Ok(Treatment::Gops)
}

/// What people call the codecs that can be cut.
fn codec_word(codec: &str) -> Option<&'static str> {
    Some(match codec {
        "h264" => "H.264",
        "hevc" => "HEVC",
        "av1" => "AV1",
        "vp9" => "VP9",
        "vp8" => "VP8",
        "mpeg2" => "MPEG-2",
        "mpeg1" => "MPEG-1",
        "prores" => "ProRes",
        "dnxhd" => "DNxHD",
        "jpeg" => "Motion JPEG",
        _ => return None,
    })
}

/// Video that nothing here decodes.
pub(crate) fn unknown_codec(clip: &Clip, codec: &str) -> ConformError {
    ConformError::CannotEncode {
        clip: clip.label.clone(),
        what: format!("video in {codec} can't be cut yet; convert it to H.264 or ProRes first"),
    }
}

/// Sequence and picture parameter sets.
type ParameterSets<'a> = (&'a [Vec<u8>], &'a [Vec<u8>]);

/// The parameter sets that let most frames be copied; the others can't share their ids.
fn base_config<'a>(clips: &[(&'a ClipFrames<'_>, Treatment)]) -> Option<&'a VideoConfig> {
    let mut counts: Vec<(&VideoConfig, usize)> = Vec::new();
    let mut known: HashMap<ParameterSets<'_>, usize> = HashMap::new();
    for (clip, treatment) in clips {
        if *treatment != Treatment::Gops {
            continue;
        }
        let source = &clip.source;
        for gop in gops_in(source, &clip.frames) {
            let Some(config) = gop_config(source, gop) else {
                continue;
            };
            let number = *known.entry((&config.sps, &config.pps)).or_insert_with(|| {
                counts.push((config, 0));
                counts.len() - 1
            });
            if copyable(clip, gop)
                && let Some((_, frames)) = counts.get_mut(number)
            {
                *frames += gop.frames.len();
            }
        }
    }
    // Of equals, the one that comes first.
    counts
        .into_iter()
        .rev()
        .max_by_key(|(_, frames)| *frames)
        .map(|(config, _)| config)
}

fn gops_in<'a>(source: &'a Source, frames: &std::ops::Range<usize>) -> &'a [Gop] {
    let gops = source.gops();
    let first = gops.partition_point(|gop| gop.frames.end <= frames.start);
    let end = gops.partition_point(|gop| gop.frames.start < frames.end);
    gops.get(first..end.max(first)).unwrap_or_default()
}

/// The configuration of a GOP when all its pictures share one.
fn gop_config<'a>(source: &'a Source, gop: &Gop) -> Option<&'a VideoConfig> {
    let (object, unit) = *gop.units.first()?;
    let config = source.config(object, unit)?;
    gop.units
        .iter()
        .all(|(object, unit)| {
            source
                .config(*object, *unit)
                .is_some_and(|other| other.sps == config.sps && other.pps == config.pps)
        })
        .then_some(config)
}

fn copyable(clip: &ClipFrames<'_>, gop: &Gop) -> bool {
    gop.whole && clip.frames.start <= gop.frames.start && gop.frames.end <= clip.frames.end
}

fn check_decodable(clip: &ClipFrames<'_>) -> Result<(), ConformError> {
    let source = &clip.source;
    for gop in gops_in(source, &clip.frames) {
        if gop.decodable || gop.frames.is_empty() {
            continue;
        }
        let Some(frame) = source.frames().get(gop.frames.start.max(clip.frames.start)) else {
            continue;
        };
        let Some(object) = source.objects().get(frame.object) else {
            continue;
        };
        return Err(ConformError::MissingKeyFrame {
            clip: clip.clip.label.clone(),
            object: object.object_id.clone(),
            at: object.object_time(frame.time),
        });
    }
    Ok(())
}

fn plan_clip(
    clip: &ClipFrames<'_>,
    treatment: &Treatment,
    base: Option<&VideoConfig>,
    format: &SequenceFormat,
    rate: Option<FrameRate>,
    options: &Options,
    spans: &mut Vec<VideoSpan>,
) -> Result<(), ConformError> {
    let source = &clip.source;
    let whole = |kind, reason: String| Stretch {
        kind,
        frames: clip.frames.clone(),
        reason,
    };
    let stretches = match treatment {
        Treatment::Compose(reason) => vec![whole(SpanKind::Compose, reason.clone())],
        Treatment::Gops if options.mode == Mode::Render => {
            vec![whole(SpanKind::Encode, "a render was asked for".to_owned())]
        }
        Treatment::Gops => gop_stretches(clip, base),
    };
    if options.mode == Mode::Copy
        && let Some(broken) = stretches.iter().find(|s| s.kind != SpanKind::Copy)
    {
        return Err(ConformError::CannotCopy {
            clip: clip.clip.label.clone(),
            why: format!("{}; {}", broken.reason, nearest_cuts(clip)),
        });
    }
    for stretch in &stretches {
        check_key_frame(clip, stretch)?;
    }
    for stretch in stretches {
        let offset = stretch.frames.start - clip.frames.start;
        let at = match rate {
            Some(rate) if !clip.retimed => {
                clip.place.at + rate.frame_start(i64::try_from(offset).unwrap_or(0))
            }
            _ => {
                let before = clip.frames.start..stretch.frames.start;
                clip.place.at + before.map(|i| source.frame_duration(i)).sum()
            }
        };
        let frames = if clip.retimed {
            clip.place.count
        } else {
            stretch.frames.len() as u64
        };
        let (bytes, seconds) = costs(source, &stretch, frames, format);
        spans.push(VideoSpan {
            kind: stretch.kind,
            at: shown(at),
            frames,
            sources: pieces(clip, &stretch.frames),
            reason: stretch.reason,
            bytes,
            seconds,
        });
    }
    Ok(())
}

/// Decoding begins in the object of the first frame taken, so the key frame has to be there too.
fn check_key_frame(clip: &ClipFrames<'_>, stretch: &Stretch) -> Result<(), ConformError> {
    if stretch.kind == SpanKind::Copy {
        return Ok(());
    }
    let source = &clip.source;
    let first = source.frames().get(stretch.frames.start);
    let gop = gops_in(source, &stretch.frames).first();
    let (Some(first), Some((object, _))) = (first, gop.and_then(|gop| gop.units.first())) else {
        return Ok(());
    };
    match source.objects().get(first.object) {
        Some(own) if first.object != *object => Err(ConformError::MissingKeyFrame {
            clip: clip.clip.label.clone(),
            object: own.object_id.clone(),
            at: own.object_time(first.time),
        }),
        _ => Ok(()),
    }
}

/// Consecutive frames of a clip that are treated alike.
struct Stretch {
    kind: SpanKind,
    frames: std::ops::Range<usize>,
    reason: String,
}

fn gop_stretches(clip: &ClipFrames<'_>, base: Option<&VideoConfig>) -> Vec<Stretch> {
    let source = &clip.source;
    let mut stretches: Vec<Stretch> = Vec::new();
    for gop in gops_in(source, &clip.frames) {
        let start = gop.frames.start.max(clip.frames.start);
        let end = gop.frames.end.min(clip.frames.end);
        if start >= end {
            continue;
        }
        let same_sets = match (gop_config(source, gop), base) {
            (Some(config), Some(base)) => config.sps == base.sps && config.pps == base.pps,
            _ => false,
        };
        let (kind, reason) = if !same_sets {
            (
                SpanKind::Encode,
                "its parameter sets differ from those of the sequence",
            )
        } else if copyable(clip, gop) {
            (SpanKind::Copy, "whole GOPs")
        } else if gop.frames.start < clip.frames.start && clip.frames.end < gop.frames.end {
            (SpanKind::Encode, "both marks break its GOP")
        } else if gop.frames.start < clip.frames.start {
            (SpanKind::Encode, "the in point breaks its GOP")
        } else if clip.frames.end < gop.frames.end {
            (SpanKind::Encode, "the out point breaks its GOP")
        } else if !gop.whole {
            (SpanKind::Encode, "its GOP has pictures that are not shown")
        } else {
            (SpanKind::Encode, "its GOP can't be copied")
        };
        match stretches.last_mut() {
            Some(last) if last.kind == kind && last.reason == reason => last.frames.end = end,
            _ => stretches.push(Stretch {
                kind,
                frames: start..end,
                reason: reason.to_owned(),
            }),
        }
    }
    stretches
}

/// Copies and encodes in one track need encoded parts with parameter-set ids of their own, and
/// pictures that our encoders can make. Where that is not to be had, everything is encoded.
fn settle_mixture(
    clips: &[ClipFrames<'_>],
    spans: &mut Vec<VideoSpan>,
    format: &SequenceFormat,
    options: &Options,
    issues: &mut Vec<Issue>,
) -> Result<(), ConformError> {
    let copies = spans.iter().any(|span| span.kind == SpanKind::Copy);
    let encodes = spans.iter().any(|span| span.kind != SpanKind::Copy);
    if !encodes {
        return Ok(());
    }
    let mut reason = None;
    for clip in clips {
        let Some(facts) = clip_facts(clip) else {
            continue;
        };
        if facts.interlaced {
            return Err(ConformError::CannotEncode {
                clip: clip.clip.label.clone(),
                what: "it is interlaced, and encoding fields is not possible yet; cut at key frames so that everything can be copied".to_owned(),
            });
        }
        if facts.chroma_format_idc != 1 || facts.bit_depth != 8 {
            let range = match facts.colour.1 {
                16 => ", and the finer steps of its HDR (PQ) are lost",
                18 => ", and the finer steps of its HDR (HLG) are lost",
                2 if facts.bit_depth > 8 => "; if they are HDR, its finer steps are lost",
                _ => "",
            };
            let what = format!(
                "its pictures ({} bit, chroma format {}) are rendered to 8 bit 4:2:0{range}",
                facts.bit_depth, facts.chroma_format_idc
            );
            let issue = Issue {
                clip: clip.clip.label.clone(),
                what: what.clone(),
            };
            if !issues.contains(&issue) {
                issues.push(issue);
            }
            // What is composed stands beside copies like any other encoded part; a splice into such
            // pictures would have to be of their kind.
            if is_h264(clip) {
                reason.get_or_insert(what);
            }
        }
    }
    // Profile 244 may code without loss, which is said in the set: decoders of copies behind an encoded
    // part would take it for that part's.
    let lossless = clips
        .iter()
        .filter(|clip| is_h264(clip))
        .filter_map(|clip| clip_facts(clip))
        .any(|facts| facts.profile_idc == LOSSLESS_PROFILE);
    if lossless {
        reason.get_or_insert("its profile (High 4:4:4 Predictive) can't be spliced".to_owned());
    }
    if options.single_parameter_set {
        reason.get_or_insert("one parameter set was asked for".to_owned());
    }
    if !options.can_splice {
        reason.get_or_insert("no encoder is here".to_owned());
    }
    let (Some(reason), true) = (reason, copies) else {
        return Ok(());
    };
    if options.mode == Mode::Smart {
        return Err(ConformError::CannotEncode {
            clip: clips
                .first()
                .map_or_else(String::new, |c| c.clip.label.clone()),
            what: format!(
                "broken GOPs can't be spliced: {reason}; use `--mode auto` to render everything"
            ),
        });
    }
    for span in spans.iter_mut().filter(|span| span.kind == SpanKind::Copy) {
        span.kind = SpanKind::Encode;
        span.reason = format!("rendered with the rest: {reason}");
        span.seconds = encode_seconds(span.frames, format);
    }
    *spans = join_encoded(std::mem::take(spans));
    Ok(())
}

/// Encoded spans of one object that continue one another are one: with everything encoded nothing
/// is spliced there.
fn join_encoded(spans: Vec<VideoSpan>) -> Vec<VideoSpan> {
    let mut joined: Vec<VideoSpan> = Vec::with_capacity(spans.len());
    for mut span in spans {
        let continues = joined.last().is_some_and(|last| {
            let borders = last.sources.last().zip(span.sources.first());
            last.kind == SpanKind::Encode
                && span.kind == SpanKind::Encode
                && borders.is_some_and(|(end, start)| {
                    end.object_id == start.object_id && end.mark_out == start.mark_in
                })
        });
        let Some(last) = joined.last_mut().filter(|_| continues) else {
            joined.push(span);
            continue;
        };
        last.frames += span.frames;
        last.bytes += span.bytes;
        last.seconds.millis += span.seconds.millis;
        let first = span.sources.remove(0);
        if let Some(end) = last.sources.last_mut() {
            end.mark_out = first.mark_out;
        }
        last.sources.append(&mut span.sources);
    }
    joined
}

fn clip_facts<'a>(clip: &'a ClipFrames<'_>) -> Option<&'a crate::SequenceFacts> {
    let source = &clip.source;
    let frame = source.frames().get(clip.frames.start)?;
    Some(&source.config(frame.object, frame.unit)?.facts)
}

fn is_h264(clip: &ClipFrames<'_>) -> bool {
    let frame = clip.source.frames().get(clip.frames.start);
    let track = frame.and_then(|frame| clip.source.video(frame.object));
    track.is_some_and(|track| track.codec == "h264")
}

fn nearest_cuts(clip: &ClipFrames<'_>) -> String {
    let source = &clip.source;
    let starts: Vec<usize> = source.gops().iter().map(|gop| gop.frames.start).collect();
    let near = |frame: usize| {
        let after = starts.iter().copied().find(|start| *start >= frame);
        let before = starts.iter().copied().rev().find(|start| *start <= frame);
        match (before, after) {
            (Some(a), Some(b)) if a == b => format!("{a}f"),
            (Some(a), Some(b)) => format!("{a}f or {b}f"),
            (Some(a), None) => format!("{a}f or {}f", source.frames().len()),
            (None, Some(b)) => format!("{b}f"),
            (None, None) => "none".to_owned(),
        }
    };
    format!(
        "the nearest cuts without loss are {} for in, {} for out",
        near(clip.frames.start),
        near(clip.frames.end)
    )
}

/// Consecutive frames of one object become one piece. One of another rate may begin while its first frame
/// is shown.
fn pieces(clip: &ClipFrames<'_>, range: &std::ops::Range<usize>) -> Vec<SourcePiece> {
    let source = &clip.source;
    let frames = source.frames();
    let mut pieces = Vec::new();
    let mut start = range.start;
    while start < range.end {
        let Some(first) = frames.get(start) else {
            break;
        };
        let same = |i: &usize| frames.get(*i).is_some_and(|f| f.object == first.object);
        let end = (start..range.end).take_while(same).last().unwrap_or(start) + 1;
        if let Some(object) = source.objects().get(first.object) {
            let last = end - 1;
            let out = frames
                .get(last)
                .map_or(first.time, |frame| frame.time + source.frame_duration(last));
            let begins = match pieces.is_empty() && clip.retimed {
                true => clip.start.max(first.time),
                false => first.time,
            };
            pieces.push(SourcePiece {
                object_id: object.object_id.clone(),
                flow_id: object.flow_id.clone(),
                mark_in: object.object_time(begins),
                mark_out: object.object_time(out),
                gain: 0,
                preroll: false,
                layer: 0,
                fade: None,
            });
        }
        start = end;
    }
    pieces
}

fn costs(
    source: &Source,
    stretch: &Stretch,
    frames: u64,
    format: &SequenceFormat,
) -> (u64, EstimatedSeconds) {
    let bytes: u64 = stretch
        .frames
        .clone()
        .filter_map(|i| source.frames().get(i))
        .filter_map(|frame| source.unit(frame.object, frame.unit))
        .map(|unit| u64::from(unit.location.len))
        .sum();
    let seconds = match stretch.kind {
        SpanKind::Copy => EstimatedSeconds {
            millis: bytes.saturating_mul(1000) / COPY_BYTES_PER_SECOND,
        },
        _ => encode_seconds(frames, format),
    };
    (bytes, seconds)
}

fn encode_seconds(frames: u64, format: &SequenceFormat) -> EstimatedSeconds {
    let pixels = u64::from(format.width) * u64::from(format.height);
    EstimatedSeconds {
        millis: frames.saturating_mul(pixels) / (ENCODE_PIXELS_PER_SECOND / 1000),
    }
}
