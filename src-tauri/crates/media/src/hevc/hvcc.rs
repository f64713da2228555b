//! `HEVCDecoderConfigurationRecord`, the content of an `hvcC` box (ISO/IEC 14496-15 §8.3.3.1).

use super::sets::sequence_facts;
use super::sps::Sps;
use super::{nal, nal_type};
use crate::demux::bits::Fields;
use crate::error::Malformed;
use crate::nal_units::trim_trailing_zeros;
use conform::VideoConfig;

/// Bytes in front of the arrays.
const HEAD: usize = 22;

/// The NAL units of a record, array by array: kind, whether all of that kind are in it, units.
type Arrays = Vec<(u8, Vec<Vec<u8>>)>;

/// Reads the record. `Ok(None)`: it is well-formed but names no sequence parameter set, as `hev1`
/// allows; [`VideoConfig`] then comes from the pictures, with the returned length size.
///
/// # Errors
/// [`Malformed`] when it ends too early or a parameter set can't be read.
pub(crate) fn parse_hvcc(bytes: &[u8]) -> Result<(u8, Option<VideoConfig>), Malformed> {
    let (head, arrays) = split(bytes)?;
    let nal_length_size = (head[HEAD - 1] & 3) + 1;
    let of = |kind: u8| -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        for unit in arrays.iter().flat_map(|(_, units)| units) {
            if nal_type(unit) == Some(kind) && !found.contains(unit) {
                found.push(unit.clone());
            }
        }
        found
    };
    let sps = of(nal::SPS);
    let Some(first) = sps.first() else {
        return Ok((nal_length_size, None));
    };
    let facts = sequence_facts(first)?;
    let config = VideoConfig {
        vps: of(nal::VPS),
        pps: of(nal::PPS),
        sps,
        nal_length_size: Some(nal_length_size),
        record: bytes.to_vec(),
        facts,
    };
    Ok((nal_length_size, Some(config)))
}

/// Messages for all pictures that a container keeps in the record, such as the light of HDR.
#[must_use]
pub(crate) fn messages_of(config: &VideoConfig) -> Vec<Vec<u8>> {
    let Ok((_, arrays)) = split(&config.record) else {
        return Vec::new();
    };
    let units = arrays.into_iter().flat_map(|(_, units)| units);
    units
        .filter(|unit| nal_type(unit) == Some(nal::PREFIX_SEI))
        .collect()
}

fn split(bytes: &[u8]) -> Result<([u8; HEAD], Arrays), Malformed> {
    let mut fields = Fields::new(bytes, "the HEVC configuration (hvcC)");
    let mut head = [0; HEAD];
    head.copy_from_slice(fields.take(HEAD)?);
    let mut arrays = Vec::new();
    for _ in 0..fields.u8()? {
        let kind = fields.u8()?;
        let mut units = Vec::new();
        for _ in 0..fields.u16()? {
            let len = fields.u16()?;
            let unit = trim_trailing_zeros(fields.take(usize::from(len))?);
            if !unit.is_empty() {
                units.push(unit.to_vec());
            }
        }
        arrays.push((kind, units));
    }
    Ok((head, arrays))
}

/// Writes the record for samples with lengths of 4 bytes: that of the container, when the configuration has
/// one, with whatever sets the configuration has beyond it.
///
/// # Errors
/// [`Malformed`] when there is no sequence parameter set, one can't be read, or there are more or longer
/// sets than the record can hold.
pub(crate) fn build_hvcc(config: &VideoConfig) -> Result<Vec<u8>, Malformed> {
    let (mut head, mut arrays) = match config.record.as_slice() {
        [] => (head(config)?, Arrays::new()),
        record => split(record)?,
    };
    head[HEAD - 1] |= 3;
    for (kind, units) in [
        (nal::VPS, &config.vps),
        (nal::SPS, &config.sps),
        (nal::PPS, &config.pps),
    ] {
        let place = arrays.iter().position(|(known, _)| known & 0x3f == kind);
        let place = place.unwrap_or_else(|| {
            arrays.push((kind, Vec::new()));
            arrays.len() - 1
        });
        let Some((complete, known)) = arrays.get_mut(place) else {
            continue;
        };
        // None is in the pictures, as `hvc1` wants it.
        *complete |= 0x80;
        for unit in units {
            if !known.contains(unit) {
                known.push(unit.clone());
            }
        }
    }
    let mut record = head.to_vec();
    arrays.retain(|(_, units)| !units.is_empty());
    record.push(u8::try_from(arrays.len()).map_err(|_| Malformed::new("too many arrays"))?);
    for (kind, units) in &arrays {
        record.push(*kind);
        let count = u16::try_from(units.len());
        let count = count.map_err(|_| Malformed::new("too many parameter sets"))?;
        record.extend_from_slice(&count.to_be_bytes());
        for unit in units {
            let len = u16::try_from(unit.len())
                .map_err(|_| Malformed::new("a parameter set is longer than 64 KiB"))?;
            record.extend_from_slice(&len.to_be_bytes());
            record.extend_from_slice(unit);
        }
    }
    Ok(record)
}

/// What stands in front of the arrays, from the first sequence parameter set.
fn head(config: &VideoConfig) -> Result<[u8; HEAD], Malformed> {
    let missing = || Malformed::new("there is no sequence parameter set that can be read");
    let sps = config.sps.first().and_then(|unit| Sps::read(unit));
    let sps = sps.ok_or_else(missing)?;
    let (luma, chroma) = sps.depths();
    let mut head = [0; HEAD];
    head[0] = 1;
    head[1..13].copy_from_slice(sps.profile().ok_or_else(missing)?);
    // No least size of independent parts, no kind of parallelism, no average rate is told.
    head[13] = 0xf0;
    head[15] = 0xfc;
    head[16] = 0xfc | config.facts.chroma_format_idc & 3;
    head[17] = 0xf8 | luma.saturating_sub(8) & 7;
    head[18] = 0xf8 | chroma.saturating_sub(8) & 7;
    let layers = u8::try_from(sps.sub_layers + 1).unwrap_or(1);
    head[HEAD - 1] = layers << 3 | u8::from(sps.nested()) << 2 | 3;
    Ok(head)
}
