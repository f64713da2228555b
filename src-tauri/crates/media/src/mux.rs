//! Writers of containers: the compiled file as MP4 or QuickTime ([`Mp4Writer`]), Matroska
//! ([`MatroskaWriter`]) or a transport stream ([`TsWriter`]), and stored segments
//! ([`write_segment`]).
//!
//! They are ours because every sample's time has to be exact: sound trimmed to the sample by an
//! edit list, pictures on the frame grid, the index in front without writing the file twice. See
//! `docs/adr/0003-own-mp4-writer.md` and `docs/adr/0020-own-matroska-and-ts-writers.md`.

use conform::VideoCodec;
use mediatime::FrameRate;

mod boxes;
mod fragmented;
mod matroska;
mod mp4;
mod segment;
mod timecode;
mod ts;

pub(crate) use fragmented::FragmentedWriter;
pub(crate) use matroska::{MatroskaAudio, MatroskaIndex, MatroskaWriter};
pub(crate) use mp4::{AudioIndex, Mp4Capacity, Mp4Flavour, Mp4Index, Mp4Writer};
pub(crate) use segment::{SegmentAudio, SegmentSample, SegmentVideo, write_segment};
pub(crate) use ts::TsWriter;

/// How pictures are coded, as a sample entry names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VideoCoding {
    /// Type of the sample entry.
    pub(crate) entry: [u8; 4],
    /// Type of the box for the decoder configuration.
    pub(crate) record_box: [u8; 4],
    /// The decoder configuration record; empty when there is none.
    pub(crate) record: Vec<u8>,
}

impl VideoCoding {
    /// Pictures whose parameter sets are all in their configuration record (ISO/IEC 14496-15 §5.3.3, §8.3.3).
    pub(crate) fn of(codec: VideoCodec, record: Vec<u8>) -> Self {
        let (entry, record_box) = match codec {
            VideoCodec::H264 => (*b"avc1", *b"avcC"),
            VideoCodec::Hevc => (*b"hvc1", *b"hvcC"),
        };
        Self {
            entry,
            record_box,
            record,
        }
    }

    /// What Matroska calls the codecs of outputs.
    pub(crate) fn matroska_id(&self) -> &'static str {
        match &self.entry {
            b"hvc1" => "V_MPEGH/ISO/HEVC",
            _ => "V_MPEG4/ISO/AVC",
        }
    }

    /// Another codec, with what its container kept for the decoder; `None` where an MP4 file can't say
    /// what is needed. Of ProRes that is the four characters of its kind.
    pub(crate) fn other(codec: &str, record: &[u8]) -> Option<Self> {
        let (entry, record_box) = match codec {
            "av1" if !record.is_empty() => (*b"av01", *b"av1C"),
            "prores" => {
                return Some(Self {
                    entry: record.try_into().ok()?,
                    record_box: [0; 4],
                    record: Vec::new(),
                });
            }
            "dnxhd" => (*b"AVdn", [0; 4]),
            _ => return None,
        };
        Some(Self {
            entry,
            record_box,
            record: record.to_vec(),
        })
    }
}

/// A video track as its sample description tells it.
#[derive(Clone, Debug)]
pub(crate) struct VideoFormat {
    /// Pixels.
    pub(crate) width: u32,
    /// Pixels.
    pub(crate) height: u32,
    /// Width : height of a pixel.
    pub(crate) pixel_aspect: (u32, u32),
    /// Clockwise degrees.
    pub(crate) rotation: u16,
    /// Ticks per second.
    pub(crate) time_scale: u32,
    /// How it is coded.
    pub(crate) coding: VideoCoding,
    /// Primaries, transfer, matrix; 2 is unspecified.
    pub(crate) colour: (u8, u8, u8),
    /// Luma runs from 0 to 255.
    pub(crate) full_range: bool,
}

/// An audio track as its sample description tells it.
#[derive(Clone, Debug)]
pub(crate) struct AudioFormat {
    /// Samples per second; also the track's time scale.
    pub(crate) sample_rate: u32,
    /// Channels.
    pub(crate) channels: u16,
    /// AudioSpecificConfig.
    pub(crate) config: Vec<u8>,
    /// Average bits per second, 0 when unknown.
    pub(crate) bit_rate: u32,
    /// ISO 639-2 or BCP 47.
    pub(crate) language: Option<String>,
}

/// The timecode of the first picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timecode {
    /// Frames since midnight.
    pub(crate) frame: u32,
    pub(crate) drop_frame: bool,
    /// Frames per second.
    pub(crate) rate: FrameRate,
}
