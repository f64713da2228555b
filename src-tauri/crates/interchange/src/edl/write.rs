//! From a programme to the lines of an edit decision list.

use super::CMX;
use super::reel::Reels;
use crate::issue::Issues;
use crate::laid::{self, Laid, LaidTrack, What};
use crate::{Clip, Counting, Issue, Marker, Programme, Range, Time, Transition, WriteError};
use mediatime::RationalTime;
use serde_json::Value;
use std::fmt::Write;

/// Events that tape systems hold.
const CMX_EVENTS: usize = 999;
/// Pairs of sound channels that are written.
const PAIRS: usize = 8;

/// Writes an `.edl` with frames counted by `counting`: the lowest picture track with its sound, and
/// further sound. The issues tell what a list can't say.
///
/// The record side begins at the programme's start, at `00:00:00:00` when it has none. The source side
/// is the medium's clock: its timecode, where the programme knows at which the medium starts.
///
/// # Errors
/// There is no picture track, the length of a clip is not known, or a time of it is none that timecode
/// can say.
pub fn write_edl(
    programme: &Programme,
    counting: Counting,
) -> Result<(String, Vec<Issue>), WriteError> {
    let mut issues = Issues::default();
    let tracks = laid::tracks(programme, &mut issues)?;
    let mut writer = Writer {
        counting,
        start: programme.start.map_or(RationalTime::ZERO, Time::seconds),
        reels: Reels::default(),
        blocks: Vec::new(),
        issues,
    };
    let (pictures, hidden) = tracks.pictures.split_first().ok_or_else(|| {
        WriteError::at(
            "the timeline",
            "there is no picture track with a clip on it",
        )
    })?;
    for track in hidden {
        let what = "a list holds one picture track, which is the lowest: left out";
        writer.issues.add(&track.place, what);
    }
    writer.track(
        pictures,
        if pictures.with_sound { "AA/V" } else { "V" },
        None,
    )?;
    let shown = writer.blocks.len();
    let first_pair = usize::from(pictures.with_sound);
    for (index, track) in tracks.sounds.iter().enumerate() {
        let pair = index + first_pair;
        if pair >= PAIRS {
            writer.issues.add(
                &track.place,
                format!("a list holds {PAIRS} pairs of sound channels: left out"),
            );
            continue;
        }
        let listed = (pair > 0).then(|| format!("AUD  {}    {}", pair * 2 + 1, pair * 2 + 2));
        writer.track(track, if pair == 0 { "AA" } else { "NONE" }, listed)?;
    }
    writer.markers(programme, pictures, shown);
    Ok(writer.text(&programme.title))
}

/// An event with its comments.
struct Block {
    lines: Vec<Line>,
    below: Vec<String>,
    /// Its seconds in the programme.
    begin: RationalTime,
}

struct Line {
    reel: String,
    channels: String,
    kind: String,
    labels: [String; 4],
}

struct Writer {
    counting: Counting,
    start: RationalTime,
    reels: Reels,
    blocks: Vec<Block>,
    issues: Issues,
}

/// A stretch of a track as an event: a clip, or nothing.
struct Stretch<'a> {
    laid: &'a Laid<'a>,
    /// Frames on the record side, from the programme's first.
    begin: i64,
    end: i64,
    /// How it comes out of the stretch in front.
    mix: Option<(String, i64)>,
}

impl Writer {
    fn track(
        &mut self,
        track: &LaidTrack<'_>,
        channels: &str,
        listed: Option<String>,
    ) -> Result<(), WriteError> {
        let stretches = self.stretches(track);
        let count = stretches.len();
        for (index, stretch) in stretches.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|index| stretches.get(index));
            let is_gap = matches!(stretch.laid.what, What::Gap);
            let at_an_end = index == 0 || index + 1 == count;
            // In the middle, room that is left says the same.
            if (is_gap && !at_an_end && stretch.mix.is_none()) || stretch.begin == stretch.end {
                continue;
            }
            let block = self.block(stretch, before, channels, listed.as_deref())?;
            self.blocks.push(block);
        }
        Ok(())
    }

    /// The frames of each thing on a track; a transition moves the cut to where it begins.
    fn stretches<'a>(&mut self, track: &'a LaidTrack<'_>) -> Vec<Stretch<'a>> {
        let rate = self.counting.rate();
        let mut stretches: Vec<Stretch<'a>> = Vec::new();
        let mut mix: Option<&'a Laid<'a>> = None;
        for laid in &track.items {
            if matches!(laid.what, What::Mix { .. }) {
                if let Some(other) = mix.replace(laid) {
                    self.issues
                        .add(&other.place, "another transition follows it: left out");
                }
                continue;
            }
            if let What::Clip(clip, _) = &laid.what
                && !clip.enabled
            {
                self.issues
                    .add(&laid.place, "it is switched off: nothing instead");
            }
            let (begin, end) = (
                rate.nearest_frame(laid.begin),
                rate.nearest_frame(laid.end()),
            );
            let mut stretch = Stretch {
                laid,
                begin,
                end,
                mix: None,
            };
            if let Some(laid) = mix.take() {
                self.mix(laid, stretches.last_mut(), &mut stretch);
            }
            stretches.push(stretch);
        }
        if let (Some(laid), Some(last)) = (mix, stretches.last()) {
            // Out to nothing at the end: what lies before the cut.
            let nothing = last.end;
            let mut stretch = Stretch {
                laid: &NOTHING,
                begin: nothing,
                end: nothing,
                mix: None,
            };
            self.mix(laid, stretches.last_mut(), &mut stretch);
            if let Some((_, frames)) = &mut stretch.mix {
                *frames = (*frames).min(stretch.end - stretch.begin);
            }
            stretches.push(stretch);
        }
        stretches
    }

    fn mix(&mut self, laid: &Laid<'_>, before: Option<&mut Stretch<'_>>, next: &mut Stretch<'_>) {
        let What::Mix {
            transition,
            before: ahead,
            behind,
        } = &laid.what
        else {
            return;
        };
        let rate = self.counting.rate();
        let (ahead, behind) = (rate.nearest_frame(*ahead), rate.nearest_frame(*behind));
        let frames = ahead.saturating_add(behind);
        let begin = next.begin.saturating_sub(ahead);
        let room = match &before {
            Some(before) => {
                begin - before.begin >= before.mix.as_ref().map_or(0, |(_, frames)| *frames)
            }
            None => ahead == 0,
        };
        let is_last = std::ptr::eq(next.laid, &raw const NOTHING);
        if !room || (frames > next.end.saturating_sub(begin) && !is_last) {
            self.issues.add(
                &laid.place,
                "it overlaps another one, or is longer than what it leads to: a cut instead",
            );
            return;
        }
        if frames == 0 {
            return;
        }
        if let Some(before) = before {
            before.end = begin;
        }
        next.begin = begin;
        next.mix = Some((self.code(transition, &laid.place), frames));
    }

    fn code(&mut self, transition: &Transition, place: &str) -> String {
        let kept = transition.kept.metadata();
        let code = kept.and_then(|kept| kept.get(CMX)?.get("transition")?.as_str());
        let is_wipe = |code: &&str| {
            code.strip_prefix('W').is_some_and(|code| {
                !code.is_empty() && code.len() < 5 && code.bytes().all(|b| b.is_ascii_digit())
            })
        };
        match (transition.kind.as_str(), code.filter(is_wipe)) {
            ("" | "SMPTE_Dissolve", _) => "D".to_owned(),
            (_, Some(code)) => code.to_owned(),
            ("SMPTE_Wipe", None) => "W001".to_owned(),
            (kind, None) => {
                self.issues.add(
                    place,
                    format!("{} becomes a dissolve", crate::issue::short(kind)),
                );
                "D".to_owned()
            }
        }
    }

    fn block(
        &mut self,
        stretch: &Stretch<'_>,
        before: Option<&Stretch<'_>>,
        channels: &str,
        listed: Option<&str>,
    ) -> Result<Block, WriteError> {
        let mut lines = Vec::new();
        let mut below = Vec::new();
        let mut push = |line: Line| {
            lines.push(line);
        };
        let kind = match &stretch.mix {
            None => "C".to_owned(),
            Some((code, frames)) => {
                // The outgoing side stands in a line of no length.
                let from = Stretch {
                    laid: before.map_or(&NOTHING, |before| before.laid),
                    begin: stretch.begin,
                    end: stretch.begin,
                    mix: None,
                };
                push(self.line(&from, channels, "C")?);
                if let Some(clip) = shown(from.laid) {
                    below.extend(named("FROM", clip));
                }
                format!("{code:<4} {frames:03}")
            }
        };
        push(self.line(stretch, channels, &kind)?);
        below.extend(listed.map(str::to_owned));
        if let Some(clip) = shown(stretch.laid) {
            let word = if stretch.mix.is_some() { "TO" } else { "FROM" };
            below.extend(named(word, clip));
            let file = clip.media.to_plain();
            if let Some(before) = before.filter(|_| stretch.mix.is_some()) {
                // One source file alone would be that of the clip it leads to.
                let word = if file.is_some() { "SOURCE" } else { "FROM" };
                let from = shown(before.laid).and_then(|clip| clip.media.to_plain());
                below.extend(from.map(|file| format!("* {word} FILE: {}", one_line(&file))));
            }
            below.extend(file.map(|file| format!("* SOURCE FILE: {}", one_line(&file))));
            let said = clip
                .kept
                .metadata()
                .and_then(|kept| kept.get(CMX)?.get("comments")?.as_array());
            let comments = said.into_iter().flatten().filter_map(Value::as_str);
            below.extend(comments.map(|comment| format!("* {}", one_line(comment))));
        }
        let rate = self.counting.rate();
        Ok(Block {
            lines,
            below,
            begin: rate.frame_start(stretch.begin),
        })
    }

    fn line(
        &mut self,
        stretch: &Stretch<'_>,
        channels: &str,
        kind: &str,
    ) -> Result<Line, WriteError> {
        let rate = self.counting.rate();
        let length = stretch.end - stretch.begin;
        let place = &stretch.laid.place;
        let mut reel = "BL".to_owned();
        let mut source = 0;
        if let (Some(clip), What::Clip(_, range)) = (shown(stretch.laid), &stretch.laid.what) {
            let moved = stretch
                .begin
                .saturating_sub(rate.nearest_frame(stretch.laid.begin));
            source = rate
                .nearest_frame(range.start.seconds())
                .saturating_add(moved);
            if length > 0 {
                self.rounding(range, stretch.laid, place);
            }
            reel = self.reels.of(clip, place, &mut self.issues);
        }
        let record = rate.nearest_frame(self.start).saturating_add(stretch.begin);
        let label = |frame: i64, name: &str| match self.counting.label(frame) {
            Ok(label) => Ok(label.to_string()),
            Err(error) => Err(WriteError::at(
                place,
                format!("its {name} is no timecode: {error}"),
            )),
        };
        let labels = [
            label(source, "source in")?,
            label(source.saturating_add(length), "source out")?,
            label(record, "record in")?,
            label(record.saturating_add(length), "record out")?,
        ];
        Ok(Line {
            reel,
            channels: channels.to_owned(),
            kind: kind.to_owned(),
            labels,
        })
    }

    /// Says when a time lies between frames.
    fn rounding(&mut self, range: &Range, laid: &Laid<'_>, place: &str) {
        let rate = self.counting.rate();
        let whole = |time: RationalTime| {
            let near = rate.frame_start(rate.nearest_frame(time));
            // Flows count nanoseconds.
            near == time || near.to_timestamp() == time.to_timestamp()
        };
        if ![range.start.seconds(), laid.begin, laid.end()]
            .into_iter()
            .all(whole)
        {
            self.issues.add(
                place,
                format!("its times are no whole frames at {rate}: the nearest are written"),
            );
        }
    }

    /// Puts markers behind the events of pictures, the first `shown`, that they lie in.
    fn markers(&mut self, programme: &Programme, pictures: &LaidTrack<'_>, shown: usize) {
        let mut found: Vec<(RationalTime, Marker)> = Vec::new();
        let told = programme.kept_stack.told_markers();
        let lost = programme.kept_stack.markers().len() - told.len();
        found.extend(
            told.into_iter()
                .map(|marker| (marker.range.start.seconds(), marker)),
        );
        if lost > 0 {
            self.issues.add(
                "the timeline",
                format!("{lost} markers without a place are left out"),
            );
        }
        for laid in &pictures.items {
            let What::Clip(clip, range) = &laid.what else {
                continue;
            };
            for marker in clip.kept.told_markers() {
                let at = marker.range.start.seconds() - range.start.seconds();
                match at >= RationalTime::ZERO && at < laid.length {
                    true => found.push((laid.begin + at, marker)),
                    false => {
                        let what = "a marker outside of what it shows is left out";
                        self.issues.add(&laid.place, what);
                    }
                }
            }
        }
        found.sort_by_key(|(at, _)| *at);
        for (at, marker) in found {
            let rate = self.counting.rate();
            let frame = rate
                .nearest_frame(self.start)
                .saturating_add(rate.nearest_frame(at));
            let Ok(label) = self.counting.label(frame) else {
                self.issues
                    .add("the timeline", "a marker at no timecode is left out");
                continue;
            };
            if marker.range.duration.seconds() > rate.frame_duration() {
                self.issues
                    .add("the timeline", "a marker of some length becomes a point");
            }
            let colour = match marker.colour.as_str() {
                "" => "RED".to_owned(),
                colour => colour
                    .chars()
                    .filter(char::is_ascii_alphabetic)
                    .collect::<String>()
                    .to_ascii_uppercase(),
            };
            let text = format!("* LOC: {label} {colour} {}", one_line(&marker.name));
            let events = self.blocks.get(..shown).unwrap_or_default();
            let block = events.partition_point(|block| block.begin <= at);
            let block = block.saturating_sub(1);
            if let Some(block) = self.blocks.get_mut(block) {
                block.below.push(text.trim_end().to_owned());
            }
        }
    }

    fn text(mut self, title: &str) -> (String, Vec<Issue>) {
        let mode = if self.counting.drop_frame() {
            "DROP FRAME"
        } else {
            "NON-DROP FRAME"
        };
        let mut text = format!("TITLE: {}\nFCM: {mode}\n", one_line(title));
        if self.blocks.len() > CMX_EVENTS {
            let what = format!(
                "it has {} events; tape systems hold {CMX_EVENTS}",
                self.blocks.len()
            );
            self.issues.add("the list", what);
        }
        for (index, block) in self.blocks.iter().enumerate() {
            text.push('\n');
            for Line {
                reel,
                channels,
                kind,
                labels: [a, b, c, d],
            } in &block.lines
            {
                // Writing to a string can't fail.
                let _ = writeln!(
                    text,
                    "{:03}  {reel:<8} {channels:<5} {kind:<8} {a} {b} {c} {d}",
                    index + 1
                );
            }
            for line in &block.below {
                text.push_str(line);
                text.push('\n');
            }
        }
        (text, self.issues.into_vec())
    }
}

/// What stands behind the last thing on a track.
static NOTHING: Laid<'static> = Laid {
    place: String::new(),
    begin: RationalTime::ZERO,
    length: RationalTime::ZERO,
    what: What::Gap,
};

fn shown<'a>(laid: &'a Laid<'_>) -> Option<&'a Clip> {
    match &laid.what {
        What::Clip(clip, _) if clip.enabled => Some(clip),
        _ => None,
    }
}

/// The comment that tells a clip's name; none for a clip without.
fn named(word: &str, clip: &Clip) -> Option<String> {
    let name = one_line(&clip.name);
    (!name.is_empty()).then(|| format!("* {word} CLIP NAME: {name}"))
}

/// A text without line ends, which would begin another line of the list.
fn one_line(text: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    text.chars()
        .map(clean)
        .collect::<String>()
        .trim()
        .to_owned()
}
