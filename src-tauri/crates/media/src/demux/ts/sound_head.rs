//! Headers of audio frames that tell their own length: ADTS, MPEG audio, AC-3.

use crate::aac::AdtsHeader;

/// How an audio stream frames itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SoundKind {
    /// AAC in ADTS, ISO/IEC 13818-7.
    Adts,
    /// MPEG-1 and MPEG-2 audio, ISO/IEC 11172-3 and 13818-3.
    Mpeg,
    /// AC-3, ETSI TS 102 366.
    Ac3,
}

/// What a frame's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SoundHead {
    /// Bytes of the frame, header included.
    pub(super) len: u32,
    pub(super) sample_rate: u32,
    pub(super) channels: u16,
    /// Samples per channel.
    pub(super) samples: u32,
    /// AAC: audio object type; else 0.
    pub(super) object_type: u8,
}

impl SoundKind {
    /// MIME name without `audio/`.
    pub(super) fn codec(self) -> &'static str {
        match self {
            Self::Adts => "aac",
            Self::Mpeg => "mpeg",
            Self::Ac3 => "ac3",
        }
    }

    /// Bytes a header needs.
    pub(super) fn head_len(self) -> usize {
        match self {
            Self::Adts => 7,
            Self::Mpeg => 4,
            Self::Ac3 => 8,
        }
    }

    /// The header at the start of `bytes`, if there is one.
    pub(super) fn parse(self, bytes: &[u8]) -> Option<SoundHead> {
        match self {
            Self::Adts => {
                let head = AdtsHeader::parse(bytes)?;
                Some(SoundHead {
                    len: u32::from(head.frame_len),
                    sample_rate: head.sample_rate,
                    channels: head.channels,
                    samples: head.samples,
                    object_type: head.object_type,
                })
            }
            Self::Mpeg => mpeg(bytes),
            Self::Ac3 => ac3(bytes),
        }
    }
}

fn mpeg(bytes: &[u8]) -> Option<SoundHead> {
    let [0xff, b, c, d, ..] = *bytes else {
        return None;
    };
    let (version, layer) = (b >> 3 & 3, b >> 1 & 3);
    if b & 0xe0 != 0xe0 || version == 1 || layer == 0 {
        return None;
    }
    let low = version != 3;
    let base = *[44_100, 48_000, 32_000].get(usize::from(c >> 2 & 3))?;
    let sample_rate = base >> [2, 0, 1, 0].get(usize::from(version))?;
    // Kbit/s by version and layer, index 1 to 14.
    let rates: &[u32; 14] = match (low, layer) {
        (false, 3) => &[
            32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448,
        ],
        (false, 2) => &[
            32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384,
        ],
        (false, _) => &[
            32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
        ],
        (true, 3) => &[
            32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256,
        ],
        (true, _) => &[8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    };
    let bit_rate = 1000 * rates.get(usize::from(c >> 4).checked_sub(1)?)?;
    let padding = u32::from(c >> 1 & 1);
    let (samples, len) = match layer {
        3 => (384, (12 * bit_rate / sample_rate + padding) * 4),
        1 if low => (576, 72 * bit_rate / sample_rate + padding),
        _ => (1152, 144 * bit_rate / sample_rate + padding),
    };
    Some(SoundHead {
        len,
        sample_rate,
        channels: if d >> 6 == 3 { 1 } else { 2 },
        samples,
        object_type: 0,
    })
}

fn ac3(bytes: &[u8]) -> Option<SoundHead> {
    let [0x0b, 0x77, _, _, code, bsi, mode, lfe, ..] = *bytes else {
        return None;
    };
    // Larger stream identifications are another syntax (E-AC-3).
    if bsi >> 3 > 8 {
        return None;
    }
    const KBITS: [u32; 19] = [
        32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640,
    ];
    let size_code = code & 0x3f;
    let kbits = *KBITS.get(usize::from(size_code >> 1))?;
    let (sample_rate, words) = match code >> 6 {
        0 => (48_000, kbits * 2),
        1 => (44_100, kbits * 96_000 / 44_100 + u32::from(size_code & 1)),
        2 => (32_000, kbits * 3),
        _ => return None,
    };
    let acmod = mode >> 5;
    let full = *[2u16, 1, 2, 3, 3, 4, 4, 5].get(usize::from(acmod))?;
    // Mix levels of two bits each stand between the mode and the flag of the low frequencies.
    let mut skipped = 3;
    if acmod & 1 == 1 && acmod != 1 {
        skipped += 2;
    }
    if acmod & 4 != 0 {
        skipped += 2;
    }
    if acmod == 2 {
        skipped += 2;
    }
    let word = u16::from_be_bytes([mode, lfe]);
    let has_lfe = word >> (15 - skipped) & 1;
    Some(SoundHead {
        len: words * 2,
        sample_rate,
        channels: full + has_lfe,
        samples: 1536,
        object_type: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mpeg_audio_headers() {
        // MPEG-1 layer III, 128 kbit/s, 44.1 kHz, joint stereo: 417 bytes.
        let head = SoundKind::Mpeg.parse(&[0xff, 0xfb, 0x90, 0x44]).unwrap();
        assert_eq!((head.len, head.samples, head.channels), (417, 1152, 2));
        // MPEG-1 layer II, 192 kbit/s, 48 kHz: 576 bytes.
        let head = SoundKind::Mpeg.parse(&[0xff, 0xfd, 0xa4, 0x00]).unwrap();
        assert_eq!((head.len, head.sample_rate), (576, 48_000));
        assert_eq!(
            SoundKind::Mpeg.parse(&[0xff, 0xfb, 0xf0, 0]),
            None,
            "reserved bit rate"
        );
        assert_eq!(
            SoundKind::Mpeg.parse(&[0xff, 0xfb, 0x9c, 0]),
            None,
            "reserved sample rate"
        );
        assert_eq!(SoundKind::Mpeg.parse(&[0xff, 0xfb]), None);
    }

    #[test]
    fn ac3_headers() {
        // 48 kHz, 448 kbit/s, 3/2 with low frequencies.
        let head = SoundKind::Ac3
            .parse(&[0x0b, 0x77, 0, 0, 0x1e, 0x40, 0xe1, 0x00])
            .unwrap();
        assert_eq!((head.len, head.samples), (1792, 1536));
        assert_eq!((head.channels, head.sample_rate), (6, 48_000));
        // 2/0: two bits of surround mode, then the flag.
        let head = SoundKind::Ac3
            .parse(&[0x0b, 0x77, 0, 0, 0x14, 0x40, 0x40, 0x00])
            .unwrap();
        assert_eq!((head.len, head.channels), (768, 2));
        assert_eq!(
            SoundKind::Ac3.parse(&[0x0b, 0x77, 0, 0, 0xc0, 0x40, 0, 0]),
            None
        );
    }
}
