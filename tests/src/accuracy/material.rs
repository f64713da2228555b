//! What is cut.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::check::packets;
use crate::media::remux;
use crate::media::{AudioCodec, AudioSpec, Container, MediaSpec, Rate, VideoCodec, generate};

/// A medium and what is known of it.
#[derive(Clone, Debug)]
pub struct Material {
    /// What it was made from.
    pub spec: MediaSpec,
    /// Where it is.
    pub file: PathBuf,
    /// The first frame that the file shows; an edit list may hide some.
    pub first: u32,
}

/// 4 s at 320×180 and 30 frames a second in four GOPs.
pub fn small(clip: u8) -> MediaSpec {
    MediaSpec {
        width: 320,
        height: 180,
        frames: 120,
        ..MediaSpec::small(clip)
    }
}

/// The same with three B-frames between others.
pub fn reordered(clip: u8) -> MediaSpec {
    MediaSpec {
        bframes: 3,
        ..small(clip)
    }
}

/// Another rate with GOPs of a second.
pub fn at_rate(clip: u8, num: u32, den: u32) -> MediaSpec {
    let gop = num.div_ceil(den);
    MediaSpec {
        rate: Rate::new(num, den),
        gop,
        frames: 4 * gop,
        ..reordered(clip)
    }
}

/// Wrapped otherwise.
pub fn in_container(clip: u8, container: Container) -> MediaSpec {
    MediaSpec {
        container,
        ..reordered(clip)
    }
}

/// With other sound.
pub fn with_sound(clip: u8, rate: u32, channels: u16) -> MediaSpec {
    MediaSpec {
        audio: Some(AudioSpec {
            rate,
            channels,
            codec: AudioCodec::Aac,
            starts_ms: 0,
        }),
        ..reordered(clip)
    }
}

/// Pictures alone.
pub fn silent(clip: u8) -> MediaSpec {
    MediaSpec {
        audio: None,
        ..reordered(clip)
    }
}

impl Material {
    /// The medium of a specification.
    pub fn of(spec: MediaSpec) -> Self {
        Self {
            file: generate(&spec),
            first: 0,
            spec,
        }
    }

    /// A file that an edit list lets begin inside a GOP.
    pub fn with_edit_list(clip: u8) -> Self {
        let whole = Self::of(reordered(clip));
        Self {
            file: remux::starting_inside_a_gop(&whole.file, 0.5),
            first: 15,
            ..whole
        }
    }

    /// Frames that are shown.
    pub fn frames(&self) -> u32 {
        self.spec.frames - self.first
    }

    /// How many of the shown frames `from..to` can be copied: those of whole GOPs, and of the last one as many as
    /// are complete when they are decoded, for nothing behind them is needed then.
    pub fn copyable(&self, from: u32, to: u32) -> u32 {
        let open = self.spec.open_gop && self.spec.bframes > 0;
        // x264 begins no GOP after the first with an IDR picture where they are open.
        let gop = match open && self.spec.codec == VideoCodec::H264 {
            true => self.spec.frames,
            false => self.spec.gop,
        };
        // B-frames that are shown before the key frame they are decoded behind, and need what is in front.
        let leading = match open && self.spec.codec == VideoCodec::Hevc {
            true => (gop - 1) % (self.spec.bframes + 1),
            false => 0,
        };
        let (from, to) = (from + self.first, to + self.first);
        let (mut copied, mut goes_on) = (0, false);
        for key in (0..self.spec.frames).step_by(gop as usize) {
            let start = key.saturating_sub(leading);
            let end = match key + gop < self.spec.frames {
                true => key + gop - leading,
                false => self.spec.frames,
            };
            if key < from || to <= key {
                goes_on = false;
                continue;
            }
            if to < end {
                let taken = self.closed_prefix(key, end, to);
                copied += taken + if goes_on { key - start } else { 0 };
                goes_on = false;
                continue;
            }
            copied += end - if goes_on { start } else { key };
            goes_on = true;
        }
        copied
    }

    /// Of the frames from `key` on, without any before it and none behind `end`: how many are in front of `to`
    /// and are, in the file's order, together.
    fn closed_prefix(&self, key: u32, end: u32, to: u32) -> u32 {
        let order = self.decode_order();
        let begins = order.iter().position(|frame| *frame == key).unwrap_or(0);
        let behind = order[begins..]
            .iter()
            .filter(|frame| (key..end).contains(*frame));
        let (mut reached, mut closed) = (key, 0);
        for (count, frame) in (1..).zip(behind) {
            reached = reached.max(frame + 1);
            if to < reached {
                break;
            }
            if reached == key + count {
                closed = count;
            }
        }
        closed
    }

    /// The numbers of its frames in the file's order.
    fn decode_order(&self) -> Arc<Vec<u32>> {
        static KNOWN: Mutex<BTreeMap<PathBuf, Arc<Vec<u32>>>> = Mutex::new(BTreeMap::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let order = known.entry(self.file.clone()).or_insert_with(|| {
            let packets = packets(&self.file, "v:0");
            let mut shown: Vec<usize> = (0..packets.len()).collect();
            shown.sort_by_key(|at| packets[*at].pts);
            let mut order = vec![0; packets.len()];
            for (number, at) in (0..).zip(shown) {
                order[at] = number;
            }
            Arc::new(order)
        });
        Arc::clone(order)
    }
}
