//! What the head says about the tracks (RFC 9559 §5.1.4) and the whole (RFC 9559 §5.1.2).

use super::elements::{binary, float, id, master, text, uint};
use super::{AudioFormat, MatroskaAudio, MatroskaIndex, TICK, Track, VideoFormat, nanoseconds};

/// Name of what wrote the file.
const APPLICATION: &str = "Stringout";

/// Appends the segment information (RFC 9559 §5.1.2).
pub(super) fn info(out: &mut Vec<u8>, index: &MatroskaIndex<'_>) {
    let sound = index.audio.as_ref();
    let sound = sound.map_or(0, |audio| nanoseconds(audio.play, audio.format.sample_rate));
    master(out, id::INFO, |out| {
        uint(out, 0x2a_d7b1, TICK); // TimestampScale
        float(out, 0x4489, index.duration.max(sound) as f64 / TICK as f64); // Duration, in ticks
        text(out, 0x4d80, APPLICATION); // MuxingApp
        text(out, 0x5741, APPLICATION); // WritingApp
    });
}

/// Appends the timecode of the first picture, as a tag of the pictures' track (RFC 9559 §5.1.8). The format
/// has no element for it; this is the tag that libavformat writes and reads.
pub(super) fn timecode_tag(out: &mut Vec<u8>, timecode: &str) {
    master(out, id::TAGS, |out| {
        master(out, 0x7373, |out| {
            master(out, 0x63c0, |out| {
                uint(out, 0x63c5, u64::from(Track::Video.number())); // TagTrackUID
            });
            master(out, 0x67c8, |out| {
                text(out, 0x45a3, "TIMECODE"); // TagName
                text(out, 0x4487, timecode); // TagString
            });
        });
    });
}

/// Appends the track list (RFC 9559 §5.1.4).
pub(super) fn tracks(out: &mut Vec<u8>, index: &MatroskaIndex<'_>) {
    master(out, id::TRACKS, |out| {
        if let Some(format) = index.video {
            entry(
                out,
                Track::Video,
                None,
                format.coding.matroska_id(),
                |out| {
                    binary(out, 0x63a2, &format.coding.record); // CodecPrivate
                    if let Some(duration) = index.frame_duration.filter(|duration| *duration > 0) {
                        uint(out, 0x23_e383, duration); // DefaultDuration
                    }
                    video(out, format);
                },
            );
        }
        if let Some(audio) = &index.audio {
            entry(out, Track::Audio, index.language, "A_AAC", |out| {
                binary(out, 0x63a2, &audio.format.config); // CodecPrivate
                delay(out, audio);
                sound(out, audio.format);
            });
        }
    });
}

/// What both kinds of tracks say; `rest` appends what is left of the entry.
fn entry(
    out: &mut Vec<u8>,
    track: Track,
    language: Option<&str>,
    codec: &str,
    rest: impl FnOnce(&mut Vec<u8>),
) {
    master(out, 0xae, |out| {
        uint(out, 0xd7, u64::from(track.number())); // TrackNumber
        uint(out, 0x73c5, u64::from(track.number())); // TrackUID
        uint(out, 0x83, u64::from(track.number())); // TrackType: 1 is video, 2 is audio
        uint(out, 0x9c, 0); // FlagLacing
        language_of(out, language);
        text(out, 0x86, codec); // CodecID
        rest(out);
    });
}

/// Without a word the language would be English (RFC 9559 §5.1.4.1.19). Old players know only the
/// three letters of ISO 639-2; all else goes into the element that overrides them.
fn language_of(out: &mut Vec<u8>, language: Option<&str>) {
    let three_letters = |tag: &&str| tag.len() == 3 && tag.bytes().all(|b| b.is_ascii_lowercase());
    text(
        out,
        0x22_b59c,
        language.filter(three_letters).unwrap_or("und"),
    );
    if let Some(tag) = language.filter(|tag| !tag.is_empty() && !three_letters(tag)) {
        text(out, 0x22_b59d, tag); // LanguageBCP47
    }
}

/// The samples in front of the first that plays; the times of the blocks count from the first one
/// that is coded, and this is taken off them (RFC 9559 §5.1.4.1.25).
fn delay(out: &mut Vec<u8>, audio: &MatroskaAudio<'_>) {
    if audio.skip > 0 {
        uint(
            out,
            0x56aa,
            nanoseconds(audio.skip, audio.format.sample_rate),
        );
    }
}

fn sound(out: &mut Vec<u8>, format: &AudioFormat) {
    master(out, 0xe1, |out| {
        float(out, 0xb5, f64::from(format.sample_rate)); // SamplingFrequency
        uint(out, 0x9f, u64::from(format.channels)); // Channels
    });
}

fn video(out: &mut Vec<u8>, format: &VideoFormat) {
    master(out, 0xe0, |out| {
        uint(out, 0xb0, u64::from(format.width)); // PixelWidth
        uint(out, 0xba, u64::from(format.height)); // PixelHeight
        let shown = Shown::of(format);
        uint(out, 0x54b0, shown.width); // DisplayWidth
        uint(out, 0x54ba, shown.height); // DisplayHeight
        if shown.ratio {
            uint(out, 0x54b2, 3); // DisplayUnit: aspect ratio
        }
        colour(out, format);
        projection(out, format.rotation);
    });
}

/// The size of the picture when it is shown (RFC 9559 §5.1.4.1.28.12).
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    width: u64,
    height: u64,
    /// The two are a ratio, not pixels.
    ratio: bool,
}

impl Shown {
    /// In pixels, when they give the exact pixel aspect: that is what every player understands.
    fn of(format: &VideoFormat) -> Self {
        let (width, height) = (u64::from(format.width), u64::from(format.height));
        let (num, den) = format.pixel_aspect;
        let (num, den) = (u64::from(num.max(1)), u64::from(den.max(1)));
        let pixels = |width, height| Self {
            width,
            height,
            ratio: false,
        };
        if (width * num).is_multiple_of(den) {
            return pixels(width * num / den, height);
        }
        if (height * den).is_multiple_of(num) {
            return pixels(width, height * den / num);
        }
        let (mut a, mut b) = (width * num, height * den);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let divisor = a.max(1);
        Self {
            width: width * num / divisor,
            height: height * den / divisor,
            ratio: true,
        }
    }
}

/// RFC 9559 §5.1.4.1.28.16; the values are those of ITU-T H.273, as in the format.
fn colour(out: &mut Vec<u8>, format: &VideoFormat) {
    let (primaries, transfer, matrix) = format.colour;
    let known = (primaries, transfer, matrix) != (2, 2, 2);
    if !known && !format.full_range {
        return;
    }
    master(out, 0x55b0, |out| {
        for (id, value) in [(0x55b1, matrix), (0x55ba, transfer), (0x55bb, primaries)] {
            if value != 2 {
                uint(out, id, u64::from(value));
            }
        }
        uint(out, 0x55b9, if format.full_range { 2 } else { 1 }); // Range
    });
}

/// `rotation` is clockwise, the roll of a rectangular projection is counter-clockwise and within
/// half a turn (RFC 9559 §5.1.4.1.28.41).
fn projection(out: &mut Vec<u8>, rotation: u16) {
    let roll = match rotation % 360 {
        0 => return,
        clockwise @ 1..180 => -f64::from(clockwise),
        clockwise => 360.0 - f64::from(clockwise),
    };
    master(out, 0x7670, |out| {
        uint(out, 0x7671, 0); // ProjectionType: rectangular
        float(out, 0x7673, 0.0); // ProjectionPoseYaw
        float(out, 0x7674, 0.0); // ProjectionPosePitch
        float(out, 0x7675, roll); // ProjectionPoseRoll
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use conform::VideoCodec;

    fn format(width: u32, height: u32, pixel_aspect: (u32, u32)) -> VideoFormat {
        VideoFormat {
            width,
            height,
            pixel_aspect,
            rotation: 0,
            time_scale: 30_000,
            coding: crate::mux::VideoCoding::of(VideoCodec::H264, Vec::new()),
            colour: (2, 2, 2),
            full_range: false,
        }
    }

    fn shown(width: u32, height: u32, pixel_aspect: (u32, u32)) -> (u64, u64, bool) {
        let shown = Shown::of(&format(width, height, pixel_aspect));
        (shown.width, shown.height, shown.ratio)
    }

    #[test]
    fn the_shown_size_has_the_exact_pixel_aspect() {
        assert_eq!(shown(1920, 1080, (1, 1)), (1920, 1080, false));
        assert_eq!(shown(720, 576, (64, 45)), (1024, 576, false));
        assert_eq!(shown(704, 480, (10, 11)), (640, 480, false));
        assert_eq!(shown(705, 480, (10, 11)), (705, 528, false));
        assert_eq!(shown(720, 486, (40, 33)), (1600, 891, true));
        assert_eq!(shown(1920, 1080, (0, 0)), (1920, 1080, false));
    }

    #[test]
    fn a_clockwise_quarter_is_a_roll_of_minus_ninety() {
        let roll = |rotation| {
            let mut out = Vec::new();
            projection(&mut out, rotation);
            let tail: Option<[u8; 8]> = out.get(out.len().wrapping_sub(8)..)?.try_into().ok();
            tail.map(f64::from_be_bytes)
        };
        assert_eq!(
            [0, 90, 180, 270].map(roll),
            [None, Some(-90.0), Some(180.0), Some(90.0)]
        );
    }

    #[test]
    fn unknown_colours_are_left_out() {
        let written = |colour, full_range| {
            let mut format = format(16, 16, (1, 1));
            (format.colour, format.full_range) = (colour, full_range);
            let mut out = Vec::new();
            super::colour(&mut out, &format);
            out
        };
        assert_eq!(written((2, 2, 2), false), Vec::<u8>::new());
        assert_eq!(
            written((2, 2, 2), true),
            [0x55, 0xb0, 0x84, 0x55, 0xb9, 0x81, 2]
        );
        assert_eq!(
            written((1, 2, 2), false),
            [0x55, 0xb0, 0x88, 0x55, 0xbb, 0x81, 1, 0x55, 0xb9, 0x81, 1]
        );
    }

    #[test]
    fn languages_that_are_not_three_letters_have_their_own_element() {
        let written = |language| {
            let mut out = Vec::new();
            language_of(&mut out, language);
            String::from_utf8_lossy(&out).into_owned()
        };
        assert!(written(None).ends_with("und"));
        assert!(written(Some("deu")).ends_with("deu"));
        let tagged = written(Some("de-AT"));
        assert!(tagged.contains("und") && tagged.ends_with("de-AT"));
    }
}
