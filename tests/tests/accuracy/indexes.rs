//! What is read of a file is what ffprobe reads of it, packet for packet: times, sizes, key frames.

use std::path::Path;

use media::index_file;
use mediatime::RationalTime;
use serde_json::Value;
use tests::media::{AudioSpec, Container, MediaSpec, Rate, VideoCodec, generate};
use tests::tool::{run, tool};
use tokio_util::sync::CancellationToken;

use crate::material::{Material, reordered, small};

/// A packet: when it is shown and decoded, counted from the first picture or sound shown, its bytes,
/// and whether decoding may begin with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Packet {
    pts: RationalTime,
    dts: Option<RationalTime>,
    size: u64,
    key: bool,
}

/// The packets of the first stream of a kind, by ffprobe, with what all times of the file count from.
fn probed(file: &Path, kind: &str) -> Vec<Packet> {
    let mut ffprobe = tool("ffprobe", ["-v", "error", "-of", "json", "-select_streams"]);
    ffprobe.args([&format!("{kind}:0"), "-show_entries"]);
    ffprobe
        .arg("stream=time_base:packet=pts,dts,size,flags")
        .arg(file);
    let output = ffprobe.output().unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let Some(base) = found["streams"][0]["time_base"].as_str() else {
        return Vec::new();
    };
    let (num, den) = base.split_once('/').unwrap();
    let (num, den): (i128, u64) = (num.parse().unwrap(), den.parse().unwrap());
    let time = |value: &Value| {
        let ticks = value.as_i64()?;
        RationalTime::new(i128::from(ticks) * num, den)
    };
    let packets = found["packets"].as_array().unwrap().iter();
    packets
        .map(|packet| Packet {
            pts: time(&packet["pts"]).unwrap(),
            dts: time(&packet["dts"]),
            size: packet["size"].as_str().unwrap().parse().unwrap(),
            key: packet["flags"].as_str().unwrap().contains('K'),
        })
        .collect()
}

/// Both streams as they are indexed.
fn indexed(file: &Path) -> (Vec<Packet>, Vec<Packet>) {
    let index = index_file(file, &CancellationToken::new(), &mut |_, _| {}).unwrap();
    let pictures = index.video.iter().flat_map(|track| {
        track.units.iter().map(|unit| Packet {
            pts: track.time(unit.pts),
            dts: Some(track.time(unit.dts)),
            size: u64::from(unit.location.len),
            key: unit.kind != conform::UnitKind::Delta,
        })
    });
    let sounds = index.audio.iter().flat_map(|track| {
        track.frames.iter().map(|frame| Packet {
            pts: track.time(frame.pts),
            dts: None,
            size: u64::from(frame.location.len),
            key: true,
        })
    });
    (pictures.collect(), sounds.collect())
}

/// Compares a file; `rounded` containers keep no decode times, and their times are off by what a demuxer
/// makes of rounded ones.
#[track_caller]
fn assert_equal(file: &Path, container: Container) {
    let (mut pictures, mut sounds) = indexed(file);
    let (mut wanted, mut heard) = (probed(file, "v"), probed(file, "a"));
    // ffprobe counts from where its demuxer begins; both count from the first picture, or the first
    // sound where there is none.
    let zero = |pictures: &[Packet], sounds: &[Packet]| {
        let first = |packets: &[Packet]| packets.iter().map(|packet| packet.pts).min();
        first(pictures)
            .or(first(sounds))
            .unwrap_or(RationalTime::ZERO)
    };
    let (ours, theirs) = (zero(&pictures, &sounds), zero(&wanted, &heard));
    let matroska = container == Container::Mkv;
    let shift = |packets: &mut Vec<Packet>, by: RationalTime| {
        for packet in packets {
            packet.pts -= by;
            // Matroska stores none: every demuxer makes its own.
            packet.dts = packet.dts.filter(|_| !matroska).map(|dts| dts - by);
        }
    };
    shift(&mut pictures, ours);
    shift(&mut sounds, ours);
    shift(&mut wanted, theirs);
    shift(&mut heard, theirs);
    for packet in &mut heard {
        packet.dts = None;
    }
    let hevc = file.extension().is_some_and(|extension| extension == "ts") && is_hevc(file);
    let what = if hevc { "picture of HEVC" } else { "picture" };
    assert_same(file, what, &pictures, &wanted);
    assert_same(file, "sound", &sounds, &heard);
    assert!(
        !pictures.is_empty() || !sounds.is_empty(),
        "{}",
        file.display()
    );
}

fn is_hevc(file: &Path) -> bool {
    let index = index_file(file, &CancellationToken::new(), &mut |_, _| {}).unwrap();
    index.video.is_some_and(|track| track.codec == "hevc")
}

#[track_caller]
fn assert_same(file: &Path, what: &str, found: &[Packet], wanted: &[Packet]) {
    // Times of sound are exact here; there they are the container's, in Matroska rounded to milliseconds,
    // that which all are counted from as well.
    let tick = RationalTime::new(2, 1000).unwrap();
    let near = |a: RationalTime, b: RationalTime| a - b <= tick && b - a <= tick;
    let same = |a: &Packet, b: &Packet| {
        let decoded = match (a.dts, b.dts) {
            (Some(a), Some(b)) => near(a, b),
            _ => true,
        };
        // A zero byte in front of a start code belongs to it (ITU-T H.265 §B.2.2); libav's parser of HEVC
        // counts it with the picture before.
        let sized = a.size == b.size || (what == "picture of HEVC" && a.size.abs_diff(b.size) == 1);
        near(a.pts, b.pts) && decoded && sized && a.key == b.key
    };
    for (number, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!(
            same(found, wanted),
            "{}: {what} {number} is {found:?}, ffprobe says {wanted:?}",
            file.display()
        );
    }
    assert_eq!(found.len(), wanted.len(), "{}: {what}s", file.display());
}

/// Two seconds of another structure, rate and sound in each container.
fn matrix(container: Container) {
    let rates = [
        (24_000, 1001),
        (25, 1),
        (30_000, 1001),
        (30, 1),
        (50, 1),
        (60_000, 1001),
    ];
    let sounds = [
        Some(AudioSpec::default()),
        Some(AudioSpec {
            rate: 44_100,
            channels: 1,
            ..AudioSpec::default()
        }),
        None,
    ];
    for (number, (num, den)) in rates.into_iter().enumerate() {
        for (structure, (bframes, open_gop)) in
            [(0, false), (3, false), (3, true)].into_iter().enumerate()
        {
            let rate = Rate::new(num, den);
            let gop = num.div_ceil(den);
            let spec = MediaSpec {
                rate,
                gop,
                frames: 2 * gop,
                bframes,
                open_gop,
                container,
                audio: sounds[(number + structure) % sounds.len()],
                ..small(52)
            };
            assert_equal(&generate(&spec), container);
        }
    }
}

#[test]
fn of_mp4() {
    matrix(Container::Mp4);
}

#[test]
fn of_fragmented_mp4() {
    matrix(Container::Mp4Fragmented);
}

#[test]
fn of_quicktime() {
    matrix(Container::Mov);
}

#[test]
fn of_matroska() {
    matrix(Container::Mkv);
}

#[test]
fn of_transport_streams() {
    matrix(Container::Ts);
}

#[test]
fn of_other_codecs_and_odd_times() {
    for container in [Container::Mp4, Container::Mkv, Container::Ts] {
        let hevc = MediaSpec {
            codec: VideoCodec::Hevc,
            container,
            ..reordered(53)
        };
        assert_equal(&generate(&hevc), container);
    }
    for starts_ms in [-300, 250] {
        let spec = MediaSpec {
            audio: Some(AudioSpec {
                starts_ms,
                ..AudioSpec::default()
            }),
            ..reordered(53)
        };
        assert_equal(&generate(&spec), Container::Mp4);
    }
    let uneven = MediaSpec {
        durations: vec![3000, 3000, 6000, 1500],
        ..reordered(53)
    };
    assert_equal(&generate(&uneven), Container::Mp4);
    assert_equal(&Material::with_edit_list(53).file, Container::Mp4);
}

/// A transport stream whose clock starts anew in its middle: after 2³³ ticks of 90 kHz.
#[test]
fn of_a_clock_that_wraps() {
    let folder = tempfile::tempdir().unwrap();
    let whole = Material::of(reordered(54));
    let wrapped = folder.path().join("wrapped.ts");
    let mut ffmpeg = tool("ffmpeg", ["-nostdin", "-v", "error", "-i"]);
    ffmpeg.arg(&whole.file);
    ffmpeg.args("-c copy -muxdelay 0 -muxpreload 0 -output_ts_offset 95441.7".split(' '));
    run(ffmpeg.arg(&wrapped));
    assert_equal(&wrapped, Container::Ts);
}

/// Sound alone.
#[test]
fn of_sound_alone() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["tone.m4a", "tone.mka", "tone.ts"] {
        let file = folder.path().join(name);
        let mut ffmpeg = tool("ffmpeg", ["-nostdin", "-v", "error", "-f", "lavfi"]);
        ffmpeg.args(["-i", "sine=f=440:r=48000:d=2", "-c:a", "aac"]);
        run(ffmpeg.arg(&file));
        let container = match name {
            "tone.mka" => Container::Mkv,
            "tone.ts" => Container::Ts,
            _ => Container::Mp4,
        };
        assert_equal(&file, container);
    }
}
