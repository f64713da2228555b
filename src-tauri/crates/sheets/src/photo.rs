//! Codes in a photograph.

use crate::SheetError;
use crate::picture::decode;
use image::GrayImage;
use image::imageops::FilterType;
use std::collections::BTreeSet;

/// Longest sides tried, in pixels: a code that fills the photo is found in a small version of it,
/// one across the street only in a large one.
const SIDES: [u32; 4] = [640, 1_200, 2_200, 4_000];

/// A photo larger than this is also searched part by part: the detector mixes up the corner
/// marks of codes that stand close together.
const SEARCH_PARTS_FROM: u32 = 1_000;

/// The payloads of all codes found in a JPEG or PNG photograph, each once, in order of the text.
///
/// # Errors
/// [`SheetError::Picture`] when the photograph can't be read. A photograph without codes is none.
pub fn read_photo(photo: &[u8]) -> Result<Vec<String>, SheetError> {
    let gray = decode(photo)?.into_luma8();
    let longest = gray.width().max(gray.height());
    let mut found = BTreeSet::new();
    for side in SIDES {
        let scale = f64::from(side.min(longest)) / f64::from(longest.max(1));
        let scaled = |length: u32| ((f64::from(length) * scale) as u32).max(1);
        let (width, height) = (scaled(gray.width()), scaled(gray.height()));
        let small = image::imageops::resize(&gray, width, height, FilterType::Triangle);
        found.extend(codes_in(&small));
        if width.max(height) >= SEARCH_PARTS_FROM {
            for (x, y) in quarters(width, height) {
                let part = image::imageops::crop_imm(&small, x, y, width / 2, height / 2);
                found.extend(codes_in(&part.to_image()));
            }
        }
        if side >= longest {
            break;
        }
    }
    Ok(found.into_iter().collect())
}

/// Top left corners of parts half as wide and high, overlapping by half.
fn quarters(width: u32, height: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..3).flat_map(move |row| (0..3).map(move |column| (column * width / 4, row * height / 4)))
}

fn codes_in(gray: &GrayImage) -> Vec<String> {
    let (width, height) = (gray.width() as usize, gray.height() as usize);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        gray.as_raw().get(y * width + x).copied().unwrap_or(255)
    });
    let decoded = prepared
        .detect_grids()
        .into_iter()
        .filter_map(|grid| grid.decode().ok());
    decoded.map(|(_, text)| text).collect()
}
