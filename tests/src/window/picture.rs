//! Pictures of the window, to be read by pixels.

use std::path::Path;

use image::RgbaImage;

use crate::media::{Code, read_rgba};

/// A rectangle of the page in its pixels; the screen has one device pixel for each.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// What was seen of a page.
#[derive(Clone, Debug)]
pub struct Picture(RgbaImage);

impl Picture {
    /// Decodes a PNG file.
    ///
    /// # Panics
    /// When it is none.
    pub(super) fn of_png(bytes: &[u8]) -> Self {
        let decoded = image::load_from_memory_with_format(bytes, image::ImageFormat::Png);
        Self(decoded.expect("a screenshot is a PNG").to_rgba8())
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        self.0.dimensions()
    }

    /// What is within `area`.
    ///
    /// # Panics
    /// When nothing of it is in the picture.
    #[must_use]
    pub fn crop(&self, area: Rect) -> Self {
        let (width, height) = self.size();
        // A page's edges may lie between pixels.
        let clip = |at: f64, most: u32| at.round().clamp(0.0, f64::from(most)) as u32;
        let (left, right) = (clip(area.x, width), clip(area.x + area.width, width));
        let (top, bottom) = (clip(area.y, height), clip(area.y + area.height, height));
        assert!(
            left < right && top < bottom,
            "{area:?} is not in a picture of {width}×{height}"
        );
        let part = image::imageops::crop_imm(&self.0, left, top, right - left, bottom - top);
        Self(part.to_image())
    }

    /// The code of the generated frame that fills the picture, if it can be read.
    pub fn code(&self) -> Option<Code> {
        let (width, height) = self.size();
        read_rgba(&self.0, width, height)
    }

    /// Writes it as PNG.
    ///
    /// # Panics
    /// When it can't be written.
    pub fn save(&self, path: &Path) {
        self.0
            .save_with_format(path, image::ImageFormat::Png)
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(x: f64, y: f64, width: f64, height: f64) -> Rect {
        Rect {
            x,
            y,
            width,
            height,
        }
    }

    #[test]
    fn a_crop_has_the_pixels_of_its_place() {
        let mut image = RgbaImage::new(8, 6);
        image.put_pixel(3, 2, image::Rgba([9, 8, 7, 255]));
        let part = Picture(image).crop(area(2.6, 1.5, 4.0, 30.0));
        assert_eq!(part.size(), (4, 4));
        assert_eq!(part.0.get_pixel(0, 0).0, [9, 8, 7, 255]);
        assert_eq!(part.code(), None);
    }

    #[test]
    #[should_panic(expected = "is not in a picture of 8×6")]
    fn what_lies_outside_is_named() {
        let _ = Picture(RgbaImage::new(8, 6)).crop(area(9.0, 0.0, 4.0, 4.0));
    }
}
