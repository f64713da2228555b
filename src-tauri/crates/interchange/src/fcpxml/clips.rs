//! What a single element of a spine or lane is.

use super::lanes::Piece;
use super::number::{counted, duration_at, time_at};
use super::read::{Reader, place};
use super::resources::Asset;
use super::xml::Element;
use crate::issue::{Issues, short};
use crate::time::nanos_rate;
use crate::{Clip, Marker, Media, Range, ReadError, Time};
use mediatime::{FrameRate, RationalTime, TimeRange};

/// Elements within clips that say nothing of the cut.
const SILENT: [&str; 12] = [
    "note",
    "metadata",
    "keyword",
    "rating",
    "analysis-marker",
    "reserved",
    "hidden-clip-marker",
    "text",
    "text-style-def",
    "param",
    "data",
    "object-tracker",
];
/// Elements that have a place in time.
const TIMED: [&str; 13] = [
    "asset-clip",
    "clip",
    "video",
    "audio",
    "gap",
    "title",
    "ref-clip",
    "mc-clip",
    "sync-clip",
    "audition",
    "caption",
    "spine",
    "transition",
];

/// An element as a piece, and what its clock shows where it begins.
pub(super) struct Told {
    pub(super) piece: Piece,
    pub(super) start: RationalTime,
}

/// What an element is; `None` when it takes no time.
pub(super) fn told(reader: &mut Reader, element: &Element) -> Result<Option<Told>, ReadError> {
    let told = match element.name.as_str() {
        "asset-clip" | "video" | "audio" => of_asset(reader, element)?,
        "clip" => clip(reader, element)?,
        "gap" => nothing(element)?,
        "title" => {
            reader
                .issues
                .add(place(element, "title"), "it is left out: nothing instead");
            nothing(element)?
        }
        "ref-clip" => closed(reader, element, "a compound clip")?,
        "mc-clip" => closed(reader, element, "a multicam clip")?,
        "sync-clip" => closed(reader, element, "a synchronised clip")?,
        "audition" => {
            let Some(first) = element
                .children
                .iter()
                .find(|child| TIMED.contains(&child.name.as_str()))
            else {
                return Ok(None);
            };
            // Auditions don't hold auditions; a file that says so is not followed.
            if first.name == "audition" {
                return Ok(None);
            }
            reader
                .issues
                .add(place(element, "audition"), "its first clip is taken");
            return told(reader, first);
        }
        name => {
            if !SILENT.contains(&name) {
                reader
                    .issues
                    .add(place(element, name), "it is not understood: left out");
            }
            return Ok(None);
        }
    };
    within(element, &mut reader.issues);
    Ok(Some(told))
}

/// Says what of an element's children is not taken.
fn within(element: &Element, issues: &mut Issues) {
    for child in &element.children {
        let name = child.name.as_str();
        let at = || place(element, &element.name);
        match name {
            "marker" | "chapter-marker" | "timeMap" => {}
            "conform-rate" if child.get("scaleEnabled") != Some("0") => {
                issues.add(
                    at(),
                    "its speed follows the rate of the sequence (conform-rate), which is not taken",
                );
            }
            "conform-rate" => {}
            name if SILENT.contains(&name) || TIMED.contains(&name) => {}
            "audio-channel-source" | "audio-role-source" | "mc-source" | "sync-source" => {
                let plain = child.children.is_empty() && child.get("enabled") != Some("0");
                if !plain {
                    issues.add(at(), "its settings of single sound channels are not taken");
                }
            }
            name => {
                let what = match child.get("name").unwrap_or_default() {
                    "" => short(name),
                    told => format!("{} ({})", short(told), short(name)),
                };
                issues.add(at(), format!("its effect {what} is left out"));
            }
        }
    }
}

fn nothing(element: &Element) -> Result<Told, ReadError> {
    Ok(Told {
        piece: Piece::Gap(needed(element, None)?),
        start: time_at(element, "start")?.unwrap_or(RationalTime::ZERO),
    })
}

/// The duration of an element, or that of its medium.
fn needed(element: &Element, asset: Option<&Asset>) -> Result<RationalTime, ReadError> {
    let told = duration_at(element)?.or(asset.and_then(|asset| asset.duration));
    told.ok_or_else(|| ReadError::Line {
        line: element.line,
        why: format!("a {} has no duration", short(&element.name)),
    })
}

/// Something that holds a sequence of its own: it keeps its place, and its medium is missing.
fn closed(reader: &mut Reader, element: &Element, what: &str) -> Result<Told, ReadError> {
    let id = element.get("ref").unwrap_or_default();
    let name = match element.get("name") {
        Some(name) => name.to_owned(),
        None => reader.resources.name(id),
    };
    reader.issues.add(
        place(element, &element.name),
        format!("{what} can't be cut: its medium is missing"),
    );
    let start = time_at(element, "start")?.unwrap_or(RationalTime::ZERO);
    let length = needed(element, None)?;
    let media = Media::Missing {
        name: format!("{what} {name}"),
    };
    Ok(piece(
        reader,
        element,
        &Shown {
            media,
            available: None,
            rates: Vec::new(),
            start,
            length,
            both: (true, true),
            by_choice: false,
        },
        start,
    ))
}

/// A clip of a medium as a whole, or of its pictures or sound.
fn of_asset(reader: &mut Reader, element: &Element) -> Result<Told, ReadError> {
    let asset = asset(reader, element);
    let known = asset
        .as_ref()
        .map_or(RationalTime::ZERO, |asset| asset.start);
    let start = time_at(element, "start")?.unwrap_or(known);
    let length = needed(element, asset.as_ref())?;
    let wanted = match (element.name.as_str(), element.get("srcEnable")) {
        ("video", _) | (_, Some("video")) => (true, false),
        ("audio", _) | (_, Some("audio")) => (false, true),
        _ => (true, true),
    };
    let shown = shown(element, asset, start, length, wanted);
    Ok(piece(reader, element, &shown, start))
}

/// A `clip`: a window onto what stands in it, which has a clock of its own.
fn clip(reader: &mut Reader, element: &Element) -> Result<Told, ReadError> {
    let start = time_at(element, "start")?.unwrap_or(RationalTime::ZERO);
    let inner = element.children.iter().filter(|child| {
        TIMED.contains(&child.name.as_str()) && child.get("lane").unwrap_or("0") == "0"
    });
    let inner: Vec<&Element> = inner.collect();
    let (pictures, sound) = (
        inner.iter().find(|child| child.name == "video"),
        inner.iter().find(|child| child.name == "audio"),
    );
    let Some(shown_child) = pictures.or(sound) else {
        return match inner.iter().any(|child| child.name != "gap") {
            true => closed(reader, element, "a clip of several things"),
            false => nothing(element),
        };
    };
    let asset = asset(reader, shown_child);
    let known = asset
        .as_ref()
        .map_or(RationalTime::ZERO, |asset| asset.start);
    let inner_start = time_at(shown_child, "start")?.unwrap_or(known);
    let inner_offset = time_at(shown_child, "offset")?.unwrap_or(start);
    let length = match duration_at(element)? {
        Some(length) => length,
        None => needed(shown_child, asset.as_ref())?,
    };
    let same =
        |child: &&Element| child.name == "audio" && child.get("ref") == shown_child.get("ref");
    let with_sound = sound.is_some() || shown_child.children.iter().any(|child| same(&child));
    for child in shown_child
        .children
        .iter()
        .filter(|child| child.get("lane").is_some() && !same(child))
    {
        reader.issues.add(
            place(child, &child.name),
            "it is connected within a clip: left out",
        );
    }
    let in_medium = inner_start + (start - inner_offset);
    let shown = shown(
        element,
        asset,
        in_medium,
        length,
        (pictures.is_some(), with_sound),
    );
    Ok(piece(reader, element, &shown, start))
}

/// The asset an element refers to; that there is none is an issue.
fn asset(reader: &mut Reader, element: &Element) -> Option<Asset> {
    let id = element.get("ref").unwrap_or_default();
    let found = reader.resources.assets.get(id).cloned();
    if found.is_none() {
        let what = format!(
            "it refers to `{}`, which is no medium of the file: its medium is missing",
            short(&reader.resources.name(id))
        );
        reader.issues.add(place(element, &element.name), what);
    }
    found
}

/// A part of a medium.
struct Shown {
    media: Media,
    available: Option<Range>,
    rates: Vec<FrameRate>,
    /// On the medium's clock.
    start: RationalTime,
    length: RationalTime,
    /// Pictures, sound.
    both: (bool, bool),
    by_choice: bool,
}

fn shown(
    element: &Element,
    asset: Option<Asset>,
    start: RationalTime,
    length: RationalTime,
    wanted: (bool, bool),
) -> Shown {
    let Some(asset) = asset else {
        let name = element
            .get("name")
            .or(element.get("ref"))
            .unwrap_or_default();
        return Shown {
            media: Media::Missing {
                name: name.to_owned(),
            },
            available: None,
            rates: Vec::new(),
            start,
            length,
            both: wanted,
            by_choice: wanted != (true, true),
        };
    };
    let both = (wanted.0 && asset.has_video, wanted.1 && asset.has_audio);
    let rates: Vec<FrameRate> = asset.rate.into_iter().collect();
    let rate = asset.rate.unwrap_or(FrameRate::FPS_25);
    let available = asset.duration.map(|duration| Range {
        start: counted(asset.start, &[rate]),
        duration: counted(duration, &[rate]),
    });
    Shown {
        available,
        rates,
        start,
        length,
        both,
        by_choice: both != (asset.has_video, asset.has_audio),
        media: match asset.media {
            Media::Missing { name } if name.is_empty() => Media::Missing { name: asset.name },
            media => media,
        },
    }
}

/// The piece of an element whose own clock shows `local` where it begins.
fn piece(reader: &Reader, element: &Element, shown: &Shown, local: RationalTime) -> Told {
    let name = element.get("name").unwrap_or_default();
    let mut rates = shown.rates.clone();
    rates.push(reader.rate);
    let mut range = Range {
        start: counted(shown.start, &rates),
        duration: Time::new(shown.length, reader.rate),
    };
    let mut clip = Clip::new(name, shown.media.clone(), None);
    clip.enabled = element.get("enabled") != Some("0");
    if shown.media.is_tams() {
        // A flow's clock counts nanoseconds.
        let end = shown.start + shown.length;
        let exact = TimeRange::new(shown.start.to_timestamp(), end.to_timestamp());
        clip.timerange = Some(exact);
        range = Range::of_flow(&exact).unwrap_or(Range {
            start: Time::new(shown.start, nanos_rate()),
            duration: Time::new(shown.length, nanos_rate()),
        });
    } else {
        clip.available = shown.available;
    }
    clip.range = Some(range);
    markers(element, shown.start - local, reader.rate, &mut clip);
    speed(element, &mut clip);
    Told {
        piece: Piece::Clip {
            clip: Box::new(clip),
            length: shown.length,
            pictures: shown.both.0,
            sound: shown.both.1,
            by_choice: shown.by_choice,
        },
        start: local,
    }
}

/// The markers of an element, moved from its clock to the medium's.
fn markers(element: &Element, moved: RationalTime, rate: FrameRate, clip: &mut Clip) {
    let time = |marker: &Element, name: &str| marker.get(name).and_then(super::number::seconds);
    for marker in &element.children {
        if !["marker", "chapter-marker"].contains(&marker.name.as_str()) {
            continue;
        }
        let Some(at) = time(marker, "start") else {
            continue;
        };
        let colour = match (marker.name.as_str(), marker.get("completed")) {
            ("chapter-marker", _) => "ORANGE",
            (_, Some("1")) => "GREEN",
            (_, Some(_)) => "RED",
            (_, None) => "BLUE",
        };
        clip.kept.add_marker(&Marker {
            name: marker.get("value").unwrap_or_default().to_owned(),
            range: Range {
                start: Time::new(at + moved, rate),
                duration: Time::new(time(marker, "duration").unwrap_or(RationalTime::ZERO), rate),
            },
            colour: colour.to_owned(),
            comment: marker.get("note").unwrap_or_default().to_owned(),
        });
    }
}

/// Changed speed, told by the first and the last point of its map.
fn speed(element: &Element, clip: &mut Clip) {
    let Some(map) = element.child("timeMap") else {
        return;
    };
    let point = |point: &Element| {
        let at = |name: &str| point.get(name).and_then(super::number::seconds);
        at("time").zip(at("value"))
    };
    let mut points = map
        .children
        .iter()
        .filter(|child| child.name == "timept")
        .filter_map(point);
    let first = points.next();
    let last = points.next_back();
    let factor = first.zip(last).and_then(|((time, value), (end, last))| {
        let (up, down) = (last - value, end - time);
        let num = up.num().checked_mul(i128::from(down.den()))?;
        let den = down.num().checked_mul(i128::from(up.den()))?;
        let shift = (num.unsigned_abs().max(den.unsigned_abs()) >> 62).max(1);
        let scaled = |number: i128| i64::try_from(number / i128::try_from(shift).ok()?).ok();
        scaled(num).zip(scaled(den).filter(|den| *den > 0))
    });
    // A map that says nothing is a change all the same.
    let (num, den) = factor.unwrap_or((0, 1));
    if num != den {
        clip.kept.add_speed(num, den);
    }
}
