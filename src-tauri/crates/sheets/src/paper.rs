//! The paper that a page is printed on, and where it is cut.

use crate::geometry::{PT_PER_MM, Rect};
use crate::layout::Block;
use crate::template::Layout;
use crate::{PrintOptions, Template};

/// Length of a crop mark.
pub(crate) const MARK: f64 = 5.0 * PT_PER_MM;
/// Least distance of a crop mark from the finished page.
const MARK_GAP: f64 = 2.0 * PT_PER_MM;
/// How near to an edge a picture must reach to be meant to reach it.
const NEAR: f64 = 0.5;

/// The boxes of a page, in points; the origin is the paper's top left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Paper {
    pub(crate) size: (f64, f64),
    /// The finished page.
    pub(crate) trim: Rect,
    /// With what is cut off.
    pub(crate) bleed: Rect,
    /// From the finished page to a crop mark.
    pub(crate) mark_gap: f64,
}

impl Paper {
    pub(crate) fn new(template: &Template, options: &PrintOptions) -> Self {
        let (w, h) = (
            template.page_mm.0 * PT_PER_MM,
            template.page_mm.1 * PT_PER_MM,
        );
        let bleed = options.bleed_mm * PT_PER_MM;
        let mark_gap = bleed.max(MARK_GAP);
        let is_label = matches!(template.layout, Layout::Labels(_));
        let margin = if options.crop_marks && !is_label {
            mark_gap + MARK
        } else {
            bleed
        };
        let trim = Rect::new(margin, margin, w, h);
        Self {
            size: (w + 2.0 * margin, h + 2.0 * margin),
            trim,
            bleed: trim.inset(-bleed),
            mark_gap,
        }
    }

    /// Moves something laid out on the finished page to its place on the paper. A picture that
    /// reaches the page's edge is drawn to the edge of the bleed.
    pub(crate) fn place(&self, block: Block) -> Block {
        let mut block = block.moved(self.trim.x, self.trim.y);
        if let Block::Picture { rect, .. } = &mut block {
            let (trim, bleed) = (&self.trim, &self.bleed);
            let left = if rect.x < trim.x + NEAR {
                bleed.x
            } else {
                rect.x
            };
            let top = if rect.y < trim.y + NEAR {
                bleed.y
            } else {
                rect.y
            };
            let right = if rect.right() > trim.right() - NEAR {
                bleed.right()
            } else {
                rect.right()
            };
            let bottom = if rect.bottom() > trim.bottom() - NEAR {
                bleed.bottom()
            } else {
                rect.bottom()
            };
            *rect = Rect::new(left, top, right - left, bottom - top);
        }
        block
    }
}
