//! A job becomes pages.

use crate::code::Code;
use crate::font::Fonts;
use crate::geometry::{PT_PER_MM, RectMm};
use crate::issue::Issue;
use crate::job::{SheetItem, SheetJob};
use crate::layout::{Block, PlacedCode};
use crate::template::{Layout, Template};
use crate::{SheetError, label, pdf, poster};
use record::ShortId;
use serde::Serialize;
use std::sync::Arc;

/// A finished file and what is on it.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The file.
    pub pdf: Vec<u8>,
    /// Pages in it.
    pub pages: usize,
    /// The smallest module that the template allows, in millimetres.
    pub min_module_mm: f64,
    /// Every code on paper, copies included, in the order of the pages.
    pub codes: Vec<PrintedCode>,
    /// What the producer should know before printing.
    pub issues: Vec<Issue>,
}

/// One code on paper.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PrintedCode {
    /// The id it leads to.
    pub id: ShortId,
    /// The exact payload.
    pub url: String,
    /// 1-based.
    pub page: usize,
    /// Where it hangs; may be empty.
    pub placement: String,
    /// The symbol with its quiet zone.
    pub rect_mm: RectMm,
    /// Side of one module in millimetres.
    pub module_mm: f64,
    /// The code was read back from the file; see [`crate::verify`].
    pub verified: bool,
    /// Why it is not verified.
    pub why: Option<String>,
}

/// One item, laid out with its cell's top left corner as origin.
struct Composed<'a> {
    item: &'a SheetItem,
    blocks: Vec<Block>,
}

/// Lays the job out and writes the PDF. The codes are not verified yet.
///
/// # Errors
/// [`SheetError`] names the item or the limit: no codes, too many of them, a payload that is none,
/// a code too fine for the template.
pub fn render(job: &SheetJob) -> Result<Sheet, SheetError> {
    job.codes()?;
    let fonts = Fonts::load()?;
    let template = &job.template;
    let size = (
        template.page_mm.0 * PT_PER_MM,
        template.page_mm.1 * PT_PER_MM,
    );
    let mut issues = Vec::new();
    let mut composed = Vec::with_capacity(job.items.len());
    for item in job.items.iter().filter(|item| item.copies > 0) {
        let code = Arc::new(Code::new(&item.url)?);
        let (blocks, notes) = match &template.layout {
            Layout::Poster => poster::compose(&fonts, item, &code, size, job.local_note),
            Layout::Labels(grid) => label::compose(&fonts, item, &code, grid, job.local_note),
        };
        for block in &blocks {
            if let Block::Code(placed) = block {
                check_module(item, placed, template)?;
            }
        }
        issues.extend(notes.into_iter().map(|note| Issue {
            id: item.id.clone(),
            note,
        }));
        composed.push(Composed { item, blocks });
    }
    let (pages, codes) = fill_pages(&composed, &cells(template, size));
    let title = document_title(job);
    Ok(Sheet {
        pdf: pdf::write(&fonts, &title, size, &pages)?,
        pages: pages.len(),
        min_module_mm: template.min_module_mm,
        codes,
        issues,
    })
}

/// Top left corners of the places for a code on one page.
fn cells(template: &Template, size: (f64, f64)) -> Vec<(f64, f64)> {
    match &template.layout {
        Layout::Poster => vec![(0.0, 0.0)],
        Layout::Labels(grid) => label::cells(grid, size)
            .iter()
            .map(|c| (c.x, c.y))
            .collect(),
    }
}

fn fill_pages(
    composed: &[Composed<'_>],
    cells: &[(f64, f64)],
) -> (Vec<Vec<Block>>, Vec<PrintedCode>) {
    let mut pages: Vec<Vec<Block>> = Vec::new();
    let mut codes = Vec::new();
    let places = std::iter::repeat_with(|| cells.iter().enumerate()).flatten();
    let copies = composed
        .iter()
        .flat_map(|c| (0..c.item.copies).map(move |_| c));
    for (copy, (at, (x, y))) in copies.zip(places) {
        if at == 0 {
            pages.push(Vec::new());
        }
        let page = pages.len();
        let blocks: Vec<Block> = copy
            .blocks
            .iter()
            .map(|b| b.clone().moved(*x, *y))
            .collect();
        for block in &blocks {
            if let Block::Code(placed) = block {
                codes.push(printed(copy.item, placed, page));
            }
        }
        if let Some(page) = pages.last_mut() {
            page.extend(blocks);
        }
    }
    (pages, codes)
}

fn printed(item: &SheetItem, placed: &PlacedCode, page: usize) -> PrintedCode {
    PrintedCode {
        id: item.id.clone(),
        url: item.url.clone(),
        page,
        placement: item.placement.clone(),
        rect_mm: placed.rect().to_mm(),
        module_mm: placed.module / PT_PER_MM,
        verified: false,
        why: Some("not read back yet".to_owned()),
    }
}

fn check_module(
    item: &SheetItem,
    placed: &PlacedCode,
    template: &Template,
) -> Result<(), SheetError> {
    let module_mm = placed.module / PT_PER_MM;
    if module_mm >= template.min_module_mm {
        return Ok(());
    }
    Err(SheetError::ModuleTooSmall {
        id: item.id.clone(),
        module_mm: format!("{module_mm:.2}"),
        needed_mm: format!("{:.2}", template.min_module_mm),
    })
}

fn document_title(job: &SheetJob) -> String {
    let title = job
        .items
        .iter()
        .map(|item| item.title.trim())
        .find(|title| !title.is_empty());
    match title {
        Some(title) => crate::text::clean(title).0.replace('\n', " "),
        None => job.template.title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;
    use crate::{Picture, templates};
    use rustybuzz::ttf_parser::GlyphId;

    const HTTPS: &str = "HTTPS://GO.MERIDIAN.EXAMPLE";
    const LOCAL: &str = "HTTP://192.168.178.123:58765";
    const LONG_HOST: &str = "HTTPS://PLAY.CULTURE.NORTH.MERIDIAN-BROADCASTING.EXAMPLE";

    fn items() -> Vec<SheetItem> {
        let word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamten";
        let titles = [
            String::new(),
            "Promo".to_owned(),
            "Ångström ÉCOLE qgjpy".to_owned(),
            word.to_owned(),
            word.repeat(8),
            "A night of short films "
                .repeat(9)
                .chars()
                .take(200)
                .collect(),
            "Film ".repeat(700),
            "映画の夜 😀 مرحبا".to_owned(),
        ];
        let descriptions = [
            "",
            "Doors at six.\nHarbour Meadow.",
            &"Films under trees. ".repeat(90),
        ];
        let small = ["", "31 January 2027", &"a long way from here ".repeat(20)];
        let pictures = [None, Some((160, 90)), Some((30, 400)), Some((900, 30))];
        let mut items = Vec::new();
        for (at, title) in titles.iter().enumerate() {
            for (turn, description) in descriptions.iter().enumerate() {
                let picture = pictures[(at + turn) % pictures.len()].map(|(w, h)| {
                    Picture::from_rgb(w, h, &vec![90; (w * h * 3) as usize]).unwrap()
                });
                let id = ShortId::from_random([(at * 3 + turn) as u8; 22]);
                items.push(SheetItem {
                    url: format!("{}/P/{id}", [HTTPS, LOCAL, LONG_HOST][(at + 2 * turn) % 3]),
                    id,
                    title: title.clone(),
                    description: (*description).to_owned(),
                    picture,
                    duration_text: small[(at + turn) % 3].to_owned(),
                    expires_text: small[(at + 2 * turn) % 3].to_owned(),
                    placement: small[turn].to_owned(),
                    copies: 1,
                });
            }
        }
        items
    }

    fn overlap(a: &Rect, b: &Rect) -> bool {
        let touching = 0.01;
        a.x + touching < b.right()
            && b.x + touching < a.right()
            && a.y + touching < b.bottom()
            && b.y + touching < a.bottom()
    }

    /// The ink of a block: for text, the outlines of its glyphs.
    fn ink(fonts: &Fonts, block: &Block) -> Option<Rect> {
        let (rect, text) = match block {
            Block::Picture { rect, .. } => return Some(*rect),
            Block::Code(code) => return Some(code.rect()),
            Block::Text { rect, text } => (rect, text),
        };
        let mut edges: Option<(f64, f64, f64, f64)> = None;
        for (at, line) in text.lines.iter().enumerate() {
            let y = rect.y + text.baseline(at);
            let mut x = rect.x;
            for run in line.pieces.iter().flat_map(|piece| &piece.runs) {
                let face = fonts.shaper(run.face);
                let em = f64::from(face.units_per_em());
                for glyph in &run.glyphs {
                    let id = GlyphId(u16::try_from(glyph.glyph_id.to_u32()).unwrap());
                    if let Some(b) = face.glyph_bounding_box(id) {
                        let of = |units: i16| f64::from(units) / em * text.size;
                        let dx = x + f64::from(glyph.x_offset) * text.size;
                        let dy = y - f64::from(glyph.y_offset) * text.size;
                        let new = (
                            dx + of(b.x_min),
                            dy - of(b.y_max),
                            dx + of(b.x_max),
                            dy - of(b.y_min),
                        );
                        let old = edges.unwrap_or(new);
                        edges = Some((
                            old.0.min(new.0),
                            old.1.min(new.1),
                            old.2.max(new.2),
                            old.3.max(new.3),
                        ));
                    }
                    x += f64::from(glyph.x_advance) * text.size;
                }
            }
        }
        edges.map(|(left, top, right, bottom)| Rect::new(left, top, right - left, bottom - top))
    }

    #[test]
    fn nothing_overlaps_and_nothing_leaves_its_cell() {
        let fonts = Fonts::load().unwrap();
        for template in templates() {
            let page = (
                template.page_mm.0 * PT_PER_MM,
                template.page_mm.1 * PT_PER_MM,
            );
            for (at, item) in items().iter().enumerate() {
                let code = Arc::new(Code::new(&item.url).unwrap());
                let local = at % 2 == 0;
                let ((blocks, _), cell) = match &template.layout {
                    Layout::Poster => (poster::compose(&fonts, item, &code, page, local), page),
                    Layout::Labels(grid) => (
                        label::compose(&fonts, item, &code, grid, local),
                        (grid.label_mm.0 * PT_PER_MM, grid.label_mm.1 * PT_PER_MM),
                    ),
                };
                let name = |block: &Block| match block {
                    Block::Picture { .. } => "picture".to_owned(),
                    Block::Code(_) => "code".to_owned(),
                    Block::Text { text, .. } => text.text().chars().take(40).collect(),
                };
                let inked: Vec<(String, Rect)> = blocks
                    .iter()
                    .filter_map(|b| Some((name(b), ink(&fonts, b)?)))
                    .collect();
                for (n, (what, a)) in inked.iter().enumerate() {
                    let inside = a.x >= -0.01
                        && a.y >= -0.01
                        && a.right() <= cell.0 + 0.01
                        && a.bottom() <= cell.1 + 0.01;
                    assert!(
                        inside,
                        "{} item {at}: {what:?} leaves its cell: {a:?}",
                        template.name
                    );
                    for (other, b) in &inked[..n] {
                        assert!(
                            !overlap(a, b),
                            "{} item {at}: {what:?} {a:?} lies on {other:?} {b:?}",
                            template.name
                        );
                    }
                }
                assert!(
                    inked.len() >= 4,
                    "{} item {at} lacks something",
                    template.name
                );
            }
        }
    }

    #[test]
    fn the_quiet_zone_and_the_modules_are_as_large_as_promised() {
        for template in templates() {
            let job = SheetJob {
                template: *template,
                items: items(),
                local_note: true,
            };
            let sheet = render(&job).unwrap();
            for code in &sheet.codes {
                assert!(
                    code.module_mm >= template.min_module_mm,
                    "{}: {code:?}",
                    template.name
                );
                let modules = code.rect_mm.width / code.module_mm;
                assert!((modules - modules.round()).abs() < 1e-6);
                assert_eq!(
                    modules.round() as usize,
                    Code::new(&code.url).unwrap().modules() + 8
                );
                // 600 dots per inch: every module is a whole number of dots.
                let dots = code.module_mm / 25.4 * 600.0;
                assert!((dots - dots.round()).abs() < 1e-6, "{dots}");
            }
        }
    }
}
