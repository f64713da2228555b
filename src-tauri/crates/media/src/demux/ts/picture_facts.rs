//! The little of HEVC and MPEG-2 video that a stream must tell itself: picture size and where
//! decoding may start (ITU-T H.265 §7.3.2.2, H.262 §6.2).

use conform::UnitKind;

use crate::demux::bits::Bits;
use crate::nal_units::{find_start_code, rbsp};

/// What the first bytes of a coded picture tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PictureFacts {
    pub(super) kind: UnitKind,
    /// Width, height, chroma format and bits per sample, where a sequence header or parameter set
    /// stands in front of the picture.
    pub(super) sequence: Option<SequenceSize>,
}

/// Size and format of all pictures of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SequenceSize {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) chroma_format_idc: u8,
    pub(super) bit_depth: u8,
}

/// Looks at the first bytes of a picture.
pub(super) fn picture_facts(codec: &str, bytes: &[u8], marked: bool) -> PictureFacts {
    match codec {
        "hevc" => hevc(bytes),
        "mpeg1" | "mpeg2" => mpeg(bytes),
        _ => PictureFacts {
            kind: if marked {
                UnitKind::Recovery
            } else {
                UnitKind::Delta
            },
            sequence: None,
        },
    }
}

fn after_start_codes(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        rest = rest.get(find_start_code(rest)? + 3..)?;
        Some(rest)
    })
}

fn hevc(bytes: &[u8]) -> PictureFacts {
    let mut facts = PictureFacts {
        kind: UnitKind::Delta,
        sequence: None,
    };
    for nal in after_start_codes(bytes) {
        match nal.first().map(|byte| byte >> 1 & 0x3f) {
            Some(33) => facts.sequence = hevc_size(nal).or(facts.sequence),
            Some(19 | 20) => {
                facts.kind = UnitKind::Idr;
                break;
            }
            Some(16..=18 | 21) => {
                facts.kind = UnitKind::Recovery;
                break;
            }
            Some(0..=31) => break,
            _ => {}
        }
    }
    facts
}

fn hevc_size(nal: &[u8]) -> Option<SequenceSize> {
    let raw = rbsp(nal.get(..nal.len().min(256))?);
    let mut bits = Bits::new(&raw);
    // The second header byte, then sps_video_parameter_set_id.
    bits.skip(8 + 4)?;
    let sub_layers = bits.bits(3)?;
    bits.skip(1 + 88 + 8)?;
    let mut present = Vec::new();
    for _ in 0..sub_layers {
        present.push((bits.bit()?, bits.bit()?));
    }
    if sub_layers > 0 {
        bits.skip(2 * (8 - sub_layers as usize))?;
    }
    for (profile, level) in present {
        bits.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 })?;
    }
    bits.ue()?;
    // The ranges of ITU-T H.265 §7.4.3.2.1, here and of the bit depth.
    let chroma_format_idc = bits.ue().filter(|idc| *idc <= 3)?;
    if chroma_format_idc == 3 {
        bits.skip(1)?;
    }
    let (width, height) = (bits.ue()?, bits.ue()?);
    let mut crop = [0; 4];
    if bits.bit()? {
        for side in &mut crop {
            *side = bits.ue()?;
        }
    }
    let bit_depth = bits.ue().filter(|above| *above <= 8)? + 8;
    let (sub_width, sub_height) = match chroma_format_idc {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    let [left, right, top, bottom] = crop;
    Some(SequenceSize {
        width: width.checked_sub(left.checked_add(right)?.checked_mul(sub_width)?)?,
        height: height.checked_sub(top.checked_add(bottom)?.checked_mul(sub_height)?)?,
        chroma_format_idc: u8::try_from(chroma_format_idc).ok()?,
        bit_depth: u8::try_from(bit_depth).ok()?,
    })
}

fn mpeg(bytes: &[u8]) -> PictureFacts {
    let mut facts = PictureFacts {
        kind: UnitKind::Delta,
        sequence: None,
    };
    let mut closed = false;
    for unit in after_start_codes(bytes) {
        match *unit {
            [0xb3, a, b, c, ..] => {
                let (a, b, c) = (u32::from(a), u32::from(b), u32::from(c));
                facts.sequence = Some(SequenceSize {
                    width: a << 4 | b >> 4,
                    height: (b & 15) << 8 | c,
                    chroma_format_idc: 1,
                    bit_depth: 8,
                });
            }
            [0xb5, a, b, ..] if a >> 4 == 1 => {
                if let Some(sequence) = &mut facts.sequence {
                    sequence.chroma_format_idc = b >> 1 & 3;
                }
            }
            [0xb8, _, _, _, d, ..] => closed = d & 0x40 != 0,
            [0x00, _, b, ..] => {
                if b >> 3 & 7 == 1 && facts.sequence.is_some() {
                    facts.kind = if closed {
                        UnitKind::Idr
                    } else {
                        UnitKind::Recovery
                    };
                }
                break;
            }
            _ => {}
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hevc_sizes_and_kinds() {
        // 1280×720 Main, as x265 writes it.
        let sps = [
            0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00,
            0x00, 0x03, 0x00, 0x5d, 0xa0, 0x02, 0x80, 0x80, 0x2d, 0x16, 0x59, 0x59, 0xa4, 0x93,
        ];
        let picture = |kind: u8| [&[0, 0, 1][..], &sps, &[0, 0, 1, kind << 1, 1, 0x80]].concat();
        let facts = picture_facts("hevc", &picture(19), false);
        let size = facts.sequence.unwrap();
        assert_eq!((size.width, size.height), (1280, 720));
        assert_eq!((size.bit_depth, size.chroma_format_idc), (8, 1));
        assert_eq!(facts.kind, UnitKind::Idr);
        assert_eq!(
            picture_facts("hevc", &picture(21), false).kind,
            UnitKind::Recovery
        );
        assert_eq!(
            picture_facts("hevc", &picture(1), false).kind,
            UnitKind::Delta
        );
        assert_eq!(
            picture_facts("hevc", &[0, 0, 1, 0x42, 1, 1], false).sequence,
            None
        );
    }

    #[test]
    fn mpeg_sizes_and_kinds() {
        let picture = |flags: u8, kind: u8| {
            let gop = [0, 0, 1, 0xb8, 0, 0, 0, flags];
            let head = [0, 0, 1, 0xb3, 0x2d, 0x02, 0x40, 0x13];
            [&head[..], &gop, &[0, 0, 1, 0, 0, kind << 3]].concat()
        };
        let facts = picture_facts("mpeg2", &picture(0x40, 1), false);
        let size = facts.sequence.unwrap();
        assert_eq!((size.width, size.height), (720, 576));
        assert_eq!(facts.kind, UnitKind::Idr);
        assert_eq!(
            picture_facts("mpeg2", &picture(0, 1), false).kind,
            UnitKind::Recovery
        );
        assert_eq!(
            picture_facts("mpeg2", &picture(0, 2), false).kind,
            UnitKind::Delta
        );
    }
}
