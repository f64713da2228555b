//! The templates: page sizes, grids and the limits of the codes on them. They are data, in
//! `assets/sheets` and in files of one's own.

use crate::SheetError;
use crate::template_file::parse;
use serde::Serialize;
use std::path::Path;
use std::sync::LazyLock;

/// A kind of sheet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Template {
    /// What the command line and records call it.
    pub name: String,
    /// What people call it.
    pub title: String,
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
    /// One code on a page, below or beside a picture and a title.
    Poster,
    /// A grid of self-adhesive labels.
    Labels(LabelGrid),
    /// A grid of frames with their codes and titles.
    Contact(ContactGrid),
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
    /// Left and top edge of the first label.
    pub origin_mm: (f64, f64),
}

/// A grid of frames; it fills the page within its margins.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ContactGrid {
    /// Frames in a row.
    pub columns: usize,
    /// Rows on a page.
    pub rows: usize,
}

/// The files that are built in.
const BUILT_IN: [&str; 3] = [
    include_str!("../../../../assets/sheets/posters.toml"),
    include_str!("../../../../assets/sheets/labels.toml"),
    include_str!("../../../../assets/sheets/contact.toml"),
];
/// Files in a folder of templates.
const MAX_FILES: usize = 200;
/// Bytes of one file.
const MAX_BYTES: u64 = 256 << 10;

static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let files = BUILT_IN.iter().flat_map(|text| parse("built in", text));
    // A test holds that all are sound.
    files.filter_map(Result::ok).collect()
});

impl Template {
    /// The page is wider than high.
    #[must_use]
    pub fn is_landscape(&self) -> bool {
        self.page_mm.0 > self.page_mm.1
    }
}

/// The templates that are built in, posters first.
#[must_use]
pub fn templates() -> &'static [Template] {
    &TEMPLATES
}

/// The built-in template of this name.
///
/// # Errors
/// [`SheetError::Template`] lists the names there are.
pub fn template(name: &str) -> Result<&'static Template, SheetError> {
    find_template(&TEMPLATES, name)
}

/// The template of this name among `templates`.
///
/// # Errors
/// [`SheetError::Template`] lists the names there are.
pub fn find_template<'a>(
    templates: &'a [Template],
    name: &str,
) -> Result<&'a Template, SheetError> {
    let found = templates.iter().find(|template| template.name == name);
    found.ok_or_else(|| {
        let known: Vec<&str> = templates.iter().map(|t| t.name.as_str()).collect();
        SheetError::Template {
            name: name.to_owned(),
            known: known.join(", "),
        }
    })
}

/// Built-in templates and a user's own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TemplateShelf {
    /// All that can be printed, the built-in ones first.
    pub templates: Vec<Template>,
    /// What is wrong with the others, file and name first.
    pub refused: Vec<SheetError>,
}

/// The built-in templates and those of the `.toml` files in `folder`. A folder that does not exist
/// holds none.
#[must_use]
pub fn templates_with(folder: &Path) -> TemplateShelf {
    let mut shelf = TemplateShelf {
        templates: TEMPLATES.clone(),
        refused: Vec::new(),
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    paths.sort();
    for path in paths.iter().take(MAX_FILES) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match read(path) {
            Ok(text) => shelf.add(parse(&name, &text)),
            Err(why) => shelf.refused.push(SheetError::TemplateFile {
                name: name.into_owned(),
                why,
            }),
        }
    }
    if paths.len() > MAX_FILES {
        shelf.refused.push(SheetError::TemplateFile {
            name: folder.display().to_string(),
            why: format!("only the first {MAX_FILES} files were read"),
        });
    }
    shelf
}

fn read(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if size.len() > MAX_BYTES {
        return Err(format!("it has {} bytes, at most {MAX_BYTES}", size.len()));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

impl TemplateShelf {
    fn add(&mut self, parsed: Vec<Result<Template, SheetError>>) {
        for template in parsed {
            match template {
                Ok(own) if self.templates.iter().any(|known| known.name == own.name) => {
                    self.refused.push(SheetError::TemplateFile {
                        name: own.name,
                        why: "there is another template of this name".to_owned(),
                    });
                }
                Ok(own) => self.templates.push(own),
                Err(refused) => self.refused.push(refused),
            }
        }
    }
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
    fn all_built_in_templates_are_sound() {
        let parsed = BUILT_IN.iter().flat_map(|text| parse("built in", text));
        let all: Vec<Template> = parsed.map(Result::unwrap).collect();
        assert_eq!(all, templates());
        for name in [
            "poster-a4",
            "poster-a3",
            "poster-letter",
            "poster-tabloid",
            "poster-a4-landscape",
            "poster-a3-landscape",
            "poster-letter-landscape",
            "poster-tabloid-landscape",
            "avery-l7160",
            "avery-l7163",
            "avery-l7165",
            "avery-l7651",
            "avery-5160",
            "avery-5163",
            "avery-5164",
            "contact-a4",
            "contact-letter",
        ] {
            let found = template(name).unwrap();
            assert_eq!(found.is_landscape(), name.ends_with("landscape"), "{name}");
        }
        let labels = template("avery-l7651").unwrap();
        assert_eq!(labels.codes_per_page, 65);
    }

    #[test]
    fn a_folder_adds_to_the_built_in_ones() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).unwrap();
        };
        let own = "[[template]]\nname = 'strip'\ntitle = 'Strip'\npage_mm = [210, 297]\n\
                   [template.labels]\ncolumns = 2\nrows = 6\nlabel_mm = [90, 40]\npitch_mm = [95, 45]\n";
        write("a.toml", own);
        write("b.toml", &own.replace("'strip'", "'poster-a4'"));
        write("c.toml", "no = template");
        write("d.txt", "not looked at");
        write("e.toml", &" ".repeat(300 << 10));
        let shelf = templates_with(folder.path());
        assert_eq!(shelf.templates.len(), templates().len() + 1);
        assert_eq!(
            find_template(&shelf.templates, "strip")
                .unwrap()
                .codes_per_page,
            12
        );
        let refused: Vec<String> = shelf.refused.iter().map(ToString::to_string).collect();
        assert_eq!(refused.len(), 3, "{refused:?}");
        assert!(
            refused[0].contains("`poster-a4`: there is another"),
            "{refused:?}"
        );
        assert!(
            refused[1].contains("c.toml") && refused[2].contains("e.toml"),
            "{refused:?}"
        );
        assert_eq!(templates_with(Path::new("/nowhere")).refused, []);
    }
}
