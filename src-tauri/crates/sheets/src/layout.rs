//! What lies where on a page, before it becomes PDF.

use crate::code::{Code, QUIET_ZONE};
use crate::geometry::Rect;
use crate::picture::Picture;
use crate::text::{Fitted, TextBlock};
use serde::Serialize;
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

/// A text of a sheet item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The title.
    Title,
    /// The text below the title.
    Description,
    /// The line that tells how to watch.
    CallToAction,
    /// The address that is typed when the code can't be scanned.
    Address,
    /// How long it can be watched.
    Expires,
    /// Where it hangs.
    Placement,
}

/// Something the producer should know about how one item came out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Note {
    /// Characters that the sheet's own typeface lacks; they are printed in Noto Sans.
    OtherTypeface {
        /// Where.
        field: Field,
        /// The characters, each once.
        characters: String,
    },
    /// Characters that no bundled typeface has; `�` is printed for each.
    NotPrintable {
        /// Where.
        field: Field,
        /// The characters, each once.
        characters: String,
    },
    /// The text was too long and was cut.
    Shortened {
        /// Where.
        field: Field,
        /// What is printed.
        printed: String,
    },
    /// The picture has fewer than 150 pixels per inch at its printed size.
    CoarsePicture {
        /// What it has.
        pixels_per_inch: u32,
    },
}

impl Note {
    /// What is to be said about a text that was set.
    pub(crate) fn of(field: Field, fitted: &Fitted) -> Vec<Self> {
        let mut notes = Vec::new();
        let gaps = &fitted.gaps;
        if !gaps.missing.is_empty() {
            notes.push(Self::NotPrintable {
                field,
                characters: gaps.missing.iter().collect(),
            });
        }
        if !gaps.fallback.is_empty() {
            notes.push(Self::OtherTypeface {
                field,
                characters: gaps.fallback.iter().collect(),
            });
        }
        if fitted.shortened {
            notes.push(Self::Shortened {
                field,
                printed: fitted.block.text(),
            });
        }
        notes
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Title => "title",
            Self::Description => "description",
            Self::CallToAction => "call to action",
            Self::Address => "address",
            Self::Expires => "expiry date",
            Self::Placement => "placement",
        })
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OtherTypeface { field, characters } => {
                write!(
                    f,
                    "the {field} has characters printed in another typeface: {characters}"
                )
            }
            Self::NotPrintable { field, characters } => {
                write!(
                    f,
                    "the {field} has characters that can't be printed: {characters}"
                )
            }
            Self::Shortened { field, printed } => {
                write!(f, "the {field} is too long and was cut to: {printed}")
            }
            Self::CoarsePicture { pixels_per_inch } => write!(
                f,
                "the picture has {pixels_per_inch} pixels per inch at this size; from 150 on it \
                 looks sharp"
            ),
        }
    }
}
