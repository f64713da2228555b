//! Captions beside pictures: CEA-608 and CEA-708 in SEI messages (ATSC A/53 Part 4 §6.2.3, ITU-T H.264
//! §D.1.6, H.265 §D.2.6).

use crate::coding::{self, Part};
use crate::nal_units::{NalUnits, escaped};
use conform::VideoCodec;

/// `itu_t_t35_country_code` of the United States and `itu_t_t35_provider_code` of ATSC, its identifier,
/// and the type of `cc_data`.
const HEAD: [u8; 8] = [0xB5, 0x00, 0x31, b'G', b'A', b'9', b'4', 3];
/// Bytes of a `cc_data_pkt`, and how many a message holds at most (its `cc_count` has five bits).
const PACKET: usize = 3;
const PACKETS: usize = 31;

/// An SEI NAL unit that carries the packets of `cc_data`; `None` where there are none.
#[must_use]
pub(crate) fn caption_message(codec: VideoCodec, packets: &[u8]) -> Option<Vec<u8>> {
    let count = (packets.len() / PACKET).min(PACKETS);
    let packets = packets
        .get(..count * PACKET)
        .filter(|kept| !kept.is_empty())?;
    let mut payload = HEAD.to_vec();
    // Reserved, `process_cc_data_flag`, no additional data; then `em_data`.
    payload.extend([0xC0 | u8::try_from(count).ok()?, 0xFF]);
    payload.extend_from_slice(packets);
    payload.push(0xFF);
    // `user_data_registered_itu_t_t35`, its size, and the trailing bit behind it.
    let mut raw = vec![4, u8::try_from(payload.len()).ok()?];
    raw.extend(payload);
    raw.push(0x80);
    Some(escaped(coding::message_header(codec), &raw))
}

/// An access unit with start codes, and a NAL unit more in front of its first slice.
#[must_use]
pub(crate) fn in_front_of_slices(codec: VideoCodec, unit: &[u8], more: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(unit.len() + more.len() + 8);
    let mut add = |found: &[u8]| {
        out.extend_from_slice(&[0, 0, 0, 1]);
        out.extend_from_slice(found);
    };
    let mut more = Some(more);
    for found in NalUnits::new(unit, None).filter_map(Result::ok) {
        if matches!(coding::part(codec, found), Part::Slice(_))
            && let Some(more) = more.take()
        {
            add(more);
        }
        add(found);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nal_units::rbsp;

    #[test]
    fn a_message_holds_its_packets() {
        let packets = [0xFC, 0x94, 0x2C, 0xFA, 0, 0];
        let message = caption_message(VideoCodec::H264, &packets).unwrap();
        let head = [
            6, 4, 17, 0xB5, 0, 0x31, b'G', b'A', b'9', b'4', 3, 0xC2, 0xFF,
        ];
        assert_eq!(message, [&head[..], &packets, &[0xFF, 0x80]].concat());
        assert_eq!(caption_message(VideoCodec::H264, &[]), None);
        assert_eq!(caption_message(VideoCodec::H264, &[0xFC, 1]), None);
        let hevc = caption_message(VideoCodec::Hevc, &packets).unwrap();
        assert_eq!((&hevc[..2], &hevc[2..]), (&[0x4E, 1][..], &message[1..]));
        let many = caption_message(VideoCodec::H264, &[0xFC, 1, 2].repeat(40)).unwrap();
        assert_eq!((many[2], many[11]), (11 + 93, 0xC0 | 31));
    }

    #[test]
    fn start_codes_cannot_come_of_what_is_said() {
        let message = caption_message(VideoCodec::H264, &[0xFC, 0, 0, 1, 0, 0, 0, 0, 0]).unwrap();
        assert!(
            !message
                .windows(3)
                .any(|bytes| bytes[..2] == [0, 0] && bytes[2] < 3)
        );
        assert_eq!(rbsp(&message)[12..21], [0xFC, 0, 0, 1, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn messages_stand_between_parameter_sets_and_slices() {
        let unit = [
            0, 0, 0, 1, 0x67, 9, 0, 0, 1, 0x68, 8, 0, 0, 1, 0x65, 7, 0, 0, 1, 0x65, 6,
        ];
        let with = in_front_of_slices(VideoCodec::H264, &unit, &[6, 4]);
        let found: Vec<_> = NalUnits::new(&with, None).map(Result::unwrap).collect();
        let wanted: [&[u8]; 5] = [&[0x67, 9], &[0x68, 8], &[6, 4], &[0x65, 7], &[0x65, 6]];
        assert_eq!(found, wanted);
    }
}
