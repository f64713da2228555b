//! The picture where a plan has none.

use super::cache::{Look, Pixels};
use super::frame::PixelFormat;
use super::present::plain_strides;
use crate::MediaError;
use crate::codec::encode_jpeg;
use bytes::Bytes;

/// `MatrixCoefficients` of ISO/IEC 23091-2 §8.3.
const RGB: u8 = 0;
const BT709: u8 = 1;
const BT601: u8 = 6;

/// A black picture.
pub(super) fn picture(look: Look) -> Result<Pixels, MediaError> {
    let pixels = look.width as usize * look.height as usize;
    let planes = |black: u8| {
        let mut planes = vec![black; pixels];
        planes.resize(pixels * 3 / 2, 128);
        planes
    };
    let (matrix, full_range, data) = match look.format {
        PixelFormat::Rgba => (RGB, true, [0, 0, 0, 255].repeat(pixels)),
        PixelFormat::I420 => (BT709, false, planes(16)),
        PixelFormat::Jpeg => (
            BT601,
            true,
            encode_jpeg(look.width, look.height, planes(0))?,
        ),
    };
    Ok(Pixels {
        strides: plain_strides(look),
        matrix,
        full_range,
        data: Bytes::from(data),
    })
}
