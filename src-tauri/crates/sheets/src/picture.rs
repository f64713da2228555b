//! A picture for a poster.

use crate::SheetError;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ExtendedColorType, ImageReader, Limits, Rgb, RgbImage};
use std::io::Cursor;

/// Longest side, in pixels, that is accepted.
const MAX_SIDE: u32 = 16_384;
/// Most bytes that decoding a picture may take.
const MAX_DECODED: u64 = 512 << 20;
/// Fine enough that a print shows no artefacts.
const JPEG_QUALITY: u8 = 92;

/// A picture, checked and ready to be printed. Cheap to clone: sheets that show the same picture
/// on many pages hold it once.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub(crate) image: krilla::image::Image,
}

impl Picture {
    /// A picture from packed 8-bit RGB rows, top row first.
    ///
    /// # Errors
    /// [`SheetError::Picture`] when the sizes don't fit or are out of bounds.
    pub fn from_rgb(width: u32, height: u32, rgb: &[u8]) -> Result<Self, SheetError> {
        if width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE {
            return Err(SheetError::Picture(format!(
                "{width} × {height} pixels are out of bounds"
            )));
        }
        let expected = u64::from(width) * u64::from(height) * 3;
        if rgb.len() as u64 != expected {
            return Err(SheetError::Picture(format!(
                "{width} × {height} pixels need {expected} bytes, there are {}",
                rgb.len()
            )));
        }
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY)
            .encode(rgb, width, height, ExtendedColorType::Rgb8)
            .map_err(|error| SheetError::Picture(error.to_string()))?;
        Self::embed(jpeg)
    }

    /// A small picture without loss, for logos: packed 8-bit RGB rows as in [`Picture::from_rgb`].
    pub(crate) fn exactly(pixels: &RgbImage) -> Self {
        let (width, height) = pixels.dimensions();
        let rgba = pixels.pixels().flat_map(|p| [p.0[0], p.0[1], p.0[2], 255]);
        let image = krilla::image::Image::from_rgba8(rgba.collect(), width, height);
        Self { image }
    }

    /// A picture from a JPEG or PNG file. It is decoded and written anew, so that nothing but its
    /// pixels (no place, no camera, no thumbnail) reaches the printed file. What is transparent
    /// becomes white.
    ///
    /// # Errors
    /// [`SheetError::Picture`] when it is damaged, too large or of another format.
    pub fn from_file_bytes(bytes: &[u8]) -> Result<Self, SheetError> {
        let rgb = on_white(decode(bytes)?);
        Self::from_rgb(rgb.width(), rgb.height(), rgb.as_raw())
    }

    fn embed(jpeg: Vec<u8>) -> Result<Self, SheetError> {
        let image =
            krilla::image::Image::from_jpeg(jpeg.into(), true).map_err(SheetError::Picture)?;
        Ok(Self { image })
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        self.image.size()
    }
}

/// The picture as it looks on paper.
pub(crate) fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let rgba = picture.into_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [r, g, b, a] = rgba.get_pixel(x, y).0.map(u32::from);
        let over = |c: u32| ((c * a + 255 * (255 - a)) / 255) as u8;
        Rgb([over(r), over(g), over(b)])
    })
}

/// Decodes a JPEG or PNG file within bounds.
pub(crate) fn decode(bytes: &[u8]) -> Result<DynamicImage, SheetError> {
    let refuse = |error: image::ImageError| SheetError::Picture(error.to_string());
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED);
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| SheetError::Picture(error.to_string()))?;
    reader.limits(limits);
    reader.decode().map_err(refuse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_do_not_fit_are_refused() {
        assert!(Picture::from_rgb(4, 4, &[0; 47]).is_err());
        assert!(Picture::from_rgb(0, 4, &[]).is_err());
        assert!(Picture::from_rgb(u32::MAX, u32::MAX, &[]).is_err());
        assert_eq!(Picture::from_rgb(4, 4, &[9; 48]).unwrap().size(), (4, 4));
    }

    #[test]
    fn damaged_files_are_refused() {
        let mut jpeg = Vec::new();
        JpegEncoder::new(&mut jpeg)
            .encode(&[9; 48], 4, 4, ExtendedColorType::Rgb8)
            .unwrap();
        assert_eq!(Picture::from_file_bytes(&jpeg).unwrap().size(), (4, 4));
        assert!(Picture::from_file_bytes(&jpeg[..40]).is_err());
        assert!(Picture::from_file_bytes(b"GIF89a no picture").is_err());
    }
}
