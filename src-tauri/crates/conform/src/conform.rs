//! Edit → cut plan.

use crate::audio::{HeardTrack, plan_audio};
use crate::place::{Part, Place, continues, place, place_sound, unsigned};
use crate::stack::topmost;
use crate::video::{plan_video, unknown_codec};
use crate::{
    AudioFormat, Clip, ConformError, CutPlan, Edit, SequenceFacts, SequenceFormat, StartTimecode,
    VideoCodec,
};
use mediatime::{FrameRate, RationalTime, Timestamp};

/// Frames of an output at most: 46 hours at 60 a second. Its index is kept in memory.
const MOST_FRAMES: u64 = 10_000_000;

/// Tracks of an edit at most.
const MOST_TRACKS: usize = 100;

/// How the output may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// Copy GOPs as far as they are kept, encode what the cuts break, compose what differs.
    #[default]
    Auto,
    /// Copy everything or refuse.
    Copy,
    /// As `Auto`; refuse instead of rendering a whole clip when its broken GOPs can't be spliced.
    Smart,
    /// Encode everything.
    Render,
}

/// What pictures can be encoded to: with the encoder asked for, else with any that is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Encoders {
    /// The finest pictures of H.264; `None` when there is no encoder.
    pub h264: Option<PictureKind>,
    /// The finest pictures of HEVC.
    pub hevc: Option<PictureKind>,
}

impl Encoders {
    /// H.264 alone, of what every encoder makes.
    pub const H264: Self = Self {
        h264: Some(PictureKind::PLAIN),
        hevc: None,
    };

    /// The finest pictures that are made of a codec.
    pub(crate) fn finest(self, codec: VideoCodec) -> Option<PictureKind> {
        match codec {
            VideoCodec::H264 => self.h264,
            VideoCodec::Hevc => self.hevc,
        }
    }

    pub(crate) fn make(self, codec: VideoCodec) -> bool {
        self.finest(codec).is_some()
    }
}

/// Bits and chroma of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureKind {
    /// Bits per sample.
    pub bit_depth: u8,
    /// 0 for grey, 1 for 4:2:0, 2 for 4:2:2, 3 for 4:4:4.
    pub chroma_format_idc: u8,
}

impl PictureKind {
    /// 8 bits of 4:2:0, which every encoder makes and every player shows.
    pub const PLAIN: Self = Self {
        bit_depth: 8,
        chroma_format_idc: 1,
    };

    pub(crate) fn of(facts: &SequenceFacts) -> Self {
        Self {
            bit_depth: facts.bit_depth,
            chroma_format_idc: facts.chroma_format_idc,
        }
    }

    /// Nothing of pictures of the other kind is lost.
    pub(crate) fn holds(self, other: Self) -> bool {
        other.bit_depth <= self.bit_depth && other.chroma_format_idc <= self.chroma_format_idc
    }
}

/// How long work takes on a machine, in thousandths of what the cost model takes it for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pace {
    /// Copying.
    pub copy: u32,
    /// Everything that is decoded and encoded.
    pub encode: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            copy: 1000,
            encode: 1000,
        }
    }
}

/// What the planner has to know about the machine and the wishes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// How the output may be made.
    pub mode: Mode,
    /// What pictures can be encoded to.
    pub encoders: Encoders,
    /// What the output is coded in; that of most pictures that can be copied when `None`.
    pub codec: Option<VideoCodec>,
    /// At most one sequence parameter set in the output (`--compat single`).
    pub single_parameter_set: bool,
    /// How fast the machine is: of estimates alone.
    pub pace: Pace,
}

/// Something the user should know that does not stop the compile.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Issue {
    /// The clip it is about, as written.
    pub clip: String,
    /// What it is.
    pub what: String,
}

/// Resolves an edit into the one plan that preview, compile and verify follow.
///
/// # Errors
/// See [`ConformError`]; nothing is planned in part.
pub fn conform(edit: &Edit, options: &Options) -> Result<(CutPlan, Vec<Issue>), ConformError> {
    let first = first_shown(edit)?;
    let mut issues = Vec::new();
    let frame_rate = first.source.frame_rate();
    if edit.tracks.len() > MOST_TRACKS {
        return Err(ConformError::CannotPlace {
            clip: first.label.clone(),
            what: format!(
                "the edit has {} tracks, and no more than {MOST_TRACKS} can be put together",
                edit.tracks.len()
            ),
        });
    }
    let sound = sound_format(edit);
    let (mut shown, mut heard) = (Vec::new(), Vec::new());
    let alone = edit.tracks.iter().filter(|track| track.pictures).count() == 1;
    for track in &edit.tracks {
        if track.pictures {
            let parts = place(track, frame_rate, alone, &mut issues)?;
            if track.sound {
                heard.push(HeardTrack::new(&parts, frame_rate, track.gain));
            }
            shown.push(parts);
        } else if track.sound && sound.is_none() {
            issues.extend(track.clips.first().map(|clip| {
                Issue {
                    clip: clip.label.clone(),
                    what:
                        "it has no sound, nor has any other clip that is heard: the output has none"
                            .to_owned(),
                }
            }));
        } else if let (true, Some(sound)) = (track.sound, sound) {
            let rate = FrameRate::new(sound.sample_rate, 1);
            let rate = rate.ok_or(ConformError::Empty)?;
            let parts = place_sound(track, rate)?;
            heard.push(HeardTrack::new(&parts, Some(rate), track.gain));
        }
    }
    heard.retain(HeardTrack::sounds);
    let mut parts = topmost(shown, frame_rate)?;
    as_long_as_the_sound(&mut parts, first, &heard, frame_rate, &mut issues);
    let mut format = sequence_format(first, frame_rate, sound)?;
    format.timecode = told_timecode(edit, frame_rate).or_else(|| carried_timecode(&parts));
    format.language = common_language(edit);
    let frames: u64 = parts.iter().map(|part| part.place().count).sum();
    if frames > MOST_FRAMES {
        return Err(ConformError::CannotEncode {
            clip: first.label.clone(),
            what: format!(
                "the whole edit has {frames} frames, and no more than {MOST_FRAMES} can be written into one file"
            ),
        });
    }
    let last = parts.last().map(Part::place);
    let duration = last.map_or(RationalTime::ZERO, |last| last.at + last.duration);
    let video = plan_video(&parts, &mut format, frame_rate, options, &mut issues)?;
    let audio = match format.audio {
        Some(audio) => plan_audio(&heard, duration, audio, options, &mut issues),
        None => Vec::new(),
    };
    let mut plan = CutPlan {
        hash: String::new(),
        frame_rate,
        frames,
        duration: duration.to_timestamp(),
        format,
        video,
        audio,
    };
    plan.hash = plan.compute_hash();
    Ok((plan, issues))
}

/// The clip that gives the sequence its rate and format.
fn first_shown(edit: &Edit) -> Result<&Clip, ConformError> {
    let shown = edit.tracks.iter().filter(|track| track.pictures);
    let first = shown.filter_map(|track| track.clips.first()).next();
    first.ok_or_else(|| match edit.clips().next() {
        Some(clip) => ConformError::NoVideo {
            clip: clip.label.clone(),
        },
        None => ConformError::Empty,
    })
}

/// Where sound goes on behind the pictures, they are black.
fn as_long_as_the_sound<'a>(
    parts: &mut Vec<Part<'a>>,
    first: &'a Clip,
    heard: &[HeardTrack<'_>],
    rate: Option<FrameRate>,
    issues: &mut Vec<Issue>,
) {
    let Some(rate) = rate else {
        let shown = parts.last().map(Part::place);
        let shown = shown.map_or(RationalTime::ZERO, |last| last.at + last.duration);
        if heard.iter().any(|track| shown < track.end()) {
            issues.push(Issue {
                clip: first.label.clone(),
                what: "its frame rate varies, so the pictures can't go on as black for as long as the sound does: the sound ends with them".to_owned(),
            });
        }
        return;
    };
    let end = parts.last().map_or(0, |part| part.place().end());
    let ends = heard.iter().map(HeardTrack::end).max();
    let until = ends.map_or(0, |time| rate.frame_at(time));
    if end < until {
        let place = Place::frames(end, unsigned(until - end), rate);
        parts.push(Part::Gap(first, place));
    }
}

/// That of the first clip that sounds; of two channels when that has one and any other more.
fn sound_format(edit: &Edit) -> Option<AudioFormat> {
    let heard = edit.tracks.iter().filter(|track| track.sound);
    let mut formats = heard.flat_map(|track| &track.clips).filter_map(|clip| {
        clip.source.audio().next().map(|(_, _, track)| AudioFormat {
            sample_rate: aac_rate(track.sample_rate),
            channels: track.channels,
        })
    });
    let first = formats.next()?;
    let channels = match first.channels {
        1 if formats.any(|other| other.channels > 1) => 2,
        channels => channels,
    };
    Some(AudioFormat { channels, ..first })
}

fn sequence_format(
    first: &Clip,
    rate: Option<FrameRate>,
    audio: Option<AudioFormat>,
) -> Result<SequenceFormat, ConformError> {
    let no_video = || ConformError::NoVideo {
        clip: first.label.clone(),
    };
    let source = &first.source;
    let frame = source
        .frames()
        .get(first.frame_range()?.start)
        .ok_or_else(no_video)?;
    let track = source.video(frame.object).ok_or_else(no_video)?;
    let config = source
        .config(frame.object, frame.unit)
        .ok_or_else(|| unknown_codec(first, &track.codec))?;
    Ok(SequenceFormat {
        codec: VideoCodec::default(),
        bit_depth: 8,
        chroma_format_idc: 1,
        width: config.facts.width,
        height: config.facts.height,
        pixel_aspect: track.pixel_aspect.unwrap_or(config.facts.pixel_aspect),
        rotation: track.rotation,
        time_scale: rate.map_or(track.time_scale, FrameRate::numerator),
        audio,
        timecode: None,
        language: None,
    })
}

/// The timecode that the edit says.
fn told_timecode(edit: &Edit, rate: Option<FrameRate>) -> Option<StartTimecode> {
    let (start, rate) = edit.start.zip(rate)?;
    Some(StartTimecode {
        frame: u64::try_from(rate.nearest_frame(start)).ok()?,
        drop_frame: [FrameRate::FPS_29_97, FrameRate::FPS_59_94].contains(&rate),
    })
}

/// The timecode of the first frame, when all of the output is one run of a recording that has one.
fn carried_timecode(parts: &[Part<'_>]) -> Option<StartTimecode> {
    let in_one_run = parts.windows(2).all(|pair| continues(&pair[0], &pair[1]));
    let Part::Clip(first) = parts.first().filter(|_| in_one_run)? else {
        return None;
    };
    let [object] = first.source.objects() else {
        return None;
    };
    let begins = object.index.timecode.filter(|_| !first.retimed)?;
    let frames = u64::try_from(first.frames.start).ok()?;
    Some(StartTimecode {
        frame: begins.frame.checked_add(frames)?,
        ..begins
    })
}

/// The language of the sound of all clips that are heard.
fn common_language(edit: &Edit) -> Option<String> {
    let heard = edit.tracks.iter().filter(|track| track.sound);
    let mut tracks = heard
        .flat_map(|track| &track.clips)
        .flat_map(|clip| clip.source.audio().map(|(_, _, track)| &track.language));
    let first = tracks.next()?;
    tracks.all(|other| other == first).then(|| first.clone())?
}

/// The rate of the output's sound: that of the source, where AAC has it (ISO/IEC 14496-3 table 1.18).
fn aac_rate(rate: u32) -> u32 {
    const RATES: [u32; 12] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
        8_000,
    ];
    if RATES.contains(&rate) {
        return rate;
    }
    match rate {
        88_201.. if rate.is_multiple_of(11_025) => 88_200,
        88_201.. => 96_000,
        _ => 48_000,
    }
}

/// The end of a stretch that begins at `at` and lasts `duration`, floored like every time shown.
pub(crate) fn shown(time: RationalTime) -> Timestamp {
    time.to_timestamp()
}
