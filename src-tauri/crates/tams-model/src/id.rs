//! Identifiers of sources, flows and everything else that has a UUID.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::{Uuid, Variant};

use crate::ModelError;
use crate::error::excerpt;

/// A UUID the TAMS schema accepts (`uuid.json`): RFC 9562 variant, versions 1 to 5.
///
/// Upper case is read, lower case is written. Identifiers we make are version 4 ([`Id::random`]) or
/// 5 ([`Id::from_name`]); versions 6 to 8 are refused by every strict server, and so by this type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(Uuid);

impl Id {
    /// A version 4 identifier of 16 bytes from a random source.
    pub fn random(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// The id of random form with the same digits but that which tells the version: for servers that
    /// take no other. An id of random form is itself.
    pub fn in_random_form(self) -> Self {
        Self::random(*self.0.as_bytes())
    }

    /// The version 5 identifier of `name` in `namespace`: the same name always gives the same
    /// identifier, which makes a repeated write find what the first one made.
    pub fn from_name(namespace: Uuid, name: &[u8]) -> Self {
        Self(Uuid::new_v5(&namespace, name))
    }

    /// The plain UUID.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl TryFrom<Uuid> for Id {
    type Error = ModelError;

    fn try_from(uuid: Uuid) -> Result<Self, ModelError> {
        if uuid.get_variant() == Variant::RFC4122 && (1..=5).contains(&uuid.get_version_num()) {
            return Ok(Self(uuid));
        }
        Err(ModelError::Id {
            text: uuid.to_string(),
        })
    }
}

impl From<Id> for Uuid {
    fn from(id: Id) -> Self {
        id.0
    }
}

impl FromStr for Id {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let refused = || ModelError::Id {
            text: excerpt(text),
        };
        if text.len() != uuid::fmt::Hyphenated::LENGTH {
            return Err(refused());
        }
        Uuid::try_parse(text)
            .map_err(|_| refused())
            .and_then(Self::try_from)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.hyphenated(), f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::tolerant::from_text(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_any_case_and_writes_lower_case() {
        let id: Id = "4F79CFD1-C057-47F4-8E4D-1B126CA7BF34".parse().unwrap();
        assert_eq!(id.to_string(), "4f79cfd1-c057-47f4-8e4d-1b126ca7bf34");
    }

    #[test]
    fn refuses_what_the_schema_refuses() {
        for text in [
            "",
            "4f79cfd1c05747f48e4d1b126ca7bf34",
            "{4f79cfd1-c057-47f4-8e4d-1b126ca7bf3}",
            "00000000-0000-0000-0000-000000000000",
            "018f0000-0000-7000-8000-000000000000",
            "4f79cfd1-c057-47f4-0e4d-1b126ca7bf34",
        ] {
            assert!(text.parse::<Id>().is_err(), "{text}");
        }
    }

    #[test]
    fn ids_we_make_are_version_4_and_5() {
        assert_eq!(Id::random([7; 16]).uuid().get_version_num(), 4);
        let first = Id::from_name(Uuid::NAMESPACE_URL, b"a");
        assert_eq!(first.uuid().get_version_num(), 5);
        assert_eq!(first, Id::from_name(Uuid::NAMESPACE_URL, b"a"));
        assert!(first.to_string().parse::<Id>().is_ok());
    }
}
