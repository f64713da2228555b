//! Track entries (RFC 9559 §5.1.4) and their codecs (RFC 9559 codec mappings).

use conform::VideoConfig;

use super::ebml::{Elements, float, uint};
use crate::aac::AudioSpecificConfig;
use crate::demux::described::{Colour, container_config, hevc_config};
use crate::error::Malformed;
use crate::h264;

/// What a track carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TrackKind {
    Video,
    Audio,
    /// What it is, in one word.
    Other(&'static str),
}

/// One track entry.
#[derive(Clone, Debug)]
pub(super) struct Track {
    pub(super) number: u32,
    /// By which tags name it.
    pub(super) uid: Option<u64>,
    pub(super) kind: TrackKind,
    /// MIME name without `video/` or `audio/`.
    pub(super) codec: String,
    private: Vec<u8>,
    /// Nanoseconds.
    pub(super) default_duration: Option<u64>,
    /// Nanoseconds.
    pub(super) codec_delay: u64,
    /// ISO 639-2 or BCP 47, when one is said.
    pub(super) language: Option<String>,
    /// A way of coding the frames that can't be undone by pointing at their bytes.
    pub(super) unsupported: Option<String>,
    picture: Picture,
    sample_rate: u32,
    channels: u16,
    bits: u64,
}

/// Sizes in pixels; display sizes in whatever unit.
#[derive(Clone, Copy, Debug, Default)]
struct Picture {
    width: u32,
    height: u32,
    crop: [u32; 4],
    display: Option<(u32, u32)>,
    display_known: bool,
    colour: Option<Colour>,
}

/// What an audio track decodes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sound {
    pub(super) sample_rate: u32,
    pub(super) channels: u16,
    /// AudioSpecificConfig, for AAC.
    pub(super) config: Vec<u8>,
    /// When the codec fixes it.
    pub(super) samples_per_frame: Option<u32>,
    /// Uncompressed sound: bytes of one sample over all channels.
    pub(super) bytes_per_sample: Option<u32>,
}

impl Track {
    pub(super) fn parse(entry: &[u8]) -> Result<Self, Malformed> {
        let mut track = Self {
            number: 0,
            uid: None,
            kind: TrackKind::Other("data"),
            codec: String::new(),
            private: Vec::new(),
            default_duration: None,
            codec_delay: 0,
            language: None,
            unsupported: None,
            picture: Picture::default(),
            sample_rate: 8000,
            channels: 1,
            bits: 16,
        };
        let mut codec_id = String::new();
        // Without a word it is English (RFC 9559 §5.1.4.1.19), which most writers don't mean.
        let (mut three_letters, mut tag) = (None, None);
        for child in Elements(entry) {
            let (kind, body) = child?;
            match kind {
                0x73c5 => track.uid = Some(uint(body)),
                0xd7 => track.number = u32::try_from(uint(body)).unwrap_or(u32::MAX),
                0x83 => track.kind = track_kind(uint(body)),
                0x86 => codec_id = text(body),
                0x22_b59c => three_letters = Some(text(body)),
                0x22_b59d => tag = Some(text(body)),
                0x63a2 => track.private = body.to_vec(),
                0x23_e383 => track.default_duration = Some(uint(body)).filter(|ns| *ns > 0),
                0x56aa => track.codec_delay = uint(body),
                0xe0 => track.picture = Picture::parse(body)?,
                0xe1 => track.read_sound(body)?,
                0x6d80 => track.unsupported = encoding(body)?,
                _ => {}
            }
        }
        track.language = tag
            .or(three_letters)
            .filter(|said| said != "und" && !said.is_empty());
        track.codec = codec_name(&codec_id, &track.private, track.bits);
        Ok(track)
    }

    fn read_sound(&mut self, body: &[u8]) -> Result<(), Malformed> {
        let mut output = None;
        for child in Elements(body) {
            let (kind, body) = child?;
            match kind {
                0xb5 => self.sample_rate = rate(body).unwrap_or(self.sample_rate),
                0x78b5 => output = rate(body),
                0x9f => self.channels = u16::try_from(uint(body)).unwrap_or(0),
                0x6264 => self.bits = uint(body),
                _ => {}
            }
        }
        self.sample_rate = output.unwrap_or(self.sample_rate);
        Ok(())
    }

    /// The container's own configuration of a video track, if it has one, and the bytes of each
    /// NAL unit's length.
    pub(super) fn video_config(&self) -> Result<(Option<VideoConfig>, Option<u8>), Malformed> {
        if self.codec == "h264" {
            if self.private.is_empty() {
                return Err(Malformed::new(
                    "H.264 without its configuration (CodecPrivate)",
                ));
            }
            let (size, config) = h264::parse_avcc(&self.private)?;
            return Ok((config, Some(size)));
        }
        let [bottom, top, left, right] = self.picture.crop;
        let size = (
            self.picture
                .width
                .saturating_sub(left.saturating_add(right)),
            self.picture
                .height
                .saturating_sub(top.saturating_add(bottom)),
        );
        let record = Some(self.private.as_slice()).filter(|_| self.codec != "vp9");
        if self.codec == "hevc" {
            return Ok(hevc_config(size, record, self.picture.colour));
        }
        let config = container_config(&self.codec, size, record, self.picture.colour);
        let length_size = config.nal_length_size;
        Ok((Some(config), length_size))
    }

    /// Pixel aspect ratio from display and pixel size.
    pub(super) fn pixel_aspect(&self) -> Option<(u32, u32)> {
        let Picture {
            width,
            height,
            crop,
            ..
        } = self.picture;
        let [bottom, top, left, right] = crop;
        let width = u64::from(width.checked_sub(left.checked_add(right)?)?);
        let height = u64::from(height.checked_sub(top.checked_add(bottom)?)?);
        let (shown_width, shown_height) = self.picture.display?;
        if !self.picture.display_known {
            return None;
        }
        let (mut h, mut v) = (
            u64::from(shown_width) * height,
            u64::from(shown_height) * width,
        );
        let divisor = gcd(h, v)?;
        h /= divisor;
        v /= divisor;
        Some((u32::try_from(h).ok()?, u32::try_from(v).ok()?))
    }

    pub(super) fn sound(&self) -> Sound {
        let mut sound = Sound {
            sample_rate: self.sample_rate,
            channels: self.channels,
            config: Vec::new(),
            samples_per_frame: match self.codec.as_str() {
                "ac3" => Some(1536),
                "mpeg" if self.sample_rate >= 32_000 => Some(1152),
                _ => None,
            },
            bytes_per_sample: self
                .codec
                .starts_with("pcm-")
                .then(|| u32::from(self.channels).checked_mul(u32::try_from(self.bits).ok()? / 8))
                .flatten()
                .filter(|bytes| *bytes > 0),
        };
        match self.codec.as_str() {
            "aac" => {
                sound.config = if self.private.is_empty() {
                    AudioSpecificConfig::build(2, self.sample_rate, self.channels)
                        .unwrap_or_default()
                } else {
                    self.private.clone()
                };
                if let Ok(config) = AudioSpecificConfig::parse(&sound.config) {
                    sound.sample_rate = config.sample_rate;
                    sound.channels = config.channels;
                    sound.samples_per_frame = Some(config.samples_per_frame);
                }
            }
            "opus" => sound.sample_rate = 48_000,
            _ => {}
        }
        sound
    }
}

impl Picture {
    fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut picture = Self {
            display_known: true,
            ..Self::default()
        };
        let (mut shown_width, mut shown_height) = (None, None);
        for child in Elements(body) {
            let (kind, body) = child?;
            let value = u32::try_from(uint(body)).unwrap_or(u32::MAX);
            match kind {
                0xb0 => picture.width = value,
                0xba => picture.height = value,
                0x54aa => picture.crop[0] = value,
                0x54bb => picture.crop[1] = value,
                0x54cc => picture.crop[2] = value,
                0x54dd => picture.crop[3] = value,
                0x54b0 => shown_width = Some(value),
                0x54ba => shown_height = Some(value),
                0x54b2 => picture.display_known = value != 4,
                0x55b0 => picture.colour = Some(read_colour(body)?),
                _ => {}
            }
        }
        picture.display = shown_width
            .zip(shown_height)
            .filter(|(w, h)| *w > 0 && *h > 0);
        Ok(picture)
    }
}

fn read_colour(body: &[u8]) -> Result<Colour, Malformed> {
    let mut colour = Colour {
        primaries: 2,
        transfer: 2,
        matrix: 2,
        full_range: false,
    };
    for child in Elements(body) {
        let (kind, body) = child?;
        let value = u8::try_from(uint(body)).unwrap_or(2);
        match kind {
            0x55b1 => colour.matrix = value,
            0x55b9 => colour.full_range = value == 2,
            0x55ba => colour.transfer = value,
            0x55bb => colour.primaries = value,
            _ => {}
        }
    }
    Ok(colour)
}

/// What `ContentEncodings` do to the frames, when that can't be ignored.
fn encoding(body: &[u8]) -> Result<Option<String>, Malformed> {
    for child in Elements(body) {
        let (kind, body) = child?;
        if kind != 0x6240 {
            continue;
        }
        if Elements(body).find(0x5033).map(uint) == Some(1) {
            return Ok(Some("encrypted media".to_owned()));
        }
        let compression = Elements(body).find(0x5034).unwrap_or_default();
        let algorithm = Elements(compression).find(0x4254).map_or(0, uint);
        let stripped = Elements(compression).find(0x4255).unwrap_or_default();
        match algorithm {
            // Nothing was stripped from the frames, so they are whole.
            3 if stripped.is_empty() => {}
            3 => return Ok(Some("header stripping".to_owned())),
            _ => return Ok(Some("compression of coded frames".to_owned())),
        }
    }
    Ok(None)
}

/// Samples at 48 kHz of an Opus packet (RFC 6716 §3.1, §3.2).
pub(super) fn opus_samples(packet: &[u8]) -> Option<u32> {
    let toc = *packet.first()?;
    let config = toc >> 3;
    let frame = match config {
        0..=11 => [480, 960, 1920, 2880][usize::from(config % 4)],
        12..=15 => [480, 960][usize::from(config % 2)],
        _ => [120, 240, 480, 960][usize::from(config % 4)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u32::from(packet.get(1)? & 0x3f),
    };
    Some(frame * frames)
}

fn track_kind(value: u64) -> TrackKind {
    match value {
        1 => TrackKind::Video,
        2 => TrackKind::Audio,
        17 => TrackKind::Other("subtitle"),
        _ => TrackKind::Other("data"),
    }
}

fn codec_name(codec_id: &str, private: &[u8], bits: u64) -> String {
    let name = match codec_id {
        "V_MPEG4/ISO/AVC" => "h264",
        "V_MPEGH/ISO/HEVC" => "hevc",
        "V_AV1" => "av1",
        "V_VP8" => "vp8",
        "V_VP9" => "vp9",
        "V_MPEG2" => "mpeg2",
        "V_MPEG1" => "mpeg1",
        "V_PRORES" => "prores",
        "V_MJPEG" => "jpeg",
        "V_UNCOMPRESSED" => "raw",
        "A_MPEG/L1" | "A_MPEG/L2" | "A_MPEG/L3" => "mpeg",
        "A_AC3" => "ac3",
        "A_EAC3" => "eac3",
        "A_OPUS" => "opus",
        "A_VORBIS" => "vorbis",
        "A_FLAC" => "flac",
        "A_ALAC" => "alac",
        "A_DTS" => "dts",
        "A_TRUEHD" => "truehd",
        "A_PCM/INT/LIT" => return format!("pcm-s{bits}le"),
        "A_PCM/INT/BIG" => return format!("pcm-s{bits}be"),
        "A_PCM/FLOAT/IEEE" => return format!("pcm-f{bits}le"),
        id if id.starts_with("A_AAC") => "aac",
        id if id.starts_with("V_MPEG4/ISO/") => "mp4v-es",
        "V_MS/VFW/FOURCC" => {
            let fourcc = private.get(16..20).unwrap_or_default();
            return format!("vfw-{}", text(fourcc).trim().to_lowercase());
        }
        "S_TEXT/UTF8" => "srt",
        other => return other.to_lowercase(),
    };
    name.to_owned()
}

fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body)
        .trim_end_matches('\0')
        .to_owned()
}

fn rate(body: &[u8]) -> Option<u32> {
    let rate = float(body)?.round();
    (rate >= 1.0 && rate <= f64::from(u32::MAX)).then_some(rate as u32)
}

fn gcd(a: u64, b: u64) -> Option<u64> {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    (a > 0).then_some(a)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
        [id, &[0x80 | body.len() as u8], body].concat()
    }

    fn entry(codec: &str, children: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = element(&[0xd7], &[3]);
        bytes.extend(element(&[0x86], codec.as_bytes()));
        bytes.extend(children.concat());
        bytes
    }

    #[test]
    fn display_size_gives_the_pixel_aspect() {
        let shown = |width: [u8; 2], height: [u8; 2], unit: u8| {
            let video = [
                element(&[0xb0], &720u16.to_be_bytes()),
                element(&[0xba], &576u16.to_be_bytes()),
                element(&[0x54, 0xb0], &width),
                element(&[0x54, 0xba], &height),
                element(&[0x54, 0xb2], &[unit]),
            ]
            .concat();
            let bytes = entry("V_VP9", &[element(&[0x83], &[1]), element(&[0xe0], &video)]);
            Track::parse(&bytes).unwrap().pixel_aspect()
        };
        assert_eq!(
            shown(1024u16.to_be_bytes(), 576u16.to_be_bytes(), 0),
            Some((64, 45))
        );
        assert_eq!(shown([0, 16], [0, 9], 3), Some((64, 45)));
        assert_eq!(
            shown(720u16.to_be_bytes(), 576u16.to_be_bytes(), 0),
            Some((1, 1))
        );
        assert_eq!(shown([0, 16], [0, 9], 4), None);
    }

    #[test]
    fn stripped_headers_and_compression_are_refused() {
        let with = |algorithm: u8, settings: &[u8]| {
            let compression = [
                element(&[0x42, 0x54], &[algorithm]),
                element(&[0x42, 0x55], settings),
            ]
            .concat();
            let encoding = element(&[0x62, 0x40], &element(&[0x50, 0x34], &compression));
            Track::parse(&entry("V_VP8", &[element(&[0x6d, 0x80], &encoding)]))
                .unwrap()
                .unsupported
        };
        assert_eq!(with(3, &[]), None);
        assert!(with(3, &[0, 0, 1]).unwrap().contains("stripping"));
        assert!(with(0, &[]).unwrap().contains("compression"));
    }

    #[test]
    fn codecs_have_their_names() {
        let codec = |id: &str| Track::parse(&entry(id, &[])).unwrap().codec;
        assert_eq!(codec("V_MPEG4/ISO/AVC"), "h264");
        assert_eq!(codec("A_AAC/MPEG4/LC"), "aac");
        assert_eq!(codec("A_PCM/INT/LIT"), "pcm-s16le");
        assert_eq!(codec("A_MPEG/L3"), "mpeg");
        assert_eq!(codec("V_SOMETHING"), "v_something");
        assert!(Track::parse(&[0xae, 0x85, 1]).is_err());
    }

    #[test]
    fn opus_packets_tell_their_length() {
        assert_eq!(opus_samples(&[0xfc]), Some(960), "20 ms CELT");
        assert_eq!(opus_samples(&[0x00]), Some(480));
        assert_eq!(opus_samples(&[0x19]), Some(5760));
        assert_eq!(opus_samples(&[0x83, 0x82]), Some(240));
        assert_eq!(opus_samples(&[0x83]), None);
        assert_eq!(opus_samples(&[]), None);
    }

    #[test]
    fn sound_comes_from_the_codec_first() {
        let audio = element(&[0xb5], &44_100f32.to_be_bytes());
        let track = Track::parse(&entry(
            "A_AAC",
            &[
                element(&[0xe1], &audio),
                element(&[0x63, 0xa2], &[0x11, 0x90]),
            ],
        ))
        .unwrap();
        let sound = track.sound();
        assert_eq!((sound.sample_rate, sound.channels), (48_000, 2));
        assert_eq!(sound.samples_per_frame, Some(1024));
        let track = Track::parse(&entry("A_OPUS", &[element(&[0xe1], &audio)])).unwrap();
        assert_eq!(track.sound().sample_rate, 48_000);
    }
}
