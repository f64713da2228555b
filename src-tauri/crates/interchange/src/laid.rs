//! A track as what is written of it: each thing with its place in time.

use crate::issue::{Issues, item_place, short};
use crate::otio::simple_nested;
use crate::{Clip, Item, Programme, Range, Time, Track, TrackKind, Transition, WriteError};
use mediatime::RationalTime;
use serde_json::Value;
use std::borrow::Cow;

/// Compositions within compositions are flattened this deep.
const MAX_NESTED: usize = 30;

/// A thing on a track, `begin` seconds behind the programme's first frame.
#[derive(Clone, Debug)]
pub(crate) struct Laid<'a> {
    /// Where it stands in the programme, for messages.
    pub(crate) place: String,
    pub(crate) begin: RationalTime,
    pub(crate) length: RationalTime,
    pub(crate) what: What<'a>,
}

/// What it is.
#[derive(Clone, Debug)]
pub(crate) enum What<'a> {
    /// A part of a medium, on the medium's clock.
    Clip(Cow<'a, Box<Clip>>, Range),
    /// Nothing.
    Gap,
    /// A transition; it begins at its cut, has no length, and reaches so far to both sides.
    Mix {
        transition: Box<Transition>,
        before: RationalTime,
        behind: RationalTime,
    },
}

impl Laid<'_> {
    pub(crate) fn end(&self) -> RationalTime {
        self.begin + self.length
    }

    /// True when the same is seen or heard at the same time.
    fn is_like(&self, other: &Self) -> bool {
        let alike = match (&self.what, &other.what) {
            (What::Clip(a, x), What::Clip(b, y)) => {
                (&a.media, a.enabled) == (&b.media, b.enabled)
                    && (x.start.seconds(), x.duration.seconds())
                        == (y.start.seconds(), y.duration.seconds())
            }
            (What::Gap, What::Gap) => true,
            (
                What::Mix {
                    before: a,
                    behind: x,
                    ..
                },
                What::Mix {
                    before: b,
                    behind: y,
                    ..
                },
            ) => (a, x) == (b, y),
            _ => false,
        };
        alike && (self.begin, self.length) == (other.begin, other.length)
    }
}

/// The tracks of a programme that are written.
#[derive(Debug, Default)]
pub(crate) struct LaidTracks<'a> {
    /// From the bottom up, with their places.
    pub(crate) pictures: Vec<LaidTrack<'a>>,
    /// Those that are not the sound of a picture track.
    pub(crate) sounds: Vec<LaidTrack<'a>>,
}

/// A track.
#[derive(Debug)]
pub(crate) struct LaidTrack<'a> {
    pub(crate) place: String,
    pub(crate) items: Vec<Laid<'a>>,
    /// The sound of its pictures is heard.
    pub(crate) with_sound: bool,
}

/// All tracks with something on them. What is switched off or of another kind is an issue.
pub(crate) fn tracks<'a>(
    programme: &'a Programme,
    issues: &mut Issues,
) -> Result<LaidTracks<'a>, WriteError> {
    let mut laid = LaidTracks::default();
    for (index, layer) in &programme.layers {
        issues.add(
            format!("track {}, {}", index + 1, short(&layer.schema)),
            "it is left out",
        );
    }
    let own_sound = programme
        .tracks
        .iter()
        .any(|track| track.kind == TrackKind::Audio && !track.is_empty());
    // Sound may be that of any picture track, wherever it stands.
    let mut numbered: Vec<(usize, &Track)> = programme.tracks.iter().enumerate().collect();
    numbered.sort_by_key(|(_, track)| track.kind != TrackKind::Video);
    for (index, track) in numbered {
        let place = crate::issue::track_place(&track.name, index + 1);
        if track.is_empty() {
            continue;
        }
        if !track.enabled {
            issues.add(&place, "it is switched off: left out");
            continue;
        }
        let kind = match &track.kind {
            TrackKind::Other(kind) => {
                issues.add(&place, format!("{} is left out", short(kind)));
                continue;
            }
            kind => kind,
        };
        if track.kept.is_trimmed() {
            return Err(WriteError::at(place, "it shows only a part of itself"));
        }
        effects(&place, track.kept.effects(), issues);
        let mut items = Vec::new();
        let mut at = RationalTime::ZERO;
        lay(&track.items, kind, &place, &mut at, &mut items, 0, issues)?;
        let same = |other: &&mut LaidTrack<'_>| {
            !other.with_sound
                && other.items.len() == items.len()
                && std::iter::zip(&other.items, &items).all(|(a, b)| a.is_like(b))
        };
        let pictures = *kind == TrackKind::Video;
        if let (false, Some(other)) = (pictures, laid.pictures.iter_mut().find(same)) {
            other.with_sound = true;
            continue;
        }
        let with_sound = pictures && !own_sound;
        let laid_track = LaidTrack {
            place,
            items,
            with_sound,
        };
        match pictures {
            true => laid.pictures.push(laid_track),
            false => laid.sounds.push(laid_track),
        }
    }
    if laid.pictures.is_empty() {
        return Err(WriteError::at(
            "the timeline",
            "there is no picture track with a clip on it",
        ));
    }
    Ok(laid)
}

fn lay<'a>(
    items: &'a [Item],
    kind: &TrackKind,
    track: &str,
    at: &mut RationalTime,
    laid: &mut Vec<Laid<'a>>,
    depth: usize,
    issues: &mut Issues,
) -> Result<(), WriteError> {
    for (index, item) in items.iter().enumerate() {
        let (place, length, what) = match item {
            Item::Clip(clip) => {
                let place = item_place(track, index, "clip", &clip.name);
                effects(&place, clip.kept.effects(), issues);
                let exact = clip
                    .exact_timerange()
                    .and_then(|exact| Range::of_flow(&exact));
                let range = exact.or(clip.range).or(clip.available);
                let range = range.ok_or_else(|| {
                    WriteError::at(
                        &place,
                        "how long it is isn't known: it has no range, and neither has its medium",
                    )
                })?;
                (
                    place,
                    range.duration.seconds(),
                    What::Clip(Cow::Borrowed(clip), range),
                )
            }
            Item::Gap(gap) if gap.is_empty() => continue,
            Item::Gap(gap) => {
                let place = item_place(track, index, "gap", &gap.name);
                let length = gap
                    .range
                    .map_or(RationalTime::ZERO, |range| range.duration.seconds());
                (place, length, What::Gap)
            }
            Item::Transition(transition) => {
                let place = item_place(track, index, "transition", &transition.name);
                let offset = |time: Option<Time>| time.map_or(RationalTime::ZERO, Time::seconds);
                let (before, behind) =
                    (offset(transition.in_offset), offset(transition.out_offset));
                if before < RationalTime::ZERO || behind < RationalTime::ZERO {
                    issues.add(
                        place,
                        "it begins behind the cut or ends before it: a cut instead",
                    );
                    continue;
                }
                let transition = Box::new(transition.clone());
                (
                    place,
                    RationalTime::ZERO,
                    What::Mix {
                        transition,
                        before,
                        behind,
                    },
                )
            }
            Item::Other(other) => {
                let place = item_place(track, index, &short(&other.schema), &other.name);
                let nested =
                    simple_nested(other, kind, &place, issues).filter(|_| depth < MAX_NESTED);
                let nested = nested.ok_or_else(|| {
                    WriteError::at(&place, format!("{}: it can't be written", other.why))
                })?;
                issues.add(&place, "its items are taken in its place");
                let mut inner = Vec::new();
                lay(&nested, kind, &place, at, &mut inner, depth + 1, issues)?;
                laid.extend(inner.into_iter().map(Laid::owned));
                continue;
            }
        };
        laid.push(Laid {
            place,
            begin: *at,
            length,
            what,
        });
        *at += length;
    }
    Ok(())
}

impl Laid<'_> {
    fn owned<'b>(self) -> Laid<'b> {
        Laid {
            place: self.place,
            begin: self.begin,
            length: self.length,
            what: match self.what {
                What::Clip(clip, range) => What::Clip(Cow::Owned(clip.into_owned()), range),
                What::Gap => What::Gap,
                What::Mix {
                    transition,
                    before,
                    behind,
                } => What::Mix {
                    transition,
                    before,
                    behind,
                },
            },
        }
    }
}

fn effects(place: &str, effects: &[Value], issues: &mut Issues) {
    for effect in effects {
        let text = |key: &str| effect.get(key).and_then(Value::as_str).unwrap_or_default();
        let schema = text("OTIO_SCHEMA").split('.').next().unwrap_or_default();
        let name = match (text("name"), text("effect_name"), schema) {
            ("", "", "") => "an effect",
            ("", "", schema) => schema,
            ("", name, _) | (name, ..) => name,
        };
        issues.add(place, format!("its effect {} is not written", short(name)));
    }
}
