//! Copies and encoded pictures in one track.

use super::cost::encode_seconds;
use crate::conform::{Issue, Mode, Options, PictureKind};
use crate::place::ClipFrames;
use crate::{
    ConformError, SequenceFacts, SequenceFormat, SpanKind, VideoCodec, VideoConfig, VideoSpan,
};

/// `profile_idc` of High 4:4:4 Predictive (ITU-T H.264 §A.2.7).
const LOSSLESS_PROFILE: u8 = 244;

/// Copies and encodes in one track need encoded parts with parameter-set ids of their own, and
/// pictures that our encoders can make. Where that is not to be had, everything is encoded.
pub(super) fn settle_mixture(
    clips: &[ClipFrames<'_>],
    spans: &mut Vec<VideoSpan>,
    format: &mut SequenceFormat,
    base: Option<&VideoConfig>,
    options: &Options,
    issues: &mut Vec<Issue>,
) -> Result<(), ConformError> {
    let copies = spans.iter().any(|span| span.kind == SpanKind::Copy);
    let encodes = spans.iter().any(|span| span.kind != SpanKind::Copy);
    if !encodes {
        return Ok(());
    }
    for clip in clips {
        if clip_facts(clip).is_some_and(|facts| facts.interlaced) {
            return Err(ConformError::CannotEncode {
                clip: clip.clip.label.clone(),
                what: "it is interlaced, and encoding fields is not possible yet; cut at key frames so that everything can be copied".to_owned(),
            });
        }
    }
    let of_copies = base
        .filter(|_| copies)
        .map(|base| PictureKind::of(&base.facts));
    let mut reason = None;
    let mut made = kind_made(format.codec, of_copies, options);
    for clip in clips.iter().filter(|clip| is_coded(clip, format.codec)) {
        let Some(facts) = clip_facts(clip) else {
            continue;
        };
        // What is composed stands beside copies like any other encoded part; a splice into pictures of
        // another kind would have to be of their kind.
        if of_copies == Some(PictureKind::of(facts)) && !made.holds(PictureKind::of(facts)) {
            reason.get_or_insert(loses(made, facts));
        }
    }
    // Profile 244 may code without loss, which is said in the set: decoders of copies behind an encoded
    // part would take it for that part's.
    let lossless = base.is_some_and(|base| base.facts.profile_idc == LOSSLESS_PROFILE);
    if lossless && format.codec == VideoCodec::H264 {
        reason.get_or_insert("its profile (High 4:4:4 Predictive) can't be spliced".to_owned());
    }
    if options.single_parameter_set {
        reason.get_or_insert("one parameter set was asked for".to_owned());
    }
    if !options.encoders.make(format.codec) {
        reason.get_or_insert("no encoder is here".to_owned());
    }
    let dropped = reason.filter(|_| copies);
    if dropped.is_some() || !copies {
        // Nothing stands beside what is encoded: HEVC is like the first clip, H.264 of what players show.
        let first = clips.iter().find(|clip| is_coded(clip, VideoCodec::Hevc));
        let like = first
            .filter(|_| format.codec == VideoCodec::Hevc)
            .and_then(|clip| clip_facts(clip));
        made = kind_made(format.codec, like.map(PictureKind::of), options);
    }
    format.bit_depth = made.bit_depth;
    format.chroma_format_idc = made.chroma_format_idc;
    for clip in clips {
        let Some(facts) = clip_facts(clip).filter(|facts| !made.holds(PictureKind::of(facts)))
        else {
            continue;
        };
        let issue = Issue {
            clip: clip.clip.label.clone(),
            what: loses(made, facts),
        };
        if !issues.contains(&issue) {
            issues.push(issue);
        }
    }
    let Some(reason) = dropped else {
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
        span.seconds = encode_seconds((span.frames, span.frames), format, options.pace);
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

fn clip_facts<'a>(clip: &'a ClipFrames<'_>) -> Option<&'a SequenceFacts> {
    let source = &clip.source;
    let frame = source.frames().get(clip.frames.start)?;
    Some(&source.config(frame.object, frame.unit)?.facts)
}

pub(super) fn is_coded(clip: &ClipFrames<'_>, codec: VideoCodec) -> bool {
    let frame = clip.source.frames().get(clip.frames.start);
    let track = frame.and_then(|frame| clip.source.video(frame.object));
    track.is_some_and(|track| track.codec == codec.name())
}

/// What encoded pictures are: like those they stand beside, where an encoder makes such.
fn kind_made(codec: VideoCodec, like: Option<PictureKind>, options: &Options) -> PictureKind {
    let finest = options.encoders.finest(codec);
    let like = like
        .filter(|kind| kind.chroma_format_idc > 0)
        .filter(|kind| finest.is_some_and(|finest| finest.holds(*kind)));
    like.unwrap_or(PictureKind::PLAIN)
}

/// What becomes of pictures that encoded ones do not hold.
fn loses(made: PictureKind, facts: &SequenceFacts) -> String {
    let finer = made.bit_depth < facts.bit_depth;
    let range = match facts.colour.1 {
        16 if finer => ", and the finer steps of its HDR (PQ) are lost",
        18 if finer => ", and the finer steps of its HDR (HLG) are lost",
        2 if finer => "; if they are HDR, its finer steps are lost",
        _ => "",
    };
    let chroma = match made.chroma_format_idc {
        3 => "4:4:4",
        2 => "4:2:2",
        _ => "4:2:0",
    };
    format!(
        "its pictures ({} bit, chroma format {}) are rendered to {} bit {chroma}{range}",
        facts.bit_depth, facts.chroma_format_idc, made.bit_depth
    )
}
