//! Sheets as a whole: pages, codes, typefaces, pictures, issues and refusals.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::object::{Dict, Name, Object, Stream};
use record::ShortId;
use sheets::{
    Field, Note, Picture, Sheet, SheetError, SheetItem, SheetJob, preview_png, read_photo, render,
    template, templates, verify,
};
use std::collections::BTreeSet;
use std::sync::Arc;

fn item(number: u8) -> SheetItem {
    let mut bytes = [3; 22];
    bytes[1] = number;
    bytes[3] = number / 25;
    let id = ShortId::from_random(bytes);
    SheetItem {
        url: format!("HTTPS://GO.MERIDIAN.EXAMPLE/P/{id}"),
        id,
        title: "Open-air weekend".to_owned(),
        description: "Films under the trees, 4 to 6 December.".to_owned(),
        picture: None,
        duration_text: "1 min 48 s".to_owned(),
        expires_text: "31 January 2027".to_owned(),
        placement: format!("Tram stop {number}"),
        copies: 1,
        viewing_distance_m: None,
    }
}

fn job(name: &str, items: Vec<SheetItem>) -> SheetJob {
    SheetJob {
        template: template(name).unwrap().clone(),
        items,
        local_note: false,
    }
}

fn open(sheet: &Sheet) -> Pdf {
    Pdf::new(Arc::new(sheet.pdf.clone())).unwrap()
}

/// Red rises from left to right, green from top to bottom, by one level per pixel.
fn gradient(width: u32, height: u32) -> Picture {
    let pixel = |x: u32, y: u32| [x as u8, y as u8, 0];
    let rgb: Vec<u8> = (0..height)
        .flat_map(|y| (0..width).flat_map(move |x| pixel(x, y)))
        .collect();
    Picture::from_rgb(width, height, &rgb).unwrap()
}

fn assert_verified(sheet: &Sheet) {
    for code in &sheet.codes {
        assert!(
            code.verified,
            "page {}: {} {:?}",
            code.page, code.url, code.why
        );
    }
}

#[test]
fn pages_have_the_size_of_the_paper() {
    for (name, width, height) in [
        ("poster-a4", 595.276, 841.89),
        ("poster-a3", 841.89, 1190.551),
        ("poster-letter", 612.0, 792.0),
    ] {
        let items = vec![
            SheetItem {
                copies: 2,
                ..item(1)
            },
            item(2),
        ];
        let sheet = render(&job(name, items)).unwrap();
        let pdf = open(&sheet);
        assert_eq!((sheet.pages, pdf.pages().len()), (3, 3));
        for page in pdf.pages().iter() {
            let paper = page.media_box();
            assert!((paper.width() - width).abs() < 0.001, "{name}: {paper:?}");
            assert!((paper.height() - height).abs() < 0.001, "{name}: {paper:?}");
        }
        let pages: Vec<usize> = sheet.codes.iter().map(|code| code.page).collect();
        assert_eq!(pages, [1, 2, 3]);
        assert_eq!(sheet.codes[0].url, sheet.codes[1].url);
    }
}

#[test]
fn every_template_reads_back() {
    for template in templates() {
        let mut local = item(7);
        local.url = format!("HTTP://192.168.1.23:8765/P/{}", local.id);
        let mut wanted = SheetJob {
            template: template.clone(),
            items: vec![
                SheetItem {
                    picture: Some(gradient(160, 90)),
                    ..item(1)
                },
                local,
            ],
            local_note: true,
        };
        wanted.items[0].copies = template.codes_per_page as u32;
        let mut sheet = render(&wanted).unwrap();
        assert!(
            sheet
                .codes
                .iter()
                .all(|code| !code.verified && code.why.is_some())
        );
        assert!(
            verify(&mut sheet).unwrap(),
            "{}: {:?}",
            template.name,
            sheet.failed()
        );
        assert_verified(&sheet);
        assert_eq!(sheet.codes.len(), template.codes_per_page + 1);
        assert_eq!(sheet.pages, 2, "{}", template.name);
    }
}

#[test]
fn a_stack_of_labels_is_quick_and_small() {
    let started = std::time::Instant::now();
    let items: Vec<SheetItem> = (0..126).map(item).collect();
    let ids: BTreeSet<ShortId> = items.iter().map(|item| item.id.clone()).collect();
    assert_eq!(ids.len(), 126);
    let mut sheet = render(&job("avery-l7160", items)).unwrap();
    let rendered = started.elapsed();
    assert!(verify(&mut sheet).unwrap());
    assert_verified(&sheet);
    assert_eq!((sheet.pages, sheet.codes.len()), (6, 126));
    assert!(sheet.pdf.len() < 600_000, "{} bytes", sheet.pdf.len());
    // Unoptimised and on a busy machine; optimised it is far below a second.
    assert!(rendered.as_secs() < 10, "rendered in {rendered:?}");
    assert!(
        started.elapsed().as_secs() < 60,
        "verified after {:?}",
        started.elapsed()
    );
}

#[test]
fn the_same_job_gives_the_same_file() {
    let wanted = job(
        "poster-a4",
        vec![SheetItem {
            picture: Some(gradient(64, 36)),
            ..item(1)
        }],
    );
    assert_eq!(render(&wanted).unwrap().pdf, render(&wanted).unwrap().pdf);
}

#[test]
fn all_typefaces_are_embedded() {
    let unusual = SheetItem {
        title: "Ҟ weekend 映".to_owned(),
        ..item(1)
    };
    let sheet = render(&job("poster-a4", vec![unusual])).unwrap();
    let pdf = open(&sheet);
    let mut embedded = BTreeSet::new();
    for object in pdf.objects() {
        let Object::Dict(dict) = object else { continue };
        let named = |key: &[u8]| dict.get::<Name<'_>>(key).map(|name| name.as_ref().to_vec());
        if named(b"Type").as_deref() == Some(b"FontDescriptor") {
            let name = String::from_utf8(named(b"FontName").unwrap()).unwrap();
            assert!(has_font_file(&dict), "{name} is not embedded");
            let (_, family) = name.split_once('+').expect("a subset has a tag");
            embedded.insert(family.to_owned());
        }
    }
    for family in ["InterDisplay", "Inter-Regular", "JetBrainsMono", "NotoSans"] {
        assert!(
            embedded.iter().any(|name| name.starts_with(family)),
            "{family}: {embedded:?}"
        );
    }
}

fn has_font_file(descriptor: &Dict<'_>) -> bool {
    [b"FontFile2".as_slice(), b"FontFile3"]
        .into_iter()
        .any(|key| {
            descriptor
                .get::<Stream<'_>>(key)
                .is_some_and(|file| !file.raw_data().is_empty())
        })
}

#[test]
fn what_comes_out_otherwise_is_said() {
    let mut odd = item(1);
    odd.title = "Ҟ weekend ไทย".to_owned();
    odd.description = "very long ".repeat(400);
    odd.picture = Some(gradient(160, 90));
    let sheet = render(&job("poster-a4", vec![odd, item(2)])).unwrap();
    assert!(
        sheet
            .issues
            .iter()
            .all(|issue| issue.id == sheet.codes[0].id)
    );
    let notes: Vec<&Note> = sheet.issues.iter().map(|issue| &issue.note).collect();
    let characters = |text: &str| text.to_owned();
    let missing = Note::MissingFont {
        field: Field::Title,
        script: "Thai".to_owned(),
        font: "Noto Sans Thai".to_owned(),
        characters: "ทยไ".to_owned(),
    };
    let other = Note::OtherTypeface {
        field: Field::Title,
        characters: characters("Ҟ"),
    };
    assert!(
        notes.contains(&&missing) && notes.contains(&&other),
        "{notes:?}"
    );
    assert!(notes.iter().any(|note| matches!(
        note,
        Note::Shortened { field: Field::Description, printed } if printed.ends_with('…')
    )));
    assert!(notes.iter().any(|n| matches!(
        n,
        Note::CoarsePicture {
            pixels_per_inch: 10..40
        }
    )));
    let plain = render(&job("poster-a4", vec![item(2)])).unwrap();
    assert_eq!(plain.issues, []);
}

#[test]
fn pictures_fill_the_top_undistorted() {
    for (width, height) in [(240, 135), (120, 240), (250, 60)] {
        let picture = Some(gradient(width, height));
        let sheet = render(&job("poster-a4", vec![SheetItem { picture, ..item(1) }])).unwrap();
        let png = preview_png(&sheet.pdf, 1, 72).unwrap();
        let page = image::load_from_memory(&png).unwrap().into_rgb8();
        let at = |x: u32, y: u32| page.get_pixel(x, y).0.map(i32::from);
        let (left, right, low) = (at(150, 40), at(450, 40), at(150, 240));
        // Levels per point are the same in both directions.
        let across = f64::from(right[0] - left[0]) / 300.0;
        let down = f64::from(low[1] - left[1]) / 200.0;
        assert!(
            (across - down).abs() < 0.04,
            "{width}×{height}: {across} {down}"
        );
        // The middle of the picture is in the middle of the page, and it reaches the edges.
        assert!(
            (at(297, 100)[0] - width as i32 / 2).abs() < 6,
            "{:?}",
            at(297, 100)
        );
        assert!(
            at(1, 1)[2] < 40 && at(593, 1)[2] < 40,
            "{:?} {:?}",
            at(1, 1),
            at(593, 1)
        );
    }
}

#[test]
fn codes_are_found_in_a_photo_of_the_sheet() {
    let sheet = render(&job("poster-a4", vec![item(3)])).unwrap();
    let photo = preview_png(&sheet.pdf, 1, 110).unwrap();
    assert_eq!(read_photo(&photo).unwrap(), [sheet.codes[0].url.clone()]);
    let labels = render(&job("avery-l7165", (0..8).map(item).collect())).unwrap();
    let photo = preview_png(&labels.pdf, 1, 200).unwrap();
    let urls: BTreeSet<String> = labels.codes.iter().map(|code| code.url.clone()).collect();
    assert_eq!(
        read_photo(&photo)
            .unwrap()
            .into_iter()
            .collect::<BTreeSet<_>>(),
        urls
    );
    assert!(matches!(
        read_photo(b"no photo"),
        Err(SheetError::Picture(_))
    ));
}

#[test]
fn what_can_not_be_printed_is_refused() {
    let refusal = |name: &str, item: SheetItem| render(&job(name, vec![item])).unwrap_err();
    let long = |length: usize| {
        let mut item = item(1);
        item.url = format!("HTTPS://{}.EXAMPLE/P/{}", "A".repeat(length), item.id);
        item
    };
    assert!(matches!(
        refusal("avery-5160", long(90)),
        SheetError::ModuleTooSmall { .. }
    ));
    assert!(matches!(
        refusal("poster-a4", long(700)),
        SheetError::ModuleTooSmall { .. }
    ));
    assert!(matches!(
        refusal("poster-a4", long(9_000)),
        SheetError::Payload { .. }
    ));
    assert_eq!(
        refusal(
            "poster-a4",
            SheetItem {
                copies: 0,
                ..item(1)
            }
        ),
        SheetError::Empty
    );
    let page = render(&job("poster-a4", vec![item(1)])).unwrap().pdf;
    assert!(matches!(
        preview_png(&page, 2, 72),
        Err(SheetError::Unreadable(_))
    ));
    assert!(matches!(
        preview_png(&page, 1, 72_000),
        Err(SheetError::Unreadable(_))
    ));
    assert!(matches!(
        preview_png(b"no PDF", 1, 72),
        Err(SheetError::Unreadable(_))
    ));
}

#[test]
fn far_readers_get_larger_codes_or_are_told() {
    let far = |name: &str, distance: f64| {
        let item = SheetItem {
            viewing_distance_m: Some(distance),
            ..item(1)
        };
        render(&job(name, vec![item])).unwrap()
    };
    let side = |sheet: &Sheet| sheet.codes[0].rect_mm.width - 8.0 * sheet.codes[0].module_mm;
    let (near, usual) = (far("poster-a4", 0.3), far("poster-a4", 1.1));
    assert!(
        side(&usual) > side(&near) && side(&usual) >= 110.0,
        "{}",
        side(&usual)
    );
    assert_eq!(usual.issues, []);
    let told = |sheet: &Sheet| {
        sheet
            .issues
            .iter()
            .map(|i| i.note.clone())
            .collect::<Vec<_>>()
    };
    let Some(Note::TooSmall {
        needed_mm: 300,
        side_mm,
        ..
    }) = told(&far("poster-a4", 3.0)).pop()
    else {
        panic!("an A4 poster can't be read from 3 m");
    };
    assert!(side_mm > 100, "{side_mm}");
    let label = told(&far("avery-l7160", 1.0)).pop().unwrap().to_string();
    assert!(
        label.contains("too small for 1 m: it needs 100 mm"),
        "{label}"
    );
    assert!(told(&far("avery-l7160", 0.2)).is_empty());
}

#[test]
fn a_source_that_errs_does_no_harm() {
    use sheets::{FontFile, FontSource, PrintOptions, WantedFont, render_with};

    /// Gives a Hebrew font for every script.
    struct Wrong;
    impl FontSource for Wrong {
        fn font_for(&self, _: &WantedFont<'_>) -> Option<FontFile> {
            let font = include_bytes!("../../../../assets/fonts/NotoSansHebrew-Regular.ttf");
            let data = Arc::new(font.as_slice());
            Some(FontFile { data, index: 0 })
        }
    }
    /// Gives bytes that are no font.
    struct Broken;
    impl FontSource for Broken {
        fn font_for(&self, _: &WantedFont<'_>) -> Option<FontFile> {
            let data = Arc::new(b"no font at all".as_slice());
            Some(FontFile { data, index: 9 })
        }
    }
    let thai = SheetItem {
        title: "ไทย".to_owned(),
        ..item(1)
    };
    let wanted = job("avery-l7160", vec![thai]);
    for source in [&Wrong as &dyn FontSource, &Broken, &sheets::BundledFonts] {
        let mut sheet = render_with(&wanted, &PrintOptions::default(), source).unwrap();
        assert!(verify(&mut sheet).unwrap());
        assert!(
            sheet.issues[0].to_string().contains("Noto Sans Thai"),
            "{:?}",
            sheet.issues
        );
    }
    // Whatever fonts this machine has, a sheet comes out.
    let system = sheets::SystemFonts::new();
    let mut sheet = render_with(&wanted, &PrintOptions::default(), &system).unwrap();
    assert!(verify(&mut sheet).unwrap());
}

#[test]
fn test_pages_are_made_for_all_templates() {
    for template in templates() {
        let page = sheets::test_page(template, &sheets::PrintOptions::default()).unwrap();
        let png = preview_png(&page, 1, 40).unwrap();
        let dark = image::load_from_memory(&png).unwrap().into_luma8();
        assert!(
            dark.pixels().filter(|p| p.0[0] < 160).count() > 200,
            "{}",
            template.name
        );
    }
    let options = sheets::PrintOptions {
        offset_mm: (40.0, 0.0),
        ..Default::default()
    };
    assert!(sheets::test_page(template("avery-5160").unwrap(), &options).is_err());
}
