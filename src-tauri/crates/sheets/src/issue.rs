//! What the producer should know before printing: nothing is replaced or cut in silence.

use crate::script;
use crate::text::Fitted;
use record::ShortId;
use serde::Serialize;

/// Something about one item that the producer should know.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Issue {
    /// Which code.
    pub id: ShortId,
    /// What came out other than asked for.
    #[serde(flatten)]
    pub note: Note,
}

impl std::fmt::Display for Issue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.id.grouped(), self.note)
    }
}

/// A text of a sheet item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The title.
    Title,
    /// The text below the title.
    Description,
    /// The line that tells how to watch.
    CallToAction,
    /// The address that is typed when the code can't be scanned.
    Address,
    /// How long it can be watched.
    Expires,
    /// Where it hangs.
    Placement,
    /// Who it is from.
    Brand,
}

/// Something the producer should know about how one item came out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Note {
    /// Characters that the sheet's own typeface lacks; they are printed in Noto Sans.
    OtherTypeface {
        /// Where.
        field: Field,
        /// The characters, each once.
        characters: String,
    },
    /// Characters of a script that neither the bundled fonts nor this machine's have; `�` is printed
    /// for each.
    MissingFont {
        /// Where.
        field: Field,
        /// What people call the script: `Thai`.
        script: String,
        /// A font that has it.
        font: String,
        /// The characters, each once.
        characters: String,
    },
    /// The text was too long and was cut.
    Shortened {
        /// Where.
        field: Field,
        /// What is printed.
        printed: String,
    },
    /// The picture has fewer than 150 pixels per inch at its printed size.
    CoarsePicture {
        /// What it has.
        pixels_per_inch: u32,
    },
    /// The code is too small to be read from the distance given.
    TooSmall {
        /// Side without quiet zone, in millimetres.
        side_mm: u32,
        /// What the distance needs.
        needed_mm: u32,
        /// In metres.
        distance_m: f64,
    },
}

impl Note {
    /// What is to be said about a text that was set.
    pub(crate) fn of(field: Field, fitted: &Fitted) -> Vec<Self> {
        let mut notes = Vec::new();
        let gaps = &fitted.gaps;
        for (script, characters) in script::by_script(&gaps.missing) {
            let (script, font) = script::name(script);
            notes.push(Self::MissingFont {
                field,
                script,
                font,
                characters,
            });
        }
        if !gaps.fallback.is_empty() {
            notes.push(Self::OtherTypeface {
                field,
                characters: gaps.fallback.iter().collect(),
            });
        }
        if fitted.shortened {
            notes.push(Self::Shortened {
                field,
                printed: fitted.block.text(),
            });
        }
        notes
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Title => "title",
            Self::Description => "description",
            Self::CallToAction => "call to action",
            Self::Address => "address",
            Self::Expires => "expiry date",
            Self::Placement => "placement",
            Self::Brand => "brand",
        })
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OtherTypeface { field, characters } => {
                write!(
                    f,
                    "the {field} has characters printed in another typeface: {characters}"
                )
            }
            Self::MissingFont {
                field,
                script,
                font,
                characters,
            } => write!(
                f,
                "the {field} has {script} characters, and no font here has them ({characters}): \
                 install a font for them, such as {font}"
            ),
            Self::Shortened { field, printed } => {
                write!(f, "the {field} is too long and was cut to: {printed}")
            }
            Self::CoarsePicture { pixels_per_inch } => write!(
                f,
                "the picture has {pixels_per_inch} pixels per inch at this size; from 150 on it \
                 looks sharp"
            ),
            Self::TooSmall {
                side_mm,
                needed_mm,
                distance_m,
            } => write!(
                f,
                "the code is {side_mm} mm wide, too small for {distance_m} m: it needs {needed_mm} mm"
            ),
        }
    }
}
