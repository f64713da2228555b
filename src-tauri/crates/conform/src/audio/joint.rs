//! Joints of sound: where one clip ends and another begins, the two cross-fade for an instant.
//!
//! A wave that jumps from one value to another clicks. So what goes fades out, and what comes fades in,
//! around the cut:
//!
//! ```text
//!                 joint        joint
//! one strip   AAAAAAAA\aaa|aaa\      /ccc|ccc/CCCCC
//! the other          /bbb|bbb/BBBBB\bbb|bbb\
//!                    |---|---| 2 × 2.5 ms
//! ```
//!
//! Clips lie on two strips in turn, so that each is decoded in one go, from the beginning of its fade on.
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

/// Lets parts that meet at a joint cross-fade, and lays them and what comes in transitions on two strips.
pub(super) fn soften<'a>(
    parts: &[SoundPart<'a>],
    coming: &[SoundPart<'a>],
) -> [Vec<SoundPart<'a>>; 2] {
    let half = time(HALF);
    let (mut here, mut there) = (Vec::with_capacity(parts.len() * 2), Vec::new());
    let mut turned = false;
    let mut coming = coming.iter().peekable();
    for (index, part) in parts.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| parts.get(before));
        let fades_in = before.is_some_and(|before| meet(before, part))
            && sounds(part, RationalTime::ZERO, half);
        let fades_out = parts.get(index + 1).is_some_and(|next| meet(part, next))
            && sounds(part, part.duration - half, part.duration);
        // What came in a transition in front goes on in this part.
        let mut led = false;
        while let Some(section) = coming.next_if(|section| section.at < part.at) {
            led |= section.continued_by(part);
            there.push(section.clone());
        }
        if fades_in || led {
            std::mem::swap(&mut here, &mut there);
            turned = !turned;
        }
        let mut from = RationalTime::ZERO;
        let mut to = part.duration;
        if fades_in {
            let reaches = sounds(part, -half, RationalTime::ZERO);
            let begins = if reaches { -half } else { RationalTime::ZERO };
            here.push(part.faded(FadeWay::In, begins, half));
            from = half;
        }
        if fades_out {
            to -= half;
        }
        here.push(part.section(from, to, part.fade));
        if fades_out {
            let reaches = sounds(part, part.duration, part.duration + half);
            let ends = if reaches {
                part.duration + half
            } else {
                part.duration
            };
            here.push(part.faded(FadeWay::Out, to, ends));
        }
    }
    there.extend(coming.cloned());
    if turned { [there, here] } else { [here, there] }
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
    let mut heard_to = None;
    for stretch in stretches(&part.source, from, to) {
        let joins = match heard_to {
            // A hole this short is rounding; at the beginning it would be silence.
            Some(end) => stretch.start - end <= tolerance(),
            None => stretch.start <= from,
        };
        if !joins {
            return false;
        }
        heard_to = Some(stretch.end);
    }
    heard_to.is_some_and(|end| to <= end)
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
