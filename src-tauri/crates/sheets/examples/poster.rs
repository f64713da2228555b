//! Writes a sheet to look at: `cargo run -p sheets --example poster -- OUT.pdf [TEMPLATE] [PHOTO]`.

use record::ShortId;
use sheets::{Picture, SheetItem, SheetJob, render, template, verify};
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let out = args
        .next()
        .ok_or("usage: poster OUT.pdf [TEMPLATE] [PHOTO]")?;
    let template = template(&args.next().unwrap_or_else(|| "poster-a4".to_owned()))?.clone();
    let picture = match args.next() {
        Some(photo) => Some(Picture::from_file_bytes(&std::fs::read(photo)?)?),
        None => None,
    };
    let id = ShortId::from_random(*b"an example, not random");
    let item = SheetItem {
        url: format!("HTTPS://GO.MERIDIAN.EXAMPLE/P/{id}"),
        id,
        title: "Open-air weekend".to_owned(),
        description: "Films under the trees, 4 to 6 December.\nDoors at six, Harbour Meadow."
            .to_owned(),
        picture,
        duration_text: "1 min 48 s, with sound".to_owned(),
        expires_text: "31 January 2027".to_owned(),
        placement: "Foyer, left pillar".to_owned(),
        copies: template.codes_per_page as u32,
        viewing_distance_m: None,
    };
    let started = Instant::now();
    let mut sheet = render(&SheetJob {
        template,
        items: vec![item],
        local_note: false,
    })?;
    let rendered = started.elapsed();
    let ok = verify(&mut sheet)?;
    println!(
        "{} codes, rendered in {rendered:?}, all read back: {ok}",
        sheet.codes.len()
    );
    for code in sheet.codes.iter().filter(|code| !code.verified) {
        println!(
            "{}: {}",
            code.id.grouped(),
            code.why.as_deref().unwrap_or_default()
        );
    }
    for issue in &sheet.issues {
        println!("{issue}");
    }
    std::fs::write(out, sheet.pdf)?;
    Ok(())
}
