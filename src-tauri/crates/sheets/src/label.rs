//! One label: the code on the left, its text on the right.

use crate::code::Code;
use crate::column::{self, Entry};
use crate::font::{Fonts, Style};
use crate::geometry::{PT_PER_MM, Rect};
use crate::issue::{Field, Note};
use crate::job::SheetItem;
use crate::layout::{Block, PlacedCode, whole_dots};
use crate::poster::{CALL_TO_ACTION, LOCAL_NOTE, is_blank};
use crate::template::LabelGrid;
use std::sync::Arc;

/// Kept free on all sides of a label, for a sheet that runs a little askew.
const SAFE: f64 = 1.0 * PT_PER_MM;
/// Kept free left and right of the text.
const PADDING: f64 = 2.0 * PT_PER_MM;
/// A label of this height, with a text area of this width, has the sizes below.
const BASE: (f64, f64) = (80.0, 108.0);
const BLACK: u8 = 0;
const DARK: u8 = 64;

/// Where the labels of a page lie, row by row.
pub(crate) fn cells(grid: &LabelGrid, page: (f64, f64)) -> Vec<Rect> {
    let (w, h) = (grid.label_mm.0 * PT_PER_MM, grid.label_mm.1 * PT_PER_MM);
    let (dx, dy) = (grid.pitch_mm.0 * PT_PER_MM, grid.pitch_mm.1 * PT_PER_MM);
    let left = (page.0 - w - dx * grid.columns.saturating_sub(1) as f64) / 2.0;
    let top = (page.1 - h - dy * grid.rows.saturating_sub(1) as f64) / 2.0;
    let cell = |row: usize, column: usize| {
        Rect::new(left + dx * column as f64, top + dy * row as f64, w, h)
    };
    (0..grid.rows)
        .flat_map(|row| (0..grid.columns).map(move |column| cell(row, column)))
        .collect()
}

/// Lays out one label whose top left corner is the origin.
pub(crate) fn compose(
    fonts: &Fonts,
    item: &SheetItem,
    code: &Arc<Code>,
    grid: &LabelGrid,
    local_note: bool,
) -> (Vec<Block>, Vec<Note>) {
    let (w, h) = (grid.label_mm.0 * PT_PER_MM, grid.label_mm.1 * PT_PER_MM);
    // On a large label the code need not fill the height; the text gets the room.
    let side = (h - 2.0 * SAFE).min(0.5 * w);
    let module = whole_dots(side / code.modules_with_quiet_zone() as f64);
    let quiet = crate::code::QUIET_ZONE as f64 * module;
    let symbol = code.modules() as f64 * module;
    let y = (h - symbol) / 2.0;
    let placed = PlacedCode {
        code: Arc::clone(code),
        x: SAFE + quiet,
        y,
        module,
    };
    let x = placed.rect().right() + 0.25 * PADDING;
    let area = Rect::new(x, y, w - PADDING - x, symbol);
    let scale = (area.w / BASE.0 * (h / BASE.1))
        .sqrt()
        .min(h / 80.0)
        .clamp(0.75, 1.6);
    let (top, bottom) = entries(item, scale, local_note);
    let (mut blocks, notes) = column::compose(fonts, &top, &bottom, area);
    blocks.push(Block::Code(placed));
    (blocks, notes)
}

fn entries(item: &SheetItem, scale: f64, local_note: bool) -> (Vec<Entry>, Vec<Entry>) {
    let entry = |field, text: &str, style, size: f64, lines, gap: f64| Entry {
        field,
        text: text.to_owned(),
        style,
        size: size * scale,
        lines,
        gray: BLACK,
        gap: gap * scale,
    };
    let small = |field, text: &str, lines| Entry {
        gray: DARK,
        ..entry(field, text, Style::Body, 7.5, lines, 4.5)
    };
    let mut how = CALL_TO_ACTION.to_owned();
    if !is_blank(&item.duration_text) {
        how = format!("{how}, {}", item.duration_text);
    }
    let mut until = String::new();
    if !is_blank(&item.expires_text) {
        until = format!("Until {}", item.expires_text);
    }
    // Without a title, what to do becomes the title.
    let call = Field::CallToAction;
    let mut top = if is_blank(&item.title) {
        vec![entry(call, &how, Style::Strong, 10.5, 2, 0.0)]
    } else {
        let title = entry(Field::Title, &item.title, Style::Strong, 10.5, 2, 0.0);
        vec![title, small(call, &how, 2)]
    };
    top.push(small(Field::Placement, &item.placement, 1));
    top.push(small(Field::Expires, &until, 1));
    let note = if local_note { LOCAL_NOTE } else { "" };
    let (address, id) = (item.typed_address(), item.id.grouped());
    let bottom = vec![
        entry(Field::Address, note, Style::Strong, 7.0, 2, 0.0),
        entry(Field::Address, &address, Style::Body, 7.0, 3, 4.0),
        entry(Field::Address, &id, Style::Mono, 9.0, 1, 4.0),
    ];
    (top, bottom)
}
