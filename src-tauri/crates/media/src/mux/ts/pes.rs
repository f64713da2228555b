//! PES packets (ISO/IEC 13818-1 §2.4.3.6) and what is in them of a picture: a byte stream with start
//! codes (ITU-T H.264 and H.265 annex B).

use conform::VideoCodec;
use std::io;

use super::invalid;
use crate::coding::{self, Part};
use crate::nal_units::NalUnits;

/// The time of the output's start, in ticks. 1.4 s leave room for what is decoded before the start,
/// and for the clock in front of it.
pub(super) const START: i64 = 126_000;

/// `stream_id`, table 2-22: the first video and the first audio stream.
pub(super) const VIDEO_ID: u8 = 0xe0;
pub(super) const SOUND_ID: u8 = 0xc0;

/// Start code with the `zero_byte` of ITU-T H.264 annex B.
const START_CODE: &[u8] = &[0, 0, 0, 1];

/// A time of ours on the clock of the stream: 33 bits.
pub(super) fn stamp(time: i64) -> u64 {
    time.wrapping_add(START).rem_euclid(1 << 33).unsigned_abs()
}

/// Appends the header of a PES packet (§2.4.3.6) whose payload begins with an access unit; its
/// length follows by [`end_pes`].
pub(super) fn begin_pes(out: &mut Vec<u8>, stream_id: u8, pts: i64, dts: i64) {
    out.extend_from_slice(&[0, 0, 1, stream_id, 0, 0]);
    // Marker bits and data_alignment_indicator; PTS_DTS_flags; PES_header_data_length.
    if pts == dts {
        out.extend_from_slice(&[0x84, 0x80, 5]);
        out.extend_from_slice(&time_field(2, stamp(pts)));
    } else {
        out.extend_from_slice(&[0x84, 0xc0, 10]);
        out.extend_from_slice(&time_field(3, stamp(pts)));
        out.extend_from_slice(&time_field(1, stamp(dts)));
    }
}

/// A time of 33 bits behind its 4-bit tag, in three parts that each end with a 1.
fn time_field(tag: u8, time: u64) -> [u8; 5] {
    let spread = (time >> 30 & 7) << 33 | (time >> 15 & 0x7fff) << 17 | (time & 0x7fff) << 1;
    let [_, _, _, a, b, c, d, e] =
        (u64::from(tag) << 36 | spread | 1 << 32 | 1 << 16 | 1).to_be_bytes();
    [a, b, c, d, e]
}

/// Writes the length of a whole PES packet into its place. Longer than 16 bits can say, it stays 0,
/// which is allowed to pictures; sound is never that long.
pub(super) fn end_pes(pes: &mut [u8]) {
    let length = u16::try_from(pes.len().saturating_sub(6)).unwrap_or(0);
    if let Some(field) = pes.get_mut(4..6) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}

/// Appends an access unit with start codes: first its delimiter or one of ours, then `sets` unless
/// all of them are in it, then everything else as it is. Start codes are long everywhere, as
/// delimiters and parameter sets need them.
pub(super) fn byte_stream(
    out: &mut Vec<u8>,
    codec: VideoCodec,
    unit: &[u8],
    sets: &[&[u8]],
) -> io::Result<()> {
    let is_slice = |unit: &[u8]| matches!(coding::part(codec, unit), Part::Slice(_));
    let is_delimiter = |unit: &[u8]| coding::part(codec, unit) == Part::Delimiter;
    let units = || {
        NalUnits::new(unit, Some(4))
            .map(|unit| unit.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error)))
            .filter(|unit| !matches!(unit, Ok([])))
    };
    let is_there = |set: &&[u8]| units().any(|unit| unit.is_ok_and(|unit| unit == *set));
    let mut append = |unit: &[u8]| {
        out.extend_from_slice(START_CODE);
        out.extend_from_slice(unit);
    };
    // Some encoders put their first SEI message in front of the delimiter, where it would be an
    // access unit of its own. A delimiter behind slices belongs to a second field and stays there.
    let head = units().take_while(|unit| !unit.as_ref().is_ok_and(|unit| is_slice(unit)));
    let delimiter = head.flatten().find(|unit| is_delimiter(unit));
    append(delimiter.unwrap_or(coding::delimiter(codec)));
    // All or none: a picture parameter set must not come before what it refers to.
    if !sets.iter().all(is_there) {
        sets.iter().for_each(|set| append(set));
    }
    let mut has_slices = false;
    for unit in units() {
        let unit = unit?;
        has_slices |= is_slice(unit);
        if has_slices || !is_delimiter(unit) {
            append(unit);
        }
    }
    if has_slices {
        Ok(())
    } else {
        Err(invalid("an access unit holds no picture"))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::h264;

    const DELIMITER: &[u8] = &h264::DELIMITER;
    const SPS: &[u8] = &[0x67, 0x42, 0xc0, 0x1e];
    const PPS: &[u8] = &[0x68, 0xce, 0x3c, 0x80];
    const IDR: &[u8] = &[0x65, 0x88, 0x84];

    /// An access unit with lengths.
    pub(crate) fn unit(nals: &[&[u8]]) -> Vec<u8> {
        nals.iter().fold(Vec::new(), |mut bytes, nal| {
            bytes.extend_from_slice(&(nal.len() as u32).to_be_bytes());
            bytes.extend_from_slice(nal);
            bytes
        })
    }

    fn byte_stream_of(nals: &[&[u8]], sets: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        byte_stream(&mut out, VideoCodec::H264, &unit(nals), sets).unwrap();
        out
    }

    /// The time behind `at` bytes of a PES packet's header.
    pub(crate) fn time_at(pes: &[u8], at: usize) -> u64 {
        let [a, b, c, d, e] = pes[at..at + 5].try_into().unwrap();
        u64::from(a >> 1 & 7) << 30
            | u64::from(u16::from_be_bytes([b, c]) >> 1) << 15
            | u64::from(u16::from_be_bytes([d, e]) >> 1)
    }

    #[test]
    fn parameter_sets_come_all_or_not_at_all() {
        let start = |nals: &[&[u8]]| {
            nals.iter().fold(Vec::new(), |mut bytes, nal| {
                bytes.extend_from_slice(&[0, 0, 0, 1]);
                bytes.extend_from_slice(nal);
                bytes
            })
        };
        let sets: &[&[u8]] = &[SPS, PPS];
        let aud: &[u8] = &[9, 0x10];
        assert_eq!(byte_stream_of(&[IDR], &[]), start(&[DELIMITER, IDR]));
        assert_eq!(
            byte_stream_of(&[IDR], sets),
            start(&[DELIMITER, SPS, PPS, IDR])
        );
        assert_eq!(
            byte_stream_of(&[aud, &[], IDR], sets),
            start(&[aud, SPS, PPS, IDR])
        );
        assert_eq!(
            byte_stream_of(&[aud, SPS, PPS, IDR], sets),
            start(&[aud, SPS, PPS, IDR])
        );
        assert_eq!(
            byte_stream_of(&[SPS, IDR], sets),
            start(&[DELIMITER, SPS, PPS, SPS, IDR])
        );
        let sei: &[u8] = &[6, 5, 1, 0, 0x80];
        assert_eq!(
            byte_stream_of(&[sei, aud, IDR, aud, IDR], sets),
            start(&[aud, SPS, PPS, sei, IDR, aud, IDR])
        );
        for broken in [&[][..], &[0; 4], &[0, 0, 0, 9, 1], &[0, 0, 0, 1, 9, 0]] {
            let error = byte_stream(&mut Vec::new(), VideoCodec::H264, broken, sets).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{broken:?}");
        }
    }

    #[test]
    fn times_are_packed_and_wrap() {
        assert_eq!(stamp(-START - 1), (1 << 33) - 1);
        assert_eq!(stamp((1 << 33) - START + 5), 5);
        assert_eq!(time_field(2, 0), [0x21, 0, 1, 0, 1]);
        assert_eq!(time_field(3, (1 << 33) - 1), [0x3f, 0xff, 0xff, 0xff, 0xff]);
        for time in [1, 0x7fff, 0x8000, 0x3fff_ffff, 0x4000_0000, 0x1_2345_6789] {
            assert_eq!(time_at(&time_field(2, time), 0), time);
        }
        let mut out = Vec::new();
        begin_pes(&mut out, VIDEO_ID, 3_600, -3_600);
        out.extend_from_slice(&[0; 100]);
        end_pes(&mut out);
        assert_eq!(out[..9], [0, 0, 1, 0xe0, 0, 113, 0x84, 0xc0, 10]);
        assert_eq!((time_at(&out, 9), time_at(&out, 14)), (129_600, 122_400));
        out.resize(65_541, 0);
        end_pes(&mut out);
        assert_eq!(out[4..6], [0xff, 0xff]);
        out.push(0);
        end_pes(&mut out);
        assert_eq!(out[4..6], [0, 0]);
    }
}
