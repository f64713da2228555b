//! Cuts: marks as a person types them, and the frames they mean, computed from the rule alone.

use crate::media::Rate;

use super::material::Material;

/// A mark in one of its written forms.
#[derive(Clone, Copy, Debug)]
pub enum Mark {
    /// Left out.
    None,
    /// `30f`.
    Frame(u32),
    /// `1.5s`.
    Millis(u32),
    /// `0:500000000`.
    Nanos(u64),
    /// `HH:MM:SS:FF`.
    Timecode(u32, u32, u32),
    /// `HH:MM:SS;FF`.
    DropFrame(u32, u32, u32),
}

/// A cut of one source: one pair of marks for each clip.
#[derive(Clone, Debug)]
pub struct Cut {
    /// What is special about it.
    pub name: &'static str,
    /// In and out of each clip.
    pub clips: Vec<(Mark, Mark)>,
}

impl Mark {
    /// As it is typed.
    pub fn text(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Frame(frame) => format!("{frame}f"),
            Self::Millis(ms) => format!("{}.{:03}s", ms / 1000, ms % 1000),
            Self::Nanos(ns) => format!("{}:{}", ns / 1_000_000_000, ns % 1_000_000_000),
            Self::Timecode(minutes, seconds, frames) => {
                format!("00:{minutes:02}:{seconds:02}:{frames:02}")
            }
            Self::DropFrame(minutes, seconds, frames) => {
                format!("00:{minutes:02}:{seconds:02};{frames:02}")
            }
        }
    }

    /// The first frame that is not before the mark.
    fn frame(self, rate: Rate) -> Option<u32> {
        let nominal = rate.num.div_ceil(rate.den);
        let at = |units: u64, a_second: u64| {
            // Frame k is shown at k * den / num seconds: the smallest k that is not earlier.
            let (num, den) = (u64::from(rate.num), u64::from(rate.den));
            u32::try_from((units * num).div_ceil(a_second * den)).unwrap()
        };
        match self {
            Self::None => None,
            Self::Frame(frame) => Some(frame),
            Self::Millis(ms) => Some(at(u64::from(ms), 1000)),
            Self::Nanos(ns) => Some(at(ns, 1_000_000_000)),
            Self::Timecode(minutes, seconds, frames) => {
                Some((minutes * 60 + seconds) * nominal + frames)
            }
            Self::DropFrame(minutes, seconds, frames) => {
                // Two labels of 30 are left out in every minute but the tenth ones (SMPTE ST 12-1).
                let dropped = nominal / 15 * (minutes - minutes / 10);
                Some((minutes * 60 + seconds) * nominal + frames - dropped)
            }
        }
    }
}

impl Cut {
    fn of(name: &'static str, clips: &[(Mark, Mark)]) -> Self {
        Self {
            name,
            clips: clips.to_vec(),
        }
    }

    /// The clips as arguments, for a source written as `reference`.
    pub fn arguments(&self, reference: &str) -> Vec<String> {
        let mut arguments = Vec::new();
        for (from, to) in &self.clips {
            arguments.push("--clip".to_owned());
            arguments.push(match (from, to) {
                (Mark::None, Mark::None) => reference.to_owned(),
                _ => format!("{reference}@{}..{}", from.text(), to.text()),
            });
        }
        arguments
    }

    /// The shown frames of each clip, `from..to`.
    pub fn frames(&self, material: &Material) -> Vec<(u32, u32)> {
        let rate = material.spec.rate;
        let range = |(from, to): &(Mark, Mark)| {
            let (from, to) = (from.frame(rate), to.frame(rate));
            (from.unwrap_or(0), to.unwrap_or(material.frames()))
        };
        self.clips.iter().map(range).collect()
    }
}

/// Every way to cut a medium.
pub fn every_way(material: &Material) -> Vec<Cut> {
    use Mark::{DropFrame, Frame, Millis, Nanos, None, Timecode};
    let (gop, end) = (material.spec.gop, material.frames());
    // The file's own GOP borders, counted in shown frames.
    let border = gop - material.first;
    let drops = material.spec.rate == Rate::new(30_000, 1001);
    let code = |seconds, frames| {
        if drops {
            DropFrame(0, seconds, frames)
        } else {
            Timecode(0, seconds, frames)
        }
    };
    vec![
        Cut::of("frames", &[(Frame(7), Frame(gop + 11))]),
        Cut::of("seconds", &[(Millis(500), Millis(2710))]),
        Cut::of("timestamps", &[(Nanos(700_000_001), Nanos(1_900_000_000))]),
        Cut::of("timecode", &[(code(1, 5), code(2, 20))]),
        Cut::of("whole", &[(None, None)]),
        Cut::of("on borders", &[(Frame(border), Frame(border + 2 * gop))]),
        Cut::of(
            "inside a GOP",
            &[(Frame(border + 4), Frame(border + gop - 6))],
        ),
        Cut::of("one frame", &[(Frame(border + 17), Frame(border + 18))]),
        Cut::of("last frame", &[(Frame(end - 1), None)]),
        Cut::of(
            "two clips",
            &[
                (Frame(5), Frame(border + 9)),
                (Frame(end - gop - 3), Frame(end - 2)),
            ],
        ),
        Cut::of(
            "three clips",
            &[
                (Frame(border), Frame(border + gop)),
                (Frame(end - 20), None),
                (None, Frame(12)),
            ],
        ),
    ]
}
