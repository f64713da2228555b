//! Encoded pictures that stand between copies: their parameter sets get ids of their own, and say of
//! decoders what those of the copies say.
//!
//! A decoder that goes from one sequence parameter set to another keeps going only where both need the same
//! of it: pictures to hold, reordering, level, colours and timing. So an encoder's set is taken for how its
//! slices are written (profile tools, counters), and the copies' for everything else. Then the id in each
//! slice header has to be the new one; as its length changes, so does the place of all bits behind it:
//!
//! ```text
//! before  first_mb type pps=0 rest of the header [ones] arithmetic data
//! after   first_mb type pps=1   rest of the header  [ones] the same bytes
//! ```
//!
//! The sources' own pictures are never touched.

use super::header::{PpsLayout, SliceLayout, SpsLayout, has_chroma_format};
use super::{nal, nal_type};
use crate::demux::bits::BitString;
use crate::error::Malformed;
use crate::nal_units::{closed, escaped, rbsp};

/// Grafts what one encoder makes.
#[derive(Debug)]
pub(crate) struct Graft {
    /// Of the copies.
    base: SpsLayout,
    id: u32,
    sets: Option<(SpsLayout, PpsLayout)>,
}

impl Graft {
    /// Between copies with this sequence parameter set; `id` is one that they do not use.
    ///
    /// # Errors
    /// [`Malformed`] when the set can't be read.
    pub(crate) fn new(base: &[u8], id: u8) -> Result<Self, Malformed> {
        Ok(Self {
            base: SpsLayout::read(base)
                .ok_or_else(|| Malformed::new("the copies' sequence parameter set"))?,
            id: u32::from(id),
            sets: None,
        })
    }

    /// A NAL unit of the encoder as it goes into the output. Parameter sets have to come before the slices
    /// that need them.
    ///
    /// # Errors
    /// [`Malformed`] when it can't be read, or asks more of a decoder than the copies do.
    pub(crate) fn take(&mut self, unit: &[u8]) -> Result<Vec<u8>, Malformed> {
        match nal_type(unit) {
            Some(nal::SPS) => {
                let own = SpsLayout::read(unit)
                    .ok_or_else(|| Malformed::new("the encoder's sequence parameter set"))?;
                let written = self.sequence_set(&own, unit)?;
                if let Some((sps, _)) = &mut self.sets {
                    *sps = own;
                } else {
                    self.sets = Some((own, PpsLayout::default()));
                }
                Ok(written)
            }
            Some(nal::PPS) => {
                let own = PpsLayout::read(unit)
                    .ok_or_else(|| Malformed::new("the encoder's picture parameter set"))?;
                let written = self.picture_set(&own, unit);
                let (_, pps) = self
                    .sets
                    .as_mut()
                    .ok_or_else(|| Malformed::new("a picture parameter set came first"))?;
                *pps = own;
                Ok(written)
            }
            Some(nal::SLICE | nal::IDR) => self.slice(unit),
            _ => Ok(unit.to_vec()),
        }
    }

    fn sequence_set(&self, own: &SpsLayout, unit: &[u8]) -> Result<Vec<u8>, Malformed> {
        let base = &self.base;
        // Copies without references are beside key frames alone, whatever the encoder's set says.
        if own.references > base.references && base.references > 0 {
            return Err(Malformed::new(format!(
                "the encoder refers to {} pictures, the copies to {}",
                own.references, base.references
            )));
        }
        let mut out = BitString::default();
        // Profile, constraints and level.
        out.copy(&base.payload, 0..24);
        out.push_ue(self.id);
        match (
            has_chroma_format(own.profile_idc),
            has_chroma_format(base.profile_idc),
        ) {
            (true, true) => out.copy(&own.payload, own.high.clone()),
            // What profiles that don't tell have: 4:2:0 of 8 bits, no scaling lists.
            (false, true) => {
                out.push_ue(1);
                out.push_ue(0);
                out.push_ue(0);
                out.push(0, 2);
            }
            (false, false) => {}
            (true, false) => {
                return Err(Malformed::new(format!(
                    "the encoder wrote profile {}, the copies have {}",
                    own.profile_idc, base.profile_idc
                )));
            }
        }
        out.copy(&own.payload, own.counting.clone());
        out.push_ue(base.references);
        out.copy(&own.payload, own.picture.clone());
        out.copy(&base.payload, base.usability.clone());
        Ok(closed(header(unit), out))
    }

    fn picture_set(&self, own: &PpsLayout, unit: &[u8]) -> Vec<u8> {
        let mut out = BitString::default();
        out.push_ue(self.id);
        out.push_ue(self.id);
        out.copy(&own.payload, own.rest.clone());
        closed(header(unit), out)
    }

    fn slice(&self, unit: &[u8]) -> Result<Vec<u8>, Malformed> {
        let broken = || Malformed::new("a slice header of the encoder");
        let (sps, pps) = self.sets.as_ref().ok_or_else(broken)?;
        let layout = SliceLayout::read(unit, sps, pps).ok_or_else(broken)?;
        let payload = rbsp(unit);
        let bits = payload.len() * 8;
        let mut out = BitString::default();
        out.copy(&payload, 0..layout.pps_id.start);
        out.push_ue(self.id);
        out.copy(&payload, layout.pps_id.end..layout.end);
        if pps.arithmetic {
            // `cabac_alignment_one_bit`, then whole bytes.
            out.align(true);
            out.copy(&payload, layout.end.next_multiple_of(8)..bits);
        } else {
            let end = super::header::content_end(&payload).ok_or_else(broken)?;
            out.copy(&payload, layout.end..end);
            return Ok(closed(header(unit), out));
        }
        Ok(escaped(
            unit.get(..1).unwrap_or_default(),
            &out.into_bytes(),
        ))
    }
}

fn header(unit: &[u8]) -> &[u8] {
    unit.get(..1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::sets::tests::{PPS, SPS};
    use super::super::{ParameterSets, SliceHead, sequence_facts, sps_ids_of};
    use super::*;

    #[test]
    fn a_set_gets_its_id_and_says_what_the_copies_say() {
        // Constrained baseline of openh264: 640×360, one reference, no usability information.
        let own = [
            0x67, 0x42, 0xc0, 0x1e, 0x8c, 0x68, 0x05, 0x00, 0x5b, 0xa1, 0x00, 0x00, 0x03, 0x00,
            0x01, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x0f, 0x08, 0x84, 0x6a,
        ];
        let before = sequence_facts(&own).unwrap();
        let mut graft = Graft::new(SPS, 5).unwrap();
        let grafted = graft.take(&own).unwrap();
        let (facts, base) = (
            sequence_facts(&grafted).unwrap(),
            sequence_facts(SPS).unwrap(),
        );
        assert_eq!((facts.width, facts.height), (before.width, before.height));
        assert_eq!(super::super::sets::sps_id(&grafted), Some(5));
        let of_decoders = |facts: &conform::SequenceFacts| {
            (
                facts.profile_idc,
                facts.level_idc,
                facts.num_ref_frames,
                facts.num_reorder_frames,
                facts.max_dec_frame_buffering,
                facts.timing,
                facts.colour,
            )
        };
        assert_eq!(of_decoders(&facts), of_decoders(&base));
        assert!(Graft::new(PPS, 1).is_err());
    }

    #[test]
    fn slices_name_the_new_set_and_keep_all_else() {
        let mut graft = Graft::new(SPS, 1).unwrap();
        let sps = graft.take(SPS).unwrap();
        let pps = graft.take(PPS).unwrap();
        let mut sets = ParameterSets::default();
        sets.insert(&sps).unwrap();
        sets.insert(&pps).unwrap();
        assert_eq!(sps_ids_of(&sets.active(1, None).unwrap()), [1]);
        // first_mb 0, type 7, pps 0, frame_num 0, idr_pic_id 0, lsb 0, marking 00, qp_delta 0,
        // deblocking 0 0 0, ones, then data with an escape in it.
        let mut bits = BitString::default();
        for (value, count) in [
            (1, 1),
            (8, 7),
            (1, 1),
            (0, 4),
            (1, 1),
            (0, 6),
            (0, 2),
            (1, 1),
        ] {
            bits.push(value, count);
        }
        bits.push(0b111, 3);
        bits.align(true);
        let mut payload = bits.into_bytes();
        payload.extend([0, 0, 1, 0, 0, 0, 7, 0x80]);
        let slice = escaped(&[0x65], &payload);
        let grafted = graft.take(&slice).unwrap();
        let head = SliceHead::parse(&grafted, &sets).unwrap();
        assert_eq!((head.pps_id, head.frame_num, head.slice_type), (1, 0, 7));
        assert!(rbsp(&grafted).ends_with(&[0, 0, 1, 0, 0, 0, 7, 0x80]));
        assert!(grafted.windows(3).all(|w| w != [0, 0, 1] && w != [0, 0, 0]));
        assert!(graft.take(&[0x65, 0x88]).is_err());
        assert_eq!(graft.take(&[6, 5, 1, 0, 0x80]).unwrap(), [6, 5, 1, 0, 0x80]);
    }
}
