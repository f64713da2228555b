//! What plays at the same time: dissolves, fades, picture tracks on one another, tracks of sound.
//!
//! Every pixel of the output is compared with the mix of the takes' own, as ffmpeg decodes both, and
//! the loudness of each take's tone is measured.

use std::f64::consts::PI;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::stringout::Stringout;
use tests::tool::{run, tool};

const WIDTH: usize = 320;
const HEIGHT: usize = 180;
const SAMPLES: usize = 48_000;
const TONES: [f64; 2] = [440.0, 1000.0];

/// Two takes of a hundred frames, each with a tone of its own, and room for edits beside them.
struct Takes {
    folder: tempfile::TempDir,
    pictures: [Vec<Vec<u8>>; 2],
}

impl Takes {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sources = [
            "testsrc2=s=320x180:r=25:d=4",
            "smptebars=s=320x180:r=25:d=4,hue=h=t*60",
        ];
        for (number, source) in sources.iter().enumerate() {
            let tone = format!("sine=f={}:r=48000:d=4", TONES[number]);
            let out = folder.path().join(format!("{number}.mp4"));
            let mut ffmpeg = tool("ffmpeg", ["-nostdin", "-v", "error", "-f", "lavfi", "-i"]);
            ffmpeg.args([source, "-f", "lavfi", "-i", &tone]);
            ffmpeg.args("-c:v libx264 -g 25 -bf 2 -crf 10 -pix_fmt yuv420p".split(' '));
            run(ffmpeg.args(["-c:a", "aac", "-ac", "2"]).arg(&out));
        }
        let pictures = ["0.mp4", "1.mp4"].map(|name| pictures(&folder.path().join(name)));
        Self { folder, pictures }
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out.mp4")
    }

    fn compile(&self, body: &str, more: &[&str]) -> Value {
        let edit = self.folder.path().join("edit.otio");
        crate::write(&edit, "25", &format!("{HELP}{body}"));
        let (edit, out) = (edit.display().to_string(), self.out().display().to_string());
        let mut args = vec!["compile", &edit, "--out", &out, "--overwrite"];
        args.extend(more);
        let done = Stringout::new().json(args);
        assert_eq!(done["verified"], true);
        done
    }

    /// The picture of a take, black where there is none; behind its ends the nearest.
    fn picture(&self, take: Option<usize>, frame: i64) -> Vec<u8> {
        let Some(take) = take else {
            let mut black = vec![16; WIDTH * HEIGHT];
            black.resize(WIDTH * HEIGHT * 3 / 2, 128);
            return black;
        };
        let frame = usize::try_from(frame.clamp(0, 99)).unwrap();
        self.pictures[take][frame].clone()
    }

    /// Expects these pictures: per frame what goes, what comes, and how much of that.
    #[track_caller]
    fn assert_pictures(&self, wanted: &[Wanted]) {
        self.assert_pictures_to(wanted, 40.0);
    }

    /// The same, as good as so many decibels.
    #[track_caller]
    fn assert_pictures_to(&self, wanted: &[Wanted], limit: f64) {
        let found = pictures(&self.out());
        assert_eq!(found.len(), wanted.len());
        for (number, (found, wanted)) in found.iter().zip(wanted).enumerate() {
            let (out, into) = (
                self.picture(wanted.out.0, wanted.out.1),
                self.picture(wanted.into.0, wanted.into.1),
            );
            let mut error = 0.0;
            for ((found, out), into) in found.iter().zip(&out).zip(&into) {
                let mixed =
                    f64::from(*out) * (1.0 - wanted.share) + f64::from(*into) * wanted.share;
                error += (f64::from(*found) - mixed).powi(2);
            }
            let psnr = 10.0 * (255.0 * 255.0 * found.len() as f64 / error.max(1e-9)).log10();
            assert!(
                psnr >= limit,
                "frame {number}: {psnr:.1} dB from {wanted:?}"
            );
        }
    }

    /// Expects the tones at times: seconds, and how loud each is, of what it is in its take.
    #[track_caller]
    fn assert_tones(&self, wanted: &[(f64, [f64; 2])]) {
        let whole = samples(&self.folder.path().join("0.mp4"));
        let full = amplitude(&whole[SAMPLES..SAMPLES + 4800], TONES[0]);
        let found = samples(&self.out());
        for (at, levels) in wanted {
            // A fiftieth of a second, in the middle of which the time lies.
            let begin = (at * SAMPLES as f64) as usize - 480;
            let piece = &found[begin..begin + 960];
            for (tone, level) in TONES.iter().zip(levels) {
                let heard = amplitude(piece, *tone) / full;
                assert!(
                    (heard - level).abs() < 0.06,
                    "{tone} Hz at {at} s: {heard:.3}, {level:.3} expected"
                );
            }
        }
    }
}

/// How loud a tone is.
fn amplitude(samples: &[f32], tone: f64) -> f64 {
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (number, sample) in samples.iter().enumerate() {
        let angle = 2.0 * PI * tone * number as f64 / SAMPLES as f64;
        real += f64::from(*sample) * angle.cos();
        imaginary += f64::from(*sample) * angle.sin();
    }
    2.0 * real.hypot(imaginary) / samples.len() as f64
}

/// What edits are written with: takes by number, fades in frames.
const HELP: &str = "def take(n, first, frames): return clip(str(n), f'{n}.mp4', first, frames, start=0, have=100)\n\
                    def fade(before, behind): return otio.schema.Transition(in_offset=rt(before), \
                    out_offset=rt(behind), transition_type='SMPTE_Dissolve')\n\
                    def gap(frames): return otio.schema.Gap(duration=rt(frames))\n\
                    def more(kind, *items):\n\
                    \x20   new = otio.schema.Track(kind=kind)\n\
                    \x20   new.extend(items)\n\
                    \x20   timeline.tracks.append(new)\n";

#[derive(Clone, Copy, Debug)]
struct Wanted {
    out: (Option<usize>, i64),
    into: (Option<usize>, i64),
    share: f64,
}

/// Frames of a take from one on.
fn plain(take: Option<usize>, first: i64, frames: i64) -> impl Iterator<Item = Wanted> {
    (first..first + frames).map(move |frame| Wanted {
        out: (take, frame),
        into: (take, frame),
        share: 0.0,
    })
}

/// Frames in which one take turns into another.
fn mixed(
    out: (Option<usize>, i64),
    into: (Option<usize>, i64),
    frames: i64,
) -> impl Iterator<Item = Wanted> {
    (0..frames).map(move |k| Wanted {
        out: (out.0, out.1 + k),
        into: (into.0, into.1 + k),
        share: (k + 1) as f64 / (frames + 1) as f64,
    })
}

fn pictures(file: &Path) -> Vec<Vec<u8>> {
    let mut ffmpeg = tool("ffmpeg", ["-nostdin", "-v", "error", "-i"]);
    ffmpeg.arg(file);
    ffmpeg.args("-f rawvideo -pix_fmt yuv420p -fps_mode passthrough -".split(' '));
    let bytes = ffmpeg.output().unwrap().stdout;
    let chunks = bytes.chunks_exact(WIDTH * HEIGHT * 3 / 2);
    chunks.map(<[u8]>::to_vec).collect()
}

fn samples(file: &Path) -> Vec<f32> {
    let mut ffmpeg = tool("ffmpeg", ["-nostdin", "-v", "error", "-i"]);
    ffmpeg.arg(file);
    ffmpeg.args("-f f32le -ac 1 -ar 48000 -".split(' '));
    let bytes = ffmpeg.output().unwrap().stdout;
    let chunks = bytes.chunks_exact(4);
    chunks
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect()
}

/// How loud the two sides of a cross-fade of constant power are.
fn crossing(way: f64) -> [f64; 2] {
    [(way * PI / 2.0).cos(), (way * PI / 2.0).sin()]
}

#[test]
fn a_dissolve_is_the_mix_of_both_sides() {
    let takes = Takes::make();
    let done = takes.compile(
        "track.extend([take(0, 0, 60), fade(6, 6), take(1, 30, 50)])\n",
        &[],
    );
    assert_eq!(done["copied_frames"], 54 + 29);
    let wanted = plain(Some(0), 0, 54)
        .chain(mixed((Some(0), 54), (Some(1), 24), 12))
        .chain(plain(Some(1), 36, 44));
    takes.assert_pictures(&wanted.collect::<Vec<_>>());
    takes.assert_tones(&[
        (2.1, [1.0, 0.0]),
        (2.16 + 0.12, crossing(0.25)),
        (2.4, crossing(0.5)),
        (2.16 + 0.36, crossing(0.75)),
        (2.7, [0.0, 1.0]),
    ]);
}

#[test]
fn fades_come_out_of_black_and_go_into_it() {
    let takes = Takes::make();
    takes.compile(
        "track.extend([fade(0, 10), take(0, 0, 60), fade(5, 5), gap(20), fade(4, 4), \
         take(1, 30, 50), fade(12, 0)])\n",
        &["--encoder", "openh264enc"],
    );
    let wanted = mixed((None, 0), (Some(0), 0), 10)
        .chain(plain(Some(0), 10, 45))
        .chain(mixed((Some(0), 55), (None, 0), 10))
        .chain(plain(None, 0, 11))
        .chain(mixed((None, 0), (Some(1), 26), 8))
        .chain(plain(Some(1), 34, 34))
        .chain(mixed((Some(1), 68), (None, 0), 12));
    // OpenH264 has one quantiser for all: a little coarser than the takes'.
    takes.assert_pictures_to(&wanted.collect::<Vec<_>>(), 38.0);
    takes.assert_tones(&[
        (0.2, [crossing(0.5)[1], 0.0]),
        (1.0, [1.0, 0.0]),
        (2.4, [crossing(0.5)[0], 0.0]),
        (2.8, [0.0, 0.0]),
        (3.2, [0.0, crossing(0.5)[1]]),
        (4.0, [0.0, 1.0]),
        (4.96, [0.0, crossing(0.5)[0]]),
    ]);
}

#[test]
fn a_take_that_ends_too_early_stands() {
    let takes = Takes::make();
    let done = takes.compile(
        "track.extend([take(0, 30, 70), fade(6, 6), take(1, 2, 50)])\n",
        &[],
    );
    let said = done["issues"].to_string();
    assert!(
        said.contains("6 frames too few") && said.contains("4 frames too few"),
        "{said}"
    );
    let wanted = plain(Some(0), 30, 64)
        .chain(mixed((Some(0), 94), (Some(1), -4), 12))
        .chain(plain(Some(1), 8, 44));
    takes.assert_pictures(&wanted.collect::<Vec<_>>());
}

#[test]
fn a_track_lies_on_the_one_below() {
    let takes = Takes::make();
    takes.compile(
        "track.append(take(0, 0, 100))\n\
         more('Video', gap(30), fade(3, 3), take(1, 30, 30), fade(3, 3), gap(5))\n",
        &["--mode", "render"],
    );
    let wanted = plain(Some(0), 0, 27)
        .chain(mixed((Some(0), 27), (Some(1), 27), 6))
        .chain(plain(Some(1), 33, 24))
        .chain(mixed((Some(1), 57), (Some(0), 57), 6))
        .chain(plain(Some(0), 63, 37));
    takes.assert_pictures(&wanted.collect::<Vec<_>>());
    // The pictures below are hidden, their sound is not.
    takes.assert_tones(&[(0.8, [1.0, 0.0]), (1.8, [1.0, 1.0]), (3.0, [1.0, 0.0])]);
}

#[test]
fn sound_has_tracks_of_its_own() {
    let takes = Takes::make();
    let done = takes.compile(
        "track.extend([take(0, 0, 50), take(1, 20, 50)])\n\
         more('Audio', take(0, 0, 40), take(1, 10, 60))\n\
         more('Audio', gap(20), take(1, 0, 30))\n",
        &[],
    );
    assert_eq!(done["copied_frames"], 50 + 25 + 19);
    let wanted = plain(Some(0), 0, 50).chain(plain(Some(1), 20, 50));
    takes.assert_pictures(&wanted.collect::<Vec<_>>());
    takes.assert_tones(&[
        (0.4, [1.0, 0.0]),
        (1.2, [1.0, 1.0]),
        (2.2, [0.0, 1.0]),
        (3.9, [0.0, 1.0]),
    ]);
}
