//! The coded pictures of an H.264 file, whatever it is wrapped in.

use std::path::Path;

use crate::check::packets;
use crate::tool::{ffmpeg, run};
use sha2::{Digest, Sha256};

/// The hash of each shown picture, in the order in which they are shown: its slice and the messages
/// (SEI) before it. Delimiters and parameter sets, which belong to the wrapping, are left out.
///
/// # Panics
/// When pictures have more than one slice.
pub fn picture_hashes(path: &Path) -> Vec<String> {
    let mut command = ffmpeg(["-i"]);
    command.arg(path);
    command.args([
        "-map",
        "0:v:0",
        "-c",
        "copy",
        "-bsf:v",
        "h264_mp4toannexb",
        "-f",
        "h264",
        "-",
    ]);
    let stream = run(&mut command);
    let mut pictures = Vec::new();
    let mut hash = Sha256::new();
    for unit in units(&stream) {
        let kind = unit[0] & 0x1F;
        if (1..=6).contains(&kind) {
            hash.update(unit);
        }
        if matches!(kind, 1 | 5) {
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
