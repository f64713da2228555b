//! The picture side of the plan.

mod cost;
mod gops;
mod made;
mod mixture;

use crate::conform::{Issue, Mode, Options, shown};
use crate::place::{ClipFrames, Part};
use crate::{
    Clip, ConformError, Pace, SequenceFormat, SpanKind, VideoCodec, VideoConfig, VideoSpan,
};
use cost::{costs, pieces};
use gops::{
    Stretch, check_decodable, check_key_frame, copyable, gop_config, gop_stretches, gops_in,
    nearest_cuts,
};
use made::{black, dissolve};
use mediatime::FrameRate;
use mixture::{is_coded, settle_mixture};
use std::collections::HashMap;

/// What one clip can be made of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Treatment {
    /// Another picture size, shape or rate than the sequence: every frame goes through a filter.
    Compose(String),
    /// GOP by GOP.
    Gops,
}

/// Plans the pictures, and says in `format` what they are coded in.
pub(crate) fn plan_video(
    parts: &[Part<'_>],
    format: &mut SequenceFormat,
    rate: Option<FrameRate>,
    options: &Options,
    issues: &mut Vec<Issue>,
) -> Result<Vec<VideoSpan>, ConformError> {
    let (wanted, other) = codec_of(parts, format, options)?;
    format.codec = wanted;
    let mut told = Vec::new();
    let spans = plan_coded(parts, format, rate, options, &mut told)?;
    let encodes = spans.iter().any(|span| span.kind != SpanKind::Copy);
    let makes = |codec| options.encoders.make(codec);
    if !encodes || makes(wanted) || !makes(other) {
        issues.append(&mut told);
        return Ok(spans);
    }
    let first = parts.first().map(Part::clip);
    issues.push(Issue {
        clip: first.map_or_else(String::new, |clip| clip.label.clone()),
        what: format!(
            "there is no encoder here for what its cuts break of {}: everything is rendered to {}",
            wanted.word(),
            other.word()
        ),
    });
    format.codec = other;
    plan_coded(parts, format, rate, options, issues)
}

/// The codec of most pictures that can be copied, and the other one. Where nothing is copied, HEVC if all is
/// of HEVC, else H.264, as far as they can be encoded. The one that was asked for has no other.
fn codec_of(
    parts: &[Part<'_>],
    format: &mut SequenceFormat,
    options: &Options,
) -> Result<(VideoCodec, VideoCodec), ConformError> {
    if options.encoders.make(VideoCodec::H264)
        && !parts.iter().any(|part| is_of(part, VideoCodec::Hevc))
    {
        return Ok((VideoCodec::H264, VideoCodec::Hevc));
    }
    let mut copied = |codec| -> Result<usize, ConformError> {
        format.codec = codec;
        let mut frames = 0;
        for part in parts {
            let Part::Clip(clip) = part else {
                continue;
            };
            if treatment(clip, format)? == Treatment::Gops {
                let gops = gops_in(&clip.source, &clip.frames).iter();
                let known = gops.filter(|gop| gop_config(&clip.source, gop).is_some());
                frames += known.map(|gop| copyable(clip, gop).len()).sum::<usize>();
            }
        }
        Ok(frames)
    };
    if let Some(codec) = options.codec {
        return Ok((codec, codec));
    }
    let (h264, hevc) = match options.mode {
        Mode::Render => (0, 0),
        _ => (copied(VideoCodec::H264)?, copied(VideoCodec::Hevc)?),
    };
    let makes = |codec| options.encoders.make(codec);
    let prefers_hevc = match h264 == hevc {
        true => {
            makes(VideoCodec::Hevc) && (!makes(VideoCodec::H264) || is_all_hevc(parts, options))
        }
        false => h264 < hevc,
    };
    Ok(match prefers_hevc {
        true => (VideoCodec::Hevc, VideoCodec::H264),
        false => (VideoCodec::H264, VideoCodec::Hevc),
    })
}

/// All pictures are of HEVC, and not asked to be anything else.
fn is_all_hevc(parts: &[Part<'_>], options: &Options) -> bool {
    let mut clips = parts.iter().filter(|part| matches!(part, Part::Clip(_)));
    let is_hevc = |part| is_of(part, VideoCodec::Hevc);
    options.mode != Mode::Render && clips.next().is_some_and(is_hevc) && clips.all(is_hevc)
}

fn is_of(part: &Part<'_>, codec: VideoCodec) -> bool {
    matches!(part, Part::Clip(clip) if is_coded(clip, codec))
}

fn plan_coded(
    parts: &[Part<'_>],
    format: &mut SequenceFormat,
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
    let mut spans: Vec<VideoSpan> = Vec::new();
    for part in parts {
        match part {
            Part::Clip(clip) => {
                check_decodable(clip)?;
                let sequence = Sequence {
                    base,
                    format,
                    rate,
                    mode: options.mode,
                    pace: options.pace,
                };
                if let Some(treatment) = treatments.next() {
                    plan_clip(clip, treatment, &sequence, &mut spans)?;
                }
            }
            Part::Gap(clip, place) => spans.push(black(clip, *place, format, options)?),
            Part::Mix(mix) => {
                let rate = rate.ok_or_else(|| no_rate(mix.clip))?;
                spans.push(dissolve(mix, format, rate, options, issues)?);
            }
        }
    }
    let shown: Vec<ClipFrames<'_>> = parts.iter().flat_map(|part| part.shown(rate)).collect();
    settle_mixture(&shown, &mut spans, format, base, options, issues)?;
    Ok(spans)
}

/// What a clip is planned into.
struct Sequence<'a> {
    /// The parameter sets of the copies.
    base: Option<&'a VideoConfig>,
    format: &'a SequenceFormat,
    rate: Option<FrameRate>,
    mode: Mode,
    pace: Pace,
}

fn no_rate(clip: &Clip) -> ConformError {
    ConformError::CannotEncode {
        clip: clip.label.clone(),
        what: "a transition is at it, and the sequence has no constant frame rate".to_owned(),
    }
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
        if track.codec != format.codec.name() {
            return Ok(Treatment::Compose(format!(
                "its video is {codec}, the output's is {}",
                format.codec.word()
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
            if let Some((_, frames)) = counts.get_mut(number) {
                *frames += copyable(clip, gop).len();
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

fn plan_clip(
    clip: &ClipFrames<'_>,
    treatment: &Treatment,
    sequence: &Sequence<'_>,
    spans: &mut Vec<VideoSpan>,
) -> Result<(), ConformError> {
    let source = &clip.source;
    let Sequence {
        base,
        format,
        rate,
        mode,
        pace,
    } = *sequence;
    let whole = |kind, reason: String| Stretch {
        kind,
        frames: clip.frames.clone(),
        reason,
    };
    let stretches = match treatment {
        Treatment::Compose(reason) => vec![whole(SpanKind::Compose, reason.clone())],
        Treatment::Gops if mode == Mode::Render => {
            vec![whole(SpanKind::Encode, "a render was asked for".to_owned())]
        }
        Treatment::Gops => gop_stretches(clip, base),
    };
    if mode == Mode::Copy
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
        let (bytes, seconds) = costs(source, &stretch, frames, format, pace);
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
