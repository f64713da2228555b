//! Sample descriptions (ISO/IEC 14496-12 §8.5.2, -14 §5.6, -15 §5.4; QuickTime sound descriptions).

use conform::VideoConfig;

use super::boxes::{Boxes, FourCc, full_box};
use crate::aac::AudioSpecificConfig;
use crate::demux::bits::Fields;
use crate::demux::described::{Colour, container_config, hevc_config};
use crate::error::Malformed;
use crate::h264;

/// What the samples of a video track are.
#[derive(Clone, Debug)]
pub(super) struct VideoDescription {
    pub(super) codec: String,
    /// `None`: H.264 whose parameter sets all travel in the stream.
    pub(super) config: Option<VideoConfig>,
    /// H.264 and HEVC: bytes of each NAL unit's length.
    pub(super) nal_length_size: Option<u8>,
    pub(super) pixel_aspect: Option<(u32, u32)>,
}

/// What the samples of an audio track are.
#[derive(Clone, Debug)]
pub(super) struct AudioDescription {
    pub(super) codec: String,
    pub(super) sample_rate: u32,
    pub(super) channels: u16,
    /// AudioSpecificConfig, for AAC.
    pub(super) config: Vec<u8>,
    /// When the codec fixes it.
    pub(super) samples_per_frame: Option<u32>,
    pub(super) packing: Option<Packing>,
}

/// Uncompressed or evenly packed sound, whose table entries are single samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packing {
    /// Samples per channel in a packet; 1 for PCM.
    pub(super) samples: u32,
    /// Bytes of a packet over all channels.
    pub(super) bytes: u32,
}

/// A sample entry: its type and body.
pub(super) type Entry<'a> = (FourCc, &'a [u8]);

/// The version and the entries of an `stsd` body.
pub(super) fn entries(stsd: &[u8]) -> Result<(u8, Vec<Entry<'_>>), Malformed> {
    if stsd.is_empty() {
        return Err(Malformed::new("the sample descriptions (stsd) are missing"));
    }
    let (version, _, mut fields) = full_box(stsd, "the sample descriptions (stsd)")?;
    let count = fields.u32()? as usize;
    let mut entries = Vec::new();
    for entry in Boxes(fields.rest()).take(count) {
        entries.push(entry?);
    }
    Ok((version, entries))
}

/// MIME name without `video/` of a sample entry type.
pub(super) fn video_codec(kind: FourCc) -> String {
    let name = match &kind.0 {
        b"avc1" | b"avc2" | b"avc3" | b"avc4" => "h264",
        b"hvc1" | b"hev1" | b"hvc2" | b"hev2" | b"dvh1" | b"dvhe" => "hevc",
        b"av01" => "av1",
        b"vp08" => "vp8",
        b"vp09" => "vp9",
        b"mp4v" => "mp4v-es",
        b"m2v1" | b"mp2v" | b"mpg2" | b"hdv2" | b"hdv3" | b"xdvb" | b"xd5b" => "mpeg2",
        b"apco" | b"apcs" | b"apcn" | b"apch" | b"ap4h" | b"ap4x" | b"aprn" | b"aprh" => "prores",
        b"AVdn" | b"AVdh" => "dnxhd",
        b"jpeg" | b"mjpa" | b"mjpb" | b"MJPG" => "jpeg",
        b"png " => "png",
        b"dvc " | b"dvcp" | b"dv5p" | b"dvpp" | b"dvh5" | b"dvh6" => "dv",
        b"2vuy" | b"v210" | b"raw " | b"yuv2" => "raw",
        _ => return kind.to_string().to_lowercase(),
    };
    name.to_owned()
}

/// Reads a `VisualSampleEntry`.
pub(super) fn video(kind: FourCc, entry: &[u8]) -> Result<VideoDescription, Malformed> {
    let mut fields = Fields::new(entry, "the video description");
    fields.skip(24)?;
    let (width, height) = (u32::from(fields.u16()?), u32::from(fields.u16()?));
    fields.skip(50)?;
    let boxes = Boxes(fields.rest());
    let codec = video_codec(kind);
    let pixel_aspect = boxes.find(b"pasp").and_then(read_pixel_aspect);
    if codec == "h264" {
        let avcc = boxes
            .find(b"avcC")
            .ok_or_else(|| Malformed::new("H.264 without its configuration (avcC)"))?;
        let (size, config) = h264::parse_avcc(avcc)?;
        return Ok(VideoDescription {
            codec,
            config,
            nal_length_size: Some(size),
            pixel_aspect,
        });
    }
    let record = match codec.as_str() {
        "hevc" => boxes.find(b"hvcC"),
        "av1" => boxes.find(b"av1C"),
        "prores" => Some(&kind.0[..]),
        // A full box: version and flags come first.
        "vp9" => boxes.find(b"vpcC").and_then(|body| body.get(4..)),
        _ => None,
    };
    let colour = boxes.find(b"colr").and_then(read_colour);
    if codec == "hevc" {
        let (config, nal_length_size) = hevc_config((width, height), record, colour);
        return Ok(VideoDescription {
            codec,
            config,
            nal_length_size,
            pixel_aspect,
        });
    }
    let config = container_config(&codec, (width, height), record, colour);
    Ok(VideoDescription {
        codec,
        nal_length_size: config.nal_length_size,
        config: Some(config),
        pixel_aspect,
    })
}

fn read_pixel_aspect(body: &[u8]) -> Option<(u32, u32)> {
    let mut fields = Fields::new(body, "pasp");
    let (h, v) = (fields.u32().ok()?, fields.u32().ok()?);
    (h > 0 && v > 0).then_some((h, v))
}

fn read_colour(body: &[u8]) -> Option<Colour> {
    let mut fields = Fields::new(body, "colr");
    let kind = fields.fourcc().ok()?;
    if !matches!(&kind, b"nclx" | b"nclc") {
        return None;
    }
    let mut code = || u8::try_from(fields.u16().ok()?).ok();
    let (primaries, transfer, matrix) = (code()?, code()?, code()?);
    Some(Colour {
        primaries,
        transfer,
        matrix,
        full_range: fields.u8().is_ok_and(|byte| byte & 0x80 != 0),
    })
}

/// MIME name without `audio/` of a sample entry type.
pub(super) fn audio_codec(kind: FourCc) -> String {
    let name = match &kind.0 {
        b"mp4a" => "aac",
        b".mp3" | b"ms\0U" => "mpeg",
        b"ac-3" => "ac3",
        b"ec-3" => "eac3",
        b"ac-4" => "ac4",
        b"Opus" => "opus",
        b"fLaC" => "flac",
        b"alac" => "alac",
        b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" => "dts",
        b"alaw" => "pcm-alaw",
        b"ulaw" => "pcm-mulaw",
        b"ima4" => "adpcm-ima",
        _ => return kind.to_string().to_lowercase(),
    };
    name.to_owned()
}

/// Fields of an `AudioSampleEntry` and its QuickTime extensions.
struct Sound<'a> {
    version: u16,
    channels: u16,
    bits: u16,
    sample_rate: u32,
    /// Version 1: samples and bytes of a packet over all channels.
    packet: Option<Packing>,
    /// Version 2: format flags of linear PCM.
    flags: Option<u32>,
    boxes: Boxes<'a>,
}

impl<'a> Sound<'a> {
    fn parse(entry: &'a [u8], stsd_version: u8) -> Result<Self, Malformed> {
        let mut fields = Fields::new(entry, "the sound description");
        fields.skip(8)?;
        let version = fields.u16()?;
        fields.skip(6)?;
        let (mut channels, mut bits) = (fields.u16()?, fields.u16()?);
        fields.skip(4)?;
        let mut sample_rate = fields.u32()? >> 16;
        let (mut packet, mut flags) = (None, None);
        // Version 1 of ISO/IEC 14496-12 has the plain layout and says so in its list's version.
        match version {
            1 if stsd_version == 0 => {
                let samples = fields.u32()?;
                fields.skip(4)?;
                let bytes = fields.u32()?;
                fields.skip(4)?;
                packet = (samples > 0 && bytes > 0).then_some(Packing { samples, bytes });
            }
            2 => {
                fields.skip(4)?;
                let rate = f64::from_bits(fields.u64()?);
                // Rates are whole numbers; the format keeps them in a float.
                sample_rate = if rate.is_finite() {
                    rate.round() as u32
                } else {
                    0
                };
                channels = u16::try_from(fields.u32()?)
                    .map_err(|_| Malformed::new("a sound description has too many channels"))?;
                fields.skip(4)?;
                bits = u16::try_from(fields.u32()?).unwrap_or(0);
                flags = Some(fields.u32()?);
                let (bytes, samples) = (fields.u32()?, fields.u32()?);
                packet = (samples > 0 && bytes > 0).then_some(Packing { samples, bytes });
            }
            _ => {}
        }
        Ok(Self {
            version,
            channels,
            bits,
            sample_rate,
            packet,
            flags,
            boxes: Boxes(fields.rest()),
        })
    }
}

/// Reads an `AudioSampleEntry` of a track with `track_scale` ticks per second.
pub(super) fn audio(
    kind: FourCc,
    entry: &[u8],
    stsd_version: u8,
    track_scale: u32,
) -> Result<AudioDescription, Malformed> {
    let sound = Sound::parse(entry, stsd_version)?;
    let sample_rate = match sound.sample_rate {
        0 => track_scale,
        rate => rate,
    };
    let mut description = AudioDescription {
        codec: audio_codec(kind),
        sample_rate,
        channels: sound.channels,
        config: Vec::new(),
        samples_per_frame: None,
        packing: None,
    };
    if let Some((codec, packing)) = pcm(kind, &sound) {
        description.codec = codec;
        description.packing = Some(packing);
        return Ok(description);
    }
    match &kind.0 {
        b"mp4a" => read_mp4a(&sound, &mut description)?,
        b"Opus" => description.sample_rate = 48_000,
        b"alac" => read_alac(&sound, &mut description),
        b"ac-3" => {
            description.samples_per_frame = Some(1536);
            // Some writers put 2 into the entry, whatever the sound has.
            let told = sound.boxes.find(b"dac3").and_then(|body| body.get(1));
            let told = told.map(|byte| dolby_channels(byte >> 3 & 7, byte >> 2 & 1));
            description.channels = told.unwrap_or(description.channels);
        }
        b"ec-3" => {
            let told = sound.boxes.find(b"dec3").and_then(|body| body.get(3));
            let told = told.map(|byte| dolby_channels(byte >> 1 & 7, byte & 1));
            description.channels = told.unwrap_or(description.channels);
        }
        b"ima4" => description.packing = sound.packet,
        b"alaw" | b"ulaw" if sound.channels > 0 => {
            description.packing = Some(Packing {
                samples: 1,
                bytes: u32::from(sound.channels),
            });
        }
        _ => {}
    }
    Ok(description)
}

/// Linear PCM: its name tells signedness, depth and byte order, for example `pcm-s16le`.
fn pcm(kind: FourCc, sound: &Sound<'_>) -> Option<(String, Packing)> {
    let little_by_box = || {
        let wave = sound.boxes.find(b"wave").map(Boxes).unwrap_or(sound.boxes);
        wave.find(b"enda")
            .is_some_and(|body| body.last() == Some(&1))
            || wave
                .find(b"pcmC")
                .is_some_and(|body| body.get(4) == Some(&1))
    };
    let depth_by_box = || {
        let depth = sound.boxes.find(b"pcmC").and_then(|body| body.get(5));
        depth.map_or(sound.bits, |depth| u16::from(*depth))
    };
    let (letter, bits, little) = match &kind.0 {
        b"sowt" => ('s', sound.bits, true),
        b"twos" => ('s', sound.bits, false),
        b"raw " | b"NONE" if sound.bits == 8 => ('u', 8, true),
        b"raw " | b"NONE" => ('s', sound.bits, false),
        b"in24" => ('s', 24, little_by_box()),
        b"in32" => ('s', 32, little_by_box()),
        b"fl32" => ('f', 32, little_by_box()),
        b"fl64" => ('f', 64, little_by_box()),
        b"ipcm" => ('s', depth_by_box(), little_by_box()),
        b"fpcm" => ('f', depth_by_box(), little_by_box()),
        b"lpcm" => {
            // kAudioFormatFlagIsFloat 1, IsBigEndian 2.
            let flags = sound.flags.unwrap_or(2);
            let letter = if flags & 1 == 1 { 'f' } else { 's' };
            (letter, sound.bits, flags & 2 == 0)
        }
        _ => return None,
    };
    let order = match (bits, little) {
        (8, _) => "",
        (_, true) => "le",
        (_, false) => "be",
    };
    let bytes = u32::from(sound.channels) * u32::from(bits).div_ceil(8);
    let packing = match sound.packet {
        Some(packet) if sound.version == 2 || packet.samples == 1 => packet,
        _ => Packing { samples: 1, bytes },
    };
    (packing.bytes > 0).then(|| (format!("pcm-{letter}{bits}{order}"), packing))
}

fn read_mp4a(sound: &Sound<'_>, description: &mut AudioDescription) -> Result<(), Malformed> {
    let esds = sound.boxes.find(b"esds").or_else(|| {
        let wave = sound.boxes.find(b"wave")?;
        Boxes(wave).find(b"esds")
    });
    let Some(esds) = esds else {
        return Err(Malformed::new(
            "sound (mp4a) without its configuration (esds)",
        ));
    };
    let (_, _, fields) = full_box(esds, "the sound configuration (esds)")?;
    let (object_type, specific) = read_es_descriptor(fields)?;
    match object_type {
        0x40 | 0x66 | 0x67 | 0x68 => {
            let config = AudioSpecificConfig::parse(specific)?;
            description.config = specific.to_vec();
            description.sample_rate = config.sample_rate;
            description.channels = config.channels;
            description.samples_per_frame = Some(config.samples_per_frame);
        }
        0x69 | 0x6b => description.codec = "mpeg".to_owned(),
        0xa5 => description.codec = "ac3".to_owned(),
        0xa6 => description.codec = "eac3".to_owned(),
        0xa9..=0xac => description.codec = "dts".to_owned(),
        0xad => description.codec = "opus".to_owned(),
        0xdd => description.codec = "vorbis".to_owned(),
        other => description.codec = format!("mp4a-{other:02x}"),
    }
    Ok(())
}

/// `objectTypeIndication` and `DecoderSpecificInfo` of an ES_Descriptor (ISO/IEC 14496-1 §7.2.6).
fn read_es_descriptor(mut fields: Fields<'_>) -> Result<(u8, &[u8]), Malformed> {
    let what = "the sound configuration (esds)";
    let mut es = descriptor(&mut fields, 3, what)?;
    es.skip(2)?;
    let flags = es.u8()?;
    if flags & 0x80 != 0 {
        es.skip(2)?;
    }
    if flags & 0x40 != 0 {
        let len = es.u8()?;
        es.skip(usize::from(len))?;
    }
    if flags & 0x20 != 0 {
        es.skip(2)?;
    }
    let mut decoder = descriptor(&mut es, 4, what)?;
    let object_type = decoder.u8()?;
    decoder.skip(12)?;
    if decoder.is_empty() {
        return Ok((object_type, &[]));
    }
    let specific = descriptor(&mut decoder, 5, what)?;
    Ok((object_type, specific.rest()))
}

fn descriptor<'a>(
    fields: &mut Fields<'a>,
    tag: u8,
    what: &'static str,
) -> Result<Fields<'a>, Malformed> {
    let found = fields.u8()?;
    if found != tag {
        return Err(Malformed::new(format!(
            "{what} has descriptor {found} where {tag} belongs"
        )));
    }
    let mut len = 0usize;
    for _ in 0..4 {
        let byte = fields.u8()?;
        len = len << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    // Some writers count too much for the last descriptor.
    let len = len.min(fields.rest().len());
    Ok(Fields::new(fields.take(len)?, what))
}

/// `ALACSpecificConfig`: frame length first, then the rate at its end.
/// Channels of Dolby Digital by `acmod` and `lfeon` (ETSI TS 102 366 §4.4.2.3, annex F).
fn dolby_channels(acmod: u8, lfe: u8) -> u16 {
    let full = [2, 1, 2, 3, 3, 4, 4, 5];
    full.get(usize::from(acmod)).copied().unwrap_or(2) + u16::from(lfe)
}

fn read_alac(sound: &Sound<'_>, description: &mut AudioDescription) {
    let wave = sound.boxes.find(b"wave").map(Boxes).unwrap_or(sound.boxes);
    let Some(config) = wave.find(b"alac").and_then(|body| body.get(4..)) else {
        return;
    };
    let mut fields = Fields::new(config, "the sound configuration (alac)");
    let (Ok(samples), Ok(())) = (fields.u32(), fields.skip(5)) else {
        return;
    };
    description.samples_per_frame = Some(samples);
    if let (Ok(channels), Ok(()), Ok(rate)) = (fields.u8(), fields.skip(10), fields.u32()) {
        description.channels = u16::from(channels);
        description.sample_rate = rate;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(8 + body.len() as u32).to_be_bytes()[..], kind, body].concat()
    }

    fn esds() -> Vec<u8> {
        let asc = [0x11, 0x90];
        let decoder = [&[0x40, 0x15][..], &[0; 11], &[5, 2], &asc].concat();
        let es = [&[0, 1, 0][..], &[4, 0x80, 0x80, 17], &decoder].concat();
        let body = [&[0; 4][..], &[3, es.len() as u8], &es].concat();
        boxed(b"esds", &body)
    }

    fn entry(version: u16, extra: &[u8], children: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 8];
        bytes.extend_from_slice(&version.to_be_bytes());
        bytes.extend_from_slice(&[0; 6]);
        bytes.extend_from_slice(&[0, 2, 0, 16, 0, 0, 0, 0]);
        bytes.extend_from_slice(&(44_100u32 << 16).to_be_bytes());
        bytes.extend_from_slice(extra);
        bytes.extend_from_slice(children);
        bytes
    }

    #[test]
    fn aac_in_every_version_of_a_sound_description() {
        let wave = boxed(b"wave", &[&boxed(b"frma", b"mp4a")[..], &esds()].concat());
        let v1 = [0, 0, 4, 0, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 2];
        let v2 = [
            &72u32.to_be_bytes()[..],
            &48_000f64.to_bits().to_be_bytes(),
            &2u32.to_be_bytes(),
            &0x7f00_0000u32.to_be_bytes(),
            &[0; 16],
        ]
        .concat();
        for (bytes, stsd_version) in [
            (entry(0, &[], &esds()), 0),
            (entry(1, &v1, &wave), 0),
            (entry(1, &[], &esds()), 1),
            (entry(2, &v2, &wave), 0),
        ] {
            let found = audio(FourCc(*b"mp4a"), &bytes, stsd_version, 48_000).unwrap();
            assert_eq!((found.codec.as_str(), found.sample_rate), ("aac", 48_000));
            assert_eq!((found.channels, found.config), (2, vec![0x11, 0x90]));
            assert_eq!(found.samples_per_frame, Some(1024));
        }
        assert!(audio(FourCc(*b"mp4a"), &entry(0, &[], &[]), 0, 48_000).is_err());
    }

    #[test]
    fn pcm_is_named_by_its_layout() {
        let name = |kind: &[u8; 4], bytes: &[u8]| {
            let found = audio(FourCc(*kind), bytes, 0, 44_100).unwrap();
            (found.codec, found.packing.map(|p| p.bytes))
        };
        assert_eq!(
            name(b"sowt", &entry(0, &[], &[])),
            ("pcm-s16le".into(), Some(4))
        );
        assert_eq!(
            name(b"twos", &entry(0, &[], &[])),
            ("pcm-s16be".into(), Some(4))
        );
        let enda = boxed(b"wave", &boxed(b"enda", &[0, 1]));
        assert_eq!(
            name(b"in24", &entry(0, &[], &enda)),
            ("pcm-s24le".into(), Some(6))
        );
        let v2 = [
            &72u32.to_be_bytes()[..],
            &48_000f64.to_bits().to_be_bytes(),
            &2u32.to_be_bytes(),
            &0x7f00_0000u32.to_be_bytes(),
            &32u32.to_be_bytes(),
            &1u32.to_be_bytes(),
            &8u32.to_be_bytes(),
            &1u32.to_be_bytes(),
        ]
        .concat();
        assert_eq!(
            name(b"lpcm", &entry(2, &v2, &[])),
            ("pcm-f32le".into(), Some(8))
        );
    }

    #[test]
    fn entries_without_their_configuration_are_malformed() {
        assert!(video(FourCc(*b"avc1"), &[0; 78]).is_err());
        assert!(video(FourCc(*b"avc1"), &[0; 20]).is_err());
        let hevc = video(FourCc(*b"hvc1"), &[0; 78]).unwrap();
        assert_eq!(hevc.codec, "hevc");
        assert_eq!(video_codec(FourCc(*b"XyZ ")), "xyz");
        assert!(entries(&[]).is_err());
    }
}
