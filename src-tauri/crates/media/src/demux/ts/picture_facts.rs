//! The little of HEVC and MPEG-2 video that a stream must tell itself: picture size and where
//! decoding may start (ITU-T H.265 §7.3.2.2, H.262 §6.2).

use conform::UnitKind;

use crate::hevc;
use crate::nal_units::find_start_code;

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
        "hevc" => of_hevc(bytes),
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

fn of_hevc(bytes: &[u8]) -> PictureFacts {
    let mut facts = PictureFacts {
        kind: UnitKind::Delta,
        sequence: None,
    };
    for nal in after_start_codes(bytes) {
        match hevc::nal_type(nal) {
            Some(hevc::nal::SPS) => facts.sequence = size_of(nal).or(facts.sequence),
            Some(0..=hevc::nal::LAST_SLICE) => {
                facts.kind = hevc::kind_of(nal);
                break;
            }
            _ => {}
        }
    }
    facts
}

fn size_of(set: &[u8]) -> Option<SequenceSize> {
    let facts = hevc::sequence_facts(set).ok()?;
    Some(SequenceSize {
        width: facts.width,
        height: facts.height,
        chroma_format_idc: facts.chroma_format_idc,
        bit_depth: facts.bit_depth,
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
    use crate::hevc::tests::SPS;

    #[test]
    fn hevc_sizes_and_kinds() {
        let picture = |kind: u8| [&[0, 0, 1][..], SPS, &[0, 0, 1, kind << 1, 1, 0x80]].concat();
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
