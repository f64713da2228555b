//! Reading a segment in one pass. A flow may have a million of them, so this does by hand what
//! `#[serde(flatten)]` does by way of a copy of every property.

use std::fmt;
use std::marker::PhantomData;

use mediatime::{TimeRange, Timestamp};
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::FlowSegment;
use crate::Other;
use crate::tolerant::{or_absent, timerange, timerange_or_absent, timestamp_or_absent};

impl<'de> Deserialize<'de> for FlowSegment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SegmentVisitor)
    }
}

/// The name of a property.
enum Name {
    ObjectId,
    Timerange,
    TsOffset,
    LastDuration,
    ObjectTimerange,
    SampleOffset,
    SampleCount,
    GetUrls,
    KeyFrameCount,
    InitObject,
    Other(String),
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl Visitor<'_> for NameVisitor {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a property")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Name, E> {
                Ok(match name {
                    "object_id" => Name::ObjectId,
                    "timerange" => Name::Timerange,
                    "ts_offset" => Name::TsOffset,
                    "last_duration" => Name::LastDuration,
                    "object_timerange" => Name::ObjectTimerange,
                    "sample_offset" => Name::SampleOffset,
                    "sample_count" => Name::SampleCount,
                    "get_urls" => Name::GetUrls,
                    "key_frame_count" => Name::KeyFrameCount,
                    "init_object" => Name::InitObject,
                    other => Name::Other(other.to_owned()),
                })
            }
        }

        deserializer.deserialize_identifier(NameVisitor)
    }
}

/// Makes one of the tolerant readers a seed.
macro_rules! seed {
    ($name:ident, $value:ty, $reader:path) => {
        struct $name;

        impl<'de> DeserializeSeed<'de> for $name {
            type Value = $value;

            fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<$value, D::Error> {
                $reader(value)
            }
        }
    };
}

seed!(Range, TimeRange, timerange);
seed!(OptionalRange, Option<TimeRange>, timerange_or_absent);
seed!(OptionalTime, Option<Timestamp>, timestamp_or_absent);

/// A value that may be `null` or `""`.
struct Optional<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for Optional<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<Option<T>, D::Error> {
        or_absent(value)
    }
}

struct SegmentVisitor;

impl<'de> Visitor<'de> for SegmentVisitor {
    type Value = FlowSegment;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a flow segment")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FlowSegment, A::Error> {
        let mut object_id: Option<String> = None;
        let mut covered = None;
        let mut ts_offset = None;
        let mut last_duration = None;
        let mut object_timerange = None;
        let mut sample_offset = None;
        let mut sample_count = None;
        let mut get_urls = None;
        let mut key_frame_count = None;
        let mut init_object = None;
        let mut other = Other::new();
        while let Some(name) = map.next_key::<Name>()? {
            match name {
                Name::ObjectId => object_id = Some(map.next_value()?),
                Name::Timerange => covered = Some(map.next_value_seed(Range)?),
                Name::TsOffset => ts_offset = map.next_value_seed(OptionalTime)?,
                Name::LastDuration => last_duration = map.next_value_seed(OptionalTime)?,
                Name::ObjectTimerange => object_timerange = map.next_value_seed(OptionalRange)?,
                Name::SampleOffset => sample_offset = map.next_value_seed(Optional(PhantomData))?,
                Name::SampleCount => sample_count = map.next_value_seed(Optional(PhantomData))?,
                Name::GetUrls => get_urls = map.next_value_seed(Optional(PhantomData))?,
                Name::KeyFrameCount => {
                    key_frame_count = map.next_value_seed(Optional(PhantomData))?;
                }
                Name::InitObject => init_object = map.next_value_seed(Optional(PhantomData))?,
                Name::Other(name) => {
                    other.insert(name, map.next_value()?);
                }
            }
        }
        Ok(FlowSegment {
            object_id: object_id.ok_or_else(|| A::Error::missing_field("object_id"))?,
            timerange: covered.ok_or_else(|| A::Error::missing_field("timerange"))?,
            ts_offset,
            last_duration,
            object_timerange,
            sample_offset,
            sample_count,
            get_urls,
            key_frame_count,
            init_object,
            other,
        })
    }
}
