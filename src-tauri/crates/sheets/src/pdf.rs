//! Laid-out pages to PDF: vector modules, embedded subset fonts, pictures as JPEG.

use crate::font::Fonts;
use crate::geometry::Rect;
use crate::layout::{Block, PlacedCode};
use crate::paper::Paper;
use crate::picture::Picture;
use crate::text::TextBlock;
use crate::{Profile, SheetError};
use krilla::Document;
use krilla::color::{cmyk, luma};
use krilla::geom::{Path, PathBuilder, Point, Size, Transform};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Paint};
use krilla::surface::Surface;

/// Writes pages of one size. Black is one ink's: gray in the office, K of CMYK in the press.
pub(crate) struct Writer<'a> {
    pub(crate) fonts: &'a Fonts<'a>,
    pub(crate) profile: Profile,
    pub(crate) paper: Paper,
}

impl Writer<'_> {
    pub(crate) fn write(&self, title: &str, pages: &[Vec<Block>]) -> Result<Vec<u8>, SheetError> {
        let settings = self.page_settings()?;
        let mut document = Document::new();
        for blocks in pages {
            let mut page = document.start_page_with(settings.clone());
            let mut surface = page.surface();
            for block in blocks {
                self.draw(&mut surface, block);
            }
            surface.finish();
            page.finish();
        }
        let metadata = Metadata::new()
            .title(title.to_owned())
            .creator("Stringout".to_owned());
        document.set_metadata(metadata);
        document
            .finish()
            .map_err(|error| SheetError::Pdf(format!("{error:?}")))
    }

    fn page_settings(&self) -> Result<PageSettings, SheetError> {
        let (width, height) = self.paper.size;
        let settings = PageSettings::from_wh(width as f32, height as f32)
            .ok_or_else(|| SheetError::Pdf(format!("no page can be {width} × {height} points")))?;
        let is_larger = self.paper.size != (self.paper.trim.w, self.paper.trim.h);
        if self.profile == Profile::Office && !is_larger {
            return Ok(settings);
        }
        Ok(settings
            .with_trim_box(to_krilla(self.paper.trim))
            .with_bleed_box(to_krilla(self.paper.bleed)))
    }

    fn draw(&self, surface: &mut Surface<'_>, block: &Block) {
        match block {
            Block::Picture { rect, picture } => draw_picture(surface, *rect, picture),
            Block::Text { rect, text } => self.draw_text(surface, *rect, text),
            Block::Code(code) => self.draw_code(surface, code),
            Block::Fill { rect, gray } => self.fill(surface, path([*rect]), *gray),
        }
    }

    fn draw_code(&self, surface: &mut Surface<'_>, code: &PlacedCode) {
        self.fill(surface, code_path(code), 0);
        if let Some((place, logo)) = code.logo_place() {
            draw_picture(surface, place, &logo.picture);
        }
    }

    fn fill(&self, surface: &mut Surface<'_>, path: Option<Path>, gray: u8) {
        self.set_gray(surface, gray);
        if let Some(path) = path {
            surface.draw_path(&path);
        }
    }

    fn set_gray(&self, surface: &mut Surface<'_>, gray: u8) {
        let paint: Paint = match self.profile {
            Profile::Office => luma::Color::new(gray).into(),
            Profile::Press => cmyk::Color::new(0, 0, 0, 255 - gray).into(),
        };
        surface.set_fill(Some(Fill {
            paint,
            opacity: NormalizedF32::ONE,
            rule: FillRule::NonZero,
        }));
    }

    fn draw_text(&self, surface: &mut Surface<'_>, rect: Rect, text: &TextBlock) {
        self.set_gray(surface, text.gray);
        for (at, line) in text.lines.iter().enumerate() {
            let y = rect.y + text.baseline(at);
            let mut x = rect.x + text.indent(line);
            for run in &line.runs {
                let start = Point::from_xy(x as f32, y as f32);
                if let Some(font) = self.fonts.embedded(run.face) {
                    let size = text.size as f32;
                    surface.draw_glyphs(start, &run.glyphs, font, &run.text, size, false);
                }
                x += run.advance * text.size;
            }
        }
    }
}

fn to_krilla(rect: Rect) -> Option<krilla::geom::Rect> {
    let (left, top) = (rect.x as f32, rect.y as f32);
    krilla::geom::Rect::from_ltrb(left, top, rect.right() as f32, rect.bottom() as f32)
}

fn path(rects: impl IntoIterator<Item = Rect>) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for rect in rects {
        builder.push_rect(to_krilla(rect)?);
    }
    builder.finish()
}

/// All dark modules as one path, so that no seam shows between them.
fn code_path(code: &PlacedCode) -> Option<Path> {
    let module = code.module;
    let free = code.logo.as_ref().map_or(0, |(_, modules)| *modules);
    path(code.code.dark_runs_around(free).into_iter().map(|run| {
        let x = code.x + run.column as f64 * module;
        let y = code.y + run.row as f64 * module;
        Rect::new(x, y, run.length as f64 * module, module)
    }))
}

/// Fills `rect` with the middle of the picture, undistorted.
fn draw_picture(surface: &mut Surface<'_>, rect: Rect, picture: &Picture) {
    let (across, down) = picture.size();
    let scale = (rect.w / f64::from(across)).max(rect.h / f64::from(down));
    let (w, h) = (f64::from(across) * scale, f64::from(down) * scale);
    let (x, y) = (rect.x + (rect.w - w) / 2.0, rect.y + (rect.h - h) / 2.0);
    let (Some(frame), Some(size)) = (path([rect]), Size::from_wh(w as f32, h as f32)) else {
        return;
    };
    surface.push_clip_path(&frame, &FillRule::NonZero);
    surface.push_transform(&Transform::from_translate(x as f32, y as f32));
    surface.draw_image(picture.image.clone(), size);
    surface.pop();
    surface.pop();
}
