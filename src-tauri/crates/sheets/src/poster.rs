//! The poster: a picture to the edges, title and text below or beside it, the code at the foot with
//! the words that tell what to do.
//!
//! The code's modules are flush with the text above; its quiet zone reaches into the margin. What
//! is left out (picture, title, text) leaves no hole: the code and the type grow instead.

use crate::code::Code;
use crate::column::{self, Entry};
use crate::distance::side_for_distance;
use crate::font::Style;
use crate::geometry::{PT_PER_MM, Rect};
use crate::issue::{Field, Note};
use crate::job::SheetItem;
use crate::layout::{Block, PlacedCode, Setting, whole_dots};
use crate::picture::Picture;
use crate::text::{self, Fit, Fitted, Words};
use std::sync::Arc;

/// Sizes below are for paper of this width (A4) and grow with it.
const BASE_WIDTH: f64 = 595.276;
/// Paper of another shape is treated as if it were at most this wide, by its height.
const WIDEST: f64 = 0.78;
/// The part of a wide page that a picture takes, at the left.
const BESIDE: f64 = 0.55;
/// The widest that a code becomes for a far reader, by the width; the rest is for the words.
const WIDEST_CODE: f64 = 0.56;
const BLACK: u8 = 0;
const DARK: u8 = 64;
const MEDIUM: u8 = 102;
/// Pixels per inch below which a print looks soft.
const SHARP: f64 = 150.0;

/// The area of the texts and the code, and how much of it the parts may take.
struct Plan<'a> {
    setting: &'a Setting<'a>,
    width: f64,
    height: f64,
    /// The area's width over that of A4.
    scale: f64,
    margin: f64,
    /// Scale of the words beside the code.
    words: f64,
}

/// Sizes that depend on whether there is a picture.
struct Proportions {
    margin: f64,
    title: f64,
    description: f64,
    /// Side of the code without quiet zone, as part of the area's width.
    code: f64,
    /// Size of the words beside the code, by their size on other posters.
    words: f64,
}

const WITH_PICTURE: Proportions = Proportions {
    margin: 36.0,
    title: 54.0,
    description: 17.5,
    code: 0.355,
    words: 1.0,
};
const TYPE_ONLY: Proportions = Proportions {
    margin: 44.0,
    title: 124.0,
    description: 25.0,
    code: 0.465,
    words: 1.0,
};
/// On wide paper without a picture.
const WORDS_ABREAST: Proportions = Proportions {
    margin: 50.0,
    title: 165.0,
    description: 30.0,
    code: 0.6,
    words: 1.4,
};
/// Right of a picture on wide paper.
const BESIDE_PICTURE: Proportions = Proportions {
    margin: 44.0,
    title: 92.0,
    description: 23.0,
    code: 0.46,
    words: 1.0,
};
/// White between the text and what lies above it.
const LEAD: f64 = 34.0;

/// Lays out one poster of the size of `page` (points).
pub(crate) fn compose(
    setting: &Setting<'_>,
    item: &SheetItem,
    code: &Arc<Code>,
    (width, height): (f64, f64),
) -> (Vec<Block>, Vec<Note>) {
    let Some(picture) = &item.picture else {
        let proportions = if width > height {
            &WORDS_ABREAST
        } else {
            &TYPE_ONLY
        };
        let mut plan = Plan::new(setting, width, height, proportions);
        return plan.without_picture(item, code, proportions);
    };
    if width > height {
        let left = BESIDE * width;
        let mut plan = Plan::new(setting, width - left, height, &BESIDE_PICTURE);
        let (blocks, mut notes) = plan.without_picture(item, code, &BESIDE_PICTURE);
        let mut blocks: Vec<Block> = blocks.into_iter().map(|b| b.moved(left, 0.0)).collect();
        let rect = Rect::new(0.0, 0.0, left, height);
        notes.extend(coarse(picture, rect));
        blocks.push(Block::Picture {
            rect,
            picture: picture.clone(),
        });
        return (blocks, notes);
    }
    let mut plan = Plan::new(setting, width, height, &WITH_PICTURE);
    let placed = plan.code(item, code, &WITH_PICTURE);
    let (mut blocks, mut notes) = plan.instructions(item, &placed);
    let texts = Texts::new(setting, item);
    let text = plan.text_below_picture(&texts, picture, placed.rect().y);
    let rect = Rect::new(0.0, 0.0, width, text.top);
    notes.extend(coarse(picture, rect));
    blocks.push(Block::Picture {
        rect,
        picture: picture.clone(),
    });
    plan.place(text, &mut blocks, &mut notes);
    blocks.push(Block::Code(placed));
    (blocks, notes)
}

/// Brand, title and description, shaped.
struct Texts {
    brand: Option<Words>,
    title: Words,
    description: Option<Words>,
}

impl Texts {
    /// Without a title, what to do becomes the title.
    fn new(setting: &Setting<'_>, item: &SheetItem) -> Self {
        let (fonts, options) = (setting.fonts, setting.options);
        let title = if is_blank(&item.title) {
            &options.wording.call_to_action
        } else {
            &item.title
        };
        let description = &item.description;
        let brand = options.brand.as_ref().map(|brand| brand.name.as_str());
        Self {
            brand: brand
                .filter(|name| !is_blank(name))
                .map(|name| Words::new(fonts, Style::Strong, name)),
            title: Words::new(fonts, Style::Display, title),
            description: (!is_blank(description))
                .then(|| Words::new(fonts, Style::Body, description)),
        }
    }
}

/// Brand, title and description, set.
struct Headline {
    /// Stands above the title.
    brand: Kicker,
    /// Where the area of the text begins: the picture's lower edge, or the paper's upper one.
    top: f64,
    /// White above the title's capitals.
    lead: f64,
    title: Fitted,
    description: Option<Fitted>,
    /// From the title's lower edge to the description's upper one.
    gap: f64,
}

/// The brand's line.
#[derive(Default)]
struct Kicker {
    name: Option<Fitted>,
    /// The logo and its size.
    logo: Option<(Picture, f64, f64)>,
    /// With the white below it; 0 when there is no brand.
    height: f64,
}

impl Headline {
    /// Points from the brand's or the title's capitals to the last descent.
    fn height(&self) -> f64 {
        self.brand.height + self.text_height()
    }

    fn text_height(&self) -> f64 {
        let title = &self.title.block;
        let description = self
            .description
            .as_ref()
            .map_or(0.0, |d| self.gap + d.block.height());
        title.height() - title.above_caps() + description
    }

    fn is_cut(&self) -> bool {
        self.title.shortened || self.description.as_ref().is_some_and(|d| d.shortened)
    }
}

impl<'a> Plan<'a> {
    fn new(setting: &'a Setting<'a>, width: f64, height: f64, proportions: &Proportions) -> Self {
        let scale = width.min(WIDEST * height) / BASE_WIDTH;
        Self {
            setting,
            width,
            height,
            scale,
            margin: proportions.margin * scale,
            words: proportions.words * scale,
        }
    }

    fn without_picture(
        &mut self,
        item: &SheetItem,
        code: &Arc<Code>,
        proportions: &Proportions,
    ) -> (Vec<Block>, Vec<Note>) {
        let placed = self.code(item, code, proportions);
        let (mut blocks, mut notes) = self.instructions(item, &placed);
        let texts = Texts::new(self.setting, item);
        let text = self.text_alone(&texts, placed.rect().y, proportions);
        self.place(text, &mut blocks, &mut notes);
        blocks.push(Block::Code(placed));
        (blocks, notes)
    }

    fn text_width(&self) -> f64 {
        self.width - 2.0 * self.margin
    }

    /// The code, its modules flush with the left and the lower margin; larger than its share, and the
    /// margin with it, when it is to be read from afar.
    fn code(
        &mut self,
        item: &SheetItem,
        code: &Arc<Code>,
        proportions: &Proportions,
    ) -> PlacedCode {
        let modules = code.modules() as f64;
        let base = self.scale * BASE_WIDTH;
        let needed = item.viewing_distance_m.unwrap_or(0.0);
        let needed = side_for_distance(needed, code.modules()) * PT_PER_MM;
        // Rounding to whole dots must not fall short of it.
        let needed = needed + modules * whole_dots(1.0) * 0.13;
        let widest = (WIDEST_CODE * self.width).min(0.5 * self.height);
        let side = (base * proportions.code).max(needed.min(widest));
        let usual = side <= base * proportions.code;
        let by_margin = self.margin / crate::code::QUIET_ZONE as f64;
        let module = side / modules;
        let module = whole_dots(if usual { module.min(by_margin) } else { module });
        let margin = self.margin.max(crate::code::QUIET_ZONE as f64 * module);
        self.margin = margin;
        let side = module * modules;
        PlacedCode {
            code: Arc::clone(code),
            x: whole_dots(margin),
            y: whole_dots(self.height - margin - side),
            module,
            logo: None,
        }
    }

    /// The column right of the code, and the placement below it.
    fn instructions(&self, item: &SheetItem, code: &PlacedCode) -> (Vec<Block>, Vec<Note>) {
        let fonts = self.setting.fonts;
        let wording = &self.setting.options.wording;
        let symbol = code.symbol();
        let x = code.rect().right() + 4.0 * self.scale;
        let area = Rect::new(x, symbol.y, self.width - self.margin - x, symbol.h);
        let entry = |field, text: &str, style, size: f64, gray, gap: f64| Entry {
            field,
            text: text.to_owned(),
            style,
            size: size * self.words,
            lines: 1,
            gray,
            gap: gap * self.words,
        };
        let mut top = Vec::new();
        let call = Field::CallToAction;
        if !is_blank(&item.title) {
            let words = &wording.call_to_action;
            let call = entry(call, words, Style::Display, 29.0, BLACK, 0.0);
            top.push(Entry { lines: 3, ..call });
        }
        top.push(entry(
            call,
            &item.duration_text,
            Style::Body,
            15.0,
            DARK,
            14.0,
        ));
        let mut bottom = Vec::new();
        let address = Field::Address;
        if self.setting.local_note {
            let words = &wording.local_note;
            let note = entry(address, words, Style::Strong, 14.0, BLACK, 0.0);
            bottom.push(Entry { lines: 2, ..note });
        }
        if self.setting.options.typed_code {
            let hint = &wording.type_instead;
            bottom.push(entry(address, hint, Style::Body, 12.0, MEDIUM, 16.0));
            let typed = item.typed_address();
            let typed = entry(address, &typed, Style::Body, 15.0, BLACK, 10.0);
            bottom.push(Entry { lines: 6, ..typed });
            let id = item.id.grouped();
            bottom.push(entry(address, &id, Style::Mono, 19.0, BLACK, 11.0));
        }
        let until = wording.until(&item.expires_text);
        if !is_blank(&until) {
            let until = entry(Field::Expires, &until, Style::Body, 12.0, MEDIUM, 16.0);
            bottom.push(Entry { lines: 2, ..until });
        }
        let (mut blocks, mut notes) = column::compose(fonts, &top, &bottom, area);
        let tag = self.placement_tag(&item.placement, area);
        notes.extend(Note::of(Field::Placement, &tag));
        if !tag.block.is_empty() {
            let y = self.height - 0.36 * self.margin - tag.block.height();
            blocks.push(Block::text(area.x, y, tag.block));
        }
        (blocks, notes)
    }

    /// A small line at the foot of the paper for whoever hangs it up.
    fn placement_tag(&self, placement: &str, area: Rect) -> Fitted {
        let fit = Fit {
            size: 7.5 * self.words,
            min: 6.0 * self.words,
            leading: 1.2,
            width: area.w,
            height: f64::INFINITY,
            lines: 1,
            gray: MEDIUM,
            balanced: false,
        };
        let fonts = self.setting.fonts;
        text::fit(fonts, &Words::new(fonts, Style::Body, placement), &fit)
    }

    /// Gives the picture the height that its shape asks for, less when the text needs the room,
    /// more when the text leaves some.
    fn text_below_picture(&self, texts: &Texts, picture: &Picture, ceiling: f64) -> Headline {
        let (across, down) = picture.size();
        let natural = self.width * f64::from(down) / f64::from(across);
        let (least, most) = (0.22 * self.height, 0.5 * self.height);
        let lead = LEAD * self.scale;
        // A code that grew for far readers leaves less.
        let most = most.min(ceiling - lead - 60.0 * self.scale).max(least);
        let mut top = natural
            .clamp(0.34 * self.height, 0.46 * self.height)
            .min(most);
        let mut headline = self.headline(texts, top, lead, ceiling, &WITH_PICTURE);
        let too_tall = |headline: &Headline, top: f64| top + lead + headline.height() > ceiling;
        while (headline.is_cut() || too_tall(&headline, top)) && top > least {
            top = (top - 0.02 * self.height).max(least);
            headline = self.headline(texts, top, lead, ceiling, &WITH_PICTURE);
        }
        let spare = ceiling - top - lead - headline.height();
        let grown = (top + spare - 20.0 * self.scale).min(most).max(top);
        headline.top = grown;
        headline
    }

    /// Sets the text as large as the paper allows; what stays white lies above and below it.
    fn text_alone(&self, texts: &Texts, ceiling: f64, proportions: &Proportions) -> Headline {
        let lead = self.margin + 0.5 * LEAD * self.scale;
        let mut headline = self.headline(texts, 0.0, lead, ceiling, proportions);
        let spare = (ceiling - lead - headline.height()).max(0.0);
        headline.lead = lead + (0.3 * spare).min(0.1 * self.height);
        headline
    }

    /// Sets brand, title and description between `top + lead` and `ceiling`.
    fn headline(
        &self,
        texts: &Texts,
        top: f64,
        lead: f64,
        ceiling: f64,
        proportions: &Proportions,
    ) -> Headline {
        let fonts = self.setting.fonts;
        let brand = self.kicker(texts, proportions);
        let room = ceiling - top - lead - brand.height;
        let share = if texts.description.is_some() {
            0.62
        } else {
            0.95
        };
        let title = text::fit(fonts, &texts.title, &self.title(proportions, room * share));
        // A title's descenders are part of the white below it.
        let gap = 18.0 * self.scale - 0.5 * title.block.below_baseline();
        let left = room + title.block.above_caps() - title.block.height() - gap;
        let size = (proportions.description * self.scale)
            .min((0.6 * title.block.size).max(13.0 * self.scale));
        let fit = self.description(size, left);
        let description = texts
            .description
            .as_ref()
            .map(|words| text::fit(fonts, words, &fit));
        Headline {
            brand,
            top,
            lead,
            title,
            description,
            gap,
        }
    }

    fn kicker(&self, texts: &Texts, proportions: &Proportions) -> Kicker {
        let logo = self.setting.options.brand.as_ref();
        let logo = logo.and_then(|brand| brand.logo.clone());
        if texts.brand.is_none() && logo.is_none() {
            return Kicker::default();
        }
        let size = (0.34 * proportions.title).clamp(14.0, 20.0) * self.scale;
        let logo = logo.map(|logo| {
            let (w, h) = logo.size();
            let height = 1.7 * size;
            let width = (height * f64::from(w) / f64::from(h.max(1))).min(0.4 * self.text_width());
            (logo, width, width * f64::from(h) / f64::from(w.max(1)))
        });
        let beside = logo
            .as_ref()
            .map_or(0.0, |(_, width, _)| width + 0.5 * size);
        let fit = Fit {
            size,
            min: 0.6 * size,
            leading: 1.2,
            width: self.text_width() - beside,
            height: f64::INFINITY,
            lines: 1,
            gray: DARK,
            balanced: false,
        };
        let fonts = self.setting.fonts;
        let name = texts
            .brand
            .as_ref()
            .map(|words| text::fit(fonts, words, &fit));
        let caps = name.as_ref().map_or(0.0, |name| {
            let block = &name.block;
            block.height() - block.above_caps() - block.below_baseline() + block.deep()
        });
        let tall = logo.as_ref().map_or(0.0, |(_, _, height)| *height);
        let height = caps.max(tall) + 17.0 * self.scale;
        Kicker { name, logo, height }
    }

    fn title(&self, proportions: &Proportions, height: f64) -> Fit {
        Fit {
            size: proportions.title * self.scale,
            min: 19.0 * self.scale,
            leading: 1.05,
            width: self.text_width(),
            height,
            lines: usize::MAX,
            gray: BLACK,
            balanced: true,
        }
    }

    fn description(&self, size: f64, height: f64) -> Fit {
        Fit {
            size,
            min: 10.0 * self.scale,
            leading: 1.4,
            width: self.text_width(),
            height,
            lines: usize::MAX,
            gray: DARK,
            balanced: false,
        }
    }

    fn place(&self, headline: Headline, blocks: &mut Vec<Block>, notes: &mut Vec<Note>) {
        let top = headline.top + headline.lead;
        let kicker = headline.brand.height;
        self.place_brand(headline.brand, top, blocks, notes);
        let title = headline.title;
        notes.extend(Note::of(Field::Title, &title));
        let top = top + kicker - title.block.above_caps();
        let below = top + title.block.height() + headline.gap;
        blocks.push(Block::text(self.margin, top, title.block));
        if let Some(description) = headline.description {
            notes.extend(Note::of(Field::Description, &description));
            blocks.push(Block::text(self.margin, below, description.block));
        }
    }

    fn place_brand(&self, brand: Kicker, top: f64, blocks: &mut Vec<Block>, notes: &mut Vec<Note>) {
        let line = brand.height - 17.0 * self.scale;
        let mut x = self.margin;
        if let Some((picture, w, h)) = brand.logo {
            let rect = Rect::new(x, top + (line - h) / 2.0, w, h);
            blocks.push(Block::Picture { rect, picture });
            x = rect.right() + 8.0 * self.scale;
        }
        if let Some(name) = brand.name {
            notes.extend(Note::of(Field::Brand, &name));
            let block = name.block;
            let caps = block.height() - block.above_caps() - block.below_baseline();
            let y = top + (line - caps) / 2.0 - block.above_caps();
            blocks.push(Block::text(x, y, block));
        }
    }
}

pub(crate) fn is_blank(text: &str) -> bool {
    text::clean(text).0.is_empty()
}

/// What is to be said about a picture of this size.
pub(crate) fn coarse(picture: &Picture, rect: Rect) -> Option<Note> {
    let (across, down) = picture.size();
    let points_per_pixel = (rect.w / f64::from(across)).max(rect.h / f64::from(down));
    let pixels_per_inch = 72.0 / points_per_pixel;
    (pixels_per_inch < SHARP).then_some(Note::CoarsePicture {
        pixels_per_inch: pixels_per_inch as u32,
    })
}
