//! The compiled file: Matroska with its head in front, written in one pass (RFC 9559).
//!
//! Room for the head is reserved before the first cluster, as it is known only in the end; what is
//! left over becomes a `Void` element. A cluster is collected in memory until it is complete, so
//! its size never has to be written afterwards.

mod elements;
mod tracks;

use super::{AudioFormat, VideoFormat};
use elements::{binary, head, id, int, master, open_head, text, uint, void, wide_head};
use std::collections::VecDeque;
use std::io::{self, Seek, SeekFrom, Write};

/// Nanoseconds of a tick, `TimestampScale` (RFC 9559 §5.1.2.9). A block's time is 16 bits of ticks
/// from its cluster's, so this is the finest power of ten with which a cluster can hold more than a
/// second (±3.2 s). The usual millisecond is too coarse: the delay of AAC, 1024 samples, would be
/// off by up to half of it.
const TICK: u64 = 100_000;

/// Ticks after which a new cluster begins: 2.5 s, well below the range of a block's time.
const LONGEST_CLUSTER: i64 = 25_000;

/// Bytes after which a new cluster begins (RFC 9559 §25.1 recommends no more than 5 MB).
const LARGEST_CLUSTER: usize = 5_000_000;

/// Bytes kept for the head. Everything but the parameter sets takes less than 1 kB.
const HEAD: usize = 16 << 10;

/// Pictures that are decoded before one that is shown earlier: H.264 reorders no more than 16.
const REORDERED: usize = 16;

/// Which track a block belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Track {
    Video,
    Audio,
}

impl Track {
    /// Both `TrackNumber` and `TrackType`, as there is one track of a type (RFC 9559 §5.1.4.1.3).
    fn number(self) -> u8 {
        match self {
            Self::Video => 1,
            Self::Audio => 2,
        }
    }
}

/// Where playing can start.
#[derive(Clone, Copy, Debug)]
struct Cue {
    /// Ticks.
    time: u64,
    /// Position of the cluster that begins with it, in bytes from the segment's body.
    cluster: u64,
}

/// The cluster that is being collected.
#[derive(Debug)]
struct Cluster {
    /// Ticks.
    time: u64,
    /// Its body.
    body: Vec<u8>,
}

/// Writes at most one video and one audio track.
#[derive(Debug)]
pub(crate) struct MatroskaWriter<W: Write + Seek> {
    out: W,
    /// Bytes in front of the segment's body.
    segment: u64,
    /// Bytes written to `out`.
    written: u64,
    cluster: Option<Cluster>,
    /// Nanoseconds and ticks of the latest pictures.
    recent: VecDeque<(u64, u64)>,
    video_cues: Vec<Cue>,
    /// One per cluster, as long as there are no pictures.
    audio_cues: Vec<Cue>,
    /// Start and bytes of the audio frame that may be the last one.
    held: Option<(u64, Vec<u8>)>,
}

/// What the head has to say beside the blocks.
#[derive(Debug)]
pub(crate) struct MatroskaIndex<'a> {
    /// The pictures.
    pub(crate) video: Option<&'a VideoFormat>,
    /// Of the whole output, in nanoseconds.
    pub(crate) duration: u64,
    /// Nanoseconds of a picture, when all last alike.
    pub(crate) frame_duration: Option<u64>,
    /// The sound.
    pub(crate) audio: Option<MatroskaAudio<'a>>,
    /// Of the sound: ISO 639-2 or BCP 47.
    pub(crate) language: Option<&'a str>,
    /// Of the first picture, as people write it.
    pub(crate) timecode: Option<&'a str>,
}

/// The sound as the head tells it.
#[derive(Debug)]
pub(crate) struct MatroskaAudio<'a> {
    /// How it is coded.
    pub(crate) format: &'a AudioFormat,
    /// Samples in front of the first one that plays.
    pub(crate) skip: u64,
    /// Samples that play.
    pub(crate) play: u64,
    /// Samples of the last coded frame that don't play.
    pub(crate) last_padding: u64,
}

impl<W: Write + Seek> MatroskaWriter<W> {
    /// Begins the file.
    pub(crate) fn new(mut out: W) -> io::Result<Self> {
        let mut start = Vec::new();
        master(&mut start, id::EBML, |out| {
            uint(out, 0x4286, 1); // EBMLVersion
            uint(out, 0x42f7, 1); // EBMLReadVersion
            uint(out, 0x42f2, 4); // EBMLMaxIDLength
            uint(out, 0x42f3, 8); // EBMLMaxSizeLength
            text(out, 0x4282, "matroska"); // DocType
            uint(out, 0x4287, 4); // DocTypeVersion: 4 knows CodecDelay and DiscardPadding
            uint(out, 0x4285, 2); // DocTypeReadVersion: 2 knows SimpleBlock
        });
        open_head(&mut start, id::SEGMENT);
        let segment = start.len() as u64;
        void(&mut start, HEAD);
        out.write_all(&start)?;
        Ok(Self {
            out,
            segment,
            written: start.len() as u64,
            cluster: None,
            recent: VecDeque::with_capacity(REORDERED + 1),
            video_cues: Vec::new(),
            audio_cues: Vec::new(),
            held: None,
        })
    }

    /// Bytes written or collected so far.
    pub(crate) fn position(&self) -> u64 {
        let collected = self.cluster.as_ref().map_or(0, |c| c.body.len());
        self.written + collected as u64
    }

    /// Appends a picture with NAL lengths of 4 bytes, in decode order. `pts` are nanoseconds from
    /// the output's start.
    pub(crate) fn write_video(&mut self, data: &[u8], pts: u64, key: bool) -> io::Result<()> {
        let time = self.picture_time(pts)?;
        self.simple_block(Track::Video, data, time, key)
    }

    /// Appends a coded audio frame. `start` are nanoseconds from the first coded sample, so the
    /// delay of the codec is part of it.
    pub(crate) fn write_audio(&mut self, data: &[u8], start: u64) -> io::Result<()> {
        // Only the last frame's block is another one, and only the end tells which that is.
        let next = (start, data.to_vec());
        if let Some((start, data)) = self.held.replace(next) {
            self.simple_block(Track::Audio, &data, ticks(start), true)?;
        }
        Ok(())
    }

    /// Writes what is left, puts the head into its place and returns the size of the file and the
    /// writer.
    pub(crate) fn finish(mut self, index: &MatroskaIndex<'_>) -> io::Result<(u64, W)> {
        if let Some((start, data)) = self.held.take() {
            let padding = index.audio.as_ref().map_or(0, |audio| {
                nanoseconds(audio.last_padding, audio.format.sample_rate)
            });
            self.last_audio(&data, ticks(start), padding)?;
        }
        self.end_cluster()?;
        let cues_at = self.written - self.segment;
        let has_cues = self.write_cues(index)?;
        let end = self.written;

        let mut start = Vec::new();
        wide_head(&mut start, id::SEGMENT, end - self.segment);
        let body = start.len();
        write_head(&mut start, index, has_cues.then_some(cues_at));
        let left = (body + HEAD)
            .checked_sub(start.len())
            .filter(|left| *left != 1)
            .ok_or_else(|| io::Error::other("the head outgrew the room kept for it"))?;
        void(&mut start, left);
        self.out.seek(SeekFrom::Start(self.segment - body as u64))?;
        self.out.write_all(&start)?;
        self.out.seek(SeekFrom::Start(end))?;
        self.out.flush()?;
        Ok((end, self.out))
    }

    /// The tick nearest to `pts` that keeps the pictures in the order they are shown in: times less
    /// than a tick apart would fall on the same one.
    fn picture_time(&mut self, pts: u64) -> io::Result<u64> {
        let earlier = self.recent.iter().filter(|(other, _)| *other <= pts);
        let later = self.recent.iter().filter(|(other, _)| *other > pts);
        let low = earlier.map(|(_, time)| time.saturating_add(1)).max();
        let high = later.map(|(_, time)| time.saturating_sub(1)).min();
        let (low, high) = (low.unwrap_or(0), high.unwrap_or(u64::MAX));
        if low > high {
            let problem = "the pictures follow each other faster than Matroska can tell";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        let time = ticks(pts).clamp(low, high);
        if self.recent.len() > REORDERED {
            self.recent.pop_front();
        }
        self.recent.push_back((pts, time));
        Ok(time)
    }

    /// RFC 9559 §10.2.
    fn simple_block(&mut self, track: Track, data: &[u8], time: u64, key: bool) -> io::Result<()> {
        let begins = track == Track::Video && key;
        let (relative, body) = self.room(track, time, begins)?;
        let header = block_header(track, relative, if key { 0x80 } else { 0 });
        head(body, id::SIMPLE_BLOCK, (header.len() + data.len()) as u64);
        body.extend_from_slice(&header);
        body.extend_from_slice(data);
        Ok(())
    }

    /// The last audio frame, of which `padding` nanoseconds don't play (RFC 9559 §5.1.3.5.7). A
    /// group without references is a random access point.
    fn last_audio(&mut self, data: &[u8], time: u64, padding: u64) -> io::Result<()> {
        if padding == 0 {
            return self.simple_block(Track::Audio, data, time, true);
        }
        let padding = i64::try_from(padding).map_err(io::Error::other)?;
        let (relative, body) = self.room(Track::Audio, time, false)?;
        master(body, id::BLOCK_GROUP, |out| {
            let header = block_header(Track::Audio, relative, 0);
            binary(out, id::BLOCK, &[&header, data].concat());
            int(out, id::DISCARD_PADDING, padding);
        });
        Ok(())
    }

    /// The body of the cluster that takes a block, and the block's time in it. `begins`: the block
    /// has to be the first of its cluster.
    fn room(&mut self, track: Track, time: u64, begins: bool) -> io::Result<(i16, &mut Vec<u8>)> {
        let relative = self
            .cluster
            .as_ref()
            .filter(|cluster| !begins && cluster.body.len() < LARGEST_CLUSTER)
            .and_then(|cluster| time.checked_signed_diff(cluster.time))
            .filter(|relative| *relative <= LONGEST_CLUSTER)
            .and_then(|relative| i16::try_from(relative).ok());
        if relative.is_none() {
            self.begin_cluster(track, time, begins)?;
        }
        let cluster = self
            .cluster
            .as_mut()
            .ok_or_else(|| io::Error::other("there is no cluster"))?;
        Ok((relative.unwrap_or(0), &mut cluster.body))
    }

    fn begin_cluster(&mut self, track: Track, time: u64, key: bool) -> io::Result<()> {
        let mut body = self.end_cluster()?;
        let cue = Cue {
            time,
            cluster: self.written - self.segment,
        };
        match track {
            Track::Video if key => self.video_cues.push(cue),
            Track::Audio if self.video_cues.is_empty() => self.audio_cues.push(cue),
            _ => {}
        }
        body.clear();
        uint(&mut body, id::TIMESTAMP, time);
        self.cluster = Some(Cluster { time, body });
        Ok(())
    }

    /// Writes the cluster; its memory can be used again.
    fn end_cluster(&mut self) -> io::Result<Vec<u8>> {
        let Some(Cluster { body, .. }) = self.cluster.take() else {
            return Ok(Vec::new());
        };
        let mut start = Vec::new();
        head(&mut start, id::CLUSTER, body.len() as u64);
        self.append(&start)?;
        self.append(&body)?;
        Ok(body)
    }

    /// Writes the index of random access points (RFC 9559 §5.1.5), if there are any.
    fn write_cues(&mut self, index: &MatroskaIndex<'_>) -> io::Result<bool> {
        let (track, cues) = match index.video {
            Some(_) => (Track::Video, &self.video_cues),
            None => (Track::Audio, &self.audio_cues),
        };
        if cues.is_empty() {
            return Ok(false);
        }
        let mut out = Vec::new();
        master(&mut out, id::CUES, |out| {
            for cue in cues {
                master(out, id::CUE_POINT, |out| {
                    uint(out, id::CUE_TIME, cue.time);
                    master(out, id::CUE_TRACK_POSITIONS, |out| {
                        uint(out, id::CUE_TRACK, u64::from(track.number()));
                        uint(out, id::CUE_CLUSTER_POSITION, cue.cluster);
                    });
                });
            }
        });
        self.append(&out)?;
        Ok(true)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}

/// Appends what comes first in a segment: where everything is, then the description.
fn write_head(out: &mut Vec<u8>, index: &MatroskaIndex<'_>, cues_at: Option<u64>) {
    let (mut info, mut tracks, mut tags) = (Vec::new(), Vec::new(), Vec::new());
    tracks::info(&mut info, index);
    tracks::tracks(&mut tracks, index);
    if let Some(timecode) = index.timecode {
        tracks::timecode_tag(&mut tags, timecode);
    }
    let seek_head = |out: &mut Vec<u8>, info_at: u64| {
        let tracks_at = info_at + info.len() as u64;
        let tags_at = tracks_at + tracks.len() as u64;
        let places = [
            (id::INFO, Some(info_at)),
            (id::TRACKS, Some(tracks_at)),
            (id::TAGS, index.timecode.map(|_| tags_at)),
            (id::CUES, cues_at),
        ];
        master(out, id::SEEK_HEAD, |out| {
            for (id, position) in places {
                let Some(position) = position else {
                    continue;
                };
                master(out, 0x4dbb, |out| {
                    binary(out, 0x53ab, &id.to_be_bytes()); // SeekID; all of them have 4 bytes
                    // SeekPosition, always in 8 bytes: the head's length depends on no position.
                    binary(out, 0x53ac, &position.to_be_bytes());
                });
            }
        });
    };
    let mut measured = Vec::new();
    seek_head(&mut measured, 0);
    seek_head(out, measured.len() as u64);
    out.append(&mut info);
    out.append(&mut tracks);
    out.append(&mut tags);
}

/// Track, time and flags of a block without lacing (RFC 9559 §10.1, §10.2).
fn block_header(track: Track, relative: i16, flags: u8) -> [u8; 4] {
    let [t0, t1] = relative.to_be_bytes();
    [0x80 | track.number(), t0, t1, flags]
}

/// Nanoseconds as ticks, to the nearest.
fn ticks(nanoseconds: u64) -> u64 {
    nanoseconds.saturating_add(TICK / 2) / TICK
}

/// Samples as nanoseconds, to the nearest.
fn nanoseconds(samples: u64, sample_rate: u32) -> u64 {
    let rate = u128::from(sample_rate.max(1));
    let scaled = u128::from(samples) * 1_000_000_000 + rate / 2;
    u64::try_from(scaled / rate).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
