//! The templates: page sizes, label grids and the limits of the codes on them.

use crate::SheetError;
use serde::Serialize;

/// A kind of sheet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Template {
    /// What the command line and records call it.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Width and height of the page in millimetres.
    pub page_mm: (f64, f64),
    /// Codes on one page.
    pub codes_per_page: usize,
    /// The smallest module (one square of the code) allowed on it, in millimetres.
    pub min_module_mm: f64,
    /// How a page is divided.
    pub layout: Layout,
}

/// How a page is divided.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// One code on a page, below a picture and a title.
    Poster,
    /// A grid of self-adhesive labels, centred on the page.
    Labels(LabelGrid),
}

/// A grid of labels, in millimetres.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LabelGrid {
    /// Labels in a row.
    pub columns: usize,
    /// Rows on a page.
    pub rows: usize,
    /// Width and height of one label.
    pub label_mm: (f64, f64),
    /// Distance from one label's left and top edge to the next one's.
    pub pitch_mm: (f64, f64),
}

/// A poster must be readable from some distance, so its modules are large.
const POSTER_MODULE_MM: f64 = 1.0;
/// A label is read from the hand.
const LABEL_MODULE_MM: f64 = 0.5;

const A4: (f64, f64) = (210.0, 297.0);
const LETTER: (f64, f64) = (215.9, 279.4);

static TEMPLATES: [Template; 9] = [
    poster("poster-a4", "A4 poster", A4),
    poster("poster-a3", "A3 poster", (297.0, 420.0)),
    poster("poster-letter", "Letter poster", LETTER),
    poster("poster-tabloid", "Tabloid poster", (279.4, 431.8)),
    labels(
        "avery-l7160",
        "Avery L7160",
        A4,
        (3, 7),
        (63.5, 38.1),
        (66.04, 38.1),
    ),
    labels(
        "avery-l7163",
        "Avery L7163",
        A4,
        (2, 7),
        (99.1, 38.1),
        (101.64, 38.1),
    ),
    labels(
        "avery-l7165",
        "Avery L7165",
        A4,
        (2, 4),
        (99.1, 67.7),
        (101.64, 67.7),
    ),
    labels(
        "avery-5160",
        "Avery 5160",
        LETTER,
        (3, 10),
        (66.675, 25.4),
        (69.85, 25.4),
    ),
    labels(
        "avery-5163",
        "Avery 5163",
        LETTER,
        (2, 5),
        (101.6, 50.8),
        (106.3625, 50.8),
    ),
];

const fn poster(name: &'static str, title: &'static str, page_mm: (f64, f64)) -> Template {
    Template {
        name,
        title,
        page_mm,
        codes_per_page: 1,
        min_module_mm: POSTER_MODULE_MM,
        layout: Layout::Poster,
    }
}

const fn labels(
    name: &'static str,
    title: &'static str,
    page_mm: (f64, f64),
    (columns, rows): (usize, usize),
    label_mm: (f64, f64),
    pitch_mm: (f64, f64),
) -> Template {
    Template {
        name,
        title,
        page_mm,
        codes_per_page: columns * rows,
        min_module_mm: LABEL_MODULE_MM,
        layout: Layout::Labels(LabelGrid {
            columns,
            rows,
            label_mm,
            pitch_mm,
        }),
    }
}

/// All templates, posters first.
#[must_use]
pub fn templates() -> &'static [Template] {
    &TEMPLATES
}

/// The template of this name.
///
/// # Errors
/// [`SheetError::Template`] lists the names there are.
pub fn template(name: &str) -> Result<&'static Template, SheetError> {
    TEMPLATES
        .iter()
        .find(|template| template.name == name)
        .ok_or_else(|| SheetError::Template {
            name: name.to_owned(),
            known: TEMPLATES.map(|template| template.name).join(", "),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_template_names_the_known_ones() {
        let error = template("poster-a5").unwrap_err().to_string();
        assert!(
            error.contains("poster-a5") && error.contains("poster-a4, poster-a3"),
            "{error}"
        );
    }

    #[test]
    fn labels_lie_on_their_page_without_overlap() {
        for template in templates() {
            let Layout::Labels(grid) = template.layout else {
                continue;
            };
            let across = (grid.columns - 1) as f64 * grid.pitch_mm.0 + grid.label_mm.0;
            let down = (grid.rows - 1) as f64 * grid.pitch_mm.1 + grid.label_mm.1;
            assert!(
                across <= template.page_mm.0 && down <= template.page_mm.1,
                "{template:?}"
            );
            assert!(grid.pitch_mm.0 >= grid.label_mm.0 && grid.pitch_mm.1 >= grid.label_mm.1);
            assert_eq!(template.codes_per_page, grid.columns * grid.rows);
        }
    }
}
