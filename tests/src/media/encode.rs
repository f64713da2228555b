//! From painted frames and computed sound to a file, by ffmpeg.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

use super::paint::Painter;
use super::{AudioCodec, AudioSpec, Container, MediaSpec, VideoCodec, tone};
use crate::tool;

/// Makes `spec` at `out`.
pub(super) fn encode(spec: &MediaSpec, out: &Path) {
    let wav = out.with_extension("wav");
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-y"]);
    let size = format!("{}x{}", spec.width, spec.height);
    let rate = format!("{}/{}", spec.rate.num, spec.rate.den);
    let starts_ms = spec.audio.map_or(0, |audio| audio.starts_ms);
    if starts_ms < 0 {
        command.args(["-itsoffset", &seconds(-starts_ms)]);
    }
    command.args([
        "-f",
        "rawvideo",
        "-pix_fmt",
        "yuv420p",
        "-s",
        &size,
        "-framerate",
        &rate,
    ]);
    command.args(["-i", "pipe:0"]);
    if let Some(audio) = &spec.audio {
        write_sound(spec, audio, &wav);
        if starts_ms > 0 {
            command.args(["-itsoffset", &seconds(starts_ms)]);
        }
        command
            .arg("-i")
            .arg(&wav)
            .args(["-map", "0:v", "-map", "1:a"]);
        command.args(audio_options(audio));
    }
    command.args(timing_options(spec));
    command.args(video_options(spec));
    command
        .args(["-fflags", "+bitexact"])
        .args(container_options(spec))
        .arg(out);

    let mut painter = Painter::new(spec.clip, spec.width as usize, spec.height as usize);
    tool::run_fed(&mut command, |input: &mut dyn Write| {
        (0..spec.frames).try_for_each(|number| input.write_all(painter.paint(number)))
    });
    if spec.audio.is_some() {
        fs::remove_file(&wav).expect("the sound was written there");
    }
    if spec.rotation != 0 {
        rotate(out, spec.rotation);
    }
}

fn seconds(milliseconds: i32) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

/// The sound from where the track begins to the end of the pictures, to the sample.
fn write_sound(spec: &MediaSpec, audio: &AudioSpec, wav: &Path) {
    let rate = i64::from(audio.rate);
    let first = i64::from(audio.starts_ms) * rate / 1000;
    let last = (spec.seconds() * f64::from(audio.rate)).round() as i64;
    let mut out = BufWriter::new(File::create(wav).expect("the cache is writable"));
    tone::write_wav(&mut out, spec.clip, first..last, audio.rate, audio.channels)
        .unwrap_or_else(|e| panic!("cannot write {}: {e}", wav.display()));
}

fn audio_options(audio: &AudioSpec) -> Vec<String> {
    let codec = match audio.codec {
        // Without noise substitution, which would replace our noise by another of the same loudness.
        AudioCodec::Aac => format!("-c:a aac -aac_pns 0 -b:a {}k", 96 * audio.channels),
        AudioCodec::Pcm => "-c:a pcm_s16le".to_owned(),
    };
    words(&codec)
}

/// Frame times that don't follow from the rate, and the shape of a pixel.
fn timing_options(spec: &MediaSpec) -> Vec<String> {
    let (horizontal, vertical) = spec.pixel_aspect;
    let mut filter = format!("setsar={horizontal}/{vertical}");
    let mut options = words("-fps_mode passthrough");
    if !spec.durations.is_empty() {
        let total: u32 = spec.durations.iter().sum();
        let count = spec.durations.len();
        let mut expression = format!("floor(N/{count})*{total}");
        let mut first = 0;
        // Alike ones at once: ffmpeg adds up no more than a hundred terms.
        for alike in spec.durations.chunk_by(|one, next| one == next) {
            let (length, duration) = (alike.len(), alike[0]);
            expression.push_str(&format!(
                "+clip(mod(N\\,{count})-{first}\\,0\\,{length})*{duration}"
            ));
            first += length;
        }
        filter.push_str(&format!(",settb=1/90000,setpts={expression}"));
        options.extend(words("-enc_time_base 1:90000"));
        if matches!(spec.container.extension(), "mp4" | "mov") {
            options.extend(words("-video_track_timescale 90000"));
        }
    }
    options.extend(["-vf".to_owned(), filter]);
    options
}

fn video_options(spec: &MediaSpec) -> Vec<String> {
    let MediaSpec {
        gop,
        bframes,
        quality,
        ..
    } = spec;
    let depth = spec.pixels;
    let open = u8::from(spec.open_gop);
    match spec.codec {
        VideoCodec::H264 => {
            let mut parameters = format!(
                "keyint={gop}:min-keyint={gop}:scenecut=0:bframes={bframes}:b-adapt=0:open-gop={open}"
            );
            if !spec.x264.is_empty() {
                parameters.push(':');
                parameters.push_str(spec.x264);
            }
            let mut options = words(&format!(
                "-c:v libx264 -preset veryfast -crf {quality} -pix_fmt {depth} -x264-params {parameters}"
            ));
            if !spec.profile.is_empty() && spec.pixels == "yuv420p" {
                options.extend(["-profile:v".to_owned(), spec.profile.to_owned()]);
            }
            options
        }
        VideoCodec::Hevc => words(&format!(
            "-c:v libx265 -preset ultrafast -crf {quality} -pix_fmt {depth} -tag:v hvc1 -x265-params \
             log-level=error:keyint={gop}:min-keyint={gop}:scenecut=0:bframes={bframes}:b-adapt=0:\
             open-gop={open}"
        )),
        VideoCodec::Av1 => words(&format!(
            "-c:v libsvtav1 -preset 10 -crf 35 -g {gop} -pix_fmt {depth}"
        )),
        VideoCodec::Vp9 => words(&format!(
            "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 3M -g {gop} -pix_fmt {depth}"
        )),
        VideoCodec::Mpeg2 => words(&format!(
            "-c:v mpeg2video -b:v 8M -g {gop} -bf {bframes} -sc_threshold 1000000000 -pix_fmt yuv420p"
        )),
        VideoCodec::ProRes => words("-c:v prores_ks -profile:v standard -pix_fmt yuv422p10le"),
        VideoCodec::Dnxhd => words("-c:v dnxhd -profile:v dnxhr_sq -pix_fmt yuv422p"),
    }
}

fn container_options(spec: &MediaSpec) -> Vec<String> {
    words(match spec.container {
        Container::Mp4 | Container::Mov | Container::Mkv | Container::Ts | Container::Mxf => "",
        Container::Mp4FastStart => "-movflags +faststart",
        Container::Mp4Fragmented => "-movflags +frag_keyframe+delay_moov+default_base_moof",
    })
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Sets the display matrix of the video track (ISO/IEC 14496-12 §8.3.2), which every version of
/// ffmpeg would want to be asked for in another way.
fn rotate(path: &Path, degrees: u16) {
    let mut file = fs::read(path).expect("it was just written");
    let matrix = matrix(degrees);
    let moov = find_box(&file, 0..file.len(), b"moov").expect("an MP4 has a moov box");
    let mut rest = moov;
    while let Some(trak) = find_box(&file, rest.clone(), b"trak") {
        let header = find_box(&file, trak.clone(), b"tkhd").expect("a track has a header");
        // Version 1 has 64-bit times and duration.
        let long = if file[header.start] == 1 { 12 } else { 0 };
        let at = header.start + 40 + long;
        let has_pictures = file[header.end - 8..header.end]
            .iter()
            .any(|&byte| byte != 0);
        if has_pictures {
            for (index, value) in matrix.iter().enumerate() {
                file[at + 4 * index..at + 4 * index + 4].copy_from_slice(&value.to_be_bytes());
            }
        }
        rest.start = trak.end;
    }
    fs::write(path, file).expect("the cache is writable");
}

/// `a b u c d v x y w` in 16.16 fixed point, the third column in 2.30.
fn matrix(degrees: u16) -> [i32; 9] {
    let one = 0x1_0000;
    let (a, b, c, d) = match degrees {
        90 => (0, one, -one, 0),
        180 => (-one, 0, 0, -one),
        270 => (0, -one, one, 0),
        _ => panic!("a picture is turned by 0, 90, 180 or 270 degrees, not {degrees}"),
    };
    [a, b, 0, c, d, 0, 0, 0, 0x4000_0000]
}

/// Where the payload of the first box named `name` lies in `range`.
fn find_box(
    file: &[u8],
    range: std::ops::Range<usize>,
    name: &[u8; 4],
) -> Option<std::ops::Range<usize>> {
    let mut at = range.start;
    while at + 8 <= range.end {
        let size = u32::from_be_bytes(file[at..at + 4].try_into().expect("four bytes")) as usize;
        // Size 1 is followed by a 64-bit size, 0 reaches to the end.
        let (header, size) = match size {
            0 => (8, range.end - at),
            1 => {
                let long = file[at + 8..at + 16].try_into().expect("eight bytes");
                (
                    16,
                    usize::try_from(u64::from_be_bytes(long)).expect("a short file"),
                )
            }
            size => (8, size),
        };
        if file[at + 4..at + 8] == name[..] {
            return Some(at + header..at + size);
        }
        at += size;
    }
    None
}
