//! A picture as it goes to the page: a header of fixed size, then the pixels.
//!
//! Little-endian. The header is 64 bytes, so the pixels behind it are aligned for every view a page
//! puts on them.
//!
//! | byte | type | |
//! |---|---|---|
//! | 0 | 4 bytes | `SOF1` |
//! | 4 | u16 | version, 1 |
//! | 6 | u16 | format: 1 RGBA, 2 I420, 3 JPEG |
//! | 8, 12 | u32 | width, height in pixels |
//! | 16, 20 | u32 | bytes from row to row of the first plane, and of the others |
//! | 24 | u32 | number of the frame |
//! | 28 | u32 | generation of what is loaded |
//! | 32 | u32 | number of the picture |
//! | 36 | u32 | bit 0: a stand-in, not the exact frame; bit 1: playing |
//! | 40 | i64 | output time in nanoseconds |
//! | 48, 50 | i16 | level left and right: peak in tenths of dBFS, −32768 unknown |
//! | 52 | u8 | matrix, ISO/IEC 23091-2: 1 is BT.709, 5 and 6 are BT.601 |
//! | 53 | u8 | 1: full range |
//! | 54 | u8 | seconds that TAI is ahead of UTC then; 0 unknown |
//! | 55 | | zero |
//! | 56 | i64 | time on the flow's timeline in nanoseconds; −2⁶³ unknown |

use bytes::BufMut;
use media::{PixelFormat, PreviewFrame};
use mediatime::Timestamp;

/// Bytes in front of the pixels.
pub(super) const LENGTH: usize = 64;
const MAGIC: &[u8; 4] = b"SOF1";
const VERSION: u16 = 1;
const STAND_IN: u32 = 1;
const PLAYING: u32 = 2;
const UNKNOWN_LEVEL: i16 = i16::MIN;

const UNKNOWN_TIME: i64 = i64::MIN;

/// The header of a picture and its pixels. `time` is when its flow has it.
pub(super) fn message(frame: &PreviewFrame, time: Option<Timestamp>) -> Vec<u8> {
    let mut out = Vec::with_capacity(LENGTH + frame.data.len());
    out.put_slice(MAGIC);
    out.put_u16_le(VERSION);
    out.put_u16_le(match frame.format {
        PixelFormat::Rgba => 1,
        PixelFormat::I420 => 2,
        PixelFormat::Jpeg => 3,
    });
    out.put_u32_le(frame.width);
    out.put_u32_le(frame.height);
    for stride in frame.strides {
        out.put_u32_le(stride);
    }
    out.put_u32_le(u32::try_from(frame.frame).unwrap_or(u32::MAX));
    out.put_u32_le(frame.generation);
    out.put_u32_le(frame.seq);
    let stand_in = if frame.exact { 0 } else { STAND_IN };
    let playing = if frame.playing { PLAYING } else { 0 };
    out.put_u32_le(stand_in | playing);
    out.put_i64_le(i64::try_from(frame.at.nanos()).unwrap_or(i64::MAX));
    for level in frame.levels.unwrap_or([UNKNOWN_LEVEL; 2]) {
        out.put_i16_le(level);
    }
    out.put_u8(frame.matrix);
    out.put_u8(u8::from(frame.full_range));
    let ahead = time.and_then(Timestamp::tai_ahead_of_utc);
    out.put_u8(
        ahead
            .and_then(|ahead| u8::try_from(ahead).ok())
            .unwrap_or(0),
    );
    out.put_u8(0);
    let nanos = time.and_then(|time| i64::try_from(time.nanos()).ok());
    out.put_i64_le(nanos.unwrap_or(UNKNOWN_TIME));
    out.put_slice(&frame.data);
    out
}
