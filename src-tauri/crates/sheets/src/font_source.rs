//! Fonts for scripts that the bundled ones do not have.

use fontique::{
    Attributes, Collection, CollectionOptions, FallbackKey, FontStyle, FontWeight, FontWidth,
    QueryStatus, SourceCache, SourceCacheOptions,
};
use std::sync::{Arc, Mutex, PoisonError};

/// Where a sheet finds fonts that are not bundled.
pub trait FontSource: Send + Sync {
    /// The best font for `wanted`; `None` when there is none. A font that lacks some characters
    /// of the sample is better than none.
    fn font_for(&self, wanted: &WantedFont<'_>) -> Option<FontFile>;
}

/// What a font is needed for.
#[derive(Clone, Copy, Debug)]
pub struct WantedFont<'a> {
    /// The script as ISO 15924 writes it: `Thai`, `Hang`, `Deva`.
    pub script: &'a str,
    /// The characters to be drawn.
    pub sample: &'a str,
    /// It stands in a title.
    pub strong: bool,
}

/// A font file (TrueType or OpenType), or one font of a collection.
#[derive(Clone)]
pub struct FontFile {
    /// The file.
    pub data: Arc<dyn AsRef<[u8]> + Send + Sync>,
    /// Which font of a collection; 0 when it is none.
    pub index: u32,
}

impl std::fmt::Debug for FontFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = (*self.data).as_ref().len();
        write!(f, "FontFile {{ {bytes} bytes, index: {} }}", self.index)
    }
}

/// No fonts but the bundled ones: sheets come out the same on every machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct BundledFonts;

impl FontSource for BundledFonts {
    fn font_for(&self, _: &WantedFont<'_>) -> Option<FontFile> {
        None
    }
}

/// The fonts installed on this machine. They are listed when the first one is asked for.
#[derive(Default)]
pub struct SystemFonts {
    installed: Mutex<Option<Installed>>,
}

struct Installed {
    collection: Collection,
    cache: SourceCache,
}

impl SystemFonts {
    /// Looks at nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Installed {
    fn list() -> Self {
        Self {
            collection: Collection::new(CollectionOptions {
                shared: false,
                system_fonts: true,
            }),
            cache: SourceCache::new(SourceCacheOptions::default()),
        }
    }

    fn best(&mut self, wanted: &WantedFont<'_>) -> Option<FontFile> {
        let script = <[u8; 4]>::try_from(wanted.script.as_bytes()).ok()?;
        let weight = if wanted.strong {
            FontWeight::SEMI_BOLD
        } else {
            FontWeight::NORMAL
        };
        let mut query = self.collection.query(&mut self.cache);
        query.set_attributes(Attributes::new(
            FontWidth::NORMAL,
            FontStyle::Normal,
            weight,
        ));
        query.set_fallbacks(FallbackKey::new(fontique::Script::from_bytes(script), None));
        let mut best: Option<(usize, FontFile)> = None;
        query.matches_with(|font| {
            let drawn = font.charmap().map_or(0, |map| {
                let has = |c: &char| map.map(*c).is_some_and(|glyph| glyph != 0);
                wanted.sample.chars().filter(has).count()
            });
            if drawn > best.as_ref().map_or(0, |(most, _)| *most) {
                let (data, _) = font.blob.clone().into_raw_parts();
                let index = font.index;
                best = Some((drawn, FontFile { data, index }));
            }
            if drawn == wanted.sample.chars().count() {
                QueryStatus::Stop
            } else {
                QueryStatus::Continue
            }
        });
        best.map(|(_, font)| font)
    }
}

impl FontSource for SystemFonts {
    fn font_for(&self, wanted: &WantedFont<'_>) -> Option<FontFile> {
        let mut installed = self
            .installed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        installed.get_or_insert_with(Installed::list).best(wanted)
    }
}

impl std::fmt::Debug for SystemFonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SystemFonts")
    }
}
