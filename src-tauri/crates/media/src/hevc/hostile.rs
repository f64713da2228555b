//! Parameter sets, slices and configurations that are damaged: they are read or refused.

use proptest::prelude::*;
use std::sync::LazyLock;

use super::tests::{IDR, PPS, SPS, VPS, config};
use super::*;
use crate::changed::{cases, changed};
use crate::nal_units::find_start_code;

const TRAIL: &[u8] = &[
    0x02, 0x01, 0xd0, 0x09, 0x7e, 0x10, 0xc2, 0x0c, 0, 0, 3, 0, 0x55,
];

static RECORDS: LazyLock<Vec<&'static [u8]>> = LazyLock::new(|| {
    let record: &'static [u8] = build_hvcc(&config()).unwrap().leak();
    vec![record]
});

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn damaged_parameter_sets_are_read_or_refused(
        vps in changed(&[VPS]),
        sps in changed(&[SPS]),
        pps in changed(&[PPS]),
        slice in changed(&[IDR, TRAIL]),
    ) {
        let mut sets = ParameterSets::default();
        let _ = (sets.insert(&vps), sets.insert(&sps), sets.insert(&pps));
        if let Some(active) = pps_id_of(&slice).and_then(|id| sets.active(id, Some(4))) {
            prop_assert!(active.facts.width > 0 && active.facts.height > 0);
            prop_assert_eq!(sps_ids_of(&active).len(), 1);
            prop_assert!(!pps_ids_of(&active).is_empty());
        }
        if let (Some(sps), Some(pps)) = (Sps::read(&sps), Pps::read(&pps)) {
            let _ = SliceLayout::read(&slice, &sps, &pps);
        }
    }

    #[test]
    fn damaged_units_of_an_encoder_are_grafted_or_refused(
        base in changed(&[SPS]),
        units in proptest::collection::vec(changed(&[VPS, SPS, PPS, IDR, TRAIL]), 0..6),
    ) {
        let Ok(mut graft) = Graft::new(&base, 3) else {
            return Ok(());
        };
        for unit in &units {
            let Ok(Some(grafted)) = graft.take(unit) else {
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
    fn damaged_configurations_are_read_or_refused(
        record in changed(&RECORDS),
    ) {
        if let Ok((size, Some(config))) = parse_hvcc(&record) {
            prop_assert!((1..=4).contains(&size));
            // What is read can be written, and is the same when it is read again.
            if let Ok(written) = build_hvcc(&config) {
                let (_, again) = parse_hvcc(&written).unwrap();
                let again = again.unwrap();
                prop_assert_eq!((again.vps, again.sps), (config.vps, config.sps));
                prop_assert_eq!(again.pps, config.pps);
            }
        }
    }
}
