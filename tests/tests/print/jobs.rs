//! Jobs to be printed, and what they must say.

use record::ShortId;
use sheets::{
    Depth, Picture, PrintOptions, Sheet, SheetItem, SheetJob, Template, render_with, verify_while,
};

/// One file of a matrix.
pub(crate) struct Printed {
    pub(crate) name: String,
    pub(crate) sheet: Sheet,
}

/// An item with an id of its own.
pub(crate) fn item(number: usize) -> SheetItem {
    let mut random = [3; 22];
    for (byte, digit) in random.iter_mut().zip(format!("{number:05}").bytes()) {
        *byte = digit.wrapping_mul(7);
    }
    let id = ShortId::from_random(random);
    let titles = [
        "Open-air weekend",
        "ليلة أفلام قصيرة تحت الأشجار",
        "星空の下の短編映画祭",
        "ערב סרטים קצרים",
        "海港草地露天电影周末",
        "Ein sehr langer Titel über Donaudampfschifffahrtsgesellschaften und ihre Filme",
    ];
    SheetItem {
        url: format!("HTTPS://GO.MERIDIAN.EXAMPLE/P/{id}"),
        id,
        title: titles[number % titles.len()].to_owned(),
        description: "Films under the trees, 4 to 6 December.".to_owned(),
        picture: (!number.is_multiple_of(3)).then(|| picture(number)),
        duration_text: "1 min 48 s, with sound".to_owned(),
        expires_text: "31 January 2027".to_owned(),
        placement: format!("Tram stop {number}"),
        copies: 1,
        viewing_distance_m: [None, Some(0.5), Some(3.0)][number % 3],
    }
}

/// A picture with all levels of gray, so that it comes close to what a code looks like.
pub(crate) fn picture(number: usize) -> Picture {
    let (width, height) = (320, 180);
    let pixel = |x: u32, y: u32| {
        let checker = if (x / 8 + y / 8 + number as u32).is_multiple_of(2) {
            40
        } else {
            0
        };
        [(x * 255 / width) as u8, (y * 255 / height) as u8, checker]
    };
    let rgb: Vec<u8> = (0..height)
        .flat_map(|y| (0..width).flat_map(move |x| pixel(x, y)))
        .collect();
    Picture::from_rgb(width, height, &rgb).unwrap()
}

/// Prints and checks `pages` full pages.
pub(crate) fn print(template: &Template, pages: usize, options: &PrintOptions) -> Printed {
    let codes = pages * template.codes_per_page + 1 - options.start_at;
    let job = SheetJob {
        template: template.clone(),
        items: (0..codes).map(item).collect(),
        local_note: false,
    };
    let mut sheet = render_with(&job, options, &sheets::BundledFonts).unwrap();
    assert!(
        verify_while(&mut sheet, Depth::Everything, &|_| true).unwrap(),
        "{}: {:?}",
        template.name,
        sheet.failed()
    );
    assert_eq!(
        (sheet.pages, sheet.codes.len()),
        (pages, codes),
        "{}",
        template.name
    );
    Printed {
        name: format!("{}-{:?}", template.name, options.profile),
        sheet,
    }
}
