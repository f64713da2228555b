//! What lies where on a page, before it becomes PDF.

use crate::code::{Code, QUIET_ZONE};
use crate::geometry::Rect;
use crate::picture::Picture;
use crate::text::TextBlock;
use std::sync::Arc;

/// Modules are whole multiples of a printer's dot at 600 dots per inch, so that every module of a
/// code comes out the same width.
const DOT: f64 = 72.0 / 600.0;

/// One thing on a page.
#[derive(Clone, Debug)]
pub(crate) enum Block {
    /// Fills the rectangle; what does not fit its shape is cut off evenly.
    Picture {
        rect: Rect,
        picture: Picture,
    },
    /// `rect` is from ascent to descent.
    Text {
        rect: Rect,
        text: TextBlock,
    },
    Code(PlacedCode),
}

impl Block {
    pub(crate) fn text(x: f64, top: f64, text: TextBlock) -> Self {
        Self::Text {
            rect: Rect::new(x, top, text.width(), text.height()),
            text,
        }
    }

    /// The same thing elsewhere on the page.
    pub(crate) fn moved(mut self, dx: f64, dy: f64) -> Self {
        match &mut self {
            Self::Picture { rect, .. } | Self::Text { rect, .. } => {
                rect.x += dx;
                rect.y += dy;
            }
            Self::Code(code) => {
                code.x += dx;
                code.y += dy;
            }
        }
        self
    }
}

/// A code on a page.
#[derive(Clone, Debug)]
pub(crate) struct PlacedCode {
    pub(crate) code: Arc<Code>,
    /// Left edge of the symbol, without the quiet zone.
    pub(crate) x: f64,
    /// Top edge of the symbol, without the quiet zone.
    pub(crate) y: f64,
    /// Points of one module.
    pub(crate) module: f64,
}

impl PlacedCode {
    /// The symbol with its quiet zone, which nothing else may enter.
    pub(crate) fn rect(&self) -> Rect {
        self.symbol().inset(-self.quiet_zone())
    }

    /// The symbol without its quiet zone.
    pub(crate) fn symbol(&self) -> Rect {
        let side = self.code.modules() as f64 * self.module;
        Rect::new(self.x, self.y, side, side)
    }

    pub(crate) fn quiet_zone(&self) -> f64 {
        QUIET_ZONE as f64 * self.module
    }
}

/// The largest whole number of printer's dots up to `points`.
pub(crate) fn whole_dots(points: f64) -> f64 {
    (points / DOT + 1e-6).floor() * DOT
}
