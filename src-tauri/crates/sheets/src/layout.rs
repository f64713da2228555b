//! What lies where on a page, before it becomes PDF.

use crate::PrintOptions;
use crate::code::{Code, QUIET_ZONE};
use crate::font::Fonts;
use crate::geometry::Rect;
use crate::logo::Logo;
use crate::picture::Picture;
use crate::text::TextBlock;
use std::sync::Arc;

/// Modules are whole multiples of a printer's dot at 600 dots per inch, so that every module of a
/// code comes out the same width.
const DOT: f64 = 72.0 / 600.0;

/// What all things on a sheet have in common.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub(crate) fonts: &'a Fonts<'a>,
    pub(crate) options: &'a PrintOptions,
    /// The codes work on this network only.
    pub(crate) local_note: bool,
}

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
    /// A filled rectangle: rules and marks.
    Fill {
        rect: Rect,
        gray: u8,
    },
}

impl Block {
    /// A text in the room that it was fitted for, at the side that it begins on.
    pub(crate) fn text(x: f64, top: f64, text: TextBlock) -> Self {
        let (width, height) = (text.width(), text.height());
        let left = if text.from_right {
            x + text.room - width
        } else {
            x
        };
        Self::Text {
            rect: Rect::new(left, top, width, height),
            text,
        }
    }

    /// The same thing at the other side of a cell of this width, texts flush right.
    pub(crate) fn mirrored(mut self, width: f64) -> Self {
        match &mut self {
            Self::Text { rect, text } => {
                if text.from_right {
                    // As if it stood where other texts do.
                    rect.x -= text.room - rect.w;
                }
                rect.x = width - rect.right();
                text.from_right = true;
            }
            Self::Picture { rect, .. } | Self::Fill { rect, .. } => rect.x = width - rect.right(),
            Self::Code(code) => code.x = width - code.symbol().right(),
        }
        self
    }

    /// The same thing elsewhere on the page.
    pub(crate) fn moved(mut self, dx: f64, dy: f64) -> Self {
        match &mut self {
            Self::Picture { rect, .. } | Self::Text { rect, .. } | Self::Fill { rect, .. } => {
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
    /// In the middle, with the side of the square that is kept free for it, in modules.
    pub(crate) logo: Option<(Logo, usize)>,
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

    /// The logo, in the middle of the square that is kept free for it.
    pub(crate) fn logo_place(&self) -> Option<(Rect, &Logo)> {
        let (logo, modules) = self.logo.as_ref()?;
        let symbol = self.symbol();
        let (across, down) = logo.shape();
        let room = (*modules as f64 - 1.0) * self.module;
        let (w, h) = (across * room, down * room);
        let (x, y) = (
            symbol.x + (symbol.w - w) / 2.0,
            symbol.y + (symbol.h - h) / 2.0,
        );
        Some((Rect::new(x, y, w, h), logo))
    }
}

/// The largest whole number of printer's dots up to `points`.
pub(crate) fn whole_dots(points: f64) -> f64 {
    (points / DOT + 1e-6).floor() * DOT
}
