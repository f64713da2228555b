//! A logo in the middle of a code, no larger than the code survives.

use crate::code::{Code, QUIET_ZONE};
use crate::picture::{decode, on_white};
use crate::{Picture, SheetError};
use image::{RgbImage, imageops};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// The share of a code's area that a logo may cover.
const MAX_SHARE: f64 = 0.15;
/// Rows and columns at each side that hold what every reader needs first: finders, timing, format
/// and the last alignment pattern.
const KEEP_CLEAR: usize = 9;
/// From this size on an alignment pattern stands in the middle.
const TOO_LARGE: usize = 45;
/// Pixels of a module when the damaged code is read back.
const SCALE: usize = 4;
/// Side of the blot that is set on a code with a logo, in modules.
const BLOT: usize = 3;
/// Longest side of the pixels that are kept.
const MAX_SIDE: u32 = 600;

/// A picture for the middle of a code.
#[derive(Clone, Debug, PartialEq)]
pub struct Logo {
    pub(crate) picture: Picture,
    pub(crate) pixels: RgbImage,
}

impl Logo {
    /// A logo from a JPEG or PNG file. What is transparent becomes white.
    ///
    /// # Errors
    /// [`SheetError::Picture`] when it is damaged, too large or of another format.
    pub fn from_file_bytes(bytes: &[u8]) -> Result<Self, SheetError> {
        let mut picture = decode(bytes)?;
        if picture.width().max(picture.height()) > MAX_SIDE {
            picture = picture.resize(MAX_SIDE, MAX_SIDE, imageops::FilterType::Triangle);
        }
        let pixels = on_white(picture);
        let picture = Picture::exactly(&pixels);
        Ok(Self { picture, pixels })
    }

    /// Width and height of the picture in a square of side 1, undistorted.
    pub(crate) fn shape(&self) -> (f64, f64) {
        let (w, h) = (
            f64::from(self.pixels.width()),
            f64::from(self.pixels.height()),
        );
        let longest = w.max(h).max(1.0);
        (w / longest, h / longest)
    }
}

/// Finds how large a logo may be, once for each size of code.
#[derive(Debug, Default)]
pub(crate) struct LogoRoom {
    known: Mutex<BTreeMap<usize, usize>>,
}

impl LogoRoom {
    /// Modules along the side of the square that the logo may take in this code. The code is read
    /// back with the square in white, black and a chequer, and with blots besides.
    ///
    /// # Errors
    /// [`SheetError::Logo`] when the code has no room for one.
    pub(crate) fn for_code(&self, code: &Code, payload: &str) -> Result<usize, SheetError> {
        let refuse = |why: &str| SheetError::Logo(why.to_owned());
        let modules = code.modules();
        if modules >= TOO_LARGE {
            return Err(refuse(
                "the code is so dense that its middle is needed for reading; shorten the play base URL",
            ));
        }
        let mut known = self
            .known
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let limit = match known.get(&modules) {
            Some(side) => *side,
            None => largest(modules),
        };
        let mut side = limit;
        // Odd, as codes are, so that it stands in the middle.
        while side >= 3 {
            if survives(code, payload, side) {
                known.insert(modules, side);
                return Ok(side);
            }
            side -= 2;
        }
        Err(refuse(
            "no logo is so small that the damaged code still reads",
        ))
    }
}

/// The largest odd side within the limits of area and of what must stay clear.
fn largest(modules: usize) -> usize {
    let by_area = (MAX_SHARE.sqrt() * modules as f64).floor() as usize;
    let side = by_area.min(modules.saturating_sub(2 * KEEP_CLEAR));
    if side.is_multiple_of(2) {
        side.saturating_sub(1)
    } else {
        side
    }
}

/// Whether the code reads with a logo of this side, whatever it shows, and a blot in each quarter.
fn survives(code: &Code, payload: &str, side: usize) -> bool {
    let modules = code.modules();
    let from = (modules - side) / 2;
    let middle = from..from + side;
    let shows: [fn(usize, usize) -> bool; 3] = [|_, _| false, |_, _| true, |x, y| (x + y) % 2 == 0];
    // In the data beside the logo: above, left, right and below of it.
    let half = modules / 2 - BLOT / 2;
    let beside = from.saturating_sub(BLOT + 1);
    let blots = [
        (half, beside),
        (beside, half),
        (from + side + 1, half),
        (half, from + side + 1),
    ];
    shows.iter().zip(blots.iter().cycle()).all(|(show, blot)| {
        let dark = |x: usize, y: usize| {
            if middle.contains(&x) && middle.contains(&y) {
                return show(x, y);
            }
            let in_blot =
                (blot.0..blot.0 + BLOT).contains(&x) && (blot.1..blot.1 + BLOT).contains(&y);
            code.is_dark(x, y) != in_blot
        };
        reads(modules, dark).as_deref() == Some(payload)
    })
}

/// What is read from modules drawn so.
fn reads(modules: usize, dark: impl Fn(usize, usize) -> bool) -> Option<String> {
    let side = (modules + 2 * QUIET_ZONE) * SCALE;
    let at = |pixel: usize| {
        (pixel / SCALE)
            .checked_sub(QUIET_ZONE)
            .filter(|m| *m < modules)
    };
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| match (at(x), at(y)) {
            (Some(x), Some(y)) if dark(x, y) => 0,
            _ => 255,
        });
    let grids = image.detect_grids();
    let mut found = grids.iter().filter_map(|grid| grid.decode().ok());
    found.next().map(|(_, text)| text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Level;

    fn code(payload: &str) -> Code {
        Code::with_level(payload, Level::H).unwrap()
    }

    #[test]
    fn a_logo_is_as_large_as_the_code_survives() {
        let payload = "HTTPS://GO.MERIDIAN.EXAMPLE/P/EF9WZJDY32VH";
        let code = code(payload);
        let side = LogoRoom::default().for_code(&code, payload).unwrap();
        let share = (side * side) as f64 / (code.modules() * code.modules()) as f64;
        assert!(
            (0.03..=MAX_SHARE).contains(&share),
            "{side} of {}",
            code.modules()
        );
        assert!(
            !survives(&code, payload, 19),
            "a code can't lose a third of its area"
        );
    }

    #[test]
    fn dense_codes_have_no_room() {
        let payload = format!("HTTPS://GO.MERIDIAN.EXAMPLE/P/{}", "A".repeat(80));
        let error = LogoRoom::default()
            .for_code(&code(&payload), &payload)
            .unwrap_err();
        assert!(error.to_string().contains("dense"), "{error}");
    }

    #[test]
    fn transparency_becomes_white() {
        let clear = image::RgbaImage::from_pixel(4, 2, image::Rgba([0, 0, 0, 0]));
        let mut png = std::io::Cursor::new(Vec::new());
        clear.write_to(&mut png, image::ImageFormat::Png).unwrap();
        let logo = Logo::from_file_bytes(png.get_ref()).unwrap();
        assert_eq!(logo.pixels.get_pixel(1, 1).0, [255; 3]);
        assert_eq!(logo.shape(), (1.0, 0.5));
        assert!(Logo::from_file_bytes(b"no picture").is_err());
    }
}
