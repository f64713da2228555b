//! A code by itself, as SVG and PNG.

use crate::SheetError;
use crate::code::{Code, QUIET_ZONE};
use crate::logo::{Logo, LogoRoom};
use base64::Engine;
use image::{Rgb, RgbImage, imageops};
use std::fmt::Write;
use std::io::Cursor;

/// Least difference of reflectance between dark and light, in percent.
const CONTRAST: u32 = 70;
/// Longest side of a picture, in pixels.
const MAX_SIDE: usize = 8_192;

/// How a code is drawn by itself.
#[derive(Clone, Copy, Debug)]
pub struct CodeLook<'a> {
    /// Colour of the modules, sRGB.
    pub dark: [u8; 3],
    /// Colour of the paper, sRGB.
    pub light: [u8; 3],
    /// In the middle; only codes of level H bear one.
    pub logo: Option<&'a Logo>,
}

impl Default for CodeLook<'_> {
    fn default() -> Self {
        Self {
            dark: [0; 3],
            light: [255; 3],
            logo: None,
        }
    }
}

/// How much more light a colour reflects than another, in percent of what white reflects. Negative
/// when `dark` is the lighter one. Readers need 70.
#[must_use]
pub fn contrast_percent(dark: [u8; 3], light: [u8; 3]) -> i32 {
    ((luminance(light) - luminance(dark)) * 100.0).round() as i32
}

/// The contrast of two colours as WCAG has it: 21 for black on white.
#[must_use]
pub fn contrast_ratio(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance([r, g, b]: [u8; 3]) -> f64 {
    let linear = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

impl Code {
    /// The code as an SVG picture: one unit per module, black on white, quiet zone included.
    #[must_use]
    pub fn svg(&self) -> String {
        self.draw_svg(&CodeLook::default(), None)
    }

    /// The code as an SVG picture that looks so.
    ///
    /// # Errors
    /// [`SheetError::Contrast`] when the colours are too close or dark and light are exchanged;
    /// [`SheetError::Logo`] when the code has no room for the logo.
    pub fn svg_as(&self, look: &CodeLook<'_>) -> Result<String, SheetError> {
        let logo = self.check_look(look)?;
        Ok(self.draw_svg(look, logo))
    }

    /// The code as a PNG picture, quiet zone included, black on white.
    ///
    /// # Errors
    /// [`SheetError::Picture`] when `pixels_per_module` is 0 or the picture would be too large.
    pub fn png(&self, pixels_per_module: usize) -> Result<Vec<u8>, SheetError> {
        self.png_as(pixels_per_module, &CodeLook::default())
    }

    /// The code as a PNG picture that looks so.
    ///
    /// # Errors
    /// As [`Code::png`] and [`Code::svg_as`].
    pub fn png_as(
        &self,
        pixels_per_module: usize,
        look: &CodeLook<'_>,
    ) -> Result<Vec<u8>, SheetError> {
        let logo = self.check_look(look)?;
        let modules = self.modules_with_quiet_zone();
        let side = modules.saturating_mul(pixels_per_module);
        if side == 0 || side > MAX_SIDE {
            return Err(SheetError::Picture(format!(
                "{pixels_per_module} pixels for a module make a picture of {side} pixels; it has 1 to \
                 {MAX_SIDE}"
            )));
        }
        let module = |pixel: u32| (pixel as usize / pixels_per_module).checked_sub(QUIET_ZONE);
        let mut picture = RgbImage::from_fn(side as u32, side as u32, |x, y| {
            match (module(x), module(y)) {
                (Some(x), Some(y)) if self.is_dark(x, y) => Rgb(look.dark),
                _ => Rgb(look.light),
            }
        });
        if let Some((logo, modules)) = logo {
            overlay(
                &mut picture,
                look.light,
                logo,
                modules * pixels_per_module,
                pixels_per_module,
            );
        }
        let mut png = Cursor::new(Vec::new());
        picture
            .write_to(&mut png, image::ImageFormat::Png)
            .map_err(|error| SheetError::Picture(error.to_string()))?;
        Ok(png.into_inner())
    }

    /// The logo and the modules that it takes.
    fn check_look<'a>(&self, look: &CodeLook<'a>) -> Result<Option<(&'a Logo, usize)>, SheetError> {
        let percent = contrast_percent(look.dark, look.light);
        if percent < CONTRAST as i32 {
            return Err(SheetError::Contrast { percent });
        }
        let Some(logo) = look.logo else {
            return Ok(None);
        };
        if self.level() != crate::Level::H {
            return Err(SheetError::Logo(
                "only a code of level H bears one".to_owned(),
            ));
        }
        let modules = LogoRoom::default().for_code(self, self.payload())?;
        Ok(Some((logo, modules)))
    }

    fn draw_svg(&self, look: &CodeLook<'_>, logo: Option<(&Logo, usize)>) -> String {
        let side = self.modules_with_quiet_zone();
        let colour = |[r, g, b]: [u8; 3]| format!("#{r:02x}{g:02x}{b:02x}");
        let (dark, light) = (colour(look.dark), colour(look.light));
        let mut svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><path fill="{light}" d="M0 0h{side}v{side}H0z"/><path fill="{dark}" d=""#
        );
        for run in self.dark_runs_around(logo.map_or(0, |(_, modules)| modules)) {
            // Writing to a String can't fail.
            let _ = write!(
                svg,
                "M{} {}h{length}v1h-{length}z",
                run.column + QUIET_ZONE,
                run.row + QUIET_ZONE,
                length = run.length
            );
        }
        svg.push_str(r#""/>"#);
        if let Some((logo, modules)) = logo {
            let (w, h) = logo.shape();
            let room = modules as f64 - 1.0;
            let (w, h) = (w * room, h * room);
            let (x, y) = ((side as f64 - w) / 2.0, (side as f64 - h) / 2.0);
            let mut png = Cursor::new(Vec::new());
            // Encoding to memory fails for sizes alone, and these were checked.
            let _ = logo.pixels.write_to(&mut png, image::ImageFormat::Png);
            let data = base64::engine::general_purpose::STANDARD.encode(png.get_ref());
            let _ = write!(
                svg,
                r#"<image x="{x}" y="{y}" width="{w}" height="{h}" href="data:image/png;base64,{data}"/>"#
            );
        }
        svg.push_str("</svg>");
        svg
    }
}

/// Clears a square of `side` pixels in the middle and sets the logo into it, `pad` smaller.
fn overlay(picture: &mut RgbImage, light: [u8; 3], logo: &Logo, side: usize, pad: usize) {
    let middle = (picture.width() as usize - side) / 2;
    for y in middle..middle + side {
        for x in middle..middle + side {
            picture.put_pixel(x as u32, y as u32, Rgb(light));
        }
    }
    let (w, h) = logo.shape();
    let room = side.saturating_sub(pad).max(1) as f64;
    let (w, h) = (((w * room) as u32).max(1), ((h * room) as u32).max(1));
    let small = imageops::resize(&logo.pixels, w, h, imageops::FilterType::Triangle);
    let at = |whole: u32, part: u32| i64::from(whole.saturating_sub(part) / 2);
    let (x, y) = (at(picture.width(), w), at(picture.height(), h));
    imageops::overlay(picture, &small, x, y);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Level, read_photo};

    const PAYLOAD: &str = "HTTPS://GO.MERIDIAN.EXAMPLE/P/EF9WZJDY32VH";

    fn logo() -> Logo {
        let red = RgbImage::from_pixel(60, 40, Rgb([200, 30, 40]));
        let mut png = Cursor::new(Vec::new());
        red.write_to(&mut png, image::ImageFormat::Png).unwrap();
        Logo::from_file_bytes(png.get_ref()).unwrap()
    }

    #[test]
    fn a_picture_of_a_code_reads_with_and_without_a_logo() {
        let plain = Code::new(PAYLOAD).unwrap();
        assert_eq!(read_photo(&plain.png(6).unwrap()).unwrap(), [PAYLOAD]);
        let strong = Code::with_level(PAYLOAD, Level::H).unwrap();
        let logo = logo();
        let look = CodeLook {
            dark: [20, 30, 80],
            logo: Some(&logo),
            ..CodeLook::default()
        };
        let png = strong.png_as(8, &look).unwrap();
        assert_eq!(read_photo(&png).unwrap(), [PAYLOAD]);
        let picture = image::load_from_memory(&png).unwrap().into_rgb8();
        let middle = picture
            .get_pixel(picture.width() / 2, picture.height() / 2)
            .0;
        assert_eq!(middle, [200, 30, 40]);
        let svg = strong.svg_as(&look).unwrap();
        assert!(
            svg.contains("#141e50") && svg.contains("<image x="),
            "{svg}"
        );
        assert!(matches!(plain.svg_as(&look), Err(SheetError::Logo(_))));
    }

    #[test]
    fn colours_that_readers_confuse_are_refused() {
        let code = Code::new(PAYLOAD).unwrap();
        let looks = |dark, light| {
            code.png_as(
                4,
                &CodeLook {
                    dark,
                    light,
                    logo: None,
                },
            )
            .is_ok()
        };
        assert!(looks([0; 3], [255; 3]) && looks([0, 0, 160], [255, 255, 220]));
        assert!(!looks([255; 3], [0; 3]), "light on dark");
        assert!(!looks([120; 3], [200; 3]) && !looks([220, 30, 30], [255, 220, 120]));
        assert_eq!(contrast_percent([0; 3], [255; 3]), 100);
        assert!((contrast_ratio([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
    }

    #[test]
    fn pictures_are_bounded() {
        let code = Code::new(PAYLOAD).unwrap();
        assert!(code.png(0).is_err() && code.png(usize::MAX).is_err() && code.png(400).is_err());
    }
}
