//! The start of slice headers, where one picture ends and the next begins, and recovery points
//! (ITU-T H.264 §7.3.3, §7.4.1.2.4, §8.2.1.1, §D.1.8).

use super::{ParameterSets, SpsSyntax, nal, nal_ref_idc, nal_type};
use crate::demux::bits::Bits;
use crate::nal_units::rbsp;

/// Bytes of a slice that hold every header field read here, escapes included.
const HEAD: usize = 64;

/// Whether a slice belongs to a frame or to one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldParity {
    /// A frame, coded progressively or with both fields interleaved.
    Frame,
    /// The top field.
    Top,
    /// The bottom field.
    Bottom,
}

/// What a slice header says about output order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PicOrder {
    /// `pic_order_cnt_type` 0.
    Lsb {
        /// `pic_order_cnt_lsb`.
        lsb: u32,
        /// `delta_pic_order_cnt_bottom`.
        delta_bottom: i32,
    },
    /// `pic_order_cnt_type` 1.
    Deltas([i32; 2]),
    /// `pic_order_cnt_type` 2: output order is decode order.
    DecodeOrder,
}

/// The start of a slice header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SliceHead {
    /// `IdrPicFlag`.
    pub(crate) idr: bool,
    /// `nal_ref_idc`.
    pub(crate) ref_idc: u8,
    /// `slice_type`, 0 to 9.
    pub(crate) slice_type: u32,
    /// `pic_parameter_set_id`.
    pub(crate) pps_id: u32,
    /// `frame_num`.
    pub(crate) frame_num: u32,
    /// Frame or field.
    pub(crate) parity: FieldParity,
    /// `idr_pic_id`, for IDR pictures.
    pub(crate) idr_pic_id: u32,
    /// What it says about output order.
    pub(crate) order: PicOrder,
}

impl SliceHead {
    /// Reads the header of a slice NAL unit, of which the first 64 bytes are enough. `None` when
    /// it is no slice, names unknown parameter sets or ends too early.
    #[must_use]
    pub(crate) fn parse(nal: &[u8], sets: &ParameterSets) -> Option<Self> {
        let kind = nal_type(nal)?;
        if !matches!(kind, nal::SLICE | nal::PARTITION_A | nal::IDR) {
            return None;
        }
        let idr = kind == nal::IDR;
        let raw = rbsp(nal.get(..nal.len().min(HEAD))?);
        let mut bits = Bits::new(&raw);
        bits.ue()?;
        let slice_type = bits.ue()?;
        let pps_id = bits.ue()?;
        let (sps, pps) = sets.syntax(pps_id)?;
        if sps.separate_colour_planes {
            bits.skip(2)?;
        }
        let frame_num = bits.bits(sps.frame_num_bits)?;
        let parity = read_parity(&mut bits, sps)?;
        let idr_pic_id = if idr { bits.ue()? } else { 0 };
        let both = pps.bottom_field_pic_order && parity == FieldParity::Frame;
        let order = match sps.pic_order_type {
            0 => PicOrder::Lsb {
                lsb: bits.bits(sps.pic_order_bits)?,
                delta_bottom: if both { bits.se()? } else { 0 },
            },
            1 if !sps.delta_pic_order_always_zero => {
                PicOrder::Deltas([bits.se()?, if both { bits.se()? } else { 0 }])
            }
            1 => PicOrder::Deltas([0, 0]),
            _ => PicOrder::DecodeOrder,
        };
        Some(Self {
            idr,
            ref_idc: nal_ref_idc(nal),
            slice_type,
            pps_id,
            frame_num,
            parity,
            idr_pic_id,
            order,
        })
    }

    /// Whether `next` is a slice of another primary coded picture than this one (§7.4.1.2.4).
    #[must_use]
    pub(crate) fn differs_in_picture(&self, next: &Self) -> bool {
        self.frame_num != next.frame_num
            || self.pps_id != next.pps_id
            || self.parity != next.parity
            || (self.ref_idc == 0) != (next.ref_idc == 0)
            || self.idr != next.idr
            || self.idr_pic_id != next.idr_pic_id
            || self.order != next.order
    }

    /// Whether `next` is the other field of the frame this field began (§3.30, §3.31): together
    /// they are one unit.
    #[must_use]
    pub(crate) fn is_completed_by(&self, next: &Self) -> bool {
        let opposite = matches!(
            (self.parity, next.parity),
            (FieldParity::Top, FieldParity::Bottom) | (FieldParity::Bottom, FieldParity::Top)
        );
        // The first field of a frame may be IDR and the second a P field of it, never the reverse.
        opposite
            && self.frame_num == next.frame_num
            && (!next.idr || self.idr)
            && (self.ref_idc > 0 || next.ref_idc == 0)
    }
}

fn read_parity(bits: &mut Bits<'_>, sps: &SpsSyntax) -> Option<FieldParity> {
    if sps.frames_only || !bits.bit()? {
        return Some(FieldParity::Frame);
    }
    Some(if bits.bit()? {
        FieldParity::Bottom
    } else {
        FieldParity::Top
    })
}

/// `slice_type` and `pic_parameter_set_id`: readable without parameter sets.
pub(super) fn slice_type_and_pps(nal: &[u8]) -> Option<(u32, u32)> {
    let raw = rbsp(nal.get(..nal.len().min(HEAD))?);
    let mut bits = Bits::new(&raw);
    bits.ue()?;
    Some((bits.ue()?, bits.ue()?))
}

/// `recovery_frame_cnt` of the recovery point message in an SEI NAL unit, when there is one.
pub(super) fn recovery_frame_count(nal: &[u8]) -> Option<u32> {
    let raw = rbsp(nal);
    let mut rest = &raw[..];
    // rbsp_trailing_bits take the last byte.
    while rest.len() > 2 {
        let (kind, tail) = sei_number(rest)?;
        let (size, tail) = sei_number(tail)?;
        let (payload, tail) = tail.split_at_checked(size)?;
        if kind == 6 {
            return Bits::new(payload).ue();
        }
        rest = tail;
    }
    None
}

/// A payload type or size: bytes of 255 add up until a smaller one ends it (§7.3.2.3.1).
fn sei_number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let ff = bytes.iter().position(|byte| *byte != 0xff)?;
    let (head, tail) = bytes.split_at_checked(ff + 1)?;
    Some((ff * 255 + usize::from(*head.last()?), tail))
}

/// `PicOrderCnt` of pictures in decode order (§8.2.1), for output order type 0.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PictureOrder {
    previous_msb: i64,
    previous_lsb: u32,
}

impl PictureOrder {
    /// The count of the next picture; `None` when it is of another type, whose order follows
    /// decoding or can't be told here.
    pub(crate) fn count(&mut self, head: &SliceHead, sps: &SpsSyntax) -> Option<i64> {
        let PicOrder::Lsb { lsb, delta_bottom } = head.order else {
            return None;
        };
        if head.idr {
            *self = Self::default();
        }
        let period = 1i64 << sps.pic_order_bits;
        let (new, old) = (i64::from(lsb), i64::from(self.previous_lsb));
        let msb = if new < old && old - new >= period / 2 {
            self.previous_msb.checked_add(period)?
        } else if new > old && new - old > period / 2 {
            self.previous_msb.checked_sub(period)?
        } else {
            self.previous_msb
        };
        if head.ref_idc > 0 {
            self.previous_msb = msb;
            self.previous_lsb = lsb;
        }
        let first = msb.checked_add(new)?;
        Some(first.min(first.checked_add(i64::from(delta_bottom))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::h264::sets::tests::config;

    fn head() -> SliceHead {
        SliceHead {
            idr: false,
            ref_idc: 1,
            slice_type: 5,
            pps_id: 0,
            frame_num: 3,
            parity: FieldParity::Frame,
            idr_pic_id: 0,
            order: PicOrder::Lsb {
                lsb: 6,
                delta_bottom: 0,
            },
        }
    }

    #[test]
    fn a_header_is_read_with_its_parameter_sets() {
        let sets = ParameterSets::of(&config(None)).unwrap();
        // first_mb 0, type 7, pps 0, frame_num (4 bits) 0, idr_pic_id 0, lsb (6 bits) 0.
        let idr = [0x65, 0b1000_1000, 0b1000_0100, 0b0000_0000];
        let parsed = SliceHead::parse(&idr, &sets).unwrap();
        assert!(parsed.idr && parsed.ref_idc == 3 && parsed.slice_type == 7);
        assert_eq!(
            parsed.order,
            PicOrder::Lsb {
                lsb: 0,
                delta_bottom: 0
            }
        );
        assert_eq!(SliceHead::parse(&[0x65, 0x88], &sets), None);
        assert_eq!(SliceHead::parse(&[9, 0xf0], &sets), None);
        assert_eq!(SliceHead::parse(&idr, &ParameterSets::default()), None);
    }

    #[test]
    fn pictures_part_where_the_standard_says() {
        let first = head();
        assert!(!first.differs_in_picture(&head()));
        for next in [
            SliceHead {
                frame_num: 4,
                ..first
            },
            SliceHead { pps_id: 1, ..first },
            SliceHead {
                ref_idc: 0,
                ..first
            },
            SliceHead { idr: true, ..first },
            SliceHead {
                parity: FieldParity::Top,
                ..first
            },
            SliceHead {
                order: PicOrder::DecodeOrder,
                ..first
            },
        ] {
            assert!(first.differs_in_picture(&next), "{next:?}");
        }
        assert!(!first.differs_in_picture(&SliceHead {
            ref_idc: 2,
            slice_type: 7,
            ..first
        }));
    }

    #[test]
    fn two_fields_make_one_frame() {
        let top = SliceHead {
            parity: FieldParity::Top,
            ..head()
        };
        let bottom = SliceHead {
            parity: FieldParity::Bottom,
            ..head()
        };
        assert!(top.is_completed_by(&bottom) && bottom.is_completed_by(&top));
        assert!(!top.is_completed_by(&top));
        assert!(!top.is_completed_by(&SliceHead {
            frame_num: 4,
            ..bottom
        }));
        assert!(!top.is_completed_by(&SliceHead {
            idr: true,
            ..bottom
        }));
        assert!(SliceHead { idr: true, ..top }.is_completed_by(&bottom));
        assert!(!head().is_completed_by(&head()));
    }

    #[test]
    fn recovery_points_are_found_behind_other_messages() {
        assert_eq!(
            recovery_frame_count(&[6, 5, 2, 9, 9, 6, 1, 0xc4, 0x80]),
            Some(0)
        );
        assert_eq!(recovery_frame_count(&[6, 5, 2, 9, 9, 0x80]), None);
        assert_eq!(recovery_frame_count(&[6, 0xff, 6, 1, 0xc4, 0x80]), None);
        assert_eq!(recovery_frame_count(&[6, 6, 200, 1]), None);
        assert_eq!(recovery_frame_count(&[6, 0xff, 0xff]), None);
    }

    #[test]
    fn picture_order_counts_across_the_wrap_of_its_low_bits() {
        let sets = ParameterSets::of(&config(None)).unwrap();
        let (sps, _) = sets.syntax(0).unwrap();
        let period = 1u32 << sps.pic_order_bits;
        let mut order = PictureOrder::default();
        let mut count = |lsb: u32, idr: bool| {
            let head = SliceHead {
                idr,
                order: PicOrder::Lsb {
                    lsb: lsb % period,
                    delta_bottom: 0,
                },
                ..head()
            };
            order.count(&head, sps).unwrap()
        };
        assert_eq!(count(0, true), 0);
        for step in 1..100 {
            assert_eq!(count(step * 4, false), i64::from(step * 4));
        }
        assert_eq!(count(100 * 4 - 6, false), 394, "a B picture looks back");
        assert_eq!(count(0, true), 0);
    }
}
