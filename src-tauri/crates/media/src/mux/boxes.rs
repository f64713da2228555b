//! Boxes of ISO base media files that plain and fragmented files share (ISO/IEC 14496-12, -14, -15).

use crate::mux::{AudioFormat, VideoFormat};

/// Appends a box: four bytes of size, its type, and what `body` appends.
pub(crate) fn boxed(out: &mut Vec<u8>, kind: &[u8; 4], body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(kind);
    body(out);
    let size = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    if let Some(field) = out.get_mut(start..start + 4) {
        field.copy_from_slice(&size.to_be_bytes());
    }
}

/// A box with version and flags.
pub(crate) fn full_box(
    out: &mut Vec<u8>,
    kind: &[u8; 4],
    version: u8,
    flags: u32,
    body: impl FnOnce(&mut Vec<u8>),
) {
    boxed(out, kind, |out| {
        u32_be(out, u32::from(version) << 24 | flags & 0x00ff_ffff);
        body(out);
    });
}

pub(crate) fn u16_be(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

pub(crate) fn u32_be(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

pub(crate) fn u64_be(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_be_bytes());
}

pub(crate) fn ftyp(out: &mut Vec<u8>, major: &[u8; 4], compatible: &[&[u8; 4]]) {
    boxed(out, b"ftyp", |out| {
        out.extend_from_slice(major);
        u32_be(out, 0x200);
        for brand in compatible {
            out.extend_from_slice(*brand);
        }
    });
}

pub(crate) fn mvhd(out: &mut Vec<u8>, scale: u32, duration: u64, next_track: u32) {
    full_box(out, b"mvhd", 1, 0, |out| {
        u64_be(out, 0);
        u64_be(out, 0);
        u32_be(out, scale);
        u64_be(out, duration);
        u32_be(out, 0x0001_0000);
        u16_be(out, 0x0100);
        out.extend_from_slice(&[0; 10]);
        matrix(out, 0);
        out.extend_from_slice(&[0; 24]);
        u32_be(out, next_track);
    });
}

/// Display matrix for a clockwise rotation in degrees (16.16 fixed point, last column 2.30).
fn matrix(out: &mut Vec<u8>, rotation: u16) {
    const ONE: u32 = 0x0001_0000;
    const MINUS_ONE: u32 = 0xffff_0000;
    let [a, b, c, d] = match rotation {
        90 => [0, ONE, MINUS_ONE, 0],
        180 => [MINUS_ONE, 0, 0, MINUS_ONE],
        270 => [0, MINUS_ONE, ONE, 0],
        _ => [ONE, 0, 0, ONE],
    };
    for value in [a, b, 0, c, d, 0, 0, 0, 0x4000_0000] {
        u32_be(out, value);
    }
}

pub(crate) fn video_tkhd(out: &mut Vec<u8>, track: u32, duration: u64, format: &VideoFormat) {
    let (num, den) = format.pixel_aspect;
    let display =
        u64::from(format.width) * u64::from(num.max(1)) * 0x1_0000 / u64::from(den.max(1));
    tkhd(
        out,
        track,
        duration,
        format.rotation,
        0,
        u32::try_from(display).unwrap_or(u32::MAX),
        format.height << 16,
    );
}

pub(crate) fn audio_tkhd(out: &mut Vec<u8>, track: u32, duration: u64) {
    tkhd(out, track, duration, 0, 0x0100, 0, 0);
}

/// Of what is neither seen nor heard.
pub(crate) fn other_tkhd(out: &mut Vec<u8>, track: u32, duration: u64) {
    tkhd(out, track, duration, 0, 0, 0, 0);
}

fn tkhd(
    out: &mut Vec<u8>,
    track: u32,
    duration: u64,
    rotation: u16,
    volume: u16,
    width: u32,
    height: u32,
) {
    full_box(out, b"tkhd", 1, 3, |out| {
        u64_be(out, 0);
        u64_be(out, 0);
        u32_be(out, track);
        u32_be(out, 0);
        u64_be(out, duration);
        out.extend_from_slice(&[0; 8]);
        u16_be(out, 0);
        u16_be(out, u16::from(volume != 0));
        u16_be(out, volume);
        u16_be(out, 0);
        matrix(out, rotation);
        u32_be(out, width);
        u32_be(out, height);
    });
}

/// One edit: `media_time` is what plays first.
pub(crate) fn edit_list(out: &mut Vec<u8>, segment_duration: u64, media_time: i64) {
    boxed(out, b"edts", |out| {
        full_box(out, b"elst", 1, 0, |out| {
            u32_be(out, 1);
            u64_be(out, segment_duration);
            out.extend_from_slice(&media_time.to_be_bytes());
            u16_be(out, 1);
            u16_be(out, 0);
        });
    });
}

/// `language` is ISO 639-2; what is not three letters is left unsaid.
pub(crate) fn mdhd(out: &mut Vec<u8>, scale: u32, duration: u64, language: Option<&str>) {
    let letters = language.and_then(|text| <[u8; 3]>::try_from(text.as_bytes()).ok());
    let letters = letters.filter(|letters| letters.iter().all(u8::is_ascii_lowercase));
    let packed = letters
        .unwrap_or(*b"und")
        .iter()
        .fold(0_u16, |packed, letter| {
            packed << 5 | u16::from(letter - 0x60)
        });

    full_box(out, b"mdhd", 1, 0, |out| {
        u64_be(out, 0);
        u64_be(out, 0);
        u32_be(out, scale);
        u64_be(out, duration);
        u16_be(out, packed);
        u16_be(out, 0);
    });
}

pub(crate) fn hdlr(out: &mut Vec<u8>, kind: &[u8; 4], name: &str) {
    full_box(out, b"hdlr", 0, 0, |out| {
        u32_be(out, 0);
        out.extend_from_slice(kind);
        out.extend_from_slice(&[0; 12]);
        out.extend_from_slice(name.as_bytes());
        out.push(0);
    });
}

/// A handler of a QuickTime movie: of a class (`mhlr` media, `dhlr` data), its name with its length in
/// front.
pub(crate) fn quicktime_hdlr(out: &mut Vec<u8>, class: &[u8; 4], kind: &[u8; 4], name: &str) {
    full_box(out, b"hdlr", 0, 0, |out| {
        out.extend_from_slice(class);
        out.extend_from_slice(kind);
        out.extend_from_slice(&[0; 12]);
        out.push(u8::try_from(name.len()).unwrap_or(0));
        out.extend_from_slice(name.as_bytes());
    });
}

pub(crate) fn data_information(out: &mut Vec<u8>) {
    boxed(out, b"dinf", |out| {
        full_box(out, b"dref", 0, 0, |out| {
            u32_be(out, 1);
            full_box(out, b"url ", 0, 1, |_| {});
        });
    });
}

pub(crate) fn video_sample_description(out: &mut Vec<u8>, format: &VideoFormat) {
    full_box(out, b"stsd", 0, 0, |out| {
        u32_be(out, 1);
        boxed(out, &format.coding.entry, |out| {
            out.extend_from_slice(&[0; 6]);
            u16_be(out, 1);
            out.extend_from_slice(&[0; 16]);
            u16_be(out, u16::try_from(format.width).unwrap_or(u16::MAX));
            u16_be(out, u16::try_from(format.height).unwrap_or(u16::MAX));
            u32_be(out, 0x0048_0000);
            u32_be(out, 0x0048_0000);
            u32_be(out, 0);
            u16_be(out, 1);
            out.extend_from_slice(&[0; 32]);
            u16_be(out, 0x0018);
            u16_be(out, 0xffff);
            let coding = &format.coding;
            if !coding.record.is_empty() {
                boxed(out, &coding.record_box, |out| {
                    out.extend_from_slice(&coding.record);
                });
            }
            if format.pixel_aspect != (1, 1) {
                boxed(out, b"pasp", |out| {
                    u32_be(out, format.pixel_aspect.0);
                    u32_be(out, format.pixel_aspect.1);
                });
            }
            let (primaries, transfer, matrix) = format.colour;
            if (primaries, transfer, matrix) != (2, 2, 2) {
                boxed(out, b"colr", |out| {
                    out.extend_from_slice(b"nclx");
                    u16_be(out, u16::from(primaries));
                    u16_be(out, u16::from(transfer));
                    u16_be(out, u16::from(matrix));
                    out.push(u8::from(format.full_range) << 7);
                });
            }
        });
    });
}

pub(crate) fn audio_sample_description(out: &mut Vec<u8>, format: &AudioFormat) {
    full_box(out, b"stsd", 0, 0, |out| {
        u32_be(out, 1);
        boxed(out, b"mp4a", |out| {
            out.extend_from_slice(&[0; 6]);
            u16_be(out, 1);
            out.extend_from_slice(&[0; 8]);
            u16_be(out, format.channels);
            u16_be(out, 16);
            u32_be(out, 0);
            u32_be(
                out,
                u16::try_from(format.sample_rate).map_or(0, u32::from) << 16,
            );
            elementary_stream_descriptor(out, format);
        });
    });
}

/// Sound description version 1 with its decoder configuration in `wave` (QuickTime File Format, Sound
/// Media).
pub(crate) fn quicktime_sound_description(out: &mut Vec<u8>, format: &AudioFormat) {
    full_box(out, b"stsd", 0, 0, |out| {
        u32_be(out, 1);
        boxed(out, b"mp4a", |out| {
            out.extend_from_slice(&[0; 6]);
            u16_be(out, 1);
            u16_be(out, 1);
            out.extend_from_slice(&[0; 6]);
            u16_be(out, format.channels);
            u16_be(out, 16);
            // Compressed, with packets of varying size.
            u16_be(out, 0xfffe);
            u16_be(out, 0);
            u32_be(
                out,
                u16::try_from(format.sample_rate).map_or(0, u32::from) << 16,
            );
            // Samples of a packet, then bytes of a packet, a frame and a sample.
            for value in [1024, 0, 0, 2] {
                u32_be(out, value);
            }
            boxed(out, b"wave", |out| {
                boxed(out, b"frma", |out| out.extend_from_slice(b"mp4a"));
                boxed(out, b"mp4a", |out| u32_be(out, 0));
                elementary_stream_descriptor(out, format);
                boxed(out, &[0; 4], |_| {});
            });
        });
    });
}

/// `esds` (ISO/IEC 14496-1 §7.2.6): the decoder configuration of AAC.
fn elementary_stream_descriptor(out: &mut Vec<u8>, format: &AudioFormat) {
    let config = &format.config;
    let specific = config.len();
    full_box(out, b"esds", 0, 0, |out| {
        descriptor(out, 0x03, 3 + 5 + 13 + 5 + specific + 5 + 1);
        u16_be(out, 0);
        out.push(0);
        descriptor(out, 0x04, 13 + 5 + specific);
        out.push(0x40); // MPEG-4 audio
        out.push(0x15); // audio stream
        out.extend_from_slice(&[0; 3]);
        u32_be(out, format.bit_rate);
        u32_be(out, format.bit_rate);
        descriptor(out, 0x05, specific);
        out.extend_from_slice(config);
        descriptor(out, 0x06, 1);
        out.push(2);
    });
}

/// Tag and size of a descriptor; the size always in four bytes.
fn descriptor(out: &mut Vec<u8>, tag: u8, size: usize) {
    out.push(tag);
    for shift in [21, 14, 7] {
        out.push(((size >> shift) & 0x7f) as u8 | 0x80);
    }
    out.push((size & 0x7f) as u8);
}
