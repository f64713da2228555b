//! Pictures that no one source has: black, dissolves and fades.

use super::cost::{costs, encode_seconds, pieces};
use super::gops::{Stretch, check_decodable, check_key_frame};
use super::treatment;
use crate::conform::{Issue, Mode, Options, shown};
use crate::place::{Mix, Place, check_whole};
use crate::{Clip, ConformError, Fade, FadeWay, SequenceFormat, SpanKind, VideoSpan};
use mediatime::FrameRate;

/// A gap in front of a clip, or behind the last.
pub(super) fn black(
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
        seconds: encode_seconds((0, place.count), format, options.pace),
    })
}

/// Pictures of two clips that turn into one another, or of one that comes out of black or goes into it.
pub(super) fn dissolve(
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
        bytes = bytes.max(costs(&clip.source, &stretch, 0, format, options.pace).0);
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
        seconds: encode_seconds((2 * mix.place.count, mix.place.count), format, options.pace),
    })
}
