//! Template files: their form and what makes a template unprintable.

use crate::SheetError;
use crate::code::QUIET_ZONE;
use crate::contact;
use crate::geometry::{PT_PER_MM, Rect};
use crate::label;
use crate::template::{ContactGrid, LabelGrid, Layout, Template};
use serde::Deserialize;

/// Templates in one file.
const MAX_TEMPLATES: usize = 200;
/// Codes on one page.
const MAX_CODES: usize = 500;
/// A page's sides, in millimetres.
const PAGE_MM: std::ops::RangeInclusive<f64> = 30.0..=1_500.0;
/// The modules of the smallest code, with its quiet zone.
const SMALLEST_CODE: usize = 21 + 2 * QUIET_ZONE;
/// A poster must be readable from some distance, so its modules are large.
const POSTER_MODULE_MM: f64 = 1.0;
/// A label is read from the hand.
const LABEL_MODULE_MM: f64 = 0.5;
/// Below this no template may go: printers blur it and phones do not resolve it.
const LEAST_MODULE_MM: f64 = 0.4;
/// Forgives rounding in sizes given in inches.
const SLACK_MM: f64 = 0.01;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    template: Vec<toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    title: String,
    page_mm: (f64, f64),
    min_module_mm: Option<f64>,
    poster: Option<Poster>,
    labels: Option<Labels>,
    contact: Option<Contact>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Poster {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Labels {
    columns: usize,
    rows: usize,
    label_mm: (f64, f64),
    pitch_mm: (f64, f64),
    origin_mm: Option<(f64, f64)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Contact {
    columns: usize,
    rows: usize,
}

/// The templates of a file; each that can't be printed is refused by its name (or by the file's
/// when it has none).
pub(crate) fn parse(file: &str, text: &str) -> Vec<Result<Template, SheetError>> {
    let refuse = |name: &str, why: String| SheetError::TemplateFile {
        name: name.chars().filter(|c| !c.is_control()).take(80).collect(),
        why,
    };
    let parsed: File = match toml::from_str(text) {
        Ok(parsed) => parsed,
        Err(error) => return vec![Err(refuse(file, error.message().to_owned()))],
    };
    let mut templates = Vec::new();
    for value in parsed.template.into_iter().take(MAX_TEMPLATES) {
        let name = value.get("name").and_then(toml::Value::as_str);
        let name = name.unwrap_or(file).to_owned();
        let entry = value
            .try_into::<Entry>()
            .map_err(|error| error.message().to_owned());
        templates.push(entry.and_then(check).map_err(|why| refuse(&name, why)));
    }
    if templates.is_empty() {
        templates.push(Err(refuse(file, "it has no [[template]]".to_owned())));
    }
    templates
}

/// A template, if a sheet can be printed with it.
fn check(entry: Entry) -> Result<Template, String> {
    let name_is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if entry.name.is_empty() || entry.name.len() > 40 || !entry.name.chars().all(name_is_plain) {
        return Err("a name has 1 to 40 small letters, digits and hyphens".to_owned());
    }
    let title = crate::text::clean(&entry.title).0;
    if title.is_empty() || title.chars().count() > 80 {
        return Err("a title has 1 to 80 characters".to_owned());
    }
    let (width, height) = entry.page_mm;
    if !PAGE_MM.contains(&width) || !PAGE_MM.contains(&height) {
        return Err(format!(
            "a page of {width} × {height} mm; sides are {} to {} mm",
            PAGE_MM.start(),
            PAGE_MM.end()
        ));
    }
    let usual = if entry.poster.is_some() {
        POSTER_MODULE_MM
    } else {
        LABEL_MODULE_MM
    };
    let min_module_mm = entry.min_module_mm.unwrap_or(usual);
    if !(LEAST_MODULE_MM..=20.0).contains(&min_module_mm) {
        return Err(format!(
            "modules of {min_module_mm} mm; they are {LEAST_MODULE_MM} to 20 mm"
        ));
    }
    let layout = match (entry.poster, entry.labels, entry.contact) {
        (Some(Poster {}), None, None) => Layout::Poster,
        (None, Some(labels), None) => Layout::Labels(check_labels(&labels, entry.page_mm)?),
        (None, None, Some(contact)) => Layout::Contact(check_contact(&contact)?),
        _ => return Err("it needs one of `poster`, `labels` and `contact`".to_owned()),
    };
    check_room(&layout, entry.page_mm, min_module_mm)?;
    let codes_per_page = match &layout {
        Layout::Poster => 1,
        Layout::Labels(grid) => grid.columns * grid.rows,
        Layout::Contact(grid) => grid.columns * grid.rows,
    };
    Ok(Template {
        name: entry.name,
        title: title.replace('\n', " "),
        page_mm: entry.page_mm,
        codes_per_page,
        min_module_mm,
        layout,
    })
}

fn check_count(columns: usize, rows: usize) -> Result<(), String> {
    let cells = columns.saturating_mul(rows);
    if cells == 0 || cells > MAX_CODES {
        return Err(format!(
            "{columns} columns and {rows} rows; 1 to {MAX_CODES} cells fit a page"
        ));
    }
    Ok(())
}

fn check_labels(labels: &Labels, page: (f64, f64)) -> Result<LabelGrid, String> {
    check_count(labels.columns, labels.rows)?;
    let (w, h) = labels.label_mm;
    if !(w.is_finite() && h.is_finite() && w > 0.0 && h > 0.0) {
        return Err(format!("labels of {w} × {h} mm have no size"));
    }
    let (dx, dy) = labels.pitch_mm;
    // Written so that what is no number is refused.
    let apart = |count: usize, pitch: f64, side: f64| count == 1 || pitch >= side - SLACK_MM;
    let finite = dx.is_finite() && dy.is_finite();
    if !(finite && apart(labels.columns, dx, w) && apart(labels.rows, dy, h)) {
        return Err(format!(
            "labels of {w} × {h} mm every {dx} × {dy} mm would overlap"
        ));
    }
    let across = (labels.columns - 1) as f64 * dx + w;
    let down = (labels.rows - 1) as f64 * dy + h;
    let centred = ((page.0 - across) / 2.0, (page.1 - down) / 2.0);
    let origin_mm = labels.origin_mm.unwrap_or(centred);
    let inside = |at: f64, length: f64, page: f64| {
        at.is_finite() && at >= -SLACK_MM && at + length <= page + SLACK_MM
    };
    if !inside(origin_mm.0, across, page.0) || !inside(origin_mm.1, down, page.1) {
        return Err(format!(
            "the grid takes {across:.1} × {down:.1} mm and leaves the page"
        ));
    }
    Ok(LabelGrid {
        columns: labels.columns,
        rows: labels.rows,
        label_mm: labels.label_mm,
        pitch_mm: labels.pitch_mm,
        origin_mm,
    })
}

fn check_contact(contact: &Contact) -> Result<ContactGrid, String> {
    check_count(contact.columns, contact.rows)?;
    Ok(ContactGrid {
        columns: contact.columns,
        rows: contact.rows,
    })
}

/// The smallest code there is must find room.
fn check_room(layout: &Layout, page_mm: (f64, f64), min_module_mm: f64) -> Result<(), String> {
    let page = (page_mm.0 * PT_PER_MM, page_mm.1 * PT_PER_MM);
    let (cell, side) = match layout {
        Layout::Poster => (
            Rect::new(0.0, 0.0, page.0, page.1),
            0.4 * page.0.min(page.1),
        ),
        Layout::Labels(grid) => {
            let (w, h) = (grid.label_mm.0 * PT_PER_MM, grid.label_mm.1 * PT_PER_MM);
            (Rect::new(0.0, 0.0, w, h), label::code_room(w, h))
        }
        Layout::Contact(grid) => {
            let cells = contact::cells(grid, page);
            let cell = cells
                .first()
                .copied()
                .unwrap_or(Rect::new(0.0, 0.0, 0.0, 0.0));
            (cell, contact::code_room(&cell))
        }
    };
    let needed = SMALLEST_CODE as f64 * min_module_mm;
    if side / PT_PER_MM < needed {
        return Err(format!(
            "cells of {:.1} × {:.1} mm are too small for any code; the smallest takes {needed:.1} mm",
            cell.w / PT_PER_MM,
            cell.h / PT_PER_MM
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(change: (&str, &str)) -> String {
        let sound = "[[template]]\nname = 'strip'\ntitle = 'Strip'\npage_mm = [210, 297]\n\
                     [template.labels]\ncolumns = 2\nrows = 6\nlabel_mm = [90.0, 40.0]\n\
                     pitch_mm = [95, 45]\n";
        assert!(parse("f", sound)[0].is_ok(), "{:?}", parse("f", sound));
        assert!(sound.contains(change.0), "{change:?}");
        let text = sound.replace(change.0, change.1);
        parse("f", &text).remove(0).unwrap_err().to_string()
    }

    #[test]
    fn what_can_not_be_printed_is_refused_by_name() {
        for (change, why) in [
            (("[90.0, 40.0]", "[0.0, 40.0]"), "have no size"),
            (("[90.0, 40.0]", "[90.0, -1.0]"), "have no size"),
            (("[90.0, 40.0]", "[nan, 40.0]"), "have no size"),
            (("[90.0, 40.0]", "[9.0, 9.0]"), "too small for any code"),
            (("[95, 45]", "[80, 45]"), "would overlap"),
            (("[95, 45]", "[nan, 45]"), "would overlap"),
            (("[95, 45]", "[inf, 45]"), "would overlap"),
            (("[95, 45]", "[195, 45]"), "leaves the page"),
            (("columns = 2", "columns = 0"), "0 columns"),
            (("columns = 2", "columns = 90000000000"), "cells fit a page"),
            (("columns = 2", "columns = -2"), "invalid value"),
            (("[210, 297]", "[0, 297]"), "a page of 0 × 297 mm"),
            (("[210, 297]", "[210, 1e9]"), "a page of"),
            (("title", "min_module_mm = 0.1\ntitle"), "modules of 0.1 mm"),
            (("'Strip'", "''"), "a title has"),
            (("rows", "colour = 'red'\nrows"), "unknown field"),
            (
                ("[template.labels]", "poster = {}\n[template.labels]"),
                "one of",
            ),
        ] {
            let found = failure(change);
            assert!(
                found.contains("`strip`") && found.contains(why),
                "{change:?}: {found}"
            );
        }
        assert!(failure(("'strip'", "'Two words'")).contains("a name has"));
        assert!(failure(("[[template]]", "[[templates]]")).contains("`f`"));
    }
}
