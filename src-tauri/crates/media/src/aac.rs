//! AAC configurations: `AudioSpecificConfig` (ISO/IEC 14496-3 §1.6.2.1) and ADTS headers
//! (ISO/IEC 14496-3 §1.A.2.2).

use crate::demux::bits::{BitString, Bits};
use crate::error::Malformed;

/// `samplingFrequencyIndex`, table 1.18.
pub(crate) const RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

/// Channels of `channelConfiguration`, table 1.19; 0 where it says nothing or is reserved.
const CHANNELS: [u16; 16] = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8, 0];

/// Audio object types, table 1.17.
pub(crate) mod object_type {
    /// Spectral band replication: an extension of another type.
    pub(crate) const SBR: u8 = 5;
    /// Error-resilient low delay.
    pub(crate) const ER_LD: u8 = 23;
    /// Parametric stereo: an extension of SBR.
    pub(crate) const PS: u8 = 29;
    /// Enhanced low delay.
    pub(crate) const ER_ELD: u8 = 39;
}

/// Whether an extension doubles the sample rate (SBR) or makes stereo of mono (PS).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signalled {
    /// The configuration says yes.
    Yes,
    /// The configuration says no.
    No,
    /// The configuration is silent: only the frames tell (implicit signalling).
    Unsaid,
}

/// What an `AudioSpecificConfig` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AudioSpecificConfig {
    /// Audio object type of the core coder, for example 2 for AAC-LC.
    pub(crate) object_type: u8,
    /// Samples per second of the core coder.
    pub(crate) core_rate: u32,
    /// Samples per second after decoding: twice the core's when SBR is signalled.
    pub(crate) sample_rate: u32,
    /// Channels after decoding.
    pub(crate) channels: u16,
    /// Samples per second and channel a frame holds after decoding.
    pub(crate) samples_per_frame: u32,
    /// Spectral band replication.
    pub(crate) sbr: Signalled,
    /// Parametric stereo.
    pub(crate) ps: Signalled,
}

impl AudioSpecificConfig {
    /// Reads a configuration.
    ///
    /// # Errors
    /// [`Malformed`] when it ends too early or names a reserved rate.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        read(&mut Bits::new(bytes))
            .ok_or_else(|| Malformed::new("the AAC configuration can't be read"))
    }

    /// Writes the configuration of a core coder without extensions, which fits AAC-LC.
    ///
    /// # Errors
    /// [`Malformed`] when the channel count has no `channelConfiguration`.
    pub(crate) fn build(
        object_type: u8,
        sample_rate: u32,
        channels: u16,
    ) -> Result<Vec<u8>, Malformed> {
        let layout = CHANNELS
            .iter()
            .position(|count| *count == channels && channels > 0)
            .ok_or_else(|| Malformed::new(format!("AAC with {channels} channels")))?;
        let mut bits = BitString::default();
        if object_type < 31 {
            bits.push(u32::from(object_type), 5);
        } else {
            bits.push(31, 5);
            bits.push(u32::from(object_type.saturating_sub(32)), 6);
        }
        match RATES.iter().position(|rate| *rate == sample_rate) {
            Some(index) => bits.push(index as u32, 4),
            None => {
                bits.push(15, 4);
                bits.push(sample_rate, 24);
            }
        }
        bits.push(layout as u32, 4);
        // GASpecificConfig: 1024 samples, no core coder, no extension.
        bits.push(0, 3);
        Ok(bits.into_bytes())
    }
}

fn read(bits: &mut Bits<'_>) -> Option<AudioSpecificConfig> {
    let mut object_type = read_object_type(bits)?;
    let core_rate = read_rate(bits)?;
    let layout = bits.bits(4)?;
    let mut sample_rate = core_rate;
    let (mut sbr, mut ps) = (Signalled::Unsaid, Signalled::Unsaid);
    if matches!(object_type, object_type::SBR | object_type::PS) {
        sbr = Signalled::Yes;
        if object_type == object_type::PS {
            ps = Signalled::Yes;
        }
        sample_rate = read_rate(bits)?;
        object_type = read_object_type(bits)?;
        if object_type == 22 {
            bits.skip(4)?;
        }
    }
    let core = read_core(bits, object_type, layout)?;
    if sbr == Signalled::Unsaid
        && let Some(extension) = read_sync_extension(bits)
    {
        sbr = extension.sbr;
        ps = extension.ps;
        sample_rate = extension.rate.unwrap_or(core_rate);
    }
    let mut channels = core.channels.unwrap_or_default();
    if channels == 1 && ps == Signalled::Yes {
        channels = 2;
    }
    if channels == 0 {
        return None;
    }
    let stretch = if sample_rate > core_rate { 2 } else { 1 };
    Some(AudioSpecificConfig {
        object_type,
        core_rate,
        sample_rate,
        channels,
        samples_per_frame: core.samples * stretch,
        sbr,
        ps,
    })
}

fn read_object_type(bits: &mut Bits<'_>) -> Option<u8> {
    let kind = match bits.bits(5)? {
        31 => 32 + bits.bits(6)?,
        kind => kind,
    };
    u8::try_from(kind).ok().filter(|kind| *kind > 0)
}

fn read_rate(bits: &mut Bits<'_>) -> Option<u32> {
    let rate = match bits.bits(4)? {
        15 => bits.bits(24)?,
        index => *RATES.get(index as usize)?,
    };
    (rate > 0).then_some(rate)
}

struct Core {
    channels: Option<u16>,
    samples: u32,
}

/// `GASpecificConfig` (§4.4.1), as far as the extension behind it must be found.
fn read_core(bits: &mut Bits<'_>, object_type: u8, layout: u32) -> Option<Core> {
    let mut channels = CHANNELS.get(layout as usize).copied().filter(|n| *n > 0);
    if object_type == object_type::ER_ELD {
        let samples = if bits.bit()? { 480 } else { 512 };
        return Some(Core { channels, samples });
    }
    if !matches!(object_type, 1..=4 | 6 | 7 | 17 | 19..=23) {
        return Some(Core {
            channels,
            samples: 1024,
        });
    }
    let short = bits.bit()?;
    if bits.bit()? {
        bits.skip(14)?;
    }
    let extended = bits.bit()?;
    if layout == 0 {
        channels = Some(read_program_channels(bits)?);
    }
    if matches!(object_type, 6 | 20) {
        bits.skip(3)?;
    }
    if extended {
        match object_type {
            22 => bits.skip(16)?,
            17 | 19 | 20 | 23 => bits.skip(3)?,
            _ => {}
        }
        bits.skip(1)?;
    }
    let samples = match (object_type, short) {
        (object_type::ER_LD, true) => 480,
        (object_type::ER_LD, false) => 512,
        (_, true) => 960,
        (_, false) => 1024,
    };
    Some(Core { channels, samples })
}

/// Counts the channels of a `program_config_element` (§4.4.1.1).
fn read_program_channels(bits: &mut Bits<'_>) -> Option<u16> {
    bits.skip(4 + 2 + 4)?;
    let (front, side, back) = (bits.bits(4)?, bits.bits(4)?, bits.bits(4)?);
    let (lfe, assoc, coupling) = (bits.bits(2)?, bits.bits(3)?, bits.bits(4)?);
    for mixdown in [4, 4, 3] {
        if bits.bit()? {
            bits.skip(mixdown)?;
        }
    }
    let mut channels = 0;
    for _ in 0..front + side + back {
        channels += if bits.bit()? { 2 } else { 1 };
        bits.skip(4)?;
    }
    bits.skip(4 * (lfe + assoc) as usize + 5 * coupling as usize)?;
    bits.align();
    let comment = bits.bits(8)?;
    bits.skip(8 * comment as usize)?;
    Some(channels + lfe as u16)
}

struct Extension {
    sbr: Signalled,
    ps: Signalled,
    rate: Option<u32>,
}

/// The backward-compatible extension behind the core's configuration (`syncExtensionType`).
fn read_sync_extension(bits: &mut Bits<'_>) -> Option<Extension> {
    if bits.left() < 16 || bits.bits(11)? != 0x2b7 {
        return None;
    }
    if read_object_type(bits)? != object_type::SBR {
        return None;
    }
    if !bits.bit()? {
        return Some(Extension {
            sbr: Signalled::No,
            ps: Signalled::No,
            rate: None,
        });
    }
    let rate = Some(read_rate(bits)?);
    let ps = if bits.left() >= 12 && bits.bits(11)? == 0x548 {
        if bits.bit()? {
            Signalled::Yes
        } else {
            Signalled::No
        }
    } else {
        Signalled::Unsaid
    };
    Some(Extension {
        sbr: Signalled::Yes,
        ps,
        rate,
    })
}

/// The header of an ADTS frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AdtsHeader {
    /// Audio object type: `profile_ObjectType` + 1.
    pub(crate) object_type: u8,
    /// Samples per second of the core coder.
    pub(crate) sample_rate: u32,
    /// Channels; 0 when the frame itself lays them out.
    pub(crate) channels: u16,
    /// Bytes of the header: 7, or 9 with a checksum.
    pub(crate) header_len: u8,
    /// Bytes of the whole frame, header included.
    pub(crate) frame_len: u16,
    /// Samples per channel in the frame: 1024 for each raw data block.
    pub(crate) samples: u32,
}

impl AdtsHeader {
    /// Bytes of one without a checksum.
    pub(crate) const USUAL_LEN: usize = 7;

    /// Reads the header at the start of `bytes`; `None` when there is none, or it is cut off.
    #[must_use]
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut bits = Bits::new(bytes.get(..7)?);
        if bits.bits(12)? != 0xfff {
            return None;
        }
        bits.skip(1)?;
        if bits.bits(2)? != 0 {
            return None;
        }
        let header_len = if bits.bit()? { 7 } else { 9 };
        let object_type = u8::try_from(bits.bits(2)? + 1).ok()?;
        let sample_rate = *RATES.get(bits.bits(4)? as usize)?;
        bits.skip(1)?;
        let channels = *CHANNELS.get(bits.bits(3)? as usize)?;
        bits.skip(4)?;
        let frame_len = u16::try_from(bits.bits(13)?).ok()?;
        bits.skip(11)?;
        let blocks = bits.bits(2)? + 1;
        if frame_len < u16::from(header_len) {
            return None;
        }
        Some(Self {
            object_type,
            sample_rate,
            channels,
            header_len,
            frame_len,
            samples: 1024 * blocks,
        })
    }

    /// The `AudioSpecificConfig` that says the same.
    ///
    /// # Errors
    /// [`Malformed`] when the header doesn't tell the channels.
    pub(crate) fn config(&self) -> Result<Vec<u8>, Malformed> {
        AudioSpecificConfig::build(self.object_type, self.sample_rate, self.channels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_configurations() {
        let stereo = AudioSpecificConfig::parse(&[0x11, 0x90]).unwrap();
        assert_eq!((stereo.object_type, stereo.sample_rate), (2, 48_000));
        assert_eq!((stereo.channels, stereo.samples_per_frame), (2, 1024));
        assert_eq!(stereo.sbr, Signalled::Unsaid);
        // As libavcodec writes them: 5.1 and mono with "no SBR" behind the core's.
        let surround = AudioSpecificConfig::parse(&[0x11, 0xb0, 0x56, 0xe5, 0x00]).unwrap();
        assert_eq!((surround.channels, surround.sbr), (6, Signalled::No));
        let mono = AudioSpecificConfig::parse(&[0x12, 0x08, 0x56, 0xe5, 0x00]).unwrap();
        assert_eq!((mono.channels, mono.sample_rate), (1, 44_100));
    }

    #[test]
    fn band_replication_doubles_rate_and_frame() {
        // Hierarchical: type 5, 24 kHz, stereo, extension 48 kHz, core type 2.
        let mut bits = BitString::default();
        for (value, count) in [(5, 5), (6, 4), (2, 4), (3, 4), (2, 5), (0, 3)] {
            bits.push(value, count);
        }
        let explicit = AudioSpecificConfig::parse(&bits.clone().into_bytes()).unwrap();
        assert_eq!((explicit.core_rate, explicit.sample_rate), (24_000, 48_000));
        assert_eq!(
            (explicit.samples_per_frame, explicit.object_type),
            (2048, 2)
        );
        // Parametric stereo on a mono core.
        let mut bits = BitString::default();
        for (value, count) in [(29, 5), (6, 4), (1, 4), (3, 4), (2, 5), (0, 3)] {
            bits.push(value, count);
        }
        let ps = AudioSpecificConfig::parse(&bits.clone().into_bytes()).unwrap();
        assert_eq!((ps.channels, ps.ps), (2, Signalled::Yes));
        // Backward compatible: the extension follows the core.
        let mut bits = BitString::default();
        for (value, count) in [
            (2, 5),
            (6, 4),
            (2, 4),
            (0, 3),
            (0x2b7, 11),
            (5, 5),
            (1, 1),
            (3, 4),
        ] {
            bits.push(value, count);
        }
        let compatible = AudioSpecificConfig::parse(&bits.clone().into_bytes()).unwrap();
        assert_eq!(
            (compatible.sbr, compatible.sample_rate),
            (Signalled::Yes, 48_000)
        );
        // Nothing said at 24 kHz: only the frames can tell.
        let silent = AudioSpecificConfig::build(2, 24_000, 2).unwrap();
        assert_eq!(
            AudioSpecificConfig::parse(&silent).unwrap().sbr,
            Signalled::Unsaid
        );
    }

    #[test]
    fn configurations_read_back() {
        for rate in RATES.into_iter().chain([47_999, 192_000]) {
            for channels in [1, 2, 3, 4, 5, 6, 8] {
                for kind in [2, 17, 36] {
                    let bytes = AudioSpecificConfig::build(kind, rate, channels).unwrap();
                    let read = AudioSpecificConfig::parse(&bytes).unwrap();
                    assert_eq!(
                        (read.object_type, read.sample_rate, read.channels),
                        (kind, rate, channels)
                    );
                }
            }
        }
        assert!(AudioSpecificConfig::build(2, 48_000, 0).is_err());
        assert!(AudioSpecificConfig::build(2, 48_000, 13).is_err());
    }

    #[test]
    fn a_program_config_element_counts_its_channels() {
        let mut bits = BitString::default();
        for (value, count) in [(2, 5), (3, 4), (0, 4), (0, 3)] {
            bits.push(value, count);
        }
        // 1 front single, 1 front pair, 1 back pair, 1 low frequency: 5.1.
        for (value, count) in [
            (0, 4),
            (1, 2),
            (3, 4),
            (2, 4),
            (0, 4),
            (1, 4),
            (1, 2),
            (0, 3),
        ] {
            bits.push(value, count);
        }
        for (value, count) in [(0, 4), (0, 3), (0, 5), (0x11, 5), (0x12, 5), (0, 4)] {
            bits.push(value, count);
        }
        bits.align(false);
        bits.push(0, 8);
        let config = AudioSpecificConfig::parse(&bits.clone().into_bytes()).unwrap();
        assert_eq!(config.channels, 6);
    }

    #[test]
    fn headers_of_frames() {
        // MPEG-4, no checksum, LC, 48 kHz, stereo, 371 bytes.
        let header = [0xff, 0xf1, 0x4c, 0x80, 0x2e, 0x7f, 0xfc];
        let parsed = AdtsHeader::parse(&header).unwrap();
        assert_eq!((parsed.sample_rate, parsed.channels), (48_000, 2));
        assert_eq!((parsed.header_len, parsed.frame_len), (7, 371));
        assert_eq!(parsed.samples, 1024);
        assert_eq!(parsed.config().unwrap(), [0x11, 0x90]);
        assert_eq!(AdtsHeader::parse(&header[..6]), None);
        assert_eq!(AdtsHeader::parse(&[0xff, 0xe1, 0, 0, 0, 0, 0]), None);
        assert_eq!(
            AdtsHeader::parse(&[0xff, 0xf1, 0x7c, 0, 0, 0, 0]),
            None,
            "reserved rate"
        );
        assert_eq!(
            AdtsHeader::parse(&[0xff, 0xf1, 0x4c, 0x80, 0, 0, 0]),
            None,
            "too short"
        );
        assert!(AudioSpecificConfig::parse(&[]).is_err());
        assert!(AudioSpecificConfig::parse(&[0x11]).is_err());
    }
}
