//! What a link leads to, and what the page may show of it.

use http::StatusCode;
use mediatime::Timestamp;
use record::{Placement, PlacementState, ShortId};
use serde::Serialize;
use uuid::Uuid;

use crate::{Placements, Playable, PortError};

/// Who is behind the page, for its header and its last words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Publisher {
    /// Shown in the header.
    pub name: String,
    /// An `https:` address to go on to when a video has ended its run.
    pub home: Option<String>,
    /// A `mailto:` or `https:` address to ask.
    pub contact: Option<String>,
}

impl Default for Publisher {
    fn default() -> Self {
        Self {
            name: "Stringout".to_owned(),
            home: None,
            contact: None,
        }
    }
}

/// What a person opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// A printed code, as it stands in the address.
    Code(String),
    /// A compilation's id, as it stands in the address.
    Compilation(String),
}

impl Link {
    /// Where a session of this link is opened; empty for what can be no link.
    pub(crate) fn open(&self) -> String {
        let code = |text: &String| Some(format!("/s/{}", text.parse::<ShortId>().ok()?));
        let compilation = |text: &String| Some(format!("/s/c/{}", Uuid::try_parse(text).ok()?));
        match self {
            Self::Code(text) => code(text),
            Self::Compilation(text) => compilation(text),
        }
        .unwrap_or_default()
    }
}

/// What a link leads to now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    NotFound,
    Revoked {
        code: ShortId,
    },
    Expired {
        code: ShortId,
        title: String,
        expires: Timestamp,
    },
    Live {
        placement: Option<Placement>,
        playable: Box<Playable>,
    },
}

impl Target {
    /// Looks a link up. Blocks as the port does.
    pub(crate) fn of(
        link: &Link,
        records: &dyn Placements,
        now: Timestamp,
    ) -> Result<Self, PortError> {
        match link {
            Link::Compilation(text) => {
                let Ok(id) = Uuid::try_parse(text) else {
                    return Ok(Self::NotFound);
                };
                let playable = records.compilation(id)?;
                Ok(playable.map_or(Self::NotFound, |playable| Self::Live {
                    placement: None,
                    playable: Box::new(playable),
                }))
            }
            Link::Code(text) => {
                let Ok(code) = text.parse::<ShortId>() else {
                    return Ok(Self::NotFound);
                };
                let Some(placement) = records.placement(&code)? else {
                    return Ok(Self::NotFound);
                };
                Self::of_placement(placement, records, now)
            }
        }
    }

    fn of_placement(
        placement: Placement,
        records: &dyn Placements,
        now: Timestamp,
    ) -> Result<Self, PortError> {
        if placement.state == PlacementState::Revoked {
            return Ok(Self::Revoked { code: placement.id });
        }
        let playable = records.compilation(placement.compilation_id)?;
        if let Some(expires) = placement.expires
            && has_expired(&placement, now)
        {
            let title = playable.map(|playable| playable.title).unwrap_or_default();
            return Ok(Self::Expired {
                code: placement.id,
                title,
                expires,
            });
        }
        Ok(playable.map_or(Self::NotFound, |playable| Self::Live {
            placement: Some(placement),
            playable: Box::new(playable),
        }))
    }

    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Revoked { .. } | Self::Expired { .. } => StatusCode::GONE,
            Self::Live { .. } => StatusCode::OK,
        }
    }
}

/// Whether the code's time is over.
pub(crate) fn has_expired(placement: &Placement, now: Timestamp) -> bool {
    placement.expires.is_some_and(|expires| now >= expires)
}

/// What the page may show of a link, as JSON in the page and in the session's answer. The page's
/// own type of the same name mirrors it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Card {
    pub(crate) state: &'static str,
    /// Where a session of this link is opened.
    pub(crate) open: String,
    pub(crate) compilation_id: Option<Uuid>,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) poster: Option<String>,
    pub(crate) duration_ms: Option<u64>,
    pub(crate) width: Option<u32>,
    pub(crate) height: Option<u32>,
    pub(crate) sound: bool,
    pub(crate) code: Option<String>,
    pub(crate) expires: Option<String>,
    pub(crate) publisher: Publisher,
}

impl Card {
    pub(crate) fn of(target: &Target, publisher: &Publisher) -> Self {
        let empty = Self {
            publisher: publisher.clone(),
            ..Self::default()
        };
        match target {
            Target::NotFound => Self {
                state: "notfound",
                ..empty
            },
            Target::Revoked { code } => Self {
                state: "revoked",
                code: Some(code.grouped()),
                ..empty
            },
            Target::Expired {
                code,
                title,
                expires,
            } => Self {
                state: "expired",
                code: Some(code.grouped()),
                title: title.clone(),
                expires: last_moment(*expires),
                ..empty
            },
            Target::Live {
                placement,
                playable,
            } => Self {
                state: "live",
                open: match placement {
                    Some(placement) => format!("/s/{}", placement.id),
                    None => format!("/s/c/{}", playable.id),
                },
                compilation_id: Some(playable.id),
                title: playable.title.clone(),
                description: playable.description.clone(),
                poster: playable
                    .poster
                    .as_ref()
                    .map(|_| format!("/poster/{}.jpg", playable.id)),
                duration_ms: Some(playable.duration_ms),
                width: Some(playable.width),
                height: Some(playable.height),
                sound: playable.sound,
                code: placement.as_ref().map(|placement| placement.id.grouped()),
                ..empty
            },
        }
    }
}

impl Card {
    /// The records could not be read: the page offers to open the link again.
    pub(crate) fn failed(open: String, publisher: &Publisher) -> Self {
        Self {
            state: "failed",
            open,
            publisher: publisher.clone(),
            ..Self::default()
        }
    }
}

/// The last second before `expires`, RFC 3339: a code that expires at midnight could be watched
/// until the day before.
fn last_moment(expires: Timestamp) -> Option<String> {
    let seconds = i64::try_from(expires.nanos().div_euclid(1_000_000_000)).ok()?;
    Some(
        jiff::Timestamp::from_second(seconds.saturating_sub(1))
            .ok()?
            .to_string(),
    )
}
