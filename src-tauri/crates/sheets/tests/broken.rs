//! Sheets that must not pass: drawn here, without the crate's own layout, and checked by it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use krilla::Document;
use krilla::color::luma;
use krilla::geom::{PathBuilder, Rect};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use qrcode::{EcLevel, QrCode};
use record::ShortId;
use sheets::{Depth, PrintedCode, RectMm, Sheet, verify, verify_while};

const PT_PER_MM: f64 = 72.0 / 25.4;
const MIN_MODULE_MM: f64 = 0.5;

/// A code drawn on A4, and what a label beside it claims.
struct Drawing {
    payload: String,
    module_mm: f64,
    /// Top left of the quiet zone.
    at_mm: (f64, f64),
    ink: u8,
    /// Drawn after the code: x, y, width, height in millimetres, from the quiet zone's corner.
    extra: Vec<(f64, f64, f64, f64)>,
}

impl Drawing {
    fn new() -> Self {
        Self {
            payload: "HTTPS://GO.MERIDIAN.EXAMPLE/P/EF9WZJDY32VH".to_owned(),
            module_mm: 0.9,
            at_mm: (40.0, 60.0),
            ink: 0,
            extra: Vec::new(),
        }
    }

    fn side_mm(&self) -> f64 {
        let code = QrCode::with_error_correction_level(&self.payload, EcLevel::Q).unwrap();
        (code.width() + 8) as f64 * self.module_mm
    }

    fn pdf(&self) -> Vec<u8> {
        let code = QrCode::with_error_correction_level(&self.payload, EcLevel::Q).unwrap();
        let mut builder = PathBuilder::new();
        let mut add = |x: f64, y: f64, w: f64, h: f64| {
            let (left, top) = (self.at_mm.0 + x, self.at_mm.1 + y);
            let [l, t, r, b] = [left, top, left + w, top + h].map(|mm| (mm * PT_PER_MM) as f32);
            builder.push_rect(Rect::from_ltrb(l, t, r, b).unwrap());
        };
        for (at, color) in code.to_colors().into_iter().enumerate() {
            if color == qrcode::Color::Dark {
                let (row, column) = (at / code.width() + 4, at % code.width() + 4);
                let module = self.module_mm;
                add(column as f64 * module, row as f64 * module, module, module);
            }
        }
        for (x, y, w, h) in &self.extra {
            add(*x, *y, *w, *h);
        }
        let path = builder.finish().unwrap();
        let mut document = Document::new();
        let mut page = document.start_page_with(PageSettings::from_wh(595.276, 841.89).unwrap());
        let mut surface = page.surface();
        surface.set_fill(Some(Fill {
            paint: luma::Color::new(self.ink).into(),
            opacity: NormalizedF32::ONE,
            rule: Default::default(),
        }));
        surface.draw_path(&path);
        surface.finish();
        page.finish();
        document.finish().unwrap()
    }

    fn claimed(&self) -> PrintedCode {
        PrintedCode {
            id: ShortId::from_random([5; 22]),
            url: self.payload.clone(),
            page: 1,
            placement: String::new(),
            rect_mm: RectMm {
                x: self.at_mm.0,
                y: self.at_mm.1,
                width: self.side_mm(),
                height: self.side_mm(),
            },
            module_mm: self.module_mm,
            verified: false,
            why: None,
        }
    }

    fn sheet(&self) -> Sheet {
        Sheet {
            pdf: self.pdf(),
            pages: 1,
            min_module_mm: MIN_MODULE_MM,
            codes: vec![self.claimed()],
            issues: Vec::new(),
            has_logo: false,
        }
    }
}

/// Why the sheet's only code does not pass; empty when it does.
fn failure(mut sheet: Sheet) -> String {
    let passed = verify(&mut sheet).unwrap();
    assert_eq!(passed, sheet.codes[0].verified);
    sheet.codes[0].why.clone().unwrap_or_default()
}

#[test]
fn a_sound_code_passes() {
    assert_eq!(failure(Drawing::new().sheet()), "");
    let fine = Drawing {
        module_mm: MIN_MODULE_MM,
        ..Drawing::new()
    };
    assert_eq!(failure(fine.sheet()), "");
}

#[test]
fn ink_in_the_quiet_zone_fails() {
    let side = Drawing::new().side_mm();
    let middle = side / 2.0;
    for (x, y, name) in [
        (middle, 1.0, "above"),
        (middle, side - 1.4, "below"),
        (1.0, middle, "left"),
        (side - 1.4, middle, "right"),
        // Hard by the symbol, where a caption set too tight would stand.
        (middle, side - 3.5, "below"),
    ] {
        let dirty = Drawing {
            extra: vec![(x, y, 0.4, 0.4)],
            ..Drawing::new()
        };
        let expected = format!("there is ink in the quiet zone ({name})");
        assert_eq!(failure(dirty.sheet()), expected);
    }
}

#[test]
fn ink_beside_the_quiet_zone_passes() {
    let side = Drawing::new().side_mm();
    let frame = [
        (-1.0, -1.0, side + 2.0, 0.9),
        (-1.0, side + 0.1, side + 2.0, 0.9),
        (-1.0, -1.0, 0.9, side + 2.0),
        (side + 0.1, -1.0, 0.9, side + 2.0),
    ];
    assert_eq!(
        failure(
            Drawing {
                extra: frame.to_vec(),
                ..Drawing::new()
            }
            .sheet()
        ),
        ""
    );
}

#[test]
fn tiny_modules_fail_even_when_they_are_not_admitted() {
    let tiny = Drawing {
        module_mm: 0.3,
        ..Drawing::new()
    };
    assert!(
        failure(tiny.sheet()).starts_with("the modules are 0.30 mm"),
        "admitted"
    );
    let mut lie = tiny.sheet();
    lie.codes[0].module_mm = 0.6;
    assert_ne!(failure(lie), "");
}

#[test]
fn a_code_of_another_size_than_claimed_fails() {
    let mut sheet = Drawing {
        module_mm: 0.7,
        ..Drawing::new()
    }
    .sheet();
    sheet.codes[0].module_mm = 0.62;
    let why = failure(sheet);
    assert!(why.ends_with("mm on the page, not 0.62 mm"), "{why}");
}

#[test]
fn another_payload_fails() {
    let mut sheet = Drawing::new().sheet();
    sheet.codes[0].url = "HTTPS://GO.MERIDIAN.EXAMPLE/P/EF9WZJDY32VJ".to_owned();
    assert!(failure(sheet).contains("reads `HTTPS://GO.MERIDIAN.EXAMPLE/P/EF9WZJDY32VH`"));
}

#[test]
fn pale_ink_fails() {
    let why = failure(
        Drawing {
            ink: 150,
            ..Drawing::new()
        }
        .sheet(),
    );
    assert!(why.contains("dark and light differ by 41 %"), "{why}");
}

#[test]
fn a_damaged_code_fails() {
    let side = Drawing::new().side_mm();
    let blot = (side * 0.25, side * 0.25, side * 0.5, side * 0.5);
    let why = failure(
        Drawing {
            extra: vec![blot],
            ..Drawing::new()
        }
        .sheet(),
    );
    assert!(
        why.contains("no code can be read") || why.contains("differ by"),
        "{why}"
    );
}

#[test]
fn a_code_that_is_not_there_fails() {
    let mut elsewhere = Drawing::new().sheet();
    elsewhere.codes[0].rect_mm.y += 120.0;
    assert_ne!(failure(elsewhere), "");
    let mut no_page = Drawing::new().sheet();
    no_page.codes[0].page = 2;
    assert_eq!(failure(no_page), "the file has no page 2");
    let off = Drawing {
        at_mm: (-2.0, 60.0),
        ..Drawing::new()
    };
    assert_eq!(
        failure(off.sheet()),
        "the code or its quiet zone lies outside the page"
    );
}

#[test]
fn one_bad_code_does_not_condemn_the_others() {
    let mut sheet = Drawing::new().sheet();
    let good = sheet.codes[0].clone();
    sheet.codes.insert(
        0,
        PrintedCode {
            url: "OTHER".to_owned(),
            ..good
        },
    );
    assert!(!verify(&mut sheet).unwrap());
    let verdicts: Vec<bool> = sheet.codes.iter().map(|code| code.verified).collect();
    assert_eq!(verdicts, [false, true]);
}

#[test]
fn a_file_that_is_no_pdf_is_named() {
    let mut sheet = Drawing::new().sheet();
    sheet.pdf = b"not a PDF".to_vec();
    assert!(
        verify(&mut sheet)
            .unwrap_err()
            .to_string()
            .contains("could not be read back")
    );
}

#[test]
fn a_check_tells_how_far_it_is_and_can_be_stopped() {
    let mut sheet = Drawing::new().sheet();
    let good = sheet.codes[0].clone();
    // Pages that are not there fail at once.
    for page in 2..40 {
        sheet.codes.push(PrintedCode {
            page,
            ..good.clone()
        });
    }
    let told = std::sync::Mutex::new(Vec::new());
    let all = verify_while(&mut sheet, Depth::Everything, &|checked| {
        told.lock().unwrap().push(checked);
        true
    });
    assert!(!all.unwrap());
    let told = told.into_inner().unwrap();
    let most = told.iter().max_by_key(|checked| checked.codes).unwrap();
    assert_eq!(
        (told.len(), most.codes, most.failed, most.of),
        (39, 39, 38, 39)
    );
    assert_eq!(sheet.failed().len(), 38);

    assert!(!verify_while(&mut sheet, Depth::Usual, &|_| false).unwrap());
    let stopped = sheet.failed();
    assert!(
        stopped.last().unwrap().why.contains("stopped"),
        "{stopped:?}"
    );
}
