//! Target: what people type: cuts, marks, timecode, codes, ranges of time, references.

use conform::{Mark, split_clip};
use mediatime::{FrameRate, RationalTime, Timecode};
use record::ShortId;
use workstation::{Reference, WantedClip};

use super::mutate::{self, random::Random};

const SEEDS: [&str; 18] = [
    "30f",
    "1.5s",
    "-0.000000000000000001s",
    "01:00:10;12",
    "00:59:59:24",
    "01;00;10;02",
    "23:59:59.29",
    "10:500000000",
    "a.mp4@30f..01:00:10:12",
    "flow:4f79cfd1-c057-47f4-8e4d-1b126ca7bf34@..1.5s",
    "source:studio/4f79cfd1-c057-47f4-8e4d-1b126ca7bf34",
    "tams://h:8010/api/flows/4f79cfd1-c057-47f4-8e4d-1b126ca7bf34",
    "30000/1001",
    "29.97",
    "-1001/30000",
    "24h",
    "7d",
    "2345-6789-ABC",
];

const WORDS: [&str; 22] = [
    ":", ";", ".", "..", "@", "f", "s", "h", "w", "-", "/", "00", "23", "59", "29", "2345", "ABCD",
    "flow:", "tams://", "%", " ", "\n",
];

const RATES: [FrameRate; 4] = [
    FrameRate::FPS_25,
    FrameRate::FPS_29_97,
    FrameRate::FPS_23_976,
    FrameRate::FPS_59_94,
];

/// A text that somebody may have typed.
pub fn input(random: &mut Random) -> Vec<u8> {
    if random.one_in(8) {
        // Codes carry a check character that no change keeps.
        let mut bytes = [0; 22];
        bytes.fill_with(|| random.bits().to_le_bytes()[0]);
        let code = ShortId::from_random(bytes).grouped();
        return mutate::text(random, &[&code, &code.to_lowercase()], &["-", " "]);
    }
    mutate::text(random, &SEEDS, &WORDS)
}

/// Reads `data` as everything that is typed; true when it is one of them, but for a file's name.
///
/// # Panics
/// When what is read does not survive writing.
pub fn run(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    // Not `any`: each of them is to be tried.
    [
        cut(&text),
        timecode(&text),
        code(&text),
        numbers(&text),
        range(&text),
        reference(&text),
    ]
    .contains(&true)
}

fn cut(text: &str) -> bool {
    if let Ok((reference, ..)) = split_clip(text) {
        assert!(text.starts_with(reference), "{text:?}");
        assert!(WantedClip::parse(text).is_ok(), "{text:?}");
    }
    match Mark::parse(text) {
        Ok(Mark::Offset(offset)) => assert_survives(offset),
        Ok(_) => {}
        Err(why) => {
            assert!(!why.is_empty());
            return false;
        }
    }
    true
}

fn assert_survives(time: RationalTime) {
    assert_eq!(time.to_string().parse().as_ref(), Ok(&time));
    for scale in [1, 12_800, 48_000, u32::MAX] {
        let (floor, ceil) = (time.floor_ticks(scale), time.ceil_ticks(scale));
        assert!(floor <= time.round_ticks(scale) && time.round_ticks(scale) <= ceil);
    }
}

fn timecode(text: &str) -> bool {
    let mut taken = false;
    for rate in RATES {
        let Ok(label) = Timecode::parse(text, rate) else {
            continue;
        };
        taken = true;
        let frame = label.to_frame(rate).expect("a label of this rate");
        let drop_frame = label.drop_frame();
        let again = Timecode::from_frame(frame, rate, drop_frame).expect("a frame of the day");
        assert_eq!(again, label, "{text:?} at {rate}");
        let written = label.to_string();
        assert_eq!(
            Timecode::parse(&written, rate).as_ref(),
            Ok(&label),
            "{written:?}"
        );
    }
    taken
}

fn code(text: &str) -> bool {
    let Ok(id) = text.parse::<ShortId>() else {
        return false;
    };
    assert_eq!(id.to_string().parse().as_ref(), Ok(&id));
    assert_eq!(id.grouped().to_lowercase().parse().as_ref(), Ok(&id));
    true
}

fn numbers(text: &str) -> bool {
    let time = text.parse::<RationalTime>();
    if let Ok(time) = time {
        assert_survives(time);
    }
    let rate = text.parse::<FrameRate>();
    if let Ok(rate) = &rate {
        assert_eq!(rate.to_string().parse().as_ref(), Ok(rate));
    }
    time.is_ok() || rate.is_ok()
}

fn range(text: &str) -> bool {
    let Ok(range) = metrics::parse_range(text) else {
        return false;
    };
    assert_eq!(range.to_string().parse().ok(), Some(range), "{text:?}");
    true
}

fn reference(text: &str) -> bool {
    matches!(
        text.parse::<Reference>(),
        Ok(Reference::Flow(..) | Reference::Source(..))
    )
}
