//! From the lines of an edit decision list to events.

use super::line::{self, Effect, EventLine, Sides};
use super::notes::{Note, comment, note};
use super::tracks;
use crate::issue::{Issues, short};
use crate::{Counting, Issue, MAX_BYTES, Marker, Programme, Range, ReadError, Time};
use std::borrow::Cow;

/// A list of more events is not read. Tape systems hold 999.
pub const MAX_EVENTS: usize = 100_000;
/// Lines of one event; behind them another begins, whatever its number.
const MAX_LINES: usize = 64;

/// An event with all that is said of it.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// Its line in the file, from 1.
    pub(super) line: usize,
    pub(super) told: EventLine,
    pub(super) name: Option<String>,
    pub(super) file: Option<String>,
    /// Frames per second in thousandths, as an `M2` line says.
    pub(super) speed: Option<i64>,
    /// Comments that are kept as they are.
    pub(super) comments: Vec<String>,
}

impl Event {
    /// `event 003 (line 7)`.
    pub(super) fn place(&self) -> String {
        format!("event {} (line {})", short(&self.told.number), self.line)
    }

    /// True for a reel that stands for nothing.
    pub(super) fn is_black(&self) -> bool {
        ["BL", "BLACK"].contains(&self.told.reel.as_str())
    }
}

/// Reads an `.edl` whose frames are counted by `counting`: the list itself has no rate. Whether it is
/// drop-frame the list may say; it goes before what `counting` says.
///
/// A clip is named by `* FROM CLIP NAME` and cut from what `* SOURCE FILE` names; where nothing names a
/// file, its medium is missing and has the reel's name. Its range is that of the source side, which is
/// the timecode of the medium.
///
/// # Errors
/// The text has no event, is past the limits, or a line of it makes no sense: the line and its field
/// are named.
pub fn read_edl(text: &str, counting: Counting) -> Result<(Programme, Vec<Issue>), ReadError> {
    if text.len() > MAX_BYTES {
        return Err(ReadError::TooLarge {
            bytes: text.len(),
            limit: MAX_BYTES,
        });
    }
    let mut reader = Reader {
        sides: Sides {
            source: counting,
            record: counting,
        },
        asked: counting,
        title: String::new(),
        events: Vec::new(),
        group: 0,
        locators: Vec::new(),
        colours: 0,
        issues: Issues::default(),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, text) in text.lines().enumerate() {
        // Tabs part words; what else can't be seen is no part of any.
        let text = match text.contains(char::is_control) {
            true => Cow::Owned(text.replace(char::is_control, " ")),
            false => Cow::Borrowed(text),
        };
        reader.line(text.trim(), index + 1)?;
    }
    reader.programme()
}

struct Reader {
    sides: Sides,
    asked: Counting,
    title: String,
    events: Vec<Event>,
    /// The first event of the present number.
    group: usize,
    locators: Vec<(usize, String)>,
    colours: usize,
    issues: Issues,
}

impl Reader {
    fn line(&mut self, text: &str, number: usize) -> Result<(), ReadError> {
        let fail = |why| ReadError::Line { line: number, why };
        if text.is_empty() {
            return Ok(());
        }
        if line::is_event(text) {
            if self.events.len() == MAX_EVENTS {
                return Err(ReadError::TooManyEvents { limit: MAX_EVENTS });
            }
            let told = line::event(text, self.sides).map_err(fail)?;
            let same = self
                .events
                .last()
                .is_some_and(|last| last.told.number == told.number);
            let same = same && self.events.len() - self.group < MAX_LINES;
            if !same {
                self.group = self.events.len();
            }
            self.events.push(Event {
                line: number,
                told,
                name: None,
                file: None,
                speed: None,
                comments: Vec::new(),
            });
            return Ok(());
        }
        if let Some(text) = comment(text) {
            self.comment(text, number);
            return Ok(());
        }
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        match word.to_ascii_uppercase().as_str() {
            "TITLE:" => self.title = rest.trim().to_owned(),
            "FCM:" => self.mode(rest.trim(), number),
            "M2" => self.speed(rest, number),
            "AUD" => {
                let added = match self.events.last_mut() {
                    Some(event) => event.told.channels.add_listed(rest),
                    None => false,
                };
                if !added {
                    self.not_understood(text, number);
                }
            }
            _ if word.starts_with(|c: char| c.is_ascii_digit()) => {
                return Err(fail(format!(
                    "`{}` is no event: it needs number, reel, channels, kind of cut and four timecodes",
                    short(text)
                )));
            }
            _ => self.not_understood(text, number),
        }
        Ok(())
    }

    fn not_understood(&mut self, text: &str, number: usize) {
        let what = format!("`{}` is not understood: left out", short(text));
        self.issues.add(format!("line {number}"), what);
    }

    /// `FCM:`. The first one counts both sides, the others that of the sources.
    fn mode(&mut self, text: &str, number: usize) {
        let drop_frame = match text.to_ascii_uppercase().as_str() {
            "DROP FRAME" => true,
            "NON-DROP FRAME" | "NON DROP FRAME" => false,
            _ => return self.not_understood(&format!("FCM: {text}"), number),
        };
        let Ok(counting) = Counting::new(self.sides.source.rate(), drop_frame) else {
            let rate = self.sides.source.rate();
            let what = format!("there is no drop-frame timecode at {rate}: counted without");
            self.issues.add(format!("line {number}"), what);
            return;
        };
        self.sides.source = counting;
        if self.events.is_empty() {
            if self.asked.drop_frame() && !drop_frame {
                let what = "the list says that it is not drop-frame, which goes before the rate that was given";
                self.issues.add(format!("line {number}"), what);
            }
            self.sides.record = counting;
        }
    }

    /// `M2`: the speed of the last event of that reel, in frames per second.
    fn speed(&mut self, rest: &str, number: usize) {
        let words: Vec<&str> = rest.split_whitespace().collect();
        let told = match words.as_slice() {
            [reel @ .., speed, _] if !reel.is_empty() => {
                thousandths(speed).zip(Some(reel.join(" ")))
            }
            _ => None,
        };
        let Some((speed, reel)) = told else {
            return self.not_understood(&format!("M2 {rest}"), number);
        };
        let group = self.events.get_mut(self.group..).unwrap_or_default();
        let at = group.iter().rposition(|event| event.told.reel == reel);
        let at = at.or_else(|| group.len().checked_sub(1));
        match at.and_then(|at| group.get_mut(at)) {
            Some(event) => event.speed = Some(speed),
            None => self.not_understood(&format!("M2 {rest}"), number),
        }
    }

    fn comment(&mut self, text: &str, number: usize) {
        let found = note(text);
        if let Note::Locator(text) = found {
            self.locators.push((number, text.to_owned()));
            return;
        }
        let group = self.events.get_mut(self.group..).unwrap_or_default();
        let mixes = |event: &Event| matches!(event.told.effect, Effect::Mix { .. });
        // Of a transition the first line is what it comes out of.
        let alone = !group.iter().any(mixes) || group.iter().all(mixes);
        let set = |event: &mut Event, name: Option<&str>, file: Option<&str>| {
            let set = |slot: &mut Option<String>, text: Option<&str>| {
                if let (None, Some(text)) = (&slot, text) {
                    *slot = Some(text.to_owned());
                }
            };
            set(&mut event.name, name);
            set(&mut event.file, file);
        };
        let (name, file, to) = match found {
            Note::FromName(name) => (Some(name), None, false),
            Note::ToName(name) => (Some(name), None, true),
            Note::FromFile(file) => (None, Some(file), false),
            Note::ToFile(file) => (None, Some(file), true),
            Note::File(file) => {
                // One behind a transition is what it leads to; with two, the first is what it came from.
                if alone {
                    group
                        .iter_mut()
                        .for_each(|event| set(event, None, Some(file)));
                } else if let Some(taken) = group.iter_mut().rev().find(|event| mixes(event)) {
                    match taken.file.take() {
                        None => taken.file = Some(file.to_owned()),
                        Some(first) => {
                            taken.file = Some(file.to_owned());
                            let from = group.iter_mut().filter(|event| !mixes(event));
                            from.for_each(|event| set(event, None, Some(&first)));
                        }
                    }
                }
                return;
            }
            Note::Colour | Note::Other | Note::Locator(_) => {
                self.colours += usize::from(found == Note::Colour);
                if let Some(event) = group.last_mut() {
                    event.comments.push(text.to_owned());
                }
                return;
            }
        };
        for event in group {
            // A transition that stands alone comes out of the event before, whose name was told there.
            let wanted = match alone {
                true => !mixes(event) || to,
                false => mixes(event) == to,
            };
            if wanted {
                set(event, name, file);
            }
        }
    }

    fn programme(mut self) -> Result<(Programme, Vec<Issue>), ReadError> {
        if self.events.is_empty() {
            return Err(ReadError::NoEvents);
        }
        if self.colours > 0 {
            let what = format!(
                "{} colour decisions (ASC_…) are kept, but not applied",
                self.colours
            );
            self.issues.add("the list", what);
        }
        let mut programme = Programme::new(std::mem::take(&mut self.title));
        let record = self.sides.record;
        programme.set_counting(record.rate(), record.drop_frame());
        let start = tracks::build(
            &mut programme,
            &self.events,
            record.rate(),
            &mut self.issues,
        )?;
        for (line, text) in &self.locators {
            match locator(text, start, record) {
                Ok(marker) => programme.kept_stack.add_marker(&marker),
                Err(why) => self
                    .issues
                    .add(format!("line {line}"), format!("a marker, {why}: left out")),
            }
        }
        Ok((programme, self.issues.into_vec()))
    }
}

/// A number with decimals in thousandths; further decimals are cut.
fn thousandths(text: &str) -> Option<i64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| {
        !text.is_empty() && text.len() < 10 && text.bytes().all(|b| b.is_ascii_digit())
    };
    if !digits(whole) || !digits(decimals) {
        return None;
    }
    let decimals: String = decimals.chars().chain("000".chars()).take(3).collect();
    let value = whole.parse::<i64>().ok()? * 1000 + decimals.parse::<i64>().ok()?;
    Some(sign * value)
}

/// `01:00:05:00 RED NAME` as a marker, counted from the programme's first frame.
fn locator(text: &str, start: i64, record: Counting) -> Result<Marker, String> {
    let (label, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let frame = line::frame(label, "its time", record)?;
    let at = frame.checked_sub(start).filter(|at| *at >= 0);
    let at = at.ok_or("in front of the first event")?;
    let rest = rest.trim();
    let (colour, name) = match rest.split_once(char::is_whitespace) {
        Some((colour, name)) => (colour, name.trim()),
        None => (rest, ""),
    };
    let is_colour = !colour.is_empty() && colour.bytes().all(|b| b.is_ascii_uppercase());
    let (colour, name) = if is_colour {
        (colour, name)
    } else {
        ("", rest)
    };
    Ok(Marker {
        name: name.to_owned(),
        range: Range {
            start: Time::frames(at, record.rate()),
            duration: Time::frames(0, record.rate()),
        },
        colour: colour.to_owned(),
        comment: String::new(),
    })
}
