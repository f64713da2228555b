//! Video and sound of other kinds than what is written: rendered to the frame and in sync.

use tests::media::{AudioCodec, AudioSpec, Container, MediaSpec, VideoCodec};
use tests::stringout::Stringout;

use crate::judge::{compile, compile_with, expect_length};
use crate::material::{Material, reordered};

/// 60 frames out of the middle, whose in point lies inside a GOP, then 17 from the start.
fn is_cut_exactly(spec: &MediaSpec) {
    let material = Material::of(spec.clone());
    let clip = |marks: &str| format!("{}@{marks}", material.file.display());
    let clips = ["--clip", &clip("37f..97f"), "--clip", &clip("0f..17f")].map(str::to_owned);
    let compiled = compile(&clips, &[]);
    assert_eq!(compiled.answer["frames"], 77, "{spec:?}");
    assert_eq!(compiled.answer["verified"], true, "{spec:?}");
    let spans = compiled.spans();
    assert!(
        spans.iter().all(|(kind, _)| kind == "compose"),
        "{spec:?}: {spans:?}"
    );
    let found = compiled.look(&[spec]);
    found.assert_frames(&[(spec.clip, 37..=96), (spec.clip, 0..=16)]);
    found.assert_even_pts(spec.rate);
    found.assert_decodes_cleanly();
    expect_length(&found, 77.0 / spec.rate.hertz()).unwrap();
    if spec.audio.is_some() {
        found.assert_av_sync(10.0);
        found.assert_audio_breaks_only_at_joints();
    }
}

fn coded(clip: u8, codec: VideoCodec, container: Container) -> MediaSpec {
    MediaSpec {
        codec,
        container,
        ..reordered(clip)
    }
}

fn uncompressed() -> Option<AudioSpec> {
    Some(AudioSpec {
        codec: AudioCodec::Pcm,
        ..AudioSpec::default()
    })
}

#[test]
fn av1_and_vp9() {
    is_cut_exactly(&coded(53, VideoCodec::Av1, Container::Mp4));
    is_cut_exactly(&coded(54, VideoCodec::Vp9, Container::Mkv));
}

#[test]
fn mpeg_2() {
    is_cut_exactly(&coded(55, VideoCodec::Mpeg2, Container::Ts));
}

#[test]
fn prores_and_dnxhd_with_uncompressed_sound() {
    for (codec, container) in [
        (VideoCodec::ProRes, Container::Mov),
        (VideoCodec::ProRes, Container::Mkv),
        (VideoCodec::Dnxhd, Container::Mov),
    ] {
        is_cut_exactly(&MediaSpec {
            width: 640,
            height: 360,
            audio: uncompressed(),
            ..coded(56, codec, container)
        });
    }
}

#[test]
fn uncompressed_sound_beside_h264() {
    let material = Material::of(MediaSpec {
        audio: uncompressed(),
        ..coded(57, VideoCodec::H264, Container::Mov)
    });
    let clip = format!("{}@30f..90f", material.file.display());
    let compiled = compile(&["--clip".to_owned(), clip], &[]);
    assert_eq!(compiled.spans(), [("copy".to_owned(), 60)]);
    let found = compiled.look(&[&material.spec]);
    found.assert_frames(&[(57, 30..=89)]);
    found.assert_av_sync(10.0);
    found.assert_no_audio_breaks();
    found.assert_decodes_cleanly();
}

#[test]
fn another_codec_is_brought_to_the_first() {
    let first = Material::of(reordered(58));
    let second = Material::of(MediaSpec {
        width: 640,
        height: 360,
        audio: uncompressed(),
        ..coded(59, VideoCodec::ProRes, Container::Mov)
    });
    let clips = [
        "--clip".to_owned(),
        format!("{}@30f..60f", first.file.display()),
        "--clip".to_owned(),
        format!("{}@11f..41f", second.file.display()),
        "--clip".to_owned(),
        format!("{}@60f..120f", first.file.display()),
    ];
    let compiled = compile(&clips, &[]);
    let kinds = [("copy", 30), ("compose", 30), ("copy", 60)];
    assert_eq!(
        compiled.spans(),
        kinds.map(|(kind, frames)| (kind.to_owned(), frames))
    );
    let found = compiled.look(&[&first.spec, &second.spec]);
    found.assert_frames(&[(58, 30..=59), (59, 11..=40), (58, 60..=119)]);
    found.assert_even_pts(first.spec.rate);
    found.assert_av_sync(10.0);
    found.assert_audio_breaks_only_at_joints();
    found.assert_decodes_cleanly();
}

#[test]
fn other_codecs_are_ingested_and_cut_through_their_flows() {
    let mp4 = Container::Mp4;
    for spec in [
        coded(51, VideoCodec::Hevc, mp4),
        MediaSpec {
            open_gop: true,
            pixels: "yuv420p10le",
            ..coded(52, VideoCodec::Hevc, mp4)
        },
        coded(53, VideoCodec::Av1, mp4),
        MediaSpec {
            width: 640,
            height: 360,
            ..coded(56, VideoCodec::ProRes, Container::Mov)
        },
        MediaSpec {
            width: 640,
            height: 360,
            ..coded(56, VideoCodec::ProRes, Container::Mkv)
        },
    ] {
        let material = Material::of(spec.clone());
        let folder = tempfile::tempdir().unwrap();
        let stringout = Stringout::in_workspace(folder.path());
        let file = material.file.display().to_string();
        let ingested = stringout.json(["ingest", &file, "--segment-duration", "1s"]);
        let flow = ingested["flows"][0]["id"].as_str().unwrap();
        let segments = ingested["flows"][0]["segments"].as_u64().unwrap();
        // Where pictures look across its key frames, the whole file is one segment.
        assert!(
            segments == if spec.open_gop { 1 } else { 4 },
            "{spec:?}: {segments}"
        );
        let clip = format!("flow:{flow}@37f..97f");
        let compiled = compile_with(&stringout, &["--clip".to_owned(), clip], &[]);
        assert_eq!(compiled.answer["verified"], true, "{spec:?}");
        let found = compiled.look(&[&spec]);
        found.assert_frames(&[(spec.clip, 37..=96)]);
        found.assert_even_pts(spec.rate);
        found.assert_av_sync(10.0);
        found.assert_no_audio_breaks();
        found.assert_decodes_cleanly();
    }
}
