//! The contact sheet: a grid of frames, each with its code and texts below it.

use crate::code::{Code, QUIET_ZONE};
use crate::column;
use crate::font::Style;
use crate::geometry::{PT_PER_MM, Rect};
use crate::issue::{Field, Note};
use crate::job::SheetItem;
use crate::label;
use crate::layout::{Block, PlacedCode, Setting, whole_dots};
use crate::poster::coarse;
use crate::template::ContactGrid;
use crate::text::{self, Fit, Words};
use std::sync::Arc;

/// White at the edges of the page.
const MARGIN: f64 = 9.0 * PT_PER_MM;
/// What the page's heading takes.
const HEADING: f64 = 12.0 * PT_PER_MM;
/// White around the contents of a cell; half of what lies between two frames.
const PADDING: f64 = 3.0 * PT_PER_MM;
/// Between a frame and what stands below it.
const GAP: f64 = 2.0 * PT_PER_MM;
/// Height of a frame by its width.
const FRAME: f64 = 9.0 / 16.0;
/// The part of a cell's height that a frame may take.
const FRAME_SHARE: f64 = 0.55;
/// Gray of the frame of an item without a picture.
const EMPTY: u8 = 232;
const MEDIUM: u8 = 102;

/// Where the frames of a page lie, row by row.
pub(crate) fn cells(grid: &ContactGrid, page: (f64, f64)) -> Vec<Rect> {
    let w = (page.0 - 2.0 * MARGIN) / grid.columns.max(1) as f64;
    let h = (page.1 - 2.0 * MARGIN - HEADING) / grid.rows.max(1) as f64;
    let cell = |row: usize, column: usize| {
        let (x, y) = (
            MARGIN + w * column as f64,
            MARGIN + HEADING + h * row as f64,
        );
        Rect::new(x, y, w, h)
    };
    (0..grid.rows)
        .flat_map(|row| (0..grid.columns).map(move |column| cell(row, column)))
        .collect()
}

/// The frame in a cell.
fn frame(cell: &Rect) -> Rect {
    let inner = cell.inset(PADDING);
    let h = (inner.w * FRAME).min(inner.h * FRAME_SHARE);
    Rect::new(inner.x, inner.y, inner.w, h)
}

/// The side of the code with its quiet zone in a cell.
pub(crate) fn code_room(cell: &Rect) -> f64 {
    let inner = cell.inset(PADDING);
    let below = inner.bottom() - frame(cell).bottom() - GAP;
    // The quiet zone at the left and at the foot reaches into the padding.
    (below + PADDING).min(0.5 * inner.w + PADDING)
}

/// Lays out one cell of this size whose top left corner is the origin.
pub(crate) fn compose(
    setting: &Setting<'_>,
    item: &SheetItem,
    code: &Arc<Code>,
    cell: (f64, f64),
) -> (Vec<Block>, Vec<Note>) {
    let cell = Rect::new(0.0, 0.0, cell.0, cell.1);
    let (inner, frame) = (cell.inset(PADDING), frame(&cell));
    // The quiet zone above the symbol is the white below the frame.
    let room = code_room(&cell) / code.modules_with_quiet_zone() as f64;
    let by_padding = PADDING / QUIET_ZONE as f64;
    let module = whole_dots(room.min(by_padding.max(room * 0.8)));
    let quiet = QUIET_ZONE as f64 * module;
    let placed = PlacedCode {
        code: Arc::clone(code),
        x: inner.x.max(quiet),
        y: frame.bottom() + quiet.max(GAP),
        module,
        logo: None,
    };
    let symbol = placed.symbol();
    let x = placed.rect().right().max(symbol.right() + GAP);
    let area = Rect::new(x, symbol.y, inner.right() - x, symbol.h);
    let scale = (area.w / 90.0).min(symbol.h / 52.0).clamp(0.75, 1.5);
    let (top, bottom) = label::entries(setting, item, scale, false);
    let (mut blocks, mut notes) = column::compose(setting.fonts, &top, &bottom, area);
    match &item.picture {
        Some(picture) => {
            notes.extend(coarse(picture, frame));
            blocks.push(Block::Picture {
                rect: frame,
                picture: picture.clone(),
            });
        }
        None => blocks.push(Block::Fill {
            rect: frame,
            gray: EMPTY,
        }),
    }
    blocks.push(Block::Code(placed));
    (blocks, notes)
}

/// The line on top of a page: who it is from or what it is, and which page.
pub(crate) fn heading(
    setting: &Setting<'_>,
    title: &str,
    page: (usize, usize),
    width: f64,
) -> (Vec<Block>, Vec<Note>) {
    let fit = |size: f64, width: f64, gray: u8| Fit {
        size,
        min: 0.7 * size,
        leading: 1.2,
        width,
        height: f64::INFINITY,
        lines: 1,
        gray,
        balanced: false,
    };
    let inner = width - 2.0 * MARGIN - 2.0 * PADDING;
    let left = MARGIN + PADDING;
    let brand = setting.options.brand.as_ref();
    let (field, name) = match brand.filter(|brand| !crate::poster::is_blank(&brand.name)) {
        Some(brand) => (Field::Brand, brand.name.as_str()),
        None => (Field::Title, title),
    };
    let mut blocks = Vec::new();
    let mut x = left;
    let baseline = MARGIN + 0.55 * HEADING;
    if let Some(logo) = brand.and_then(|brand| brand.logo.as_ref()) {
        let (w, h) = logo.size();
        let height = 0.5 * HEADING;
        let width = (height * f64::from(w) / f64::from(h.max(1))).min(0.3 * inner);
        let rect = Rect::new(x, baseline - height * 0.85, width, height);
        blocks.push(Block::Picture {
            rect,
            picture: logo.clone(),
        });
        x = rect.right() + PADDING;
    }
    let words = Words::new(setting.fonts, Style::Display, name);
    let fitted = text::fit(
        setting.fonts,
        &words,
        &fit(16.0, 0.75 * inner - (x - left), 0),
    );
    let notes = Note::of(field, &fitted);
    if !fitted.block.is_empty() {
        let top = baseline - fitted.block.baseline(0);
        blocks.push(Block::text(x, top, fitted.block));
    }
    let number = format!("{} / {}", page.0, page.1);
    let words = Words::new(setting.fonts, Style::Body, &number);
    let number = text::fit(setting.fonts, &words, &fit(9.0, 0.2 * inner, MEDIUM)).block;
    let top = baseline - number.baseline(0);
    blocks.push(Block::text(left + inner - number.width(), top, number));
    (blocks, notes)
}
