//! Heads of packets, pictures and sound that are damaged: they are read or passed over.

use proptest::prelude::*;

use super::picture_facts::picture_facts;
use super::sound_head::SoundKind;
use super::*;
use crate::aac::{AdtsHeader, AudioSpecificConfig};
use crate::changed::{cases, changed};

/// With presentation and decode time.
const PES: &[u8] = &[
    0, 0, 1, 0xe0, 0, 0, 0x80, 0xc0, 10, 0x31, 0, 7, 0xd8, 0x61, 0x11, 0, 7, 0xd8, 0x61, 0, 0, 1,
];
/// AAC-LC of 48 kHz in stereo.
const ADTS: &[u8] = &[0xff, 0xf1, 0x4c, 0x80, 0x2a, 0x1f, 0xfc, 0x21];
/// Layer III of 128 kbit/s at 44.1 kHz.
const MPEG: &[u8] = &[0xff, 0xfb, 0x90, 0x64, 0, 0, 0, 0];
/// 192 kbit/s at 48 kHz in stereo.
const AC3: &[u8] = &[0x0b, 0x77, 0, 0, 0x14, 0x40, 0x43, 0xe0];
/// AAC-LC with and without signs of SBR, HE-AAC, and one with a layout of its own.
const AAC: [&[u8]; 4] = [
    &[0x11, 0x90],
    &[0x13, 0x10, 0x56, 0xe5, 0x9d, 0x48, 0x80],
    &[0x2b, 0x11, 0x88, 0],
    &[0x11, 0x80, 0x04, 0xc8, 0x04, 0, 0x20, 0],
];
/// Sequence parameter set and IDR picture of HEVC; sequence, group and picture of MPEG-2.
const PICTURES: [&[u8]; 2] = [
    &[
        0, 0, 0, 1, 0x42, 1, 1, 1, 0x60, 0, 0, 3, 0, 0x90, 0, 0, 3, 0, 0, 3, 0, 0x3c, 0xa0, 0x0a,
        8, 5, 0xa1, 0x65, 0xb9, 0x24, 0xda, 0x94, 0, 0, 1, 0x26, 1, 0xaf, 0x06,
    ],
    &[
        0, 0, 1, 0xb3, 0x14, 0, 0xb4, 0x13, 0xff, 0xff, 0xe0, 0x18, 0, 0, 1, 0xb5, 0x14, 0x8a, 0,
        1, 0, 0, 0, 0, 1, 0xb8, 0, 8, 0, 0, 0, 0, 1, 0, 0, 0x0f, 0xff, 0xf8,
    ],
];

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn damaged_packet_heads_are_read_or_refused(bytes in changed(&[PES])) {
        if let Parsed::Header(head) = header(&bytes) {
            prop_assert!(head.len <= bytes.len());
            for stamp in [head.pts, head.dts].into_iter().flatten() {
                prop_assert!(stamp < 1 << 33);
            }
        }
    }

    #[test]
    fn damaged_sound_heads_are_read_or_passed_over(bytes in changed(&[ADTS, MPEG, AC3])) {
        for kind in [SoundKind::Adts, SoundKind::Mpeg, SoundKind::Ac3] {
            if let Some(head) = kind.parse(&bytes) {
                // Going on by its length comes to an end, and what it says can be counted with.
                prop_assert!(head.len as usize >= kind.head_len(), "{head:?}");
                prop_assert!(head.sample_rate > 0 && head.samples > 0, "{head:?}");
            }
        }
        if let Some(head) = AdtsHeader::parse(&bytes)
            && let Ok(config) = head.config()
        {
            let config = AudioSpecificConfig::parse(&config).unwrap();
            prop_assert_eq!(config.channels, head.channels);
        }
    }

    #[test]
    fn damaged_aac_configurations_are_read_or_refused(bytes in changed(&AAC)) {
        if let Ok(config) = AudioSpecificConfig::parse(&bytes) {
            prop_assert!(config.sample_rate > 0 && config.channels > 0, "{config:?}");
            prop_assert!(config.samples_per_frame > 0, "{config:?}");
        }
    }

    #[test]
    fn damaged_pictures_are_looked_at(bytes in changed(&PICTURES), marked: bool) {
        for codec in ["hevc", "mpeg2", "mpeg1", "mp4v-es"] {
            if let Some(size) = picture_facts(codec, &bytes, marked).sequence {
                prop_assert!(size.bit_depth <= 16 && size.chroma_format_idc <= 3);
            }
        }
    }
}
