//! ADTS headers for raw AAC frames (ISO/IEC 14496-3 §1.A.2.2), made from their
//! `AudioSpecificConfig` (§1.6.2.1).

use std::io;

use super::invalid;
use crate::aac::{RATES, object_type};
use crate::demux::bits::Bits;

/// Bytes of a header without checksum.
pub(super) const HEADER_LEN: usize = 7;

/// Samples of a frame of the core coder; ADTS knows no other number.
const FRAME_SAMPLES: u32 = 1024;

/// What the headers of all frames with one configuration say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AdtsFormat {
    /// Audio object type of the core coder minus 1.
    profile: u8,
    /// `samplingFrequencyIndex` of the core coder.
    rate_index: u8,
    /// `channelConfiguration`, 1 to 7.
    layout: u8,
    /// Samples per second of the core coder.
    rate: u32,
}

impl AdtsFormat {
    /// What ADTS says for an `AudioSpecificConfig`. Of a configuration that names an extension (SBR,
    /// PS) it is the core: decoders find the extension in the frames.
    ///
    /// # Errors
    /// `InvalidData` when the configuration is cut off or ADTS has no way to say it.
    pub(super) fn of(config: &[u8]) -> io::Result<Self> {
        let core = Core::read(&mut Bits::new(config))
            .ok_or_else(|| invalid("the AAC configuration can't be read"))?;
        let profile = match core.object_type {
            kind @ 1..=4 => kind - 1,
            kind => {
                return Err(invalid(format!(
                    "a transport stream can't hold audio object type {kind}, only AAC Main, LC, \
                     SSR and LTP"
                )));
            }
        };
        if !(1..=7).contains(&core.layout) {
            return Err(invalid(format!(
                "a transport stream can't hold AAC with channel configuration {}",
                core.layout
            )));
        }
        if core.short {
            return Err(invalid(
                "a transport stream can't hold AAC with frames of 960 samples",
            ));
        }
        let (rate_index, rate) = (0..)
            .zip(RATES)
            .find(|(_, rate)| *rate == core.rate)
            .ok_or_else(|| {
                invalid(format!(
                    "a transport stream can't hold AAC of {} samples per second",
                    core.rate
                ))
            })?;
        Ok(Self {
            profile,
            rate_index,
            layout: core.layout,
            rate,
        })
    }

    /// Duration of a frame in 90 kHz ticks, rounded.
    pub(super) fn frame_ticks(self) -> i64 {
        i64::from((FRAME_SAMPLES * 90_000 + self.rate / 2) / self.rate)
    }

    /// The header for a raw frame of `len` bytes: MPEG-4, one frame, no checksum.
    ///
    /// # Errors
    /// `InvalidData` when the frame's length doesn't fit into 13 bits, or is 0.
    pub(super) fn header(self, len: usize) -> io::Result<[u8; HEADER_LEN]> {
        if len == 0 {
            return Err(invalid("an AAC frame is empty"));
        }
        let [high, low] = u16::try_from(len + HEADER_LEN)
            .ok()
            .filter(|whole| *whole < 1 << 13)
            .ok_or_else(|| {
                invalid(format!(
                    "an AAC frame of {len} bytes is too long for a transport stream"
                ))
            })?
            .to_be_bytes();
        Ok([
            0xff,
            0xf1,
            self.profile << 6 | self.rate_index << 2 | self.layout >> 2,
            self.layout << 6 | high >> 3,
            high << 5 | low >> 3,
            // The buffer's fullness is all ones: the bit rate varies.
            low << 5 | 0x1f,
            0xfc,
        ])
    }
}

/// The fields of an `AudioSpecificConfig` that ADTS repeats.
struct Core {
    object_type: u8,
    rate: u32,
    layout: u8,
    /// `frameLengthFlag`: 960 samples instead of 1024.
    short: bool,
}

impl Core {
    fn read(bits: &mut Bits<'_>) -> Option<Self> {
        let mut object_type = read_object_type(bits)?;
        let rate = read_rate(bits)?;
        let layout = u8::try_from(bits.bits(4)?).ok()?;
        if matches!(object_type, object_type::SBR | object_type::PS) {
            read_rate(bits)?;
            object_type = read_object_type(bits)?;
        }
        // Other types have other things here, and are refused anyway.
        let short = bits.bit().unwrap_or(false);
        Some(Self {
            object_type,
            rate,
            layout,
            short,
        })
    }
}

fn read_object_type(bits: &mut Bits<'_>) -> Option<u8> {
    let kind = match bits.bits(5)? {
        31 => 32 + bits.bits(6)?,
        kind => kind,
    };
    u8::try_from(kind).ok()
}

fn read_rate(bits: &mut Bits<'_>) -> Option<u32> {
    match bits.bits(4)? {
        15 => bits.bits(24),
        index => RATES.get(index as usize).copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aac::{AdtsHeader, AudioSpecificConfig};

    /// Packs fields of (value, bits) into bytes.
    fn packed(fields: &[(u32, u32)]) -> Vec<u8> {
        let bits: Vec<u8> = fields
            .iter()
            .flat_map(|(value, count)| (0..*count).rev().map(move |at| (value >> at & 1) as u8))
            .collect();
        bits.chunks(8)
            .map(|chunk| {
                chunk
                    .iter()
                    .zip((0..8).rev())
                    .fold(0, |byte, (bit, shift)| byte | bit << shift)
            })
            .collect()
    }

    #[test]
    fn headers_read_back() {
        for kind in 1..=4 {
            for rate in RATES {
                for channels in [1, 2, 3, 4, 5, 6, 8] {
                    let config = AudioSpecificConfig::build(kind, rate, channels).unwrap();
                    for len in [1, 250, 1017, 8184] {
                        let header = AdtsFormat::of(&config).unwrap().header(len).unwrap();
                        let read = AdtsHeader::parse(&header).unwrap();
                        assert_eq!(
                            (read.object_type, read.sample_rate, read.channels),
                            (kind, rate, channels)
                        );
                        assert_eq!(usize::from(read.frame_len), len + 7);
                        assert_eq!((read.header_len, read.samples), (7, 1024));
                    }
                }
            }
        }
        // The example in the media crate's own tests of the parser.
        let lc = AdtsFormat::of(&[0x11, 0x90]).unwrap();
        let header = [0xff, 0xf1, 0x4c, 0x80, 0x2e, 0x7f, 0xfc];
        assert_eq!(lc.header(364).unwrap(), header);
        assert_eq!(lc.frame_ticks(), 1920);
    }

    #[test]
    fn extensions_give_their_core() {
        let plain = AdtsFormat::of(&packed(&[(2, 5), (6, 4), (2, 4), (0, 3)])).unwrap();
        let sbr = packed(&[(5, 5), (6, 4), (2, 4), (3, 4), (2, 5), (0, 3)]);
        assert_eq!(AdtsFormat::of(&sbr).unwrap(), plain);
        assert_eq!(plain.frame_ticks(), 3840);
        let ps = packed(&[(29, 5), (6, 4), (1, 4), (3, 4), (2, 5), (0, 3)]);
        assert_eq!(AdtsFormat::of(&ps).unwrap().layout, 1);
        let odd = packed(&[(5, 5), (6, 4), (2, 4), (15, 4), (47_000, 24), (2, 5)]);
        assert_eq!(AdtsFormat::of(&odd).unwrap(), plain);
        let spelled_out = packed(&[(2, 5), (15, 4), (24_000, 24), (2, 4), (0, 3)]);
        assert_eq!(AdtsFormat::of(&spelled_out).unwrap(), plain);
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        let refused = [
            packed(&[(42, 5)]),
            packed(&[(2, 5), (3, 4)]),
            packed(&[(2, 5), (13, 4), (2, 4), (0, 3)]),
            packed(&[(2, 5), (15, 4), (47_999, 24), (2, 4), (0, 3)]),
            packed(&[(2, 5), (3, 4), (0, 4), (0, 3)]),
            packed(&[(2, 5), (3, 4), (11, 4), (0, 3)]),
            packed(&[(2, 5), (3, 4), (2, 4), (1, 1), (0, 2)]),
            packed(&[(0, 5), (3, 4), (2, 4), (0, 3)]),
            packed(&[(23, 5), (3, 4), (2, 4), (0, 3)]),
            packed(&[(31, 5), (7, 6), (3, 4), (2, 4), (0, 3)]),
            packed(&[(5, 5), (3, 4), (2, 4), (3, 4), (22, 5), (0, 3)]),
            Vec::new(),
        ];
        for config in refused {
            let error = AdtsFormat::of(&config).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{config:?}");
        }
        let lc = AdtsFormat::of(&[0x11, 0x90]).unwrap();
        for len in [0, 8185, 70_000] {
            let error = lc.header(len).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{len}");
        }
    }
}
