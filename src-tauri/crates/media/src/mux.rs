//! Writers of MP4: the compiled file ([`Mp4Writer`]) and stored segments ([`write_segment`]).
//!
//! They are ours because every sample's time has to be exact: sound trimmed to the sample by an
//! edit list, pictures on the frame grid, the index in front without writing the file twice. See
//! `docs/adr/0003-own-mp4-writer.md`.

mod boxes;
mod mp4;
mod segment;

pub(crate) use mp4::{AudioIndex, Mp4Capacity, Mp4Index, Mp4Writer};
pub(crate) use segment::{SegmentAudio, SegmentSample, SegmentVideo, write_segment};

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
    /// The decoder configuration record (ISO/IEC 14496-15 §5.3.3).
    pub(crate) avcc: Vec<u8>,
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
}
