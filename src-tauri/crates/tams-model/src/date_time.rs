//! Dates of the catalogue's own bookkeeping: `created`, `updated`, `expiry`.

use std::fmt;
use std::str::FromStr;

use mediatime::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ModelError;
use crate::error::excerpt;

/// A date and time with its zone (RFC 3339, JSON Schema `date-time`).
///
/// The text is kept as it came, so that passing a date on does not change it; a text without a zone
/// is read as UTC and gets a `Z`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DateTime {
    text: String,
    at: Timestamp,
}

impl DateTime {
    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The instant, UTC since the Unix epoch.
    pub const fn timestamp(&self) -> Timestamp {
        self.at
    }
}

impl From<Timestamp> for DateTime {
    /// The date of an instant counted in UTC since the Unix epoch; years past 9999 stop there.
    fn from(at: Timestamp) -> Self {
        let limit = if at < Timestamp::ZERO {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        };
        let instant = jiff::Timestamp::from_nanosecond(at.nanos()).unwrap_or(limit);
        Self {
            text: instant.to_string(),
            at: nanos(instant),
        }
    }
}

impl FromStr for DateTime {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Ok(Self {
                text: text.to_owned(),
                at: nanos(instant),
            });
        }
        let in_utc = format!("{text}Z");
        match in_utc.parse::<jiff::Timestamp>() {
            Ok(instant) => Ok(Self {
                text: in_utc,
                at: nanos(instant),
            }),
            Err(_) => Err(ModelError::Date {
                text: excerpt(text),
            }),
        }
    }
}

fn nanos(instant: jiff::Timestamp) -> Timestamp {
    Timestamp::from_nanos(instant.as_nanosecond()).unwrap_or_default()
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for DateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for DateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::tolerant::from_text(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_its_text_and_knows_its_instant() {
        let date: DateTime = "2018-12-10T15:40:08.339376+01:00".parse().unwrap();
        assert_eq!(date.as_str(), "2018-12-10T15:40:08.339376+01:00");
        assert_eq!(date.timestamp().to_string(), "1544452808:339376000");
    }

    #[test]
    fn a_missing_zone_is_utc() {
        let date: DateTime = "2023-12-14T16:34:58.131620".parse().unwrap();
        assert_eq!(date.as_str(), "2023-12-14T16:34:58.131620Z");
        assert!("yesterday".parse::<DateTime>().is_err());
        assert!("2023-12-14".parse::<DateTime>().is_err());
    }

    #[test]
    fn writes_instants_as_utc() {
        let at = Timestamp::from_nanos(1_544_452_808_339_376_000).unwrap();
        assert_eq!(DateTime::from(at).as_str(), "2018-12-10T14:40:08.339376Z");
        assert_eq!(
            DateTime::from(Timestamp::MAX).as_str(),
            "9999-12-30T22:00:00.999999999Z"
        );
    }
}
