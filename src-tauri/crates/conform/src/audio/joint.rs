//! Joints of sound: where one clip ends and another begins, the two cross-fade for an instant.
//!
//! A wave that jumps from one value to another clicks. So what goes fades out, and what comes fades in,
//! around the cut:
//!
//! ```text
//!            joint
//! what goes  AAAAAAAA\aaa|aaa\
//! what comes         /bbb|bbb/BBBBBBBB
//!                    |---|---| 2 × 2.5 ms
//! ```
//!
//! Each side reaches over the cut as far as its source sounds there; where it doesn't, its fade is half
//! as long.

use super::stretch::stretches;
use super::{SoundPart, TimedFade, tolerance};
use crate::FadeWay;
use mediatime::RationalTime;

/// What lies on each side of a cut of a cross-fade: long enough for no click, too short to be heard as a
/// fade.
const HALF: (i128, u64) = (5, 2000);

/// Shorter parts stay as they are: a fade at each end would be most of them.
const SHORTEST: (i128, u64) = (20, 1000);

/// Lets parts that meet at a joint cross-fade. What comes in goes into `coming`, where a transition
/// would put it.
pub(super) fn soften<'a>(
    parts: &[SoundPart<'a>],
    coming: &[SoundPart<'a>],
) -> (Vec<SoundPart<'a>>, Vec<SoundPart<'a>>) {
    let half = time(HALF);
    let mut going = Vec::with_capacity(parts.len() * 2);
    let mut beginnings = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| parts.get(before));
        let fades_in = before.is_some_and(|before| meet(before, part))
            && sounds(part, RationalTime::ZERO, half);
        let fades_out = parts.get(index + 1).is_some_and(|next| meet(part, next))
            && sounds(part, part.duration - half, part.duration);
        let mut from = RationalTime::ZERO;
        let mut to = part.duration;
        if fades_in {
            let reaches = sounds(part, -half, RationalTime::ZERO);
            let begins = if reaches { -half } else { RationalTime::ZERO };
            beginnings.push(part.faded(FadeWay::In, begins, half));
            from = half;
        }
        if fades_out {
            to -= half;
        }
        going.push(part.section(from, to, part.fade));
        if fades_out {
            let reaches = sounds(part, part.duration, part.duration + half);
            let ends = if reaches {
                part.duration + half
            } else {
                part.duration
            };
            going.push(part.faded(FadeWay::Out, to, ends));
        }
    }
    beginnings.extend(coming.iter().cloned());
    beginnings.sort_by_key(|part| part.at);
    (going, beginnings)
}

/// There is a cut between two parts, neither of which is in a transition or is as good as part of the
/// other.
fn meet(before: &SoundPart<'_>, next: &SoundPart<'_>) -> bool {
    let cut = before.at + before.duration == next.at && !before.continued_by(next);
    let plain = before.fade.is_none() && next.fade.is_none();
    let long = before.duration.min(next.duration) >= time(SHORTEST);
    cut && plain && long
}

/// Whether a part's source sounds without a hole between two times counted from the part's beginning.
fn sounds(part: &SoundPart<'_>, from: RationalTime, to: RationalTime) -> bool {
    let (from, to) = (part.start + from, part.start + to);
    let mut heard_to = from;
    for stretch in stretches(&part.source, from, to) {
        if tolerance() < stretch.start - heard_to {
            return false;
        }
        heard_to = stretch.end;
    }
    to <= heard_to
}

fn time((num, den): (i128, u64)) -> RationalTime {
    RationalTime::new(num, den).unwrap_or(RationalTime::ZERO)
}

impl SoundPart<'_> {
    /// What lies between two times counted from its beginning, its own marks left out of account.
    fn section(&self, from: RationalTime, to: RationalTime, fade: Option<TimedFade>) -> Self {
        if from == RationalTime::ZERO && to == self.duration {
            return self.clone();
        }
        Self {
            start: self.start + from,
            at: self.at + from,
            duration: to - from,
            frames: 0..0,
            fade,
            ..self.clone()
        }
    }

    /// A section that comes or goes.
    fn faded(&self, way: FadeWay, from: RationalTime, to: RationalTime) -> Self {
        let fade = TimedFade {
            way,
            begins: self.at + from,
            ends: self.at + to,
            at_joint: true,
        };
        self.section(from, to, Some(fade))
    }
}
