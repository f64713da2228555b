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

/// Mean luma of 16 × 9 blocks, brought to limited range; `None` for pixel formats whose first plane is no
/// 8-bit luma.
pub(crate) fn luma_signature(sample: &gst::Sample, full_range: bool) -> Option<Vec<u8>> {
    let info = gst_video::VideoInfo::from_caps(sample.caps()?).ok()?;
    let luma_first = matches!(
        info.format(),
        gst_video::VideoFormat::I420
            | gst_video::VideoFormat::Yv12
            | gst_video::VideoFormat::Nv12
            | gst_video::VideoFormat::Y42b
            | gst_video::VideoFormat::Y444
    );
    if !luma_first {
        return None;
    }
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(sample.buffer()?, &info).ok()?;
    let plane = frame.plane_data(0).ok()?;
    let stride = usize::try_from(*frame.plane_stride().first()?).ok()?;
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
                let line = plane.get(y * stride + x0..y * stride + x1)?;
                sum += line.iter().map(|luma| u64::from(*luma)).sum::<u64>();
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
