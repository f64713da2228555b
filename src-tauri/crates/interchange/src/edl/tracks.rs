//! From events to tracks.

use super::CMX;
use super::line::Effect;
use super::read::Event;
use crate::issue::Issues;
use crate::{
    Clip, Gap, Item, Media, Programme, Range, ReadError, Time, Track, TrackKind, Transition,
};
use mediatime::FrameRate;
use serde_json::json;
use std::collections::BTreeMap;

/// Puts the events onto tracks of `programme`; returns the record frame it starts at.
pub(super) fn build(
    programme: &mut Programme,
    events: &[Event],
    rate: FrameRate,
    issues: &mut Issues,
) -> Result<i64, ReadError> {
    let used = |event: &&Event| event.told.channels.video || !event.told.channels.audio.is_empty();
    for event in events.iter().filter(|event| !used(event)) {
        issues.add(event.place(), "it goes to no channel: left out");
    }
    let first = events
        .iter()
        .filter(used)
        .map(|event| event.told.record.0)
        .min();
    let start = first.unwrap_or_default();
    // Midnight is where lists begin that say nothing.
    programme.start = (start != 0).then(|| Time::frames(start, rate));
    let mut pictures = Vec::new();
    let mut sounds: BTreeMap<u8, Vec<&Event>> = BTreeMap::new();
    for event in events {
        if event.told.channels.video {
            pictures.push(event);
        }
        for number in event.told.channels.tracks() {
            sounds.entry(number).or_default().push(event);
        }
    }
    let with_sound = !sounds.is_empty();
    if !pictures.is_empty() {
        programme.tracks.push(track(
            "V".to_owned(),
            TrackKind::Video,
            pictures,
            start,
            rate,
            issues,
        )?);
        if !with_sound {
            let what = "the list has no events of sound: the sound of the pictures is taken";
            issues.add("the list", what);
        }
    }
    let mut before: Option<(u8, Vec<Item>)> = None;
    for (number, events) in sounds {
        let name = format!("A{number}");
        let track = track(name, TrackKind::Audio, events, start, rate, issues)?;
        // The second channel of a pair, written in lines of its own.
        let pair = before.as_ref().is_some_and(|(other, items)| {
            number % 2 == 0 && *other + 1 == number && same(items, &track.items)
        });
        if pair {
            continue;
        }
        before = Some((number, track.items.clone()));
        programme.tracks.push(track);
    }
    Ok(start)
}

fn same(one: &[Item], other: &[Item]) -> bool {
    one.len() == other.len()
        && std::iter::zip(one, other).all(|pair| match pair {
            (Item::Clip(a), Item::Clip(b)) => {
                (&a.media, a.range, &a.name) == (&b.media, b.range, &b.name)
            }
            (a, b) => a == b,
        })
}

fn track(
    name: String,
    kind: TrackKind,
    mut events: Vec<&Event>,
    start: i64,
    rate: FrameRate,
    issues: &mut Issues,
) -> Result<Track, ReadError> {
    // Lists are also sorted by source; a transition stays behind what it comes out of.
    events.sort_by_key(|event| event.told.record.0);
    let mut laying = Laying {
        items: Vec::new(),
        at: start,
        last: None,
        rate,
    };
    let mut from: Option<&Event> = None;
    let mut events = events.into_iter().peekable();
    while let Some(event) = events.next() {
        let (begin, end) = event.told.record;
        let mixes_next = events.peek().is_some_and(|next| {
            matches!(next.told.effect, Effect::Mix { .. }) && next.told.record.0 == begin
        });
        match event.told.effect {
            Effect::Cut | Effect::KeyBackground if begin == end && mixes_next => from = Some(event),
            Effect::Key => issues.add(
                event.place(),
                "a key (K) is left out: its background is shown",
            ),
            _ if begin == end => issues.add(event.place(), "it takes no time: left out"),
            _ => laying.event(event, from.take(), issues)?,
        }
    }
    Ok(Track::new(name, kind, laying.items))
}

/// A track as it is laid.
struct Laying<'a> {
    items: Vec<Item>,
    /// The record frame it has come to.
    at: i64,
    /// The last event, when it was no gap.
    last: Option<&'a Event>,
    rate: FrameRate,
}

impl<'a> Laying<'a> {
    fn event(
        &mut self,
        event: &'a Event,
        from: Option<&'a Event>,
        issues: &mut Issues,
    ) -> Result<(), ReadError> {
        let fail = |why: &str| ReadError::Line {
            line: event.line,
            why: why.to_owned(),
        };
        let (begin, end) = event.told.record;
        if begin < self.at {
            return Err(fail(
                "record in: it begins before the event in front of it has ended",
            ));
        }
        if begin > self.at {
            self.gap(begin - self.at);
        }
        self.at = end;
        let length = end - begin;
        let Some((code, frames)) = mix(&event.told.effect).filter(|(_, frames)| *frames > 0) else {
            self.put(event, 0, length, issues);
            return Ok(());
        };
        if frames > length {
            return Err(fail("its transition is longer than it is"));
        }
        let continues = match (from, self.last) {
            (None, _) => true,
            (Some(from), last) if from.is_black() => last.is_none(),
            (Some(from), Some(last)) => {
                (&from.told.reel, from.told.source.0) == (&last.told.reel, last.told.source.1)
            }
            (Some(_), None) => false,
        };
        if continues {
            // The cut lies where the transition begins: what goes out runs on behind it.
            self.transition(code, 0, frames);
            self.put(event, 0, length, issues);
            return Ok(());
        }
        // What goes out is another thing than what was before: it stands by itself, and the cut lies
        // where the transition ends.
        if frames == length {
            return Err(fail(
                "its transition, out of something else than the event in front of it, is as long as it is",
            ));
        }
        if let Some(from) = from {
            self.put(from, 0, frames, issues);
        }
        self.transition(code, frames, 0);
        self.put(event, frames, length - frames, issues);
        Ok(())
    }

    fn gap(&mut self, frames: i64) {
        self.items
            .push(Item::Gap(Gap::new(Time::frames(frames, self.rate))));
        self.last = None;
    }

    fn transition(&mut self, code: &str, before: i64, behind: i64) {
        let mut transition = Transition {
            name: String::new(),
            kind: "SMPTE_Dissolve".to_owned(),
            in_offset: Some(Time::frames(before, self.rate)),
            out_offset: Some(Time::frames(behind, self.rate)),
            kept: crate::Kept::default(),
        };
        if code != "D" {
            transition.kind = "SMPTE_Wipe".to_owned();
            transition
                .kept
                .set_metadata(CMX, Some(json!({"transition": code})));
        }
        self.items.push(Item::Transition(transition));
    }

    /// The event from `skipped` frames behind its source in on, for `length` frames.
    fn put(&mut self, event: &'a Event, skipped: i64, length: i64, issues: &mut Issues) {
        if event.is_black() {
            self.gap(length);
            return;
        }
        let (source_in, source_out) = event.told.source;
        let (record_in, record_out) = event.told.record;
        let told = (source_out - source_in, record_out - record_in);
        let mut clip = clip(
            event,
            Range::frames(source_in.saturating_add(skipped), length, self.rate),
        );
        let nominal = i64::from(self.rate.nominal()) * 1000;
        match event.speed.filter(|speed| *speed != nominal) {
            Some(speed) => {
                let what = format!(
                    "its speed is changed to {}.{:03} frames per second (M2), which is kept but can't be cut",
                    speed / 1000,
                    (speed % 1000).abs()
                );
                issues.add(event.place(), what);
                clip.kept.add_speed(speed, nominal);
            }
            None if told.0 != told.1 && told.1 > 0 => {
                let what = format!(
                    "it has {} frames on its source side and {} on its record side: those of the record side are taken, from source in on",
                    told.0, told.1
                );
                issues.add(event.place(), what);
            }
            None => {}
        }
        self.items.push(Item::from(clip));
        self.last = Some(event);
    }
}

fn mix(effect: &Effect) -> Option<(&str, i64)> {
    match effect {
        Effect::Mix { code, frames } => Some((code, *frames)),
        Effect::Cut | Effect::KeyBackground | Effect::Key => None,
    }
}

fn clip(event: &Event, range: Range) -> Clip {
    let reel = event.told.reel.clone();
    let media = match event.file.as_deref().map(Media::from_plain) {
        Some(media @ (Media::File(_) | Media::Tams { .. } | Media::Source { .. })) => media,
        _ => Media::Missing { name: reel.clone() },
    };
    let file_name = match &media {
        Media::File(path) => path
            .rsplit(['/', '\\'])
            .next()
            .filter(|last| !last.trim().is_empty())
            .map(str::to_owned),
        _ => None,
    };
    let name = event
        .name
        .clone()
        .or(file_name)
        .unwrap_or_else(|| reel.clone());
    let mut clip = Clip::new(name, media, Some(range));
    let mut said = json!({"reel": reel});
    if !event.comments.is_empty() {
        said["comments"] = json!(event.comments);
    }
    clip.kept.set_metadata(CMX, Some(said));
    clip
}
