//! Stored segments: self-contained fragmented MP4, one fragment of complete GOPs an object.

use super::boxes::{
    audio_sample_description, audio_tkhd, boxed, data_information, edit_list, ftyp, full_box, hdlr,
    mdhd, mvhd, u32_be, u64_be, video_sample_description, video_tkhd,
};
use super::{AudioFormat, VideoFormat};
use crate::MediaError;
use std::io::{self, Seek, SeekFrom, Write};

const SYNC: u32 = 0x0200_0000;
const NOT_SYNC: u32 = 0x0101_0000;

/// One sample of a segment, in decode order; times in ticks of its track.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SegmentSample {
    pub(crate) dts: i64,
    pub(crate) pts: i64,
    pub(crate) duration: u32,
    pub(crate) sync: bool,
}

/// The pictures of a segment.
#[derive(Debug)]
pub(crate) struct SegmentVideo<'a> {
    pub(crate) format: &'a VideoFormat,
    pub(crate) samples: Vec<SegmentSample>,
}

/// The sound of a segment.
#[derive(Debug)]
pub(crate) struct SegmentAudio<'a> {
    pub(crate) format: &'a AudioFormat,
    pub(crate) samples: Vec<SegmentSample>,
}

/// Appends the bytes of a sample.
type ReadSample<'a> = dyn FnMut(usize, &mut Vec<u8>) -> Result<(), MediaError> + 'a;

/// Writes a segment. `read_video` and `read_audio` append the bytes of their k-th sample; they are
/// called in order. Returns the size.
pub(crate) fn write_segment<W: Write + Seek>(
    out: &mut W,
    video: &SegmentVideo<'_>,
    audio: Option<&SegmentAudio<'_>>,
    mut read_video: impl FnMut(usize, &mut Vec<u8>) -> Result<(), MediaError>,
    mut read_audio: impl FnMut(usize, &mut Vec<u8>) -> Result<(), MediaError>,
) -> Result<u64, MediaError> {
    let io = |error| MediaError::io("the segment")(error);
    let mut head = Vec::new();
    ftyp(&mut head, b"iso6", &[b"iso6", b"isom", b"avc1", b"mp41"]);
    let sound = audio.map(|audio| audio.format);
    write_init(&mut head, video.format, sound, None);
    let moof_at = head.len();
    // The sizes are known when the samples were read: the fragment header has its final length now
    // and its final content in the end.
    let fragment = Fragment {
        number: 1,
        video: &video.samples,
        audio: audio.map(|audio| audio.samples.as_slice()),
    };
    let moof_len = fragment.header(&[], &[]).len();
    head.resize(moof_at + moof_len + 16, 0);
    out.write_all(&head).map_err(io)?;

    let mut written = head.len() as u64;
    let mut sample = Vec::new();
    let mut copy = |count: usize, read: &mut ReadSample<'_>| -> Result<Vec<u32>, MediaError> {
        let mut sizes = Vec::with_capacity(count);
        for number in 0..count {
            sample.clear();
            read(number, &mut sample)?;
            let size = u32::try_from(sample.len()).map_err(io::Error::other);
            sizes.push(size.map_err(io)?);
            out.write_all(&sample).map_err(io)?;
            written += sample.len() as u64;
        }
        Ok(sizes)
    };
    let video_sizes = copy(video.samples.len(), &mut read_video)?;
    let audio_sizes = copy(
        audio.map_or(0, |audio| audio.samples.len()),
        &mut read_audio,
    )?;

    let mut moof = fragment.header(&video_sizes, &audio_sizes);
    u32_be(&mut moof, 1);
    moof.extend_from_slice(b"mdat");
    u64_be(&mut moof, written - (moof_at + moof_len) as u64);
    out.seek(SeekFrom::Start(moof_at as u64)).map_err(io)?;
    out.write_all(&moof).map_err(io)?;
    out.seek(SeekFrom::Start(written)).map_err(io)?;
    out.flush().map_err(io)?;
    Ok(written)
}

/// What a file of many fragments says of all of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whole {
    /// How long it is, in ticks of the second, which are so many a second.
    pub(super) duration: (u64, u32),
    /// Where pictures begin to play, in ticks of theirs.
    pub(super) video_begins: i64,
    /// Where sound begins to play, in samples.
    pub(super) audio_begins: i64,
}

/// The movie box of fragments.
pub(super) fn write_init(
    out: &mut Vec<u8>,
    video: &VideoFormat,
    audio: Option<&AudioFormat>,
    whole: Option<Whole>,
) {
    // An edit of no length lasts to the end of all fragments (ISO/IEC 14496-12 §8.6.6). With the true one
    // GStreamer 1.22 leaves out the last pictures where some are decoded before they are shown.
    let edits = |out: &mut Vec<u8>, begins: Option<i64>| {
        if let Some(begins) = begins {
            edit_list(out, 0, begins);
        }
    };
    boxed(out, b"moov", |out| {
        mvhd(
            out,
            whole.map_or(video.time_scale, |whole| whole.duration.1),
            0,
            3,
        );
        boxed(out, b"trak", |out| {
            video_tkhd(out, 1, 0, video);
            edits(out, whole.map(|whole| whole.video_begins));
            boxed(out, b"mdia", |out| {
                mdhd(out, video.time_scale, 0, None);
                hdlr(out, b"vide", "Video");
                boxed(out, b"minf", |out| {
                    full_box(out, b"vmhd", 0, 1, |out| out.extend_from_slice(&[0; 8]));
                    data_information(out);
                    boxed(out, b"stbl", |out| {
                        video_sample_description(out, video);
                        empty_tables(out);
                    });
                });
            });
        });
        if let Some(audio) = audio {
            boxed(out, b"trak", |out| {
                audio_tkhd(out, 2, 0);
                edits(out, whole.map(|whole| whole.audio_begins));
                boxed(out, b"mdia", |out| {
                    mdhd(out, audio.sample_rate, 0, audio.language.as_deref());
                    hdlr(out, b"soun", "Sound");
                    boxed(out, b"minf", |out| {
                        full_box(out, b"smhd", 0, 0, |out| out.extend_from_slice(&[0; 4]));
                        data_information(out);
                        boxed(out, b"stbl", |out| {
                            audio_sample_description(out, audio);
                            empty_tables(out);
                        });
                    });
                });
            });
        }
        boxed(out, b"mvex", |out| {
            if let Some(whole) = whole {
                full_box(out, b"mehd", 1, 0, |out| u64_be(out, whole.duration.0));
            }
            for track in [1].into_iter().chain(audio.map(|_| 2)) {
                full_box(out, b"trex", 0, 0, |out| {
                    u32_be(out, track);
                    u32_be(out, 1);
                    out.extend_from_slice(&[0; 12]);
                });
            }
        });
    });
}

fn empty_tables(out: &mut Vec<u8>) {
    for kind in [b"stts", b"stsc", b"stco"] {
        full_box(out, kind, 0, 0, |out| u32_be(out, 0));
    }
    full_box(out, b"stsz", 0, 0, |out| out.extend_from_slice(&[0; 8]));
}

/// Samples of both tracks that are stored together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fragment<'a> {
    /// Its place in the file, from 1.
    pub(super) number: u32,
    pub(super) video: &'a [SegmentSample],
    pub(super) audio: Option<&'a [SegmentSample]>,
}

impl Fragment<'_> {
    /// Its header, for media behind a header of 16 bytes: pictures, then sound. With no sizes given it has the
    /// same length, for measuring.
    pub(super) fn header(&self, video_sizes: &[u32], audio_sizes: &[u32]) -> Vec<u8> {
        // The data offsets count from the start of the fragment, so its length is needed: it does not
        // depend on their values.
        let build = |length: usize| {
            let mut out = Vec::new();
            let first = length + 16;
            let second = first + video_sizes.iter().map(|size| *size as usize).sum::<usize>();
            boxed(&mut out, b"moof", |out| {
                full_box(out, b"mfhd", 0, 0, |out| u32_be(out, self.number));
                if !self.video.is_empty() {
                    track_fragment(out, 1, self.video, video_sizes, first);
                }
                if let Some(audio) = self.audio {
                    track_fragment(out, 2, audio, audio_sizes, second);
                }
            });
            out
        };
        build(build(0).len())
    }
}

fn track_fragment(
    out: &mut Vec<u8>,
    track: u32,
    samples: &[SegmentSample],
    sizes: &[u32],
    data_offset: usize,
) {
    boxed(out, b"traf", |out| {
        full_box(out, b"tfhd", 0, 0x02_0000, |out| u32_be(out, track));
        full_box(out, b"tfdt", 1, 0, |out| {
            let first = samples.first().map_or(0, |sample| sample.dts);
            u64_be(out, u64::try_from(first).unwrap_or(0));
        });
        // Data offset; duration, size, flags and signed composition offset for each sample.
        full_box(out, b"trun", 1, 0x00_0f01, |out| {
            u32_be(out, u32::try_from(samples.len()).unwrap_or(u32::MAX));
            u32_be(out, u32::try_from(data_offset).unwrap_or(u32::MAX));
            for (number, sample) in samples.iter().enumerate() {
                let next = samples.get(number + 1);
                let next = next.map(|next| next.dts.saturating_sub(sample.dts));
                let duration = next.map_or(sample.duration, |d| u32::try_from(d).unwrap_or(0));
                u32_be(out, duration);
                u32_be(out, sizes.get(number).copied().unwrap_or(0));
                u32_be(out, if sample.sync { SYNC } else { NOT_SYNC });
                let offset = i32::try_from(sample.pts.saturating_sub(sample.dts)).unwrap_or(0);
                out.extend_from_slice(&offset.to_be_bytes());
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_far_apart_are_survived() {
        let sample = |dts, pts| SegmentSample {
            dts,
            pts,
            duration: 1,
            sync: true,
        };
        let samples = [sample(i64::MIN, i64::MAX), sample(i64::MAX, i64::MIN)];
        let mut out = Vec::new();
        track_fragment(&mut out, 1, &samples, &[1, 1], 0);
        assert!(!out.is_empty());
    }
}
