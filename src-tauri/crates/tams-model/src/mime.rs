//! MIME types of codecs and containers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ModelError;
use crate::error::excerpt;

/// A blank to the schema, whose `\s` is ECMAScript's, though none to Unicode.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A MIME type such as `video/h264` or `video/mp2t` (`flow-technical.json`).
///
/// Blanks and the parameters after them are dropped when reading, because the schema allows none;
/// parameters without blanks stay.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MimeType(String);

impl MimeType {
    /// The text, `type/subtype`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the slash: `video`.
    pub fn top_level(&self) -> &str {
        self.0.split_once('/').map_or("", |(top, _)| top)
    }

    /// The part after the slash: `h264`.
    pub fn subtype(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, sub)| sub)
    }

    /// Whether both name the same type: case and parameters don't count (RFC 9110 §8.3.1).
    pub fn same_type(&self, other: &Self) -> bool {
        self.essence().eq_ignore_ascii_case(other.essence())
    }

    fn essence(&self) -> &str {
        self.0
            .split_once(';')
            .map_or(self.0.as_str(), |(essence, _)| essence)
    }
}

impl FromStr for MimeType {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let trimmed = text.trim();
        let kept = if trimmed.contains(char::is_whitespace) {
            trimmed.split(';').next().unwrap_or_default().trim_end()
        } else {
            trimmed
        };
        let well_formed = kept
            .split_once('/')
            .is_some_and(|(top, sub)| !top.is_empty() && !sub.is_empty() && !sub.contains('/'))
            && !kept.contains(|c: char| c.is_whitespace() || c == BYTE_ORDER_MARK);
        if well_formed {
            return Ok(Self(kept.to_owned()));
        }
        Err(ModelError::Mime {
            text: excerpt(text),
        })
    }
}

impl fmt::Display for MimeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MimeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Serialize for MimeType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for MimeType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::tolerant::from_text(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_type_and_drops_spaced_parameters() {
        let mime: MimeType = " video/mp4; codecs=\"avc1\"".parse().unwrap();
        assert_eq!(mime.as_str(), "video/mp4");
        assert_eq!((mime.top_level(), mime.subtype()), ("video", "mp4"));
        let other: MimeType = "VIDEO/MP4;x=y".parse().unwrap();
        assert!(mime.same_type(&other));
        assert_eq!(other.as_str(), "VIDEO/MP4;x=y");
    }

    #[test]
    fn refuses_what_is_no_type() {
        for text in [
            "",
            "video",
            "video/",
            "/mp4",
            "a/b/c",
            "vi deo/mp4",
            "video/\u{feff}mp4",
        ] {
            assert!(text.parse::<MimeType>().is_err(), "{text}");
        }
    }
}
