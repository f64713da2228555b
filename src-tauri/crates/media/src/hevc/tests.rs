//! Parameter sets and slices as x265 writes them: 1280×720 at 25 frames a second, open GOPs, three B
//! pictures.

use super::*;
use crate::nal_units::escaped;
use conform::VideoConfig;

pub(crate) const VPS: &[u8] = &[
    0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03,
    0x00, 0x00, 0x03, 0x00, 0x5d, 0x95, 0x94, 0x09,
];
pub(crate) const SPS: &[u8] = &[
    0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03,
    0x00, 0x5d, 0xa0, 0x02, 0x80, 0x80, 0x2d, 0x16, 0x59, 0x59, 0x64, 0x93, 0x2b, 0xc0, 0x5a, 0x02,
    0x00, 0x00, 0x03, 0x00, 0x02, 0x00, 0x00, 0x03, 0x00, 0x32, 0x10,
];
pub(crate) const PPS: &[u8] = &[0x44, 0x01, 0xc1, 0x72, 0xb4, 0x62, 0x40];
/// The first bytes of a picture that is quantised with 26 − 2.
pub(crate) const IDR: &[u8] = &[
    0x28, 0x01, 0xaf, 0x1d, 0x18, 0x34, 0xe2, 0x43, 0xd9, 0x26, 0x78, 0xc7, 0x44, 0xfa, 0x2d, 0xd0,
    0x16, 0x5b, 0x42, 0xe1, 0xb3, 0x98, 0x01, 0x9c,
];

pub(crate) fn config() -> VideoConfig {
    let mut sets = ParameterSets::default();
    for set in [VPS, SPS, PPS] {
        assert!(sets.insert(set).unwrap());
    }
    sets.active(0, Some(4)).unwrap()
}

#[test]
fn a_set_says_what_pictures_are() {
    let facts = sequence_facts(SPS).unwrap();
    assert_eq!((facts.width, facts.height), (1280, 720));
    assert_eq!((facts.bit_depth, facts.chroma_format_idc), (8, 1));
    assert_eq!((facts.profile_idc, facts.level_idc), (1, 93));
    assert_eq!(facts.num_reorder_frames, Some(2));
    assert_eq!(facts.num_ref_frames, 4);
    assert_eq!(facts.timing, Some((1, 25)));
    assert!(sequence_facts(PPS).is_err());
    for len in 0..SPS.len() - 12 {
        assert_eq!(Sps::read(&SPS[..len]), None, "{len} bytes");
    }
}

#[test]
fn a_record_reads_back_and_takes_more_sets() {
    let config = config();
    let record = build_hvcc(&config).unwrap();
    assert_eq!(record[..2], [1, 1]);
    let (size, read) = parse_hvcc(&record).unwrap();
    let read = read.unwrap();
    assert_eq!(size, 4);
    assert_eq!(
        (&read.vps, &read.sps, &read.pps, &read.facts),
        (&config.vps, &config.sps, &config.pps, &config.facts)
    );
    assert_eq!(build_hvcc(&read).unwrap(), record, "as it was");
    for len in 0..record.len() {
        assert!(parse_hvcc(&record[..len]).is_err(), "{len} bytes");
    }
    let mut graft = Graft::new(SPS, 5).unwrap();
    let mut more = read.clone();
    more.sps.push(graft.take(SPS).unwrap().unwrap());
    let (_, again) = parse_hvcc(&build_hvcc(&more).unwrap()).unwrap();
    assert_eq!(sps_ids_of(&again.unwrap()), [0, 5]);
}

#[test]
fn sets_and_slices_get_their_id_and_keep_all_else() {
    let mut graft = Graft::new(SPS, 5).unwrap();
    assert_eq!(graft.take(VPS).unwrap(), None);
    let sps = graft.take(SPS).unwrap().unwrap();
    assert_eq!(sequence_facts(&sps).unwrap(), sequence_facts(SPS).unwrap());
    let pps = graft.take(PPS).unwrap().unwrap();
    let mut sets = ParameterSets::default();
    for set in [VPS, &sps, &pps] {
        sets.insert(set).unwrap();
    }
    assert_eq!(sps_ids_of(&sets.active(5, None).unwrap()), [5]);
    let (own, grafted) = (
        (Sps::read(SPS).unwrap(), Pps::read(PPS).unwrap()),
        (Sps::read(&sps).unwrap(), Pps::read(&pps).unwrap()),
    );
    let slice = graft.take(IDR).unwrap().unwrap();
    assert_eq!(pps_id_of(&slice), Some(5));
    let before = SliceLayout::read(IDR, &own.0, &own.1).unwrap();
    let after = SliceLayout::read(&slice, &grafted.0, &grafted.1).unwrap();
    assert_eq!(after.quantiser, before.quantiser);
    // Everything behind the header is as it was.
    let data = |unit: &[u8], layout: &SliceLayout| {
        let payload = crate::nal_units::rbsp(unit);
        payload[(layout.end + 1).div_ceil(8)..].to_vec()
    };
    assert_eq!(data(&slice, &after), data(IDR, &before));
    assert!(graft.take(&[0x28]).is_err());
    assert_eq!(escaped(&IDR[..2], &[0, 0, 1]), [0x28, 1, 0, 0, 3, 1]);
}

#[test]
fn layers_beyond_the_first_are_none_of_ours() {
    let mut other = SPS.to_vec();
    other[1] |= 1 << 3;
    assert!(!is_set(&other));
    assert!(!ParameterSets::default().insert(&other).unwrap());
}

fn to_length_prefixed(
    unit: &[u8],
    config: &VideoConfig,
    out: &mut Vec<u8>,
) -> Result<(), crate::error::Malformed> {
    crate::coding::to_length_prefixed(conform::VideoCodec::Hevc, unit, config, out)
}

#[test]
fn length_prefixing_drops_delimiters_and_known_sets_only() {
    use crate::nal_units::tests::{annex_b, counted};
    let config = VideoConfig {
        nal_length_size: None,
        ..config()
    };
    let mut other = PPS.to_vec();
    other.push(0x55);
    let unit = annex_b(&[&DELIMITER, VPS, SPS, PPS, &other, IDR]);
    let mut out = vec![9];
    to_length_prefixed(&unit, &config, &mut out).unwrap();
    assert_eq!(out, counted(&[&other, IDR], 4));
    let long = counted(&[IDR], 4);
    let config = VideoConfig {
        nal_length_size: Some(4),
        ..config
    };
    to_length_prefixed(&long, &config, &mut out).unwrap();
    assert_eq!(out, long, "as it is");
    to_length_prefixed(&counted(&[&DELIMITER, IDR], 4), &config, &mut out).unwrap();
    assert_eq!(out, long);
    assert!(to_length_prefixed(&counted(&[SPS], 4), &config, &mut out).is_err());
    assert!(to_length_prefixed(&long[..9], &config, &mut out).is_err());
}

#[test]
fn an_encoder_says_its_sets_once() {
    use crate::nal_units::tests::annex_b;
    let info: &[u8] = &[0x4e, 1, 5, 3, 1, 2, 3, 0x80];
    let light: &[u8] = &[0x4e, 1, 144, 2, 1, 2, 0x80];
    let broken: &[u8] = &[0x44, 1, 9, 9, 9];
    let unit = annex_b(&[VPS, SPS, broken, &[1, 1], VPS, SPS, PPS, info, light, IDR]);
    assert_eq!(
        without_preamble(&unit),
        annex_b(&[VPS, SPS, PPS, light, IDR])
    );
    assert_eq!(without_preamble(&annex_b(&[IDR])), annex_b(&[IDR]));
}
