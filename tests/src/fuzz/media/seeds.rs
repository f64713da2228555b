//! Small good files of every container, with every kind of track that is read by hand.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use crate::media::remux::{derived, starting_inside_a_gop};
use crate::media::{AudioCodec, AudioSpec, Container, MediaSpec, VideoCodec, generate};

/// MP4 and QuickTime.
pub(super) static ISO: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let camera = generate(&small(Container::Mp4));
    let other = |codec| {
        generate(&MediaSpec {
            codec,
            ..small(Container::Mov)
        })
    };
    read(&[
        generate(&small(Container::Mp4FastStart)),
        starting_inside_a_gop(&camera, 0.3),
        pcm(Container::Mov),
        other(VideoCodec::Hevc),
        other(VideoCodec::ProRes),
        generate(&MediaSpec {
            codec: VideoCodec::Av1,
            ..small(Container::Mp4)
        }),
        derived(&camera, "mov", &[&COPY[..], &TOLD].concat()),
        derived(&camera, "mp4", &sound("ac3")),
        derived(&camera, "mp4", &sound("libmp3lame")),
        derived(&camera, "mp4", &["-map", "0:a", "-c", "copy"]),
        camera,
    ])
});

/// Fragmented MP4.
pub(super) static FRAGMENTED: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let plain = generate(&small(Container::Mp4Fragmented));
    let fragments = [
        &COPY[..],
        &TOLD,
        &["-movflags", "frag_keyframe+default_base_moof+separate_moof"],
    ];
    let hevc = MediaSpec {
        codec: VideoCodec::Hevc,
        ..small(Container::Mp4Fragmented)
    };
    read(&[
        derived(&plain, "mp4", &fragments.concat()),
        generate(&hevc),
        plain,
    ])
});

/// Matroska.
pub(super) static MATROSKA: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let plain = generate(&small(Container::Mkv));
    let other = |codec| {
        generate(&MediaSpec {
            codec,
            ..small(Container::Mkv)
        })
    };
    read(&[
        pcm(Container::Mkv),
        other(VideoCodec::Hevc),
        other(VideoCodec::Vp9),
        derived(&plain, "mkv", &[&COPY[..], &TOLD].concat()),
        derived(&plain, "mkv", &sound("libmp3lame")),
        derived(&plain, "mkv", &sound("ac3")),
        plain,
    ])
});

/// Transport streams.
pub(super) static TRANSPORT: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let plain = generate(&small(Container::Ts));
    let other = |codec| {
        generate(&MediaSpec {
            codec,
            ..small(Container::Ts)
        })
    };
    read(&[
        other(VideoCodec::Hevc),
        other(VideoCodec::Mpeg2),
        derived(&plain, "ts", &[&COPY[..], &TOLD].concat()),
        derived(&plain, "ts", &sound("mp2")),
        derived(&plain, "ts", &sound("libmp3lame")),
        derived(&plain, "ts", &sound("ac3")),
        derived(
            &plain,
            "ts",
            &[&COPY[..], &["-mpegts_m2ts_mode", "1"]].concat(),
        ),
        plain,
    ])
});

const COPY: [&str; 4] = ["-map", "0", "-c", "copy"];

/// A timecode and a language.
const TOLD: [&str; 4] = [
    "-timecode",
    "01:00:00:00",
    "-metadata:s:a:0",
    "language=deu",
];

/// 24 frames in three GOPs with B-frames.
fn small(container: Container) -> MediaSpec {
    MediaSpec {
        width: 320,
        height: 180,
        frames: 24,
        gop: 8,
        bframes: 2,
        quality: 40,
        container,
        ..MediaSpec::small(7)
    }
}

fn pcm(container: Container) -> PathBuf {
    let audio = Some(AudioSpec {
        rate: 8_000,
        channels: 1,
        codec: AudioCodec::Pcm,
        starts_ms: 0,
    });
    generate(&MediaSpec {
        audio,
        ..small(container)
    })
}

fn sound(codec: &'static str) -> [&'static str; 6] {
    ["-map", "0", "-c:v", "copy", "-c:a", codec]
}

fn read(files: &[PathBuf]) -> Vec<Vec<u8>> {
    let read = |file| fs::read(file).expect("generated media can be read");
    files.iter().map(read).collect()
}
