//! H.264 at every frame rate, with every GOP structure, with sound of two rates, in every container.

use tests::accuracy::material::{Material, at_rate};
use tests::media::{AudioSpec, Container, MediaSpec};

use crate::cells::Tally;

const RATES: [(u32, u32); 6] = [
    (24_000, 1001),
    (25, 1),
    (30_000, 1001),
    (30, 1),
    (50, 1),
    (60_000, 1001),
];

/// B-frames between others, and whether GOPs are open. Without B-frames there are no open ones.
#[derive(Clone, Copy, Debug)]
enum Gops {
    WithoutBFrames,
    Closed,
    Open,
}

fn judge(container: Container, gops: Gops) {
    let mut tally = Tally::of(format!("{container:?}, {gops:?}"));
    for (clip, (num, den)) in (1..).zip(RATES) {
        for rate in [44_100, 48_000] {
            let material = Material::of(MediaSpec {
                container,
                bframes: if matches!(gops, Gops::WithoutBFrames) {
                    0
                } else {
                    3
                },
                open_gop: matches!(gops, Gops::Open),
                audio: Some(AudioSpec {
                    rate,
                    ..AudioSpec::default()
                }),
                ..at_rate(clip, num, den)
            });
            tally.cut_in_every_way(&format!("{num}/{den}, {rate} Hz"), &material);
        }
    }
    tally.end();
}

#[test]
fn mp4_closed() {
    judge(Container::Mp4, Gops::Closed);
}

#[test]
fn mp4_open() {
    judge(Container::Mp4, Gops::Open);
}

#[test]
fn mp4_without_b_frames() {
    judge(Container::Mp4, Gops::WithoutBFrames);
}

#[test]
fn fragmented_closed() {
    judge(Container::Mp4Fragmented, Gops::Closed);
}

#[test]
fn fragmented_open() {
    judge(Container::Mp4Fragmented, Gops::Open);
}

#[test]
fn fragmented_without_b_frames() {
    judge(Container::Mp4Fragmented, Gops::WithoutBFrames);
}

#[test]
fn transport_stream_closed() {
    judge(Container::Ts, Gops::Closed);
}

#[test]
fn transport_stream_open() {
    judge(Container::Ts, Gops::Open);
}

#[test]
fn transport_stream_without_b_frames() {
    judge(Container::Ts, Gops::WithoutBFrames);
}

#[test]
fn matroska_closed() {
    judge(Container::Mkv, Gops::Closed);
}

#[test]
fn matroska_open() {
    judge(Container::Mkv, Gops::Open);
}

#[test]
fn matroska_without_b_frames() {
    judge(Container::Mkv, Gops::WithoutBFrames);
}

#[test]
fn quicktime_closed() {
    judge(Container::Mov, Gops::Closed);
}

#[test]
fn quicktime_open() {
    judge(Container::Mov, Gops::Open);
}

#[test]
fn quicktime_without_b_frames() {
    judge(Container::Mov, Gops::WithoutBFrames);
}
