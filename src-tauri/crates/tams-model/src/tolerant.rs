//! Readers for what servers in the field send instead of the 8.2 schema.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use mediatime::{FrameRate, TimeRange, Timestamp};
use serde::de::{DeserializeOwned, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::DateTime;

/// A value from its text form.
pub(crate) fn from_text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    struct Text<T>(PhantomData<T>);

    impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Text(PhantomData))
}

/// A text, or an object that holds it as `value`.
struct Wrapped(String);

impl<'de> Deserialize<'de> for Wrapped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyShape;

        impl<'de> Visitor<'de> for AnyShape {
            type Value = Wrapped;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or {\"value\": string}")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Wrapped, E> {
                Ok(Wrapped(text.to_owned()))
            }

            fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Wrapped, E> {
                Ok(Wrapped(text))
            }

            fn visit_unit<E: serde::de::Error>(self) -> Result<Wrapped, E> {
                Ok(Wrapped(String::new()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Wrapped, A::Error> {
                let mut found = None;
                while let Some(name) = map.next_key::<String>()? {
                    let value = map.next_value::<Value>()?;
                    if let ("value", Value::String(text)) = (name.as_str(), value) {
                        found = Some(Wrapped(text));
                    }
                }
                found.ok_or_else(|| A::Error::missing_field("value"))
            }
        }

        deserializer.deserialize_any(AnyShape)
    }
}

fn parse_timerange(text: &str) -> Result<TimeRange, String> {
    if let Some((start, end)) = text.split_once('/') {
        let instant = |text: &str| text.parse::<DateTime>().map(|date| date.timestamp());
        return match (instant(start), instant(end)) {
            (Ok(start), Ok(end)) => Ok(TimeRange::new(start, end)),
            (Err(wrong), _) | (_, Err(wrong)) => Err(wrong.to_string()),
        };
    }
    text.parse()
        .map_err(|wrong: mediatime::TimeError| wrong.to_string())
}

/// A timerange that must be there.
pub(crate) fn timerange<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeRange, D::Error> {
    let Wrapped(text) = Wrapped::deserialize(deserializer)?;
    parse_timerange(&text).map_err(D::Error::custom)
}

/// A timerange, or nothing.
pub(crate) fn timerange_or_absent<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<TimeRange>, D::Error> {
    let Wrapped(text) = Wrapped::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    parse_timerange(&text).map(Some).map_err(D::Error::custom)
}

/// A timestamp, or nothing.
pub(crate) fn timestamp_or_absent<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    let Wrapped(text) = Wrapped::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    Timestamp::parse_tolerant(&text)
        .map(Some)
        .map_err(D::Error::custom)
}

/// A value, or nothing for `null` and `""`.
pub(crate) fn or_absent<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) if text.is_empty() => Ok(None),
        value => T::deserialize(value).map(Some).map_err(D::Error::custom),
    }
}

/// One of the words of an enumeration; a word the schema does not know counts as absent, so that one
/// odd colour name does not hide a whole flow.
pub(crate) fn known_or_absent<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Ok(T::deserialize(Value::deserialize(deserializer)?).ok())
}

/// A frame rate as `{"numerator", "denominator"}`, text or number, or nothing.
pub(crate) fn frame_rate_or_absent<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<FrameRate>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) if text.is_empty() => Ok(None),
        Value::String(text) => text.parse().map(Some).map_err(D::Error::custom),
        Value::Number(number) => number
            .to_string()
            .parse()
            .map(Some)
            .map_err(D::Error::custom),
        value => FrameRate::deserialize(value)
            .map(Some)
            .map_err(D::Error::custom),
    }
}
