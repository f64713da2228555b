//! The coded pictures of a file of H.264 or HEVC, whatever it is wrapped in.

use std::collections::BTreeSet;
use std::path::Path;

use crate::check::packets;
use crate::media::VideoCodec;
use crate::tool::{ffmpeg, run, tool};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The hash of each shown picture, in the order in which they are shown: its slice and the messages
/// (SEI) before it. Delimiters and parameter sets, which belong to the wrapping, are left out.
///
/// # Panics
/// When pictures have more than one slice.
pub fn picture_hashes(path: &Path) -> Vec<String> {
    picture_hashes_of(path, VideoCodec::H264, &BTreeSet::new())
}

/// As [`picture_hashes`], of another codec, without the messages in `told`. A picture of HEVC that decoding may start from is the same
/// whether it says that what is in front of it is missing (BLA) or not (CRA): a cut makes one the other.
///
/// # Panics
/// As [`picture_hashes`], and for a codec without slices.
pub fn picture_hashes_of(path: &Path, codec: VideoCodec, told: &BTreeSet<Vec<u8>>) -> Vec<String> {
    let left_out = |unit: &[u8]| told.contains(unit);
    let hevc = codec == VideoCodec::Hevc;
    let (filter, format) = match codec {
        VideoCodec::H264 => ("h264_mp4toannexb", "h264"),
        VideoCodec::Hevc => ("hevc_mp4toannexb", "hevc"),
        other => panic!("{other:?} has no slices"),
    };
    let mut command = ffmpeg(["-i"]);
    command.arg(path);
    command.args([
        "-map", "0:v:0", "-c", "copy", "-bsf:v", filter, "-f", format, "-",
    ]);
    let stream = run(&mut command);
    let mut pictures = Vec::new();
    let mut hash = Sha256::new();
    // What a file says of all pictures in its sample entry is put in front of key pictures, which may say it
    // themselves.
    let mut told: Vec<&[u8]> = Vec::new();
    for unit in units(&stream) {
        let kind = match hevc {
            true => unit[0] >> 1 & 0x3F,
            false => unit[0] & 0x1F,
        };
        let (slice, message) = match hevc {
            true => (kind <= 31, kind == 39),
            false => (matches!(kind, 1 | 5), (2..=6).contains(&kind) && kind != 5),
        };
        if hevc && (16..=18).contains(&kind) {
            hash.update([unit[0] & 0x81 | 21 << 1]);
            hash.update(&unit[1..]);
        } else if slice || message && !told.contains(&unit) && !left_out(unit) {
            hash.update(unit);
        }
        if message {
            told.push(unit);
        }
        if slice {
            told.clear();
            pictures.push(format!("{:x?}", hash.finalize_reset()));
        }
    }
    let packets = packets(path, "v:0");
    assert_eq!(pictures.len(), packets.len(), "one slice for each picture");
    let mut shown: Vec<_> = packets.iter().zip(pictures).collect();
    shown.retain(|(packet, _)| !packet.discarded);
    shown.sort_by_key(|(packet, _)| packet.pts);
    shown.into_iter().map(|(_, picture)| picture).collect()
}

/// The messages of HEVC that a file says of all its pictures, in its sample entry (ISO/IEC 14496-15 §8.3.3.1).
/// Converted to a stream they stand in front of key pictures that never had them.
pub fn entry_messages(path: &Path) -> BTreeSet<Vec<u8>> {
    let asked = "-v error -select_streams v:0 -show_streams -show_data -of json";
    let mut command = tool("ffprobe", asked.split(' '));
    let answer: Value = serde_json::from_slice(&run(command.arg(path))).expect("JSON of ffprobe");
    let dump = answer["streams"][0]["extradata"].as_str().unwrap_or("");
    // `00000000: 0101 6000 0000 9000  ..`.......` in lines of 16 bytes.
    let bytes: Vec<u8> = dump
        .lines()
        .filter_map(|line| line.split_once(": "))
        .flat_map(|(_, rest)| {
            let digits = rest.get(..39).unwrap_or(rest).replace(' ', "");
            let pairs = (0..digits.len() / 2).map(|k| digits[2 * k..2 * k + 2].to_owned());
            pairs
                .map_while(|pair| u8::from_str_radix(&pair, 16).ok())
                .collect::<Vec<_>>()
        })
        .collect();
    let mut messages = BTreeSet::new();
    // A transport stream has no sample entry, but start codes.
    if bytes.first() != Some(&1) {
        return messages;
    }
    let word = |at: usize| usize::from(bytes[at]) << 8 | usize::from(bytes[at + 1]);
    let mut at = 23;
    for _ in 0..bytes[22] {
        let (kind, count) = (bytes[at] & 0x3F, word(at + 1));
        at += 3;
        for _ in 0..count {
            let unit = &bytes[at + 2..at + 2 + word(at)];
            at += 2 + unit.len();
            if kind == 39 {
                messages.insert(unit.to_vec());
            }
        }
    }
    messages
}

/// The NAL units between start codes (ITU-T H.264 Annex B), without trailing zeros.
pub fn units(stream: &[u8]) -> Vec<&[u8]> {
    let codes: Vec<usize> = (0..stream.len().saturating_sub(3))
        .filter(|&at| stream[at..].starts_with(&[0, 0, 1]))
        .collect();
    let unit = |(number, &code): (usize, &usize)| {
        let end = codes.get(number + 1).copied().unwrap_or(stream.len());
        let unit = &stream[code + 3..end];
        let zeros = unit.iter().rev().take_while(|&&byte| byte == 0).count();
        &unit[..unit.len() - zeros]
    };
    codes.iter().enumerate().map(unit).collect()
}
