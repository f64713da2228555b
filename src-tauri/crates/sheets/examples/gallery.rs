//! Writes sheets to look at, as PDF and as pictures of their first pages:
//! `cargo run -p sheets --example gallery -- FOLDER [PHOTO [LOGO]]`.

use record::ShortId;
use sheets::{
    Brand, Logo, Picture, PrintOptions, SheetItem, SheetJob, SystemFonts, Template, Wording,
    preview_png, render_with, template, templates, test_page, verify,
};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

const TITLES: [(&str, &str, &str); 5] = [
    (
        "Open-air weekend",
        "Films under the trees, 4 to 6 December.\nDoors at six, Harbour Meadow.",
        "Foyer, left pillar",
    ),
    (
        "ليلة أفلام قصيرة تحت الأشجار",
        "من 4 إلى 6 ديسمبر في المرج قرب الميناء. الأبواب تفتح في السادسة (Harbour Meadow).",
        "الردهة، العمود الأيسر",
    ),
    (
        "ערב סרטים קצרים תחת כיפת השמים",
        "4 עד 6 בדצמבר, אחו הנמל. הדלתות נפתחות בשש.",
        "מבואה, עמוד שמאלי",
    ),
    (
        "星空の下の短編映画祭",
        "12月4日から6日まで、港の草地で上映します。開場は午後6時、入場無料。",
        "ロビー、左の柱",
    ),
    (
        "海港草地露天电影周末",
        "12月4日至6日，树下放映短片。六点入场，免费参加。",
        "大厅，左侧柱子",
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().ok_or("usage: gallery FOLDER [PHOTO [LOGO]]")?);
    std::fs::create_dir_all(&folder)?;
    let read = |path: Option<String>| path.map(std::fs::read).transpose();
    let photo = read(args.next())?;
    let logo = read(args.next())?;
    let picture = photo.as_deref().map(Picture::from_file_bytes).transpose()?;
    let brand = Brand {
        name: "Meridian Culture".to_owned(),
        logo: logo.as_deref().map(Picture::from_file_bytes).transpose()?,
    };
    let mut gallery = Gallery { folder, picture };
    for template in templates() {
        gallery.sheet(&template.name, template, 0, &PrintOptions::default())?;
        std::fs::write(
            gallery.path(&format!("test-{}", template.name), "pdf"),
            test_page(template, &PrintOptions::default())?,
        )?;
    }
    let poster = template("poster-a4")?;
    for (at, language) in ["en", "ar", "he", "ja", "zh"].into_iter().enumerate() {
        gallery.sheet(&format!("poster-{language}"), poster, at, &worded(at))?;
        let labels = template("avery-l7165")?;
        gallery.sheet(&format!("labels-{language}"), labels, at, &worded(at))?;
    }
    let mut press = PrintOptions::press(poster);
    press.brand = Some(brand.clone());
    press.logo = logo.as_deref().map(Logo::from_file_bytes).transpose()?;
    gallery.sheet("press", poster, 0, &press)?;
    let wide = template("poster-a3-landscape")?;
    gallery.sheet("press-wide", wide, 0, &press)?;
    let branded = PrintOptions {
        brand: Some(brand),
        start_at: 4,
        offset_mm: (0.4, -0.2),
        crop_marks: true,
        ..PrintOptions::default()
    };
    gallery.sheet("labels-from-4", template("avery-l7163")?, 0, &branded)?;
    gallery.picture = None;
    gallery.sheet("poster-words", poster, 0, &PrintOptions::default())?;
    gallery.sheet("poster-words-ar", poster, 1, &worded(1))?;
    gallery.sheet("poster-words-wide", wide, 0, &PrintOptions::default())?;
    Ok(())
}

fn worded(language: usize) -> PrintOptions {
    let words = [
        ("Scan to watch", "Or type this address", "Until {}"),
        ("امسح الرمز للمشاهدة", "أو اكتب هذا العنوان", "حتى {}"),
        ("סרקו כדי לצפות", "או הקלידו כתובת זו", "עד {}"),
        ("スキャンして視聴", "またはこのアドレスを入力", "{} まで"),
        ("扫码观看", "或输入此网址", "至 {}"),
    ];
    let (call, hint, until) = words[language % words.len()];
    PrintOptions {
        wording: Wording {
            call_to_action: call.to_owned(),
            type_instead: hint.to_owned(),
            until: until.to_owned(),
            ..Wording::default()
        },
        ..PrintOptions::default()
    }
}

struct Gallery {
    folder: PathBuf,
    picture: Option<Picture>,
}

impl Gallery {
    fn path(&self, name: &str, ending: &str) -> PathBuf {
        Path::new(&self.folder).join(format!("{name}.{ending}"))
    }

    fn sheet(
        &self,
        name: &str,
        template: &Template,
        language: usize,
        options: &PrintOptions,
    ) -> Result<(), Box<dyn Error>> {
        let items = (0..template.codes_per_page).map(|n| self.item(n, language));
        let job = SheetJob {
            template: template.clone(),
            items: items.collect(),
            local_note: false,
        };
        let started = Instant::now();
        let mut sheet = render_with(&job, options, &SystemFonts::new())?;
        let rendered = started.elapsed();
        let ok = verify(&mut sheet)?;
        println!(
            "{name}: {} codes, written in {rendered:?}, all read back: {ok}",
            sheet.codes.len()
        );
        for code in sheet.failed() {
            println!("  {}: {}", code.id.grouped(), code.why);
        }
        for issue in sheet.issues.iter().take(3) {
            println!("  {issue}");
        }
        std::fs::write(self.path(name, "png"), preview_png(&sheet.pdf, 1, 110)?)?;
        std::fs::write(self.path(name, "pdf"), sheet.pdf)?;
        Ok(())
    }

    fn item(&self, number: usize, language: usize) -> SheetItem {
        let mut random = *b"an example, not random";
        random[1] = random[1].wrapping_add(number as u8);
        let id = ShortId::from_random(random);
        let (title, description, placement) = TITLES[language % TITLES.len()];
        SheetItem {
            url: format!("HTTPS://GO.MERIDIAN.EXAMPLE/P/{id}"),
            id,
            title: title.to_owned(),
            description: description.to_owned(),
            picture: self.picture.clone(),
            duration_text: "1 min 48 s, with sound".to_owned(),
            expires_text: "31 January 2027".to_owned(),
            placement: placement.to_owned(),
            copies: 1,
            viewing_distance_m: None,
        }
    }
}
