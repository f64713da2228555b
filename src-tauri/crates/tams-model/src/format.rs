//! What kind of essence a source or flow holds.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ModelError;
use crate::error::excerpt;

/// The content format of a source or flow (`content-format.json`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentFormat {
    /// Moving pictures.
    Video,
    /// Still pictures, such as a track of thumbnails.
    Image,
    /// Sound.
    Audio,
    /// Anything else that has time: subtitles, events.
    Data,
    /// A collection of other sources or flows, muxed or not.
    Multi,
}

impl ContentFormat {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Video,
        Self::Image,
        Self::Audio,
        Self::Data,
        Self::Multi,
    ];

    /// The URN, `urn:x-nmos:format:video`; images alone are in the `x-tam` name space.
    pub const fn urn(self) -> &'static str {
        match self {
            Self::Video => "urn:x-nmos:format:video",
            Self::Image => "urn:x-tam:format:image",
            Self::Audio => "urn:x-nmos:format:audio",
            Self::Data => "urn:x-nmos:format:data",
            Self::Multi => "urn:x-nmos:format:multi",
        }
    }
}

impl fmt::Display for ContentFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.urn())
    }
}

impl FromStr for ContentFormat {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        Self::ALL
            .into_iter()
            .find(|format| format.urn() == text)
            .ok_or_else(|| ModelError::Word {
                text: excerpt(text),
                allowed: Self::ALL.map(Self::urn).join(", "),
            })
    }
}

impl Serialize for ContentFormat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.urn())
    }
}

impl<'de> Deserialize<'de> for ContentFormat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::tolerant::from_text(deserializer)
    }
}
