//! Rectangles on a page. The origin is the page's top left corner, y grows downwards.

use serde::Serialize;

/// PostScript points per millimetre.
pub(crate) const PT_PER_MM: f64 = 72.0 / 25.4;

/// A rectangle in millimetres from the page's top left corner.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RectMm {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// A rectangle in points from the page's top left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rect {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) w: f64,
    pub(crate) h: f64,
}

impl Rect {
    pub(crate) fn new(x: f64, y: f64, w: f64, h: f64) -> Self {
        Self { x, y, w, h }
    }

    pub(crate) fn right(&self) -> f64 {
        self.x + self.w
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.y + self.h
    }

    /// The rectangle without a frame of `by` points.
    pub(crate) fn inset(&self, by: f64) -> Self {
        Self::new(
            self.x + by,
            self.y + by,
            self.w - 2.0 * by,
            self.h - 2.0 * by,
        )
    }

    pub(crate) fn to_mm(self) -> RectMm {
        RectMm {
            x: self.x / PT_PER_MM,
            y: self.y / PT_PER_MM,
            width: self.w / PT_PER_MM,
            height: self.h / PT_PER_MM,
        }
    }
}
