//! Encoded parts between copies, by each encoder: exact, as good as the source, and nothing that a decoder
//! of the copies would have to change for.

use std::collections::BTreeSet;
use std::path::Path;

use tests::check;
use tests::media::MediaSpec;
use tests::stringout::Stringout;
use tests::tool::{output, run, tool};

use crate::cuts::{Cut, Mark, every_way};
use crate::judge::{Compiled, compile, compile_into, judge_compiled};
use crate::material::{Material, reordered, small};

const ENCODERS: [&str; 2] = ["x264enc", "openh264enc"];

fn compiled(material: &Material, cut: &Cut, more: &[&str]) -> Compiled {
    compile(&cut.arguments(&material.file.display().to_string()), more)
}

#[test]
fn openh264_splices_every_cut() {
    for material in [Material::of(reordered(61)), Material::of(small(62))] {
        for cut in every_way(&material) {
            let spliced = compiled(&material, &cut, &["--encoder", "openh264enc"]);
            let judged = judge_compiled(&material, &cut, &spliced);
            judged.unwrap_or_else(|wrong| panic!("{cut:?}: {wrong}"));
        }
    }
}

#[test]
fn a_transport_stream_and_matroska_carry_both_sets() {
    let material = Material::of(reordered(63));
    let mut cut = every_way(&material).remove(0);
    cut.clips = vec![(Mark::Frame(7), Mark::Frame(101))];
    for format in ["ts", "mkv", "mov"] {
        for encoder in ENCODERS {
            let more = ["--encoder", encoder, "--format", format];
            let spliced = compiled(&material, &cut, &more);
            let kinds: Vec<_> = spliced.spans().into_iter().map(|(kind, _)| kind).collect();
            assert_eq!(kinds, ["encode", "copy", "encode"]);
            assert_eq!(spliced.answer["verified"], true);
            let found = spliced.look(&[&material.spec]);
            found.assert_frames(&[(63, 7..=100)]);
            found.assert_even_pts(material.spec.rate);
            found.assert_decodes_cleanly();
            found.assert_av_sync(10.0);
        }
    }
}

/// Frames 7–100 of four GOPs of 30: 23 encoded, 69 copied, 2 encoded.
#[test]
fn encoded_parts_are_as_good_as_the_source_and_little_bigger() {
    let material = Material::of(reordered(11));
    let mut cut = every_way(&material).remove(0);
    cut.clips = vec![(Mark::Frame(7), Mark::Frame(101))];
    for encoder in ENCODERS {
        let spliced = compiled(&material, &cut, &["--encoder", encoder]);
        // Noise is the hardest there is to encode. openh264 needs half as many bytes again for the
        // same picture.
        let most = match encoder {
            "x264enc" => 1.5,
            _ => 2.8,
        };
        assert_good_and_small(&material, &spliced, most);
    }
}

/// Of frames 7–100 of four GOPs of 30, the encoded parts at both ends are within 40 dB of their source, and at
/// `most` times its bytes together: the few at the end begin with a picture that refers to nothing.
#[track_caller]
pub(crate) fn assert_good_and_small(material: &Material, spliced: &Compiled, most: f64) {
    let mut sizes: Vec<_> = check::packets(&material.file, "v:0")
        .iter()
        .map(|p| (p.pts, p.size))
        .collect();
    sizes.sort_unstable();
    let spans = spliced.report["spans"].as_array().unwrap();
    let encoder = &spliced.answer["encoder"];
    assert_eq!(spans.len(), 3);
    let (mut bytes, mut of_source) = (0, 0);
    for span in [&spans[0], &spans[2]] {
        let number = |name: &str| u32::try_from(span[name].as_u64().unwrap()).unwrap();
        let (first, frames) = (number("first_frame"), number("frames"));
        assert!((1..=27).contains(&number("quantiser")), "{span}");
        let noise = check::psnr(&spliced.out, first, &material.file, first + 7, frames)
            .into_iter()
            .map(|found| 10_f64.powf(-found / 10.0))
            .sum::<f64>();
        let psnr = -10.0 * (noise / f64::from(frames)).log10();
        let source = &sizes[(first + 7) as usize..(first + 7 + frames) as usize];
        let source: u64 = source.iter().map(|(_, size)| size).sum();
        bytes += u64::from(number("bytes"));
        of_source += source;
        println!("{encoder}: {frames} frames, {psnr:.1} dB");
        assert!(psnr >= 40.0, "{encoder}: {psnr} dB");
    }
    let ratio = bytes as f64 / of_source as f64;
    println!("{encoder}: {ratio:.2} × the source");
    assert!(ratio <= most, "{encoder}: {ratio} times the source's bytes");
}

/// Pictures of more bits or colour than most encoders make: those of cameras (XAVC L, AVC-Intra's long GOPs).
#[test]
fn fine_pictures_stay_as_fine() {
    for (clip, pixels) in [(12, "yuv420p10le"), (13, "yuv422p10le"), (14, "yuv422p")] {
        let material = Material::of(MediaSpec {
            pixels,
            profile: "",
            ..reordered(clip)
        });
        for cut in every_way(&material) {
            let spliced = compiled(&material, &cut, &[]);
            let judged = judge_compiled(&material, &cut, &spliced);
            judged.unwrap_or_else(|wrong| panic!("{pixels}, {cut:?}: {wrong}"));
        }
        let mut cut = every_way(&material).remove(0);
        cut.clips = vec![(Mark::Frame(7), Mark::Frame(101))];
        let spliced = compiled(&material, &cut, &[]);
        assert_eq!(spliced.answer["issues"], serde_json::json!([]));
        assert_good_and_small(&material, &spliced, 1.5);
        for name in ["out.mp4", "out.mkv", "out.ts"] {
            let arguments = cut.arguments(&material.file.display().to_string());
            let spliced = compile_into(name, &Stringout::new(), &arguments, &[]);
            let found = spliced.look(&[&material.spec]);
            found.assert_frames(&[(clip, 7..=100)]);
            found.assert_decodes_cleanly();
            let formats = check::pixel_formats(&spliced.out);
            assert_eq!(formats, BTreeSet::from([pixels.to_owned()]));
        }
        // What can't make such has everything rendered, and says so.
        let rendered = compiled(&material, &cut, &["--encoder", "openh264enc"]);
        let told = rendered.answer["issues"].to_string();
        assert!(told.contains("rendered to 8 bit 4:2:0"), "{told}");
        assert_eq!(
            check::pixel_formats(&rendered.out),
            BTreeSet::from(["yuv420p".to_owned()])
        );
    }
}

/// What can't be spliced itself may stand beside copies of another kind.
#[test]
fn full_colour_stands_beside_fine_copies() {
    let fine = |clip, pixels| {
        Material::of(MediaSpec {
            pixels,
            profile: "",
            ..reordered(clip)
        })
    };
    let (copied, full) = (fine(13, "yuv422p10le"), fine(15, "yuv444p"));
    let clips = [
        "--clip".to_owned(),
        format!("{}@0f..60f", copied.file.display()),
        "--clip".to_owned(),
        format!("{}@13f..40f", full.file.display()),
    ];
    let made = compile(&clips, &[]);
    let spans = [("copy", 60), ("encode", 27)].map(|(kind, frames)| (kind.to_owned(), frames));
    assert_eq!(made.spans(), spans);
    let found = made.look(&[&copied.spec, &full.spec]);
    found.assert_frames(&[(13, 0..=59), (15, 13..=39)]);
    found.assert_decodes_cleanly();
    let formats = check::pixel_formats(&made.out);
    assert_eq!(formats, BTreeSet::from(["yuv422p10le".to_owned()]));
}

/// What sequence parameter sets say of a decoder, set by set.
fn demands(file: &Path) -> Vec<Vec<String>> {
    let mut ffmpeg = tool("ffmpeg", ["-nostdin", "-v", "trace", "-i"]);
    ffmpeg.arg(file);
    ffmpeg.args("-map 0:v -c copy -bsf:v trace_headers -f null -".split(' '));
    let told = output(&mut ffmpeg).stderr;
    let told = String::from_utf8_lossy(&told);
    let names = [
        "profile_idc",
        "level_idc",
        "max_num_ref_frames",
        "max_num_reorder_frames",
        "max_dec_frame_buffering",
        "num_units_in_tick",
        "time_scale",
        "video_full_range_flag",
        "colour_primaries",
    ];
    let mut sets: Vec<Vec<String>> = Vec::new();
    for line in told.lines() {
        if line.contains("] Sequence Parameter Set") {
            sets.push(Vec::new());
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let name = words.iter().find(|word| names.contains(word));
        if let (Some(name), Some(set)) = (name, sets.last_mut()) {
            set.push(format!("{name} {}", words[words.len() - 1]));
        }
    }
    sets
}

#[test]
fn the_sets_ask_the_same_of_a_decoder() {
    let material = Material::of(reordered(12));
    let mut cut = every_way(&material).remove(0);
    cut.clips = vec![(Mark::Frame(7), Mark::Frame(101))];
    for encoder in ENCODERS {
        let spliced = compiled(&material, &cut, &["--encoder", encoder]);
        let sets = demands(&spliced.out);
        assert!(sets.len() >= 2, "{encoder}: {sets:?}");
        assert!(sets[0].len() >= 7, "{sets:?}");
        assert!(
            sets.iter().all(|set| *set == sets[0]),
            "{encoder}: {sets:?}"
        );
    }
}

/// 50 frames of 320×180 by x264 with these options.
fn by_x264(folder: &Path, name: &str, options: &str) -> String {
    let out = folder.join(name);
    let mut ffmpeg = tool("ffmpeg", ["-nostdin", "-v", "error", "-f", "lavfi", "-i"]);
    ffmpeg
        .arg("testsrc2=s=320x180:r=25:d=2")
        .args("-pix_fmt yuv420p -c:v libx264".split(' '));
    run(ffmpeg.args(options.split(' ')).arg(&out));
    out.display().to_string()
}

#[test]
fn copies_without_references_stand_beside_key_frames() {
    let folder = tempfile::tempdir().unwrap();
    let intra = by_x264(folder.path(), "intra.mp4", "-g 1");
    let other = by_x264(folder.path(), "other.mp4", "-g 25 -bf 2");
    let clips = [
        "--clip",
        &format!("{intra}@7f..40f"),
        "--clip",
        &format!("{other}@3f..20f"),
    ];
    for encoder in ENCODERS {
        let spliced = compile(&clips.map(str::to_owned), &["--encoder", encoder]);
        assert_eq!(spliced.spans()[0], ("copy".to_owned(), 33));
        assert_eq!(
            (&spliced.answer["verified"], &spliced.answer["frames"]),
            (&true.into(), &50.into())
        );
        let sets = demands(&spliced.out);
        assert!(
            sets.iter().all(|set| *set == sets[0]),
            "{encoder}: {sets:?}"
        );
        let keys = check::packets(&spliced.out, "v:0")
            .iter()
            .filter(|packet| packet.key)
            .count();
        assert_eq!(keys, 50);
    }
}

#[test]
fn lossless_pictures_are_rendered_whole() {
    let folder = tempfile::tempdir().unwrap();
    let lossless = by_x264(folder.path(), "lossless.mp4", "-g 10 -bf 2 -qp 0");
    let clips = ["--clip".to_owned(), format!("{lossless}@7f..40f")];
    let rendered = compile(&clips, &[]);
    let kinds: Vec<_> = rendered.spans().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["encode"]);
    let psnr = check::psnr(&rendered.out, 0, Path::new(&lossless), 7, 33);
    assert!(psnr.iter().all(|psnr| *psnr > 38.0), "{psnr:?}");
    let copied = compile(&["--clip".to_owned(), format!("{lossless}@10f..40f")], &[]);
    assert_eq!(copied.spans(), [("copy".to_owned(), 30)]);
}
