//! Marks for cutting.

use crate::geometry::{PT_PER_MM, Rect};
use crate::label;
use crate::layout::Block;
use crate::paper::{MARK, Paper};
use crate::template::{Layout, Template};

/// As thin as printing houses want it.
const LINE: f64 = 0.25;
/// Printers leave this much white at the edges.
const UNPRINTABLE: f64 = 4.0 * PT_PER_MM;
/// Between a label and its mark.
const LABEL_GAP: f64 = 1.0 * PT_PER_MM;

/// Marks outside the finished page, or in the margins of a label sheet.
pub(crate) fn crop_marks(template: &Template, paper: &Paper) -> Vec<Block> {
    match &template.layout {
        Layout::Labels(grid) => label_marks(&label::cells(grid), paper),
        Layout::Poster | Layout::Contact(_) => page_marks(paper),
    }
}

fn vertical(x: f64, y: f64, length: f64) -> Block {
    Block::Fill {
        rect: Rect::new(x - LINE / 2.0, y, LINE, length),
        gray: 0,
    }
}

fn horizontal(x: f64, y: f64, length: f64) -> Block {
    Block::Fill {
        rect: Rect::new(x, y - LINE / 2.0, length, LINE),
        gray: 0,
    }
}

fn page_marks(paper: &Paper) -> Vec<Block> {
    let (trim, gap) = (paper.trim, paper.mark_gap);
    let mut marks = Vec::with_capacity(8);
    for x in [trim.x, trim.right()] {
        marks.push(vertical(x, trim.y - gap - MARK, MARK));
        marks.push(vertical(x, trim.bottom() + gap, MARK));
    }
    for y in [trim.y, trim.bottom()] {
        marks.push(horizontal(trim.x - gap - MARK, y, MARK));
        marks.push(horizontal(trim.right() + gap, y, MARK));
    }
    marks
}

/// Marks in line with the labels' edges, where the margins have room for them.
fn label_marks(cells: &[Rect], paper: &Paper) -> Vec<Block> {
    let Some(grid) = cells.iter().copied().reduce(|a, b| {
        let (x, y) = (a.x.min(b.x), a.y.min(b.y));
        let (right, bottom) = (a.right().max(b.right()), a.bottom().max(b.bottom()));
        Rect::new(x, y, right - x, bottom - y)
    }) else {
        return Vec::new();
    };
    let length = |margin: f64| (margin - LABEL_GAP - UNPRINTABLE).min(MARK);
    let mut marks = Vec::new();
    for x in edges(cells, |cell| [cell.x, cell.right()]) {
        let (above, below) = (length(grid.y), length(paper.size.1 - grid.bottom()));
        if above > 0.0 {
            marks.push(vertical(x, grid.y - LABEL_GAP - above, above));
        }
        if below > 0.0 {
            marks.push(vertical(x, grid.bottom() + LABEL_GAP, below));
        }
    }
    for y in edges(cells, |cell| [cell.y, cell.bottom()]) {
        let (left, right) = (length(grid.x), length(paper.size.0 - grid.right()));
        if left > 0.0 {
            marks.push(horizontal(grid.x - LABEL_GAP - left, y, left));
        }
        if right > 0.0 {
            marks.push(horizontal(grid.right() + LABEL_GAP, y, right));
        }
    }
    marks
}

/// The places of the cells' edges, each once.
fn edges(cells: &[Rect], of: impl Fn(&Rect) -> [f64; 2]) -> Vec<f64> {
    let mut edges: Vec<f64> = cells.iter().flat_map(of).collect();
    edges.sort_by(f64::total_cmp);
    edges.dedup_by(|a, b| (*a - *b).abs() < 0.05);
    edges
}
