//! The index against ffprobe, packet for packet, over media made here with ffmpeg.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

use conform::{Container, MediaIndex, UnitKind, VideoTrack};
use media::{MediaError, TrackKind, UnitReader, index, index_file};
use mediatime::{FrameRate, RationalTime};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A folder of media for one test.
struct Media(TempDir);

impl Media {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs ffmpeg; the last argument is the output's name in this folder.
    fn make(&self, args: &[&str]) -> PathBuf {
        let (name, args) = args.split_last().unwrap();
        let out = self.path(name);
        let made = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-y"])
            .args(args)
            .arg(&out)
            .current_dir(self.0.path())
            .output()
            .expect("ffmpeg is needed: install it");
        let log = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "ffmpeg {args:?}: {log}");
        out
    }

    /// Picture and sound as these options say.
    fn film(&self, rate: &str, video: &[&str], audio: &[&str], output: &[&str]) -> PathBuf {
        let picture = format!("testsrc2=s=320x180:r={rate}:d=3");
        let mut args = Vec::new();
        if !video.is_empty() {
            args.extend(["-f", "lavfi", "-i", &picture]);
        }
        if !audio.is_empty() {
            args.extend(["-f", "lavfi", "-i", "sine=f=440:r=48000:d=3"]);
        }
        let x264 = [
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-pix_fmt",
            "yuv420p",
            "-g",
            "24",
        ];
        if !video.is_empty() {
            args.extend(x264);
            args.extend(video);
        }
        args.extend(audio);
        args.extend(output);
        self.make(&args)
    }
}

const AAC: &[&str] = &["-c:a", "aac"];
const B0: &[&str] = &["-bf", "0"];
const B3: &[&str] = &["-bf", "3"];

/// A packet as ffprobe shows it.
#[derive(Clone, Debug)]
struct Packet {
    pts: Option<i64>,
    dts: Option<i64>,
    size: u32,
    key: bool,
    hidden: bool,
    hash: String,
}

struct Probed {
    /// Ticks per second as a fraction, by kind.
    scales: BTreeMap<String, (i64, i64)>,
    packets: BTreeMap<String, Vec<Packet>>,
}

impl Probed {
    fn of(path: &Path) -> Self {
        let shown = Command::new("ffprobe")
            .args([
                "-v",
                "error",
                "-show_streams",
                "-show_packets",
                "-show_data_hash",
                "sha256",
            ])
            .args(["-of", "json"])
            .arg(path)
            .output()
            .expect("ffprobe is needed: install ffmpeg");
        let json: Value = serde_json::from_slice(&shown.stdout).unwrap();
        let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let mut scales = BTreeMap::new();
        for stream in json["streams"].as_array().unwrap() {
            let base = text(stream, "time_base");
            let (num, den) = base.split_once('/').unwrap();
            let scale = (den.parse().unwrap(), num.parse().unwrap());
            scales.entry(text(stream, "codec_type")).or_insert(scale);
        }
        let mut packets: BTreeMap<String, Vec<Packet>> = BTreeMap::new();
        for packet in json["packets"].as_array().unwrap() {
            let flags = text(packet, "flags");
            packets
                .entry(text(packet, "codec_type"))
                .or_default()
                .push(Packet {
                    pts: packet["pts"].as_i64(),
                    dts: packet["dts"].as_i64(),
                    size: text(packet, "size").parse().unwrap(),
                    key: flags.contains('K'),
                    hidden: flags.contains('D'),
                    hash: text(packet, "data_hash")
                        .trim_start_matches("SHA256:")
                        .to_owned(),
                });
        }
        Self { scales, packets }
    }

    fn time(&self, kind: &str, ticks: i64) -> RationalTime {
        let (num, den) = self.scales[kind];
        let scale = u64::try_from(num).unwrap();
        RationalTime::new(i128::from(ticks) * i128::from(den), scale).unwrap()
    }

    fn of_kind(&self, kind: &str) -> &[Packet] {
        self.packets.get(kind).map_or(&[], Vec::as_slice)
    }

    /// The earliest packet that is not hidden.
    fn first_shown(&self, kind: &str) -> RationalTime {
        let shown = self.of_kind(kind).iter().filter(|packet| !packet.hidden);
        self.time(kind, shown.filter_map(|packet| packet.pts).min().unwrap())
    }
}

fn indexed(path: &Path) -> MediaIndex {
    try_index(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn try_index(path: &Path) -> Result<MediaIndex, MediaError> {
    let mut last = (0, 0);
    let found = index_file(path, &CancellationToken::new(), &mut |done, total| {
        last = (done, total);
    });
    if found.is_ok() {
        let size = std::fs::metadata(path).unwrap().len();
        assert_eq!(last, (size, size), "progress ends at the end");
    }
    found
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How far times may be off those of ffprobe, which shows Matroska's rounded ones.
fn tolerance(container: Container) -> RationalTime {
    match container {
        Container::Matroska => RationalTime::new(1, 1000).unwrap(),
        Container::MpegTs => RationalTime::new(2, 90_000).unwrap(),
        Container::Mp4 | Container::Mov => RationalTime::ZERO,
    }
}

fn assert_near(found: RationalTime, wanted: RationalTime, off: RationalTime, what: &str) {
    let distance = if found > wanted {
        found - wanted
    } else {
        wanted - found
    };
    assert!(
        distance <= off,
        "{what}: {} instead of {}",
        found.as_seconds_f64_for_display(),
        wanted.as_seconds_f64_for_display()
    );
}

fn first_shown(video: &VideoTrack) -> RationalTime {
    video.time(video.units[video.presented()[0]].pts)
}

/// Compares everything that ffprobe shows.
fn check(path: &Path) -> MediaIndex {
    let index = indexed(path);
    let probed = Probed::of(path);
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let mut reader = UnitReader::open(path, &index).unwrap();
    if let Some(video) = &index.video {
        check_video(&name, &index, video, &probed, &mut reader);
    }
    if let Some(audio) = &index.audio {
        check_audio(&name, &index, audio, &probed, &mut reader);
    }
    assert_eq!(
        index.video.is_some(),
        !probed.of_kind("video").is_empty(),
        "{name}"
    );
    assert_eq!(
        index.audio.is_some(),
        !probed.of_kind("audio").is_empty(),
        "{name}"
    );
    index
}

fn check_video(
    name: &str,
    index: &MediaIndex,
    video: &VideoTrack,
    probed: &Probed,
    reader: &mut UnitReader,
) {
    let packets = probed.of_kind("video");
    assert_eq!(video.units.len(), packets.len(), "{name}: pictures");
    let off = tolerance(index.container);
    let (ours, theirs) = (first_shown(video), probed.first_shown("video"));
    let mut bytes = Vec::new();
    for (i, (unit, packet)) in video.units.iter().zip(packets).enumerate() {
        let what = |field: &str| format!("{name}: {field} of picture {i}");
        if let Some(pts) = packet.pts {
            let wanted = probed.time("video", pts) - theirs;
            assert_near(video.time(unit.pts) - ours, wanted, off, &what("time"));
        }
        if let Some(dts) = packet.dts
            && index.container != Container::Matroska
        {
            let wanted = probed.time("video", dts) - theirs;
            assert_near(
                video.time(unit.dts) - ours,
                wanted,
                off,
                &what("decode time"),
            );
        }
        assert_eq!(unit.location.len, packet.size, "{}", what("size"));
        assert_eq!(
            unit.kind != UnitKind::Delta,
            packet.key,
            "{}",
            what("key flag")
        );
        assert_eq!(unit.presented, !packet.hidden, "{}", what("presented"));
        assert!(unit.dts <= unit.pts, "{}", what("decode time"));
        reader
            .read(TrackKind::Video, &unit.location, &mut bytes)
            .unwrap();
        assert_eq!(
            hex(&Sha256::digest(&bytes)),
            packet.hash,
            "{}",
            what("bytes")
        );
    }
    for pair in video.units.windows(2) {
        assert!(pair[0].dts < pair[1].dts, "{name}: decode order");
    }
    let order = video.presented();
    for pair in order.windows(2) {
        let (a, b) = (&video.units[pair[0]], &video.units[pair[1]]);
        assert_eq!(a.pts + i64::from(a.duration), b.pts, "{name}: duration");
    }
    let last = &video.units[*order.last().unwrap()];
    assert!(last.duration > 0, "{name}: the last picture lasts");
}

fn check_audio(
    name: &str,
    index: &MediaIndex,
    audio: &conform::AudioTrack,
    probed: &Probed,
    reader: &mut UnitReader,
) {
    let packets = probed.of_kind("audio");
    assert_eq!(audio.frames.len(), packets.len(), "{name}: audio frames");
    let off = tolerance(index.container);
    let ours = audio.time(audio.frames[0].pts);
    let theirs = probed.time("audio", packets[0].pts.unwrap());
    let mut bytes = Vec::new();
    for (i, (frame, packet)) in audio.frames.iter().zip(packets).enumerate() {
        let what = |field: &str| format!("{name}: {field} of audio frame {i}");
        let wanted = probed.time("audio", packet.pts.unwrap()) - theirs;
        assert_near(audio.time(frame.pts) - ours, wanted, off, &what("time"));
        assert_eq!(frame.location.len, packet.size, "{}", what("size"));
        reader
            .read(TrackKind::Audio, &frame.location, &mut bytes)
            .unwrap();
        assert_eq!(
            hex(&Sha256::digest(&bytes)),
            packet.hash,
            "{}",
            what("bytes")
        );
    }
    if let Some(video) = &index.video {
        // Sound and picture keep their distance, to a millisecond of edit lists and Matroska. Where
        // an edit list begins inside of a frame, ffprobe moves the next one there.
        let ours = first_shown(video) - ours;
        let wanted = probed.first_shown("video") - theirs;
        // And in fragments with signed composition offsets, as CMAF has them, it delays pictures
        // by the largest, against ISO/IEC 14496-12 §8.6.1.3.
        if name.ends_with("cmaf.mp4") {
            return;
        }
        let edited = video.units.iter().any(|unit| !unit.presented);
        let off = off.max(RationalTime::new(1, if edited { 25 } else { 1000 }).unwrap());
        assert_near(
            ours,
            wanted,
            off,
            &format!("{name}: distance of sound and picture"),
        );
    }
}

fn rate(index: &MediaIndex) -> Option<FrameRate> {
    index.video.as_ref().unwrap().frame_rate
}

#[test]
fn every_container_rate_and_reordering() {
    let media = Media::new();
    for (rate_text, rate_wanted) in [
        ("25", FrameRate::FPS_25),
        ("30000/1001", FrameRate::FPS_29_97),
        ("50", FrameRate::FPS_50),
    ] {
        for (b_name, b_frames) in [("b0", B0), ("b3", B3)] {
            for (name, output) in [
                ("plain.mp4", &[][..]),
                ("fast.mp4", &["-movflags", "+faststart"]),
                ("film.mov", &[]),
                (
                    "frag.mp4",
                    &["-movflags", "frag_keyframe+delay_moov+default_base_moof"],
                ),
                (
                    "cmaf.mp4",
                    &["-movflags", "cmaf+delay_moov", "-frag_duration", "400000"],
                ),
                ("film.mkv", &[]),
                ("film.ts", &[]),
            ] {
                let name = format!("{b_name}-{}-{name}", rate_text.replace('/', "_"));
                let film = media.film(rate_text, b_frames, AAC, &[output, &[&name]].concat());
                let index = check(&film);
                assert_eq!(rate(&index), Some(rate_wanted), "{name}");
                let video = index.video.unwrap();
                assert_eq!((video.codec.as_str(), video.configs.len()), ("h264", 1));
                assert_eq!(video.presented().len(), video.units.len(), "{name}");
                assert_eq!(video.configs[0].facts.width, 320);
                assert_eq!(video.pixel_aspect, Some((1, 1)), "{name}");
                assert_eq!(video.units[0].kind, UnitKind::Idr, "{name}");
            }
        }
    }
}

#[test]
fn packets_with_a_time_code_in_front() {
    let media = Media::new();
    let film = media.film(
        "50",
        B3,
        &["-c:a", "ac3"],
        &["-mpegts_m2ts_mode", "1", "film.m2ts"],
    );
    let index = check(&film);
    assert_eq!(rate(&index), Some(FrameRate::FPS_50));
    let audio = index.audio.unwrap();
    assert_eq!(
        (audio.codec.as_str(), audio.samples_per_frame),
        ("ac3", 1536)
    );
}

#[test]
fn a_movie_needs_no_file_type() {
    let media = Media::new();
    let film = media.film("25", B3, AAC, &["film.mov"]);
    let known = indexed(&film);
    assert_eq!(known.container, Container::Mov);
    let mut bytes = std::fs::read(&film).unwrap();
    assert_eq!(&bytes[4..8], b"ftyp");
    bytes[4..8].copy_from_slice(b"free");
    let bare = media.path("bare");
    std::fs::write(&bare, bytes).unwrap();
    assert_eq!(indexed(&bare), known);
}

#[test]
fn every_kind_of_aac() {
    let media = Media::new();
    for (sample_rate, channels) in [("48000", 1), ("48000", 2), ("44100", 2), ("44100", 6)] {
        let count = channels.to_string();
        let audio = ["-c:a", "aac", "-ar", sample_rate, "-ac", &count];
        for (container, output) in [
            ("mp4", &[][..]),
            ("mov", &[]),
            ("mkv", &[]),
            ("ts", &[]),
            ("frag.mp4", &["-movflags", "frag_keyframe+delay_moov"]),
        ] {
            let name = format!("{sample_rate}-{channels}.{container}");
            let film = media.film("25", B3, &audio, &[output, &[&name]].concat());
            let index = check(&film);
            let track = index.audio.unwrap();
            assert_eq!(track.codec, "aac");
            assert_eq!(track.sample_rate.to_string(), sample_rate, "{name}");
            assert_eq!(track.channels, channels, "{name}");
            assert_eq!(track.samples_per_frame, 1024);
            assert!(!track.config.is_empty());
            let priming = track.presented.start - track.frames[0].pts;
            let hidden = if matches!(index.container, Container::Mp4 | Container::Mov) {
                1024
            } else {
                0
            };
            assert_eq!(priming, hidden, "{name}: priming");
            for pair in track.frames.windows(2) {
                let end = pair[0].pts + i64::from(pair[0].duration);
                assert!((pair[1].pts - end).abs() <= 1, "{name}: {pair:?}");
            }
        }
    }
}

#[test]
fn one_track_alone() {
    let media = Media::new();
    for container in ["mp4", "mov", "mkv", "ts"] {
        let silent = media.film("25", B3, &[], &[&format!("silent.{container}")]);
        assert!(check(&silent).audio.is_none());
        let sound = media.film("25", &[], AAC, &[&format!("sound.{container}")]);
        assert!(check(&sound).video.is_none());
    }
}

#[test]
fn what_a_cut_hides_is_not_presented() {
    let media = Media::new();
    let whole = media.film("25", B3, AAC, &["whole.mp4"]);
    let whole = whole.to_str().unwrap();
    for (name, from) in [("a", "1.3"), ("b", "0.5"), ("c", "2.2")] {
        for container in ["mp4", "mov"] {
            let cut = media.make(&[
                "-ss",
                from,
                "-i",
                whole,
                "-c",
                "copy",
                &format!("{name}.{container}"),
            ]);
            let index = check(&cut);
            let video = index.video.unwrap();
            let hidden = video.units.iter().filter(|unit| !unit.presented).count();
            // A cut anywhere but at a key frame begins with pictures that are only decoded.
            assert!(hidden > 0, "{name}.{container}");
            assert_eq!(video.frame_rate, Some(FrameRate::FPS_25));
        }
    }
}

#[test]
fn an_empty_edit_delays() {
    let media = Media::new();
    let whole = media.film("25", B3, AAC, &["whole.mp4"]);
    let whole = whole.to_str().unwrap();
    let delayed = media.make(&[
        "-i",
        whole,
        "-itsoffset",
        "0.5",
        "-i",
        whole,
        "-map",
        "0:v",
        "-map",
        "1:a",
        "-c",
        "copy",
        "delayed.mp4",
    ]);
    let index = check(&delayed);
    let (video, audio) = (index.video.unwrap(), index.audio.unwrap());
    let start = audio.time(audio.presented.start) - first_shown(&video);
    // A copy presents the encoder's priming too, which lies in front.
    let wanted = RationalTime::new(1, 2).unwrap() - RationalTime::new(1024, 48_000).unwrap();
    assert_near(start, wanted, RationalTime::new(1, 1000).unwrap(), "delay");
}

#[test]
fn time_stamps_wrap_without_a_jump() {
    let media = Media::new();
    // 2^33 ticks are 95443.7 s: the film begins before and ends behind.
    let film = media.film("25", B3, AAC, &["-output_ts_offset", "95441.5", "wrap.ts"]);
    let index = check(&film);
    assert_eq!(rate(&index), Some(FrameRate::FPS_25));
    let (video, audio) = (index.video.unwrap(), index.audio.unwrap());
    assert!(video.units.last().unwrap().pts > 1 << 33);
    assert!(video.units[0].pts < 1 << 33);
    assert!(audio.frames.last().unwrap().pts > 1 << 33);
}

#[test]
fn uneven_frames_keep_their_times() {
    let media = Media::new();
    for container in ["mp4", "mov", "mkv", "ts"] {
        let uneven = [
            "-vf",
            "select='not(eq(mod(n,7),3))+eq(n,10)'",
            "-vsync",
            "vfr",
            "-bf",
            "2",
        ];
        let film = media.film("25", &uneven, AAC, &[&format!("uneven.{container}")]);
        let index = check(&film);
        assert_eq!(rate(&index), None, "{container}");
    }
}

#[test]
fn structures_of_pictures() {
    let media = Media::new();
    let structures: [(&str, &[&str]); 4] = [
        ("open", &["-x264-params", "open-gop=1:keyint=20:bframes=3"]),
        ("slices", &["-x264-params", "slices=4:bframes=2"]),
        (
            "fields",
            &["-flags", "+ildct+ilme", "-x264-params", "tff=1:bframes=2"],
        ),
        (
            "pyramid",
            &[
                "-preset",
                "medium",
                "-x264-params",
                "b-pyramid=normal:bframes=5:ref=4",
            ],
        ),
    ];
    for (name, options) in structures {
        for container in ["mp4", "mkv", "ts"] {
            let film = media.film("25", options, &[], &[&format!("{name}.{container}")]);
            let index = check(&film);
            assert_eq!(rate(&index), Some(FrameRate::FPS_25), "{name}.{container}");
            let video = index.video.unwrap();
            let count = |kind| video.units.iter().filter(|unit| unit.kind == kind).count();
            assert_eq!(
                count(UnitKind::Recovery) > 0,
                name == "open",
                "{name}.{container}"
            );
            assert_eq!(video.configs[0].facts.interlaced, name == "fields");
        }
    }
}

#[test]
fn parameter_sets_in_the_stream() {
    let media = Media::new();
    let repeated = media.film("25", B3, &[], &["-bsf:v", "dump_extra", "repeated.mp4"]);
    assert_eq!(check(&repeated).video.unwrap().configs.len(), 1);
    // Two encodings behind one another on one timeline.
    let a = media.film("25", B0, &[], &["a.ts"]);
    let b = media.film(
        "25",
        &["-bf", "0", "-s", "160x90"],
        &[],
        &["-output_ts_offset", "3", "b.ts"],
    );
    let both = media.path("both.ts");
    std::fs::write(
        &both,
        [std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap()].concat(),
    )
    .unwrap();
    let video = indexed(&both).video.unwrap();
    assert_eq!(video.configs.len(), 2);
    assert_eq!(
        (video.units[0].config, video.units.last().unwrap().config),
        (0, 1)
    );
    assert_eq!(video.configs[1].facts.width, 160);
    let (first, second) = (indexed(&a).video.unwrap(), indexed(&b).video.unwrap());
    assert_eq!(video.units.len(), first.units.len() + second.units.len());
    assert_eq!(video.frame_rate, Some(FrameRate::FPS_25));
}

#[test]
fn segments_strung_together_are_one_stream() {
    let media = Media::new();
    let pattern = [
        "-f",
        "segment",
        "-segment_time",
        "0.9",
        "-segment_format",
        "mpegts",
        "part%d.ts",
    ];
    media.film("25", &["-bf", "3", "-g", "12"], AAC, &pattern);
    let parts: Vec<PathBuf> = (0..)
        .map(|i| media.path(&format!("part{i}.ts")))
        .take_while(|path| path.exists())
        .collect();
    assert!(parts.len() > 2);
    let joined = media.path("joined.ts");
    let bytes: Vec<u8> = parts
        .iter()
        .flat_map(|path| std::fs::read(path).unwrap())
        .collect();
    std::fs::write(&joined, bytes).unwrap();
    let index = check(&joined);
    assert_eq!(rate(&index), Some(FrameRate::FPS_25));
    assert_eq!(index.video.unwrap().units.len(), 75);
    for part in &parts {
        check(part);
    }
}

#[test]
fn other_codecs_are_named() {
    let media = Media::new();
    type Case<'a> = (&'a [&'a str], &'a str, Option<&'a str>, Option<&'a str>);
    let cases: [Case<'_>; 10] = [
        (
            &[
                "-c:v",
                "libx265",
                "-preset",
                "ultrafast",
                "-x265-params",
                "log-level=none",
            ],
            "hevc.mp4",
            Some("hevc"),
            None,
        ),
        (
            &[
                "-c:v",
                "libx265",
                "-preset",
                "ultrafast",
                "-x265-params",
                "log-level=none",
            ],
            "hevc.ts",
            Some("hevc"),
            None,
        ),
        (&["-c:v", "prores_ks"], "prores.mov", Some("prores"), None),
        (&["-c:v", "mpeg2video"], "mpeg2.ts", Some("mpeg2"), None),
        (
            &[
                "-c:v",
                "libvpx-vp9",
                "-cpu-used",
                "8",
                "-deadline",
                "realtime",
            ],
            "vp9.webm",
            Some("vp9"),
            Some("opus"),
        ),
        (
            &["-c:v", "mpeg4", "-c:a", "libmp3lame"],
            "mp3.mkv",
            Some("mp4v-es"),
            Some("mpeg"),
        ),
        (
            &["-c:v", "mpeg4", "-c:a", "ac3"],
            "ac3.mp4",
            Some("mp4v-es"),
            Some("ac3"),
        ),
        (
            &["-c:v", "mpeg2video", "-c:a", "ac3"],
            "ac3.ts",
            Some("mpeg2"),
            Some("ac3"),
        ),
        (
            &["-c:v", "mpeg2video", "-c:a", "mp2"],
            "mp2.ts",
            Some("mpeg2"),
            Some("mpeg"),
        ),
        (
            &["-c:v", "mpeg4", "-c:a", "alac"],
            "alac.mov",
            Some("mp4v-es"),
            Some("alac"),
        ),
    ];
    for (options, name, video, audio) in cases {
        let mut args = vec!["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=1"];
        if audio.is_some() {
            args.extend(["-f", "lavfi", "-i", "sine=f=440:r=48000:d=1"]);
        }
        args.extend([
            "-pix_fmt",
            if name.starts_with("prores") {
                "yuv422p10le"
            } else {
                "yuv420p"
            },
        ]);
        args.extend(options);
        args.push(name);
        let film = media.make(&args);
        let index = check_other(&film);
        assert_eq!(
            index.video.as_ref().map(|track| track.codec.as_str()),
            video,
            "{name}"
        );
        assert_eq!(
            index.audio.as_ref().map(|track| track.codec.as_str()),
            audio,
            "{name}"
        );
        let track = index.video.unwrap();
        let facts = &track.configs[0].facts;
        assert_eq!((facts.width, facts.height), (320, 180), "{name}");
        assert_ne!(track.units[0].kind, UnitKind::Delta, "{name}");
        assert_eq!(track.frame_rate, Some(FrameRate::FPS_25), "{name}");
    }
}

/// As [`check`] without key flags and durations of the last frame, which differ by codec.
fn check_other(path: &Path) -> MediaIndex {
    let index = indexed(path);
    let probed = Probed::of(path);
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let mut reader = UnitReader::open(path, &index).unwrap();
    let mut bytes = Vec::new();
    if let Some(video) = &index.video {
        let packets = probed.of_kind("video");
        assert_eq!(video.units.len(), packets.len(), "{name}: pictures");
        // ffmpeg counts the zero byte in front of a start code to the HEVC picture before.
        let exact = !(video.codec == "hevc" && index.container == Container::MpegTs);
        let sum: u64 = video
            .units
            .iter()
            .map(|unit| u64::from(unit.location.len))
            .sum();
        assert_eq!(
            sum,
            packets
                .iter()
                .map(|packet| u64::from(packet.size))
                .sum::<u64>()
        );
        for (unit, packet) in video.units.iter().zip(packets) {
            reader
                .read(TrackKind::Video, &unit.location, &mut bytes)
                .unwrap();
            assert!(
                !exact || hex(&Sha256::digest(&bytes)) == packet.hash,
                "{name}"
            );
        }
    }
    if let Some(audio) = &index.audio {
        check_audio(&name, &index, audio, &probed, &mut reader);
    }
    index
}

#[test]
fn uncompressed_sound_is_whole() {
    let media = Media::new();
    for (codec, name) in [
        ("pcm_s16le", "s16.mov"),
        ("pcm_s24be", "s24.mov"),
        ("pcm_s24le", "s24.mkv"),
    ] {
        let film = media.film("25", B0, &["-c:a", codec, "-ac", "2"], &[name]);
        let index = indexed(&film);
        let audio = index.audio.as_ref().unwrap();
        assert_eq!(audio.codec, codec.replace('_', "-"));
        assert_eq!(
            audio.time(audio.presented.end),
            RationalTime::new(3, 1).unwrap()
        );
        let mut reader = UnitReader::open(&film, &index).unwrap();
        let (mut all, mut bytes) = (Vec::new(), Vec::new());
        for frame in &audio.frames {
            reader
                .read(TrackKind::Audio, &frame.location, &mut bytes)
                .unwrap();
            all.extend_from_slice(&bytes);
        }
        let format = codec.trim_start_matches("pcm_");
        let raw = media.make(&[
            "-i",
            film.to_str().unwrap(),
            "-map",
            "0:a",
            "-c",
            "copy",
            "-f",
            format,
            "raw",
        ]);
        assert!(all == std::fs::read(raw).unwrap(), "{name}");
    }
}

#[test]
fn opus_begins_behind_its_delay() {
    let media = Media::new();
    let film = media.film("25", B0, &["-c:a", "libopus"], &["opus.mkv"]);
    let index = check(&film);
    let audio = index.audio.unwrap();
    assert_eq!((audio.codec.as_str(), audio.time_scale), ("opus", 48_000));
    assert_eq!(audio.presented.start - audio.frames[0].pts, 312);
    assert_eq!(audio.samples_per_frame, 960);
}

#[test]
fn rotation_and_pixel_shape_come_through() {
    let media = Media::new();
    let plain = media.film("25", &["-bf", "0", "-aspect", "4:3"], &[], &["plain.mp4"]);
    let found = check(&plain).video.unwrap();
    assert_eq!(found.pixel_aspect, Some((3, 4)));
    let turned = media.make(&[
        "-i",
        plain.to_str().unwrap(),
        "-c",
        "copy",
        "-metadata:s:v:0",
        "rotate=90",
        "turned.mp4",
    ]);
    // ffprobe's angle is counterclockwise.
    let shown = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-show_entries",
            "stream_side_data=rotation",
            "-of",
            "csv=p=0",
        ])
        .arg(&turned)
        .output()
        .unwrap();
    let angle: i32 = String::from_utf8_lossy(&shown.stdout)
        .trim()
        .parse()
        .unwrap();
    assert_ne!(angle, 0);
    assert_eq!(
        i32::from(indexed(&turned).video.unwrap().rotation),
        (360 - angle) % 360
    );
    let wide = media.film("25", &["-bf", "0", "-aspect", "4:3"], &[], &["wide.mkv"]);
    assert_eq!(check(&wide).video.unwrap().pixel_aspect, Some((3, 4)));
}

#[test]
fn tracks_that_are_not_used_are_named() {
    let media = Media::new();
    let film = media.film("25", B0, AAC, &["film.mp4"]);
    std::fs::write(
        media.path("words.srt"),
        "1\n00:00:00,000 --> 00:00:01,000\nhello\n",
    )
    .unwrap();
    let film = film.to_str().unwrap();
    let full = media.make(&[
        "-i",
        film,
        "-i",
        film,
        "-i",
        "words.srt",
        "-map",
        "0:v",
        "-map",
        "0:a",
        "-map",
        "1:a",
        "-map",
        "2:s",
        "-c",
        "copy",
        "-c:s",
        "mov_text",
        "full.mp4",
    ]);
    assert_eq!(
        indexed(&full).unused_tracks,
        ["second audio aac", "subtitle tx3g"]
    );
    let full = media.make(&[
        "-i",
        film,
        "-i",
        film,
        "-i",
        "words.srt",
        "-map",
        "0:v",
        "-map",
        "0:a",
        "-map",
        "1:a",
        "-map",
        "2:s",
        "-c",
        "copy",
        "-c:s",
        "srt",
        "full.mkv",
    ]);
    assert_eq!(
        indexed(&full).unused_tracks,
        ["second audio aac", "subtitle srt"]
    );
}

#[test]
fn what_is_cut_off_is_named_with_its_time() {
    let media = Media::new();
    let film = media.film("25", B0, AAC, &["-movflags", "+faststart", "film.mp4"]);
    let bytes = std::fs::read(&film).unwrap();
    let short = media.path("short.mp4");
    std::fs::write(&short, &bytes[..bytes.len() * 2 / 3]).unwrap();
    let Err(MediaError::Damaged {
        object,
        at: Some(at),
        why,
    }) = try_index(&short)
    else {
        panic!("not noticed");
    };
    assert!(object.ends_with("short.mp4"));
    let seconds = at.as_seconds_f64_for_display();
    assert!((1.0..3.0).contains(&seconds), "{seconds}");
    assert!(why.contains(" left"), "{why}");

    let fragments = ["-movflags", "frag_keyframe+delay_moov", "frag.mp4"];
    let film = media.film("25", B0, AAC, &fragments);
    let bytes = std::fs::read(&film).unwrap();
    let last = bytes.windows(4).rposition(|kind| kind == b"moof").unwrap();
    for len in [last + 30, last + 9000] {
        std::fs::write(&short, &bytes[..len]).unwrap();
        let Err(MediaError::Damaged { at: Some(at), .. }) = try_index(&short) else {
            panic!("not noticed");
        };
        let seconds = at.as_seconds_f64_for_display();
        assert!((2.0..3.0).contains(&seconds), "{seconds}");
    }

    let film = media.film("25", B0, AAC, &["film2.mp4"]);
    let bytes = std::fs::read(&film).unwrap();
    std::fs::write(&short, &bytes[..bytes.len() / 2]).unwrap();
    let error = try_index(&short).unwrap_err().to_string();
    assert!(error.contains("moov"), "{error}");

    let film = media.film("25", B0, AAC, &["film.mkv"]);
    let bytes = std::fs::read(&film).unwrap();
    std::fs::write(&short, &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(
        try_index(&short),
        Err(MediaError::Damaged { at: Some(_), .. })
    ));
}

#[test]
fn missing_transport_packets_are_named_and_a_cut_tail_is_not() {
    let media = Media::new();
    let film = media.film("25", B0, AAC, &["film.ts"]);
    let whole = indexed(&film).video.unwrap();
    let bytes = std::fs::read(&film).unwrap();
    let damaged = media.path("damaged.ts");
    let middle = whole.units[whole.units.len() / 2];
    let hole = middle.location.offset as usize + 188;
    std::fs::write(&damaged, [&bytes[..hole], &bytes[hole + 188..]].concat()).unwrap();
    match try_index(&damaged) {
        Err(MediaError::Damaged {
            at: Some(at), why, ..
        }) => {
            assert!(
                why.contains(&format!("byte {hole}")) || why.contains("PID 256"),
                "{why}"
            );
            let distance = at.as_seconds_f64_for_display()
                - whole.time(middle.pts).as_seconds_f64_for_display();
            assert!(distance.abs() < 0.05, "{distance}");
        }
        other => panic!("{other:?}"),
    }
    let last = whole.units.last().unwrap();
    std::fs::write(
        &damaged,
        &bytes[..last.location.offset as usize + 188 + 100],
    )
    .unwrap();
    let cut = indexed(&damaged).video.unwrap();
    assert_eq!(cut.units.len(), whole.units.len() - 1);
    assert_eq!(cut.units[..], whole.units[..cut.units.len()]);
    // Bytes that are no packets, between two, are passed over.
    let junk = vec![0x11; 333];
    let at = middle.location.offset as usize;
    std::fs::write(&damaged, [&bytes[..at], &junk, &bytes[at..]].concat()).unwrap();
    let passed = indexed(&damaged);
    let pts = |track: &VideoTrack| track.units.iter().map(|unit| unit.pts).collect::<Vec<_>>();
    assert_eq!(pts(passed.video.as_ref().unwrap()), pts(&whole));
    let mut reader = UnitReader::open(&damaged, &passed).unwrap();
    let mut original = UnitReader::open(&film, &indexed(&film)).unwrap();
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for (unit, from) in passed.video.unwrap().units.iter().zip(&whole.units) {
        reader
            .read(TrackKind::Video, &unit.location, &mut a)
            .unwrap();
        original
            .read(TrackKind::Video, &from.location, &mut b)
            .unwrap();
        assert!(a == b);
    }
}

#[test]
fn units_can_be_read_in_any_order() {
    let media = Media::new();
    for name in ["film.ts", "film.mp4"] {
        let film = media.film("25", B3, AAC, &[name]);
        let index = indexed(&film);
        let video = index.video.as_ref().unwrap();
        let mut reader = UnitReader::open(&film, &index).unwrap();
        let mut bytes = Vec::new();
        let forward: Vec<Vec<u8>> = video
            .units
            .iter()
            .map(|unit| {
                reader
                    .read(TrackKind::Video, &unit.location, &mut bytes)
                    .unwrap();
                bytes.clone()
            })
            .collect();
        for (unit, wanted) in video.units.iter().zip(&forward).rev() {
            reader
                .read(TrackKind::Video, &unit.location, &mut bytes)
                .unwrap();
            assert!(bytes == *wanted);
        }
        let beyond = conform::Location {
            offset: index.size - 10,
            len: 11,
            skip: 0,
        };
        assert!(reader.read(TrackKind::Video, &beyond, &mut bytes).is_err());
        std::fs::OpenOptions::new()
            .append(true)
            .open(&film)
            .unwrap()
            .set_len(index.size - 1)
            .unwrap();
        assert!(matches!(
            UnitReader::open(&film, &index),
            Err(MediaError::Damaged { .. })
        ));
    }
}

#[test]
fn what_is_no_media_is_said() {
    let media = Media::new();
    for (name, bytes) in [
        ("empty", vec![]),
        (
            "text.mp4",
            b"This is no film, whatever its name says.".repeat(30),
        ),
        ("zeros.ts", vec![0; 5000]),
    ] {
        let path = media.path(name);
        std::fs::write(&path, bytes).unwrap();
        assert!(
            matches!(try_index(&path), Err(MediaError::NotMedia { .. })),
            "{name}"
        );
    }
    assert!(matches!(
        try_index(&media.path("missing")),
        Err(MediaError::Io { .. })
    ));
    let film = media.film("25", B0, AAC, &["film.ts"]);
    let cancel = CancellationToken::new();
    cancel.cancel();
    let cancelled = index_file(&film, &cancel, &mut |_, _| {});
    assert!(matches!(cancelled, Err(MediaError::Cancelled)));
}

/// Small files of every kind.
fn small_files(media: &Media) -> Vec<Vec<u8>> {
    let size = ["-s", "96x54", "-bf", "2", "-g", "8", "-t", "0.8"];
    [
        ("s.mp4", &["-t", "0.8"][..]),
        (
            "f.mp4",
            &[
                "-t",
                "0.8",
                "-movflags",
                "frag_keyframe+empty_moov+default_base_moof",
            ],
        ),
        ("s.mkv", &["-t", "0.8"]),
        ("l.mkv", &["-t", "0.8", "-live", "1"]),
        ("s.ts", &["-t", "0.8"]),
        ("s.m2ts", &["-t", "0.8", "-mpegts_m2ts_mode", "1"]),
    ]
    .map(|(name, output)| {
        let film = media.film("25", &size, AAC, &[output, &[name]].concat());
        std::fs::read(film).unwrap()
    })
    .to_vec()
}

/// Whatever the bytes are, indexing ends soon, without a panic, and finds no more than they hold.
fn survive(bytes: &[u8]) {
    let begun = std::time::Instant::now();
    let found = index(
        &mut Cursor::new(bytes),
        "fuzzed",
        &CancellationToken::new(),
        &mut |_, _| {},
    );
    assert!(begun.elapsed().as_secs() < 10, "took {:?}", begun.elapsed());
    let Ok(index) = found else {
        return;
    };
    let size = bytes.len() as u64;
    if let Some(video) = &index.video {
        assert!(!video.units.is_empty() && video.units.len() as u64 <= size);
        for unit in &video.units {
            assert!(unit.location.offset + u64::from(unit.location.len) <= size);
            assert!(usize::from(unit.config) < video.configs.len());
        }
    }
    if let Some(audio) = &index.audio {
        assert!(!audio.frames.is_empty() && audio.frames.len() as u64 <= size);
        for frame in &audio.frames {
            assert!(frame.location.offset + u64::from(frame.location.len) <= size);
        }
    }
}

#[test]
fn every_truncation_is_survived() {
    let media = Media::new();
    for bytes in small_files(&media) {
        for len in (0..bytes.len()).step_by(97) {
            survive(&bytes[..len]);
        }
        survive(&bytes);
    }
    assert_memory_is_modest();
}

#[test]
fn random_damage_is_survived() {
    let media = Media::new();
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for bytes in small_files(&media) {
        // Headers lie at both ends; damage there as often as anywhere.
        for round in 0..600 {
            let mut damaged = bytes.clone();
            for _ in 0..=random(8) {
                let at = match round % 3 {
                    0 => random(bytes.len()),
                    1 => random(bytes.len().min(3000)),
                    _ => bytes.len() - 1 - random(bytes.len().min(3000)),
                };
                damaged[at] = match random(4) {
                    0 => 0xff,
                    1 => 0,
                    _ => random(256) as u8,
                };
            }
            survive(&damaged);
        }
    }
    assert_memory_is_modest();
}

/// The whole test process has never held much.
fn assert_memory_is_modest() {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return;
    };
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = peak
        .and_then(|peak| peak.split_whitespace().next())
        .and_then(|kib| kib.parse().ok())
        .expect("the peak of memory");
    assert!(kib < 512 << 10, "{kib} KiB");
}
