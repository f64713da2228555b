//! The timecode track of MP4 and QuickTime (Apple, QuickTime File Format, "Timecode media").

use super::Timecode;
use super::boxes::{
    boxed, data_information, full_box, mdhd, other_tkhd, quicktime_hdlr, u16_be, u32_be, u64_be,
};
use super::mp4::Mp4Flavour;

/// Its number, behind those of pictures and sound.
pub(super) const TRACK: u32 = 3;

/// What its one sample says.
pub(super) fn sample(timecode: Timecode) -> [u8; 4] {
    timecode.frame.to_be_bytes()
}

/// Says in the track of the pictures which one has their timecode.
pub(super) fn reference(out: &mut Vec<u8>) {
    boxed(out, b"tref", |out| {
        boxed(out, b"tmcd", |out| u32_be(out, TRACK))
    });
}

/// The track: one sample at `offset` for the whole length.
pub(super) fn track(
    out: &mut Vec<u8>,
    timecode: Timecode,
    (offset, frames): (u64, u64),
    duration: u64,
    flavour: Mp4Flavour,
) {
    let (scale, step) = (timecode.rate.numerator(), timecode.rate.denominator());
    let length = frames.saturating_mul(u64::from(step));
    boxed(out, b"trak", |out| {
        other_tkhd(out, TRACK, duration);
        boxed(out, b"mdia", |out| {
            mdhd(out, scale, length, None);
            flavour.handler(out, b"tmcd", "Timecode");
            boxed(out, b"minf", |out| {
                match flavour {
                    Mp4Flavour::Mp4 => full_box(out, b"nmhd", 0, 0, |_| ()),
                    Mp4Flavour::QuickTime => {
                        information_header(out);
                        quicktime_hdlr(out, b"dhlr", b"url ", "Data");
                    }
                }
                data_information(out);
                boxed(out, b"stbl", |out| {
                    full_box(out, b"stsd", 0, 0, |out| {
                        u32_be(out, 1);
                        boxed(out, b"tmcd", |out| description(out, timecode));
                    });
                    full_box(out, b"stts", 0, 0, |out| {
                        u32_be(out, 1);
                        u32_be(out, 1);
                        u32_be(out, u32::try_from(length).unwrap_or(u32::MAX));
                    });
                    full_box(out, b"stsc", 0, 0, |out| {
                        [1, 1, 1, 1].into_iter().for_each(|word| u32_be(out, word));
                    });
                    full_box(out, b"stsz", 0, 0, |out| {
                        [4, 1].into_iter().for_each(|word| u32_be(out, word));
                    });
                    full_box(out, b"co64", 0, 0, |out| {
                        u32_be(out, 1);
                        u64_be(out, offset);
                    });
                });
            });
        });
    });
}

fn description(out: &mut Vec<u8>, timecode: Timecode) {
    out.extend_from_slice(&[0; 6]);
    u16_be(out, 1);
    u32_be(out, 0);
    // 1: drops frames; 2: begins anew after a day.
    u32_be(out, u32::from(timecode.drop_frame) | 2);
    u32_be(out, timecode.rate.numerator());
    u32_be(out, timecode.rate.denominator());
    out.push(u8::try_from(timecode.rate.nominal()).unwrap_or(u8::MAX));
    out.push(0);
}

/// Players of QuickTime show timecode as this says: white on black.
fn information_header(out: &mut Vec<u8>) {
    boxed(out, b"gmhd", |out| {
        full_box(out, b"gmin", 0, 0, |out| {
            u16_be(out, 0x40);
            [0x8000; 3]
                .into_iter()
                .for_each(|colour| u16_be(out, colour));
            u32_be(out, 0);
        });
        boxed(out, b"tmcd", |out| {
            full_box(out, b"tcmi", 0, 0, |out| {
                u16_be(out, 0);
                u16_be(out, 0);
                u16_be(out, 12);
                u16_be(out, 0);
                let black_white = [0, 0, 0, 0xffff, 0xffff, 0xffff];
                black_white
                    .into_iter()
                    .for_each(|colour| u16_be(out, colour));
                out.push(0);
            });
        });
    });
}
