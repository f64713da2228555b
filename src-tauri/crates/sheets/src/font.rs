//! The typefaces: which one draws which character, and shaping.
//!
//! Every style has a face of its own; behind it stand Noto Sans and the faces of other scripts,
//! and behind those the caller's [`FontSource`].

use crate::SheetError;
use crate::font_source::{FontSource, WantedFont};
use crate::script::{self, Han};
use fontique::{Blob, Collection, CollectionOptions, FontInfoOverride, FontWeight};
use krilla::text::{GlyphId, KrillaGlyph};
use parley::style::{FontFamily, FontFamilyName, FontFeature, OverflowWrap, StyleProperty};
use parley::{FontContext, Layout, LayoutContext, LineBreakContext};
use std::borrow::Cow;
use std::cell::{Ref, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;
use ttf_parser::Tag;

macro_rules! font_file {
    ($name:literal) => {
        include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../assets/fonts/",
            $name
        ))
    };
}

/// Stands for a character that no font has.
const REPLACEMENT: char = '\u{fffd}';
/// Texts are shaped at this size and scaled; large, so that nothing is lost to rounding.
pub(crate) const EM: f32 = 1024.0;

/// The bundled faces and the names they are found by here.
const BUNDLED: [(&str, &[u8]); 11] = [
    ("display", font_file!("InterDisplay-SemiBold.otf")),
    ("strong", font_file!("Inter-SemiBold.otf")),
    ("body", font_file!("Inter-Regular.otf")),
    ("mono", font_file!("JetBrainsMono-SemiBold-Latin.ttf")),
    (WIDE, font_file!("NotoSans-Regular.ttf")),
    ("arabic", font_file!("NotoSansArabic-Regular.ttf")),
    ("arabic strong", font_file!("NotoSansArabic-SemiBold.ttf")),
    ("hebrew", font_file!("NotoSansHebrew-Regular.ttf")),
    ("hebrew strong", font_file!("NotoSansHebrew-SemiBold.ttf")),
    (JAPANESE, font_file!("NotoSansJP-Medium-JIS.ttf")),
    (CHINESE, font_file!("NotoSansSC-Medium-GB.ttf")),
];
const WIDE: &str = "wide";
const JAPANESE: &str = "japanese";
const CHINESE: &str = "chinese";

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

    fn family(self) -> &'static str {
        match self {
            Self::Display => "display",
            Self::Strong => "strong",
            Self::Body => "body",
            Self::Mono => "mono",
        }
    }

    fn is_strong(self) -> bool {
        matches!(self, Self::Display | Self::Strong)
    }
}

/// Index of a face among those used so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FaceId(usize);

/// Vertical measures of a face, in em, all positive.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Metrics {
    pub(crate) ascent: f64,
    pub(crate) descent: f64,
    pub(crate) cap_height: f64,
}

/// Glyphs of one face, ready to be drawn from left to right.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) face: FaceId,
    /// The whole paragraph that the glyphs' text ranges point into.
    pub(crate) text: Arc<str>,
    pub(crate) glyphs: Vec<KrillaGlyph>,
    /// In em.
    pub(crate) advance: f64,
    /// How far the ink reaches above and below the baseline, in em, when the face is not the
    /// style's own.
    pub(crate) reach: Option<(f64, f64)>,
}

/// A text with its glyphs, not yet cut into lines.
pub(crate) struct Paragraph {
    pub(crate) text: Arc<str>,
    pub(crate) layout: Layout<()>,
    pub(crate) gaps: Gaps,
}

/// Characters that the face asked for does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gaps {
    /// Of a script that the style's face has, but drawn by Noto Sans instead.
    pub(crate) fallback: BTreeSet<char>,
    /// In no font: a replacement character is drawn.
    pub(crate) missing: BTreeSet<char>,
}

/// A face that was used.
struct Face {
    /// Which bytes, which font in them, and at which point of its axes.
    key: (u64, u32, Vec<(Tag, f32)>),
    data: Blob<u8>,
    font: krilla::text::Font,
}

impl Face {
    fn outlines(&self) -> Option<ttf_parser::Face<'_>> {
        let mut face = ttf_parser::Face::parse(self.data.as_ref(), self.key.1).ok()?;
        for (tag, value) in &self.key.2 {
            face.set_variation(*tag, *value);
        }
        Some(face)
    }
}

/// All faces: the bundled ones, and those that the caller's source had.
pub(crate) struct Fonts<'a> {
    source: &'a dyn FontSource,
    shaping: RefCell<Shaping>,
    faces: RefCell<Vec<Face>>,
}

struct Shaping {
    fonts: FontContext,
    layouts: LayoutContext<()>,
    /// Ids of the bundled files, in the order of `BUNDLED`.
    bundled: Vec<u64>,
    /// Families that the source had.
    found: Vec<Found>,
    asked: BTreeSet<(&'static str, bool, char)>,
}

struct Found {
    family: String,
    strong: bool,
}

impl<'a> Fonts<'a> {
    pub(crate) fn load(source: &'a dyn FontSource) -> Result<Self, SheetError> {
        let mut fonts = FontContext {
            collection: Collection::new(CollectionOptions {
                shared: false,
                system_fonts: false,
            }),
            source_cache: fontique::SourceCache::default(),
        };
        let mut bundled = Vec::new();
        for (family, bytes) in BUNDLED {
            let blob = Blob::new(Arc::new(bytes));
            bundled.push(blob.id());
            if !register(&mut fonts.collection, family, blob) {
                return Err(SheetError::Pdf(format!(
                    "the bundled font `{family}` is damaged"
                )));
            }
        }
        Ok(Self {
            source,
            shaping: RefCell::new(Shaping {
                fonts,
                layouts: LayoutContext::new(),
                bundled,
                found: Vec::new(),
                asked: BTreeSet::new(),
            }),
            faces: RefCell::new(Vec::new()),
        })
    }

    /// The face as the PDF writer wants it.
    pub(crate) fn embedded(&self, id: FaceId) -> Option<krilla::text::Font> {
        self.faces.borrow().get(id.0).map(|face| face.font.clone())
    }

    /// Files of the face and its index in them, for measuring.
    #[cfg(test)]
    pub(crate) fn file(&self, id: FaceId) -> (Blob<u8>, u32) {
        let faces = self.faces.borrow();
        (faces[id.0].data.clone(), faces[id.0].key.1)
    }

    pub(crate) fn metrics(&self, style: Style) -> Metrics {
        let bytes = BUNDLED.iter().find(|(name, _)| *name == style.family());
        let face = bytes.and_then(|(_, bytes)| ttf_parser::Face::parse(bytes, 0).ok());
        let Some(face) = face else {
            return Metrics {
                ascent: 1.0,
                descent: 0.25,
                cap_height: 0.72,
            };
        };
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

    /// Shapes a text. Scripts of which some character has no glyph are asked for once; what is
    /// missing then is replaced and named in the gaps.
    pub(crate) fn paragraph(&self, style: Style, text: &str) -> Paragraph {
        let mut layout = self.layout(style, text);
        let mut missing = without_glyph(&layout, text);
        if !missing.is_empty() && self.find(style, &missing) {
            layout = self.layout(style, text);
            missing = without_glyph(&layout, text);
        }
        if missing.is_empty() {
            let gaps = Gaps {
                fallback: self.drawn_otherwise(&layout, text),
                missing,
            };
            let text = text.into();
            return Paragraph { text, layout, gaps };
        }
        let replaced: String = text
            .chars()
            .map(|c| if missing.contains(&c) { REPLACEMENT } else { c })
            .collect();
        let layout = self.layout(style, &replaced);
        let mut fallback = self.drawn_otherwise(&layout, &replaced);
        fallback.remove(&REPLACEMENT);
        let gaps = Gaps { fallback, missing };
        let text = replaced.into();
        Paragraph { text, layout, gaps }
    }

    fn layout(&self, style: Style, text: &str) -> Layout<()> {
        let mut shaping = self.shaping.borrow_mut();
        let Shaping {
            fonts,
            layouts,
            found,
            ..
        } = &mut *shaping;
        let families = families(style, han(text), found);
        let mut builder = layouts.ranged_builder(fonts, text, 1.0, false);
        builder.set_line_break_override(Some(&keep_together));
        builder.push_default(StyleProperty::FontFamily(FontFamily::List(Cow::Owned(
            families,
        ))));
        builder.push_default(StyleProperty::FontSize(EM));
        // Bundled faces are registered under one weight each; a variable one follows this.
        let weight = if style.is_strong() {
            FontWeight::SEMI_BOLD
        } else {
            FontWeight::NORMAL
        };
        builder.push_default(StyleProperty::FontWeight(weight));
        builder.push_default(StyleProperty::OverflowWrap(OverflowWrap::BreakWord));
        // Joined letters would come apart.
        if !text.chars().any(script::is_joined) {
            builder.push_default(StyleProperty::LetterSpacing(style.tracking() * EM));
        }
        if style == Style::Mono {
            builder.push_default(StyleProperty::FontFeatures((&LITERAL).into()));
        }
        let mut layout = builder.build(text);
        layout.break_all_lines(None);
        layout
    }

    /// Asks the source for the scripts of these characters; true when it had something new.
    fn find(&self, style: Style, missing: &BTreeSet<char>) -> bool {
        let mut shaping = self.shaping.borrow_mut();
        let mut is_new = false;
        for (script, sample) in script::by_script(missing) {
            let first = sample.chars().next().unwrap_or(REPLACEMENT);
            let strong = style.is_strong();
            if !shaping.asked.insert((script, strong, first)) {
                continue;
            }
            let wanted = WantedFont {
                script,
                sample: &sample,
                strong,
            };
            let Some(file) = self.source.font_for(&wanted) else {
                continue;
            };
            let family = format!("found {}", shaping.found.len());
            let blob = Blob::new(file.data);
            if register(&mut shaping.fonts.collection, &family, blob) {
                shaping.found.push(Found { family, strong });
                is_new = true;
            }
        }
        is_new
    }

    /// Characters of the scripts that every bundled face has, drawn by Noto Sans.
    fn drawn_otherwise(&self, layout: &Layout<()>, text: &str) -> BTreeSet<char> {
        let shaping = self.shaping.borrow();
        let wide = BUNDLED.iter().position(|(name, _)| *name == WIDE);
        let wide = wide.and_then(|at| shaping.bundled.get(at));
        let runs = layout.lines().flat_map(|line| line.runs());
        runs.filter(|run| Some(&run.font().data.id()) == wide)
            .filter_map(|run| text.get(run.text_range()))
            .flat_map(str::chars)
            .filter(|c| !c.is_whitespace())
            .collect()
    }

    /// The glyphs of one line, run by run from left to right. White space at the line's end is left
    /// out, wherever the direction of its run would have put it.
    pub(crate) fn runs(&self, text: &Arc<str>, line: &parley::Line<'_, ()>) -> Vec<Run> {
        let range = line.text_range();
        let shown = text.get(range.clone()).unwrap_or_default();
        let end = range.start + shown.trim_end().len();
        let runs = line.runs().filter_map(|run| self.run(text, &run, end));
        runs.filter(|run| !run.glyphs.is_empty()).collect()
    }

    /// The glyphs of one run, but for those of the text from `end` on.
    fn run(&self, text: &Arc<str>, run: &parley::Run<'_, ()>, end: usize) -> Option<Run> {
        let face = self.face(run)?;
        let mut glyphs: Vec<KrillaGlyph> = Vec::new();
        let mut advance = 0.0;
        for cluster in run.visual_clusters() {
            if cluster.is_ligature_continuation() {
                // Its glyph belongs to the cluster that the ligature starts with.
                if let Some(last) = glyphs.last_mut() {
                    let range = cluster.text_range();
                    last.text_range.start = last.text_range.start.min(range.start);
                    last.text_range.end = last.text_range.end.max(range.end);
                }
                continue;
            }
            if cluster.text_range().start >= end {
                continue;
            }
            for glyph in cluster.glyphs() {
                advance += f64::from(glyph.advance / EM);
                glyphs.push(KrillaGlyph::new(
                    GlyphId::new(glyph.id),
                    glyph.advance / EM,
                    glyph.x / EM,
                    // Downwards there, upwards here.
                    -glyph.y / EM,
                    0.0,
                    cluster.text_range(),
                    None,
                ));
            }
        }
        let id = run.font().data.id();
        let own = self
            .shaping
            .borrow()
            .bundled
            .iter()
            .take(4)
            .any(|b| *b == id);
        let reach = if own { None } else { self.reach(face, &glyphs) };
        Some(Run {
            face,
            text: Arc::clone(text),
            glyphs,
            advance,
            reach,
        })
    }

    fn face(&self, run: &parley::Run<'_, ()>) -> Option<FaceId> {
        let file = run.font();
        let axes = run.synthesis();
        let axes = axes.variation_settings().iter();
        let axes: Vec<(Tag, f32)> = axes
            .map(|(tag, value)| (Tag::from_bytes(&tag.to_be_bytes()), *value))
            .collect();
        let key = (file.data.id(), file.index, axes);
        let mut faces = self.faces.borrow_mut();
        if let Some(known) = faces.iter().position(|face| face.key == key) {
            return Some(FaceId(known));
        }
        let (data, _) = file.data.clone().into_raw_parts();
        let to_krilla = |tag: &Tag| krilla::text::Tag::new(&tag.to_bytes());
        let coordinates: Vec<_> = key.2.iter().map(|(t, v)| (to_krilla(t), *v)).collect();
        let font = krilla::text::Font::new_variable(data.into(), file.index, &coordinates)?;
        faces.push(Face {
            key,
            data: file.data.clone(),
            font,
        });
        Some(FaceId(faces.len() - 1))
    }

    /// How far the outlines reach above and below the baseline, in em.
    fn reach(&self, id: FaceId, glyphs: &[KrillaGlyph]) -> Option<(f64, f64)> {
        let faces = Ref::filter_map(self.faces.borrow(), |faces| faces.get(id.0)).ok()?;
        let face = faces.outlines()?;
        let em = f64::from(face.units_per_em());
        let mut reach = (0.0_f64, 0.0_f64);
        for glyph in glyphs {
            let index = u16::try_from(glyph.glyph_id.to_u32()).ok()?;
            if let Some(outline) = face.glyph_bounding_box(ttf_parser::GlyphId(index)) {
                let up = f64::from(glyph.y_offset);
                reach.0 = reach.0.max(f64::from(outline.y_max) / em + up);
                reach.1 = reach.1.max(-f64::from(outline.y_min) / em - up);
            }
        }
        Some(reach)
    }
}

fn register(collection: &mut Collection, family: &str, blob: Blob<u8>) -> bool {
    let name = FontInfoOverride {
        family_name: Some(family),
        ..FontInfoOverride::default()
    };
    !collection.register_fonts(blob, Some(name)).is_empty()
}

/// Whose forms the ideographs of a text have.
fn han(text: &str) -> Option<Han> {
    let face = |name: &str| {
        let (_, bytes) = BUNDLED.iter().find(|(known, _)| *known == name)?;
        ttf_parser::Face::parse(bytes, 0).ok()
    };
    script::han(text, |of, c| {
        let name = match of {
            Han::Japanese => JAPANESE,
            Han::Chinese => CHINESE,
        };
        face(name).is_some_and(|face| face.glyph_index(c).is_some())
    })
}

/// The families that a text is drawn with, best first.
fn families(style: Style, han: Option<Han>, found: &[Found]) -> Vec<FontFamilyName<'static>> {
    let strong = style.is_strong();
    let (arabic, hebrew) = if strong {
        ("arabic strong", "hebrew strong")
    } else {
        ("arabic", "hebrew")
    };
    let han = match han {
        Some(Han::Chinese) => [CHINESE, JAPANESE],
        Some(Han::Japanese) | None => [JAPANESE, CHINESE],
    };
    let own = [style.family(), WIDE, arabic, hebrew, han[0], han[1]];
    // Both weights are asked for, so that no text is bold because a title was.
    let found = found.iter().filter(|found| found.strong == strong);
    own.into_iter()
        .map(|name| FontFamilyName::Named(Cow::Borrowed(name)))
        .chain(found.map(|f| FontFamilyName::Named(Cow::Owned(f.family.clone()))))
        .collect()
}

/// Characters that came out as "no glyph".
fn without_glyph(layout: &Layout<()>, text: &str) -> BTreeSet<char> {
    let mut missing = BTreeSet::new();
    for run in layout.lines().flat_map(|line| line.runs()) {
        for cluster in run.clusters() {
            if cluster.glyphs().any(|glyph| glyph.id == 0) {
                let drawn = text.get(cluster.text_range()).unwrap_or_default().chars();
                missing.extend(drawn.filter(|c| !c.is_whitespace()));
            }
        }
    }
    missing
}

/// A compound word may be broken after its hyphens only when two letters stand before.
fn keep_together(at: LineBreakContext) -> Option<bool> {
    let hyphen = matches!(at.before, '-' | '–');
    let short = !at.before_before.is_some_and(char::is_alphabetic);
    (hyphen && (short || !at.after.is_alphabetic())).then_some(false)
}

/// Addresses are typed character by character: no ligature may hide one.
const LITERAL: [FontFeature; 2] = [
    FontFeature {
        tag: parley::setting::Tag::new(b"calt"),
        value: 0,
    },
    FontFeature {
        tag: parley::setting::Tag::new(b"liga"),
        value: 0,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::font_source::{BundledFonts, FontFile};

    fn ids(paragraph: &Paragraph) -> Vec<u32> {
        let runs = paragraph.layout.lines().flat_map(|line| line.runs());
        let clusters = runs.flat_map(|run| run.visual_clusters().collect::<Vec<_>>());
        clusters
            .flat_map(|c| c.glyphs().map(|g| g.id).collect::<Vec<_>>())
            .collect()
    }

    fn set(fonts: &Fonts<'_>, style: Style, text: &str) -> Paragraph {
        let mut paragraph = fonts.paragraph(style, text);
        paragraph.layout.break_all_lines(None);
        paragraph
    }

    #[test]
    fn gaps_are_told_apart() {
        let fonts = Fonts::load(&BundledFonts).unwrap();
        let set = set(&fonts, Style::Display, "Fête Ψ Ж Ҟ 映 ไทย");
        assert_eq!(set.gaps.fallback, BTreeSet::from(['Ҟ']));
        assert_eq!(set.gaps.missing, "ไทย".chars().collect());
        assert_eq!(&*set.text, "Fête Ψ Ж Ҟ 映 ���");
    }

    #[test]
    fn no_run_holds_an_empty_box() {
        let fonts = Fonts::load(&BundledFonts).unwrap();
        for style in [Style::Display, Style::Strong, Style::Body, Style::Mono] {
            let text = "Sphinx “of” — 映画 电影 😀 é e\u{301} مرحبا שלום हिन्दी";
            let ids = ids(&set(&fonts, style, text));
            assert!(ids.len() > 20 && !ids.contains(&0), "{style:?}");
        }
    }

    #[test]
    fn arabic_is_joined_and_runs_from_the_right() {
        let fonts = Fonts::load(&BundledFonts).unwrap();
        let joined = set(&fonts, Style::Body, "مرحبا");
        let apart: Vec<u32> = "مرحبا"
            .chars()
            .rev()
            .flat_map(|c| ids(&set(&fonts, Style::Body, &c.to_string())))
            .collect();
        let glyphs = ids(&joined);
        assert!(joined.layout.is_rtl());
        assert_ne!(glyphs, apart, "letters have their joined forms");
        // The last letter, an alef after a letter that joins it, stands on the left.
        let line = joined.layout.lines().next().unwrap();
        let run = line.runs().next().unwrap();
        let first = run.visual_clusters().next().unwrap();
        assert_eq!(first.text_range().end, "مرحبا".len());
    }

    #[test]
    fn mono_is_mono_even_in_an_address() {
        let fonts = Fonts::load(&BundledFonts).unwrap();
        let width = |text: &str| f64::from(set(&fonts, Style::Mono, text).layout.full_width());
        let address = "http://a--b.example/P/";
        assert!((width(address) - width("0") * address.len() as f64).abs() < 0.5);
    }

    #[test]
    fn a_source_is_asked_once_for_a_script() {
        #[derive(Default)]
        struct Counting(std::sync::Mutex<Vec<String>>);
        impl FontSource for Counting {
            fn font_for(&self, wanted: &WantedFont<'_>) -> Option<FontFile> {
                self.0.lock().unwrap().push(wanted.script.to_owned());
                None
            }
        }
        let source = Counting::default();
        let fonts = Fonts::load(&source).unwrap();
        for _ in 0..3 {
            fonts.paragraph(Style::Body, "ไทย 한국");
        }
        assert_eq!(*source.0.lock().unwrap(), ["Hang", "Thai"]);
    }
}
