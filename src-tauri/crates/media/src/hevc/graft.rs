//! Encoded pictures that stand between copies: their parameter sets get ids of their own, and say of
//! decoders what those of the copies say.
//!
//! An encoder's sequence parameter set is taken for how its slices are written (block sizes, tools,
//! references), and the copies' for everything else: profile, level, pictures to hold, colours and times.
//! So it fits the copies' video parameter set, and the encoder's own is left out. Then the id in each slice
//! header has to be the new one; as its length changes, so does the place of all bits behind it, up to the
//! alignment in front of the slice's data, which stay as they are.
//!
//! The sources' own pictures are never touched.

use super::pps::Pps;
use super::slice::SliceLayout;
use super::sps::Sps;
use super::{is_slice, nal, nal_type};
use crate::demux::bits::BitString;
use crate::error::Malformed;
use crate::nal_units::{closed, escaped, rbsp};

/// Bytes of a NAL unit's header.
const HEADER: usize = 2;

/// Grafts what one encoder makes.
#[derive(Debug)]
pub(crate) struct Graft {
    /// Of the copies.
    base: Sps,
    id: u32,
    sets: Option<(Sps, Pps)>,
}

impl Graft {
    /// Between copies with this sequence parameter set; `id` is one that they do not use.
    ///
    /// # Errors
    /// [`Malformed`] when the set can't be read.
    pub(crate) fn new(base: &[u8], id: u8) -> Result<Self, Malformed> {
        Ok(Self {
            base: Sps::read(base)
                .ok_or_else(|| Malformed::new("the copies' sequence parameter set"))?,
            id: u32::from(id),
            sets: None,
        })
    }

    /// A NAL unit of the encoder as it goes into the output; `None` for one that is left out. Parameter
    /// sets have to come before the slices that need them.
    ///
    /// # Errors
    /// [`Malformed`] when it can't be read, or asks more of a decoder than the copies do.
    pub(crate) fn take(&mut self, unit: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
        match nal_type(unit) {
            Some(nal::VPS) => Ok(None),
            Some(nal::SPS) => {
                let own = Sps::read(unit)
                    .ok_or_else(|| Malformed::new("the encoder's sequence parameter set"))?;
                let written = self.sequence_set(&own, unit)?;
                let pps = self.sets.take().map(|(_, pps)| pps).unwrap_or_default();
                self.sets = Some((own, pps));
                Ok(Some(written))
            }
            Some(nal::PPS) => {
                let own = Pps::read(unit)
                    .ok_or_else(|| Malformed::new("the encoder's picture parameter set"))?;
                let written = self.picture_set(&own, unit);
                let (_, pps) = self
                    .sets
                    .as_mut()
                    .ok_or_else(|| Malformed::new("a picture parameter set came first"))?;
                *pps = own;
                Ok(Some(written))
            }
            _ if is_slice(unit) => self.slice(unit).map(Some),
            _ => Ok(Some(unit.to_vec())),
        }
    }

    fn sequence_set(&self, own: &Sps, unit: &[u8]) -> Result<Vec<u8>, Malformed> {
        let base = &self.base;
        let (kept, wanted) = (base.buffering, own.buffering);
        if wanted.pictures > kept.pictures || wanted.reordered > kept.reordered {
            return Err(Malformed::new(format!(
                "the encoder needs {} pictures kept and {} reordered, the copies {} and {}",
                wanted.pictures, wanted.reordered, kept.pictures, kept.reordered
            )));
        }
        if own.depths() != base.depths() || own.sub_layers != 0 {
            return Err(Malformed::new(
                "the encoder writes pictures of another kind",
            ));
        }
        let extension = own.extension.clone();
        let extension =
            extension.ok_or_else(|| Malformed::new("the encoder's usability information"))?;
        let mut out = BitString::default();
        out.push(base.vps_id, 4);
        out.push(0, 3);
        out.push(1, 1);
        // `general_profile_space` to `general_level_idc`.
        out.copy(&base.payload, 16..112);
        out.push_ue(self.id);
        out.copy(&own.payload, own.picture.clone());
        out.push(1, 1);
        for value in [kept.pictures, kept.reordered, kept.latency] {
            out.push_ue(value);
        }
        out.copy(&own.payload, own.tools.clone());
        if base.told.present {
            // No message beside the encoder's pictures says whether they are fields.
            out.copy(&base.payload, base.usability.start..base.told.field_info);
            out.push(0, 1);
            out.copy(&base.payload, base.told.field_info + 1..base.usability.end);
            // `vui_hrd_parameters_present_flag` where there are times, `bitstream_restriction_flag`.
            out.push(0, 1 + usize::from(base.told.timed));
        } else {
            out.push(0, 1);
        }
        out.copy(&own.payload, extension);
        Ok(closed(header(unit), out))
    }

    fn picture_set(&self, own: &Pps, unit: &[u8]) -> Vec<u8> {
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
        let mut out = BitString::default();
        // Behind the second byte of the NAL unit's header.
        out.copy(&payload, 8..layout.pps_id.start);
        out.push_ue(self.id);
        out.copy(&payload, layout.pps_id.end..layout.end);
        // `byte_alignment( )`: a one, then zeros, up to whole bytes.
        out.push(1, 1);
        out.align(false);
        let data = (layout.end + 1).next_multiple_of(8);
        out.copy(&payload, data..payload.len() * 8);
        Ok(escaped(header(unit), &out.into_bytes()))
    }
}

fn header(unit: &[u8]) -> &[u8] {
    unit.get(..HEADER).unwrap_or_default()
}
