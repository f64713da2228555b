//! Dates of the catalogue's own bookkeeping: `created`, `updated`, `expiry`.

use std::fmt;
use std::str::FromStr;

use mediatime::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ModelError;
use crate::error::excerpt;

/// A date and time with its zone (RFC 3339, JSON Schema `date-time`).
///
/// A text of that form is kept as it came, so that passing a date on does not change it. One without
/// a zone is read as UTC and gets a `Z`; other forms of ISO 8601 are read, and written as RFC 3339 in
/// UTC.
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
    /// The date of an instant counted in UTC since the Unix epoch; years before 0 and past 9999 stop
    /// there.
    fn from(at: Timestamp) -> Self {
        let instant = jiff::Timestamp::from_nanosecond(at.max(first()).nanos())
            .unwrap_or(jiff::Timestamp::MAX);
        Self {
            text: instant.to_string(),
            at: nanos(instant),
        }
    }
}

impl FromStr for DateTime {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let refused = || ModelError::Date {
            text: excerpt(text),
        };
        let read = |text: &str| text.parse::<jiff::Timestamp>().ok();
        let (text, instant) = match read(text) {
            Some(instant) => (text.to_owned(), instant),
            None => {
                let in_utc = format!("{text}Z");
                let instant = read(&in_utc).ok_or_else(refused)?;
                (in_utc, instant)
            }
        };
        let at = nanos(instant);
        if is_rfc3339(&text) {
            return Ok(Self { text, at });
        }
        if at < first() {
            return Err(refused());
        }
        Ok(Self {
            text: instant.to_string(),
            at,
        })
    }
}

/// The first instant RFC 3339 can write: the beginning of year 0.
fn first() -> Timestamp {
    Timestamp::from_secs(-62_167_219_200).unwrap_or_default()
}

/// Whether a text that is a date has the form `YYYY-MM-DDTHH:MM:SS[.N](Z|±HH:MM)` of RFC 3339 §5.6.
fn is_rfc3339(text: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let alike = |text: &[u8], shape: &[u8]| {
        text.len() == shape.len()
            && text.iter().zip(shape).all(|(found, wanted)| match wanted {
                b'0' => found.is_ascii_digit(),
                _ => found == wanted,
            })
    };
    let Some((date, rest)) = text.as_bytes().split_at_checked(SHAPE.len()) else {
        return false;
    };
    let zone = match rest.split_first() {
        Some((b'.', fraction)) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit());
            match fraction.split_at_checked(digits.count()) {
                Some(([_, ..], zone)) => zone,
                _ => return false,
            }
        }
        _ => rest,
    };
    let hours = zone.get(1..3).unwrap_or_default();
    let offset = (alike(zone, b"+00:00") || alike(zone, b"-00:00")) && hours < b"24".as_slice();
    alike(date, SHAPE) && (zone == b"Z" || offset)
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
    fn other_forms_become_rfc_3339() {
        for (text, written) in [
            ("20240101T000000Z", "2024-01-01T00:00:00Z"),
            ("2024-01-01 02:00:00,5+02", "2024-01-01T00:00:00.5Z"),
            (
                "2024-01-01T01:00:00+01:00[Europe/Berlin]",
                "2024-01-01T00:00:00Z",
            ),
            ("2024-01-02T01:00:00+25:00", "2024-01-01T00:00:00Z"),
            ("2024-01-01t00:00z", "2024-01-01T00:00:00Z"),
            (
                "2024-01-01T00:00:00.25-00:30",
                "2024-01-01T00:00:00.25-00:30",
            ),
        ] {
            let date: DateTime = text.parse().unwrap();
            assert_eq!(date.as_str(), written, "{text}");
            assert_eq!(written.parse().as_ref(), Ok(&date), "{text}");
        }
        assert!("-002024-01-01T00:00:00Z".parse::<DateTime>().is_err());
    }

    #[test]
    fn writes_instants_as_utc() {
        let at = Timestamp::from_nanos(1_544_452_808_339_376_000).unwrap();
        assert_eq!(DateTime::from(at).as_str(), "2018-12-10T14:40:08.339376Z");
        assert_eq!(
            DateTime::from(Timestamp::MAX).as_str(),
            "9999-12-30T22:00:00.999999999Z"
        );
        assert_eq!(
            DateTime::from(Timestamp::MIN).as_str(),
            "0000-01-01T00:00:00Z"
        );
    }
}
