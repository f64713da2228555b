//! One label: the code on the left, its text on the right.

use crate::code::Code;
use crate::column::{self, Entry};
use crate::font::Style;
use crate::geometry::{PT_PER_MM, Rect};
use crate::issue::{Field, Note};
use crate::job::SheetItem;
use crate::layout::{Block, PlacedCode, Setting, whole_dots};
use crate::poster::is_blank;
use crate::template::LabelGrid;
use crate::text::isolated;
use std::sync::Arc;

/// Kept free on all sides of a label, for a sheet that runs a little askew.
const SAFE: f64 = 1.0 * PT_PER_MM;
/// Kept free left and right of the text.
const PADDING: f64 = 2.0 * PT_PER_MM;
/// A label of this height, with a text area of this width, has the sizes below.
const BASE: (f64, f64) = (80.0, 108.0);
/// On lower labels the brand gives its room to what must be read.
const BRAND_FROM: f64 = 30.0 * PT_PER_MM;
const BLACK: u8 = 0;
const DARK: u8 = 64;

/// Where the labels of a page lie, row by row.
pub(crate) fn cells(grid: &LabelGrid) -> Vec<Rect> {
    let (w, h) = (grid.label_mm.0 * PT_PER_MM, grid.label_mm.1 * PT_PER_MM);
    let (dx, dy) = (grid.pitch_mm.0 * PT_PER_MM, grid.pitch_mm.1 * PT_PER_MM);
    let (left, top) = (grid.origin_mm.0 * PT_PER_MM, grid.origin_mm.1 * PT_PER_MM);
    let cell = |row: usize, column: usize| {
        Rect::new(left + dx * column as f64, top + dy * row as f64, w, h)
    };
    (0..grid.rows)
        .flat_map(|row| (0..grid.columns).map(move |column| cell(row, column)))
        .collect()
}

/// The side of the code with its quiet zone on a label of this size. On a large label the code need
/// not fill the height; the text gets the room.
pub(crate) fn code_room(w: f64, h: f64) -> f64 {
    (h - 2.0 * SAFE).min(0.5 * w)
}

/// Lays out one label whose top left corner is the origin.
pub(crate) fn compose(
    setting: &Setting<'_>,
    item: &SheetItem,
    code: &Arc<Code>,
    grid: &LabelGrid,
) -> (Vec<Block>, Vec<Note>) {
    let (w, h) = (grid.label_mm.0 * PT_PER_MM, grid.label_mm.1 * PT_PER_MM);
    let module = whole_dots(code_room(w, h) / code.modules_with_quiet_zone() as f64);
    let quiet = crate::code::QUIET_ZONE as f64 * module;
    let symbol = code.modules() as f64 * module;
    let y = (h - symbol) / 2.0;
    let placed = PlacedCode {
        code: Arc::clone(code),
        x: SAFE + quiet,
        y,
        module,
        logo: None,
    };
    let x = placed.rect().right() + 0.25 * PADDING;
    let area = Rect::new(x, y, w - PADDING - x, symbol);
    let scale = (area.w / BASE.0 * (h / BASE.1))
        .sqrt()
        .min(h / 80.0)
        .clamp(0.75, 1.6);
    let (top, bottom) = entries(setting, item, scale, h >= BRAND_FROM);
    let (mut blocks, notes) = column::compose(setting.fonts, &top, &bottom, area);
    blocks.push(Block::Code(placed));
    (blocks, notes)
}

/// The texts beside a small code, those at its top and those at its foot.
pub(crate) fn entries(
    setting: &Setting<'_>,
    item: &SheetItem,
    scale: f64,
    with_brand: bool,
) -> (Vec<Entry>, Vec<Entry>) {
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
    let options = setting.options;
    let wording = &options.wording;
    let mut how = wording.call_to_action.clone();
    if !is_blank(&item.duration_text) {
        how = format!("{how}, {}", isolated(&item.duration_text));
    }
    let until = wording.until(&item.expires_text);
    let mut top = Vec::new();
    if let Some(brand) = options.brand.as_ref().filter(|_| with_brand) {
        top.push(small(Field::Brand, &brand.name, 1));
    }
    // Without a title, what to do becomes the title.
    let call = Field::CallToAction;
    if is_blank(&item.title) {
        top.push(entry(call, &how, Style::Strong, 10.5, 2, 5.5));
    } else {
        top.push(entry(
            Field::Title,
            &item.title,
            Style::Strong,
            10.5,
            2,
            5.5,
        ));
        top.push(small(call, &how, 2));
    }
    top.push(small(Field::Placement, &item.placement, 1));
    top.push(small(Field::Expires, &until, 1));
    let note = if setting.local_note {
        &wording.local_note
    } else {
        ""
    };
    let mut bottom = vec![entry(Field::Address, note, Style::Strong, 7.0, 2, 0.0)];
    if options.typed_code {
        let (address, id) = (item.typed_address(), item.id.grouped());
        bottom.push(entry(Field::Address, &address, Style::Body, 7.0, 3, 4.0));
        bottom.push(entry(Field::Address, &id, Style::Mono, 9.0, 1, 4.0));
    }
    (top, bottom)
}
