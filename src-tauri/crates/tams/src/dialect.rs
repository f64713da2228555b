//! Servers in the field: how each of them differs from TAMS 8.2.
//!
//! We speak exactly 8.2; an [`Adapter`] bends what goes out to what its server takes, and says what
//! can't be had there. What comes in is read tolerantly for all of them alike. Quirks are named by
//! the number they have in the list of what was found in each server.

mod aws;
mod eyevinn;
mod opentams;
mod standard;
mod tamoss;
mod vasttams6;
mod vasttams8;

use std::fmt;
use std::str::FromStr;

use serde_json::Value;
use tams_model::{Flow, SegmentPost, Service};
use url::Url;

use crate::capability::{Capabilities, Capability};
use crate::error::TamsError;
use crate::transport::Call;

/// A kind of server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// What the specification says, in the version the server claims.
    Standard,
    /// vasttams 6.0.
    Vasttams6,
    /// vasttams 7.0 and 8.0.
    Vasttams8,
    /// The reference implementation on AWS.
    Aws,
    /// Eyevinn's tams-gateway.
    Eyevinn,
    /// Amagi's OpenTAMS.
    OpenTams,
    /// LiveWyer's TAMOSS.
    Tamoss,
}

impl Dialect {
    const ALL: [Self; 7] = [
        Self::Standard,
        Self::Vasttams6,
        Self::Vasttams8,
        Self::Aws,
        Self::Eyevinn,
        Self::OpenTams,
        Self::Tamoss,
    ];

    /// Its word in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Vasttams6 => "vasttams6",
            Self::Vasttams8 => "vasttams8",
            Self::Aws => "aws",
            Self::Eyevinn => "eyevinn",
            Self::OpenTams => "opentams",
            Self::Tamoss => "tamoss",
        }
    }

    /// Its adapter, for a server that claims `version`.
    pub(crate) fn adapter(self, version: Option<(u32, u32)>) -> Box<dyn Adapter> {
        match self {
            Self::Standard => Box::new(standard::Standard::new(version)),
            Self::Vasttams6 => Box::new(vasttams6::Vasttams6),
            Self::Vasttams8 => Box::new(vasttams8::Vasttams8),
            Self::Aws => Box::new(aws::Aws::new(version)),
            Self::Eyevinn => Box::new(eyevinn::Eyevinn::new(version)),
            Self::OpenTams => Box::new(opentams::OpenTams::new(version)),
            Self::Tamoss => Box::new(tamoss::Tamoss::new(version)),
        }
    }

    /// Which server it most likely is.
    pub(crate) fn recognise(evidence: &Evidence<'_>) -> Self {
        let service = evidence.service;
        let said = [
            Some(service.service_type.as_str()),
            service.name.as_deref(),
            service.description.as_deref(),
            service.service_version.as_deref(),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
        .to_ascii_lowercase();
        let says = |word: &str| said.contains(word);
        if says("tamoss") {
            return Self::Tamoss;
        }
        if says("opentams") || says("amagi") {
            return Self::OpenTams;
        }
        if says("eyevinn") || says("tams-gateway") || says("tams gateway") {
            return Self::Eyevinn;
        }
        let old = service.version().is_some_and(|version| version < (7, 0));
        // `urn:x-tams:service:api`, with a colon where the specification has a dot, and the prefix
        // `/api/tams/` are vasttams' own. It is the only one that stays at 6.0, too.
        if says("vast") || service.service_type == "urn:x-tams:service:api" || evidence.below_api {
            return if old {
                Self::Vasttams6
            } else {
                Self::Vasttams8
            };
        }
        if evidence.amazon || says("aws") {
            return Self::Aws;
        }
        if old && service.other.contains_key("media_store") {
            return Self::Vasttams6;
        }
        if evidence
            .url
            .path()
            .trim_end_matches('/')
            .ends_with("/tams/v1")
        {
            return Self::OpenTams;
        }
        // Three numbers where the specification has two are vasttams 8.0's (`8.0.0`).
        if service.api_version.split('.').count() == 3 {
            return Self::Vasttams8;
        }
        Self::Standard
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Dialect {
    type Err = TamsError;

    fn from_str(text: &str) -> Result<Self, TamsError> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.as_str() == text)
            .ok_or_else(|| TamsError::InvalidSettings {
                field: "dialect",
                reason: format!("it is none of {}", Self::ALL.map(Self::as_str).join(", ")),
            })
    }
}

/// What a server lets itself be recognised by.
pub(crate) struct Evidence<'e> {
    pub(crate) service: &'e Service,
    /// Where its API is.
    pub(crate) url: &'e Url,
    /// Whether it answered below `/api/tams/latest`.
    pub(crate) below_api: bool,
    /// Whether its answers carry headers of Amazon's API Gateway.
    pub(crate) amazon: bool,
}

/// How a flow comes to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlowWriting {
    /// `PUT` creates and replaces.
    Put,
    /// `POST /flows` creates, `PUT` replaces; `source_first` when the source doesn't come by itself.
    PostThenPut { source_first: bool },
}

/// How the pages of a list are asked for when the server gives no link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paging {
    /// A page without a link is the last one.
    Linked,
    /// By `offset`, until a page is short.
    Offset,
}

/// How one kind of server differs from 8.2.
pub(crate) trait Adapter: Send + Sync + fmt::Debug {
    /// What it is called in messages.
    fn title(&self) -> &'static str;

    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Further pages of lists.
    fn paging(&self) -> Paging {
        Paging::Linked
    }

    /// The page size to ask for; absent when asking does harm.
    fn page_limit(&self) -> Option<u32> {
        Some(1000)
    }

    /// The most segments one call may register.
    fn segments_per_call(&self) -> usize {
        100
    }

    /// How flows come to be.
    fn flow_writing(&self) -> FlowWriting {
        FlowWriting::Put
    }

    /// The body of a flow.
    fn flow_body(&self, flow: &Flow) -> Result<Value, TamsError> {
        standard::flow_body(flow, &self.capabilities())
    }

    /// The call that registers `posts`, never more than [`Adapter::segments_per_call`].
    fn segments_call(&self, call: Call, posts: &[SegmentPost]) -> Result<Call, TamsError> {
        call.json(&posts)
    }

    /// The call that sets the property `name` (`label`, `description`, …) to `value`.
    fn property_call(&self, call: Call, name: &str, value: &Value) -> Result<Call, TamsError> {
        if name == "flow_collection" && !self.capabilities().has(Capability::OptionalRoles) {
            let mut members = value.clone();
            standard::give_roles(&mut members);
            return call.json(&members);
        }
        call.json(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn recognise(service: serde_json::Value, url: &str, below_api: bool, amazon: bool) -> Dialect {
        let service: Service = serde_json::from_value(service).unwrap();
        Dialect::recognise(&Evidence {
            service: &service,
            url: &Url::parse(url).unwrap(),
            below_api,
            amazon,
        })
    }

    #[test]
    fn servers_are_recognised() {
        let plain =
            |version: &str| json!({"type": "urn:x-tams:service.example", "api_version": version});
        let vast = |version: &str| json!({"type": "urn:x-tams:service:api", "name": "TAMS API", "api_version": version});
        for (service, url, below, amazon, dialect) in [
            (plain("8.2"), "http://h/", false, false, Dialect::Standard),
            (vast("6.0"), "http://h/", false, false, Dialect::Vasttams6),
            (vast("7.0"), "http://h/", false, false, Dialect::Vasttams8),
            (vast("8.0.0"), "http://h/", false, false, Dialect::Vasttams8),
            (
                plain("8.0"),
                "http://h/api/tams/latest/",
                true,
                false,
                Dialect::Vasttams8,
            ),
            (plain("8.1"), "http://h/", false, true, Dialect::Aws),
            (
                json!({"type": "urn:x-tams:service.example", "api_version": "8.1", "service_version": "aws.6.2.0"}),
                "http://h/",
                false,
                false,
                Dialect::Aws,
            ),
            (
                json!({"type": "urn:x-tams:service.tams-gateway", "api_version": "8.1"}),
                "http://h/",
                false,
                false,
                Dialect::Eyevinn,
            ),
            (
                json!({"type": "urn:x-tams:service.opentams", "api_version": "8.0"}),
                "http://h/",
                false,
                false,
                Dialect::OpenTams,
            ),
            (
                plain("8.0"),
                "http://h/tams/v1/",
                false,
                false,
                Dialect::OpenTams,
            ),
            (
                json!({"type": "urn:x-tams:service.tamoss", "api_version": "8.2"}),
                "http://h/",
                false,
                false,
                Dialect::Tamoss,
            ),
            (
                json!({"api_version": "x"}),
                "http://h/",
                false,
                false,
                Dialect::Standard,
            ),
        ] {
            assert_eq!(
                recognise(service.clone(), url, below, amazon),
                dialect,
                "{service} {url}"
            );
        }
    }

    #[test]
    fn words_of_the_configuration() {
        for dialect in Dialect::ALL {
            assert_eq!(dialect.to_string().parse::<Dialect>().unwrap(), dialect);
        }
        assert!("vast".parse::<Dialect>().is_err());
    }
}
