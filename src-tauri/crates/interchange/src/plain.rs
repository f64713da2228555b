//! The tracks of a programme as the workstation cuts them.

mod marks;

use crate::issue::{Issues, item_place, short, track_place};
use crate::otio::simple_nested;
use crate::{Clip, Issue, Item, Kept, Media, Other, Programme, Time, Track, TrackKind, Transition};
use mediatime::{RationalTime, Timestamp};
use serde_json::Value;

/// Compositions within compositions are flattened this deep.
const MAX_NESTED: usize = 30;

/// A clip as the workstation cuts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainClip {
    /// The clip's name; its REF when it has none.
    pub label: String,
    /// Where it lies: `track V1, item 3, clip NAME`.
    pub place: String,
    /// What it is cut from, as REF.
    pub reference: String,
    /// Where it starts; the medium's start when absent.
    pub mark_in: Option<Point>,
    /// Where it ends, exclusive; the medium's end when absent.
    pub mark_out: Option<Point>,
    /// How far the points may be off, as the file's numbers are no finer: 0 but for a flow whose
    /// absolute times are given as floats alone. The frames nearest to the points are meant then.
    pub slack: RationalTime,
    /// Seconds of nothing in front of it: black and silence.
    pub gap: RationalTime,
    /// How long it lasts, in seconds, where its points say so.
    pub length: Option<RationalTime>,
    /// How it begins: out of the clip or the nothing in front of it.
    pub head: Option<PlainTransition>,
    /// How it ends, where no clip follows.
    pub tail: Option<PlainTransition>,
}

/// A dissolve, or a fade where there is nothing on one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlainTransition {
    /// Seconds from its beginning to the cut.
    pub before: RationalTime,
    /// Seconds from the cut to its end.
    pub behind: RationalTime,
}

/// Clips one behind the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainTrack {
    /// What it is: `track V1`.
    pub place: String,
    /// In order.
    pub clips: Vec<PlainClip>,
    /// Its pictures are seen, unless a track above it has some.
    pub pictures: bool,
    /// Its sound is heard, with that of all others.
    pub sound: bool,
}

impl PlainClip {
    fn shows_the_same(&self, other: &Self) -> bool {
        self.reference == other.reference
            && self.mark_in == other.mark_in
            && self.mark_out == other.mark_out
            && self.gap == other.gap
            && (self.head, self.tail) == (other.head, other.tail)
    }
}

/// A point on a medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Seconds from the medium's start.
    Offset(RationalTime),
    /// On the flow's timeline.
    Absolute(Timestamp),
}

impl Programme {
    /// The tracks from the bottom up, and what happens to everything else.
    ///
    /// Sound comes with the pictures where the programme has no track of sound; where it has some, they
    /// alone are heard, and one that is cut as a picture track is, is the sound of that. A track within a
    /// track is taken apart when it is simple.
    ///
    /// # Errors
    /// Each thing that stands in the way with its place: no picture track, a clip whose speed is changed, a
    /// medium that is missing.
    pub fn plain_tracks(&self) -> Result<(Vec<PlainTrack>, Vec<Issue>), Vec<Issue>> {
        let mut walk = Walk::default();
        walk.whole("the timeline", &self.kept_stack);
        for (index, layer) in &self.layers {
            let place = format!("track {}, {}", index + 1, short(&layer.schema));
            walk.blocking.add(place, layer.why.clone());
        }
        let own_sound = self
            .tracks
            .iter()
            .any(|track| track.kind == TrackKind::Audio && !track.is_empty());
        let mut tracks = Vec::new();
        for (place, track) in self.shown(&TrackKind::Video) {
            let clips = walk.track(track, &place);
            tracks.push(PlainTrack {
                place,
                clips,
                pictures: true,
                sound: !own_sound,
            });
        }
        if tracks.is_empty() {
            let what = "there is no picture track with a clip on it";
            walk.blocking.add("the timeline", what);
        }
        for (place, track) in self.shown(&TrackKind::Audio) {
            let clips = walk.track(track, &place);
            let same = |other: &&mut PlainTrack| {
                let pairs = std::iter::zip(&other.clips, &clips);
                other.pictures
                    && !other.sound
                    && other.clips.len() == clips.len()
                    && pairs.into_iter().all(|(a, b)| a.shows_the_same(b))
            };
            match tracks.iter_mut().find(same) {
                Some(pictures) => pictures.sound = true,
                None => tracks.push(PlainTrack {
                    place,
                    clips,
                    pictures: false,
                    sound: true,
                }),
            }
        }
        for (place, track) in self.places() {
            match (&track.kind, track.enabled, track.is_empty()) {
                (_, _, true) => {}
                (_, false, _) => walk.issues.add(place, "it is switched off: left out"),
                (TrackKind::Other(kind), ..) => {
                    let kind = short(kind);
                    walk.issues.add(place, format!("{kind} is left out"));
                }
                _ => {}
            }
        }
        let shown = tracks
            .iter()
            .any(|track| track.pictures && !track.clips.is_empty());
        if !shown && walk.blocking.is_empty() {
            walk.blocking.add("the timeline", "nothing on it is shown");
        }
        tracks.retain(|track| !track.clips.is_empty());
        match walk.blocking.is_empty() {
            true => {
                self.markers(&mut walk.issues);
                Ok((tracks, walk.issues.into_vec()))
            }
            false => Err(walk.blocking.into_vec()),
        }
    }

    fn places(&self) -> impl Iterator<Item = (String, &Track)> {
        let place = |(index, track): (usize, &Track)| track_place(&track.name, index + 1);
        self.tracks
            .iter()
            .enumerate()
            .map(move |(index, track)| (place((index, track)), track))
    }

    fn shown(&self, kind: &TrackKind) -> Vec<(String, &Track)> {
        self.places()
            .filter(|(_, track)| track.kind == *kind && track.enabled && !track.is_empty())
            .collect()
    }

    fn markers(&self, issues: &mut Issues) {
        let on_tracks: usize = self.tracks.iter().map(markers_on).sum();
        let count = self.kept_stack.markers().len() + on_tracks;
        if count > 0 {
            let what = format!("it has {count} markers, which are left out");
            issues.add("the timeline", what);
        }
    }
}

fn markers_on(track: &Track) -> usize {
    let on_items = track.items.iter().map(|item| match item {
        Item::Clip(clip) => clip.kept.markers().len(),
        Item::Gap(gap) => gap.kept.markers().len(),
        Item::Transition(_) | Item::Other(_) => 0,
    });
    track.kept.markers().len() + on_items.sum::<usize>()
}

/// What has been found on a track.
#[derive(Default)]
struct Walk {
    clips: Vec<PlainClip>,
    issues: Issues,
    blocking: Issues,
    /// Stretches of nothing that matter only if something follows: where, what, and for how long
    /// where that is known.
    empty: Vec<(String, String, Option<RationalTime>)>,
    /// A transition whose other side has not come yet, and where it lies.
    pending: Option<(String, PlainTransition)>,
}

impl Walk {
    fn track(&mut self, track: &Track, place: &str) -> Vec<PlainClip> {
        self.whole(place, &track.kept);
        self.items(&track.items, &track.kind, place, 0);
        self.nothing_follows();
        // What a fade has behind its clip is the room of a gap.
        let room = self.empty.iter().filter_map(|(.., length)| *length).sum();
        if let Some(tail) = self.clips.last_mut().and_then(|last| last.tail.as_mut()) {
            tail.behind = tail.behind.min(room);
        }
        for (place, what, _) in std::mem::take(&mut self.empty) {
            self.issues
                .add(place, format!("{what} at the end of the track: left out"));
        }
        std::mem::take(&mut self.clips)
    }

    /// A transition into nothing is how the clip in front of it ends.
    fn nothing_follows(&mut self) {
        let Some((place, transition)) = self.pending.take() else {
            return;
        };
        match self.clips.last_mut().filter(|_| self.empty.is_empty()) {
            Some(last) => last.tail = Some(transition),
            None => self.issues.add(place, "nothing is at it: left out"),
        }
    }

    fn transition(&mut self, transition: &Transition, place: String) {
        let offset = |time: Option<Time>| time.map_or(RationalTime::ZERO, |time| time.seconds());
        let plain = PlainTransition {
            before: offset(transition.in_offset),
            behind: offset(transition.out_offset),
        };
        if plain.before < RationalTime::ZERO || plain.behind < RationalTime::ZERO {
            let what = "it begins behind the cut or ends before it: a cut instead";
            self.issues.add(place, what);
            return;
        }
        if !["", "SMPTE_Dissolve"].contains(&transition.kind.as_str()) {
            let what = format!("{} becomes a dissolve", short(&transition.kind));
            self.issues.add(&place, what);
        }
        if let Some((place, _)) = self.pending.replace((place, plain)) {
            let what = "another transition follows it: left out";
            self.issues.add(place, what);
        }
    }

    /// What is said of a track or stack as a whole.
    fn whole(&mut self, place: &str, kept: &Kept) {
        if kept.is_trimmed() {
            self.blocking.add(
                place,
                "it shows only a part of itself, which can't be cut yet",
            );
        }
        self.effects(place, kept);
    }

    fn items(&mut self, items: &[Item], kind: &TrackKind, track: &str, depth: usize) {
        for (index, item) in items.iter().enumerate() {
            match item {
                Item::Clip(clip) => self.clip(clip, item_place(track, index, "clip", &clip.name)),
                Item::Gap(gap) if gap.is_empty() => {}
                Item::Gap(gap) => {
                    let length = gap.range.map(|range| said(range.duration));
                    let what = format!("a gap of {}", length.unwrap_or_default());
                    let place = item_place(track, index, "gap", &gap.name);
                    let length = gap.range.map(|range| range.duration.seconds());
                    self.nothing_follows();
                    self.empty.push((place, what, length));
                }
                Item::Transition(transition) => {
                    let place = item_place(track, index, "transition", &transition.name);
                    self.transition(transition, place);
                }
                Item::Other(other) => {
                    let place = item_place(track, index, &short(&other.schema), &other.name);
                    self.other(other, kind, place, depth);
                }
            }
        }
    }

    fn other(&mut self, other: &Other, kind: &TrackKind, place: String, depth: usize) {
        let items = match depth < MAX_NESTED {
            true => simple_nested(other, kind, &place, &mut self.issues),
            false => None,
        };
        match items {
            Some(items) => {
                self.issues.add(&place, "its items are taken in its place");
                self.items(&items, kind, &place, depth + 1);
            }
            None => self
                .blocking
                .add(place, format!("{}: it can't be cut", other.why)),
        }
    }

    fn clip(&mut self, clip: &Clip, place: String) {
        if !clip.enabled {
            self.switched_off(clip, place);
            return;
        }
        self.effects(&place, &clip.kept);
        let Some(reference) = clip.media.reference() else {
            self.blocking.add(place, no_medium(&clip.media));
            return;
        };
        let marks = match marks::of(clip, &place, &mut self.issues) {
            Ok(Some(marks)) => marks,
            Ok(None) => {
                self.issues.add(place, "it takes no time: left out");
                return;
            }
            Err(why) => {
                self.blocking.add(place, why);
                return;
            }
        };
        let empty = std::mem::take(&mut self.empty);
        let mut gap = RationalTime::ZERO;
        for (place, what, length) in empty {
            match length {
                Some(length) => gap += length,
                None => self.blocking.add(
                    place,
                    format!("{what}: how much room it leaves is not known, take it out"),
                ),
            }
        }
        let label = match clip.name.as_str() {
            "" => reference.clone(),
            name => name.to_owned(),
        };
        self.clips.push(PlainClip {
            label,
            place,
            reference,
            mark_in: marks.mark_in,
            mark_out: marks.mark_out,
            length: marks.length(),
            slack: marks.slack,
            gap,
            head: self.pending.take().map(|(_, transition)| transition),
            tail: None,
        });
    }

    /// A clip that is switched off leaves as much room as it takes.
    fn switched_off(&mut self, clip: &Clip, place: String) {
        let marks = marks::of(clip, &place, &mut Issues::default());
        let length = match marks {
            Ok(Some(marks)) => marks.length(),
            Ok(None) => Some(RationalTime::ZERO),
            Err(_) => None,
        };
        let what = "a clip that is switched off".to_owned();
        self.nothing_follows();
        self.empty.push((place, what, length));
    }

    fn effects(&mut self, place: &str, kept: &Kept) {
        for effect in kept.effects() {
            let text = |key: &str| effect.get(key).and_then(Value::as_str).unwrap_or_default();
            let schema = text("OTIO_SCHEMA").split('.').next().unwrap_or_default();
            let scalar = effect.get("time_scalar").and_then(Value::as_number);
            let unchanged =
                scalar.is_some_and(|scalar| ["1", "1.0"].contains(&scalar.to_string().as_str()));
            if effect.get("enabled") == Some(&Value::Bool(false)) {
                continue;
            }
            match schema {
                "LinearTimeWarp" if unchanged => {}
                "LinearTimeWarp" | "TimeEffect" | "FreezeFrame" => {
                    let speed = scalar.map_or_else(String::new, |scalar| format!(" to {scalar}"));
                    let what =
                        format!("its speed is changed{speed} ({schema}), which can't be cut yet");
                    self.blocking.add(place, what);
                }
                _ => {
                    let name = [text("name"), text("effect_name"), schema]
                        .into_iter()
                        .find(|name| !name.is_empty())
                        .unwrap_or("an effect");
                    let what = format!("its effect {} is left out", short(name));
                    self.issues.add(place, what);
                }
            }
        }
    }
}

fn no_medium(media: &Media) -> String {
    match media {
        Media::Missing { name } if name.is_empty() => "it has no medium".to_owned(),
        Media::Missing { name } => format!("its medium {} is missing", short(name)),
        Media::Other { schema, url } => {
            let what = match url.as_str() {
                "" => short(schema),
                url => format!("{} {}", short(schema), short(url)),
            };
            format!("its medium is {what}, which can't be cut")
        }
        Media::File(_) | Media::Tams { .. } | Media::Source { .. } => "it can't be cut".to_owned(),
    }
}

/// A length for people.
fn said(time: Time) -> String {
    match time.whole_frames() {
        Some(1) if crate::programme::counts_pictures(time.rate()) => "1 frame".to_owned(),
        Some(frames) if crate::programme::counts_pictures(time.rate()) => {
            format!("{frames} frames")
        }
        _ => format!("{:.3} s", time.seconds().as_seconds_f64_for_display()),
    }
}

#[cfg(test)]
mod tests;
