//! The bundled fonts: which face draws which character, and shaping.

use crate::SheetError;
use krilla::text::{GlyphId, KrillaGlyph};
use rustybuzz::ttf_parser::Tag;
use rustybuzz::{Direction, Feature, Script, ShapePlan, UnicodeBuffer};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;
use unicode_segmentation::UnicodeSegmentation;

macro_rules! font_file {
    ($name:literal) => {
        include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../assets/fonts/",
            $name
        ))
    };
}

/// Stands for a character that no bundled font has.
const REPLACEMENT: &str = "\u{fffd}";

/// What a text is for; it decides the face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Titles: Inter Display SemiBold, set tight.
    Display,
    /// Emphasis in small sizes: Inter SemiBold.
    Strong,
    /// Running text: Inter Regular.
    Body,
    /// What is typed by hand: JetBrains Mono SemiBold.
    Mono,
}

impl Style {
    /// Extra space after every glyph, in em.
    fn tracking(self) -> f32 {
        match self {
            Self::Display => -0.022,
            Self::Strong => -0.008,
            Self::Body => -0.006,
            Self::Mono => 0.02,
        }
    }

    fn face(self) -> FaceId {
        match self {
            Self::Display => FaceId::Display,
            Self::Strong => FaceId::Strong,
            Self::Body => FaceId::Body,
            Self::Mono => FaceId::Mono,
        }
    }
}

/// One of the bundled faces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaceId {
    Display,
    Strong,
    Body,
    Mono,
    /// Noto Sans: draws what the style's own face lacks.
    Wide,
}

/// Vertical measures of a face, in em, all positive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Metrics {
    pub(crate) ascent: f64,
    pub(crate) descent: f64,
    pub(crate) cap_height: f64,
}

/// Glyphs of one face, ready to be drawn.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) face: FaceId,
    pub(crate) text: String,
    pub(crate) glyphs: Vec<KrillaGlyph>,
    /// In em.
    pub(crate) advance: f64,
}

/// A shaped text and what was wrong with its characters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shaped {
    pub(crate) runs: Vec<Run>,
    pub(crate) gaps: Gaps,
}

impl Shaped {
    /// In em.
    pub(crate) fn advance(&self) -> f64 {
        self.runs.iter().map(|run| run.advance).sum()
    }
}

/// Characters that the face asked for does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gaps {
    /// Drawn by Noto Sans instead.
    pub(crate) fallback: BTreeSet<char>,
    /// In no bundled font: a replacement character is drawn.
    pub(crate) missing: BTreeSet<char>,
}

impl Gaps {
    pub(crate) fn extend(&mut self, other: &Self) {
        self.fallback.extend(&other.fallback);
        self.missing.extend(&other.missing);
    }
}

struct Face {
    shaper: rustybuzz::Face<'static>,
    font: krilla::text::Font,
    /// Making a plan costs more than shaping a word with it.
    plans: RefCell<Vec<Plan>>,
}

/// How words of one script are shaped.
struct Plan {
    script: Script,
    literal: bool,
    plan: Rc<ShapePlan>,
}

impl Face {
    fn load(name: &str, bytes: &'static [u8]) -> Result<Self, SheetError> {
        let broken = || SheetError::Pdf(format!("the bundled font {name} is damaged"));
        Ok(Self {
            shaper: rustybuzz::Face::from_slice(bytes, 0).ok_or_else(broken)?,
            font: krilla::text::Font::new(bytes.into(), 0).ok_or_else(broken)?,
            plans: RefCell::new(Vec::new()),
        })
    }

    fn plan(&self, script: Script, literal: bool) -> Rc<ShapePlan> {
        let mut plans = self.plans.borrow_mut();
        let known = plans
            .iter()
            .find(|plan| plan.script == script && plan.literal == literal);
        if let Some(known) = known {
            return Rc::clone(&known.plan);
        }
        let features: &[Feature] = if literal { &LITERAL } else { &[] };
        let plan = ShapePlan::new(
            &self.shaper,
            Direction::LeftToRight,
            Some(script),
            None,
            features,
        );
        let plan = Rc::new(plan);
        plans.push(Plan {
            script,
            literal,
            plan: Rc::clone(&plan),
        });
        plan
    }

    fn covers(&self, grapheme: &str) -> bool {
        grapheme
            .chars()
            .all(|c| is_joiner(c) || self.shaper.glyph_index(c).is_some())
    }
}

/// Zero-width joiner and non-joiner direct the shaping and are never drawn.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// The bundled faces, parsed.
pub(crate) struct Fonts {
    display: Face,
    strong: Face,
    body: Face,
    mono: Face,
    wide: Face,
}

impl Fonts {
    pub(crate) fn load() -> Result<Self, SheetError> {
        Ok(Self {
            display: Face::load(
                "Inter Display SemiBold",
                font_file!("InterDisplay-SemiBold.otf"),
            )?,
            strong: Face::load("Inter SemiBold", font_file!("Inter-SemiBold.otf"))?,
            body: Face::load("Inter Regular", font_file!("Inter-Regular.otf"))?,
            mono: Face::load(
                "JetBrains Mono SemiBold",
                font_file!("JetBrainsMono-SemiBold-Latin.ttf"),
            )?,
            wide: Face::load("Noto Sans Regular", font_file!("NotoSans-Regular.ttf"))?,
        })
    }

    fn face(&self, id: FaceId) -> &Face {
        match id {
            FaceId::Display => &self.display,
            FaceId::Strong => &self.strong,
            FaceId::Body => &self.body,
            FaceId::Mono => &self.mono,
            FaceId::Wide => &self.wide,
        }
    }

    /// The face as the PDF writer wants it.
    pub(crate) fn embedded(&self, id: FaceId) -> krilla::text::Font {
        self.face(id).font.clone()
    }

    /// The face's tables.
    #[cfg(test)]
    pub(crate) fn shaper(&self, id: FaceId) -> &rustybuzz::Face<'static> {
        &self.face(id).shaper
    }

    pub(crate) fn metrics(&self, style: Style) -> Metrics {
        let face = &self.face(style.face()).shaper;
        let em = f64::from(face.units_per_em());
        let ascent = f64::from(face.ascender()) / em;
        Metrics {
            ascent,
            descent: -f64::from(face.descender()) / em,
            cap_height: face
                .capital_height()
                .map_or(ascent * 0.75, |cap| f64::from(cap) / em),
        }
    }

    /// Shapes a text of one line, left to right (the bundled fonts have no right-to-left script).
    pub(crate) fn shape(&self, style: Style, text: &str) -> Shaped {
        let (parts, mut gaps) = self.assign_faces(style, text);
        let mut runs = Vec::with_capacity(parts.len());
        for (face, text) in parts {
            let (run, undrawn) = self.shape_run(face, style, text);
            gaps.missing.extend(undrawn);
            runs.push(run);
        }
        Shaped { runs, gaps }
    }

    /// Splits the text where the face changes.
    fn assign_faces(&self, style: Style, text: &str) -> (Vec<(FaceId, String)>, Gaps) {
        let own = style.face();
        let mut gaps = Gaps::default();
        let mut parts: Vec<(FaceId, String)> = Vec::new();
        for grapheme in text.graphemes(true) {
            let (face, drawn) = if self.face(own).covers(grapheme) {
                (own, grapheme)
            } else if self.wide.covers(grapheme) {
                gaps.fallback.extend(grapheme.chars());
                (FaceId::Wide, grapheme)
            } else {
                gaps.missing.extend(grapheme.chars());
                (FaceId::Wide, REPLACEMENT)
            };
            match parts.last_mut() {
                Some((last, part)) if *last == face => part.push_str(drawn),
                _ => parts.push((face, drawn.to_owned())),
            }
        }
        (parts, gaps)
    }

    /// Shapes text of one face; also returns the characters that came out as "no glyph".
    fn shape_run(&self, face: FaceId, style: Style, text: String) -> (Run, Vec<char>) {
        let shaper = &self.face(face).shaper;
        let em = shaper.units_per_em() as f32;
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(&text);
        buffer.guess_segment_properties();
        buffer.set_direction(Direction::LeftToRight);
        let plan = self.face(face).plan(buffer.script(), style == Style::Mono);
        let shaped = rustybuzz::shape_with_plan(shaper, &plan, buffer);
        let infos = shaped.glyph_infos();
        let mut glyphs = Vec::with_capacity(infos.len());
        let mut undrawn = Vec::new();
        let mut advance = 0.0;
        for (at, (info, position)) in infos.iter().zip(shaped.glyph_positions()).enumerate() {
            let start = info.cluster as usize;
            let end = infos
                .iter()
                .skip(at)
                .map(|later| later.cluster as usize)
                .find(|cluster| *cluster > start)
                .unwrap_or(text.len());
            if info.glyph_id == 0 {
                undrawn.extend(text.get(start..end).unwrap_or_default().chars());
            }
            let own = position.x_advance as f32 / em;
            let tracked = if own > 0.0 {
                own + style.tracking()
            } else {
                own
            };
            advance += f64::from(tracked);
            glyphs.push(glyph(info.glyph_id, tracked, position, em, start..end));
        }
        (
            Run {
                face,
                text,
                glyphs,
                advance,
            },
            undrawn,
        )
    }
}

fn glyph(
    id: u32,
    advance: f32,
    position: &rustybuzz::GlyphPosition,
    em: f32,
    text: Range<usize>,
) -> KrillaGlyph {
    KrillaGlyph::new(
        GlyphId::new(id),
        advance,
        position.x_offset as f32 / em,
        position.y_offset as f32 / em,
        position.y_advance as f32 / em,
        text,
        None,
    )
}

/// Addresses are typed character by character: no ligature may hide one.
const LITERAL: [Feature; 2] = [off(b"calt"), off(b"liga")];

const fn off(tag: &[u8; 4]) -> Feature {
    Feature {
        tag: Tag::from_bytes(tag),
        value: 0,
        start: 0,
        end: u32::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_told_apart() {
        let fonts = Fonts::load().unwrap();
        let shaped = fonts.shape(Style::Display, "Fête Ψ Ж Ҟ 映");
        assert_eq!(shaped.gaps.fallback, BTreeSet::from(['Ҟ']));
        assert_eq!(shaped.gaps.missing, BTreeSet::from(['映']));
        let faces: Vec<FaceId> = shaped.runs.iter().map(|run| run.face).collect();
        assert_eq!(
            faces,
            [FaceId::Display, FaceId::Wide, FaceId::Display, FaceId::Wide]
        );
        assert_eq!(shaped.runs.last().unwrap().text, REPLACEMENT);
    }

    #[test]
    fn no_run_holds_an_empty_box() {
        let fonts = Fonts::load().unwrap();
        for style in [Style::Display, Style::Strong, Style::Body, Style::Mono] {
            let shaped = fonts.shape(style, "Sphinx “of” — 映画 😀 é e\u{301} مرحبا");
            let glyphs = shaped.runs.iter().flat_map(|run| &run.glyphs);
            assert!(glyphs.clone().count() > 10);
            assert!(
                glyphs.into_iter().all(|g| g.glyph_id.to_u32() != 0),
                "{style:?}"
            );
        }
    }

    #[test]
    fn mono_is_mono_even_in_an_address() {
        let fonts = Fonts::load().unwrap();
        let per_glyph = fonts.shape(Style::Mono, "0").advance();
        let address = "http://a--b.example/P/";
        let advance = fonts.shape(Style::Mono, address).advance();
        assert!((advance - per_glyph * address.len() as f64).abs() < 1e-4);
    }
}
