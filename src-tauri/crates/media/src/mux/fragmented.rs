//! The compiled file as fragmented MP4 (ISO/IEC 14496-12 §8.8): stretches of some seconds, each with its own index.
//!
//! Players that stream begin before they have all of it, and it is cut into segments where it stands. The movie
//! box in front names the parameter sets, which are known in the end: room is kept for it, as in
//! [`Mp4Writer`](super::Mp4Writer).

use super::boxes::{boxed, ftyp, u32_be, u64_be};
use super::mp4::{Mp4Index, movie_scale, rescale};
use super::segment::{Fragment, SegmentSample, Whole, write_init};
use conform::VideoCodec;
use std::io::{self, Seek, SeekFrom, Write};

/// Room for the movie box: it has no tables, and parameter sets are some hundred bytes.
const RESERVED: usize = 64 << 10;

/// A fragment is at least so many seconds long before a key frame begins the next one.
const SECONDS: i64 = 1;
/// Without a key frame it ends when it is so long.
const MOST_SECONDS: i64 = 6;

/// The samples of a track that are not written yet.
#[derive(Debug, Default)]
struct Pending {
    data: Vec<u8>,
    samples: Vec<SegmentSample>,
    sizes: Vec<u32>,
}

impl Pending {
    fn add(&mut self, data: &[u8], sample: SegmentSample) -> io::Result<()> {
        self.sizes
            .push(u32::try_from(data.len()).map_err(io::Error::other)?);
        self.data.extend_from_slice(data);
        self.samples.push(sample);
        Ok(())
    }
}

/// Writes one video and at most one audio track.
pub(crate) struct FragmentedWriter<W: Write + Seek> {
    out: W,
    codec: VideoCodec,
    /// Ticks a second of the pictures.
    time_scale: i64,
    position: u64,
    fragments: u32,
    video: Pending,
    audio: Pending,
    delay: i64,
}

impl<W: Write + Seek> FragmentedWriter<W> {
    pub(crate) fn new(mut out: W, codec: VideoCodec, time_scale: u32) -> io::Result<Self> {
        let mut head = Vec::new();
        file_type(&mut head, codec);
        head.resize(RESERVED, 0);
        out.write_all(&head)?;
        Ok(Self {
            out,
            codec,
            time_scale: i64::from(time_scale.max(1)),
            position: head.len() as u64,
            fragments: 0,
            video: Pending::default(),
            audio: Pending::default(),
            delay: 0,
        })
    }

    /// Bytes so far.
    pub(crate) fn position(&self) -> u64 {
        self.position + (self.video.data.len() + self.audio.data.len()) as u64
    }

    /// By how many ticks pictures are decoded before they are shown, if nothing has to be reordered.
    pub(crate) fn set_delay(&mut self, delay: i64) {
        self.delay = delay;
    }

    /// Appends a picture, in decode order; both times count from the output's start, that of decoding later by
    /// the delay.
    pub(crate) fn write_video(
        &mut self,
        data: &[u8],
        pts: i64,
        dts: i64,
        sync: bool,
    ) -> io::Result<()> {
        if let Some(first) = self.video.samples.first() {
            let length = dts.saturating_sub(first.dts);
            let ends = sync && length >= SECONDS * self.time_scale;
            if ends || length >= MOST_SECONDS * self.time_scale {
                self.end_fragment(dts)?;
            }
        }
        let sample = SegmentSample {
            dts,
            pts: pts.saturating_add(self.delay),
            duration: 0,
            sync,
        };
        self.video.add(data, sample)
    }

    /// Appends a coded frame of sound that begins `at` samples behind the first coded one.
    pub(crate) fn write_audio(&mut self, data: &[u8], at: i64, duration: u32) -> io::Result<()> {
        let sample = SegmentSample {
            dts: at,
            pts: at,
            duration,
            sync: true,
        };
        self.audio.add(data, sample)
    }

    /// Writes what is pending; the last picture is followed by one that is decoded at `next`.
    fn end_fragment(&mut self, next: i64) -> io::Result<()> {
        if let Some(last) = self.video.samples.last_mut() {
            last.duration = u32::try_from(next.saturating_sub(last.dts)).unwrap_or(0);
        }
        self.fragments += 1;
        let audio = (!self.audio.samples.is_empty()).then_some(self.audio.samples.as_slice());
        let fragment = Fragment {
            number: self.fragments,
            video: &self.video.samples,
            audio,
        };
        let mut head = fragment.header(&self.video.sizes, &self.audio.sizes);
        let media = (self.video.data.len() + self.audio.data.len()) as u64;
        u32_be(&mut head, 1);
        head.extend_from_slice(b"mdat");
        u64_be(&mut head, 16 + media);
        self.out.write_all(&head)?;
        for track in [&mut self.video, &mut self.audio] {
            self.out.write_all(&track.data)?;
            track.data.clear();
            track.samples.clear();
            track.sizes.clear();
        }
        self.position += head.len() as u64 + media;
        Ok(())
    }

    /// Writes the last fragment and the movie box; returns the size of the file and the writer.
    pub(crate) fn finish(mut self, index: &Mp4Index<'_>) -> io::Result<(u64, W)> {
        if !self.video.samples.is_empty() || !self.audio.samples.is_empty() {
            let last = self.video.samples.last().map_or(0, |last| last.dts);
            let end = index
                .frame_duration
                .map_or(index.video_duration, |frame| last + frame);
            self.end_fragment(end.max(last + 1))?;
        }
        let audio = index.audio.as_ref();
        let rate = audio.map(|audio| audio.format.sample_rate);
        let scale = movie_scale(index.video.time_scale, rate);
        let pictures = u64::try_from(index.video_duration).unwrap_or(0);
        let sound = audio.map_or(0, |audio| {
            rescale(audio.play, audio.format.sample_rate, scale)
        });
        let whole = Whole {
            duration: (
                rescale(pictures, index.video.time_scale, scale).max(sound),
                scale,
            ),
            video_begins: self.delay,
            audio_begins: audio.map_or(0, |audio| i64::try_from(audio.skip).unwrap_or(0)),
        };
        let mut head = Vec::new();
        file_type(&mut head, self.codec);
        write_init(
            &mut head,
            index.video,
            audio.map(|audio| audio.format),
            Some(whole),
        );
        let left = RESERVED
            .checked_sub(head.len())
            .filter(|left| *left >= 8)
            .ok_or_else(|| io::Error::other("the movie box outgrew the room kept for it"))?;
        boxed(&mut head, b"free", |out| {
            out.resize(out.len() + left - 8, 0)
        });
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&head)?;
        self.out.seek(SeekFrom::Start(self.position))?;
        self.out.flush()?;
        Ok((self.position, self.out))
    }
}

fn file_type(out: &mut Vec<u8>, codec: VideoCodec) {
    match codec {
        VideoCodec::H264 => ftyp(out, b"iso6", &[b"iso6", b"isom", b"avc1", b"mp41"]),
        VideoCodec::Hevc => ftyp(out, b"iso6", &[b"iso6", b"isom", b"mp41"]),
    }
}
