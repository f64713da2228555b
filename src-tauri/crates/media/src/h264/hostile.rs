//! Parameter sets, slices and configurations that are damaged: they are read or refused.

use proptest::prelude::*;

use super::sets::tests::{PPS, SPS, config};
use super::*;
use crate::changed::{cases, changed};
use crate::coding::to_length_prefixed;
use crate::nal_units::{find_start_code, rbsp};
use conform::VideoCodec;

const IDR: &[u8] = &[0x65, 0b1000_1000, 0b1000_0100, 0, 0, 3, 1, 9, 9];
const SLICE: &[u8] = &[0x41, 0b1001_1010, 0b0100_0100, 0x55, 0xaa, 0, 0, 3, 0];
const SEI: &[u8] = &[6, 5, 2, 9, 9, 6, 1, 0xc4, 0x80];
/// Two NAL units with lengths of 4 bytes, and with start codes.
const UNIT: &[u8] = &[0, 0, 0, 2, 9, 0xf0, 0, 0, 0, 4, 0x65, 0x88, 0x84, 1];
const STREAM: &[u8] = &[0, 0, 0, 1, 9, 0xf0, 0, 0, 1, 0x65, 0x88, 0x84, 1, 0, 0];
/// Version 1, High at level 4, lengths of 4 bytes, one set of either kind.
const RECORD: &[u8] = &[
    1, 100, 0, 40, 0xff, 0xe1, 0, 27, 0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27,
    0xe5, 0xc0, 0x44, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc6,
    0x58, 1, 0, 6, 0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0, 0xfd, 0xf8, 0xf8, 0,
];

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn damaged_parameter_sets_are_read_or_refused(
        sps in changed(&[SPS]),
        pps in changed(&[PPS]),
        slices in proptest::collection::vec(changed(&[IDR, SLICE]), 0..5),
    ) {
        let mut sets = ParameterSets::default();
        let _ = (sets.insert(&sps), sets.insert(&pps));
        let mut order = PictureOrder::default();
        let mut last: Option<SliceHead> = None;
        for slice in &slices {
            let Some(head) = SliceHead::parse(slice, &sets) else {
                continue;
            };
            if let Some(last) = &last {
                prop_assert!(!(last == &head && last.differs_in_picture(&head)));
                let _ = last.is_completed_by(&head);
            }
            let (syntax, _) = sets.syntax(head.pps_id).unwrap();
            let _ = order.count(&head, syntax);
            let active = sets.active(head.pps_id, Some(4)).unwrap();
            prop_assert!(active.facts.width > 0 && active.facts.height > 0);
            prop_assert_eq!(sps_ids_of(&active).len(), 1);
            prop_assert!(!pps_ids_of(&active).is_empty());
            last = Some(head);
        }
    }

    #[test]
    fn damaged_units_of_an_encoder_are_grafted_or_refused(
        base in changed(&[SPS]),
        units in proptest::collection::vec(changed(&[SPS, PPS, IDR, SLICE, SEI]), 0..6),
    ) {
        let Ok(mut graft) = Graft::new(&base, 3) else {
            return Ok(());
        };
        for unit in &units {
            let Ok(grafted) = graft.take(unit) else {
                continue;
            };
            prop_assert_eq!(nal_type(&grafted), nal_type(unit));
            // A grafted unit never looks like two.
            if grafted != *unit {
                prop_assert_eq!(find_start_code(&grafted), None);
            }
        }
    }

    #[test]
    fn damaged_configurations_are_read_or_refused(record in changed(&[RECORD])) {
        if let Ok((size, Some(config))) = parse_avcc(&record) {
            prop_assert!((1..=4).contains(&size));
            // What is read can be written, and is the same when it is read again.
            if let Ok(written) = build_avcc(&config) {
                let (_, again) = parse_avcc(&written).unwrap();
                let again = again.unwrap();
                prop_assert_eq!((again.sps, again.pps), (config.sps, config.pps));
            }
        }
    }

    #[test]
    fn damaged_access_units_are_read_or_refused(
        unit in changed(&[UNIT, STREAM, SEI, IDR]),
        size in proptest::option::of(1u8..=4),
    ) {
        let mut bytes = 0;
        let mut start = PictureStart::default();
        for nal in NalUnits::new(&unit, size).flatten() {
            bytes += nal.len();
            start.add(nal);
            prop_assert!(rbsp(nal).len() <= nal.len());
        }
        prop_assert!(bytes <= unit.len());
        let _ = (start.kind(true), start.kind(false), is_disposable(&unit));
        let mut out = Vec::new();
        if to_length_prefixed(VideoCodec::H264, &unit, &config(size), &mut out).is_ok() {
            // A start code of three bytes becomes a length of four.
            prop_assert!(out.len() <= 2 * unit.len() + 4);
        }
    }
}
