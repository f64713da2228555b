//! The poster: picture to the edges on top, title and text below it, the code at the foot with
//! the words that tell what to do.
//!
//! The code's modules are flush with the text above; its quiet zone reaches into the margin. What
//! is left out (picture, title, text) leaves no hole: the code and the type grow instead.

use crate::code::Code;
use crate::column::{self, Entry};
use crate::font::{Fonts, Style};
use crate::geometry::Rect;
use crate::issue::{Field, Note};
use crate::job::SheetItem;
use crate::layout::{Block, PlacedCode, whole_dots};
use crate::picture::Picture;
use crate::text::{self, Fit, Fitted, Words};
use std::sync::Arc;

/// Sizes below are for paper of this width (A4) and grow with it.
const BASE_WIDTH: f64 = 595.276;
const BLACK: u8 = 0;
const DARK: u8 = 64;
const MEDIUM: u8 = 102;
pub(crate) const CALL_TO_ACTION: &str = "Scan to watch";
pub(crate) const LOCAL_NOTE: &str = "Works on this network only";
/// Pixels per inch below which a print looks soft.
const SHARP: f64 = 150.0;

/// The page, and how much of it the parts may take.
struct Plan {
    width: f64,
    height: f64,
    /// Paper width over A4 width.
    scale: f64,
    margin: f64,
}

/// Sizes that depend on whether there is a picture.
struct Proportions {
    margin: f64,
    title: f64,
    description: f64,
    /// Side of the code without quiet zone, as part of the paper's width.
    code: f64,
}

const WITH_PICTURE: Proportions = Proportions {
    margin: 36.0,
    title: 54.0,
    description: 17.5,
    code: 0.355,
};
const TYPE_ONLY: Proportions = Proportions {
    margin: 44.0,
    title: 124.0,
    description: 25.0,
    code: 0.465,
};
/// White between the text and what lies above it.
const LEAD: f64 = 34.0;

/// Lays out one poster of the size of `page` (points).
pub(crate) fn compose(
    fonts: &Fonts,
    item: &SheetItem,
    code: &Arc<Code>,
    (width, height): (f64, f64),
    local_note: bool,
) -> (Vec<Block>, Vec<Note>) {
    let scale = width / BASE_WIDTH;
    let proportions = if item.picture.is_some() {
        &WITH_PICTURE
    } else {
        &TYPE_ONLY
    };
    let plan = Plan {
        width,
        height,
        scale,
        margin: proportions.margin * scale,
    };
    let placed = plan.code(code, proportions.code);
    let (mut blocks, mut notes) = plan.instructions(fonts, item, &placed, local_note);
    let ceiling = placed.rect().y;
    let texts = Texts::new(fonts, item);
    match &item.picture {
        Some(picture) => {
            let text = plan.text_below_picture(fonts, &texts, picture, ceiling);
            let rect = Rect::new(0.0, 0.0, width, text.top);
            notes.extend(coarse(picture, rect));
            blocks.push(Block::Picture {
                rect,
                picture: picture.clone(),
            });
            plan.place(text, &mut blocks, &mut notes);
        }
        None => {
            let text = plan.text_alone(fonts, &texts, ceiling);
            plan.place(text, &mut blocks, &mut notes);
        }
    }
    blocks.push(Block::Code(placed));
    (blocks, notes)
}

/// Title and description, shaped.
struct Texts {
    title: Words,
    description: Option<Words>,
}

impl Texts {
    /// Without a title, what to do becomes the title.
    fn new(fonts: &Fonts, item: &SheetItem) -> Self {
        let title = if is_blank(&item.title) {
            CALL_TO_ACTION
        } else {
            &item.title
        };
        let description = &item.description;
        Self {
            title: Words::new(fonts, Style::Display, title),
            description: (!is_blank(description))
                .then(|| Words::new(fonts, Style::Body, description)),
        }
    }
}

/// Title and description, set.
struct Headline {
    /// Where the area of the text begins: the picture's lower edge, or the paper's upper one.
    top: f64,
    /// White above the title's capitals.
    lead: f64,
    title: Fitted,
    description: Option<Fitted>,
    /// From the title's lower edge to the description's upper one.
    gap: f64,
}

impl Headline {
    /// Points from the first capitals to the last descent.
    fn height(&self) -> f64 {
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

impl Plan {
    fn text_width(&self) -> f64 {
        self.width - 2.0 * self.margin
    }

    /// The code, its modules flush with the left and the lower margin.
    fn code(&self, code: &Arc<Code>, share: f64) -> PlacedCode {
        let quiet = self.margin / crate::code::QUIET_ZONE as f64;
        let module = whole_dots((self.width * share / code.modules() as f64).min(quiet));
        let side = module * code.modules() as f64;
        let x = whole_dots(self.margin);
        let y = whole_dots(self.height - self.margin - side);
        PlacedCode {
            code: Arc::clone(code),
            x,
            y,
            module,
        }
    }

    /// The column right of the code, and the placement below it.
    fn instructions(
        &self,
        fonts: &Fonts,
        item: &SheetItem,
        code: &PlacedCode,
        local_note: bool,
    ) -> (Vec<Block>, Vec<Note>) {
        let symbol = code.symbol();
        let x = code.rect().right() + 4.0 * self.scale;
        let area = Rect::new(x, symbol.y, self.width - self.margin - x, symbol.h);
        let entry = |field, text: &str, style, size: f64, gray, gap: f64| Entry {
            field,
            text: text.to_owned(),
            style,
            size: size * self.scale,
            lines: 1,
            gray,
            gap: gap * self.scale,
        };
        let mut top = Vec::new();
        if !is_blank(&item.title) {
            let call = entry(
                Field::CallToAction,
                CALL_TO_ACTION,
                Style::Display,
                29.0,
                BLACK,
                0.0,
            );
            top.push(Entry { lines: 2, ..call });
        }
        top.push(entry(
            Field::CallToAction,
            &item.duration_text,
            Style::Body,
            15.0,
            DARK,
            14.0,
        ));
        let mut bottom = Vec::new();
        if local_note {
            let note = entry(Field::Address, LOCAL_NOTE, Style::Strong, 14.0, BLACK, 0.0);
            bottom.push(Entry { lines: 2, ..note });
        }
        let hint = "Or type this address";
        bottom.push(entry(Field::Address, hint, Style::Body, 12.0, MEDIUM, 16.0));
        let address = entry(
            Field::Address,
            &item.typed_address(),
            Style::Body,
            15.0,
            BLACK,
            10.0,
        );
        bottom.push(Entry {
            lines: 6,
            ..address
        });
        let id = item.id.grouped();
        bottom.push(entry(Field::Address, &id, Style::Mono, 19.0, BLACK, 11.0));
        if !is_blank(&item.expires_text) {
            let until = format!("Until {}", item.expires_text);
            let until = entry(Field::Expires, &until, Style::Body, 12.0, MEDIUM, 16.0);
            bottom.push(Entry { lines: 2, ..until });
        }
        let (mut blocks, mut notes) = column::compose(fonts, &top, &bottom, area);
        let tag = self.placement_tag(fonts, &item.placement, area);
        notes.extend(Note::of(Field::Placement, &tag));
        if !tag.block.is_empty() {
            let y = self.height - 0.36 * self.margin - tag.block.height();
            blocks.push(Block::text(area.x, y, tag.block));
        }
        (blocks, notes)
    }

    /// A small line at the foot of the paper for whoever hangs it up.
    fn placement_tag(&self, fonts: &Fonts, placement: &str, area: Rect) -> Fitted {
        let fit = Fit {
            size: 7.5 * self.scale,
            min: 6.0 * self.scale,
            leading: 1.2,
            width: area.w,
            height: f64::INFINITY,
            lines: 1,
            gray: MEDIUM,
            balanced: false,
        };
        text::fit(fonts, &Words::new(fonts, Style::Body, placement), &fit)
    }

    /// Gives the picture the height that its shape asks for, less when the text needs the room,
    /// more when the text leaves some.
    fn text_below_picture(
        &self,
        fonts: &Fonts,
        texts: &Texts,
        picture: &Picture,
        ceiling: f64,
    ) -> Headline {
        let (across, down) = picture.size();
        let natural = self.width * f64::from(down) / f64::from(across);
        let (least, most) = (0.22 * self.height, 0.5 * self.height);
        let lead = LEAD * self.scale;
        let mut top = natural.clamp(0.34 * self.height, 0.46 * self.height);
        let mut headline = self.headline(fonts, texts, top, lead, ceiling, &WITH_PICTURE);
        while headline.is_cut() && top > least {
            top = (top - 0.02 * self.height).max(least);
            headline = self.headline(fonts, texts, top, lead, ceiling, &WITH_PICTURE);
        }
        let spare = ceiling - top - lead - headline.height();
        let grown = (top + spare - 20.0 * self.scale).min(most).max(top);
        headline.top = grown;
        headline
    }

    /// Sets the text as large as the paper allows; what stays white lies above and below it.
    fn text_alone(&self, fonts: &Fonts, texts: &Texts, ceiling: f64) -> Headline {
        let lead = self.margin + 0.5 * LEAD * self.scale;
        let mut headline = self.headline(fonts, texts, 0.0, lead, ceiling, &TYPE_ONLY);
        let spare = (ceiling - lead - headline.height()).max(0.0);
        headline.lead = lead + (0.3 * spare).min(0.1 * self.height);
        headline
    }

    /// Sets title and description between `top + lead` and `ceiling`.
    fn headline(
        &self,
        fonts: &Fonts,
        texts: &Texts,
        top: f64,
        lead: f64,
        ceiling: f64,
        proportions: &Proportions,
    ) -> Headline {
        let room = ceiling - top - lead;
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
            top,
            lead,
            title,
            description,
            gap,
        }
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
        let title = headline.title;
        notes.extend(Note::of(Field::Title, &title));
        let top = headline.top + headline.lead - title.block.above_caps();
        let below = top + title.block.height() + headline.gap;
        blocks.push(Block::text(self.margin, top, title.block));
        if let Some(description) = headline.description {
            notes.extend(Note::of(Field::Description, &description));
            blocks.push(Block::text(self.margin, below, description.block));
        }
    }
}

pub(crate) fn is_blank(text: &str) -> bool {
    text::clean(text).0.is_empty()
}

fn coarse(picture: &Picture, rect: Rect) -> Option<Note> {
    let (across, down) = picture.size();
    let points_per_pixel = (rect.w / f64::from(across)).max(rect.h / f64::from(down));
    let pixels_per_inch = 72.0 / points_per_pixel;
    (pixels_per_inch < SHARP).then_some(Note::CoarsePicture {
        pixels_per_inch: pixels_per_inch as u32,
    })
}
