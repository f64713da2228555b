//! Titles, tables and templates of people who mean no good, or did not look.

use sheets::{
    BundledFonts, ColumnMap, Note, PrintOptions, SheetError, SheetJob, read_rows, render_with,
    template, templates_with, verify,
};

use crate::jobs::item;

#[test]
fn hostile_texts_are_printed_and_the_codes_still_read() {
    let texts = [
        "\u{202e}gnp.exe\u{202d}".to_owned(),
        "A\u{0}B\u{7}C\u{1b}[31m".to_owned(),
        "e\u{301}\u{327}\u{323}".repeat(3_000),
        "Z\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}".repeat(40),
        "\u{2068}".repeat(400),
        "W".repeat(100_000),
        "\n".repeat(5_000),
        "👩‍👩‍👧‍👦🏳️‍🌈".repeat(50),
        "\u{fdfd}\u{fdfa}".repeat(20),
        "ทดสอบ 한국어 हिन्दी ᠮᠣᠩᠭᠣᠯ".to_owned(),
        "\u{f8ff}\u{10fffd}\u{e0041}".to_owned(),
        "()<>\\ /Type /Page endobj %PDF-1.7".to_owned(),
        "=HYPERLINK(\"http://evil\")".to_owned(),
    ];
    for name in [
        "poster-a4",
        "poster-a4-landscape",
        "avery-l7651",
        "contact-letter",
    ] {
        let template = template(name).unwrap();
        let hostile = |(number, text): (usize, &String)| {
            let mut item = item(number);
            item.title.clone_from(text);
            item.description.clone_from(text);
            item.placement.clone_from(text);
            item.duration_text.clone_from(text);
            item.expires_text.clone_from(text);
            item.viewing_distance_m =
                [Some(f64::NAN), Some(f64::INFINITY), Some(1e300)][number % 3];
            item
        };
        let job = SheetJob {
            template: template.clone(),
            items: texts.iter().enumerate().map(hostile).collect(),
            local_note: true,
        };
        let mut sheet = render_with(&job, &PrintOptions::default(), &BundledFonts).unwrap();
        assert!(verify(&mut sheet).unwrap(), "{name}: {:?}", sheet.failed());
        let named = sheet.issues.iter().any(|issue| {
            matches!(&issue.note, Note::MissingFont { script, font, .. }
                if script == "Thai" && font == "Noto Sans Thai")
        });
        assert!(named, "{name}: {:?}", sheet.issues);
    }
}

#[test]
fn tables_of_spreadsheets_are_read_and_their_formulas_stay_text() {
    let csv = "Ort;Film\n\"=cmd|' /C calc'!A0\";\n\"+1\";c1\n";
    let map = ColumnMap::from_pairs(["Ort=placement", "Film=compilation_id"]).unwrap();
    let read = read_rows(csv.as_bytes(), &map).unwrap();
    assert_eq!((read.rows.len(), read.bad.len()), (1, 1));
    let report = read.report_csv();
    assert!(report.contains("\"'=cmd|' /C calc'!A0\""), "{report}");
}

#[test]
fn templates_without_size_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[[template]]\nname = 'nothing'\ntitle = 'Nothing'\npage_mm = [210, 297]\n\
                [template.labels]\ncolumns = 3\nrows = 7\nlabel_mm = [0.0, 0.0]\npitch_mm = [0, 0]\n";
    std::fs::write(folder.path().join("own.toml"), text).unwrap();
    let shelf = templates_with(folder.path());
    let refused: Vec<String> = shelf.refused.iter().map(ToString::to_string).collect();
    assert_eq!(
        refused,
        ["the template `nothing`: labels of 0 × 0 mm have no size"]
    );
}

#[test]
fn a_file_with_a_code_that_does_not_read_is_not_given_out() {
    let job = SheetJob {
        template: template("avery-l7160").unwrap().clone(),
        items: (0..21).map(item).collect(),
        local_note: false,
    };
    let mut sheet = render_with(&job, &PrintOptions::default(), &BundledFonts).unwrap();
    assert!(sheet.export().is_err(), "nothing was read yet");
    for at in [3, 17] {
        sheet.codes[at].url.push('X');
    }
    assert!(!verify(&mut sheet).unwrap());
    let Err(SheetError::Unverified { failed, codes }) = sheet.export() else {
        panic!("two codes are wrong");
    };
    assert_eq!((failed.len(), codes), (2, 21));
    assert!(
        failed
            .iter()
            .all(|code| code.why.contains("reads `HTTPS://")),
        "{failed:?}"
    );
    // The offset of a printer that feeds far off takes the outer labels off the paper.
    let options = PrintOptions {
        offset_mm: (-12.0, 0.0),
        ..PrintOptions::default()
    };
    let mut off = render_with(&job, &options, &BundledFonts).unwrap();
    assert!(!verify(&mut off).unwrap());
    let failed = off.failed();
    assert!(!failed.is_empty(), "the left column has lost its codes");
    assert!(
        failed.iter().all(|code| code.why.contains("outside")),
        "{failed:?}"
    );
}
