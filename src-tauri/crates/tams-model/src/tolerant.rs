//! Readers for what servers in the field send instead of the 8.2 schema.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use mediatime::{FrameRate, TimeRange, Timestamp};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeOwned, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor};
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

/// Reads a time from a text, or from an object that holds the text as `value`. `null` counts as an
/// empty text. The text is read where it lies: lists of segments are long.
fn from_wrapped_text<'de, D, T>(
    deserializer: D,
    parse: fn(&str) -> Result<T, String>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
{
    struct AnyShape<T>(fn(&str) -> Result<T, String>);

    impl<'de, T> Visitor<'de> for AnyShape<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string or {\"value\": string}")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            (self.0)(text).map_err(E::custom)
        }

        fn visit_unit<E: serde::de::Error>(self) -> Result<T, E> {
            self.visit_str("")
        }

        fn visit_none<E: serde::de::Error>(self) -> Result<T, E> {
            self.visit_str("")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
            let mut found = None;
            while let Some(name) = map.next_key::<String>()? {
                let value = map.next_value::<Value>()?;
                if name == "value" {
                    found = match value {
                        Value::String(text) => Some(text),
                        Value::Null => Some(String::new()),
                        _ => found,
                    };
                }
            }
            let text = found.ok_or_else(|| A::Error::missing_field("value"))?;
            (self.0)(&text).map_err(A::Error::custom)
        }
    }

    deserializer.deserialize_any(AnyShape(parse))
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
    from_wrapped_text(deserializer, |text| match text {
        "" => Err("it is missing".to_owned()),
        text => parse_timerange(text),
    })
}

/// A timerange, or nothing.
pub(crate) fn timerange_or_absent<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<TimeRange>, D::Error> {
    from_wrapped_text(deserializer, |text| match text {
        "" => Ok(None),
        text => parse_timerange(text).map(Some),
    })
}

/// A timestamp, or nothing.
pub(crate) fn timestamp_or_absent<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    from_wrapped_text(deserializer, |text| match text {
        "" => Ok(None),
        text => Timestamp::parse_tolerant(text)
            .map(Some)
            .map_err(|wrong| wrong.to_string()),
    })
}

/// A value, or nothing for `null` and `""`.
pub(crate) fn or_absent<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    struct Present<T>(PhantomData<T>);

    impl<'de, T: DeserializeOwned> Visitor<'de> for Present<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a value or null")
        }

        fn visit_unit<E: serde::de::Error>(self) -> Result<Option<T>, E> {
            Ok(None)
        }

        fn visit_none<E: serde::de::Error>(self) -> Result<Option<T>, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<Option<T>, D::Error> {
            value.deserialize_any(self)
        }

        fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Option<T>, E> {
            T::deserialize(value.into_deserializer()).map(Some)
        }

        fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Option<T>, E> {
            T::deserialize(value.into_deserializer()).map(Some)
        }

        fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Option<T>, E> {
            T::deserialize(value.into_deserializer()).map(Some)
        }

        fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Option<T>, E> {
            T::deserialize(value.into_deserializer()).map(Some)
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Option<T>, E> {
            if text.is_empty() {
                return Ok(None);
            }
            T::deserialize(text.into_deserializer()).map(Some)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Option<T>, A::Error> {
            T::deserialize(SeqAccessDeserializer::new(items)).map(Some)
        }

        fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Option<T>, A::Error> {
            T::deserialize(MapAccessDeserializer::new(members)).map(Some)
        }
    }

    deserializer.deserialize_any(Present(PhantomData))
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
