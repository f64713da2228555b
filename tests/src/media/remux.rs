//! Files derived from generated media: segments as packagers cut them, and damage as it happens.
//!
//! All are cached like the media itself.

use std::fs;
use std::path::{Path, PathBuf};

use super::store;
use crate::tool::{ffmpeg, run};

/// What `ffmpeg -i SOURCE ARGS… OUT` makes, as a file with `extension`.
pub fn derived(source: &Path, extension: &str, args: &[&str]) -> PathBuf {
    derived_with(&[], source, extension, args)
}

/// The same with options before the input, such as `-ss`.
pub fn derived_with(before: &[&str], source: &Path, extension: &str, args: &[&str]) -> PathBuf {
    let recipe = format!("ffmpeg {before:?} {} {args:?}", name(source));
    store::made(&recipe, extension, |out| {
        run(ffmpeg(before).arg("-i").arg(source).args(args).arg(out));
    })
}

/// The same content in another container, by its extension, without coding anything again.
pub fn rewrapped(source: &Path, extension: &str) -> PathBuf {
    derived(source, extension, &["-map", "0", "-c", "copy"])
}

/// The first `percent` of the file's bytes: an interrupted copy or upload.
pub fn truncated(source: &Path, percent: u64) -> PathBuf {
    let recipe = format!("truncated {} {percent}", name(source));
    store::made(&recipe, extension(source), |out| {
        let bytes = fs::read(source).expect("generated media can be read");
        let kept = bytes.len() * usize::try_from(percent).expect("a percentage") / 100;
        fs::write(out, &bytes[..kept]).expect("the cache is writable");
    })
}

/// A text that calls itself MP4.
pub fn not_a_video() -> PathBuf {
    store::made("not a video", "mp4", |out| {
        fs::write(out, "This is a letter, not a film.\n".repeat(400))
            .expect("the cache is writable");
    })
}

/// The source from `seconds` on, copied from the key frame before and hidden up to there by an edit
/// list: the file's first packets are decoded but never shown.
pub fn starting_inside_a_gop(source: &Path, seconds: f64) -> PathBuf {
    let start = format!("{seconds}");
    derived_with(
        &["-ss", &start],
        source,
        "mp4",
        &["-map", "0", "-c", "copy"],
    )
}

/// A transport stream whose 33-bit timestamps wrap around `seconds` after its start.
pub fn wrapping_timestamps(source: &Path, seconds: f64) -> PathBuf {
    // 2^33 / 90000 s, and the muxer starts its streams 1.4 s late.
    let offset = format!("{:.6}", 8_589_934_592.0 / 90_000.0 - 1.4 - seconds);
    let args = [
        "-map",
        "0",
        "-c",
        "copy",
        "-output_ts_offset",
        &offset,
        "-f",
        "mpegts",
    ];
    derived(source, "ts", &args)
}

/// Transport stream segments of `seconds`, cut at key frames as HLS packagers do: the sound of each
/// starts earlier and ends earlier than its pictures.
pub fn ts_segments(source: &Path, seconds: f64) -> Vec<PathBuf> {
    segments(source, seconds, "mpegts", "ts", &[])
}

/// Self-contained fragmented MP4 segments of `seconds`, cut at key frames, each with its own
/// initialisation and the source's times.
pub fn fmp4_segments(source: &Path, seconds: f64) -> Vec<PathBuf> {
    let flags = "movflags=+frag_keyframe+delay_moov+default_base_moof";
    segments(
        source,
        seconds,
        "mp4",
        "mp4",
        &["-segment_format_options", flags],
    )
}

fn segments(
    source: &Path,
    seconds: f64,
    format: &str,
    extension: &str,
    options: &[&str],
) -> Vec<PathBuf> {
    let recipe = format!("segments {} {seconds} {format} {options:?}", name(source));
    let folder = store::made(&recipe, "", |out| {
        fs::create_dir(out).expect("the cache is writable");
        let mut command = ffmpeg(["-i"]);
        command
            .arg(source)
            .args(["-map", "0", "-c", "copy", "-f", "segment"]);
        command.args([
            "-segment_time",
            &format!("{seconds}"),
            "-segment_format",
            format,
        ]);
        run(command
            .args(options)
            .arg(out.join(format!("%03d.{extension}"))));
    });
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the segments were just made")
        .map(|entry| entry.expect("the cache can be read").path())
        .collect();
    files.sort();
    files
}

/// A transport stream that has lost its `nth` key frame (counted from 0), as a broken transfer does.
pub fn without_key_frame(source: &Path, nth: u32) -> PathBuf {
    let bytes = |path: &Path| fs::read(path).expect("generated media can be read");
    let ts = rewrapped(source, "ts");
    let recipe = format!("without key frame {} {nth}", name(&ts));
    store::made(&recipe, "ts", |out| {
        let packets = crate::check::packets(&ts, "v:0");
        let key = packets
            .iter()
            .enumerate()
            .filter(|(_, packet)| packet.key)
            .nth(nth as usize)
            .map(|(index, _)| index)
            .expect("the source has that many key frames");
        let from = packets[key]
            .position
            .expect("a transport stream knows its positions");
        let to = packets[key + 1..]
            .iter()
            .find_map(|packet| packet.position)
            .expect("another frame follows");
        let bytes = bytes(&ts);
        let pid = video_pid(&bytes, from);
        let kept: Vec<u8> = bytes
            .chunks_exact(188)
            .enumerate()
            .filter(|(index, packet)| {
                let at = (index * 188) as u64;
                !(from..to).contains(&at) || packet_pid(packet) != pid
            })
            .flat_map(|(_, packet)| packet.iter().copied())
            .collect();
        fs::write(out, kept).expect("the cache is writable");
    })
}

/// A transport stream whose timestamps jump by `seconds` at frame `number`, pictures and sound alike.
pub fn jumping_timestamps(source: &Path, number: u32, seconds: u32) -> PathBuf {
    let jump = seconds * 90_000;
    let ts = rewrapped(source, "ts");
    let packets = crate::check::packets(&ts, "v:0");
    let at = packets[number as usize].dts;
    let shift = format!("setts=pts=PTS+gte(DTS\\,{at})*{jump}:dts=DTS+gte(DTS\\,{at})*{jump}");
    let args = [
        "-map",
        "0",
        "-c",
        "copy",
        "-bsf",
        &shift,
        "-copyts",
        "-muxdelay",
        "0",
        "-f",
        "mpegts",
    ];
    derived_with(&["-copyts"], &ts, "ts", &args)
}

fn video_pid(ts: &[u8], position: u64) -> u16 {
    let at = usize::try_from(position).expect("a short file");
    packet_pid(&ts[at..at + 188])
}

fn packet_pid(packet: &[u8]) -> u16 {
    u16::from_be_bytes([packet[1] & 0x1F, packet[2]])
}

/// A source's name in the cache is the hash of what it is, so it can stand for it.
fn name(source: &Path) -> String {
    let name = source
        .file_name()
        .expect("media has a name")
        .to_string_lossy();
    assert!(
        source.starts_with(crate::folders::cache()),
        "{} is not generated media: what is derived from it could not be cached",
        source.display()
    );
    let folder = source
        .parent()
        .and_then(Path::file_name)
        .unwrap_or_default();
    format!("{}/{name}", folder.to_string_lossy())
}

fn extension(source: &Path) -> &str {
    source
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default()
}
