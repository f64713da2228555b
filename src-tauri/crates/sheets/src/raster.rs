//! Pages to pixels.

use crate::SheetError;
use crate::geometry::RectMm;
use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_interpret::util::TransformExt;
use hayro::hayro_syntax::Pdf;
use hayro::kurbo::Affine;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit};
use hayro::{RenderCache, RenderSettings, render_into};
use std::sync::Arc;

/// An area of a page in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PixelRect {
    x: i64,
    y: i64,
    right: i64,
    bottom: i64,
}

impl PixelRect {
    /// The pixels that lie in `rect` at `dpi`, at least by half.
    pub(crate) fn of(rect: &RectMm, dpi: u32) -> Self {
        let pixel = |mm: f64| (mm * f64::from(dpi) / 25.4).round() as i64;
        Self {
            x: pixel(rect.x),
            y: pixel(rect.y),
            right: pixel(rect.x + rect.width),
            bottom: pixel(rect.y + rect.height),
        }
    }

    /// The smallest area with all of `areas`.
    pub(crate) fn around(areas: &[Self]) -> Option<Self> {
        areas.iter().copied().reduce(|a, b| Self {
            x: a.x.min(b.x),
            y: a.y.min(b.y),
            right: a.right.max(b.right),
            bottom: a.bottom.max(b.bottom),
        })
    }

    fn intersected(self, other: Self) -> Self {
        Self {
            x: self.x.max(other.x),
            y: self.y.max(other.y),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }
}

/// A part of a page as gray values, 0 being black.
#[derive(Clone, Debug)]
pub(crate) struct Raster {
    x: i64,
    y: i64,
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) luma: Vec<u8>,
}

impl Raster {
    /// White outside the raster.
    pub(crate) fn luma_at(&self, x: usize, y: usize) -> u8 {
        self.luma.get(y * self.width + x).copied().unwrap_or(255)
    }

    /// The pixel of a picture `times` as large, drawn smoothly.
    pub(crate) fn luma_between(&self, x: usize, y: usize, times: usize) -> u8 {
        let (w, h) = (self.width.saturating_sub(1), self.height.saturating_sub(1));
        // The middle of the small pixel, in halves of the large one.
        let at = |pixel: usize| (2 * pixel + 1).saturating_sub(times);
        let whole = 2 * times;
        let (left, top) = (at(x) / whole, at(y) / whole);
        let (right, low) = (at(x) % whole, at(y) % whole);
        let luma = |x: usize, y: usize| usize::from(self.luma_at(x.min(w), y.min(h)));
        let row = |y: usize| luma(left, y) * (whole - right) + luma(left + 1, y) * right;
        let sum = row(top) * (whole - low) + row(top + 1) * low;
        (sum / (whole * whole)).min(255) as u8
    }

    /// The pixels of `area`; `None` when some of it lies outside.
    pub(crate) fn crop(&self, area: &PixelRect) -> Option<Self> {
        let left = usize::try_from(area.x - self.x).ok()?;
        let top = usize::try_from(area.y - self.y).ok()?;
        let width = usize::try_from(area.right - area.x).ok()?;
        let height = usize::try_from(area.bottom - area.y).ok()?;
        if left + width > self.width || top + height > self.height {
            return None;
        }
        let rows = self.luma.chunks(self.width.max(1)).skip(top).take(height);
        let luma = rows
            .filter_map(|row| row.get(left..left + width))
            .flatten()
            .copied()
            .collect();
        Some(Self {
            x: area.x,
            y: area.y,
            width,
            height,
            luma,
        })
    }
}

/// Rasterises the part of `area` that lies on the page (1-based) of the file; `None` when there is
/// no such page or nothing of the area lies on it.
pub(crate) fn rasterise(pdf: &Pdf, page: usize, dpi: u32, area: PixelRect) -> Option<Raster> {
    let page = pdf.pages().get(page.checked_sub(1)?)?;
    let (width, height) = page.render_dimensions();
    let scale = f64::from(dpi) / 72.0;
    let paper = PixelRect {
        x: 0,
        y: 0,
        right: (f64::from(width) * scale).ceil() as i64,
        bottom: (f64::from(height) * scale).ceil() as i64,
    };
    let area = area.intersected(paper);
    let pixels = paint(page, scale, area)?;
    let luma = pixels.data().iter().map(|p| {
        let weighted = 299 * u32::from(p.r) + 587 * u32::from(p.g) + 114 * u32::from(p.b);
        (weighted / 1000) as u8
    });
    Some(Raster {
        x: area.x,
        y: area.y,
        width: usize::from(pixels.width()),
        height: usize::from(pixels.height()),
        luma: luma.collect(),
    })
}

fn paint(
    page: &hayro::hayro_syntax::page::Page<'_>,
    scale: f64,
    area: PixelRect,
) -> Option<Pixmap> {
    let width = u16::try_from(area.right - area.x)
        .ok()
        .filter(|width| *width > 0)?;
    let height = u16::try_from(area.bottom - area.y)
        .ok()
        .filter(|height| *height > 0)?;
    let placed = Affine::translate((-area.x as f64, -area.y as f64))
        * Affine::scale(scale)
        * page.initial_transform(true).to_kurbo();
    let cache = RenderCache::new();
    let settings = RenderSettings {
        hinting: false,
        ..RenderSettings::default()
    };
    let mut context = RenderContext::new(width, height);
    render_into(
        page,
        &cache,
        &InterpreterSettings::default(),
        &settings,
        &mut context,
        placed,
    );
    context.flush();
    let mut pixels = Pixmap::new(width, height);
    let target = RasterizerSettings {
        target_init: TargetInit::Clear(WHITE),
        ..Default::default()
    };
    context.render_with(&mut pixels, &mut Resources::default(), target);
    Some(pixels)
}

/// A page (1-based) of a PDF as a PNG picture, for a preview that shows the very bytes that will
/// be printed.
///
/// # Errors
/// [`SheetError::Unreadable`] when the file can't be opened, has no such page, or the picture
/// would be larger than 65,535 pixels in one direction.
pub fn preview_png(pdf: &[u8], page: usize, dpi: u32) -> Result<Vec<u8>, SheetError> {
    let unreadable = |why: String| SheetError::Unreadable(why);
    let file =
        Pdf::new(Arc::new(pdf.to_vec())).map_err(|error| unreadable(format!("{error:?}")))?;
    let found = page.checked_sub(1).and_then(|at| file.pages().get(at));
    let found = found.ok_or_else(|| unreadable(format!("there is no page {page}")))?;
    let (width, height) = found.render_dimensions();
    let scale = f64::from(dpi) / 72.0;
    let pixel = |points: f32| (f64::from(points) * scale).round() as i64;
    let area = PixelRect {
        x: 0,
        y: 0,
        right: pixel(width),
        bottom: pixel(height),
    };
    let pixels = paint(found, scale, area)
        .ok_or_else(|| unreadable(format!("page {page} at {dpi} dpi is too large a picture")))?;
    pixels
        .into_png()
        .map_err(|error| unreadable(error.to_string()))
}
