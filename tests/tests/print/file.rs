//! The file itself, held against qpdf's check.

use std::fs;

use serde_json::Value;
use sheets::{Logo, PrintOptions, Profile, template, test_page};
use tests::folders;
use tests::tool::{run, tool};

use crate::jobs::{picture, print};

/// What `inspect_pdf.py` says of a file.
fn inspect(pdf: &[u8]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sheet.pdf");
    fs::write(&path, pdf).unwrap();
    let script = folders::repository().join("tests/tools/inspect_pdf.py");
    let python = folders::venv_program("python");
    let mut command = tool(&python.to_string_lossy(), [script]);
    let answer: Value = serde_json::from_slice(&run(command.arg(&path))).unwrap();
    answer[0].clone()
}

fn assert_sound(found: &Value) {
    assert_eq!(found["problems"], Value::Array(Vec::new()));
    assert_eq!(found["version"], "1.7");
    let fonts = found["fonts"].as_array().unwrap();
    assert!(!fonts.is_empty());
    for font in fonts {
        for what in ["embedded", "subset", "copies"] {
            assert_eq!(font[what], true, "{what}: {font}");
        }
    }
}

#[test]
fn files_are_sound_and_their_fonts_embedded() {
    for name in ["poster-a3", "avery-l7160", "contact-letter"] {
        let template = template(name).unwrap();
        let found = inspect(&print(template, 1, &PrintOptions::default()).sheet.pdf);
        assert_sound(&found);
        assert_sound(&inspect(
            &test_page(template, &PrintOptions::default()).unwrap(),
        ));
    }
    // Six languages on one sheet.
    let labels = template("avery-l7160").unwrap();
    let found = inspect(&print(labels, 1, &PrintOptions::default()).sheet.pdf);
    let names = found["fonts"].to_string();
    for family in [
        "Inter",
        "JetBrainsMono",
        "NotoSansArabic",
        "NotoSansHebrew",
        "NotoSansJP",
        "NotoSansSC",
    ] {
        assert!(names.contains(family), "{family}: {names}");
    }
}

#[test]
fn the_press_gets_black_ink_alone_and_its_boxes() {
    let poster = template("poster-a4").unwrap();
    let found = inspect(&print(poster, 2, &PrintOptions::press(poster)).sheet.pdf);
    assert_sound(&found);
    for page in found["pages"].as_array().unwrap() {
        for colour in page["colours"].as_array().unwrap() {
            let colour = colour.as_str().unwrap();
            let is_black = colour.starts_with("0 0 0 ") && colour.to_lowercase().ends_with(" k");
            // Some writers name the space before they set the ink.
            assert!(is_black || colour.starts_with("/DeviceCMYK "), "{colour}");
        }
        let side = |name: &str, at: usize| page[name][at].as_f64().unwrap();
        let width = |name: &str| side(name, 2) - side(name, 0);
        let mm = |points: f64| points / 72.0 * 25.4;
        assert!((mm(width("trim")) - 210.0).abs() < 0.01);
        assert!((mm(width("bleed")) - 216.0).abs() < 0.01);
        assert!((mm(width("media")) - 226.0).abs() < 0.01);
        assert!((mm(side("trim", 0)) - 8.0).abs() < 0.01);
    }
    let office = inspect(&print(poster, 1, &PrintOptions::default()).sheet.pdf);
    let page = &office["pages"][0];
    assert_eq!(
        (&page["trim"], &page["bleed"]),
        (&Value::Null, &Value::Null)
    );
    assert!(!page["colours"].to_string().contains(" k\""));
}

#[test]
fn a_logo_is_verified_with_damage_and_read_by_another_reader() {
    let mut png = std::io::Cursor::new(Vec::new());
    let red = image::RgbImage::from_pixel(80, 80, image::Rgb([190, 20, 40]));
    red.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let labels = template("avery-5163").unwrap();
    let options = PrintOptions {
        logo: Some(Logo::from_file_bytes(png.get_ref()).unwrap()),
        brand: Some(sheets::Brand {
            name: "Meridian Culture".to_owned(),
            logo: Some(picture(1)),
        }),
        start_at: 3,
        offset_mm: (0.4, -0.3),
        crop_marks: true,
        profile: Profile::Press,
        ..PrintOptions::default()
    };
    let printed = print(labels, 2, &options);
    assert!(printed.sheet.has_logo);
    assert_eq!(printed.sheet.codes[0].page, 1);
    crate::reading::assert_read(&printed);
}
