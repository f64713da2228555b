//! How a job is put on paper.

use crate::template::Layout;
use crate::{Picture, SheetError, Template};

/// How far a printer may be corrected, in millimetres.
const MAX_OFFSET_MM: f64 = 15.0;
/// The widest bleed, in millimetres.
const MAX_BLEED_MM: f64 = 10.0;
/// What printing houses ask for.
const PRESS_BLEED_MM: f64 = 3.0;

/// How a job is put on paper. The default prints as an office printer needs it, from the first
/// label on.
#[derive(Clone, Debug, PartialEq)]
pub struct PrintOptions {
    /// Colours and page boxes.
    pub profile: Profile,
    /// The label that the first code goes to, from 1, for sheets that are partly used.
    pub start_at: usize,
    /// Moves everything right and down by millimetres, for printers that feed askew.
    pub offset_mm: (f64, f64),
    /// How far pictures reach beyond the edge that the paper is cut at, in millimetres. Posters and
    /// contact sheets only: the page grows by it.
    pub bleed_mm: f64,
    /// Marks where to cut. On posters and contact sheets the page grows by their length; on label
    /// sheets they stand in the margins.
    pub crop_marks: bool,
    /// The address and the code for typing stand beside the code.
    pub typed_code: bool,
    /// Who it is from; printed above the title.
    pub brand: Option<Brand>,
    /// A small picture in the middle of each code.
    pub logo: Option<crate::Logo>,
    /// The words that sheets add.
    pub wording: Wording,
}

impl Default for PrintOptions {
    fn default() -> Self {
        Self {
            profile: Profile::Office,
            start_at: 1,
            offset_mm: (0.0, 0.0),
            bleed_mm: 0.0,
            crop_marks: false,
            typed_code: true,
            brand: None,
            logo: None,
            wording: Wording::default(),
        }
    }
}

impl PrintOptions {
    /// What a printing house wants: black ink alone, 3 mm of bleed, crop marks. For label sheets,
    /// which are not cut, black ink alone.
    #[must_use]
    pub fn press(template: &Template) -> Self {
        let is_cut = !matches!(template.layout, Layout::Labels(_));
        Self {
            profile: Profile::Press,
            bleed_mm: if is_cut { PRESS_BLEED_MM } else { 0.0 },
            crop_marks: is_cut,
            ..Self::default()
        }
    }

    /// Whether the job can be printed so.
    pub(crate) fn check(&self, template: &Template) -> Result<(), SheetError> {
        let refuse = |option: &'static str, why: String| Err(SheetError::Option { option, why });
        let (x, y) = self.offset_mm;
        if !(x.abs() <= MAX_OFFSET_MM && y.abs() <= MAX_OFFSET_MM) {
            return refuse(
                "printer offset",
                format!("{x} × {y} mm; at most {MAX_OFFSET_MM} mm either way"),
            );
        }
        if !(0.0..=MAX_BLEED_MM).contains(&self.bleed_mm) {
            return refuse(
                "bleed",
                format!("{} mm; it is 0 to {MAX_BLEED_MM} mm", self.bleed_mm),
            );
        }
        if self.bleed_mm > 0.0 && matches!(template.layout, Layout::Labels(_)) {
            return refuse("bleed", "labels are cut already".to_owned());
        }
        if !(1..=template.codes_per_page).contains(&self.start_at) {
            let most = template.codes_per_page;
            return refuse(
                "start at label",
                format!("{}; `{}` has 1 to {most}", self.start_at, template.name),
            );
        }
        Ok(())
    }
}

/// Colours and page boxes of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Grey and colour as screens and office printers have them.
    #[default]
    Office,
    /// Text, codes and marks in black ink alone (DeviceCMYK, pure K), with trim and bleed boxes.
    /// Pictures stay RGB.
    Press,
}

/// Who a sheet is from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Brand {
    /// May be empty when there is a logo.
    pub name: String,
    /// Stands before the name.
    pub logo: Option<Picture>,
}

/// The words that sheets add to those of the items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// What to do: `Scan to watch`.
    pub call_to_action: String,
    /// What the typed address is for: `Or type this address`.
    pub type_instead: String,
    /// Before the date of expiry; `{}` stands for the date: `Until {}`.
    pub until: String,
    /// Beside codes that lead to an address of this network: `Works on this network only`.
    pub local_note: String,
}

impl Default for Wording {
    fn default() -> Self {
        Self {
            call_to_action: "Scan to watch".to_owned(),
            type_instead: "Or type this address".to_owned(),
            until: "Until {}".to_owned(),
            local_note: "Works on this network only".to_owned(),
        }
    }
}

impl Wording {
    /// The line about the expiry; empty when there is none.
    pub(crate) fn until(&self, expires: &str) -> String {
        if crate::text::clean(expires).0.is_empty() {
            return String::new();
        }
        let expires = crate::text::isolated(expires);
        if self.until.contains("{}") {
            self.until.replace("{}", &expires)
        } else {
            format!("{} {expires}", self.until)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template;

    #[test]
    fn what_paper_does_not_allow_is_refused() {
        let labels = template("avery-l7160").unwrap();
        let poster = template("poster-a4").unwrap();
        let default = PrintOptions::default;
        let ok = |options: PrintOptions, template| options.check(template).is_ok();
        assert!(ok(default(), labels) && ok(PrintOptions::press(labels), labels));
        assert!(ok(PrintOptions::press(poster), poster));
        let start = |start_at| PrintOptions {
            start_at,
            ..default()
        };
        assert!(ok(start(21), labels) && !ok(start(22), labels) && !ok(start(0), labels));
        assert!(!ok(start(2), poster));
        let bleed = |bleed_mm| PrintOptions {
            bleed_mm,
            ..default()
        };
        assert!(ok(bleed(5.0), poster) && !ok(bleed(5.0), labels));
        assert!(!ok(bleed(f64::NAN), poster) && !ok(bleed(-1.0), poster));
        let offset = |x| PrintOptions {
            offset_mm: (x, 0.0),
            ..default()
        };
        assert!(ok(offset(-3.0), poster) && !ok(offset(16.0), poster));
        assert!(!ok(offset(f64::NAN), poster) && !ok(offset(f64::INFINITY), poster));
    }

    #[test]
    fn the_date_stands_where_the_wording_wants_it() {
        let mut words = Wording::default();
        let plain = |text: String| text.replace(['\u{2068}', '\u{2069}'], "");
        assert_eq!(
            plain(words.until("31 January 2027")),
            "Until 31 January 2027"
        );
        assert_eq!(words.until(" "), "");
        words.until = "{} まで".to_owned();
        assert_eq!(plain(words.until("2027年1月31日")), "2027年1月31日 まで");
    }
}
