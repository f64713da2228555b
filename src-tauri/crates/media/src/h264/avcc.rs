//! `AVCDecoderConfigurationRecord`, the content of an `avcC` box (ISO/IEC 14496-15 §5.3.3.1).

use conform::VideoConfig;

use super::sequence_facts;
use crate::demux::bits::Fields;
use crate::error::Malformed;
use crate::nal_units::trim_trailing_zeros;

/// Reads the record. `Ok(None)`: it is well-formed but names no sequence parameter set, as `avc3`
/// allows; [`VideoConfig`] then comes from the pictures, with the returned length size.
///
/// # Errors
/// [`Malformed`] when it ends too early, is of another version, or a parameter set can't be read.
pub(crate) fn parse_avcc(bytes: &[u8]) -> Result<(u8, Option<VideoConfig>), Malformed> {
    let mut fields = Fields::new(bytes, "the H.264 configuration (avcC)");
    let version = fields.u8()?;
    if version != 1 {
        return Err(Malformed::new(format!("avcC version {version}")));
    }
    fields.skip(3)?;
    let nal_length_size = (fields.u8()? & 3) + 1;
    let count = fields.u8()? & 0x1f;
    let sps = sets(&mut fields, count)?;
    let count = fields.u8()?;
    let pps = sets(&mut fields, count)?;
    let Some(first) = sps.first() else {
        return Ok((nal_length_size, None));
    };
    let facts = sequence_facts(first)?;
    let config = VideoConfig {
        vps: Vec::new(),
        record: Vec::new(),
        sps,
        pps,
        nal_length_size: Some(nal_length_size),
        facts,
    };
    Ok((nal_length_size, Some(config)))
}

fn sets(fields: &mut Fields<'_>, count: u8) -> Result<Vec<Vec<u8>>, Malformed> {
    let mut sets = Vec::new();
    for _ in 0..count {
        let len = fields.u16()?;
        let nal = trim_trailing_zeros(fields.take(usize::from(len))?);
        if !nal.is_empty() {
            sets.push(nal.to_vec());
        }
    }
    Ok(sets)
}

/// Writes the record for samples with lengths of 4 bytes.
///
/// Profile and level are the highest of all its sequence parameter sets; constraint flags are
/// those that all of them set.
///
/// # Errors
/// [`Malformed`] when there is no sequence parameter set, one can't be read, or there are more or
/// longer sets than the record can hold.
pub(crate) fn build_avcc(config: &VideoConfig) -> Result<Vec<u8>, Malformed> {
    let facts = config
        .sps
        .iter()
        .map(|nal| sequence_facts(nal))
        .collect::<Result<Vec<_>, _>>()?;
    let profile = facts
        .iter()
        .map(|f| f.profile_idc)
        .max()
        .ok_or_else(|| Malformed::new("there is no sequence parameter set"))?;
    let compatible = facts.iter().fold(0xff, |all, f| all & f.constraint_flags);
    let level = facts.iter().map(|f| f.level_idc).max().unwrap_or_default();
    let mut record = vec![1, profile, compatible, level, 0xfc | 3];
    push_sets(&mut record, &config.sps, 0x1f, 0xe0)?;
    push_sets(&mut record, &config.pps, 0xff, 0)?;
    if let (100 | 110 | 122 | 144 | 244, Some(first)) = (profile, facts.first()) {
        let depth = first.bit_depth.saturating_sub(8) & 7;
        record.extend_from_slice(&[
            0xfc | first.chroma_format_idc & 3,
            0xf8 | depth,
            0xf8 | depth,
            0,
        ]);
    }
    Ok(record)
}

fn push_sets(
    record: &mut Vec<u8>,
    sets: &[Vec<u8>],
    most: usize,
    reserved: u8,
) -> Result<(), Malformed> {
    let count = u8::try_from(sets.len())
        .ok()
        .filter(|_| sets.len() <= most)
        .ok_or_else(|| Malformed::new(format!("{} parameter sets of one kind", sets.len())))?;
    record.push(reserved | count);
    for set in sets {
        let len = u16::try_from(set.len())
            .map_err(|_| Malformed::new("a parameter set is longer than 64 KiB"))?;
        record.extend_from_slice(&len.to_be_bytes());
        record.extend_from_slice(set);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::h264::sets::tests::{SPS, config};

    #[test]
    fn a_record_reads_back() {
        let record = build_avcc(&config(Some(4))).unwrap();
        assert_eq!(record[..6], [1, 100, 0, 40, 0xff, 0xe1]);
        assert_eq!(record[record.len() - 4..], [0xfd, 0xf8, 0xf8, 0]);
        assert_eq!(parse_avcc(&record).unwrap(), (4, Some(config(Some(4)))));
        for len in 0..record.len() - 4 {
            assert!(parse_avcc(&record[..len]).is_err(), "{len} bytes");
        }
    }

    #[test]
    fn two_sets_take_the_higher_profile_and_level() {
        let mut two = config(Some(4));
        let mut second = SPS.to_vec();
        second[3] = 51;
        two.sps.push(second);
        let record = build_avcc(&two).unwrap();
        assert_eq!((record[1], record[3], record[5]), (100, 51, 0xe2));
        assert_eq!(parse_avcc(&record).unwrap().1, Some(two));
    }

    #[test]
    fn a_record_without_sets_leaves_them_to_the_pictures() {
        let record = [1, 100, 0, 40, 0xfd, 0xe0, 0];
        assert_eq!(parse_avcc(&record).unwrap(), (2, None));
        let mut none = config(Some(4));
        none.sps.clear();
        assert!(build_avcc(&none).is_err());
        assert!(parse_avcc(&[0, 0, 0, 1, 0x67]).is_err());
    }
}
