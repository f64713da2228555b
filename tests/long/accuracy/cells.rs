//! Cells of the matrix: a medium, a cut, a mode and an encoder.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use tests::accuracy::judge::{Compiled, Copied, Part, compile_into, judge_parts};
use tests::accuracy::material::Material;
use tests::media::VideoCodec;
use tests::stringout::Stringout;

/// A mode and an encoder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) mode: Option<&'static str>,
    pub(crate) encoder: &'static str,
}

pub(crate) const WAYS: [Way; 4] = [
    way(None, "x264enc"),
    way(None, "openh264enc"),
    way(Some("render"), "x264enc"),
    way(Some("render"), "openh264enc"),
];

/// Those of media of HEVC.
const HEVC_WAYS: [Way; 4] = [
    way(None, "x265enc"),
    way(None, "x264enc"),
    way(Some("render"), "x265enc"),
    way(Some("render"), "x264enc"),
];

const fn way(mode: Option<&'static str>, encoder: &'static str) -> Way {
    Way { mode, encoder }
}

impl Way {
    pub(crate) fn arguments(self) -> Vec<&'static str> {
        let mut arguments = vec!["--encoder", self.encoder];
        if let Some(mode) = self.mode {
            arguments.extend(["--mode", mode]);
        }
        arguments
    }

    /// How much of media of a codec is copied in this way.
    pub(crate) fn copied(self, codec: VideoCodec) -> Copied {
        match (self.mode, self.encoder, codec) {
            (Some("render"), ..) => Copied::Nothing,
            (_, "x265enc", VideoCodec::Hevc) => Copied::WholeGops,
            (_, "x264enc" | "openh264enc", VideoCodec::H264) => Copied::WholeGops,
            // All or nothing, where what cuts break can't be encoded to the codec.
            _ => Copied::AsPlanned,
        }
    }
}

/// The kinds of cuts, with shown frames of each clip.
pub(crate) fn cuts(material: &Material) -> Vec<(&'static str, Vec<(u32, u32)>)> {
    let gop = material.spec.gop;
    let border = gop - material.first;
    let middle = border + gop / 2;
    vec![
        ("at key frames", vec![(border, border + 2 * gop)]),
        (
            "one frame off",
            vec![
                (border + 1, border + 2 * gop - 1),
                (border - 1, border + gop + 1),
            ],
        ),
        ("inside a GOP", vec![(border + 4, border + gop - 6)]),
        ("one frame long", vec![(middle, middle + 1)]),
        (
            "50 joints",
            jumps(material.frames(), material.spec.rate.hertz()),
        ),
    ]
}

/// 51 clips from all over `frames`, each long enough for its sound to be told from others.
fn jumps(frames: u32, hertz: f64) -> Vec<(u32, u32)> {
    let length = (hertz * 0.22).ceil() as u32;
    let from = |number: u32| number * 37 % (frames - length);
    let clips = (0..51).map(|number| (from(number), from(number) + length));
    clips.collect()
}

pub(crate) fn clips(parts: &[Part<'_>]) -> Vec<String> {
    let clip = |part: &Part<'_>| {
        let Part { material, from, to } = part;
        let clip = format!("{}@{from}f..{to}f", material.file.display());
        ["--clip".to_owned(), clip]
    };
    parts.iter().flat_map(clip).collect()
}

/// Compiles parts in a way into a file of this name.
pub(crate) fn compiled(parts: &[Part<'_>], way: Way, name: &str) -> Compiled {
    compile_into(name, &Stringout::new(), &clips(parts), &way.arguments())
}

/// What came of many cells.
#[derive(Debug)]
pub(crate) struct Tally {
    what: String,
    begun: Instant,
    judged: u32,
    wrong: Vec<String>,
}

impl Tally {
    pub(crate) fn of(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            begun: Instant::now(),
            judged: 0,
            wrong: Vec::new(),
        }
    }

    /// Judges one more, whatever goes wrong in it.
    pub(crate) fn judge(&mut self, name: &str, judge: impl FnOnce() -> Result<(), String>) {
        let problem = match catch_unwind(AssertUnwindSafe(judge)) {
            Ok(judged) => judged.err(),
            Err(panic) => Some(
                panic
                    .downcast_ref::<String>()
                    .cloned()
                    .unwrap_or_else(|| "panicked".to_owned()),
            ),
        };
        self.judged += 1;
        if let Some(problem) = problem {
            println!("{}, {name}: {problem}", self.what);
            self.wrong.push(format!("{name}: {problem}"));
        }
    }

    /// Every cut of a medium in every way.
    pub(crate) fn cut_in_every_way(&mut self, name: &str, material: &Material) {
        let codec = material.spec.codec;
        let ways = match codec {
            VideoCodec::Hevc => HEVC_WAYS,
            _ => WAYS,
        };
        for (cut, ranges) in cuts(material) {
            let ranges = ranges.into_iter();
            let parts: Vec<Part<'_>> = ranges
                .map(|(from, to)| Part { material, from, to })
                .collect();
            for way in ways {
                let copied = way.copied(codec);
                self.judge(&format!("{name}, {cut}, {way:?}"), || {
                    judge_parts(&parts, copied, &compiled(&parts, way, "out.mp4"))
                });
            }
        }
    }

    /// Says how many there were, and fails with all that is wrong.
    #[track_caller]
    pub(crate) fn end(self) {
        let (judged, seconds) = (self.judged, self.begun.elapsed().as_secs());
        println!("{}: {judged} cells in {seconds} s", self.what);
        assert!(judged > 0, "{}: nothing was judged", self.what);
        assert!(
            self.wrong.is_empty(),
            "{}: {} of {judged} cells are wrong\n\n{}",
            self.what,
            self.wrong.len(),
            self.wrong.join("\n\n")
        );
    }
}
