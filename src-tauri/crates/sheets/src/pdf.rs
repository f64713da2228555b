//! Laid-out pages to PDF: vector modules, embedded subset fonts, pictures as JPEG.

use crate::SheetError;
use crate::font::Fonts;
use crate::geometry::Rect;
use crate::layout::{Block, PlacedCode};
use crate::picture::Picture;
use crate::text::TextBlock;
use krilla::Document;
use krilla::color::luma;
use krilla::geom::{Path, PathBuilder, Point, Size, Transform};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;

/// Writes the pages, all of one size in points. Black is the gray colour space's, so that printers
/// use black ink alone.
pub(crate) fn write(
    fonts: &Fonts,
    title: &str,
    (width, height): (f64, f64),
    pages: &[Vec<Block>],
) -> Result<Vec<u8>, SheetError> {
    let settings = PageSettings::from_wh(width as f32, height as f32)
        .ok_or_else(|| SheetError::Pdf(format!("no page can be {width} × {height} points")))?;
    let mut document = Document::new();
    for blocks in pages {
        let mut page = document.start_page_with(settings.clone());
        let mut surface = page.surface();
        for block in blocks {
            draw(&mut surface, fonts, block);
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
        .map_err(|error| SheetError::Pdf(error.to_string()))
}

fn draw(surface: &mut Surface<'_>, fonts: &Fonts, block: &Block) {
    match block {
        Block::Picture { rect, picture } => draw_picture(surface, *rect, picture),
        Block::Text { rect, text } => draw_text(surface, fonts, *rect, text),
        Block::Code(code) => fill(surface, code_path(code), 0),
    }
}

fn fill(surface: &mut Surface<'_>, path: Option<Path>, gray: u8) {
    set_gray(surface, gray);
    if let Some(path) = path {
        surface.draw_path(&path);
    }
}

fn set_gray(surface: &mut Surface<'_>, gray: u8) {
    surface.set_fill(Some(Fill {
        paint: luma::Color::new(gray).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }));
}

fn path(rects: impl IntoIterator<Item = Rect>) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for rect in rects {
        let (left, top) = (rect.x as f32, rect.y as f32);
        let (right, bottom) = (rect.right() as f32, rect.bottom() as f32);
        let rect = krilla::geom::Rect::from_ltrb(left, top, right, bottom)?;
        builder.push_rect(rect);
    }
    builder.finish()
}

/// All dark modules as one path, so that no seam shows between them.
fn code_path(code: &PlacedCode) -> Option<Path> {
    let module = code.module;
    path(code.code.dark_runs().into_iter().map(|run| {
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

fn draw_text(surface: &mut Surface<'_>, fonts: &Fonts, rect: Rect, text: &TextBlock) {
    set_gray(surface, text.gray);
    for (at, line) in text.lines.iter().enumerate() {
        let y = rect.y + text.baseline(at);
        let mut x = rect.x;
        for run in line.pieces.iter().flat_map(|piece| &piece.runs) {
            let start = Point::from_xy(x as f32, y as f32);
            let font = fonts.embedded(run.face);
            surface.draw_glyphs(start, &run.glyphs, font, &run.text, text.size as f32, false);
            x += run.advance * text.size;
        }
    }
}
