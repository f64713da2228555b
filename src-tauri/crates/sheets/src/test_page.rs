//! A page that shows where the printer puts things.

use crate::font::{Fonts, Style};
use crate::font_source::BundledFonts;
use crate::geometry::{PT_PER_MM, Rect};
use crate::layout::Block;
use crate::paper::Paper;
use crate::pdf::Writer;
use crate::template::{Layout, Template};
use crate::text::{self, Fit, Words};
use crate::{PrintOptions, SheetError, contact, label, marks};

/// Length of the rulers, in millimetres.
const RULER_MM: u32 = 50;
const LINE: f64 = 0.4;
const OUTLINE_GRAY: u8 = 150;
/// White around the instructions.
const PAD: f64 = 5.0 * PT_PER_MM;
/// White below a line of the instructions.
const LINE_GAP: f64 = 3.0;

/// A page for the template with the outline of every label, rulers of 50 mm both ways and a cross in
/// the middle, moved by the options' printer offset: printed on plain paper and held against a sheet
/// of labels, it shows how far the printer is off and whether it scales.
///
/// # Errors
/// [`SheetError::Option`] when the offset or the start is out of bounds.
pub fn test_page(template: &Template, options: &PrintOptions) -> Result<Vec<u8>, SheetError> {
    options.check(template)?;
    let fonts = Fonts::load(&BundledFonts)?;
    let paper = Paper::new(template, options);
    let page = (paper.trim.w, paper.trim.h);
    let mut blocks = Vec::new();
    for (at, cell) in cells(template, page).iter().enumerate() {
        blocks.extend(outline(*cell, LINE, OUTLINE_GRAY));
        if !matches!(template.layout, Layout::Poster) {
            blocks.extend(number(&fonts, at + 1, cell));
        }
    }
    blocks.extend(instructions(&fonts, template, options, page));
    let mut blocks: Vec<Block> = blocks.into_iter().map(|b| paper.place(b)).collect();
    if options.crop_marks {
        blocks.extend(marks::crop_marks(template, &paper));
    }
    let (dx, dy) = options.offset_mm;
    let moved = |block: Block| block.moved(dx * PT_PER_MM, dy * PT_PER_MM);
    let writer = Writer {
        fonts: &fonts,
        profile: options.profile,
        paper,
    };
    let title = format!("Test page, {}", template.title);
    writer.write(&title, &[blocks.into_iter().map(moved).collect()])
}

fn cells(template: &Template, page: (f64, f64)) -> Vec<Rect> {
    match &template.layout {
        // Within what printers can reach.
        Layout::Poster => vec![Rect::new(0.0, 0.0, page.0, page.1).inset(10.0 * PT_PER_MM)],
        Layout::Labels(grid) => label::cells(grid),
        Layout::Contact(grid) => contact::cells(grid, page),
    }
}

fn fill(x: f64, y: f64, w: f64, h: f64, gray: u8) -> Block {
    Block::Fill {
        rect: Rect::new(x, y, w, h),
        gray,
    }
}

/// Four lines, their middles on the edges.
fn outline(rect: Rect, line: f64, gray: u8) -> [Block; 4] {
    let half = line / 2.0;
    let (w, h) = (rect.w + line, rect.h + line);
    [
        fill(rect.x - half, rect.y - half, w, line, gray),
        fill(rect.x - half, rect.bottom() - half, w, line, gray),
        fill(rect.x - half, rect.y - half, line, h, gray),
        fill(rect.right() - half, rect.y - half, line, h, gray),
    ]
}

fn set(
    fonts: &Fonts<'_>,
    style: Style,
    words: &str,
    size: f64,
    width: f64,
    gray: u8,
) -> text::TextBlock {
    let fit = Fit {
        size,
        min: 0.5 * size,
        leading: 1.35,
        width,
        height: f64::INFINITY,
        lines: 3,
        gray,
        balanced: false,
    };
    text::fit(fonts, &Words::new(fonts, style, words), &fit).block
}

fn number(fonts: &Fonts<'_>, number: usize, cell: &Rect) -> Option<Block> {
    let block = set(
        fonts,
        Style::Body,
        &number.to_string(),
        7.0,
        cell.w,
        OUTLINE_GRAY,
    );
    (!block.is_empty()).then(|| Block::text(cell.x + 4.0, cell.y + 3.0, block))
}

/// A white panel in the middle of the page with the rulers and what to do.
fn instructions(
    fonts: &Fonts<'_>,
    template: &Template,
    options: &PrintOptions,
    page: (f64, f64),
) -> Vec<Block> {
    let ruler = f64::from(RULER_MM) * PT_PER_MM;
    let (dx, dy) = options.offset_mm;
    let lines = [
        (Style::Strong, 11.0, template.title.clone()),
        (
            Style::Body,
            8.5,
            "Print at 100 % (actual size), not fitted to the page. Both rulers must measure 50 mm."
                .to_owned(),
        ),
        (
            Style::Body,
            8.5,
            "Hold it against a sheet of labels: the outlines must lie on their edges.".to_owned(),
        ),
        (
            Style::Body,
            8.5,
            format!("Printer offset: {dx:+.1} mm right, {dy:+.1} mm down"),
        ),
    ];
    let width = (ruler + 46.0 * PT_PER_MM).min(0.9 * page.0);
    let room = width - 2.0 * PAD;
    let set =
        |(style, size, words): &(Style, f64, String)| set(fonts, *style, words, *size, room, 0);
    let texts: Vec<text::TextBlock> = lines.iter().map(set).collect();
    let text_height: f64 = texts.iter().map(|text| text.height() + LINE_GAP).sum();
    let height = 2.0 * PAD + text_height + LINE_GAP + ruler;
    let left = (page.0 - width) / 2.0;
    let panel = Rect::new(left, (page.1 - height) / 2.0, width, height);
    let inner = panel.inset(PAD);
    let mut blocks = vec![fill(panel.x, panel.y, panel.w, panel.h, 255)];
    blocks.extend(outline(panel, LINE, 0));
    let mut y = inner.y;
    for text in texts {
        let below = y + text.height() + LINE_GAP;
        blocks.push(Block::text(inner.x, y, text));
        y = below;
    }
    blocks.extend(rulers(fonts, inner.x + LINE, inner.bottom() - ruler, ruler));
    blocks
}

/// One ruler along the top, one down the left side, a mark at every millimetre.
fn rulers(fonts: &Fonts<'_>, x: f64, y: f64, ruler: f64) -> Vec<Block> {
    let half = LINE / 2.0;
    let mut blocks = vec![
        fill(x - half, y - half, ruler + LINE, LINE, 0),
        fill(x - half, y - half, LINE, ruler + LINE, 0),
    ];
    for mm in 0..=RULER_MM {
        let length = match (mm % 10, mm % 5) {
            (0, _) => 5.0,
            (_, 0) => 3.5,
            _ => 2.0,
        } * PT_PER_MM;
        let at = f64::from(mm) * PT_PER_MM;
        blocks.push(fill(x + at - half, y, LINE, length, 0));
        blocks.push(fill(x, y + at - half, length, LINE, 0));
        if mm % 10 == 0 && mm > 0 {
            let label = set(fonts, Style::Body, &mm.to_string(), 7.0, ruler, 0);
            let (w, h) = (label.width(), label.height());
            blocks.push(Block::text(
                x + at - w / 2.0,
                y + 5.3 * PT_PER_MM,
                label.clone(),
            ));
            blocks.push(Block::text(x + 5.6 * PT_PER_MM, y + at - h / 2.0, label));
        }
    }
    blocks
}
