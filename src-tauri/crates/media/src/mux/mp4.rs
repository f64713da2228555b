//! The compiled file: MP4 or a QuickTime movie with its index in front, written in one pass.
//!
//! Room for the index is reserved before the first sample: its size is bounded by the number of
//! samples, which the plan knows. What is left over becomes a `free` box.

use super::boxes::{
    audio_sample_description, audio_tkhd, boxed, data_information, edit_list, ftyp, full_box, hdlr,
    mdhd, mvhd, quicktime_hdlr, quicktime_sound_description, u32_be, u64_be,
    video_sample_description, video_tkhd,
};
use super::{AudioFormat, Timecode, VideoFormat, timecode};
use conform::VideoCodec;
use std::io::{self, Seek, SeekFrom, Write};

/// Upper bounds for the index.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mp4Capacity {
    /// Video samples.
    pub(crate) video: u64,
    /// Audio samples (coded frames).
    pub(crate) audio: u64,
    /// Times the writer is switched between tracks.
    pub(crate) chunks: u64,
}

impl Mp4Capacity {
    /// Bytes that hold the index in the worst case: size 4, offset of composition 8, duration 8 and
    /// key-frame number 4 for each picture, 4 + 8 for each coded audio frame, 8 + 12 for each chunk.
    fn bytes(self) -> u64 {
        4096 + self.video * 24 + self.audio * 12 + self.chunks * 20
    }
}

/// Which of the two file formats, that differ in a few boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mp4Flavour {
    /// ISO/IEC 14496-14.
    Mp4,
    /// Apple's QuickTime File Format: handlers have a class, media a data handler, and sound is
    /// described by version 1 with its decoder configuration in `wave`.
    QuickTime,
}

impl Mp4Flavour {
    fn file_type(self, out: &mut Vec<u8>, codec: VideoCodec) {
        match (self, codec) {
            (Self::Mp4, VideoCodec::H264) => {
                ftyp(out, b"isom", &[b"isom", b"iso2", b"avc1", b"mp41"]);
            }
            (Self::Mp4, VideoCodec::Hevc) => ftyp(out, b"isom", &[b"isom", b"iso2", b"mp41"]),
            (Self::QuickTime, _) => ftyp(out, b"qt  ", &[b"qt  "]),
        }
    }

    pub(super) fn handler(self, out: &mut Vec<u8>, kind: &[u8; 4], name: &str) {
        match self {
            Self::Mp4 => hdlr(out, kind, name),
            Self::QuickTime => quicktime_hdlr(out, b"mhlr", kind, name),
        }
    }

    fn data_handler(self, out: &mut Vec<u8>) {
        if self == Self::QuickTime {
            quicktime_hdlr(out, b"dhlr", b"url ", "Data");
        }
        data_information(out);
    }

    fn sound_description(self, out: &mut Vec<u8>, format: &AudioFormat) {
        match self {
            Self::Mp4 => audio_sample_description(out, format),
            Self::QuickTime => quicktime_sound_description(out, format),
        }
    }
}

/// Which track a chunk belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Track {
    Video,
    Audio,
}

#[derive(Debug, Default)]
struct Samples {
    sizes: Vec<u32>,
    /// File offset and number of samples of each chunk.
    chunks: Vec<(u64, u32)>,
    bytes: u64,
}

/// Writes one video and at most one audio track.
pub(crate) struct Mp4Writer<W: Write + Seek> {
    out: W,
    flavour: Mp4Flavour,
    codec: VideoCodec,
    reserved: u64,
    position: u64,
    last: Option<Track>,
    video: Samples,
    /// Presentation times in decode order, in ticks of the video time scale from the output's start.
    pts: Vec<i64>,
    sync: Vec<u32>,
    audio: Samples,
    audio_durations: Vec<(u32, u32)>,
    /// With where its sample lies.
    timecode: Option<(Timecode, u64)>,
}

/// What the index has to say beside the samples.
#[derive(Debug)]
pub(crate) struct Mp4Index<'a> {
    pub(crate) video: &'a VideoFormat,
    /// Of the whole output, in ticks of the video time scale.
    pub(crate) video_duration: i64,
    /// Of each picture, in the same ticks, when all last alike.
    pub(crate) frame_duration: Option<i64>,
    pub(crate) audio: Option<AudioIndex<'a>>,
}

#[derive(Debug)]
pub(crate) struct AudioIndex<'a> {
    pub(crate) format: &'a AudioFormat,
    /// Samples in front of the first one that plays.
    pub(crate) skip: u64,
    /// Samples that play.
    pub(crate) play: u64,
}

impl<W: Write + Seek> Mp4Writer<W> {
    pub(crate) fn new(
        mut out: W,
        capacity: Mp4Capacity,
        (flavour, codec): (Mp4Flavour, VideoCodec),
        timecode: Option<Timecode>,
    ) -> io::Result<Self> {
        let mut head = Vec::new();
        flavour.file_type(&mut head, codec);
        let reserved = head.len() as u64 + capacity.bytes();
        // The media data box has a 64-bit size from the start, as it may outgrow 32 bits.
        head.resize(usize::try_from(reserved).map_err(io::Error::other)?, 0);
        u32_be(&mut head, 1);
        head.extend_from_slice(b"mdat");
        u64_be(&mut head, 0);
        let sample = head.len() as u64;
        head.extend(timecode.into_iter().flat_map(timecode::sample));
        out.write_all(&head)?;
        Ok(Self {
            out,
            flavour,
            codec,
            reserved,
            position: head.len() as u64,
            last: None,
            video: Samples::default(),
            pts: Vec::new(),
            sync: Vec::new(),
            audio: Samples::default(),
            audio_durations: Vec::new(),
            timecode: timecode.map(|timecode| (timecode, sample)),
        })
    }

    /// Bytes written so far.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Appends a picture, in decode order.
    pub(crate) fn write_video(&mut self, data: &[u8], pts: i64, sync: bool) -> io::Result<()> {
        self.append(Track::Video, data)?;
        self.pts.push(pts);
        if sync {
            self.sync
                .push(u32::try_from(self.pts.len()).map_err(io::Error::other)?);
        }
        Ok(())
    }

    /// Appends a coded audio frame of `duration` samples.
    pub(crate) fn write_audio(&mut self, data: &[u8], duration: u32) -> io::Result<()> {
        self.append(Track::Audio, data)?;
        match self.audio_durations.last_mut() {
            Some((count, last)) if *last == duration => *count += 1,
            _ => self.audio_durations.push((1, duration)),
        }
        Ok(())
    }

    fn append(&mut self, track: Track, data: &[u8]) -> io::Result<()> {
        let samples = match track {
            Track::Video => &mut self.video,
            Track::Audio => &mut self.audio,
        };
        if self.last == Some(track)
            && let Some((_, count)) = samples.chunks.last_mut()
        {
            *count += 1;
        } else {
            samples.chunks.push((self.position, 1));
            self.last = Some(track);
        }
        samples
            .sizes
            .push(u32::try_from(data.len()).map_err(io::Error::other)?);
        samples.bytes += data.len() as u64;
        self.out.write_all(data)?;
        self.position += data.len() as u64;
        Ok(())
    }

    /// Writes the index into its place and returns the size of the file and the writer.
    pub(crate) fn finish(mut self, index: &Mp4Index<'_>) -> io::Result<(u64, W)> {
        let mut head = Vec::new();
        self.flavour.file_type(&mut head, self.codec);
        self.write_moov(&mut head, index);
        let left = self
            .reserved
            .checked_sub(head.len() as u64)
            .filter(|left| *left == 0 || *left >= 8)
            .ok_or_else(|| io::Error::other("the index outgrew the room kept for it"))?;
        if left > 0 {
            boxed(&mut head, b"free", |out| {
                out.resize(out.len() + usize::try_from(left - 8).unwrap_or(0), 0);
            });
        }
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&head)?;
        self.out.seek(SeekFrom::Start(self.reserved + 8))?;
        self.out
            .write_all(&(self.position - self.reserved).to_be_bytes())?;
        self.out.seek(SeekFrom::Start(self.position))?;
        self.out.flush()?;
        Ok((self.position, self.out))
    }

    fn write_moov(&self, out: &mut Vec<u8>, index: &Mp4Index<'_>) {
        let video_scale = index.video.time_scale;
        let movie_scale = movie_scale(
            video_scale,
            index.audio.as_ref().map(|a| a.format.sample_rate),
        );
        let video_ticks = u64::try_from(index.video_duration).unwrap_or(0);
        let duration = rescale(video_ticks, video_scale, movie_scale);
        boxed(out, b"moov", |out| {
            let audio_duration = index
                .audio
                .as_ref()
                .map(|audio| rescale(audio.play, audio.format.sample_rate, movie_scale));
            mvhd(
                out,
                movie_scale,
                duration.max(audio_duration.unwrap_or(0)),
                timecode::TRACK + 1,
            );
            boxed(out, b"trak", |out| {
                let times = DecodeTimes::new(&self.pts);
                video_tkhd(out, 1, duration, index.video);
                edit_list(out, duration, times.delay);
                if self.timecode.is_some() {
                    timecode::reference(out);
                }
                boxed(out, b"mdia", |out| {
                    mdhd(out, video_scale, video_ticks, None);
                    self.flavour.handler(out, b"vide", "Video");
                    boxed(out, b"minf", |out| {
                        full_box(out, b"vmhd", 0, 1, |out| out.extend_from_slice(&[0; 8]));
                        self.flavour.data_handler(out);
                        boxed(out, b"stbl", |out| {
                            video_sample_description(out, index.video);
                            self.write_video_times(out, &times, index.video_duration);
                            write_tables(out, &self.video);
                        });
                    });
                });
            });
            if let Some((timecode, offset)) = self.timecode {
                let frames = self.pts.len() as u64;
                timecode::track(out, timecode, (offset, frames), duration, self.flavour);
            }
            let (Some(audio), Some(audio_duration)) = (&index.audio, audio_duration) else {
                return;
            };
            boxed(out, b"trak", |out| {
                audio_tkhd(out, 2, audio_duration);
                edit_list(out, audio_duration, i64::try_from(audio.skip).unwrap_or(0));
                boxed(out, b"mdia", |out| {
                    let ticks = self
                        .audio_durations
                        .iter()
                        .map(|(count, duration)| u64::from(*count) * u64::from(*duration))
                        .sum();
                    let language = audio.format.language.as_deref();
                    mdhd(out, audio.format.sample_rate, ticks, language);
                    self.flavour.handler(out, b"soun", "Sound");
                    boxed(out, b"minf", |out| {
                        full_box(out, b"smhd", 0, 0, |out| out.extend_from_slice(&[0; 4]));
                        self.flavour.data_handler(out);
                        boxed(out, b"stbl", |out| {
                            self.flavour.sound_description(out, audio.format);
                            full_box(out, b"stts", 0, 0, |out| {
                                runs(out, &self.audio_durations);
                            });
                            roll_group(out, self.audio.sizes.len());
                            write_tables(out, &self.audio);
                        });
                    });
                });
            });
        });
    }

    fn write_video_times(&self, out: &mut Vec<u8>, times: &DecodeTimes, duration: i64) {
        let deltas = times
            .sorted
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .chain(times.sorted.last().map(|last| duration - last))
            .map(|delta| u32::try_from(delta).unwrap_or(0));
        full_box(out, b"stts", 0, 0, |out| runs(out, &run_lengths(deltas)));
        let offsets: Vec<i64> = self
            .pts
            .iter()
            .zip(&times.sorted)
            .map(|(pts, dts)| pts - dts + times.delay)
            .collect();
        if offsets.iter().any(|offset| *offset != 0) {
            let offsets = offsets
                .iter()
                .map(|offset| u32::try_from(*offset).unwrap_or(0));
            full_box(out, b"ctts", 0, 0, |out| runs(out, &run_lengths(offsets)));
        }
        if self.sync.len() != self.pts.len() {
            full_box(out, b"stss", 0, 0, |out| {
                u32_be(out, u32::try_from(self.sync.len()).unwrap_or(u32::MAX));
                for number in &self.sync {
                    u32_be(out, *number);
                }
            });
        }
    }
}

/// Decode times: the k-th picture in decode order is decoded when the k-th picture in presentation
/// order is shown, minus the delay that makes no picture late. Exact for any frame pattern, and
/// monotonic across every joint.
struct DecodeTimes {
    /// Presentation times in ascending order: decode times plus `delay`.
    sorted: Vec<i64>,
    delay: i64,
}

impl DecodeTimes {
    fn new(pts: &[i64]) -> Self {
        let mut sorted = pts.to_vec();
        sorted.sort_unstable();
        let delay = sorted
            .iter()
            .zip(pts)
            .map(|(dts, pts)| dts - pts)
            .max()
            .unwrap_or(0)
            .max(0);
        Self { sorted, delay }
    }
}

fn run_lengths(values: impl Iterator<Item = u32>) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some((count, last)) if *last == value => *count += 1,
            _ => runs.push((1, value)),
        }
    }
    runs
}

fn runs(out: &mut Vec<u8>, runs: &[(u32, u32)]) {
    u32_be(out, u32::try_from(runs.len()).unwrap_or(u32::MAX));
    for (count, value) in runs {
        u32_be(out, *count);
        u32_be(out, *value);
    }
}

/// Says that decoding an AAC frame needs the one before it (`roll`, ISO/IEC 14496-12 §10.1), so
/// that players that seek start one frame early.
fn roll_group(out: &mut Vec<u8>, samples: usize) {
    full_box(out, b"sgpd", 1, 0, |out| {
        out.extend_from_slice(b"roll");
        u32_be(out, 2);
        u32_be(out, 1);
        out.extend_from_slice(&(-1_i16).to_be_bytes());
    });
    full_box(out, b"sbgp", 0, 0, |out| {
        out.extend_from_slice(b"roll");
        u32_be(out, 1);
        u32_be(out, u32::try_from(samples).unwrap_or(u32::MAX));
        u32_be(out, 1);
    });
}

fn write_tables(out: &mut Vec<u8>, samples: &Samples) {
    full_box(out, b"stsc", 0, 0, |out| {
        let counts = samples.chunks.iter().map(|(_, count)| *count);
        let mut entries: Vec<(u32, u32)> = Vec::new();
        for (number, count) in (1_u32..).zip(counts) {
            if entries.last().is_none_or(|(_, last)| *last != count) {
                entries.push((number, count));
            }
        }
        u32_be(out, u32::try_from(entries.len()).unwrap_or(u32::MAX));
        for (first, count) in entries {
            u32_be(out, first);
            u32_be(out, count);
            u32_be(out, 1);
        }
    });
    full_box(out, b"stsz", 0, 0, |out| {
        u32_be(out, 0);
        u32_be(out, u32::try_from(samples.sizes.len()).unwrap_or(u32::MAX));
        for size in &samples.sizes {
            u32_be(out, *size);
        }
    });
    let wide = samples
        .chunks
        .last()
        .is_some_and(|(offset, _)| u32::try_from(*offset).is_err());
    let count = u32::try_from(samples.chunks.len()).unwrap_or(u32::MAX);
    if wide {
        full_box(out, b"co64", 0, 0, |out| {
            u32_be(out, count);
            for (offset, _) in &samples.chunks {
                u64_be(out, *offset);
            }
        });
    } else {
        full_box(out, b"stco", 0, 0, |out| {
            u32_be(out, count);
            for (offset, _) in &samples.chunks {
                u32_be(out, u32::try_from(*offset).unwrap_or(0));
            }
        });
    }
}

/// A scale in which the durations of both tracks are exact, when one fits.
pub(super) fn movie_scale(video: u32, audio: Option<u32>) -> u32 {
    let Some(audio) = audio else {
        return video;
    };
    let gcd = |mut a: u32, mut b: u32| {
        while b != 0 {
            (a, b) = (b, a % b);
        }
        a.max(1)
    };
    video
        .checked_mul(audio / gcd(video, audio))
        .filter(|scale| *scale < 1 << 31)
        .unwrap_or(audio)
}

/// Rounds to the nearest tick.
pub(super) fn rescale(ticks: u64, from: u32, to: u32) -> u64 {
    let from = u128::from(from.max(1));
    u64::try_from((u128::from(ticks) * u128::from(to) + from / 2) / from).unwrap_or(u64::MAX)
}
