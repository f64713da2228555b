//! Several picture tracks as one: the topmost that shows anything is seen.

use crate::ConformError;
use crate::place::{Mix, Part, Place, Side, signed, unsigned};
use mediatime::FrameRate;

/// What is seen of tracks that lie on one another, from the bottom up. Of a single track everything.
pub(crate) fn topmost<'a>(
    tracks: Vec<Vec<Part<'a>>>,
    rate: Option<FrameRate>,
) -> Result<Vec<Part<'a>>, ConformError> {
    let mut tracks = tracks.into_iter();
    let mut seen = tracks.next().unwrap_or_default();
    for upper in tracks {
        let Some(first) = upper.first() else {
            continue;
        };
        let rate = rate.ok_or_else(|| ConformError::CannotPlace {
            clip: first.clip().label.clone(),
            what: "it lies on another track, and the sequence has no constant frame rate to place it by; put a clip with one first".to_owned(),
        })?;
        seen = cover(&seen, upper, rate)?;
    }
    Ok(seen)
}

/// Lays a track on what is seen so far.
fn cover<'a>(
    lower: &[Part<'a>],
    upper: Vec<Part<'a>>,
    rate: FrameRate,
) -> Result<Vec<Part<'a>>, ConformError> {
    let mut seen = Vec::with_capacity(lower.len() + upper.len());
    let end = upper.last().map_or(0, |last| last.place().end());
    for part in upper {
        let place = part.place();
        match part {
            Part::Gap(clip, _) => {
                let under = cut(lower, place.first, place.end(), rate);
                let behind = under.last().map_or(place.first, |last| last.place().end());
                seen.extend(under);
                if behind < place.end() {
                    let rest = Place::frames(behind, unsigned(place.end() - behind), rate);
                    seen.push(Part::Gap(clip, rest));
                }
            }
            Part::Mix(mix) if mix.out.is_none() || mix.into.is_none() => {
                let under = cut(lower, place.first, place.end(), rate);
                revealing(&mix, &under, rate, &mut seen)?;
            }
            part => seen.push(part),
        }
    }
    seen.extend(cut(lower, end, i64::MAX, rate));
    Ok(seen)
}

/// A fade shows what lies under it, one part of that after the other.
fn revealing<'a>(
    mix: &Mix<'a>,
    under: &[Part<'a>],
    rate: FrameRate,
    seen: &mut Vec<Part<'a>>,
) -> Result<(), ConformError> {
    let (mut from, end) = (mix.place.first, mix.place.end());
    let whole = Part::mix(mix.clone());
    for part in under {
        let place = part.place();
        let side = match part {
            Part::Gap(..) => None,
            Part::Clip(clip) => Some(Side {
                clip: clip.clone(),
                from: 0,
                to: signed(place.count),
            }),
            Part::Mix(_) => {
                return Err(ConformError::CannotPlace {
                    clip: mix.clip.label.clone(),
                    what: "its fade lies over a dissolve or fade of the track under it; move one of them".to_owned(),
                });
            }
        };
        if let Part::Mix(mut own) = cut_part(&whole, place.first, place.end(), rate) {
            match own.out {
                None => own.out = side,
                Some(_) => own.into = side,
            }
            seen.push(Part::Mix(own));
        }
        from = place.end();
    }
    // Behind the end of the track below there is black.
    if from < end {
        seen.push(cut_part(&whole, from, end, rate));
    }
    Ok(())
}

/// Output frames `from..to` of parts.
fn cut<'a>(parts: &[Part<'a>], from: i64, to: i64, rate: FrameRate) -> Vec<Part<'a>> {
    let first = parts.partition_point(|part| part.place().end() <= from);
    let touched = parts.get(first..).unwrap_or_default().iter();
    touched
        .take_while(|part| part.place().first < to)
        .map(|part| cut_part(part, from, to, rate))
        .collect()
}

fn cut_part<'a>(part: &Part<'a>, from: i64, to: i64, rate: FrameRate) -> Part<'a> {
    let place = part.place();
    let (from, to) = (place.first.max(from), place.end().min(to));
    if (from, to) == (place.first, place.end()) {
        return part.clone();
    }
    let (inside, count) = (from - place.first, unsigned(to - from));
    match part {
        Part::Clip(clip) => Part::Clip(clip.section(inside, to - place.first, rate).clip),
        Part::Gap(clip, _) => Part::Gap(clip, Place::frames(from, count, rate)),
        Part::Mix(mix) => {
            let side = |side: &Side<'a>| Side {
                clip: side.clip.clone(),
                from: side.from + inside,
                to: side.from + (to - place.first),
            };
            Part::mix(Mix {
                clip: mix.clip,
                place: Place::frames(from, count, rate),
                out: mix.out.as_ref().map(side),
                into: mix.into.as_ref().map(side),
                part: (mix.part.0 + unsigned(inside), mix.part.1),
            })
        }
    }
}
