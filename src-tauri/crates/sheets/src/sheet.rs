//! A job becomes pages.

use crate::code::{Code, Level};
use crate::distance::side_for_distance;
use crate::font::Fonts;
use crate::font_source::{BundledFonts, FontSource};
use crate::geometry::{PT_PER_MM, RectMm};
use crate::issue::{Issue, Note};
use crate::job::{SheetItem, SheetJob};
use crate::layout::{Block, PlacedCode, Setting};
use crate::logo::LogoRoom;
use crate::paper::Paper;
use crate::pdf::Writer;
use crate::template::{Layout, Template};
use crate::{PrintOptions, SheetError, contact, label, marks, poster, text};
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
    /// The codes bear a logo, so the check also damages them.
    pub has_logo: bool,
}

/// A code that did not read back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailedCode {
    /// The id it leads to.
    pub id: ShortId,
    /// 1-based.
    pub page: usize,
    /// Where it hangs; may be empty.
    pub placement: String,
    /// The symbol with its quiet zone, to be marked in the preview.
    pub rect_mm: RectMm,
    /// In words for the producer.
    pub why: String,
}

impl Sheet {
    /// Every code that did not read back, in the order of the pages.
    #[must_use]
    pub fn failed(&self) -> Vec<FailedCode> {
        let failed = self.codes.iter().filter(|code| !code.verified);
        failed
            .map(|code| FailedCode {
                id: code.id.clone(),
                page: code.page,
                placement: code.placement.clone(),
                rect_mm: code.rect_mm,
                why: code.why.clone().unwrap_or_default(),
            })
            .collect()
    }

    /// The file, when every code in it was read back.
    ///
    /// # Errors
    /// [`SheetError::Unverified`] with every code that was not, and why.
    pub fn export(&self) -> Result<&[u8], SheetError> {
        let failed = self.failed();
        if failed.is_empty() {
            return Ok(&self.pdf);
        }
        let codes = self.codes.len();
        Err(SheetError::Unverified { failed, codes })
    }
}

/// Failed codes in words; of many, the first ones.
pub(crate) fn list(failed: &[FailedCode]) -> String {
    const SHOWN: usize = 5;
    let of =
        |code: &FailedCode| format!("{} on page {}: {}", code.id.grouped(), code.page, code.why);
    let mut text = failed
        .iter()
        .take(SHOWN)
        .map(of)
        .collect::<Vec<_>>()
        .join("; ");
    if failed.len() > SHOWN {
        text.push_str(&format!("; and {} more", failed.len() - SHOWN));
    }
    text
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

/// Lays the job out for an office printer, with the bundled fonts alone, and writes the PDF. The
/// codes are not verified yet.
///
/// # Errors
/// As [`render_with`].
pub fn render(job: &SheetJob) -> Result<Sheet, SheetError> {
    render_with(job, &PrintOptions::default(), &BundledFonts)
}

/// Lays the job out and writes the PDF. The codes are not verified yet.
///
/// # Errors
/// [`SheetError`] names the item, the option or the limit: no codes, too many of them, a payload
/// that is none, a code too fine for the template or too dense for a logo, paper that does not allow
/// what the options ask for.
pub fn render_with(
    job: &SheetJob,
    options: &PrintOptions,
    source: &dyn FontSource,
) -> Result<Sheet, SheetError> {
    job.codes()?;
    let template = &job.template;
    options.check(template)?;
    let fonts = Fonts::load(source)?;
    let setting = Setting {
        fonts: &fonts,
        options,
        local_note: job.local_note,
    };
    let paper = Paper::new(template, options);
    let cells = cells(template, &paper);
    let logo_room = LogoRoom::default();
    let mut issues = Vec::new();
    let mut composed = Vec::with_capacity(job.items.len());
    for item in job.items.iter().filter(|item| item.copies > 0) {
        let level = if options.logo.is_some() {
            Level::H
        } else {
            Level::Q
        };
        let code = Arc::new(Code::with_level(&item.url, level)?);
        let (mut blocks, mut notes) = compose(&setting, template, item, &code, &paper);
        for block in &mut blocks {
            if let Block::Code(placed) = block {
                check_module(item, placed, template)?;
                notes.extend(too_small(item, placed));
                if let Some(logo) = &options.logo {
                    let side = logo_room.for_code(&code, &item.url)?;
                    placed.logo = Some((logo.clone(), side));
                }
            }
        }
        issues.extend(notes.into_iter().map(|note| Issue {
            id: item.id.clone(),
            note,
        }));
        composed.push(Composed { item, blocks });
    }
    let mut pages = Pages::new(&paper, options);
    pages.fill(&composed, &cells);
    let title = document_title(job);
    pages.finish(&setting, template, &title);
    let writer = Writer {
        fonts: &fonts,
        profile: options.profile,
        paper,
    };
    Ok(Sheet {
        pdf: writer.write(&title, &pages.blocks)?,
        pages: pages.blocks.len(),
        min_module_mm: template.min_module_mm,
        codes: pages.codes,
        issues,
        has_logo: options.logo.is_some(),
    })
}

/// Lays out one item. Where its first words run from right to left, code and text change sides.
fn compose(
    setting: &Setting<'_>,
    template: &Template,
    item: &SheetItem,
    code: &Arc<Code>,
    paper: &Paper,
) -> (Vec<Block>, Vec<Note>) {
    let size = (paper.trim.w, paper.trim.h);
    let ((blocks, notes), width) = match &template.layout {
        Layout::Poster => (poster::compose(setting, item, code, size), size.0),
        Layout::Labels(grid) => {
            let width = grid.label_mm.0 * PT_PER_MM;
            (label::compose(setting, item, code, grid), width)
        }
        Layout::Contact(grid) => {
            let cells = contact::cells(grid, size);
            let cell = cells.first().map_or(size, |c| (c.w, c.h));
            (contact::compose(setting, item, code, cell), cell.0)
        }
    };
    let leading = if poster::is_blank(&item.title) {
        &setting.options.wording.call_to_action
    } else {
        &item.title
    };
    if !text::runs_from_right(leading) {
        return (blocks, notes);
    }
    let blocks = blocks.into_iter().map(|block| block.mirrored(width));
    (blocks.collect(), notes)
}

/// Top left corners of the places for a code on one finished page.
fn cells(template: &Template, paper: &Paper) -> Vec<(f64, f64)> {
    let corners = |cells: Vec<crate::geometry::Rect>| cells.iter().map(|c| (c.x, c.y)).collect();
    match &template.layout {
        Layout::Poster => vec![(0.0, 0.0)],
        Layout::Labels(grid) => corners(label::cells(grid)),
        Layout::Contact(grid) => corners(contact::cells(grid, (paper.trim.w, paper.trim.h))),
    }
}

/// The pages as they fill.
struct Pages<'a> {
    paper: &'a Paper,
    options: &'a PrintOptions,
    blocks: Vec<Vec<Block>>,
    codes: Vec<PrintedCode>,
}

impl<'a> Pages<'a> {
    fn new(paper: &'a Paper, options: &'a PrintOptions) -> Self {
        Self {
            paper,
            options,
            blocks: Vec::new(),
            codes: Vec::new(),
        }
    }

    /// Copies go to the cells in order, on the first page from the one to start at.
    fn fill(&mut self, composed: &[Composed<'_>], cells: &[(f64, f64)]) {
        let (dx, dy) = self.options.offset_mm;
        let (dx, dy) = (dx * PT_PER_MM, dy * PT_PER_MM);
        let places = std::iter::repeat_with(|| cells.iter().enumerate())
            .flatten()
            .skip(self.options.start_at.saturating_sub(1));
        let copies = composed
            .iter()
            .flat_map(|c| (0..c.item.copies).map(move |_| c));
        for (copy, (at, (x, y))) in copies.zip(places) {
            if at == 0 || self.blocks.is_empty() {
                self.blocks.push(Vec::new());
            }
            let page = self.blocks.len();
            for block in &copy.blocks {
                let block = self.paper.place(block.clone().moved(*x, *y)).moved(dx, dy);
                if let Block::Code(placed) = &block {
                    self.codes.push(printed(copy.item, placed, page));
                }
                if let Some(page) = self.blocks.last_mut() {
                    page.push(block);
                }
            }
        }
    }

    /// Adds what stands on every page.
    fn finish(&mut self, setting: &Setting<'_>, template: &Template, title: &str) {
        let (dx, dy) = self.options.offset_mm;
        let (dx, dy) = (dx * PT_PER_MM, dy * PT_PER_MM);
        let count = self.blocks.len();
        for (at, page) in self.blocks.iter_mut().enumerate() {
            let mut more = Vec::new();
            if matches!(template.layout, Layout::Contact(_)) {
                let (blocks, _) =
                    contact::heading(setting, title, (at + 1, count), self.paper.trim.w);
                more.extend(blocks.into_iter().map(|block| self.paper.place(block)));
            }
            if self.options.crop_marks {
                more.extend(marks::crop_marks(template, self.paper));
            }
            page.extend(more.into_iter().map(|block| block.moved(dx, dy)));
        }
    }
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

fn too_small(item: &SheetItem, placed: &PlacedCode) -> Option<Note> {
    let distance_m = item
        .viewing_distance_m
        .filter(|distance| distance.is_finite())?;
    let side = placed.symbol().w / PT_PER_MM;
    let needed = side_for_distance(distance_m, placed.code.modules());
    (side < needed - 0.5).then_some(Note::TooSmall {
        side_mm: side.floor() as u32,
        needed_mm: needed.ceil() as u32,
        distance_m,
    })
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
        None => job.template.title.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Rect;
    use crate::layout::Setting;
    use crate::{Picture, templates};
    use ttf_parser::GlyphId;

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
            "ليلة أفلام قصيرة تحت الأشجار في المرج قرب الميناء، الدخول مجاني".to_owned(),
            "ערב סרטים קצרים תחת כיפת השמים (Open-air) בנמל".to_owned(),
            "星空の下で短編映画を上映します。港の映画の夜、入場無料".repeat(3),
            "露天电影周末，海港草地".to_owned(),
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
                    viewing_distance_m: [None, Some(0.4), Some(3.0), Some(1e9)][at % 4],
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
    fn ink(fonts: &Fonts<'_>, block: &Block) -> Option<Rect> {
        let (rect, text) = match block {
            Block::Picture { rect, .. } | Block::Fill { rect, .. } => return Some(*rect),
            Block::Code(code) => return Some(code.rect()),
            Block::Text { rect, text } => (rect, text),
        };
        let mut edges: Option<(f64, f64, f64, f64)> = None;
        for (at, line) in text.lines.iter().enumerate() {
            let y = rect.y + text.baseline(at);
            let mut x = rect.x + text.indent(line);
            for run in &line.runs {
                let (file, index) = fonts.file(run.face);
                let face = ttf_parser::Face::parse(file.as_ref(), index).unwrap();
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
        let fonts = Fonts::load(&BundledFonts).unwrap();
        let brand = crate::Brand {
            name: "Meridian Culture".to_owned(),
            logo: Some(Picture::from_rgb(90, 60, &[40; 90 * 60 * 3]).unwrap()),
        };
        let plain = PrintOptions::default();
        let branded = PrintOptions {
            brand: Some(brand),
            typed_code: false,
            ..PrintOptions::default()
        };
        for template in templates() {
            let paper = Paper::new(template, &plain);
            let page = paper.size;
            for (at, item) in items().iter().enumerate() {
                let code = Arc::new(Code::new(&item.url).unwrap());
                let setting = Setting {
                    fonts: &fonts,
                    options: if at % 4 == 3 { &branded } else { &plain },
                    local_note: at % 2 == 0,
                };
                let (blocks, _) = compose(&setting, template, item, &code, &paper);
                let cell = match &template.layout {
                    Layout::Poster => page,
                    Layout::Labels(grid) => {
                        (grid.label_mm.0 * PT_PER_MM, grid.label_mm.1 * PT_PER_MM)
                    }
                    Layout::Contact(grid) => {
                        let cell = contact::cells(grid, page)[0];
                        (cell.w, cell.h)
                    }
                };
                let name = |block: &Block| match block {
                    Block::Picture { .. } | Block::Fill { .. } => "picture".to_owned(),
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
                    inked.len() >= 3,
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
                template: template.clone(),
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
