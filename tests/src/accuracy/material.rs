//! What is cut.

use std::path::PathBuf;

use tests::media::remux;
use tests::media::{AudioCodec, AudioSpec, Container, MediaSpec, Rate, generate};

/// A medium and what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Material {
    pub(crate) spec: MediaSpec,
    pub(crate) file: PathBuf,
    /// The first frame that the file shows; an edit list may hide some.
    pub(crate) first: u32,
}

/// 4 s at 320×180 and 30 frames a second in four GOPs.
pub(crate) fn small(clip: u8) -> MediaSpec {
    MediaSpec {
        width: 320,
        height: 180,
        frames: 120,
        ..MediaSpec::small(clip)
    }
}

/// The same with three B-frames between others.
pub(crate) fn reordered(clip: u8) -> MediaSpec {
    MediaSpec {
        bframes: 3,
        ..small(clip)
    }
}

/// Another rate with GOPs of a second.
pub(crate) fn at_rate(clip: u8, num: u32, den: u32) -> MediaSpec {
    let gop = num.div_ceil(den);
    MediaSpec {
        rate: Rate::new(num, den),
        gop,
        frames: 4 * gop,
        ..reordered(clip)
    }
}

pub(crate) fn in_container(clip: u8, container: Container) -> MediaSpec {
    MediaSpec {
        container,
        ..reordered(clip)
    }
}

pub(crate) fn with_sound(clip: u8, rate: u32, channels: u16) -> MediaSpec {
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

pub(crate) fn silent(clip: u8) -> MediaSpec {
    MediaSpec {
        audio: None,
        ..reordered(clip)
    }
}

impl Material {
    pub(crate) fn of(spec: MediaSpec) -> Self {
        Self {
            file: generate(&spec),
            first: 0,
            spec,
        }
    }

    /// A file that an edit list lets begin inside a GOP.
    pub(crate) fn with_edit_list(clip: u8) -> Self {
        let whole = Self::of(reordered(clip));
        Self {
            file: remux::starting_inside_a_gop(&whole.file, 0.5),
            first: 15,
            ..whole
        }
    }

    /// Frames that are shown.
    pub(crate) fn frames(&self) -> u32 {
        self.spec.frames - self.first
    }

    /// The frames of whole GOPs within shown frames `from..to`.
    pub(crate) fn in_whole_gops(&self, from: u32, to: u32) -> u32 {
        let gop = self.spec.gop;
        let starts = (0..self.spec.frames).step_by(gop as usize);
        let whole = starts.filter(|start| {
            let end = (start + gop).min(self.spec.frames);
            from + self.first <= *start && end <= to + self.first
        });
        whole.map(|start| gop.min(self.spec.frames - start)).sum()
    }
}
