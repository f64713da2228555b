//! HEVC: whole GOPs copied, open ones too, what cuts break encoded in between; and where there is no encoder
//! of HEVC, all of it rendered.

use std::collections::BTreeSet;

use tests::check;
use tests::media::{Container, MediaSpec, VideoCodec, remux};
use tests::stringout::Stringout;
use tests::tool::{run, tool};

use crate::cuts::{Cut, Mark, every_way};
use crate::judge::{Compiled, Copied, Part, compile, compile_into, judge_all, judge_parts};
use crate::material::{Material, reordered};
use crate::pictures::picture_hashes_of;
use crate::splices::assert_good_and_small;

fn spec(clip: u8, open_gop: bool) -> MediaSpec {
    MediaSpec {
        codec: VideoCodec::Hevc,
        open_gop,
        ..reordered(clip)
    }
}

fn material(clip: u8, open_gop: bool, container: Container) -> Material {
    Material::of(MediaSpec {
        container,
        ..spec(clip, open_gop)
    })
}

/// Frames 7 to 100 of four GOPs of 30.
fn middle(material: &Material) -> Cut {
    let mut cut = every_way(material).remove(0);
    cut.clips = vec![(Mark::Frame(7), Mark::Frame(101))];
    cut
}

fn compiled(material: &Material, cut: &Cut, more: &[&str]) -> Compiled {
    compile(&cut.arguments(&material.file.display().to_string()), more)
}

#[test]
fn closed_gops_are_cut_in_every_way() {
    let material = material(51, false, Container::Mp4);
    judge_all(&material, &every_way(&material));
}

#[test]
fn open_gops_are_cut_in_every_way() {
    let material = material(52, true, Container::Ts);
    judge_all(&material, &every_way(&material));
}

#[test]
fn ten_bits_stay_ten_bits() {
    let material = Material::of(MediaSpec {
        pixels: "yuv420p10le",
        ..spec(52, true)
    });
    let made = compiled(&material, &middle(&material), &[]);
    let kinds: Vec<_> = made.spans().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["encode", "copy", "encode"]);
    assert_eq!(made.answer["issues"], serde_json::json!([]));
    let found = made.look(&[&material.spec]);
    found.assert_frames(&[(52, 7..=100)]);
    found.assert_even_pts(material.spec.rate);
    found.assert_decodes_cleanly();
    assert_eq!(
        check::pixel_formats(&made.out),
        BTreeSet::from(["yuv420p10le".to_owned()])
    );
}

#[test]
fn every_container_takes_it() {
    for (clip, container) in [(53, Container::Mp4Fragmented), (54, Container::Mkv)] {
        let material = material(clip, true, container);
        for name in ["out.mp4", "out.mov", "out.mkv", "out.ts"] {
            let cut = middle(&material).arguments(&material.file.display().to_string());
            let made = compile_into(name, &Stringout::new(), &cut, &[]);
            let part = Part {
                material: &material,
                from: 7,
                to: 101,
            };
            let judged = judge_parts(&[part], Copied::WholeGops, &made);
            judged.unwrap_or_else(|wrong| panic!("{container:?}, {name}: {wrong}"));
            // What came out can be cut again.
            let again = format!("{}@20f..60f", made.out.display());
            let again = compile(&["--clip".to_owned(), again], &[]);
            let found = again.look(&[&material.spec]);
            found.assert_frames(&[(clip, 27..=66)]);
            found.assert_decodes_cleanly();
        }
    }
}

/// Segments of a live recording: each begins with pictures that look into the one before. Those of H.264 have
/// no parameter sets but in front of the first, as ffmpeg cuts them.
#[test]
fn segments_of_open_gops_are_one_source() {
    let h264 = Material::of(MediaSpec {
        open_gop: true,
        ..reordered(55)
    });
    for whole in [material(55, true, Container::Mp4), h264] {
        segments_are_one_source(&whole);
    }
}

fn segments_are_one_source(whole: &Material) {
    let codec = whole.spec.codec;
    let segments = remux::ts_segments(&whole.file, 1.0);
    assert_eq!(segments.len(), 4);
    let clips: Vec<String> = segments
        .iter()
        .flat_map(|segment| ["--clip".to_owned(), segment.display().to_string()])
        .collect();
    let made = compile(&clips, &["--mode", "copy"]);
    assert_eq!(made.spans(), [("copy".to_owned(), 120)]);
    let none = std::collections::BTreeSet::new();
    assert_eq!(
        picture_hashes_of(&made.out, codec, &none),
        picture_hashes_of(&whole.file, codec, &none)
    );
    let found = made.look(&[&whole.spec]);
    found.assert_frames(&[(55, 0..=119)]);
    found.assert_decodes_cleanly();
    found.assert_av_sync(10.0);
    found.assert_no_audio_breaks();
    if codec == VideoCodec::H264 {
        let alone = segments[2].display().to_string();
        let refused = Stringout::new().run(["plan", "--clip", &alone, "--json"]);
        refused.expect_code(3);
        assert_eq!(refused.document()["error"]["code"], "no_parameter_sets");
        // Those of what it does not continue are not its own.
        let first = segments[0].display().to_string();
        let refused = Stringout::new().run(["plan", "--clip", &first, "--clip", &alone, "--json"]);
        refused.expect_code(3);
        assert_eq!(refused.document()["error"]["code"], "no_parameter_sets");
        // Of those behind the first a part is encoded, from what is in them.
        let parts = [
            "--clip".to_owned(),
            format!("{}@0f..20f", segments[0].display()),
            "--clip".to_owned(),
            format!("{}@4f..20f", segments[1].display()),
        ];
        let made = compile(&parts, &[]);
        let kinds = ["copy", "encode", "encode"].map(str::to_owned);
        assert_eq!(
            made.spans(),
            kinds.into_iter().zip([17, 3, 16]).collect::<Vec<_>>()
        );
    }
}

#[test]
fn without_an_encoder_of_hevc_it_is_copied_or_rendered() {
    let material = material(56, false, Container::Mp4);
    let mut cut = middle(&material);
    let made = compiled(&material, &cut, &["--encoder", "x264enc"]);
    assert_eq!(made.spans(), [("compose".to_owned(), 94)]);
    let told = made.answer["issues"].to_string();
    assert!(told.contains("rendered to H.264"), "{told}");
    made.look(&[&material.spec]).assert_frames(&[(56, 7..=100)]);
    cut.clips = vec![(Mark::Frame(30), Mark::Frame(90))];
    let made = compiled(&material, &cut, &["--encoder", "x264enc"]);
    assert_eq!(made.spans(), [("copy".to_owned(), 60)]);
    // And the other way round.
    let h264 = Material::of(reordered(57));
    let made = compiled(&h264, &middle(&h264), &["--encoder", "x265enc"]);
    assert_eq!(made.spans(), [("compose".to_owned(), 94)]);
    assert_eq!(made.look(&[&h264.spec]).stream("video").codec, "hevc");
}

/// What an encoder leaves undefined must not get into a file.
#[test]
fn the_same_edit_gives_the_same_bytes() {
    let material = material(60, true, Container::Mp4);
    let cut = Cut {
        name: "three parts",
        clips: vec![
            (Mark::Frame(50), Mark::Frame(101)),
            (Mark::Frame(9), Mark::Frame(30)),
            (Mark::Frame(3), Mark::Frame(64)),
        ],
    };
    let bytes = |_| compiled(&material, &cut, &[]).answer["sha256"].clone();
    let made: Vec<_> = (0..4).map(bytes).collect();
    assert!(made.iter().all(|sha256| *sha256 == made[0]), "{made:?}");
}

/// Clips of ten bits in HDR, of eight bits, and with delimiters, in one output of each container.
#[test]
fn clips_of_other_kinds_stand_beside_copies() {
    let folder = tempfile::tempdir().unwrap();
    let plain = Material::of(spec(61, false));
    let ten = Material::of(MediaSpec {
        pixels: "yuv420p10le",
        ..spec(62, true)
    });
    let hdr = folder.path().join("hdr.mp4");
    let delimited = folder.path().join("delimited.mp4");
    for (source, filter, to) in [
        (
            &ten,
            "hevc_metadata=colour_primaries=9:transfer_characteristics=16:matrix_coefficients=9",
            &hdr,
        ),
        (&plain, "hevc_metadata=aud=insert", &delimited),
    ] {
        let mut ffmpeg = tool("ffmpeg", ["-nostdin", "-v", "error", "-i"]);
        ffmpeg.arg(&source.file);
        ffmpeg
            .args(["-c", "copy", "-tag:v", "hvc1", "-bsf:v", filter])
            .arg(to);
        run(&mut ffmpeg);
    }
    let clip = |file: &std::path::Path, marks: &str| {
        ["--clip".to_owned(), format!("{}@{marks}", file.display())]
    };
    let clips = [clip(&hdr, "10f..95f"), clip(&delimited, "10f..45f")].concat();
    for name in ["out.mp4", "out.ts"] {
        let made = compile_into(name, &Stringout::new(), &clips, &[]);
        let found = made.look(&[&ten.spec, &plain.spec]);
        found.assert_frames(&[(62, 10..=94), (61, 10..=44)]);
        found.assert_decodes_cleanly();
        assert_eq!(made.report["plan"]["format"]["bit_depth"], 10);
        let spans = made.report["spans"].as_array().unwrap();
        let looked_at = spans[0]["signatures"].as_array().unwrap();
        assert!(looked_at.len() >= 10, "ten bits are compared as well");
        let copied = compile_into(name, &Stringout::new(), &clip(&delimited, "0f..60f"), &[]);
        assert_eq!(copied.spans(), [("copy".to_owned(), 60)]);
    }
}

#[test]
fn a_player_with_one_set_gets_one() {
    let material = material(58, true, Container::Mp4);
    let made = compiled(&material, &middle(&material), &["--compat", "single"]);
    let kinds: Vec<_> = made.spans().into_iter().map(|(kind, _)| kind).collect();
    assert!(kinds.iter().all(|kind| kind != "copy"), "{kinds:?}");
    made.look(&[&material.spec]).assert_frames(&[(58, 7..=100)]);
}

/// Another decoder than libav shows as many pictures.
#[test]
fn libde265_decodes_what_was_spliced() {
    let material = material(59, true, Container::Mp4);
    let made = compiled(&material, &middle(&material), &[]);
    let mut launch = tool("gst-launch-1.0", ["-q", "filesrc"]);
    launch.arg(format!("location={}", made.out.display()));
    launch.args(
        "! qtdemux name=d d.video_0 ! h265parse ! libde265dec ! videoconvert ! video/x-raw,format=I420 \
         ! filesink location=/dev/stdout"
            .split_whitespace(),
    );
    let pictures = run(&mut launch).len() / (320 * 180 * 3 / 2);
    assert_eq!(pictures, 94);
}

#[test]
fn encoded_parts_are_as_good_as_the_source_and_little_bigger() {
    let material = material(11, false, Container::Mp4);
    let made = compiled(&material, &middle(&material), &[]);
    // 1.43 in front, and a picture for itself among the two at the end.
    assert_good_and_small(&material, &made, 1.6);
}
