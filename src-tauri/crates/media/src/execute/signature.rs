//! A coarse print of a picture, to prove that an encoded frame shows what its source showed.

use gst_video::prelude::*;
use serde::{Deserialize, Serialize};

const COLUMNS: usize = 16;
const ROWS: usize = 9;

/// Mean luma of 16 × 9 blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Output frame.
    pub frame: u64,
    /// Row by row, hex.
    pub luma: String,
}

/// Mean luma of 16 × 9 blocks in 8 bits, brought to limited range; `None` for pixel formats whose first plane
/// is no luma.
pub(crate) fn luma_signature(sample: &gst::Sample, full_range: bool) -> Option<Vec<u8>> {
    let info = gst_video::VideoInfo::from_caps(sample.caps()?).ok()?;
    let bytes = bytes_of_luma(info.format())?;
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(sample.buffer()?, &info).ok()?;
    let plane = frame.plane_data(0).ok()?;
    let stride = usize::try_from(*frame.plane_stride().first()?).ok()?;
    // Ten bits in the lower ten, or in the upper ten.
    let depth = info.format_info().depth().first().copied().unwrap_or(8);
    let down = info.format_info().shift().first().copied().unwrap_or(0) + depth - 8;
    let (width, height) = (info.width() as usize, info.height() as usize);
    let mut blocks = Vec::with_capacity(COLUMNS * ROWS);
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let (x0, x1) = (column * width / COLUMNS, (column + 1) * width / COLUMNS);
            let (y0, y1) = (row * height / ROWS, (row + 1) * height / ROWS);
            let mut sum = 0_u64;
            // Every fourth line is enough for a mean.
            let lines = (y0..y1).step_by(4);
            let count = lines.len() * (x1 - x0);
            for y in lines {
                let from = y * stride;
                let line = plane.get(from + x0 * bytes..from + x1 * bytes)?;
                sum += match bytes {
                    1 => line.iter().map(|luma| u64::from(*luma)).sum::<u64>(),
                    _ => sixteen_bits(line, down),
                };
            }
            let mean = sum / (count as u64).max(1);
            let limited = if full_range {
                16 + mean * 219 / 255
            } else {
                mean
            };
            blocks.push(u8::try_from(limited).unwrap_or(u8::MAX));
        }
    }
    Some(blocks)
}

/// Bytes of a sample of luma, where it has a plane to itself.
fn bytes_of_luma(format: gst_video::VideoFormat) -> Option<usize> {
    use gst_video::VideoFormat as Format;
    match format {
        Format::I420 | Format::Yv12 | Format::Nv12 | Format::Y42b | Format::Y444 => Some(1),
        Format::I42010le
        | Format::I42012le
        | Format::I42210le
        | Format::I42212le
        | Format::Y44410le
        | Format::Y44412le
        | Format::P01010le => Some(2),
        _ => None,
    }
}

/// The sum of little-endian samples, each brought to 8 bits.
fn sixteen_bits(line: &[u8], down: u32) -> u64 {
    let samples = line.chunks_exact(2);
    let luma = samples.map(|pair| match pair {
        [low, high] => u64::from(u16::from_le_bytes([*low, *high]) >> down.min(15)),
        _ => 0,
    });
    luma.sum()
}
