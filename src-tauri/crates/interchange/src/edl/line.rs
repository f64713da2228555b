//! One line of an edit decision list.

use super::channels::Channels;
use crate::Counting;
use crate::issue::short;
use mediatime::Timecode;

/// How an event begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// A cut.
    Cut,
    /// Out of what was before, over so many frames: a dissolve, or a wipe by its code.
    Mix {
        /// `D`, or `W001`.
        code: String,
        /// Frames.
        frames: i64,
    },
    /// The background of a key.
    KeyBackground,
    /// What is keyed over the background.
    Key,
}

/// An event as it stands, in frames since `00:00:00:00`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EventLine {
    pub(super) number: String,
    pub(super) reel: String,
    pub(super) channels: Channels,
    pub(super) effect: Effect,
    /// First frame on the reel, and the one behind the last.
    pub(super) source: (i64, i64),
    /// The same in the programme.
    pub(super) record: (i64, i64),
}

/// How labels of an event with `:` are counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sides {
    pub(super) source: Counting,
    pub(super) record: Counting,
}

/// True for a line that begins like an event: a number and at least four labels behind it.
pub(super) fn is_event(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let number = words.next().unwrap_or_default();
    let labels = words.rev().take(4).filter(|word| is_label(word)).count();
    number.starts_with(|c: char| c.is_ascii_digit()) && labels == 4
}

fn is_label(word: &str) -> bool {
    word.split([':', ';', '.']).count() == 4 && word.starts_with(|c: char| c.is_ascii_digit())
}

/// Reads an event. The error says which field is wrong.
pub(super) fn event(line: &str, sides: Sides) -> Result<EventLine, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (head, labels) = words.split_at(words.len().saturating_sub(4));
    let [source_in, source_out, record_in, record_out] = labels else {
        return Err("an event needs four timecodes".to_owned());
    };
    let (number, head) = head.split_first().ok_or("an event needs a number")?;
    let (effect, head) = effect(head)?;
    let Some((channels, reel)) = head.split_last().filter(|(_, reel)| !reel.is_empty()) else {
        return Err("an event needs number, reel, channels and kind of cut".to_owned());
    };
    let channels = Channels::read(channels).ok_or_else(|| {
        format!(
            "`{}` are no channels, such as V, A, AA or B",
            short(channels)
        )
    })?;
    let source = span([source_in, source_out], "source", sides.source)?;
    let record = span([record_in, record_out], "record", sides.record)?;
    Ok(EventLine {
        number: (*number).to_owned(),
        reel: reel.join(" "),
        channels,
        effect,
        source,
        record,
    })
}

/// The kind of cut at the end of the words, and what stands in front of it.
fn effect<'a>(words: &'a [&'a str]) -> Result<(Effect, &'a [&'a str]), String> {
    let frames = |text: &str| {
        let frames = text
            .parse::<i64>()
            .ok()
            .filter(|frames| (0..100_000).contains(frames));
        frames.ok_or_else(|| format!("`{}` is no number of frames", short(text)))
    };
    let wipe = |word: &str| {
        word.strip_prefix('W')
            .is_some_and(|code| !code.is_empty() && code.bytes().all(|b| b.is_ascii_digit()))
    };
    match words {
        [head @ .., "C"] => Ok((Effect::Cut, head)),
        [head @ .., "K" | "KB", "B"] | [head @ .., "KB"] => Ok((Effect::KeyBackground, head)),
        [head @ .., "K", "O"] | [head @ .., "KO" | "K"] => Ok((Effect::Key, head)),
        [head @ .., "K" | "KO", "F"] => Ok((Effect::Key, head)),
        [head @ .., "K" | "KB" | "KO", fade] if fade.parse::<u32>().is_ok() => {
            Ok((Effect::Key, head))
        }
        [head @ .., code, text] if *code == "D" || wipe(code) => {
            let effect = Effect::Mix {
                code: (*code).to_owned(),
                frames: frames(text)?,
            };
            Ok((effect, head))
        }
        [.., word] => Err(format!(
            "`{}` is no kind of cut: C, D or W with a number of frames, or K",
            short(word)
        )),
        [] => Err("an event needs number, reel, channels and kind of cut".to_owned()),
    }
}

/// Two labels as frames; one that ends before it begins passes midnight.
fn span(labels: [&str; 2], side: &str, counting: Counting) -> Result<(i64, i64), String> {
    let names = [format!("{side} in"), format!("{side} out")];
    let [start, end] = [0, 1].map(|at| frame(labels[at], &names[at], counting));
    let (start, end) = (start?, end?);
    let end = match end < start {
        true => end + counting.day(),
        false => end,
    };
    Ok((start, end))
}

/// A label as a frame; what punctuation says goes before what the counting says.
pub(super) fn frame(label: &str, name: &str, counting: Counting) -> Result<i64, String> {
    let rate = counting.rate();
    let says_drop = label.contains([';', '.']);
    let text = match label.rsplit_once([':', ';', '.']) {
        Some((clock, frames)) if says_drop || counting.drop_frame() => {
            format!("{};{frames}", clock.replace([';', '.'], ":"))
        }
        _ => label.to_owned(),
    };
    Timecode::parse(&text, rate)
        .and_then(|label| label.to_frame(rate))
        .map_err(|error| format!("{name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sides(text: &str) -> Sides {
        let counting = text.parse().unwrap();
        Sides {
            source: counting,
            record: counting,
        }
    }

    #[test]
    fn events_are_read() {
        let line = "002  MY REEL  AA/V  W001 025 00:00:10:00 00:00:11:00 01:00:00:00 01:00:01:00";
        assert!(is_event(line));
        let read = event(line, sides("25")).unwrap();
        assert_eq!(
            (read.number.as_str(), read.reel.as_str()),
            ("002", "MY REEL")
        );
        assert_eq!(
            read.effect,
            Effect::Mix {
                code: "W001".to_owned(),
                frames: 25
            }
        );
        assert_eq!((read.source, read.record), ((250, 275), (90_000, 90_025)));
    }

    #[test]
    fn keys_are_told_from_cuts() {
        let labels = "00:00:10:00 00:00:11:00 01:00:00:00 01:00:01:00";
        for (kind, wanted) in [
            ("C", Effect::Cut),
            ("K B", Effect::KeyBackground),
            ("K", Effect::Key),
            ("K O", Effect::Key),
            ("K 025", Effect::Key),
        ] {
            let read = event(&format!("1 A V {kind} {labels}"), sides("25")).unwrap();
            assert_eq!((read.effect, read.reel.as_str()), (wanted, "A"), "{kind}");
        }
    }

    #[test]
    fn punctuation_goes_before_the_mode() {
        let at = |label, counting: &str| frame(label, "x", counting.parse().unwrap());
        assert_eq!(at("00:01:00;02", "29.97"), Ok(1800));
        assert_eq!(at("00;01;00;02", "29.97"), Ok(1800));
        assert_eq!(at("00:01:00:02", "29.97"), Ok(1802));
        assert_eq!(at("00:01:00:02", "29.97df"), Ok(1800));
        assert!(at("00:01:00:00", "29.97df").unwrap_err().starts_with("x: "));
        assert!(at("00:00:00;00", "25").is_err());
    }

    #[test]
    fn midnight_is_passed() {
        let read = event(
            "1 A V C 23:59:59:00 00:00:01:00 00:00:00:00 00:00:02:00",
            sides("25"),
        );
        assert_eq!(read.unwrap().source, (2_159_975, 2_160_025));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let labels = "00:00:10:00 00:00:11:00 01:00:00:00 01:00:01:00";
        for (line, named) in [
            (format!("1 A Q C {labels}"), "`Q`"),
            (format!("1 A V X {labels}"), "`X`"),
            (format!("1 A V D x {labels}"), "`x`"),
            (format!("1 V C {labels}"), "reel"),
            (labels.replace("10:00", "10:25"), "four"),
            (
                "1 A V C 00:00:00:30 00:00:01:00 00:00:00:00 00:00:01:00".to_owned(),
                "source in",
            ),
        ] {
            let why = event(&line, sides("25")).unwrap_err();
            assert!(why.contains(named) || named == "four", "{line}: {why}");
        }
    }
}
