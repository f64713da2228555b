//! What ffprobe says: streams, packets, hashes.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::media::Rate;
use crate::tool;

/// One stream of a file. Times are in ticks of its time base.
#[derive(Clone, PartialEq, Debug)]
pub struct StreamInfo {
    /// `video`, `audio`, `subtitle` or `data`.
    pub kind: String,
    /// ffprobe's name of the codec, such as `h264` or `aac`.
    pub codec: String,
    /// The sample entry or stream tag, such as `avc1`.
    pub tag: String,
    /// The profile as ffprobe words it.
    pub profile: String,
    /// Width and height in pixels, 0 for sound.
    pub size: (u32, u32),
    /// Pixel or sample format.
    pub format: String,
    /// Width to height of a pixel, as `1:1`.
    pub pixel_aspect: String,
    /// The clockwise turn to show it with, in degrees.
    pub rotation: i64,
    /// The rate that frames are said to have (the lowest that fits all times).
    pub frame_rate: Option<Rate>,
    /// Samples a second and channels, 0 for pictures.
    pub sound: (u32, u32),
    /// The length of a tick in seconds, as a fraction.
    pub time_base: (i64, i64),
    /// First presentation time.
    pub start: Option<i64>,
    /// Duration, if the container has one for the stream.
    pub duration: Option<i64>,
    /// Everything that ffprobe says of it.
    pub all: Value,
}

impl StreamInfo {
    /// The duration in seconds, if the container has one for the stream.
    pub fn seconds(&self) -> Option<f64> {
        let ticks = self.duration? as f64;
        Some(ticks * self.time_base.0 as f64 / self.time_base.1 as f64)
    }
}

/// A coded packet. Times are in ticks of its stream's time base.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packet {
    /// Presentation time.
    pub pts: i64,
    /// Decoding time.
    pub dts: i64,
    /// Duration, if known.
    pub duration: Option<i64>,
    /// Whether decoding can start here.
    pub key: bool,
    /// Whether it is decoded but not shown.
    pub discarded: bool,
    /// Bytes.
    pub size: u64,
    /// Where it begins in the file, if the container tells.
    pub position: Option<u64>,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// A decoded frame's hash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FrameHash {
    /// Presentation time in ticks.
    pub pts: i64,
    /// MD5 of its pixels, in hexadecimal.
    pub md5: String,
}

/// Streams and the container's duration.
pub(super) struct Probe {
    pub(super) streams: Vec<StreamInfo>,
    pub(super) duration: Option<f64>,
}

/// The streams of `path`.
///
/// # Panics
/// When ffprobe can't open it.
pub fn streams(path: &Path) -> Vec<StreamInfo> {
    probe(path).streams
}

pub(super) fn probe(path: &Path) -> Probe {
    let answer = ffprobe(path, &["-show_streams", "-show_format"]);
    let streams = list(&answer, "streams").iter().map(stream).collect();
    let duration = answer["format"]["duration"]
        .as_str()
        .and_then(|text| text.parse().ok());
    Probe { streams, duration }
}

fn stream(all: &Value) -> StreamInfo {
    let text = |key: &str| all[key].as_str().unwrap_or_default().to_owned();
    let number = |key: &str| {
        all[key]
            .as_u64()
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(0)
    };
    let (num, den) = fraction(&text("time_base")).unwrap_or((1, 1));
    let rate = fraction(&text("r_frame_rate")).filter(|(num, den)| *num > 0 && *den > 0);
    let kind = text("codec_type");
    StreamInfo {
        codec: text("codec_name"),
        tag: text("codec_tag_string"),
        profile: text("profile"),
        size: (number("width"), number("height")),
        format: if kind == "video" {
            text("pix_fmt")
        } else {
            text("sample_fmt")
        },
        pixel_aspect: text("sample_aspect_ratio"),
        rotation: rotation(all),
        frame_rate: rate.filter(|_| kind == "video").and_then(|(num, den)| {
            Some(Rate::new(
                u32::try_from(num).ok()?,
                u32::try_from(den).ok()?,
            ))
        }),
        sound: (text("sample_rate").parse().unwrap_or(0), number("channels")),
        time_base: (num, den),
        start: all["start_pts"].as_i64(),
        duration: all["duration_ts"].as_i64(),
        all: all.clone(),
        kind,
    }
}

/// ffprobe tells the display matrix's turn counter-clockwise, from -180 to 180.
fn rotation(stream: &Value) -> i64 {
    let turns = list(stream, "side_data_list")
        .iter()
        .filter_map(|data| data["rotation"].as_i64());
    turns
        .map(|degrees| (-degrees).rem_euclid(360))
        .next()
        .unwrap_or(0)
}

/// The packets of a stream, `v:0` or `a:0`, in the file's order.
///
/// # Panics
/// When ffprobe can't open the file.
pub fn packets(path: &Path, stream: &str) -> Vec<Packet> {
    let answer = ffprobe(
        path,
        &[
            "-select_streams",
            stream,
            "-show_packets",
            "-show_data_hash",
            "sha256",
        ],
    );
    list(&answer, "packets")
        .iter()
        .map(|packet| {
            let text = |key: &str| packet[key].as_str().unwrap_or_default();
            Packet {
                pts: packet["pts"].as_i64().unwrap_or(i64::MIN),
                dts: packet["dts"].as_i64().unwrap_or(i64::MIN),
                duration: packet["duration"].as_i64(),
                key: text("flags").contains('K'),
                discarded: text("flags").contains('D'),
                size: text("size").parse().unwrap_or(0),
                position: text("pos").parse().ok(),
                sha256: text("data_hash").trim_start_matches("SHA256:").to_owned(),
            }
        })
        .collect()
}

/// The MD5 of every picture that is shown, as decoded.
///
/// # Panics
/// When ffmpeg can't decode the file.
pub fn framemd5(path: &Path) -> Vec<FrameHash> {
    let mut command = tool::ffmpeg(["-noautorotate", "-copyts", "-i"]);
    command.arg(path).args([
        "-map",
        "0:v:0",
        "-fps_mode",
        "passthrough",
        "-f",
        "framemd5",
        "-",
    ]);
    String::from_utf8_lossy(&tool::run(&mut command))
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let fields: Vec<&str> = line.split(',').map(str::trim).collect();
            FrameHash {
                pts: fields[2].parse().expect("framemd5 tells times"),
                md5: fields[5].to_owned(),
            }
        })
        .collect()
}

/// The pixel formats of a file's pictures, as libav decodes them, each once.
pub fn pixel_formats(path: &Path) -> BTreeSet<String> {
    let mut ffprobe = tool::tool("ffprobe", ["-v", "error", "-select_streams", "v"]);
    ffprobe
        .args(["-of", "csv=p=0", "-show_entries", "frame=pix_fmt"])
        .arg(path);
    let told = tool::run(&mut ffprobe);
    let told = String::from_utf8_lossy(&told);
    let formats = told.lines().map(|line| line.trim_end_matches(','));
    let formats = formats.filter(|format| !format.is_empty());
    formats.map(str::to_owned).collect()
}

/// Peak signal-to-noise ratio in dB of `count` pictures of `path` from its picture `first` on,
/// against as many of `reference` from `reference_first` on. Infinity is equality.
///
/// # Panics
/// When one has fewer pictures, another size, or can't be decoded.
pub fn psnr(
    path: &Path,
    first: u32,
    reference: &Path,
    reference_first: u32,
    count: u32,
) -> Vec<f64> {
    let part = |input: u32, first: u32, name: &str| {
        let end = first + count;
        format!(
            "[{input}:v:0]trim=start_frame={first}:end_frame={end},setpts=N,settb=1/1000[{name}]"
        )
    };
    let graph = format!(
        "{};{};[a][b]psnr=stats_file=-",
        part(0, first, "a"),
        part(1, reference_first, "b")
    );
    let mut command = tool::ffmpeg(["-noautorotate", "-i"]);
    command
        .arg(path)
        .args(["-noautorotate", "-i"])
        .arg(reference);
    command.args([
        "-filter_complex",
        &graph,
        "-fps_mode",
        "passthrough",
        "-f",
        "null",
        "-",
    ]);
    let answer = tool::run(&mut command);
    let values: Vec<f64> = String::from_utf8_lossy(&answer)
        .lines()
        .filter_map(|line| field(line, "psnr_avg:")?.parse().ok())
        .collect();
    assert_eq!(
        values.len(),
        count as usize,
        "{} and {} do not both have these pictures",
        path.display(),
        reference.display()
    );
    values
}

fn ffprobe(path: &Path, args: &[&str]) -> Value {
    let mut command = tool::tool(
        "ffprobe",
        ["-hide_banner", "-loglevel", "error", "-of", "json"],
    );
    let answer = tool::run(command.args(args).arg(path));
    serde_json::from_slice(&answer).expect("ffprobe answers in JSON")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn fraction(text: &str) -> Option<(i64, i64)> {
    let (num, den) = text.split_once(['/', ':'])?;
    Some((num.parse().ok()?, den.parse().ok()?))
}

/// The word after `key` in a line of `key:value key: value`.
pub(super) fn field<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let mut start = 0;
    while let Some(found) = line[start..].find(key) {
        let at = start + found;
        start = at + key.len();
        // `pts:` must not be found in `first_pts:`.
        if at == 0 || line.as_bytes()[at - 1] == b' ' {
            return line[start..].split_whitespace().next();
        }
    }
    None
}

/// The lines of a log in which a decoder or demuxer reports an error. That pictures of varying length
/// share a tick of the rate that ffmpeg guesses for its raw output is none.
pub(super) fn complaints(log: &str) -> impl Iterator<Item = String> {
    log.lines()
        .filter(|line| line.contains("[error]") || line.contains("[fatal]"))
        .filter(|line| !line.contains("[rawvideo @") || !line.contains("monotonically"))
        .map(|line| line.trim().to_owned())
}
