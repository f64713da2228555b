//! MPEG-2 transport streams (ISO/IEC 13818-1), 188-byte packets or 192 with a time code in front.
//!
//! Time stamps stay the raw 90 kHz values, unwrapped so that picture and sound keep their distance.

mod clock;
#[cfg(test)]
mod hostile;
mod packet;
mod pes;
mod picture_facts;
mod pictures;
mod program;
mod sound;
mod sound_head;
mod times;
mod units;

use conform::{AccessUnit, Container, MediaIndex, VideoConfig, VideoTrack};
use mediatime::RationalTime;

use super::finish::{decode_before_presenting, reconstruct_dts, set_durations};
use super::input::Input;
use crate::error::{Malformed, MediaError};
use pes::{Shared, Splitter, Stream, Tail};
use pictures::{PictureSplitter, TimedUnit};
use program::{Kind, Sections, StreamInfo};
use sound::SoundSplitter;
use units::PacketUnits;

pub(super) use packet::{
    Continuity, Framing, PACKET, Packet, Step, is_synchronised, pid_of, resync,
};
pub(super) use pes::{Parsed, header};

/// Bytes that must be seen to tell a transport stream.
pub(super) const SNIFF_LEN: usize = 16 << 10;
/// Ticks per second of all time stamps.
const TICKS: u32 = 90_000;
/// Ticks after which time stamps start again (33 bits).
pub(super) const WRAP: i64 = 1 << 33;
const WINDOW: usize = 1 << 20;

/// Why the stream can't be used. Times are ticks.
#[derive(Debug)]
enum Trouble {
    Damaged {
        at: Option<i64>,
        why: String,
    },
    Unsupported {
        what: String,
        hint: String,
    },
    /// There are pictures, and nothing to decode them with.
    NoParameterSets,
}

impl From<Malformed> for Trouble {
    fn from(error: Malformed) -> Self {
        Self::Damaged {
            at: None,
            why: error.to_string(),
        }
    }
}

impl Trouble {
    fn into_error(self, input: &Input<'_>) -> MediaError {
        match self {
            Self::Damaged { at, why } => {
                let at = at.and_then(|ticks| RationalTime::from_ticks(ticks, TICKS));
                input.damaged(at, why)
            }
            Self::Unsupported { what, hint } => input.unsupported(what, hint),
            Self::NoParameterSets => MediaError::NoParameterSets {
                object: input.name().to_owned(),
            },
        }
    }
}

/// Indexes the file; the parameter sets of the track `given` are in force at its start.
pub(super) fn index(
    input: &mut Input<'_>,
    framing: Framing,
    given: Option<&VideoTrack>,
) -> Result<MediaIndex, MediaError> {
    input.set_read_ahead(WINDOW);
    let mut walk = Walk {
        given: given.cloned(),
        ..Walk::default()
    };
    let mut at = framing.first;
    loop {
        let window = input.peek(at, WINDOW)?;
        if window.len() < PACKET {
            break;
        }
        match walk.packets(at, window, framing.stride) {
            Ok(used) => at += used as u64,
            Err(trouble) => return Err(trouble.into_error(input)),
        }
    }
    // Not even one whole packet is left; if it begins as one, the file was cut there.
    let cut_off = is_synchronised(input.peek(at, 1)?);
    let (size, name) = (input.size(), input.name());
    walk.finish(size, name, cut_off)
        .map_err(|trouble| trouble.into_error(input))
}

enum VideoSplitter {
    H264(Box<PictureSplitter>),
    Other(Box<PacketUnits>),
}

impl VideoSplitter {
    fn splitter(&mut self) -> &mut dyn Splitter {
        match self {
            Self::H264(pictures) => pictures.as_mut(),
            Self::Other(units) => units.as_mut(),
        }
    }
}

#[derive(Default)]
struct Walk {
    association: Sections,
    association_continuity: Continuity,
    map: Sections,
    map_pid: Option<u16>,
    streams: Option<Vec<StreamInfo>>,
    video: Option<(Stream, &'static str, VideoSplitter)>,
    audio: Option<(Stream, SoundSplitter)>,
    unused: Vec<String>,
    given: Option<VideoTrack>,
    shared: Shared,
}

impl Walk {
    /// Takes the packets at the start of `window`, which lies at `at`; the result is how many bytes
    /// were used, never 0.
    fn packets(&mut self, at: u64, window: &[u8], stride: usize) -> Result<usize, Trouble> {
        let mut next = 0;
        while let Some(rest) = window.get(next..)
            && rest.len() >= PACKET
        {
            if is_synchronised(rest) {
                self.packet(at + next as u64, rest)?;
                next += stride;
                continue;
            }
            // Lost: bytes that are no packets, in front of the next one.
            next += match resync(rest, stride) {
                Some(skip) => skip,
                None => rest.len() - PACKET + 1,
            };
        }
        Ok(next)
    }

    fn packet(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Trouble> {
        let pid = pid_of(bytes);
        if let Some((stream, _, splitter)) = &mut self.video
            && stream.pid == pid
        {
            let Some(packet) = Packet::parse(bytes) else {
                return Ok(());
            };
            return stream.packet(&packet, offset, &mut self.shared, splitter.splitter());
        }
        if let Some((stream, splitter)) = &mut self.audio
            && stream.pid == pid
        {
            let Some(packet) = Packet::parse(bytes) else {
                return Ok(());
            };
            return stream.packet(&packet, offset, &mut self.shared, splitter);
        }
        if pid == 0 {
            self.association(bytes);
        } else if self.map_pid == Some(pid)
            && let Some(packet) = Packet::parse(bytes)
        {
            for section in self.map.feed(&packet) {
                if let Some(streams) = program::streams(&section) {
                    self.program(streams)?;
                }
            }
        }
        Ok(())
    }

    fn association(&mut self, bytes: &[u8]) {
        let Some(packet) = Packet::parse(bytes) else {
            return;
        };
        if self.association_continuity.step(&packet) == Step::Broken {
            self.shared.pat_breaks += 1;
        }
        for section in self.association.feed(&packet) {
            self.map_pid = program::program_map_pid(&section).or(self.map_pid);
        }
    }

    /// Chooses the first video and the first audio stream; later the choice must still be there.
    fn program(&mut self, streams: Vec<StreamInfo>) -> Result<(), Trouble> {
        let Some(known) = &self.streams else {
            self.choose(&streams)?;
            self.streams = Some(streams);
            return Ok(());
        };
        let used = [
            self.video.as_ref().map(|(stream, ..)| stream.pid),
            self.audio.as_ref().map(|(stream, _)| stream.pid),
        ];
        let of =
            |list: &[StreamInfo], pid: u16| list.iter().find(|stream| stream.pid == pid).cloned();
        if *known != streams
            && used
                .into_iter()
                .flatten()
                .any(|pid| of(known, pid) != of(&streams, pid))
        {
            return Err(Trouble::Unsupported {
                what: "a program that changes its streams midway".to_owned(),
                hint: "cut the recording into parts there".to_owned(),
            });
        }
        Ok(())
    }

    fn choose(&mut self, streams: &[StreamInfo]) -> Result<(), Trouble> {
        let mut unusable = [None, None];
        for stream in streams {
            let unused = match &stream.kind {
                Kind::Video(codec) if self.video.is_some() => format!("second video {codec}"),
                Kind::Video(codec) => {
                    let given = self.given.as_ref().filter(|track| track.codec == *codec);
                    let given = given.and_then(|track| {
                        let last = usize::from(track.units.last()?.config);
                        track.configs.get(last)
                    });
                    let splitter = if *codec == "h264" {
                        VideoSplitter::H264(Box::new(PictureSplitter::given(given)?))
                    } else {
                        VideoSplitter::Other(Box::new(PacketUnits::new(codec, given)?))
                    };
                    self.video = Some((Stream::new(stream.pid), codec, splitter));
                    continue;
                }
                Kind::Audio(kind) if self.audio.is_some() => {
                    format!("second audio {}", kind.codec())
                }
                Kind::Audio(kind) => {
                    let splitter = SoundSplitter::new(*kind).in_language(stream.language.clone());
                    self.audio = Some((Stream::new(stream.pid), splitter));
                    continue;
                }
                Kind::Unusable { video, what } => {
                    if let Some(slot) = unusable.get_mut(usize::from(*video)) {
                        *slot = Some(*what);
                    }
                    (*what).to_owned()
                }
                Kind::Other(name) => name.clone(),
            };
            self.unused.push(unused);
        }
        let [sound, picture] = unusable;
        let missing = picture
            .filter(|_| self.video.is_none())
            .or(sound.filter(|_| self.audio.is_none()));
        match missing {
            Some(what) => Err(Trouble::Unsupported {
                what: what.to_owned(),
                hint: "convert that stream first, for example to H.264 and AAC".to_owned(),
            }),
            None => Ok(()),
        }
    }

    fn finish(mut self, size: u64, name: &str, cut_off: bool) -> Result<MediaIndex, Trouble> {
        if self.streams.is_none() {
            return Err(Trouble::Damaged {
                at: None,
                why: "it has no program table, so its streams are unknown; nothing is left"
                    .to_owned(),
            });
        }
        let video = match self.video.take() {
            Some((stream, codec, splitter)) => {
                finish_video(stream, codec, splitter, name, cut_off)?
            }
            None => None,
        };
        let audio = match self.audio.take() {
            Some((mut stream, splitter)) => {
                let codec = splitter.codec();
                let track =
                    splitter.finish(stream.pid, stream.tail(cut_off), &mut stream.places)?;
                if track.is_none() {
                    self.unused.push(format!("empty audio {codec}"));
                }
                track
            }
            None => None,
        };
        Ok(MediaIndex {
            container: Container::MpegTs,
            size,
            video,
            audio,
            unused_tracks: self.unused,
            timecode: None,
        })
    }
}

/// Hides pictures of a cut-off stream that are shown after pictures that were lost: references that
/// were sent ahead of the B pictures between them. Whatever was lost is shown no earlier than it would
/// have been decoded, which is one step behind the last picture that is there.
fn hide_behind_the_cut(units: &mut [AccessUnit]) {
    let [.., before, last] = units else {
        return;
    };
    let step = last.dts.saturating_sub(before.dts);
    let end = last.dts.saturating_add(step);
    for unit in units.iter_mut().filter(|unit| unit.pts > end) {
        unit.presented = false;
    }
}

fn finish_video(
    mut stream: Stream,
    codec: &str,
    splitter: VideoSplitter,
    name: &str,
    cut_off: bool,
) -> Result<Option<VideoTrack>, Trouble> {
    let (configs, mut timed) = match splitter {
        VideoSplitter::H264(mut pictures) => {
            pictures.finish(&mut stream.places)?;
            (pictures.configs, pictures.units)
        }
        VideoSplitter::Other(mut units) => {
            units.finish()?;
            (units.configs(), units.units)
        }
    };
    let whole = timed.len();
    match stream.tail(cut_off) {
        Tail::Whole => {}
        Tail::Short => {
            timed.pop();
        }
        Tail::Broken(position) => timed.retain(|unit| unit.end < position),
    }
    if timed.len() < whole {
        tracing::warn!(
            object = name,
            pictures = whole - timed.len(),
            "the end of the recording is incomplete; its last picture is left out"
        );
    }
    if timed.is_empty() {
        return match whole {
            0 => Ok(None),
            _ => Err(Trouble::Damaged {
                at: None,
                why: "it is cut off inside of its first picture; nothing is left".to_owned(),
            }),
        };
    }
    let Some(first) = configs.first() else {
        return Err(Trouble::NoParameterSets);
    };
    let timing = first.facts.timing;
    let mut units = timed_units(&timed, timing)?;
    if timed.len() < whole {
        hide_behind_the_cut(&mut units);
    }
    // A time stamp that is wrong may lie before that of decoding.
    decode_before_presenting(&mut units);
    let usual = timing.map_or(0, |(units_in_tick, scale)| {
        let ticks = 2 * u64::from(units_in_tick) * u64::from(TICKS) / u64::from(scale.max(1));
        u32::try_from(ticks).unwrap_or(0)
    });
    let frame_rate = set_durations(&mut units, TICKS, usual);
    Ok(Some(VideoTrack {
        track_id: u32::from(stream.pid),
        codec: codec.to_owned(),
        time_scale: TICKS,
        rotation: 0,
        pixel_aspect: pixel_aspect(codec, first),
        frame_rate,
        units,
        configs,
    }))
}

fn pixel_aspect(codec: &str, config: &VideoConfig) -> Option<(u32, u32)> {
    (codec == "h264").then_some(config.facts.pixel_aspect)
}

fn timed_units(
    timed: &[TimedUnit],
    timing: Option<(u32, u32)>,
) -> Result<Vec<AccessUnit>, Trouble> {
    let times = times::complete(timed, timing)?;
    let mut config = 0;
    let mut units: Vec<AccessUnit> = Vec::with_capacity(timed.len());
    for (unit, (pts, dts)) in timed.iter().zip(times) {
        config = unit.config.unwrap_or(config);
        units.push(AccessUnit {
            pts,
            dts,
            duration: 0,
            location: unit.location,
            sample_size: unit.sample_size,
            kind: unit.kind,
            config,
            presented: true,
        });
    }
    // Some muxers leave out decode times altogether.
    if units.iter().all(|unit| unit.pts == unit.dts) {
        reconstruct_dts(&mut units);
        return Ok(units);
    }
    let back = units.windows(2).find(|pair| match pair {
        [a, b] => b.dts < a.dts,
        _ => false,
    });
    if let Some([before, after]) = back {
        return Err(Trouble::Damaged {
            at: Some(before.pts),
            why: format!(
                "its time stamps jump back by {} ms behind byte {}",
                (before.dts - after.dts) * 1000 / i64::from(TICKS),
                before.location.offset
            ),
        });
    }
    Ok(units)
}

#[cfg(test)]
mod tests {
    use super::*;
    use conform::{Location, UnitKind};
    use pictures::TimedUnit;

    #[test]
    fn pictures_are_decoded_before_they_are_shown() {
        let unit = |pts: i64, dts: i64| TimedUnit {
            pts: Some(pts),
            dts: Some(dts),
            location: Location {
                offset: 0,
                len: 1,
                skip: 0,
            },
            sample_size: 1,
            end: 1,
            kind: UnitKind::Idr,
            config: None,
            order: None,
        };
        let mut units = PacketUnits::new("mpeg2", None).unwrap();
        units.units = vec![unit(3600, 0), unit(1000, 3600), unit(10_800, 7200)];
        let splitter = VideoSplitter::Other(Box::new(units));
        let track = finish_video(Stream::new(256), "mpeg2", splitter, "x", false);
        let track = track.unwrap().unwrap();
        assert!(track.units.iter().all(|unit| unit.dts <= unit.pts));
    }
}
